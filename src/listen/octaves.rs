//! At which octave the tempi of a dataset are counted: one artist's tracks are seldom an octave apart
//! in tempo, and every ear, human or not, may count a track at half or twice its beat.
//!
//! Must never change what a track's own listening says: the decision is a dataset's, and holds for
//! what is learned from it. Only octaves are decided, never 3:2: whether a bar of six eighths is felt
//! in two or in three is a question of the track's own accents, and a waltz among marches would be
//! bent to fit them.

use super::onsets::{OnsetFrames, flatten};
use super::pitches::PitchFrames;
use super::rhythm::{Rhythm, median};
use super::{Hearing, confidence, feel, slices};
use crate::domain::listening::{Listening, Meter};
use serde::{Deserialize, Serialize};

/// How a track's beats are counted against how they were heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Every other beat.
    Half,
    /// As heard.
    #[default]
    AsHeard,
    /// A beat between every two.
    Twice,
}

impl Count {
    /// What the tempo is multiplied by.
    pub fn factor(self) -> f64 {
        match self {
            Self::Half => 0.5,
            Self::AsHeard => 1.0,
            Self::Twice => 2.0,
        }
    }

    /// In words, after "counted at".
    pub fn words(self) -> &'static str {
        match self {
            Self::Half => "half its heard tempo",
            Self::AsHeard => "its heard tempo",
            Self::Twice => "twice its heard tempo",
        }
    }
}

/// The tempo of a track as it was heard alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeardTempo {
    /// Beats a minute.
    pub bpm: f64,
    /// Chance that it is right, octave included.
    pub confidence: f64,
}

impl HeardTempo {
    /// Of a listening; `None` without a beat.
    pub fn of(listening: &Listening) -> Option<Self> {
        let confidence = listening.tempo_confidence;
        listening.tempo_bpm.map(|bpm| Self { bpm, confidence })
    }
}

/// Slowest and fastest tempo that a track may be counted at, beats a minute.
const SLOWEST_BPM: f64 = 50.0;
const FASTEST_BPM: f64 = 210.0;
/// Distance, in octaves, by which the tempi of one artist usually stray from their middle.
const SPREAD: f64 = 0.25;
/// Share of an artist's tracks whose tempo has nothing to do with the others', and the octaves over
/// which those are spread.
const STRANGERS: f64 = 0.25;
const RANGE: f64 = 2.5;
/// Fewer tracks with a beat say nothing about each other.
const FEWEST: usize = 3;
/// A middle speaks for others only if this share of the confidence lies around it as heard: of an
/// artist whose tempi are all over the place nothing is known. On real albums a share of 0.6 moved
/// one track towards what other programs hear and one away from it; without this rule two went away.
const AGREED: f64 = 0.75;
/// How near that is, and how near a track must come by being counted otherwise, octaves.
const AROUND: f64 = 0.3;
/// Most that a track that is not sure of its octave can say for another, as a share of chances.
const LEAST_ERROR: f64 = 0.01;

/// How each track is counted. Chosen are the middle and the counts that are likeliest together: a
/// track's own confidence is the prior of its count, and tempi lie around the middle as Laplace's
/// law says, but for a share of strangers. `None` is a track without a beat.
pub fn decide(tempi: &[Option<HeardTempo>]) -> Vec<Count> {
    let heard: Vec<HeardTempo> = tempi.iter().flatten().copied().collect();
    let mut counts = vec![Count::AsHeard; tempi.len()];
    if heard.len() < FEWEST {
        return counts;
    }
    // The middle is one of the tempi, counted in some way: between them nothing becomes likelier.
    let mut best = (f64::NEG_INFINITY, 0.0);
    for middle in heard.iter().flat_map(|t| allowed(*t).map(|c| (t.bpm * c.factor()).log2())) {
        let score: f64 = heard.iter().map(|t| choose(*t, middle).1).sum();
        if score > best.0 + 1e-9 {
            best = (score, middle);
        }
    }
    let around = |bpm: f64| (bpm.log2() - best.1).abs() <= AROUND;
    let sum =
        |tempi: &mut dyn Iterator<Item = &HeardTempo>| tempi.map(|t| t.confidence).sum::<f64>();
    if sum(&mut heard.iter().filter(|t| around(t.bpm))) < AGREED * sum(&mut heard.iter()) {
        return counts;
    }
    for (count, tempo) in counts.iter_mut().zip(tempi) {
        if let Some(tempo) = tempo {
            let likeliest = choose(*tempo, best.1).0;
            if around(tempo.bpm * likeliest.factor()) {
                *count = likeliest;
            }
        }
    }
    counts
}

/// Ways a tempo may be counted; as heard comes first, so that it wins where nothing speaks.
fn allowed(tempo: HeardTempo) -> impl Iterator<Item = Count> {
    [Count::AsHeard, Count::Half, Count::Twice].into_iter().filter(move |c| {
        *c == Count::AsHeard || (SLOWEST_BPM..=FASTEST_BPM).contains(&(tempo.bpm * c.factor()))
    })
}

