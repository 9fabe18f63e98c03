//! What the network of timbres should answer, and how it does on pieces held out.

use crate::lessons::Answer;
use crate::material::Material;
use crate::music::{DRUMS, STROKE_S, family};
use leitmotif::listen::spectra::timbre_rate;
use leitmotif::nn::logistic;
use leitmotif::nn::stack::Stack;
use leitmotif::nn::timbres::{NAMES, OUTPUTS, PAD, VOICE};
use rayon::prelude::*;

/// Frames in which each sounds, and those in which nobody can say.
pub fn answers(piece: &Material, begin: isize, frames: usize) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut span = |output: usize, from_s: f32, to_s: f32, answer: f32, weight: f32| {
        let place = |s: f32| (f64::from(s) * timbre_rate()).round() as isize - begin;
        for frame in place(from_s).max(0)..place(to_s).min(frames as isize) {
            answers.push(Answer { output, row: 0, frame, answer, weight });
        }
    };
    for note in &piece.notes {
        match family(note.program) {
            Some(output) => span(output, note.start_s, note.end_s, 1.0, 1.0),
            None if (52..=54).contains(&note.program) => {
                span(VOICE, note.start_s, note.end_s, 0.0, 0.0);
            }
            None => {}
        }
    }
    for (at, _) in &piece.hits {
        span(DRUMS, *at, at + STROKE_S as f32, 1.0, 1.0);
    }
    answers
}

/// Outputs that can be asked of a piece everywhere.
pub fn asked(piece: &Material) -> usize {
    if piece.known { OUTPUTS } else { 1 }
}

/// Frames of pieces held out: precision, recall and F of each output at the threshold that does best.
pub fn report(stack: &Stack, held: &[&Material]) {
    const STEPS: usize = 19;
    let counts: Vec<[[[usize; 3]; STEPS]; OUTPUTS]> =
        held.par_iter().map(|m| count(stack, m)).collect();
    for (output, name) in NAMES.iter().enumerate() {
        let mut best = (0.0, 0.0, 0.0, 0.0);
        for step in 0..STEPS {
            let [hit, said, sounds] = counts
                .iter()
                .fold([0; 3], |sum, c| std::array::from_fn(|k| sum[k] + c[output][step][k]));
            let (p, r) = (hit as f64 / said.max(1) as f64, hit as f64 / sounds.max(1) as f64);
            let f = 2.0 * p * r / (p + r).max(1e-9);
            if f > best.0 {
                best = (f, p, r, (step + 1) as f64 * 0.05);
            }
        }
        println!(
            "  {name}: F of frames {:.3} (precision {:.3}, recall {:.3}) at {:.2}",
            best.0, best.1, best.2, best.3
        );
    }
}

fn count<const S: usize>(stack: &Stack, m: &Material) -> [[[usize; 3]; S]; OUTPUTS] {
    let frames = m.pitch.frames;
    let said = stack.run(m.pitch.excerpt(0, frames, PAD));
    let mut truth = vec![[Some(false); OUTPUTS]; frames];
    for a in answers(m, 0, frames) {
        let slot = &mut truth[a.frame as usize][a.output];
        *slot = if a.answer > 0.5 { Some(true) } else { slot.filter(|s| *s) };
    }
    let mut counts = [[[0; 3]; S]; OUTPUTS];
    for output in 0..asked(m) {
        for (t, x) in said.row(output, 0).iter().enumerate() {
            let Some(sounds) = truth[t][output] else { continue };
            for (step, count) in counts[output].iter_mut().enumerate() {
                let says = logistic(*x) > (step + 1) as f32 * 0.05;
                count[0] += usize::from(says && sounds);
                count[1] += usize::from(says);
                count[2] += usize::from(sounds);
            }
        }
    }
    counts
}
