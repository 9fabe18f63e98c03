//! How a rhythm is played: swing, and how far the tempo strays.
//!
//! Must never call silence between beats straight: without onsets there is no swing to measure.

use super::onsets::frame_rate;
use crate::domain::listening::Meter;

/// Places between two beats that are looked at, and the range in which a second half may fall.
const PLACES: usize = 60;
const FIRST: usize = 26;
const LAST: usize = 46;
/// Onset strength of second halves over that of beats under which they are not played.
const LEAST: f64 = 0.18;

/// How much longer first halves of beats are than second ones, from flattened onset strength;
/// `None` in compound meters and where halves are not played.
pub fn swing(flat: &[f32], beats_s: &[f64], meter: Meter) -> Option<f64> {
    if meter.pulses() != meter.beats || beats_s.len() < 8 {
        return None;
    }
    let mut profile = [0f64; PLACES];
    for pair in beats_s.windows(2) {
        for (place, sum) in profile.iter_mut().enumerate() {
            let at = pair[0] + (pair[1] - pair[0]) * place as f64 / PLACES as f64;
            *sum += read(flat, at * frame_rate());
        }
    }
    let smooth = |place: usize| {
        let near = [(place + PLACES - 1) % PLACES, place, (place + 1) % PLACES];
        near.iter().map(|p| profile[*p]).sum::<f64>() / 3.0
    };
    let on_beats = smooth(0);
    let best = (FIRST..=LAST).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b)))?;
    let flanks = smooth(FIRST - 4).min(smooth(LAST + 4));
    if on_beats <= 0.0 || smooth(best) - flanks < LEAST * on_beats {
        return None;
    }
    // From centre to centre: where a stroke is plainest lies a little after where it is counted, on
    // beats as between them.
    let share = (centre(&profile, best, flanks) - centre(&profile, PLACES, flanks) + PLACES as f64)
        / PLACES as f64;
    Some((share / (1.0 - share)).max(1.0))
}

/// Centre of what lies over a level around a place; places count round the beat.
fn centre(profile: &[f64; PLACES], place: usize, level: f64) -> f64 {
    let near = place - 3..=place + 3;
    let over = |p: usize| (profile[p % PLACES] - level).max(0.0);
    let weight: f64 = near.clone().map(over).sum();
    if weight <= 0.0 {
        return place as f64;
    }
    near.map(|p| p as f64 * over(p)).sum::<f64>() / weight
}

fn read(flat: &[f32], at: f64) -> f64 {
    let value = |i: usize| f64::from(flat.get(i).copied().unwrap_or(0.0));
    let (low, part) = (at.max(0.0) as usize, at.max(0.0).fract());
    value(low) * (1.0 - part) + value(low + 1) * part
}

/// Root mean square of how far bars are from the median bar, percent; `None` for fewer than four.
pub fn drift(downbeats_s: &[f64]) -> Option<f64> {
    let bars: Vec<f64> = downbeats_s.windows(2).map(|w| w[1] - w[0]).collect();
    if bars.len() < 4 {
        return None;
    }
    let middle = super::rhythm::median(&bars);
    let mean = bars.iter().map(|b| (b / middle - 1.0).powi(2)).sum::<f64>() / bars.len() as f64;
    Some(100.0 * mean.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Onsets on beats and on second halves at this share of the beat.
    fn played(share: f64) -> (Vec<f32>, Vec<f64>) {
        let beats: Vec<f64> = (0..32).map(|i| 0.2 + 0.52 * f64::from(i)).collect();
        let mut flat = vec![0f32; (18.0 * frame_rate()) as usize];
        for beat in &beats {
            for (at, level) in [(*beat, 3.0), (beat + 0.52 * share, 1.5)] {
                let frame = at * frame_rate();
                for i in frame as usize - 2..frame as usize + 3 {
                    flat[i] += level * (-0.5 * (i as f32 - frame as f32).powi(2)).exp();
                }
            }
        }
        (flat, beats)
    }

    #[test]
    fn swing_is_measured() {
        for ratio in [1.0, 1.25, 1.5, 2.0, 2.3] {
            let (flat, beats) = played(ratio / (1.0 + ratio));
            let found = swing(&flat, &beats, Meter::COMMON).unwrap();
            assert!((found / ratio - 1.0).abs() < 0.08, "{ratio}: {found}");
        }
    }

    #[test]
    fn without_halves_there_is_no_swing() {
        let (_, beats) = played(0.5);
        let (on_beats, _) = played(1.0);
        assert_eq!(swing(&on_beats, &beats, Meter::COMMON), None);
        assert_eq!(swing(&[], &beats, Meter::COMMON), None);
        let (flat, _) = played(0.5);
        assert_eq!(swing(&flat, &beats, Meter { beats: 6, unit: 8 }), None);
    }

    #[test]
    fn drift_is_a_percentage() {
        let steady: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(drift(&steady), Some(0.0));
        let loose = [0.0, 1.0, 2.02, 3.0, 4.0, 5.02];
        assert!(drift(&loose).is_some_and(|d| (1.0..3.0).contains(&d)));
        assert_eq!(drift(&steady[..3]), None);
    }
}
