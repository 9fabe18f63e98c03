//! Melody: motifs stated, answered, repeated on other chords, and varied when their theme returns.
//!
//! Rhythm first, pitch second. Pitches are the cheapest path through the notes of a unit under
//! costs for harmony, interval, contour, register and likeness to what the unit repeats; a little
//! seeded noise keeps seeds apart.

use super::super::dice::Dice;
use super::manner::{DURATION_MAX, INTERVAL_MAX};
use super::score::{BarView, Piece};
use crate::domain::score::Note;
use std::collections::BTreeMap;

/// Bars of a unit.
const UNIT_BARS: u32 = 2;
/// Ticks of an eighth.
const EIGHTH: u32 = 240;
/// Where leads stand when nothing was learned.
const CENTRE: i32 = 72;
/// A lead below this cannot be told from the chords.
const CENTRE_LOWEST: i32 = 66;

/// A note within a unit, in eighths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnitNote {
    at: u32,
    length: u32,
    midi: i32,
}

/// What a unit of a phrase does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// New material.
    New,
    /// Unit of this number again, on the chords of now.
    Again(usize),
    /// Unit of this number with another end.
    Answer(usize),
}

/// Least share of the beats that differ between a theme and its return.
const LEAST_CHANGE: f64 = 0.25;

/// A phrase of eight bars: statement, contrast, statement, contrast that closes.
const PHRASE: [Plan; 4] = [Plan::New, Plan::New, Plan::Again(0), Plan::Answer(1)];

/// Writes the part.
pub fn write(piece: &Piece<'_>) -> Vec<Note> {
    let mut themes: BTreeMap<String, Vec<Vec<UnitNote>>> = BTreeMap::new();
    let mut notes = Vec::new();
    let sections = piece.bars.last().map_or(0, |b| b.section + 1);
    for section in 0..sections {
        let bars: Vec<&BarView> = piece.bars.iter().filter(|b| b.section == section).collect();
        let Some(first) = bars.first() else { continue };
        if !has_lead(piece, first) {
            continue;
        }
        let units = bars.chunks(UNIT_BARS as usize).collect::<Vec<_>>();
        let theme = first.theme.clone();
        for (number, bars) in units.iter().enumerate() {
            let known = themes.get(&theme).map_or(&[][..], Vec::as_slice);
            let unit = write_unit(piece, bars, number, known);
            place(piece, bars, &unit, &mut notes);
            let stated = themes.entry(theme.clone()).or_default();
            if stated.len() == number && number < PHRASE.len() {
                stated.push(unit);
            }
        }
    }
    hold_the_end(piece, &mut notes);
    notes
}

/// Openings have no lead, nor have the quietest sections.
fn has_lead(piece: &Piece<'_>, bar: &BarView) -> bool {
    let only = piece.plan.sections.len() == 1;
    only || !(bar.theme == "I" && bar.energy < 0.5) && bar.energy >= 0.22
}

/// One unit: new material, a repeat or an answer in the first phrase; a variation later on and in
/// every return of the theme.
fn write_unit(
    piece: &Piece<'_>,
    bars: &[&BarView],
    number: usize,
    known: &[Vec<UnitNote>],
) -> Vec<UnitNote> {
    let bar = bars[0];
    let mut dice = piece.dice(&format!("melody {} {} {number}", bar.theme, bar.variation));
    let place = number % PHRASE.len();
    let closing = place == PHRASE.len() - 1 || bars.iter().any(|b| b.closes());
    let later = bar.variation > 0 || number >= PHRASE.len();
    let reference: Option<&Vec<UnitNote>> = if later {
        known.get(place).or_else(|| known.first())
    } else {
        match PHRASE[place] {
            Plan::New => None,
            Plan::Again(n) | Plan::Answer(n) => known.get(n),
        }
    };
    let eighths = piece.beats() * 2 * bars.len() as u32;
    let Some(reference) = reference else {
        let mut unit = rhythm(piece, bar, eighths, closing, &mut dice);
        pitches(piece, bars, &mut unit, 0.0, closing, &mut dice);
        return unit;
    };
    if !later {
        let mut unit = fit(reference, eighths);
        if matches!(PHRASE[place], Plan::Answer(_)) {
            unit = vary_end(&unit, eighths);
        }
        pitches(piece, bars, &mut unit, 0.8, closing, &mut dice);
        return unit;
    }
    // A return must be heard as one, but not be the same: less likeness until enough has changed.
    let mut likeness = 0.25;
    loop {
        let mut unit = vary_rhythm(&fit(reference, eighths), eighths, &mut dice);
        pitches(piece, bars, &mut unit, likeness, closing, &mut dice);
        likeness *= 0.6;
        if share_changed(reference, &unit, eighths) >= LEAST_CHANGE || likeness < 0.01 {
            return unit;
        }
    }
}

