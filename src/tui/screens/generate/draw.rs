//! Drawing Generate.

use super::settings::Setting;
use super::{Generate, PANES, Pane, plan, takes};
use crate::domain::job::{Job, JobState};
use crate::domain::plan::Plan;
use crate::domain::take::Take;
use crate::studio::evaluation;
use crate::tui::cx::Cx;
use crate::tui::draw::Pen;
use crate::tui::draw::table::{self, Column, Row};
use crate::tui::draw::wave::{self, Over, Sight};
use crate::tui::editor;
use crate::tui::screens::layout::{Class, class_of, numbered};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::words::{clock, count, figure, place};
use ratatui::layout::Rect;
use std::fmt::Write;

const COLUMNS: [Column; 10] = [
    table::left("prompt", 0, 0),
    table::left("sound", 16, 3),
    table::right("seed", 5, 6),
    table::right("length", 6, 2),
    table::right("bpm", 5, 7),
    table::left("key", 8, 8),
    table::right("LUFS", 5, 9),
    table::left("style", 9, 1),
    table::left("copied", 10, 0),
    table::left("rated", 10, 4),
];

impl Generate {
    /// Draws the screen into an area; returns where the caret is.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, cx: &Cx<'_>) -> Option<(u16, u16)> {
        let single = class_of(area) == Class::Single;
        let mut caret = None;
        for (number, spot) in self.places(area).into_iter().enumerate() {
            let Some(spot) = spot else { continue };
            let pane = PANES[number];
            let mut pen = pen.part(spot);
            let focused = pane == self.focus;
            let title = |words: &str| numbered(words, number + 1, single);
            match pane {
                Pane::Prompt => caret = self.draw_prompt(&mut pen, &title("Prompt"), focused),
                Pane::Settings => self.draw_settings(&mut pen, &title("Settings"), focused, cx),
                Pane::Plan => self.draw_plan(&mut pen, &title("Plan"), focused),
                Pane::Takes => self.draw_takes(&mut pen, &title("Takes"), focused, cx),
            }
        }
        caret
    }

    fn draw_prompt(&self, pen: &mut Pen<'_>, title: &str, focused: bool) -> Option<(u16, u16)> {
        let (chars, most) = self.prompt.fill();
        let mut inside = pen.pane(title, &format!("{chars} of {most}"), focused);
        let width = usize::from(inside.width().saturating_sub(2)).max(1);
        let written = editor::layout(self.prompt.text(), width).len();
        let spare = usize::from(inside.height()).saturating_sub(written.max(2));
        let below = told(&self.brief_lines(width), width, spare);
        let room = inside.height().saturating_sub(below.len() as u16).max(1);
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), room);
        let caret = self.draw_text(&mut inside.part(area));
        for (row, (words, role)) in below.iter().enumerate() {
            let y = room + row as u16;
            inside.put(1, y, words, *role);
        }
        caret
    }

    fn draw_text(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let text = self.prompt.text();
        if text.is_empty() && !self.typing {
            let words = "What should be written? Mood, tempo, key, instruments, form, length ..";
            pen.put(0, 0, words, Role::Faint);
            return None;
        }
        let rows = editor::layout(text, usize::from(pen.width()).max(1));
        let (caret_row, caret_column) = self.prompt.caret_in(&rows);
        let height = usize::from(pen.height()).max(1);
        let first = (caret_row + 1).saturating_sub(height);
        let roles = self.word_roles();
        for (y, (start, end)) in rows.iter().skip(first).take(height).enumerate() {
            let mut x = 0;
            let mut at = *start;
            // Pieces of one role at a time.
            while at < *end {
                let role = role_at(&roles, at);
                let next = roles
                    .iter()
                    .flat_map(|(a, b, _)| [*a, *b])
                    .filter(|edge| *edge > at && *edge < *end)
                    .min()
                    .unwrap_or(*end);
                let piece = text.get(at..next).unwrap_or("");
                x = pen.put(x, y as u16, piece, role);
                at = next;
            }
        }
        if !self.typing {
            return None;
        }
        let y = (caret_row - first) as u16;
        let x = (caret_column as u16).min(pen.width().saturating_sub(1));
        pen.wash(x, y, 1, Role::Caret);
        Some((pen.origin().0 + x, pen.origin().1 + y))
    }

    /// Stretches of the prompt that were understood or not, as far as the text is still the same.
    fn word_roles(&self) -> Vec<(usize, usize, Role)> {
        let Some((request, plan)) = &self.plan else { return Vec::new() };
        let text = self.prompt.text();
        let same = text.bytes().zip(request.prompt.bytes()).take_while(|(a, b)| a == b).count();
        let mut roles: Vec<(usize, usize, Role)> = plan
            .brief
            .understood
            .iter()
            .filter(|u| u.end <= same && text.get(u.start..u.end).is_some())
            .map(|u| (u.start, u.end, Role::Understood))
            .collect();
        let lower = text.to_lowercase();
        if lower.len() == text.len() {
            for word in &plan.brief.unknown_words {
                let mut from = 0;
                while let Some(found) = lower[from..].find(&word.to_lowercase()) {
                    let (start, end) = (from + found, from + found + word.len());
                    from = end;
                    if end <= same && text.get(start..end).is_some() {
                        roles.push((start, end, Role::Unknown));
                    }
                }
            }
        }
        roles
    }

    /// How the prompt was understood, in at most three lines, however long.
    fn brief_lines(&self, width: usize) -> Vec<(String, Role)> {
        if let Some(fault) = &self.plan_fault {
            let lines = text::wrap(fault, width.max(1));
            return lines.into_iter().take(2).map(|l| (l, Role::Bad)).collect();
        }
        let Some((_, plan)) = &self.plan else { return Vec::new() };
        let brief = &plan.brief;
        let mut lines = Vec::new();
        let mut heard: Vec<String> = Vec::new();
        for u in &brief.understood {
            let words = format!("{} {}", u.field.replace('_', " "), u.value);
            if !heard.contains(&words) {
                heard.push(words);
            }
        }
        let words = if heard.is_empty() {
            "nothing particular was asked".to_owned()
        } else {
            format!("understood: {}", heard.join(", "))
        };
        lines.push((words, Role::Understood));
        if !brief.unknown_words.is_empty() {
            let words = format!("not understood: {}", brief.unknown_words.join(", "));
            lines.push((words, Role::Warn));
        }
        if let Some((first, rest)) = brief.unsupported.split_first() {
            let more = match rest.len() {
                0 => String::new(),
                n => format!(" (and {n} more)"),
            };
            lines.push((format!("not done: {first}{more}"), Role::Warn));
        }
        lines
    }

    fn draw_settings(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let mut inside = pen.pane(title, "h l change", focused);
        let columns = [table::left("", 9, 0), table::left("", 0, 0)];
        table::plain(&mut inside, &columns, &self.lines, Setting::ALL.len(), focused, |n| {
            let setting = Setting::ALL[n];
            let value = self.settings.value(setting, cx.facts);
            Row::new(vec![(setting.label().to_owned(), Role::Dim), (value, Role::Text)])
        });
    }

    fn draw_plan(&self, pen: &mut Pen<'_>, title: &str, focused: bool) {
        let Some((_, plan)) = &self.plan else {
            let mut inside = pen.pane(title, "", focused);
            inside.put(1, 0, "the plan of the prompt comes here while it is written", Role::Faint);
            return;
        };
        let mut inside = pen.pane(title, &plan::line(plan), focused);
        let area = Rect::new(1, 0, inside.width().saturating_sub(2), inside.height());
        let mut inside = inside.part(area);
        let chosen = focused.then_some(self.sections.at);
        let (width, height) = (inside.width(), inside.height());
        let bar = Rect::new(0, 0, width, 3.min(height));
        plan::bar(&mut inside.part(bar), plan, chosen);
        if let Some(section) = plan.sections.get(self.sections.at) {
            inside.cell(
                0,
                4.min(height.saturating_sub(1)),
                width,
                &plan::about(section),
                Role::Dim,
            );
        }
    }

    fn draw_takes(&self, pen: &mut Pen<'_>, title: &str, focused: bool, cx: &Cx<'_>) {
        let listed = Self::listed(cx);
        let mut note = count(listed.len(), "take", "takes");
        let making = Self::making(cx).count();
        if making > 0 {
            let _ = write!(note, ", {making} being made");
        }
        let mut inside = pen.pane(title, &note, focused);
        let (width, height) = (inside.width(), inside.height());
        let rows = takes::list_height(height);
        let mut list = inside.part(Rect::new(0, 0, width, rows + 1));
        if listed.is_empty() {
            match Self::making(cx).next() {
                _ if !cx.facts.read => {
                    list.put(2, 1, "reading the store ..", Role::Dim);
                }
                Some(job) => {
                    list.put(2, 1, &being_made(job, cx), Role::Accent);
                }
                None => {
                    list.put(2, 1, "no take yet; write a prompt and press o", Role::Dim);
                }
            }
        }
        let stars = (list.glyphs().star, list.glyphs().no_star);
        table::draw(&mut list, &COLUMNS, &self.takes, listed.len(), focused, |n| {
            row(listed[n], cx, stars)
        });
        let Some(take) = self.take(cx) else { return };
        let below =
            Rect::new(1, rows + 1, width.saturating_sub(2), height.saturating_sub(rows + 1));
        self.draw_take(&mut inside.part(below), take, cx);
    }

    fn draw_take(&self, pen: &mut Pen<'_>, take: &Take, cx: &Cx<'_>) {
        let (width, height) = (pen.width(), pen.height());
        let words = 2.min(height.saturating_sub(1));
        let wave_rows = height.saturating_sub(words + u16::from(height > 4));
        let playing = cx.player.stand_s(&take.audio, cx.now);
        let sight = self.time.sight(take.duration_s);
        let mut y = 0;
        if height > 4 {
            section_bar(&mut pen.part(Rect::new(0, 0, width, 1)), &take.plan, &sight);
            y = 1;
        }
        let known = self.peaks.as_ref().filter(|(path, _)| *path == take.audio);
        match known {
            Some((_, peaks)) => {
                let over = Over {
                    playing_s: playing,
                    cursor_s: Some(self.time.at_s),
                    looped: self.time.looped(),
                    ..Over::default()
                };
                wave::draw(&mut pen.part(Rect::new(0, y, width, wave_rows)), peaks, &sight, &over);
            }
            None => {
                pen.put(0, y, "reading the sound ..", Role::Faint);
            }
        }
        let verdict = match &take.verdict {
            Some(verdict) => evaluation::words(verdict),
            None => "a take of the base: there is no dataset to judge it against".to_owned(),
        };
        let stand = playing.map_or_else(String::new, |s| format!("at {}  ", place(s)));
        let verdict = format!("{stand}{verdict}");
        let area = Rect::new(0, height.saturating_sub(words), width, words);
        pen.part(area).wrapped(0, 0, &verdict, Role::Text);
    }

    /// What stands at the right of the first line.
    pub fn context(&self, cx: &Cx<'_>) -> String {
        format!("in the sound of {}", self.settings.value(Setting::Sound, cx.facts))
    }
}

