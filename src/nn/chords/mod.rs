//! Which chord sounds: log odds of nine qualities on twelve roots, and of none, for each half beat.
//!
//! The same weights look at every root, so that music a semitone higher gives the same chords a
//! semitone higher, exactly. The card beside the weights says what they were trained on and how
//! they do.

use super::conv::{Shape, Tap};
use super::maps::Maps;
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Roots, and the semitones above each that are looked at.
pub const CLASSES: usize = 12;
/// Rows read: the twelve pitch classes, and again all but the last.
pub const ROWS_READ: usize = 2 * CLASSES - 1;
/// Registers read: above and below E3.
pub const CHANNELS: usize = 2;
/// Qualities, in the order of `Quality::ALL`.
pub const QUALITIES: usize = 9;
/// Outputs of each root: the qualities, and its vote for no chord.
pub const OUTPUTS: usize = QUALITIES + 1;
/// Chords, root by root within each quality, and none.
pub const STATES: usize = QUALITIES * CLASSES + 1;
/// Zeros the network needs on either side of time.
pub const PAD: usize = 4;

const WIDTH: usize = 40;

/// The layers.
pub fn plans() -> Vec<Plan> {
    let plan = |inputs, outputs, taps, bends, carries| Plan {
        shape: Shape { inputs, outputs, rows: CLASSES, taps },
        bends,
        carries,
    };
    let time =
        |list: &[isize]| list.iter().map(|f| Tap { frames: *f, rows: 0 }).collect::<Vec<_>>();
    vec![
        plan(CHANNELS, WIDTH, every_class(), true, false),
        plan(WIDTH, WIDTH, time(&[-4, -2, -1, 0, 1, 2, 4]), true, true),
        plan(WIDTH, WIDTH, time(&[0]), true, true),
        plan(WIDTH, OUTPUTS, time(&[0]), false, false),
    ]
}

/// Taps on all twelve pitch classes from a root up.
pub fn every_class() -> Vec<Tap> {
    (0..CLASSES as isize).map(|rows| Tap { frames: 0, rows }).collect()
}

/// What the network reads, from the registers of each half beat.
pub fn input(halves: &[[[f32; 12]; 2]]) -> Maps {
    let mut maps = Maps::new(CHANNELS, ROWS_READ, halves.len(), PAD);
    for channel in 0..CHANNELS {
        for row in 0..ROWS_READ {
            for (out, half) in maps.row_mut(channel, row).iter_mut().zip(halves) {
                *out = half[channel][row % CLASSES];
            }
        }
    }
    maps
}

/// Log odds of every state in a frame of the network's output.
pub fn states(said: &Maps, frame: usize) -> [f32; STATES] {
    std::array::from_fn(|state| {
        if state < STATES - 1 {
            return said.row(state / CLASSES, state % CLASSES)[frame];
        }
        let votes = (0..CLASSES).map(|root| said.row(QUALITIES, root)[frame]);
        votes.sum::<f32>() / CLASSES as f32
    })
}

/// Chances of every state: log odds through a softmax.
pub fn chances(odds: &[f32; STATES]) -> [f32; STATES] {
    let top = odds.iter().copied().fold(f32::MIN, f32::max);
    let powers = odds.map(|o| (o - top).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|p| p / sum)
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
        let weights = network.layers.iter().flat_map(|l| &l.conv.weights);
        assert!(weights.clone().all(|w| w.is_finite()) && weights.into_iter().any(|w| *w != 0.0));
    }
}
