//! What the figures of the notes layer amount to: a copied tune, shared material, or nothing.
//!
//! A tune counts, a progression does not: chords belong to everybody. Lines are provisional until
//! `cargo bench --bench tunes` has run; the dataset's own music raises them. Must never call a passage
//! copied that is no longer than what the artist's own tracks share with each other.

use super::likeness::{Likeness, TuneSpan};
use super::motif::MotifSpan;

/// Matching eighths that are a copied tune whatever the dataset is like.
pub const SURE_EIGHTHS: f32 = 40.0;
/// Matching eighths that are one if no two of the dataset's own tracks share as many.
pub const LEAST_EIGHTHS: f32 = 24.0;
/// Bits of equal notes that are a copied tune if no two of the dataset's own tracks share as many.
pub const LEAST_BITS: f32 = 140.0;
/// Qmax of the harmony from which a progression is worth a word.
pub const SHARED_PROGRESSION: f32 = 60.0;
/// Score of a groove from which it is worth a word.
pub const SHARED_GROOVE: f32 = 0.8;

/// The most that any two of the dataset's own tracks have in common, copies of each other left out:
/// the leave-one-out maximum of the tracks' own figures. Zero where there are fewer than two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Own {
    /// Matching eighths.
    pub eighths: f32,
    /// Bits of equal notes.
    pub bits: f32,
}

/// What was found between a take and one track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// The tune of a passage follows the track (class C).
    Tune(TuneSpan),
    /// The notes of a passage are the track's (class C).
    Notes(MotifSpan),
    /// Only what belongs to everybody: progression, form, groove or a short figure (class D).
    Shared,
    /// Nothing.
    Nothing,
}

impl Finding {
    /// Whether it is a copied tune, class C.
    pub fn is_copy(&self) -> bool {
        matches!(self, Self::Tune(_) | Self::Notes(_))
    }
}

/// Weighs what was measured between a take and one track. Layers that could not run are `None`:
/// they add nothing.
pub fn weigh(
    like: Option<&Likeness>,
    notes: Option<&MotifSpan>,
    groove: Option<f32>,
    own: Own,
) -> Finding {
    if let Some(notes) = notes.filter(|n| n.bits >= LEAST_BITS && n.bits > own.bits) {
        return Finding::Notes(*notes);
    }
    let span = like.and_then(|l| l.spans.first()).filter(|s| {
        s.eighths >= SURE_EIGHTHS || (s.eighths >= LEAST_EIGHTHS && s.eighths > own.eighths)
    });
    if let Some(span) = span {
        return Finding::Tune(*span);
    }
    let progression = like.is_some_and(|l| l.progression >= SHARED_PROGRESSION);
    let figure = like.is_some_and(|l| !l.spans.is_empty());
    if progression || figure || groove.is_some_and(|g| g >= SHARED_GROOVE) {
        return Finding::Shared;
    }
    Finding::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(eighths: f32) -> TuneSpan {
        TuneSpan {
            eighths,
            start_s: 1.0,
            end_s: 9.0,
            track_start_s: 2.0,
            track_end_s: 10.0,
            transposition: 0,
            tempo_ratio: 1.0,
        }
    }

    fn like(progression: f32, eighths: f32) -> Likeness {
        Likeness { progression, whole: 0.0, part: eighths, spans: vec![span(eighths)] }
    }

    #[test]
    fn a_progression_alone_is_never_a_copy() {
        let like = Likeness { progression: 500.0, ..Likeness::default() };
        assert_eq!(weigh(Some(&like), None, Some(1.0), Own::default()), Finding::Shared);
        assert_eq!(weigh(None, None, Some(1.0), Own::default()), Finding::Shared);
    }

    #[test]
    fn what_the_artist_repeats_raises_the_line() {
        let own = |eighths| Own { eighths, bits: 0.0 };
        assert!(weigh(Some(&like(10.0, 26.0)), None, None, own(20.0)).is_copy());
        assert!(!weigh(Some(&like(10.0, 26.0)), None, None, own(30.0)).is_copy());
        assert!(weigh(Some(&like(10.0, 41.0)), None, None, own(90.0)).is_copy());
        assert!(!weigh(Some(&like(10.0, 23.0)), None, None, own(0.0)).is_copy());
    }

    #[test]
    fn nothing_measured_is_nothing_found() {
        assert_eq!(weigh(None, None, None, Own::default()), Finding::Nothing);
        let nothing = Likeness::default();
        assert_eq!(weigh(Some(&nothing), None, Some(-0.2), Own::default()), Finding::Nothing);
    }
}
