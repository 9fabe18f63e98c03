//! Brief to plan: tempo, key, sections and chords of the piece.
//!
//! What the prompt says wins; what it leaves open comes from the finetune's manner, then from the
//! genre, then from chance. Tempo is exact; length is met by bars and a tail.

use super::super::dice::Dice;
use super::form::{self, Shape};
use super::genre::{self, Genre};
use super::harmony::{self, Bar, Source};
use super::lexicon::Lexicon;
use super::manner::{CHORDS, Home, Manner};
use crate::domain::brief::Brief;
use crate::domain::listening::Meter;
use crate::domain::pitch::{Chord, Key, Mode, PitchClass};
use crate::domain::plan::{Plan, PlannedChord, Section, SectionStyles};
use std::collections::BTreeMap;

/// Length of a take when nobody says one.
pub const DEFAULT_SECONDS: f64 = 60.0;
/// Shortest time for the last chord to ring.
const TAIL_S: f64 = 1.2;

/// What a finetune brings to a plan.
pub struct Learned<'a> {
    /// Its manner.
    pub manner: &'a Manner,
    /// How well its sound can play each triad.
    pub playable: &'a [f32; CHORDS],
}

/// A plan and the model track it follows.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The home track's number, for finetunes.
    pub home: Option<usize>,
}

/// The genre whose grammar a piece follows.
pub fn genre_of(brief: &Brief, manner: Option<&Manner>) -> Option<&'static Genre> {
    let learned = manner.and_then(|m| m.genre.as_deref());
    genre::get(brief.genre.as_deref().or(learned))
}

/// The meter that bars are written in: quarters as they are; groups of three eighths as swung
/// quarters, which sound alike; other eighths as quarters. `None` for what cannot be played.
pub fn written(meter: Meter) -> Option<Meter> {
    let quarters = |beats: u8| Some(Meter { beats, unit: 4 });
    match (meter.beats, meter.unit) {
        (2..=7, 4) => Some(meter),
        (2, 2) => quarters(4),
        (3, 2) => quarters(6),
        (6 | 9 | 12, 8) => quarters(meter.pulses()),
        (3 | 5 | 7, 8) => quarters(meter.beats),
        _ => None,
    }
}

/// Makes a plan.
pub fn make(
    brief: &Brief,
    learned: Option<&Learned<'_>>,
    seconds: Option<f64>,
    seed: u64,
) -> Planned {
    let mut dice = Dice::new(seed, "plan");
    let manner = learned.map(|l| l.manner);
    let genre = genre_of(brief, manner);
    let key_wish = brief.key;
    let home = manner.and_then(|m| choose_home(m, brief, &mut dice));
    let tempo_bpm = tempo(brief, home, genre, &mut dice);
    let meter = brief.meter.and_then(written).unwrap_or(match (home, genre) {
        (Some(home), _) if home.beats == 3 => Meter { beats: 3, unit: 4 },
        (Some(_), _) => Meter::COMMON,
        (None, Some(genre)) => genre.meter,
        (None, None) => Meter::COMMON,
    });
    let key = key_wish.unwrap_or_else(|| key(brief, home, genre, &mut dice));
    let bar_s = f64::from(meter.beats) * 60.0 / tempo_bpm;
    let seconds = seconds.or(brief.seconds);
    let counted = brief.bars.filter(|_| seconds.is_none());
    let seconds = match counted {
        Some(bars) => f64::from(bars) * bar_s + TAIL_S,
        None => seconds.unwrap_or(DEFAULT_SECONDS),
    };
    let tail = TAIL_S.min(seconds * 0.15);
    let bars = counted.unwrap_or((((seconds - tail) / bar_s).floor() as u32).max(1));
    // A finetune without a genre word in the prompt keeps the plain theme form: how its own tracks
    // are built is not yet learned.
    let form = if brief.genre.is_some() || manner.is_none() {
        genre.map(|g| g.form.as_slice())
    } else {
        None
    };
    let shapes = form::lay_out(brief, form, bars);
    let sections = match genre {
        Some(genre) => {
            let source = Source {
                genre,
                manner: learned.map(|l| (l.manner, l.playable)),
                asked: &brief.progression,
                key,
            };
            fill(brief, &shapes, &source, bar_s, u32::from(meter.beats), seed)
        }
        None => Vec::new(),
    };
    let plan = Plan {
        brief: brief.clone(),
        tempo_bpm,
        key: Some(key),
        meter: Some(meter),
        seconds,
        sections,
    };
    Planned { plan, home: home.map(|h| h.track) }
}

