//! Training: screen, listen again where needed, hold out, learn, measure the dataset against
//! itself, keep.

use super::StudioError;
use super::importing::locate;
use super::local::Inner;
use super::progress::Reporter;
use super::screening;
use super::trimming::within;
use super::work::TrainWork;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::{Manifest, Source, TrainStatus};
use crate::domain::ids::FinetuneId;
use crate::domain::job::Phase;
use crate::domain::listening::Pass;
use crate::domain::track::Track;
use crate::domain::work::{Observer, StopToken};
use crate::engine::{Learned, Material, TrainRequest};
use crate::judge::{Fingerprint, Judge, Reference};
use crate::listen::file::listen;
use crate::store::hearings::Record;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The result of a training, the last line of its stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainReport {
    /// The finetune.
    pub finetune_id: FinetuneId,
    /// How it ended.
    pub status: TrainStatus,
    /// Why, where it did not end well.
    pub reason: Option<String>,
    /// Processor seconds.
    pub seconds: f64,
    /// The manifest with its report.
    pub report: Manifest,
}

/// Makes a finetune.
pub fn run(
    inner: &Inner,
    work: &TrainWork,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<TrainReport, StudioError> {
    let cpu = inner.clock.cpu_s();
    check_name(&work.name)?;
    let dataset = inner.store.dataset(&work.dataset)?;
    let tracks: Vec<&Track> = dataset.included().collect();
    if tracks.is_empty() {
        return Err(StudioError::TooLittle(format!(
            "no track of {} takes part in training",
            dataset.name
        )));
    }
    let music: f64 = dataset.included_s();
    reporter.plan(&[
        (Phase::Listen, unheard_s(inner, &tracks)),
        (Phase::Screen, music),
        (Phase::Sound, music),
        (Phase::Writing, music),
        (Phase::Evaluate, music * tracks.len() as f64 / 8.0),
    ]);
    reporter.progress(Phase::Screen, 0.0, 1.0);
    let statements = inner.store.statements()?;
    let screened = screening::judge(&dataset, &statements);
    reporter.log(&screened.words);
    screening::refuse(&screened, tracks.len())?;
    reporter.end_phase(Phase::Screen);
    let records = hear(inner, &tracks, reporter, stop)?;
    let held_out = hold_out(tracks.len(), work)?;
    let held: Vec<bool> = choose_held_out(&tracks, held_out, work.seed);
    let id = new_id(inner);
    let folder = inner.store.stage_finetune(&id)?;
    let made = make(
        inner,
        work,
        &dataset,
        &Parts { tracks: &tracks, records: &records, held: &held },
        &id,
        folder,
        reporter,
        stop,
    );
    let (learned, references) = match made {
        Ok(made) => made,
        Err(e) => {
            // What was half made goes; if it cannot, the next start clears it.
            let _ = inner.store.drop_staged_finetune(&id);
            return Err(e);
        }
    };
    let spent = inner.clock.cpu_s() - cpu;
    let sources = tracks.iter().zip(&held).map(|(track, held_out)| {
        let statement = statements.get(&track.track_id);
        Source {
            track_id: track.track_id.clone(),
            title: track.title.clone(),
            hash: track.hash.clone(),
            rights: statement
                .and_then(|s| s.rights.clone())
                .unwrap_or(crate::domain::rights::Rights::Own),
            by: statement.map_or_else(String::new, |s| s.by.clone()),
            held_out: *held_out,
            kept_s: learned.kept_s.get(&track.track_id).copied().unwrap_or(0.0),
        }
    });
    let info = inner.engine.info();
    let mut report = learned.report.clone();
    report.cpu_seconds = (spent * 100.0).round() / 100.0;
    report.heldout.n = held_out;
    let manifest = Manifest {
        finetune_id: id.clone(),
        name: work.name.clone(),
        genre: work.genre.clone(),
        tags: work.tags.clone(),
        visibility: work.visibility,
        base: info.base,
        format: info.format,
        dataset: work.dataset.clone(),
        sources: sources.collect(),
        seed: work.seed,
        created_at: inner.clock.now(),
        screened: screened.words,
        report,
    };
    if let Err(e) = inner.store.commit_finetune(&manifest, &references) {
        let _ = inner.store.drop_staged_finetune(&id);
        return Err(e.into());
    }
    Ok(TrainReport {
        finetune_id: id,
        status: TrainStatus::Completed,
        reason: None,
        seconds: manifest.report.cpu_seconds,
        report: manifest,
    })
}

fn check_name(name: &str) -> Result<(), StudioError> {
    let length = name.trim().chars().count();
    if (1..=200).contains(&length) {
        return Ok(());
    }
    Err(StudioError::Usage(format!("a finetune's name has 1 to 200 characters, not {length}")))
}

/// Seconds of music whose hearing is not in the cache.
fn unheard_s(inner: &Inner, tracks: &[&Track]) -> f64 {
    tracks.iter().filter(|t| inner.record(&t.track_id).is_none()).map(|t| t.duration_s()).sum()
}

/// The records of all tracks; those that are missing are made again. Files that are gone or have
/// changed end the job before anything is learned.
fn hear(
    inner: &Inner,
    tracks: &[&Track],
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<Vec<Arc<Record>>, StudioError> {
    let done = AtomicU64::new(0);
    let records = tracks
        .par_iter()
        .map(|track| {
            stop.check()?;
            must_be_there(inner, track)?;
            let record = match inner.record(&track.track_id) {
                Some(record) => record,
                None => hear_again(inner, track, stop)?,
            };
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            reporter.progress(Phase::Listen, count as f64, tracks.len() as f64);
            Ok(record)
        })
        .collect::<Result<_, StudioError>>()?;
    reporter.end_phase(Phase::Listen);
    Ok(records)
}

fn must_be_there(inner: &Inner, track: &Track) -> Result<(), StudioError> {
    let path = locate(inner, track);
    let changed = |what| StudioError::Changed {
        track_id: track.track_id.clone(),
        title: track.title.clone(),
        path: path.clone(),
        what,
    };
    let meta = fs::metadata(&path).map_err(|_| changed("is gone"))?;
    if meta.len() != track.bytes {
        return Err(changed("has changed since it was imported"));
    }
    let mut hasher = blake3::Hasher::new();
    let file = fs::File::open(&path).map_err(|_| changed("cannot be read"))?;
    hasher.update_reader(file).map_err(|_| changed("cannot be read"))?;
    if hasher.finalize().to_hex().as_str() == track.hash {
        Ok(())
    } else {
        Err(changed("has changed since it was imported"))
    }
}

/// Listens to a track's file again and keeps the record of the track's part.
fn hear_again(inner: &Inner, track: &Track, stop: &StopToken) -> Result<Arc<Record>, StudioError> {
    let limits = &inner.config.settings.limits;
    let mut found: Option<Result<Record, StudioError>> = None;
    listen(&locate(inner, track), limits, Pass::Quick, stop, |part, mono| {
        if (part.start_s - track.start_s).abs() < 0.5 && found.is_none() {
            found = Some(
                Fingerprint::new(&mono)
                    .map(|fingerprint| Record { hearing: part.hearing, fingerprint })
                    .map_err(|e| StudioError::Listen(e.into())),
            );
        }
    })?;
    match found {
        Some(record) => {
            let record = record?;
            inner.store.put_record(&track.track_id, &record)?;
            Ok(Arc::new(record))
        }
        None => Err(super::checking::not_heard(track)),
    }
}

/// How many tracks are kept unseen.
fn hold_out(tracks: usize, work: &TrainWork) -> Result<usize, StudioError> {
    let by_size = match tracks {
        0..=3 => 0,
        4..=11 => 1,
        n => ((n as f64 * 0.15).round() as usize).max(2),
    };
    match work.holdout {
        Some(wanted) if wanted >= tracks => Err(StudioError::Usage(format!(
            "{wanted} of {tracks} tracks cannot be held out; at least one must be learned from"
        ))),
        Some(wanted) => Ok(wanted),
        None => Ok(by_size),
    }
}

/// Which tracks: drawn by the seed and the tracks' own ids, so that the order of import does not
/// matter.
fn choose_held_out(tracks: &[&Track], count: usize, seed: u64) -> Vec<bool> {
    let mut drawn: Vec<(blake3::Hash, usize)> = tracks
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&seed.to_le_bytes()).update(t.track_id.as_str().as_bytes());
            (hasher.finalize(), i)
        })
        .collect();
    drawn.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let mut held = vec![false; tracks.len()];
    for (_, index) in drawn.into_iter().take(count) {
        held[index] = true;
    }
    held
}

