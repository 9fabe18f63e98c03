//! What the networks read of each piece, and what they should answer.

use crate::music::{Drum, Part, Piece};
use crate::pieces::Sources;
use crate::sung::Choir;
use crate::{Ask, colour};
use leitmotif::domain::listening::ChordSpan;
use leitmotif::domain::pitch::Quality;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use leitmotif::listen::onsets::OnsetFrames;
use leitmotif::listen::pitches::PitchFrames;
use leitmotif::listen::spectra;
use leitmotif::nn::maps::Maps;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs;

/// Steps of a level in memory: a byte holds 0 .. 8.
const STEPS: f32 = 32.0;

/// Maps in bytes.
#[derive(Serialize, Deserialize)]
pub struct Bytes {
    pub channels: usize,
    pub rows: usize,
    pub frames: usize,
    levels: Vec<u8>,
}

impl Bytes {
    fn new(maps: &Maps) -> Self {
        let mut levels = Vec::new();
        for channel in 0..maps.channels() {
            for row in 0..maps.rows() {
                levels.extend(maps.row(channel, row).iter().map(|x| (x * STEPS).round() as u8));
            }
        }
        Self { channels: maps.channels(), rows: maps.rows(), frames: maps.frames(), levels }
    }

    /// Frames from `from`, silent beyond the ends.
    pub fn excerpt(&self, from: isize, frames: usize, pad: usize) -> Maps {
        let mut maps = Maps::new(self.channels, self.rows, frames, pad);
        for channel in 0..self.channels {
            for row in 0..self.rows {
                let start = (channel * self.rows + row) * self.frames;
                let levels = &self.levels[start..start + self.frames];
                for (t, out) in maps.row_mut(channel, row).iter_mut().enumerate() {
                    let at = usize::try_from(from + t as isize).ok();
                    let level = at.and_then(|at| levels.get(at)).copied().unwrap_or(0);
                    *out = f32::from(level) / STEPS;
                }
            }
        }
        maps
    }
}

/// A note to be heard.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Note {
    pub start_s: f32,
    pub end_s: f32,
    pub midi: u8,
    pub velocity: u8,
    /// 0 harmony, 1 bass, 2 lead.
    pub part: u8,
    pub program: u8,
}

/// One piece.
#[derive(Serialize, Deserialize)]
pub struct Material {
    pub number: u64,
    pub seconds: f64,
    pub pitch: Bytes,
    /// Mel levels, then changes of harmony.
    pub mel: Bytes,
    pub notes: Vec<Note>,
    /// Second and kind.
    pub hits: Vec<(f32, u8)>,
    pub beats: Vec<f32>,
    pub downbeats: Vec<f32>,
    pub meter: (u8, u8),
    pub bpm: f32,
    /// Chroma above and below E3 of every half beat, or half second without beats.
    pub halves: Vec<[[f32; 12]; 2]>,
    /// Chord of each: root and number of its quality; `None` where it is unknown.
    pub chords: Vec<Option<(u8, u8)>>,
    /// Tonic, and whether the mode is minor.
    pub key: Option<(u8, bool)>,
    pub sections: Vec<f32>,
    /// Whether all instruments are known; of a record, only what was sung over it is.
    pub known: bool,
}

/// Makes all pieces, or reads those made before.
pub fn gather(ask: &Ask) -> Vec<Material> {
    let sources = Sources::open(ask);
    let numbers: Vec<u64> = (0..ask.pieces).step_by(ask.every).collect();
    if ask.nets == ["timbres"] {
        let choir = Choir::gather(&sources, ask);
        return numbers.into_par_iter().map(|number| timbres(number, &choir, ask)).collect();
    }
    numbers.into_par_iter().map(|number| one(number, &sources, ask)).collect()
}

/// A piece for the network of timbres, with what it reads in the place of pitch spectra.
fn timbres(number: u64, choir: &Choir<'_>, ask: &Ask) -> Material {
    kept(number, "timbre", ask, || {
        let mut dice = Dice::new(number, "timbres");
        let (samples, piece, known) = choir.play(number, &mut dice);
        let samples = colour::colour(samples, &mut dice);
        let mut material = describe(number, &samples, &piece, 6.0 * dice.normal(), true);
        let pitch = spectra::pitch_maps(&samples, 0.0);
        material.pitch = Bytes::new(&spectra::timbre_maps(&pitch));
        material.mel = Bytes::new(&Maps::default());
        material.known = known;
        material
    })
}

