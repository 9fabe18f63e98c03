//! `takes`: results.

use super::generate::print_take;
use super::say_what_is_damaged;
use crate::cli::args::{TakeAction, Takes};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::take::Take;
use crate::store::index::Kind;
use crate::studio::{LocalStudio, Studio, StudioError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Takes, out: &Out) -> Result<u8, StudioError> {
    match &args.action {
        TakeAction::List => list(studio, out)?,
        TakeAction::Show { take } => {
            let take = studio.take(take)?;
            if out.is_json() {
                out.value(&take);
            } else {
                out.line(&format!("prompt: {}", take.request.prompt));
                print_take(&take, out);
                out.line(&format!(
                    "{} grains; made {} by {}",
                    take.grains.len(),
                    take.created_at,
                    take.engine
                ));
            }
        }
        TakeAction::Rate { take, rating } => {
            let take = studio.rate(take, (*rating > 0).then_some(*rating))?;
            if out.is_json() {
                out.value(&json!({ "take_id": take.take_id, "rating": take.rating }));
            } else {
                out.say(&format!(
                    "{} is rated {}",
                    take.take_id,
                    take.rating.map_or_else(|| "not".to_owned(), |r| r.to_string())
                ));
            }
        }
        TakeAction::Export { take, out: folder } => export(&studio.take(take)?, folder, out)?,
        TakeAction::Delete { take } => {
            studio.delete_take(take)?;
            if out.is_json() {
                out.value(&json!({ "deleted": take }));
            } else {
                out.say(&format!("{take} is deleted"));
            }
        }
    }
    Ok(0)
}

fn list(studio: &LocalStudio, out: &Out) -> Result<(), StudioError> {
    let takes = studio.takes()?;
    say_what_is_damaged(studio, Kind::Takes, out)?;
    if out.is_json() {
        out.value(&json!({ "takes": takes }));
        return Ok(());
    }
    if takes.is_empty() {
        out.say("there is no take yet; leitmotif generate \"a calm piece\" makes one");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = takes
        .iter()
        .map(|t| {
            let style = t.verdict.as_ref().and_then(|v| Some((v.style.rank?, v.style.of)));
            let evidence = t.verdict.as_ref().map_or(0, |v| v.copy.evidence.len());
            vec![
                t.take_id.to_string(),
                clock(t.duration_s),
                one_decimal(Some(t.plan.tempo_bpm)),
                t.plan.key.map_or_else(|| "-".to_owned(), |k| k.to_string()),
                style.map_or_else(|| "-".to_owned(), |(r, of)| format!("{r} of {of}")),
                evidence.to_string(),
                t.rating.map_or_else(|| "-".to_owned(), |r| r.to_string()),
                t.request.prompt.chars().take(50).collect(),
            ]
        })
        .collect();
    out.table(&["take", "length", "bpm", "key", "style", "copied", "rating", "prompt"], &rows);
    Ok(())
}

fn export(take: &Take, folder: &Path, out: &Out) -> Result<(), StudioError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| StudioError::Io { path, source }
    };
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let mut written: Vec<PathBuf> = Vec::new();
    let mut copy = |from: &Path, name: String| -> Result<(), StudioError> {
        let to = folder.join(name);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(io(parent))?;
        }
        std::fs::copy(from, &to).map_err(io(&to))?;
        written.push(to);
        Ok(())
    };
    let ending = |path: &Path| {
        path.extension().map_or_else(String::new, |e| e.to_string_lossy().into_owned())
    };
    copy(&take.audio, format!("{}.{}", take.take_id, ending(&take.audio)))?;
    for (name, path) in &take.stems {
        copy(path, format!("{}.stems/{name}.{}", take.take_id, ending(path)))?;
    }
    if let Some(midi) = &take.midi {
        copy(midi, format!("{}.mid", take.take_id))?;
    }
    let report = folder.join(format!("{}.json", take.take_id));
    let text = serde_json::to_string_pretty(take).unwrap_or_default();
    std::fs::write(&report, text).map_err(io(&report))?;
    written.push(report);
    if out.is_json() {
        out.value(&json!({ "take_id": take.take_id, "files": written }));
    } else {
        for path in &written {
            out.line(&path.display().to_string());
        }
    }
    Ok(())
}
