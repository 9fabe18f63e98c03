//! The same request gives the same bytes, and nothing is only in the index.

use super::house::{Home, PROMPT, track};
use serde_json::Value;
use std::fs;

fn make(home: &Home, threads: &str, finetune: bool) -> (Value, Vec<u8>) {
    let mut args =
        vec!["--threads", threads, "generate", PROMPT, "--seconds", "16", "--seed", "11"];
    if finetune {
        args.extend(["--finetune", "Mine"]);
    }
    let take = home.json(args).ok()["takes"][0].clone();
    let bytes = fs::read(take["audio"].as_str().unwrap()).unwrap();
    (take, bytes)
}

#[test]
fn threads_and_place_do_not_change_a_byte() {
    for finetune in [true, false] {
        let (first, bytes) = make(&Home::prepared(), "1", finetune);
        for threads in ["2", "7"] {
            let (take, again) = make(&Home::prepared(), threads, finetune);
            assert_eq!(take["take_id"], first["take_id"]);
            assert!(again == bytes, "other bytes with {threads} threads");
            for field in ["plan", "grains", "verdict"] {
                assert_eq!(take[field], first[field], "{field} with {threads} threads");
            }
        }
    }
}

#[test]
fn what_is_heard_does_not_depend_on_threads() {
    let hear = |threads| {
        Home::empty().json(["--threads", threads, "listen", track(2).to_str().unwrap()]).ok()
    };
    assert_eq!(hear("1"), hear("7"));
    let check = |threads| {
        let home = Home::empty();
        let folder = track(0).parent().unwrap().to_str().unwrap().to_owned();
        home.json(["--threads", threads, "import", &folder, "--dataset", "d"]).ok();
        home.json(["--threads", threads, "check", "d"]).ok()
    };
    assert_eq!(check("1"), check("7"));
}

#[test]
fn asking_twice_is_one_take() {
    let home = Home::prepared();
    let (first, bytes) = make(&home, "2", true);
    let (second, again) = make(&home, "1", true);
    assert_eq!(first, second);
    assert!(bytes == again);
    assert_eq!(home.json(["takes", "list"]).ok()["takes"].as_array().unwrap().len(), 2);
}

fn all(home: &Home) -> Vec<Value> {
    [
        &["dataset", "list"][..],
        &["dataset", "show", "mine"],
        &["finetunes", "list"],
        &["takes", "list"],
        &["jobs", "list"],
        &["screen", "mine"],
    ]
    .map(|args| home.json(args).ok())
    .to_vec()
}

#[test]
fn the_index_can_be_deleted_damaged_or_out_of_date() {
    let home = Home::prepared();
    home.run(["takes", "rate", take(&home).as_str(), "4"]);
    let before = all(&home);
    let index = home.path().join("state/index");

    fs::remove_dir_all(&index).unwrap();
    assert_eq!(all(&home), before);
    let ran = home.run(["takes", "rate", take(&home).as_str(), "4"]);
    assert!(ran.err.contains("the index was made again"), "{ran:?}");
    assert_eq!(all(&home), before);

    for entry in fs::read_dir(&index).unwrap().flatten() {
        if entry.path().is_file() {
            fs::write(entry.path(), b"garbage").unwrap();
        }
    }
    let ran = home.run(["takes", "rate", take(&home).as_str(), "4"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(all(&home), before);

    // A file that was written without the index, as by a process that was killed in between: an
    // owner's list shows the file.
    let file = home.path().join("data/takes").join(take(&home)).join("take.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"rating\": 4", "\"rating\": 2")).unwrap();
    let ran = home.json(["takes", "list"]).ok();
    assert_eq!(ran["takes"][0]["rating"], 2);
}

fn take(home: &Home) -> String {
    home.json(["takes", "list"]).ok()["takes"][0]["take_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_damaged_file_harms_nothing_else_and_is_named() {
    let home = Home::prepared();
    home.json(["dataset", "new", "other"]).ok();
    home.json(["generate", "a piece", "--seconds", "4"]).ok();
    let damaged = home.path().join("data/datasets/mine.json");
    fs::write(&damaged, b"{\n\"name\": }").unwrap();
    let job = home.path().join("state/jobs/j1/job.json");
    fs::write(&job, b"").unwrap();

    let list = home.json(["dataset", "list"]);
    assert_eq!(list.ok()["datasets"].as_array().unwrap().len(), 1);
    assert!(list.err.contains("mine.json is damaged") && list.err.contains("line 2"), "{list:?}");
    let message = home.json(["dataset", "show", "mine"]).error(1, "failed");
    assert!(message.contains("mine.json is damaged"), "{message}");
    assert_eq!(home.json(["jobs", "list"]).ok()["jobs"].as_array().unwrap().len(), 3);
    let doctor = home.json(["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("mine.json") && doctor.out.contains("j1/job.json"), "{doctor:?}");
    // Owners can still work.
    let ran = home.json(["generate", "another piece", "--seconds", "4", "--finetune", "Mine"]);
    ran.ok();
    assert!(ran.err.contains("mine.json is damaged"), "{ran:?}");
}

#[test]
fn a_home_that_was_moved_finds_its_takes() {
    let home = Home::prepared();
    let moved = home.file("elsewhere");
    fs::rename(home.path(), &moved).unwrap();
    let run = |args: &[&str]| {
        let mut command = super::house::program();
        command.args(["--json", "--home", moved.to_str().unwrap()]).args(args);
        super::house::Ran::of(command.output().unwrap()).ok()
    };
    let shown = run(&["takes", "list"])["takes"][0].clone();
    let audio = super::contract::there(&shown["audio"]);
    assert!(audio.starts_with(&moved), "{}", audio.display());
    let again = run(&["generate", PROMPT, "--finetune", "Mine", "--seconds", "10", "--seed", "3"]);
    assert_eq!(again["takes"][0]["audio"], shown["audio"]);
}
