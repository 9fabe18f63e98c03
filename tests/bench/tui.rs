//! Figures of the screens: frame times, bytes, latencies, weight. Prints; never asserts.
//!
//! `cargo bench --bench tui` measures what needs no terminal, and, where there is tmux, the real
//! program in a terminal of 120x40 over a store of 5,000 tracks: at rest, while music comes in, while
//! a training listens on all cores, and while 2,000 short tracks come in. With `-- --music DIR` that
//! folder is imported and learned from; without, tones that are made here are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../screens/fake.rs"]
#[allow(dead_code, reason = "shared with the tests of the screens")]
mod fake;

use fake::{Fake, event, track};
use leitmotif::domain::dataset::Dataset;
use leitmotif::domain::ids::DatasetName;
use leitmotif::domain::job::EventKind;
use leitmotif::domain::limits::Limits;
use leitmotif::store::{Home, Store};
use leitmotif::studio::Studio;
use leitmotif::tui::app::{App, Effect};
use leitmotif::tui::ask::{self, Reply};
use leitmotif::tui::cx::Setup;
use leitmotif::tui::draw::Look;
use leitmotif::tui::event::{Event, Moment};
use leitmotif::tui::glyphs::UNICODE;
use leitmotif::tui::inbox::Inbox;
use leitmotif::tui::keymap::Keymap;
use leitmotif::tui::keys::Key;
use leitmotif::tui::theme::{Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 40);
const TRACKS: usize = 5_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let music = arguments.iter().position(|a| a == "--music").and_then(|n| arguments.get(n + 1));
    frames();
    million();
    if !Command::new("tmux").arg("-V").output().is_ok_and(|o| o.status.success()) {
        println!("no tmux here: bytes, first frame and key latency are not measured");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fill(home.path());
    terminal(home.path(), music.map(PathBuf::from));
}

struct Bench {
    app: App,
    studio: Fake,
    ms: u64,
}

impl Bench {
    fn new(studio: Fake) -> Self {
        let setup = Setup { by: "b".into(), limits: Limits::default(), ..Setup::default() };
        let theme = Theme::shipped("nocturne", Depth::Full);
        let look = Look { theme, glyphs: UNICODE, ascii_text: false };
        let keymap = Keymap::default();
        let app = App::new(setup, look, Depth::Full, keymap, Vec::new(), true, SIZE);
        let mut bench = Self { app, studio, ms: 0 };
        let effects = bench.app.start(Moment::default());
        bench.carry_out(effects);
        bench
    }

    fn event(&mut self, event: Event) {
        self.ms += 1;
        let now = Moment { mono_ms: self.ms, unix_ms: self.ms };
        let effects = self.app.handle(event, now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Ask(question) = effect {
                let answer = ask::answer(&self.studio, question.ask);
                let reply = Reply { number: question.number, slot: question.slot, answer };
                self.event(Event::Reply(Box::new(reply)));
            }
        }
    }
}

/// Time of a frame on each screen, with the difference to the frame before.
fn frames() {
    let mut bench = Bench::new(Fake::with_music());
    for (name, key) in [("library", '1'), ("diagnostics", '2'), ("jobs", '3'), ("generate", '4')] {
        bench.event(Event::Key(Key::char(key)));
        let area = Rect::new(0, 0, SIZE.0, SIZE.1);
        let mut before = Buffer::empty(area);
        let mut times = Vec::new();
        for n in 0..1_000 {
            bench.event(Event::Key(Key::char(if n % 9 < 5 { 'j' } else { 'k' })));
            let start = Instant::now();
            let mut now = Buffer::empty(area);
            bench.app.draw(&mut now);
            let changed = before.diff(&now).len();
            times.push((start.elapsed(), changed));
            before = now;
        }
        times.sort_unstable();
        println!(
            "frame {name} {}x{}: median {:.2} ms, worst of 1000 {:.2} ms",
            SIZE.0,
            SIZE.1,
            ms(times[500].0),
            ms(times[999].0)
        );
    }
}

