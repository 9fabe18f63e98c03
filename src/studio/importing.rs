//! Import: find files, hash, listen, check, keep. One verdict a file, never a silent drop.

use super::StudioError;
use super::local::Inner;
use super::progress::Reporter;
use super::work::{FileReport, FileStatus, ImportReport, ImportWork, PartReport};
use crate::domain::dataset::{Dataset, Edit, EditRecord, Member};
use crate::domain::ids::TrackId;
use crate::domain::job::Phase;
use crate::domain::limits::Limits;
use crate::domain::listening::{Pass, Problem, ProblemKind, Severity};
use crate::domain::rights::{Rights, Statement};
use crate::domain::track::Track;
use crate::domain::work::{Observer, StopToken};
use crate::listen::file::{HeardPart, ListenError, listen};
use crate::store::files::beside;
use crate::store::hearings::Record;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// File name endings that are plainly no audio: in folders they are passed over and listed.
const NOT_AUDIO: [&str; 36] = [
    "jpg", "jpeg", "png", "gif", "webp", "bmp", "pdf", "txt", "md", "rtf", "doc", "docx", "html",
    "json", "xml", "toml", "yaml", "csv", "cue", "log", "m3u", "m3u8", "pls", "nfo", "sfv", "md5",
    "ini", "db", "mid", "midi", "zip", "rar", "7z", "asd", "als", "npz",
];

/// Brings files in.
pub fn run(
    inner: &Inner,
    work: &ImportWork,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<ImportReport, StudioError> {
    let limits = &inner.config.settings.limits;
    let found = find(&work.paths, limits)?;
    let total_bytes: u64 = found.files.iter().map(|f| size(f)).sum();
    // Bytes stand in for seconds: what a second takes depends on the format, but not on the job.
    reporter.plan(&[(Phase::Listen, (total_bytes as f64 / 40_000.0).max(1.0))]);
    let done = AtomicU64::new(0);
    let heard: Vec<Heard> = found
        .files
        .par_iter()
        .map(|path| {
            let heard = take_in(inner, work, path, limits, stop)?;
            let bytes = done.fetch_add(size(path).max(1), Ordering::Relaxed) + size(path);
            reporter.progress(Phase::Listen, bytes as f64, total_bytes.max(1) as f64);
            if heard.report.status == FileStatus::Refused {
                let reason = heard.report.reason.clone().unwrap_or_default();
                reporter.log(&format!("refused: {reason}"));
            }
            Ok(heard)
        })
        .collect::<Result<_, StudioError>>()?;
    stop.check()?;
    keep(inner, work, heard, found.ignored, limits)
}

struct Found {
    files: Vec<PathBuf>,
    ignored: Vec<PathBuf>,
}

/// Walks the paths. Folders are entered once each, however they are linked.
fn find(paths: &[PathBuf], limits: &Limits) -> Result<Found, StudioError> {
    let mut found = Found { files: Vec::new(), ignored: Vec::new() };
    let mut entered = BTreeSet::new();
    let mut missing: Option<StudioError> = None;
    let mut there = false;
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk(path, 0, limits, &mut entered, &mut found)?,
            Ok(_) => found.files.push(path.clone()),
            // It gets its verdict like any other file, unless there is nothing else.
            Err(source) => {
                found.files.push(path.clone());
                missing.get_or_insert(StudioError::Io { path: path.clone(), source });
                continue;
            }
        }
        there = true;
    }
    if let Some(missing) = missing.filter(|_| !there) {
        return Err(missing);
    }
    let mut seen = BTreeSet::new();
    found.files.retain(|f| seen.insert(f.clone()));
    if found.files.len() > limits.import_files_max {
        return Err(StudioError::Usage(format!(
            "{} files were found; one import takes at most {}",
            found.files.len(),
            limits.import_files_max
        )));
    }
    Ok(found)
}

