//! The app: one state that changes with one event at a time, and draws itself.
//!
//! No clock, no terminal, no disk and no studio is in reach: time comes with events, and what is
//! wanted from outside leaves as an [`Effect`]. A test can therefore live a whole session through.

mod answers;
mod carry;
mod draw;
mod hear;
mod screens;

use super::actions::{Act, Scope, TABLE, Takes};
use super::ask::{Ask, Question, Slot};
use super::cx::{Cx, Do, Setup, Tab};
use super::draw::Look;
use super::event::{Event, Moment};
use super::facts::Facts;
use super::glyphs;
use super::keymap::{Found, Keymap};
use super::keys::{Code, Key};
use super::messages::Messages;
use super::overlay::confirm::{Choice, Confirm};
use super::overlay::help::Help;
use super::overlay::palette::{Palette, Values};
use super::overlay::picker::{Item, Picker};
use super::overlay::view::View;
use super::overlay::{Overlay, Purpose, dropped_paths};
use super::player::{Player, Sound};
use super::theme::{Depth, Role, SHIPPED, Theme};
use super::tour;
use super::words;
use ratatui::layout::Rect;
use screens::Screens;
use std::collections::{BTreeMap, HashMap};

/// Milliseconds after which the keys that can follow are shown.
const WHICH_KEY_MS: u64 = 300;
/// Milliseconds between two looks at where the playing stands.
const PLAY_MS: u64 = 250;
/// Tracks whose sketches are asked for at a time.
const SKETCHES: usize = 250;

/// Something for the world outside.
#[derive(Debug)]
pub enum Effect {
    /// Put a question.
    Ask(Question),
    /// Draw everything again.
    Redraw,
    /// Give the terminal back until the person returns.
    Suspend,
    /// Let the person write this text in an editor of theirs.
    Editor(String),
    /// Copy text to the clipboard.
    Copy(String),
    /// End the program.
    Quit(Leave),
    /// Fail on purpose, for tests of what the terminal looks like afterwards.
    Panic,
}

/// How the program is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// At once; nothing runs.
    Now,
    /// Jobs are stopped first.
    Stop,
    /// The screen goes, the jobs go on to their end, in words.
    Follow,
    /// The system asked for it: jobs are stopped first.
    Terminated,
    /// The terminal is gone, the jobs go on to their end, in silence.
    Silent,
}

/// A theme of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTheme {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The app.
pub struct App {
    pub(super) size: (u16, u16),
    pub(super) look: Look,
    depth: Depth,
    own_themes: Vec<OwnTheme>,
    keymap: Keymap,
    pending: Vec<Key>,
    pending_ms: u64,
    screens: Screens,
    overlays: Vec<Overlay>,
    facts: Facts,
    setup: Setup,
    player: Player,
    messages: Messages,
    used: Vec<Act>,
    next_number: u64,
    newest: HashMap<Slot, u64>,
    sketches_asked: std::collections::HashSet<crate::domain::ids::TrackId>,
    counted: BTreeMap<&'static str, u64>,
    play_ms: u64,
    cancel_ms: Option<u64>,
    /// What was to be heard last.
    wanted: Option<Sound>,
    /// The step of the tour, while it goes.
    tour: Option<usize>,
    pub(super) now: Moment,
    effects: Vec<Effect>,
}

impl App {
    /// An app on a terminal of a size. It asks for the facts at once.
    pub fn new(
        setup: Setup,
        look: Look,
        depth: Depth,
        keymap: Keymap,
        own_themes: Vec<OwnTheme>,
        owner: bool,
        size: (u16, u16),
    ) -> Self {
        let screens = Screens::new(setup.limits.prompt_max_chars);
        let mut app = Self {
            size,
            look,
            depth,
            own_themes,
            keymap,
            pending: Vec::new(),
            pending_ms: 0,
            screens,
            overlays: Vec::new(),
            facts: Facts { owner, ..Facts::default() },
            setup,
            player: Player::default(),
            messages: Messages::default(),
            used: Vec::new(),
            next_number: 0,
            newest: HashMap::new(),
            sketches_asked: std::collections::HashSet::new(),
            counted: BTreeMap::new(),
            play_ms: 0,
            cancel_ms: None,
            wanted: None,
            tour: None,
            now: Moment::default(),
            effects: Vec::new(),
        };
        app.ask(Some(Slot::Facts), Ask::Facts);
        app
    }

