//! A studio that is made up: no disk, no clock, the same facts for ever, and a list of what it was
//! asked to do.

use leitmotif::audio::peaks::Peaks;
use leitmotif::domain::dataset::{Dataset, Edit, Member};
use leitmotif::domain::finetune::Manifest;
use leitmotif::domain::ids::{DatasetName, FinetuneId, JobId, TakeId, TrackId};
use leitmotif::domain::job::{Event, EventKind, Job, JobState, Phase};
use leitmotif::domain::listening::{Listening, Problem, ProblemKind, Severity};
use leitmotif::domain::plan::Plan;
use leitmotif::domain::rights::{Rights, Statement};
use leitmotif::domain::take::{Take, TakeRequest};
use leitmotif::domain::track::Track;
use leitmotif::domain::verdict::Evidence;
use leitmotif::judge::dataset::{Advice, CopyRisk, Diagnosis, Variety};
use leitmotif::judge::near::{NearPair, Stand};
use leitmotif::judge::{Fingerprint, Notes};
use leitmotif::listen::Hearing;
use leitmotif::listen::profile::SoundProfile;
use leitmotif::store::StoreError;
use leitmotif::store::hearings::Record;
use leitmotif::studio::checking::{CheckReport, CheckedTrack};
use leitmotif::studio::mapping::{Spot, SpotOf, StyleMap};
use leitmotif::studio::nearness::Nearness;
use leitmotif::studio::screening::{Compared, ScreenResult, Screening};
use leitmotif::studio::sketches::Sketch;
use leitmotif::studio::{Hear, JobEnd, Playing, Studio, StudioError, Work};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub struct State {
    pub datasets: Vec<Dataset>,
    pub statements: BTreeMap<TrackId, Statement>,
    pub jobs: Vec<Job>,
    pub takes: Vec<Take>,
    pub finetunes: Vec<Manifest>,
    /// Whether the lists of jobs and takes cannot be read.
    pub unreadable: bool,
    pub done: Vec<String>,
    edits: Vec<(DatasetName, Edit)>,
}

#[derive(Default)]
pub struct Fake {
    pub state: Mutex<State>,
    pub looks_on: bool,
}

pub fn id(n: usize) -> TrackId {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    TrackId::from_hash(&hash, 1)
}

pub fn track(n: usize, title: &str) -> Member {
    Member::new(Track {
        track_id: id(n),
        title: title.to_owned(),
        path: format!("/music/{title}.flac").into(),
        copied: false,
        hash: String::new(),
        bytes: 1_000_000 + n as u64,
        start_s: 0.0,
        end_s: 30.0 + 10.0 * (n % 17) as f64,
        imported_at: format!("2026-11-20T10:00:{:02}.000Z", n % 60),
    })
}

fn problem(kind: ProblemKind, severity: Severity, start_s: f64, end_s: f64) -> Problem {
    Problem { kind, severity, start_s, end_s, detail: "as it was measured".to_owned() }
}

/// What was heard in the track with this number.
fn listening(n: usize) -> Listening {
    let seconds = 30.0 + 10.0 * (n % 17) as f64;
    let bpm = [92.0, 118.5, 140.0, 75.0][n % 4];
    let beat = 60.0 / bpm;
    let beats: Vec<f64> = (0..(seconds / beat) as usize).map(|b| b as f64 * beat).collect();
    let half = seconds / 2.0;
    let mut problems = Vec::new();
    if n % 5 == 1 {
        problems.push(problem(ProblemKind::Clipping, Severity::Warn, 12.0, 12.5));
    }
    if n % 7 == 3 {
        problems.push(problem(ProblemKind::Silence, Severity::Warn, 0.0, 6.0));
    }
    serde_json::from_value(json!({
        "pass": "quick", "duration_s": seconds, "rate_hz": 44100, "channels": 2,
        "tempo_bpm": (n % 6 != 5).then_some(bpm), "tempo_confidence": 0.9,
        "beats_s": beats, "downbeats_s": beats.iter().step_by(4).collect::<Vec<_>>(),
        "meter": "4/4", "tuning_cents": 3.0,
        "key": (n % 3 != 2).then_some(["A minor", "C major"][n % 2]), "key_confidence": 0.7,
        "chords": [{ "start_s": 0.0, "end_s": half, "chord": "A:min" },
                   { "start_s": half, "end_s": seconds, "chord": "F:maj" }],
        "sections": [{ "start_s": 0.0, "end_s": half, "label": "A", "energy": 0.4 },
                     { "start_s": half, "end_s": seconds, "label": "B", "energy": 0.9 }],
        "loudness_lufs": -9.0 - (n % 12) as f64, "loudness_range_lu": 5.0, "true_peak_dbtp": -0.5,
        "vocals": null, "notes": null, "problems": problems,
    }))
    .unwrap()
}

