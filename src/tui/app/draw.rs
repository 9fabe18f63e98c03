//! Drawing the whole screen: tabs, the screen itself, status, hints, messages, overlays.

use super::{App, WHICH_KEY_MS};
use crate::domain::job::JobState;
use crate::tui::actions::{self, Act, Scope, TABLE};
use crate::tui::cx::{Cx, Tab};
use crate::tui::draw::Pen;
use crate::tui::screens::jobs::Jobs;
use crate::tui::screens::layout::{Class, class};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::tour;
use crate::tui::words::{clock, count, place};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fmt::Write;

impl App {
    /// Draws everything into a buffer; returns where the caret is, if text is being written.
    pub fn draw(&self, buffer: &mut Buffer) -> Option<(u16, u16)> {
        let area = buffer.area;
        let mut pen = Pen::new(buffer, area, &self.look);
        pen.clear(Role::Ground);
        let (width, height) = (pen.width(), pen.height());
        if width == 0 || height == 0 {
            return None;
        }
        if class(width, height) == Class::Tiny {
            self.draw_tiny(&mut pen);
            return None;
        }
        let cx = Cx::new(&self.facts, &self.setup, &self.player, self.now);
        self.draw_tabs(&mut pen, &cx);
        let body = self.body().intersection(area);
        let mut caret = match self.screens.tab {
            Tab::Library => self.screens.library.draw(&mut pen, body, &cx),
            Tab::Jobs => {
                self.screens.jobs.draw(&mut pen, body, &cx);
                None
            }
            Tab::Generate => self.screens.generate.draw(&mut pen, body, &cx),
            Tab::Diagnostics => {
                self.screens.diagnostics.draw(&mut pen, body, &cx);
                None
            }
        };
        self.draw_tour(&mut pen.part(body));
        self.draw_status(&mut pen, height - 2);
        self.draw_hints(&mut pen, height - 1, &cx);
        for overlay in &self.overlays {
            caret = overlay.draw(&mut pen.part(body));
        }
        self.draw_which_key(&mut pen.part(body));
        self.draw_message(&mut pen, height - 2);
        caret
    }

    /// Too small for any pane: what is needed, and how the jobs stand.
    fn draw_tiny(&self, pen: &mut Pen<'_>) {
        let mut words = "60x16 needed".to_owned();
        for job in self.facts.jobs.iter().filter(|j| j.state == JobState::Running) {
            if let Some(live) = self.facts.live.get(&job.job_id) {
                let (word, done) = (job.kind.word(), live.progress * 100.0);
                words = format!("{} {word} {done:.0} %  {words}", job.job_id);
            }
        }
        let y = pen.height() / 2;
        let width = pen.width();
        pen.cell(0, y, width, &words, Role::Text);
    }

    fn draw_tabs(&self, pen: &mut Pen<'_>, cx: &Cx<'_>) {
        let mut x = 0;
        for (number, tab) in Tab::ALL.into_iter().enumerate() {
            let mut words = format!("{} {}", number + 1, tab.name());
            if tab == Tab::Jobs {
                let open = self.facts.open_jobs().count();
                if open > 0 {
                    let _ = write!(words, " {open}");
                }
                if self.facts.interrupted().next().is_some() {
                    words.push('!');
                }
            }
            x = if tab == self.screens.tab {
                pen.put(x, 0, &format!("[{words}]"), Role::TabHere)
            } else {
                pen.put(x, 0, &format!(" {words} "), Role::Tab)
            } + 1;
        }
        let context = match self.screens.tab {
            Tab::Library => self.screens.library.context(cx),
            Tab::Jobs => Jobs::context(cx),
            Tab::Generate => self.screens.generate.context(cx),
            Tab::Diagnostics => self.screens.diagnostics.context(),
        };
        let room = pen.width().saturating_sub(x + 2);
        if usize::from(room) > 8 {
            let start = pen.width() - room;
            pen.cell_right(start, 0, room, &context, Role::Dim);
        }
    }

