//! leitmotif
pub mod audio;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod judge;
pub mod listen;
pub mod store;
pub mod studio;
pub mod tui;