fn peaks() -> Peaks {
    let span = |i: i32| {
        let level = (20 + (i * 37 % 100) * (i % 64) / 64).min(120) as i8;
        (-level, level)
    };
    Peaks { spans: (0..512).map(span).collect() }
}

fn plan(prompt: &str) -> Plan {
    let understood: Vec<Value> = prompt
        .match_indices("slow")
        .map(|(at, word)| {
            json!({ "start": at, "end": at + word.len(), "field": "tempo_factor", "value": "0.82" })
        })
        .collect();
    let unknown: Vec<&str> = prompt.split(' ').filter(|w| w.starts_with("blor")).collect();
    serde_json::from_value(json!({
        "brief": { "genre": "ambient", "unknown_words": unknown, "unsupported": [],
                   "understood": understood },
        "tempo_bpm": 82.0, "key": "D minor", "meter": "4/4", "seconds": 60.0,
        "sections": [
            { "name": "intro", "start_s": 0.0, "duration_s": 12.0, "bars": 4, "energy": 0.2,
              "chords": [{ "bar": 0, "beat": 0, "chord": "D:min" }], "theme": "I" },
            { "name": "theme", "start_s": 12.0, "duration_s": 24.0, "bars": 8, "energy": 0.6,
              "chords": [{ "bar": 0, "beat": 0, "chord": "D:min" }], "theme": "A" },
            { "name": "climax", "start_s": 36.0, "duration_s": 24.0, "bars": 8, "energy": 1.0,
              "chords": [{ "bar": 0, "beat": 0, "chord": "A:min" }], "theme": "A", "variation": 1 },
        ],
    }))
    .unwrap()
}

fn take(n: u8, prompt: &str) -> Take {
    let take_id = TakeId::from_hash(&[n; 32]);
    let request = json!({
        "prompt": prompt, "finetune": "ft_01JD0000000000000000000001", "seconds": null, "seed": n,
        "plan": null, "loudness_lufs": null, "without": [], "no_vocals": false,
    });
    // The first take holds two passages of tracks, the others none.
    let copy = if n == 1 {
        json!({ "layers_checked": ["audio", "notes", "groove"], "nearest_bits": 5.2,
                "nearest_track": id(2), "own_nearest_bits": [9.8, 11.0], "tracks_compared": 12,
                "class": "B", "words": "contains an altered recording", "evidence": [
                    { "track_id": id(2), "layer": "audio", "start_s": 12.0, "end_s": 24.0,
                      "track_start_s": 30.0, "track_end_s": 42.6, "score": 5.2, "transposition": 2,
                      "tempo_ratio": 1.05, "landmarks": 31, "class": "B" },
                    { "track_id": id(6), "layer": "notes", "start_s": 2.0, "end_s": 14.0,
                      "track_start_s": 1.0, "track_end_s": 13.0, "score": 44.0, "transposition": 0,
                      "tempo_ratio": 1.0, "landmarks": 0, "class": "C" },
                ] })
    } else {
        json!({ "layers_checked": ["audio"], "nearest_bits": 10.6, "nearest_track": id(2),
                "own_nearest_bits": [9.8, 11.0], "tracks_compared": 12 })
    };
    let verdict = json!({
        "style": { "rank": 4, "of": 13, "p": 0.7, "words": "4 of 13 by distance to your music" },
        "copy": copy,
        "heldout": { "n": 2 },
    });
    serde_json::from_value(json!({
        "take_id": take_id, "audio": format!("/home/data/takes/{take_id}/audio.wav"), "seed": n,
        "duration_s": 60.0, "seconds_spent": 4.2, "brief": {}, "plan": plan(prompt), "grains": [],
        "verdict": verdict, "request": request, "engine": "resident 1", "sound": "grains",
        "created_at": format!("2026-11-21T09:00:{n:02}.000Z"), "loudness_lufs": -14.0,
        "true_peak_dbtp": -1.0,
    }))
    .unwrap()
}

