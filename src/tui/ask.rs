//! Questions to the studio and its answers, as data.
//!
//! A question is put by the app, answered by a worker thread and comes back with its number. One
//! that fills a slot replaces the one that waits in it, and of its answers only the newest counts.
//! Must never be answered on the loop: anything may wait for a disk.

use crate::audio::peaks::Peaks;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::Manifest;
use crate::domain::ids::{DatasetName, JobId, TakeId, TrackId};
use crate::domain::job::{Event, Job};
use crate::domain::plan::Plan;
use crate::domain::rights::{Rights, Statement};
use crate::domain::take::{Take, TakeRequest};
use crate::store::hearings::Record;
use crate::studio::checking::CheckReport;
use crate::studio::mapping::StyleMap;
use crate::studio::nearness::Nearness;
use crate::studio::screening::Screening;
use crate::studio::sketches::Sketch;
use crate::studio::{ErrorKind, ErrorReport, Hear, Playing, Studio, StudioError, Work};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What of a kind only the newest counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// Everything there is.
    Facts,
    /// What was heard in the track under the cursor.
    Heard,
    /// The log of the job under the cursor.
    Events,
    /// The diagnosis.
    Check,
    /// The plan of the prompt.
    Plan,
    /// The waveform of the take under the cursor.
    Peaks,
    /// What is being played.
    Playing,
    /// The whole take under the cursor.
    Take,
    /// The map of a dataset.
    Map,
    /// How near the tracks of a dataset are.
    Near,
    /// A folder in the file browser.
    Folder,
    /// What is to be heard.
    Sound,
    /// What was heard in the track that a take is held against.
    Matched,
}

/// Which worker answers; a slow question must not keep a quick one waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Facts, edits, plans: in the order they were asked.
    Quick,
    /// Waveforms, thousands of sketches.
    Slow,
    /// Diagnoses and maps: seconds.
    Long,
    /// Comparing all pairs of tracks: seconds to minutes.
    Longest,
    /// Playing.
    Sound,
}

/// A question.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Datasets, rights, jobs, takes, finetunes.
    Facts,
    /// What lists show of tracks.
    Sketches(Vec<TrackId>),
    /// All that was heard in a track.
    Heard(TrackId),
    /// A job's log.
    Events(JobId),
    /// A dataset's diagnosis.
    Check(DatasetName),
    /// A map of a dataset, with takes or without.
    Map(DatasetName, bool),
    /// How near a dataset's tracks come to one another.
    Near(DatasetName),
    /// What a folder holds.
    Folder(PathBuf),
    /// A screening.
    Screen(DatasetName),
    /// A plan.
    Plan(Box<TakeRequest>),
    /// A file's waveform.
    Peaks(PathBuf),
    /// A take with its grains.
    Take(TakeId),
    /// Work for the queue.
    Submit(Work),
    /// The work of a job that ended, once more.
    GoOn(JobId),
    /// That a job stop.
    Stop(JobId),
    /// An edit of a dataset.
    Edit(DatasetName, Edit),
    /// A statement of rights.
    Rights(Vec<TrackId>, Option<Rights>, String),
    /// A rating.
    Rate(TakeId, Option<u8>),
    /// That a take stay, or not.
    KeepTake(TakeId, bool),
    /// That takes go.
    DeleteTakes(Vec<TakeId>),
    /// A copy of a take in a folder.
    Export(TakeId, PathBuf),
    /// A stretch of a file in a folder.
    Excerpt(PathBuf, (f64, f64), PathBuf),
    /// That a job rest, or go on.
    Rest(JobId, bool),
    /// That jobs be forgotten.
    Forget(Vec<JobId>),
    /// Playing a file.
    Play(Hear),
    /// Pausing, or going on.
    Pause,
    /// Silence.
    Silence,
    /// What is being played.
    Playing,
}

