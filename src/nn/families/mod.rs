//! Which families of instruments sound, and whether a voice does: log odds for each frame.
//!
//! The card beside the weights says what they were trained on and how they do.

use super::conv::{Shape, Tap};
use super::notes::{CHANNELS, ROWS};
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Names of the families, in the order of the outputs.
pub const NAMES: [&str; 13] = [
    "keys",
    "mallets",
    "organ",
    "guitar",
    "distorted guitar",
    "bass",
    "strings",
    "brass",
    "winds",
    "synth lead",
    "synth pad",
    "drums",
    "voice",
];
/// Output of the drums.
pub const DRUMS: usize = 11;
/// Output of the voice.
pub const VOICE: usize = 12;

/// Family of a General-MIDI program (0-based); `None` for choirs, which are between strings and
/// voices, and for effects.
pub fn of_program(program: u8) -> Option<usize> {
    Some(match program {
        0..=7 => 0,
        8..=15 => 1,
        16..=23 => 2,
        24..=28 | 104..=107 => 3,
        29..=31 => 4,
        32..=39 => 5,
        40..=51 => 6,
        56..=63 => 7,
        64..=79 => 8,
        80..=87 => 9,
        88..=95 => 10,
        _ => return None,
    })
}

const FINE: usize = 10;
const WIDTH: usize = 32;

/// The layers: small shapes in time and pitch, then all pitches at once, then ever longer time.
pub fn plans() -> Vec<Plan> {
    let tap = |frames, rows| Tap { frames, rows };
    let plan = |inputs, outputs, rows, taps, bends, carries| Plan {
        shape: Shape { inputs, outputs, rows, taps },
        bends,
        carries,
    };
    let near: Vec<Tap> = [-2, 0, 2].iter().flat_map(|f| [-1, 0, 1].map(|r| tap(*f, r))).collect();
    let time = |list: &[isize]| list.iter().map(|f| tap(*f, 0)).collect::<Vec<_>>();
    let overtones = [-12, 0, 12, 19, 24].map(|r| tap(0, r)).to_vec();
    let all = (0..ROWS as isize).step_by(2).map(|r| tap(0, r)).collect();
    vec![
        plan(CHANNELS, FINE, ROWS, near, true, false),
        plan(FINE, FINE, ROWS, overtones, true, true),
        plan(FINE, FINE, ROWS, time(&[-6, -3, -1, 0, 1, 3, 6]), true, true),
        plan(FINE, WIDTH, 1, all, true, false),
        plan(WIDTH, WIDTH, 1, time(&[-8, -4, 0, 4, 8]), true, true),
        plan(WIDTH, WIDTH, 1, time(&[-24, -12, 0, 12, 24]), true, true),
        plan(WIDTH, NAMES.len(), 1, time(&[0]), false, false),
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
        let weights = network.layers.iter().flat_map(|l| &l.conv.weights);
        assert!(weights.clone().all(|w| w.is_finite()) && weights.into_iter().any(|w| *w != 0.0));
    }
}
