//! Tables: columns that leave in a stated order when there is little room.

use super::Pen;
use crate::tui::list::List;
use crate::tui::theme::Role;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub head: &'static str,
    /// Its width; of the one with 0, whatever is left.
    pub width: u16,
    /// Whether it ends at its right end.
    pub right: bool,
    /// The higher, the earlier it leaves.
    pub rank: u8,
}

/// A left-aligned column.
pub const fn left(head: &'static str, width: u16, rank: u8) -> Column {
    Column { head, width, right: false, rank }
}

/// A right-aligned column.
pub const fn right(head: &'static str, width: u16, rank: u8) -> Column {
    Column { head, width, right: true, rank }
}

/// Least width of the column that takes the rest.
const ELASTIC_MIN: u16 = 14;
/// Cells before the first column: cursor and mark.
const MARGIN: u16 = 2;

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Text and role of each column.
    pub cells: Vec<(String, Role)>,
    /// Whether it is marked.
    pub marked: bool,
}

impl Row {
    /// A row that is not marked.
    pub fn new(cells: Vec<(String, Role)>) -> Self {
        Self { cells, marked: false }
    }
}

/// The widths of columns in a room; 0 for those that have left.
pub fn widths(columns: &[Column], room: u16) -> Vec<u16> {
    let mut shown: Vec<bool> = vec![true; columns.len()];
    loop {
        let fixed: u16 = columns
            .iter()
            .zip(&shown)
            .filter(|(_, s)| **s)
            .map(|(c, _)| if c.width == 0 { ELASTIC_MIN } else { c.width } + 1)
            .sum();
        if fixed + MARGIN <= room + 1 {
            break;
        }
        let next = (0..columns.len())
            .filter(|i| shown[*i] && columns[*i].rank > 0)
            .max_by_key(|i| columns[*i].rank);
        let Some(next) = next else { break };
        shown[next] = false;
    }
    let fixed: u16 = columns
        .iter()
        .zip(&shown)
        .filter(|(c, s)| **s && c.width > 0)
        .map(|(c, _)| c.width + 1)
        .sum();
    let rest = room.saturating_sub(fixed + MARGIN);
    columns
        .iter()
        .zip(shown)
        .map(|(c, s)| match (s, c.width) {
            (false, _) => 0,
            (true, 0) => rest,
            (true, width) => width,
        })
        .collect()
}

/// Draws heading and rows; `row` gives the row of a number. Returns the rows in sight.
pub fn draw(
    pen: &mut Pen<'_>,
    columns: &[Column],
    list: &List,
    len: usize,
    focused: bool,
    row: impl Fn(usize) -> Row,
) {
    let widths = widths(columns, pen.width());
    let mut x = MARGIN;
    for (column, width) in columns.iter().zip(&widths).filter(|(_, w)| **w > 0) {
        if column.right {
            pen.cell_right(x, 0, *width, column.head, Role::Head);
        } else {
            pen.cell(x, 0, *width, column.head, Role::Head);
        }
        x += width + 1;
    }
    body(&mut pen.part(below(pen, 1)), columns, &widths, list, len, focused, row);
}

/// Draws rows without a heading.
pub fn plain(
    pen: &mut Pen<'_>,
    columns: &[Column],
    list: &List,
    len: usize,
    focused: bool,
    row: impl Fn(usize) -> Row,
) {
    let widths = widths(columns, pen.width());
    body(pen, columns, &widths, list, len, focused, row);
}

fn below(pen: &Pen<'_>, rows: u16) -> ratatui::layout::Rect {
    ratatui::layout::Rect::new(0, rows, pen.width(), pen.height().saturating_sub(rows))
}

fn body(
    pen: &mut Pen<'_>,
    columns: &[Column],
    widths: &[u16],
    list: &List,
    len: usize,
    focused: bool,
    row: impl Fn(usize) -> Row,
) {
    let height = usize::from(pen.height());
    let width = pen.width();
    for (y, number) in list.sight(len, height).enumerate() {
        let y = y as u16;
        let row = row(number);
        let here = number == list.at;
        if row.marked {
            pen.sign(1, y, pen.glyphs().mark, Role::Mark);
        }
        let mut x = MARGIN;
        let shown = columns.iter().zip(widths).zip(&row.cells).filter(|((_, w), _)| **w > 0);
        for ((column, room), (text, role)) in shown {
            if column.right {
                pen.cell_right(x, y, *room, text, *role);
            } else {
                pen.cell(x, y, *room, text, *role);
            }
            x += room + 1;
        }
        if here {
            pen.sign(0, y, pen.glyphs().cursor, Role::Text);
            pen.wash(0, y, width, if focused { Role::Cursor } else { Role::CursorIdle });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column; 5] = [
        left("name", 0, 0),
        right("len", 5, 0),
        right("LUFS", 6, 2),
        left("key", 4, 3),
        right("bpm", 5, 4),
    ];

    #[test]
    fn columns_leave_in_their_order() {
        assert_eq!(widths(&COLUMNS, 60), [34, 5, 6, 4, 5]);
        assert_eq!(widths(&COLUMNS, 38)[4], 0);
        let few = widths(&COLUMNS, 30);
        assert_eq!((few[2], few[3], few[4]), (6, 0, 0));
        assert_eq!(widths(&COLUMNS, 10), [2, 5, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn columns_never_need_more_than_there_is(room in 0u16..200) {
            let widths = widths(&COLUMNS, room);
            let used: u16 = widths.iter().filter(|w| **w > 0).map(|w| w + 1).sum();
            prop_assert!(room < 12 || used < room, "{:?}", widths);
        }
    }
}
