//! A piece as notes and strokes that can be changed, and back to what a synthesiser is told.

use crate::music::{Drum, Event, Part, Piece, TrueHit, TrueNote, Truth};
use std::collections::BTreeMap;

const DRUMS: u8 = 9;

/// What a piece plays.
#[derive(Clone)]
pub struct Plan {
    pub notes: Vec<TrueNote>,
    pub hits: Vec<TrueHit>,
    pub beats_s: Vec<f64>,
    pub duration_s: f64,
}

impl Plan {
    pub fn of(piece: &Piece) -> Self {
        let truth = &piece.truth;
        let mut beats_s = truth.beats_s.clone();
        if beats_s.len() < 4 {
            beats_s = (0..(2.0 * truth.duration_s) as usize).map(|i| 0.5 * i as f64).collect();
        }
        Self {
            notes: truth.notes.clone(),
            hits: truth.hits.clone(),
            beats_s,
            duration_s: truth.duration_s,
        }
    }

    pub fn lead(&self) -> Vec<TrueNote> {
        self.notes.iter().filter(|n| n.part == Part::Lead).copied().collect()
    }

    /// Pitch classes by how long they sound.
    pub fn classes(&self, from_s: f64, to_s: f64) -> [f64; 12] {
        let mut sums = [0.0; 12];
        for note in &self.notes {
            let shared = note.end_s.min(to_s) - note.start_s.max(from_s);
            sums[usize::from(note.midi) % 12] += shared.max(0.0);
        }
        sums
    }

    /// The major scale that holds most of the notes.
    pub fn scale(&self) -> [bool; 12] {
        let sums = self.classes(0.0, self.duration_s);
        let inside = |tonic: usize| -> f64 {
            [0, 2, 4, 5, 7, 9, 11].iter().map(|d| sums[(tonic + d) % 12]).sum()
        };
        let tonic = (0..12).max_by(|a, b| inside(*a).total_cmp(&inside(*b))).unwrap();
        let mut scale = [false; 12];
        [0, 2, 4, 5, 7, 9, 11].iter().for_each(|d| scale[(tonic + d) % 12] = true);
        scale
    }

    /// Every second beat: where harmonies may change.
    pub fn halves(&self) -> Vec<(f64, f64)> {
        let points: Vec<f64> = self.beats_s.iter().copied().step_by(2).collect();
        points.windows(2).map(|w| (w[0], w[1])).collect()
    }

    /// As a piece: a channel for each part and program, the lead a little to the fore.
    pub fn piece(&self) -> Piece {
        let mut channels: BTreeMap<(u8, u8), u8> = BTreeMap::new();
        let mut events = Vec::new();
        let rank = |part: Part| match part {
            Part::Lead => 0u8,
            Part::Bass => 1,
            Part::Harmony => 2,
        };
        for note in &self.notes {
            let key = (rank(note.part), note.program);
            let next = channels.len() as u8;
            let free = if next < DRUMS { next } else { (next + 1).min(15) };
            let channel = *channels.entry(key).or_insert_with(|| {
                let volume = [112, 100, 84][usize::from(key.0)];
                let event = |command, data| Event { at_s: 0.0, channel: free, command, data };
                events.push(event(0xC0, [key.1, 0]));
                events.push(event(0xB0, [7, volume]));
                free
            });
            let on = Event {
                at_s: note.start_s,
                channel,
                command: 0x90,
                data: [note.midi, note.velocity.max(1)],
            };
            events.push(on);
            events.push(Event { at_s: note.end_s, command: 0x80, data: [note.midi, 0], ..on });
        }
        for hit in &self.hits {
            let midi = key(hit.kind);
            let on = Event {
                at_s: hit.at_s,
                channel: DRUMS,
                command: 0x90,
                data: [midi, hit.velocity.max(1)],
            };
            events.push(on);
            events.push(Event { at_s: hit.at_s + 0.1, command: 0x80, data: [midi, 0], ..on });
        }
        let order = |e: &Event| match e.command {
            0xC0 | 0xB0 => 0,
            0x80 => 1,
            _ => 2,
        };
        events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(order(a).cmp(&order(b))));
        Piece {
            events,
            truth: Truth {
                duration_s: self.duration_s,
                tempo_bpm: 0.0,
                beats_s: self.beats_s.clone(),
                downbeats_s: Vec::new(),
                meter: None,
                key: None,
                chords: Vec::new(),
                sections: Vec::new(),
                notes: self.notes.clone(),
                hits: self.hits.clone(),
            },
        }
    }
}

fn key(kind: Drum) -> u8 {
    match kind {
        Drum::Kick => 36,
        Drum::Snare => 38,
        Drum::ClosedHat => 42,
        Drum::OpenHat => 46,
        Drum::Tom => 45,
        Drum::Cymbal => 49,
        Drum::Clap => 39,
        Drum::Other => 56,
    }
}
