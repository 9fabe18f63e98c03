//! Statements of rights: a log that only grows. The newest statement about a track holds.

use super::files::{append, read_lines};
use super::{Store, StoreError};
use crate::domain::ids::TrackId;
use crate::domain::rights::Statement;
use std::collections::BTreeMap;

impl Store {
    /// Logs a statement.
    pub fn append_statement(&self, statement: &Statement) -> Result<(), StoreError> {
        self.must_own()?;
        append(&self.home.rights(), statement, true)
    }

    /// The statement that holds for each track. Withdrawn ones are not there.
    pub fn statements(&self) -> Result<BTreeMap<TrackId, Statement>, StoreError> {
        let mut current = BTreeMap::new();
        for statement in read_lines::<Statement>(&self.home.rights())? {
            if statement.rights.is_some() {
                current.insert(statement.track_id.clone(), statement);
            } else {
                current.remove(&statement.track_id);
            }
        }
        Ok(current)
    }
}
