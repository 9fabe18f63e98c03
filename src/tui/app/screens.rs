//! The four screens and which of them is shown: an action goes to the one in front.

use crate::tui::actions::Act;
use crate::tui::cx::{Cx, Tab};
use crate::tui::screens::diagnostics::Diagnostics;
use crate::tui::screens::generate::Generate;
use crate::tui::screens::jobs::Jobs;
use crate::tui::screens::library::Library;

/// The screens, while one of them acts.
pub(super) struct Screens {
    pub(super) tab: Tab,
    pub(super) library: Library,
    pub(super) diagnostics: Diagnostics,
    pub(super) jobs: Jobs,
    pub(super) generate: Generate,
}

impl Screens {
    /// The screens as they are first shown.
    pub(super) fn new(prompt_max_chars: usize) -> Self {
        Self {
            tab: Tab::default(),
            library: Library::default(),
            diagnostics: Diagnostics::default(),
            jobs: Jobs::new(),
            generate: Generate::new(prompt_max_chars),
        }
    }

    pub(super) fn why_not(&self, act: Act, cx: &Cx<'_>) -> Option<String> {
        match self.tab {
            Tab::Library => self.library.why_not(act, cx),
            Tab::Jobs => self.jobs.why_not(act, cx),
            Tab::Generate => self.generate.why_not(act, cx),
            Tab::Diagnostics => self.diagnostics.why_not(act, cx),
        }
    }

    pub(super) fn act(&mut self, act: Act, arg: Option<&str>, cx: &mut Cx<'_>) -> bool {
        // Tabs and the palette are nobody's but the app's.
        match self.tab {
            Tab::Library => self.library.act(act, arg, cx),
            Tab::Jobs => self.jobs.act(act, cx),
            Tab::Generate => self.generate.act(act, arg, cx),
            Tab::Diagnostics => self.diagnostics.act(act, arg, cx),
        }
    }
}
