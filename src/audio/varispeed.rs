//! Playing a sound faster or slower, pitch with it, by windowed-sinc interpolation.
//!
//! For grains and samples: any ratio near 1, short passages, exact start. For whole files between
//! standard rates see [`super::resample`].

use std::f64::consts::PI;

/// Taps on each side at ratio 1.
const HALF: usize = 16;
/// Positions of the filter table between two samples.
const PHASES: usize = 256;

/// A table of windowed-sinc filters (Blackman window), one a phase.
pub struct Varispeed {
    half: usize,
    table: Vec<f32>,
}

impl Varispeed {
    /// A table for reading at `ratio` input samples an output sample. Above 1 the cut-off falls so
    /// that nothing folds back.
    pub fn new(ratio: f64) -> Self {
        let cutoff = (0.98 / ratio.max(1.0)).min(0.98);
        let half = (HALF as f64 * ratio.clamp(1.0, 4.0)).ceil() as usize;
        let taps = 2 * half;
        let mut table = Vec::with_capacity((PHASES + 1) * taps);
        for phase in 0..=PHASES {
            let offset = phase as f64 / PHASES as f64;
            let row = table.len();
            for tap in 0..taps {
                let x = tap as f64 - (half as f64 - 1.0) - offset;
                table.push((sinc(cutoff * x) * blackman(x / half as f64)) as f32);
            }
            let sum: f32 = table[row..].iter().sum();
            table[row..].iter_mut().for_each(|t| *t /= sum);
        }
        Self { half, table }
    }

    /// The sample at the fractional position `at`; silence beyond the ends.
    pub fn read(&self, samples: &[f32], at: f64) -> f32 {
        let whole = at.floor();
        let phase = ((at - whole) * PHASES as f64).round() as usize;
        let taps = 2 * self.half;
        let row = &self.table[phase * taps..(phase + 1) * taps];
        let first = whole as isize - (self.half as isize - 1);
        match usize::try_from(first) {
            Ok(first) if first + taps <= samples.len() => {
                row.iter().zip(&samples[first..first + taps]).map(|(w, s)| w * s).sum()
            }
            _ => row
                .iter()
                .enumerate()
                .map(|(i, w)| {
                    let at = usize::try_from(first + i as isize).ok();
                    w * at.and_then(|at| samples.get(at)).copied().unwrap_or(0.0)
                })
                .sum(),
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Blackman window on -1..1.
fn blackman(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    0.42 + 0.5 * (PI * x).cos() + 0.08 * (2.0 * PI * x).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn a_sine_read_faster_is_a_higher_sine() {
        let rate = 44_100.0;
        let samples: Vec<f32> =
            (0..44_100).map(|i| (TAU * 1000.0 * f64::from(i) / rate).sin() as f32).collect();
        for semitones in [-3i32, -1, 0, 2, 3] {
            let ratio = 2f64.powf(f64::from(semitones) / 12.0);
            let table = Varispeed::new(ratio);
            let worst = (200..10_000)
                .map(|i| {
                    let at = f64::from(i) * ratio;
                    let wanted = (TAU * 1000.0 * at / rate).sin() as f32;
                    (table.read(&samples, at) - wanted).abs()
                })
                .fold(0f32, f32::max);
            assert!(worst < 0.01, "{semitones}: {worst}");
        }
    }

    #[test]
    fn what_would_fold_back_is_removed() {
        let rate = 44_100.0;
        let samples: Vec<f32> =
            (0..44_100).map(|i| (TAU * 20_000.0 * f64::from(i) / rate).sin() as f32).collect();
        let table = Varispeed::new(1.5);
        let power: f32 =
            (200..20_000).map(|i| table.read(&samples, f64::from(i) * 1.5).powi(2)).sum();
        assert!((power / 19_800.0).sqrt() < 0.02);
    }

    #[test]
    fn beyond_the_ends_is_silence() {
        let table = Varispeed::new(1.0);
        assert_eq!(table.read(&[1.0; 8], -100.0), 0.0);
        assert_eq!(table.read(&[1.0; 8], 500.0), 0.0);
    }
}
