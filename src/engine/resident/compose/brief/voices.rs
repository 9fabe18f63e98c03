//! Voices: whether they are asked for, how they should sound, and in which language they sing.
//!
//! Must never take a word about something else for one about voices: "warm" is a mood unless it
//! stands beside them.

use super::scope::Class;
use super::{Reader, push_new};
use crate::domain::brief::VocalsWish;
use crate::engine::resident::compose::lexicon::{Meaning, Scope};

/// What was read about voices so far.
#[derive(Default)]
pub(super) struct Voices {
    /// Words about voices, as they stand in the prompt: of no use without voices.
    pub(super) words: Vec<String>,
    /// Whether words to sing are asked for.
    pub(super) lyrics: bool,
    /// The token after the last word about voices.
    end: Option<usize>,
}

impl Reader<'_> {
    pub(super) fn vocals(&mut self, at: usize, count: usize, meaning: &Meaning) {
        let wish = self.vocals_wish(meaning);
        self.voices.end = Some(at + count);
        self.last = (Class::Voices, at + count);
        if *meaning == Meaning::Lyrics && wish == VocalsWish::Wanted {
            self.voices.lyrics = true;
            self.understood(at, count, "vocals", "lyrics".to_owned());
            return;
        }
        let old = self.brief.vocals.replace(wish);
        // Said by another word for the same thing, it is no contradiction.
        if old.is_some_and(|old| old != wish) {
            self.brief
                .unsupported
                .push("voices are asked for and forbidden: the later word is followed".to_owned());
        }
        let value = if wish == VocalsWish::Wanted { "wanted" } else { "none" };
        self.understood(at, count, "vocals", value.to_owned());
    }

    pub(super) fn vocal_style(&mut self, at: usize, count: usize, id: &str) {
        let words: Vec<String> =
            self.tokens[at..at + count].iter().map(|t| t.raw.clone()).collect();
        self.voices.words.push(words.join(" "));
        self.voices.end = Some(at + count);
        push_new(&mut self.brief.vocal_style, id);
        self.understood(at, count, "vocal_style", id.to_owned());
    }

    /// Whether a word stands right before or after voices, or before or after another word about
    /// them.
    pub(super) fn beside_voices(&self, at: usize, count: usize) -> bool {
        if self.voices.end == Some(at) && !self.starts_clause(at) {
            return true;
        }
        let mut next = at + count;
        for _ in 0..3 {
            let Some((count, found)) = self.meanings(next) else { return false };
            if found.contains(&Meaning::Vocals) {
                return true;
            }
            let passing = |m: &Meaning| {
                matches!(
                    m,
                    Meaning::VocalStyle(_)
                        | Meaning::Mood(_)
                        | Meaning::Language(_)
                        | Meaning::Scope(Scope::And)
                )
            };
            if !found.iter().any(passing) {
                return false;
            }
            next += count;
        }
        false
    }

    /// Whether a name that is also a genre's means a language: "in Arabic", "Arabic vocals".
    pub(super) fn is_language(&self, at: usize, count: usize) -> bool {
        let asked = matches!(self.before(at), "in" | "en" | "em" | "auf");
        let sung = self.meanings(at + count).is_some_and(|(_, found)| {
            found.iter().any(|m| matches!(m, Meaning::Vocals | Meaning::Lyrics))
        });
        asked || sung
    }

    pub(super) fn sung_in(&mut self, at: usize, count: usize, name: &str) {
        let old = self.brief.language.replace(name.to_owned());
        self.settle("language", at, count, old.is_some_and(|old| old != name));
        self.understood(at, count, "language", name.to_owned());
    }
}
