//! A question before something that cannot be taken back. The first answer is the safe one.

use super::{Outcome, Purpose, middle};
use crate::tui::draw::Pen;
use crate::tui::keys::{Code, Key};
use crate::tui::text;
use crate::tui::theme::Role;

/// An answer: its key, its words, and the value it hands on; `None` does nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The key that gives it.
    pub key: char,
    /// What it does.
    pub words: String,
    /// What is handed on.
    pub value: Option<String>,
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    title: String,
    words: String,
    choices: Vec<Choice>,
    at: usize,
    purpose: Purpose,
}

impl Confirm {
    /// A question with yes and no, no first. `words` say what is lost and what is not.
    pub fn new(title: &str, words: &str, yes: &str, purpose: Purpose) -> Self {
        let choices = vec![
            Choice { key: 'n', words: "leave it".to_owned(), value: None },
            Choice { key: 'y', words: yes.to_owned(), value: Some("yes".to_owned()) },
        ];
        Self::among(title, words, choices, purpose)
    }

    /// A question with answers of its own, the safe one first.
    pub fn among(title: &str, words: &str, choices: Vec<Choice>, purpose: Purpose) -> Self {
        Self { title: title.to_owned(), words: words.to_owned(), choices, at: 0, purpose }
    }

    /// A key.
    pub fn key(&mut self, key: Key) -> Outcome {
        let last = self.choices.len().saturating_sub(1);
        match key.code {
            Code::Enter => return self.answer(self.at),
            Code::Esc => return Outcome::Close,
            Code::Left | Code::Up | Code::BackTab => self.at = self.at.saturating_sub(1),
            Code::Right | Code::Down | Code::Tab => self.at = (self.at + 1).min(last),
            Code::Char('q') => return Outcome::Close,
            Code::Char(c) if key.ctrl && c == 'c' => return Outcome::Close,
            Code::Char(c) => {
                if let Some(at) = self.choices.iter().position(|a| a.key == c) {
                    return self.answer(at);
                }
                match c {
                    'h' | 'k' => self.at = self.at.saturating_sub(1),
                    'l' | 'j' => self.at = (self.at + 1).min(last),
                    _ => {}
                }
            }
            _ => {}
        }
        Outcome::Stay
    }

    fn answer(&self, at: usize) -> Outcome {
        match self.choices.get(at).and_then(|c| c.value.clone()) {
            Some(value) => Outcome::Submit(self.purpose.clone(), vec![value]),
            None => Outcome::Close,
        }
    }

    /// Draws it.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        let width = 66.min(pen.width());
        let lines = text::wrap(&self.words, usize::from(width.saturating_sub(4)).max(1));
        let height = (lines.len() + self.choices.len() + 4) as u16;
        let mut pen = pen.part(middle(pen, width, height));
        pen.clear(Role::Ground);
        let mut inside = pen.pane(&self.title, "", true);
        let y = inside.wrapped(1, 0, &self.words, Role::Text) + 1;
        for (y, (number, choice)) in (y..).zip(self.choices.iter().enumerate()) {
            let sign = if number == self.at { inside.glyphs().cursor } else { ' ' };
            inside.sign(1, y, sign, Role::Text);
            let x = inside.put(3, y, &choice.key.to_string(), Role::Key);
            inside.put(x + 2, y, &choice.words, Role::Text);
            if number == self.at {
                let width = inside.width();
                inside.wash(0, y, width, Role::Cursor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_alone_never_destroys() {
        let mut confirm = Confirm::new("Delete", "It is gone.", "delete it", Purpose::Leave);
        assert_eq!(confirm.key(Key::plain(Code::Enter)), Outcome::Close);
        assert_eq!(
            confirm.key(Key::char('y')),
            Outcome::Submit(Purpose::Leave, vec!["yes".to_owned()])
        );
        confirm.key(Key::char('j'));
        assert!(matches!(confirm.key(Key::plain(Code::Enter)), Outcome::Submit(..)));
    }
}
