//! Fits how sure a hearing is to whether it was right: the constants of `src/listen/confidence.rs`.
//!
//! A logistic curve over the evidence (Platt 1999), fitted on every other piece of each set and tried
//! on the rest.

use super::cases::Case;
use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::judge::accuracy::beats;
use leitmotif::judge::accuracy::interval::wilson;
use leitmotif::listen::confidence::{CONFIDENT, FIGURES, key_said, odds};
use leitmotif::listen::onsets::OnsetFrames;
use leitmotif::listen::pitches::PitchFrames;
use leitmotif::listen::{RATE_HZ, chords, key, rhythm};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rounds of fitting, more than are needed.
const ROUNDS: usize = 4_000;
/// Weight of squared weights, against evidence that happens to fit a few pieces.
const PENALTY: f64 = 0.02;

/// What each figure of the evidence of a tempo speaks for: only a beat that is heard plainly is a good
/// sign.
const TEMPO_SIGNS: [f64; FIGURES] = [1.0, -1.0, -1.0, -1.0, -1.0, -1.0];

/// Evidence of one piece, and whether what was heard is right.
struct Trial {
    figures: Vec<f64>,
    right: bool,
    beat: bool,
}

struct Heard {
    set: String,
    tempo: Option<Trial>,
    key: Option<Trial>,
}

/// Fits both confidences on every other piece and prints constants and what they are worth.
pub fn print(cases: &[Case]) {
    let heard: Vec<Heard> = cases.par_iter().map(hear).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut fitted, mut kept) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for piece in &heard {
        let number = counts.entry(&piece.set).or_default();
        let half = if number.is_multiple_of(2) { &mut fitted } else { &mut kept };
        *number += 1;
        half[0].extend(&piece.tempo);
        half[1].extend(&piece.key);
    }
    println!("\nconfidence, fitted on every other piece, tried on the rest:");
    let kinds = [("TEMPO", TEMPO_SIGNS.as_slice()), ("KEY", &[1.0])];
    for ((name, signs), (fitted, kept)) in kinds.into_iter().zip(fitted.iter().zip(&kept)) {
        let weights = fit(fitted, signs);
        let words: Vec<String> = weights.iter().map(|w| format!("{w:.3}")).collect();
        println!("{name}: [{}]", words.join(", "));
        for (which, half) in [("fitted", fitted), ("kept", kept)] {
            worth(which, half, &weights);
        }
    }
}

fn hear(case: &Case) -> Heard {
    let audio = read_all(&case.wav, &Limits::default()).expect("a WAV of this bench's own");
    let samples = resample_mono(&audio.mono(), audio.rate_hz(), RATE_HZ).expect("a usual rate");
    let (onsets, pitches) = (OnsetFrames::new(&samples), PitchFrames::new(&samples));
    let found = rhythm::look(&onsets, &pitches).expect("weights that ship");
    let truth = &case.truth;
    let asked = truth.tempo_bpm > 0.0 && case.doubts.beats.is_none() && case.doubts.tempo.is_none();
    let tempo = found.as_ref().filter(|_| asked).map(|r| Trial {
        figures: r.evidence.figures().to_vec(),
        right: beats::tempo_exact(truth.tempo_bpm, r.bpm),
        beat: r.evidence.has_beat(),
    });
    let grid = found.map_or_else(
        || (0..=(case.seconds * 2.0) as usize).map(|i| i as f64 * 0.5).collect(),
        |r| r.beats_s,
    );
    let harmony = chords::find(&grid, &pitches).expect("weights that ship");
    let keys = key::find(&harmony, pitches.harmonicity).expect("weights that ship");
    let key = truth.key.zip(keys.whole).map(|(truth, (key, confidence))| Trial {
        figures: vec![odds(key_said(confidence))],
        right: truth == key,
        beat: true,
    });
    Heard { set: case.set.clone(), tempo, key }
}

fn chance(weights: &[f64], figures: &[f64]) -> f64 {
    let x = weights[0] + figures.iter().zip(&weights[1..]).map(|(f, w)| f * w).sum::<f64>();
    1.0 / (1.0 + (-x).exp())
}

