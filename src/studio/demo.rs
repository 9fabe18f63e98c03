//! The whole loop on two styles of music that the program makes itself.
//!
//! Each style gets a dataset, a finetune and takes; every take is judged against its own style and,
//! as a control, against the other: it must rank worse there, or the judge is worth nothing.

use super::local::LocalStudio;
use super::work::{EvaluateWork, GenerateReport, GenerateWork, ImportWork, OutFormat, TrainWork};
use super::{JobEnd, Studio, StudioError, Work};
use crate::audio::encode::{Format, write};
use crate::domain::aspects::Aspects;
use crate::domain::finetune::Visibility;
use crate::domain::ids::{DatasetName, JobId};
use crate::domain::rights::Rights;
use crate::domain::take::{Take, TakeRequest};
use crate::domain::verdict::Verdict;
use crate::domain::work::{StopToken, Unobserved};
use crate::engine::Engine;
use crate::engine::resident::Resident;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Length of each.
const TRACK_S: f64 = 40.0;
/// Length of a take.
const TAKE_S: f64 = 40.0;

/// A style: what its tracks have in common, and the tempo and key of each.
struct Style {
    name: &'static str,
    genre: &'static str,
    sound: &'static str,
    tracks: [(u32, &'static str); 8],
    ask: &'static str,
}

const STYLES: [Style; 2] = [
    Style {
        name: "neon-arcade",
        genre: "chiptune",
        sound: "energetic chiptune",
        tracks: [
            (150, "A minor"),
            (144, "C major"),
            (156, "E minor"),
            (150, "D minor"),
            (146, "F major"),
            (152, "G minor"),
            (148, "B minor"),
            (154, "A minor"),
        ],
        ask: "a piece at 150 bpm in A minor",
    },
    Style {
        name: "slow-harbour",
        genre: "film score",
        sound: "calm film score with piano, strings and cello",
        tracks: [
            (72, "D major"),
            (76, "A minor"),
            (70, "G major"),
            (74, "E minor"),
            (68, "F major"),
            (73, "B minor"),
            (75, "C major"),
            (71, "D minor"),
        ],
        ask: "a piece at 74 bpm in D major",
    },
];

/// A take of the demo with both verdicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoTake {
    /// Its style.
    pub style: String,
    /// The take.
    pub take: Take,
    /// The other style.
    pub control_style: String,
    /// The verdict against the other style.
    pub control: Verdict,
    /// Whether the control ranks worse, as it must.
    pub told_apart: bool,
}

/// The result of the demo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    /// The workspace it was made in.
    pub home: PathBuf,
    /// The takes.
    pub takes: Vec<DemoTake>,
    /// Whether every take was told apart from the other style.
    pub told_apart: bool,
}

