//! The ear: takes a stream block by block, says at the end what was heard.
//!
//! Must never keep the stream itself beyond the mono copy at the analysis rate.

use super::chords::Harmony;
use super::profile::{Heard, Production, SoundProfile};
use super::quality::{QualityMeter, Source};
use super::slices::Slice;
use super::{
    RATE_HZ, chords, feel, key, notes, onsets, pitches, rhythm, sections, slices, spectra, strokes,
    timbres,
};
use crate::audio::decode::{Damage, StreamInfo};
use crate::audio::loudness::LoudnessMeter;
use crate::audio::peaks::{PeakMeter, Peaks};
use crate::audio::resample::{ResampleError, Resampler};
use crate::domain::listening::{
    Listening, NoteSpan, Pass, Problem, ProblemKind, SectionSpan, Severity, Vocals,
};
use crate::nn::weights::WeightsError;
use serde::{Deserialize, Serialize};

/// Everything kept of a track that was listened to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hearing {
    /// What was heard.
    pub listening: Listening,
    /// Mean onset strength on beats over that of all frames; 0 without a beat.
    pub beat_contrast: f32,
    /// Its cuts.
    pub slices: Vec<Slice>,
    /// Its sound in figures.
    pub profile: SoundProfile,
    /// Its waveform for drawing.
    pub peaks: Peaks,
}

/// A grid for chords where there is no beat.
const CHORD_GRID_S: f64 = 0.5;
/// Bars for sections where there is no beat.
const SECTION_GRID_S: f64 = 2.0;
/// Stretches of the drawn waveform.
const PEAKS_MAX: usize = 4096;

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum EarError {
    /// The rate of the stream cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The program's own networks are damaged.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// Listens to one stream of one or two channels.
pub struct Ear {
    pass: Pass,
    info: StreamInfo,
    quality: QualityMeter,
    loudness: LoudnessMeter,
    peaks: PeakMeter,
    resampler: Resampler,
    mono: [Vec<f32>; 1],
    block: Vec<f32>,
    frames: u64,
    channels: usize,
}

impl Ear {
    /// An ear for a stream that says this about itself.
    pub fn new(info: &StreamInfo, pass: Pass) -> Result<Self, ResampleError> {
        let channels = info.channels.clamp(1, 2);
        Ok(Self {
            pass,
            info: info.clone(),
            quality: QualityMeter::new(info.rate_hz, channels),
            loudness: LoudnessMeter::new(info.rate_hz, channels),
            peaks: PeakMeter::new(PEAKS_MAX),
            resampler: Resampler::new(info.rate_hz, RATE_HZ, 1)?,
            mono: [Vec::new()],
            block: Vec::new(),
            frames: 0,
            channels,
        })
    }

    /// Seconds heard so far.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.info.rate_hz)
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) -> Result<(), ResampleError> {
        self.frames += planes.first().map_or(0, |p| p.len()) as u64;
        self.quality.push(planes);
        self.loudness.push(planes);
        self.block.clear();
        match planes {
            [one] => self.block.extend_from_slice(one),
            [left, right, ..] => {
                self.block.extend(left.iter().zip(*right).map(|(l, r)| 0.5 * (l + r)));
            }
            [] => {}
        }
        self.peaks.push(&self.block);
        self.resampler.push(&[&self.block], &mut self.mono)
    }

    /// What was heard, and the mono signal at the analysis rate, for fingerprints. The rate of the
    /// coded sound is `None` where there is no file.
    pub fn finish(
        self,
        damage: Damage,
        bits_per_second: Option<f64>,
    ) -> Result<(Hearing, Vec<f32>), EarError> {
        let mut mono = self.mono;
        self.resampler.finish(&mut mono)?;
        let [samples] = mono;
        let reading = self.loudness.reading();
        let figures = self.quality.finish(reading);
        let production = Production {
            loudness_lufs: reading.integrated_lufs.unwrap_or(-70.0) as f32,
            range_lu: reading.range_lu as f32,
            crest_db: (reading.true_peak_dbtp.unwrap_or(-70.0)
                - reading.integrated_lufs.unwrap_or(-70.0)) as f32,
            width_db: figures.width_db,
        };
        let duration_s = self.frames as f64 / f64::from(self.info.rate_hz);
        let source = Source { info: &self.info, damage, bits_per_second };
        let problems = figures.problems(&source);
        let mut hearing = analyse(&samples, production, problems, self.pass)?;
        hearing.peaks = self.peaks.finish();
        let listening = &mut hearing.listening;
        listening.duration_s = duration_s;
        listening.rate_hz = self.info.rate_hz;
        listening.channels = self.channels as u16;
        listening.loudness_lufs = reading.integrated_lufs;
        listening.loudness_range_lu = reading.range_lu;
        listening.true_peak_dbtp = reading.true_peak_dbtp;
        listening.production = figures.production;
        Ok((hearing, samples))
    }
}