/// Weights after a constant, by gradient over figures brought to one scale. The targets are Platt's,
/// a little inside 0 and 1, so that a half without errors is not taken for certainty.
/// A weight never gets another sign than its figure has: what a few odd pieces happen to show would be
/// wrong of others.
fn fit(trials: &[&Trial], signs: &[f64]) -> Vec<f64> {
    let Some(first) = trials.first() else { return Vec::new() };
    let size = first.figures.len();
    let n = trials.len() as f64;
    let mean: Vec<f64> =
        (0..size).map(|i| trials.iter().map(|t| t.figures[i]).sum::<f64>() / n).collect();
    let scale: Vec<f64> = (0..size)
        .map(|i| {
            let off = |t: &&Trial| (t.figures[i] - mean[i]).powi(2);
            (trials.iter().map(off).sum::<f64>() / n).sqrt().max(1e-6)
        })
        .collect();
    let right = trials.iter().filter(|t| t.right).count() as f64;
    let targets = [1.0 / (n - right + 2.0), (right + 1.0) / (right + 2.0)];
    let mut weights = vec![0.0; size + 1];
    for _ in 0..ROUNDS {
        let mut slope = vec![0.0; size + 1];
        for trial in trials {
            let figures: Vec<f64> =
                (0..size).map(|i| (trial.figures[i] - mean[i]) / scale[i]).collect();
            let off = chance(&weights, &figures) - targets[usize::from(trial.right)];
            slope[0] += off / n;
            for (s, f) in slope[1..].iter_mut().zip(&figures) {
                *s += off * f / n;
            }
        }
        for i in 0..=size {
            let penalty = if i == 0 { 0.0 } else { PENALTY * weights[i] };
            weights[i] -= 0.5 * (slope[i] + penalty);
            if i > 0 && weights[i] * signs[i - 1] < 0.0 {
                weights[i] = 0.0;
            }
        }
    }
    let mut plain: Vec<f64> = weights[1..].iter().zip(&scale).map(|(w, s)| w / s).collect();
    plain.insert(0, weights[0] - plain.iter().zip(&mean).map(|(w, m)| w * m).sum::<f64>());
    plain
}

/// How many are right of those in each band of confidence, and of those called confident.
fn worth(which: &str, trials: &[&Trial], weights: &[f64]) {
    let said: Vec<(f64, bool)> =
        trials.iter().map(|t| (chance(weights, &t.figures), t.right)).collect();
    let share = |from: f64, to: f64| {
        let band: Vec<bool> =
            said.iter().filter(|s| s.0 >= from && s.0 < to).map(|s| s.1).collect();
        let right = band.iter().filter(|r| **r).count();
        format!("{right}/{}", band.len())
    };
    let bands: Vec<String> = [(0.0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.1)]
        .map(|(a, b)| format!("{a:.1}: {}", share(a, b)))
        .to_vec();
    let confident: Vec<bool> = said.iter().filter(|s| s.0 >= CONFIDENT).map(|s| s.1).collect();
    let over: Vec<String> =
        [0.8, 0.85, 0.9, 0.95].map(|from| format!("{from}: {}", share(from, 1.1))).to_vec();
    let right = confident.iter().filter(|r| **r).count() as f64;
    let n = confident.len() as f64;
    let (low, high) = if n > 0.0 { wilson(right / n, n) } else { (0.0, 1.0) };
    let least = (50..100).map(|c| f64::from(c) / 100.0).find(|c| {
        let over: Vec<bool> = said.iter().filter(|s| s.0 >= *c).map(|s| s.1).collect();
        let wrong = over.iter().filter(|r| !**r).count();
        !over.is_empty() && wrong as f64 <= 0.05 * over.len() as f64
    });
    println!(
        "  {which}: {} pieces, {} right; by confidence {}; confident ({CONFIDENT}): {right}/{n} right ({low:.2}-{high:.2}); from {}; 95 % right from {least:?}; without a steady beat: {} ({} right)",
        said.len(),
        said.iter().filter(|s| s.1).count(),
        bands.join(" "),
        over.join(" "),
        trials.iter().filter(|t| !t.beat).count(),
        trials.iter().filter(|t| !t.beat && t.right).count(),
    );
}
