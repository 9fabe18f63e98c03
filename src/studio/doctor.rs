//! What works here and what does not, for a person who wonders.

use super::StudioError;
use super::local::Inner;
use crate::store::index::Kind;
use crate::store::lock::owner_of;
use serde::{Deserialize, Serialize};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// "ok", "note" or "problem".
    pub state: String,
    /// What was found.
    pub detail: String,
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// The program's version.
    pub version: String,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl DoctorReport {
    /// Whether something is wrong.
    pub fn has_problems(&self) -> bool {
        self.findings.iter().any(|f| f.state == "problem")
    }
}

/// Looks at everything, changes nothing.
pub fn examine(inner: &Inner) -> DoctorReport {
    let mut findings = Vec::new();
    let mut say = |what: &str, state: &str, detail: String| {
        findings.push(Finding { what: what.to_owned(), state: state.to_owned(), detail });
    };
    let home = inner.store.home();
    for (name, path) in [("data", home.data()), ("state", home.state()), ("cache", home.cache())] {
        let state = if path.is_dir() { "ok" } else { "note" };
        let there = if path.is_dir() { "" } else { " (not there yet; the first import makes it)" };
        say(name, state, format!("{}{there}", path.display()));
    }
    match owner_of(home) {
        Some(owner) => say("owner", "note", owner.to_string()),
        None => say("owner", "ok", "no process owns the store".to_owned()),
    }
    let info = inner.engine.info();
    match inner.engine.sound() {
        Ok(sound) => say("engine", "ok", format!("{}, {sound}", info.base)),
        Err(e) => say("engine", "problem", e.to_string()),
    }
    for note in info.notes {
        say("engine", "note", note);
    }
    let playback = if cfg!(feature = "playback") {
        "built in; the device is opened with the first sound"
    } else {
        "not in this build"
    };
    say("playback", "ok", playback.to_owned());
    contents(inner, &mut say);
    DoctorReport { version: env!("CARGO_PKG_VERSION").to_owned(), findings }
}

/// Every file that holds something of the user's must be readable.
fn contents(inner: &Inner, say: &mut impl FnMut(&str, &str, String)) {
    match inner.store.datasets() {
        Ok(all) => {
            let tracks: usize = all.iter().map(|d| d.members.len()).sum();
            say("datasets", "ok", format!("{} with {tracks} tracks", all.len()));
            for member in all.iter().flat_map(|d| &d.members) {
                let path = super::importing::locate(inner, &member.track);
                if !path.exists() {
                    let what =
                        format!("the file of {} is gone: {}", member.track.title, path.display());
                    say("tracks", "problem", what);
                }
            }
        }
        Err(e) => say("datasets", "problem", e.to_string()),
    }
    for kind in Kind::ALL {
        for e in inner.store.damaged(kind).unwrap_or_else(|e| vec![e]) {
            say(kind.name(), "problem", e.to_string());
        }
    }
    let counts: [(&str, Result<usize, StudioError>); 4] = [
        ("finetunes", inner.store.finetunes().map(|v| v.len()).map_err(Into::into)),
        ("takes", inner.store.takes().map(|v| v.len()).map_err(Into::into)),
        ("jobs", inner.store.jobs().map(|v| v.len()).map_err(Into::into)),
        ("rights", inner.store.statements().map(|v| v.len()).map_err(Into::into)),
    ];
    for (what, count) in counts {
        match count {
            Ok(count) => say(what, "ok", count.to_string()),
            Err(e) => say(what, "problem", e.to_string()),
        }
    }
}
