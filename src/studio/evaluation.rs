//! Evaluation: verdicts on files and takes, and copy evidence between two files.

use super::StudioError;
use super::local::Inner;
use super::progress::Reporter;
use super::work::{EvaluateReport, EvaluateWork, FileVerdict};
use crate::audio::Audio;
use crate::audio::decode::{Damage, StreamInfo};
use crate::domain::finetune::Manifest;
use crate::domain::ids::{TakeId, TrackId};
use crate::domain::job::Phase;
use crate::domain::listening::Pass;
use crate::domain::paths::from_text;
use crate::domain::verdict::{CopyClass, CopyVerdict, Evidence, Layer, Verdict};
use crate::domain::work::{Observer, StopToken};
use crate::judge::verdict::{Candidate, compare_files};
use crate::judge::{Fingerprint, Judge, Notes, Reference};
use crate::listen::file::listen;
use crate::listen::{Ear, Hearing};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A judge with a finetune's dataset measured against itself.
pub type Nulls = Judge;

/// The judge of a finetune's takes. References of another version of the copy check are made again
/// from what is known of the tracks, which is said to `reporter`; where that is not enough it is an
/// error.
pub fn judge_of(
    inner: &Inner,
    manifest: &Manifest,
    reporter: &Reporter,
) -> Result<Nulls, StudioError> {
    let held_out = manifest.sources.iter().filter(|s| s.held_out).count();
    let stale = match inner.store.references(&manifest.finetune_id) {
        Ok((references, own)) => return Ok(Judge::new(references, held_out).knowing(own)),
        Err(stale @ StoreError::OtherJudge { .. }) => stale,
        Err(e) => return Err(e.into()),
    };
    let known = manifest.sources.iter().map(|source| {
        let record = inner.record(&source.track_id)?;
        Some(Reference {
            track_id: source.track_id.clone(),
            fingerprint: record.fingerprint.clone(),
            notes: record.notes.clone(),
            profile: record.hearing.profile.clone(),
        })
    });
    let Some(references) = known.collect::<Option<Vec<Reference>>>() else {
        return Err(stale.into());
    };
    reporter.log(&format!("{stale}; they are made again from its tracks"));
    let judge = Judge::new(references.clone(), held_out);
    inner.store.put_references(&manifest.finetune_id, &references, judge.own())?;
    Ok(judge)
}

/// What judging needs of a sound in memory.
pub fn candidate(audio: &Audio) -> Result<Candidate, StudioError> {
    let info = StreamInfo {
        rate_hz: audio.rate_hz(),
        channels: audio.channels(),
        bits: None,
        frames: Some(audio.frames() as u64),
        codec: "memory".to_owned(),
    };
    let mut ear = Ear::new(&info, Pass::Quick).map_err(|e| StudioError::Listen(e.into()))?;
    let planes: Vec<&[f32]> = audio.planes().iter().map(Vec::as_slice).collect();
    ear.push(&planes).map_err(|e| StudioError::Listen(e.into()))?;
    let (hearing, mono) =
        ear.finish(Damage::default(), None).map_err(|e| StudioError::Listen(e.into()))?;
    candidate_of(&mono, hearing)
}

fn candidate_of(mono: &[f32], hearing: Hearing) -> Result<Candidate, StudioError> {
    let fingerprint = Fingerprint::new(mono).map_err(|e| StudioError::Listen(e.into()))?;
    let notes = Notes::new(mono, &hearing.listening);
    Ok(Candidate { fingerprint, notes, profile: hearing.profile })
}

/// What judging needs of a file: its first part, for longer files are split.
fn candidate_of_file(
    inner: &Inner,
    path: &Path,
    stop: &StopToken,
) -> Result<Candidate, StudioError> {
    let mut found: Option<Result<Candidate, StudioError>> = None;
    listen(path, &inner.config.settings.limits, Pass::Quick, stop, |part, mono| {
        if found.is_none() {
            found = Some(candidate_of(&mono, part.hearing));
        }
    })?;
    found.unwrap_or_else(|| Err(StudioError::Usage(format!("{} holds no sound", path.display()))))
}

