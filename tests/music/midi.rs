//! Standard MIDI files as pieces.
//!
//! Beats come from the tempo map and the time signatures; a file without a time signature has no
//! meter and no bar lines.

use super::parts::{self, Played};
use super::{Event, Piece, Truth};
use leitmotif::domain::listening::Meter;
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

struct At<T> {
    tick: u64,
    is: T,
}

/// Reads a Standard MIDI file.
pub fn read(bytes: &[u8]) -> Result<Piece, String> {
    let smf = Smf::parse(bytes).map_err(|e| e.to_string())?;
    let Timing::Metrical(per_quarter) = smf.header.timing else {
        return Err("timed by frames, not by beats".to_owned());
    };
    let (mut tempi, mut meters, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for track in &smf.tracks {
        let mut tick = 0u64;
        for event in track {
            tick += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(us)) => {
                    tempi.push(At { tick, is: f64::from(us.as_int()) / 1e6 });
                }
                TrackEventKind::Meta(MetaMessage::TimeSignature(beats, unit, ..)) => {
                    meters.push(At { tick, is: Meter { beats, unit: 1 << unit.min(6) } });
                }
                TrackEventKind::Midi { channel, message } => {
                    if let Some((command, data)) = raw(message) {
                        messages.push(At { tick, is: (channel.as_int(), command, data) });
                    }
                }
                _ => {}
            }
        }
    }
    tempi.sort_by_key(|t| t.tick);
    meters.sort_by_key(|m| m.tick);
    messages.sort_by_key(|m| (m.tick, m.is.1 == 0x90));
    let clock = Clock::new(&tempi, f64::from(per_quarter.as_int()));
    let events: Vec<Event> = messages
        .iter()
        .map(|m| Event {
            at_s: clock.seconds(m.tick),
            channel: m.is.0,
            command: m.is.1,
            data: m.is.2,
        })
        .collect();
    let Played { notes, hits, end_s } = parts::played(&events);
    let first_s = notes.iter().map(|n| n.start_s).chain(hits.iter().map(|h| h.at_s));
    let first_s = first_s.fold(f64::INFINITY, f64::min);
    if !first_s.is_finite() {
        return Err("no notes".to_owned());
    }
    let (beats, downbeats) = beats(&clock, &meters, u64::from(per_quarter.as_int()), end_s);
    let heard = |times: Vec<f64>| -> Vec<f64> {
        times.into_iter().filter(|t| *t > first_s - 0.03 && *t < end_s).collect()
    };
    let (beats_s, downbeats_s) = (heard(beats), heard(downbeats));
    let mut steps: Vec<f64> = beats_s.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    let middle = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    Ok(Piece {
        events,
        truth: Truth {
            duration_s: end_s,
            tempo_bpm: if middle > 0.0 { 60.0 / middle } else { 0.0 },
            downbeats_s: if meters.is_empty() { Vec::new() } else { downbeats_s },
            beats_s,
            meter: longest(&meters, &clock, end_s),
            key: None,
            chords: Vec::new(),
            sections: Vec::new(),
            notes,
            hits,
        },
    })
}

fn raw(message: MidiMessage) -> Option<(u8, [u8; 2])> {
    Some(match message {
        MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
            (0x90, [key.as_int(), vel.as_int()])
        }
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
            (0x80, [key.as_int(), 0])
        }
        MidiMessage::Controller { controller, value } => {
            (0xB0, [controller.as_int(), value.as_int()])
        }
        MidiMessage::ProgramChange { program } => (0xC0, [program.as_int(), 0]),
        MidiMessage::PitchBend { bend } => {
            let value = bend.0.as_int();
            (0xE0, [(value & 0x7f) as u8, (value >> 7) as u8])
        }
        _ => return None,
    })
}

/// Turns ticks into seconds.
struct Clock {
    per_quarter: f64,
    /// Tick, seconds and seconds a quarter of each change.
    changes: Vec<(u64, f64, f64)>,
}

impl Clock {
    fn new(tempi: &[At<f64>], per_quarter: f64) -> Self {
        let mut changes = vec![(0, 0.0, 0.5)];
        for tempo in tempi {
            let (tick, seconds, quarter) = changes[changes.len() - 1];
            let now = seconds + (tempo.tick - tick) as f64 / per_quarter * quarter;
            changes.push((tempo.tick, now, tempo.is));
        }
        Self { per_quarter, changes }
    }

    fn seconds(&self, tick: u64) -> f64 {
        let index = self.changes.partition_point(|c| c.0 <= tick).saturating_sub(1);
        let (from, seconds, quarter) = self.changes[index];
        seconds + (tick - from) as f64 / self.per_quarter * quarter
    }
}

fn beats(clock: &Clock, meters: &[At<Meter>], quarter: u64, end_s: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut beats, mut downbeats) = (Vec::new(), Vec::new());
    let common = [At { tick: 0, is: Meter::COMMON }];
    let meters = if meters.is_empty() { &common[..] } else { meters };
    let mut tick = 0;
    let mut at = 0;
    let mut beat = 0;
    while clock.seconds(tick) < end_s {
        while meters.get(at + 1).is_some_and(|m| m.tick <= tick) {
            at += 1;
            beat = 0;
        }
        let meter = meters[at].is;
        let unit = (quarter * 4 / u64::from(meter.unit)).max(1);
        let per_bar = u32::from(meter.pulses());
        let step = unit * u64::from(meter.beats) / u64::from(per_bar.max(1));
        beats.push(clock.seconds(tick));
        if beat % per_bar == 0 {
            downbeats.push(clock.seconds(tick));
        }
        beat += 1;
        tick += step;
    }
    (beats, downbeats)
}

/// The meter that holds longest.
fn longest(meters: &[At<Meter>], clock: &Clock, end_s: f64) -> Option<Meter> {
    let spans = meters.iter().enumerate().map(|(i, m)| {
        let until = meters.get(i + 1).map_or(end_s, |next| clock.seconds(next.tick));
        (m.is, until - clock.seconds(m.tick))
    });
    spans.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(meter, _)| meter)
}
