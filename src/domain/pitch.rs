//! Pitch classes, keys and chords, with the spellings the contract uses ("A minor", Harte "A:min").
//!
//! Must never guess: a name that is not understood is `None`, not a default.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Names of the twelve pitch classes as they are printed (sharps).
pub const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// A pitch class, 0 = C .. 11 = B.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PitchClass(u8);

impl PitchClass {
    /// The pitch class of any semitone number, MIDI note or interval; wraps round the octave.
    pub fn new(semitone: i32) -> Self {
        Self(semitone.rem_euclid(12) as u8)
    }

    /// 0 = C .. 11 = B.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Moves by `semitones`, up or down.
    pub fn transpose(self, semitones: i32) -> Self {
        Self::new(i32::from(self.0) + semitones)
    }

    /// Semitones up from `other` to this, 0..12.
    pub fn above(self, other: Self) -> i32 {
        (i32::from(self.0) - i32::from(other.0)).rem_euclid(12)
    }

    /// Reads "C", "F#", "Bb", "E♭", "gis" is not read.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let base = match chars.next()?.to_ascii_uppercase() {
            'C' => 0,
            'D' => 2,
            'E' => 4,
            'F' => 5,
            'G' => 7,
            'A' => 9,
            'B' => 11,
            _ => return None,
        };
        let mut shift = 0;
        for c in chars {
            match c {
                '#' | '♯' => shift += 1,
                'b' | '♭' => shift -= 1,
                _ => return None,
            }
        }
        Some(Self::new(base + shift))
    }
}

impl fmt::Display for PitchClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[self.index()])
    }
}

/// A MIDI note as musicians write it: C4 is 60.
pub fn note_name(midi: u8) -> String {
    format!("{}{}", PitchClass::new(i32::from(midi % 12)), i32::from(midi) / 12 - 1)
}

/// The scale a key uses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// Ionian.
    Major,
    /// Natural minor, aeolian.
    Minor,
    /// Minor with a raised sixth.
    Dorian,
    /// Minor with a lowered second.
    Phrygian,
    /// Major with a raised fourth.
    Lydian,
    /// Major with a lowered seventh.
    Mixolydian,
}

impl Mode {
    /// All modes, in the order of their declaration.
    pub const ALL: [Self; 6] =
        [Self::Major, Self::Minor, Self::Dorian, Self::Phrygian, Self::Lydian, Self::Mixolydian];

    /// Semitones of the seven degrees above the tonic.
    pub fn degrees(self) -> [i32; 7] {
        match self {
            Self::Major => [0, 2, 4, 5, 7, 9, 11],
            Self::Minor => [0, 2, 3, 5, 7, 8, 10],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
        }
    }

    /// Whether the third above the tonic is minor.
    pub fn is_minor(self) -> bool {
        self.degrees()[2] == 3
    }

    /// Lower-case name as printed after the tonic.
    pub fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Dorian => "dorian",
            Self::Phrygian => "phrygian",
            Self::Lydian => "lydian",
            Self::Mixolydian => "mixolydian",
        }
    }
}

/// A tonic and its scale.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The note that is home.
    pub tonic: PitchClass,
    /// The scale on it.
    pub mode: Mode,
}

impl Key {
    /// A key from its parts.
    pub fn new(tonic: PitchClass, mode: Mode) -> Self {
        Self { tonic, mode }
    }

    /// Which of the twelve pitch classes belong to the scale.
    pub fn scale(self) -> [bool; 12] {
        let mut set = [false; 12];
        for degree in self.mode.degrees() {
            set[self.tonic.transpose(degree).index()] = true;
        }
        set
    }

    /// The tonic triad.
    pub fn tonic_chord(self) -> Chord {
        Chord::triad(self.tonic, self.mode.is_minor())
    }

