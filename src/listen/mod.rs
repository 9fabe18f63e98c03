//! Hearing: samples in, [`Listening`] out, with the features that grains and judges are made of.
//!
//! [`ear::Ear`] takes a stream block by block; what it needs at the end fits in memory for the
//! longest track allowed. Everything is a pure function of the samples. This layer must never
//! invent: music without a beat has no tempo, noise has no key.
//!
//! [`Listening`]: crate::domain::listening::Listening

pub mod chords;
pub mod confidence;
pub mod decay;
pub mod ear;
pub mod feel;
pub mod file;
pub mod key;
pub mod midi;
pub mod notes;
pub mod octaves;
pub mod onsets;
pub mod partials;
pub mod pitches;
pub mod pointer;
pub mod production;
pub mod profile;
pub mod quality;
pub mod rhythm;
pub mod sections;
pub mod slices;
pub mod spans;
pub mod spectra;
pub mod strokes;
pub mod timbres;
pub mod tonality;

pub use ear::{Ear, Hearing};

/// Changes whenever a parameter of the analysis does: a cached record of another version is not
/// used, because every rank computed from it would silently shift.
pub const VERSION: u32 = 5;

/// Rate at which music is analysed, Hz.
pub const RATE_HZ: u32 = 22_050;
