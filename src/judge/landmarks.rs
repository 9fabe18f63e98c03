//! Landmarks: peaks of the spectrum, and pairs of them as hashes that say when.
//!
//! The second witness of the recording layer, independent of the chroma words: it sees a sample under
//! other sounds and tells the place to 23 ms. The method is that of Wang (2003) with the peak picking
//! that Ellis described (2009, 2014): a threshold that decays in time and spreads over frequency.
//! Only the peaks are kept, two or three bytes each; hashes are made from them when they are needed,
//! so that a transposed or retimed sound is asked for by moving its peaks.
//!
//! Must never decide: how many hashes agree by chance is for [`super::recording`] to know.

use super::fingerprint::PRINT_HZ;
use crate::audio::stft::hann;
use realfft::RealFftPlanner;
use serde::{Deserialize, Serialize};

/// Transform length at 11 025 Hz, 46 ms.
const FRAME: usize = 512;
/// Frames are 23 ms apart.
const HOP: usize = 256;
/// Bins that are looked at; the highest one is left out so that a bin is a byte.
const BINS: usize = FRAME / 2;
/// Pole of the high pass along time that takes out what stands still.
const POLE: f32 = 0.98;
/// Width of the shadow that a peak throws over its neighbours, bins.
const SPREAD: f32 = 30.0;
/// The threshold's decay from frame to frame, for about twenty peaks a second before pruning.
const DECAY: f32 = 0.995_133;
/// Peaks a frame.
const MOST: usize = 5;
/// Frames whose maximum the first threshold is taken from.
const FIRST: usize = 10;
/// Quietest magnitude that counts, below the loudest.
const FLOOR: f32 = 1e-6;

/// Pairs a peak.
const FAN_OUT: usize = 3;
/// Least and first too large distance of a pair, frames.
const APART: std::ops::Range<u32> = 2..63;
/// First too large distance of a pair, bins.
const INTERVAL: i32 = 31;

/// Frames a second.
pub fn frames_per_s() -> f64 {
    f64::from(PRINT_HZ) / HOP as f64
}

/// Peaks of a spectrum in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landmarks {
    /// Frames since the peak before; 255 stands for as many without a peak.
    steps: Vec<u8>,
    /// Bin of each peak, and 0 for a step that has none.
    bins: Vec<u8>,
}

/// A hash and the frame of its first peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash {
    /// 8 bits of the first bin, 6 of the interval, 6 of the distance.
    pub key: u32,
    /// Frame of the first peak.
    pub frame: u32,
}

impl Landmarks {
    /// Of mono samples at 11 025 Hz.
    pub fn new(samples: &[f32]) -> Self {
        let mut spectrum = log_spectrum(samples);
        sharpen(&mut spectrum);
        let peaks = prune(&spectrum, pick(&spectrum));
        let mut kept = Self::default();
        let mut last = 0;
        for peak in peaks {
            let mut step = peak.frame - last;
            while step >= 255 {
                kept.steps.push(255);
                kept.bins.push(0);
                step -= 255;
            }
            kept.steps.push(step as u8);
            kept.bins.push(peak.bin as u8);
            last = peak.frame;
        }
        kept
    }

    /// Frame and bin of each peak.
    pub fn peaks(&self) -> impl Iterator<Item = (u32, u8)> {
        let mut frame = 0;
        self.steps.iter().zip(&self.bins).filter_map(move |(step, bin)| {
            frame += u32::from(*step);
            (*step < 255).then_some((frame, *bin))
        })
    }

