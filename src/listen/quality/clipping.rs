//! Hard clipping: flat tops at the level where the histogram of amplitudes ends in a spike.
//!
//! Works below full scale, and for the two polarities apart. Must never take a limiter for clipping
//! (its peaks touch the ceiling, they do not lie on it) nor a pulse wave (it jumps to its top, a
//! clipped wave climbs to it). Cannot see clipping that was lossily coded afterwards: the tops are
//! no longer flat.

use super::report::Report;
use crate::audio::buffer::amplitude_db;
use crate::domain::listening::{ProblemKind, Severity};

/// Samples in a row at one level that make a flat top (diagnostics: runs of 3 and more).
const RUN_MIN: u32 = 3;
/// How far samples of a flat top lie apart, of full scale: three steps of 16 bits.
const FLAT: f32 = 1e-4;
/// Amplitude under which nothing is looked at: quiet sounds have flat tops of few bits.
const LEVEL_MIN: f32 = 0.1;
/// The level lies within this of the polarity's extreme.
const TOP_SHARE: f32 = 0.98;
/// How much fuller the level's bin is than its neighbours below.
const SPIKE: f64 = 10.0;
/// Clipped milliseconds a minute that are mentioned, and that spoil a track.
const WARN_MS: f64 = 1.0;
const EXCLUDE_MS: f64 = 20.0;
/// Tops that make a finding; fewer are chance.
const TOPS_MIN: usize = 5;
/// Most flat tops remembered of each polarity; more say nothing new.
const TOPS_KEPT: usize = 20_000;
/// Bins of an amplitude of 1; amplitudes to 1.25 are counted.
const BINS_PER_ONE: f32 = 4096.0;
const BINS: usize = 5120;
/// The sample before a top has at least this share of it: a pulse wave jumps from further away.
const CLIMB: f32 = 0.4;

struct Top {
    at: u64,
    level: f32,
    run: u32,
}

/// One channel's excursions to one side.
struct Side {
    peak: f32,
    histogram: Vec<u32>,
    tops: Vec<Top>,
}

/// Looks for flat tops in a stream.
pub struct ClippingMeter {
    rate: f64,
    frames: u64,
    sides: [[Side; 2]; 2],
    last: [f32; 2],
    before: [f32; 2],
    run: [u32; 2],
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clipping {
    /// Milliseconds on flat tops for each minute, of the worse channel.
    pub ms_per_minute: f64,
    /// Flat tops.
    pub tops: usize,
    /// Their level, of full scale.
    pub level: f32,
    /// First and last, seconds.
    pub place: (f64, f64),
}

impl ClippingMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let side = || Side { peak: 0.0, histogram: vec![0; BINS], tops: Vec::new() };
        Self {
            rate: f64::from(rate_hz),
            frames: 0,
            sides: [[side(), side()], [side(), side()]],
            last: [0.0; 2],
            before: [0.0; 2],
            run: [0; 2],
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        for (channel, plane) in planes.iter().take(2).enumerate() {
            self.channel(channel, plane);
        }
        self.frames += planes.first().map_or(0, |p| p.len()) as u64;
    }

    fn channel(&mut self, channel: usize, plane: &[f32]) {
        let sides = &mut self.sides[channel];
        let (mut last, mut before, mut run) =
            (self.last[channel], self.before[channel], self.run[channel]);
        for (i, &x) in plane.iter().enumerate() {
            let magnitude = x.abs();
            if magnitude > LEVEL_MIN {
                let side = &mut sides[usize::from(x < 0.0)];
                side.peak = side.peak.max(magnitude);
                let bin = ((magnitude * BINS_PER_ONE) as usize).min(BINS - 1);
                side.histogram[bin] += 1;
                if (x - last).abs() < FLAT {
                    run += 1;
                    continue;
                }
            }
            if run + 1 >= RUN_MIN {
                let side = &mut sides[usize::from(last < 0.0)];
                let climbed = before * last.signum() > CLIMB * last.abs();
                if climbed && side.tops.len() < TOPS_KEPT {
                    let at = self.frames + i as u64;
                    side.tops.push(Top { at, level: last.abs(), run: run + 1 });
                }
            }
            run = 0;
            before = last;
            last = x;
        }
        (self.last[channel], self.before[channel], self.run[channel]) = (last, before, run);
    }

