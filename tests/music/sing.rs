//! Singing made by code: harmonics of a gliding, trembling pitch through the formants of vowels,
//! with consonants of noise between them; or through the throat of a synthetic speaker.

use super::speech::{GAINS, STEP_HZ, Speech, Syllable};
use super::{Part, Piece, TrueNote};
use leitmotif::engine::resident::dice::Dice;
use std::f64::consts::TAU;

/// Program of sung notes: beyond those of General MIDI.
pub const PROGRAM: u8 = 200;
/// Channel whose notes are sung instead of played.
const LEAD: u8 = 3;
/// Samples between changes of pitch and formants.
const BLOCK: usize = 64;

/// First three formants of vowels, Hz, of a man (after Peterson & Barney 1952).
const VOWELS: [[f64; 3]; 7] = [
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [530.0, 1840.0, 2480.0],
    [270.0, 2290.0, 3010.0],
    [300.0, 870.0, 2240.0],
    [660.0, 1720.0, 2410.0],
    [490.0, 1350.0, 1690.0],
];

/// How a singer sings.
struct Singer {
    /// Formants over a man's.
    size: f64,
    /// Octave shift of the melody, semitones.
    shift: i32,
    vibrato_hz: f64,
    vibrato_cents: f64,
    breath: f64,
    glide_s: f64,
    /// How fast the harmonics of the voice itself fall.
    tilt: f64,
}

/// Sings the lead of a piece, in the voice of `speech` if there is one: its notes leave the band's
/// events and come back in the truth as sung. Returns the voice alone, empty where there was no lead.
pub fn sing(
    piece: &mut Piece,
    rate_hz: f64,
    frames: usize,
    speech: Option<&Speech>,
    dice: &mut Dice,
) -> Vec<f32> {
    let mut lead: Vec<TrueNote> =
        piece.truth.notes.iter().filter(|n| n.part == Part::Lead).copied().collect();
    if lead.len() < 4 {
        return Vec::new();
    }
    piece.events.retain(|e| e.channel != LEAD || !matches!(e.command, 0x80 | 0x90));
    piece.truth.notes.retain(|n| n.part != Part::Lead);
    let high = dice.chance(0.5);
    let mean = lead.iter().map(|n| f64::from(n.midi)).sum::<f64>() / lead.len() as f64;
    let wanted = if high { 67.0 } else { 55.0 } + 3.0 * dice.normal();
    let singer = Singer {
        size: if high { 1.17 } else { 1.0 } * (1.0 + 0.04 * dice.normal()),
        shift: (12.0 * ((wanted - mean) / 12.0).round()) as i32,
        vibrato_hz: 4.5 + 2.0 * dice.unit(),
        vibrato_cents: 60.0 * dice.unit(),
        breath: 0.02 + 0.1 * dice.unit() * dice.unit(),
        glide_s: 0.02 + 0.08 * dice.unit(),
        tilt: 0.8 + 0.8 * dice.unit(),
    };
    // One breath at a time.
    for i in 1..lead.len() {
        lead[i - 1].end_s = lead[i - 1].end_s.min(lead[i].start_s);
    }
    lead.retain(|n| n.end_s - n.start_s > 0.08);
    let mut voice = vec![0f32; frames];
    let mut before = None;
    for note in &mut lead {
        note.midi = (i32::from(note.midi) + singer.shift).clamp(36, 88) as u8;
        note.program = PROGRAM;
        let spoken = speech.map(|s| &s.syllables[dice.below(s.syllables.len())]);
        syllable(note, before, &singer, spoken, rate_hz, &mut voice, dice);
        before = Some(f64::from(note.midi));
    }
    room(&mut voice, rate_hz, dice);
    piece.truth.notes.extend(lead);
    piece.truth.notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.midi.cmp(&b.midi)));
    voice
}

