//! Overview of a waveform: the lowest and highest sample of equal stretches.
//!
//! For drawing only. Must never be used to measure.

use serde::{Deserialize, Serialize};

/// Lowest and highest sample of each stretch, as signed bytes (127 = full scale).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks {
    /// Low and high of each stretch.
    pub spans: Vec<(i8, i8)>,
}

/// Collects an overview from a stream of unknown length by halving its resolution when it is full.
pub struct PeakMeter {
    stretch: usize,
    filled: usize,
    low: f32,
    high: f32,
    spans: Vec<(i8, i8)>,
    most: usize,
}

impl PeakMeter {
    /// At most `most` stretches (an even number), at least half as many for long sounds.
    pub fn new(most: usize) -> Self {
        Self { stretch: 64, filled: 0, low: 0.0, high: 0.0, spans: Vec::new(), most }
    }

    /// Takes mono samples.
    pub fn push(&mut self, samples: &[f32]) {
        for sample in samples {
            self.low = self.low.min(*sample);
            self.high = self.high.max(*sample);
            self.filled += 1;
            if self.filled == self.stretch {
                self.close();
            }
        }
    }

    /// The overview.
    pub fn finish(mut self) -> Peaks {
        if self.filled > 0 {
            self.close();
        }
        Peaks { spans: self.spans }
    }

    fn close(&mut self) {
        let byte = |x: f32| (x.clamp(-1.0, 1.0) * 127.0).round() as i8;
        self.spans.push((byte(self.low), byte(self.high)));
        (self.filled, self.low, self.high) = (0, 0.0, 0.0);
        if self.spans.len() >= self.most {
            self.spans = self
                .spans
                .chunks(2)
                .map(|c| c.iter().fold((0, 0), |(l, h), s| (l.min(s.0), h.max(s.1))))
                .collect();
            self.stretch *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_survive_halving() {
        let mut samples = vec![0.1f32; 1_000_000];
        samples[700_000] = -1.0;
        samples[300_000] = 0.9;
        let mut meter = PeakMeter::new(1024);
        for block in samples.chunks(999) {
            meter.push(block);
        }
        let peaks = meter.finish();
        assert!((512..=1024).contains(&peaks.spans.len()), "{}", peaks.spans.len());
        assert_eq!(peaks.spans.iter().map(|s| s.0).min(), Some(-127));
        assert_eq!(peaks.spans.iter().map(|s| s.1).max(), Some(114));
        let place =
            peaks.spans.iter().position(|s| s.0 == -127).unwrap() as f64 / peaks.spans.len() as f64;
        assert!((place - 0.7).abs() < 0.01, "{place}");
    }
}
