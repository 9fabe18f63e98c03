//! Clicks: single samples that do not follow from those before them.
//!
//! After Essentia's `ClickDetector`: the residual of a linear prediction of order 12. Must never take
//! a drum for a click: after an onset the residual stays high, after a click it is as before; nor a
//! pulse wave, whose every edge is one.

use super::lanes;
use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Order of the prediction (same source).
const ORDER: usize = 12;
/// Samples predicted with one set of coefficients.
const BLOCK: usize = 1024;
/// Residual over its median that makes a click, as an amplitude: 24 dB. The source has 30, which
/// misses half the clicks at -18 dBFS in bright music (measured); what 6 dB let in, the tests of
/// calm below keep out.
const OVER: f32 = 16.0;
/// A click rings no longer than this, seconds: the filter's own order and what codecs add.
const RING_S: f64 = 0.001;
/// Around it, seconds, the residual stays under a share of the click.
const CALM_S: f64 = 0.008;
const CALM_SHARE: f32 = 0.3;
/// Level of the residual after over that before, as an amplitude: an onset raises it.
const RAISED: f32 = 2.0;
/// Peak of a click under which nobody hears it.
const AUDIBLE: f32 = 0.003;
/// Clicks a minute that are mentioned; fewer may be music: sharp synthesised sounds reach 13.
const PER_MINUTE: f64 = 15.0;
/// Fewest clicks that make a finding.
const CLICKS_MIN: usize = 5;
/// Clicks remembered.
const CLICKS_MAX: usize = 10_000;
/// A block whose second difference has no such crest has no click worth the prediction.
const CREST: f32 = 6.0;

/// One channel's prediction.
#[derive(Default)]
struct Channel {
    /// The last block and its neighbours' ends: a click needs to be seen with what surrounds it.
    samples: Vec<f32>,
}

/// Looks for clicks in a stream.
pub struct ClickMeter {
    rate: f64,
    calm: usize,
    ring: usize,
    channels: [Channel; 2],
    /// Sample number of the first sample kept.
    start: u64,
    residual: Vec<f32>,
    sorted: Vec<f32>,
    found: Vec<u64>,
}

/// Clicks of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clicks {
    /// Where, seconds.
    pub at_s: Vec<f64>,
}

impl ClickMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let samples = |s: f64| (s * f64::from(rate_hz)).ceil() as usize;
        Self {
            rate: f64::from(rate_hz),
            calm: samples(CALM_S),
            ring: samples(RING_S).max(ORDER + 2),
            channels: [Channel::default(), Channel::default()],
            start: 0,
            residual: Vec::new(),
            sorted: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        for (channel, plane) in self.channels.iter_mut().zip(planes) {
            channel.samples.extend_from_slice(plane);
        }
        let margin = self.calm + ORDER;
        let need = BLOCK + 2 * margin;
        let mut at = 0;
        while at + need <= self.channels[0].samples.len() {
            for channel in 0..planes.len().min(2) {
                self.block(channel, at, margin);
            }
            at += BLOCK;
        }
        for channel in &mut self.channels {
            channel.samples.drain(..at.min(channel.samples.len()));
        }
        self.start += at as u64;
    }

    /// Looks at the block that lies `margin` behind `at`, with what surrounds it.
    fn block(&mut self, channel: usize, at: usize, margin: usize) {
        let samples = &self.channels[channel].samples[at..at + BLOCK + 2 * margin];
        if !edgy(&samples[margin - 2..margin + BLOCK]) || self.found.len() >= CLICKS_MAX {
            return;
        }
        let Some(filter) = prediction(samples) else { return };
        self.residual.clear();
        self.residual.extend(samples.windows(ORDER + 1).map(|w| {
            let dot: f32 = filter.iter().zip(w).map(|(a, x)| a * x).sum();
            dot.abs()
        }));
        // residual[i] belongs to samples[i + ORDER].
        let inside = margin - ORDER..margin - ORDER + BLOCK;
        let mut peak = (0, 0f32);
        for i in inside {
            if self.residual[i] > peak.1 {
                peak = (i, self.residual[i]);
            }
        }
        if peak.1 < AUDIBLE {
            return;
        }
        let usual = median(&self.residual, &mut self.sorted);
        if peak.1 < OVER * usual.max(1e-6) {
            return;
        }
        let at_peak = peak.0;
        let before =
            &self.residual[at_peak.saturating_sub(self.calm)..at_peak.saturating_sub(self.ring)];
        let after_end = (at_peak + self.calm).min(self.residual.len());
        let after = &self.residual[(at_peak + self.ring).min(after_end)..after_end];
        let calm = lanes::peak(before).max(lanes::peak(after)) < CALM_SHARE * peak.1;
        let (level_before, level_after) =
            (median(before, &mut self.sorted), median(after, &mut self.sorted));
        if calm && level_after < RAISED * level_before.max(1e-6) {
            let place = self.start + (at + at_peak + ORDER) as u64;
            let near = (self.rate * 0.005) as u64;
            if self.found.iter().rev().take(4).all(|f| f.abs_diff(place) > near) {
                self.found.push(place);
            }
        }
    }

    /// The clicks so far.
    pub fn read(self) -> Clicks {
        let mut at_s: Vec<f64> = self.found.iter().map(|f| *f as f64 / self.rate).collect();
        at_s.sort_by(f64::total_cmp);
        Clicks { at_s }
    }
}

