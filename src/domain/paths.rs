//! File paths as text that survives JSON, also those whose names are not Unicode.

use serde::{Deserialize, Deserializer, Serializer, de};
use std::path::{Path, PathBuf};

/// Marks a path that is written as the hex digits of its bytes.
const BYTES: &str = "bytes:";

/// Writes a path: itself where it is Unicode, else `bytes:` and hex digits.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_text(path))
}

/// Reads a path written by [`serialize`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(deserializer)?;
    from_text(&text).ok_or_else(|| de::Error::custom(format!("\"{text}\" is not a path")))
}

/// A path as text.
pub fn to_text(path: &Path) -> String {
    match path.to_str() {
        Some(text) if !text.starts_with(BYTES) => text.to_owned(),
        _ => {
            let bytes = path.as_os_str().as_encoded_bytes();
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            format!("{BYTES}{hex}")
        }
    }
}

/// A path from text.
pub fn from_text(text: &str) -> Option<PathBuf> {
    let Some(hex) = text.strip_prefix(BYTES) else { return Some(PathBuf::from(text)) };
    let digits = hex.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()))
        .collect();
    path_of(bytes?)
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// A path that may be absent.
pub mod maybe {
    use super::{from_text, to_text};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use std::path::PathBuf;

    /// Writes it.
    pub fn serialize<S: Serializer>(
        path: &Option<PathBuf>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        path.as_deref().map(to_text).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|t| from_text(&t).ok_or_else(|| de::Error::custom("not a path")))
            .transpose()
    }
}

/// Paths by name.
pub mod named {
    use super::{from_text, to_text};
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    /// Writes them.
    pub fn serialize<S: Serializer>(
        paths: &BTreeMap<String, PathBuf>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(paths.iter().map(|(name, path)| (name, to_text(path))))
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, PathBuf>, D::Error> {
        BTreeMap::<String, String>::deserialize(deserializer)?
            .into_iter()
            .map(|(name, text)| match from_text(&text) {
                Some(path) => Ok((name, path)),
                None => Err(de::Error::custom("not a path")),
            })
            .collect()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt;

    proptest! {
        #[test]
        fn every_path_comes_back(bytes in proptest::collection::vec(1u8..=255, 1..40)) {
            let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
            prop_assert_eq!(from_text(&to_text(&path)), Some(path));
        }
    }
}
