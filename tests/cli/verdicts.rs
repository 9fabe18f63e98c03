//! The JSON contract of verdicts: a class rests on evidence or on all layers, or says why there is none.

use super::contract::list;
use super::house::{Home, PROMPT, fields, track, within};
use super::music;
use serde_json::Value;

#[track_caller]
pub fn check_verdict(verdict: &Value) {
    fields(verdict, &["style", "copy", "heldout"]);
    let style = &verdict["style"];
    fields(style, &["rank", "of", "p", "aspects"]);
    if let Some(rank) = style["rank"].as_u64() {
        assert!((1..=style["of"].as_u64().unwrap()).contains(&rank), "{style}");
    }
    if !style["p"].is_null() {
        within(&style["p"], 0.0, 1.0);
    }
    let copy = &verdict["copy"];
    check_copy(copy);
    fields(copy, &["copied_s", "copied_share", "rank", "of", "nearest_bits"]);
    within(&copy["copied_share"], 0.0, 1.0);
    fields(&verdict["heldout"], &["z", "n"]);
}

/// A class rests on evidence or on all layers; without one, the reason is said.
#[track_caller]
fn check_copy(copy: &Value) {
    fields(copy, &["class", "layers_checked", "evidence", "reason", "words"]);
    let evidence = list(copy, "evidence");
    evidence.iter().for_each(check_evidence);
    match copy["class"].as_str() {
        Some(class @ ("A" | "B" | "C")) => {
            assert!(evidence.iter().any(|e| e["class"] == class), "{copy}");
        }
        Some("D" | "E") => assert_eq!(list(copy, "layers_checked").len(), 3, "{copy}"),
        Some(other) => panic!("{other} is no class"),
        None => assert!(!copy["reason"].as_str().unwrap().is_empty(), "{copy}"),
    }
}

#[track_caller]
fn check_evidence(evidence: &Value) {
    fields(
        evidence,
        &[
            "track_id",
            "layer",
            "start_s",
            "end_s",
            "track_start_s",
            "score",
            "transposition",
            "tempo_ratio",
            "track_end_s",
            "landmarks",
            "class",
        ],
    );
    assert!(evidence["start_s"].as_f64().unwrap() < evidence["end_s"].as_f64().unwrap());
    match evidence["layer"].as_str().unwrap() {
        "audio" => within(&evidence["score"], 0.0, 32.0),
        "notes" => within(&evidence["score"], 0.0, 1e6),
        "groove" => within(&evidence["score"], -1.0, 1.0),
        other => panic!("{other} is no layer"),
    }
}

#[test]
fn verdicts_on_files_and_takes() {
    let home = Home::prepared();
    let take = home.json(["takes", "list"]).ok()["takes"][0]["take_id"].clone();
    let own = track(0);
    let report = home
        .json(["evaluate", "--finetune", "Mine", own.to_str().unwrap(), take.as_str().unwrap()])
        .ok();
    fields(&report, &["finetune", "verdicts"]);
    let verdicts = list(&report, "verdicts");
    assert_eq!(verdicts.len(), 2);
    for verdict in verdicts {
        fields(verdict, &["file", "verdict"]);
        check_verdict(&verdict["verdict"]);
    }
    assert_eq!(verdicts[0]["file"], own.to_str().unwrap());
    assert_eq!(verdicts[1]["file"], take);
    let copy = &verdicts[0]["verdict"]["copy"];
    assert_eq!(copy["class"], "A", "a track is a copy of itself: {copy}");
    assert!(copy["evidence"][0]["score"].as_f64().unwrap() < 1.0, "{copy}");

    let same = home.json(["compare", own.to_str().unwrap(), own.to_str().unwrap()]).ok();
    check_copy(&same);
    assert_eq!(same["class"], "A");
    within(&same["evidence"][0]["score"], 0.0, 0.5);
    let other = home.json(["compare", own.to_str().unwrap(), track(1).to_str().unwrap()]).ok();
    check_copy(&other);
    assert!(!["A", "B", "C"].iter().any(|c| other["class"] == *c), "{other}");
    // The first track played two semitones higher.
    let higher = home.file("higher.wav");
    music::wav(&higher, &music::piece(112.0, 47, true, 14.0, 0));
    let altered = home.json(["compare", higher.to_str().unwrap(), own.to_str().unwrap()]).ok();
    check_copy(&altered);
    assert_eq!(altered["class"], "B", "{altered}");
    assert_eq!(altered["evidence"][0]["transposition"], 2, "{altered}");
    home.json(["compare", "missing.wav", own.to_str().unwrap()]).error(4, "not_found");
    home.json(["evaluate", "--finetune", "Mine", "missing.wav"]).error(4, "not_found");
    home.json(["evaluate", "--finetune", "Mine", "tk_0123456789abcdef"]).error(4, "not_found");
}

#[test]
fn a_copy_class_that_cannot_be_given_is_said_and_fails_nothing() {
    let home = Home::prepared();
    let ran = home.json([
        "generate",
        PROMPT,
        "--finetune",
        "Mine",
        "--seconds",
        "6",
        "--seed",
        "3",
        "--max-copy",
        "D",
    ]);
    let take = &ran.ok()["takes"][0];
    check_verdict(&take["verdict"]);
    assert!(take["verdict"]["copy"]["class"].is_null(), "{}", take["verdict"]["copy"]);
    assert!(list(take, "refused").is_empty());
    assert!(ran.err.contains("--max-copy D could not be applied"), "{}", ran.err);
    home.json(["generate", PROMPT, "--max-copy", "F"]).error(2, "usage");
}
