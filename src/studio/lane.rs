//! The queue: jobs run one after another on a thread of their own.
//!
//! A job that panics is a failed job, not a dead program. Waiting jobs can be taken back, running
//! ones are asked to stop.

use super::local::Inner;
use super::progress::{Reporter, locked};
use super::{ErrorKind, ErrorReport, JobEnd, StudioError, Work};
use super::{evaluation, generation, importing, training};
use crate::domain::ids::JobId;
use crate::domain::job::{EventKind, Job, JobState};
use crate::domain::work::{Observer, StopToken};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often a running job looks for word from other processes.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Most jobs that wait.
const QUEUE_MAX: usize = 64;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(JobId, Work)>,
    stops: HashMap<JobId, StopToken>,
    running: Option<(JobId, Arc<Reporter>)>,
    ends: HashMap<JobId, JobEnd>,
    started: bool,
    closing: bool,
}

/// The queue of a studio.
#[derive(Default)]
pub struct Lane {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Lane {
    /// Puts work into the queue and starts the thread with the first.
    ///
    /// `continues` is the job that ended too soon, where its work is gone on with.
    pub fn submit(
        inner: &Arc<Inner>,
        work: Work,
        continues: Option<JobId>,
    ) -> Result<JobId, StudioError> {
        let lane = &inner.lane;
        let mut queue = locked(&lane.queue);
        if queue.waiting.len() >= QUEUE_MAX {
            return Err(StudioError::QueueFull(queue.waiting.len()));
        }
        let job_id = inner.store.next_job_id()?;
        let job = Job {
            job_id,
            kind: work.kind(),
            what: work.what(),
            state: JobState::Queued,
            reason: None,
            pid: std::process::id(),
            queued_at: inner.clock.now(),
            started_at: None,
            finished_at: None,
            request: serde_json::to_value(&work).unwrap_or(Value::Null),
            result: None,
            continues,
        };
        inner.store.put_job(&job)?;
        queue.waiting.push_back((job_id, work));
        queue.stops.insert(job_id, StopToken::default());
        if !queue.started {
            queue.started = true;
            let inner = Arc::clone(inner);
            let spawned =
                std::thread::Builder::new().name("jobs".to_owned()).spawn(move || run_all(&inner));
            if let Err(e) = spawned {
                queue.started = false;
                return Err(StudioError::Internal(format!("no thread for jobs: {e}")));
            }
        }
        lane.changed.notify_all();
        Ok(job_id)
    }

    /// Asks a job to stop. One that waits ends at its turn, at once.
    pub fn stop(&self, id: JobId) -> bool {
        match locked(&self.queue).stops.get(&id) {
            Some(token) => {
                token.stop();
                true
            }
            None => false,
        }
    }

    /// Lets the running job rest, or go on; whether it is the one that runs.
    pub fn pause(&self, id: JobId, paused: bool) -> bool {
        let queue = locked(&self.queue);
        let Some((_, reporter)) = queue.running.as_ref().filter(|(running, _)| *running == id)
        else {
            return false;
        };
        if let Some(token) = queue.stops.get(&id) {
            token.pause(paused);
            reporter.rests(paused);
        }
        true
    }

