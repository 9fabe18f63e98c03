//! Generate: a prompt, how it was understood, the plan, and the takes with their verdicts.

mod draw;
mod plan;
pub mod settings;
mod takes;

pub use takes::compare_with;

use super::NOT_HERE;
use super::layout::{Class, class_of, columns, inside, split_bottom, step};
use super::time::Time;
use crate::audio::peaks::Peaks;
use crate::domain::ids::{FinetuneId, JobId, TakeId};
use crate::domain::job::{Job, JobKind, JobState};
use crate::domain::plan::Plan;
use crate::domain::take::{Take, TakeRequest};
use crate::studio::Work;
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Slot};
use crate::tui::cx::{Cx, Do};
use crate::tui::editor::Editor;
use crate::tui::keys::{Code, Key};
use crate::tui::list::{List, Step};
use crate::tui::overlay::form::{Form, Line, Must};
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::view::step as move_of;
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::words;
use ratatui::layout::Rect;
use settings::{Setting, Settings};
use std::path::PathBuf;
use std::sync::Arc;

/// Milliseconds after the last key before a prompt is planned.
const REST_MS: u64 = 120;

/// The panes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// The prompt.
    #[default]
    Prompt,
    /// Settings.
    Settings,
    /// The plan.
    Plan,
    /// The takes.
    Takes,
}

const PANES: [Pane; 4] = [Pane::Prompt, Pane::Settings, Pane::Plan, Pane::Takes];

/// The Generate screen.
#[derive(Clone, Debug)]
pub struct Generate {
    focus: Pane,
    prompt: Editor,
    typing: bool,
    /// Which earlier prompt is shown, and what was written before.
    recalled: Option<(usize, String)>,
    settings: Settings,
    lines: List,
    plan: Option<(TakeRequest, Plan)>,
    plan_fault: Option<String>,
    plan_due_ms: Option<u64>,
    sections: List,
    takes: List,
    here: Option<TakeId>,
    peaks: Option<(PathBuf, Arc<Peaks>)>,
    time: Time,
    /// The rating that was asked for last.
    rated: Option<(TakeId, u8)>,
    /// The training whose finetune is written with once it is there, unless another is chosen.
    learning: Option<JobId>,
    height: usize,
    width: usize,
}

impl Generate {
    /// The screen, with an empty prompt.
    pub fn new(prompt_max_chars: usize) -> Self {
        Self {
            focus: Pane::default(),
            prompt: Editor::lines("", prompt_max_chars),
            typing: false,
            recalled: None,
            settings: Settings::default(),
            lines: List::default(),
            plan: None,
            plan_fault: None,
            plan_due_ms: None,
            sections: List::default(),
            takes: List::default(),
            here: None,
            peaks: None,
            time: Time::default(),
            rated: None,
            learning: None,
            height: 0,
            width: 40,
        }
    }

    fn places(&self, area: Rect) -> [Option<Rect>; 4] {
        match class_of(area) {
            Class::Full => {
                let takes = (area.height / 2).max(12);
                let (top, bottom) = split_bottom(area, takes);
                let cut = columns(top, &[top.width.saturating_sub(46)]);
                let (prompt, plan) = split_bottom(cut[0], (top.height / 2).clamp(6, 7));
                [Some(prompt), Some(cut[1]), Some(plan), Some(bottom)]
            }
            Class::Stacked => {
                let (top, bottom) = split_bottom(area, area.height / 2 + 1);
                match self.focus {
                    Pane::Settings => [None, Some(top), None, Some(bottom)],
                    Pane::Plan => [None, None, Some(top), Some(bottom)],
                    _ => [Some(top), None, None, Some(bottom)],
                }
            }
            Class::Single => {
                let mut places = [None; 4];
                let at = PANES.iter().position(|p| *p == self.focus).unwrap_or(0);
                places[at] = Some(area);
                places
            }
            Class::Tiny => [None; 4],
        }
    }

    /// Whether keys type text.
    pub fn typing(&self) -> bool {
        self.typing
    }

