//! Where a MIDI file's beats and bars cannot be believed.
//!
//! Files say what their maker's program wrote: notes played freely over a grid that nobody heard, a
//! "4/4" that is only a default, bars that start on another beat. The rules look at the notes alone,
//! never at what any program hears. Kicks and notes below C3 are "low" here.

use crate::music::{Drum, Truth};
use leitmotif::judge::accuracy::beats::counted;
use std::f64::consts::TAU;

/// Notes must gather this much (length of the mean vector) at fractions of the file's beat.
const ON_GRID: f64 = 0.3;
/// A grid is moved onto its notes if they gather this much, this far beside it (in beats).
const SURE: f64 = 0.5;
const BESIDE: f64 = 0.05;
/// Between the first and the last third of a piece, notes may move this much against the grid.
const DRIFT: f64 = 0.05;
/// Onsets on the beat, against those at the fullest other place in it.
const ON_BEAT: f64 = 0.6;
/// How near onsets must be to count for a place in the beat when a grid is moved (in beats).
const NEAR: f64 = 0.02;
/// Low onsets on the first beat of bars, against those on the fullest beat.
const ON_ONE: f64 = 0.6;
/// Middle nine tenths of the beats' lengths may differ this much where there is one tempo.
const STEADY: f64 = 0.04;

/// What is not asked of a piece, and why.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    /// Beats, and with them everything else here.
    pub beats: Option<String>,
    /// The tempo alone.
    pub tempo: Option<String>,
    /// Meter and downbeats.
    pub bars: Option<String>,
    /// Downbeats alone.
    pub downbeats: Option<String>,
    /// How far the grid was moved, seconds.
    pub moved_s: f64,
}

impl Doubts {
    /// In words, empty if there are none.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        for (what, why) in [
            ("beats", &self.beats),
            ("tempo", &self.tempo),
            ("bars", &self.bars),
            ("downbeats", &self.downbeats),
        ] {
            if let Some(why) = why {
                words.push(format!("{what}: {why}"));
            }
        }
        if self.moved_s != 0.0 {
            words.push(format!("grid moved by {:+.0} ms onto the notes", self.moved_s * 1e3));
        }
        words.join("; ")
    }
}

/// Doubts about a file's grid, which is moved if its notes lie beside it throughout.
pub fn judge(truth: &mut Truth) -> Doubts {
    let mut doubts = Doubts::default();
    if truth.beats_s.len() < 8 {
        doubts.beats = Some("fewer than eight beats".to_owned());
        return doubts;
    }
    let notes = truth.notes.iter().map(|n| n.start_s);
    let mut onsets: Vec<f64> = notes.chain(truth.hits.iter().map(|h| h.at_s)).collect();
    onsets.sort_by(f64::total_cmp);
    let places = |grid: &[f64], onsets: &[f64]| -> Vec<f64> {
        onsets.iter().map(|t| place(grid, *t)).collect()
    };
    let at = places(&truth.beats_s, &onsets);
    let (divisor, gathered, beside) = gathering(&at);
    if gathered < ON_GRID {
        doubts.beats = Some(format!("notes do not lie on the file's grid ({gathered:.2})"));
        return doubts;
    }
    let third = at.len() / 3;
    let (early, late) = (mean(&at[..third], divisor).1, mean(&at[2 * third..], divisor).1);
    let apart = (late - early + 1.5 / divisor).rem_euclid(1.0 / divisor) - 0.5 / divisor;
    if apart.abs() > DRIFT && gathered < SURE {
        doubts.beats = Some(format!("notes drift by {apart:+.2} beats against the grid"));
        return doubts;
    }
    if gathered >= SURE && beside.abs() > BESIDE {
        doubts.moved_s = fullest_near(&at) * 60.0 / truth.tempo_bpm;
        truth.beats_s.iter_mut().for_each(|b| *b += doubts.moved_s);
        truth.downbeats_s.iter_mut().for_each(|b| *b += doubts.moved_s);
    }
    let at = places(&truth.beats_s, &onsets);
    let near = |phase: f64| at.iter().filter(|p| gap(**p, phase) < 0.06).count() as f64;
    let fullest = [0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75].into_iter().map(near).fold(0.0, f64::max);
    if near(0.0) < ON_BEAT * fullest {
        doubts.beats = Some(format!(
            "{:.2} as many notes on beats as at the fullest other place",
            near(0.0) / fullest
        ));
        return doubts;
    }
    let low = low(truth);
    let compound = truth.meter.is_some_and(|m| counted(m).1);
    if let Some(ratio) = other_pulse(&low).filter(|r| *r > 1.0 && !compound) {
        // Strokes of three sixteenths that start again with every bar of four are no pulse.
        let again = |beats: usize| repeats(&low, beats).max(repeats(&low, 2 * beats));
        if again(3) > again(4) {
            doubts.beats = Some(format!("low notes go by three quarters of a beat ({ratio:.2})"));
            return doubts;
        }
    }
    bars(truth, &low, &mut doubts);
    doubts
}