/// An edit of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Make it.
    New(Vec<TrackId>),
    /// Add tracks.
    Add(Vec<TrackId>),
    /// Take tracks out.
    Remove(Vec<TrackId>),
    /// Leave out of training.
    Exclude(Vec<TrackId>, String),
    /// Take in again.
    Include(Vec<TrackId>),
    /// Keep as they are, whatever was found.
    Keep(Vec<TrackId>),
    /// Let only a stretch take part.
    Trim(TrackId, Option<(f64, f64)>),
    /// Take back the last edit.
    Undo,
    /// Let it hold again.
    Redo,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Whether it is no folder: folders come first.
    pub file: bool,
    /// Its name.
    pub name: String,
}

/// All facts of the lists at one time; `None` is what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Datasets by name.
    pub datasets: Option<Vec<Dataset>>,
    /// Statements of rights.
    pub statements: Option<BTreeMap<TrackId, Statement>>,
    /// Jobs, oldest first.
    pub jobs: Option<Vec<Job>>,
    /// Takes, oldest first.
    pub takes: Option<Vec<Take>>,
    /// Finetunes.
    pub finetunes: Option<Vec<Manifest>>,
    /// Where the files of tracks are that the workspace keeps copies of.
    pub files: HashMap<TrackId, PathBuf>,
    /// What could not be read, in words.
    pub faults: Vec<ErrorReport>,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The facts.
    Facts(Box<Snapshot>),
    /// Sketches of the tracks asked for.
    Sketches(Vec<(TrackId, Option<Sketch>)>),
    /// What was heard; `None` if nothing is known.
    Heard(TrackId, Option<Arc<Record>>),
    /// A job's log.
    Events(JobId, Vec<Event>),
    /// A diagnosis.
    Check(Box<CheckReport>),
    /// A map.
    Map(Box<StyleMap>),
    /// How near the tracks are.
    Near(Box<Nearness>),
    /// What a folder holds.
    Folder(PathBuf, Vec<Entry>),
    /// A screening.
    Screen(Box<Screening>),
    /// A plan for a request.
    Plan(Box<TakeRequest>, Box<Plan>),
    /// A waveform.
    Peaks(PathBuf, Arc<Peaks>),
    /// A take.
    Take(Box<Take>),
    /// The work waits as this job.
    Submitted(Box<Job>),
    /// The job was asked to stop.
    Stopping(JobId),
    /// The dataset as it is now, and what was done.
    Edited(Box<Dataset>, String),
    /// Rights were stated for so many tracks.
    Rights(Vec<TrackId>, Option<Rights>, String),
    /// The take as it is now.
    Rated(Box<Take>),
    /// The takes are gone.
    Deleted(Vec<TakeId>),
    /// Files were written, in words.
    Written(String),
    /// The job was asked to rest, or to go on.
    Rested(JobId, bool),
    /// The jobs are forgotten.
    Forgot(Vec<JobId>),
    /// What is played.
    Playing(Option<Playing>),
}

/// A question on its way.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its number.
    pub number: u64,
    /// Its slot.
    pub slot: Option<Slot>,
    /// What is asked.
    pub ask: Ask,
}

/// An answer on its way.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The question's number.
    pub number: u64,
    /// The question's slot.
    pub slot: Option<Slot>,
    /// The answer.
    pub answer: Result<Answer, ErrorReport>,
}

impl Ask {
    /// Which worker answers it.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Check(_) | Self::Map(..) | Self::Export(..) | Self::Excerpt(..) => Lane::Long,
            Self::Near(_) => Lane::Longest,
            Self::Peaks(_) | Self::Sketches(_) | Self::Heard(_) => Lane::Slow,
            Self::Play(..) | Self::Pause | Self::Silence | Self::Playing => Lane::Sound,
            _ => Lane::Quick,
        }
    }
}

/// Answers a question. Blocks for as long as that takes.
pub fn answer(studio: &dyn Studio, ask: Ask) -> Result<Answer, ErrorReport> {
    ask_studio(studio, ask).map_err(|e| e.report())
}

