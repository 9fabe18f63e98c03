//! Chromaprint fingerprints (the "test 2" parameters that AcoustID uses), with rotation.
//!
//! A fingerprint is a word of 32 bits every 124 ms, made from twelve-class chroma by sixteen
//! Haar-like filters. Because the filters look at a chroma image, a transposition is a rotation of its
//! rows and another tempo a stretch of its columns: [`Fingerprint::changed`] makes the words that a
//! transposed, retimed or differently fast copy would have. The image is kept with three rows a
//! semitone, for a change of speed moves pitch by no whole number of them.
//! Filters and thresholds are those of the reference program (Lalinský, MIT), so that words can be
//! compared with other programs'. The landmarks of the second witness are kept beside the words.

use super::landmarks::Landmarks;
use crate::audio::resample::{ResampleError, resample_mono};
use crate::listen::RATE_HZ;
use realfft::RealFftPlanner;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use std::ops::Range;

/// Rate the fingerprint is computed at.
pub(super) const PRINT_HZ: u32 = 11_025;
const FRAME: usize = 4096;
const HOP: usize = FRAME / 3;
const CLASSES: usize = 12;
/// Rows a semitone in the image that is kept.
pub const STEPS: i32 = 3;
const PER_CLASS: usize = STEPS as usize;
const FINE: usize = CLASSES * PER_CLASS;
/// Frames that the widest filter spans.
const SPAN: usize = 16;
/// Smoothing over time.
const SMOOTHING: [f64; 5] = [0.25, 0.75, 1.0, 0.75, 0.25];
/// Chroma below this length is silence.
const SILENCE: f64 = 0.01;

/// Words a second.
pub fn words_per_s() -> f64 {
    f64::from(PRINT_HZ) / HOP as f64
}

/// The word that silence gives.
pub const SILENT_WORD: u32 = 627_964_279;

/// Kind, first row, height and width of a filter, and its three thresholds.
type Filter = (u8, usize, usize, usize, [f64; 3]);

const FILTERS: [Filter; 16] = [
    (0, 4, 3, 15, [1.98215, 2.35817, 2.63523]),
    (4, 4, 6, 15, [-1.03809, -0.651211, -0.282167]),
    (1, 0, 4, 16, [-0.298702, 0.119262, 0.558497]),
    (3, 8, 2, 12, [-0.105439, 0.0153946, 0.135898]),
    (3, 4, 4, 8, [-0.142891, 0.0258736, 0.200632]),
    (4, 0, 3, 5, [-0.826319, -0.590612, -0.368214]),
    (1, 2, 2, 9, [-0.557409, -0.233035, 0.0534525]),
    (2, 7, 3, 4, [-0.0646826, 0.00620476, 0.0784847]),
    (2, 6, 2, 16, [-0.192387, -0.029699, 0.215855]),
    (2, 1, 3, 2, [-0.0397818, -0.00568076, 0.0292026]),
    (5, 10, 1, 15, [-0.53823, -0.369934, -0.190235]),
    (3, 6, 2, 10, [-0.124877, 0.0296483, 0.139239]),
    (2, 1, 1, 14, [-0.101475, 0.0225617, 0.231971]),
    (3, 5, 6, 4, [-0.0799915, -0.00729616, 0.063262]),
    (1, 9, 2, 12, [-0.272556, 0.019424, 0.302559]),
    (3, 4, 2, 14, [-0.164292, -0.0321188, 0.0846339]),
];

/// A fingerprint, with the chroma it was made from and the landmarks of the same sound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Words in order of time.
    pub words: Vec<u32>,
    /// Spectral peaks in order of time.
    pub landmarks: Landmarks,
    /// Smoothed chroma, 36 bytes a frame; unit length of its twelve classes is about 255.
    chroma: Vec<u8>,
}

