//! What a workspace may do with a track, and who said so.
//!
//! Must never say that something is cleared: a statement is somebody's word, kept with name and
//! time.

use super::ids::TrackId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The sentence every statement also asserts.
pub const NO_THIRD_PARTY: &str = "It holds no third-party samples, backing tracks or compositions.";

/// What is no right to train, for every place that asks for a statement.
pub const NOT_ENOUGH: &str = "Having bought, licensed, distributed or performed a track gives no \
     right to train on it.";

/// On what ground a track may be trained on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rights {
    /// Composed, performed and recorded by the workspace.
    Own,
    /// Made for the workspace, all rights bought.
    Commissioned,
    /// In the public domain, composition and recording.
    PublicDomain,
    /// Under an open licence; its obligations follow every take.
    Open {
        /// SPDX identifier, e.g. `CC-BY-4.0`.
        spdx: String,
        /// Where the licence or the work is published.
        url: Option<String>,
    },
    /// Under a private licence, in an attested enterprise workspace.
    Licensed {
        /// The document.
        file: String,
    },
    /// Part of a catalogue the enterprise workspace attests to own.
    Catalogue,
}

impl Rights {
    /// Whether only an attested enterprise workspace may use this ground.
    pub fn needs_attestation(&self) -> bool {
        matches!(self, Self::Licensed { .. } | Self::Catalogue)
    }

    /// What the statement says, in a full sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Own => "Composed, performed and recorded by this workspace.".to_owned(),
            Self::Commissioned => {
                "Made for this workspace, which bought all rights in it.".to_owned()
            }
            Self::PublicDomain => "Composition and recording are in the public domain.".to_owned(),
            Self::Open { spdx, url: None } => format!("Published under {spdx}."),
            Self::Open { spdx, url: Some(url) } => format!("Published under {spdx} at {url}."),
            Self::Licensed { file } => format!("Licensed for training by {file}."),
            Self::Catalogue => "Part of the catalogue this workspace attests to own.".to_owned(),
        }
    }
}

/// Why a text is no statement of rights.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is not a statement of rights; use own, commissioned, public-domain, open:SPDX[=URL], \
     licensed:FILE or catalogue"
)]
pub struct RightsError(pub String);

impl FromStr for Rights {
    type Err = RightsError;

    fn from_str(text: &str) -> Result<Self, RightsError> {
        let wrong = || RightsError(text.to_owned());
        match text.trim() {
            "own" => return Ok(Self::Own),
            "commissioned" => return Ok(Self::Commissioned),
            "public-domain" => return Ok(Self::PublicDomain),
            "catalogue" => return Ok(Self::Catalogue),
            _ => {}
        }
        let (kind, rest) = text.trim().split_once(':').ok_or_else(wrong)?;
        match kind {
            "open" => {
                let (spdx, url) = match rest.split_once('=') {
                    Some((spdx, url)) => (spdx, Some(url.to_owned())),
                    None => (rest, None),
                };
                let legal = |c: char| c.is_ascii_alphanumeric() || "-.+ ()".contains(c);
                if spdx.is_empty() || !spdx.chars().all(legal) {
                    return Err(wrong());
                }
                Ok(Self::Open { spdx: spdx.to_owned(), url })
            }
            "licensed" if !rest.is_empty() => Ok(Self::Licensed { file: rest.to_owned() }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Commissioned => f.write_str("commissioned"),
            Self::PublicDomain => f.write_str("public-domain"),
            Self::Open { spdx, url: None } => write!(f, "open:{spdx}"),
            Self::Open { spdx, url: Some(url) } => write!(f, "open:{spdx}={url}"),
            Self::Licensed { file } => write!(f, "licensed:{file}"),
            Self::Catalogue => f.write_str("catalogue"),
        }
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One line of `rights.jsonl`: who said what about a track, when. The newest line of a track holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The track.
    pub track_id: TrackId,
    /// The ground, or `None` where an earlier statement was withdrawn.
    pub rights: Option<Rights>,
    /// Who said it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_back() {
        for text in [
            "own",
            "commissioned",
            "public-domain",
            "open:CC-BY-4.0",
            "open:CC-BY-SA-3.0=https://example.org/a=b",
            "licensed:deal.pdf",
            "catalogue",
        ] {
            assert_eq!(text.parse::<Rights>().unwrap().to_string(), text);
        }
        for text in ["", "mine", "open:", "open:<script>", "licensed:", "bought"] {
            assert!(text.parse::<Rights>().is_err(), "{text}");
        }
    }
}
