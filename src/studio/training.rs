//! Training: screen, listen again where needed, hold out, learn, measure the dataset against
//! itself, keep.

use super::StudioError;
use super::counting::Counting;
use super::hearing;
use super::importing::locate;
use super::local::Inner;
use super::progress::Reporter;
use super::proof;
use super::screening;
use super::trimming::within;
use super::work::TrainWork;
use crate::domain::dataset::Dataset;
use crate::domain::finetune::{Manifest, Source, TrainStatus};
use crate::domain::ids::FinetuneId;
use crate::domain::job::Phase;
use crate::domain::track::Track;
use crate::domain::verdict::Heldout;
use crate::domain::work::{Observer, StopToken};
use crate::engine::{Learned, Material, TrainRequest};
use crate::judge::{Judge, Own, Reference};
use crate::store::hearings::Record;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    let held_out = hold_out(tracks.len(), work)?;
    let held: Vec<bool> = choose_held_out(&tracks, held_out, work.seed);
    reporter.plan(&[
        (Phase::Listen, hearing::unheard_s(inner, &tracks, &held)),
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
    let records = hearing::hear(inner, &tracks, &held, reporter, stop)?;
    let counting = Counting::of(tracks.iter().copied().zip(records.iter().cloned()));
    counting.words().iter().for_each(|words| reporter.log(words));
    let id = new_id(inner);
    let folder = inner.store.stage_finetune(&id)?;
    let made = make(
        inner,
        work,
        &dataset,
        &Parts { tracks: &tracks, records: &records, held: &held, counting: &counting },
        &id,
        folder,
        reporter,
        stop,
    );
    let (learned, judged) = match made {
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
    report.heldout = judged.heldout;
    report.notes.extend(counting.words());
    report.counted = counting.counted(&tracks);
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
    if let Err(e) = inner.store.commit_finetune(&manifest, &judged.references, &judged.own) {
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
    counting: &'a Counting,
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
) -> Result<(Learned, Judged), StudioError> {
    let learned = (0..parts.tracks.len()).filter(|i| !parts.held[*i]);
    let material: Vec<Material> = learned
        .map(|i| {
            let (track, record) = (parts.tracks[i], &parts.records[i]);
            let heard = parts.counting.apply(inner, i, track, record)?;
            let only = dataset.member(&track.track_id).and_then(|m| m.only_s);
            let offset_s = only.map_or(0.0, |(from, _)| from);
            Ok(Material {
                track_id: track.track_id.clone(),
                path: locate(inner, track),
                start_s: track.start_s + offset_s,
                offset_s,
                hearing: Arc::new(match only {
                    Some(span) => within(&heard, span),
                    None => heard,
                }),
            })
        })
        .collect::<Result<_, StudioError>>()?;
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
            notes: record.notes.clone(),
            profile: record.hearing.profile.clone(),
        })
        .collect();
    reporter.progress(Phase::Evaluate, 0.0, 1.0);
    // The dataset's own figures, so that the first take need not wait for them.
    let held_out = parts.held.iter().filter(|h| **h).count();
    let judge = Judge::new(references.clone(), held_out);
    let own = judge.own().clone();
    reporter.metric(Phase::Evaluate, "own_nearest_bits", serde_json::json!(own.bits));
    reporter.progress(Phase::Evaluate, 1.0, (proof::TAKES + 2) as f64);
    let made_by = (id, request.folder.as_path());
    let heldout = proof::prove(inner, made_by, (&work.genre, work.seed), &judge, reporter, stop)?;
    reporter.end_phase(Phase::Evaluate);
    Ok((learned, Judged { references, own, heldout }))
}

/// What judging needs later, and what it says of the first takes.
struct Judged {
    references: Vec<Reference>,
    own: Own,
    heldout: Heldout,
}