impl Fingerprint {
    /// From mono samples at the analysis rate (22.05 kHz). What is not a number counts as silence.
    pub fn new(mono: &[f32]) -> Result<Self, ResampleError> {
        // The converter does not take what is not a number.
        let samples = if mono.iter().all(|s| s.is_finite()) {
            resample_mono(mono, RATE_HZ, PRINT_HZ)?
        } else {
            let clean: Vec<f32> =
                mono.iter().map(|s| if s.is_finite() { *s } else { 0.0 }).collect();
            resample_mono(&clean, RATE_HZ, PRINT_HZ)?
        };
        let frames = smooth(&chroma(&samples));
        let chroma = frames.iter().flatten().map(|c| (c * 255.0).round() as u8).collect();
        let folded: Vec<[f64; CLASSES]> = frames.iter().map(|f| fold(f, 0)).collect();
        Ok(Self { words: words(&folded), landmarks: Landmarks::new(&samples), chroma })
    }

    /// Seconds of sound that the words look at.
    pub fn seconds(&self) -> f64 {
        (self.chroma.len() / FINE) as f64 / words_per_s()
    }

    /// The middle of the sound, or all of it where it is no longer; without landmarks.
    pub fn middle(&self, seconds: f64) -> Self {
        let count = self.chroma.len() / FINE;
        let length = ((seconds * words_per_s()).round() as usize).min(count);
        let from = (count - length) / 2;
        // A word looks at `SPAN` frames.
        let words = length.saturating_sub(SPAN - 1);
        let last = (from + words).min(self.words.len());
        Self {
            words: self.words[from.min(last)..last].to_vec(),
            landmarks: Landmarks::default(),
            chroma: self.chroma[from * FINE..(from + length) * FINE].to_vec(),
        }
    }

    /// The words of the same sound transposed up by `semitones`.
    pub fn rotated(&self, semitones: i32) -> Vec<u32> {
        self.changed(semitones * STEPS, 1.0)
    }

    /// The words of the same sound transposed up by `steps` thirds of a semitone and played `faster`
    /// times as fast.
    pub fn changed(&self, steps: i32, faster: f64) -> Vec<u32> {
        if steps == 0 && faster == 1.0 {
            return self.words.clone();
        }
        self.changed_part(steps, faster, 0..usize::MAX)
    }

    /// Some of the words of [`Self::changed`], fewer where the sound ends before.
    pub fn changed_part(&self, steps: i32, faster: f64, part: Range<usize>) -> Vec<u32> {
        let count = self.chroma.len() / FINE;
        let fine = |at: usize| &self.chroma[at * FINE..(at + 1) * FINE];
        let end = ((count as f64 / faster) as usize).min(part.end.saturating_add(SPAN - 1));
        let frames: Vec<[f64; CLASSES]> = (part.start..end)
            .map(|i| {
                let at = i as f64 * faster;
                let from = (at as usize).min(count - 1);
                if faster == 1.0 {
                    return fold(fine(from), steps);
                }
                let next = (from + 1).min(count - 1);
                between(&fold(fine(from), steps), &fold(fine(next), steps), at - from as f64)
            })
            .map(|frame| unit(&frame))
            .collect();
        words(&frames)
    }
}

/// A frame between two.
fn between(a: &[f64; CLASSES], b: &[f64; CLASSES], part: f64) -> [f64; CLASSES] {
    std::array::from_fn(|c| a[c] * (1.0 - part) + b[c] * part)
}

/// Brings a frame of stored bytes to unit length.
fn unit(frame: &[f64; CLASSES]) -> [f64; CLASSES] {
    let norm = frame.iter().map(|s| s * s).sum::<f64>().sqrt();
    // Under half of a stored frame's length it is mostly silence.
    if norm < 128.0 { [0.0; CLASSES] } else { frame.map(|s| s / norm) }
}

/// Twelve classes from the fine ones, raised by `steps` rows.
fn fold<T: Copy + Into<f64>>(fine: &[T], steps: i32) -> [f64; CLASSES] {
    let up = steps.rem_euclid(FINE as i32) as usize;
    std::array::from_fn(|class| {
        let lowest = class * PER_CLASS + FINE - up;
        (lowest..lowest + PER_CLASS).map(|row| fine[row % FINE].into()).sum()
    })
}

