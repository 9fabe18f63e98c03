//! Spectra that can be changed and turned back into sound (weighted overlap-add).
//!
//! Griffin & Lim 1984: a square-root Hann window on the way in and on the way out; at three quarters
//! of overlap or more the windows sum to a constant, so that unchanged spectra give the same sound
//! back. Must never shift time: frame `t` is centred on sample `t * hop`, as in [`super::stft`].

use super::stft::hann;
use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// A plan for frames of one size.
pub struct Resynthesis {
    size: usize,
    hop: usize,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

/// Spectra of a sound, frame after frame, each of `bins` values.
#[derive(Clone, Debug)]
pub struct Spectra {
    bins: usize,
    samples: usize,
    values: Vec<Complex32>,
}

impl Spectra {
    /// Values of a frame.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.values.len() / self.bins.max(1)
    }

    /// One frame.
    pub fn frame(&self, t: usize) -> &[Complex32] {
        &self.values[t * self.bins..(t + 1) * self.bins]
    }

    /// One frame, to change in place.
    pub fn frame_mut(&mut self, t: usize) -> &mut [Complex32] {
        &mut self.values[t * self.bins..(t + 1) * self.bins]
    }

    /// Magnitudes, frame after frame.
    pub fn magnitudes(&self) -> Vec<f32> {
        self.values.iter().map(|v| v.norm()).collect()
    }

    /// Multiplies every value by its gain; `gains` has one number a value.
    pub fn scale(&mut self, gains: &[f32]) {
        for (value, gain) in self.values.iter_mut().zip(gains) {
            *value *= *gain;
        }
    }
}

impl Resynthesis {
    /// Frames of `size` samples every `hop`, which must divide `size` by four or more.
    pub fn new(size: usize, hop: usize) -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        Self {
            size,
            hop,
            window: hann(size).iter().map(|w| w.sqrt()).collect(),
            forward: planner.plan_fft_forward(size),
            back: planner.plan_fft_inverse(size),
        }
    }

    /// Samples between frames.
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// Hertz between bins at a rate.
    pub fn bin_hz(&self, rate_hz: u32) -> f64 {
        f64::from(rate_hz) / self.size as f64
    }

    /// Spectra of a sound.
    pub fn spectra(&self, samples: &[f32]) -> Spectra {
        let bins = self.size / 2 + 1;
        let mut values = Vec::with_capacity(self.frames(samples.len()) * bins);
        self.each(samples, |_, frame| values.extend_from_slice(frame));
        Spectra { bins, samples: samples.len(), values }
    }

    fn frames(&self, samples: usize) -> usize {
        if samples == 0 { 0 } else { samples / self.hop + 2 }
    }

    /// Calls `with(frame number, spectrum)` for every frame in order.
    fn each(&self, samples: &[f32], mut with: impl FnMut(usize, &mut [Complex32])) {
        let mut input = self.forward.make_input_vec();
        let mut output = self.forward.make_output_vec();
        let mut scratch = self.forward.make_scratch_vec();
        for t in 0..self.frames(samples.len()) {
            let start = (t * self.hop) as isize - (self.size / 2) as isize;
            for (i, (slot, weight)) in input.iter_mut().zip(&self.window).enumerate() {
                let at = usize::try_from(start + i as isize).ok();
                *slot = at.and_then(|at| samples.get(at)).copied().unwrap_or(0.0) * weight;
            }
            // The sizes come from the plan itself; a mismatch cannot happen.
            if self.forward.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
                output.fill(Complex32::default());
            }
            with(t, &mut output);
        }
    }

    /// The sound of spectra, as long as the one they came from.
    pub fn sound(&self, spectra: &Spectra) -> Vec<f32> {
        let mut lay = Overlap::new(self, spectra.samples);
        for t in 0..spectra.frames() {
            lay.add(t, spectra.frame(t));
        }
        lay.finish()
    }

    /// A sound through one gain a bin, the same all the time: a filter without a shift in time. Holds
    /// one frame at a time, whatever the length.
    pub fn filter(&self, samples: &[f32], gains: &[f32]) -> Vec<f32> {
        let mut lay = Overlap::new(self, samples.len());
        self.each(samples, |t, frame| {
            for (value, gain) in frame.iter_mut().zip(gains) {
                *value *= *gain;
            }
            lay.add(t, frame);
        });
        lay.finish()
    }
}

/// Frames laid over one another.
struct Overlap<'a> {
    plan: &'a Resynthesis,
    out: Vec<f32>,
    weights: Vec<f32>,
    input: Vec<Complex32>,
    output: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl<'a> Overlap<'a> {
    fn new(plan: &'a Resynthesis, samples: usize) -> Self {
        Self {
            plan,
            out: vec![0.0; samples],
            weights: vec![0.0; samples],
            input: plan.back.make_input_vec(),
            output: plan.back.make_output_vec(),
            scratch: plan.back.make_scratch_vec(),
        }
    }

    fn add(&mut self, t: usize, frame: &[Complex32]) {
        self.input.copy_from_slice(frame);
        // A real sound has no imaginary part at either end of its spectrum.
        self.input[0].im = 0.0;
        if let Some(last) = self.input.last_mut() {
            last.im = 0.0;
        }
        let back = &self.plan.back;
        if back.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch).is_err()
        {
            return;
        }
        // The inverse transform multiplies by its size.
        let scale = 1.0 / self.plan.size as f32;
        let start = (t * self.plan.hop) as isize - (self.plan.size / 2) as isize;
        for (i, (sample, weight)) in self.output.iter().zip(&self.plan.window).enumerate() {
            if let Ok(at) = usize::try_from(start + i as isize)
                && let Some(slot) = self.out.get_mut(at)
            {
                *slot += sample * weight * scale;
                self.weights[at] += weight * weight;
            }
        }
    }

    /// Squared windows a hop apart sum to a constant but for the ends, where some are missing.
    fn finish(mut self) -> Vec<f32> {
        for (sample, weight) in self.out.iter_mut().zip(&self.weights) {
            *sample /= weight.max(1e-6);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn unchanged_spectra_give_the_sound_back(
            samples in proptest::collection::vec(-1f32..1.0, 0..5_000),
            (size, hop) in prop_oneof![Just((1024, 256)), Just((512, 64)), Just((2048, 256))],
        ) {
            let plan = Resynthesis::new(size, hop);
            let again = plan.sound(&plan.spectra(&samples));
            prop_assert_eq!(again.len(), samples.len());
            for (a, b) in again.iter().zip(&samples) {
                prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn a_filter_takes_away_what_its_gains_say() {
        let samples: Vec<f32> =
            (0..8_000).map(|i| (i as f32 * 0.1).sin() + (i as f32 * 1.5).sin()).collect();
        let plan = Resynthesis::new(1024, 256);
        let gains: Vec<f32> = (0..513).map(|bin| if bin < 100 { 1.0 } else { 0.0 }).collect();
        let low = plan.filter(&samples, &gains);
        for i in 1_000..7_000 {
            assert!((low[i] - (i as f32 * 0.1).sin()).abs() < 0.02, "{i}");
        }
    }

    #[test]
    fn halved_spectra_give_half_the_sound() {
        let samples: Vec<f32> = (0..4_000).map(|i| (i as f32 * 0.1).sin()).collect();
        let plan = Resynthesis::new(1024, 256);
        let mut spectra = plan.spectra(&samples);
        let gains = vec![0.5; spectra.magnitudes().len()];
        spectra.scale(&gains);
        for (a, b) in plan.sound(&spectra).iter().zip(&samples) {
            assert!((a - 0.5 * b).abs() < 1e-4);
        }
    }
}
