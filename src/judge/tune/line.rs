//! Lines of a score or a transcription: the lead, and the highest notes of all that is no bass.
//!
//! A line is one note at a time. Must never join what no listener would hear as one line: drums and
//! basses are left out.

use crate::domain::listening::NoteSpan;
use crate::domain::score::{Role, Score};
use serde::{Deserialize, Serialize};

/// Notes that start within this time sound together, seconds.
const TOGETHER_S: f64 = 0.045;
/// Fewer notes are no line.
pub const SHORTEST: usize = 8;
/// Intervals that are told apart: an octave down to an octave up; larger ones count as that.
pub const INTERVALS: usize = 25;
/// Classes of the ratio of a note's time to that of the one before.
pub const RHYTHMS: usize = 7;

/// One note after another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When each begins, seconds.
    pub starts_s: Vec<f32>,
    /// Their MIDI numbers.
    pub midi: Vec<u8>,
}

impl Line {
    /// The lines of transcribed notes. Notes with times that are not numbers are left out.
    pub fn of_notes(notes: &[NoteSpan]) -> Vec<Self> {
        let good =
            |n: &&NoteSpan| n.start_s.is_finite() && n.end_s > n.start_s && n.part != "drums";
        let pitched: Vec<&NoteSpan> = notes.iter().filter(good).collect();
        let pick = |wanted: fn(&str) -> bool| {
            let own = pitched.iter().filter(|n| wanted(&n.part));
            Self::highest(own.map(|n| (n.start_s, n.end_s, n.midi)).collect())
        };
        lines(pick(|part| part == "lead"), pick(|part| part != "bass"))
    }

    /// The lines of a score.
    pub fn of_score(score: &Score) -> Vec<Self> {
        let pick = |roles: &[Role]| {
            let parts = score.parts.iter().filter(|p| roles.contains(&p.role));
            let notes = parts
                .flat_map(|p| &p.notes)
                .map(|n| (score.seconds(n.start), score.seconds(n.end()), n.midi));
            Self::highest(notes.filter(|n| n.0.is_finite() && n.1.is_finite()).collect())
        };
        lines(pick(&[Role::Lead]), pick(&[Role::Lead, Role::Harmony, Role::Pad]))
    }

    /// The upper line of notes (start, end, number): of those that begin together the highest, and
    /// none that begins under a higher one that still sounds.
    fn highest(mut notes: Vec<(f64, f64, u8)>) -> Self {
        notes.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.2.cmp(&a.2)));
        let mut kept: Vec<(f64, f64, u8)> = Vec::new();
        for note in notes {
            match kept.last_mut() {
                Some(last) if note.0 - last.0 < TOGETHER_S => {
                    if note.2 > last.2 {
                        *last = (last.0, note.1, note.2);
                    }
                }
                // A lower note under a held one is accompaniment.
                Some(last) if note.2 < last.2 && note.0 < last.1 - 0.1 => {}
                _ => kept.push(note),
            }
        }
        Self {
            starts_s: kept.iter().map(|n| n.0 as f32).collect(),
            midi: kept.iter().map(|n| n.2).collect(),
        }
    }

    /// Number of notes.
    pub fn len(&self) -> usize {
        self.midi.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.midi.is_empty()
    }

    /// Class of the interval to a note from the one before, 0 for the first.
    pub fn interval(&self, note: usize) -> usize {
        let Some(before) = note.checked_sub(1) else { return INTERVALS / 2 };
        let step = i32::from(self.midi[note]) - i32::from(self.midi[before]);
        (step.clamp(-12, 12) + 12) as usize
    }

    /// Class of the time since the note before over the time from that to the one before it.
    pub fn rhythm(&self, note: usize) -> usize {
        if note < 2 {
            return RHYTHMS / 2;
        }
        let (now, before) = (
            self.starts_s[note] - self.starts_s[note - 1],
            self.starts_s[note - 1] - self.starts_s[note - 2],
        );
        let ratio = (now.max(0.02) / before.max(0.02)).log2();
        [-1.5, -0.75, -0.3, 0.3, 0.75, 1.5].iter().filter(|edge| ratio > **edge).count()
    }
}

/// Both lines where they are two; those too short are dropped.
fn lines(lead: Line, top: Line) -> Vec<Line> {
    let mut lines = vec![lead];
    if lines[0] != top {
        lines.push(top);
    }
    lines.retain(|l| l.len() >= SHORTEST);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start_s: f64, end_s: f64, midi: u8, part: &str) -> NoteSpan {
        NoteSpan { start_s, end_s, midi, velocity: 90, part: part.to_owned() }
    }

    #[test]
    fn the_upper_line_is_found() {
        let mut notes = Vec::new();
        for i in 0..10 {
            let at = 0.5 * f64::from(i);
            notes.push(note(at, at + 0.4, 72 + i as u8, "lead"));
            notes.push(note(at + 0.01, at + 0.4, 60, "harmony"));
            notes.push(note(at + 0.2, at + 0.3, 64, "harmony"));
            notes.push(note(at, at + 0.4, 36, "bass"));
            notes.push(note(at, at + 0.1, 110, "drums"));
        }
        let lines = Line::of_notes(&notes);
        assert_eq!(lines.len(), 1, "lead and top line are the same");
        assert_eq!(lines[0].midi, (72..82).collect::<Vec<u8>>());
        assert_eq!((lines[0].interval(3), lines[0].rhythm(3)), (13, 3));
    }

    #[test]
    fn what_is_no_line_gives_none() {
        assert!(Line::of_notes(&[]).is_empty());
        let bad: Vec<NoteSpan> = (0..20).map(|_| note(f64::NAN, f64::NAN, 60, "lead")).collect();
        assert!(Line::of_notes(&bad).is_empty());
        let drums: Vec<NoteSpan> =
            (0..20).map(|i| note(f64::from(i), f64::from(i) + 0.1, 38, "drums")).collect();
        assert!(Line::of_notes(&drums).is_empty());
    }

    #[test]
    fn rhythm_is_free_of_tempo() {
        let line = |step: f32| Line {
            starts_s: [0.0, 1.0, 2.0, 4.0, 4.5, 5.0].map(|t| t * step).to_vec(),
            midi: vec![60; 6],
        };
        let classes = |l: &Line| (0..6).map(|i| l.rhythm(i)).collect::<Vec<_>>();
        assert_eq!(classes(&line(0.3)), classes(&line(0.41)));
        assert_eq!(classes(&line(0.3)), [3, 3, 3, 5, 0, 3]);
    }
}
