//! Beats and bars of pieces held out from training, after the pointer: what the bench asks, on music
//! that may be tuned on.

use crate::material::Material;
use leitmotif::judge::accuracy::beats;
use leitmotif::listen::onsets;
use leitmotif::listen::pointer::{self, Heard};
use leitmotif::listen::rhythm::median;
use leitmotif::nn::bars::{Output, PAD};
use leitmotif::nn::logistic;
use leitmotif::nn::maps::Maps;
use leitmotif::nn::stack::Stack;
use rayon::prelude::*;

/// Sums of: pieces, tempo, tempo with octaves, beat F, meter, pieces with bars, downbeat F.
type Sums = [f64; 7];

/// Prints the figures for meters chosen by the network alone, and with the pointer's likelihood at
/// several weights.
pub fn report(stack: &Stack, held: &[&Material]) {
    let known = |m: &&&Material| m.beats.len() >= 8 && m.bpm > 0.0;
    let pieces: Vec<&Material> = held.iter().filter(known).copied().collect();
    let weights = [0.0, 10.0, 30.0, 100.0, 300.0];
    let each: Vec<Vec<Sums>> = pieces.par_iter().map(|m| piece(stack, m, &weights)).collect();
    for (i, weight) in weights.iter().enumerate() {
        let sum = each.iter().fold([0.0; 7], |sum, s| std::array::from_fn(|k| sum[k] + s[i][k]));
        let of = |k: usize, n: usize| sum[k] / sum[n].max(1.0);
        println!(
            "  pointer, weight {weight}: {} pieces, tempo {:.3}, octaves {:.3}, beat F {:.3}, meter {:.3}, downbeat F {:.3}",
            sum[0],
            of(1, 0),
            of(2, 0),
            of(3, 0),
            of(4, 5),
            of(6, 5)
        );
    }
}

fn piece(stack: &Stack, m: &Material, weights: &[f64]) -> Vec<Sums> {
    let rate = onsets::frame_rate();
    let said = stack.run(m.mel.excerpt(0, (m.seconds * rate) as usize, PAD));
    let heard = heard(&said);
    let odds = |output: Output| -> f64 {
        let row = said.row(output as usize, 0);
        let all: f64 = heard.iter().map(|h| f64::from(h.beat)).sum();
        heard.iter().zip(row).map(|(h, o)| f64::from(h.beat * o)).sum::<f64>() / all.max(1e-6)
    };
    let (compound, triple) = (odds(Output::Compound), odds(Output::Triple));
    let paths: Vec<_> = [2, 3, 4].iter().map(|n| pointer::follow(&heard, *n, rate)).collect();
    let truth: Vec<f64> = m.beats.iter().map(|b| f64::from(*b)).collect();
    let bars: Vec<f64> = m.downbeats.iter().map(|b| f64::from(*b)).collect();
    weights
        .iter()
        .map(|weight| {
            let likely = |n: usize| paths[n - 2].as_ref().map_or(-9.0, |p| p.likelihood * weight);
            let scores = [
                (2, compound + likely(2)),
                (3, triple - compound.max(0.0) + likely(3)),
                (4, -triple.max(0.0) - compound.max(0.0) + likely(4)),
            ];
            let best = if *weight == 0.0 {
                if compound > 0.0 {
                    2
                } else if triple > 0.0 {
                    3
                } else {
                    4
                }
            } else {
                scores.iter().fold(scores[0], |b, s| if s.1 > b.1 { *s } else { b }).0
            };
            let Some(path) = &paths[best - 2] else { return [0.0; 7] };
            let at = |b: &(usize, usize)| b.0 as f64 / rate;
            let found: Vec<f64> = path.beats.iter().map(at).collect();
            let firsts: Vec<f64> = path.beats.iter().filter(|b| b.1 == 0).map(at).collect();
            let steps: Vec<f64> = found.windows(2).map(|w| w[1] - w[0]).collect();
            let bpm = 60.0 / median(&steps).max(1e-3);
            let tempo = f64::from(m.bpm);
            let yes = |b: bool| f64::from(u8::from(b));
            let has_bars = m.meter.0 > 0 && bars.len() >= 4;
            let meter = match m.meter {
                (6, 8) => 2,
                (3, 4) => 3,
                _ => 4,
            };
            [
                1.0,
                yes(beats::tempo_exact(tempo, bpm)),
                yes(beats::tempo_octave(tempo, bpm)),
                beats::beats(&truth, &found).f(),
                if has_bars { yes(meter == best) } else { 0.0 },
                yes(has_bars),
                if has_bars { beats::beats(&bars, &firsts).f() } else { 0.0 },
            ]
        })
        .collect()
}

fn heard(said: &Maps) -> Vec<Heard> {
    let row = |output: Output| said.row(output as usize, 0);
    let both = row(Output::Beat).iter().zip(row(Output::Bar));
    both.map(|(beat, bar)| {
        let beat = logistic(*beat);
        Heard { beat, bar: logistic(*bar).min(beat) }
    })
    .collect()
}
