//! One performance of a finetune: instruments carry the score, grains are the bed that glues them.
//!
//! How loud each stem stands against the bed, and what the dial `timbre` does between bank sounds,
//! learned instruments and pure grains, is decided here alone. Must never leave a part of the score
//! unplayed without saying so.

use super::super::learn::finetune::Finetune;
use super::bed::{self, Over, Sounding};
use super::bounds::NoteCut;
use super::grains::{self, Collage};
use super::rack::Rack;
use super::sampler::{Session, Stretch, Voiced};
use super::{Played, balance, bank, production, synth, wishes};
use crate::audio::Audio;
use crate::audio::buffer::db_amplitude;
use crate::audio::resample::resample;
use crate::domain::aspects::Aspects;
use crate::domain::job::Phase;
use crate::domain::plan::Plan;
use crate::domain::score::{Part, Role, Score};
use crate::domain::take::{GrainUse, TakeRequest};
use crate::domain::work::{Observer, StopToken};
use crate::engine::EngineError;
use bank::Bank;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;

/// Level of each stem over the bed's, dB, by [`Role::ALL`]: drums, bass, harmony, lead, pad. The
/// bass's is over the bed's own low band.
const LEVELS_DB: [f64; 5] = [-24.0, -6.0, -30.0, -20.0, -36.0];
/// Level of a stem whose instrument the prompt asks for: it must be heard.
const ASKED_DB: [f64; 5] = [-8.0, -6.0, -9.0, -5.0, -12.0];
/// The bass is never further under the bed than this, dB.
const BASS_LEAST_DB: f64 = -16.0;
/// Softer music hides less: its instruments stand back by this, dB.
const SOFT_DB: f64 = -3.0;
/// Sounds quieter than this share of a stem's loudest do not count for its level.
const ACTIVE_SHARE: f64 = 0.05;
/// Span that levels are measured over, seconds.
const SPAN_S: f64 = 0.1;

/// Everything a performance is made of.
pub struct Stage<'a> {
    /// What was learned.
    pub finetune: &'a Finetune,
    /// Number of the track that the take is at home in.
    pub home: Option<usize>,
    /// What is played by instruments that were not learned.
    pub bank: Option<&'a Bank>,
    /// The plan.
    pub plan: &'a Plan,
    /// The score.
    pub score: &'a Score,
    /// The request.
    pub request: &'a TakeRequest,
}

/// Shares of the three sounds, as amplitudes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    bank: f64,
    learned: f64,
    bed: f64,
    /// How far the bed steps back.
    room: f64,
}

impl Shares {
    /// `timbre` runs from the bank (0) over learned instruments on their bed (1) to grains alone (2);
    /// `instrumentation` below 1 gives parts back to the bank.
    fn of(aspects: Aspects) -> Self {
        let to_learned = aspects.timbre.min(1.0);
        let to_grains = (aspects.timbre - 1.0).max(0.0);
        let own = aspects.instrumentation.min(1.0);
        let more = 1.0 + 0.4 * (aspects.instrumentation - 1.0).max(0.0);
        let turn = |share: f64| (FRAC_PI_2 * share).sin();
        Self {
            bank: turn(1.0 - to_learned).max(turn(1.0 - own) * turn(1.0 - to_grains)),
            learned: turn(to_learned) * turn(own) * turn(1.0 - to_grains) * more,
            bed: turn(to_learned),
            room: 1.0 - to_grains,
        }
    }
}

/// Plays a score in a finetune's sound.
pub fn perform(
    stage: &Stage<'_>,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Played, EngineError> {
    let Stage { finetune, plan, score, request, .. } = stage;
    let shares = Shares::of(request.aspects.at(request.strength));
    let collage = grains::perform(finetune, stage.home, plan, score, request, observer, stop)?;
    let rack = if shares.learned > 0.0 { Rack::open(finetune)? } else { None };
    stop.check()?;
    let players = players(stage, rack.as_ref(), &collage, shares)?;
    stop.check()?;
    let soft = collage.soft;
    let mut uses = collage.uses.clone();
    let room = over(stage, &collage, &players, shares);
    let mut bed = bed::treat(&collage.audio, &room, stop)?;
    observer.progress(Phase::Render, 0.97, 1.0);
    let mut stems = BTreeMap::new();
    for player in players {
        let level = level(player.role, player.asked, &bed, soft) * player.share;
        let mut audio = player.audio;
        audio.scale((level / active_rms(&audio).max(1e-9)) as f32);
        uses.extend(player.uses.iter().filter_map(|n| note_use(finetune, rack.as_ref()?, n)));
        add(&mut stems, player.role.name(), audio);
    }
    if shares.bed > 0.0 && !uses.is_empty() {
        bed.audio.scale(shares.bed as f32);
        stems.insert("grains".to_owned(), bed.audio);
    }
    if let Some(spectrum) = &finetune.manner.spectrum {
        production::shape(&mut stems, spectrum, request.aspects.at(request.strength).production);
    }
    uses.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    Ok(Played { stems, grains: uses, sound: words(finetune, rack.as_ref(), shares, stage.bank) })
}

