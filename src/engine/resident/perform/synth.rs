//! Built-in synthesis: enough sounds to play a score on a machine without a bank.
//!
//! Band-limited oscillators (PolyBLEP, Välimäki & Huovilainen 2007), two-operator FM, plucked
//! strings (Karplus & Strong 1983) and noise drums, with one small room. The same note always
//! sounds the same.

use super::RATE_HZ;
use crate::audio::Audio;
use crate::domain::score::{Note, Part, Role, Score};
use std::f32::consts::TAU;

const RATE: f32 = RATE_HZ as f32;

/// How a sound is made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Patch {
    /// Two-operator FM: ratio, depth, decay of the depth, decay of the sound (s).
    Fm { ratio: f32, depth: f32, bright_s: f32, decay_s: f32 },
    /// Sums of sines at harmonics, held.
    Organ,
    /// Plucked string: brightness 0..1, decay (s).
    Pluck { bright: f32, decay_s: f32 },
    /// Saws, detuned by cents, through a low-pass: cut-off over the pitch, attack, release (s).
    Saw { voices: u32, cents: f32, cutoff: f32, attack_s: f32, release_s: f32 },
    /// A pulse: width, attack (s).
    Pulse { width: f32, attack_s: f32 },
    /// A breathy wind: amount of breath.
    Wind { breath: f32 },
}

/// The patch of a General-MIDI program.
fn patch(program: u8) -> Patch {
    match program {
        0..=3 => Patch::Fm { ratio: 1.0, depth: 1.6, bright_s: 0.25, decay_s: 1.6 },
        4..=5 => Patch::Fm { ratio: 14.0, depth: 0.35, bright_s: 0.3, decay_s: 1.8 },
        6..=7 | 15 | 24..=31 | 45 | 46 | 104..=107 => {
            let bright = if (8..29).contains(&program) { 0.6 } else { 0.9 };
            Patch::Pluck { bright, decay_s: if program == 28 { 0.4 } else { 1.8 } }
        }
        8..=14 | 98 | 112..=114 => {
            Patch::Fm { ratio: 3.5, depth: 1.4, bright_s: 0.6, decay_s: 2.2 }
        }
        108 => Patch::Fm { ratio: 4.0, depth: 0.8, bright_s: 0.1, decay_s: 0.7 },
        16..=23 => Patch::Organ,
        32 | 33 | 35..=37 | 43 => Patch::Pluck { bright: 0.35, decay_s: 1.2 },
        34 | 38 | 39 | 87 => {
            Patch::Saw { voices: 1, cents: 0.0, cutoff: 6.0, attack_s: 0.004, release_s: 0.05 }
        }
        40..=44 | 48..=51 | 110 => {
            Patch::Saw { voices: 3, cents: 9.0, cutoff: 5.0, attack_s: 0.09, release_s: 0.18 }
        }
        52..=54 | 85 | 88..=97 | 99..=103 => {
            Patch::Saw { voices: 3, cents: 14.0, cutoff: 3.5, attack_s: 0.25, release_s: 0.4 }
        }
        56..=63 => {
            Patch::Saw { voices: 2, cents: 5.0, cutoff: 7.0, attack_s: 0.03, release_s: 0.08 }
        }
        64..=71 | 109 | 111 => Patch::Pulse { width: 0.3, attack_s: 0.03 },
        72..=79 => Patch::Wind { breath: 0.12 },
        80 => Patch::Pulse { width: 0.5, attack_s: 0.003 },
        _ => Patch::Saw { voices: 2, cents: 8.0, cutoff: 9.0, attack_s: 0.005, release_s: 0.08 },
    }
}