fn new_id(inner: &Inner) -> FinetuneId {
    // Time and what makes this moment unique on this machine; ids sort by time.
    let ms = inner.clock.unix_ms();
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&ms.to_le_bytes())
        .update(&std::process::id().to_le_bytes())
        .update(inner.clock.now().as_bytes())
        .update(&inner.clock.monotonic_s().to_le_bytes());
    let mut random = [0u8; 16];
    random.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    let ulid = ulid::Ulid::from_parts(ms, u128::from_le_bytes(random));
    // A ULID is always 26 letters and digits.
    format!("ft_{ulid}").parse().unwrap_or_else(|_| fallback_id(ms))
}

fn fallback_id(ms: u64) -> FinetuneId {
    let ulid = ulid::Ulid::from_parts(ms, 0);
    match format!("ft_{ulid}").parse() {
        Ok(id) => id,
        Err(_) => fallback_id(0),
    }
}

struct Parts<'a> {
    tracks: &'a [&'a Track],
    records: &'a [Arc<Record>],
    held: &'a [bool],
}

#[expect(clippy::too_many_arguments, reason = "the steps of one job share all of it")]
fn make(
    inner: &Inner,
    work: &TrainWork,
    dataset: &Dataset,
    parts: &Parts<'_>,
    id: &FinetuneId,
    folder: std::path::PathBuf,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<(Learned, Vec<Reference>), StudioError> {
    let material: Vec<Material> = parts
        .tracks
        .iter()
        .zip(parts.records)
        .zip(parts.held)
        .filter(|(_, held)| !**held)
        .map(|((track, record), _)| {
            let only = dataset.member(&track.track_id).and_then(|m| m.only_s);
            let offset_s = only.map_or(0.0, |(from, _)| from);
            Material {
                track_id: track.track_id.clone(),
                path: locate(inner, track),
                start_s: track.start_s + offset_s,
                offset_s,
                hearing: Arc::new(match only {
                    Some(span) => within(&record.hearing, span),
                    None => record.hearing.clone(),
                }),
            }
        })
        .collect();
    reporter.log(&format!(
        "learning {id} from {} tracks of {}, {} held out",
        material.len(),
        dataset.name,
        parts.held.iter().filter(|h| **h).count()
    ));
    let request = TrainRequest {
        material,
        genre: work.genre.clone(),
        seed: work.seed,
        audio_max_bytes: inner.config.settings.limits.finetune_audio_max_bytes,
        folder,
    };
    let learned = inner.engine.train(&request, reporter, stop)?;
    stop.check()?;
    let references: Vec<Reference> = parts
        .tracks
        .iter()
        .zip(parts.records)
        .map(|(track, record)| Reference {
            track_id: track.track_id.clone(),
            fingerprint: record.fingerprint.clone(),
            profile: record.hearing.profile.clone(),
        })
        .collect();
    reporter.progress(Phase::Evaluate, 0.0, 1.0);
    // The dataset's own figures, so that the first take need not wait for them.
    let judge = Judge::new(references.clone(), 0);
    reporter.metric(Phase::Evaluate, "own_nearest_bits", serde_json::json!(judge.own_bits()));
    reporter.end_phase(Phase::Evaluate);
    Ok((learned, references))
}
