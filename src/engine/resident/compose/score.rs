//! Plan to score: every part written bar by bar from the same picture of the piece.

use super::super::dice::Dice;
use super::brief::forbids;
use super::genre::Genre;
use super::groove;
use super::lexicon::{Instrument, Lexicon};
use super::manner::Manner;
use super::{bass, comp, drums, melody};
use crate::domain::listening::Meter;
use crate::domain::pitch::{Chord, Key, Mode, PitchClass};
use crate::domain::plan::Plan;
use crate::domain::score::{Note, Part, Role, Score, TICKS_PER_QUARTER};

/// One bar as every writer sees it.
#[derive(Clone, Debug)]
pub struct BarView {
    /// Number in the piece.
    pub number: u32,
    /// Number of its section.
    pub section: usize,
    /// Number in its section.
    pub in_section: u32,
    /// Bars of its section.
    pub section_bars: u32,
    /// Chords by beat; the first is at beat 0. Empty where the plan says "no chord".
    pub chords: Vec<(u32, Chord)>,
    /// First chord of the next bar.
    pub next: Chord,
    /// 0..1.
    pub energy: f64,
    /// Energy of the section that follows.
    pub energy_after: f64,
    /// Theme letter.
    pub theme: String,
    /// How often the theme was heard before.
    pub variation: u32,
}

impl BarView {
    /// The chord that sounds at a beat (fractions allowed).
    pub fn chord_at(&self, beat: f64) -> Option<Chord> {
        self.chords.iter().rev().find(|(at, _)| f64::from(*at) <= beat + 1e-9).map(|(_, c)| *c)
    }

    /// Whether it is the last bar of its section.
    pub fn closes(&self) -> bool {
        self.in_section + 1 == self.section_bars
    }
}

/// The piece as every writer sees it.
pub struct Piece<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The grammar.
    pub genre: &'a Genre,
    /// What was learned.
    pub manner: Option<&'a Manner>,
    /// Key.
    pub key: Key,
    /// Meter.
    pub meter: Meter,
    /// Bars.
    pub bars: Vec<BarView>,
    /// Seed.
    pub seed: u64,
    /// Product of the moods' density factors.
    pub density: f64,
    /// Sum of the moods' register shifts.
    pub register: i32,
}

impl<'a> Piece<'a> {
    /// Lays a plan out bar by bar.
    pub fn new(plan: &'a Plan, genre: &'a Genre, manner: Option<&'a Manner>, seed: u64) -> Self {
        let key = plan.key.unwrap_or(Key::new(PitchClass::new(0), Mode::Minor));
        let moods: Vec<_> =
            plan.brief.moods.iter().filter_map(|id| Lexicon::get().moods.get(id)).collect();
        Self {
            plan,
            genre,
            manner,
            key,
            meter: plan.meter.unwrap_or(Meter::COMMON),
            bars: view(plan, key),
            seed,
            density: moods.iter().map(|m| m.density).product::<f64>().clamp(0.4, 1.6),
            register: moods.iter().map(|m| m.register).sum::<i32>().clamp(-7, 9),
        }
    }

    /// Ticks of a bar.
    pub fn bar_ticks(&self) -> u32 {
        self.beats() * TICKS_PER_QUARTER
    }

    /// Beats of a bar.
    pub fn beats(&self) -> u32 {
        u32::from(self.meter.beats)
    }

    /// A stream of chance for a part and whatever else decides.
    pub fn dice(&self, name: &str) -> Dice {
        Dice::new(self.seed, name)
    }

    /// Whether a bar is the piece's last.
    pub fn is_last(&self, bar: &BarView) -> bool {
        bar.number as usize + 1 == self.bars.len()
    }
}

