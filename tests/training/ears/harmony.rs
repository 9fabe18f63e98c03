//! Teaching chords and keys: one answer of many, so cross-entropy over a softmax.

use crate::Ask;
use crate::material::Material;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::nn::chords::{self, CLASSES, OUTPUTS, QUALITIES, STATES};
use leitmotif::nn::keys::{self, MODES};
use leitmotif::nn::maps::Maps;
use leitmotif::nn::stack::{Plan, Stack};
use leitmotif::nn::teach::{Adam, Gradient, lesson};
use rayon::prelude::*;
use std::fs;

const CHORD_STEPS: usize = 3_000;
const KEY_STEPS: usize = 2_000;
const BATCH: usize = 16;
/// Half beats of an excerpt.
const EXCERPT: usize = 48;

fn steps(
    name: &str,
    plans: &[Plan],
    steps: usize,
    ask: &Ask,
    one: impl Fn(&Stack, u64) -> (f64, Gradient) + Sync,
) -> Stack {
    let mut dice = Dice::new(2, name);
    let mut stack = Stack::drawn(plans, || dice.normal() as f32);
    let mut adam = Adam::new(&stack);
    let mut mean = 0.0;
    for step in 0..steps {
        let drawn: Vec<u64> = (0..BATCH).map(|i| (step * BATCH + i) as u64).collect();
        let lessons: Vec<_> = drawn.par_iter().map(|n| one(&stack, *n)).collect();
        let mut lessons = lessons.into_iter();
        let (mut loss, mut gradient) = lessons.next().expect("an excerpt");
        for (more, other) in lessons {
            loss += more;
            gradient.add(&other);
        }
        let rate = 3e-3 * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
        adam.step(&mut stack, &gradient, rate as f32, 3e-3);
        mean = if step == 0 { loss } else { 0.98 * mean + 0.02 * loss };
        if step % 500 == 499 {
            println!("  step {}, loss {mean:.4}", step + 1);
        }
    }
    let bytes = stack.to_bytes().expect("weights can be written");
    fs::write(ask.out.join(name).join("weights.safetensors"), bytes).expect("the folder exists");
    stack
}

pub fn chords(taught: &[&Material], held: &[&Material], ask: &Ask) {
    let known = |m: &&&Material| m.chords.iter().any(Option::is_some);
    let pieces: Vec<&Material> = taught.iter().filter(known).copied().collect();
    println!("chords: {} pieces", pieces.len());
    let stack = steps("chords", &chords::plans(), CHORD_STEPS, ask, |stack, n| {
        let mut dice = Dice::new(n, "chords");
        let piece = pieces[dice.below(pieces.len())];
        let from = dice.below(piece.halves.len().saturating_sub(EXCERPT) + 1);
        let to = (from + EXCERPT).min(piece.halves.len());
        let truth: Vec<Option<usize>> = piece.chords[from..to].iter().map(state).collect();
        lesson(stack, chords::input(&piece.halves[from..to]), |maps| chord_loss(maps, &truth))
    });
    let (mut right, mut triad, mut all) = (0, 0, 0);
    for piece in held.iter().filter(known) {
        let said = stack.run(chords::input(&piece.halves));
        for (frame, chord) in piece.chords.iter().enumerate() {
            let Some(state) = state(chord) else { continue };
            let odds = chords::states(&said, frame);
            let best = top(&odds);
            right += usize::from(best == state);
            // Minor: min, min7, dim; everything else as major.
            let minor = |s: usize| matches!(s / CLASSES, 1 | 4 | 5);
            let same = best % CLASSES == state % CLASSES && minor(best) == minor(state);
            triad += usize::from(same && best < STATES - 1);
            all += 1;
        }
    }
    println!(
        "  held out, half beats: {:.3} right, {:.3} as triads",
        right as f64 / all as f64,
        triad as f64 / all as f64
    );
}

/// Number of a chord; `None` where it is unknown.
fn state(chord: &Option<(u8, u8)>) -> Option<usize> {
    chord.map(|(root, quality)| usize::from(quality) * CLASSES + usize::from(root))
}

fn top(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |b, i| if values[i] > values[b] { i } else { b })
}

fn chord_loss(maps: &mut Maps, truth: &[Option<usize>]) -> f64 {
    let mut loss = 0.0;
    let scale = 1.0 / (EXCERPT * BATCH) as f32;
    for (frame, truth) in truth.iter().enumerate() {
        let mut back = [0f32; STATES];
        if let Some(truth) = truth {
            back = chords::chances(&chords::states(maps, frame));
            loss -= f64::from(scale * back[*truth].max(1e-9).ln());
            back[*truth] -= 1.0;
        }
        for output in 0..OUTPUTS {
            for root in 0..CLASSES {
                let by = if output < QUALITIES {
                    back[output * CLASSES + root]
                } else {
                    back[STATES - 1] / CLASSES as f32
                };
                maps.row_mut(output, root)[frame] = scale * by;
            }
        }
    }
    loss
}

pub fn keys(taught: &[&Material], held: &[&Material], ask: &Ask) {
    let path = ask.out.join("chords/weights.safetensors");
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let network = Stack::from_bytes(&chords::plans(), &bytes).expect("chords are taught first");
    let heard = |m: &Material| -> Vec<[f32; STATES]> {
        let said = network.run(chords::input(&m.halves));
        (0..m.halves.len()).map(|t| chords::chances(&chords::states(&said, t))).collect()
    };
    let known = |m: &&&Material| m.key.is_some();
    let pieces: Vec<(&Material, Vec<[f32; STATES]>)> =
        taught.iter().filter(known).map(|m| (*m, heard(m))).collect();
    println!("keys: {} pieces", pieces.len());
    let stack = steps("keys", &keys::plans(), KEY_STEPS, ask, |stack, n| {
        let mut dice = Dice::new(n, "keys");
        let (piece, chances) = &pieces[dice.below(pieces.len())];
        let length = (16 + dice.below(100)).min(piece.halves.len());
        let from = dice.below(piece.halves.len() - length + 1);
        let (tonic, minor) = piece.key.expect("only pieces with a key");
        let truth = usize::from(minor) * CLASSES + usize::from(tonic);
        let input = keys::input(&piece.halves[from..from + length], &chances[from..from + length]);
        lesson(stack, input, |maps| key_loss(maps, truth))
    });
    let (mut right, mut all) = (0, 0);
    for piece in held.iter().filter(known) {
        let said = stack.run(keys::input(&piece.halves, &heard(piece)));
        let odds: Vec<f32> =
            (0..MODES * CLASSES).map(|s| said.row(s / CLASSES, s % CLASSES)[0]).collect();
        let (tonic, minor) = piece.key.expect("only pieces with a key");
        right += usize::from(top(&odds) == usize::from(minor) * CLASSES + usize::from(tonic));
        all += 1;
    }
    println!("  held out: {right} of {all} keys right");
}

fn key_loss(maps: &mut Maps, truth: usize) -> f64 {
    let odds: Vec<f32> =
        (0..MODES * CLASSES).map(|s| maps.row(s / CLASSES, s % CLASSES)[0]).collect();
    let highest = odds.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = odds.iter().map(|o| (o - highest).exp()).sum();
    let scale = 1.0 / BATCH as f32;
    for (state, odds) in odds.iter().enumerate() {
        let p = (odds - highest).exp() / sum;
        maps.row_mut(state / CLASSES, state % CLASSES)[0] = scale * (p - f32::from(state == truth));
    }
    f64::from(-scale * ((odds[truth] - highest).exp() / sum).max(1e-9).ln())
}
