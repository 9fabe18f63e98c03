//! `dataset`: curation.

use super::say_what_is_damaged;
use crate::cli::args::{Dataset, DatasetAction, SplitDataset, StateRights};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::ids::TrackId;
use crate::domain::rights::{NO_THIRD_PARTY, Rights};
use crate::store::index::Kind;
use crate::studio::{LocalStudio, Studio, StudioError, curation};
use serde_json::json;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Dataset, out: &Out) -> Result<u8, StudioError> {
    match &args.action {
        DatasetAction::List => list(studio, out)?,
        DatasetAction::New(named) => {
            let made = studio.new_dataset(&named.name)?;
            changed(out, &made, &format!("{} is there, empty", made.name));
        }
        DatasetAction::Show(named) => show(studio, &named.name, out)?,
        DatasetAction::Add(some) => {
            let dataset = studio.add_tracks(&some.name, &some.tracks)?;
            changed(
                out,
                &dataset,
                &format!("{} has {} tracks", dataset.name, dataset.members.len()),
            );
        }
        DatasetAction::Remove(some) => {
            let dataset = studio.remove_tracks(&some.name, &some.tracks)?;
            changed(
                out,
                &dataset,
                &format!("{} has {} tracks", dataset.name, dataset.members.len()),
            );
        }
        DatasetAction::Exclude(some) => {
            let dataset = studio.exclude(&some.name, &some.tracks, &some.reason)?;
            let left = dataset.included().count();
            changed(
                out,
                &dataset,
                &format!("{left} of {} tracks take part in training", dataset.members.len()),
            );
        }
        DatasetAction::Include(some) => {
            let dataset = studio.include(&some.name, &some.tracks)?;
            let left = dataset.included().count();
            changed(
                out,
                &dataset,
                &format!("{left} of {} tracks take part in training", dataset.members.len()),
            );
        }
        DatasetAction::Split(split) => divide(studio, split, out)?,
        DatasetAction::Rights(state) => rights(studio, state, out)?,
        DatasetAction::Undo(named) => {
            let what = studio.undo(&named.name)?;
            if out.is_json() {
                out.value(&json!({ "dataset": named.name, "undone": what }));
            } else {
                out.say(&what);
            }
        }
    }
    Ok(0)
}

fn changed(out: &Out, dataset: &crate::domain::dataset::Dataset, words: &str) {
    if out.is_json() {
        out.value(dataset);
    } else {
        out.say(words);
    }
}

fn list(studio: &LocalStudio, out: &Out) -> Result<(), StudioError> {
    let datasets = studio.datasets()?;
    say_what_is_damaged(studio, Kind::Datasets, out)?;
    if out.is_json() {
        out.value(&json!({ "datasets": datasets }));
        return Ok(());
    }
    if datasets.is_empty() {
        out.say("there is no dataset yet; leitmotif import FOLDER makes one");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = datasets
        .iter()
        .map(|d| {
            vec![
                d.name.to_string(),
                d.members.len().to_string(),
                d.included().count().to_string(),
                clock(d.included_s()),
            ]
        })
        .collect();
    out.table(&["dataset", "tracks", "in", "length"], &rows);
    Ok(())
}

fn show(
    studio: &LocalStudio,
    name: &crate::domain::ids::DatasetName,
    out: &Out,
) -> Result<(), StudioError> {
    let dataset = studio.dataset(name)?;
    if out.is_json() {
        out.value(&dataset);
        return Ok(());
    }
    let statements = studio.statements()?;
    let rows: Vec<Vec<String>> = dataset
        .members
        .iter()
        .map(|m| {
            let record = studio.record(&m.track.track_id);
            let heard = record.as_ref().map(|r| &r.hearing.listening);
            let rights = statements.get(&m.track.track_id).and_then(|s| s.rights.as_ref());
            vec![
                m.track.track_id.to_string(),
                clock(m.track.duration_s()),
                one_decimal(heard.and_then(|h| h.tempo_bpm)),
                heard.and_then(|h| h.key).map_or_else(|| "-".to_owned(), |k| k.to_string()),
                one_decimal(heard.and_then(|h| h.loudness_lufs)),
                rights.map_or_else(|| "none".to_owned(), ToString::to_string),
                match &m.excluded {
                    Some(reason) => format!("{}  [left out: {reason}]", m.track.title),
                    None => m.track.title.clone(),
                },
            ]
        })
        .collect();
    out.table(&["track", "length", "bpm", "key", "lufs", "rights", "title"], &rows);
    Ok(())
}

/// Parts by the tracks that are named, else by the groups that were heard.
fn divide(studio: &LocalStudio, args: &SplitDataset, out: &Out) -> Result<(), StudioError> {
    let groups = if args.tracks.is_empty() {
        let mut groups = studio.check(&args.name)?.diagnosis.variety.clusters;
        // Stable: groups of one size keep their order.
        groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
        groups
    } else {
        vec![args.tracks.clone()]
    };
    if groups.len() != args.into.len() {
        let found = if args.tracks.is_empty() {
            format!("{} sounds like {} groups", args.name, groups.len())
        } else {
            "the tracks that are named make one dataset".to_owned()
        };
        return Err(StudioError::Usage(format!(
            "{found}, and --into names {}; name as many, or the tracks of one new dataset",
            args.into.len()
        )));
    }
    let parts: Vec<_> = args.into.iter().cloned().zip(groups).collect();
    let made = curation::split(studio.inner(), &args.name, &parts)?;
    if out.is_json() {
        out.value(&json!({ "dataset": args.name, "into": made }));
        return Ok(());
    }
    for part in made {
        out.say(&format!("{} has {} tracks of {}", part.name, part.members.len(), args.name));
    }
    Ok(())
}

fn rights(studio: &LocalStudio, args: &StateRights, out: &Out) -> Result<(), StudioError> {
    let dataset = studio.dataset(&args.name)?;
    let tracks: Vec<TrackId> = if args.tracks.is_empty() {
        dataset.members.iter().map(|m| m.track.track_id.clone()).collect()
    } else {
        args.tracks.clone()
    };
    let rights: Option<Rights> =
        match args.rights.as_str() {
            "withdraw" => None,
            text => Some(text.parse().map_err(|e: crate::domain::rights::RightsError| {
                StudioError::Usage(e.to_string())
            })?),
        };
    let by = args.by.clone().unwrap_or_else(|| studio.inner().config.by.clone());
    studio.state_rights(&tracks, rights.as_ref(), &by)?;
    if out.is_json() {
        out.value(&json!({ "dataset": args.name, "rights": rights, "by": by, "tracks": tracks }));
        return Ok(());
    }
    match rights {
        Some(rights) => out.say(&format!(
            "{by} states for {} tracks: {} {NO_THIRD_PARTY}",
            tracks.len(),
            rights.sentence()
        )),
        None => out.say(&format!("{by} withdraws the statements for {} tracks", tracks.len())),
    }
    Ok(())
}
