//! The manner of a dataset: statistics of its harmony, melody, groove, dynamics and tempo.
//!
//! Low orders only: what is kept here could not spell out a song. Learned from hearings, read by
//! the writers of plan and score.

use super::super::learn::played::{groove, voice};
use super::super::perform::production;
use crate::domain::listening::{Listening, Meter};
use crate::domain::pitch::{Chord, Key};
use crate::listen::Hearing;
use serde::{Deserialize, Serialize};

/// Chord states: 12 roots above the tonic, major then minor.
pub const CHORDS: usize = 24;
/// Floor of a chord move that never occurred.
const MOVE_FLOOR: f64 = 0.02;
/// Weight of staying on a chord for another bar, whatever the tracks do: hearing merges bars that
/// moved, and a piece that does not move cannot be followed.
const STAY: f64 = 0.12;
/// Largest melodic interval counted.
pub const INTERVAL_MAX: i32 = 12;
/// Longest melodic duration counted, in eighths.
pub const DURATION_MAX: usize = 8;

/// One track as a model for tempo, key, groove and dynamics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Home {
    /// Its number among the learned tracks.
    pub track: usize,
    /// Its share in choices.
    pub weight: f64,
    /// Beats a minute, folded to 66..185; `None` without a beat.
    pub tempo_bpm: Option<f64>,
    /// How its onsets stand on the beats.
    pub contrast: f64,
    /// Beats to a bar.
    pub beats: u8,
    /// Key.
    pub key: Option<Key>,
    /// Loudness.
    pub loudness_lufs: f64,
    /// Attack ranks of the eighths of some bars.
    pub accents: Vec<Vec<f32>>,
    /// Levels of its slices at 0, 10 .. 100 %, dBFS.
    pub levels_db: Vec<f32>,
    /// Its drums; `None` where none are played, and in finetunes made before notes were heard.
    #[serde(default)]
    pub groove: Option<Groove>,
}

/// How drums are played in a track: a grid over the bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Groove {
    /// Beats to a bar, as they are felt.
    pub beats: u8,
    /// Places of the grid to a bar.
    pub places: usize,
    /// Share of the track's bars in which drums play.
    pub played: f64,
    /// Each kind that is played.
    pub kinds: Vec<Strokes>,
}

/// One kind of drum on the grid of the bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strokes {
    /// Its General-MIDI key.
    pub midi: u8,
    /// Share of the bars with drums in which it is struck, by place.
    pub shares: Vec<f64>,
    /// Mean velocity, by place; 0 where it is never struck.
    pub levels: Vec<f64>,
}

/// Register and density of a voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// MIDI note under which a twentieth of its notes lie.
    pub low: u8,
    /// Its middle note.
    pub centre: u8,
    /// MIDI note over which a twentieth lie.
    pub high: u8,
    /// Notes to a bar where it plays.
    pub per_bar: f64,
}

/// How melodies move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MelodyHabits {
    /// Share of each interval from -12 to 12 semitones.
    pub intervals: Vec<f64>,
    /// Share of each duration from 1 to 8 eighths.
    pub durations: Vec<f64>,
    /// Median predominant pitch.
    pub centre: u8,
}

/// The manner of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manner {
    /// Grammar that fits the genre its maker named.
    pub genre: Option<String>,
    /// Its tracks.
    pub homes: Vec<Home>,
    /// Chord moves from bar to bar relative to the key, 24 rows of 24.
    pub chord_moves: Vec<Vec<f64>>,
    /// Melody.
    pub melody: MelodyHabits,
    /// Median bass note.
    pub bass_centre: u8,
    /// Median loudness.
    pub loudness_lufs: f64,
    /// The bass, from its notes; `None` where it is hardly heard.
    #[serde(default)]
    pub bass: Option<Voice>,
    /// The lead, from its notes.
    #[serde(default)]
    pub lead: Option<Voice>,
    /// Median of how much longer first halves of beats are than second ones; `None` where halves
    /// are not played.
    #[serde(default)]
    pub swing: Option<f64>,
    /// Third-octaves of its tracks' middle, dB under the whole; `None` where none were measured.
    #[serde(default)]
    pub spectrum: Option<Vec<f64>>,
}

