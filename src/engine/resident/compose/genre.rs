//! Genre grammars: tempo, form, harmony and patterns, read from `genres.json`.
//!
//! The file is checked as a whole by the tests here; a grammar that loads can be played.

use crate::domain::listening::Meter;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// General-MIDI programs of a genre, first choice first.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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

/// The genre that stands in where none is known.
pub const DEFAULT: &str = "pop";

/// All genres by id. The file is part of the program; its tests make sure that it can be read.
pub fn all() -> &'static BTreeMap<String, Genre> {
    static GENRES: OnceLock<BTreeMap<String, Genre>> = OnceLock::new();
    GENRES.get_or_init(|| serde_json::from_str(include_str!("genres.json")).unwrap_or_default())
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
        let genres: BTreeMap<String, Genre> =
            serde_json::from_str(include_str!("genres.json")).unwrap();
        assert!(genres.len() >= 30);
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
}
