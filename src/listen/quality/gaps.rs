//! Dropouts: the sound breaks off for a moment, and goes on as if nothing had been.
//!
//! Must never take a rest for a dropout: music stops by a decay and comes back by an attack, and
//! rests come again and again.

use super::moments::{Moment, PER_SECOND};
use super::report::Report;
use crate::audio::buffer::amplitude_db;
use crate::domain::listening::{ProblemKind, Severity};
use std::collections::VecDeque;

/// Peak under which there is no sound, -50 dBFS (Essentia, `GapsDetector`).
const QUIET: f32 = 0.003_16;
/// Shortest dropout, in moments (same source: 10 ms); whole moments fit into it one less.
const SHORTEST: usize = 9;
/// Longest, in moments. The source goes to 3.5 s; from 2 s on it is listed as silence inside.
const LONGEST: usize = 1_999;
/// Level before and after, -30 dBFS over 40 ms (same source).
const AROUND: usize = 40;
const AROUND_POWER: f32 = 1e-3;
/// Share of that level which the last two milliseconds before and the first after must reach.
const EDGE: f32 = 0.4;
/// How far the levels before and after may lie apart, as a ratio of powers: 12 dB. Music changes
/// within a fifth of a second.
const ALIKE: f32 = 16.0;
/// Gaps a minute over which they are part of the music.
const RHYTHM_PER_MINUTE: f64 = 6.0;
/// Gaps remembered.
const GAPS_MAX: usize = 1_000;

/// A quiet run whose sound before was loud and stopped at once.
struct Open {
    start: u64,
    before: f32,
}

/// Follows a stream moment by moment.
#[derive(Default)]
pub struct GapMeter {
    count: u64,
    recent: VecDeque<Moment>,
    quiet: usize,
    open: Option<Open>,
    /// A gap that is over, and the moments after it so far.
    closed: Option<(u64, u64, f32, Vec<Moment>)>,
    found: Vec<(f64, f64)>,
    rests: usize,
}

/// Gaps of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gaps {
    /// Start and end of each, seconds.
    pub spans: Vec<(f64, f64)>,
    /// Stops of the same lengths that are made as music makes them.
    pub rests: usize,
}

impl GapMeter {
    /// Takes the next moment.
    pub fn push(&mut self, moment: Moment) {
        self.follow(moment);
        if moment.peak < QUIET {
            if self.quiet == 0 {
                self.open = self.stopped_at_once();
            }
            self.quiet += 1;
        } else {
            if let Some(open) = self.open.take() {
                if (SHORTEST..=LONGEST).contains(&self.quiet) {
                    let after = Vec::with_capacity(AROUND);
                    self.closed = Some((open.start, self.count, open.before, after));
                    self.follow(moment);
                }
            } else if (SHORTEST..=LONGEST).contains(&self.quiet) {
                self.rests += 1;
            }
            self.quiet = 0;
        }
        if self.recent.len() == AROUND {
            self.recent.pop_front();
        }
        self.recent.push_back(moment);
        self.count += 1;
    }

    fn stopped_at_once(&self) -> Option<Open> {
        if self.recent.len() < AROUND {
            return None;
        }
        let before = self.recent.iter().map(|m| m.power).sum::<f32>() / AROUND as f32;
        let edge = self.recent.iter().rev().take(2).map(|m| m.peak).fold(0.0, f32::max);
        let sudden = edge > EDGE * before.sqrt();
        (before > AROUND_POWER && sudden).then_some(Open { start: self.count, before })
    }

    /// Gathers what comes after a gap, and decides about it.
    fn follow(&mut self, moment: Moment) {
        let Some((start, end, before, after)) = self.closed.as_mut() else { return };
        after.push(moment);
        if after.len() < AROUND {
            return;
        }
        let level = after.iter().map(|m| m.power).sum::<f32>() / AROUND as f32;
        let edge = after.iter().take(2).map(|m| m.peak).fold(0.0, f32::max);
        let alike = level < *before * ALIKE && *before < level * ALIKE;
        if level > AROUND_POWER && edge > EDGE * level.sqrt() && alike {
            if self.found.len() < GAPS_MAX {
                self.found.push((*start as f64 / PER_SECOND, *end as f64 / PER_SECOND));
            }
        } else {
            self.rests += 1;
        }
        self.closed = None;
    }

    /// The gaps so far.
    pub fn read(self) -> Gaps {
        Gaps { spans: self.found, rests: self.rests }
    }
}

impl Gaps {
    /// Reports dropouts, unless the music is made of such stops.
    pub fn report(&self, report: &mut Report) {
        let minutes = (report.duration_s() / 60.0).max(0.5);
        let many = self.spans.len() as f64 / minutes > RHYTHM_PER_MINUTE;
        // As many proper rests mean that stopping is how this music goes.
        if self.spans.is_empty() || many || self.rests > 4 * self.spans.len() {
            return;
        }
        let quiet = amplitude_db(QUIET.into());
        report.places(
            (ProblemKind::Dropout, Severity::Warn),
            &self.spans,
            |start, end| {
                let ms = (end - start) * 1000.0;
                format!("the sound breaks off for {ms:.0} ms, under {quiet:.0} dBFS")
            },
            format!("the sound breaks off {} times", self.spans.len()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(level_at: impl Fn(u32) -> f32) -> Gaps {
        let mut meter = GapMeter::default();
        for ms in 0..20_000 {
            let peak = level_at(ms);
            meter.push(Moment { peak, power: peak * peak / 2.0 });
        }
        meter.read()
    }

    #[test]
    fn a_hole_is_a_dropout_and_a_decay_is_a_rest() {
        let hole = gaps(|ms| if (5_000..5_020).contains(&ms) { 0.0 } else { 0.3 });
        assert_eq!(hole, Gaps { spans: vec![(5.0, 5.02)], rests: 0 });
        let rest =
            gaps(
                |ms| if ms % 1_000 < 600 { 0.3 * 0.985f32.powi((ms % 1_000) as i32) } else { 0.0 },
            );
        assert!(rest.spans.is_empty() && rest.rests > 10, "{rest:?}");
        // Too short, too long, or too quiet around.
        assert!(gaps(|ms| if (5_000..5_005).contains(&ms) { 0.0 } else { 0.3 }).spans.is_empty());
        assert!(gaps(|ms| if (5_000..9_000).contains(&ms) { 0.0 } else { 0.3 }).spans.is_empty());
        assert!(gaps(|ms| if (5_000..5_020).contains(&ms) { 0.0 } else { 0.02 }).spans.is_empty());
    }

    #[test]
    fn stops_all_the_time_are_music() {
        let chopped = gaps(|ms| if ms % 500 < 250 { 0.3 } else { 0.0 });
        assert!(chopped.spans.len() > 30);
        let mut report = Report::new(20.0);
        chopped.report(&mut report);
        assert!(report.finish().is_empty());
    }
}
