//! What a training hears and learns: notes once, said in words.

use super::house::{Home, Ran};
use serde_json::Value;

const TRAIN: [&str; 7] = ["train", "--name", "Again", "--genre", "funk", "--dataset", "mine"];

fn said(ran: &Ran) -> Vec<String> {
    let logs = ran.lines().into_iter().filter(|e| e["kind"] == "log");
    logs.filter_map(|e| e["metrics"]["message"].as_str().map(str::to_owned)).collect()
}

#[test]
fn notes_are_heard_once_and_learned_from() {
    let home = Home::prepared();
    let hearings = home.path().join("cache");
    let first = home.json(TRAIN);
    assert_eq!(first.code, Some(0), "{first:?}");
    let again = home.json(TRAIN);
    assert_eq!(again.code, Some(0), "{again:?}");
    let listens = |ran: &Ran| said(ran).iter().any(|m| m.contains("for notes and drums"));
    assert!(!listens(&again), "a second training hears nothing again: {:?}", said(&again));

    // Without its cache it listens again, and learns the same.
    std::fs::remove_dir_all(&hearings).unwrap();
    let anew = home.json(TRAIN);
    assert_eq!(anew.code, Some(0), "{anew:?}");
    assert!(listens(&anew), "{:?}", said(&anew));
    let report = |ran: &Ran| -> Value { ran.lines().pop().unwrap()["report"]["report"].clone() };
    let (learned, relearned) = (report(&again), report(&anew));
    for field in ["manner", "counted", "tempos_bpm", "keys", "slices"] {
        assert_eq!(learned[field], relearned[field], "{field}");
    }
    assert!(learned["manner"].is_array());

    let checked = home.json(["check", "mine"]).ok();
    assert_eq!(
        checked["counted"].as_array().map(Vec::len),
        learned["counted"].as_array().map(Vec::len)
    );
    let shown = home.run(["finetunes", "list"]);
    assert!(shown.out.contains("Again"), "{shown:?}");
}