fn view(plan: &Plan, key: Key) -> Vec<BarView> {
    let mut bars = Vec::with_capacity(plan.bars() as usize);
    let mut sounding = Some(key.tonic_chord());
    for (number, section) in plan.sections.iter().enumerate() {
        let after = plan.sections.get(number + 1).map_or(section.energy, |s| s.energy);
        for bar in 0..section.bars {
            let mut chords = Vec::new();
            let changes: Vec<_> = section.chords.iter().filter(|c| c.bar == bar).collect();
            if changes.first().is_none_or(|c| c.beat > 0)
                && let Some(chord) = sounding
            {
                chords.push((0, chord));
            }
            for change in changes {
                sounding = change.chord;
                if let Some(chord) = change.chord {
                    chords.push((change.beat, chord));
                }
            }
            bars.push(BarView {
                number: bars.len() as u32,
                section: number,
                in_section: bar,
                section_bars: section.bars,
                chords,
                next: key.tonic_chord(),
                energy: section.energy,
                energy_after: after,
                theme: section.theme.clone(),
                variation: section.variation,
            });
        }
    }
    for i in 0..bars.len().saturating_sub(1) {
        if let Some((_, next)) = bars[i + 1].chords.first() {
            bars[i].next = *next;
        }
    }
    bars
}

/// Writes the score. Parts that the brief forbids are left out.
pub fn write(piece: &Piece<'_>, without: &[String]) -> Score {
    let mut parts = Vec::new();
    for role in Role::ALL {
        let forbidden =
            forbids(&piece.plan.brief, role) || without.iter().any(|w| w == role.name());
        if forbidden {
            continue;
        }
        let mut notes = match role {
            Role::Drums => drums::write(piece),
            Role::Bass => bass::write(piece),
            Role::Harmony => comp::write_harmony(piece),
            Role::Lead => melody::write(piece),
            Role::Pad => comp::write_pad(piece),
        };
        if notes.is_empty() {
            continue;
        }
        swing(&mut notes, piece);
        end(&mut notes, piece);
        notes.sort_unstable();
        parts.push(Part { role, program: program(piece, role), notes });
    }
    Score {
        tempo_bpm: piece.plan.tempo_bpm,
        meter: piece.meter,
        bars: piece.bars.len() as u32,
        parts,
    }
}

/// The instrument the prompt asks for, else one of the genre's that it does not forbid.
fn program(piece: &Piece<'_>, role: Role) -> u8 {
    let brief = &piece.plan.brief;
    let instruments = &Lexicon::get().instruments;
    let asked = || brief.instruments.iter().filter_map(|id| instruments.get(id));
    let mut wanted = asked().filter(|i| i.role == role).find_map(|i| i.program);
    if brief.only && role != Role::Drums {
        // The only instruments share the notes: a piano alone plays its bass and its melody too.
        let any = asked().filter(|i| i.role != Role::Drums).find_map(|i| i.program);
        wanted = wanted.or(any);
    }
    let programs = &piece.genre.programs;
    let table: &[u8] = match role {
        Role::Drums => {
            let kit = wanted.or_else(|| groove::of_its_time(brief, role));
            return kit.unwrap_or(programs.kit);
        }
        Role::Bass => &programs.bass,
        Role::Harmony => &programs.harmony,
        Role::Lead => &programs.lead,
        Role::Pad => &programs.pad,
    };
    let banned: Vec<u8> = brief
        .avoid
        .iter()
        .filter_map(|id| instruments.get(id))
        .flat_map(Instrument::programs)
        .collect();
    let free: Vec<u8> = table.iter().copied().filter(|p| !banned.contains(p)).collect();
    let mut dice = piece.dice(&format!("program {}", role.name()));
    // The first of a table is its typical sound.
    let typical = dice.chance(0.6);
    let chosen = if typical { free.first() } else { dice.pick(&free) };
    let era = groove::of_its_time(brief, role).filter(|p| !banned.contains(p));
    wanted.or(era).or(chosen.copied()).unwrap_or_else(|| fallback(role, &banned))
}

/// A sound that is not forbidden, for tables that are forbidden as a whole.
fn fallback(role: Role, banned: &[u8]) -> u8 {
    let order: &[u8] = match role {
        Role::Drums => &[0],
        Role::Bass => &[33, 38, 32, 43],
        Role::Harmony => &[0, 4, 24, 48, 90],
        Role::Lead => &[73, 11, 81, 0, 40],
        Role::Pad => &[48, 89, 52, 91],
    };
    order.iter().copied().find(|p| !banned.contains(p)).unwrap_or(order[0])
}

