//! Distances between sound profiles in five aspects, and ranks by leaving one out.
//!
//! An item's distance to a dataset is its mean distance to the three nearest tracks. A take stands
//! where its distance stands among the tracks' own distances to the rest.

use crate::domain::verdict::StyleVerdict;
use crate::listen::onsets::CEPSTRA;
use crate::listen::profile::SoundProfile;
use std::collections::BTreeMap;

/// The aspects, in the order they are shown.
pub const ASPECTS: [&str; 5] = ["timbre", "rhythm", "tempo", "harmony", "production"];
/// Neighbours that a distance to a dataset counts.
const NEIGHBOURS: usize = 3;
/// Share of the diagonal added to covariances, so that short tracks have an inverse.
const SHRINKAGE: f64 = 0.05;
/// First cepstral coefficient that counts: the zeroth is level.
const FIRST: usize = 1;
const DIMENSIONS: usize = CEPSTRA - FIRST;

/// A profile with what distances need, worked out once.
#[derive(Clone, Debug)]
pub struct Item {
    profile: SoundProfile,
    covariance: Vec<f64>,
    inverse: Vec<f64>,
}

impl Item {
    /// Prepares a profile.
    pub fn new(profile: &SoundProfile) -> Self {
        let covariance = covariance(profile);
        let inverse = invert(&covariance, DIMENSIONS);
        Self { profile: profile.clone(), covariance, inverse }
    }
}

/// Distances in all aspects.
pub fn distances(a: &Item, b: &Item) -> [f64; 5] {
    [timbre(a, b), rhythm(a, b), tempo(a, b), harmony(a, b), production(a, b)]
}

/// Square root of the Jeffreys divergence of two Gaussians of cepstra.
fn timbre(a: &Item, b: &Item) -> f64 {
    let (mean_a, mean_b) = (&a.profile.cepstrum_mean, &b.profile.cepstrum_mean);
    if mean_a.len() < CEPSTRA || mean_b.len() < CEPSTRA {
        return 0.0;
    }
    let difference: Vec<f64> =
        (FIRST..CEPSTRA).map(|i| f64::from(mean_a[i]) - f64::from(mean_b[i])).collect();
    let mut divergence = -(DIMENSIONS as f64) / 2.0;
    for i in 0..DIMENSIONS {
        for j in 0..DIMENSIONS {
            let at = i * DIMENSIONS + j;
            let swapped = j * DIMENSIONS + i;
            divergence += 0.25
                * (a.inverse[at] * b.covariance[swapped] + b.inverse[at] * a.covariance[swapped]);
            divergence += 0.25 * difference[i] * difference[j] * (a.inverse[at] + b.inverse[at]);
        }
    }
    divergence.max(0.0).sqrt()
}

fn rhythm(a: &Item, b: &Item) -> f64 {
    let curves = 1.0 - cosine(&a.profile.rhythm, &b.profile.rhythm);
    let rates: f64 = a
        .profile
        .onset_rates
        .iter()
        .zip(&b.profile.onset_rates)
        .map(|(x, y)| f64::from(((x + 0.5) / (y + 0.5)).ln().abs()))
        .sum();
    curves + 0.15 * rates
}

/// Octaves between tempi, folded; no beat against a beat counts as half an octave.
fn tempo(a: &Item, b: &Item) -> f64 {
    match (a.profile.tempo_bpm, b.profile.tempo_bpm) {
        (Some(x), Some(y)) => {
            let octaves = f64::from(x / y).log2();
            (octaves - octaves.round()).abs()
        }
        (None, None) => 0.0,
        _ => 0.5,
    }
}

fn harmony(a: &Item, b: &Item) -> f64 {
    let (p, q) = (&a.profile, &b.profile);
    let chroma: f64 =
        p.chroma.iter().zip(&q.chroma).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>();
    let rate = f64::from((p.chord_rate + 0.1) / (q.chord_rate + 0.1)).ln();
    let rest = [
        0.3 * rate,
        0.4 * f64::from(p.minor - q.minor),
        3.0 * f64::from(p.chroma_entropy - q.chroma_entropy),
        1.0 * f64::from(p.harmonicity - q.harmonicity),
    ];
    (chroma + rest.iter().map(|x| x * x).sum::<f64>()).sqrt()
}

