//! From the word lists to the tables that a reader looks up in.
//!
//! Must never let one list push another's word out: a phrase that is in two lists has both
//! meanings, and the reader chooses by what stands around it.

use super::files::{Genres, Grammar, Instruments, Listed, Music, Structure, Words};
use super::{Lexicon, Meaning, Mood, SPOKEN, Scope, Table, Unit, fold};
use crate::domain::pitch::Mode;
use crate::engine::resident::compose::brief::tokens::tokenise;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why the lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// A list cannot be read.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// Something in a list is not what it should be.
    #[error("\"{0}\" is no {1}")]
    Value(String, &'static str),
}

impl Lexicon {
    /// Reads all lists.
    pub(super) fn read() -> Result<Self, LexiconError> {
        let genres: Genres = toml::from_str(include_str!("../words/genres.toml"))?;
        let moods: BTreeMap<String, Mood> = toml::from_str(include_str!("../words/moods.toml"))?;
        let instruments: Instruments = toml::from_str(include_str!("../words/instruments.toml"))?;
        let music: Music = toml::from_str(include_str!("../words/music.toml"))?;
        let structure: Structure = toml::from_str(include_str!("../words/structure.toml"))?;
        let grammar: Grammar = toml::from_str(include_str!("../words/grammar.toml"))?;
        let mut lexicon = Self::default();
        lexicon.add_each(&genres.words, Meaning::Genre);
        lexicon.broad = folded(&genres.broad.words);
        for (id, mood) in &moods {
            lexicon.add(&mood.words, &Meaning::Mood(id.clone()));
        }
        lexicon.moods = moods;
        lexicon.take_instruments(instruments);
        lexicon.take_music(music)?;
        lexicon.take_structure(structure)?;
        lexicon.take_grammar(grammar)?;
        Ok(lexicon)
    }

    fn take_instruments(&mut self, file: Instruments) {
        for (id, instrument) in &file.instruments {
            self.add(&instrument.words, &Meaning::Instrument(id.clone()));
        }
        self.instruments = file.instruments;
        for (id, ensemble) in file.ensembles {
            self.add(&ensemble.words, &Meaning::Ensemble(id.clone()));
            self.ensembles.insert(id, ensemble.instruments);
        }
    }

    fn take_music(&mut self, file: Music) -> Result<(), LexiconError> {
        for (word, bpm) in file.tempo_bpm {
            self.add(&[word], &Meaning::TempoBpm(bpm));
        }
        for (factor, words) in file.tempo_factor {
            self.add(&words, &Meaning::TempoFactor(number(&factor)?));
        }
        for (name, words) in &file.modes {
            self.add(words, &Meaning::Mode(mode(name)?));
        }
        for (name, near) in file.near_modes {
            self.add(&near.words, &Meaning::NearMode(name, mode(&near.near)?));
        }
        for (name, words) in &file.meters {
            let meter = name.parse().map_err(|_| LexiconError::Value(name.clone(), "meter"))?;
            self.add(words, &Meaning::Meter(meter));
        }
        for (id, rhythm) in &file.rhythms {
            self.add(&rhythm.words, &Meaning::Rhythm(id.clone()));
        }
        self.rhythms = file.rhythms;
        for (id, era) in &file.eras {
            self.add(&era.words, &Meaning::Era(id.clone()));
        }
        self.eras = file.eras;
        self.add_each(&file.production, Meaning::Production);
        for (seconds, words) in file.lengths {
            self.add(&words, &Meaning::Length(number(&seconds)?));
        }
        for (name, words) in file.units {
            let unit = unit(&name)?;
            words.iter().for_each(|word| self.units.add(word, || unit, |_| ()));
        }
        for (name, words) in file.alterations {
            let shift = if name == "sharp" { 1 } else { -1 };
            self.alterations.extend(words.iter().map(|w| (fold::fold(w), shift)));
        }
        self.notes = file.notes.into_iter().collect();
        self.german_notes = file.german_notes.into_iter().collect();
        Ok(())
    }

    fn take_structure(&mut self, file: Structure) -> Result<(), LexiconError> {
        self.add_each(&file.sections, Meaning::Section);
        for (id, form) in file.forms {
            self.add(&form.words, &Meaning::Form(id.clone()));
            self.forms.insert(id, form.sections);
        }
        for (factor, words) in file.section_length {
            let factor = number(&factor)?;
            for word in words {
                self.section_words.entry(fold::fold(&word)).or_default().0 = Some(factor);
            }
        }
        for (shift, words) in file.section_energy {
            let shift = number(&shift)?;
            for word in words {
                self.section_words.entry(fold::fold(&word)).or_default().1 = Some(shift);
            }
        }
        self.add_each(&file.curves, Meaning::Curve);
        self.add_each(&file.endings, Meaning::Ending);
        self.add(&file.looped.words, &Meaning::Loop);
        Ok(())
    }

