//! What was heard in each track, with its fingerprint: a cache, keyed by the file's hash and the
//! versions of the analyses.

use super::files::{make_dir, write};
use super::{Store, StoreError};
use crate::audio::resample::ResampleError;
use crate::domain::ids::TrackId;
use crate::domain::listening::Listening;
use crate::judge::{self, Fingerprint, Notes};
use crate::listen::{self, Hearing};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Read;

/// Bytes at the head of a record that hold the listening of nearly every track.
const HEAD_BYTES: u64 = 48 << 10;

/// Everything computed from a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What was heard.
    pub hearing: Hearing,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Sketches of its tune and beat.
    pub notes: Notes,
}

impl Record {
    /// From mono samples at the analysis rate (22.05 kHz) and what was heard in them.
    ///
    /// # Errors
    /// Samples that cannot be resampled for the fingerprint.
    pub fn new(mono: &[f32], hearing: Hearing) -> Result<Self, ResampleError> {
        let fingerprint = Fingerprint::new(mono)?;
        let notes = Notes::new(mono, &hearing.listening);
        Ok(Self { hearing, fingerprint, notes })
    }
}

/// Both analyses' versions, at the head of a record.
const fn versions() -> [u8; 8] {
    let listen = listen::VERSION.to_le_bytes();
    let judge = judge::VERSION.to_le_bytes();
    [listen[0], listen[1], listen[2], listen[3], judge[0], judge[1], judge[2], judge[3]]
}

impl Store {
    /// The record of a track; `None` when there is none, or one of other versions, or a damaged
    /// one: it is then made again.
    pub fn record(&self, id: &TrackId) -> Option<Record> {
        let bytes = fs::read(self.home.hearing(id)).ok()?;
        let body = bytes.strip_prefix(versions().as_slice())?;
        postcard::from_bytes(body).ok()
    }

    /// Only what was heard in a track, without the bulk behind it; for lists of thousands.
    pub fn listening(&self, id: &TrackId) -> Option<Listening> {
        let mut head = Vec::with_capacity(HEAD_BYTES as usize);
        let file = File::open(self.home.hearing(id)).ok()?;
        file.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
        let body = head.strip_prefix(versions().as_slice())?;
        // The listening is the first field of a record, so its bytes are the first.
        match postcard::take_from_bytes::<Listening>(body) {
            Ok((listening, _)) => Some(listening),
            Err(_) => self.record(id).map(|r| r.hearing.listening),
        }
    }

    /// Keeps a record.
    pub fn put_record(&self, id: &TrackId, record: &Record) -> Result<(), StoreError> {
        self.must_own()?;
        let path = self.home.hearing(id);
        if let Some(folder) = path.parent() {
            make_dir(folder)?;
        }
        let mut bytes = versions().to_vec();
        let body = postcard::to_stdvec(record)
            .map_err(|e| StoreError::Damaged { path: path.clone(), why: e.to_string() })?;
        bytes.extend(body);
        write(&path, &bytes)
    }
}
