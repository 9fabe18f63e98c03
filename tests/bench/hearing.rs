//! What leitmotif hears, beside what others hear in the same files, against a truth that is known.
//!
//! `cargo bench --bench hearing -- --bank FILE [--bank FILE] [--midi NAME=DIR].. [--wad NAME=FILE]..
//! [--generated N] [--python PATH] [--peers a,b] [--cache DIR] [--only own] [--limit N]
//! [--seconds 60] [--pieces] [--calibrate]`
//!
//! Banks are `SoundFont` files that nothing was trained with: MIDI files are played by the
//! first, the generator's pieces by each in turn. Of WADs of one name, the 20 pieces with the smallest
//! hashes are taken. MIDI files are cut to `--seconds` (0: whole); they have no truth of harmony and
//! form, and where their beats or bars cannot be believed, those are not asked (`support/hearing/doubt.rs`
//! has the rules). `--python` runs the peers it finds by `peers/hear.py`; `--cache` keeps what they said,
//! and `--only own` uses nothing else of them. `--calibrate`
//! fits the constants of `src/listen/confidence.rs` instead. The figures are those of `mir_eval`, but beats in the
//! first 5 s count; beats of MIDI files count from the first note to the last. Nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![allow(dead_code, missing_docs)]

#[path = "support/child.rs"]
mod child;
#[path = "support/hearing/mod.rs"]
mod hearing;
#[path = "../music/mod.rs"]
mod music;

use hearing::answer::Answer;
use hearing::board::Board;
use hearing::calibrate;
use hearing::cases::{self, Case, Source};
use hearing::figures::Figure;
use hearing::peers::{self, Peers};
use hearing::spectra;
use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What was asked for.
struct Asked {
    midi: Vec<(String, PathBuf)>,
    wads: BTreeMap<String, Vec<PathBuf>>,
    banks: Vec<PathBuf>,
    generated: u64,
    python: Option<PathBuf>,
    peers: Vec<String>,
    cache: Option<PathBuf>,
    only_own: bool,
    limit: usize,
    seconds: f64,
    pieces: bool,
    calibrate: bool,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self {
            midi: Vec::new(),
            wads: BTreeMap::new(),
            banks: Vec::new(),
            generated: 40,
            python: None,
            peers: Vec::new(),
            cache: None,
            only_own: false,
            limit: usize::MAX,
            seconds: 60.0,
            pieces: false,
            calibrate: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                // Cargo adds this to every bench.
                continue;
            }
            if argument == "--pieces" {
                asked.pieces = true;
                continue;
            }
            if argument == "--calibrate" {
                asked.calibrate = true;
                continue;
            }
            let value = arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
            let named = || {
                let (name, path) = value.split_once('=').expect("NAME=PATH");
                (name.to_owned(), PathBuf::from(path))
            };
            match argument.as_str() {
                "--midi" => asked.midi.push(named()),
                "--wad" => {
                    let (name, path) = named();
                    asked.wads.entry(name).or_default().push(path);
                }
                "--bank" => asked.banks.push(PathBuf::from(&value)),
                "--generated" => asked.generated = value.parse().expect("a number of pieces"),
                "--python" => asked.python = Some(PathBuf::from(&value)),
                "--peers" => asked.peers = value.split(',').map(str::to_owned).collect(),
                "--cache" => asked.cache = Some(PathBuf::from(&value)),
                "--only" => asked.only_own = value == "own",
                "--limit" => asked.limit = value.parse().expect("a number of pieces a set"),
                "--seconds" => asked.seconds = value.parse().expect("seconds"),
                other => panic!("{other}? The head of tests/bench/hearing.rs says what there is"),
            }
        }
        assert!(!asked.banks.is_empty(), "--bank FILE: a General-MIDI SoundFont");
        asked
    }
}

fn main() {
    let asked = Asked::read();
    let scratch = tempfile::tempdir().expect("a folder for scratch");
    let cases = make(&asked, scratch.path());
    if asked.calibrate {
        return calibrate::print(&cases);
    }
    let mut board = Board::default();
    let mut costs = Vec::new();
    own(&asked, &cases, scratch.path(), &mut board, &mut costs);
    let python = asked.python.clone().filter(|_| !asked.only_own);
    let crowd = Peers { python: python.clone(), cache: asked.cache.clone() };
    if python.is_some() || asked.cache.is_some() {
        for name in crowd.names(&asked.peers) {
            others(&asked, &crowd, &name, &cases, &mut board, &mut costs);
        }
    } else {
        println!("no --python, no peers");
    }
    println!("\nFigures with 95 % intervals (Wilson for shares, a bootstrap over pieces else):\n");
    board.print();
    speed(&costs);
    front(python.as_deref(), &cases);
}

/// All pieces, played.
fn make(asked: &Asked, scratch: &Path) -> Vec<Case> {
    let banks: Vec<_> = asked.banks.iter().map(|b| music::render::load(b)).collect();
    let seconds = (asked.seconds > 0.0).then_some(asked.seconds);
    let whole = seconds.unwrap_or(120.0);
    let mut sets: Vec<Vec<Source>> = Vec::new();
    for (name, folder) in &asked.midi {
        sets.push(cases::folder(name, folder));
    }
    for (name, files) in &asked.wads {
        sets.push(cases::wads(name, files));
    }
    let mut all = Vec::new();
    for mut set in sets {
        set.truncate(asked.limit);
        all.extend(cases::play(set, &banks[..1], seconds, scratch));
    }
    let count = asked.generated.min(asked.limit as u64);
    all.extend(cases::play(cases::generated("generated", count, whole), &banks, None, scratch));
    let mut sets: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for case in &all {
        let set = sets.entry(&case.set).or_default();
        *set = (set.0 + 1, set.1 + case.seconds);
        let doubts = case.doubts.words();
        if !doubts.is_empty() {
            println!("{}/{}: {doubts}", case.set, case.name);
        }
    }
    for (set, (count, seconds)) in sets {
        println!("{set}: {count} pieces, {:.1} minutes", seconds / 60.0);
    }
    all
}