/// A unit cut to a length.
fn fit(unit: &[UnitNote], eighths: u32) -> Vec<UnitNote> {
    let inside = unit.iter().filter(|n| n.at < eighths);
    inside.map(|n| UnitNote { length: n.length.min(eighths - n.at), ..*n }).collect()
}

/// Share of beats whose onsets or pitches differ.
fn share_changed(a: &[UnitNote], b: &[UnitNote], eighths: u32) -> f64 {
    let beat = |unit: &[UnitNote], n: u32| -> Vec<(u32, i32)> {
        unit.iter().filter(|x| x.at / 2 == n).map(|x| (x.at, x.midi)).collect()
    };
    let beats = (eighths / 2).max(1);
    let changed = (0..beats).filter(|n| beat(a, *n) != beat(b, *n)).count();
    changed as f64 / f64::from(beats)
}

/// How much busier than usual the learned lead is: three notes a bar are usual.
fn learned_density(piece: &Piece<'_>) -> f64 {
    let lead = piece.manner.and_then(|m| m.lead.as_ref());
    lead.map_or(1.0, |v| (v.per_bar / 3.0).clamp(0.7, 1.7))
}

/// Onsets and lengths of a new unit.
fn rhythm(
    piece: &Piece<'_>,
    bar: &BarView,
    eighths: u32,
    closing: bool,
    dice: &mut Dice,
) -> Vec<UnitNote> {
    let per_bar = f64::from(piece.beats() * 2);
    let density =
        (3.0 * piece.density * learned_density(piece) * (0.7 + 0.6 * bar.energy)).clamp(1.2, 6.5);
    let mean = per_bar / density;
    // A closing unit ends with a long note and a rest.
    let last_onset = if closing { eighths.saturating_sub(6).max(2) } else { eighths };
    let mut at = match dice.weighted(&[0.55, 0.2, 0.25]) {
        0 => 0,
        1 => 1,
        _ => 2,
    };
    let mut notes: Vec<UnitNote> = Vec::new();
    while at < last_onset {
        let length = duration(piece, mean, at, dice).min(eighths - at);
        let rest = u32::from(length >= 2 && dice.chance(0.12));
        notes.push(UnitNote { at, length: length - rest, midi: 0 });
        at += length;
    }
    if closing && let Some(last) = notes.last_mut() {
        last.length = (eighths - last.at).saturating_sub(2).max(2).min(eighths - last.at);
    }
    notes
}

fn duration(piece: &Piece<'_>, mean: f64, at: u32, dice: &mut Dice) -> u32 {
    let learned = piece.manner.map(|m| m.melody.durations.as_slice());
    let weights: Vec<f64> = (1..=DURATION_MAX as u32)
        .map(|length| {
            let habit = learned.and_then(|d| d.get(length as usize - 1)).copied().unwrap_or(0.125);
            let near = (-1.6 * (f64::from(length) / mean).ln().abs()).exp();
            let lands = if (at + length).is_multiple_of(2) { 1.6 } else { 0.7 };
            // Odd lengths above three are ties over the beat: rare in sung lines.
            let plain = if length > 3 && length % 2 == 1 { 0.2 } else { 1.0 };
            (habit + 0.05) * near * lands * plain
        })
        .collect();
    dice.weighted(&weights) as u32 + 1
}

