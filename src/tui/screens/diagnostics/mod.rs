//! Diagnostics: how varied a dataset is, what is there twice, what stands apart, and what to do.
//!
//! Shows what the judge measured and nothing else: a figure that was not measured is a dash, and a
//! map of two dimensions says how much of the distances it shows.

mod balance;
mod draw;
mod findings;
mod near;
mod plane;

use super::layout::{Class, class_of, columns, inside, split_bottom, step};
use super::{NOT_HERE, of_tracks};
use crate::domain::ids::DatasetName;
use crate::studio::ErrorReport;
use crate::studio::checking::CheckReport;
use crate::studio::mapping::{SpotOf, StyleMap};
use crate::studio::nearness::Nearness;
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Edit, Slot};
use crate::tui::cx::{Cx, Do};
use crate::tui::facts::Facts;
use crate::tui::list::{List, Step};
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::view::step as move_of;
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::words::count;
pub use balance::Measure;
pub use findings::{Finding, findings};
use ratatui::layout::Rect;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The panes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// Variety and balance.
    Balance,
    /// The map.
    Map,
    /// What lies under the map's cursor.
    Spot,
    /// What was found, and what to do.
    #[default]
    Findings,
}

const PANES: [Pane; 4] = [Pane::Findings, Pane::Map, Pane::Spot, Pane::Balance];

/// The Diagnostics screen.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    focus: Pane,
    name: Option<DatasetName>,
    /// Name and state of the dataset that was asked about.
    asked: Option<(DatasetName, u64)>,
    /// Whether the dataset has changed since.
    stale: bool,
    check: Option<CheckReport>,
    fault: Option<ErrorReport>,
    map: Option<StyleMap>,
    near: Option<Nearness>,
    /// Why the tracks could not be compared with one another.
    near_fault: Option<String>,
    /// Whether the map's pane shows style against nearness.
    plane: bool,
    spot: usize,
    measure: Measure,
    findings: Vec<Finding>,
    ignored: Vec<String>,
    list: List,
    height: usize,
}

/// What decides a diagnosis: which tracks take part, and which stretches of them.
fn state_of(facts: &Facts, name: &DatasetName) -> u64 {
    let mut hasher = DefaultHasher::new();
    for member in facts.dataset(name).iter().flat_map(|d| &d.members) {
        member.track.track_id.as_str().hash(&mut hasher);
        member.excluded.is_some().hash(&mut hasher);
        member.accepted.hash(&mut hasher);
        member.only_s.map(|(a, b)| (a.to_bits(), b.to_bits())).hash(&mut hasher);
    }
    hasher.finish()
}

impl Diagnostics {
    /// Looks at a dataset; the one that was looked at before where none is named.
    pub fn open(&mut self, name: Option<DatasetName>, cx: &mut Cx<'_>) {
        let first = || cx.facts.datasets.first().map(|d| d.name.clone());
        let name = name.or_else(|| self.name.clone()).or_else(first);
        let same = name == self.name && self.asked.is_some() && !self.stale;
        self.name = name;
        if !same {
            self.look(cx);
        }
    }

    fn look(&mut self, cx: &mut Cx<'_>) {
        let Some(name) = self.name.clone() else { return };
        let asked = (name.clone(), state_of(cx.facts, &name));
        // Of a dataset that has changed nothing is shown that was found before.
        if self.asked.as_ref() != Some(&asked) {
            self.check = None;
            self.map = None;
            (self.near, self.near_fault) = (None, None);
            self.findings.clear();
            self.ignored.clear();
            self.spot = 0;
        }
        self.asked = Some(asked);
        self.stale = false;
        self.fault = None;
        cx.ask_newest(Slot::Map, Ask::Map(name.clone(), false));
        cx.ask_newest(Slot::Check, Ask::Check(name));
    }

    /// A diagnosis came.
    pub fn checked(&mut self, report: CheckReport) {
        if self.name.as_ref() == Some(&report.dataset) {
            self.check = Some(report);
            self.find();
        }
    }

    /// How near the tracks are came.
    pub fn compared(&mut self, near: Nearness) {
        if self.name.as_ref() == Some(&near.dataset) {
            self.near = Some(near);
            self.find();
        }
    }

    /// The tracks cannot be compared with one another.
    pub fn not_compared(&mut self, why: String) {
        self.near_fault = Some(why);
    }

    /// Makes the list of findings of what is known, the worst first.
    fn find(&mut self) {
        let Some(report) = &self.check else { return };
        self.findings = findings(report);
        if let Some(near) = &self.near {
            self.findings.extend(near::findings(near, report));
            self.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
        }
        self.drop_ignored();
    }

    fn drop_ignored(&mut self) {
        let ignored = &self.ignored;
        self.findings.retain(|f| !ignored.contains(&f.words));
    }

