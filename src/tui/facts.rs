//! What the studio said last: the facts that all screens show.
//!
//! Only answers and job events change it. Must never hold a cursor, a scroll or a choice: those
//! are the screens'.

use super::ask::Snapshot;
use super::event::Moment;
use super::player::Sound;
use crate::domain::dataset::{Dataset, Member};
use crate::domain::finetune::Manifest;
use crate::domain::ids::{DatasetName, JobId, TakeId, TrackId};
use crate::domain::job::{Event, EventKind, Job, JobState, Phase};
use crate::domain::rights::Statement;
use crate::domain::take::Take;
use crate::domain::track::Track;
use crate::studio::sketches::Sketch;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// Where a job stands while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Its part.
    pub phase: Option<Phase>,
    /// 0..1 of all of it.
    pub progress: f64,
    /// Seconds to go, where that is known.
    pub eta_s: Option<f64>,
    /// When it said so.
    pub at: Moment,
    /// Whether it is paused.
    pub paused: bool,
}

/// The facts.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether anything was read yet.
    pub read: bool,
    /// Whether this process may change things.
    pub owner: bool,
    /// Datasets by name.
    pub datasets: Vec<Dataset>,
    /// The statement that holds for each track.
    pub statements: BTreeMap<TrackId, Statement>,
    /// Jobs, oldest first.
    pub jobs: Vec<Job>,
    /// Takes, oldest first.
    pub takes: Vec<Take>,
    /// Finetunes.
    pub finetunes: Vec<Manifest>,
    /// Where the files of tracks are that the workspace keeps copies of.
    pub files: HashMap<TrackId, PathBuf>,
    /// What lists show of tracks; `None` for those not listened to, no entry while not known.
    pub sketches: HashMap<TrackId, Option<Sketch>>,
    /// Where running jobs stand.
    pub live: BTreeMap<JobId, Live>,
}

impl Facts {
    /// Takes a snapshot in. What could not be read stays as it was read last: a list that empties
    /// for a moment would look like a loss, and move every cursor.
    pub fn take(&mut self, snapshot: Snapshot) {
        fn put<T>(known: &mut T, read: Option<T>) {
            if let Some(read) = read {
                *known = read;
            }
        }
        self.read = true;
        if snapshot.datasets.is_some() {
            self.files = snapshot.files;
        }
        put(&mut self.datasets, snapshot.datasets);
        put(&mut self.statements, snapshot.statements);
        put(&mut self.jobs, snapshot.jobs);
        put(&mut self.takes, snapshot.takes);
        put(&mut self.finetunes, snapshot.finetunes);
        let jobs = &self.jobs;
        self.live.retain(|id, _| jobs.iter().any(|j| j.job_id == *id && !j.state.ended()));
    }

    /// Takes a job's word in. Returns whether everything should be read again.
    pub fn job_said(&mut self, event: &Event, now: Moment) -> bool {
        let known = self.jobs.iter_mut().find(|j| j.job_id == event.job_id);
        let Some(job) = known else { return true };
        match event.kind {
            EventKind::Started => {
                job.state = JobState::Running;
                job.started_at.get_or_insert_with(|| event.at.clone());
            }
            EventKind::Finished => {
                let state = event.metrics.get("state").cloned();
                if let Some(state) = state.and_then(|s| serde_json::from_value(s).ok()) {
                    job.state = state;
                }
                job.finished_at.get_or_insert_with(|| event.at.clone());
                self.live.remove(&event.job_id);
                return true;
            }
            _ => {}
        }
        let paused = event.metrics.get("paused").and_then(serde_json::Value::as_bool);
        let before = self.live.get(&event.job_id).is_some_and(|l| l.paused);
        let live = Live {
            phase: event.phase,
            progress: event.progress,
            eta_s: event.eta_s,
            at: now,
            paused: paused.unwrap_or(before),
        };
        self.live.insert(event.job_id, live);
        false
    }

    /// Puts a changed dataset in its place.
    pub fn put_dataset(&mut self, dataset: Dataset) {
        match self.datasets.iter_mut().find(|d| d.name == dataset.name) {
            Some(old) => *old = dataset,
            None => {
                self.datasets.push(dataset);
                self.datasets.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
    }

    /// Puts a changed take in its place.
    pub fn put_take(&mut self, take: Take) {
        if let Some(old) = self.takes.iter_mut().find(|t| t.take_id == take.take_id) {
            *old = Take { grains: Vec::new(), ..take };
        }
    }

    /// A dataset by name.
    pub fn dataset(&self, name: &DatasetName) -> Option<&Dataset> {
        self.datasets.iter().find(|d| d.name == *name)
    }

    /// A track and the first dataset that has it.
    pub fn track(&self, id: &TrackId) -> Option<(&Dataset, &Member)> {
        self.datasets.iter().find_map(|d| d.member(id).map(|m| (d, m)))
    }

    /// A track's title, or its id where it is gone.
    pub fn title(&self, id: &TrackId) -> String {
        self.track(id).map_or_else(|| id.to_string(), |(_, m)| m.track.title.clone())
    }

    /// A track as something to hear.
    pub fn sound_of(&self, track: &Track) -> Sound {
        Sound {
            path: self.file_of(track),
            title: track.title.clone(),
            start_s: track.start_s,
            at_s: 0.0,
            length_s: track.duration_s(),
            looped_s: None,
            lufs: self.sketch(&track.track_id).and_then(|s| s.loudness_lufs),
        }
    }

    /// A take by id.
    pub fn take_of(&self, id: &TakeId) -> Option<&Take> {
        self.takes.iter().find(|t| t.take_id == *id)
    }

    /// A job by id.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|j| j.job_id == id)
    }

    /// What a job is about, with the names of finetunes for their ids.
    pub fn what(&self, job: &Job) -> String {
        let mut words = job.what.clone();
        for known in self.finetunes.iter().filter(|f| job.what.contains(f.finetune_id.as_str())) {
            words = words.replace(known.finetune_id.as_str(), &known.name);
        }
        words
    }

    /// Jobs that have not ended.
    pub fn open_jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|j| !j.state.ended())
    }

    /// The job that goes on with one that ended too soon.
    pub fn continued_by(&self, id: JobId) -> Option<JobId> {
        self.jobs.iter().find(|j| j.continues == Some(id)).map(|j| j.job_id)
    }

    /// Jobs whose process died and that nothing goes on with yet.
    pub fn interrupted(&self) -> impl Iterator<Item = &Job> {
        self.jobs
            .iter()
            .filter(|j| j.state == JobState::Lost && self.continued_by(j.job_id).is_none())
    }

    /// What is known of a track's sound.
    pub fn sketch(&self, id: &TrackId) -> Option<&Sketch> {
        self.sketches.get(id).and_then(Option::as_ref)
    }

    /// All tracks of all datasets.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.datasets.iter().flat_map(|d| d.members.iter().map(|m| &m.track))
    }

    /// Where a track's file is: the workspace's copy, or where it was imported from.
    pub fn file_of(&self, track: &Track) -> PathBuf {
        self.files.get(&track.track_id).cloned().unwrap_or_else(|| track.path.clone())
    }

    /// The rights of a track as they are listed.
    pub fn rights(&self, id: &TrackId) -> String {
        let stated = self.statements.get(id).and_then(|s| s.rights.as_ref());
        stated.map_or_else(|| "none".to_owned(), ToString::to_string)
    }
}
