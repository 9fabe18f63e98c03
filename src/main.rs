//! The program: reads arguments, opens a face.

use leitmotif::cli::{self, Next};
use leitmotif::studio::Studio;
use leitmotif::{api, tui};
use std::any::Any;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    match cli::run(std::env::args_os(), announce) {
        Next::Exit(code) => ExitCode::from(code),
        Next::Screens(config) => ExitCode::from(tui::run(*config, announce)),
    }
}

/// The one place where a face meets the owner's socket.
fn announce(studio: Arc<dyn Studio>, socket: &Path) -> Result<Box<dyn Any>, String> {
    match api::answer(studio, socket) {
        Ok(server) => Ok(Box::new(server)),
        Err(error) => Err(error.to_string()),
    }
}
