//! Keys: the network of [`crate::nn::keys`] reads how pitch classes and chords are used, in the whole
//! track and in stretches of it.
//!
//! Must return `None` for sound without pitch, and no change of key that does not last.

use super::chords::Harmony;
use super::confidence;
use crate::domain::listening::KeySpan;
use crate::domain::pitch::{Key, Mode, PitchClass};
use crate::nn::chords::{CLASSES, STATES};
use crate::nn::keys::{self, MODES};
use crate::nn::weights::WeightsError;

/// Below this share of held sound there is nothing to hear a key in.
const LEAST_HARMONICITY: f64 = 0.12;
/// Below this chance no key fits.
const LEAST_CHANCE: f32 = 0.15;
/// Fewer pitch classes that are held somewhere make no key: a drone and its overtones have three.
const LEAST_CLASSES: usize = 4;
/// Share of the strongest class, over the whole track, at which a class counts.
const CLASS_SHARE: f32 = 0.35;
/// Mean distance of half beats from the mean of all under which nothing moves: a drone has no key.
const LEAST_MOVEMENT: f64 = 0.004;
/// Half beats of a stretch, and from one stretch to the next.
const STRETCH: usize = 48;
const STEP: usize = 8;
/// What a change of key costs, in nats.
const CHANGE: f32 = 6.0;
/// Keys.
const KEYS: usize = MODES * CLASSES;

/// The keys of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    /// Of the whole track, with the confidence in it, 0..1; `None` where there is none.
    pub whole: Option<(Key, f64)>,
    /// Where each key holds.
    pub spans: Vec<KeySpan>,
}

