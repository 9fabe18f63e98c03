//! Opening the screens and leaving them: everything before the first frame and after the last.

use super::app::{App, Leave, OwnTheme};
use super::cx::Setup;
use super::draw::Look;
use super::glyphs::{self, ASCII, UNICODE};
use super::keymap::Keymap;
use super::pace::{FRAMES_HERE, FRAMES_SSH};
use super::run::{Ground, run as run_loop};
use super::terminal::Guard;
use super::theme::{Depth, SHIPPED, Theme};
use super::words::{clock, count};
use crate::domain::ids::JobId;
use crate::domain::job::{EventKind, Job};
use crate::store::StoreError;
use crate::studio::config::{Config, Terminal};
use crate::studio::{Announce, ErrorKind, ErrorReport, LocalStudio, Studio, StudioError};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Most bytes of a file of settings that are read.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// Opens the screens; returns the program's exit code.
#[expect(clippy::needless_pass_by_value, reason = "the face has the configuration to itself")]
pub fn run(config: Config, announce: Announce) -> u8 {
    if let Some(why) = cannot_show(&config.terminal) {
        say(&why);
        say("  hint: every command works here; leitmotif jobs watch follows the jobs line by line");
        return 2;
    }
    let (studio, refused) = match open(&config) {
        Ok(opened) => opened,
        Err(error) => return complain(&error.report()),
    };
    let studio: Arc<dyn Studio> = Arc::new(studio);
    // One who only looks on is no owner that could be asked.
    let socket = match refused {
        Some(report) => Err(looking_on(&report)),
        None => announce(Arc::clone(&studio), &config.home.socket()),
    };
    let logs = config.home.logs();
    let ground = Ground {
        studio: Arc::clone(&studio),
        guard: Guard::default(),
        logs,
        editor: None,
        frames: if config.terminal.ssh { FRAMES_SSH } else { FRAMES_HERE },
    };
    ground.guard.hook_panics();
    let left = run_loop(&ground, |size| app(&config, &*studio, socket.as_ref().err(), size));
    ground.guard.give_back();
    match left {
        Ok(leave) => after(&*studio, leave),
        // A terminal that cannot be written to is a terminal that is gone.
        Err(_) => after(&*studio, Leave::Silent),
    }
}

/// The studio; one that only looks on where the home may only be read, with the reason.
fn open(config: &Config) -> Result<(LocalStudio, Option<ErrorReport>), StudioError> {
    let watched = Config { watched: true, ..config.clone() };
    let refused = match LocalStudio::own(watched, "screens") {
        Ok(studio) => return Ok((studio, None)),
        Err(error) => error,
    };
    match &refused {
        StudioError::Store(StoreError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem =>
        {
            Ok((LocalStudio::look(config.clone())?, Some(refused.report())))
        }
        _ => Err(refused),
    }
}

/// Why nothing can be changed, and what to do about it.
fn looking_on(report: &ErrorReport) -> String {
    let hint = report.hints.first().map_or("", String::as_str);
    format!("only looking on: {}; {hint}", report.message)
}

/// Why no screen can be shown here.
fn cannot_show(terminal: &Terminal) -> Option<String> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Some("error: the screens need a terminal for input and output".to_owned());
    }
    if terminal.term == "dumb" || terminal.term.is_empty() {
        let words = "error: the screens need a terminal that can move its cursor";
        return Some(format!("{words}; TERM is \"{}\"", terminal.term));
    }
    None
}

fn app(config: &Config, studio: &dyn Studio, fault: Option<&String>, size: (u16, u16)) -> App {
    let mut notes = studio.notes();
    notes.extend(fault.cloned());
    let terminal = &config.terminal;
    let depth = match (terminal.no_color, terminal.true_color) {
        (true, _) => Depth::None,
        (false, true) => Depth::Full,
        (false, false) => Depth::Ansi,
    };
    let plain = !terminal.utf8 || terminal.term == "linux";
    let glyphs = match config.settings.glyphs.as_deref() {
        None | Some("auto") => None,
        Some(name) => {
            let set = glyphs::named(name);
            if set.is_none() {
                notes.push(format!("glyphs = \"{name}\": expected auto, unicode or ascii"));
            }
            set
        }
    };
    let glyphs = glyphs.unwrap_or(if plain { ASCII } else { UNICODE });
    let own_themes = own_themes(&config.home.themes(), &mut notes);
    let theme = theme(config.settings.theme.as_deref(), &own_themes, depth, &mut notes);
    let look = Look { theme, glyphs, ascii_text: !terminal.utf8 && !glyphs.braille };
    let keys = config.home.keys_file();
    let (keymap, faults) = match read(&keys) {
        Some(text) => Keymap::with(&text),
        None => (Keymap::default(), Vec::new()),
    };
    notes.extend(faults.iter().map(|f| f.sentence(&keys.display().to_string())));
    let setup = Setup {
        // Nobody is called that: the form then asks for a name.
        by: if config.by == "unknown" { String::new() } else { config.by.clone() },
        limits: config.settings.limits.clone(),
        ssh: terminal.ssh,
        folder: std::path::absolute(".").unwrap_or_default(),
        own_folder: config.own_folder.clone(),
        notes,
        debug: cfg!(debug_assertions),
    };
    App::new(setup, look, depth, keymap, own_themes, studio.is_owner(), size)
}

