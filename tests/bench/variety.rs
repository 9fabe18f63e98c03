//! What a diagnosis says of datasets whose truth is known: mixed artists, planted strangers, and four
//! constructed datasets before and after its advice is followed.
//!
//! `cargo bench --profile train --bench variety -- --music DIR [--cache DIR] [--draws N]`. Every folder
//! of `--music` is an artist. Nothing is asserted.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

#[path = "support/files.rs"]
mod files;
#[path = "support/variety/mod.rs"]
mod variety;

use leitmotif::domain::ids::TrackId;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::judge::Reference;
use leitmotif::judge::accuracy::interval::clopper_pearson;
use leitmotif::judge::dataset::{Diagnosis, diagnose};
use std::collections::BTreeMap;
use std::path::PathBuf;
use variety::hear;

/// Tracks of a mixed draw: eight of one artist, four of two, two of four.
const MIXED: usize = 8;
/// Tracks of a dataset with strangers, and strangers in it.
const WITH: (usize, usize) = (27, 3);

type Artists = BTreeMap<String, Vec<Reference>>;

fn main() {
    let (mut music, mut cache, mut draws) = (None, None, 200);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--music" => music = arguments.next().map(PathBuf::from),
            "--cache" => cache = arguments.next().map(PathBuf::from),
            "--draws" => {
                draws = arguments.next().and_then(|n| n.parse().ok()).expect("--draws N");
            }
            // Cargo adds this to every bench.
            "--bench" => {}
            other => panic!("{other}? --music DIR, --cache DIR, --draws N"),
        }
    }
    let temporary = tempfile::tempdir().expect("a folder can be made");
    let cache = cache.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&cache).expect("the cache can be made");
    let files = files::below(&music.expect("--music DIR"), files::AUDIO);
    let artists = hear::artists(&files, &cache, 3);
    for (artist, tracks) in &artists {
        println!("{artist}: {} tracks, worth {:?} of 12", tracks.len(), worth(tracks));
    }
    order(&artists, draws);
    strangers(&artists, draws / 2);
    constructed(&artists);
}

fn look(tracks: &[Reference]) -> Diagnosis {
    diagnose(tracks, &vec![180.0; tracks.len()])
}

fn worth(tracks: &[Reference]) -> Option<f64> {
    look(tracks).variety.effective_of_12
}

/// Some of an artist's tracks.
fn some(tracks: &[Reference], count: usize, dice: &mut Dice) -> Vec<Reference> {
    let mut left: Vec<&Reference> = tracks.iter().collect();
    (0..count.min(left.len())).map(|_| left.swap_remove(dice.below(left.len())).clone()).collect()
}

fn share(name: &str, hits: usize, of: usize) {
    let (low, high) = clopper_pearson(hits, of);
    println!(
        "{name}: {hits} of {of} = {:.3} ({low:.3} to {high:.3})",
        hits as f64 / of.max(1) as f64
    );
}

/// Whether more artists are more varied.
fn order(artists: &Artists, draws: usize) {
    let large: Vec<&String> =
        artists.iter().filter(|(_, t)| t.len() >= MIXED).map(|(name, _)| name).collect();
    let mut dice = Dice::new(1, "orders");
    let (mut right, mut first, mut second) = (0, 0, 0);
    for _ in 0..draws {
        let mut names = large.clone();
        let chosen: Vec<&String> =
            (0..4).map(|_| names.swap_remove(dice.below(names.len()))).collect();
        let mut of = |artists_count: usize| -> f64 {
            let each = MIXED / artists_count;
            let tracks: Vec<Reference> = chosen[..artists_count]
                .iter()
                .flat_map(|name| some(&artists[*name], each, &mut dice))
                .collect();
            worth(&tracks).unwrap_or(0.0)
        };
        let (one, two, four) = (of(1), of(2), of(4));
        first += usize::from(one < two);
        second += usize::from(two < four);
        right += usize::from(one < two && two < four);
    }
    println!("variety of {MIXED} tracks by 1, 2 and 4 of {} artists", large.len());
    share("  one under two", first, draws);
    share("  two under four", second, draws);
    share("  all in order", right, draws);
}

