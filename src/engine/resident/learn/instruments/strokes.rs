//! A drum kit out of mixes: strokes of one kind, and of each what all of them have in common.
//!
//! The strokes of a kind in a track are laid over one another; a low quantile of their spectra keeps the
//! drum, which is there every time, and drops bass and chords, which are not (the idea of REPET, Rafii
//! & Pardo 2013, on strokes instead of beats). Must never keep more of a stroke than up to the next
//! one of its kind.

use super::sustain::{Trimmed, trim};
use crate::audio::hpss;
use crate::audio::resynthesis::Resynthesis;
use crate::domain::listening::{Listening, NoteSpan};
use crate::listen::strokes::PART as DRUMS;

/// Strokes of a kind that are laid over one another.
const LAID_OVER: usize = 10;
/// Fewest that have anything in common.
const FEWEST: usize = 4;
/// Seconds kept before a stroke, and most after it: cymbals ring, others do not.
const BEFORE_S: f64 = 0.03;
const AFTER_S: [f64; 2] = [0.35, 0.9];
/// Another stroke nearer than this spoils one.
const ALONE_S: f64 = 0.09;
/// How far a stroke is moved to where its energy rises.
const ALIGN_S: f64 = 0.025;
/// Frames and bins of the medians that tell strokes from what is held.
const MEDIANS: (usize, usize) = (31, 17);
/// The quantile of strokes that is common to them: a third have even less.
const COMMON: (usize, usize) = (1, 3);
/// Below this a kick is a held tone too.
const DEEP_HZ: f64 = 160.0;

/// A stroke of a kit.
pub struct Stroke {
    /// The sample.
    pub sample: Trimmed,
    /// Where it was struck in the hearing.
    pub at_s: f64,
    /// Length that was looked at.
    pub length_s: f64,
    /// As transcribed.
    pub velocity: u8,
    /// Share of the energy that the drum itself has, 0..1.
    pub purity: f64,
}

/// What to cut for a stroke.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// When it is struck.
    pub at_s: f64,
    /// When the cut ends.
    pub end_s: f64,
    /// As transcribed.
    pub velocity: u8,
}

/// The strokes of a kind that stand alone best, at most ten, from soft to hard.
pub fn choose(heard: &Listening, key: u8) -> Vec<Window> {
    let Some(notes) = &heard.notes else { return Vec::new() };
    let drums: Vec<&NoteSpan> = notes.iter().filter(|n| n.part == DRUMS).collect();
    let longest = AFTER_S[usize::from(matches!(key, 46 | 49))];
    let mut found: Vec<(f64, Window)> = drums
        .iter()
        .filter(|n| n.midi == key)
        .filter_map(|n| {
            let near = |d: f64| {
                drums.iter().any(|o| {
                    let off = o.start_s - n.start_s;
                    o.start_s != n.start_s && off > -d && off < d
                })
            };
            let after = drums
                .iter()
                .filter(|o| o.midi == key && o.start_s > n.start_s + 0.02)
                .map(|o| o.start_s - n.start_s)
                .fold(longest, f64::min);
            let together = drums
                .iter()
                .filter(|o| o.midi != key && (o.start_s - n.start_s).abs() < 0.02)
                .count();
            if after < 0.06 {
                return None;
            }
            let worth = f64::from(n.velocity) / 127.0 + (after / longest)
                - if near(ALONE_S) { 0.7 } else { 0.0 }
                - 0.8 * together as f64;
            let window = Window { at_s: n.start_s, end_s: n.start_s + after, velocity: n.velocity };
            Some((worth, window))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.at_s.total_cmp(&b.1.at_s)));
    found.truncate(LAID_OVER);
    let mut windows: Vec<Window> = found.into_iter().map(|(_, w)| w).collect();
    windows.sort_by(|a, b| a.velocity.cmp(&b.velocity).then(a.at_s.total_cmp(&b.at_s)));
    windows
}

