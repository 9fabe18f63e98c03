//! Short-time spectra with a Hann window (realfft).
//!
//! Frames are centred: frame `t` looks at the samples around `t * hop`, with silence beyond the
//! ends. Must never normalise behind the caller's back: magnitudes are those of the windowed frame,
//! divided by the window's sum, so that a sine of amplitude 1 reads 0.5 in its bin.

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::TAU;
use std::sync::Arc;

/// A plan for frames of one size.
pub struct Stft {
    size: usize,
    hop: usize,
    window: Vec<f32>,
    scale: f32,
    fft: Arc<dyn RealToComplex<f32>>,
}

impl Stft {
    /// Frames of `size` samples every `hop`.
    pub fn new(size: usize, hop: usize) -> Self {
        let window = hann(size);
        let sum: f32 = window.iter().sum();
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        Self { size, hop, window, scale: 1.0 / sum, fft }
    }

    /// Number of frames of `samples` samples.
    pub fn frames(&self, samples: usize) -> usize {
        if samples == 0 { 0 } else { samples / self.hop + 1 }
    }

    /// Bins of a frame.
    pub fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// Calls `each(frame number, magnitudes)` for every frame in order.
    pub fn magnitudes(&self, samples: &[f32], mut each: impl FnMut(usize, &[f32])) {
        let mut input = self.fft.make_input_vec();
        let mut output = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        let mut magnitudes = vec![0.0; self.bins()];
        for frame in 0..self.frames(samples.len()) {
            self.load(samples, frame, &mut input);
            // The sizes come from the plan itself; a mismatch cannot happen.
            if self.fft.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
                output.fill(Complex32::default());
            }
            for (magnitude, value) in magnitudes.iter_mut().zip(&output) {
                *magnitude = (value.re * value.re + value.im * value.im).sqrt() * self.scale;
            }
            each(frame, &magnitudes);
        }
    }

    fn load(&self, samples: &[f32], frame: usize, input: &mut [f32]) {
        let start = (frame * self.hop) as isize - (self.size / 2) as isize;
        for (i, (slot, weight)) in input.iter_mut().zip(&self.window).enumerate() {
            let at = start + i as isize;
            let sample = usize::try_from(at).ok().and_then(|at| samples.get(at)).copied();
            *slot = sample.unwrap_or(0.0) * weight;
        }
    }
}

/// Periodic Hann window.
pub fn hann(size: usize) -> Vec<f32> {
    (0..size).map(|i| (0.5 - 0.5 * (TAU * i as f64 / size as f64).cos()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_reads_half_its_amplitude_in_its_bin() {
        let (rate, size) = (22_050.0, 2048);
        let bin = 100;
        let hz = bin as f64 * rate / size as f64;
        let samples: Vec<f32> =
            (0..22_050).map(|i| (TAU * hz * f64::from(i) / rate).sin() as f32).collect();
        let stft = Stft::new(size, 512);
        assert_eq!(stft.frames(samples.len()), 44);
        stft.magnitudes(&samples, |frame, magnitudes| {
            if (4..40).contains(&frame) {
                assert!((magnitudes[bin] - 0.5).abs() < 1e-3, "{}", magnitudes[bin]);
                assert!(magnitudes[bin + 5] < 1e-3);
            }
        });
    }

    #[test]
    fn a_click_shows_in_the_frames_around_it() {
        let mut samples = vec![0.0; 8192];
        samples[4096] = 1.0;
        let mut energy = Vec::new();
        Stft::new(1024, 256).magnitudes(&samples, |_, m| energy.push(m.iter().sum::<f32>()));
        let loudest = (0..energy.len()).max_by(|a, b| energy[*a].total_cmp(&energy[*b])).unwrap();
        assert_eq!(loudest, 16);
    }

    #[test]
    fn nothing_gives_nothing() {
        let mut count = 0;
        Stft::new(1024, 256).magnitudes(&[], |_, _| count += 1);
        assert_eq!(count, 0);
    }
}
