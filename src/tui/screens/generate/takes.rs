//! The takes: verdicts, ratings, and what can be done with one.

use super::Generate;
use crate::domain::take::Take;
use crate::domain::verdict::{CopyClass, Layer, Verdict};
use crate::studio::Work;
use crate::studio::evaluation;
use crate::tui::actions::Act;
use crate::tui::ask::Ask;
use crate::tui::cx::{Cx, Do};
use crate::tui::facts::Facts;
use crate::tui::overlay::confirm::Confirm;
use crate::tui::overlay::evidence::{Evidence as Matched, Passage};
use crate::tui::overlay::form::{Form, Line, Must};
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::view::View;
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::player::{Pair, Sound};
use crate::tui::screens::time::Time;
use crate::tui::theme::Role;
use crate::tui::words::{clock, count};

/// Rows of the list of takes in a pane of a height: the rest is the waveform and the verdict.
pub fn list_height(pane: u16) -> u16 {
    if pane >= 12 { pane - 8 } else { pane.saturating_sub(if pane > 5 { 4 } else { 2 }) }
}

/// The name of whose sound a take is in.
pub fn sound_of(take: &Take, facts: &Facts) -> String {
    match &take.request.finetune {
        None => "base".to_owned(),
        Some(id) => {
            let known = facts.finetunes.iter().find(|f| f.finetune_id == *id);
            known.map_or_else(|| id.to_string(), |f| f.name.clone())
        }
    }
}

/// The style rank in a cell.
pub fn style(take: &Take) -> (String, Role) {
    let style = take.verdict.as_ref().map(|v| &v.style);
    match style.and_then(|s| Some((s.rank?, s.of))) {
        Some((rank, of)) => (format!("{rank} of {of}"), Role::Text),
        None => ("-".to_owned(), Role::Dim),
    }
}

/// The copy evidence in a cell.
pub fn copied(take: &Take) -> (String, Role) {
    let Some(copy) = take.verdict.as_ref().map(|v| &v.copy) else {
        return ("-".to_owned(), Role::Dim);
    };
    match (copy.class, copy.evidence.len(), copy.nearest_bits) {
        (Some(class), ..) if class <= CopyClass::C => (format!("class {class:?}"), Role::Bad),
        (Some(class), ..) => (format!("class {class:?}"), Role::Text),
        (None, 0, Some(_)) => ("none found".to_owned(), Role::Ok),
        (None, 0, None) => ("too short".to_owned(), Role::Dim),
        (None, n, _) => (format!("{n} found!"), Role::Bad),
    }
}

impl Generate {
    pub(super) fn act_on_take(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        let Some(take) = self.take(cx) else { return false };
        let id = take.take_id.clone();
        match act {
            Act::RateUp | Act::RateDown => {
                // Keys may come faster than answers: the next step is from what was asked last.
                let asked = self.rated.as_ref().filter(|(of, _)| *of == id).map(|(_, r)| *r);
                let now = asked.unwrap_or(take.rating.unwrap_or(0));
                let next =
                    if act == Act::RateUp { (now + 1).min(5) } else { now.saturating_sub(1) };
                self.rated = Some((id.clone(), next));
                cx.ask(Ask::Rate(id, (next > 0).then_some(next)));
            }
            Act::Play => cx.todo.push(Do::Hear(sound(take, &self.time))),
            Act::Copy => cx.todo.push(Do::Copy(take.audio.display().to_string())),
            Act::KeepTake => cx.ask(Ask::KeepTake(id, !take.kept)),
            Act::Export => match arg {
                Some(folder) => cx.ask(Ask::Export(id, cx.setup.folder.join(folder))),
                None => {
                    let help = "the take, its stems and score if it has them, and its report";
                    let line = Line::text("folder", "takes", Must::Something, help);
                    let about = format!("Relative to {}.", cx.setup.folder.display());
                    let purpose = Purpose::Export(id);
                    let form = Form::new("Export the take", &about, vec![line], "export", purpose);
                    cx.open(Overlay::Form(form));
                }
            },
            Act::ClearTakes => cx.open(clear(cx)),
            Act::Excerpt => {
                let (from, to) = self.time.excerpt(take.duration_s);
                let folder = cx.setup.folder.clone();
                cx.ask(Ask::Excerpt(take.audio.clone(), (from, to), folder));
            }
            Act::Switch => {
                let first = sound(take, &self.time);
                match cx.player.pair.as_ref().filter(|p| p.a.path == first.path) {
                    Some(pair) => cx.todo.push(Do::Compare(Box::new(pair.clone()))),
                    None => match nearest(take, cx.facts) {
                        Some(b) => {
                            let pair = Pair { second: false, a: first, b, places: None };
                            cx.todo.push(Do::Compare(Box::new(pair)));
                        }
                        None => cx.open(compare_with(first, cx)),
                    },
                }
            }
            Act::With => cx.open(compare_with(sound(take, &self.time), cx)),
            Act::DeleteTake => {
                let words = format!(
                    "{id} ({}) is deleted with its stems and its score. The same request makes it again, byte for byte: seed {}.",
                    clock(take.duration_s),
                    take.seed
                );
                let confirm = Confirm::new(
                    "Delete the take?",
                    &words,
                    "delete it",
                    Purpose::DeleteTakes(vec![id]),
                );
                cx.open(Overlay::Confirm(confirm));
            }
            Act::Variation => {
                let newest = cx
                    .facts
                    .takes
                    .iter()
                    .filter(|t| t.request.prompt == take.request.prompt)
                    .map(|t| t.seed)
                    .max();
                let mut settings = self.settings.clone();
                take_over(&mut settings, take);
                settings.takes = 1;
                settings.seed = newest.unwrap_or(take.seed).wrapping_add(1);
                let work = settings.work(&take.request.prompt);
                cx.ask(Ask::Submit(Work::Generate(Box::new(work))));
            }
            Act::UsePrompt => {
                let take = take.clone();
                take_over(&mut self.settings, &take);
                self.set_prompt(&take.request.prompt, cx);
            }
            Act::Evidence => cx.open(self.evidence(take, cx.facts)),
            _ => return self.act_on_wave(act, cx),
        }
        true
    }
}

