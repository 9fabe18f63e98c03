//! Music without a beat.

use super::{Piece, Truth};
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use std::f64::consts::TAU;

/// A piece of which nothing is true: no beat, no notes that count.
pub fn silent(seconds: f64) -> Piece {
    Piece {
        events: Vec::new(),
        truth: Truth {
            duration_s: seconds,
            tempo_bpm: 0.0,
            beats_s: Vec::new(),
            downbeats_s: Vec::new(),
            meter: None,
            key: None,
            chords: Vec::new(),
            sections: Vec::new(),
            notes: Vec::new(),
            hits: Vec::new(),
        },
    }
}

/// Music without a beat: tones, chords and noises that start whenever they like.
pub fn free(seconds: f64, dice: &mut Dice) -> Vec<f32> {
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
