//! A dataset: chosen tracks, and what was decided about each.
//!
//! Must never decide by itself: exclusion is a person's act, kept with its reason.

use super::ids::{DatasetName, TrackId};
use super::track::Track;
use serde::{Deserialize, Serialize};

/// A track's place in a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The track.
    #[serde(flatten)]
    pub track: Track,
    /// Why it is left out of training; `None` while it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// Whether a person heard what was found wrong and keeps the track as it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accepted: bool,
    /// The only stretch that takes part, in seconds from the track's start; `None`: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_s: Option<(f64, f64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Member {
    /// A track that takes part whole.
    pub fn new(track: Track) -> Self {
        Self { track, excluded: None, accepted: false, only_s: None }
    }

    /// Seconds that take part.
    pub fn length_s(&self) -> f64 {
        self.only_s.map_or_else(|| self.track.duration_s(), |(from, to)| to - from)
    }
}

/// A dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its unique name.
    pub name: DatasetName,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Its tracks, in the order they came in.
    pub members: Vec<Member>,
}

impl Dataset {
    /// A new, empty dataset.
    pub fn new(name: DatasetName, created_at: String) -> Self {
        Self { name, created_at, members: Vec::new() }
    }

    /// The member with this id.
    pub fn member(&self, id: &TrackId) -> Option<&Member> {
        self.members.iter().find(|m| &m.track.track_id == id)
    }

    /// Tracks that take part in training.
    pub fn included(&self) -> impl Iterator<Item = &Track> {
        self.members.iter().filter(|m| m.excluded.is_none()).map(|m| &m.track)
    }

    /// Seconds of music that take part in training.
    pub fn included_s(&self) -> f64 {
        self.members.iter().filter(|m| m.excluded.is_none()).map(Member::length_s).sum()
    }
}

/// One curation edit, a line of `edits.jsonl`. Each can be undone by its inverse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// Tracks were left out of training.
    Exclude {
        /// Which.
        tracks: Vec<TrackId>,
        /// Why.
        reason: String,
    },
    /// Tracks were taken in again.
    Include {
        /// Which, with the reason each had been left out for.
        tracks: Vec<(TrackId, String)>,
    },
    /// Tracks were added.
    Add {
        /// Which.
        members: Vec<Member>,
    },
    /// Tracks were taken out of the dataset; their files stay.
    Remove {
        /// Which, with their place.
        members: Vec<(usize, Member)>,
    },
    /// Tracks are kept as they are: what was found wrong was heard and is fine.
    Keep {
        /// Which.
        tracks: Vec<TrackId>,
    },
    /// Only a stretch of a track takes part.
    Trim {
        /// Which.
        track: TrackId,
        /// The stretch before.
        before: Option<(f64, f64)>,
        /// The stretch from now on; `None`: all of it.
        after: Option<(f64, f64)>,
    },
    /// An earlier edit was undone.
    Undo {
        /// Its number in the log, from 0.
        of: usize,
    },
    /// An edit that was undone holds again.
    Redo {
        /// Its number in the log, from 0.
        of: usize,
    },
}

/// An edit with its dataset, author and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditRecord {
    /// The dataset.
    pub dataset: DatasetName,
    /// When, RFC 3339.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub edit: Edit,
}