/// Another rhythm for a unit that returns: split a long note, join two, move one, leave one out.
fn vary_rhythm(unit: &[UnitNote], eighths: u32, dice: &mut Dice) -> Vec<UnitNote> {
    let mut notes = unit.to_vec();
    for _ in 0..2 {
        if notes.is_empty() {
            return notes;
        }
        let i = dice.below(notes.len());
        match dice.below(4) {
            0 if notes[i].length >= 2 => {
                let half = notes[i].length / 2;
                let second = UnitNote {
                    at: notes[i].at + half,
                    length: notes[i].length - half,
                    midi: notes[i].midi,
                };
                notes[i].length = half;
                notes.insert(i + 1, second);
            }
            1 if i + 1 < notes.len() => {
                let next = notes.remove(i + 1);
                notes[i].length = next.at + next.length - notes[i].at;
            }
            2 if notes[i].at > 0
                && (i == 0 || notes[i - 1].at + notes[i - 1].length < notes[i].at) =>
            {
                notes[i].at -= 1;
                notes[i].length += 1;
            }
            _ if notes.len() > 3 => {
                notes.remove(i);
            }
            _ => {}
        }
    }
    notes.retain(|n| n.length > 0);
    fit(&notes, eighths)
}

/// Keeps a unit's beginning and lets it come to rest.
fn vary_end(unit: &[UnitNote], eighths: u32) -> Vec<UnitNote> {
    let keep = unit.iter().take_while(|n| n.at < eighths * 5 / 8).count().max(1);
    let mut notes: Vec<UnitNote> = unit.iter().take(keep).copied().collect();
    if let Some(last) = notes.last_mut() {
        last.length = eighths.saturating_sub(last.at + 2).max(1);
    }
    notes
}

/// Metrical strength of an eighth.
fn strength(eighth: u32, beats: u32) -> f64 {
    let in_bar = eighth % (beats * 2);
    match in_bar {
        0 => 1.0,
        e if beats == 4 && e == 4 => 0.7,
        e if e % 2 == 0 => 0.45,
        _ => 0.2,
    }
}

/// Cost of an interval in semitones, after measured melodies: steps are cheap, tritones and
/// sevenths dear.
fn interval_cost(step: i32) -> f64 {
    match step.abs() {
        0 => 0.5,
        1 => 0.1,
        2 => 0.0,
        3 => 0.25,
        4 => 0.35,
        5 => 0.6,
        7 => 0.7,
        6 => 2.0,
        8 => 1.2,
        9 => 1.0,
        10 => 1.8,
        11 => 2.5,
        12 => 0.9,
        _ => 3.5,
    }
}

struct Walk<'a> {
    piece: &'a Piece<'a>,
    centre: i32,
    candidates: Vec<i32>,
}

impl Walk<'_> {
    /// Interval cost, blended with the dataset's habits.
    fn interval(&self, step: i32) -> f64 {
        let plain = interval_cost(step);
        match self.piece.manner {
            Some(manner) if step.abs() <= INTERVAL_MAX => {
                let habit = manner.melody.intervals[(step + INTERVAL_MAX) as usize];
                0.5 * plain + 0.25 * -(habit.max(1e-3) * 25.0).ln()
            }
            _ => plain,
        }
    }

    fn harmony(&self, midi: i32, bar: &BarView, eighth: u32, length: u32) -> f64 {
        let beat = f64::from(eighth % (self.piece.beats() * 2)) / 2.0;
        let Some(chord) = bar.chord_at(beat) else { return 0.0 };
        if chord.contains(midi as u8) {
            return 0.0;
        }
        let weight = strength(eighth, self.piece.beats());
        let in_scale = self.piece.key.scale()[midi.rem_euclid(12) as usize];
        let rubs = chord.contains((midi - 1) as u8);
        let long = f64::from(length.min(4)) / 2.0;
        match (in_scale, rubs) {
            (true, false) => 1.6 * weight + 0.15 * long,
            (true, true) => 3.0 * weight.max(0.3) * long.min(1.0) + 0.2,
            (false, _) => 2.5 * weight + 0.8,
        }
    }
}

