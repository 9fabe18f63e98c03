//! What was heard as a Standard MIDI file, on the beats that were heard.
//!
//! Every beat is a quarter (a dotted one in compound meters) with its own tempo, so that bars of the
//! file are bars of the track in any sequencer. Music without a beat is written at 120 a minute.

use super::strokes;
use crate::domain::listening::{Listening, Meter, NoteSpan};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind,
};

/// Ticks of a quarter.
const QUARTER: u32 = 480;
/// Parts in the order of tracks, with channel and program (finger bass, saw lead, piano, kit).
const PARTS: [(&str, u8, u8); 4] =
    [("bass", 0, 33), ("lead", 1, 81), ("harmony", 2, 0), (strokes::PART, 9, 0)];

/// The file; only tempo and meter where no notes were listened for.
pub fn write(heard: &Listening) -> Vec<u8> {
    let grid = Grid::new(heard);
    let mut tracks = vec![grid.conductor(heard)];
    let notes = heard.notes.as_deref().unwrap_or_default();
    for (part, channel, program) in PARTS {
        let own: Vec<&NoteSpan> = notes.iter().filter(|n| n.part == part).collect();
        if !own.is_empty() {
            tracks.push(track(&grid, part, channel, program, &own));
        }
    }
    let timing = Timing::Metrical(u15::new(QUARTER as u16));
    let smf = Smf { header: Header::new(Format::Parallel, timing), tracks };
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = smf.write_std(&mut bytes);
    bytes
}

/// Beats in seconds and ticks.
struct Grid {
    /// Seconds of each beat, the first at tick 0 and, but for a beat at the very start, at 0 s.
    beats_s: Vec<f64>,
    /// Ticks of a beat.
    beat: u32,
}

impl Grid {
    fn new(heard: &Listening) -> Self {
        let meter = heard.meter.unwrap_or(Meter::COMMON);
        let beat = if meter.pulses() == meter.beats {
            QUARTER * 4 / u32::from(meter.unit)
        } else {
            QUARTER * 3 / 2
        };
        let step = heard.tempo_bpm.map_or(0.5, |bpm| 60.0 / bpm);
        let mut beats_s = lead_in(heard, step, usize::from(meter.pulses()));
        let first = heard.downbeats_s.first().or(heard.beats_s.first()).copied().unwrap_or(0.0);
        beats_s.extend(heard.beats_s.iter().copied().filter(|b| *b >= first));
        if beats_s.is_empty() {
            beats_s.push(0.0);
        }
        let mut last = beats_s.last().copied().unwrap_or(0.0);
        while last < heard.duration_s + step {
            last += step;
            beats_s.push(last);
        }
        Self { beats_s, beat }
    }

    fn tick(&self, seconds: f64) -> u32 {
        let after =
            self.beats_s.partition_point(|b| *b <= seconds).clamp(1, self.beats_s.len() - 1);
        let (from, to) = (self.beats_s[after - 1], self.beats_s[after]);
        let beats = (after - 1) as f64 + (seconds - from) / (to - from).max(1e-6);
        (beats * f64::from(self.beat)).round().max(0.0) as u32
    }

    /// Meter, and the tempo of every beat that differs from the one before.
    fn conductor(&self, heard: &Listening) -> Track<'static> {
        let meter = heard.meter.unwrap_or(Meter::COMMON);
        let unit = meter.unit.max(1).ilog2() as u8;
        let mut track = vec![meta(0, MetaMessage::TimeSignature(meter.beats, unit, 24, 8))];
        let (mut last, mut waited) = (0, 0);
        for pair in self.beats_s.windows(2) {
            let quarter_s = (pair[1] - pair[0]) * f64::from(QUARTER) / f64::from(self.beat);
            let micros = (1e6 * quarter_s).round().clamp(1.0, 16_777_215.0) as u32;
            if micros != last {
                track.push(meta(waited, MetaMessage::Tempo(u24::new(micros))));
                (last, waited) = (micros, 0);
            }
            waited += self.beat;
        }
        track.push(meta(0, MetaMessage::EndOfTrack));
        track
    }
}

/// Beats before the first bar line: whole bars that last exactly until it, so that the file begins
/// where the track does.
fn lead_in(heard: &Listening, step: f64, bar: usize) -> Vec<f64> {
    let Some(first) = heard.downbeats_s.first().or(heard.beats_s.first()) else {
        return Vec::new();
    };
    if *first < 0.01 {
        return Vec::new();
    }
    let bars = (first / (step * bar as f64)).round().max(1.0) as usize;
    let count = bars * bar;
    (0..count).map(|i| first * i as f64 / count as f64).collect()
}

fn meta(delta: u32, message: MetaMessage<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: u28::new(delta), kind: TrackEventKind::Meta(message) }
}

