//! `takes`: results.

use super::generate::print_take;
use super::say_what_is_damaged;
use crate::cli::args::{TakeAction, Takes};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::ids::TakeId;
use crate::store::index::Kind;
use crate::studio::{LocalStudio, Studio, StudioError};
use serde_json::json;
use std::path::Path;

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
        TakeAction::Export { take, out: folder } => export(studio, take, folder, out)?,
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

fn export(
    studio: &LocalStudio,
    take: &TakeId,
    folder: &Path,
    out: &Out,
) -> Result<(), StudioError> {
    let written = studio.export_take(take, folder)?;
    if out.is_json() {
        out.value(&json!({ "take_id": take, "files": written }));
    } else {
        for path in &written {
            out.line(&path.display().to_string());
        }
    }
    Ok(())
}
