//! What the networks read: log-frequency spectra at two resolutions, and mel levels.
//!
//! The long window tells semitones apart, the short one tells when they start. Levels are relative
//! to the track's own, so that quiet and loud records read alike. Must never see more of the track
//! than its samples: what follows is the networks' business.

use super::RATE_HZ;
use super::onsets::{self, OnsetFrames};
use super::pitches::{self, PitchFrames};
use crate::audio::stft::Stft;
use crate::nn::maps::Maps;
use crate::nn::{bars, notes, strokes, timbres};

/// Samples between frames of pitch spectra: 43 frames a second.
pub const HOP: usize = 512;
/// The long window: 0.37 s, bins 2.7 Hz apart.
const LONG: usize = 8192;
/// The short window: 93 ms.
const SHORT: usize = 2048;
/// Bands to a semitone.
const PER_SEMITONE: usize = 3;
/// Most that a level reads; e^8 times the mean is beyond anything heard.
pub const CEILING: f32 = 8.0;

/// Frames a second of pitch spectra.
pub fn frame_rate() -> f64 {
    f64::from(RATE_HZ) / HOP as f64
}

/// Pitch spectra of a mono signal: `[6][104][frames]`, the long window's three bands of each
/// semitone from A0, then the short window's. `tuning_cents` says how far the music is above
/// A = 440 Hz.
pub fn pitch_maps(samples: &[f32], tuning_cents: f64) -> Maps {
    let (long, short) = rayon::join(
        || Bank::new(LONG, tuning_cents).read(samples),
        || Bank::new(SHORT, tuning_cents).read(samples),
    );
    let frames = long.len() / BANDS;
    let mut maps = Maps::new(2 * PER_SEMITONE, notes::ROWS_READ, frames, notes::PAD);
    for (which, levels) in [long, short].iter().enumerate() {
        let mean = levels.iter().sum::<f32>() / levels.len().max(1) as f32;
        let gain = 1.0 / mean.max(1e-7);
        for band in 0..BANDS {
            let channel = which * PER_SEMITONE + band % PER_SEMITONE;
            let row = maps.row_mut(channel, band / PER_SEMITONE);
            for (t, out) in row.iter_mut().enumerate() {
                *out = (gain * levels[t * BANDS + band]).ln_1p().min(CEILING);
            }
        }
    }
    maps
}

/// Frames of pitch spectra in one of [`timbre_maps`].
const FRAMES_A_TIMBRE: usize = 2;

/// Frames a second of [`timbre_maps`].
pub fn timbre_rate() -> f64 {
    frame_rate() / FRAMES_A_TIMBRE as f64
}

/// What timbres are heard from, out of pitch spectra: the short window's bands, two frames in one:
/// `[3][104][frames]`.
pub fn timbre_maps(pitch: &Maps) -> Maps {
    let frames = pitch.frames() / FRAMES_A_TIMBRE;
    let mut maps = Maps::new(timbres::CHANNELS, timbres::ROWS_READ, frames, timbres::PAD);
    for channel in 0..timbres::CHANNELS {
        for row in 0..timbres::ROWS_READ {
            let levels = pitch.row(PER_SEMITONE + channel, row).as_chunks::<FRAMES_A_TIMBRE>().0;
            for (out, pair) in maps.row_mut(channel, row).iter_mut().zip(levels) {
                *out = pair.iter().sum::<f32>() / FRAMES_A_TIMBRE as f32;
            }
        }
    }
    maps
}

/// Mel levels of a signal: `[40][1][frames]`, 86 frames a second.
pub fn mel_maps(onsets: &OnsetFrames) -> Maps {
    let mut maps = Maps::new(strokes::MEL, 1, onsets.len(), strokes::PAD);
    levels(onsets, &mut maps);
    maps
}

