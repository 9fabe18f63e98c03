//! The bed: grains made to leave room for the instruments that play the score over them.
//!
//! Only what is held is touched, by a share that a median filter finds; strokes pass. Under a bass note
//! the old bass goes; where a grain's own melody contradicts the lead it is notched; tones outside the
//! chord step back. Figures of each step: `tests/bench/sound.rs`. Must never touch a bed that nothing
//! is played over.

use crate::audio::Audio;
use crate::audio::hpss;
use crate::audio::resynthesis::{Resynthesis, Spectra};
use crate::domain::pitch::Chord;
use crate::domain::work::StopToken;
use crate::engine::EngineError;

/// Frames and bins of the medians: a third of a second, a third of a kilohertz.
const MEDIANS: (usize, usize) = (7, 31);
/// The same where strokes leave, in windows a quarter as long.
const SHORT_MEDIANS: (usize, usize) = (21, 17);
/// Takes are worked on in stretches of so many seconds, and what is worked out around them.
const BLOCK_S: f64 = 24.0;
const MARGIN_S: f64 = 1.0;
/// The old bass goes below this, by this share.
const BASS_HZ: f64 = 120.0;
const BASS_SHARE: f32 = 0.9;
/// A bass that was asked away goes below this.
const GONE_HZ: f64 = 220.0;
/// Steepness of that edge.
const BASS_ORDER: i32 = 8;
/// Gain of tones of the scale, and outside it, while a chord sounds.
const SCALE_GAIN: f32 = 0.6;
const OUTSIDE_GAIN: f32 = 0.3;
/// Where tones are told apart by class.
const TONES_HZ: (f64, f64) = (130.0, 4_000.0);
/// Gain of the harmonics of a melody that contradicts the lead, and how many, and how wide.
const NOTCH_GAIN: f32 = 0.3;
const HARMONICS: usize = 6;
const NOTCH_WIDTH: f64 = 0.018;
/// Gain of what the bed itself holds at the lead's pitch.
const LEAD_GAIN: f32 = 1.8;
/// What is left of a part that was asked away.
const LEAVING_GAIN: f32 = 0.05;

/// A pitch that sounds for a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sounding {
    /// Start, seconds of the take.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
    /// MIDI note.
    pub midi: i32,
}

/// Parts of the mix that must leave the bed altogether.
#[expect(clippy::struct_excessive_bools, reason = "four parts that leave or stay by themselves")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Everything struck.
    pub drums: bool,
    /// Everything held in the low band.
    pub bass: bool,
    /// The predominant melody.
    pub lead: bool,
    /// Everything held.
    pub harmony: bool,
}

/// What is played over a bed.
#[derive(Clone, Debug, Default)]
pub struct Over {
    /// Chords, without gaps.
    pub chords: Vec<(f64, f64, Option<Chord>)>,
    /// Pitch classes of the key.
    pub scale: [bool; 12],
    /// Notes of the bass.
    pub bass: Vec<Sounding>,
    /// Notes of the lead.
    pub lead: Vec<Sounding>,
    /// Predominant pitch of each grain.
    pub grains: Vec<Sounding>,
    /// How far the bed steps back, 0 not at all .. 1.
    pub amount: f32,
    /// What must go.
    pub leaving: Leaving,
}

/// A treated bed.
pub struct Bed {
    /// Its sound.
    pub audio: Audio,
    /// Root mean square of the untreated bed, and of its part below 120 Hz.
    pub rms: f64,
    /// See above.
    pub low_rms: f64,
}

/// Treats a bed, stretch by stretch.
pub fn treat(bed: &Audio, over: &Over, stop: &StopToken) -> Result<Bed, EngineError> {
    let rms = bed.rms();
    let size = if bed.rate_hz() > 60_000 { 16_384 } else { 8_192 };
    let bare;
    let bed = if over.leaving.drums {
        // In windows long enough to tell tones apart a stroke looks held: strokes go before, in short
        // ones.
        let plan = Resynthesis::new(size / 4, size / 16);
        bare = in_stretches(bed, &plan, stop, &|parts, _, _| (held_only(parts, &plan), 0.0))?.0;
        &bare
    } else {
        bed
    };
    let plan = Resynthesis::new(size, size / 4);
    let (audio, low) = in_stretches(bed, &plan, stop, &|parts, from_s, rate| {
        stretch(parts, from_s, rate, &plan, over)
    })?;
    let low_rms = (low / (audio.frames() * audio.channels()).max(1) as f64).sqrt();
    Ok(Bed { audio, rms, low_rms })
}

