//! Diagnosis of a dataset from what was heard in its tracks.

use super::StudioError;
use super::counting::Counting;
use super::local::Inner;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::Recount;
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::listening::Problem;
use crate::domain::track::Track;
use crate::judge::Reference;
use crate::judge::dataset::{Diagnosis, diagnose};
use serde::{Deserialize, Serialize};

/// A track in a diagnosis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedTrack {
    /// The track.
    pub track_id: TrackId,
    /// Its title.
    pub title: String,
    /// Its length.
    pub duration_s: f64,
    /// Its tempo.
    pub tempo_bpm: Option<f64>,
    /// Its key.
    pub key: Option<String>,
    /// Its loudness.
    pub loudness_lufs: Option<f64>,
    /// Why it is left out, if it is.
    pub excluded: Option<String>,
    /// What was found in it.
    pub problems: Vec<Problem>,
}

/// The diagnosis of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The dataset.
    pub dataset: DatasetName,
    /// Its tracks.
    pub tracks: Vec<CheckedTrack>,
    /// Tracks that a training would count at another octave than they are heard at.
    pub counted: Vec<Recount>,
    /// The same in words.
    pub counting: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
}

/// Diagnoses the included tracks.
pub fn check(inner: &Inner, name: &DatasetName) -> Result<CheckReport, StudioError> {
    let dataset = inner.store.dataset(name)?;
    let tracks = dataset.members.iter().map(|m| {
        let record = inner.record(&m.track.track_id);
        let listening = record.as_ref().map(|r| &r.hearing.listening);
        CheckedTrack {
            track_id: m.track.track_id.clone(),
            title: m.track.title.clone(),
            duration_s: m.track.duration_s(),
            tempo_bpm: listening.and_then(|l| l.tempo_bpm),
            key: listening.and_then(|l| l.key).map(|k| k.to_string()),
            loudness_lufs: listening.and_then(|l| l.loudness_lufs),
            excluded: m.excluded.clone(),
            problems: listening.map_or_else(Vec::new, |l| l.problems.clone()),
        }
    });
    let tracks: Vec<CheckedTrack> = tracks.collect();
    let (references, seconds) = references(inner, &dataset)?;
    let included: Vec<&Track> = dataset.included().collect();
    let heard = included.iter().filter_map(|t| Some((*t, inner.record(&t.track_id)?)));
    let counting = Counting::of(heard);
    Ok(CheckReport {
        dataset: name.clone(),
        tracks,
        counted: counting.counted(&included),
        counting: counting.words(),
        diagnosis: diagnose(&references, &seconds),
    })
}

/// What judging needs of the included tracks, and their lengths.
pub fn references(
    inner: &Inner,
    dataset: &Dataset,
) -> Result<(Vec<Reference>, Vec<f64>), StudioError> {
    let mut references = Vec::new();
    let mut seconds = Vec::new();
    for track in dataset.included() {
        references.push(reference(inner, track)?);
        seconds.push(track.duration_s());
    }
    Ok((references, seconds))
}

fn reference(inner: &Inner, track: &Track) -> Result<Reference, StudioError> {
    let record = inner.record(&track.track_id).ok_or_else(|| not_heard(track))?;
    Ok(Reference {
        track_id: track.track_id.clone(),
        fingerprint: record.fingerprint.clone(),
        notes: record.notes.clone(),
        profile: record.hearing.profile.clone(),
    })
}

/// The error for a track whose hearing is not in the cache.
pub fn not_heard(track: &Track) -> StudioError {
    StudioError::Usage(format!(
        "{} ({}) has not been listened to by this version; import it again: leitmotif import \"{}\"",
        track.title,
        track.track_id,
        track.path.display()
    ))
}
