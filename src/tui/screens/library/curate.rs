//! Decisions about tracks: in or out, rights, datasets. Each can be taken back.

use super::Library;
use super::forms::{import_form, rights_form, train_form};
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::listening::Severity;
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Edit};
use crate::tui::cx::{Cx, Do};
use crate::tui::overlay::form::{Form, Line, Must};
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::words;
use std::collections::BTreeSet;

impl Library {
    pub(super) fn curate(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::Browse => cx.todo.push(Do::Browse(cx.setup.folder.clone())),
            Act::Import => cx.open(import_form(arg.unwrap_or(""), cx)),
            Act::Exclude => {
                let tracks = self.by_dataset(cx);
                let count: usize = tracks.iter().map(|(_, t)| t.len()).sum();
                let title = format!("Leave out {}", words::count(count, "track", "tracks"));
                let help = "why, for whoever looks at this dataset later; u takes it back";
                let line = Line::text("reason", &self.likely_reason(cx), Must::Something, help);
                cx.open(Overlay::Form(Form::new(
                    &title,
                    "",
                    vec![line],
                    "leave out",
                    Purpose::Exclude(tracks),
                )));
            }
            Act::Include => {
                for (name, tracks) in self.by_dataset(cx) {
                    cx.ask(Ask::Edit(name, Edit::Include(tracks)));
                }
                self.marks.clear();
            }
            Act::Rights => cx.open(rights_form(self.chosen(cx), cx)),
            Act::Train => {
                if let Some(name) = self.dataset(cx) {
                    cx.open(train_form(&name, cx));
                }
            }
            Act::Screen => {
                if let Some(name) = self.dataset(cx) {
                    cx.ask(Ask::Screen(name));
                }
            }
            Act::NewSet => self.new_set(arg, cx),
            Act::AddTo => {
                let items = cx.facts.datasets.iter().map(|d| Item {
                    value: d.name.to_string(),
                    words: d.name.to_string(),
                    note: words::count(d.members.len(), "track", "tracks"),
                });
                let picker =
                    Picker::new("Add to", items.collect(), Purpose::AddTo(self.chosen(cx)));
                cx.open(Overlay::Picker(picker));
            }
            Act::Remove => {
                for (name, tracks) in self.by_dataset(cx) {
                    cx.ask(Ask::Edit(name, Edit::Remove(tracks)));
                }
                self.marks.clear();
            }
            Act::Undo => {
                if let Some(name) = self.decided(cx) {
                    cx.ask(Ask::Edit(name, Edit::Undo));
                }
            }
            Act::Redo => {
                if let Some(name) = self.decided(cx) {
                    cx.ask(Ask::Edit(name, Edit::Redo));
                }
            }
            Act::Copy => {
                if let Some(member) = self.track(cx) {
                    cx.todo.push(Do::Copy(cx.facts.file_of(&member.track).display().to_string()));
                }
            }
            _ => return false,
        }
        true
    }

    fn new_set(&self, arg: Option<&str>, cx: &mut Cx<'_>) {
        let tracks = if self.marks.is_empty() { Vec::new() } else { self.chosen(cx) };
        match arg {
            Some(name) => {
                let name = DatasetName::slug(name);
                cx.ask(Ask::Edit(name, Edit::New(tracks)));
            }
            None => {
                let with = words::count(tracks.len(), "marked track", "marked tracks");
                let about = if tracks.is_empty() {
                    "An empty dataset.".to_owned()
                } else {
                    format!("With {with}; they stay where they are as well.")
                };
                let help = "small letters, digits and hyphens";
                let line = Line::text("name", "", Must::Slug, help);
                let form =
                    Form::new("New dataset", &about, vec![line], "make", Purpose::NewSet(tracks));
                cx.open(Overlay::Form(form));
            }
        }
    }

    /// The chosen tracks, each with the dataset it is listed in.
    pub(super) fn by_dataset(&self, cx: &Cx<'_>) -> Vec<(DatasetName, Vec<TrackId>)> {
        let chosen: BTreeSet<TrackId> = self.chosen(cx).into_iter().collect();
        let mut out: Vec<(DatasetName, Vec<TrackId>)> = Vec::new();
        for row in &self.rows {
            let Some(dataset) = cx.facts.datasets.get(row.dataset) else { continue };
            let Some(id) = Self::id_of(cx, row).filter(|id| chosen.contains(id)) else { continue };
            match out.iter_mut().find(|(name, _)| *name == dataset.name) {
                Some((_, tracks)) => tracks.push(id.clone()),
                None => out.push((dataset.name.clone(), vec![id.clone()])),
            }
        }
        out
    }

    /// The worst problem of the track under the cursor.
    fn likely_reason(&self, cx: &Cx<'_>) -> String {
        let sketch = self.track(cx).and_then(|m| cx.facts.sketch(&m.track.track_id));
        let worst = sketch.and_then(|s| {
            let serious = s.problems.iter().filter(|p| p.severity >= Severity::Warn);
            serious.max_by_key(|p| p.severity)
        });
        worst.map_or_else(String::new, |p| p.kind.word().replace('_', " "))
    }
}
