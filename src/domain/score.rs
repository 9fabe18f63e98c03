//! The score: what every part plays, in ticks.
//!
//! Must never hold seconds: tempo turns ticks into time in one place.

use super::listening::Meter;
use serde::{Deserialize, Serialize};

/// Ticks of a quarter note.
pub const TICKS_PER_QUARTER: u32 = 480;

/// What a part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Drum kit.
    Drums,
    /// Lowest line.
    Bass,
    /// Chords.
    Harmony,
    /// Melody.
    Lead,
    /// Held background.
    Pad,
}

impl Role {
    /// All roles in the order they are mixed.
    pub const ALL: [Self; 5] = [Self::Drums, Self::Bass, Self::Harmony, Self::Lead, Self::Pad];

    /// Name of the MIDI track and of the stem.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drums => "drums",
            Self::Bass => "bass",
            Self::Harmony => "harmony",
            Self::Lead => "lead",
            Self::Pad => "pad",
        }
    }
}

/// A note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Note {
    /// Start in ticks from the beginning of the piece.
    pub start: u32,
    /// Length in ticks, at least 1.
    pub length: u32,
    /// MIDI note; for drums the General-MIDI key.
    pub midi: u8,
    /// 1..127.
    pub velocity: u8,
}

impl Note {
    /// First tick after the note.
    pub fn end(&self) -> u32 {
        self.start + self.length
    }
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is for.
    pub role: Role,
    /// General-MIDI program, 0-based; the kit for drums.
    pub program: u8,
    /// Notes, sorted by start.
    pub notes: Vec<Note>,
}

/// A score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Quarter notes a minute.
    pub tempo_bpm: f64,
    /// Meter.
    pub meter: Meter,
    /// Bars in all.
    pub bars: u32,
    /// Parts.
    pub parts: Vec<Part>,
}

impl Score {
    /// Ticks of a bar.
    pub fn ticks_per_bar(&self) -> u32 {
        u32::from(self.meter.beats) * TICKS_PER_QUARTER * 4 / u32::from(self.meter.unit)
    }

    /// Seconds of a number of ticks.
    pub fn seconds(&self, ticks: u32) -> f64 {
        f64::from(ticks) / f64::from(TICKS_PER_QUARTER) * 60.0 / self.tempo_bpm
    }

    /// The part with this role.
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|p| p.role == role)
    }
}
