//! The cursor in time of a waveform, with its loop and its zoom. Must never play: it says where.

use crate::tui::actions::Act;
use crate::tui::draw::wave::Sight;

/// Seconds of an excerpt where there is no loop.
const EXCERPT_S: f64 = 10.0;
/// How often a view can be halved.
const ZOOM_MAX: u32 = 10;

/// The time cursor, the loop and the zoom of a waveform.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Time {
    /// The cursor.
    pub at_s: f64,
    /// Where the loop begins.
    pub from_s: Option<f64>,
    /// Where it ends.
    pub to_s: Option<f64>,
    /// How often the view was halved.
    pub zoom: u32,
}

impl Time {
    /// Puts the cursor where the playing stands: what is done while one hears is meant there.
    pub fn follow(&mut self, stand_s: Option<f64>) {
        if let Some(at) = stand_s {
            self.at_s = at.max(0.0);
        }
    }

    /// The loop, if both its ends are there.
    pub fn looped(&self) -> Option<(f64, f64)> {
        self.from_s.zip(self.to_s).filter(|(from, to)| to > from)
    }

    /// The part of the waveform in sight: around the cursor when it is zoomed in.
    pub fn sight(&self, duration_s: f64) -> Sight {
        let whole = Sight::whole(duration_s);
        let span = whole.duration_s / f64::from(1u32 << self.zoom.min(ZOOM_MAX));
        let from = (self.at_s - span / 2.0).clamp(0.0, whole.duration_s - span);
        Sight { from_s: from, to_s: from + span, ..whole }
    }

    /// Steps the cursor by columns of the view.
    pub fn step(&mut self, by: f64, duration_s: f64) {
        let step = (duration_s / f64::from(1u32 << self.zoom) / 100.0).max(0.02);
        self.at_s = (self.at_s + by * step).clamp(0.0, duration_s);
    }

    /// What would be written as an excerpt.
    pub fn excerpt(&self, duration_s: f64) -> (f64, f64) {
        let ten = (self.at_s, (self.at_s + EXCERPT_S).min(duration_s));
        self.looped().unwrap_or(ten)
    }

    /// Does an action of waveforms over a form; whether it was one. Says what is wrong.
    pub fn act(
        &mut self,
        act: Act,
        sections: &[(f64, f64)],
        duration_s: f64,
    ) -> Option<Result<(), &'static str>> {
        let here = sections.iter().position(|(a, b)| (*a..*b).contains(&self.at_s));
        match act {
            Act::LoopStart => {
                self.from_s = Some(self.at_s);
                if self.to_s.is_some_and(|to| to <= self.at_s) {
                    self.to_s = None;
                }
            }
            Act::LoopEnd if self.at_s <= self.from_s.unwrap_or(0.0) => {
                return Some(Err("the end of a loop lies after its start: move on, then ]"));
            }
            Act::LoopEnd => {
                self.from_s.get_or_insert(0.0);
                self.to_s = Some(self.at_s);
            }
            Act::LoopSection => match here {
                Some(at) => {
                    (self.from_s, self.to_s) = (Some(sections[at].0), Some(sections[at].1));
                    self.at_s = sections[at].0;
                }
                None => return Some(Err("no section was found here")),
            },
            Act::LoopClear => (self.from_s, self.to_s) = (None, None),
            Act::SectionNext => {
                let next = sections.iter().find(|(from, _)| *from > self.at_s + 1e-6);
                self.at_s = next.map_or(self.at_s, |(from, _)| *from);
            }
            Act::SectionPrevious => {
                let before = sections.iter().rev().find(|(from, _)| *from < self.at_s - 1e-6);
                self.at_s = before.map_or(0.0, |(from, _)| *from);
            }
            Act::ZoomIn => self.zoom = (self.zoom + 1).min(ZOOM_MAX),
            Act::ZoomOut => self.zoom = self.zoom.saturating_sub(1),
            Act::ZoomAll => self.zoom = 0,
            Act::SeekBack => self.at_s = (self.at_s - 5.0).max(0.0),
            Act::SeekOn => self.at_s = (self.at_s + 5.0).min(duration_s),
            _ => return None,
        }
        Some(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORM: [(f64, f64); 3] = [(0.0, 10.0), (10.0, 30.0), (30.0, 60.0)];

    #[test]
    fn loops_and_sections() {
        let mut time = Time { at_s: 12.0, ..Time::default() };
        assert_eq!(time.act(Act::LoopSection, &FORM, 60.0), Some(Ok(())));
        assert_eq!((time.looped(), time.at_s), (Some((10.0, 30.0)), 10.0));
        time.act(Act::SectionNext, &FORM, 60.0);
        assert_eq!(time.at_s, 30.0);
        time.act(Act::LoopStart, &FORM, 60.0);
        assert_eq!(time.looped(), None);
        assert!(matches!(time.act(Act::LoopEnd, &FORM, 60.0), Some(Err(_))));
        time.act(Act::SeekOn, &FORM, 60.0);
        time.act(Act::LoopEnd, &FORM, 60.0);
        assert_eq!(time.excerpt(60.0), (30.0, 35.0));
        time.act(Act::LoopClear, &FORM, 60.0);
        assert_eq!(time.excerpt(60.0), (35.0, 45.0));
        assert_eq!(time.act(Act::Play, &FORM, 60.0), None);
    }

    proptest! {
        #[test]
        fn the_cursor_stays_in_sight_and_in_the_sound(
            acts in proptest::collection::vec((0usize..11, -30.0f64..30.0), 1..40), length in 0.1f64..90.0
        ) {
            const ACTS: [Act; 11] = [
                Act::LoopStart, Act::LoopEnd, Act::LoopSection, Act::LoopClear, Act::SectionNext,
                Act::SectionPrevious, Act::ZoomIn, Act::ZoomOut, Act::ZoomAll, Act::SeekBack,
                Act::SeekOn,
            ];
            let form: Vec<(f64, f64)> = FORM.into_iter().filter(|(_, to)| *to <= length).collect();
            let mut time = Time::default();
            for (which, by) in acts {
                time.act(ACTS[which], &form, length);
                time.step(by, length);
                let sight = time.sight(length);
                prop_assert!(time.at_s >= 0.0 && time.at_s <= length);
                prop_assert!(sight.column(time.at_s, 100).is_some(), "{time:?} {sight:?}");
                prop_assert!(time.looped().is_none_or(|(a, b)| a < b));
            }
        }
    }
}
