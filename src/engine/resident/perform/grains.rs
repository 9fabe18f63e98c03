//! Unit selection: which cut of which track plays each beat.
//!
//! Every slot asks for a chord, a melody pitch, an accent, a level and a place in the bar; every
//! cut and shift has a cost for it, among them how its timbre follows what came before. One of the
//! eight cheapest is drawn. A theme that returns keeps most of its choices and changes the rest.
//! The weights were found by taking one away at a time and asking an independent model.

use super::super::compose::manner::{CHORDS, Home};
use super::super::dice::Dice;
use super::super::learn::finetune::{Finetune, SHIFT_MAX, triads};
use super::bounds::{Cut, GRAIN_MAX_S, Ledger};
use super::{Played, collage};
use crate::domain::brief::Brief;
use crate::domain::ids::TrackId;
use crate::domain::job::Phase;
use crate::domain::pitch::Chord;
use crate::domain::plan::Plan;
use crate::domain::score::{Role, Score};
use crate::domain::take::TakeRequest;
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

/// Fades of a grain, in seconds of the take: they lie outside its slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fades {
    /// Before the slot.
    pub rise_s: f64,
    /// After the slot.
    pub fall_s: f64,
}

const HARD: Fades = Fades { rise_s: 0.010, fall_s: 0.030 };
const SOFT: Fades = Fades { rise_s: 0.050, fall_s: 0.120 };

/// What a slot shares with others: theme, bar of the phrase, beat, part of a split beat.
type Place = (String, u32, u32, u32);

/// What one stretch of the take asks for.
#[derive(Clone, Debug)]
struct Slot {
    at_s: f64,
    length_s: f64,
    chord: Option<Chord>,
    pitch: Option<u8>,
    accent: f32,
    /// Eighth within the bar.
    eighth: u8,
    level_db: f32,
    /// What it shares with other slots.
    place: Place,
    /// Number of the phrase's return, 0 for its first statement.
    heard: u32,
    /// Gain of the ending's fade.
    gain: f32,
}