/// Analyses a mono signal at 22.05 kHz.
fn analyse(
    samples: &[f32],
    production: Production,
    mut problems: Vec<Problem>,
    pass: Pass,
) -> Result<Hearing, WeightsError> {
    let duration_s = samples.len() as f64 / f64::from(RATE_HZ);
    let silent = problems.iter().any(|p| p.kind == ProblemKind::Silent);
    let onsets = onsets::OnsetFrames::new(samples);
    let pitches = pitches::PitchFrames::new(samples);
    let rhythm = if silent { None } else { rhythm::find(&onsets, &pitches)? };
    let beat_grid = rhythm
        .as_ref()
        .map_or_else(|| fixed(duration_s, CHORD_GRID_S), |r| with_ends(&r.beats_s, duration_s));
    let harmony = if silent { Harmony::default() } else { chords::find(&beat_grid, &pitches)? };
    let keys = key::find(&harmony, pitches.harmonicity)?;
    let downbeats = rhythm.as_ref().map_or_else(Vec::new, rhythm::Rhythm::downbeats_s);
    let bar_grid = if downbeats.is_empty() {
        fixed(duration_s, SECTION_GRID_S)
    } else {
        with_ends(&downbeats, duration_s)
    };
    let mut sections =
        if silent { Vec::new() } else { sections::find(&bar_grid, &onsets, &pitches) };
    let music = rhythm.is_some() || keys.whole.is_some();
    let (notes, vocals) = match pass {
        Pass::Quick => (None, None),
        Pass::Full if silent => (Some(Vec::new()), Some(Vocals::default())),
        // Sound with neither beat nor key is no music: what seems a note in speech or noise is none, and
        // who speaks does not sing.
        Pass::Full if !music => (Some(Vec::new()), None),
        Pass::Full => {
            let found = hear_closely(samples, &onsets, pitches.tuning_cents, &mut sections)?;
            (Some(found.0), Some(found.1))
        }
    };
    let cuts = slices::cut(samples, &onsets, &pitches, rhythm.as_ref());
    if rhythm.is_none() && !silent && duration_s > 8.0 {
        problems.push(missing(ProblemKind::Beatless, duration_s));
    }
    if keys.whole.is_none() && !silent && duration_s > 8.0 {
        problems.push(missing(ProblemKind::Keyless, duration_s));
    }
    let profile = SoundProfile::new(Heard {
        onsets: &onsets,
        pitches: &pitches,
        tempo_bpm: rhythm.as_ref().map(|r| r.bpm),
        key: keys.whole.map(|k| k.0),
        chords: &harmony.spans,
        production,
    });
    Ok(Hearing {
        beat_contrast: rhythm.as_ref().map_or(0.0, |r| r.contrast as f32),
        listening: Listening {
            pass,
            duration_s,
            rate_hz: RATE_HZ,
            channels: 1,
            tempo_bpm: rhythm.as_ref().map(|r| r.bpm),
            tempo_confidence: rhythm.as_ref().map_or(0.0, |r| r.evidence.tempo()),
            meter: rhythm.as_ref().map(|r| r.meter),
            swing: rhythm.as_ref().and_then(|r| r.swing),
            beats_s: rhythm.map_or_else(Vec::new, |r| r.beats_s),
            tempo_drift: feel::drift(&downbeats),
            downbeats_s: downbeats,
            tuning_cents: pitches.tuning_cents,
            key: keys.whole.map(|k| k.0),
            key_confidence: keys.whole.map_or(0.0, |k| k.1),
            keys: keys.spans,
            chords: harmony.spans,
            sections,
            loudness_lufs: None,
            loudness_range_lu: 0.0,
            true_peak_dbtp: None,
            vocals,
            notes,
            production: None,
            problems,
        },
        slices: cuts,
        profile,
        peaks: Peaks::default(),
    })
}

