//! `jobs`: look at jobs from any process.

use crate::cli::args::{JobAction, Jobs};
use crate::cli::follow::{Interrupts, Show, Shown};
use crate::cli::out::Out;
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind, Job};
use crate::store::lock::owner_of;
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
                show(&job, out);
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
            out.say(&format!("{job} was asked to stop"));
        }
        JobAction::Watch { job } => return watch(studio, *job, out),
    }
    Ok(0)
}

fn list(studio: &LocalStudio, out: &Out) -> Result<(), StudioError> {
    let jobs = studio.jobs()?;
    if out.is_json() {
        out.value(&json!({ "jobs": jobs }));
        return Ok(());
    }
    if jobs.is_empty() {
        out.say("there has been no job yet");
    }
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|j| {
            vec![
                j.job_id.to_string(),
                j.kind.word().to_owned(),
                j.state.word().to_owned(),
                j.queued_at.chars().take(19).collect(),
                match &j.reason {
                    Some(reason) => format!("{}: {reason}", j.what),
                    None => j.what.clone(),
                },
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.table(&["job", "kind", "state", "asked for", "what"], &rows);
    }
    Ok(())
}

fn show(job: &Job, out: &Out) {
    out.line(&format!("{}  {}  {}  {}", job.job_id, job.kind.word(), job.state.word(), job.what));
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

/// Follows jobs by their files: no socket, no lock, any number of watchers.
fn watch(studio: &LocalStudio, only: Option<JobId>, out: &Out) -> Result<u8, StudioError> {
    let interrupts = Interrupts::listen()?;
    let show = if out.is_json() { Show::Stream } else { Show::Words };
    let mut shown = Shown::new(out, show);
    let mut seen: BTreeMap<JobId, u64> = BTreeMap::new();
    let home = studio.inner().store.home();
    loop {
        let jobs: Vec<Job> =
            studio.jobs()?.into_iter().filter(|j| only.is_none_or(|o| j.job_id == o)).collect();
        let running: Vec<&Job> = jobs.iter().filter(|j| !j.state.ended()).collect();
        for job in &jobs {
            let known = seen.contains_key(&job.job_id);
            if job.state.ended() && !known {
                continue;
            }
            let next = seen.entry(job.job_id).or_insert(0);
            for event in studio.events(job.job_id)?.into_iter().skip(*next as usize) {
                *next += 1;
                shown.event(&event);
                if event.kind == EventKind::Finished && !out.is_json() {
                    shown.end_line();
                    let state =
                        event.metrics.get("state").and_then(|s| s.as_str()).unwrap_or("ended");
                    out.say(&format!("{} {} is {state}", job.job_id, job.what));
                }
            }
        }
        if running.is_empty() {
            shown.end_line();
            if seen.is_empty() {
                out.say("no job is running");
            }
            return Ok(0);
        }
        if owner_of(home).is_none() {
            shown.end_line();
            let ids: Vec<String> = running.iter().map(|j| j.job_id.to_string()).collect();
            out.say(&format!(
                "{} cannot be running: the process that ran it is gone. The next command that opens the store marks it lost",
                ids.join(", ")
            ));
            return Ok(1);
        }
        if interrupts.seen() {
            shown.end_line();
            return Ok(130);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}
