//! Copies that are planted: what is done to a recording, or to the score that it plays, before the
//! copy check is asked about it.
//!
//! Everything is made by this program's own code, so that the trial runs on any machine; what real
//! codecs and stretchers do is for the bench. Must never judge.

use crate::audio::Audio;
use crate::audio::buffer::db_amplitude;
use crate::audio::resample::resample;
use crate::audio::varispeed::Varispeed;
use crate::domain::plan::Plan;
use crate::domain::score::{Role, Score};
use crate::domain::work::{StopToken, Unobserved};
use crate::engine::EngineError;
use crate::engine::resident::perform::{RATE_HZ, base};

/// Seconds of a splice.
const SPLICE_S: f64 = 10.0;
/// Seconds of an excerpt.
const EXCERPT_S: f64 = 15.0;
/// Seconds of the other piece before a splice: long enough that the splice does not stand alone.
const BEFORE_S: f64 = 12.0;
/// Seconds over which one recording goes over into another.
const JOIN_S: f64 = 0.02;

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The recording, quieter.
    Quieter,
    /// A part of the recording.
    Excerpt,
    /// A part of the recording inside another piece.
    Splice,
    /// The recording played faster or slower, which moves its pitch too.
    Speed,
    /// The score in another key.
    Key,
    /// The score at another tempo.
    Tempo,
    /// The score in another key by other instruments.
    Instruments,
}

impl Change {
    /// What can be done to any recording.
    pub const OF_RECORDINGS: [Self; 4] = [Self::Quieter, Self::Excerpt, Self::Splice, Self::Speed];
    /// What can be done where there is a score.
    pub const OF_SCORES: [Self; 3] = [Self::Key, Self::Tempo, Self::Instruments];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Quieter => "the recording, 8 dB quieter",
            Self::Excerpt => "15 s of the recording",
            Self::Splice => "10 s of the recording inside another piece",
            Self::Speed => "the recording 4 % faster or slower",
            Self::Key => "the score 2 semitones up or down",
            Self::Tempo => "the score 5 % faster or slower",
            Self::Instruments => "the score 2 semitones up or down, other instruments",
        }
    }
}

/// Something to copy from.
pub struct Source {
    /// One channel.
    pub audio: Audio,
    /// What it plays; `None` for a recording that came from outside.
    pub written: Option<(Plan, Score)>,
}

/// A copy of a source. `up` is one way of the two that a change has; `other` is where a splice goes.
/// `None` where a score is asked for and there is none.
pub fn plant(
    change: Change,
    source: &Source,
    up: bool,
    other: &Audio,
    stop: &StopToken,
) -> Result<Option<Audio>, EngineError> {
    let sign = if up { 1.0 } else { -1.0 };
    let middle_s = 0.5 * source.audio.duration_s();
    Ok(Some(match change {
        Change::Quieter => {
            let mut quiet = source.audio.clone();
            quiet.scale(db_amplitude(-8.0) as f32);
            quiet
        }
        Change::Excerpt => stretch(&source.audio, middle_s - 0.5 * EXCERPT_S, EXCERPT_S),
        Change::Splice => {
            let part = stretch(&source.audio, middle_s - 0.5 * SPLICE_S, SPLICE_S);
            spliced(other, &part)?
        }
        Change::Speed => speed(&source.audio, 1.0 + 0.04 * sign),
        Change::Key | Change::Tempo | Change::Instruments => {
            let Some((plan, score)) = &source.written else { return Ok(None) };
            let (mut plan, mut score) = (plan.clone(), score.clone());
            match change {
                Change::Tempo => retime(&mut plan, &mut score, 1.0 + 0.05 * sign),
                Change::Key => transpose(&mut score, 2 * sign as i32),
                _ => {
                    transpose(&mut score, 2 * sign as i32);
                    score
                        .parts
                        .iter_mut()
                        .for_each(|p| p.program = other_program(p.role, p.program));
                }
            }
            perform(&plan, &score, stop)?
        }
    }))
}

