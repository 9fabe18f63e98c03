//! Curation: what a person decides about a dataset. Every edit is logged and can be undone.

use super::StudioError;
use super::local::Inner;
use crate::domain::dataset::{Dataset, Edit, EditRecord};
use crate::domain::ids::{DatasetName, TakeId, TrackId};
use crate::domain::rights::{Rights, Statement};
use crate::domain::take::Take;
use crate::store::StoreError;

/// Makes an empty dataset.
pub fn new_dataset(inner: &Inner, name: &DatasetName) -> Result<Dataset, StudioError> {
    if inner.store.dataset(name).is_ok() {
        return Err(StoreError::Exists { what: "dataset", name: name.to_string() }.into());
    }
    let dataset = Dataset::new(name.clone(), inner.clock.now());
    inner.store.put_dataset(&dataset)?;
    Ok(dataset)
}

/// Adds tracks that are in other datasets.
pub fn add(inner: &Inner, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    let all = inner.store.datasets()?;
    let mut members = Vec::new();
    for id in tracks {
        if dataset.member(id).is_some() {
            continue;
        }
        let known = all.iter().find_map(|d| d.member(id));
        let Some(member) = known else {
            return Err(StoreError::NotFound { what: "track", name: id.to_string() }.into());
        };
        let mut member = member.clone();
        member.excluded = None;
        members.push(member);
    }
    commit(inner, dataset, Edit::Add { members })
}

/// Takes tracks out.
pub fn remove(
    inner: &Inner,
    name: &DatasetName,
    tracks: &[TrackId],
) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    must_hold(&dataset, tracks)?;
    let members = dataset
        .members
        .iter()
        .cloned()
        .enumerate()
        .filter(|(_, m)| tracks.contains(&m.track.track_id))
        .collect();
    commit(inner, dataset, Edit::Remove { members })
}

/// Leaves tracks out of training.
pub fn exclude(
    inner: &Inner,
    name: &DatasetName,
    tracks: &[TrackId],
    reason: &str,
) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    must_hold(&dataset, tracks)?;
    let tracks =
        dataset.included().map(|t| t.track_id.clone()).filter(|id| tracks.contains(id)).collect();
    commit(inner, dataset, Edit::Exclude { tracks, reason: reason.to_owned() })
}

/// Takes tracks in again.
pub fn include(
    inner: &Inner,
    name: &DatasetName,
    tracks: &[TrackId],
) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    must_hold(&dataset, tracks)?;
    let tracks = dataset
        .members
        .iter()
        .filter(|m| tracks.contains(&m.track.track_id))
        .filter_map(|m| Some((m.track.track_id.clone(), m.excluded.clone()?)))
        .collect();
    commit(inner, dataset, Edit::Include { tracks })
}

/// Makes a dataset of each part; the whole stays as it is. Parts keep what was left out of training.
pub fn split(
    inner: &Inner,
    name: &DatasetName,
    parts: &[(DatasetName, Vec<TrackId>)],
) -> Result<Vec<Dataset>, StudioError> {
    let whole = inner.store.dataset(name)?;
    for (number, (part, tracks)) in parts.iter().enumerate() {
        must_hold(&whole, tracks)?;
        let twice = parts[..number].iter().any(|(earlier, _)| earlier == part);
        if twice || inner.store.dataset(part).is_ok() {
            return Err(StoreError::Exists { what: "dataset", name: part.to_string() }.into());
        }
    }
    let mut made = Vec::with_capacity(parts.len());
    for (part, tracks) in parts {
        let members = whole.members.iter().filter(|m| tracks.contains(&m.track.track_id));
        let edit = Edit::Add { members: members.cloned().collect() };
        made.push(commit(inner, Dataset::new(part.clone(), inner.clock.now()), edit)?);
    }
    Ok(made)
}

fn must_hold(dataset: &Dataset, tracks: &[TrackId]) -> Result<(), StudioError> {
    match tracks.iter().find(|id| dataset.member(id).is_none()) {
        Some(id) => {
            let name = format!("{id} in {}", dataset.name);
            Err(StoreError::NotFound { what: "track", name }.into())
        }
        None => Ok(()),
    }
}

fn changes_nothing(edit: &Edit) -> bool {
    match edit {
        Edit::Exclude { tracks, .. } => tracks.is_empty(),
        Edit::Include { tracks } => tracks.is_empty(),
        Edit::Add { members } => members.is_empty(),
        Edit::Remove { members } => members.is_empty(),
        Edit::Undo { .. } => false,
    }
}

fn commit(inner: &Inner, mut dataset: Dataset, edit: Edit) -> Result<Dataset, StudioError> {
    if changes_nothing(&edit) {
        return Ok(dataset);
    }
    dataset.apply(&edit);
    inner.store.put_dataset(&dataset)?;
    let at = inner.clock.now();
    inner.store.append_edit(&EditRecord { dataset: dataset.name.clone(), at, edit })?;
    Ok(dataset)
}

/// Takes back the newest edit of a dataset that was not taken back yet.
pub fn undo(inner: &Inner, name: &DatasetName) -> Result<String, StudioError> {
    let mut dataset = inner.store.dataset(name)?;
    let edits = inner.store.edits()?;
    let undone: Vec<usize> = edits
        .iter()
        .filter_map(|e| match e.edit {
            Edit::Undo { of } => Some(of),
            _ => None,
        })
        .collect();
    let last = edits.iter().enumerate().rev().find(|(i, e)| {
        e.dataset == *name && !matches!(e.edit, Edit::Undo { .. }) && !undone.contains(i)
    });
    let Some((of, record)) = last else {
        return Err(StudioError::Usage(format!("there is nothing to undo in {name}")));
    };
    dataset.revert(&record.edit);
    inner.store.put_dataset(&dataset)?;
    let at = inner.clock.now();
    inner.store.append_edit(&EditRecord { dataset: name.clone(), at, edit: Edit::Undo { of } })?;
    Ok(match &record.edit {
        Edit::Exclude { tracks, .. } => format!("{} tracks are in again", tracks.len()),
        Edit::Include { tracks } => format!("{} tracks are left out again", tracks.len()),
        Edit::Add { members } => format!("{} tracks are out of the dataset again", members.len()),
        Edit::Remove { members } => format!("{} tracks are back in the dataset", members.len()),
        Edit::Undo { .. } => String::new(),
    })
}

/// States rights, or withdraws them.
pub fn state_rights(
    inner: &Inner,
    tracks: &[TrackId],
    rights: Option<&Rights>,
    by: &str,
) -> Result<(), StudioError> {
    if by.trim().is_empty() {
        return Err(StudioError::Usage(
            "a statement needs the name of who makes it (--by NAME)".to_owned(),
        ));
    }
    let at = inner.clock.now();
    for track_id in tracks {
        inner.store.append_statement(&Statement {
            track_id: track_id.clone(),
            rights: rights.cloned(),
            by: by.to_owned(),
            at: at.clone(),
        })?;
    }
    Ok(())
}

/// Rates a take.
pub fn rate(inner: &Inner, id: &TakeId, rating: Option<u8>) -> Result<Take, StudioError> {
    if rating.is_some_and(|r| !(1..=5).contains(&r)) {
        return Err(StudioError::Usage("a rating is a number from 1 to 5".to_owned()));
    }
    let mut take = inner.store.take(id)?;
    take.rating = rating;
    inner.store.update_take(&take)?;
    Ok(take)
}
