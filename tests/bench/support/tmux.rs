//! The real program in a terminal of tmux, and what it writes to it, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longest wait for something on the screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far keys are spread, so that they do not fall in step with the program's own frames.
const BETWEEN: Duration = Duration::from_millis(180);

/// A terminal with a shell, and a home for the program.
pub struct Tmux {
    server: String,
    home: PathBuf,
    bytes: PathBuf,
}

impl Tmux {
    /// A terminal of a size.
    pub fn start(home: &Path, (width, height): (u16, u16)) -> Self {
        let server = format!("leitmotif-bench-{}", std::process::id());
        let t = Self { server, home: home.to_owned(), bytes: home.join("bytes") };
        let (width, height) = (width.to_string(), height.to_string());
        t.run(&["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height, "sh"]);
        t.type_in("PS1=; unset SSH_CONNECTION SSH_TTY; export LANG=C.UTF-8; clear");
        sleep(Duration::from_millis(300));
        t.run(&["pipe-pane", "-o", &format!("cat >> {}", t.bytes.display())]);
        t
    }

    /// A command of tmux.
    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.server]).args(arguments).output().unwrap()
    }

    fn type_in(&self, line: &str) {
        self.run(&["send-keys", "-l", line]);
        self.run(&["send-keys", "Enter"]);
    }

    /// Starts the program; returns when its return key was pressed.
    pub fn open(&self) -> Instant {
        self.open_with("")
    }

    /// Starts it with variables of the environment set before it.
    pub fn open_with(&self, variables: &str) -> Instant {
        let program = env!("CARGO_BIN_EXE_leitmotif");
        // With `exec` in a subshell the process of the shell's child is the program itself.
        let line = format!("({variables} exec {program} --home {})", self.home.display());
        self.run(&["send-keys", "-l", &line]);
        sleep(Duration::from_millis(200));
        // What stands in the file now is of the start before.
        fs::File::create(&self.bytes).unwrap();
        let start = Instant::now();
        self.run(&["send-keys", "Enter"]);
        start
    }

    /// Leaves the program, which has no job.
    pub fn quit(&self) {
        self.run(&["send-keys", "q"]);
        sleep(Duration::from_secs(2));
        self.run(&["send-keys", "-l", "clear"]);
        self.run(&["send-keys", "Enter"]);
        sleep(Duration::from_millis(300));
    }

    /// When the program has written these words.
    pub fn shown(&self, words: &str) -> Instant {
        let start = Instant::now();
        loop {
            let written = fs::read(&self.bytes).unwrap_or_default();
            if written.windows(words.len()).any(|w| w == words.as_bytes()) {
                return Instant::now();
            }
            assert!(start.elapsed() < PATIENCE, "{words}: {}", self.text());
            sleep(Duration::from_millis(1));
        }
    }

    /// How many bytes were written.
    pub fn count(&self) -> u64 {
        fs::metadata(&self.bytes).map_or(0, |m| m.len())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until the screen holds these words; says so and shows it where they do not come.
    pub fn until(&self, words: &str) -> bool {
        let start = Instant::now();
        while !self.text().contains(words) {
            if start.elapsed() > PATIENCE {
                println!("  \"{words}\" never came:\n{}", self.text());
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        true
    }

    /// Keys one after another, each with the time to be drawn.
    pub fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.run(&["send-keys", key]);
            sleep(Duration::from_millis(300));
        }
    }

    /// Frames that were written since `from` bytes.
    pub fn frames(&self, from: u64) -> usize {
        const BEGIN: &[u8] = b"\x1b[?2026h";
        let written = fs::read(&self.bytes).unwrap_or_default();
        let new = written.get(from as usize..).unwrap_or_default();
        new.windows(BEGIN.len()).filter(|w| *w == BEGIN).count()
    }

    /// Times from a letter to its echo by the terminal itself, with no program at all: what tmux,
    /// its client and the machine take of every key.
    pub fn echoes(&self, count: usize) -> Vec<Duration> {
        self.type_in("cat > /dev/null");
        sleep(Duration::from_millis(500));
        let times = (0..count).map(|_| {
            sleep(BETWEEN);
            self.latency("x")
        });
        let times = times.collect();
        self.run(&["send-keys", "C-c"]);
        sleep(Duration::from_millis(300));
        times
    }

    /// Asks a job to stop, as from another terminal.
    pub fn cancel(&self, job: u32) {
        let program = env!("CARGO_BIN_EXE_leitmotif");
        let home = self.home.display().to_string();
        let asked = Command::new(program)
            .args(["--home", &home, "jobs", "cancel", &format!("j{job}")])
            .output();
        if !asked.is_ok_and(|o| o.status.success()) {
            println!("  j{job} could not be asked to stop");
        }
    }

    /// Fills in the form of an import.
    pub fn import(&self, folder: &Path, dataset: &str) {
        self.run(&["send-keys", "i"]);
        self.until("paths");
        self.run(&["send-keys", "-l", &folder.display().to_string()]);
        self.run(&["send-keys", "Tab"]);
        self.run(&["send-keys", "-l", dataset]);
        for key in ["Tab", "Right", "Tab", "Tab"] {
            self.run(&["send-keys", key]);
        }
        self.run(&["send-keys", "-l", "Ada"]);
        self.run(&["send-keys", "Enter"]);
    }

    /// How a job stands, as its file says.
    pub fn state(&self, job: u32) -> String {
        let path = self.home.join(format!("state/jobs/j{job}/job.json"));
        let text = fs::read_to_string(path).unwrap_or_default();
        let job: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        job["state"].as_str().unwrap_or("not there").to_owned()
    }

    /// Whether a job has ended.
    pub fn has_ended(&self, job: u32) -> bool {
        !matches!(self.state(job).as_str(), "queued" | "running" | "not there")
    }

    /// Waits for the end of a job; says so where it does not come in time.
    pub fn ended(&self, job: u32, most: Duration) -> bool {
        let start = Instant::now();
        while !self.has_ended(job) {
            if start.elapsed() > most {
                println!("  j{job} has not ended after {} s", most.as_secs());
                return false;
            }
            sleep(Duration::from_millis(200));
        }
        sleep(Duration::from_secs(1));
        true
    }

    /// Time from a key until the program has written something, as seen through tmux.
    pub fn latency(&self, key: &str) -> Duration {
        let before = self.count();
        let start = Instant::now();
        self.run(&["send-keys", key]);
        while self.count() == before && start.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_micros(500));
        }
        start.elapsed()
    }

    /// Processor time of all threads of the program that live, seconds.
    pub fn cpu(&self) -> f64 {
        let owner = fs::read(self.home.join("state/owner.lock")).unwrap_or_default();
        let owner: serde_json::Value = serde_json::from_slice(&owner).unwrap_or_default();
        let tasks = fs::read_dir(format!("/proc/{}/task", owner["pid"]));
        let nanoseconds = tasks.into_iter().flatten().flatten().filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        });
        nanoseconds.sum::<f64>() / 1e9
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
