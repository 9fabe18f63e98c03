//! Who sings and who plays, heard in music whose truth is known: songs sung by synthetic speakers that
//! training never heard, over bands by a bank that it never heard; and real instrumental records.
//!
//! `cargo bench --bench voices -- --bank FILE [--sung N] [--music DIR].. [--weights FILE] [--pieces]`
//!
//! Needs Debian's `flite` and `espeak-ng`. Every folder of `--music` holds instrumental records: a
//! passage called sung there is false. Records that trained the network are no test of it: its card
//! names them. `--weights` tries a network that does not ship. Nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![allow(dead_code, missing_docs)]

#[path = "support/files.rs"]
mod files;
#[path = "../music/mod.rs"]
mod music;

use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::judge::accuracy::interval::wilson;
use leitmotif::listen::spectra::{pitch_maps, timbre_maps};
use leitmotif::listen::timbres::FAMILIES;
use leitmotif::listen::timbres::Timbres;
use leitmotif::listen::{RATE_HZ, timbres};
use leitmotif::nn::stack::Stack;
use leitmotif::nn::timbres::plans;
use music::speech::Speech;
use music::{DRUMS, Piece, STROKE_S, compose, family, render, sing};
use rayon::prelude::*;
use rustysynth::SoundFont;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Speakers that train nothing.
const VOICES: [&str; 3] = ["flite:slt", "espeak:en-us", "espeak:en-us+f3"];
/// First seed of the bench's pieces; those of training start at 0.
const SEED: u64 = 70_000;
const SECONDS: f64 = 40.0;
/// Frames a second that are counted.
const COUNTED: f64 = 50.0;
/// Rests of a song that still belong to it, seconds.
const REST_S: f64 = 0.6;
/// Families named by the truth sound for this share of a section.
const NAMED: f64 = 0.2;

struct Asked {
    bank: Option<PathBuf>,
    sung: u64,
    music: Vec<PathBuf>,
    weights: Option<PathBuf>,
    pieces: bool,
}

fn main() {
    let asked = asked();
    let tried = asked.weights.as_ref().map(|path| {
        let bytes = fs::read(path).expect("weights");
        Stack::from_bytes(&plans(), &bytes).expect("weights of this shape")
    });
    let ears = Ears { tried };
    if let Some(bank) = &asked.bank {
        songs(&asked, &render::load(bank), &ears);
    }
    for folder in &asked.music {
        records(&asked, folder, &ears);
    }
}

fn asked() -> Asked {
    let mut asked = Asked { bank: None, sung: 24, music: Vec::new(), weights: None, pieces: false };
    let mut words = env::args().skip(1).filter(|a| a != "--bench");
    while let Some(word) = words.next() {
        if word == "--pieces" {
            asked.pieces = true;
            continue;
        }
        let value = words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--bank" => asked.bank = Some(value.into()),
            "--sung" => asked.sung = value.parse().expect("a number of songs"),
            "--music" => asked.music.push(value.into()),
            "--weights" => asked.weights = Some(value.into()),
            other => panic!("{other}? The head of tests/bench/voices.rs says what there is"),
        }
    }
    asked
}

/// The product's hearing of timbres, or that of a network that is tried.
struct Ears {
    tried: Option<Stack>,
}

impl Ears {
    fn hear(&self, samples: &[f32]) -> Timbres {
        let pitch = pitch_maps(samples, 0.0);
        match &self.tried {
            Some(stack) => Timbres::read(&stack.run_in_parts(&timbre_maps(&pitch), 1_024)),
            None => timbres::hear(&pitch).expect("weights that ship"),
        }
    }
}

/// Right, said and true of something.
#[derive(Clone, Copy, Default)]
struct Count([usize; 3]);

impl Count {
    fn add(&mut self, says: bool, is: bool) {
        self.0[0] += usize::from(says && is);
        self.0[1] += usize::from(says);
        self.0[2] += usize::from(is);
    }

    fn join(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a += b);
    }

    fn words(self) -> String {
        let [right, said, is] = self.0.map(|n| n as f64);
        let (p, r) = (right / said.max(1.0), right / is.max(1.0));
        format!("F {:.3} (precision {p:.3}, recall {r:.3})", 2.0 * right / (said + is).max(1.0))
    }
}

/// What came of one piece.
struct Trial {
    name: String,
    frames: Count,
    families: [Count; FAMILIES.len()],
    /// Whether it is called sung, and whether it is.
    present: (bool, bool),
}

