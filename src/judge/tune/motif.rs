//! The same notes in two lines: transposition and tempo do not count, ornaments may stand between,
//! and what is rare weighs more than what all music has.
//!
//! Runs of three intervals with their rhythm name the transpositions worth a look; along each, equal
//! notes are joined while their times keep one ratio (Smith & Waterman 1981 with bits as scores).
//! Every interval weighs its information under `background`, and a figure that comes again
//! weighs next to nothing, so that an ostinato is one figure and not a hundred. Must never count the
//! same figure twice.

use super::background;
use super::line::Line;
use std::collections::{BTreeMap, BTreeSet};

/// Intervals of a seed.
const SEED: usize = 3;
/// Transpositions that are looked at.
const KEYS: usize = 4;
/// Notes of either line that may stand between two that match.
const REACH: usize = 3;
/// Bits that each note between costs.
const SKIP_BITS: f32 = 1.5;
/// Bits that a note at another time costs.
const LATE_BITS: f32 = 4.0;
/// Bits of a note that follows a note between: one of about seven of a scale.
const AFTER_SKIP_BITS: f32 = 1.5;
/// Bits for a rhythm kept over a note between.
const KEPT_TIME_BITS: f32 = 0.5;
/// How far times may be apart: seconds, or this share of the time since the note before.
const SLACK: (f32, f32) = (0.06, 0.16);
/// Speeds of a copy over the original.
const SPEEDS: (f32, f32) = (0.45, 2.2);
/// What a figure weighs when it comes again.
const AGAIN: f32 = 0.1;

/// A passage with the same notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotifSpan {
    /// Information in the figures that match, each counted once, bits.
    pub bits: f32,
    /// Notes that match.
    pub notes: usize,
    /// Where it starts in the take, seconds.
    pub start_s: f64,
    /// Where its last note starts in the take, seconds.
    pub end_s: f64,
    /// Where it starts in the track, seconds.
    pub track_start_s: f64,
    /// Where its last note starts in the track, seconds.
    pub track_end_s: f64,
    /// Semitones that the take is above the track, octaves included.
    pub transposition: i32,
    /// The take's speed over the track's.
    pub tempo_ratio: f64,
}

/// The passage of most bits over all pairs of lines; `None` where nothing matches.
pub fn best(take: &[Line], track: &[Line]) -> Option<MotifSpan> {
    let pairs = take.iter().flat_map(|a| track.iter().map(move |b| (a, b)));
    pairs.filter_map(|(a, b)| between(a, b)).max_by(|x, y| x.bits.total_cmp(&y.bits))
}

fn between(a: &Line, b: &Line) -> Option<MotifSpan> {
    let costs = bits(a);
    let paths = keys(a, b).into_iter().filter_map(|key| path(a, b, key, &costs).map(|p| (key, p)));
    paths.map(|(key, path)| span(a, b, key, &path, &costs)).max_by(|x, y| x.bits.total_cmp(&y.bits))
}

/// Information of each note of a line: its interval, and its rhythm.
fn bits(line: &Line) -> Vec<(f32, f32)> {
    (0..line.len())
        .map(|i| {
            if i == 0 {
                return (0.0, 0.0);
            }
            let before =
                if i > 1 { Some((line.interval(i - 1), line.rhythm(i - 1))) } else { None };
            background::bits(line.interval(i), line.rhythm(i), before)
        })
        .collect()
}

/// What a run of intervals ends with at a note.
fn figure(line: &Line, note: usize) -> [u8; 2 * SEED] {
    let mut figure = [0; 2 * SEED];
    for k in 0..SEED {
        figure[2 * k] = line.interval(note - k) as u8;
        figure[2 * k + 1] = if k + 1 < SEED { line.rhythm(note - k) as u8 } else { 0 };
    }
    figure
}

/// The transpositions that most figures have in common, by information.
fn keys(a: &Line, b: &Line) -> Vec<i32> {
    let mut places: BTreeMap<[u8; 2 * SEED], BTreeSet<u8>> = BTreeMap::new();
    for j in SEED..b.len() {
        places.entry(figure(b, j)).or_default().insert(b.midi[j]);
    }
    let costs = bits(a);
    let mut votes: BTreeMap<i32, f32> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for i in SEED..a.len() {
        let figure = figure(a, i);
        let Some(found) = places.get(&figure) else { continue };
        for midi in found {
            let key = i32::from(a.midi[i]) - i32::from(*midi);
            // Once a figure and key: repeats say nothing new.
            if seen.insert((figure, key)) {
                let weight: f32 = (0..SEED).map(|k| costs[i - k].0).sum();
                *votes.entry(key).or_default() += weight;
            }
        }
    }
    let mut order: Vec<(i32, f32)> = votes.into_iter().collect();
    order.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
    order.into_iter().take(KEYS).map(|(key, _)| key).collect()
}

