//! The bounds that keep a take from copying, and the returns of its themes, over many seeds on
//! finetunes of one, two uneven and four tracks.

use super::house::{Home, track};
use super::music::{piece, wav};
use leitmotif::domain::limits::Limits;
use leitmotif::domain::plan::Plan;
use leitmotif::domain::take::{GrainUse, TakeRequest};
use leitmotif::domain::work::{StopToken, Unobserved};
use leitmotif::engine::resident::Resident;
use leitmotif::engine::resident::learn::instruments::NOTE_MAX_S;
use leitmotif::engine::{Engine, Performance};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Most seconds of a track that one grain plays.
const GRAIN_MAX_S: f64 = 0.6;
/// Neighbours of one track lie this far apart in it.
const APART_S: f64 = 1.3;
/// Share of slots in which a theme that returns differs.
const CHANGED: f64 = 0.2;

const PROMPTS: [&str; 4] =
    ["a calm piece", "a fast piece at 170 bpm", "a slow piece at 60 bpm in C minor", "a sad waltz"];

/// Trains in a home and names the finetune's folder with its number of tracks.
fn learn(home: &Home, files: &[PathBuf]) -> (PathBuf, usize) {
    let mut args = vec!["import", "--dataset", "d", "--rights", "own"];
    args.extend(files.iter().map(|f| f.to_str().unwrap()));
    home.json(args).ok();
    let train = ["train", "--name", "X", "--genre", "funk", "--dataset", "d", "--holdout", "0"];
    let last = home.json(train).lines().pop().unwrap();
    let id = last["finetune_id"].as_str().unwrap_or_else(|| panic!("{last}"));
    (home.path().join("data/finetunes").join(id), files.len())
}

fn make(folder: &Path, prompt: &str, seconds: f64, seed: u64) -> Performance {
    let request = TakeRequest::of(prompt, seconds, seed);
    let engine = Resident::new(Limits::default(), &[]);
    engine.generate(&request, Some(folder), &Unobserved, &StopToken::default()).unwrap()
}

fn check(made: &Performance, tracks: usize) -> Result<(), TestCaseError> {
    let (notes, grains): (Vec<GrainUse>, Vec<GrainUse>) =
        made.grains.iter().cloned().partition(|g| g.instrument.is_some());
    for note in &notes {
        prop_assert!(note.length_s > 0.0 && note.length_s <= NOTE_MAX_S + 1e-3, "{note:?}");
        prop_assert!(note.at_s >= 0.0 && note.start_s >= 0.0, "{note:?}");
    }
    prop_assert!(!grains.is_empty());
    let mut supplied: BTreeMap<&str, f64> = BTreeMap::new();
    for grain in &grains {
        prop_assert!(grain.length_s <= GRAIN_MAX_S + 1e-6, "{grain:?}");
        prop_assert!(grain.length_s > 0.0 && grain.at_s >= 0.0, "{grain:?}");
        *supplied.entry(grain.track_id.as_str()).or_default() += grain.length_s;
    }
    for pair in grains.windows(2) {
        let gap = (pair[1].start_s - pair[0].start_s).abs();
        let apart = pair[0].track_id != pair[1].track_id || !(1e-6..APART_S - 1e-6).contains(&gap);
        prop_assert!(apart, "{pair:?}");
    }
    let whole: f64 = supplied.values().sum();
    let most = (1.1 / tracks as f64).max(0.55);
    for (track, seconds) in supplied {
        prop_assert!(seconds / whole <= most + 1e-9, "{track} supplies {seconds} of {whole} s");
    }
    returns_differ(made, &grains)
}

/// What plays at each slot of a section, by milliseconds from its start.
fn slots(section_s: f64, length_s: f64, grains: &[GrainUse]) -> BTreeMap<i64, (&str, i64, i32)> {
    grains
        .iter()
        .filter(|g| g.at_s >= section_s - 1e-6 && g.at_s < section_s + length_s - 1e-6)
        .map(|g| {
            let at = ((g.at_s - section_s) * 1e3).round() as i64;
            (at, (g.track_id.as_str(), (g.start_s * 1e3).round() as i64, g.shift))
        })
        .collect()
}

fn returns_differ(made: &Performance, grains: &[GrainUse]) -> Result<(), TestCaseError> {
    let plan: &Plan = &made.plan;
    let mut before: BTreeMap<&str, BTreeMap<i64, (&str, i64, i32)>> = BTreeMap::new();
    for section in &plan.sections {
        let now = slots(section.start_s, f64::from(section.bars) * plan.bar_s(), grains);
        if let Some(earlier) = before.get(section.theme.as_str()) {
            let both: Vec<bool> =
                now.iter().filter_map(|(at, g)| Some(earlier.get(at)? != g)).collect();
            let changed = both.iter().filter(|c| **c).count();
            prop_assert!(
                changed as f64 >= CHANGED * both.len() as f64,
                "theme {} returns with {changed} of {} slots changed",
                section.theme,
                both.len()
            );
        }
        before.insert(&section.theme, now);
    }
    Ok(())
}

fn hold(folder: &Path, tracks: usize, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        // The same cases every day.
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let asked = (any::<u64>(), 0..PROMPTS.len(), 3.0f64..50.0);
    runner
        .run(&asked, |(seed, prompt, seconds)| {
            check(&make(folder, PROMPTS[prompt], seconds, seed), tracks)
        })
        .unwrap();
}

#[test]
fn four_tracks() {
    let home = Home::empty();
    let (folder, tracks) = learn(&home, &[0, 1, 2, 3].map(track));
    hold(&folder, tracks, 24);
}

#[test]
fn two_tracks_of_which_one_is_short() {
    let home = Home::empty();
    let short = home.file("short.wav");
    wav(&short, &piece(100.0, 47, true, 5.0, 2));
    let (folder, tracks) = learn(&home, &[track(0), short]);
    hold(&folder, tracks, 16);
}

#[test]
fn one_track() {
    let home = Home::empty();
    let (folder, tracks) = learn(&home, &[track(1)]);
    hold(&folder, tracks, 12);
}
