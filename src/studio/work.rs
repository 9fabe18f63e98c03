//! Work: everything a job can be asked to do, as data that is kept with the job and can be asked
//! for again.

use crate::audio::encode::Format;
use crate::domain::aspects::Aspects;
use crate::domain::finetune::Visibility;
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::job::JobKind;
use crate::domain::plan::Plan;
use crate::domain::rights::Rights;
use crate::domain::verdict::{CopyClass, Verdict};
use crate::domain::{listening::Problem, take::Take};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Files to bring in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportWork {
    /// Files and folders.
    #[serde(with = "many_paths")]
    pub paths: Vec<PathBuf>,
    /// The dataset; made if it does not exist.
    pub dataset: DatasetName,
    /// Rights stated for all of them.
    pub rights: Option<Rights>,
    /// Who states them.
    pub by: String,
    /// Rights by file name, from a CSV.
    #[serde(default)]
    pub rights_by_file: Vec<(String, Rights, String)>,
    /// Keep copies of the files.
    pub copy: bool,
    /// Refuse what only has warnings.
    pub strict: bool,
}

/// What an import did with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It came in.
    Ok,
    /// It came in, with something to look at.
    Warned,
    /// It did not come in.
    Refused,
}

/// A part of a file that became a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    /// The track.
    pub track_id: TrackId,
    /// Where it starts in the file.
    pub start_s: f64,
    /// Where it ends in the file.
    pub end_s: f64,
}

/// The verdict on a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// The file.
    #[serde(with = "crate::domain::paths")]
    pub path: PathBuf,
    /// What became of it.
    pub status: FileStatus,
    /// Why, where it is not plain.
    pub reason: Option<String>,
    /// What was found.
    pub problems: Vec<Problem>,
    /// The tracks it became.
    pub parts: Vec<PartReport>,
}

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The dataset.
    pub dataset: DatasetName,
    /// One verdict a file.
    pub tracks: Vec<FileReport>,
    /// Files in folders that are plainly no audio and were not looked at.
    #[serde(with = "many_paths")]
    pub ignored: Vec<PathBuf>,
}

/// A finetune to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainWork {
    /// Its name.
    pub name: String,
    /// Main genre.
    pub genre: String,
    /// The dataset.
    pub dataset: DatasetName,
    /// Tags.
    pub tags: Vec<String>,
    /// Who may use it.
    pub visibility: Visibility,
    /// Seed.
    pub seed: u64,
    /// Tracks to keep unseen; by the size of the dataset where it is absent.
    pub holdout: Option<usize>,
}

/// Takes to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateWork {
    /// Prompts, one or more.
    pub prompts: Vec<String>,
    /// The finetune, by id or name; the base where it is absent.
    pub finetune: Option<String>,
    /// Length.
    pub seconds: Option<f64>,
    /// Takes of each prompt.
    pub variants: u32,
    /// Seed of the first take; the next ones count on.
    pub seed: u64,
    /// A plan to follow.
    pub plan: Option<Plan>,
    /// Folder that also gets the files.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::domain::paths::maybe"
    )]
    pub out: Option<PathBuf>,
    /// Kind of audio file.
    pub format: OutFormat,
    /// Loudness to reach.
    pub loudness_lufs: Option<f64>,
    /// Write stems.
    pub stems: bool,
    /// Write the score.
    pub midi: bool,
    /// Parts to leave out.
    pub without: Vec<String>,
    /// Voices in the prompt may be passed over.
    pub no_vocals: bool,
    /// How much of the finetune's sound, 0..2; 1 as learned.
    #[serde(default = "crate::domain::take::one")]
    pub strength: f64,
    /// The same, aspect by aspect.
    #[serde(default)]
    pub aspects: Aspects,
    /// Worst copy class that is accepted; D where it is absent.
    #[serde(default)]
    pub max_copy: Option<CopyClass>,
}

/// Kind of audio file, as it is kept with a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutFormat {
    /// WAV.
    #[default]
    Wav,
    /// FLAC.
    Flac,
}

impl From<OutFormat> for Format {
    fn from(format: OutFormat) -> Self {
        match format {
            OutFormat::Wav => Self::Wav,
            OutFormat::Flac => Self::Flac,
        }
    }
}

impl From<Format> for OutFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Wav => Self::Wav,
            Format::Flac => Self::Flac,
        }
    }
}

/// The result of a generation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GenerateReport {
    /// The takes.
    pub takes: Vec<Take>,
}

/// Things to judge against a finetune's dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateWork {
    /// The finetune, by id or name.
    pub finetune: String,
    /// Files, or ids of takes.
    pub items: Vec<String>,
}

/// The verdict on one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileVerdict {
    /// The file, or the take's id.
    pub file: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateReport {
    /// The finetune.
    pub finetune: String,
    /// The verdicts.
    pub verdicts: Vec<FileVerdict>,
}

/// Everything a job can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// Bring files in.
    Import(ImportWork),
    /// Make a finetune.
    Train(TrainWork),
    /// Make takes.
    Generate(Box<GenerateWork>),
    /// Judge.
    Evaluate(EvaluateWork),
}

impl Work {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Import(_) => JobKind::Import,
            Self::Train(_) => JobKind::Train,
            Self::Generate(_) => JobKind::Generate,
            Self::Evaluate(_) => JobKind::Evaluate,
        }
    }

    /// What it works on, in a few words.
    pub fn what(&self) -> String {
        match self {
            Self::Import(w) => {
                let first = w.paths.first().map(PathBuf::as_path);
                format!("{} into {}", files(first, w.paths.len()), w.dataset)
            }
            Self::Train(w) => format!("{} from {}", w.name, w.dataset),
            Self::Generate(w) => {
                let prompt = w.prompts.first().map_or("", String::as_str);
                let short: String = prompt.chars().take(40).collect();
                let count = w.prompts.len() * w.variants as usize;
                let by = w.finetune.as_deref().unwrap_or("the base");
                format!("\"{short}\" x{count} with {by}")
            }
            Self::Evaluate(w) => {
                let first = w.items.first().map(Path::new);
                format!("{} against {}", files(first, w.items.len()), w.finetune)
            }
        }
    }
}

/// One by its name, more by their number.
fn files(first: Option<&Path>, count: usize) -> String {
    match first.filter(|_| count == 1) {
        Some(one) => one.file_name().unwrap_or(one.as_os_str()).to_string_lossy().into_owned(),
        None => format!("{count} items"),
    }
}

/// Lists of paths.
pub mod many_paths {
    use crate::domain::paths::{from_text, to_text};
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::path::PathBuf;

    /// Writes them.
    pub fn serialize<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(|p| to_text(p)))
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<PathBuf>, D::Error> {
        Vec::<String>::deserialize(deserializer)?
            .iter()
            .map(|t| from_text(t).ok_or_else(|| de::Error::custom("not a path")))
            .collect()
    }
}
