//! The groove layer: do two tracks have the same beat? Information only.
//!
//! A bar is the onset strength of three bands at sixteen steps; four bars are a phrase. What is
//! expected of any bar is taken out first. Must never count as a copy: a beat is not a work.

use super::tune::NotMeasured;
use crate::domain::listening::Listening;
use crate::listen::RATE_HZ;
use crate::listen::onsets::{OnsetFrames, frame_rate};
use serde::{Deserialize, Serialize};

/// Steps of a bar.
pub const STEPS: usize = 16;
/// Values of a bar: steps of the low, middle and high band.
pub const CELLS: usize = 3 * STEPS;
/// Bars of a phrase.
const PHRASE: usize = 4;
/// Changes whenever a bar is measured in another way.
pub const VERSION: u16 = 1;

/// Strength that any cell is expected to have. Flat so far, so that four to the floor still counts
/// for something: `cargo bench --bench tunes -- --teach` measures the mean bar of a background.
const EXPECTED: [f32; CELLS] = [0.4; CELLS];
/// How far cells usually are from it.
const SPREAD: f32 = 0.3;

/// The bars of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Groove {
    version: u16,
    /// A byte a cell, 255 for the strongest of its band in the bar.
    bars: Vec<u8>,
    /// When each bar begins, seconds.
    starts_s: Vec<f32>,
}

/// How alike two grooves are at best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrooveLikeness {
    /// -1..1: mean cosine of four bars, less what all music has, weighed by how unusual they are.
    pub score: f32,
    /// Where the phrase starts in the take, seconds.
    pub start_s: f64,
    /// Where its last bar starts in the take.
    pub end_s: f64,
    /// Where it starts in the track, seconds.
    pub track_start_s: f64,
    /// Where its last bar starts in the track.
    pub track_end_s: f64,
}

impl Groove {
    /// From mono samples at the analysis rate (22.05 kHz) and the bars that were heard in them.
    pub fn new(mono: &[f32], heard: &Listening) -> Result<Self, NotMeasured> {
        if mono.iter().any(|x| !x.is_finite()) || heard.downbeats_s.iter().any(|d| !d.is_finite()) {
            return Err(NotMeasured::NotNumbers);
        }
        if heard.downbeats_s.len() <= PHRASE {
            return Err(NotMeasured::NoBeat);
        }
        let frames = OnsetFrames::new(mono);
        let seconds = mono.len() as f64 / f64::from(RATE_HZ);
        let mut groove = Self { version: VERSION, bars: Vec::new(), starts_s: Vec::new() };
        for bar in heard.downbeats_s.windows(2).filter(|w| w[1] > w[0] && w[1] <= seconds) {
            let cells = cells(&frames, bar[0], bar[1]);
            groove.bars.extend(cells.map(|c| (255.0 * c).round() as u8));
            groove.starts_s.push(bar[0] as f32);
        }
        if groove.bars.iter().all(|b| *b == 0) { Err(NotMeasured::Silent) } else { Ok(groove) }
    }

    /// Number of bars.
    pub fn len(&self) -> usize {
        self.starts_s.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts_s.is_empty()
    }

    /// Strength of each cell of a bar, 0..1.
    pub fn bar(&self, bar: usize) -> [f32; CELLS] {
        let bytes = &self.bars[bar * CELLS..(bar + 1) * CELLS];
        std::array::from_fn(|i| f32::from(bytes[i]) / 255.0)
    }

    /// Each bar less the expected one, and its length over the usual length.
    fn unusual(&self) -> Vec<([f32; CELLS], f32)> {
        (0..self.len())
            .map(|bar| {
                let cells = self.bar(bar);
                let off: [f32; CELLS] = std::array::from_fn(|i| (cells[i] - EXPECTED[i]) / SPREAD);
                let length = off.iter().map(|x| x * x).sum::<f32>().sqrt();
                let usual = (CELLS as f32).sqrt();
                (off.map(|x| x / length.max(1e-6)), (length / usual).min(1.0))
            })
            .collect()
    }

    fn whole(&self) -> bool {
        self.version == VERSION && self.bars.len() == CELLS * self.len()
    }
}

