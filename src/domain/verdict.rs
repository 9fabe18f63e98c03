//! What was measured about a take: does it sound like the artist, is it a copy?
//!
//! A verdict names its evidence. Must never state more than was compared: `class` stays `None`
//! where nothing was found but a layer of the copy check could not run.

use super::ids::TrackId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The five copy classes, from a copied recording to clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CopyClass {
    /// Copied recording.
    A,
    /// Altered copy of a recording.
    B,
    /// Copied tune.
    C,
    /// Shared material only.
    D,
    /// Clear.
    E,
}

impl std::str::FromStr for CopyClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_uppercase().as_str() {
            "A" => Ok(Self::A),
            "B" => Ok(Self::B),
            "C" => Ok(Self::C),
            "D" => Ok(Self::D),
            "E" => Ok(Self::E),
            _ => Err(format!("\"{text}\" is not a copy class; use A, B, C, D or E")),
        }
    }
}

/// What kind of likeness a check looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The same recording.
    Audio,
    /// The same notes.
    Notes,
    /// The same rhythm.
    Groove,
}

/// One passage that is like a passage of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The track.
    pub track_id: TrackId,
    /// Kind of likeness.
    pub layer: Layer,
    /// Where it starts in the take.
    pub start_s: f64,
    /// Where it ends in the take.
    pub end_s: f64,
    /// Where it starts in the track.
    pub track_start_s: f64,
    /// Where it ends in the track.
    #[serde(default)]
    pub track_end_s: f64,
    /// Audio: wrong bits of 32, smaller is more alike. Notes: matching eighths. Groove: mean cosine
    /// of four bars.
    pub score: f64,
    /// Semitones the take's passage is above the track's.
    pub transposition: i32,
    /// The take's tempo over the track's.
    pub tempo_ratio: f64,
    /// Audio: spectral peaks that agree there to 23 ms, the second witness.
    #[serde(default)]
    pub landmarks: usize,
    /// What this passage alone amounts to.
    #[serde(default)]
    pub class: Option<CopyClass>,
}

impl Evidence {
    /// How the take's passage was changed, in words: "+2 semitones, 5 % faster"; empty if it was not.
    pub fn change(&self) -> String {
        let mut parts = Vec::new();
        if self.transposition != 0 {
            parts.push(format!("{:+} semitones", self.transposition));
        }
        let percent = ((self.tempo_ratio - 1.0) * 100.0).round();
        if percent != 0.0 {
            let word = if percent > 0.0 { "faster" } else { "slower" };
            parts.push(format!("{:.0} % {word}", percent.abs()));
        }
        parts.join(", ")
    }
}

/// How a take's nearest recordings compare with the dataset's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CopyVerdict {
    /// A .. E; `None` where nothing was found but not every layer could look at every track.
    pub class: Option<CopyClass>,
    /// Layers that looked at every track.
    pub layers_checked: Vec<Layer>,
    /// Why there is no class.
    pub reason: Option<String>,
    /// The answer in one sentence.
    pub words: String,
    /// Passages of classes A to D, the strongest first.
    pub evidence: Vec<Evidence>,
    /// Seconds of the take in passages of classes A to C.
    pub copied_s: f64,
    /// The same as a share of the take, 0..1.
    pub copied_share: f64,
    /// Place of `nearest_bits` among the tracks' own such figures, 1 for the nearest.
    pub rank: Option<usize>,
    /// Of how many, the take among them.
    pub of: usize,
    /// Fewest wrong bits of 32 of any window against any track; `None` when too short to compare.
    pub nearest_bits: Option<f64>,
    /// The track of that window.
    pub nearest_track: Option<TrackId>,
    /// The same figure for each of the dataset's own tracks against the others, versions of one
    /// recording and shared loops left out, sorted.
    pub own_nearest_bits: Vec<f64>,
    /// Tracks the take was compared with.
    pub tracks_compared: usize,
}

/// Where a take stands among the artist's own tracks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StyleVerdict {
    /// 1 = nearer to the dataset than any of its own tracks is to the rest.
    pub rank: Option<usize>,
    /// Number of ranked items: the tracks and the take.
    pub of: usize,
    /// Share of own tracks at least as far from the rest, (1 + count) / (N + 1).
    pub p: Option<f64>,
    /// Distance to the nearest tracks over the median of the tracks' own such distances, mean of the
    /// aspects: 1 is as far as the artist's tracks are from one another.
    pub distance: Option<f64>,
    /// p for each aspect: timbre, rhythm, tempo, harmony, production.
    pub aspects: BTreeMap<String, f64>,
    /// What the figures mean, in one sentence.
    pub words: String,
}

/// Whether takes are nearer to the training tracks than an unseen track of the artist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heldout {
    /// Mann-Whitney z, negative where takes are nearer; `None` while there are too few of either.
    pub z: Option<f64>,
    /// Held-out tracks.
    pub n: usize,
    /// Takes that were measured.
    pub takes: usize,
    /// Tracks whose excerpts stand for unseen ones, each against all others.
    pub tracks: usize,
    /// What it means, in one sentence.
    pub words: String,
}

/// A verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Does it sound like the artist?
    pub style: StyleVerdict,
    /// Is it a copy?
    pub copy: CopyVerdict,
    /// Compared with unseen tracks.
    pub heldout: Heldout,
}
