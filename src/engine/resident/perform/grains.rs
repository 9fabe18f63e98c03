//! Unit selection: which cut of which track plays each beat.
//!
//! Every slot asks for a chord, a melody pitch, an accent, a level and a place in the bar; every
//! cut and shift has a cost for it, among them how its timbre follows what came before. One of the
//! eight cheapest is drawn. A theme that returns keeps most of its choices and changes the rest.
//! The weights were found by taking one away at a time and asking an independent model.

use super::super::compose::manner::CHORDS;
use super::super::dice::Dice;
use super::super::learn::finetune::{Finetune, SHIFT_MAX, output_rate, triads};
use super::super::learn::pulse::{PARTS, alike};
use super::bed::Sounding;
use super::bounds::{Cut, Entry, Ledger};
use super::collage;
use super::slots::{Fades, HARD, Place, SOFT, Slot, fastest, slots};
use crate::audio::Audio;
use crate::domain::ids::TrackId;
use crate::domain::job::Phase;
use crate::domain::pitch::Chord;
use crate::domain::plan::Plan;
use crate::domain::score::Score;
use crate::domain::take::{GrainUse, TakeRequest};
use crate::domain::work::{Observer, StopToken};
use crate::engine::EngineError;
use crate::listen::slices::TIMBRE;
use std::collections::{BTreeMap, HashMap};

/// Weights of the selection costs.
mod weight {
    pub const CHORD: f32 = 3.0;
    pub const OUTSIDE: f32 = 1.5;
    pub const SHIFT: f32 = 0.12;
    pub const MELODY: f32 = 0.5;
    pub const ACCENT: f32 = 0.4;
    pub const PLACE: f32 = 0.15;
    pub const LEVEL: f32 = 0.3;
    pub const TIMBRE: f32 = 0.3;
    pub const TEMPO: f32 = 0.2;
    pub const QUIET: f32 = 0.5;
    pub const CROWDED: f32 = 0.6;
    pub const STRUCK: f32 = 0.5;
    pub const PULSE: f32 = 1.5;
    pub const SUNG: f32 = 0.6;
    /// What a grain with a voice costs where voices were asked away.
    pub const VOICE: f32 = 9.0;
}

/// One of this many cheapest cuts is drawn.
const DRAWN_FROM: usize = 8;
/// Share of slots that are chosen afresh when a theme or a phrase returns.
const REFRESHED: f64 = 0.3;
/// A track above this share costs extra.
const CROWDED_SHARE: f64 = 0.5;
/// Slots before the share counts.
const CROWDED_AFTER: usize = 6;
/// Below this contrast of beats music is soft: its cuts fade longer.
const SOFT_CONTRAST: f64 = 3.0;
/// Share of the quietest cuts that cost extra.
const QUIETEST: f32 = 0.08;

/// A bed of grains.
pub struct Collage {
    /// Stereo.
    pub audio: Audio,
    /// Every cut.
    pub uses: Vec<GrainUse>,
    /// Predominant pitch of each cut, where it has one.
    pub pitches: Vec<Sounding>,
    /// Whether its music has soft beats.
    pub soft: bool,
}

