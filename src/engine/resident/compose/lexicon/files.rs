//! The word lists as they lie in `words/`, one type a file.
//!
//! Must never hold a word itself: what is known is in the files.

use super::{Era, Instrument, Rhythm};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Words by what they mean.
pub type Words = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genres {
    pub words: Words,
    pub broad: Listed,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    pub words: Vec<String>,
    pub instruments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruments {
    pub instruments: BTreeMap<String, Instrument>,
    pub ensembles: BTreeMap<String, Ensemble>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearMode {
    pub near: String,
    pub words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Music {
    pub tempo_bpm: BTreeMap<String, f64>,
    pub tempo_factor: Words,
    pub notes: BTreeMap<String, i32>,
    pub german_notes: BTreeMap<String, i32>,
    pub alterations: Words,
    pub modes: Words,
    pub near_modes: BTreeMap<String, NearMode>,
    pub meters: Words,
    pub rhythms: BTreeMap<String, Rhythm>,
    pub eras: BTreeMap<String, Era>,
    pub production: Words,
    pub units: Words,
    pub lengths: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub words: Vec<String>,
    pub sections: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    pub words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    pub sections: Words,
    pub forms: BTreeMap<String, Form>,
    pub section_length: Words,
    pub section_energy: Words,
    pub curves: Words,
    pub endings: Words,
    #[serde(rename = "loop")]
    pub looped: Listed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Negation {
    pub words: Vec<String>,
    pub other_use: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    pub ends: Vec<String>,
    pub and: Vec<String>,
    pub or: Vec<String>,
    pub weaken: Vec<String>,
    pub only: Vec<String>,
    pub links: Vec<String>,
    pub to: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voices {
    pub words: Vec<String>,
    pub lyrics: Vec<String>,
    pub none: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grammar {
    pub negation: Negation,
    pub scope: Scopes,
    pub vocals: Voices,
    pub vocal_style: Words,
    pub languages: Words,
    pub numbers: Words,
    pub halves: Words,
    pub tails: Listed,
    pub function_words: Words,
    pub stop: Listed,
}