/// Whether the beats of a stretch have one tempo.
pub fn steady(beats_s: &[f64]) -> Option<String> {
    let mut steps: Vec<f64> = beats_s.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    let at = |share: f64| steps.get((share * steps.len() as f64) as usize).copied();
    let (low, middle, high) = (at(0.05)?, at(0.5)?, at(0.95)?);
    let spread = (high - low) / middle;
    (spread > STEADY).then(|| format!("it changes by {:.0} %", spread * 100.0))
}

fn bars(truth: &Truth, low: &[f64], doubts: &mut Doubts) {
    let Some(meter) = truth.meter else { return };
    if meter.beats == 6 && meter.unit == 4 {
        doubts.bars = Some("6/4 may be two bars of three".to_owned());
        return;
    }
    let count = usize::from(counted(meter).0);
    let again = |beats: usize| repeats(low, beats).max(repeats(low, 2 * beats));
    let rival = if count.is_multiple_of(2) { 3 } else { 4 };
    if low.len() < 40 {
        doubts.bars = Some("too few low notes to tell".to_owned());
    } else if again(count) < again(rival) {
        doubts.bars = Some(format!(
            "low notes repeat after {rival} beats ({:.2}) rather than {count} ({:.2})",
            again(rival),
            again(count)
        ));
    }
    let mut on = vec![0.0; count];
    let first = truth.downbeats_s.first().map_or(0.0, |d| place(&truth.beats_s, *d).round());
    for at in low.iter().filter(|p| gap(**p, 0.0) < 0.08) {
        on[(at.round() - first).rem_euclid(count as f64) as usize % count] += 1.0;
    }
    let fullest = on.iter().copied().fold(0.0, f64::max);
    if on[0] < ON_ONE * fullest {
        doubts.downbeats = Some(format!(
            "{:.2} as many low notes on the first beat as on the fullest",
            on[0] / fullest
        ));
    }
}

/// Where a time lies, in beats from the first.
fn place(grid: &[f64], at_s: f64) -> f64 {
    let next = grid.partition_point(|b| *b <= at_s).clamp(1, grid.len() - 1);
    let (a, b) = (grid[next - 1], grid[next]);
    (next - 1) as f64 + (at_s - a) / (b - a).max(1e-9)
}

/// Distance of a place from a phase of the beat.
fn gap(place: f64, phase: f64) -> f64 {
    let off = (place - phase).rem_euclid(1.0);
    off.min(1.0 - off)
}

/// Length of the mean vector of places on a beat cut in so many, and how far it points beside the cuts.
fn mean(places: &[f64], divisor: f64) -> (f64, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    for place in places {
        let (sin, cos) = (TAU * divisor * place).sin_cos();
        x += cos;
        y += sin;
    }
    let n = places.len().max(1) as f64;
    (x.hypot(y) / n, y.atan2(x) / TAU / divisor)
}

/// The cut of the beat, in four or three, at which notes gather most.
fn gathering(places: &[f64]) -> (f64, f64, f64) {
    let of = |divisor: f64| {
        let (length, beside) = mean(places, divisor);
        (divisor, length, beside)
    };
    let (four, three) = (of(4.0), of(3.0));
    if four.1 >= three.1 { four } else { three }
}

/// The place up to an eighth of a beat beside the beat where most notes are.
fn fullest_near(places: &[f64]) -> f64 {
    let near = |phase: f64| places.iter().filter(move |p| gap(**p, phase) < NEAR);
    let phases = (-25..=25).map(|n| f64::from(n) * 0.005);
    let best = phases.max_by_key(|phase| near(*phase).count()).unwrap_or(0.0);
    let beside: Vec<f64> = near(best).map(|p| (p - best + 0.5).rem_euclid(1.0) - 0.5).collect();
    best + beside.iter().sum::<f64>() / beside.len().max(1) as f64
}

/// Places of kicks and low notes.
fn low(truth: &Truth) -> Vec<f64> {
    let kicks = truth.hits.iter().filter(|h| h.kind == Drum::Kick).map(|h| h.at_s);
    let notes = truth.notes.iter().filter(|n| n.midi < 48).map(|n| n.start_s);
    kicks.chain(notes).map(|t| place(&truth.beats_s, t)).collect()
}

/// How much better low onsets fit a pulse of three sixteenths than the beat; 1 is no better.
fn other_pulse(low: &[f64]) -> Option<f64> {
    let steps: Vec<i64> = low
        .iter()
        .map(|p| p * 4.0)
        .filter(|p| (p - p.round()).abs() < 0.25)
        .map(|p| p.round() as i64)
        .collect();
    if steps.len() < 40 {
        return None;
    }
    let share = |period: i64, phase: i64| {
        let on = steps.iter().filter(|s| s.rem_euclid(period) == phase).count();
        on as f64 * period as f64 / steps.len() as f64
    };
    let other = (0..3).map(|phase| share(3, phase)).fold(0.0, f64::max);
    Some(other / share(4, 0).max(1e-9))
}

