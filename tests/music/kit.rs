//! Drums made by code: every piece gets a kit of its own, from booming to clicking, so that ears
//! learn drums and not one bank's samples.

use super::{Drum, TrueHit, choked_s};
use leitmotif::engine::resident::dice::Dice;
use std::f64::consts::TAU;

/// How one drum sounds.
struct Voice {
    /// Pitch at the stroke and later, Hz, and how fast it falls.
    from_hz: f64,
    to_hz: f64,
    fall_s: f64,
    /// Share of tone against noise.
    tone: f64,
    decay_s: f64,
    noise_decay_s: f64,
    /// Where the noise lies, Hz, and how narrow it is.
    noise_hz: f64,
    narrow: f64,
    /// Strokes of the noise: a clap has several.
    bursts: usize,
    level: f64,
    /// Metal: partials that fit no series.
    metal: f64,
}

/// Plays strokes on a kit drawn from the dice.
pub fn play(hits: &[TrueHit], rate: f64, frames: usize, dice: &mut Dice) -> Vec<f32> {
    let voices: Vec<Voice> = Drum::ALL.iter().map(|kind| voice(*kind, dice)).collect();
    let mut out = vec![0f32; frames];
    for (i, hit) in hits.iter().enumerate() {
        let index = Drum::ALL.iter().position(|k| *k == hit.kind).unwrap_or(7);
        let loud = (f64::from(hit.velocity) / 127.0).powf(1.3);
        let choked = choked_s(hits, i);
        stroke(&voices[index], hit.at_s, loud, choked, rate, &mut out, dice);
    }
    out
}

fn between(dice: &mut Dice, low: f64, high: f64) -> f64 {
    low * (high / low).powf(dice.unit())
}

fn voice(kind: Drum, dice: &mut Dice) -> Voice {
    let mut draw = |low: f64, high: f64| between(dice, low, high);
    let plain = Voice {
        from_hz: 200.0,
        to_hz: 180.0,
        fall_s: 0.02,
        tone: 0.0,
        decay_s: 0.1,
        noise_decay_s: 0.1,
        noise_hz: 3_000.0,
        narrow: 1.4,
        bursts: 1,
        level: draw(0.35, 0.8),
        metal: 0.0,
    };
    match kind {
        Drum::Kick => Voice {
            from_hz: draw(90.0, 400.0),
            to_hz: draw(38.0, 75.0),
            fall_s: draw(0.008, 0.05),
            tone: draw(0.8, 0.99),
            decay_s: draw(0.07, 0.45),
            noise_decay_s: draw(0.003, 0.02),
            noise_hz: draw(1_500.0, 6_000.0),
            level: draw(0.6, 1.0),
            ..plain
        },
        Drum::Snare => Voice {
            from_hz: draw(190.0, 420.0),
            to_hz: draw(150.0, 240.0),
            fall_s: draw(0.01, 0.05),
            tone: draw(0.2, 0.7),
            decay_s: draw(0.05, 0.2),
            noise_decay_s: draw(0.06, 0.3),
            noise_hz: draw(1_500.0, 6_000.0),
            level: draw(0.5, 0.9),
            ..plain
        },
        Drum::ClosedHat | Drum::OpenHat => Voice {
            noise_decay_s: if kind == Drum::ClosedHat {
                draw(0.015, 0.07)
            } else {
                draw(0.18, 0.6)
            },
            noise_hz: draw(5_000.0, 9_500.0),
            narrow: draw(0.6, 1.6),
            metal: draw(0.1, 0.8),
            level: draw(0.2, 0.5),
            ..plain
        },
        Drum::Tom => {
            let to_hz = draw(70.0, 220.0);
            Voice {
                from_hz: to_hz * draw(1.1, 1.8),
                to_hz,
                fall_s: draw(0.03, 0.12),
                tone: draw(0.8, 0.97),
                decay_s: draw(0.15, 0.5),
                noise_decay_s: draw(0.01, 0.06),
                noise_hz: draw(1_000.0, 4_000.0),
                level: draw(0.5, 0.9),
                ..plain
            }
        }
        Drum::Cymbal => Voice {
            noise_decay_s: draw(0.5, 1.8),
            noise_hz: draw(4_000.0, 9_000.0),
            narrow: draw(0.8, 1.8),
            metal: draw(0.2, 0.9),
            level: draw(0.25, 0.6),
            ..plain
        },
        Drum::Clap => Voice {
            noise_decay_s: draw(0.06, 0.25),
            noise_hz: draw(900.0, 2_200.0),
            narrow: draw(0.5, 1.0),
            bursts: 3,
            ..plain
        },
        Drum::Other => {
            let to_hz = draw(300.0, 2_500.0);
            Voice {
                from_hz: to_hz * draw(1.0, 1.1),
                to_hz,
                tone: draw(0.3, 0.95),
                decay_s: draw(0.03, 0.25),
                noise_decay_s: draw(0.02, 0.12),
                noise_hz: draw(2_000.0, 8_000.0),
                level: draw(0.25, 0.6),
                ..plain
            }
        }
    }
}

fn stroke(
    voice: &Voice,
    at_s: f64,
    loud: f64,
    choked_s: Option<f64>,
    rate: f64,
    out: &mut [f32],
    dice: &mut Dice,
) {
    let first = (at_s * rate) as usize;
    let length = (6.0 * voice.decay_s.max(voice.noise_decay_s)).min(3.0);
    let count = ((length * rate) as usize).min(out.len().saturating_sub(first));
    let wanted = 2.0 * (std::f64::consts::PI * (voice.noise_hz / rate).min(0.22)).sin();
    // Beyond this the filter rings ever louder until nothing is a number.
    let f = wanted.min(0.9 * ((voice.narrow * voice.narrow + 4.0).sqrt() - voice.narrow));
    let (mut low, mut band, mut phase) = (0.0, 0.0, 0.0);
    let mut metal = [0f64; 6];
    let ratios = [1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523];
    for i in 0..count {
        let t = i as f64 / rate;
        let hz = voice.to_hz + (voice.from_hz - voice.to_hz) * (-t / voice.fall_s).exp();
        phase += TAU * hz / rate;
        let tone = voice.tone * phase.sin() * (-t / voice.decay_s).exp();
        let noise = 2.0 * dice.unit() - 1.0;
        // State-variable band-pass (Chamberlin 1985).
        low += f * band;
        band += f * (noise - low - voice.narrow * band);
        let mut hiss = band;
        if voice.metal > 0.0 {
            let mut squares = 0.0;
            for (p, r) in metal.iter_mut().zip(ratios) {
                *p = (*p + voice.noise_hz * 0.55 * r / rate) % 1.0;
                squares += if *p < 0.5 { 0.2 } else { -0.2 };
            }
            hiss = hiss * (1.0 - voice.metal) + 0.5 * voice.metal * (squares * noise.signum());
        }
        let burst =
            if voice.bursts > 1 && t < 0.03 { (t % 0.01) / 0.006 } else { t / voice.noise_decay_s };
        let mut envelope = (-burst).exp() * (t / 0.0008).min(1.0);
        if choked_s.is_some_and(|c| t > c) {
            envelope *= 0.02;
        }
        let sound = tone * (t / 0.001).min(1.0) + (1.0 - voice.tone) * hiss * envelope;
        out[first + i] += (voice.level * loud * sound) as f32;
    }
}