/// Power by third of a semitone of each frame. The first is A.
fn chroma(samples: &[f32]) -> Vec<[f64; FINE]> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
    let window: Vec<f32> = (0..FRAME)
        .map(|i| (0.54 - 0.46 * (TAU * i as f64 / (FRAME - 1) as f64).cos()) as f32)
        .collect();
    let index = |hz: f64| (FRAME as f64 * hz / f64::from(PRINT_HZ)).round() as usize;
    let range = index(28.0).max(1)..index(3520.0).min(FRAME / 2);
    let classes: Vec<usize> = (0..range.end)
        .map(|bin| {
            let hz = bin as f64 * f64::from(PRINT_HZ) / FRAME as f64;
            let octave = (hz.max(1.0) / 27.5).log2();
            (FINE as f64 * (octave - octave.floor())) as usize
        })
        .collect();
    let mut input = fft.make_input_vec();
    let mut output = fft.make_output_vec();
    let mut scratch = fft.make_scratch_vec();
    let mut frames = Vec::new();
    let mut start = 0;
    while start + FRAME <= samples.len() {
        for (slot, (sample, weight)) in
            input.iter_mut().zip(samples[start..start + FRAME].iter().zip(&window))
        {
            // The reference works on 16-bit samples.
            *slot = (sample.clamp(-1.0, 1.0) * 32_767.0).round() / 32_767.0 * weight;
        }
        let mut frame = [0.0; FINE];
        if fft.process_with_scratch(&mut input, &mut output, &mut scratch).is_ok() {
            for bin in range.clone() {
                frame[classes[bin]] += f64::from(output[bin].norm_sqr());
            }
        }
        frames.push(frame);
        start += HOP;
    }
    frames
}

/// Smooths over five frames and brings each to unit length of its twelve classes.
fn smooth(frames: &[[f64; FINE]]) -> Vec<[f64; FINE]> {
    frames
        .windows(SMOOTHING.len())
        .map(|window| {
            let mut sum = [0.0; FINE];
            for (frame, weight) in window.iter().zip(SMOOTHING) {
                for (s, c) in sum.iter_mut().zip(frame) {
                    *s += c * weight;
                }
            }
            let norm = fold(&sum, 0).iter().map(|s| s * s).sum::<f64>().sqrt();
            if norm < SILENCE { [0.0; FINE] } else { sum.map(|s| s / norm) }
        })
        .collect()
}

fn words(frames: &[[f64; CLASSES]]) -> Vec<u32> {
    let image = Image::new(frames);
    (SPAN..=frames.len()).map(|end| image.word(end - SPAN)).collect()
}

/// Sums over rectangles of the chroma image.
struct Image {
    /// The filters with the exponentials of their limits: no logarithm a word is then needed.
    filters: [Filter; 16],
    /// `sums[t][c]` is the sum of everything before frame `t` and below class `c`.
    sums: Vec<[f64; CLASSES + 1]>,
}

impl Image {
    fn new(frames: &[[f64; CLASSES]]) -> Self {
        let mut sums = Vec::with_capacity(frames.len() + 1);
        sums.push([0.0; CLASSES + 1]);
        for frame in frames {
            let mut row = sums[sums.len() - 1];
            let mut along = 0.0;
            for (class, value) in frame.iter().enumerate() {
                along += value;
                row[class + 1] += along;
            }
            sums.push(row);
        }
        let filters = FILTERS.map(|(kind, y, h, w, limits)| (kind, y, h, w, limits.map(f64::exp)));
        Self { filters, sums }
    }

    /// Frames `t0..t1`, classes `c0..c1`.
    fn area(&self, t0: usize, c0: usize, t1: usize, c1: usize) -> f64 {
        self.sums[t1][c1] - self.sums[t0][c1] - self.sums[t1][c0] + self.sums[t0][c0]
    }

    fn word(&self, t: usize) -> u32 {
        self.filters.iter().fold(0, |word, filter| {
            let ratio = self.filter(t, filter);
            let level = filter.4.iter().filter(|limit| ratio >= **limit).count();
            (word << 2) | [0, 1, 3, 2][level]
        })
    }

