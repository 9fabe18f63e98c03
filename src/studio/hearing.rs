//! What a training hears: the tracks that are learned from are listened to thoroughly, notes and
//! drums included; those that are held out need no more than what an import heard.
//!
//! Every record is kept as soon as it is made, by the file's hash and the versions of the analyses: a
//! training that was stopped or killed goes on where it was, and a second one listens to nothing.

use super::StudioError;
use super::importing::locate;
use super::local::Inner;
use super::progress::Reporter;
use crate::domain::job::Phase;
use crate::domain::listening::Pass;
use crate::domain::track::Track;
use crate::domain::work::{Observer, StopToken};
use crate::listen::file::listen_part;
use crate::store::hearings::Record;
use rayon::prelude::*;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The record of a track, if it was listened to as thoroughly as is needed.
fn known(inner: &Inner, track: &Track, held: bool) -> Option<Arc<Record>> {
    let record = inner.record(&track.track_id)?;
    let enough = held || record.hearing.listening.pass == Pass::Full;
    enough.then_some(record)
}

/// Seconds of music that must be listened to.
pub fn unheard_s(inner: &Inner, tracks: &[&Track], held: &[bool]) -> f64 {
    let unheard = tracks.iter().zip(held).filter(|(t, held)| known(inner, t, **held).is_none());
    unheard.map(|(track, _)| track.duration_s()).sum()
}

/// The records of all tracks. Files that are gone or have changed end the job before anything is
/// learned.
pub fn hear(
    inner: &Inner,
    tracks: &[&Track],
    held: &[bool],
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<Vec<Arc<Record>>, StudioError> {
    let to_hear = unheard_s(inner, tracks, held);
    if to_hear > 0.0 {
        reporter.log(&format!("listening to {:.1} minutes for notes and drums", to_hear / 60.0));
    }
    // Whole milliseconds, so that threads may add them up in any order.
    let done = AtomicU64::new(0);
    let records = tracks
        .par_iter()
        .zip(held)
        .map(|(track, held)| {
            stop.check()?;
            must_be_there(inner, track)?;
            if let Some(record) = known(inner, track, *held) {
                return Ok(record);
            }
            let pass = if *held { Pass::Quick } else { Pass::Full };
            let record = hear_again(inner, track, pass, stop)?;
            let ms = (track.duration_s() * 1000.0) as u64;
            let heard = done.fetch_add(ms, Ordering::Relaxed) + ms;
            reporter.progress(Phase::Listen, heard as f64 / 1000.0, to_hear);
            Ok(record)
        })
        .collect::<Result<_, StudioError>>()?;
    reporter.end_phase(Phase::Listen);
    Ok(records)
}

fn must_be_there(inner: &Inner, track: &Track) -> Result<(), StudioError> {
    let path = locate(inner, track);
    let changed = |what| StudioError::Changed {
        track_id: track.track_id.clone(),
        title: track.title.clone(),
        path: path.clone(),
        what,
    };
    let meta = fs::metadata(&path).map_err(|_| changed("is gone"))?;
    if meta.len() != track.bytes {
        return Err(changed("has changed since it was imported"));
    }
    let mut hasher = blake3::Hasher::new();
    let file = fs::File::open(&path).map_err(|_| changed("cannot be read"))?;
    hasher.update_reader(file).map_err(|_| changed("cannot be read"))?;
    if hasher.finalize().to_hex().as_str() == track.hash {
        Ok(())
    } else {
        Err(changed("has changed since it was imported"))
    }
}

/// Listens to a track's part of its file again and keeps the record.
fn hear_again(
    inner: &Inner,
    track: &Track,
    pass: Pass,
    stop: &StopToken,
) -> Result<Arc<Record>, StudioError> {
    let limits = &inner.config.settings.limits;
    let span = (track.start_s, track.end_s);
    let heard = listen_part(&locate(inner, track), span, limits, pass, stop)?;
    let (part, mono) = heard.ok_or_else(|| super::checking::not_heard(track))?;
    let record = Record::new(&mono, part.hearing).map_err(|e| StudioError::Listen(e.into()))?;
    Ok(inner.keep_record(&track.track_id, record)?)
}
