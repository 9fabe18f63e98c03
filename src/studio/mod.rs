//! What the product can do, with no face: import, diagnose, screen, train, generate, judge, play.
//!
//! [`Studio`] is what faces know; [`local::LocalStudio`] does the work in this process. The studio
//! joins engine, judge and store, which do not know one another, and runs everything that takes
//! time as a job with events. It must never print, draw or ask.

pub mod checking;
pub mod clock;
pub mod config;
pub mod counting;
pub mod curation;
pub mod demo;
pub mod doctor;
pub mod error;
pub mod evaluation;
pub mod exporting;
pub mod generation;
pub mod hearing;
pub mod importing;
pub mod lane;
pub mod local;
pub mod mapping;
pub mod nearness;
pub mod preview;
pub mod progress;
pub mod proof;
pub mod reseeding;
pub mod screening;
pub mod selftest;
pub mod sketches;
pub mod training;
pub mod trimming;
pub mod work;

pub use error::{ErrorKind, ErrorReport, StudioError};
pub use local::LocalStudio;
pub use preview::Hear;
pub use work::Work;

use crate::audio::peaks::Peaks;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::Manifest;
use crate::domain::ids::{DatasetName, FinetuneId, JobId, TakeId, TrackId};
use crate::domain::job::{Event, Job};
use crate::domain::plan::Plan;
use crate::domain::rights::{Rights, Statement};
use crate::domain::take::{Take, TakeRequest};
use crate::domain::track::Track;
use crate::store::hearings::Record;
use checking::CheckReport;
use mapping::StyleMap;
use nearness::Nearness;
use screening::Screening;
use sketches::Sketch;
use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Tells other programs about the owner of a home, on a socket, until what it returns is dropped; or
/// says why it cannot. Handed to the faces by the program, for faces do not know one another.
pub type Announce = fn(Arc<dyn Studio>, &Path) -> Result<Box<dyn Any>, String>;

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEnd {
    /// The job as it is kept.
    pub job: Job,
    /// Why it did not end well.
    pub error: Option<ErrorReport>,
}

/// What is being played.
#[derive(Clone, Debug, PartialEq)]
pub struct Playing {
    /// The file.
    pub path: PathBuf,
    /// Where it stands.
    pub at_s: f64,
    /// Its length.
    pub duration_s: f64,
    /// Whether it is paused.
    pub paused: bool,
}

/// What the product can do.
pub trait Studio: Send + Sync {
    /// Whether this studio may change things, or only looks.
    fn is_owner(&self) -> bool;
    /// What a person should know about opening it.
    fn notes(&self) -> Vec<String>;

    /// All datasets.
    fn datasets(&self) -> Result<Vec<Dataset>, StudioError>;
    /// One dataset.
    fn dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError>;
    /// All finetunes.
    fn finetunes(&self) -> Result<Vec<Manifest>, StudioError>;
    /// A finetune by id or unique name.
    fn finetune(&self, wanted: &str) -> Result<Manifest, StudioError>;
    /// All takes, without their grains.
    fn takes(&self) -> Result<Vec<Take>, StudioError>;
    /// One take.
    fn take(&self, id: &TakeId) -> Result<Take, StudioError>;
    /// All jobs.
    fn jobs(&self) -> Result<Vec<Job>, StudioError>;
    /// One job.
    fn job(&self, id: JobId) -> Result<Job, StudioError>;
    /// A job's events so far.
    fn events(&self, id: JobId) -> Result<Vec<Event>, StudioError>;
    /// What was heard in a track, where it is known.
    fn record(&self, id: &TrackId) -> Option<Arc<Record>>;
    /// What lists show of tracks, in their order; `None` where a track was not listened to.
    fn sketches(&self, tracks: &[TrackId]) -> Vec<Option<Sketch>>;
    /// An overview of the waveform of a file.
    fn peaks(&self, path: &Path) -> Result<Peaks, StudioError>;
    /// Where a track's file is now: the workspace's copy, or where it was imported from.
    fn locate(&self, track: &Track) -> PathBuf;
    /// The statement of rights that holds for each track.
    fn statements(&self) -> Result<BTreeMap<TrackId, Statement>, StudioError>;

