//! Which drums are struck: log odds for each kind and frame.
//!
//! The card beside the weights says what they were trained on and how they do.

use super::conv::{Shape, Tap};
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Mel bands read.
pub const MEL: usize = 40;
/// Zeros the network needs on either side of time.
pub const PAD: usize = 96;
/// Kinds of strokes: kick, snare, closed hat, open hat, tom, cymbal, clap, other.
pub const KINDS: usize = 8;

const WIDTH: usize = 48;

/// The layers: attacks, then decays, then what the music around them does.
pub fn plans() -> Vec<Plan> {
    let plan = |inputs, outputs, frames: &[isize], bends, carries| Plan {
        shape: Shape {
            inputs,
            outputs,
            rows: 1,
            taps: frames.iter().map(|f| Tap { frames: *f, rows: 0 }).collect(),
        },
        bends,
        carries,
    };
    vec![
        plan(MEL, WIDTH, &[-4, -3, -2, -1, 0, 1, 2, 3, 4], true, false),
        plan(WIDTH, WIDTH, &[-2, -1, 0, 1, 2], true, true),
        plan(WIDTH, WIDTH, &[-9, -6, -3, 0, 3, 6, 9], true, true),
        plan(WIDTH, WIDTH, &[-24, -12, 0, 12, 24], true, true),
        plan(WIDTH, WIDTH, &[-96, -48, 0, 48, 96], true, true),
        plan(WIDTH, KINDS, &[-1, 0, 1], false, false),
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
