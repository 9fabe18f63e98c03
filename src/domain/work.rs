//! What a piece of work sees of the world that runs it: an observer and a stop token.
//!
//! Must never know who listens: a terminal, a file or nobody.

use super::job::Phase;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that asks work to stop. Work looks at it between steps; stopping is a result, no error
/// of the program.
#[derive(Clone, Debug, Default)]
pub struct StopToken(Arc<AtomicBool>);

impl StopToken {
    /// Asks for the stop.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// `Err(Stopped)` once a stop was asked for; for `?` between steps.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.stopped() { Err(Stopped) } else { Ok(()) }
    }
}

/// Work was stopped because somebody asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// What an engine should do after a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on learning.
    GoOn,
    /// This is the best so far: keep it, go on.
    Best,
    /// Enough.
    Stop,
}

/// Hears how work goes on. Called from the thread that does the work; must return quickly.
pub trait Observer: Send + Sync {
    /// `done` of `total` units of a phase are done. Units are whatever the phase counts.
    fn progress(&self, phase: Phase, done: f64, total: f64);

    /// A line for the log.
    fn log(&self, message: &str);

    /// A figure of a phase.
    fn metric(&self, phase: Phase, name: &str, value: Value);

    /// Something that can be resumed or judged exists at this step.
    fn checkpoint(&self, _step: u64) -> Decision {
        Decision::GoOn
    }
}

/// An observer that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _: Phase, _: f64, _: f64) {}
    fn log(&self, _: &str) {}
    fn metric(&self, _: Phase, _: &str, _: Value) {}
}
