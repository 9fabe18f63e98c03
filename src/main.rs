//! The program: reads arguments, opens a face.

use leitmotif::cli::{self, Next};
use leitmotif::tui;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Next::Exit(code) => ExitCode::from(code),
        Next::Screens(config) => ExitCode::from(tui::run(*config)),
    }
}
