//! Chroma of exactly the stretch that a cut would play.
//!
//! The frames of [`super::pitches`] are 0.37 s long and hear what lies before and after a beat; a
//! take plays the beat alone. One transform over the stretch itself, of which only the peaks count:
//! drums leave few.

use super::RATE_HZ;
use super::pitches::unit;
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Transform length; stretches are padded to it, which draws the peaks finely.
const SIZE: usize = 16_384;
/// Lowest and highest partial that counts.
const RANGE_HZ: (f64, f64) = (50.0, 3_600.0);
/// Peaks this far under the highest are noise.
const FLOOR: f32 = 0.006;

/// A transform for stretches of up to 0.74 s.
pub struct SpanChroma {
    fft: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    magnitudes: Vec<f32>,
}

impl Default for SpanChroma {
    fn default() -> Self {
        Self::new()
    }
}

impl SpanChroma {
    /// Plans the transform.
    pub fn new() -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        Self {
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            magnitudes: vec![0.0; SIZE / 2 + 1],
            fft,
        }
    }

    /// Unit chroma of `samples` (mono, 22.05 kHz) between two times, for music tuned so many cents
    /// from A = 440 Hz; zero where nothing sounds.
    pub fn read(
        &mut self,
        samples: &[f32],
        start_s: f64,
        end_s: f64,
        tuning_cents: f64,
    ) -> [f32; 12] {
        let at = |s: f64| ((s * f64::from(RATE_HZ)).max(0.0) as usize).min(samples.len());
        let (from, to) = (at(start_s), at(end_s).min(at(start_s) + SIZE));
        let part = &samples[from..to.max(from)];
        let length = part.len().max(1) as f64;
        self.input.fill(0.0);
        for (i, (slot, sample)) in self.input.iter_mut().zip(part).enumerate() {
            let window = 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / length).cos();
            *slot = sample * window as f32;
        }
        // The sizes come from the plan itself; a mismatch cannot happen.
        let done =
            self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        if done.is_err() {
            return [0.0; 12];
        }
        for (magnitude, value) in self.magnitudes.iter_mut().zip(&self.output) {
            *magnitude = (value.re * value.re + value.im * value.im).sqrt();
        }
        self.fold(tuning_cents)
    }

    fn fold(&self, tuning_cents: f64) -> [f32; 12] {
        let bin_hz = f64::from(RATE_HZ) / SIZE as f64;
        let (low, high) = ((RANGE_HZ.0 / bin_hz) as usize, (RANGE_HZ.1 / bin_hz) as usize);
        let m = &self.magnitudes;
        let highest = m[low..high].iter().copied().fold(0f32, f32::max);
        let mut chroma = [0f32; 12];
        if highest < 1e-4 {
            return chroma;
        }
        for bin in low..high {
            let peak = m[bin];
            if peak < m[bin - 1] || peak <= m[bin + 1] || peak < FLOOR * highest {
                continue;
            }
            let [l, p, r] = [m[bin - 1], peak, m[bin + 1]].map(|x| f64::from(x.max(1e-9)).ln());
            let shift = (0.5 * (l - r) / (l - 2.0 * p + r).min(-1e-9)).clamp(-0.5, 0.5);
            let hz = (bin as f64 + shift) * bin_hz;
            let midi = 69.0 + 12.0 * (hz / 440.0).log2() - tuning_cents / 100.0;
            let off = midi - midi.round();
            // Partials between two semitones belong to neither.
            let inside = (std::f64::consts::PI * off).cos().powi(2);
            let register = register(midi);
            let class = (midi.round() as i64).rem_euclid(12) as usize;
            chroma[class] += (inside * register) as f32 * peak;
        }
        unit(chroma)
    }
}

/// Low notes fade in over an octave from E1, high ones out over the two from C6.
fn register(midi: f64) -> f64 {
    (0.5 + 0.5 * ((midi - 28.0) / 12.0).clamp(0.0, 1.0))
        * (1.0 - 0.8 * ((midi - 84.0) / 24.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(hz: &[f64], seconds: f64) -> Vec<f32> {
        (0..(seconds * f64::from(RATE_HZ)) as usize)
            .map(|i| {
                let t = i as f64 / f64::from(RATE_HZ);
                hz.iter().map(|f| 0.2 * (TAU * f * t).sin()).sum::<f64>() as f32
            })
            .collect()
    }

    #[test]
    fn only_the_stretch_itself_is_heard() {
        // C major for half a second, then E flat major.
        let mut samples = tones(&[261.63, 329.63, 392.0], 0.5);
        samples.extend(tones(&[311.13, 392.0, 466.16], 0.5));
        let mut spans = SpanChroma::new();
        let first = spans.read(&samples, 0.0, 0.5, 0.0);
        let second = spans.read(&samples, 0.5, 1.0, 0.0);
        for (chroma, inside, outside) in [(first, [0, 4, 7], 3), (second, [3, 7, 10], 4)] {
            assert!(inside.iter().all(|pc| chroma[*pc] > 0.5), "{chroma:?}");
            assert!(chroma[outside] < 0.02, "{chroma:?}");
        }
    }

    #[test]
    fn tuning_is_taken_out() {
        let flat = 2f64.powf(-40.0 / 1200.0);
        let samples = tones(&[440.0 * flat], 0.5);
        let chroma = SpanChroma::new().read(&samples, 0.0, 0.5, -40.0);
        assert!(chroma[9] > 0.99, "{chroma:?}");
    }

    #[test]
    fn silence_and_stretches_beyond_the_end_are_empty() {
        let mut spans = SpanChroma::new();
        assert_eq!(spans.read(&vec![0.0; 22_050], 0.1, 0.6, 0.0), [0.0; 12]);
        assert_eq!(spans.read(&[0.1; 100], 3.0, 4.0, 0.0), [0.0; 12]);
    }
}
