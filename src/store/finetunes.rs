//! Finetunes: a folder each, made whole in a staging folder and then renamed.

use super::files::{
    io, make_dir, names, read_json, remove_dir, sync_all, sync_parent, write, write_json,
};
use super::index::Kind;
use super::{Home, Store, StoreError};
use crate::domain::finetune::Manifest;
use crate::domain::ids::FinetuneId;
use crate::judge::{self, Fingerprint, Notes, Own, Reference};
use crate::listen::profile::SoundProfile;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

const STAGING: &str = ".staging-";

/// A track as a finetune keeps it for judging.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptReference {
    track_id: crate::domain::ids::TrackId,
    fingerprint: Fingerprint,
    notes: Notes,
    profile: SoundProfile,
}

/// Head of the file of references, before the version of the copy check that it was made by. Files
/// of the first version have none.
const MARK: &[u8; 8] = b"LMrefs\n\0";
/// What it is called in a finetune's folder.
const REFERENCES: &str = "references.postcard";

fn write_references(
    path: &std::path::Path,
    references: &[Reference],
    own: &Own,
) -> Result<(), StoreError> {
    let kept: Vec<KeptReference> = references
        .iter()
        .map(|r| KeptReference {
            track_id: r.track_id.clone(),
            fingerprint: r.fingerprint.clone(),
            notes: r.notes.clone(),
            profile: r.profile.clone(),
        })
        .collect();
    let mut bytes = MARK.to_vec();
    bytes.extend(judge::VERSION.to_le_bytes());
    let body = postcard::to_stdvec(&(kept, own))
        .map_err(|e| StoreError::Damaged { path: path.to_owned(), why: e.to_string() })?;
    bytes.extend(body);
    write(path, &bytes)
}

pub(super) fn clear_staging(home: &Home, notes: &mut Vec<String>) -> Result<(), StoreError> {
    clear(&home.finetunes(), "a finetune", notes)
}

pub(super) fn clear(
    dir: &std::path::Path,
    what: &str,
    notes: &mut Vec<String>,
) -> Result<(), StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StoreError::Io { path: dir.to_owned(), source }),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(STAGING) {
            remove_dir(&entry.path())?;
            notes.push(format!("{what} that was left half made was cleared away"));
        }
    }
    Ok(())
}

pub(super) fn staging(parent: &std::path::Path, name: &str) -> Result<PathBuf, StoreError> {
    let path = parent.join(format!("{STAGING}{name}"));
    remove_dir(&path)?;
    make_dir(&path)?;
    Ok(path)
}

/// Removes a finished folder in one step: it loses its name first, so that a crash on the way
/// leaves nothing that looks like a thing of the store.
pub(super) fn retire(folder: &std::path::Path) -> Result<(), StoreError> {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let gone = folder.with_file_name(format!("{STAGING}gone-{name}"));
    remove_dir(&gone)?;
    match fs::rename(folder, &gone) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io { path: folder.to_owned(), source }),
        Ok(()) => remove_dir(&gone),
    }
}

impl Store {
    pub(super) fn finetune_names(&self) -> Result<Vec<String>, StoreError> {
        names(&self.home.finetunes())
    }

    pub(super) fn finetune_value(
        &self,
        name: &str,
    ) -> Result<Option<serde_json::Value>, StoreError> {
        let manifest: Option<Manifest> = read_json(&self.file_of(Kind::Finetunes, name))?;
        Ok(manifest.and_then(|m| serde_json::to_value(m).ok()))
    }

    /// An empty folder to make a finetune in.
    pub fn stage_finetune(&self, id: &FinetuneId) -> Result<PathBuf, StoreError> {
        self.must_own()?;
        staging(&self.home.finetunes(), id.as_str())
    }

    /// Throws a staged finetune away.
    pub fn drop_staged_finetune(&self, id: &FinetuneId) -> Result<(), StoreError> {
        remove_dir(&self.home.finetunes().join(format!("{STAGING}{id}")))
    }