impl Dataset {
    /// Applies an edit. Tracks it names that are not here are passed over.
    pub fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Exclude { tracks, reason } => {
                for member in &mut self.members {
                    if tracks.contains(&member.track.track_id) {
                        member.excluded = Some(reason.clone());
                    }
                }
            }
            Edit::Include { tracks } => {
                for member in &mut self.members {
                    if tracks.iter().any(|(id, _)| *id == member.track.track_id) {
                        member.excluded = None;
                    }
                }
            }
            Edit::Add { members } => {
                for member in members {
                    if self.member(&member.track.track_id).is_none() {
                        self.members.push(member.clone());
                    }
                }
            }
            Edit::Remove { members } => self.members.retain(|m| {
                !members.iter().any(|(_, gone)| gone.track.track_id == m.track.track_id)
            }),
            Edit::Keep { tracks } => self.accept(tracks, true),
            Edit::Trim { track, after, .. } => self.trim(track, *after),
            Edit::Undo { .. } | Edit::Redo { .. } => {}
        }
    }

    fn accept(&mut self, tracks: &[TrackId], accepted: bool) {
        for member in &mut self.members {
            if tracks.contains(&member.track.track_id) {
                member.accepted = accepted;
            }
        }
    }

    fn trim(&mut self, track: &TrackId, only_s: Option<(f64, f64)>) {
        if let Some(member) = self.members.iter_mut().find(|m| m.track.track_id == *track) {
            member.only_s = only_s;
        }
    }

    /// Takes an edit back. Restores order and reasons as they were.
    pub fn revert(&mut self, edit: &Edit) {
        match edit {
            Edit::Exclude { tracks, .. } => {
                for member in &mut self.members {
                    if tracks.contains(&member.track.track_id) {
                        member.excluded = None;
                    }
                }
            }
            Edit::Include { tracks } => {
                for member in &mut self.members {
                    if let Some((_, reason)) =
                        tracks.iter().find(|(id, _)| *id == member.track.track_id)
                    {
                        member.excluded = Some(reason.clone());
                    }
                }
            }
            Edit::Add { members } => self
                .members
                .retain(|m| !members.iter().any(|new| new.track.track_id == m.track.track_id)),
            Edit::Remove { members } => {
                for (place, member) in members {
                    if self.member(&member.track.track_id).is_none() {
                        self.members.insert((*place).min(self.members.len()), member.clone());
                    }
                }
            }
            Edit::Keep { tracks } => self.accept(tracks, false),
            Edit::Trim { track, before, .. } => self.trim(track, *before),
            Edit::Undo { .. } | Edit::Redo { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(n: u8) -> Member {
        Member::new(Track {
            track_id: TrackId::from_hash(&[n; 32], 1),
            title: format!("track {n}"),
            path: format!("/music/{n}.wav").into(),
            copied: false,
            hash: String::new(),
            bytes: 1,
            start_s: 0.0,
            end_s: 10.0,
            imported_at: String::new(),
        })
    }

    proptest! {
        #[test]
        fn every_edit_can_be_taken_back(which in proptest::collection::vec(0u8..6, 1..6), kind in 0..6) {
            let mut dataset = Dataset::new(DatasetName::slug("d"), String::new());
            dataset.members = (0..6).map(member).collect();
            dataset.members[2].excluded = Some("out of tune".into());
            let mut ids: Vec<u8> = which;
            ids.sort_unstable();
            ids.dedup();
            let tracks: Vec<TrackId> =
                ids.iter().map(|n| TrackId::from_hash(&[*n; 32], 1)).collect();
            // As the studio makes them: an edit names only what it changes.
            let edit = match kind {
                0 => Edit::Exclude {
                    tracks: tracks.into_iter()
                        .filter(|id| dataset.member(id).is_some_and(|m| m.excluded.is_none()))
                        .collect(),
                    reason: "too loud".into(),
                },
                1 => Edit::Include {
                    tracks: tracks.into_iter()
                        .filter_map(|id| {
                            let reason = dataset.member(&id)?.excluded.clone()?;
                            Some((id, reason))
                        })
                        .collect(),
                },
                4 => Edit::Keep { tracks },
                5 => Edit::Trim {
                    track: tracks[0].clone(), before: None, after: Some((1.0, 4.0))
                },
                2 => Edit::Add { members: ids.iter().map(|n| member(n + 10)).collect() },
                _ => Edit::Remove {
                    members: dataset.members.iter().cloned().enumerate()
                        .filter(|(_, m)| tracks.contains(&m.track.track_id))
                        .collect(),
                },
            };
            let before = dataset.clone();
            dataset.apply(&edit);
            dataset.revert(&edit);
            prop_assert_eq!(dataset, before);
        }
    }
}
