//! Beats by dynamic programming (Ellis 2007, "Beat tracking by dynamic programming"), and how much
//! they can be trusted, which a small network of [`crate::nn::pulse`] says.
//!
//! A track whose onsets do not stand on the beats is beatless and stays so: [`track`] then returns
//! `None`.

use super::onsets::{OnsetFrames, frame_rate};
use super::tempo::{Periodicity, Tempo, flatten};
use crate::nn::pulse::{self, Reading};

/// The pulse of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Pulse {
    /// Beats a minute.
    pub bpm: f64,
    /// 0..1, the share of tracks with these figures whose tempo is right.
    pub confidence: f64,
    /// Mean onset strength at beats over the mean of all frames, 1 for beats set blindly.
    pub contrast: f64,
    /// Autocorrelation of the onsets at the beat period, 0..1.
    pub periodicity: f64,
    /// Median distance of beats from a steady grid, in periods.
    pub spread: f64,
    /// Beats, in seconds.
    pub beats_s: Vec<f64>,
}

/// Weight of tempo steadiness against onset strength.
const TIGHTNESS: f64 = 100.0;
/// Below this confidence music is called beatless.
const BEATLESS: f64 = 0.3;
/// Below this autocorrelation any grid fits as well: noise reaches 0.05, speech 0.06.
const LEAST_PERIODICITY: f64 = 0.08;
/// Fewer beats say nothing.
const FEWEST_BEATS: usize = 8;

/// Finds the pulse; `None` for music without one.
pub fn track(frames: &OnsetFrames) -> Option<Pulse> {
    let likelier = |a: &Pulse, b: &Pulse| a.confidence.total_cmp(&b.confidence);
    let best = readings(frames).into_iter().map(|(_, pulse)| pulse).max_by(likelier)?;
    (best.confidence >= BEATLESS && best.beats_s.len() >= FEWEST_BEATS).then_some(best)
}

/// Every reading of the pulse with what is known of it; the confidence is the network's.
pub fn readings(frames: &OnsetFrames) -> Vec<(Reading, Pulse)> {
    let flat = flatten(&frames.strength);
    let periodicity = Periodicity::new(&flat);
    let mut found: Vec<(f64, Reading, Pulse)> = periodicity
        .candidates()
        .into_iter()
        .filter(|t| t.strength >= LEAST_PERIODICITY)
        .filter_map(|tempo| follow(&flat, tempo, &periodicity))
        .map(|(reading, pulse)| (plain_score(&pulse), reading, pulse))
        .collect();
    let best = found.iter().map(|(score, ..)| *score).fold(1e-6, f64::max);
    for (score, reading, _) in &mut found {
        reading.behind = (score.max(1e-6) / best).ln() as f32;
    }
    let mut found: Vec<(Reading, Pulse)> =
        found.into_iter().map(|(_, reading, pulse)| (reading, pulse)).collect();
    weigh(&mut found);
    found
}

/// Sets the confidence of each reading: the chance that any of them is right, shared out by what
/// the network says of each and by how usual its tempo is.
fn weigh(found: &mut [(Reading, Pulse)]) {
    let chances: Vec<f64> = found
        .iter()
        .map(|(reading, pulse)| match pulse::network() {
            Ok(network) => f64::from(network.probability(&reading.inputs())),
            // A program whose own weights are damaged would not have passed its tests.
            Err(_) => plain_confidence(pulse),
        })
        .collect();
    let any = 1.0 - chances.iter().map(|p| 1.0 - p).product::<f64>();
    let shares: Vec<f64> =
        chances.iter().zip(found.iter()).map(|(p, (_, pulse))| p * usual(pulse.bpm)).collect();
    let all: f64 = shares.iter().sum::<f64>();
    for ((_, pulse), share) in found.iter_mut().zip(shares) {
        pulse.confidence = if all > 0.0 { any * share / all } else { 0.0 };
    }
}

/// How usual a tempo is, against music of every tempo alike, which the network was trained on: the
/// resonance that people tap to (van Noorden & Moelants 1999), as a bell curve over octaves.
fn usual(bpm: f64) -> f64 {
    let octaves = (bpm / 125.0).log2() / 0.5;
    (-0.5 * octaves * octaves).exp()
}

/// The reading that figures set by hand prefer, and their confidence: what the network has to beat.
pub fn plain(readings: &[(Reading, Pulse)]) -> Option<Pulse> {
    let found = readings.iter().map(|(_, pulse)| pulse).take(4);
    let mut best = found.max_by(|a, b| plain_score(a).total_cmp(&plain_score(b)))?.clone();
    best.confidence = plain_confidence(&best);
    (best.confidence >= BEATLESS).then_some(best)
}

fn plain_score(pulse: &Pulse) -> f64 {
    pulse.contrast * (0.4 + pulse.periodicity) * expectation(pulse.bpm)
}

/// Logistic curve over how plain the periodicity is, how the onsets stand on the beats, and how far
/// beats stray from a steady grid (in periods).
fn plain_confidence(pulse: &Pulse) -> f64 {
    let x = 14.0 * (pulse.periodicity - 0.16) + 0.8 * (pulse.contrast.min(8.0) - 4.0)
        - 20.0 * (pulse.spread - 0.03);
    1.0 / (1.0 + (-x).exp())
}

