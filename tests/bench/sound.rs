//! The sound of finetunes between the bank and pure grains: identity against music.
//!
//! `cargo bench --profile train --bench sound -- --music DIR [--artists a,b] [--timbre 0,1,2]
//! [--takes N] [--out DIR] [--probe CMD] [--heard CMD]`. Learns from every other track of each artist
//! (a folder each), makes takes of a minute at each value of the dial `timbre`, and prints what a take
//! costs, its verdict, its pulse against the artist's own, and how many of the score's strokes are
//! heard. `--probe CMD` runs a judge of your own on `DIR TAKES`, `--heard CMD` on the lists of takes.
//! Nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

#[path = "support/child.rs"]
mod child;
#[path = "support/files.rs"]
mod files;
#[path = "support/sound/mod.rs"]
mod sound;

use child::{leitmotif, measure};
use serde_json::Value;
use sound::heard::Heard;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECONDS: f64 = 60.0;
/// No genre is named: what a take sounds like is the finetune's alone.
const PROMPTS: [&str; 5] = [
    "a piece",
    "calm, with a slow build",
    "an energetic piece that comes to a big climax",
    "a sad piece in D minor",
    "a cheerful piece in G major",
];

struct Asked {
    music: PathBuf,
    artists: Vec<String>,
    timbre: Vec<f64>,
    takes: usize,
    out: Option<PathBuf>,
    probe: Option<String>,
    heard: Option<String>,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self {
            music: PathBuf::new(),
            artists: Vec::new(),
            timbre: vec![0.0, 0.5, 1.0, 1.5, 2.0],
            takes: 3,
            out: None,
            probe: None,
            heard: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value");
            match argument.as_str() {
                "--music" => asked.music = value().into(),
                "--artists" => asked.artists = value().split(',').map(str::to_owned).collect(),
                "--timbre" => {
                    let numbers = value();
                    let read = |t: &str| t.parse().expect("numbers from 0 to 2");
                    asked.timbre = numbers.split(',').map(read).collect();
                }
                "--takes" => asked.takes = value().parse().expect("a number of takes"),
                "--out" => asked.out = Some(value().into()),
                "--probe" => asked.probe = Some(value()),
                "--heard" => asked.heard = Some(value()),
                // Cargo adds this to every bench.
                "--bench" => {}
                other => panic!(
                    "{other}? --music DIR, --artists A,B, --timbre T,.., --takes N, --out DIR, --probe CMD, --heard CMD"
                ),
            }
        }
        assert!(asked.music.is_dir(), "--music DIR");
        asked
    }
}

