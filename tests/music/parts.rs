//! Notes and strokes of a stream of MIDI messages, and what each channel is for.

use super::{Drum, Event, Part, TrueHit, TrueNote};

/// What a stream plays.
pub struct Played {
    pub notes: Vec<TrueNote>,
    pub hits: Vec<TrueHit>,
    pub end_s: f64,
}

const DRUMS: u8 = 9;

/// Collects notes; one that never ends lasts until the stream does.
pub fn played(events: &[Event]) -> Played {
    let last = events.last().map_or(0.0, |e| e.at_s);
    let mut programs = [0u8; 16];
    let mut open: Vec<(u8, TrueNote)> = Vec::new();
    let mut done: Vec<(u8, TrueNote)> = Vec::new();
    let mut hits = Vec::new();
    for event in events {
        let [key, value] = event.data;
        match event.command {
            0xC0 => programs[usize::from(event.channel)] = key,
            0x90 if event.channel == DRUMS => {
                hits.push(TrueHit { at_s: event.at_s, kind: Drum::of(key), velocity: value });
            }
            0x80 | 0x90 if event.channel != DRUMS => {
                let same = |(c, n): &(u8, TrueNote)| *c == event.channel && n.midi == key;
                if let Some(index) = open.iter().position(same) {
                    let (channel, mut note) = open.swap_remove(index);
                    note.end_s = event.at_s;
                    done.push((channel, note));
                }
                if event.command == 0x90 {
                    let program = programs[usize::from(event.channel)];
                    let (start_s, midi, velocity) = (event.at_s, key, value);
                    let part = Part::Harmony;
                    let note = TrueNote { start_s, end_s: last, midi, velocity, program, part };
                    open.push((event.channel, note));
                }
            }
            _ => {}
        }
    }
    done.append(&mut open);
    // Effects of the bank (120..) have no pitch that anybody could hear.
    done.retain(|(_, n)| n.program < 119 && n.end_s > n.start_s);
    name(&mut done);
    let mut notes: Vec<TrueNote> = done.into_iter().map(|(_, note)| note).collect();
    notes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.midi.cmp(&b.midi)));
    let ends = notes.iter().map(|n| n.end_s).chain(hits.iter().map(|h| h.at_s + 0.3));
    let end_s = ends.fold(0.0, f64::max);
    Played { notes, hits, end_s }
}

/// Says what each channel is for: basses by program or register, the lead is the highest channel
/// that plays one note at a time.
fn name(notes: &mut [(u8, TrueNote)]) {
    let mut lead = (0u8, 0.0);
    for channel in 0..16u8 {
        let own: Vec<&TrueNote> = notes.iter().filter(|n| n.0 == channel).map(|n| &n.1).collect();
        if own.is_empty() {
            continue;
        }
        let count = own.len() as f64;
        let pitch = own.iter().map(|n| f64::from(n.midi)).sum::<f64>() / count;
        let bass =
            own.iter().filter(|n| (32..40).contains(&n.program)).count() as f64 > 0.5 * count;
        let sounding: f64 = own.iter().map(|n| n.end_s - n.start_s).sum();
        let covered = covered(&own);
        if bass || pitch < 45.0 {
            notes.iter_mut().filter(|n| n.0 == channel).for_each(|n| n.1.part = Part::Bass);
        } else if sounding < 1.15 * covered && count >= 8.0 && pitch > lead.1 {
            lead = (channel, pitch);
        }
    }
    if lead.1 > 55.0 {
        notes.iter_mut().filter(|n| n.0 == lead.0).for_each(|n| n.1.part = Part::Lead);
    }
}

/// Seconds in which at least one of the notes sounds.
fn covered(notes: &[&TrueNote]) -> f64 {
    let mut spans: Vec<(f64, f64)> = notes.iter().map(|n| (n.start_s, n.end_s)).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut total, mut until) = (0.0, f64::NEG_INFINITY);
    for (start, end) in spans {
        total += (end - start.max(until)).max(0.0);
        until = until.max(end);
    }
    total
}
