//! Sections: which, how many, how long, how full.
//!
//! Must never take a word for a section's that stands beside something else: "big" is about a
//! chorus only right before or after it.

use super::scope::Class;
use super::{Reader, push_new};
use crate::domain::brief::SectionWish;
use crate::engine::resident::compose::lexicon::Meaning;

/// What was said of a section before its name.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) count: Option<u32>,
    pub(super) bars: Option<u32>,
    length: Option<f64>,
    energy: Option<f64>,
}

impl Reader<'_> {
    /// A word that says how long or full the section beside it is.
    pub(super) fn section_word(&mut self, at: usize) -> Option<usize> {
        let (length, energy) = self.lexicon.section_word(self.text(at))?;
        if self.section_ahead(at + 1) {
            self.pending.length = length.or(self.pending.length);
            self.pending.energy = energy.or(self.pending.energy);
            return Some(1);
        }
        // After the name, as in "final suave" or "the chorus is big".
        let linked = at.checked_sub(1).filter(|i| self.lexicon.is_link(self.text(*i)));
        let beside = self.after_section(at) || linked.is_some_and(|i| self.after_section(i));
        if self.starts_clause(at) || !beside || self.negation.is_open() {
            return None;
        }
        let (first, _) = self.group?;
        for section in &mut self.brief.sections[first..] {
            section.length_factor = length.or(section.length_factor);
            section.energy_shift = energy.or(section.energy_shift);
        }
        self.group = Some((first, at + 1));
        self.understood(at, 1, "sections", self.text(at).to_owned());
        Some(1)
    }

    /// Whether a section's name follows, with at most another such word or a number between.
    fn section_ahead(&self, at: usize) -> bool {
        let section = |at: usize| {
            self.meanings(at)
                .is_some_and(|(_, m)| m.iter().any(|m| matches!(m, Meaning::Section(_))))
        };
        let between = self.lexicon.section_word(self.text(at)).is_some()
            || self.lexicon.number(self.text(at)).is_some();
        section(at) || between && !self.starts_clause(at) && section(at + 1)
    }

    /// Whether the name of a section, and perhaps a small word, stands right before a token.
    pub(super) fn after_section(&self, at: usize) -> bool {
        let Some((_, end)) = self.group else { return false };
        end == at
            || end + 1 == at && self.lexicon.is_link(self.text(end)) && !self.starts_clause(at)
    }

    pub(super) fn section(&mut self, at: usize, count: usize, name: &str) {
        let pending = std::mem::take(&mut self.pending);
        self.understood(at, count, "sections", name.to_owned());
        self.brief.avoid.retain(|avoided| avoided != name);
        let first = self.brief.sections.len();
        for _ in 0..pending.count.unwrap_or(1) {
            self.brief.sections.push(SectionWish {
                name: name.to_owned(),
                bars: pending.bars,
                length_factor: pending.length,
                energy_shift: pending.energy,
            });
        }
        self.group = Some((first, at + count));
        self.last = (Class::Section, at + count);
    }

    /// "Verse 8 bars" gives the section before it its length.
    pub(super) fn section_bars(&mut self, at: usize, count: usize, bars: u32) {
        let Some((first, _)) = self.group else { return };
        let bars = bars.clamp(1, 128);
        for section in &mut self.brief.sections[first..] {
            section.bars = Some(bars);
        }
        let name = self.brief.sections.last().map_or("", |s| s.name.as_str());
        let value = format!("{name} {bars}");
        self.understood(at, count, "sections", value);
    }

    pub(super) fn form(&mut self, at: usize, count: usize, id: &str) {
        let names = self.lexicon.form(id);
        self.brief.sections.extend(names.iter().map(|name| SectionWish::named(name)));
        self.understood(at, count, "sections", names.join(" "));
        self.last = (Class::Section, at + count);
    }

    /// Sections that are forbidden are not asked for.
    pub(super) fn without_avoided_sections(&mut self) {
        let avoided = self.brief.avoid.clone();
        let mut passed = Vec::new();
        self.brief.sections.retain(|section| {
            let kept = !avoided.contains(&section.name);
            if !kept {
                push_new(&mut passed, &section.name);
            }
            kept
        });
        for name in passed {
            self.brief.unsupported.push(format!(
                "{} is asked for and forbidden: it is left out",
                name.replace('_', " ")
            ));
        }
    }
}
