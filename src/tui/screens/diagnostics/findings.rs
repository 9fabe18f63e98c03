//! What a diagnosis found, as lines that can be acted upon: the worst first.

use crate::domain::ids::TrackId;
use crate::domain::listening::{ProblemKind, Severity};
use crate::judge::near::NearPair;
use crate::studio::checking::CheckReport;
use crate::tui::words::{and, count};
use std::collections::BTreeMap;

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What was found.
    pub words: String,
    /// The reason that is kept with tracks that are left out.
    pub reason: String,
    /// What acting on it changes.
    pub effect: String,
    /// The tracks it is about.
    pub tracks: Vec<TrackId>,
    /// Those that would be left out.
    pub drops: Vec<TrackId>,
    /// The pair it is about, if it is about one.
    pub pair: Option<Box<NearPair>>,
}

/// Isolation above which a track stands alone.
const ALONE: f64 = 2.0;

/// The findings of a report.
pub fn findings(report: &CheckReport) -> Vec<Finding> {
    let title = |id: &TrackId| {
        let known = report.tracks.iter().find(|t| t.track_id == *id);
        known.map_or_else(|| id.to_string(), |t| t.title.clone())
    };
    let names = |ids: &[TrackId]| {
        let mut names: Vec<String> = ids.iter().take(3).map(title).collect();
        if ids.len() > 3 {
            names.push(format!("{} more", ids.len() - 3));
        }
        and(&names)
    };
    let mut found = Vec::new();
    for advice in &report.diagnosis.advice {
        let drops = if advice.action == "exclude" { advice.tracks.clone() } else { Vec::new() };
        let about = if advice.tracks.is_empty() {
            String::new()
        } else {
            format!(": {}", names(&advice.tracks))
        };
        found.push(Finding {
            severity: if drops.is_empty() { Severity::Info } else { Severity::Warn },
            words: format!("{}: {}{about}", advice.action, advice.reason),
            reason: advice.reason.clone(),
            effect: advice.effect.clone(),
            tracks: advice.tracks.clone(),
            drops,
            pair: None,
        });
    }
    for words in &report.counting {
        found.push(Finding {
            severity: Severity::Info,
            words: words.clone(),
            reason: "tempo an octave from the others".to_owned(),
            effect: "what is learned of them keeps time with the others".to_owned(),
            tracks: report.counted.iter().map(|c| c.track_id.clone()).collect(),
            drops: Vec::new(),
            pair: None,
        });
    }
    found.extend(problems(report, names));
    let mut alone: Vec<_> = report.diagnosis.copy_risk.iter().filter(|r| r.risk > ALONE).collect();
    alone.sort_by(|a, b| b.risk.total_cmp(&a.risk));
    for risk in alone {
        found.push(Finding {
            severity: Severity::Info,
            words: format!(
                "{} has no neighbour: {:.1} times as far as usual",
                title(&risk.track_id),
                risk.risk
            ),
            reason: "no neighbour in sound".to_owned(),
            effect: "a take near it can only be near this one track; add its like, or leave it out"
                .to_owned(),
            tracks: vec![risk.track_id.clone()],
            drops: vec![risk.track_id.clone()],
            pair: None,
        });
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.severity));
    found
}

/// A line for each kind of problem among the tracks that take part.
fn problems(report: &CheckReport, names: impl Fn(&[TrackId]) -> String) -> Vec<Finding> {
    let mut kinds: BTreeMap<(Severity, ProblemKind), Vec<TrackId>> = BTreeMap::new();
    for track in report.tracks.iter().filter(|t| t.excluded.is_none()) {
        let serious = track.problems.iter().filter(|p| p.severity >= Severity::Warn);
        for problem in serious {
            let tracks = kinds.entry((problem.severity, problem.kind)).or_default();
            if tracks.last() != Some(&track.track_id) {
                tracks.push(track.track_id.clone());
            }
        }
    }
    let line = |((severity, kind), tracks): ((Severity, ProblemKind), Vec<TrackId>)| Finding {
        severity,
        words: format!(
            "{} in {}: {}",
            kind.word().replace('_', " "),
            count(tracks.len(), "track", "tracks"),
            names(&tracks)
        ),
        reason: kind.word().replace('_', " "),
        effect: "enter shows the first; triage in the Library goes through them".to_owned(),
        drops: if severity == Severity::Exclude { tracks.clone() } else { Vec::new() },
        tracks,
        pair: None,
    };
    kinds.into_iter().map(line).collect()
}
