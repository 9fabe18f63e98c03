//! Comping and pads: rhythm from the genre, voicings that move as little as they can.

use super::genre::EventPattern;
use super::groove;
use super::score::{BarView, Piece};
use crate::domain::pitch::Chord;
use crate::domain::score::Note;

/// Register of chords.
const COMP_RANGE: (i32, i32) = (52, 76);
/// Register of pads.
const PAD_RANGE: (i32, i32) = (55, 79);
/// Below this energy nothing but the pad (or the comping, where there is no pad) plays chords.
const PAD_FROM: f64 = 0.55;

/// One event of a comping pattern: `position/length`, `!` accent, `~` ghost, `n` voiced with the
/// next chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompEvent {
    position: u32,
    length: u32,
    accent: bool,
    ghost: bool,
    next: bool,
}

impl CompEvent {
    /// Reads an event.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut accent, mut ghost, mut next) = (false, false, false);
        let body = text.trim_end_matches(|c| {
            accent |= c == '!';
            ghost |= c == '~';
            next |= c == 'n';
            matches!(c, '!' | '~' | 'n')
        });
        let (position, length) = body.split_once('/')?;
        Some(Self {
            position: position.parse().ok()?,
            length: length.parse().ok()?,
            accent,
            ghost,
            next,
        })
    }
}

/// Chooses inversions near the last voicing.
struct Voicer {
    last: Vec<i32>,
    range: (i32, i32),
}

impl Voicer {
    fn new(range: (i32, i32)) -> Self {
        let centre = (range.0 + range.1) / 2;
        Self { last: vec![centre - 5, centre, centre + 4], range }
    }

    /// Three or four notes of the chord, close to the last ones.
    fn voice(&mut self, chord: Chord) -> Vec<i32> {
        let tones: Vec<i32> = chord
            .quality
            .intervals()
            .iter()
            .map(|i| (chord.root.index() as i32 + i).rem_euclid(12))
            .collect();
        let mut best: Vec<i32> = Vec::new();
        let mut cost = f64::MAX;
        for lowest in self.range.0..self.range.0 + 14 {
            let pc = lowest.rem_euclid(12);
            let Some(start) = tones.iter().position(|t| *t == pc) else { continue };
            let mut notes = vec![lowest];
            for i in 1..tones.len() {
                let pc = tones[(start + i) % tones.len()];
                let before = notes[notes.len() - 1];
                notes.push(before + (pc - before).rem_euclid(12));
            }
            if notes[notes.len() - 1] > self.range.1 {
                continue;
            }
            let moved: i32 = notes
                .iter()
                .map(|n| self.last.iter().map(|l| (n - l).abs()).min().unwrap_or(0))
                .sum();
            let centre = (self.range.0 + self.range.1) / 2;
            let middle = notes.iter().sum::<i32>() / notes.len() as i32;
            let c = f64::from(moved) + 0.4 * f64::from((middle - centre).abs());
            if c < cost {
                (best, cost) = (notes, c);
            }
        }
        if !best.is_empty() {
            self.last.clone_from(&best);
        }
        best
    }
}

/// Writes the comping part.
pub fn write_harmony(piece: &Piece<'_>) -> Vec<Note> {
    let mut voicer = Voicer::new(COMP_RANGE);
    let mut notes = Vec::new();
    for bar in &piece.bars {
        let start = bar.number * piece.bar_ticks();
        if piece.is_last(bar) {
            hold(bar, start, piece.bar_ticks(), 80, &mut voicer, &mut notes);
        } else {
            comp(piece, bar, start, &mut voicer, &mut notes);
        }
    }
    notes
}

/// Writes the pad: whole chords, from middle energy up and in quiet genres throughout.
pub fn write_pad(piece: &Piece<'_>) -> Vec<Note> {
    let mut voicer = Voicer::new(PAD_RANGE);
    let mut notes = Vec::new();
    let calm = piece.genre.tempo.2 < 90.0;
    for bar in &piece.bars {
        if !calm && bar.energy < PAD_FROM && !piece.is_last(bar) {
            continue;
        }
        let velocity = (44.0 + 26.0 * bar.energy) as u8;
        let start = bar.number * piece.bar_ticks();
        hold(bar, start, piece.bar_ticks(), velocity, &mut voicer, &mut notes);
    }
    notes
}

