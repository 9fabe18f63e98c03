//! What a piece of work sees of the world that runs it: an observer and a stop token.
//!
//! Must never know who listens: a terminal, a file or nobody.

use super::job::Phase;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A flag that asks work to stop, or to rest. Work looks at it between steps; stopping is a
/// result, no error of the program.
#[derive(Clone, Debug, Default)]
pub struct StopToken(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    stop: AtomicBool,
    rests: AtomicBool,
    paused: Mutex<bool>,
    changed: Condvar,
}

impl StopToken {
    /// Asks for the stop. Work that rests wakes up to stop.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
        let _held = self.0.paused.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.changed.notify_all();
    }

    /// Asks for a rest at the next step, or for the end of it.
    pub fn pause(&self, paused: bool) {
        let mut held = self.0.paused.lock().unwrap_or_else(PoisonError::into_inner);
        *held = paused;
        self.0.rests.store(paused, Ordering::Relaxed);
        self.0.changed.notify_all();
    }

    /// Whether a stop was asked for. Never waits.
    pub fn asked(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Whether a rest was asked for.
    pub fn paused(&self) -> bool {
        self.0.rests.load(Ordering::Relaxed)
    }

    /// Whether a stop was asked for; waits here as long as a rest was.
    pub fn stopped(&self) -> bool {
        if self.paused() {
            let mut held = self.0.paused.lock().unwrap_or_else(PoisonError::into_inner);
            while *held && !self.asked() {
                held = self.0.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
        }
        self.asked()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    #[test]
    fn work_rests_until_it_may_go_on_or_must_stop() {
        let token = StopToken::default();
        let steps = AtomicU32::new(0);
        token.pause(true);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !token.stopped() {
                    steps.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            std::thread::sleep(Duration::from_millis(30));
            assert_eq!(steps.load(Ordering::Relaxed), 0);
            token.pause(false);
            while steps.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            token.pause(true);
            token.stop();
        });
        assert!(token.asked() && token.check().is_err());
    }
}
