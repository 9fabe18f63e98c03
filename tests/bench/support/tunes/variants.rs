//! What is done to a piece: moved, played by others, ornamented, given other chords or another tune.

use super::plan::Plan;
use crate::music::{Drum, Part, TrueHit, TrueNote};
use leitmotif::engine::resident::dice::Dice;

/// Another key, speed (times the old one) and nothing else.
pub fn moved(plan: &Plan, semitones: i32, speed: f64) -> Plan {
    let mut plan = plan.clone();
    for note in &mut plan.notes {
        note.midi = (i32::from(note.midi) + semitones).clamp(12, 120) as u8;
        note.start_s /= speed;
        note.end_s /= speed;
    }
    plan.hits.iter_mut().for_each(|h| h.at_s /= speed);
    plan.beats_s.iter_mut().for_each(|b| *b /= speed);
    plan.duration_s /= speed;
    plan
}

/// A key of -6..6 without 0 and a speed of 0.85..1.15.
pub fn anywhere(plan: &Plan, dice: &mut Dice) -> Plan {
    let semitones = (1 + dice.below(6)) as i32 * if dice.chance(0.5) { 1 } else { -1 };
    moved(plan, semitones, 0.85 + 0.3 * dice.unit())
}

/// Other instruments of another family, and other drums.
pub fn played_by_others(plan: &Plan, dice: &mut Dice) -> Plan {
    const LEADS: [u8; 12] = [0, 11, 22, 26, 40, 56, 65, 68, 71, 73, 80, 81];
    const BASSES: [u8; 6] = [32, 33, 35, 36, 38, 39];
    const HARMONIES: [u8; 12] = [0, 4, 6, 16, 19, 24, 25, 27, 46, 48, 50, 62];
    let mut plan = plan.clone();
    let offset = 1 + dice.below(11);
    let family = |program: u8| program / 8;
    for note in &mut plan.notes {
        let list: &[u8] = match note.part {
            Part::Lead => &LEADS,
            Part::Bass => &BASSES,
            Part::Harmony => &HARMONIES,
        };
        let mut index = (usize::from(note.program) + offset) % list.len();
        if family(list[index]) == family(note.program) && note.part != Part::Bass {
            index = (index + 3) % list.len();
        }
        note.program = list[index];
    }
    plan.hits = drums(&plan, dice);
    plan
}

/// A beat of its own on the beats of the piece.
fn drums(plan: &Plan, dice: &mut Dice) -> Vec<TrueHit> {
    let mut hits = Vec::new();
    let pattern: Vec<(Drum, f64)> = (0..16)
        .flat_map(|step| {
            let mut here = Vec::new();
            if step == 0 || (step % 2 == 0 && dice.chance(0.25)) {
                here.push((Drum::Kick, step as f64 / 4.0));
            }
            if step == 4 || step == 12 || dice.chance(0.05) {
                here.push((Drum::Snare, step as f64 / 4.0));
            }
            if step % 2 == 0 && dice.chance(0.8) {
                here.push((Drum::ClosedHat, step as f64 / 4.0));
            }
            here
        })
        .collect();
    for bar in plan.beats_s.windows(5).step_by(4) {
        for (kind, at) in &pattern {
            let beat = at.floor() as usize;
            let at_s = bar[beat] + at.fract() * (bar[beat + 1] - bar[beat]);
            hits.push(TrueHit { at_s, kind: *kind, velocity: 80 + dice.below(30) as u8 });
        }
    }
    hits
}

/// The tune with a share of its notes changed: moved by a step or two of the scale, left out, split
/// with a neighbour between, or moved in time by half their length.
pub fn ornamented(plan: &Plan, share: f64, dice: &mut Dice) -> Plan {
    let mut plan = plan.clone();
    let scale = plan.scale();
    let mut notes = Vec::new();
    for note in plan.notes.drain(..) {
        if note.part != Part::Lead || !dice.chance(share) {
            notes.push(note);
            continue;
        }
        let middle = 0.5 * (note.start_s + note.end_s);
        let next = neighbour(note.midi, if dice.chance(0.5) { 1 } else { -1 }, &scale);
        match dice.below(4) {
            0 => notes.push(TrueNote { midi: next, ..note }),
            1 => {}
            2 => {
                notes.push(TrueNote { end_s: middle, ..note });
                notes.push(TrueNote { midi: next, start_s: middle, ..note });
            }
            _ => notes.push(TrueNote { start_s: middle, ..note }),
        }
    }
    notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    plan.notes = notes;
    plan
}

