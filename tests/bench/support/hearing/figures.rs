//! The figures: each asks the truth of a piece for something and an answer for the same.

use super::answer::Answer;
use super::cases::Case;
use crate::music::Drum;
use leitmotif::judge::accuracy::notes::Note;
use leitmotif::judge::accuracy::{Match, beats, form, harmony, notes};

/// Truths with fewer notes than this are no test of notes.
const NOTES_MIN: usize = 10;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Figure {
    TempoExact,
    TempoOctave,
    Beats,
    Downbeats,
    Meter,
    Notes,
    NotesAndEnds,
    Kick,
    Snare,
    /// Closed and open together.
    Hat,
    ClosedHat,
    OpenHat,
    Tom,
    Cymbal,
    Clap,
    OtherDrum,
    Key,
    Chords,
    Sections3,
    Sections05,
    SectionsInner3,
    SectionsInner05,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// The truth has nothing to say, or it is in doubt.
    NoTruth,
    /// The program said nothing.
    Silent,
    /// A value of this piece.
    Value(f64),
    /// Counts that add up over pieces.
    Counts(Match),
}

impl Figure {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 22] = [
        Self::TempoExact,
        Self::TempoOctave,
        Self::Beats,
        Self::Downbeats,
        Self::Meter,
        Self::Notes,
        Self::NotesAndEnds,
        Self::Kick,
        Self::Snare,
        Self::Hat,
        Self::ClosedHat,
        Self::OpenHat,
        Self::Tom,
        Self::Cymbal,
        Self::Clap,
        Self::OtherDrum,
        Self::Key,
        Self::Chords,
        Self::Sections3,
        Self::Sections05,
        Self::SectionsInner3,
        Self::SectionsInner05,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::TempoExact => "tempo, 4 %",
            Self::TempoOctave => "tempo, octaves allowed",
            Self::Beats => "beat F, 70 ms",
            Self::Downbeats => "downbeat F, 70 ms",
            Self::Meter => "meter",
            Self::Notes => "note onset F, 50 ms",
            Self::NotesAndEnds => "note onset + end F",
            Self::Kick => "drum F, kick",
            Self::Snare => "drum F, snare",
            Self::Hat => "drum F, hats together",
            Self::ClosedHat => "drum F, closed hat",
            Self::OpenHat => "drum F, open hat",
            Self::Tom => "drum F, tom",
            Self::Cymbal => "drum F, cymbal",
            Self::Clap => "drum F, clap",
            Self::OtherDrum => "drum F, other",
            Self::Key => "key, weighted",
            Self::Chords => "chords, maj/min",
            Self::Sections3 => "section F, 3 s",
            Self::Sections05 => "section F, 0.5 s",
            Self::SectionsInner3 => "section F, 3 s, inner",
            Self::SectionsInner05 => "section F, 0.5 s, inner",
        }
    }

    fn drums(self) -> &'static [Drum] {
        match self {
            Self::Kick => &[Drum::Kick],
            Self::Snare => &[Drum::Snare],
            Self::Hat => &[Drum::ClosedHat, Drum::OpenHat],
            Self::ClosedHat => &[Drum::ClosedHat],
            Self::OpenHat => &[Drum::OpenHat],
            Self::Tom => &[Drum::Tom],
            Self::Cymbal => &[Drum::Cymbal],
            Self::Clap => &[Drum::Clap],
            Self::OtherDrum => &[Drum::Other],
            _ => &[],
        }
    }

    /// Asks.
    pub fn ask(self, case: &Case, answer: &Answer) -> Asked {
        let (truth, doubts) = (&case.truth, &case.doubts);
        match self {
            Self::TempoExact | Self::TempoOctave => {
                if truth.tempo_bpm <= 0.0 || doubts.beats.is_some() || doubts.tempo.is_some() {
                    return Asked::NoTruth;
                }
                let right =
                    if self == Self::TempoExact { beats::tempo_exact } else { beats::tempo_octave };
                said(answer.tempo_bpm, |bpm| share(right(truth.tempo_bpm, bpm)))
            }
            Self::Beats => {
                if truth.beats_s.len() < 4 || doubts.beats.is_some() {
                    return Asked::NoTruth;
                }
                said(answer.beats_s.as_ref(), |b| beats::beats(&truth.beats_s, b).f())
            }
            Self::Downbeats => {
                let doubt = [&doubts.beats, &doubts.bars, &doubts.downbeats];
                if truth.downbeats_s.len() < 4 || doubt.iter().any(|d| d.is_some()) {
                    return Asked::NoTruth;
                }
                said(answer.downbeats_s.as_ref(), |b| beats::beats(&truth.downbeats_s, b).f())
            }
            Self::Meter => {
                let Some(meter) = truth.meter else { return Asked::NoTruth };
                if doubts.beats.is_some() || doubts.bars.is_some() {
                    return Asked::NoTruth;
                }
                said(answer.meter.as_ref(), |m| share(beats::meter(meter, m)))
            }
            Self::Notes | Self::NotesAndEnds => {
                if truth.notes.len() < NOTES_MIN {
                    return Asked::NoTruth;
                }
                let plain = |n: &crate::music::TrueNote| Note {
                    start_s: n.start_s,
                    end_s: n.end_s,
                    midi: n.midi,
                };
                let truth: Vec<Note> = truth.notes.iter().map(plain).collect();
                let f = if self == Self::Notes { notes::onsets } else { notes::onsets_and_ends };
                said(answer.notes.as_ref(), |n| f(&truth, n).f())
            }
            Self::Key => {
                let Some(key) = truth.key else { return Asked::NoTruth };
                said(answer.key, |k| harmony::key(key, k))
            }
            Self::Chords => {
                let Some(answer) = &answer.chords else {
                    return if truth.chords.is_empty() { Asked::NoTruth } else { Asked::Silent };
                };
                harmony::majmin(&truth.chords, answer).map_or(Asked::NoTruth, Asked::Value)
            }
            Self::Sections3 => sections(case, answer, 3.0, false),
            Self::Sections05 => sections(case, answer, 0.5, false),
            Self::SectionsInner3 => sections(case, answer, 3.0, true),
            Self::SectionsInner05 => sections(case, answer, 0.5, true),
            _ => {
                let kinds = self.drums();
                let is = |kind: &Drum| kinds.contains(kind);
                let truth: Vec<f64> =
                    truth.hits.iter().filter(|h| is(&h.kind)).map(|h| h.at_s).collect();
                let Some(strokes) = &answer.strokes else {
                    return if truth.is_empty() { Asked::NoTruth } else { Asked::Silent };
                };
                let answer: Vec<f64> = strokes.iter().filter(|s| is(&s.1)).map(|s| s.0).collect();
                Asked::Counts(notes::strokes(&merged(truth), &merged(answer)))
            }
        }
    }
}

/// Strokes of one kind at one time (two toms, a doubled kick) are one.
fn merged(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.dedup_by(|later, earlier| *later - *earlier < 0.02);
    times
}

fn sections(case: &Case, answer: &Answer, window_s: f64, inner: bool) -> Asked {
    let truth: Vec<(f64, f64)> = case.truth.sections.iter().map(|s| (s.start_s, s.end_s)).collect();
    if truth.len() < 2 {
        return Asked::NoTruth;
    }
    said(answer.sections.as_ref(), |a| {
        form::sections(&truth, a, window_s, inner).map_or(0.0, Match::f)
    })
}

fn said<T>(answer: Option<T>, value: impl FnOnce(T) -> f64) -> Asked {
    answer.map_or(Asked::Silent, |a| Asked::Value(value(a)))
}

fn share(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}