/// A part that somebody plays.
struct Player {
    role: Role,
    audio: Audio,
    uses: Vec<NoteCut>,
    share: f64,
    /// Whether it must be heard: the prompt asks for it, or the bank takes the place of what was learned.
    asked: bool,
}

/// Plays every part, with learned instruments and, for the rest, with the bank.
fn players(
    stage: &Stage<'_>,
    rack: Option<&Rack<'_>>,
    collage: &Collage,
    shares: Shares,
) -> Result<Vec<Player>, EngineError> {
    let stretches = stretches(stage.plan, stage.score);
    let rate_hz = collage.audio.rate_hz();
    let groove = stage.request.aspects.at(stage.request.strength).groove;
    let played: Vec<Vec<Player>> = stage
        .score
        .parts
        .par_iter()
        .map(|part| {
            let mut players = Vec::new();
            let mut left = part.notes.clone();
            let asked = !wishes::learned(&stage.plan.brief, part.role);
            if let Some(rack) = rack.filter(|_| !asked) {
                let session = Session {
                    rack,
                    score: stage.score,
                    stretches: &stretches,
                    home: stage.home.and_then(|h| u16::try_from(h).ok()),
                    seconds: stage.plan.seconds,
                    rate_hz,
                    seed: stage.request.seed,
                    loose: groove.min(1.5),
                };
                let Voiced { audio, uses, left: rest } = session.play(part, instrument(part.role));
                left = rest;
                if !uses.is_empty() {
                    let share = shares.learned;
                    players.push(Player { role: part.role, audio, uses, share, asked });
                }
            }
            let (notes, share) = if shares.bank > 0.0 {
                (part.notes.clone(), shares.bank)
            } else {
                (left, if asked { 1.0 } else { shares.learned })
            };
            if !notes.is_empty() && share > 0.0 {
                let part = Part { notes, ..part.clone() };
                let audio = by_bank(stage, &part, rate_hz)?;
                let (role, asked) = (part.role, asked || shares.bank > 0.0);
                players.push(Player { role, audio, uses: Vec::new(), share, asked });
            }
            Ok(players)
        })
        .collect::<Result<_, EngineError>>()?;
    Ok(played.into_iter().flatten().collect())
}

/// Pads are played by the instruments that play chords.
fn instrument(role: Role) -> Role {
    if role == Role::Pad { Role::Harmony } else { role }
}

fn by_bank(stage: &Stage<'_>, part: &Part, rate_hz: u32) -> Result<Audio, EngineError> {
    let seconds = stage.plan.seconds;
    let mut audio = match stage.bank {
        Some(bank) => bank::render(&bank.load()?, stage.score, part, seconds)?,
        None => synth::render(stage.score, part, seconds),
    };
    audio.scale(balance(part));
    if audio.rate_hz() == rate_hz { Ok(audio) } else { Ok(resample(&audio, rate_hz)?) }
}

fn stretches(plan: &Plan, score: &Score) -> Vec<Stretch> {
    let mut from = 0;
    plan.sections
        .iter()
        .map(|section| {
            let here = from;
            from += section.bars * score.ticks_per_bar();
            Stretch { from: here, theme: section.theme.clone() }
        })
        .collect()
}

/// What the bed must leave room for.
fn over(stage: &Stage<'_>, collage: &Collage, players: &[Player], shares: Shares) -> Over {
    let Stage { plan, score, request, .. } = stage;
    let notes = |role: Role| -> Vec<Sounding> {
        let played = players.iter().any(|p| p.role == role);
        let part = score.part(role).filter(|_| played);
        part.map_or_else(Vec::new, |p| {
            p.notes
                .iter()
                .map(|n| Sounding {
                    from_s: score.seconds(n.start),
                    to_s: score.seconds(n.end()),
                    midi: i32::from(n.midi),
                })
                .collect()
        })
    };
    Over {
        chords: chords(plan, score),
        scale: plan.key.map_or([true; 12], crate::domain::pitch::Key::scale),
        bass: notes(Role::Bass),
        lead: notes(Role::Lead),
        grains: collage.pitches.clone(),
        amount: shares.room as f32,
        leaving: wishes::leaving(&plan.brief, &request.without),
    }
}

