//! `check` and `screen`: what is the matter with a dataset, and may it be trained on.

use crate::cli::args::NamedDataset;
use crate::cli::out::Out;
use crate::domain::ids::TrackId;
use crate::domain::listening::Severity;
use crate::studio::checking::CheckReport;
use crate::studio::screening::ScreenResult;
use crate::studio::{ErrorKind, LocalStudio, Studio, StudioError};

/// Runs `check`.
pub fn check(studio: &LocalStudio, args: &NamedDataset, out: &Out) -> Result<u8, StudioError> {
    let report = studio.check(&args.name)?;
    if out.is_json() {
        out.value(&report);
    } else {
        print(&report, out);
    }
    Ok(0)
}

fn print(report: &CheckReport, out: &Out) {
    let title = |id: &TrackId| {
        let track = report.tracks.iter().find(|t| t.track_id == *id);
        track.map_or_else(|| id.to_string(), |t| t.title.clone())
    };
    let titles = |ids: &[TrackId]| ids.iter().map(title).collect::<Vec<_>>().join(", ");
    let found = &report.diagnosis;
    if let Some(effective) = found.variety.effective_of_12 {
        let word = found.variety.verdict.as_deref().unwrap_or("too few tracks to say more");
        out.line(&format!("variety    twelve tracks are worth {effective:.1} different songs: {word} (provisional scale)"));
    }
    for group in &found.variety.clusters {
        if found.variety.clusters.len() > 1 {
            out.line(&format!("group      {}", titles(group)));
        }
    }
    for group in &found.duplicates {
        out.line(&format!("duplicate  {}", titles(group)));
    }
    for outlier in &found.outliers {
        out.line(&format!(
            "outlier    {} in {}",
            title(&outlier.track_id),
            outlier.aspects.join(", ")
        ));
    }
    for risk in found.copy_risk.iter().filter(|r| r.risk > 2.0) {
        out.line(&format!(
            "isolated   {} stands {:.1} times as far from its nearest as is usual",
            title(&risk.track_id),
            risk.risk
        ));
    }
    for words in &report.counting {
        out.line(&format!("tempo      {words}"));
    }
    for track in &report.tracks {
        for problem in track.problems.iter().filter(|p| p.severity >= Severity::Warn) {
            out.line(&format!(
                "problem    {}: {} ({})",
                track.title,
                problem.kind.word(),
                problem.detail
            ));
        }
    }
    for advice in &found.advice {
        let which = if advice.tracks.is_empty() {
            String::new()
        } else {
            format!(" {}", titles(&advice.tracks))
        };
        out.line(&format!(
            "advice     {}{which}: {}; {}",
            advice.action, advice.reason, advice.effect
        ));
    }
}

/// Runs `screen`.
pub fn screen(studio: &LocalStudio, args: &NamedDataset, out: &Out) -> Result<u8, StudioError> {
    let screening = studio.screen(&args.name)?;
    if out.is_json() {
        out.value(&screening);
    } else {
        out.line(&screening.words);
        for id in &screening.missing_rights {
            out.line(&format!("needs a statement: {id}"));
        }
    }
    Ok(match screening.result {
        ScreenResult::Pass => 0,
        _ => ErrorKind::Blocked.exit_code(),
    })
}
