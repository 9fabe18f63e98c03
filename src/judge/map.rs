//! A map of a dataset's sound: classical scaling of the distances between its tracks, and takes
//! placed among them.
//!
//! Two dimensions of many: [`Map::share`] says how much of the distances they show. Must never be
//! read as a verdict; ranks are made from the distances themselves.

use super::dataset::joined;
use super::style::{Field, Item, distances};
use crate::listen::profile::SoundProfile;

/// Rounds of power iteration.
const ROUNDS: usize = 300;

/// Places of tracks and of takes among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Places of the tracks, in their order.
    pub tracks: Vec<(f64, f64)>,
    /// Places of the takes, in their order.
    pub takes: Vec<(f64, f64)>,
    /// Share of the tracks' spread that the two dimensions hold, 0..1.
    pub share: f64,
    /// The nearest track of each track: its number and the distance, 1 = typical of one artist.
    pub nearest: Vec<Option<(usize, f64)>>,
}

/// Places tracks by classical scaling (Torgerson 1952), takes by Gower's (1968) formula for points
/// that come later.
pub fn place(tracks: &[&SoundProfile], takes: &[&SoundProfile]) -> Map {
    let items: Vec<Item> = tracks.iter().map(|p| Item::new(p)).collect();
    let n = items.len();
    let field = Field::new(&items);
    let between: Vec<Vec<f64>> =
        field.between.iter().map(|row| row.iter().map(joined).collect()).collect();
    let nearest = (0..n)
        .map(|i| {
            let others = (0..n).filter(|j| *j != i).map(|j| (j, between[i][j]));
            others.min_by(|a, b| a.1.total_cmp(&b.1))
        })
        .collect();
    if n < 2 {
        let takes = vec![(0.0, 0.0); takes.len()];
        return Map { tracks: vec![(0.0, 0.0); n], takes, share: 0.0, nearest };
    }
    let squares: Vec<Vec<f64>> =
        between.iter().map(|row| row.iter().map(|d| d * d).collect()).collect();
    let rows: Vec<f64> = squares.iter().map(|r| r.iter().sum::<f64>() / n as f64).collect();
    let all = rows.iter().sum::<f64>() / n as f64;
    let mut centred: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..n).map(|j| -0.5 * (squares[i][j] - rows[i] - rows[j] + all)).collect())
        .collect();
    let trace: f64 = (0..n).map(|i| centred[i][i]).sum();
    let first = leading(&mut centred);
    let second = leading(&mut centred);
    let coordinate =
        |(value, vector): &(f64, Vec<f64>), i: usize| value.max(0.0).sqrt() * vector[i];
    let share = (first.0.max(0.0) + second.0.max(0.0)) / trace.max(1e-12);
    let later = takes.iter().map(|profile| {
        let take = Item::new(profile);
        let from: Vec<f64> = items.iter().map(|t| joined(&distances(&take, t)).powi(2)).collect();
        let along = |(value, vector): &(f64, Vec<f64>)| {
            let sum: f64 = (0..n).map(|i| vector[i] * (rows[i] - from[i])).sum();
            if *value > 1e-9 { 0.5 * sum / value.sqrt() } else { 0.0 }
        };
        (along(&first), along(&second))
    });
    Map {
        takes: later.collect(),
        tracks: (0..n).map(|i| (coordinate(&first, i), coordinate(&second, i))).collect(),
        share: share.clamp(0.0, 1.0),
        nearest,
    }
}

/// The largest eigenvalue of a symmetric matrix with its vector, which is then taken out of it.
fn leading(matrix: &mut [Vec<f64>]) -> (f64, Vec<f64>) {
    let n = matrix.len();
    // A fixed start that no symmetry of the matrix is likely to share.
    let mut vector: Vec<f64> = (0..n).map(|i| 1.0 + ((i * 7919) % 101) as f64 / 101.0).collect();
    let mut value = 0.0;
    for _ in 0..ROUNDS {
        let next: Vec<f64> =
            matrix.iter().map(|row| row.iter().zip(&vector).map(|(a, v)| a * v).sum()).collect();
        let norm = next.iter().map(|v: &f64| v * v).sum::<f64>().sqrt();
        if norm < 1e-12 {
            return (0.0, vec![0.0; n]);
        }
        value = next.iter().zip(&vector).map(|(a, v)| a * v).sum::<f64>()
            / vector.iter().map(|v| v * v).sum::<f64>();
        vector = next.into_iter().map(|v| v / norm).collect();
    }
    // The sign is free: the largest part points to the right.
    let largest = vector.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
    if largest < 0.0 {
        vector.iter_mut().for_each(|v| *v = -*v);
    }
    for i in 0..n {
        for j in 0..n {
            matrix[i][j] -= value * vector[i] * vector[j];
        }
    }
    (value, vector)
}

#[cfg(test)]
mod tests {
    use super::super::style::tests::profile;
    use super::*;

    #[test]
    fn like_lies_by_like_and_takes_by_their_tracks() {
        let low: Vec<SoundProfile> = (0..5).map(|i| profile(0.5, 0.1 + 0.02 * i as f32)).collect();
        let high: Vec<SoundProfile> = (0..5).map(|i| profile(4.0, 0.1 + 0.02 * i as f32)).collect();
        let tracks: Vec<&SoundProfile> = low.iter().chain(&high).collect();
        let map = place(&tracks, &[&low[2], &high[2]]);
        let distance = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        assert!(distance(map.tracks[0], map.tracks[4]) < distance(map.tracks[0], map.tracks[5]));
        for (take, own) in map.takes.iter().zip([2, 7]) {
            // A take that is a track lies where the track lies.
            assert!(distance(*take, map.tracks[own]) < 1e-6, "{map:?}");
        }
        assert!((0.0..=1.0).contains(&map.share));
        assert_eq!(map, place(&tracks, &[&low[2], &high[2]]));
    }

    #[test]
    fn few_tracks_are_no_trouble() {
        assert_eq!(place(&[], &[]), Map::default());
        let one = profile(1.0, 0.2);
        assert_eq!(place(&[&one], &[&one]).takes.len(), 1);
        let same = place(&[&one, &one, &one], &[&one]);
        assert!(same.tracks.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
    }
}
