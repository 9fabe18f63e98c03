//! Measures of takes for the bench of the sound.

pub mod heard;
