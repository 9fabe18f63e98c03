//! Drum strokes from what the network of [`crate::nn::strokes`] says of each kind and frame.
//!
//! Must never call a track drummed because of stray peaks: a kind that is never struck plainly is left
//! out.

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
/// Least chance of each kind. This and the next two were chosen together on pieces held out from
/// training (`train-ears -- kinds`).
const LEAST: [f32; KINDS] = [0.22, 0.25, 0.3, 0.3, 0.22, 0.22, 0.4, 0.2];
/// Chance that the plainer strokes of each kind reach, or it is not there at all: an instrument that
/// sounds a little like a drum does so often, but never plainly.
const PLAIN: [f32; KINDS] = [0.5, 0.35, 0.6, 0.6, 0.35, 0.3, 0.65, 0.5];
/// Share of the chance of a kind's plainer strokes that every stroke of it has: a bass or a snare is a
/// little like a kick each time, and a real kick is plainer.
const RELATIVE: [f32; KINDS] = [0.5, 0.55, 0.5, 0.4, 0.6, 0.6, 0.5, 0.4];
/// The share of a kind's strokes that are its plainer ones, and how many they are at least.
const PLAINER: (f64, usize) = (0.1, 2);
/// A kind struck less often in a whole track is not one: a sound that begins with the file may look
/// like a stroke.
const FEWEST_IN_ALL: usize = 3;
/// In less than this it may be.
const SHORT_S: f64 = 9.0;
/// What a stroke is said to last.
const LENGTH_S: f64 = 0.1;
/// Frames that the network runs over at a time, 48 s.
const STRETCH: usize = 4_096;

/// The strokes in a track, by time.
pub fn find(onsets: &OnsetFrames) -> Result<Vec<NoteSpan>, WeightsError> {
    let said = strokes::network()?.run_in_parts(&mel_maps(onsets), STRETCH);
    let seconds = onsets.len() as f64 / frame_rate();
    let mut found = Vec::new();
    for (kind, key) in KEYS.iter().enumerate() {
        let chances: Vec<f32> = said.row(kind, 0).iter().map(|x| logistic(*x)).collect();
        let struck = struck(&chances, Rule::of(kind), seconds);
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

/// What makes a peak of a kind's chance a stroke.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Least chance of a stroke.
    pub least: f32,
    /// Chance that the plainer strokes reach, or there are none.
    pub plain: f32,
    /// Share of the plainer strokes' chance that every stroke has.
    pub relative: f32,
}

impl Rule {
    /// The rule for a kind, by its number.
    pub fn of(kind: usize) -> Self {
        Self { least: LEAST[kind], plain: PLAIN[kind], relative: RELATIVE[kind] }
    }
}

/// The strokes of one kind: frame, and place between frames.
pub fn struck(chances: &[f32], rule: Rule, seconds: f64) -> Vec<(usize, f64)> {
    let mut struck = peaks(chances, rule.least);
    if struck.len() < FEWEST_IN_ALL && seconds > SHORT_S {
        return Vec::new();
    }
    let mut heights: Vec<f32> = struck.iter().map(|(frame, _)| chances[*frame]).collect();
    heights.sort_by(|a, b| b.total_cmp(a));
    let plainer = ((PLAINER.0 * heights.len() as f64) as usize).max(PLAINER.1).min(heights.len());
    match plainer.checked_sub(1).and_then(|last| heights.get(last)) {
        Some(height) if *height >= rule.plain => {
            struck.retain(|(frame, _)| chances[*frame] >= rule.relative * height);
            struck
        }
        _ => Vec::new(),
    }
}

/// Onset strength around a frame.
fn force(onsets: &OnsetFrames, frame: usize) -> f32 {
    let near = frame.saturating_sub(2)..(frame + 3).min(onsets.len());
    onsets.strength[near].iter().copied().fold(0.0, f32::max)
}
