//! Playing parts with learned instruments.
//!
//! Every note is a sample of the dataset, moved by a few semitones, cut to its length and looped where
//! it is held. Must never play a note that is not in the list of uses that it returns.

use super::super::dice::Dice;
use super::bounds::NoteCut;
use super::rack::{Choice, Rack};
use crate::audio::Audio;
use crate::audio::varispeed::Varispeed;
use crate::domain::score::{Note, Part, Role, Score};
use std::collections::BTreeMap;
use std::f32::consts::FRAC_PI_2;

/// Fade at the start of every note, seconds.
const RISE_S: f64 = 0.003;
/// Fade at the end of a loop, seconds.
const CROSS_S: f64 = 0.008;
/// Deviation of how early or late a player is, seconds, by [`Role::ALL`].
const LOOSE_S: [f64; 5] = [0.002, 0.003, 0.005, 0.006, 0.006];
/// A player is never further off than this.
const LOOSEST_S: f64 = 0.012;

/// A section as far as instruments care: where it starts, and what it shares its sound with.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// First tick.
    pub from: u32,
    /// Theme letter.
    pub theme: String,
}

/// A part that was played.
pub struct Voiced {
    /// Stereo.
    pub audio: Audio,
    /// Every sample it used.
    pub uses: Vec<NoteCut>,
    /// Notes that no instrument could play.
    pub left: Vec<Note>,
}

/// What the players of a take have in common.
pub struct Session<'a> {
    /// The instruments.
    pub rack: &'a Rack<'a>,
    /// The score.
    pub score: &'a Score,
    /// Its sections.
    pub stretches: &'a [Stretch],
    /// The track that the take is at home in.
    pub home: Option<u16>,
    /// Length, seconds.
    pub seconds: f64,
    /// Samples a second.
    pub rate_hz: u32,
    /// Seed of every choice.
    pub seed: u64,
    /// How loosely the players keep time: 0 like a machine, 1 as people do.
    pub loose: f64,
}

