//! Which families of instruments sound where, and where a voice does, from what the network of
//! [`crate::nn::families`] says of each frame.
//!
//! Must never call a track sung because of a moment: a voice that is heard for less than
//! [`LEAST_VOICE_S`] in all is not one.

use super::spectra::frame_rate;
use crate::domain::listening::{NoteSpan, Vocals};
use crate::nn::families::{self, NAMES, VOICE};
use crate::nn::logistic;
use crate::nn::maps::Maps;
use crate::nn::weights::WeightsError;

/// Frames that the network runs over at a time, 24 s.
const PART: usize = 1_024;
/// Share of a section's frames in which a family sounds that is named.
const LEAST_SHARE: f64 = 0.25;
/// Chance of a voice at which a span starts, and under which it ends.
const BEGINS: f32 = 0.7;
const ENDS: f32 = 0.45;
/// Seconds over which chances of a voice are averaged.
const SMOOTH_S: f64 = 0.5;
/// Spans this near are one.
const GAP_S: f64 = 0.8;
/// Shorter spans are not voices.
const SHORTEST_S: f64 = 0.6;
/// Less than this in a track is no voice.
const LEAST_VOICE_S: f64 = 2.0;

/// Chances of every family in every frame.
pub struct Families {
    chances: Vec<Vec<f32>>,
}

impl Families {
    /// Listens to pitch spectra.
    pub fn find(pitch: &Maps) -> Result<Self, WeightsError> {
        let said = families::network()?.run_in_parts(pitch, PART);
        let chances =
            |family| said.row(family, 0).iter().map(|x| logistic(*x)).collect::<Vec<f32>>();
        Ok(Self { chances: (0..said.channels()).map(chances).collect() })
    }

    /// Families that sound between two times, the one that sounds most first; voices are told by
    /// [`Families::vocals`].
    pub fn between(&self, start_s: f64, end_s: f64) -> Vec<String> {
        let mut shares: Vec<(f64, usize)> = (0..self.chances.len().min(VOICE))
            .map(|family| {
                let frames = &self.chances[family];
                let at = |s: f64| ((s * frame_rate()) as usize).min(frames.len());
                let part = &frames[at(start_s)..at(end_s).max(at(start_s))];
                let sounding = part.iter().filter(|p| **p > 0.5).count();
                (sounding as f64 / part.len().max(1) as f64, family)
            })
            .filter(|(share, _)| *share >= LEAST_SHARE)
            .collect();
        shares.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        shares.into_iter().map(|(_, family)| NAMES[family].to_owned()).collect()
    }

    /// Where a voice sounds, and how high and low it goes.
    pub fn vocals(&self, notes: &[NoteSpan]) -> Vocals {
        let chances = smooth(self.chances.get(VOICE).map_or(&[], Vec::as_slice));
        let spans = spans(&chances);
        let total: f64 = spans.iter().map(|(from, to)| to - from).sum();
        if total < LEAST_VOICE_S {
            let most = chances.iter().copied().fold(0f32, f32::max);
            let confidence = 1.0 - f64::from(most) * (total / LEAST_VOICE_S).min(1.0);
            return Vocals { present: false, confidence, spans: Vec::new(), range: None };
        }
        let inside = |s: f64| spans.iter().any(|(from, to)| (*from..*to).contains(&s));
        let (mut sum, mut count) = (0.0, 0.0);
        for (t, chance) in chances.iter().enumerate() {
            if inside(t as f64 / frame_rate()) {
                sum += f64::from(*chance);
                count += 1.0;
            }
        }
        let sung: Vec<u8> = {
            let mut midi: Vec<u8> = notes
                .iter()
                .filter(|n| n.part == "lead" && inside(n.start_s))
                .map(|n| n.midi)
                .collect();
            midi.sort_unstable();
            midi
        };
        let range = (sung.len() >= 8).then(|| {
            let at = |q: f64| sung[((sung.len() - 1) as f64 * q).round() as usize];
            (at(0.05), at(0.95))
        });
        Vocals { present: true, confidence: sum / f64::max(count, 1.0), spans, range }
    }
}

/// Mean over [`SMOOTH_S`] around each frame.
fn smooth(chances: &[f32]) -> Vec<f32> {
    let half = (0.5 * SMOOTH_S * frame_rate()) as usize;
    let mean = |t: usize| {
        let near = &chances[t.saturating_sub(half)..(t + half + 1).min(chances.len())];
        near.iter().sum::<f32>() / near.len().max(1) as f32
    };
    (0..chances.len()).map(mean).collect()
}

/// Stretches that begin where a chance is high and end where it is low; near ones are joined, short
/// ones dropped.
fn spans(chances: &[f32]) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    let mut since: Option<usize> = None;
    for t in 0..=chances.len() {
        let chance = chances.get(t).copied().unwrap_or(0.0);
        match since {
            None if chance > BEGINS => since = Some(t),
            Some(from) if chance < ENDS => {
                let (start, end) = (from as f64 / frame_rate(), t as f64 / frame_rate());
                match spans.last_mut() {
                    Some(last) if start - last.1 < GAP_S => last.1 = end,
                    _ => spans.push((start, end)),
                }
                since = None;
            }
            _ => {}
        }
    }
    spans.retain(|(from, to)| to - from >= SHORTEST_S);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(family: usize, seconds: std::ops::Range<f64>, total_s: f64) -> Families {
        let frames = (total_s * frame_rate()) as usize;
        let mut chances = vec![vec![0.02; frames]; NAMES.len()];
        let at = |s: f64| (s * frame_rate()) as usize;
        chances[family][at(seconds.start)..at(seconds.end)].fill(0.95);
        Families { chances }
    }

    #[test]
    fn a_voice_is_found_where_it_sings() {
        let vocals = with(VOICE, 3.0..9.0, 20.0).vocals(&[]);
        assert!(vocals.present && vocals.confidence > 0.8);
        assert_eq!(vocals.spans.len(), 1);
        assert!((vocals.spans[0].0 - 3.0).abs() < 0.4 && (vocals.spans[0].1 - 9.0).abs() < 0.4);
    }

    #[test]
    fn a_moment_is_no_voice() {
        let vocals = with(VOICE, 3.0..4.0, 20.0).vocals(&[]);
        assert!(!vocals.present && vocals.spans.is_empty());
        assert!(with(VOICE, 0.0..0.0, 0.0).vocals(&[]).spans.is_empty());
    }

    #[test]
    fn families_are_named_where_they_sound() {
        let heard = with(6, 0.0..10.0, 20.0);
        assert_eq!(heard.between(0.0, 10.0), ["strings"]);
        assert!(heard.between(10.0, 20.0).is_empty());
    }
}
