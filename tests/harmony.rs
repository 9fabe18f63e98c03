//! What has harmony and what has none: sounds made by code, many of each kind, through the ears for
//! pitch, chords and keys. No chord is named in noise, clicks, drums or speech; chords are found
//! under noise and drums.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "music/mod.rs"]
mod music;

use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::pitches::PitchFrames;
use leitmotif::listen::{RATE_HZ, chords, key};
use music::{Drum, TrueHit, kit};
use std::f64::consts::TAU;

const RATE: f64 = RATE_HZ as f64;
const SECONDS: f64 = 16.0;
const FRAMES: usize = (SECONDS * RATE) as usize;
/// Sounds of each kind.
const SEEDS: u64 = 3;

/// A sound that a function of time makes.
fn sound(mut at: impl FnMut(f64) -> f64) -> Vec<f32> {
    (0..FRAMES).map(|i| at(i as f64 / RATE) as f32).collect()
}

fn rms(x: &[f32]) -> f32 {
    (x.iter().map(|s| s * s).sum::<f32>() / x.len() as f32).sqrt().max(1e-9)
}

/// One sound over another, so many dB above it.
fn over(x: &[f32], under: &[f32], db: f64) -> Vec<f32> {
    let gain = rms(x) / rms(under) * 10f64.powf(-db / 20.0) as f32;
    let sum: Vec<f32> = x.iter().zip(under).map(|(a, b)| a + gain * b).collect();
    let level = 0.1 / rms(&sum);
    sum.iter().map(|s| s * level).collect()
}

fn white(dice: &mut Dice) -> Vec<f32> {
    sound(|_| 0.3 * (2.0 * dice.unit() - 1.0))
}

/// 3 dB an octave: white noise through poles and zeros two octaves apart.
fn pink(dice: &mut Dice) -> Vec<f32> {
    let mut states = [0f64; 6];
    sound(|_| {
        let noise = 2.0 * dice.unit() - 1.0;
        let mut sum = 0.0;
        for (i, state) in states.iter_mut().enumerate() {
            let share = 1.0 - (-TAU * 20.0 * 4f64.powi(i as i32) / RATE).exp();
            *state += share * (noise - *state);
            sum += *state * 2f64.powi(-(i as i32));
        }
        sum
    })
}

/// 6 dB an octave from 20 Hz.
fn brown(dice: &mut Dice) -> Vec<f32> {
    let mut state = 0.0;
    sound(|_| {
        state += 0.0057 * (2.0 * dice.unit() - 1.0 - state);
        8.0 * state
    })
}

/// Noise through a resonance, which may move every half second (Chamberlin 1985).
fn band(quality: f64, moves: bool, dice: &mut Dice) -> Vec<f32> {
    let place = |dice: &mut Dice| 200.0 * 15f64.powf(dice.unit());
    let mut hz = place(dice);
    let (mut low, mut pass, mut next) = (0.0, 0.0, 0.5);
    sound(|t| {
        if moves && t >= next {
            hz = place(dice);
            next += 0.5;
        }
        let f = 2.0 * (std::f64::consts::PI * hz / RATE).sin();
        low += f * pass;
        pass += f * (2.0 * dice.unit() - 1.0 - low - pass / quality);
        0.1 * pass
    })
}

/// A sound that is struck again and again.
fn struck(x: &[f32], every_s: f64, decay_s: f64) -> Vec<f32> {
    let gated = x.iter().enumerate().map(|(i, s)| {
        let since = (i as f64 / RATE) % every_s;
        s * (-since / decay_s).exp() as f32
    });
    gated.collect()
}

fn tone(midi: f64, partials: usize, t: f64) -> f64 {
    let hz = 440.0 * 2f64.powf((midi - 69.0) / 12.0);
    let partial = |h: f64| if h * hz < 9_000.0 { (TAU * h * hz * t).sin() / h } else { 0.0 };
    (1..=partials).map(|h| partial(h as f64)).sum()
}