impl Generate {
    fn act_on_wave(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        let Some(take) = self.take(cx) else { return false };
        let sections: Vec<(f64, f64)> =
            take.plan.sections.iter().map(|s| (s.start_s, s.start_s + s.duration_s)).collect();
        let stand = cx.player.stand_s(&take.audio, cx.now);
        if act.is_of_time() {
            self.time.follow(stand);
        }
        let before = self.time;
        match self.time.act(act, &sections, take.duration_s) {
            None => return false,
            Some(Err(why)) => cx.complain(why),
            Some(Ok(())) => {}
        }
        let moved = before.at_s != self.time.at_s || before.looped() != self.time.looped();
        if moved && stand.is_some() {
            cx.todo.push(if cx.player.sounds() {
                Do::HearFrom(sound(take, &self.time))
            } else {
                // What rests begins at the cursor when it goes on.
                Do::Ask(None, Ask::Silence)
            });
        }
        true
    }
}

fn take_over(settings: &mut super::Settings, take: &Take) {
    settings.finetune.clone_from(&take.request.finetune);
    settings.seconds = take.request.seconds;
    settings.seed = take.request.seed;
    settings.loudness_lufs = take.request.loudness_lufs;
    settings.without.clone_from(&take.request.without);
    settings.strength = take.request.strength;
    settings.aspects = take.request.aspects;
    settings.no_vocals = take.request.no_vocals;
}

/// What plays when a take is heard.
pub fn sound(take: &Take, time: &Time) -> Sound {
    Sound {
        path: take.audio.clone(),
        title: take.take_id.to_string(),
        start_s: 0.0,
        at_s: time.at_s,
        length_s: take.duration_s,
        looped_s: time.looped(),
        lufs: take.loudness_lufs,
    }
}

/// The track a take comes nearest to.
fn nearest(take: &Take, facts: &Facts) -> Option<Sound> {
    let id = take.verdict.as_ref()?.copy.nearest_track.as_ref()?;
    let (_, member) = facts.track(id)?;
    Some(facts.sound_of(&member.track))
}

/// A list of what a sound can be compared with: takes, then tracks.
pub fn compare_with(first: Sound, cx: &Cx<'_>) -> Overlay {
    let takes = cx.facts.takes.iter().rev().map(|t| {
        let words = format!("take {} {}", t.take_id, t.request.prompt.replace('\n', " "));
        (sound(t, &Time::default()), words)
    });
    let tracks = cx.facts.tracks().map(|t| (cx.facts.sound_of(t), t.title.clone()));
    let all = takes.chain(tracks).filter(|(s, _)| s.path != first.path);
    let (sounds, words): (Vec<Sound>, Vec<String>) = all.unzip();
    let items = words.into_iter().zip(&sounds).enumerate().map(|(number, (words, sound))| Item {
        value: number.to_string(),
        words,
        note: clock(sound.length_s),
    });
    let title = format!("Compare {} with", first.title);
    let items = items.collect();
    Overlay::Picker(Picker::new(&title, items, Purpose::CompareWith(Box::new(first), sounds)))
}

