//! The stream in moments of a millisecond: what silence, gaps and cuts are read from.
//!
//! Must never keep more than a tenth of a second of them, beside one value for every hundredth.

use super::lanes;
use std::collections::VecDeque;

/// Moments a second.
pub const PER_SECOND: f64 = 1000.0;
/// Moments kept at either end.
const KEPT: usize = 120;

/// A millisecond, louder of the channels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Largest magnitude.
    pub peak: f32,
    /// Mean square.
    pub power: f32,
}

/// Cuts a stream into moments.
pub struct Moments {
    rate: f64,
    next_end: u64,
    count: u64,
    frames: u64,
    pending: [Vec<f32>; 2],
}

impl Moments {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let rate = f64::from(rate_hz);
        let next_end = (rate / PER_SECOND).round() as u64;
        let pending = [Vec::new(), Vec::new()];
        Self { rate, next_end, count: 0, frames: 0, pending }
    }

    /// Takes planes of equal length and hands on every moment that is full.
    pub fn push(&mut self, planes: &[&[f32]], mut each: impl FnMut(Moment)) {
        let frames = planes.first().map_or(0, |p| p.len());
        let mut at = 0;
        while at < frames {
            let missing = (self.next_end - self.frames) as usize;
            let end = (at + missing).min(frames);
            let whole = end - at == missing && self.pending[0].is_empty();
            let mut moment = Moment::default();
            for (pending, plane) in self.pending.iter_mut().zip(planes) {
                let piece = &plane[at..end];
                if whole {
                    moment = moment.louder(piece);
                } else {
                    pending.extend_from_slice(piece);
                    if end - at == missing {
                        moment = moment.louder(pending);
                        pending.clear();
                    }
                }
            }
            self.frames += (end - at) as u64;
            if end - at == missing {
                self.count += 1;
                // Rates that are no multiple of 1000 give moments of one sample more or less.
                let next = ((self.count + 1) as f64 * self.rate / PER_SECOND).round() as u64;
                self.next_end = next.max(self.frames + 1);
                each(moment);
            }
            at = end;
        }
    }
}

impl Moment {
    fn louder(self, samples: &[f32]) -> Self {
        let power = lanes::dot(samples, samples) / samples.len().max(1) as f32;
        Self { peak: self.peak.max(lanes::peak(samples)), power: self.power.max(power) }
    }
}

/// The first and the last moments of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ends {
    /// From the start.
    pub first: Vec<Moment>,
    /// To the end.
    pub last: VecDeque<Moment>,
}

impl Ends {
    /// Takes the next moment.
    pub fn push(&mut self, moment: Moment) {
        if self.first.len() < KEPT {
            self.first.push(moment);
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_drift_or_depend_on_blocks() {
        let plane: Vec<f32> = (0..44_100).map(|i| ((i * 7919) % 1000) as f32 / 1000.0).collect();
        let cut = |block: usize| {
            let mut moments = Moments::new(44_100);
            let mut found = Vec::new();
            for piece in plane.chunks(block) {
                moments.push(&[piece, piece], |m| found.push(m));
            }
            found
        };
        let found = cut(44_100);
        assert_eq!(found.len(), 1000);
        assert_eq!(found, cut(17));
        assert_eq!(found, cut(1000));
        assert!(found.iter().all(|m| m.peak > 0.5 && m.power > 0.05));
    }
}
