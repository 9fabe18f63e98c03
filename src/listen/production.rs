//! How a track is produced: spectrum in third-octaves, range, crest, width by band, decay.
//!
//! Must never compare with other tracks nor judge; what cannot be measured is `None`.

use super::quality::low::{Bass, LowMeter};
use super::quality::spectra::Sums;
use crate::audio::loudness::Reading;
use crate::domain::listening::{PRODUCTION_BANDS, ProductionProfile, WIDTH_EDGES_HZ};

/// Level under which a band is empty, dBFS.
const EMPTY_DB: f64 = -120.0;
/// Mean square under which a band is too empty to have a width: -100 dBFS.
const EMPTY_POWER: f64 = 1e-10;
/// Tech 3342 needs a minute for its percentiles to mean something.
const RANGE_FROM_S: f64 = 60.0;

/// Puts the profile together; `None` for silence.
pub fn profile(
    sums: &Sums,
    bass: &Bass,
    reading: &Reading,
    decay_s: Option<f64>,
    duration_s: f64,
) -> Option<ProductionProfile> {
    let (loudness, peak) = (reading.integrated_lufs?, reading.true_peak_dbtp?);
    if sums.frames == 0 {
        return None;
    }
    let db = |power: f64| (10.0 * power.max(1e-30).log10()).max(EMPTY_DB);
    Some(ProductionProfile {
        third_octaves_db: (0..PRODUCTION_BANDS).map(|n| rounded(db(band(sums, bass, n)))).collect(),
        loudness_range_lu: (duration_s >= RANGE_FROM_S).then(|| rounded(reading.range_lu)),
        crest_db: rounded(peak - loudness),
        width_db: WIDTH_EDGES_HZ
            .windows(2)
            .map(|edges| {
                let (both, mid) = sums.between(edges[0], edges[1]);
                // Both channels' mean square is the middle's plus the sides'.
                (both > EMPTY_POWER)
                    .then(|| rounded(db((both - mid).max(0.0) / mid.max(1e-15)).clamp(-60.0, 60.0)))
            })
            .collect(),
        decay_s: decay_s.map(|s| (s * 100.0).round() / 100.0),
    })
}

/// A tenth of a decibel is all that means anything.
fn rounded(db: f64) -> f64 {
    (db * 10.0).round() / 10.0
}

/// Mean square of a third-octave (IEC 61260-1, base ten): the bass from its own, finer spectrum.
fn band(sums: &Sums, bass: &Bass, n: usize) -> f64 {
    let (from, to) = ProductionProfile::band_hz(n);
    if to > LowMeter::TO_HZ || bass.frames == 0 {
        return sums.between(from, to).0;
    }
    // The fine spectrum knows the middle only; the coarse one how much lies at the sides.
    let (both, mid) = sums.between(0.0, LowMeter::TO_HZ);
    bass.between(from, to) * (both / mid.max(1e-15)).clamp(1.0, 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::loudness::LoudnessMeter;
    use crate::listen::quality::QualityMeter;
    use std::f64::consts::TAU;

    fn profile_of(left: impl Fn(f64) -> f64, right: impl Fn(f64) -> f64) -> ProductionProfile {
        let plane = |wave: &dyn Fn(f64) -> f64| -> Vec<f32> {
            (0..44_100 * 12).map(|i| wave(f64::from(i) / 44_100.0) as f32).collect()
        };
        let (left, right) = (plane(&left), plane(&right));
        let (mut meter, mut loudness) =
            (QualityMeter::new(44_100, 2), LoudnessMeter::new(44_100, 2));
        for (l, r) in left.chunks(3_000).zip(right.chunks(3_000)) {
            meter.push(&[l, r]);
            loudness.push(&[l, r]);
        }
        meter.finish(loudness.reading()).production.unwrap()
    }

    /// The band that a frequency is in.
    fn number(hz: f64) -> usize {
        (0..PRODUCTION_BANDS)
            .find(|n| {
                (ProductionProfile::band_hz(*n).0..ProductionProfile::band_hz(*n).1).contains(&hz)
            })
            .unwrap()
    }

    #[test]
    fn bands_read_the_level_of_tones_in_them() {
        // 25 Hz and 4 kHz in the middle at -9 dBFS each, as root mean squares: -12.0.
        let wave = |t: f64| 0.355 * ((TAU * 25.0 * t).sin() + (TAU * 4_000.0 * t).sin());
        let profile = profile_of(wave, wave);
        for hz in [25.0, 4_000.0] {
            let level = profile.third_octaves_db[number(hz)];
            assert!((level + 12.0).abs() < 0.3, "{hz} {level}");
        }
        assert!(profile.third_octaves_db[number(400.0)] < -60.0);
        assert_eq!(profile.third_octaves_db.len(), 31);
        assert_eq!(profile.width_db[0], Some(-60.0));
        assert_eq!(profile.width_db[2], None);
        assert_eq!((profile.loudness_range_lu, profile.decay_s), (None, None));
    }

    #[test]
    fn width_belongs_to_its_band() {
        let low = |t: f64| 0.3 * (TAU * 60.0 * t).sin();
        let profile = profile_of(
            |t| low(t) + 0.2 * (TAU * 1_000.0 * t).sin(),
            |t| low(t) - 0.2 * (TAU * 1_000.0 * t).sin(),
        );
        assert_eq!(profile.width_db[0], Some(-60.0));
        assert_eq!(profile.width_db[2], Some(60.0));
    }

    #[test]
    fn silence_has_no_profile() {
        let mut meter = QualityMeter::new(44_100, 1);
        meter.push(&[&vec![0.0; 44_100]]);
        assert_eq!(meter.finish(Reading::default()).production, None);
    }
}
