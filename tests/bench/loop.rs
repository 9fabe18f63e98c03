//! The whole loop, measured: how fast it hears, learns and plays, and what it holds in memory.
//!
//! `cargo bench --bench loop` makes its own music. `-- --music DIR` takes folders of real tracks, one
//! an artist, and adds what only real music can show: verdicts, loudness, tempo and key, beside a
//! control of random grains. `--probe CMD` runs a judge of your own on `DIR TAKES` at the end.
//! `--long DIR` imports everything in a folder and trains on it, for the memory of large datasets.
//! Figures are processor seconds and ratios; nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::child::{Run, leitmotif, measure};
use support::control::random_grains;

/// Minutes of music that the program makes for the figures of speed.
const MINUTES: f64 = 40.0;
/// Length of each of those tracks, seconds.
const TRACK_S: f64 = 240.0;

/// What was asked for.
#[derive(Default)]
struct Asked {
    music: Option<PathBuf>,
    long: Option<PathBuf>,
    probe: Option<String>,
    out: Option<PathBuf>,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self::default();
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--music" => asked.music = arguments.next().map(PathBuf::from),
                "--long" => asked.long = arguments.next().map(PathBuf::from),
                "--probe" => asked.probe = arguments.next(),
                "--out" => asked.out = arguments.next().map(PathBuf::from),
                // Cargo adds this to every bench.
                "--bench" => {}
                other => panic!("{other}? --music DIR, --long DIR, --probe CMD, --out DIR"),
            }
        }
        asked
    }
}

fn main() {
    let asked = Asked::read();
    let scratch = tempfile::tempdir().expect("a folder for scratch");
    if let Some(folder) = &asked.long {
        long(folder, scratch.path());
    } else if let Some(music) = &asked.music {
        let out = asked.out.clone().unwrap_or_else(|| scratch.path().join("takes"));
        real(music, &out, scratch.path(), asked.probe.as_deref());
    } else {
        speed(scratch.path());
    }
}

/// Speed on music that the program makes itself.
fn speed(scratch: &Path) {
    let tracks = make_music(scratch);
    let home = scratch.join("home");
    let seconds = MINUTES * 60.0;
    let peer = decode_with_ffmpeg(&tracks);
    let import = leitmotif(
        &home,
        &["import", path(&scratch.join("music")), "--dataset", "d", "--rights", "own"],
    );
    line("import and listen", &import, seconds, "40 times real time");
    match peer {
        Some(peer) => println!(
            "  decoding alone by ffmpeg: {:.2} CPU-s; decoding, resampling and hearing cost {:.1} times that",
            peer.cpu_s,
            import.cpu_s / peer.cpu_s
        ),
        None => println!("  ffmpeg is not here: no peer to compare with"),
    }
    let train = leitmotif(&home, &["train", "--name", "f", "--genre", "own", "--dataset", "d"]);
    line("train", &train, seconds, "12 CPU-minutes with the import");
    println!(
        "  all of it: {:.2} CPU-minutes from {MINUTES:.0} minutes; finetune {:.1} MB (target: under 60)",
        (import.cpu_s + train.cpu_s) / 60.0,
        size(&home.join("data/finetunes")) as f64 / 1e6
    );
    for (name, arguments) in [
        ("take of 180 s", vec!["generate", "a piece", "--finetune", "f", "--seconds", "180"]),
        ("take of 180 s, base", vec!["generate", "a piece", "--seconds", "180", "--seed", "99"]),
    ] {
        let take = leitmotif(&home, &arguments);
        line(name, &take, 180.0, "10 times real time");
    }
}

/// Tracks of the base's own, as WAV files.
fn make_music(scratch: &Path) -> Vec<PathBuf> {
    let folder = scratch.join("music");
    fs::create_dir_all(&folder).expect("a folder for music");
    let home = scratch.join("maker");
    let keys = ["A minor", "C major", "E minor", "D minor", "G major"];
    let count = (MINUTES * 60.0 / TRACK_S) as usize;
    let tracks = (0..count).map(|n| {
        let prompt = format!("{} bpm in {}", 100 + 4 * n, keys[n % keys.len()]);
        let length = TRACK_S.to_string();
        let seed = n.to_string();
        let made = leitmotif(&home, &["generate", &prompt, "--seconds", &length, "--seed", &seed]);
        let from = made.json()["takes"][0]["audio"].as_str().map(PathBuf::from).expect("a take");
        let to = folder.join(format!("track-{n:02}.wav"));
        fs::rename(from, &to).expect("a track can be moved");
        to
    });
    tracks.collect()
}

