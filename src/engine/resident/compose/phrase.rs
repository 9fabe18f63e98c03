//! Four-bar phrases from a dataset's chord moves: many are walked, each is weighed as a whole, one of
//! the best is drawn.
//!
//! A walk alone follows the dataset bar by bar and may stand still, leave the key or ask for chords
//! that the sound cannot play. Must never copy a progression: only single moves are known.

use super::super::dice::Dice;
use super::harmony::Bar;
use super::manner::{CHORDS, Manner, absolute, relative};
use crate::domain::pitch::{Chord, Key};
use crate::listen::tonality::rank;

/// What a phrase is made from.
pub struct Material<'a> {
    /// Chord moves.
    pub manner: &'a Manner,
    /// How well the sound plays each triad, 0..1.
    pub playable: &'a [f32; CHORDS],
    /// The key.
    pub key: Key,
}

impl Material<'_> {
    /// The most playable triad.
    fn best(&self) -> f32 {
        self.playable.iter().copied().fold(f32::MIN, f32::max)
    }
}

/// Bars of a phrase.
const BARS: usize = 4;
/// Phrases that are walked.
const WALKED: usize = 96;
/// One of so many best is drawn.
const DRAWN_FROM: usize = 5;
/// Weight of a walked chord with tones outside the key.
const FOREIGN: f64 = 0.05;

/// Weights of what makes a phrase good; found by hearing the key and chords of takes with other
/// programs, and by counting how many bars of a theme stood still.
mod weight {
    pub const MOVES: f64 = 0.5;
    pub const PLAYABLE: f64 = 8.0;
    pub const CLARITY: f64 = 4.0;
    pub const FOREIGN: f64 = 0.6;
    pub const STILL: f64 = 3.0;
    pub const NARROW: f64 = 0.6;
    pub const ENDS_AT_HOME: f64 = 0.5;
    pub const SAME: f64 = 1.5;
}