/// A cell of the alignment.
#[derive(Clone, Copy)]
struct Cell {
    score: f32,
    /// The cell before, in the list of cells; `u32::MAX` for none.
    from: u32,
    /// First pair of the path.
    start: (u32, u32),
    at: (u32, u32),
}

/// The best path of equal notes: pairs of note numbers in order.
fn path(a: &Line, b: &Line, key: i32, costs: &[(f32, f32)]) -> Option<Vec<(usize, usize)>> {
    let mut cells: Vec<Cell> = Vec::new();
    // Cells of the last rows by column.
    let none = u32::MAX;
    let mut rows = vec![vec![none; b.len()]; REACH + 2];
    let mut best: Option<usize> = None;
    for i in 0..a.len() {
        let slot = i % (REACH + 2);
        rows[slot].fill(none);
        for j in 0..b.len() {
            if i32::from(a.midi[i]) != i32::from(b.midi[j]) + key {
                continue;
            }
            let (at, alone) = ((i as u32, j as u32), (i as u32, j as u32));
            let mut cell = Cell { score: 0.0, from: none, start: alone, at };
            for di in 1..=(REACH + 1).min(i) {
                for dj in 1..=(REACH + 1).min(j) {
                    let number = rows[(i - di) % (REACH + 2)][j - dj];
                    let Some(before) = cells.get(number as usize) else { continue };
                    let Some(gain) = gain(a, b, before, (i, j), costs) else { continue };
                    if before.score + gain > cell.score {
                        let score = before.score + gain;
                        cell = Cell { score, from: number, start: before.start, at };
                    }
                }
            }
            rows[slot][j] = cells.len() as u32;
            if best.is_none_or(|b: usize| cells[b].score < cell.score) {
                best = Some(cells.len());
            }
            cells.push(cell);
        }
    }
    let mut pairs = Vec::new();
    let mut at = best.filter(|b| cells[*b].score > 0.0)? as u32;
    while let Some(cell) = cells.get(at as usize) {
        pairs.push((cell.at.0 as usize, cell.at.1 as usize));
        at = cell.from;
    }
    pairs.reverse();
    Some(pairs)
}

/// Bits gained by going on from a cell to a pair; `None` where the speeds are out of reach.
fn gain(
    a: &Line,
    b: &Line,
    before: &Cell,
    to: (usize, usize),
    costs: &[(f32, f32)],
) -> Option<f32> {
    let (i, j) = (before.at.0 as usize, before.at.1 as usize);
    let (i0, j0) = (before.start.0 as usize, before.start.1 as usize);
    let (step_a, step_b) = (a.starts_s[to.0] - a.starts_s[i], b.starts_s[to.1] - b.starts_s[j]);
    let first = i == i0;
    // The path's own ratio of times; its first step sets it.
    let ratio = if first {
        step_b / step_a.max(0.02)
    } else {
        (b.starts_s[j] - b.starts_s[j0]) / (a.starts_s[i] - a.starts_s[i0]).max(0.02)
    };
    if !(SPEEDS.0..=SPEEDS.1).contains(&ratio) {
        return None;
    }
    let off = (step_b - ratio * step_a).abs();
    let in_time = off <= SLACK.0.max(SLACK.1 * step_b);
    let skipped = (to.0 - i - 1) + (to.1 - j - 1);
    let (pitch, rhythm) = if skipped == 0 {
        costs[to.0]
    } else {
        (AFTER_SKIP_BITS - SKIP_BITS * skipped as f32, KEPT_TIME_BITS)
    };
    Some(pitch + if in_time { if first { 0.0 } else { rhythm } } else { -LATE_BITS })
}

