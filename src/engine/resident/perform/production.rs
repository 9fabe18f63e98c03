//! Production: the mix brought towards the artist's spectrum.
//!
//! One smooth curve for all stems, so that they still sum to the mix. Bounded: what an artist has and a
//! mix has not cannot be made by equalising. Must never change the level of the mix as a whole.

use crate::audio::Audio;
use crate::audio::resynthesis::Resynthesis;
use crate::audio::stft::Stft;
use crate::domain::listening::{PRODUCTION_BANDS, ProductionProfile};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Most that a band is raised or lowered at an amount of 1, dB.
const MOST_DB: f64 = 6.0;
/// Bands this far under the loudest are empty: nothing is made of them, dB.
const EMPTY_DB: f64 = 55.0;
/// Size of the windows.
const SIZE: usize = 4_096;

/// The middle of what tracks have in each band; `None` of none.
pub fn middle(profiles: &[&ProductionProfile]) -> Option<Vec<f64>> {
    let band = |n: usize| -> Option<f64> {
        // Levels are left out: loud tracks count no more than soft ones.
        let mut values: Vec<f64> = profiles
            .iter()
            .filter_map(|p| Some(p.third_octaves_db.get(n)? - total_db(&p.third_octaves_db)))
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    (0..PRODUCTION_BANDS).map(band).collect()
}

/// Brings stems towards a spectrum (third-octaves, dB under the whole); `amount` 0 not at all, 1 as far
/// as is allowed, 2 twice that.
pub fn shape(stems: &mut BTreeMap<String, Audio>, spectrum: &[f64], amount: f64) {
    let Some(rate_hz) = stems.values().next().map(Audio::rate_hz) else { return };
    if amount <= 0.0 || spectrum.len() != PRODUCTION_BANDS {
        return;
    }
    let Some(curve) = curve(&measured(stems), spectrum, amount) else { return };
    let plan = Resynthesis::new(SIZE, SIZE / 4);
    let gains = gains(&curve, plan.bin_hz(rate_hz));
    stems.par_iter_mut().for_each(|(_, stem)| {
        let planes = stem.planes().iter().map(|p| plan.filter(p, &gains)).collect();
        *stem = Audio::new(rate_hz, planes);
    });
}

fn total_db(bands: &[f64]) -> f64 {
    10.0 * bands.iter().map(|db| 10f64.powf(db / 10.0)).sum::<f64>().max(1e-12).log10()
}

/// Third-octaves of the sum of stems, dB under the whole.
fn measured(stems: &BTreeMap<String, Audio>) -> Vec<f64> {
    let frames = stems.values().map(Audio::frames).max().unwrap_or(0);
    let rate = stems.values().next().map_or(1.0, |s| f64::from(s.rate_hz()));
    let mut mono = vec![0f32; frames];
    for stem in stems.values() {
        for plane in stem.planes() {
            for (sum, sample) in mono.iter_mut().zip(plane) {
                *sum += sample;
            }
        }
    }
    let mut power = vec![0f64; SIZE / 2 + 1];
    Stft::new(SIZE, SIZE).magnitudes(&mono, |_, m| {
        for (sum, magnitude) in power.iter_mut().zip(m) {
            *sum += f64::from(*magnitude).powi(2);
        }
    });
    let bin_hz = rate / SIZE as f64;
    let bands: Vec<f64> = (0..PRODUCTION_BANDS)
        .map(|n| {
            let (from, to) = ProductionProfile::band_hz(n);
            // A band narrower than a bin has its share of it.
            let (first, last) = ((from / bin_hz).round() as usize, (to / bin_hz).round() as usize);
            let last = last.max(first + 1).min(power.len());
            let share =
                ((to - from) / bin_hz / (last.saturating_sub(first)).max(1) as f64).min(1.0);
            let sum: f64 = power.get(first..last).map_or(0.0, |p| p.iter().sum());
            10.0 * (sum * share).max(1e-20).log10()
        })
        .collect();
    let whole = total_db(&bands);
    bands.into_iter().map(|b| b - whole).collect()
}

/// Gain of each band, dB; `None` for silence.
fn curve(has: &[f64], wanted: &[f64], amount: f64) -> Option<Vec<f64>> {
    let loudest = |bands: &[f64]| bands.iter().copied().fold(f64::MIN, f64::max);
    let (has_top, wanted_top) = (loudest(has), loudest(wanted));
    if has_top < -100.0 {
        return None;
    }
    let raw: Vec<f64> = has
        .iter()
        .zip(wanted)
        .map(|(h, w)| {
            let empty = *h < has_top - EMPTY_DB || *w < wanted_top - EMPTY_DB;
            if empty { 0.0 } else { (w - h).clamp(-MOST_DB, MOST_DB) }
        })
        .collect();
    let smooth = |n: usize| {
        let near = &raw[n.saturating_sub(1)..(n + 2).min(raw.len())];
        amount * near.iter().sum::<f64>() / near.len() as f64
    };
    let mut bands: Vec<f64> = (0..raw.len()).map(smooth).collect();
    let changed: Vec<f64> = has.iter().zip(&bands).map(|(h, g)| h + g).collect();
    let level = total_db(&changed) - total_db(has);
    bands.iter_mut().for_each(|b| *b -= level);
    Some(bands)
}

/// Gain of each bin, between the middles of bands.
fn gains(curve: &[f64], bin_hz: f64) -> Vec<f32> {
    (0..=SIZE / 2)
        .map(|bin| {
            let hz = (bin as f64 * bin_hz).max(1.0);
            let at = (17.0 + 10.0 * (hz / 1000.0).log10()).clamp(0.0, (curve.len() - 1) as f64);
            let (low, share) = (at.floor() as usize, at.fract());
            let high = (low + 1).min(curve.len() - 1);
            let db = curve[low] * (1.0 - share) + curve[high] * share;
            10f64.powf(db / 20.0) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32) -> Audio {
        let mut state = seed;
        let plane: Vec<f32> = (0..88_200)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                0.1 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
            })
            .collect();
        Audio::new(44_100, vec![plane.clone(), plane])
    }

    fn stems() -> BTreeMap<String, Audio> {
        BTreeMap::from([("a".to_owned(), noise(1)), ("b".to_owned(), noise(2))])
    }

    /// White noise, but 4 dB less of it above 1 kHz.
    fn darker() -> Vec<f64> {
        measured(&stems())
            .iter()
            .enumerate()
            .map(|(n, db)| if n > 17 { db - 4.0 } else { *db })
            .collect()
    }

    #[test]
    fn the_spectrum_comes_nearer_with_the_amount() {
        let wanted = darker();
        let off = |amount: f64| -> f64 {
            let mut stems = stems();
            shape(&mut stems, &wanted, amount);
            let slope = |bands: &[f64]| bands[25] - bands[10];
            slope(&measured(&stems)) - slope(&wanted)
        };
        let (none, half, full, twice) = (off(0.0), off(0.5), off(1.0), off(2.0));
        assert!((none - 4.0).abs() < 0.6, "{none}");
        assert!((half - 2.0).abs() < 0.6 && full.abs() < 0.6, "{half} {full}");
        assert!((twice + 4.0).abs() < 0.8, "{twice}");
    }

    #[test]
    fn the_level_stays_and_the_stems_still_sum() {
        let mut shaped = stems();
        shape(&mut shaped, &darker(), 1.0);
        let sum = |stems: &BTreeMap<String, Audio>| -> Vec<f32> {
            let planes: Vec<&[f32]> = stems.values().map(|s| s.channel(0)).collect();
            (0..planes[0].len()).map(|i| planes.iter().map(|p| p[i]).sum()).collect()
        };
        let rms = |v: &[f32]| (v.iter().map(|s| s * s).sum::<f32>() / v.len() as f32).sqrt();
        let (before, after) = (sum(&stems()), sum(&shaped));
        assert!((rms(&after) / rms(&before) - 1.0).abs() < 0.05);
        let mut whole =
            BTreeMap::from([("mix".to_owned(), Audio::new(44_100, vec![before.clone(), before]))]);
        shape(&mut whole, &darker(), 1.0);
        let rest: Vec<f32> =
            whole["mix"].channel(0).iter().zip(&after).map(|(a, b)| a - b).collect();
        assert!(rms(&rest) < 0.01 * rms(&after));
    }

    #[test]
    fn silence_and_nothing_are_left_alone() {
        let mut silent = BTreeMap::from([("a".to_owned(), Audio::silence(44_100, 2, 9_000))]);
        shape(&mut silent, &darker(), 1.0);
        assert_eq!(silent["a"].peak(), 0.0);
        shape(&mut BTreeMap::new(), &darker(), 1.0);
        assert_eq!(middle(&[]), None);
    }
}