/// What beats and bars are heard from: mel levels, then how far harmony and bass change around each
/// frame, over 0.35 s and 0.8 s: `[44][1][frames]`, 86 frames a second.
pub fn bar_maps(onsets: &OnsetFrames, pitches: &PitchFrames) -> Maps {
    let mut maps = Maps::new(bars::CHANNELS, 1, onsets.len(), bars::PAD);
    levels(onsets, &mut maps);
    let folded: Vec<[[f32; 12]; 2]> = (0..pitches.len()).map(|t| pitches.fold(t)).collect();
    let reaches = [0.35, 0.8].map(|s: f64| (s * pitches::frame_rate()).round() as usize);
    let mut channel = strokes::MEL;
    for register in 0..2 {
        let chromas: Vec<[f32; 12]> = folded.iter().map(|f| f[register]).collect();
        for reach in reaches {
            let change = changes(&chromas, reach);
            for (t, out) in maps.row_mut(channel, 0).iter_mut().enumerate() {
                *out = 4.0 * change.get(t * onsets::HOP / pitches::HOP).copied().unwrap_or(0.0);
            }
            channel += 1;
        }
    }
    maps
}

fn levels(onsets: &OnsetFrames, maps: &mut Maps) {
    let amplitude = |log_power: f32| (0.5 * log_power).exp();
    let all = onsets.log_mel.iter().flatten().map(|x| amplitude(*x)).sum::<f32>();
    let count = (onsets.len() * strokes::MEL).max(1) as f32;
    let gain = 10.0 * count / all.max(1e-5 * count);
    for band in 0..strokes::MEL {
        for (out, frame) in maps.row_mut(band, 0).iter_mut().zip(&onsets.log_mel) {
            *out = (gain * amplitude(frame[band])).ln_1p().min(CEILING);
        }
    }
}

/// How far the mean chroma after each frame is from that before it: 0 alike .. 1 nothing in common.
fn changes(chromas: &[[f32; 12]], reach: usize) -> Vec<f32> {
    let mut sums = vec![[0f64; 12]; chromas.len() + 1];
    for (t, chroma) in chromas.iter().enumerate() {
        sums[t + 1] = std::array::from_fn(|i| sums[t][i] + f64::from(chroma[i]));
    }
    let between = |from: usize, to: usize| -> [f64; 12] {
        std::array::from_fn(|i| sums[to][i] - sums[from][i])
    };
    (0..chromas.len())
        .map(|t| {
            let before = between(t.saturating_sub(reach), t);
            let after = between(t, (t + reach).min(chromas.len()));
            let dot =
                |a: &[f64; 12], b: &[f64; 12]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
            let norm = (dot(&before, &before) * dot(&after, &after)).sqrt();
            if norm < 1e-9 { 0.0 } else { (1.0 - dot(&before, &after) / norm).max(0.0) as f32 }
        })
        .collect()
}

const BANDS: usize = notes::ROWS_READ * PER_SEMITONE;

/// Gaussian filters on a log-frequency axis over the spectra of one window.
struct Bank {
    stft: Stft,
    filters: Vec<(usize, Vec<f32>)>,
}

impl Bank {
    fn new(size: usize, tuning_cents: f64) -> Self {
        let bin_hz = f64::from(RATE_HZ) / size as f64;
        let filter = |band: usize| {
            let place = (band as f64 - 1.0) / PER_SEMITONE as f64 + tuning_cents / 100.0;
            let centre = 440.0 * 2f64.powf((notes::LOWEST as f64 + place - 69.0) / 12.0);
            // A third of a semitone wide, but never narrower than the window resolves.
            let width = (0.5 * centre * (2f64.powf(1.0 / 36.0) - 1.0)).max(0.6 * bin_hz);
            let first = ((centre - 2.5 * width) / bin_hz).ceil().max(1.0) as usize;
            let last = (((centre + 2.5 * width) / bin_hz) as usize).min(size / 2);
            let weights = (first..=last).map(|bin| {
                let off = (bin as f64 * bin_hz - centre) / width;
                (-0.5 * off * off).exp() as f32
            });
            (first, weights.collect())
        };
        Self { stft: Stft::new(size, HOP), filters: (0..BANDS).map(filter).collect() }
    }

    /// Amplitude of each band, `[frame][band]`.
    fn read(&self, samples: &[f32]) -> Vec<f32> {
        let mut levels = Vec::with_capacity(self.stft.frames(samples.len()) * BANDS);
        self.stft.magnitudes(samples, |_, magnitudes| {
            for (first, weights) in &self.filters {
                let bins = magnitudes.get(*first..*first + weights.len()).unwrap_or(&[]);
                levels.push(weights.iter().zip(bins).map(|(w, m)| w * m).sum());
            }
        });
        levels
    }
}
