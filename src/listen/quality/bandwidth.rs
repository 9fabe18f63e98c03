//! A wall in the spectrum: what lossy coders and conversions from lower rates leave behind.
//!
//! Says "likely" and never accuses. Must be known to miss: MP3 V0, AAC at 256 kbit/s and whatever
//! else leaves the top octave alone; and to flag wrongly: a deliberate low-pass, old recordings,
//! samples of a low rate. Quiet files whose top lies in the noise have no wall to be seen.

use super::Source;
use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// The wall is looked for from here up, Hz (diagnostics §6).
const FROM_HZ: f64 = 9_000.0;
/// Fall within [`STEP_HZ`] that makes a wall, dB. Lossless files fall 5 to 7, walls 37 to 77
/// (measured, same source).
const FALL_DB: f64 = 20.0;
const STEP_HZ: f64 = 500.0;
/// Fall at which the edge is read, dB.
const EDGE_DB: f64 = 10.0;
/// What lies before it is averaged over this, Hz.
const BEFORE_HZ: f64 = 260.0;
/// Edge up to which a file was likely once lossy, Hz: MP3 at 192 kbit/s and V2 end at 18.8 kHz.
const EDGE_HZ: f64 = 19_000.0;
/// Edge up to which it is heard: 128 kbit/s and below end at 17.4 kHz or lower.
const HEARD_HZ: f64 = 17_500.0;
/// Rates of a lossy container from which a wall contradicts it, bit/s.
const GOOD_BITS: f64 = 250_000.0;
/// Loud share of the frames, and the percentile among them.
const LOUD: f64 = 0.5;
const PERCENTILE: f64 = 0.95;
/// Bins taken together: 43 Hz at 44.1 kHz; three of them are the nine bins' smoothing.
const GROUP: usize = 4;
/// Levels are kept in a byte: steps of 0.6 dB from -140 dBFS.
const STEP_DB: f64 = 0.6;
const LOWEST_DB: f64 = -140.0;
/// Frames needed.
const FRAMES_MIN: usize = 30;

/// The upper part of the spectrum of every frame, a byte a group of bins.
pub struct HighBands {
    bin_hz: f64,
    first: usize,
    groups: usize,
    levels: Vec<u8>,
    loudness: Vec<f32>,
}

/// The steepest fall of the upper spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// Where it falls, Hz.
    pub edge_hz: f64,
    /// How far within 500 Hz, dB.
    pub fall_db: f64,
}

impl HighBands {
    /// For frames of so many bins.
    pub fn new(bin_hz: f64, bins: usize) -> Self {
        let first = ((FROM_HZ - STEP_HZ) / bin_hz) as usize;
        let groups = bins.saturating_sub(first) / GROUP;
        Self { bin_hz, first, groups, levels: Vec::new(), loudness: Vec::new() }
    }

    /// Takes the power of every bin of a frame.
    pub fn push(&mut self, power: &[f32]) {
        if self.groups == 0 {
            return;
        }
        self.loudness.push(super::lanes::sum(power));
        for group in power[self.first..].chunks_exact(GROUP).take(self.groups) {
            let db = 10.0 * f64::from(group.iter().sum::<f32>() + 1e-20).log10();
            self.levels.push(((db - LOWEST_DB) / STEP_DB).clamp(0.0, 255.0) as u8);
        }
    }

    /// The steepest fall; `None` without enough frames or treble to measure one.
    pub fn read(&self) -> Option<Wall> {
        let curve = self.curve()?;
        let group_hz = self.bin_hz * GROUP as f64;
        let step = (STEP_HZ / group_hz).round().max(3.0) as usize;
        // Some groups together, so that a single high tone is no edge.
        let before = (BEFORE_HZ / group_hz).round().max(1.0) as usize;
        let last = curve.len().checked_sub(step + 1)?;
        // A notch comes back; beyond a wall nothing does.
        let mut beyond = curve.clone();
        for i in (0..curve.len() - 1).rev() {
            beyond[i] = f64::max(beyond[i], beyond[i + 1]);
        }
        let level = |i: usize| {
            let part = &curve[(i + 1).saturating_sub(before)..=i];
            part.iter().sum::<f64>() / part.len() as f64
        };
        let fall = |i: usize| level(i) - beyond[i + step];
        let steepest = (before.min(last)..=last).max_by(|a, b| fall(*a).total_cmp(&fall(*b)))?;
        let fall_db = fall(steepest);
        // The edge is where the wall begins, not where it is steepest: that is how codecs' edges are
        // given.
        let low = level(steepest) - EDGE_DB;
        let at = (steepest..=steepest + step).find(|i| curve[*i] < low).unwrap_or(steepest);
        let edge_hz = (self.first + GROUP * at) as f64 * self.bin_hz;
        Some(Wall { edge_hz, fall_db })
    }

    /// 95th percentile over the loud half of the frames of each group, dB, smoothed.
    fn curve(&self) -> Option<Vec<f64>> {
        let frames = self.loudness.len();
        if frames < FRAMES_MIN {
            return None;
        }
        let mut sorted = self.loudness.clone();
        sorted.sort_by(f32::total_cmp);
        let loud = sorted[(frames as f64 * LOUD) as usize].max(1e-12);
        let mut histograms = vec![[0u32; 256]; self.groups];
        let mut count = 0u32;
        for (level, frame) in self.loudness.iter().zip(self.levels.chunks_exact(self.groups)) {
            if *level >= loud {
                count += 1;
                for (histogram, level) in histograms.iter_mut().zip(frame) {
                    histogram[usize::from(*level)] += 1;
                }
            }
        }
        let wanted = (f64::from(count) * PERCENTILE) as u32;
        let raw: Vec<f64> = histograms
            .iter()
            .map(|histogram| {
                let mut seen = 0;
                let found = histogram.iter().position(|n| {
                    seen += n;
                    seen > wanted
                });
                found.unwrap_or(0) as f64 * STEP_DB + LOWEST_DB
            })
            .collect();
        let near = |i: usize| &raw[i.saturating_sub(1)..(i + 2).min(raw.len())];
        (count > 0)
            .then(|| (0..raw.len()).map(|i| near(i).iter().sum::<f64>() / near(i).len() as f64))
            .map(Iterator::collect)
    }
}

/// Whether a container promises the full band: lossless, or lossy at a high rate.
fn promises(source: &Source<'_>) -> Option<String> {
    let codec = source.info.codec.as_str();
    let lossless = ["pcm", "flac", "alac", "memory"].iter().any(|l| codec.starts_with(l));
    if lossless {
        return Some("lossless".to_owned());
    }
    let bits = source.bits_per_second.filter(|b| *b >= GOOD_BITS)?;
    Some(format!("{:.0} kbit/s", bits / 1000.0))
}

/// Reports a wall that the container's promise contradicts.
pub fn report(wall: Option<Wall>, source: &Source<'_>, report: &mut Report) {
    let Some(wall) = wall.filter(|w| w.fall_db > FALL_DB && w.edge_hz <= EDGE_HZ) else { return };
    let Some(promise) = promises(source) else { return };
    let heard = wall.edge_hz <= HEARD_HZ;
    let severity = if heard { Severity::Warn } else { Severity::Info };
    let detail = format!(
        "likely lossy once, or of a lower rate: the file is {promise}, yet its spectrum falls {:.0} dB at {:.1} kHz \
         (over {FALL_DB:.0} dB, up to {:.0} kHz); is that meant?",
        wall.fall_db,
        wall.edge_hz / 1000.0,
        EDGE_HZ / 1000.0
    );
    report.whole(ProblemKind::LikelyLossy, severity, detail);
}
