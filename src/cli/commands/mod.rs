//! One file a command.

pub mod check;
pub mod dataset;
pub mod demo;
pub mod doctor;
pub mod evaluate;
pub mod finetunes;
pub mod generate;
pub mod import;
pub mod jobs;
pub mod listen;
pub mod play;
pub mod takes;
pub mod train;
