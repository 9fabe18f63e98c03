//! The ears, tried on music that the program makes on the spot: what was written against what is
//! heard.
//!
//! The pieces are the base's own, by whatever sound this machine has, so the figures say whether the
//! ears work here; how they do on others' music is for the bench. Must never write to the store.

pub mod plants;
pub mod trust;

use super::StudioError;
use crate::audio::Audio;
use crate::audio::decode::{Damage, StreamInfo};
use crate::domain::listening::{ChordSpan, Listening, Meter, Pass};
use crate::domain::score::Role;
use crate::domain::take::TakeRequest;
use crate::domain::work::{StopToken, Unobserved};
use crate::engine::{Engine, Performance};
use crate::judge::accuracy::interval::Tally;
use crate::judge::accuracy::notes::{Note, onsets, strokes};
use crate::judge::accuracy::{Match, beats, form, harmony};
use crate::listen::Ear;
use serde::Serialize;
use std::collections::BTreeMap;

/// Length of each piece, seconds.
const SECONDS: f64 = 45.0;
/// What is asked for, in turn.
const PROMPTS: [&str; 10] = [
    "techno, 126 bpm, A minor",
    "folk, 96 bpm, G major",
    "rock, 138 bpm, E minor",
    "jazz, 112 bpm, F major",
    "waltz in 3/4, 150 bpm, D major",
    "synthwave, 104 bpm, C minor",
    "pop, 118 bpm, B major",
    "hip hop, 88 bpm, D minor",
    "film score, 74 bpm, Bb major",
    "drum and bass, 172 bpm, F# minor",
];

/// One figure of the trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What was asked of each piece.
    pub what: &'static str,
    /// Share or F measure, 0..1.
    pub figure: f64,
    /// Ends of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Pieces it was asked of.
    pub pieces: usize,
}

/// What came of the trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Pieces made.
    pub pieces: usize,
    /// Seconds of music.
    pub seconds: f64,
    /// What played.
    pub sound: String,
    /// Figures, in the order of the table.
    pub figures: Vec<Figure>,
}

/// Figures in the order of the table.
const ORDER: [&str; 10] = [
    "tempo within 4 %",
    "tempo but for octaves",
    "beats within 70 ms (F)",
    "bars within 70 ms (F)",
    "meter",
    "key (MIREX weights)",
    "chords, major and minor (share of time)",
    "notes within 50 ms (F)",
    "drums within 50 ms (F)",
    "sections within 3 s (F)",
];

/// Makes `pieces` pieces, listens to each and compares; `each` is told how many are done.
pub fn listen(
    engine: &dyn Engine,
    pieces: u64,
    seed: u64,
    stop: &StopToken,
    mut each: impl FnMut(u64),
) -> Result<Report, StudioError> {
    let mut tallies = Tallies::default();
    let (mut seconds, mut sound) = (0.0, String::new());
    for number in 0..pieces {
        stop.check()?;
        let prompt = PROMPTS[(number % PROMPTS.len() as u64) as usize];
        let request = TakeRequest::of(prompt, SECONDS, seed.wrapping_add(number));
        let made = engine.generate(&request, None, &Unobserved, stop)?;
        seconds += made.audio.frames() as f64 / f64::from(made.audio.rate_hz());
        compare(&made, &hear(&made.audio)?, &mut tallies);
        sound = made.sound;
        each(number + 1);
    }
    let figure = |what: &'static str| {
        let tally = tallies.0.get(what)?;
        let (low, high) = tally.interval()?;
        Some(Figure { what, figure: tally.figure()?, low, high, pieces: tally.pieces() })
    };
    Ok(Report {
        pieces: pieces as usize,
        seconds,
        sound,
        figures: ORDER.into_iter().filter_map(figure).collect(),
    })
}

