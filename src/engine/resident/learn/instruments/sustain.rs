//! From an isolated sound to a sample: trimmed to its attack and its end, levelled, and with a loop
//! where it is held.
//!
//! Must never put a loop into a sound that decays: a struck string that stops falling is an organ.

/// Envelope step, seconds.
const STEP_S: f64 = 0.005;
/// The attack begins where the envelope first reaches this share of its top.
const ONSET_SHARE: f32 = 0.12;
/// A sample is over where its envelope stays under this share of its top: -40 dB.
const OVER_SHARE: f32 = 0.01;
/// Fades at both ends, seconds.
const FADES_S: (f64, f64) = (0.004, 0.03);
/// A held sound is at two thirds of its length no softer than this share of what it was at a third.
const HELD_SHARE: f32 = 0.6;
/// Shortest sample with a loop, and least correlation of its ends.
const LOOP_FROM_S: f64 = 0.3;
const LOOP_LIKE: f32 = 0.8;
/// What is compared of the two ends of a loop.
const LOOP_LOOK_S: f64 = 0.02;

/// A sample ready to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Trimmed {
    /// Channels, peak 0.7.
    pub planes: Vec<Vec<f32>>,
    /// Seconds cut off before the attack.
    pub cut_s: f64,
    /// Level of its loudest fifth of a second before it was brought to the peak, dBFS.
    pub level_db: f64,
    /// First and one past the last frame of a loop.
    pub looped: Option<(u32, u32)>,
}

/// Peak of what is kept: room for 16 bits, none wasted.
const PEAK: f32 = 0.7;

/// Trims isolated channels whose onset lies `before_s` into them. `None` where nothing is left.
pub fn trim(mut planes: Vec<Vec<f32>>, before_s: f64, rate_hz: u32, hold: bool) -> Option<Trimmed> {
    let rate = f64::from(rate_hz);
    let step = (STEP_S * rate) as usize;
    let envelope = envelope(&planes, step);
    let top = envelope.iter().copied().fold(0f32, f32::max);
    if top < 1e-4 {
        return None;
    }
    // The windows of an isolation smear its start: it is looked for near where the onset was heard.
    let near = (((before_s - 0.06) / STEP_S).max(0.0) as usize).min(envelope.len() - 1);
    let first = near + envelope[near..].iter().position(|e| *e >= ONSET_SHARE * top)?;
    let last = envelope.iter().rposition(|e| *e >= OVER_SHARE * top)?;
    let from = (first * step).saturating_sub((FADES_S.0 * rate) as usize);
    let to = ((last + 1) * step).min(planes.first()?.len());
    if to <= from + step * 4 {
        return None;
    }
    for plane in &mut planes {
        *plane = plane[from..to].to_vec();
        fade(plane, rate);
    }
    let level_db = loudest_db(&planes, (0.2 * rate) as usize);
    let peak = planes.iter().flatten().fold(0f32, |p, s| p.max(s.abs()));
    planes.iter_mut().flatten().for_each(|s| *s *= PEAK / peak.max(1e-9));
    let looped = if hold { find_loop(&planes, rate) } else { None };
    Some(Trimmed { planes, cut_s: from as f64 / rate, level_db, looped })
}

fn fade(plane: &mut [f32], rate: f64) {
    let count = plane.len();
    let rise = ((FADES_S.0 * rate) as usize).min(count / 2).max(1);
    let fall = ((FADES_S.1 * rate) as usize).min(count / 2).max(1);
    for i in 0..rise {
        plane[i] *= i as f32 / rise as f32;
    }
    for i in 0..fall {
        plane[count - 1 - i] *= i as f32 / fall as f32;
    }
}

/// Root mean square of all channels in steps.
fn envelope(planes: &[Vec<f32>], step: usize) -> Vec<f32> {
    let count = planes.first().map_or(0, Vec::len) / step.max(1);
    (0..count).map(|i| rms(planes, i * step, (i + 1) * step)).collect()
}