/// A track to follow: by its share of the material, nearer to the asked tempo and mode preferred.
fn choose_home<'a>(manner: &'a Manner, brief: &Brief, dice: &mut Dice) -> Option<&'a Home> {
    let minor = brief.key.map(|k| k.mode.is_minor()).or(brief.minor).or_else(|| mood_mode(brief));
    let weights: Vec<f64> = manner
        .homes
        .iter()
        .map(|home| {
            let tempo = match (brief.tempo_bpm, home.tempo_bpm) {
                (Some(asked), Some(has)) => {
                    let octaves = (asked / has).log2();
                    let folded = (octaves - octaves.round()).abs();
                    (-folded / 0.12).exp() + 0.02
                }
                (Some(_), None) => 0.3,
                (None, _) => 1.0,
            };
            let mode = match (minor, home.key) {
                (Some(minor), Some(key)) if key.mode.is_minor() != minor => 0.4,
                _ => 1.0,
            };
            home.weight * tempo * mode
        })
        .collect();
    manner.homes.get(dice.weighted(&weights))
}

/// Tempo of tracks without a beat, and of genres without a grammar.
const FREE_TEMPO_BPM: f64 = 90.0;

fn tempo(brief: &Brief, home: Option<&Home>, genre: Option<&Genre>, dice: &mut Dice) -> f64 {
    if let Some(bpm) = brief.tempo_bpm {
        return bpm;
    }
    let moods = moods(brief).map(|m| m.tempo).product::<f64>().clamp(0.6, 1.5);
    let factor = brief.tempo_factor.unwrap_or(1.0) * moods;
    let (base, low, high) = match (home, genre) {
        (Some(home), _) => {
            let base = home.tempo_bpm.unwrap_or(FREE_TEMPO_BPM);
            (base, base * 0.7, base * 1.4)
        }
        (None, Some(genre)) => {
            let (low, high, typical) = genre.tempo;
            (typical + (high - low) * 0.1 * dice.normal().clamp(-1.5, 1.5), low * 0.85, high * 1.1)
        }
        (None, None) => (FREE_TEMPO_BPM, 60.0, 180.0),
    };
    let (low, high) =
        (low.max(super::brief::TEMPO_RANGE_BPM.0), high.min(super::brief::TEMPO_RANGE_BPM.1));
    let bpm = (base * factor).clamp(low, high);
    // Home tempi stay as measured; others read better as whole numbers.
    if home.is_some() && (factor - 1.0).abs() < 1e-9 {
        (bpm * 100.0).round() / 100.0
    } else {
        bpm.round()
    }
}

fn moods(brief: &Brief) -> impl Iterator<Item = &'static super::lexicon::Mood> {
    brief.moods.iter().filter_map(|id| Lexicon::get().moods.get(id))
}

/// What the moods say about the mode, where they say something.
fn mood_mode(brief: &Brief) -> Option<bool> {
    let sum: f64 = moods(brief).map(|m| m.minor).sum();
    (sum.abs() > 0.25).then_some(sum > 0.0)
}

fn key(brief: &Brief, home: Option<&Home>, genre: Option<&Genre>, dice: &mut Dice) -> Key {
    let wish = brief.minor.or_else(|| mood_mode(brief));
    if let Some(key) = home.and_then(|h| h.key) {
        return match wish {
            Some(minor) if minor != key.mode.is_minor() => relative_key(key),
            _ => key,
        };
    }
    let minor = wish.unwrap_or_else(|| {
        let numerals = genre.map(|g| g.progressions.iter().flatten()).into_iter().flatten();
        let (mut lower, mut upper) = (0.0, 0.0);
        for cell in numerals {
            for numeral in cell.split_whitespace() {
                match numeral.strip_prefix('b').unwrap_or(numeral).as_bytes().first() {
                    Some(b'i') if !numeral.starts_with("ii") && !numeral.starts_with("iv") => {
                        lower += 1.0;
                    }
                    Some(b'I') if !numeral.starts_with("II") && !numeral.starts_with("IV") => {
                        upper += 1.0;
                    }
                    _ => {}
                }
            }
        }
        dice.chance((0.5 + lower) / (1.0 + lower + upper))
    });
    let mode = if minor { Mode::Minor } else { Mode::Major };
    Key::new(PitchClass::new(dice.below(12) as i32), mode)
}