    /// Ratio of the light and the dark areas of a filter.
    fn filter(&self, t: usize, (kind, y, h, w, _): &Filter) -> f64 {
        let (y, h, w) = (*y, *h, *w);
        let area = |t0: usize, y0: usize, t1: usize, y1: usize| self.area(t + t0, y0, t + t1, y1);
        let (light, dark) = match kind {
            0 => (area(0, y, w, y + h), 0.0),
            1 => (area(0, y + h / 2, w, y + h), area(0, y, w, y + h / 2)),
            2 => (area(w / 2, y, w, y + h), area(0, y, w / 2, y + h)),
            3 => (
                area(0, y + h / 2, w / 2, y + h) + area(w / 2, y, w, y + h / 2),
                area(0, y, w / 2, y + h / 2) + area(w / 2, y + h / 2, w, y + h),
            ),
            4 => (
                area(0, y + h / 3, w, y + 2 * (h / 3)),
                area(0, y, w, y + h / 3) + area(0, y + 2 * (h / 3), w, y + h),
            ),
            _ => (
                area(w / 3, y, 2 * (w / 3), y + h),
                area(0, y, w / 3, y + h) + area(2 * (w / 3), y, w, y + h),
            ),
        };
        (1.0 + light) / (1.0 + dark)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A changing chord sequence with noise hits, transposed by semitones.
    pub(crate) fn song(seed: u32, seconds: f64, semitones: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / 16_777_216.0
        };
        let mut out = vec![0f32; (seconds * rate) as usize];
        let step = (rate * 0.45) as usize;
        let mut at = 0;
        while at < out.len() {
            let root = 45.0 + (random() * 12.0).floor();
            let third = if random() < 0.5 { 3.0 } else { 4.0 };
            let top = 69.0 + (random() * 12.0).floor();
            for midi in [root, root + third, root + 7.0, top] {
                let hz = 440.0 * 2f64.powf((midi + semitones - 69.0) / 12.0);
                let end = (at + step).min(out.len());
                for (i, slot) in out[at..end].iter_mut().enumerate() {
                    let t = i as f64 / rate;
                    let tone: f64 =
                        (1..4).map(|h| (TAU * hz * f64::from(h) * t).sin() / f64::from(h)).sum();
                    *slot += (0.08 * tone * (-t * 2.0).exp()) as f32;
                }
            }
            at += step;
        }
        out
    }

    #[test]
    fn length_and_silence() {
        let print = Fingerprint::new(&song(1, 30.0, 0.0)).unwrap();
        // 2.6 s before the first word, 8.08 words a second.
        let wanted = (30.0 - 2.6) * words_per_s();
        assert!((print.words.len() as f64 - wanted).abs() < 4.0, "{}", print.words.len());
        let silent = Fingerprint::new(&vec![0.0; 22_050 * 10]).unwrap();
        assert!(silent.words.iter().all(|w| *w == SILENT_WORD), "{:?}", silent.words[0]);
        assert!(Fingerprint::new(&[0.0; 100]).unwrap().words.is_empty());
    }

    #[test]
    fn the_middle_says_what_the_whole_says_there() {
        let whole = Fingerprint::new(&song(1, 40.0, 0.0)).unwrap();
        let middle = whole.middle(20.0);
        assert!((middle.seconds() - 20.0).abs() < 0.2, "{}", middle.seconds());
        let at = whole.words.windows(middle.words.len()).position(|w| w == middle.words);
        assert!(at.is_some_and(|at| at > 0));
        assert_eq!(whole.middle(100.0).words, whole.words);
        assert!(Fingerprint::default().middle(20.0).words.is_empty());
    }

    #[test]
    fn rotation_is_transposition() {
        let (low, high) = (song(2, 30.0, 0.0), song(2, 30.0, 2.0));
        let a = Fingerprint::new(&low).unwrap();
        let b = Fingerprint::new(&high).unwrap();
        let errors = |x: &[u32], y: &[u32]| {
            let sum: u32 = x.iter().zip(y).map(|(a, b)| (a ^ b).count_ones()).sum();
            f64::from(sum) / x.len() as f64
        };
        assert!(errors(&a.words, &b.words) > 9.0);
        let rotated = errors(&a.rotated(2), &b.words);
        assert!(rotated < 6.5, "{rotated}");
    }
}