    /// When the prompt is to be planned.
    pub fn wake_at(&self) -> Option<u64> {
        self.plan_due_ms
    }

    /// The takes as they are listed: the newest first.
    fn listed<'a>(cx: &Cx<'a>) -> Vec<&'a Take> {
        cx.facts.takes.iter().rev().collect()
    }

    /// The take under the cursor.
    pub fn take<'a>(&self, cx: &Cx<'a>) -> Option<&'a Take> {
        Self::listed(cx).get(self.takes.at).copied()
    }

    /// Puts everything right after the facts, the size or the cursor changed.
    pub fn settle(&mut self, area: Rect, cx: &mut Cx<'_>) {
        let places = self.places(area);
        self.width = usize::from(places[0].map_or(0, |p| inside(p).width.saturating_sub(2))).max(8);
        let settings = places[1].map_or(0, |p| inside(p).height);
        self.lines.fit(Setting::ALL.len(), usize::from(settings));
        self.height = places[3].map_or(0, |p| usize::from(takes::list_height(inside(p).height)));
        let listed = Self::listed(cx);
        self.takes.fit(listed.len(), self.height);
        let take = listed.get(self.takes.at);
        let id = take.map(|t| t.take_id.clone());
        if id != self.here {
            self.here.clone_from(&id);
            self.time = Time::default();
            self.rated = None;
            if let Some(take) = take {
                cx.ask_newest(Slot::Peaks, Ask::Peaks(take.audio.clone()));
            }
        }
    }

    /// Has the prompt planned when that is due, whatever screen is in front: a moment that was asked
    /// for and passed over would be asked for again without end.
    pub fn plan_if_due(&mut self, cx: &mut Cx<'_>) {
        if self.plan_due_ms.is_none_or(|due| due > cx.now.mono_ms) {
            return;
        }
        self.plan_due_ms = None;
        let request = self.settings.request(self.prompt.text());
        if request.prompt.trim().is_empty() {
            (self.plan, self.plan_fault) = (None, None);
        } else {
            cx.ask_newest(Slot::Plan, Ask::Plan(Box::new(request)));
        }
    }

    /// Jobs that make takes and have not ended.
    fn making<'a>(cx: &Cx<'a>) -> impl Iterator<Item = &'a Job> + use<'a> {
        cx.facts.open_jobs().filter(|j| j.kind == JobKind::Generate)
    }

    /// A job was asked for. What a training learns is what the person wants to hear next.
    pub fn submitted(&mut self, job: &Job) {
        if job.kind == JobKind::Train {
            self.learning = Some(job.job_id);
        }
    }

    /// Takes the finetune that was waited for.
    fn take_learned(&mut self, cx: &mut Cx<'_>) {
        let Some(job) = self.learning.and_then(|id| cx.facts.job(id)) else { return };
        if !job.state.ended() {
            return;
        }
        let learned = job.result.as_ref().and_then(|r| r.get("finetune_id")?.as_str());
        let found = cx.facts.finetunes.iter().find(|f| Some(f.finetune_id.as_str()) == learned);
        match found {
            Some(found) => {
                cx.say(format!("takes are now in the sound of {}", found.name));
                self.settings.finetune = Some(found.finetune_id.clone());
                self.changed(cx);
            }
            // That it is done may be known before what it made.
            None if job.state == JobState::Done => return,
            None => {}
        }
        self.learning = None;
    }

    /// The facts changed: the cursor stays on its take.
    pub fn facts_changed(&mut self, cx: &mut Cx<'_>) {
        self.take_learned(cx);
        if let Some(here) = &self.here
            && let Some(at) = Self::listed(cx).iter().position(|t| t.take_id == *here)
            && self.takes.at > 0
        {
            self.takes.at = at;
        }
        let known = |id: &FinetuneId| cx.facts.finetunes.iter().any(|f| f.finetune_id == *id);
        if self.settings.finetune.as_ref().is_some_and(|id| !known(id)) {
            self.settings.finetune = None;
        }
    }

    /// A plan came.
    pub fn planned(&mut self, request: TakeRequest, plan: Plan) {
        (self.plan, self.plan_fault) = (Some((request, plan)), None);
    }

    /// The prompt cannot be planned.
    pub fn not_planned(&mut self, why: String) {
        self.plan_fault = Some(why);
    }

    /// A waveform came.
    pub fn drawn(&mut self, path: PathBuf, peaks: Arc<Peaks>) {
        self.peaks = Some((path, peaks));
    }

    /// Shows a take.
    pub fn show(&mut self, id: &TakeId, cx: &Cx<'_>) {
        self.focus = Pane::Takes;
        if let Some(at) = Self::listed(cx).iter().position(|t| t.take_id == *id) {
            self.takes.at = at;
        }
    }

    /// Why an action cannot be done now; `None` if it can.
    pub fn why_not(&self, act: Act, cx: &Cx<'_>) -> Option<String> {
        let no_take = || cx.facts.takes.is_empty().then(|| "there is no take yet".to_owned());
        match act {
            Act::Start => cx.looks_on().or_else(|| {
                self.prompt.text().trim().is_empty().then(|| "write a prompt first".to_owned())
            }),
            Act::RateUp | Act::RateDown | Act::DeleteTake | Act::Variation | Act::KeepTake => {
                cx.looks_on().or_else(no_take)
            }
            Act::Play | Act::Copy | Act::UsePrompt | Act::Evidence | Act::Export => no_take(),
            Act::Switch | Act::With | Act::Excerpt | Act::LoopStart | Act::LoopEnd => no_take(),
            Act::LoopSection | Act::SeekBack | Act::SeekOn => no_take(),
            Act::ClearTakes => cx.looks_on().or_else(|| {
                let none = !cx.facts.takes.iter().any(|t| !t.kept && t.rating.is_none());
                none.then(|| "every take is kept or rated".to_owned())
            }),
            Act::Trim => Some("only tracks are trimmed".to_owned()),
            Act::Filter | Act::Mark | Act::MarkRange | Act::MarkAll | Act::Next | Act::Previous => {
                Some(NOT_HERE.to_owned())
            }
            Act::Undo | Act::Redo => Some("datasets are undone in the Library".to_owned()),
            Act::History => no_take(),
            Act::PlanView => self.plan.is_none().then(|| "there is no plan yet".to_owned()),
            Act::Finetune => {
                cx.facts.finetunes.is_empty().then(|| "there is no finetune yet".to_owned())
            }
            _ => None,
        }
    }

    /// Does an action; whether it was one of this screen.
    pub fn act(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        if self.typing {
            return self.act_typing(act, cx);
        }
        match act {
            Act::PaneNext => self.focus = step(&PANES, self.focus, 1),
            Act::PanePrevious => self.focus = step(&PANES, self.focus, -1),
            Act::Left | Act::Right if self.focus == Pane::Settings => {
                self.change(if act == Act::Left { -1 } else { 1 }, cx);
            }
            Act::Left | Act::Right if self.focus == Pane::Takes => {
                let by = if act == Act::Left { -1.0 } else { 1.0 };
                if let Some(take) = self.take(cx) {
                    self.time.step(by, take.duration_s);
                }
            }
            Act::Left => self.focus = step(&PANES, self.focus, -1),
            Act::Right => self.focus = step(&PANES, self.focus, 1),
            Act::EditPrompt => {
                if let Some(text) = arg {
                    self.prompt.set(text);
                    self.changed(cx);
                }
                (self.focus, self.typing) = (Pane::Prompt, arg.is_none());
            }
            Act::Start => self.start(cx),
            Act::Finetune => match arg {
                Some(wanted) => self.use_finetune(wanted, cx),
                None => cx.open(choose_finetune(self.settings.finetune.as_ref(), cx)),
            },
            Act::Open => self.open(cx),
            Act::PlanView => {
                if let Some((_, plan)) = &self.plan {
                    cx.open(plan::view(plan));
                }
            }
            Act::History => cx.open(history(cx)),
            Act::Theme | Act::Filter => return false,
            _ => match move_of(act) {
                Some(step) => self.go(step, cx),
                None => return self.act_on_take(act, arg, cx),
            },
        }
        true
    }

    fn act_typing(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::Done => self.typing = false,
            Act::Go => {
                self.typing = false;
                match self.why_not(Act::Start, cx) {
                    Some(why) => cx.complain(why),
                    None => self.start(cx),
                }
            }
            Act::NextField | Act::PreviousField => {
                self.typing = false;
                let by = if act == Act::NextField { 1 } else { -1 };
                self.focus = step(&PANES, self.focus, by);
            }
            Act::Recall => {
                if !self.prompt.row(-1, self.width) {
                    self.recall(1, cx);
                }
            }
            Act::Unrecall => {
                if !self.prompt.row(1, self.width) {
                    self.recall(-1, cx);
                }
            }
            Act::SearchHistory => cx.open(history(cx)),
            Act::ExternalEditor => cx.todo.push(Do::Editor(self.prompt.text().to_owned())),
            _ => {
                if self.prompt.act(act) {
                    self.changed(cx);
                }
            }
        }
        true
    }

    /// A key while the prompt is written.
    pub fn key(&mut self, key: Key, cx: &mut Cx<'_>) {
        if key.code == Code::Enter && key.alt {
            self.act_typing(Act::Go, cx);
        } else if self.prompt.key(key) {
            self.recalled = None;
            self.changed(cx);
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        (self.focus, self.typing) = (Pane::Prompt, true);
        if !self.prompt.insert(text) {
            let (_, most) = self.prompt.fill();
            cx.complain(format!("a prompt has at most {most} characters; the rest was cut off"));
        }
        self.changed(cx);
    }

    /// The text came back from the user's editor, or was chosen from earlier ones.
    pub fn set_prompt(&mut self, text: &str, cx: &Cx<'_>) {
        self.focus = Pane::Prompt;
        self.prompt.set(text.trim_end());
        self.changed(cx);
    }

    fn changed(&mut self, cx: &Cx<'_>) {
        self.plan_due_ms = Some(cx.now.mono_ms + REST_MS);
    }

    /// Puts an earlier prompt into the field; the first step remembers what was written.
    fn recall(&mut self, by: isize, cx: &Cx<'_>) {
        let earlier = earlier_prompts(cx);
        let (now, draft) = match self.recalled.take() {
            Some((at, draft)) => (Some(at), draft),
            None => (None, self.prompt.text().to_owned()),
        };
        let next = match (now, by) {
            (None, 1..) => Some(0),
            (Some(at), _) => at.checked_add_signed(by),
            (None, _) => None,
        };
        match next {
            Some(at) if at < earlier.len() => {
                self.prompt.set(&earlier[at]);
                self.recalled = Some((at, draft));
            }
            Some(_) => self.recalled = now.map(|at| (at, draft)),
            None => self.prompt.set(&draft),
        }
        self.changed(cx);
    }

    fn start(&mut self, cx: &mut Cx<'_>) {
        let work = self.settings.work(self.prompt.text().trim());
        cx.ask(Ask::Submit(Work::Generate(Box::new(work))));
        self.focus = Pane::Takes;
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        match self.focus {
            Pane::Prompt => self.typing = true,
            Pane::Settings => self.edit_setting(cx),
            Pane::Plan => {
                if let Some((_, plan)) = &self.plan {
                    cx.open(plan::view(plan));
                }
            }
            Pane::Takes => {
                self.act_on_take(Act::Evidence, None, cx);
            }
        }
    }

    fn setting(&self) -> Setting {
        Setting::ALL[self.lines.at.min(Setting::ALL.len() - 1)]
    }

    fn change(&mut self, by: i64, cx: &Cx<'_>) {
        if self.settings.step(self.setting(), by, &cx.setup.limits) {
            self.changed(cx);
        }
    }

    fn edit_setting(&mut self, cx: &mut Cx<'_>) {
        let setting = self.setting();
        let help = match setting {
            Setting::Sound => {
                cx.open(choose_finetune(self.settings.finetune.as_ref(), cx));
                return;
            }
            Setting::Length => {
                "seconds, or minutes and seconds as in 1:30; empty: as the prompt says"
            }
            Setting::Takes => "how many, each with the next seed",
            Setting::Seed => "the same request with the same seed is the same take",
            Setting::Loudness => "LUFS; empty: as the music it was learned from has it",
            Setting::Strength => "0 the bank's sound, 1 as learned, 2 only the tracks' own",
            Setting::Aspects => {
                "timbre=1.5,groove=0 .. of instrumentation, production, groove, timbre"
            }
            Setting::Without => "drums, bass, harmony, lead, pad",
            _ => {
                self.change(1, cx);
                return;
            }
        };
        let value = self.settings.written(setting);
        let line = Line::text(setting.label(), &value, Must::Anything, help);
        let at = Setting::ALL.iter().position(|s| *s == setting).unwrap_or(0);
        let form = Form::new("Setting", "", vec![line], "set", Purpose::Setting(at));
        cx.open(Overlay::Form(form));
    }

    /// A setting was written.
    pub fn set(&mut self, at: usize, text: &str, cx: &mut Cx<'_>) {
        let Some(setting) = Setting::ALL.get(at) else { return };
        match self.settings.write(*setting, text, &cx.setup.limits) {
            Ok(()) => self.changed(cx),
            Err(expected) => {
                cx.complain(format!("{}: {expected} was expected", setting.label()));
            }
        }
    }

    /// A finetune was chosen, by id or name; "" is the base.
    pub fn use_finetune(&mut self, wanted: &str, cx: &mut Cx<'_>) {
        if wanted.is_empty() || wanted == "base" {
            self.settings.finetune = None;
            self.learning = None;
        } else {
            let fits = |f: &&crate::domain::finetune::Manifest| {
                f.finetune_id.as_str() == wanted || f.name == wanted
            };
            match cx.facts.finetunes.iter().find(fits) {
                Some(found) => {
                    self.settings.finetune = Some(found.finetune_id.clone());
                    self.learning = None;
                }
                None => {
                    cx.complain(format!("there is no finetune \"{wanted}\""));
                    return;
                }
            }
        }
        self.changed(cx);
    }

    fn go(&mut self, step: Step, cx: &Cx<'_>) {
        match self.focus {
            Pane::Settings => self.lines.go(step, Setting::ALL.len(), 10),
            Pane::Plan => {
                let len = self.plan.as_ref().map_or(0, |(_, p)| p.sections.len());
                self.sections.go(step, len, 10);
            }
            _ => {
                self.focus = Pane::Takes;
                self.takes.go(step, cx.facts.takes.len(), self.height);
            }
        }
    }
}