/// What changes a stretch: its channels, where it starts and its rate give new channels and a sum.
type Change<'a> = dyn Fn(&[&[f32]], f64, f64) -> (Vec<Vec<f32>>, f64) + 'a;

/// Changes a sound stretch by stretch; also returns what the stretches sum up.
fn in_stretches(
    bed: &Audio,
    plan: &Resynthesis,
    stop: &StopToken,
    change: &Change<'_>,
) -> Result<(Audio, f64), EngineError> {
    let rate = f64::from(bed.rate_hz());
    let (block, margin) = ((BLOCK_S * rate) as usize, (MARGIN_S * rate) as usize);
    let frames = bed.frames();
    let mut planes: Vec<Vec<f32>> = vec![Vec::with_capacity(frames); bed.channels()];
    let (mut sum, mut at) = (0.0, 0);
    while at < frames {
        stop.check()?;
        let end = (at + block).min(frames);
        // Stretches start on the grid of frames, or the windows of two would not meet.
        let from = at.saturating_sub(margin) / plan.hop() * plan.hop();
        let to = (end + margin).min(frames);
        let parts: Vec<&[f32]> = bed.planes().iter().map(|p| &p[from..to]).collect();
        let (treated, part_sum) = change(&parts, from as f64 / rate, rate);
        sum += part_sum * (end - at) as f64 / (to - from).max(1) as f64;
        for (plane, part) in planes.iter_mut().zip(&treated) {
            plane.extend_from_slice(&part[at - from..end - from]);
        }
        at = end;
    }
    Ok((Audio::new(bed.rate_hz(), planes), sum))
}

/// What is held in channels, by short windows: a stroke is what is gone at once.
fn held_only(parts: &[&[f32]], plan: &Resynthesis) -> Vec<Vec<f32>> {
    use rayon::prelude::*;
    let mut spectra: Vec<Spectra> = parts.par_iter().map(|p| plan.spectra(p)).collect();
    let Some(bins) = spectra.first().map(Spectra::bins) else { return Vec::new() };
    let mut gains = hpss::held(&together(&spectra), bins, SHORT_MEDIANS.0, SHORT_MEDIANS.1);
    gains.iter_mut().for_each(|g| *g = g.powi(2).max(LEAVING_GAIN));
    spectra
        .par_iter_mut()
        .map(|s| {
            s.scale(&gains);
            plan.sound(s)
        })
        .collect()
}

/// Magnitudes of all channels together.
fn together(spectra: &[Spectra]) -> Vec<f32> {
    let mut power: Vec<f32> = Vec::new();
    for one in spectra {
        let here = one.magnitudes();
        power.resize(here.len(), 0.0);
        for (sum, m) in power.iter_mut().zip(&here) {
            *sum += m * m;
        }
    }
    power.iter_mut().for_each(|p| *p = p.sqrt());
    power
}

fn stretch(
    parts: &[&[f32]],
    from_s: f64,
    rate: f64,
    plan: &Resynthesis,
    over: &Over,
) -> (Vec<Vec<f32>>, f64) {
    use rayon::prelude::*;
    let mut spectra: Vec<Spectra> = parts.par_iter().map(|p| plan.spectra(p)).collect();
    let Some(bins) = spectra.first().map(Spectra::bins) else { return (Vec::new(), 0.0) };
    let magnitudes = together(&spectra);
    let bin_hz = rate / (2 * (bins - 1)) as f64;
    let low_bin = (BASS_HZ / bin_hz) as usize;
    let square = |row: &[f32]| row.iter().map(|m| f64::from(*m).powi(2)).sum::<f64>();
    let low: f64 = magnitudes.chunks(bins).map(|row| square(&row[..=low_bin])).sum();
    let all = square(&magnitudes);
    let energy: f64 = parts.iter().flat_map(|p| p.iter()).map(|s| f64::from(*s).powi(2)).sum();
    let held = hpss::held(&magnitudes, bins, MEDIANS.0, MEDIANS.1);
    let map = Map::new(bins, bin_hz);
    let hop_s = plan.hop() as f64 / rate;
    let mut gains = vec![1f32; held.len()];
    gains.par_chunks_mut(bins).zip(held.par_chunks(bins)).enumerate().for_each(
        |(t, (row, held))| {
            frame(row, held, from_s + t as f64 * hop_s, over, &map);
        },
    );
    let treated = spectra
        .par_iter_mut()
        .map(|s| {
            s.scale(&gains);
            plan.sound(s)
        })
        .collect();
    (treated, energy * low / all.max(1e-12))
}

