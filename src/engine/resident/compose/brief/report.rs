//! What is said about a prompt once it is read: what cannot be done, what contradicts itself, and
//! the fields that follow from others.
//!
//! Must never pass over a wish: a field that nothing acts on has a sentence here.

use super::{Reader, forbids, wants_voices};
use crate::domain::brief::{Brief, VocalsWish};
use crate::domain::score::Role;
use crate::engine::resident::compose::genre::{self, Genre};
use crate::engine::resident::compose::lexicon::{Lexicon, SPOKEN};
use crate::engine::resident::compose::plan::written;

/// Shorter pieces have no room for sections.
const FORM_MIN_S: f64 = 6.0;
/// Moods pull against each other when the product of their modes is below this.
const OPPOSED: f64 = -0.6;

impl Reader<'_> {
    pub(super) fn finish(mut self) -> Brief {
        self.without_avoided_sections();
        self.voices_and_words();
        let brief = &mut self.brief;
        brief.only &= !brief.instruments.is_empty();
        if brief.looped {
            brief.curve.get_or_insert_with(|| "flat".to_owned());
            brief.unsupported.push("loop: this version ends every piece".to_owned());
        }
        if brief.ending.as_deref() == Some("slow_down") {
            brief.unsupported.push("slowing down: the tempo stays the same to the end".to_owned());
        }
        note_meter(brief);
        note_production(brief);
        let genre = genre::get(brief.genre.as_deref());
        note_rhythms(brief, genre);
        note_percussion(brief, genre);
        note_moods(brief);
        note_room(brief);
        self.brief
    }

    fn voices_and_words(&mut self) {
        let brief = &mut self.brief;
        if self.voices.lyrics {
            if brief.vocals == Some(VocalsWish::None) {
                brief.unsupported.push(
                    "lyrics without vocals: there is no voice to sing them, so they are left out"
                        .to_owned(),
                );
            } else {
                brief.vocals = Some(VocalsWish::Wanted);
            }
        }
        if wants_voices(brief) {
            let own = self.language.unwrap_or(SPOKEN[0]);
            brief.language.get_or_insert_with(|| own.to_owned());
            brief
                .unsupported
                .push("vocals: this version writes instrumental music only".to_owned());
            return;
        }
        // "Male" and "female" say nothing without voices.
        brief.vocal_style.clear();
        brief.understood.retain(|u| u.field != "vocal_style");
        for word in self.voices.words.drain(..) {
            super::push_new(&mut brief.unknown_words, &word);
        }
        if brief.language.is_some() {
            brief.unsupported.push("a language matters only with vocals".to_owned());
        }
    }
}

fn note_meter(brief: &mut Brief) {
    let Some(meter) = brief.meter else { return };
    let Some(bars) = written(meter).filter(|bars| *bars != meter) else { return };
    let feel = if bars.beats == meter.beats { "" } else { " with swung eighths" };
    brief.unsupported.push(format!("meter {meter}: its bars are written as {bars}{feel}"));
}

fn note_production(brief: &mut Brief) {
    for id in &brief.production {
        brief.unsupported.push(format!(
            "production {}: takes sound as the finetune or the base does",
            id.replace('_', " ")
        ));
    }
}

/// Grooves that the genre's grammar has no pattern for.
fn note_rhythms(brief: &mut Brief, genre: Option<&Genre>) {
    let Some(genre) = genre else { return };
    for id in brief.rhythms.clone() {
        let Some(rhythm) = Lexicon::get().rhythms.get(&id) else { continue };
        let played = rhythm.swing.is_some()
            || genre.drums.iter().any(|p| rhythm.drums.contains(&p.name))
            || genre.bass.iter().any(|p| rhythm.bass.contains(&p.name))
            || genre.comp.iter().any(|p| rhythm.comp.contains(&p.name));
        if !played {
            let name = brief.genre.as_deref().unwrap_or(genre::DEFAULT).replace('_', " ");
            brief.unsupported.push(format!(
                "rhythm {}: the patterns of {name} have none like it",
                id.replace('_', " ")
            ));
        }
    }
}

/// Percussion that no pattern of the genre strikes.
fn note_percussion(brief: &mut Brief, genre: Option<&Genre>) {
    let Some(genre) = genre else { return };
    for id in brief.instruments.clone() {
        let Some(instrument) = Lexicon::get().instruments.get(&id) else { continue };
        let struck = |voice: char| genre.drums.iter().any(|p| p.voices.contains_key(&voice));
        if !instrument.voices.is_empty() && !instrument.voices.chars().any(struck) {
            let name = brief.genre.as_deref().unwrap_or(genre::DEFAULT).replace('_', " ");
            brief
                .unsupported
                .push(format!("{}: the drum patterns of {name} have none", id.replace('_', " ")));
        }
    }
}

fn note_moods(brief: &mut Brief) {
    let moods = &Lexicon::get().moods;
    let known: Vec<(&String, f64)> =
        brief.moods.iter().filter_map(|id| Some((id, moods.get(id)?.minor))).collect();
    let pair = known.iter().enumerate().find_map(|(i, (a, x))| {
        known[..i].iter().find(|(_, y)| x * y < OPPOSED).map(|(b, _)| ((*b).clone(), (*a).clone()))
    });
    if let Some((a, b)) = pair {
        brief.unsupported.push(format!("{a} and {b}: opposite moods, which meet half way"));
    }
}

/// Wishes that leave no room for music.
fn note_room(brief: &mut Brief) {
    let whole = brief.genre.is_some() || !brief.sections.is_empty();
    if let Some(seconds) = brief.seconds.filter(|s| *s < FORM_MIN_S && whole) {
        brief.unsupported.push(format!("{seconds} s: too short for a form, one phrase is written"));
    }
    if Role::ALL.into_iter().all(|role| forbids(brief, role)) {
        brief.unsupported.push("every part is forbidden: nothing is left to play".to_owned());
    }
}
