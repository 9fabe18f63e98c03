//! A session without a terminal: keys in, screen out; the studio answers at once, time is told.

use crate::fake::Fake;
use leitmotif::domain::job;
use leitmotif::domain::limits::Limits;
use leitmotif::studio::Studio;
use leitmotif::tui::app::{App, Effect, Leave};
use leitmotif::tui::ask::{self, Reply};
use leitmotif::tui::cx::Setup;
use leitmotif::tui::draw::Look;
use leitmotif::tui::event::{Event, Moment};
use leitmotif::tui::glyphs::{ASCII, Glyphs, UNICODE};
use leitmotif::tui::keymap::Keymap;
use leitmotif::tui::keys::sequence;
use leitmotif::tui::theme::{Depth, Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// 2026-11-22 12:00 UTC.
const START_MS: u64 = 1_795_348_800_000;

pub struct Session {
    pub app: App,
    pub studio: Arc<Fake>,
    pub size: (u16, u16),
    pub left: Option<Leave>,
    pub copied: Vec<String>,
    ms: u64,
}

pub fn look(glyphs: Glyphs, theme: Theme) -> Look {
    Look { theme, glyphs, ascii_text: glyphs == ASCII }
}

pub fn plain() -> Look {
    look(UNICODE, Theme::shipped("default", Depth::Ansi))
}

impl Session {
    pub fn new(studio: Fake, size: (u16, u16)) -> Self {
        Self::with(studio, size, plain(), Keymap::default())
    }

    pub fn with(studio: Fake, size: (u16, u16), look: Look, keymap: Keymap) -> Self {
        let setup = Setup {
            by: "Ada Nowak".to_owned(),
            limits: Limits::default(),
            folder: "/work".into(),
            own_folder: Some("/home/ada".into()),
            ..Setup::default()
        };
        let owner = studio.is_owner();
        let app = App::new(setup, look, Depth::Ansi, keymap, Vec::new(), owner, size);
        let mut session =
            Self { app, studio: Arc::new(studio), size, left: None, copied: Vec::new(), ms: 0 };
        let now = session.now();
        let effects = session.app.start(now);
        session.carry_out(effects);
        session
    }

    fn now(&self) -> Moment {
        Moment { mono_ms: self.ms, unix_ms: START_MS + self.ms }
    }

    pub fn event(&mut self, event: Event) {
        let now = self.now();
        let effects = self.app.handle(event, now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(question) => {
                    let answer = ask::answer(&*self.studio, question.ask);
                    let (number, slot) = (question.number, question.slot);
                    self.event(Event::Reply(Box::new(Reply { number, slot, answer })));
                }
                Effect::Quit(leave) => self.left = Some(leave),
                Effect::Copy(text) => self.copied.push(text),
                _ => {}
            }
        }
    }

    /// Keys as they are written in `keys.toml`, then what is due soon after.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ').flat_map(|k| sequence(k).unwrap()) {
            self.ms += 30;
            self.event(Event::Key(key));
        }
        self.wait(200)
    }

    /// Text as it is typed.
    pub fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.ms += 10;
            self.event(Event::Key(leitmotif::tui::keys::Key::char(c)));
        }
        self.wait(200)
    }

    /// Lets time pass, with the wakes the app asks for.
    pub fn wait(&mut self, ms: u64) -> &mut Self {
        let end = self.ms + ms;
        while let Some(at) = self.app.wake_at().filter(|at| *at <= end) {
            // A wake that is asked for again without end would spin the program.
            assert!(self.ms <= end, "woken without end at {} ms, for {at} ms", self.ms);
            self.ms = at.max(self.ms + 1);
            self.event(Event::Wake);
        }
        self.ms = end.max(self.ms);
        self
    }

    pub fn jobs_say(&mut self, events: Vec<job::Event>) -> &mut Self {
        self.event(Event::Jobs(events));
        self
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.size = (width, height);
        self.event(Event::Resize(width, height));
        self
    }

    pub fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        self.app.draw(&mut buffer);
        buffer
    }

    pub fn screen(&self) -> String {
        text_of(&self.buffer())
    }

    #[track_caller]
    pub fn shows(&mut self, words: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(words), "\"{words}\" is not shown:\n{screen}");
        self
    }

    #[track_caller]
    pub fn hides(&mut self, words: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(words), "\"{words}\" is shown:\n{screen}");
        self
    }
}

/// The signs of a buffer, a line a row, without what the second half of a wide sign leaves.
pub fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in buffer.area.left()..buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = leitmotif::tui::text::cells(symbol).max(1);
            }
            skip -= 1;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The roles of a buffer drawn with [`Theme::of_roles`]: runs of them, a line a row.
pub fn roles_of(buffer: &Buffer) -> String {
    let theme = Theme::of_roles();
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut runs: Vec<(&str, usize)> = Vec::new();
        for x in buffer.area.left()..buffer.area.right() {
            let style = buffer[(x, y)].style();
            let role = Role::ALL.iter().find(|r| theme.style(**r).fg == style.fg);
            let name = role.map_or("?", |r| r.name());
            match runs.last_mut() {
                Some((last, n)) if *last == name => *n += 1,
                _ => runs.push((name, 1)),
            }
        }
        let words: Vec<String> = runs.iter().map(|(name, n)| format!("{name} {n}")).collect();
        out.push_str(&words.join(", "));
        out.push('\n');
    }
    out
}