    /// A map came; takes follow, for they have to be listened to.
    pub fn mapped(&mut self, map: StyleMap, cx: &mut Cx<'_>) {
        if self.name.as_ref() != Some(&map.dataset) {
            return;
        }
        if !map.with_takes {
            cx.ask_newest(Slot::Map, Ask::Map(map.dataset.clone(), true));
        } else if self.near.is_none() {
            cx.ask_newest(Slot::Near, Ask::Near(map.dataset.clone()));
        }
        self.spot = self.spot.min(map.spots.len().saturating_sub(1));
        self.map = Some(map);
    }

    /// The dataset cannot be diagnosed.
    pub fn failed(&mut self, error: ErrorReport) {
        self.fault = Some(error);
    }

    /// The facts changed: a diagnosis may be older than the dataset now.
    pub fn facts_changed(&mut self, cx: &Cx<'_>) {
        if let Some((name, state)) = &self.asked {
            self.stale = state_of(cx.facts, name) != *state;
            if cx.facts.read && cx.facts.dataset(name).is_none() {
                *self = Self::default();
            }
        }
    }

    /// Puts everything right after the facts, the size or the cursor changed.
    pub fn settle(&mut self, area: Rect, cx: &mut Cx<'_>) {
        if self.name.is_none() && !cx.facts.datasets.is_empty() {
            self.open(None, cx);
        }
        let places = self.places(area);
        let rows = places[0].map_or(0, |p| draw::list_height(inside(p).height));
        self.height = usize::from(rows);
        self.list.fit(self.findings.len(), self.height);
    }

    fn places(&self, area: Rect) -> [Option<Rect>; 4] {
        match class_of(area) {
            Class::Full => {
                let low = (area.height / 3).clamp(8, 12);
                let (top, bottom) = split_bottom(area, low);
                let side = if area.width >= 116 { 36 } else { 32 };
                let cut = columns(top, &[side, top.width.saturating_sub(side + 30)]);
                [Some(bottom), Some(cut[1]), Some(cut[2]), Some(cut[0])]
            }
            Class::Stacked => {
                let (top, bottom) = split_bottom(area, area.height / 2);
                let upper = match self.focus {
                    Pane::Balance => [None, None, Some(top)],
                    Pane::Spot => [None, Some(top), None],
                    _ => [Some(top), None, None],
                };
                [Some(bottom), upper[0], upper[1], upper[2]]
            }
            Class::Single => {
                let mut places = [None; 4];
                let at = PANES.iter().position(|p| *p == self.focus).unwrap_or(0);
                places[at] = Some(area);
                places
            }
            Class::Tiny => [None; 4],
        }
    }

    fn finding(&self) -> Option<&Finding> {
        self.findings.get(self.list.at)
    }

    /// Why an action cannot be done now; `None` if it can.
    pub fn why_not(&self, act: Act, cx: &Cx<'_>) -> Option<String> {
        match act {
            _ if of_tracks(act) => {
                Some(format!("{NOT_HERE}; enter opens the track in the Library"))
            }
            Act::CheckAgain if self.name.is_none() => Some("there is no dataset yet".to_owned()),
            Act::ChooseSet if cx.facts.datasets.is_empty() => {
                Some("there is no dataset yet".to_owned())
            }
            Act::DropAdvised | Act::Undo | Act::Redo if !cx.facts.owner => cx.looks_on(),
            Act::DropAdvised => match self.finding() {
                None => Some("there is no advice here".to_owned()),
                Some(f) if f.drops.is_empty() => Some("this is not done by leaving out".to_owned()),
                Some(_) => None,
            },
            Act::IgnoreAdvice if self.finding().is_none() => {
                Some("there is no advice here".to_owned())
            }
            _ => None,
        }
    }