    /// What was found: the worse of the channels.
    pub fn read(&self) -> Clipping {
        let minutes = (self.frames as f64 / self.rate / 60.0).max(1.0 / 60.0);
        let mut worst = Clipping::default();
        for sides in &self.sides {
            let mut found = Clipping::default();
            let (mut samples, mut first, mut last) = (0u64, u64::MAX, 0);
            for side in sides {
                let Some(level) = side.level() else { continue };
                // The spike's own bin and its neighbours hold the level.
                let near = 1.5 / BINS_PER_ONE;
                for top in side.tops.iter().filter(|t| (t.level - level).abs() < near) {
                    samples += u64::from(top.run);
                    found.tops += 1;
                    first = first.min(top.at.saturating_sub(u64::from(top.run)));
                    last = last.max(top.at);
                }
                found.level = found.level.max(level);
            }
            if found.tops > 0 {
                found.ms_per_minute = samples as f64 / self.rate * 1000.0 / minutes;
                found.place = (first as f64 / self.rate, last as f64 / self.rate);
            }
            if found.ms_per_minute > worst.ms_per_minute {
                worst = found;
            }
        }
        worst
    }
}

impl Side {
    /// The level of a spike at the upper edge of the histogram, where there is one.
    fn level(&self) -> Option<f32> {
        if self.tops.is_empty() {
            return None;
        }
        let top = ((self.peak * BINS_PER_ONE) as usize).min(BINS - 1);
        let lowest = ((self.peak * TOP_SHARE * BINS_PER_ONE) as usize).max(40);
        // The level may lie on the edge of two bins.
        let pair =
            |bin: usize| self.histogram[bin] + self.histogram.get(bin + 1).copied().unwrap_or(0);
        let spike = (lowest..=top).max_by_key(|bin| (pair(*bin), *bin))?;
        let below = &self.histogram[spike.saturating_sub(34)..spike.saturating_sub(2)];
        let usual = below.iter().map(|c| f64::from(*c)).sum::<f64>() / below.len().max(1) as f64;
        let stands_out = f64::from(pair(spike)) > SPIKE * usual.max(0.2);
        stands_out.then(|| (spike as f32 + 1.0) / BINS_PER_ONE)
    }
}

impl Clipping {
    /// Reports clipping where there is enough of it to hear.
    pub fn report(&self, report: &mut Report) {
        if self.ms_per_minute <= WARN_MS || self.tops < TOPS_MIN {
            return;
        }
        let spoilt = self.ms_per_minute > EXCLUDE_MS;
        let severity = if spoilt { Severity::Exclude } else { Severity::Warn };
        let detail = format!(
            "{} flat tops at {:.1} dBFS, {:.1} ms a minute, over {WARN_MS:.0}",
            self.tops,
            amplitude_db(self.level.into()),
            self.ms_per_minute
        );
        report.at(ProblemKind::Clipping, severity, self.place, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn read(plane: &[f32]) -> Clipping {
        let mut meter = ClippingMeter::new(44_100);
        for block in plane.chunks(1000) {
            meter.push(&[block]);
        }
        meter.read()
    }

    /// A swelling pair of tones: its peaks differ, as music's do.
    fn swell(gain: f32) -> Vec<f32> {
        let wave = |i: usize, hz: f32| (i as f32 / 44_100.0 * hz * TAU).sin();
        (0..441_000)
            .map(|i| gain * (0.3 + 0.2 * wave(i, 0.7)) * (wave(i, 220.0) + wave(i, 331.7)))
            .collect()
    }

    #[test]
    fn tops_are_found_at_any_level_and_polarity() {
        assert_eq!(read(&swell(0.9)).tops, 0);
        for ceiling in [1.0f32, 0.7, 0.3] {
            let cut: Vec<f32> = swell(1.3 * ceiling).iter().map(|x| x.min(ceiling)).collect();
            let found = read(&cut);
            assert!(found.tops > 20 && found.ms_per_minute > WARN_MS, "{ceiling} {found:?}");
            assert!((found.level - ceiling).abs() < 0.001, "{ceiling} {found:?}");
        }
    }

    #[test]
    fn a_limiter_and_a_pulse_wave_are_not_clipped() {
        // Peaks that touch a ceiling without lying on it.
        let limited: Vec<f32> = swell(1.0).iter().map(|x| x.tanh()).collect();
        assert!(read(&limited).tops < TOPS_MIN);
        let pulse: Vec<f32> =
            (0..200_000).map(|i| if (i / 50) % 2 == 0 { 0.5 } else { -0.5 }).collect();
        assert_eq!(read(&pulse).tops, 0);
    }
}
