//! Starts and stops that are cut: the sound is at its full level in the very first or last moment.
//!
//! Must never be more than information: loops are cut on purpose, and a drum starts at once.

use super::moments::{Ends, Moment, PER_SECOND};
use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Quiet moments passed over at an end: what coders pad (diagnostics §6: allow 25 ms).
const PADDING: usize = 25;
const PADDING_PEAK: f32 = 1e-4;
/// Moments that a sound needs at the least to start or to stop by itself.
const EDGE: usize = 2;
/// Moments that tell the level there.
const LEVEL: usize = 60;
/// Level under which nobody hears the cut: -40 dBFS.
const LEVEL_POWER: f32 = 1e-4;
/// Power of the edge over that of the level from which it is a cut: -10 dB.
const SHARE: f32 = 0.1;

/// Cuts at the ends of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cuts {
    /// Power of the first moments over that of the passage they start; `None` for quiet ones.
    pub start: Option<f32>,
    /// The same of the last moments.
    pub stop: Option<f32>,
}

/// Looks at both ends.
pub fn read(ends: &Ends) -> Cuts {
    let first: Vec<Moment> = ends.first.clone();
    let last: Vec<Moment> = ends.last.iter().rev().copied().collect();
    Cuts { start: edge(&first), stop: edge(&last) }
}

/// Power of the outermost moments over that of the passage, from outside in.
fn edge(moments: &[Moment]) -> Option<f32> {
    let padding = moments.iter().take_while(|m| m.peak < PADDING_PEAK).count();
    let sound = moments.get(padding..padding + LEVEL).filter(|_| padding <= PADDING)?;
    let mean = |part: &[Moment]| part.iter().map(|m| m.power).sum::<f32>() / part.len() as f32;
    let level = mean(sound);
    // The very first moment may hold less than a whole of sound.
    let edge = mean(&sound[..EDGE]);
    (level > LEVEL_POWER).then(|| edge / level)
}

impl Cuts {
    /// Reports a cut at either end.
    pub fn report(&self, report: &mut Report) {
        let length = 10.0 / PER_SECOND;
        let end = report.duration_s();
        let places =
            [(self.start, (0.0, length), "starts"), (self.stop, (end - length, end), "stops")];
        for (share, place, word) in places {
            if let Some(share) = share.filter(|s| *s > SHARE) {
                let db = 10.0 * share.log10();
                let detail = format!(
                    "it {word} in the middle of a sound: {db:+.0} dB in the outermost 2 ms, over {:.0}",
                    10.0 * SHARE.log10()
                );
                report.at(ProblemKind::Cut, Severity::Info, place, detail);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(level_at: impl Fn(usize) -> f32) -> Cuts {
        let mut ends = Ends::default();
        for ms in 0..1_000 {
            let peak = level_at(ms);
            ends.push(Moment { peak, power: peak * peak / 2.0 });
        }
        read(&ends)
    }

    #[test]
    fn a_cut_is_told_from_a_fade() {
        let full = of(|_| 0.3);
        assert!(full.start.unwrap() > 0.99 && full.stop.unwrap() > 0.99, "{full:?}");
        let faded = of(|ms| 0.3 * (ms.min(1_000 - ms) as f32 / 30.0).min(1.0));
        assert!(faded.start.unwrap() < 0.01 && faded.stop.unwrap() < 0.01, "{faded:?}");
        // A coder's padding hides no cut, silence is none.
        assert!(of(|ms| if ms < 20 { 0.0 } else { 0.3 }).start.unwrap() > 0.9);
        assert_eq!(of(|ms| if (50..900).contains(&ms) { 0.3 } else { 0.0 }), Cuts::default());
        let mut report = Report::new(1.0);
        of(|_| 0.3).report(&mut report);
        let found = report.finish();
        assert_eq!((found[0].start_s, found[0].end_s), (0.0, 0.01));
        assert_eq!((found[1].start_s, found[1].end_s), (0.99, 1.0));
    }
}
