//! A file the user owns, as the product knows it.
//!
//! Must never hold what was heard in it: listenings are a cache, this is the truth.

use super::ids::TrackId;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A track: a file, or a part of a file that was too long for one track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Its id, from the hash of the whole file.
    pub track_id: TrackId,
    /// What people call it: the file's name without its ending, and the part.
    pub title: String,
    /// Where the file was when it was imported, absolute.
    #[serde(with = "super::paths")]
    pub path: PathBuf,
    /// Whether the workspace keeps a copy in its blobs.
    pub copied: bool,
    /// BLAKE3 of the file, hex.
    pub hash: String,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Where the part starts in the file.
    pub start_s: f64,
    /// Where the part ends in the file.
    pub end_s: f64,
    /// When it came in, RFC 3339.
    pub imported_at: String,
}

impl Track {
    /// Length of the part.
    pub fn duration_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}
