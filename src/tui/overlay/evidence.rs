//! Evidence: a passage of a take over the passage of a track that it is like, drawn so that what
//! belongs together stands in one column.
//!
//! Either side is heard at the matched place, and the key of A/B goes from one to the other at the
//! place that corresponds. Must never draw a sound beyond its ends, nor decide what is evidence: the
//! verdict did.

use super::Outcome;
use super::view::step as move_of;
use crate::audio::peaks::Peaks;
use crate::domain::ids::TrackId;
use crate::domain::verdict::{CopyClass, Evidence as Found, Layer};
use crate::tui::actions::Act;
use crate::tui::draw::Pen;
use crate::tui::draw::wave::{self, Over, Sight};
use crate::tui::event::Moment;
use crate::tui::facts::Facts;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::player::{Pair, Places, Player, Sound};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::words::place;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Least seconds around a passage that are in sight at first.
const AROUND_S: f64 = 4.0;
/// The same as a share of the passage.
const AROUND: f64 = 0.6;
/// How often what is around can be halved, and doubled.
const ZOOM: std::ops::RangeInclusive<i32> = -6..=4;
/// Seconds of a seek.
const SEEK_S: f64 = 5.0;

/// A passage of the take and what it is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The track.
    pub track_id: TrackId,
    /// Its title.
    pub title: String,
    /// How to hear it; `None` where it is in no dataset any more.
    pub track: Option<Sound>,
    /// From, to, in the take.
    pub take_s: (f64, f64),
    /// From, to, in the track.
    pub track_s: (f64, f64),
    /// What was found, in a few words.
    pub words: String,
    /// How bad that is.
    pub role: Role,
}

impl Passage {
    /// A piece of evidence as it is shown.
    pub fn of(found: &Found, facts: &Facts) -> Self {
        let title = facts.title(&found.track_id);
        let kind = match found.layer {
            Layer::Audio => "recording",
            Layer::Notes => "tune",
            Layer::Groove => "beat",
        };
        let class = found.class.map_or_else(String::new, |c| format!("{c:?} "));
        let change = Some(found.change()).filter(|c| !c.is_empty());
        let change = change.map_or_else(String::new, |c| format!(", {c}"));
        // Verdicts of older versions do not say where the passage of the track ends.
        let length_s = (found.end_s - found.start_s) * found.tempo_ratio;
        let said = Some(found.track_end_s).filter(|end| *end > found.track_start_s);
        let end_s = said.unwrap_or(found.track_start_s + length_s.max(0.1));
        Self {
            words: format!(
                "{class}{kind}: {} to {} is like {} at {}{change}",
                place(found.start_s),
                place(found.end_s),
                title,
                place(found.track_start_s)
            ),
            track_id: found.track_id.clone(),
            title,
            track: facts.track(&found.track_id).map(|(_, m)| facts.sound_of(&m.track)),
            take_s: (found.start_s, found.end_s),
            track_s: (found.track_start_s, end_s),
            role: if found.class.is_some_and(|c| c > CopyClass::C) {
                Role::Text
            } else {
                Role::Bad
            },
        }
    }

    /// Seconds of the track in one second of the take.
    fn speed(&self) -> f64 {
        let (take, track) = (self.take_s.1 - self.take_s.0, self.track_s.1 - self.track_s.0);
        if take > 0.0 && track > 0.0 { track / take } else { 1.0 }
    }

    fn places(&self) -> Places {
        Places { a_s: self.take_s.0, b_s: self.track_s.0, speed: self.speed() }
    }
}

/// The evidence of a verdict.
#[derive(Clone, Debug)]
pub struct Evidence {
    title: String,
    take: Sound,
    /// The track that stands in the place of the take, where two tracks are held together.
    first: Option<TrackId>,
    passages: Vec<Passage>,
    list: List,
    /// Whether the keys are meant at the track.
    second: bool,
    zoom: i32,
    lines: Vec<(String, Role)>,
    scroll: usize,
    take_peaks: Option<Arc<Peaks>>,
    tracks: BTreeMap<TrackId, Option<Arc<Peaks>>>,
    asked: Option<TrackId>,
    /// Which passage was asked to be heard last, and on which side.
    heard: Option<(usize, bool)>,
    /// Where the playing stands in the take, and in the track.
    stands: (Option<f64>, Option<f64>),
}

impl Evidence {
    /// The passages of a take, the strongest first, with what else there is to read.
    pub fn new(
        title: &str,
        take: Sound,
        peaks: Option<Arc<Peaks>>,
        passages: Vec<Passage>,
        lines: Vec<(String, Role)>,
    ) -> Self {
        Self {
            title: title.to_owned(),
            take,
            first: None,
            passages,
            list: List::default(),
            second: false,
            zoom: 0,
            lines,
            scroll: 0,
            take_peaks: peaks,
            tracks: BTreeMap::new(),
            asked: None,
            heard: None,
            stands: (None, None),
        }
    }

