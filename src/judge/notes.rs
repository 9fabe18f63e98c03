//! What the notes and groove layers keep of a sound: made once, where the samples are at hand.
//!
//! What could not be measured keeps its reason, so that a verdict can say it. Must never fail: a
//! track without a beat is a track.

use super::groove::Groove;
use super::tune::{NotMeasured, Sketch};
use crate::domain::listening::Listening;
use serde::{Deserialize, Serialize};

/// The sketches of a sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// Its tune.
    pub tune: Result<Sketch, NotMeasured>,
    /// Its beat.
    pub groove: Result<Groove, NotMeasured>,
}

impl Notes {
    /// From mono samples at the analysis rate (22.05 kHz) and what was heard in them.
    pub fn new(mono: &[f32], heard: &Listening) -> Self {
        Self { tune: Sketch::new(mono, heard), groove: Groove::new(mono, heard) }
    }
}

impl Default for Notes {
    /// Nothing was measured.
    fn default() -> Self {
        Self { tune: Err(NotMeasured::TooShort), groove: Err(NotMeasured::TooShort) }
    }
}

/// Whether a reason is an answer: where no pitch moves there is no tune to copy, and without a beat
/// no groove. All other reasons leave the question open.
pub fn answers(reason: NotMeasured) -> bool {
    matches!(reason, NotMeasured::NoPitch | NotMeasured::NoBeat)
}

#[cfg(test)]
mod tests {
    use super::super::tune::sketch::tests::{heard, listening, tune};
    use super::*;

    #[test]
    fn music_has_both_and_a_scrap_says_why_not() {
        let notes = Notes::new(&tune(1, 30.0, 0.0, 1.0), &heard(30.0, 1.0));
        assert!(notes.tune.is_ok());
        let scrap = Notes::new(&[0.1; 4_000], &listening());
        assert_eq!(scrap.tune, Err(NotMeasured::TooShort));
        assert!(scrap.groove.is_err());
        assert!(!answers(NotMeasured::TooShort) && answers(NotMeasured::NoBeat));
    }
}
