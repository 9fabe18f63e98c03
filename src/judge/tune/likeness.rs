//! Two sketches against each other: how much of one's harmony and tune the other has, where, in
//! which key and at which speed.
//!
//! Full chroma finds the same progression and form; the treble without what is held finds the same
//! tune. Must never turn a value into a verdict: that is [`super::rules`].

use super::qmax::{Alike, Field, Passage, Rule};
use super::sketch::{NotMeasured, Sketch};

/// The same progression and form (Serrà 2009 with the values of Essentia).
pub const PROGRESSION: Rule =
    Rule { window: 9, alike: Alike::Mutual(0.095), open: 0.5, go_on: 0.5 };
/// The same tune through most of a piece.
pub const WHOLE: Rule = Rule { window: 8, alike: Alike::Mutual(0.05), open: 5.0, go_on: 0.5 };
/// The same tune in a passage: Q is nearly the number of matching eighths.
pub const PART: Rule = Rule { window: 8, alike: Alike::Under(0.55), open: 5.0, go_on: 0.5 };
/// Transpositions that are tried.
const KEYS: usize = 3;
/// Speeds of a copy, over the original's, that are looked for.
const SPEEDS: (f64, f64) = (0.7, 1.45);
/// Passages of fewer matching eighths are not listed.
pub const LEAST_PASSAGE: f32 = 12.0;
/// Eighths that what is held is measured over.
const HELD: usize = 9;
/// Least share of the median level that a step's tune must reach to count wholly.
const SOFT: f32 = 0.35;

/// A grid: how many sixteenths are one step.
#[derive(Clone, Debug, Default)]
struct Grid {
    full: Vec<[f32; 12]>,
    tune: Vec<[f32; 12]>,
    /// Edges of the steps, seconds.
    edges_s: Vec<f64>,
}

/// A sketch made ready to be compared many times.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Steps of one, two and four sixteenths.
    grids: [Grid; 3],
    quarter_s: f64,
    on_beats: bool,
}

impl Prepared {
    /// Makes a sketch ready.
    pub fn new(sketch: &Sketch) -> Result<Self, NotMeasured> {
        sketch.check()?;
        let (full, treble) = sketch.steps();
        let edges_s = sketch.edges_s();
        let grids = [1, 2, 4].map(|n| Grid {
            full: pooled(&full, n).into_iter().map(unit).collect(),
            tune: tune(&pooled(&treble, n)),
            edges_s: edges_s.iter().copied().step_by(n).collect(),
        });
        let says = grids[1].tune.iter().filter(|v| v.iter().any(|x| *x > 0.0)).count();
        if says < PART.window {
            return Err(NotMeasured::NoPitch);
        }
        Ok(Self { grids, quarter_s: sketch.quarter_s(), on_beats: sketch.on_beats() })
    }
}

/// A passage of a take that follows a passage of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TuneSpan {
    /// Matching eighths.
    pub eighths: f32,
    /// Where it starts in the take, seconds.
    pub start_s: f64,
    /// Where it ends in the take, seconds.
    pub end_s: f64,
    /// Where it starts in the track, seconds.
    pub track_start_s: f64,
    /// Where it ends in the track, seconds.
    pub track_end_s: f64,
    /// Semitones that the take is above the track, -5..6.
    pub transposition: i32,
    /// The take's speed over the track's.
    pub tempo_ratio: f64,
}

/// What was measured between two sketches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Likeness {
    /// Qmax of the full chroma: the same progression and form.
    pub progression: f32,
    /// Qmax of the tune, mutual nearest windows.
    pub whole: f32,
    /// Qmax of the tune, windows under a fixed distance.
    pub part: f32,
    /// Passages with the same tune, best first.
    pub spans: Vec<TuneSpan>,
}