    /// The same of a track in place of a take.
    pub fn of_track(mut self, id: TrackId) -> Self {
        self.first = Some(id);
        self
    }

    fn passage(&self) -> Option<&Passage> {
        self.passages.get(self.list.at)
    }

    /// The track whose waveform is wanted and was not asked for.
    pub fn wants(&mut self) -> Option<TrackId> {
        let second = &self.passage()?.track_id;
        let wanted = self.first.iter().chain([second]).find(|id| !self.tracks.contains_key(*id));
        let id = wanted.filter(|id| self.asked.as_ref() != Some(id))?.clone();
        self.asked = Some(id.clone());
        Some(id)
    }

    /// The waveform of a track came; `None` where it was never listened to.
    pub fn track_drawn(&mut self, id: TrackId, peaks: Option<Arc<Peaks>>) {
        if self.first.as_ref() == Some(&id) {
            self.take_peaks.clone_from(&peaks);
        }
        self.tracks.insert(id, peaks);
    }

    /// The waveform of a file came.
    pub fn drawn(&mut self, path: &Path, peaks: &Arc<Peaks>) {
        if self.take.path == path {
            self.take_peaks = Some(Arc::clone(peaks));
        }
    }

    /// Where the playing stands now.
    pub fn settle(&mut self, player: &Player, now: Moment) {
        let stand = |sound: &Sound| Some(player.stand_s(&sound.path, now)? - sound.start_s);
        let track = self.passage().and_then(|p| p.track.as_ref()).and_then(stand);
        self.stands = (stand(&self.take), track);
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        if matches!(key.code, Code::Esc | Code::Enter | Code::Char('q')) {
            return Outcome::Close;
        }
        Outcome::Stay
    }

    /// An action.
    pub fn act(&mut self, act: Act) -> Outcome {
        match act {
            Act::PaneNext | Act::PanePrevious => self.second = !self.second,
            Act::Left | Act::Right => {
                let closer = if act == Act::Left { -1 } else { 1 };
                self.zoom = (self.zoom + closer).clamp(*ZOOM.start(), *ZOOM.end());
            }
            Act::HalfDown | Act::PageDown => self.scroll += 4,
            Act::HalfUp | Act::PageUp => self.scroll = self.scroll.saturating_sub(4),
            Act::Play => return self.play(),
            Act::SeekBack => return self.seek(-SEEK_S),
            Act::SeekOn => return self.seek(SEEK_S),
            Act::Silence => return Outcome::Silence,
            Act::Switch => return self.switch(),
            _ => {
                if let Some(step) = move_of(act) {
                    self.go(step);
                }
            }
        }
        Outcome::Stay
    }

    fn go(&mut self, step: Step) {
        self.list.go(step, self.passages.len(), self.passages.len());
    }

    /// The side that the keys are meant at, from the start of the passage on.
    fn sound(&self, passage: &Passage) -> Option<Sound> {
        if self.second {
            let track = passage.track.clone()?;
            return Some(Sound { at_s: passage.track_s.0, ..track });
        }
        Some(Sound { at_s: passage.take_s.0, ..self.take.clone() })
    }

    /// Hears the side at the matched place; the same once more rests and goes on.
    fn play(&mut self) -> Outcome {
        let Some(sound) = self.passage().and_then(|p| self.sound(p)) else { return Outcome::Stay };
        let now = Some((self.list.at, self.second));
        if self.heard == now {
            return Outcome::Hear(Box::new(sound));
        }
        self.heard = now;
        Outcome::HearFrom(Box::new(sound))
    }

    fn seek(&mut self, by_s: f64) -> Outcome {
        let stand = if self.second { self.stands.1 } else { self.stands.0 };
        let sound = self.passage().and_then(|p| self.sound(p));
        let (Some(stand), Some(sound)) = (stand, sound) else { return Outcome::Stay };
        let at_s = (stand + by_s).clamp(0.0, (sound.length_s - 0.5).max(0.0));
        Outcome::HearFrom(Box::new(Sound { at_s, ..sound }))
    }

    /// Goes to the other side, at the place that corresponds.
    fn switch(&mut self) -> Outcome {
        let Some(passage) = self.passage() else { return Outcome::Stay };
        let Some(track) = passage.track.clone() else { return Outcome::Stay };
        let pair = Pair {
            // What was never heard is heard first.
            second: if self.heard.is_some() { !self.second } else { self.second },
            a: Sound { at_s: passage.take_s.0, ..self.take.clone() },
            b: Sound { at_s: passage.track_s.0, ..track },
            places: Some(passage.places()),
        };
        self.second = pair.second;
        self.heard = Some((self.list.at, self.second));
        Outcome::HearPair(Box::new(pair))
    }

