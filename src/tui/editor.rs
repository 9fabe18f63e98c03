//! A text field: one line or many, with words, undo and a limit.
//!
//! What is pasted or typed may hold anything; control characters never get in. The caret is always
//! between two clusters.

use super::actions::Act;
use super::keys::{Code, Key};
use super::text;
use unicode_segmentation::UnicodeSegmentation;

/// Steps that can be taken back.
const UNDO_MAX: usize = 100;

/// A text field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    at: usize,
    undo: Vec<(String, usize)>,
    many_lines: bool,
    most_chars: usize,
}

impl Editor {
    /// A field of one line.
    pub fn line(text: &str) -> Self {
        let mut editor = Self { most_chars: 4_096, ..Self::default() };
        editor.insert(text);
        editor.undo.clear();
        editor
    }

    /// A field of many lines with a limit of characters.
    pub fn lines(text: &str, most_chars: usize) -> Self {
        let mut editor = Self { many_lines: true, most_chars, ..Self::default() };
        editor.insert(text);
        editor.undo.clear();
        editor
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte the caret is before.
    pub fn caret(&self) -> usize {
        self.at
    }

    /// Characters in the text, and the most there may be.
    pub fn fill(&self) -> (usize, usize) {
        (self.text.chars().count(), self.most_chars)
    }

    /// Replaces the text; can be taken back.
    pub fn set(&mut self, text: &str) {
        self.remember();
        self.text.clear();
        self.at = 0;
        self.put_in(text);
    }

    /// Puts text in at the caret. Returns whether all of it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        self.remember();
        self.put_in(text)
    }

    fn put_in(&mut self, text: &str) -> bool {
        let mut room = self.most_chars.saturating_sub(self.text.chars().count());
        let mut clean = String::new();
        let mut fitted = true;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let c = match c {
                '\r' if chars.peek() == Some(&'\n') => continue,
                '\n' | '\r' if self.many_lines => '\n',
                '\n' | '\r' | '\t' => ' ',
                c if c.is_control() => continue,
                c => c,
            };
            if room == 0 {
                fitted = false;
                break;
            }
            room -= 1;
            clean.push(c);
        }
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
        fitted
    }

    fn remember(&mut self) {
        if self.undo.last().is_some_and(|(t, _)| *t == self.text) {
            return;
        }
        if self.undo.len() >= UNDO_MAX {
            self.undo.remove(0);
        }
        self.undo.push((self.text.clone(), self.at));
    }

    /// A key that edits; whether it was one.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        if key.ctrl || key.alt {
            return false;
        }
        match key.code {
            Code::Enter if self.many_lines => {
                self.insert("\n");
            }
            Code::Backspace => self.erase(self.before(self.at), self.at),
            Code::Delete => self.erase(self.at, self.after(self.at)),
            Code::Left => self.at = self.before(self.at),
            Code::Right => self.at = self.after(self.at),
            _ => return false,
        }
        true
    }

    /// An action that edits; whether it was one.
    pub fn act(&mut self, act: Act) -> bool {
        match act {
            Act::WordLeft => self.at = self.word_left(),
            Act::WordRight => self.at = self.word_right(),
            Act::LineStart => self.at = self.line_start(),
            Act::LineEnd => self.at = self.line_end(),
            Act::EraseWord => self.erase(self.word_left(), self.at),
            Act::EraseLine => self.erase(self.line_start(), self.at),
            Act::EraseRest => self.erase(self.at, self.line_end()),
            Act::Unerase => {
                if let Some((text, at)) = self.undo.pop() {
                    (self.text, self.at) = (text, at);
                }
            }
            _ => return false,
        }
        true
    }

    fn erase(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember();
            self.text.replace_range(from..to, "");
            self.at = from;
        }
    }

    fn before(&self, at: usize) -> usize {
        self.text[..at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }

    fn after(&self, at: usize) -> usize {
        self.text[at..].graphemes(true).next().map_or(at, |g| at + g.len())
    }

    fn word_left(&self) -> usize {
        let mut words = self.text[..self.at].unicode_word_indices();
        words.next_back().map_or(0, |(i, _)| i)
    }

    fn word_right(&self) -> usize {
        let mut words = self.text[self.at..].unicode_word_indices();
        words.next().map_or(self.text.len(), |(i, w)| self.at + i + w.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |i| i + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |i| self.at + i)
    }

    /// Moves a row up or down as the text is laid out; whether there was one to go to.
    pub fn row(&mut self, by: isize, width: usize) -> bool {
        let rows = layout(&self.text, width);
        let (row, column) = self.caret_in(&rows);
        let Some(target) = row.checked_add_signed(by).filter(|r| *r < rows.len()) else {
            return false;
        };
        let (start, end) = rows[target];
        let mut at = start;
        let mut used = 0;
        for cluster in self.text[start..end].graphemes(true) {
            if used >= column || cluster == "\n" {
                break;
            }
            used += text::cells(cluster);
            at += cluster.len();
        }
        self.at = at;
        true
    }

    /// Row and column of the caret in a layout.
    pub fn caret_in(&self, rows: &[(usize, usize)]) -> (usize, usize) {
        let row = rows.iter().rposition(|(start, _)| *start <= self.at).unwrap_or(0);
        let start = rows.get(row).map_or(0, |r| r.0);
        (row, text::cells(&self.text[start..self.at]))
    }
}

