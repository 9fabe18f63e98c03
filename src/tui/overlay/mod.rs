//! What lies over a screen: help, palette, forms, questions, lists to choose from, texts.
//!
//! The one on top answers first. An overlay knows nothing of screens; what is to be done with what
//! was entered is a [`Purpose`], which the app carries out.

pub mod browser;
pub mod confirm;
pub mod evidence;
pub mod form;
pub mod help;
pub mod palette;
pub mod picker;
pub mod view;

use super::actions::Act;
use super::draw::Pen;
use super::keys::Key;
use super::player::{Pair, Sound};
use crate::domain::ids::{DatasetName, JobId, TakeId, TrackId};
use ratatui::layout::Rect;
use std::path::PathBuf;

/// What is to be done with what an overlay asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// Import paths.
    Import,
    /// Train a dataset.
    Train(DatasetName),
    /// Leave tracks out, each in its dataset.
    Exclude(Vec<(DatasetName, Vec<TrackId>)>),
    /// State rights for tracks.
    Rights(Vec<TrackId>),
    /// Make a dataset of tracks.
    NewSet(Vec<TrackId>),
    /// Let only a stretch of a track of this length take part.
    Trim(DatasetName, TrackId, f64),
    /// Add tracks to the dataset that is chosen.
    AddTo(Vec<TrackId>),
    /// Stop a job.
    StopJob(JobId),
    /// Delete takes.
    DeleteTakes(Vec<TakeId>),
    /// Forget jobs.
    Forget(Vec<JobId>),
    /// Compare a sound with the one that is chosen, by its number in a list.
    CompareWith(Box<Sound>, Vec<Sound>),
    /// Look at the job that is chosen.
    ChooseJob,
    /// Use the finetune that is chosen.
    ChooseFinetune,
    /// Use the theme that is chosen.
    ChooseTheme,
    /// Leave the program while jobs run.
    Leave,
    /// Take the prompt that is chosen.
    ChoosePrompt,
    /// Look at the dataset that is chosen.
    ChooseDataset,
    /// Export a take.
    Export(TakeId),
    /// A setting of Generate.
    Setting(usize),
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It stays open.
    Stay,
    /// It closes.
    Close,
    /// It closes, and this is to be done with these values.
    Submit(Purpose, Vec<String>),
    /// It closes, and an action is to be done.
    Run(Act, Option<String>),
    /// It stays, and wants to know what a folder holds.
    Folder(PathBuf),
    /// The program is asked to fail, which only builds for tests do.
    Fail,
    /// It closes, and these paths are to be imported.
    Import(Vec<PathBuf>),
    /// It stays; this is to be heard, or to rest if it is what plays.
    Hear(Box<Sound>),
    /// It stays; this is to be heard from its place on.
    HearFrom(Box<Sound>),
    /// It stays; one of two is to be heard.
    HearPair(Box<Pair>),
    /// It stays; nothing is to be heard.
    Silence,
}

/// Something over a screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Keys of the screen.
    Help(help::Help),
    /// Any action by name.
    Palette(palette::Palette),
    /// Fields to fill in.
    Form(form::Form),
    /// A question with two or more answers.
    Confirm(confirm::Confirm),
    /// A list to choose from.
    Picker(picker::Picker),
    /// A text to read.
    View(view::View),
    /// Folders and files to import.
    Browser(browser::Browser),
    /// Passages of a take over those of tracks.
    Evidence(Box<evidence::Evidence>),
}

impl Overlay {
    /// Whether it takes typed text.
    pub fn types(&self) -> bool {
        !matches!(self, Self::Confirm(_) | Self::View(_) | Self::Evidence(_))
    }

    /// A key that is no action of the scope it is in.
    pub fn key(&mut self, key: Key) -> Outcome {
        match self {
            Self::Help(o) => o.key(key),
            Self::Palette(o) => o.key(key),
            Self::Form(o) => o.key(key),
            Self::Confirm(o) => o.key(key),
            Self::Picker(o) => o.key(key),
            Self::View(o) => o.key(key),
            Self::Browser(o) => o.key(key),
            Self::Evidence(o) => o.key(key),
        }
    }

