//! Everything that can go wrong, and the one place where it becomes kind, words and hints.

use crate::audio::decode::DecodeError;
use crate::domain::ids::TrackId;
use crate::domain::work::Stopped;
use crate::engine::EngineError;
use crate::listen::file::ListenError;
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What kind of error it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Something failed.
    Failed,
    /// The command was wrong.
    Usage,
    /// A setting is wrong.
    Config,
    /// There is no such thing.
    NotFound,
    /// Another process owns the store.
    Busy,
    /// Rights or screening forbid it.
    Blocked,
    /// A verdict is worse than was allowed.
    Verdict,
    /// A person stopped it.
    Stopped,
}

impl ErrorKind {
    /// The exit code of the contract.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::NotFound => 4,
            Self::Busy => 5,
            Self::Blocked => 6,
            Self::Verdict => 7,
            Self::Stopped => 130,
        }
    }
}

/// An error as people and programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Its kind.
    pub kind: ErrorKind,
    /// What went wrong, and where.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

/// Everything that can go wrong in the studio.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Listening.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A file outside the store.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A setting.
    #[error("{path} cannot be used: {why}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        why: String,
    },
    /// A request that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Tracks without a statement of rights.
    #[error("{} of {of} tracks have no statement of rights", tracks.len())]
    NeedsRights {
        /// Which.
        tracks: Vec<TrackId>,
        /// Of how many.
        of: usize,
    },
    /// Rights that this workspace may not use.
    #[error("{0}")]
    Blocked(String),
    /// There is too little to work with.
    #[error("{0}")]
    TooLittle(String),
    /// A track's file is gone or has changed.
    #[error("the file of {title} ({track_id}) {what}: {path}")]
    Changed {
        /// The track.
        track_id: TrackId,
        /// Its title.
        title: String,
        /// Where it should be.
        path: PathBuf,
        /// "is gone" or "has changed since it was imported".
        what: &'static str,
    },
    /// A finetune made for another base.
    #[error("the finetune {name} was made for base {made_for}; this program has {have}")]
    OtherBase {
        /// Its name.
        name: String,
        /// What it was made for.
        made_for: String,
        /// What is here.
        have: String,
    },
    /// Nothing to hear with.
    #[error("{0}")]
    NoPlayback(String),
    /// The queue is full.
    #[error("{0} jobs are waiting already")]
    QueueFull(usize),
    /// Somebody asked for the stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Part of the program died.
    #[error("an internal error: {0}")]
    Internal(String),
}