/// Lines whole where there is room for them below what was written, else the start of each.
fn told(lines: &[(String, Role)], width: usize, spare: usize) -> Vec<(String, Role)> {
    let wrapped = |(words, role): &(String, Role)| {
        text::wrap(words, width).into_iter().map(|line| (line, *role)).collect::<Vec<_>>()
    };
    let whole: Vec<(String, Role)> = lines.iter().flat_map(wrapped).collect();
    if whole.len() <= spare {
        return whole;
    }
    let cut = |(words, role): &(String, Role)| (text::cut(words, width, '~').into_owned(), *role);
    lines.iter().map(cut).collect()
}

fn role_at(roles: &[(usize, usize, Role)], at: usize) -> Role {
    let found = roles.iter().find(|(start, end, _)| (*start..*end).contains(&at));
    found.map_or(Role::Input, |(_, _, role)| *role)
}

/// How far a job is with its takes.
fn being_made(job: &Job, cx: &Cx<'_>) -> String {
    let live = cx.facts.live.get(&job.job_id);
    let mut words = format!("{} is being made: {}", job.job_id, cx.facts.what(job));
    let _ = match live {
        Some(live) if job.state == JobState::Running => {
            write!(words, ", {:.0} %", live.progress * 100.0)
        }
        _ => write!(words, ", waits for its turn"),
    };
    if let Some(eta) = live.and_then(|l| l.eta_s) {
        let _ = write!(words, ", about {} to go", clock(eta));
    }
    words
}

