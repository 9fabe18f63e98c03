//! Takes: a folder each with audio, stems, score and `take.json`.

use super::files::{io, names, read_json, remove_dir, sync_parent, write_json};
use super::finetunes::{clear, staging};
use super::index::Kind;
use super::{Home, Store, StoreError};
use crate::domain::ids::TakeId;
use crate::domain::take::Take;
use std::fs;
use std::path::PathBuf;

pub(super) fn clear_staging(home: &Home, notes: &mut Vec<String>) -> Result<(), StoreError> {
    clear(&home.takes(), "a take", notes)
}

impl Store {
    pub(super) fn take_names(&self) -> Result<Vec<String>, StoreError> {
        names(&self.home.takes())
    }

    pub(super) fn take_value(&self, name: &str) -> Result<Option<serde_json::Value>, StoreError> {
        let take: Option<Take> = read_json(&self.home.takes().join(name).join("take.json"))?;
        Ok(take.and_then(|t| serde_json::to_value(light(&t)).ok()))
    }

    /// An empty folder to make a take in.
    pub fn stage_take(&self, id: &TakeId) -> Result<PathBuf, StoreError> {
        self.must_own()?;
        staging(&self.home.takes(), id.as_str())
    }

    /// Throws a staged take away.
    pub fn drop_staged_take(&self, id: &TakeId) -> Result<(), StoreError> {
        remove_dir(&self.home.takes().join(format!(".staging-{id}")))
    }

    /// Makes a staged take one of the store's, in the place of an older one of the same request.
    pub fn commit_take(&self, take: &Take) -> Result<(), StoreError> {
        self.must_own()?;
        let staged = self.home.takes().join(format!(".staging-{}", take.take_id));
        write_json(&staged.join("take.json"), take)?;
        let target = self.home.take(&take.take_id);
        // The old one goes first: two folders cannot swap names in one step. A crash in between
        // loses a take that the same request makes again, byte for byte.
        remove_dir(&target)?;
        fs::rename(&staged, &target).map_err(io(&target))?;
        sync_parent(&target);
        self.indexed(Kind::Takes, take.take_id.as_str(), Some(&light(take)))
    }

    /// Writes a take's description again, e.g. with a rating.
    pub fn update_take(&self, take: &Take) -> Result<(), StoreError> {
        self.must_own()?;
        write_json(&self.home.take(&take.take_id).join("take.json"), take)?;
        self.indexed(Kind::Takes, take.take_id.as_str(), Some(&light(take)))
    }

    /// All takes, oldest first, without their grains.
    pub fn takes(&self) -> Result<Vec<Take>, StoreError> {
        let mut all: Vec<Take> = match &self.index {
            Some(index) => index.all(Kind::Takes)?,
            None => {
                let mut all = Vec::new();
                for name in self.take_names()? {
                    let path = self.home.takes().join(name).join("take.json");
                    all.extend(read_json::<Take>(&path)?.map(|t| light(&t)));
                }
                all
            }
        };
        all.sort_by(|a, b| a.created_at.cmp(&b.created_at).then(a.take_id.cmp(&b.take_id)));
        Ok(all)
    }

    /// One take, whole.
    pub fn take(&self, id: &TakeId) -> Result<Take, StoreError> {
        read_json(&self.home.take(id).join("take.json"))?
            .ok_or_else(|| StoreError::NotFound { what: "take", name: id.to_string() })
    }

    /// Removes a take.
    pub fn remove_take(&self, id: &TakeId) -> Result<(), StoreError> {
        self.must_own()?;
        if !self.home.take(id).exists() {
            return Err(StoreError::NotFound { what: "take", name: id.to_string() });
        }
        remove_dir(&self.home.take(id))?;
        self.indexed::<Take>(Kind::Takes, id.as_str(), None)
    }
}

/// A take without its grains: hundreds of lines that no list shows.
fn light(take: &Take) -> Take {
    Take { grains: Vec::new(), ..take.clone() }
}
