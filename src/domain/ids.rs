//! Names of things: tracks, datasets, finetunes, takes and jobs.
//!
//! An id that exists is well formed: it can be part of a path. Must never be built from unchecked
//! text.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::str::FromStr;

/// Why a text is no id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{text}\" is not a {what}; {rule}")]
pub struct IdError {
    /// What was offered.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
    /// How such an id looks.
    pub rule: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { text: text.to_owned(), what: $what, rule: $rule })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_track(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("t_") else { return false };
    match rest.split_once('.') {
        None => is_hex(rest, 16),
        Some((hash, part)) => {
            is_hex(hash, 16) && part.parse::<u32>().is_ok_and(|n| n >= 2 && part == n.to_string())
        }
    }
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_finetune(text: &str) -> bool {
    text.strip_prefix("ft_").is_some_and(|rest| {
        rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    })
}

id!(
    /// `t_` and 16 hex digits of the BLAKE3 hash of the file, with `.2`, `.3` .. for the later parts
    /// of a file that was split.
    TrackId, "track id", "they look like t_0123456789abcdef", is_track
);
id!(
    /// A dataset's unique slug.
    DatasetName,
    "dataset name",
    "use lower-case letters, digits and hyphens, at most 64",
    is_slug
);
id!(
    /// `ft_` and a ULID.
    FinetuneId, "finetune id", "they look like ft_01ARZ3NDEKTSV4RRFFQ69G5FAV", is_finetune
);
id!(
    /// `tk_` and 16 hex digits of the hash of the request.
    TakeId,
    "take id",
    "they look like tk_0123456789abcdef",
    |text| text.strip_prefix("tk_").is_some_and(|rest| is_hex(rest, 16))
);

impl TrackId {
    /// The id of part `part` (counted from 1) of a file with this hash.
    pub fn from_hash(hash: &[u8; 32], part: u32) -> Self {
        let hex = hex16(hash);
        Self(if part <= 1 { format!("t_{hex}") } else { format!("t_{hex}.{part}") })
    }
}

impl TakeId {
    /// The id of the take that a request with this hash makes.
    pub fn from_hash(hash: &[u8; 32]) -> Self {
        Self(format!("tk_{}", hex16(hash)))
    }
}

impl DatasetName {
    /// Makes a slug of any text: "My Songs (2)" becomes "my-songs-2". Text without a usable
    /// character becomes "dataset".
    pub fn slug(text: &str) -> Self {
        let mut out = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                out.push(c);
            } else if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
            if out.len() >= 64 {
                break;
            }
        }
        let trimmed = out.trim_end_matches('-');
        Self(if trimmed.is_empty() { "dataset".to_owned() } else { trimmed.to_owned() })
    }
}

fn hex16(hash: &[u8; 32]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// `j` and a number that only grows within a workspace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("j{}", self.0))
    }
}

impl FromStr for JobId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix('j').unwrap_or(text);
        digits.parse().map(Self).map_err(|_| IdError {
            text: text.to_owned(),
            what: "job id",
            rule: "they look like j12",
        })
    }
}

impl Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_well_formed_ids_exist() {
        let hash = [0xab; 32];
        assert_eq!(TrackId::from_hash(&hash, 1).as_str(), "t_abababababababab");
        assert_eq!(TrackId::from_hash(&hash, 2).as_str(), "t_abababababababab.2");
        for text in ["t_abababababababab", "t_abababababababab.12"] {
            assert!(text.parse::<TrackId>().is_ok(), "{text}");
        }
        for text in ["", "t_", "t_ABABABABABABABAB", "t_abababababababab.1", "../etc", "t_ab.02"] {
            assert!(text.parse::<TrackId>().is_err(), "{text}");
        }
        assert!("ft_01ARZ3NDEKTSV4RRFFQ69G5FAV".parse::<FinetuneId>().is_ok());
        assert!("ft_../../x".parse::<FinetuneId>().is_err());
        assert_eq!("j12".parse(), Ok(JobId(12)));
        assert!("jx".parse::<JobId>().is_err());
    }

    proptest! {
        #[test]
        fn every_text_has_a_slug(text in ".*") {
            let slug = DatasetName::slug(&text);
            prop_assert!(slug.as_str().parse::<DatasetName>().is_ok(), "{}", slug);
        }
    }
}