/// A million events of jobs through the inbox and the app.
fn million() {
    let mut bench = Bench::new(Fake::with_music());
    bench.event(Event::Key(Key::char('3')));
    let mut inbox = Inbox::default();
    let (mut heaviest, mut queued) = (0, 0);
    let before = resident_mb();
    let mut halfway = 0.0;
    let start = Instant::now();
    for n in 0..1_000_000u64 {
        let kind = if n % 4 == 0 { EventKind::Log } else { EventKind::Progress };
        let metrics = if n % 4 == 0 { json!({ "message": "a step" }) } else { json!({}) };
        inbox.put(event(3, 100 + n, kind, n as f64 / 1e6, metrics));
        queued = queued.max(inbox.len());
        if n % 100 == 0 {
            bench.event(Event::Jobs(inbox.take()));
            heaviest = heaviest.max(bench.app.weight());
        }
        if n == 500_000 {
            halfway = resident_mb();
        }
    }
    println!(
        "1,000,000 events: {:.1} s, longest queue {queued}, heaviest app {heaviest} things, \
         resident {before:.0} MB before, {halfway:.0} MB halfway, {:.0} MB after",
        start.elapsed().as_secs_f64(),
        resident_mb()
    );
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap_or("");
    let kb: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    kb / 1024.0
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A store with many tracks that were listened to.
fn fill(home: &Path) {
    let store = Store::own(Home::under(home), "bench", "2026-11-22T12:00:00.000Z").unwrap();
    let mut set = Dataset::new(DatasetName::slug("many"), "2026-11-22".to_owned());
    set.members = (0..TRACKS).map(|n| track(n, &format!("track {n:05}"))).collect();
    store.put_dataset(&set).unwrap();
    let known = Fake::with_music();
    let record = known.record(&fake::id(3)).unwrap();
    for member in &set.members {
        store.put_record(&member.track.track_id, &record).unwrap();
    }
}

struct Tmux {
    server: String,
    bytes: PathBuf,
}

impl Tmux {
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.server]).args(arguments).output().unwrap()
    }

    fn count(&self) -> u64 {
        std::fs::metadata(&self.bytes).map_or(0, |m| m.len())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn until(&self, words: &str) {
        let start = Instant::now();
        while !self.text().contains(words) {
            assert!(start.elapsed() < Duration::from_secs(60), "{words}: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fills in the form of an import.
    fn import(&self, folder: &Path, dataset: &str) {
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

    /// Waits for the end of a job.
    fn ended(&self, home: &Path, job: u32) {
        let start = Instant::now();
        while matches!(state(home, job).as_str(), "queued" | "running" | "not there") {
            assert!(start.elapsed() < Duration::from_secs(900), "j{job}: {}", self.text());
            std::thread::sleep(Duration::from_millis(200));
        }
        std::thread::sleep(Duration::from_secs(1));
    }

    /// Time from a key until the program has written something, as seen through tmux.
    fn latency(&self, key: &str) -> Duration {
        let before = self.count();
        let start = Instant::now();
        self.run(&["send-keys", key]);
        while self.count() == before && start.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_micros(500));
        }
        start.elapsed()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// How a job stands, as its file says.
fn state(home: &Path, job: u32) -> String {
    let path = home.join(format!("state/jobs/j{job}/job.json"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let job: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    job["state"].as_str().unwrap_or("not there").to_owned()
}

fn terminal(home: &Path, music: Option<PathBuf>) {
    let bytes = home.join("bytes");
    let t = Tmux { server: format!("leitmotif-bench-{}", std::process::id()), bytes };
    t.run(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "sh"]);
    t.run(&["send-keys", "-l", "PS1=; unset SSH_CONNECTION SSH_TTY; export LANG=C.UTF-8; clear"]);
    t.run(&["send-keys", "Enter"]);
    std::thread::sleep(Duration::from_millis(300));
    t.run(&["pipe-pane", "-o", &format!("cat > {}", t.bytes.display())]);
    let program = env!("CARGO_BIN_EXE_leitmotif");
    t.run(&["send-keys", "-l", &format!("{program} --home {}", home.display())]);
    std::thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    t.run(&["send-keys", "Enter"]);
    while !t.text().contains("1 Library") {
        std::thread::sleep(Duration::from_millis(2));
    }
    let first = start.elapsed();
    while !t.text().contains("track 000") {
        std::thread::sleep(Duration::from_millis(2));
    }
    println!(
        "first frame with {TRACKS} tracks in the store: {:.0} ms, with the tracks in it {:.0} ms",
        ms(first),
        ms(start.elapsed())
    );
    std::thread::sleep(Duration::from_secs(6));
    let before = t.count();
    std::thread::sleep(Duration::from_secs(5));
    println!("idle for 5 s: {} bytes", t.count() - before);
    let before = t.count();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        t.run(&["send-keys", "j"]);
        std::thread::sleep(Duration::from_millis(25));
    }
    let rate = (t.count() - before) as f64 / start.elapsed().as_secs_f64() / 1e3;
    println!("scrolling with j held for 5 s: {rate:.1} KB/s");
    std::thread::sleep(Duration::from_secs(1));
    latencies(&t, "at rest");
    let folder = music.unwrap_or_else(|| tones(home));
    // The first dataset by name is the second line of the list, after that of all tracks.
    t.import(&folder, "a music");
    t.until("import");
    latencies(&t, "while music comes in on all cores");
    t.ended(home, 1);
    t.run(&["send-keys", "q"]);
    std::thread::sleep(Duration::from_secs(2));

    // Without what was heard, in memory or in files, a training listens to all of it again.
    std::fs::remove_dir_all(home.join("cache")).unwrap();
    t.run(&["send-keys", "-l", &format!("{program} --home {}", home.display())]);
    t.run(&["send-keys", "Enter"]);
    t.until("1 Library");
    std::thread::sleep(Duration::from_secs(2));
    for key in ["h", "j", "Enter", "T"] {
        t.run(&["send-keys", key]);
        std::thread::sleep(Duration::from_millis(300));
    }
    t.until("of a-music");
    t.run(&["send-keys", "Enter"]);
    t.until("train");
    latencies(&t, "while a training uses all cores");
    println!("  the training was then {}", state(home, 2));
    t.ended(home, 2);

    let short = many_short(home);
    t.import(&short, "b short");
    t.until("import");
    latencies(&t, "while 2,000 short tracks come in");
    println!("  the import was then {}", state(home, 3));
}

fn latencies(t: &Tmux, when: &str) {
    let mut times: Vec<Duration> = (0..40)
        .map(|n| {
            std::thread::sleep(Duration::from_millis(180));
            t.latency(if n % 2 == 0 { "j" } else { "k" })
        })
        .collect();
    times.sort_unstable();
    println!(
        "key to bytes {when}: median {:.0} ms, 39 of 40 within {:.0} ms (tmux and its client included)",
        ms(times[20]),
        ms(times[38])
    );
}

/// Tones that are heard as music.
fn tones(home: &Path) -> PathBuf {
    let folder = home.join("tones");
    std::fs::create_dir_all(&folder).unwrap();
    for song in 0..16 {
        tone(&folder.join(format!("tone {song}.wav")), song, 120, 44_100);
    }
    folder
}

/// 2,000 tracks of 10 to 12 seconds.
fn many_short(home: &Path) -> PathBuf {
    let folder = home.join("short");
    std::fs::create_dir_all(&folder).unwrap();
    for song in 0..2_000 {
        tone(&folder.join(format!("short {song:04}.wav")), song, 10 + song % 3, 11_025);
    }
    folder
}

fn tone(path: &Path, song: u32, seconds: u32, rate: u32) {
    let frames = rate * seconds;
    let mut bytes = Vec::with_capacity(frames as usize * 2 + 44);
    bytes.extend(b"RIFF");
    bytes.extend((36 + frames * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((frames * 2).to_le_bytes());
    // No two songs are the same, however many there are.
    let tuning = 110.0 * 2f64.powf(f64::from(song / 12) / 2_400.0);
    for n in 0..frames {
        let t = f64::from(n) / f64::from(rate);
        let note = tuning * 2f64.powf(f64::from((t * 2.0) as u32 * (3 + song) % 12) / 12.0);
        let beat = (1.0 - (t * 2.0).fract() * 1.6).max(0.0);
        let value = (t * note * std::f64::consts::TAU).sin() * beat * 12_000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}
