//! What a prompt was understood to ask.
//!
//! A field that the prompt does not mention is `None` or empty; only the language of voices falls
//! back on that of the prompt itself. Must never hold a guess: what was not understood is in
//! `unknown_words`, what cannot be done and what contradicts itself in `unsupported`.

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
    /// Factor on its usual length, from words like "short".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_factor: Option<f64>,
    /// Added to its usual energy, from words like "big".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_shift: Option<f64>,
}

impl SectionWish {
    /// A section of which only the name was said.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), bars: None, length_factor: None, energy_shift: None }
    }
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
    /// Slowest and fastest tempo, where the prompt gives a range; `tempo_bpm` is its middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo_range_bpm: Option<(f64, f64)>,
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
    /// Whether nothing but these instruments may play.
    #[serde(skip_serializing_if = "is_false")]
    pub only: bool,
    /// Instruments, parts, genres, moods or sections to avoid, by id.
    pub avoid: Vec<String>,
    /// Voices.
    pub vocals: Option<VocalsWish>,
    /// How the voices should sound, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vocal_style: Vec<String>,
    /// Language of the voices: the one that is named, else that of the prompt, else English; `None`
    /// without voices and without a name.
    pub language: Option<String>,
    /// Length of the take.
    pub seconds: Option<f64>,
    /// Length of the take in bars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<u32>,
    /// Sections, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<SectionWish>,
    /// Grooves by name, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rhythms: Vec<String>,
    /// Decade whose instruments are wanted, "80s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub era: Option<String>,
    /// How it should be produced, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub production: Vec<String>,
    /// How the energy goes: "build", "fall", "flat" or "arc".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// How it ends: `fade`, `hard` or `slow_down`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// Whether it should go round without an end.
    #[serde(skip_serializing_if = "is_false")]
    pub looped: bool,
    /// Chords as Roman numerals, one a bar.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub progression: Vec<String>,
    /// Words of the prompt that say something but were not understood.
    pub unknown_words: Vec<String>,
    /// What was understood but cannot be done, in words.
    pub unsupported: Vec<String>,
    /// Where each field came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub understood: Vec<Understood>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature is serde's.
fn is_false(value: &bool) -> bool {
    !value
}
