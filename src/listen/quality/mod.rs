//! Defects of a recording, measured on the stream at its own rate.
//!
//! One file a check: its value, threshold with the source, place and severity. A limiter is not
//! clipping, a mono record is not a defect, and what may be meant is asked, not claimed. Memory is
//! bounded by the longest track allowed; nothing here keeps samples. Must never judge taste.
//!
//! Not among the checks: loudness against the rest of a dataset, which is the judge's, and speech,
//! which cannot be told from rap or a sung line by its rhythm alone.

pub mod bandwidth;
pub mod clicks;
pub mod clipping;
pub mod cuts;
pub mod file;
pub mod gaps;
pub mod hum;
mod lanes;
pub mod level;
pub mod low;
pub mod moments;
pub mod noise;
pub mod offset;
pub mod report;
pub mod silence;
pub mod spectra;
pub mod stereo;
pub mod width;

use super::decay::DecayMeter;
use super::production;
use crate::audio::decode::{Damage, StreamInfo};
use crate::audio::loudness::Reading;
use crate::domain::listening::{Problem, ProblemKind, ProductionProfile, Severity};
use report::Report;

/// What the checks need to know of where a stream comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What the file says about itself.
    pub info: &'a StreamInfo,
    /// What went wrong while it was decoded.
    pub damage: Damage,
    /// Rate of its coded sound, bit/s; `None` where there is no file.
    pub bits_per_second: Option<f64>,
}

/// Collects what the checks need, block by block.
pub struct QualityMeter {
    rate: f64,
    channels: usize,
    frames: u64,
    moments: moments::Moments,
    ends: moments::Ends,
    silence: silence::SilenceMeter,
    gaps: gaps::GapMeter,
    clipping: clipping::ClippingMeter,
    offset: offset::OffsetMeter,
    stereo: stereo::StereoMeter,
    width: width::WidthMeter,
    spectra: spectra::SpectraMeter,
    low: low::LowMeter,
    clicks: clicks::ClickMeter,
    decay: DecayMeter,
}

/// What every check measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Length, seconds.
    pub duration_s: f64,
    /// Channels measured, 1 or 2.
    pub channels: usize,
    /// Level after ITU-R BS.1770.
    pub reading: Reading,
    /// Silences.
    pub silence: silence::Silence,
    /// Dropouts.
    pub gaps: gaps::Gaps,
    /// Cut starts and stops.
    pub cuts: cuts::Cuts,
    /// Flat tops.
    pub clipping: clipping::Clipping,
    /// Means.
    pub offset: offset::Offset,
    /// The channels against each other; `None` for one channel.
    pub stereo: Option<stereo::Stereo>,
    /// Steepest fall of the treble; `None` where it cannot be measured.
    pub wall: Option<bandwidth::Wall>,
    /// Noise in the pauses; `None` where there are none.
    pub noise: Option<noise::NoiseFloor>,
    /// Steady lines of the mains; `None` where too short.
    pub hum: Option<hum::Hum>,
    /// Clicks.
    pub clicks: clicks::Clicks,
    /// Side over mid power in the three bands of the style ranks, dB.
    pub width_db: [f32; 3],
    /// How it is produced; `None` for silence.
    pub production: Option<ProductionProfile>,
}

