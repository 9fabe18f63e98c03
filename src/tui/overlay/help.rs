//! Help: the keys of this screen first, then those that hold everywhere, from the live key map.

use super::Outcome;
use crate::tui::actions::{Action, Scope, TABLE};
use crate::tui::draw::Pen;
use crate::tui::editor::Editor;
use crate::tui::keymap::Keymap;
use crate::tui::keys::{Code, Key};
use crate::tui::screens::NOT_HERE;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::{actions::Act, list::List, list::Step};

/// A line of help.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    heading: bool,
    keys: String,
    words: String,
    name: String,
    /// Why it cannot be done now.
    why_not: Option<String>,
}

/// Help.
#[derive(Clone, Debug, PartialEq)]
pub struct Help {
    title: String,
    entries: Vec<Entry>,
    line: Editor,
    scroll: List,
}

impl Help {
    /// Help for scopes, innermost first; `why_not` says what cannot be done now.
    pub fn new(
        title: &str,
        chain: &[Scope],
        map: &Keymap,
        why_not: impl Fn(Act) -> Option<String>,
    ) -> Self {
        let mut entries = Vec::new();
        let insert = [Scope::Insert];
        for scope in chain.iter().chain(insert.iter().filter(|s| !chain.contains(s))) {
            entries.push(Entry {
                heading: true,
                keys: String::new(),
                words: scope.heading().to_owned(),
                name: String::new(),
                why_not: None,
            });
            for action in TABLE.iter().filter(|a| a.scope == *scope) {
                let why = why_not(action.act);
                // What this screen never does is no help with it.
                if why.as_ref().is_none_or(|w| !w.starts_with(NOT_HERE)) {
                    entries.push(entry(action, map, why));
                }
            }
        }
        let (title, line, scroll) = (title.to_owned(), Editor::line(""), List::default());
        Self { title, entries, line, scroll }
    }

    fn shown(&self) -> Vec<&Entry> {
        let wanted = self.line.text().to_lowercase();
        if wanted.trim().is_empty() {
            return self.entries.iter().collect();
        }
        let fits = |e: &&Entry| {
            let text = format!("{} {} {}", e.keys, e.name, e.words).to_lowercase();
            !e.heading && wanted.split_whitespace().all(|w| text.contains(w))
        };
        self.entries.iter().filter(fits).collect()
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        if key == Key::plain(Code::Enter) {
            return Outcome::Close;
        }
        if key == Key::char('?') && self.line.text().is_empty() {
            return Outcome::Close;
        }
        match key.code {
            Code::PageDown => self.scroll.at += 10,
            Code::PageUp => self.scroll.at = self.scroll.at.saturating_sub(10),
            _ => {
                if self.line.key(key) {
                    self.scroll = List::default();
                }
            }
        }
        self.scroll.at = self.scroll.at.min(self.shown().len());
        Outcome::Stay
    }

    /// An action of text fields.
    pub fn act(&mut self, act: Act) {
        let len = self.shown().len();
        match act {
            Act::Recall => self.scroll.go(Step::By(-1), len, 1),
            Act::Unrecall => self.scroll.go(Step::By(1), len, 1),
            _ => {
                self.line.act(act);
            }
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.scroll = List::default();
    }

    /// Draws it; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        pen.clear(Role::Ground);
        let shown = self.shown();
        let (width, height) = (pen.width(), pen.height());
        let mut inside =
            pen.pane(&self.title, "type to look for, up and down scroll, esc closes", true);
        let x = inside.put(1, 0, "look for ", Role::Dim);
        inside.put(x, 0, self.line.text(), Role::Input);
        let column = x + text::cells(&self.line.text()[..self.line.caret()]) as u16;
        inside.wash(column, 0, 1, Role::Caret);
        let caret = (inside.origin().0 + column, inside.origin().1);
        let columns = (width / 56).clamp(1, 3);
        let column_width = inside.width().saturating_sub(1) / columns.max(1);
        let rows = usize::from(height.saturating_sub(4)).max(1);
        let most = rows * usize::from(columns);
        let first = self.scroll.at.min(shown.len().saturating_sub(most));
        if shown.is_empty() {
            inside.put(1, 2, "no key and no action fits", Role::Dim);
        }
        for (number, entry) in shown[first..].iter().take(most).enumerate() {
            let x = (number / rows) as u16 * column_width + 1;
            let y = (number % rows) as u16 + 2;
            line(&mut inside, x, y, column_width.saturating_sub(1), entry);
        }
        Some(caret)
    }
}

fn entry(action: &'static Action, map: &Keymap, why_not: Option<String>) -> Entry {
    let keys = map.keys_of(action.act);
    Entry {
        heading: false,
        keys: if keys.is_empty() { format!(":{}", action.name) } else { keys.join(" ") },
        words: action.words.to_owned(),
        name: action.name.to_owned(),
        why_not,
    }
}

fn line(pen: &mut Pen<'_>, x: u16, y: u16, width: u16, entry: &Entry) {
    const KEYS: u16 = 16;
    if entry.heading {
        pen.cell(x, y, width, &entry.words, Role::TitleFocus);
        return;
    }
    pen.cell(x, y, KEYS - 1, &entry.keys, Role::Key);
    let room = width.saturating_sub(KEYS);
    match &entry.why_not {
        Some(why) => {
            // The reason is what one looks for; the words give way to it.
            let reason = format!(" ({why})");
            let left = usize::from(room).saturating_sub(text::cells(&reason)).max(12) as u16;
            let words = text::cells(&entry.words).min(usize::from(left)) as u16;
            pen.cell(x + KEYS, y, words, &entry.words, Role::Disabled);
            pen.cell(x + KEYS + words, y, room.saturating_sub(words), &reason, Role::Disabled)
        }
        None => pen.cell(x + KEYS, y, room, &entry.words, Role::Text),
    };
}
