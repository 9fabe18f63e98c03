//! Learned instruments: single notes and drum strokes taken out of a dataset's mixes.
//!
//! [`candidates`] chooses what to take, [`isolate`] and [`strokes`] take it out, [`sustain`] makes
//! samples of it. Must never keep a phrase: a sample holds one note, or one stroke, of at most
//! [`NOTE_MAX_S`] of its track.

pub mod candidates;
pub mod isolate;
pub mod strokes;
pub mod sustain;

use super::super::EngineError;
use crate::audio::Audio;
use crate::audio::decode::read_part;
use crate::audio::resample::resample;
use crate::audio::resynthesis::Spectra;
use crate::domain::limits::Limits;
use crate::domain::score::Role;
use crate::domain::work::StopToken;
use crate::engine::Material;
use crate::listen::strokes::KEYS;
use serde::{Deserialize, Serialize};
use sustain::Trimmed;

/// Most seconds of a track that an isolated note may hold.
pub const NOTE_MAX_S: f64 = 4.0;
/// What is taken of a longer note.
const TAKEN_S: f64 = 1.6;
/// Notes of a role that are isolated in a track, and that are kept in all; of a pitch and a track.
const TRIED: usize = 20;
const KEPT: usize = 40;
const KEPT_OF_A_PITCH: usize = 4;
/// Strokes of a kind that a kit keeps: two hardnesses, two of each.
const KEPT_STROKES: usize = 4;
/// Kits in a finetune.
const KITS: usize = 3;
/// Kinds that make a kit.
const KIT_FROM: usize = 2;
/// A note of which less than this is its own is mostly the mix under it.
const PUREST_LEAST: f64 = 0.04;
/// Silence between samples in their file.
const GAP: usize = 256;

/// One note or stroke that can be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What it plays.
    pub role: Role,
    /// MIDI note; for drums the General-MIDI key.
    pub midi: u8,
    /// Number of its track.
    pub track: u16,
    /// Where it starts in its track.
    pub start_s: f32,
    /// Seconds of its track that it holds.
    pub length_s: f32,
    /// First frame in the file of samples.
    pub first: u64,
    /// Its frames there.
    pub frames: u32,
    /// Cents from the tempered pitch at A = 440 Hz.
    pub cents: f32,
    /// Level in its track, dBFS: of its loudest fifth of a second.
    pub level_db: f32,
    /// As transcribed, 1..127.
    pub velocity: u8,
    /// Share of the mix that is its own, 0..1.
    pub purity: f32,
    /// First and one past the last frame of a loop, from its start.
    pub looped: Option<(u32, u32)>,
}

/// A sample with its sound.
type Cut = (Sample, Vec<Vec<f32>>);

/// What was learned of instruments.
pub struct Learned {
    /// In the order of their file.
    pub samples: Vec<Sample>,
    /// All of them one after another, stereo.
    pub audio: Audio,
}

/// Learns from tracks, each `heard` by its own hearing; `done` is told of each finished track.
pub fn learn(
    material: &[Material],
    rate_hz: u32,
    limits: &Limits,
    stop: &StopToken,
    done: &(dyn Fn() + Sync),
) -> Result<Learned, EngineError> {
    use rayon::prelude::*;
    let cuts: Vec<Vec<Cut>> = material
        .par_iter()
        .enumerate()
        .map(|(number, material)| {
            let cuts = of_track(number as u16, material, rate_hz, limits, stop)?;
            done();
            Ok(cuts)
        })
        .collect::<Result<_, EngineError>>()?;
    Ok(store(kept(cuts), rate_hz))
}