/// A phrase that starts on the tonic, or, after the phrase of another theme, away from it.
pub fn write(material: &Material<'_>, before: Option<&[Bar]>, dice: &mut Dice) -> Vec<Bar> {
    let mut found: Vec<(f64, Vec<Chord>)> = Vec::new();
    for _ in 0..WALKED {
        let phrase = walk(material, before.is_some(), dice);
        if !found.iter().any(|(_, known)| *known == phrase) {
            found.push((worth(material, &phrase, before), phrase));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(DRAWN_FROM);
    let best = found.first().map_or(0.0, |f| f.0);
    let weights: Vec<f64> = found.iter().map(|(w, _)| (2.0 * (w - best)).exp()).collect();
    let drawn = dice.weighted(&weights);
    found
        .into_iter()
        .nth(drawn)
        .map(|(_, phrase)| phrase.into_iter().map(|chord| vec![chord]).collect())
        .unwrap_or_default()
}

fn walk(material: &Material<'_>, away: bool, dice: &mut Dice) -> Vec<Chord> {
    let home = material.key.tonic_chord();
    let best = material.best();
    let mut phrase = Vec::with_capacity(BARS);
    let mut current = home;
    if !away {
        phrase.push(home);
    }
    while phrase.len() < BARS {
        let row = material.manner.moves_from(relative(current, material.key)).unwrap_or(&[]);
        let weights: Vec<f64> = row
            .iter()
            .enumerate()
            .map(|(index, p)| {
                let chord = absolute(index, material.key);
                let opens = phrase.is_empty() && chord == home;
                let inside = if inside(chord, material.key) { 1.0 } else { FOREIGN };
                let can = f64::from(material.playable[chord.triad_index()] - best);
                if opens { 0.0 } else { p * inside * (weight::PLAYABLE * can).exp() }
            })
            .collect();
        current = absolute(dice.weighted(&weights), material.key);
        phrase.push(current);
    }
    phrase
}

/// How good a phrase is, larger is better.
fn worth(material: &Material<'_>, phrase: &[Chord], before: Option<&[Bar]>) -> f64 {
    let key = material.key;
    let best = material.best();
    let mut sum = 0.0;
    for (i, chord) in phrase.iter().enumerate() {
        // The phrase repeats: its last chord leads to its first.
        let next = phrase[(i + 1) % phrase.len()];
        let row = material.manner.moves_from(relative(*chord, key));
        let p = row.map_or(0.0, |row| row[relative(next, key)]);
        sum += weight::MOVES * (p + 0.01).ln() / phrase.len() as f64;
        let can = f64::from(material.playable[chord.triad_index()] - best);
        sum += weight::PLAYABLE * can / phrase.len() as f64;
        if !inside(*chord, key) {
            sum -= weight::FOREIGN;
        }
    }
    let known: Vec<Chord> = before.into_iter().flatten().flatten().copied().collect();
    sum += weight::CLARITY * clarity(known.iter().chain(phrase), key);
    let mut distinct = phrase.to_vec();
    distinct.sort_by_key(|c| c.triad_index());
    distinct.dedup();
    match distinct.len() {
        0 | 1 => sum -= weight::STILL,
        2 => sum -= weight::NARROW,
        _ => {}
    }
    if phrase.last() == Some(&key.tonic_chord()) {
        sum -= weight::ENDS_AT_HOME;
    }
    let shared = phrase.iter().zip(&known).filter(|(a, b)| a == b).count();
    sum - weight::SAME * shared as f64 / BARS as f64
}

/// How much better the tones of chords fit their key than any other, as a difference of
/// correlations. Roots count double: the bass plays them.
fn clarity<'a>(chords: impl Iterator<Item = &'a Chord>, key: Key) -> f64 {
    let mut chroma = [0f32; 12];
    for chord in chords {
        for (pc, on) in chord.tones().iter().enumerate() {
            chroma[pc] += if *on { 1.0 } else { 0.0 };
        }
        chroma[chord.root.above(crate::domain::pitch::PitchClass::new(0)) as usize] += 1.0;
    }
    // Modes share the triad, hence the profile, of major or minor.
    let same = |k: Key| k.tonic == key.tonic && k.mode.is_minor() == key.mode.is_minor();
    let ranked = rank(&chroma);
    let own = ranked.iter().find(|(k, _)| same(*k)).map_or(0.0, |r| r.1);
    let other = ranked.iter().find(|(k, _)| !same(*k)).map_or(0.0, |r| r.1);
    own - other
}

/// Whether a key holds all tones of a chord.
pub fn inside(chord: Chord, key: Key) -> bool {
    chord.tones().iter().zip(&key.scale()).all(|(tone, in_key)| !tone || *in_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves of a dataset that mostly stands on its tonic.
    fn still() -> Manner {
        let mut manner = Manner::learn(&[], None);
        for row in &mut manner.chord_moves {
            row[12] += 5.0;
        }
        manner
    }

    #[test]
    fn phrases_move_stay_in_key_and_make_it_clear() {
        let manner = still();
        for (tonic, seed) in [("A minor", 1), ("C major", 2), ("F# minor", 3), ("Eb major", 4)] {
            let key: Key = tonic.parse().unwrap();
            let material = Material { manner: &manner, playable: &[0.8; CHORDS], key };
            for draw in 0..10 {
                let mut dice = Dice::new(seed * 100 + draw, "phrase");
                let theme = write(&material, None, &mut dice);
                let contrast = write(&material, Some(&theme), &mut dice);
                assert_eq!((theme.len(), contrast.len()), (BARS, BARS));
                assert_eq!(theme[0][0], key.tonic_chord());
                assert_ne!(contrast[0][0], key.tonic_chord());
                assert_ne!(theme, contrast);
                let all: Vec<Chord> = theme.iter().chain(&contrast).flatten().copied().collect();
                let mut distinct: Vec<usize> = theme.iter().map(|b| b[0].triad_index()).collect();
                distinct.sort_unstable();
                distinct.dedup();
                assert!(distinct.len() >= 2, "{theme:?}");
                assert!(clarity(all.iter(), key) > 0.0, "{tonic}: {all:?}");
            }
        }
    }

    #[test]
    fn what_the_sound_cannot_play_is_left_out() {
        let manner = Manner::learn(&[], None);
        let key: Key = "C major".parse().unwrap();
        let mut playable = [0.4; CHORDS];
        for chord in ["C:maj", "F:maj", "G:maj", "A:min"] {
            playable[chord.parse::<Chord>().unwrap().triad_index()] = 0.9;
        }
        let material = Material { manner: &manner, playable: &playable, key };
        for seed in 0..20 {
            let phrase = write(&material, None, &mut Dice::new(seed, "phrase"));
            for chord in phrase.iter().flatten() {
                assert!(playable[chord.triad_index()] > 0.8, "{phrase:?}");
            }
        }
    }
}