/// The key with the same scale and the other mode.
fn relative_key(key: Key) -> Key {
    if key.mode.is_minor() {
        Key::new(key.tonic.transpose(3), Mode::Major)
    } else {
        Key::new(key.tonic.transpose(-3), Mode::Minor)
    }
}

fn fill(
    brief: &Brief,
    shapes: &[Shape],
    source: &Source<'_>,
    bar_s: f64,
    beats: u32,
    seed: u64,
) -> Vec<Section> {
    let shift: f64 = moods(brief).map(|m| m.energy).sum::<f64>().clamp(-0.4, 0.3);
    let mut themes: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
    for shape in shapes {
        let longest = shapes.iter().filter(|s| s.theme == shape.theme).map(|s| s.bars).max();
        let bars = longest.unwrap_or(shape.bars);
        if !themes.contains_key(&shape.theme) {
            let mut dice = Dice::new(seed, &format!("harmony {}", shape.theme));
            let theme = themes.get("A").filter(|_| !["I", "O"].contains(&shape.theme.as_str()));
            let bars = harmony::progression(source, bars, theme.map(Vec::as_slice), &mut dice);
            themes.insert(shape.theme.clone(), bars);
        }
    }
    // Opening and ending speak of the first theme.
    let first = themes.get("A").cloned();
    let mut start_s = 0.0;
    let mut sections = Vec::with_capacity(shapes.len());
    for (i, shape) in shapes.iter().enumerate() {
        let material = match (shape.theme.as_str(), &first) {
            ("I" | "O", Some(first)) => first,
            _ => &themes[&shape.theme],
        };
        let mut bars: Vec<Bar> =
            (0..shape.bars as usize).map(|b| material[b % material.len()].clone()).collect();
        if i + 1 == shapes.len() {
            end_at_home(&mut bars, source.key);
        }
        let duration_s = f64::from(shape.bars) * bar_s;
        sections.push(Section {
            name: shape.name.clone(),
            start_s,
            duration_s,
            bars: shape.bars,
            chords: spell(&bars, beats),
            energy: (bend(brief, shape.energy, i, shapes.len()) + shift).clamp(0.05, 1.0),
            styles: SectionStyles::default(),
            lyrics: None,
            theme: shape.theme.clone(),
            variation: shape.variation,
        });
        start_s += duration_s;
    }
    sections
}

/// A section's energy on the curve that is asked for.
fn bend(brief: &Brief, energy: f64, place: usize, sections: usize) -> f64 {
    let along = (place as f64 + 0.5) / sections.max(1) as f64;
    let level = match brief.curve.as_deref() {
        Some("build") => 0.15 + 0.85 * along,
        Some("fall") => 1.0 - 0.8 * along,
        Some("arc") => 0.25 + 0.75 * (std::f64::consts::PI * along).sin(),
        Some("flat") => 0.6,
        _ => return energy,
    };
    // The form still shows, the curve leads.
    0.75 * level + 0.25 * energy
}

/// The last bar is the tonic; the one before wants to go there.
fn end_at_home(bars: &mut [Bar], key: Key) {
    let count = bars.len();
    if let Some(last) = bars.last_mut() {
        *last = vec![key.tonic_chord()];
    }
    if count >= 2 {
        let before = &mut bars[count - 2];
        if before.last().is_some_and(|c| c.root == key.tonic) {
            *before = vec![Chord::triad(key.tonic.transpose(5), key.mode.is_minor())];
        }
    }
}

