//! Writing: prompt to brief, brief to plan, plan to score.
//!
//! Grammars and statistics of two kinds, those of genres (data files) and those of a dataset
//! ([`manner`]). Every stage is pure and seeded. Must never touch sound.

/// Version of how prompts are read and scores are written. A take's id depends on it: where the
/// same prompt is written otherwise, it is another take.
pub const VERSION: u32 = 2;

pub mod bass;
pub mod brief;
pub mod comp;
pub mod drums;
pub mod form;
pub mod genre;
pub mod groove;
pub mod harmony;
pub mod lexicon;
pub mod manner;
pub mod melody;
pub mod phrase;
pub mod plan;
pub mod roman;
pub mod score;
