//! Takes: a folder each with audio, stems, score and `take.json`.

use super::files::{io, names, read_json, remove_dir, sync_all, sync_parent, write_json};
use super::finetunes::{clear, retire, staging};
use super::index::Kind;
use super::{Home, Store, StoreError};
use crate::domain::ids::TakeId;
use crate::domain::take::Take;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn clear_staging(home: &Home, notes: &mut Vec<String>) -> Result<(), StoreError> {
    clear(&home.takes(), "a take", notes)
}

impl Store {
    pub(super) fn take_names(&self) -> Result<Vec<String>, StoreError> {
        names(&self.home.takes())
    }

    pub(super) fn take_value(&self, name: &str) -> Result<Option<serde_json::Value>, StoreError> {
        let take = self.read_take(name)?;
        Ok(take.and_then(|t| serde_json::to_value(light(&t)).ok()))
    }

    /// A take with its files where they are now: a home can be moved or restored elsewhere.
    fn read_take(&self, name: &str) -> Result<Option<Take>, StoreError> {
        let take: Option<Take> = read_json(&self.file_of(Kind::Takes, name))?;
        Ok(take.map(|t| at_home(t, &self.home.takes().join(name))))
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
        sync_all(&staged)?;
        let target = self.home.take(&take.take_id);
        // The old one goes first: two folders cannot swap names in one step. A crash in between
        // loses a take that the same request makes again, byte for byte.
        retire(&target)?;
        fs::rename(&staged, &target).map_err(io(&target))?;
        sync_parent(&target);
        self.indexed(Kind::Takes, take.take_id.as_str(), Some(&light(take)));
        Ok(())
    }

    /// Writes a take's description again, e.g. with a rating.
    pub fn update_take(&self, take: &Take) -> Result<(), StoreError> {
        self.must_own()?;
        write_json(&self.home.take(&take.take_id).join("take.json"), take)?;
        self.indexed(Kind::Takes, take.take_id.as_str(), Some(&light(take)));
        Ok(())
    }

    /// All takes, oldest first, without their grains. Damaged ones are passed over;
    /// [`Store::damaged`] names them.
    pub fn takes(&self) -> Result<Vec<Take>, StoreError> {
        let mut all: Vec<Take> = match self.index() {
            Some(index) => {
                let all: Vec<Take> = index.all(Kind::Takes)?;
                let here = |t: Take| {
                    let folder = self.home.take(&t.take_id);
                    at_home(t, &folder)
                };
                all.into_iter().map(here).collect()
            }
            None => {
                let names = self.take_names()?;
                let read = |name: &String| self.read_take(name).ok().flatten();
                names.iter().filter_map(read).map(|t| light(&t)).collect()
            }
        };
        all.sort_by(|a, b| a.created_at.cmp(&b.created_at).then(a.take_id.cmp(&b.take_id)));
        Ok(all)
    }

    /// One take, whole.
    pub fn take(&self, id: &TakeId) -> Result<Take, StoreError> {
        self.read_take(id.as_str())?
            .ok_or_else(|| StoreError::NotFound { what: "take", name: id.to_string() })
    }

    /// Removes a take.
    pub fn remove_take(&self, id: &TakeId) -> Result<(), StoreError> {
        self.must_own()?;
        if !self.home.take(id).exists() {
            return Err(StoreError::NotFound { what: "take", name: id.to_string() });
        }
        retire(&self.home.take(id))?;
        self.indexed::<Take>(Kind::Takes, id.as_str(), None);
        Ok(())
    }
}

/// Names a take's files in a folder: they never lie elsewhere.
fn at_home(mut take: Take, folder: &Path) -> Take {
    let moved = |path: &Path, dir: &Path| path.file_name().map(|name| dir.join(name));
    if let Some(audio) = moved(&take.audio, folder) {
        take.audio = audio;
    }
    let stems = folder.join("stems");
    for path in take.stems.values_mut() {
        if let Some(stem) = moved(path, &stems) {
            *path = stem;
        }
    }
    take.midi = take.midi.as_deref().and_then(|midi| moved(midi, folder));
    take
}

/// A take without its grains: hundreds of lines that no list shows.
fn light(take: &Take) -> Take {
    Take { grains: Vec::new(), ..take.clone() }
}
