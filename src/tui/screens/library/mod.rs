//! The Library: find, hear, mark, keep or leave out; see what each choice does to the set.

mod curate;
mod draw;
mod forms;
mod hear;
mod inspect;
mod rows;
mod triage;

use super::layout::{Class, class_of, columns, inside, split_bottom, step};
use super::time::Time;
use crate::domain::ids::{DatasetName, TrackId};
use crate::store::hearings::Record;
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Slot};
use crate::tui::cx::Cx;
use crate::tui::editor::Editor;
use crate::tui::filter::Filter;
use crate::tui::list::{List, Step};
use crate::tui::overlay::view::step as move_of;
pub use forms::import_form;
use ratatui::layout::Rect;
pub use rows::{RowAt, Set, Sort};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The panes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// Datasets.
    Sets,
    /// Tracks.
    #[default]
    Tracks,
    /// What was heard in the track.
    Track,
    /// Its waveform.
    Wave,
}

const PANES: [Pane; 4] = [Pane::Sets, Pane::Tracks, Pane::Track, Pane::Wave];

/// Where the panes are; those that have no room are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Places {
    /// Datasets.
    pub sets: Option<Rect>,
    /// Tracks.
    pub tracks: Option<Rect>,
    /// The track.
    pub track: Option<Rect>,
    /// Its waveform.
    pub wave: Option<Rect>,
}

/// What was heard in the track under the cursor.
pub type Heard = Option<(TrackId, Option<Arc<Record>>)>;

/// The Library.
#[derive(Clone, Debug, Default)]
pub struct Library {
    focus: Pane,
    sets: List,
    set: Set,
    tracks: List,
    rows: Vec<RowAt>,
    marks: BTreeSet<TrackId>,
    range: Option<usize>,
    filter: Filter,
    typing: Option<Editor>,
    sort: Sort,
    reverse: bool,
    heard: Heard,
    asked: Option<TrackId>,
    time: Time,
    scroll: List,
    /// While problems are gone through: the set that was shown before.
    triage: Option<Set>,
    /// Height of the list of tracks, as it was laid out last.
    height: usize,
    /// The dataset that was looked at last.
    last: Option<DatasetName>,
}

impl Library {
    /// Where the panes are in an area.
    pub fn places(&self, area: Rect) -> Places {
        match class_of(area) {
            Class::Full => {
                let wave = if area.height >= 31 { 10 } else { 7 };
                let (top, bottom) = split_bottom(area, wave);
                let side = if area.width >= 116 { 36 } else { 32 };
                let cut = columns(top, &[20, top.width.saturating_sub(20 + side)]);
                Places {
                    sets: Some(cut[0]),
                    tracks: Some(cut[1]),
                    track: Some(cut[2]),
                    wave: Some(bottom),
                }
            }
            Class::Stacked => {
                let (top, bottom) = split_bottom(area, 4);
                let cut = columns(top, &[20]);
                let (tracks, track) = if self.focus == Pane::Track {
                    (None, Some(cut[1]))
                } else {
                    (Some(cut[1]), None)
                };
                Places { sets: Some(cut[0]), tracks, track, wave: Some(bottom) }
            }
            Class::Single => {
                let mut places = Places::default();
                match self.focus {
                    Pane::Sets => places.sets = Some(area),
                    Pane::Tracks => places.tracks = Some(area),
                    Pane::Track => places.track = Some(area),
                    Pane::Wave => places.wave = Some(area),
                }
                places
            }
            Class::Tiny => Places::default(),
        }
    }

    /// Whether keys type text.
    pub fn typing(&self) -> bool {
        self.typing.is_some()
    }

    /// The dataset that is chosen, or that of the row under the cursor.
    pub fn dataset(&self, cx: &Cx<'_>) -> Option<DatasetName> {
        match &self.set {
            Set::Dataset(name) => Some(name.clone()),
            _ => {
                let row = self.rows.get(self.tracks.at)?;
                cx.facts.datasets.get(row.dataset).map(|d| d.name.clone())
            }
        }
    }