fn clear(cx: &Cx<'_>) -> Overlay {
    let loose = cx.facts.takes.iter().filter(|t| !t.kept && t.rating.is_none());
    let ids: Vec<_> = loose.map(|t| t.take_id.clone()).collect();
    let words = format!(
        "{} neither kept nor rated go, with their stems. The same requests make them again.",
        count(ids.len(), "take that is", "takes that are")
    );
    Overlay::Confirm(Confirm::new("Clear takes?", &words, "delete them", Purpose::DeleteTakes(ids)))
}

impl Generate {
    /// What a verdict rests on: passages to see and to hear where there are any, and a text.
    fn evidence(&self, take: &Take, facts: &Facts) -> Overlay {
        let lines = rests_on(take, facts);
        let found = take.verdict.iter().flat_map(|v| &v.copy.evidence);
        let passages: Vec<Passage> = found.map(|e| Passage::of(e, facts)).collect();
        let title = "What the verdict rests on";
        if passages.is_empty() {
            return Overlay::View(View::new(title, lines));
        }
        let known = self.peaks.as_ref().filter(|(path, _)| *path == take.audio);
        let peaks = known.map(|(_, peaks)| std::sync::Arc::clone(peaks));
        let take = sound(take, &Time::default());
        Overlay::Evidence(Box::new(Matched::new(title, take, peaks, passages, lines)))
    }
}

/// Everything a verdict rests on, to read.
fn rests_on(take: &Take, facts: &Facts) -> Vec<(String, Role)> {
    let mut lines = vec![
        (take.request.prompt.clone(), Role::Text),
        (String::new(), Role::Text),
        (format!("{}  in the sound of {}", take.take_id, sound_of(take, facts)), Role::Dim),
        (format!("{}  seed {}", super::plan::line(&take.plan), take.seed), Role::Dim),
        (format!("played by {}; {:.1} CPU-seconds", take.sound, take.seconds_spent), Role::Dim),
        (String::new(), Role::Text),
    ];
    match &take.verdict {
        None => lines.push((
            "A take of the base has no dataset to compare with: nothing was judged.".to_owned(),
            Role::Text,
        )),
        Some(verdict) => judged(verdict, facts, &mut lines),
    }
    let brief = &take.brief;
    if !brief.unknown_words.is_empty() {
        lines.push((format!("not understood: {}", brief.unknown_words.join(", ")), Role::Warn));
    }
    lines.extend(brief.unsupported.iter().map(|u| (format!("not done: {u}"), Role::Warn)));
    lines
}

fn judged(verdict: &Verdict, facts: &Facts, lines: &mut Vec<(String, Role)>) {
    lines.push((evaluation::words(verdict), Role::Text));
    lines.push((String::new(), Role::Text));
    lines.push(("Does it sound like the artist?".to_owned(), Role::Accent));
    if let (Some(rank), of) = (verdict.style.rank, verdict.style.of) {
        let p = verdict.style.p.map_or_else(String::new, |p| format!(", p {p:.2}"));
        lines.push((format!("  rank {rank} of {of}{p}"), Role::Text));
    }
    for (aspect, p) in &verdict.style.aspects {
        lines.push((format!("  {aspect:<12} p {p:.2}"), Role::Dim));
    }
    lines.push((String::new(), Role::Text));
    lines.push(("Is it a copy?".to_owned(), Role::Accent));
    let layers: Vec<&str> = verdict
        .copy
        .layers_checked
        .iter()
        .map(|l| match l {
            Layer::Audio => "recording",
            Layer::Notes => "notes",
            Layer::Groove => "groove",
        })
        .collect();
    lines.push((
        format!(
            "  checked: {}, against {}",
            if layers.is_empty() { "nothing".to_owned() } else { layers.join(", ") },
            count(verdict.copy.tracks_compared, "track", "tracks")
        ),
        Role::Dim,
    ));
    if let Some(track) = verdict.copy.nearest_track.as_ref() {
        let words = format!("  nearest: {}", facts.title(track));
        lines.push((words, Role::Text));
    }
    lines.push((format!("  held-out tracks to test against: {}", verdict.heldout.n), Role::Dim));
    lines.push((String::new(), Role::Text));
}
