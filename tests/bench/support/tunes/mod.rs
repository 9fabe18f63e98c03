//! Pieces, what is done to them, how they are heard, and how often they are found.

pub mod hear;
pub mod material;
pub mod plan;
pub mod table;
pub mod teach;
pub mod variants;
