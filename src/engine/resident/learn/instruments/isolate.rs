//! Taking one note out of a mix: a mask of its harmonics, informed by what else is known to sound.
//!
//! Each bin is given to the note in the share that its harmonic series has there of all series that
//! the transcription knows (a Wiener mask of harmonic combs; Durrieu et al. 2011 fit such combs, here
//! their pitches are given). Must never leave a mix under a note: what no harmonic covers is silenced,
//! save for the first instants of a note that no drum is struck with.

use super::candidates::Candidate;
use crate::audio::resynthesis::{Resynthesis, Spectra};
use crate::domain::listening::NoteSpan;
use crate::domain::score::Role;

/// Width of a harmonic, Hz, and what it grows by with frequency: vibrato and stretched strings.
const WIDTH_HZ: f64 = 6.0;
const WIDTH_SHARE: f64 = 0.006;
/// Bins to each side that the window spreads a line over.
const LINE_BINS: f64 = 1.5;
/// Harmonics fall like this power of their number where nothing is known of an instrument.
const FALL: f64 = 1.0;
/// Harmonics of a bass and of anything else.
const HARMONICS: [usize; 2] = [10, 24];
/// Fine tunings that are tried, cents to each side in steps.
const TUNE_CENTS: (i32, i32) = (45, 5);
/// A note may ring after its end.
const RING_S: f64 = 0.12;
/// Before its onset, for the windows' spread.
const BEFORE_S: f64 = 0.03;
/// How long an attack is heard through the residual, and how much of it.
const ATTACK_S: f64 = 0.02;
const ATTACK_SHARE: f32 = 0.5;

/// A note taken out of its mix.
pub struct Isolated {
    /// Each channel; starts [`Isolated::before_s`] before the note.
    pub planes: Vec<Vec<f32>>,
    /// Seconds of sound before the onset.
    pub before_s: f64,
    /// Cents from the tempered pitch at A = 440 Hz.
    pub cents: f64,
    /// Share of the mix's energy in the band of its harmonics that is its own, 0..1.
    pub purity: f64,
}

/// Seconds around a note that [`note`] wants to see: before its start, after its end.
pub const AROUND_S: (f64, f64) = (0.1, RING_S + 0.1);

/// Isolates a candidate. `planes` are the channels of the mix from `from_s` on, at `rate_hz`; the
/// candidate's times are on the same clock. `None` where the mix is silent there.
pub fn note(
    planes: &[Vec<f32>],
    from_s: f64,
    rate_hz: u32,
    candidate: &Candidate,
) -> Option<Isolated> {
    let fine = if candidate.role == Role::Bass { 2 } else { 1 };
    let size = window(rate_hz) * fine;
    let plan = Resynthesis::new(size, size / 8);
    let mut spectra: Vec<Spectra> = planes.iter().map(|p| plan.spectra(p)).collect();
    let power = super::power(&spectra);
    let bins = spectra.first()?.bins();
    let bin_hz = plan.bin_hz(rate_hz);
    let clock = Clock { hop_s: plan.hop() as f64 / f64::from(rate_hz), from_s };
    let cents = fine_tuning(&power, bins, bin_hz, &clock, &candidate.note);
    let comb =
        Comb::new(candidate.note.midi, cents, f64::from(candidate.note.velocity), bins, bin_hz);
    let others: Vec<(Comb, &NoteSpan)> = candidate
        .with
        .iter()
        .map(|n| (Comb::new(n.midi, cents, f64::from(n.velocity), bins, bin_hz), n))
        .collect();
    let mut gains = vec![0f32; power.len()];
    let (mut own, mut all) = (0.0, 0.0);
    let band = comb.band();
    for (t, row) in gains.chunks_mut(bins).enumerate() {
        let at = clock.at(t);
        let open = opening(at, &candidate.note);
        if open <= 0.0 {
            continue;
        }
        let sounding: Vec<&Comb> =
            others.iter().filter(|(_, n)| n.start_s < at && n.end_s > at).map(|(c, _)| c).collect();
        comb.mask(&sounding, row);
        let attack = !candidate.struck && (0.0..ATTACK_S).contains(&(at - candidate.note.start_s));
        for (bin, gain) in row.iter_mut().enumerate() {
            if band.contains(&bin) {
                let here = f64::from(power[t * bins + bin]);
                own += here * f64::from(*gain).powi(2);
                all += here;
                // An attack is noise of the note's own range; what thumps below it is another's.
                if attack {
                    *gain = gain.max(ATTACK_SHARE);
                }
            }
            *gain *= open;
        }
    }
    if all <= 1e-12 {
        return None;
    }
    let planes = spectra
        .iter_mut()
        .map(|s| {
            s.scale(&gains);
            plan.sound(s)
        })
        .collect();
    let before_s = candidate.note.start_s - from_s;
    Some(Isolated { planes, before_s, cents, purity: own / all })
}

