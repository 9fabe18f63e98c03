//! The sound of a track in figures: timbre, rhythm, harmony and production.
//!
//! What style ranks are computed from. Every figure is of the track alone: no comparison happens
//! here.

use super::onsets::{BANDS, CEPSTRA, Dct, OnsetFrames, frame_rate};
use super::pitches::PitchFrames;
use crate::domain::listening::ChordSpan;
use crate::domain::pitch::Key;
use serde::{Deserialize, Serialize};

/// Points of the rhythm curve.
pub const RHYTHM_LAGS: usize = 60;
const SHORTEST_LAG_S: f64 = 0.25;
const LONGEST_LAG_S: f64 = 4.0;

/// Stereo and level figures that need the file's own rate and channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Production {
    /// Integrated loudness, LUFS.
    pub loudness_lufs: f32,
    /// Loudness range, LU.
    pub range_lu: f32,
    /// True peak less loudness, dB.
    pub crest_db: f32,
    /// Side over mid power below 250 Hz, to 4 kHz and above, dB, from -60 (mono).
    pub width_db: [f32; 3],
}

/// The figures of a track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SoundProfile {
    /// Mean cepstrum.
    pub cepstrum_mean: Vec<f32>,
    /// Covariance of the cepstrum, row by row.
    pub cepstrum_cov: Vec<f32>,
    /// Variance of the cepstrum's change from frame to frame.
    pub cepstrum_flux: Vec<f32>,
    /// Mean log-mel spectrum less its mean: equalisation without level.
    pub spectrum: Vec<f32>,
    /// Autocorrelation of onsets at 60 lags from 0.25 to 4 s, equally spaced in logarithm.
    pub rhythm: Vec<f32>,
    /// Onsets a second in the low, middle and high band.
    pub onset_rates: [f32; 3],
    /// Beats a minute, where there is a beat.
    pub tempo_bpm: Option<f32>,
    /// Chroma rotated so that the tonic is first; unit length.
    pub chroma: Vec<f32>,
    /// Chord changes a second.
    pub chord_rate: f32,
    /// 1 minor, 0 major, 0.5 unknown.
    pub minor: f32,
    /// Entropy of the chroma over its maximum, 0..1.
    pub chroma_entropy: f32,
    /// Share of held sound.
    pub harmonicity: f32,
    /// Level and stereo.
    pub production: Production,
}

/// Everything the profile is made from.
pub struct Heard<'a> {
    /// Onset frames.
    pub onsets: &'a OnsetFrames,
    /// Pitch frames.
    pub pitches: &'a PitchFrames,
    /// Beats a minute, where there is a beat.
    pub tempo_bpm: Option<f64>,
    /// The key, where there is one.
    pub key: Option<Key>,
    /// Chords.
    pub chords: &'a [ChordSpan],
    /// Level and stereo.
    pub production: Production,
}

impl SoundProfile {
    /// Measures a track.
    pub fn new(heard: Heard<'_>) -> Self {
        let cepstra = loud_cepstra(heard.onsets);
        let mean = mean_of(&cepstra);
        let chroma = heard.pitches.mean_chroma();
        let tonic = heard.key.map_or_else(|| strongest(&chroma), |k| k.tonic.index());
        let rotated: Vec<f32> = (0..12).map(|i| chroma[(i + tonic) % 12]).collect();
        let seconds = heard.onsets.len().max(1) as f64 / frame_rate();
        let changes = heard.chords.len().saturating_sub(1) as f64 / seconds;
        Self {
            cepstrum_cov: covariance(&cepstra, &mean),
            cepstrum_flux: flux(&cepstra),
            cepstrum_mean: mean,
            spectrum: spectrum(heard.onsets),
            rhythm: rhythm(&heard.onsets.strength),
            onset_rates: [&heard.onsets.low, &heard.onsets.mid, &heard.onsets.high]
                .map(|s| (peaks(s) as f64 / seconds) as f32),
            tempo_bpm: heard.tempo_bpm.map(|bpm| bpm as f32),
            chroma_entropy: entropy(&chroma),
            chroma: rotated,
            chord_rate: changes as f32,
            minor: heard.key.map_or(0.5, |k| f32::from(u8::from(k.mode.is_minor()))),
            harmonicity: heard.pitches.harmonicity as f32,
            production: heard.production,
        }
    }
}

/// Cepstra of the frames within 40 dB of the loudest tenth; silence has no timbre.
fn loud_cepstra(onsets: &OnsetFrames) -> Vec<[f32; CEPSTRA]> {
    let level: Vec<f32> =
        onsets.log_mel.iter().map(|f| f.iter().copied().fold(f32::MIN, f32::max)).collect();
    let mut sorted = level.clone();
    sorted.sort_by(f32::total_cmp);
    let loud = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
    let dct = Dct::new();
    (0..onsets.len()).filter(|t| level[*t] > loud - 9.2).map(|t| onsets.cepstrum(t, &dct)).collect()
}

fn mean_of(rows: &[[f32; CEPSTRA]]) -> Vec<f32> {
    let n = rows.len().max(1) as f64;
    (0..CEPSTRA).map(|c| (rows.iter().map(|r| f64::from(r[c])).sum::<f64>() / n) as f32).collect()
}

