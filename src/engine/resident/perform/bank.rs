//! Playing a score with a General-MIDI SoundFont (rustysynth).
//!
//! One part at a time, so that parts are stems. Must never play a bank whose hash was not taken:
//! the hash is part of a take's identity.

use super::RATE_HZ;
use crate::audio::Audio;
use crate::domain::score::{Part, Role, Score};
use crate::engine::EngineError;
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Samples between looks at the score.
const BLOCK: usize = 64;

/// A bank on this machine.
#[derive(Clone, Debug)]
pub struct Bank {
    path: PathBuf,
    /// Taken when it is first asked for: a bank may have 150 MB, and most commands need none.
    hash: OnceLock<String>,
}

impl Bank {
    /// The first of these files that exists and can be read, with notes on what was passed over.
    pub fn first(candidates: &[PathBuf]) -> (Option<Self>, Vec<String>) {
        let mut notes = Vec::new();
        for path in candidates {
            match readable(path) {
                Ok(()) => {
                    let bank = Self { path: path.clone(), hash: OnceLock::new() };
                    return (Some(bank), notes);
                }
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => notes.push(format!("the bank {} cannot be read: {e}", path.display())),
            }
        }
        notes.push(
            "no General-MIDI bank (.sf2) was found: takes of the base are played by built-in synthesis"
                .to_owned(),
        );
        (None, notes)
    }

    /// File name.
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }

    /// First 16 hex digits of the file's BLAKE3.
    pub fn hash(&self) -> Result<&str, EngineError> {
        if let Some(known) = self.hash.get() {
            return Ok(known);
        }
        let hash = hash(&self.path).map_err(EngineError::io(&self.path))?;
        Ok(self.hash.get_or_init(|| hash))
    }

    /// Reads the bank.
    pub fn load(&self) -> Result<Arc<SoundFont>, EngineError> {
        self.hash()?;
        let file = fs::File::open(&self.path).map_err(EngineError::io(&self.path))?;
        let font = SoundFont::new(&mut BufReader::new(file)).map_err(|e| {
            EngineError::Request(format!(
                "the bank {} cannot be played: {e}. Name another one in config.toml (bank = \"...\")",
                self.path.display()
            ))
        })?;
        Ok(Arc::new(font))
    }
}

/// Whether a file can be read, folders cannot.
fn readable(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.read(&mut [0]).map(|_| ())
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

/// Plays one part for `seconds`.
pub fn render(
    font: &Arc<SoundFont>,
    score: &Score,
    part: &Part,
    seconds: f64,
) -> Result<Audio, EngineError> {
    let settings = SynthesizerSettings::new(RATE_HZ as i32);
    let mut synth = Synthesizer::new(font, &settings)
        .map_err(|e| EngineError::Request(format!("the bank cannot be played: {e}")))?;
    let channel = if part.role == Role::Drums { 9 } else { 0 };
    synth.process_midi_message(channel, 0xC0, i32::from(part.program), 0);
    let frames = (seconds * f64::from(RATE_HZ)).round() as usize;
    let events = events(score, part);
    let mut planes = vec![vec![0f32; frames]; 2];
    let mut next = 0;
    let mut at = 0;
    while at < frames {
        while let Some(event) = events.get(next).filter(|e| e.at <= at) {
            match event.velocity {
                0 => synth.note_off(channel, event.midi),
                velocity => synth.note_on(channel, event.midi, velocity),
            }
            next += 1;
        }
        let end = (at + BLOCK).min(frames);
        let (left, right) = planes.split_at_mut(1);
        synth.render(&mut left[0][at..end], &mut right[0][at..end]);
        at = end;
    }
    Ok(Audio::new(RATE_HZ, planes))
}

struct Event {
    at: usize,
    midi: i32,
    velocity: i32,
}

fn events(score: &Score, part: &Part) -> Vec<Event> {
    let frame = |ticks: u32| (score.seconds(ticks) * f64::from(RATE_HZ)).round() as usize;
    let mut events: Vec<Event> = Vec::with_capacity(part.notes.len() * 2);
    for note in &part.notes {
        let (on, off) = (frame(note.start), frame(note.end()));
        events.push(Event { at: on, midi: note.midi.into(), velocity: note.velocity.into() });
        events.push(Event { at: off.max(on + 1), midi: note.midi.into(), velocity: 0 });
    }
    events.sort_by_key(|e| (e.at, e.velocity));
    events
}
