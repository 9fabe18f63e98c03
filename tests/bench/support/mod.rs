//! What benches share: children whose processor time and memory are read, and a folder to work in.

pub mod child;
pub mod control;
