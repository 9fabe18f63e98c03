//! leitmotif
pub mod audio;
pub mod domain;
pub mod engine;
pub mod judge;
pub mod listen;
