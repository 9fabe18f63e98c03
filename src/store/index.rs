//! The index: sled trees of what is in the files, for lists that must be quick.
//!
//! Small values only, flushed after every change that matters. Whatever is wrong with it, it is
//! moved aside and made again; nothing is ever only here.

use super::files::stamp;
use super::{Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::path::Path;

/// A tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Dataset names to datasets.
    Datasets,
    /// Finetune ids to manifests.
    Finetunes,
    /// Take ids to takes without their grains.
    Takes,
    /// Job numbers to jobs.
    Jobs,
}

impl Kind {
    /// All trees.
    pub const ALL: [Self; 4] = [Self::Datasets, Self::Finetunes, Self::Takes, Self::Jobs];

    /// Name of the tree.
    pub fn name(self) -> &'static str {
        match self {
            Self::Datasets => "datasets",
            Self::Finetunes => "finetunes",
            Self::Takes => "takes",
            Self::Jobs => "jobs",
        }
    }
}

/// The index.
pub struct Index {
    db: sled::Db,
}

impl Index {
    /// Opens it; one that cannot be opened is moved aside, once, and made new. `files` says whether
    /// there is anything to make it from.
    pub fn open(path: &Path, files: bool, notes: &mut Vec<String>) -> Result<Self, StoreError> {
        let new = !path.exists();
        match open(path) {
            Ok(db) => {
                if new && files {
                    notes.push("the index was made again from the files".to_owned());
                }
                Ok(Self { db })
            }
            Err(first) => {
                let aside = path.with_extension("damaged");
                let _ = std::fs::remove_dir_all(&aside);
                let moved = std::fs::rename(path, &aside);
                let failed = |why: String| StoreError::Damaged { path: path.to_owned(), why };
                moved.map_err(|e| failed(format!("{first}; it cannot be moved aside: {e}")))?;
                notes.push(format!(
                    "the index was damaged ({first}) and was made again from the files"
                ));
                open(path).map(|db| Self { db }).map_err(|e| failed(e.to_string()))
            }
        }
    }

    /// Makes every tree hold exactly what the files hold. An entry is trusted only while its file is
    /// the one it was made from: a process that was killed may have written one and not the other.
    /// Files that cannot be read are left out and said.
    pub fn reconcile(&self, store: &Store, notes: &mut Vec<String>) -> Result<(), StoreError> {
        for kind in Kind::ALL {
            let files: BTreeSet<String> = store.keys_of(kind)?.into_iter().collect();
            let known: BTreeSet<String> = self.keys(kind)?.into_iter().collect();
            for gone in known.difference(&files) {
                self.remove(kind, gone)?;
            }
            for key in &files {
                let stamp = stamp(&store.file_of(kind, key));
                if known.contains(key) && stamp.is_some() && stamp == self.stamp_of(kind, key)? {
                    continue;
                }
                match store.value_of(kind, key) {
                    Ok(Some(value)) => self.put(kind, key, &value, stamp.as_deref())?,
                    Ok(None) => self.remove(kind, key)?,
                    Err(e) => {
                        self.remove(kind, key)?;
                        notes.push(format!("{e}; it was left out"));
                    }
                }
            }
        }
        self.flush()
    }

    /// Keeps a value, and which version of its file it is.
    pub fn put<T: Serialize>(
        &self,
        kind: Kind,
        key: &str,
        value: &T,
        stamp: Option<&str>,
    ) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(value).map_err(|e| self.damaged(&e))?;
        self.tree(kind)?.insert(key, bytes).map_err(|e| self.damaged(&e))?;
        let stamps = self.stamps()?;
        let name = stamp_name(kind, key);
        match stamp {
            Some(stamp) => stamps.insert(name, stamp.as_bytes()),
            None => stamps.remove(name),
        }
        .map_err(|e| self.damaged(&e))?;
        Ok(())
    }

    /// Forgets a value.
    pub fn remove(&self, kind: Kind, key: &str) -> Result<(), StoreError> {
        self.tree(kind)?.remove(key).map_err(|e| self.damaged(&e))?;
        self.stamps()?.remove(stamp_name(kind, key)).map_err(|e| self.damaged(&e))?;
        Ok(())
    }

    fn stamp_of(&self, kind: Kind, key: &str) -> Result<Option<String>, StoreError> {
        let found = self.stamps()?.get(stamp_name(kind, key)).map_err(|e| self.damaged(&e))?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// All values of a tree, by key. Values that cannot be read are passed over: their files say
    /// what is wrong when they are asked for.
    pub fn all<T: DeserializeOwned>(&self, kind: Kind) -> Result<Vec<T>, StoreError> {
        let mut values = Vec::new();
        for entry in &self.tree(kind)? {
            let (_, bytes) = entry.map_err(|e| self.damaged(&e))?;
            if let Ok(value) = serde_json::from_slice(&bytes) {
                values.push(value);
            }
        }
        Ok(values)
    }

    fn keys(&self, kind: Kind) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        for entry in self.tree(kind)?.iter().keys() {
            let key = entry.map_err(|e| self.damaged(&e))?;
            keys.push(String::from_utf8_lossy(&key).into_owned());
        }
        Ok(keys)
    }

    /// Makes everything durable.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map(|_| ()).map_err(|e| self.damaged(&e))
    }

    fn tree(&self, kind: Kind) -> Result<sled::Tree, StoreError> {
        self.db.open_tree(kind.name()).map_err(|e| self.damaged(&e))
    }

    fn stamps(&self) -> Result<sled::Tree, StoreError> {
        self.db.open_tree("stamps").map_err(|e| self.damaged(&e))
    }

    fn damaged(&self, why: &dyn std::fmt::Display) -> StoreError {
        let _ = &self.db;
        StoreError::Damaged {
            path: "state/index".into(),
            why: format!("{why}. It is only an index: delete it and start again"),
        }
    }
}

fn stamp_name(kind: Kind, key: &str) -> String {
    format!("{}/{key}", kind.name())
}

fn open(path: &Path) -> sled::Result<sled::Db> {
    // Lists of some thousand small values: a small cache is enough.
    sled::Config::new().path(path).cache_capacity(8 << 20).flush_every_ms(None).open()
}