fn theme(name: Option<&str>, own: &[OwnTheme], depth: Depth, notes: &mut Vec<String>) -> Theme {
    let name = name.unwrap_or(SHIPPED[0].0);
    if let Some(found) = own.iter().find(|t| t.name == name) {
        let (theme, faults) = Theme::read(name, &found.text, depth);
        notes.extend(faults.iter().map(|f| f.sentence(&format!("themes/{name}.toml"))));
        return theme;
    }
    if !SHIPPED.iter().any(|(n, _)| *n == name) {
        let names: Vec<&str> = SHIPPED.iter().map(|(n, _)| *n).collect();
        notes.push(format!("there is no theme \"{name}\"; there are {}", names.join(", ")));
    }
    Theme::shipped(name, depth)
}

/// The user's themes, by name.
fn own_themes(folder: &Path, notes: &mut Vec<String>) -> Vec<OwnTheme> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut themes = Vec::new();
    for path in entries.flatten().map(|e| e.path()) {
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned());
        match (name, read(&path)) {
            (Some(name), Some(text)) => themes.push(OwnTheme { name, text }),
            _ => notes.push(format!("{} cannot be read", path.display())),
        }
    }
    themes.sort_by(|a, b| a.name.cmp(&b.name));
    themes
}

/// A small text file, if it is there.
fn read(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok()?.len();
    if size > FILE_MAX_BYTES {
        return None;
    }
    std::fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A flag that an interrupt sets; the second ends the program at once. The loop's own handlers are
/// deaf once it is gone, and the system's would not come back by themselves.
fn interrupts() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Without a handler an interrupt ends the program at once; its jobs are then lost and say so.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag));
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    flag
}

fn open_jobs(studio: &dyn Studio) -> Vec<Job> {
    let jobs = studio.jobs().unwrap_or_default();
    jobs.into_iter().filter(|j| !j.state.ended()).collect()
}

/// What is left to do once the screens are gone.
fn after(studio: &dyn Studio, leave: Leave) -> u8 {
    if leave == Leave::Now {
        return 0;
    }
    let interrupted = interrupts();
    for job in open_jobs(studio) {
        // Nobody is left to wake a job that rests; one that does not is not disturbed.
        let _ = studio.pause(job.job_id, false);
    }
    if matches!(leave, Leave::Follow | Leave::Silent) {
        follow(studio, leave == Leave::Follow, &interrupted);
        if !interrupted.load(Ordering::Relaxed) {
            return 0;
        }
    }
    for job in open_jobs(studio) {
        // It may have ended by itself just now.
        let _ = studio.stop(job.job_id);
    }
    for job in open_jobs(studio) {
        let _ = studio.wait(job.job_id);
    }
    if leave == Leave::Stop { 0 } else { ErrorKind::Stopped.exit_code() }
}

/// Waits for the jobs to end, with a line for every tenth where somebody reads; an interrupt ends
/// the wait.
fn follow(studio: &dyn Studio, aloud: bool, interrupted: &AtomicBool) {
    let events = studio.subscribe();
    if aloud {
        let open = count(open_jobs(studio).len(), "job", "jobs");
        say(&format!("following {open} to the end; ctrl-c stops them and keeps what is finished"));
    }
    let mut last: Vec<(JobId, i32)> = Vec::new();
    while !interrupted.load(Ordering::Relaxed) {
        let Ok(event) = events.recv_timeout(Duration::from_millis(300)) else {
            if open_jobs(studio).is_empty() {
                return;
            }
            continue;
        };
        let tenth = (event.progress * 10.0) as i32;
        let known = last.iter().any(|(id, t)| *id == event.job_id && *t >= tenth);
        if !aloud || known && event.kind != EventKind::Finished {
            continue;
        }
        last.retain(|(id, _)| *id != event.job_id);
        last.push((event.job_id, tenth));
        let eta = event.eta_s.map_or_else(String::new, |s| format!(", {} to go", clock(s)));
        let state = event.metrics.get("state").and_then(|s| s.as_str()).unwrap_or("runs");
        say(&format!("{} {state}, {:.0} %{eta}", event.job_id, event.progress * 100.0));
    }
}

fn say(words: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}

fn complain(report: &ErrorReport) -> u8 {
    say(&format!("error: {}", report.message));
    for hint in &report.hints {
        say(&format!("  hint: {hint}"));
    }
    report.kind.exit_code()
}