/// What only the full pass hears: pitched notes and drum strokes, by start, and voices; the families
/// that play are written into the sections.
fn hear_closely(
    samples: &[f32],
    onsets: &onsets::OnsetFrames,
    tuning_cents: f64,
    sections: &mut [SectionSpan],
) -> Result<(Vec<NoteSpan>, Vocals), WeightsError> {
    let pitch = spectra::pitch_maps(samples, tuning_cents);
    let mut found = notes::find(&pitch)?;
    found.extend(strokes::find(onsets)?);
    found.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.midi.cmp(&b.midi)));
    let timbres = timbres::hear(&pitch)?;
    for section in sections {
        section.families = timbres.families(section.start_s, section.end_s);
    }
    let vocals = timbres.vocals(&found);
    Ok((found, vocals))
}

/// What there is not, as something to know about a track.
fn missing(kind: ProblemKind, duration_s: f64) -> Problem {
    let detail = match kind {
        ProblemKind::Beatless => "no steady beat was found; it is treated as free in time",
        _ => "no key was found: too few notes are held to tell one",
    };
    let (start_s, end_s) = (0.0, duration_s);
    Problem { kind, severity: Severity::Info, start_s, end_s, detail: detail.to_owned() }
}

fn fixed(duration_s: f64, step_s: f64) -> Vec<f64> {
    (0..=(duration_s / step_s) as usize).map(|i| i as f64 * step_s).collect()
}

/// A grid from 0 to the end that contains these points.
fn with_ends(points: &[f64], duration_s: f64) -> Vec<f64> {
    let mut grid = Vec::with_capacity(points.len() + 2);
    if points.first().is_none_or(|p| *p > 0.05) {
        grid.push(0.0);
    }
    grid.extend(points.iter().copied().filter(|p| *p < duration_s));
    if grid.last().is_none_or(|p| duration_s - p > 0.05) {
        grid.push(duration_s);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_short_and_silent_sounds_are_heard_as_what_they_are() {
        for seconds in [0.0, 0.01, 0.5, 3.0] {
            let samples = vec![0f32; (44_100.0 * seconds) as usize];
            let info = StreamInfo {
                rate_hz: 44_100,
                channels: 1,
                bits: None,
                frames: None,
                codec: "pcm".into(),
            };
            let mut ear = Ear::new(&info, Pass::Full).unwrap();
            ear.push(&[&samples]).unwrap();
            let (hearing, _) = ear.finish(Damage::default(), None).unwrap();
            let heard = hearing.listening;
            assert_eq!(heard.tempo_bpm, None);
            assert_eq!(heard.key, None);
            assert_eq!(heard.loudness_lufs, None);
            assert!(heard.problems.iter().any(|p| p.kind == ProblemKind::Silent));
        }
    }

    #[test]
    fn grids_cover_everything() {
        assert_eq!(with_ends(&[0.5, 1.0], 2.0), [0.0, 0.5, 1.0, 2.0]);
        assert_eq!(with_ends(&[0.01, 1.0], 1.02), [0.01, 1.0]);
        assert_eq!(fixed(2.1, 1.0), [0.0, 1.0, 2.0]);
    }
}