/// Plays one part for `seconds`.
pub fn render(score: &Score, part: &Part, seconds: f64) -> Audio {
    let frames = (seconds * f64::from(RATE_HZ)).round() as usize;
    let mut dry = vec![0f32; frames];
    for note in &part.notes {
        let start = (score.seconds(note.start) * f64::from(RATE_HZ)).round() as usize;
        let length = score.seconds(note.length) as f32;
        let sound = match part.role {
            Role::Drums => drum(note),
            _ => voice(patch(part.program), note, length),
        };
        for (out, sample) in dry.iter_mut().skip(start).zip(sound) {
            *out += sample;
        }
    }
    // Basses and kicks stay in the middle and dry, the rest gets a little room and width.
    let wet = match part.role {
        Role::Bass => 0.0,
        Role::Drums => 0.08,
        Role::Lead => 0.16,
        Role::Harmony => 0.2,
        Role::Pad => 0.3,
    };
    spread(&dry, wet)
}

/// A room of parallel combs and two all-passes a side (Schroeder 1962), decorrelated.
fn spread(dry: &[f32], wet: f32) -> Audio {
    let side = |delays: [usize; 4], passes: [usize; 2]| -> Vec<f32> {
        let mut room = vec![0f32; dry.len()];
        for delay in delays {
            let mut line = vec![0f32; delay];
            let (mut at, mut low) = (0, 0.0);
            for (out, sample) in room.iter_mut().zip(dry) {
                let echo = line[at];
                low += 0.45 * (echo - low);
                line[at] = sample + 0.78 * low;
                *out += echo * 0.25;
                at = (at + 1) % delay;
            }
        }
        for delay in passes {
            let mut line = vec![0f32; delay];
            let mut at = 0;
            for out in &mut room {
                let delayed = line[at];
                let fed = *out + 0.5 * delayed;
                line[at] = fed;
                *out = delayed - 0.5 * fed;
                at = (at + 1) % delay;
            }
        }
        dry.iter().zip(&room).map(|(d, r)| d * (1.0 - 0.3 * wet) + r * wet).collect()
    };
    if wet <= 0.0 {
        return Audio::new(RATE_HZ, vec![dry.to_vec(), dry.to_vec()]);
    }
    let left = side([1687, 1601, 2053, 2251], [389, 131]);
    let right = side([1733, 1559, 1997, 2311], [367, 149]);
    Audio::new(RATE_HZ, vec![left, right])
}

fn hertz(midi: u8) -> f32 {
    440.0 * 2f32.powf((f32::from(midi) - 69.0) / 12.0)
}

/// Noise that depends on the note alone.
struct Noise(u32);

