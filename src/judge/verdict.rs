//! The verdict on a take: its place among the dataset's tracks, its nearest passages, and what was
//! compared.

use super::fingerprint::Fingerprint;
use super::matching::{Prepared, compare};
use super::style::{self, Field, Item};
use crate::domain::ids::TrackId;
use crate::domain::verdict::{CopyVerdict, Evidence, Heldout, Layer, Verdict};
use crate::listen::profile::SoundProfile;
use rayon::prelude::*;

/// Transpositions that the copy check tries: what grains may be shifted by.
const ROTATIONS: std::ops::RangeInclusive<i32> = -3..=3;
/// Passages with at most this many wrong bits of 32 are reported. Processed copies of a recording
/// reach 7.5; unrelated recordings never fell under 10.4 in the studies this comes from.
pub const REPORT_BITS: f64 = 7.5;

/// A track of the dataset as judging needs it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The track.
    pub track_id: TrackId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its profile.
    pub profile: SoundProfile,
}

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its profile.
    pub profile: SoundProfile,
}

/// Judges takes against one dataset.
pub struct Judge {
    references: Vec<Reference>,
    items: Vec<Item>,
    own_style: Vec<[f64; 5]>,
    own_bits: Vec<f64>,
    held_out: usize,
}

impl Judge {
    /// Measures the dataset's tracks against one another. `held_out` of them were not learned from.
    pub fn new(references: Vec<Reference>, held_out: usize) -> Self {
        let items: Vec<Item> = references.iter().map(|r| Item::new(&r.profile)).collect();
        let own_style = Field::new(&items).own();
        let own_bits = own_bits(&references);
        Self { references, items, own_style, own_bits, held_out }
    }

    /// For each track of the dataset the smallest error against any other, sorted.
    pub fn own_bits(&self) -> &[f64] {
        &self.own_bits
    }

    /// Judges.
    pub fn judge(&self, candidate: &Candidate) -> Verdict {
        let style = style::rank(&Item::new(&candidate.profile), &self.items, &self.own_style);
        Verdict {
            style,
            copy: self.copy(candidate),
            heldout: Heldout { z: None, n: self.held_out },
        }
    }

