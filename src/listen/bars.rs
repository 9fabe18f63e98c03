//! Where bars begin, and how many beats they have.
//!
//! Bass onsets and changes of harmony fall on first beats more often than on others. Meter is three
//! or four; four unless three is clearly plainer.

use super::onsets::{OnsetFrames, frame_rate};
use super::pitches::PitchFrames;
use crate::domain::listening::Meter;

/// The bars of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Beats to a bar.
    pub meter: Meter,
    /// Number of the first beat that begins a bar.
    pub first: usize,
}

/// Finds bars on beats (seconds).
pub fn find(beats_s: &[f64], onsets: &OnsetFrames, pitches: &PitchFrames) -> Bars {
    let low = normalise(&beat_strengths(beats_s, &onsets.low));
    let all = normalise(&beat_strengths(beats_s, &onsets.strength));
    let change = normalise(&chroma_changes(beats_s, pitches));
    let evidence: Vec<f64> =
        (0..beats_s.len()).map(|i| low[i] + 0.4 * all[i] + 1.2 * change[i]).collect();
    let (four, four_phase) = best_phase(&evidence, 4);
    let (three, three_phase) = best_phase(&evidence, 3);
    // Of three and four phases the largest mean is expected to be higher with four; and triple
    // meters are rare. So three must win clearly.
    if three > 0.25 && three > 1.6 * four {
        Bars { meter: Meter { beats: 3, unit: 4 }, first: three_phase }
    } else {
        Bars { meter: Meter::COMMON, first: four_phase }
    }
}

/// Mean evidence on the best phase less the mean of all, and that phase.
fn best_phase(evidence: &[f64], beats: usize) -> (f64, usize) {
    let all = evidence.iter().sum::<f64>() / evidence.len().max(1) as f64;
    (0..beats)
        .map(|phase| {
            let on: Vec<f64> = evidence.iter().skip(phase).step_by(beats).copied().collect();
            (on.iter().sum::<f64>() / on.len().max(1) as f64 - all, phase)
        })
        .fold((f64::MIN, 0), |best, next| if next.0 > best.0 { next } else { best })
}

fn beat_strengths(beats_s: &[f64], strength: &[f32]) -> Vec<f64> {
    beats_s
        .iter()
        .map(|beat| {
            let middle = (beat * frame_rate()).round() as usize;
            (middle.saturating_sub(2)..=middle + 4)
                .filter_map(|i| strength.get(i))
                .copied()
                .fold(0f32, f32::max)
                .into()
        })
        .collect()
}

fn chroma_changes(beats_s: &[f64], pitches: &PitchFrames) -> Vec<f64> {
    (0..beats_s.len())
        .map(|i| {
            let length = match (beats_s.get(i + 1), i.checked_sub(1).map(|j| beats_s[j])) {
                (Some(next), _) => next - beats_s[i],
                (None, Some(before)) => beats_s[i] - before,
                (None, None) => 0.5,
            };
            let before = pitches.chroma(beats_s[i] - length, beats_s[i]);
            let after = pitches.chroma(beats_s[i], beats_s[i] + length);
            let dot: f32 = before.iter().zip(&after).map(|(a, b)| a * b).sum();
            f64::from(1.0 - dot)
        })
        .collect()
}

fn normalise(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    values.iter().map(|v| if spread > 1e-9 { (v - mean) / spread } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accented_phase_wins() {
        let evidence = |meter: usize, phase: usize| -> Vec<f64> {
            (0..64).map(|i| if i % meter == phase { 1.5 } else { -0.3 }).collect()
        };
        assert_eq!(best_phase(&evidence(4, 2), 4).1, 2);
        assert!(best_phase(&evidence(3, 1), 3).0 > 1.6 * best_phase(&evidence(3, 1), 4).0);
        assert!(best_phase(&evidence(4, 1), 4).0 > best_phase(&evidence(4, 1), 3).0);
    }
}