/// Runs the demo in a studio's home; `out` gets the takes. `each` hears of every job as it starts.
pub fn run(
    studio: &LocalStudio,
    out: &Path,
    mut each: impl FnMut(JobId) -> Result<JobEnd, StudioError>,
    stop: &StopToken,
) -> Result<DemoReport, StudioError> {
    let material = out.join("made-by-leitmotif");
    for style in &STYLES {
        make_tracks(studio, style, &material.join(style.name), stop)?;
    }
    let mut takes: Vec<(usize, Take)> = Vec::new();
    for (number, style) in STYLES.iter().enumerate() {
        let dataset = DatasetName::slug(style.name);
        finished(
            &mut each,
            studio,
            Work::Import(ImportWork {
                paths: vec![material.join(style.name)],
                dataset: dataset.clone(),
                rights: Some(Rights::Own),
                by: "leitmotif demo".to_owned(),
                rights_by_file: Vec::new(),
                copy: false,
                strict: false,
            }),
        )?;
        if studio.finetune(style.name).is_err() {
            finished(
                &mut each,
                studio,
                Work::Train(TrainWork {
                    name: style.name.to_owned(),
                    genre: style.genre.to_owned(),
                    dataset,
                    tags: vec!["demo".to_owned()],
                    visibility: Visibility::Private,
                    seed: 1,
                    holdout: None,
                }),
            )?;
        }
        let end = finished(
            &mut each,
            studio,
            Work::Generate(Box::new(GenerateWork {
                prompts: vec![style.ask.to_owned()],
                finetune: Some(style.name.to_owned()),
                seconds: Some(TAKE_S),
                variants: 1,
                seed: 7,
                plan: None,
                out: Some(out.to_owned()),
                format: OutFormat::Wav,
                loudness_lufs: None,
                stems: false,
                midi: true,
                without: Vec::new(),
                no_vocals: false,
                strength: 1.0,
                aspects: Aspects::default(),
                max_copy: None,
            })),
        )?;
        let report: GenerateReport = read(end)?;
        takes.extend(report.takes.into_iter().map(|t| (number, t)));
    }
    let mut judged = Vec::new();
    for (number, take) in takes {
        let other = &STYLES[1 - number];
        let end = finished(
            &mut each,
            studio,
            Work::Evaluate(EvaluateWork {
                finetune: other.name.to_owned(),
                items: vec![take.take_id.to_string()],
            }),
        )?;
        let report: super::work::EvaluateReport = read(end)?;
        let Some(control) = report.verdicts.into_iter().next() else { continue };
        let told_apart = worse(&control.verdict, take.verdict.as_ref());
        judged.push(DemoTake {
            style: STYLES[number].name.to_owned(),
            take,
            control_style: other.name.to_owned(),
            control: control.verdict,
            told_apart,
        });
    }
    Ok(DemoReport {
        home: studio.inner().store.home().data().to_owned(),
        told_apart: judged.iter().all(|t| t.told_apart),
        takes: judged,
    })
}

/// Whether the control stands farther from its dataset than the take from its own.
fn worse(control: &Verdict, own: Option<&Verdict>) -> bool {
    let Some(own) = own else { return false };
    // Ranks end at the last place; how far beyond it a stranger stands, the distance says.
    let place = |v: &Verdict| Some((v.style.rank?, v.style.distance?));
    match (place(control), place(own)) {
        (Some(control), Some(own)) => control.0 >= own.0 && control.1 > own.1,
        _ => false,
    }
}

fn finished(
    each: &mut impl FnMut(JobId) -> Result<JobEnd, StudioError>,
    studio: &LocalStudio,
    work: Work,
) -> Result<JobEnd, StudioError> {
    let id = studio.submit(work)?;
    each(id)
}

fn read<T: serde::de::DeserializeOwned>(end: JobEnd) -> Result<T, StudioError> {
    let value = end.job.result.unwrap_or_default();
    serde_json::from_value(value).map_err(|e| StudioError::Internal(e.to_string()))
}

/// Renders a style's tracks with built-in synthesis; tracks that are there already are kept.
fn make_tracks(
    studio: &LocalStudio,
    style: &Style,
    folder: &Path,
    stop: &StopToken,
) -> Result<(), StudioError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| StudioError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(io(folder))?;
    let engine = Resident::new(studio.inner().config.settings.limits.clone(), &[]);
    for (number, (bpm, key)) in style.tracks.iter().enumerate() {
        stop.check()?;
        let path = folder.join(format!("{}-{}.flac", style.name, number + 1));
        if path.exists() {
            continue;
        }
        let request = TakeRequest {
            prompt: format!("{} at {bpm} bpm in {key}", style.sound),
            ..TakeRequest::of("", TRACK_S, 100 + number as u64)
        };
        let made =
            studio.inner().pool.install(|| engine.generate(&request, None, &Unobserved, stop))?;
        let part = path.with_extension("part");
        let file = File::create(&part).map_err(io(&part))?;
        write(&made.audio, Format::Flac, &file).map_err(|e| StudioError::Engine(e.into()))?;
        fs::rename(&part, &path).map_err(io(&path))?;
    }
    Ok(())
}
