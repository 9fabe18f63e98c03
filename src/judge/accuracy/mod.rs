//! Figures of hearing, by the formulas of `mir_eval`, on plain times and names.
//!
//! Must never know where a truth or an answer came from.

pub mod beats;
pub mod form;
pub mod harmony;
pub mod interval;
pub mod matching;
pub mod notes;

/// How many of the truth's things an answer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Pairs of a truth and an answer.
    pub hits: usize,
    /// Things there are.
    pub truth: usize,
    /// Things that were said.
    pub answer: usize,
}

impl Match {
    /// Share of what was said that is true.
    pub fn precision(self) -> f64 {
        if self.answer == 0 { 0.0 } else { self.hits as f64 / self.answer as f64 }
    }

    /// Share of what is true that was said.
    pub fn recall(self) -> f64 {
        if self.truth == 0 { 0.0 } else { self.hits as f64 / self.truth as f64 }
    }

    /// Harmonic mean of both; 0 where nothing was there or nothing was said.
    pub fn f(self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }
}
