//! What a screen may see while it acts, and what it may ask for.
//!
//! A screen changes its own cursors and nothing else; everything it wants from others it leaves as
//! a wish. Must never hand out the studio: a screen that could call it could block.

use super::actions::Act;
use super::ask::{Ask, Slot};
use super::event::Moment;
use super::facts::Facts;
use super::overlay::Overlay;
use super::player::{Pair, Player, Sound};
use crate::domain::ids::{JobId, TakeId, TrackId};
use crate::domain::limits::Limits;
use std::path::PathBuf;

/// The screens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Tab {
    /// Tracks and datasets.
    #[default]
    Library,
    /// Variety, balance, likeness.
    Diagnostics,
    /// What runs and ran.
    Jobs,
    /// Prompt, plan, takes.
    Generate,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Library, Self::Diagnostics, Self::Jobs, Self::Generate];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "Library",
            Self::Diagnostics => "Diagnostics",
            Self::Jobs => "Jobs",
            Self::Generate => "Generate",
        }
    }
}

/// What does not change while the program runs.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Who states rights where nobody else is named.
    pub by: String,
    /// Limits.
    pub limits: Limits,
    /// Over SSH.
    pub ssh: bool,
    /// Where the program was started.
    pub folder: PathBuf,
    /// The person's own folder, what `~` stands for.
    pub own_folder: Option<PathBuf>,
    /// What a person should know about opening the home.
    pub notes: Vec<String>,
    /// Whether the program ends by itself when asked to, for tests of the terminal.
    pub debug: bool,
}

/// A wish.
#[derive(Debug)]
pub enum Do {
    /// Put a question.
    Ask(Option<Slot>, Ask),
    /// Say something.
    Say(String),
    /// Say that something is wrong, and what to do.
    Complain(String, Vec<String>),
    /// Open something over the screen.
    Open(Box<Overlay>),
    /// Show a screen.
    Goto(Tab),
    /// Show a track in the Library.
    ShowTrack(TrackId),
    /// Show a job.
    ShowJob(JobId),
    /// Show a take.
    ShowTake(TakeId),
    /// Copy text to the clipboard.
    Copy(String),
    /// Hear something, or pause it if it is what plays.
    Hear(Sound),
    /// Hear something from its place on, whatever plays.
    HearFrom(Sound),
    /// Hear these two in turn.
    Compare(Box<Pair>),
    /// Look for files in a folder.
    Browse(PathBuf),
    /// Do an action, as if its key was pressed.
    Run(Act, Option<String>),
    /// Open the prompt in the user's own editor.
    Editor(String),
}

/// What a screen sees.
pub struct Cx<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// What does not change.
    pub setup: &'a Setup,
    /// What plays.
    pub player: &'a Player,
    /// Now.
    pub now: Moment,
    /// Wishes.
    pub todo: Vec<Do>,
}

impl<'a> Cx<'a> {
    /// A view with no wishes yet.
    pub fn new(facts: &'a Facts, setup: &'a Setup, player: &'a Player, now: Moment) -> Self {
        Self { facts, setup, player, now, todo: Vec::new() }
    }

    /// Why nothing can be changed here; `None` where it can.
    pub fn looks_on(&self) -> Option<String> {
        (!self.facts.owner).then(|| "this process only looks on".to_owned())
    }

    /// Puts a question.
    pub fn ask(&mut self, ask: Ask) {
        self.todo.push(Do::Ask(None, ask));
    }

    /// Puts a question of which only the newest counts.
    pub fn ask_newest(&mut self, slot: Slot, ask: Ask) {
        self.todo.push(Do::Ask(Some(slot), ask));
    }

    /// Says something.
    pub fn say(&mut self, words: impl Into<String>) {
        self.todo.push(Do::Say(words.into()));
    }

    /// Says that something is wrong.
    pub fn complain(&mut self, words: impl Into<String>) {
        self.todo.push(Do::Complain(words.into(), Vec::new()));
    }

    /// Opens something over the screen.
    pub fn open(&mut self, overlay: Overlay) {
        self.todo.push(Do::Open(Box::new(overlay)));
    }
}
