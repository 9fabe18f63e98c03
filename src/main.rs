//! The program: reads arguments, opens a face.

use leitmotif::cli::{self, Next};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Next::Exit(code) => ExitCode::from(code),
        Next::Screens(_config) => ExitCode::from(2),
    }
}
