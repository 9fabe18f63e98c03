//! What can be asked for.

use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind};
use crate::studio::{ErrorKind, Studio, StudioError};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream::{self, Stream};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How often a followed job's events are read.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Looks for the last event of a job whose record says already that it ended: the record is written
/// first. A job that died without a last event ends its stream after as many.
const LAST_LOOKS: u32 = 20;

type Shared = Arc<dyn Studio>;

/// The paths of the first version.
pub fn router(studio: Shared) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/jobs", get(jobs))
        .route("/v1/jobs/{id}", get(job))
        .route("/v1/jobs/{id}/events", get(events))
        .route("/v1/jobs/{id}/stop", post(stop))
        .route("/v1/jobs/{id}/pause", post(pause))
        .route("/v1/jobs/{id}/resume", post(resume))
        .fallback(|| async {
            let words = "ask for /v1/status, /v1/jobs, /v1/jobs/ID, /v1/jobs/ID/events or \
                         POST /v1/jobs/ID/stop, pause or resume";
            refusal(
                StatusCode::NOT_FOUND,
                "not_found",
                "there is nothing here",
                &[words.to_owned()],
            )
        })
        .with_state(studio)
}

async fn status(State(studio): State<Shared>) -> Response {
    ask(studio, |studio| {
        let open: Vec<_> = studio.jobs()?.into_iter().filter(|j| !j.state.ended()).collect();
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "owner": studio.is_owner(),
            "open_jobs": open,
            "notes": studio.notes(),
        }))
    })
    .await
}

async fn jobs(State(studio): State<Shared>) -> Response {
    ask(studio, |studio| Ok(json!({ "jobs": studio.jobs()? }))).await
}

async fn job(State(studio): State<Shared>, Path(id): Path<String>) -> Response {
    ask(studio, move |studio| Ok(json!(studio.job(named(&id)?)?))).await
}

async fn stop(State(studio): State<Shared>, Path(id): Path<String>) -> Response {
    ask(studio, move |studio| {
        let id = named(&id)?;
        studio.stop(id)?;
        Ok(json!({ "job_id": id, "asked_to_stop": true }))
    })
    .await
}

async fn pause(State(studio): State<Shared>, Path(id): Path<String>) -> Response {
    ask(studio, move |studio| {
        let id = named(&id)?;
        studio.pause(id, true)?;
        Ok(json!({ "job_id": id, "asked_to_pause": true }))
    })
    .await
}

async fn resume(State(studio): State<Shared>, Path(id): Path<String>) -> Response {
    ask(studio, move |studio| {
        let id = named(&id)?;
        studio.pause(id, false)?;
        Ok(json!({ "job_id": id, "asked_to_resume": true }))
    })
    .await
}

async fn events(State(studio): State<Shared>, Path(id): Path<String>) -> Response {
    let id = match named(&id) {
        Ok(id) => id,
        Err(error) => return told(&error),
    };
    let known = Arc::clone(&studio);
    match tokio::task::spawn_blocking(move || known.job(id)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return told(&error),
        Err(e) => return told(&StudioError::Internal(e.to_string())),
    }
    Sse::new(follow(studio, id)).keep_alive(KeepAlive::default()).into_response()
}

/// A job's events from the first on, until it has ended.
fn follow(studio: Shared, id: JobId) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let start =
        Follower { studio, id, waiting: Vec::new().into_iter(), told: 0, over: false, looks: 0 };
    stream::unfold(start, |mut follower| async move {
        let event = follower.next().await?;
        // An event that cannot be written as JSON would be a fault of its type.
        let line = serde_json::to_string(&event).unwrap_or_default();
        let id = event.seq.to_string();
        Some((Ok(sse::Event::default().id(id).data(line)), follower))
    })
}

struct Follower {
    studio: Shared,
    id: JobId,
    waiting: std::vec::IntoIter<Event>,
    told: usize,
    over: bool,
    /// Looks since its record said that it ended.
    looks: u32,
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.next() {
                self.told += 1;
                self.over = event.kind == EventKind::Finished;
                return Some(event);
            }
            if self.over {
                return None;
            }
            let (studio, id) = (Arc::clone(&self.studio), self.id);
            let look = move || {
                let ended = studio.job(id).is_ok_and(|j| j.state.ended());
                (ended, studio.events(id))
            };
            let Ok((ended, Ok(mut events))) = tokio::task::spawn_blocking(look).await else {
                return None;
            };
            let fresh = events.split_off(self.told.min(events.len()));
            if fresh.is_empty() {
                self.looks += u32::from(ended);
                if self.looks > LAST_LOOKS {
                    return None;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            self.waiting = fresh.into_iter();
        }
    }
}

/// Questions read files: they wait on a thread of their own.
async fn ask(
    studio: Shared,
    question: impl FnOnce(&dyn Studio) -> Result<Value, StudioError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(move || question(&*studio)).await {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(error)) => told(&error),
        Err(e) => told(&StudioError::Internal(e.to_string())),
    }
}

fn named(id: &str) -> Result<JobId, StudioError> {
    id.parse()
        .map_err(|_| StudioError::Usage(format!("{id} is no job; jobs are named j1, j2, ...")))
}

fn told(error: &StudioError) -> Response {
    let report = error.report();
    let code = match report.kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Usage => StatusCode::BAD_REQUEST,
        ErrorKind::Busy => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (code, Json(json!({ "error": report }))).into_response()
}

fn refusal(code: StatusCode, kind: &str, message: &str, hints: &[String]) -> Response {
    let error = json!({ "error": { "kind": kind, "message": message, "hints": hints } });
    (code, Json(error)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::{Job, JobKind, JobState};
    use crate::studio::LocalStudio;
    use crate::studio::config::Config;
    use futures::StreamExt;

    fn event(seq: u64, kind: EventKind) -> Event {
        Event {
            seq,
            at: "2026-01-01T00:00:00Z".to_owned(),
            job_id: JobId(1),
            kind,
            phase: None,
            progress: 0.0,
            eta_s: None,
            metrics: serde_json::Map::new(),
        }
    }

    /// The record of a job is written before its last event: who looks between them must not take
    /// the stream for over.
    #[test]
    fn a_stream_waits_for_the_last_event_of_a_job_that_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::load(Some(dir.path())).unwrap();
        let studio = Arc::new(LocalStudio::own(config, "test").unwrap());
        let store = Arc::clone(&studio.inner().store);
        let job = Job {
            job_id: JobId(1),
            kind: JobKind::Train,
            what: "test".to_owned(),
            state: JobState::Done,
            reason: None,
            pid: 1,
            queued_at: "2026-01-01T00:00:00Z".to_owned(),
            started_at: None,
            finished_at: None,
            request: Value::Null,
            result: None,
            continues: None,
        };
        store.put_job(&job).unwrap();
        store.append_event(&event(0, EventKind::Started)).unwrap();
        let late = std::thread::spawn(move || {
            std::thread::sleep(LOOK_EVERY * 3);
            store.append_event(&event(1, EventKind::Finished)).unwrap();
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let told = runtime.block_on(async { follow(studio, JobId(1)).count().await });
        late.join().unwrap();
        assert_eq!(told, 2);
    }
}