    /// Does an action; whether it was one of this screen.
    pub fn act(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::PaneNext => self.focus = step(&PANES, self.focus, 1),
            Act::PanePrevious => self.focus = step(&PANES, self.focus, -1),
            Act::CheckAgain => {
                self.ignored.clear();
                self.look(cx);
            }
            Act::ChooseSet => match arg.and_then(|a| a.parse().ok()) {
                Some(name) => self.open(Some(name), cx),
                None => cx.open(choose(self.name.as_ref(), cx)),
            },
            Act::Measure => self.measure = step(&Measure::ALL, self.measure, 1),
            Act::DropAdvised => self.take_advice(cx),
            Act::IgnoreAdvice => {
                if let Some(finding) = self.finding() {
                    self.ignored.push(finding.words.clone());
                    self.drop_ignored();
                }
            }
            Act::Undo | Act::Redo => {
                if let Some(name) = self.name.clone() {
                    let edit = if act == Act::Undo { Edit::Undo } else { Edit::Redo };
                    cx.ask(Ask::Edit(name, edit));
                }
            }
            Act::Open => self.open_here(cx),
            Act::Plane => {
                self.plane = !self.plane;
                self.focus = Pane::Map;
            }
            Act::Left | Act::Right if self.focus == Pane::Map => self.look_beside(act, cx),
            Act::Left => self.focus = step(&PANES, self.focus, -1),
            Act::Right => self.focus = step(&PANES, self.focus, 1),
            Act::Up | Act::Down if self.focus == Pane::Map => self.look_beside(act, cx),
            _ => match move_of(act) {
                Some(step) => self.go(step),
                None => return false,
            },
        }
        true
    }

    fn go(&mut self, step: Step) {
        match self.focus {
            Pane::Balance => self.measure = super::layout::step(&Measure::ALL, self.measure, 1),
            Pane::Map | Pane::Spot => {
                let len = self.map.as_ref().map_or(0, |m| m.spots.len());
                let mut list = List { at: self.spot, top: 0 };
                list.go(step, len, 10);
                self.spot = list.at;
            }
            Pane::Findings => self.list.go(step, self.findings.len(), self.height),
        }
    }

    /// Goes to the nearest point of the map in a direction.
    fn look_beside(&mut self, act: Act, cx: &Cx<'_>) {
        let places = self.places_of_spots(cx.facts);
        let first = places.iter().position(Option::is_some);
        let Some(here) = places.get(self.spot).copied().flatten() else {
            self.spot = first.unwrap_or(self.spot);
            return;
        };
        let (x, y) = match act {
            Act::Left => (-1.0, 0.0),
            Act::Right => (1.0, 0.0),
            Act::Up => (0.0, 1.0),
            _ => (0.0, -1.0),
        };
        let cost = |dx: f64, dy: f64| {
            let along = dx * x + dy * y;
            let beside = (dx * y - dy * x).abs();
            // What lies more beside than ahead is not in this direction.
            (along > 1e-9 && beside <= 2.0 * along).then_some(along + 2.0 * beside)
        };
        let next = places
            .iter()
            .enumerate()
            .filter_map(|(n, s)| s.map(|s| (n, s)))
            .filter_map(|(n, s)| Some((n, cost(s.0 - here.0, s.1 - here.1)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, _)) = next {
            self.spot = at;
        }
    }

    /// Where the spots lie in what the map's pane shows; `None` for what is not in it.
    fn places_of_spots(&self, facts: &Facts) -> Vec<Option<(f64, f64)>> {
        let spots = self.map.iter().flat_map(|m| &m.spots);
        match &self.near {
            // A bit is worth a tenth of the way across: about how far the figures spread.
            Some(near) if self.plane => spots
                .map(|s| plane::place(&s.what, near, facts).map(|(p, bits)| (p, 0.1 * bits)))
                .collect(),
            _ => spots.map(|s| Some((s.x, s.y))).collect(),
        }
    }

    fn take_advice(&mut self, cx: &mut Cx<'_>) {
        let (Some(name), Some(finding)) = (self.name.clone(), self.finding()) else { return };
        let words = finding.words.clone();
        let edit = Edit::Exclude(finding.drops.clone(), finding.reason.clone());
        cx.ask(Ask::Edit(name, edit));
        self.ignored.push(words);
        self.drop_ignored();
    }

    fn open_here(&mut self, cx: &mut Cx<'_>) {
        if self.focus == Pane::Findings {
            let pair = self.finding().and_then(|f| f.pair.as_ref());
            if let Some(overlay) = pair.and_then(|p| near::side_by_side(p, cx.facts)) {
                cx.open(overlay);
            } else if let Some(track) = self.finding().and_then(|f| f.tracks.first()) {
                cx.todo.push(Do::ShowTrack(track.clone()));
            }
            return;
        }
        let spot = self.map.as_ref().and_then(|m| m.spots.get(self.spot));
        match spot.map(|s| &s.what) {
            Some(SpotOf::Track(id, _)) => cx.todo.push(Do::ShowTrack(id.clone())),
            Some(SpotOf::Take(id)) => cx.todo.push(Do::ShowTake(id.clone())),
            None => {}
        }
    }

    /// What stands at the right of the first line.
    pub fn context(&self) -> String {
        match &self.name {
            Some(name) if self.stale => format!("{name}, changed since: R looks again"),
            Some(name) => name.to_string(),
            None => String::new(),
        }
    }
}

fn choose(now: Option<&DatasetName>, cx: &Cx<'_>) -> Overlay {
    let items = cx.facts.datasets.iter().map(|d| Item {
        value: d.name.to_string(),
        words: d.name.to_string(),
        note: count(d.members.len(), "track", "tracks"),
    });
    let picker = Picker::new("Look at", items.collect(), Purpose::ChooseDataset);
    Overlay::Picker(picker.at(now.map_or("", DatasetName::as_str)))
}
