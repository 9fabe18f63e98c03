//! Loops: the same strokes in two recordings at many distances, one bar apart.
//!
//! Two works made with one drum loop, one sample pack or one chip agree in many landmarks without
//! being copies. What gives them away is that they agree at several distances, all a whole number of
//! beats from one another. A copy of a recording that repeats itself does so too; it is told by its
//! chroma, which agrees as a whole: that is for [`super::recording`] to say.

use super::landmarks::{Hash, frames_per_s};
use std::cmp::Ordering;

/// Frames to either side that count as the same distance.
const ASIDE: usize = 1;
/// Clusters that make a loop.
const CLUSTERS: usize = 3;
/// A further cluster has at least this share of the best one's hashes, and at least [`FEWEST`].
const SHARE: f64 = 0.25;
/// Fewest hashes of a cluster.
const FEWEST: usize = 6;
/// Clusters that are looked at, best first.
const MOST: usize = 12;
/// Beats, or bars of a slow tempo, in seconds.
const BEAT_S: std::ops::RangeInclusive<f64> = 0.25..=2.5;
/// How far from a whole number of beats a distance may lie, seconds.
const SLACK_S: f64 = 0.06;

/// Hashes that two recordings share, by their distance in time.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Hashes at each distance, which counts from minus the query's last frame.
    counts: Vec<u16>,
    /// Frame in the query and place in `counts` of each shared hash.
    pairs: Vec<(u32, u32)>,
    zero: i64,
}

/// Material that both recordings repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoopReuse {
    /// What the distances are whole multiples of, seconds.
    pub period_s: f64,
    /// Distances at which the recordings agree.
    pub clusters: usize,
}

/// Hashes of a query and a reference at one distance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Hashes that agree.
    pub count: usize,
    /// Frames that the reference is later.
    pub distance: i64,
    /// Frames of the query's hashes, in order.
    pub frames: Vec<u32>,
}

impl Shared {
    /// Of two lists of hashes, each in order.
    pub fn new(query: &[Hash], reference: &[Hash]) -> Self {
        let last = |hashes: &[Hash]| hashes.iter().map(|h| h.frame).max().unwrap_or(0);
        let zero = i64::from(last(query));
        let mut shared = Self {
            counts: vec![0; last(query) as usize + last(reference) as usize + 1],
            pairs: Vec::new(),
            zero,
        };
        let (mut i, mut j) = (0, 0);
        while i < query.len() && j < reference.len() {
            let (a, b) = (query[i].key, reference[j].key);
            match a.cmp(&b) {
                Ordering::Less => i += 1,
                Ordering::Greater => j += 1,
                Ordering::Equal => {
                    for other in reference[j..].iter().take_while(|h| h.key == a) {
                        let at = zero + i64::from(other.frame) - i64::from(query[i].frame);
                        shared.counts[at as usize] = shared.counts[at as usize].saturating_add(1);
                        shared.pairs.push((query[i].frame, at as u32));
                    }
                    i += 1;
                }
            }
        }
        shared
    }

    fn around(&self, at: usize) -> usize {
        let end = (at + ASIDE + 1).min(self.counts.len());
        self.counts[at.saturating_sub(ASIDE)..end].iter().map(|c| usize::from(*c)).sum()
    }

    /// The distance with most hashes.
    pub fn best(&self) -> Alignment {
        let key = |at: &usize| (self.around(*at), self.counts[*at], usize::MAX - at);
        let best = (0..self.counts.len()).max_by_key(key);
        best.map_or_else(Alignment::default, |at| self.at(at))
    }

    /// What agrees near a distance in frames, at most `slack` frames off.
    pub fn near(&self, distance: i64, slack: i64) -> Alignment {
        let from = (self.zero + distance - slack).max(0);
        let to = (self.zero + distance + slack).min(self.counts.len() as i64 - 1);
        let key = |at: &i64| (self.around(*at as usize), self.counts[*at as usize], -at);
        let best = (from..=to).max_by_key(key);
        best.map_or_else(Alignment::default, |at| self.at(at as usize))
    }

    fn at(&self, at: usize) -> Alignment {
        let mut frames: Vec<u32> = self
            .pairs
            .iter()
            .filter(|p| (p.1 as usize).abs_diff(at) <= ASIDE)
            .map(|p| p.0)
            .collect();
        frames.sort_unstable();
        Alignment { count: frames.len(), distance: at as i64 - self.zero, frames }
    }

