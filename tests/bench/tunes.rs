//! Is the same tune found, and a new one not? Pieces whose notes are known, copied in known ways.
//!
//! `cargo bench --bench tunes -- --bank FILE --other FILE [--wad NAME=FILE].. [--midi NAME=DIR]..
//! [--pairs MIDI_DIR=AUDIO_DIR] [--music DIR] [--generated 14] [--limit 14] [--seconds 45]
//! [--from SEED] [--cache DIR]`
//!
//! Originals go through the first bank; copies by other instruments through the other. Nulls are pairs
//! of different pieces of one collection (same generator, same game): the take is another piece as
//! played by others. `--pairs` holds recordings beside the MIDI files of the same pieces, `--music`
//! a folder an artist: no two of those tracks are the same piece. Shares have exact 95 % intervals
//! (Clopper & Pearson). `--teach` writes the tables of the background instead, from generated pieces
//! and those of WADs that are not kept for tests. Nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![allow(dead_code, missing_docs)]

#[path = "support/files.rs"]
mod files;
#[path = "../music/mod.rs"]
mod music;
#[path = "support/tunes/mod.rs"]
mod tunes;

use leitmotif::domain::listening::Pass;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::judge::{groove, tune};
use rayon::prelude::*;
use rustysynth::SoundFont;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tunes::hear::{self, Heard};
use tunes::material::{self, Original};
use tunes::plan::Plan;
use tunes::table::{quantiles, share, threshold};
use tunes::variants;

/// What was asked for.
struct Asked {
    banks: Vec<PathBuf>,
    wads: BTreeMap<String, Vec<PathBuf>>,
    midi: Vec<(String, PathBuf)>,
    pairs: Vec<(PathBuf, PathBuf)>,
    music: Option<PathBuf>,
    generated: usize,
    limit: usize,
    seconds: f64,
    from: u64,
    cache: Option<PathBuf>,
    teach: bool,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self {
            banks: Vec::new(),
            wads: BTreeMap::new(),
            midi: Vec::new(),
            pairs: Vec::new(),
            music: None,
            generated: 14,
            limit: 14,
            seconds: 45.0,
            from: 0,
            cache: None,
            teach: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            // Cargo adds the first to every bench.
            if argument == "--bench" || argument == "--teach" {
                asked.teach |= argument == "--teach";
                continue;
            }
            let value = arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
            let two = || value.split_once('=').expect("NAME=PATH");
            match argument.as_str() {
                "--bank" => asked.banks.insert(0, value.into()),
                "--other" => asked.banks.push(value.into()),
                "--wad" => asked.wads.entry(two().0.to_owned()).or_default().push(two().1.into()),
                "--midi" => asked.midi.push((two().0.to_owned(), two().1.into())),
                "--pairs" => asked.pairs.push((two().0.into(), two().1.into())),
                "--music" => asked.music = Some(value.into()),
                "--generated" => asked.generated = value.parse().expect("a number"),
                "--limit" => asked.limit = value.parse().expect("a number"),
                "--seconds" => asked.seconds = value.parse().expect("seconds"),
                "--from" => asked.from = value.parse().expect("a number"),
                "--cache" => asked.cache = Some(value.into()),
                other => panic!("{other}? The head of tests/bench/tunes.rs says what there is"),
            }
        }
        assert!(!asked.banks.is_empty(), "--bank FILE: a General-MIDI SoundFont");
        asked
    }
}

fn main() {
    let asked = Asked::read();
    if asked.teach {
        tunes::teach::teach(
            &asked.wads.values().flatten().cloned().collect::<Vec<_>>(),
            &asked.banks[0],
        );
        return;
    }
    let banks: Vec<Arc<SoundFont>> = asked.banks.iter().map(|b| music::render::load(b)).collect();
    if asked.generated + asked.wads.len() + asked.midi.len() > 0 {
        copies(&asked, &banks);
    }
    for (scores, recordings) in &asked.pairs {
        recorded(&asked, &banks, scores, recordings);
    }
    if let Some(music) = &asked.music {
        real(&asked, music);
    }
}

