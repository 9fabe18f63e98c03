//! Drum strokes from what the network of [`crate::nn::strokes`] says of each kind and frame.
//!
//! Must never call a track drummed because of a stray peak: a kind that is struck fewer than
//! twice in a minute, and never plainly, is left out.

use super::notes::peaks;
use super::onsets::{OnsetFrames, frame_rate};
use super::spectra::mel_maps;
use crate::domain::listening::NoteSpan;
use crate::nn::logistic;
use crate::nn::strokes::{self, KINDS};
use crate::nn::weights::WeightsError;

/// Part of drum strokes.
pub const PART: &str = "drums";
/// General-MIDI key of each kind: kick, snare, closed hat, open hat, tom, cymbal, clap, other.
pub const KEYS: [u8; KINDS] = [36, 38, 42, 46, 45, 49, 39, 56];
/// Least chance of each kind, where precision met recall on pieces held out from training.
const LEAST: [f32; KINDS] = [0.3, 0.3, 0.3, 0.25, 0.25, 0.3, 0.25, 0.3];
/// Strokes a minute under which a kind must be plain.
const FEWEST: f64 = 2.0;
/// A kind struck less often in a whole track is not one: a sound that begins with the file may look
/// like a stroke.
const FEWEST_IN_ALL: usize = 3;
const PLAIN: f32 = 0.8;
/// What a stroke is said to last.
const LENGTH_S: f64 = 0.1;
/// Frames that the network runs over at a time, 48 s.
const STRETCH: usize = 4_096;

/// The strokes in a track, by time.
pub fn find(onsets: &OnsetFrames) -> Result<Vec<NoteSpan>, WeightsError> {
    let said = strokes::network()?.run_in_parts(&mel_maps(onsets), STRETCH);
    let minutes = onsets.len() as f64 / frame_rate() / 60.0;
    let mut found = Vec::new();
    for (kind, key) in KEYS.iter().enumerate() {
        let chances: Vec<f32> = said.row(kind, 0).iter().map(|x| logistic(*x)).collect();
        let struck = peaks(&chances, LEAST[kind]);
        if struck.len() < FEWEST_IN_ALL && minutes > 0.15 {
            continue;
        }
        let plain = struck.iter().any(|(frame, _)| chances[*frame] > PLAIN);
        if (struck.len() as f64) < FEWEST * minutes && !plain {
            continue;
        }
        let force: Vec<f32> = struck.iter().map(|(frame, _)| force(onsets, *frame)).collect();
        let hardest = force.iter().copied().fold(1e-6, f32::max);
        for ((_, at), force) in struck.iter().zip(&force) {
            let start_s = at / frame_rate();
            found.push(NoteSpan {
                start_s,
                end_s: start_s + LENGTH_S,
                midi: *key,
                velocity: (127.0 * (force / hardest).sqrt()).clamp(1.0, 127.0) as u8,
                part: PART.to_owned(),
            });
        }
    }
    found.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.midi.cmp(&b.midi)));
    Ok(found)
}

/// Onset strength around a frame.
fn force(onsets: &OnsetFrames, frame: usize) -> f32 {
    let near = frame.saturating_sub(2)..(frame + 3).min(onsets.len());
    onsets.strength[near].iter().copied().fold(0.0, f32::max)
}
