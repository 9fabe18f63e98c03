//! The tune sketch of a track: chroma of sixteenths on its beats, a byte a class, made once at
//! import.
//!
//! Sixteenths are kept so that a track whose beat was taken for half or twice its speed can be
//! compared on another grid. Must never claim to know a track that says too little: too short,
//! silent or damaged sound is refused with the reason.

use super::chroma::{self, Steps};
use crate::domain::listening::{Listening, Meter};
use crate::listen::RATE_HZ;
use serde::{Deserialize, Serialize};

/// Changes whenever the way a sketch is made does.
pub const VERSION: u16 = 1;
/// Beats where none were heard, seconds: the reference grid of 0.25 s eighths.
const FIXED_BEAT_S: f64 = 0.5;
/// Shorter sounds hold no tune that could be compared.
pub const SHORTEST_S: f64 = 6.0;
/// Sound under this level, root mean square, is silence.
const SILENCE: f64 = 1e-5;
/// Beats longer than this are not taken for a grid, seconds.
const LONGEST_BEAT_S: f64 = 3.0;

/// Why there is nothing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotMeasured {
    /// Too short.
    #[error("it is shorter than 6 s: too short to hold a tune that could be compared")]
    TooShort,
    /// Nothing sounds.
    #[error("it is silent")]
    Silent,
    /// Samples or times are not numbers.
    #[error("it holds values that are not numbers")]
    NotNumbers,
    /// Nothing with a pitch moves.
    #[error("nothing in it has a pitch that moves")]
    NoPitch,
    /// There is no beat to lay a grid on.
    #[error("no beat was found in it")]
    NoBeat,
    /// Made by another version.
    #[error("it was listened to by another version; import it again")]
    OtherVersion,
}

/// What is kept of a track's notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    version: u16,
    /// Whether the grid lies on beats that were heard.
    on_beats: bool,
    /// Sixteenths of a beat: 4, or 6 where beats are dotted.
    per_beat: u8,
    /// Beats from before the first sound to after the last, seconds.
    beats_s: Vec<f32>,
    /// Twelve bytes a sixteenth: square root of the level over the largest.
    full: Vec<u8>,
    /// The same of the treble.
    treble: Vec<u8>,
}

impl Sketch {
    /// From mono samples at the analysis rate (22.05 kHz) and what was heard in them.
    pub fn new(mono: &[f32], heard: &Listening) -> Result<Self, NotMeasured> {
        let seconds = mono.len() as f64 / f64::from(RATE_HZ);
        if seconds < SHORTEST_S {
            return Err(NotMeasured::TooShort);
        }
        if mono.iter().any(|x| !x.is_finite()) {
            return Err(NotMeasured::NotNumbers);
        }
        let power = mono.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / mono.len() as f64;
        if power.sqrt() < SILENCE {
            return Err(NotMeasured::Silent);
        }
        let beats = grid(&heard.beats_s, seconds);
        let on_beats = beats.is_some();
        let beats = beats.unwrap_or_else(|| fixed(seconds));
        let meter = heard.meter.filter(|_| on_beats).unwrap_or(Meter::COMMON);
        let per_beat = if meter.pulses() == meter.beats { 4 } else { 6 };
        let steps = chroma::steps(mono, heard.tuning_cents, &divide(&beats, per_beat));
        Self::pack(&steps, on_beats, per_beat, &beats)
    }

    fn pack(
        steps: &Steps,
        on_beats: bool,
        per_beat: u8,
        beats_s: &[f64],
    ) -> Result<Self, NotMeasured> {
        let full = bytes(&steps.full).ok_or(NotMeasured::NoPitch)?;
        let treble = bytes(&steps.treble).ok_or(NotMeasured::NoPitch)?;
        let beats_s = beats_s.iter().map(|b| *b as f32).collect();
        Ok(Self { version: VERSION, on_beats, per_beat, beats_s, full, treble })
    }

    /// Whether this version can read it.
    pub fn check(&self) -> Result<(), NotMeasured> {
        let sixteenths = self.beats_s.len().saturating_sub(1) * usize::from(self.per_beat);
        let fits = self.full.len() == 12 * sixteenths && self.treble.len() == self.full.len();
        let rising = self.beats_s.windows(2).all(|w| w[1] > w[0]);
        if self.version != VERSION || !fits || !rising || !matches!(self.per_beat, 4 | 6) {
            return Err(NotMeasured::OtherVersion);
        }
        Ok(())
    }