/// The likeliest count of a track around a middle (log2 of beats a minute), and its log chance.
fn choose(tempo: HeardTempo, middle: f64) -> (Count, f64) {
    let wrong = (1.0 - tempo.confidence).clamp(LEAST_ERROR, 0.9);
    let mut best = (Count::AsHeard, f64::NEG_INFINITY);
    for count in allowed(tempo) {
        let prior = if count == Count::AsHeard { 1.0 - wrong } else { wrong / 2.0 };
        let off = ((tempo.bpm * count.factor()).log2() - middle).abs();
        let alike = (-off / SPREAD).exp() / (2.0 * SPREAD);
        let likely = (1.0 - STRANGERS) * alike + STRANGERS / RANGE;
        let score = prior.ln() + likely.ln();
        if score > best.1 + 1e-9 {
            best = (count, score);
        }
    }
    best
}

/// Mean distance of tempi from their middle, in octaves, with these counts; `None` without two.
pub fn spread(tempi: &[Option<HeardTempo>], counts: &[Count]) -> Option<f64> {
    let logs: Vec<f64> = tempi
        .iter()
        .zip(counts)
        .filter_map(|(t, c)| t.map(|t| (t.bpm * c.factor()).log2()))
        .collect();
    let middle = median(&logs);
    (logs.len() > 1)
        .then(|| logs.iter().map(|l| (l - middle).abs()).sum::<f64>() / logs.len() as f64)
}

/// The beats and bars of a rhythm counted otherwise. A bar keeps its number of beats: at half the
/// tempo two bars become one, at twice it one becomes two. `changes_s` are times at which something
/// new begins; of two ways to join bars, the one that begins with more of them is taken.
pub fn recount(beats_s: &[f64], downbeats_s: &[f64], count: Count, changes_s: &[f64]) -> Beats {
    match count {
        Count::AsHeard => Beats { beats_s: beats_s.to_vec(), downbeats_s: downbeats_s.to_vec() },
        Count::Twice => Beats { beats_s: between(beats_s), downbeats_s: between(downbeats_s) },
        Count::Half => halve(beats_s, downbeats_s, changes_s),
    }
}

/// Beats and first beats of bars, in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beats {
    /// Beats.
    pub beats_s: Vec<f64>,
    /// First beats of bars.
    pub downbeats_s: Vec<f64>,
}

/// Times with one more half way between every two.
fn between(times: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(times.len() * 2);
    for (i, time) in times.iter().enumerate() {
        out.push(*time);
        if let Some(next) = times.get(i + 1) {
            out.push(0.5 * (time + next));
        }
    }
    out
}

fn halve(beats_s: &[f64], downbeats_s: &[f64], changes_s: &[f64]) -> Beats {
    let near = |a: f64, b: f64| (a - b).abs() < 0.07;
    let begun = |from: usize| {
        let bars = downbeats_s.iter().skip(from).step_by(2);
        bars.filter(|bar| changes_s.iter().any(|c| near(**bar, *c))).count()
    };
    let from = usize::from(begun(1) > begun(0));
    let downbeats_s: Vec<f64> = downbeats_s.iter().skip(from).step_by(2).copied().collect();
    // Every other beat, so that bars begin with one: in threes the two ways take turns, and the
    // joined bars of six keep theirs.
    let first = downbeats_s.first().and_then(|d| beats_s.iter().position(|b| near(*b, *d)));
    let even = first.unwrap_or(0) % 2;
    Beats { beats_s: beats_s.iter().skip(even).step_by(2).copied().collect(), downbeats_s }
}