fn syllable(
    note: &TrueNote,
    before: Option<f64>,
    singer: &Singer,
    spoken: Option<&Syllable>,
    rate: f64,
    voice: &mut [f32],
    dice: &mut Dice,
) {
    let length = note.end_s - note.start_s;
    let loud = 0.5 + 0.5 * f64::from(note.velocity) / 127.0;
    let throat = Throat::drawn(spoken, singer, dice);
    let consonant = match spoken {
        Some(syllable) => pronounce(syllable, note.start_s, 0.4 * length, loud, rate, voice),
        None if dice.chance(0.65) => {
            let consonant = (0.03 + 0.07 * dice.unit()).min(0.3 * length);
            hiss(note.start_s, consonant, loud, rate, voice, dice);
            consonant
        }
        None => 0.0,
    };
    let start = ((note.start_s + 0.7 * consonant) * rate) as usize;
    let end = ((note.end_s * rate) as usize).min(voice.len());
    let mut phases = [0f64; 48];
    let begins = before.filter(|_| dice.chance(0.7)).unwrap_or(f64::from(note.midi) - 1.0);
    let wobble = dice.unit() * TAU;
    for block in (start..end).step_by(BLOCK) {
        let t = (block - start) as f64 / rate;
        let glide = (begins - f64::from(note.midi)) * (-t / singer.glide_s).exp();
        let depth = singer.vibrato_cents / 100.0 * (t / 0.35).min(1.0);
        let tremble = depth * (TAU * singer.vibrato_hz * t + wobble).sin() + 0.05 * dice.normal();
        let hz = 440.0 * 2f64.powf((f64::from(note.midi) + glide + tremble - 69.0) / 12.0);
        let share = (t / length).min(1.0);
        let shape = throat.at(share, t, (end - block) as f64 / rate);
        let left = (end - block) as f64 / rate;
        let envelope = loud * (t / 0.04).min(1.0) * (left / 0.06).min(1.0);
        let levels: [f64; 48] = std::array::from_fn(|h| {
            let partial = hz * (h + 1) as f64;
            if partial > HIGHEST_HZ { 0.0 } else { shape.gain(partial, h + 1) }
        });
        for (i, sample) in voice[block..(block + BLOCK).min(end)].iter_mut().enumerate() {
            let mut sum = 0.0;
            for (h, level) in levels.iter().enumerate().take_while(|(_, l)| **l > 0.0) {
                sum += level * (phases[h] + TAU * hz * (h + 1) as f64 * i as f64 / rate).sin();
            }
            let breath = singer.breath * (2.0 * dice.unit() - 1.0);
            *sample += (0.25 * envelope * (sum + breath)) as f32;
        }
        for (h, phase) in phases.iter_mut().enumerate() {
            *phase = (*phase + TAU * hz * (h + 1) as f64 * BLOCK as f64 / rate) % TAU;
        }
    }
}

/// Partials above this are left out.
const HIGHEST_HZ: f64 = 5_500.0;

/// What shapes a syllable.
enum Throat<'a> {
    /// Two vowels, gliding from one to the other; how fast the harmonics fall.
    Vowels([f64; 3], [f64; 3], f64),
    /// Moments of speech, and what brings them to one level.
    Spoken(&'a [[f32; GAINS]], f64),
}

/// The throat at one moment.
enum Shape<'a> {
    Formants([f64; 3], f64),
    Gains(&'a [f32; GAINS], f64),
}

impl<'a> Throat<'a> {
    fn drawn(spoken: Option<&'a Syllable>, singer: &Singer, dice: &mut Dice) -> Self {
        match spoken {
            Some(syllable) => {
                let loudest = syllable.moments.iter().map(|m| m.iter().sum::<f32>());
                let level = loudest.fold(1e-6, f32::max);
                Self::Spoken(&syllable.moments, 6.0 / f64::from(level))
            }
            None => {
                let (from, to) = (VOWELS[dice.below(7)], VOWELS[dice.below(7)]);
                let sized = |v: [f64; 3]| v.map(|f| singer.size * f);
                Self::Vowels(sized(from), sized(to), singer.tilt)
            }
        }
    }

