//! The words a prompt may use, read from the lists in `words/`.
//!
//! Lists are written with their accents and hold words of six languages side by side; looking up
//! ignores accents, plurals and the commonest endings. Must never guess: a word that is near to a
//! known one in spelling is not taken for it.

mod build;
mod files;
pub mod fold;

use crate::domain::listening::Meter;
use crate::domain::pitch::Mode;
use crate::domain::score::Role;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

/// What a mood changes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    /// Words for it.
    pub words: Vec<String>,
    /// 1 asks for minor, -1 for major.
    pub minor: f64,
    /// Factor on the tempo.
    pub tempo: f64,
    /// Added to every section's energy.
    pub energy: f64,
    /// Semitones the melody moves up.
    pub register: i32,
    /// Factor on the number of notes.
    pub density: f64,
}

/// An instrument.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// The part it plays.
    pub role: Role,
    /// General-MIDI program, of drums the kit; parts without a sound of their own have none.
    pub program: Option<u8>,
    /// Programs that are meant too where it is forbidden.
    #[serde(default)]
    pub covers: Vec<u8>,
    /// Voices of drum patterns that are this instrument.
    #[serde(default)]
    pub voices: String,
    /// Words for it.
    pub words: Vec<String>,
}

impl Instrument {
    /// The programs that a negation takes away.
    pub fn programs(&self) -> impl Iterator<Item = u8> {
        self.program.into_iter().chain(self.covers.iter().copied())
    }
}

/// A groove that has a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rhythm {
    /// Words for it.
    pub words: Vec<String>,
    /// Names of the drum patterns that play it.
    #[serde(default)]
    pub drums: Vec<String>,
    /// Names of the bass patterns.
    #[serde(default)]
    pub bass: Vec<String>,
    /// Names of the comping patterns.
    #[serde(default)]
    pub comp: Vec<String>,
    /// Long over short of a pair, where that is what it is.
    pub swing: Option<f64>,
}

/// The instruments of a decade.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Era {
    /// Words for it.
    pub words: Vec<String>,
    /// Drum kit.
    pub kit: u8,
    /// Program of the bass.
    pub bass: u8,
    /// Program of the chords.
    pub harmony: u8,
    /// Program of the held background.
    pub pad: u8,
    /// Program of the melody.
    pub lead: u8,
}

/// What a small word does to the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Forbids what follows.
    Not,
    /// Ends a negation.
    End,
    /// Goes on with a negation if the next thing is of the same kind.
    And,
    /// Goes on with a negation.
    Or,
    /// Weakens what follows.
    Weaken,
    /// Nothing but what follows.
    Only,
}

/// What a phrase means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// A genre's id.
    Genre(String),
    /// A mood's id.
    Mood(String),
    /// An instrument's id.
    Instrument(String),
    /// An ensemble's id.
    Ensemble(String),
    /// Beats a minute.
    TempoBpm(f64),
    /// Factor on the tempo.
    TempoFactor(f64),
    /// A mode that can be written.
    Mode(Mode),
    /// A scale that cannot, and the mode nearest to it.
    NearMode(String, Mode),
    /// A meter.
    Meter(Meter),
    /// A groove's id.
    Rhythm(String),
    /// A decade.
    Era(String),
    /// A kind of production.
    Production(String),
    /// A section's name.
    Section(String),
    /// A form's id.
    Form(String),
    /// How the energy goes.
    Curve(String),
    /// How it ends.
    Ending(String),
    /// Music that goes round.
    Loop,
    /// A length in seconds.
    Length(f64),
    /// Voices.
    Vocals,
    /// Words to sing.
    Lyrics,
    /// A word about voices when voices are asked for.
    VocalStyle(String),
    /// No voices.
    NoVocals,
    /// A language.
    Language(String),
    /// A small word.
    Scope(Scope),
}

/// A unit that follows a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Beats a minute.
    Bpm,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Bars.
    Bars,
}