/// What two sounds have in common, by each measure.
#[derive(Clone, Copy, Default)]
struct Figures {
    progression: f32,
    whole: f32,
    part: f32,
    /// Score of the take against what was transcribed of the track.
    motif: f32,
    /// Score against score.
    score: f32,
    groove: f32,
}

/// A figure by name.
type Measure = (&'static str, fn(&Figures) -> f32);

const MEASURES: [Measure; 6] = [
    ("progression", |f| f.progression),
    ("whole tune", |f| f.whole),
    ("part of tune", |f| f.part),
    ("notes, transcribed", |f| f.motif),
    ("notes, scores", |f| f.score),
    ("groove", |f| f.groove),
];

fn figures(take: &Heard, track: &Heard) -> Figures {
    let like = match (&take.sketch, &track.sketch) {
        (Ok(a), Ok(b)) => tune::compare(a, b),
        _ => tune::Likeness::default(),
    };
    let bits =
        |a: &[tune::Line], b: &[tune::Line]| tune::motif::best(a, b).map_or(0.0, |span| span.bits);
    let groove = match (&take.groove, &track.groove) {
        (Some(a), Some(b)) => groove::compare(a, b).map_or(-1.0, |g| g.score),
        _ => -1.0,
    };
    Figures {
        progression: like.progression,
        whole: like.whole,
        part: like.part,
        motif: bits(&take.score, &track.transcribed),
        score: bits(&take.score, &track.score),
        groove,
    }
}

/// The kinds of copies.
fn variants_of(piece: &Original, host: &Plan, dice: &mut Dice) -> Vec<(&'static str, bool, Plan)> {
    let plan = &piece.plan;
    let others = variants::played_by_others(plan, dice);
    let moved = variants::anywhere(plan, dice);
    let mut all = vec![
        ("same instruments", false, moved.clone()),
        ("other instruments", true, variants::anywhere(&others, dice)),
    ];
    for (name, part) in
        [("ornamented 10 %", 0.1), ("ornamented 20 %", 0.2), ("ornamented 30 %", 0.3)]
    {
        let ornamented = variants::ornamented(&others, part, dice);
        all.push((name, true, variants::anywhere(&ornamented, dice)));
    }
    let chords = variants::new_chords(&others, dice);
    all.push(("tune kept, new chords", true, variants::anywhere(&chords, dice)));
    all.extend(variants::spliced(host, &moved, 10.0).map(|p| ("10 s, same instruments", false, p)));
    all.extend(
        variants::spliced(host, &others, 10.0).map(|p| ("10 s, other instruments", true, p)),
    );
    all.push(("chords kept, new tune", false, variants::new_melody(plan, false, dice)));
    all.push(("backing kept, new tune", false, variants::new_melody(plan, true, dice)));
    all
}

fn copies(asked: &Asked, banks: &[Arc<SoundFont>]) {
    let cache = asked.cache.as_deref();
    let mut pieces = material::generated(asked.generated, asked.seconds, asked.from);
    for (name, files) in &asked.wads {
        pieces.extend(material::wads(name, files, asked.seconds).into_iter().take(asked.limit));
    }
    for (name, folder) in &asked.midi {
        pieces.extend(material::folder(name, folder, asked.seconds).into_iter().take(asked.limit));
    }
    let mut sets: BTreeMap<&str, usize> = BTreeMap::new();
    pieces.iter().for_each(|p| *sets.entry(&p.set).or_default() += 1);
    println!("{} pieces of {:.0} s: {sets:?}", pieces.len(), asked.seconds);
    let last = banks.len() - 1;
    let begun = Instant::now();
    let tracks: Vec<Heard> = pieces
        .par_iter()
        .map(|p| hear::played(&p.plan, ("first", &banks[0]), Pass::Full, cache))
        .collect();
    println!("originals: {:.0} s", begun.elapsed().as_secs_f64());
    let takes: Vec<(usize, &str, Heard)> = (0..pieces.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let mut dice = Dice::new(i as u64 + asked.from, "copies");
            let own: Vec<usize> =
                (0..pieces.len()).filter(|j| *j != i && pieces[*j].set == pieces[i].set).collect();
            let host = &pieces[own[dice.below(own.len())]].plan;
            variants_of(&pieces[i], host, &mut dice)
                .into_iter()
                .map(|(name, other, plan)| {
                    let bank = if other { ("other", &banks[last]) } else { ("first", &banks[0]) };
                    (i, name, hear::played(&plan, bank, Pass::Quick, cache))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    println!("copies: {:.0} s", begun.elapsed().as_secs_f64());
    let unmeasured = tracks.iter().chain(takes.iter().map(|t| &t.2)).filter(|h| h.sketch.is_err());
    println!("without a sketch: {}", unmeasured.count());
    let bytes: usize = tracks.iter().map(|t| t.bytes).sum();
    let seconds: f64 = tracks.iter().map(|t| t.seconds).sum();
    let cost: f64 = tracks.iter().map(|t| t.sketch_s).sum();
    println!(
        "a sketch of 3 minutes: {:.0} kB, {:.2} s",
        bytes as f64 / seconds * 0.18,
        cost / seconds * 180.0
    );
    let mut found: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
    for (i, name, take) in &takes {
        found.entry(name).or_default().push(figures(take, &tracks[*i]));
    }
    // Every take that is wholly played by others against every other piece of its collection.
    let pairs: Vec<(usize, usize)> = (0..takes.len())
        .filter(|t| {
            ["same instruments", "other instruments", "chords kept, new tune"]
                .contains(&takes[*t].1)
        })
        .flat_map(|t| (0..pieces.len()).map(move |j| (t, j)))
        .filter(|(t, j)| takes[*t].0 != *j && pieces[takes[*t].0].set == pieces[*j].set)
        .collect();
    let begun = Instant::now();
    let null: Vec<Figures> =
        pairs.par_iter().map(|(t, j)| figures(&takes[*t].2, &tracks[*j])).collect();
    println!(
        "{} pairs of one collection, {:.1} ms each on the clock",
        null.len(),
        1e3 * begun.elapsed().as_secs_f64() / null.len() as f64
    );
    print(&found, &null, "found at 2 % false alarms on pairs of one collection");
    let mut own: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
    for ((t, _), f) in pairs.iter().zip(&null) {
        own.entry(&pieces[takes[*t].0].set).or_default().push(*f);
    }
    for (set, values) in own {
        spread(&format!("null {set}"), &values);
    }
    for (name, values) in &found {
        spread(name, values);
    }
    // Where the collections differ: hits by collection.
    for name in ["same instruments", "other instruments"] {
        let mut by: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
        for (i, n, take) in &takes {
            if *n == name {
                by.entry(&pieces[*i].set).or_default().push(figures(take, &tracks[*i]));
            }
        }
        by.iter().for_each(|(set, values)| spread(&format!("{name} {set}"), values));
    }
}

/// Quantiles of every measure.
fn spread(name: &str, values: &[Figures]) {
    print!("{name} ({}), 10/50/90/98/100 %:", values.len());
    for (measure, of) in MEASURES {
        let all: Vec<f32> = values.iter().map(of).collect();
        let q: Vec<String> = quantiles(&all, &[0.1, 0.5, 0.9, 0.98, 1.0])
            .iter()
            .map(|x| format!("{x:.1}"))
            .collect();
        print!(" {measure} {};", q.join("/"));
    }
    println!();
}

fn print(found: &BTreeMap<&str, Vec<Figures>>, null: &[Figures], title: &str) {
    println!("\n{title}:\n");
    print!("| |");
    let lines: Vec<f32> = MEASURES
        .iter()
        .map(|(_, of)| threshold(&null.iter().map(of).collect::<Vec<_>>(), 0.02))
        .collect();
    for ((name, _), line) in MEASURES.iter().zip(&lines) {
        print!(" {name} > {line:.1} |");
    }
    println!("\n|-|{}", "-|".repeat(MEASURES.len()));
    for (name, values) in found {
        print!("| {name} |");
        for ((_, of), line) in MEASURES.iter().zip(&lines) {
            let hits = values.iter().filter(|f| of(f) > *line).count();
            print!(" {} |", share(hits, values.len()));
        }
        println!();
    }
    println!();
}

/// Recordings of an artist beside the scores they were made from, through another bank.
fn recorded(asked: &Asked, banks: &[Arc<SoundFont>], scores: &Path, recordings: &Path) {
    let cache = asked.cache.as_deref();
    let seconds = 90.0;
    let mut names = Vec::new();
    let mut takes = Vec::new();
    let mut tracks = Vec::new();
    for path in files::below(scores, &["mid"]) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let audio = ["ogg", "flac", "mp3", "wav"].map(|e| recordings.join(format!("{stem}.{e}")));
        let Some(audio) = audio.into_iter().find(|p| p.exists()) else { continue };
        let Ok(piece) = music::midi::read(&std::fs::read(&path).unwrap()) else { continue };
        let piece = music::crop(&piece, 0.0, seconds);
        let mono =
            music::render::render(&banks[banks.len() - 1], &piece, leitmotif::listen::RATE_HZ);
        let mut take = hear::of_samples(&mono, Pass::Quick);
        take.score = tune::Line::of_notes(&hear::spans(&piece.truth.notes));
        let Some(track) = hear::of_file(&audio, seconds, cache) else { continue };
        names.push(stem);
        takes.push(take);
        tracks.push(track);
    }
    let all: Vec<(usize, usize)> =
        (0..takes.len()).flat_map(|i| (0..tracks.len()).map(move |j| (i, j))).collect();
    let values: Vec<Figures> =
        all.par_iter().map(|(i, j)| figures(&takes[*i], &tracks[*j])).collect();
    let mut found: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
    let mut null = Vec::new();
    for ((i, j), f) in all.iter().zip(values) {
        if i == j {
            println!(
                "{}: whole {:.1}, part {:.1}, progression {:.1}",
                names[*i], f.whole, f.part, f.progression
            );
            found.entry("recording and score").or_default().push(f);
        } else {
            null.push(f);
        }
    }
    print(&found, &null, "recordings against renders of their scores, nulls the other pieces");
    spread("null", &null);
}

/// False alarms among real tracks.
fn real(asked: &Asked, folder: &Path) {
    let seconds = 90.0;
    let mut paths = files::below(folder, &["ogg", "flac", "mp3", "wav"]);
    paths.retain(|p| {
        !p.components().any(|c| c.as_os_str() == "stems" || c.as_os_str() == ".packages")
    });
    let begun = Instant::now();
    let tracks: Vec<(PathBuf, Heard)> = paths
        .par_iter()
        .filter_map(|p| Some((p.clone(), hear::of_file(p, seconds, asked.cache.as_deref())?)))
        .collect();
    println!("{} real tracks heard: {:.0} s", tracks.len(), begun.elapsed().as_secs_f64());
    let artist = |p: &Path| p.parent().and_then(|d| d.file_name()).unwrap().to_owned();
    let pairs: Vec<(usize, usize)> =
        (0..tracks.len()).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
    let begun = Instant::now();
    let values: Vec<Figures> =
        pairs.par_iter().map(|(i, j)| figures(&tracks[*i].1, &tracks[*j].1)).collect();
    println!("{} pairs: {:.1} s on the clock", pairs.len(), begun.elapsed().as_secs_f64());
    let same = |k: usize| artist(&tracks[pairs[k].0].0) == artist(&tracks[pairs[k].1].0);
    for (name, wanted) in [("real, one artist", true), ("real, two artists", false)] {
        let own: Vec<Figures> =
            (0..pairs.len()).filter(|k| same(*k) == wanted).map(|k| values[k]).collect();
        spread(name, &own);
    }
    for (measure, of) in &MEASURES[1..3] {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|x, y| of(&values[*y]).total_cmp(&of(&values[*x])));
        for k in order.into_iter().take(12) {
            let name = |n: usize| {
                let path = &tracks[n].0;
                format!(
                    "{}/{}",
                    artist(path).to_string_lossy(),
                    path.file_name().unwrap().to_string_lossy()
                )
            };
            println!("{measure} {:.1}: {} {}", of(&values[k]), name(pairs[k].0), name(pairs[k].1));
        }
    }
}
