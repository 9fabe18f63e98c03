//! Generation: requests become takes, each with its verdict.
//!
//! The same request is the same take: its id is the hash of everything that decides its bytes, and
//! a take that exists is not made twice.

use super::StudioError;
use super::evaluation::{Nulls, judge_of};
use super::local::Inner;
use super::progress::Reporter;
use super::reseeding::{ACCEPTED, Judged, perform};
use super::work::{GenerateReport, GenerateWork};
use crate::audio::encode;
use crate::domain::finetune::Manifest;
use crate::domain::ids::TakeId;
use crate::domain::job::Phase;
use crate::domain::plan::Plan;
use crate::domain::take::{Take, TakeRequest};
use crate::domain::work::{Observer, StopToken};
use crate::engine::Performance;
use crate::store::files::beside;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Most takes of one job.
const TAKES_MAX: usize = 1_000;

/// Plans one piece.
pub fn plan(inner: &Inner, request: &TakeRequest) -> Result<Plan, StudioError> {
    must_ask(&request.prompt, request.plan.is_some())?;
    let folder = match &request.finetune {
        Some(id) => {
            let manifest = inner.store.find_finetune(id.as_str())?;
            must_fit(inner, &manifest)?;
            Some(inner.store.home().finetune(id))
        }
        None => None,
    };
    Ok(inner.engine.plan(request, folder.as_deref())?)
}

/// A prompt says something, unless a plan says it all.
fn must_ask(prompt: &str, planned: bool) -> Result<(), StudioError> {
    if planned || !prompt.trim().is_empty() {
        return Ok(());
    }
    Err(StudioError::Usage(
        "the prompt is empty; say in a few words what the piece should be".to_owned(),
    ))
}

/// A finetune made for another base cannot be played by this one.
pub fn must_fit(inner: &Inner, manifest: &Manifest) -> Result<(), StudioError> {
    let info = inner.engine.info();
    if manifest.base == info.base && manifest.format == info.format {
        return Ok(());
    }
    Err(StudioError::OtherBase {
        name: manifest.name.clone(),
        made_for: format!("{} (format {})", manifest.base, manifest.format),
        have: format!("{} (format {})", info.base, info.format),
    })
}

/// Makes takes.
pub fn run(
    inner: &Inner,
    work: &GenerateWork,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<GenerateReport, StudioError> {
    let finetune = work.finetune.as_ref().map(|f| inner.store.find_finetune(f)).transpose()?;
    if let Some(manifest) = &finetune {
        must_fit(inner, manifest)?;
    }
    let requests = requests(work, finetune.as_ref())?;
    // A length that only the prompt names is not known yet; a minute is the default.
    let each = work.seconds.or(work.plan.as_ref().map(|p| p.seconds)).unwrap_or(60.0).max(1.0);
    let total = each * requests.len() as f64;
    reporter.plan(&[(Phase::Writing, total), (Phase::Render, total), (Phase::Evaluate, total)]);
    let nulls = finetune.as_ref().map(|m| judge_of(inner, m, reporter)).transpose()?;
    let mut report = GenerateReport::default();
    for (number, request) in requests.iter().enumerate() {
        stop.check()?;
        let step = OneOf { reporter, number, of: requests.len() };
        let take = one(inner, work, request, finetune.as_ref(), nulls.as_ref(), &step, stop)?;
        reporter.log(&format!("{} is {}", take.take_id, take.audio.display()));
        report.takes.push(take);
    }
    for phase in [Phase::Writing, Phase::Render, Phase::Evaluate] {
        reporter.end_phase(phase);
    }
    Ok(report)
}

fn requests(
    work: &GenerateWork,
    finetune: Option<&Manifest>,
) -> Result<Vec<TakeRequest>, StudioError> {
    work.prompts.iter().try_for_each(|p| must_ask(p, work.plan.is_some()))?;
    let count = work.prompts.len().saturating_mul(work.variants as usize);
    if count == 0 || count > TAKES_MAX {
        return Err(StudioError::Usage(format!(
            "{count} takes were asked for; 1 to {TAKES_MAX} can be made at once"
        )));
    }
    let mut requests = Vec::with_capacity(count);
    for prompt in &work.prompts {
        for variant in 0..u64::from(work.variants) {
            requests.push(TakeRequest {
                prompt: prompt.clone(),
                finetune: finetune.map(|m| m.finetune_id.clone()),
                seconds: work.seconds,
                seed: work.seed.wrapping_add(variant),
                plan: work.plan.clone(),
                loudness_lufs: work.loudness_lufs,
                without: work.without.clone(),
                no_vocals: work.no_vocals,
                strength: work.strength,
                aspects: work.aspects,
            });
        }
    }
    Ok(requests)
}

/// Reports one take of several as a part of each phase.
struct OneOf<'a> {
    reporter: &'a Reporter,
    number: usize,
    of: usize,
}