/// A take as it would be without the bounds of a performance: all of a recording, in long stretches
/// that are in another order.
pub fn memorised(source: &Audio) -> Audio {
    // Of a short one fewer, for a stretch is longer than a window of the copy check.
    const STRETCH_S: f64 = 10.0;
    let stretches = ((source.duration_s() / STRETCH_S) as usize).clamp(1, 3);
    let length_s = source.duration_s() / stretches as f64;
    let at = |n: usize| stretch(source, n as f64 * length_s, length_s);
    let (mut take, rest) = (at(stretches - 1), (0..stretches - 1).rev());
    for n in rest {
        let end = take.frames();
        take = joined(&take, &at(n), end);
    }
    take
}

/// Plays a score by built-in synthesis, in one channel. It is not mastered: no layer of the copy check
/// looks at loudness.
pub fn perform(plan: &Plan, score: &Score, stop: &StopToken) -> Result<Audio, EngineError> {
    let played = base(None, plan, score, &Unobserved, stop)?;
    let mut mix = Vec::new();
    for stem in played.stems.values() {
        mix.resize(stem.frames().max(mix.len()), 0f32);
        mix.iter_mut().zip(stem.mono()).for_each(|(out, sample)| *out += sample);
    }
    let mut audio = Audio::new(RATE_HZ, vec![mix]);
    let peak = audio.peak();
    if peak > 0.0 {
        audio.scale(0.5 / peak);
    }
    Ok(audio)
}

/// The same in one channel: the copy check hears no more, and many pieces are held at once.
pub fn mono(audio: &Audio) -> Audio {
    Audio::new(audio.rate_hz(), vec![audio.mono()])
}

/// A stretch of a sound.
fn stretch(audio: &Audio, from_s: f64, length_s: f64) -> Audio {
    let rate = f64::from(audio.rate_hz());
    let from = ((from_s.max(0.0) * rate) as usize).min(audio.frames());
    let to = (from + (length_s * rate) as usize).min(audio.frames());
    Audio::new(audio.rate_hz(), vec![audio.channel(0)[from..to].to_vec()])
}

/// A sound with another in it, as loud as its host.
fn spliced(host: &Audio, part: &Audio) -> Result<Audio, EngineError> {
    let mut part = resample(part, host.rate_hz())?;
    let level = part.rms();
    if level > 0.0 {
        part.scale((host.rms() / level) as f32);
    }
    let at = ((BEFORE_S * f64::from(host.rate_hz())) as usize).min(host.frames());
    let mut out = joined(&stretch(host, 0.0, BEFORE_S), &part, at);
    let after = at + part.frames();
    if after < host.frames() {
        let rest = Audio::new(host.rate_hz(), vec![host.channel(0)[after..].to_vec()]);
        let end = out.frames();
        out = joined(&out, &rest, end);
    }
    Ok(out)
}

/// One sound after another from a frame on, faded over.
fn joined(first: &Audio, second: &Audio, at: usize) -> Audio {
    let fade = (JOIN_S * f64::from(first.rate_hz())) as usize;
    let mut samples = first.channel(0)[..at.min(first.frames())].to_vec();
    let overlap = fade.min(samples.len()).min(second.frames());
    let start = samples.len() - overlap;
    for (n, sample) in second.channel(0).iter().enumerate() {
        if n < overlap {
            let in_share = n as f32 / overlap as f32;
            let out = &mut samples[start + n];
            *out = *out * (1.0 - in_share) + sample * in_share;
        } else {
            samples.push(*sample);
        }
    }
    Audio::new(first.rate_hz(), vec![samples])
}

/// A sound read at another speed.
fn speed(audio: &Audio, ratio: f64) -> Audio {
    let table = Varispeed::new(ratio);
    let samples = audio.channel(0);
    let frames = (samples.len() as f64 / ratio) as usize;
    let read = (0..frames).map(|i| table.read(samples, i as f64 * ratio)).collect();
    Audio::new(audio.rate_hz(), vec![read])
}

fn transpose(score: &mut Score, semitones: i32) {
    for part in score.parts.iter_mut().filter(|p| p.role != Role::Drums) {
        for note in &mut part.notes {
            note.midi = (i32::from(note.midi) + semitones).clamp(0, 127) as u8;
        }
    }
}

fn retime(plan: &mut Plan, score: &mut Score, ratio: f64) {
    score.tempo_bpm *= ratio;
    plan.tempo_bpm *= ratio;
    plan.seconds /= ratio;
}

