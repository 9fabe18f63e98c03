//! Samples and signal processing: decoding, resampling, spectra, level, encoding.
//!
//! Everything is a function of its input. This layer must never know what a track, a beat or a
//! finetune is, and must never use unbounded memory on a bad file.

pub mod buffer;
pub mod decode;
pub mod encode;
pub mod hpss;
pub mod limiter;
pub mod loudness;
pub mod peaks;
pub mod resample;
pub mod resynthesis;
pub mod stft;
pub mod varispeed;

pub use buffer::Audio;
