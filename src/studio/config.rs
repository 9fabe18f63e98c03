//! Settings: built-in defaults, `config.toml`, the environment, the command line, in this order.
//!
//! The only place that reads the environment.

use super::StudioError;
use crate::domain::limits::Limits;
use crate::store::Home;
use serde::{Deserialize, Serialize};
use std::env;
use std::path::{Path, PathBuf};

/// What `config.toml` may hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// General-MIDI bank (.sf2) for takes of the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank: Option<PathBuf>,
    /// Worker threads; all processors where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// Who states rights where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Theme of the screens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// "auto", "unicode" or "ascii".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyphs: Option<String>,
    /// Limits.
    pub limits: Limits,
}

/// What the program knows about the terminal from its environment.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// `TERM`.
    pub term: String,
    /// Whether the locale is UTF-8.
    pub utf8: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `COLORTERM` announces 24-bit colour.
    pub true_color: bool,
    /// The program runs over SSH.
    pub ssh: bool,
}

/// Everything that is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where things are.
    pub home: Home,
    /// Settings.
    pub settings: Settings,
    /// Banks to look at, first choice first.
    pub banks: Vec<PathBuf>,
    /// Who states rights where nobody is named.
    pub by: String,
    /// The terminal.
    pub terminal: Terminal,
}

/// Folders where systems keep banks, and the names of good ones.
const BANK_FOLDERS: [&str; 4] = [
    "/usr/share/sounds/sf2",
    "/usr/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/soundfonts",
];
const BANK_NAMES: [&str; 4] = ["FluidR3_GM.sf2", "default-GM.sf2", "default.sf2", "TimGM6mb.sf2"];

impl Config {
    /// Reads settings and environment. `home` comes from the command line.
    pub fn load(home: Option<&Path>) -> Result<Self, StudioError> {
        let home = match home {
            Some(root) => Home::under(&absolute(root)?),
            None => xdg_home()?,
        };
        let settings = read_settings(&home.config_file())?;
        let mut banks: Vec<PathBuf> = settings.bank.iter().cloned().collect();
        banks.extend(BANK_NAMES.iter().map(|n| home.banks().join(n)));
        banks.extend(sf2_in(&home.banks()));
        for folder in BANK_FOLDERS {
            banks.extend(BANK_NAMES.iter().map(|n| Path::new(folder).join(n)));
        }
        let by = settings.by.clone().unwrap_or_else(user_name);
        Ok(Self { home, settings, banks, by, terminal: terminal() })
    }
}

fn read_settings(path: &Path) -> Result<Settings, StudioError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(e) => {
            return Err(StudioError::Config { path: path.to_owned(), why: e.to_string() });
        }
    };
    // The parser's message names line, column and what was expected.
    toml::from_str(&text)
        .map_err(|e| StudioError::Config { path: path.to_owned(), why: e.to_string() })
}

fn xdg_home() -> Result<Home, StudioError> {
    let dirs = directories::ProjectDirs::from("", "", "leitmotif").ok_or_else(|| {
        StudioError::Usage("no home folder was found; name one with --home DIR".to_owned())
    })?;
    let state = dirs.state_dir().map_or_else(|| dirs.data_dir().join("state"), Path::to_owned);
    Ok(Home::apart(
        dirs.config_dir().to_owned(),
        dirs.data_dir().to_owned(),
        state,
        dirs.cache_dir().to_owned(),
    ))
}

/// A path from the working folder, made absolute.
pub fn absolute(path: &Path) -> Result<PathBuf, StudioError> {
    std::path::absolute(path).map_err(|source| StudioError::Io { path: path.to_owned(), source })
}

/// The file of this program, to start it again.
pub fn program() -> std::io::Result<PathBuf> {
    env::current_exe()
}

fn sf2_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x.eq_ignore_ascii_case("sf2")))
        .collect();
    found.sort();
    found
}

fn user_name() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn terminal() -> Terminal {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()))
        .unwrap_or_default()
        .to_lowercase();
    Terminal {
        term: env::var("TERM").unwrap_or_default(),
        utf8: locale.contains("utf-8") || locale.contains("utf8"),
        no_color: env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
        true_color: env::var("COLORTERM").is_ok_and(|v| v == "truecolor" || v == "24bit"),
        ssh: env::var_os("SSH_CONNECTION").is_some() || env::var_os("SSH_TTY").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_settings_name_their_place() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config");
        std::fs::create_dir_all(&config).unwrap();
        let path = config.join("config.toml");
        std::fs::write(&path, "threads = 2\nbanana = true\n").unwrap();
        let error = Config::load(Some(dir.path())).unwrap_err().to_string();
        assert!(error.contains("config.toml") && error.contains("line 2"), "{error}");
        std::fs::write(&path, "threads = 2\n[limits]\ntake_max_s = 30.0\n").unwrap();
        let loaded = Config::load(Some(dir.path())).unwrap();
        assert_eq!(loaded.settings.threads, Some(2));
        assert_eq!(loaded.settings.limits.take_max_s, 30.0);
        assert_eq!(loaded.settings.limits.take_min_s, 2.0);
    }
}
