//! Answers of the studio and words of jobs come in.

use super::{App, SKETCHES};
use crate::domain::ids::TrackId;
use crate::domain::job::{Event, EventKind, JobKind, JobState};
use crate::studio::ErrorReport;
use crate::studio::screening::{ScreenResult, Screening};
use crate::tui::ask::{Answer, Ask, Reply, Slot};
use crate::tui::overlay::Overlay;
use crate::tui::overlay::view::View;
use crate::tui::theme::Role;
use crate::tui::words::count;
use std::sync::Arc;

impl App {
    pub(super) fn answered(&mut self, reply: Reply) {
        if let Some(slot) = reply.slot
            && self.newest.get(&slot) != Some(&reply.number)
        {
            // Somebody moved on while this was being answered.
            return;
        }
        match reply.answer {
            Ok(answer) => self.take_answer(answer),
            Err(error) => self.take_error(reply.slot, error),
        }
    }

    fn take_error(&mut self, slot: Option<Slot>, error: ErrorReport) {
        match slot {
            Some(Slot::Plan) => self.screens.generate.not_planned(error.message),
            // A waveform or a log that cannot be read is no news: its pane says so.
            Some(Slot::Sound) => self.silent(error),
            Some(Slot::Near) => self.screens.diagnostics.not_compared(error.message),
            Some(Slot::Check | Slot::Map) => self.screens.diagnostics.failed(error),
            Some(Slot::Peaks | Slot::Events | Slot::Playing | Slot::Take | Slot::Matched) => {}
            _ => self.messages.say(error.message, error.hints, true, self.now),
        }
    }