fn ask_studio(studio: &dyn Studio, ask: Ask) -> Result<Answer, StudioError> {
    Ok(match ask {
        Ask::Facts => Answer::Facts(Box::new(snapshot(studio))),
        Ask::Sketches(ids) => {
            let sketches = studio.sketches(&ids);
            Answer::Sketches(ids.into_iter().zip(sketches).collect())
        }
        Ask::Heard(id) => {
            let record = studio.record(&id);
            Answer::Heard(id, record)
        }
        Ask::Events(id) => Answer::Events(id, studio.events(id)?),
        Ask::Check(name) => Answer::Check(Box::new(studio.check(&name)?)),
        Ask::Map(name, takes) => Answer::Map(Box::new(studio.style_map(&name, takes)?)),
        Ask::Near(name) => Answer::Near(Box::new(studio.nearness(&name)?)),
        Ask::Folder(path) => {
            let entries = folder(&path)?;
            Answer::Folder(path, entries)
        }
        Ask::Screen(name) => Answer::Screen(Box::new(studio.screen(&name)?)),
        Ask::Plan(request) => {
            let plan = studio.plan(&request)?;
            Answer::Plan(request, Box::new(plan))
        }
        Ask::Peaks(path) => {
            let peaks = studio.peaks(&path)?;
            Answer::Peaks(path, Arc::new(peaks))
        }
        Ask::Take(id) => Answer::Take(Box::new(studio.take(&id)?)),
        Ask::Submit(work) => {
            let id = studio.submit(work)?;
            Answer::Submitted(Box::new(studio.job(id)?))
        }
        Ask::GoOn(id) => {
            let id = studio.go_on(id)?;
            Answer::Submitted(Box::new(studio.job(id)?))
        }
        Ask::Stop(id) => {
            studio.stop(id)?;
            Answer::Stopping(id)
        }
        Ask::Edit(name, edit) => {
            let (dataset, words) = apply(studio, &name, edit)?;
            Answer::Edited(Box::new(dataset), words)
        }
        Ask::Rights(tracks, rights, by) => {
            studio.state_rights(&tracks, rights.as_ref(), &by)?;
            Answer::Rights(tracks, rights, by)
        }
        Ask::Rate(id, rating) => Answer::Rated(Box::new(studio.rate(&id, rating)?)),
        Ask::KeepTake(id, kept) => Answer::Rated(Box::new(studio.keep_take(&id, kept)?)),
        Ask::DeleteTakes(ids) => {
            for id in &ids {
                studio.delete_take(id)?;
            }
            Answer::Deleted(ids)
        }
        Ask::Export(id, to) => {
            let written = studio.export_take(&id, &to)?;
            let files = super::words::count(written.len(), "file", "files");
            Answer::Written(format!("{files} of {id} written to {}", to.display()))
        }
        Ask::Excerpt(path, span, to) => {
            let written = studio.excerpt(&path, span, &to)?;
            Answer::Written(format!("written: {}", written.display()))
        }
        Ask::Rest(id, paused) => {
            studio.pause(id, paused)?;
            Answer::Rested(id, paused)
        }
        Ask::Forget(ids) => {
            for id in &ids {
                studio.forget_job(*id)?;
            }
            Answer::Forgot(ids)
        }
        Ask::Play(hear) => {
            studio.play(&hear)?;
            Answer::Playing(studio.playing())
        }
        Ask::Pause => {
            studio.toggle_pause();
            Answer::Playing(studio.playing())
        }
        Ask::Silence => {
            studio.stop_playing();
            Answer::Playing(None)
        }
        Ask::Playing => Answer::Playing(studio.playing()),
    })
}

