//! A file browser: folders to go into, files and folders to import.
//!
//! What a folder holds is read elsewhere and handed in. Must never read a disk itself.

use super::{Outcome, middle};
use crate::tui::actions::Act;
use crate::tui::ask::Entry;
use crate::tui::draw::Pen;
use crate::tui::draw::table::{self, Row};
use crate::tui::editor::Editor;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::theme::Role;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines of the list in sight.
const HEIGHT: usize = 16;

/// A file browser.
#[derive(Clone, Debug)]
pub struct Browser {
    folder: PathBuf,
    entries: Vec<Entry>,
    read: bool,
    fits: Vec<usize>,
    line: Editor,
    list: List,
    marks: BTreeSet<PathBuf>,
}

impl Browser {
    /// A browser that waits for what its folder holds.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            entries: Vec::new(),
            read: false,
            fits: Vec::new(),
            line: Editor::line(""),
            list: List::default(),
            marks: BTreeSet::new(),
        }
    }

    /// What a folder holds came.
    pub fn read(&mut self, folder: PathBuf, entries: Vec<Entry>) {
        self.folder = folder;
        self.entries = entries;
        self.read = true;
        self.line = Editor::line("");
        self.look();
    }

    fn look(&mut self) {
        let wanted = self.line.text().to_lowercase();
        self.fits = (0..self.entries.len())
            .filter(|i| self.entries[*i].name.to_lowercase().contains(&wanted))
            .collect();
        self.list.go(Step::First, self.fits.len(), HEIGHT);
    }

    fn here(&self) -> Option<(PathBuf, bool)> {
        let entry = self.entries.get(*self.fits.get(self.list.at)?)?;
        Some((self.folder.join(&entry.name), entry.file))
    }

    /// What is imported: the marks, or what the cursor is on.
    fn chosen(&self) -> Outcome {
        let mut paths: Vec<PathBuf> = self.marks.iter().cloned().collect();
        if paths.is_empty() {
            paths.extend(self.here().map(|(path, _)| path));
        }
        if paths.is_empty() { Outcome::Stay } else { Outcome::Import(paths) }
    }

    fn up(&self) -> Outcome {
        match self.folder.parent() {
            Some(parent) => Outcome::Folder(parent.to_owned()),
            None => Outcome::Stay,
        }
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key.code {
            Code::Enter => {
                return match self.here() {
                    Some((path, false)) => Outcome::Folder(path),
                    Some((_, true)) => self.chosen(),
                    None => Outcome::Stay,
                };
            }
            Code::Left => return self.up(),
            Code::Right => {
                return match self.here() {
                    Some((path, false)) => Outcome::Folder(path),
                    _ => Outcome::Stay,
                };
            }
            Code::Backspace if self.line.text().is_empty() => return self.up(),
            _ => {}
        }
        if self.line.key(key) {
            self.look();
        }
        Outcome::Stay
    }

    /// An action of text fields.
    pub fn act(&mut self, act: Act) -> Outcome {
        let len = self.fits.len();
        match act {
            Act::Go => return self.chosen(),
            Act::Recall | Act::PreviousField => self.list.go(Step::By(-1), len, HEIGHT),
            Act::Unrecall => self.list.go(Step::By(1), len, HEIGHT),
            Act::NextField => {
                if let Some((path, _)) = self.here()
                    && !self.marks.remove(&path)
                {
                    self.marks.insert(path);
                }
                self.list.go(Step::By(1), len, HEIGHT);
            }
            _ => {
                if self.line.act(act) {
                    self.look();
                }
            }
        }
        Outcome::Stay
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.look();
    }

    /// Draws it; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let mut pen = pen.part(middle(pen, 84, HEIGHT as u16 + 6));
        pen.clear(Role::Ground);
        let marked = if self.marks.is_empty() {
            format!("{} here", self.entries.len())
        } else {
            format!("{} marked", self.marks.len())
        };
        let title = format!("Import from {}", self.folder.display());
        let mut inside = pen.pane(&title, &marked, true);
        let x = inside.put(1, 0, "look for ", Role::Dim);
        inside.put(x, 0, self.line.text(), Role::Input);
        let column = x + crate::tui::text::cells(&self.line.text()[..self.line.caret()]) as u16;
        inside.wash(column, 0, 1, Role::Caret);
        let caret = (inside.origin().0 + column, inside.origin().1);
        let (width, height) = (inside.width(), inside.height());
        let mut list = inside.part(Rect::new(0, 2, width, height.saturating_sub(4)));
        if self.fits.is_empty() {
            let words = if self.read { "nothing here" } else { "reading the folder .." };
            list.put(2, 0, words, Role::Dim);
        }
        let columns = [table::left("", 0, 0), table::left("", 8, 1)];
        table::plain(&mut list, &columns, &self.list, self.fits.len(), true, |n| {
            let entry = &self.entries[self.fits[n]];
            let (kind, role) = if entry.file { ("", Role::Text) } else { ("folder", Role::Accent) };
            let mut row = Row::new(vec![(entry.name.clone(), role), (kind.to_owned(), Role::Dim)]);
            row.marked = self.marks.contains(&self.folder.join(&entry.name));
            row
        });
        let mut x = 1;
        for (key, words) in [
            ("enter", "go in, or import"),
            ("tab", "mark"),
            ("alt-enter", "import marks or this"),
            ("left", "up"),
        ] {
            x = inside.put(x, height.saturating_sub(1), key, Role::Key) + 1;
            x = inside.put(x, height.saturating_sub(1), words, Role::Hint) + 2;
        }
        Some(caret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_gone_into_and_marks_imported() {
        let entry = |file, name: &str| Entry { file, name: name.to_owned() };
        let mut b = Browser::new(Path::new("/music"));
        b.read(
            "/music".into(),
            vec![entry(false, "live"), entry(true, "a.wav"), entry(true, "b.wav")],
        );
        assert_eq!(b.key(Key::plain(Code::Enter)), Outcome::Folder("/music/live".into()));
        b.act(Act::Unrecall);
        b.act(Act::NextField);
        b.act(Act::NextField);
        assert_eq!(
            b.act(Act::Go),
            Outcome::Import(vec!["/music/a.wav".into(), "/music/b.wav".into()])
        );
        assert_eq!(b.key(Key::plain(Code::Backspace)), Outcome::Folder("/".into()));
        b.key(Key::char('z'));
        assert_eq!(b.key(Key::plain(Code::Enter)), Outcome::Stay);
    }
}
