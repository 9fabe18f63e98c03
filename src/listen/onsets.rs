//! Log-mel frames, onset strength and cepstra of a mono signal at 22.05 kHz.
//!
//! Frames are 256 samples (11.6 ms) apart. Onset strength is the spectral flux of Böck & Widmer
//! (SuperFlux, DAFx 2013): each band against the largest of its neighbours two frames before, so
//! that vibrato does not count as attacks.

use super::RATE_HZ;
use crate::audio::stft::Stft;

/// Samples between frames.
pub const HOP: usize = 256;
const SIZE: usize = 1024;
/// Mel bands.
pub const BANDS: usize = 40;
/// Cepstral coefficients kept.
pub const CEPSTRA: usize = 20;
const LAG: usize = 2;

/// Frames a second.
pub fn frame_rate() -> f64 {
    f64::from(RATE_HZ) / HOP as f64
}

/// The frames of a signal.
#[derive(Clone, Debug, Default)]
pub struct OnsetFrames {
    /// Natural log of mel band power, one row a frame.
    pub log_mel: Vec<[f32; BANDS]>,
    /// Onset strength, all bands.
    pub strength: Vec<f32>,
    /// Onset strength below 150 Hz.
    pub low: Vec<f32>,
    /// Onset strength 150 Hz .. 2 kHz.
    pub mid: Vec<f32>,
    /// Onset strength above 2 kHz.
    pub high: Vec<f32>,
}

impl OnsetFrames {
    /// Analyses a signal.
    pub fn new(samples: &[f32]) -> Self {
        let stft = Stft::new(SIZE, HOP);
        let bank = MelBank::new(SIZE);
        let mut log_mel = Vec::with_capacity(stft.frames(samples.len()));
        stft.magnitudes(samples, |_, magnitudes| log_mel.push(bank.log_power(magnitudes)));
        let mut frames = Self { log_mel, ..Self::default() };
        frames.flux(&bank, compression(samples));
        frames
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.log_mel.len()
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.log_mel.is_empty()
    }

    fn flux(&mut self, bank: &MelBank, gain: f32) {
        let frames = self.log_mel.len();
        let level = |log_power: f32| (1.0 + gain * (0.5 * log_power).exp()).ln();
        let levels: Vec<[f32; BANDS]> = self.log_mel.iter().map(|f| f.map(level)).collect();
        for out in [&mut self.strength, &mut self.low, &mut self.mid, &mut self.high] {
            out.resize(frames, 0.0);
        }
        for t in LAG..frames {
            let (before, now) = (&levels[t - LAG], &levels[t]);
            let mut sums = [0f32; 3];
            for band in 0..BANDS {
                let neighbours = &before[band.saturating_sub(1)..(band + 2).min(BANDS)];
                let reference = neighbours.iter().copied().fold(f32::MIN, f32::max);
                let rise = (now[band] - reference).max(0.0);
                sums[bank.register[band]] += rise;
            }
            self.low[t] = sums[0];
            self.mid[t] = sums[1];
            self.high[t] = sums[2];
            self.strength[t] = sums.iter().sum();
        }
    }

    /// Mel-frequency cepstral coefficients of one frame: orthonormal DCT-II of the log powers.
    pub fn cepstrum(&self, frame: usize, dct: &Dct) -> [f32; CEPSTRA] {
        dct.apply(&self.log_mel[frame])
    }
}

/// Gain before the logarithm of the flux, from the signal's own level: soft attacks count, but
/// less than hard ones, in quiet and loud records alike.
fn compression(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|x| f64::from(*x).powi(2)).sum();
    let rms = (power / samples.len().max(1) as f64).sqrt();
    (30.0 / rms.max(1e-4)) as f32
}

/// Local mean taken out, negative values cut, unit variance.
pub fn flatten(strength: &[f32]) -> Vec<f32> {
    let half = (0.4 * frame_rate()) as usize;
    let mut sums = Vec::with_capacity(strength.len() + 1);
    sums.push(0f64);
    for value in strength {
        sums.push(sums[sums.len() - 1] + f64::from(*value));
    }
    let mut flat: Vec<f32> = (0..strength.len())
        .map(|i| {
            let (from, to) = (i.saturating_sub(half), (i + half + 1).min(strength.len()));
            let mean = (sums[to] - sums[from]) / (to - from) as f64;
            (f64::from(strength[i]) - mean).max(0.0) as f32
        })
        .collect();
    let power: f64 = flat.iter().map(|v| f64::from(*v).powi(2)).sum();
    let scale = (power / flat.len().max(1) as f64).sqrt();
    if scale > 1e-6 {
        flat.iter_mut().for_each(|v| *v /= scale as f32);
    }
    flat
}

/// The cosines of an orthonormal DCT-II.
pub struct Dct {
    rows: Vec<[f32; BANDS]>,
}