fn rms(planes: &[Vec<f32>], from: usize, to: usize) -> f32 {
    let sum: f32 = planes.iter().flat_map(|p| &p[from..to]).map(|s| s * s).sum();
    (sum / (planes.len() * (to - from)).max(1) as f32).sqrt()
}

fn loudest_db(planes: &[Vec<f32>], span: usize) -> f64 {
    let count = planes.first().map_or(0, Vec::len);
    let span = span.min(count).max(1);
    let best = (0..=count - span)
        .step_by((span / 4).max(1))
        .map(|at| rms(planes, at, at + span))
        .fold(1e-6, f32::max);
    20.0 * f64::from(best).log10()
}

/// A stretch of a held sound whose two ends are alike.
fn find_loop(planes: &[Vec<f32>], rate: f64) -> Option<(u32, u32)> {
    let count = planes.first()?.len();
    if (count as f64) < LOOP_FROM_S * rate {
        return None;
    }
    let look = (LOOP_LOOK_S * rate) as usize;
    let at = |share: f64| (count as f64 * share) as usize;
    let level = |share: f64| rms(planes, at(share), (at(share) + look).min(count));
    if level(0.66) < HELD_SHARE * level(0.33) {
        return None;
    }
    let mono: Vec<f32> = (0..count).map(|i| planes.iter().map(|p| p[i]).sum()).collect();
    let end = at(0.72);
    let target = &mono[end - look..end];
    // Coarse, then fine: a loop's start is where the sound before it is most like the end.
    let (from, to) = (at(0.3).max(look), at(0.55).max(look + 1));
    let like = |start: usize| likeness(&mono[start - look..start], target);
    let coarse = (from..to)
        .step_by(4)
        .map(|s| (like(s), s))
        .fold((f32::MIN, from), |best, next| if next.0 > best.0 { next } else { best });
    let fine = (coarse.1.saturating_sub(4).max(look)..coarse.1 + 4)
        .map(|s| (like(s), s))
        .fold(coarse, |best, next| if next.0 > best.0 { next } else { best });
    (fine.0 >= LOOP_LIKE).then_some((fine.1 as u32, end as u32))
}

/// Normalised correlation.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let dot: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    let power = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>();
    dot / (power(a) * power(b)).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    const RATE: u32 = 44_100;

    fn sound(decay_s: f32) -> Vec<f32> {
        (0..44_100)
            .map(|i| {
                let t = i as f32 / RATE as f32 - 0.1;
                if t < 0.0 { 0.0 } else { 0.3 * (TAU * 220.0 * t).sin() * (-t / decay_s).exp() }
            })
            .collect()
    }

    #[test]
    fn it_starts_at_the_attack_and_reaches_the_peak() {
        let sample = trim(vec![sound(0.1)], 0.1, RATE, true).unwrap();
        assert!((sample.cut_s - 0.096).abs() < 0.008, "{}", sample.cut_s);
        let peak = sample.planes[0].iter().fold(0f32, |p, s| p.max(s.abs()));
        assert!((peak - PEAK).abs() < 1e-3);
        assert!(sample.planes[0].len() < 30_000);
        assert_eq!(sample.looped, None);
        assert_eq!((sample.planes[0][0], *sample.planes[0].last().unwrap()), (0.0, 0.0));
    }

    #[test]
    fn a_held_sound_is_looped_on_whole_periods() {
        let sample = trim(vec![sound(1e6)], 0.1, RATE, true).unwrap();
        let (from, to) = sample.looped.unwrap();
        let periods = f64::from(to - from) * 220.0 / f64::from(RATE);
        assert!((periods - periods.round()).abs() < 0.02, "{periods}");
        assert_eq!(trim(vec![sound(1e6)], 0.1, RATE, false).unwrap().looped, None);
    }

    #[test]
    fn silence_is_nothing() {
        assert_eq!(trim(vec![vec![0.0; 9_000]], 0.1, RATE, true), None);
    }
}
