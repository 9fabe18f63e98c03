//! The words a prompt may use, read from `lexicon.toml`.

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
    /// General-MIDI program; kits and parts without a sound of their own have none.
    pub program: Option<u8>,
    /// The part it plays.
    pub role: Role,
    /// Words for it.
    pub words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VocalWords {
    words: Vec<String>,
    qualified: Vec<String>,
    none: Vec<String>,
}

#[derive(Deserialize)]
struct Words {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    genres: BTreeMap<String, Vec<String>>,
    genre_alias: BTreeMap<String, String>,
    moods: BTreeMap<String, Mood>,
    instruments: BTreeMap<String, Instrument>,
    tempo_bpm: BTreeMap<String, f64>,
    tempo_factor: BTreeMap<String, f64>,
    sections: BTreeMap<String, Vec<String>>,
    vocals: VocalWords,
    languages: Words,
    stop: Words,
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
    /// Beats a minute.
    TempoBpm(f64),
    /// Factor on the tempo.
    TempoFactor(f64),
    /// A section's name.
    Section(String),
    /// Voices.
    Vocals,
    /// A word that belongs to voices when voices are asked for.
    VocalQuality,
    /// No voices.
    NoVocals,
    /// A language.
    Language(String),
}

/// The lexicon.
#[derive(Default)]
pub struct Lexicon {
    phrases: HashMap<String, Meaning>,
    longest: usize,
    stop: HashSet<String>,
    /// Moods by id.
    pub moods: BTreeMap<String, Mood>,
    /// Instruments by id.
    pub instruments: BTreeMap<String, Instrument>,
}

impl Lexicon {
    /// The lexicon of the program. The file is part of it; its tests make sure that it can be read.
    pub fn get() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| Self::parse(include_str!("lexicon.toml")).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut lexicon = Self {
            stop: file.stop.words.into_iter().collect(),
            moods: file.moods,
            instruments: file.instruments,
            ..Self::default()
        };
        for (id, words) in file.genres {
            lexicon.add(&words, &Meaning::Genre(id));
        }
        for (word, id) in file.genre_alias {
            lexicon.add(&[word], &Meaning::Genre(id));
        }
        for (id, mood) in lexicon.moods.clone() {
            lexicon.add(&mood.words, &Meaning::Mood(id));
        }
        for (id, instrument) in lexicon.instruments.clone() {
            lexicon.add(&instrument.words, &Meaning::Instrument(id));
        }
        for (word, bpm) in file.tempo_bpm {
            lexicon.add(&[word], &Meaning::TempoBpm(bpm));
        }
        for (word, factor) in file.tempo_factor {
            lexicon.add(&[word], &Meaning::TempoFactor(factor));
        }
        for (id, words) in file.sections {
            lexicon.add(&words, &Meaning::Section(id));
        }
        lexicon.add(&file.vocals.words, &Meaning::Vocals);
        lexicon.add(&file.vocals.qualified, &Meaning::VocalQuality);
        lexicon.add(&file.vocals.none, &Meaning::NoVocals);
        for language in file.languages.words {
            let meaning = Meaning::Language(language.clone());
            lexicon.add(&[language], &meaning);
        }
        Ok(lexicon)
    }

    fn add(&mut self, words: &[String], meaning: &Meaning) {
        for word in words {
            self.longest = self.longest.max(word.split(' ').count());
            self.phrases.entry(word.clone()).or_insert_with(|| meaning.clone());
        }
    }

    /// The longest phrase that starts at the first word: how many words, and its meaning.
    pub fn longest_match(&self, words: &[&str]) -> Option<(usize, &Meaning)> {
        (1..=self.longest.min(words.len())).rev().find_map(|count| {
            let phrase = words[..count].join(" ");
            self.phrases.get(&phrase).map(|meaning| (count, meaning))
        })
    }

    /// Whether a word carries no musical content.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// The genre a free text names, e.g. what a user typed as a finetune's main genre.
    pub fn genre_of(&self, text: &str) -> Option<&str> {
        let lowered = text.to_lowercase().replace(['-', '_', '/'], " ");
        let words: Vec<&str> = lowered.split_whitespace().collect();
        let mut found = None;
        let mut at = 0;
        while at < words.len() {
            match self.longest_match(&words[at..]) {
                Some((count, Meaning::Genre(id))) => {
                    found = Some(id.as_str());
                    at += count;
                }
                Some((count, _)) => at += count,
                None => at += 1,
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::genre;
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let lexicon = Lexicon::parse(include_str!("lexicon.toml")).unwrap();
        for meaning in lexicon.phrases.values() {
            if let Meaning::Genre(id) = meaning {
                assert!(genre::all().contains_key(id), "{id}");
            }
        }
        for phrase in lexicon.phrases.keys() {
            assert_eq!(*phrase, phrase.to_lowercase());
            assert!(!phrase.contains('-'), "{phrase}: hyphens are read as blanks");
        }
        for id in genre::all().keys() {
            let named = lexicon.phrases.values().any(|m| *m == Meaning::Genre(id.clone()));
            assert!(named, "{id} has no word");
        }
    }

    #[test]
    fn longer_phrases_win() {
        let lexicon = Lexicon::get();
        let (count, meaning) = lexicon.longest_match(&["lo", "fi", "hip", "hop", "beat"]).unwrap();
        assert_eq!((count, meaning), (4, &Meaning::Genre("lofi".into())));
        assert_eq!(lexicon.genre_of("Melodic Deep House"), Some("house"));
        assert_eq!(lexicon.genre_of("polka"), None);
    }
}
