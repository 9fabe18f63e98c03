//! Screening before training: rights first. No reference packs exist in this version, and it says so.

use super::StudioError;
use super::local::Inner;
use crate::domain::dataset::Dataset;
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::rights::Statement;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a screening found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenResult {
    /// Training may begin.
    Pass,
    /// A known work was found, or rights forbid it.
    Blocked,
    /// Statements are missing.
    NeedsRights,
}

/// What was compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Reference packs.
    pub packs: usize,
    /// Works in them.
    pub works: usize,
}

/// The result of a screening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Screening {
    /// The dataset.
    pub dataset: DatasetName,
    /// The result.
    pub result: ScreenResult,
    /// What was compared with.
    pub compared: Compared,
    /// The packs.
    pub packs: Vec<Value>,
    /// Known works that were found.
    pub matches: Vec<Value>,
    /// Tracks without a statement.
    pub missing_rights: Vec<TrackId>,
    /// Tracks whose ground only an attested enterprise workspace may use.
    pub needs_attestation: Vec<TrackId>,
    /// All of it in one sentence.
    pub words: String,
}

/// Screens the included tracks of a dataset.
pub fn screen(inner: &Inner, name: &DatasetName) -> Result<Screening, StudioError> {
    let dataset = inner.store.dataset(name)?;
    let statements = inner.store.statements()?;
    Ok(judge(&dataset, &statements))
}

/// Screens against given statements.
pub fn judge(dataset: &Dataset, statements: &BTreeMap<TrackId, Statement>) -> Screening {
    let tracks: Vec<TrackId> = dataset.included().map(|t| t.track_id.clone()).collect();
    let missing: Vec<TrackId> =
        tracks.iter().filter(|id| !statements.contains_key(id)).cloned().collect();
    let needs_attestation: Vec<TrackId> = tracks
        .iter()
        .filter(|id| {
            let rights = statements.get(id).and_then(|s| s.rights.as_ref());
            rights.is_some_and(crate::domain::rights::Rights::needs_attestation)
        })
        .cloned()
        .collect();
    let result = if !missing.is_empty() {
        ScreenResult::NeedsRights
    } else if !needs_attestation.is_empty() {
        ScreenResult::Blocked
    } else {
        ScreenResult::Pass
    };
    let rights = match result {
        ScreenResult::Pass => format!("all {} tracks have a statement of rights", tracks.len()),
        ScreenResult::NeedsRights => {
            format!("{} of {} tracks have no statement of rights", missing.len(), tracks.len())
        }
        ScreenResult::Blocked => format!(
            "{} tracks are licensed or of a catalogue, which only an attested enterprise workspace may train on",
            needs_attestation.len()
        ),
    };
    Screening {
        dataset: dataset.name.clone(),
        result,
        compared: Compared::default(),
        packs: Vec::new(),
        matches: Vec::new(),
        words: format!(
            "{rights}; they were compared with no reference pack, for there is none on this machine"
        ),
        missing_rights: missing,
        needs_attestation,
    }
}

/// The error that a screening which does not pass is.
pub fn refuse(screening: &Screening, of: usize) -> Result<(), StudioError> {
    match screening.result {
        ScreenResult::Pass => Ok(()),
        ScreenResult::NeedsRights => {
            Err(StudioError::NeedsRights { tracks: screening.missing_rights.clone(), of })
        }
        ScreenResult::Blocked => Err(StudioError::Blocked(screening.words.clone())),
    }
}
