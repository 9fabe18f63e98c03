//! When things start within a beat: the rhythm of a cut in eight numbers.
//!
//! Cuts that start alike beat after beat make a pulse, whatever their notes are. Must never know pitch
//! or level: the numbers are of unit length.

use crate::audio::Audio;
use crate::audio::stft::Stft;

/// Parts of a beat.
pub const PARTS: usize = 8;
const SIZE: usize = 1_024;
const HOP: usize = 256;
/// Magnitudes are compressed as ln(1 + this times them).
const COMPRESS: f32 = 1e3;

/// Onset strength of a passage, frame by frame.
pub struct Onsets {
    strength: Vec<f32>,
    rate: f64,
}

impl Onsets {
    /// Measures a passage.
    pub fn of(audio: &Audio) -> Self {
        let (mut before, mut strength) = (Vec::new(), Vec::new());
        Stft::new(SIZE, HOP).magnitudes(&audio.mono(), |_, m| {
            let now: Vec<f32> = m.iter().map(|v| (1.0 + COMPRESS * v).ln()).collect();
            let rise =
                now.iter().zip(&before).map(|(a, b): (&f32, &f32)| (a - b).max(0.0)).sum::<f32>();
            strength.push(rise);
            before = now;
        });
        Self { strength, rate: f64::from(audio.rate_hz()) / HOP as f64 }
    }

    /// Unit onset strength in the parts of the beat from `at_s` on (seconds of the passage). All 0
    /// where nothing starts.
    pub fn shape(&self, at_s: f64, beat_s: f64) -> [f32; PARTS] {
        let part = beat_s / PARTS as f64;
        let frame = |s: f64| (s.max(0.0) * self.rate).round() as usize;
        let mut shape: [f32; PARTS] = std::array::from_fn(|i| {
            // Half a part early: an attack lies on its place, not after it.
            let from = at_s + (i as f64 - 0.5) * part;
            let range = frame(from)..frame(from + part).max(frame(from) + 1);
            self.strength.get(range).map_or(0.0, |s| s.iter().sum())
        });
        let norm = shape.iter().map(|v| v * v).sum::<f32>().sqrt();
        shape.iter_mut().for_each(|v| *v /= norm.max(1e-6));
        shape
    }
}

/// How alike two rhythms are, 0..1.
pub fn alike(a: &[f32; PARTS], b: &[f32; PARTS]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bursts at shares of each of four beats of half a second.
    fn bursts(at: &[f64]) -> Audio {
        let mut plane = vec![0f32; 88_200];
        for beat in 0..4 {
            for share in at {
                let start = ((0.5 * f64::from(beat) + 0.5 * share) * 44_100.0) as usize;
                for i in 0..800 {
                    plane[start + i] = 0.5 * (1.0 - i as f32 / 800.0) * (i as f32 * 0.7).sin();
                }
            }
        }
        Audio::new(44_100, vec![plane])
    }

    #[test]
    fn parts_in_which_something_starts_stand_out() {
        let shape = Onsets::of(&bursts(&[0.0, 0.5])).shape(0.5, 0.5);
        assert!(shape[0] > 0.5 && shape[4] > 0.5, "{shape:?}");
        assert!(shape[2] < 0.2 && shape[6] < 0.2, "{shape:?}");
    }

    #[test]
    fn the_same_rhythm_is_alike_and_another_is_not() {
        let shape = |at: &[f64]| Onsets::of(&bursts(at)).shape(0.5, 0.5);
        assert!(alike(&shape(&[0.0]), &shape(&[0.0])) > 0.99);
        assert!(alike(&shape(&[0.0]), &shape(&[0.5])) < 0.3);
        let silent = Onsets::of(&Audio::silence(44_100, 1, 44_100)).shape(0.2, 0.5);
        assert_eq!(silent, [0.0; PARTS]);
    }
}