fn walk(
    dir: &Path,
    depth: usize,
    limits: &Limits,
    entered: &mut BTreeSet<PathBuf>,
    found: &mut Found,
) -> Result<(), StudioError> {
    let io = |source| StudioError::Io { path: dir.to_owned(), source };
    // A folder that was entered already is a loop or a second link to it.
    if !entered.insert(fs::canonicalize(dir).map_err(io)?) || depth > limits.import_depth_max {
        return Ok(());
    }
    let read = fs::read_dir(dir).and_then(|entries| {
        entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<PathBuf>, _>>()
    });
    let mut entries = match read {
        Ok(entries) => entries,
        // A folder inside that cannot be read gets a verdict; the rest still comes in.
        Err(_) if depth > 0 => {
            found.files.push(dir.to_owned());
            return Ok(());
        }
        Err(e) => return Err(io(e)),
    };
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() && !hidden => walk(&path, depth + 1, limits, entered, found)?,
            Ok(meta) if meta.is_dir() => {}
            _ if hidden || plainly_no_audio(&path) => found.ignored.push(path),
            // Broken links and unreadable files get their verdict like any other.
            _ => found.files.push(path),
        }
    }
    Ok(())
}

fn plainly_no_audio(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending.is_some_and(|e| NOT_AUDIO.contains(&e.as_str()))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

struct Heard {
    report: FileReport,
    tracks: Vec<Track>,
}

fn refused(path: &Path, reason: String, problems: Vec<Problem>) -> Heard {
    let report = FileReport {
        path: path.to_owned(),
        status: FileStatus::Refused,
        reason: Some(reason),
        problems,
        parts: Vec::new(),
    };
    Heard { report, tracks: Vec::new() }
}

/// Hashes, listens and checks one file. Errors of the file are its verdict; only a stop, and a
/// cache that cannot be written, end the job.
fn take_in(
    inner: &Inner,
    work: &ImportWork,
    path: &Path,
    limits: &Limits,
    stop: &StopToken,
) -> Result<Heard, StudioError> {
    stop.check()?;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.as_path();
    let hash = match hash(path) {
        Ok(hash) => hash,
        Err(e) => return Ok(refused(path, why_unread(&e), Vec::new())),
    };
    let parts = match parts(inner, path, &hash, limits, stop) {
        Ok(parts) => parts,
        Err(StudioError::Listen(ListenError::Stopped(s))) => return Err(s.into()),
        Err(StudioError::Listen(e)) => return Ok(refused(path, e.to_string(), Vec::new())),
        Err(e) => return Err(e),
    };
    let problems: Vec<Problem> = parts.iter().flat_map(|p| p.problems.clone()).collect();
    if let Some(reason) = refusal(&parts, &problems, work.strict, limits) {
        return Ok(refused(path, reason, problems));
    }
    let copied = work.copy;
    if copied {
        copy_in(inner, path, &hash)?;
    }
    let warned = problems.iter().any(|p| p.severity >= Severity::Warn);
    let reason = warned.then(|| {
        let worst: Vec<&str> = problems
            .iter()
            .filter(|p| p.severity >= Severity::Warn)
            .map(|p| p.kind.word())
            .collect();
        worst.join(", ")
    });
    let now = inner.clock.now();
    let tracks: Vec<Track> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| Track {
            track_id: part.track_id.clone(),
            title: title(path, i, parts.len()),
            path: path.to_owned(),
            copied,
            hash: hash.to_hex().to_string(),
            bytes: size(path),
            start_s: part.start_s,
            end_s: part.end_s,
            imported_at: now.clone(),
        })
        .collect();
    let report = FileReport {
        path: path.to_owned(),
        status: if warned { FileStatus::Warned } else { FileStatus::Ok },
        reason,
        problems,
        parts: tracks
            .iter()
            .map(|t| PartReport {
                track_id: t.track_id.clone(),
                start_s: t.start_s,
                end_s: t.end_s,
            })
            .collect(),
    };
    Ok(Heard { report, tracks })
}

fn why_unread(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "it may not be read by you; look at its permissions".to_owned()
        }
        _ => format!("it cannot be read: {error}"),
    }
}

fn hash(path: &Path) -> std::io::Result<blake3::Hash> {
    let meta = fs::metadata(path)?;
    if meta.is_dir() {
        // Only folders that cannot be entered come here.
        fs::read_dir(path)?;
    }
    if !meta.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize())
}

fn title(path: &Path, part: usize, of: usize) -> String {
    let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    if of > 1 { format!("{stem} ({} of {of})", part + 1) } else { stem }
}

/// A part of a file that was listened to, now or earlier.
struct KnownPart {
    track_id: TrackId,
    start_s: f64,
    end_s: f64,
    problems: Vec<Problem>,
}

