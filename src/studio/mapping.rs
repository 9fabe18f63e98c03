//! Where the tracks of a dataset lie among one another in sound, and takes among them.

use super::StudioError;
use super::local::Inner;
use super::progress::locked;
use crate::domain::ids::{DatasetName, TakeId, TrackId};
use crate::domain::listening::Pass;
use crate::domain::take::Take;
use crate::domain::work::StopToken;
use crate::judge::map::place;
use crate::listen::file::listen;
use crate::listen::profile::SoundProfile;

/// Most takes that are placed: the newest.
const TAKES_MAX: usize = 12;

/// A point of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// To the right.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// What lies there.
    pub what: SpotOf,
}

/// What lies at a point.
#[derive(Clone, Debug, PartialEq)]
pub enum SpotOf {
    /// A track, with its nearest neighbour and the distance to it, 1 = typical of one artist.
    Track(TrackId, Option<(TrackId, f64)>),
    /// A take.
    Take(TakeId),
}

/// A map of a dataset's sound.
#[derive(Clone, Debug, PartialEq)]
pub struct StyleMap {
    /// The dataset.
    pub dataset: DatasetName,
    /// Tracks that take part, then takes.
    pub spots: Vec<Spot>,
    /// Share of the distances that two dimensions show, 0..1.
    pub share: f64,
    /// Whether takes were placed.
    pub with_takes: bool,
}

/// Makes the map. Takes have to be listened to, which takes a while the first time.
pub fn style_map(
    inner: &Inner,
    name: &DatasetName,
    with_takes: bool,
) -> Result<StyleMap, StudioError> {
    let dataset = inner.store.dataset(name)?;
    let heard: Vec<_> = dataset
        .included()
        .filter_map(|t| Some((t.track_id.clone(), inner.record(&t.track_id)?)))
        .collect();
    let takes = if with_takes { takes_of(inner, name)? } else { Vec::new() };
    let profiles: Vec<(TakeId, SoundProfile)> =
        takes.iter().filter_map(|t| Some((t.take_id.clone(), profile(inner, t)?))).collect();
    let tracks: Vec<&SoundProfile> = heard.iter().map(|(_, r)| &r.hearing.profile).collect();
    let map = place(&tracks, &profiles.iter().map(|(_, p)| p).collect::<Vec<_>>());
    let mut spots = Vec::with_capacity(heard.len() + profiles.len());
    for (((id, _), (x, y)), nearest) in heard.iter().zip(map.tracks).zip(map.nearest) {
        let nearest = nearest.and_then(|(n, d)| Some((heard.get(n)?.0.clone(), d)));
        spots.push(Spot { x, y, what: SpotOf::Track(id.clone(), nearest) });
    }
    for ((id, _), (x, y)) in profiles.iter().zip(map.takes) {
        spots.push(Spot { x, y, what: SpotOf::Take(id.clone()) });
    }
    Ok(StyleMap { dataset: name.clone(), spots, share: map.share, with_takes })
}

/// The newest takes of finetunes that were learned from a dataset.
fn takes_of(inner: &Inner, name: &DatasetName) -> Result<Vec<Take>, StudioError> {
    let finetunes = inner.store.finetunes()?;
    let of = |take: &Take| {
        let id = take.request.finetune.as_ref();
        finetunes.iter().any(|f| Some(&f.finetune_id) == id && f.dataset == *name)
    };
    let mut takes: Vec<Take> = inner.store.takes()?.into_iter().filter(of).collect();
    let over = takes.len().saturating_sub(TAKES_MAX);
    takes.drain(..over);
    Ok(takes)
}

/// The sound of a take; `None` if its file cannot be heard.
fn profile(inner: &Inner, take: &Take) -> Option<SoundProfile> {
    if let Some(known) = locked(&inner.profiles).get(&take.take_id) {
        return Some(known.clone());
    }
    let mut found = None;
    let limits = &inner.config.settings.limits;
    listen(&take.audio, limits, Pass::Quick, &StopToken::default(), |part, _| {
        found.get_or_insert(part.hearing.profile);
    })
    .ok()?;
    let found: SoundProfile = found?;
    locked(&inner.profiles).insert(take.take_id.clone(), found.clone());
    Some(found)
}