fn neighbour(midi: u8, step: i32, scale: &[bool; 12]) -> u8 {
    let mut at = i32::from(midi) + step;
    while !scale[at.rem_euclid(12) as usize] {
        at += step;
    }
    at.clamp(12, 120) as u8
}

/// Triads on the degrees of a scale: root, third, fifth.
fn triads(scale: &[bool; 12]) -> Vec<[u8; 3]> {
    let degrees: Vec<u8> = (0..12u8).filter(|c| scale[usize::from(*c)]).collect();
    (0..7).map(|i| [0, 2, 4].map(|s| degrees[(i + s) % 7])).collect()
}

/// The chord that holds most of what sounds.
fn chord(classes: &[f64; 12], scale: &[bool; 12]) -> [u8; 3] {
    let inside = |t: &[u8; 3]| t.iter().map(|c| classes[usize::from(*c)]).sum::<f64>();
    let all = triads(scale);
    all.into_iter().max_by(|a, b| inside(a).total_cmp(&inside(b))).unwrap()
}

/// New chords and bass in other rhythms, on these harmonies, by instruments the piece has.
fn accompaniment(plan: &Plan, chords: &[[u8; 3]], dice: &mut Dice) -> Vec<TrueNote> {
    let program = |part: Part, other: u8| {
        plan.notes.iter().find(|n| n.part == part).map_or(other, |n| n.program)
    };
    let (comp, bass) = (program(Part::Harmony, 4), program(Part::Bass, 33));
    let low = 50 + dice.below(12) as i32;
    let mut strikes = Vec::new();
    for part in 0..4 {
        if part == 0 || dice.chance(0.45) {
            strikes.push(f64::from(part) / 4.0);
        }
    }
    let mut notes = Vec::new();
    for ((from, to), chord) in plan.halves().into_iter().zip(chords) {
        for (i, at) in strikes.iter().enumerate() {
            let until = strikes.get(i + 1).copied().unwrap_or(1.0);
            let (start_s, end_s) =
                (from + at * (to - from), from + (at + 0.9 * (until - at)) * (to - from));
            for class in chord {
                let midi = (low + (i32::from(*class) - low).rem_euclid(12)) as u8;
                let note = TrueNote {
                    start_s,
                    end_s,
                    midi,
                    velocity: 76,
                    program: comp,
                    part: Part::Harmony,
                };
                notes.push(note);
            }
        }
        let midi = 28 + (chord[0] + 12 - 28 % 12) % 12;
        let end_s = from + 0.9 * (to - from);
        let note =
            TrueNote { start_s: from, end_s, midi, velocity: 90, program: bass, part: Part::Bass };
        notes.push(note);
    }
    notes
}

/// The tune over other chords that fit its notes, with new chords, bass and drums.
pub fn new_chords(plan: &Plan, dice: &mut Dice) -> Plan {
    let scale = plan.scale();
    let lead = plan.lead();
    let all = triads(&scale);
    let mut last = usize::MAX;
    let chords: Vec<[u8; 3]> = plan
        .halves()
        .iter()
        .map(|(from, to)| {
            let old = chord(&plan.classes(*from, *to), &scale);
            let fits = |t: &[u8; 3]| {
                let sung = lead.iter().filter(|n| n.start_s >= *from && n.start_s < *to);
                sung.filter(|n| t.contains(&(n.midi % 12))).count() as f64
            };
            let weights: Vec<f64> = all
                .iter()
                .enumerate()
                .map(|(i, t)| if *t == old || i == last { 0.0 } else { 0.3 + fits(t) })
                .collect();
            last = dice.weighted(&weights);
            all[last]
        })
        .collect();
    let mut notes = accompaniment(plan, &chords, dice);
    notes.extend(lead);
    notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    let hits = drums(plan, dice);
    Plan { notes, hits, ..plan.clone() }
}

/// Another tune over the same chords: everything else as it was, or with chords and bass in other
/// rhythms and other drums.
pub fn new_melody(plan: &Plan, backing_kept: bool, dice: &mut Dice) -> Plan {
    let scale = plan.scale();
    let chords: Vec<[u8; 3]> = plan
        .halves()
        .iter()
        .map(|(from, to)| {
            let mut without = plan.clone();
            without.notes.retain(|n| n.part != Part::Lead);
            chord(&without.classes(*from, *to), &scale)
        })
        .collect();
    let mut notes = if backing_kept {
        plan.notes.iter().filter(|n| n.part != Part::Lead).copied().collect()
    } else {
        accompaniment(plan, &chords, dice)
    };
    notes.extend(sing(plan, &chords, &scale, dice));
    notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    let hits = if backing_kept { plan.hits.clone() } else { drums(plan, dice) };
    Plan { notes, hits, ..plan.clone() }
}