impl Observer for OneOf<'_> {
    fn progress(&self, phase: Phase, done: f64, total: f64) {
        let share = if total > 0.0 { (done / total).clamp(0.0, 1.0) } else { 1.0 };
        self.reporter.progress(phase, self.number as f64 + share, self.of as f64);
    }

    fn log(&self, message: &str) {
        self.reporter.log(message);
    }

    fn metric(&self, phase: Phase, name: &str, value: serde_json::Value) {
        self.reporter.metric(phase, name, value);
    }
}

/// The id of the take that a request makes here: request, engine, bank and processor features.
fn id_of(inner: &Inner, request: &TakeRequest, work: &GenerateWork) -> Result<TakeId, StudioError> {
    let info = inner.engine.info();
    let sound = if request.finetune.is_some() { info.host } else { inner.engine.sound()? };
    let mut hasher = blake3::Hasher::new();
    // Field order is fixed by the type, floats are written shortest: equal requests, equal bytes.
    let canonical = serde_json::to_vec(request).unwrap_or_default();
    let version =
        format!("{} {}", env!("CARGO_PKG_VERSION"), crate::engine::resident::compose::VERSION);
    let format = encode::Format::from(work.format).extension();
    // What is refused decides which seed is heard: so do the copy check and the class accepted.
    let judged = match request.finetune {
        Some(_) => {
            format!("{} {:?}", crate::judge::VERSION, work.max_copy.unwrap_or(ACCEPTED))
        }
        None => String::new(),
    };
    for part in [
        canonical.as_slice(),
        info.base.as_bytes(),
        sound.as_bytes(),
        version.as_bytes(),
        format.as_bytes(),
        judged.as_bytes(),
    ] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    Ok(TakeId::from_hash(hasher.finalize().as_bytes()))
}

fn one(
    inner: &Inner,
    work: &GenerateWork,
    request: &TakeRequest,
    finetune: Option<&Manifest>,
    nulls: Option<&Nulls>,
    step: &OneOf<'_>,
    stop: &StopToken,
) -> Result<Take, StudioError> {
    let id = id_of(inner, request, work)?;
    if let Some(take) = made_before(inner, &id, work) {
        step.log(&format!("{id} exists already: the same request is the same take"));
        return hand_out(work, take);
    }
    // An earlier take of this request lacks a file that is asked for now: what it has is made again
    // with it, and what a person said about it stays.
    let before = inner.store.take(&id).ok();
    let with = With {
        stems: work.stems || before.as_ref().is_some_and(|t| !t.stems.is_empty()),
        midi: work.midi || before.as_ref().is_some_and(|t| t.midi.is_some()),
    };
    let cpu = inner.clock.cpu_s();
    let folder = finetune.map(|m| inner.store.home().finetune(&m.finetune_id));
    let worst = work.max_copy.unwrap_or(ACCEPTED);
    let judged = perform(inner, request, (folder.as_deref(), nulls), worst, step, stop)?;
    stop.check()?;
    let staged = inner.store.stage_take(&id)?;
    let kept = write_files(inner, work, with, &judged.performed, &staged)
        .map(|files| Take {
            rating: before.as_ref().and_then(|t| t.rating),
            kept: before.is_some_and(|t| t.kept),
            ..take_of(inner, &id, request, &judged, files, cpu)
        })
        .and_then(|take| inner.store.commit_take(&take).map(|()| take).map_err(StudioError::from));
    match kept {
        Ok(take) => hand_out(work, take),
        Err(e) => {
            let _ = inner.store.drop_staged_take(&id);
            Err(e)
        }
    }
}

/// A take of this id with all that is asked for.
fn made_before(inner: &Inner, id: &TakeId, work: &GenerateWork) -> Option<Take> {
    let take = inner.store.take(id).ok()?;
    let stems = !work.stems || !take.stems.is_empty() && take.stems.values().all(|p| p.exists());
    let midi = !work.midi || take.midi.as_ref().is_some_and(|p| p.exists());
    (take.audio.exists() && stems && midi).then_some(take)
}

/// Files of a take, by their names in its folder.
struct Files {
    audio: String,
    stems: BTreeMap<String, String>,
    midi: Option<String>,
}

