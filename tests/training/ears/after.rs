//! Beats and bars of pieces held out from training, after the pointer: what the bench asks, on music
//! that may be tuned on.

use crate::material::Material;
use leitmotif::domain::listening::Meter;
use leitmotif::judge::accuracy::beats;
use leitmotif::listen::onsets;
use leitmotif::listen::pointer;
use leitmotif::listen::rhythm::{self, median};
use leitmotif::nn::bars::PAD;
use leitmotif::nn::stack::Stack;
use rayon::prelude::*;

/// Sums of: pieces, tempo, tempo with octaves, beat F, meter, pieces with bars, downbeat F.
type Sums = [f64; 7];

/// Prints the figures for meters chosen by the network alone (weight 0), and with the pointer's
/// likelihood at several weights.
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
    let heard = rhythm::heard(&said);
    let truth: Vec<f64> = m.beats.iter().map(|b| f64::from(*b)).collect();
    let bars: Vec<f64> = m.downbeats.iter().map(|b| f64::from(*b)).collect();
    weights
        .iter()
        .map(|weight| {
            let best = rhythm::meter(&said, &heard, *weight);
            let path = pointer::follow(&heard, usize::from(best.pulses()), rate);
            let Some(path) = path else { return [0.0; 7] };
            let at = |b: &(usize, usize)| b.0 as f64 / rate;
            let found: Vec<f64> = path.beats.iter().map(at).collect();
            let firsts: Vec<f64> = path.beats.iter().filter(|b| b.1 == 0).map(at).collect();
            let steps: Vec<f64> = found.windows(2).map(|w| w[1] - w[0]).collect();
            let bpm = 60.0 / median(&steps).max(1e-3);
            let tempo = f64::from(m.bpm);
            let yes = |b: bool| f64::from(u8::from(b));
            let has_bars = m.meter.0 > 0 && bars.len() >= 4;
            let (beats_of_bar, unit) = m.meter;
            let right = best == Meter { beats: beats_of_bar, unit };
            [
                1.0,
                yes(beats::tempo_exact(tempo, bpm)),
                yes(beats::tempo_octave(tempo, bpm)),
                beats::beats(&truth, &found).f(),
                if has_bars { yes(right) } else { 0.0 },
                yes(has_bars),
                if has_bars { beats::beats(&bars, &firsts).f() } else { 0.0 },
            ]
        })
        .collect()
}