/// A program's processor time: by task, seconds, of so much sound.
struct Cost {
    program: String,
    tasks: BTreeMap<String, (f64, f64)>,
    note: String,
}

fn own(asked: &Asked, cases: &[Case], scratch: &Path, board: &mut Board, costs: &mut Vec<Cost>) {
    let (mut cpu_s, mut wall_s, mut seconds, mut peak) = (0.0, 0.0, 0.0, 0);
    let home = scratch.join("home");
    for case in cases {
        let wav = case.wav.to_str().expect("paths of benches are UTF-8");
        let run = child::leitmotif(&home, &["listen", wav]);
        cpu_s += run.cpu_s;
        wall_s += run.wall_s;
        seconds += case.seconds;
        peak = peak.max(run.peak_bytes);
        show(asked, "leitmotif", case, &board.write("leitmotif", case, &Answer::read(&run.json())));
    }
    let mut note =
        format!("{:.0} times real time, peak {:.0} MB", seconds / wall_s, peak as f64 / 1e6);
    if let Some((cpu_s, wall_s)) = quick(cases, &home) {
        let _ = write!(
            note,
            "; --quick {:.5}, {:.0} times real time",
            cpu_s / seconds,
            seconds / wall_s
        );
    }
    let tasks = BTreeMap::from([("listen".to_owned(), (cpu_s, seconds))]);
    costs.push(Cost { program: "leitmotif".to_owned(), tasks, note });
}

/// Processor time and time on the clock of the quick pass over all pieces, if the program has one.
fn quick(cases: &[Case], home: &Path) -> Option<(f64, f64)> {
    let mut sum = (0.0, 0.0);
    for case in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leitmotif"));
        command.arg("--json").arg("--home").arg(home).args(["listen", "--quick"]).arg(&case.wav);
        let run = child::measure(command);
        if !run.good {
            return None;
        }
        sum = (sum.0 + run.cpu_s, sum.1 + run.wall_s);
    }
    Some(sum)
}

fn others(
    asked: &Asked,
    crowd: &Peers,
    name: &str,
    cases: &[Case],
    board: &mut Board,
    costs: &mut Vec<Cost>,
) {
    let mut tasks: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let mut unknown = 0;
    for (case, said) in cases.iter().zip(crowd.ask(name, cases)) {
        let Some(said) = said else {
            unknown += 1;
            continue;
        };
        for (task, cpu_s) in said.cpu_s {
            let sum = tasks.entry(task).or_default();
            *sum = (sum.0 + cpu_s, sum.1 + case.seconds);
        }
        show(asked, name, case, &board.write(name, case, &said.answer));
    }
    if unknown > 0 {
        println!("{name}: nothing is known of {unknown} of {} pieces", cases.len());
    }
    costs.push(Cost { program: name.to_owned(), tasks, note: String::new() });
}

fn show(asked: &Asked, program: &str, case: &Case, values: &[(Figure, f64)]) {
    if asked.pieces {
        let values: Vec<String> =
            values.iter().map(|(f, v)| format!("{} {v:.2}", f.name())).collect();
        println!("{program} | {}/{} | {}", case.set, case.name, values.join("; "));
    }
}

/// Processor time of everybody. Peers are measured inside their process after a warm start,
/// leitmotif from the outside with its start.
fn speed(costs: &[Cost]) {
    let of = |cost: &Cost| cost.tasks.values().map(|t| t.0 / t.1.max(1e-9)).sum::<f64>();
    let own = costs.first().map_or(0.0, of);
    println!("\n| program | CPU-s per s of sound | times leitmotif's | by task |\n|-|-|-|-|");
    for cost in costs.iter().filter(|c| !c.tasks.is_empty()) {
        let tasks: Vec<String> =
            cost.tasks.iter().map(|(t, s)| format!("{t} {:.5}", s.0 / s.1.max(1e-9))).collect();
        println!(
            "| {} | {:.5} | {:.2} | {} {} |",
            cost.program,
            of(cost),
            of(cost) / own,
            tasks.join(", "),
            cost.note
        );
    }
}

/// The spectral front end beside librosa's.
fn front(python: Option<&Path>, cases: &[Case]) {
    let Some(case) = cases.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds)) else { return };
    let samples: Vec<f32> = hound::WavReader::open(&case.wav)
        .expect("a WAV of this bench's own")
        .samples::<i16>()
        // Every other sample is enough for a measure of speed.
        .step_by(2)
        .map(|s| f32::from(s.expect("a sample")) / 32_768.0)
        .collect();
    let (like, frames) = spectra::measure(&samples);
    println!(
        "\nspectral front end, one thread, CPU-s per s of sound: {like:.6} for 2048/512, 128 mel bands and chroma; {frames:.6} for leitmotif's frames of onsets and pitches"
    );
    match python.and_then(|p| peers::librosa_spectra(p, &case.wav)) {
        Some(librosa) => println!(
            "librosa on the like work: {librosa:.6}, {:.2} times leitmotif's",
            librosa / like
        ),
        None => println!("librosa was not asked"),
    }
}
