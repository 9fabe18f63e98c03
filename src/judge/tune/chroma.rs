//! Chroma of short steps of time, from spectral peaks: everything for harmony, the treble with its
//! overtones taken out for tunes.
//!
//! The pitch frames of the hearing hold each band's median over 0.4 s, which drops short notes; a
//! tune needs them, so spectra are read again here. Must never look outside a step for its notes.

use crate::audio::stft::Stft;
use crate::listen::RATE_HZ;

/// Samples between frames, 23 ms.
const HOP: usize = 512;
/// Window for harmony, 0.37 s: bins 2.7 Hz apart.
const LONG: usize = 8192;
/// Window for tunes, 0.19 s: bins 5.4 Hz apart.
const SHORT: usize = 4096;
/// Range of harmony, Hz.
const FULL_HZ: (f64, f64) = (60.0, 2_500.0);
/// Range of tunes, Hz.
const TREBLE_HZ: (f64, f64) = (240.0, 2_500.0);
/// Lowest MIDI note of the treble's rows.
const LOWEST: usize = 58;
/// Semitones of the treble's rows.
const ROWS: usize = 44;
/// Compression of magnitudes: one loud partial must not hide the others.
const POWER: f32 = 0.67;
/// Semitones above a note at which its overtones 2 to 5 lie, and how much of the note is taken off
/// there. Overtone 3 is another class, a fifth up: with it in, every instrument has its own chroma.
const OVERTONES: [(usize, f32); 4] = [(12, 0.5), (19, 0.45), (24, 0.3), (28, 0.25)];

/// Chroma of each step, not normalised.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    /// Everything.
    pub full: Vec<[f32; 12]>,
    /// The treble without overtones.
    pub treble: Vec<[f32; 12]>,
}

/// Reads the steps between consecutive edges (seconds, rising) of a signal at 22.05 kHz.
pub(super) fn steps(samples: &[f32], tuning_cents: f64, edges_s: &[f64]) -> Steps {
    let count = edges_s.len().saturating_sub(1);
    let full = pool(samples, LONG, edges_s, count, |magnitudes, out| {
        peaks(magnitudes, LONG, tuning_cents, FULL_HZ, |midi, level| {
            spread(midi, level, |note, share| {
                if let Ok(note) = usize::try_from(note) {
                    out[note % 12] += share;
                }
            });
        });
    });
    let mut rows = [0f32; ROWS];
    let treble = pool(samples, SHORT, edges_s, count, |magnitudes, out| {
        rows.fill(0.0);
        peaks(magnitudes, SHORT, tuning_cents, TREBLE_HZ, |midi, level| {
            spread(midi, level, |note, share| {
                let row = usize::try_from(note).ok().and_then(|n| n.checked_sub(LOWEST));
                if let Some(slot) = row.and_then(|r| rows.get_mut(r)) {
                    *slot += share;
                }
            });
        });
        for (row, level) in without_overtones(&rows).iter().enumerate() {
            out[(row + LOWEST) % 12] += level;
        }
    });
    Steps { full, treble }
}

/// Sums what `read` adds for each frame into the step that holds the frame's centre; means, so that
/// long steps are no louder.
fn pool(
    samples: &[f32],
    size: usize,
    edges_s: &[f64],
    count: usize,
    mut read: impl FnMut(&[f32], &mut [f32; 12]),
) -> Vec<[f32; 12]> {
    let mut out = vec![[0f32; 12]; count];
    let mut frames = vec![0u32; count];
    let mut step = 0;
    Stft::new(size, HOP).magnitudes(samples, |frame, magnitudes| {
        let at_s = (frame * HOP) as f64 / f64::from(RATE_HZ);
        while step < count && at_s >= edges_s[step + 1] {
            step += 1;
        }
        if step < count && at_s >= edges_s[step] {
            read(magnitudes, &mut out[step]);
            frames[step] += 1;
        }
    });
    for (chroma, frames) in out.iter_mut().zip(frames) {
        chroma.iter_mut().for_each(|c| *c /= frames.max(1) as f32);
    }
    out
}