/// Finds the keys of a track from its harmony; `harmonicity` is the share of held sound, 0..1.
pub fn find(harmony: &Harmony, harmonicity: f64) -> Result<Keys, WeightsError> {
    let still = || movement(harmony) < LEAST_MOVEMENT;
    if harmonicity < LEAST_HARMONICITY || classes(harmony) < LEAST_CLASSES || still() {
        return Ok(Keys::default());
    }
    let count = harmony.registers.len();
    let whole = chances(harmony, 0, count)?;
    let best = top(&whole);
    if whole[best] < LEAST_CHANCE {
        return Ok(Keys::default());
    }
    let starts: Vec<usize> = (0..=count.saturating_sub(STRETCH)).step_by(STEP).collect();
    let heard = starts
        .iter()
        .map(|from| chances(harmony, *from, (from + STRETCH).min(count)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Keys {
        whole: Some((key(best), confidence::key(f64::from(whole[best])))),
        spans: spans(&path(&heard, &whole), &starts, harmony),
    })
}

/// Pitch classes that are held: of half beats in which a chord was heard.
fn classes(harmony: &Harmony) -> usize {
    let mut sums = [0f32; 12];
    for (registers, chances) in harmony.registers.iter().zip(&harmony.chances) {
        let held = 1.0 - chances[STATES - 1];
        for class in 0..12 {
            sums[class] += held * (registers[0][class] + registers[1][class]);
        }
    }
    let top = sums.iter().copied().fold(0f32, f32::max);
    sums.iter().filter(|s| top > 1e-3 && **s >= CLASS_SHARE * top).count()
}

/// How far half beats are from the mean of all: 0 for one that never changes, at most 1.
fn movement(harmony: &Harmony) -> f64 {
    let flat =
        |r: &[[f32; 12]; 2]| -> [f64; 24] { std::array::from_fn(|i| r[i / 12][i % 12].into()) };
    let halves: Vec<[f64; 24]> = harmony.registers.iter().map(flat).collect();
    let mean: [f64; 24] = std::array::from_fn(|i| halves.iter().map(|h| h[i]).sum::<f64>());
    let dot = |a: &[f64; 24], b: &[f64; 24]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let sounding = || halves.iter().filter(|h| dot(h, h) > 0.0);
    let near = |h: &[f64; 24]| dot(h, &mean) / (dot(h, h) * dot(&mean, &mean)).sqrt().max(1e-12);
    let count = sounding().count().max(1) as f64;
    1.0 - sounding().map(near).sum::<f64>() / count
}

fn chances(harmony: &Harmony, from: usize, to: usize) -> Result<[f32; KEYS], WeightsError> {
    let chords: &[[f32; STATES]] = &harmony.chances[from..to];
    let said = keys::network()?.run(keys::input(&harmony.registers[from..to], chords));
    let odds: [f32; KEYS] = std::array::from_fn(|s| said.row(s / CLASSES, s % CLASSES)[0]);
    let highest = odds.iter().copied().fold(f32::MIN, f32::max);
    let powers = odds.map(|o| (o - highest).exp());
    let sum: f32 = powers.iter().sum();
    Ok(powers.map(|p| p / sum))
}

fn key(state: usize) -> Key {
    let mode = if state < CLASSES { Mode::Major } else { Mode::Minor };
    Key::new(PitchClass::new((state % CLASSES) as i32), mode)
}

/// The most likely key of each stretch; what the whole track says counts a little everywhere.
fn path(heard: &[[f32; KEYS]], whole: &[f32; KEYS]) -> Vec<usize> {
    let odds = |t: usize, s: usize| heard[t][s].max(1e-4).ln() + 0.3 * whole[s].max(1e-4).ln();
    let mut score: [f32; KEYS] = std::array::from_fn(|s| odds(0, s));
    let mut from: Vec<[usize; KEYS]> = Vec::new();
    for t in 1..heard.len() {
        let best = top(&score);
        let change = score[best] - CHANGE;
        let back: [usize; KEYS] =
            std::array::from_fn(|s| if score[s] >= change { s } else { best });
        score = std::array::from_fn(|s| score[s].max(change) + odds(t, s));
        from.push(back);
    }
    let mut path = vec![top(&score)];
    for back in from.iter().rev() {
        path.push(back[path[path.len() - 1]]);
    }
    path.reverse();
    path
}

fn spans(path: &[usize], starts: &[usize], harmony: &Harmony) -> Vec<KeySpan> {
    let halves = &harmony.halves_s;
    let mut spans: Vec<KeySpan> = Vec::new();
    for (i, state) in path.iter().enumerate() {
        let key = key(*state);
        if spans.last().is_some_and(|last| last.key == key) {
            continue;
        }
        // A stretch tells most about its middle.
        let start = if i == 0 { 0 } else { starts[i] + (STRETCH - STEP) / 2 };
        let start_s = halves[start.min(halves.len() - 1)].0;
        if let Some(last) = spans.last_mut() {
            last.end_s = start_s;
        }
        spans.push(KeySpan { start_s, end_s: halves[halves.len() - 1].1, key });
    }
    spans
}

fn top(values: &[f32; KEYS]) -> usize {
    (0..KEYS).fold(0, |b, i| if values[i] > values[b] { i } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pitch::Chord;

    /// Half beats of tonic, subdominant, dominant, tonic, as triads over their roots.
    fn cadence(key: Key, times: usize) -> Harmony {
        let mut harmony = Harmony::default();
        for _ in 0..times {
            for degree in [0, 5, 7, 0] {
                let minor = key.mode.is_minor() && degree != 7;
                let chord = Chord::triad(key.tonic.transpose(degree), minor);
                let treble = chord.tones().map(|on| if on { 0.8 } else { 0.1 });
                let mut bass = [0.05; 12];
                bass[chord.root.index()] = 1.0;
                let state = usize::from(minor) * CLASSES + chord.root.index();
                for _ in 0..4 {
                    harmony.registers.push([treble, bass]);
                    harmony.chances.push(std::array::from_fn(|s| f32::from(s == state)));
                    let at = harmony.halves_s.len() as f64 * 0.25;
                    harmony.halves_s.push((at, at + 0.25));
                }
            }
        }
        harmony
    }

    const HELD: f64 = 0.9;

    #[test]
    fn cadences_in_all_24_keys() {
        for tonic in 0..12 {
            for mode in [Mode::Major, Mode::Minor] {
                let key = Key::new(PitchClass::new(tonic), mode);
                let keys = find(&cadence(key, 4), HELD).unwrap();
                assert_eq!(keys.whole.map(|w| w.0), Some(key));
                assert_eq!(keys.spans.len(), 1);
            }
        }
    }

    #[test]
    fn a_change_of_key_is_found_near_its_place() {
        let (from, to) =
            (Key::new(PitchClass::new(0), Mode::Major), Key::new(PitchClass::new(4), Mode::Major));
        let mut harmony = cadence(from, 12);
        let after = cadence(to, 12);
        let change_s = harmony.halves_s[harmony.halves_s.len() - 1].1;
        harmony.registers.extend(after.registers);
        harmony.chances.extend(after.chances);
        harmony.halves_s.extend(after.halves_s.iter().map(|(a, b)| (a + change_s, b + change_s)));
        let spans = find(&harmony, HELD).unwrap().spans;
        assert_eq!(spans.iter().map(|s| s.key).collect::<Vec<_>>(), [from, to]);
        assert!((spans[1].start_s - change_s).abs() < 4.0, "{} {change_s}", spans[1].start_s);
    }

    #[test]
    fn without_pitch_there_is_no_key() {
        let key = Key::new(PitchClass::new(0), Mode::Major);
        assert_eq!(find(&cadence(key, 4), 0.05).unwrap(), Keys::default());
        assert_eq!(find(&Harmony::default(), HELD).unwrap(), Keys::default());
    }
}
