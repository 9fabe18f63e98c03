//! A text to read: messages, a log, a plan, evidence.

use super::{Outcome, middle};
use crate::tui::actions::Act;
use crate::tui::draw::Pen;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::text;
use crate::tui::theme::Role;

/// Lines a step of a page goes.
const PAGE: usize = 20;

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    title: String,
    lines: Vec<(String, Role)>,
    list: List,
}

impl View {
    /// A text, shown from its first line.
    pub fn new(title: &str, lines: Vec<(String, Role)>) -> Self {
        Self { title: title.to_owned(), lines, list: List::default() }
    }

    /// The same, shown from its last line.
    pub fn from_end(mut self) -> Self {
        self.list.go(Step::Last, self.lines.len(), PAGE);
        self
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        if matches!(key.code, Code::Esc | Code::Enter | Code::Char('q')) {
            return Outcome::Close;
        }
        Outcome::Stay
    }

    /// A move.
    pub fn act(&mut self, act: Act) {
        if let Some(step) = step(act) {
            self.list.go(step, self.lines.len(), PAGE);
        }
    }

    /// Draws it.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        let width = 100.min(pen.width());
        let room = usize::from(width.saturating_sub(4)).max(1);
        // Long lines are broken here, where the width is known.
        let mut rows: Vec<(String, Role)> = Vec::new();
        let mut start = 0;
        for (number, (line, role)) in self.lines.iter().enumerate() {
            if number == self.list.at {
                start = rows.len();
            }
            let plain = text::inert(line, pen.look().ascii_text).into_owned();
            rows.extend(text::wrap(&plain, room).into_iter().map(|l| (l, *role)));
        }
        let height = (rows.len() as u16 + 2).clamp(3, pen.height().saturating_sub(2).max(3));
        let mut pen = pen.part(middle(pen, width, height));
        pen.clear(Role::Ground);
        let shown = usize::from(height.saturating_sub(2));
        let first = start.min(rows.len().saturating_sub(shown));
        let last = (first + shown).min(rows.len());
        let note = if rows.len() > shown {
            format!("{}-{last} of {}", first + 1, rows.len())
        } else {
            "esc closes".to_owned()
        };
        let mut inside = pen.pane(&self.title, &note, true);
        for (y, (line, role)) in rows[first..last].iter().enumerate() {
            inside.put(1, y as u16, line, *role);
        }
    }
}

/// The step of a cursor that an action asks for.
pub fn step(act: Act) -> Option<Step> {
    Some(match act {
        Act::Down => Step::By(1),
        Act::Up => Step::By(-1),
        Act::Top => Step::First,
        Act::Bottom => Step::Last,
        Act::HalfDown => Step::Half(1),
        Act::HalfUp => Step::Half(-1),
        Act::PageDown => Step::Half(2),
        Act::PageUp => Step::Half(-2),
        _ => return None,
    })
}
