//! `doctor`: what works here.

use crate::cli::out::Out;
use crate::studio::doctor::examine;
use crate::studio::{LocalStudio, StudioError};

/// Runs the command.
pub fn run(studio: &LocalStudio, out: &Out) -> Result<u8, StudioError> {
    let report = examine(studio.inner());
    if out.is_json() {
        out.value(&report);
    } else {
        out.line(&format!("leitmotif {}", report.version));
        let rows: Vec<Vec<String>> = report
            .findings
            .iter()
            .map(|f| vec![f.state.clone(), f.what.clone(), f.detail.clone()])
            .collect();
        out.table(&["state", "what", "found"], &rows);
    }
    Ok(u8::from(report.has_problems()))
}