/// Phrases by their folded words, with the most words that follow a first one.
pub struct Table<T> {
    exact: HashMap<String, T>,
    /// The same without the "s" of plurals, where that is not a phrase of its own.
    plural: HashMap<String, String>,
    longest: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), plural: HashMap::new(), longest: HashMap::new() }
    }
}

impl<T> Table<T> {
    /// The longest phrase that starts at the first word: how many words, and what it is.
    pub fn find(&self, words: &[&str]) -> Option<(usize, &T)> {
        let most = *self.longest.get(fold::singular(words.first()?))?;
        (1..=most.min(words.len())).rev().find_map(|count| {
            let phrase = words[..count].join(" ");
            if let Some(found) = self.exact.get(&phrase) {
                return Some((count, found));
            }
            // "key" is not the singular of "keys".
            if count == 1 {
                return None;
            }
            self.loose(&words[..count]).map(|found| (count, found))
        })
    }

    /// The phrase that differs from these words by the "s" of plurals only.
    fn loose(&self, words: &[&str]) -> Option<&T> {
        let bare: Vec<&str> = words.iter().map(|w| fold::singular(w)).collect();
        self.exact.get(self.plural.get(&bare.join(" "))?)
    }

    /// The phrase that a single word is an inflection of.
    fn inflected(&self, word: &str) -> Option<&T> {
        self.loose(&[word]).or_else(|| fold::forms(word).find_map(|form| self.exact.get(&form)))
    }
}

/// The lexicon.
#[derive(Default)]
pub struct Lexicon {
    phrases: Table<Vec<Meaning>>,
    units: Table<Unit>,
    tails: Table<()>,
    halves: Table<f64>,
    numbers: HashMap<String, u32>,
    /// Number words that others may be glued to, longest first.
    glued: Vec<(String, u32)>,
    stop: HashSet<String>,
    broad: HashSet<String>,
    section_words: HashMap<String, (Option<f64>, Option<f64>)>,
    forms: BTreeMap<String, Vec<String>>,
    ensembles: BTreeMap<String, Vec<String>>,
    other_use: HashMap<String, HashSet<String>>,
    /// Function words and the languages that have them, as bits in the order of [`SPOKEN`].
    function_words: HashMap<String, u8>,
    notes: HashMap<String, i32>,
    german_notes: HashMap<String, i32>,
    alterations: HashMap<String, i32>,
    links: HashSet<String>,
    to: HashSet<String>,
    /// Moods by id.
    pub moods: BTreeMap<String, Mood>,
    /// Instruments by id.
    pub instruments: BTreeMap<String, Instrument>,
    /// Grooves by id.
    pub rhythms: BTreeMap<String, Rhythm>,
    /// Decades by id.
    pub eras: BTreeMap<String, Era>,
}

/// Languages that prompts are read in. English comes first: it is the one that stands in.
pub const SPOKEN: [&str; 6] = ["english", "spanish", "french", "german", "italian", "portuguese"];

