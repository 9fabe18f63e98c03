//! Drawing Diagnostics.

use super::{Diagnostics, Finding, Measure, PANES, Pane, balance, plane};
use crate::domain::ids::{TakeId, TrackId};
use crate::domain::listening::Severity;
use crate::studio::checking::CheckReport;
use crate::studio::mapping::{Spot, SpotOf, StyleMap};
use crate::tui::cx::Cx;
use crate::tui::draw::Pen;
use crate::tui::draw::plot::{self, Point};
use crate::tui::draw::table::{self, Row};
use crate::tui::screens::layout::{Class, class_of, numbered};
use crate::tui::theme::Role;
use crate::tui::words::{clock, count, figure, span};
use ratatui::layout::Rect;

impl Diagnostics {
    /// Draws the screen into an area.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, cx: &Cx<'_>) {
        let single = class_of(area) == Class::Single;
        for (number, place) in self.places(area).into_iter().enumerate() {
            let Some(place) = place else { continue };
            let pane = PANES[number];
            let mut pen = pen.part(place);
            let focused = pane == self.focus;
            let title = |words: &str| numbered(words, number + 1, single);
            match pane {
                Pane::Findings => self.draw_findings(&mut pen, &title("Findings"), focused, cx),
                Pane::Map if self.plane => {
                    self.draw_plane(&mut pen, &title("Style and nearness"), focused, cx);
                }
                Pane::Map => self.draw_map(&mut pen, &title("Map of the sound"), focused),
                Pane::Spot => self.draw_spot(&mut pen, &title("Here"), focused, cx),
                Pane::Balance => self.draw_balance(&mut pen, &title("Variety"), focused),
            }
        }
    }

    /// What stands in a pane while there is nothing to show in it.
    fn waits(&self, cx: &Cx<'_>) -> (String, Role) {
        match (&self.fault, &self.name) {
            (Some(fault), _) => (fault.message.clone(), Role::Warn),
            (None, Some(name)) => (format!("looking at {name} .."), Role::Dim),
            (None, None) if cx.facts.read => {
                ("no dataset yet: import music in the Library first".to_owned(), Role::Dim)
            }
            (None, None) => ("reading the store ..".to_owned(), Role::Dim),
        }
    }

    fn draw_findings(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let note = if self.ignored.is_empty() {
            count(self.findings.len(), "line", "lines")
        } else {
            format!("{}, {} put aside", self.findings.len(), self.ignored.len())
        };
        let mut inside = pen.pane(title, &note, focused);
        if self.check.is_none() {
            let (words, role) = self.waits(cx);
            inside.wrapped(1, 0, &words, role);
            return;
        }
        if self.check.as_ref().is_some_and(|c| c.tracks.iter().all(|t| t.excluded.is_some())) {
            inside.put(1, 0, "no track takes part: there is nothing to look at", Role::Dim);
            return;
        }
        if self.findings.is_empty() {
            inside.put(1, 0, "nothing to do: no duplicate, no outlier, no problem", Role::Ok);
            return;
        }
        let (width, height) = (inside.width(), inside.height());
        let rows = list_height(height);
        if let Some(finding) = self.finding().filter(|_| rows < height) {
            // The line under the cursor, whole.
            let below = Rect::new(1, rows + 1, width.saturating_sub(2), height - rows - 1);
            let words = format!("{}. {}", finding.words, does(finding));
            inside.part(below).wrapped(0, 0, &words, Role::Text);
        }
        let mut inside = inside.part(Rect::new(0, 0, width, rows));
        // Where it is narrow, what acting does is told below for the line under the cursor.
        let does = if width >= 100 { 46 } else { 0 };
        let columns = [table::left("", 1, 0), table::left("", 0, 0), table::left("", does, 1)];
        table::plain(&mut inside, &columns, &self.list, self.findings.len(), focused, |n| {
            line(&self.findings[n])
        });
    }

    fn draw_map(&self, pen: &mut Pen<'_>, title: &str, focused: bool) {
        let Some(map) = &self.map else {
            let mut inside = pen.pane(title, "", focused);
            let waits = self.name.is_some() && self.fault.is_none();
            let words = if waits { "measuring distances .." } else { "nothing yet" };
            inside.put(1, 0, words, Role::Faint);
            return;
        };
        if map.spots.len() < 2 {
            let mut inside = pen.pane(title, "", focused);
            inside.put(1, 0, "a map needs two tracks", Role::Dim);
            return;
        }
        let note = format!("shows {:.0} % of the distances", 100.0 * map.share);
        let mut inside = pen.pane(title, &note, focused);
        let height = inside.height().saturating_sub(1);
        let width = inside.width().saturating_sub(2);
        let points = points(map, width, height);
        plot::map(&mut inside.part(Rect::new(1, 0, width, height)), &points, Some(self.spot));
        let glyphs = inside.glyphs();
        let mut legend = format!("{} track  {} several  @ here", glyphs.point, glyphs.points);
        if points.iter().any(|p| p.take) {
            legend = format!("{legend}  {} take", glyphs.take);
        } else if !map.with_takes {
            legend.push_str("  listening to the takes ..");
        }
        inside.put(1, height, &legend, Role::Faint);
    }

    fn draw_plane(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let (Some(map), Some(near)) = (&self.map, &self.near) else {
            let mut inside = pen.pane(title, "o map", focused);
            let waits = self.name.is_some() && self.fault.is_none();
            let words = match &self.near_fault {
                Some(why) => why.as_str(),
                None if waits => "comparing every two tracks ..",
                None => "nothing yet",
            };
            inside.part(inner(&inside)).wrapped(0, 0, words, Role::Faint);
            return;
        };
        let some = near.compared < near.stands.len();
        let note = if some { format!("{} tracks compared", near.compared) } else { "o map".into() };
        let mut inside = pen.pane(title, &note, focused);
        let placed = |(n, spot): (usize, &Spot)| {
            let (x, y) = plane::place(&spot.what, near, cx.facts)?;
            Some((n, Point { x, y, take: matches!(spot.what, SpotOf::Take(_)) }))
        };
        let spots: Vec<(usize, Point)> = map.spots.iter().enumerate().filter_map(placed).collect();
        let unplaced = map.spots.len() - spots.len();
        plane::draw(&mut inside.part(inner(&inside)), &spots, near, (self.spot, unplaced));
    }

    fn draw_spot(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let mut inside = pen.pane(title, "", focused);
        let spot = self.map.as_ref().and_then(|m| m.spots.get(self.spot));
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(area);
        match spot.map(|s| &s.what) {
            None => {
                inside.put(0, 0, "nothing yet", Role::Faint);
            }
            Some(SpotOf::Track(id, nearest)) => {
                self.draw_track(&mut inside, id, nearest.as_ref(), cx);
            }
            Some(SpotOf::Take(id)) => draw_take(&mut inside, id, cx),
        }
    }

    fn draw_track(
        &self,
        pen: &mut Pen<'_>,
        id: &TrackId,
        nearest: Option<&(TrackId, f64)>,
        cx: &Cx<'_>,
    ) {
        let mut y = pen.wrapped(0, 0, &cx.facts.title(id), Role::Accent);
        let sketch = cx.facts.sketch(id);
        let key = sketch.and_then(|s| s.key).map_or_else(|| "-".to_owned(), |k| k.to_string());
        y = pen.pair(y, 10, "tempo", &figure(sketch.and_then(|s| s.tempo_bpm), 1), Role::Text);
        y = pen.pair(y, 10, "key", &key, Role::Text);
        let lufs = figure(sketch.and_then(|s| s.loudness_lufs), 1);
        y = pen.pair(y, 10, "LUFS", &lufs, Role::Text);
        if let Some((_, member)) = cx.facts.track(id) {
            y = pen.pair(y, 10, "length", &clock(member.length_s()), Role::Text);
        }
        if let Some((other, distance)) = nearest {
            y = pen.wrapped(0, y + 1, "nearest", Role::Dim);
            y = pen.wrapped(2, y, &cx.facts.title(other), Role::Text);
            let words = format!("{distance:.2} of a typical distance between an artist's tracks");
            y = pen.wrapped(2, y, &words, Role::Dim);
        }
        let risk = self.check.as_ref().and_then(|c| {
            let risks = &c.diagnosis.copy_risk;
            risks.iter().find(|r| r.track_id == *id).map(|r| r.risk)
        });
        if let Some(risk) = risk {
            let words = format!("stands {risk:.1} times as far from its neighbour as usual");
            y = pen.wrapped(0, y + 1, &words, if risk > 2.0 { Role::Warn } else { Role::Dim });
        }
        if let Some(stand) = self.near.iter().flat_map(|n| &n.stands).find(|s| s.track_id == *id)
            && let (Some(bits), Some(other)) = (stand.bits, &stand.nearest)
        {
            let words =
                format!("nearest recording {}: {bits:.1} wrong bits of 32", cx.facts.title(other));
            y = pen.wrapped(0, y, &words, Role::Dim);
        }
        for outlier in self.check.iter().flat_map(|c| &c.diagnosis.outliers) {
            if outlier.track_id == *id {
                let words = format!("apart in {}", outlier.aspects.join(", "));
                y = pen.wrapped(0, y, &words, Role::Warn);
            }
        }
    }

    fn draw_balance(&self, pen: &mut Pen<'_>, title: &str, focused: bool) {
        let mut inside = pen.pane(title, "m measure", focused);
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(area);
        let Some(report) = &self.check else {
            let waits = self.name.is_some() && self.fault.is_none();
            inside.put(0, 0, if waits { "measuring .." } else { "nothing yet" }, Role::Faint);
            return;
        };
        if report.tracks.iter().all(|t| t.excluded.is_some()) {
            inside.put(0, 0, "no track takes part", Role::Dim);
            return;
        }
        let y = draw_variety(&mut inside, report);
        let width = inside.width();
        let mut x = 0;
        for measure in Measure::ALL {
            let role = if measure == self.measure { Role::TabHere } else { Role::Dim };
            x = inside.put(x, y, measure.name(), role) + 2;
        }
        let lines = balance::lines(report, self.measure);
        let most = lines.iter().map(|(_, n)| *n).max().unwrap_or(0);
        let room = inside.height().saturating_sub(y + 1);
        for (row, (label, number)) in lines.iter().take(usize::from(room)).enumerate() {
            let label_width = if self.measure == Measure::Key { 12 } else { 8 };
            let mut part = inside.part(Rect::new(0, y + 1 + row as u16, width, 1));
            plot::bar_line(&mut part, 0, label, label_width, *number, most);
        }
    }
}