/// Which pitch class each bin belongs to, and how far it is a bass's.
struct Map {
    class: Vec<Option<u8>>,
    low: Vec<f32>,
    /// The same for a bass that leaves altogether: with its first overtones.
    lower_half: Vec<f32>,
    bin_hz: f64,
}

impl Map {
    fn new(bins: usize, bin_hz: f64) -> Self {
        let class = (0..bins).map(|bin| {
            let hz = bin as f64 * bin_hz;
            let inside = (TONES_HZ.0..TONES_HZ.1).contains(&hz);
            inside.then(|| (69.0 + 12.0 * (hz / 440.0).log2()).round().rem_euclid(12.0) as u8)
        });
        let below = |edge: f64| -> Vec<f32> {
            let gain = |bin: usize| 1.0 / (1.0 + (bin as f64 * bin_hz / edge).powi(BASS_ORDER));
            (0..bins).map(|bin| gain(bin) as f32).collect()
        };
        Self { class: class.collect(), low: below(BASS_HZ), lower_half: below(GONE_HZ), bin_hz }
    }
}

/// Gains of one frame.
fn frame(row: &mut [f32], held: &[f32], at_s: f64, over: &Over, map: &Map) {
    let amount = over.amount;
    let now = |notes: &[Sounding]| sounding(notes, at_s);
    if over.leaving.harmony {
        row.iter_mut().for_each(|g| *g = LEAVING_GAIN);
    } else {
        tones(row, at_s, over, map);
    }
    let lead = now(&over.lead);
    if let Some(grain) = now(&over.grains) {
        let against = lead.is_some_and(|l| (l - grain).rem_euclid(12) != 0);
        if over.leaving.lead {
            harmonics(row, grain, LEAVING_GAIN, map);
        } else if against {
            harmonics(row, grain, 1.0 - amount * (1.0 - NOTCH_GAIN), map);
        }
    }
    if let Some(lead) = lead.filter(|_| !over.leaving.lead) {
        harmonics(row, lead, 1.0 + amount * (LEAD_GAIN - 1.0), map);
    }
    let (share, edge) = match (over.leaving.bass, now(&over.bass)) {
        (true, _) => (1.0 - LEAVING_GAIN, &map.lower_half),
        (_, Some(_)) => (BASS_SHARE * amount, &map.low),
        _ => (0.0, &map.low),
    };
    for (gain, low) in row.iter_mut().zip(edge) {
        *gain *= 1.0 - share * low;
    }
    // Gains are those of what is held; strokes keep theirs.
    let strokes = if over.leaving.drums { LEAVING_GAIN } else { 1.0 };
    for (gain, held) in row.iter_mut().zip(held) {
        *gain = held * *gain + (1.0 - held) * strokes;
    }
}

fn tones(row: &mut [f32], at_s: f64, over: &Over, map: &Map) {
    let chord = over.chords.iter().find(|c| (c.0..c.1).contains(&at_s)).and_then(|c| c.2);
    let Some(chord) = chord else { return };
    let tones = chord.tones();
    let gains: [f32; 12] = std::array::from_fn(|class| {
        let gain = match (tones[class], over.scale[class]) {
            (true, _) => 1.0,
            (_, true) => SCALE_GAIN,
            _ => OUTSIDE_GAIN,
        };
        1.0 - over.amount * (1.0 - gain)
    });
    for (gain, class) in row.iter_mut().zip(&map.class) {
        if let Some(class) = class {
            *gain *= gains[usize::from(*class)];
        }
    }
}

/// The note that sounds at a time: the last that began.
fn sounding(notes: &[Sounding], at_s: f64) -> Option<i32> {
    let after = notes.partition_point(|n| n.from_s <= at_s);
    let note = notes.get(after.checked_sub(1)?)?;
    (note.to_s > at_s).then_some(note.midi)
}

