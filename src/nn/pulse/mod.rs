//! How likely a reading of the pulse is right: this tempo, these beats, in this track.
//!
//! The card beside the weights says what they were trained on and how they do.

use super::dense::Dense;
use super::weights::WeightsError;
use std::sync::OnceLock;

/// Number of figures a reading has.
pub const INPUTS: usize = 15;

/// What is known of a reading. Correlations are of the onset strength with itself, -1..1, at a
/// number of its beats; all other figures say their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Octaves of its tempo over 120 beats a minute.
    pub octaves: f32,
    /// Correlation at 1/3, 1/2, 2/3, 1, 3/2, 2, 3 and 4 beats.
    pub correlations: [f32; 8],
    /// Log of the onset strength on beats over that of all frames.
    pub contrast: f32,
    /// Log of the onset strength half-way between beats over that on beats.
    pub between: f32,
    /// Log of the stronger half of every other beats over the weaker.
    pub alternation: f32,
    /// Distance of beats from a steady grid, in beats.
    pub spread: f32,
    /// Its plain score below that of the best reading of the track, log.
    pub behind: f32,
    /// Log of the number of beats.
    pub beats: f32,
}

impl Reading {
    /// As the network takes it.
    pub fn inputs(&self) -> [f32; INPUTS] {
        let c = &self.correlations;
        [
            self.octaves,
            c[0],
            c[1],
            c[2],
            c[3],
            c[4],
            c[5],
            c[6],
            c[7],
            self.contrast,
            self.between,
            self.alternation,
            self.spread,
            self.behind,
            self.beats,
        ]
    }
}

static WEIGHTS: &[u8] = include_bytes!("weights.safetensors");

/// The shipped network.
///
/// # Errors
/// Weights that cannot be read; those that ship are read by a test.
pub fn network() -> Result<&'static Dense<INPUTS>, WeightsError> {
    static NETWORK: OnceLock<Result<Dense<INPUTS>, WeightsError>> = OnceLock::new();
    NETWORK.get_or_init(|| Dense::from_bytes(WEIGHTS)).as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_can_be_read() {
        let network = network().unwrap();
        assert!(network.inner.iter().flatten().all(|w| w.is_finite()));
    }
}
