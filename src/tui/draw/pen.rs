//! The pen: text in a role at a place, clipped to an area.

use crate::tui::glyphs::Glyphs;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What decides how things look.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// Whether only ascii can be written at all.
    pub ascii_text: bool,
}

/// Writes into an area of a buffer. Places are relative to the area; what lies outside is dropped.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: &'a Look,
}

impl<'a> Pen<'a> {
    /// A pen for the part of an area that is in the buffer.
    pub fn new(buffer: &'a mut Buffer, area: Rect, look: &'a Look) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, look }
    }

    /// A pen for a part of this pen's area.
    pub fn part(&mut self, part: Rect) -> Pen<'_> {
        let x = self.area.x.saturating_add(part.x);
        let y = self.area.y.saturating_add(part.y);
        let area = Rect::new(x, y, part.width, part.height).intersection(self.area);
        // An intersection that is empty may lie anywhere; nothing is written into it.
        Pen { buffer: self.buffer, area, look: self.look }
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// The place of this pen's area on the screen.
    pub fn origin(&self) -> (u16, u16) {
        (self.area.x, self.area.y)
    }

    /// The signs.
    pub fn glyphs(&self) -> &'a Glyphs {
        &self.look.glyphs
    }

    /// How things look.
    pub fn look(&self) -> &'a Look {
        self.look
    }

    /// Writes text; returns the column after it.
    pub fn put(&mut self, x: u16, y: u16, what: &str, role: Role) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let room = usize::from(self.area.width - x);
        let style = self.look.theme.style(role);
        let plain = text::inert(what, self.look.ascii_text);
        let (x, y) = (self.area.x + x, self.area.y + y);
        self.free(x, y);
        let (end, _) = self.buffer.set_stringn(x, y, &*plain, room, style);
        end - self.area.x
    }

    /// Writes text cut to a width; returns the column after the width.
    pub fn cell(&mut self, x: u16, y: u16, width: u16, what: &str, role: Role) -> u16 {
        let plain = text::inert(what, self.look.ascii_text);
        let short = text::cut(&plain, usize::from(width), self.look.glyphs.dots);
        self.put(x, y, &short, role);
        x.saturating_add(width)
    }

    /// Writes text that ends at the right end of a width.
    pub fn cell_right(&mut self, x: u16, y: u16, width: u16, what: &str, role: Role) -> u16 {
        let plain = text::inert(what, self.look.ascii_text);
        let short = text::cut(&plain, usize::from(width), self.look.glyphs.dots);
        let used = text::cells(&short) as u16;
        self.put(x.saturating_add(width.saturating_sub(used)), y, &short, role);
        x.saturating_add(width)
    }

    /// Writes text that ends at the right edge; returns where it starts.
    pub fn right(&mut self, y: u16, what: &str, role: Role) -> u16 {
        let used = text::cells(&text::inert(what, self.look.ascii_text)) as u16;
        let x = self.width().saturating_sub(used);
        self.put(x, y, what, role);
        x
    }

    /// Writes one sign.
    pub fn sign(&mut self, x: u16, y: u16, sign: char, role: Role) {
        if x < self.area.width && y < self.area.height {
            let style = self.look.theme.style(role);
            self.free(self.area.x + x, self.area.y + y);
            if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
                cell.set_char(sign).set_style(style);
            }
        }
    }

    /// A sign of two cells whose second half is written over goes: no terminal shows a half.
    fn free(&mut self, x: u16, y: u16) {
        let Some(before) = x.checked_sub(1) else { return };
        if let Some(cell) = self.buffer.cell_mut((before, y))
            && cell.symbol().len() > 1
            && text::cells(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }

    /// Empties the area and gives it a role.
    pub fn clear(&mut self, role: Role) {
        let style = self.look.theme.style(role);
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Gives a row, or a part of it, another role; the text stays.
    pub fn wash(&mut self, x: u16, y: u16, width: u16, role: Role) {
        if y >= self.area.height {
            return;
        }
        let style = self.look.theme.style(role);
        let end = x.saturating_add(width).min(self.area.width);
        for column in x..end {
            if let Some(cell) = self.buffer.cell_mut((self.area.x + column, self.area.y + y)) {
                let keep = cell.symbol().to_owned();
                cell.reset();
                cell.set_symbol(&keep).set_style(style);
            }
        }
    }

    /// A row of one sign.
    pub fn rule(&mut self, x: u16, y: u16, width: u16, sign: char, role: Role) {
        let end = x.saturating_add(width).min(self.area.width);
        for column in x..end {
            self.sign(column, y, sign, role);
        }
    }

    /// Words broken into lines from a row on; returns the row after them.
    pub fn wrapped(&mut self, x: u16, y: u16, what: &str, role: Role) -> u16 {
        let width = usize::from(self.width().saturating_sub(x));
        if width == 0 {
            return y;
        }
        let mut row = y;
        for paragraph in what.split('\n') {
            let plain = text::inert(paragraph, self.look.ascii_text);
            for line in text::wrap(&plain, width) {
                if row >= self.height() {
                    return row;
                }
                self.put(x, row, &line, role);
                row += 1;
            }
        }
        row
    }

    /// A label and a value in two columns.
    pub fn pair(&mut self, y: u16, width: u16, label: &str, value: &str, role: Role) -> u16 {
        self.cell(0, y, width.saturating_sub(1), label, Role::Dim);
        let room = self.width().saturating_sub(width);
        self.cell(width, y, room, value, role);
        y + 1
    }

    /// A bar that is full to a share of its width.
    pub fn bar(&mut self, x: u16, y: u16, width: u16, share: f64) {
        let filled = (share.clamp(0.0, 1.0) * f64::from(width)).round() as u16;
        self.rule(x, y, filled, self.look.glyphs.full, Role::BarFull);
        self.rule(x + filled, y, width - filled, self.look.glyphs.rest, Role::BarRest);
    }

    /// Draws a pane's border and titles and returns a pen for its inside.
    pub fn pane(&mut self, title: &str, note: &str, focused: bool) -> Pen<'_> {
        let lines = if focused { self.look.glyphs.focus } else { self.look.glyphs.pane };
        let (border, heading) = if focused {
            (Role::BorderFocus, Role::TitleFocus)
        } else {
            (Role::Border, Role::Title)
        };
        let (w, h) = (self.width(), self.height());
        if w < 2 || h < 2 {
            return self.part(Rect::new(0, 0, 0, 0));
        }
        self.rule(1, 0, w - 2, lines.h, border);
        self.rule(1, h - 1, w - 2, lines.h, border);
        for y in 1..h - 1 {
            self.sign(0, y, lines.v, border);
            self.sign(w - 1, y, lines.v, border);
        }
        for (x, y, sign) in
            [(0, 0, lines.tl), (w - 1, 0, lines.tr), (0, h - 1, lines.bl), (w - 1, h - 1, lines.br)]
        {
            self.sign(x, y, sign, border);
        }
        let room = usize::from(w.saturating_sub(4));
        let mark = if focused { format!("{}", self.look.glyphs.here) } else { String::new() };
        let title = format!(" {mark}{title} ");
        let dots = self.look.glyphs.dots;
        let plain = text::inert(&title, self.look.ascii_text).into_owned();
        let end = self.put(2, 0, &text::cut(&plain, room, dots), heading);
        if !note.is_empty() {
            let plain = text::inert(note, self.look.ascii_text).into_owned();
            let left = usize::from(w.saturating_sub(end + 3));
            if left > 4 {
                let note = text::cut(&plain, left.saturating_sub(2), dots).into_owned();
                let x = w.saturating_sub(text::cells(&note) as u16 + 4);
                self.put(x, 0, &format!(" {note} "), Role::Dim);
            }
        }
        self.part(Rect::new(1, 1, w - 2, h - 2))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tui::glyphs::{ASCII, UNICODE};
    use crate::tui::theme::Depth;

    pub(crate) fn look() -> Look {
        Look { theme: Theme::shipped("default", Depth::Ansi), glyphs: UNICODE, ascii_text: false }
    }

    pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
        let width = usize::from(buffer.area.width.max(1));
        let cells: Vec<&str> = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        cells.chunks(width).map(|row| row.concat().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_pen_stays_in_its_area() {
        let look = look();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 3));
        let mut pen = Pen::new(&mut buffer, Rect::new(2, 1, 5, 9), &look);
        assert_eq!((pen.width(), pen.height()), (5, 2));
        pen.put(0, 0, "abcdefgh", Role::Text);
        pen.put(3, 1, "日本", Role::Text);
        pen.put(0, 7, "no", Role::Text);
        pen.right(1, "x", Role::Text);
        let mut part = pen.part(Rect::new(4, 0, 50, 50));
        part.put(0, 0, "zz", Role::Text);
        let lines = lines(&buffer);
        assert_eq!(lines[..2], ["", "  abcdzz".get(..7).unwrap_or_default()]);
        assert!(lines[2].ends_with('x') && text::cells(&lines[2]) <= 7, "{lines:?}");
    }

    #[test]
    fn panes_draw_at_every_size() {
        let look = Look { glyphs: ASCII, ..look() };
        for w in 0..30 {
            for h in 0..6 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, w, h));
                let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, w, h), &look);
                let mut inside = pen.pane("Tracks", "12 of 40", true);
                inside.wrapped(0, 0, "some words that are long", Role::Text);
                inside.bar(0, 0, 7, 0.5);
            }
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 3));
        Pen::new(&mut buffer, Rect::new(0, 0, 30, 3), &look).pane("Tracks", "12 of 40", true);
        assert_eq!(lines(&buffer)[0], "+= *Tracks ======= 12 of 40 =+");
    }
}