fn of_track(
    number: u16,
    material: &Material,
    rate_hz: u32,
    limits: &Limits,
    stop: &StopToken,
) -> Result<Vec<Cut>, EngineError> {
    let heard = &material.hearing.listening;
    let wanted = candidates::choose(heard, TRIED);
    let struck: Vec<(u8, Vec<strokes::Window>)> =
        KEYS.iter().map(|key| (*key, strokes::choose(heard, *key))).collect();
    if wanted.is_empty() && struck.iter().all(|(_, w)| w.is_empty()) {
        return Ok(Vec::new());
    }
    let (from, to) = (material.start_s, material.start_s + heard.duration_s);
    let audio = read_part(&material.path, from, to, limits)?.stereo();
    let audio = if audio.rate_hz() == rate_hz { audio } else { resample(&audio, rate_hz)? };
    let place = |start_s: f64| (start_s + material.offset_s) as f32;
    let mut cuts = Vec::new();
    for mut candidate in wanted {
        stop.check()?;
        candidate.note.end_s = candidate.note.end_s.min(candidate.note.start_s + TAKEN_S);
        let from_s = (candidate.note.start_s - isolate::AROUND_S.0).max(0.0);
        let planes = stretch(&audio, from_s, candidate.note.end_s + isolate::AROUND_S.1);
        let Some(alone) = isolate::note(&planes, from_s, rate_hz, &candidate) else { continue };
        let Some(sample) = sustain::trim(alone.planes, alone.before_s, rate_hz, true) else {
            continue;
        };
        let start_s = place(from_s + sample.cut_s);
        let what = (candidate.role, candidate.note.midi, candidate.note.velocity);
        cuts.push(cut(number, what, start_s, alone.cents, alone.purity, sample, rate_hz));
    }
    let read = |from: f64, to: f64| stretch(&audio, from, to);
    for (key, windows) in struck {
        stop.check()?;
        for stroke in best(strokes::isolate(&windows, key, rate_hz, &read)) {
            let what = (Role::Drums, key, stroke.velocity);
            let start_s = place(stroke.at_s);
            cuts.push(cut(number, what, start_s, 0.0, stroke.purity, stroke.sample, rate_hz));
        }
    }
    Ok(cuts)
}

fn cut(
    track: u16,
    (role, midi, velocity): (Role, u8, u8),
    start_s: f32,
    cents: f64,
    purity: f64,
    sample: Trimmed,
    rate_hz: u32,
) -> Cut {
    let frames = sample.planes.first().map_or(0, Vec::len);
    let described = Sample {
        role,
        midi,
        track,
        start_s: start_s.max(0.0),
        length_s: (frames as f64 / f64::from(rate_hz)) as f32,
        first: 0,
        frames: frames as u32,
        cents: cents as f32,
        level_db: sample.level_db as f32,
        velocity,
        purity: purity as f32,
        looped: sample.looped,
    };
    (described, sample.planes)
}

/// Channels between two times; silence beyond the ends.
fn stretch(audio: &Audio, from_s: f64, to_s: f64) -> Vec<Vec<f32>> {
    let rate = f64::from(audio.rate_hz());
    let first = (from_s * rate).round() as isize;
    let count = ((to_s - from_s).max(0.0) * rate).round() as isize;
    let sample = |plane: &[f32], i: isize| {
        usize::try_from(i).ok().and_then(|i| plane.get(i)).copied().unwrap_or(0.0)
    };
    audio
        .planes()
        .iter()
        .map(|plane| (first..first + count).map(|i| sample(plane, i)).collect())
        .collect()
}

/// The purest half of a kind's strokes, thinned to soft and hard ones.
fn best(mut strokes: Vec<strokes::Stroke>) -> Vec<strokes::Stroke> {
    strokes.sort_by(|a, b| b.purity.total_cmp(&a.purity).then(a.at_s.total_cmp(&b.at_s)));
    let pure = strokes.len().div_ceil(2).max(KEPT_STROKES.min(strokes.len()));
    strokes.truncate(pure);
    strokes.sort_by(|a, b| a.sample.level_db.total_cmp(&b.sample.level_db));
    let last = strokes.len().saturating_sub(1);
    let wanted: Vec<usize> = (0..KEPT_STROKES).map(|i| i * last / (KEPT_STROKES - 1)).collect();
    let mut number = 0;
    strokes.retain(|_| {
        number += 1;
        wanted.contains(&(number - 1))
    });
    strokes
}