    fn mode(&self) -> &'static str {
        if self.chain() == [Scope::Insert] { "INSERT" } else { "NORMAL" }
    }

    fn draw_status(&self, pen: &mut Pen<'_>, y: u16) {
        let mut x = pen.put(0, y, &format!(" {} ", self.mode()), Role::Mode);
        let mut parts: Vec<(String, Role)> = Vec::new();
        if !self.facts.owner {
            parts.push(("looking on".to_owned(), Role::Warn));
        }
        let running = self.facts.jobs.iter().filter(|j| j.state == JobState::Running);
        for job in running {
            let live = self.facts.live.get(&job.job_id);
            let phase = live.and_then(|l| l.phase).map_or("", crate::domain::job::Phase::word);
            let done = live.map_or(0.0, |l| l.progress * 100.0);
            let eta = live.and_then(|l| l.eta_s);
            let eta = eta.map_or_else(String::new, |s| format!(" {} to go", clock(s)));
            let word = if live.is_some_and(|l| l.paused) { " paused" } else { "" };
            let kind = job.kind.word();
            parts.push((
                format!("{} {kind}{word} {done:.0} % {phase}{eta}", job.job_id),
                Role::Accent,
            ));
        }
        let waiting = self.facts.jobs.iter().filter(|j| j.state == JobState::Queued).count();
        if waiting > 0 {
            parts.push((format!("{waiting} waiting"), Role::Status));
        }
        let interrupted = self.facts.interrupted().count();
        if interrupted > 0 {
            let jobs = count(interrupted, "job was", "jobs were");
            let keys = [Act::GoJobs, Act::Retry].map(|a| self.keymap.key_of(a).unwrap_or_default());
            let words = format!("{jobs} interrupted: {} {} goes on", keys[0], keys[1]);
            parts.push((words, Role::Warn));
        }
        if let Some(playing) = &self.player.playing {
            let at = place(self.player.place_s(playing, self.now));
            let sign = if playing.paused { pen.glyphs().paused } else { pen.glyphs().playing };
            let of = clock(playing.duration_s);
            parts.push((format!("{sign} {} {at} of {of}", self.player.title), Role::Ok));
        } else if self.player.silent.is_some() {
            parts.push(("silent: no sound device".to_owned(), Role::Status));
        }
        let dot = pen.glyphs().dot;
        for (number, (words, role)) in parts.iter().enumerate() {
            x = pen.put(x + 1, y, words, *role);
            if number + 1 < parts.len() {
                x = pen.put(x + 1, y, &dot.to_string(), Role::Status);
            }
        }
        let _ = x;
    }

    /// Hints of what can be done now; help is always among them.
    fn draw_hints(&self, pen: &mut Pen<'_>, y: u16, cx: &Cx<'_>) {
        let chain = self.chain();
        let mut hints: Vec<(String, &str)> = Vec::new();
        let always = [Act::Help, Act::Palette, Act::Quit];
        for scope in chain {
            for action in TABLE.iter().filter(|a| a.scope == *scope && !a.hint.is_empty()) {
                let of_prompt = matches!(
                    action.act,
                    Act::Recall
                        | Act::SearchHistory
                        | Act::ExternalEditor
                        | Act::Go
                        | Act::NextField
                );
                // What lies over the screen names its own keys.
                let elsewhere =
                    of_prompt && (!self.overlays.is_empty() || self.screens.tab != Tab::Generate);
                if always.contains(&action.act)
                    || elsewhere
                    || self.screens.why_not(action.act, cx).is_some()
                {
                    continue;
                }
                if let Some(key) = self.keymap.key_of(action.act) {
                    hints.push((key, action.hint));
                }
            }
        }
        let mut last: Vec<(String, &str)> = Vec::new();
        if chain != [Scope::Insert] {
            let open = self.overlays.is_empty();
            for (act, words) in [
                (Act::Help, "help"),
                (Act::Palette, "do"),
                (Act::Quit, if open { "leave" } else { "close" }),
            ] {
                if let Some(key) = self.keymap.key_of(act) {
                    last.push((key, words));
                }
            }
        }
        let cells = |(key, words): &(String, &str)| text::cells(key) + text::cells(words) + 3;
        let mut room = usize::from(pen.width()).saturating_sub(last.iter().map(cells).sum());
        let mut x = 0;
        for hint in hints {
            if cells(&hint) > room {
                break;
            }
            room -= cells(&hint);
            x = pen.put(x, y, &hint.0, Role::Key);
            x = pen.put(x + 1, y, hint.1, Role::Hint) + 2;
        }
        for (key, words) in last {
            x = pen.put(x, y, &key, Role::Key);
            x = pen.put(x + 1, y, words, Role::Hint) + 2;
        }
    }

    /// The step of the tour, in the lower right corner.
    fn draw_tour(&self, pen: &mut Pen<'_>) {
        let Some(step) = self.tour else { return };
        let key = |name: &str| {
            let act = actions::named(name).map(|a| a.act);
            act.and_then(|a| self.keymap.key_of(a)).unwrap_or_else(|| format!(":{name}"))
        };
        let words = tour::words(step, key);
        let width = 58.min(pen.width());
        let lines = text::wrap(&words, usize::from(width.saturating_sub(4)).max(1)).len() as u16;
        let height = (lines + 2).min(pen.height());
        let place = Rect::new(pen.width() - width, pen.height() - height, width, height);
        let mut pen = pen.part(place);
        pen.clear(Role::Ground);
        let title = format!("Tour {} of {}", step + 1, tour::STEPS.len());
        let mut inside = pen.pane(&title, ":tour next, esc ends", false);
        inside.wrapped(1, 0, &words, Role::Text);
    }

    /// What can follow the keys pressed so far.
    fn draw_which_key(&self, pen: &mut Pen<'_>) {
        if self.pending.is_empty() || self.now.mono_ms < self.pending_ms + WHICH_KEY_MS {
            return;
        }
        let after = self.keymap.after(self.chain(), &self.pending);
        let rows = (after.len() as u16 + 2).min(pen.height());
        let width = 50.min(pen.width());
        let x = pen.width() - width;
        let y = pen.height() - rows;
        let mut pen = pen.part(Rect::new(x, y, width, rows));
        pen.clear(Role::Ground);
        let mut inside = pen.pane(&crate::tui::keys::written(&self.pending), "", true);
        for (row, (key, act)) in after.iter().enumerate() {
            inside.cell_right(0, row as u16, 8, key, Role::Key);
            inside.put(10, row as u16, actions::of(*act).words, Role::Text);
        }
    }

    fn draw_message(&self, pen: &mut Pen<'_>, y: u16) {
        let Some(message) = self.messages.standing(self.now) else { return };
        let role = if message.bad { Role::ToastBad } else { Role::Toast };
        let mut words = format!(" {} ", message.words);
        if let Some(hint) = message.hints.first() {
            words = format!(" {}; {hint} ", message.words);
        }
        let width = pen.width();
        let top = y.saturating_sub(1);
        let plain = text::inert(&words, self.look.ascii_text).into_owned();
        let lines = text::wrap(&plain, usize::from(width).max(1));
        // At most three lines; the whole of it is among the messages.
        let shown = lines.len().min(3) as u16;
        for (row, line) in lines.iter().take(3).enumerate() {
            let y = (top + 1).saturating_sub(shown) + row as u16;
            // Wrapping takes the last space off; what lies below must not touch the words.
            let cells = (text::cells(line) as u16 + 1).min(width);
            pen.put(0, y, &format!("{line} "), role);
            pen.wash(0, y, cells, role);
        }
    }
}