    /// Waits for a job's end; `None` when it is no job of this process.
    pub fn wait(&self, id: JobId) -> Option<JobEnd> {
        let mut queue = locked(&self.queue);
        loop {
            if let Some(end) = queue.ends.get(&id) {
                return Some(end.clone());
            }
            if !queue.stops.contains_key(&id) {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the thread end after its job.
    pub fn close(&self) {
        let mut queue = locked(&self.queue);
        queue.closing = true;
        self.changed.notify_all();
    }
}

fn run_all(inner: &Arc<Inner>) {
    let lane = &inner.lane;
    loop {
        let (id, work, stop) = {
            let mut queue = locked(&lane.queue);
            loop {
                if let Some((id, work)) = queue.waiting.pop_front() {
                    let stop = queue.stops.get(&id).cloned().unwrap_or_default();
                    break (id, work, stop);
                }
                if queue.closing {
                    return;
                }
                queue = lane.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let end = run_one(inner, id, &work, &stop);
        let mut queue = locked(&lane.queue);
        queue.stops.remove(&id);
        queue.running = None;
        queue.ends.insert(id, end);
        lane.changed.notify_all();
    }
}

fn run_one(inner: &Arc<Inner>, id: JobId, work: &Work, stop: &StopToken) -> JobEnd {
    let reporter = Arc::new(Reporter::new(
        id,
        work.kind(),
        Arc::clone(&inner.store),
        Arc::clone(&inner.clock),
        Arc::clone(&inner.bus),
        stop.clone(),
    ));
    locked(&inner.lane.queue).running = Some((id, Arc::clone(&reporter)));
    let mut job = match inner.store.job(id) {
        Ok(job) => job,
        Err(e) => return lost_record(id, work, inner, &e.into()),
    };
    job.state = JobState::Running;
    job.started_at = Some(inner.clock.now());
    let started = inner.store.put_job(&job).map_err(StudioError::from);
    reporter.event(EventKind::Started, Map::new());
    if let Some(old) = job.continues {
        reporter.log(&format!("goes on with {old}; what that had finished is not done again"));
    }
    let over = AtomicBool::new(false);
    let result = std::thread::scope(|threads| {
        let watch = threads.spawn(|| watch_for_words(inner, id, stop, &over));
        let result = started.and_then(|()| {
            stop.check()?;
            let work = || inner.pool.install(|| perform(inner, work, &reporter, stop));
            catch_unwind(AssertUnwindSafe(work))
                .unwrap_or_else(|panic| Err(StudioError::Internal(panic_words(panic.as_ref()))))
        });
        over.store(true, Ordering::Relaxed);
        watch.thread().unpark();
        result
    });
    reporter.remember_rates();
    finish(inner, job, &reporter, result)
}

/// Other processes leave word that a job should stop, rest or go on; work that is long without an
/// event would not hear of it.
fn watch_for_words(inner: &Inner, id: JobId, stop: &StopToken, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) && !stop.asked() {
        if inner.store.asked_to_stop(id) {
            stop.stop();
        }
        if let Some(rest) = inner.store.asked_to_rest(id) {
            inner.lane.pause(id, rest);
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
}

fn perform(
    inner: &Inner,
    work: &Work,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<Value, StudioError> {
    match work {
        Work::Import(work) => value(&importing::run(inner, work, reporter, stop)?),
        Work::Train(work) => value(&training::run(inner, work, reporter, stop)?),
        Work::Generate(work) => value(&generation::run(inner, work, reporter, stop)?),
        Work::Evaluate(work) => value(&evaluation::run(inner, work, reporter, stop)?),
    }
}

fn value<T: serde::Serialize>(report: &T) -> Result<Value, StudioError> {
    serde_json::to_value(report).map_err(|e| StudioError::Internal(e.to_string()))
}

fn finish(
    inner: &Inner,
    mut job: Job,
    reporter: &Reporter,
    result: Result<Value, StudioError>,
) -> JobEnd {
    job.finished_at = Some(inner.clock.now());
    let error = match result {
        Ok(value) => {
            job.state = JobState::Done;
            job.result = Some(value);
            None
        }
        Err(error) => {
            let report = error.report();
            job.state = match report.kind {
                ErrorKind::Stopped => JobState::Stopped,
                ErrorKind::Blocked => JobState::Blocked,
                _ => JobState::Failed,
            };
            job.reason = Some(report.message.clone());
            job.result = Some(json!({ "error": report }));
            Some(report)
        }
    };
    let mut metrics = Map::new();
    metrics.insert("state".to_owned(), job.state.word().into());
    if let Some(reason) = &job.reason {
        metrics.insert("reason".to_owned(), reason.clone().into());
    }
    // The record goes first: whoever hears the event may read it.
    let kept = inner.store.put_job(&job);
    reporter.event(EventKind::Finished, metrics);
    let error = error.or_else(|| kept.err().map(|e| StudioError::from(e).report()));
    JobEnd { job, error }
}

/// A job whose record cannot even be read back: only its end in memory is left.
fn lost_record(id: JobId, work: &Work, inner: &Inner, error: &StudioError) -> JobEnd {
    let report: ErrorReport = error.report();
    JobEnd {
        job: Job {
            job_id: id,
            kind: work.kind(),
            what: work.what(),
            state: JobState::Failed,
            reason: Some(report.message.clone()),
            pid: std::process::id(),
            queued_at: inner.clock.now(),
            started_at: None,
            finished_at: Some(inner.clock.now()),
            request: Value::Null,
            result: None,
            continues: None,
        },
        error: Some(report),
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    words.unwrap_or_else(|| "a worker died without a word".to_owned())
}