/// Says in the brief what grains cannot do.
pub fn note_what_is_out_of_reach(brief: &mut Brief) {
    for id in brief.instruments.clone() {
        brief.unsupported.push(format!(
            "{}: this version of a finetune plays only the sounds of its own tracks",
            id.replace('_', " ")
        ));
    }
    for id in brief.avoid.clone() {
        brief.unsupported.push(format!(
            "no {}: this version of a finetune cannot take a sound out of its tracks",
            id.replace('_', " ")
        ));
    }
    if let Some(era) = &brief.era {
        brief.unsupported.push(format!("{era}: the sounds are those of the finetune's own tracks"));
    }
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
) -> Result<Played, EngineError> {
    let home = finetune.manner.homes.iter().find(|h| Some(h.track) == home);
    let fades = if home.is_some_and(|h| h.contrast < SOFT_CONTRAST) { SOFT } else { HARD };
    let slots = slots(plan, score, finetune, home, fades, request.seed);
    let table = Table::new(finetune, plan);
    let ledger = choose(&slots, &table, finetune, fades, request.seed, observer, stop)?;
    let rate = collage::output_rate(finetune);
    let gains: Vec<f32> = entries_gain(&ledger, &slots);
    let mix =
        collage::render(finetune, &ledger, &gains, fades, rate, plan.seconds, observer, stop)?;
    let tracks: Vec<(TrackId, f64)> = finetune
        .sound
        .tracks
        .iter()
        .enumerate()
        .map(|(i, t)| (t.track_id.clone(), finetune.sound.correction_cents(i)))
        .collect();
    let held = finetune.sound.tracks.iter().filter(|t| !t.excerpts.is_empty()).count();
    Ok(Played {
        stems: BTreeMap::from([("grains".to_owned(), mix)]),
        grains: ledger.uses(&tracks),
        sound: format!("grains of {held} tracks"),
    })
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

/// Speed of the highest shift of a track that is half a semitone flat.
fn fastest() -> f64 {
    2f64.powf((f64::from(SHIFT_MAX) + 0.5) / 12.0)
}

/// Lays the score out as slots: one a beat, shorter ones where a beat would break the bound.
fn slots(
    plan: &Plan,
    score: &Score,
    finetune: &Finetune,
    home: Option<&Home>,
    fades: Fades,
    seed: u64,
) -> Vec<Slot> {
    let beats = u32::from(score.meter.beats);
    let beat_s = score.seconds(score.ticks_per_bar()) / f64::from(beats);
    // The highest shift plays fastest: a slot must fit the bound even then.
    let most_s = GRAIN_MAX_S / fastest() - fades.rise_s - fades.fall_s;
    let splits = (beat_s / most_s).ceil().max(1.0) as u32;
    let lead = Melody::of(score);
    let centre = finetune.manner.melody.centre;
    let mut slots = Vec::new();
    let mut bar_start = 0.0;
    let last_section = plan.sections.len().saturating_sub(1);
    for (number, section) in plan.sections.iter().enumerate() {
        let accents = Accents::new(home, beats, seed, &section.theme);
        let level_db = level(home, section.energy);
        let mut chord = section.chords.first().and_then(|c| c.chord);
        for bar in 0..section.bars {
            for beat in 0..beats {
                if let Some(change) = section.chords.iter().find(|c| c.bar == bar && c.beat == beat)
                {
                    chord = change.chord;
                }
                let ends = number == last_section && bar + 1 == section.bars;
                for part in 0..splits {
                    let at = f64::from(beat) + f64::from(part) / f64::from(splits);
                    slots.push(Slot {
                        at_s: bar_start + at * beat_s,
                        length_s: beat_s / f64::from(splits),
                        chord,
                        pitch: lead.at(bar_start + at * beat_s, score).map(|p| near(p, centre)),
                        accent: accents.at(bar, at),
                        eighth: (at * 2.0) as u8,
                        level_db,
                        place: (section.theme.clone(), bar % 4, beat, part),
                        heard: section.variation * 64 + bar / 4,
                        gain: if ends {
                            ending_gain(f64::from(beat) / f64::from(beats) * 0.5)
                        } else {
                            1.0
                        },
                    });
                }
            }
            bar_start += beat_s * f64::from(beats);
        }
    }
    ring_out(&mut slots, bar_start, plan.seconds, beat_s / f64::from(splits), level(home, 0.1));
    slots
}

/// After the last bar its chord rings on, falling away until the take ends.
fn ring_out(slots: &mut Vec<Slot>, from_s: f64, to_s: f64, length_s: f64, level_db: f32) {
    let Some(last) = slots.last().cloned() else { return };
    let mut at_s = from_s;
    let mut part = 0;
    while at_s + 0.05 < to_s {
        let gone = 0.5 + 0.5 * (at_s - from_s) / (to_s - from_s).max(0.1);
        slots.push(Slot {
            at_s,
            length_s: length_s.min(to_s - at_s),
            pitch: None,
            accent: 0.0,
            level_db,
            place: ("end".to_owned(), 0, part, 0),
            heard: 0,
            gain: ending_gain(gone),
            ..last.clone()
        });
        at_s += length_s;
        part += 1;
    }
}

/// Gain over the ending, 0 its start .. 1 its end.
fn ending_gain(gone: f64) -> f32 {
    ((1.0 - gone).max(0.0).powf(1.5)) as f32
}

/// The level a section asks for: a quantile of the home track's own levels.
fn level(home: Option<&Home>, energy: f64) -> f32 {
    let Some(home) = home else { return -20.0 };
    // The quietest and loudest tenths are breaks and accents, not sections.
    let at = 1.0 + 8.0 * energy.clamp(0.0, 1.0);
    let (low, share) = (at.floor() as usize, (at - at.floor()) as f32);
    let read = |i: usize| home.levels_db.get(i.min(10)).copied().unwrap_or(-20.0);
    read(low) * (1.0 - share) + read(low + 1) * share
}

/// Brings a pitch to the octave nearest to a centre.
fn near(pitch: u8, centre: u8) -> u8 {
    let mut p = i32::from(pitch);
    while p - i32::from(centre) > 6 {
        p -= 12;
    }
    p.clamp(0, 127) as u8
}

/// The lead as a lookup by time.
struct Melody<'a> {
    notes: &'a [crate::domain::score::Note],
}

impl<'a> Melody<'a> {
    fn of(score: &'a Score) -> Self {
        Self { notes: score.part(Role::Lead).map_or(&[], |p| &p.notes) }
    }

