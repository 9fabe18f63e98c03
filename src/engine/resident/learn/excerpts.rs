//! Which passages of each track a finetune keeps.
//!
//! Every track gets a fair share of the budget; short tracks leave theirs to the others. Of more
//! tracks than the budget can serve, some are taken, spread evenly over the dataset. A share is cut
//! from two places, so that quiet and full passages are both there.

use crate::engine::Material;
use serde::{Deserialize, Serialize};

/// Most music kept in all: more adds nothing to how takes sound, only to the file.
const KEEP_MAX_S: f64 = 420.0;
/// Bytes of FLAC a second of 16-bit stereo takes at worst, as a share of the raw samples.
const FLAC_SHARE: f64 = 0.85;
/// Shortest passage worth keeping.
const SHORTEST_S: f64 = 4.0;
/// Least share of a track: two bars of slow music. A budget too small for all tracks goes to fewer.
const LEAST_SHARE_S: f64 = 8.0;
/// A share this long is cut from two places.
const SPLIT_S: f64 = 24.0;
/// Time before the first cut of a passage, for its fade.
pub const LEAD_S: f64 = 0.15;
/// Time after the start of the last cut of a passage.
pub const TAIL_S: f64 = 1.0;

/// A passage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Where it starts in the track.
    pub start_s: f64,
    /// Its length.
    pub length_s: f64,
}

impl Excerpt {
    /// The same passage of something that starts later.
    pub fn later(self, by_s: f64) -> Self {
        Self { start_s: self.start_s + by_s, ..self }
    }
}

/// Chooses the passages of each track.
pub fn choose(material: &[Material], audio_max_bytes: u64) -> Vec<Vec<Excerpt>> {
    let lengths: Vec<f64> = material.iter().map(|m| m.hearing.listening.duration_s).collect();
    let rate = material.iter().map(|m| m.hearing.listening.rate_hz).max().unwrap_or(44_100);
    let bytes_a_second = f64::from(rate) * 4.0 * FLAC_SHARE;
    let budget = KEEP_MAX_S.min(audio_max_bytes as f64 / bytes_a_second);
    shares(&lengths, budget)
        .iter()
        .zip(&lengths)
        .map(|(share, length)| cut(*share, *length))
        .collect()
}

/// Seconds of each track: equal shares, what short tracks leave going to the others.
fn shares(lengths: &[f64], budget: f64) -> Vec<f64> {
    let mut shares = vec![0.0; lengths.len()];
    let mut order = served(lengths.len(), budget);
    order.sort_by(|a, b| lengths[*a].total_cmp(&lengths[*b]).then(a.cmp(b)));
    let mut left = budget;
    for (done, index) in order.iter().enumerate() {
        let fair = left / (order.len() - done) as f64;
        shares[*index] = lengths[*index].min(fair);
        left -= shares[*index];
    }
    shares
}

/// Numbers of the tracks that get a share.
fn served(tracks: usize, budget: f64) -> Vec<usize> {
    let most = ((budget / LEAST_SHARE_S) as usize).max(1);
    if tracks <= most {
        return (0..tracks).collect();
    }
    (0..most).map(|n| n * tracks / most).collect()
}

fn cut(share: f64, length: f64) -> Vec<Excerpt> {
    if share < SHORTEST_S.min(length) || length <= LEAD_S + TAIL_S {
        return Vec::new();
    }
    if share >= length - 0.01 {
        return vec![Excerpt { start_s: 0.0, length_s: length }];
    }
    let centred = |centre: f64, size: f64| Excerpt {
        start_s: (centre * length - size / 2.0).clamp(0.0, length - size),
        length_s: size,
    };
    if share < SPLIT_S || share > length * 0.6 {
        return vec![centred(0.5, share)];
    }
    vec![centred(0.33, share / 2.0), centred(0.7, share / 2.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_budget_is_kept_and_used(lengths in proptest::collection::vec(2.0f64..600.0, 1..50), budget in 20.0f64..500.0) {
            let all: f64 = served(lengths.len(), budget).iter().map(|i| lengths[*i]).sum();
            let shares = shares(&lengths, budget);
            let sum: f64 = shares.iter().sum();
            prop_assert!(sum <= budget + 1e-6);
            prop_assert!((sum - budget.min(all)).abs() < 1e-6);
            for (share, length) in shares.iter().zip(&lengths) {
                let cuts = cut(*share, *length);
                for e in &cuts {
                    prop_assert!(e.start_s >= 0.0 && e.start_s + e.length_s <= length + 1e-9);
                }
                for pair in cuts.windows(2) {
                    prop_assert!(pair[0].start_s + pair[0].length_s <= pair[1].start_s + 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_large_dataset_gives_passages_too() {
        let lengths = vec![212.0; 119];
        let cuts: Vec<Vec<Excerpt>> =
            shares(&lengths, 420.0).iter().zip(&lengths).map(|(s, l)| cut(*s, *l)).collect();
        let kept: f64 = cuts.iter().flatten().map(|e| e.length_s).sum();
        let tracks: Vec<usize> = (0..119).filter(|i| !cuts[*i].is_empty()).collect();
        assert!((415.0..=420.1).contains(&kept), "{kept}");
        assert_eq!(tracks.len(), 52);
        assert!(tracks[0] == 0 && tracks[51] > 110);
        assert!(tracks.windows(2).all(|w| w[1] - w[0] <= 3));
    }
}