fn follow(flat: &[f32], tempo: Tempo, periodicity: &Periodicity) -> Option<(Reading, Pulse)> {
    let period = 60.0 / tempo.bpm * frame_rate();
    let beats = dynamic_programming(flat, period);
    if beats.len() < FEWEST_BEATS {
        return None;
    }
    let contrast = contrast(flat, &beats);
    let (steady, spread) = straighten(&beats, period);
    let steps: Vec<f64> = steady.windows(2).map(|w| w[1] - w[0]).collect();
    let middle = median(&steps);
    let reading = Reading {
        octaves: (tempo.bpm / 120.0).log2() as f32,
        correlations: LAGS.map(|beats| periodicity.at(period * beats) as f32),
        contrast: log_ratio(contrast, 1.0),
        between: log_ratio(mean_at(flat, &halfway(&beats)), mean_at(flat, &beats)),
        alternation: alternation(flat, &beats),
        spread: spread as f32,
        behind: 0.0,
        beats: (beats.len() as f32).ln(),
    };
    let pulse = Pulse {
        bpm: 60.0 * frame_rate() / middle,
        confidence: 0.0,
        contrast,
        periodicity: tempo.strength,
        spread,
        beats_s: steady.iter().map(|b| b / frame_rate()).collect(),
    };
    Some((reading, pulse))
}

/// Lags of a reading's correlations, in its beats.
const LAGS: [f64; 8] = [1.0 / 3.0, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 4.0];

/// Natural log of a ratio of strengths, kept finite.
fn log_ratio(a: f64, b: f64) -> f32 {
    (a.max(1e-3) / b.max(1e-3)).ln() as f32
}

fn halfway(beats: &[f64]) -> Vec<f64> {
    beats.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect()
}

/// Log of the stronger half of every other beats over the weaker: a reading at twice the tempo has
/// every other beat on nothing.
fn alternation(flat: &[f32], beats: &[f64]) -> f32 {
    let half = |first: usize| {
        let every: Vec<f64> = beats.iter().skip(first).step_by(2).copied().collect();
        mean_at(flat, &every)
    };
    log_ratio(half(0), half(1)).abs()
}

/// What a tempo is worth against its halves and thirds. Every other beat of a steady pulse stands
/// on stronger onsets than all beats do, so slower readings must fit the onsets better to win.
fn expectation(bpm: f64) -> f64 {
    let octaves = (bpm / 125.0).log2() / 0.8;
    (-0.5 * octaves * octaves).exp() * (bpm / 125.0).sqrt()
}

fn dynamic_programming(flat: &[f32], period: f64) -> Vec<f64> {
    let local = smooth(flat, period / 32.0);
    let (least, most) = ((period / 2.0).round() as usize, (period * 2.0).round() as usize);
    let costs: Vec<f64> =
        (least..=most).map(|step| -TIGHTNESS * (step as f64 / period).ln().powi(2)).collect();
    let mut score = vec![0f64; local.len()];
    let mut from = vec![usize::MAX; local.len()];
    for t in 0..local.len() {
        let mut best = 0.0;
        for (i, cost) in costs.iter().enumerate() {
            let step = least + i;
            if step > t {
                break;
            }
            let value = score[t - step] + cost;
            if value > best {
                best = value;
                from[t] = t - step;
            }
        }
        score[t] = f64::from(local[t]) + best;
    }
    backtrack(&score, &from, &local, period)
}

fn backtrack(score: &[f64], from: &[usize], local: &[f32], period: f64) -> Vec<f64> {
    let tail = score.len().saturating_sub(period.ceil() as usize);
    let last = (tail..score.len()).max_by(|a, b| score[*a].total_cmp(&score[*b]));
    let mut beats = Vec::new();
    let mut at = last.unwrap_or(usize::MAX);
    while at != usize::MAX {
        beats.push(peak_position(local, at));
        at = from[at];
    }
    beats.reverse();
    // Beats before the music starts or after it ends stand on nothing.
    let mean = local.iter().sum::<f32>() / local.len().max(1) as f32;
    let floor = mean * 0.3;
    let strong = |b: &f64| local.get(b.round() as usize).is_some_and(|v| *v > floor);
    let first = beats.iter().position(strong).unwrap_or(beats.len());
    let last = beats.iter().rposition(strong).map_or(first, |i| i + 1);
    beats[first..last.max(first)].to_vec()
}

/// Top of the parabola through a sample and its neighbours.
fn peak_position(local: &[f32], at: usize) -> f64 {
    if at == 0 || at + 1 >= local.len() {
        return at as f64;
    }
    let (left, mid, right) =
        (f64::from(local[at - 1]), f64::from(local[at]), f64::from(local[at + 1]));
    let curve = left - 2.0 * mid + right;
    let shift = if curve < -1e-9 { 0.5 * (left - right) / curve } else { 0.0 };
    at as f64 + shift.clamp(-0.5, 0.5)
}

