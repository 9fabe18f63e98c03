//! Beats and bars: the network of [`crate::nn::bars`] says where they may be, a pointer that moves
//! round the bar says where they are.
//!
//! Music in which the network hears no beat is beatless and stays so: [`find`] then returns `None`.

use super::confidence::Evidence;
use super::feel;
use super::onsets::{OnsetFrames, frame_rate};
use super::pitches::PitchFrames;
use super::pointer::{self, Heard};
use super::spectra;
use crate::domain::listening::Meter;
use crate::nn::bars::{self, Output};
use crate::nn::logistic;
use crate::nn::maps::Maps;
use crate::nn::weights::WeightsError;
use rayon::prelude::*;

/// The pulse of a track and its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Rhythm {
    /// Beats a minute; a beat of a compound meter is dotted.
    pub bpm: f64,
    /// What speaks for its tempo, and with it how sure it is.
    pub evidence: Evidence,
    /// Mean onset strength at beats over the mean of all frames, 1 for beats set blindly.
    pub contrast: f64,
    /// Beats, in seconds.
    pub beats_s: Vec<f64>,
    /// Its meter.
    pub meter: Meter,
    /// Number of the first beat that begins a bar.
    pub first: usize,
    /// How much longer first halves of beats are than second ones.
    pub swing: Option<f64>,
}

impl Rhythm {
    /// First beats of bars, in seconds.
    pub fn downbeats_s(&self) -> Vec<f64> {
        let step = usize::from(self.meter.pulses());
        self.beats_s.iter().skip(self.first).step_by(step).copied().collect()
    }
}

/// Mean chance of a beat, where beats are, under which music is called beatless.
const BEATLESS: f64 = 0.25;
/// Fewer beats say nothing.
const FEWEST_BEATS: usize = 8;
/// Frames that the network runs over at a time, 48 s.
const PART: usize = 4_096;
/// Seconds in the middle of a track that say its meter.
const METER_S: f64 = 90.0;
/// How much a pointer's log likelihood a frame counts against the network's log odds of a meter: of 10,
/// 30, 100 and 300 the one that did best on music held out from training.
const POINTER_WEIGHT: f64 = 100.0;
/// Log likelihood of a bar that does not fit into the track.
const UNLIKELY: f64 = -9.0;
/// Frames around a beat in which the network may put it.
const NEAR: usize = 2;

/// The rhythm of a track; `None` for music without one.
pub fn find(onsets: &OnsetFrames, pitches: &PitchFrames) -> Result<Option<Rhythm>, WeightsError> {
    Ok(look(onsets, pitches)?.filter(|r| r.evidence.has_beat()))
}

/// As [`find`], without asking whether what is heard is steady enough to be a beat: for fitting how
/// sure a tempo is.
pub fn look(onsets: &OnsetFrames, pitches: &PitchFrames) -> Result<Option<Rhythm>, WeightsError> {
    let said = bars::network()?.run_in_parts(&spectra::bar_maps(onsets, pitches), PART);
    Ok(read(&said, onsets))
}

fn read(said: &Maps, onsets: &OnsetFrames) -> Option<Rhythm> {
    let heard = heard(said);
    let meter = meter(said, &heard, POINTER_WEIGHT);
    let per_bar = usize::from(meter.pulses());
    let path = pointer::follow(&heard, per_bar, frame_rate())?;
    let beats = sounding(&path.beats, &heard);
    if beats.len() < FEWEST_BEATS {
        return None;
    }
    let at: Vec<f64> = beats.iter().map(|b| near(&heard, b.0)).collect();
    if at.iter().sum::<f64>() / (at.len() as f64) < BEATLESS {
        return None;
    }
    let places: Vec<f64> = beats.iter().map(|b| place(&heard, b.0)).collect();
    let steady = straighten(&places);
    let steps: Vec<f64> = steady.windows(2).map(|w| w[1] - w[0]).collect();
    let between: Vec<f64> = beats.windows(2).map(|w| near(&heard, (w[0].0 + w[1].0) / 2)).collect();
    let bpm = 60.0 * frame_rate() / median(&steps);
    let beats_s: Vec<f64> = steady.iter().map(|b| (b / frame_rate()).max(0.0)).collect();
    let flat = super::onsets::flatten(&onsets.strength);
    Some(Rhythm {
        bpm,
        evidence: Evidence::new(&at, &between, &steps, bpm),
        contrast: contrast(&flat, &places),
        swing: feel::swing(&flat, &beats_s, meter),
        beats_s,
        meter,
        first: (per_bar - beats[0].1) % per_bar,
    })
}

/// Chances of beats and bars, from what the network says.
pub fn heard(said: &Maps) -> Vec<Heard> {
    let row = |output: Output| said.row(output as usize, 0);
    let both = row(Output::Beat).iter().zip(row(Output::Bar));
    both.map(|(beat, bar)| {
        let beat = logistic(*beat);
        Heard { beat, bar: logistic(*bar).min(beat) }
    })
    .collect()
}

