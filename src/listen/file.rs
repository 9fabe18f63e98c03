//! Listening to a file: decode, split what is too long, one hearing a part.
//!
//! Must never hold more than one part in memory.

use super::ear::{Ear, EarError, Hearing};
use crate::audio::decode::{DecodeError, Decoder, StreamInfo};
use crate::audio::resample::ResampleError;
use crate::domain::limits::Limits;
use crate::domain::listening::{Pass, Problem, ProblemKind, Severity};
use crate::domain::work::{StopToken, Stopped};
use std::path::Path;

/// Why a file could not be listened to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// It gives no sound.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Its rate cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// Nothing can be heard.
    #[error(transparent)]
    Ear(#[from] EarError),
    /// Somebody asked for the stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// A part of a file, up to the longest track allowed.
#[derive(Debug)]
pub struct HeardPart {
    /// Where it starts in the file.
    pub start_s: f64,
    /// Where it ends in the file.
    pub end_s: f64,
    /// What was heard in it; times count from the part's start.
    pub hearing: Hearing,
}

/// Listens to a file, as thoroughly as `pass` says, and hands each part, with its mono signal at 22.05 kHz, to `each`.
/// Returns what the file says about itself.
pub fn listen(
    path: &Path,
    limits: &Limits,
    pass: Pass,
    stop: &StopToken,
    mut each: impl FnMut(HeardPart, Vec<f32>),
) -> Result<StreamInfo, ListenError> {
    let mut decoder = Decoder::open(path, limits)?;
    let info = decoder.info().clone();
    let mut ear = Ear::new(&info, pass)?;
    let mut start_s = 0.0;
    let mut parts = 0;
    loop {
        stop.check()?;
        let Some(block) = decoder.next_block()? else { break };
        ear.push(&block)?;
        if ear.seconds() >= limits.track_max_s {
            let seconds = ear.seconds();
            let (mut hearing, mono) = ear.finish(decoder.damage(), decoder.bits_per_second())?;
            mark_split(&mut hearing, limits);
            each(HeardPart { start_s, end_s: start_s + seconds, hearing }, mono);
            start_s += seconds;
            parts += 1;
            ear = Ear::new(&info, pass)?;
        }
    }
    stop.check()?;
    let seconds = ear.seconds();
    // What is left of a long file counts only if it can be a track.
    if parts == 0 || seconds >= limits.track_min_s {
        let (mut hearing, mono) = ear.finish(decoder.damage(), decoder.bits_per_second())?;
        if parts > 0 {
            mark_split(&mut hearing, limits);
        }
        each(HeardPart { start_s, end_s: start_s + seconds, hearing }, mono);
    }
    Ok(info)
}

/// Listens to one part of a file again, as [`listen`] split it: blocks that begin in `span` seconds.
/// `None` where the file has none there.
pub fn listen_part(
    path: &Path,
    span: (f64, f64),
    limits: &Limits,
    pass: Pass,
    stop: &StopToken,
) -> Result<Option<(HeardPart, Vec<f32>)>, ListenError> {
    /// Far less than a block, far more than rounding.
    const EDGE_S: f64 = 1e-4;
    let mut decoder = Decoder::open(path, limits)?;
    let info = decoder.info().clone();
    let mut ear = Ear::new(&info, pass)?;
    let mut frames = 0u64;
    let mut whole = true;
    loop {
        stop.check()?;
        let Some(block) = decoder.next_block()? else { break };
        let at_s = frames as f64 / f64::from(info.rate_hz);
        frames += block.first().map_or(0, |b| b.len()) as u64;
        if at_s + EDGE_S < span.0 || at_s + EDGE_S >= span.1 {
            whole = false;
            if at_s >= span.1 {
                break;
            }
            continue;
        }
        ear.push(&block)?;
    }
    let seconds = ear.seconds();
    if seconds <= 0.0 {
        return Ok(None);
    }
    let (mut hearing, mono) = ear.finish(decoder.damage(), decoder.bits_per_second())?;
    if !whole {
        mark_split(&mut hearing, limits);
    }
    Ok(Some((HeardPart { start_s: span.0, end_s: span.0 + seconds, hearing }, mono)))
}

fn mark_split(hearing: &mut Hearing, limits: &Limits) {
    let detail = format!(
        "the file is longer than {:.0} minutes and was split into tracks",
        limits.track_max_s / 60.0
    );
    let end_s = hearing.listening.duration_s;
    hearing.listening.problems.push(Problem {
        kind: ProblemKind::Split,
        severity: Severity::Info,
        start_s: 0.0,
        end_s,
        detail,
    });
}