/// Listens to a file, or remembers having listened.
fn parts(
    inner: &Inner,
    path: &Path,
    hash: &blake3::Hash,
    limits: &Limits,
    stop: &StopToken,
) -> Result<Vec<KnownPart>, StudioError> {
    if let Some(known) = remembered(inner, hash, limits) {
        return Ok(known);
    }
    let mut parts = Vec::new();
    let mut failed: Option<StudioError> = None;
    listen(path, limits, Pass::Quick, stop, |part, mono| {
        if failed.is_some() {
            return;
        }
        match remember(inner, hash, parts.len() as u32 + 1, part, &mono) {
            Ok(part) => parts.push(part),
            Err(e) => failed = Some(e),
        }
    })?;
    match failed {
        Some(e) => Err(e),
        None => Ok(parts),
    }
}

/// The records of a file that needed no splitting. Longer files are listened to again: how they
/// were split may have changed.
fn remembered(inner: &Inner, hash: &blake3::Hash, limits: &Limits) -> Option<Vec<KnownPart>> {
    let track_id = TrackId::from_hash(hash.as_bytes(), 1);
    let record = inner.record(&track_id)?;
    let listening = &record.hearing.listening;
    if listening.duration_s >= limits.track_max_s {
        return None;
    }
    Some(vec![KnownPart {
        track_id,
        start_s: 0.0,
        end_s: listening.duration_s,
        problems: listening.problems.clone(),
    }])
}

fn remember(
    inner: &Inner,
    hash: &blake3::Hash,
    number: u32,
    part: HeardPart,
    mono: &[f32],
) -> Result<KnownPart, StudioError> {
    let track_id = TrackId::from_hash(hash.as_bytes(), number);
    let problems = part.hearing.listening.problems.clone();
    let record = Record::new(mono, part.hearing).map_err(|e| StudioError::Listen(e.into()))?;
    inner.store.put_record(&track_id, &record)?;
    Ok(KnownPart { track_id, start_s: part.start_s, end_s: part.end_s, problems })
}

/// Why a file does not come in, if so.
fn refusal(
    parts: &[KnownPart],
    problems: &[Problem],
    strict: bool,
    limits: &Limits,
) -> Option<String> {
    let length: f64 = parts.iter().map(|p| p.end_s - p.start_s).sum();
    if length < limits.material_min_s {
        return Some(format!(
            "it is {length:.1} s long; at least {:.0} s are needed",
            limits.material_min_s
        ));
    }
    if let Some(silent) = problems.iter().find(|p| p.kind == ProblemKind::Silent) {
        return Some(format!("it is silent: {}", silent.detail));
    }
    let worst = problems.iter().find(|p| p.severity >= Severity::Warn).filter(|_| strict)?;
    Some(format!("{} ({}), and the import is strict", worst.kind.word(), worst.detail))
}

/// Keeps a copy of the file among the blobs.
fn copy_in(inner: &Inner, path: &Path, hash: &blake3::Hash) -> Result<(), StudioError> {
    let ending =
        path.extension().map_or_else(|| "bin".to_owned(), |e| e.to_string_lossy().to_lowercase());
    let target = inner.store.home().blob(&hash.to_hex(), &ending);
    if target.exists() {
        return Ok(());
    }
    let io = |source| StudioError::Io { path: target.clone(), source };
    let temporary = beside(&target);
    let copied = fs::copy(path, &temporary)
        .and_then(|_| File::open(&temporary)?.sync_all())
        .and_then(|()| fs::rename(&temporary, &target));
    copied.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        io(source)
    })
}

