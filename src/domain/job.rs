//! Jobs and their events: one form for files, streams and screens.
//!
//! Progress is of the whole job and must never fall; it comes from work done, not from time.

use super::ids::JobId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Files come in.
    Import,
    /// A finetune is made.
    Train,
    /// Takes are made.
    Generate,
    /// Files or takes are judged.
    Evaluate,
}

impl JobKind {
    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Train => "train",
            Self::Generate => "generate",
            Self::Evaluate => "evaluate",
        }
    }
}

/// A part of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Decoding, listening, checking.
    Listen,
    /// Rights and known works.
    Screen,
    /// Learning the sound.
    Sound,
    /// Learning or doing the writing.
    Writing,
    /// Making audio.
    Render,
    /// Judging.
    Evaluate,
}

impl Phase {
    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Screen => "screen",
            Self::Sound => "sound",
            Self::Writing => "writing",
            Self::Render => "render",
            Self::Evaluate => "evaluate",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for its turn.
    Queued,
    /// Running.
    Running,
    /// Ended well.
    Done,
    /// Ended with an error.
    Failed,
    /// Refused by rights or screening.
    Blocked,
    /// Stopped by a person.
    Stopped,
    /// Its process died before it ended.
    Lost,
}

impl JobState {
    /// Whether the job will not change any more.
    pub fn ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }
}

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The job waits.
    Queued,
    /// The job runs.
    Started,
    /// Work was done.
    Progress,
    /// A line of words.
    Log,
    /// Something resumable was kept.
    Checkpoint,
    /// The job ended.
    Finished,
}

/// One event of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Number within the job, from 0.
    pub seq: u64,
    /// When, RFC 3339.
    pub at: String,
    /// The job.
    pub job_id: JobId,
    /// What it says.
    pub kind: EventKind,
    /// Part of the job.
    pub phase: Option<Phase>,
    /// 0..1 of the whole job.
    pub progress: f64,
    /// Seconds to go, `None` while unknown.
    pub eta_s: Option<f64>,
    /// Figures by name; a log line is under "message".
    pub metrics: Map<String, Value>,
}

/// A job as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub job_id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// On what, in words.
    pub what: String,
    /// Where it stands.
    pub state: JobState,
    /// Why it ended as it did.
    pub reason: Option<String>,
    /// Process that runs it.
    pub pid: u32,
    /// When it was asked for, RFC 3339.
    pub queued_at: String,
    /// When it started.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The request, to run it again.
    pub request: Value,
    /// The answer, once there is one.
    pub result: Option<Value>,
    /// The job that ended too soon and whose work this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<JobId>,
}