/// Chooses the pitches of a unit. `midi` of the notes is read as the reference where likeness > 0.
fn pitches(
    piece: &Piece<'_>,
    bars: &[&BarView],
    notes: &mut [UnitNote],
    likeness: f64,
    closing: bool,
    dice: &mut Dice,
) {
    if notes.is_empty() {
        return;
    }
    let bar = bars[0];
    let centre = centre(piece, bar);
    let walk = Walk { piece, centre, candidates: candidates(piece, bars, centre) };
    let shape = contour(piece, bar, notes.len());
    let eighths_per_bar = piece.beats() * 2;
    let states = walk.candidates.len();
    let mut costs = vec![vec![0.0; states]; notes.len()];
    for (i, note) in notes.iter().enumerate() {
        let here = bars[(note.at / eighths_per_bar) as usize % bars.len()];
        for (s, midi) in walk.candidates.iter().enumerate() {
            let off = f64::from(*midi - walk.centre);
            let mut cost = walk.harmony(*midi, here, note.at, note.length);
            cost += 0.02 * (off.abs() - 5.0).max(0.0).powi(2);
            cost += 0.14 * (off - shape[i]).abs();
            if likeness > 0.0 {
                cost += likeness * f64::from((*midi - note.midi).abs().min(9)) / 3.0;
            }
            if closing && i + 1 == notes.len() {
                cost += ending_cost(piece, here, *midi);
            }
            // A return must not be what it was: chance weighs more where likeness weighs less.
            costs[i][s] = cost - 0.35 * dice.gumbel().clamp(-1.5, 3.0);
        }
    }
    let path =
        cheapest(&costs, |from, to| walk.interval(walk.candidates[to] - walk.candidates[from]));
    for (note, state) in notes.iter_mut().zip(path) {
        note.midi = walk.candidates[state];
    }
}

/// Phrases rest on the tonic or the fifth of the key if the chord has them.
fn ending_cost(piece: &Piece<'_>, bar: &BarView, midi: i32) -> f64 {
    let above = (midi - piece.key.tonic.index() as i32).rem_euclid(12);
    let in_chord = bar.chords.last().is_some_and(|(_, c)| c.contains(midi as u8));
    match (above, in_chord) {
        (0, true) => 0.0,
        (7, true) => 0.5,
        (_, true) => 0.8,
        _ => 3.0,
    }
}

fn candidates(piece: &Piece<'_>, bars: &[&BarView], centre: i32) -> Vec<i32> {
    let scale = piece.key.scale();
    (centre - 11..=centre + 12)
        .filter(|midi| {
            let in_chord = bars
                .iter()
                .flat_map(|b| &b.chords)
                .any(|(_, c)| c.contains((*midi).clamp(0, 127) as u8));
            scale[midi.rem_euclid(12) as usize] || in_chord
        })
        .collect()
}

/// Middle of the lead's register, higher where the music is fuller.
fn centre(piece: &Piece<'_>, bar: &BarView) -> i32 {
    let mut learned = piece
        .manner
        .map_or(CENTRE, |m| i32::from(m.lead.as_ref().map_or(m.melody.centre, |lead| lead.centre)));
    while learned < CENTRE_LOWEST {
        learned += 12;
    }
    let lift = ((bar.energy - 0.5) * 7.0).round() as i32;
    (learned + piece.register + lift).clamp(60, 84)
}

