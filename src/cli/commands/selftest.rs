//! `selftest`: whether what is promised holds on this machine.

use crate::cli::args::{Selftest, SelftestTopic};
use crate::cli::out::Out;
use crate::domain::work::StopToken;
use crate::studio::{LocalStudio, StudioError, selftest};

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Selftest, out: &Out) -> Result<u8, StudioError> {
    let SelftestTopic::Listen { pieces, seed } = args.topic;
    let engine = studio.inner().engine.as_ref();
    let report = selftest::listen(engine, pieces, seed, &StopToken::default(), |done| {
        out.say(&format!("{done} of {pieces} pieces"));
    })?;
    if out.is_json() {
        out.value(&report);
        return Ok(0);
    }
    out.line(&format!(
        "{} pieces, {:.0} s of music made here, played by {}",
        report.pieces, report.seconds, report.sound
    ));
    let rows: Vec<Vec<String>> = report
        .figures
        .iter()
        .map(|f| {
            vec![
                f.what.to_owned(),
                format!("{:.2}", f.figure),
                format!("{:.2} .. {:.2}", f.low, f.high),
                f.pieces.to_string(),
            ]
        })
        .collect();
    out.table(&["heard", "right", "95 %", "pieces"], &rows);
    Ok(0)
}