/// Whether the second difference has a peak far over its mean.
fn edgy(x: &[f32]) -> bool {
    let (mut sum, mut peak) = ([0f32; 16], [0f32; 16]);
    let count = x.len().saturating_sub(2);
    let (first, _) = x[..count].as_chunks::<16>();
    let (second, _) = x[1..=count].as_chunks::<16>();
    let (third, _) = x[2..].as_chunks::<16>();
    for ((a, b), c) in first.iter().zip(second).zip(third) {
        for lane in 0..16 {
            let bend = (a[lane] - 2.0 * b[lane] + c[lane]).abs();
            sum[lane] += bend;
            peak[lane] = if bend > peak[lane] { bend } else { peak[lane] };
        }
    }
    let mean = sum.iter().sum::<f32>() / x.len().max(1) as f32;
    let peak = peak.iter().copied().fold(0.0, f32::max);
    peak > AUDIBLE && peak > CREST * mean
}

/// Prediction error filter, oldest sample first, by the autocorrelation method (Levinson-Durbin).
fn prediction(x: &[f32]) -> Option<[f32; ORDER + 1]> {
    let mut r = [0f64; ORDER + 1];
    for (lag, value) in r.iter_mut().enumerate() {
        *value = f64::from(lanes::dot(&x[lag..], &x[..x.len() - lag]));
    }
    // A little white noise keeps the equations solvable for pure tones.
    r[0] = r[0] * (1.0 + 1e-6) + 1e-9;
    let mut a = [0f64; ORDER + 1];
    a[0] = 1.0;
    let mut error = r[0];
    for i in 1..=ORDER {
        let sum: f64 = (0..i).map(|j| a[j] * r[i - j]).sum();
        let k = -sum / error;
        let old = a;
        for j in 1..=i {
            a[j] = old[j] + k * old[i - j];
        }
        error *= 1.0 - k * k;
        if error <= 0.0 || !error.is_finite() {
            return None;
        }
    }
    let mut filter = [0f32; ORDER + 1];
    for (slot, value) in filter.iter_mut().rev().zip(a) {
        *slot = value as f32;
    }
    Some(filter)
}

fn median(x: &[f32], scratch: &mut Vec<f32>) -> f32 {
    if x.is_empty() {
        return 0.0;
    }
    scratch.clear();
    // Every second sample tells the median as well.
    scratch.extend(x.iter().step_by(if x.len() > 512 { 2 } else { 1 }));
    let middle = scratch.len() / 2;
    *scratch.select_nth_unstable_by(middle, f32::total_cmp).1
}

impl Clicks {
    /// Reports clicks where there are several.
    pub fn report(&self, report: &mut Report) {
        let minutes = (report.duration_s() / 60.0).max(1e-3);
        let rate = self.at_s.len() as f64 / minutes;
        if self.at_s.len() < CLICKS_MIN || rate <= PER_MINUTE {
            return;
        }
        let places: Vec<(f64, f64)> = self.at_s.iter().map(|t| (*t, t + 0.002)).collect();
        report.places(
            (ProblemKind::Clicks, Severity::Warn),
            &places,
            |_, _| {
                "a click: a sample that does not follow from those before, over 24 dB".to_owned()
            },
            format!("{} clicks, {rate:.0} a minute, over {PER_MINUTE:.0}", self.at_s.len()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn read(plane: &[f32]) -> Clicks {
        let mut meter = ClickMeter::new(44_100);
        for block in plane.chunks(1_500) {
            meter.push(&[block]);
        }
        meter.read()
    }

    fn tones(i: usize) -> f32 {
        let wave = |hz: f32| (i as f32 / 44_100.0 * hz * TAU).sin();
        0.2 * wave(220.0) + 0.1 * wave(700.0) + 0.05 * wave(3_100.0)
    }

    fn noise(i: usize) -> f32 {
        let mixed = (i as u32).wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mixed = ((mixed >> ((mixed >> 28) + 4)) ^ mixed).wrapping_mul(277_803_737);
        (mixed >> 8) as f32 / 16_777_216.0 - 0.5
    }

    #[test]
    fn clicks_are_found_where_they_are() {
        let mut plane: Vec<f32> = (0..441_000).map(|i| tones(i) + 0.002 * noise(i)).collect();
        assert_eq!(read(&plane), Clicks::default());
        for n in 1..8 {
            plane[n * 50_000 + 3] += 0.1;
        }
        let found = read(&plane).at_s;
        assert_eq!(found.len(), 7, "{found:?}");
        for (n, at) in found.iter().enumerate() {
            assert!((at - ((n + 1) * 50_000 + 3) as f64 / 44_100.0).abs() < 1e-4);
        }
    }

    #[test]
    fn drums_pulses_and_noise_are_no_clicks() {
        let drum: Vec<f32> = (0..441_000)
            .map(|i| tones(i) + 0.4 * noise(i) * (-((i % 11_025) as f32) / 1_500.0).exp())
            .collect();
        assert!(read(&drum).at_s.len() < 3, "{:?}", read(&drum));
        let pulse: Vec<f32> =
            (0..441_000).map(|i| if (i / 50) % 2 == 0 { 0.3 } else { -0.3 }).collect();
        assert!(read(&pulse).at_s.is_empty());
        let plain: Vec<f32> = (0..441_000).map(|i| 0.3 * noise(i)).collect();
        assert!(read(&plain).at_s.is_empty());
    }
}
