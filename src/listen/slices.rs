//! Slices: the cuts of a track that a take may play, described on its grid of eighths.
//!
//! A slice says where it starts in the track and what it holds: chroma, level, timbre, melody and
//! bass pitch, attack. Tracks without a beat get a fixed grid.

use super::RATE_HZ;
use super::onsets::{CEPSTRA, Dct, OnsetFrames, frame_rate};
use super::pitches::PitchFrames;
use super::rhythm::Rhythm;
use super::spans::SpanChroma;
use serde::{Deserialize, Serialize};

/// Cepstral coefficients a slice keeps.
pub const TIMBRE: usize = 13;
/// Length that level and chroma are measured over.
pub const SPAN_S: f64 = 0.5;
/// What a take plays of a cut before and after its beat.
const RISE_S: f64 = 0.02;
const FALL_S: f64 = 0.06;
/// A slice never starts this near the end.
const TAIL_S: f64 = 1.2;
/// Grid of tracks without a beat: eighths at 90 beats a minute.
const BEATLESS_EIGHTH_S: f64 = 60.0 / 90.0 / 2.0;
/// How far a cut may move to meet an attack.
const REALIGN_S: f64 = 0.060;

/// One possible cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Grid position in the track.
    pub at_s: f32,
    /// What to add to `at_s` so that the attack lies at the cut, -0.06..0.06.
    pub lead_s: f32,
    /// Eighth within the bar.
    pub eighth: u8,
    /// Bar within the track.
    pub bar: u16,
    /// Seconds of the beat it lies in.
    pub beat_s: f32,
    /// Unit chroma.
    pub chroma: [f32; 12],
    /// Level, dBFS.
    pub level_db: f32,
    /// Mean cepstrum.
    pub timbre: [f32; TIMBRE],
    /// Predominant pitch.
    pub pitch: Option<u8>,
    /// How far the pitch stands out, 0..1.
    pub pitch_strength: f32,
    /// Bass note.
    pub bass: Option<u8>,
    /// Share of the low band that the bass note holds, 0..1.
    pub bass_purity: f32,
    /// Rank of its attack within the track, 0 softest .. 1 hardest.
    pub attack: f32,
}

/// Describes a track (mono, 22.05 kHz).
pub fn cut(
    samples: &[f32],
    onsets: &OnsetFrames,
    pitches: &PitchFrames,
    rhythm: Option<&Rhythm>,
) -> Vec<Slice> {
    let seconds = samples.len() as f64 / f64::from(RATE_HZ);
    let grid = grid(seconds, rhythm);
    let envelope = attack_envelope(samples);
    let dct = Dct::new();
    let mut spans = SpanChroma::new();
    let mut slices: Vec<Slice> = grid
        .iter()
        .filter(|point| point.at_s + TAIL_S <= seconds)
        .map(|point| describe(point, samples, onsets, pitches, &envelope, &dct, &mut spans))
        .collect();
    rank_attacks(&mut slices);
    slices
}

struct GridPoint {
    at_s: f64,
    eighth: u8,
    bar: u16,
    beat_s: f64,
}

fn grid(seconds: f64, rhythm: Option<&Rhythm>) -> Vec<GridPoint> {
    let Some(rhythm) = rhythm else {
        let count = (seconds / BEATLESS_EIGHTH_S) as usize;
        return (0..count)
            .map(|i| GridPoint {
                at_s: i as f64 * BEATLESS_EIGHTH_S,
                eighth: (i % 8) as u8,
                bar: (i / 8) as u16,
                beat_s: BEATLESS_EIGHTH_S * 2.0,
            })
            .collect();
    };
    let per_bar = usize::from(rhythm.meter.pulses());
    // Beats before the first bar line belong to bar 0, those after it to 1, 2 ..
    let shift = per_bar - rhythm.first % per_bar;
    let mut points = Vec::with_capacity(rhythm.beats_s.len() * 2);
    for (i, pair) in rhythm.beats_s.windows(2).enumerate() {
        let counted = i + shift;
        for half in 0..2 {
            points.push(GridPoint {
                at_s: pair[0] + f64::from(half) * 0.5 * (pair[1] - pair[0]),
                eighth: (counted % per_bar * 2) as u8 + half as u8,
                bar: (counted / per_bar) as u16,
                beat_s: pair[1] - pair[0],
            });
        }
    }
    points
}

fn describe(
    point: &GridPoint,
    samples: &[f32],
    onsets: &OnsetFrames,
    pitches: &PitchFrames,
    envelope: &[f32],
    dct: &Dct,
    spans: &mut SpanChroma,
) -> Slice {
    let (start, end) = (point.at_s, point.at_s + SPAN_S);
    // Pitch frames are long; those centred well inside hear little of what lies before the cut.
    let heard = (start + 0.09, end - 0.09);
    let pitch = pitches.predominant(heard.0, heard.1);
    let bass = pitches.bass(heard.0, heard.1);
    let lead_s = realign(envelope, start);
    let from = start + f64::from(lead_s) - RISE_S;
    let length = (point.beat_s + RISE_S + FALL_S).min(SPAN_S);
    Slice {
        at_s: start as f32,
        lead_s,
        eighth: point.eighth,
        bar: point.bar,
        beat_s: point.beat_s as f32,
        chroma: spans.read(samples, from, from + length, pitches.tuning_cents),
        level_db: level_db(samples, start, end),
        timbre: timbre(onsets, start, end, dct),
        pitch: pitch.map(|p| p.0),
        pitch_strength: pitch.map_or(0.0, |p| p.1),
        bass: bass.map(|b| b.0),
        bass_purity: bass.map_or(0.0, |b| b.1),
        attack: attack(onsets, start),
    }
}