fn drums(dice: &mut Dice) -> Vec<f32> {
    let step = 15.0 / (80.0 + 90.0 * dice.unit());
    let extra: Vec<bool> = (0..16).map(|_| dice.chance(0.25)).collect();
    let mut hits = Vec::new();
    for i in 0..(SECONDS / step) as usize {
        let mut hit = |kind| hits.push(TrueHit { at_s: i as f64 * step, kind, velocity: 100 });
        if i % 16 == 0 || extra[i % 16] {
            hit(Drum::Kick);
        }
        if i % 8 == 4 {
            hit(Drum::Snare);
        }
        if i % 2 == 0 {
            hit(Drum::ClosedHat);
        }
    }
    let drums = kit::play(&hits, RATE, FRAMES, dice);
    assert!(rms(&drums).is_finite() && rms(&drums) > 1e-3, "the kit does not sound");
    drums
}

/// Syllables of a gliding voice through two formants, with bursts of noise and pauses.
fn speech(dice: &mut Dice) -> Vec<f32> {
    let mut phase = 0.0;
    let (mut start, mut length, mut hz, mut glide) = (0.0, 0.2, 120.0, 10.0);
    let mut formants = [500.0, 1_500.0];
    let size = 1.0 + 0.6 * dice.unit();
    sound(|t| {
        if t > start + length {
            start = t + if dice.chance(0.2) { 0.4 } else { 0.04 };
            length = 0.12 + 0.15 * dice.unit();
            hz = size * (105.0 + 40.0 * dice.unit());
            glide = 60.0 * (dice.unit() - 0.5);
            formants = [300.0 + 500.0 * dice.unit(), 900.0 + 1_200.0 * dice.unit()];
        }
        if t < start {
            return 0.0;
        }
        let part = (t - start) / length;
        let pitch = hz + glide * (part - 0.5);
        phase += pitch / RATE;
        let throat = |at: f64| -> f64 {
            formants.iter().map(|f| 1.0 / (1.0 + ((at - f) / 90.0).powi(2))).sum()
        };
        let voice: f64 = (1..25)
            .map(f64::from)
            .map(|h| throat(h * pitch) * (TAU * phase * h).sin() / h.sqrt())
            .sum();
        let burst = if part < 0.12 { 0.2 * (2.0 * dice.unit() - 1.0) } else { 0.0 };
        (0.2 * voice + burst) * (8.0 * part).min(5.0 * (1.0 - part)).clamp(0.0, 1.0)
    })
}

/// Tones of four triads, a bar each, from a key drawn from the dice.
fn progression(dice: &mut Dice) -> Vec<[f64; 4]> {
    let tonic = 45.0 + dice.below(12) as f64;
    let steps = [[0, 9, 5, 7], [9, 5, 0, 7], [0, 5, 7, 0], [2, 7, 0, 9]][dice.below(4)];
    let triad = |step: i32| {
        let third = if [2, 4, 9].contains(&step) { 3.0 } else { 4.0 };
        let root = tonic + f64::from(step);
        [root - 12.0, root, root + third, root + 7.0]
    };
    steps.map(triad).to_vec()
}

fn pad(dice: &mut Dice) -> Vec<f32> {
    let chords = progression(dice);
    let partials = 3 + dice.below(6);
    sound(|t| {
        let chord = chords[(t / 2.0) as usize % chords.len()];
        0.05 * chord.iter().map(|midi| tone(*midi, partials, t)).sum::<f64>()
    })
}

/// Fifths and thirds through a hard clip, struck in eighths.
fn distorted(dice: &mut Dice) -> Vec<f32> {
    let chords = progression(dice);
    let guitar = sound(|t| {
        let chord = chords[(t / 2.0) as usize % chords.len()];
        (5.0 * chord.iter().map(|midi| tone(*midi, 8, t)).sum::<f64>()).tanh()
    });
    struck(&guitar, 0.25, 0.25)
}

/// One bass note and stabs of a seventh over drums.
fn techno(dice: &mut Dice) -> Vec<f32> {
    let root = 30.0 + dice.below(12) as f64;
    let bass = struck(&sound(|t| tone(root, 8, t)), 0.25, 0.12);
    let stab = sound(|t| [0.0, 3.0, 7.0, 10.0].map(|i| tone(root + 24.0 + i, 6, t)).iter().sum());
    let notes = over(&bass, &struck(&stab, 0.75, 0.08), 3.0);
    over(&notes, &drums(dice), -3.0)
}

