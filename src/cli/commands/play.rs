//! `play`: hear a take, a track or a file.

use crate::cli::args::Play;
use crate::cli::follow::Interrupts;
use crate::cli::out::{Out, clock, stderr_is_terminal};
use crate::domain::ids::{TakeId, TrackId};
use crate::studio::importing::locate;
use crate::studio::{Hear, LocalStudio, Studio, StudioError};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Play, out: &Out) -> Result<u8, StudioError> {
    let path = path_of(studio, &args.what)?;
    let interrupts = Interrupts::listen()?;
    studio.play(&Hear { path: path.clone(), from_s: args.from, ..Hear::default() })?;
    let terminal = stderr_is_terminal();
    while let Some(playing) = studio.playing() {
        if interrupts.seen() {
            studio.stop_playing();
            break;
        }
        if terminal {
            let mut stderr = std::io::stderr().lock();
            let _ =
                write!(stderr, "\r{} / {}\x1b[K", clock(playing.at_s), clock(playing.duration_s));
            let _ = stderr.flush();
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    if terminal {
        out.say("");
    }
    if out.is_json() {
        out.value(&json!({ "played": path }));
    }
    Ok(if interrupts.seen() { 130 } else { 0 })
}

fn path_of(studio: &LocalStudio, what: &str) -> Result<PathBuf, StudioError> {
    if let Ok(id) = what.parse::<TakeId>() {
        return Ok(studio.take(&id)?.audio);
    }
    if let Ok(id) = what.parse::<TrackId>() {
        let datasets = studio.datasets()?;
        let member = datasets.iter().find_map(|d| d.member(&id));
        let member = member
            .ok_or(crate::store::StoreError::NotFound { what: "track", name: id.to_string() })?;
        return Ok(locate(studio.inner(), &member.track));
    }
    Ok(PathBuf::from(what))
}
