//! Learning: which passages of each track are kept, how they are described, and the manner.
//!
//! Everything a finetune needs lies in one folder: `sound.postcard`, `manner.json` and the kept
//! passages as FLAC at the tracks' own rate. Must never keep more of a track than the budget gives.

pub mod excerpts;
pub mod finetune;
pub mod instruments;
pub mod played;
pub mod pulse;

use super::compose::lexicon::Lexicon;
use super::compose::manner::Manner;
use super::{EngineError, Learned, TrainRequest};
use crate::audio::Audio;
use crate::audio::decode::read_part;
use crate::audio::encode::flac16;
use crate::audio::resample::resample;
use crate::domain::finetune::LearnReport;
use crate::domain::job::Phase;
use crate::domain::limits::Limits;
use crate::domain::listening::Listening;
use crate::domain::work::{Observer, StopToken};
use crate::engine::Material;
use crate::listen::slices::SPAN_S;
use crate::listen::strokes::{KEYS, PART as DRUMS};
use excerpts::Excerpt;
use finetune::{LearnedSlice, Sound, SoundTrack, TimbreScale};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// Highest rate that the FLAC encoder takes.
const RATE_MAX_HZ: u32 = 96_000;
/// What recordings of a higher rate are kept at.
const RATE_USUAL_HZ: u32 = 48_000;
/// A stroke this near to a place of the grid is on it.
const STRUCK_WITHIN_S: f64 = 0.05;
/// Fewest slices that a take can be chosen from.
const FEWEST_SLICES: usize = 16;

struct KeptTrack {
    sound: SoundTrack,
    slices: Vec<LearnedSlice>,
    bytes: u64,
}