/// Isolates strokes of one kind; `read` gives the channels of the mix between two times.
pub fn isolate(
    windows: &[Window],
    key: u8,
    rate_hz: u32,
    read: &dyn Fn(f64, f64) -> Vec<Vec<f32>>,
) -> Vec<Stroke> {
    if windows.len() < FEWEST {
        return Vec::new();
    }
    let rate = f64::from(rate_hz);
    let size = if rate_hz > 60_000 { 2_048 } else { 1_024 };
    let plan = Resynthesis::new(size, size / 8);
    let bins = size / 2 + 1;
    let longest = windows.iter().map(|w| w.end_s - w.at_s).fold(0.0, f64::max);
    // Each cut is moved so that its energy rises at the same frame.
    let cuts: Vec<(f64, Vec<Vec<f32>>)> = windows
        .iter()
        .map(|w| {
            let around = read(w.at_s - BEFORE_S - ALIGN_S, w.at_s + longest + ALIGN_S);
            let late = rise(&around, rate, BEFORE_S + ALIGN_S, ALIGN_S);
            let from = ((late - BEFORE_S).max(0.0) * rate) as usize;
            let planes = around.iter().map(|p| p[from.min(p.len())..].to_vec()).collect();
            (w.at_s + late - BEFORE_S - ALIGN_S, planes)
        })
        .collect();
    let spectra: Vec<Vec<_>> =
        cuts.iter().map(|(_, planes)| planes.iter().map(|p| plan.spectra(p)).collect()).collect();
    let powers: Vec<Vec<f32>> = spectra.iter().map(|s| super::power(s)).collect();
    let frames = powers.iter().map(|p| p.len() / bins).min().unwrap_or(0);
    let levels: Vec<f32> =
        powers.iter().map(|p| attack_level(p, bins, frames, &plan, rate)).collect();
    let common = common(&powers, &levels, frames * bins);
    let mut strokes = Vec::new();
    for (number, window) in windows.iter().enumerate() {
        let power = &powers[number];
        let magnitudes: Vec<f32> = power[..frames * bins].iter().map(|p| p.sqrt()).collect();
        let held = hpss::held(&magnitudes, bins, MEDIANS.0, MEDIANS.1);
        let mut gains = vec![0f32; power.len()];
        let (mut own, mut all) = (0f64, 0f64);
        let ends = ((window.end_s - window.at_s + BEFORE_S) * rate) as usize / plan.hop();
        for t in 0..frames.min(ends + 1) {
            for bin in 0..bins {
                let i = t * bins + bin;
                let shared = (common[i] * levels[number] / power[i].max(1e-12)).min(1.0);
                let deep = matches!(key, 36 | 45) && bin as f64 * plan.bin_hz(rate_hz) < DEEP_HZ;
                let struck = if deep { 1.0 } else { 1.0 - held[i] };
                gains[i] = shared * struck.sqrt();
                own += f64::from(power[i] * gains[i] * gains[i]);
                all += f64::from(power[i]);
            }
        }
        let planes: Vec<Vec<f32>> = spectra[number]
            .iter()
            .map(|s| {
                let mut masked = s.clone();
                masked.scale(&gains);
                plan.sound(&masked)
            })
            .collect();
        if let Some(sample) = trim(planes, BEFORE_S, rate_hz, false) {
            strokes.push(Stroke {
                sample,
                at_s: cuts[number].0,
                length_s: window.end_s - window.at_s,
                velocity: window.velocity,
                purity: own / all.max(1e-12),
            });
        }
    }
    strokes
}

/// Where, within `reach_s` of `at_s`, the level rises most in 5 ms.
fn rise(planes: &[Vec<f32>], rate: f64, at_s: f64, reach_s: f64) -> f64 {
    let step = (0.0025 * rate) as usize;
    let level = |i: usize| -> f32 {
        let (from, to) = (i * step, (i + 1) * step);
        planes.iter().filter_map(|p| p.get(from..to)).flatten().map(|s| s * s).sum::<f32>() + 1e-7
    };
    let (first, last) = ((at_s - reach_s).max(0.006), at_s + reach_s);
    let (first, last) = ((first * rate) as usize / step, (last * rate) as usize / step);
    (first..=last)
        .map(|i| ((level(i) + level(i + 1)) / (level(i - 1) + level(i - 2)), i))
        .fold((0.0, first), |best, next| if next.0 > best.0 { next } else { best })
        .1 as f64
        * 0.0025
}