fn one(number: u64, sources: &Sources, ask: &Ask) -> Material {
    // Pitch spectra are only read by the notes, and cost more than all the rest.
    let lean = !ask.nets.iter().any(|n| n == "notes" || n == "all");
    let ending = if lean { "lean" } else { "piece" };
    kept(number, ending, ask, || {
        let mut dice = Dice::new(number, "material");
        let (samples, piece, cents) = sources.play(number, &mut dice);
        let samples = colour::colour(samples, &mut dice);
        describe(number, &samples, &piece, cents + 6.0 * dice.normal(), lean)
    })
}

/// What was made before, or what `make` makes now.
fn kept(number: u64, ending: &str, ask: &Ask, make: impl FnOnce() -> Material) -> Material {
    let kept = ask.cache.as_ref().map(|dir| dir.join(format!("{number}.{ending}")));
    let made_before = kept.as_ref().and_then(|path| fs::read(path).ok());
    if let Some(Ok(material)) = made_before.map(|bytes| postcard::from_bytes(&bytes)) {
        return material;
    }
    let material = make();
    if let Some(path) = kept {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the cache can be made");
        fs::write(path, postcard::to_stdvec(&material).expect("plain data"))
            .expect("it can be kept");
    }
    material
}

fn describe(number: u64, samples: &[f32], piece: &Piece, cents: f64, lean: bool) -> Material {
    let onsets = OnsetFrames::new(samples);
    let pitch = if lean { Maps::default() } else { spectra::pitch_maps(samples, cents) };
    let pitches = PitchFrames::new(samples);
    let mel = spectra::bar_maps(&onsets, &pitches);
    let truth = &piece.truth;
    let part = |part: Part| match part {
        Part::Harmony => 0,
        Part::Bass => 1,
        Part::Lead => 2,
    };
    let seconds = |times: &[f64]| times.iter().map(|t| *t as f32).collect();
    let duration_s = samples.len() as f64 / f64::from(RATE_HZ);
    let halves = halves(&truth.beats_s, duration_s);
    let chord = |span: &(f64, f64)| {
        let middle = 0.5 * (span.0 + span.1);
        let inside = |c: &&ChordSpan| c.start_s <= middle && middle < c.end_s;
        let chord = truth.chords.iter().find(inside)?.chord?;
        let quality = Quality::ALL.iter().position(|q| *q == chord.quality)?;
        Some((chord.root.index() as u8, quality as u8))
    };
    let meter = truth.meter.map_or((0, 0), |m| (m.beats, m.unit));
    Material {
        number,
        seconds: samples.len() as f64 / f64::from(RATE_HZ),
        pitch: Bytes::new(&pitch),
        mel: Bytes::new(&mel),
        notes: truth
            .notes
            .iter()
            .map(|n| Note {
                start_s: n.start_s as f32,
                end_s: n.end_s as f32,
                midi: n.midi,
                velocity: n.velocity,
                part: part(n.part),
                program: n.program,
            })
            .collect(),
        hits: truth
            .hits
            .iter()
            .map(|h| {
                let kind = Drum::ALL.iter().position(|d| *d == h.kind).unwrap_or(7);
                (h.at_s as f32, kind as u8)
            })
            .collect(),
        beats: seconds(&truth.beats_s),
        downbeats: seconds(&truth.downbeats_s),
        meter,
        bpm: truth.tempo_bpm as f32,
        chords: halves.iter().map(chord).collect(),
        halves: halves.iter().map(|(from, to)| pitches.registers(*from, *to)).collect(),
        key: truth.key.map(|k| (k.tonic.index() as u8, k.mode.is_minor())),
        sections: truth.sections.iter().map(|s| s.start_s as f32).collect(),
        known: true,
    }
}

/// Half beats, or half seconds where there is no beat.
fn halves(beats_s: &[f64], duration_s: f64) -> Vec<(f64, f64)> {
    if beats_s.len() < 2 {
        return (0..(2.0 * duration_s) as usize)
            .map(|i| (0.5 * i as f64, 0.5 * i as f64 + 0.5))
            .collect();
    }
    beats_s
        .windows(2)
        .flat_map(|w| {
            let middle = 0.5 * (w[0] + w[1]);
            [(w[0], middle), (middle, w[1])]
        })
        .collect()
}