impl Manner {
    /// Learns from hearings, in the order of the learned tracks.
    pub fn learn(hearings: &[&Hearing], genre: Option<String>) -> Self {
        let homes: Vec<Home> = hearings.iter().enumerate().map(|(i, h)| home(i, h)).collect();
        let mut loudness: Vec<f64> = homes.iter().map(|h| h.loudness_lufs).collect();
        loudness.sort_by(f64::total_cmp);
        let heard: Vec<&Listening> = hearings.iter().map(|h| &h.listening).collect();
        let bass = voice(&heard, "bass");
        Self {
            genre,
            chord_moves: chord_moves(hearings),
            melody: melody(hearings),
            bass_centre: bass
                .as_ref()
                .map_or_else(|| median_note(hearings, |s| s.bass, 38), |v| v.centre),
            lead: voice(&heard, "lead"),
            spectrum: production::middle(
                &heard.iter().filter_map(|l| l.production.as_ref()).collect::<Vec<_>>(),
            ),
            swing: middle(heard.iter().filter_map(|l| l.swing).collect()),
            bass,
            loudness_lufs: loudness.get(loudness.len() / 2).copied().unwrap_or(-14.0),
            homes,
        }
    }

    /// Probability weights of the next chord after one, both relative to the key.
    pub fn moves_from(&self, chord: usize) -> Option<&[f64]> {
        self.chord_moves.get(chord).map(Vec::as_slice)
    }
}

/// The chord's number relative to a key.
pub fn relative(chord: Chord, key: Key) -> usize {
    let minor = if chord.quality.is_minor() { 12 } else { 0 };
    chord.root.above(key.tonic) as usize + minor
}