    /// The effects that were left by the making of the app.
    pub fn start(&mut self, now: Moment) -> Vec<Effect> {
        self.now = now;
        let notes = self.setup.notes.clone();
        for note in notes.iter().rev() {
            self.messages.say(note.clone(), Vec::new(), true, now);
        }
        // One line stands at a time; nobody should think that it is all.
        if let [_, more @ ..] = notes.as_slice()
            && !more.is_empty()
        {
            let key = self.keymap.key_of(Act::Messages).unwrap_or_else(|| ":messages".to_owned());
            let words = format!("{} things to know: {key} shows them", notes.len());
            self.messages.say(words, Vec::new(), true, now);
        }
        std::mem::take(&mut self.effects)
    }

    /// Lives through an event; what is wanted from outside is returned.
    pub fn handle(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(width, height) => self.size = (width, height),
            Event::Jobs(events) => self.jobs_said(&events),
            Event::Reply(reply) => self.answered(*reply),
            Event::Wake => {}
            Event::Resumed => self.effects.push(Effect::Redraw),
            Event::Edited(Some(text)) => self.with_cx(|app, cx| app.generate.set_prompt(&text, cx)),
            Event::Edited(None) => {
                self.complain("the editor failed; the prompt is as it was".to_owned());
            }
            Event::Terminate => self.effects.push(Effect::Quit(Leave::Terminated)),
            Event::HangUp => self.effects.push(Effect::Quit(Leave::Silent)),
        }
        self.tick();
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// When the app wants to be woken, if nothing else happens.
    pub fn wake_at(&self) -> Option<u64> {
        let which = (!self.pending.is_empty()).then_some(self.pending_ms + WHICH_KEY_MS);
        let which = which.filter(|at| *at > self.now.mono_ms);
        let playing = self.player.sounds().then_some(self.play_ms + PLAY_MS);
        [which, playing, self.messages.wake_at(self.now), self.screens.generate.wake_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The facts, for tests.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The screen that is shown.
    pub fn tab(&self) -> Tab {
        self.screens.tab
    }

    /// How much the app holds: what a test watches over a million events.
    pub fn weight(&self) -> usize {
        self.messages.all().count()
            + self.facts.live.len()
            + self.facts.jobs.len()
            + self.overlays.len()
            + self.newest.len()
            + self.used.len()
            + self.counted.len()
            + self.screens.jobs.weight()
    }

    fn tick(&mut self) {
        if self.player.sounds() && self.now.mono_ms >= self.play_ms + PLAY_MS {
            self.play_ms = self.now.mono_ms;
            self.ask(Some(Slot::Playing), Ask::Playing);
        }
    }

    /// The area between the first and the last two lines.
    pub(super) fn body(&self) -> Rect {
        let (width, height) = self.size;
        Rect::new(0, 1.min(height), width, height.saturating_sub(3))
    }

    fn settle(&mut self) {
        let body = self.body();
        self.with_cx(|app, cx| {
            match app.tab {
                Tab::Library => app.library.settle(body, cx),
                Tab::Jobs => app.jobs.settle(body, cx),
                Tab::Generate => app.generate.settle(body, cx),
                Tab::Diagnostics => app.diagnostics.settle(body, cx),
            }
            app.generate.plan_if_due(cx);
        });
        if let Some(Overlay::Evidence(evidence)) = self.overlays.last_mut() {
            evidence.settle(&self.player, self.now);
            if let Some(id) = evidence.wants() {
                self.ask(Some(Slot::Matched), Ask::Heard(id));
            }
        }
    }

    /// Lets a screen act on a view of the facts, and carries out what it wishes for.
    fn with_cx<T>(&mut self, act: impl FnOnce(&mut Screens, &mut Cx<'_>) -> T) -> T {
        let mut cx = Cx::new(&self.facts, &self.setup, &self.player, self.now);
        let result = act(&mut self.screens, &mut cx);
        let todo = std::mem::take(&mut cx.todo);
        for wish in todo {
            self.carry_out(wish);
        }
        result
    }

    fn ask(&mut self, slot: Option<Slot>, ask: Ask) {
        self.next_number += 1;
        if let Some(slot) = slot {
            self.newest.insert(slot, self.next_number);
        }
        self.effects.push(Effect::Ask(Question { number: self.next_number, slot, ask }));
    }

    fn say(&mut self, words: String) {
        self.messages.say(words, Vec::new(), false, self.now);
    }

    fn complain(&mut self, words: String) {
        self.messages.say(words, Vec::new(), true, self.now);
    }

    /// The scopes that are active, innermost first.
    fn chain(&self) -> &'static [Scope] {
        match self.overlays.last() {
            Some(overlay) if overlay.types() => return &[Scope::Insert],
            Some(_) => return &[Scope::Global],
            None => {}
        }
        match self.screens.tab {
            Tab::Library if self.screens.library.typing() => &[Scope::Insert],
            Tab::Generate if self.screens.generate.typing() => &[Scope::Insert],
            Tab::Library if self.screens.library.triaging() => {
                &[Scope::Triage, Scope::Wave, Scope::Global]
            }
            Tab::Library => &[Scope::Library, Scope::Wave, Scope::Global],
            Tab::Diagnostics => &[Scope::Diagnostics, Scope::Global],
            Tab::Jobs => &[Scope::Jobs, Scope::Global],
            Tab::Generate => &[Scope::Generate, Scope::Wave, Scope::Global],
        }
    }

    fn key(&mut self, key: Key) {
        let chain = self.chain();
        if let Some(Overlay::Confirm(confirm)) = self.overlays.last_mut() {
            let outcome = confirm.key(key);
            self.came_of(outcome);
            return;
        }
        let typing = chain == [Scope::Insert];
        if self.pending.is_empty() {
            self.pending_ms = self.now.mono_ms;
        } else if key == Key::plain(Code::Esc) {
            self.pending.clear();
            return;
        }
        self.pending.push(key);
        match self.keymap.find(chain, &self.pending) {
            Found::Prefix => {}
            Found::Act(act) => {
                self.pending.clear();
                self.act(act, None);
            }
            Found::Nothing => {
                let keys = std::mem::take(&mut self.pending);
                if typing || self.overlays.last().is_some() {
                    for key in keys {
                        self.typed(key);
                    }
                } else if keys.len() > 1 {
                    let keys = super::keys::written(&keys);
                    self.say(format!("{keys} does nothing here; ? shows what does"));
                }
            }
        }
    }

    /// A key that is no action: it edits a text, or the thing on top takes it.
    fn typed(&mut self, key: Key) {
        if let Some(overlay) = self.overlays.last_mut() {
            let outcome = overlay.key(key);
            self.came_of(outcome);
            return;
        }
        self.with_cx(|screens, cx| match screens.tab {
            Tab::Library => screens.library.key(key, cx),
            Tab::Generate => screens.generate.key(key, cx),
            _ => {}
        });
    }

    fn paste(&mut self, text: &str) {
        if let Some(overlay) = self.overlays.last_mut() {
            overlay.paste(text);
            return;
        }
        if self.screens.tab == Tab::Generate {
            self.with_cx(|screens, cx| screens.generate.paste(text, cx));
            return;
        }
        if self.screens.tab == Tab::Library && self.screens.library.typing() {
            self.with_cx(|screens, cx| screens.library.paste(text, cx));
            return;
        }
        // Files dropped onto the terminal arrive as pasted text.
        let paths = dropped_paths(text);
        if paths.iter().any(|p| p.is_absolute()) {
            self.screens.tab = Tab::Library;
            let quoted: Vec<String> = paths.iter().map(|p| carry::quoted(p)).collect();
            self.act(Act::Import, Some(quoted.join(" ")));
        } else {
            self.say(
                "pasted text goes into a prompt or a text field; paths of music begin with /"
                    .to_owned(),
            );
        }
    }

    /// Why an action cannot be done now; `None` if it can.
    fn why_not(&mut self, act: Act) -> Option<String> {
        self.with_cx(|screens, cx| screens.why_not(act, cx))
    }

    /// Does an action.
    pub(super) fn act(&mut self, act: Act, arg: Option<String>) {
        if let Some(overlay) = self.overlays.last_mut() {
            let outcome = overlay.act(act);
            self.came_of(outcome);
            return;
        }
        if let Some(why) = self.why_not(act) {
            let name = super::actions::of(act).words;
            self.complain(format!("{name}: {why}"));
            return;
        }
        self.used.retain(|a| *a != act);
        self.used.insert(0, act);
        self.used.truncate(12);
        if let Some(step) = self.tour
            && tour::STEPS.get(step).is_some_and(|s| s.done_by.contains(&act))
        {
            self.tour = Some(step + 1).filter(|next| *next < tour::STEPS.len());
            if self.tour.is_none() {
                self.say("that was the tour; :tour begins it again".to_owned());
            }
        }
        let handled = self.with_cx(|screens, cx| screens.act(act, arg.as_deref(), cx));
        if !handled {
            self.act_globally(act, arg);
        }
    }

    fn act_globally(&mut self, act: Act, arg: Option<String>) {
        match act {
            Act::GoLibrary => self.screens.tab = Tab::Library,
            Act::GoDiagnostics => {
                let name = self.with_cx(|screens, cx| screens.library.dataset(cx));
                self.screens.tab = Tab::Diagnostics;
                self.with_cx(|screens, cx| screens.diagnostics.open(name, cx));
            }
            Act::GoJobs => {
                self.screens.tab = Tab::Jobs;
                if let Some(id) = arg.and_then(|a| a.parse().ok()) {
                    self.carry_out(Do::ShowJob(id));
                }
            }
            Act::GoGenerate => self.screens.tab = Tab::Generate,
            Act::Silence => self.ask(None, Ask::Silence),
            Act::Messages => self.open_messages(),
            Act::Refresh => {
                self.facts.sketches.clear();
                self.sketches_asked.clear();
                self.screens.library.forget_heard();
                self.ask(Some(Slot::Facts), Ask::Facts);
                self.say("reading everything again".to_owned());
            }
            Act::Palette => self.open_palette(),
            Act::Help => self.open_help(),
            Act::Theme => match arg {
                Some(name) => self.use_theme(&name),
                None => self.choose_theme(),
            },
            Act::Glyphs => self.use_glyphs(arg.as_deref()),
            Act::Redraw => self.effects.push(Effect::Redraw),
            Act::Suspend => self.effects.push(Effect::Suspend),
            Act::Quit => self.quit(),
            Act::Cancel => self.cancel(),
            Act::Tour => {
                // Asked for again, it goes on.
                self.tour = Some(self.tour.map_or(0, |step| step + 1));
                self.tour = self.tour.filter(|step| *step < tour::STEPS.len());
            }
            Act::Leave if self.tour.is_some() => {
                self.tour = None;
                self.say("the tour is over; :tour begins it again".to_owned());
            }
            Act::Undo | Act::Redo => {
                self.say("datasets are undone in the Library".to_owned());
            }
            _ => {}
        }
    }

    fn cancel(&mut self) {
        let again = self.cancel_ms.is_some_and(|at| self.now.mono_ms < at + 2_000);
        if again {
            self.quit();
        } else {
            self.cancel_ms = Some(self.now.mono_ms);
            self.say("ctrl-c again leaves the program".to_owned());
        }
    }

    fn quit(&mut self) {
        let open = self.facts.open_jobs().count();
        if open == 0 || !self.facts.owner {
            self.effects.push(Effect::Quit(Leave::Now));
            return;
        }
        let words = match open {
            1 => "1 job has not ended. It runs in this program.".to_owned(),
            n => format!("{n} jobs have not ended. They run in this program."),
        };
        let choice = |key, words: &str, value: Option<&str>| Choice {
            key,
            words: words.to_owned(),
            value: value.map(str::to_owned),
        };
        let choices = vec![
            choice('n', "stay here", None),
            choice('f', "leave the screens, follow the jobs here in words", Some("follow")),
            choice('s', "stop them, then leave; what they finished is kept", Some("stop")),
        ];
        let confirm = Confirm::among("Leave?", &words, choices, Purpose::Leave);
        self.overlays.push(Overlay::Confirm(confirm));
    }

    fn open_messages(&mut self) {
        let mut lines = Vec::new();
        for message in self.messages.all() {
            let ago = self.now.mono_ms.saturating_sub(message.at.mono_ms) as f64 / 1000.0;
            let role = if message.bad { Role::Bad } else { Role::Text };
            lines.push((format!("{:<12} {}", words::ago(ago), message.words), role));
            lines.extend(message.hints.iter().map(|h| (format!("             {h}"), Role::Dim)));
        }
        if lines.is_empty() {
            lines.push(("nothing was said yet".to_owned(), Role::Dim));
        }
        self.overlays.push(Overlay::View(View::new("Messages", lines).from_end()));
    }

    fn reasons(&mut self) -> HashMap<Act, String> {
        let acts: Vec<Act> = TABLE.iter().map(|a| a.act).collect();
        self.with_cx(|screens, cx| {
            acts.into_iter().filter_map(|a| Some((a, screens.why_not(a, cx)?))).collect()
        })
    }

    fn open_help(&mut self) {
        let reasons = self.reasons();
        let title = format!("Keys of {}", self.screens.tab.name());
        let help = Help::new(&title, self.chain(), &self.keymap, |a| reasons.get(&a).cloned());
        self.overlays.push(Overlay::Help(help));
    }

    fn open_palette(&mut self) {
        let reasons = self.reasons();
        let values: Values = vec![
            (Takes::Theme, self.theme_names()),
            (Takes::Glyphs, vec!["unicode".to_owned(), "ascii".to_owned()]),
            (Takes::Dataset, self.facts.datasets.iter().map(|d| d.name.to_string()).collect()),
            (Takes::Finetune, self.facts.finetunes.iter().map(|f| f.name.clone()).collect()),
            (Takes::Job, self.facts.jobs.iter().rev().map(|j| j.job_id.to_string()).collect()),
        ];
        let palette = Palette::new(self.chain(), &self.keymap, &self.used, values, |a| {
            reasons.get(&a).cloned()
        });
        self.overlays.push(Overlay::Palette(palette));
    }

    fn theme_names(&self) -> Vec<String> {
        let shipped = SHIPPED.iter().map(|(n, _)| (*n).to_owned());
        shipped.chain(self.own_themes.iter().map(|t| t.name.clone())).collect()
    }

    fn choose_theme(&mut self) {
        let items = self.theme_names().into_iter().map(|name| Item {
            words: name.clone(),
            value: name,
            note: String::new(),
        });
        let picker = Picker::new("Theme", items.collect(), Purpose::ChooseTheme);
        self.overlays.push(Overlay::Picker(picker.at(&self.look.theme.name)));
    }

    fn use_theme(&mut self, name: &str) {
        let own = self.own_themes.iter().find(|t| t.name == name);
        let shipped = SHIPPED.iter().find(|(n, _)| *n == name);
        let text = own.map(|t| t.text.as_str()).or(shipped.map(|(_, text)| *text));
        let Some(text) = text else {
            self.complain(format!(
                "there is no theme \"{name}\"; there are {}",
                self.theme_names().join(", ")
            ));
            return;
        };
        let (theme, faults) = Theme::read(name, text, self.depth);
        self.look.theme = theme;
        for fault in faults {
            self.complain(fault.sentence(&format!("theme {name}")));
        }
        match self.depth {
            Depth::None => self.say("this terminal shows no colours".to_owned()),
            _ => self.say(format!("to keep it: theme = \"{name}\" in config.toml")),
        }
    }

    fn use_glyphs(&mut self, name: Option<&str>) {
        let other = if self.look.glyphs.braille { "ascii" } else { "unicode" };
        match glyphs::named(name.unwrap_or(other)) {
            Some(set) => self.look.glyphs = set,
            None => self.complain("glyphs are unicode or ascii".to_owned()),
        }
    }
}
