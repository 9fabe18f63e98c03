//! The notes layer of the copy check: is a take's tune one of the dataset's?
//!
//! Two ways, which must not know of each other. [`sketch`] and [`likeness`] work on any sound: chroma
//! on the beat grid, joined along diagonals. [`mod@line`] and [`motif`] work where notes are known, of a
//! score or a transcription: the same intervals in the same rhythm, weighed by how rarely music has
//! them. [`rules`] says what the figures amount to. This layer must never take a shared progression
//! for a shared tune, nor say anything about sound that it could not measure.

mod background;
mod chroma;
mod counts;
pub mod likeness;
pub mod line;
pub mod motif;
pub mod qmax;
pub mod rules;
pub mod sketch;

pub use likeness::{Likeness, Prepared, TuneSpan, compare};
pub use line::Line;
pub use motif::MotifSpan;
pub use sketch::{NotMeasured, Sketch};
