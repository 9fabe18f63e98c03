//! Diagnosis of a dataset: versions of the same recording, tracks that stand apart, variety.
//!
//! The scale of variety is provisional: it was measured on generated artists and is said to be so.

use super::fingerprint::Fingerprint;
use super::matching::{Prepared, WINDOW, compare};
use super::style::{ASPECTS, Field, Item};
use super::verdict::Reference;
use crate::domain::ids::TrackId;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Wrong bits of 32 up to which two windows hold the same recording.
const SAME_BITS: f64 = 4.0;
/// Share of the shorter track that must match for two tracks to be versions of one.
const VERSION_SHARE: f64 = 0.5;
/// Distance, in mean ranks of aspects, that counts as one artist's typical distance. Provisional.
const TYPICAL: f64 = 1.0;
/// Tracks of a rarefied set.
const OF: usize = 12;
/// Fewest tracks that outliers can be told among.
const OUTLIERS_FROM: usize = 8;

/// How varied a dataset is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Variety {
    /// How many different songs twelve of its tracks are worth; `None` under two tracks.
    pub effective_of_12: Option<f64>,
    /// Groups of tracks that sound alike.
    pub clusters: Vec<Vec<TrackId>>,
    /// "narrow", "healthy" or "broad"; `None` under four tracks.
    pub verdict: Option<String>,
}

/// A track that stands apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    /// The track.
    pub track_id: TrackId,
    /// In what.
    pub aspects: Vec<String>,
}

/// How likely a track comes out recognisably.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyRisk {
    /// The track.
    pub track_id: TrackId,
    /// Its distance to its nearest neighbour over the median of those distances; above 2 it stands
    /// alone.
    pub risk: f64,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// "narrow", "widen", "exclude", "add", "split" or "trim".
    pub action: String,
    /// Which tracks.
    pub tracks: Vec<TrackId>,
    /// Why.
    pub reason: String,
    /// What it changes.
    pub effect: String,
}

/// The diagnosis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Variety.
    pub variety: Variety,
    /// Groups of versions of the same recording.
    pub duplicates: Vec<Vec<TrackId>>,
    /// Tracks that stand apart.
    pub outliers: Vec<Outlier>,
    /// Isolation of each track.
    pub copy_risk: Vec<CopyRisk>,
    /// What to do.
    pub advice: Vec<Advice>,
}

/// Diagnoses tracks; `seconds` are their lengths.
pub fn diagnose(tracks: &[Reference], seconds: &[f64]) -> Diagnosis {
    let duplicates = duplicates(tracks);
    let items: Vec<Item> = tracks.iter().map(|t| Item::new(&t.profile)).collect();
    let field = Field::new(&items);
    let mut found = Diagnosis { duplicates: groups(tracks, &duplicates), ..Diagnosis::default() };
    if tracks.len() >= 2 {
        let joint = joint(&field);
        found.copy_risk = isolation(tracks, &joint);
        found.variety = variety(tracks, &joint);
        found.outliers = outliers(tracks, &field, &duplicates);
    }
    found.advice = advise(&found, tracks, seconds);
    found
}

/// Pairs of tracks that are versions of one recording.
fn duplicates(tracks: &[Reference]) -> Vec<(usize, usize)> {
    let prepared: Vec<Prepared<'_>> =
        tracks.iter().map(|t| Prepared::new(&t.fingerprint.words)).collect();
    let pairs: Vec<(usize, usize)> =
        (0..tracks.len()).flat_map(|i| (0..i).map(move |j| (j, i))).collect();
    pairs
        .into_par_iter()
        .filter(|(i, j)| {
            same_recording(
                &tracks[*i].fingerprint,
                &prepared[*i],
                &tracks[*j].fingerprint,
                &prepared[*j],
            )
        })
        .collect()
}

fn same_recording(a: &Fingerprint, pa: &Prepared<'_>, b: &Fingerprint, pb: &Prepared<'_>) -> bool {
    // Tracks shorter than a window can only be equal word for word.
    let shorter = a.words.len().min(b.words.len());
    if shorter < WINDOW {
        return shorter > 8 && a.words == b.words;
    }
    let spans = compare(pa, pb, SAME_BITS).spans;
    let covered: f64 = spans.iter().map(|s| s.end_s - s.start_s).sum();
    covered * super::fingerprint::words_per_s() >= VERSION_SHARE * shorter as f64
}

/// Connected groups of pairs.
fn groups(tracks: &[Reference], pairs: &[(usize, usize)]) -> Vec<Vec<TrackId>> {
    let mut group: Vec<usize> = (0..tracks.len()).collect();
    for (a, b) in pairs {
        let (from, to) = (group[*b].max(group[*a]), group[*b].min(group[*a]));
        group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
    }
    (0..tracks.len())
        .map(|root| {
            let members = (0..tracks.len()).filter(|i| group[*i] == root);
            members.map(|i| tracks[i].track_id.clone()).collect::<Vec<_>>()
        })
        .filter(|members| members.len() > 1)
        .collect()
}

