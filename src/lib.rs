//! leitmotif
pub mod audio;
pub mod domain;
pub mod listen;