pub fn finetune(n: u8, name: &str) -> Manifest {
    serde_json::from_value(json!({
        "finetune_id": format!("ft_01JD00000000000000000000{n:02}"), "name": name,
        "genre": "ambient", "tags": [], "visibility": "private", "base": "resident", "format": 1,
        "dataset": "pads", "sources": [], "seed": 1, "created_at": "2026-11-20", "screened": "",
        "report": {},
    }))
    .unwrap()
}

pub fn job(n: u64, state: JobState, work: &Work) -> Job {
    let ended = state.ended().then(|| "2026-11-21T09:00:30.000Z".to_owned());
    Job {
        job_id: JobId(n),
        kind: work.kind(),
        what: work.what(),
        state,
        reason: (state == JobState::Failed).then(|| "the disk is full".to_owned()),
        pid: 4711,
        queued_at: "2026-11-21T09:00:00.000Z".to_owned(),
        started_at: (state != JobState::Queued).then(|| "2026-11-21T09:00:01.000Z".to_owned()),
        finished_at: ended,
        request: serde_json::to_value(work).unwrap(),
        result: None,
        continues: None,
    }
}

pub fn event(job: u64, seq: u64, kind: EventKind, progress: f64, metrics: Value) -> Event {
    let Value::Object(metrics) = metrics else { panic!("metrics have names") };
    let at = format!("2026-11-21T09:{:02}:{:02}.000Z", seq / 60 % 60, seq % 60);
    let phase = Some(Phase::Sound);
    Event { seq, at, job_id: JobId(job), kind, phase, progress, eta_s: Some(95.0), metrics }
}

pub fn train_work() -> Work {
    serde_json::from_value(json!({
        "work": "train", "name": "glass", "genre": "ambient", "dataset": "pads", "tags": [],
        "visibility": "private", "seed": 1, "holdout": null,
    }))
    .unwrap()
}

impl Fake {
    /// Two datasets of some tracks each.
    pub fn with_music() -> Self {
        let mut pads = Dataset::new(DatasetName::slug("pads"), "2026-11-20".to_owned());
        let names = [
            "glass pad",
            "warm pad",
            "tape choir",
            "bell wash",
            "slow bow",
            "fm pad",
            "grain pad",
            "field pad",
            "noise pad",
            "sub pad",
            "pwm pad",
            "string machine",
        ];
        pads.members = names.iter().enumerate().map(|(n, title)| track(n, title)).collect();
        pads.members[4].excluded = Some("hum".to_owned());
        let mut drums = Dataset::new(DatasetName::slug("drums"), "2026-11-20".to_owned());
        drums.members = (20..24).map(|n| track(n, &format!("break {n}"))).collect();
        let stated = pads.members.iter().map(|m| {
            let track_id = m.track.track_id.clone();
            let at = "2026-11-20T10:00:00.000Z".to_owned();
            let rights = Some(Rights::Own);
            (track_id.clone(), Statement { track_id, rights, by: "Ada Nowak".to_owned(), at })
        });
        let state = State {
            statements: stated.collect(),
            datasets: vec![drums, pads],
            jobs: vec![
                job(1, JobState::Done, &train_work()),
                job(2, JobState::Failed, &train_work()),
                job(3, JobState::Running, &train_work()),
                job(4, JobState::Queued, &train_work()),
            ],
            takes: vec![take(1, "slow glass pad"), take(2, "slow tape choir in D minor")],
            finetunes: vec![finetune(1, "glass")],
            ..State::default()
        };
        Self { state: Mutex::new(state), looks_on: false }
    }

