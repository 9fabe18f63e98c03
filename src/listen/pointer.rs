//! A pointer that moves round the bar: beats and bars that fit what the network heard.
//!
//! The hidden Markov model of Krebs, Böck & Widmer ("An efficient state-space model for joint tempo
//! and meter tracking", ISMIR 2015): a state is a beat of the bar, a length of the beat in frames,
//! and a place in it. The pointer steps on by one frame at a time, and may change its speed only
//! where a beat begins. Must never say how many beats a bar has: it is asked for one number at a
//! time and answers how likely the best path is.

/// What the network heard in one frame: chance of a beat and of the first beat of a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// Any beat, 0..1.
    pub beat: f32,
    /// The first of a bar, 0..1, not more than `beat`.
    pub bar: f32,
}

/// Beats that fit best.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Frame of each beat, and its number in the bar from 0.
    pub beats: Vec<(usize, usize)>,
    /// Log likelihood a frame.
    pub likelihood: f64,
}

/// Slowest and fastest beat, beats a minute.
const SLOWEST_BPM: f64 = 40.0;
const FASTEST_BPM: f64 = 220.0;
/// How firmly a tempo is kept: weight of relative changes of the beat's length.
const STEADINESS: f32 = 100.0;
/// The part of a beat in which it is heard, and of a rest in which it is not.
const PARTS: f32 = 16.0;
/// Least chance of anything, against frames that the network is too sure of.
const FLOOR: f32 = 1e-4;

/// The best path of a pointer with `per_bar` beats to a bar; `None` when there are too few frames
/// for a bar.
pub fn follow(heard: &[Heard], per_bar: usize, frame_rate: f64) -> Option<Path> {
    let space = Space::new(per_bar, frame_rate);
    if heard.len() < 2 * space.longest() {
        return None;
    }
    let mut scores = vec![0f32; space.states];
    let mut next = vec![0f32; space.states];
    let mut came_from: Vec<u8> = Vec::with_capacity(heard.len() * space.chains());
    let mut total = 0f64;
    for frame in heard {
        let best = space.step(&scores, &mut next, *frame, &mut came_from);
        // Kept near zero, so that an hour of frames loses no precision.
        next.iter_mut().for_each(|s| *s -= best);
        total += f64::from(best);
        std::mem::swap(&mut scores, &mut next);
    }
    let beats = space.walk_back(&scores, &came_from, heard.len());
    Some(Path {
        beats: beats.into_iter().map(|b| (plainest(heard, b.0, b.2), b.1)).collect(),
        likelihood: total / heard.len() as f64,
    })
}

/// Where within the part of a beat in which it may be heard it is heard most plainly.
fn plainest(heard: &[Heard], frame: usize, length: usize) -> usize {
    let last = (frame + near(length)).min(heard.len());
    (frame..last).fold(frame, |best, t| if heard[t].beat > heard[best].beat { t } else { best })
}

/// Frames of a beat in which it may be heard.
fn near(length: usize) -> usize {
    (length as f32 / PARTS).ceil() as usize
}

/// The states: for each beat of the bar a chain for each length, for each place in it one state.
struct Space {
    per_bar: usize,
    shortest: usize,
    lengths: usize,
    /// First state of each length within a beat's states.
    starts: Vec<usize>,
    states: usize,
    /// For each length, the first length it may come from and the log chance of each.
    changes: Vec<(usize, Vec<f32>)>,
}

impl Space {
    fn new(per_bar: usize, frame_rate: f64) -> Self {
        let shortest = (60.0 / FASTEST_BPM * frame_rate).floor() as usize;
        let longest = (60.0 / SLOWEST_BPM * frame_rate).ceil() as usize;
        let lengths = longest - shortest + 1;
        let starts: Vec<usize> =
            (0..lengths).scan(0, |at, i| Some(std::mem::replace(at, *at + shortest + i))).collect();
        let per_beat = starts[lengths - 1] + longest;
        let changes = (0..lengths).map(|to| changes(to, shortest, lengths)).collect();
        Self { per_bar, shortest, lengths, starts, states: per_bar * per_beat, changes }
    }

    fn longest(&self) -> usize {
        self.shortest + self.lengths - 1
    }

    fn chains(&self) -> usize {
        self.per_bar * self.lengths
    }

    fn per_beat(&self) -> usize {
        self.states / self.per_bar
    }

    /// One frame: moves all pointers, returns the best score.
    fn step(&self, old: &[f32], new: &mut [f32], heard: Heard, came_from: &mut Vec<u8>) -> f32 {
        let silent = ((1.0 - heard.beat).max(FLOOR) / (PARTS - 1.0)).ln();
        let first = heard.bar.max(FLOOR).ln();
        let other = (heard.beat - heard.bar).max(FLOOR).ln();
        let per_beat = self.per_beat();
        let mut best = f32::NEG_INFINITY;
        for beat in 0..self.per_bar {
            let loud = if beat == 0 { first } else { other };
            let here = beat * per_beat;
            let before = (beat + self.per_bar - 1) % self.per_bar * per_beat;
            for length in 0..self.lengths {
                let frames = self.shortest + length;
                let chain = here + self.starts[length];
                let (from, score) = self.enter(old, before, length);
                came_from.push(from);
                let near = near(frames).max(1);
                new[chain] = score + loud;
                let (old, new) = (&old[chain..chain + frames], &mut new[chain..chain + frames]);
                for place in 1..near {
                    new[place] = old[place - 1] + loud;
                }
                for (n, o) in new[near..].iter_mut().zip(&old[near - 1..]) {
                    *n = o + silent;
                }
                best = new.iter().fold(best, |b, s| b.max(*s));
            }
        }
        best
    }