/// An instrument that sounds otherwise, by General-MIDI programs from 0.
fn other_program(role: Role, now: u8) -> u8 {
    const PIANO: u8 = 0;
    const ORGAN: u8 = 16;
    const GUITAR: u8 = 24;
    const FINGER_BASS: u8 = 33;
    const PICKED_BASS: u8 = 34;
    const SYNTH_BASS: u8 = 38;
    const SYNTH_BASS_2: u8 = 39;
    const STRINGS: u8 = 48;
    const TRUMPET: u8 = 56;
    const FLUTE: u8 = 73;
    let unless_of_its_family =
        |first: u8, second: u8| if now / 8 == first / 8 { second } else { first };
    match role {
        Role::Drums => now,
        // The picked bass and both synthetic ones are sawtooths here, the rest plucked strings.
        Role::Bass if matches!(now, PICKED_BASS | SYNTH_BASS | SYNTH_BASS_2) => FINGER_BASS,
        Role::Bass => SYNTH_BASS,
        Role::Harmony => unless_of_its_family(ORGAN, GUITAR),
        Role::Lead => unless_of_its_family(FLUTE, TRUMPET),
        Role::Pad => unless_of_its_family(STRINGS, PIANO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const TEST_HZ: u32 = 8_000;

    fn tone(hz: f64, seconds: f64) -> Audio {
        let frames = (seconds * f64::from(TEST_HZ)) as usize;
        let at = |i: usize| (0.5 * (TAU * hz * i as f64 / f64::from(TEST_HZ)).sin()) as f32;
        Audio::new(TEST_HZ, vec![(0..frames).map(at).collect()])
    }

    fn planted(change: Change, up: bool) -> Audio {
        let source = Source { audio: tone(440.0, 40.0), written: None };
        plant(change, &source, up, &tone(100.0, 30.0), &StopToken::default()).unwrap().unwrap()
    }

    /// How often a sound goes through zero in a second: twice its pitch.
    fn crossings(audio: &Audio) -> f64 {
        let signs = audio.channel(0).windows(2).filter(|w| (w[0] < 0.0) != (w[1] < 0.0)).count();
        signs as f64 / audio.duration_s()
    }

    #[test]
    fn changes_of_a_recording_are_what_they_are_called() {
        assert!(
            (planted(Change::Quieter, true).rms() / tone(440.0, 40.0).rms() - 0.398).abs() < 0.01
        );
        assert!((planted(Change::Excerpt, true).duration_s() - 15.0).abs() < 0.01);
        let (faster, slower) = (planted(Change::Speed, true), planted(Change::Speed, false));
        assert!((crossings(&faster) - 2.0 * 440.0 * 1.04).abs() < 3.0, "{}", crossings(&faster));
        assert!((slower.duration_s() - 40.0 / 0.96).abs() < 0.01);
    }

    #[test]
    fn a_splice_sounds_where_it_was_put_and_as_loud_as_its_host() {
        let spliced = planted(Change::Splice, true);
        assert!((spliced.duration_s() - 30.0).abs() < 0.1);
        let inside = stretch(&spliced, 13.0, 8.0);
        let after = stretch(&spliced, 23.0, 5.0);
        assert!(
            (crossings(&inside) - 880.0).abs() < 3.0 && (crossings(&after) - 200.0).abs() < 3.0
        );
        assert!((inside.rms() / after.rms() - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_memorised_take_is_all_of_the_recording_in_another_order() {
        let first = tone(100.0, 12.0);
        let source = joined(&first, &tone(440.0, 24.0), first.frames());
        let take = memorised(&source);
        assert!((take.duration_s() - source.duration_s()).abs() < 0.1);
        let (start, end) = (stretch(&take, 1.0, 8.0), stretch(&take, 26.0, 8.0));
        assert!((crossings(&start) - 880.0).abs() < 3.0 && (crossings(&end) - 200.0).abs() < 3.0);
    }

    #[test]
    fn other_instruments_are_others_and_drums_stay() {
        for role in [Role::Bass, Role::Harmony, Role::Lead, Role::Pad] {
            assert!((0..128).all(|p| other_program(role, p) != p), "{role:?}");
        }
        assert_eq!(other_program(Role::Drums, 8), 8);
    }
}