/// Judges files and takes against a finetune's dataset.
pub fn run(
    inner: &Inner,
    work: &EvaluateWork,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<EvaluateReport, StudioError> {
    let manifest = inner.store.find_finetune(&work.finetune)?;
    reporter.plan(&[(Phase::Evaluate, 120.0 * (1 + work.items.len()) as f64)]);
    reporter.progress(Phase::Evaluate, 0.0, 1.0);
    // What is not there is found out before anything is measured.
    let paths = work.items.iter().map(|i| path_of(inner, i)).collect::<Result<Vec<_>, _>>()?;
    let judge = judge_of(inner, &manifest, reporter)?;
    let mut verdicts = Vec::new();
    for (number, (item, path)) in work.items.iter().zip(&paths).enumerate() {
        stop.check()?;
        let verdict = judge.judge(&candidate_of_file(inner, path, stop)?);
        verdicts.push(FileVerdict { file: item.clone(), verdict });
        reporter.progress(Phase::Evaluate, (number + 1) as f64, work.items.len() as f64);
    }
    stop.check()?;
    Ok(EvaluateReport { finetune: manifest.finetune_id.to_string(), verdicts })
}

/// A take's audio, or the file itself.
fn path_of(inner: &Inner, item: &str) -> Result<PathBuf, StudioError> {
    let path = match item.parse::<TakeId>() {
        Ok(id) => inner.store.take(&id)?.audio,
        Err(_) => from_text(item)
            .ok_or_else(|| StudioError::Usage(format!("\"{item}\" is not a path")))?,
    };
    match std::fs::metadata(&path) {
        Ok(_) => Ok(path),
        Err(source) => Err(StudioError::Io { path, source }),
    }
}

/// Copy evidence between two files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompareReport {
    /// `None` where nothing was found but a layer of the copy check could not look at both.
    pub class: Option<CopyClass>,
    /// Passages of the first that are like passages of the second, the strongest first.
    pub evidence: Vec<Evidence>,
    /// Fewest wrong bits of 32 of any window; `None` when one is shorter than a window.
    pub nearest_bits: Option<f64>,
    /// The layers that ran.
    pub layers_checked: Vec<Layer>,
    /// Why there is no class.
    #[serde(default)]
    pub reason: Option<String>,
    /// The answer in one sentence.
    #[serde(default)]
    pub words: String,
}

/// Compares two files.
pub fn compare(inner: &Inner, a: &Path, b: &Path) -> Result<CompareReport, StudioError> {
    let stop = StopToken::default();
    let first = candidate_of_file(inner, a, &stop)?;
    let second = candidate_of_file(inner, b, &stop)?;
    let id = {
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open(b)
            .map_err(|source| StudioError::Io { path: b.to_owned(), source })?;
        hasher
            .update_reader(file)
            .map_err(|source| StudioError::Io { path: b.to_owned(), source })?;
        TrackId::from_hash(hasher.finalize().as_bytes(), 1)
    };
    let copy = compare_files(&first, &second, &id);
    Ok(CompareReport {
        class: copy.class,
        evidence: copy.evidence,
        nearest_bits: copy.nearest_bits,
        layers_checked: copy.layers_checked,
        reason: copy.reason,
        words: copy.words,
    })
}

/// A verdict in words, for people.
pub fn words(verdict: &Verdict) -> String {
    let copy = &verdict.copy;
    if copy.words.is_empty() {
        return format!("style: {}; recording: {}", verdict.style.words, first_words(copy));
    }
    let class = copy.class.map_or_else(String::new, |c| format!("{c:?}, "));
    format!("style: {}; copy: {class}{}", verdict.style.words, copy.words)
}

/// Words for verdicts of the first version of the copy check, which have none of their own.
fn first_words(copy: &CopyVerdict) -> String {
    match copy.nearest_bits {
        None => "too short for the copy check".to_owned(),
        Some(_) if !copy.evidence.is_empty() => {
            format!("{} passages are like passages of its tracks", copy.evidence.len())
        }
        Some(bits) => {
            let own = &copy.own_nearest_bits;
            let nearer = own.iter().filter(|o| **o < bits).count();
            format!(
                "no copied passage; {nearer} of {} own tracks are nearer to another of them than this",
                own.len()
            )
        }
    }
}
