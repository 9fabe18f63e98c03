//! The copy check's trial of itself: what it prints is a contract, its controls decide the exit code.

use super::contract::list;
use super::house::{Home, fields, within};
use serde_json::Value;

/// A count of how often something was found, with an interval that holds its share.
#[track_caller]
fn check_rate(rate: &Value) -> (u64, u64) {
    fields(rate, &["found", "of", "low", "high"]);
    let (found, of) = (rate["found"].as_u64().unwrap(), rate["of"].as_u64().unwrap());
    assert!(found <= of && of > 0, "{rate}");
    let share = found as f64 / of as f64;
    within(&rate["low"], 0.0, share);
    within(&rate["high"], share, 1.0);
    (found, of)
}

#[track_caller]
fn check_report(report: &Value, lines: usize) {
    fields(report, &["dataset", "tracks", "of_tracks", "strangers", "seed", "named", "holds"]);
    let planted = list(report, "planted");
    assert_eq!(planted.len(), lines, "{report}");
    for line in planted.iter().chain(list(report, "false_alarms")) {
        fields(line, &["what"]);
        let (found, of) = check_rate(&line["verdict"]);
        for layer in ["recording", "notes"] {
            let (alone, as_many) = check_rate(&line[layer]);
            assert!(alone <= found && as_many == of, "{line}");
        }
    }
    let controls = list(report, "controls");
    let names: Vec<&str> = controls.iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["memorise", "base"]);
    for control in controls {
        assert!(control["takes"].as_u64().unwrap() > 0, "{control}");
        assert_eq!(control["holds"] == true, list(control, "against").is_empty(), "{control}");
    }
}

#[test]
fn planted_copies_of_pieces_made_here_are_found_and_both_controls_hold() {
    let home = Home::empty();
    let report = home.json(["selftest", "trust", "--pieces", "2"]).ok();
    check_report(&report, 7);
    assert_eq!((&report["holds"], &report["dataset"]), (&Value::Bool(true), &Value::Null));
    // A recording that only became quieter, and a part of one, are always found.
    for line in &list(&report, "planted")[..2] {
        assert_eq!(line["verdict"]["found"], 2, "{line}");
    }
    let unrelated = &list(&report, "false_alarms")[0];
    assert_eq!(
        (&unrelated["verdict"]["found"], &unrelated["verdict"]["of"]),
        (&0.into(), &6.into())
    );
}

#[test]
fn copies_of_a_datasets_own_tracks_are_planted() {
    let home = Home::prepared();
    let ran = home.json(["selftest", "trust", "--pieces", "2", "--dataset", "mine"]);
    let report = ran.value();
    check_report(&report, 4);
    assert_eq!((&report["dataset"], &report["tracks"]), (&"mine".into(), &4.into()));
    assert_eq!(ran.code, Some(i32::from(report["holds"] != true)), "{report}");
    assert_eq!(list(&report, "planted")[0]["verdict"]["found"], 2, "{report}");
}

#[test]
fn a_dataset_that_is_not_there_is_named() {
    let home = Home::empty();
    let ran = home.json(["selftest", "trust", "--dataset", "nothing"]);
    assert!(ran.error(4, "not_found").contains("nothing"));
    let ran = home.run(["selftest", "trust", "--pieces", "1"]);
    assert_eq!(ran.code, Some(2));
}