impl Session<'_> {
    /// Plays a part: `role` says with which instruments (a pad is played by those of harmony).
    pub fn play(&self, part: &Part, role: Role) -> Voiced {
        let frames = (self.seconds * f64::from(self.rate_hz)).round() as usize;
        let mut desk = Desk {
            planes: vec![vec![0f32; frames]; 2],
            tables: BTreeMap::new(),
            uses: Vec::new(),
            left: Vec::new(),
        };
        let tracks = self.tracks(part, role);
        let mut dice = Dice::new(self.seed, &format!("player {}", part.role.name()));
        let mut before = None;
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for note in &part.notes {
            let off = self.looseness(part.role, &mut dice);
            let track = self.theme_at(note.start).and_then(|t| tracks.get(t).copied());
            let at_s = (self.score.seconds(note.start) + off).max(0.0);
            if role == Role::Drums {
                let count = counts.entry(kind(note.midi)).or_insert(0);
                *count += 1;
                match track.and_then(|t| self.stroke(note, t, *count)) {
                    Some(choice) => self.sound(&mut desk, choice, note, at_s, 9.0, 0.05, role),
                    None => desk.left.push(*note),
                }
                continue;
            }
            let length_s = self.score.seconds(note.length);
            match self.rack.tonal(role, note, length_s, track, before, &mut dice) {
                Some(choice) => {
                    before = Some(choice.sample);
                    self.sound(&mut desk, choice, note, at_s, length_s, release(part.role), role);
                }
                None => desk.left.push(*note),
            }
        }
        let audio = Audio::new(self.rate_hz, desk.planes);
        Voiced { audio, uses: desk.uses, left: desk.left }
    }

    /// Which track plays in each theme: a theme keeps its players.
    fn tracks(&self, part: &Part, role: Role) -> BTreeMap<String, u16> {
        let mut chosen = BTreeMap::new();
        for (number, stretch) in self.stretches.iter().enumerate() {
            if chosen.contains_key(&stretch.theme) {
                continue;
            }
            let to = self.stretches.get(number + 1).map_or(u32::MAX, |s| s.from);
            let notes: Vec<Note> = part
                .notes
                .iter()
                .filter(|n| (stretch.from..to).contains(&n.start))
                .copied()
                .collect();
            if notes.is_empty() {
                continue;
            }
            // Drummers do not change their kit between sections.
            let name = if role == Role::Drums { "kit" } else { stretch.theme.as_str() };
            let mut dice = Dice::new(self.seed, &format!("players {} {name}", role.name()));
            if let Some(track) = self.rack.track_for(role, &notes, self.home, &mut dice) {
                chosen.insert(stretch.theme.clone(), track);
            }
        }
        if role == Role::Drums
            && let Some(kit) = self.kit()
        {
            chosen.values_mut().for_each(|t| *t = kit);
        }
        chosen
    }

    /// The kit of the home track, else the one with the most strokes.
    fn kit(&self) -> Option<u16> {
        let kits = self.rack.tracks(Role::Drums);
        let largest = kits.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|k| *k.0);
        self.home.filter(|h| kits.contains_key(h)).or(largest)
    }

    fn theme_at(&self, tick: u32) -> Option<&String> {
        let after = self.stretches.partition_point(|s| s.from <= tick);
        self.stretches.get(after.checked_sub(1)?).map(|s| &s.theme)
    }

    fn looseness(&self, role: Role, dice: &mut Dice) -> f64 {
        let place = Role::ALL.iter().position(|r| *r == role).unwrap_or(0);
        (dice.normal() * LOOSE_S[place] * self.loose).clamp(-LOOSEST_S, LOOSEST_S)
    }

    fn stroke(&self, note: &Note, track: u16, count: usize) -> Option<Choice> {
        let key = kind(note.midi);
        let other = [(39, 38), (46, 42), (38, 39)].iter().find(|p| p.0 == key).map(|p| p.1);
        let sample = self
            .rack
            .stroke(key, note.velocity, track, count)
            .or_else(|| self.rack.stroke(other?, note.velocity, track, count))?;
        Some(Choice { sample, shift: tom_shift(note.midi) })
    }

    #[expect(clippy::too_many_arguments, reason = "one note; a struct would only rename them")]
    fn sound(
        &self,
        desk: &mut Desk,
        choice: Choice,
        note: &Note,
        at_s: f64,
        length_s: f64,
        release_s: f64,
        role: Role,
    ) {
        let sample = self.rack.sample(choice.sample);
        let rates = f64::from(self.rack.rate_hz()) / f64::from(self.rate_hz);
        let speed = if role == Role::Drums {
            2f64.powf(f64::from(choice.shift) / 12.0)
        } else {
            self.rack.speed(choice)
        };
        let Ok(cut) =
            NoteCut::new(choice.sample, f64::from(sample.length_s), at_s, choice.shift, role)
        else {
            desk.left.push(*note);
            return;
        };
        let loud = (f64::from(note.velocity) / 100.0).powf(1.3);
        // Strokes keep the force they were struck with; notes are all brought to one level.
        let level = if role == Role::Drums { STROKE_RMS } else { NOTE_RMS } * loud
            / self.rack.level(choice.sample);
        let voice = Voice {
            planes: self.rack.planes(choice.sample),
            looped: sample.looped.filter(|_| role != Role::Drums),
            ratio: speed * rates,
            rate: f64::from(self.rate_hz),
            level: level as f32,
            length_s,
            release_s,
        };
        voice.render(at_s, desk);
        desk.uses.push(cut);
    }
}

/// Level of a note of velocity 100 before the mix: root mean square of its loudest fifth of a second.
const NOTE_RMS: f64 = 0.1;
const STROKE_RMS: f64 = 0.1;

/// How long a note rings after its end, seconds.
fn release(role: Role) -> f64 {
    match role {
        Role::Drums | Role::Bass => 0.05,
        Role::Lead => 0.09,
        Role::Harmony => 0.15,
        Role::Pad => 0.35,
    }
}

