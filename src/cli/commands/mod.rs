//! One file a command.

use super::out::Out;
use crate::store::index::Kind;
use crate::studio::{LocalStudio, StudioError};

pub mod check;
pub mod config;
pub mod dataset;
pub mod demo;
pub mod doctor;
pub mod evaluate;
pub mod finetunes;
pub mod generate;
pub mod import;
pub mod jobs;
pub mod listen;
pub mod manual;
pub mod play;
pub mod selftest;
pub mod takes;
pub mod train;

/// Lists leave out what cannot be read; they must not do so silently.
fn say_what_is_damaged(studio: &LocalStudio, kind: Kind, out: &Out) -> Result<(), StudioError> {
    for error in studio.inner().store.damaged(kind)? {
        out.say(&format!("left out: {error}"));
    }
    Ok(())
}
