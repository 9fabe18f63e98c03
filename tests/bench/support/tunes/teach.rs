//! The tables of the background: how common intervals, rhythms and strokes are.

use super::hear;
use super::plan::Plan;
use crate::groove::{CELLS, Groove};
use crate::music::{compose, midi, render, wad};
use crate::tune::Line;
use crate::tune::line::{INTERVALS, RHYTHMS};
use leitmotif::domain::listening::Pass;
use std::path::{Path, PathBuf};

/// Seeds of the generator that benches never use.
const SEEDS: u64 = 1 << 41;
/// Generated pieces whose notes are counted, and whose sound is listened to.
const COUNTED: u64 = 150;
const PLAYED: u64 = 40;

/// Prints `counts.rs` of the tune and the expected bar of the groove.
pub fn teach(wads: &[PathBuf], bank: &Path) {
    let mut intervals = [[0u32; INTERVALS]; INTERVALS];
    let mut rhythms = [[0u32; RHYTHMS]; RHYTHMS];
    let mut count = |notes: &[crate::music::TrueNote]| {
        for line in Line::of_notes(&hear::spans(notes)) {
            for i in 2..line.len() {
                intervals[line.interval(i - 1)][line.interval(i)] += 1;
                rhythms[line.rhythm(i - 1)][line.rhythm(i)] += 1;
            }
        }
    };
    let generated: Vec<_> = (0..COUNTED).map(|n| compose::compose(SEEDS + n, 60.0)).collect();
    generated.iter().for_each(|p| count(&p.truth.notes));
    for lump in wad::music(wads).into_iter().skip(wad::HELD_OUT) {
        if let Ok(piece) = midi::read(&lump.bytes) {
            count(&piece.truth.notes);
        }
    }
    println!(
        "//! Counts of neighbouring intervals and rhythms in lines of generated pieces and of Freedoom"
    );
    println!(
        "//! (BSD): made by `cargo bench --bench tunes -- --teach`. Must never be edited by hand.\n"
    );
    println!("use super::line::{{INTERVALS, RHYTHMS}};\n");
    println!(
        "/// After an interval (row, from an octave down to an octave up) how often each follows."
    );
    println!("pub(super) const INTERVAL_COUNTS: [[u32; INTERVALS]; INTERVALS] = {intervals:?};\n");
    println!("/// The same of the classes of rhythm.");
    println!("pub(super) const RHYTHM_COUNTS: [[u32; RHYTHMS]; RHYTHMS] = {rhythms:?};");
    let font = render::load(bank);
    let mut sums = [0f64; CELLS];
    let mut squares = 0.0;
    let mut bars = Vec::new();
    for piece in generated.iter().take(PLAYED as usize) {
        let mono = render::render(&font, &Plan::of(piece).piece(), leitmotif::listen::RATE_HZ);
        let listening = hear::listening(&mono, Pass::Quick);
        if let Ok(groove) = Groove::new(&mono, &listening) {
            bars.extend((0..groove.len()).map(|b| groove.bar(b)));
        }
    }
    for bar in &bars {
        sums.iter_mut().zip(bar).for_each(|(s, x)| *s += f64::from(*x) / bars.len() as f64);
    }
    for bar in &bars {
        squares += bar.iter().zip(&sums).map(|(x, m)| (f64::from(*x) - m).powi(2)).sum::<f64>();
    }
    let spread = (squares / (bars.len() * CELLS) as f64).sqrt();
    let cells: Vec<String> = sums.iter().map(|s| format!("{s:.3}")).collect();
    println!(
        "\n// groove, {} bars\nconst EXPECTED: [f32; CELLS] = [{}];",
        bars.len(),
        cells.join(", ")
    );
    println!("const SPREAD: f32 = {spread:.3};");
}