/// Height of the line at each note, in semitones from the centre: mostly an arch.
fn contour(piece: &Piece<'_>, bar: &BarView, count: usize) -> Vec<f64> {
    let mut dice = piece.dice(&format!("contour {} {}", bar.theme, bar.in_section / UNIT_BARS % 4));
    let kind = dice.weighted(&[0.45, 0.25, 0.2, 0.1]);
    // Later units of a phrase stand higher.
    let lift = [0.0, 2.0, 0.0, 3.0][(bar.in_section / UNIT_BARS % 4) as usize];
    (0..count)
        .map(|i| {
            let t = (i as f64 + 0.5) / count as f64;
            let height = match kind {
                0 => 1.0 - (2.0 * t - 1.1).powi(2),
                1 => 1.0 - t,
                2 => t,
                _ => (2.0 * t - 1.0).powi(2),
            };
            -4.0 + 9.0 * height + lift
        })
        .collect()
}

/// The cheapest path: one state a note.
fn cheapest(costs: &[Vec<f64>], move_cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let states = costs[0].len();
    let mut score = costs[0].clone();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(costs.len());
    for row in &costs[1..] {
        let mut next = vec![f64::MAX; states];
        let mut from = vec![0; states];
        for to in 0..states {
            for (before, value) in score.iter().enumerate() {
                let cost = value + move_cost(before, to);
                if cost < next[to] {
                    (next[to], from[to]) = (cost, before);
                }
            }
            next[to] += row[to];
        }
        score = next;
        back.push(from);
    }
    let mut state = (0..states).fold(0, |b, s| if score[s] < score[b] { s } else { b });
    let mut path = vec![state];
    for from in back.iter().rev() {
        state = from[state];
        path.push(state);
    }
    path.reverse();
    path
}

fn place(piece: &Piece<'_>, bars: &[&BarView], unit: &[UnitNote], notes: &mut Vec<Note>) {
    let start = bars[0].number * piece.bar_ticks();
    // The last bar belongs to the ending.
    let last_bar = piece.bars.len().saturating_sub(1).max(1) as u32 * piece.bar_ticks();
    for (i, note) in unit.iter().enumerate() {
        let at = start + note.at * EIGHTH;
        if at >= last_bar {
            continue;
        }
        let next = unit.get(i + 1).map_or(u32::MAX, |n| start + n.at * EIGHTH);
        let room = next.min(last_bar).saturating_sub(at);
        let length = (note.length * EIGHTH).min(room).max(60) * 19 / 20;
        let accent = 14.0 * (strength(note.at, piece.beats()) - 0.4);
        let velocity = 80.0 + 24.0 * (bars[0].energy - 0.5) + accent;
        notes.push(Note {
            start: at,
            length,
            midi: note.midi as u8,
            velocity: velocity.round().clamp(30.0, 120.0) as u8,
        });
    }
}

/// The last bar: the tonic, held, where a lead played before.
fn hold_the_end(piece: &Piece<'_>, notes: &mut Vec<Note>) {
    let (Some(last), Some(bar)) = (notes.last().copied(), piece.bars.last()) else { return };
    let start = bar.number * piece.bar_ticks();
    if piece.bars.len() < 2 || last.start + 8 * piece.bar_ticks() < start {
        return;
    }
    let tonic = piece.key.tonic.index() as i32;
    let near = i32::from(last.midi);
    let midi = (near - 6..=near + 6).find(|m| m.rem_euclid(12) == tonic).unwrap_or(near);
    notes.push(Note {
        start,
        length: piece.bar_ticks(),
        midi: midi.clamp(0, 127) as u8,
        velocity: 84,
    });
}

#[cfg(test)]
mod tests {
    use super::super::brief::parse;
    use super::super::{genre, plan};
    use super::*;
    use std::collections::BTreeSet;

