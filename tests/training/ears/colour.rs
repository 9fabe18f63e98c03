//! What records do to sound: tone, drive, loss of treble, noise.

use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use std::f64::consts::TAU;

/// Changes a piece as a record might.
pub fn colour(mut samples: Vec<f32>, dice: &mut Dice) -> Vec<f32> {
    if dice.chance(0.5) {
        // A shelf: a share of the low-passed signal is added or taken away.
        let (corner, gain) = (200.0 * 16f64.powf(dice.unit()), 1.6 * dice.unit() - 0.6);
        let low = low_pass(&samples, corner);
        samples.iter_mut().zip(low).for_each(|(s, l)| *s += gain as f32 * l);
    }
    if dice.chance(0.25) {
        let mut passed = low_pass(&samples, 2_500.0 + 6_000.0 * dice.unit());
        std::mem::swap(&mut samples, &mut passed);
    }
    if dice.chance(0.4) {
        let drive = (1.0 + 4.0 * dice.unit()) as f32;
        samples.iter_mut().for_each(|s| *s = (drive * *s).tanh());
    }
    if dice.chance(0.4) {
        compress(&mut samples, 0.2 + 0.5 * dice.unit());
    }
    let noise = 10f64.powf(-4.5 + 2.2 * dice.unit());
    samples.iter_mut().for_each(|s| *s += (noise * (2.0 * dice.unit() - 1.0)) as f32);
    let gain = (0.1 * 9f64.powf(dice.unit())) as f32;
    samples.iter_mut().for_each(|s| *s *= gain);
    samples
}

/// One pole, 6 dB an octave.
fn low_pass(samples: &[f32], corner_hz: f64) -> Vec<f32> {
    let share = (1.0 - (-TAU * corner_hz / f64::from(RATE_HZ)).exp()) as f32;
    let mut state = 0.0;
    samples
        .iter()
        .map(|s| {
            state += share * (s - state);
            state
        })
        .collect()
}

/// Draws the level towards its peak: fast attack, slow release.
fn compress(samples: &mut [f32], amount: f64) {
    let mut level = 1e-3f32;
    for s in samples {
        let size = s.abs();
        let rate = if size > level { 0.01 } else { 0.0002 };
        level += rate * (size - level);
        *s *= level.max(1e-3).powf(-amount as f32) * 0.3;
    }
}