/// What was heard in a track, counted otherwise: tempo, beats, bars, swing and cuts. `samples` are
/// the track's, mono at 22.05 kHz: its cuts are made anew on the other grid.
pub fn counted(hearing: &Hearing, count: Count, samples: &[f32]) -> Hearing {
    let mut hearing = hearing.clone();
    let Some(bpm) = hearing.listening.tempo_bpm.filter(|_| count != Count::AsHeard) else {
        return hearing;
    };
    let heard = &mut hearing.listening;
    let changes: Vec<f64> = heard.sections.iter().map(|s| s.start_s).collect();
    let beats = recount(&heard.beats_s, &heard.downbeats_s, count, &changes);
    let (onsets, pitches) = (OnsetFrames::new(samples), PitchFrames::new(samples));
    let meter = heard.meter.unwrap_or(Meter::COMMON);
    let first = beats
        .downbeats_s
        .first()
        .and_then(|d| beats.beats_s.iter().position(|b| (b - d).abs() < 1e-6));
    let rhythm = Rhythm {
        bpm: bpm * count.factor(),
        evidence: confidence::Evidence::default(),
        contrast: f64::from(hearing.beat_contrast),
        swing: feel::swing(&flatten(&onsets.strength), &beats.beats_s, meter),
        beats_s: beats.beats_s,
        meter,
        first: first.unwrap_or(0),
    };
    hearing.slices = slices::cut(samples, &onsets, &pitches, Some(&rhythm));
    heard.tempo_bpm = Some(rhythm.bpm);
    heard.swing = rhythm.swing;
    heard.beats_s = rhythm.beats_s;
    heard.downbeats_s = beats.downbeats_s;
    heard.tempo_drift = feel::drift(&heard.downbeats_s);
    hearing
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tempi(list: &[(f64, f64)]) -> Vec<Option<HeardTempo>> {
        list.iter()
            .map(|(bpm, confidence)| Some(HeardTempo { bpm: *bpm, confidence: *confidence }))
            .collect()
    }

    #[test]
    fn one_track_at_half_joins_the_rest() {
        let tempi = tempi(&[(150.0, 0.8), (156.0, 0.8), (76.0, 0.5), (148.0, 0.9), (160.0, 0.7)]);
        let counts = decide(&tempi);
        assert_eq!(counts[2], Count::Twice);
        assert!(counts.iter().enumerate().all(|(i, c)| i == 2 || *c == Count::AsHeard));
        let plain = vec![Count::AsHeard; 5];
        assert!(spread(&tempi, &counts) < spread(&tempi, &plain));
    }

    #[test]
    fn a_sure_track_resists() {
        let counts = decide(&tempi(&[(150.0, 0.8), (156.0, 0.8), (76.0, 0.98), (148.0, 0.9)]));
        assert_eq!(counts, [Count::AsHeard; 4]);
    }

    #[test]
    fn the_less_sure_half_gives_way() {
        let slow = tempi(&[(86.0, 0.9), (172.0, 0.4), (84.0, 0.9), (170.0, 0.4), (88.0, 0.9)]);
        let counts = decide(&slow);
        assert_eq!([counts[1], counts[3]], [Count::Half; 2]);
        let fast = tempi(&[(86.0, 0.4), (172.0, 0.9), (84.0, 0.4), (170.0, 0.9), (174.0, 0.9)]);
        let counts = decide(&fast);
        assert_eq!([counts[0], counts[2]], [Count::Twice; 2]);
    }

    #[test]
    fn two_tracks_and_beatless_ones_say_nothing() {
        assert_eq!(decide(&tempi(&[(70.0, 0.3), (140.0, 0.9)])), [Count::AsHeard; 2]);
        let mut some = tempi(&[(140.0, 0.9), (141.0, 0.9), (139.0, 0.9), (70.0, 0.3)]);
        some.insert(1, None);
        let counts = decide(&some);
        assert_eq!((counts[1], counts[4]), (Count::AsHeard, Count::Twice));
        assert!(decide(&[]).is_empty());
    }

    #[test]
    fn tempi_all_over_the_place_say_nothing() {
        let heard = [(96.0, 0.9), (71.0, 0.6), (60.0, 0.4), (170.0, 0.5), (155.0, 0.5)];
        assert_eq!(decide(&tempi(&heard)), [Count::AsHeard; 5]);
    }

    #[test]
    fn tempi_that_are_simply_different_stay() {
        let counts = decide(&tempi(&[(96.0, 0.7), (120.0, 0.7), (140.0, 0.7), (108.0, 0.7)]));
        assert_eq!(counts, [Count::AsHeard; 4]);
    }

    proptest! {
        #[test]
        fn tempi_stay_playable(
            list in proptest::collection::vec((45.0f64..215.0, 0.0f64..=1.0), 3..20)
        ) {
            let tempi = tempi(&list);
            let counts = decide(&tempi);
            prop_assert_eq!(counts.len(), tempi.len());
            for (count, tempo) in counts.iter().zip(tempi.iter().flatten()) {
                let counted = tempo.bpm * count.factor();
                prop_assert!(*count == Count::AsHeard || (SLOWEST_BPM..=FASTEST_BPM).contains(&counted));
            }
        }
    }

    #[test]
    fn half_and_twice_keep_the_bars() {
        let beats: Vec<f64> = (0..17).map(|i| 0.5 * f64::from(i)).collect();
        let bars = [1.0, 3.0, 5.0, 7.0];
        let half = recount(&beats, &bars, Count::Half, &[3.0, 7.0]);
        assert_eq!(half.downbeats_s, [3.0, 7.0]);
        assert_eq!(half.beats_s[..3], [0.0, 1.0, 2.0]);
        assert_eq!(recount(&beats, &bars, Count::Half, &[]).downbeats_s, [1.0, 5.0]);
        let twice = recount(&beats, &bars, Count::Twice, &[]);
        assert_eq!(twice.downbeats_s, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(twice.beats_s.len(), 33);
        // Threes: two bars of three at half the tempo are one bar of three.
        let bars = [0.5, 2.0, 3.5, 5.0, 6.5];
        let half = recount(&beats, &bars, Count::Half, &[]);
        assert_eq!(half.downbeats_s, [0.5, 3.5, 6.5]);
        assert_eq!(half.beats_s[..4], [0.5, 1.5, 2.5, 3.5]);
        for bar in &half.downbeats_s {
            assert!(half.beats_s.contains(bar));
        }
    }
}
