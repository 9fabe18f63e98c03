//! Which key a stretch of music is in: log odds of major and minor on twelve tonics.
//!
//! Reads how the pitch classes are used above and below E3 and which chords were heard; the same
//! weights look at every tonic. The card beside the weights says what they were trained on and how
//! they do.

use super::chords::{self, CLASSES, QUALITIES, STATES};
use super::conv::{Shape, Tap};
use super::maps::Maps;
use super::stack::{Plan, Stack};
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Channels read: two registers, nine qualities, and the chord a stretch begins and ends with.
pub const CHANNELS: usize = 2 + QUALITIES + 2;
/// Major and minor.
pub const MODES: usize = 2;

const WIDTH: usize = 24;

/// The layers.
pub fn plans() -> Vec<Plan> {
    let plan = |inputs, outputs, taps, bends| Plan {
        shape: Shape { inputs, outputs, rows: CLASSES, taps },
        bends,
        carries: false,
    };
    let own = vec![Tap { frames: 0, rows: 0 }];
    vec![
        plan(CHANNELS, WIDTH, chords::every_class(), true),
        plan(WIDTH, WIDTH, own.clone(), true),
        plan(WIDTH, MODES, own, false),
    ]
}

/// What the network reads of one stretch: its half beats and the chances of their chords.
pub fn input(halves: &[[[f32; 12]; 2]], chances: &[[f32; STATES]]) -> Maps {
    let mut maps = Maps::new(CHANNELS, chords::ROWS_READ, 1, 0);
    let share = 1.0 / halves.len().max(1) as f32;
    let roots = |chances: &[f32; STATES], class: usize| -> f32 {
        (0..QUALITIES).map(|q| chances[q * CLASSES + class]).sum()
    };
    for row in 0..chords::ROWS_READ {
        let class = row % CLASSES;
        for register in 0..2 {
            let sum: f32 = halves.iter().map(|h| h[register][class]).sum();
            maps.row_mut(register, row)[0] = 2.0 * share * sum;
        }
        for quality in 0..QUALITIES {
            let sum: f32 = chances.iter().map(|c| c[quality * CLASSES + class]).sum();
            maps.row_mut(2 + quality, row)[0] = 4.0 * share * sum;
        }
        for (i, end) in [chances.first(), chances.last()].into_iter().enumerate() {
            maps.row_mut(2 + QUALITIES + i, row)[0] = end.map_or(0.0, |c| roots(c, class));
        }
    }
    maps
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
