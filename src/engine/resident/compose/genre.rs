//! Genre grammars: tempo, form, harmony and patterns, read from `genres.json`, and sub-genres, read
//! from `subgenres.json` as what they change of their parent.
//!
//! The files are checked as a whole by the tests here; a grammar that loads can be played. A
//! sub-genre must never be its parent under another name: the tests count what it changes.

use crate::domain::listening::Meter;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// General-MIDI programs of a genre, first choice first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// Drum kit.
    pub kit: u8,
    /// Bass.
    pub bass: Vec<u8>,
    /// Chords.
    pub harmony: Vec<u8>,
    /// Held background.
    pub pad: Vec<u8>,
    /// Melody.
    pub lead: Vec<u8>,
}

/// A drum pattern or fill.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrumPattern {
    /// Its name.
    pub name: String,
    /// Ticks of a cell.
    pub ticks: u32,
    /// Cells by voice: `.` rest, `1`..`9` velocity in steps of 14.
    pub voices: BTreeMap<char, String>,
}

impl DrumPattern {
    /// Length in ticks.
    pub fn length(&self) -> u32 {
        self.voices.values().map(String::len).max().unwrap_or(0) as u32 * self.ticks
    }
}

/// A bass or comping pattern.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventPattern {
    /// Its name.
    pub name: String,
    /// Cells.
    pub steps: u32,
    /// Ticks of a cell.
    pub ticks: u32,
    /// Events as text, see [`super::bass`] and [`super::comp`].
    pub events: Vec<String>,
}

/// A genre grammar.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genre {
    /// Slowest, fastest and typical tempo.
    pub tempo: (f64, f64, f64),
    /// Meter.
    pub meter: Meter,
    /// Long over short of a swung pair; 1 is straight.
    pub swing: f64,
    /// Which pair swings: 8 or 16.
    pub swing_unit: u32,
    /// Programs.
    pub programs: Programs,
    /// Drum patterns, quietest first.
    pub drums: Vec<DrumPattern>,
    /// Fills.
    pub fills: Vec<DrumPattern>,
    /// Bass patterns.
    pub bass: Vec<EventPattern>,
    /// Comping patterns.
    pub comp: Vec<EventPattern>,
    /// Progressions: bars of Roman numerals, `%` repeats.
    pub progressions: Vec<Vec<String>>,
    /// Sections: name, bars, energy.
    pub form: Vec<(String, u32, f64)>,
}

/// Programs that a sub-genre changes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OwnPrograms {
    kit: Option<u8>,
    bass: Option<Vec<u8>>,
    harmony: Option<Vec<u8>>,
    pad: Option<Vec<u8>>,
    lead: Option<Vec<u8>>,
}

/// A pattern of a sub-genre: one of its parent's by name, or its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Pick<P> {
    Named(String),
    Own(P),
}

/// A sub-genre as what it changes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubGenre {
    parent: String,
    tempo: Option<(f64, f64, f64)>,
    meter: Option<Meter>,
    swing: Option<f64>,
    swing_unit: Option<u32>,
    #[serde(default)]
    programs: OwnPrograms,
    drums: Option<Vec<Pick<DrumPattern>>>,
    fills: Option<Vec<Pick<DrumPattern>>>,
    bass: Option<Vec<Pick<EventPattern>>>,
    comp: Option<Vec<Pick<EventPattern>>>,
    progressions: Option<Vec<Vec<String>>>,
    form: Option<Vec<(String, u32, f64)>>,
}

impl SubGenre {
    fn on(self, parent: &Genre) -> Genre {
        let own = self.programs;
        let theirs = &parent.programs;
        Genre {
            tempo: self.tempo.unwrap_or(parent.tempo),
            meter: self.meter.unwrap_or(parent.meter),
            swing: self.swing.unwrap_or(parent.swing),
            swing_unit: self.swing_unit.unwrap_or(parent.swing_unit),
            programs: Programs {
                kit: own.kit.unwrap_or(theirs.kit),
                bass: own.bass.unwrap_or_else(|| theirs.bass.clone()),
                harmony: own.harmony.unwrap_or_else(|| theirs.harmony.clone()),
                pad: own.pad.unwrap_or_else(|| theirs.pad.clone()),
                lead: own.lead.unwrap_or_else(|| theirs.lead.clone()),
            },
            drums: picked(self.drums, &parent.drums, |p| &p.name),
            fills: picked(self.fills, &parent.fills, |p| &p.name),
            bass: picked(self.bass, &parent.bass, |p| &p.name),
            comp: picked(self.comp, &parent.comp, |p| &p.name),
            progressions: self.progressions.unwrap_or_else(|| parent.progressions.clone()),
            form: self.form.unwrap_or_else(|| parent.form.clone()),
        }
    }
}

fn picked<P: Clone>(
    picks: Option<Vec<Pick<P>>>,
    theirs: &[P],
    name: impl Fn(&P) -> &String,
) -> Vec<P> {
    let Some(picks) = picks else { return theirs.to_vec() };
    picks
        .into_iter()
        .filter_map(|pick| match pick {
            Pick::Own(pattern) => Some(pattern),
            Pick::Named(wanted) => theirs.iter().find(|p| *name(p) == wanted).cloned(),
        })
        .collect()
}

/// The genre that stands in where none is known.
pub const DEFAULT: &str = "pop";

#[derive(Default)]
struct Genres {
    all: BTreeMap<String, Genre>,
    parents: BTreeMap<String, String>,
}

