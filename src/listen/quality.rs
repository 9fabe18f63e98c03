//! Defects of a recording, measured on the stream at its own rate.
//!
//! Each check has a value, a threshold, a place and a severity; a limiter is not clipping, a mono
//! record is not a defect. Must never judge taste.

use crate::audio::buffer::amplitude_db;
use crate::audio::decode::{Damage, StreamInfo};
use crate::audio::loudness::Reading;
use crate::domain::listening::{Problem, ProblemKind, Severity};

/// Level under which a block counts as silent.
const SILENCE: f32 = 0.001;
/// Shortest silence worth mentioning.
const SILENCE_S: f64 = 2.0;
/// Samples in a row at one level that count as a flat top.
const FLAT_RUN: u32 = 3;
/// Most flat tops remembered; more say nothing new.
const FLATS_MAX: usize = 50_000;

struct Flat {
    at: u64,
    level: f32,
    run: u32,
}

/// Collects what the checks need, block by block.
pub struct QualityMeter {
    rate: f64,
    channels: usize,
    frames: u64,
    peak: f32,
    sums: [f64; 2],
    /// Power of left, right and their product.
    powers: [f64; 3],
    last: [f32; 2],
    run: [u32; 2],
    flats: Vec<Flat>,
    block: usize,
    block_filled: usize,
    block_peak: f32,
    silent_from: Option<u64>,
    silences: Vec<(u64, u64)>,
    width: WidthMeter,
}

