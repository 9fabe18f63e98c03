//! `jobs`: look at jobs from any process.

use super::say_what_is_damaged;
use crate::cli::args::{JobAction, Jobs};
use crate::cli::follow::{Interrupts, Show, Shown, follow};
use crate::cli::out::Out;
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind, Job, JobState};
use crate::store::index::Kind;
use crate::studio::{LocalStudio, Studio, StudioError};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Jobs, out: &Out) -> Result<u8, StudioError> {
    match &args.action {
        JobAction::List => list(studio, out)?,
        JobAction::Show { job } => {
            let job = studio.job(*job)?;
            if out.is_json() {
                out.value(&job);
            } else {
                show(&job, state(studio, &job), out);
            }
        }
        JobAction::Log { job } => {
            studio.job(*job)?;
            for event in studio.events(*job)? {
                if out.is_json() {
                    out.value(&event);
                } else {
                    out.line(&line(&event));
                }
            }
        }
        JobAction::Cancel { job } => {
            studio.stop(*job)?;
            if out.is_json() {
                out.value(&json!({ "job_id": job, "asked_to_stop": true }));
            } else {
                out.say(&format!("{job} was asked to stop"));
            }
        }
        JobAction::Pause { job } => rest(studio, *job, true, out)?,
        JobAction::Resume { job } => rest(studio, *job, false, out)?,
        JobAction::Watch { job } => return watch(studio, *job, out),
    }
    Ok(0)
}

/// The job whose work is to be gone on with: one that ended, but not well.
pub fn to_go_on_with(studio: &LocalStudio, args: &Jobs) -> Result<Option<JobId>, StudioError> {
    let JobAction::Resume { job } = args.action else { return Ok(None) };
    let state = studio.job(job)?.state;
    Ok((state.ended() && state != JobState::Done).then_some(job))
}

/// Goes on with a job that ended too soon, as a new job of this process, to its end.
pub fn go_on(studio: &LocalStudio, old: JobId, out: &Out) -> Result<u8, StudioError> {
    let interrupts = Interrupts::listen()?;
    let events = studio.subscribe();
    let id = studio.go_on(old)?;
    out.say(&format!("{id} goes on with {old}"));
    let end = follow(studio, id, &events, out, Show::Words, &interrupts)?;
    if let Some(error) = end.error {
        return Ok(out.error(&error));
    }
    if out.is_json() {
        out.value(&end.job);
    } else {
        out.say(&ended(&end.job));
    }
    Ok(0)
}

fn rest(studio: &LocalStudio, job: JobId, rest: bool, out: &Out) -> Result<(), StudioError> {
    studio.pause(job, rest)?;
    let (name, words) =
        if rest { ("asked_to_pause", "rest") } else { ("asked_to_resume", "go on") };
    if out.is_json() {
        out.value(&json!({ "job_id": job, name: true }));
    } else {
        out.say(&format!("{job} was asked to {words}"));
    }
    Ok(())
}

/// Its state in a word; whether a job rests is in its events only.
fn state(studio: &LocalStudio, job: &Job) -> &'static str {
    if job.state == JobState::Lost {
        return "interrupted";
    }
    if job.state != JobState::Running {
        return job.state.word();
    }
    let events = studio.events(job.job_id).unwrap_or_default();
    let last = events.iter().rev().find_map(|e| e.metrics.get("paused")?.as_bool());
    if last == Some(true) { "paused" } else { job.state.word() }
}

