//! Pieces with their truth, played into WAV files.

use super::doubt::{self, Doubts};
use crate::music::{Event, Piece, Truth, compose, midi, render, wad};
use leitmotif::domain::listening::{ChordSpan, SectionSpan};
use rayon::prelude::*;
use rustysynth::SoundFont;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RATE_HZ: u32 = 44_100;
/// Seeds of the generator from here on are for tests; trainers stay below.
pub const TEST_SEEDS: u64 = 1 << 40;
/// Notes that start in the last moments of a cut piece cannot be heard.
const EDGE_S: f64 = 0.05;

/// A piece to be heard.
pub struct Case {
    /// Which set it belongs to.
    pub set: String,
    /// Its name there.
    pub name: String,
    /// What is true of what is played.
    pub truth: Truth,
    /// What of that is not asked.
    pub doubts: Doubts,
    /// Its sound.
    pub wav: PathBuf,
    /// Length of the sound.
    pub seconds: f64,
    /// Whether harmony and form are known.
    pub whole: bool,
}

/// A piece before it is played.
pub struct Source {
    set: String,
    name: String,
    piece: Piece,
    doubts: Doubts,
    whole: bool,
}

/// MIDI files anywhere in a folder.
pub fn folder(set: &str, folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.filter_map(|e| Some(e.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "mid" || e == "midi") {
                found.push(path);
            }
        }
    }
    found.sort();
    let files = found.iter().map(|path| {
        let name = path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        (name, fs::read(path).expect("a file that was listed can be read"))
    });
    midi_files(set, files)
}

/// The pieces of WADs that are kept for tests.
pub fn wads(set: &str, wads: &[PathBuf]) -> Vec<Source> {
    let kept = wad::music(wads).into_iter().take(wad::HELD_OUT);
    midi_files(set, kept.map(|lump| (lump.name, lump.bytes)))
}

fn midi_files(set: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<Source> {
    let mut sources = Vec::new();
    for (name, bytes) in files {
        match midi::read(&bytes) {
            Ok(mut piece) => {
                let doubts = doubt::judge(&mut piece.truth);
                sources.push(Source { set: set.to_owned(), name, piece, doubts, whole: false });
            }
            Err(e) => println!("{set}/{name} is left out: {e}"),
        }
    }
    sources
}

/// Pieces of the generator.
pub fn generated(set: &str, count: u64, seconds: f64) -> Vec<Source> {
    let source = |n: u64| Source {
        set: set.to_owned(),
        name: format!("seed {n}"),
        piece: compose::compose(TEST_SEEDS + n, seconds),
        doubts: Doubts::default(),
        whole: true,
    };
    (0..count).into_par_iter().map(source).collect()
}

/// Plays pieces into a folder, each through the next bank. Those whose form is not known are cut.
pub fn play(
    sources: Vec<Source>,
    banks: &[Arc<SoundFont>],
    seconds: Option<f64>,
    folder: &Path,
) -> Vec<Case> {
    let numbered: Vec<(usize, Source)> = sources.into_iter().enumerate().collect();
    let case = |(n, source): (usize, Source)| {
        let Source { set, name, piece, mut doubts, whole } = source;
        let piece = match seconds {
            Some(seconds) if !whole => cut(piece, seconds),
            _ => piece,
        };
        if !whole {
            doubts.tempo = doubt::steady(&piece.truth.beats_s);
        }
        let mut samples = render::render(&banks[n % banks.len()], &piece, RATE_HZ);
        if let Some(seconds) = seconds.filter(|_| !whole) {
            samples.truncate((seconds * f64::from(RATE_HZ)) as usize);
        }
        let wav = folder.join(format!("{set}-{n}.wav"));
        write(&wav, &samples);
        let length = samples.len() as f64 / f64::from(RATE_HZ);
        Case { set, name, truth: piece.truth, doubts, wav, seconds: length, whole }
    };
    numbered.into_par_iter().map(case).collect()
}

/// The first `seconds` of a piece.
fn cut(piece: Piece, seconds: f64) -> Piece {
    let truth = piece.truth;
    if truth.duration_s <= seconds {
        return Piece { truth, ..piece };
    }
    let before = |times: &[f64]| -> Vec<f64> {
        times.iter().copied().filter(|t| *t < seconds - EDGE_S).collect()
    };
    let beats_s = before(&truth.beats_s);
    let mut steps: Vec<f64> = beats_s.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    let tempo_bpm = steps.get(steps.len() / 2).map_or(truth.tempo_bpm, |step| 60.0 / step);
    let mut notes = truth.notes;
    notes.retain(|n| n.start_s < seconds - EDGE_S);
    notes.iter_mut().for_each(|n| n.end_s = n.end_s.min(seconds));
    let mut hits = truth.hits;
    hits.retain(|h| h.at_s < seconds - EDGE_S);
    let chords = truth.chords.into_iter().filter(|c| c.start_s < seconds);
    let sections = truth.sections.into_iter().filter(|s| s.start_s < seconds);
    let events: Vec<Event> = piece.events.into_iter().filter(|e| e.at_s < seconds).collect();
    Piece {
        events,
        truth: Truth {
            duration_s: seconds,
            tempo_bpm,
            downbeats_s: before(&truth.downbeats_s),
            beats_s,
            chords: chords.map(|c| ChordSpan { end_s: c.end_s.min(seconds), ..c }).collect(),
            sections: sections.map(|s| SectionSpan { end_s: s.end_s.min(seconds), ..s }).collect(),
            notes,
            hits,
            ..truth
        },
    }
}

fn write(path: &Path, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a WAV can be made");
    for sample in samples {
        writer.write_sample((sample * 32_767.0) as i16).expect("a WAV can be written");
    }
    writer.finalize().expect("a WAV can be finished");
}