fn hold(
    bar: &BarView,
    start: u32,
    bar_ticks: u32,
    velocity: u8,
    voicer: &mut Voicer,
    notes: &mut Vec<Note>,
) {
    for (i, (beat, chord)) in bar.chords.iter().enumerate() {
        let from = beat * 480;
        let to = bar.chords.get(i + 1).map_or(bar_ticks, |(b, _)| b * 480);
        for midi in voicer.voice(*chord) {
            notes.push(Note {
                start: start + from,
                length: (to - from).max(1),
                midi: midi as u8,
                velocity,
            });
        }
    }
}

fn pattern_for<'a>(piece: &Piece<'a>, bar: &BarView) -> Option<&'a EventPattern> {
    let mut dice = piece.dice(&format!("comp {}", bar.theme));
    let patterns = groove::asked(&piece.plan.brief, &piece.genre.comp, |p| &p.name, |r| &r.comp);
    dice.pick(&patterns).copied()
}

fn comp(piece: &Piece<'_>, bar: &BarView, start: u32, voicer: &mut Voicer, notes: &mut Vec<Note>) {
    let Some(pattern) = pattern_for(piece, bar) else { return };
    let length = (pattern.steps * pattern.ticks).max(1);
    let offset = bar.in_section * piece.bar_ticks() % length;
    let mut voiced: Option<(Chord, Vec<i32>)> = None;
    for event in pattern.events.iter().filter_map(|e| CompEvent::parse(e)) {
        let at = event.position * pattern.ticks;
        let Some(at) = at.checked_sub(offset).filter(|at| *at < piece.bar_ticks()) else {
            continue;
        };
        let here = bar.chord_at(f64::from(at) / 480.0);
        let Some(chord) = (if event.next { Some(bar.next) } else { here }) else { continue };
        let mut dice = piece.dice(&format!("comp {} {at}", bar.number));
        // Quiet sections thin the pattern out; its first event always stays.
        if event.position > 0 && bar.energy < 0.4 && !event.accent && dice.chance(0.4) {
            continue;
        }
        let chord_notes = match &voiced {
            Some((same, kept)) if *same == chord => kept.clone(),
            _ => voicer.voice(chord),
        };
        let accent = if event.accent { 10.0 } else { 0.0 };
        let weight = if event.ghost { 0.5 } else { 1.0 };
        let level = weight * (62.0 + 26.0 * bar.energy + accent + 3.0 * dice.normal());
        let room = piece.bar_ticks() - at;
        for midi in &chord_notes {
            notes.push(Note {
                start: start + at,
                length: (event.length * pattern.ticks).min(room).max(30),
                midi: *midi as u8,
                velocity: level.round().clamp(20.0, 115.0) as u8,
            });
        }
        voiced = Some((chord, chord_notes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_are_read() {
        let event = CompEvent::parse("14/2!n").unwrap();
        assert_eq!((event.position, event.length, event.accent, event.next), (14, 2, true, true));
        for bad in ["", "4", "/2", "a/2"] {
            assert_eq!(CompEvent::parse(bad), None);
        }
    }

    proptest! {
        #[test]
        fn voicings_hold_the_chord_and_move_little(indices in proptest::collection::vec(0usize..24, 2..12)) {
            let mut voicer = Voicer::new(COMP_RANGE);
            let mut last: Option<Vec<i32>> = None;
            for index in indices {
                let chord = Chord::from_triad_index(index);
                let notes = voicer.voice(chord);
                prop_assert_eq!(notes.len(), 3);
                for n in &notes {
                    prop_assert!(chord.contains(*n as u8));
                    prop_assert!((COMP_RANGE.0..=COMP_RANGE.1).contains(n));
                }
                if let Some(before) = last {
                    let top = (notes[2] - before[2]).abs();
                    prop_assert!(top <= 12, "{top}");
                }
                last = Some(notes);
            }
        }
    }
}