    /// Hashes in order of their keys, as the sound would have them if it were `higher` times as high
    /// and `faster` times as fast.
    pub fn hashes(&self, higher: f64, faster: f64) -> Vec<Hash> {
        let peaks: Vec<(u32, u8)> = self
            .peaks()
            .filter_map(|(frame, bin)| {
                let bin = (f64::from(bin) * higher).round();
                let frame = (f64::from(frame) / faster).round() as u32;
                (bin < BINS as f64).then_some((frame, bin as u8))
            })
            .collect();
        let mut hashes = Vec::with_capacity(peaks.len() * FAN_OUT);
        for (i, (frame, bin)) in peaks.iter().enumerate() {
            let later = peaks[i + 1..].iter().take_while(|p| p.0 - frame < APART.end);
            let pairs = later.filter(|p| {
                p.0 - frame >= APART.start && (i32::from(p.1) - i32::from(*bin)).abs() < INTERVAL
            });
            hashes.extend(pairs.take(FAN_OUT).map(|p| {
                let interval = (i32::from(p.1) - i32::from(*bin) + 32) as u32;
                Hash { key: u32::from(*bin) << 12 | interval << 6 | (p.0 - frame), frame: *frame }
            }));
        }
        hashes.sort_unstable();
        hashes
    }
}

#[derive(Clone, Copy, Debug)]
struct Peak {
    frame: u32,
    bin: usize,
    height: f32,
}

/// Rows of log magnitude, floored and freed of their mean.
fn log_spectrum(samples: &[f32]) -> Vec<[f32; BINS]> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
    let window = hann(FRAME);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let mut scratch = fft.make_scratch_vec();
    let mut rows = Vec::with_capacity(samples.len() / HOP);
    let mut loudest = 0f32;
    for block in samples.windows(FRAME).step_by(HOP) {
        for (slot, (sample, weight)) in input.iter_mut().zip(block.iter().zip(&window)) {
            *slot = sample * weight;
        }
        let mut row = [0f32; BINS];
        if fft.process_with_scratch(&mut input, &mut output, &mut scratch).is_ok() {
            for (slot, value) in row.iter_mut().zip(&output) {
                *slot = value.norm_sqr();
                loudest = loudest.max(*slot);
            }
        }
        rows.push(row);
    }
    // Powers: the floor is squared, and half the logarithm is that of the magnitude.
    let floor = loudest * FLOOR * FLOOR;
    if floor <= 0.0 {
        return Vec::new();
    }
    let mut sum = 0f64;
    for row in &mut rows {
        row.iter_mut().for_each(|v| *v = 0.5 * v.max(floor).ln());
        sum += f64::from(row.iter().sum::<f32>());
    }
    let mean = (sum / (rows.len() * BINS) as f64) as f32;
    rows.iter_mut().flatten().for_each(|v| *v -= mean);
    rows
}

/// High pass along time in each bin.
fn sharpen(rows: &mut [[f32; BINS]]) {
    let mut before = [0f32; BINS];
    let mut state = [0f32; BINS];
    for row in rows {
        for bin in 0..BINS {
            let value = row[bin];
            state[bin] = value - before[bin] + POLE * state[bin];
            before[bin] = value;
            row[bin] = state[bin];
        }
    }
}

/// The threshold: what a new peak must rise above.
struct Shadow {
    shape: [f32; BINS],
    height: [f32; BINS],
}

impl Shadow {
    fn new() -> Self {
        let shape = std::array::from_fn(|d| (-0.5 * (d as f32 / SPREAD).powi(2)).exp());
        Self { shape, height: [0.0; BINS] }
    }

    fn throw(&mut self, bin: usize, height: f32) {
        for (at, slot) in self.height.iter_mut().enumerate() {
            *slot = slot.max(height * self.shape[at.abs_diff(bin)]);
        }
    }

    fn decay(&mut self) {
        self.height.iter_mut().for_each(|h| *h *= DECAY);
    }
}

/// Is a bin above both neighbours?
fn summit(row: &[f32; BINS], bin: usize) -> bool {
    let left = if bin == 0 { f32::MIN } else { row[bin - 1] };
    let right = row.get(bin + 1).copied().unwrap_or(f32::MIN);
    row[bin] > left && row[bin] >= right
}