    fn take_grammar(&mut self, file: Grammar) -> Result<(), LexiconError> {
        let scope = file.scope;
        for (words, kind) in [
            (&file.negation.words, Scope::Not),
            (&scope.ends, Scope::End),
            (&scope.and, Scope::And),
            (&scope.or, Scope::Or),
            (&scope.weaken, Scope::Weaken),
            (&scope.only, Scope::Only),
        ] {
            self.add(words, &Meaning::Scope(kind));
        }
        self.links = folded(&scope.links);
        self.to = folded(&scope.to);
        for (language, words) in file.negation.other_use {
            self.other_use.insert(language, folded(&words));
        }
        self.add(&file.vocals.words, &Meaning::Vocals);
        self.add(&file.vocals.lyrics, &Meaning::Lyrics);
        self.add(&file.vocals.none, &Meaning::NoVocals);
        self.add_each(&file.vocal_style, Meaning::VocalStyle);
        self.add_each(&file.languages, Meaning::Language);
        self.take_numbers(file.numbers, file.halves, &file.tails)?;
        for (language, words) in file.function_words {
            let place = SPOKEN.iter().position(|l| *l == language);
            let place = place.ok_or(LexiconError::Value(language, "language of prompts"))?;
            for word in folded(&words) {
                *self.function_words.entry(word).or_default() |= 1 << place;
            }
        }
        self.stop = folded(&file.stop.words);
        Ok(())
    }

    fn take_numbers(
        &mut self,
        numbers: Words,
        halves: Words,
        tails: &Listed,
    ) -> Result<(), LexiconError> {
        for (value, words) in numbers {
            let value: u32 =
                value.parse().map_err(|_| LexiconError::Value(value.clone(), "number"))?;
            for word in words {
                self.add_number(&word, value);
            }
        }
        self.glued.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(&b.0)));
        self.glued.dedup();
        for (value, words) in halves {
            let value = number(&value)?;
            words.iter().for_each(|word| self.halves.add(word, || value, |_| ()));
        }
        tails.words.iter().for_each(|word| self.tails.add(word, || (), |()| ()));
        Ok(())
    }

    fn add_number(&mut self, word: &str, value: u32) {
        let forms = [Some(fold::fold(word)), fold::without_umlauts(word)];
        for form in forms.into_iter().flatten() {
            if form.len() > 2 {
                self.glued.push((form.clone(), value));
                // Italian tens lose their last vowel before "uno" and "otto".
                if (20..100).contains(&value) && form.ends_with(['a', 'i']) {
                    self.glued.push((form[..form.len() - 1].to_owned(), value));
                }
            }
            self.numbers.insert(form, value);
        }
    }

    fn add_each(&mut self, words: &Words, meaning: impl Fn(String) -> Meaning) {
        for (id, words) in words {
            self.add(words, &meaning(id.clone()));
        }
    }

    fn add(&mut self, words: &[String], meaning: &Meaning) {
        for phrase in words {
            self.phrases.add(phrase, Vec::new, |known| {
                if !known.contains(meaning) {
                    known.push(meaning.clone());
                }
            });
        }
    }
}

impl<T> Table<T> {
    /// Adds a phrase, also as it is written without umlauts, and changes what it is.
    fn add(&mut self, phrase: &str, empty: impl Fn() -> T, change: impl Fn(&mut T)) {
        let spellings = [Some(phrase.to_owned()), fold::without_umlauts(phrase)];
        for spelling in spellings.into_iter().flatten() {
            let tokens = tokenise(&spelling);
            let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
            let Some(first) = words.first() else { continue };
            let longest = self.longest.entry(fold::singular(first).to_owned()).or_default();
            *longest = words.len().max(*longest);
            let key = words.join(" ");
            let bare: Vec<&str> = words.iter().map(|w| fold::singular(w)).collect();
            self.plural.entry(bare.join(" ")).or_insert_with(|| key.clone());
            change(self.exact.entry(key).or_insert_with(&empty));
        }
    }
}

fn folded(words: &[String]) -> HashSet<String> {
    words.iter().map(|w| fold::fold(w)).collect()
}

fn number(text: &str) -> Result<f64, LexiconError> {
    text.parse().map_err(|_| LexiconError::Value(text.to_owned(), "number"))
}

fn mode(name: &str) -> Result<Mode, LexiconError> {
    let found = Mode::ALL.into_iter().find(|m| m.name() == name);
    found.ok_or_else(|| LexiconError::Value(name.to_owned(), "mode"))
}

fn unit(name: &str) -> Result<Unit, LexiconError> {
    let units: HashMap<&str, Unit> = HashMap::from([
        ("bpm", Unit::Bpm),
        ("seconds", Unit::Seconds),
        ("minutes", Unit::Minutes),
        ("bars", Unit::Bars),
    ]);
    units.get(name).copied().ok_or_else(|| LexiconError::Value(name.to_owned(), "unit"))
}