    /// So many tracks in one dataset.
    pub fn with_tracks(count: usize) -> Self {
        let mut set = Dataset::new(DatasetName::slug("many"), "2026-11-20".to_owned());
        set.members = (0..count).map(|n| track(n, &format!("track {n:05}"))).collect();
        Self {
            state: Mutex::new(State { datasets: vec![set], ..State::default() }),
            looks_on: false,
        }
    }

    pub fn did(&self) -> Vec<String> {
        self.state.lock().unwrap().done.clone()
    }

    fn note(&self, words: impl Into<String>) {
        self.state.lock().unwrap().done.push(words.into());
    }

    fn number(&self, wanted: &TrackId) -> Option<usize> {
        let state = self.state.lock().unwrap();
        let known = state.datasets.iter().any(|d| d.member(wanted).is_some());
        known.then(|| (0..10_000).find(|n| id(*n) == *wanted)).flatten()
    }

    fn edit(&self, name: &DatasetName, edit: Edit) -> Result<Dataset, StudioError> {
        self.note(format!("{name}: {}", serde_json::to_value(&edit).unwrap()["edit"]));
        let mut state = self.state.lock().unwrap();
        let found = state.datasets.iter_mut().find(|d| d.name == *name);
        let dataset = found.ok_or_else(|| none("dataset", name.as_str()))?;
        dataset.apply(&edit);
        let dataset = dataset.clone();
        state.edits.push((name.clone(), edit));
        Ok(dataset)
    }
}

fn none(what: &'static str, name: &str) -> StudioError {
    StoreError::NotFound { what, name: name.to_owned() }.into()
}