fn list(studio: &LocalStudio, out: &Out) -> Result<(), StudioError> {
    let jobs = studio.jobs()?;
    say_what_is_damaged(studio, Kind::Jobs, out)?;
    if out.is_json() {
        out.value(&json!({ "jobs": jobs }));
        return Ok(());
    }
    if jobs.is_empty() {
        out.say("there has been no job yet");
    }
    let finetunes = studio.finetunes().unwrap_or_default();
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|j| {
            // People know finetunes by their names.
            let named = finetunes.iter().find(|f| j.what.contains(f.finetune_id.as_str()));
            let what = named.map_or_else(
                || j.what.clone(),
                |f| j.what.replace(f.finetune_id.as_str(), &f.name),
            );
            vec![
                j.job_id.to_string(),
                j.kind.word().to_owned(),
                state(studio, j).to_owned(),
                j.queued_at.chars().take(19).collect(),
                match (&j.reason, jobs.iter().find(|next| next.continues == Some(j.job_id))) {
                    (_, Some(next)) => format!("{what}: {} goes on with it", next.job_id),
                    (Some(reason), None) => format!("{what}: {reason}"),
                    (None, None) => what,
                },
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.table(&["job", "kind", "state", "asked for", "what"], &rows);
    }
    Ok(())
}

fn show(job: &Job, state: &str, out: &Out) {
    out.line(&format!("{}  {}  {}  {}", job.job_id, job.kind.word(), state, job.what));
    out.line(&format!("asked for {}", job.queued_at));
    if let Some(at) = &job.started_at {
        out.line(&format!("started   {at} in process {}", job.pid));
    }
    if let Some(at) = &job.finished_at {
        out.line(&format!("ended     {at}"));
    }
    if let Some(reason) = &job.reason {
        out.line(&format!("because   {reason}"));
    }
}

fn line(event: &Event) -> String {
    let phase = event.phase.map_or("", crate::domain::job::Phase::word);
    let more = match event.metrics.get("message").and_then(|m| m.as_str()) {
        Some(message) => message.to_owned(),
        None if event.metrics.is_empty() => String::new(),
        None => serde_json::Value::Object(event.metrics.clone()).to_string(),
    };
    format!("{}  {:>3.0} %  {phase:<9}{more}", event.at, event.progress * 100.0)
}

/// How far a job was followed.
#[derive(Default)]
struct Followed {
    events: usize,
    over: bool,
    /// Looks since its record said that it ended.
    looks: u32,
}

/// Looks for the last event of a job that has ended: a disk that is full may not hold it.
const LAST_LOOKS: u32 = 20;

fn ended(job: &Job) -> String {
    let state = if job.state == JobState::Lost { "interrupted" } else { job.state.word() };
    match &job.reason {
        Some(reason) => format!("{} {} is {state}: {reason}", job.job_id, job.what),
        None => format!("{} {} is {state}", job.job_id, job.what),
    }
}

/// Follows jobs by their files: no socket, no lock, any number of watchers.
fn watch(studio: &LocalStudio, only: Option<JobId>, out: &Out) -> Result<u8, StudioError> {
    let interrupts = Interrupts::listen()?;
    let show = if out.is_json() { Show::Stream } else { Show::Words };
    let mut shown = Shown::new(out, show);
    let mut seen: BTreeMap<JobId, Followed> = BTreeMap::new();
    if let Some(only) = only {
        let job = studio.job(only)?;
        if job.state.ended() {
            out.say(&ended(&job));
            return Ok(u8::from(job.state == JobState::Lost));
        }
    }
    loop {
        let jobs: Vec<Job> =
            studio.jobs()?.into_iter().filter(|j| only.is_none_or(|o| j.job_id == o)).collect();
        let mut to_come = false;
        let mut lost = false;
        for job in &jobs {
            let known = seen.contains_key(&job.job_id);
            if job.state.ended() && !known {
                continue;
            }
            let followed = seen.entry(job.job_id).or_default();
            if followed.over {
                continue;
            }
            for event in studio.events(job.job_id)?.into_iter().skip(followed.events) {
                followed.events += 1;
                followed.over |= event.kind == EventKind::Finished;
                shown.event(&event);
            }
            followed.looks += u32::from(job.state.ended());
            followed.over |= followed.looks > LAST_LOOKS;
            if job.state == JobState::Lost && !followed.over {
                lost = true;
                followed.over = true;
            }
            // A job's record is written before its last event: one more look.
            to_come |= !followed.over;
            // A stream ends with its last event; a lost job has none yet.
            if followed.over && (lost || !out.is_json()) {
                shown.end_line();
                // The record as it is now: it may have been running when the list was read.
                out.say(&ended(&studio.job(job.job_id)?));
            }
        }
        if !to_come {
            shown.end_line();
            if seen.is_empty() {
                out.say("no job is running");
            }
            return Ok(u8::from(lost));
        }
        if interrupts.seen() {
            shown.end_line();
            return Ok(130);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}