    /// Puts work into the queue.
    fn submit(&self, work: Work) -> Result<JobId, StudioError>;
    /// Puts the work of a job that has ended into the queue again, as a new job. What the old one
    /// had finished, tracks that were heard and takes that are there, is not done a second time.
    fn go_on(&self, id: JobId) -> Result<JobId, StudioError>;
    /// Asks a job to stop.
    fn stop(&self, id: JobId) -> Result<(), StudioError>;
    /// Lets a job rest at its next step, or go on, in whatever process it runs.
    fn pause(&self, id: JobId, paused: bool) -> Result<(), StudioError>;
    /// Forgets a job that has ended; what it made stays.
    fn forget_job(&self, id: JobId) -> Result<(), StudioError>;
    /// Waits until a job has ended.
    fn wait(&self, id: JobId) -> Result<JobEnd, StudioError>;
    /// Events of all jobs from now on; of each job at most four a second are mere progress.
    fn subscribe(&self) -> Receiver<Event>;

    /// Makes an empty dataset.
    fn new_dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError>;
    /// Takes tracks from a dataset's other place into this one.
    fn add_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError>;
    /// Takes tracks out of a dataset; their files stay.
    fn remove_tracks(&self, name: &DatasetName, tracks: &[TrackId])
    -> Result<Dataset, StudioError>;
    /// Leaves tracks out of training.
    fn exclude(
        &self,
        name: &DatasetName,
        tracks: &[TrackId],
        reason: &str,
    ) -> Result<Dataset, StudioError>;
    /// Takes tracks in again.
    fn include(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError>;
    /// Keeps tracks as they are: what was found wrong was heard and is fine.
    fn keep_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError>;
    /// Lets only a stretch of a track take part, in seconds from its start; `None`: all of it.
    fn trim(
        &self,
        name: &DatasetName,
        track: &TrackId,
        only_s: Option<(f64, f64)>,
    ) -> Result<Dataset, StudioError>;
    /// Lets the edit that was taken back last hold again; says what it was.
    fn redo(&self, name: &DatasetName) -> Result<String, StudioError>;
    /// Takes back the last edit of a dataset that still stands; says what it was.
    fn undo(&self, name: &DatasetName) -> Result<String, StudioError>;
    /// States rights for tracks.
    fn state_rights(
        &self,
        tracks: &[TrackId],
        rights: Option<&Rights>,
        by: &str,
    ) -> Result<(), StudioError>;

    /// Diagnoses a dataset.
    fn check(&self, name: &DatasetName) -> Result<CheckReport, StudioError>;
    /// Screens a dataset.
    fn screen(&self, name: &DatasetName) -> Result<Screening, StudioError>;
    /// Where a dataset's tracks lie among one another in sound, and the newest takes among them.
    fn style_map(&self, name: &DatasetName, with_takes: bool) -> Result<StyleMap, StudioError>;
    /// How near a dataset's tracks come to one another: seconds to minutes the first time.
    fn nearness(&self, name: &DatasetName) -> Result<Nearness, StudioError>;
    /// Plans a piece.
    fn plan(&self, request: &TakeRequest) -> Result<Plan, StudioError>;
    /// Rates a take, 1 to 5, or takes the rating back.
    fn rate(&self, id: &TakeId, rating: Option<u8>) -> Result<Take, StudioError>;
    /// Keeps a take, or keeps it no longer.
    fn keep_take(&self, id: &TakeId, kept: bool) -> Result<Take, StudioError>;
    /// Copies a take with its parts and its report into a folder; returns what was written.
    fn export_take(&self, id: &TakeId, folder: &Path) -> Result<Vec<PathBuf>, StudioError>;
    /// Writes a stretch of a file into a folder as WAV; returns where.
    fn excerpt(
        &self,
        path: &Path,
        span_s: (f64, f64),
        folder: &Path,
    ) -> Result<PathBuf, StudioError>;
    /// Removes a take.
    fn delete_take(&self, id: &TakeId) -> Result<(), StudioError>;
    /// Removes a finetune.
    fn delete_finetune(&self, id: &FinetuneId) -> Result<(), StudioError>;

    /// Starts playing a file. Fails with a sentence where there is nothing to hear with.
    fn play(&self, hear: &Hear) -> Result<(), StudioError>;
    /// Pauses or goes on.
    fn toggle_pause(&self);
    /// Stops playing.
    fn stop_playing(&self);
    /// What is being played.
    fn playing(&self) -> Option<Playing>;
}
