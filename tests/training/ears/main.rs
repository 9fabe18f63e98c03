//! Trains the networks of `nn` that hear on music made here.
//!
//! `cargo run --profile train --example train-ears -- all --freedoom WAD,WAD [--cache DIR]` writes the
//! weights into `src/nn`. Music: pieces of `tests/music/compose.rs` and Freedoom's (BSD) through the
//! `FluidR3` bank (MIT), and pieces of the base through the built-in synthesis, each with its own
//! tuning, tone, drive and noise. Of every ten pieces one is held out; of Freedoom's, the twenty
//! that the bench of the hearing uses are never read.
//!
//! `train-ears -- timbres` makes pieces of its own: half of them sung by Debian's `flite` or by code,
//! some over stretches of the free records of `--records DIR,DIR` (BSD and MIT: see the card).

#![allow(
    clippy::struct_field_names,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic
)]

#[path = "../../music/mod.rs"]
mod music;

mod after;
mod colour;
mod harmony;
mod kinds;
mod lessons;
mod material;
mod pieces;
mod shade;
mod sung;
mod timbres;

use std::path::PathBuf;

/// What the command line asks for.
pub struct Ask {
    nets: Vec<String>,
    wads: Vec<PathBuf>,
    /// Folders of free instrumental records.
    records: Vec<PathBuf>,
    cache: Option<PathBuf>,
    pieces: u64,
    /// One of so many pieces is used, for a shorter course.
    every: usize,
    steps: Option<usize>,
    /// Whether to go on from the weights in `out`, more slowly.
    go_on: bool,
    out: PathBuf,
}

fn main() {
    let ask = ask(std::env::args().skip(1));
    let material = material::gather(&ask);
    let (held, taught): (Vec<_>, Vec<_>) = material.iter().partition(|m| m.number % 10 == 0);
    let seconds: f64 = taught.iter().map(|m| m.seconds).sum();
    println!("{} pieces, {:.2} hours; {} held out", taught.len(), seconds / 3600.0, held.len());
    let asked = |net: &str| ask.nets.iter().any(|n| n == net || (n == "all" && net != "timbres"));
    if asked("chords") {
        harmony::chords(&taught, &held, &ask);
    }
    if asked("keys") {
        harmony::keys(&taught, &held, &ask);
    }
    for net in ["strokes", "bars", "notes", "timbres"] {
        if asked(net) {
            lessons::teach(net, &taught, &held, &ask);
        }
    }
    if asked("strokes") || asked("kinds") {
        kinds::report(&held, &ask);
    }
}

fn ask(mut words: impl Iterator<Item = String>) -> Ask {
    let mut ask = Ask {
        nets: Vec::new(),
        wads: Vec::new(),
        records: Vec::new(),
        cache: None,
        pieces: 1_100,
        every: 1,
        steps: None,
        go_on: false,
        out: PathBuf::from("src/nn"),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--freedoom" => ask.wads = value().split(',').map(PathBuf::from).collect(),
            "--records" => ask.records = value().split(',').map(PathBuf::from).collect(),
            "--cache" => ask.cache = Some(PathBuf::from(value())),
            "--pieces" => ask.pieces = value().parse().expect("a number of pieces"),
            "--every" => ask.every = value().parse().expect("a number of pieces"),
            "--steps" => ask.steps = Some(value().parse().expect("a number of steps")),
            "--go-on" => ask.go_on = true,
            "--out" => ask.out = PathBuf::from(value()),
            net => ask.nets.push(net.to_owned()),
        }
    }
    ask
}