/// What a take has besides its audio.
#[derive(Clone, Copy)]
struct With {
    stems: bool,
    midi: bool,
}

fn write_files(
    inner: &Inner,
    work: &GenerateWork,
    with: With,
    performed: &Performance,
    folder: &Path,
) -> Result<Files, StudioError> {
    let format = encode::Format::from(work.format);
    let ending = format.extension();
    let write = |name: &str, audio: &crate::audio::Audio| -> Result<(), StudioError> {
        let path = folder.join(name);
        let io = |source| StudioError::Io { path: path.clone(), source };
        let file = File::create(&path).map_err(io)?;
        encode::write(audio, format, &file).map_err(|e| match e {
            encode::EncodeError::Io(source) => StudioError::Io { path: path.clone(), source },
            other @ encode::EncodeError::Encoder(_) => StudioError::Engine(other.into()),
        })?;
        file.sync_all().map_err(|source| StudioError::Io { path: path.clone(), source })
    };
    let audio = format!("audio.{ending}");
    write(&audio, &performed.audio)?;
    let mut stems = BTreeMap::new();
    if with.stems {
        let dir = folder.join("stems");
        fs::create_dir_all(&dir).map_err(|source| StudioError::Io { path: dir.clone(), source })?;
        for (name, stem) in &performed.stems {
            let file = format!("stems/{name}.{ending}");
            write(&file, stem)?;
            stems.insert(name.clone(), file);
        }
    }
    let midi = if with.midi {
        let path = folder.join("score.mid");
        fs::write(&path, inner.engine.midi(&performed.score))
            .map_err(|source| StudioError::Io { path: path.clone(), source })?;
        Some("score.mid".to_owned())
    } else {
        None
    };
    Ok(Files { audio, stems, midi })
}

fn take_of(
    inner: &Inner,
    id: &TakeId,
    request: &TakeRequest,
    judged: &Judged,
    files: Files,
    cpu: f64,
) -> Take {
    let performed = &judged.performed;
    let folder = inner.store.home().take(id);
    let info = inner.engine.info();
    Take {
        take_id: id.clone(),
        audio: folder.join(files.audio),
        stems: files.stems.into_iter().map(|(name, file)| (name, folder.join(file))).collect(),
        midi: files.midi.map(|m| folder.join(m)),
        seed: judged.seed,
        refused: judged.refused.clone(),
        duration_s: performed.audio.duration_s(),
        seconds_spent: ((inner.clock.cpu_s() - cpu) * 100.0).round() / 100.0,
        brief: performed.brief.clone(),
        plan: performed.plan.clone(),
        grains: performed.grains.clone(),
        verdict: judged.verdict.clone(),
        request: request.clone(),
        engine: format!("leitmotif {} {}", env!("CARGO_PKG_VERSION"), info.base),
        sound: performed.sound.clone(),
        created_at: inner.clock.now(),
        rating: None,
        kept: false,
        loudness_lufs: performed.loudness_lufs,
        true_peak_dbtp: performed.true_peak_dbtp,
    }
}

/// Copies a take's files to the folder that was asked for, and names them there.
fn hand_out(work: &GenerateWork, mut take: Take) -> Result<Take, StudioError> {
    let Some(out) = &work.out else { return Ok(take) };
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| StudioError::Io { path, source }
    };
    fs::create_dir_all(out).map_err(io(out))?;
    let copy = |from: &Path, to: PathBuf| -> Result<PathBuf, StudioError> {
        let part = beside(&to);
        let copied = fs::copy(from, &part)
            .and_then(|_| File::open(&part)?.sync_all())
            .and_then(|()| fs::rename(&part, &to));
        if let Err(source) = copied {
            let _ = fs::remove_file(&part);
            return Err(StudioError::Io { path: to, source });
        }
        Ok(to)
    };
    let ending =
        take.audio.extension().map_or_else(String::new, |e| e.to_string_lossy().into_owned());
    take.audio = copy(&take.audio, out.join(format!("{}.{ending}", take.take_id)))?;
    if work.stems && !take.stems.is_empty() {
        let dir = out.join(format!("{}.stems", take.take_id));
        fs::create_dir_all(&dir).map_err(io(&dir))?;
        for (name, path) in &mut take.stems {
            *path = copy(path, dir.join(format!("{name}.{ending}")))?;
        }
    }
    if let Some(midi) = take.midi.take() {
        take.midi = if work.midi {
            Some(copy(&midi, out.join(format!("{}.mid", take.take_id)))?)
        } else {
            None
        };
    }
    Ok(take)
}