/// The triad of a number relative to a key.
pub fn absolute(index: usize, key: Key) -> Chord {
    Chord::triad(key.tonic.transpose((index % 12) as i32), index >= 12)
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Brings a tempo into 66..185 by octaves.
pub fn fold_tempo(bpm: f64) -> f64 {
    let mut folded = bpm;
    while folded < 66.0 {
        folded *= 2.0;
    }
    while folded > 185.0 {
        folded /= 2.0;
    }
    folded
}

fn home(track: usize, hearing: &Hearing) -> Home {
    let listening = &hearing.listening;
    let beats = listening.meter.map_or(4, Meter::pulses);
    let mut levels: Vec<f32> = hearing.slices.iter().map(|s| s.level_db).collect();
    levels.sort_by(f32::total_cmp);
    let quantile = |q: usize| {
        let at = (levels.len().saturating_sub(1)) * q / 10;
        levels.get(at).copied().unwrap_or(-30.0)
    };
    Home {
        track,
        weight: hearing.slices.len().max(1) as f64,
        tempo_bpm: listening.tempo_bpm.map(fold_tempo),
        contrast: f64::from(hearing.beat_contrast),
        beats,
        key: listening.key,
        loudness_lufs: listening.loudness_lufs.unwrap_or(-20.0),
        accents: accents(hearing, usize::from(beats) * 2),
        levels_db: (0..=10).map(quantile).collect(),
        groove: groove(listening),
    }
}

/// Attack ranks of complete bars, at most 64 spread over the track.
fn accents(hearing: &Hearing, eighths: usize) -> Vec<Vec<f32>> {
    let mut bars: Vec<Vec<f32>> = Vec::new();
    let mut current: Vec<f32> = Vec::new();
    for slice in &hearing.slices {
        if slice.eighth == 0 {
            current.clear();
        }
        if usize::from(slice.eighth) == current.len() {
            current.push(slice.attack);
        }
        if current.len() == eighths {
            bars.push(std::mem::take(&mut current));
        }
    }
    let step = bars.len().div_ceil(64).max(1);
    bars.into_iter().step_by(step).collect()
}

/// The chord that sounds longest in each bar, relative to the key.
fn bar_chords(hearing: &Hearing) -> Vec<usize> {
    let listening = &hearing.listening;
    let Some(key) = listening.key else { return Vec::new() };
    let bars: Vec<f64> = if listening.downbeats_s.len() > 1 {
        listening.downbeats_s.clone()
    } else {
        (0..(listening.duration_s / 2.0) as usize).map(|i| i as f64 * 2.0).collect()
    };
    bars.windows(2)
        .filter_map(|bar| {
            let mut shares = [0.0; CHORDS];
            for span in &listening.chords {
                let overlap = span.end_s.min(bar[1]) - span.start_s.max(bar[0]);
                if let Some(chord) = span.chord.filter(|_| overlap > 0.0) {
                    shares[relative(chord, key)] += overlap;
                }
            }
            let best = (0..CHORDS).fold(0, |b, i| if shares[i] > shares[b] { i } else { b });
            (shares[best] > 0.0).then_some(best)
        })
        .collect()
}

fn chord_moves(hearings: &[&Hearing]) -> Vec<Vec<f64>> {
    let mut moves = vec![vec![MOVE_FLOOR; CHORDS]; CHORDS];
    for hearing in hearings {
        let chords = bar_chords(hearing);
        for pair in chords.windows(2).filter(|pair| pair[0] != pair[1]) {
            moves[pair[0]][pair[1]] += 1.0;
        }
    }
    for (i, row) in moves.iter_mut().enumerate() {
        row[i] = 0.0;
        let total: f64 = row.iter().sum();
        row.iter_mut().for_each(|w| *w /= total);
        row[i] = STAY;
    }
    moves
}

fn melody(hearings: &[&Hearing]) -> MelodyHabits {
    // One of each, so that no movement is impossible.
    let mut intervals = vec![0.5; (2 * INTERVAL_MAX + 1) as usize];
    let mut durations = vec![0.5; DURATION_MAX];
    for hearing in hearings {
        let mut last: Option<(u8, usize)> = None;
        for slice in &hearing.slices {
            // Weak salience is accompaniment, not melody.
            let pitch = slice.pitch.filter(|_| slice.pitch_strength > 0.25);
            match (pitch, &mut last) {
                (Some(pitch), Some((before, length))) if pitch == *before => *length += 1,
                (Some(pitch), Some((before, length))) => {
                    let step = i32::from(pitch) - i32::from(*before);
                    if step.abs() <= INTERVAL_MAX {
                        intervals[(step + INTERVAL_MAX) as usize] += 1.0;
                    }
                    durations[(*length).clamp(1, DURATION_MAX) - 1] += 1.0;
                    last = Some((pitch, 1));
                }
                (Some(pitch), None) => last = Some((pitch, 1)),
                (None, _) => last = None,
            }
        }
    }
    for values in [&mut intervals, &mut durations] {
        let total: f64 = values.iter().sum();
        values.iter_mut().for_each(|v| *v /= total);
    }
    MelodyHabits { intervals, durations, centre: median_note(hearings, |s| s.pitch, 67) }
}

fn median_note(
    hearings: &[&Hearing],
    note: impl Fn(&crate::listen::slices::Slice) -> Option<u8>,
    default: u8,
) -> u8 {
    let mut notes: Vec<u8> =
        hearings.iter().flat_map(|h| h.slices.iter().filter_map(&note)).collect();
    notes.sort_unstable();
    notes.get(notes.len() / 2).copied().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn relative_chords_come_back(root in 0i32..12, minor: bool, tonic in 0i32..12) {
            let key = Key::new(crate::domain::pitch::PitchClass::new(tonic), crate::domain::pitch::Mode::Minor);
            let chord = Chord::triad(crate::domain::pitch::PitchClass::new(root), minor);
            prop_assert_eq!(absolute(relative(chord, key), key), chord);
        }

        #[test]
        fn folded_tempi_are_in_range(bpm in 20.0f64..400.0) {
            let folded = fold_tempo(bpm);
            prop_assert!((66.0..=185.0).contains(&folded));
            let octaves = (folded / bpm).log2();
            prop_assert!((octaves - octaves.round()).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_learned_still_has_moves() {
        let manner = Manner::learn(&[], None);
        let row = manner.moves_from(0).unwrap();
        assert!(row.iter().all(|w| *w > 0.0));
        assert!((row.iter().sum::<f64>() - 1.0 - STAY).abs() < 1e-9);
    }
}