    /// An action of the scope it is in.
    pub fn act(&mut self, act: Act) -> Outcome {
        match act {
            Act::Done | Act::Quit | Act::Leave | Act::Cancel => return Outcome::Close,
            _ => {}
        }
        match self {
            Self::Help(o) => o.act(act),
            Self::Palette(o) => o.act(act),
            Self::Form(o) => o.act(act),
            Self::Confirm(_) => {}
            Self::Picker(o) => o.act(act),
            Self::View(o) => o.act(act),
            Self::Browser(o) => return o.act(act),
            Self::Evidence(o) => return o.act(act),
        }
        match (act, self) {
            (Act::Go, Self::Form(form)) => form.submit(),
            _ => Outcome::Stay,
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Help(o) => o.paste(text),
            Self::Palette(o) => o.paste(text),
            Self::Form(o) => o.paste(text),
            Self::Picker(o) => o.paste(text),
            Self::Browser(o) => o.paste(text),
            Self::Confirm(_) | Self::View(_) | Self::Evidence(_) => {}
        }
    }

    /// Draws it over a screen; returns where the caret is, if it has one.
    pub fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        match self {
            Self::Help(o) => o.draw(pen),
            Self::Palette(o) => o.draw(pen),
            Self::Form(o) => o.draw(pen),
            Self::Confirm(o) => {
                o.draw(pen);
                None
            }
            Self::Picker(o) => o.draw(pen),
            Self::Browser(o) => o.draw(pen),
            Self::View(o) => {
                o.draw(pen);
                None
            }
            Self::Evidence(o) => {
                o.draw(pen);
                None
            }
        }
    }
}

/// A box of at most this size in the middle of a pen's area.
pub fn middle(pen: &Pen<'_>, width: u16, height: u16) -> Rect {
    let width = width.min(pen.width());
    let height = height.min(pen.height());
    Rect::new((pen.width() - width) / 2, (pen.height() - height) / 2, width, height)
}

/// Paths from what a terminal pastes when files are dropped onto it: quoted, escaped with
/// backslashes, as `file://` addresses, one a line or divided by spaces.
pub fn dropped_paths(text: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let whole = PathBuf::from(unquoted(line));
        // A line that is one path, spaces and all, is the commonest case of "one a line".
        if line.starts_with('/') && !line.contains(" /") && !line.contains('\\') {
            paths.push(whole);
        } else {
            paths.extend(words(line).iter().map(|w| PathBuf::from(address(w))));
        }
    }
    paths.retain(|p| !p.as_os_str().is_empty());
    paths
}

fn unquoted(text: &str) -> String {
    address(text.trim_matches(|c| c == '\'' || c == '"'))
}

/// The path of a `file://` address, or the text itself.
fn address(text: &str) -> String {
    let Some(rest) = text.strip_prefix("file://") else { return text.to_owned() };
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let mut bytes = Vec::with_capacity(rest.len());
    let raw = rest.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let hex = rest.get(at + 1..at + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (raw[at], hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                at += 3;
            }
            (byte, _) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Words as a shell would divide them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut escaped) = (String::new(), None, false);
    for c in line.chars() {
        match (c, quote) {
            (c, _) if escaped => {
                word.push(c);
                escaped = false;
            }
            ('\\', None | Some('"')) => escaped = true,
            (c, Some(q)) if c == q => quote = None,
            (c, Some(_)) => word.push(c),
            ('\'' | '"', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            (c, None) => word.push(c),
        }
    }
    words.push(word);
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dropped_files_are_found_however_they_are_written() {
        let cases = [
            ("/music/a b.wav", vec!["/music/a b.wav"]),
            ("'/music/a b.wav' '/music/c.wav'", vec!["/music/a b.wav", "/music/c.wav"]),
            ("/music/a\\ b.wav /music/c.wav", vec!["/music/a b.wav", "/music/c.wav"]),
            ("file:///music/a%20b.wav\r\nfile:///c.wav", vec!["/music/a b.wav", "/c.wav"]),
            ("/a.wav\n/b c.wav\n", vec!["/a.wav", "/b c.wav"]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(dropped_paths(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_paste_breaks_it(text in "\\PC{0,60}") {
            let _ = dropped_paths(&text);
        }
    }
}
