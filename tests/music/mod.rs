//! Music with its truth known: scores that this repository writes or reads from MIDI files, and
//! their sound through a bank. Trainers and benches share it; the product never sees it.
//!
//! Must never guess a truth: what a file does not say is absent.

#![allow(dead_code, clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs)]

pub mod beat;
pub mod compose;
pub mod free;
pub mod groove;
pub mod kit;
pub mod midi;
pub mod parts;
pub mod play;
pub mod render;
pub mod sf3;
pub mod shots;
pub mod sing;
pub mod speech;
pub mod wad;

use leitmotif::domain::listening::{ChordSpan, Meter, SectionSpan};
use leitmotif::domain::pitch::Key;
use leitmotif::nn::timbres::{OUTPUTS, VOICE};

/// A piece: what a synthesiser is told, and what is true of it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// MIDI messages in order of time.
    pub events: Vec<Event>,
    /// What is true of it.
    pub truth: Truth,
}

/// A MIDI message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Seconds from the start.
    pub at_s: f64,
    /// 0..15.
    pub channel: u8,
    /// 0x80, 0x90, 0xB0, 0xC0, 0xE0.
    pub command: u8,
    /// The two data bytes.
    pub data: [u8; 2],
}

/// What is true of a piece.
#[derive(Clone, Debug)]
pub struct Truth {
    pub duration_s: f64,
    /// Beats a minute; a beat of a compound meter is dotted. 0 where there is no beat.
    pub tempo_bpm: f64,
    pub beats_s: Vec<f64>,
    pub downbeats_s: Vec<f64>,
    /// `None` where the file does not say.
    pub meter: Option<Meter>,
    pub key: Option<Key>,
    /// Stretches whose chord is known; gaps are unknown.
    pub chords: Vec<ChordSpan>,
    pub sections: Vec<SectionSpan>,
    /// Pitched notes.
    pub notes: Vec<TrueNote>,
    /// Drum strokes.
    pub hits: Vec<TrueHit>,
}

/// What a note is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Bass,
    Lead,
    Harmony,
}

/// Output of the network of timbres for a General-MIDI program; `None` for choirs, which are voices to
/// some and not to others, and for what has no family.
pub fn family(program: u8) -> Option<usize> {
    Some(match program {
        sing::PROGRAM => VOICE,
        0..=7 => 1,
        8..=15 => 2,
        16..=23 => 3,
        24..=31 => 4,
        32..=39 => 5,
        40..=51 => 6,
        56..=63 => 7,
        64..=79 => 8,
        80..=103 => 9,
        _ => return None,
    })
}

/// Output of the network of timbres for drums.
pub const DRUMS: usize = OUTPUTS - 1;
/// Seconds that a stroke of a drum sounds.
pub const STROKE_S: f64 = 0.3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrueNote {
    pub start_s: f64,
    pub end_s: f64,
    pub midi: u8,
    pub velocity: u8,
    /// General-MIDI program, 0-based.
    pub program: u8,
    pub part: Part,
}

/// Kinds of drum strokes, in the order of the networks' outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drum {
    Kick,
    Snare,
    ClosedHat,
    OpenHat,
    Tom,
    Cymbal,
    Clap,
    Other,
}

impl Drum {
    pub const ALL: [Self; 8] = [
        Self::Kick,
        Self::Snare,
        Self::ClosedHat,
        Self::OpenHat,
        Self::Tom,
        Self::Cymbal,
        Self::Clap,
        Self::Other,
    ];

    /// Kind of a key of the General-MIDI drum map.
    pub fn of(midi: u8) -> Self {
        match midi {
            35 | 36 => Self::Kick,
            37 | 38 | 40 => Self::Snare,
            39 => Self::Clap,
            42 | 44 => Self::ClosedHat,
            46 => Self::OpenHat,
            41 | 43 | 45 | 47 | 48 | 50 => Self::Tom,
            49 | 51..=53 | 55 | 57 | 59 => Self::Cymbal,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrueHit {
    pub at_s: f64,
    pub kind: Drum,
    pub velocity: u8,
}

/// After how many seconds a stroke is choked: an open hat is, by the next closed one.
pub fn choked_s(hits: &[TrueHit], stroke: usize) -> Option<f64> {
    let hit = hits.get(stroke).filter(|h| h.kind == Drum::OpenHat)?;
    let next = hits[stroke + 1..].iter().find(|h| h.kind == Drum::ClosedHat)?;
    Some(next.at_s - hit.at_s)
}

/// A stretch of a piece: controllers and programs as they stand where it begins; the truth is read
/// again from what is played.
pub fn crop(piece: &Piece, from_s: f64, seconds: f64) -> Piece {
    let to_s = from_s + seconds;
    let mut events: Vec<Event> = Vec::new();
    for event in &piece.events {
        let setup = matches!(event.command, 0xB0 | 0xC0 | 0xE0);
        if event.at_s >= from_s && event.at_s < to_s {
            events.push(Event { at_s: event.at_s - from_s, ..*event });
        } else if setup && event.at_s < from_s {
            events.push(Event { at_s: 0.0, ..*event });
        }
    }
    let played = parts::played(&events);
    // A channel's part is known better from all that it plays.
    let mut notes = played.notes;
    for note in &mut notes {
        let same = |n: &&TrueNote| {
            n.midi == note.midi
                && n.program == note.program
                && (n.start_s - from_s - note.start_s).abs() < 1e-6
        };
        if let Some(whole) = piece.truth.notes.iter().find(same) {
            note.part = whole.part;
        }
    }
    let shifted = |times: &[f64]| -> Vec<f64> {
        let inside = times.iter().filter(|t| (from_s..to_s).contains(*t));
        inside.map(|t| t - from_s).collect()
    };
    let truth = &piece.truth;
    Piece {
        events,
        truth: Truth {
            duration_s: played.end_s.min(seconds).max(1.0),
            beats_s: shifted(&truth.beats_s),
            downbeats_s: shifted(&truth.downbeats_s),
            chords: Vec::new(),
            sections: Vec::new(),
            notes,
            hits: played.hits,
            ..*truth
        },
    }
}
