//! Jobs: what runs, what waits, why it stopped; nothing else in the program waits for it.

mod detail;
mod draw;

use super::layout::{Class, class_of, columns, inside, split_bottom, step};
use super::{NOT_HERE, of_tracks};
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind, Job, JobState};
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Slot};
use crate::tui::cx::{Cx, Do, Tab};
use crate::tui::list::{List, Step};
use crate::tui::overlay::confirm::Confirm;
use crate::tui::overlay::view::{View, step as move_of};
use crate::tui::overlay::{Overlay, Purpose};
use ratatui::layout::Rect;

/// Most lines of a log that are kept in memory.
const LOG_MAX: usize = 5_000;

/// The panes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// The jobs.
    #[default]
    Jobs,
    /// One of them.
    Job,
    /// Its log.
    Log,
    /// Its metrics.
    Curve,
}

const PANES: [Pane; 4] = [Pane::Jobs, Pane::Job, Pane::Log, Pane::Curve];

/// The Jobs screen.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    focus: Pane,
    list: List,
    /// The job under the cursor.
    here: Option<JobId>,
    log: Vec<Event>,
    log_of: Option<JobId>,
    scroll: List,
    follow: bool,
    curve: usize,
    height: usize,
    log_height: usize,
}

impl Jobs {
    /// The screen, with the newest line of a log in sight.
    pub fn new() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// The jobs as they are listed: what runs, what waits, and then the newest first.
    fn listed<'a>(cx: &Cx<'a>) -> Vec<&'a Job> {
        let mut jobs: Vec<&Job> = cx.facts.jobs.iter().collect();
        let rank = |j: &Job| match j.state {
            JobState::Running => (0, j.job_id.0),
            JobState::Queued => (1, j.job_id.0),
            // What waits for a decision stands above what is over.
            JobState::Lost if cx.facts.continued_by(j.job_id).is_none() => (2, j.job_id.0),
            _ => (3, u64::MAX - j.job_id.0),
        };
        jobs.sort_by_key(|j| rank(j));
        jobs
    }

    /// The job under the cursor.
    pub fn job<'a>(&self, cx: &Cx<'a>) -> Option<&'a Job> {
        Self::listed(cx).get(self.list.at).copied()
    }

    /// Puts everything right after the facts, the size or the cursor changed.
    pub fn settle(&mut self, area: Rect, cx: &mut Cx<'_>) {
        let places = self.places(area);
        let rows = |place: Option<Rect>, head: u16| {
            usize::from(place.map_or(0, |p| inside(p).height.saturating_sub(head)))
        };
        self.height = rows(places[0], 1);
        self.log_height = rows(places[2], 0);
        let listed = Self::listed(cx);
        self.list.fit(listed.len(), self.height);
        let id = listed.get(self.list.at).map(|j| j.job_id);
        if id != self.here {
            self.here = id;
            self.scroll = List::default();
            self.follow = true;
            if let Some(id) = id {
                cx.ask_newest(Slot::Events, Ask::Events(id));
            }
        }
        if self.follow {
            self.scroll.go(Step::Last, self.lines().count(), self.log_height);
        }
        self.scroll.fit(self.lines().count(), self.log_height);
    }

    /// The facts changed: the cursor stays on its job.
    pub fn facts_changed(&mut self, cx: &Cx<'_>) {
        if let Some(here) = self.here
            && let Some(at) = Self::listed(cx).iter().position(|j| j.job_id == here)
        {
            self.list.at = at;
        }
    }

    /// A log came.
    pub fn logged(&mut self, id: JobId, events: Vec<Event>) {
        if self.here == Some(id) {
            self.log = events;
            let over = self.log.len().saturating_sub(LOG_MAX);
            self.log.drain(..over);
            self.log_of = Some(id);
        }
    }

    /// A job said something.
    pub fn said(&mut self, event: &Event) {
        if self.log_of != Some(event.job_id) || self.here != self.log_of {
            return;
        }
        if self.log.last().is_some_and(|last| last.seq >= event.seq) {
            return;
        }
        if self.log.len() >= LOG_MAX {
            self.log.drain(..LOG_MAX / 10);
        }
        self.log.push(event.clone());
    }

    /// How many events it holds.
    pub fn weight(&self) -> usize {
        self.log.len()
    }

    /// Shows a job.
    pub fn show(&mut self, id: JobId, cx: &Cx<'_>) {
        self.focus = Pane::Jobs;
        if let Some(at) = Self::listed(cx).iter().position(|j| j.job_id == id) {
            self.list.at = at;
        }
    }

    /// Events that are lines of the log: not mere progress.
    fn lines(&self) -> impl Iterator<Item = &Event> {
        let shown = self.log_of == self.here;
        self.log
            .iter()
            .filter(move |e| shown && (e.kind != EventKind::Progress || !e.metrics.is_empty()))
    }

    fn places(&self, area: Rect) -> [Option<Rect>; 4] {
        match class_of(area) {
            Class::Full => {
                let (top, bottom) = split_bottom(area, area.height * 2 / 5);
                let upper = columns(top, &[top.width * 3 / 5]);
                let lower = columns(bottom, &[bottom.width * 3 / 5]);
                [Some(upper[0]), Some(upper[1]), Some(lower[0]), Some(lower[1])]
            }
            Class::Stacked => {
                let (top, bottom) = split_bottom(area, area.height / 2);
                let mut places = [Some(top), None, None, None];
                match self.focus {
                    Pane::Log => places[2] = Some(bottom),
                    Pane::Curve => places[3] = Some(bottom),
                    _ => places[1] = Some(bottom),
                }
                places
            }
            Class::Single => {
                let mut places = [None; 4];
                let at = PANES.iter().position(|p| *p == self.focus).unwrap_or(0);
                places[at] = Some(area);
                places
            }
            Class::Tiny => [None; 4],
        }
    }

    /// Why an action cannot be done now; `None` if it can.
    pub fn why_not(&self, act: Act, cx: &Cx<'_>) -> Option<String> {
        if of_tracks(act) || act == Act::Undo {
            return Some(NOT_HERE.to_owned());
        }
        let unless = |good: bool, why: &str| (!good).then(|| why.to_owned());
        let any_ended = || cx.facts.jobs.iter().any(|j| j.state.ended());
        if act == Act::ForgetEnded {
            return cx.looks_on().or_else(|| unless(any_ended(), "no job has ended"));
        }
        let of_a_job = matches!(
            act,
            Act::StopJob | Act::Retry | Act::Result | Act::FullLog | Act::Pause | Act::Forget
        );
        let Some(state) = self.job(cx).map(|j| j.state) else {
            return unless(!of_a_job, "there is no job here");
        };
        let here = match act {
            Act::StopJob => return unless(!state.ended(), "it has ended"),
            Act::Result => return unless(state == JobState::Done, "it has made nothing yet"),
            Act::Pause => unless(state == JobState::Running, "it does not run"),
            Act::Forget => unless(state.ended(), "it has not ended; stop it first"),
            Act::Retry => match self.job(cx).and_then(|j| cx.facts.continued_by(j.job_id)) {
                Some(next) => Some(format!("{next} goes on with it already")),
                None => unless(state.ended(), "it has not ended"),
            },
            _ => return None,
        };
        cx.looks_on().or(here)
    }

    /// Does an action; whether it was one of this screen.
    pub fn act(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::PaneNext => self.focus = step(&PANES, self.focus, 1),
            Act::PanePrevious => self.focus = step(&PANES, self.focus, -1),
            Act::Left => self.focus = step(&PANES, self.focus, -1),
            Act::Right => self.focus = step(&PANES, self.focus, 1),
            Act::Open => {
                self.focus = if self.focus == Pane::Jobs { Pane::Job } else { Pane::Jobs };
            }
            Act::StopJob => {
                if let Some(job) = self.job(cx) {
                    cx.open(stop(job));
                }
            }
            Act::Pause => {
                if let Some(id) = self.here {
                    let rests = cx.facts.live.get(&id).is_some_and(|l| l.paused);
                    cx.ask(Ask::Rest(id, !rests));
                }
            }
            Act::Forget => {
                if let Some(id) = self.here {
                    cx.ask(Ask::Forget(vec![id]));
                }
            }
            Act::ForgetEnded => {
                let ended = cx.facts.jobs.iter().filter(|j| j.state.ended());
                let ids: Vec<JobId> = ended.map(|j| j.job_id).collect();
                let words = format!(
                    "{} and their logs go. What they made stays.",
                    crate::tui::words::count(
                        ids.len(),
                        "job that has ended",
                        "jobs that have ended"
                    )
                );
                let confirm =
                    Confirm::new("Forget them?", &words, "forget them", Purpose::Forget(ids));
                cx.open(Overlay::Confirm(confirm));
            }
            Act::Retry => {
                if let Some(job) = self.job(cx) {
                    cx.ask(Ask::GoOn(job.job_id));
                }
            }
            Act::Result => self.go_to_result(cx),
            Act::Follow => {
                self.follow = !self.follow;
                cx.say(if self.follow { "the log follows" } else { "the log stands still" });
            }
            Act::FullLog => {
                let start = self.job(cx).and_then(|j| j.started_at.clone());
                let lines = self.lines().map(|e| detail::log_line(e, start.as_deref())).collect();
                let title = self.here.map_or_else(|| "Log".to_owned(), |id| format!("Log of {id}"));
                cx.open(Overlay::View(View::new(&title, lines).from_end()));
            }
            Act::Curve => self.curve += 1,
            Act::Copy => {
                if let Some(id) = self.here {
                    cx.todo.push(Do::Copy(id.to_string()));
                }
            }
            _ => match move_of(act) {
                Some(step) => self.go(step, cx),
                None => return false,
            },
        }
        true
    }

    fn go(&mut self, step: Step, cx: &Cx<'_>) {
        match self.focus {
            Pane::Log => {
                let len = self.lines().count();
                // The list of a log has no cursor: the line at the top moves.
                self.follow = step == Step::Last;
                self.scroll.go(step, len, self.log_height);
            }
            _ => self.list.go(step, Self::listed(cx).len(), self.height),
        }
    }

    fn go_to_result(&self, cx: &mut Cx<'_>) {
        let Some(result) = self.job(cx).and_then(|j| j.result.as_ref()) else { return };
        match detail::made(result) {
            Some(detail::Made::Take(id)) => cx.todo.push(Do::ShowTake(id)),
            Some(detail::Made::Track(id)) => cx.todo.push(Do::ShowTrack(id)),
            Some(detail::Made::Finetune(id)) => {
                cx.todo.push(Do::Goto(Tab::Generate));
                cx.todo.push(Do::Run(Act::Finetune, Some(id)));
            }
            None => cx.complain("this job left nothing to show"),
        }
    }
}

fn stop(job: &Job) -> Overlay {
    let words = match job.state {
        JobState::Queued => format!("{} waits: {}. Nothing is lost.", job.job_id, job.what),
        _ => format!(
            "{} runs: {}. What it finished is kept; the rest would have to be asked for again.",
            job.job_id, job.what
        ),
    };
    let title = format!("Stop {}?", job.job_id);
    Overlay::Confirm(Confirm::new(&title, &words, "stop it", Purpose::StopJob(job.job_id)))
}
