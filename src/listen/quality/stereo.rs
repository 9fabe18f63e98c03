//! The two channels against each other: the same twice, cancelling, or one much quieter.
//!
//! Must never call a narrow or a wide mix a fault: only what is surely a mistake is one.

use super::lanes;
use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Correlation from which both channels are the same (Essentia, `FalseStereoDetector`).
const SAME: f64 = 0.9995;
/// Difference of the channels' levels up to which that is one sound in the middle, dB.
const SAME_LEVEL_DB: f64 = 0.25;
/// Side over mid power under which nothing is to be heard at the sides, dB.
const SIDE_DB: f64 = -40.0;
/// Correlation under which the channels cancel when summed.
const CANCELS: f64 = -0.3;
/// Seconds in a row of it where the whole is not so.
const CANCELS_S: usize = 8;
/// Difference of the channels' levels from which one is missing in the mix, dB.
const LOPSIDED_DB: f64 = 10.0;
/// Mean square under which a second is silent and tells nothing: -60 dBFS.
const SILENT: f64 = 1e-6;

/// Powers of left, right and their product.
type Powers = [f64; 3];

/// Measures two channels second by second.
pub struct StereoMeter {
    second: usize,
    filled: usize,
    here: Powers,
    total: Powers,
    /// Correlation of each second; `None` for silence.
    seconds: Vec<Option<f32>>,
}

/// How the channels relate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stereo {
    /// Correlation of the whole, -1..1; `None` where a channel is empty.
    pub correlation: Option<f64>,
    /// Side over mid power, dB; -120 for one sound in the middle.
    pub side_db: f64,
    /// Left over right power, dB, within -120..120.
    pub balance_db: f64,
    /// Longest stretch in which the channels cancel, seconds.
    pub cancels: Option<(usize, usize)>,
}

