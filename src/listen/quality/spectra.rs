//! Long-term spectra of a stream: frames of about a tenth of a second, both channels.
//!
//! One transform a frame serves the bandwidth, noise and production checks. Must never keep a
//! frame: sums over time, and a few bytes a frame for the checks that need percentiles.

use super::bandwidth::HighBands;
use super::noise::FloorMeter;
use crate::audio::stft::hann;
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Frames a second, about: a frame is the next power of two samples above this share of the rate,
/// 4096 at 44.1 and 48 kHz (diagnostics §6).
const FRAMES_PER_SECOND: u32 = 12;
/// Smallest frame.
const SIZE_MIN: usize = 512;

/// Measures long-term spectra.
pub struct SpectraMeter {
    size: usize,
    window: Vec<f32>,
    /// Squared magnitude to mean square of a bin.
    scale: f32,
    fft: Arc<dyn RealToComplex<f32>>,
    pending: [Vec<f32>; 2],
    input: Vec<f32>,
    spectrum: [Vec<Complex32>; 2],
    scratch: Vec<Complex32>,
    power: Vec<f32>,
    sums: Sums,
    high: HighBands,
    floor: FloorMeter,
}

/// Mean power of every bin over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// Hertz a bin.
    pub bin_hz: f64,
    /// Frames that went in.
    pub frames: u64,
    /// Sum over frames of the mean square in each bin, mean of both channels.
    pub both: Vec<f64>,
    /// The same of the middle, half the sum of the channels.
    pub mid: Vec<f64>,
}

impl SpectraMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let size = ((rate_hz / FRAMES_PER_SECOND) as usize).next_power_of_two().max(SIZE_MIN);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let window = hann(size);
        let energy: f32 = window.iter().map(|w| w * w).sum();
        let bins = size / 2 + 1;
        let bin_hz = f64::from(rate_hz) / size as f64;
        Self {
            size,
            // Parseval's theorem; every bin but the outermost stands for two.
            scale: 2.0 / (size as f32 * energy),
            window,
            pending: [Vec::with_capacity(size), Vec::with_capacity(size)],
            input: fft.make_input_vec(),
            spectrum: [fft.make_output_vec(), fft.make_output_vec()],
            scratch: fft.make_scratch_vec(),
            fft,
            power: vec![0.0; bins],
            sums: Sums { bin_hz, frames: 0, both: vec![0.0; bins], mid: vec![0.0; bins] },
            high: HighBands::new(bin_hz, bins),
            floor: FloorMeter::new(bin_hz, bins),
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        let frames = planes.first().map_or(0, |p| p.len());
        let mut at = 0;
        while at < frames {
            let end = (at + self.size - self.pending[0].len()).min(frames);
            for (pending, plane) in self.pending.iter_mut().zip(planes) {
                pending.extend_from_slice(&plane[at..end]);
            }
            at = end;
            if self.pending[0].len() == self.size {
                self.frame(planes.len().min(2));
            }
        }
    }

    fn frame(&mut self, channels: usize) {
        for (pending, spectrum) in self.pending.iter_mut().zip(&mut self.spectrum).take(channels) {
            for ((slot, x), weight) in self.input.iter_mut().zip(&*pending).zip(&self.window) {
                *slot = x * weight;
            }
            pending.clear();
            // The sizes come from the plan itself; a mismatch cannot happen.
            if self.fft.process_with_scratch(&mut self.input, spectrum, &mut self.scratch).is_err()
            {
                spectrum.fill(Complex32::default());
            }
        }
        let [left, right] = &self.spectrum;
        if channels == 2 {
            let (half, quarter) = (self.scale * 0.5, self.scale * 0.25);
            for (bin, (l, r)) in left.iter().zip(right).enumerate() {
                let both = half * (l.norm_sqr() + r.norm_sqr());
                self.power[bin] = both;
                self.sums.both[bin] += f64::from(both);
                self.sums.mid[bin] += f64::from(quarter * (l + r).norm_sqr());
            }
        } else {
            for (bin, l) in left.iter().enumerate() {
                let power = self.scale * l.norm_sqr();
                self.power[bin] = power;
                self.sums.both[bin] += f64::from(power);
                self.sums.mid[bin] += f64::from(power);
            }
        }
        self.sums.frames += 1;
        self.floor.push(&self.power);
        self.high.push(&self.power);
    }

    /// The sums, and what the checks gathered.
    pub fn finish(self) -> (Sums, HighBands, FloorMeter) {
        (self.sums, self.high, self.floor)
    }
}

impl Sums {
    /// Mean square between two frequencies: of both channels, and of the middle. Bins that lie
    /// partly inside count by that part.
    pub fn between(&self, from_hz: f64, to_hz: f64) -> (f64, f64) {
        let (from, to) = (from_hz / self.bin_hz + 0.5, to_hz / self.bin_hz + 0.5);
        let last = (to.ceil() as usize).min(self.both.len());
        let (mut both, mut mid) = (0.0, 0.0);
        for bin in (from.floor() as usize)..last {
            let start = bin as f64;
            let share = ((start + 1.0).min(to) - start.max(from)).clamp(0.0, 1.0);
            both += share * self.both[bin];
            mid += share * self.mid[bin];
        }
        let frames = self.frames.max(1) as f64;
        (both / frames, mid / frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_reads_its_mean_square_and_its_width() {
        let wave = |i: usize| 0.5 * (i as f32 / 44_100.0 * 1000.0 * std::f32::consts::TAU).sin();
        let left: Vec<f32> = (0..88_200).map(wave).collect();
        let right: Vec<f32> = left.iter().map(|x| -x).collect();
        let mut meter = SpectraMeter::new(44_100);
        for (l, r) in left.chunks(999).zip(right.chunks(999)) {
            meter.push(&[l, r]);
        }
        let (sums, ..) = meter.finish();
        assert_eq!(sums.frames, 21);
        let (both, mid) = sums.between(900.0, 1100.0);
        assert!((both - 0.125).abs() < 0.001, "{both}");
        assert!(mid < 1e-6);
        assert!(sums.between(2000.0, 20_000.0).0 < 1e-6);
    }
}