/// Peaks that rise above the shadows of those before them.
fn pick(rows: &[[f32; BINS]]) -> Vec<Peak> {
    let mut shadow = Shadow::new();
    let mut first = [0f32; BINS];
    for row in rows.iter().take(FIRST) {
        first.iter_mut().zip(row).for_each(|(f, v)| *f = f.max(*v));
    }
    for bin in 0..BINS {
        if summit(&first, bin) {
            shadow.throw(bin, first[bin]);
        }
    }
    let mut found = Vec::new();
    let mut over: Vec<(f32, usize)> = Vec::with_capacity(BINS);
    for (frame, row) in rows.iter().enumerate() {
        over.clear();
        over.extend(
            (1..BINS)
                .filter(|bin| row[*bin] > shadow.height[*bin] && summit(row, *bin))
                .map(|bin| (row[bin], bin)),
        );
        over.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (height, bin) in over.iter().take(MOST) {
            // A higher one in the same frame may have covered it.
            if *height > shadow.height[*bin] {
                shadow.throw(*bin, *height);
                found.push(Peak { frame: frame as u32, bin: *bin, height: *height });
            }
        }
        shadow.decay();
    }
    found
}

/// Takes off peaks that lie in the shadow of a later one; the rest in order of time, then pitch.
fn prune(rows: &[[f32; BINS]], peaks: Vec<Peak>) -> Vec<Peak> {
    let mut shadow = Shadow::new();
    let mut kept = Vec::with_capacity(peaks.len());
    let mut frame = rows.len() as u32;
    for peak in peaks.into_iter().rev() {
        while frame > peak.frame {
            shadow.decay();
            frame -= 1;
        }
        if peak.height >= shadow.height[peak.bin] {
            shadow.throw(peak.bin, peak.height);
            kept.push(peak);
        }
    }
    kept.sort_by_key(|p| (p.frame, p.bin));
    kept
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::Fingerprint;
    use super::super::fingerprint::tests::song;
    use super::*;
    use std::collections::BTreeMap;

    /// Most hashes of two sounds that agree on one distance in time, and that distance.
    fn aligned(a: &[Hash], b: &[Hash]) -> (usize, i64) {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for x in a {
            for y in b.iter().filter(|y| y.key == x.key) {
                *counts.entry(i64::from(y.frame) - i64::from(x.frame)).or_default() += 1;
            }
        }
        counts.into_iter().map(|(d, n)| (n, d)).max().unwrap_or_default()
    }

    fn marks(samples: &[f32]) -> Landmarks {
        Fingerprint::new(samples).unwrap().landmarks
    }

    #[test]
    fn a_part_is_found_at_its_place() {
        let whole = song(3, 40.0, 0.0);
        let part = &whole[22_050 * 12..22_050 * 27];
        let (there, here) = (marks(&whole).hashes(1.0, 1.0), marks(part).hashes(1.0, 1.0));
        let (count, distance) = aligned(&here, &there);
        let seconds = distance as f64 / frames_per_s();
        assert!(count * 4 > here.len() && (seconds - 12.0).abs() < 0.05, "{count} {seconds}");
        let stranger = marks(&song(4, 40.0, 0.0)).hashes(1.0, 1.0);
        assert!(aligned(&here, &stranger).0 * 8 < count);
    }

    #[test]
    fn moved_peaks_are_those_of_moved_sound() {
        let there = marks(&song(3, 30.0, 2.0)).hashes(1.0, 1.0);
        let here = marks(&song(3, 30.0, 0.0));
        let plain = aligned(&here.hashes(1.0, 1.0), &there).0;
        let moved = aligned(&here.hashes(2f64.powf(2.0 / 12.0), 1.0), &there).0;
        assert!(moved > 2 * plain && moved > 15, "{moved} {plain}");
    }

    #[test]
    fn silence_and_scraps_have_none() {
        for samples in [vec![0f32; 22_050 * 5], vec![0.1; 100], Vec::new(), vec![f32::NAN; 30_000]]
        {
            let marks = marks(&samples);
            assert_eq!(marks.peaks().count(), 0);
            assert!(marks.hashes(1.0, 1.0).is_empty());
        }
    }

    #[test]
    fn long_pauses_are_kept() {
        let mut sound = song(1, 5.0, 0.0);
        sound.extend(vec![0f32; 22_050 * 20]);
        sound.extend(song(2, 5.0, 0.0));
        let last = marks(&sound).peaks().last().unwrap().0;
        let seconds = f64::from(last) / frames_per_s();
        assert!((25.0..30.0).contains(&seconds), "{seconds}");
    }
}
