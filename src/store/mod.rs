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

use index::Index;
use std::path::PathBuf;

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
        let mut store = Self { home, index: None, lock: Some(lock), notes };
        let index = Index::open(&store.home.index(), &mut store.notes)?;
        index.reconcile(&store)?;
        store.index = Some(index);
        jobs::bury_the_dead(&store, at)?;
        Ok(store)
    }

    /// Looks at a home without owning it: everything is read from files.
    pub fn look(home: Home) -> Self {
        Self { home, index: None, lock: None, notes: Vec::new() }
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
