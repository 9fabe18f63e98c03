//! Following a job: a bar on a terminal, plain lines elsewhere, JSON lines where a stream is asked
//! for.
//!
//! An interrupt asks the job to stop; a second one ends the program at once. A lost terminal is no
//! reason to stop.

use super::out::{Out, clock, stderr_is_terminal};
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind};
use crate::studio::{JobEnd, Studio, StudioError, Work};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// Set by an interrupt.
#[derive(Clone)]
pub struct Interrupts(Arc<AtomicBool>);

impl Interrupts {
    /// Listens for interrupts from now on.
    pub fn listen() -> Result<Self, StudioError> {
        let flag = Arc::new(AtomicBool::new(false));
        let failed = |e: std::io::Error| StudioError::Internal(format!("no signal handler: {e}"));
        for signal in [SIGINT, SIGTERM] {
            // The second of its kind ends the program at once; the first sets the flag.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))
                .map_err(failed)?;
            signal_hook::flag::register(signal, Arc::clone(&flag)).map_err(failed)?;
        }
        // A hang-up is taken note of and nothing else: the work goes on without a terminal.
        signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false))).map_err(failed)?;
        Ok(Self(flag))
    }

    /// Whether there was one.
    pub fn seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a job is shown while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Bar or lines, to standard error.
    Words,
    /// Every event as a line of JSON, to standard output.
    Stream,
}

/// Submits work, follows it to its end and returns that.
pub fn run(studio: &dyn Studio, work: Work, out: &Out, show: Show) -> Result<JobEnd, StudioError> {
    let interrupts = Interrupts::listen()?;
    let events = studio.subscribe();
    let id = studio.submit(work)?;
    follow(studio, id, &events, out, show, &interrupts)
}

/// Follows a job that was submitted.
pub fn follow(
    studio: &dyn Studio,
    id: JobId,
    events: &std::sync::mpsc::Receiver<Event>,
    out: &Out,
    show: Show,
    interrupts: &Interrupts,
) -> Result<JobEnd, StudioError> {
    let mut shown = Shown::new(out, show);
    let mut asked = false;
    loop {
        if interrupts.seen() && !asked {
            asked = true;
            shown.end_line();
            out.say(&format!("stopping {id}; interrupt again to leave at once"));
            // It may have ended just now; its end then comes anyway.
            let _ = studio.stop(id);
        }
        match events.recv_timeout(Duration::from_millis(100)) {
            Ok(event) if event.job_id == id => {
                shown.event(&event);
                if event.kind == EventKind::Finished {
                    break;
                }
            }
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    shown.end_line();
    studio.wait(id)
}

/// What is on the screen of a job.
pub struct Shown<'a> {
    out: &'a Out,
    show: Show,
    terminal: bool,
    open_line: bool,
    last_tenth: i32,
    last_phase: Option<crate::domain::job::Phase>,
}

impl<'a> Shown<'a> {
    /// Nothing yet.
    pub fn new(out: &'a Out, show: Show) -> Self {
        Self {
            out,
            show,
            terminal: stderr_is_terminal(),
            open_line: false,
            last_tenth: -1,
            last_phase: None,
        }
    }

    /// Shows an event.
    pub fn event(&mut self, event: &Event) {
        if self.show == Show::Stream {
            self.out.value(event);
            return;
        }
        match event.kind {
            EventKind::Log => {
                let message = event.metrics.get("message").and_then(|m| m.as_str()).unwrap_or("");
                self.end_line();
                self.out.say(message);
            }
            EventKind::Progress if self.terminal => self.bar(event),
            EventKind::Progress => self.plain(event),
            _ => {}
        }
    }

    /// Ends a bar's line.
    pub fn end_line(&mut self) {
        if self.open_line {
            let _ = writeln!(std::io::stderr().lock());
            self.open_line = false;
        }
    }

    fn bar(&mut self, event: &Event) {
        const CELLS: usize = 28;
        let filled = (event.progress * CELLS as f64) as usize;
        let phase = event.phase.map_or("", crate::domain::job::Phase::word);
        let eta = event.eta_s.map_or_else(String::new, |s| format!("  {} to go", clock(s)));
        let mut stderr = std::io::stderr().lock();
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(CELLS - filled.min(CELLS)));
        let _ = write!(stderr, "\r{phase:<9}[{bar}] {:>3.0} %{eta}\x1b[K", event.progress * 100.0);
        let _ = stderr.flush();
        self.open_line = true;
    }

    /// A line for every phase and every tenth.
    fn plain(&mut self, event: &Event) {
        let tenth = (event.progress * 10.0) as i32;
        if event.phase == self.last_phase && tenth == self.last_tenth {
            return;
        }
        (self.last_phase, self.last_tenth) = (event.phase, tenth);
        let phase = event.phase.map_or("", crate::domain::job::Phase::word);
        let eta = event.eta_s.map_or_else(String::new, |s| format!(", {} to go", clock(s)));
        self.out.say(&format!("{} {phase} {:.0} %{eta}", event.job_id, event.progress * 100.0));
    }
}

/// A job's result, or its error.
pub fn result<T: serde::de::DeserializeOwned>(
    end: JobEnd,
    out: &Out,
) -> Result<Result<T, u8>, StudioError> {
    if let Some(error) = end.error {
        return Ok(Err(out.error(&error)));
    }
    let value = end.job.result.unwrap_or_default();
    serde_json::from_value(value).map(Ok).map_err(|e| StudioError::Internal(e.to_string()))
}