fn level_db(samples: &[f32], start_s: f64, end_s: f64) -> f32 {
    let at = |s: f64| ((s * f64::from(RATE_HZ)) as usize).min(samples.len());
    let part = &samples[at(start_s)..at(end_s)];
    let power: f32 = part.iter().map(|x| x * x).sum::<f32>() / part.len().max(1) as f32;
    crate::audio::buffer::amplitude_db(f64::from(power.sqrt())) as f32
}

fn timbre(onsets: &OnsetFrames, start_s: f64, end_s: f64, dct: &Dct) -> [f32; TIMBRE] {
    let at = |s: f64| ((s * frame_rate()) as usize).min(onsets.len());
    let (from, to) = (at(start_s), at(end_s));
    let mut sum = [0f32; CEPSTRA];
    for frame in from..to {
        for (s, c) in sum.iter_mut().zip(onsets.cepstrum(frame, dct)) {
            *s += c;
        }
    }
    let count = (to - from).max(1) as f32;
    std::array::from_fn(|i| sum[i] / count)
}

/// Onset strength from just before the cut to an eighth of a second after it.
fn attack(onsets: &OnsetFrames, start_s: f64) -> f32 {
    let from = ((start_s - 0.009) * frame_rate()).max(0.0) as usize;
    let to = ((start_s + 0.120) * frame_rate()) as usize;
    (from..=to).filter_map(|i| onsets.strength.get(i)).sum()
}

fn rank_attacks(slices: &mut [Slice]) {
    let mut order: Vec<usize> = (0..slices.len()).collect();
    order.sort_by(|a, b| slices[*a].attack.total_cmp(&slices[*b].attack).then(a.cmp(b)));
    let last = slices.len().saturating_sub(1).max(1) as f32;
    for (rank, index) in order.into_iter().enumerate() {
        slices[index].attack = rank as f32 / last;
    }
}

/// Samples of an envelope frame, 5 ms.
const FRAME: usize = 110;

/// Log energy of the differentiated signal (which lifts attacks over held sound) in 5 ms frames.
fn attack_envelope(samples: &[f32]) -> Vec<f32> {
    samples
        .chunks(FRAME)
        .map(|frame| {
            let energy: f32 = frame.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
            (energy + 1e-9).ln()
        })
        .collect()
}

/// Where, within 60 ms of the grid, the steepest rise of energy lies; nearer ones count more.
/// Zero where nothing rises.
fn realign(envelope: &[f32], at_s: f64) -> f32 {
    let frame_s = FRAME as f64 / f64::from(RATE_HZ);
    let middle = at_s / frame_s;
    let reach = (REALIGN_S / frame_s) as isize;
    let mut best = (0.4f32, 0.0f64);
    for offset in -reach..=reach {
        let t = middle.round() as isize + offset;
        let read = |i: isize| usize::try_from(i).ok().and_then(|i| envelope.get(i)).copied();
        let (Some(before), Some(after)) = (read(t - 2), read(t + 1)) else { continue };
        let off_s = t as f64 * frame_s - at_s;
        let weight = (-0.5 * (off_s / 0.048).powi(2)).exp() as f32;
        let rise = (after - before) * weight;
        if rise > best.0 {
            best = (rise, off_s);
        }
    }
    best.1.clamp(-REALIGN_S, REALIGN_S) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_meet_late_attacks() {
        // Clicks 30 ms after each point of the beatless grid.
        let mut samples = vec![0.0005f32; 22_050 * 10];
        for (i, s) in samples.iter_mut().enumerate() {
            *s *= if i % 2 == 0 { 1.0 } else { -1.0 };
        }
        for i in 1..20 {
            let at = ((f64::from(i) * BEATLESS_EIGHTH_S + 0.030) * 22_050.0) as usize;
            for k in 0..400 {
                samples[at + k] += if k % 2 == 0 { 0.4 } else { -0.4 } * (1.0 - k as f32 / 400.0);
            }
        }
        let slices = cut(&samples, &OnsetFrames::new(&samples), &PitchFrames::new(&samples), None);
        assert!(!slices.is_empty());
        for slice in &slices[1..20] {
            assert!((slice.lead_s - 0.030).abs() < 0.010, "{}", slice.lead_s);
        }
        assert!(f64::from(slices[slices.len() - 1].at_s) + TAIL_S <= 10.0);
    }

    #[test]
    fn eighths_count_from_the_bar_line() {
        let rhythm = Rhythm {
            bpm: 120.0,
            evidence: crate::listen::confidence::Evidence::default(),
            contrast: 3.0,
            beats_s: (0..12).map(|i| f64::from(i) * 0.5).collect(),
            meter: crate::domain::listening::Meter::COMMON,
            first: 2,
            swing: None,
        };
        let points = grid(7.0, Some(&rhythm));
        let on_bar: Vec<f64> = points.iter().filter(|p| p.eighth == 0).map(|p| p.at_s).collect();
        assert_eq!(on_bar, [1.0, 3.0, 5.0]);
        assert_eq!(points[0].eighth, 4);
        assert_eq!(points[4].bar, points[0].bar + 1);
    }

    #[test]
    fn ranks_are_spread() {
        let mut state = 9u32;
        let noise: Vec<f32> = (0..22_050 * 8)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        let slices = cut(&noise, &OnsetFrames::new(&noise), &PitchFrames::new(&noise), None);
        assert_eq!(slices.iter().map(|s| s.attack).fold(0f32, f32::max), 1.0);
        assert!(slices.iter().all(|s| s.level_db > -10.0 && s.level_db < 0.0));
    }
}