/// Prompts of earlier takes, the newest first, each once.
pub fn earlier_prompts(cx: &Cx<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for take in cx.facts.takes.iter().rev() {
        let prompt = &take.request.prompt;
        if !prompt.is_empty() && !out.contains(prompt) {
            out.push(prompt.clone());
        }
    }
    out
}

fn history(cx: &Cx<'_>) -> Overlay {
    let items = earlier_prompts(cx).into_iter().map(|p| Item {
        value: p.clone(),
        words: p.replace('\n', " "),
        note: String::new(),
    });
    Overlay::Picker(Picker::new("Earlier prompts", items.collect(), Purpose::ChoosePrompt))
}

fn choose_finetune(now: Option<&FinetuneId>, cx: &Cx<'_>) -> Overlay {
    let mut items = vec![Item {
        value: String::new(),
        words: "the base".to_owned(),
        note: "no finetune".to_owned(),
    }];
    items.extend(cx.facts.finetunes.iter().rev().map(|f| Item {
        value: f.finetune_id.to_string(),
        words: f.name.clone(),
        note: format!("{}, {}", f.genre, words::count(f.report.tracks, "track", "tracks")),
    }));
    let picker = Picker::new("Whose sound", items, Purpose::ChooseFinetune);
    Overlay::Picker(picker.at(now.map_or("", FinetuneId::as_str)))
}