impl StudioError {
    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(StoreError::Busy { .. }) => ErrorKind::Busy,
            Self::Store(StoreError::NotFound { .. }) => ErrorKind::NotFound,
            Self::Store(StoreError::Ambiguous { .. } | StoreError::Exists { .. })
            | Self::Usage(_) => ErrorKind::Usage,
            Self::Engine(EngineError::Request(_)) => ErrorKind::Usage,
            Self::Io { source, .. }
            | Self::Listen(ListenError::Decode(DecodeError::Io { source, .. }))
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                ErrorKind::NotFound
            }
            Self::Engine(EngineError::Stopped(_))
            | Self::Listen(ListenError::Stopped(_))
            | Self::Stopped(_) => ErrorKind::Stopped,
            Self::Config { .. } => ErrorKind::Config,
            Self::NeedsRights { .. } | Self::Blocked(_) => ErrorKind::Blocked,
            _ => ErrorKind::Failed,
        }
    }

    /// Kind, words and hints.
    pub fn report(&self) -> ErrorReport {
        ErrorReport { kind: self.kind(), message: self.to_string(), hints: self.hints() }
    }

    fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self {
            Self::Store(StoreError::Busy { .. }) => &[
                "wait until it ends, or look on with: leitmotif jobs watch",
                "to work apart from it, name another home with --home DIR",
            ],
            Self::Store(StoreError::NotFound { what: "dataset", .. }) => &[
                "leitmotif dataset list shows what is there",
                "leitmotif import PATH --dataset NAME makes one",
            ],
            Self::Store(StoreError::NotFound { what: "finetune", .. }) => {
                &["leitmotif finetunes list shows what is there"]
            }
            Self::Store(StoreError::NotFound { what: "take", .. }) => {
                &["leitmotif takes list shows what is there"]
            }
            Self::Store(StoreError::NotFound { what: "job", .. }) => {
                &["leitmotif jobs list shows what is there"]
            }
            Self::Store(StoreError::Io { source, .. })
            | Self::Io { source, .. }
            | Self::Listen(ListenError::Decode(DecodeError::Io { source, .. }))
            | Self::Engine(EngineError::Io { source, .. }) => return io_hints(source),
            Self::Listen(ListenError::Decode(DecodeError::NotAFile(_))) => {
                &["name a single audio file; leitmotif import takes whole folders"]
            }
            Self::Listen(ListenError::Decode(_)) => {
                &["save it again as wav or flac with the program it came from"]
            }
            Self::Store(StoreError::OtherJudge { .. }) => &[
                "import its tracks again: leitmotif import PATH...; the references are then made anew",
                "or train it again from its dataset: leitmotif train --dataset NAME ...",
            ],
            Self::Store(StoreError::Damaged { .. }) => {
                &["what else is in the home is not affected; leitmotif doctor looks at all of it"]
            }
            Self::Engine(EngineError::Damaged { .. }) => {
                &["train it again from its dataset, or delete it with leitmotif finetunes delete"]
            }
            Self::Config { .. } => &["mend the file or move it away: the defaults then hold"],
            Self::NeedsRights { .. } => {
                return vec![
                    "state them: leitmotif dataset rights NAME own --by \"Your Name\"".to_owned(),
                    format!("a statement also says: {}", crate::domain::rights::NO_THIRD_PARTY),
                    crate::domain::rights::NOT_ENOUGH.to_owned(),
                ];
            }
            Self::Changed { .. } => {
                &["put the file back, or import it again; --copy keeps a copy in the workspace"]
            }
            Self::OtherBase { .. } => {
                &["train it again from its dataset: leitmotif train --dataset NAME ..."]
            }
            Self::NoPlayback(_) => {
                &["the file can be copied and played elsewhere; its path is in takes show"]
            }
            Self::QueueFull(_) => {
                &["wait for some of them, or stop some: leitmotif jobs cancel ID"]
            }
            Self::TooLittle(_) | Self::Engine(EngineError::TooLittle(_)) => {
                &["import more of your own tracks into the dataset"]
            }
            Self::Internal(_) => {
                &["this is a fault of the program; the log in the state folder has more"]
            }
            _ => &[],
        };
        hints.iter().map(|h| (*h).to_owned()).collect()
    }
}

fn io_hints(source: &std::io::Error) -> Vec<String> {
    let hint = match source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "free some space; nothing that was finished is lost, and the same command goes on from there"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "the place must be writable for you; --home DIR names another one"
        }
        std::io::ErrorKind::NotFound => "look at the path; it counts from the working folder",
        std::io::ErrorKind::NotADirectory => {
            "a part of the path is a file, not a folder; --home DIR names another home"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_codes_of_the_contract() {
        let busy =
            StudioError::Store(StoreError::Busy { owner: crate::store::lock::Owner::default() });
        assert_eq!(busy.kind().exit_code(), 5);
        assert!(!busy.report().hints.is_empty());
        let rights = StudioError::NeedsRights { tracks: vec![], of: 3 };
        assert_eq!(rights.kind().exit_code(), 6);
        assert_eq!(StudioError::Stopped(Stopped).kind().exit_code(), 130);
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let full = StudioError::Io { path: "a".into(), source: full };
        assert!(full.report().hints[0].contains("space"));
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        let gone = StudioError::Io { path: "a".into(), source: gone };
        assert_eq!(gone.kind().exit_code(), 4);
    }
}
