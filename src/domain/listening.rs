//! What was heard in a track.
//!
//! Times are seconds from the file's start. Where there is nothing to hear (no beat, no key), the
//! field is `None`; an invented value must never stand in its place.

use super::pitch::{Chord, Key, harte};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How thoroughly a track was listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Beats, key, chords, sections, level and quality; no notes, no voices.
    Quick,
    /// All that can be heard.
    Full,
}

/// Beats to a bar and the note value that carries the beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Meter {
    /// Beats to a bar.
    pub beats: u8,
    /// Note value of a beat, 4 = quarter.
    pub unit: u8,
}

impl Meter {
    /// Four quarters.
    pub const COMMON: Self = Self { beats: 4, unit: 4 };

    /// Beats to a bar as they are felt and counted in a tempo: of six eighths two dotted quarters.
    pub fn pulses(self) -> u8 {
        let compound = self.unit >= 8 && self.beats > 3 && self.beats.is_multiple_of(3);
        if compound { self.beats / 3 } else { self.beats }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.beats, self.unit)
    }
}

impl std::str::FromStr for Meter {
    type Err = MeterError;

    fn from_str(text: &str) -> Result<Self, MeterError> {
        let wrong = || MeterError(text.to_owned());
        let (beats, unit) = text.trim().split_once('/').ok_or_else(wrong)?;
        let beats: u8 = beats.parse().map_err(|_| wrong())?;
        let unit: u8 = unit.parse().map_err(|_| wrong())?;
        if !(1..=32).contains(&beats) || ![2, 4, 8, 16].contains(&unit) {
            return Err(wrong());
        }
        Ok(Self { beats, unit })
    }
}

/// Why a text is no meter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is not a meter; write it like 4/4, 3/4 or 6/8")]
pub struct MeterError(pub String);

impl Serialize for Meter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Meter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A chord and how long it sounds; `None` is "no chord".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChordSpan {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// Harte name, "N" for none.
    #[serde(with = "harte")]
    pub chord: Option<Chord>,
}

/// Where a key holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySpan {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// The key.
    pub key: Key,
}

/// A part of the form. Sections with the same label sound alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionSpan {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// "A", "B" ..
    pub label: String,
    /// Level of the section within the track, 0 quietest .. 1 loudest.
    pub energy: f64,
    /// Families of instruments that play in it, longest first; empty when this pass does not listen
    /// for them.
    #[serde(default)]
    pub families: Vec<FamilyShare>,
}

/// A family of instruments in a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyShare {
    /// "drums", "bass", "struck" (keys, mallets, guitars) or "held" (organs, strings, brass, winds,
    /// synthesisers).
    pub family: String,
    /// Share of the section in which it is heard, 0..1.
    pub share: f64,
}

/// Where voices were heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocals {
    /// Whether there are voices at all.
    pub present: bool,
    /// 0..1.
    pub confidence: f64,
    /// Start and end of each passage.
    pub spans: Vec<(f64, f64)>,
    /// Lowest and highest sung note (MIDI), where leads were heard in the passages.
    #[serde(default)]
    pub range: Option<(u8, u8)>,
}

/// A transcribed note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteSpan {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// MIDI note.
    pub midi: u8,
    /// 1..127.
    pub velocity: u8,
    /// "bass", "lead", "harmony" or "drums".
    pub part: String,
}

/// What a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Flat tops.
    Clipping,
    /// Peaks above full scale between samples.
    TruePeak,
    /// Long silence at the start, end or inside.
    Silence,
    /// Nothing but silence.
    Silent,
    /// Both channels are the same.
    Mono,
    /// The channels cancel when summed.
    OutOfPhase,
    /// The waveform's middle is not zero.
    DcOffset,
    /// Much quieter than music usually is.
    Quiet,
    /// Hardly any dynamics left.
    Crushed,
    /// Samples that are not numbers.
    NotANumber,
    /// The file ends before it says it does, or parts could not be decoded.
    Truncated,
    /// 8 bits or fewer.
    LowResolution,
    /// Too short to be a track of its own.
    Short,
    /// Longer than a track may be: it was split.
    Split,
    /// More than two channels: they were mixed down.
    Surround,
    /// No beat was found.
    Beatless,
    /// No key was found.
    Keyless,
    /// The sound breaks off for a moment.
    Dropout,
    /// It starts or stops in the middle of a sound.
    Cut,
    /// One channel is much quieter than the other, or empty.
    Lopsided,
    /// A wall in the spectrum that the file's kind does not explain.
    LikelyLossy,
    /// Noise is heard in the pauses.
    Noise,
    /// Steady lines of the mains.
    Hum,
    /// Single samples that do not belong.
    Clicks,
}

