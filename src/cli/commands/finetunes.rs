//! `finetunes`: the library.

use super::say_what_is_damaged;
use crate::cli::args::{FinetuneAction, Finetunes};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::finetune::Manifest;
use crate::store::index::Kind;
use crate::studio::{LocalStudio, Studio, StudioError};
use serde_json::json;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Finetunes, out: &Out) -> Result<u8, StudioError> {
    match &args.action {
        FinetuneAction::List => list(studio, out)?,
        FinetuneAction::Show { finetune } => {
            let manifest = studio.finetune(finetune)?;
            if out.is_json() {
                out.value(&manifest);
            } else {
                show(&manifest, out);
            }
        }
        FinetuneAction::Delete { finetune } => {
            let manifest = studio.finetune(finetune.as_str())?;
            studio.delete_finetune(&manifest.finetune_id)?;
            if out.is_json() {
                out.value(&json!({ "deleted": manifest.finetune_id }));
            } else {
                out.say(&format!("{} is deleted; takes made with it stay", manifest.name));
            }
        }
    }
    Ok(0)
}

fn list(studio: &LocalStudio, out: &Out) -> Result<(), StudioError> {
    let all = studio.finetunes()?;
    say_what_is_damaged(studio, Kind::Finetunes, out)?;
    if out.is_json() {
        out.value(&json!({ "finetunes": all }));
        return Ok(());
    }
    if all.is_empty() {
        out.say("there is no finetune yet; leitmotif train makes one from a dataset");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|m| {
            vec![
                m.finetune_id.to_string(),
                m.learned().count().to_string(),
                clock(m.report.kept_s),
                format!("{:.1} MB", m.report.bytes as f64 / 1e6),
                m.genre.clone(),
                m.name.clone(),
            ]
        })
        .collect();
    out.table(&["finetune", "tracks", "kept", "size", "genre", "name"], &rows);
    Ok(())
}

fn show(m: &Manifest, out: &Out) {
    out.line(&format!("{}  {}", m.finetune_id, m.name));
    out.line(&format!(
        "genre {}  tags {}  base {}  made {}",
        m.genre,
        m.tags.join(","),
        m.base,
        m.created_at
    ));
    out.line(&format!("screening: {}", m.screened));
    let learned = &m.report;
    out.line(&format!(
        "learned in {:.1} CPU-seconds from {}; {} cuts of {}; median {} LUFS",
        learned.cpu_seconds,
        clock(learned.music_s),
        learned.slices,
        clock(learned.kept_s),
        one_decimal(learned.loudness_lufs)
    ));
    if !learned.instruments.is_empty() {
        let counted: Vec<String> =
            learned.instruments.iter().map(|(part, count)| format!("{part} {count}")).collect();
        out.line(&format!("notes and strokes of its own: {}", counted.join(", ")));
    }
    for line in &learned.manner {
        out.line(line);
    }
    let proof = &learned.heldout;
    if proof.takes > 0 {
        let (takes, tracks) = (proof.takes, proof.tracks);
        let z = super::train::z(proof.z);
        out.line(&format!("{takes} test takes against {tracks} tracks: {}{z}", proof.words));
    }
    let rows: Vec<Vec<String>> = m
        .sources
        .iter()
        .map(|s| {
            vec![
                s.track_id.to_string(),
                if s.held_out { "held out".to_owned() } else { clock(s.kept_s) },
                s.rights.to_string(),
                s.by.clone(),
                s.title.clone(),
            ]
        })
        .collect();
    out.table(&["track", "kept", "rights", "by", "title"], &rows);
    for note in &learned.notes {
        out.line(note);
    }
}
