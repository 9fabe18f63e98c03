//! Drums: patterns by energy, variants, fills before changes, a crash after them.

use super::brief::forbids_voice;
use super::genre::DrumPattern;
use super::groove;
use super::lexicon::Lexicon;
use super::manner::{Groove, Manner};
use super::score::{BarView, Piece};
use crate::domain::score::{Note, Role};

/// Below this energy a section has no drums at all, in genres that have more than one pattern.
const SILENT_BELOW: f64 = 0.22;

/// The General-MIDI key of a pattern's voice letter.
pub fn key_of(voice: char) -> Option<u8> {
    Some(match voice {
        'c' => 35,
        'K' => 36,
        'X' => 37,
        'S' => 38,
        'P' => 39,
        'D' => 41,
        'H' => 42,
        'W' => 43,
        'F' => 44,
        'd' => 45,
        'O' => 46,
        'V' | 'Z' => 47,
        'C' => 49,
        'U' => 50,
        'R' => 51,
        'N' => 52,
        'B' => 53,
        'T' => 54,
        'E' => 56,
        'y' => 60,
        'z' => 61,
        'q' => 62,
        'Q' => 63,
        'w' => 64,
        'I' => 65,
        'i' => 66,
        'A' => 67,
        'a' => 68,
        'J' => 70,
        'G' => 73,
        'g' => 74,
        'L' => 75,
        'k' => 76,
        'j' => 77,
        't' => 80,
        'Y' => 81,
        _ => return None,
    })
}

/// Writes the part.
pub fn write(piece: &Piece<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    if !wanted(piece) {
        return notes;
    }
    let groove = groove_of(piece);
    for bar in &piece.bars {
        let start = bar.number * piece.bar_ticks();
        if piece.is_last(bar) {
            finish(piece, bar, start, &mut notes);
            continue;
        }
        let Some(pattern) = pattern_for(piece, bar) else { continue };
        match (fill_for(piece, bar), groove) {
            (Some(fill), _) => place(piece, bar, fill, start, &mut notes),
            (None, Some(groove)) => strike(piece, bar, groove, start, &mut notes),
            (None, None) => place(piece, bar, pattern, start, &mut notes),
        }
        if opens_fuller(piece, bar) && !forbids_voice(&piece.plan.brief, 'C') {
            notes.push(Note {
                start,
                length: 240,
                midi: 49,
                velocity: velocity(piece, bar, 8, start),
            });
        }
    }
    notes
}

/// Whether a dataset plays drums, or a prompt asks for something that has them: where nobody ever
/// drums, nobody starts to.
fn wanted(piece: &Piece<'_>) -> bool {
    let brief = &piece.plan.brief;
    let instruments = &Lexicon::get().instruments;
    let mut named = brief.instruments.iter().filter_map(|id| instruments.get(id));
    let asked =
        brief.genre.is_some() || !brief.rhythms.is_empty() || named.any(|i| i.role == Role::Drums);
    asked || piece.manner.is_none_or(|m| m.homes.iter().any(|h| h.groove.is_some()))
}

/// The learned groove that a piece is played in: of a track with its meter, likelier one near its
/// tempo. `None` without one: the genre's patterns then play.
fn groove_of<'a>(piece: &Piece<'a>) -> Option<&'a Groove> {
    let manner: &'a Manner = piece.manner?;
    let fitting: Vec<_> = manner
        .homes
        .iter()
        .filter_map(|home| Some((home, home.groove.as_ref()?)))
        .filter(|(_, groove)| groove.beats == piece.meter.pulses())
        .collect();
    let weights: Vec<f64> = fitting
        .iter()
        .map(|(home, groove)| {
            let off = home.tempo_bpm.map_or(1.0, |bpm| (bpm / piece.plan.tempo_bpm).log2());
            groove.played * (-8.0 * off * off).exp() + 1e-6
        })
        .collect();
    fitting.get(piece.dice("groove").weighted(&weights)).map(|(_, groove)| *groove)
}

