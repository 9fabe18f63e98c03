//! Prompt to brief: words and phrases of the lexicon, numbers, keys, and the scope of negations.
//!
//! Reads left to right; the longest phrase wins; a later mention wins over an earlier one and the
//! loss is reported. Must never guess: words that say something and are not known are listed, and
//! what is understood but cannot be done is said.

mod keys;
mod languages;
mod numbers;
mod report;
mod scope;
mod sections;
pub mod tokens;
mod voices;

use super::genre;
use super::lexicon::{Lexicon, Meaning};
use crate::domain::brief::{Brief, Understood, VocalsWish};
use crate::domain::listening::Meter;
use crate::domain::score::Role;
use scope::{Class, Negation};
use std::collections::HashMap;
use tokens::{Token, tokenise};

/// Tempi that can be played.
pub const TEMPO_RANGE_BPM: (f64, f64) = (30.0, 300.0);
/// Words that one phrase of the lexicon has at most.
const PHRASE_WORDS: usize = 8;

/// Reads a prompt.
pub fn parse(prompt: &str) -> Brief {
    let tokens = tokenise(prompt);
    let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
    let lexicon = Lexicon::get();
    let mut reader = Reader {
        tokens: &tokens,
        words: &words,
        lexicon,
        language: languages::spoken(&words, lexicon),
        brief: Brief::default(),
        negation: Negation::default(),
        broad_genre: false,
        weakened: false,
        voices: voices::Voices::default(),
        pending: sections::Pending::default(),
        group: None,
        last: (Class::Other, 0),
        said: HashMap::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        at += reader.read(at);
    }
    reader.finish()
}

struct Reader<'a> {
    tokens: &'a [Token],
    words: &'a [&'a str],
    lexicon: &'static Lexicon,
    /// The language that the prompt itself is in, where its words tell.
    language: Option<&'static str>,
    brief: Brief,
    negation: Negation,
    /// Whether the genre so far is a whole field, such as "electronic".
    broad_genre: bool,
    /// Whether "not too" or the like stands before.
    weakened: bool,
    voices: voices::Voices,
    pending: sections::Pending,
    /// The sections named last: the first of them, and the token after their name.
    group: Option<(usize, usize)>,
    /// What was understood last, and the token after it.
    last: (Class, usize),
    /// The words that set a field, for reports.
    said: HashMap<&'static str, String>,
}

