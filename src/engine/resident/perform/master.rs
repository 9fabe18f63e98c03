//! Mixing stems and bringing the mix to its loudness, under a true-peak ceiling.

use crate::audio::Audio;
use crate::audio::limiter::limit;
use crate::audio::loudness::{Reading, gain_to, measure};
use std::collections::BTreeMap;

/// Loudness of takes of the base.
pub const BASE_LUFS: f64 = -14.0;
/// Ceiling of every take.
pub const CEILING_DBTP: f64 = -1.0;
/// Most a mix is raised; beyond it there is nothing but noise to raise.
const GAIN_MAX: f32 = 30.0;
/// Fades at the very ends, so that no take starts or ends with a step.
const EDGE_S: f64 = 0.005;

/// A finished master.
pub struct Mastered {
    /// The sound.
    pub audio: Audio,
    /// Its measured level.
    pub reading: Reading,
}

/// Sums stems (in the order of their names) and masters the sum to `target_lufs`.
pub fn master(stems: &BTreeMap<String, Audio>, target_lufs: f64, seconds: f64) -> Mastered {
    let mut mix = sum(stems, seconds);
    edges(&mut mix);
    // Limiting takes loudness away; more rounds bring it back where the ceiling lets it.
    let mut wanted = target_lufs;
    let clean = mix.clone();
    let mut reading = measure(&mix);
    for _ in 0..6 {
        let Some(now) = measure(&clean).integrated_lufs else { break };
        mix = clean.clone();
        mix.scale(gain_to(now, wanted).min(GAIN_MAX));
        limit(&mut mix, CEILING_DBTP);
        reading = measure(&mix);
        match reading.integrated_lufs {
            Some(got) if (got - target_lufs).abs() > 0.1 && got < target_lufs => {
                wanted += (target_lufs - got).min(3.0);
            }
            _ => break,
        }
    }
    Mastered { audio: mix, reading }
}

fn sum(stems: &BTreeMap<String, Audio>, seconds: f64) -> Audio {
    let rate = stems.values().next().map_or(super::RATE_HZ, Audio::rate_hz);
    let frames = (seconds * f64::from(rate)).round() as usize;
    let mut planes = vec![vec![0f32; frames]; 2];
    for stem in stems.values() {
        for (plane, source) in planes.iter_mut().zip(stem.planes()) {
            for (out, sample) in plane.iter_mut().zip(source) {
                *out += sample;
            }
        }
    }
    Audio::new(rate, planes)
}

fn edges(audio: &mut Audio) {
    let fade = ((EDGE_S * f64::from(audio.rate_hz())) as usize).min(audio.frames() / 2).max(1);
    for plane in audio.planes_mut() {
        let last = plane.len();
        for i in 0..fade.min(last) {
            let gain = i as f32 / fade as f32;
            plane[i] *= gain;
            plane[last - 1 - i] *= gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, gain: f64, seconds: f64) -> Audio {
        let plane: Vec<f32> = (0..(44_100.0 * seconds) as usize)
            .map(|i| {
                let t = i as f64 / 44_100.0;
                let pulse = (t * 2.0).fract();
                (gain * (-pulse * 6.0).exp() * (std::f64::consts::TAU * hz * t).sin()) as f32
            })
            .collect();
        Audio::new(44_100, vec![plane.clone(), plane])
    }

    #[test]
    fn loudness_and_peak_are_met() {
        for target in [-14.0, -18.0, -11.0] {
            let stems = BTreeMap::from([
                ("a".to_owned(), tone(220.0, 0.3, 10.0)),
                ("b".to_owned(), tone(1500.0, 0.2, 10.0)),
            ]);
            let done = master(&stems, target, 10.0);
            let lufs = done.reading.integrated_lufs.unwrap();
            assert!((lufs - target).abs() < 0.35, "{target}: {lufs}");
            assert!(done.reading.true_peak_dbtp.unwrap() <= -0.9);
            assert_eq!(done.audio.frames(), 441_000);
            assert_eq!(done.audio.channel(0)[0], 0.0);
        }
    }

    #[test]
    fn silence_stays_silence() {
        let stems = BTreeMap::from([("a".to_owned(), Audio::silence(44_100, 2, 44_100))]);
        let done = master(&stems, -14.0, 2.0);
        assert_eq!(done.audio.peak(), 0.0);
        assert_eq!(done.audio.frames(), 88_200);
    }
}
