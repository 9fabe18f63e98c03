//! A list to choose from, with a line to type what is looked for.

use super::{Outcome, Purpose, middle};
use crate::tui::actions::Act;
use crate::tui::draw::Pen;
use crate::tui::draw::table::{self, Row};
use crate::tui::editor::Editor;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::theme::Role;

/// Lines of the list in sight.
const HEIGHT: usize = 14;

/// One of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// What is handed on.
    pub value: String,
    /// What is shown and looked in.
    pub words: String,
    /// More about it.
    pub note: String,
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Picker {
    title: String,
    items: Vec<Item>,
    fits: Vec<usize>,
    line: Editor,
    list: List,
    purpose: Purpose,
    /// What is handed on if nothing fits but something was typed.
    free: bool,
}

impl Picker {
    /// A list.
    pub fn new(title: &str, items: Vec<Item>, purpose: Purpose) -> Self {
        let fits = (0..items.len()).collect();
        let (title, line, list) = (title.to_owned(), Editor::line(""), List::default());
        Self { title, items, fits, line, list, purpose, free: false }
    }

    /// The same, and what is typed may be something new.
    pub fn or_new(mut self) -> Self {
        self.free = true;
        self
    }

    /// The same, with the cursor on a value.
    pub fn at(mut self, value: &str) -> Self {
        let at = self.items.iter().position(|i| i.value == value).unwrap_or(0);
        self.list.go(Step::By(at as isize), self.fits.len(), HEIGHT);
        self
    }

    fn look(&mut self) {
        let wanted = self.line.text().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        self.fits = (0..self.items.len())
            .filter(|i| {
                let text = format!("{} {}", self.items[*i].words, self.items[*i].note);
                let text = text.to_lowercase();
                words.iter().all(|w| text.contains(w))
            })
            .collect();
        self.list.go(Step::First, self.fits.len(), HEIGHT);
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        if key == Key::plain(Code::Enter) {
            let chosen = self.fits.get(self.list.at).and_then(|i| self.items.get(*i));
            let typed = self.line.text().trim();
            return match chosen {
                Some(item) => Outcome::Submit(self.purpose.clone(), vec![item.value.clone()]),
                None if self.free && !typed.is_empty() => {
                    Outcome::Submit(self.purpose.clone(), vec![typed.to_owned()])
                }
                None => Outcome::Stay,
            };
        }
        if self.line.key(key) {
            self.look();
        }
        Outcome::Stay
    }

    /// An action of text fields.
    pub fn act(&mut self, act: Act) {
        let len = self.fits.len();
        match act {
            Act::Recall | Act::PreviousField => self.list.go(Step::By(-1), len, HEIGHT),
            Act::Unrecall | Act::NextField => self.list.go(Step::By(1), len, HEIGHT),
            _ => {
                if self.line.act(act) {
                    self.look();
                }
            }
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.look();
    }

    /// Draws it; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let rows = self.items.len().clamp(1, HEIGHT) as u16;
        let mut pen = pen.part(middle(pen, 76, rows + 4));
        pen.clear(Role::Ground);
        let note = format!("{} of {}", self.fits.len(), self.items.len());
        let mut inside = pen.pane(&self.title, &note, true);
        let x = inside.put(1, 0, "look for ", Role::Dim);
        inside.put(x, 0, self.line.text(), Role::Input);
        let column = x + crate::tui::text::cells(&self.line.text()[..self.line.caret()]) as u16;
        inside.wash(column, 0, 1, Role::Caret);
        let caret = (inside.origin().0 + column, inside.origin().1);
        let below =
            ratatui::layout::Rect::new(0, 2, inside.width(), inside.height().saturating_sub(2));
        let mut list = inside.part(below);
        if self.fits.is_empty() {
            let words = if self.free {
                "nothing fits; enter takes what is written"
            } else {
                "nothing fits"
            };
            list.put(2, 0, words, Role::Dim);
        }
        let columns = [table::left("", 0, 0), table::right("", 28, 1)];
        table::plain(&mut list, &columns, &self.list, self.fits.len(), true, |n| {
            let item = &self.items[self.fits[n]];
            Row::new(vec![(item.words.clone(), Role::Text), (item.note.clone(), Role::Dim)])
        });
        Some(caret)
    }
}
