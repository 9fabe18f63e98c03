//! Plots: points on a map, a curve, bars of a histogram.

use super::Pen;
use crate::tui::theme::Role;

/// A point on a map, 0..1 both ways, from the lower left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// A take, not a track.
    pub take: bool,
}

/// The cell of a point on a map of a size.
pub fn cell(point: &Point, width: u16, height: u16) -> (u16, u16) {
    let along = |share: f64, cells: u16| {
        let last = cells.saturating_sub(1);
        ((share.clamp(0.0, 1.0) * f64::from(last)).round() as u16).min(last)
    };
    (along(point.x, width), height.saturating_sub(1) - along(point.y, height))
}

/// Draws points; the chosen one is drawn last, with a sign of its own.
pub fn map(pen: &mut Pen<'_>, points: &[Point], chosen: Option<usize>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    let glyphs = pen.glyphs();
    let mut taken: std::collections::BTreeMap<(u16, u16), (usize, bool)> =
        std::collections::BTreeMap::new();
    for point in points {
        let here = taken.entry(cell(point, width, height)).or_default();
        here.0 += 1;
        here.1 |= point.take;
    }
    for ((x, y), (count, take)) in &taken {
        let (sign, role) = match (count, take) {
            (_, true) => (glyphs.take, Role::PointTake),
            (1, false) => (glyphs.point, Role::Point),
            (_, false) => (glyphs.points, Role::Point),
        };
        pen.sign(*x, *y, sign, role);
    }
    if let Some(point) = chosen.and_then(|c| points.get(c)) {
        let (x, y) = cell(point, width, height);
        pen.sign(x, y, '@', Role::Cursor);
    }
}

/// Draws points over a line across the pen: tracks as dots, finer than rows where braille is drawn,
/// takes by their sign.
pub fn plane(pen: &mut Pen<'_>, points: &[Point], chosen: Option<usize>, line: Option<f64>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    if let Some(at) = line {
        let (_, y) = cell(&Point { x: 0.0, y: at, take: false }, width, height);
        pen.rule(0, y, width, pen.glyphs().pane.h, Role::Faint);
    }
    if pen.glyphs().braille {
        let tracks = points.iter().filter(|p| !p.take);
        let mut dots: std::collections::BTreeMap<(u16, u16), u32> =
            std::collections::BTreeMap::new();
        for point in tracks {
            // Two dots side by side: one alone is hard to see.
            let (_, y) = cell(point, width, height.saturating_mul(4));
            let (x, _) = cell(point, width, height);
            *dots.entry((x, y / 4)).or_default() |= u32::from(dot(0, y) | dot(1, y));
        }
        for ((x, y), bits) in dots {
            pen.sign(x, y, char::from_u32(0x2800 + bits).unwrap_or('*'), Role::Point);
        }
        let takes: Vec<Point> = points.iter().filter(|p| p.take).copied().collect();
        map(pen, &takes, None);
    } else {
        map(pen, points, None);
    }
    if let Some(point) = chosen.and_then(|c| points.get(c)) {
        let (x, y) = cell(point, width, height);
        pen.sign(x, y, '@', Role::Cursor);
    }
}

/// The bit of a dot in its braille sign.
fn dot(x: u16, y: u16) -> u8 {
    [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]][usize::from(x % 2)][usize::from(y % 4)]
}

