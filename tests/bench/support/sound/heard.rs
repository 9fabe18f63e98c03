//! What can be measured of a take without a peer: how its beat repeats and whether its drums
//! are struck where the score has them.
//!
//! Simple spectra only, on purpose: nothing here is what the product itself decides by.

use leitmotif::audio::Audio;
use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample;
use leitmotif::audio::stft::Stft;
use leitmotif::domain::limits::Limits;
use std::path::Path;

const RATE_HZ: u32 = 22_050;
const SIZE: usize = 1_024;
const HOP: usize = 256;
/// Two onsets this near are the same one, seconds.
const NEAR_S: f64 = 0.05;

/// A file as the bench hears it.
pub struct Heard {
    /// Rise of the log spectrum, frame by frame.
    pub onset: Vec<f32>,
    /// The sound, mono.
    pub samples: Vec<f32>,
}

impl Heard {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        let audio = read_all(path, &Limits::default()).expect("a take can be read");
        Self::of(&audio)
    }

    /// Hears a sound.
    pub fn of(audio: &Audio) -> Self {
        let mono = Audio::new(audio.rate_hz(), vec![audio.mono()]);
        let samples = resample(&mono, RATE_HZ).expect("a usual rate").channel(0).to_vec();
        let (mut before, mut onset) = (Vec::new(), Vec::new());
        Stft::new(SIZE, HOP).magnitudes(&samples, |_, m| {
            let now: Vec<f32> = m.iter().map(|v| (1.0 + 1e4 * v).ln()).collect();
            let rise: f32 =
                now.iter().zip(&before).map(|(a, b): (&f32, &f32)| (a - b).max(0.0)).sum();
            onset.push(rise);
            before = now;
        });
        Self { onset, samples }
    }

    /// Autocorrelation of the onsets at a beat or two, whichever is larger: 1 a machine, 0 no beat.
    pub fn pulse(&self, bpm: f64) -> f64 {
        let mean = self.onset.iter().sum::<f32>() / self.onset.len().max(1) as f32;
        let centred: Vec<f32> = self.onset.iter().map(|o| o - mean).collect();
        let at = |lag: usize| -> f64 {
            centred.iter().zip(centred.iter().skip(lag)).map(|(a, b)| f64::from(a * b)).sum()
        };
        let beat = 60.0 / bpm * f64::from(RATE_HZ) / HOP as f64;
        let near = |beats: f64| {
            let lag = (beat * beats).round() as usize;
            (lag.saturating_sub(1)..=lag + 1).map(at).fold(f64::MIN, f64::max)
        };
        near(1.0).max(near(2.0)) / at(0).max(1e-9)
    }

    /// Times at which something starts.
    fn starts(&self) -> Vec<f64> {
        let mean = self.onset.iter().sum::<f32>() / self.onset.len().max(1) as f32;
        (2..self.onset.len().saturating_sub(2))
            .filter(|t| {
                let here = self.onset[*t];
                let around = &self.onset[t - 2..t + 3];
                here > 1.2 * mean && around.iter().all(|o| *o <= here)
            })
            .map(|t| (t * HOP) as f64 / f64::from(RATE_HZ))
            .collect()
    }

    /// Share of strokes that are heard to start something, and of the same strokes moved by a third of
    /// a beat: what chance would give.
    pub fn struck(&self, strokes_s: &[f64], bpm: f64) -> (f64, f64) {
        let starts = self.starts();
        let share = |by: f64| {
            let hit = |s: &&f64| starts.iter().any(|t| (*t - **s - by).abs() <= NEAR_S);
            strokes_s.iter().filter(hit).count() as f64 / strokes_s.len().max(1) as f64
        };
        (share(0.0), share(20.0 / bpm))
    }
}
