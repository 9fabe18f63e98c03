//! `listen`: what is heard in a file.

use crate::cli::args::Listen;
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::listening::{Listening, Pass, ProductionProfile, SectionSpan, Vocals};
use crate::domain::pitch::note_name;
use crate::domain::work::StopToken;
use crate::listen::file::listen;
use crate::listen::midi;
use crate::studio::{LocalStudio, StudioError};
use serde_json::json;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Listen, out: &Out) -> Result<u8, StudioError> {
    let limits = &studio.inner().config.settings.limits;
    let pass = if args.quick { Pass::Quick } else { Pass::Full };
    let mut parts: Vec<(f64, Listening)> = Vec::new();
    listen(&args.file, limits, pass, &StopToken::default(), |part, _| {
        parts.push((part.start_s, part.hearing.listening));
    })?;
    if let (Some(path), Some((_, first))) = (&args.midi, parts.first()) {
        let bytes = midi::write(first);
        std::fs::write(path, bytes)
            .map_err(|source| StudioError::Io { path: path.clone(), source })?;
    }
    for (start_s, listening) in &parts {
        if out.is_json() {
            let mut value = json!(listening);
            if let Some(object) = value.as_object_mut() {
                object.insert("file".to_owned(), args.file.display().to_string().into());
                object.insert("start_s".to_owned(), (*start_s).into());
            }
            out.value(&value);
        } else {
            print(listening, out);
        }
    }
    Ok(0)
}

fn print(heard: &Listening, out: &Out) {
    out.line(&format!("length    {}", clock(heard.duration_s)));
    match heard.tempo_bpm {
        Some(bpm) => {
            let meter = heard.meter.map_or_else(String::new, |m| format!(", {m}"));
            out.line(&format!(
                "tempo     {bpm:.1} BPM{meter} (confidence {:.2})",
                heard.tempo_confidence
            ));
        }
        None => out.line("tempo     no beat"),
    }
    match heard.key {
        Some(key) => out.line(&format!("key       {key} (confidence {:.2})", heard.key_confidence)),
        None => out.line("key       none"),
    }
    out.line(&format!("tuning    {:+.0} cents", heard.tuning_cents));
    out.line(&format!(
        "loudness  {} LUFS, range {:.1} LU, true peak {} dBTP",
        one_decimal(heard.loudness_lufs),
        heard.loudness_range_lu,
        one_decimal(heard.true_peak_dbtp)
    ));
    let sections: Vec<String> =
        heard.sections.iter().map(|s| format!("{} {}", clock(s.start_s), s.label)).collect();
    out.line(&format!("sections  {}", sections.join("  ")));
    if let Some(band) = band(&heard.sections) {
        out.line(&format!("plays     {band}"));
    }
    if let Some(vocals) = &heard.vocals {
        out.line(&format!("voices    {}", voices(vocals)));
    }
    let chords: Vec<String> = heard
        .chords
        .iter()
        .take(16)
        .map(|c| c.chord.map_or_else(|| "N".to_owned(), |c| c.to_string()))
        .collect();
    let more = heard.chords.len().saturating_sub(16);
    let rest = if more > 0 { format!(" .. {more} more") } else { String::new() };
    out.line(&format!("chords    {}{rest}", chords.join(" ")));
    if let Some(notes) = &heard.notes {
        let count = |part: &str| notes.iter().filter(|n| n.part == part).count();
        let parts = ["bass", "lead", "harmony", "drums"].map(|p| format!("{p} {}", count(p)));
        out.line(&format!("notes     {}", parts.join("  ")));
    }
    if let Some(production) = &heard.production {
        out.line(&format!("sound     {}", sound(production)));
    }
    for problem in &heard.problems {
        let whole = problem.end_s - problem.start_s > 0.95 * heard.duration_s;
        let at = if whole { String::new() } else { format!(" at {:.2} s", problem.start_s) };
        out.line(&format!("note      {}{at}: {}", problem.kind.word(), problem.detail));
    }
}

/// The families that play in the first section of each label; `None` where none were listened for.
fn band(sections: &[SectionSpan]) -> Option<String> {
    let mut told: Vec<&str> = Vec::new();
    let mut words = Vec::new();
    for section in sections {
        if section.families.is_empty() || told.contains(&section.label.as_str()) {
            continue;
        }
        told.push(&section.label);
        let families: Vec<&str> = section.families.iter().map(|f| f.family.as_str()).collect();
        words.push(format!("{}: {}", section.label, families.join(" ")));
    }
    (!words.is_empty()).then(|| words.join("  "))
}

fn voices(vocals: &Vocals) -> String {
    if !vocals.present {
        return "none heard".to_owned();
    }
    let spans: Vec<String> =
        vocals.spans.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect();
    let range = vocals.range.map_or_else(String::new, |(low, high)| {
        format!(", {} to {}", note_name(low), note_name(high))
    });
    format!("{}{range} (confidence {:.2})", spans.join("  "), vocals.confidence)
}

/// Crest, width and decay in a line; the spectrum is in the JSON.
fn sound(production: &ProductionProfile) -> String {
    let wide: Vec<String> = production
        .width_db
        .iter()
        .map(|w| w.map_or_else(|| "-".to_owned(), |w| format!("{w:.0}")))
        .collect();
    let decay = production
        .decay_s
        .map_or_else(|| "decay not measurable".to_owned(), |s| format!("decay {s:.1} s"));
    format!(
        "crest {:.1} dB, sides {} dB from bass to treble, {decay}",
        production.crest_db,
        wide.join(" ")
    )
}