/// Chooses and renders.
pub fn perform(
    finetune: &Finetune,
    home: Option<usize>,
    plan: &Plan,
    score: &Score,
    request: &TakeRequest,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Collage, EngineError> {
    let home = finetune.manner.homes.iter().find(|h| Some(h.track) == home);
    let soft = home.is_some_and(|h| h.contrast < SOFT_CONTRAST);
    let fades = if soft { SOFT } else { HARD };
    let aspects = request.aspects.at(request.strength);
    let slots = slots(plan, score, finetune, home, fades, request.seed);
    let table = Table::new(finetune, plan, aspects.groove as f32);
    let (ledger, chosen) = choose(&slots, &table, finetune, fades, request.seed, observer, stop)?;
    let rate = output_rate(finetune.sound.tracks.iter());
    let gains: Vec<f32> = entries_gain(&ledger, &slots);
    let audio =
        collage::render(finetune, &ledger, &gains, fades, rate, plan.seconds, observer, stop)?;
    let tracks: Vec<(TrackId, f64)> = finetune
        .sound
        .tracks
        .iter()
        .enumerate()
        .map(|(i, t)| (t.track_id.clone(), finetune.sound.correction_cents(i)))
        .collect();
    let pitches = pitches(finetune, &ledger, &chosen);
    Ok(Collage { audio, uses: ledger.uses(&tracks), pitches, soft })
}

/// The melody that each cut brings with it.
fn pitches(finetune: &Finetune, ledger: &Ledger, chosen: &[Choice]) -> Vec<Sounding> {
    let ends = ledger.entries().iter().skip(1).map(Entry::at_s).chain([f64::MAX]);
    ledger
        .entries()
        .iter()
        .zip(ends)
        .zip(chosen)
        .filter_map(|((entry, next_s), (slice, shift))| {
            let slice = &finetune.sound.slices.get(*slice)?.slice;
            let length_s = entry.cut().length_s() / finetune.speed(entry.cut().track(), *shift);
            Some(Sounding {
                from_s: entry.at_s(),
                to_s: next_s.min(entry.at_s() + length_s),
                midi: i32::from(slice.pitch?) + shift,
            })
        })
        .collect()
}

fn entries_gain(ledger: &Ledger, slots: &[Slot]) -> Vec<f32> {
    let mut at = 0;
    ledger
        .entries()
        .iter()
        .map(|entry| {
            while at + 1 < slots.len() && slots[at].at_s + 1e-9 < entry.at_s() {
                at += 1;
            }
            slots.get(at).map_or(1.0, |s| s.gain)
        })
        .collect()
}

/// Everything about the cuts that does not depend on the slot.
struct Table {
    /// Match of each cut with each triad, unshifted.
    matches: Vec<[f32; CHORDS]>,
    /// Share of each cut's chroma energy outside the key, by shift from -3.
    outside: Vec<[f32; 7]>,
    /// Timbre in deviations.
    timbre: Vec<[f32; TIMBRE]>,
    /// Extra cost of the quietest.
    quiet: Vec<f32>,
    /// Extra cost of voices.
    sung: Vec<f32>,
    /// Whether any cut has drums in it.
    drummed: bool,
    /// How much accents and strokes weigh, 1 as found.
    groove: f32,
    beat_s: f32,
}

impl Table {
    fn new(finetune: &Finetune, plan: &Plan, groove: f32) -> Self {
        let slices = &finetune.sound.slices;
        let triads = triads();
        let scale = plan.key.map_or([true; 12], crate::domain::pitch::Key::scale);
        let mut levels: Vec<f32> = slices.iter().map(|s| s.slice.level_db).collect();
        levels.sort_by(f32::total_cmp);
        let floor = levels[((levels.len() - 1) as f32 * QUIETEST) as usize];
        Self {
            matches: slices
                .iter()
                .map(|s| {
                    std::array::from_fn(|t| {
                        s.slice.chroma.iter().zip(&triads[t]).map(|(a, b)| a * b).sum()
                    })
                })
                .collect(),
            outside: slices
                .iter()
                .map(|s| {
                    std::array::from_fn(|i| {
                        let shift = i as i32 - SHIFT_MAX;
                        (0..12)
                            .filter(|pc| !scale[(*pc + shift).rem_euclid(12) as usize])
                            .map(|pc| s.slice.chroma[pc as usize].powi(2))
                            .sum()
                    })
                })
                .collect(),
            timbre: slices.iter().map(|s| finetune.sound.scale.apply(&s.slice.timbre)).collect(),
            quiet: slices
                .iter()
                .map(|s| if s.slice.level_db < floor { weight::QUIET } else { 0.0 })
                .collect(),
            sung: slices
                .iter()
                .map(|s| {
                    let away = plan.brief.avoid.iter().any(|a| a == "vocals");
                    let forbidden = away && s.sung > 0.1;
                    weight::SUNG * s.sung + if forbidden { weight::VOICE } else { 0.0 }
                })
                .collect(),
            drummed: slices.iter().any(|s| s.struck != [0, 0]),
            groove,
            beat_s: (60.0 / plan.tempo_bpm) as f32,
        }
    }
}

/// What has been chosen for a slot: a cut's number and its shift.
type Choice = (usize, i32);

/// What was chosen before, by the numbers of its cuts.
#[derive(Clone, Copy)]
struct Past {
    /// In the slot before.
    before: Option<usize>,
    /// Two beats ago: a pulse is what comes back then.
    on_this_beat: Option<usize>,
}

fn choose(
    slots: &[Slot],
    table: &Table,
    finetune: &Finetune,
    fades: Fades,
    seed: u64,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<(Ledger, Vec<Choice>), EngineError> {
    let least_s: f64 =
        slots.iter().map(|s| (s.length_s + fades.rise_s + fades.fall_s) / fastest()).sum();
    let mut ledger = Ledger::new(finetune.sound.tracks.len(), least_s);
    let mut dice = Dice::new(seed, "grains");
    let mut kept: HashMap<(Place, Option<Chord>), Choice> = HashMap::new();
    let mut before: Option<usize> = None;
    let mut chosen = Vec::with_capacity(slots.len());
    let mut played: Vec<Option<usize>> = vec![None; slots.len()];
    let fresh = refreshed(slots, seed);
    for (number, slot) in slots.iter().enumerate() {
        if number % 64 == 0 {
            stop.check()?;
            observer.progress(Phase::Render, 0.3 * number as f64 / slots.len() as f64, 1.0);
        }
        let memory = (slot.place.clone(), slot.chord);
        let again = kept.get(&memory).copied().filter(|_| !fresh[number]);
        let admitted = again.filter(|c| {
            cut_for(*c, slot, finetune, fades).is_some_and(|cut| ledger.admits(&cut).is_ok())
        });
        let choice = admitted.or_else(|| {
            let avoid = kept.get(&memory).copied().filter(|_| fresh[number]);
            let per_beat = (f64::from(table.beat_s) / slot.length_s).round().max(1.0) as usize;
            let on_this_beat = number.checked_sub(2 * per_beat).and_then(|n| played[n]);
            let past = Past { before, on_this_beat };
            draw(slot, table, finetune, fades, &ledger, past, avoid, number, &mut dice)
        });
        let Some(choice) = choice else { continue };
        let Some(cut) = cut_for(choice, slot, finetune, fades) else { continue };
        if ledger.push(cut, slot.at_s, choice.1).is_ok() {
            before = Some(choice.0);
            chosen.push(choice);
            played[number] = Some(choice.0);
            kept.insert(memory, choice);
        }
    }
    Ok((ledger, chosen))
}

/// Which slots of returning phrases are chosen afresh: an exact share of each bar group, so that no
/// return is the same.
fn refreshed(slots: &[Slot], seed: u64) -> Vec<bool> {
    let mut groups: BTreeMap<(String, u32), Vec<usize>> = BTreeMap::new();
    for (number, slot) in slots.iter().enumerate() {
        if slot.heard > 0 {
            groups.entry((slot.place.0.clone(), slot.heard)).or_default().push(number);
        }
    }
    let mut fresh = vec![false; slots.len()];
    for ((theme, heard), mut members) in groups {
        let mut dice = Dice::new(seed, &format!("return {theme} {heard}"));
        let count = (members.len() as f64 * REFRESHED).ceil() as usize;
        for _ in 0..count {
            if members.is_empty() {
                break;
            }
            fresh[members.swap_remove(dice.below(members.len()))] = true;
        }
    }
    fresh
}

/// The stretch of its track that a choice plays in a slot.
fn cut_for(choice: Choice, slot: &Slot, finetune: &Finetune, fades: Fades) -> Option<Cut> {
    let learned = finetune.sound.slices.get(choice.0)?;
    let ratio = finetune.speed(usize::from(learned.track), choice.1);
    let start_s = f64::from(learned.slice.at_s + learned.slice.lead_s) - fades.rise_s * ratio;
    let length_s = (fades.rise_s + slot.length_s + fades.fall_s) * ratio;
    Cut::new(usize::from(learned.track), start_s, length_s).ok()
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn draw(
    slot: &Slot,
    table: &Table,
    finetune: &Finetune,
    fades: Fades,
    ledger: &Ledger,
    past: Past,
    avoid: Option<Choice>,
    number: usize,
    dice: &mut Dice,
) -> Option<Choice> {
    let slices = &finetune.sound.slices;
    let follows =
        past.before.map(|b| slices[b].next.map_or(b, |n| n as usize)).map(|b| table.timbre[b]);
    let rhythm = past.on_this_beat.map(|b| slices[b].rhythm);
    let crowded: Vec<f32> = (0..finetune.sound.tracks.len())
        .map(|t| {
            let over = number >= CROWDED_AFTER && ledger.share(t) > CROWDED_SHARE;
            if over { weight::CROWDED } else { 0.0 }
        })
        .collect();
    let mut best: Vec<(f32, Choice)> = Vec::with_capacity(DRAWN_FROM + 1);
    for (index, learned) in slices.iter().enumerate() {
        let base = cost_of_cut(index, slot, table, finetune, follows.as_ref(), rhythm.as_ref())
            + crowded[usize::from(learned.track)];
        for shift in -SHIFT_MAX..=SHIFT_MAX {
            let cost = base + cost_of_shift(index, shift, slot, table, finetune);
            if best.len() == DRAWN_FROM && cost >= best[DRAWN_FROM - 1].0 {
                continue;
            }
            let choice = (index, shift);
            let allowed =
                cut_for(choice, slot, finetune, fades).is_some_and(|c| ledger.admits(&c).is_ok());
            if !allowed || avoid == Some(choice) {
                continue;
            }
            let place = best.partition_point(|(c, _)| *c <= cost);
            best.insert(place, (cost, choice));
            best.truncate(DRAWN_FROM);
        }
    }
    dice.pick(&best).map(|(_, choice)| *choice)
}

fn cost_of_cut(
    index: usize,
    slot: &Slot,
    table: &Table,
    finetune: &Finetune,
    follows: Option<&[f32; TIMBRE]>,
    rhythm: Option<&[f32; PARTS]>,
) -> f32 {
    let slice = &finetune.sound.slices[index].slice;
    let mut cost = table.quiet[index] + table.sung[index];
    cost += table.groove * weight::ACCENT * (slice.attack - slot.accent).abs();
    if let Some(asked) = slot.struck.filter(|_| table.drummed) {
        let played = finetune.sound.slices[index].struck;
        cost += table.groove * weight::STRUCK * mismatch(asked, played);
    }
    if let Some(rhythm) = rhythm {
        let own = &finetune.sound.slices[index].rhythm;
        cost += table.groove * weight::PULSE * (1.0 - alike(own, rhythm));
    }
    if slice.eighth != slot.eighth {
        let same_side = slice.eighth % 2 == slot.eighth % 2;
        cost += weight::PLACE * if same_side { 0.5 } else { 1.0 };
    }
    cost += weight::LEVEL * ((slice.level_db - slot.level_db).abs() / 6.0).min(2.0);
    let octaves = (slice.beat_s / table.beat_s).log2();
    let folded = (octaves - octaves.round()).abs();
    cost += weight::TEMPO * (folded / 0.15).min(1.5);
    if let Some(follows) = follows {
        let distance: f32 =
            table.timbre[index].iter().zip(follows).map(|(a, b)| (a - b).powi(2)).sum();
        cost += weight::TIMBRE * (distance / TIMBRE as f32).sqrt();
    }
    cost
}

/// How far strokes are from those asked for, 0..1: kick and snare weigh most, a missing one more than
/// one too many.
fn mismatch(asked: [u8; 2], played: [u8; 2]) -> f32 {
    // In the order of KEYS: kick, snare, closed hat, open hat, tom, cymbal, clap, other.
    const WEIGHTS: [f32; 8] = [1.0, 1.0, 0.25, 0.2, 0.4, 0.3, 0.6, 0.2];
    let cost = |asked: u8, played: u8| -> f32 {
        (0..8)
            .map(|kind| {
                let bit = 1u8 << kind;
                match (asked & bit != 0, played & bit != 0) {
                    (true, false) => WEIGHTS[kind],
                    (false, true) => 0.7 * WEIGHTS[kind],
                    _ => 0.0,
                }
            })
            .sum()
    };
    (0.65 * cost(asked[0], played[0]) + 0.35 * cost(asked[1], played[1])).min(2.0) / 2.0
}

fn cost_of_shift(index: usize, shift: i32, slot: &Slot, table: &Table, finetune: &Finetune) -> f32 {
    let slice = &finetune.sound.slices[index].slice;
    let mut cost = weight::SHIFT * shift.abs() as f32;
    if let Some(chord) = slot.chord {
        let unshifted = chord.transpose(-shift).triad_index();
        cost += weight::CHORD * (1.0 - table.matches[index][unshifted]);
    }
    cost += weight::OUTSIDE * table.outside[index][(shift + SHIFT_MAX) as usize];
    if let Some(asked) = slot.pitch {
        let miss = match slice.pitch {
            Some(pitch) => {
                let off = (i32::from(pitch) + shift - i32::from(asked)).abs();
                let class = (off % 12).min(12 - off % 12) as f32;
                0.7 * (class / 2.0).min(1.0) + 0.3 * (off as f32 / 12.0).min(1.0)
            }
            None => 1.0,
        };
        cost += weight::MELODY * miss;
    }
    cost
}
