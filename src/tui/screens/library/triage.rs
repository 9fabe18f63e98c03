//! Triage: what was found wrong, one track after another; keep, leave out, trim, or later.
//!
//! A decision takes the track out of the queue, and `u` puts it back in. Must never decide.

use super::forms::trim_form;
use super::{Library, Set};
use crate::domain::listening::{Problem, ProblemKind, Severity};
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Edit};
use crate::tui::cx::Cx;
use crate::tui::list::Step;
use crate::tui::screens::library::rows;

impl Library {
    /// Whether the queue of problems is gone through.
    pub fn triaging(&self) -> bool {
        self.triage.is_some() && self.typing.is_none()
    }

    /// How many are left, for the title.
    pub(super) fn left(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn begin_triage(&mut self, cx: &mut Cx<'_>) {
        let before = self.set.clone();
        self.set = Set::Problems;
        self.marks.clear();
        self.facts_changed(cx);
        if self.rows.is_empty() {
            self.set = before;
            self.facts_changed(cx);
            cx.say("nothing needs a decision");
            return;
        }
        self.triage = Some(before);
        self.tracks.go(Step::First, self.rows.len(), self.height);
    }

    pub(super) fn end_triage(&mut self, cx: &Cx<'_>) -> bool {
        let Some(before) = self.triage.take() else { return false };
        self.set = before;
        self.facts_changed(cx);
        true
    }

    /// Does an action of the queue; whether it was one.
    pub(super) fn act_in_triage(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::Triage if self.triage.is_some() => {
                self.end_triage(cx);
            }
            Act::Triage => self.begin_triage(cx),
            Act::Keep => {
                for (name, tracks) in self.by_dataset(cx) {
                    cx.ask(Ask::Edit(name, Edit::Keep(tracks)));
                }
                self.clear_marks();
            }
            Act::LeaveOut => {
                self.curate(Act::Exclude, None, cx);
            }
            Act::SkipTriage => {
                let last = self.tracks.at + 1 >= self.rows.len();
                let step = if last { Step::First } else { Step::By(1) };
                self.tracks.go(step, self.rows.len(), self.height);
            }
            Act::Trim => self.trim(cx),
            _ => return false,
        }
        true
    }

    /// Asks what is to stay of a track: the loop, what it was trimmed to, or what a problem leaves.
    fn trim(&mut self, cx: &mut Cx<'_>) {
        let Some(row) = self.rows.get(self.tracks.at) else { return };
        let (Some(dataset), Some(member)) = (cx.facts.datasets.get(row.dataset), self.track(cx))
        else {
            return;
        };
        let rest = || self.listening().and_then(|l| longest_rest(&l.problems, l.duration_s));
        let stays = self.time.looped().or(member.only_s).or_else(rest);
        cx.open(trim_form(&dataset.name, &member.track, stays, cx));
    }

    /// Goes to the next row, or the one before, that the filter or a problem makes stand out.
    pub(super) fn go_to_match(&mut self, down: bool, cx: &Cx<'_>) {
        let stands_out = |row: &super::RowAt| {
            let member = cx.facts.datasets.get(row.dataset).and_then(|d| d.members.get(row.member));
            !self.filter.is_empty()
                || member.is_some_and(|m| !rows::serious(cx.facts, m).is_empty())
        };
        let at = self.tracks.at;
        let found = if down {
            let after = self.rows.iter().enumerate().skip(at + 1);
            after.filter(|(_, r)| stands_out(r)).map(|(n, _)| n).next()
        } else {
            let before = self.rows.iter().enumerate().take(at).rev();
            before.filter(|(_, r)| stands_out(r)).map(|(n, _)| n).next()
        };
        match found {
            Some(row) => {
                let by = row as isize - at as isize;
                self.tracks.go(Step::By(by), self.rows.len(), self.height);
            }
            None => self.tracks.fit(self.rows.len(), self.height),
        }
    }

    /// Puts the cursor where the worst problem of the track begins.
    pub(super) fn go_to_problem(&mut self) {
        let place = self.listening().and_then(|l| {
            let placed = l.problems.iter().filter(|p| has_place(p, l.duration_s));
            placed.max_by_key(|p| p.severity).map(|p| p.start_s)
        });
        if let Some(at) = place {
            self.time.at_s = at;
        }
    }

    /// What was found wrong with the track under the cursor, worst first.
    pub(super) fn problems_here<'a>(&self, cx: &Cx<'a>) -> Vec<&'a Problem> {
        let mut found = self.track(cx).map_or_else(Vec::new, |m| rows::serious(cx.facts, m));
        found.sort_by_key(|p| std::cmp::Reverse(p.severity));
        found
    }
}

fn has_place(problem: &Problem, duration_s: f64) -> bool {
    let length = problem.end_s - problem.start_s;
    length > 0.0 && length < 0.95 * duration_s
}

/// The longest stretch without a problem that has a place; silence goes however mild it is.
fn longest_rest(problems: &[Problem], duration_s: f64) -> Option<(f64, f64)> {
    let mut bad: Vec<(f64, f64)> = problems
        .iter()
        .filter(|p| p.severity >= Severity::Warn || p.kind == ProblemKind::Silence)
        .filter(|p| has_place(p, duration_s))
        .map(|p| (p.start_s, p.end_s))
        .collect();
    if bad.is_empty() {
        return None;
    }
    bad.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut best, mut from) = ((0.0, 0.0), 0.0);
    for (start, end) in bad.into_iter().chain([(duration_s, duration_s)]) {
        if start - from > best.1 - best.0 {
            best = (from, start);
        }
        from = f64::max(from, end);
    }
    (best.1 - best.0 > 0.5 * duration_s).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_at_the_ends_is_cut_off() {
        let problem = |start_s, end_s| Problem {
            kind: ProblemKind::Silence,
            severity: Severity::Warn,
            start_s,
            end_s,
            detail: String::new(),
        };
        let found = longest_rest(&[problem(0.0, 4.0), problem(52.0, 60.0)], 60.0);
        assert_eq!(found, Some((4.0, 52.0)));
        let mut mild = problem(0.0, 2.5);
        mild.severity = Severity::Info;
        assert_eq!(longest_rest(&[mild], 60.0), Some((2.5, 60.0)));
        // A problem of the whole track, or too much of them, leaves nothing to suggest.
        assert_eq!(longest_rest(&[problem(0.0, 60.0)], 60.0), None);
        assert_eq!(longest_rest(&[problem(20.0, 40.0)], 60.0), None);
    }
}