impl QualityMeter {
    /// For a stream of one or two channels.
    pub fn new(rate_hz: u32, channels: usize) -> Self {
        Self {
            rate: f64::from(rate_hz),
            channels,
            frames: 0,
            peak: 0.0,
            sums: [0.0; 2],
            powers: [0.0; 3],
            last: [0.0; 2],
            run: [0; 2],
            flats: Vec::new(),
            block: (rate_hz as usize / 100).max(1),
            block_filled: 0,
            block_peak: 0.0,
            silent_from: Some(0),
            silences: Vec::new(),
            width: WidthMeter::new(rate_hz),
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        for i in 0..planes.first().map_or(0, |p| p.len()) {
            let mut pair = [0f32; 2];
            for (c, plane) in planes.iter().take(2).enumerate() {
                let x = plane[i];
                pair[c] = x;
                self.sums[c] += f64::from(x);
                self.flat_top(c, x);
            }
            if self.channels == 2 {
                let (l, r) = (f64::from(pair[0]), f64::from(pair[1]));
                self.powers[0] += l * l;
                self.powers[1] += r * r;
                self.powers[2] += l * r;
                self.width.push(pair[0], pair[1]);
            }
            self.silence(pair[0].abs().max(pair[1].abs()));
            self.frames += 1;
        }
    }

    fn flat_top(&mut self, channel: usize, x: f32) {
        let magnitude = x.abs();
        self.peak = self.peak.max(magnitude);
        if magnitude > 0.3 && (x - self.last[channel]).abs() < 1e-4 {
            self.run[channel] += 1;
        } else {
            let run = self.run[channel] + 1;
            if run >= FLAT_RUN && self.flats.len() < FLATS_MAX {
                let level = self.last[channel].abs();
                self.flats.push(Flat { at: self.frames, level, run });
            }
            self.run[channel] = 0;
        }
        self.last[channel] = x;
    }

    fn silence(&mut self, magnitude: f32) {
        self.block_peak = self.block_peak.max(magnitude);
        self.block_filled += 1;
        if self.block_filled < self.block {
            return;
        }
        let start = self.frames + 1 - self.block as u64;
        if self.block_peak > SILENCE {
            if let Some(from) = self.silent_from.take() {
                self.close_silence(from, start);
            }
        } else if self.silent_from.is_none() {
            self.silent_from = Some(start);
        }
        self.block_filled = 0;
        self.block_peak = 0.0;
    }

    fn close_silence(&mut self, from: u64, to: u64) {
        if (to.saturating_sub(from)) as f64 / self.rate >= SILENCE_S {
            self.silences.push((from, to));
        }
    }

    /// Side over mid power in three bands, dB.
    pub fn width_db(&self) -> [f32; 3] {
        if self.channels == 2 { self.width.read() } else { [-60.0; 3] }
    }

    /// The problems found, worst first.
    pub fn problems(
        mut self,
        info: &StreamInfo,
        reading: &Reading,
        damage: Damage,
        whole_file: bool,
    ) -> Vec<Problem> {
        if let Some(from) = self.silent_from.take() {
            self.close_silence(from, self.frames);
        }
        let mut found = Vec::new();
        self.file_problems(info, damage, whole_file, &mut found);
        if self.peak <= SILENCE {
            let detail = format!("nothing above {:.0} dBFS", amplitude_db(SILENCE.into()));
            found.push(self.whole(ProblemKind::Silent, Severity::Exclude, detail));
        } else {
            self.level_problems(reading, &mut found);
            self.clipping(&mut found);
            self.silences(&mut found);
            self.stereo(&mut found);
        }
        found.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.kind.cmp(&b.kind)));
        found
    }

    fn whole(&self, kind: ProblemKind, severity: Severity, detail: String) -> Problem {
        let end_s = self.frames as f64 / self.rate;
        Problem { kind, severity, start_s: 0.0, end_s, detail }
    }

    fn file_problems(
        &self,
        info: &StreamInfo,
        damage: Damage,
        whole_file: bool,
        found: &mut Vec<Problem>,
    ) {
        if damage.truncated || damage.packets_lost > 0 {
            let detail = match (damage.truncated, damage.packets_lost) {
                (true, 0) => "the file ends before its announced length".to_owned(),
                (true, lost) => format!("the file breaks off and {lost} packets are damaged"),
                (false, lost) => format!("{lost} packets are damaged; their sound is missing"),
            };
            found.push(self.whole(ProblemKind::Truncated, Severity::Warn, detail));
        }
        if damage.not_numbers > 0 {
            let detail =
                format!("{} samples are not numbers; silence stands in", damage.not_numbers);
            found.push(self.whole(ProblemKind::NotANumber, Severity::Warn, detail));
        }
        if info.bits.is_some_and(|b| b <= 8) && info.codec.starts_with("pcm") {
            let detail = format!("{} bits a sample", info.bits.unwrap_or(8));
            found.push(self.whole(ProblemKind::LowResolution, Severity::Warn, detail));
        }
        if info.channels > 2 && whole_file {
            let detail = format!("{} channels were mixed down to two", info.channels);
            found.push(self.whole(ProblemKind::Surround, Severity::Info, detail));
        }
    }

    fn level_problems(&self, reading: &Reading, found: &mut Vec<Problem>) {
        if let Some(peak) = reading.true_peak_dbtp.filter(|p| *p > 0.0) {
            let detail = format!("true peak {peak:+.1} dBTP, over 0");
            found.push(self.whole(ProblemKind::TruePeak, Severity::Info, detail));
        }
        if let (Some(lufs), Some(peak)) = (reading.integrated_lufs, reading.true_peak_dbtp) {
            if lufs < -30.0 {
                let detail = format!("{lufs:.1} LUFS, under -30");
                found.push(self.whole(ProblemKind::Quiet, Severity::Warn, detail));
            }
            if peak - lufs < 6.0 {
                let detail = format!("peaks only {:.1} dB over the loudness, under 6", peak - lufs);
                found.push(self.whole(ProblemKind::Crushed, Severity::Info, detail));
            }
        }
        for (sum, name) in self.sums.iter().zip(["left", "right"]).take(self.channels) {
            let mean = sum / self.frames.max(1) as f64;
            if mean.abs() > 0.005 {
                let detail = format!("the {name} channel's mean is {mean:+.3}, over 0.005");
                found.push(self.whole(ProblemKind::DcOffset, Severity::Warn, detail));
            }
        }
    }

    /// Flat tops at the waveform's own extreme: a clipped signal stays at one level, music that
    /// happens to be flat elsewhere does not count.
    fn clipping(&self, found: &mut Vec<Problem>) {
        if self.peak < 0.35 {
            return;
        }
        let tops: Vec<&Flat> = self.flats.iter().filter(|f| f.level >= self.peak * 0.995).collect();
        let clipped_ms = tops.iter().map(|f| f64::from(f.run)).sum::<f64>() / self.rate * 1000.0;
        let minutes = (self.frames as f64 / self.rate / 60.0).max(1.0 / 60.0);
        let rate = clipped_ms / minutes;
        let (Some(first), Some(last)) = (tops.first(), tops.last()) else { return };
        if rate <= 1.0 || tops.len() < 5 {
            return;
        }
        found.push(Problem {
            kind: ProblemKind::Clipping,
            severity: if rate > 20.0 { Severity::Exclude } else { Severity::Warn },
            start_s: first.at as f64 / self.rate,
            end_s: last.at as f64 / self.rate,
            detail: format!(
                "{} flat tops at {:.1} dBFS, {rate:.1} ms a minute, over 1",
                tops.len(),
                amplitude_db(self.peak.into())
            ),
        });
    }

    fn silences(&self, found: &mut Vec<Problem>) {
        for (from, to) in &self.silences {
            let place = match (*from, *to) {
                (0, _) => "at the start",
                (_, to) if to + self.block as u64 >= self.frames => "at the end",
                _ => "inside",
            };
            let (start_s, end_s) = (*from as f64 / self.rate, *to as f64 / self.rate);
            found.push(Problem {
                kind: ProblemKind::Silence,
                severity: Severity::Info,
                start_s,
                end_s,
                detail: format!("{:.1} s of silence {place}", end_s - start_s),
            });
        }
    }

    fn stereo(&self, found: &mut Vec<Problem>) {
        if self.channels == 1 {
            found.push(self.whole(ProblemKind::Mono, Severity::Info, "one channel".to_owned()));
            return;
        }
        let [left, right, both] = self.powers;
        let correlation = both / (left * right).sqrt().max(1e-12);
        if correlation > 0.9995 && (left / right.max(1e-12)).ln().abs() < 0.05 {
            let detail = "both channels are the same".to_owned();
            found.push(self.whole(ProblemKind::Mono, Severity::Info, detail));
        } else if correlation < -0.3 {
            let detail = format!("the channels' correlation is {correlation:.2}, under -0.3");
            found.push(self.whole(ProblemKind::OutOfPhase, Severity::Warn, detail));
        }
    }
}

