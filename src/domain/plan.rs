//! The plan of a piece: its sections with bars, chords and energy.
//!
//! What `leitmotif plan` prints is what `--plan` reads. Must never hold sound or notes.

use super::brief::Brief;
use super::listening::Meter;
use super::pitch::{Chord, Key, harte};
use serde::{Deserialize, Serialize};

/// A chord change inside a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChord {
    /// Bar within the section, from 0.
    pub bar: u32,
    /// Beat within the bar, from 0.
    pub beat: u32,
    /// Harte name, "N" for none.
    #[serde(with = "harte")]
    pub chord: Option<Chord>,
}

/// Styles a section should or should not have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SectionStyles {
    /// Instruments, moods or genres to bring in.
    pub include: Vec<String>,
    /// Instruments, moods or genres to leave out.
    pub exclude: Vec<String>,
}

/// A section of a piece.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// "intro", "theme", "chorus" ..
    pub name: String,
    /// Start in the take.
    #[serde(default)]
    pub start_s: f64,
    /// Length.
    #[serde(default)]
    pub duration_s: f64,
    /// Length in bars.
    pub bars: u32,
    /// Chord changes, in order; the first is at bar 0, beat 0.
    #[serde(default)]
    pub chords: Vec<PlannedChord>,
    /// 0 quietest .. 1 fullest.
    pub energy: f64,
    /// Styles.
    #[serde(default)]
    pub styles: SectionStyles,
    /// Words to sing.
    #[serde(default)]
    pub lyrics: Option<String>,
    /// Which material it plays: sections with the same letter share a theme.
    #[serde(default)]
    pub theme: String,
    /// How often its theme has been heard before; the theme returns changed.
    #[serde(default)]
    pub variation: u32,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked.
    pub brief: Brief,
    /// Tempo of the piece.
    #[serde(default)]
    pub tempo_bpm: f64,
    /// Key of the piece.
    #[serde(default)]
    pub key: Option<Key>,
    /// Meter of the piece.
    #[serde(default)]
    pub meter: Option<Meter>,
    /// Length of the take, the last chord's tail included.
    #[serde(default)]
    pub seconds: f64,
    /// Its sections.
    pub sections: Vec<Section>,
}

impl Plan {
    /// Bars in all.
    pub fn bars(&self) -> u32 {
        self.sections.iter().map(|s| s.bars).sum()
    }

    /// Seconds of a bar.
    pub fn bar_s(&self) -> f64 {
        let beats = self.meter.unwrap_or(Meter::COMMON).beats;
        f64::from(beats) * 60.0 / self.tempo_bpm
    }
}