/// The files are part of the program; the tests here make sure that they can be read.
fn genres() -> &'static Genres {
    static GENRES: OnceLock<Genres> = OnceLock::new();
    GENRES.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Result<Genres, serde_json::Error> {
    let mut all: BTreeMap<String, Genre> = serde_json::from_str(include_str!("genres.json"))?;
    let subs: BTreeMap<String, SubGenre> = serde_json::from_str(include_str!("subgenres.json"))?;
    let mut parents = BTreeMap::new();
    for (id, sub) in subs {
        let Some(parent) = all.get(&sub.parent) else { continue };
        parents.insert(id.clone(), sub.parent.clone());
        let made = sub.on(parent);
        all.insert(id, made);
    }
    Ok(Genres { all, parents })
}

/// All genres and sub-genres by id.
pub fn all() -> &'static BTreeMap<String, Genre> {
    &genres().all
}

/// The genre that a sub-genre belongs to.
pub fn parent(id: &str) -> Option<&'static str> {
    genres().parents.get(id).map(String::as_str)
}

/// A genre by id; the default one for an unknown id.
pub fn get(id: Option<&str>) -> Option<&'static Genre> {
    id.and_then(|id| all().get(id)).or_else(|| all().get(DEFAULT))
}

#[cfg(test)]
mod tests {
    use super::super::{bass, comp, drums, roman};
    use super::*;
    use crate::domain::pitch::{Key, Mode, PitchClass};

    #[test]
    fn every_grammar_can_be_played() {
        let genres = read().unwrap().all;
        assert!(genres.len() >= 100);
        let key = Key::new(PitchClass::new(2), Mode::Minor);
        for (id, genre) in &genres {
            let (slow, fast, typical) = genre.tempo;
            assert!(slow <= typical && typical <= fast, "{id}");
            let bar = u32::from(genre.meter.beats) * 480;
            for pattern in genre.drums.iter().chain(&genre.fills) {
                assert_eq!(pattern.length() % bar, 0, "{id} {}", pattern.name);
                for (voice, cells) in &pattern.voices {
                    assert!(drums::key_of(*voice).is_some(), "{id} {} {voice}", pattern.name);
                    assert_eq!(
                        cells.len() as u32 * pattern.ticks,
                        pattern.length(),
                        "{id} {}",
                        pattern.name
                    );
                    assert!(cells.chars().all(|c| c == '.' || ('1'..='9').contains(&c)));
                }
            }
            for pattern in &genre.bass {
                assert_eq!(pattern.steps * pattern.ticks % bar, 0, "{id} {}", pattern.name);
                for event in &pattern.events {
                    assert!(bass::BassEvent::parse(event).is_some(), "{id} {event}");
                }
            }
            for pattern in &genre.comp {
                assert_eq!(pattern.steps * pattern.ticks % bar, 0, "{id} {}", pattern.name);
                for event in &pattern.events {
                    assert!(comp::CompEvent::parse(event).is_some(), "{id} {event}");
                }
            }
            for progression in &genre.progressions {
                for cell in progression.iter().filter(|c| *c != "%") {
                    for numeral in cell.split_whitespace() {
                        assert!(roman::chord(numeral, key).is_some(), "{id} {numeral}");
                    }
                }
            }
            assert!(!genre.form.is_empty() && !genre.progressions.is_empty(), "{id}");
            assert!(!genre.bass.is_empty() && !genre.comp.is_empty(), "{id}");
        }
    }

    /// Which plan fields two grammars have different.
    fn differences(a: &Genre, b: &Genre) -> Vec<&'static str> {
        [
            ("tempo", a.tempo != b.tempo),
            ("meter", a.meter != b.meter),
            ("feel", (a.swing, a.swing_unit) != (b.swing, b.swing_unit)),
            ("instruments", a.programs != b.programs),
            ("drums", a.drums != b.drums),
            ("bass", a.bass != b.bass),
            ("comping", a.comp != b.comp),
            ("harmony", a.progressions != b.progressions),
            ("form", a.form != b.form),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }

    #[test]
    fn every_genre_changes_at_least_three_fields_of_its_parent_and_of_the_default() {
        let genres = read().unwrap();
        let listed: BTreeMap<String, SubGenre> =
            serde_json::from_str(include_str!("subgenres.json")).unwrap();
        assert_eq!(genres.parents.len(), listed.len(), "a sub-genre has no parent");
        for (id, genre) in &genres.all {
            let other = genres.parents.get(id).map_or(DEFAULT, String::as_str);
            if id == DEFAULT {
                continue;
            }
            for other in [other, DEFAULT] {
                let found = differences(genre, &genres.all[other]);
                assert!(found.len() >= 3, "{id} differs from {other} in {found:?} only");
            }
        }
    }

    #[test]
    fn no_two_sub_genres_of_a_parent_are_the_same() {
        let genres = read().unwrap();
        for (a, parent) in &genres.parents {
            for (b, other) in genres.parents.iter().filter(|(b, _)| *b > a) {
                let found = differences(&genres.all[a], &genres.all[b]);
                assert!(parent != other || found.len() >= 3, "{a} and {b} differ in {found:?}");
            }
        }
    }

    #[test]
    fn every_pattern_that_a_sub_genre_names_is_its_parents() {
        let listed: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(include_str!("subgenres.json")).unwrap();
        let genres = read().unwrap();
        for (id, sub) in listed {
            let made = &genres.all[&id];
            for (field, count) in [
                ("drums", made.drums.len()),
                ("fills", made.fills.len()),
                ("bass", made.bass.len()),
                ("comp", made.comp.len()),
            ] {
                let named = sub.get(field).and_then(|v| v.as_array()).map(Vec::len);
                assert_eq!(named.unwrap_or(count), count, "{id} {field}");
            }
        }
    }
}