/// Puts the tracks into the dataset and logs the edit and the statements.
fn keep(
    inner: &Inner,
    work: &ImportWork,
    heard: Vec<Heard>,
    ignored: Vec<PathBuf>,
    limits: &Limits,
) -> Result<ImportReport, StudioError> {
    let mut dataset = match inner.store.dataset(&work.dataset) {
        Ok(dataset) => dataset,
        Err(crate::store::StoreError::NotFound { .. }) => {
            Dataset::new(work.dataset.clone(), inner.clock.now())
        }
        Err(e) => return Err(e.into()),
    };
    let mut reports = Vec::with_capacity(heard.len());
    let mut members: Vec<Member> = Vec::new();
    let mut seconds: f64 = dataset.members.iter().map(|m| m.track.duration_s()).sum();
    let mut came_in: Vec<(PathBuf, TrackId)> = Vec::new();
    for mut file in heard {
        let here = |id: &TrackId, members: &[Member]| {
            dataset.member(id).is_some() || members.iter().any(|m| m.track.track_id == *id)
        };
        let known =
            !file.tracks.is_empty() && file.tracks.iter().all(|t| here(&t.track_id, &members));
        let length: f64 = file.tracks.iter().map(Track::duration_s).sum();
        let count = dataset.members.len() + members.len() + file.tracks.len();
        if known {
            file.report.reason = Some("it is in the dataset already".to_owned());
        } else if file.report.status != FileStatus::Refused
            && (count > limits.dataset_tracks_max || seconds + length > limits.dataset_max_s)
        {
            file.report.status = FileStatus::Refused;
            file.report.parts.clear();
            file.report.reason = Some(format!(
                "the dataset is full: at most {} tracks and {:.0} hours",
                limits.dataset_tracks_max,
                limits.dataset_max_s / 3600.0
            ));
            file.tracks.clear();
        }
        for track in file.tracks {
            came_in.push((file.report.path.clone(), track.track_id.clone()));
            if !here(&track.track_id, &members) {
                seconds += track.duration_s();
                members.push(Member::new(track));
            }
        }
        reports.push(file.report);
    }
    if !members.is_empty() {
        let edit = Edit::Add { members };
        dataset.apply(&edit);
        let at = inner.clock.now();
        inner.store.put_dataset(&dataset)?;
        inner.store.append_edit(&EditRecord { dataset: dataset.name.clone(), at, edit })?;
    } else if !came_in.is_empty() && inner.store.dataset(&work.dataset).is_err() {
        inner.store.put_dataset(&dataset)?;
    }
    state(inner, work, &came_in)?;
    Ok(ImportReport { dataset: work.dataset.clone(), tracks: reports, ignored })
}

/// Logs the rights stated with the import: those of the CSV first, else those for all.
fn state(
    inner: &Inner,
    work: &ImportWork,
    came_in: &[(PathBuf, TrackId)],
) -> Result<(), StudioError> {
    let at = inner.clock.now();
    for (path, track_id) in came_in {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let full = path.to_string_lossy();
        let of_file =
            work.rights_by_file.iter().find(|(file, _, _)| *file == name || *file == full);
        let said: Option<(&Rights, &str)> = match of_file {
            Some((_, rights, by)) => Some((rights, by.as_str())),
            None => work.rights.as_ref().map(|r| (r, work.by.as_str())),
        };
        if let Some((rights, by)) = said {
            inner.store.append_statement(&Statement {
                track_id: track_id.clone(),
                rights: Some(rights.clone()),
                by: by.to_owned(),
                at: at.clone(),
            })?;
        }
    }
    Ok(())
}

/// Where a track's file is now: the copy, or the path it was imported from.
pub fn locate(inner: &Inner, track: &Track) -> PathBuf {
    if track.copied {
        let ending = track
            .path
            .extension()
            .map_or_else(|| "bin".to_owned(), |e| e.to_string_lossy().to_lowercase());
        let blob = inner.store.home().blob(&track.hash, &ending);
        if blob.exists() {
            return blob;
        }
    }
    track.path.clone()
}

/// Reads `file,rights,by` lines; the first line may be a heading.
pub fn read_rights_csv(
    path: &Path,
    by: &str,
) -> Result<Vec<(String, Rights, String)>, StudioError> {
    let text = fs::read_to_string(path)
        .map_err(|source| StudioError::Io { path: path.to_owned(), source })?;
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut fields = line.split(',').map(|f| f.trim().trim_matches('"'));
        let (Some(file), Some(rights)) = (fields.next().filter(|f| !f.is_empty()), fields.next())
        else {
            continue;
        };
        if number == 0 && rights.eq_ignore_ascii_case("rights") {
            continue;
        }
        let rights: Rights = rights.parse().map_err(|e| {
            StudioError::Usage(format!("{}, line {}: {e}", path.display(), number + 1))
        })?;
        let by = fields.next().filter(|f| !f.is_empty()).unwrap_or(by);
        rows.push((file.to_owned(), rights, by.to_owned()));
    }
    Ok(rows)
}