/// Rows of a text as bytes from and to; a row ends at its line break or at the last space that
/// fits. There is always at least one.
pub fn layout(text: &str, width: usize) -> Vec<(usize, usize)> {
    let width = width.max(1);
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    let mut space: Option<usize> = None;
    for (at, cluster) in text.grapheme_indices(true) {
        if cluster == "\n" || cluster == "\r\n" {
            rows.push((start, at));
            (start, used, space) = (at + cluster.len(), 0, None);
            continue;
        }
        let wide = text::cells(cluster);
        // A space may hang over the end of its row.
        if used + wide > width && cluster != " " {
            let end = space.unwrap_or(at);
            rows.push((start, end));
            start = end;
            used = text::cells(&text[start..at]);
            space = None;
        }
        used += wide;
        if cluster == " " {
            space = Some(at + 1);
        }
    }
    rows.push((start, text.len()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_lines_and_undo() {
        let mut e = Editor::line("slow glass pad");
        e.act(Act::WordLeft);
        e.act(Act::EraseWord);
        assert_eq!((e.text(), e.caret()), ("slow pad", 5));
        e.act(Act::Unerase);
        assert_eq!(e.text(), "slow glass pad");
        e.act(Act::LineEnd);
        e.key(Key::plain(Code::Backspace));
        e.insert("\r\nd\u{1b}[2J\t!");
        assert_eq!(e.text(), "slow glass pa d[2J !");
        let mut e = Editor::lines("", 5);
        assert!(!e.insert("日本語の歌です"));
        assert_eq!(e.fill(), (5, 5));
        e.key(Key::plain(Code::Left));
        e.key(Key::plain(Code::Delete));
        assert_eq!(e.text(), "日本語の");
    }

    #[test]
    fn rows_break_at_spaces() {
        let text = "one two three\nfour";
        let rows: Vec<&str> = layout(text, 8).iter().map(|(a, b)| &text[*a..*b]).collect();
        assert_eq!(rows, ["one two ", "three", "four"]);
        let mut e = Editor::lines(text, 100);
        assert!(e.row(-1, 8) && e.row(-1, 8) && !e.row(-1, 8));
        assert_eq!(e.caret(), 4);
        assert_eq!(layout("", 8), [(0, 0)]);
    }

    proptest! {
        #[test]
        fn the_caret_is_always_in_the_text(
            steps in proptest::collection::vec((0usize..16, ".{0,6}"), 1..60), width in 1usize..12
        ) {
            let mut e = Editor::lines("", 200);
            for (kind, text) in steps {
                match kind {
                    0..4 => { e.insert(&text); }
                    4 => { e.key(Key::plain(Code::Backspace)); }
                    5 => { e.key(Key::plain(Code::Delete)); }
                    6 => { e.key(Key::plain(Code::Left)); }
                    7 => { e.key(Key::plain(Code::Right)); }
                    8 => { e.act(Act::WordLeft); }
                    9 => { e.act(Act::WordRight); }
                    10 => { e.act(Act::EraseWord); }
                    11 => { e.act(Act::EraseRest); }
                    12 => { e.row(-1, width); }
                    13 => { e.row(1, width); }
                    14 => { e.act(Act::Unerase); }
                    _ => { e.key(Key::plain(Code::Enter)); }
                }
                prop_assert!(e.text().is_char_boundary(e.caret()));
                let rows = layout(e.text(), width);
                prop_assert!(rows.windows(2).all(|w| w[0].1 <= w[1].0));
                prop_assert_eq!(rows.last().unwrap().1, e.text().len());
                let (row, _) = e.caret_in(&rows);
                prop_assert!(row < rows.len());
                prop_assert!(e.fill().0 <= 200);
            }
        }
    }
}