fn production(a: &Item, b: &Item) -> f64 {
    let (p, q) = (&a.profile.production, &b.profile.production);
    let mut sum = f64::from((p.range_lu - q.range_lu) / 4.0).powi(2);
    sum += f64::from((p.crest_db - q.crest_db) / 3.0).powi(2);
    for (x, y) in p.width_db.iter().zip(&q.width_db) {
        // Under -25 dB nobody hears width.
        sum += f64::from((x.max(-25.0) - y.max(-25.0)) / 8.0).powi(2) / 3.0;
    }
    let bands = a.profile.spectrum.len().max(1) as f64;
    let spectrum: f64 = a
        .profile
        .spectrum
        .iter()
        .zip(&b.profile.spectrum)
        .map(|(x, y)| f64::from(x - y).powi(2))
        .sum::<f64>()
        / bands;
    (sum + spectrum).sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum();
    let norm = |v: &[f32]| v.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
    let product = norm(a) * norm(b);
    if product > 1e-12 { dot / product } else { 0.0 }
}

fn covariance(profile: &SoundProfile) -> Vec<f64> {
    let mut out = vec![0.0; DIMENSIONS * DIMENSIONS];
    for i in 0..DIMENSIONS {
        for j in 0..DIMENSIONS {
            let at = (i + FIRST) * CEPSTRA + j + FIRST;
            out[i * DIMENSIONS + j] = profile.cepstrum_cov.get(at).copied().map_or(0.0, f64::from);
        }
        let diagonal = &mut out[i * DIMENSIONS + i];
        *diagonal = *diagonal * (1.0 + SHRINKAGE) + 1e-3;
    }
    out
}

/// Inverse by Gauss-Jordan elimination; positive definite matrices need no pivoting.
fn invert(matrix: &[f64], n: usize) -> Vec<f64> {
    let mut a = matrix.to_vec();
    let mut inverse: Vec<f64> =
        (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect();
    for i in 0..n {
        let pivot = a[i * n + i].max(1e-12);
        for j in 0..n {
            a[i * n + j] /= pivot;
            inverse[i * n + j] /= pivot;
        }
        for row in (0..n).filter(|r| *r != i) {
            let factor = a[row * n + i];
            for j in 0..n {
                a[row * n + j] -= factor * a[i * n + j];
                inverse[row * n + j] -= factor * inverse[i * n + j];
            }
        }
    }
    inverse
}

/// Distances of every track to every other, by aspect.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// `between[i][j]`, zero on the diagonal.
    pub between: Vec<Vec<[f64; 5]>>,
}

impl Field {
    /// Measures all pairs.
    pub fn new(items: &[Item]) -> Self {
        let n = items.len();
        let mut between = vec![vec![[0.0; 5]; n]; n];
        for i in 0..n {
            for j in 0..i {
                let d = distances(&items[i], &items[j]);
                between[i][j] = d;
                between[j][i] = d;
            }
        }
        Self { between }
    }

    /// Distance of each track to the rest, by aspect.
    pub fn own(&self) -> Vec<[f64; 5]> {
        (0..self.between.len())
            .map(|j| {
                let others: Vec<[f64; 5]> = (0..self.between.len())
                    .filter(|i| *i != j)
                    .map(|i| self.between[j][i])
                    .collect();
                nearest_mean(&others)
            })
            .collect()
    }
}

fn nearest_mean(rows: &[[f64; 5]]) -> [f64; 5] {
    std::array::from_fn(|aspect| {
        let mut values: Vec<f64> = rows.iter().map(|r| r[aspect]).collect();
        values.sort_by(f64::total_cmp);
        values.truncate(NEIGHBOURS);
        values.iter().sum::<f64>() / values.len().max(1) as f64
    })
}

