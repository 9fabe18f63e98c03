//! How near the tracks of a dataset come to one another: what takes are held against, and the pairs
//! worth a look before anything is learned from them.

use super::StudioError;
use super::checking::references;
use super::local::Inner;
use super::progress::locked;
use crate::domain::ids::{DatasetName, TrackId};
use crate::judge::Reference;
use crate::judge::class::{Compared, pairs_beyond};
use crate::judge::near::{NearPair, Stand, chosen, near, stands};

/// Pairs that are shown.
const PAIRS: usize = 12;
/// Comparisons that are kept in memory: those of some datasets.
const KEPT_MAX: usize = 4_000;

/// How near the tracks of a dataset come to one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearness {
    /// The dataset.
    pub dataset: DatasetName,
    /// The tracks that take part, each against the rest.
    pub stands: Vec<Stand>,
    /// The nearest pairs.
    pub pairs: Vec<NearPair>,
    /// Tracks whose pairs were compared: an even choice of a large dataset.
    pub compared: usize,
}

/// Compares the tracks that take part. What was compared before is not compared again.
pub fn nearness(inner: &Inner, name: &DatasetName) -> Result<Nearness, StudioError> {
    let dataset = inner.store.dataset(name)?;
    let (tracks, _) = references(inner, &dataset)?;
    let which = chosen(tracks.len());
    let some: Vec<&Reference> = which.iter().map(|n| &tracks[*n]).collect();
    let key = |i: usize, j: usize| -> (TrackId, TrackId) {
        (some[i].track_id.clone(), some[j].track_id.clone())
    };
    let known = |i: usize, j: usize| -> Option<Compared> {
        locked(&inner.compared).get(&key(i, j)).cloned()
    };
    let pairs = pairs_beyond(&some, &known);
    let mut kept = locked(&inner.compared);
    if kept.len() + pairs.len() > KEPT_MAX {
        kept.clear();
    }
    kept.extend(pairs.iter().map(|(i, j, _, found)| (key(*i, *j), found.clone())));
    drop(kept);
    Ok(Nearness {
        dataset: name.clone(),
        stands: stands(&tracks, &which, &pairs),
        pairs: near(&some, &pairs, PAIRS),
        compared: some.len(),
    })
}
