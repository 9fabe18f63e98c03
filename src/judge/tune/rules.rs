//! What the figures of the notes layer amount to: a copied tune, shared material, or nothing.
//!
//! A tune counts, a progression does not: chords belong to everybody. The lines are provisional: they
//! come from real tracks of ten artists (`cargo bench --bench trust -- --verdicts`); the dataset raises
//! them. Must never call a passage copied that is no longer than what the artist's own tracks share.

use super::likeness::Likeness;

/// Matching eighths that are a copied tune whatever the dataset is like.
pub const SURE_EIGHTHS: f32 = 40.0;
/// Matching eighths that are one if no two of the dataset's own tracks share as many. Whole real
/// tracks: 21 at most in 720 pairs of different artists, 12 in 179 of one artist, and 46 in one more,
/// which really repeats a tune.
pub const LEAST_EIGHTHS: f32 = 24.0;
/// Qmax of the harmony from which a progression is worth a word: 129 at most in those 720 pairs.
pub const SHARED_PROGRESSION: f32 = 130.0;
/// Score of a groove from which it is worth a word: 0.8 in one of a hundred there.
pub const SHARED_GROOVE: f32 = 0.85;

/// The most that any two of the dataset's own tracks have in common, copies of each other left out:
/// the leave-one-out maximum of the tracks' own figures. Zero where there are fewer than two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Own {
    /// Matching eighths.
    pub eighths: f32,
    /// Qmax of the harmony.
    pub progression: f32,
    /// Score of the beat.
    pub groove: f32,
}

/// Whether so many matching eighths are a copied tune (class C).
pub fn copied(eighths: f32, own: Own) -> bool {
    eighths >= SURE_EIGHTHS || (eighths >= LEAST_EIGHTHS && eighths > own.eighths)
}

/// Whether the harmony goes together longer than that of any two of the dataset's tracks: shared
/// material (class D), whatever else there is.
pub fn same_progression(like: &Likeness, own: Own) -> bool {
    like.progression >= SHARED_PROGRESSION && like.progression > own.progression
}

/// The same of the beat.
pub fn same_beat(score: f32, own: Own) -> bool {
    score >= SHARED_GROOVE && score > own.groove
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(eighths: f32) -> Own {
        Own { eighths, ..Own::default() }
    }

    #[test]
    fn what_the_artist_repeats_raises_the_line() {
        let between = (LEAST_EIGHTHS + SURE_EIGHTHS) / 2.0;
        assert!(copied(between, own(between - 1.0)));
        assert!(!copied(between, own(between + 1.0)));
        assert!(!copied(LEAST_EIGHTHS - 1.0, own(0.0)));
        assert!(copied(SURE_EIGHTHS + 1.0, own(0.0)));
    }

    #[test]
    fn chords_and_beats_must_go_beyond_what_the_tracks_share() {
        let like = Likeness { progression: SHARED_PROGRESSION + 5.0, ..Likeness::default() };
        assert!(same_progression(&like, Own::default()));
        let usual = Own { progression: 500.0, groove: 0.99, ..Own::default() };
        assert!(!same_progression(&like, usual) && !same_beat(0.95, usual));
        assert!(same_beat(0.95, Own::default()) && !same_beat(0.1, Own::default()));
    }
}