    /// The best way into a beat of this length from the ends of the beat before.
    fn enter(&self, old: &[f32], before: usize, to: usize) -> (u8, f32) {
        let (first, chances) = &self.changes[to];
        let mut best = (0, f32::NEG_INFINITY);
        for (i, chance) in chances.iter().enumerate() {
            let length = first + i;
            let end = before + self.starts[length] + self.shortest + length - 1;
            let score = old[end] + chance;
            if score > best.1 {
                best = (length as u8, score);
            }
        }
        best
    }

    /// Frame, number in the bar and length of each beat of the best path.
    fn walk_back(
        &self,
        scores: &[f32],
        came_from: &[u8],
        frames: usize,
    ) -> Vec<(usize, usize, usize)> {
        let top = (0..self.states).fold(0, |b, s| if scores[s] > scores[b] { s } else { b });
        let (mut beat, rest) = (top / self.per_beat(), top % self.per_beat());
        let mut length = self.starts.partition_point(|s| *s <= rest) - 1;
        let mut place = rest - self.starts[length];
        let mut beats = Vec::new();
        let mut frame = frames - 1;
        loop {
            if frame < place {
                break;
            }
            frame -= place;
            beats.push((frame, beat, self.shortest + length));
            let from = came_from[frame * self.chains() + beat * self.lengths + length];
            let Some(previous) = frame.checked_sub(1) else { break };
            frame = previous;
            beat = (beat + self.per_bar - 1) % self.per_bar;
            length = usize::from(from);
            place = self.shortest + length - 1;
        }
        beats.reverse();
        beats
    }
}

/// Log chances of coming from each length to this one; those under e^-12 are left out.
fn changes(to: usize, shortest: usize, lengths: usize) -> (usize, Vec<f32>) {
    let frames = (shortest + to) as f32;
    let cost = |from: usize| STEADINESS * ((shortest + from) as f32 / frames - 1.0).abs();
    let near: Vec<usize> = (0..lengths).filter(|from| cost(*from) < 12.0).collect();
    let sum: f32 = near.iter().map(|from| (-cost(*from)).exp()).sum();
    let chances = near.iter().map(|from| -cost(*from) - sum.ln()).collect();
    (near[0], chances)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 86.0;

    /// Beats every `step` frames, the first of every `per_bar` plainer.
    fn click(step: f64, per_bar: usize, frames: usize) -> Vec<Heard> {
        let mut heard = vec![Heard { beat: 0.02, bar: 0.005 }; frames];
        let mut n = 0;
        while (5.0 + step * n as f64) < frames as f64 {
            let at = (5.0 + step * n as f64) as usize;
            let bar = if n % per_bar == 0 { 0.7 } else { 0.05 };
            heard[at] = Heard { beat: 0.8, bar };
            n += 1;
        }
        heard
    }

    #[test]
    fn steady_beats_are_found_with_their_numbers() {
        for (step, per_bar) in [(43.0, 4), (30.5, 3), (60.2, 2)] {
            let heard = click(step, per_bar, 2_000);
            let path = follow(&heard, per_bar, RATE).unwrap();
            for (frame, number) in path.beats.iter().filter(|b| b.0 > 200) {
                let n = (*frame as f64 - 5.0) / step;
                assert!((n - n.round()).abs() * step < 2.5, "{step}: {frame}");
                assert_eq!(n.round() as usize % per_bar, *number, "{step} {per_bar}");
            }
        }
    }

    #[test]
    fn the_right_number_of_beats_fits_best() {
        for per_bar in [3, 4] {
            let heard = click(40.0, per_bar, 3_000);
            let fit = |n| follow(&heard, n, RATE).unwrap().likelihood;
            assert!(fit(per_bar) > fit(7 - per_bar), "{per_bar}");
        }
    }

    #[test]
    fn a_tempo_may_change_slowly() {
        let mut heard = vec![Heard { beat: 0.02, bar: 0.005 }; 4_000];
        let (mut at, mut step, mut truth) = (10.0, 40.0, Vec::new());
        while at < 3_999.0 {
            heard[at as usize] =
                Heard { beat: 0.8, bar: if truth.len() % 4 == 0 { 0.7 } else { 0.05 } };
            truth.push(at);
            at += step;
            step *= 1.004;
        }
        let path = follow(&heard, 4, RATE).unwrap();
        let found = |t: &f64| path.beats.iter().any(|b| (b.0 as f64 - t).abs() < 3.0);
        let hits = truth.iter().skip(4).filter(|t| found(t)).count();
        assert!(hits + 3 > truth.len() - 4, "{hits} of {}", truth.len());
    }

    #[test]
    fn a_moment_is_too_short() {
        assert_eq!(follow(&[Heard::default(); 50], 4, RATE), None);
    }
}
