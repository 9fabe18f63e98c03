//! Drawing the Library.

use super::inspect::{self, Known};
use super::{Library, Pane, rows};
use crate::domain::job::JobKind;
use crate::domain::listening::Severity;
use crate::domain::rights::Rights;
use crate::tui::cx::Cx;
use crate::tui::draw::Pen;
use crate::tui::draw::table::{self, Column, Row};
use crate::tui::draw::wave::{self, Over};
use crate::tui::screens::layout::{Class, class_of, numbered};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::words::{self, clock, count, figure};
use ratatui::layout::Rect;
use std::fmt::Write;

/// Columns of the list of tracks; the last to leave are name, length and state.
const COLUMNS: [Column; 8] = [
    table::left("name", 0, 0),
    table::left("dataset", 10, 7),
    table::right("length", 6, 0),
    table::right("bpm", 4, 6),
    table::left("key", 5, 5),
    table::right("LUFS", 5, 4),
    table::left("rights", 6, 2),
    table::left("state", 10, 0),
];

impl Library {
    /// Draws the screen into an area; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, cx: &Cx<'_>) -> Option<(u16, u16)> {
        if cx.facts.read && cx.facts.datasets.is_empty() {
            empty(&mut pen.part(area), cx);
            return None;
        }
        let places = self.places(area);
        let single = class_of(area) == Class::Single;
        if let Some(place) = places.sets {
            self.draw_sets(&mut pen.part(place), cx, single);
        }
        if let Some(place) = places.track {
            self.draw_track(&mut pen.part(place), cx, single);
        }
        if let Some(place) = places.wave {
            self.draw_wave(&mut pen.part(place), cx, single);
        }
        places.tracks.and_then(|place| self.draw_tracks(&mut pen.part(place), cx, single))
    }

    fn draw_sets(&self, pen: &mut Pen<'_>, cx: &Cx<'_>, single: bool) {
        let focused = self.focus == Pane::Sets;
        let title = numbered("Datasets", 1, single);
        let mut inside = pen.pane(&title, "", focused);
        let sets = rows::sets(cx.facts);
        let columns = [table::left("", 0, 0), table::right("", 5, 0)];
        table::plain(&mut inside, &columns, &self.sets, sets.len(), focused, |n| {
            let set = &sets[n];
            let role = if matches!(set, rows::Set::Dataset(_)) { Role::Text } else { Role::Dim };
            let count = rows::count(cx.facts, set);
            Row::new(vec![(set.name().to_owned(), role), (count.to_string(), Role::Dim)])
        });
    }

    fn draw_tracks(&self, pen: &mut Pen<'_>, cx: &Cx<'_>, single: bool) -> Option<(u16, u16)> {
        let focused = self.focus == Pane::Tracks;
        let total = rows::count(cx.facts, &self.set);
        let mut title = if self.rows.len() == total {
            format!("{} {total}", self.set.name())
        } else {
            format!("{} {} of {total}", self.set.name(), self.rows.len())
        };
        let marked = self.marks.len().max(self.range_rows().len());
        if marked > 0 {
            let chosen = self.chosen(cx);
            let seconds: f64 = chosen
                .iter()
                .filter_map(|id| cx.facts.track(id))
                .map(|(_, m)| m.track.duration_s())
                .sum();
            let _ = write!(title, ", {} marked {}", chosen.len(), clock(seconds));
        }
        if self.triage.is_some() {
            title = format!("Triage: {} of {} to decide", self.tracks.at + 1, self.left());
        }
        let title = numbered(&title, 2, single);
        let order = if self.reverse { ", turned round" } else { "" };
        let note = format!("by {}{order}", self.sort.name());
        let mut inside = pen.pane(&title, &note, focused);
        let caret = self.draw_filter(&mut inside);
        let top = u16::from(self.has_filter_line());
        let below = Rect::new(0, top, inside.width(), inside.height().saturating_sub(top));
        let mut inside = inside.part(below);
        if !cx.facts.read {
            inside.put(2, 1, "reading the store ..", Role::Dim);
            return caret;
        }
        if self.rows.is_empty() {
            let words = if self.filter.is_empty() {
                "nothing here"
            } else {
                "nothing fits the filter; esc clears it"
            };
            inside.put(2, 1, words, Role::Dim);
        }
        let one = matches!(self.set, rows::Set::Dataset(_));
        let mut columns = COLUMNS.to_vec();
        if one {
            // The title says it already.
            columns.remove(1);
        }
        let range = self.range_rows();
        table::draw(&mut inside, &columns, &self.tracks, self.rows.len(), focused, |n| {
            let mut row = self.row(n, cx);
            row.marked |= range.contains(&n);
            if one && row.cells.len() > 1 {
                row.cells.remove(1);
            }
            row
        });
        caret
    }

    fn has_filter_line(&self) -> bool {
        self.typing.is_some() || !self.filter.text.is_empty()
    }

    fn draw_filter(&self, inside: &mut Pen<'_>) -> Option<(u16, u16)> {
        let Some(line) = &self.typing else {
            if !self.filter.text.is_empty() {
                let x = inside.put(1, 0, "/", Role::Key);
                let x = inside.put(x, 0, &self.filter.text, Role::Input);
                if let Some(fault) = self.filter.faults.first() {
                    inside.put(x + 2, 0, fault, Role::Warn);
                }
            }
            return None;
        };
        let x = inside.put(1, 0, "/", Role::Key);
        inside.put(x, 0, line.text(), Role::Input);
        let column = x + text::cells(&line.text()[..line.caret()]) as u16;
        if line.text().is_empty() {
            inside.put(x + 1, 0, crate::tui::filter::FIELDS, Role::Faint);
        }
        inside.wash(column, 0, 1, Role::Caret);
        let (ox, oy) = inside.origin();
        Some((ox + column, oy))
    }

    fn row(&self, n: usize, cx: &Cx<'_>) -> Row {
        let at = self.rows[n];
        let Some(dataset) = cx.facts.datasets.get(at.dataset) else { return Row::default() };
        let Some(member) = dataset.members.get(at.member) else { return Row::default() };
        let id = &member.track.track_id;
        let known = cx.facts.sketches.get(id);
        let sketch = known.and_then(Option::as_ref);
        let waiting = known.is_none();
        let value = |text: String| if waiting { String::new() } else { text };
        let rights = rights_word(cx, id);
        let problems = rows::serious(cx.facts, member);
        let state = match (&member.excluded, known, problems.first()) {
            (Some(_), ..) => ("left out".to_owned(), Role::Dim),
            _ if member.only_s.is_some() => ("trimmed".to_owned(), Role::Ok),
            _ if member.accepted => ("kept".to_owned(), Role::Ok),
            (None, None, _) => ("..".to_owned(), Role::Faint),
            (None, Some(None), _) => ("unheard!".to_owned(), Role::Warn),
            (None, Some(Some(_)), None) => ("ok".to_owned(), Role::Ok),
            (None, _, Some(problem)) => {
                let role =
                    if problem.severity == Severity::Exclude { Role::Bad } else { Role::Warn };
                (format!("{}!", problem.kind.word().replace('_', " ")), role)
            }
        };
        let title = if member.excluded.is_some() { Role::Dim } else { Role::Text };
        Row {
            cells: vec![
                (member.track.title.clone(), title),
                (dataset.name.to_string(), Role::Dim),
                (clock(member.length_s()), Role::Text),
                (
                    value(
                        sketch
                            .and_then(|s| s.tempo_bpm)
                            .map_or_else(|| "-".to_owned(), |t| format!("{t:.0}")),
                    ),
                    Role::Text,
                ),
                (
                    value(
                        sketch.and_then(|s| s.key).map_or_else(|| "-".to_owned(), words::short_key),
                    ),
                    Role::Text,
                ),
                (value(figure(sketch.and_then(|s| s.loudness_lufs), 1)), Role::Text),
                rights,
                state,
            ],
            marked: self.marks.contains(id),
        }
    }

    fn draw_track(&self, pen: &mut Pen<'_>, cx: &Cx<'_>, single: bool) {
        let focused = self.focus == Pane::Track;
        let mut inside = pen.pane(&numbered("Track", 3, single), "", focused);
        let Some(member) = self.track(cx) else {
            inside.put(1, 0, "no track under the cursor", Role::Dim);
            return;
        };
        let Some(row) = self.rows.get(self.tracks.at) else { return };
        let dataset = &cx.facts.datasets[row.dataset];
        let mut lines = inspect::lines(cx.facts, dataset, member, self.record_of(member));
        if self.triage.is_some() {
            // What is to be decided comes first.
            let problems = self.problems_here(cx).into_iter().map(inspect::problem);
            lines.splice(1..1, problems);
        }
        let (label, width) = (10, usize::from(inside.width().saturating_sub(11)).max(8));
        let mut drawn: Vec<(&str, String, Role)> = Vec::new();
        for line in &lines {
            let room = if line.label.is_empty() { width + label } else { width };
            let plain = text::inert(&line.value, inside.look().ascii_text);
            for (n, part) in text::wrap(&plain, room).into_iter().enumerate() {
                drawn.push((if n == 0 { line.label } else { " " }, part, line.role));
            }
        }
        let height = usize::from(inside.height());
        let first = self.scroll.at.min(drawn.len().saturating_sub(height));
        for (y, (label_text, value, role)) in drawn[first..].iter().take(height).enumerate() {
            let y = y as u16;
            if label_text.is_empty() {
                inside.put(1, y, value, *role);
            } else {
                inside.put(1, y, label_text, Role::Dim);
                inside.put(label as u16, y, value, *role);
            }
        }
        if drawn.len() > first + height {
            let x = inside.width().saturating_sub(1);
            let y = inside.height().saturating_sub(1);
            let sign = inside.glyphs().down;
            inside.sign(x, y, sign, Role::Dim);
        }
    }

    fn record_of<'a>(&'a self, member: &crate::domain::dataset::Member) -> Known<'a> {
        match &self.heard {
            Some((id, record)) if *id == member.track.track_id => {
                record.as_deref().map_or(Known::Unheard, Known::Heard)
            }
            _ => Known::Asked,
        }
    }

    fn draw_wave(&self, pen: &mut Pen<'_>, cx: &Cx<'_>, single: bool) {
        let focused = self.focus == Pane::Wave;
        let member = self.track(cx);
        let record = member.map_or(Known::Asked, |m| self.record_of(m));
        let (Some(member), Known::Heard(record)) = (member, record) else {
            let title = member.map_or("Wave", |m| m.track.title.as_str());
            pen.pane(&numbered(title, 4, single), "", focused);
            return;
        };
        let heard = &record.hearing.listening;
        let track = &member.track;
        let playing = cx.player.stand_s(&track.path, cx.now).map(|s| s - track.start_s);
        let playing = playing.filter(|s| (0.0..=heard.duration_s).contains(s));
        let stand = playing.unwrap_or(self.time.at_s);
        let note = format!("{} of {}", words::place(stand), clock(heard.duration_s));
        let mut inside = pen.pane(&numbered(&track.title, 4, single), &note, focused);
        let sight = self.time.sight(heard.duration_s);
        let over = Over {
            playing_s: playing,
            cursor_s: Some(self.time.at_s),
            looped: self.time.looped().or(member.only_s),
            problems: &heard.problems,
        };
        let (width, height) = (inside.width(), inside.height());
        if height <= 2 {
            wave::line(
                &mut inside.part(Rect::new(0, 0, width, 1)),
                &record.hearing.peaks,
                &sight,
                &over,
            );
            if height == 2 {
                wave::sections(&mut inside.part(Rect::new(0, 1, width, 1)), heard, &sight);
            }
            return;
        }
        wave::sections(&mut inside.part(Rect::new(0, 0, width, 1)), heard, &sight);
        let body = Rect::new(0, 1, width, height.saturating_sub(3));
        wave::draw(&mut inside.part(body), &record.hearing.peaks, &sight, &over);
        wave::ticks(
            &mut inside.part(Rect::new(0, height.saturating_sub(2), width, 1)),
            heard,
            &sight,
        );
        wave::ruler(
            &mut inside.part(Rect::new(0, height.saturating_sub(1), width, 1)),
            &sight,
            &over,
        );
    }

    /// What stands at the right of the first line.
    pub fn context(&self, cx: &Cx<'_>) -> String {
        let tracks: usize = cx.facts.datasets.iter().map(|d| d.members.len()).sum();
        let seconds: f64 =
            cx.facts.datasets.iter().flat_map(|d| &d.members).map(|m| m.track.duration_s()).sum();
        format!("{}  {}", count(tracks, "track", "tracks"), words::span(seconds))
    }
}