/// What a path amounts to, with every figure counted once.
fn span(a: &Line, b: &Line, key: i32, path: &[(usize, usize)], costs: &[(f32, f32)]) -> MotifSpan {
    let mut seen = BTreeSet::new();
    let mut total = 0.0;
    for pair in path.windows(2) {
        let ((i, j), (next_i, next_j)) = (pair[0], pair[1]);
        if next_i == i + 1 && next_j == j + 1 {
            let (pitch, rhythm) = costs[next_i];
            let known = next_i >= SEED && !seen.insert(figure(a, next_i));
            total += (pitch + rhythm) * if known { AGAIN } else { 1.0 };
        } else {
            let skipped = (next_i - i - 1) + (next_j - j - 1);
            total += AFTER_SKIP_BITS - SKIP_BITS * skipped as f32;
        }
    }
    let (first, last) = (path[0], path[path.len() - 1]);
    let at = |line: &Line, note: usize| f64::from(line.starts_s[note]);
    let (start_s, end_s) = (at(a, first.0), at(a, last.0));
    let (track_start_s, track_end_s) = (at(b, first.1), at(b, last.1));
    MotifSpan {
        bits: total.max(0.0),
        notes: path.len(),
        start_s,
        end_s,
        track_start_s,
        track_end_s,
        transposition: key,
        tempo_ratio: (track_end_s - track_start_s) / (end_s - start_s).max(1e-6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of these steps and times, from a little generator.
    fn line(seed: u32, notes: usize) -> Line {
        let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
        let mut draw = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        let (mut at, mut midi) = (0.0f32, 66i32);
        let mut line = Line::default();
        for _ in 0..notes {
            line.starts_s.push(at);
            line.midi.push(midi as u8);
            at += [0.25, 0.25, 0.5, 0.75][draw(4) as usize];
            midi = (midi + [-5, -3, -2, -1, 1, 2, 3, 4][draw(8) as usize]).clamp(48, 84);
        }
        line
    }

    fn moved(line: &Line, semitones: i32, speed: f32, later_s: f32) -> Line {
        Line {
            starts_s: line.starts_s.iter().map(|t| t / speed + later_s).collect(),
            midi: line.midi.iter().map(|m| (i32::from(*m) + semitones) as u8).collect(),
        }
    }

    #[test]
    fn a_tune_is_known_in_another_key_and_tempo() {
        let track = line(1, 60);
        let take = moved(&track, 4, 1.12, 3.0);
        let span = best(&[take], &[track]).unwrap();
        assert_eq!((span.transposition, span.notes), (4, 60));
        assert!((span.tempo_ratio - 1.12).abs() < 0.02, "{span:?}");
        assert!((span.start_s - 3.0).abs() < 0.01 && span.track_start_s < 0.01);
        assert!(span.bits > 150.0, "{span:?}");
    }

    #[test]
    fn a_passage_with_changed_notes_is_one_passage() {
        let track = line(2, 80);
        let mut take = line(3, 60);
        let copied = moved(&track, -2, 0.95, 0.0);
        let shift = take.starts_s[20] - copied.starts_s[30];
        for i in 0..24 {
            take.midi[20 + i] = copied.midi[30 + i];
            take.starts_s[20 + i] = copied.starts_s[30 + i] + shift;
        }
        for later in 44..60 {
            take.starts_s[later] += 6.0;
        }
        take.midi[26] += 2;
        take.midi[35] -= 1;
        let span = best(&[take], &[track]).unwrap();
        assert_eq!(span.transposition, -2);
        assert!((20..=27).contains(&span.notes), "{span:?}");
    }

    #[test]
    fn other_tunes_and_ostinatos_weigh_little() {
        let other = best(&[line(5, 80)], &[line(6, 80)]).map_or(0.0, |s| s.bits);
        let same = best(&[line(5, 80)], &[line(5, 80)]).map_or(0.0, |s| s.bits);
        assert!(other < 0.25 * same, "{other} {same}");
        let ostinato = Line {
            starts_s: (0..200).map(|i| 0.25 * i as f32).collect(),
            midi: (0..200).map(|i| [60, 63, 67, 63][i % 4]).collect(),
        };
        let bits = best(std::slice::from_ref(&ostinato), std::slice::from_ref(&ostinato))
            .map_or(0.0, |s| s.bits);
        assert!(bits < 140.0, "four notes two hundred times: {bits}");
    }

    #[test]
    fn nothing_matches_nothing() {
        assert_eq!(best(&[], &[line(1, 20)]), None);
        assert_eq!(best(&[Line::default()], &[Line::default()]), None);
    }
}
