//! The command line: arguments in, data to standard output, words to standard error.
//!
//! One file a command under `commands`. Must never compute anything itself: what a command does is
//! the studio's.

pub mod args;
mod commands;
mod follow;
mod out;

use crate::studio::config::{Config, THREADS_MAX};
use crate::studio::{Announce, ErrorKind, ErrorReport, LocalStudio, Studio, StudioError};
use args::{Args, Command};
use clap::Parser;
use out::Out;
use std::any::Any;
use std::ffi::OsString;
use std::ops::Deref;
use std::sync::Arc;

/// What the program should do after the arguments were read.
pub enum Next {
    /// Nothing: end with this code.
    Exit(u8),
    /// Open the screens with this configuration.
    Screens(Box<Config>),
}

/// Reads arguments and runs the command; without one the screens are wanted.
pub fn run(arguments: impl IntoIterator<Item = OsString>, announce: Announce) -> Next {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors.
            if !error.use_stderr() {
                let _ = error.print();
                return Next::Exit(0);
            }
            // Arguments that could not be read may still say how the error is to be told.
            let json = arguments.iter().take_while(|a| *a != "--").any(|a| a == "--json");
            if !json {
                let _ = error.print();
                return Next::Exit(ErrorKind::Usage.exit_code());
            }
            let text = error.render().to_string();
            let message = text.lines().next().unwrap_or_default();
            let message = message.strip_prefix("error: ").unwrap_or(message).to_owned();
            let hints = vec!["leitmotif help COMMAND lists what can be asked for".to_owned()];
            let report = ErrorReport { kind: ErrorKind::Usage, message, hints };
            return Next::Exit(Out::new(true).error(&report));
        }
    };
    let out = Out::new(args.json);
    match &args.command {
        Some(Command::Completions { shell }) => {
            return Next::Exit(commands::manual::completions(*shell));
        }
        Some(Command::Man { command }) => {
            return Next::Exit(commands::manual::page(command.as_deref(), &out));
        }
        _ => {}
    }
    if let Some(threads) = args.threads.filter(|t| !(1..=THREADS_MAX).contains(t)) {
        let words = format!("--threads {threads}: 1 to {THREADS_MAX} can be used");
        return Next::Exit(out.error(&StudioError::Usage(words).report()));
    }
    let config = match Config::load(args.home.as_deref()) {
        Ok(mut config) => {
            if args.threads.is_some() {
                config.settings.threads = args.threads;
            }
            config
        }
        Err(error) => return Next::Exit(out.error(&error.report())),
    };
    let Some(command) = args.command else { return Next::Screens(Box::new(config)) };
    let own_home = args.home.is_some();
    match dispatch(&command, &config, &out, own_home, &arguments, announce) {
        Ok(code) => Next::Exit(code),
        Err(error) => Next::Exit(out.error(&error.report())),
    }
}

/// A studio that owns its home, and its socket, which goes first.
struct Owned {
    _socket: Option<Box<dyn Any>>,
    studio: Arc<LocalStudio>,
}

impl Deref for Owned {
    type Target = LocalStudio;

    fn deref(&self) -> &LocalStudio {
        &self.studio
    }
}

fn dispatch(
    command: &Command,
    config: &Config,
    out: &Out,
    own_home: bool,
    arguments: &[OsString],
    announce: Announce,
) -> Result<u8, StudioError> {
    let what = command.name();
    let own = || {
        let studio = Arc::new(LocalStudio::own(config.clone(), what)?);
        for note in studio.inner().store.notes() {
            out.say(note);
        }
        let shown: Arc<dyn Studio> = Arc::<LocalStudio>::clone(&studio);
        let socket = announce(shown, &config.home.socket()).map_err(|why| out.say(&why)).ok();
        Ok::<_, StudioError>(Owned { _socket: socket, studio })
    };
    let look = || LocalStudio::look(config.clone());
    match command {
        Command::Demo(a) => commands::demo::run(a, config, own_home, out),
        Command::Import(a) => commands::import::run(&*own()?, a, out),
        Command::Listen(a) => commands::listen::run(&look()?, a, out),
        Command::Dataset(a) if a.only_looks() => commands::dataset::run(&look()?, a, out),
        Command::Dataset(a) => commands::dataset::run(&*own()?, a, out),
        Command::Check(a) => commands::check::check(&look()?, a, out),
        Command::Screen(a) => commands::check::screen(&look()?, a, out),
        Command::Train(a) if a.detach => commands::train::detach(&look()?, a, arguments, out),
        Command::Train(a) => commands::train::run(&*own()?, a, out),
        Command::Finetunes(a) if a.only_looks() => commands::finetunes::run(&look()?, a, out),
        Command::Finetunes(a) => commands::finetunes::run(&*own()?, a, out),
        Command::Plan(a) => commands::generate::plan(&look()?, a, out),
        Command::Generate(a) => commands::generate::run(&*own()?, a, out),
        Command::Takes(a) if a.only_looks() => commands::takes::run(&look()?, a, out),
        Command::Takes(a) => commands::takes::run(&*own()?, a, out),
        Command::Play(a) => commands::play::run(&look()?, a, out),
        Command::Evaluate(a) => commands::evaluate::run(&*own()?, a, out),
        Command::Compare(a) => commands::evaluate::compare_two(&look()?, a, out),
        Command::Jobs(a) => match commands::jobs::to_go_on_with(&look()?, a)? {
            Some(job) => commands::jobs::go_on(&*own()?, job, out),
            None => commands::jobs::run(&look()?, a, out),
        },
        Command::Doctor => commands::doctor::run(&look()?, out),
        Command::Selftest(a) => commands::selftest::run(&look()?, a, out),
        Command::Config(a) => commands::config::run(config, a, out),
        // Both need no home and were answered before one was looked for.
        Command::Completions { .. } | Command::Man { .. } => Ok(0),
    }
}