/// The learned kind that plays a General-MIDI drum.
pub fn kind(midi: u8) -> u8 {
    match midi {
        35 | 36 => 36,
        37 | 38 | 40 => 38,
        39 => 39,
        42 | 44 | 51 | 53 | 59 | 69 | 70 | 82 => 42,
        46 => 46,
        41 | 43 | 45 | 47 | 48 | 50 | 60..=66 => 45,
        49 | 52 | 55 | 57 => 49,
        _ => 56,
    }
}

/// Toms differ in pitch; a kit has one.
fn tom_shift(midi: u8) -> i32 {
    match midi {
        41 => -4,
        43 => -2,
        47 => 1,
        48 => 3,
        50 => 5,
        _ => 0,
    }
}

/// Where notes are laid down.
struct Desk {
    planes: Vec<Vec<f32>>,
    /// A filter serves all speeds of a semitone.
    tables: BTreeMap<i32, Varispeed>,
    uses: Vec<NoteCut>,
    left: Vec<Note>,
}

/// One sounding note.
struct Voice<'a> {
    planes: [&'a [f32]; 2],
    looped: Option<(u32, u32)>,
    ratio: f64,
    rate: f64,
    level: f32,
    length_s: f64,
    release_s: f64,
}

impl Voice<'_> {
    fn render(&self, at_s: f64, desk: &mut Desk) {
        let semitone = (12.0 * self.ratio.log2()).ceil() as i32;
        let table = desk
            .tables
            .entry(semitone)
            .or_insert_with(|| Varispeed::new(2f64.powf(f64::from(semitone) / 12.0)));
        let first = (at_s * self.rate).round() as usize;
        let count = ((self.length_s + self.release_s) * self.rate) as usize;
        let (rise, held) = (RISE_S * self.rate, self.length_s * self.rate);
        let last = self.planes[0].len() as f64;
        for i in 0..count {
            let at = first + i;
            if at >= desk.planes[0].len() {
                break;
            }
            let x = i as f64;
            let position = x * self.ratio;
            let Some((here, cross)) = self.place(position) else {
                if position >= last {
                    break;
                }
                continue;
            };
            let mut gain = self.level * (x / rise).min(1.0) as f32;
            if x > held {
                let gone = ((x - held) / (self.release_s * self.rate)).min(1.0) as f32;
                gain *= (FRAC_PI_2 * gone).cos().max(0.0);
            }
            for (plane, channel) in desk.planes.iter_mut().zip(self.planes) {
                let mut value = table.read(channel, here);
                if let Some((other, share)) = cross {
                    value = value * (1.0 - share) + table.read(channel, other) * share;
                }
                plane[at] += gain * value;
            }
        }
    }

    /// Where a sound is read at, and what is blended in near the end of its loop.
    fn place(&self, position: f64) -> Option<(f64, Option<(f64, f32)>)> {
        let Some((from, to)) = self.looped.map(|(a, b)| (f64::from(a), f64::from(b))) else {
            return (position < self.planes[0].len() as f64).then_some((position, None));
        };
        let length = to - from;
        let cross = (CROSS_S * self.rate).min(length / 2.0).min(from);
        let here =
            if position < to { position } else { from + (position - from).rem_euclid(length) };
        let into = here - (to - cross);
        let blend = (into > 0.0 && cross > 1.0).then(|| (here - length, (into / cross) as f32));
        Some((here, blend))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rack::tests::shelf;
    use super::*;
    use crate::domain::listening::Meter;
    use std::f64::consts::TAU;

    const RATE: u32 = 44_100;

    fn score(role: Role, notes: &[(u32, u32, u8)]) -> Score {
        let notes = notes
            .iter()
            .map(|(start, length, midi)| Note {
                start: *start,
                length: *length,
                midi: *midi,
                velocity: 100,
            })
            .collect();
        let parts = vec![Part { role, program: 0, notes }];
        Score { tempo_bpm: 60.0, meter: Meter::COMMON, bars: 2, parts }
    }

    fn played(score: &Score, rack: &Rack<'_>) -> Voiced {
        let stretches = [Stretch { from: 0, theme: "A".to_owned() }];
        let session = Session {
            rack,
            score,
            stretches: &stretches,
            home: None,
            seconds: 8.0,
            rate_hz: RATE,
            seed: 3,
            loose: 0.0,
        };
        session.play(&score.parts[0], score.parts[0].role)
    }

    /// Amplitude of a frequency between two times.
    fn level(audio: &Audio, hz: f64, from_s: f64, to_s: f64) -> f64 {
        let range = (from_s * f64::from(RATE)) as usize..(to_s * f64::from(RATE)) as usize;
        let count = range.len() as f64;
        let (mut x, mut y) = (0.0, 0.0);
        for i in range {
            let angle = TAU * hz * i as f64 / f64::from(RATE);
            x += f64::from(audio.channel(0)[i]) * angle.cos();
            y += f64::from(audio.channel(0)[i]) * angle.sin();
        }
        2.0 * x.hypot(y) / count
    }

    #[test]
    fn notes_sound_at_their_pitch_and_time() {
        let (samples, audio) = shelf(&[(Role::Lead, 69, 0, 0.9, -20.0)]);
        let rack = Rack::of(&samples, audio, 0.0);
        // One second a quarter note: A, then B, then a note that nothing can play.
        let score = score(Role::Lead, &[(0, 160, 69), (960, 160, 71), (1920, 160, 100)]);
        let voiced = played(&score, &rack);
        let b = 440.0 * 2f64.powf(2.0 / 12.0);
        assert!(level(&voiced.audio, 440.0, 0.05, 0.25) > 0.05);
        assert!(level(&voiced.audio, b, 2.05, 2.25) > 0.05);
        assert!(level(&voiced.audio, 440.0, 2.05, 2.25) < 0.01);
        assert!(level(&voiced.audio, 440.0, 0.5, 1.9) < 1e-3);
        assert_eq!(voiced.uses.iter().map(NoteCut::shift).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(voiced.left.iter().map(|n| n.midi).collect::<Vec<_>>(), [100]);
    }

    #[test]
    fn the_tuning_is_that_of_the_dataset() {
        let (samples, audio) = shelf(&[(Role::Bass, 45, 0, 0.9, -20.0)]);
        let rack = Rack::of(&samples, audio, 50.0);
        let voiced = played(&score(Role::Bass, &[(0, 200, 45)]), &rack);
        let sharp = 110.0 * 2f64.powf(50.0 / 1200.0);
        let span = |hz| level(&voiced.audio, hz, 0.02, 0.38);
        assert!(span(sharp) > 3.0 * span(110.0 * 2f64.powf(-50.0 / 1200.0)));
    }

    #[test]
    fn held_notes_are_looped_without_a_gap() {
        let (mut samples, audio) = shelf(&[(Role::Harmony, 69, 0, 0.9, -20.0)]);
        // Whole periods of 440 Hz in the first, loud part.
        samples[0].looped = Some((2_205, 6_615));
        let rack = Rack::of(&samples, audio, 0.0);
        let voiced = played(&score(Role::Harmony, &[(0, 1440, 69)]), &rack);
        for from in [0.3, 1.0, 2.5] {
            assert!(level(&voiced.audio, 440.0, from, from + 0.4) > 0.06, "{from}");
        }
        let worst = voiced.audio.channel(0).windows(2).map(|w| (w[1] - w[0]).abs());
        // The steepest step of a sine of this level.
        assert!(worst.fold(0f32, f32::max) < 0.02);
    }

    #[test]
    fn drums_keep_their_kit() {
        let (samples, audio) =
            shelf(&[(Role::Drums, 36, 0, 0.9, -20.0), (Role::Drums, 38, 1, 0.9, -20.0)]);
        let rack = Rack::of(&samples, audio, 0.0);
        let voiced = played(&score(Role::Drums, &[(0, 60, 36), (480, 60, 38)]), &rack);
        assert_eq!((voiced.uses.len(), voiced.left.len()), (1, 1));
    }

    #[test]
    fn every_general_midi_drum_has_a_kind() {
        let keys = crate::listen::strokes::KEYS;
        assert!((0..128).all(|midi| keys.contains(&kind(midi))));
        assert!(keys.iter().all(|key| kind(*key) == *key));
    }
}
