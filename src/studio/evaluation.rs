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
use crate::domain::verdict::{Evidence, Verdict};
use crate::domain::work::{Observer, StopToken};
use crate::judge::verdict::{Candidate, compare_files};
use crate::judge::{Fingerprint, Judge};
use crate::listen::Ear;
use crate::listen::file::listen;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A judge with a finetune's dataset measured against itself.
pub type Nulls = Judge;

/// The judge of a finetune's takes.
pub fn judge_of(inner: &Inner, manifest: &Manifest) -> Result<Nulls, StudioError> {
    let references = inner.store.references(&manifest.finetune_id)?;
    let held_out = manifest.sources.iter().filter(|s| s.held_out).count();
    Ok(Judge::new(references, held_out))
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
    let fingerprint = Fingerprint::new(&mono).map_err(|e| StudioError::Listen(e.into()))?;
    Ok(Candidate { fingerprint, profile: hearing.profile })
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
            found = Some(
                Fingerprint::new(&mono)
                    .map(|fingerprint| Candidate { fingerprint, profile: part.hearing.profile })
                    .map_err(|e| StudioError::Listen(e.into())),
            );
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
    let judge = judge_of(inner, &manifest)?;
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
    /// `None` until all layers of the copy check exist.
    pub class: Option<crate::domain::verdict::CopyClass>,
    /// Passages of the first that are like passages of the second.
    pub evidence: Vec<Evidence>,
    /// Fewest wrong bits of 32 of any window; `None` when one is shorter than a window.
    pub nearest_bits: Option<f64>,
    /// The layers that ran.
    pub layers_checked: Vec<crate::domain::verdict::Layer>,
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
    let (nearest_bits, evidence) = compare_files(&first.fingerprint, &second.fingerprint, &id);
    Ok(CompareReport {
        class: None,
        evidence,
        nearest_bits,
        layers_checked: vec![crate::domain::verdict::Layer::Audio],
    })
}

/// A verdict in words, for people.
pub fn words(verdict: &Verdict) -> String {
    let copy = match verdict.copy.nearest_bits {
        None => "too short for the copy check".to_owned(),
        Some(bits) if !verdict.copy.evidence.is_empty() => {
            let n = verdict.copy.evidence.len();
            let own = verdict.copy.own_nearest_bits.first().copied();
            let passages = if n == 1 { "1 passage is" } else { &format!("{n} passages are") };
            match own {
                Some(own) if own <= bits => format!(
                    "{passages} like passages of its tracks, which are as like to one another"
                ),
                _ => format!("{passages} nearer to its tracks than those are to one another"),
            }
        }
        Some(bits) => {
            let own = &verdict.copy.own_nearest_bits;
            let nearer = own.iter().filter(|o| **o < bits).count();
            format!(
                "no copied passage; {nearer} of {} own tracks are nearer to another of them than this",
                own.len()
            )
        }
    };
    format!("style: {}; recording: {copy}", verdict.style.words)
}
