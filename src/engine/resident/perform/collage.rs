//! Rendering admitted grains: resampled cuts with fades, laid over one another.
//!
//! Must never read outside the passages a finetune holds, and never play anything that is not in
//! the ledger.

use super::super::learn::excerpt_name;
use super::super::learn::finetune::Finetune;
use super::bounds::{Entry, Ledger};
use super::slots::Fades;
use crate::audio::Audio;
use crate::audio::decode::read_all;
use crate::audio::varispeed::Varispeed;
use crate::domain::job::Phase;
use crate::domain::limits::Limits;
use crate::domain::work::{Observer, StopToken};
use crate::engine::EngineError;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::FRAC_PI_2;

/// A passage in memory.
struct Passage {
    audio: Audio,
    start_s: f64,
}

/// Renders a ledger to stereo.
#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
pub fn render(
    finetune: &Finetune,
    ledger: &Ledger,
    gains: &[f32],
    fades: Fades,
    rate_hz: u32,
    seconds: f64,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Audio, EngineError> {
    let passages = load(finetune, ledger)?;
    let frames = (seconds * f64::from(rate_hz)).round() as usize;
    let mut planes = vec![vec![0f32; frames]; 2];
    // One table a shift serves all tunings: its cut-off is that of half a semitone up.
    let mut tables: BTreeMap<(u32, i32), Varispeed> = BTreeMap::new();
    let count = ledger.entries().len().max(1);
    for (number, (entry, gain)) in ledger.entries().iter().zip(gains).enumerate() {
        if number % 32 == 0 {
            stop.check()?;
            observer.progress(Phase::Render, 0.3 + 0.6 * number as f64 / count as f64, 1.0);
        }
        let Some(passage) = passage_of(finetune, &passages, entry) else { continue };
        let source_hz = passage.audio.rate_hz();
        let rates = f64::from(source_hz) / f64::from(rate_hz);
        let ratio = finetune.speed(entry.cut().track(), entry.shift()) * rates;
        let table = tables.entry((source_hz, entry.shift())).or_insert_with(|| {
            Varispeed::new(rates * 2f64.powf((f64::from(entry.shift()) + 0.5) / 12.0))
        });
        play(entry, passage, table, ratio, fades, *gain, rate_hz, &mut planes);
    }
    Ok(Audio::new(rate_hz, planes))
}

type Passages = BTreeMap<(usize, usize), Passage>;

/// Decodes the passages that the ledger uses.
fn load(finetune: &Finetune, ledger: &Ledger) -> Result<Passages, EngineError> {
    let used: BTreeSet<(usize, usize)> = ledger
        .entries()
        .iter()
        .filter_map(|e| Some((e.cut().track(), place_of(finetune, e)?)))
        .collect();
    let limits = Limits::default();
    let loaded: Vec<((usize, usize), Passage)> = used
        .into_par_iter()
        .map(|(track, place)| {
            let path = finetune.folder.join("audio").join(excerpt_name(track, place));
            let audio = read_all(&path, &limits)?.stereo();
            let start_s = finetune.sound.tracks[track].excerpts[place].start_s;
            Ok(((track, place), Passage { audio, start_s }))
        })
        .collect::<Result<_, EngineError>>()?;
    Ok(loaded.into_iter().collect())
}

/// Number of the passage that holds an entry's cut.
fn place_of(finetune: &Finetune, entry: &Entry) -> Option<usize> {
    let cut = entry.cut();
    let middle = cut.start_s() + cut.length_s() / 2.0;
    finetune
        .sound
        .tracks
        .get(cut.track())?
        .excerpts
        .iter()
        .position(|e| middle >= e.start_s && middle <= e.start_s + e.length_s)
}

fn passage_of<'a>(
    finetune: &Finetune,
    passages: &'a Passages,
    entry: &Entry,
) -> Option<&'a Passage> {
    passages.get(&(entry.cut().track(), place_of(finetune, entry)?))
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn play(
    entry: &Entry,
    passage: &Passage,
    table: &Varispeed,
    ratio: f64,
    fades: Fades,
    gain: f32,
    rate_hz: u32,
    planes: &mut [Vec<f32>],
) {
    let rate = f64::from(rate_hz);
    let source_rate = f64::from(passage.audio.rate_hz());
    let from = (entry.cut().start_s() - passage.start_s) * source_rate;
    let total = (entry.cut().length_s() * source_rate / ratio) as usize;
    let (rise, fall) = (fades.rise_s * rate, fades.fall_s * rate);
    let first = ((entry.at_s() - fades.rise_s) * rate).round() as isize;
    for i in 0..total {
        let Ok(at) = usize::try_from(first + i as isize) else { continue };
        if at >= planes[0].len() {
            break;
        }
        let x = i as f64;
        let left = total as f64 - x;
        let envelope = if x < rise {
            (FRAC_PI_2 * x / rise).sin()
        } else if left < fall {
            (FRAC_PI_2 * left / fall).sin()
        } else {
            1.0
        };
        let weight = gain * envelope as f32;
        let position = from + x * ratio;
        for (plane, channel) in planes.iter_mut().zip(passage.audio.planes()) {
            plane[at] += weight * table.read(channel, position);
        }
    }
}
