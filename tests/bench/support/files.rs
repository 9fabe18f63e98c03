//! Files below a folder, for benches: hidden folders and the parts of pieces that are there as a whole
//! are passed over.

use std::fs;
use std::path::{Path, PathBuf};

/// Endings of audio files.
pub const AUDIO: &[&str] = &["ogg", "flac", "wav", "mp3", "opus", "m4a", "aiff"];
/// Folders of files that are no music of their own.
const PARTS: &str = "stems";

/// All files with one of these endings below a folder, in order.
pub fn below(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
            if path.is_dir() {
                if name != PARTS && !name.to_string_lossy().starts_with('.') {
                    folders.push(path);
                }
            } else if ending.is_some_and(|e| endings.contains(&e.as_str())) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Folders right under a folder, in order, hidden ones passed over.
#[allow(dead_code, reason = "not every bench has a folder an artist")]
pub fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let shown = |p: &PathBuf| {
        p.is_dir() && p.file_name().is_some_and(|n| !n.to_string_lossy().starts_with('.'))
    };
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(shown).collect();
    found.sort();
    found
}