    /// What is in sight of the take and of the track, in the same columns.
    fn sights(&self, passage: &Passage) -> (Sight, Sight) {
        let length = passage.take_s.1 - passage.take_s.0;
        let around = (length * AROUND).max(AROUND_S) * 2f64.powi(-self.zoom);
        let before = around.min(passage.take_s.0.max(passage.track_s.0 / passage.speed()));
        let (from, to) = (passage.take_s.0 - before, passage.take_s.1 + around);
        let there = |s: f64| passage.track_s.0 + (s - passage.take_s.0) * passage.speed();
        let take = Sight { from_s: from, to_s: to, duration_s: self.take.length_s.max(0.001) };
        let duration_s = passage.track.as_ref().map_or(passage.track_s.1, |t| t.length_s);
        let (from_s, to_s) = (there(from), there(to));
        (take, Sight { from_s, to_s, duration_s: duration_s.max(0.001) })
    }

    /// Draws it.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        let (width, height) = (pen.width().min(120), pen.height());
        let mut pen = pen.part(super::middle(pen, width, height));
        pen.clear(Role::Ground);
        let note = format!("passage {} of {}, esc closes", self.list.at + 1, self.passages.len());
        let mut inside = pen.pane(&self.title, &note, true);
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(area);
        let height = inside.height();
        let rows = (self.passages.len() as u16).clamp(1, (height / 6).max(1));
        let text = (height / 4).max(2);
        let waves = (height.saturating_sub(5 + rows + text) / 2).min(7);
        let mut y = 0;
        if let Some(passage) = self.passage().filter(|_| waves > 0) {
            y = self.draw_sides(&mut inside, passage, waves);
        }
        y = self.draw_list(&mut inside, y, rows);
        let rest = Rect::new(0, y, inside.width(), height.saturating_sub(y));
        self.draw_text(&mut inside.part(rest));
    }

    fn draw_sides(&self, pen: &mut Pen<'_>, passage: &Passage, rows: u16) -> u16 {
        let width = pen.width();
        let (take, track) = self.sights(passage);
        let known = self.tracks.get(&passage.track_id);
        let track_peaks = known.and_then(Option::as_ref);
        let missing = if known.is_some() { "was not listened to" } else { "reading the sound .." };
        let sides = [
            ('A', &self.take.title, passage.take_s, take, self.take_peaks.as_ref(), self.stands.0),
            ('B', &passage.title, passage.track_s, track, track_peaks, self.stands.1),
        ];
        let mut y = 0;
        for (letter, title, span, sight, peaks, stand) in sides {
            let here = (letter == 'B') == self.second;
            let sign = if here { pen.glyphs().cursor } else { ' ' };
            let role = if here { Role::Accent } else { Role::Dim };
            let words = format!("{sign}{letter} {title}  {} to {}", place(span.0), place(span.1));
            pen.cell(0, y, width, &words, role);
            let part = Rect::new(0, y + 1, width, rows + 1);
            draw_side(&mut pen.part(part), &sight, span, peaks, stand, missing);
            y += rows + 2;
        }
        let keys = "p plays this side  a the other  tab side  j k passage  h l wider, closer";
        pen.cell(0, y, width, keys, Role::Faint);
        y + 1
    }

    fn draw_list(&self, pen: &mut Pen<'_>, y: u16, rows: u16) -> u16 {
        let mut list = self.list;
        list.fit(self.passages.len(), usize::from(rows));
        let width = pen.width();
        for (row, n) in list.sight(self.passages.len(), usize::from(rows)).enumerate() {
            let passage = &self.passages[n];
            let sign = if n == self.list.at { pen.glyphs().cursor } else { ' ' };
            let words = format!("{sign} {}", passage.words);
            pen.cell(0, y + row as u16, width, &words, passage.role);
            if n == self.list.at {
                pen.wash(0, y + row as u16, width, Role::Cursor);
            }
        }
        y + rows
    }

    fn draw_text(&self, pen: &mut Pen<'_>) {
        let (width, height) = (usize::from(pen.width()).max(1), usize::from(pen.height()));
        let mut rows: Vec<(String, Role)> = Vec::new();
        for (line, role) in &self.lines {
            let plain = text::inert(line, pen.look().ascii_text).into_owned();
            rows.extend(text::wrap(&plain, width).into_iter().map(|l| (l, *role)));
        }
        let first = self.scroll.min(rows.len().saturating_sub(height));
        for (y, (line, role)) in rows.iter().skip(first).take(height).enumerate() {
            pen.put(0, y as u16, line, *role);
        }
    }
}

