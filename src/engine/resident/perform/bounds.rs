//! The bounds that keep a take from copying, made so that a grain outside them cannot exist.
//!
//! [`Cut`] bounds the length of one grain, [`Ledger`] what stands next to what and how much one
//! track may supply. Only a ledger's entries can be rendered.

use super::super::learn::instruments::NOTE_MAX_S;
use crate::domain::ids::TrackId;
use crate::domain::score::Role;
use crate::domain::take::GrainUse;

/// Most seconds of a track that one mix grain plays, fades included, before any stretching.
pub const GRAIN_MAX_S: f64 = 0.6;
/// Neighbours in a take that come from one track in its order lie at least this far apart in it.
pub const APART_S: f64 = 1.3;

/// Largest share of a take's grain time that one of `tracks` tracks may supply.
pub fn share_max(tracks: usize) -> f64 {
    (1.1 / tracks.max(1) as f64).max(0.55)
}

/// Why a grain is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// Longer than [`GRAIN_MAX_S`], or a note longer than [`NOTE_MAX_S`].
    #[error("a grain may play at most 0.6 s of a track, a note 4 s")]
    TooLong,
    /// Less than [`APART_S`] after its neighbour in the same track.
    #[error("neighbouring grains of one track must lie at least 1.3 s apart in it")]
    InOrder,
    /// Its track has supplied its share.
    #[error("one track may not supply more of the take")]
    Share,
}

/// A stretch of a track of at most [`GRAIN_MAX_S`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    track: usize,
    start_s: f64,
    length_s: f64,
}

impl Cut {
    /// A cut of a learned track, fades included.
    pub fn new(track: usize, start_s: f64, length_s: f64) -> Result<Self, BoundError> {
        // A microsecond of rounding is no breach.
        if length_s > GRAIN_MAX_S + 1e-6 {
            return Err(BoundError::TooLong);
        }
        Ok(Self { track, start_s, length_s: length_s.min(GRAIN_MAX_S) })
    }

    /// Number of the track.
    pub fn track(&self) -> usize {
        self.track
    }

    /// Where it starts in the track.
    pub fn start_s(&self) -> f64 {
        self.start_s
    }

    /// Its length in the track.
    pub fn length_s(&self) -> f64 {
        self.length_s
    }
}

/// An isolated note as a take plays it: at most [`NOTE_MAX_S`] of its track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteCut {
    sample: usize,
    at_s: f64,
    shift: i32,
    role: Role,
}

impl NoteCut {
    /// A note that holds `length_s` of its track.
    pub fn new(
        sample: usize,
        length_s: f64,
        at_s: f64,
        shift: i32,
        role: Role,
    ) -> Result<Self, BoundError> {
        if length_s > NOTE_MAX_S + 1e-3 {
            return Err(BoundError::TooLong);
        }
        Ok(Self { sample, at_s, shift, role })
    }

    /// Number of its sample.
    pub fn sample(&self) -> usize {
        self.sample
    }

    /// Where it sounds.
    pub fn at_s(&self) -> f64 {
        self.at_s
    }

    /// Semitones up.
    pub fn shift(&self) -> i32 {
        self.shift
    }

    /// The instrument it is played on.
    pub fn role(&self) -> Role {
        self.role
    }
}

/// An admitted grain: a cut with its place in the take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    cut: Cut,
    at_s: f64,
    shift: i32,
}

impl Entry {
    /// What is played.
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Where it sounds.
    pub fn at_s(&self) -> f64 {
        self.at_s
    }

    /// Semitones up.
    pub fn shift(&self) -> i32 {
        self.shift
    }
}

/// The grains of a take, in order.
pub struct Ledger {
    entries: Vec<Entry>,
    supplied_s: Vec<f64>,
    total_s: f64,
    least_s: f64,
    share_max: f64,
}

impl Ledger {
    /// A ledger for a take that will hold at least `least_s` seconds of grains from `tracks` tracks.
    pub fn new(tracks: usize, least_s: f64) -> Self {
        let share_max = share_max(tracks);
        Self {
            entries: Vec::new(),
            supplied_s: vec![0.0; tracks],
            total_s: 0.0,
            least_s,
            share_max,
        }
    }

    /// Whether a cut may come next.
    pub fn admits(&self, cut: &Cut) -> Result<(), BoundError> {
        if let Some(last) = self.entries.last() {
            let after = cut.start_s - last.cut.start_s;
            if last.cut.track == cut.track && after.abs() > 1e-9 && after.abs() < APART_S {
                return Err(BoundError::InOrder);
            }
        }
        // What a track may supply grows with the take; at the end it is a share of the whole, which
        // is at least `least_s` long.
        let supplied = self.supplied_s.get(cut.track).copied().unwrap_or(f64::MAX);
        let whole = self.least_s.max(self.total_s + cut.length_s);
        if supplied + cut.length_s > self.share_max * whole {
            return Err(BoundError::Share);
        }
        Ok(())
    }

    /// Adds a cut.
    pub fn push(&mut self, cut: Cut, at_s: f64, shift: i32) -> Result<(), BoundError> {
        self.admits(&cut)?;
        if let Some(supplied) = self.supplied_s.get_mut(cut.track) {
            *supplied += cut.length_s;
        }
        self.total_s += cut.length_s;
        self.entries.push(Entry { cut, at_s, shift });
        Ok(())
    }

    /// Share of what was supplied so far that came from a track.
    pub fn share(&self, track: usize) -> f64 {
        let supplied = self.supplied_s.get(track).copied().unwrap_or(0.0);
        if self.total_s > 0.0 { supplied / self.total_s } else { 0.0 }
    }

    /// The admitted grains.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The list that goes into the take, from the ids of the tracks and the cents that tune them.
    pub fn uses(&self, tracks: &[(TrackId, f64)]) -> Vec<GrainUse> {
        self.entries
            .iter()
            .filter_map(|e| {
                let (track_id, tuning_cents) = tracks.get(e.cut.track)?;
                Some(GrainUse {
                    track_id: track_id.clone(),
                    start_s: e.cut.start_s,
                    length_s: e.cut.length_s,
                    at_s: e.at_s,
                    shift: e.shift,
                    tuning_cents: *tuning_cents,
                    instrument: None,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_grains_do_not_exist() {
        assert_eq!(Cut::new(0, 1.0, 0.61), Err(BoundError::TooLong));
        assert!(Cut::new(0, 1.0, 0.6).is_ok());
    }

    proptest! {
        #[test]
        fn no_sequence_breaks_a_bound(
            tracks in 1usize..6,
            offers in proptest::collection::vec((0usize..6, 0.0f64..30.0, 0.05f64..0.6), 1..200),
        ) {
            let mut ledger = Ledger::new(tracks, 5.0);
            for (track, start, length) in offers {
                let cut = Cut::new(track % tracks, start, length).unwrap();
                let _ = ledger.push(cut, 0.0, 0);
            }
            for pair in ledger.entries().windows(2) {
                let (a, b) = (pair[0].cut(), pair[1].cut());
                let gap = (b.start_s() - a.start_s()).abs();
                prop_assert!(a.track() != b.track() || gap <= 1e-9 || gap >= APART_S);
            }
            let whole: f64 = ledger.entries().iter().map(|e| e.cut().length_s()).sum();
            for track in 0..tracks {
                let of_track = ledger.entries().iter().filter(|e| e.cut().track() == track);
                let sum: f64 = of_track.map(|e| e.cut().length_s()).sum();
                prop_assert!(sum <= share_max(tracks) * whole.max(5.0) + 1e-9);
            }
        }
    }
}
