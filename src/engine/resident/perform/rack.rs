//! The instruments of a finetune in memory, and which sample plays a note.
//!
//! Must never choose by chance alone: of all samples that could play a note the nearest in pitch, of
//! the wanted track and with the least of the old mix in it wins; chance only decides between equals.

use super::super::dice::Dice;
use super::super::learn::INSTRUMENTS;
use super::super::learn::finetune::Finetune;
use super::super::learn::instruments::Sample;
use crate::audio::Audio;
use crate::audio::decode::read_all;
use crate::domain::limits::Limits;
use crate::domain::score::{Note, Role};
use crate::engine::EngineError;
use std::collections::BTreeMap;

/// Farthest a note is transposed, semitones; beyond it an instrument is another one.
const FARTHEST: i32 = 9;
/// Transpositions that are hardly heard.
const NEAR: i32 = 3;
/// Costs of a choice: a semitone, one beyond [`NEAR`], another track, impurity, a sound too short for
/// its note, the sample of the note before.
const COSTS: [f64; 6] = [0.08, 0.25, 0.5, 0.8, 0.5, 0.25];
/// What an instrument of another role costs.
const FOREIGN: f64 = 0.45;
/// Choices within this of the best are equals.
const EQUAL: f64 = 0.12;
/// Span of the level that a sample is measured over.
const LEVEL_S: f64 = 0.2;

/// A finetune's samples with their sound.
pub struct Rack<'a> {
    samples: &'a [Sample],
    audio: Audio,
    /// Loudest root mean square of each sample as it is stored.
    levels: Vec<f64>,
    tuning_cents: f64,
}

/// How a sample plays a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Number of the sample.
    pub sample: usize,
    /// Semitones up.
    pub shift: i32,
}

impl<'a> Rack<'a> {
    /// Reads a finetune's instruments; `None` where none were learned.
    pub fn open(finetune: &'a Finetune) -> Result<Option<Self>, EngineError> {
        let samples = finetune.sound.samples.as_slice();
        if samples.is_empty() {
            return Ok(None);
        }
        let path = finetune.folder.join("audio").join(INSTRUMENTS);
        let audio = read_all(&path, &Limits::default())?.stereo();
        let frames = audio.frames() as u64;
        if samples.iter().any(|s| s.first + u64::from(s.frames) > frames) {
            return Err(EngineError::Damaged {
                folder: finetune.folder.clone(),
                why: format!("{INSTRUMENTS} is shorter than its index"),
            });
        }
        Ok(Some(Self::of(samples, audio, finetune.sound.tuning_cents())))
    }

    /// A rack of samples that lie in `audio`, for a dataset that is tuned so many cents from A = 440.
    pub fn of(samples: &'a [Sample], audio: Audio, tuning_cents: f64) -> Self {
        let levels = samples.iter().map(|s| loudest(&audio, s)).collect();
        Self { samples, audio, levels, tuning_cents }
    }

    /// A sample.
    pub fn sample(&self, number: usize) -> &Sample {
        &self.samples[number]
    }

    /// Its channels.
    pub fn planes(&self, number: usize) -> [&[f32]; 2] {
        let sample = &self.samples[number];
        let range = sample.first as usize..sample.first as usize + sample.frames as usize;
        [&self.audio.channel(0)[range.clone()], &self.audio.channel(1)[range]]
    }

    /// Root mean square of its loudest fifth of a second, as stored.
    pub fn level(&self, number: usize) -> f64 {
        self.levels[number].max(1e-6)
    }

    /// Samples a second of the sound.
    pub fn rate_hz(&self) -> u32 {
        self.audio.rate_hz()
    }

    /// Speed at which a sample plays a note so that it is in tune with the dataset.
    pub fn speed(&self, choice: Choice) -> f64 {
        let cents = 100.0 * f64::from(choice.shift) + self.tuning_cents
            - f64::from(self.samples[choice.sample].cents);
        2f64.powf(cents / 1200.0)
    }

    /// Tracks that have samples for a role, with how many.
    pub fn tracks(&self, role: Role) -> BTreeMap<u16, usize> {
        let mut counted = BTreeMap::new();
        for sample in self.samples.iter().filter(|s| s.role == role) {
            *counted.entry(sample.track).or_insert(0) += 1;
        }
        counted
    }