    /// The pitch that sounds at a time.
    fn at(&self, at_s: f64, score: &Score) -> Option<u8> {
        let ticks = (at_s * score.tempo_bpm / 60.0 * 480.0).round() as u32 + 20;
        let after = self.notes.partition_point(|n| n.start <= ticks);
        let note = self.notes.get(after.checked_sub(1)?)?;
        (note.end() > ticks).then_some(note.midi)
    }
}

/// Accents of a section: its first half moves like one bar of the home track, its second like
/// another.
struct Accents {
    bars: Vec<Vec<f32>>,
}

impl Accents {
    fn new(home: Option<&Home>, beats: u32, seed: u64, theme: &str) -> Self {
        let mut dice = Dice::new(seed, &format!("accents {theme}"));
        let fitting: Vec<&Vec<f32>> = home
            .iter()
            .flat_map(|h| &h.accents)
            .filter(|a| a.len() == beats as usize * 2)
            .collect();
        let plain: Vec<f32> = (0..beats * 2)
            .map(|e| {
                if e == 0 {
                    0.9
                } else if e % 2 == 0 {
                    0.7
                } else {
                    0.35
                }
            })
            .collect();
        let bars = (0..2)
            .map(|_| dice.pick(&fitting).map_or_else(|| plain.clone(), |a| (*a).clone()))
            .collect();
        Self { bars }
    }

    fn at(&self, bar: u32, beat: f64) -> f32 {
        let which = &self.bars[(bar / 2 % 2) as usize];
        which.get((beat * 2.0) as usize).copied().unwrap_or(0.5)
    }
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
    beat_s: f32,
}

impl Table {
    fn new(finetune: &Finetune, plan: &Plan) -> Self {
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
            beat_s: (60.0 / plan.tempo_bpm) as f32,
        }
    }
}

/// What has been chosen for a slot: a cut's number and its shift.
type Choice = (usize, i32);

fn choose(
    slots: &[Slot],
    table: &Table,
    finetune: &Finetune,
    fades: Fades,
    seed: u64,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Ledger, EngineError> {
    let least_s: f64 =
        slots.iter().map(|s| (s.length_s + fades.rise_s + fades.fall_s) / fastest()).sum();
    let mut ledger = Ledger::new(finetune.sound.tracks.len(), least_s);
    let mut dice = Dice::new(seed, "grains");
    let mut kept: HashMap<(Place, Option<Chord>), Choice> = HashMap::new();
    let mut before: Option<usize> = None;
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
            draw(slot, table, finetune, fades, &ledger, before, avoid, number, &mut dice)
        });
        let Some(choice) = choice else { continue };
        let Some(cut) = cut_for(choice, slot, finetune, fades) else { continue };
        if ledger.push(cut, slot.at_s, choice.1).is_ok() {
            before = Some(choice.0);
            kept.insert(memory, choice);
        }
    }
    Ok(ledger)
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
    before: Option<usize>,
    avoid: Option<Choice>,
    number: usize,
    dice: &mut Dice,
) -> Option<Choice> {
    let slices = &finetune.sound.slices;
    let follows = before.map(|b| slices[b].next.map_or(b, |n| n as usize)).map(|b| table.timbre[b]);
    let crowded: Vec<f32> = (0..finetune.sound.tracks.len())
        .map(|t| {
            let over = number >= CROWDED_AFTER && ledger.share(t) > CROWDED_SHARE;
            if over { weight::CROWDED } else { 0.0 }
        })
        .collect();
    let mut best: Vec<(f32, Choice)> = Vec::with_capacity(DRAWN_FROM + 1);
    for (index, learned) in slices.iter().enumerate() {
        let base = cost_of_cut(index, slot, table, finetune, follows.as_ref())
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
) -> f32 {
    let slice = &finetune.sound.slices[index].slice;
    let mut cost = table.quiet[index];
    cost += weight::ACCENT * (slice.attack - slot.accent).abs();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_falls_to_nothing() {
        assert_eq!(ending_gain(0.0), 1.0);
        assert_eq!(ending_gain(1.0), 0.0);
        assert!(ending_gain(0.5) < 0.5);
    }

    #[test]
    fn pitches_move_by_octaves_only() {
        assert_eq!(near(79, 60), 55);
        assert_eq!(near(66, 60), 66);
        assert_eq!(near(72, 60), 60);
    }
}