    /// The dataset whose decisions are taken back: the one under the cursor, or where nothing is
    /// listed the one that was last.
    pub(super) fn decided(&self, cx: &Cx<'_>) -> Option<DatasetName> {
        let last = || self.last.clone().filter(|name| cx.facts.dataset(name).is_some());
        let only = || cx.facts.datasets.first().filter(|_| cx.facts.datasets.len() == 1);
        self.dataset(cx).or_else(last).or_else(|| only().map(|d| d.name.clone()))
    }

    /// The track under the cursor.
    pub fn track<'a>(&self, cx: &Cx<'a>) -> Option<&'a crate::domain::dataset::Member> {
        let row = self.rows.get(self.tracks.at)?;
        cx.facts.datasets.get(row.dataset)?.members.get(row.member)
    }

    /// The marked tracks in the order they are listed, or the one under the cursor.
    pub fn chosen(&self, cx: &Cx<'_>) -> Vec<TrackId> {
        let id = |row: &RowAt| {
            let member = cx.facts.datasets.get(row.dataset)?.members.get(row.member)?;
            Some(member.track.track_id.clone())
        };
        let range = self.range_rows();
        let marked: Vec<TrackId> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(n, row)| Some((n, id(row)?)))
            .filter(|(n, id)| self.marks.contains(id) || range.contains(n))
            .map(|(_, id)| id)
            .collect();
        if marked.is_empty() {
            self.rows.get(self.tracks.at).and_then(id).into_iter().collect()
        } else {
            marked
        }
    }

    fn range_rows(&self) -> std::ops::Range<usize> {
        match self.range {
            Some(from) => from.min(self.tracks.at)..from.max(self.tracks.at) + 1,
            None => 0..0,
        }
    }

    /// Puts everything right after the facts, the size or the cursor changed.
    pub fn settle(&mut self, area: Rect, cx: &mut Cx<'_>) {
        let places = self.places(area);
        let rows = |place: Option<Rect>, head: u16| {
            usize::from(place.map_or(0, |p| inside(p).height.saturating_sub(head)))
        };
        let sets = rows::sets(cx.facts);
        if !sets.contains(&self.set) {
            self.set = Set::All;
        }
        self.sets.at = sets.iter().position(|s| *s == self.set).unwrap_or(0);
        self.sets.fit(sets.len(), rows(places.sets, 0));
        self.height = rows(places.tracks, 1);
        self.tracks.fit(self.rows.len(), self.height);
        if let Some(name) = self.dataset(cx) {
            self.last = Some(name);
        }
        let id = self.track(cx).map(|m| m.track.track_id.clone());
        if id != self.asked {
            self.asked.clone_from(&id);
            self.time = Time::default();
            self.scroll = List::default();
            match id {
                Some(id) => cx.ask_newest(Slot::Heard, Ask::Heard(id)),
                None => self.heard = None,
            }
        }
    }

    /// The facts changed: the rows are made again, the cursor stays on its track.
    pub fn facts_changed(&mut self, cx: &Cx<'_>) {
        let here = self.track_at_cursor(cx);
        self.rows =
            rows::rows(cx.facts, &self.set, &self.filter, self.sort, self.reverse, &self.marks);
        let all: BTreeSet<&TrackId> = cx.facts.tracks().map(|t| &t.track_id).collect();
        self.marks.retain(|id| all.contains(id));
        if let Some(here) = here
            && let Some(at) = self.rows.iter().position(|r| Self::id_of(cx, r) == Some(&here))
        {
            self.tracks.at = at;
        }
        self.range = None;
        self.tracks.fit(self.rows.len(), self.height);
    }

    fn track_at_cursor(&self, cx: &Cx<'_>) -> Option<TrackId> {
        // The rows are of older facts; what was asked for last is what stood under the cursor.
        self.asked.clone().or_else(|| self.track(cx).map(|m| m.track.track_id.clone()))
    }

    fn id_of<'a>(cx: &Cx<'a>, row: &RowAt) -> Option<&'a TrackId> {
        let member = cx.facts.datasets.get(row.dataset)?.members.get(row.member)?;
        Some(&member.track.track_id)
    }

    /// What was heard came.
    pub fn heard(&mut self, id: TrackId, record: Option<Arc<Record>>) {
        if self.asked.as_ref() == Some(&id) {
            self.heard = Some((id, record));
            if self.triage.is_some() {
                self.go_to_problem();
            }
        }
    }

    /// What was heard has to be asked for again.
    pub fn forget_heard(&mut self) {
        self.asked = None;
    }

    /// Shows a track, whatever set and filter hide it.
    pub fn show(&mut self, id: &TrackId, cx: &Cx<'_>) {
        self.focus = Pane::Tracks;
        let find = |s: &Self| s.rows.iter().position(|r| Self::id_of(cx, r) == Some(id));
        if find(self).is_none() {
            self.filter = Filter::default();
            if let Some((dataset, _)) = cx.facts.track(id) {
                self.set = Set::Dataset(dataset.name.clone());
            }
            self.facts_changed(cx);
        }
        if let Some(at) = find(self) {
            self.tracks.at = at;
            self.tracks.fit(self.rows.len(), self.height);
        }
    }

    /// Why an action cannot be done now; `None` if it can.
    pub fn why_not(&self, act: Act, cx: &Cx<'_>) -> Option<String> {
        let no_track = || self.rows.is_empty().then(|| "there is no track here".to_owned());
        match act {
            Act::Import | Act::Browse | Act::NewSet => cx.looks_on(),
            Act::Exclude | Act::Include | Act::Rights | Act::AddTo | Act::Keep | Act::LeaveOut => {
                cx.looks_on().or_else(no_track)
            }
            Act::Trim => cx.looks_on().or_else(no_track),
            Act::Triage => cx.looks_on().or_else(|| {
                cx.facts.datasets.is_empty().then(|| "there is no dataset yet".to_owned())
            }),
            Act::Excerpt | Act::Switch | Act::With | Act::SkipTriage => no_track(),
            Act::LoopStart | Act::LoopEnd | Act::LoopSection | Act::SeekBack | Act::SeekOn => {
                no_track()
            }
            Act::Remove => cx.looks_on().or_else(no_track).or_else(|| {
                (!matches!(self.set, Set::Dataset(_))).then(|| "choose a dataset first".to_owned())
            }),
            Act::Train | Act::Screen => cx.looks_on().or_else(|| {
                self.dataset(cx).is_none().then(|| "there is no dataset yet".to_owned())
            }),
            Act::Play | Act::Copy | Act::Mark | Act::MarkRange | Act::MarkAll => no_track(),
            Act::Open | Act::PaneNext | Act::PanePrevious | Act::Filter => {
                cx.facts.datasets.is_empty().then(|| "there is no track yet".to_owned())
            }
            Act::Undo | Act::Redo => cx.looks_on().or_else(|| {
                self.decided(cx).is_none().then(|| "there is no dataset yet".to_owned())
            }),
            _ => None,
        }
    }

    /// Does an action; whether it was one of this screen.
    pub fn act(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        if self.typing.is_some() {
            return self.act_typing(act, cx);
        }
        match act {
            Act::PaneNext => self.focus = step(&PANES, self.focus, 1),
            Act::PanePrevious => self.focus = step(&PANES, self.focus, -1),
            Act::Quit if self.triage.is_some() => return self.end_triage(cx),
            Act::Left if self.focus == Pane::Wave => self.move_time(-1.0, cx),
            Act::Right if self.focus == Pane::Wave => self.move_time(1.0, cx),
            Act::Left => self.focus = Pane::Sets,
            Act::Right => {
                self.focus = if self.focus == Pane::Sets { Pane::Tracks } else { Pane::Track };
            }
            Act::Next | Act::Previous => self.go_to_match(act == Act::Next, cx),
            Act::Leave => return self.leave(cx),
            Act::Open => self.open(cx),
            Act::Filter => match arg {
                Some(text) => self.set_filter(text, cx),
                None => self.typing = Some(Editor::line(&self.filter.text)),
            },
            _ if move_of(act).is_some() => self.go(move_of(act).unwrap_or(Step::By(0)), cx),
            _ => {
                return self.mark_or_sort(act, cx)
                    || self.act_in_triage(act, cx)
                    || self.curate(act, arg, cx)
                    || self.hear(act, cx);
            }
        }
        true
    }

    fn act_typing(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::Done => self.typing = None,
            Act::Go => self.enter(cx),
            _ => {
                if let Some(line) = &mut self.typing {
                    line.act(act);
                }
                self.filter_as_typed(cx);
            }
        }
        true
    }

    /// A key while the filter is written.
    pub fn key(&mut self, key: crate::tui::keys::Key, cx: &mut Cx<'_>) {
        if key.code == crate::tui::keys::Code::Enter {
            self.enter(cx);
        } else if self.typing.as_mut().is_some_and(|l| l.key(key)) {
            self.filter_as_typed(cx);
        }
    }

    /// Pasted text while the filter is written.
    pub fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        if let Some(line) = &mut self.typing {
            line.insert(text);
        }
        self.filter_as_typed(cx);
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        self.filter_as_typed(cx);
        self.typing = None;
        if let Some(fault) = self.filter.faults.first() {
            cx.complain(fault.clone());
        }
    }

    fn filter_as_typed(&mut self, cx: &Cx<'_>) {
        if let Some(text) = self.typing.as_ref().map(|l| l.text().to_owned()) {
            self.set_filter(&text, cx);
        }
    }

    fn set_filter(&mut self, text: &str, cx: &Cx<'_>) {
        self.filter = Filter::read(text.trim());
        self.focus = Pane::Tracks;
        self.facts_changed(cx);
    }

    fn leave(&mut self, cx: &Cx<'_>) -> bool {
        if self.range.take().is_some() {
            return true;
        }
        if self.triage.is_some() {
            return self.end_triage(cx);
        }
        if !self.filter.is_empty() || !self.filter.faults.is_empty() {
            self.set_filter("", cx);
            return true;
        }
        if !self.marks.is_empty() {
            self.marks.clear();
            return true;
        }
        false
    }

    fn open(&mut self, cx: &Cx<'_>) {
        match self.focus {
            Pane::Sets => self.focus = Pane::Tracks,
            Pane::Tracks => self.focus = Pane::Track,
            Pane::Track | Pane::Wave => self.focus = Pane::Tracks,
        }
        let _ = cx;
    }

    fn go(&mut self, step: Step, cx: &Cx<'_>) {
        match self.focus {
            Pane::Sets => {
                let sets = rows::sets(cx.facts);
                self.sets.go(step, sets.len(), 20);
                if let Some(set) = sets.get(self.sets.at) {
                    self.choose_set(set.clone(), cx);
                }
            }
            Pane::Tracks | Pane::Wave => self.tracks.go(step, self.rows.len(), self.height),
            Pane::Track => self.scroll.go(step, 200, 20),
        }
    }

    fn choose_set(&mut self, set: Set, cx: &Cx<'_>) {
        if set != self.set {
            self.set = set;
            self.tracks = List::default();
            self.facts_changed(cx);
        }
    }

    fn mark_or_sort(&mut self, act: Act, cx: &Cx<'_>) -> bool {
        let sort = match act {
            Act::Mark => {
                if let Some(id) = self.track(cx).map(|m| m.track.track_id.clone())
                    && !self.marks.remove(&id)
                {
                    self.marks.insert(id);
                }
                self.tracks.go(Step::By(1), self.rows.len(), self.height);
                return true;
            }
            Act::MarkRange => {
                if self.range.is_some() {
                    self.marks.extend(self.chosen(cx));
                    self.range = None;
                } else {
                    self.range = Some(self.tracks.at);
                }
                return true;
            }
            Act::MarkAll => {
                let all: Vec<TrackId> =
                    self.rows.iter().filter_map(|r| Self::id_of(cx, r).cloned()).collect();
                if all.iter().all(|id| self.marks.contains(id)) {
                    self.marks.clear();
                } else {
                    self.marks.extend(all);
                }
                return true;
            }
            Act::SortReverse => {
                self.reverse = !self.reverse;
                self.facts_changed(cx);
                return true;
            }
            Act::SortName => Sort::Name,
            Act::SortLength => Sort::Length,
            Act::SortTempo => Sort::Tempo,
            Act::SortKey => Sort::Key,
            Act::SortLoudness => Sort::Loudness,
            Act::SortState => Sort::State,
            Act::SortAdded => Sort::Added,
            _ => return false,
        };
        self.sort = sort;
        self.facts_changed(cx);
        true
    }

    /// Marks are gone once something was done with them.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.range = None;
    }
}
