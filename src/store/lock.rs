//! Who owns a home.
//!
//! A locked file says so, and the lock dies with its process whatever happens to it. What the file
//! says is for people; whether it is locked is what counts.

use super::files::io;
use super::{Home, StoreError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::time::Duration;

/// How often the lock is tried while others only look.
const LOOKS_MAX: u32 = 200;

/// The process that owns a home.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// What it was started for.
    pub what: String,
    /// Since when, RFC 3339.
    pub since: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("another process owns this store");
        }
        write!(f, "process {} owns this store since {} ({})", self.pid, self.since, self.what)
    }
}

/// The lock; dropped, it is free.
#[derive(Debug)]
pub struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// Takes the lock or says who has it.
    pub fn take(home: &Home, what: &str, at: &str) -> Result<Self, StoreError> {
        let path = home.lock();
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(io(&path))?;
        let mut looks = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => match owner_of(home) {
                    Some(owner) => return Err(StoreError::Busy { owner }),
                    // Not an owner but others that look who owns it, for a moment each.
                    None if looks < LOOKS_MAX => looks += 1,
                    None => return Err(StoreError::Busy { owner: Owner::default() }),
                },
                Err(TryLockError::Error(source)) => return Err(StoreError::Io { path, source }),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let owner = Owner { pid: std::process::id(), what: what.to_owned(), since: at.to_owned() };
        let text = serde_json::to_string(&owner).unwrap_or_default();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_data())
            .map_err(io(&path))?;
        Ok(Self { _file: file })
    }
}

/// Who the lock file says owns the home, if it is locked now.
pub fn owner_of(home: &Home) -> Option<Owner> {
    let mut file = File::open(home.lock()).ok()?;
    if file.try_lock_shared().is_ok() {
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_at_a_time_and_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.make().unwrap();
        assert_eq!(owner_of(&home), None);
        let lock = OwnerLock::take(&home, "train", "2026-01-01T00:00:00Z").unwrap();
        let refused = OwnerLock::take(&home, "import", "now").unwrap_err();
        let message = refused.to_string();
        assert!(
            message.contains(&std::process::id().to_string()) && message.contains("train"),
            "{message}"
        );
        assert_eq!(owner_of(&home).unwrap().what, "train");
        drop(lock);
        assert_eq!(owner_of(&home), None);
        OwnerLock::take(&home, "import", "now").unwrap();
    }

    #[test]
    fn those_who_look_never_keep_an_owner_out() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.make().unwrap();
        drop(OwnerLock::take(&home, "first", "now").unwrap());
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| (0..3_000).for_each(|_| drop(owner_of(&home))));
            }
            for _ in 0..100 {
                drop(OwnerLock::take(&home, "train", "now").unwrap());
            }
        });
    }
}
