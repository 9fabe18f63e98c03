//! Drawing Jobs.

use super::{Jobs, PANES, Pane, detail};
use crate::domain::job::{Event, Job, JobState};
use crate::tui::cx::Cx;
use crate::tui::draw::table::{self, Column, Row};
use crate::tui::draw::{Pen, plot};
use crate::tui::screens::layout::{Class, class_of, numbered};
use crate::tui::theme::Role;
use crate::tui::words::{clock, count};
use ratatui::layout::Rect;
use std::collections::BTreeMap;

const COLUMNS: [Column; 6] = [
    table::right("job", 5, 0),
    table::left("kind", 8, 3),
    table::left("what", 0, 0),
    table::left("state", 12, 0),
    table::right("done", 5, 2),
    table::right("time", 13, 1),
];

impl Jobs {
    /// Draws the screen into an area.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, cx: &Cx<'_>) {
        let single = class_of(area) == Class::Single;
        for (number, place) in self.places(area).into_iter().enumerate() {
            let Some(place) = place else { continue };
            let pane = PANES[number];
            let mut pen = pen.part(place);
            let focused = pane == self.focus;
            let title = |words: &str| numbered(words, number + 1, single);
            match pane {
                Pane::Jobs => self.draw_list(&mut pen, &title("Jobs"), focused, cx),
                Pane::Job => self.draw_job(&mut pen, &title, focused, cx),
                Pane::Log => self.draw_log(&mut pen, &title, focused, cx),
                Pane::Curve => self.draw_curve(&mut pen, &title, focused),
            }
        }
    }

    fn draw_list(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let jobs = Self::listed(cx);
        let mut inside = pen.pane(title, &count(jobs.len(), "job", "jobs"), focused);
        if jobs.is_empty() {
            let words = if cx.facts.read {
                "no job yet; imports, trainings and takes come here"
            } else {
                "reading the store .."
            };
            inside.put(2, 1, words, Role::Dim);
        }
        table::draw(&mut inside, &COLUMNS, &self.list, jobs.len(), focused, |n| {
            let job = jobs[n];
            let live = cx.facts.live.get(&job.job_id);
            let state = detail::state(job, live, cx.facts.continued_by(job.job_id).is_some());
            let done = match (job.state, live) {
                (JobState::Running, Some(live)) => format!("{:.0} %", live.progress * 100.0),
                _ => String::new(),
            };
            Row::new(vec![
                (job.job_id.to_string(), Role::Text),
                (job.kind.word().to_owned(), Role::Text),
                (cx.facts.what(job), Role::Text),
                state,
                (done, Role::Accent),
                (detail::time(job, live), Role::Dim),
            ])
        });
    }

    fn draw_job(
        &self,
        pen: &mut Pen<'_>,
        title: &dyn Fn(&str) -> String,
        focused: bool,
        cx: &Cx<'_>,
    ) {
        let Some(job) = self.job(cx) else {
            pen.pane(&title("Job"), "", focused);
            return;
        };
        let words = format!("{} {}", job.job_id, job.kind.word());
        let mut inside = pen.pane(&title(&words), &detail::when(job, cx.now.unix_ms), focused);
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(area);
        let mut y = inside.wrapped(0, 0, &cx.facts.what(job), Role::Text) + 1;
        y = draw_progress(&mut inside, y, job, cx);
        for (line, role) in detail::outcome(job) {
            y = inside.wrapped(0, y, &line, role);
        }
        inside.wrapped(0, y + 1, &hint(job, cx), Role::Dim);
    }

    fn draw_log(
        &self,
        pen: &mut Pen<'_>,
        title: &dyn Fn(&str) -> String,
        focused: bool,
        cx: &Cx<'_>,
    ) {
        let id = self.here.map_or_else(String::new, |id| format!(" of {id}"));
        let note = if self.follow { "follows" } else { "stands still" };
        let mut inside = pen.pane(&title(&format!("Log{id}")), note, focused);
        let start = self.job(cx).and_then(|j| j.started_at.as_deref());
        let lines: Vec<&Event> = self.lines().collect();
        if lines.is_empty() {
            inside.put(1, 0, "no line yet", Role::Dim);
        }
        let height = usize::from(inside.height());
        for (y, n) in self.scroll.sight(lines.len(), height).enumerate() {
            let (line, role) = detail::log_line(lines[n], start);
            let width = inside.width().saturating_sub(1);
            inside.cell(1, y as u16, width, &line, role);
        }
    }

    /// Figures by name that a job sent, in the order they came.
    fn series(&self) -> Vec<(String, Vec<f64>)> {
        let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for event in self.lines() {
            for (name, value) in &event.metrics {
                if let Some(value) = value.as_f64() {
                    series.entry(name.clone()).or_default().push(value);
                } else if let Some(values) = value.as_array() {
                    // Figures that came at once are a curve of their own.
                    let values = values.iter().filter_map(serde_json::Value::as_f64).collect();
                    series.insert(name.clone(), values);
                }
            }
        }
        series.into_iter().filter(|(_, values)| values.len() > 1).collect()
    }

    fn draw_curve(&self, pen: &mut Pen<'_>, title: &dyn Fn(&str) -> String, focused: bool) {
        let series = self.series();
        let Some((name, values)) = series.get(self.curve % series.len().max(1)) else {
            let mut inside = pen.pane(&title("Metrics"), "", focused);
            inside.put(1, 0, "this job sends no figures", Role::Dim);
            return;
        };
        let note = format!("{} of {}, m next", self.curve % series.len() + 1, series.len());
        let mut inside = pen.pane(&title(name), &note, focused);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (width, height) = (inside.width(), inside.height());
        inside.cell_right(0, 0, 8, &format!("{high:.3}"), Role::Faint);
        inside.cell_right(0, height.saturating_sub(1), 8, &format!("{low:.3}"), Role::Faint);
        let plot = Rect::new(9, 0, width.saturating_sub(10), height);
        plot::curve(&mut inside.part(plot), values, low, high);
    }

    /// What stands at the right of the first line.
    pub fn context(cx: &Cx<'_>) -> String {
        let running = cx.facts.jobs.iter().filter(|j| j.state == JobState::Running).count();
        let queued = cx.facts.jobs.iter().filter(|j| j.state == JobState::Queued).count();
        format!("{running} running, {queued} waiting")
    }
}

