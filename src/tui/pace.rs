//! When to draw: at once for a key, seldom for the rest, never more often than the cap.
//!
//! Must never draw because time passed: a screen on which nothing happens sends nothing.

use std::collections::VecDeque;

/// Frames a second here.
pub const FRAMES_HERE: usize = 20;
/// Frames a second over SSH.
pub const FRAMES_SSH: usize = 8;

/// Decides when the next frame is drawn.
#[derive(Clone, Debug)]
pub struct Pace {
    cap: usize,
    drawn: VecDeque<u64>,
    last_keyed: Option<u64>,
}

impl Pace {
    /// A pace with a cap of frames a second.
    pub fn new(cap: usize) -> Self {
        Self { cap: cap.max(1), drawn: VecDeque::new(), last_keyed: None }
    }

    /// When a change that came now may be drawn. `keyed`: a person waits for it.
    pub fn due(&self, now_ms: u64, keyed: bool) -> u64 {
        let gap = 1000 / self.cap as u64;
        let mut due = now_ms;
        if keyed {
            // The first key after a pause is drawn at once; a key that is held keeps the cap.
            due = due.max(self.last_keyed.map_or(0, |t| t + gap));
        } else {
            due = due.max(self.drawn.back().map_or(0, |t| t + 2 * gap));
        }
        if self.drawn.len() >= self.cap {
            due = due.max(self.drawn[self.drawn.len() - self.cap] + 1000);
        }
        due
    }

    /// A frame was drawn.
    pub fn drew(&mut self, now_ms: u64, keyed: bool) {
        self.drawn.push_back(now_ms);
        while self.drawn.len() > self.cap {
            self.drawn.pop_front();
        }
        if keyed {
            self.last_keyed = Some(now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_after_a_pause_is_drawn_at_once() {
        let mut pace = Pace::new(FRAMES_SSH);
        pace.drew(1000, false);
        assert_eq!(pace.due(1010, true), 1010);
        pace.drew(1010, true);
        assert_eq!(pace.due(1020, true), 1135);
        assert_eq!(pace.due(1020, false), 1260);
    }

    proptest! {
        #[test]
        fn no_second_has_more_frames_than_the_cap(
            events in proptest::collection::vec((0u64..60, any::<bool>()), 1..400)
        ) {
            let mut pace = Pace::new(FRAMES_HERE);
            let (mut now, mut frames) = (0, Vec::new());
            for (gap, keyed) in events {
                now += gap;
                now = pace.due(now, keyed);
                pace.drew(now, keyed);
                frames.push(now);
            }
            for (i, start) in frames.iter().enumerate() {
                let within = frames[i..].iter().take_while(|t| **t < start + 1000).count();
                prop_assert!(within <= FRAMES_HERE);
            }
        }
    }
}