/// The ground of a track's rights in a word.
fn rights_word(cx: &Cx<'_>, id: &crate::domain::ids::TrackId) -> (String, Role) {
    let stated = cx.facts.statements.get(id).and_then(|s| s.rights.as_ref());
    let word = match stated {
        None => return ("none!".to_owned(), Role::Warn),
        Some(Rights::Own) => "own",
        Some(Rights::Commissioned) => "made",
        Some(Rights::PublicDomain) => "public",
        Some(Rights::Open { .. }) => "open",
        Some(Rights::Licensed { .. }) => "deal",
        Some(Rights::Catalogue) => "cat.",
    };
    (word.to_owned(), Role::Dim)
}

/// What an empty home says.
fn empty(pen: &mut Pen<'_>, cx: &Cx<'_>) {
    let lines = [
        ("i", "import a folder of your own music"),
        (":tour", "ten steps through the program"),
        ("?", "every key of this screen"),
    ];
    let top = (pen.height() / 2).saturating_sub(3);
    let left = (pen.width() / 2).saturating_sub(22);
    pen.put(left, top, "Nothing here yet.", Role::Accent);
    for (row, (key, words)) in lines.into_iter().enumerate() {
        let y = top + 2 + row as u16;
        pen.cell_right(left, y, 6, key, Role::Key);
        pen.put(left + 8, y, words, Role::Text);
    }
    let coming = cx.facts.jobs.iter().find(|j| j.kind == JobKind::Import && !j.state.ended());
    if let Some(job) = coming {
        let done = cx.facts.live.get(&job.job_id).map_or(0.0, |l| l.progress * 100.0);
        let words = format!("{} brings in {}: {done:.0} %, 3 shows more.", job.job_id, job.what);
        pen.put(left, top + 6, &words, Role::Accent);
        pen.put(left, top + 7, "Its tracks are listed here once all were listened to.", Role::Dim);
    } else if !cx.facts.owner {
        pen.put(left, top + 6, "This process only looks on.", Role::Warn);
    }
}
