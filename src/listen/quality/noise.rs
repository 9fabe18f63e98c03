//! Noise floor: hiss that stands where the music pauses.
//!
//! Must never measure where there is no pause: dense music gives `None`, "not measurable". Soft
//! music is not noise: what is left in the pauses must be as flat and as still as noise is.

use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Frequencies under which rumble and bass stay out, Hz (diagnostics §6).
const HIGH_PASS_HZ: f64 = 100.0;
/// Percentiles of the frames' levels that are floor and programme.
const FLOOR: f64 = 0.05;
const PROGRAMME: f64 = 0.95;
/// Floor over which there is no pause to measure in, dBFS.
const NO_PAUSE_DB: f64 = -40.0;
/// Under this a pause is digital silence and has no noise, dBFS.
const NOTHING_DB: f64 = -100.0;
/// Programme over floor under which noise is heard, dB.
const SNR_DB: f64 = 35.0;
/// Floor over which it is mentioned, dBFS.
const AUDIBLE_DB: f64 = -60.0;
/// Flatness of the frames at the floor from which they are noise. White noise through a Hann
/// window reads 0.6, tones under 0.2; see the bench for what real pauses read.
const FLAT: f64 = 0.48;
/// How far the quietest frames may lie apart, dB: noise stands still, soft music does not. White
/// noise varies by 0.15 dB from frame to frame, pink noise by 0.5.
const SPREAD_DB: f64 = 0.8;
/// Percentile below the floor that this is measured from.
const LOWEST: f64 = 0.02;
/// Bins whose geometric mean is held against the arithmetic one, and where.
const BLOCK: usize = 16;
const FLAT_FROM_HZ: f64 = 500.0;
const FLAT_TO_HZ: f64 = 10_000.0;
/// Frames needed.
const FRAMES_MIN: usize = 40;

/// Level and flatness of every frame.
pub struct FloorMeter {
    first: usize,
    flat: std::ops::Range<usize>,
    frames: Vec<(f32, f32)>,
}

/// Noise of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseFloor {
    /// 5th percentile of the frames' levels, dBFS.
    pub floor_db: f64,
    /// 95th percentile over it, dB.
    pub snr_db: f64,
    /// Flatness of the frames at the floor, 0 tones .. 0.6 white noise.
    pub flatness: f64,
    /// 5th over 2nd percentile, dB: how still the floor stands.
    pub spread_db: f64,
}

impl FloorMeter {
    /// For frames of so many bins.
    pub fn new(bin_hz: f64, bins: usize) -> Self {
        let bin = |hz: f64| ((hz / bin_hz) as usize).min(bins);
        let flat = bin(FLAT_FROM_HZ)..bin(FLAT_TO_HZ);
        Self { first: bin(HIGH_PASS_HZ), flat, frames: Vec::new() }
    }

    /// Takes the power of every bin of a frame.
    pub fn push(&mut self, power: &[f32]) {
        let level = 10.0 * (super::lanes::sum(&power[self.first..]) + 1e-20).log10();
        let blocks = power[self.flat.clone()].chunks_exact(BLOCK);
        let count = blocks.len().max(1) as f32;
        let flatness = blocks.map(flatness).sum::<f32>() / count;
        self.frames.push((level, flatness));
    }

    /// The floor; `None` where there is no pause to measure in.
    pub fn read(mut self) -> Option<NoiseFloor> {
        self.frames.retain(|f| f64::from(f.0) > NOTHING_DB);
        let count = self.frames.len();
        if count < FRAMES_MIN {
            return None;
        }
        self.frames.sort_by(|a, b| a.0.total_cmp(&b.0));
        let quiet = ((count as f64 * FLOOR) as usize).max(1);
        let floor_db = f64::from(self.frames[quiet].0);
        let loud_db = f64::from(self.frames[(count as f64 * PROGRAMME) as usize].0);
        let flatness =
            self.frames[..=quiet].iter().map(|f| f64::from(f.1)).sum::<f64>() / (quiet + 1) as f64;
        (floor_db <= NO_PAUSE_DB).then_some(NoiseFloor {
            floor_db,
            snr_db: loud_db - floor_db,
            flatness,
            spread_db: floor_db - f64::from(self.frames[(count as f64 * LOWEST) as usize].0),
        })
    }
}

/// Geometric over arithmetic mean. The product is taken before its logarithm: few logarithms.
fn flatness(power: &[f32]) -> f32 {
    let mean = super::lanes::sum(power) / power.len() as f32;
    if mean < 1e-20 {
        return 0.0;
    }
    // Normalised first, so that products of eight neither overflow nor vanish.
    let log: f32 = power
        .chunks(8)
        .map(|part| part.iter().map(|p| (p / mean).max(1e-4)).product::<f32>().max(1e-36).ln())
        .sum();
    (log / power.len() as f32).exp()
}

/// Reports noise that is heard; nothing where it cannot be measured.
pub fn report(noise: Option<NoiseFloor>, report: &mut Report) {
    let is_noise = |n: &NoiseFloor| n.flatness > FLAT && n.spread_db < SPREAD_DB;
    let Some(noise) = noise.filter(|n| is_noise(n) && n.floor_db > AUDIBLE_DB) else { return };
    let NoiseFloor { floor_db, snr_db, .. } = noise;
    let (severity, detail) = if snr_db < SNR_DB {
        let detail = format!(
            "noise at {floor_db:.0} dBFS, {snr_db:.0} dB under the music, less than {SNR_DB:.0}"
        );
        (Severity::Warn, detail)
    } else {
        (Severity::Info, format!("noise at {floor_db:.0} dBFS, over {AUDIBLE_DB:.0}"))
    };
    report.whole(ProblemKind::Noise, severity, detail);
}
