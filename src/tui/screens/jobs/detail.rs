//! What a job says about itself, in lines.

use crate::domain::ids::{TakeId, TrackId};
use crate::domain::job::{Event, EventKind, Job, JobState};
use crate::studio::ErrorReport;
use crate::studio::work::{FileStatus, GenerateReport, ImportReport};
use crate::tui::facts::Live;
use crate::tui::theme::Role;
use crate::tui::words::{between_s, clock, count, span};
use serde_json::Value;

/// What a job made.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// A take.
    Take(TakeId),
    /// A track.
    Track(TrackId),
    /// A finetune, by id.
    Finetune(String),
}

/// The first thing a result names.
pub fn made(result: &Value) -> Option<Made> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(take) = result.pointer("/takes/0/take_id").and_then(text) {
        return take.parse().ok().map(Made::Take);
    }
    if let Some(finetune) = result.get("finetune_id").and_then(text) {
        return Some(Made::Finetune(finetune));
    }
    let files = result.get("tracks")?.as_array()?;
    let track = files.iter().find_map(|f| f.pointer("/parts/0/track_id").and_then(text))?;
    track.parse().ok().map(Made::Track)
}

/// The word for a job's state and how it looks.
pub fn state(job: &Job, live: Option<&Live>, continued: bool) -> (String, Role) {
    let paused = live.is_some_and(|l| l.paused);
    match job.state {
        _ if paused && !job.state.ended() => ("paused".to_owned(), Role::Warn),
        JobState::Queued => ("queued".to_owned(), Role::Dim),
        JobState::Running => ("running".to_owned(), Role::Accent),
        JobState::Done => ("done".to_owned(), Role::Ok),
        JobState::Failed => ("failed!".to_owned(), Role::Bad),
        JobState::Blocked => ("blocked!".to_owned(), Role::Bad),
        JobState::Stopped => ("stopped".to_owned(), Role::Warn),
        JobState::Lost if continued => ("went on".to_owned(), Role::Dim),
        JobState::Lost => ("interrupted!".to_owned(), Role::Bad),
    }
}

/// How long it took, or has left.
pub fn time(job: &Job, live: Option<&Live>) -> String {
    match (&job.started_at, &job.finished_at, live) {
        // When a lost job ended nobody saw; it was found lost at that time.
        _ if job.state == JobState::Lost => String::new(),
        (Some(from), Some(to), _) => {
            between_s(from, to).map_or_else(|| "-".to_owned(), |s| format!("took {}", clock(s)))
        }
        (_, None, Some(live)) => {
            live.eta_s.map_or_else(String::new, |s| format!("{} to go", clock(s)))
        }
        _ => String::new(),
    }
}

/// A line of a log: seconds since the start, and words.
pub fn log_line(event: &Event, start: Option<&str>) -> (String, Role) {
    let at = start
        .and_then(|s| between_s(s, &event.at))
        .map_or_else(|| "     ".to_owned(), |s| format!("{:>5}", clock(s)));
    let phase = event.phase.map_or("", crate::domain::job::Phase::word);
    let message = event.metrics.get("message").and_then(Value::as_str);
    let (words, role) = match (event.kind, message) {
        (_, Some(message)) => {
            let bad = message.starts_with("refused");
            (message.to_owned(), if bad { Role::Warn } else { Role::Text })
        }
        (EventKind::Queued, None) => ("waits".to_owned(), Role::Dim),
        (EventKind::Started, None) => ("starts".to_owned(), Role::Dim),
        (EventKind::Finished, None) => {
            let state = event.metrics.get("state").and_then(Value::as_str).unwrap_or("ended");
            let reason = event.metrics.get("reason").and_then(Value::as_str);
            let words = reason.map_or_else(|| state.to_owned(), |r| format!("{state}: {r}"));
            (words, if state == "done" { Role::Ok } else { Role::Warn })
        }
        (_, None) => {
            let figures: Vec<String> =
                event.metrics.iter().map(|(name, value)| figures_of(name, value)).collect();
            (figures.join("  "), Role::Dim)
        }
    };
    (format!("{at}  {phase:<9}{words}"), role)
}

/// A metric in few words: of many figures, how many and from where to where.
fn figures_of(name: &str, value: &Value) -> String {
    let name = name.replace('_', " ");
    let Some(all) = value.as_array() else { return format!("{name} {value}") };
    let figures: Vec<f64> = all.iter().filter_map(Value::as_f64).collect();
    let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let high = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match figures.len() {
        0 => format!("{name}: {}", count(all.len(), "value", "values")),
        n => format!("{name}: {}, {low:.2} to {high:.2}", count(n, "figure", "figures")),
    }
}

/// What became of a job, in lines.
pub fn outcome(job: &Job) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    if let Some(reason) = &job.reason {
        let role = if job.state == JobState::Stopped { Role::Warn } else { Role::Bad };
        lines.push((reason.clone(), role));
    }
    let Some(result) = &job.result else { return lines };
    if let Some(error) = result.get("error") {
        if let Ok(error) = serde_json::from_value::<ErrorReport>(error.clone()) {
            lines.extend(error.hints.into_iter().map(|h| (h, Role::Dim)));
        }
        return lines;
    }
    if let Ok(report) = serde_json::from_value::<ImportReport>(result.clone()) {
        lines.extend(imported(&report));
    } else if let Ok(report) = serde_json::from_value::<GenerateReport>(result.clone())
        && !report.takes.is_empty()
    {
        for take in &report.takes {
            lines.push((format!("{}  {}", take.take_id, clock(take.duration_s)), Role::Text));
        }
    } else if let Some(id) = result.get("finetune_id").and_then(Value::as_str) {
        lines.push((id.to_owned(), Role::Text));
        if let Some(seconds) = result.get("seconds").and_then(Value::as_f64) {
            lines.push((format!("{seconds:.1} CPU-seconds"), Role::Dim));
        }
    }
    lines
}

fn imported(report: &ImportReport) -> Vec<(String, Role)> {
    let number = |status| report.tracks.iter().filter(|t| t.status == status).count();
    let mut words = vec![format!("{} ok", number(FileStatus::Ok))];
    words.push(format!("{} with warnings", number(FileStatus::Warned)));
    words.push(format!("{} refused", number(FileStatus::Refused)));
    let mut lines = vec![(format!("{}: {}", report.dataset, words.join(", ")), Role::Text)];
    if !report.ignored.is_empty() {
        let files = count(report.ignored.len(), "other file", "other files");
        lines.push((format!("{files} not looked at"), Role::Dim));
    }
    for file in report.tracks.iter().filter(|t| t.status == FileStatus::Refused) {
        let name = file.path.file_name().map(|n| n.to_string_lossy().into_owned());
        let reason = file.reason.clone().unwrap_or_default();
        lines.push((format!("refused {}: {reason}", name.unwrap_or_default()), Role::Warn));
    }
    lines
}

/// How long ago a job was asked for, or ended.
pub fn when(job: &Job, unix_ms: u64) -> String {
    let at = job.finished_at.as_ref().unwrap_or(&job.queued_at);
    crate::tui::words::unix_ms(at).map_or_else(String::new, |ms| {
        crate::tui::words::ago(unix_ms.saturating_sub(ms) as f64 / 1000.0)
    })
}

/// How long a job has been running.
pub fn running_s(job: &Job, unix_ms: u64) -> Option<String> {
    let started = crate::tui::words::unix_ms(job.started_at.as_ref()?)?;
    Some(span(unix_ms.saturating_sub(started) as f64 / 1000.0))
}
