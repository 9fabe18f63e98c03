//! The plane of style and nearness: how far into the artist's style a take lies, against how near it
//! comes to any one track, with the artist's own tracks as what is usual.
//!
//! To the right is the middle of the style, up is far from every track. Must never place what was not
//! measured.

use crate::domain::take::Take;
use crate::studio::mapping::SpotOf;
use crate::studio::nearness::Nearness;
use crate::tui::draw::Pen;
use crate::tui::draw::plot::{self, Point};
use crate::tui::facts::Facts;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// Wrong bits over which the plane is drawn at least: less would make noise of chance.
const LEAST_SPAN: f64 = 2.0;

/// Where something lies: share of the tracks at least as far from the rest in style, and wrong bits of
/// 32 to the nearest track.
pub fn place(what: &SpotOf, near: &Nearness, facts: &Facts) -> Option<(f64, f64)> {
    match what {
        SpotOf::Track(id, _) => {
            let stand = near.stands.iter().find(|s| s.track_id == *id)?;
            Some((stand.style, stand.bits?))
        }
        SpotOf::Take(id) => of_take(facts.take_of(id)?),
    }
}

fn of_take(take: &Take) -> Option<(f64, f64)> {
    let verdict = take.verdict.as_ref()?;
    Some((verdict.style.p?, verdict.copy.nearest_bits?))
}

/// The least wrong bits that any two of the tracks are apart.
pub fn least(near: &Nearness) -> Option<f64> {
    near.stands.iter().filter_map(|s| s.bits).min_by(f64::total_cmp)
}

/// Draws the plane; `spots` are what the cursor goes through, those without a place left out.
pub fn draw(
    pen: &mut Pen<'_>,
    spots: &[(usize, Point)],
    near: &Nearness,
    (chosen, unplaced): (usize, usize),
) {
    let (width, height) = (pen.width(), pen.height());
    let rows = height.saturating_sub(3);
    let (low, high) = range(spots.iter().map(|(_, p)| p.y).chain(least(near)));
    let share = |bits: f64| (bits - low) / (high - low);
    let points: Vec<Point> = spots.iter().map(|(_, p)| Point { y: share(p.y), ..*p }).collect();
    let here = spots.iter().position(|(n, _)| *n == chosen);
    let line = least(near).map(share);
    plot::plane(&mut pen.part(Rect::new(0, 0, width, rows)), &points, here, line);
    let axes = "right in the style, up far from every track";
    pen.cell(0, rows, width, axes, Role::Dim);
    let rule = pen.glyphs().pane.h;
    let words = format!("{rule}{rule} as near as two tracks come to each other");
    pen.cell(0, rows + 1, width, &words, Role::Dim);
    let track = if pen.glyphs().braille { '\u{2812}' } else { pen.glyphs().point };
    let mut legend = format!("{track} track  {} take  @ here", pen.glyphs().take);
    if unplaced > 0 {
        legend = format!("{legend}  {unplaced} not measured");
    }
    pen.cell(0, rows + 2, width, &legend, Role::Faint);
}

/// The bits from the bottom to the top, with some room.
fn range(bits: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = bits.fold((f64::MAX, f64::MIN), |(l, h), b| (l.min(b), h.max(b)));
    if low > high {
        return (0.0, 32.0);
    }
    let span = (high - low).max(LEAST_SPAN);
    (low - 0.1 * span, low + 1.1 * span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_holds_every_figure_with_room() {
        let (low, high) = range([7.0, 12.0, 9.0].into_iter());
        assert!(low < 7.0 && high > 12.0 && low > 6.0 && high < 13.0);
        let (low, high) = range([9.0].into_iter());
        assert!(low < 9.0 && high - low >= LEAST_SPAN);
        assert_eq!(range(std::iter::empty()), (0.0, 32.0));
    }
}
