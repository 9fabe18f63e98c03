//! How near a dataset's tracks come to one another: the place of each against the rest, which a take
//! is held against, and the pairs that are nearest.
//!
//! A pair is judged as a take would be of which the other is the only track, by the same code. Must
//! never count a version of a recording, or a shared loop, as the nearest track: that is said of the
//! pair.

use super::Reference;
use super::class::{Pair, alone};
use super::own::{evenly, version};
use super::style::{Field, Item, standing};
use crate::domain::ids::TrackId;
use crate::domain::verdict::{CopyClass, Evidence};

/// Most tracks whose pairs are compared.
pub const MOST: usize = 24;

/// Where a track stands against the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// The track.
    pub track_id: TrackId,
    /// Share of the tracks that are at least as far from the rest in style, as a take's p.
    pub style: f64,
    /// Fewest wrong bits of 32 that another track comes near with; `None` where nothing was compared.
    pub bits: Option<f64>,
    /// Which that is.
    pub nearest: Option<TrackId>,
}

/// Two tracks that come near each other.
#[derive(Clone, Debug, PartialEq)]
pub struct NearPair {
    /// The one whose passages the evidence gives first.
    pub first: TrackId,
    /// The other.
    pub second: TrackId,
    /// What it would be if the first were a take.
    pub class: Option<CopyClass>,
    /// Passages that are alike, the strongest first.
    pub evidence: Vec<Evidence>,
    /// Fewest wrong bits of 32 of any eight seconds.
    pub bits: Option<f64>,
    /// Most eighths of their tunes that match; `None` where there is no tune to compare.
    pub eighths: Option<f32>,
}

/// Which of `count` tracks are compared: all, or an even choice.
pub fn chosen(count: usize) -> Vec<usize> {
    evenly(count, MOST)
}

/// The places of tracks in style, and where `pairs` of them were compared, their nearest recordings.
/// `which` are the numbers of the tracks that the numbers in `pairs` count.
pub fn stands(tracks: &[Reference], which: &[usize], pairs: &[Pair]) -> Vec<Stand> {
    let items: Vec<Item> = tracks.iter().map(|t| Item::new(&t.profile)).collect();
    let styles = standing(&Field::new(&items).own());
    let of = |(n, (track, style)): (usize, (&Reference, f64))| {
        let nearest = which.iter().position(|w| *w == n).and_then(|at| nearest(at, pairs));
        Stand {
            track_id: track.track_id.clone(),
            style,
            bits: nearest.map(|(_, bits)| bits),
            nearest: nearest.map(|(other, _)| tracks[which[other]].track_id.clone()),
        }
    };
    tracks.iter().zip(styles).enumerate().map(of).collect()
}

/// The track that comes nearest to one of those compared, and its wrong bits.
fn nearest(track: usize, pairs: &[Pair]) -> Option<(usize, f64)> {
    let counts = |(i, j, shorter_s, found): &Pair| {
        let other = if *i == track { *j } else { *i };
        let mine = *i == track || *j == track;
        let kin = version(&found.recording, *shorter_s) || found.recording.loops_only();
        found.recording.bits.filter(|_| mine && !kin).map(|bits| (other, bits))
    };
    pairs.iter().filter_map(counts).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The nearest of the pairs: those with a finding first, then by their recordings.
pub fn near(tracks: &[&Reference], pairs: &[Pair], most: usize) -> Vec<NearPair> {
    let mut found: Vec<NearPair> = pairs.iter().map(|p| judged(tracks, p)).collect();
    let nearest = |p: &NearPair| p.bits.unwrap_or(f64::MAX);
    let class = |p: &NearPair| p.class.filter(|c| *c <= CopyClass::C).unwrap_or(CopyClass::E);
    found.sort_by(|a, b| class(a).cmp(&class(b)).then(nearest(a).total_cmp(&nearest(b))));
    found.truncate(most);
    found
}

fn judged(tracks: &[&Reference], (i, j, _, compared): &Pair) -> NearPair {
    let (take, other) = (tracks[*i], tracks[*j]);
    let copy = alone(take, other, compared);
    NearPair {
        first: take.track_id.clone(),
        second: other.track_id.clone(),
        class: copy.class,
        evidence: copy.evidence,
        bits: compared.recording.bits,
        eighths: compared.tune.as_ref().ok().map(|like| like.part),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fingerprint;
    use super::super::class::pairs;
    use super::super::fingerprint::tests::song;
    use super::super::style::tests::profile;
    use super::*;
    use crate::judge::Notes;

    fn track(number: u8, samples: &[f32]) -> Reference {
        Reference {
            track_id: TrackId::from_hash(&[number; 32], 1),
            fingerprint: Fingerprint::new(samples).unwrap(),
            notes: Notes::default(),
            profile: profile(if number == 4 { 4.0 } else { 0.5 }, 0.1 + 0.05 * f32::from(number)),
        }
    }

    #[test]
    fn the_nearest_pair_comes_first_with_its_passage_and_versions_are_no_neighbours() {
        let mut tracks: Vec<Reference> =
            (0..5).map(|n| track(n, &song(u32::from(n), 40.0, 0.0))).collect();
        // One song once more, and another two semitones up.
        tracks.push(track(8, &song(1, 40.0, 0.0)));
        tracks.push(track(9, &song(3, 40.0, 2.0)));
        let all: Vec<&Reference> = tracks.iter().collect();
        let compared = pairs(&all);
        let found = near(&all, &compared, 4);
        let classes: Vec<Option<CopyClass>> = found.iter().map(|p| p.class).take(2).collect();
        assert_eq!((found.len(), classes), (4, vec![Some(CopyClass::A), Some(CopyClass::B)]));
        assert_eq!((&found[0].first, &found[0].second), (&all[5].track_id, &all[1].track_id));
        assert_eq!((&found[1].first, &found[1].second), (&all[6].track_id, &all[3].track_id));
        assert_eq!(found[1].evidence[0].transposition, 2);
        assert!(found[2].class.is_none_or(|c| c > CopyClass::C) && found[3].bits >= found[2].bits);
        let which: Vec<usize> = (0..tracks.len()).collect();
        let stands = stands(&tracks, &which, &compared);
        let least = stands.iter().map(|s| s.style).fold(f64::MAX, f64::min);
        assert_eq!(stands[4].style, least, "{stands:?}");
        assert_eq!(stands[3].nearest.as_ref(), Some(&all[6].track_id));
        assert_ne!(stands[1].nearest.as_ref(), Some(&all[5].track_id), "a version is no neighbour");
        assert!(stands[1].bits > stands[3].bits);
    }

    #[test]
    fn what_was_not_compared_has_no_nearest_track() {
        let tracks: Vec<Reference> =
            (0..3).map(|n| track(n, &song(u32::from(n), 30.0, 0.0))).collect();
        let some = [&tracks[0], &tracks[2]];
        let stands = stands(&tracks, &[0, 2], &pairs(&some));
        assert_eq!(stands[0].nearest.as_ref(), Some(&tracks[2].track_id));
        assert_eq!((stands[1].bits, stands[1].nearest.clone()), (None, None));
        assert_eq!((chosen(3), chosen(100).len()), (vec![0, 1, 2], MOST));
    }
}
