//! Where pieces come from, and how each is played.

use crate::music::shots::Shots;
use crate::music::{Piece, compose, kit, midi, render, sing, wad};
use crate::{Ask, music};
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::domain::take::TakeRequest;
use leitmotif::domain::work::{StopToken, Unobserved};
use leitmotif::engine::Engine;
use leitmotif::engine::resident::Resident;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use rustysynth::SoundFont;
use std::path::Path;
use std::sync::Arc;

const BANKS: [&str; 2] =
    ["/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"];

/// Recorded drums (CC0).
const SHOTS: &str = "/usr/share/sonic-pi/samples";

/// Pieces from this number on are sung.
const SUNG_FROM: u64 = 400;
/// Pieces from this number on have drums made by code.
const DRUMMED_FROM: u64 = 520;
/// Pieces from this number on have drums of all kinds, by any bank or by code.
const GROOVES_FROM: u64 = 680;

const GENRES: [&str; 20] = [
    "techno",
    "house",
    "rock",
    "metal",
    "jazz",
    "film score",
    "chiptune",
    "drum and bass",
    "hip hop",
    "lo-fi",
    "folk",
    "trance",
    "reggae",
    "funk",
    "synthwave",
    "pop",
    "blues",
    "waltz",
    "disco",
    "country",
];

/// All that pieces are made from.
pub struct Sources {
    fonts: Vec<Arc<SoundFont>>,
    pub freedoom: Vec<Vec<u8>>,
    plain: Resident,
    shots: Shots,
}

impl Sources {
    pub fn open(ask: &Ask) -> Self {
        let all = wad::music(&ask.wads);
        let freedoom: Vec<Vec<u8>> =
            all.into_iter().skip(wad::HELD_OUT).map(|lump| lump.bytes).collect();
        println!("{} pieces of Freedoom", freedoom.len());
        let fonts = BANKS.iter().map(|bank| render::load(Path::new(bank))).collect();
        let shots = Shots::open(Path::new(SHOTS), RATE_HZ);
        Self { fonts, freedoom, plain: Resident::new(Limits::default(), &[]), shots }
    }

    /// A piece at 22.05 kHz, what is true of it as it sounds, and how many cents it is above
    /// A = 440 Hz.
    pub fn play(&self, number: u64, dice: &mut Dice) -> (Vec<f32>, Piece, f64) {
        let seconds = 22.0 + 16.0 * dice.unit();
        if number >= GROOVES_FROM && dice.chance(0.3) {
            let piece = self.drumming(number, seconds, dice);
            return (render::render(self.font(dice), &piece, RATE_HZ), piece, 0.0);
        }
        if number >= DRUMMED_FROM {
            return self.drummed(number, seconds, dice);
        }
        if number >= SUNG_FROM {
            return self.sung(number, seconds, dice);
        }
        let kind = dice.unit();
        if kind < 0.14 {
            return self.composed_by_the_base(number, seconds, dice);
        }
        if kind < 0.22 {
            return (music::free::free(seconds, dice), music::free::silent(seconds), 0.0);
        }
        let mut piece = if kind < 0.46 && !self.freedoom.is_empty() {
            self.freedoom(seconds, dice)
        } else {
            compose::compose(number, seconds)
        };
        // Played at another rate than it is heard at: pitch and time move together.
        let cents = if dice.chance(0.5) { 60.0 * (dice.unit() - 0.5) } else { 0.0 };
        let ratio = 2f64.powf(cents / 1200.0);
        let rate = (f64::from(RATE_HZ) / ratio).round();
        let samples = render::render(self.font(dice), &piece, rate as u32);
        stretch(&mut piece, rate / f64::from(RATE_HZ));
        (samples, piece, cents)
    }

    /// A composed piece, or one of Freedoom's, with a drum kit made by code or of recorded drums.
    fn drummed(&self, number: u64, seconds: f64, dice: &mut Dice) -> (Vec<f32>, Piece, f64) {
        let mut piece = self.drumming(number, seconds, dice);
        piece.events.retain(|e| e.channel != 9);
        let band = render::render(self.font(dice), &piece, RATE_HZ);
        let (hits, rate) = (&piece.truth.hits, f64::from(RATE_HZ));
        let drums = if dice.chance(0.6) {
            self.shots.play(hits, rate, band.len(), dice)
        } else {
            kit::play(hits, rate, band.len(), dice)
        };
        let level = 10f64.powf((12.0 * dice.unit() - 6.0) / 20.0);
        (mix(band, &drums, level), piece, 0.0)
    }

    /// A piece with drums, or one of Freedoom's.
    fn drumming(&self, number: u64, seconds: f64, dice: &mut Dice) -> Piece {
        if dice.chance(0.35) && !self.freedoom.is_empty() {
            self.freedoom(seconds, dice)
        } else if number >= GROOVES_FROM {
            compose::compose_drums(number, seconds)
        } else {
            compose::compose(number, seconds)
        }
    }