/// Samples of a window of about 93 ms.
fn window(rate_hz: u32) -> usize {
    if rate_hz > 70_000 {
        8_192
    } else if rate_hz > 30_000 {
        4_096
    } else {
        2_048
    }
}

/// Frames to seconds.
struct Clock {
    hop_s: f64,
    from_s: f64,
}

impl Clock {
    fn at(&self, frame: usize) -> f64 {
        self.from_s + frame as f64 * self.hop_s
    }
}

/// How open the gate is at a time: up within the windows' spread, down while the note rings.
fn opening(at: f64, note: &NoteSpan) -> f32 {
    if at < note.start_s - BEFORE_S {
        0.0
    } else if at < note.start_s {
        ((at - note.start_s + BEFORE_S) / BEFORE_S) as f32
    } else if at <= note.end_s {
        1.0
    } else {
        (1.0 - (at - note.end_s) / RING_S).max(0.0) as f32
    }
}

/// Frequency of a pitch, Hz, at A = 440.
pub fn hertz(midi: f64) -> f64 {
    440.0 * 2f64.powf((midi - 69.0) / 12.0)
}

/// Cents at which the low harmonics of a note are strongest.
fn fine_tuning(power: &[f32], bins: usize, bin_hz: f64, clock: &Clock, note: &NoteSpan) -> f64 {
    let frames: Vec<&[f32]> = power
        .chunks(bins)
        .enumerate()
        .filter(|(t, _)| (note.start_s + 0.03..note.end_s).contains(&clock.at(*t)))
        .map(|(_, row)| row)
        .collect();
    let strength = |cents: i32| -> f64 {
        let f0 = hertz(f64::from(note.midi) + f64::from(cents) / 100.0);
        (1..=6)
            .map(|h| {
                let at = f0 * f64::from(h) / bin_hz;
                let (low, share) = (at.floor() as usize, at.fract() as f32);
                let sum: f32 = frames
                    .iter()
                    .filter_map(|row| {
                        Some(row.get(low)? * (1.0 - share) + row.get(low + 1)? * share)
                    })
                    .sum();
                f64::from(sum).sqrt()
            })
            .sum()
    };
    let steps = TUNE_CENTS.0 / TUNE_CENTS.1;
    let best = (-steps..=steps)
        .map(|s| s * TUNE_CENTS.1)
        // Of equals the one nearest to the tempered pitch.
        .map(|c| (strength(c) * (1.0 - 0.0005 * f64::from(c.abs())), c))
        .fold((f64::MIN, 0), |best, next| if next.0 > best.0 { next } else { best });
    f64::from(best.1)
}

/// The harmonic series of a note over bins: how much of a bin its harmonics cover, and how strong
/// they are there.
struct Comb {
    cover: Vec<f32>,
    strength: Vec<f32>,
    last: usize,
    first: usize,
}

impl Comb {
    fn new(midi: u8, cents: f64, level: f64, bins: usize, bin_hz: f64) -> Self {
        let f0 = hertz(f64::from(midi) + cents / 100.0);
        let harmonics = if midi < 52 { HARMONICS[0] } else { HARMONICS[1] };
        let (mut cover, mut strength) = (vec![0f32; bins], vec![0f32; bins]);
        let mut last = 0;
        for h in 1..=harmonics {
            let hz = f0 * h as f64;
            let width = WIDTH_HZ + WIDTH_SHARE * hz;
            let reach = LINE_BINS * bin_hz + 3.0 * width;
            let (from, to) = ((hz - reach) / bin_hz, (hz + reach) / bin_hz);
            if to as usize + 1 >= bins {
                break;
            }
            for bin in from.max(0.0) as usize..=to as usize {
                // The window spreads a line over three bins; what vibrates spreads it further.
                let off = ((bin as f64 * bin_hz - hz).abs() - LINE_BINS * bin_hz).max(0.0) / width;
                let shape = (-0.5 * off * off).exp() as f32;
                let strong = shape * (level * (h as f64).powf(-FALL)).powi(2) as f32;
                cover[bin] = cover[bin].max(shape);
                strength[bin] = strength[bin].max(strong);
            }
            last = to as usize;
        }
        Self { cover, strength, last, first: (0.7 * f0 / bin_hz) as usize }
    }

    /// Bins from under the first harmonic to the last.
    fn band(&self) -> std::ops::Range<usize> {
        self.first..self.last + 1
    }

