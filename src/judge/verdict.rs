//! The verdict on a take: its place among the dataset's tracks, its nearest passages, and what was
//! compared.

use super::class;
use super::fingerprint::Fingerprint;
use super::notes::Notes;
use super::own::Own;
use super::style::{self, Field, Item};
use super::unseen;
use crate::domain::ids::TrackId;
use crate::domain::verdict::{CopyVerdict, Heldout, Verdict};
use crate::listen::profile::SoundProfile;
use std::sync::OnceLock;

/// A track of the dataset as judging needs it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The track.
    pub track_id: TrackId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Sketches of its tune and beat.
    pub notes: Notes,
    /// Its profile.
    pub profile: SoundProfile,
}

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Sketches of its tune and beat.
    pub notes: Notes,
    /// Its profile.
    pub profile: SoundProfile,
}

/// Judges takes against one dataset.
pub struct Judge {
    references: Vec<Reference>,
    items: Vec<Item>,
    own_style: Vec<[f64; 5]>,
    own: OnceLock<Own>,
    held_out: usize,
}

impl Judge {
    /// Measures the dataset's tracks against one another. `held_out` of them were not learned from.
    pub fn new(references: Vec<Reference>, held_out: usize) -> Self {
        let items: Vec<Item> = references.iter().map(|r| Item::new(&r.profile)).collect();
        let own_style = Field::new(&items).own();
        Self { references, items, own_style, own: OnceLock::new(), held_out }
    }

    /// The same with what the tracks have in common, measured before.
    pub fn knowing(mut self, own: Own) -> Self {
        self.own = OnceLock::from(own);
        self
    }

    /// What the dataset's tracks have in common with one another. Compares every pair at the first
    /// call: keep the result, and give it to [`Judge::knowing`].
    pub fn own(&self) -> &Own {
        self.own.get_or_init(|| class::own(&self.references))
    }

    /// Judges.
    pub fn judge(&self, candidate: &Candidate) -> Verdict {
        let style = style::rank(&Item::new(&candidate.profile), &self.items, &self.own_style);
        Verdict {
            style,
            copy: self.copy(candidate),
            heldout: Heldout { n: self.held_out, ..Heldout::default() },
        }
    }

    /// Whether takes of this length come nearer to the tracks than excerpts of unseen ones would.
    pub fn unseen(&self, takes: &[Fingerprint], seconds: f64) -> Heldout {
        let (takes, own) = class::nearest_bits(takes, &self.references, seconds);
        unseen::answer(&takes, &own, self.held_out)
    }

    fn copy(&self, candidate: &Candidate) -> CopyVerdict {
        class::copy(&candidate.fingerprint, &candidate.notes, &self.references, self.own())
    }
}

