//! The table: which change is found by which detector, how often strangers are taken for copies, and
//! which works of one artist share recordings.

use super::cache::{Changed, Work};
use super::changes::{CHANGES, How};
use leitmotif::judge::accuracy::interval::clopper_pearson;
use leitmotif::judge::matching::{Prepared, compare};
use leitmotif::judge::recording::{
    ALTERED_BITS, COVERAGE, Finding, LANDMARKS, Query, RecordingEvidence, Track,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Pairs of tracks of different artists.
const STRANGERS: usize = 3_300;

fn share(hits: usize, of: usize) -> String {
    let (low, high) = clopper_pearson(hits, of);
    let part = 100.0 * hits as f64 / of.max(1) as f64;
    format!("{hits}/{of} {part:.1} % ({:.1}-{:.1})", 100.0 * low, 100.0 * high)
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A changed part beside its track.
struct Outcome<'a> {
    changed: &'a Changed,
    plain: bool,
    evidence: RecordingEvidence,
}

impl Outcome<'_> {
    fn found(&self) -> bool {
        self.evidence.finding().is_some_and(|f| f <= Finding::Altered)
    }

    fn copied(&self) -> bool {
        self.evidence.finding() == Some(Finding::Copied)
    }

    fn landmarks(&self) -> bool {
        (self.evidence.landmarks >= LANDMARKS && self.evidence.coverage >= COVERAGE)
            || (self.evidence.passages.iter())
                .any(|p| p.landmarks >= LANDMARKS && p.coverage >= COVERAGE)
    }

    /// Whether transposition and tempo of the best passage are those that were made.
    fn told(&self) -> bool {
        let (faster, semitones) = match self.changed.change.how {
            How::Stretch(faster, semitones) => (faster, semitones),
            How::Sox(e) if e.starts_with("speed") => {
                let faster: f64 = e[6..].parse().expect("a speed");
                (faster, 12.0 * faster.log2())
            }
            _ => (1.0, 0.0),
        };
        self.evidence.passages.first().is_some_and(|p| {
            (p.semitones - semitones).abs() <= 0.35 && (p.tempo_ratio / faster - 1.0).abs() <= 0.01
        })
    }
}