/// Compares a take with a track.
pub fn compare(take: &Prepared, track: &Prepared) -> Likeness {
    let mut found = Likeness::default();
    for (a, b) in pairs(take, track) {
        let (a, b) = (&take.grids[a], &track.grids[b]);
        for semitones in keys(&a.full, &b.full, 2) {
            let field = Field::new(&a.full, &b.full, semitones, PROGRESSION.window);
            found.progression = found.progression.max(field.q_max(&PROGRESSION));
        }
        // A passage may be in any key, whatever the keys of the whole pieces are.
        let likely = keys(&a.full, &b.full, KEYS);
        for semitones in 0..12 {
            let field = Field::new(&a.tune, &b.tune, semitones, PART.window);
            let part = field.q_max(&PART);
            if part >= LEAST_PASSAGE {
                let passages = field.passages(&PART, LEAST_PASSAGE);
                found.spans.extend(passages.iter().map(|p| span(p, a, b, semitones)));
            }
            found.part = found.part.max(part);
            if likely.contains(&semitones) {
                found.whole = found.whole.max(field.q_max(&WHOLE));
            }
        }
    }
    found.spans = apart(std::mem::take(&mut found.spans));
    found
}

/// The best of spans that overlap in the take.
fn apart(mut spans: Vec<TuneSpan>) -> Vec<TuneSpan> {
    spans.sort_by(|x, y| y.eighths.total_cmp(&x.eighths).then(x.start_s.total_cmp(&y.start_s)));
    let mut kept: Vec<TuneSpan> = Vec::new();
    for span in spans {
        if kept.iter().all(|k| span.end_s <= k.start_s || span.start_s >= k.end_s) {
            kept.push(span);
        }
    }
    kept
}

/// Grids of both that bring the speeds within reach of each other. Beats of twice or half the speed
/// of the music are common; a copy at half speed is not.
fn pairs(take: &Prepared, track: &Prepared) -> Vec<(usize, usize)> {
    if !(take.on_beats && track.on_beats) {
        return vec![(1, 1)];
    }
    // Steps of the take over steps of the track, in seconds.
    let ratio = take.quarter_s / track.quarter_s;
    let near: Vec<(usize, usize)> = [((1, 1), 1.0), ((0, 1), 0.5), ((1, 0), 2.0)]
        .into_iter()
        .filter(|(_, times)| (SPEEDS.0..=SPEEDS.1).contains(&(ratio * times)))
        .map(|(pair, _)| pair)
        .collect();
    if near.is_empty() { vec![(1, 1)] } else { near }
}

fn span(passage: &Passage, a: &Grid, b: &Grid, semitones: usize) -> TuneSpan {
    let at =
        |grid: &Grid, step: usize| grid.edges_s[step.min(grid.edges_s.len().saturating_sub(1))];
    let (start_s, end_s) = (at(a, passage.a.0), at(a, passage.a.1));
    let (track_start_s, track_end_s) = (at(b, passage.b.0), at(b, passage.b.1));
    let semitones = semitones as i32;
    TuneSpan {
        eighths: passage.q,
        start_s,
        end_s,
        track_start_s,
        track_end_s,
        transposition: if semitones > 6 { semitones - 12 } else { semitones },
        tempo_ratio: (track_end_s - track_start_s) / (end_s - start_s).max(1e-6),
    }
}

/// The transpositions under which the sums of both are most alike, best first (optimal transposition
/// index, Serrà 2009): semitones that the first is above the second.
fn keys(a: &[[f32; 12]], b: &[[f32; 12]], count: usize) -> Vec<usize> {
    let sum = |steps: &[[f32; 12]]| -> [f32; 12] {
        std::array::from_fn(|c| steps.iter().map(|s| s[c]).sum())
    };
    let (a, b) = (sum(a), sum(b));
    let like = |k: usize| (0..12).map(|c| a[c] * b[(c + 12 - k) % 12]).sum::<f32>();
    let mut order: Vec<(usize, f32)> = (0..12).map(|k| (k, like(k))).collect();
    order.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
    order.into_iter().take(count).map(|(k, _)| k).collect()
}

/// Means of `n` steps each.
fn pooled(steps: &[[f32; 12]], n: usize) -> Vec<[f32; 12]> {
    let mean = |part: &[[f32; 12]]| -> [f32; 12] {
        std::array::from_fn(|c| part.iter().map(|s| s[c]).sum::<f32>() / n as f32)
    };
    steps.chunks_exact(n).map(mean).collect()
}