struct Heard {
    chords: f64,
    key: bool,
    said: String,
}

fn hear(samples: &[f32]) -> Heard {
    let pitches = PitchFrames::new(samples);
    let grid: Vec<f64> = (0..=(2.0 * SECONDS) as usize).map(|i| 0.5 * i as f64).collect();
    let harmony = chords::find(&grid, &pitches).unwrap();
    let keys = key::find(&harmony, pitches.harmonicity).unwrap();
    let named = harmony.spans.iter().filter(|s| s.chord.is_some());
    Heard {
        chords: named.map(|s| s.end_s - s.start_s).sum::<f64>() / SECONDS,
        key: keys.whole.is_some(),
        said: format!("{:?}", pitches.partials),
    }
}

type Make = fn(&mut Dice) -> Vec<f32>;

#[test]
fn nothing_is_named_in_noise_clicks_drums_and_speech() {
    let kinds: [(&str, Make); 16] = [
        ("silence", |_| vec![0.0; FRAMES]),
        ("white noise", white),
        ("pink noise", pink),
        ("brown noise", brown),
        ("white noise in eighths", |d| struck(&white(d), 0.25, 0.04)),
        ("pink noise in quarters", |d| struck(&pink(d), 0.5, 0.2)),
        ("a wide band of noise", |d| band(1.5, false, d)),
        ("a band of noise", |d| band(4.0, false, d)),
        ("a narrow band of noise", |d| band(16.0, false, d)),
        ("bands of noise in turn", |d| band(6.0, true, d)),
        ("clicks", |d| struck(&white(d), 0.5, 0.003)),
        ("beeps", |d| struck(&sound(|t| tone(84.0, 1, t)), 0.3 + 0.4 * d.unit(), 0.02)),
        ("a sine", |d| {
            let midi = 45.0 + 40.0 * d.unit();
            sound(|t| 0.4 * tone(midi, 1, t))
        }),
        ("drums", drums),
        ("drums in noise", |d| over(&drums(d), &pink(d), 10.0)),
        ("speech", speech),
    ];
    let mut wrong = Vec::new();
    for (name, make) in kinds {
        for seed in 0..SEEDS {
            let heard = hear(&make(&mut Dice::new(seed, name)));
            if heard.chords > 0.0 || heard.key {
                wrong.push(format!("{name} {seed}: chords {:.2}, {}", heard.chords, heard.said));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn harmony_is_found_under_noise_and_drums() {
    let kinds: [(&str, Make); 8] = [
        ("chords", pad),
        ("chords 10 dB over pink noise", |d| over(&pad(d), &pink(d), 10.0)),
        ("chords as loud as pink noise", |d| over(&pad(d), &pink(d), 0.0)),
        ("chords 3 dB under pink noise", |d| over(&pad(d), &pink(d), -3.0)),
        ("chords as loud as white noise", |d| over(&pad(d), &white(d), 0.0)),
        ("distorted chords", distorted),
        ("distorted chords under drums", |d| over(&distorted(d), &drums(d), -3.0)),
        ("techno", techno),
    ];
    let mut wrong = Vec::new();
    for (name, make) in kinds {
        for seed in 0..SEEDS {
            let heard = hear(&make(&mut Dice::new(seed, name)));
            if heard.chords < 0.8 {
                wrong.push(format!("{name} {seed}: chords {:.2}, {}", heard.chords, heard.said));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_drone_has_no_key() {
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed, "drone");
        let root = 30.0 + 24.0 * dice.unit();
        let fifth = sound(|t| {
            0.1 * (0.7 + 0.3 * (0.4 * t).sin()) * (tone(root, 7, t) + tone(root + 7.02, 7, t))
        });
        assert!(!hear(&fifth).key);
        assert!(!hear(&over(&fifth, &pink(&mut dice), 10.0)).key);
    }
}
