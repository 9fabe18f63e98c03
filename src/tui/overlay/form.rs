//! A form: fields with words about each, checked before it is submitted.

use super::{Outcome, Purpose, middle};
use crate::tui::actions::Act;
use crate::tui::draw::Pen;
use crate::tui::editor::Editor;
use crate::tui::keys::{Code, Key};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::words::place;

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Text.
    Text(Editor),
    /// One of some: value and words.
    Choice(Vec<(String, String)>, usize),
    /// Yes or no.
    Switch(bool),
}

/// What a field must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Must {
    /// Anything.
    Anything,
    /// Something.
    Something,
    /// A dataset's name: it is made into one.
    Slug,
    /// A whole number, or nothing.
    Count,
    /// A statement of rights, or nothing.
    Rights,
    /// A time, "63.5" or "1:03.5", up to so many seconds; nothing is the start.
    From(f64),
    /// A time up to `most_s`, at least `least_s` after that of the line `from`; nothing is the end.
    To {
        /// The line with the start.
        from: usize,
        /// Seconds between them.
        least_s: f64,
        /// The end.
        most_s: f64,
    },
    /// Something, where the line with this number holds something.
    With(usize),
}

/// A line of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Before the field.
    pub label: &'static str,
    /// About it, shown while it has the caret.
    pub help: String,
    /// The field.
    pub field: Field,
    /// What it must hold.
    pub must: Must,
}

impl Line {
    /// A text field.
    pub fn text(label: &'static str, value: &str, must: Must, help: &str) -> Self {
        let field = Field::Text(Editor::line(value));
        Self { label, help: help.to_owned(), field, must }
    }

    /// A field with some values.
    pub fn choice(label: &'static str, options: &[(&str, &str)], at: usize, help: &str) -> Self {
        let options = options.iter().map(|(v, w)| ((*v).to_owned(), (*w).to_owned())).collect();
        Self {
            label,
            help: help.to_owned(),
            field: Field::Choice(options, at),
            must: Must::Anything,
        }
    }

    /// A field that is on or off.
    pub fn switch(label: &'static str, on: bool, help: &str) -> Self {
        Self { label, help: help.to_owned(), field: Field::Switch(on), must: Must::Anything }
    }

    /// Its value as text.
    pub fn value(&self) -> String {
        match &self.field {
            Field::Text(editor) => editor.text().trim().to_owned(),
            Field::Choice(options, at) => {
                options.get(*at).map_or_else(String::new, |(value, _)| value.clone())
            }
            Field::Switch(on) => if *on { "yes" } else { "no" }.to_owned(),
        }
    }

    /// The time in it, up to a latest one; `empty` where nothing was written.
    fn time(&self, empty: f64, most_s: f64) -> Result<f64, String> {
        let value = self.value();
        let time = if value.is_empty() { Some(empty) } else { seconds(&value) };
        let label = self.label;
        match time {
            None => Err(format!("{label}: a time was expected, as in 63.5 or 1:03.5")),
            // A tenth of a second is as exact as a time is written.
            Some(time) if time > most_s + 0.1 => {
                Err(format!("{label}: the track ends at {}", place(most_s)))
            }
            Some(time) => Ok(time.min(most_s)),
        }
    }

    fn fault(&self) -> Option<String> {
        let value = self.value();
        match self.must {
            // What depends on another line is checked by the form.
            Must::Anything | Must::With(_) | Must::To { .. } => None,
            Must::Something => value.is_empty().then(|| format!("{} is needed", self.label)),
            Must::Slug => {
                let slug = crate::domain::ids::DatasetName::slug(&value);
                (value.is_empty() || slug.as_str() == "dataset" && value != "dataset")
                    .then(|| format!("{} needs letters or digits", self.label))
            }
            Must::Count => (!value.is_empty() && value.parse::<u64>().is_err())
                .then(|| format!("{}: a whole number was expected", self.label)),
            Must::Rights => (!value.is_empty())
                .then(|| value.parse::<crate::domain::rights::Rights>().err())
                .flatten()
                .map(|e| e.to_string()),
            Must::From(most_s) => self.time(0.0, most_s).err(),
        }
    }
}

/// "63.5" or "1:03.5" in seconds.
pub fn seconds(text: &str) -> Option<f64> {
    let seconds = match text.split_once(':') {
        Some((minutes, rest)) => {
            minutes.trim().parse::<f64>().ok()? * 60.0 + rest.trim().parse::<f64>().ok()?
        }
        None => text.trim().parse().ok()?,
    };
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// A form.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    title: String,
    about: String,
    lines: Vec<Line>,
    at: usize,
    fault: Option<String>,
    purpose: Purpose,
    /// What enter does, in a word.
    go: &'static str,
}

