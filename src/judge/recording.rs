//! The recording layer: is a sound, or a part of it, the same recording as a track, whether as it was,
//! transposed, retimed or played at another speed?
//!
//! Two witnesses that look at different things: the bank of chroma words ([`super::bank`]) finds the
//! place, the key and the tempo; landmarks ([`super::landmarks`]) say whether the very peaks of the
//! spectrum agree there, and for how many seconds. Landmarks that agree at many distances a beat apart
//! are shared loops ([`super::loops`]), not a copy. Must never call anything a match without a
//! passage, and never fail: what is too short or silent gives no figure.

use super::bank::{Bank, Change, Known, Place, query_s};
use super::fingerprint::{Fingerprint, words_per_s};
use super::landmarks::{Hash, Landmarks, frames_per_s};
use super::loops::{Alignment, LoopReuse, Shared};
use super::matching::{WINDOW, speaks, trim, windows};
use serde::{Deserialize, Serialize};

/// Seconds that a word looks at beyond its own start, halved: a word is a statement about its middle.
const HALF_WORD_S: f64 = 1.3;
/// Semitones by which a change of speed may miss the pitch that its tempo gives.
const SPEED_SLACK: f64 = 0.3;
/// Tempo ratios nearer to 1 than this are the same tempo.
const TEMPO_SLACK: f64 = 0.0075;
/// Changes that landmarks are asked for, beside none.
const MOVED: usize = 2;
/// Ratios around a change's own that landmarks are asked for: they need the tempo to half a percent.
const FINER: [f64; 5] = [1.0, 0.9975, 1.0025, 0.995, 1.005];

/// Bits up to which a passage is the same recording as it was.
pub const SAME_BITS: f64 = 4.0;
/// Bits up to which a passage is the same recording, altered.
pub const ALTERED_BITS: f64 = 9.0;
/// The same as a share of the bits by which the passage differs from itself a second or more later:
/// what hardly changes is like anything that hardly changes. Of 522 pairs of unrelated real tracks 35
/// have eight seconds under nine bits in some key and tempo, none of them under three quarters of its
/// own change; the nearest is at 0.81.
const ALTERED_SHARE: f64 = 0.75;
/// Distances at which a passage is held against itself, words.
const LATER: [usize; 3] = [8, 16, 24];
/// Bits up to which a passage that was found goes on: on its own diagonal strangers have far more.
const GOES_ON_BITS: f64 = 10.0;
/// Fewest landmarks at one distance that bear witness.
pub const LANDMARKS: usize = 15;
/// Least share of the passage's seconds that hold one.
pub const COVERAGE: f64 = 0.2;

/// How a passage was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Not at all, in key and tempo.
    AsItWas,
    /// Another key, or another tempo, or both, each by itself.
    Stretched,
    /// Played faster or slower, which moves both together.
    Speed,
}

/// A passage that is the same recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Where it starts in the query, seconds.
    pub start_s: f64,
    /// Where it ends in the query.
    pub end_s: f64,
    /// Where it starts in the track.
    pub track_start_s: f64,
    /// Where it ends in the track.
    pub track_end_s: f64,
    /// Mean wrong bits of 32 of its best eight seconds.
    pub bits: f64,
    /// Mean bits by which those seconds differ from themselves a little later, on the side where they
    /// do less.
    pub change_bits: f64,
    /// Semitones that the query is higher.
    pub semitones: f64,
    /// The query's tempo over the track's.
    pub tempo_ratio: f64,
    /// How it was changed.
    pub kind: Kind,
    /// Landmarks that agree at its place.
    pub landmarks: usize,
    /// Share of its seconds that hold one.
    pub coverage: f64,
}

impl Passage {
    /// Bits up to which it is the same recording, altered.
    pub fn limit(&self) -> f64 {
        ALTERED_BITS.min(ALTERED_SHARE * self.change_bits)
    }
}

/// Mean bits by which words differ from those a little later, at the distance where they do least.
fn change_bits(words: &[u32]) -> f64 {
    let at = |later: usize| {
        let pairs = words.iter().zip(words.get(later..).unwrap_or_default());
        let errors: Vec<u32> = pairs.map(|(a, b)| (a ^ b).count_ones()).collect();
        f64::from(errors.iter().sum::<u32>()) / errors.len().max(1) as f64
    };
    LATER.map(at).into_iter().fold(f64::MAX, f64::min)
}

/// The same of the eight seconds from a word on.
fn moving(words: &[u32], from: usize) -> f64 {
    words.get(from..(from + WINDOW).min(words.len())).map_or(0.0, change_bits)
}