/// Strongest onset of each band around each step, over the strongest of the bar.
fn cells(frames: &OnsetFrames, start_s: f64, end_s: f64) -> [f32; CELLS] {
    let mut cells = [0f32; CELLS];
    let step_s = (end_s - start_s) / STEPS as f64;
    for (band, strength) in [&frames.low, &frames.mid, &frames.high].into_iter().enumerate() {
        let own = &mut cells[band * STEPS..(band + 1) * STEPS];
        for (step, cell) in own.iter_mut().enumerate() {
            let at = |part: f64| {
                let second = start_s + (step as f64 + part) * step_s;
                ((second * frame_rate()).round().max(0.0) as usize).min(strength.len())
            };
            *cell = strength[at(-0.5)..at(0.5)].iter().copied().fold(0.0, f32::max);
        }
        let top = own.iter().copied().fold(0.0, f32::max);
        if top > 1e-6 {
            own.iter_mut().for_each(|c| *c /= top);
        }
    }
    cells
}

/// The phrases of a take and a track that are most alike, at the best rotation of their bars; `None`
/// where either has fewer than four bars.
pub fn compare(take: &Groove, track: &Groove) -> Option<GrooveLikeness> {
    if !take.whole() || !track.whole() || take.len() < PHRASE || track.len() < PHRASE {
        return None;
    }
    let (a, b) = (take.unusual(), track.unusual());
    let like = |i: usize, j: usize| -> f32 {
        let cosine: f32 = a[i].0.iter().zip(&b[j].0).map(|(x, y)| x * y).sum();
        cosine * a[i].1.min(b[j].1)
    };
    let table: Vec<Vec<f32>> =
        (0..a.len()).map(|i| (0..b.len()).map(|j| like(i, j)).collect()).collect();
    let mut best = GrooveLikeness {
        score: -1.0,
        start_s: 0.0,
        end_s: 0.0,
        track_start_s: 0.0,
        track_end_s: 0.0,
    };
    let at = |groove: &Groove, bar: usize| f64::from(groove.starts_s[bar]);
    for i in 0..=a.len() - PHRASE {
        for j in 0..=b.len() - PHRASE {
            for turn in 0..PHRASE {
                let sum: f32 = (0..PHRASE).map(|k| table[i + k][j + (k + turn) % PHRASE]).sum();
                if sum / PHRASE as f32 > best.score {
                    best = GrooveLikeness {
                        score: sum / PHRASE as f32,
                        start_s: at(take, i),
                        end_s: at(take, i + PHRASE - 1),
                        track_start_s: at(track, j),
                        track_end_s: at(track, j + PHRASE - 1),
                    };
                }
            }
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bar_s: f64, bars: usize) -> Listening {
        Listening {
            downbeats_s: (0..=bars).map(|b| bar_s * b as f64).collect(),
            ..super::super::tune::sketch::tests::listening()
        }
    }

    /// Clicks of a low and a high tone at these sixteenths.
    fn beat(low: &[usize], high: &[usize], bar_s: f64, bars: usize) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        let mut out = vec![0f32; (bar_s * bars as f64 * rate) as usize + 4_000];
        for bar in 0..bars {
            for (steps, hz) in [(low, 80.0), (high, 5_000.0)] {
                for step in steps {
                    let from = (bar_s * (bar as f64 + *step as f64 / 16.0) * rate) as usize;
                    for i in 0..1_500 {
                        let t = i as f64 / rate;
                        let wave = (std::f64::consts::TAU * hz * t).sin() * (-60.0 * t).exp();
                        out[from + i] += 0.4 * wave as f32;
                    }
                }
            }
        }
        out
    }

    fn groove(low: &[usize], high: &[usize], bar_s: f64) -> Groove {
        Groove::new(&beat(low, high, bar_s, 8), &heard(bar_s, 8)).unwrap()
    }

    #[test]
    fn the_same_beat_is_known_at_another_tempo() {
        let odd = groove(&[0, 3, 7, 10], &[2, 5, 6, 13], 2.0);
        let faster = groove(&[0, 3, 7, 10], &[2, 5, 6, 13], 1.7);
        let other = groove(&[0, 6, 9, 14], &[1, 4, 8, 11], 2.0);
        let same = compare(&odd, &faster).unwrap().score;
        let apart = compare(&odd, &other).unwrap().score;
        assert!(same > 0.6 && same > apart + 0.3, "{same} {apart}");
    }

    #[test]
    fn without_bars_nothing_is_said() {
        let samples = beat(&[0, 8], &[4, 12], 2.0, 8);
        assert_eq!(Groove::new(&samples, &heard(2.0, 2)), Err(NotMeasured::NoBeat));
        assert_eq!(Groove::new(&vec![0.0; 400_000], &heard(2.0, 8)), Err(NotMeasured::Silent));
        assert_eq!(
            Groove::new(&vec![f32::NAN; 400_000], &heard(2.0, 8)),
            Err(NotMeasured::NotNumbers)
        );
    }
}
