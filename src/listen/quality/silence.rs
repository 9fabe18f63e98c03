//! Long silence at the start, at the end and inside: what to trim.
//!
//! Its places are exact to a hundredth of a second, so that trimming can use them. Must never call
//! a musical stop a problem: shorter ones are not mentioned.

use super::moments::{Moment, PER_SECOND};
use super::report::Report;
use crate::audio::buffer::amplitude_db;
use crate::domain::listening::{ProblemKind, Severity};

/// Peak under which a hundredth of a second is silent: -60 dBFS.
pub const SILENCE: f32 = 0.001;
/// Shortest silence worth mentioning, seconds (diagnostics §6).
const SILENCE_S: f64 = 2.0;
/// Silence that a track should not be trained with, seconds.
const LONG_S: f64 = 5.0;
/// Moments looked at together.
const STEP: u64 = 10;
/// Silences remembered; more say nothing new.
const SILENCES_MAX: usize = 1_000;

/// Follows a stream moment by moment.
pub struct SilenceMeter {
    count: u64,
    peak_here: f32,
    peak: f32,
    from: Option<u64>,
    found: Vec<(f64, f64)>,
}

/// Silences of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silence {
    /// Loudest sample of the stream.
    pub peak: f32,
    /// Start and end of each, seconds.
    pub spans: Vec<(f64, f64)>,
}

impl Default for SilenceMeter {
    /// At the start of a stream, in silence.
    fn default() -> Self {
        Self { count: 0, peak_here: 0.0, peak: 0.0, from: Some(0), found: Vec::new() }
    }
}

impl SilenceMeter {
    /// Takes the next moment.
    pub fn push(&mut self, moment: Moment) {
        self.peak_here = self.peak_here.max(moment.peak);
        self.peak = self.peak.max(moment.peak);
        self.count += 1;
        if !self.count.is_multiple_of(STEP) {
            return;
        }
        let start = self.count - STEP;
        if self.peak_here > SILENCE {
            if let Some(from) = self.from.take() {
                self.close(from, start);
            }
        } else if self.from.is_none() {
            self.from = Some(start);
        }
        self.peak_here = 0.0;
    }

    fn close(&mut self, from: u64, to: u64) {
        let (start, end) = (from as f64 / PER_SECOND, to as f64 / PER_SECOND);
        if end - start >= SILENCE_S && self.found.len() < SILENCES_MAX {
            self.found.push((start, end));
        }
    }

    /// The silences so far.
    pub fn read(mut self) -> Silence {
        if let Some(from) = self.from.take() {
            self.close(from, self.count);
        }
        Silence { peak: self.peak, spans: self.found }
    }
}

impl Silence {
    /// Whether there is nothing but silence.
    pub fn is_all(&self) -> bool {
        self.peak <= SILENCE
    }

    /// Reports each silence.
    pub fn report(&self, report: &mut Report) {
        if self.is_all() {
            let level = amplitude_db(SILENCE.into());
            let detail = format!("nothing above {level:.0} dBFS");
            report.whole(ProblemKind::Silent, Severity::Exclude, detail);
            return;
        }
        for (start, end) in &self.spans {
            let at_end = *end + 0.02 >= report.duration_s();
            let place = match (*start <= 0.0, at_end) {
                (true, _) => "at the start",
                (_, true) => "at the end",
                _ => "inside",
            };
            let length = end - start;
            let severity = if length >= LONG_S { Severity::Warn } else { Severity::Info };
            let end = if at_end { report.duration_s() } else { *end };
            let detail = format!("{length:.1} s of silence {place}, over {SILENCE_S:.0}");
            report.at(ProblemKind::Silence, severity, (*start, end), detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_inside_have_places() {
        let mut meter = SilenceMeter::default();
        for ms in 0..60_000u32 {
            let quiet = ms < 2_500 || (20_000..21_000).contains(&ms) || ms >= 53_000;
            let peak = if quiet { 0.0005 } else { 0.2 };
            meter.push(Moment { peak, power: peak * peak });
        }
        let silence = meter.read();
        assert_eq!(silence.spans, [(0.0, 2.5), (53.0, 60.0)]);
        let mut report = Report::new(60.004);
        silence.report(&mut report);
        let found = report.finish();
        assert_eq!(found[0].severity, Severity::Warn);
        assert_eq!((found[0].start_s, found[0].end_s), (53.0, 60.004));
        assert_eq!((found[1].start_s, found[1].end_s), (0.0, 2.5));
        assert!(found[1].detail.contains("at the start"));
    }
}
