//! A finished result: the request that made it, its audio, its grains and its verdict.
//!
//! Must never be written before its audio is complete on disk.

use super::aspects::Aspects;
use super::brief::Brief;
use super::ids::{FinetuneId, TakeId, TrackId};
use super::plan::Plan;
use super::verdict::{CopyClass, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that decides the bytes of a take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeRequest {
    /// The prompt.
    pub prompt: String,
    /// The finetune, or `None` for the base.
    pub finetune: Option<FinetuneId>,
    /// Length; a length in the prompt wins where this is `None`.
    pub seconds: Option<f64>,
    /// Seed of every choice.
    pub seed: u64,
    /// A plan to follow instead of making one.
    pub plan: Option<Plan>,
    /// Integrated loudness to reach; `None` for the dataset's median, or the base's.
    pub loudness_lufs: Option<f64>,
    /// Parts to leave out.
    pub without: Vec<String>,
    /// Whether voices in the prompt may be passed over.
    pub no_vocals: bool,
    /// How much of the finetune's sound, 0..2; 1 as learned.
    #[serde(default = "one")]
    pub strength: f64,
    /// The same for each aspect of it.
    #[serde(default)]
    pub aspects: Aspects,
}

/// A strength as learned.
pub fn one() -> f64 {
    1.0
}

impl TakeRequest {
    /// A prompt to the base, of some length, with nothing else asked for.
    pub fn of(prompt: &str, seconds: f64, seed: u64) -> Self {
        Self {
            prompt: prompt.to_owned(),
            finetune: None,
            seconds: Some(seconds),
            seed,
            plan: None,
            loudness_lufs: None,
            without: Vec::new(),
            no_vocals: false,
            strength: 1.0,
            aspects: Aspects::default(),
        }
    }
}

/// One cut of a track that a take plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrainUse {
    /// The track.
    pub track_id: TrackId,
    /// Where the cut starts in the track.
    pub start_s: f64,
    /// Seconds of the track it plays, fades included.
    pub length_s: f64,
    /// Where it sounds in the take.
    pub at_s: f64,
    /// Semitones up.
    pub shift: i32,
    /// Cents up on top of the shift, which bring its track to the tuning of the dataset.
    #[serde(default)]
    pub tuning_cents: f64,
    /// The instrument that an isolated note or stroke plays ("bass", "drums" ..); `None` for a cut of
    /// the whole mix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
}

/// A performance of a request that was too much of a copy to be handed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The seed that made it.
    pub seed: u64,
    /// Its copy class.
    pub class: CopyClass,
    /// The track it copied.
    pub track_id: Option<TrackId>,
    /// Seconds of it that were copied.
    pub copied_s: f64,
    /// What was found, in one sentence.
    pub words: String,
}

/// A take as it is kept and reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// Its id, from the request, the engine version and the bank.
    pub take_id: TakeId,
    /// Absolute path of the audio.
    #[serde(with = "super::paths")]
    pub audio: PathBuf,
    /// Absolute paths of the stems, by name.
    #[serde(default, with = "super::paths::named")]
    pub stems: BTreeMap<String, PathBuf>,
    /// Absolute path of the score.
    #[serde(default, with = "super::paths::maybe")]
    pub midi: Option<PathBuf>,
    /// The seed that made it: that of the request, or one that came after refused ones.
    pub seed: u64,
    /// Performances of the same request that were refused before this one, in order.
    #[serde(default)]
    pub refused: Vec<Refusal>,
    /// Length.
    pub duration_s: f64,
    /// Processor seconds it took, verdict included.
    pub seconds_spent: f64,
    /// What was asked.
    pub brief: Brief,
    /// The plan.
    pub plan: Plan,
    /// Every cut it plays.
    pub grains: Vec<GrainUse>,
    /// What was measured; `None` for takes of the base, which have no dataset to compare with.
    pub verdict: Option<Verdict>,
    /// The request.
    pub request: TakeRequest,
    /// Engine and version.
    pub engine: String,
    /// What played the score: a bank's name and hash, "built-in synthesis", or the finetune's grains.
    pub sound: String,
    /// When, RFC 3339.
    pub created_at: String,
    /// A person's rating, 1..5.
    #[serde(default)]
    pub rating: Option<u8>,
    /// Whether a person keeps it: it does not go with the others.
    #[serde(default)]
    pub kept: bool,
    /// Measured loudness.
    pub loudness_lufs: Option<f64>,
    /// Measured true peak.
    pub true_peak_dbtp: Option<f64>,
}