/// Copy evidence between two files: `b` as the only track, with no other to measure it against.
pub fn compare_files(a: &Candidate, b: &Candidate, id: &TrackId) -> CopyVerdict {
    let reference = Reference {
        track_id: id.clone(),
        fingerprint: b.fingerprint.clone(),
        notes: b.notes.clone(),
        profile: b.profile.clone(),
    };
    class::copy(&a.fingerprint, &a.notes, &[reference], &Own::default())
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::song;
    use super::super::style::tests::profile;
    use super::super::tune::sketch::tests::listening;
    use super::*;
    use crate::domain::verdict::{CopyClass, Layer};

    fn notes(samples: &[f32]) -> Notes {
        Notes::new(samples, &listening())
    }

    fn reference(seed: u32) -> Reference {
        let samples = song(seed, 40.0, 0.0);
        Reference {
            track_id: TrackId::from_hash(&[seed as u8; 32], 1),
            fingerprint: Fingerprint::new(&samples).unwrap(),
            notes: notes(&samples),
            profile: profile(0.5, 0.1 + seed as f32 * 0.05),
        }
    }

    fn candidate(samples: &[f32]) -> Candidate {
        Candidate {
            fingerprint: Fingerprint::new(samples).unwrap(),
            notes: notes(samples),
            profile: profile(0.5, 0.3),
        }
    }

    #[test]
    fn copies_are_named_with_place_and_transposition() {
        let judge = Judge::new((0..5).map(reference).collect(), 0);
        for (semitones, wanted) in [(0.0, CopyClass::A), (2.0, CopyClass::B), (-5.0, CopyClass::B)]
        {
            let verdict = judge.judge(&candidate(&song(3, 40.0, semitones))).copy;
            assert_eq!(verdict.class, Some(wanted), "{semitones} {}", verdict.words);
            let best = &verdict.evidence[0];
            assert_eq!(best.track_id, TrackId::from_hash(&[3; 32], 1), "{semitones}");
            assert_eq!((best.transposition, best.layer), (semitones as i32, Layer::Audio));
            assert!(
                best.score < 7.0
                    && best.start_s < 4.0
                    && best.end_s > 30.0
                    && (best.track_start_s - best.start_s).abs() < 0.3,
                "{best:?}"
            );
            assert!(verdict.copied_s > 20.0 && verdict.copied_share > 0.6, "{verdict:?}");
        }
    }

    #[test]
    fn new_music_is_clear_once_all_layers_ran() {
        let judge = Judge::new((0..5).map(reference).collect(), 1);
        let verdict = judge.judge(&candidate(&song(77, 40.0, 0.0)));
        // Chords may go together for a while by chance.
        assert!(verdict.copy.class >= Some(CopyClass::D), "{:?}", verdict.copy);
        assert_eq!(verdict.copy.layers_checked.len(), 3);
        assert!(verdict.copy.evidence.is_empty() && verdict.copy.copied_s == 0.0);
        assert!(verdict.copy.nearest_bits.unwrap() > 8.0);
        assert_eq!(verdict.copy.own_nearest_bits.len(), 5);
        assert_eq!((verdict.copy.of, verdict.copy.reason), (6, None));
        assert_eq!((verdict.copy.tracks_compared, verdict.heldout.n), (5, 1));
    }

    #[test]
    fn what_cannot_be_compared_has_no_class_and_says_why() {
        let judge = Judge::new((0..3).map(reference).collect(), 0);
        let silence = vec![0.0; 22_050 * 30];
        for samples in [song(77, 4.0, 0.0), silence, vec![f32::NAN; 22_050 * 20], Vec::new()] {
            let copy = judge.judge(&candidate(&samples)).copy;
            assert_eq!((copy.class, copy.nearest_bits), (None, None));
            assert!(copy.evidence.is_empty());
            assert!(copy.reason.unwrap().contains("eight seconds"), "{}", copy.words);
        }
        // A track that is too short to look at keeps a take from being clear, and is named.
        let mut references: Vec<Reference> = (0..3).map(reference).collect();
        let short = song(9, 3.0, 0.0);
        references[1].fingerprint = Fingerprint::new(&short).unwrap();
        references[1].notes = notes(&short);
        let name = references[1].track_id.to_string();
        let judge = Judge::new(references, 0);
        let copy = judge.judge(&candidate(&song(77, 40.0, 0.0))).copy;
        assert_eq!(copy.class, None);
        assert!(copy.reason.unwrap().contains(&name), "{}", copy.words);
        // But what was found stands.
        let copy = judge.judge(&candidate(&song(2, 40.0, 0.0))).copy;
        assert_eq!((copy.class, copy.reason), (Some(CopyClass::A), None));
    }

    #[test]
    fn one_track_and_copies_of_one_track_are_answered() {
        let one = Judge::new(vec![reference(1)], 0);
        assert_eq!(one.judge(&candidate(&song(1, 40.0, 0.0))).copy.class, Some(CopyClass::A));
        let clear = one.judge(&candidate(&song(77, 40.0, 0.0))).copy;
        assert!(clear.class >= Some(CopyClass::D), "{}", clear.words);
        let same = Judge::new(vec![reference(1); 4], 0);
        assert_eq!(same.own().versions, 6);
        assert_eq!(same.judge(&candidate(&song(1, 40.0, 3.0))).copy.class, Some(CopyClass::B));
    }

    #[test]
    fn takes_cut_out_of_the_tracks_are_nearer_than_unseen_ones() {
        let judge = Judge::new((0..6).map(reference).collect(), 1);
        let print = |seed| Fingerprint::new(&song(seed, 20.0, 0.0)).unwrap();
        let copied = judge.unseen(&[0, 1, 2, 3, 4, 5].map(print), 20.0);
        assert!(copied.z.unwrap() < -2.5, "{copied:?}");
        assert_eq!((copied.n, copied.takes, copied.tracks), (1, 6, 6));
        let new = judge.unseen(&[71, 72, 73, 74, 75, 76].map(print), 20.0);
        assert!(new.z.unwrap().abs() < 2.0, "{new:?}");
    }

    #[test]
    fn what_was_measured_before_is_not_measured_again() {
        let own = Own { bits: vec![1.0, 2.0], altered_bits: Some(1.0), ..Own::default() };
        let judge = Judge::new((0..3).map(reference).collect(), 0).knowing(own.clone());
        assert_eq!(judge.own(), &own);
        // The tracks are so alike that an altered recording is nothing unusual; the tune still is.
        let copy = judge.judge(&candidate(&song(1, 40.0, 2.0))).copy;
        let audio = copy.evidence.iter().find(|e| e.layer == Layer::Audio).unwrap();
        assert_eq!((audio.class, copy.class), (Some(CopyClass::D), Some(CopyClass::C)));
    }
}