/// Energy of the first tenth of a second after the stroke.
fn attack_level(power: &[f32], bins: usize, frames: usize, plan: &Resynthesis, rate: f64) -> f32 {
    let frame = |s: f64| (s * rate) as usize / plan.hop();
    let (from, to) = (frame(BEFORE_S).min(frames), frame(BEFORE_S + 0.1).min(frames));
    power[from * bins..to * bins].iter().sum::<f32>().max(1e-9)
}

/// What strokes have in common: a low quantile of their level-normalised power, bin by bin.
fn common(powers: &[Vec<f32>], levels: &[f32], count: usize) -> Vec<f32> {
    let mut here = vec![0f32; powers.len()];
    (0..count)
        .map(|i| {
            for (slot, (power, level)) in here.iter_mut().zip(powers.iter().zip(levels)) {
                *slot = power[i] / level;
            }
            here.sort_by(f32::total_cmp);
            here[here.len() * COMMON.0 / COMMON.1]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATE: f64 = 44_100.0;

    /// Eight snares over a bass that plays another note each time.
    fn music() -> (Vec<f32>, Vec<f32>) {
        let count = (8.5 * RATE) as usize;
        let mut noise = 1u32;
        let mut drums = vec![0f32; count];
        let mut tones = vec![0f32; count];
        for n in 0..8 {
            let start = ((0.5 + f64::from(n)) * RATE) as usize;
            noise = 1;
            for i in 0..(0.2 * RATE) as usize {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let white = (noise >> 8) as f64 / 8_388_608.0 - 1.0;
                drums[start + i] = (0.3 * white * (-(i as f64) / RATE / 0.05).exp()) as f32;
            }
            let hz = 110.0 * 2f64.powf(f64::from(n * 5 % 12) / 12.0);
            for i in 0..RATE as usize {
                let at = (f64::from(n) * RATE) as usize + i;
                let t = i as f64 / RATE;
                tones[at] = (0.2 * (TAU * hz * t).sin() + 0.1 * (TAU * 3.0 * hz * t).sin()) as f32;
            }
        }
        let _ = noise;
        (drums, tones)
    }

    #[test]
    fn the_drum_stays_and_the_bass_goes() {
        let (drums, tones) = music();
        let mix: Vec<f32> = drums.iter().zip(&tones).map(|(a, b)| a + b).collect();
        let windows: Vec<Window> = (0..8)
            .map(|n| {
                let at_s = 0.5 + f64::from(n);
                Window { at_s, end_s: at_s + 0.3, velocity: 90 }
            })
            .collect();
        let read = |from: f64, to: f64| {
            let (from, to) = ((from * RATE) as usize, (to * RATE) as usize);
            vec![mix[from..to.min(mix.len())].to_vec()]
        };
        let strokes = isolate(&windows, 38, 44_100, &read);
        assert_eq!(strokes.len(), 8);
        for stroke in &strokes {
            assert!((0.05..0.9).contains(&stroke.purity), "{}", stroke.purity);
            // What is left of the bass is far under the drum: energy after the drum has died.
            let plane = &stroke.sample.planes[0];
            let at = |s: f64| ((s * RATE) as usize).min(plane.len());
            let energy = |a: f64, b: f64| plane[at(a)..at(b)].iter().map(|s| s * s).sum::<f32>();
            assert!(energy(0.0, 0.1) > 20.0 * energy(0.2, 0.3), "{}", stroke.at_s);
            assert!((stroke.at_s.fract() - 0.5).abs() < 0.012, "{}", stroke.at_s);
        }
    }

    #[test]
    fn a_few_strokes_have_no_median() {
        let windows = vec![Window { at_s: 1.0, end_s: 1.3, velocity: 90 }; 3];
        assert!(isolate(&windows, 38, 44_100, &|_, _| vec![vec![0.0; 30_000]]).is_empty());
    }
}
