//! How much of a screen there is room for.

use ratatui::layout::Rect;

/// Classes of size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// A line that says how much is needed.
    Tiny,
    /// One pane at a time.
    Single,
    /// Two columns; the third is reached with tab, waveforms are one line.
    Stacked,
    /// Everything.
    Full,
}

/// The class of a terminal.
pub fn class(width: u16, height: u16) -> Class {
    match (width, height) {
        (100.., 28..) => Class::Full,
        (80.., 24..) => Class::Stacked,
        (60.., 16..) => Class::Single,
        _ => Class::Tiny,
    }
}

/// The class of the terminal that has this room between its first and its last two lines.
pub fn class_of(body: Rect) -> Class {
    class(body.width, body.height + 3)
}

/// A title with the number of its pane, where only one is in sight.
pub fn numbered(title: &str, number: usize, single: bool) -> String {
    if single { format!("{number}/4 {title}") } else { title.to_owned() }
}

/// Cuts columns of some widths off the left of an area; the rest comes last.
pub fn columns(area: Rect, widths: &[u16]) -> Vec<Rect> {
    let mut rest = area;
    let mut out = Vec::with_capacity(widths.len() + 1);
    for width in widths {
        let width = (*width).min(rest.width);
        out.push(Rect { width, ..rest });
        rest.x += width;
        rest.width -= width;
    }
    out.push(rest);
    out
}

/// An area above, and one of a height below.
pub fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let top = Rect { height: area.height - height, ..area };
    (top, Rect { y: area.y + top.height, height, ..area })
}

/// The inside of a pane.
pub fn inside(pane: Rect) -> Rect {
    Rect::new(
        pane.x + 1.min(pane.width),
        pane.y + 1.min(pane.height),
        pane.width.saturating_sub(2),
        pane.height.saturating_sub(2),
    )
}

/// The next or previous of some things.
pub fn step<T: Copy + PartialEq>(all: &[T], now: T, by: isize) -> T {
    let Some(len) = Some(all.len()).filter(|l| *l > 0) else { return now };
    let at = all.iter().position(|t| *t == now).unwrap_or(0);
    all[(at as isize + by).rem_euclid(len as isize) as usize]
}