fn spell(bars: &[Bar], beats: u32) -> Vec<PlannedChord> {
    let mut out: Vec<PlannedChord> = Vec::new();
    for (number, bar) in bars.iter().enumerate() {
        let step = (beats / bar.len().max(1) as u32).max(1);
        for (i, chord) in bar.iter().enumerate() {
            let beat = i as u32 * step;
            if beat >= beats {
                break;
            }
            let same = out.last().is_some_and(|last| last.chord == Some(*chord));
            if !same || out.is_empty() {
                out.push(PlannedChord { bar: number as u32, beat, chord: Some(*chord) });
            }
        }
    }
    out
}

/// Checks a plan that came from outside and completes what it leaves open. The error says what to
/// mend.
pub fn adopt(
    mut plan: Plan,
    base: &Plan,
    sections_max: usize,
    section_max_s: f64,
) -> Result<Plan, String> {
    if plan.sections.is_empty() {
        return Err("the plan has no sections".to_owned());
    }
    if plan.sections.len() > sections_max {
        return Err(format!(
            "the plan has {} sections; the limit is {sections_max}",
            plan.sections.len()
        ));
    }
    if let Some(bpm) = plan.brief.tempo_bpm {
        plan.tempo_bpm = bpm;
    } else if plan.tempo_bpm <= 0.0 {
        plan.tempo_bpm = base.tempo_bpm;
    }
    let (low, high) = super::brief::TEMPO_RANGE_BPM;
    if !(low..=high).contains(&plan.tempo_bpm) {
        return Err(format!(
            "a tempo of {} BPM; {low:.0} to {high:.0} can be played",
            plan.tempo_bpm
        ));
    }
    plan.key = plan.brief.key.or(plan.key).or(base.key);
    plan.meter = plan.brief.meter.and_then(written).or(plan.meter).or(base.meter);
    let (bar_s, beats) = (plan.bar_s(), u32::from(plan.meter.unwrap_or(Meter::COMMON).beats));
    let mut start_s = 0.0;
    for (i, section) in plan.sections.iter_mut().enumerate() {
        let name = format!("section {} (\"{}\")", i + 1, section.name);
        section.duration_s = f64::from(section.bars) * bar_s;
        if section.bars == 0 || section.duration_s > section_max_s {
            return Err(format!(
                "{name} has {} bars ({:.0} s); one bar to {section_max_s:.0} s are allowed",
                section.bars, section.duration_s
            ));
        }
        if !(0.0..=1.0).contains(&section.energy) {
            return Err(format!("{name} has energy {}; 0 to 1 is allowed", section.energy));
        }
        if let Some(bad) = section.chords.iter().find(|c| c.bar >= section.bars || c.beat >= beats)
        {
            return Err(format!(
                "{name} has a chord at bar {}, beat {}, outside it",
                bad.bar, bad.beat
            ));
        }
        section.chords.sort_by_key(|c| (c.bar, c.beat));
        if section.chords.first().is_none_or(|c| (c.bar, c.beat) != (0, 0)) {
            let home = plan.key.map(Key::tonic_chord);
            let chord = section.chords.first().map_or(home, |c| c.chord);
            section.chords.insert(0, PlannedChord { bar: 0, beat: 0, chord });
        }
        if section.theme.is_empty() {
            section.theme = char::from(b'A' + (i % 26) as u8).to_string();
        }
        section.start_s = start_s;
        start_s += section.duration_s;
    }
    let tail = TAIL_S.min(start_s * 0.15);
    plan.seconds = if plan.seconds > start_s { plan.seconds } else { start_s + tail };
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::resident::compose::brief::parse;

    fn plan(prompt: &str, seconds: f64, seed: u64) -> Plan {
        make(&parse(prompt), None, Some(seconds), seed).plan
    }

    #[test]
    fn what_is_asked_is_exact() {
        for (prompt, bpm, key) in [
            ("techno at 133 bpm in F# minor", 133.0, "F# minor"),
            ("waltz, 90 bpm, D major", 90.0, "D major"),
            ("lofi 77.5 bpm in C dorian", 77.5, "C dorian"),
        ] {
            for seconds in [12.0, 60.0, 181.5] {
                let plan = plan(prompt, seconds, 5);
                assert_eq!(plan.tempo_bpm, bpm);
                assert_eq!(plan.key.unwrap().to_string(), key);
                let music = f64::from(plan.bars()) * plan.bar_s();
                assert!(
                    music < seconds && seconds - music < plan.bar_s() + TAIL_S + 0.01,
                    "{prompt} {seconds}"
                );
                let last = plan.sections.last().unwrap();
                let home = plan.key.unwrap().tonic_chord();
                assert_eq!(last.chords.last().unwrap().chord, Some(home));
            }
        }
    }

    #[test]
    fn moods_move_tempo_mode_and_energy() {
        let calm = plan("calm pop", 60.0, 1);
        let wild = plan("energetic pop", 60.0, 1);
        assert!(calm.tempo_bpm < wild.tempo_bpm);
        let mean =
            |p: &Plan| p.sections.iter().map(|s| s.energy).sum::<f64>() / p.sections.len() as f64;
        assert!(mean(&calm) + 0.2 < mean(&wild));
        for seed in 0..20 {
            assert!(plan("sad pop", 60.0, seed).key.unwrap().mode.is_minor());
            assert!(!plan("happy pop", 60.0, seed).key.unwrap().mode.is_minor());
        }
    }

    #[test]
    fn a_curve_leads_the_energy() {
        let energies = |prompt: &str| -> Vec<f64> {
            plan(prompt, 120.0, 3).sections.iter().map(|s| s.energy).collect()
        };
        let built = energies("rock that builds up");
        assert!(built.is_sorted_by(|a, b| a < &(b + 0.12)), "{built:?}");
        assert!(built[built.len() - 1] > built[0] + 0.4, "{built:?}");
        let fallen = energies("rock, winding down");
        assert!(fallen[0] > fallen[fallen.len() - 1] + 0.4, "{fallen:?}");
        let spread = |e: &[f64]| {
            e.iter().copied().fold(0.0, f64::max) - e.iter().copied().fold(1.0, f64::min)
        };
        assert!(spread(&energies("rock, constant")) < 0.6 * spread(&energies("rock")));
    }

    #[test]
    fn bars_chords_and_meters_that_are_asked_for() {
        let made = |prompt: &str| make(&parse(prompt), None, None, 4).plan;
        assert_eq!(made("house, 16 bars").bars(), 16);
        assert_eq!(made("house, 37 bars at 97 bpm").bars(), 37);
        let chords = made("chiptune in A minor, i bVII bVI V, 32 bars");
        let names: Vec<String> =
            chords.sections[0].chords[..4].iter().map(|c| c.chord.unwrap().to_string()).collect();
        assert_eq!(names, ["A:min", "G:maj", "F:maj", "E:maj"]);
        for (prompt, bars) in [("folk in 6/8", (2, 4)), ("rock in 7/8", (7, 4)), ("in 5/4", (5, 4))]
        {
            let plan = made(prompt);
            assert_eq!(plan.meter, Some(Meter { beats: bars.0, unit: bars.1 }), "{prompt}");
        }
    }

    #[test]
    fn a_plan_from_outside_is_read_as_printed_or_refused_with_its_place() {
        let made = plan("house in A minor", 60.0, 2);
        let text = serde_json::to_string(&made).unwrap();
        let back: Plan = serde_json::from_str(&text).unwrap();
        assert_eq!(adopt(back, &made, 30, 120.0).unwrap(), made);
        let mut broken = made.clone();
        broken.sections[1].energy = 7.0;
        assert!(adopt(broken, &made, 30, 120.0).unwrap_err().contains("section 2"));
        let mut long = made.clone();
        long.sections[0].bars = 10_000;
        assert!(adopt(long, &made, 30, 120.0).is_err());
        let minimal: Plan =
            serde_json::from_str(r#"{"brief":{},"sections":[{"name":"a","bars":4,"energy":0.5}]}"#)
                .unwrap();
        let adopted = adopt(minimal, &made, 30, 120.0).unwrap();
        assert_eq!(adopted.key, made.key);
        assert_eq!(adopted.sections[0].chords.len(), 1);
    }

    #[test]
    fn the_same_seed_plans_the_same() {
        assert_eq!(plan("jazz", 90.0, 9), plan("jazz", 90.0, 9));
        assert_ne!(plan("jazz", 90.0, 9), plan("jazz", 90.0, 10));
    }
}
