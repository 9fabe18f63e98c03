//! The palette: any action by its name, its words or its key, with what it takes.

use super::Outcome;
use crate::tui::actions::{Act, Scope, TABLE, Takes};
use crate::tui::draw::Pen;
use crate::tui::editor::Editor;
use crate::tui::keymap::Keymap;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::text;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// Lines of the list in sight.
const HEIGHT: usize = 12;

/// What can follow an action's name.
pub type Values = Vec<(Takes, Vec<String>)>;

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    act: Act,
    name: &'static str,
    takes: Takes,
    keys: String,
    words: &'static str,
    why_not: Option<String>,
}

/// The palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    entries: Vec<Entry>,
    values: Values,
    line: Editor,
    list: List,
    shown: Vec<Shown>,
}

#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Action(usize),
    Value(usize, String),
}

impl Palette {
    /// The actions of some scopes, those used last first.
    pub fn new(
        chain: &[Scope],
        map: &Keymap,
        last: &[Act],
        values: Values,
        why_not: impl Fn(Act) -> Option<String>,
    ) -> Self {
        let mut entries: Vec<Entry> = TABLE
            .iter()
            .filter(|a| chain.contains(&a.scope))
            .map(|a| Entry {
                act: a.act,
                name: a.name,
                takes: a.takes,
                keys: map.keys_of(a.act).join(" "),
                words: a.words,
                why_not: why_not(a.act),
            })
            .collect();
        entries.sort_by_key(|e| last.iter().position(|a| *a == e.act).unwrap_or(usize::MAX));
        let (line, list) = (Editor::line(""), List::default());
        let mut palette = Self { entries, values, line, list, shown: Vec::new() };
        palette.look();
        palette
    }

    /// The action that was written out, and what follows it.
    fn written(&self) -> Option<(usize, &str)> {
        let text = self.line.text();
        let (name, rest) = text.split_once(' ')?;
        let at = self.entries.iter().position(|e| e.name == name && e.takes != Takes::Nothing)?;
        Some((at, rest.trim()))
    }

    fn look(&mut self) {
        let shown = match self.written() {
            Some((at, rest)) => {
                let takes = self.entries[at].takes;
                let known = self.values.iter().find(|(t, _)| *t == takes);
                let wanted = rest.to_lowercase();
                known
                    .map_or(&[] as &[String], |(_, v)| v.as_slice())
                    .iter()
                    .filter(|v| v.to_lowercase().contains(&wanted))
                    .map(|v| Shown::Value(at, v.clone()))
                    .collect()
            }
            None => {
                let wanted = self.line.text().trim().to_lowercase();
                let mut fits: Vec<(i32, usize)> = (0..self.entries.len())
                    .filter_map(|i| Some((score(&self.entries[i], &wanted)?, i)))
                    .collect();
                fits.sort_by_key(|(score, i)| (-score, *i));
                fits.into_iter().map(|(_, i)| Shown::Action(i)).collect()
            }
        };
        self.shown = shown;
        self.list.go(Step::First, self.shown.len(), HEIGHT);
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        if key == Key::plain(Code::Enter) {
            return self.enter();
        }
        if key == Key::plain(Code::Backspace) && self.line.text().is_empty() {
            return Outcome::Close;
        }
        if self.line.key(key) {
            self.look();
        }
        Outcome::Stay
    }

    fn enter(&mut self) -> Outcome {
        let chosen = self.shown.get(self.list.at).cloned();
        match (self.written(), chosen) {
            // What was typed wins over a value that merely contains it.
            (Some((at, rest)), chosen) => {
                let act = self.entries[at].act;
                let exact = matches!(&chosen, Some(Shown::Value(_, v)) if !v.is_empty());
                let free = matches!(self.entries[at].takes, Takes::Words(_) | Takes::Path);
                match chosen {
                    Some(Shown::Value(_, value)) if exact && (!free || rest.is_empty()) => {
                        Outcome::Run(act, Some(value))
                    }
                    _ => Outcome::Run(act, (!rest.is_empty()).then(|| rest.to_owned())),
                }
            }
            (None, Some(Shown::Action(at))) => Outcome::Run(self.entries[at].act, None),
            // No line of the table: for tests of what a fault of the program leaves behind.
            (None, None) if self.line.text() == "fail-on-purpose" => Outcome::Fail,
            _ => Outcome::Stay,
        }
    }