/// How alike low onsets are so many beats later: autocorrelation at quarter beats.
fn repeats(low: &[f64], beats: usize) -> f64 {
    let length = low.iter().copied().fold(0.0, f64::max) as usize * 4 + 8;
    let mut grid = vec![0.0; length];
    for place in low {
        if let Some(step) = grid.get_mut((place * 4.0).round().max(0.0) as usize) {
            *step += 1.0;
        }
    }
    let average = grid.iter().sum::<f64>() / length as f64;
    grid.iter_mut().for_each(|g| *g -= average);
    let lag = 4 * beats;
    let own: f64 = grid.iter().map(|g| g * g).sum();
    let shared: f64 = grid.iter().zip(grid.iter().skip(lag)).map(|(a, b)| a * b).sum();
    if own > 0.0 { shared / own } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Part, TrueHit, TrueNote};

    /// Forty beats of 0.5 s in bars of `meter`: a kick at each of `kicks` (beats of a bar), a note at
    /// every `step` of a beat, all `late` beats behind the grid.
    fn piece(meter: &str, kicks: &[f64], step: f64, late: f64) -> Truth {
        let meter = meter.parse().unwrap();
        let count = usize::from(counted(meter).0);
        let beats_s: Vec<f64> = (0..=60).map(|b| f64::from(b) * 0.5).collect();
        let mut truth = Truth {
            duration_s: 30.0,
            tempo_bpm: 120.0,
            downbeats_s: beats_s.iter().copied().step_by(count).collect(),
            beats_s,
            meter: Some(meter),
            key: None,
            chords: Vec::new(),
            sections: Vec::new(),
            notes: Vec::new(),
            hits: Vec::new(),
        };
        let seconds = |beat: f64| (beat + late) * 0.5;
        for bar in 0..60 / count {
            for kick in kicks {
                let at_s = seconds((bar * count) as f64 + kick);
                truth.hits.push(TrueHit { at_s, kind: Drum::Kick, velocity: 90 });
            }
        }
        for n in 0..(58.0 / step) as usize {
            let start_s = seconds(n as f64 * step);
            let end_s = start_s + 0.1;
            let part = Part::Lead;
            let note = TrueNote { start_s, end_s, midi: 70, velocity: 90, program: 0, part };
            truth.notes.push(note);
        }
        truth
    }

    #[test]
    fn plain_files_are_believed() {
        assert_eq!(judge(&mut piece("4/4", &[0.0, 2.0, 2.5], 0.5, 0.0)).words(), "");
        assert_eq!(judge(&mut piece("3/4", &[0.0, 1.0, 2.5], 1.0, 0.0)).words(), "");
    }

    #[test]
    fn a_grid_beside_its_notes_is_moved() {
        let mut truth = piece("4/4", &[0.0, 2.0, 2.5], 0.5, 0.1);
        let doubts = judge(&mut truth);
        assert!((doubts.moved_s - 0.05).abs() < 0.002, "{doubts:?}");
        assert!((truth.beats_s[4] - 2.05).abs() < 0.002);
        assert!(doubts.beats.is_none() && doubts.bars.is_none(), "{doubts:?}");
    }

    #[test]
    fn notes_off_the_grid_are_no_beats() {
        let doubts = judge(&mut piece("4/4", &[0.31, 2.12], 0.617, 0.0));
        assert!(doubts.beats.is_some(), "{doubts:?}");
        let doubts = judge(&mut piece("3/4", &[0.0, 0.75, 1.5, 2.25], 0.75, 0.0));
        assert!(doubts.beats.is_some(), "{doubts:?}");
    }

    #[test]
    fn bars_that_nobody_plays_are_doubted() {
        // Written in four, played in three.
        let mut truth = piece("3/4", &[0.0, 1.0], 0.5, 0.0);
        truth.meter = Some("4/4".parse().unwrap());
        assert!(judge(&mut truth).bars.is_some());
        // Written a beat early.
        let doubts = judge(&mut piece("4/4", &[1.0, 1.5, 3.0], 0.5, 0.0));
        assert!(doubts.downbeats.is_some() && doubts.bars.is_none(), "{doubts:?}");
    }

    #[test]
    fn tempi_that_change_are_said() {
        let line = |step: &dyn Fn(usize) -> f64| {
            (0..40)
                .scan(0.0, |at, n| Some(std::mem::replace(at, *at + step(n))))
                .collect::<Vec<f64>>()
        };
        assert_eq!(steady(&line(&|_| 0.5)), None);
        assert!(steady(&line(&|n| 0.5 + 0.005 * n as f64)).is_some());
    }
}