/// Draws a curve of values over the whole pen, the newest at the right end.
pub fn curve(pen: &mut Pen<'_>, values: &[f64], low: f64, high: f64) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 || values.is_empty() {
        return;
    }
    let span = (high - low).max(1e-12);
    let (across, down) =
        if pen.glyphs().braille { (width * 2, height * 4) } else { (width, height) };
    let mut dots = vec![0u8; usize::from(width) * usize::from(height)];
    let mut before: Option<u16> = None;
    for x in 0..across {
        let share = if across > 1 { f64::from(x) / f64::from(across - 1) } else { 1.0 };
        let index = (share * (values.len() - 1) as f64).round() as usize;
        let level = ((values[index] - low) / span).clamp(0.0, 1.0);
        let y = ((1.0 - level) * f64::from(down - 1)).round() as u16;
        let from = before.map_or(y, |b| b.min(y));
        let to = before.map_or(y, |b| b.max(y));
        for row in from..=to {
            if pen.glyphs().braille {
                dots[usize::from(row / 4) * usize::from(width) + usize::from(x / 2)] |= dot(x, row);
            } else if row == y {
                dots[usize::from(row) * usize::from(width) + usize::from(x)] = 1;
            }
        }
        before = Some(y);
    }
    for (at, bits) in dots.iter().enumerate().filter(|(_, b)| **b > 0) {
        let (x, y) = ((at % usize::from(width)) as u16, (at / usize::from(width)) as u16);
        let sign = if pen.glyphs().braille {
            char::from_u32(0x2800 + u32::from(*bits)).unwrap_or('*')
        } else {
            '*'
        };
        pen.sign(x, y, sign, Role::Curve);
    }
}

/// Draws a line of a histogram: label, bar, count.
pub fn bar_line(
    pen: &mut Pen<'_>,
    y: u16,
    label: &str,
    label_width: u16,
    value: usize,
    most: usize,
) {
    let width = pen.width();
    let count = value.to_string();
    let room = width.saturating_sub(label_width + 1 + 5);
    pen.cell_right(0, y, label_width, label, Role::Dim);
    if most > 0 && value > 0 {
        let filled = (value as f64 / most as f64 * f64::from(room)).ceil() as u16;
        pen.rule(label_width + 1, y, filled.min(room), pen.glyphs().full, Role::BarFull);
    }
    pen.right(y, &count, if value > 0 { Role::Text } else { Role::Faint });
}

#[cfg(test)]
mod tests {
    use super::super::pen::tests::{lines, look};
    use super::*;
    use crate::tui::draw::Look;
    use crate::tui::glyphs::ASCII;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    #[test]
    fn corners_are_corners() {
        let at = |x, y| cell(&Point { x, y, take: false }, 20, 10);
        assert_eq!((at(0.0, 0.0), at(1.0, 1.0)), ((0, 9), (19, 0)));
    }

    #[test]
    fn takes_stand_over_tracks_and_tracks_over_the_line() {
        let point = |x, y, take| Point { x, y, take };
        let points = [point(0.0, 0.5, false), point(0.5, 0.55, false), point(1.0, 0.5, true)];
        for (glyphs, wanted) in
            [(ASCII, ["", ".-.-T", ""]), (crate::tui::glyphs::UNICODE, ["", "⠒─⠒─◆", ""])]
        {
            let look = Look { glyphs, ..look() };
            let area = Rect::new(0, 0, 5, 3);
            let mut buffer = Buffer::empty(area);
            plane(&mut Pen::new(&mut buffer, area, &look), &points, None, Some(0.5));
            let drawn = lines(&buffer);
            assert_eq!(drawn[0], wanted[0]);
            assert_eq!(drawn[1], wanted[1]);
        }
    }

    #[test]
    fn a_falling_curve_falls() {
        let look = Look { glyphs: ASCII, ..look() };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 3));
        let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, 3, 3), &look);
        curve(&mut pen, &[3.0, 2.0, 1.0], 1.0, 3.0);
        assert_eq!(lines(&buffer), ["*", " *", "  *"]);
    }

    proptest! {
        #[test]
        fn no_size_breaks_them(w in 0u16..20, h in 0u16..8, values in proptest::collection::vec(-9.0f64..9.0, 0..30)) {
            for glyphs in [ASCII, crate::tui::glyphs::UNICODE] {
                let look = Look { glyphs, ..look() };
                let mut buffer = Buffer::empty(Rect::new(0, 0, w, h));
                let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, w, h), &look);
                curve(&mut pen, &values, -3.0, 3.0);
                let points: Vec<Point> =
                    values.iter().map(|v| Point { x: *v, y: *v / 2.0, take: *v > 0.0 }).collect();
                map(&mut pen, &points, Some(1));
                plane(&mut pen, &points, Some(1), values.first().copied());
                bar_line(&mut pen, 0, "label", 8, 3, 9);
            }
        }
    }
}
