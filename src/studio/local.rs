//! The studio in this process.

use super::clock::{Clock, SystemClock};
use super::config::Config;
use super::lane::Lane;
use super::mapping::{self, StyleMap};
use super::nearness::{self, Nearness};
use super::preview::{self, Preview};
use super::progress::{Bus, locked};
use super::sketches::{self, Sketch};
use super::{
    Hear, JobEnd, Playing, Studio, StudioError, Work, checking, curation, exporting, generation,
    importing, screening,
};
use crate::audio::peaks::Peaks;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::Manifest;
use crate::domain::ids::{DatasetName, FinetuneId, JobId, TakeId, TrackId};
use crate::domain::job::{Event, Job, JobState};
use crate::domain::plan::Plan;
use crate::domain::rights::{Rights, Statement};
use crate::domain::take::{Take, TakeRequest};
use crate::domain::track::Track;
use crate::engine::Engine;
use crate::engine::resident::Resident;
use crate::judge::class::Compared;
use crate::listen::profile::SoundProfile;
use crate::store::hearings::Record;
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

/// Hearings kept in memory.
const RECORDS_MAX: usize = 256;

/// What all parts of the studio share.
pub struct Inner {
    /// The store.
    pub store: Arc<Store>,
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub config: Config,
    /// Worker threads of jobs.
    pub pool: rayon::ThreadPool,
    /// Worker threads for questions: they answer while a job has all others.
    pub aside: rayon::ThreadPool,
    pub(super) bus: Arc<Bus>,
    pub(super) lane: Lane,
    preview: Preview,
    records: Mutex<HashMap<TrackId, Arc<Record>>>,
    /// The sound of takes that were placed on a map.
    pub(super) profiles: Mutex<HashMap<TakeId, SoundProfile>>,
    /// Pairs of tracks that were compared.
    pub(super) compared: Mutex<HashMap<(TrackId, TrackId), Compared>>,
}

impl Inner {
    /// What was heard in a track, from memory or from the cache.
    pub fn record(&self, id: &TrackId) -> Option<Arc<Record>> {
        if let Some(known) = locked(&self.records).get(id) {
            return Some(Arc::clone(known));
        }
        let record = Arc::new(self.store.record(id)?);
        let mut records = locked(&self.records);
        if records.len() >= RECORDS_MAX {
            records.clear();
        }
        records.insert(id.clone(), Arc::clone(&record));
        Some(record)
    }

    /// Keeps a record that was made anew, on disk and here.
    pub fn keep_record(&self, id: &TrackId, record: Record) -> Result<Arc<Record>, StoreError> {
        self.store.put_record(id, &record)?;
        let record = Arc::new(record);
        locked(&self.records).insert(id.clone(), Arc::clone(&record));
        Ok(record)
    }
}

/// The studio in this process.
pub struct LocalStudio {
    inner: Arc<Inner>,
}

impl LocalStudio {
    /// Owns the configured home. `what` tells other processes what for.
    pub fn own(config: Config, what: &str) -> Result<Self, StudioError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store = Store::own(config.home.clone(), what, &clock.now())?;
        Self::with(config, store, clock)
    }

    /// Looks at the configured home without owning it.
    pub fn look(config: Config) -> Result<Self, StudioError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store = Store::look(config.home.clone());
        Self::with(config, store, clock)
    }

    /// A studio over a store and a clock.
    pub fn with(config: Config, store: Store, clock: Arc<dyn Clock>) -> Result<Self, StudioError> {
        let engine = Box::new(Resident::new(config.settings.limits.clone(), &config.banks));
        Self::with_engine(config, store, clock, engine)
    }

    /// A studio with another engine.
    pub fn with_engine(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        engine: Box<dyn Engine>,
    ) -> Result<Self, StudioError> {
        let threads = config.settings.threads.unwrap_or(0);
        // Workers step back where somebody looks on; headless there is nobody to answer.
        let pool = workers(threads, config.watched)?;
        Ok(Self {
            inner: Arc::new(Inner {
                store: Arc::new(store),
                engine,
                clock,
                config,
                pool,
                aside: workers(threads.clamp(0, 2), false)?,
                bus: Arc::new(Bus::default()),
                lane: Lane::default(),
                preview: Preview::default(),
                records: Mutex::new(HashMap::new()),
                profiles: Mutex::new(HashMap::new()),
                compared: Mutex::new(HashMap::new()),
            }),
        })
    }

    /// What the parts share, for commands that are not jobs.
    pub fn inner(&self) -> &Inner {
        &self.inner
    }
}

