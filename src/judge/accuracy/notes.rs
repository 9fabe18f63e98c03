//! Transcribed notes: `mir_eval.transcription` with pitches that are semitones.

use super::Match;
use super::matching::{most_pairs, within};

/// How near an onset must be.
const ONSET_S: f64 = 0.05;
/// How near an end must be: this, or this share of the true note if that is more.
const OFFSET_S: f64 = 0.05;
const OFFSET_SHARE: f64 = 0.2;

/// A note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// MIDI note.
    pub midi: u8,
}

/// Right pitch, onset within 50 ms.
pub fn onsets(truth: &[Note], answer: &[Note]) -> Match {
    by_pitch(truth, answer, |t, a| {
        let starts = |notes: &[Note]| notes.iter().map(|n| n.start_s).collect::<Vec<f64>>();
        // mir_eval rounds distances to a tenth of a millisecond.
        within(&starts(t), &starts(a), ONSET_S + 5e-5).hits
    })
}

/// Right pitch, onset within 50 ms, end within 50 ms or a fifth of the note.
pub fn onsets_and_ends(truth: &[Note], answer: &[Note]) -> Match {
    let near = |x: f64, y: f64, most: f64| ((x - y).abs() * 1e4).round() / 1e4 <= most;
    by_pitch(truth, answer, |t, a| {
        let edges: Vec<Vec<usize>> = t
            .iter()
            .map(|t| {
                let end = OFFSET_S.max(OFFSET_SHARE * (t.end_s - t.start_s));
                let fits =
                    |a: &Note| near(t.start_s, a.start_s, ONSET_S) && near(t.end_s, a.end_s, end);
                (0..a.len()).filter(|i| fits(&a[*i])).collect()
            })
            .collect();
        most_pairs(&edges, a.len())
    })
}

fn by_pitch(truth: &[Note], answer: &[Note], hits: impl Fn(&[Note], &[Note]) -> usize) -> Match {
    let of = |notes: &[Note], midi: u8| -> Vec<Note> {
        notes.iter().filter(|n| n.midi == midi).copied().collect()
    };
    let found = (0..=127).map(|midi| {
        let (t, a) = (of(truth, midi), of(answer, midi));
        if t.is_empty() || a.is_empty() { 0 } else { hits(&t, &a) }
    });
    Match { hits: found.sum(), truth: truth.len(), answer: answer.len() }
}

/// Strokes of one kind of drum within 50 ms.
pub fn strokes(truth: &[f64], answer: &[f64]) -> Match {
    within(truth, answer, ONSET_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start_s: f64, end_s: f64, midi: u8) -> Note {
        Note { start_s, end_s, midi }
    }

    #[test]
    fn pitch_and_onset() {
        let truth = [note(0.0, 1.0, 60), note(0.0, 1.0, 64), note(1.0, 3.0, 60)];
        let answer = [note(0.04, 0.9, 60), note(0.0, 1.0, 65), note(1.06, 3.0, 60)];
        assert_eq!(onsets(&truth, &answer), Match { hits: 1, truth: 3, answer: 3 });
        assert_eq!(onsets(&truth, &[note(1.05, 1.1, 60)]).hits, 1);
    }

    #[test]
    fn ends() {
        let truth = [note(0.0, 1.0, 60), note(2.0, 2.1, 62)];
        assert_eq!(onsets_and_ends(&truth, &[note(0.0, 1.2, 60)]).hits, 1);
        assert_eq!(onsets_and_ends(&truth, &[note(0.0, 1.21, 60)]).hits, 0);
        assert_eq!(onsets_and_ends(&truth, &[note(2.0, 2.15, 62)]).hits, 1);
        assert_eq!(onsets_and_ends(&truth, &[note(2.0, 2.16, 62)]).hits, 0);
    }

    #[test]
    fn two_answers_for_one_note_count_once() {
        let answer = [note(0.0, 1.0, 60), note(0.01, 1.0, 60)];
        let m = onsets_and_ends(&[note(0.0, 1.0, 60)], &answer);
        assert_eq!((m.hits, m.answer), (1, 2));
        assert!((m.f() - 2.0 / 3.0).abs() < 1e-12);
    }
}