/// A ruler with the matched span, and the waveform under it, as far as the sound goes.
fn draw_side(
    pen: &mut Pen<'_>,
    sight: &Sight,
    span: (f64, f64),
    peaks: Option<&Arc<Peaks>>,
    stand: Option<f64>,
    missing: &str,
) {
    let (width, height) = (pen.width(), pen.height());
    let column = |s: f64| (s - sight.from_s) / (sight.to_s - sight.from_s) * f64::from(width);
    let first = (column(0.0).ceil().max(0.0) as u16).min(width);
    let last = (column(sight.duration_s).floor().max(0.0) as u16).clamp(first, width);
    let inside = Sight {
        from_s: sight.time(f64::from(first), width).max(0.0),
        to_s: sight.time(f64::from(last), width).min(sight.duration_s),
        ..*sight
    };
    let over = Over { looped: Some(span), playing_s: stand, ..Over::default() };
    wave::ruler(&mut pen.part(Rect::new(first, 0, last - first, 1)), &inside, &over);
    let area = Rect::new(first, 1, last - first, height.saturating_sub(1));
    match peaks {
        Some(peaks) => wave::draw(&mut pen.part(area), peaks, &inside, &over),
        None => {
            pen.put(0, 1, missing, Role::Faint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        let sound = |name: &str, length_s: f64| Sound {
            path: format!("/{name}.wav").into(),
            title: name.to_owned(),
            start_s: 0.0,
            at_s: 0.0,
            length_s,
            looped_s: None,
            lufs: None,
        };
        let passage = |from: f64| Passage {
            track_id: TrackId::from_hash(&[1; 32], 1),
            title: "track".to_owned(),
            track: Some(sound("track", 120.0)),
            take_s: (from, from + 10.0),
            track_s: (2.0 * from, 2.0 * from + 20.0),
            words: String::new(),
            role: Role::Bad,
        };
        Evidence::new("", sound("take", 60.0), None, vec![passage(10.0), passage(30.0)], Vec::new())
    }

    #[test]
    fn what_belongs_together_stands_in_one_column() {
        let mut evidence = evidence();
        for zoom in [0, 2, -6] {
            evidence.zoom = zoom;
            for passage in &evidence.passages {
                let (take, track) = evidence.sights(passage);
                for share in [0.0, 0.25, 1.0] {
                    let at = |(from, to): (f64, f64)| from + (to - from) * share;
                    let column = |sight: &Sight, s: f64| {
                        (s - sight.from_s) / (sight.to_s - sight.from_s) * 100.0
                    };
                    let (a, b) =
                        (column(&take, at(passage.take_s)), column(&track, at(passage.track_s)));
                    assert!((a - b).abs() < 1e-9, "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn either_side_is_heard_at_the_matched_place() {
        let mut evidence = evidence();
        let Outcome::HearFrom(sound) = evidence.act(Act::Play) else { panic!("nothing is heard") };
        assert_eq!((sound.title.as_str(), sound.at_s), ("take", 10.0));
        // The same once more is for the player to rest.
        assert!(matches!(evidence.act(Act::Play), Outcome::Hear(_)));
        evidence.act(Act::Down);
        let Outcome::HearPair(pair) = evidence.act(Act::Switch) else { panic!("nothing is heard") };
        assert_eq!((pair.now().title.as_str(), pair.now().at_s), ("track", 60.0));
        assert_eq!(pair.place_now(35.0, false), 70.0);
        let Outcome::HearPair(pair) = evidence.act(Act::Switch) else { panic!("nothing is heard") };
        assert_eq!((pair.now().title.as_str(), pair.place_now(70.0, true)), ("take", 35.0));
    }

    #[test]
    fn of_two_tracks_both_are_asked_for_one_after_the_other() {
        let (first, second) = (TrackId::from_hash(&[7; 32], 1), TrackId::from_hash(&[1; 32], 1));
        let mut evidence = evidence().of_track(first.clone());
        assert_eq!(evidence.wants(), Some(first.clone()));
        assert_eq!(evidence.wants(), None);
        evidence.track_drawn(first, Some(Arc::new(Peaks::default())));
        assert_eq!((evidence.take_peaks.is_some(), evidence.wants()), (true, Some(second)));
    }

    #[test]
    fn a_waveform_is_asked_for_once() {
        let mut evidence = evidence();
        let id = evidence.wants();
        assert!(id.is_some());
        assert_eq!(evidence.wants(), None);
        if let Some(id) = id {
            evidence.track_drawn(id, None);
        }
        evidence.asked = None;
        assert_eq!(evidence.wants(), None);
    }
}
