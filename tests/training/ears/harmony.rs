//! Teaching chords and keys: one answer of many, so cross-entropy over a softmax.

use crate::Ask;
use crate::material::Material;
use crate::music::compose;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::nn::chords::{self, CLASSES, OUTPUTS, QUALITIES, STATES};
use leitmotif::nn::keys::{self, MODES};
use leitmotif::nn::maps::Maps;
use leitmotif::nn::stack::{Plan, Stack};
use leitmotif::nn::teach::{Adam, Gradient, lesson};
use rayon::prelude::*;
use std::fs;

const CHORD_STEPS: usize = 3_000;
const KEY_STEPS: usize = 4_000;
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
        let truth: Vec<Option<usize>> = piece.chords[from..to].iter().copied().map(state).collect();
        lesson(stack, chords::input(&piece.halves[from..to]), |maps| chord_loss(maps, &truth))
    });
    let (mut right, mut triad, mut all) = (0, 0, 0);
    for piece in held.iter().filter(known) {
        let said = stack.run(chords::input(&piece.halves));
        for (frame, chord) in piece.chords.iter().enumerate() {
            let Some(state) = state(*chord) else { continue };
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
fn state(chord: Option<(u8, u8)>) -> Option<usize> {
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
    let known = |m: &&&Material| m.key.is_some();
    let chances = |halves: &[[[f32; 12]; 2]]| -> Vec<[f32; STATES]> {
        let said = network.run(chords::input(halves));
        (0..halves.len()).map(|t| chords::chances(&chords::states(&said, t))).collect()
    };
    let heard = |m: &Material| chances(&m.halves);
    let mut pieces: Vec<Keyed> = taught
        .iter()
        .filter(known)
        .filter_map(|m| Some(Keyed { halves: m.halves.clone(), chances: heard(m), key: m.key? }))
        .collect();
    println!("keys: {} pieces heard, {WRITTEN} written", pieces.len());
    let written: Vec<Keyed> = (0..WRITTEN)
        .into_par_iter()
        .map(|n| {
            let (halves, key) = written(FIRST_WRITTEN + n);
            let chances = chances(&halves);
            Keyed { halves, chances, key }
        })
        .collect();
    pieces.extend(written);
    let stack = steps("keys", &keys::plans(), KEY_STEPS, ask, |stack, n| {
        let mut dice = Dice::new(n, "keys");
        let piece = &pieces[dice.below(pieces.len())];
        let length = (16 + dice.below(100)).min(piece.halves.len());
        let from = dice.below(piece.halves.len() - length + 1);
        let (tonic, minor) = piece.key;
        let truth = usize::from(minor) * CLASSES + usize::from(tonic);
        let part = from..from + length;
        let input = keys::input(&piece.halves[part.clone()], &piece.chances[part]);
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

/// Pieces that are only written, for keys, and the seed of the first: no other piece has it.
const WRITTEN: u64 = 3_000;
const FIRST_WRITTEN: u64 = 500_000;

/// A piece with a key.
struct Keyed {
    halves: Vec<[[f32; 12]; 2]>,
    chances: Vec<[f32; STATES]>,
    key: (u8, bool),
}

/// What would be heard of a composed piece: each note with its first overtones, some noise; and its
/// key.
fn written(seed: u64) -> (Vec<[[f32; 12]; 2]>, (u8, bool)) {
    let truth = compose::compose(seed, 40.0).truth;
    let mut dice = Dice::new(seed, "written");
    let (fall, noise) = (0.3 + 0.6 * dice.unit(), 0.15 * dice.unit());
    let bright = 0.5 + dice.unit();
    let halves = truth
        .beats_s
        .windows(2)
        .flat_map(|w| {
            let middle = 0.5 * (w[0] + w[1]);
            [(w[0], middle), (middle, w[1])]
        })
        .map(|(from, to)| {
            let mut half = [[0f32; 12]; 2];
            for note in truth.notes.iter().filter(|n| n.start_s < to && n.end_s > from) {
                let share = (note.end_s.min(to) - note.start_s.max(from)) / (to - from);
                let mut level = f64::from(note.velocity) / 127.0 * share;
                for overtone in [0u8, 12, 19, 24, 28] {
                    let midi = note.midi + overtone;
                    let register = usize::from(midi < 52);
                    let lift = if register == 0 { bright } else { 1.0 };
                    half[register][usize::from(midi % 12)] += (lift * level).powf(0.67) as f32;
                    level *= fall;
                }
            }
            half.as_flattened_mut().iter_mut().for_each(|x| *x += (noise * dice.unit()) as f32);
            let top = half.as_flattened().iter().copied().fold(1e-6, f32::max);
            half.as_flattened_mut().iter_mut().for_each(|x| *x /= top);
            half
        })
        .collect();
    let key = truth.key.expect("composed pieces have a key");
    (halves, (key.tonic.index() as u8, key.mode.is_minor()))
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