impl Form {
    /// A form; `about` stands above its fields.
    pub fn new(
        title: &str,
        about: &str,
        lines: Vec<Line>,
        go: &'static str,
        purpose: Purpose,
    ) -> Self {
        let (title, about) = (title.to_owned(), about.to_owned());
        Self { title, about, lines, at: 0, fault: None, purpose, go }
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        self.fault = None;
        if key == Key::plain(Code::Enter) {
            return self.submit();
        }
        let Some(line) = self.lines.get_mut(self.at) else { return Outcome::Stay };
        match &mut line.field {
            Field::Text(editor) => {
                editor.key(key);
            }
            Field::Choice(options, at) => {
                let last = options.len().saturating_sub(1);
                match key.code {
                    Code::Left | Code::Char('h') => {
                        *at = if *at == 0 { last } else { *at - 1 };
                    }
                    Code::Right | Code::Char('l' | ' ') => {
                        *at = if *at == last { 0 } else { *at + 1 };
                    }
                    _ => {}
                }
            }
            Field::Switch(on) => {
                if matches!(key.code, Code::Left | Code::Right | Code::Char('h' | 'l' | ' ')) {
                    *on = !*on;
                }
            }
        }
        Outcome::Stay
    }

    /// An action of text fields.
    pub fn act(&mut self, act: Act) {
        let last = self.lines.len().saturating_sub(1);
        match act {
            Act::NextField | Act::Unrecall => {
                self.at = if self.at == last { 0 } else { self.at + 1 }
            }
            Act::PreviousField | Act::Recall => {
                self.at = if self.at == 0 { last } else { self.at - 1 };
            }
            _ => {
                if let Some(Field::Text(editor)) = self.lines.get_mut(self.at).map(|l| &mut l.field)
                {
                    editor.act(act);
                }
            }
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(Field::Text(editor)) = self.lines.get_mut(self.at).map(|l| &mut l.field) {
            editor.insert(text);
        }
    }

    /// Submits it, or shows what is missing.
    pub fn submit(&mut self) -> Outcome {
        for (number, line) in self.lines.iter().enumerate() {
            let lacks = match line.must {
                Must::To { from, least_s, most_s } => {
                    let from = self.lines.get(from).map_or(Ok(0.0), |l| l.time(0.0, most_s));
                    match (from, line.time(most_s, most_s)) {
                        (Ok(from), Ok(to)) if to - from < least_s => Some(format!(
                            "{}: at least {least_s:.0} s have to stay, {:.1} s would",
                            line.label,
                            (to - from).max(0.0)
                        )),
                        (_, to) => to.err(),
                    }
                }
                Must::With(other) if line.value().is_empty() => {
                    let asked = self.lines.get(other).is_some_and(|l| !l.value().is_empty());
                    asked.then(|| format!("{} is needed", line.label))
                }
                _ => None,
            };
            if let Some(fault) = lacks.or_else(|| line.fault()) {
                (self.at, self.fault) = (number, Some(fault));
                return Outcome::Stay;
            }
        }
        let values = self.lines.iter().map(Line::value).collect();
        Outcome::Submit(self.purpose.clone(), values)
    }

    /// Says what is wrong with what was entered.
    pub fn refuse(&mut self, fault: String) {
        self.fault = Some(fault);
    }

    /// Draws it; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let width = 76.min(pen.width());
        let room = usize::from(width.saturating_sub(4)).max(1);
        let about = if self.about.is_empty() { 0 } else { text::wrap(&self.about, room).len() + 1 };
        let help = self.lines.iter().map(|l| text::wrap(&l.help, room).len()).max().unwrap_or(0);
        let height = (about + self.lines.len() + help + 4) as u16;
        let mut pen = pen.part(middle(pen, width, height));
        pen.clear(Role::Ground);
        let mut inside = pen.pane(&self.title, "", true);
        let inner =
            ratatui::layout::Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(inner);
        let mut y = 0;
        if !self.about.is_empty() {
            y = inside.wrapped(0, 0, &self.about, Role::Dim) + 1;
        }
        let label = self.lines.iter().map(|l| text::cells(l.label)).max().unwrap_or(0) as u16 + 2;
        let mut caret = None;
        for (number, line) in self.lines.iter().enumerate() {
            let here = number == self.at;
            inside.put(0, y, line.label, if here { Role::Accent } else { Role::Dim });
            let place = field(&mut inside, label, y, &line.field, here);
            if here {
                caret = place;
            }
            y += 1;
        }
        let words = match &self.fault {
            Some(fault) => (fault.as_str(), Role::Bad),
            None => (self.lines.get(self.at).map_or("", |l| l.help.as_str()), Role::Dim),
        };
        inside.wrapped(0, y + 1, words.0, words.1);
        let last = inside.height().saturating_sub(1);
        let x = inside.put(0, last, "enter", Role::Key);
        let x = inside.put(x + 1, last, self.go, Role::Hint);
        let x = if self.lines.len() > 1 {
            let x = inside.put(x + 2, last, "tab", Role::Key);
            inside.put(x + 1, last, "next field", Role::Hint)
        } else {
            x
        };
        let x = inside.put(x + 2, last, "esc", Role::Key);
        inside.put(x + 1, last, "leave", Role::Hint);
        caret
    }
}

