//! The terminal: taking it, giving it back whatever happens, and reading its events.
//!
//! The only file that names the terminal library's types for input and modes. While the screens
//! are up, standard error goes to the log: a library that writes there would tear them.

use super::event::Event;
use super::keys::{Code, Key};
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event as Input, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the terminal is ours; looked at by the panic hook.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    taken: Arc<AtomicBool>,
    stderr: Arc<Mutex<Option<OwnedFd>>>,
}

impl Guard {
    /// Takes the terminal: raw, on the other screen, without a cursor. Standard error goes to a
    /// file in the folder.
    pub fn take(&self, logs: &Path) -> io::Result<()> {
        enable_raw_mode()?;
        self.taken.store(true, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        let log = OpenOptions::new().create(true).append(true).open(logs.join("screens.log"));
        if let Ok(log) = log
            && let Ok(kept) = rustix::io::dup(rustix::stdio::stderr())
            && rustix::stdio::dup2_stderr(&log).is_ok()
        {
            *self.stderr.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        }
        Ok(())
    }

    /// Gives the terminal back. May be called at any time, also when it was never taken.
    pub fn give_back(&self) {
        if !self.taken.swap(false, Ordering::SeqCst) {
            return;
        }
        // Whatever fails here, the rest is still worth trying.
        let mut out = io::stdout();
        let _ = queue!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = out.flush();
        let _ = disable_raw_mode();
        self.restore_stderr();
    }

    /// The terminal is gone: nothing may be written to it any more.
    pub fn abandon(&self) {
        self.taken.store(false, Ordering::SeqCst);
    }

    fn restore_stderr(&self) {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept {
            let _ = rustix::stdio::dup2_stderr(&kept);
        }
    }

    /// From now on a panic on this thread gives the terminal back before it is reported. Panics of
    /// workers and jobs are caught where they happen and only logged.
    pub fn hook_panics(&self) {
        let guard = self.clone();
        let here = std::thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == here {
                guard.give_back();
            }
            before(info);
        }));
    }
}

/// An event of the terminal as the program knows it; `None` for those that mean nothing here.
pub fn event(input: Input) -> Option<Event> {
    match input {
        Input::Key(key) => key_of(key).map(Event::Key),
        Input::Paste(text) => Some(Event::Paste(text)),
        Input::Resize(width, height) => Some(Event::Resize(width, height)),
        _ => None,
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let code = match key.code {
        KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if shift => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl, alt })
}

/// Text for the terminal's clipboard, by OSC 52: works over SSH as well.
pub fn clipboard(text: &str) -> String {
    format!("\u{1b}]52;c;{}\u{7}", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = u32::from(three[0]) << 16
            | u32::from(three.get(1).copied().unwrap_or(0)) << 8
            | u32::from(three.get(2).copied().unwrap_or(0));
        for place in 0..4 {
            let sign = SIGNS[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_padding_it_needs() {
        for (text, code) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), code);
        }
    }

    #[test]
    fn keys_of_terminals_become_ours() {
        let key = |code, modifiers| key_of(KeyEvent::new(code, modifiers)).unwrap().to_string();
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
        assert_eq!(key(KeyCode::Char('D'), KeyModifiers::CONTROL), "ctrl-d");
        assert_eq!(key(KeyCode::Enter, KeyModifiers::ALT), "alt-enter");
        assert_eq!(key(KeyCode::Tab, KeyModifiers::SHIFT), "shift-tab");
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab");
    }
}