impl Noise {
    fn of(note: &Note) -> Self {
        Self(u32::from(note.midi) * 7919 + 12_345)
    }

    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// Attack, hold, release; and a click-free start and end.
fn envelope(at_s: f32, length_s: f32, attack_s: f32, release_s: f32) -> f32 {
    let rise = (at_s / attack_s.max(0.002)).min(1.0);
    let fall = if at_s > length_s { (1.0 - (at_s - length_s) / release_s).max(0.0) } else { 1.0 };
    rise * fall * fall
}

/// PolyBLEP correction of a step at phase 0.
fn blep(phase: f32, step: f32) -> f32 {
    if phase < step {
        let t = phase / step;
        t + t - t * t - 1.0
    } else if phase > 1.0 - step {
        let t = (phase - 1.0) / step;
        t * t + t + t + 1.0
    } else {
        0.0
    }
}

fn saw(phase: f32, step: f32) -> f32 {
    2.0 * phase - 1.0 - blep(phase, step)
}

fn pulse(phase: f32, step: f32, width: f32) -> f32 {
    let other = (phase + 1.0 - width).fract();
    let naive = if phase < width { 1.0 } else { -1.0 };
    naive + blep(phase, step) - blep(other, step)
}

fn voice(patch: Patch, note: &Note, length_s: f32) -> Vec<f32> {
    let hz = hertz(note.midi);
    let level = (f32::from(note.velocity) / 127.0).powf(1.4) * 0.22;
    match patch {
        Patch::Fm { ratio, depth, bright_s, decay_s } => {
            let release = 0.12;
            samples(
                length_s + release,
                |t, _| {
                    let index = depth * (-t / bright_s).exp() * (0.5 + level * 3.0);
                    let modulator = (TAU * hz * ratio * t).sin() * index;
                    (TAU * hz * t + modulator).sin()
                        * (-t / decay_s).exp()
                        * envelope(t, length_s, 0.003, release)
                },
                level,
            )
        }
        Patch::Organ => {
            let bars = [(0.5, 0.5), (1.0, 1.0), (2.0, 0.7), (3.0, 0.35), (4.0, 0.3), (6.0, 0.15)];
            samples(
                length_s + 0.06,
                |t, _| {
                    let sum: f32 = bars.iter().map(|(h, a)| (TAU * hz * h * t).sin() * a).sum();
                    0.45 * sum * envelope(t, length_s, 0.01, 0.06)
                },
                level,
            )
        }
        Patch::Pluck { bright, decay_s } => pluck(hz, bright, decay_s, length_s, note, level),
        Patch::Saw { voices, cents, cutoff, attack_s, release_s } => {
            saws(hz, voices, cents, cutoff, attack_s, release_s, length_s, level)
        }
        Patch::Pulse { width, attack_s } => {
            let mut phase = 0.0;
            samples(
                length_s + 0.06,
                |t, _| {
                    let vibrato = 1.0 + 0.004 * (TAU * 5.3 * t).sin() * (t * 2.0).min(1.0);
                    let step = hz * vibrato / RATE;
                    phase = (phase + step).fract();
                    0.7 * pulse(phase, step, width) * envelope(t, length_s, attack_s, 0.06)
                },
                level,
            )
        }
        Patch::Wind { breath } => {
            let mut noise = Noise::of(note);
            let mut air = 0.0;
            samples(
                length_s + 0.1,
                |t, _| {
                    let vibrato = 0.004 * (TAU * 5.0 * t).sin() * (t * 2.5).min(1.0);
                    let phase = TAU * hz * (t + vibrato / 5.0);
                    air += 0.25 * (noise.next() - air);
                    let tone =
                        phase.sin() + 0.25 * (2.0 * phase).sin() + 0.08 * (3.0 * phase).sin();
                    (tone + breath * air * 3.0) * envelope(t, length_s, 0.05, 0.1)
                },
                level,
            )
        }
    }
}

/// Runs a generator of (time, number) for a time.
fn samples(seconds: f32, mut next: impl FnMut(f32, usize) -> f32, level: f32) -> Vec<f32> {
    let count = (seconds * RATE) as usize;
    (0..count).map(|i| next(i as f32 / RATE, i) * level).collect()
}

#[expect(clippy::too_many_arguments, reason = "the patch's own figures")]
fn saws(
    hz: f32,
    voices: u32,
    cents: f32,
    cutoff: f32,
    attack_s: f32,
    release_s: f32,
    length_s: f32,
    level: f32,
) -> Vec<f32> {
    let detune = |v: u32| {
        let place = v as f32 - (voices - 1) as f32 / 2.0;
        2f32.powf(place * cents / 1200.0)
    };
    let mut phases: Vec<f32> = (0..voices).map(|v| (v as f32 * 0.37).fract()).collect();
    let (mut low, mut lower) = (0.0, 0.0);
    samples(
        length_s + release_s,
        |t, _| {
            let mut sum = 0.0;
            for (v, phase) in phases.iter_mut().enumerate() {
                let step = hz * detune(v as u32) / RATE;
                *phase = (*phase + step).fract();
                sum += saw(*phase, step);
            }
            let open = cutoff * (0.6 + 0.6 * (-t * 3.0).exp());
            let pole = 1.0 - (-TAU * (hz * open).min(12_000.0) / RATE).exp();
            low += pole * (sum / (voices as f32).sqrt() - low);
            lower += pole * (low - lower);
            lower * envelope(t, length_s, attack_s, release_s)
        },
        level,
    )
}

fn pluck(hz: f32, bright: f32, decay_s: f32, length_s: f32, note: &Note, level: f32) -> Vec<f32> {
    let period = (RATE / hz).max(2.0);
    let size = period.floor() as usize;
    let fraction = period - size as f32;
    let mut noise = Noise::of(note);
    let mut line: Vec<f32> = (0..=size).map(|_| noise.next()).collect();
    // A softer pluck has less treble to begin with.
    for _ in 0..((1.0 - bright) * 6.0) as usize {
        for i in 1..line.len() {
            line[i] = 0.5 * (line[i] + line[i - 1]);
        }
    }
    let loss = 0.001f32.powf(1.0 / (decay_s * hz)).min(0.9995);
    let (mut at, mut last) = (0, 0.0);
    samples(
        length_s + 0.15,
        |t, _| {
            let size = line.len();
            let now = line[at];
            let next = line[(at + 1) % size];
            let read = now * (1.0 - fraction) + next * fraction;
            let filtered = loss * (0.5 * (1.0 + bright) * read + 0.5 * (1.0 - bright) * last);
            last = read;
            line[at] = filtered;
            at = (at + 1) % size;
            1.4 * now * envelope(t, length_s, 0.002, 0.15)
        },
        level,
    )
}

/// A drum of the General-MIDI kit.
fn drum(note: &Note) -> Vec<f32> {
    let level = (f32::from(note.velocity) / 127.0).powf(1.5) * 0.5;
    let mut noise = Noise::of(note);
    match note.midi {
        35 | 36 => thump(0.35, 150.0, 48.0, 0.045, 0.14, level * 1.3),
        41 | 43 | 45 | 47 | 48 | 50 | 64 => {
            let hz = 70.0 + 12.0 * f32::from(note.midi - 40);
            thump(0.4, hz * 1.6, hz, 0.05, 0.16, level)
        }
        38 | 40 => {
            let body = thump(0.25, 240.0, 180.0, 0.03, 0.07, level * 0.6);
            let rattle = hiss(&mut noise, 0.25, 0.2, 0.09, level * 0.7);
            body.iter().zip(rattle).map(|(a, b)| a + b).collect()
        }
        37 | 75..=77 => thump(0.08, 1700.0, 1500.0, 0.01, 0.02, level * 0.5),
        39 => clap(&mut noise, level),
        42 | 44 => hiss(&mut noise, 0.09, 0.75, 0.025, level * 0.5),
        46 => hiss(&mut noise, 0.4, 0.75, 0.16, level * 0.5),
        49 | 52 | 55 | 57 => hiss(&mut noise, 1.6, 0.6, 0.5, level * 0.6),
        51 | 53 | 59 => {
            let ping = thump(0.5, 3_150.0, 3_100.0, 0.3, 0.2, level * 0.12);
            let wash = hiss(&mut noise, 0.5, 0.8, 0.14, level * 0.25);
            ping.iter().zip(wash).map(|(a, b)| a + b).collect()
        }
        54 | 69 | 70 | 73 | 74 | 82 => hiss(&mut noise, 0.1, 0.8, 0.035, level * 0.35),
        56 | 67 | 68 | 80 | 81 => thump(0.2, 820.0, 800.0, 0.1, 0.08, level * 0.35),
        60..=63 | 65 | 66 => {
            let hz = 180.0 + 40.0 * f32::from(note.midi % 4);
            thump(0.25, hz * 1.3, hz, 0.03, 0.09, level * 0.8)
        }
        _ => hiss(&mut noise, 0.1, 0.5, 0.04, level * 0.4),
    }
}

/// A sine that falls from one frequency to another.
fn thump(
    seconds: f32,
    from_hz: f32,
    to_hz: f32,
    fall_s: f32,
    decay_s: f32,
    level: f32,
) -> Vec<f32> {
    let mut phase = 0.0;
    samples(
        seconds,
        |t, _| {
            phase += TAU * (to_hz + (from_hz - to_hz) * (-t / fall_s).exp()) / RATE;
            let edge = (t / 0.001).min(1.0) * ((seconds - t) / 0.01).min(1.0);
            phase.sin() * (-t / decay_s).exp() * edge
        },
        level,
    )
}

/// High-passed noise; `bright` moves the corner up.
fn hiss(noise: &mut Noise, seconds: f32, bright: f32, decay_s: f32, level: f32) -> Vec<f32> {
    let mut low = 0.0;
    samples(
        seconds,
        |t, _| {
            let white = noise.next();
            low += (0.1 + 0.6 * bright) * (white - low);
            let edge = (t / 0.001).min(1.0) * ((seconds - t) / 0.01).min(1.0);
            (white - low) * (-t / decay_s).exp() * edge
        },
        level,
    )
}

/// Three bursts and a tail.
fn clap(noise: &mut Noise, level: f32) -> Vec<f32> {
    let mut low = 0.0;
    samples(
        0.25,
        |t, _| {
            let white = noise.next();
            low += 0.3 * (white - low);
            let bursts: f32 = [0.0, 0.011, 0.023]
                .iter()
                .filter(|s| t >= **s)
                .map(|s| (-(t - s) / 0.006).exp())
                .fold(0.0, f32::max);
            let tail = if t > 0.03 { 0.6 * (-(t - 0.03) / 0.06).exp() } else { 0.0 };
            (white - low) * bursts.max(tail) * ((0.25 - t) / 0.01).min(1.0)
        },
        level * 0.8,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(midi: u8) -> Note {
        Note { start: 0, length: 480, midi, velocity: 100 }
    }

    /// Strongest frequency by correlation with sines a tenth of a semitone apart.
    fn pitch(sound: &[f32], near_hz: f32) -> f32 {
        let best = (-60..=60)
            .map(|tenth| near_hz * 2f32.powf(tenth as f32 / 120.0))
            .max_by(|a, b| power(sound, *a).total_cmp(&power(sound, *b)));
        best.unwrap()
    }

    fn power(sound: &[f32], hz: f32) -> f32 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, s) in sound.iter().enumerate() {
            let angle = TAU * hz * i as f32 / RATE;
            re += s * angle.cos();
            im += s * angle.sin();
        }
        re * re + im * im
    }