impl<'a> Reader<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.words.get(at).copied().unwrap_or("")
    }

    fn before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |i| self.text(i))
    }

    /// The words from a token to the next comma, as many as a phrase can have.
    fn clause(&self, at: usize) -> &'a [&'a str] {
        let most = (at + PHRASE_WORDS).min(self.words.len());
        let end = (at + 1..most).find(|i| self.tokens[*i].after_break).unwrap_or(most);
        self.words.get(at..end).unwrap_or(&[])
    }

    /// Whether a token is the first of a clause, or there is none.
    fn starts_clause(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|t| t.after_break)
    }

    /// What stands at a token of the same clause.
    fn meanings(&self, at: usize) -> Option<(usize, &'static [Meaning])> {
        if self.starts_clause(at) {
            return None;
        }
        let lexicon: &'static Lexicon = self.lexicon;
        lexicon.find(self.clause(at))
    }

    /// Reads what starts at a token; returns how many tokens it took.
    fn read(&mut self, at: usize) -> usize {
        if self.tokens[at].after_break {
            self.negation.close();
            self.weakened = false;
        }
        if let Some(count) = self.progression(at).or_else(|| self.section_word(at)) {
            return count;
        }
        let lexicon: &'static Lexicon = self.lexicon;
        let found = lexicon.find(self.clause(at));
        let length = found.map_or(0, |(count, _)| count);
        if let Some(count) = self.key(at, length) {
            return count;
        }
        if length < 2
            && let Some(count) = self.number(at)
        {
            return count;
        }
        if let Some((count, meanings)) = found {
            self.apply(at, count, meanings);
            return count;
        }
        if let Some(count) = self.suffix(at) {
            return count;
        }
        self.not_known(at);
        1
    }

    fn not_known(&mut self, at: usize) {
        let word = self.text(at);
        let silent = self.lexicon.is_stop_word(word)
            || !self.tokens[at].sign && word.chars().all(|c| !c.is_alphanumeric());
        if !silent {
            push_new(&mut self.brief.unknown_words, &self.tokens[at].raw);
        }
    }

    fn understood(&mut self, at: usize, count: usize, field: &str, value: String) {
        let last = (at + count).min(self.tokens.len()) - 1;
        let (start, end) = (self.tokens[at].start, self.tokens[last].end);
        self.brief.understood.push(Understood { start, end, field: field.to_owned(), value });
    }

    /// Notes what a field was set by; says so where that passes over other words.
    fn settle(&mut self, field: &'static str, at: usize, count: usize, changed: bool) {
        let last = (at + count).min(self.tokens.len()) - 1;
        let words: Vec<&str> = self.tokens[at..=last].iter().map(|t| t.raw.as_str()).collect();
        let words = words.join(" ");
        if let Some(old) = self.said.insert(field, words.clone())
            && changed
        {
            self.brief
                .unsupported
                .push(format!("two {field}s: \"{old}\" is passed over for \"{words}\""));
        }
    }

    fn apply(&mut self, at: usize, count: usize, meanings: &'static [Meaning]) {
        for meaning in self.chosen(at, count, meanings) {
            if let Meaning::Scope(scope) = meaning {
                self.scope(at, count, *scope);
                continue;
            }
            let weakened = std::mem::take(&mut self.weakened);
            if weakened && self.weaken(at, count, meaning) || self.forbid(at, count, meaning) {
                continue;
            }
            self.wish(at, count, meaning);
        }
    }

    /// Sets what a phrase asks for.
    fn wish(&mut self, at: usize, count: usize, meaning: &'static Meaning) {
        match meaning {
            Meaning::Genre(id) => self.genre(at, count, id),
            // A warm voice does not make a warm piece.
            Meaning::Mood(id) if self.beside_voices(at, count) => {
                self.vocal_style(at, count, id);
            }
            Meaning::Mood(id) => {
                self.allow(id);
                self.listed(at, count, "moods", id, |b| &mut b.moods);
                self.last = (Class::Mood, at + count);
            }
            Meaning::Instrument(id) => self.instrument(at, count, id),
            Meaning::Ensemble(id) => {
                let players = self.lexicon.ensemble(id);
                players.iter().for_each(|player| push_new(&mut self.brief.instruments, player));
                self.brief.only = true;
                self.understood(at, count, "instruments", players.join(", "));
            }
            Meaning::TempoBpm(bpm) => {
                self.tempo(at, count, *bpm);
            }
            Meaning::TempoFactor(factor) => self.tempo_factor(at, count, *factor),
            Meaning::Mode(mode) => self.bare_mode(at, count, *mode, None),
            Meaning::NearMode(name, near) => self.bare_mode(at, count, *near, Some(name)),
            Meaning::Meter(meter) => self.meter(at, count, *meter),
            Meaning::Rhythm(id) => self.listed(at, count, "rhythms", id, |b| &mut b.rhythms),
            Meaning::Production(id) => {
                self.listed(at, count, "production", id, |b| &mut b.production);
            }
            Meaning::Era(id) => self.only_one(at, count, "era", id, |b| &mut b.era),
            Meaning::Curve(id) => self.only_one(at, count, "curve", id, |b| &mut b.curve),
            Meaning::Ending(id) => self.only_one(at, count, "ending", id, |b| &mut b.ending),
            Meaning::Section(name) => self.section(at, count, name),
            Meaning::Form(id) => self.form(at, count, id),
            Meaning::Loop => {
                self.brief.looped = true;
                self.understood(at, count, "looped", "true".to_owned());
            }
            Meaning::Length(seconds) => {
                self.length(at, count, *seconds);
            }
            Meaning::Vocals | Meaning::NoVocals | Meaning::Lyrics => {
                self.vocals(at, count, meaning);
            }
            Meaning::VocalStyle(id) => self.vocal_style(at, count, id),
            Meaning::Language(name) => self.sung_in(at, count, name),
            Meaning::Scope(_) => {}
        }
    }

    fn listed(
        &mut self,
        at: usize,
        count: usize,
        field: &str,
        id: &str,
        list: impl Fn(&mut Brief) -> &mut Vec<String>,
    ) {
        push_new(list(&mut self.brief), id);
        self.understood(at, count, field, id.to_owned());
    }

    fn only_one(
        &mut self,
        at: usize,
        count: usize,
        field: &'static str,
        id: &str,
        place: impl Fn(&mut Brief) -> &mut Option<String>,
    ) {
        let old = place(&mut self.brief).replace(id.to_owned());
        self.settle(field, at, count, old.is_some_and(|old| old != id));
        self.understood(at, count, field, id.to_owned());
    }

    /// A genre; its own sub-genre is the same thing said more exactly.
    fn genre(&mut self, at: usize, count: usize, id: &str) {
        self.last = (Class::Genre, at + count);
        self.allow(id);
        self.understood(at, count, "genre", id.to_owned());
        let old = self.brief.genre.clone();
        let broad = self.lexicon.is_broad(&self.words[at..at + count].join(" "));
        let wider = |old: &String| broad || genre::parent(old) == Some(id);
        if old.as_ref().is_some_and(wider) && !self.broad_genre {
            return;
        }
        let was_broad = std::mem::replace(&mut self.broad_genre, broad);
        let narrower =
            was_broad || old.as_deref().is_some_and(|old| genre::parent(id) == Some(old));
        self.settle("genre", at, count, !narrower && old.is_some_and(|old| old != id));
        self.brief.genre = Some(id.to_owned());
    }

    fn instrument(&mut self, at: usize, count: usize, id: &str) {
        let after_genre = self.last == (Class::Genre, at);
        // A "trap beat" is a piece, not a wish for drums.
        if after_genre && matches!(self.text(at), "beat" | "beats") {
            return;
        }
        self.allow(id);
        self.listed(at, count, "instruments", id, |b| &mut b.instruments);
        self.last = (Class::Instrument, at + count);
    }

    fn meter(&mut self, at: usize, count: usize, meter: Meter) {
        self.understood(at, count, "meter", meter.to_string());
        let old = self.brief.meter.replace(meter);
        self.settle("meter", at, count, old.is_some_and(|old| old != meter));
    }

    /// "drumless", "bass-free".
    fn suffix(&mut self, at: usize) -> Option<usize> {
        let word = self.text(at);
        let (stem, count) = match word.strip_suffix("less") {
            Some(stem) if stem.len() > 2 => (stem, 1),
            _ if self.text(at + 1) == "free" => (word, 2),
            _ => return None,
        };
        let (_, meanings) = self.lexicon.find(&[stem])?;
        let id = meanings.iter().find_map(|m| match m {
            Meaning::Instrument(id) => Some(id),
            _ => None,
        })?;
        self.ban(at, count, id);
        Some(count)
    }
}