    /// MIREX weight of this guess against the true key: 1 exact, 0.5 a fifth off in the same mode,
    /// 0.3 relative, 0.2 parallel, else 0. Modes count by their third.
    pub fn mirex_weight(self, truth: Self) -> f64 {
        let (mine, theirs) = (self.mode.is_minor(), truth.mode.is_minor());
        let up = self.tonic.above(truth.tonic);
        match (mine == theirs, up) {
            (true, 0) => 1.0,
            (true, 5 | 7) => 0.5,
            (false, 0) => 0.2,
            (false, 9) if mine => 0.3,
            (false, 3) if theirs => 0.3,
            _ => 0.0,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tonic, self.mode.name())
    }
}

impl FromStr for Key {
    type Err = PitchError;

    /// Reads "A minor", "F# major", "Bb dorian", "Am", "C".
    fn from_str(text: &str) -> Result<Self, PitchError> {
        let wrong = || PitchError::Key(text.to_owned());
        let trimmed = text.trim();
        let (note, mode) = match trimmed.split_once(char::is_whitespace) {
            Some((note, mode)) => {
                let mode = mode.trim().to_lowercase();
                let found = Mode::ALL.into_iter().find(|m| m.name() == mode);
                (note, found.ok_or_else(wrong)?)
            }
            None => match trimmed.strip_suffix('m') {
                Some(note) => (note, Mode::Minor),
                None => (trimmed, Mode::Major),
            },
        };
        Ok(Self::new(PitchClass::parse(note).ok_or_else(wrong)?, mode))
    }
}

/// What is stacked on a chord's root.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Quality {
    /// Major triad.
    Maj,
    /// Minor triad.
    Min,
    /// Dominant seventh.
    Dom7,
    /// Major seventh.
    Maj7,
    /// Minor seventh.
    Min7,
    /// Diminished triad.
    Dim,
    /// Augmented triad.
    Aug,
    /// Suspended second.
    Sus2,
    /// Suspended fourth.
    Sus4,
}

impl Quality {
    /// All qualities, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Maj,
        Self::Min,
        Self::Dom7,
        Self::Maj7,
        Self::Min7,
        Self::Dim,
        Self::Aug,
        Self::Sus2,
        Self::Sus4,
    ];

    /// Semitones above the root.
    pub fn intervals(self) -> &'static [i32] {
        match self {
            Self::Maj => &[0, 4, 7],
            Self::Min => &[0, 3, 7],
            Self::Dom7 => &[0, 4, 7, 10],
            Self::Maj7 => &[0, 4, 7, 11],
            Self::Min7 => &[0, 3, 7, 10],
            Self::Dim => &[0, 3, 6],
            Self::Aug => &[0, 4, 8],
            Self::Sus2 => &[0, 2, 7],
            Self::Sus4 => &[0, 5, 7],
        }
    }

    /// Harte shorthand after the colon.
    pub fn harte(self) -> &'static str {
        match self {
            Self::Maj => "maj",
            Self::Min => "min",
            Self::Dom7 => "7",
            Self::Maj7 => "maj7",
            Self::Min7 => "min7",
            Self::Dim => "dim",
            Self::Aug => "aug",
            Self::Sus2 => "sus2",
            Self::Sus4 => "sus4",
        }
    }

    /// Whether the third is minor (suspended chords count as major).
    pub fn is_minor(self) -> bool {
        self.intervals()[1] == 3
    }
}

/// A chord: root and quality. "No chord" is `Option::None` around it and prints "N".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Chord {
    /// Root.
    pub root: PitchClass,
    /// What is stacked on it.
    pub quality: Quality,
}

impl Chord {
    /// A chord from its parts.
    pub fn new(root: PitchClass, quality: Quality) -> Self {
        Self { root, quality }
    }

    /// A plain triad.
    pub fn triad(root: PitchClass, minor: bool) -> Self {
        Self::new(root, if minor { Quality::Min } else { Quality::Maj })
    }

    /// Number of the chord's triad, 0..24: root for major, 12 + root for minor.
    pub fn triad_index(self) -> usize {
        self.root.index() + if self.quality.is_minor() { 12 } else { 0 }
    }

    /// The triad of a number made by [`Chord::triad_index`].
    pub fn from_triad_index(index: usize) -> Self {
        Self::triad(PitchClass::new((index % 12) as i32), index >= 12)
    }

