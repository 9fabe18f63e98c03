//! `evaluate` and `compare`: verdicts and copy evidence.

use crate::cli::args::{Compare, Evaluate};
use crate::cli::follow::{Show, result, run as follow};
use crate::cli::out::{Out, clock};
use crate::domain::ids::TakeId;
use crate::domain::paths::to_text;
use crate::domain::verdict::{Evidence, Layer};
use crate::studio::config::absolute;
use crate::studio::evaluation::{compare, words};
use crate::studio::work::{EvaluateReport, EvaluateWork};
use crate::studio::{LocalStudio, StudioError, Work};
use std::path::Path;

/// Runs `evaluate`.
pub fn run(studio: &LocalStudio, args: &Evaluate, out: &Out) -> Result<u8, StudioError> {
    let items = args
        .items
        .iter()
        .map(|item| match item.to_str().and_then(|t| t.parse::<TakeId>().ok()) {
            Some(id) => Ok(id.to_string()),
            None => absolute(Path::new(item)).map(|p| to_text(&p)),
        })
        .collect::<Result<Vec<_>, StudioError>>()?;
    let work = EvaluateWork { finetune: args.finetune.clone(), items };
    let end = follow(studio, Work::Evaluate(work), out, Show::Words)?;
    let report: EvaluateReport = match result(end, out)? {
        Ok(report) => report,
        Err(code) => return Ok(code),
    };
    if out.is_json() {
        out.value(&report);
        return Ok(0);
    }
    for verdict in &report.verdicts {
        out.line(&format!("{}: {}", verdict.file, words(&verdict.verdict)));
        for evidence in &verdict.verdict.copy.evidence {
            out.line(&describe(evidence));
        }
    }
    Ok(0)
}

/// Runs `compare`.
pub fn compare_two(studio: &LocalStudio, args: &Compare, out: &Out) -> Result<u8, StudioError> {
    let report = compare(studio.inner(), &args.a, &args.b)?;
    if out.is_json() {
        out.value(&report);
        return Ok(0);
    }
    let class = report.class.map_or_else(String::new, |c| format!("class {c:?}: "));
    out.line(&format!("{class}{}", report.words));
    if let Some(bits) = report.nearest_bits {
        out.line(&format!("nearest window: {bits:.1} wrong bits of 32"));
    }
    for evidence in &report.evidence {
        out.line(&describe(evidence));
    }
    Ok(0)
}

fn describe(e: &Evidence) -> String {
    let mut how = vec![match e.layer {
        Layer::Audio => format!("{:.1} wrong bits of 32, {} landmarks", e.score, e.landmarks),
        Layer::Notes => format!("tune, {:.0} matching eighths", e.score),
        Layer::Groove => format!("beat, {:.2} alike", e.score),
    }];
    how.extend(Some(e.change()).filter(|change| !change.is_empty()));
    let class = e.class.map_or_else(String::new, |c| format!("{c:?} "));
    format!(
        "  {class}{}-{} is like {}-{} of {} ({})",
        clock(e.start_s),
        clock(e.end_s),
        clock(e.track_start_s),
        clock(e.track_end_s),
        e.track_id,
        how.join(", ")
    )
}