/// Reads everything; what cannot be read is reported and costs only itself.
fn snapshot(studio: &dyn Studio) -> Snapshot {
    let mut faults = Vec::new();
    let mut keep = |error: &StudioError| faults.push(error.report());
    let datasets = studio.datasets().inspect_err(&mut keep).ok();
    let statements = studio.statements().inspect_err(&mut keep).ok();
    let jobs = studio.jobs().inspect_err(&mut keep).ok();
    let takes = studio.takes().inspect_err(&mut keep).ok();
    let finetunes = studio.finetunes().inspect_err(&mut keep).ok();
    let members = datasets.iter().flatten().flat_map(|d: &Dataset| &d.members);
    let tracks = members.map(|m| &m.track);
    let copied = tracks.filter(|t| t.copied);
    let files = copied.map(|t| (t.track_id.clone(), studio.locate(t))).collect();
    Snapshot { datasets, statements, jobs, takes, finetunes, files, faults }
}

fn apply(
    studio: &dyn Studio,
    name: &DatasetName,
    edit: Edit,
) -> Result<(Dataset, String), StudioError> {
    let tracks = |n: usize| super::words::count(n, "track", "tracks");
    Ok(match edit {
        Edit::New(ids) => {
            let made = studio.new_dataset(name)?;
            let made = if ids.is_empty() { made } else { studio.add_tracks(name, &ids)? };
            let words = format!("{name} is there, with {}", tracks(made.members.len()));
            (made, words)
        }
        Edit::Add(ids) => {
            (studio.add_tracks(name, &ids)?, format!("{} added to {name}", tracks(ids.len())))
        }
        Edit::Remove(ids) => (
            studio.remove_tracks(name, &ids)?,
            format!("{} taken out of {name}; the files stay", tracks(ids.len())),
        ),
        Edit::Exclude(ids, reason) => (
            studio.exclude(name, &ids, &reason)?,
            format!("{} left out of training: {reason}", tracks(ids.len())),
        ),
        Edit::Include(ids) => {
            let part = if ids.len() == 1 { "takes part" } else { "take part" };
            (studio.include(name, &ids)?, format!("{} {part} again", tracks(ids.len())))
        }
        Edit::Keep(ids) => {
            let as_is = if ids.len() == 1 { "as it is" } else { "as they are" };
            (studio.keep_tracks(name, &ids)?, format!("{} kept {as_is}", tracks(ids.len())))
        }
        Edit::Trim(id, only_s) => {
            let words = match only_s {
                Some((from, to)) => {
                    let (from, to) = (super::words::place(from), super::words::place(to));
                    format!("only {from} to {to} takes part from now on; u takes it back")
                }
                None => "all of the track takes part again".to_owned(),
            };
            (studio.trim(name, &id, only_s)?, words)
        }
        Edit::Undo => {
            let words = studio.undo(name)?;
            (studio.dataset(name)?, format!("{words}; ctrl-r decides it again"))
        }
        Edit::Redo => {
            let words = studio.redo(name)?;
            (studio.dataset(name)?, words)
        }
    })
}

/// Most entries of a folder that are listed.
const ENTRIES_MAX: usize = 5_000;

/// Folders first, then files, by name; hidden ones are passed over.
fn folder(path: &Path) -> Result<Vec<Entry>, StudioError> {
    let io = |source| StudioError::Io { path: path.to_owned(), source };
    let mut entries: Vec<Entry> = std::fs::read_dir(path)
        .map_err(io)?
        .flatten()
        .take(ENTRIES_MAX)
        .map(|e| Entry { file: !e.path().is_dir(), name: e.file_name().to_string_lossy().into() })
        .filter(|e| !e.name.starts_with('.'))
        .collect();
    entries.sort();
    Ok(entries)
}

/// The report of a worker that died over a question.
pub fn died() -> ErrorReport {
    ErrorReport {
        kind: ErrorKind::Failed,
        message: "an internal error: a worker died over a question".to_owned(),
        hints: vec!["the log in the state folder has more".to_owned()],
    }
}
