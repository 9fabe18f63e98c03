//! Trains the network of `nn::pulse` and says how it does beside the figures set by hand.
//!
//! `cargo run --release --example train-pulse -- src/nn/pulse` writes the weights; without a folder
//! nothing is written. All music is made here: pieces of the base in many genres and tempi, with and
//! without drums, by a bank where one is installed and by the built-in synthesis, and bare strokes; music without a
//! beat is tones, chords and noises at times that follow no grid. The truth is the plan's tempo.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::domain::take::TakeRequest;
use leitmotif::domain::work::{StopToken, Unobserved};
use leitmotif::engine::Engine;
use leitmotif::engine::resident::Resident;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::onsets::OnsetFrames;
use leitmotif::listen::{RATE_HZ, beats};
use leitmotif::nn::fit::{Example, Settings, fit, loss};
use leitmotif::nn::pulse::{INPUTS, Reading};
use rayon::prelude::*;
use std::f64::consts::TAU;
use std::fs;
use std::path::PathBuf;

const PIECES: u64 = 1_500;
/// Every fifth piece is kept for the test.
const HELD_OUT: u64 = 5;
/// A tempo within this is right.
const NEAR: f64 = 0.04;

const GENRES: [&str; 24] = [
    "techno",
    "house",
    "rock",
    "metal",
    "jazz",
    "ambient",
    "film score",
    "chiptune",
    "drum and bass",
    "hip hop",
    "lo-fi",
    "folk",
    "trance",
    "reggae",
    "funk",
    "synthwave",
    "pop",
    "blues",
    "bossa nova",
    "waltz",
    "orchestral",
    "dubstep",
    "disco",
    "country",
];

/// A piece: what is known of its pulse, and its tempo where it has one.
struct Piece {
    number: u64,
    /// Every reading with its tempo.
    readings: Vec<(Reading, f64)>,
    /// Tempo and confidence by the figures set by hand.
    plain: (f64, f64),
    bpm: Option<f64>,
}

fn main() {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let banks = [PathBuf::from("/usr/share/sounds/sf2/FluidR3_GM.sf2")];
    let engines = [Resident::new(Limits::default(), &banks), Resident::new(Limits::default(), &[])];
    for engine in &engines {
        println!("{}", engine.sound().unwrap_or_else(|e| e.to_string()));
    }
    let pieces: Vec<Piece> = (0..PIECES).into_par_iter().map(|n| piece(n, &engines)).collect();
    let (test, train): (Vec<&Piece>, Vec<&Piece>) =
        pieces.iter().partition(|p| p.number % HELD_OUT == 0);
    let examples = examples(&train);
    let mut dice = Dice::new(1, "first weights");
    let settings = Settings { hidden: 8, steps: 2_000, rate: 0.01, decay: 2e-3 };
    let network = fit(&examples, settings, || dice.normal() as f32);
    println!("{} readings, loss {:.3} in training", examples.len(), loss(&network, &examples));
    println!("{:.3} on those held out", loss(&network, &self::examples(&test)));
    let chosen = |piece: &Piece| {
        let rated = piece
            .readings
            .iter()
            .map(|(reading, bpm)| (f64::from(network.probability(&reading.inputs())), *bpm));
        rated.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0.0))
    };
    let plain = |piece: &Piece| piece.plain;
    for (name, pieces) in [("training", &train), ("held out", &test)] {
        tell(name, "network", pieces, chosen);
        tell(name, "by hand", pieces, plain);
    }
    if let Some(folder) = folder {
        let bytes = network.to_bytes().expect("weights can be written");
        fs::write(folder.join("weights.safetensors"), bytes).expect("the folder can be written");
    }
}

/// Confidence and tempo of the reading that was chosen for a piece, and its true tempo.
type Answer = (f64, f64, Option<f64>);

/// Prints how well a way of choosing does.
fn tell(set: &str, name: &str, pieces: &[&Piece], choose: impl Fn(&Piece) -> (f64, f64) + Sync) {
    let chosen: Vec<Answer> = pieces
        .par_iter()
        .map(|p| {
            let (confidence, bpm) = choose(p);
            (confidence, bpm, p.bpm)
        })
        .collect();
    let share = |of: &dyn Fn(&Answer) -> Option<bool>| {
        let answers: Vec<bool> = chosen.iter().filter_map(of).collect();
        let yes = answers.iter().filter(|a| **a).count();
        format!("{:.3} of {}", yes as f64 / answers.len().max(1) as f64, answers.len())
    };
    let right = |bpm: f64, truth: f64| (bpm / truth - 1.0).abs() < NEAR;
    let octave = |bpm: f64, truth: f64| {
        let off = (bpm.max(1.0) / truth).log2();
        (off - off.round()).abs() < (1.0 + NEAR).log2()
    };
    println!("{set}, {name}:");
    println!("  right tempo {}", share(&|c| c.2.map(|t| right(c.1, t))));
    println!("  right but for octaves {}", share(&|c| c.2.map(|t| octave(c.1, t))));
    println!(
        "  of those with confidence over 0.9, right {}",
        share(&|c| (c.0 > 0.9).then(|| c.2.is_some_and(|t| right(c.1, t))))
    );
    println!("  without a beat and said so {}", share(&|c| c.2.is_none().then_some(c.0 < 0.3)));
    println!("  with a beat and heard {}", share(&|c| c.2.map(|_| c.0 >= 0.3)));
    let brier: f64 = chosen
        .iter()
        .map(|c| (c.0 - if c.2.is_some_and(|t| right(c.1, t)) { 1.0 } else { 0.0 }).powi(2))
        .sum();
    println!("  Brier score {:.3}", brier / chosen.len().max(1) as f64);
}