    fn lead(prompt: &str, seconds: f64, seed: u64, f: impl Fn(&Piece<'_>, &[Note])) {
        let brief = parse(prompt);
        let plan = plan::make(&brief, None, Some(seconds), seed).plan;
        let genre = genre::get(brief.genre.as_deref()).unwrap();
        let piece = Piece::new(&plan, genre, None, seed);
        let notes = write(&piece);
        f(&piece, &notes);
    }

    /// Lead notes of each beat of a section's first eight bars.
    fn slots(piece: &Piece<'_>, notes: &[Note], section: usize) -> Vec<BTreeSet<(u32, u8)>> {
        let bars: Vec<_> = piece.bars.iter().filter(|b| b.section == section).take(8).collect();
        let start = bars[0].number * piece.bar_ticks();
        (0..bars.len() as u32 * piece.beats())
            .map(|beat| {
                let from = start + beat * 480;
                notes
                    .iter()
                    .filter(|n| n.start >= from && n.start < from + 480)
                    .map(|n| (n.start - from, n.midi))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_theme_returns_changed_but_known() {
        for seed in 0..12 {
            lead("pop in G major", 120.0, seed, |piece, notes| {
                let a: Vec<usize> = piece
                    .plan
                    .sections
                    .iter()
                    .enumerate()
                    .filter(|(_, s)| s.theme == "A" && s.energy > 0.22)
                    .map(|(i, _)| i)
                    .collect();
                if a.len() >= 2 {
                    let (x, y) = (slots(piece, notes, a[0]), slots(piece, notes, a[1]));
                    let n = x.len().min(y.len());
                    let differ = (0..n).filter(|i| x[*i] != y[*i]).count();
                    assert!(differ * 5 >= n, "seed {seed}: {differ} of {n}");
                }
            });
        }
        for seed in 0..8 {
            lead("pop in G major, verse, chorus, verse", 60.0, seed, |piece, notes| {
                let (x, y) = (slots(piece, notes, 0), slots(piece, notes, 2));
                assert!(!x.is_empty());
                let rhythm = |s: &BTreeSet<(u32, u8)>| s.iter().map(|n| n.0).collect::<Vec<_>>();
                let same = x.iter().zip(&y).filter(|(a, b)| rhythm(a) == rhythm(b)).count();
                assert!(same * 3 >= x.len().min(y.len()), "seed {seed}: {same} of {}", x.len());
            });
        }
    }

    #[test]
    fn lines_move_mostly_by_step_and_breathe() {
        let (mut steps, mut all) = (0, 0);
        for seed in 0..8 {
            lead("pop", 90.0, seed, |_, notes| {
                assert!(notes.len() > 20, "{}", notes.len());
            });
        }
        for seed in 0..8 {
            let brief = parse("rock in E minor");
            let plan = plan::make(&brief, None, Some(90.0), seed).plan;
            let genre = genre::get(Some("rock")).unwrap();
            let notes = write(&Piece::new(&plan, genre, None, seed));
            for w in notes.windows(2) {
                assert!(w[0].end() <= w[1].start, "one voice: {w:?} seed {seed}");
                all += 1;
                steps += usize::from((i32::from(w[0].midi) - i32::from(w[1].midi)).abs() <= 2);
            }
        }
        let share = f64::from(steps as u32) / f64::from(all as u32);
        assert!((0.4..0.95).contains(&share), "{share}");
    }

    #[test]
    fn the_cheapest_path_is_the_cheapest() {
        let costs = vec![vec![0.0, 1.0], vec![5.0, 0.0], vec![0.0, 5.0]];
        assert_eq!(cheapest(&costs, |a, b| if a == b { 0.0 } else { 0.1 }), [0, 1, 0]);
        assert_eq!(cheapest(&costs, |a, b| if a == b { 0.0 } else { 50.0 }), [0, 0, 0]);
    }
}