impl Lexicon {
    /// The lexicon of the program. The files are part of it; its tests make sure that they can be
    /// read.
    pub fn get() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| Self::read().unwrap_or_default())
    }

    /// The longest phrase that starts at the first word; a single word also by the form that it is
    /// an inflection of, unless it is one of the words without content.
    pub fn find(&self, words: &[&str]) -> Option<(usize, &[Meaning])> {
        if let Some((count, found)) = self.phrases.find(words) {
            return Some((count, found));
        }
        let first = words.first().filter(|w| !self.is_stop_word(w))?;
        self.phrases.inflected(first).map(|found| (1, found.as_slice()))
    }

    /// The unit that stands at the first word.
    pub fn unit(&self, words: &[&str]) -> Option<(usize, Unit)> {
        self.units.find(words).map(|(count, unit)| (count, *unit))
    }

    /// How many words say "and a half".
    pub fn half_after(&self, words: &[&str]) -> Option<usize> {
        self.tails.find(words).map(|(count, ())| count)
    }

    /// A number with a half in it: "half a", "eineinhalb".
    pub fn half(&self, words: &[&str]) -> Option<(usize, f64)> {
        self.halves.find(words).map(|(count, value)| (count, *value))
    }

    /// The number that a word is: "twelve", "centoventi", "fünfundneunzig".
    pub fn number(&self, word: &str) -> Option<u32> {
        if let Some(value) = self.numbers.get(word) {
            return Some(*value);
        }
        if word.len() < 6 || !word.chars().all(char::is_alphabetic) {
            return None;
        }
        let mut parts = Vec::new();
        self.unglue(word, &mut parts).then(|| {
            parts.iter().fold(0, |sum, part| match part {
                100 => u32::max(sum, 1) * 100,
                part => sum + part,
            })
        })
    }

    /// Takes number words off the front until nothing is left.
    fn unglue(&self, word: &str, parts: &mut Vec<u32>) -> bool {
        if word.is_empty() {
            return parts.len() > 1;
        }
        if parts.len() > 5 {
            return false;
        }
        let rest = word.strip_prefix("und").filter(|_| !parts.is_empty()).unwrap_or(word);
        for (atom, value) in &self.glued {
            if let Some(after) = rest.strip_prefix(atom.as_str()) {
                parts.push(*value);
                if self.unglue(after, parts) {
                    return true;
                }
                parts.pop();
            }
        }
        false
    }

    /// Whether a word carries no musical content.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop.contains(word) || self.function_words.contains_key(word)
    }

    /// Whether a genre's word stands for a whole field of genres.
    pub fn is_broad(&self, phrase: &str) -> bool {
        self.broad.contains(phrase) || fold::forms(phrase).any(|form| self.broad.contains(&form))
    }

    /// Factor on length and shift of energy that a word beside a section asks for.
    pub fn section_word(&self, word: &str) -> Option<(Option<f64>, Option<f64>)> {
        let known = |w: &str| self.section_words.get(w).copied();
        known(word).or_else(|| fold::forms(word).find_map(|form| known(&form)))
    }

    /// The sections of a form.
    pub fn form(&self, id: &str) -> &[String] {
        self.forms.get(id).map_or(&[], Vec::as_slice)
    }

    /// The instruments of an ensemble.
    pub fn ensemble(&self, id: &str) -> &[String] {
        self.ensembles.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether a negation is something else in a prompt of this language.
    pub fn has_other_use(&self, word: &str, language: &str) -> bool {
        self.other_use.get(language).is_some_and(|words| words.contains(word))
    }

    /// The languages that have a function word, as bits in the order of [`SPOKEN`].
    pub fn spoken_in(&self, word: &str) -> u8 {
        self.function_words.get(word).copied().unwrap_or(0)
    }

    /// The semitone of a note's name in Romance languages.
    pub fn note(&self, word: &str) -> Option<i32> {
        self.notes.get(word).copied()
    }

    /// The semitone of a German note's name.
    pub fn german_note(&self, word: &str) -> Option<i32> {
        self.german_notes.get(word).copied()
    }

    /// Semitones that a word like "sharp" adds to the note before it.
    pub fn alteration(&self, word: &str) -> Option<i32> {
        self.alterations.get(word).copied()
    }

    /// Whether a word stands between a noun and what is said about it.
    pub fn is_link(&self, word: &str) -> bool {
        self.links.contains(word)
    }

    /// Whether a word stands between the ends of a range.
    pub fn is_to(&self, word: &str) -> bool {
        self.to.contains(word)
    }

    /// The genre a free text names, e.g. what a user typed as a finetune's main genre.
    pub fn genre_of(&self, text: &str) -> Option<&str> {
        let spaced = text.replace(['_', '/'], " ");
        let tokens = super::brief::tokens::tokenise(&spaced);
        let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
        let mut found = None;
        let mut at = 0;
        while at < words.len() {
            let Some((count, meanings)) = self.find(&words[at..]) else {
                at += 1;
                continue;
            };
            let genre = meanings.iter().find_map(|m| match m {
                Meaning::Genre(id) => Some(id.as_str()),
                _ => None,
            });
            found = genre.or(found);
            at += count;
        }
        found
    }
}

#[cfg(test)]
mod tests;
