//! Chords on half beats: the network of [`crate::nn::chords`] says how likely each is, the Viterbi
//! algorithm finds the most likely sequence.
//!
//! Chords last, and change on beats rather than between them. Must never name a chord where nothing
//! sounds, nor in noise, clicks or speech: [`super::partials`] says whether a track can have any.

use super::pitches::PitchFrames;
use crate::domain::listening::ChordSpan;
use crate::domain::pitch::{Chord, PitchClass, Quality};
use crate::nn::chords::{self, CLASSES, STATES};
use crate::nn::weights::WeightsError;

/// What a change of chord costs on a beat and between beats, in nats.
const CHANGE: [f32; 2] = [2.5, 4.0];
/// State of "no chord".
const NONE: usize = STATES - 1;

/// The harmony of a track on its grid.
#[derive(Clone, Debug, Default)]
pub struct Harmony {
    /// Chords, without gaps.
    pub spans: Vec<ChordSpan>,
    /// Half beats: start and end, seconds.
    pub halves_s: Vec<(f64, f64)>,
    /// Chroma above and below E3 of each half beat.
    pub registers: Vec<[[f32; 12]; 2]>,
    /// Chance of each chord in each half beat.
    pub chances: Vec<[f32; STATES]>,
}

/// Chords between consecutive times (beats or a fixed grid, seconds).
pub fn find(grid_s: &[f64], pitches: &PitchFrames) -> Result<Harmony, WeightsError> {
    if grid_s.len() < 2 || pitches.is_empty() {
        return Ok(Harmony::default());
    }
    let halves_s: Vec<(f64, f64)> = grid_s
        .windows(2)
        .flat_map(|w| {
            let middle = 0.5 * (w[0] + w[1]);
            [(w[0], middle), (middle, w[1])]
        })
        .collect();
    let registers: Vec<[[f32; 12]; 2]> =
        halves_s.iter().map(|(from, to)| pitches.registers(*from, *to)).collect();
    let said = chords::network()?.run(chords::input(&registers));
    let harmonic = pitches.partials.harmonic();
    let silent = |registers: &[[f32; 12]; 2]| registers.as_flattened().iter().all(|r| *r == 0.0);
    let chances: Vec<[f32; STATES]> = (0..registers.len())
        .map(|t| {
            if !harmonic || silent(&registers[t]) {
                std::array::from_fn(|s| f32::from(s == NONE))
            } else {
                chords::chances(&chords::states(&said, t))
            }
        })
        .collect();
    let spans = spans(&path(&chances), &halves_s);
    Ok(Harmony { spans, halves_s, registers, chances })
}

fn spans(path: &[usize], halves_s: &[(f64, f64)]) -> Vec<ChordSpan> {
    let mut spans: Vec<ChordSpan> = Vec::new();
    for (state, (start_s, end_s)) in path.iter().zip(halves_s) {
        let chord = chord(*state);
        match spans.last_mut() {
            Some(last) if last.chord == chord => last.end_s = *end_s,
            _ => spans.push(ChordSpan { start_s: *start_s, end_s: *end_s, chord }),
        }
    }
    spans
}

fn chord(state: usize) -> Option<Chord> {
    let quality = Quality::ALL.get(state / CLASSES)?;
    Some(Chord::new(PitchClass::new((state % CLASSES) as i32), *quality))
}

fn path(chances: &[[f32; STATES]]) -> Vec<usize> {
    let odds = |t: usize, state: usize| chances[t][state].max(1e-6).ln();
    let mut score: [f32; STATES] = std::array::from_fn(|s| odds(0, s));
    let mut from: Vec<[u8; STATES]> = Vec::with_capacity(chances.len());
    for t in 1..chances.len() {
        let best = top(&score);
        let change = score[best] - CHANGE[t % 2];
        let mut back = [0u8; STATES];
        // All changes cost the same, so the way into a chord is from itself or from the best one.
        score = std::array::from_fn(|state| {
            let (previous, value) =
                if score[state] >= change { (state, score[state]) } else { (best, change) };
            back[state] = previous as u8;
            value + odds(t, state)
        });
        from.push(back);
    }
    let mut path = vec![top(&score)];
    for back in from.iter().rev() {
        path.push(usize::from(back[path[path.len() - 1]]));
    }
    path.reverse();
    path
}

fn top(values: &[f32; STATES]) -> usize {
    (0..STATES).fold(0, |b, i| if values[i] > values[b] { i } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::RATE_HZ;
    use std::f64::consts::TAU;

    fn play(chords: &[&str], each_s: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let mut out = Vec::new();
        for name in chords {
            let chord: Chord = name.parse().unwrap();
            let above = |i: &i32| 60.0 + f64::from(chord.root.index() as i32 + i);
            let mut notes: Vec<f64> = chord.quality.intervals().iter().map(above).collect();
            notes.push(36.0 + chord.root.index() as f64);
            for i in 0..(each_s * rate) as usize {
                let t = i as f64 / rate;
                let sample: f64 = notes
                    .iter()
                    .flat_map(|n| (1..5).map(move |h| (n, f64::from(h))))
                    .map(|(n, h)| (TAU * 440.0 * 2f64.powf((n - 69.0) / 12.0) * h * t).sin() / h)
                    .sum();
                out.push(0.08 * sample as f32);
            }
        }
        out
    }

    #[test]
    fn a_progression_is_heard() {
        let names = ["C:maj", "A:min", "F:maj", "G:maj", "E:min", "D:min"];
        let pitches = PitchFrames::new(&play(&names, 2.0));
        let grid: Vec<f64> = (0..=24).map(|i| f64::from(i) * 0.5).collect();
        let spans = find(&grid, &pitches).unwrap().spans;
        let heard: Vec<String> =
            spans.iter().map(|s| s.chord.map_or("N".into(), |c| c.to_string())).collect();
        assert_eq!(heard, names);
        for (i, span) in spans.iter().enumerate() {
            assert!((span.start_s - 2.0 * i as f64).abs() <= 0.5, "{span:?}");
        }
    }

    #[test]
    fn silence_is_no_chord() {
        let pitches = PitchFrames::new(&vec![0.0; 22_050 * 4]);
        let grid: Vec<f64> = (0..8).map(|i| f64::from(i) * 0.5).collect();
        let spans = find(&grid, &pitches).unwrap().spans;
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].chord, None);
    }
}