impl StereoMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        Self {
            second: rate_hz.max(1) as usize,
            filled: 0,
            here: [0.0; 3],
            total: [0.0; 3],
            seconds: Vec::new(),
        }
    }

    /// Takes two channels of equal length.
    pub fn push(&mut self, left: &[f32], right: &[f32]) {
        let mut at = 0;
        while at < left.len() {
            let end = (at + (self.second - self.filled).min(1024)).min(left.len());
            let (l, r) = (&left[at..end], &right[at..end]);
            for (sum, product) in
                self.here.iter_mut().zip([lanes::dot(l, l), lanes::dot(r, r), lanes::dot(l, r)])
            {
                *sum += f64::from(product);
            }
            self.filled += end - at;
            at = end;
            if self.filled == self.second {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let [left, right, _] = self.here;
        let loud = (left + right) / self.filled.max(1) as f64 > 2.0 * SILENT;
        self.seconds.push(correlation(&self.here).filter(|_| loud).map(|c| c as f32));
        for (total, here) in self.total.iter_mut().zip(&mut self.here) {
            *total += *here;
            *here = 0.0;
        }
        self.filled = 0;
    }

    /// How the channels related so far.
    pub fn read(mut self) -> Stereo {
        if self.filled > 0 {
            self.close();
        }
        let [left, right, both] = self.total;
        let db = |ratio: f64| (10.0 * ratio.log10()).clamp(-120.0, 120.0);
        let (mid, side) = (left + right + 2.0 * both, (left + right - 2.0 * both).max(0.0));
        let cancels = |s: &Option<f32>| s.is_some_and(|c| f64::from(c) < CANCELS);
        let mut longest: Option<(usize, usize)> = None;
        let mut start = 0;
        for run in self.seconds.chunk_by(|a, b| cancels(a) == cancels(b)) {
            let longer = longest.is_none_or(|(from, to)| run.len() > to - from);
            if cancels(&run[0]) && run.len() >= CANCELS_S && longer {
                longest = Some((start, start + run.len()));
            }
            start += run.len();
        }
        Stereo {
            correlation: correlation(&self.total),
            side_db: db((side + 1e-12) / (mid + 1e-12)),
            balance_db: db((left + 1e-12) / (right + 1e-12)),
            cancels: longest,
        }
    }
}

fn correlation([left, right, both]: &Powers) -> Option<f64> {
    let norm = (left * right).sqrt();
    (norm > 1e-9).then(|| both / norm)
}

impl Stereo {
    /// Reports what is surely a mistake. A file of one channel says so itself.
    pub fn report(&self, report: &mut Report) {
        let same = self.correlation.is_some_and(|c| c > SAME);
        if self.side_db < SIDE_DB || (same && self.balance_db.abs() < SAME_LEVEL_DB) {
            let detail = if self.side_db <= -90.0 {
                "both channels are the same".to_owned()
            } else {
                let db = self.side_db;
                format!("the sides are {db:.0} dB under the middle, under {SIDE_DB:.0}")
            };
            report.whole(ProblemKind::Mono, Severity::Info, detail);
            return;
        }
        if self.balance_db.abs() > LOPSIDED_DB {
            let quiet = if self.balance_db > 0.0 { "right" } else { "left" };
            let detail = if self.balance_db.abs() > 60.0 {
                format!("the {quiet} channel is empty")
            } else {
                let db = self.balance_db.abs();
                format!("the {quiet} channel is {db:.0} dB quieter, over {LOPSIDED_DB:.0}")
            };
            report.whole(ProblemKind::Lopsided, Severity::Warn, detail);
            return;
        }
        if let Some(c) = self.correlation.filter(|c| *c < CANCELS) {
            let detail = format!("the channels' correlation is {c:.2}, under {CANCELS}");
            report.whole(ProblemKind::OutOfPhase, Severity::Warn, detail);
        } else if let Some((start, end)) = self.cancels {
            let detail =
                format!("the channels cancel for {} s: correlation under {CANCELS}", end - start);
            let place = (start as f64, end as f64);
            report.at(ProblemKind::OutOfPhase, Severity::Info, place, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0 - 0.5
            })
            .collect()
    }

    fn read(left: &[f32], right: &[f32]) -> (Stereo, Vec<ProblemKind>) {
        let mut meter = StereoMeter::new(8_000);
        for (l, r) in left.chunks(777).zip(right.chunks(777)) {
            meter.push(l, r);
        }
        let stereo = meter.read();
        let mut report = Report::new(left.len() as f64 / 8_000.0);
        stereo.report(&mut report);
        (stereo, report.finish().into_iter().map(|p| p.kind).collect())
    }

    #[test]
    fn relations_have_names() {
        let (a, b) = (noise(1, 160_000), noise(2, 160_000));
        let (wide, none) = read(&a, &b);
        assert!(wide.correlation.unwrap().abs() < 0.02 && wide.side_db.abs() < 0.5);
        assert_eq!(none, []);
        assert_eq!(read(&a, &a).1, [ProblemKind::Mono]);
        let almost: Vec<f32> = a.iter().zip(&b).map(|(x, y)| x + 0.005 * y).collect();
        assert_eq!(read(&a, &almost).1, [ProblemKind::Mono]);
        let against: Vec<f32> = a.iter().zip(&b).map(|(x, y)| 0.5 * y - x).collect();
        assert_eq!(read(&a, &against).1, [ProblemKind::OutOfPhase]);
        let quiet: Vec<f32> = b.iter().map(|x| 0.1 * x).collect();
        let (balance, found) = read(&a, &quiet);
        assert!((balance.balance_db - 20.0).abs() < 0.3, "{balance:?}");
        assert_eq!(found, [ProblemKind::Lopsided]);
        assert_eq!(read(&vec![0.0; 160_000], &a).1, [ProblemKind::Lopsided]);
        let mut turned = b.clone();
        for i in 0..10 * 8_000 {
            turned[i] = -a[i];
        }
        let (stretch, found) = read(&a, &turned);
        assert_eq!(stretch.cancels, Some((0, 10)));
        assert_eq!(found, [ProblemKind::OutOfPhase]);
    }
}
