//! Which transcribed notes are worth isolating: long ones that stand alone.
//!
//! Must never offer a note with another onset of its own part inside it: what is kept would be a
//! phrase, not a note.

use crate::domain::listening::{Listening, NoteSpan};
use crate::domain::score::Role;
use crate::listen::strokes::PART as DRUMS;

/// Shortest note that says how an instrument sounds.
const SHORTEST_S: f64 = 0.14;
/// A longer note is no better.
const LONG_S: f64 = 0.9;
/// Two onsets within this are one stroke of several fingers.
const TOGETHER_S: f64 = 0.03;
/// What a note loses for each note that sounds with it, for one whose partials fall on its own, for
/// a voice over it, and for a drum struck with it.
const COSTS: [f64; 4] = [0.12, 0.25, 1.5, 0.1];
/// What a note as loud as can be gains.
const LOUD: f64 = 0.5;

/// A note to isolate.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What it would be an instrument for.
    pub role: Role,
    /// The transcribed note, times in the hearing's seconds.
    pub note: NoteSpan,
    /// Notes of other pitch that sound at the same time.
    pub with: Vec<NoteSpan>,
    /// Whether a drum is struck with it.
    pub struck: bool,
    /// The higher the better.
    pub worth: f64,
}

/// The role of a transcribed part that instruments are learned for.
pub fn role(part: &str) -> Option<Role> {
    match part {
        "bass" => Some(Role::Bass),
        "lead" => Some(Role::Lead),
        "harmony" => Some(Role::Harmony),
        _ => None,
    }
}

/// The best notes of a track, at most `most` a role and a third of that a pitch.
pub fn choose(heard: &Listening, most: usize) -> Vec<Candidate> {
    let Some(notes) = &heard.notes else { return Vec::new() };
    let mut all: Vec<Candidate> =
        notes.iter().filter_map(|note| candidate(note, notes, heard)).collect();
    all.sort_by(|a, b| b.worth.total_cmp(&a.worth).then(a.note.start_s.total_cmp(&b.note.start_s)));
    let mut kept: Vec<Candidate> = Vec::new();
    for one in all {
        let same = kept.iter().filter(|k| k.role == one.role);
        let pitch = same.clone().filter(|k| k.note.midi == one.note.midi).count();
        if same.count() < most && pitch < (most / 3).max(1) {
            kept.push(one);
        }
    }
    kept
}

fn candidate(note: &NoteSpan, notes: &[NoteSpan], heard: &Listening) -> Option<Candidate> {
    let role = role(&note.part)?;
    let until = notes
        .iter()
        .filter(|n| n.part == note.part && n.start_s > note.start_s + TOGETHER_S)
        .map(|n| n.start_s)
        .fold(f64::MAX, f64::min);
    let end_s = note.end_s.min(until);
    if end_s - note.start_s < SHORTEST_S {
        return None;
    }
    let overlaps = |n: &&NoteSpan| n.start_s < end_s && n.end_s > note.start_s;
    let with: Vec<NoteSpan> = notes
        .iter()
        .filter(|n| n.part != DRUMS && n.midi != note.midi)
        .filter(overlaps)
        .cloned()
        .collect();
    let struck = notes
        .iter()
        .any(|n| n.part == DRUMS && (n.start_s - note.start_s).abs() < TOGETHER_S * 1.5);
    let shared = with.iter().filter(|n| shares_partials(n.midi, note.midi)).count();
    let sung = heard.vocals.iter().flat_map(|v| &v.spans);
    let sung = sung.filter(|s| s.0 < end_s && s.1 > note.start_s).count();
    let worth = ((end_s - note.start_s).min(LONG_S) / LONG_S).sqrt()
        + LOUD * f64::from(note.velocity) / 127.0
        - COSTS[0] * with.len() as f64
        - COSTS[1] * shared as f64
        - COSTS[2] * sung.min(1) as f64
        - COSTS[3] * f64::from(u8::from(struck && role != Role::Bass));
    let note = NoteSpan { end_s, ..note.clone() };
    Some(Candidate { role, note, with, struck, worth })
}

/// Whether low partials of two pitches coincide: octaves, twelfths and fifths.
fn shares_partials(a: u8, b: u8) -> bool {
    matches!(a.abs_diff(b), 12 | 19 | 24 | 28 | 31 | 36 | 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heard(notes: &[(f64, f64, u8, &str)]) -> Listening {
        let notes: Vec<_> = notes
            .iter()
            .map(|(start, end, midi, part)| {
                json!({ "start_s": start, "end_s": end, "midi": midi, "velocity": 80, "part": part })
            })
            .collect();
        serde_json::from_value(json!({
            "pass": "full", "duration_s": 20.0, "rate_hz": 44100, "channels": 2,
            "tempo_bpm": null, "tempo_confidence": 0.0, "beats_s": [], "downbeats_s": [],
            "meter": null, "swing": null, "tuning_cents": 0.0, "key": null, "key_confidence": 0.0,
            "chords": [], "sections": [], "loudness_lufs": -14.0, "loudness_range_lu": 5.0,
            "true_peak_dbtp": -0.5, "notes": notes, "problems": [],
            "vocals": { "present": true, "confidence": 1.0, "spans": [[10.0, 12.0]] },
        }))
        .unwrap()
    }

    #[test]
    fn notes_that_stand_alone_come_first() {
        let heard = heard(&[
            (0.0, 1.0, 60, "lead"),
            (2.0, 3.0, 62, "lead"),
            (2.0, 3.0, 74, "harmony"),
            (10.5, 11.5, 64, "lead"),
            (4.0, 4.05, 65, "lead"),
            (0.0, 0.1, 38, "drums"),
        ]);
        let chosen = choose(&heard, 12);
        let leads: Vec<u8> =
            chosen.iter().filter(|c| c.role == Role::Lead).map(|c| c.note.midi).collect();
        assert_eq!(leads, [60, 62, 64]);
        assert!(chosen.iter().all(|c| c.role != Role::Drums));
        assert!(chosen.iter().find(|c| c.note.midi == 60).unwrap().struck);
    }

    #[test]
    fn a_note_ends_where_the_next_of_its_part_begins() {
        let heard =
            heard(&[(0.0, 2.0, 40, "bass"), (0.5, 1.0, 43, "bass"), (0.7, 2.0, 60, "lead")]);
        let first = choose(&heard, 12).into_iter().find(|c| c.note.midi == 40).unwrap();
        assert_eq!(first.note.end_s, 0.5);
        assert!(first.with.is_empty());
    }

    #[test]
    fn no_pitch_takes_all_places() {
        let notes: Vec<(f64, f64, u8, &str)> =
            (0..20).map(|i| (f64::from(i), f64::from(i) + 0.5, 60, "lead")).collect();
        assert_eq!(choose(&heard(&notes), 9).len(), 3);
    }
}