    /// Whether the recordings agree at several distances that are whole beats apart.
    pub fn loop_reuse(&self) -> Option<LoopReuse> {
        let clusters = self.clusters();
        let seconds: Vec<f64> = clusters.iter().map(|c| c.1 as f64 / frames_per_s()).collect();
        let first = *seconds.first()?;
        let mut found: Option<LoopReuse> = None;
        for other in &seconds[1..] {
            // The distance between two clusters is some number of beats.
            for beats in 1..=64 {
                let period_s = (other - first).abs() / f64::from(beats);
                if !BEAT_S.contains(&period_s) {
                    continue;
                }
                let fits = |s: &&f64| {
                    let beats = ((*s - first) / period_s).round();
                    ((*s - first) - beats * period_s).abs() <= SLACK_S
                };
                let count = seconds.iter().filter(fits).count();
                // By chance a cluster fits a period of a quarter of a second one time in two: the
                // longest period that all of them fit is the beat, and they all must.
                let longer = found.is_none_or(|f| period_s > f.period_s);
                if count >= CLUSTERS && count == seconds.len() && longer {
                    found = Some(LoopReuse { period_s, clusters: count });
                }
            }
        }
        // With few clusters a short period fits anything.
        found.filter(|f| f.period_s > 2.0 * SLACK_S * 2.5 || f.clusters > 5)
    }

    /// Count and distance of the clusters, best first.
    fn clusters(&self) -> Vec<(usize, i64)> {
        let apart = (0.2 * frames_per_s()) as usize;
        let mut order: Vec<(usize, usize)> = (0..self.counts.len())
            .filter(|at| self.counts[*at] > 0)
            .map(|at| (self.around(at), at))
            .filter(|(count, _)| *count >= FEWEST)
            .collect();
        order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let least = order.first().map_or(0, |b| (b.0 as f64 * SHARE) as usize);
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for (count, at) in order {
            if kept.len() < MOST && count >= least && kept.iter().all(|k| k.1.abs_diff(at) > apart)
            {
                kept.push((count, at));
            }
        }
        kept.into_iter().map(|(count, at)| (count, at as i64 - self.zero)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that no other part of a sound has.
    fn hashes(seed: u32, frames: impl Iterator<Item = u32>) -> Vec<Hash> {
        frames.map(|frame| Hash { key: (frame * 37 + seed) % (1 << 20), frame }).collect()
    }

    fn sorted(mut hashes: Vec<Hash>) -> Vec<Hash> {
        hashes.sort_unstable();
        hashes
    }

    /// A loop of twenty hashes every two seconds, with strange hashes between.
    fn looped(seed: u32, shift: u32) -> Vec<Hash> {
        let bar = (2.0 * frames_per_s()).round() as u32;
        let mut all = hashes(seed * 1000 + 7, (0..900).map(|i| i * 2));
        for n in 0..10 {
            all.extend((0..20).map(|i| Hash { key: 900_000 + i, frame: shift + n * bar + i * 3 }));
        }
        sorted(all)
    }

    #[test]
    fn a_shared_loop_is_called_so() {
        let shared = Shared::new(&looped(1, 5), &looped(300, 40));
        let found = shared.loop_reuse().unwrap();
        assert!(found.clusters >= 3, "{found:?}");
        assert!((found.period_s - 2.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_copy_at_one_place_is_no_loop() {
        let source = sorted(hashes(3, 0..600));
        let copy = sorted(source.iter().map(|h| Hash { frame: h.frame + 100, ..*h }).collect());
        let shared = Shared::new(&copy, &source);
        assert_eq!(shared.best().distance, -100);
        assert_eq!(shared.best().count, 600);
        assert_eq!(shared.near(-98, 3).count, 600);
        assert_eq!(shared.loop_reuse(), None);
    }

    #[test]
    fn nothing_shares_nothing() {
        let some = sorted(hashes(3, 0..50));
        for (a, b) in [(&[][..], &some[..]), (&some[..], &[][..]), (&[][..], &[][..])] {
            let shared = Shared::new(a, b);
            assert_eq!(shared.best().count, 0);
            assert_eq!(shared.loop_reuse(), None);
        }
    }
}
