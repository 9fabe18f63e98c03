//! How sure a hearing is, meant as a share: of the tracks that are given 0.8, four of five should be
//! right.
//!
//! The constants are fitted on rendered music whose truth is known, on one half of the pieces, and
//! tried on the other: `cargo bench --bench hearing -- --calibrate --bank .. --midi .. --generated N`
//! prints both, and must be run again when a network that hears is trained again. Must never be used
//! to decide whether there is a beat or a key at all: that is asked of [`Evidence::has_beat`] and of
//! the harmony.

use super::rhythm::median;

/// From this confidence on a hearing is called confident. Of rendered pieces with at least so much, 141
/// of 149 tempi and 46 of 50 keys are right; of the half that the constants were not fitted on, 64 of 70
/// and 18 of 20.
pub const CONFIDENT: f64 = 0.9;

/// Steadiness under which there is no beat: speech has a rhythm, but no beat.
const LEAST_STEADINESS: f64 = 0.3;
/// Figures that the confidence in a tempo is computed from.
pub const FIGURES: usize = 6;

/// Weights of the figures of [`Evidence::figures`], after their constant. How plainly beats are heard
/// says nothing more once it is known how steady and how even they are.
const TEMPO: [f64; FIGURES + 1] = [3.804, 0.0, -56.023, -4.285, -9.256, 0.0, -1.8];
/// Constant and slope over the log odds that the network of keys gives its best key: it is a little
/// surer of itself than it is right.
const KEY: [f64; 2] = [-0.018, 0.807];

/// What speaks for a tempo and against it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Mean chance of a beat where beats are, 0..1.
    pub sure: f64,
    /// Median distance of steps between beats from their median, as a share of it.
    pub stray: f64,
    /// Mean chance of a beat half way between beats, 0..1: high where beats are counted at half
    /// their tempo.
    pub between: f64,
    /// How far the mean chances of even and odd beats are apart, 0..1: high where they are counted
    /// at twice their tempo.
    pub uneven: f64,
    /// Share of beats that are hardly heard, 0..1.
    pub missed: f64,
    /// Beats a minute.
    pub bpm: f64,
}

/// Chance under which a beat is hardly heard.
const HARDLY: f64 = 0.2;
/// Where most music is counted, beats a minute.
const USUAL_BPM: f64 = 115.0;

impl Evidence {
    /// Reads the chances of a beat at beats and half way between them, and the steps from beat to
    /// beat in any unit.
    pub fn new(at: &[f64], between: &[f64], steps: &[f64], bpm: f64) -> Self {
        let middle = median(steps);
        let stray: Vec<f64> = steps.iter().map(|s| (s / middle - 1.0).abs()).collect();
        let every_other = |from: usize| mean(at.iter().skip(from).step_by(2).copied());
        Self {
            sure: mean(at.iter().copied()),
            stray: median(&stray),
            between: mean(between.iter().copied()),
            uneven: (every_other(0) - every_other(1)).abs(),
            missed: mean(at.iter().map(|c| f64::from(u8::from(*c < HARDLY)))),
            bpm,
        }
    }

    /// Whether it is a beat: heard often enough for how far it strays.
    pub fn has_beat(&self) -> bool {
        let x = 9.0 * (self.sure - 0.45) - 12.0 * (self.stray - 0.02).max(0.0);
        logistic(x) >= LEAST_STEADINESS
    }

    /// The figures that are weighed.
    pub fn figures(&self) -> [f64; FIGURES] {
        [
            self.sure,
            (self.stray - 0.02).max(0.0),
            self.between,
            self.uneven,
            self.missed,
            (self.bpm / USUAL_BPM).log2().powi(2),
        ]
    }

    /// Chance that the tempo is right within 4 %, its octave included.
    pub fn tempo(&self) -> f64 {
        let weighed = self.figures().iter().zip(&TEMPO[1..]).map(|(f, w)| f * w).sum::<f64>();
        logistic(TEMPO[0] + weighed)
    }
}

/// Chance that a key is right, tonic and mode, which the network gives this chance.
pub fn key(said: f64) -> f64 {
    logistic(KEY[0] + KEY[1] * odds(said))
}

/// What the network said of a key that is given this confidence: the inverse of [`key`].
pub fn key_said(confidence: f64) -> f64 {
    logistic((odds(confidence) - KEY[0]) / KEY[1])
}

/// Log odds of a chance; certainty is taken for one in ten thousand.
pub fn odds(chance: f64) -> f64 {
    let chance = chance.clamp(1e-4, 1.0 - 1e-4);
    (chance / (1.0 - chance)).ln()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain() -> Evidence {
        Evidence::new(&[0.9; 40], &[0.05; 39], &[43.0; 39], 120.0)
    }

    #[test]
    fn evidence_is_what_is_heard() {
        let plain = plain();
        assert!((plain.sure - 0.9).abs() < 1e-9 && plain.stray == 0.0 && plain.missed == 0.0);
        let at: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 0.9 } else { 0.1 }).collect();
        let double = Evidence::new(&at, &[0.0; 39], &[20.0; 39], 240.0);
        assert!((double.uneven - 0.8).abs() < 1e-9 && (double.missed - 0.5).abs() < 1e-9);
        let steps: Vec<f64> = (0..39).map(|i| 40.0 + 5.0 * f64::from(i % 3)).collect();
        let loose = Evidence::new(&[0.9; 40], &[0.0; 39], &steps, 120.0);
        assert!(loose.stray > 0.1 && loose.tempo() < plain.tempo());
    }

    #[test]
    fn speech_has_no_beat_and_a_plain_pulse_has_one() {
        assert!(plain().has_beat() && plain().tempo() > CONFIDENT);
        let speech = Evidence { sure: 0.33, stray: 0.05, bpm: 100.0, ..Evidence::default() };
        assert!(!speech.has_beat());
    }

    proptest! {
        #[test]
        fn chances_stay_chances(sure in 0.0f64..=1.0, stray in 0.0f64..0.5, between in 0.0f64..=1.0,
            uneven in 0.0f64..=1.0, missed in 0.0f64..=1.0, bpm in 40.0f64..220.0, said in 0.0f64..=1.0) {
            let evidence = Evidence { sure, stray, between, uneven, missed, bpm };
            prop_assert!((0.0..=1.0).contains(&evidence.tempo()));
            prop_assert!((0.0..=1.0).contains(&key(said)));
            if (0.001..0.999).contains(&said) {
                prop_assert!((key_said(key(said)) - said).abs() < 1e-2);
            }
        }
    }
}