/// How long the last notes of a piece that ends abruptly may be.
const HARD_STOP_TICKS: u32 = TICKS_PER_QUARTER / 2;
/// Bars that a fade takes at most, and the share of the piece.
const FADE: (u32, f64) = (8, 0.25);

/// Ends as the prompt asks: all at once, or quieter and quieter.
fn end(notes: &mut [Note], piece: &Piece<'_>) {
    let (bars, bar) = (piece.bars.len() as u32, piece.bar_ticks());
    let last = bars.saturating_sub(1) * bar;
    match piece.plan.brief.ending.as_deref() {
        Some("hard") => {
            for note in notes.iter_mut() {
                let stop = last + HARD_STOP_TICKS;
                note.length = note.length.min(stop.saturating_sub(note.start)).max(1);
            }
        }
        Some("fade") => {
            let fading = ((f64::from(bars) * FADE.1) as u32).clamp(1, FADE.0) * bar;
            let from = (bars * bar).saturating_sub(fading);
            for note in notes.iter_mut().filter(|n| n.start > from) {
                let left = 1.0 - f64::from(note.start - from) / f64::from(fading);
                let velocity = f64::from(note.velocity) * (0.1 + 0.9 * left);
                note.velocity = velocity.round().clamp(1.0, 127.0) as u8;
            }
        }
        _ => {}
    }
}