    /// An action of text fields.
    pub fn act(&mut self, act: Act) {
        let len = self.shown.len();
        match act {
            Act::Recall | Act::PreviousField => self.list.go(Step::By(-1), len, HEIGHT),
            Act::Unrecall => self.list.go(Step::By(1), len, HEIGHT),
            Act::NextField => {
                let completed = match self.shown.get(self.list.at) {
                    Some(Shown::Action(at)) => format!("{} ", self.entries[*at].name),
                    Some(Shown::Value(at, value)) => format!("{} {value}", self.entries[*at].name),
                    None => return,
                };
                self.line.set(&completed);
                self.look();
            }
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
        let width = 84.min(pen.width());
        let height = (HEIGHT as u16 + 4).min(pen.height());
        let top = 2.min(pen.height().saturating_sub(height));
        let mut pen = pen.part(Rect::new((pen.width() - width) / 2, top, width, height));
        pen.clear(Role::Ground);
        let mut inside = pen.pane("Do", "tab completes, enter does it", true);
        let x = inside.put(1, 0, ":", Role::Key);
        inside.put(x, 0, self.line.text(), Role::Input);
        let column = x + text::cells(&self.line.text()[..self.line.caret()]) as u16;
        inside.wash(column, 0, 1, Role::Caret);
        let caret = (inside.origin().0 + column, inside.origin().1);
        if self.shown.is_empty() {
            let words = match self.written() {
                Some((at, _)) => format!("enter: {}", self.entries[at].words),
                None => "no action fits".to_owned(),
            };
            inside.put(2, 2, &words, Role::Dim);
        }
        let range = self.list.sight(self.shown.len(), HEIGHT);
        for (row, shown) in self.shown[range.clone()].iter().enumerate() {
            let y = row as u16 + 2;
            match shown {
                Shown::Action(at) => action_line(&mut inside, y, &self.entries[*at]),
                Shown::Value(at, value) => {
                    let x = inside.put(2, y, self.entries[*at].name, Role::Dim);
                    inside.put(x + 1, y, value, Role::Text);
                }
            }
            if range.start + row == self.list.at {
                inside.sign(0, y, inside.glyphs().cursor, Role::Text);
                let width = inside.width();
                inside.wash(0, y, width, Role::Cursor);
            }
        }
        Some(caret)
    }
}

fn action_line(pen: &mut Pen<'_>, y: u16, entry: &Entry) {
    let role = if entry.why_not.is_some() { Role::Disabled } else { Role::Text };
    let name = match entry.takes.placeholder() {
        "" => entry.name.to_owned(),
        takes => format!("{} {takes}", entry.name),
    };
    pen.cell(2, y, 24, &name, role);
    pen.cell(27, y, 12, &entry.keys, Role::Key);
    let room = pen.width().saturating_sub(40);
    let words = match &entry.why_not {
        Some(why) => format!("{} ({why})", entry.words),
        None => entry.words.to_owned(),
    };
    pen.cell(40, y, room, &words, if entry.why_not.is_some() { role } else { Role::Dim });
}

/// How well an action fits what was typed; `None` if it does not.
fn score(entry: &Entry, wanted: &str) -> Option<i32> {
    if wanted.is_empty() {
        return Some(0);
    }
    if entry.name == wanted || entry.keys.split(' ').any(|k| k.to_lowercase() == wanted) {
        return Some(100);
    }
    if entry.name.starts_with(wanted) {
        return Some(80);
    }
    let text = format!("{} {}", entry.name, entry.words).to_lowercase();
    if wanted.split_whitespace().all(|w| text.contains(w)) {
        return Some(if entry.name.contains(wanted) { 60 } else { 40 });
    }
    // Letters in their order: "srt" finds "sort-..".
    let mut letters = wanted.chars();
    let mut next = letters.next();
    for c in entry.name.chars() {
        if Some(c) == next {
            next = letters.next();
        }
    }
    next.is_none().then_some(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> Palette {
        let values = vec![(Takes::Theme, vec!["default".to_owned(), "nocturne".to_owned()])];
        let chain = [Scope::Library, Scope::Global];
        Palette::new(&chain, &Keymap::default(), &[Act::Undo], values, |_| None)
    }

    fn write(palette: &mut Palette, text: &str) {
        palette.paste(text);
    }

    #[test]
    fn actions_are_found_by_name_words_and_letters() {
        let mut p = palette();
        assert_eq!(p.enter(), Outcome::Run(Act::Undo, None));
        write(&mut p, "imp");
        assert_eq!(p.enter(), Outcome::Run(Act::Import, None));
        let mut p = palette();
        write(&mut p, "ctrl-r");
        assert_eq!(p.enter(), Outcome::Run(Act::Redo, None));
        let mut p = palette();
        write(&mut p, "zzzz");
        assert_eq!(p.enter(), Outcome::Stay);
    }

    #[test]
    fn what_an_action_takes_is_completed() {
        let mut p = palette();
        write(&mut p, "theme noc");
        assert_eq!(p.enter(), Outcome::Run(Act::Theme, Some("nocturne".to_owned())));
        let mut p = palette();
        write(&mut p, "them");
        p.act(Act::NextField);
        assert_eq!(p.line.text(), "theme ");
        let mut p = palette();
        write(&mut p, "import /music/new songs");
        assert_eq!(p.enter(), Outcome::Run(Act::Import, Some("/music/new songs".to_owned())));
    }
}