/// Whether strangers are named, and nobody else.
fn strangers(artists: &Artists, draws: usize) {
    for (home, tracks) in artists.iter().filter(|(_, t)| t.len() >= 11) {
        let own = (WITH.0 - WITH.1).min(tracks.len());
        let mut dice = Dice::new(2, home);
        let (mut found, mut planted, mut wrong, mut quiet) = (0, 0, 0, 0);
        for _ in 0..draws {
            let mut set = some(tracks, own, &mut dice);
            let mut others: Vec<&String> = artists.keys().filter(|n| *n != home).collect();
            let mut strange: Vec<TrackId> = Vec::new();
            for _ in 0..WITH.1 {
                let name = others.swap_remove(dice.below(others.len()));
                let stranger = some(&artists[name], 1, &mut dice).remove(0);
                strange.push(stranger.track_id.clone());
                set.push(stranger);
            }
            let named = look(&set).outliers;
            let hits = named.iter().filter(|o| strange.contains(&o.track_id)).count();
            found += hits;
            planted += strange.len();
            wrong += named.len() - hits;
            quiet += usize::from(named.len() - hits <= 1);
        }
        println!("three strangers among {own} tracks of {home}");
        share("  strangers named", found, planted);
        share("  at most one other named", quiet, draws);
        println!("  others named: {:.2} a dataset", wrong as f64 / draws.max(1) as f64);
    }
}

/// Four datasets, what is advised, and what following it changes.
fn constructed(artists: &Artists) {
    let mut by_size: Vec<(&String, &Vec<Reference>)> = artists.iter().collect();
    by_size.sort_by_key(|(_, tracks)| std::cmp::Reverse(tracks.len()));
    let [(_, large), (_, second), (_, third), ..] = by_size.as_slice() else { return };
    let mut dice = Dice::new(3, "constructed");
    let narrow = alike(large, 8);
    let healthy = some(large, 12, &mut dice);
    let two: Vec<Reference> =
        some(large, 6, &mut dice).into_iter().chain(some(third, 6, &mut dice)).collect();
    let mut dirty = some(large, 10, &mut dice);
    for number in 0..2u8 {
        // The same recording under another name.
        dirty
            .push(Reference { track_id: TrackId::from_hash(&[number; 32], 1), ..dirty[0].clone() });
    }
    dirty.push(some(second, 1, &mut dice).remove(0));
    for (name, tracks) in
        [("narrow", narrow), ("healthy", healthy), ("two styles", two), ("dirty", dirty)]
    {
        let before = look(&tracks);
        println!("{name}: {}", words(&before, tracks.len()));
        for advice in &before.advice {
            println!(
                "  {}: {} ({} tracks); {}",
                advice.action,
                advice.reason,
                advice.tracks.len(),
                advice.effect
            );
        }
        let mut after = follow(&tracks, &before);
        if before.advice.iter().any(|a| a.action == "widen") {
            let new = large.iter().filter(|t| !tracks.iter().any(|o| o.track_id == t.track_id));
            after.extend(new.take(6).cloned());
        }
        println!("  followed: {}", words(&look(&after), after.len()));
    }
}

/// The tracks nearest to one another: the first and those it is most like.
fn alike(tracks: &[Reference], count: usize) -> Vec<Reference> {
    let mut left = tracks.to_vec();
    // Taking away what widens the set most, again and again.
    while left.len() > count {
        let without = |i: usize| {
            let rest: Vec<Reference> =
                left.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, t)| t.clone()).collect();
            worth(&rest).unwrap_or(f64::MAX)
        };
        let widest = (0..left.len())
            .map(|i| (without(i), i))
            .fold((f64::MAX, 0), |best, next| if next.0 < best.0 { next } else { best });
        left.remove(widest.1);
    }
    left
}

fn follow(tracks: &[Reference], found: &Diagnosis) -> Vec<Reference> {
    let of = |action: &str| -> Vec<&TrackId> {
        found.advice.iter().filter(|a| a.action == action).flat_map(|a| &a.tracks).collect()
    };
    let (out, kept) = (of("exclude"), of("split"));
    let stays = |t: &&Reference| {
        !out.contains(&&t.track_id) && (kept.is_empty() || kept.contains(&&t.track_id))
    };
    tracks.iter().filter(stays).cloned().collect()
}

fn words(found: &Diagnosis, tracks: usize) -> String {
    format!(
        "{tracks} tracks, worth {:?} of 12, {:?}, {} groups, {} duplicates, {} outliers",
        found.variety.effective_of_12,
        found.variety.verdict,
        found.variety.clusters.len(),
        found.duplicates.len(),
        found.outliers.len()
    )
}