/// Mid and side power split at 250 Hz and 4 kHz by one-pole filters.
struct WidthMeter {
    coefficients: [f32; 2],
    state: [[f32; 2]; 2],
    power: [[f64; 3]; 2],
}

impl WidthMeter {
    fn new(rate_hz: u32) -> Self {
        let pole =
            |hz: f64| (1.0 - (-std::f64::consts::TAU * hz / f64::from(rate_hz)).exp()) as f32;
        Self {
            coefficients: [pole(250.0), pole(4_000.0)],
            state: [[0.0; 2]; 2],
            power: [[0.0; 3]; 2],
        }
    }

    fn push(&mut self, left: f32, right: f32) {
        for (which, x) in [0.5 * (left + right), 0.5 * (left - right)].into_iter().enumerate() {
            let state = &mut self.state[which];
            state[0] += self.coefficients[0] * (x - state[0]);
            state[1] += self.coefficients[1] * (x - state[1]);
            let bands = [state[0], state[1] - state[0], x - state[1]];
            for (power, band) in self.power[which].iter_mut().zip(bands) {
                *power += f64::from(band * band);
            }
        }
    }

    fn read(&self) -> [f32; 3] {
        std::array::from_fn(|band| {
            let ratio = self.power[1][band] / self.power[0][band].max(1e-12);
            (10.0 * ratio.max(1e-6).log10()).clamp(-60.0, 20.0) as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &[f32], right: &[f32]) -> Vec<ProblemKind> {
        let info = StreamInfo {
            rate_hz: 44_100,
            channels: 2,
            bits: Some(16),
            frames: None,
            codec: "pcm_s16le".into(),
        };
        let mut meter = QualityMeter::new(44_100, 2);
        let mut loudness = crate::audio::loudness::LoudnessMeter::new(44_100, 2);
        meter.push(&[left, right]);
        loudness.push(&[left, right]);
        meter
            .problems(&info, &loudness.reading(), Damage::default(), true)
            .into_iter()
            .map(|p| p.kind)
            .collect()
    }

    fn music(gain: f32) -> (Vec<f32>, Vec<f32>) {
        let wave = |i: usize, hz: f32| (i as f32 / 44_100.0 * hz * std::f32::consts::TAU).sin();
        let left = (0..441_000)
            .map(|i| {
                gain * (0.3 * wave(i, 220.0) + 0.2 * wave(i, 331.7) + 0.2 * wave(i, 2000.0))
                    * (0.3 + wave(i, 0.7).abs())
            })
            .collect();
        let right = (0..441_000)
            .map(|i| {
                gain * (0.3 * wave(i, 220.0) + 0.2 * wave(i, 417.3) + 0.2 * wave(i, 2400.0))
                    * (0.3 + wave(i, 0.9).abs())
            })
            .collect();
        (left, right)
    }

    #[test]
    fn clean_music_has_no_problem() {
        let (left, right) = music(0.6);
        assert_eq!(check(&left, &right), []);
    }

    #[test]
    fn clipping_is_found_also_below_full_scale() {
        for ceiling in [1.0f32, 0.7] {
            let (mut left, mut right) = music(2.2);
            for x in left.iter_mut().chain(&mut right) {
                *x = x.clamp(-ceiling, ceiling);
            }
            assert!(check(&left, &right).contains(&ProblemKind::Clipping), "{ceiling}");
        }
    }

    #[test]
    fn silence_offset_phase_and_mono() {
        let (left, right) = music(0.6);
        let mut gap = left.clone();
        let mut gap2 = right.clone();
        gap[100_000..220_000].fill(0.0);
        gap2[100_000..220_000].fill(0.0);
        assert_eq!(check(&gap, &gap2), [ProblemKind::Silence]);
        let inverted: Vec<f32> = left.iter().map(|x| -x).collect();
        assert_eq!(check(&left, &inverted), [ProblemKind::OutOfPhase]);
        assert_eq!(check(&left, &left), [ProblemKind::Mono]);
        let shifted: Vec<f32> = left.iter().map(|x| x + 0.02).collect();
        assert_eq!(check(&shifted, &right), [ProblemKind::DcOffset]);
        let none = vec![0f32; 200_000];
        assert!(check(&none, &none).contains(&ProblemKind::Silent));
        let (quiet, quiet2) = music(0.01);
        assert_eq!(check(&quiet, &quiet2), [ProblemKind::Quiet]);
    }
}
