//! Pieces for the network of timbres: bands, and singing over bands and over free records.

use crate::Ask;
use crate::music::speech::Speech;
use crate::music::{Event, Piece, compose, free, render, sing};
use crate::pieces::{Sources, mix};
use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use std::fs;
use std::path::PathBuf;

/// Voices of Debian's `flite` that train; `slt` and all of `espeak-ng` are for the bench.
const VOICES: [&str; 3] = ["flite:rms", "flite:awb", "flite:kal16"];
/// How much higher the formants of each are moved: all three are men.
const SIZES: [f64; 5] = [0.92, 1.0, 1.1, 1.2, 1.3];

/// Who sings, and over what.
pub struct Choir<'a> {
    sources: &'a Sources,
    voices: Vec<Speech>,
    /// Records at the analysis rate.
    records: Vec<Vec<f32>>,
}

impl<'a> Choir<'a> {
    pub fn gather(sources: &'a Sources, ask: &Ask) -> Self {
        let mut files: Vec<PathBuf> = ask
            .records
            .iter()
            .flat_map(|dir| fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())))
            .map(|entry| entry.expect("a folder that can be read").path())
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        let read = |path: &PathBuf| {
            let audio = read_all(path, &Limits::default()).expect("a record");
            resample_mono(&audio.mono(), audio.rate_hz(), RATE_HZ).expect("a usual rate")
        };
        let records: Vec<Vec<f32>> = files.iter().map(read).collect();
        println!("{} records", records.len());
        let spoken = VOICES.map(|v| Speech::speak(v, RATE_HZ));
        let sized = |v: &Speech| SIZES.map(|size| v.resized(size));
        let voices = spoken.iter().flat_map(sized).collect();
        Self { sources, voices, records }
    }

    /// A piece, what is true of it, and whether all its instruments are known.
    pub fn play(&self, number: u64, dice: &mut Dice) -> (Vec<f32>, Piece, bool) {
        let seconds = 20.0 + 10.0 * dice.unit();
        let sung = dice.chance(0.5);
        let kind = dice.unit();
        if kind < 0.35 && !self.records.is_empty() {
            return self.over_a_record(number, seconds, sung, dice);
        }
        if kind < 0.38 {
            return (free::free(seconds, dice), free::silent(seconds), true);
        }
        let (mut samples, mut piece) = self.band(number, seconds, dice);
        if sung {
            let voice = self.voice(&mut piece, dice);
            if !voice.is_empty() {
                // The band is played again without its lead.
                samples = render::render(self.sources.font(dice), &piece, RATE_HZ);
                samples = mix(samples, &voice, level(dice));
            }
        }
        (samples, piece, true)
    }

    /// A band by a bank or by the built-in synthesis, with pitches that glide and tremble.
    fn band(&self, number: u64, seconds: f64, dice: &mut Dice) -> (Vec<f32>, Piece) {
        if dice.chance(0.1) {
            let (samples, piece, _) = self.sources.composed_by_the_base(number, seconds, dice);
            return (samples, piece);
        }
        let mut piece = if dice.chance(0.25) && !self.sources.freedoom.is_empty() {
            self.sources.freedoom(seconds, dice)
        } else if dice.chance(0.3) {
            compose::compose_drums(number, seconds)
        } else {
            compose::compose(number, seconds)
        };
        if dice.chance(0.6) {
            tremble(&mut piece, dice);
        }
        (render::render(self.sources.font(dice), &piece, RATE_HZ), piece)
    }

    /// A stretch of a record, and perhaps a song over it.
    fn over_a_record(
        &self,
        number: u64,
        seconds: f64,
        sung: bool,
        dice: &mut Dice,
    ) -> (Vec<f32>, Piece, bool) {
        let record = &self.records[dice.below(self.records.len())];
        let frames = ((seconds * f64::from(RATE_HZ)) as usize).min(record.len());
        let from = dice.below(record.len() - frames + 1);
        let band = record[from..from + frames].to_vec();
        let mut piece = free::silent(seconds);
        if !sung {
            return (band, piece, false);
        }
        let mut song = compose::compose(number, seconds);
        let mut voice = self.voice(&mut song, dice);
        if voice.is_empty() {
            return (band, piece, false);
        }
        voice.truncate(band.len());
        piece.truth.notes = song.truth.notes;
        piece.truth.notes.retain(|n| n.program == sing::PROGRAM);
        (mix(band, &voice, level(dice)), piece, false)
    }

    fn voice(&self, piece: &mut Piece, dice: &mut Dice) -> Vec<f32> {
        let frames = ((piece.truth.duration_s + 1.0) * f64::from(RATE_HZ)) as usize;
        let speech = dice.chance(0.7).then(|| &self.voices[dice.below(self.voices.len())]);
        sing::sing(piece, f64::from(RATE_HZ), frames, speech, dice)
    }
}

/// How loud a voice is over the band's level.
fn level(dice: &mut Dice) -> f64 {
    10f64.powf((11.0 * dice.unit() - 5.0) / 20.0)
}

/// Lets notes glide into place and tremble as a voice does, so that neither is taken for a voice.
fn tremble(piece: &mut Piece, dice: &mut Dice) {
    let channels: Vec<u8> = (0..16).filter(|c| *c != 9 && dice.chance(0.5)).collect();
    let (hz, cents) = (4.0 + 3.0 * dice.unit(), 70.0 * dice.unit());
    let glide = if dice.chance(0.5) { 200.0 * dice.unit() } else { 0.0 };
    let starts: Vec<(f64, u8)> = piece
        .events
        .iter()
        .filter(|e| e.command == 0x90 && channels.contains(&e.channel))
        .map(|e| (e.at_s, e.channel))
        .collect();
    for channel in channels {
        let mut own = starts.iter().filter(|s| s.1 == channel).map(|s| s.0).peekable();
        let (mut since, mut at) = (0.0, 0.0);
        while at < piece.truth.duration_s {
            while own.next_if(|s| *s <= at).is_some_and(|s| {
                since = s;
                true
            }) {}
            let t: f64 = at - since;
            let depth = cents * (t / 0.3).min(1.0);
            let bend = depth * (std::f64::consts::TAU * hz * at).sin() - glide * (-t / 0.05).exp();
            // The bend of General MIDI reaches two semitones either way.
            let value = (8192.0 + bend / 200.0 * 8191.0).clamp(0.0, 16383.0) as u16;
            let data = [(value & 127) as u8, (value >> 7) as u8];
            piece.events.push(Event { at_s: at, channel, command: 0xE0, data });
            at += 0.02;
        }
    }
    piece.events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
}
