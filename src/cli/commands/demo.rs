//! `demo`: the whole loop.

use super::generate::print_take;
use crate::cli::args::Demo;
use crate::cli::follow::{Interrupts, Show, follow};
use crate::cli::out::Out;
use crate::domain::work::StopToken;
use crate::store::Home;
use crate::studio::config::{Config, absolute};
use crate::studio::evaluation::words;
use crate::studio::{LocalStudio, Studio, StudioError, demo};

/// Runs the command.
pub fn run(args: &Demo, config: &Config, own_home: bool, out: &Out) -> Result<u8, StudioError> {
    let folder = absolute(&args.out)?;
    let mut config = config.clone();
    // A demo does not mix with the user's own work, unless that is asked for.
    if !own_home {
        config.home = Home::under(&folder.join("workspace"));
    }
    let studio = LocalStudio::own(config, "demo")?;
    let interrupts = Interrupts::listen()?;
    let stop = StopToken::default();
    out.say("making two styles of music to learn from");
    let events = studio.subscribe();
    let report = demo::run(
        &studio,
        &folder,
        |id| {
            if let Ok(job) = studio.job(id) {
                out.say(&format!("{} {}", job.kind.word(), job.what));
            }
            let end = follow(&studio, id, &events, out, Show::Words, &interrupts)?;
            match end.error {
                Some(error) => {
                    out.error(&error);
                    Err(StudioError::Internal(format!("the demo's job {id} did not end well")))
                }
                None => Ok(end),
            }
        },
        &stop,
    )?;
    if out.is_json() {
        out.value(&report);
    } else {
        for item in &report.takes {
            out.say(&format!("-- {}", item.style));
            print_take(&item.take, out);
            out.say(&format!("control, against {}: {}", item.control_style, words(&item.control)));
            let told = if item.told_apart {
                "ranks worse, as it must"
            } else {
                "does NOT rank worse: the judge is not to be trusted here"
            };
            out.say(&format!("the control {told}"));
        }
        out.say(&format!("the workspace of the demo is {}", report.home.display()));
    }
    Ok(u8::from(!report.told_apart))
}
