//! Figures of the screens: frame times, bytes, latencies, weight. Prints; never asserts.
//!
//! `cargo bench --bench tui` measures what needs no terminal, and, where there is tmux, the real
//! program in a terminal of 120x40 over a store of 5,000 tracks, in one run: at rest, while music comes
//! in, while a training listens on all cores, and while 2,000 short tracks come in. With `-- --music
//! DIR` that folder is imported and learned from; without, tones that are made here are.
//!
//! Frames are measured in processor time of the thread that draws: whatever else the machine does
//! does not count. Times on the clock stand beside them.

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
#[path = "support/tmux.rs"]
mod tmux;
#[path = "support/tones.rs"]
mod tones;

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
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tmux::Tmux;

const SIZE: (u16, u16) = (120, 40);
const TRACKS: usize = 5_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    println!("{}", load());
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

/// Time of a frame on each screen, with the difference to the frame before: the first that is drawn
/// at all by itself, and a thousand after it.
fn frames() {
    let mut bench = Bench::new(Fake::with_music());
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    let mut before = Buffer::empty(area);
    for (name, key) in [("library", '1'), ("diagnostics", '2'), ("jobs", '3'), ("generate", '4')] {
        bench.event(Event::Key(Key::char(key)));
        let mut times = Vec::new();
        for n in 0..=1_000 {
            bench.event(Event::Key(Key::char(if n % 9 < 5 { 'j' } else { 'k' })));
            let (start, cpu) = (Instant::now(), cpu_of_thread());
            let mut now = Buffer::empty(area);
            bench.app.draw(&mut now);
            std::hint::black_box(before.diff(&now).len());
            times.push((cpu_of_thread().saturating_sub(cpu), start.elapsed()));
            before = now;
        }
        let first = times.remove(0);
        let wall = times.iter().map(|t| t.1).max().unwrap_or_default();
        let mut cpu: Vec<Duration> = times.iter().map(|t| t.0).collect();
        cpu.sort_unstable();
        println!(
            "frame {name} {}x{}: first {:.2} CPU-ms; then of 1000 median {:.2}, 99 of 100 within {:.2}, \
             worst {:.2} CPU-ms, {} over 2; worst on the clock {:.2} ms",
            SIZE.0,
            SIZE.1,
            ms(first.0),
            ms(cpu[500]),
            ms(cpu[989]),
            ms(cpu[999]),
            cpu.iter().filter(|t| ms(**t) > 2.0).count(),
            ms(wall),
        );
    }
}

/// Processor time of this thread.
fn cpu_of_thread() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
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

/// Longest wait for a job to end by itself, so that the bench ends however slow the machine is.
const JOB_MOST: Duration = Duration::from_secs(600);

fn terminal(home: &Path, music: Option<PathBuf>) {
    let t = Tmux::start(home, SIZE);
    figures("letter to its echo, no program at all", t.echoes(60));
    starts(&t);
    std::thread::sleep(Duration::from_secs(6));
    let before = t.count();
    std::thread::sleep(Duration::from_secs(5));
    println!("idle for 5 s: {} bytes", t.count() - before);
    scrolling(&t, "");
    t.quit();
    t.open_with("SSH_CONNECTION=1");
    t.until("00060");
    std::thread::sleep(Duration::from_secs(2));
    scrolling(&t, " over SSH");
    t.quit();
    t.open();
    t.until("00060");
    latencies(&t, "at rest", None);
    let folder = music.unwrap_or_else(|| tones::some(home));
    // The first dataset by name is the second line of the list, after that of all tracks.
    t.import(&folder, "a music");
    if t.until("j1 import") {
        latencies(&t, "while music comes in on all cores", Some(1));
    }
    if t.ended(1, JOB_MOST) {
        trained(&t, home);
    }
    println!("{}", load());
    let short = tones::many_short(home);
    let job = if t.state(2) == "not there" { 2 } else { 3 };
    t.import(&short, "b short");
    if t.until(&format!("j{job} import")) {
        latencies(&t, "while 2,000 short tracks come in", Some(job));
        t.cancel(job);
        t.ended(job, JOB_MOST);
        println!("  that import, stopped after the keys, ended {}", t.state(job));
    }
    println!("{}", load());
}

