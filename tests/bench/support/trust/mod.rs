//! What the bench of the copy check is made of.

pub mod cache;
pub mod changes;
pub mod matrix;
pub mod verdicts;