/// How seldom, of bars of its track, a stroke may be that still sounds: quiet bars keep what is
/// always there, full ones take what is there now and then.
fn seldom(energy: f64) -> f64 {
    0.65 - 0.4 * energy.clamp(0.0, 1.0)
}

/// Plays a bar of a learned groove. Bars of a theme at the same place of four are struck alike.
fn strike(piece: &Piece<'_>, bar: &BarView, groove: &Groove, start: u32, notes: &mut Vec<Note>) {
    let step = piece.bar_ticks() / groove.places.max(1) as u32;
    let least = seldom(bar.energy);
    for kind in &groove.kinds {
        let name = format!("strike {} {} {}", bar.theme, bar.in_section % 4, kind.midi);
        let mut dice = piece.dice(&name);
        for (at, (share, level)) in kind.shares.iter().zip(&kind.levels).enumerate() {
            // Drawn for every place, so that a stroke does not move the ones after it.
            let luck = 0.1 * dice.normal();
            if share + luck < least || *share <= 0.0 {
                continue;
            }
            let mut touch = piece.dice(&format!("touch {} {at} {}", bar.number, kind.midi));
            let velocity = level + 22.0 * (bar.energy - 0.6) + 3.0 * touch.normal();
            notes.push(Note {
                start: start + at as u32 * step,
                length: step.max(60),
                midi: kind.midi,
                velocity: velocity.round().clamp(8.0, 127.0) as u8,
            });
        }
    }
}

/// The pattern of a section: quiet sections take the quiet end of the genre's list, and sections
/// of one theme the same pattern.
fn pattern_for<'a>(piece: &Piece<'a>, bar: &BarView) -> Option<&'a DrumPattern> {
    let patterns = groove::asked(&piece.plan.brief, &piece.genre.drums, |p| &p.name, |r| &r.drums);
    if patterns.is_empty() || bar.energy < SILENT_BELOW {
        return None;
    }
    let mut dice = piece.dice(&format!("drums {}", bar.theme));
    let place = bar.energy * patterns.len() as f64 + 0.35 * dice.normal().clamp(-1.0, 1.0);
    patterns.get((place.max(0.0) as usize).min(patterns.len() - 1)).copied()
}

/// A fill in the last bar before a change, and sometimes in the middle of long sections.
fn fill_for<'a>(piece: &Piece<'a>, bar: &BarView) -> Option<&'a DrumPattern> {
    if bar.energy < 0.35 || piece.genre.fills.is_empty() {
        return None;
    }
    let mut dice = piece.dice(&format!("fill {}", bar.number));
    let change = bar.closes() && (bar.energy_after - bar.energy).abs() > 0.05;
    let middle = (bar.in_section + 1).is_multiple_of(8) && !bar.closes();
    let due = change && dice.chance(0.85) || middle && dice.chance(0.35);
    if due { dice.pick(&piece.genre.fills) } else { None }
}

fn opens_fuller(piece: &Piece<'_>, bar: &BarView) -> bool {
    bar.in_section == 0
        && bar.number > 0
        && bar.energy >= 0.5
        && bar.energy > piece.bars[bar.number as usize - 1].energy + 0.05
}

fn place(
    piece: &Piece<'_>,
    bar: &BarView,
    pattern: &DrumPattern,
    start: u32,
    notes: &mut Vec<Note>,
) {
    let length = pattern.length().max(1);
    // Patterns of two bars take turns; in other meters they go round at the bar line.
    let offset = bar.in_section * piece.bar_ticks() % length;
    for (voice, cells) in &pattern.voices {
        let Some(midi) = key_of(*voice) else { continue };
        if forbids_voice(&piece.plan.brief, *voice) {
            continue;
        }
        for (cell, mark) in cells.bytes().enumerate() {
            let Some(level) = mark.checked_sub(b'0').filter(|l| (1..=9).contains(l)) else {
                continue;
            };
            let at = cell as u32 * pattern.ticks;
            let Some(at) = at.checked_sub(offset).filter(|at| *at < piece.bar_ticks()) else {
                continue;
            };
            let velocity = velocity(piece, bar, level, start + at);
            notes.push(Note { start: start + at, length: pattern.ticks.max(60), midi, velocity });
        }
    }
}

