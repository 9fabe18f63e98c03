//! Which notes start and sound, in which part: log odds for each semitone and frame.
//!
//! The card beside the weights says what they were trained on and how they do.

use super::conv::{Shape, Tap};
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// MIDI note of the first row, A0.
pub const LOWEST: usize = 21;
/// Rows written: A0 to C8.
pub const ROWS: usize = 88;
/// Rows read: overtones reach further up.
pub const ROWS_READ: usize = 104;
/// Channels read: two windows of three bands each.
pub const CHANNELS: usize = 6;
/// Zeros the network needs on either side of time.
pub const PAD: usize = 12;

/// What the network writes, in the order of its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A note starts here.
    Start,
    /// A note sounds here.
    Sound,
    /// It is the bass.
    Bass,
    /// It is the lead.
    Lead,
    /// How hard it was struck, as a share of 127.
    Velocity,
}

/// Number of outputs.
pub const OUTPUTS: usize = 5;

const WIDTH: usize = 20;

/// The layers: overtones, neighbours in time, octaves and fifths, a longer time, the outputs.
pub fn plans() -> Vec<Plan> {
    let tap = |frames, rows| Tap { frames, rows };
    let mut overtones = Vec::new();
    // Semitones of the octave below and of overtones 1 to 8.
    for rows in [-12, 0, 12, 19, 24, 28, 31, 34, 36] {
        overtones.push(tap(0, rows));
    }
    for frames in [-2, -1, 1, 2] {
        for rows in [0, 12] {
            overtones.push(tap(frames, rows));
        }
    }
    let time = |list: &[isize]| list.iter().map(|f| tap(*f, 0)).collect::<Vec<_>>();
    let pitch = |list: &[isize]| list.iter().map(|r| tap(0, *r)).collect::<Vec<_>>();
    let plan = |inputs, outputs, taps, bends, carries| Plan {
        shape: Shape { inputs, outputs, rows: ROWS, taps },
        bends,
        carries,
    };
    vec![
        plan(CHANNELS, WIDTH, overtones, true, false),
        plan(WIDTH, WIDTH, time(&[-2, -1, 0, 1, 2]), true, true),
        plan(WIDTH, WIDTH, pitch(&[-24, -19, -12, -1, 0, 1, 12, 19]), true, true),
        plan(WIDTH, WIDTH, time(&[-10, -5, -2, 0, 2, 5, 10]), true, true),
        plan(WIDTH, OUTPUTS, time(&[-1, 0, 1]), false, false),
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
