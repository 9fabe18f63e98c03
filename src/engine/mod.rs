//! Music: learning a sound, writing a score, performing it.
//!
//! [`Engine`] is what the studio knows; [`resident::Resident`] is the engine in this program. An
//! engine sees hearings, files it may read and a folder it may write. It must never know datasets'
//! names, stores, verdicts or faces: judging its work is not its business.

pub mod resident;

use crate::audio::Audio;
use crate::audio::decode::DecodeError;
use crate::audio::encode::EncodeError;
use crate::audio::resample::ResampleError;
use crate::domain::brief::Brief;
use crate::domain::finetune::LearnReport;
use crate::domain::ids::TrackId;
use crate::domain::plan::Plan;
use crate::domain::score::Score;
use crate::domain::take::{GrainUse, TakeRequest};
use crate::domain::work::{Observer, StopToken, Stopped};
use crate::listen::Hearing;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an engine says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    /// Name and version of the base; a finetune is bound to it.
    pub base: String,
    /// Format of learned files.
    pub format: u32,
    /// Everything about this installation that changes the bytes of a take of a finetune: processor
    /// features.
    pub host: String,
    /// What a person should know, e.g. that no bank was found.
    pub notes: Vec<String>,
}

/// One track to learn from.
#[derive(Clone, Debug)]
pub struct Material {
    /// The track.
    pub track_id: TrackId,
    /// A readable file.
    pub path: PathBuf,
    /// Where what is learned from starts in the file.
    pub start_s: f64,
    /// Where that is in the track: more than 0 where only a stretch of it takes part.
    pub offset_s: f64,
    /// What was heard in it; times from `start_s`.
    pub hearing: Arc<Hearing>,
}

/// What to learn, and where to.
#[derive(Clone, Debug)]
pub struct TrainRequest {
    /// The tracks.
    pub material: Vec<Material>,
    /// Main genre, in the maker's words.
    pub genre: String,
    /// Seed of every choice.
    pub seed: u64,
    /// Most bytes of audio to keep.
    pub audio_max_bytes: u64,
    /// An empty folder.
    pub folder: PathBuf,
}

/// What was learned.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// In figures.
    pub report: LearnReport,
    /// Seconds of each track's audio in the folder.
    pub kept_s: BTreeMap<TrackId, f64>,
}

/// A finished performance, not yet a take.
#[derive(Clone, Debug)]
pub struct Performance {
    /// The brief.
    pub brief: Brief,
    /// The plan that was played.
    pub plan: Plan,
    /// The score.
    pub score: Score,
    /// Mastered stereo.
    pub audio: Audio,
    /// Before mastering, by name; they sum to the mix.
    pub stems: BTreeMap<String, Audio>,
    /// Every cut that sounds.
    pub grains: Vec<GrainUse>,
    /// What played, in words.
    pub sound: String,
    /// Measured loudness of `audio`.
    pub loudness_lufs: Option<f64>,
    /// Measured true peak of `audio`.
    pub true_peak_dbtp: Option<f64>,
}

/// Why an engine could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Somebody asked for the stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// A source gives no sound any more.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A rate cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// Audio cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A file of a finetune cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A finetune's learned files are damaged.
    #[error("the finetune in {folder} is damaged: {why}")]
    Damaged {
        /// The finetune.
        folder: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is too little to learn from.
    #[error("there is too little to learn from: {0}")]
    TooLittle(String),
    /// A request that cannot be met.
    #[error("{0}")]
    Request(String),
}

impl EngineError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Something that learns sounds and makes music.
pub trait Engine: Send + Sync {
    /// What it is.
    fn info(&self) -> EngineInfo;

    /// Everything about this installation that changes the bytes of a take made by the base: bank
    /// and its hash, processor features. The first time may read a bank of 150 MB.
    fn sound(&self) -> Result<String, EngineError>;

    /// Learns. Everything goes into the request's folder; nothing is kept elsewhere.
    fn train(
        &self,
        request: &TrainRequest,
        observer: &dyn Observer,
        stop: &StopToken,
    ) -> Result<Learned, EngineError>;

    /// Reads a request and plans the piece. `finetune` is a folder [`Engine::train`] filled.
    fn plan(&self, request: &TakeRequest, finetune: Option<&Path>) -> Result<Plan, EngineError>;

    /// Plans, writes, performs and masters. The same request gives the same samples whatever the
    /// number of threads.
    fn generate(
        &self,
        request: &TakeRequest,
        finetune: Option<&Path>,
        observer: &dyn Observer,
        stop: &StopToken,
    ) -> Result<Performance, EngineError>;

    /// The score as a standard MIDI file.
    fn midi(&self, score: &Score) -> Vec<u8>;
}