    fn mask(&self, others: &[&Self], row: &mut [f32]) {
        for (bin, gain) in row.iter_mut().enumerate() {
            let cover = self.cover[bin];
            if cover < 1e-3 {
                *gain = 0.0;
                continue;
            }
            let rest: f32 = others.iter().map(|o| o.strength[bin]).sum();
            let own = self.strength[bin];
            *gain = cover * (own / (own + rest)).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATE: u32 = 44_100;

    fn tone(midi: f64, start_s: f64, end_s: f64, harmonics: i32, seconds: f64) -> Vec<f32> {
        let f0 = hertz(midi);
        (0..(seconds * f64::from(RATE)) as usize)
            .map(|i| {
                let t = i as f64 / f64::from(RATE);
                if t < start_s || t > end_s {
                    return 0.0;
                }
                let fade = ((t - start_s) / 0.005).min((end_s - t) / 0.02).clamp(0.0, 1.0);
                let sum: f64 = (1..=harmonics)
                    .map(|h| (TAU * f0 * f64::from(h) * t).sin() / f64::from(h))
                    .sum();
                (0.1 * fade * sum) as f32
            })
            .collect()
    }

    fn span(midi: u8, start_s: f64, end_s: f64) -> NoteSpan {
        NoteSpan { start_s, end_s, midi, velocity: 90, part: "lead".to_owned() }
    }

    /// Signal over what differs from it, dB.
    fn sdr(wanted: &[f32], got: &[f32]) -> f64 {
        let signal: f64 = wanted.iter().map(|w| f64::from(*w).powi(2)).sum();
        let error: f64 = wanted.iter().zip(got).map(|(w, g)| f64::from(w - g).powi(2)).sum::<f64>();
        10.0 * (signal / error.max(1e-12)).log10()
    }

    fn taken(others: &[u8]) -> (f64, Isolated) {
        let wanted = tone(64.2, 0.2, 1.0, 10, 1.4);
        let mut mix = wanted.clone();
        for midi in others {
            for (m, s) in mix.iter_mut().zip(tone(f64::from(*midi), 0.0, 1.4, 10, 1.4)) {
                *m += s;
            }
        }
        let candidate = Candidate {
            role: Role::Lead,
            note: span(64, 0.2, 1.0),
            with: others.iter().map(|m| span(*m, 0.0, 1.4)).collect(),
            struck: true,
            worth: 1.0,
        };
        let isolated = note(&[mix], 0.0, RATE, &candidate).unwrap();
        let quality = sdr(&wanted, &isolated.planes[0]);
        (quality, isolated)
    }

    #[test]
    fn a_note_alone_comes_back_as_it_is() {
        let (sdr, isolated) = taken(&[]);
        assert!(sdr > 15.0, "{sdr}");
        assert!(isolated.purity > 0.9, "{}", isolated.purity);
        assert_eq!(isolated.cents, 20.0);
    }

    #[test]
    fn a_note_in_a_chord_is_taken_out() {
        let (sdr, isolated) = taken(&[57, 60, 69]);
        assert!(sdr > 6.0, "{sdr}");
        assert!((0.1..0.6).contains(&isolated.purity), "{}", isolated.purity);
    }

    #[test]
    fn what_thumps_under_an_attack_is_left_behind() {
        let mut mix = tone(76.0, 0.2, 1.0, 8, 1.4);
        // A low knock at the note's onset that no drum was heard in.
        for i in 0..2_205 {
            let t = i as f64 / f64::from(RATE);
            mix[8_820 + i] += (0.5 * (TAU * 80.0 * t).sin() * (-t / 0.015).exp()) as f32;
        }
        let candidate = Candidate {
            role: Role::Lead,
            note: span(76, 0.2, 1.0),
            with: Vec::new(),
            struck: false,
            worth: 1.0,
        };
        let alone = note(&[mix], 0.0, RATE, &candidate).unwrap();
        let near = &alone.planes[0][8_000..13_000];
        let (mut x, mut y) = (0.0, 0.0);
        for (i, s) in near.iter().enumerate() {
            let angle = TAU * 80.0 * i as f64 / f64::from(RATE);
            x += f64::from(*s) * angle.cos();
            y += f64::from(*s) * angle.sin();
        }
        assert!(x.hypot(y) * 2.0 / near.len() as f64 <= 0.004);
    }

    #[test]
    fn silence_is_no_note() {
        let candidate = Candidate {
            role: Role::Bass,
            note: span(40, 0.1, 0.5),
            with: Vec::new(),
            struck: false,
            worth: 0.0,
        };
        assert!(note(&[vec![0.0; 44_100]], 0.0, RATE, &candidate).is_none());
    }
}