/// Ranks a take among the tracks of a dataset.
pub fn rank(take: &Item, tracks: &[Item], own: &[[f64; 5]]) -> StyleVerdict {
    let n = tracks.len();
    if n < 2 {
        return StyleVerdict {
            of: n + 1,
            words: "one track alone has no style to compare with".to_owned(),
            ..StyleVerdict::default()
        };
    }
    // The take competes with tracks that have one neighbour fewer; the largest distance among its
    // nearest is kept in, which is the stricter reading.
    let to_tracks: Vec<[f64; 5]> = tracks.iter().map(|t| distances(take, t)).collect();
    let mine = nearest_mean(&to_tracks);
    let p_of = |aspect: usize| {
        let as_far = own.iter().filter(|o| o[aspect] >= mine[aspect]).count();
        (1 + as_far) as f64 / (n + 1) as f64
    };
    let aspects: BTreeMap<String, f64> =
        ASPECTS.iter().enumerate().map(|(i, name)| ((*name).to_owned(), p_of(i))).collect();
    let all: Vec<[f64; 5]> = own.iter().copied().chain([mine]).collect();
    let means = mean_ranks(&all);
    let take_mean = means[n];
    let nearer = means[..n].iter().filter(|m| **m < take_mean).count();
    let as_far = means[..n].iter().filter(|m| **m >= take_mean).count();
    let p = (1 + as_far) as f64 / (n + 1) as f64;
    let distance = relative_distance(&mine, own);
    StyleVerdict {
        distance: Some((distance * 100.0).round() / 100.0),
        rank: Some(nearer + 1),
        of: n + 1,
        p: Some(p),
        words: words(nearer + 1, n, p, &aspects),
        aspects,
    }
}

/// Distances below which nobody hears a difference, by aspect: what an artist's tracks may agree in
/// more closely than that is no finer measure for it.
const LEAST: [f64; 5] = [0.3, 0.1, 0.05, 0.1, 0.2];

/// Mean over the aspects of a distance over the median own distance.
fn relative_distance(mine: &[f64; 5], own: &[[f64; 5]]) -> f64 {
    let ratios: Vec<f64> = (0..ASPECTS.len())
        .map(|aspect| {
            let mut values: Vec<f64> = own.iter().map(|o| o[aspect]).collect();
            values.sort_by(f64::total_cmp);
            mine[aspect] / values[values.len() / 2].max(LEAST[aspect])
        })
        .collect();
    ratios.iter().sum::<f64>() / ratios.len() as f64
}

/// The share of tracks that are at least as far from the rest as each, itself among them: what p is
/// for a take.
pub fn standing(own: &[[f64; 5]]) -> Vec<f64> {
    let means = mean_ranks(own);
    let as_far = |mean: &f64| means.iter().filter(|m| *m >= mean).count();
    means.iter().map(|m| as_far(m) as f64 / means.len() as f64).collect()
}

/// Mean over the aspects of each item's rank.
fn mean_ranks(rows: &[[f64; 5]]) -> Vec<f64> {
    let mut sums = vec![0.0; rows.len()];
    for aspect in 0..ASPECTS.len() {
        for (i, row) in rows.iter().enumerate() {
            let below = rows.iter().filter(|r| r[aspect] < row[aspect]).count();
            let equal = rows.iter().filter(|r| r[aspect] == row[aspect]).count();
            sums[i] += below as f64 + (equal as f64 + 1.0) / 2.0;
        }
    }
    sums.iter().map(|s| s / ASPECTS.len() as f64).collect()
}