/// All but the first and the last column.
fn inner(pen: &Pen<'_>) -> Rect {
    Rect::new(1, 0, pen.width().saturating_sub(2), pen.height())
}

/// Variety and size in a few lines; returns the row after them.
fn draw_variety(pen: &mut Pen<'_>, report: &CheckReport) -> u16 {
    let found = &report.diagnosis;
    let included = report.tracks.iter().filter(|t| t.excluded.is_none());
    let seconds: f64 = included.clone().map(|t| t.duration_s).sum();
    let out = report.tracks.len() - included.clone().count();
    let mut words = format!("{}, {}", count(included.count(), "track", "tracks"), span(seconds));
    if out > 0 {
        words = format!("{words}; {out} left out");
    }
    let mut y = pen.wrapped(0, 0, &words, Role::Text);
    let verdict = found.variety.verdict.as_deref();
    let role = if verdict == Some("healthy") { Role::Ok } else { Role::Warn };
    y = match found.variety.effective_of_12 {
        Some(effective) => {
            let words = format!("12 of them are worth {effective:.1} different songs");
            let y = pen.wrapped(0, y, &words, Role::Text);
            let word = verdict.unwrap_or("too few to say");
            pen.wrapped(0, y, &format!("{word} (provisional scale)"), role)
        }
        None => pen.wrapped(0, y, "variety: two tracks are needed", Role::Dim),
    };
    let twice: usize = found.duplicates.iter().map(|g| g.len() - 1).sum();
    let words = match twice {
        0 => "no recording is there twice".to_owned(),
        n => format!("{} there already", count(n, "recording is", "recordings are")),
    };
    y = pen.wrapped(0, y, &words, if twice == 0 { Role::Ok } else { Role::Warn });
    let groups = found.variety.clusters.iter().filter(|g| g.len() > 1).count();
    let single = found.variety.clusters.iter().filter(|g| g.len() == 1).count();
    let words = format!("{}, {single} alone", count(groups, "group", "groups"));
    pen.wrapped(0, y, &words, Role::Dim) + 1
}