/// Learns a finetune into the request's folder.
pub fn train(
    request: &TrainRequest,
    limits: &Limits,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Learned, EngineError> {
    let plans = excerpts::choose(&request.material, request.audio_max_bytes);
    let total: f64 = plans.iter().flatten().map(|e| e.length_s).sum();
    observer.log(&format!(
        "keeping {total:.0} s of {} tracks to play from",
        plans.iter().filter(|p| !p.is_empty()).count()
    ));
    let audio = request.folder.join("audio");
    fs::create_dir_all(&audio).map_err(EngineError::io(&audio))?;
    let done = AtomicU64::new(0);
    let step = || {
        let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
        observer.progress(Phase::Sound, finished as f64, 2.0 * request.material.len() as f64);
    };
    let kept: Vec<KeptTrack> = request
        .material
        .par_iter()
        .zip(&plans)
        .enumerate()
        .map(|(number, (material, plan))| {
            let kept = keep(number, material, plan, request, limits, stop)?;
            step();
            Ok(kept)
        })
        .collect::<Result<_, EngineError>>()?;
    stop.check()?;
    let rate_hz = finetune::output_rate(kept.iter().map(|k| &k.sound));
    let instruments = instruments::learn(&request.material, rate_hz, limits, stop, &step)?;
    observer.log(&instrument_words(&instruments.samples));
    observer.progress(Phase::Writing, 0.0, 1.0);
    let learned = write(request, kept, instruments)?;
    observer.progress(Phase::Writing, 1.0, 1.0);
    Ok(learned)
}

/// Cuts the chosen passages of one track and keeps the slices that lie inside them.
fn keep(
    number: usize,
    material: &Material,
    plan: &[Excerpt],
    request: &TrainRequest,
    limits: &Limits,
    stop: &StopToken,
) -> Result<KeptTrack, EngineError> {
    let heard = &material.hearing.listening;
    let mut bytes = 0;
    let mut slices: Vec<LearnedSlice> = Vec::new();
    let mut rate_hz = material.hearing.listening.rate_hz;
    for (place, excerpt) in plan.iter().enumerate() {
        stop.check()?;
        let from = material.start_s + excerpt.start_s;
        let audio = storable(read_part(&material.path, from, from + excerpt.length_s, limits)?)?;
        rate_hz = audio.rate_hz();
        let path = request.folder.join("audio").join(excerpt_name(number, place));
        let onsets = pulse::Onsets::of(&audio);
        let flac = flac16(&guard(audio))?;
        bytes += flac.len() as u64;
        fs::write(&path, flac).map_err(EngineError::io(&path))?;
        for slice in &material.hearing.slices {
            let at = f64::from(slice.at_s);
            let inside = at >= excerpt.start_s + excerpts::LEAD_S
                && at + excerpts::TAIL_S <= excerpt.start_s + excerpt.length_s;
            if inside {
                let (mut slice, excerpt_s) = (slice.clone(), excerpt.start_s);
                // A take names places in the track, whatever stretch of it was learned from.
                slice.at_s += material.offset_s as f32;
                let (track, excerpt) = (number as u16, place as u16);
                let beat_s = f64::from(slice.beat_s);
                let (sung, struck) = (sung(heard, at), struck(heard, at, beat_s));
                let cut_s = at + f64::from(slice.lead_s) - excerpt_s;
                let rhythm = onsets.shape(cut_s, beat_s);
                slices.push(LearnedSlice {
                    track,
                    excerpt,
                    next: None,
                    slice,
                    sung,
                    struck,
                    rhythm,
                });
            }
        }
    }
    let listening = &material.hearing.listening;
    Ok(KeptTrack {
        sound: SoundTrack {
            track_id: material.track_id.clone(),
            rate_hz,
            excerpts: plan.iter().map(|e| e.later(material.offset_s)).collect(),
            contrast: material.hearing.beat_contrast,
            tempo_bpm: listening.tempo_bpm,
            // Without a key there is nothing in tune to measure.
            tuning_cents: listening.key.map_or(0.0, |_| listening.tuning_cents),
            music_s: listening.duration_s,
        },
        slices,
        bytes,
    })
}

/// Share of the half second from a time on that is sung over.
fn sung(heard: &Listening, at_s: f64) -> f32 {
    let spans = heard.vocals.iter().flat_map(|v| &v.spans);
    let over: f64 = spans.map(|(a, b)| (b.min(at_s + SPAN_S) - a.max(at_s)).max(0.0)).sum();
    (over / SPAN_S).min(1.0) as f32
}

/// Which kinds of drums are struck at a time and half a beat later.
fn struck(heard: &Listening, at_s: f64, beat_s: f64) -> [u8; 2] {
    let near = (beat_s * 0.12).min(STRUCK_WITHIN_S);
    [at_s, at_s + 0.5 * beat_s].map(|at| {
        let here = heard.notes.iter().flatten().filter(|n| (n.start_s - at).abs() <= near);
        here.filter(|n| n.part == DRUMS)
            .filter_map(|n| KEYS.iter().position(|k| *k == n.midi))
            .fold(0, |bits, kind| bits | 1 << kind)
    })
}

/// FLAC as it is written here ends at 96 kHz: faster recordings are kept at the usual rate.
fn storable(audio: Audio) -> Result<Audio, EngineError> {
    if audio.rate_hz() <= RATE_MAX_HZ { Ok(audio) } else { Ok(resample(&audio, RATE_USUAL_HZ)?) }
}

/// Files in 16 bits cannot hold samples over full scale: such passages are brought under it.
fn guard(mut audio: Audio) -> Audio {
    let peak = audio.peak();
    if peak > 1.0 {
        audio.scale(1.0 / peak);
    }
    audio
}

/// File name of a kept passage.
pub fn excerpt_name(track: usize, place: usize) -> String {
    format!("{track:03}-{place}.flac")
}

/// File name of the isolated notes and strokes.
pub const INSTRUMENTS: &str = "instruments.flac";

fn write(
    request: &TrainRequest,
    kept: Vec<KeptTrack>,
    instruments: instruments::Learned,
) -> Result<Learned, EngineError> {
    let mut kept_s = BTreeMap::new();
    let mut sound = Sound::default();
    let mut bytes = 0;
    for track in kept {
        let seconds: f64 = track.sound.excerpts.iter().map(|e| e.length_s).sum();
        kept_s.insert(track.sound.track_id.clone(), seconds);
        bytes += track.bytes;
        sound.tracks.push(track.sound);
        sound.slices.extend(track.slices);
    }
    if sound.slices.len() < FEWEST_SLICES {
        let music: f64 = request.material.iter().map(|m| m.hearing.listening.duration_s).sum();
        return Err(EngineError::TooLittle(format!(
            "{music:.0} s of music give {} cuts; at least {FEWEST_SLICES} are needed. Add a track of ten seconds or more",
            sound.slices.len()
        )));
    }
    if !instruments.samples.is_empty() {
        let path = request.folder.join("audio").join(INSTRUMENTS);
        let flac = flac16(&instruments.audio)?;
        bytes += flac.len() as u64;
        fs::write(&path, flac).map_err(EngineError::io(&path))?;
        for sample in &instruments.samples {
            let track = &sound.tracks[usize::from(sample.track)];
            *kept_s.entry(track.track_id.clone()).or_default() += f64::from(sample.length_s);
        }
    }
    sound.samples_hz = instruments.audio.rate_hz();
    sound.samples = instruments.samples;
    sound.link();
    sound.scale = TimbreScale::of(&sound.slices);
    let hearings: Vec<_> = request.material.iter().map(|m| m.hearing.as_ref()).collect();
    let genre = Lexicon::get().genre_of(&request.genre).map(str::to_owned);
    let manner = Manner::learn(&hearings, genre);
    bytes += finetune::save(&request.folder, &sound, &manner)?;
    let report = report(request, &sound, &manner, &kept_s, bytes);
    Ok(Learned { report, kept_s })
}

/// Isolated notes and strokes by part.
fn counted(samples: &[instruments::Sample]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for sample in samples {
        *counted.entry(sample.role.name().to_owned()).or_insert(0) += 1;
    }
    counted
}

/// What was taken out of the tracks: "drums 24, bass 31 notes ..".
fn instrument_words(samples: &[instruments::Sample]) -> String {
    let counted: Vec<String> =
        counted(samples).iter().map(|(role, count)| format!("{role} {count}")).collect();
    if counted.is_empty() {
        return "no notes could be taken out of the tracks: takes are made of cuts alone"
            .to_owned();
    }
    format!("notes and strokes taken out of the tracks: {}", counted.join(", "))
}

fn report(
    request: &TrainRequest,
    sound: &Sound,
    manner: &Manner,
    kept_s: &BTreeMap<crate::domain::ids::TrackId, f64>,
    bytes: u64,
) -> LearnReport {
    let mut tempos: Vec<f64> = sound
        .tracks
        .iter()
        .filter_map(|t| t.tempo_bpm)
        .map(|b| (b * 10.0).round() / 10.0)
        .collect();
    tempos.sort_by(f64::total_cmp);
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    for key in request.material.iter().filter_map(|m| m.hearing.listening.key) {
        *keys.entry(key.to_string()).or_default() += 1;
    }
    let mut keys: Vec<(String, usize)> = keys.into_iter().collect();
    keys.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let kept: f64 = kept_s.values().sum();
    let mut notes = Vec::new();
    if request.material.len() == 1 {
        notes.push(
            "learned from one track: takes cannot be told from that track's style".to_owned(),
        );
    }
    if kept < 120.0 {
        notes.push(format!(
            "only {kept:.0} s of music to play from; four minutes or more sound richer"
        ));
    }
    LearnReport {
        tracks: request.material.len(),
        music_s: sound.tracks.iter().map(|t| t.music_s).sum(),
        kept_s: kept,
        slices: sound.slices.len(),
        instruments: counted(&sound.samples),
        beatless: sound.tracks.len() - tempos.len(),
        tempos_bpm: tempos,
        keys,
        loudness_lufs: Some(manner.loudness_lufs),
        bytes,
        cpu_seconds: 0.0,
        notes,
        heldout: crate::domain::verdict::Heldout::default(),
        counted: Vec::new(),
        manner: manner_words(manner),
    }
}

/// Groove, bass and lead in a musician's words.
fn manner_words(manner: &Manner) -> Vec<String> {
    let grooves: Vec<_> = manner.homes.iter().filter_map(|h| h.groove.clone()).collect();
    played::words(&grooves, manner.swing, manner.bass.as_ref(), manner.lead.as_ref())
}
