//! A finetune: what was learned from a dataset, and from exactly which tracks.
//!
//! The manifest freezes hashes and rights: a finetune never changes when its dataset does.

use super::ids::{DatasetName, FinetuneId, TrackId};
use super::rights::Rights;
use super::verdict::Heldout;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who may use a finetune.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its maker.
    #[default]
    Private,
    /// Everyone in the workspace.
    Workspace,
}

impl std::str::FromStr for Visibility {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "private" => Ok(Self::Private),
            "workspace" => Ok(Self::Workspace),
            _ => Err(format!("\"{text}\" is not a visibility; use private or workspace")),
        }
    }
}

/// One track of a finetune, as it was when it was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The track.
    pub track_id: TrackId,
    /// Its title.
    pub title: String,
    /// BLAKE3 of its file, hex.
    pub hash: String,
    /// On what ground it was used.
    pub rights: Rights,
    /// Who said so.
    pub by: String,
    /// Whether it was kept unseen, to test against.
    pub held_out: bool,
    /// Seconds of its audio that the finetune holds.
    pub kept_s: f64,
}

/// How a finetune's training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainStatus {
    /// It can be used.
    Completed,
    /// Something went wrong.
    Failed,
    /// Rights or screening forbid it.
    Blocked,
    /// A person stopped it.
    Stopped,
}

/// What was learned, in figures a musician reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnReport {
    /// Tracks learned from.
    pub tracks: usize,
    /// Seconds of music learned from.
    pub music_s: f64,
    /// Seconds of audio kept to play from.
    pub kept_s: f64,
    /// Cuts that can be played.
    pub slices: usize,
    /// Isolated notes and strokes by part: "drums", "bass", "harmony", "lead".
    pub instruments: BTreeMap<String, usize>,
    /// Tempo of each track with a beat, sorted.
    pub tempos_bpm: Vec<f64>,
    /// Tracks without a beat.
    pub beatless: usize,
    /// Keys heard, with how many tracks are in each.
    pub keys: Vec<(String, usize)>,
    /// Median loudness.
    pub loudness_lufs: Option<f64>,
    /// Bytes on disk.
    pub bytes: u64,
    /// Processor seconds of the training.
    pub cpu_seconds: f64,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Held-out test.
    pub heldout: Heldout,
    /// Tracks whose beats are counted at another octave than they were heard at.
    pub counted: Vec<Recount>,
    /// Groove, bass and lead in a musician's words, a line each.
    pub manner: Vec<String>,
}

/// A track whose beats are counted otherwise in a dataset than when it is heard alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recount {
    /// The track.
    pub track_id: TrackId,
    /// Tempo as heard, beats a minute.
    pub heard_bpm: f64,
    /// Tempo as counted.
    pub counted_bpm: f64,
    /// Chance that the heard one is right, 0..1.
    pub confidence: f64,
}

/// A finetune's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its id.
    pub finetune_id: FinetuneId,
    /// Its name.
    pub name: String,
    /// Its main genre, in the maker's words.
    pub genre: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who may use it.
    pub visibility: Visibility,
    /// The base it was made for.
    pub base: String,
    /// Format of its learned files.
    pub format: u32,
    /// The dataset it was made from.
    pub dataset: DatasetName,
    /// Its tracks.
    pub sources: Vec<Source>,
    /// Seed of the training.
    pub seed: u64,
    /// When, RFC 3339.
    pub created_at: String,
    /// What the screening compared with, in words.
    pub screened: String,
    /// What was learned.
    pub report: LearnReport,
}

impl Manifest {
    /// Tracks that the finetune learned from.
    pub fn learned(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|s| !s.held_out)
    }
}
