//! Bass: the genre's patterns on the chords, in one register, leaning on the next root.

use super::super::dice::Dice;
use super::genre::EventPattern;
use super::groove;
use super::score::{BarView, Piece};
use crate::domain::pitch::Chord;
use crate::domain::score::Note;

const LOWEST: i32 = 28;
const HIGHEST: i32 = 52;

/// What a pattern's event plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Degree {
    /// Semitones above the chord's root.
    Fixed(i32),
    /// The chord's own third.
    Third,
    /// The chord's own seventh, a sixth on triads.
    Seventh,
    /// Semitones above the next chord's root.
    Next(i32),
    /// A step of the scale towards the next root.
    Towards,
}

/// One event of a bass pattern, `position:degree/length` with `~` for a ghost note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BassEvent {
    position: u32,
    degree: Degree,
    length: u32,
    ghost: bool,
}

impl BassEvent {
    /// Reads an event.
    pub fn parse(text: &str) -> Option<Self> {
        // The mark of a ghost note stands after the degree or after the length.
        let late_ghost = text.ends_with('~');
        let text = text.strip_suffix('~').unwrap_or(text);
        let (position, rest) = text.split_once(':')?;
        let (degree, length) = rest.split_once('/')?;
        let (degree, ghost) = match degree.strip_suffix('~') {
            Some(plain) => (plain, true),
            None => (degree, late_ghost),
        };
        let degree = match degree {
            "1" => Degree::Fixed(0),
            "b2" => Degree::Fixed(1),
            "2" => Degree::Fixed(2),
            "b3" => Degree::Fixed(3),
            "3" => Degree::Fixed(4),
            "4" => Degree::Fixed(5),
            "b5" => Degree::Fixed(6),
            "5" => Degree::Fixed(7),
            "b6" => Degree::Fixed(8),
            "6" => Degree::Fixed(9),
            "b7" => Degree::Fixed(10),
            "7" => Degree::Fixed(11),
            "8" => Degree::Fixed(12),
            "-5" => Degree::Fixed(-5),
            "c3" => Degree::Third,
            "c7" => Degree::Seventh,
            "n1" => Degree::Next(0),
            "d5" => Degree::Next(7),
            "a-" => Degree::Next(-1),
            "a+" => Degree::Next(1),
            "s" => Degree::Towards,
            _ => return None,
        };
        Some(Self { position: position.parse().ok()?, degree, length: length.parse().ok()?, ghost })
    }
}

/// Writes the part.
pub fn write(piece: &Piece<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut register = Register::new(piece);
    for bar in &piece.bars {
        let start = bar.number * piece.bar_ticks();
        if piece.is_last(bar) {
            if let Some(chord) = bar.chord_at(0.0) {
                let midi = register.place(chord.root.index() as i32);
                notes.push(Note { start, length: piece.bar_ticks(), midi, velocity: 88 });
            }
            continue;
        }
        // The quietest openings leave the bass out.
        if bar.energy < 0.2 && bar.number < 2 {
            continue;
        }
        play(piece, bar, start, &mut register, &mut notes);
    }
    notes
}

fn pattern_for<'a>(piece: &Piece<'a>, bar: &BarView) -> Option<&'a EventPattern> {
    let mut dice = piece.dice(&format!("bass {}", bar.theme));
    let patterns = groove::asked(&piece.plan.brief, &piece.genre.bass, |p| &p.name, |r| &r.bass);
    let busy = |p: &EventPattern| p.events.len() as f64 / f64::from(p.steps * p.ticks);
    let most = patterns.iter().copied().map(busy).fold(1e-9, f64::max);
    // Fuller sections like busier patterns, but every pattern has its chance.
    let learned = piece.manner.and_then(|m| m.bass.as_ref());
    let weights: Vec<f64> = patterns
        .iter()
        .map(|p| {
            if let Some(bass) = learned {
                // Notes a bar, against those of the learned bass: fuller sections play more of them.
                let (here, usual) = (busy(p) * f64::from(piece.bar_ticks()), bass.per_bar);
                let wanted = (usual * (0.7 + 0.5 * bar.energy)).max(1.0);
                return (-4.0 * (here / wanted).ln().powi(2)).exp() + 1e-6;
            }
            let load = busy(p) / most;
            (-4.0 * (load - (0.35 + 0.6 * bar.energy)).powi(2)).exp()
        })
        .collect();
    patterns.get(dice.weighted(&weights)).copied()
}