/// One distance from five: each aspect over a typical distance within one artist.
pub(super) fn joined(aspects: &[f64; 5]) -> f64 {
    // Median within-artist distances of the aspects, from the tracks this was developed on.
    const SCALE: [f64; 5] = [2.6, 0.75, 0.2, 0.75, 1.6];
    aspects.iter().zip(SCALE).map(|(x, s)| x / s).sum::<f64>() / ASPECTS.len() as f64
}

fn joint(field: &Field) -> Vec<Vec<f64>> {
    field.between.iter().map(|row| row.iter().map(joined).collect()).collect()
}

fn isolation(tracks: &[Reference], joint: &[Vec<f64>]) -> Vec<CopyRisk> {
    let nearest: Vec<f64> = (0..tracks.len())
        .map(|i| {
            (0..tracks.len()).filter(|j| *j != i).map(|j| joint[i][j]).fold(f64::MAX, f64::min)
        })
        .collect();
    let mut sorted = nearest.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2].max(1e-9);
    tracks
        .iter()
        .zip(nearest)
        .map(|(t, d)| CopyRisk {
            track_id: t.track_id.clone(),
            risk: (d / median * 100.0).round() / 100.0,
        })
        .collect()
}

/// Vendi score (Friedman & Dieng 2023) of twelve tracks: exp of the entropy of the eigenvalues of a
/// kernel with a fixed width, averaged over fixed subsets.
fn variety(tracks: &[Reference], joint: &[Vec<f64>]) -> Variety {
    let n = tracks.len();
    let size = n.min(OF);
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let rounds = if n > OF { 40 } else { 1 };
    let mut total = 0.0;
    for _ in 0..rounds {
        let mut order: Vec<usize> = (0..n).collect();
        for i in 0..size {
            order.swap(i, i + random(n - i));
        }
        total += effective(&order[..size], joint);
    }
    let effective = total / f64::from(rounds) * OF as f64 / size as f64;
    let verdict = match effective {
        _ if n < 4 => None,
        e if e < 3.0 => Some("narrow"),
        e if e > 8.5 => Some("broad"),
        _ => Some("healthy"),
    };
    Variety {
        effective_of_12: Some((effective.min(OF as f64) * 10.0).round() / 10.0),
        clusters: clusters(tracks, joint),
        verdict: verdict.map(str::to_owned),
    }
}

fn effective(subset: &[usize], joint: &[Vec<f64>]) -> f64 {
    let n = subset.len();
    let mut kernel = vec![0.0; n * n];
    for (a, i) in subset.iter().enumerate() {
        for (b, j) in subset.iter().enumerate() {
            let d = joint[*i][*j] / TYPICAL;
            kernel[a * n + b] = (-0.5 * d * d).exp() / n as f64;
        }
    }
    let entropy: f64 =
        eigenvalues(kernel, n).iter().filter(|l| **l > 1e-12).map(|l| -l * l.ln()).sum();
    entropy.exp()
}

/// Eigenvalues of a symmetric matrix by Jacobi rotations.
fn eigenvalues(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    for _ in 0..60 {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                off += apq * apq;
                if apq.abs() < 1e-14 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (akp, akq) = (a[k * n + p], a[k * n + q]);
                    a[k * n + p] = c * akp - s * akq;
                    a[k * n + q] = s * akp + c * akq;
                }
                for k in 0..n {
                    let (apk, aqk) = (a[p * n + k], a[q * n + k]);
                    a[p * n + k] = c * apk - s * aqk;
                    a[q * n + k] = s * apk + c * aqk;
                }
            }
        }
        if off < 1e-20 {
            break;
        }
    }
    (0..n).map(|i| a[i * n + i]).collect()
}