    fn copy(&self, candidate: &Candidate) -> CopyVerdict {
        let found = evidence(&candidate.fingerprint, &self.references);
        let nearest = found
            .iter()
            .filter_map(|(id, bits, _)| bits.map(|b| (b, id)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let mut evidence: Vec<Evidence> = found.iter().flat_map(|(_, _, e)| e.clone()).collect();
        evidence.sort_by(|a, b| a.score.total_cmp(&b.score));
        CopyVerdict {
            class: None,
            layers_checked: vec![Layer::Audio],
            nearest_bits: nearest.map(|(bits, _)| bits),
            nearest_track: nearest.map(|(_, id)| id.clone()),
            evidence,
            own_nearest_bits: self.own_bits.clone(),
            tracks_compared: self.references.len(),
        }
    }
}

/// Compares a fingerprint with each reference in all rotations: the smallest error and passages.
fn evidence(
    print: &Fingerprint,
    references: &[Reference],
) -> Vec<(TrackId, Option<f64>, Vec<Evidence>)> {
    let rotated: Vec<(i32, Vec<u32>)> = ROTATIONS.map(|k| (k, print.rotated(-k))).collect();
    let queries: Vec<(i32, Prepared<'_>)> =
        rotated.iter().map(|(k, words)| (*k, Prepared::new(words))).collect();
    references
        .par_iter()
        .map(|reference| {
            let known = Prepared::new(&reference.fingerprint.words);
            let mut nearest: Option<f64> = None;
            let mut spans = Vec::new();
            for (transposition, query) in &queries {
                let comparison = compare(query, &known, REPORT_BITS);
                if let Some(bits) = comparison.nearest_bits {
                    nearest = Some(nearest.map_or(bits, |n: f64| n.min(bits)));
                }
                spans.extend(comparison.spans.into_iter().map(|span| Evidence {
                    track_id: reference.track_id.clone(),
                    layer: Layer::Audio,
                    start_s: span.start_s,
                    end_s: span.end_s,
                    track_start_s: span.reference_start_s,
                    score: span.bits,
                    transposition: *transposition,
                    tempo_ratio: 1.0,
                }));
            }
            (reference.track_id.clone(), nearest, spans)
        })
        .collect()
}

/// For each track the smallest error against any other, sorted.
fn own_bits(references: &[Reference]) -> Vec<f64> {
    let prepared: Vec<Prepared<'_>> =
        references.iter().map(|r| Prepared::new(&r.fingerprint.words)).collect();
    let pairs: Vec<(usize, usize)> =
        (0..references.len()).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
    let bits: Vec<Option<f64>> = pairs
        .par_iter()
        .map(|(i, j)| compare(&prepared[*i], &prepared[*j], 0.0).nearest_bits)
        .collect();
    let mut best = vec![f64::MAX; references.len()];
    for ((i, j), bits) in pairs.iter().zip(bits) {
        if let Some(bits) = bits {
            best[*i] = best[*i].min(bits);
            best[*j] = best[*j].min(bits);
        }
    }
    best.retain(|b| *b < f64::MAX);
    best.sort_by(f64::total_cmp);
    best
}

/// Copy evidence between two files, in all rotations.
pub fn compare_files(
    a: &Fingerprint,
    b: &Fingerprint,
    id: &TrackId,
) -> (Option<f64>, Vec<Evidence>) {
    let reference = Reference {
        track_id: id.clone(),
        fingerprint: b.clone(),
        profile: SoundProfile::default(),
    };
    evidence(a, &[reference])
        .into_iter()
        .next()
        .map_or((None, Vec::new()), |(_, bits, e)| (bits, e))
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::song;
    use super::super::style::tests::profile;
    use super::*;

    fn reference(seed: u32) -> Reference {
        Reference {
            track_id: TrackId::from_hash(&[seed as u8; 32], 1),
            fingerprint: Fingerprint::new(&song(seed, 40.0, 0.0)).unwrap(),
            profile: profile(0.5, 0.1 + seed as f32 * 0.05),
        }
    }

    fn candidate(samples: &[f32]) -> Candidate {
        Candidate { fingerprint: Fingerprint::new(samples).unwrap(), profile: profile(0.5, 0.3) }
    }

    #[test]
    fn copies_are_named_with_place_and_transposition() {
        let judge = Judge::new((0..5).map(reference).collect(), 0);
        for semitones in [0.0, 2.0, -3.0] {
            let verdict = judge.judge(&candidate(&song(3, 40.0, semitones)));
            let best = &verdict.copy.evidence[0];
            assert_eq!(best.track_id, TrackId::from_hash(&[3; 32], 1), "{semitones}");
            assert_eq!(best.transposition, semitones as i32);
            assert!(
                best.score < 7.0
                    && best.start_s < 3.0
                    && (best.track_start_s - best.start_s).abs() < 0.3,
                "{best:?}"
            );
            assert_eq!(verdict.copy.class, None);
        }
    }

    #[test]
    fn new_music_has_no_evidence_but_a_figure() {
        let judge = Judge::new((0..5).map(reference).collect(), 1);
        let verdict = judge.judge(&candidate(&song(77, 40.0, 0.0)));
        assert!(verdict.copy.evidence.is_empty());
        assert!(verdict.copy.nearest_bits.unwrap() > 8.5);
        assert_eq!(verdict.copy.own_nearest_bits.len(), 5);
        assert_eq!((verdict.copy.tracks_compared, verdict.heldout.n), (5, 1));
        let short = judge.judge(&candidate(&song(77, 4.0, 0.0)));
        assert_eq!(short.copy.nearest_bits, None);
    }
}
