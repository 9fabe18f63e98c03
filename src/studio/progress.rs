//! Progress and time to go of a job, from work done and measured speeds.
//!
//! A job says how much work each of its phases holds; how long a unit takes on this machine is
//! remembered from earlier jobs. Progress is the expected time of the work done over that of all
//! work, and never falls.

use super::clock::Clock;
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind, JobKind, Phase};
use crate::domain::work::{Observer, StopToken};
use crate::store::Store;
use crate::store::files::{read_json, write_json};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Least time between two progress events.
const EVERY_S: f64 = 0.25;
/// Weight of a new measurement against what is remembered.
const NEWS: f64 = 0.4;

/// Locks a mutex; a thread that died while it held it left nothing half done that matters here.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands events to whoever subscribed.
#[derive(Default)]
pub struct Bus {
    listeners: Mutex<Vec<Sender<Event>>>,
}

impl Bus {
    /// Events from now on.
    pub fn subscribe(&self) -> Receiver<Event> {
        let (sender, receiver) = channel();
        locked(&self.listeners).push(sender);
        receiver
    }

    fn send(&self, event: &Event) {
        locked(&self.listeners).retain(|l| l.send(event.clone()).is_ok());
    }
}

/// Units of work a second, by job kind and phase.
pub type Rates = BTreeMap<String, f64>;

fn rate_name(kind: JobKind, phase: Phase) -> String {
    format!("{}.{}", kind.word(), phase.word())
}

/// Speeds before anything was measured, for two ordinary cores. Units are seconds of music.
fn default_rate(kind: JobKind, phase: Phase) -> f64 {
    match (kind, phase) {
        // Training listens for notes too.
        (JobKind::Train, Phase::Listen) => 20.0,
        (_, Phase::Listen) => 250.0,
        (JobKind::Train, Phase::Sound) => 300.0,
        (JobKind::Generate, Phase::Render) => 60.0,
        (_, Phase::Evaluate) => 150.0,
        _ => 5_000.0,
    }
}

struct PhasePlan {
    phase: Phase,
    units: f64,
    expected_s: f64,
    share_done: f64,
    started_s: Option<f64>,
    ended_s: Option<f64>,
}

struct State {
    seq: u64,
    phases: Vec<PhasePlan>,
    current: Option<Phase>,
    progress: f64,
    started_s: f64,
    last_s: f64,
    rest_since_s: Option<f64>,
}

/// Reports one job: the observer that the work sees.
pub struct Reporter {
    job_id: JobId,
    kind: JobKind,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<Bus>,
    stop: StopToken,
    state: Mutex<State>,
}

impl Reporter {
    /// A reporter for a job; `stop` is set when another process leaves word that it should stop.
    pub fn new(
        job_id: JobId,
        kind: JobKind,
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        bus: Arc<Bus>,
        stop: StopToken,
    ) -> Self {
        let started_s = clock.monotonic_s();
        let state = State {
            seq: 0,
            phases: Vec::new(),
            current: None,
            progress: 0.0,
            started_s,
            last_s: f64::MIN,
            rest_since_s: None,
        };
        Self { job_id, kind, store, clock, bus, stop, state: Mutex::new(state) }
    }

    /// Says how much work the phases hold, in units that grow with the time they take.
    pub fn plan(&self, phases: &[(Phase, f64)]) {
        let rates: Rates = read_json(&self.store.home().rates()).ok().flatten().unwrap_or_default();
        let mut state = locked(&self.state);
        state.started_s = self.clock.monotonic_s();
        state.phases = phases
            .iter()
            .map(|(phase, units)| {
                let name = rate_name(self.kind, *phase);
                let rate = rates.get(&name).copied().filter(|r| *r > 0.0 && r.is_finite());
                let rate = rate.unwrap_or_else(|| default_rate(self.kind, *phase));
                PhasePlan {
                    phase: *phase,
                    units: *units,
                    // A tenth of a second each, so that no phase is invisible.
                    expected_s: units / rate + 0.1,
                    share_done: 0.0,
                    started_s: None,
                    ended_s: None,
                }
            })
            .collect();
    }

    /// Says that a phase is over, however far it got.
    pub fn end_phase(&self, phase: Phase) {
        self.progress(phase, 1.0, 1.0);
    }

    /// An event of a kind, with figures.
    pub fn event(&self, kind: EventKind, metrics: Map<String, Value>) {
        let mut state = locked(&self.state);
        if kind == EventKind::Finished
            && metrics.get("state").and_then(Value::as_str) == Some("done")
        {
            state.progress = 1.0;
        }
        self.emit(&mut state, kind, metrics);
    }

    /// Says that the job rests or goes on. Time at rest counts for no rate and no estimate.
    pub fn rests(&self, paused: bool) {
        let now = self.clock.monotonic_s();
        let mut state = locked(&self.state);
        let words = if paused { "paused" } else { "goes on" };
        match (paused, state.rest_since_s) {
            (true, None) => state.rest_since_s = Some(now),
            (false, Some(since)) => {
                let rested = now - since;
                state.rest_since_s = None;
                state.started_s += rested;
                for plan in state.phases.iter_mut().filter(|p| p.ended_s.is_none()) {
                    plan.started_s = plan.started_s.map(|s| s + rested);
                }
            }
            _ => return,
        }
        let mut metrics = Map::new();
        metrics.insert("message".to_owned(), words.into());
        metrics.insert("paused".to_owned(), paused.into());
        self.emit(&mut state, EventKind::Log, metrics);
    }