fn unit(v: [f32; 12]) -> [f32; 12] {
    let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 1e-4 { v.map(|x| x / norm) } else { [0.0; 12] }
}

/// Takes out of each class what is held, its running median, and scales what is left; steps with
/// little left stay shorter than one.
fn tune(steps: &[[f32; 12]]) -> Vec<[f32; 12]> {
    let half = HELD / 2;
    let mut moving = vec![[0f32; 12]; steps.len()];
    let mut window = Vec::with_capacity(HELD);
    for t in 0..steps.len() {
        let near = t.saturating_sub(half)..(t + half + 1).min(steps.len());
        for class in 0..12 {
            window.clear();
            window.extend(steps[near.clone()].iter().map(|s| s[class]));
            let middle = window.len() / 2;
            let (_, held, _) = window.select_nth_unstable_by(middle, f32::total_cmp);
            moving[t][class] = (steps[t][class] - *held).max(0.0);
        }
    }
    let length = |v: &[f32; 12]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let mut lengths: Vec<f32> = moving.iter().map(length).filter(|l| *l > 0.0).collect();
    if lengths.is_empty() {
        return moving;
    }
    let middle = lengths.len() / 2;
    let (_, median, _) = lengths.select_nth_unstable_by(middle, f32::total_cmp);
    let enough = SOFT * *median;
    let scale = |v: [f32; 12]| {
        let l = length(&v);
        v.map(|x| x / l.max(enough).max(1e-6))
    };
    moving.into_iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sketch::tests::{heard, listening, tune};
    use super::*;

    fn prepared(seed: u32, semitones: f64, speed: f64) -> Prepared {
        let sketch = Sketch::new(&tune(seed, 40.0, semitones, speed), &heard(40.0, speed)).unwrap();
        Prepared::new(&sketch).unwrap()
    }

    #[test]
    fn a_tune_is_found_in_another_key_and_tempo() {
        let like = compare(&prepared(1, 3.0, 1.1), &prepared(1, 0.0, 1.0));
        assert!(like.part > 80.0 && like.whole > 80.0, "{like:?}");
        let span = like.spans[0];
        assert_eq!(span.transposition, 3);
        assert!((span.tempo_ratio - 1.1).abs() < 0.03, "{span:?}");
        assert!(span.start_s < 2.0 && span.track_start_s < 2.0, "{span:?}");
    }

    #[test]
    fn another_tune_is_not() {
        let like = compare(&prepared(1, 0.0, 1.0), &prepared(2, 0.0, 1.0));
        assert!(like.part < LEAST_PASSAGE && like.spans.is_empty(), "{like:?}");
    }

    #[test]
    fn beats_at_half_the_speed_are_seen_through() {
        let samples = tune(1, 40.0, 0.0, 1.0);
        let mut slow = heard(40.0, 1.0);
        slow.beats_s = slow.beats_s.iter().copied().step_by(2).collect();
        let slow = Prepared::new(&Sketch::new(&samples, &slow).unwrap()).unwrap();
        for (a, b) in [(&slow, &prepared(1, 0.0, 1.0)), (&prepared(1, 0.0, 1.0), &slow)] {
            let like = compare(a, b);
            assert!(like.part > 80.0, "{like:?}");
        }
    }

    #[test]
    fn without_a_beat_the_same_sound_is_still_found() {
        let samples = tune(1, 40.0, 0.0, 1.0);
        let sketch = Sketch::new(&samples, &listening()).unwrap();
        let prepared = Prepared::new(&sketch).unwrap();
        assert!(compare(&prepared, &prepared).part > 80.0);
    }

    #[test]
    fn a_held_tone_has_no_tune() {
        let tone: Vec<f32> = (0..441_000)
            .map(|i| (std::f64::consts::TAU * 440.0 * f64::from(i) / 22_050.0).sin() as f32 * 0.2)
            .collect();
        let sketch = Sketch::new(&tone, &listening()).unwrap();
        let found = Prepared::new(&sketch).map(|p| compare(&p, &p).part);
        assert!(
            matches!(found, Err(NotMeasured::NoPitch)) || found.is_ok_and(|q| q < LEAST_PASSAGE)
        );
    }
}
