//! Disks that are full or may only be read: every job says what, where and what to do next, and
//! leaves nothing half made.

use super::house::{Home, track};
use super::music::{piece, wav};
use super::small_disk::SmallDisk;
use serde_json::Value;
use std::fs;

#[test]
fn a_full_disk() {
    let home = Home::empty();
    let root = home.path();
    let Some(disk) = SmallDisk::mount(&root, 6) else { return };
    home.json([
        "import",
        track(0).to_str().unwrap(),
        track(1).to_str().unwrap(),
        "--dataset",
        "d",
        "--rights",
        "own",
    ])
    .ok();
    home.json(["generate", "a piece", "--seconds", "4"]).ok();
    // Eight more takes of a megabyte do not fit: those that were finished are kept.
    let ran = home.json(["generate", "a piece", "--seconds", "4", "--variants", "9", "--stems"]);
    let message = ran.error(1, "failed");
    assert!(message.contains("space") && ran.out.contains("free some space"), "{ran:?}");
    assert!(home.half_done().is_empty(), "{:?}", home.half_done());
    let fill = disk.use_up();
    let ran = home.json(["train", "--name", "X", "--genre", "y", "--dataset", "d"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("space"), "{ran:?}");
    // Looking works, and so does making room.
    let takes = home.json(["takes", "list"]).ok()["takes"].as_array().unwrap().clone();
    assert!(!takes.is_empty());
    for take in &takes {
        super::contract::there(&take["audio"]);
    }
    let ran = home.json(["takes", "delete", takes[0]["take_id"].as_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    fs::remove_file(&fill).unwrap();
    let ran = home.json(["train", "--name", "X", "--genre", "y", "--dataset", "d"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(home.half_done().is_empty(), "{:?}", home.half_done());
}

/// One job of each kind.
fn every_job(home: &Home) -> [Vec<String>; 4] {
    let more = home.file("more.wav");
    wav(&more, &piece(104.0, 52, true, 13.0, 9));
    let more = more.to_str().unwrap();
    [
        vec!["import", more, "--dataset", "mine", "--rights", "own"],
        vec!["train", "--name", "X", "--genre", "y", "--dataset", "mine"],
        vec!["generate", "another piece", "--finetune", "Mine", "--seconds", "6", "--stems"],
        vec!["evaluate", "--finetune", "Mine", more],
    ]
    .map(|args| args.into_iter().map(str::to_owned).collect())
}

fn lists(home: &Home) -> [Value; 3] {
    [["finetunes", "list"], ["takes", "list"], ["dataset", "list"]].map(|args| home.json(args).ok())
}

/// A job that cannot write fails in words as well: what, where, and what to do next.
fn says_what_to_do(home: &Home, args: &[String], words: &str, hint: &str) {
    let ran = home.run(args);
    assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
    let place = home.path();
    for part in [words, hint, place.to_str().unwrap()] {
        assert!(ran.err.contains(part), "{args:?} does not say {part}: {ran:?}");
    }
    assert!(home.half_done().is_empty(), "{args:?}: {:?}", home.half_done());
}

#[test]
fn a_full_disk_in_every_job() {
    let home = Home::empty();
    let root = home.path();
    let Some(disk) = SmallDisk::mount(&root, 48) else { return };
    home.fill();
    home.json(["dataset", "list"]).ok();
    let before = lists(&home);
    let jobs = every_job(&home);
    for args in &jobs {
        // An index that cannot be written to is given up, and a small job may do with its space.
        let _ = fs::remove_dir_all(home.path().join("state/index"));
        disk.use_up();
        says_what_to_do(&home, args, "No space", "free some space");
        assert_eq!(lists(&home), before, "{args:?}");
    }
    fs::remove_file(disk.use_up()).unwrap();
    for args in &jobs {
        let ran = home.run(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
    }
}

#[test]
fn a_home_on_a_disk_that_may_only_be_read() {
    let home = Home::empty();
    let root = home.path();
    let Some(disk) = SmallDisk::mount(&root, 48) else { return };
    home.fill();
    let before = lists(&home);
    let jobs = every_job(&home);
    if !disk.read_only() {
        return;
    }
    for args in &jobs {
        says_what_to_do(&home, args, "Read-only", "--home DIR");
    }
    // Everything can still be looked at.
    assert_eq!(lists(&home), before);
    home.json(["doctor"]).ok();
    home.json(["jobs", "list"]).ok();
}