    /// Whether its grid lies on beats.
    pub fn on_beats(&self) -> bool {
        self.on_beats
    }

    /// Median length of a quarter of its grid, seconds: four sixteenths.
    pub fn quarter_s(&self) -> f64 {
        let beats: Vec<f64> =
            self.beats_s.windows(2).map(|w| f64::from(w[1]) - f64::from(w[0])).collect();
        crate::listen::rhythm::median(&beats) * 4.0 / f64::from(self.per_beat)
    }

    /// Number of sixteenths.
    pub fn len(&self) -> usize {
        self.full.len() / 12
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.full.is_empty()
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.full.len() + self.treble.len() + 4 * self.beats_s.len()
    }

    /// When each sixteenth begins, and the end, seconds.
    pub(super) fn edges_s(&self) -> Vec<f64> {
        let beats: Vec<f64> = self.beats_s.iter().map(|b| f64::from(*b)).collect();
        divide(&beats, self.per_beat)
    }

    /// Levels of everything and of the treble in each sixteenth.
    pub(super) fn steps(&self) -> (Vec<[f32; 12]>, Vec<[f32; 12]>) {
        let read = |bytes: &[u8]| -> Vec<[f32; 12]> {
            let step = |b: &[u8]| std::array::from_fn(|i| (f32::from(b[i]) / 255.0).powi(2));
            bytes.chunks_exact(12).map(step).collect()
        };
        (read(&self.full), read(&self.treble))
    }
}

/// Beats from the start to the end of the sound: those that were heard, and on with the first and
/// last step. `None` where there is no steady beat.
pub(super) fn grid(heard_s: &[f64], seconds: f64) -> Option<Vec<f64>> {
    let good = |w: &[f64]| w[1] > w[0] + 0.1 && w[1] - w[0] < LONGEST_BEAT_S;
    if heard_s.len() < 4 || heard_s.iter().any(|b| !b.is_finite()) || !heard_s.windows(2).all(good)
    {
        return None;
    }
    let steps: Vec<f64> = heard_s.windows(2).map(|w| w[1] - w[0]).collect();
    let step = crate::listen::rhythm::median(&steps);
    let mut before = Vec::new();
    let mut at = heard_s[0] - step;
    while at > -0.5 * step {
        before.push(at.max(0.0));
        at -= step;
    }
    before.reverse();
    // The beat that was cut at the start is a beat only if something is left of it.
    let mut beats: Vec<f64> = before;
    beats.extend(heard_s.iter().copied().filter(|b| *b <= seconds));
    beats.dedup_by(|next, last| *next - *last < 0.05);
    while beats.last().is_some_and(|b| b + step <= seconds) {
        let last = beats[beats.len() - 1];
        beats.push(last + step);
    }
    (beats.len() >= 4).then_some(beats)
}

fn fixed(seconds: f64) -> Vec<f64> {
    (0..=(seconds / FIXED_BEAT_S) as usize).map(|i| i as f64 * FIXED_BEAT_S).collect()
}

/// Equal parts of each beat.
fn divide(beats_s: &[f64], parts: u8) -> Vec<f64> {
    let parts = f64::from(parts);
    let mut edges: Vec<f64> = beats_s
        .windows(2)
        .flat_map(|w| {
            let (from, step) = (w[0], (w[1] - w[0]) / parts);
            (0..parts as usize).map(move |i| from + step * i as f64)
        })
        .collect();
    edges.extend(beats_s.last());
    edges
}

/// A byte for each level; `None` where all are zero.
fn bytes(steps: &[[f32; 12]]) -> Option<Vec<u8>> {
    // The largest of a hundred, so that one loud stroke does not take the bits of all others.
    let mut tops: Vec<f32> = steps.iter().map(|s| s.iter().copied().fold(0.0, f32::max)).collect();
    tops.sort_by(f32::total_cmp);
    let top = *tops.get(tops.len().saturating_sub(1) - tops.len() / 100)?;
    if top <= 0.0 {
        return None;
    }
    let byte = |x: &f32| (255.0 * (x / top).clamp(0.0, 1.0).sqrt()).round() as u8;
    Some(steps.iter().flatten().map(byte).collect())
}

#[cfg(test)]
pub(in crate::judge) mod tests {
    use super::*;
    use crate::domain::listening::Pass;
    use std::f64::consts::TAU;

