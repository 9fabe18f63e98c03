//! Judging: is a take a copy, does it sound like the artist, how varied is a dataset, how well is
//! music heard?
//!
//! Works on fingerprints and sound profiles; every figure is ranked among the same figures of the
//! dataset's own tracks. This layer must never know engines, stores or faces, and must never turn a
//! similarity into a verdict by a fixed line where the user's own music can give one.

pub mod accuracy;
pub mod bank;
pub mod class;
pub mod dataset;
pub mod fingerprint;
pub mod groove;
pub mod landmarks;
pub mod loops;
pub mod map;
pub mod matching;
pub mod near;
pub mod notes;
pub mod own;
pub mod recording;
pub mod style;
pub mod tune;
pub mod unseen;
pub mod verdict;

pub use fingerprint::Fingerprint;
pub use notes::Notes;
pub use own::Own;
pub use verdict::{Judge, Reference};

/// Changes whenever a fingerprint, a sketch, a distance or a line does.
pub const VERSION: u32 = 3;
