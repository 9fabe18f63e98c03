//! Pieces to copy: collections of MIDI files, of WADs and of the generator.

use super::plan::Plan;
use crate::files;
use crate::music::{Part, Piece, compose, crop, midi, wad};
use std::fs;
use std::path::{Path, PathBuf};

/// Seeds of the generator from here on are for tests; trainers stay below.
const TEST_SEEDS: u64 = (1 << 40) + 5_000;
/// Notes that a tune must have to be one.
const LEAST_LEAD: usize = 24;

/// A piece with a tune.
pub struct Original {
    pub set: String,
    pub name: String,
    pub plan: Plan,
    pub piece: Piece,
}

/// Pieces of the generator that have a tune.
pub fn generated(count: usize, seconds: f64, from: u64) -> Vec<Original> {
    (0..)
        .filter_map(|n| {
            let piece = compose::compose(TEST_SEEDS + from + n, seconds);
            original("generated", &format!("seed {n}"), &piece, seconds)
        })
        .take(count)
        .collect()
}

/// Pieces of WADs, those that are kept for tests.
pub fn wads(set: &str, wads: &[PathBuf], seconds: f64) -> Vec<Original> {
    let kept = wad::music(wads).into_iter().take(wad::HELD_OUT);
    kept.filter_map(|lump| read(set, &lump.name, &lump.bytes, seconds)).collect()
}

/// MIDI files of a folder.
pub fn folder(set: &str, folder: &Path, seconds: f64) -> Vec<Original> {
    files::below(folder, &["mid", "midi"])
        .iter()
        .filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            read(set, &name, &fs::read(path).ok()?, seconds)
        })
        .collect()
}

fn read(set: &str, name: &str, bytes: &[u8], seconds: f64) -> Option<Original> {
    match midi::read(bytes) {
        Ok(piece) => original(set, name, &piece, seconds),
        Err(e) => {
            println!("{set}/{name} is left out: {e}");
            None
        }
    }
}

/// The stretch of a piece with most notes of its lead; `None` where it has no tune.
fn original(set: &str, name: &str, piece: &Piece, seconds: f64) -> Option<Original> {
    let lead: Vec<f64> =
        piece.truth.notes.iter().filter(|n| n.part == Part::Lead).map(|n| n.start_s).collect();
    let room = (piece.truth.duration_s - seconds).max(0.0);
    let within = |from: f64| lead.iter().filter(|t| **t >= from && **t < from + seconds).count();
    let starts = (0..=(room / 5.0) as usize).map(|i| 5.0 * i as f64);
    let from = starts.max_by_key(|from| within(*from)).unwrap_or(0.0);
    let piece = crop(piece, from, seconds);
    let plan = Plan::of(&piece);
    if plan.lead().len() < LEAST_LEAD || plan.beats_s.len() < 16 {
        return None;
    }
    Some(Original { set: set.to_owned(), name: name.to_owned(), plan, piece })
}