/// A tally of each figure.
#[derive(Default)]
struct Tallies(BTreeMap<&'static str, Tally>);

impl Tallies {
    fn at(&mut self, index: usize) -> &mut Tally {
        self.0.entry(ORDER[index]).or_default()
    }
}

fn hear(audio: &Audio) -> Result<Listening, StudioError> {
    let info = StreamInfo {
        rate_hz: audio.rate_hz(),
        channels: audio.channels(),
        bits: None,
        frames: Some(audio.frames() as u64),
        codec: "memory".to_owned(),
    };
    let mut ear = Ear::new(&info, Pass::Full).map_err(|e| StudioError::Listen(e.into()))?;
    let planes: Vec<&[f32]> = audio.planes().iter().map(Vec::as_slice).collect();
    ear.push(&planes).map_err(|e| StudioError::Listen(e.into()))?;
    let (hearing, _) =
        ear.finish(Damage::default(), None).map_err(|e| StudioError::Listen(e.into()))?;
    Ok(hearing.listening)
}

fn compare(made: &Performance, heard: &Listening, tallies: &mut Tallies) {
    let (plan, score) = (&made.plan, &made.score);
    let bpm = heard.tempo_bpm.unwrap_or(0.0);
    tallies.at(0).yes(beats::tempo_exact(plan.tempo_bpm, bpm));
    tallies.at(1).yes(beats::tempo_octave(plan.tempo_bpm, bpm));
    let meter = plan.meter.unwrap_or(Meter::COMMON);
    let per_bar = usize::from(meter.pulses());
    // Beats from the first note to the end of the last.
    let notes = || score.parts.iter().flat_map(|p| &p.notes);
    let first_s = score.seconds(notes().map(|n| n.start).min().unwrap_or(0));
    let last_s = score.seconds(notes().map(|n| n.start).max().unwrap_or(0));
    let step = 60.0 / plan.tempo_bpm;
    let all: Vec<f64> = (0..plan.bars() as usize * per_bar).map(|i| i as f64 * step).collect();
    let inside = |t: &f64| *t > first_s - 0.05 && *t < last_s + 0.05;
    let truth: Vec<f64> = all.iter().copied().filter(inside).collect();
    let bars: Vec<f64> = all.iter().copied().step_by(per_bar).filter(inside).collect();
    let said = |times: &[f64]| -> Vec<f64> { times.iter().copied().filter(inside).collect() };
    tallies.at(2).value(beats::beats(&truth, &said(&heard.beats_s)).f());
    tallies.at(3).value(beats::beats(&bars, &said(&heard.downbeats_s)).f());
    let name = heard.meter.map_or_else(String::new, |m| m.to_string());
    tallies.at(4).yes(beats::meter(meter, &name));
    if let Some(key) = plan.key {
        tallies.at(5).value(heard.key.map_or(0.0, |k| harmony::key(key, k)));
    }
    if let Some(share) = chords(made, heard) {
        tallies.at(6).value(share);
    }
    tallies.at(7).value(pitched(made, heard).f());
    if score.part(Role::Drums).is_some_and(|p| !p.notes.is_empty()) {
        tallies.at(8).counts(drums(made, heard));
    }
    let planned: Vec<(f64, f64)> =
        plan.sections.iter().map(|s| (s.start_s, s.start_s + s.duration_s)).collect();
    let found: Vec<(f64, f64)> = heard.sections.iter().map(|s| (s.start_s, s.end_s)).collect();
    if let Some(m) = form::sections(&planned, &found, 3.0, false) {
        tallies.at(9).value(m.f());
    }
}

fn chords(made: &Performance, heard: &Listening) -> Option<f64> {
    let plan = &made.plan;
    let beat_s = 60.0 / plan.tempo_bpm;
    let mut spans: Vec<ChordSpan> = Vec::new();
    for section in &plan.sections {
        for planned in &section.chords {
            let bar_s = f64::from(planned.bar) * plan.bar_s();
            let start_s = section.start_s + bar_s + f64::from(planned.beat) * beat_s;
            if let Some(last) = spans.last_mut() {
                last.end_s = start_s;
            }
            let end_s = section.start_s + section.duration_s;
            spans.push(ChordSpan { start_s, end_s, chord: planned.chord });
        }
    }
    let said: Vec<(f64, f64, harmony::Triad)> =
        heard.chords.iter().map(|c| (c.start_s, c.end_s, harmony::Triad::of(c.chord))).collect();
    harmony::majmin(&spans, &said)
}

fn pitched(made: &Performance, heard: &Listening) -> Match {
    let score = &made.score;
    let truth: Vec<Note> = score
        .parts
        .iter()
        .filter(|p| p.role != Role::Drums)
        .flat_map(|p| &p.notes)
        .map(|n| Note {
            start_s: score.seconds(n.start),
            end_s: score.seconds(n.end()),
            midi: n.midi,
        })
        .collect();
    let said: Vec<Note> = heard
        .notes
        .iter()
        .flatten()
        .filter(|n| n.part != "drums")
        .map(|n| Note { start_s: n.start_s, end_s: n.end_s, midi: n.midi })
        .collect();
    onsets(&truth, &said)
}

/// Kicks, snares and hats together.
fn drums(made: &Performance, heard: &Listening) -> Match {
    let score = &made.score;
    let kinds: [&[u8]; 3] = [&[35, 36], &[37, 38, 40], &[42, 44, 46]];
    let mut sum = Match::default();
    for keys in kinds {
        let part = score.part(Role::Drums);
        let truth: Vec<f64> = part
            .iter()
            .flat_map(|p| &p.notes)
            .filter(|n| keys.contains(&n.midi))
            .map(|n| score.seconds(n.start))
            .collect();
        let said: Vec<f64> = heard
            .notes
            .iter()
            .flatten()
            .filter(|n| n.part == "drums" && keys.contains(&n.midi))
            .map(|n| n.start_s)
            .collect();
        let m = strokes(&truth, &said);
        sum.hits += m.hits;
        sum.truth += m.truth;
        sum.answer += m.answer;
    }
    sum
}