fn field(pen: &mut Pen<'_>, x: u16, y: u16, field: &Field, here: bool) -> Option<(u16, u16)> {
    let room = pen.width().saturating_sub(x);
    match field {
        Field::Text(editor) => {
            if room == 0 {
                return None;
            }
            // The text slides so that the caret stays in sight.
            let before = text::cells(&editor.text()[..editor.caret()]) as u16;
            let slide = before.saturating_sub(room.saturating_sub(1));
            let (mut skipped, mut start) = (0, 0);
            for (at, c) in editor.text().char_indices() {
                if skipped >= slide {
                    start = at;
                    break;
                }
                skipped += text::cells(c.encode_utf8(&mut [0; 4])) as u16;
                start = at + c.len_utf8();
            }
            pen.cell(x, y, room, &editor.text()[start..], Role::Input);
            let column = x + before.saturating_sub(skipped);
            if here {
                pen.wash(column, y, 1, Role::Caret);
                let (ox, oy) = pen.origin();
                return Some((ox + column, oy + y));
            }
        }
        Field::Choice(options, at) => {
            let words = options.get(*at).map_or("", |(_, words)| words.as_str());
            let words = if options.len() > 1 { format!("< {words} >") } else { words.to_owned() };
            pen.cell(x, y, room, &words, if here { Role::Cursor } else { Role::Input });
        }
        Field::Switch(on) => {
            let words = if *on { "[x] yes" } else { "[ ] no" };
            pen.cell(x, y, room, words, if here { Role::Cursor } else { Role::Input });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let lines = vec![
            Line::text("name", "", Must::Something, "what it is called"),
            Line::choice("rights", &[("", "later"), ("own", "my own")], 0, ""),
            Line::switch("copy", false, ""),
            Line::text("seed", "x", Must::Count, ""),
        ];
        Form::new("Train", "About it.", lines, "train", Purpose::Import)
    }

    #[test]
    fn a_form_says_what_is_missing_and_hands_on_what_is_there() {
        let mut form = form();
        assert_eq!(form.key(Key::plain(Code::Enter)), Outcome::Stay);
        assert!(form.fault.as_deref().unwrap().contains("name"));
        for c in "ab".chars() {
            form.key(Key::char(c));
        }
        form.act(Act::NextField);
        form.key(Key::plain(Code::Right));
        form.act(Act::NextField);
        form.key(Key::char(' '));
        assert_eq!(form.key(Key::plain(Code::Enter)), Outcome::Stay);
        assert_eq!(form.at, 3);
        form.key(Key::plain(Code::Backspace));
        let values = ["ab", "own", "yes", ""].map(str::to_owned).to_vec();
        assert_eq!(form.key(Key::plain(Code::Enter)), Outcome::Submit(Purpose::Import, values));
    }

    #[test]
    fn a_stretch_lies_in_its_track_and_is_long_enough() {
        let form = |from: &str, to: &str| {
            let end = Must::To { from: 0, least_s: 2.0, most_s: 60.04 };
            let lines = vec![
                Line::text("from", from, Must::From(60.04), ""),
                Line::text("to", to, end, ""),
            ];
            let mut form = Form::new("Trim", "", lines, "trim", Purpose::Import);
            matches!(form.submit(), Outcome::Submit(..)).then_some(()).ok_or(form.fault)
        };
        for (from, to) in [("", ""), ("0:04", "1:00.0"), ("58", "60"), ("", "1:00.1")] {
            assert_eq!(form(from, to), Ok(()), "{from} {to}");
        }
        let faults =
            [("soon", "", "was expected"), ("", "1:10", "ends at"), ("59", "60", "1.0 s would")];
        for (from, to, words) in faults {
            let fault = form(from, to).unwrap_err().unwrap();
            assert!(fault.contains(words), "{from} {to}: {fault}");
        }
        assert!(form("40", "20").is_err());
    }

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("1:03.5"), Some(63.5));
        assert_eq!(seconds("63.5"), Some(63.5));
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("soon"), None);
    }
}
