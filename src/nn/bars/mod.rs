//! Where beats and bars begin: log odds for each frame.
//!
//! A temporal convolution after Davies & Böck (EUSIPCO 2019): layers look ever further, up to six
//! seconds, so that a beat is known by the beats around it. The card beside the weights says what
//! they were trained on and how they do.

use super::conv::{Shape, Tap};
use super::stack::{Plan, Stack};
use super::strokes::MEL;
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Channels read: mel levels, and changes of harmony and bass over two lengths of time.
pub const CHANNELS: usize = MEL + CHANGES;
/// Changes of harmony.
pub const CHANGES: usize = 4;
/// Zeros the network needs on either side of time.
pub const PAD: usize = 256;
/// What it writes, in the order of its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A beat.
    Beat,
    /// The first beat of a bar.
    Bar,
    /// Asked on beats: they are dotted, two to a bar.
    Compound,
    /// Asked on beats: three to a bar.
    Triple,
}

/// Number of outputs.
pub const OUTPUTS: usize = 4;

const WIDTH: usize = 36;

/// The layers.
pub fn plans() -> Vec<Plan> {
    let plan = |inputs, outputs, frames: Vec<isize>, bends, carries| Plan {
        shape: Shape {
            inputs,
            outputs,
            rows: 1,
            taps: frames.into_iter().map(|frames| Tap { frames, rows: 0 }).collect(),
        },
        bends,
        carries,
    };
    let mut plans = vec![plan(CHANNELS, WIDTH, (-3..=3).collect(), true, false)];
    for octave in 0..8 {
        let step = 1 << octave;
        plans.push(plan(WIDTH, WIDTH, (-2..=2).map(|i| i * step).collect(), true, true));
    }
    plans.push(plan(WIDTH, OUTPUTS, vec![0], false, false));
    plans
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