impl Dct {
    /// For [`CEPSTRA`] coefficients of [`BANDS`] values.
    pub fn new() -> Self {
        let rows = (0..CEPSTRA)
            .map(|k| {
                let norm = if k == 0 { 1.0 } else { 2.0 } / BANDS as f64;
                std::array::from_fn(|n| {
                    let angle = std::f64::consts::PI * k as f64 * (n as f64 + 0.5) / BANDS as f64;
                    (norm.sqrt() * angle.cos()) as f32
                })
            })
            .collect();
        Self { rows }
    }

    fn apply(&self, values: &[f32; BANDS]) -> [f32; CEPSTRA] {
        std::array::from_fn(|k| self.rows[k].iter().zip(values).map(|(c, v)| c * v).sum())
    }
}

impl Default for Dct {
    fn default() -> Self {
        Self::new()
    }
}

/// Triangular filters equally spaced in mel (Slaney's Auditory Toolbox scale: linear below 1 kHz,
/// logarithmic above), each of unit sum.
struct MelBank {
    filters: Vec<(usize, Vec<f32>)>,
    register: [usize; BANDS],
}

impl MelBank {
    fn new(size: usize) -> Self {
        let bin_hz = f64::from(RATE_HZ) / size as f64;
        let (low, high) = (mel(30.0), mel(10_500.0));
        let edge = |i: usize| mel_hz(low + (high - low) * i as f64 / (BANDS + 1) as f64);
        let mut register = [0; BANDS];
        let filters = (0..BANDS)
            .map(|band| {
                let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
                register[band] = match centre {
                    hz if hz < 150.0 => 0,
                    hz if hz < 2_000.0 => 1,
                    _ => 2,
                };
                let first = (left / bin_hz).floor() as usize;
                let last = ((right / bin_hz).ceil() as usize).min(size / 2);
                let mut weights: Vec<f32> = (first..=last)
                    .map(|bin| {
                        let hz = bin as f64 * bin_hz;
                        let rise = (hz - left) / (centre - left);
                        let fall = (right - hz) / (right - centre);
                        rise.min(fall).max(0.0) as f32
                    })
                    .collect();
                // Narrow low bands can fall between two bins: they then take the nearest.
                if weights.iter().sum::<f32>() < 1e-3 {
                    let nearest = (centre / bin_hz).round() as usize - first;
                    weights[nearest.min(last - first)] = 1.0;
                }
                let sum: f32 = weights.iter().sum();
                weights.iter_mut().for_each(|w| *w /= sum);
                (first, weights)
            })
            .collect();
        Self { filters, register }
    }

    fn log_power(&self, magnitudes: &[f32]) -> [f32; BANDS] {
        std::array::from_fn(|band| {
            let (first, weights) = &self.filters[band];
            let bins = &magnitudes[*first..*first + weights.len()];
            let power: f32 = weights.iter().zip(bins).map(|(w, m)| w * m * m).sum();
            // -100 dB floor: below it lie dither and codec noise, whose flux would look like music.
            (power + 1e-10).ln()
        })
    }
}

fn mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + 27.0 * (hz / 1000.0).ln() / 6.4f64.ln() }
}

fn mel_hz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * 6.4f64.powf((mel - 15.0) / 27.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_give_peaks_where_they_are() {
        let mut samples = vec![0f32; 22_050 * 4];
        for beat in 0..8 {
            for i in 0..200 {
                samples[5_000 + beat * 11_025 + i] = if i % 2 == 0 { 0.5 } else { -0.5 };
            }
        }
        let frames = OnsetFrames::new(&samples);
        for beat in 0..7 {
            let wanted = (5_000 + beat * 11_025) as f64 / HOP as f64;
            let near = wanted as usize - 6..wanted as usize + 12;
            let peak =
                near.clone().max_by(|a, b| frames.strength[*a].total_cmp(&frames.strength[*b]));
            let off = peak.unwrap() as f64 - wanted;
            assert!(off.abs() < 3.0, "{off}");
        }
    }

    #[test]
    fn a_held_tone_has_no_onsets_and_silence_none_at_all() {
        let tone: Vec<f32> = (0..44_100).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
        let frames = OnsetFrames::new(&tone);
        let steady = &frames.strength[20..frames.len() - 20];
        assert!(steady.iter().all(|s| *s < 0.5), "{steady:?}");
        assert!(OnsetFrames::new(&vec![0.0; 22_050]).strength.iter().all(|s| *s == 0.0));
    }

    #[test]
    fn mel_scale_goes_back_and_forth() {
        for hz in [30.0, 440.0, 1000.0, 5_000.0] {
            assert!((mel_hz(mel(hz)) - hz).abs() < 1e-6);
        }
    }
}
