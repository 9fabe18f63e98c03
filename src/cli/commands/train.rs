//! `train`: a dataset becomes a finetune.

use crate::cli::args::Train;
use crate::cli::follow::{Show, result, run as follow};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::job::JobState;
use crate::store::StoreError;
use crate::store::lock::owner_of;
use crate::studio::config::program;
use crate::studio::screening::refuse;
use crate::studio::training::TrainReport;
use crate::studio::work::TrainWork;
use crate::studio::{ErrorKind, ErrorReport, LocalStudio, Studio, StudioError, Work};
use serde_json::json;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Train, out: &Out) -> Result<u8, StudioError> {
    let work = TrainWork {
        name: args.name.clone(),
        genre: args.genre.clone(),
        dataset: args.dataset.clone(),
        tags: args.tags.clone(),
        visibility: args.visibility,
        seed: args.seed,
        holdout: args.holdout,
    };
    let show = if out.is_json() { Show::Stream } else { Show::Words };
    let end = follow(studio, Work::Train(work), out, show)?;
    if out.is_json()
        && let Some(error) = &end.error
    {
        // The stream's last line says how it ended, whatever happened.
        let status = match end.job.state {
            JobState::Blocked => "blocked",
            JobState::Stopped => "stopped",
            _ => "failed",
        };
        out.value(&json!({
            "finetune_id": null, "status": status, "reason": error.message, "seconds": null,
            "report": null, "error": error,
        }));
        return Ok(error.kind.exit_code());
    }
    let report: TrainReport = match result(end, out)? {
        Ok(report) => report,
        Err(code) => return Ok(code),
    };
    if out.is_json() {
        out.value(&report);
    } else {
        print(&report, out);
    }
    Ok(0)
}

fn print(report: &TrainReport, out: &Out) {
    let learned = &report.report.report;
    out.line(&format!("{}  {}", report.finetune_id, report.report.name));
    out.say(&format!(
        "learned from {} tracks ({}) in {:.1} CPU-seconds; {} held out; {} of music kept to play from, {:.1} MB",
        learned.tracks,
        clock(learned.music_s),
        report.seconds,
        learned.heldout.n,
        clock(learned.kept_s),
        learned.bytes as f64 / 1e6
    ));
    let tempos: Vec<String> = learned.tempos_bpm.iter().map(|t| format!("{t:.0}")).collect();
    let keys: Vec<String> = learned.keys.iter().map(|(k, n)| format!("{k} x{n}")).collect();
    out.say(&format!(
        "tempi {}; keys {}; median {} LUFS",
        tempos.join(" "),
        keys.join(", "),
        one_decimal(learned.loudness_lufs)
    ));
    let proof = &learned.heldout;
    out.say(&format!("{} test takes: {}{}", proof.takes, proof.words, z(proof.z)));
    out.say(&report.report.screened);
    for note in &learned.notes {
        out.say(note);
    }
    out.say(&format!(
        "try it: leitmotif generate \"a calm piece\" --finetune {}",
        report.finetune_id
    ));
}

/// Starts the same command again without `--detach`, away from this terminal, and waits only until
/// its job is there.
pub fn detach(
    studio: &LocalStudio,
    args: &Train,
    arguments: &[OsString],
    out: &Out,
) -> Result<u8, StudioError> {
    // What would end it at once is said here, where somebody reads it.
    if let Some(owner) = owner_of(studio.inner().store.home()) {
        return Err(StoreError::Busy { owner }.into());
    }
    let tracks = studio.dataset(&args.dataset)?.included().count();
    refuse(&studio.screen(&args.dataset)?, tracks)?;
    let internal =
        |e: std::io::Error| StudioError::Internal(format!("cannot start in the background: {e}"));
    let program = program().map_err(internal)?;
    let arguments = arguments.iter().skip(1).filter(|a| *a != "--detach");
    // A process group of its own is not hung up with the terminal.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(internal)?;
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(100));
        let job = studio.jobs()?.into_iter().rev().find(|j| j.pid == child.id());
        if let Some(job) = job {
            if out.is_json() {
                out.value(&json!({ "job_id": job.job_id, "pid": child.id() }));
            } else {
                out.line(&job.job_id.to_string());
                out.say(&format!(
                    "job {} runs in process {}; leitmotif jobs watch follows it",
                    job.job_id,
                    child.id()
                ));
            }
            return Ok(0);
        }
        if let Some(status) = child.try_wait().map_err(internal)? {
            let words = "the training ended before it began; run it without --detach to see why";
            let report = ErrorReport {
                kind: ErrorKind::Failed,
                message: words.to_owned(),
                hints: Vec::new(),
            };
            out.error(&report);
            return Ok(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1));
        }
    }
    out.say(&format!("process {} has started; its job is not there yet", child.id()));
    Ok(0)
}

/// The statistic of the test, in brackets.
pub fn z(z: Option<f64>) -> String {
    z.map_or_else(String::new, |z| format!(" (z {z:+.1})"))
}
