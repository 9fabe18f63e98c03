//! `selftest`: whether what is promised holds on this machine.

use crate::cli::args::{Selftest, SelftestTopic};
use crate::cli::out::Out;
use crate::domain::work::StopToken;
use crate::studio::selftest::trust::{Line, Rate, Report, Trial, trust};
use crate::studio::{LocalStudio, StudioError, selftest};

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Selftest, out: &Out) -> Result<u8, StudioError> {
    match &args.topic {
        SelftestTopic::Listen { pieces, seed } => listen(studio, *pieces, *seed, out),
        SelftestTopic::Trust { pieces, seed, dataset } => {
            let trial = Trial { pieces: *pieces, seed: *seed, dataset: dataset.as_ref() };
            copy_check(studio, trial, out)
        }
    }
}

fn listen(studio: &LocalStudio, pieces: u64, seed: u64, out: &Out) -> Result<u8, StudioError> {
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

/// Tries the copy check; the exit code is 1 where a control does not hold.
fn copy_check(studio: &LocalStudio, trial: Trial<'_>, out: &Out) -> Result<u8, StudioError> {
    let inner = studio.inner();
    let begun_s = inner.clock.cpu_s();
    let report = trust(inner, trial, &StopToken::default(), &|words| out.say(words))?;
    out.say(&format!("{:.0} CPU-seconds", inner.clock.cpu_s() - begun_s));
    if out.is_json() {
        out.value(&report);
    } else {
        print(&report, out);
    }
    Ok(u8::from(!report.holds))
}

fn print(report: &Report, out: &Out) {
    let whose = match &report.dataset {
        Some(name) if report.tracks < report.of_tracks => {
            format!("{} of {} tracks of {name}", report.tracks, report.of_tracks)
        }
        Some(name) => format!("{} tracks of {name}", report.tracks),
        None => format!("{} pieces made here", report.tracks),
    };
    out.line(&format!("{whose}, and {} pieces that copied nothing", report.strangers));
    out.line("");
    let rows = |lines: &[Line]| lines.iter().map(row).collect::<Vec<_>>();
    out.table(&["planted", "found", "95 %", "recording", "notes"], &rows(&report.planted));
    out.line("");
    out.table(
        &["copied nothing", "called a copy", "95 %", "recording", "notes"],
        &rows(&report.false_alarms),
    );
    for words in &report.named {
        out.line(&format!("  {words}"));
    }
    out.line("");
    for control in &report.controls {
        let must = match control.name {
            "memorise" => "takes of long stretches of a track are of class A or C, and name it",
            _ => "takes of the base, which never heard the tracks, are not of class A, B or C",
        };
        let came = if control.holds { "holds" } else { "FAILS" };
        out.line(&format!("{} {came}: {must} ({} takes)", control.name, control.takes));
        control.against.iter().for_each(|words| out.line(&format!("  {words}")));
    }
}

fn row(line: &Line) -> Vec<String> {
    let of = |rate: &Rate| format!("{} of {}", rate.found, rate.of);
    let sure = format!("{:.1} .. {:.1} %", 100.0 * line.verdict.low, 100.0 * line.verdict.high);
    vec![line.what.to_owned(), of(&line.verdict), sure, of(&line.recording), of(&line.notes)]
}