/// Puts beats on the straight line through them where they stray from it by less than played music
/// does: programmed music is exactly steady, and a straight grid is then the better measurement.
/// Also returns the median distance from the line, in periods.
fn straighten(beats: &[f64], period: f64) -> (Vec<f64>, f64) {
    let numbers = number(beats, period);
    let (slope, start) = line(&numbers, beats);
    let off: Vec<f64> =
        numbers.iter().zip(beats).map(|(n, b)| (b - start - slope * n).abs()).collect();
    let spread = median(&off) / period;
    let far = off.iter().filter(|o| **o > 0.06 * frame_rate()).count() as f64 / off.len() as f64;
    if median(&off) < 0.018 * frame_rate() && far < 0.1 {
        let last = numbers.last().copied().unwrap_or(0.0) as usize;
        let straight = (0..=last).map(|n| start + slope * n as f64).filter(|b| *b >= 0.0).collect();
        return (straight, spread);
    }
    // Drifting music: how far each beat is from half-way between its neighbours.
    let local: Vec<f64> =
        beats.windows(3).map(|w| (w[1] - 0.5 * (w[0] + w[2])).abs() / period).collect();
    (beats.to_vec(), median(&local))
}

/// Beat numbers: a step of about two periods counts two.
fn number(beats: &[f64], period: f64) -> Vec<f64> {
    let mut numbers = Vec::with_capacity(beats.len());
    let mut n = 0.0;
    for (i, beat) in beats.iter().enumerate() {
        if i > 0 {
            n += ((beat - beats[i - 1]) / period).round().max(1.0);
        }
        numbers.push(n);
    }
    numbers
}

/// Least squares line y = start + slope x.
fn line(x: &[f64], y: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let covariance: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let variance: f64 = x.iter().map(|a| (a - mx).powi(2)).sum();
    let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
    (slope, my - slope * mx)
}

fn contrast(flat: &[f32], beats: &[f64]) -> f64 {
    let all = flat.iter().sum::<f32>() / flat.len().max(1) as f32;
    // The largest of five frames of noise is about 2.2 times its mean; taken out so that 1 is chance.
    mean_at(flat, beats) / f64::from(all.max(1e-6)) / 2.2
}

/// Mean of the largest strength within two frames of each of these places.
fn mean_at(flat: &[f32], places: &[f64]) -> f64 {
    let at: f32 = places
        .iter()
        .map(|b| {
            let middle = b.round() as usize;
            (middle.saturating_sub(2)..=middle + 2)
                .filter_map(|i| flat.get(i))
                .copied()
                .fold(0.0, f32::max)
        })
        .sum();
    f64::from(at / places.len().max(1) as f32)
}

fn smooth(flat: &[f32], sigma: f64) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil() as isize;
    let weights: Vec<f32> =
        (-reach..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp() as f32).collect();
    (0..flat.len() as isize)
        .map(|t| {
            weights
                .iter()
                .enumerate()
                .map(|(i, w)| {
                    let at = usize::try_from(t + i as isize - reach).ok();
                    w * at.and_then(|at| flat.get(at)).copied().unwrap_or(0.0)
                })
                .sum()
        })
        .collect()
}

/// The middle value; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::RATE_HZ;

    /// Noise bursts on every beat, weaker ones between.
    fn drums(bpm: f64, seconds: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let mut samples = vec![0f32; (seconds * rate) as usize];
        let mut state = 3u32;
        let eighth = 30.0 / bpm;
        let mut n = 0;
        while (f64::from(n) * eighth + 0.3) * rate < samples.len() as f64 {
            let at = ((f64::from(n) * eighth + 0.2) * rate) as usize;
            let level = if n % 2 == 0 { 0.6 } else { 0.05 };
            for i in 0..2_000.min(samples.len() - at) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                samples[at + i] += noise * level * (-(i as f32) / 300.0).exp();
            }
            n += 1;
        }
        samples
    }

    #[test]
    fn drum_beats_are_found_to_the_frame() {
        for bpm in [84.0, 104.0, 126.0, 150.0] {
            let pulse = track(&OnsetFrames::new(&drums(bpm, 20.0))).unwrap();
            assert!((pulse.bpm / bpm - 1.0).abs() < 0.005, "{bpm}: {}", pulse.bpm);
            assert!(pulse.confidence > 0.8, "{bpm}: {}", pulse.confidence);
            for beat in &pulse.beats_s {
                let n = (beat - 0.2) * bpm / 60.0;
                assert!((n - n.round()).abs() * 60.0 / bpm < 0.025, "{bpm}: beat at {beat}");
            }
        }
    }

    #[test]
    fn noise_tones_and_silence_have_no_beat() {
        let mut state = 5u32;
        let noise: Vec<f32> = (0..22_050 * 15)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) as f32 / 8_388_608.0 - 1.0) * 0.2
            })
            .collect();
        let tone: Vec<f32> = (0..22_050 * 15).map(|i| (i as f32 * 0.06).sin() * 0.3).collect();
        for samples in [noise, tone, vec![0.0; 22_050 * 15], vec![0.0; 100], Vec::new()] {
            assert_eq!(track(&OnsetFrames::new(&samples)), None);
        }
    }
}
