//! The bass in fine detail: the middle of the channels at about 2.75 kHz, long transforms.
//!
//! Serves the hum check and the lowest third-octaves, which frames of a tenth of a second cannot
//! tell apart. Must never be read above [`LowMeter::TO_HZ`]: beyond lies what decimation folds.

use crate::audio::stft::hann;
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Rate aimed at, Hz.
const RATE_HZ: f64 = 2_750.0;
/// Samples of a frame, 1.5 s, and between frames.
const SIZE: usize = 4096;
const HOP: usize = 2048;
/// A frame under this mean square is silence and tells nothing: -100 dBFS.
const SILENT: f64 = 1e-10;

/// Measures the bass.
pub struct LowMeter {
    factor: usize,
    taps: Vec<f32>,
    pending: Vec<f32>,
    low: Vec<f32>,
    window: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    bass: Bass,
}

/// The bass over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bass {
    /// Hertz a bin.
    pub bin_hz: f64,
    /// Frames that went in.
    pub frames: u64,
    /// Sum over frames of the mean square in each bin.
    pub sums: Vec<f64>,
    /// Level of each bin in every frame that was not silent, a byte: steps of 0.6 dB from -140 dBFS.
    pub levels: Vec<u8>,
}

impl LowMeter {
    /// Frequency up to which the bass may be read, Hz.
    pub const TO_HZ: f64 = 260.0;

    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let factor = ((f64::from(rate_hz) / RATE_HZ).round() as usize).max(1);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        let bin_hz = f64::from(rate_hz) / factor as f64 / SIZE as f64;
        let bins = ((Self::TO_HZ / bin_hz) as usize + 1).min(SIZE / 2 + 1);
        Self {
            taps: taps(factor),
            factor,
            pending: Vec::new(),
            low: Vec::with_capacity(SIZE),
            window: hann(SIZE),
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
            bass: Bass { bin_hz, frames: 0, sums: vec![0.0; bins], levels: Vec::new() },
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        match planes {
            [left, right, ..] => {
                self.pending.extend(left.iter().zip(*right).map(|(l, r)| 0.5 * (l + r)));
            }
            [one] => self.pending.extend_from_slice(one),
            [] => {}
        }
        let mut at = 0;
        while at + self.taps.len() <= self.pending.len() {
            self.low.push(super::lanes::dot(&self.taps, &self.pending[at..at + self.taps.len()]));
            at += self.factor;
            if self.low.len() == SIZE {
                self.frame();
                self.low.drain(..HOP);
            }
        }
        self.pending.drain(..at);
    }

    fn frame(&mut self) {
        for ((slot, x), weight) in self.input.iter_mut().zip(&self.low).zip(&self.window) {
            *slot = x * weight;
        }
        let output = &mut self.spectrum;
        if self.fft.process_with_scratch(&mut self.input, output, &mut self.scratch).is_err() {
            return;
        }
        let bins = self.bass.sums.len();
        // Parseval's theorem, with the window's energy of 3/8 of its length.
        let scale = 2.0 / (SIZE as f64 * SIZE as f64 * 0.375);
        let total: f64 =
            output.iter().take(bins).skip(1).map(|v| f64::from(v.norm_sqr()) * scale).sum();
        self.bass.frames += 1;
        for (bin, value) in output.iter().take(bins).enumerate() {
            let droop = droop(bin as f64 * self.bass.bin_hz, self.bass.bin_hz * SIZE as f64);
            let power = f64::from(value.norm_sqr()) * scale / droop;
            self.bass.sums[bin] += power;
            if total >= SILENT {
                let db = 10.0 * (power + 1e-15).log10();
                self.bass.levels.push(((db + 140.0) / 0.6).clamp(0.0, 255.0) as u8);
            }
        }
    }

    /// The bass so far.
    pub fn finish(self) -> Bass {
        self.bass
    }
}

/// Three running means in a row: their zeros lie where decimation folds onto the bass.
fn taps(factor: usize) -> Vec<f32> {
    let mut taps = vec![1f64];
    for _ in 0..3 {
        let mut wider = vec![0.0; taps.len() + factor - 1];
        for (i, tap) in taps.iter().enumerate() {
            for slot in &mut wider[i..i + factor] {
                *slot += tap / factor as f64;
            }
        }
        taps = wider;
    }
    taps.into_iter().map(|t| t as f32).collect()
}

/// Power that the running means leave at a frequency.
fn droop(hz: f64, rate_hz: f64) -> f64 {
    let x = std::f64::consts::PI * hz / rate_hz;
    if x < 1e-9 { 1.0 } else { (x.sin() / x).powi(6) }
}

impl Bass {
    /// Mean square between two frequencies; bins partly inside count by that part.
    pub fn between(&self, from_hz: f64, to_hz: f64) -> f64 {
        let (from, to) = (from_hz / self.bin_hz + 0.5, to_hz / self.bin_hz + 0.5);
        let last = (to.ceil() as usize).min(self.sums.len());
        let sum: f64 = (from.floor() as usize..last)
            .map(|bin| {
                let start = bin as f64;
                self.sums[bin] * ((start + 1.0).min(to) - start.max(from)).clamp(0.0, 1.0)
            })
            .sum();
        sum / self.frames.max(1) as f64
    }

    /// Frames that were not silent.
    pub fn heard(&self) -> usize {
        self.levels.len() / self.sums.len().max(1)
    }

    /// The level that each bin exceeds in all but this share of the frames, dBFS.
    pub fn percentile(&self, share: f64) -> Vec<f64> {
        let bins = self.sums.len().max(1);
        let frames = self.heard();
        (0..bins)
            .map(|bin| {
                let mut column: Vec<u8> =
                    self.levels.iter().skip(bin).step_by(bins).copied().collect();
                let at = ((frames as f64 * share) as usize).min(frames.saturating_sub(1));
                if column.is_empty() {
                    return -140.0;
                }
                let (_, value, _) = column.select_nth_unstable(at);
                f64::from(*value) * 0.6 - 140.0
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_tone_reads_its_mean_square() {
        for rate in [22_050u32, 44_100, 48_000, 96_000] {
            let wave = |i: u32| {
                let t = f64::from(i) / f64::from(rate);
                (0.5 * (t * 31.5 * std::f64::consts::TAU).sin()
                    + 0.5 * (t * 5_500.0 * std::f64::consts::TAU).sin()) as f32
            };
            let plane: Vec<f32> = (0..rate * 12).map(wave).collect();
            let mut meter = LowMeter::new(rate);
            for block in plane.chunks(4_321) {
                meter.push(&[block, block]);
            }
            let bass = meter.finish();
            let power = bass.between(28.0, 35.0);
            assert!((power - 0.125).abs() < 0.003, "{rate} {power}");
            assert!(bass.between(50.0, 250.0) < 1e-4, "{rate} {}", bass.between(50.0, 250.0));
        }
    }
}