/// Six eighths, three or four quarters: what the network says where it hears beats, and how well a
/// pointer round such a bar fits, in the middle of the track; `weight` is what a nat a frame of the
/// pointer counts against one of the network's log odds.
pub fn meter(said: &Maps, heard: &[Heard], weight: f64) -> Meter {
    let beats = heard.iter().map(|h| f64::from(h.beat)).sum::<f64>().max(1e-6);
    let mean = |output: Output| {
        let odds = said.row(output as usize, 0);
        let weighted = heard.iter().zip(odds).map(|(h, o)| f64::from(h.beat * o));
        weighted.sum::<f64>() / beats
    };
    let (compound, triple) = (mean(Output::Compound), mean(Output::Triple));
    let stretch = ((METER_S * frame_rate()) as usize).min(heard.len());
    let from = (heard.len() - stretch) / 2;
    let middle = &heard[from..from + stretch];
    let kinds = [
        (Meter::COMMON, -triple.max(0.0) - compound.max(0.0)),
        (Meter { beats: 3, unit: 4 }, triple - compound.max(0.0)),
        (Meter { beats: 6, unit: 8 }, compound),
    ];
    let scores: Vec<(Meter, f64)> = kinds
        .into_par_iter()
        .map(|(meter, said)| {
            let path = pointer::follow(middle, usize::from(meter.pulses()), frame_rate());
            (meter, said + weight * path.map_or(UNLIKELY, |p| p.likelihood))
        })
        .collect();
    scores.into_iter().fold((Meter::COMMON, f64::MIN), |b, s| if s.1 > b.1 { s } else { b }).0
}

/// The beats from the first to the last that is heard: the pointer also moves where no music is.
fn sounding<'a>(beats: &'a [(usize, usize)], heard: &[Heard]) -> &'a [(usize, usize)] {
    let sounds = |b: &(usize, usize)| near(heard, b.0) > 0.2;
    let first = beats.iter().position(sounds).unwrap_or(beats.len());
    let last = beats.iter().rposition(sounds).map_or(first, |i| i + 1);
    &beats[first..last]
}

/// Largest chance of a beat near a frame.
fn near(heard: &[Heard], frame: usize) -> f64 {
    let range = frame.saturating_sub(NEAR)..(frame + NEAR + 1).min(heard.len());
    f64::from(heard[range].iter().map(|h| h.beat).fold(0.0, f32::max))
}

/// Where a beat lies between frames: the centre of what the network says around it.
fn place(heard: &[Heard], frame: usize) -> f64 {
    let range = frame.saturating_sub(NEAR)..(frame + NEAR + 1).min(heard.len());
    let (mut sum, mut weight) = (0.0, 1e-9);
    for t in range {
        sum += t as f64 * f64::from(heard[t].beat);
        weight += f64::from(heard[t].beat);
    }
    if weight < 1e-3 { frame as f64 } else { sum / weight }
}

/// Puts beats on the straight line through them where they stray from it by less than played music
/// does: programmed music is exactly steady, and a straight grid is then the better measurement.
fn straighten(beats: &[f64]) -> Vec<f64> {
    let (slope, start) = line(beats);
    let off: Vec<f64> =
        beats.iter().enumerate().map(|(n, b)| (b - start - slope * n as f64).abs()).collect();
    let far = off.iter().filter(|o| **o > 0.06 * frame_rate()).count() as f64 / off.len() as f64;
    if median(&off) < 0.018 * frame_rate() && far < 0.1 {
        return (0..beats.len()).map(|n| start + slope * n as f64).collect();
    }
    beats.to_vec()
}

/// Least squares line through values at 0, 1, 2 ..: slope and start.
fn line(y: &[f64]) -> (f64, f64) {
    let n = y.len() as f64;
    let (mx, my) = (0.5 * (n - 1.0), y.iter().sum::<f64>() / n);
    let sums = y.iter().enumerate().fold((0.0, 0.0), |(c, v), (i, y)| {
        let off = i as f64 - mx;
        (c + off * (y - my), v + off * off)
    });
    let slope = if sums.1 > 0.0 { sums.0 / sums.1 } else { 0.0 };
    (slope, my - slope * mx)
}

fn contrast(flat: &[f32], beats: &[f64]) -> f64 {
    let all = flat.iter().sum::<f32>() / flat.len().max(1) as f32;
    let at: f32 = beats
        .iter()
        .map(|b| {
            let middle = b.round() as usize;
            let near = middle.saturating_sub(2)..(middle + 3).min(flat.len());
            flat.get(near).unwrap_or(&[]).iter().copied().fold(0.0, f32::max)
        })
        .sum();
    // The largest of five frames of noise is about 2.2 times its mean; taken out so that 1 is chance.
    f64::from(at / beats.len().max(1) as f32) / f64::from(all.max(1e-6)) / 2.2
}

/// The middle value; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}