/// Average-link groups under one and a half typical distances, largest first.
fn clusters(tracks: &[Reference], joint: &[Vec<f64>]) -> Vec<Vec<TrackId>> {
    let mut groups: Vec<Vec<usize>> = (0..tracks.len()).map(|i| vec![i]).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for a in 0..groups.len() {
            for b in 0..a {
                let sum: f64 =
                    groups[a].iter().flat_map(|i| groups[b].iter().map(|j| joint[*i][*j])).sum();
                let mean = sum / (groups[a].len() * groups[b].len()) as f64;
                if mean < 1.5 * TYPICAL && best.is_none_or(|(m, _, _)| mean < m) {
                    best = Some((mean, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let taken = groups.remove(a);
        groups[b].extend(taken);
    }
    groups.sort_by(|x, y| y.len().cmp(&x.len()).then(x.cmp(y)));
    groups
        .into_iter()
        .map(|g| g.into_iter().map(|i| tracks[i].track_id.clone()).collect())
        .collect()
}

/// Tracks that are the farthest in at least two aspects, by a margin over the next.
fn outliers(tracks: &[Reference], field: &Field, duplicates: &[(usize, usize)]) -> Vec<Outlier> {
    if tracks.len() < OUTLIERS_FROM {
        return Vec::new();
    }
    let own = field.own();
    let copies = |i: usize| duplicates.iter().any(|(a, b)| *a == i || *b == i);
    (0..tracks.len())
        .filter(|i| !copies(*i))
        .filter_map(|i| {
            let aspects: Vec<String> = (0..ASPECTS.len())
                .filter(|a| {
                    let mut rest: Vec<f64> =
                        (0..tracks.len()).filter(|j| *j != i).map(|j| own[j][*a]).collect();
                    rest.sort_by(f64::total_cmp);
                    let (middle, high) = (rest[rest.len() / 2], rest[rest.len() * 9 / 10]);
                    own[i][*a] > high + 1.5 * (high - middle).max(1e-6)
                })
                .map(|a| ASPECTS[a].to_owned())
                .collect();
            (aspects.len() >= 2).then(|| Outlier { track_id: tracks[i].track_id.clone(), aspects })
        })
        .collect()
}

fn advise(found: &Diagnosis, tracks: &[Reference], seconds: &[f64]) -> Vec<Advice> {
    let mut advice = Vec::new();
    let mut say = |action: &str, tracks: Vec<TrackId>, reason: String, effect: String| {
        advice.push(Advice { action: action.to_owned(), tracks, reason, effect });
    };
    for group in &found.duplicates {
        say(
            "exclude",
            group[1..].to_vec(),
            format!("{} tracks hold the same recording", group.len()),
            "each song then counts once".to_owned(),
        );
    }
    for outlier in &found.outliers {
        say(
            "exclude",
            vec![outlier.track_id.clone()],
            format!("it stands apart from the rest in {}", outlier.aspects.join(" and ")),
            "takes stay nearer to the rest; keep it if it belongs".to_owned(),
        );
    }
    let music: f64 = seconds.iter().sum();
    if !tracks.is_empty() && (music < 240.0 || tracks.len() < 4) {
        say(
            "add",
            Vec::new(),
            format!(
                "{:.1} minutes in {} tracks is little to learn from",
                music / 60.0,
                tracks.len()
            ),
            "four minutes suffice for the sound; more tracks lower the risk of copying".to_owned(),
        );
    }
    match found.variety.verdict.as_deref() {
        Some("narrow") => say(
            "widen",
            Vec::new(),
            "the tracks are very much alike".to_owned(),
            "takes come out less close to single tracks".to_owned(),
        ),
        Some("broad") => say(
            "split",
            found.variety.clusters.first().cloned().unwrap_or_default(),
            format!("the tracks fall into {} groups", found.variety.clusters.len()),
            "each finetune then has one sound instead of an average".to_owned(),
        ),
        _ => {}
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::song;
    use super::super::style::tests::profile;
    use super::*;

    fn track(seed: u32, audio: u32, style: f32) -> Reference {
        Reference {
            track_id: TrackId::from_hash(&[seed as u8; 32], 1),
            fingerprint: Fingerprint::new(&song(audio, 30.0, 0.0)).unwrap(),
            notes: crate::judge::Notes::default(),
            profile: profile(style, 0.1 + 0.04 * seed as f32),
        }
    }

    #[test]
    fn copies_are_grouped_and_strangers_named() {
        let mut tracks: Vec<Reference> = (0..9).map(|i| track(i, i, 0.5)).collect();
        tracks.push(track(20, 3, 0.5));
        tracks.push(track(30, 30, 4.0));
        let found = diagnose(&tracks, &[30.0; 11]);
        assert_eq!(found.duplicates.len(), 1);
        assert_eq!(found.duplicates[0], [tracks[3].track_id.clone(), tracks[9].track_id.clone()]);
        let names: Vec<&TrackId> = found.outliers.iter().map(|o| &o.track_id).collect();
        assert_eq!(names, [&tracks[10].track_id], "{:?}", found.outliers);
        let risk = found.copy_risk.iter().max_by(|a, b| a.risk.total_cmp(&b.risk)).unwrap();
        assert_eq!(risk.track_id, tracks[10].track_id);
        assert!(found.advice.iter().any(|a| a.action == "exclude"));
    }

    #[test]
    fn more_styles_are_more_varied() {
        let mixed = |styles: &[f32]| {
            let tracks: Vec<Reference> =
                (0..12).map(|i| track(i, i, styles[i as usize % styles.len()])).collect();
            diagnose(&tracks, &[60.0; 12]).variety.effective_of_12.unwrap()
        };
        let (one, two, four) = (mixed(&[0.5]), mixed(&[0.5, 3.0]), mixed(&[0.5, 2.0, 4.0, 6.0]));
        assert!(one < two && two < four, "{one} {two} {four}");
    }

    #[test]
    fn none_and_one_track_are_no_trouble() {
        assert_eq!(diagnose(&[], &[]), Diagnosis::default());
        let found = diagnose(&[track(0, 0, 0.5)], &[30.0]);
        assert_eq!(found.variety.effective_of_12, None);
        assert_eq!(found.advice[0].action, "add");
    }

    #[test]
    fn jacobi_finds_known_eigenvalues() {
        let mut values = eigenvalues(vec![2.0, 1.0, 1.0, 2.0], 2);
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-9 && (values[1] - 3.0).abs() < 1e-9);
    }
}