/// Level 1..9 to velocity, fuller with energy, never twice quite the same.
fn velocity(piece: &Piece<'_>, bar: &BarView, level: u8, at: u32) -> u8 {
    let mut dice = piece.dice(&format!("hit {at} {level}"));
    let base = 13.5 * f64::from(level) + 22.0 * (bar.energy - 0.6) + 3.0 * dice.normal();
    base.round().clamp(8.0, 127.0) as u8
}

/// The last bar: one hit on the one, if drums played before.
fn finish(piece: &Piece<'_>, bar: &BarView, start: u32, notes: &mut Vec<Note>) {
    let played =
        bar.number.checked_sub(1).and_then(|n| pattern_for(piece, &piece.bars[n as usize]));
    if played.is_some() {
        let velocity = velocity(piece, bar, 7, start);
        if !forbids_voice(&piece.plan.brief, 'K') {
            notes.push(Note { start, length: 480, midi: 36, velocity });
        }
        if !forbids_voice(&piece.plan.brief, 'C') {
            let velocity = velocity.saturating_sub(10);
            notes.push(Note { start, length: 960, midi: 49, velocity });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::brief::parse;
    use super::super::manner::{Home, Strokes};
    use super::super::{genre, plan};
    use super::*;

    fn learned(beats: u8) -> Manner {
        let places = usize::from(beats) * 4;
        let at = |hits: &[(usize, f64)]| {
            let mut shares = vec![0.0; places];
            hits.iter().for_each(|(place, share)| shares[*place] = *share);
            shares
        };
        let kind = |midi, hits: &[(usize, f64)]| {
            let levels = at(hits).iter().map(|s| if *s > 0.0 { 100.0 } else { 0.0 }).collect();
            Strokes { midi, shares: at(hits), levels }
        };
        let kinds =
            vec![kind(36, &[(0, 1.0), (6, 1.0), (9, 0.02)]), kind(38, &[(4, 1.0), (10, 0.45)])];
        let mut manner = Manner::learn(&[], None);
        manner.homes.push(Home {
            track: 0,
            weight: 1.0,
            tempo_bpm: Some(120.0),
            contrast: 3.0,
            beats,
            key: None,
            loudness_lufs: -14.0,
            accents: Vec::new(),
            levels_db: vec![-20.0; 11],
            groove: Some(Groove { beats, places, played: 1.0, kinds }),
        });
        manner
    }

    /// Places of sixteen at which a key is struck, with how often, over bars without fill or crash.
    fn struck(manner: &Manner, seed: u64) -> (Vec<Note>, u32, u32) {
        let plan = plan::make(&parse("rock, 120 bpm"), None, Some(90.0), seed).plan;
        let genre = genre::get(Some("rock")).unwrap();
        let piece = Piece::new(&plan, genre, Some(manner), seed);
        (write(&piece), piece.bar_ticks(), piece.bars.len() as u32)
    }

    #[test]
    fn the_learned_groove_is_played() {
        for seed in 0..4 {
            let (notes, bar, bars) = struck(&learned(4), seed);
            let at = |midi: u8, place: u32| {
                notes.iter().filter(|n| n.midi == midi && n.start % bar == place * 120).count()
                    as u32
            };
            // Fills and quiet sections play otherwise.
            assert!(at(36, 6) * 2 > bars, "{} of {bars}", at(36, 6));
            assert!(at(38, 4) * 2 > bars);
            assert!(at(36, 9) * 8 < bars, "a stray stroke is no part of it");
        }
    }

    #[test]
    fn what_is_there_now_and_then_comes_with_energy() {
        assert!(seldom(0.1) > 0.45 && seldom(0.9) < 0.45);
    }

    #[test]
    fn a_groove_of_another_meter_is_not_bent() {
        let (notes, ..) = struck(&learned(3), 1);
        let (plain, ..) = struck(&Manner::learn(&[], None), 1);
        assert_eq!(notes, plain);
    }
}
