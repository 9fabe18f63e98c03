//! What is known of a track, line by line: only what was measured, and a dash for the rest.

use crate::domain::dataset::{Dataset, Member};
use crate::domain::listening::{Listening, Problem, Severity};
use crate::domain::pitch::note_name;
use crate::store::hearings::Record;
use crate::tui::facts::Facts;
use crate::tui::theme::Role;
use crate::tui::words::{bytes, clock, count, figure, place};
use std::fmt::Write;

/// A line: a label, which may be empty, and a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub value: String,
    /// How it looks.
    pub role: Role,
}

fn fact(label: &'static str, value: impl Into<String>) -> Fact {
    Fact { label, value: value.into(), role: Role::Text }
}

fn with(label: &'static str, value: impl Into<String>, role: Role) -> Fact {
    Fact { label, value: value.into(), role }
}

/// What is known of what was heard in a track.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// It is being read.
    Asked,
    /// Nothing: it was not listened to.
    Unheard,
    /// This.
    Heard(&'a Record),
}

/// Everything about a track.
pub fn lines(facts: &Facts, dataset: &Dataset, member: &Member, record: Known<'_>) -> Vec<Fact> {
    let track = &member.track;
    let mut lines = vec![with("", track.title.clone(), Role::Accent)];
    if let Some(reason) = &member.excluded {
        lines.push(with("state", format!("left out: {reason}"), Role::Warn));
    } else {
        lines.push(with("state", "takes part in training", Role::Ok));
    }
    if member.accepted {
        lines.push(with("", "kept as it is: the problems were heard", Role::Ok));
    }
    lines.push(match member.only_s {
        Some((from, to)) => {
            let all = clock(track.duration_s());
            fact(
                "length",
                format!("{} of {all}: {} to {}", clock(to - from), place(from), place(to)),
            )
        }
        None => fact("length", clock(track.duration_s())),
    });
    match record {
        Known::Asked => lines.push(with("", "reading what was heard ..", Role::Dim)),
        Known::Unheard => {
            lines.push(with("", "not listened to by this version; import it again", Role::Warn));
        }
        Known::Heard(record) => heard(&record.hearing.listening, &mut lines),
    }
    rights(facts, member, &mut lines);
    let sets: Vec<&str> = facts
        .datasets
        .iter()
        .filter(|d| d.member(&track.track_id).is_some())
        .map(|d| d.name.as_str())
        .collect();
    if sets.len() > 1 || sets.first() != Some(&dataset.name.as_str()) {
        lines.push(fact("in", sets.join(", ")));
    }
    let used: Vec<String> = facts
        .finetunes
        .iter()
        .filter(|f| f.sources.iter().any(|s| s.track_id == track.track_id))
        .map(|f| f.name.clone())
        .collect();
    if !used.is_empty() {
        lines.push(fact("used by", used.join(", ")));
    }
    lines.push(fact("id", track.track_id.to_string()));
    lines.push(fact("size", bytes(track.bytes)));
    let kept = if track.copied { "copy in the workspace, from " } else { "" };
    lines.push(fact("file", format!("{kept}{}", track.path.display())));
    lines
}

fn heard(l: &Listening, lines: &mut Vec<Fact>) {
    let channels = match l.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        n => format!("{n} channels"),
    };
    lines.push(fact("format", format!("{} Hz {channels}", l.rate_hz)));
    lines.push(match l.tempo_bpm {
        Some(bpm) => fact("tempo", format!("{bpm:.1} BPM (sure {:.2})", l.tempo_confidence)),
        None => with("tempo", "no beat", Role::Dim),
    });
    if let Some(meter) = l.meter {
        lines
            .push(fact("meter", format!("{meter}, {}", count(l.downbeats_s.len(), "bar", "bars"))));
    }
    lines.push(match l.key {
        Some(key) => fact("key", format!("{key} (sure {:.2})", l.key_confidence)),
        None => with("key", "none", Role::Dim),
    });
    lines.push(fact("tuning", format!("{:+.0} cents", l.tuning_cents)));
    lines.push(fact(
        "loudness",
        format!("{} LUFS, range {:.1} LU", figure(l.loudness_lufs, 1), l.loudness_range_lu),
    ));
    lines.push(fact("peak", format!("{} dBTP", figure(l.true_peak_dbtp, 1))));
    if let Some(p) = &l.production {
        let decay = p.decay_s.map_or_else(|| "-".to_owned(), |s| format!("{s:.1} s"));
        lines.push(fact("sound", format!("crest {:.1} dB, decay {decay}", p.crest_db)));
    }
    lines.push(match &l.vocals {
        Some(v) if v.present => {
            let range = v.range.map_or_else(String::new, |(low, high)| {
                format!(", {} to {}", note_name(low), note_name(high))
            });
            let passages = count(v.spans.len(), "passage", "passages");
            fact("voices", format!("{passages}{range} (sure {:.2})", v.confidence))
        }
        Some(_) => fact("voices", "none heard"),
        None => with("voices", "not listened for", Role::Dim),
    });
    let form: Vec<&str> = l.sections.iter().map(|s| s.label.as_str()).collect();
    if !form.is_empty() {
        lines.push(fact("form", form.join(" ")));
    }
    lines.extend(players(l).map(|families| fact("plays", families)));
    let mut chords = String::new();
    for span in l.chords.iter().take(24) {
        let _ = match span.chord {
            Some(chord) => write!(chords, "{chord} "),
            None => write!(chords, "- "),
        };
    }
    if l.chords.iter().any(|c| c.chord.is_some()) {
        lines.push(fact("chords", chords.trim_end().to_owned()));
    } else {
        lines.push(with("chords", "none heard", Role::Dim));
    }
    lines.extend(l.problems.iter().map(problem));
}

/// The families that play, longest in the whole track first; `None` where none were listened for.
fn players(l: &Listening) -> Option<String> {
    let mut seconds: Vec<(&str, f64)> = Vec::new();
    for section in &l.sections {
        for family in &section.families {
            let heard = family.share * (section.end_s - section.start_s);
            match seconds.iter_mut().find(|s| s.0 == family.family) {
                Some(sum) => sum.1 += heard,
                None => seconds.push((&family.family, heard)),
            }
        }
    }
    seconds.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names: Vec<&str> = seconds.iter().map(|s| s.0).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// A problem, with its place where it has one.
pub fn problem(problem: &Problem) -> Fact {
    let role = match problem.severity {
        Severity::Info => Role::Info,
        Severity::Warn => Role::Warn,
        Severity::Exclude => Role::Bad,
    };
    let word = problem.kind.word().replace('_', " ");
    let at = if problem.start_s > 0.0 {
        format!(" at {}", place(problem.start_s))
    } else {
        String::new()
    };
    with("problem", format!("{word}{at}: {}", problem.detail), role)
}

fn rights(facts: &Facts, member: &Member, lines: &mut Vec<Fact>) {
    let statement = facts.statements.get(&member.track.track_id);
    match statement.and_then(|s| s.rights.as_ref().map(|r| (s, r))) {
        Some((statement, rights)) => {
            let day = statement.at.get(..10).unwrap_or("");
            lines.push(fact("rights", format!("{rights}, stated by {} {day}", statement.by)));
        }
        None => lines.push(with("rights", "none stated: training will refuse", Role::Warn)),
    }
}
