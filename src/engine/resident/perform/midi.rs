//! The score as a standard MIDI file, format 1, one named track a part.

use crate::domain::score::{Part, Role, Score, TICKS_PER_QUARTER};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind,
};

/// Writes the file.
pub fn write(score: &Score) -> Vec<u8> {
    let timing = Timing::Metrical(u15::new(TICKS_PER_QUARTER as u16));
    let mut tracks: Vec<Track<'_>> = vec![conductor(score)];
    for (number, part) in score.parts.iter().enumerate() {
        tracks.push(track(part, number));
    }
    let smf = Smf { header: Header::new(Format::Parallel, timing), tracks };
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = smf.write_std(&mut bytes);
    bytes
}

fn meta(message: MetaMessage<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) }
}

fn conductor(score: &Score) -> Track<'static> {
    let micros = (60_000_000.0 / score.tempo_bpm).round().clamp(1.0, 16_777_215.0) as u32;
    let unit = score.meter.unit.max(1).ilog2() as u8;
    vec![
        meta(MetaMessage::Tempo(u24::new(micros))),
        meta(MetaMessage::TimeSignature(score.meter.beats, unit, 24, 8)),
        meta(MetaMessage::EndOfTrack),
    ]
}

fn channel_of(part: &Part, number: usize) -> u8 {
    match part.role {
        Role::Drums => 9,
        // Ten is the drum channel.
        _ if number >= 9 => (number as u8 + 1).min(15),
        _ => number as u8,
    }
}

fn track(part: &Part, number: usize) -> Track<'_> {
    let channel = u4::new(channel_of(part, number));
    let midi = |message| TrackEventKind::Midi { channel, message };
    let mut events: Vec<(u32, bool, TrackEventKind<'_>)> = Vec::new();
    for note in &part.notes {
        let key = u7::new(note.midi.min(127));
        let on = MidiMessage::NoteOn { key, vel: u7::new(note.velocity.min(127)) };
        let off = MidiMessage::NoteOff { key, vel: u7::new(0) };
        events.push((note.start, true, midi(on)));
        events.push((note.end(), false, midi(off)));
    }
    // Ends before beginnings at the same tick.
    events.sort_by_key(|(at, on, _)| (*at, *on));
    let program = MidiMessage::ProgramChange { program: u7::new(part.program.min(127)) };
    let mut track = vec![
        meta(MetaMessage::TrackName(part.role.name().as_bytes())),
        TrackEvent { delta: u28::new(0), kind: midi(program) },
    ];
    let mut last = 0;
    for (at, _, kind) in events {
        track.push(TrackEvent { delta: u28::new(at - last), kind });
        last = at;
    }
    track.push(meta(MetaMessage::EndOfTrack));
    track
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::listening::Meter;
    use crate::domain::score::Note;

    #[test]
    fn what_is_written_is_read_back() {
        let note = |start, midi| Note { start, length: 240, midi, velocity: 90 };
        let score = Score {
            tempo_bpm: 120.0,
            meter: Meter { beats: 3, unit: 4 },
            bars: 1,
            parts: vec![
                Part { role: Role::Bass, program: 33, notes: vec![note(0, 40), note(240, 47)] },
                Part { role: Role::Drums, program: 0, notes: vec![note(0, 36)] },
            ],
        };
        let bytes = write(&score);
        let smf = Smf::parse(&bytes).unwrap();
        assert_eq!(smf.tracks.len(), 3);
        let names: Vec<&[u8]> = smf.tracks[1..]
            .iter()
            .filter_map(|t| match t[0].kind {
                TrackEventKind::Meta(MetaMessage::TrackName(name)) => Some(name),
                _ => None,
            })
            .collect();
        assert_eq!(names, [b"bass".as_slice(), b"drums".as_slice()]);
        let ons = smf.tracks[1]
            .iter()
            .filter(|e| {
                matches!(e.kind, TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. })
            })
            .count();
        assert_eq!(ons, 2);
        assert!(smf.tracks[2].iter().any(
            |e| matches!(e.kind, TrackEventKind::Midi { channel, .. } if channel == u4::new(9))
        ));
    }
}
