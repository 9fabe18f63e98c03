//! Material of the bench of variety.

pub mod hear;