fn track<'a>(
    grid: &Grid,
    name: &'a str,
    channel: u8,
    program: u8,
    notes: &[&NoteSpan],
) -> Track<'a> {
    let midi = |message| TrackEventKind::Midi { channel: u4::new(channel), message };
    let mut events: Vec<(u32, bool, TrackEventKind<'_>)> = Vec::new();
    for note in notes {
        let key = u7::new(note.midi.min(127));
        let (on, off) = (grid.tick(note.start_s), grid.tick(note.end_s));
        let vel = u7::new(note.velocity.clamp(1, 127));
        events.push((on, true, midi(MidiMessage::NoteOn { key, vel })));
        let end = midi(MidiMessage::NoteOff { key, vel: u7::new(0) });
        events.push((off.max(on + 1), false, end));
    }
    // Ends before beginnings at the same tick.
    events.sort_by_key(|(at, on, _)| (*at, *on));
    let program = midi(MidiMessage::ProgramChange { program: u7::new(program) });
    let mut track = vec![
        meta(0, MetaMessage::TrackName(name.as_bytes())),
        TrackEvent { delta: u28::new(0), kind: program },
    ];
    let mut last = 0;
    for (at, _, kind) in events {
        track.push(TrackEvent { delta: u28::new(at - last), kind });
        last = at;
    }
    track.push(meta(0, MetaMessage::EndOfTrack));
    track
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::listening::Pass;

    fn heard() -> Listening {
        let beats_s: Vec<f64> = (0..16).map(|i| 0.3 + 0.5 * f64::from(i)).collect();
        let note = |start_s: f64, midi, part: &str| NoteSpan {
            start_s,
            end_s: start_s + 0.4,
            midi,
            velocity: 90,
            part: part.to_owned(),
        };
        Listening {
            pass: Pass::Full,
            duration_s: 9.0,
            rate_hz: 44_100,
            channels: 2,
            tempo_bpm: Some(120.0),
            tempo_confidence: 1.0,
            downbeats_s: beats_s.iter().copied().skip(1).step_by(4).collect(),
            beats_s,
            meter: Some(Meter::COMMON),
            swing: None,
            tempo_drift: None,
            tuning_cents: 0.0,
            key: None,
            key_confidence: 0.0,
            keys: Vec::new(),
            chords: Vec::new(),
            sections: Vec::new(),
            loudness_lufs: None,
            loudness_range_lu: 0.0,
            true_peak_dbtp: None,
            vocals: None,
            notes: Some(vec![note(0.8, 40, "bass"), note(2.8, 36, "drums"), note(0.1, 60, "lead")]),
            production: None,
            problems: Vec::new(),
        }
    }

    /// Seconds of the first note of each track that has one.
    fn seconds(bytes: &[u8]) -> Vec<(String, f64, u32)> {
        let smf = Smf::parse(bytes).unwrap();
        let mut tempi = vec![(0u32, 500_000u32)];
        let mut tick = 0;
        for event in &smf.tracks[0] {
            tick += event.delta.as_int();
            if let TrackEventKind::Meta(MetaMessage::Tempo(us)) = event.kind {
                tempi.push((tick, us.as_int()));
            }
        }
        let at = |tick: u32| -> f64 {
            let mut total = 0.0;
            for (i, (from, us)) in tempi.iter().enumerate() {
                let to = tempi.get(i + 1).map_or(tick, |n| n.0.min(tick));
                total +=
                    f64::from(to.saturating_sub(*from)) / f64::from(QUARTER) * f64::from(*us) / 1e6;
            }
            total
        };
        let mut firsts = Vec::new();
        for track in &smf.tracks[1..] {
            let (mut tick, mut name) = (0, String::new());
            for event in track {
                tick += event.delta.as_int();
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::TrackName(n)) => {
                        name = String::from_utf8_lossy(n).into_owned();
                    }
                    TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. } => {
                        firsts.push((name.clone(), at(tick), tick));
                        break;
                    }
                    _ => {}
                }
            }
        }
        firsts
    }

    #[test]
    fn notes_keep_their_seconds_and_bar_lines_fall_on_bars() {
        let firsts = seconds(&write(&heard()));
        let names: Vec<&str> = firsts.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(names, ["bass", "lead", "drums"]);
        for ((_, at, _), wanted) in firsts.iter().zip([0.8, 0.1, 2.8]) {
            assert!((at - wanted).abs() < 0.003, "{at} {wanted}");
        }
        // The bar line at 0.8 s is a bar line of the file.
        assert_eq!(firsts[0].2 % (4 * QUARTER), 0);
        assert_eq!(firsts[2].2 % (4 * QUARTER), 0);
    }

    #[test]
    fn music_without_beats_or_notes_can_be_written() {
        let mut free = heard();
        (free.beats_s, free.downbeats_s) = (Vec::new(), Vec::new());
        (free.tempo_bpm, free.meter) = (None, None);
        let firsts = seconds(&write(&free));
        assert!((firsts[0].1 - 0.8).abs() < 0.003);
        free.notes = None;
        assert!(Smf::parse(&write(&free)).is_ok());
    }
}