fn play(
    piece: &Piece<'_>,
    bar: &BarView,
    start: u32,
    register: &mut Register,
    notes: &mut Vec<Note>,
) {
    let Some(pattern) = pattern_for(piece, bar) else { return };
    let length = (pattern.steps * pattern.ticks).max(1);
    let offset = bar.in_section * piece.bar_ticks() % length;
    for event in pattern.events.iter().filter_map(|e| BassEvent::parse(e)) {
        let at = event.position * pattern.ticks;
        let Some(at) = at.checked_sub(offset).filter(|at| *at < piece.bar_ticks()) else {
            continue;
        };
        let Some(chord) = bar.chord_at(f64::from(at) / 480.0) else { continue };
        let mut dice = piece.dice(&format!("bass note {} {at}", bar.number));
        let target = resolve(event.degree, chord, bar, piece, at);
        let midi = register.place(target);
        let room = piece.bar_ticks() - at;
        let note_length = (event.length * pattern.ticks).min(room)
            * if event.ghost { 1 } else { 19 }
            / if event.ghost { 2 } else { 20 };
        notes.push(Note {
            start: start + at,
            length: note_length.max(30),
            midi,
            velocity: loudness(bar, event.ghost, at == 0, &mut dice),
        });
    }
}

fn loudness(bar: &BarView, ghost: bool, first: bool, dice: &mut Dice) -> u8 {
    let base =
        84.0 + 24.0 * (bar.energy - 0.5) + if first { 6.0 } else { 0.0 } + 3.0 * dice.normal();
    (base * if ghost { 0.45 } else { 1.0 }).round().clamp(10.0, 120.0) as u8
}

/// Semitone number (any octave) that an event asks for.
fn resolve(degree: Degree, chord: Chord, bar: &BarView, piece: &Piece<'_>, at: u32) -> i32 {
    let root = chord.root.index() as i32;
    let third = chord.quality.intervals()[1];
    // A pattern's major third follows the chord it is played on.
    match degree {
        Degree::Fixed(4) | Degree::Third => root + third,
        Degree::Fixed(n) => root + n,
        Degree::Seventh => root + chord.quality.intervals().get(3).copied().unwrap_or(9),
        Degree::Next(n) => bar.next.root.index() as i32 + n,
        Degree::Towards => {
            let goal = bar.next.root.index() as i32;
            let scale = piece.key.scale();
            let _ = at;
            let below = (1..=2).find(|d| scale[(goal - d).rem_euclid(12) as usize]).unwrap_or(1);
            goal - below
        }
    }
}

/// Keeps the line in its octave: each note in the octave nearest to the one before.
struct Register {
    last: i32,
    centre: i32,
}

impl Register {
    fn new(piece: &Piece<'_>) -> Self {
        let centre = piece.manner.map_or(38, |m| i32::from(m.bass_centre)).clamp(33, 45);
        Self { last: centre, centre }
    }

    fn place(&mut self, semitone: i32) -> u8 {
        let pc = semitone.rem_euclid(12);
        let mut best = LOWEST;
        let mut cost = f64::MAX;
        for midi in LOWEST..=HIGHEST {
            if midi.rem_euclid(12) != pc {
                continue;
            }
            let c =
                f64::from((midi - self.last).abs()) + 0.6 * f64::from((midi - self.centre).abs());
            if c < cost {
                (best, cost) = (midi, c);
            }
        }
        self.last = best;
        best as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let event = BassEvent::parse("14:a-/2").unwrap();
        assert_eq!((event.position, event.degree, event.length), (14, Degree::Next(-1), 2));
        assert!(BassEvent::parse("6:8~/1").unwrap().ghost);
        for bad in ["", "1", "1:/2", "1:x/2", "a:1/2", "1:1/b"] {
            assert_eq!(BassEvent::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_line_stays_in_its_register() {
        let mut register = Register { last: 38, centre: 38 };
        for n in 0..200 {
            let before = register.last;
            let midi = i32::from(register.place(n * 7));
            assert!((LOWEST..=HIGHEST).contains(&midi));
            assert!((midi - before).abs() <= 12);
            assert_eq!(midi.rem_euclid(12), (n * 7).rem_euclid(12));
        }
    }
}