    /// The track that plays a role in a theme: one that can play these notes; the home track first.
    pub fn track_for(
        &self,
        role: Role,
        notes: &[Note],
        home: Option<u16>,
        dice: &mut Dice,
    ) -> Option<u16> {
        let tracks: Vec<u16> = self.tracks(role).into_keys().collect();
        let reach: Vec<f64> = tracks
            .iter()
            .map(|track| {
                let own = |s: &&Sample| s.role == role && s.track == *track;
                let pitches: Vec<u8> = self.samples.iter().filter(own).map(|s| s.midi).collect();
                let near = |n: &&Note| {
                    pitches.iter().any(|p| i32::from(n.midi).abs_diff(i32::from(*p)) <= 4)
                };
                let played = notes.iter().filter(near).count() as f64;
                let home = if Some(*track) == home { 2.0 } else { 1.0 };
                (0.05 + played / notes.len().max(1) as f64).powi(3) * home
            })
            .collect();
        (!tracks.is_empty()).then(|| tracks[dice.weighted(&reach)])
    }

    /// The sample that plays a note of a tonal role; `None` where none is near enough.
    pub fn tonal(
        &self,
        role: Role,
        note: &Note,
        length_s: f64,
        track: Option<u16>,
        before: Option<usize>,
        dice: &mut Dice,
    ) -> Option<Choice> {
        let mut best: Vec<(f64, Choice)> = Vec::new();
        for (number, sample) in self.samples.iter().enumerate() {
            let Some(foreign) = foreign(role, sample.role) else { continue };
            let shift = i32::from(note.midi) - i32::from(sample.midi);
            if shift.abs() > FARTHEST {
                continue;
            }
            let short = sample.looped.is_none() && f64::from(sample.length_s) < 0.7 * length_s;
            let flag = |yes: bool| f64::from(u8::from(yes));
            let cost = COSTS[0] * f64::from(shift.abs())
                + COSTS[1] * f64::from((shift.abs() - NEAR).max(0))
                + COSTS[2] * flag(track.is_some_and(|t| t != sample.track))
                + COSTS[3] * f64::from(1.0 - sample.purity)
                + COSTS[4] * flag(short)
                + COSTS[5] * flag(before == Some(number))
                + foreign;
            best.push((cost, Choice { sample: number, shift }));
        }
        let least = best.iter().map(|b| b.0).fold(f64::MAX, f64::min);
        best.retain(|b| b.0 <= least + EQUAL);
        dice.pick(&best).map(|b| b.1)
    }

    /// The stroke that plays a drum of a kit; harder strokes for harder notes, never the same twice
    /// where there are two. `None` where the kit has no such drum.
    pub fn stroke(&self, key: u8, velocity: u8, track: u16, count: usize) -> Option<usize> {
        let mut own: Vec<usize> = (0..self.samples.len())
            .filter(|i| {
                let s = &self.samples[*i];
                s.role == Role::Drums && s.midi == key && s.track == track
            })
            .collect();
        own.sort_by(|a, b| self.samples[*a].level_db.total_cmp(&self.samples[*b].level_db));
        let half = own.len().div_ceil(2);
        let layer = if velocity < 80 { &own[..half] } else { &own[own.len() - half..] };
        layer.get(count % layer.len().max(1)).copied()
    }
}

/// What it costs to play a role with an instrument of another: melodies and chords may be played on
/// each other's, nothing else.
fn foreign(role: Role, sample: Role) -> Option<f64> {
    match (role, sample) {
        _ if role == sample => Some(0.0),
        (Role::Lead, Role::Harmony) | (Role::Harmony, Role::Lead) => Some(FOREIGN),
        _ => None,
    }
}

fn loudest(audio: &Audio, sample: &Sample) -> f64 {
    let from = sample.first as usize;
    let count = sample.frames as usize;
    let span = ((LEVEL_S * f64::from(audio.rate_hz())) as usize).clamp(1, count.max(1));
    (0..=count.saturating_sub(span))
        .step_by((span / 4).max(1))
        .map(|at| {
            let range = from + at..from + at + span.min(count);
            let sum: f64 = audio
                .planes()
                .iter()
                .flat_map(|p| &p[range.clone()])
                .map(|s| f64::from(*s).powi(2))
                .sum();
            (sum / (2 * span) as f64).sqrt()
        })
        .fold(0.0, f64::max)
}