/// What ffmpeg needs to decode and resample the same files to what hearing works on.
fn decode_with_ffmpeg(tracks: &[PathBuf]) -> Option<Run> {
    let runs = tracks.iter().map(|track| {
        let mut command = Command::new("ffmpeg");
        command.args([
            "-v",
            "error",
            "-i",
            path(track),
            "-ac",
            "1",
            "-ar",
            "22050",
            "-f",
            "null",
            "-",
        ]);
        command
    });
    Command::new("ffmpeg").arg("-version").output().ok()?;
    let mut whole: Option<Run> = None;
    for command in runs {
        let run = measure(command);
        whole = Some(match whole {
            Some(before) => Run { cpu_s: before.cpu_s + run.cpu_s, ..run },
            None => run,
        });
    }
    whole
}

/// Memory and time of a large dataset.
fn long(folder: &Path, scratch: &Path) {
    let home = scratch.join("home");
    let import = leitmotif(&home, &["import", path(folder), "--dataset", "d", "--rights", "own"]);
    let shown = leitmotif(&home, &["dataset", "show", "d"]).json();
    let length = |m: &Value| Some(m["end_s"].as_f64()? - m["start_s"].as_f64()?);
    let members = shown["members"].as_array().cloned().unwrap_or_default();
    let seconds: f64 = members.iter().filter_map(length).sum();
    println!("{:.2} hours of music", seconds / 3600.0);
    line("import and listen", &import, seconds, "under 1.5 GB");
    let train = leitmotif(&home, &["train", "--name", "f", "--genre", "own", "--dataset", "d"]);
    line("train", &train, seconds, "under 1.5 GB");
    println!(
        "  finetune {:.1} MB (target: under 60)",
        size(&home.join("data/finetunes")) as f64 / 1e6
    );
}

const PROMPTS: [(&str, &str); 3] =
    [("plain", "a piece"), ("calm", "calm, with a slow build"), ("key", "")];

/// Real tracks: every other one of each artist is learned from.
fn real(music: &Path, out: &Path, scratch: &Path, probe: Option<&str>) {
    let control = out.with_file_name("control");
    println!(
        "artist | take | key right | tempo off % | LUFS (dataset) | style rank p | copy evidence"
    );
    for artist in folders(music) {
        let name = artist.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let tracks: Vec<PathBuf> = files(&artist).into_iter().step_by(2).collect();
        if tracks.is_empty() {
            println!("{name}: no tracks");
            continue;
        }
        let home = scratch.join(&name);
        let mut import = vec!["import"];
        import.extend(tracks.iter().map(|t| path(t)));
        import.extend(["--dataset", "d", "--rights", "own"]);
        let imported = leitmotif(&home, &import);
        let trained =
            leitmotif(&home, &["train", "--name", "f", "--genre", "own", "--dataset", "d"]);
        println!(
            "{name}: {} tracks, import {:.1} CPU-s, train {:.1} CPU-s, {:.1} MB",
            tracks.len(),
            imported.cpu_s,
            trained.cpu_s,
            size(&home.join("data/finetunes")) as f64 / 1e6
        );
        takes_of(&home, &name, &tracks, &out.join(&name));
        let folder = control.join(&name);
        fs::create_dir_all(&folder).expect("a folder for the control");
        for seed in 0..3 {
            let to = folder.join(format!("control-{seed}.wav"));
            random_grains(&tracks, 60.0, seed, &to);
            let judged = leitmotif(&home, &["evaluate", "--finetune", "f", path(&to)]);
            let verdict = &judged.json()["verdicts"][0]["verdict"];
            report(&name, &format!("control {seed}"), &to, None, None, verdict, &home);
        }
    }
    if let Some(command) = probe {
        for takes in [out, control.as_path()] {
            println!("{command} {} {}", music.display(), takes.display());
            let words: Vec<&str> = command.split_whitespace().collect();
            let (program, rest) = words.split_first().expect("a command");
            let mut run = Command::new(program);
            run.arg(music).arg(takes).args(rest);
            println!("{}", measure(run).out);
        }
    }
}

