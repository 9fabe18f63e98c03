//! The arguments, as the contract has them. Help texts are the documentation.

use crate::audio::encode::Format;
use crate::domain::aspects::Aspects;
use crate::domain::finetune::Visibility;
use crate::domain::ids::{DatasetName, FinetuneId, JobId, TakeId, TrackId};
use crate::domain::rights::Rights;
use crate::domain::verdict::CopyClass;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Learns the sound of your own tracks and writes new music in it, on this machine.
///
/// Without a command the screens open. Data goes to standard output, words to standard error.
/// Exit codes: 0 ok, 1 failed, 2 usage, 3 config, 4 not found, 5 store busy, 6 blocked by rights,
/// 7 a take is nearer to a track than --max-copy allows, 130 stopped.
#[derive(Parser, Debug)]
#[command(name = "leitmotif", version, about, max_term_width = 100)]
pub struct Args {
    /// Keep everything under this folder instead of the XDG folders.
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Worker threads; all processors without it. Results do not depend on it.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the whole loop on two styles of music that the program makes itself.
    Demo(Demo),
    /// Bring audio files into a dataset: decode, listen, check; one verdict a file.
    Import(Import),
    /// Say what is heard in a file.
    Listen(Listen),
    /// Curate datasets.
    Dataset(Dataset),
    /// Diagnose a dataset: problems, duplicates, outliers, variety.
    Check(NamedDataset),
    /// Screen a dataset before training.
    Screen(NamedDataset),
    /// Make a finetune from a dataset.
    Train(Train),
    /// The library of finetunes.
    Finetunes(Finetunes),
    /// Print the plan of a piece without making it.
    Plan(Plan),
    /// Make takes from a prompt.
    Generate(Box<Generate>),
    /// The takes that were made.
    Takes(Takes),
    /// Play a take or a file.
    Play(Play),
    /// Judge files or takes against a finetune's dataset.
    Evaluate(Evaluate),
    /// Look for passages of one file in another.
    Compare(Compare),
    /// Look at jobs, watch them, pause and stop them.
    Jobs(Jobs),
    /// Look at everything and say what works here.
    Doctor,
    /// Measure on this machine what is promised.
    Selftest(Selftest),
    /// Show settings and change them.
    Config(Settings),
    /// Print completions for a shell.
    Completions {
        /// bash, elvish, fish, powershell or zsh.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of one command where it is named.
    Man {
        /// The command.
        command: Option<String>,
    },
}

impl Command {
    /// The command's word, for others who ask who owns the store.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Import(_) => "import",
            Self::Listen(_) => "listen",
            Self::Dataset(_) => "dataset",
            Self::Check(_) => "check",
            Self::Screen(_) => "screen",
            Self::Train(_) => "train",
            Self::Finetunes(_) => "finetunes",
            Self::Plan(_) => "plan",
            Self::Generate(_) => "generate",
            Self::Takes(_) => "takes",
            Self::Play(_) => "play",
            Self::Evaluate(_) => "evaluate",
            Self::Compare(_) => "compare",
            Self::Jobs(_) => "jobs",
            Self::Doctor => "doctor",
            Self::Selftest(_) => "selftest",
            Self::Config(_) => "config",
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
        }
    }
}

/// `demo`
#[derive(ClapArgs, Debug)]
pub struct Demo {
    /// Where the takes go; the workspace is in it too unless --home names another.
    #[arg(long, value_name = "DIR", default_value = "leitmotif-demo")]
    pub out: PathBuf,
}

/// `import`
#[derive(ClapArgs, Debug)]
pub struct Import {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The dataset; made if there is none. Without it: the folder's name, or "inbox".
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<DatasetName>,
    /// On what ground you may train on these tracks: own, commissioned, public-domain,
    /// open:SPDX[=URL], licensed:FILE, catalogue. Having bought, licensed, distributed or performed a
    /// track is none of these.
    #[arg(long, value_name = "RIGHTS")]
    pub rights: Option<Rights>,
    /// Who states the rights.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Rights by file: lines of file,rights,by.
    #[arg(long, value_name = "CSV")]
    pub rights_file: Option<PathBuf>,
    /// Keep copies of the files in the workspace.
    #[arg(long)]
    pub copy: bool,
    /// Refuse files that only have warnings.
    #[arg(long)]
    pub strict: bool,
}