#[cfg(test)]
pub mod tests {
    //! What a rack chooses; [`shelf`] makes samples for other tests too.

    use super::*;
    use std::f64::consts::TAU;

    const RATE: u32 = 44_100;

    /// Samples of half a second each, one after another: (role, MIDI note, track, purity, level dB).
    pub fn shelf(wanted: &[(Role, u8, u16, f32, f32)]) -> (Vec<Sample>, Audio) {
        let frames = RATE / 2;
        let mut plane = Vec::new();
        let mut samples = Vec::new();
        for (role, midi, track, purity, level_db) in wanted {
            let hz = 440.0 * 2f64.powf((f64::from(*midi) - 69.0) / 12.0);
            samples.push(Sample {
                role: *role,
                midi: *midi,
                track: *track,
                start_s: 1.0,
                length_s: 0.5,
                first: plane.len() as u64,
                frames,
                cents: 0.0,
                level_db: *level_db,
                velocity: 90,
                purity: *purity,
                looped: None,
            });
            plane.extend((0..frames).map(|i| {
                let t = f64::from(i) / f64::from(RATE);
                (0.5 * (TAU * hz * t).sin() * (1.0 - 2.0 * t).max(0.0).sqrt()) as f32
            }));
        }
        (samples, Audio::new(RATE, vec![plane.clone(), plane]))
    }

    fn note(midi: u8) -> Note {
        Note { start: 0, length: 480, midi, velocity: 90 }
    }

    fn dice() -> Dice {
        Dice::new(1, "test")
    }

    #[test]
    fn the_nearest_pure_sample_of_the_track_plays() {
        let (samples, audio) = shelf(&[
            (Role::Lead, 60, 0, 0.9, -20.0),
            (Role::Lead, 62, 0, 0.2, -20.0),
            (Role::Lead, 64, 1, 0.9, -20.0),
            (Role::Bass, 64, 0, 0.9, -20.0),
        ]);
        let rack = Rack::of(&samples, audio, 0.0);
        let play = |midi, track| {
            rack.tonal(Role::Lead, &note(midi), 0.4, track, None, &mut dice())
                .map(|c| (c.sample, c.shift))
        };
        assert_eq!(play(62, Some(0)), Some((0, 2)));
        assert_eq!(play(64, Some(1)), Some((2, 0)));
        assert_eq!(play(90, None), None);
        assert_eq!(rack.track_for(Role::Lead, &[note(60)], Some(9), &mut dice()), Some(0));
        assert_eq!(rack.track_for(Role::Drums, &[note(60)], None, &mut dice()), None);
    }

    #[test]
    fn chords_lend_their_instrument_to_melodies_and_basses_do_not() {
        let (samples, audio) =
            shelf(&[(Role::Harmony, 60, 0, 0.9, -20.0), (Role::Bass, 72, 0, 0.9, -20.0)]);
        let rack = Rack::of(&samples, audio, 0.0);
        let lead = rack.tonal(Role::Lead, &note(60), 0.4, None, None, &mut dice());
        assert_eq!(lead.map(|c| c.sample), Some(0));
        assert_eq!(rack.tonal(Role::Lead, &note(75), 0.4, None, None, &mut dice()), None);
    }

    #[test]
    fn harder_notes_take_harder_strokes_and_none_twice_running() {
        let (samples, audio) = shelf(&[
            (Role::Drums, 38, 0, 0.9, -30.0),
            (Role::Drums, 38, 0, 0.9, -28.0),
            (Role::Drums, 38, 0, 0.9, -12.0),
            (Role::Drums, 38, 0, 0.9, -10.0),
        ]);
        let rack = Rack::of(&samples, audio, 0.0);
        let stroke = |velocity, count| rack.stroke(38, velocity, 0, count);
        assert_eq!([stroke(40, 0), stroke(40, 1), stroke(40, 2)], [Some(0), Some(1), Some(0)]);
        assert_eq!([stroke(120, 0), stroke(120, 1)], [Some(2), Some(3)]);
        assert_eq!(rack.stroke(36, 90, 0, 0), None);
    }
}