fn push_new(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|known| known == id) {
        list.push(id.to_owned());
    }
}

/// Whether a brief forbids a part: by its own name, or because nothing but other instruments may
/// play.
pub fn forbids(brief: &Brief, role: Role) -> bool {
    let others = role == Role::Drums && percussion(brief).next().is_some();
    let named = !others
        && brief.avoid.iter().any(|id| {
            matches!(
                (id.as_str(), role),
                ("drums" | "percussion", Role::Drums)
                    | ("bass", Role::Bass)
                    | ("melody", Role::Lead)
                    | ("chords" | "arpeggio", Role::Harmony)
                    | ("pad", Role::Pad)
            )
        });
    named || brief.only && !plays(brief, role)
}

/// Voices of drum patterns whose instruments a brief asks for by name.
fn percussion(brief: &Brief) -> impl Iterator<Item = char> {
    let instruments = &Lexicon::get().instruments;
    brief.instruments.iter().filter_map(|id| instruments.get(id)).flat_map(|i| i.voices.chars())
}

/// Whether a voice of drum patterns is forbidden: by its own name, or with the drums as a whole.
pub fn forbids_voice(brief: &Brief, voice: char) -> bool {
    let instruments = &Lexicon::get().instruments;
    let mut avoided = brief.avoid.iter().filter_map(|id| instruments.get(id));
    let whole = brief.avoid.iter().any(|id| matches!(id.as_str(), "drums" | "percussion"));
    avoided.any(|i| i.voices.contains(voice)) || whole && !percussion(brief).any(|v| v == voice)
}

/// Whether one of the only instruments takes a part. Bass, chords and melody are shared among
/// those that can play notes; drums and the background must be named.
fn plays(brief: &Brief, role: Role) -> bool {
    let instruments = &Lexicon::get().instruments;
    let mut roles = brief.instruments.iter().filter_map(|id| instruments.get(id)).map(|i| i.role);
    match role {
        Role::Drums | Role::Pad => roles.any(|r| r == role),
        _ => roles.any(|r| r != Role::Drums),
    }
}

/// Whether voices are asked for.
fn wants_voices(brief: &Brief) -> bool {
    brief.vocals == Some(VocalsWish::Wanted)
}

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod tests;