/// Delays the second of each pair: a ratio of 2 makes triplets of eighths.
fn swing(notes: &mut [Note], piece: &Piece<'_>) {
    // How eighths are played is the artist's, whatever the genre usually does.
    let learned = piece.manner.and_then(|m| m.swing).map(|s| (s.clamp(1.0, 2.5), 8));
    let usual = learned.unwrap_or((piece.genre.swing, piece.genre.swing_unit));
    let (ratio, swing_unit) = groove::feel(&piece.plan.brief).unwrap_or(usual);
    if ratio <= 1.01 {
        return;
    }
    let unit = TICKS_PER_QUARTER * 4 / swing_unit;
    let late = (f64::from(2 * unit) * ratio / (1.0 + ratio)).round() as u32 - unit;
    for note in notes {
        // Patterns on a triplet grid swing already.
        if note.start % (2 * unit) == unit {
            note.start += late;
            note.length = note.length.saturating_sub(late / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::brief::parse;
    use super::super::{genre, plan};
    use super::*;

    fn score(prompt: &str, seconds: f64, seed: u64) -> (Plan, Score) {
        let brief = parse(prompt);
        let plan = plan::make(&brief, None, Some(seconds), seed).plan;
        let genre = genre::get(brief.genre.as_deref()).unwrap();
        let score = write(&Piece::new(&plan, genre, None, seed), &[]);
        (plan, score)
    }

    #[test]
    fn every_genre_gives_a_whole_score() {
        for id in genre::all().keys() {
            let prompt = id.replace('_', " ");
            let brief = Brief { genre: Some(id.clone()), ..parse("") };
            let plan = plan::make(&brief, None, Some(60.0), 4).plan;
            let genre = genre::get(Some(id)).unwrap();
            let score = write(&Piece::new(&plan, genre, None, 4), &[]);
            let end = score.ticks_per_bar() * score.bars;
            assert!(score.parts.len() >= 3, "{prompt}: {:?}", score.parts.len());
            for part in &score.parts {
                assert!(part.notes.is_sorted(), "{prompt}");
                for note in &part.notes {
                    assert!(note.length > 0 && (1..=127).contains(&note.velocity));
                    assert!(note.start < end, "{prompt} {:?}", part.role);
                    assert!(note.midi < 128);
                }
            }
        }
    }

    #[test]
    fn strong_beats_of_the_lead_are_chord_tones_mostly() {
        let (mut on, mut all) = (0, 0);
        for seed in 0..6 {
            let (plan, score) = score("pop in C major", 90.0, seed);
            let lead = score.part(Role::Lead).unwrap();
            let genre = genre::get(Some("pop")).unwrap();
            let piece = Piece::new(&plan, genre, None, seed);
            for note in &lead.notes {
                let bar = &piece.bars[(note.start / piece.bar_ticks()) as usize];
                let beat = f64::from(note.start % piece.bar_ticks()) / 480.0;
                if beat == 0.0 || beat == 2.0 {
                    all += 1;
                    on += usize::from(bar.chord_at(beat).is_some_and(|c| c.contains(note.midi)));
                }
            }
        }
        let share = f64::from(on as u32) / f64::from(all as u32);
        assert!((0.75..=1.0).contains(&share), "{share}");
    }

    #[test]
    fn forbidden_parts_and_sounds_stay_out() {
        let (_, bare) = score("jazz, no drums, no piano, no saxophone", 60.0, 3);
        assert!(bare.part(Role::Drums).is_none());
        assert!(bare.parts.iter().all(|p| p.program != 0 && p.program != 66));
        let (_, with) = score("jazz with flute and organ", 60.0, 3);
        assert_eq!(with.part(Role::Lead).unwrap().program, 73);
        assert_eq!(with.part(Role::Harmony).unwrap().program, 16);
    }

    #[test]
    fn only_the_named_instruments_play() {
        let (_, alone) = score("sad solo piano in A minor", 60.0, 2);
        assert!(alone.parts.len() >= 2, "{:?}", alone.parts.len());
        assert!(alone.parts.iter().all(|p| p.program == 0 && p.role != Role::Drums));
        let (_, two) = score("nur Klavier und Cello, ein Walzer", 60.0, 2);
        assert!(two.parts.iter().all(|p| [0, 42].contains(&p.program)));
        assert_eq!(two.part(Role::Lead).unwrap().program, 42);
    }

    #[test]
    fn an_ending_is_heard_in_the_last_bars() {
        let loudness = |score: &Score, from: f64, to: f64| -> f64 {
            let end = f64::from(score.bars * score.ticks_per_bar());
            let notes: Vec<f64> = score
                .parts
                .iter()
                .flat_map(|p| &p.notes)
                .filter(|n| (from * end..to * end).contains(&f64::from(n.start)))
                .map(|n| f64::from(n.velocity))
                .collect();
            notes.iter().sum::<f64>() / notes.len() as f64
        };
        let (_, fading) = score("rock, 120 bpm, fades out", 60.0, 3);
        let (_, plain) = score("rock, 120 bpm", 60.0, 3);
        let falls = |s: &Score| loudness(s, 0.92, 1.0) / loudness(s, 0.5, 0.75);
        assert!(falls(&fading) < 0.6 * falls(&plain), "{} {}", falls(&fading), falls(&plain));
        let (_, hard) = score("rock, 120 bpm, ends abruptly", 60.0, 3);
        let last = (hard.bars - 1) * hard.ticks_per_bar();
        let ends = hard.parts.iter().flat_map(|p| &p.notes).map(Note::end).max().unwrap();
        assert!(ends <= last + HARD_STOP_TICKS, "{ends} after {last}");
    }

    #[test]
    fn a_decade_brings_its_instruments_unless_others_are_asked_for() {
        let (_, old) = score("80s pop", 60.0, 1);
        assert_eq!(old.part(Role::Bass).unwrap().program, 38);
        let (_, slapped) = score("80s pop with slap bass", 60.0, 1);
        assert_eq!(slapped.part(Role::Bass).unwrap().program, 36);
    }

    #[test]
    fn percussion_is_struck_by_name() {
        let keys = |prompt: &str| -> std::collections::BTreeSet<u8> {
            let (_, score) = score(prompt, 60.0, 5);
            score
                .part(Role::Drums)
                .map_or_else(Default::default, |p| p.notes.iter().map(|n| n.midi).collect())
        };
        let usual = keys("cumbia");
        assert!(usual.contains(&36) && usual.contains(&73), "{usual:?}");
        assert_eq!(keys("cumbia, no drums but güiro"), [73].into());
        assert!(!keys("cumbia without cowbell").contains(&56));
        assert!(keys("cumbia, no drums").is_empty());
    }

    use crate::domain::brief::Brief;
}
