//! Are takes nearer to the artist's tracks than an unseen track of the same artist is?
//!
//! The takes' nearest windows are held against those of excerpts of the dataset's own tracks, as long as a
//! take and each against all others: how near two different tracks of an artist are does not depend on which of them was learned
//! from, so every track may stand for an unseen one (Meehan, Chaudhuri & Dasgupta 2020 ask the same of
//! single samples). One figure a take and one a track, so that a long track counts no more than a short
//! one. Must never say "no nearer" where the numbers could not have shown the contrary.

use crate::domain::verdict::Heldout;

/// Fewer tracks say nothing.
const LEAST_TRACKS: usize = 4;
/// Nearer than this would happen to one in seven hundred sets of takes of no copy.
const NEARER: f64 = -3.0;
/// Nearer than this to one in forty.
const DOUBTFUL: f64 = -2.0;

/// The answer for takes, from the fewest wrong bits of each take and of each track, versions and loops
/// left out; `held_out` tracks were not learned from.
pub fn answer(takes: &[f64], own: &[f64], held_out: usize) -> Heldout {
    let z = mann_whitney(takes, own);
    let words = match z {
        None if takes.is_empty() => "no take was long enough to be compared".to_owned(),
        None => format!("{} tracks are too few to say how near unseen ones would be", own.len()),
        Some(z) if z < NEARER => {
            "nearer to the tracks than these are to one another: a larger dataset gives takes more to choose from".to_owned()
        }
        Some(z) if z < DOUBTFUL => "a little nearer to the tracks than these are to one another".to_owned(),
        Some(_) if least(takes.len(), own.len()) > DOUBTFUL => {
            "too few takes and tracks to tell".to_owned()
        }
        Some(_) => "no nearer to the tracks than an unseen track of the same artist".to_owned(),
    };
    Heldout { z, n: held_out, takes: takes.len(), tracks: own.len(), words }
}

/// z of Mann & Whitney (1947), ties at half: negative where takes are nearer than tracks are.
fn mann_whitney(takes: &[f64], own: &[f64]) -> Option<f64> {
    if takes.is_empty() || own.len() < LEAST_TRACKS {
        return None;
    }
    let wins = takes.iter().flat_map(|t| {
        own.iter().map(move |o| match t.total_cmp(o) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
    });
    let u: f64 = wins.sum();
    let deviation = deviation(takes, own);
    (deviation > 0.0).then(|| (u - middle(takes.len(), own.len())) / deviation)
}

fn middle(takes: usize, own: usize) -> f64 {
    0.5 * takes as f64 * own as f64
}

/// Deviation of U, less for ties.
fn deviation(takes: &[f64], own: &[f64]) -> f64 {
    let mut all: Vec<f64> = takes.iter().chain(own).copied().collect();
    all.sort_by(f64::total_cmp);
    let n = all.len() as f64;
    let tied = |run: &[f64]| (run.len() as f64).powi(3) - run.len() as f64;
    let ties: f64 = all.chunk_by(|a, b| a == b).map(tied).sum();
    let spread = n + 1.0 - ties / (n * (n - 1.0)).max(1.0);
    (takes.len() as f64 * own.len() as f64 / 12.0 * spread).max(0.0).sqrt()
}

/// The least z that so many takes and tracks can have: all takes nearer than all tracks.
fn least(takes: usize, own: usize) -> f64 {
    let product = takes as f64 * own as f64;
    -middle(takes, own) / (product * (takes + own + 1) as f64 / 12.0).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [f64; 10] = [9.1, 9.4, 9.6, 9.9, 10.0, 10.2, 10.5, 10.6, 11.0, 11.3];

    #[test]
    fn takes_among_the_tracks_are_like_unseen_ones() {
        let answer = answer(&[9.2, 9.7, 10.1, 10.4, 11.1, 10.05], &OWN, 2);
        assert!(answer.z.unwrap().abs() < 1.0, "{answer:?}");
        assert!(answer.words.contains("no nearer"));
        assert_eq!((answer.n, answer.takes, answer.tracks), (2, 6, 10));
    }

    #[test]
    fn takes_nearer_than_every_track_are_said_to_be() {
        let near = answer(&[5.0, 6.1, 5.5, 6.4, 5.9, 6.0], &OWN, 2);
        // All 60 pairs one way: (0 - 30) / sqrt(60 * 17 / 12).
        assert!((near.z.unwrap() + 30.0 / 85f64.sqrt()).abs() < 1e-9);
        assert!(near.words.starts_with("nearer"));
    }

    #[test]
    fn too_little_to_tell_is_said() {
        // One take against four tracks can reach z = -1.41 at most.
        let few = answer(&[10.0], &OWN[..4], 1);
        assert!(few.z.is_some() && few.words.contains("too few"), "{few:?}");
        assert_eq!(answer(&[10.0], &OWN[..3], 0).z, None);
        assert_eq!(answer(&[], &OWN, 0).z, None);
        // Equal figures everywhere have no deviation.
        assert_eq!(answer(&[8.0; 5], &[8.0; 5], 0).z, None);
    }
}