/// A tune in the register and instrument of the old one: two bars of rhythm, steps and small leaps,
/// chord notes where a harmony begins.
fn sing(plan: &Plan, chords: &[[u8; 3]], scale: &[bool; 12], dice: &mut Dice) -> Vec<TrueNote> {
    let lead = plan.lead();
    let program = lead.first().map_or(73, |n| n.program);
    let mean = lead.iter().map(|n| f64::from(n.midi)).sum::<f64>() / lead.len().max(1) as f64;
    let centre = if lead.is_empty() { 72 } else { mean as i32 };
    let density = 0.3 + 0.4 * dice.unit();
    let rhythm: Vec<Vec<usize>> = (0..4)
        .map(|_| {
            (0..8)
                .filter(|s| dice.chance(if s % 2 == 0 { density + 0.2 } else { 0.6 * density }))
                .collect()
        })
        .collect();
    let mut at = centre;
    let mut notes = Vec::new();
    for (half, ((from, to), chord)) in plan.halves().into_iter().zip(chords).enumerate() {
        let places = &rhythm[half % rhythm.len()];
        for (i, place) in places.iter().enumerate() {
            let until = places.get(i + 1).copied().unwrap_or(8);
            at += [-4, -2, -2, -1, 1, 2, 2, 3, 5][dice.below(9)];
            at += (centre - at) / 6;
            let fits = |midi: i32| {
                let class = midi.rem_euclid(12) as u8;
                if i == 0 { chord.contains(&class) } else { scale[usize::from(class)] }
            };
            while !fits(at) {
                at += if dice.chance(0.5) { 1 } else { -1 };
            }
            let second = |place: usize| from + place as f64 / 8.0 * (to - from);
            let start_s = second(*place);
            let end_s = start_s + 0.9 * (second(until) - start_s);
            let midi = at.clamp(36, 108) as u8;
            notes.push(TrueNote { start_s, end_s, midi, velocity: 100, program, part: Part::Lead });
        }
    }
    notes
}

/// A stretch of about `seconds` of one piece in the middle of another, on the other's beats; `None`
/// where the speeds are too far apart for anybody to do that.
pub fn spliced(host: &Plan, guest: &Plan, seconds: f64) -> Option<Plan> {
    let step = |plan: &Plan| {
        let beats = plan.beats_s.len() - 1;
        (plan.beats_s[beats] - plan.beats_s[0]) / beats as f64
    };
    let ratio = step(host) / step(guest);
    let count = (seconds / step(host)).round() as usize;
    if !(0.75..=1.35).contains(&ratio) || host.beats_s.len().min(guest.beats_s.len()) <= count + 8 {
        return None;
    }
    let (here, there) = ((host.beats_s.len() - count) / 2, (guest.beats_s.len() - count) / 2);
    let (from, to) = (host.beats_s[here], host.beats_s[here + count]);
    let (guest_from, guest_to) = (guest.beats_s[there], guest.beats_s[there + count]);
    let map = |at_s: f64| {
        let beat = guest.beats_s.partition_point(|b| *b <= at_s).saturating_sub(1);
        let beat = beat.clamp(there, there + count - 1);
        let part = (at_s - guest.beats_s[beat]) / (guest.beats_s[beat + 1] - guest.beats_s[beat]);
        let at = here + beat - there;
        host.beats_s[at] + part * (host.beats_s[at + 1] - host.beats_s[at])
    };
    let mut plan = host.clone();
    plan.notes.retain(|n| n.start_s < from || n.start_s >= to);
    plan.notes.iter_mut().filter(|n| n.start_s < from).for_each(|n| n.end_s = n.end_s.min(from));
    plan.hits.retain(|h| h.at_s < from || h.at_s >= to);
    let inside = |at_s: f64| at_s >= guest_from && at_s < guest_to;
    for note in guest.notes.iter().filter(|n| inside(n.start_s)) {
        let (start_s, end_s) = (map(note.start_s), map(note.end_s.min(guest_to)));
        plan.notes.push(TrueNote { start_s, end_s: end_s.max(start_s + 0.03), ..*note });
    }
    for hit in guest.hits.iter().filter(|h| inside(h.at_s)) {
        plan.hits.push(TrueHit { at_s: map(hit.at_s), ..*hit });
    }
    plan.notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    plan.hits.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    Some(plan)
}
