//! Who plays: log odds of singing and of each family of instruments, frame by frame.
//!
//! It reads pitch spectra, where overtones lie at fixed distances: how they glide and tremble, and
//! which of them a throat or a body lifts, says who sounds. The card beside the weights says what they
//! were trained on and how they do.

use super::conv::{Shape, Tap};
use super::notes;
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Channels read: the three bands of each semitone.
pub const CHANNELS: usize = 3;
/// Rows read: semitones from A0.
pub const ROWS_READ: usize = notes::ROWS_READ;
/// Zeros the network needs on either side of time.
pub const PAD: usize = 24;
/// What the network writes, in the order of its channels: singing, then families.
pub const NAMES: [&str; OUTPUTS] = [
    "voice", "keys", "mallets", "organ", "guitar", "bass", "strings", "brass", "winds", "synth",
    "drums",
];
/// Number of outputs.
pub const OUTPUTS: usize = 11;
/// Channel of singing.
pub const VOICE: usize = 0;

const WIDTH: usize = 12;
const SUMMED: usize = 24;

/// The layers: overtones and neighbours, octaves and glides, trembling; then all pitches at once, and
/// more and more time.
pub fn plans() -> Vec<Plan> {
    let tap = |frames, rows| Tap { frames, rows };
    let grid = |step: isize| {
        (-1..=1).flat_map(move |f| (-1..=1).map(move |r| Tap { frames: f * step, rows: r }))
    };
    let overtones: Vec<Tap> = grid(1).chain([-12, 12, 19, 24, 28].map(|r| tap(0, r))).collect();
    let glides: Vec<Tap> = grid(2).chain([-12, 12].map(|r| tap(0, r))).collect();
    let time = |list: &[isize]| list.iter().map(|f| tap(*f, 0)).collect::<Vec<_>>();
    let all: Vec<Tap> = (0..ROWS_READ as isize).step_by(2).map(|r| tap(0, r)).collect();
    let plan = |inputs, outputs, rows, taps, bends, carries| Plan {
        shape: Shape { inputs, outputs, rows, taps },
        bends,
        carries,
    };
    vec![
        plan(CHANNELS, WIDTH, ROWS_READ, overtones, true, false),
        plan(WIDTH, WIDTH, ROWS_READ, glides, true, true),
        plan(WIDTH, WIDTH, ROWS_READ, time(&[-6, -4, -2, 0, 2, 4, 6]), true, true),
        plan(WIDTH, SUMMED, 1, all, true, false),
        plan(SUMMED, SUMMED, 1, time(&[-4, -3, -2, -1, 0, 1, 2, 3, 4]), true, true),
        plan(SUMMED, SUMMED, 1, time(&[-24, -16, -8, 0, 8, 16, 24]), true, true),
        plan(SUMMED, OUTPUTS, 1, time(&[-1, 0, 1]), false, false),
    ]
}

static WEIGHTS: &[u8] = include_bytes!("weights.safetensors");

/// The shipped network.
///
/// # Errors
/// Weights that cannot be read; those that ship are read by a test.
pub fn network() -> Result<&'static Stack, WeightsError> {
    static NETWORK: OnceLock<Result<Stack, WeightsError>> = OnceLock::new();
    NETWORK.get_or_init(|| Stack::from_bytes(&plans(), WEIGHTS)).as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_can_be_read() {
        let network = network().unwrap();
        assert!(network.pad() <= PAD);
        let weights = network.layers.iter().flat_map(|l| &l.conv.weights);
        assert!(weights.clone().all(|w| w.is_finite()) && weights.into_iter().any(|w| *w != 0.0));
    }
}