/// Prints the table of changes and writes every figure to `changes.tsv`.
pub fn changes(works: &[Work], changed: &[Changed], folder: &Path) {
    let tracks: Vec<Track<'_>> = works.par_iter().map(|w| Track::new(&w.print)).collect();
    let outcomes: Vec<Outcome<'_>> = changed
        .par_iter()
        .map(|c| {
            let plain = compare(
                &Prepared::new(&c.print.words),
                &Prepared::new(&works[c.work].print.words),
                0.0,
            );
            Outcome {
                changed: c,
                plain: plain.nearest_bits.is_some_and(|b| b <= ALTERED_BITS),
                evidence: Query::new(&c.print).compare(&tracks[c.work]),
            }
        })
        .collect();
    println!("\nfound of how many (95 % interval, Clopper-Pearson)");
    println!(
        "{:14} {:32} {:11} {:9} {:7} {:6} {:5} median bits, landmarks",
        "change", "A or B", "words alone", "landmarks", "A", "told", "loop"
    );
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for change in CHANGES {
        let rows: Vec<&Outcome<'_>> =
            outcomes.iter().filter(|o| o.changed.change.name == change.name).collect();
        let count = |test: &dyn Fn(&Outcome<'_>) -> bool| rows.iter().filter(|o| test(o)).count();
        let mut bits: Vec<f64> = rows.iter().map(|o| o.evidence.bits.unwrap_or(32.0)).collect();
        let mut marks: Vec<f64> = rows
            .iter()
            .map(|o| o.evidence.passages.first().map_or(0.0, |p| p.landmarks as f64))
            .collect();
        let found = count(&|o| o.found());
        let group = groups.entry(change.group).or_default();
        (group.0, group.1) = (group.0 + found, group.1 + rows.len());
        println!(
            "{:14} {:32} {:11} {:9} {:7} {:6} {:5} {:.2}, {:.0}",
            change.name,
            share(found, rows.len()),
            count(&|o| o.plain),
            count(&|o| o.landmarks()),
            count(&|o| o.copied()),
            count(&|o| o.told()),
            count(&|o| o.evidence.loop_reuse.is_some()),
            middle(&mut bits),
            middle(&mut marks),
        );
    }
    println!();
    for (group, (hits, of)) in groups {
        println!("{group:14} {}", share(hits, of));
    }
    let mut table = String::new();
    for o in &outcomes {
        let work = &works[o.changed.work];
        line(&mut table, &work.artist, &work.title, o.changed.change.name, &o.evidence);
    }
    fs::write(folder.join("changes.tsv"), table).expect("the table can be written");
}

fn line(table: &mut String, artist: &str, a: &str, b: &str, e: &RecordingEvidence) {
    let best = e.passages.first();
    let _ = writeln!(
        table,
        "{artist}\t{a}\t{b}\t{:.3}\t{}\t{:.3}\t{:?}\t{:?}\t{}",
        e.bits.unwrap_or(32.0),
        e.landmarks,
        e.coverage,
        e.finding(),
        e.loop_reuse,
        best.map_or_else(String::new, |p| format!(
            "{:.1}-{:.1} on {:.1}-{:.1} {:+.2} st x{:.3} {:?} {} landmarks {:.2}",
            p.start_s,
            p.end_s,
            p.track_start_s,
            p.track_end_s,
            p.semitones,
            p.tempo_ratio,
            p.kind,
            p.landmarks,
            p.coverage
        )),
    );
}

/// Compares whole tracks: of different artists, and of one.
pub fn pairs(works: &[Work], folder: &Path) {
    let all: Vec<(usize, usize)> =
        (0..works.len()).flat_map(|j| (0..j).map(move |i| (i, j))).collect();
    let same = |p: &&(usize, usize)| works[p.0].artist == works[p.1].artist;
    let kin: Vec<(usize, usize)> = all.iter().filter(same).copied().collect();
    let others: Vec<(usize, usize)> = all.iter().filter(|p| !same(p)).copied().collect();
    // Spread evenly over all pairs.
    let step = (others.len() as f64 / STRANGERS as f64).max(1.0);
    let strangers: Vec<(usize, usize)> = (0..STRANGERS.min(others.len()))
        .filter_map(|n| others.get((n as f64 * step) as usize).copied())
        .collect();
    let tracks: Vec<Track<'_>> = works.par_iter().map(|w| Track::new(&w.print)).collect();
    let mut evidence: BTreeMap<(usize, usize), RecordingEvidence> = BTreeMap::new();
    // A query is prepared once for all the pairs that it is in.
    let found: Vec<Vec<((usize, usize), RecordingEvidence)>> = (0..works.len())
        .into_par_iter()
        .map(|i| {
            let mine: Vec<(usize, usize)> =
                kin.iter().chain(&strangers).filter(|p| p.1 == i).copied().collect();
            if mine.is_empty() {
                return Vec::new();
            }
            let query = Query::new(&works[i].print);
            mine.into_iter().map(|p| (p, query.compare(&tracks[p.0]))).collect()
        })
        .collect();
    evidence.extend(found.into_iter().flatten());
    report("different artists", &strangers, &evidence, works);
    report("one artist", &kin, &evidence, works);
    unseen(works, &kin, &evidence);
    let mut table = String::new();
    for ((i, j), e) in &evidence {
        let artists = format!("{}+{}", works[*i].artist, works[*j].artist);
        line(&mut table, &artists, &works[*i].title, &works[*j].title, e);
    }
    fs::write(folder.join("pairs.tsv"), table).expect("the table can be written");
}

fn report(
    name: &str,
    pairs: &[(usize, usize)],
    evidence: &BTreeMap<(usize, usize), RecordingEvidence>,
    works: &[Work],
) {
    let of: Vec<(&(usize, usize), &RecordingEvidence)> =
        pairs.iter().filter_map(|p| Some((p, evidence.get(p)?))).collect();
    let hits = |test: &dyn Fn(&RecordingEvidence) -> bool| {
        share(of.iter().filter(|(_, e)| test(e)).count(), of.len())
    };
    println!("\npairs of {name}: {}", of.len());
    println!("  A: {}", hits(&|e| e.finding() == Some(Finding::Copied)));
    println!("  A or B: {}", hits(&|e| e.finding().is_some_and(|f| f <= Finding::Altered)));
    println!("  loops in common: {}", hits(&|e| e.loop_reuse.is_some()));
    let marked = |e: &RecordingEvidence| e.landmarks >= LANDMARKS && e.coverage >= COVERAGE;
    println!("  landmarks alone: {}", hits(&marked));
    let mut bits: Vec<f64> = of.iter().filter_map(|(_, e)| e.bits).collect();
    let mut marks: Vec<f64> = of.iter().map(|(_, e)| e.landmarks as f64).collect();
    bits.sort_by(f64::total_cmp);
    marks.sort_by(|a, b| b.total_cmp(a));
    let at = |values: &[f64], share: f64| {
        values.get((share * values.len() as f64) as usize).copied().unwrap_or(f64::NAN)
    };
    for part in [0.0, 0.001, 0.01, 0.05, 0.5] {
        println!(
            "  {:5.1} %: {:.2} bits or fewer; {} landmarks or more",
            100.0 * part,
            at(&bits, part),
            at(&marks, part)
        );
    }
    for ((i, j), e) in of {
        if e.finding().is_some_and(|f| f <= Finding::Altered) {
            let mut text = String::new();
            line(&mut text, &works[*j].artist, &works[*j].title, &works[*i].title, e);
            print!("    {text}");
        }
    }
}

/// Of each artist's tracks, how many would be called A or B if they were judged as takes.
fn unseen(
    works: &[Work],
    kin: &[(usize, usize)],
    evidence: &BTreeMap<(usize, usize), RecordingEvidence>,
) {
    let mut called = vec![false; works.len()];
    for pair in kin {
        if evidence[pair].finding().is_some_and(|f| f <= Finding::Altered) {
            (called[pair.0], called[pair.1]) = (true, true);
        }
    }
    let count = called.iter().filter(|c| **c).count();
    println!(
        "\nown tracks called A or B against the rest, real reuse among them: {}",
        share(count, works.len())
    );
}