    /// Its shape a share of the way through, `since` seconds after the start and `left` before the end.
    fn at(&self, share: f64, since: f64, left: f64) -> Shape<'a> {
        match *self {
            Self::Vowels(from, to, tilt) => {
                Shape::Formants(std::array::from_fn(|i| from[i] + share * (to[i] - from[i])), tilt)
            }
            Self::Spoken(moments, level) => {
                // Both ends move as they were spoken; what lies between is held as long as the note.
                const MOMENT_S: f64 = 128.0 / 22_050.0;
                let last = moments.len() - 1;
                let (in_, out) = ((since / MOMENT_S) as usize, (left / MOMENT_S) as usize);
                let middle = (share * last as f64) as usize;
                let third = moments.len() / 3;
                let at = if in_ < third.min(middle.max(1)) {
                    in_
                } else if out < third {
                    (last - out).max(middle.min(last))
                } else {
                    middle.clamp(third.min(last), last.saturating_sub(third).max(third.min(last)))
                };
                Shape::Gains(&moments[at.min(last)], level)
            }
        }
    }
}

impl Shape<'_> {
    /// Gain of a partial, by its frequency and number.
    fn gain(&self, hz: f64, number: usize) -> f64 {
        match self {
            Self::Formants(formants, tilt) => resonance(hz, formants) / (number as f64).powf(*tilt),
            Self::Gains(gains, level) => {
                let place = hz / STEP_HZ;
                let (at, part) = (place as usize, place.fract());
                let of = |i: usize| f64::from(gains.get(i).copied().unwrap_or(0.0));
                level * (of(at) * (1.0 - part) + of(at + 1) * part)
            }
        }
    }
}

/// Puts what is spoken before a vowel in front of a note; returns how long it is, at most `most`.
fn pronounce(
    syllable: &Syllable,
    at_s: f64,
    most_s: f64,
    loud: f64,
    rate: f64,
    voice: &mut [f32],
) -> f64 {
    let most = (most_s * rate) as usize;
    let spoken = &syllable.consonant[syllable.consonant.len().saturating_sub(most)..];
    let first = (at_s * rate) as usize;
    let level = 0.9 * loud as f32;
    for (out, sample) in voice.iter_mut().skip(first).zip(spoken) {
        *out += level * sample;
    }
    spoken.len() as f64 / rate
}

/// Gain of the vocal tract: three resonances in parallel.
fn resonance(hz: f64, formants: &[f64; 3]) -> f64 {
    let widths = [90.0, 110.0, 170.0];
    let gains = [1.0, 0.6, 0.35];
    (0..3).map(|i| gains[i] / (1.0 + ((hz - formants[i]) / widths[i]).powi(2)).sqrt()).sum::<f64>()
        + 0.02
}

/// A consonant: noise around a frequency, or a gap and a burst.
fn hiss(at_s: f64, length: f64, loud: f64, rate: f64, voice: &mut [f32], dice: &mut Dice) {
    let centre = 1_500.0 + 6_000.0 * dice.unit();
    let (mut low, mut band) = (0.0, 0.0);
    let f = 2.0 * (std::f64::consts::PI * (centre / rate).min(0.22)).sin();
    let level = 0.12 * loud * dice.unit();
    let first = (at_s * rate) as usize;
    let count = (length * rate) as usize;
    for i in 0..count.min(voice.len().saturating_sub(first)) {
        let shape = (std::f64::consts::PI * i as f64 / count as f64).sin();
        let noise = 2.0 * dice.unit() - 1.0;
        // State-variable band-pass (Chamberlin 1985).
        low += f * band;
        band += f * (noise - low - 0.5 * band);
        voice[first + i] += (level * shape * band) as f32;
    }
}

/// Echoes of a room or a delay.
fn room(voice: &mut [f32], rate: f64, dice: &mut Dice) {
    let wet = 0.5 * dice.unit();
    for delay_s in [0.031, 0.047, 0.071, 0.113, 0.3 * dice.unit() + 0.1] {
        let delay = (delay_s * rate) as usize;
        let gain = (0.35 * wet) as f32;
        for i in delay..voice.len() {
            voice[i] += gain * voice[i - delay];
        }
    }
}