/// What two recordings have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordingEvidence {
    /// Smallest mean wrong bits of 32 over any eight seconds, in any change; `None` where one side is
    /// shorter or says nothing.
    pub bits: Option<f64>,
    /// Most landmarks at one distance, without any change.
    pub landmarks: usize,
    /// Share of the query's seconds that hold one of those.
    pub coverage: f64,
    /// From, to, of those in the query, seconds.
    pub landmark_spans: Vec<(f64, f64)>,
    /// Passages, best first.
    pub passages: Vec<Passage>,
    /// Seconds that the track is later at that distance.
    pub landmark_distance_s: f64,
    /// Material that both repeat: period in seconds and number of distances.
    pub loop_reuse: Option<(f64, usize)>,
}

/// What the recording layer says of two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Both witnesses see the recording as it was.
    Copied,
    /// The bank sees it altered.
    Altered,
    /// Shared loops or samples.
    SharedLoop,
}

impl RecordingEvidence {
    /// What a passage comes to; `None` where its bits are no less than strangers'.
    pub fn finding_of(&self, passage: &Passage) -> Option<Finding> {
        let witnessed = passage.landmarks >= LANDMARKS && passage.coverage >= COVERAGE;
        if passage.bits <= SAME_BITS && witnessed {
            return Some(Finding::Copied);
        }
        (passage.bits <= passage.limit()).then_some(Finding::Altered)
    }

    /// What it comes to; `None` where nothing was found.
    pub fn finding(&self) -> Option<Finding> {
        let passages = self.passages.iter().filter_map(|p| self.finding_of(p));
        let loops = self.loop_reuse.map(|_| Finding::SharedLoop);
        passages.chain(loops).min()
    }

    /// Whether what they have in common is loops: the same strokes at many distances, and no passage
    /// that is alike as a whole. A copy of a piece that repeats itself has such strokes too.
    pub fn loops_only(&self) -> bool {
        self.loop_reuse.is_some() && self.passages.iter().all(|p| self.finding_of(p).is_none())
    }
}

/// A recording that is looked for.
pub struct Query<'a> {
    print: &'a Fingerprint,
    bank: Bank<'a>,
    hashes: Vec<Hash>,
}

/// A recording that is looked in.
pub struct Track<'a> {
    known: Known<'a>,
    hashes: Vec<Hash>,
}

impl<'a> Track<'a> {
    /// Prepares a track.
    pub fn new(print: &'a Fingerprint) -> Self {
        Self { known: Known::new(&print.words), hashes: print.landmarks.hashes(1.0, 1.0) }
    }
}

impl<'a> Query<'a> {
    /// Prepares a query: the costly part, once for all tracks.
    pub fn new(print: &'a Fingerprint) -> Self {
        Self { print, bank: Bank::new(print), hashes: print.landmarks.hashes(1.0, 1.0) }
    }

    /// Compares with a track.
    pub fn compare(&self, track: &Track<'_>) -> RecordingEvidence {
        let places = self.bank.places(&track.known);
        let shared = Shared::new(&self.hashes, &track.hashes);
        let best = shared.best();
        let seconds = self.print.seconds();
        let mut evidence = RecordingEvidence {
            bits: places.iter().map(|p| p.bits).min_by(f64::total_cmp),
            landmarks: best.count,
            coverage: covered(&best, 0.0, seconds),
            landmark_spans: spans(&best),
            landmark_distance_s: best.distance as f64 / frames_per_s(),
            passages: self.passages(&places, track),
            loop_reuse: shared
                .loop_reuse()
                .map(|LoopReuse { period_s, clusters }| (period_s, clusters)),
        };
        self.witness(&mut evidence.passages, &shared, track);
        evidence
    }

    /// Follows each place along its diagonal as far as the recordings are alike.
    fn passages(&self, places: &[Place], track: &Track<'_>) -> Vec<Passage> {
        let mut found: Vec<Passage> = Vec::new();
        for place in places.iter().filter(|p| p.bits <= ALTERED_BITS) {
            let middle = query_s(place.word + WINDOW / 2, place.change) + HALF_WORD_S;
            if found.iter().any(|p| (p.start_s..p.end_s).contains(&middle)) {
                continue;
            }
            let passage = self.follow(place, track);
            found.extend(passage.filter(|p| p.bits <= p.limit().max(SAME_BITS)));
        }
        joined(found)
    }

