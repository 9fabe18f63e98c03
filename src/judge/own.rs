//! What a dataset's tracks have in common with one another: the null that a take is held against.
//!
//! For every track the most that any other track shares with it, layer by layer. Versions of one
//! recording are left out, for they would hide real copies, and so are shared loops. Of large datasets
//! an even choice of tracks is measured. Must never look at a take.

use super::class::Pair;
use super::recording::RecordingEvidence;
use super::tune::rules;
use serde::{Deserialize, Serialize};

/// Most tracks that are measured against one another.
pub const MOST: usize = 40;
/// Share of the shorter track that the same recording must cover to be a version of it.
const VERSION_SHARE: f64 = 0.5;

/// Leave-one-out figures of a dataset's tracks, each list in order, most alike first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Fewest wrong bits of 32 of any window.
    pub bits: Vec<f64>,
    /// Fewest wrong bits of a passage that any two tracks have in common, if any have one.
    pub altered_bits: Option<f64>,
    /// Most matching eighths.
    pub eighths: Vec<f32>,
    /// Largest Qmax of the harmony.
    pub progression: Vec<f32>,
    /// Most alike four bars.
    pub groove: Vec<f32>,
    /// Tracks that were measured.
    pub tracks: usize,
    /// Pairs that are versions of one recording.
    pub versions: usize,
    /// Pairs that share loops.
    pub loops: usize,
}

/// Which of `count` tracks are measured: all, or an even choice.
pub fn chosen(count: usize) -> Vec<usize> {
    evenly(count, MOST)
}

/// At most so many numbers out of `count`, evenly far apart.
pub fn evenly(count: usize, most: usize) -> Vec<usize> {
    let most = count.min(most);
    (0..most).map(|i| i * count / most).collect()
}

/// Whether two tracks are versions of one recording.
pub fn version(evidence: &RecordingEvidence, shorter_s: f64) -> bool {
    let same = evidence.passages.iter().filter(|p| p.bits <= super::recording::SAME_BITS);
    let seconds = super::class::union_s(same.map(|p| (p.start_s, p.end_s)).collect());
    seconds >= VERSION_SHARE * shorter_s && seconds > 0.0
}

impl Own {
    /// From the comparisons of pairs of `tracks` tracks and the length of the shorter of each.
    pub fn new(tracks: usize, pairs: &[Pair]) -> Self {
        let mut own = Self { tracks, ..Self::default() };
        let mut bits = vec![None::<f64>; tracks];
        let mut eighths = vec![None::<f32>; tracks];
        let mut progression = vec![None::<f32>; tracks];
        let mut groove = vec![None::<f32>; tracks];
        for (i, j, shorter_s, compared) in pairs {
            if version(&compared.recording, *shorter_s) {
                own.versions += 1;
                continue;
            }
            let looped = compared.recording.loops_only();
            own.loops += usize::from(looped);
            let passages = &compared.recording.passages;
            for p in passages.iter().filter(|p| compared.recording.finding_of(p).is_some()) {
                own.altered_bits = Some(own.altered_bits.map_or(p.bits, |b| b.min(p.bits)));
            }
            for at in [*i, *j] {
                if let Some(found) = compared.recording.bits.filter(|_| !looped) {
                    bits[at] = Some(bits[at].map_or(found, |b| b.min(found)));
                }
                if let Ok(like) = &compared.tune {
                    raise(&mut eighths[at], like.part);
                    raise(&mut progression[at], like.progression);
                }
                if let Some(like) = compared.groove {
                    raise(&mut groove[at], like.score);
                }
            }
        }
        own.bits = bits.into_iter().flatten().collect();
        own.bits.sort_by(f64::total_cmp);
        own.eighths = falling(eighths);
        own.progression = falling(progression);
        own.groove = falling(groove);
        own
    }

    /// The same as if one of the tracks were not there.
    pub fn without(tracks: usize, pairs: &[Pair], left_out: usize) -> Self {
        let rest: Vec<Pair> = pairs
            .iter()
            .filter(|(i, j, ..)| *i != left_out && *j != left_out)
            .map(|(i, j, shorter_s, compared)| {
                let at = |n: usize| n - usize::from(n > left_out);
                (at(*i), at(*j), *shorter_s, compared.clone())
            })
            .collect();
        Self::new(tracks.saturating_sub(1), &rest)
    }

    /// The most that the notes layer found between any two tracks.
    pub fn notes(&self) -> rules::Own {
        let first = |values: &[f32]| values.first().copied().unwrap_or(0.0);
        rules::Own {
            eighths: first(&self.eighths),
            progression: first(&self.progression),
            groove: first(&self.groove),
        }
    }

    /// Place of a take's figure among the tracks' own, 1 for the nearest, and of how many.
    pub fn rank(&self, bits: f64) -> (usize, usize) {
        (1 + self.bits.iter().filter(|b| **b <= bits).count(), self.bits.len() + 1)
    }
}

fn raise(slot: &mut Option<f32>, value: f32) {
    *slot = Some(slot.map_or(value, |s| s.max(value)));
}

fn falling(values: Vec<Option<f32>>) -> Vec<f32> {
    let mut values: Vec<f32> = values.into_iter().flatten().collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

#[cfg(test)]
mod tests {
    use super::super::class::Compared;
    use super::super::recording::{Kind, Passage};
    use super::*;

    fn compared(bits: f64, seconds: f64) -> Compared {
        let passage = Passage {
            start_s: 0.0,
            end_s: seconds,
            track_start_s: 0.0,
            track_end_s: seconds,
            bits,
            change_bits: 12.0,
            semitones: 0.0,
            tempo_ratio: 1.0,
            kind: Kind::AsItWas,
            landmarks: 100,
            coverage: 1.0,
        };
        let recording = RecordingEvidence {
            bits: Some(bits),
            passages: if seconds > 0.0 { vec![passage] } else { Vec::new() },
            ..RecordingEvidence::default()
        };
        Compared { recording, tune: Ok(crate::judge::tune::Likeness::default()), groove: None }
    }

    #[test]
    fn versions_do_not_lower_the_null() {
        let pairs = [
            (1, 0, 60.0, compared(1.0, 50.0)),
            (2, 0, 60.0, compared(9.0, 0.0)),
            (2, 1, 60.0, compared(8.5, 0.0)),
        ];
        let own = Own::new(3, &pairs);
        assert_eq!((own.versions, own.bits.as_slice()), (1, [8.5, 8.5, 9.0].as_slice()));
        assert_eq!(own.rank(10.0), (4, 4));
        assert_eq!(own.rank(8.0), (1, 4));
        // Without the one that is left the version stands alone.
        let rest = Own::without(3, &pairs, 0);
        assert_eq!(
            (rest.tracks, rest.versions, rest.bits.as_slice()),
            (2, 0, [8.5, 8.5].as_slice())
        );
    }

    #[test]
    fn a_short_passage_in_common_is_no_version() {
        let own = Own::new(2, &[(1, 0, 60.0, compared(2.0, 12.0))]);
        assert_eq!((own.versions, own.bits.len(), own.altered_bits), (0, 2, Some(2.0)));
    }

    #[test]
    fn large_sets_are_sampled_evenly() {
        assert_eq!(chosen(3), [0, 1, 2]);
        assert_eq!(chosen(0), Vec::<usize>::new());
        let some = chosen(200);
        assert_eq!((some.len(), some[0], some[39]), (40, 0, 195));
    }
}