/// Of everything that was isolated what a finetune keeps, in the order of tracks.
fn kept(cuts: Vec<Vec<Cut>>) -> Vec<Cut> {
    let kits = kits(&cuts);
    let mut tonal: Vec<Cut> = Vec::new();
    let mut all: Vec<Cut> = Vec::new();
    for (track, cuts) in cuts.into_iter().enumerate() {
        for cut in cuts {
            match cut.0.role {
                Role::Drums if kits.contains(&track) => all.push(cut),
                Role::Drums => {}
                _ => tonal.push(cut),
            }
        }
    }
    let worth = |s: &Sample| s.purity + 0.25 * (s.length_s / 0.8).min(1.0);
    tonal.retain(|(s, _)| f64::from(s.purity) >= PUREST_LEAST);
    tonal.sort_by(|a, b| worth(&b.0).total_cmp(&worth(&a.0)));
    let mut chosen: Vec<Cut> = Vec::new();
    for cut in tonal {
        let same = || chosen.iter().filter(|(s, _)| s.role == cut.0.role);
        let pitch = same().filter(|(s, _)| s.midi == cut.0.midi);
        let twice = pitch.clone().filter(|(s, _)| s.track == cut.0.track).count();
        if same().count() < KEPT && pitch.count() < KEPT_OF_A_PITCH && twice < 2 {
            chosen.push(cut);
        }
    }
    all.extend(chosen);
    all.sort_by(|a, b| {
        let key = |s: &Sample| (s.role, s.midi, s.track);
        key(&a.0).cmp(&key(&b.0)).then(a.0.start_s.total_cmp(&b.0.start_s))
    });
    all
}

/// Tracks with the most kinds of drums.
fn kits(cuts: &[Vec<Cut>]) -> Vec<usize> {
    let mut counted: Vec<(usize, usize)> = cuts
        .iter()
        .map(|cuts| {
            let kinds: std::collections::BTreeSet<u8> =
                cuts.iter().filter(|(s, _)| s.role == Role::Drums).map(|(s, _)| s.midi).collect();
            kinds.len()
        })
        .enumerate()
        .filter(|(_, kinds)| *kinds >= KIT_FROM)
        .collect();
    counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counted.into_iter().take(KITS).map(|(track, _)| track).collect()
}

/// Lays samples one after another.
fn store(cuts: Vec<Cut>, rate_hz: u32) -> Learned {
    let mut planes: Vec<Vec<f32>> = vec![Vec::new(); 2];
    let mut samples = Vec::with_capacity(cuts.len());
    for (mut sample, cut) in cuts {
        sample.first = planes[0].len() as u64;
        for (plane, channel) in planes.iter_mut().zip(&cut) {
            plane.extend_from_slice(channel);
            plane.extend(std::iter::repeat_n(0.0, GAP));
        }
        samples.push(sample);
    }
    Learned { samples, audio: Audio::new(rate_hz, planes) }
}

/// Power of all channels, bin by bin.
fn power(spectra: &[Spectra]) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for one in spectra {
        let magnitudes = one.magnitudes();
        sum.resize(magnitudes.len(), 0.0);
        for (s, m) in sum.iter_mut().zip(&magnitudes) {
            *s += m * m;
        }
    }
    sum
}

/// Checks what a file says about a sample: it must lie in its sound and in its loop.
pub fn check(sample: &Sample, tracks: usize) -> Result<(), String> {
    let looped = sample.looped.is_none_or(|(a, b)| a < b && b <= sample.frames);
    let sane = usize::from(sample.track) < tracks
        && f64::from(sample.length_s) <= NOTE_MAX_S + 1e-3
        && sample.start_s >= 0.0
        && sample.cents.abs() <= 100.0
        && sample.level_db.is_finite()
        && sample.midi < 128;
    if looped && sane { Ok(()) } else { Err("an instrument's sample is impossible".to_owned()) }
}