    /// Remembers the speeds that were measured.
    pub fn remember_rates(&self) {
        let path = self.store.home().rates();
        let mut rates: Rates = read_json(&path).ok().flatten().unwrap_or_default();
        for plan in &locked(&self.state).phases {
            let (Some(from), Some(to)) = (plan.started_s, plan.ended_s) else { continue };
            // Very short phases measure nothing but the clock.
            if to - from < 0.2 || plan.units <= 0.0 {
                continue;
            }
            let measured = plan.units / (to - from);
            let name = rate_name(self.kind, plan.phase);
            let old = rates.get(&name).copied().unwrap_or(measured);
            rates.insert(name, old * (1.0 - NEWS) + measured * NEWS);
        }
        // A convenience: without it the next estimate is worse, nothing else.
        let _ = write_json(&path, &rates);
    }

    fn emit(&self, state: &mut State, kind: EventKind, metrics: Map<String, Value>) {
        let event = Event {
            seq: state.seq,
            at: self.clock.now(),
            job_id: self.job_id,
            kind,
            phase: state.current,
            progress: (state.progress * 10_000.0).round() / 10_000.0,
            eta_s: if kind == EventKind::Finished {
                None
            } else {
                eta(state, self.clock.monotonic_s())
            },
            metrics,
        };
        state.seq += 1;
        // A full disk must not stop work that could still end well; the end of the job is written
        // again with its record, which does report.
        let _ = self.store.append_event(&event);
        self.bus.send(&event);
        if !self.stop.asked() && self.store.asked_to_stop(self.job_id) {
            self.stop.stop();
        }
    }
}

/// Time to go: what is expected of the rest, corrected by how the work done compared with what was
/// expected of it. Unknown at first.
fn eta(state: &State, now_s: f64) -> Option<f64> {
    let all: f64 = state.phases.iter().map(|p| p.expected_s).sum();
    let done: f64 = state.phases.iter().map(|p| p.expected_s * p.share_done).sum();
    let elapsed = now_s - state.started_s;
    if done < 0.03 * all || done <= 0.0 || elapsed < 0.5 {
        return None;
    }
    let left = (all - done) * elapsed / done;
    Some((left * 10.0).round() / 10.0)
}

impl Observer for Reporter {
    fn progress(&self, phase: Phase, done: f64, total: f64) {
        let now = self.clock.monotonic_s();
        let mut state = locked(&self.state);
        let share = if total > 0.0 { (done / total).clamp(0.0, 1.0) } else { 1.0 };
        let known = state.phases.iter().find(|p| p.phase == phase);
        if known.is_some_and(|p| p.ended_s.is_some()) {
            // The phase is over; nothing new can be said of it.
            return;
        }
        let changed = state.current != Some(phase);
        state.current = Some(phase);
        if let Some(plan) = state.phases.iter_mut().find(|p| p.phase == phase) {
            plan.started_s.get_or_insert(now);
            plan.share_done = plan.share_done.max(share);
            if share >= 1.0 {
                plan.ended_s.get_or_insert(now);
            }
        }
        let all: f64 = state.phases.iter().map(|p| p.expected_s).sum();
        let sum: f64 = state.phases.iter().map(|p| p.expected_s * p.share_done).sum();
        // The last hundredth is the job's end itself.
        let progress = if all > 0.0 { 0.99 * sum / all } else { 0.0 };
        state.progress = state.progress.max(progress);
        if changed || share >= 1.0 || now - state.last_s >= EVERY_S {
            state.last_s = now;
            self.emit(&mut state, EventKind::Progress, Map::new());
        }
    }

    fn log(&self, message: &str) {
        let mut metrics = Map::new();
        metrics.insert("message".to_owned(), message.into());
        self.event(EventKind::Log, metrics);
    }

    fn metric(&self, phase: Phase, name: &str, value: Value) {
        let mut metrics = Map::new();
        metrics.insert(name.to_owned(), value);
        let mut state = locked(&self.state);
        state.current = Some(phase);
        self.emit(&mut state, EventKind::Progress, metrics);
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::SteppingClock;
    use super::*;
    use crate::store::Home;

    #[test]
    fn progress_never_falls_and_ends_at_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::own(Home::under(dir.path()), "test", "t").unwrap());
        let bus = Arc::new(Bus::default());
        let events = bus.subscribe();
        let clock: Arc<dyn Clock> = Arc::new(SteppingClock::default());
        std::fs::create_dir_all(dir.path().join("state/jobs/j1")).unwrap();
        let reporter = Reporter::new(
            JobId(1),
            JobKind::Train,
            store.clone(),
            clock,
            bus,
            StopToken::default(),
        );
        reporter.plan(&[(Phase::Listen, 1000.0), (Phase::Sound, 1000.0), (Phase::Evaluate, 500.0)]);
        for (phase, done) in [
            (Phase::Listen, 5.0),
            (Phase::Listen, 10.0),
            (Phase::Sound, 1.0),
            (Phase::Listen, 2.0),
            (Phase::Sound, 10.0),
            (Phase::Evaluate, 10.0),
        ] {
            reporter.progress(phase, done, 10.0);
        }
        let mut end = Map::new();
        end.insert("state".into(), "done".into());
        reporter.event(EventKind::Finished, end);
        reporter.remember_rates();
        drop(reporter);
        let seen: Vec<Event> = events.iter().collect();
        assert!(
            seen.windows(2).all(|w| w[0].progress <= w[1].progress && w[0].seq + 1 == w[1].seq)
        );
        assert_eq!(seen.last().unwrap().progress, 1.0);
        assert!(seen.iter().any(|e| e.progress > 0.05 && e.progress < 0.95));
        assert!(seen.iter().any(|e| e.eta_s.is_some()));
        assert_eq!(store.events(JobId(1)).unwrap(), seen);
        let rates: Rates = read_json(&store.home().rates()).unwrap().unwrap();
        assert!(rates["train.listen"] > 0.0);
    }
}