    fn follow(&self, place: &Place, track: &Track<'_>) -> Option<Passage> {
        let change = place.change;
        let words = self.print.changed(-change.steps, 1.0 / change.ratio);
        let back = place.word.min(place.there);
        let (from, there) = (place.word - back, place.there - back);
        let errors: Vec<u32> = words
            .get(from..)?
            .iter()
            .zip(track.known.words.get(there..)?)
            .map(|(a, b)| (a ^ b).count_ones())
            .collect();
        if errors.len() < WINDOW {
            return None;
        }
        let alike: Vec<bool> = windows(&errors)
            .iter()
            .enumerate()
            .map(|(i, bits)| {
                *bits <= GOES_ON_BITS
                    && track.known.usable[there + i]
                    && speaks(&words[from + i..from + i + WINDOW])
            })
            .collect();
        let at = back.min(alike.len() - 1);
        let start = alike[..at].iter().rposition(|a| !a).map_or(0, |i| i + 1);
        let end = alike[at..].iter().position(|a| !a).map_or(alike.len(), |i| at + i).max(at + 1);
        let (start, end) = trim(&errors, start, end - 1 + WINDOW, GOES_ON_BITS);
        let start_s = query_s(from + start, change) + HALF_WORD_S / 2.0;
        let end_s = query_s(from + end, change) + 1.5 * HALF_WORD_S;
        let track_start_s = (there + start) as f64 / words_per_s() + HALF_WORD_S / 2.0;
        let track_end_s = (there + end) as f64 / words_per_s() + 1.5 * HALF_WORD_S;
        Some(Passage {
            start_s,
            end_s,
            track_start_s,
            track_end_s,
            bits: place.bits,
            change_bits: moving(&words, place.word).min(moving(track.known.words, place.there)),
            semitones: change.semitones(),
            tempo_ratio: change.ratio,
            kind: kind(change),
            landmarks: 0,
            coverage: 0.0,
        })
    }

    /// Asks the landmarks about each passage, with its change undone.
    fn witness(&self, passages: &mut [Passage], plain: &Shared, track: &Track<'_>) {
        let mut moved: Vec<(f64, f64, Vec<Undone>)> = Vec::new();
        for passage in passages {
            let (semitones, ratio) = (passage.semitones, passage.tempo_ratio);
            if passage.kind == Kind::AsItWas {
                testify(passage, plain, 1.0);
            }
            let near = |m: &&(f64, f64, _)| m.0 == semitones && (m.1 / ratio - 1.0).abs() < 0.004;
            if moved.iter().find(near).is_none() {
                if moved.len() >= MOVED {
                    continue;
                }
                moved.push((semitones, ratio, undone(&self.print.landmarks, passage, track)));
            }
            if let Some((_, _, shared)) = moved.iter().find(near) {
                shared.iter().for_each(|(ratio, shared)| testify(passage, shared, *ratio));
            }
        }
    }
}

/// Landmarks shared once a tempo ratio is undone.
type Undone = (f64, Shared);

/// Landmarks of the query with a passage's change undone, against a track's.
fn undone(landmarks: &Landmarks, passage: &Passage, track: &Track<'_>) -> Vec<Undone> {
    let lower = 2f64.powf(-passage.semitones / 12.0);
    FINER
        .iter()
        .map(|finer| {
            let ratio = passage.tempo_ratio * finer;
            (ratio, Shared::new(&landmarks.hashes(lower, 1.0 / ratio), &track.hashes))
        })
        .collect()
}

/// Counts the landmarks inside a passage that agree at its place; `ratio` was undone in them.
fn testify(passage: &mut Passage, shared: &Shared, ratio: f64) {
    let middle_s = 0.5 * (passage.start_s + passage.end_s) * ratio;
    let there_s = 0.5 * (passage.track_start_s + passage.track_end_s);
    let distance = ((there_s - middle_s) * frames_per_s()).round() as i64;
    let mut found = shared.near(distance, (0.3 * frames_per_s()) as i64);
    let inside = |frame: &u32| {
        let second = f64::from(*frame) / frames_per_s() / ratio;
        (passage.start_s - 1.0..passage.end_s + 1.0).contains(&second)
    };
    found.frames.retain(inside);
    let count = found.frames.len();
    if count > passage.landmarks {
        passage.landmarks = count;
        passage.coverage =
            covered(&found, (passage.start_s * ratio).max(0.0), (passage.end_s * ratio).max(1.0));
    }
}

fn kind(change: Change) -> Kind {
    let tied = 12.0 * change.ratio.log2();
    let same_tempo = (change.ratio - 1.0).abs() <= TEMPO_SLACK;
    if change.steps == 0 && same_tempo {
        Kind::AsItWas
    } else if !same_tempo && change.steps != 0 && (change.semitones() - tied).abs() <= SPEED_SLACK {
        Kind::Speed
    } else {
        Kind::Stretched
    }
}

/// Share of the seconds from, to that hold a landmark.
fn covered(alignment: &Alignment, from_s: f64, to_s: f64) -> f64 {
    let mut seconds: Vec<u32> =
        alignment.frames.iter().map(|f| (f64::from(*f) / frames_per_s()) as u32).collect();
    seconds.dedup();
    let count = seconds.iter().filter(|s| f64::from(**s) + 1.0 > from_s && f64::from(**s) < to_s);
    (count.count() as f64 / (to_s - from_s).max(1.0)).min(1.0)
}