/// Multiplies the harmonics of a pitch.
fn harmonics(row: &mut [f32], midi: i32, gain: f32, map: &Map) {
    let f0 = 440.0 * 2f64.powf(f64::from(midi - 69) / 12.0);
    for h in 1..=HARMONICS {
        let hz = f0 * h as f64;
        let width = (hz * NOTCH_WIDTH).max(map.bin_hz);
        let (from, to) = ((hz - width) / map.bin_hz, (hz + width) / map.bin_hz);
        for bin in from.ceil().max(0.0) as usize..=to as usize {
            if let Some(slot) = row.get_mut(bin) {
                *slot *= gain;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pitch::PitchClass;
    use std::f64::consts::TAU;

    const RATE: f64 = 44_100.0;

    fn tones(hz: &[f64], seconds: f64) -> Audio {
        let plane: Vec<f32> = (0..(seconds * RATE) as usize)
            .map(|i| hz.iter().map(|f| (0.1 * (TAU * f * i as f64 / RATE).sin()) as f32).sum())
            .collect();
        Audio::new(44_100, vec![plane.clone(), plane])
    }

    /// Amplitude of a frequency in the middle of a sound.
    fn level(audio: &Audio, hz: f64) -> f64 {
        let plane = audio.channel(0);
        let span = plane.len() / 4..3 * plane.len() / 4;
        let (mut x, mut y) = (0.0, 0.0);
        for i in span.clone() {
            let angle = TAU * hz * i as f64 / RATE;
            x += f64::from(plane[i]) * angle.cos();
            y += f64::from(plane[i]) * angle.sin();
        }
        2.0 * x.hypot(y) / span.len() as f64
    }

    fn c_major() -> Over {
        let mut scale = [false; 12];
        for class in [0, 2, 4, 5, 7, 9, 11] {
            scale[class] = true;
        }
        let chord = Chord::triad(PitchClass::new(0), false);
        Over { chords: vec![(0.0, 9.0, Some(chord))], scale, amount: 1.0, ..Over::default() }
    }

    fn treated(audio: &Audio, over: &Over) -> Bed {
        treat(audio, over, &StopToken::default()).unwrap()
    }

    #[test]
    fn tones_outside_the_chord_step_back() {
        let hz = [261.63, 293.66, 277.18];
        let done = treated(&tones(&hz, 4.0), &c_major());
        let levels = hz.map(|f| level(&done.audio, f) / 0.1);
        assert!(levels[0] > 0.9, "{levels:?}");
        assert!((levels[1] - f64::from(SCALE_GAIN)).abs() < 0.12, "{levels:?}");
        assert!((levels[2] - f64::from(OUTSIDE_GAIN)).abs() < 0.12, "{levels:?}");
    }

    #[test]
    fn the_old_bass_leaves_room_for_the_new_one() {
        let over = Over { bass: vec![Sounding { from_s: 0.0, to_s: 9.0, midi: 36 }], ..c_major() };
        let done = treated(&tones(&[55.0, 523.25], 4.0), &over);
        assert!(level(&done.audio, 55.0) < 0.03);
        assert!(level(&done.audio, 523.25) > 0.09);
        assert!((done.low_rms / done.rms - 0.5f64.sqrt()).abs() < 0.05);
    }

    #[test]
    fn strokes_that_were_asked_away_are_gone_and_tones_stay() {
        let mut audio = tones(&[523.25], 4.0);
        let mut noise = 1u32;
        for plane in audio.planes_mut() {
            for start in (4_410..170_000).step_by(11_025) {
                for i in 0..3_000 {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let white = (noise >> 8) as f32 / 8_388_608.0 - 1.0;
                    plane[start + i] += 0.4 * white * (-(i as f32) / 900.0).exp();
                }
            }
        }
        let over = Over {
            leaving: Leaving { drums: true, ..Leaving::default() },
            amount: 0.0,
            ..c_major()
        };
        let done = treated(&audio, &over);
        let tone = tones(&[523.25], 4.0);
        let rest = |a: &Audio| -> f64 {
            let pairs = a.channel(0).iter().zip(tone.channel(0));
            pairs.map(|(x, y)| f64::from(x - y).powi(2)).sum()
        };
        assert!(10.0 * (rest(&done.audio) / rest(&audio)).log10() < -12.0);
        assert!(level(&done.audio, 523.25) > 0.085);
    }

    #[test]
    fn nothing_over_it_changes_nothing() {
        let audio = tones(&[55.0, 277.18], 30.0);
        let done = treated(&audio, &Over { amount: 0.0, ..c_major() });
        assert_eq!(done.audio.frames(), audio.frames());
        let worst = audio
            .channel(0)
            .iter()
            .zip(done.audio.channel(0))
            .map(|(a, b)| (a - b).abs())
            .fold(0f32, f32::max);
        assert!(worst < 1e-3, "{worst}");
    }

    #[test]
    fn a_part_that_was_asked_away_is_gone() {
        let over = Over {
            leaving: Leaving { bass: true, harmony: true, ..Leaving::default() },
            ..c_major()
        };
        let done = treated(&tones(&[55.0, 523.25], 4.0), &over);
        assert!(level(&done.audio, 523.25) < 0.01 && level(&done.audio, 55.0) < 0.002);
    }
}
