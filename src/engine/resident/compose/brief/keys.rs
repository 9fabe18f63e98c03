//! Keys, modes and progressions: "A minor", "F#m", "la menor", "si bémol majeur", "fis-Moll".
//!
//! Must never take a word for a note: single letters and syllables are notes only where a mode, an
//! accidental or "in" says so.

use super::Reader;
use super::scope::Class;
use crate::domain::pitch::{Key, Mode, PitchClass};
use crate::engine::resident::compose::lexicon::Meaning;
use crate::engine::resident::compose::roman;

/// A note read at a token.
struct Note {
    tonic: PitchClass,
    count: usize,
    /// "Am" says minor by itself.
    minor: bool,
    /// A capital letter, which is a key after "in" even without a mode.
    capital: bool,
}

/// Fewest numerals in a row that are a progression: "I" and "i" alone are words.
const NUMERALS: usize = 3;

impl Reader<'_> {
    /// A key that starts at a token, if it is longer than the phrase that starts there.
    pub(super) fn key(&mut self, at: usize, phrase: usize) -> Option<usize> {
        let note = self.note(at)?;
        let named = self.mode_after(at + note.count);
        let (mode, near, count) = match named {
            Some((mode, near, words)) => (mode, near, note.count + words),
            None if note.minor => (Mode::Minor, None, note.count),
            None if note.capital && matches!(self.before(at), "in" | "of" | "en" | "em") => {
                let minor = self.brief.minor.unwrap_or(false);
                (if minor { Mode::Minor } else { Mode::Major }, None, note.count)
            }
            None => return None,
        };
        if count < phrase || self.text(at) == "a" && !self.is_tonic(at, count) {
            return None;
        }
        if self.negation.is_open() {
            self.cannot_forbid(at, count);
            return Some(count);
        }
        self.set_key(at, count, Key::new(note.tonic, mode), near);
        Some(count)
    }

    fn set_key(&mut self, at: usize, count: usize, key: Key, near: Option<&str>) {
        if let Some(name) = near {
            self.brief.unsupported.push(format!(
                "mode {name}: {} is the nearest that can be written",
                key.mode.name()
            ));
        }
        let old = self.brief.key.replace(key);
        self.settle("key", at, count, old.is_some_and(|old| old != key));
        self.understood(at, count, "key", key.to_string());
        self.last = (Class::Key, at + count);
    }

    /// In "in a minor key" and "a minor blues" the "a" is no note.
    fn is_tonic(&self, at: usize, count: usize) -> bool {
        if self.tokens[at].raw == "A" {
            return true;
        }
        const NOUNS: [&str; 9] =
            ["key", "keys", "mode", "scale", "mood", "feel", "tone", "tonality", "chord"];
        let next = self.text(at + count);
        let asked = matches!(self.before(at), "in" | "of");
        !NOUNS.contains(&next) && (asked || self.starts_clause(at + count))
    }

    fn note(&self, at: usize) -> Option<Note> {
        let text = self.text(at);
        let german = self.lexicon.german_note(text);
        if let Some(semitone) = german
            && matches!(self.text(at + 1), "dur" | "moll")
        {
            return Some(Note {
                tonic: PitchClass::new(semitone),
                count: 1,
                minor: false,
                capital: false,
            });
        }
        let raw = self.tokens[at].raw.as_str();
        let (tonic, minor, letter) = match self.lexicon.note(text) {
            Some(semitone) => (PitchClass::new(semitone), false, false),
            None => (letter_note(raw)?, raw.len() > 1 && raw.ends_with('m'), true),
        };
        let shift = if self.starts_clause(at + 1) {
            None
        } else {
            self.lexicon.alteration(self.text(at + 1))
        };
        Some(Note {
            tonic: tonic.transpose(shift.unwrap_or(0)),
            count: if shift.is_some() { 2 } else { 1 },
            minor,
            capital: letter && raw.starts_with(|c: char| c.is_ascii_uppercase()),
        })
    }

    /// The mode named at a token: it, the name of a scale that it stands for, and its words.
    fn mode_after(&self, at: usize) -> Option<(Mode, Option<&'static str>, usize)> {
        if self.starts_clause(at) {
            return None;
        }
        if self.text(at) == "min" {
            return Some((Mode::Minor, None, 1));
        }
        let (count, found) = self.meanings(at)?;
        found.iter().find_map(|m| match m {
            Meaning::Mode(mode) => Some((*mode, None, count)),
            Meaning::NearMode(name, near) => Some((*near, Some(name.as_str()), count)),
            _ => None,
        })
    }

    /// A mode without a note before it: "hijaz on D", "in a minor key".
    pub(super) fn bare_mode(&mut self, at: usize, count: usize, mode: Mode, near: Option<&str>) {
        let next = at + count;
        let placed = matches!(self.text(next), "on" | "in" | "auf" | "sur" | "su" | "en" | "sobre");
        if placed
            && !self.starts_clause(next + 1)
            && let Some(note) = self.note(next + 1)
            && note.capital
            && self.mode_after(next + 1 + note.count).is_none()
        {
            self.set_key(at, count + 1 + note.count, Key::new(note.tonic, mode), near);
            return;
        }
        self.brief.minor = Some(mode.is_minor());
        let name = near.unwrap_or(mode.name());
        self.understood(at, count, "minor", mode.is_minor().to_string());
        if !matches!(name, "major" | "minor") {
            self.brief.unsupported.push(format!(
                "mode {name} without a note: only its third is followed; \"D {name}\" says more"
            ));
        }
    }

    /// "i bVII bVI V": one numeral a bar.
    pub(super) fn progression(&mut self, at: usize) -> Option<usize> {
        let numerals: Vec<&str> = self.tokens[at..]
            .iter()
            .map(|t| t.raw.as_str())
            .take_while(|raw| is_numeral(raw))
            .collect();
        let count = numerals.len();
        if count < NUMERALS {
            return None;
        }
        self.understood(at, count, "progression", numerals.join(" "));
        self.brief.progression = numerals.iter().map(|n| (*n).to_owned()).collect();
        let home = numerals.iter().find(|n| matches!(n.trim_end_matches(is_quality), "i" | "I"));
        if let Some(home) = home {
            self.brief.minor = Some(home.starts_with('i'));
        }
        Some(count)
    }
}

fn is_quality(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'm' | 'a' | 'j' | 's' | 'u' | 'd' | '°')
}

/// Whether a word is a Roman numeral with at most a quality after it.
fn is_numeral(raw: &str) -> bool {
    let body = raw.trim_start_matches(['b', '#', '♭', '♯']);
    let letters = body.trim_end_matches(is_quality);
    let numeral = ["I", "II", "III", "IV", "V", "VI", "VII"]
        .into_iter()
        .any(|n| letters == n || letters == n.to_ascii_lowercase());
    let key = Key::new(PitchClass::new(0), Mode::Major);
    numeral && roman::chord(raw, key).is_some()
}

/// "A", "Bb", "F#", "Am", "C#m"; a lower-case letter too, which needs a mode after it.
fn letter_note(raw: &str) -> Option<PitchClass> {
    let body = raw.strip_suffix('m').filter(|b| !b.is_empty()).unwrap_or(raw);
    let lower = body.starts_with(|c: char| c.is_ascii_lowercase());
    // "eb" and "am" are no notes in lower case; "c#" and "e♭" are.
    if body.chars().count() > 2 || lower && (body.ends_with('b') && body.len() > 1 || body != raw) {
        return None;
    }
    PitchClass::parse(body)
}
