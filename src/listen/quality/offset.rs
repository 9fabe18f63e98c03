//! A waveform whose middle is not zero, over the whole stream or for some seconds of it.
//!
//! Must never take a deep bass for an offset: what is judged are means over whole seconds.

use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Mean of the whole stream that counts, of full scale.
const MEAN_MAX: f64 = 0.005;
/// Mean of a second that counts, of full scale. Higher than for the whole: a note of 20 Hz at full
/// scale leaves up to 0.016 in a second that does not hold whole periods of it.
const SECOND_MAX: f64 = 0.02;
/// Seconds in a row over that, with one sign.
const SECONDS_MIN: usize = 3;

/// Sums of every second.
pub struct OffsetMeter {
    second: usize,
    filled: usize,
    sums: [f64; 2],
    means: Vec<[f32; 2]>,
    total: [f64; 2],
    frames: u64,
}

/// Means, of full scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offset {
    /// Mean of each channel.
    pub means: [f64; 2],
    /// Longest stretch with an offset, where it is not the whole: start, end (s), its mean.
    pub stretch: Option<(usize, usize, f64)>,
}

impl OffsetMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        Self {
            second: rate_hz.max(1) as usize,
            filled: 0,
            sums: [0.0; 2],
            means: Vec::new(),
            total: [0.0; 2],
            frames: 0,
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        let frames = planes.first().map_or(0, |p| p.len());
        let mut at = 0;
        while at < frames {
            let end = (at + self.second - self.filled).min(frames);
            for (sum, plane) in self.sums.iter_mut().zip(planes) {
                // Short pieces in single precision keep both speed and the sum's last digits.
                for piece in plane[at..end].chunks(256) {
                    *sum += f64::from(super::lanes::sum(piece));
                }
            }
            self.filled += end - at;
            at = end;
            if self.filled == self.second {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let count = self.filled.max(1) as f64;
        self.means.push(self.sums.map(|s| (s / count) as f32));
        for (total, sum) in self.total.iter_mut().zip(&mut self.sums) {
            *total += *sum;
            *sum = 0.0;
        }
        self.frames += self.filled as u64;
        self.filled = 0;
    }

    /// The means so far.
    pub fn read(mut self) -> Offset {
        if self.filled > 0 {
            // A part of a second cannot be held against the threshold of a whole one.
            let part = self.filled < self.second;
            self.close();
            if part {
                self.means.pop();
            }
        }
        let count = self.frames.max(1) as f64;
        let stretches = (0..2).flat_map(|c| [1.0, -1.0].map(|sign| self.longest(c, sign)));
        let stretch = stretches.flatten().max_by_key(|(start, end, _)| end - start);
        Offset { means: self.total.map(|t| t / count), stretch }
    }

    fn longest(&self, channel: usize, sign: f64) -> Option<(usize, usize, f64)> {
        let high = |m: &[f32; 2]| f64::from(m[channel]) * sign > SECOND_MAX;
        let runs = self.means.chunk_by(|a, b| high(a) == high(b));
        let mut start = 0;
        let mut best: Option<(usize, usize, f64)> = None;
        for run in runs {
            let longer = best.is_none_or(|(from, to, _)| run.len() > to - from);
            if high(&run[0]) && run.len() >= SECONDS_MIN && longer {
                let sum: f64 = run.iter().map(|m| f64::from(m[channel])).sum();
                best = Some((start, start + run.len(), sum / run.len() as f64));
            }
            start += run.len();
        }
        best
    }
}

impl Offset {
    /// Reports an offset of the whole, or of a stretch.
    pub fn report(&self, channels: usize, report: &mut Report) {
        let mut all = false;
        for (mean, name) in self.means.iter().zip(["left", "right"]).take(channels) {
            if mean.abs() > MEAN_MAX {
                let name = if channels == 1 { "only" } else { name };
                let detail = format!("the {name} channel's mean is {mean:+.3}, over {MEAN_MAX}");
                report.whole(ProblemKind::DcOffset, Severity::Warn, detail);
                all = true;
            }
        }
        if let Some((start, end, mean)) = self.stretch.filter(|_| !all) {
            let detail = format!("a mean of {mean:+.3} for {} s, over {SECOND_MAX}", end - start);
            let place = (start as f64, end as f64);
            report.at(ProblemKind::DcOffset, Severity::Warn, place, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(plane: &[f32]) -> Offset {
        let mut meter = OffsetMeter::new(1_000);
        for block in plane.chunks(333) {
            meter.push(&[block]);
        }
        meter.read()
    }

    #[test]
    fn a_bass_has_none_and_a_shift_is_measured() {
        let bass: Vec<f32> =
            (0..20_500).map(|i| (i as f32 / 1000.0 * 21.3 * std::f32::consts::TAU).sin()).collect();
        let offset = read(&bass);
        assert!(offset.means[0].abs() < 0.002 && offset.stretch.is_none(), "{offset:?}");
        let shifted: Vec<f32> = bass.iter().map(|x| x * 0.5 + 0.03).collect();
        assert!((read(&shifted).means[0] - 0.03).abs() < 0.001);
    }

    #[test]
    fn a_stretch_has_a_place() {
        let mut plane = vec![0f32; 60_000];
        plane[20_000..25_000].fill(-0.04);
        let offset = read(&plane);
        assert_eq!(offset.stretch.map(|s| (s.0, s.1)), Some((20, 25)));
        let mut report = Report::new(60.0);
        offset.report(1, &mut report);
        let found = report.finish();
        assert_eq!((found.len(), found[0].start_s, found[0].end_s), (1, 20.0, 25.0));
    }
}