    #[test]
    fn every_program_is_in_tune_and_ends_softly() {
        for program in 0..=114u8 {
            let sound = voice(patch(program), &note(60), 0.5);
            let peak = sound.iter().fold(0f32, |p, s| p.max(s.abs()));
            assert!(peak > 0.005 && peak < 1.0, "{program}: {peak}");
            assert!(sound[sound.len() - 1].abs() < 0.003, "{program}");
            let heard = pitch(&sound[2000..20_000], 261.63);
            let cents = 1200.0 * (heard / 261.63).log2();
            assert!(cents.abs() < 25.0, "{program}: {cents} cents");
        }
    }

    #[test]
    fn drums_are_finite_and_end_in_silence() {
        for midi in 35..=82 {
            let sound = drum(&note(midi));
            assert!(!sound.is_empty());
            assert!(sound.iter().all(|s| s.is_finite() && s.abs() < 2.0), "{midi}");
            assert!(sound[sound.len() - 1].abs() < 0.01, "{midi}");
        }
    }

    #[test]
    fn oscillators_hardly_alias() {
        // A saw at 5 kHz: what is not near a harmonic is aliasing.
        let step = 5_000.0 / RATE;
        let mut phase = 0.0f32;
        let wave: Vec<f32> = (0..8192)
            .map(|_| {
                phase = (phase + step).fract();
                saw(phase, step)
            })
            .collect();
        let tone = power(&wave, 5_000.0);
        for hz in [1_100.0, 2_300.0, 3_700.0, 7_300.0] {
            assert!(power(&wave, hz) < tone * 0.003, "{hz}");
        }
    }
}
