//! Notes from what the network of [`crate::nn::notes`] says of each semitone and frame.
//!
//! A note starts where its start is likelier than all around it, and lasts while it is likelier
//! to sound than not. Must never join two notes of which the second was struck.

use super::spectra::frame_rate;
use crate::domain::listening::NoteSpan;
use crate::nn::logistic;
use crate::nn::maps::Maps;
use crate::nn::notes::{self, Output};
use crate::nn::weights::WeightsError;

/// Least chance of a start.
const START: f32 = 0.36;
/// Least chance of sounding for a note to go on.
const SOUND: f32 = 0.4;
/// Frames below it that a note survives.
const GAP: usize = 2;
/// Notes shorter than this are not notes.
const SHORTEST_S: f64 = 0.04;
/// Frames that the network runs over at a time, 24 s.
const PART: usize = 1_024;

/// The notes in pitch spectra, by start.
pub fn find(pitch: &Maps) -> Result<Vec<NoteSpan>, WeightsError> {
    Ok(decode(&notes::network()?.run_in_parts(pitch, PART)))
}

fn decode(said: &Maps) -> Vec<NoteSpan> {
    let mut found = Vec::new();
    for row in 0..said.rows() {
        let chances = |output: Output| -> Vec<f32> {
            said.row(output as usize, row).iter().map(|x| logistic(*x)).collect()
        };
        let (start, sound) = (chances(Output::Start), chances(Output::Sound));
        let starts = peaks(&start, START);
        for (i, (frame, at)) in starts.iter().enumerate() {
            let limit = starts.get(i + 1).map_or(sound.len(), |next| next.0);
            let end = end(&sound, *frame, limit);
            let (start_s, end_s) = (at / frame_rate(), end as f64 / frame_rate());
            if end_s - start_s < SHORTEST_S {
                continue;
            }
            let mean = |output: Output, to: usize| -> f32 {
                let odds = &said.row(output as usize, row)[*frame..to];
                logistic(odds.iter().sum::<f32>() / odds.len().max(1) as f32)
            };
            let part = if mean(Output::Bass, end) > 0.5 {
                "bass"
            } else if mean(Output::Lead, end) > 0.5 {
                "lead"
            } else {
                "harmony"
            };
            let velocity = mean(Output::Velocity, (frame + 2).min(end));
            found.push(NoteSpan {
                start_s,
                end_s,
                midi: (row + notes::LOWEST) as u8,
                velocity: (127.0 * velocity).round().clamp(1.0, 127.0) as u8,
                part: part.to_owned(),
            });
        }
    }
    found.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.midi.cmp(&b.midi)));
    found
}

/// Frames where a chance is over the threshold and larger than two frames before and after, with
/// the top of the parabola through them.
pub(super) fn peaks(chances: &[f32], threshold: f32) -> Vec<(usize, f64)> {
    let at =
        |t: isize| usize::try_from(t).ok().and_then(|t| chances.get(t)).copied().unwrap_or(0.0);
    let top = |t: &usize| {
        let (t, p) = (*t as isize, chances[*t]);
        p > threshold && p > at(t - 1) && p >= at(t + 1) && p > at(t - 2) && p >= at(t + 2)
    };
    let place = |t: usize| {
        let (l, m, r) = (at(t as isize - 1), chances[t], at(t as isize + 1));
        let curve = l - 2.0 * m + r;
        let shift = if curve < -1e-6 { 0.5 * (l - r) / curve } else { 0.0 };
        (t, t as f64 + f64::from(shift.clamp(-0.5, 0.5)))
    };
    (0..chances.len()).filter(top).map(place).collect()
}

/// First frame after a note that starts at `from`.
fn end(sound: &[f32], from: usize, limit: usize) -> usize {
    let (mut last, mut silent) = (from, 0);
    for t in from + 1..limit {
        if sound[t] >= SOUND {
            (last, silent) = (t, 0);
        } else {
            silent += 1;
            if silent > GAP {
                break;
            }
        }
    }
    last + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_from_log_odds() {
        let mut said = Maps::new(notes::OUTPUTS, notes::ROWS, 100, 0);
        for channel in 0..notes::OUTPUTS {
            for row in 0..notes::ROWS {
                said.row_mut(channel, row).fill(-6.0);
            }
        }
        // C3 from frame 10 to 30, struck again at 20; a bass.
        for (frame, odds) in [(9, -1.0), (10, 3.0), (11, -1.0), (20, 2.0)] {
            said.row_mut(Output::Start as usize, 48 - notes::LOWEST)[frame] = odds;
        }
        said.row_mut(Output::Sound as usize, 48 - notes::LOWEST)[10..30].fill(3.0);
        said.row_mut(Output::Sound as usize, 48 - notes::LOWEST)[15] = -1.0;
        said.row_mut(Output::Bass as usize, 48 - notes::LOWEST)[10..30].fill(2.0);
        let found = decode(&said);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|n| n.midi == 48 && n.part == "bass"));
        assert!((found[0].start_s * frame_rate() - 10.0).abs() < 0.1);
        assert!((found[0].end_s * frame_rate() - 20.0).abs() < 0.1);
        assert!((found[1].end_s * frame_rate() - 30.0).abs() < 0.1);
    }

    #[test]
    fn nothing_is_read_from_nothing() {
        assert!(decode(&Maps::new(notes::OUTPUTS, notes::ROWS, 0, 0)).is_empty());
    }
}