impl ProblemKind {
    /// The word shown to people and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clipping => "clipping",
            Self::TruePeak => "true_peak",
            Self::Silence => "silence",
            Self::Silent => "silent",
            Self::Mono => "mono",
            Self::OutOfPhase => "out_of_phase",
            Self::DcOffset => "dc_offset",
            Self::Quiet => "quiet",
            Self::Crushed => "crushed",
            Self::NotANumber => "not_a_number",
            Self::Truncated => "truncated",
            Self::LowResolution => "low_resolution",
            Self::Short => "short",
            Self::Split => "split",
            Self::Surround => "surround",
            Self::Beatless => "beatless",
            Self::Keyless => "keyless",
            Self::Dropout => "dropout",
            Self::Cut => "cut",
            Self::Lopsided => "lopsided",
            Self::LikelyLossy => "likely_lossy",
            Self::Noise => "noise",
            Self::Hum => "hum",
            Self::Clicks => "clicks",
        }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Listen before training.
    Warn,
    /// Better left out.
    Exclude,
}

/// Something about a track that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// How bad.
    pub severity: Severity,
    /// Where it starts.
    pub start_s: f64,
    /// Where it ends.
    pub end_s: f64,
    /// Value, threshold and place in words.
    pub detail: String,
}

/// Everything that was heard in a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listening {
    /// How thoroughly.
    pub pass: Pass,
    /// Length.
    pub duration_s: f64,
    /// Sample rate of the file.
    pub rate_hz: u32,
    /// Channels of the file.
    pub channels: u16,
    /// Beats a minute; `None` without a beat.
    pub tempo_bpm: Option<f64>,
    /// How sure the tempo is, its octave included, 0..1. From 0.9 on it is called confident.
    pub tempo_confidence: f64,
    /// Beats; empty without a beat.
    pub beats_s: Vec<f64>,
    /// First beats of bars.
    pub downbeats_s: Vec<f64>,
    /// Beats to a bar.
    pub meter: Option<Meter>,
    /// How much longer the first half of a beat is than the second: 1 straight, 2 triplets; `None`
    /// where halves are not played.
    pub swing: Option<f64>,
    /// How far the tempo strays from its median, percent (root mean square over bars).
    pub tempo_drift: Option<f64>,
    /// How far the tuning is from A = 440 Hz, in cents.
    pub tuning_cents: f64,
    /// Key of the whole track; `None` where there is none.
    pub key: Option<Key>,
    /// How sure the key is, tonic and mode, 0..1; confident from 0.9 on.
    pub key_confidence: f64,
    /// Where each key holds, if it changes.
    #[serde(default)]
    pub keys: Vec<KeySpan>,
    /// Chords, without gaps.
    pub chords: Vec<ChordSpan>,
    /// Form.
    pub sections: Vec<SectionSpan>,
    /// Integrated loudness, EBU R 128; `None` for silence.
    pub loudness_lufs: Option<f64>,
    /// Loudness range, EBU Tech 3342, LU.
    pub loudness_range_lu: f64,
    /// True peak, ITU-R BS.1770; `None` for silence.
    pub true_peak_dbtp: Option<f64>,
    /// Singing; `None` when this pass does not listen for it, and in sound that is no music.
    pub vocals: Option<Vocals>,
    /// Notes; `None` when this pass does not transcribe.
    pub notes: Option<Vec<NoteSpan>>,
    /// How it is produced; `None` for silence, and in records made before it was measured.
    #[serde(default)]
    pub production: Option<ProductionProfile>,
    /// What a person should know.
    pub problems: Vec<Problem>,
}

/// Third-octaves of a [`ProductionProfile`]: 20 Hz to 20 kHz.
pub const PRODUCTION_BANDS: usize = 31;
/// Edges of the bands whose width is measured, Hz.
pub const WIDTH_EDGES_HZ: [f64; 6] = [20.0, 120.0, 500.0, 2_000.0, 8_000.0, 20_000.0];

/// How a track is produced, in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductionProfile {
    /// Mean square of each third-octave from 20 Hz to 20 kHz, mean of both channels, dB of full
    /// scale squared: together they are the track's level. -120 where there is nothing.
    pub third_octaves_db: Vec<f64>,
    /// Loudness range, LU (EBU Tech 3342); `None` under a minute, where it means nothing.
    pub loudness_range_lu: Option<f64>,
    /// True peak over loudness, dB.
    pub crest_db: f64,
    /// Side over mid power from 20 to 120, 500, 2000, 8000 and 20,000 Hz, dB, -60 (one sound in the
    /// middle) to 60; `None` for an empty band.
    pub width_db: Vec<Option<f64>>,
    /// Seconds in which free decays above 500 Hz fall by 60 dB, room and instruments together;
    /// `None` where too few sounds decay freely.
    pub decay_s: Option<f64>,
}

impl ProductionProfile {
    /// Edges of a third-octave, Hz (IEC 61260-1, base ten: 1 kHz is number 17).
    pub fn band_hz(n: usize) -> (f64, f64) {
        let middle = 1000.0 * 10f64.powf((n as f64 - 17.0) / 10.0);
        (middle * 10f64.powf(-0.05), middle * 10f64.powf(0.05))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters() {
        assert_eq!("6/8".parse(), Ok(Meter { beats: 6, unit: 8 }));
        let pulses = |text: &str| text.parse::<Meter>().map(Meter::pulses);
        assert_eq!([pulses("4/4"), pulses("3/4"), pulses("6/8")], [Ok(4), Ok(3), Ok(2)]);
        for text in ["4", "0/4", "4/5", "17/16/2", "x/4"] {
            assert!(text.parse::<Meter>().is_err(), "{text}");
        }
    }
}
