//! A look-ahead limiter that holds the true peak under a ceiling.
//!
//! Gain is computed from the four times oversampled peak of each sample, spread over the look-ahead
//! and smoothed, so that no step is heard. Must never raise a level.

use super::buffer::{Audio, db_amplitude};
use std::f64::consts::PI;

const OVERSAMPLING: usize = 4;
const TAPS: usize = 12;
const LOOK_AHEAD_S: f64 = 0.004;
const RELEASE_S: f64 = 0.08;

/// Limits in place so that the true peak is at most `ceiling_dbtp`.
pub fn limit(audio: &mut Audio, ceiling_dbtp: f64) {
    let ceiling = db_amplitude(ceiling_dbtp) as f32;
    // The gain curve is computed on an interpolated peak; what smoothing lets through is caught by
    // a second and, very rarely, a third pass with what is left.
    for _ in 0..3 {
        let envelope = true_peak_envelope(audio);
        if envelope.iter().all(|peak| *peak <= ceiling) {
            return;
        }
        let gains = gain_curve(&envelope, ceiling, f64::from(audio.rate_hz()));
        for plane in audio.planes_mut() {
            for (sample, gain) in plane.iter_mut().zip(&gains) {
                *sample *= gain;
            }
        }
    }
    let peak = true_peak_envelope(audio).into_iter().fold(0.0, f32::max);
    if peak > ceiling {
        audio.scale(ceiling / peak);
    }
}

/// For each sample the largest magnitude between it and the next, over all channels.
fn true_peak_envelope(audio: &Audio) -> Vec<f32> {
    let phases = interpolators();
    let mut envelope = vec![0f32; audio.frames()];
    for plane in audio.planes() {
        for (i, slot) in envelope.iter_mut().enumerate() {
            let mut peak = plane[i].abs();
            // Far from the ceiling the interpolation cannot matter: the overshoot of four adjacent
            // samples is bounded by the filter's gain.
            let near = plane[i].abs().max(plane.get(i + 1).map_or(0.0, |s| s.abs()));
            if near > 0.25 {
                for phase in &phases {
                    let mut sum = 0.0;
                    for (tap, weight) in phase.iter().enumerate() {
                        let at = (i + tap + 1).wrapping_sub(TAPS / 2);
                        sum += plane.get(at).copied().unwrap_or(0.0) * weight;
                    }
                    peak = peak.max(sum.abs());
                }
            }
            *slot = slot.max(peak);
        }
    }
    envelope
}

fn interpolators() -> [[f32; TAPS]; OVERSAMPLING - 1] {
    std::array::from_fn(|phase| {
        let offset = (phase + 1) as f64 / OVERSAMPLING as f64;
        let mut taps = std::array::from_fn(|tap| {
            let x = tap as f64 + 1.0 - (TAPS / 2) as f64 - offset;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let window = (PI * x / TAPS as f64).cos().powi(2);
            (sinc * window) as f32
        });
        let sum: f32 = taps.iter().sum();
        taps.iter_mut().for_each(|t| *t /= sum);
        taps
    })
}

/// Gain a sample: the lowest needed within the look-ahead, averaged over the same span, with an
/// exponential release.
fn gain_curve(envelope: &[f32], ceiling: f32, rate_hz: f64) -> Vec<f32> {
    let ahead = (LOOK_AHEAD_S * rate_hz) as usize;
    let needed: Vec<f32> =
        envelope.iter().map(|p| if *p > ceiling { ceiling / p } else { 1.0 }).collect();
    let held = sliding_minimum(&needed, ahead);
    let release = (-1.0 / (RELEASE_S * rate_hz)).exp() as f32;
    let mut gains = Vec::with_capacity(held.len());
    let mut gain = 1f32;
    for target in &held {
        gain = if *target < gain { *target } else { 1.0 - (1.0 - gain) * release };
        gain = gain.min(if *target < 1.0 { *target } else { gain });
        gains.push(gain);
    }
    average_backwards(&gains, ahead)
}

/// Minimum over each sample and the `ahead` after it.
fn sliding_minimum(values: &[f32], ahead: usize) -> Vec<f32> {
    let mut window = std::collections::VecDeque::<usize>::new();
    let mut out = vec![1.0; values.len()];
    for i in (0..values.len()).rev() {
        while window.back().is_some_and(|j| values[*j] >= values[i]) {
            window.pop_back();
        }
        window.push_back(i);
        while window.front().is_some_and(|j| *j > i + ahead) {
            window.pop_front();
        }
        out[i] = window.front().map_or(values[i], |j| values[*j]);
    }
    out
}

/// Mean over each sample and the `span` before it. Where every value of the span is at most some
/// bound, so is the mean: a held minimum survives.
fn average_backwards(values: &[f32], span: usize) -> Vec<f32> {
    let mut sum = 0f64;
    let mut out = Vec::with_capacity(values.len());
    for i in 0..values.len() {
        sum += f64::from(values[i]);
        if i > span {
            sum -= f64::from(values[i - span - 1]);
        }
        out.push((sum / (i.min(span) + 1) as f64) as f32);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::loudness::measure;
    use std::f64::consts::TAU;

    fn noise_burst() -> Audio {
        let mut state = 1u32;
        let plane: Vec<f32> = (0..44_100)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                if (10_000..20_000).contains(&i) { noise * 2.5 } else { noise * 0.1 }
            })
            .collect();
        Audio::new(44_100, vec![plane.clone(), plane])
    }

    #[test]
    fn true_peak_stays_under_the_ceiling() {
        let mut audio = noise_burst();
        limit(&mut audio, -1.0);
        let peak = measure(&audio).true_peak_dbtp.unwrap();
        assert!(peak < -0.85, "{peak}");
        // What was far below the ceiling and far from the burst is untouched.
        assert_eq!(audio.channel(0)[..5_000], noise_burst().channel(0)[..5_000]);
    }

    #[test]
    fn peaks_between_samples_are_seen() {
        // A sine at a quarter of the rate, 45 degrees off: samples read 0.707, the wave 1.0.
        let plane: Vec<f32> =
            (0..44_100).map(|i| (TAU * (f64::from(i) / 4.0 + 0.125)).sin() as f32 * 1.2).collect();
        let mut audio = Audio::new(44_100, vec![plane]);
        limit(&mut audio, -1.0);
        let peak = measure(&audio).true_peak_dbtp.unwrap();
        assert!((-1.6..-0.8).contains(&peak), "{peak}");
    }

    #[test]
    fn quiet_sound_is_left_alone() {
        let mut audio = Audio::new(44_100, vec![vec![0.3; 1000]]);
        let before = audio.clone();
        limit(&mut audio, -1.0);
        assert_eq!(audio, before);
    }
}
