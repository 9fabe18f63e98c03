//! Writing: prompt to brief, brief to plan, plan to score.
//!
//! Grammars and statistics of two kinds, those of genres (data files) and those of a dataset
//! ([`manner`]). Every stage is pure and seeded. Must never touch sound.

pub mod bass;
pub mod brief;
pub mod comp;
pub mod drums;
pub mod form;
pub mod genre;
pub mod harmony;
pub mod lexicon;
pub mod manner;
pub mod melody;
pub mod phrase;
pub mod plan;
pub mod roman;
pub mod score;
