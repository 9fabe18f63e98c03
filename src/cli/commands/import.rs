//! `import`: files into a dataset.

use crate::cli::args::Import;
use crate::cli::follow::{Show, result, run as follow};
use crate::cli::out::{Out, clock};
use crate::domain::ids::DatasetName;
use crate::domain::listening::Severity;
use crate::studio::config::absolute;
use crate::studio::importing::read_rights_csv;
use crate::studio::work::{FileReport, FileStatus, ImportReport, ImportWork};
use crate::studio::{LocalStudio, StudioError, Work};
use std::path::Path;

/// Runs the command.
pub fn run(studio: &LocalStudio, args: &Import, out: &Out) -> Result<u8, StudioError> {
    let by = args.by.clone().unwrap_or_else(|| studio.inner().config.by.clone());
    let rights_by_file = match &args.rights_file {
        Some(file) => read_rights_csv(file, &by)?,
        None => Vec::new(),
    };
    let paths = args.paths.iter().map(|p| absolute(p)).collect::<Result<Vec<_>, _>>()?;
    let dataset = args.dataset.clone().unwrap_or_else(|| default_name(&paths));
    let work = ImportWork {
        paths,
        dataset,
        rights: args.rights.clone(),
        by,
        rights_by_file,
        copy: args.copy,
        strict: args.strict,
    };
    let end = follow(studio, Work::Import(work), out, Show::Words)?;
    let report: ImportReport = match result(end, out)? {
        Ok(report) => report,
        Err(code) => return Ok(code),
    };
    let came_in = report.tracks.iter().any(|t| t.status != FileStatus::Refused);
    if out.is_json() {
        out.value(&report);
    } else {
        print(&report, out);
        if came_in && args.rights.is_none() && args.rights_file.is_none() {
            out.say(&format!(
                "no rights were stated: training will ask for them (leitmotif dataset rights {} own --by NAME)",
                report.dataset
            ));
        }
    }
    Ok(u8::from(!came_in))
}

/// The folder's name where one folder was named, else "inbox".
fn default_name(paths: &[std::path::PathBuf]) -> DatasetName {
    match paths {
        [one] if one.is_dir() => {
            let name =
                one.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            DatasetName::slug(&name)
        }
        _ => DatasetName::slug("inbox"),
    }
}

fn print(report: &ImportReport, out: &Out) {
    for file in &report.tracks {
        out.line(&describe(file));
    }
    let count = |status| report.tracks.iter().filter(|t| t.status == status).count();
    out.say(&format!(
        "{}: {} ok, {} with warnings, {} refused{}",
        report.dataset,
        count(FileStatus::Ok),
        count(FileStatus::Warned),
        count(FileStatus::Refused),
        if report.ignored.is_empty() {
            String::new()
        } else {
            format!(", {} other files not looked at", report.ignored.len())
        }
    ));
}

fn describe(file: &FileReport) -> String {
    let name = name_of(&file.path);
    let length: f64 = file.parts.iter().map(|p| p.end_s - p.start_s).sum();
    let word = match file.status {
        FileStatus::Ok => "ok     ",
        FileStatus::Warned => "warned ",
        FileStatus::Refused => {
            return format!("refused  {name}: {}", file.reason.clone().unwrap_or_default());
        }
    };
    let ids: Vec<&str> = file.parts.iter().map(|p| p.track_id.as_str()).collect();
    let notes: Vec<String> = file
        .problems
        .iter()
        .filter(|p| p.severity >= Severity::Warn)
        .map(|p| format!("{} ({})", p.kind.word(), p.detail))
        .collect();
    let notes = match (notes.is_empty(), &file.reason) {
        (false, _) => format!("  {}", notes.join("; ")),
        (true, Some(reason)) => format!("  {reason}"),
        (true, None) => String::new(),
    };
    format!("{word}  {}  {:>7}  {name}{notes}", ids.join(" "), clock(length))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}