    /// Which pitch classes sound.
    pub fn tones(self) -> [bool; 12] {
        let mut set = [false; 12];
        for interval in self.quality.intervals() {
            set[self.root.transpose(*interval).index()] = true;
        }
        set
    }

    /// Whether a MIDI note is one of the chord's tones.
    pub fn contains(self, midi: u8) -> bool {
        self.tones()[usize::from(midi) % 12]
    }

    /// Moves by semitones.
    pub fn transpose(self, semitones: i32) -> Self {
        Self::new(self.root.transpose(semitones), self.quality)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.root, self.quality.harte())
    }
}

impl FromStr for Chord {
    type Err = PitchError;

    /// Reads Harte syntax: "A:min", "C:maj7", "G" (major).
    fn from_str(text: &str) -> Result<Self, PitchError> {
        let wrong = || PitchError::Chord(text.to_owned());
        let (root, quality) = text.trim().split_once(':').unwrap_or((text.trim(), "maj"));
        let root = PitchClass::parse(root).ok_or_else(wrong)?;
        let quality = Quality::ALL.into_iter().find(|q| q.harte() == quality).ok_or_else(wrong)?;
        Ok(Self::new(root, quality))
    }
}

/// Why a name of a key or chord was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PitchError {
    /// Not a key.
    #[error("\"{0}\" is not a key; write it like \"A minor\" or \"F# major\"")]
    Key(String),
    /// Not a chord.
    #[error("\"{0}\" is not a chord; write it like \"A:min\", \"C:maj7\" or \"N\"")]
    Chord(String),
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}
as_text!(Key);
as_text!(Chord);

/// Serialises an optional chord as its Harte name, "N" for none.
pub mod harte {
    use super::Chord;
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes the name or "N".
    pub fn serialize<S: Serializer>(
        chord: &Option<Chord>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match chord {
            Some(chord) => serializer.collect_str(chord),
            None => serializer.serialize_str("N"),
        }
    }

    /// Reads a name or "N".
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Chord>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "N" {
            return Ok(None);
        }
        text.parse().map(Some).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_back() {
        for (text, tonic, mode) in [
            ("A minor", 9, Mode::Minor),
            ("F# major", 6, Mode::Major),
            ("Bb dorian", 10, Mode::Dorian),
            ("Am", 9, Mode::Minor),
            ("C", 0, Mode::Major),
        ] {
            assert_eq!(text.parse(), Ok(Key::new(PitchClass::new(tonic), mode)), "{text}");
        }
        for text in ["", "H minor", "A sad", "A:min minor"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
        assert_eq!("G".parse(), Ok(Chord::new(PitchClass::new(7), Quality::Maj)));
        assert!("G:13".parse::<Chord>().is_err());
    }

    #[test]
    fn mirex_weights() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        let c = key("C major");
        assert_eq!(c.mirex_weight(c), 1.0);
        assert_eq!(key("G major").mirex_weight(c), 0.5);
        assert_eq!(key("F major").mirex_weight(c), 0.5);
        assert_eq!(key("A minor").mirex_weight(c), 0.3);
        assert_eq!(c.mirex_weight(key("A minor")), 0.3);
        assert_eq!(key("C minor").mirex_weight(c), 0.2);
        assert_eq!(key("D major").mirex_weight(c), 0.0);
    }

    proptest! {
        #[test]
        fn chords_survive_text(root in 0i32..12, quality in 0usize..9) {
            let chord = Chord::new(PitchClass::new(root), Quality::ALL[quality]);
            prop_assert_eq!(chord.to_string().parse::<Chord>().unwrap(), chord);
        }

        #[test]
        fn transposing_moves_every_tone(root in 0i32..12, by in -30i32..30) {
            let chord = Chord::triad(PitchClass::new(root), root % 2 == 0);
            let moved = chord.transpose(by).tones();
            for pc in 0..12 {
                prop_assert_eq!(chord.tones()[pc], moved[PitchClass::new(pc as i32 + by).index()]);
            }
        }

        #[test]
        fn triad_numbers_are_read_back(index in 0usize..24) {
            prop_assert_eq!(Chord::from_triad_index(index).triad_index(), index);
        }
    }
}