    /// Nothing heard yet.
    pub(in crate::judge) fn listening() -> Listening {
        Listening {
            pass: Pass::Quick,
            duration_s: 0.0,
            rate_hz: RATE_HZ,
            channels: 1,
            tempo_bpm: None,
            tempo_confidence: 0.0,
            meter: Some(Meter::COMMON),
            swing: None,
            beats_s: Vec::new(),
            tempo_drift: None,
            downbeats_s: Vec::new(),
            tuning_cents: 0.0,
            key: None,
            key_confidence: 0.0,
            keys: Vec::new(),
            chords: Vec::new(),
            sections: Vec::new(),
            loudness_lufs: None,
            loudness_range_lu: 0.0,
            true_peak_dbtp: None,
            vocals: None,
            notes: None,
            production: None,
            problems: Vec::new(),
        }
    }

    /// A tune of half-second notes with an overtone, each step one of a scale.
    pub(in crate::judge) fn tune(seed: u32, seconds: f64, semitones: f64, speed: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(99);
        let notes: Vec<f64> = (0..600)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from([0, 2, 4, 5, 7, 9, 11, 12][(state >> 20) as usize % 8])
            })
            .collect();
        (0..(seconds * rate) as usize)
            .map(|i| {
                let t = i as f64 / rate;
                let place = t * speed * 4.0;
                let midi = 67.0 + notes[place as usize % 600] + semitones;
                let hz = 440.0 * 2f64.powf((midi - 69.0) / 12.0);
                let fade = (1.0 - place.fract()).min(20.0 * place.fract());
                ((TAU * hz * t).sin() + 0.5 * (TAU * 2.0 * hz * t).sin()) as f32 * 0.2 * fade as f32
            })
            .collect()
    }

    pub(in crate::judge) fn heard(seconds: f64, speed: f64) -> Listening {
        let count = (seconds * 2.0 * speed) as usize;
        let beats_s = (0..count).map(|i| i as f64 * 0.5 / speed).collect();
        Listening { beats_s, ..listening() }
    }

    #[test]
    fn what_cannot_be_measured_says_why() {
        let new = |samples: &[f32]| Sketch::new(samples, &listening());
        assert_eq!(new(&[]), Err(NotMeasured::TooShort));
        assert_eq!(new(&vec![0.1; 22_050]), Err(NotMeasured::TooShort));
        assert_eq!(new(&vec![0.0; 200_000]), Err(NotMeasured::Silent));
        let mut broken = tune(1, 10.0, 0.0, 1.0);
        broken[1_000] = f32::NAN;
        assert_eq!(new(&broken), Err(NotMeasured::NotNumbers));
        assert_eq!(new(&vec![0.3; 200_000]), Err(NotMeasured::NoPitch));
    }

    #[test]
    fn without_beats_the_grid_is_fixed() {
        let samples = tune(1, 10.0, 0.0, 1.0);
        let sketch = Sketch::new(&samples, &listening()).unwrap();
        assert!(!sketch.on_beats());
        assert_eq!((sketch.len(), sketch.quarter_s()), (80, 0.5));
        let bad = Listening { beats_s: vec![1.0, f64::NAN, 2.0, 3.0, 4.0], ..listening() };
        assert!(!Sketch::new(&samples, &bad).unwrap().on_beats());
    }

    #[test]
    fn the_grid_goes_on_beyond_the_beats_that_were_heard() {
        let beats: Vec<f64> = (4..12).map(|i| 0.5 * f64::from(i)).collect();
        let grid = grid(&beats, 8.2).unwrap();
        assert!(grid[0] < 0.05 && grid[grid.len() - 1] > 7.9, "{grid:?}");
        assert!(grid.windows(2).all(|w| (w[1] - w[0] - 0.5).abs() < 1e-9), "{grid:?}");
    }

    #[test]
    fn a_sketch_is_small_and_of_one_version() {
        let samples = tune(1, 30.0, 0.0, 1.0);
        let mut sketch = Sketch::new(&samples, &heard(30.0, 1.0)).unwrap();
        assert!(sketch.bytes() < 8_000, "{}", sketch.bytes());
        assert_eq!(sketch.check(), Ok(()));
        sketch.version += 1;
        assert_eq!(sketch.check(), Err(NotMeasured::OtherVersion));
    }
}
