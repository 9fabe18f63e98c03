//! What each stretch of a take asks of a grain: chord, melody, accent, strokes, level.
//!
//! One slot a beat, shorter ones where a beat would break the bound on grains. Must never look at the
//! cuts themselves: [`super::grains`] chooses them.

use super::super::compose::manner::Home;
use super::super::dice::Dice;
use super::super::learn::finetune::{Finetune, SHIFT_MAX};
use super::bounds::GRAIN_MAX_S;
use super::sampler::kind;
use crate::domain::pitch::Chord;
use crate::domain::plan::Plan;
use crate::domain::score::{Note, Part, Role, Score};
use crate::listen::strokes::KEYS;

/// Fades of a grain, in seconds of the take: they lie outside its slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fades {
    /// Before the slot.
    pub rise_s: f64,
    /// After the slot.
    pub fall_s: f64,
}

/// Of music with plain beats.
pub const HARD: Fades = Fades { rise_s: 0.010, fall_s: 0.030 };
/// Of soft music.
pub const SOFT: Fades = Fades { rise_s: 0.050, fall_s: 0.120 };

/// What a slot shares with others: theme, bar of the phrase, beat, part of a split beat.
pub type Place = (String, u32, u32, u32);

/// What one stretch of the take asks for.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Start, seconds of the take.
    pub at_s: f64,
    /// Length.
    pub length_s: f64,
    /// Chord that sounds.
    pub chord: Option<Chord>,
    /// Melody note that sounds.
    pub pitch: Option<u8>,
    /// How hard its attack should be, 0..1.
    pub accent: f32,
    /// Eighth within the bar.
    pub eighth: u8,
    /// Level, dBFS.
    pub level_db: f32,
    /// What it shares with other slots.
    pub place: Place,
    /// Number of the phrase's return, 0 for its first statement.
    pub heard: u32,
    /// Gain of the ending's fade.
    pub gain: f32,
    /// Drums of the score at its start and half a beat on, as in a learned slice.
    pub struck: Option<[u8; 2]>,
}

/// Speed of the highest shift of a track that is half a semitone flat.
pub fn fastest() -> f64 {
    2f64.powf((f64::from(SHIFT_MAX) + 0.5) / 12.0)
}

/// Lays the score out as slots: one a beat, shorter ones where a beat would break the bound.
pub fn slots(
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
    let drums = score.part(Role::Drums);
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
                        struck: drums.map(|d| struck(d, score, bar_start + at * beat_s, beat_s)),
                    });
                }
            }
            bar_start += beat_s * f64::from(beats);
        }
    }
    ring_out(&mut slots, bar_start, plan.seconds, beat_s / f64::from(splits), level(home, 0.1));
    slots
}

/// Kinds of drums that a score strikes at a time and half a beat on.
fn struck(drums: &Part, score: &Score, at_s: f64, beat_s: f64) -> [u8; 2] {
    [at_s, at_s + 0.5 * beat_s].map(|at| {
        let near = |n: &&Note| (score.seconds(n.start) - at).abs() <= 0.12 * beat_s;
        let from = drums.notes.partition_point(|n| score.seconds(n.start) < at - 0.2 * beat_s);
        let bit = |n: &Note| KEYS.iter().position(|k| *k == kind(n.midi)).map_or(0, |k| 1u8 << k);
        drums.notes[from..].iter().take(16).filter(near).fold(0, |bits, n| bits | bit(n))
    })
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
            struck: None,
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
    notes: &'a [Note],
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