fn chords(plan: &Plan, score: &Score) -> Vec<(f64, f64, Option<crate::domain::pitch::Chord>)> {
    let beat = score.ticks_per_bar() / u32::from(score.meter.beats.max(1));
    let mut at = 0;
    let mut changes = Vec::new();
    for section in &plan.sections {
        for change in &section.chords {
            let tick = at + change.bar * score.ticks_per_bar() + change.beat * beat;
            changes.push((score.seconds(tick), change.chord));
        }
        at += section.bars * score.ticks_per_bar();
    }
    let ends: Vec<f64> = changes.iter().skip(1).map(|c| c.0).chain([f64::MAX]).collect();
    changes.into_iter().zip(ends).map(|((from, chord), to)| (from, to, chord)).collect()
}

/// Level that a stem of a role should have: root mean square where it plays.
fn level(role: Role, asked: bool, bed: &bed::Bed, soft: bool) -> f64 {
    let place = Role::ALL.iter().position(|r| *r == role).unwrap_or(0);
    let softer = if soft { SOFT_DB } else { 0.0 };
    let over = db_amplitude(LEVELS_DB[place] + softer);
    match role {
        _ if asked => bed.rms * db_amplitude(ASKED_DB[place]),
        Role::Bass => (bed.low_rms * over).max(bed.rms * db_amplitude(BASS_LEAST_DB + softer)),
        _ => bed.rms * over,
    }
}

/// Root mean square of the spans in which something sounds.
fn active_rms(audio: &Audio) -> f64 {
    let span = ((SPAN_S * f64::from(audio.rate_hz())) as usize).max(1);
    let count = audio.frames().div_ceil(span);
    let powers: Vec<f64> = (0..count)
        .map(|i| {
            let range = i * span..((i + 1) * span).min(audio.frames());
            let sum: f64 = audio
                .planes()
                .iter()
                .flat_map(|p| &p[range.clone()])
                .map(|s| f64::from(*s).powi(2))
                .sum();
            sum / (range.len() * audio.channels()).max(1) as f64
        })
        .collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let active: Vec<f64> =
        powers.into_iter().filter(|p| *p > loudest * ACTIVE_SHARE.powi(2)).collect();
    (active.iter().sum::<f64>() / active.len().max(1) as f64).sqrt()
}

fn add(stems: &mut BTreeMap<String, Audio>, name: &str, audio: Audio) {
    match stems.get_mut(name) {
        None => {
            stems.insert(name.to_owned(), audio);
        }
        Some(there) => {
            for (plane, other) in there.planes_mut().zip(audio.planes()) {
                for (sample, more) in plane.iter_mut().zip(other) {
                    *sample += more;
                }
            }
        }
    }
}

fn note_use(finetune: &Finetune, rack: &Rack<'_>, note: &NoteCut) -> Option<GrainUse> {
    let sample = rack.sample(note.sample());
    let track = finetune.sound.tracks.get(usize::from(sample.track))?;
    Some(GrainUse {
        track_id: track.track_id.clone(),
        start_s: f64::from(sample.start_s),
        length_s: f64::from(sample.length_s),
        at_s: note.at_s(),
        shift: note.shift(),
        tuning_cents: finetune.sound.tuning_cents() - f64::from(sample.cents),
        instrument: Some(note.role().name().to_owned()),
    })
}

/// What played, for the take.
fn words(
    finetune: &Finetune,
    rack: Option<&Rack<'_>>,
    shares: Shares,
    bank: Option<&Bank>,
) -> String {
    let held = finetune.sound.tracks.iter().filter(|t| !t.excerpts.is_empty()).count();
    let mut said = Vec::new();
    if rack.is_some() && shares.learned > 0.0 {
        let roles: Vec<&str> = Role::ALL
            .iter()
            .filter(|r| finetune.sound.samples.iter().any(|s| s.role == **r))
            .map(|r| r.name())
            .collect();
        said.push(format!("learned {}", roles.join(", ")));
    }
    if shares.bed > 0.0 {
        said.push(format!("grains of {held} tracks"));
    }
    if shares.bank > 0.0 {
        said.push(bank.map_or("built-in synthesis".to_owned(), |b| format!("bank {}", b.name())));
    }
    said.join("; ")
}