/// What can be done with a job.
fn hint(job: &Job, cx: &Cx<'_>) -> String {
    if let Some(next) = cx.facts.continued_by(job.job_id) {
        return format!("{next} goes on with it.");
    }
    let words = match job.state {
        JobState::Running => "It goes on while you look at other screens.",
        JobState::Queued => "It waits for the one that runs.",
        JobState::Done => "",
        JobState::Lost => "r goes on with it; what it had finished is not done again.",
        _ => "r asks for the same work again; what it had finished is not done again.",
    };
    words.to_owned()
}

fn draw_progress(pen: &mut Pen<'_>, y: u16, job: &Job, cx: &Cx<'_>) -> u16 {
    let live = cx.facts.live.get(&job.job_id);
    let (word, role) = detail::state(job, live, cx.facts.continued_by(job.job_id).is_some());
    let x = pen.put(0, y, &word, role);
    if let Some(phase) = live.and_then(|l| l.phase) {
        pen.put(x + 2, y, phase.word(), Role::Dim);
    }
    let time = detail::time(job, live);
    pen.right(y, &time, Role::Dim);
    if job.state.ended() {
        return y + 2;
    }
    let progress = live.map_or(0.0, |l| l.progress);
    let width = pen.width().saturating_sub(6);
    pen.bar(0, y + 1, width, progress);
    pen.right(y + 1, &format!("{:.0} %", progress * 100.0), Role::Accent);
    let mut words = Vec::new();
    if let Some(elapsed) = detail::running_s(job, cx.now.unix_ms) {
        words.push(format!("for {elapsed}"));
    }
    words.push(format!("in process {}", job.pid));
    match live.and_then(|l| l.eta_s) {
        Some(eta) => words.push(format!("about {} to go", clock(eta))),
        None => words.push("time to go unknown yet".to_owned()),
    }
    pen.wrapped(0, y + 2, &words.join(", "), Role::Dim) + 1
}