/// A training that has to listen to all of its tracks: what was heard is forgotten first, in memory
/// and in files.
fn trained(t: &Tmux, home: &Path) {
    t.quit();
    std::fs::remove_dir_all(home.join("cache")).unwrap();
    t.open();
    t.until("1 Library");
    std::thread::sleep(Duration::from_secs(2));
    t.keys(&["h", "j", "Enter", "T"]);
    if !t.until("of a-music") {
        return;
    }
    t.run(&["send-keys", "Enter"]);
    if t.until("j2 train") {
        latencies(t, "while a training uses all cores", Some(2));
        println!("  that training was {}", t.state(2));
        t.ended(2, JOB_MOST);
        println!("  and ended {}", t.state(2));
    }
}

/// Bytes and frames while a key is held.
fn scrolling(t: &Tmux, how: &str) {
    let before = t.count();
    let start = Instant::now();
    let (mut second, mut from, mut most) = (Instant::now(), before, 0);
    while start.elapsed() < Duration::from_secs(5) {
        t.run(&["send-keys", "j"]);
        std::thread::sleep(Duration::from_millis(25));
        if second.elapsed() >= Duration::from_secs(1) {
            most = most.max(t.frames(from));
            (second, from) = (Instant::now(), t.count());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "scrolling with j held for {seconds:.0} s{how}: {:.1} KB/s, {:.1} frames/s, most in a second \
         {most}",
        (t.count() - before) as f64 / seconds / 1e3,
        t.frames(before) as f64 / seconds,
    );
    std::thread::sleep(Duration::from_secs(1));
}

/// How busy the machine is, with everything else that it does.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("load {} on {cores} cores", text.split(' ').next().unwrap_or("not known"))
}

/// Time from the return key of the shell to the first frame, and to the first with tracks in it.
fn starts(t: &Tmux) {
    let mut times = Vec::new();
    for n in 0..5 {
        if n > 0 {
            t.quit();
        }
        times.push((t.open(), t.shown("1 Library"), t.cpu(), t.shown("00060")));
    }
    let middle = |pick: fn(&(Instant, Instant, f64, Instant)) -> f64| {
        let mut all: Vec<f64> = times.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        (all[2], all[4])
    };
    let first = middle(|t| ms(t.1 - t.0));
    let full = middle(|t| ms(t.3 - t.0));
    let cpu = middle(|t| t.2 * 1000.0);
    println!(
        "first frame with {TRACKS} tracks in the store, of 5 starts: median {:.0} ms, worst {:.0} \
         ({:.0} CPU-ms, worst {:.0}); with the tracks in it {:.0} ms, worst {:.0}",
        first.0, first.1, cpu.0, cpu.1, full.0, full.1
    );
}

/// Time from a key to what it draws, 60 times or until the job ends, and what the program takes of
/// the machine meanwhile.
fn latencies(t: &Tmux, when: &str, job: Option<u32>) {
    let (start, cpu) = (Instant::now(), t.cpu());
    let mut times = Vec::new();
    for n in 0..60 {
        std::thread::sleep(Duration::from_millis(180));
        if job.is_some_and(|job| t.has_ended(job)) {
            break;
        }
        times.push(t.latency(if n % 2 == 0 { "j" } else { "k" }));
    }
    let cores = (t.cpu() - cpu) / start.elapsed().as_secs_f64();
    let load = load();
    figures(&format!("key to bytes {when} (the program took {cores:.1} cores, {load})"), times);
}

/// What times come to; tmux, its client and the file it writes to are in them.
fn figures(of: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| {
        times
            .get((times.len().saturating_sub(1) as f64 * share) as usize)
            .map_or(f64::NAN, |t| ms(*t))
    };
    let over = times.iter().filter(|t| ms(**t) > 50.0).count();
    println!(
        "{of}: of {} median {:.0} ms, 19 of 20 within {:.0}, worst {:.0}, {over} over 50",
        times.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
}