fn workers(threads: usize, behind: bool) -> Result<rayon::ThreadPool, StudioError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .start_handler(move |_| {
            if behind {
                step_back();
            }
        })
        .build()
        .map_err(|e| StudioError::Internal(format!("no worker threads: {e}")))
}

/// How much nicer than the rest of the program those threads are that work while a person looks on.
#[cfg(target_os = "linux")]
const NICER: i32 = 10;

/// Lets every other thread go first, so that a key is answered while all cores work. On Linux that
/// is a matter of the thread; elsewhere it would be one of the whole program.
#[cfg(target_os = "linux")]
fn step_back() {
    if let Ok(now) = rustix::process::getpriority_process(None) {
        // Without it keys are answered a little later, nothing else.
        let _ = rustix::process::setpriority_process(None, (now + NICER).min(19));
    }
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

impl Drop for LocalStudio {
    fn drop(&mut self) {
        self.inner.lane.close();
    }
}

impl Studio for LocalStudio {
    fn is_owner(&self) -> bool {
        self.inner.store.is_owner()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.inner.store.notes().to_vec();
        notes.extend(self.inner.engine.info().notes);
        notes
    }

    fn datasets(&self) -> Result<Vec<Dataset>, StudioError> {
        Ok(self.inner.store.datasets()?)
    }

    fn dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError> {
        Ok(self.inner.store.dataset(name)?)
    }

    fn finetunes(&self) -> Result<Vec<Manifest>, StudioError> {
        Ok(self.inner.store.finetunes()?)
    }

    fn finetune(&self, wanted: &str) -> Result<Manifest, StudioError> {
        Ok(self.inner.store.find_finetune(wanted)?)
    }

    fn takes(&self) -> Result<Vec<Take>, StudioError> {
        Ok(self.inner.store.takes()?)
    }

    fn take(&self, id: &TakeId) -> Result<Take, StudioError> {
        Ok(self.inner.store.take(id)?)
    }

    fn jobs(&self) -> Result<Vec<Job>, StudioError> {
        Ok(self.inner.store.jobs()?)
    }

    fn job(&self, id: JobId) -> Result<Job, StudioError> {
        Ok(self.inner.store.job(id)?)
    }

    fn events(&self, id: JobId) -> Result<Vec<Event>, StudioError> {
        Ok(self.inner.store.events(id)?)
    }

    fn record(&self, id: &TrackId) -> Option<Arc<Record>> {
        self.inner.record(id)
    }

    fn sketches(&self, tracks: &[TrackId]) -> Vec<Option<Sketch>> {
        sketches::sketches(&self.inner, tracks)
    }

    fn peaks(&self, path: &Path) -> Result<Peaks, StudioError> {
        preview::peaks(path, &self.inner.config.settings.limits)
    }

    fn locate(&self, track: &Track) -> PathBuf {
        importing::locate(&self.inner, track)
    }

    fn statements(&self) -> Result<BTreeMap<TrackId, Statement>, StudioError> {
        Ok(self.inner.store.statements()?)
    }

    fn submit(&self, work: Work) -> Result<JobId, StudioError> {
        Lane::submit(&self.inner, work, None)
    }

    fn go_on(&self, id: JobId) -> Result<JobId, StudioError> {
        let old = self.inner.store.job(id)?;
        if !old.state.ended() {
            return Err(StudioError::Usage(format!("job {id} has not ended")));
        }
        let next = self.inner.store.jobs()?.into_iter().find(|j| j.continues == Some(id));
        if let Some(next) = next {
            return Err(StudioError::Usage(format!("{} goes on with {id} already", next.job_id)));
        }
        let work: Work = serde_json::from_value(old.request).map_err(|e| {
            StudioError::Usage(format!("what {id} was asked for cannot be read back: {e}"))
        })?;
        Lane::submit(&self.inner, work, (old.state != JobState::Done).then_some(id))
    }

    fn stop(&self, id: JobId) -> Result<(), StudioError> {
        if self.inner.lane.stop(id) {
            return Ok(());
        }
        let job = self.inner.store.job(id)?;
        if job.state.ended() {
            let words = format!("job {id} has ended already: it is {}", job.state.word());
            return Err(StudioError::Usage(words));
        }
        // Another process runs it and looks for this word a few times a second.
        Ok(self.inner.store.ask_to_stop(id)?)
    }

    fn pause(&self, id: JobId, paused: bool) -> Result<(), StudioError> {
        if self.inner.lane.pause(id, paused) {
            return Ok(());
        }
        let job = self.inner.store.job(id)?;
        if job.state.ended() {
            let words = format!("job {id} has ended already: it is {}", job.state.word());
            return Err(StudioError::Usage(words));
        }
        // It waits for its turn, or another process runs it: the word is heard when it can be.
        Ok(self.inner.store.ask_to_rest(id, paused)?)
    }

    fn forget_job(&self, id: JobId) -> Result<(), StudioError> {
        if !self.inner.store.job(id)?.state.ended() {
            return Err(StudioError::Usage(format!("job {id} has not ended; stop it first")));
        }
        Ok(self.inner.store.remove_job(id)?)
    }

    fn wait(&self, id: JobId) -> Result<JobEnd, StudioError> {
        match self.inner.lane.wait(id) {
            Some(end) => Ok(end),
            None => Ok(JobEnd { job: self.inner.store.job(id)?, error: None }),
        }
    }

    fn subscribe(&self) -> Receiver<Event> {
        self.inner.bus.subscribe()
    }

    fn new_dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError> {
        curation::new_dataset(&self.inner, name)
    }

    fn add_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        curation::add(&self.inner, name, tracks)
    }

    fn remove_tracks(
        &self,
        name: &DatasetName,
        tracks: &[TrackId],
    ) -> Result<Dataset, StudioError> {
        curation::remove(&self.inner, name, tracks)
    }

    fn exclude(
        &self,
        name: &DatasetName,
        tracks: &[TrackId],
        reason: &str,
    ) -> Result<Dataset, StudioError> {
        curation::exclude(&self.inner, name, tracks, reason)
    }

    fn include(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        curation::include(&self.inner, name, tracks)
    }

    fn keep_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        curation::keep(&self.inner, name, tracks)
    }

    fn trim(
        &self,
        name: &DatasetName,
        track: &TrackId,
        only_s: Option<(f64, f64)>,
    ) -> Result<Dataset, StudioError> {
        curation::trim(&self.inner, name, track, only_s)
    }

    fn redo(&self, name: &DatasetName) -> Result<String, StudioError> {
        curation::redo(&self.inner, name)
    }

    fn undo(&self, name: &DatasetName) -> Result<String, StudioError> {
        curation::undo(&self.inner, name)
    }

    fn state_rights(
        &self,
        tracks: &[TrackId],
        rights: Option<&Rights>,
        by: &str,
    ) -> Result<(), StudioError> {
        curation::state_rights(&self.inner, tracks, rights, by)
    }

    fn check(&self, name: &DatasetName) -> Result<checking::CheckReport, StudioError> {
        self.inner.aside.install(|| checking::check(&self.inner, name))
    }

    fn screen(&self, name: &DatasetName) -> Result<screening::Screening, StudioError> {
        screening::screen(&self.inner, name)
    }

    fn style_map(&self, name: &DatasetName, with_takes: bool) -> Result<StyleMap, StudioError> {
        self.inner.aside.install(|| mapping::style_map(&self.inner, name, with_takes))
    }

    fn nearness(&self, name: &DatasetName) -> Result<Nearness, StudioError> {
        self.inner.aside.install(|| nearness::nearness(&self.inner, name))
    }

    fn plan(&self, request: &TakeRequest) -> Result<Plan, StudioError> {
        generation::plan(&self.inner, request)
    }

    fn rate(&self, id: &TakeId, rating: Option<u8>) -> Result<Take, StudioError> {
        curation::rate(&self.inner, id, rating)
    }

    fn keep_take(&self, id: &TakeId, kept: bool) -> Result<Take, StudioError> {
        curation::keep_take(&self.inner, id, kept)
    }

    fn export_take(&self, id: &TakeId, folder: &Path) -> Result<Vec<PathBuf>, StudioError> {
        exporting::export_take(&self.inner.store.take(id)?, folder)
    }

    fn excerpt(
        &self,
        path: &Path,
        span_s: (f64, f64),
        folder: &Path,
    ) -> Result<PathBuf, StudioError> {
        exporting::excerpt(&self.inner, path, span_s, folder)
    }

    fn delete_take(&self, id: &TakeId) -> Result<(), StudioError> {
        Ok(self.inner.store.remove_take(id)?)
    }

    fn delete_finetune(&self, id: &FinetuneId) -> Result<(), StudioError> {
        Ok(self.inner.store.remove_finetune(id)?)
    }

    fn play(&self, hear: &Hear) -> Result<(), StudioError> {
        let log = self.inner.config.home.logs();
        self.inner.preview.play(hear, &self.inner.config.settings.limits, &log)
    }

    fn toggle_pause(&self) {
        self.inner.preview.toggle_pause();
    }

    fn stop_playing(&self) {
        self.inner.preview.stop();
    }

    fn playing(&self) -> Option<Playing> {
        self.inner.preview.playing()
    }
}
