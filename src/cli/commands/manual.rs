//! `completions` and `man`: made from the definitions of the arguments, so that they cannot be out
//! of date.

use crate::cli::args::Args;
use crate::cli::out::Out;
use crate::studio::StudioError;
use clap::CommandFactory;
use std::io::Write;

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "leitmotif", &mut text);
    print(&text)
}

/// Prints the manual page of the program, or of one command.
pub fn page(command: Option<&str>, out: &Out) -> u8 {
    let mut whole = Args::command();
    // Building gives the commands their full names.
    whole.build();
    let wanted = match command {
        None => Some(whole),
        Some(name) => whole.find_subcommand(name).cloned(),
    };
    let Some(wanted) = wanted else {
        let words = format!("there is no command \"{}\"", command.unwrap_or_default());
        return out.error(&StudioError::Usage(words).report());
    };
    let mut text = Vec::new();
    match clap_mangen::Man::new(wanted).render(&mut text) {
        Ok(()) => print(&text),
        Err(e) => out.error(&StudioError::Internal(e.to_string()).report()),
    }
}

/// A reader that went away is no error.
fn print(text: &[u8]) -> u8 {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
    0
}
