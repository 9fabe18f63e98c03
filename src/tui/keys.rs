//! Keys as the program names them: "j", "ctrl-d", "alt-enter", "g g".
//!
//! The terminal library's own key type stays in `terminal.rs`; everything else, tests included,
//! speaks this one. Must never name a key that terminals cannot tell from another.

use std::fmt::{self, Write};
use std::str::FromStr;

/// What was pressed, without modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Code {
    /// A character; shift is part of it.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab.
    BackTab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Insert.
    Insert,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// With control.
    pub ctrl: bool,
    /// With alt.
    pub alt: bool,
}

impl Key {
    /// A key without modifiers.
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// A character without modifiers.
    pub fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// The character this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Why this key is a poor choice for a binding.
    pub fn trouble(self) -> Option<&'static str> {
        match self.code {
            Code::Char('i') if self.ctrl => Some("most terminals send tab for it"),
            Code::Char('m') if self.ctrl => Some("most terminals send enter for it"),
            Code::Char('[') if self.ctrl => Some("most terminals send esc for it"),
            Code::Char('h') if self.ctrl => Some("many terminals send backspace for it"),
            Code::Enter if self.ctrl => Some("most terminals send enter for it"),
            _ => None,
        }
    }
}

const NAMED: [(&str, Code); 17] = [
    ("space", Code::Char(' ')),
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("shift-tab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("minus", Code::Char('-')),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = String::new();
        if self.ctrl {
            name.push_str("ctrl-");
        }
        if self.alt {
            name.push_str("alt-");
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            // A bare minus reads well; only after a modifier does it need its name.
            (_, Code::Char('-')) if !self.ctrl && !self.alt => name.push('-'),
            (Some((named, _)), _) => name.push_str(named),
            (None, Code::Char(c)) => name.push(c),
            (None, Code::F(n)) => {
                let _ = write!(name, "f{n}");
            }
            (None, _) => {}
        }
        f.pad(&name)
    }
}

/// Why a text names no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is not a key; write one character, or enter, esc, tab, space, up, f5 .., with ctrl- or alt- before it"
)]
pub struct KeyError(pub String);

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError(text.to_owned());
        let (mut ctrl, mut alt) = (false, false);
        let mut rest = text;
        loop {
            // A lone "-" after a modifier is the key minus, not another modifier.
            if let Some(more) = rest.strip_prefix("ctrl-").filter(|m| !m.is_empty()) {
                (ctrl, rest) = (true, more);
            } else if let Some(more) = rest.strip_prefix("alt-").filter(|m| !m.is_empty()) {
                (alt, rest) = (true, more);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => Code::Char(c),
            (Some('f'), Some(_)) if rest[1..].parse::<u8>().is_ok() => {
                let number = rest[1..].parse().map_err(|_| wrong())?;
                if !(1..=12).contains(&number) {
                    return Err(wrong());
                }
                Code::F(number)
            }
            _ => {
                let named = NAMED.iter().find(|(name, _)| *name == rest).ok_or_else(wrong)?;
                named.1
            }
        };
        Ok(Self { code, ctrl, alt })
    }
}

/// Reads a sequence of keys: "g g".
pub fn sequence(text: &str) -> Result<Vec<Key>, KeyError> {
    let keys: Result<Vec<Key>, KeyError> = text.split_whitespace().map(str::parse).collect();
    match keys {
        Ok(keys) if keys.is_empty() || keys.len() > 4 => Err(KeyError(text.to_owned())),
        other => other,
    }
}

/// Writes a sequence of keys. Two plain characters are written together, as people say them: "gg".
pub fn written(keys: &[Key]) -> String {
    let plain = keys.iter().all(|k| matches!(k.typed(), Some(c) if c != ' '));
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    names.join(if plain { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_back() {
        for text in
            ["j", "G", "ctrl-d", "alt-enter", "shift-tab", "space", "-", "ctrl-minus", "f5", "?"]
        {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert_eq!(sequence("g g").unwrap(), [Key::char('g'), Key::char('g')]);
        assert_eq!(written(&sequence("g g").unwrap()), "gg");
        assert_eq!(written(&sequence("ctrl-x b").unwrap()), "ctrl-x b");
        for text in ["", "ctrl-", "hyper-x", "f13", "f0", "gg", "\u{1b}"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
        assert!(sequence("").is_err());
        assert!("ctrl-i".parse::<Key>().unwrap().trouble().is_some());
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_an_error(text in ".{0,12}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
            let _ = sequence(&text);
        }
    }
}
