//! Where the files of a home are. The only place that knows their names.

use super::StoreError;
use super::files::make_dir;
use crate::domain::ids::{DatasetName, FinetuneId, JobId, TakeId, TrackId};
use std::path::{Path, PathBuf};

/// The folders of a home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
    cache: PathBuf,
}

impl Home {
    /// Everything under one folder.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            cache: root.join("cache"),
        }
    }

    /// Folders apart, as the XDG base directories have them.
    pub fn apart(config: PathBuf, data: PathBuf, state: PathBuf, cache: PathBuf) -> Self {
        Self { config, data, state, cache }
    }

    /// Makes the folders that everything else is in.
    pub fn make(&self) -> Result<(), StoreError> {
        for dir in [
            self.config.clone(),
            self.data.join("datasets"),
            self.data.join("blobs"),
            self.finetunes(),
            self.takes(),
            self.jobs(),
            self.logs(),
            self.cache.clone(),
        ] {
            make_dir(&dir)?;
        }
        Ok(())
    }

    /// Folders in which files are replaced whole, by temporary names.
    pub(super) fn written(&self) -> Vec<PathBuf> {
        vec![
            self.config.clone(),
            self.datasets(),
            self.data.join("blobs"),
            self.state.clone(),
            self.cache.join("hearings"),
        ]
    }

    /// Settings.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Key bindings.
    pub fn keys_file(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// The user's themes.
    pub fn themes(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The user's data: datasets, finetunes, takes.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What can be made again.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// What this machine is doing: index, jobs, lock, logs.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Banks the user put into the data folder.
    pub fn banks(&self) -> PathBuf {
        self.data.join("banks")
    }

    pub(super) fn datasets(&self) -> PathBuf {
        self.data.join("datasets")
    }

    pub(super) fn dataset(&self, name: &DatasetName) -> PathBuf {
        self.datasets().join(format!("{name}.json"))
    }

    pub(super) fn rights(&self) -> PathBuf {
        self.data.join("rights.jsonl")
    }

    pub(super) fn edits(&self) -> PathBuf {
        self.data.join("edits.jsonl")
    }

    /// Where a copied file of a track is.
    pub fn blob(&self, hash: &str, extension: &str) -> PathBuf {
        self.data.join("blobs").join(format!("{hash}.{extension}"))
    }

    pub(super) fn finetunes(&self) -> PathBuf {
        self.data.join("finetunes")
    }

    /// A finetune's folder.
    pub fn finetune(&self, id: &FinetuneId) -> PathBuf {
        self.finetunes().join(id.as_str())
    }

    pub(super) fn takes(&self) -> PathBuf {
        self.data.join("takes")
    }

    /// A take's folder.
    pub fn take(&self, id: &TakeId) -> PathBuf {
        self.takes().join(id.as_str())
    }

    pub(super) fn jobs(&self) -> PathBuf {
        self.state.join("jobs")
    }

    pub(super) fn job(&self, id: JobId) -> PathBuf {
        self.jobs().join(id.to_string())
    }

    /// The index; may be deleted at any time.
    pub fn index(&self) -> PathBuf {
        self.state.join("index")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.state.join("owner.lock")
    }

    /// The socket on which the owner answers.
    pub fn socket(&self) -> PathBuf {
        self.state.join("owner.sock")
    }

    /// Logs.
    pub fn logs(&self) -> PathBuf {
        self.state.join("log")
    }

    /// Measured speeds of this machine.
    pub fn rates(&self) -> PathBuf {
        self.state.join("rates.json")
    }

    pub(super) fn hearing(&self, id: &TrackId) -> PathBuf {
        self.cache.join("hearings").join(format!("{id}.postcard"))
    }
}
