//! What a program says it heard, read from the form of `listen --json`.
//!
//! A field that is absent or null was not heard; an empty list says that there is nothing.

use crate::music::Drum;
use leitmotif::domain::pitch::Key;
use leitmotif::judge::accuracy::harmony::Triad;
use leitmotif::judge::accuracy::notes::Note;
use serde_json::Value;

/// One program on one file.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub tempo_bpm: Option<f64>,
    pub beats_s: Option<Vec<f64>>,
    pub downbeats_s: Option<Vec<f64>>,
    /// "3/4", or a bare count of beats from programs that know no more.
    pub meter: Option<String>,
    pub key: Option<Key>,
    pub chords: Option<Vec<(f64, f64, Triad)>>,
    pub sections: Option<Vec<(f64, f64)>>,
    /// Pitched notes.
    pub notes: Option<Vec<Note>>,
    /// Drum strokes; `None` from programs whose notes have no parts.
    pub strokes: Option<Vec<(f64, Drum)>>,
}

impl Answer {
    /// Reads what was printed.
    pub fn read(heard: &Value) -> Self {
        let list = |name: &str| heard[name].as_array();
        let number = |value: &Value| value.as_f64();
        let times = |name: &str| list(name).map(|l| l.iter().filter_map(number).collect());
        let span = |v: &Value| Some((v["start_s"].as_f64()?, v["end_s"].as_f64()?));
        let notes = list("notes");
        let drums = |v: &&Value| v["part"] == "drums";
        let note = |v: &Value| {
            let (start_s, end_s) = span(v)?;
            Some(Note { start_s, end_s, midi: v["midi"].as_u64()? as u8 })
        };
        let stroke = |v: &Value| Some((v["start_s"].as_f64()?, kind(v["midi"].as_u64()? as u8)));
        Self {
            tempo_bpm: heard["tempo_bpm"].as_f64(),
            beats_s: times("beats_s"),
            downbeats_s: times("downbeats_s"),
            meter: heard["meter"].as_str().map(str::to_owned),
            key: heard["key"].as_str().and_then(|k| k.parse().ok()),
            chords: list("chords").map(|l| {
                let chord = |v: &Value| {
                    let (start_s, end_s) = span(v)?;
                    Some((start_s, end_s, Triad::parse(v["chord"].as_str()?)))
                };
                l.iter().filter_map(chord).collect()
            }),
            sections: list("sections").map(|l| l.iter().filter_map(span).collect()),
            notes: notes.map(|l| l.iter().filter(|v| !drums(v)).filter_map(note).collect()),
            strokes: notes
                .filter(|l| l.iter().any(|v| v["part"].is_string()))
                .map(|l| l.iter().filter(drums).filter_map(stroke).collect()),
        }
    }
}

/// Kind of a stroke by the General-MIDI numbers that `listen` writes.
fn kind(midi: u8) -> Drum {
    Drum::of(midi)
}
