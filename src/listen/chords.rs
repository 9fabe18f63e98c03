//! Chords on beats: 24 triads and "no chord", smoothed by the Viterbi algorithm.
//!
//! The quick pass hears triads only; sevenths and suspensions come with the full pass.

use super::pitches::PitchFrames;
use crate::domain::listening::ChordSpan;
use crate::domain::pitch::Chord;

/// States: 24 triads and no chord.
const STATES: usize = 25;
const NONE: usize = 24;
/// Log odds of staying on a chord from one beat to the next, against moving to a given other.
const STAY: f64 = 2.6;
/// Cosine that "no chord" is worth.
const NOTHING: f64 = 0.62;
/// How sharply a cosine decides.
const SHARPNESS: f64 = 14.0;

/// Chords between consecutive times (beats or a fixed grid, seconds).
pub fn find(grid_s: &[f64], pitches: &PitchFrames) -> Vec<ChordSpan> {
    if grid_s.len() < 2 || pitches.is_empty() {
        return Vec::new();
    }
    let templates = templates();
    let emissions: Vec<[f64; STATES]> =
        grid_s.windows(2).map(|w| emission(pitches, w[0], w[1], &templates)).collect();
    let path = viterbi(&emissions);
    let mut spans: Vec<ChordSpan> = Vec::new();
    for (i, state) in path.iter().enumerate() {
        let chord = (*state != NONE).then(|| Chord::from_triad_index(*state));
        match spans.last_mut() {
            Some(last) if last.chord == chord => last.end_s = grid_s[i + 1],
            _ => spans.push(ChordSpan { start_s: grid_s[i], end_s: grid_s[i + 1], chord }),
        }
    }
    spans
}

/// Unit chroma that each triad leaves: its tones, and the third partial (a fifth up) of each.
fn templates() -> [[f32; 12]; 24] {
    std::array::from_fn(|index| {
        let mut template = [0f32; 12];
        for (pc, on) in Chord::from_triad_index(index).tones().iter().enumerate() {
            if *on {
                template[pc] += 1.0;
                template[(pc + 7) % 12] += 0.2;
            }
        }
        super::pitches::unit(template)
    })
}

fn emission(
    pitches: &PitchFrames,
    start_s: f64,
    end_s: f64,
    templates: &[[f32; 12]; 24],
) -> [f64; STATES] {
    let chroma = pitches.chroma(start_s, end_s);
    let bass = pitches.bass(start_s, end_s);
    let silent = chroma.iter().all(|c| *c == 0.0);
    std::array::from_fn(|state| {
        if state == NONE {
            return SHARPNESS * if silent { 1.0 } else { NOTHING };
        }
        let fit: f32 = chroma.iter().zip(&templates[state]).map(|(a, b)| a * b).sum();
        let root = Chord::from_triad_index(state).root.index();
        let support = match bass {
            Some((note, purity)) if usize::from(note) % 12 == root => 0.06 * purity,
            _ => 0.0,
        };
        SHARPNESS * f64::from(fit + support)
    })
}

fn viterbi(emissions: &[[f64; STATES]]) -> Vec<usize> {
    let mut score = emissions[0];
    let mut from: Vec<[u8; STATES]> = Vec::with_capacity(emissions.len());
    for emission in &emissions[1..] {
        let (best, _) = argmax(&score);
        let mut next = [0.0; STATES];
        let mut back = [0u8; STATES];
        for state in 0..STATES {
            // All moves cost the same, so the best predecessor is the same state or the best one.
            let (previous, value) = if score[state] + STAY >= score[best] {
                (state, score[state] + STAY)
            } else {
                (best, score[best])
            };
            next[state] = value + emission[state];
            back[state] = previous as u8;
        }
        score = next;
        from.push(back);
    }
    let mut path = vec![argmax(&score).0];
    for back in from.iter().rev() {
        path.push(usize::from(back[path[path.len() - 1]]));
    }
    path.reverse();
    path
}

fn argmax(values: &[f64; STATES]) -> (usize, f64) {
    values.iter().enumerate().fold((0, f64::MIN), |b, (i, v)| if *v > b.1 { (i, *v) } else { b })
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
            let notes: Vec<f64> = chord
                .quality
                .intervals()
                .iter()
                .map(|i| 48.0 + f64::from(chord.root.index() as i32 + i))
                .collect();
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
        let spans = find(&grid, &pitches);
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
        let spans = find(&grid, &pitches);
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].chord, None);
    }
}