    pub fn font(&self, dice: &mut Dice) -> &Arc<SoundFont> {
        &self.fonts[dice.below(self.fonts.len())]
    }

    /// A composed piece whose lead is sung.
    fn sung(&self, number: u64, seconds: f64, dice: &mut Dice) -> (Vec<f32>, Piece, f64) {
        let mut piece = compose::compose(number, seconds);
        let frames = ((piece.truth.duration_s + 1.0) * f64::from(RATE_HZ)) as usize;
        let voice = sing::sing(&mut piece, f64::from(RATE_HZ), frames, None, dice);
        let band = render::render(self.font(dice), &piece, RATE_HZ);
        let level = 10f64.powf((10.0 * dice.unit() - 4.0) / 20.0);
        (mix(band, &voice, level), piece, 0.0)
    }

    /// A stretch of one of Freedoom's pieces, faster or slower, higher or lower, some of its
    /// instruments exchanged.
    pub fn freedoom(&self, seconds: f64, dice: &mut Dice) -> Piece {
        let bytes = &self.freedoom[dice.below(self.freedoom.len())];
        let mut piece = midi::read(bytes).expect("Freedoom's files can be read");
        let tempo = 0.8 * 1.6f64.powf(dice.unit());
        let shift = dice.below(12) as i32 - 5;
        let swap: [Option<u8>; 16] =
            std::array::from_fn(|_| dice.chance(0.3).then(|| dice.below(96) as u8));
        for event in &mut piece.events {
            if event.channel == 9 {
                continue;
            }
            if matches!(event.command, 0x80 | 0x90) {
                event.data[0] = (i32::from(event.data[0]) + shift).clamp(0, 127) as u8;
            }
            // A bass stays a bass.
            let bass = (32..40).contains(&event.data[0]);
            if let (0xC0, Some(program), false) =
                (event.command, swap[usize::from(event.channel)], bass)
            {
                event.data[0] = program;
            }
        }
        stretch(&mut piece, 1.0 / tempo);
        let from = dice.unit() * (piece.truth.duration_s - seconds).max(0.0);
        music::crop(&piece, from, seconds)
    }

    /// A piece of the base through the built-in synthesis.
    pub fn composed_by_the_base(
        &self,
        seed: u64,
        seconds: f64,
        dice: &mut Dice,
    ) -> (Vec<f32>, Piece, f64) {
        let genre = GENRES[dice.below(GENRES.len())];
        let bpm = 62.0 * (178f64 / 62.0).powf(dice.unit());
        let request = TakeRequest::of(&format!("{genre}, {bpm:.1} bpm"), seconds, seed);
        let made = self
            .plain
            .generate(&request, None, &Unobserved, &StopToken::default())
            .unwrap_or_else(|e| panic!("{}: {e}", request.prompt));
        let mut piece =
            midi::read(&self.plain.midi(&made.score)).expect("our own MIDI can be read");
        piece.truth.key = made.plan.key;
        let mono = resample_mono(&made.audio.mono(), made.audio.rate_hz(), RATE_HZ);
        (mono.expect("a usual rate"), piece, 0.0)
    }
}

/// A band with something else over it, `level` times as loud; peaks below full scale.
pub fn mix(mut band: Vec<f32>, over: &[f32], level: f64) -> Vec<f32> {
    let rms = |x: &[f32]| (x.iter().map(|s| s * s).sum::<f32>() / x.len().max(1) as f32).sqrt();
    let gain = level as f32 * rms(&band).max(0.01) / rms(over).max(1e-4);
    band.iter_mut().zip(over).for_each(|(b, o)| *b += gain * o);
    let peak = band.iter().fold(0.1f32, |m, s| m.max(s.abs()));
    band.iter_mut().for_each(|s| *s *= 0.7 / peak);
    band
}

/// Makes a piece longer by a factor.
fn stretch(piece: &mut Piece, factor: f64) {
    let truth = &mut piece.truth;
    truth.duration_s *= factor;
    truth.tempo_bpm /= factor;
    piece.events.iter_mut().for_each(|e| e.at_s *= factor);
    truth.beats_s.iter_mut().for_each(|t| *t *= factor);
    truth.downbeats_s.iter_mut().for_each(|t| *t *= factor);
    truth
        .chords
        .iter_mut()
        .for_each(|c| (c.start_s, c.end_s) = (c.start_s * factor, c.end_s * factor));
    truth
        .notes
        .iter_mut()
        .for_each(|n| (n.start_s, n.end_s) = (n.start_s * factor, n.end_s * factor));
    truth.hits.iter_mut().for_each(|h| h.at_s *= factor);
}