/// `listen`
#[derive(ClapArgs, Debug)]
pub struct Listen {
    /// The file.
    pub file: PathBuf,
    /// Write the notes and drums that were heard as a MIDI file, on the beats that were heard.
    #[arg(long, value_name = "OUT", conflicts_with = "quick")]
    pub midi: Option<PathBuf>,
    /// Only what triage needs: no notes and drums.
    #[arg(long)]
    pub quick: bool,
}

/// `selftest`
#[derive(ClapArgs, Debug)]
pub struct Selftest {
    /// What is measured.
    #[command(subcommand)]
    pub topic: SelftestTopic,
}

/// What `selftest` measures.
#[derive(Subcommand, Clone, Debug)]
pub enum SelftestTopic {
    /// The ears, on music made here: what was written against what is heard.
    Listen {
        /// Pieces to make and listen to.
        #[arg(long, default_value_t = 10)]
        pieces: u64,
        /// Seed of the pieces.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The copy check: planted copies that it finds, false alarms, and two controls that must hold.
    Trust {
        /// Pieces to copy from; as many again copy nothing. More take longer and say more.
        #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..=40))]
        pieces: u64,
        /// Seed of what is made here.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Plant copies of this dataset's tracks instead of pieces made here.
        #[arg(long, value_name = "NAME")]
        dataset: Option<DatasetName>,
    },
}

/// A dataset's name.
#[derive(ClapArgs, Debug)]
pub struct NamedDataset {
    /// The dataset.
    #[arg(value_name = "DATASET")]
    pub name: DatasetName,
}

/// `dataset`
#[derive(ClapArgs, Debug)]
pub struct Dataset {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub action: DatasetAction,
}

impl Dataset {
    /// Whether the command changes nothing.
    pub fn only_looks(&self) -> bool {
        matches!(self.action, DatasetAction::List | DatasetAction::Show(_))
    }
}

/// What can be done to datasets.
#[derive(Subcommand, Debug)]
pub enum DatasetAction {
    /// List all datasets.
    List,
    /// Make an empty one.
    New(NamedDataset),
    /// Show one with its tracks.
    Show(NamedDataset),
    /// Add tracks that are in other datasets.
    Add(SomeTracks),
    /// Take tracks out; their files stay.
    Remove(SomeTracks),
    /// Leave tracks out of training.
    Exclude(ExcludeTracks),
    /// Take tracks in again.
    Include(SomeTracks),
    /// Make datasets of parts of one; it stays as it is.
    Split(SplitDataset),
    /// State rights for tracks, or for all of them.
    Rights(StateRights),
    /// Take the last edit back.
    Undo(NamedDataset),
}

/// Tracks of a dataset.
#[derive(ClapArgs, Debug)]
pub struct SomeTracks {
    /// The dataset.
    #[arg(value_name = "DATASET")]
    pub name: DatasetName,
    /// Track ids.
    #[arg(required = true, value_name = "TRACK")]
    pub tracks: Vec<TrackId>,
}

/// `dataset exclude`
#[derive(ClapArgs, Debug)]
pub struct ExcludeTracks {
    /// The dataset.
    #[arg(value_name = "DATASET")]
    pub name: DatasetName,
    /// Track ids.
    #[arg(required = true, value_name = "TRACK")]
    pub tracks: Vec<TrackId>,
    /// Why.
    #[arg(long, default_value = "left out by hand")]
    pub reason: String,
}

/// `dataset split`
#[derive(ClapArgs, Debug)]
pub struct SplitDataset {
    /// The dataset.
    #[arg(value_name = "DATASET")]
    pub name: DatasetName,
    /// The new datasets: one for the tracks that are named, or one for each group that
    /// `leitmotif check` finds, the largest first. `dataset undo` on a new one empties it.
    #[arg(long, required = true, value_delimiter = ',', value_name = "A,B")]
    pub into: Vec<DatasetName>,
    /// Track ids; without them the groups are used.
    #[arg(value_name = "TRACK")]
    pub tracks: Vec<TrackId>,
}

/// `dataset rights`
#[derive(ClapArgs, Debug)]
pub struct StateRights {
    /// The dataset.
    #[arg(value_name = "DATASET")]
    pub name: DatasetName,
    /// own, commissioned, public-domain, open:SPDX[=URL], licensed:FILE, catalogue, or "withdraw".
    pub rights: String,
    /// Who states it.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Track ids; all of the dataset without them.
    #[arg(value_name = "TRACK")]
    pub tracks: Vec<TrackId>,
}

/// `train`
#[derive(ClapArgs, Debug)]
pub struct Train {
    /// The finetune's name.
    #[arg(long)]
    pub name: String,
    /// Its main genre, in your words.
    #[arg(long)]
    pub genre: String,
    /// The dataset.
    #[arg(long)]
    pub dataset: DatasetName,
    /// Tags.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub tags: Vec<String>,
    /// private or workspace.
    #[arg(long, default_value = "private")]
    pub visibility: Visibility,
    /// Seed of every choice.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Tracks to keep unseen; by the size of the dataset without it.
    #[arg(long, value_name = "K")]
    pub holdout: Option<usize>,
    /// Go on in the background, whatever happens to this terminal.
    #[arg(long)]
    pub detach: bool,
}

/// `finetunes`
#[derive(ClapArgs, Debug)]
pub struct Finetunes {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub action: FinetuneAction,
}

impl Finetunes {
    /// Whether the command changes nothing.
    pub fn only_looks(&self) -> bool {
        !matches!(self.action, FinetuneAction::Delete { .. })
    }
}

/// What can be done to finetunes.
#[derive(Subcommand, Debug)]
pub enum FinetuneAction {
    /// List all finetunes.
    List,
    /// Show one: its tracks, rights and what was learned.
    Show {
        /// Id or unique name.
        finetune: String,
    },
    /// Delete one. Takes made with it stay.
    Delete {
        /// Id.
        finetune: FinetuneId,
    },
}

/// `plan`
#[derive(ClapArgs, Debug)]
pub struct Plan {
    /// What the piece should be.
    pub prompt: String,
    /// Finetune, by id or unique name.
    #[arg(long, value_name = "ID")]
    pub finetune: Option<String>,
    /// Length of the piece.
    #[arg(long, value_name = "S")]
    pub seconds: Option<f64>,
    /// Seed of every choice.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// `generate`
#[derive(ClapArgs, Debug)]
pub struct Generate {
    /// What the piece should be. Optional with --prompts or --plan.
    pub prompt: Option<String>,
    /// Finetune, by id or unique name; the base without it.
    #[arg(long, value_name = "ID")]
    pub finetune: Option<String>,
    /// Length of the take; a length in the prompt counts where this is absent.
    #[arg(long, value_name = "N")]
    pub seconds: Option<f64>,
    /// Takes of each prompt, with seeds that count on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub variants: u32,
    /// Seed of the first take.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Follow this plan, as `leitmotif --json plan` prints it.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Voices in the prompt may be passed over.
    #[arg(long)]
    pub no_vocals: bool,
    /// How much of the finetune's sound: 0 the bank's, 1 as learned, 2 nothing but its own tracks.
    #[arg(long, value_name = "0..2", default_value_t = 1.0)]
    pub strength: f64,
    /// The same for each side of the sound: instrumentation, production, groove, timbre, each 0..2.
    #[arg(long, value_name = "K=V,..")]
    pub aspects: Option<Aspects>,
    /// Parts to leave out: drums, bass, harmony, lead, pad.
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    pub without: Vec<String>,
    /// Also put the files here.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// wav or flac, 24-bit.
    #[arg(long, default_value = "wav", value_name = "FORMAT")]
    pub format: Format,
    /// Loudness to reach, LUFS; the dataset's own median without it, -14 for the base.
    #[arg(long, value_name = "LUFS", allow_hyphen_values = true)]
    pub loudness: Option<f64>,
    /// Write stems.
    #[arg(long)]
    pub stems: bool,
    /// Write the score as MIDI.
    #[arg(long)]
    pub midi: bool,
    /// Worst copy class to accept, A (copied recording) to E (clear): takes of a worse one are
    /// kept, and the exit code is 7.
    #[arg(long, value_name = "CLASS")]
    pub max_copy: Option<CopyClass>,
    /// One prompt a line: {"prompt": "..."}.
    #[arg(long, value_name = "FILE.jsonl")]
    pub prompts: Option<PathBuf>,
}

/// `takes`
#[derive(ClapArgs, Debug)]
pub struct Takes {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub action: TakeAction,
}

impl Takes {
    /// Whether the command changes nothing in the store.
    pub fn only_looks(&self) -> bool {
        !matches!(self.action, TakeAction::Delete { .. } | TakeAction::Rate { .. })
    }
}

/// What can be done to takes.
#[derive(Subcommand, Debug)]
pub enum TakeAction {
    /// List all takes.
    List,
    /// Show one: plan, verdict, where its files are.
    Show {
        /// The take.
        take: TakeId,
    },
    /// Rate one from 1 to 5; 0 takes the rating back.
    Rate {
        /// The take.
        take: TakeId,
        /// 1 to 5, or 0.
        rating: u8,
    },
    /// Copy its files to a folder.
    Export {
        /// The take.
        take: TakeId,
        /// The folder.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Delete one.
    Delete {
        /// The take.
        take: TakeId,
    },
}

/// `play`
#[derive(ClapArgs, Debug)]
pub struct Play {
    /// A take's id, a track's id or a file.
    pub what: String,
    /// Where to begin.
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    pub from: f64,
}

/// `evaluate`
#[derive(ClapArgs, Debug)]
pub struct Evaluate {
    /// The finetune whose dataset is the measure.
    #[arg(long, value_name = "ID")]
    pub finetune: String,
    /// Files, or ids of takes.
    #[arg(required = true, value_name = "FILE|TAKE")]
    pub items: Vec<OsString>,
}

/// `compare`
#[derive(ClapArgs, Debug)]
pub struct Compare {
    /// The file to look into.
    pub a: PathBuf,
    /// The file whose passages are looked for.
    pub b: PathBuf,
}

/// `jobs`
#[derive(ClapArgs, Debug)]
pub struct Jobs {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub action: JobAction,
}

/// What can be done to jobs.
#[derive(Subcommand, Debug)]
pub enum JobAction {
    /// List all jobs.
    List,
    /// Follow the jobs that run, until they end. Works from any process and on any terminal.
    Watch {
        /// One job only.
        job: Option<JobId>,
    },
    /// Show one.
    Show {
        /// The job.
        job: JobId,
    },
    /// Ask one to stop, in whatever process it runs.
    Cancel {
        /// The job.
        job: JobId,
    },
    /// Let one rest at its next step, in whatever process it runs.
    Pause {
        /// The job.
        job: JobId,
    },
    /// Let one that rests go on; one that was interrupted, stopped or failed is gone on with, as a
    /// new job in this process.
    Resume {
        /// The job.
        job: JobId,
    },
    /// Print one's log.
    Log {
        /// The job.
        job: JobId,
    },
}

/// `config`
#[derive(ClapArgs, Debug)]
pub struct Settings {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap shows the commands' own help here")]
    pub action: SettingsAction,
}

/// What can be done to settings.
#[derive(Subcommand, Debug)]
pub enum SettingsAction {
    /// Show all settings that hold, and the file they come from.
    Show,
    /// Change one in the file; comments in it stay.
    Set {
        /// Its name, e.g. `threads` or `limits.take_max_s`.
        name: String,
        /// Its value; "default" takes it out of the file.
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Args::command().debug_assert();
    }
}