fn covariance(rows: &[[f32; CEPSTRA]], mean: &[f32]) -> Vec<f32> {
    let n = rows.len().max(1) as f64;
    let mut out = vec![0f32; CEPSTRA * CEPSTRA];
    for a in 0..CEPSTRA {
        for b in a..CEPSTRA {
            let sum: f64 =
                rows.iter().map(|r| f64::from(r[a] - mean[a]) * f64::from(r[b] - mean[b])).sum();
            out[a * CEPSTRA + b] = (sum / n) as f32;
            out[b * CEPSTRA + a] = (sum / n) as f32;
        }
    }
    out
}

fn flux(rows: &[[f32; CEPSTRA]]) -> Vec<f32> {
    let n = rows.len().saturating_sub(1).max(1) as f64;
    (0..CEPSTRA)
        .map(|c| {
            (rows.windows(2).map(|w| f64::from(w[1][c] - w[0][c]).powi(2)).sum::<f64>() / n) as f32
        })
        .collect()
}

fn spectrum(onsets: &OnsetFrames) -> Vec<f32> {
    let n = onsets.len().max(1) as f64;
    let mean: Vec<f64> = (0..BANDS)
        .map(|b| {
            let power: f64 = onsets.log_mel.iter().map(|f| f64::from(f[b]).exp()).sum();
            (power / n + 1e-10).ln()
        })
        .collect();
    let middle = mean.iter().sum::<f64>() / BANDS as f64;
    mean.iter().map(|m| (m - middle) as f32).collect()
}

fn rhythm(strength: &[f32]) -> Vec<f32> {
    let flat = super::onsets::flatten(strength);
    let n = flat.len();
    let mean = flat.iter().sum::<f32>() / n.max(1) as f32;
    let centred: Vec<f32> = flat.iter().map(|v| v - mean).collect();
    let power: f32 = centred.iter().map(|v| v * v).sum();
    let lag_of = |i: f64| {
        let share = i / (RHYTHM_LAGS - 1) as f64;
        SHORTEST_LAG_S * (LONGEST_LAG_S / SHORTEST_LAG_S).powf(share) * frame_rate()
    };
    (0..RHYTHM_LAGS)
        .map(|i| {
            // The largest within the point's own stretch: a period between two points counts.
            let from = lag_of(i as f64 - 0.5).round() as usize;
            let to = (lag_of(i as f64 + 0.5).round() as usize).max(from + 1);
            (from..to.min(n))
                .map(|lag| {
                    let later = &centred[lag..];
                    centred.iter().zip(later).map(|(a, b)| a * b).sum::<f32>() / power.max(1e-6)
                })
                .fold(f32::MIN, f32::max)
                .max(-1.0)
        })
        .collect()
}

/// Local maxima clearly above the local mean.
fn peaks(strength: &[f32]) -> usize {
    let flat = super::onsets::flatten(strength);
    (2..flat.len().saturating_sub(2))
        .filter(|t| {
            let v = flat[*t];
            v > 1.2 && v >= flat[t - 1] && v > flat[t + 1] && v >= flat[t - 2] && v > flat[t + 2]
        })
        .count()
}

fn strongest(chroma: &[f32; 12]) -> usize {
    (0..12).fold(0, |best, pc| if chroma[pc] > chroma[best] { pc } else { best })
}

fn entropy(chroma: &[f32; 12]) -> f32 {
    let sum: f32 = chroma.iter().sum();
    if sum <= 0.0 {
        return 1.0;
    }
    let bits: f32 =
        chroma.iter().map(|c| c / sum).filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum();
    bits / 12f32.log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covariance_is_symmetric_and_right() {
        let rows: Vec<[f32; CEPSTRA]> = (0..100)
            .map(|i| {
                std::array::from_fn(|c| if c == 0 { i as f32 } else { -(i as f32) * c as f32 })
            })
            .collect();
        let mean = mean_of(&rows);
        let cov = covariance(&rows, &mean);
        assert!((mean[0] - 49.5).abs() < 1e-4);
        assert!((cov[0] - 833.25).abs() < 0.1, "{}", cov[0]);
        assert!((cov[2] - cov[2 * CEPSTRA]).abs() < 1e-3);
        assert!((cov[2] + 2.0 * 833.25).abs() < 0.5);
    }

    #[test]
    fn rhythm_peaks_at_the_period() {
        let mut strength = vec![0.1f32; 86 * 30];
        for beat in 0..58 {
            strength[(f64::from(beat) * 0.5 * frame_rate()) as usize] = 4.0;
        }
        let curve = rhythm(&strength);
        let lag = |s: f64| {
            ((s / SHORTEST_LAG_S).ln() / (LONGEST_LAG_S / SHORTEST_LAG_S).ln() * 59.0).round()
                as usize
        };
        let near = |s: f64| curve[lag(s) - 1..=lag(s) + 1].iter().copied().fold(0f32, f32::max);
        assert!(near(0.5) > 0.3 || near(2.0) > 0.3, "{curve:?}");
        assert!(curve[lag(0.75)] < 0.1);
    }
}
