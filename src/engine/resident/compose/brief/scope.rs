//! What small words do to the words around them: negations and how far they reach, "not too", "only".
//!
//! A negation reaches to the next comma or to a word like "but"; "and" carries it on only to things
//! of the same kind. Must never drop what it forbids: everything forbidden is in `avoid`, or said.

use super::{Reader, push_new};
use crate::domain::brief::VocalsWish;
use crate::engine::resident::compose::lexicon::{Meaning, Scope};

/// Kinds of things, as far as scopes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Genre,
    Mood,
    Instrument,
    Key,
    Section,
    Voices,
    Other,
}

impl Class {
    fn of(meaning: &Meaning) -> Self {
        match meaning {
            Meaning::Genre(_) => Self::Genre,
            Meaning::Mood(_) => Self::Mood,
            Meaning::Instrument(_) | Meaning::Ensemble(_) => Self::Instrument,
            Meaning::Section(_) | Meaning::Form(_) => Self::Section,
            // "No vocals and guitars" is one negation: voices are parts like others.
            Meaning::Vocals | Meaning::Lyrics | Meaning::VocalStyle(_) => Self::Instrument,
            _ => Self::Other,
        }
    }
}

/// A negation that is open.
#[derive(Default)]
pub(super) struct Negation {
    open: bool,
    /// The token of the negation, until something was forbidden.
    from: Option<usize>,
    kind: Option<Class>,
}

impl Negation {
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }
}