impl QualityMeter {
    /// For a stream of one or two channels.
    pub fn new(rate_hz: u32, channels: usize) -> Self {
        Self {
            rate: f64::from(rate_hz),
            channels,
            frames: 0,
            moments: moments::Moments::new(rate_hz),
            ends: moments::Ends::default(),
            silence: silence::SilenceMeter::default(),
            gaps: gaps::GapMeter::default(),
            clipping: clipping::ClippingMeter::new(rate_hz),
            offset: offset::OffsetMeter::new(rate_hz),
            stereo: stereo::StereoMeter::new(rate_hz),
            width: width::WidthMeter::new(rate_hz),
            spectra: spectra::SpectraMeter::new(rate_hz),
            low: low::LowMeter::new(rate_hz),
            clicks: clicks::ClickMeter::new(rate_hz),
            decay: DecayMeter::new(rate_hz),
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        self.frames += planes.first().map_or(0, |p| p.len()) as u64;
        let (ends, silence, gaps) = (&mut self.ends, &mut self.silence, &mut self.gaps);
        self.moments.push(planes, |moment| {
            ends.push(moment);
            silence.push(moment);
            gaps.push(moment);
        });
        self.clipping.push(planes);
        self.offset.push(planes);
        if let [left, right, ..] = planes {
            self.stereo.push(left, right);
            self.width.push_planes(left, right);
        }
        self.spectra.push(planes);
        self.low.push(planes);
        self.clicks.push(planes);
        self.decay.push(planes);
    }

    /// What every check measured.
    pub fn finish(self, reading: Reading) -> Figures {
        let duration_s = self.frames as f64 / self.rate;
        let (sums, high, floor) = self.spectra.finish();
        let bass = self.low.finish();
        let two = self.channels == 2;
        Figures {
            duration_s,
            channels: self.channels,
            reading,
            silence: self.silence.read(),
            gaps: self.gaps.read(),
            cuts: cuts::read(&self.ends),
            clipping: self.clipping.read(),
            offset: self.offset.read(),
            stereo: two.then(|| self.stereo.read()),
            wall: high.read(),
            noise: floor.read(),
            hum: hum::read(&bass),
            clicks: self.clicks.read(),
            width_db: if two { self.width.read() } else { [-60.0; 3] },
            production: production::profile(&sums, &bass, &reading, self.decay.read(), duration_s),
        }
    }
}

impl Figures {
    /// The problems found, worst first.
    pub fn problems(&self, source: &Source<'_>) -> Vec<Problem> {
        let mut report = Report::new(self.duration_s);
        file::report(source, &mut report);
        self.silence.report(&mut report);
        // Of a stream without sound there is nothing else to say.
        if self.silence.is_all() {
            return report.finish();
        }
        level::report(&self.reading, &mut report);
        self.clipping.report(&mut report);
        self.offset.report(self.channels, &mut report);
        self.gaps.report(&mut report);
        self.cuts.report(&mut report);
        match &self.stereo {
            Some(stereo) => stereo.report(&mut report),
            None => report.whole(ProblemKind::Mono, Severity::Info, "one channel".to_owned()),
        }
        bandwidth::report(self.wall, source, &mut report);
        noise::report(self.noise, &mut report);
        hum::report(self.hum, &mut report);
        self.clicks.report(&mut report);
        report.finish()
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
            .finish(loudness.reading())
            .problems(&Source { info: &info, damage: Damage::default(), bits_per_second: None })
            .into_iter()
            .map(|p| p.kind)
            .collect()
    }

