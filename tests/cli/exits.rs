//! Exit codes, and which words go where.

use super::house::{Home, fields, program, track};
use serde_json::Value;
use std::fs;

#[test]
fn every_kind_of_error_has_its_code_in_words_and_in_json() {
    let home = Home::prepared();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["dataset", "show", "nothing"], 4, "not_found"),
        (&["finetunes", "show", "nothing"], 4, "not_found"),
        (&["takes", "show", "tk_0123456789abcdef"], 4, "not_found"),
        (&["generate", "a piece", "--finetune", "nothing"], 4, "not_found"),
        (&["train", "--name", "X", "--genre", "y", "--dataset", "nothing"], 4, "not_found"),
        (&["listen", "missing.wav"], 4, "not_found"),
        (&["generate", "a piece", "--seconds", "0"], 2, "usage"),
        (&["generate", "a piece", "--without", "banjo"], 2, "usage"),
        (&["generate", "a piece", "--loudness", "3"], 2, "usage"),
    ];
    for (args, code, kind) in cases {
        let words = home.run(args);
        assert_eq!(words.code, Some(code), "{args:?}: {words:?}");
        assert!(words.out.is_empty(), "standard output is data: {words:?}");
        assert!(words.err.contains("error: "), "{words:?}");
        let ran = home.json(args);
        if args[0] == "train" {
            // A stream's last line says how it ended.
            assert_eq!(ran.code, Some(code));
            let last = ran.lines().pop().unwrap();
            fields(&last, &["finetune_id", "status", "reason", "seconds", "report"]);
            assert_eq!(
                (last["status"].as_str(), &last["finetune_id"]),
                (Some("failed"), &Value::Null)
            );
        } else {
            ran.error(code, kind);
        }
    }
}

#[test]
fn arguments_that_make_no_sense() {
    let home = Home::empty();
    for args in [
        &["nonsense"][..],
        &["import"],
        &["generate", "a", "--seconds", "many"],
        &["dataset", "new", "Not A Slug"],
        &["takes", "rate", "tk_0123456789abcdef", "loud"],
        &["import", "x", "--rights", "bought"],
        &["--threads", "0", "doctor"],
        &["--threads", "1000000", "doctor"],
    ] {
        let words = home.run(args);
        assert_eq!(words.code, Some(2), "{args:?}: {words:?}");
        assert!(words.out.is_empty() && !words.err.is_empty(), "{words:?}");
        home.json(args).error(2, "usage");
    }
    let help = home.run(["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("4 not found") && help.err.is_empty());
    let version = home.run(["--version"]);
    assert_eq!((version.code, version.out.trim()), (Some(0), "leitmotif 0.1.0"));
    assert!(!home.path().exists(), "nothing of this makes a home");
}

#[test]
fn training_without_rights_is_blocked_and_says_how_to_go_on() {
    let home = Home::empty();
    home.json(["import", track(0).to_str().unwrap(), track(1).to_str().unwrap(), "--dataset", "d"])
        .ok();
    let train = ["train", "--name", "X", "--genre", "funk", "--dataset", "d"];
    let words = home.run(train);
    assert_eq!(words.code, Some(6), "{words:?}");
    assert!(words.out.is_empty());
    assert!(words.err.contains("2 of 2 tracks have no statement of rights"), "{words:?}");
    assert!(words.err.contains("dataset rights") && words.err.contains("bought"), "{words:?}");
    let ran = home.json(train);
    let last = ran.lines().pop().unwrap();
    assert_eq!((ran.code, last["status"].as_str()), (Some(6), Some("blocked")));
    assert_eq!(home.newest_job().unwrap()["state"], "blocked");
    assert!(home.half_done().is_empty());
    let detached = home.json(train.into_iter().chain(["--detach"]));
    detached.error(6, "blocked");

    home.run(["dataset", "rights", "d", "catalogue", "--by", "Ada"]);
    assert_eq!(home.run(train).code, Some(6), "only an attested workspace may");
    home.run(["dataset", "rights", "d", "own", "--by", "Ada"]);
    assert_eq!(home.run(train).code, Some(0));
    // Rights that are withdrawn block the next training.
    home.run(["dataset", "rights", "d", "withdraw"]);
    assert_eq!(home.run(train).code, Some(6));
}

#[test]
fn a_second_process_is_told_who_owns_the_store() {
    let home = Home::prepared();
    let last = home.last_job();
    let first = home.start(["generate", "a piece", "--variants", "200", "--seconds", "20"]);
    home.wait_for_job(last);
    let second = home.json(["dataset", "new", "x"]);
    let message = second.error(5, "busy");
    let pid = home.newest_job().unwrap()["pid"].to_string();
    assert!(message.contains(&pid) && message.contains("generate"), "{message}");
    assert!(second.out.contains("jobs watch"), "{second:?}");
    for args in [
        &["train", "--name", "X", "--genre", "y", "--dataset", "mine"][..],
        &["train", "--name", "X", "--genre", "y", "--dataset", "mine", "--detach"],
        &["import", "x.wav"],
        &["evaluate", "--finetune", "Mine", "x.wav"],
        &["takes", "rate", "tk_0123456789abcdef", "1"],
    ] {
        home.json(args).error(5, "busy");
    }
    // Looking is always possible.
    for args in [
        &["dataset", "list"][..],
        &["finetunes", "list"],
        &["takes", "list"],
        &["jobs", "list"],
        &["check", "mine"],
        &["screen", "mine"],
        &["plan", "a piece", "--finetune", "Mine"],
        &["doctor"],
        &["config", "show"],
    ] {
        home.json(args).ok();
    }
    first.kill();
    assert_eq!(home.run(["dataset", "new", "x"]).code, Some(0), "the lock dies with its process");
}

#[test]
fn broken_settings_are_a_config_error_that_names_the_place() {
    let home = Home::empty();
    let file = home.path().join("config/config.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (text, place) in [
        ("threads = 2\nbanana = true\n", "line 2"),
        ("{{{{", "line 1"),
        ("[limits]\ntake_max_s = -3.0\n", "take_max_s"),
        ("threads = 0", "threads"),
    ] {
        fs::write(&file, text).unwrap();
        let words = home.run(["dataset", "list"]);
        assert_eq!(words.code, Some(3), "{text}: {words:?}");
        assert!(words.err.contains("config.toml") && words.err.contains(place), "{words:?}");
        let message = home.json(["dataset", "list"]).error(3, "config");
        assert!(message.contains(place), "{message}");
    }
    fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    home.json(["dataset", "list"]).error(3, "config");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::empty();
    let mut child = program()
        .args(["--home", home.path().to_str().unwrap(), "man"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
