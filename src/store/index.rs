//! The index: sled trees of what is in the files, for lists that must be quick.
//!
//! Small values only, flushed after every change that matters. Whatever is wrong with it, it is
//! moved aside and made again; nothing is ever only here.

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

    fn name(self) -> &'static str {
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
    /// Opens it; one that cannot be opened is moved aside, once, and made new.
    pub fn open(path: &Path, notes: &mut Vec<String>) -> Result<Self, StoreError> {
        let new = !path.exists();
        match open(path) {
            Ok(db) => {
                if new {
                    notes.push("the index was made from the files".to_owned());
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

    /// Makes every tree hold exactly what the files hold. Existing entries are trusted; their files
    /// change only through this store, which changes both.
    pub fn reconcile(&self, store: &Store) -> Result<(), StoreError> {
        for kind in Kind::ALL {
            let files: BTreeSet<String> = match kind {
                Kind::Datasets => store.dataset_names()?,
                Kind::Finetunes => store.finetune_names()?,
                Kind::Takes => store.take_names()?,
                Kind::Jobs => store.job_names()?,
            }
            .into_iter()
            .collect();
            let known: BTreeSet<String> = self.keys(kind)?.into_iter().collect();
            for gone in known.difference(&files) {
                self.remove(kind, gone)?;
            }
            for new in files.difference(&known) {
                let value = match kind {
                    Kind::Datasets => store.dataset_value(new)?,
                    Kind::Finetunes => store.finetune_value(new)?,
                    Kind::Takes => store.take_value(new)?,
                    Kind::Jobs => store.job_value(new)?,
                };
                if let Some(value) = value {
                    self.put(kind, new, &value)?;
                }
            }
        }
        self.flush()
    }

    /// Keeps a value.
    pub fn put<T: Serialize>(&self, kind: Kind, key: &str, value: &T) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(value).map_err(|e| self.damaged(&e))?;
        self.tree(kind)?.insert(key, bytes).map_err(|e| self.damaged(&e))?;
        Ok(())
    }

    /// Forgets a value.
    pub fn remove(&self, kind: Kind, key: &str) -> Result<(), StoreError> {
        self.tree(kind)?.remove(key).map_err(|e| self.damaged(&e))?;
        Ok(())
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

    fn damaged(&self, why: &dyn std::fmt::Display) -> StoreError {
        let _ = &self.db;
        StoreError::Damaged {
            path: "state/index".into(),
            why: format!("{why}. It is only an index: delete it and start again"),
        }
    }
}

fn open(path: &Path) -> sled::Result<sled::Db> {
    // Lists of some thousand small values: a small cache is enough.
    sled::Config::new().path(path).cache_capacity(8 << 20).flush_every_ms(None).open()
}