    fn take_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Facts(snapshot) => {
                for fault in snapshot.faults.clone() {
                    self.messages.say(fault.message, fault.hints, true, self.now);
                }
                self.facts.take(*snapshot);
                self.facts_changed();
                self.ask_sketches();
            }
            Answer::Sketches(sketches) => {
                self.facts.sketches.extend(sketches);
                self.facts_changed();
            }
            Answer::Heard(id, record) => {
                if let Some(Overlay::Evidence(evidence)) = self.overlays.last_mut() {
                    let peaks = record.as_ref().map(|r| Arc::new(r.hearing.peaks.clone()));
                    evidence.track_drawn(id.clone(), peaks);
                }
                self.screens.library.heard(id, record);
            }
            Answer::Events(id, events) => self.screens.jobs.logged(id, events),
            Answer::Plan(request, plan) => self.screens.generate.planned(*request, *plan),
            Answer::Peaks(path, peaks) => {
                if let Some(Overlay::Evidence(evidence)) = self.overlays.last_mut() {
                    evidence.drawn(&path, &peaks);
                }
                self.screens.generate.drawn(path, peaks);
            }
            Answer::Screen(screening) => self.screened(&screening),
            Answer::Submitted(job) => {
                let waits = self.facts.jobs.iter().any(|j| !j.state.ended());
                let word = if waits { "waits" } else { "begins" };
                let what = self.facts.what(&job);
                let on =
                    job.continues.map_or_else(String::new, |old| format!(", going on with {old}"));
                self.say(format!("{} {word}{on}: {} {what}", job.job_id, job.kind.word()));
                if self.facts.job(job.job_id).is_none() {
                    self.facts.jobs.push((*job).clone());
                }
                self.screens.generate.submitted(&job);
                self.facts_changed();
                // Whoever looks at the jobs next looks for this one.
                self.with_cx(|screens, cx| screens.jobs.show(job.job_id, cx));
            }
            Answer::Stopping(id) => self.say(format!("{id} was asked to stop")),
            Answer::Edited(dataset, words) => {
                self.facts.put_dataset(*dataset);
                self.facts_changed();
                self.ask_sketches();
                self.say(words);
            }
            Answer::Rights(tracks, rights, by) => self.rights_stated(&tracks, rights.as_ref(), &by),
            Answer::Rated(take) => {
                self.facts.put_take(*take);
            }
            Answer::Deleted(ids) => {
                self.facts.takes.retain(|t| !ids.contains(&t.take_id));
                self.facts_changed();
                self.say(format!("{} deleted", count(ids.len(), "take", "takes")));
            }
            Answer::Written(words) => self.say(words),
            Answer::Rested(id, paused) => {
                let words = if paused { "rests at its next step" } else { "goes on" };
                self.say(format!("{id} {words}"));
            }
            Answer::Forgot(ids) => {
                self.facts.jobs.retain(|j| !ids.contains(&j.job_id));
                self.facts_changed();
                self.say(format!("{} forgotten", count(ids.len(), "job", "jobs")));
            }
            Answer::Folder(path, entries) => {
                if let Some(Overlay::Browser(browser)) = self.overlays.last_mut() {
                    browser.read(path, entries);
                }
            }
            Answer::Playing(playing) => self.player.answered(playing, self.now),
            Answer::Check(report) => self.screens.diagnostics.checked(*report),
            Answer::Map(map) => self.with_cx(|screens, cx| screens.diagnostics.mapped(*map, cx)),
            Answer::Near(near) => self.screens.diagnostics.compared(*near),
            Answer::Take(_) => {}
        }
    }

    /// The facts changed: every screen puts its rows right.
    pub(super) fn facts_changed(&mut self) {
        self.with_cx(|screens, cx| {
            screens.library.facts_changed(cx);
            screens.jobs.facts_changed(cx);
            screens.generate.facts_changed(cx);
            screens.diagnostics.facts_changed(cx);
        });
    }

    /// Asks for the sketches of tracks that have none yet, some at a time.
    fn ask_sketches(&mut self) {
        let missing: Vec<TrackId> = self
            .facts
            .tracks()
            .map(|t| t.track_id.clone())
            .filter(|id| !self.facts.sketches.contains_key(id))
            .filter(|id| !self.sketches_asked.contains(id))
            .collect();
        for some in missing.chunks(SKETCHES) {
            self.sketches_asked.extend(some.iter().cloned());
            self.ask(None, Ask::Sketches(some.to_vec()));
        }
    }

    pub(super) fn jobs_said(&mut self, events: &[Event]) {
        let mut again = false;
        for event in events {
            again |= self.facts.job_said(event, self.now);
            self.screens.jobs.said(event);
            if event.kind == EventKind::Finished {
                self.job_ended(event);
            }
        }
        if again {
            self.ask(Some(Slot::Facts), Ask::Facts);
        }
    }

    fn job_ended(&mut self, event: &Event) {
        let Some(job) = self.facts.job(event.job_id) else { return };
        let (kind, state) = (job.kind, job.state);
        let what = format!("{} {} {}", job.job_id, kind.word(), self.facts.what(job));
        let reason = event.metrics.get("reason").and_then(|r| r.as_str()).unwrap_or("");
        match state {
            JobState::Done => self.say(format!("{what}: done")),
            JobState::Stopped => self.say(format!("{what}: stopped")),
            _ => self.complain(format!("{what}: {}: {reason}", state.word())),
        }
        if kind == JobKind::Import {
            // Tracks that had not been heard may have been heard now.
            self.facts.sketches.retain(|_, sketch| sketch.is_some());
            self.sketches_asked.clear();
            self.screens.library.forget_heard();
        }
    }

    fn screened(&mut self, screening: &Screening) {
        let word = match screening.result {
            ScreenResult::Pass => "passes",
            ScreenResult::Blocked => "is blocked",
            ScreenResult::NeedsRights => "needs rights",
        };
        let mut lines = vec![
            (format!("{} {word}", screening.dataset), Role::Accent),
            (screening.words.clone(), Role::Text),
        ];
        for (heading, tracks) in [
            ("no statement of rights:", &screening.missing_rights),
            ("needs an attested workspace:", &screening.needs_attestation),
        ] {
            if !tracks.is_empty() {
                lines.push((String::new(), Role::Text));
                lines.push((heading.to_owned(), Role::Warn));
                lines.extend(
                    tracks.iter().map(|t| (format!("  {}", self.facts.title(t)), Role::Text)),
                );
            }
        }
        self.overlays.push(Overlay::View(View::new("Screening", lines)));
    }

    fn rights_stated(
        &mut self,
        tracks: &[TrackId],
        rights: Option<&crate::domain::rights::Rights>,
        by: &str,
    ) {
        for id in tracks {
            let statement = crate::domain::rights::Statement {
                track_id: id.clone(),
                rights: rights.cloned(),
                by: by.to_owned(),
                // The store's own time comes with the facts.
                at: String::new(),
            };
            self.facts.statements.insert(id.clone(), statement);
        }
        self.screens.library.clear_marks();
        self.facts_changed();
        let tracks = count(tracks.len(), "track", "tracks");
        match rights {
            Some(rights) => self.say(format!("{by} states for {tracks}: {}", rights.sentence())),
            None => self.say(format!("{by} withdraws the statements for {tracks}")),
        }
        self.ask(Some(Slot::Facts), Ask::Facts);
    }
}
