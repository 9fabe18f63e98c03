//! Settings: built-in defaults, `config.toml`, the environment, the command line, in this order.
//!
//! The only place that reads the environment.

use super::StudioError;
use crate::domain::limits::Limits;
use crate::store::Home;
use crate::store::files::{make_dir, write};
use serde::{Deserialize, Serialize};
use std::env;
use std::io::ErrorKind;
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
    /// The folder of the person who runs the program, where there is one.
    pub own_folder: Option<PathBuf>,
    /// Whether a person looks on while jobs run: workers then let keys go first.
    pub watched: bool,
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
        let own_folder = directories::UserDirs::new().map(|d| d.home_dir().to_owned());
        let terminal = terminal();
        Ok(Self { home, settings, banks, by, terminal, own_folder, watched: false })
    }
}

fn read_settings(path: &Path) -> Result<Settings, StudioError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // A home that cannot be there has no settings either; writing to it says why.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Settings::default());
        }
        Err(e) => {
            return Err(StudioError::Config { path: path.to_owned(), why: e.to_string() });
        }
    };
    understood(&text).map_err(|why| StudioError::Config { path: path.to_owned(), why })
}

/// Settings from text, or what is wrong with them.
fn understood(text: &str) -> Result<Settings, String> {
    // The parser's message names line, column and what was expected.
    let settings: Settings = toml::from_str(text).map_err(|e| e.to_string())?;
    settings.check()?;
    Ok(settings)
}

/// Most worker threads that can be asked for.
pub const THREADS_MAX: usize = 512;

impl Settings {
    /// Numbers that can be read but make no sense.
    fn check(&self) -> Result<(), String> {
        if let Some(threads) = self.threads
            && !(1..=THREADS_MAX).contains(&threads)
        {
            return Err(format!("threads = {threads}; 1 to {THREADS_MAX} can be used"));
        }
        let l = &self.limits;
        for (name, seconds) in [
            ("material_min_s", l.material_min_s),
            ("track_min_s", l.track_min_s),
            ("track_max_s", l.track_max_s),
            ("dataset_max_s", l.dataset_max_s),
            ("decode_max_s", l.decode_max_s),
            ("section_max_s", l.section_max_s),
            ("take_min_s", l.take_min_s),
            ("take_max_s", l.take_max_s),
        ] {
            if !(seconds.is_finite() && seconds > 0.0) {
                return Err(format!("limits.{name} = {seconds}; it must be a number over 0"));
            }
        }
        for (least, least_s, most, most_s) in [
            ("track_min_s", l.track_min_s, "track_max_s", l.track_max_s),
            ("take_min_s", l.take_min_s, "take_max_s", l.take_max_s),
        ] {
            if least_s > most_s {
                return Err(format!("limits.{least} = {least_s} is over limits.{most} = {most_s}"));
            }
        }
        Ok(())
    }
}

/// Changes one setting in the file and leaves the rest of it, comments too, as it is. The value
/// "default" takes it out. A value that makes no sense changes nothing.
pub fn set(home: &Home, name: &str, value: &str) -> Result<Settings, StudioError> {
    let path = home.config_file();
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
        Err(source) => return Err(StudioError::Io { path, source }),
    };
    let mut document: toml_edit::DocumentMut =
        old.parse().map_err(|e| StudioError::Config { path: path.clone(), why: format!("{e}") })?;
    let mut table = document.as_table_mut();
    let (folder, last) = match name.rsplit_once('.') {
        Some((folder, last)) => (Some(folder), last),
        None => (None, name),
    };
    if let Some(folder) = folder {
        let entry = table.entry(folder).or_insert_with(toml_edit::table);
        table = entry
            .as_table_mut()
            .ok_or_else(|| StudioError::Usage(format!("there is no setting {name}")))?;
    }
    if value == "default" {
        table.remove(last);
    } else {
        // What is no number and no truth value is text.
        let parsed = value.parse::<toml_edit::Value>();
        let parsed = parsed.unwrap_or_else(|_| toml_edit::Value::from(value));
        table.insert(last, toml_edit::Item::Value(parsed));
    }
    let text = document.to_string();
    let settings = understood(&text).map_err(|why| {
        StudioError::Usage(format!("{name} cannot be set to {value}: {}", why.trim_end()))
    })?;
    if let Some(parent) = path.parent() {
        make_dir(parent)?;
    }
    write(&path, text.as_bytes())?;
    Ok(settings)
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

/// Whether the terminal only knows how to print: no line can be written anew on it.
pub fn terminal_is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|v| v == "dumb")
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
        for nonsense in ["threads = 0", "threads = 100000", "[limits]\ntake_max_s = nan"] {
            std::fs::write(&path, nonsense).unwrap();
            assert!(Config::load(Some(dir.path())).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_setting_is_changed_and_the_rest_of_the_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        assert_eq!(set(&home, "threads", "3").unwrap().threads, Some(3));
        let path = home.config_file();
        std::fs::write(&path, "# mine\nthreads = 3 # few\n").unwrap();
        set(&home, "limits.take_max_s", "30.0").unwrap();
        set(&home, "by", "Ada Nowak").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# mine\nthreads = 3 # few\n"), "{text}");
        assert!(
            text.contains("by = \"Ada Nowak\"") && text.contains("take_max_s = 30.0"),
            "{text}"
        );
        for (name, value) in
            [("threads", "many"), ("banana", "1"), ("limits.take_max_s", "-1.0"), ("a.b.c", "1")]
        {
            let error = set(&home, name, value).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let settings = set(&home, "threads", "default").unwrap();
        assert_eq!((settings.threads, settings.limits.take_max_s), (None, 30.0));
    }
}