impl Reader<'_> {
    /// Of the meanings that a phrase has, those that it has here.
    pub(super) fn chosen(
        &self,
        at: usize,
        count: usize,
        meanings: &'static [Meaning],
    ) -> Vec<&'static Meaning> {
        if meanings.len() == 1 {
            return meanings.iter().collect();
        }
        let is = |test: fn(&Meaning) -> bool| meanings.iter().any(test);
        let keep = |test: &dyn Fn(&Meaning) -> bool| meanings.iter().filter(|m| test(m)).collect();
        if is(|m| *m == Meaning::Scope(Scope::Only)) {
            // "solo piano" is nothing but a piano, a "guitar solo" is a section.
            let only =
                self.instrument_ahead(at + count) || !is(|m| matches!(m, Meaning::Section(_)));
            return keep(&|m| matches!(m, Meaning::Scope(Scope::Only)) == only);
        }
        if is(|m| matches!(m, Meaning::Language(_))) {
            let language = self.is_language(at, count);
            return keep(&|m| matches!(m, Meaning::Language(_)) == language);
        }
        if is(|m| matches!(m, Meaning::VocalStyle(_))) && !is(|m| *m == Meaning::Vocals) {
            let style = self.beside_voices(at, count);
            return keep(&|m| matches!(m, Meaning::VocalStyle(_)) == style);
        }
        if is(|m| matches!(m, Meaning::TempoBpm(_))) {
            // Terms of a score elsewhere, everyday words in the languages they come from.
            let everyday =
                matches!(self.language, Some("spanish" | "french" | "italian" | "portuguese"));
            return keep(&|m| matches!(m, Meaning::TempoBpm(_)) != everyday);
        }
        meanings.iter().collect()
    }

    pub(super) fn scope(&mut self, at: usize, count: usize, scope: Scope) {
        match scope {
            Scope::Not => {
                let language = self.language.unwrap_or_default();
                if !self.lexicon.has_other_use(self.text(at), language) {
                    self.negation = Negation { open: true, from: Some(at), kind: None };
                }
            }
            Scope::End => self.negation.close(),
            Scope::And => self.carry_on(at + count),
            Scope::Or => {}
            Scope::Weaken => {
                self.negation.close();
                self.weakened = true;
            }
            Scope::Only => {
                let said_after = self.last == (Class::Instrument, at) && !self.negation.is_open();
                if self.instrument_ahead(at + count) || said_after {
                    self.brief.only = true;
                    self.understood(at, count, "only", "true".to_owned());
                }
                self.negation.close();
            }
        }
    }

    /// "No drums or bass" goes on after an "and" too, "no drums and soft piano" does not.
    fn carry_on(&mut self, next: usize) {
        let Some(kind) = self.negation.kind else { return };
        let same = self
            .meanings(next)
            .is_some_and(|(_, found)| found.iter().any(|m| Class::of(m) == kind));
        if !same {
            self.negation.close();
        }
    }

    /// Whether an instrument follows in the same clause, with nothing but adjectives before it.
    pub(super) fn instrument_ahead(&self, mut at: usize) -> bool {
        for _ in 0..5 {
            match self.meanings(at) {
                Some((_, found)) if found.iter().any(|m| matches!(m, Meaning::Instrument(_))) => {
                    return true;
                }
                Some((count, found)) => {
                    let passing = |m: &Meaning| {
                        matches!(
                            m,
                            Meaning::Mood(_)
                                | Meaning::Production(_)
                                | Meaning::TempoFactor(_)
                                | Meaning::Scope(Scope::End)
                        )
                    };
                    if !found.iter().any(passing) {
                        return false;
                    }
                    at += count;
                }
                None if self.starts_clause(at) || !self.lexicon.is_stop_word(self.text(at)) => {
                    return false;
                }
                None => at += 1,
            }
        }
        false
    }

    /// What "not too" leaves of a word. True if nothing is left to set.
    pub(super) fn weaken(&mut self, at: usize, count: usize, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::TempoFactor(_) => {
                self.tempo_factor(at, count, 1.0);
                true
            }
            Meaning::Mood(id) => {
                let words = self.raw(at.saturating_sub(1), count + 1);
                self.brief.unsupported.push(format!(
                    "\"{words}\": a mood ({id}) can be asked for or forbidden, not dosed"
                ));
                true
            }
            _ => false,
        }
    }

    fn raw(&self, at: usize, count: usize) -> String {
        let words: Vec<&str> =
            self.tokens[at..].iter().take(count).map(|t| t.raw.as_str()).collect();
        words.join(" ")
    }

    /// Takes a phrase under an open negation. False if there is none, or the phrase means the same
    /// with and without it.
    pub(super) fn forbid(&mut self, at: usize, count: usize, meaning: &Meaning) -> bool {
        if !self.negation.is_open() {
            return false;
        }
        match meaning {
            // "No loud drums" is about drums, "no sad voices" about voices.
            Meaning::Mood(_) | Meaning::Production(_)
                if self.instrument_ahead(at + count) || self.beside_voices(at, count) =>
            {
                true
            }
            Meaning::Genre(id)
            | Meaning::Mood(id)
            | Meaning::Instrument(id)
            | Meaning::Ensemble(id)
            | Meaning::Section(id)
            | Meaning::Rhythm(id)
            | Meaning::Production(id)
            | Meaning::Era(id)
            | Meaning::Curve(id)
            | Meaning::Ending(id)
            | Meaning::Language(id) => {
                self.ban(at, count, id);
                self.negation.kind.get_or_insert(Class::of(meaning));
                true
            }
            // Somewhat the other way.
            Meaning::TempoFactor(factor) => {
                let opposite = ((1.0 / factor).sqrt() * 100.0).round() / 100.0;
                self.tempo_factor(at, count, opposite);
                true
            }
            Meaning::Vocals | Meaning::NoVocals | Meaning::Lyrics => {
                self.negation.kind.get_or_insert(Class::Instrument);
                false
            }
            Meaning::VocalStyle(_) | Meaning::Scope(_) => false,
            Meaning::TempoBpm(_)
            | Meaning::Mode(_)
            | Meaning::NearMode(..)
            | Meaning::Meter(_)
            | Meaning::Form(_)
            | Meaning::Loop
            | Meaning::Length(_) => {
                self.cannot_forbid(at, count);
                true
            }
        }
    }

    /// Says that something can be asked for but not forbidden.
    pub(super) fn cannot_forbid(&mut self, at: usize, count: usize) {
        let words = self.raw(at, count);
        self.brief.unsupported.push(format!("not \"{words}\": say what it should be instead"));
    }

    /// Puts something on the list of what is avoided. The span of the first thing after a negation
    /// begins with the negation.
    pub(super) fn ban(&mut self, at: usize, count: usize, id: &str) {
        let from = self.negation.from.take().unwrap_or(at);
        self.understood(from, at + count - from, "avoid", id.to_owned());
        let brief = &mut self.brief;
        let asked = brief.genre.as_deref() == Some(id)
            || brief.moods.iter().any(|m| m == id)
            || brief.instruments.iter().any(|i| i == id);
        if asked {
            brief.genre = brief.genre.take().filter(|genre| genre != id);
            brief.moods.retain(|m| m != id);
            brief.instruments.retain(|i| i != id);
            self.contradiction(id);
        }
        push_new(&mut self.brief.avoid, id);
    }

    /// Takes something off the list of what is avoided, because it is asked for after all.
    pub(super) fn allow(&mut self, id: &str) {
        if self.brief.avoid.iter().any(|a| a == id) {
            self.brief.avoid.retain(|a| a != id);
            self.contradiction(id);
        }
    }

    fn contradiction(&mut self, id: &str) {
        let name = id.replace('_', " ");
        self.brief
            .unsupported
            .push(format!("{name} is asked for and forbidden: the later word is followed"));
    }

    /// Whether voices are forbidden here.
    pub(super) fn vocals_wish(&self, meaning: &Meaning) -> VocalsWish {
        if self.negation.is_open() == (*meaning == Meaning::NoVocals) {
            VocalsWish::Wanted
        } else {
            VocalsWish::None
        }
    }
}