fn takes_of(home: &Path, name: &str, tracks: &[PathBuf], out: &Path) {
    let own = own_tempo(home, tracks);
    // A fast artist is asked for slower music and a slow one for faster: 15 % off either way.
    let other = if own > 120.0 { own / 1.15 } else { own * 1.15 };
    let asked = format!("{other:.0} bpm in A minor");
    for (label, prompt) in PROMPTS {
        let prompt = if prompt.is_empty() { asked.as_str() } else { prompt };
        for seconds in ["60", "180"] {
            // One long take an artist.
            if seconds == "180" && label != "plain" {
                continue;
            }
            let made = leitmotif(
                home,
                &["generate", prompt, "--finetune", "f", "--seconds", seconds, "--out", path(out)],
            );
            let take = &made.json()["takes"][0];
            let audio = PathBuf::from(take["audio"].as_str().expect("audio"));
            let speed = seconds.parse::<f64>().unwrap_or(60.0) / made.cpu_s;
            let title = format!("{label} {seconds} s, {speed:.0} times real time");
            let plan = &take["plan"];
            let key = plan["key"].as_str();
            report(name, &title, &audio, key, plan["tempo_bpm"].as_f64(), &take["verdict"], home);
        }
    }
}

/// One line about a take, heard by the program's own ears.
fn report(
    artist: &str,
    title: &str,
    audio: &Path,
    key: Option<&str>,
    tempo: Option<f64>,
    verdict: &Value,
    home: &Path,
) {
    let heard = leitmotif(home, &["listen", path(audio)]).json();
    let heard_key = heard["key"].as_str().unwrap_or("none");
    let right = key.map_or("not asked", |k| if k == heard_key { "yes" } else { "no" });
    let off = match (tempo, heard["tempo_bpm"].as_f64()) {
        (Some(asked), Some(heard)) => format!("{:+.1}", (heard / asked - 1.0) * 100.0),
        (_, None) => "no beat".to_owned(),
        (None, Some(_)) => "not asked".to_owned(),
    };
    let style = &verdict["style"];
    println!(
        "{artist} | {title} | {right} ({heard_key}, confidence {:.2}) | {off} (confidence {:.2}) | {:.1} | {} of {}, {} | {}",
        heard["key_confidence"].as_f64().unwrap_or(0.0),
        heard["tempo_confidence"].as_f64().unwrap_or(0.0),
        heard["loudness_lufs"].as_f64().unwrap_or(f64::NAN),
        style["rank"],
        style["of"],
        style["p"],
        verdict["copy"]["evidence"].as_array().map_or(0, Vec::len)
    );
}

/// Middle tempo of the dataset.
fn own_tempo(home: &Path, tracks: &[PathBuf]) -> f64 {
    let heard = |t: &PathBuf| leitmotif(home, &["listen", path(t)]).json()["tempo_bpm"].as_f64();
    let mut tempi: Vec<f64> = tracks.iter().filter_map(heard).collect();
    tempi.sort_by(f64::total_cmp);
    tempi.get(tempi.len() / 2).copied().unwrap_or(120.0)
}

fn line(name: &str, run: &Run, seconds: f64, target: &str) {
    println!(
        "{name}: {:.2} CPU-s, {:.0} times real time per CPU-second, {:.0} on the clock, peak {:.0} MB (target: {target})",
        run.cpu_s,
        seconds / run.cpu_s,
        seconds / run.wall_s,
        run.peak_bytes as f64 / 1e6
    );
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of benches are UTF-8")
}

fn folders(root: &Path) -> Vec<PathBuf> {
    sorted(root).into_iter().filter(|p| p.is_dir()).collect()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let audio = ["ogg", "flac", "wav", "mp3", "m4a", "opus"];
    let is_audio = |p: &PathBuf| {
        p.extension().is_some_and(|e| audio.iter().any(|a| e.eq_ignore_ascii_case(a)))
    };
    sorted(root).into_iter().filter(is_audio).collect()
}

fn sorted(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).expect("a folder").filter_map(|e| Some(e.ok()?.path())).collect();
    found.sort();
    found
}

fn size(folder: &Path) -> u64 {
    sorted(folder)
        .into_iter()
        .map(|p| if p.is_dir() { size(&p) } else { fs::metadata(&p).map_or(0, |m| m.len()) })
        .sum()
}