fn draw_take(pen: &mut Pen<'_>, id: &TakeId, cx: &Cx<'_>) {
    let y = pen.wrapped(0, 0, &format!("take {id}"), Role::Accent);
    let Some(take) = cx.facts.take_of(id) else { return };
    let y = pen.wrapped(0, y, &take.request.prompt, Role::Text) + 1;
    if let Some(verdict) = &take.verdict {
        pen.wrapped(0, y, &crate::studio::evaluation::words(verdict), Role::Dim);
    }
}

/// Rows of the list in a pane of a height: the rest is the line under the cursor, whole.
pub fn list_height(pane: u16) -> u16 {
    if pane >= 7 { pane - 3 } else { pane }
}

fn does(finding: &Finding) -> String {
    if finding.drops.is_empty() {
        finding.effect.clone()
    } else {
        format!("x leaves {} out: {}", finding.drops.len(), finding.effect)
    }
}

fn line(finding: &Finding) -> Row {
    let (sign, role) = match finding.severity {
        Severity::Exclude => ("!", Role::Bad),
        Severity::Warn => ("!", Role::Warn),
        Severity::Info => ("-", Role::Dim),
    };
    Row::new(vec![
        (sign.to_owned(), role),
        (finding.words.clone(), Role::Text),
        (does(finding), Role::Dim),
    ])
}

/// Points of the map with one scale both ways: distances on the screen are distances.
fn points(map: &StyleMap, width: u16, height: u16) -> Vec<Point> {
    let edge = |of: &dyn Fn(f64, f64) -> f64, first: f64, get: &dyn Fn(usize) -> f64| {
        (0..map.spots.len()).map(get).fold(first, of)
    };
    let (x, y) = (|n: usize| map.spots[n].x, |n: usize| map.spots[n].y);
    let (left, right) =
        (edge(&f64::min, f64::INFINITY, &x), edge(&f64::max, f64::NEG_INFINITY, &x));
    let (low, high) = (edge(&f64::min, f64::INFINITY, &y), edge(&f64::max, f64::NEG_INFINITY, &y));
    // A cell is about twice as high as it is wide.
    let (across, up) = (f64::from(width.max(2)) / 2.0, f64::from(height.max(2)));
    let scale = ((right - left) / across).max((high - low) / up).max(1e-9);
    let place = |value: f64, from: f64, to: f64, cells: f64| {
        0.5 + (value - f64::midpoint(from, to)) / scale / cells
    };
    map.spots
        .iter()
        .map(|s| Point {
            x: place(s.x, left, right, across),
            y: place(s.y, low, high, up),
            take: matches!(s.what, SpotOf::Take(_)),
        })
        .collect()
}
