//! How well each key's profile fits a chroma.
//!
//! Profiles are Temperley's (2001), blended with what triads on tonic, subdominant and dominant
//! leave in a chroma, for recordings carry overtones that scores do not.

use crate::domain::pitch::{Key, Mode, PitchClass};

const MAJOR: [f64; 12] = [5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0];
const MINOR: [f64; 12] = [5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 3.0, 3.0];

/// All 24 keys with their correlation, best first; empty for a flat chroma.
pub fn rank(chroma: &[f32; 12]) -> Vec<(Key, f64)> {
    let mean = chroma.iter().sum::<f32>() / 12.0;
    if chroma.iter().all(|c| (c - mean).abs() < 1e-6) {
        return Vec::new();
    }
    let mut ranked: Vec<(Key, f64)> = (0..12)
        .flat_map(|tonic| [(tonic, Mode::Major, &MAJOR), (tonic, Mode::Minor, &MINOR)])
        .map(|(tonic, mode, profile)| {
            let rotated: [f64; 12] =
                std::array::from_fn(|pc| profile[(pc + 12 - tonic as usize) % 12]);
            (Key::new(PitchClass::new(tonic), mode), correlation(chroma, &rotated))
        })
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

fn correlation(chroma: &[f32; 12], profile: &[f64; 12]) -> f64 {
    let x = chroma.map(f64::from);
    let (mx, my) = (x.iter().sum::<f64>() / 12.0, profile.iter().sum::<f64>() / 12.0);
    let mut sums = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(profile) {
        sums.0 += (a - mx) * (b - my);
        sums.1 += (a - mx).powi(2);
        sums.2 += (b - my).powi(2);
    }
    sums.0 / (sums.1 * sums.2).sqrt().max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pitch::Chord;

    fn cadence(key: Key) -> [f32; 12] {
        let minor = key.mode.is_minor();
        let mut chroma = [0f32; 12];
        for (degree, weight) in [(0, 2.0), (5, 1.0), (7, 1.0)] {
            let chord = Chord::triad(key.tonic.transpose(degree), minor && degree != 7);
            for (pc, on) in chord.tones().iter().enumerate() {
                chroma[pc] += if *on { weight } else { 0.05 };
            }
        }
        chroma
    }

    #[test]
    fn cadences_in_all_24_keys() {
        for tonic in 0..12 {
            for mode in [Mode::Major, Mode::Minor] {
                let key = Key::new(PitchClass::new(tonic), mode);
                assert_eq!(rank(&cadence(key))[0].0, key);
            }
        }
    }

    #[test]
    fn a_flat_chroma_has_no_key() {
        assert!(rank(&[0.3; 12]).is_empty());
    }
}
