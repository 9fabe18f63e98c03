//! Reading and writing files so that a crash leaves the old one or the new one, never a part.

use super::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How the names of files end that are being written.
const TEMPORARY: &str = ".tmp";
/// Longest line of a log of ours; longer ones are damage.
const LINE_MAX_BYTES: usize = 4 << 20;

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + '_ {
    |source| StoreError::Io { path: path.to_owned(), source }
}

/// Makes a folder and those above it.
pub fn make_dir(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(io(path))
}

/// Writes a whole file: temporary name, sync, rename, sync of the folder.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = beside(path);
    let result = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if let Err(source) = result {
        // Best effort: what cannot be written can often not be removed either.
        let _ = fs::remove_file(&temporary);
        return Err(StoreError::Io { path: path.to_owned(), source });
    }
    sync_parent(path);
    Ok(())
}

/// A name beside a file that no other writer uses, not even another thread with the same file.
pub fn beside(path: &Path) -> PathBuf {
    static WRITERS: AtomicU64 = AtomicU64::new(0);
    let number = WRITERS.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}-{number}{TEMPORARY}", std::process::id()))
}

/// Removes the temporary files that a dead process left in a folder. Only the owner may do this,
/// and only before it writes. What cannot be removed harms nothing.
pub fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What tells one version of a file from another without reading it.
pub fn stamp(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{}-{}-{}", meta.len(), since.as_nanos(), inode(&meta)))
}

#[cfg(unix)]
fn inode(meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

/// Makes everything in a folder durable, before the folder gets its real name.
pub fn sync_all(dir: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(dir).map_err(io(dir))? {
        let entry = entry.map_err(io(dir))?;
        let path = entry.path();
        if entry.file_type().map_err(io(&path))?.is_dir() {
            sync_all(&path)?;
        } else {
            File::open(&path).and_then(|f| f.sync_all()).map_err(io(&path))?;
        }
    }
    // Some file systems refuse to sync folders.
    if let Ok(folder) = File::open(dir) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Makes a rename durable. Some file systems refuse to sync folders; the rename itself is atomic.
pub fn sync_parent(path: &Path) {
    if let Some(parent) = path.parent()
        && let Ok(folder) = File::open(parent)
    {
        let _ = folder.sync_all();
    }
}

/// Writes a value as JSON.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| StoreError::Damaged { path: path.to_owned(), why: e.to_string() })?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Reads a JSON file; `None` where there is none.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| StoreError::Damaged { path: path.to_owned(), why: e.to_string() })
}

/// Adds a line of JSON to a log and syncs it. A last line that a crash cut short is ended first, so
/// that it cannot spoil the new one.
pub fn append<T: Serialize>(path: &Path, value: &T, sync: bool) -> Result<(), StoreError> {
    let mut line = serde_json::to_vec(value)
        .map_err(|e| StoreError::Damaged { path: path.to_owned(), why: e.to_string() })?;
    line.push(b'\n');
    let mut file =
        OpenOptions::new().create(true).append(true).read(true).open(path).map_err(io(path))?;
    if ends_open(&mut file) {
        line.insert(0, b'\n');
    }
    file.write_all(&line).map_err(io(path))?;
    if sync {
        file.sync_data().map_err(io(path))?;
    }
    Ok(())
}

fn ends_open(file: &mut File) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let mut last = [0u8];
    let read = file.seek(SeekFrom::End(-1)).and_then(|_| file.read(&mut last));
    matches!(read, Ok(1)) && last[0] != b'\n'
}

/// Reads a log of JSON lines. A last line without an end is what a crash leaves and is passed over;
/// any other bad line is damage.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
    };
    let mut reader = BufReader::new(file);
    let mut values = Vec::new();
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        number += 1;
        if reader.read_until(b'\n', &mut line).map_err(io(path))? == 0 {
            return Ok(values);
        }
        let whole = line.ends_with(b"\n");
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice(text) {
            Ok(value) if line.len() <= LINE_MAX_BYTES => values.push(value),
            _ if !whole => return Ok(values),
            // A line that was cut short by a crash and ended by the next append.
            Err(e) if e.is_eof() => {}
            Err(e) => {
                let why = format!("line {number}: {e}");
                return Err(StoreError::Damaged { path: path.to_owned(), why });
            }
            Ok(_) => {
                let why = format!("line {number} is too long");
                return Err(StoreError::Damaged { path: path.to_owned(), why });
            }
        }
    }
}

/// Names of what is in a folder, sorted; empty where there is no folder. Names that begin with a
/// dot are not ours.
pub fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::Io { path: dir.to_owned(), source }),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io(dir))?.file_name();
        if let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Removes a folder and what is in it; gone already is fine.
pub fn remove_dir(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_short_by_a_crash_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        append(&path, &1, true).unwrap();
        fs::write(&path, b"1\n{\"a\": ").unwrap();
        assert_eq!(read_lines::<serde_json::Value>(&path).unwrap().len(), 1);
        append(&path, &2, true).unwrap();
        let values: Vec<serde_json::Value> = read_lines(&path).unwrap();
        assert_eq!(values, [1, 2]);
        fs::write(&path, b"1\nnonsense\n2\n").unwrap();
        let error = read_lines::<serde_json::Value>(&path).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn writing_replaces_or_leaves_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_json(&path, &[1, 2]).unwrap();
        write_json(&path, &[3]).unwrap();
        assert_eq!(read_json::<Vec<u32>>(&path).unwrap(), Some(vec![3]));
        assert_eq!(names(dir.path()).unwrap(), ["a.json"]);
        let nowhere = dir.path().join("missing/a.json");
        assert!(matches!(write_json(&nowhere, &1), Err(StoreError::Io { .. })));
        assert_eq!(read_json::<u32>(&nowhere).unwrap(), None);
        fs::write(&path, b"{\n\"a\": }").unwrap();
        let error = read_json::<serde_json::Value>(&path).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