/// Half of the pieces are sung.
fn songs(asked: &Asked, bank: &Arc<SoundFont>, ears: &Ears) {
    let voices: Vec<Speech> = VOICES.iter().map(|v| Speech::speak(v, RATE_HZ)).collect();
    let trials: Vec<Trial> = (0..2 * asked.sung)
        .into_par_iter()
        .map(|number| {
            let mut dice = Dice::new(SEED + number, "voices");
            let mut piece = compose::compose(SEED + number, SECONDS);
            let voice = (number % 2 == 0).then(|| {
                let which = (number / 2) as usize % VOICES.len();
                let frames = ((piece.truth.duration_s + 1.0) * f64::from(RATE_HZ)) as usize;
                let rate = f64::from(RATE_HZ);
                (which, sing::sing(&mut piece, rate, frames, Some(&voices[which]), &mut dice))
            });
            let band = render::render(bank, &piece, RATE_HZ);
            let level = 10f64.powf((9.0 * dice.unit() - 3.0) / 20.0);
            let (name, samples) = match voice {
                Some((which, voice)) if !voice.is_empty() => {
                    (VOICES[which], mixed(&band, &voice, level))
                }
                _ => ("band", band),
            };
            trial(format!("{number} {name}"), &samples, &piece, ears)
        })
        .collect();
    let mut voices: BTreeMap<&str, Count> = BTreeMap::new();
    let (mut all, mut families) = (Count::default(), [Count::default(); FAMILIES.len()]);
    for trial in &trials {
        all.join(trial.frames);
        let voice = trial.name.split(' ').nth(1).unwrap_or("");
        voices.entry(voice).or_default().join(trial.frames);
        families.iter_mut().zip(trial.families).for_each(|(sum, own)| sum.join(own));
        if asked.pieces {
            println!("{}: {} {:?}", trial.name, trial.frames.words(), trial.present);
        }
    }
    println!("frames of singing, {} pieces: {}", trials.len(), all.words());
    for (voice, count) in voices {
        println!("  {voice}: {}", count.words());
    }
    let share = |sung: bool| {
        let such: Vec<bool> =
            trials.iter().filter(|t| t.present.1 == sung).map(|t| t.present.0).collect();
        shares(such.iter().filter(|p| **p).count(), such.len())
    };
    println!("songs called sung: {}; bands called sung: {}", share(true), share(false));
    let mut whole = Count::default();
    for ((name, _), count) in FAMILIES.iter().zip(families) {
        whole.join(count);
        println!("  sections with {name}: {}", count.words());
    }
    println!("families of sections: {}", whole.words());
}

fn shares(count: usize, of: usize) -> String {
    let n = of.max(1) as f64;
    let (low, high) = wilson(count as f64 / n, n);
    format!("{count} of {of} ({low:.2}-{high:.2})")
}

/// A band with a voice over it, `level` times as loud as the band.
fn mixed(band: &[f32], voice: &[f32], level: f64) -> Vec<f32> {
    let power = |x: &[f32]| x.iter().map(|s| s * s).sum::<f32>();
    let gain = level as f32 * (power(band).max(1e-6) / power(voice).max(1e-6)).sqrt();
    let mut sum: Vec<f32> = band.to_vec();
    sum.iter_mut().zip(voice).for_each(|(s, v)| *s += gain * v);
    let peak = sum.iter().fold(0.1f32, |m, s| m.max(s.abs()));
    sum.iter_mut().for_each(|s| *s *= 0.7 / peak);
    sum
}

fn trial(name: String, samples: &[f32], piece: &Piece, ears: &Ears) -> Trial {
    let heard = ears.hear(samples);
    let vocals = heard.vocals(&[]);
    let sung = passages(piece);
    let inside = |spans: &[(f64, f64)], s: f64| spans.iter().any(|p| p.0 <= s && s < p.1);
    let mut frames = Count::default();
    for t in 0..(piece.truth.duration_s * COUNTED) as usize {
        let s = t as f64 / COUNTED;
        frames.add(inside(&vocals.spans, s), inside(&sung, s));
    }
    let mut families = [Count::default(); FAMILIES.len()];
    for section in &piece.truth.sections {
        let named = heard.families(section.start_s, section.end_s);
        for ((name, outputs), count) in FAMILIES.iter().zip(&mut families) {
            let says = named.iter().any(|f| f.family == *name);
            let share = share(piece, outputs, section.start_s, section.end_s);
            count.add(says, share >= NAMED);
        }
    }
    Trial { name, frames, families, present: (vocals.present, !sung.is_empty()) }
}

/// Where a piece is sung, its short rests included.
fn passages(piece: &Piece) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for note in piece.truth.notes.iter().filter(|n| n.program == sing::PROGRAM) {
        match spans.last_mut() {
            Some(last) if note.start_s - last.1 < REST_S => last.1 = last.1.max(note.end_s),
            _ => spans.push((note.start_s, note.end_s)),
        }
    }
    spans
}

/// Share of a stretch in which a family sounds.
fn share(piece: &Piece, outputs: &[usize], from_s: f64, to_s: f64) -> f64 {
    let frames = ((to_s - from_s) * COUNTED) as usize;
    let mut sounds = vec![false; frames];
    let mut mark = |start_s: f64, end_s: f64| {
        let at = |s: f64| (((s - from_s) * COUNTED).max(0.0) as usize).min(frames);
        sounds[at(start_s)..at(end_s)].fill(true);
    };
    if outputs.contains(&DRUMS) {
        piece.truth.hits.iter().for_each(|h| mark(h.at_s, h.at_s + STROKE_S));
    }
    for note in
        piece.truth.notes.iter().filter(|n| family(n.program).is_some_and(|f| outputs.contains(&f)))
    {
        mark(note.start_s, note.end_s);
    }
    sounds.iter().filter(|s| **s).count() as f64 / frames.max(1) as f64
}

/// Instrumental records: how many are called sung, and how much of them.
fn records(asked: &Asked, folder: &Path, ears: &Ears) {
    let (mut called, mut count, mut sung_s, mut all_s) = (0, 0, 0.0, 0.0);
    for path in files::below(folder, files::AUDIO) {
        let audio = read_all(&path, &Limits::default()).expect("a record");
        let samples = resample_mono(&audio.mono(), audio.rate_hz(), RATE_HZ).expect("a usual rate");
        let vocals = ears.hear(&samples).vocals(&[]);
        let seconds: f64 = vocals.spans.iter().map(|s| s.1 - s.0).sum();
        if asked.pieces && vocals.present {
            println!("{}: {seconds:.1} s, {:.2}", path.display(), vocals.confidence);
        }
        called += usize::from(vocals.present);
        count += 1;
        sung_s += seconds;
        all_s += samples.len() as f64 / f64::from(RATE_HZ);
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{name}: {} records called sung, {:.1} of {all_s:.0} s ({:.2} %)",
        shares(called, count),
        sung_s,
        100.0 * sung_s / all_s.max(1e-9)
    );
}