    /// Makes a staged finetune one of the store's.
    pub fn commit_finetune(
        &self,
        manifest: &Manifest,
        references: &[Reference],
        own: &Own,
    ) -> Result<(), StoreError> {
        self.must_own()?;
        let id = &manifest.finetune_id;
        let staged = self.home.finetunes().join(format!("{STAGING}{id}"));
        write_references(&staged.join(REFERENCES), references, own)?;
        write_json(&staged.join("manifest.json"), manifest)?;
        sync_all(&staged)?;
        let target = self.home.finetune(id);
        fs::rename(&staged, &target).map_err(io(&target))?;
        sync_parent(&target);
        self.indexed(Kind::Finetunes, id.as_str(), Some(manifest));
        Ok(())
    }

    /// All finetunes, oldest first. Damaged ones are passed over; [`Store::damaged`] names them.
    pub fn finetunes(&self) -> Result<Vec<Manifest>, StoreError> {
        if let Some(index) = self.index() {
            return index.all(Kind::Finetunes);
        }
        let names = self.finetune_names()?;
        Ok(names
            .iter()
            .filter_map(|name| read_json(&self.file_of(Kind::Finetunes, name)).ok().flatten())
            .collect())
    }

    /// A finetune by id or unique name.
    pub fn find_finetune(&self, wanted: &str) -> Result<Manifest, StoreError> {
        let all = self.finetunes()?;
        if let Some(found) = all.iter().find(|m| m.finetune_id.as_str() == wanted) {
            return Ok(found.clone());
        }
        let named: Vec<&Manifest> = all.iter().filter(|m| m.name == wanted).collect();
        match named.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(StoreError::NotFound { what: "finetune", name: wanted.to_owned() }),
            many => Err(StoreError::Ambiguous {
                what: "finetune",
                name: wanted.to_owned(),
                count: many.len(),
            }),
        }
    }

    /// Keeps the references of a finetune that has none of this version.
    pub fn put_references(
        &self,
        id: &FinetuneId,
        references: &[Reference],
        own: &Own,
    ) -> Result<(), StoreError> {
        self.must_own()?;
        write_references(&self.home.finetune(id).join(REFERENCES), references, own)
    }

    /// What a finetune's takes are judged against, and what those tracks have in common.
    pub fn references(&self, id: &FinetuneId) -> Result<(Vec<Reference>, Own), StoreError> {
        let path = self.home.finetune(id).join(REFERENCES);
        let bytes = fs::read(&path).map_err(io(&path))?;
        let versioned = bytes.strip_prefix(MARK.as_slice()).and_then(|b| b.split_first_chunk());
        let made_by = versioned.map_or(1, |(version, _)| u32::from_le_bytes(*version));
        let Some((_, body)) = versioned.filter(|_| made_by == judge::VERSION) else {
            return Err(StoreError::OtherJudge {
                finetune: id.to_string(),
                made_by,
                have: judge::VERSION,
            });
        };
        let (kept, own): (Vec<KeptReference>, Own) = postcard::from_bytes(body)
            .map_err(|e| StoreError::Damaged { path: path.clone(), why: e.to_string() })?;
        let references = kept
            .into_iter()
            .map(|r| Reference {
                track_id: r.track_id,
                fingerprint: r.fingerprint,
                notes: r.notes,
                profile: r.profile,
            })
            .collect();
        Ok((references, own))
    }

    /// Removes a finetune. Takes made with it stay.
    pub fn remove_finetune(&self, id: &FinetuneId) -> Result<(), StoreError> {
        self.must_own()?;
        let folder = self.home.finetune(id);
        if !folder.exists() {
            return Err(StoreError::NotFound { what: "finetune", name: id.to_string() });
        }
        retire(&folder)?;
        self.indexed::<Manifest>(Kind::Finetunes, id.as_str(), None);
        Ok(())
    }
}
