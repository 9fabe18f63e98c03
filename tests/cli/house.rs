//! Homes to run the program in, and what came of a run.
//!
//! One home with a trained finetune is made once; tests get copies of it.

use super::music;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// The program with nothing of this machine's environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leitmotif"));
    command.env_clear().env("USER", "tester").env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The data of a run that ended as it should.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.value()
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Standard output as lines of JSON.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// The error object, which must be all there is on standard output.
    #[track_caller]
    pub fn error(&self, code: i32, kind: &str) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        let value = self.value();
        fields(&value, &["error"]);
        fields(&value["error"], &["kind", "message", "hints"]);
        assert_eq!(value["error"]["kind"], kind, "{self:?}");
        assert!(value["error"]["hints"].is_array());
        let message = value["error"]["message"].as_str().unwrap();
        assert!(!message.trim().is_empty(), "{self:?}");
        message.to_owned()
    }
}

/// Asserts that an object has these fields.
#[track_caller]
pub fn fields(value: &Value, names: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for name in names {
        assert!(object.contains_key(*name), "no {name} in {value}");
    }
}

/// Asserts that a number lies in a range.
#[track_caller]
pub fn within(value: &Value, low: f64, high: f64) {
    let number = value.as_f64().unwrap_or_else(|| panic!("no number: {value}"));
    assert!((low..=high).contains(&number), "{number} is not in {low}..{high}");
}

/// A home in a folder of its own.
pub struct Home {
    dir: TempDir,
}

impl Home {
    pub fn empty() -> Self {
        Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap() }
    }

    /// A copy of the prepared home: dataset `mine` with four tracks, finetune `Mine`, one take.
    pub fn prepared() -> Self {
        let home = Self::empty();
        copy(&prepared().join("home"), &home.path());
        home
    }

    /// Puts what the prepared home holds where this home is.
    pub fn fill(&self) {
        copy(&prepared().join("home"), &self.path());
    }

    /// The home itself.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A place for other files.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = program();
        command.arg("--home").arg(self.path()).args(args).current_dir(self.dir.path());
        command
    }

    /// Runs in words.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// Runs with `--json`.
    pub fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command(["--json"]);
        Ran::of(command.args(args).output().unwrap())
    }

    /// Starts and does not wait.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        let mut command = self.command(["--json"]);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(command.spawn().unwrap()))
    }

    /// The record of the newest job, from its file.
    pub fn newest_job(&self) -> Option<Value> {
        let mut jobs: Vec<u64> = fs::read_dir(self.path().join("state/jobs"))
            .ok()?
            .flatten()
            .filter_map(|e| e.file_name().to_str()?.strip_prefix('j')?.parse().ok())
            .collect();
        jobs.sort_unstable();
        let newest = jobs.last()?;
        let text = fs::read(self.path().join(format!("state/jobs/j{newest}/job.json"))).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Waits until a job newer than `after` runs.
    #[track_caller]
    pub fn wait_for_job(&self, after: u64) -> u64 {
        wait_until("a job runs", || {
            let job = self.newest_job()?;
            let id = number(&job);
            (id > after && job["state"] != "queued").then_some(id)
        })
    }

    /// Number of the newest job.
    pub fn last_job(&self) -> u64 {
        self.newest_job().map_or(0, |j| number(&j))
    }

    /// Files and folders that only exist while something is being made.
    pub fn half_done(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let ending = entry.path().extension().map(|e| e.to_string_lossy().into_owned());
                if name.starts_with('.') || matches!(ending.as_deref(), Some("part" | "tmp")) {
                    found.push(entry.path());
                } else if entry.path().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        found
    }
}

fn number(job: &Value) -> u64 {
    job["job_id"].as_str().unwrap()[1..].parse().unwrap()
}

/// Waits at most half a minute.
#[track_caller]
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within half a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A run that goes on; it dies with its test.
pub struct Running(Option<Child>);

impl Running {
    pub fn signal(&self, signal: rustix::process::Signal) {
        let child = self.0.as_ref().unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).unwrap();
    }

    pub fn end(mut self) -> Ran {
        Ran::of(self.0.take().unwrap().wait_with_output().unwrap())
    }

    pub fn kill(mut self) -> ExitStatus {
        let mut child = self.0.take().unwrap();
        let _ = child.kill();
        child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The folder of tracks that the prepared home learned from.
pub fn tracks() -> PathBuf {
    prepared().join("music")
}

/// One of the tracks.
pub fn track(number: usize) -> PathBuf {
    tracks().join(format!("track-{number}.wav"))
}

/// Prompt of the prepared take.
pub const PROMPT: &str = "a calm piece at 112 bpm";

fn prepared() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        forget_old_ones();
        let root =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prepared-{}", std::process::id()));
        let music = root.join("music");
        fs::create_dir_all(&music).unwrap();
        for (number, (bpm, key, minor)) in
            [(112.0, 45, true), (116.0, 48, false), (108.0, 50, true), (120.0, 43, false)]
                .into_iter()
                .enumerate()
        {
            let piece = music::piece(bpm, key, minor, 14.0 + number as f64, number as u64);
            music::wav(&music.join(format!("track-{number}.wav")), &piece);
        }
        let run = |args: &[&str]| {
            let ran = Ran::of(
                program().arg("--home").arg(root.join("home")).args(args).output().unwrap(),
            );
            assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        };
        let music = music.to_str().unwrap();
        run(&["import", music, "--dataset", "mine", "--rights", "own", "--by", "Ada"]);
        run(&["train", "--name", "Mine", "--genre", "funk", "--dataset", "mine"]);
        run(&["generate", PROMPT, "--finetune", "Mine", "--seconds", "10", "--seed", "3"]);
        root
    })
}

/// Homes of earlier runs: nothing tells a test that it is the last.
fn forget_old_ones() {
    let hour = Duration::from_secs(3600);
    for entry in fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap().flatten() {
        let old = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > hour));
        if old && entry.file_name().to_string_lossy().starts_with("prepared-") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Whether tests run as one whom permissions do not bind.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
