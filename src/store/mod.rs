//! What is kept, and where. Files are the truth; sled is an index over them that is rebuilt whenever
//! it is missing or damaged.
//!
//! One process owns a home and may write; others may look at its files. Must never leave a file half
//! written: everything goes to a temporary name, is synced and renamed. Must never judge or listen.

pub mod datasets;
pub mod files;
pub mod finetunes;
pub mod hearings;
pub mod index;
pub mod jobs;
pub mod layout;
pub mod lock;
pub mod rights;
pub mod takes;

pub use layout::Home;
use lock::{Owner, OwnerLock};

use index::{Index, Kind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of ours cannot be understood.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where there are any.
        why: String,
    },
    /// Another process owns the home.
    #[error("{owner}")]
    Busy {
        /// Which.
        owner: Owner,
    },
    /// There is no such thing.
    #[error("there is no {what} \"{name}\"")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// What a finetune's takes are judged against was kept by another version of the copy check.
    #[error(
        "the references of {finetune} were made by version {made_by} of the copy check; this is version {have}"
    )]
    OtherJudge {
        /// The finetune.
        finetune: String,
        /// The version that made them.
        made_by: u32,
        /// This version.
        have: u32,
    },
    /// A name fits several things.
    #[error("\"{name}\" fits {count} {what}s; use the id")]
    Ambiguous {
        /// Kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// How many.
        count: usize,
    },
    /// A thing with this name exists already.
    #[error("a {what} named \"{name}\" exists already")]
    Exists {
        /// Kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A look was used to write.
    #[error("this process only looks at the store and may not change it")]
    NotOwner,
}

/// The store of one home.
pub struct Store {
    home: Home,
    index: Option<Index>,
    index_failed: AtomicBool,
    lock: Option<OwnerLock>,
    notes: Vec<String>,
}

impl Store {
    /// Owns a home: makes its folders, takes the lock, opens or rebuilds the index, clears what a
    /// dead process left half done. `what` and `at` tell other processes who owns it.
    pub fn own(home: Home, what: &str, at: &str) -> Result<Self, StoreError> {
        home.make()?;
        let lock = OwnerLock::take(&home, what, at)?;
        let mut notes = Vec::new();
        takes::clear_staging(&home, &mut notes)?;
        finetunes::clear_staging(&home, &mut notes)?;
        let mut store = Self { lock: Some(lock), ..Self::look(home) };
        store.sweep()?;
        let mut files = false;
        for kind in Kind::ALL {
            files |= !store.keys_of(kind)?.is_empty();
        }
        let opened = Index::open(&store.home.index(), files, &mut notes)
            .and_then(|index| index.reconcile(&store, &mut notes).map(|()| index));
        match opened {
            Ok(index) => store.index = Some(index),
            // A full disk must not keep anyone from what is on it, nor from making room.
            Err(e) => notes.push(format!("{e}. Lists are read from the files instead")),
        }
        jobs::bury_the_dead(&store, at, &mut notes)?;
        store.notes = notes;
        Ok(store)
    }

    /// Clears the temporary files of processes that died while they wrote.
    fn sweep(&self) -> Result<(), StoreError> {
        for dir in self.home.written() {
            files::sweep(&dir);
        }
        for name in self.keys_of(Kind::Jobs)? {
            files::sweep(&self.home.jobs().join(name));
        }
        for name in self.keys_of(Kind::Takes)? {
            files::sweep(&self.home.takes().join(name));
        }
        Ok(())
    }

    /// Everything of a kind that has a file, by key.
    pub(crate) fn keys_of(&self, kind: Kind) -> Result<Vec<String>, StoreError> {
        match kind {
            Kind::Datasets => self.dataset_names(),
            Kind::Finetunes => self.finetune_names(),
            Kind::Takes => self.take_names(),
            Kind::Jobs => self.job_names(),
        }
    }

    /// The file that describes a thing.
    pub(crate) fn file_of(&self, kind: Kind, key: &str) -> PathBuf {
        match kind {
            Kind::Datasets => self.home.datasets().join(format!("{key}.json")),
            Kind::Finetunes => self.home.finetunes().join(key).join("manifest.json"),
            Kind::Takes => self.home.takes().join(key).join("take.json"),
            Kind::Jobs => self.home.jobs().join(key).join("job.json"),
        }
    }

    fn value_of(&self, kind: Kind, key: &str) -> Result<Option<serde_json::Value>, StoreError> {
        match kind {
            Kind::Datasets => self.dataset_value(key),
            Kind::Finetunes => self.finetune_value(key),
            Kind::Takes => self.take_value(key),
            Kind::Jobs => self.job_value(key),
        }
    }

    /// What is wrong with the files of a kind; lists leave such things out.
    pub fn damaged(&self, kind: Kind) -> Result<Vec<StoreError>, StoreError> {
        let keys = self.keys_of(kind)?;
        Ok(keys.iter().filter_map(|key| self.value_of(kind, key).err()).collect())
    }

    /// Looks at a home without owning it: everything is read from files.
    pub fn look(home: Home) -> Self {
        let index_failed = AtomicBool::new(false);
        Self { home, index: None, index_failed, lock: None, notes: Vec::new() }
    }

    /// The index, while there is one that works.
    fn index(&self) -> Option<&Index> {
        self.index.as_ref().filter(|_| !self.index_failed.load(Ordering::Relaxed))
    }

    /// Where things are.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// What a person should know about opening it: a rebuilt index, half-done work that was cleared.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether this process may write.
    pub fn is_owner(&self) -> bool {
        self.lock.is_some()
    }

    fn must_own(&self) -> Result<(), StoreError> {
        if self.is_owner() { Ok(()) } else { Err(StoreError::NotOwner) }
    }
}