impl Studio for Fake {
    fn is_owner(&self) -> bool {
        !self.looks_on
    }
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    fn datasets(&self) -> Result<Vec<Dataset>, StudioError> {
        Ok(self.state.lock().unwrap().datasets.clone())
    }
    fn dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError> {
        let state = self.state.lock().unwrap();
        let found = state.datasets.iter().find(|d| d.name == *name).cloned();
        found.ok_or_else(|| none("dataset", name.as_str()))
    }
    fn finetunes(&self) -> Result<Vec<Manifest>, StudioError> {
        Ok(self.state.lock().unwrap().finetunes.clone())
    }
    fn finetune(&self, wanted: &str) -> Result<Manifest, StudioError> {
        Err(none("finetune", wanted))
    }
    fn takes(&self) -> Result<Vec<Take>, StudioError> {
        Ok(self.state.lock().unwrap().takes.clone())
    }
    fn take(&self, id: &TakeId) -> Result<Take, StudioError> {
        let state = self.state.lock().unwrap();
        let found = state.takes.iter().find(|t| t.take_id == *id).cloned();
        found.ok_or_else(|| none("take", id.as_str()))
    }
    fn jobs(&self) -> Result<Vec<Job>, StudioError> {
        let state = self.state.lock().unwrap();
        if state.unreadable {
            return Err(none("list of jobs", "jobs"));
        }
        Ok(state.jobs.clone())
    }
    fn job(&self, id: JobId) -> Result<Job, StudioError> {
        let state = self.state.lock().unwrap();
        let found = state.jobs.iter().find(|j| j.job_id == id).cloned();
        found.ok_or_else(|| none("job", &id.to_string()))
    }
    fn events(&self, id: JobId) -> Result<Vec<Event>, StudioError> {
        Ok((0..6)
            .map(|n| {
                let loss = json!({ "loss": 3.0 / (n + 1) as f64 });
                event(id.0, n, EventKind::Progress, 0.1 * n as f64, loss)
            })
            .collect())
    }
    fn record(&self, id: &TrackId) -> Option<Arc<Record>> {
        let hearing = Hearing {
            listening: listening(self.number(id)?),
            beat_contrast: 1.5,
            slices: Vec::new(),
            profile: SoundProfile::default(),
            peaks: peaks(),
        };
        Some(Arc::new(Record {
            hearing,
            fingerprint: Fingerprint::default(),
            notes: Notes::default(),
        }))
    }
    fn sketches(&self, tracks: &[TrackId]) -> Vec<Option<Sketch>> {
        tracks.iter().map(|t| self.number(t).map(|n| Sketch::from(&listening(n)))).collect()
    }
    fn peaks(&self, _: &Path) -> Result<Peaks, StudioError> {
        Ok(peaks())
    }
    fn locate(&self, track: &Track) -> PathBuf {
        track.path.clone()
    }
    fn statements(&self) -> Result<BTreeMap<TrackId, Statement>, StudioError> {
        Ok(self.state.lock().unwrap().statements.clone())
    }
    fn submit(&self, work: Work) -> Result<JobId, StudioError> {
        self.note(format!("submit {} {}", work.kind().word(), work.what()));
        let mut state = self.state.lock().unwrap();
        let next = state.jobs.len() as u64 + 1;
        state.jobs.push(job(next, JobState::Queued, &work));
        Ok(JobId(next))
    }
    fn go_on(&self, id: JobId) -> Result<JobId, StudioError> {
        let work = serde_json::from_value(self.job(id)?.request).unwrap();
        let next = self.submit(work)?;
        self.state.lock().unwrap().jobs.last_mut().unwrap().continues = Some(id);
        Ok(next)
    }
    fn stop(&self, id: JobId) -> Result<(), StudioError> {
        self.note(format!("stop {id}"));
        Ok(())
    }
    fn pause(&self, id: JobId, paused: bool) -> Result<(), StudioError> {
        self.note(format!("pause {id} {paused}"));
        Ok(())
    }
    fn forget_job(&self, id: JobId) -> Result<(), StudioError> {
        self.note(format!("forget {id}"));
        self.state.lock().unwrap().jobs.retain(|j| j.job_id != id);
        Ok(())
    }
    fn wait(&self, id: JobId) -> Result<JobEnd, StudioError> {
        Ok(JobEnd { job: self.job(id)?, error: None })
    }
    fn subscribe(&self) -> Receiver<Event> {
        channel().1
    }
    fn new_dataset(&self, name: &DatasetName) -> Result<Dataset, StudioError> {
        let made = Dataset::new(name.clone(), String::new());
        self.state.lock().unwrap().datasets.push(made.clone());
        Ok(made)
    }
    fn add_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        let all = self.datasets()?;
        let found = tracks.iter().filter_map(|t| all.iter().find_map(|d| d.member(t)).cloned());
        self.edit(name, Edit::Add { members: found.collect() })
    }
    fn remove_tracks(
        &self,
        name: &DatasetName,
        tracks: &[TrackId],
    ) -> Result<Dataset, StudioError> {
        let members = self.dataset(name)?.members.into_iter().enumerate();
        let members = members.filter(|(_, m)| tracks.contains(&m.track.track_id)).collect();
        self.edit(name, Edit::Remove { members })
    }
    fn exclude(
        &self,
        name: &DatasetName,
        tracks: &[TrackId],
        reason: &str,
    ) -> Result<Dataset, StudioError> {
        self.edit(name, Edit::Exclude { tracks: tracks.to_vec(), reason: reason.to_owned() })
    }
    fn include(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        let tracks = tracks.iter().map(|t| (t.clone(), String::new())).collect();
        self.edit(name, Edit::Include { tracks })
    }
    fn keep_tracks(&self, name: &DatasetName, tracks: &[TrackId]) -> Result<Dataset, StudioError> {
        self.edit(name, Edit::Keep { tracks: tracks.to_vec() })
    }
    fn trim(
        &self,
        name: &DatasetName,
        track: &TrackId,
        only_s: Option<(f64, f64)>,
    ) -> Result<Dataset, StudioError> {
        self.edit(name, Edit::Trim { track: track.clone(), before: None, after: only_s })
    }
    fn redo(&self, _: &DatasetName) -> Result<String, StudioError> {
        Err(StudioError::Usage("there is nothing to do again".to_owned()))
    }
    fn undo(&self, name: &DatasetName) -> Result<String, StudioError> {
        let mut state = self.state.lock().unwrap();
        let Some((_, edit)) = state.edits.pop() else {
            return Err(StudioError::Usage(format!("there is nothing to undo in {name}")));
        };
        let found = state.datasets.iter_mut().find(|d| d.name == *name);
        found.ok_or_else(|| none("dataset", name.as_str()))?.revert(&edit);
        Ok("taken back".to_owned())
    }
    fn state_rights(
        &self,
        tracks: &[TrackId],
        rights: Option<&Rights>,
        by: &str,
    ) -> Result<(), StudioError> {
        self.note(format!("rights {} {rights:?} {by}", tracks.len()));
        let mut state = self.state.lock().unwrap();
        for track_id in tracks.iter().cloned() {
            let (rights, by, at) = (rights.cloned(), by.to_owned(), String::new());
            let statement = Statement { track_id: track_id.clone(), rights, by, at };
            state.statements.insert(track_id, statement);
        }
        Ok(())
    }
    fn check(&self, name: &DatasetName) -> Result<CheckReport, StudioError> {
        let dataset = self.dataset(name)?;
        let tracks = dataset.members.iter().map(|m| {
            let heard = self.number(&m.track.track_id).map(listening);
            CheckedTrack {
                track_id: m.track.track_id.clone(),
                title: m.track.title.clone(),
                duration_s: m.track.duration_s(),
                tempo_bpm: heard.as_ref().and_then(|l| l.tempo_bpm),
                key: heard.as_ref().and_then(|l| l.key).map(|k| k.to_string()),
                loudness_lufs: heard.as_ref().and_then(|l| l.loudness_lufs),
                excluded: m.excluded.clone(),
                problems: heard.map_or_else(Vec::new, |l| l.problems),
            }
        });
        let ids: Vec<TrackId> = dataset.included().map(|t| t.track_id.clone()).collect();
        let risk = |(n, t): (usize, &TrackId)| CopyRisk {
            track_id: t.clone(),
            risk: if n == 3 { 2.8 } else { 1.0 },
        };
        let diagnosis = Diagnosis {
            variety: Variety {
                effective_of_12: Some(5.2),
                clusters: vec![ids.clone()],
                verdict: Some("healthy".to_owned()),
            },
            duplicates: vec![ids.iter().take(2).cloned().collect()],
            outliers: Vec::new(),
            copy_risk: ids.iter().enumerate().map(risk).collect(),
            advice: vec![Advice {
                action: "exclude".to_owned(),
                tracks: ids.iter().skip(1).take(1).cloned().collect(),
                reason: "2 tracks hold the same recording".to_owned(),
                effect: "each song then counts once".to_owned(),
            }],
        };
        Ok(CheckReport {
            dataset: name.clone(),
            tracks: tracks.collect(),
            counted: Vec::new(),
            counting: Vec::new(),
            diagnosis,
        })
    }
    fn screen(&self, name: &DatasetName) -> Result<Screening, StudioError> {
        Ok(Screening {
            dataset: name.clone(),
            result: ScreenResult::Pass,
            compared: Compared::default(),
            packs: Vec::new(),
            matches: Vec::new(),
            missing_rights: Vec::new(),
            needs_attestation: Vec::new(),
            words: "all tracks have a statement of rights".to_owned(),
        })
    }
    fn style_map(&self, name: &DatasetName, with_takes: bool) -> Result<StyleMap, StudioError> {
        let dataset = self.dataset(name)?;
        let mut spots: Vec<Spot> = dataset
            .included()
            .enumerate()
            .map(|(n, t)| Spot {
                x: (n * 7 % 11) as f64,
                y: (n * 5 % 8) as f64,
                what: SpotOf::Track(t.track_id.clone(), Some((id(0), 0.8))),
            })
            .collect();
        if with_takes {
            let takes = self.takes()?;
            spots.extend(takes.into_iter().map(|t| Spot {
                x: 5.5,
                y: 3.5,
                what: SpotOf::Take(t.take_id),
            }));
        }
        Ok(StyleMap { dataset: name.clone(), spots, share: 0.61, with_takes })
    }
    fn nearness(&self, name: &DatasetName) -> Result<Nearness, StudioError> {
        let dataset = self.dataset(name)?;
        let ids: Vec<TrackId> = dataset.included().map(|t| t.track_id.clone()).collect();
        let count = ids.len().max(1);
        let stand = |(n, id): (usize, &TrackId)| Stand {
            track_id: id.clone(),
            style: (1 + n * 5 % count) as f64 / count as f64,
            bits: Some(8.6 + (n * 7 % 11) as f64 * 0.3),
            nearest: ids.get((n + 1) % count).cloned(),
        };
        let passage = serde_json::from_value(json!({
            "track_id": ids.get(3), "layer": "audio", "start_s": 4.0, "end_s": 20.0,
            "track_start_s": 8.0, "track_end_s": 24.0, "score": 5.0, "transposition": -1,
            "tempo_ratio": 1.0, "landmarks": 40, "class": "B",
        }));
        let pair = |first: usize, second: usize, evidence: Vec<Evidence>| {
            Some(NearPair {
                first: ids.get(first)?.clone(),
                second: ids.get(second)?.clone(),
                class: evidence.first().and_then(|e| e.class),
                evidence,
                bits: Some(if first == 5 { 5.0 } else { 8.6 }),
                eighths: Some(14.0),
            })
        };
        let near = pair(5, 3, passage.into_iter().collect());
        Ok(Nearness {
            dataset: name.clone(),
            stands: ids.iter().enumerate().map(stand).collect(),
            pairs: near.into_iter().chain(pair(7, 2, Vec::new())).collect(),
            compared: ids.len(),
        })
    }
    fn plan(&self, request: &TakeRequest) -> Result<Plan, StudioError> {
        Ok(plan(&request.prompt))
    }
    fn rate(&self, id: &TakeId, rating: Option<u8>) -> Result<Take, StudioError> {
        self.note(format!("rate {rating:?}"));
        let mut state = self.state.lock().unwrap();
        let found = state.takes.iter_mut().find(|t| t.take_id == *id);
        let take = found.ok_or_else(|| none("take", id.as_str()))?;
        take.rating = rating;
        Ok(take.clone())
    }
    fn keep_take(&self, id: &TakeId, kept: bool) -> Result<Take, StudioError> {
        self.note(format!("keep {kept}"));
        let mut state = self.state.lock().unwrap();
        let found = state.takes.iter_mut().find(|t| t.take_id == *id);
        let take = found.ok_or_else(|| none("take", id.as_str()))?;
        take.kept = kept;
        Ok(take.clone())
    }
    fn export_take(&self, _: &TakeId, folder: &Path) -> Result<Vec<PathBuf>, StudioError> {
        self.note(format!("export to {}", folder.display()));
        Ok(vec![folder.join("audio.wav")])
    }
    fn excerpt(&self, path: &Path, span: (f64, f64), _: &Path) -> Result<PathBuf, StudioError> {
        self.note(format!("excerpt {} {:.1}-{:.1}", path.display(), span.0, span.1));
        Ok(path.to_owned())
    }
    fn delete_take(&self, id: &TakeId) -> Result<(), StudioError> {
        self.note("delete a take");
        self.state.lock().unwrap().takes.retain(|t| t.take_id != *id);
        Ok(())
    }
    fn delete_finetune(&self, _: &FinetuneId) -> Result<(), StudioError> {
        Ok(())
    }
    fn play(&self, hear: &Hear) -> Result<(), StudioError> {
        self.note(format!(
            "play {} {:.1} {:+.1} dB",
            hear.path.display(),
            hear.from_s,
            hear.gain_db
        ));
        Err(StudioError::NoPlayback("there is no sound device on this machine".to_owned()))
    }
    fn toggle_pause(&self) {}
    fn stop_playing(&self) {}
    fn playing(&self) -> Option<Playing> {
        None
    }
}
