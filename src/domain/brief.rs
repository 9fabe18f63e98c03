//! What a prompt was understood to ask.
//!
//! A field that the prompt does not mention is `None` or empty. Must never hold a guess: what was
//! not understood is in `unknown_words`, what cannot be done in `unsupported`.

use super::listening::Meter;
use super::pitch::Key;
use serde::{Deserialize, Serialize};

/// Whether voices were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VocalsWish {
    /// The prompt asks for voices.
    Wanted,
    /// The prompt asks for none.
    None,
}

/// A section that the prompt names, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionWish {
    /// "intro", "verse", "chorus" ..
    pub name: String,
    /// Bars, where the prompt says how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bars: Option<u32>,
}

/// Where in the prompt a field was read from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Understood {
    /// First byte of the words.
    pub start: usize,
    /// One past their last byte.
    pub end: usize,
    /// Which field they set.
    pub field: String,
    /// To what.
    pub value: String,
}

/// What a prompt asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// Id of a genre grammar.
    pub genre: Option<String>,
    /// Beats a minute.
    pub tempo_bpm: Option<f64>,
    /// Tempo relative to what the finetune or genre would choose, from words like "slow".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo_factor: Option<f64>,
    /// Key.
    pub key: Option<Key>,
    /// "major" or "minor" without a tonic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<bool>,
    /// Meter.
    pub meter: Option<Meter>,
    /// Mood words, by id.
    pub moods: Vec<String>,
    /// Instruments to use, by id.
    pub instruments: Vec<String>,
    /// Instruments, parts or genres to avoid, by id.
    pub avoid: Vec<String>,
    /// Voices.
    pub vocals: Option<VocalsWish>,
    /// Language of the voices, where the prompt names one.
    pub language: Option<String>,
    /// Length of the take.
    pub seconds: Option<f64>,
    /// Sections, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<SectionWish>,
    /// Words of the prompt that say something but were not understood.
    pub unknown_words: Vec<String>,
    /// What was understood but cannot be done, in words.
    pub unsupported: Vec<String>,
    /// Where each field came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub understood: Vec<Understood>,
}