fn row(take: &Take, cx: &Cx<'_>, stars: (char, char)) -> Row {
    let rating = usize::from(take.rating.unwrap_or(0));
    let mut kept: String = (0..5).map(|n| if n < rating { stars.0 } else { stars.1 }).collect();
    if take.kept {
        kept.push_str(" kept");
    }
    Row::new(vec![
        (take.request.prompt.replace('\n', " "), Role::Text),
        (takes::sound_of(take, cx.facts), Role::Dim),
        (take.seed.to_string(), Role::Dim),
        (clock(take.duration_s), Role::Text),
        (format!("{:.0}", take.plan.tempo_bpm), Role::Text),
        (take.plan.key.map_or_else(|| "-".to_owned(), |k| k.to_string()), Role::Text),
        (figure(take.loudness_lufs, 1), Role::Text),
        takes::style(take),
        takes::copied(take),
        (kept, if rating > 0 { Role::Accent } else { Role::Faint }),
    ])
}

/// The plan's sections over the waveform, by time.
fn section_bar(pen: &mut Pen<'_>, plan: &Plan, sight: &Sight) {
    let width = pen.width();
    for (number, section) in plan.sections.iter().enumerate() {
        let end = section.start_s + section.duration_s;
        let Some((from, to)) = sight.columns(section.start_s, end, width) else { continue };
        let role = Role::part(number);
        let room = to.saturating_sub(from);
        pen.rule(from, 0, room, pen.glyphs().pane.h, role);
        pen.sign(from, 0, pen.glyphs().loop_from, role);
        let name = plan::name(section);
        pen.cell(from + 1, 0, room.saturating_sub(2).min(text::cells(&name) as u16), &name, role);
    }
}