fn examples(pieces: &[&Piece]) -> Vec<Example<INPUTS>> {
    let mut examples = Vec::new();
    for piece in pieces {
        examples.extend(piece.readings.iter().map(|(reading, bpm)| Example {
            inputs: reading.inputs(),
            truth: piece.bpm.is_some_and(|t| (bpm / t - 1.0).abs() < NEAR),
            weight: 1.0,
        }));
    }
    examples
}

fn piece(number: u64, engines: &[Resident]) -> Piece {
    let mut dice = Dice::new(number, "piece");
    let seconds = 20.0 + 20.0 * dice.unit();
    let (samples, bpm) = if dice.chance(0.25) {
        (free(seconds, &mut dice), None)
    } else if dice.chance(0.15) {
        let bpm = any_tempo(&mut dice);
        (struck(seconds, bpm, &mut dice), Some(bpm))
    } else {
        let (samples, bpm) = composed(number, seconds, engines, &mut dice);
        (samples, Some(bpm))
    };
    let found = beats::readings(&OnsetFrames::new(&samples));
    let plain = beats::plain(&found).map_or((0.0, 0.0), |pulse| (pulse.confidence, pulse.bpm));
    let readings = found.into_iter().map(|(reading, pulse)| (reading, pulse.bpm)).collect();
    Piece { number, readings, plain, bpm }
}

/// A piece of the base.
fn composed(number: u64, seconds: f64, engines: &[Resident], dice: &mut Dice) -> (Vec<f32>, f64) {
    let genre = GENRES[dice.below(GENRES.len())];
    // Half keep the genre's own tempo, half any that people dance, walk or rest to.
    let tempo =
        if dice.chance(0.5) { String::new() } else { format!(", {:.1} bpm", any_tempo(dice)) };
    let mut without = Vec::new();
    if dice.chance(0.3) {
        without.push("drums".to_owned());
    }
    if dice.chance(0.15) {
        without.push("bass".to_owned());
    }
    let request = TakeRequest {
        prompt: format!("{genre}{tempo}"),
        finetune: None,
        seconds: Some(seconds),
        seed: number,
        plan: None,
        loudness_lufs: None,
        without,
        no_vocals: false,
    };
    let engine = &engines[dice.below(engines.len())];
    let made = engine
        .generate(&request, None, &Unobserved, &StopToken::default())
        .unwrap_or_else(|e| panic!("{}: {e}", request.prompt));
    let mono =
        resample_mono(&made.audio.mono(), made.audio.rate_hz(), RATE_HZ).expect("a usual rate");
    (mono, made.plan.tempo_bpm)
}

/// A tempo that people dance, walk or rest to, every octave alike.
fn any_tempo(dice: &mut Dice) -> f64 {
    62.0 * (178f64 / 62.0).powf(dice.unit())
}

/// Bare strokes of noise: beats, weaker ones between them, accents every two to four.
fn struck(seconds: f64, bpm: f64, dice: &mut Dice) -> Vec<f32> {
    let rate = f64::from(RATE_HZ);
    let mut samples = vec![0f32; (seconds * rate) as usize];
    let bar = 2 + dice.below(3);
    let parts = [2, 2, 3, 4][dice.below(4)];
    let between: Vec<f64> = (1..parts).map(|_| 0.4 * dice.unit() * dice.unit()).collect();
    let (accent, length) = (0.3 * dice.unit(), 0.005 + 0.05 * dice.unit());
    let offset = dice.unit();
    for stroke in 0.. {
        let at = offset + f64::from(stroke) * 60.0 / bpm / parts as f64;
        let first = (at * rate) as usize;
        if first >= samples.len() {
            return samples;
        }
        let (beat, part) = (stroke as usize / parts, stroke as usize % parts);
        let level = match part {
            0 if beat % bar == 0 => 0.5 + accent,
            0 => 0.5,
            _ => between[part - 1],
        };
        for (i, sample) in
            samples[first..].iter_mut().take((8.0 * length * rate) as usize).enumerate()
        {
            let noise = 2.0 * dice.unit() - 1.0;
            *sample += (level * noise * (-(i as f64) / rate / length).exp()) as f32;
        }
    }
    samples
}

/// Music without a beat: tones, chords and noises that start whenever they like.
fn free(seconds: f64, dice: &mut Dice) -> Vec<f32> {
    let rate = f64::from(RATE_HZ);
    let mut samples = vec![0f32; (seconds * rate) as usize];
    let per_second = 0.3 * 30f64.powf(dice.unit());
    let (least, most) = (0.05, 0.1 * 40f64.powf(dice.unit()));
    let hiss = 0.0005 * 100f64.powf(dice.unit());
    let mut at = 0.0;
    while at < seconds {
        let length = least + (most - least) * dice.unit();
        let kind = dice.below(3);
        let root = 55.0 * 2f64.powf(4.0 * dice.unit());
        let level = 0.05 + 0.3 * dice.unit();
        let attack = if dice.chance(0.5) { 0.002 } else { 0.3 * length };
        let first = (at * rate) as usize;
        for i in 0..((length * rate) as usize).min(samples.len().saturating_sub(first)) {
            let t = i as f64 / rate;
            let envelope = (t / attack).min(1.0) * (-3.0 * t / length).exp();
            let wave = match kind {
                0 => (TAU * root * t).sin(),
                1 => [1.0, 1.25, 1.5].iter().map(|r| (TAU * root * r * t).sin()).sum::<f64>() / 3.0,
                _ => 2.0 * dice.unit() - 1.0,
            };
            samples[first + i] += (level * envelope * wave) as f32;
        }
        // Waiting times of a Poisson process.
        at += -(1.0 - dice.unit()).max(1e-9).ln() / per_second;
    }
    for sample in &mut samples {
        *sample += (hiss * (2.0 * dice.unit() - 1.0)) as f32;
    }
    samples
}
