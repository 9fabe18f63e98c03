//! The real program in a real terminal: tmux is the terminal. Without tmux these tests say so and
//! do nothing; `.ci/run` installs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal of tmux.
pub struct Terminal {
    server: String,
    pub home: tempfile::TempDir,
}

fn have_tmux() -> bool {
    let there = Command::new("tmux").arg("-V").output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("skipped: there is no tmux on this machine");
    }
    there
}

impl Terminal {
    /// A shell in a terminal of its own.
    pub fn new(name: &str) -> Option<Self> {
        if !have_tmux() {
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        let server = format!("leitmotif-{name}-{}", std::process::id());
        let terminal = Self { server, home };
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "sh"];
        let started = terminal.tmux(&start);
        assert!(started.status.success(), "{started:?}");
        terminal.type_in(
            "PS1='$ '; unset SSH_CONNECTION SSH_TTY RUST_BACKTRACE; export LANG=C.UTF-8; clear",
        );
        Some(terminal)
    }

    pub fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.server]).args(arguments).output().unwrap()
    }

    pub fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    pub fn type_in(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    pub fn open(&self, prefix: &str) {
        let program = env!("CARGO_BIN_EXE_leitmotif");
        let home = self.home.path().join("home");
        self.type_in(&format!("{prefix} {program} --home {}", home.display()));
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    #[track_caller]
    pub fn until(&self, words: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(words) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "\"{words}\" never came:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until words are no longer shown.
    #[track_caller]
    pub fn gone(&self, words: &str) {
        let start = Instant::now();
        while self.screen().contains(words) {
            assert!(start.elapsed() < PATIENCE, "\"{words}\" never went:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The process of the program.
    fn process(&self) -> String {
        let owner = self.home.path().join("home/state/owner.lock");
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(&owner).unwrap_or_default();
            let digits: String = text
                .split("pid")
                .nth(1)
                .unwrap_or_default()
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            if !digits.is_empty() {
                return digits;
            }
            assert!(start.elapsed() < PATIENCE, "no owner in {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.process()]).status().unwrap();
        assert!(done.success());
    }

    /// The shell answers and is drawn as it was: the terminal was given back.
    #[track_caller]
    fn is_given_back(&self) {
        self.type_in("stty -a | grep -c -- '-echo ' ; echo back-$((40+2))");
        let screen = self.until("back-42");
        assert!(!screen.contains("Nothing here yet"), "{screen}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// A tone that is heard as music, in a WAV file of 16 bits.
fn tone(path: &Path, seconds: u32) {
    const RATE: u32 = 22_050;
    let frames = RATE * seconds;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + frames * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(RATE.to_le_bytes());
    bytes.extend((RATE * 2).to_le_bytes());
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((frames * 2).to_le_bytes());
    for n in 0..frames {
        let t = f64::from(n) / f64::from(RATE);
        let beat = (1.0 - (t * 2.0).fract() * 1.6).max(0.0);
        let note = 220.0 * 2f64.powf(f64::from((t * 2.0) as u32 % 8) / 12.0);
        let value = (t * note * std::f64::consts::TAU).sin() * beat * 12_000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}

pub fn folder_of_tones(home: &Path, count: u32, seconds: u32) -> PathBuf {
    let folder = home.join("songs");
    std::fs::create_dir_all(&folder).unwrap();
    for n in 0..count {
        tone(&folder.join(format!("song {n}.wav")), seconds + n);
    }
    folder
}

#[test]
fn it_starts_is_resized_suspended_and_left() {
    let Some(t) = Terminal::new("life") else { return };
    t.open("");
    t.until("Nothing here yet");
    for size in [("40", "10"), ("1", "1"), ("200", "60"), ("60", "16"), ("3", "40"), ("100", "30")]
    {
        t.tmux(&["resize-window", "-x", size.0, "-y", size.1]);
        std::thread::sleep(Duration::from_millis(30));
    }
    t.until("Nothing here yet");
    t.keys(&["C-z"]);
    t.is_given_back();
    t.type_in("clear; fg");
    t.until("Nothing here yet");
    t.keys(&["?"]);
    t.until("Keys of Library");
    t.keys(&["Escape"]);
    std::thread::sleep(Duration::from_millis(200));
    t.keys(&["C-l", "q"]);
    std::thread::sleep(Duration::from_millis(500));
    t.type_in("echo code-$?");
    t.until("code-0");
    t.is_given_back();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let Some(t) = Terminal::new("term") else { return };
    t.open("");
    t.until("Nothing here yet");
    t.signal("-TERM");
    std::thread::sleep(Duration::from_millis(700));
    t.type_in("echo code-$?");
    t.until("code-130");
    t.is_given_back();
}

#[test]
fn a_fault_of_the_program_gives_the_terminal_back() {
    let Some(t) = Terminal::new("panic") else { return };
    t.open("");
    t.until("Nothing here yet");
    t.keys(&[":"]);
    t.until("INSERT");
    t.type_in("fail-on-purpose");
    t.until("asked to fail");
    t.is_given_back();
}

#[test]
fn a_second_one_says_who_owns_the_home() {
    let Some(t) = Terminal::new("second") else { return };
    t.open("");
    t.until("Nothing here yet");
    let home = t.home.path().join("home");
    // Standard output is no terminal here, so a terminal is made for it as well.
    let second = Terminal::new("second-b").unwrap();
    let program = env!("CARGO_BIN_EXE_leitmotif");
    second.type_in(&format!("{program} --home {}; echo code-$?", home.display()));
    let screen = second.until("code-5");
    assert!(screen.contains("jobs watch"), "{screen}");
    assert!(screen.contains(&t.process()), "{screen}");
}

#[test]
fn a_terminal_that_goes_leaves_the_job_running() {
    let Some(t) = Terminal::new("hup") else { return };
    let songs = folder_of_tones(t.home.path(), 6, 60);
    let home = t.home.path().join("home");
    t.open("");
    t.until("Nothing here yet");
    t.keys(&["i"]);
    t.until("paths");
    t.type_in(&songs.display().to_string());
    t.until("j1 import");
    t.signal("-HUP");
    // The screens are gone; the import goes on to its end without them.
    let record = home.join("state/jobs/j1/job.json");
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(&record).unwrap_or_default();
        if text.contains("\"done\"") {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(home.join("data/datasets/songs.json").exists());
}

#[test]
fn jobs_that_are_followed_in_words_can_be_stopped() {
    let Some(t) = Terminal::new("follow") else { return };
    let songs = folder_of_tones(t.home.path(), 8, 300);
    t.open("");
    t.until("Nothing here yet");
    t.keys(&["i"]);
    t.until("paths");
    t.type_in(&songs.display().to_string());
    t.until("j1 import");
    t.keys(&["q"]);
    t.until("Leave?");
    t.keys(&["f"]);
    t.until("following 1 job");
    t.keys(&["C-c"]);
    t.type_in("echo code-$?");
    t.until("code-130");
    t.is_given_back();
}

#[test]
fn a_kill_in_the_middle_loses_nothing_that_was_finished() {
    let Some(t) = Terminal::new("kill") else { return };
    let songs = folder_of_tones(t.home.path(), 6, 60);
    t.open("");
    t.until("Nothing here yet");
    t.keys(&["i"]);
    t.until("paths");
    t.type_in(&songs.display().to_string());
    t.until("j1 import");
    t.signal("-KILL");
    // What a killed program leaves is raw: only a line feed ends a line there.
    for line in ["stty sane", "printf '\\033[?1049l\\033[?2004l'; clear; echo clean-$((40+2))"] {
        t.tmux(&["send-keys", "-l", line]);
        t.keys(&["C-j"]);
        std::thread::sleep(Duration::from_millis(200));
    }
    t.until("clean-42");
    t.open("");
    t.until("1 Library");
    t.keys(&["3"]);
    // Killed in the middle it was interrupted and says so; had it just ended, it is done.
    let start = Instant::now();
    let interrupted = loop {
        let screen = t.screen();
        if screen.contains("interrupted!") || screen.contains("done") {
            break screen.contains("interrupted!");
        }
        assert!(start.elapsed() < PATIENCE, "{screen}");
        std::thread::sleep(Duration::from_millis(50));
    };
    t.keys(&["r"]);
    t.until("j2");
    let record = t.home.path().join("home/state/jobs/j2/job.json");
    let read = || std::fs::read_to_string(&record).unwrap_or_default();
    while !read().contains("\"done\"") {
        assert!(start.elapsed() < PATIENCE, "{}", t.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(read().contains("\"continues\": \"j1\""), interrupted, "{}", read());
    let set = std::fs::read_to_string(t.home.path().join("home/data/datasets/songs.json"));
    assert_eq!(set.unwrap().matches("\"title\"").count(), 6);
}

#[test]
fn plain_terminals_are_told_or_served() {
    let Some(t) = Terminal::new("plain") else { return };
    t.open("TERM=dumb");
    t.until("can move its cursor");
    t.type_in("clear");
    t.open("LC_ALL=C LANG=C NO_COLOR=1");
    let screen = t.until("Nothing here yet");
    assert!(screen.is_ascii(), "{screen}");
    let coloured = t.tmux(&["capture-pane", "-p", "-e"]).stdout;
    let coloured = String::from_utf8_lossy(&coloured).into_owned();
    for colour in 30..38 {
        assert!(!coloured.contains(&format!("\u{1b}[{colour}m")), "{coloured:?}");
    }
}

#[test]
fn a_watch_on_a_terminal_that_only_prints_is_plain_lines() {
    let Some(t) = Terminal::new("dumb") else { return };
    let songs = folder_of_tones(t.home.path(), 6, 60);
    let home = t.home.path().join("home");
    let said = t.home.path().join("said");
    let program = env!("CARGO_BIN_EXE_leitmotif");
    let command = format!("TERM=dumb {program} --home {}", home.display());
    t.type_in(&format!("{command} import {} >/dev/null 2>&1 &", songs.display()));
    let record = home.join("state/jobs/j1/job.json");
    let start = Instant::now();
    while !record.exists() {
        assert!(start.elapsed() < PATIENCE, "no job: {}", t.screen());
        std::thread::sleep(Duration::from_millis(20));
    }
    t.tmux(&["pipe-pane", "-o", &format!("cat > {}", said.display())]);
    t.type_in(&format!("clear; TERM=dumb {program} --home {} jobs watch j1", home.display()));
    t.until("is done");
    let said = std::fs::read_to_string(said).unwrap();
    let lines: Vec<&str> = said.lines().filter(|l| l.starts_with("j1 ")).collect();
    assert!(lines.len() > 1, "{said:?}");
    for line in lines {
        assert!(!line.trim_end().contains(char::is_control), "{line:?}");
    }
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    let Some(t) = Terminal::new("home") else { return };
    // A file where a folder should be refuses the super-user as well.
    std::fs::write(t.home.path().join("home"), "not a folder").unwrap();
    t.open("");
    let screen = t.until("error:");
    assert!(screen.contains("home"), "{screen}");
    t.is_given_back();
}