/// Calls `each(note, compressed level)` for every peak in a range; notes are tuned and fractional.
/// Peaks between bins lie on the parabola through the logarithms.
fn peaks(
    magnitudes: &[f32],
    size: usize,
    tuning_cents: f64,
    range_hz: (f64, f64),
    mut each: impl FnMut(f64, f32),
) {
    let bin_hz = f64::from(RATE_HZ) / size as f64;
    let first = ((range_hz.0 / bin_hz) as usize).max(1);
    let last = ((range_hz.1 / bin_hz) as usize).min(magnitudes.len().saturating_sub(2));
    for bin in first..=last {
        let [left, top, right] = [magnitudes[bin - 1], magnitudes[bin], magnitudes[bin + 1]];
        if top <= left || top < right || top < 1e-5 {
            continue;
        }
        let [l, m, r] = [left, top, right].map(|x| f64::from(x.max(1e-9)).ln());
        let shift = (0.5 * (l - r) / (l - 2.0 * m + r).min(-1e-9)).clamp(-0.5, 0.5);
        let hz = (bin as f64 + shift) * bin_hz;
        let midi = 69.0 + 12.0 * (hz / 440.0).log2() - tuning_cents / 100.0;
        each(midi, top.powf(POWER));
    }
}

/// Shares a peak between the two nearest semitones; one that is right on a note is all its own.
fn spread(midi: f64, level: f32, mut each: impl FnMut(i32, f32)) {
    let low = midi.floor();
    let part = (midi - low) as f32;
    // Raised cosine: within a fifth of a semitone hardly anything goes to the neighbour.
    let share = 0.5 - 0.5 * (std::f32::consts::PI * part).cos();
    each(low as i32, level * (1.0 - share));
    each(low as i32 + 1, level * share);
}

/// What is left of each row when the overtones of the rows below are taken off, from low to high.
fn without_overtones(rows: &[f32; ROWS]) -> [f32; ROWS] {
    let mut left = *rows;
    for row in 0..ROWS {
        let level = left[row];
        if level <= 0.0 {
            continue;
        }
        for (above, share) in OVERTONES {
            if let Some(slot) = left.get_mut(row + above) {
                *slot = (*slot - share * level).max(0.0);
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(midi: f64, seconds: f64, overtones: usize) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let hz = 440.0 * 2f64.powf((midi - 69.0) / 12.0);
        (0..(seconds * rate) as usize)
            .map(|i| {
                let t = i as f64 / rate;
                (1..=overtones).map(|h| (TAU * hz * h as f64 * t).sin() / h as f64).sum::<f64>()
                    as f32
                    * 0.2
            })
            .collect()
    }

    fn top(chroma: &[f32; 12]) -> usize {
        (0..12).fold(0, |b, i| if chroma[i] > chroma[b] { i } else { b })
    }

    #[test]
    fn notes_fall_into_their_steps() {
        let mut samples = tone(72.0, 1.0, 1);
        samples.extend(tone(75.0, 1.0, 1));
        let steps = steps(&samples, 0.0, &[0.0, 0.9, 1.1, 2.0]);
        assert_eq!(top(&steps.treble[0]), 0);
        assert_eq!(top(&steps.treble[2]), 3);
        assert_eq!(top(&steps.full[2]), 3);
    }

    #[test]
    fn overtones_are_taken_out_of_the_treble() {
        let steps = steps(&tone(69.0, 1.0, 6), 0.0, &[0.2, 0.8]);
        let treble = steps.treble[0];
        assert_eq!(top(&treble), 9);
        // The fifth of overtone 3 is the strongest stranger.
        assert!(treble[4] < 0.15 * treble[9], "{treble:?}");
        assert!(steps.full[0][4] > 0.2 * steps.full[0][9]);
    }

    #[test]
    fn tuning_is_followed() {
        let steps = steps(&tone(69.45, 1.0, 1), 45.0, &[0.2, 0.8]);
        assert!(steps.treble[0][9] > 20.0 * steps.treble[0][10], "{:?}", steps.treble[0]);
    }

    #[test]
    fn silence_and_nothing_have_no_chroma() {
        assert_eq!(steps(&vec![0.0; 22_050], 0.0, &[0.0, 0.5, 1.0]).full, vec![[0.0; 12]; 2]);
        assert!(steps(&[], 0.0, &[]).treble.is_empty());
        assert_eq!(steps(&[], 0.0, &[0.0, 1.0]).treble, vec![[0.0; 12]]);
    }
}
