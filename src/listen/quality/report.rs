//! The list that every check writes its findings to.
//!
//! Must never judge: a check brings its own value, threshold and severity.

use crate::domain::listening::{Problem, ProblemKind, Severity};

/// Places of one kind listed apart; of more, the first and the last bound one entry.
const PLACES_MAX: usize = 6;

/// Problems of a stream whose length is known.
pub struct Report {
    duration_s: f64,
    problems: Vec<Problem>,
}

impl Report {
    /// Nothing found yet in a stream of this length.
    pub fn new(duration_s: f64) -> Self {
        Self { duration_s, problems: Vec::new() }
    }

    /// Length of the stream, seconds.
    pub fn duration_s(&self) -> f64 {
        self.duration_s
    }

    /// A problem of the whole stream.
    pub fn whole(&mut self, kind: ProblemKind, severity: Severity, detail: String) {
        self.at(kind, severity, (0.0, self.duration_s), detail);
    }

    /// A problem from one time to another, seconds; both stay within the stream.
    pub fn at(
        &mut self,
        kind: ProblemKind,
        severity: Severity,
        (start_s, end_s): (f64, f64),
        detail: String,
    ) {
        let start_s = start_s.clamp(0.0, self.duration_s);
        let end_s = end_s.clamp(start_s, self.duration_s);
        self.problems.push(Problem { kind, severity, start_s, end_s, detail });
    }

    /// A problem at several places: each for itself while they are few, else the stretch that
    /// holds them all. `detail` says what is at a place, `summary` what is in the stretch.
    pub fn places(
        &mut self,
        (kind, severity): (ProblemKind, Severity),
        places: &[(f64, f64)],
        detail: impl Fn(f64, f64) -> String,
        summary: String,
    ) {
        if places.len() <= PLACES_MAX {
            for (start_s, end_s) in places {
                self.at(kind, severity, (*start_s, *end_s), detail(*start_s, *end_s));
            }
        } else if let (Some(first), Some(last)) = (places.first(), places.last()) {
            self.at(kind, severity, (first.0, last.1), summary);
        }
    }

    /// The problems, worst first.
    pub fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then(a.kind.cmp(&b.kind))
                .then(a.start_s.total_cmp(&b.start_s))
        });
        self.problems
    }
}