    fn music(gain: f32) -> (Vec<f32>, Vec<f32>) {
        let wave = |i: usize, hz: f32| (i as f32 / 44_100.0 * hz * std::f32::consts::TAU).sin();
        let fade = |i: usize| (i.min(441_000 - i) as f32 / 2_000.0).min(1.0);
        let left = (0..441_000)
            .map(|i| {
                fade(i)
                    * gain
                    * (0.3 * wave(i, 220.0) + 0.2 * wave(i, 331.7) + 0.2 * wave(i, 2000.0))
                    * (0.3 + wave(i, 0.7).abs())
            })
            .collect();
        let right = (0..441_000)
            .map(|i| {
                fade(i)
                    * gain
                    * (0.3 * wave(i, 220.0) + 0.2 * wave(i, 417.3) + 0.2 * wave(i, 2400.0))
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

    /// Noise that is the same on every machine, -0.5..0.5.
    fn white(i: usize) -> f32 {
        let mixed = (i as u32).wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mixed = ((mixed >> ((mixed >> 28) + 4)) ^ mixed).wrapping_mul(277_803_737);
        (mixed >> 8) as f32 / 16_777_216.0 - 0.5
    }

    /// A wave of 15 s that fades in and out.
    fn faded(wave: impl Fn(usize) -> f32) -> Vec<f32> {
        let frames = 15 * 44_100;
        (0..frames).map(|i| wave(i) * (i.min(frames - i) as f32 / 4_000.0).min(1.0)).collect()
    }

    #[test]
    fn odd_sounds_are_blamed_for_nothing_they_are_not() {
        let sine = faded(|i| 0.3 * (i as f32 * 0.0627).sin());
        let drone = faded(|i| (1..9).map(|h| 0.1 * (i as f32 * 0.00784 * h as f32).sin()).sum());
        let noise = faded(|i| 0.4 * white(i));
        let ticks = faded(|i| if i % 22_050 < 400 { 0.5 * white(i) } else { 0.0 });
        // Syllables: four a second, a voiced part with formants and a hiss, pauses between phrases.
        let speech = faded(|i| {
            let t = i as f32 / 44_100.0;
            let pause = if t % 3.0 > 2.4 { 0.0 } else { 1.0 };
            let beat = (t * 4.0 * std::f32::consts::PI).sin().abs();
            let voice: f32 = (1..20)
                .map(|h| (t * 130.0 * std::f32::consts::TAU * h as f32).sin() / h as f32)
                .sum();
            pause * beat * (0.2 * voice + 0.05 * white(i))
        });
        for (name, wave, mine) in [
            ("sine", &sine, &[][..]),
            ("drone", &drone, &[]),
            ("noise", &noise, &[]),
            ("ticks", &ticks, &[]),
            ("speech", &speech, &[]),
        ] {
            let found: Vec<ProblemKind> = check(wave, wave)
                .into_iter()
                .filter(|k| {
                    ![ProblemKind::Mono, ProblemKind::TruePeak, ProblemKind::Crushed].contains(k)
                })
                .collect();
            assert_eq!(found, mine, "{name}");
        }
    }

    #[test]
    fn a_wall_and_a_hiss_are_found() {
        // A period of 512 samples with partials up to 15.5 kHz.
        let period: Vec<f32> = (0..512)
            .map(|i| {
                let angle = i as f32 / 512.0 * std::f32::consts::TAU;
                (1..180).map(|h| 0.01 * (angle * h as f32 + (h * h) as f32).sin()).sum()
            })
            .collect();
        let walled = |i: usize| period[i % 512] * (0.5 + 0.5 * (i as f32 * 1e-4).sin());
        let plain = |i: usize| 0.2 * white(i);
        let (left, right) = (faded(plain), faded(|i| plain(i + 700_000)));
        assert!(!check(&left, &right).contains(&ProblemKind::LikelyLossy));
        // Partials up to 15.6 kHz and a floor far below.
        let left = faded(|i| walled(i) + 1e-5 * white(i));
        let right = faded(|i| walled(i + 3_000) + 1e-5 * white(i));
        assert!(check(&left, &right).contains(&ProblemKind::LikelyLossy));
        let pausing = |i: usize| {
            let on = if (i / 44_100) % 5 == 4 { 0.0 } else { 0.2 };
            on * (i as f32 * 0.05).sin()
        };
        let hiss = |seed: usize| faded(|i| pausing(i + seed) + 0.004 * white(i + seed));
        assert!(check(&hiss(0), &hiss(900_000)).contains(&ProblemKind::Noise));
    }

    fn figures(planes: &[Vec<f32>], block: usize, rate_hz: u32) -> Figures {
        let mut meter = QualityMeter::new(rate_hz, planes.len());
        for start in (0..planes[0].len()).step_by(block) {
            let end = (start + block).min(planes[0].len());
            let block: Vec<&[f32]> = planes.iter().map(|p| &p[start..end]).collect();
            meter.push(&block);
        }
        meter.finish(Reading::default())
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

        /// However a stream is cut into blocks, its problems are the same, and lie within it.
        #[test]
        fn blocks_do_not_matter_and_places_are_inside(
            seed in 0usize..1_000_000,
            frames in 0usize..60_000,
            block in 1usize..9_000,
            gate in 1usize..20_000,
            level in 0f32..1.5,
            rate_hz in proptest::sample::select(vec![8_000u32, 11_025, 44_100, 96_000]),
            two in proptest::bool::ANY,
        ) {
            let plane = |seed: usize| -> Vec<f32> {
                (0..frames)
                    .map(|i| if (i / gate).is_multiple_of(2) { level * white(i + seed) } else { 0.0 })
                    .collect()
            };
            let planes: Vec<Vec<f32>> = (0..=usize::from(two)).map(|c| plane(seed + c)).collect();
            let info = StreamInfo {
                rate_hz,
                channels: planes.len(),
                bits: None,
                frames: None,
                codec: "pcm_s16le".into(),
            };
            let source = Source { info: &info, damage: Damage::default(), bits_per_second: None };
            let found = figures(&planes, block, rate_hz).problems(&source);
            let whole = figures(&planes, 1 << 20, rate_hz).problems(&source);
            let kinds = |p: &[Problem]| p.iter().map(|p| (p.kind, p.start_s, p.end_s)).collect::<Vec<_>>();
            proptest::prop_assert_eq!(kinds(&found), kinds(&whole));
            let length = frames as f64 / f64::from(rate_hz);
            for problem in found {
                proptest::prop_assert!(0.0 <= problem.start_s && problem.start_s <= problem.end_s);
                proptest::prop_assert!(problem.end_s <= length);
            }
        }
    }
}
