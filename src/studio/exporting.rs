//! Takes and excerpts into a folder of the person's choice. Must never write over what is there.

use super::StudioError;
use super::local::Inner;
use crate::audio::decode::read_part;
use crate::audio::encode::{EncodeError, Format, write};
use crate::domain::take::Take;
use crate::listen::file::ListenError;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> StudioError {
    let path = path.to_owned();
    move |source| StudioError::Io { path, source }
}

/// Copies a take, its stems, its score and its report into a folder; returns what was written.
pub fn export_take(take: &Take, folder: &Path) -> Result<Vec<PathBuf>, StudioError> {
    fs::create_dir_all(folder).map_err(io_at(folder))?;
    let mut written: Vec<PathBuf> = Vec::new();
    let mut copy = |from: &Path, name: String| -> Result<(), StudioError> {
        let to = folder.join(name);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(io_at(parent))?;
        }
        fs::copy(from, &to).map_err(io_at(&to))?;
        written.push(to);
        Ok(())
    };
    let ending = |path: &Path| {
        path.extension().map_or_else(String::new, |e| e.to_string_lossy().into_owned())
    };
    copy(&take.audio, format!("{}.{}", take.take_id, ending(&take.audio)))?;
    for (name, path) in &take.stems {
        copy(path, format!("{}.stems/{name}.{}", take.take_id, ending(path)))?;
    }
    if let Some(midi) = &take.midi {
        copy(midi, format!("{}.mid", take.take_id))?;
    }
    let report = folder.join(format!("{}.json", take.take_id));
    let text = serde_json::to_string_pretty(take).unwrap_or_default();
    fs::write(&report, text).map_err(io_at(&report))?;
    written.push(report);
    Ok(written)
}

/// Writes a stretch of a file as WAV beside others of its kind in a folder.
pub fn excerpt(
    inner: &Inner,
    path: &Path,
    (from_s, to_s): (f64, f64),
    folder: &Path,
) -> Result<PathBuf, StudioError> {
    let limits = &inner.config.settings.limits;
    let audio = read_part(path, from_s.max(0.0), to_s, limits)
        .map_err(|e| StudioError::Listen(ListenError::from(e)))?;
    if audio.frames() == 0 {
        return Err(StudioError::Usage(format!(
            "{} holds nothing from {from_s:.1} to {to_s:.1} s",
            path.display()
        )));
    }
    let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let mut target = folder.join(format!("{stem} {from_s:.1}-{to_s:.1}.wav"));
    let mut number = 2;
    while target.exists() {
        target = folder.join(format!("{stem} {from_s:.1}-{to_s:.1} ({number}).wav"));
        number += 1;
    }
    let file = File::create_new(&target).map_err(io_at(&target))?;
    let mut out = BufWriter::new(file);
    let done = write(&audio, Format::Wav, &mut out).and_then(|()| Ok(out.flush()?));
    done.map_err(|error| {
        // Half an excerpt is worse than none.
        let _ = fs::remove_file(&target);
        let source = match error {
            EncodeError::Io(source) => source,
            EncodeError::Encoder(why) => io::Error::other(why),
        };
        StudioError::Io { path: target.clone(), source }
    })?;
    Ok(target)
}