/// Stretches of the query with landmarks at most two seconds apart.
fn spans(alignment: &Alignment) -> Vec<(f64, f64)> {
    const GAP_S: f64 = 2.0;
    const FEWEST: usize = 5;
    let mut found: Vec<(f64, f64, usize)> = Vec::new();
    for frame in &alignment.frames {
        let second = f64::from(*frame) / frames_per_s();
        match found.last_mut() {
            Some(last) if second - last.1 <= GAP_S => (last.1, last.2) = (second, last.2 + 1),
            _ => found.push((second, second, 1)),
        }
    }
    found.into_iter().filter(|s| s.2 >= FEWEST).map(|s| (s.0, s.1)).collect()
}

/// Joins passages that go on where another ends, on the same diagonal; best first.
fn joined(mut passages: Vec<Passage>) -> Vec<Passage> {
    const GAP_S: f64 = 3.0;
    passages.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    let mut found: Vec<Passage> = Vec::new();
    for passage in passages {
        let goes_on = |p: &&mut Passage| {
            let there = p.track_start_s + (passage.start_s - p.start_s) * passage.tempo_ratio;
            p.semitones == passage.semitones
                && (p.tempo_ratio - passage.tempo_ratio).abs() < 0.02
                && passage.start_s <= p.end_s + GAP_S
                && (there - passage.track_start_s).abs() < 1.0
        };
        match found.iter_mut().rev().find(goes_on) {
            Some(last) => {
                if passage.end_s > last.end_s {
                    (last.end_s, last.track_end_s) = (passage.end_s, passage.track_end_s);
                }
                if passage.bits < last.bits {
                    (last.bits, last.change_bits) = (passage.bits, passage.change_bits);
                    (last.tempo_ratio, last.kind) = (passage.tempo_ratio, passage.kind);
                }
            }
            None => found.push(passage),
        }
    }
    found.sort_by(|a, b| a.bits.total_cmp(&b.bits).then(a.start_s.total_cmp(&b.start_s)));
    found
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::tests::song;
    use super::*;

    fn print(samples: &[f32]) -> Fingerprint {
        Fingerprint::new(samples).unwrap()
    }

    fn compare(take: &Fingerprint, track: &Fingerprint) -> RecordingEvidence {
        Query::new(take).compare(&Track::new(track))
    }

    #[test]
    fn a_splice_has_its_place_and_both_witnesses() {
        let source = song(1, 40.0, 0.0);
        let mut take = song(2, 50.0, 0.0);
        let (to, from, length) = (22_050 * 15, 22_050 * 10, 22_050 * 14);
        take[to..to + length].copy_from_slice(&source[from..from + length]);
        let found = compare(&print(&take), &print(&source));
        assert_eq!(found.finding(), Some(Finding::Copied));
        let best = &found.passages[0];
        assert!((best.start_s - 15.0).abs() < 2.5 && (best.end_s - 29.0).abs() < 2.5, "{best:?}");
        assert!((best.start_s - best.track_start_s - 5.0).abs() < 0.3, "{best:?}");
        assert!(best.semitones == 0.0 && (best.tempo_ratio - 1.0).abs() < 0.021, "{best:?}");
    }

    #[test]
    fn what_hardly_changes_is_no_passage() {
        // One chord held: every other held chord is it in some key.
        let held = |hz: f64| -> Vec<f32> {
            (0..22_050 * 30)
                .map(|i| {
                    let t = f64::from(i) / 22_050.0;
                    let tone = |r: f64| (std::f64::consts::TAU * hz * r * t).sin();
                    (0.1 * (tone(1.0) + tone(1.25) + tone(1.5))) as f32
                })
                .collect()
        };
        let found = compare(&print(&held(220.0)), &print(&held(330.0)));
        assert!(found.finding().is_none_or(|f| f == Finding::SharedLoop), "{found:?}");
        assert!(change_bits(&[5; 65]) == 0.0 && change_bits(&[]) == 0.0);
    }

    #[test]
    fn strangers_and_scraps_have_nothing() {
        let (a, b) = (print(&song(5, 30.0, 0.0)), print(&song(6, 30.0, 0.0)));
        let found = compare(&a, &b);
        assert!(found.finding().is_none() && found.bits.unwrap() > 8.0, "{found:?}");
        for scrap in [vec![0f32; 22_050 * 30], song(5, 3.0, 0.0), Vec::new()] {
            let found = compare(&print(&scrap), &b);
            assert_eq!((found.bits, found.finding()), (None, None));
        }
    }
}
