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
        Edit::Keep { tracks } => tracks.is_empty(),
        Edit::Trim { before, after, .. } => before == after,
        Edit::Undo { .. } | Edit::Redo { .. } => false,
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

/// Keeps tracks as they are: what was found wrong with them was heard and is fine.
pub fn keep(inner: &Inner, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    must_hold(&dataset, tracks)?;
    let open = dataset.members.iter().filter(|m| !m.accepted).map(|m| m.track.track_id.clone());
    let tracks = open.filter(|id| tracks.contains(id)).collect();
    commit(inner, dataset, Edit::Keep { tracks })
}

/// Lets only a stretch of a track take part, in seconds from the track's start.
pub fn trim(
    inner: &Inner,
    name: &DatasetName,
    track: &TrackId,
    only_s: Option<(f64, f64)>,
) -> Result<Dataset, StudioError> {
    let dataset = inner.store.dataset(name)?;
    must_hold(&dataset, std::slice::from_ref(track))?;
    let Some(member) = dataset.member(track) else { return Ok(dataset) };
    let length = member.track.duration_s();
    let after = only_s.map(|(from, to)| (from.max(0.0), to.min(length)));
    if let Some((from, to)) = after
        && to - from < inner.config.settings.limits.material_min_s
    {
        return Err(StudioError::Usage(format!(
            "{from:.1} to {to:.1} s of {} is too short: at least {} s are needed",
            member.track.title, inner.config.settings.limits.material_min_s
        )));
    }
    let edit = Edit::Trim { track: track.clone(), before: member.only_s, after };
    commit(inner, dataset, edit)
}

/// Numbers of a dataset's edits that hold, and of those that were taken back, oldest first.
fn history(edits: &[EditRecord], name: &DatasetName) -> (Vec<usize>, Vec<usize>) {
    let (mut done, mut undone) = (Vec::new(), Vec::new());
    for (number, record) in edits.iter().enumerate().filter(|(_, e)| e.dataset == *name) {
        match record.edit {
            Edit::Undo { of } => {
                done.retain(|n| *n != of);
                undone.push(of);
            }
            Edit::Redo { of } => {
                undone.retain(|n| *n != of);
                done.push(of);
            }
            _ => {
                // A new decision ends the story of those that were taken back.
                undone.clear();
                done.push(number);
            }
        }
    }
    (done, undone)
}

/// Takes back the newest edit of a dataset that was not taken back yet.
pub fn undo(inner: &Inner, name: &DatasetName) -> Result<String, StudioError> {
    let mut dataset = inner.store.dataset(name)?;
    let edits = inner.store.edits()?;
    let Some(of) = history(&edits, name).0.pop() else {
        return Err(StudioError::Usage(format!("there is nothing to undo in {name}")));
    };
    let edit = &edits[of].edit;
    dataset.revert(edit);
    inner.store.put_dataset(&dataset)?;
    let at = inner.clock.now();
    inner.store.append_edit(&EditRecord { dataset: name.clone(), at, edit: Edit::Undo { of } })?;
    Ok(match edit {
        Edit::Exclude { tracks, .. } => format!("{} in again", are(tracks.len())),
        Edit::Include { tracks } => format!("{} left out again", are(tracks.len())),
        Edit::Add { members } => format!("{} out of the dataset again", are(members.len())),
        Edit::Remove { members } => format!("{} back in the dataset", are(members.len())),
        Edit::Keep { tracks } => format!("{} to be looked at again", are(tracks.len())),
        Edit::Trim { .. } => "the track is as long as before".to_owned(),
        Edit::Undo { .. } | Edit::Redo { .. } => String::new(),
    })
}

/// Lets the edit that was taken back last hold again.
pub fn redo(inner: &Inner, name: &DatasetName) -> Result<String, StudioError> {
    let mut dataset = inner.store.dataset(name)?;
    let edits = inner.store.edits()?;
    let Some(of) = history(&edits, name).1.pop() else {
        return Err(StudioError::Usage(format!("there is nothing to do again in {name}")));
    };
    let edit = &edits[of].edit;
    dataset.apply(edit);
    inner.store.put_dataset(&dataset)?;
    let at = inner.clock.now();
    inner.store.append_edit(&EditRecord { dataset: name.clone(), at, edit: Edit::Redo { of } })?;
    Ok(match edit {
        Edit::Exclude { tracks, .. } => format!("{} left out again", are(tracks.len())),
        Edit::Include { tracks } => format!("{} in again", are(tracks.len())),
        Edit::Add { members } => format!("{} back in the dataset", are(members.len())),
        Edit::Remove { members } => format!("{} out of the dataset again", are(members.len())),
        Edit::Keep { tracks } => format!("{} kept again", are(tracks.len())),
        Edit::Trim { .. } => "the track is trimmed again".to_owned(),
        Edit::Undo { .. } | Edit::Redo { .. } => String::new(),
    })
}

fn are(tracks: usize) -> String {
    if tracks == 1 { "1 track is".to_owned() } else { format!("{tracks} tracks are") }
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

/// Keeps a take, or keeps it no longer.
pub fn keep_take(inner: &Inner, id: &TakeId, kept: bool) -> Result<Take, StudioError> {
    let mut take = inner.store.take(id)?;
    take.kept = kept;
    inner.store.update_take(&take)?;
    Ok(take)
}
