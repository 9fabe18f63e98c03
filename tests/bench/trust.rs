//! The recording layer of the copy check against real changes of real tracks.
//!
//! `cargo bench --bench trust -- --music DIR [--cache DIR] [--limit N] [--make|--measure|--verdicts]`. Needs
//! `ffmpeg`, `sox` and `rubberband`. Fingerprints of the changed parts are kept in the cache, the
//! sounds are not; a run that was stopped goes on. `--make` only fills the cache, `--measure` only
//! reads it. `--verdicts` judges whole tracks, at most `--limit` of each artist, against the others of
//! their artist, says what figures pairs have, and what a verdict costs.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used, clippy::panic)]

#[path = "support/files.rs"]
mod files;
#[path = "support/trust/mod.rs"]
mod trust;

use std::path::PathBuf;
use trust::{cache, matrix, verdicts};

fn main() {
    let (mut music, mut folder, mut limit) = (None, None, usize::MAX);
    let (mut make, mut measure, mut whole) = (true, true, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--music" => music = arguments.next().map(PathBuf::from),
            "--cache" => folder = arguments.next().map(PathBuf::from),
            "--limit" => {
                limit = arguments.next().and_then(|n| n.parse().ok()).expect("--limit N");
            }
            "--make" => measure = false,
            "--measure" => make = false,
            "--verdicts" => whole = true,
            // Cargo adds this to every bench.
            "--bench" => {}
            other => panic!(
                "{other}? --music DIR, --cache DIR, --limit N, --make, --measure, --verdicts"
            ),
        }
    }
    let music = music.expect("--music DIR");
    let temporary = tempfile::tempdir().expect("a folder can be made");
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).expect("the cache can be made");
    if whole {
        verdicts::verdicts(&files::below(&music, files::AUDIO), limit.min(12), 1_500, &folder);
        return;
    }
    let works = cache::works(&files::below(&music, files::AUDIO), limit, &folder);
    println!("{} tracks of at least 20 s", works.len());
    if make {
        cache::make_all(&works, &folder);
    }
    let changed = cache::changed(&works, &folder);
    println!("{} changed parts", changed.len());
    if measure {
        matrix::changes(&works, &changed, &folder);
        matrix::pairs(&works, &folder);
    }
}