fn words(rank: usize, n: usize, p: f64, aspects: &BTreeMap<String, f64>) -> String {
    let place = format!("{rank} of {} by distance to your music", n + 1);
    let off: Vec<&str> =
        aspects.iter().filter(|(_, p)| **p < 0.1).map(|(name, _)| name.as_str()).collect();
    // With few tracks no share can be small: only the place is said.
    if n < 9 {
        return if off.is_empty() || n < 4 {
            format!("{place}; too few tracks for more")
        } else {
            format!("{place}; {} stand apart", off.join(" and "))
        };
    }
    let verdict = match p {
        p if p >= 0.25 => "in the middle of your music",
        p if p >= 0.1 => "at the typical edge of your music",
        p if p >= 0.05 => "at the edge of your music",
        _ => "outside your music",
    };
    if off.is_empty() {
        format!("{place}: {verdict}")
    } else {
        let differ = if off.len() == 1 { "differs" } else { "differ" };
        format!("{place}: {verdict}; {} {differ}", off.join(" and "))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A profile whose figures lie around a style with some spread.
    pub(crate) fn profile(style: f32, jitter: f32) -> SoundProfile {
        let value = |i: usize| {
            style * (i as f32 * 0.7).sin() + jitter * (i as f32 * 2.3 + jitter * 9.0).cos()
        };
        let mut cov = vec![0.0; CEPSTRA * CEPSTRA];
        for i in 0..CEPSTRA {
            cov[i * CEPSTRA + i] = 1.0 + 0.1 * jitter.abs() + 0.2 * style;
        }
        SoundProfile {
            cepstrum_mean: (0..CEPSTRA).map(value).collect(),
            cepstrum_cov: cov,
            cepstrum_flux: vec![0.1; CEPSTRA],
            spectrum: (0..40).map(value).collect(),
            rhythm: (0..60).map(|i| value(i) + 0.5).collect(),
            onset_rates: [1.0 + style, 2.0 + jitter.abs(), 3.0],
            tempo_bpm: Some(100.0 + 20.0 * style + 3.0 * jitter),
            chroma: (0..12).map(|i| value(i).abs()).collect(),
            chord_rate: 0.5 + 0.1 * style,
            minor: 1.0,
            chroma_entropy: 0.8,
            harmonicity: 0.7,
            ..SoundProfile::default()
        }
    }

    fn items(style: f32, count: usize) -> Vec<Item> {
        (0..count).map(|i| Item::new(&profile(style, 0.1 + 0.05 * i as f32))).collect()
    }

    #[test]
    fn inverse_times_matrix_is_one() {
        let item = Item::new(&profile(0.5, 0.3));
        for i in 0..DIMENSIONS {
            for j in 0..DIMENSIONS {
                let sum: f64 = (0..DIMENSIONS)
                    .map(|k| item.covariance[i * DIMENSIONS + k] * item.inverse[k * DIMENSIONS + j])
                    .sum();
                assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_thing_is_at_no_distance_from_itself_and_distances_are_symmetric() {
        let (a, b) = (Item::new(&profile(0.2, 0.1)), Item::new(&profile(1.5, 0.4)));
        assert!(distances(&a, &a).iter().all(|d| d.abs() < 1e-6));
        let (ab, ba) = (distances(&a, &b), distances(&b, &a));
        for i in 0..5 {
            assert!((ab[i] - ba[i]).abs() < 1e-6);
            assert!(ab[i] > 0.0 || ASPECTS[i] == "production");
        }
    }

    #[test]
    fn kin_rank_well_and_strangers_last() {
        let tracks = items(0.5, 12);
        let own = Field::new(&tracks).own();
        let kin = rank(&Item::new(&profile(0.5, 0.32)), &tracks, &own);
        let stranger = rank(&Item::new(&profile(3.0, 0.3)), &tracks, &own);
        assert!(kin.p.unwrap() > 0.3, "{kin:?}");
        assert_eq!(stranger.rank, Some(13));
        assert!(stranger.p.unwrap() < 0.1 && stranger.aspects["timbre"] < 0.1);
        assert!(stranger.words.contains("differ"), "{}", stranger.words);
    }

    #[test]
    fn one_track_gives_no_rank() {
        let verdict = rank(&Item::new(&profile(0.5, 0.2)), &items(0.5, 1), &[[0.0; 5]]);
        assert_eq!((verdict.rank, verdict.p), (None, None));
    }
}
