//! Datasets: one JSON file each, and the log of their edits.

use super::files::{append, names, read_json, read_lines, stamp, write_json};
use super::index::Kind;
use super::{Store, StoreError};
use crate::domain::dataset::{Dataset, EditRecord};
use crate::domain::ids::DatasetName;
use std::fs;
use std::sync::atomic::Ordering;

impl Store {
    pub(super) fn dataset_names(&self) -> Result<Vec<String>, StoreError> {
        let files = names(&self.home.datasets())?;
        Ok(files.iter().filter_map(|n| n.strip_suffix(".json")).map(str::to_owned).collect())
    }

    pub(super) fn dataset_value(
        &self,
        name: &str,
    ) -> Result<Option<serde_json::Value>, StoreError> {
        let Ok(name) = name.parse::<DatasetName>() else { return Ok(None) };
        let dataset: Option<Dataset> = read_json(&self.home.dataset(&name))?;
        Ok(dataset.and_then(|d| serde_json::to_value(d).ok()))
    }

    /// All datasets by name. Damaged ones are passed over; [`Store::damaged`] names them.
    pub fn datasets(&self) -> Result<Vec<Dataset>, StoreError> {
        if let Some(index) = self.index() {
            return index.all(Kind::Datasets);
        }
        let names = self.dataset_names()?;
        Ok(names.iter().filter_map(|n| self.dataset(&n.parse().ok()?).ok()).collect())
    }

    /// One dataset, from its file.
    pub fn dataset(&self, name: &DatasetName) -> Result<Dataset, StoreError> {
        read_json(&self.home.dataset(name))?
            .ok_or_else(|| StoreError::NotFound { what: "dataset", name: name.to_string() })
    }

    /// Writes a dataset.
    pub fn put_dataset(&self, dataset: &Dataset) -> Result<(), StoreError> {
        self.must_own()?;
        write_json(&self.home.dataset(&dataset.name), dataset)?;
        self.indexed(Kind::Datasets, dataset.name.as_str(), Some(dataset));
        Ok(())
    }

    /// Removes a dataset; its tracks' files are not touched.
    pub fn remove_dataset(&self, name: &DatasetName) -> Result<(), StoreError> {
        self.must_own()?;
        let path = self.home.dataset(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NotFound { what: "dataset", name: name.to_string() });
            }
            Err(source) => return Err(StoreError::Io { path, source }),
        }
        self.indexed::<Dataset>(Kind::Datasets, name.as_str(), None);
        Ok(())
    }

    /// Logs an edit.
    pub fn append_edit(&self, edit: &EditRecord) -> Result<(), StoreError> {
        self.must_own()?;
        append(&self.home.edits(), edit, true)
    }

    /// All edits, oldest first.
    pub fn edits(&self) -> Result<Vec<EditRecord>, StoreError> {
        read_lines(&self.home.edits())
    }

    /// Tells the index of a file that was written or removed.
    pub(super) fn indexed<T: serde::Serialize>(&self, kind: Kind, key: &str, value: Option<&T>) {
        let Some(index) = self.index() else { return };
        let done = match value {
            Some(value) => {
                let stamp = stamp(&self.file_of(kind, key));
                index.put(kind, key, value, stamp.as_deref())
            }
            None => index.remove(kind, key),
        };
        // The file is what counts and it is written: lists are read from files from now on, and the
        // next owner mends the index.
        if done.and_then(|()| index.flush()).is_err() {
            self.index_failed.store(true, Ordering::Relaxed);
        }
    }
}