fn main() {
    let asked = Asked::read();
    let scratch = tempfile::tempdir().expect("a folder for scratch");
    let out = asked.out.clone().unwrap_or_else(|| scratch.path().join("takes"));
    let mut lists: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for artist in files::folders(&asked.music) {
        let name = artist.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with('.') || !(asked.artists.is_empty() || asked.artists.contains(&name)) {
            continue;
        }
        let home = scratch.path().join(&name);
        let own = learn(&artist, &name, &home);
        for timbre in &asked.timbre {
            let folder = out.join(format!("timbre-{timbre}"));
            let list = takes(&asked, &home, *timbre, &folder.join(&name), &own);
            lists.entry(format!("{timbre}")).or_default().push(list);
        }
        fs::remove_dir_all(&home).expect("a home can be removed");
    }
    for (timbre, lists) in &lists {
        println!("timbre {timbre}");
        let folder = out.join(format!("timbre-{timbre}"));
        run(asked.heard.as_deref(), &lists.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        run(asked.probe.as_deref(), &[&asked.music, &folder]);
    }
}

/// What an artist's own tracks are like.
struct Own {
    pulse: f64,
}

fn learn(artist: &Path, name: &str, home: &Path) -> Own {
    let tracks: Vec<PathBuf> = files::below(artist, files::AUDIO).into_iter().step_by(2).collect();
    let mut import = vec!["import"];
    import.extend(tracks.iter().map(|t| t.to_str().expect("UTF-8")));
    import.extend(["--dataset", "d", "--rights", "own"]);
    let imported = leitmotif(home, &import);
    let trained = leitmotif(home, &["train", "--name", "f", "--genre", "own", "--dataset", "d"]);
    let (mut pulses, mut seconds) = (Vec::new(), 0.0);
    for track in &tracks {
        let heard = Heard::read(track);
        seconds += heard.samples.len() as f64 / 22_050.0;
        let known = leitmotif(home, &["listen", track.to_str().expect("UTF-8")]).json();
        pulses.extend(known["tempo_bpm"].as_f64().map(|bpm| heard.pulse(bpm)));
    }
    let pulse = pulses.iter().sum::<f64>() / pulses.len().max(1) as f64;
    println!(
        "{name}: {} tracks, {:.1} min; heard in {:.1} CPU-s, learned in {:.1} ({:.0} times real time); own pulse {pulse:.2}",
        tracks.len(),
        seconds / 60.0,
        imported.cpu_s,
        trained.cpu_s,
        seconds / trained.cpu_s,
    );
    Own { pulse }
}

/// Makes the takes of an artist at a value of the dial; returns the list of them.
fn takes(asked: &Asked, home: &Path, timbre: f64, out: &Path, own: &Own) -> PathBuf {
    fs::create_dir_all(out).expect("a folder for takes");
    let dial = format!("timbre={timbre}");
    let mut lines = String::new();
    let (mut cpu, mut wall, mut peak) = (0.0, 0.0, 0);
    let mut classes = BTreeMap::<String, usize>::new();
    let (mut pulses, mut hits, mut chance) = (Vec::new(), Vec::new(), Vec::new());
    for (number, prompt) in PROMPTS.iter().cycle().take(asked.takes).enumerate() {
        let (seconds, seed) = (SECONDS.to_string(), (10 + number).to_string());
        let path = out.to_str().expect("UTF-8");
        let made = leitmotif(
            home,
            &[
                "generate",
                prompt,
                "--finetune",
                "f",
                "--seconds",
                &seconds,
                "--seed",
                &seed,
                "--midi",
                "--stems",
                "--out",
                path,
                "--aspects",
                &dial,
            ],
        );
        cpu += made.cpu_s;
        wall += made.wall_s;
        peak = made.peak_bytes.max(peak);
        lines.push_str(made.out.lines().last().unwrap_or_default());
        lines.push('\n');
        let take = &made.json()["takes"][0];
        let class = take["verdict"]["copy"]["class"].as_str().unwrap_or("none").to_owned();
        *classes.entry(class).or_default() += 1;
        let heard = Heard::read(Path::new(take["audio"].as_str().expect("audio")));
        let bpm = take["plan"]["tempo_bpm"].as_f64().expect("a tempo");
        pulses.push(heard.pulse(bpm));
        let strokes = strokes(take);
        if strokes.len() > 8 {
            let (hit, luck) = heard.struck(&strokes, bpm);
            hits.push(hit);
            chance.push(luck);
        }
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    println!(
        "  timbre {timbre}: {:.0} times real time a CPU-second, {:.0} on the clock, verdict included, at most {:.0} MB; classes {classes:?}; pulse {:.2} ({:.2} of own); strokes heard {:.2} (chance {:.2}, {} takes with drums)",
        SECONDS * asked.takes as f64 / cpu,
        SECONDS * asked.takes as f64 / wall,
        peak as f64 / 1e6,
        mean(&pulses),
        mean(&pulses) / own.pulse.max(1e-3),
        mean(&hits),
        mean(&chance),
        hits.len(),
    );
    let list = out.join("takes.jsonl");
    fs::write(&list, lines).expect("a list can be written");
    list
}

/// When the score's drums are struck, seconds.
fn strokes(take: &Value) -> Vec<f64> {
    let midi = fs::read(take["midi"].as_str().expect("a score")).expect("a score can be read");
    let smf = midly::Smf::parse(&midi).expect("a MIDI file");
    let bpm = take["plan"]["tempo_bpm"].as_f64().expect("a tempo");
    let mut times = Vec::new();
    for track in &smf.tracks {
        let mut tick = 0u32;
        for event in track {
            tick += event.delta.as_int();
            if let midly::TrackEventKind::Midi {
                channel,
                message: midly::MidiMessage::NoteOn { vel, .. },
            } = event.kind
                && channel.as_int() == 9
                && vel.as_int() > 0
            {
                times.push(f64::from(tick) / 480.0 * 60.0 / bpm);
            }
        }
    }
    times.sort_by(f64::total_cmp);
    times.dedup_by(|a, b| (*a - *b).abs() < 1e-3);
    times
}

/// Runs a judge and prints what it says.
fn run(command: Option<&str>, arguments: &[&Path]) {
    let Some(command) = command else { return };
    let words: Vec<&str> = command.split_whitespace().collect();
    let (program, rest) = words.split_first().expect("a command");
    let mut child = Command::new(program);
    child.args(arguments).args(rest);
    println!("{}", measure(child).out);
}
