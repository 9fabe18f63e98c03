//! The JSON contract: names of fields, ranges of values, paths that exist, audio that decodes.

use super::house::{Home, PROMPT, fields, track, tracks, within};
use super::music;
use super::verdicts::check_verdict;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

#[track_caller]
pub fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is no list in {value}"))
}

#[track_caller]
fn check_problem(problem: &Value) {
    fields(problem, &["kind", "severity", "start_s", "end_s", "detail"]);
    assert!(["info", "warn", "exclude"].contains(&problem["severity"].as_str().unwrap()));
    assert!(problem["start_s"].as_f64().unwrap() <= problem["end_s"].as_f64().unwrap());
}

#[track_caller]
fn check_event(event: &Value) {
    fields(event, &["seq", "at", "job_id", "kind", "phase", "progress", "eta_s", "metrics"]);
    within(&event["progress"], 0.0, 1.0);
    let kind = event["kind"].as_str().unwrap();
    assert!(
        ["queued", "started", "progress", "log", "checkpoint", "finished"].contains(&kind),
        "{kind}"
    );
    if let Some(phase) = event["phase"].as_str() {
        let phases = ["listen", "screen", "sound", "writing", "render", "evaluate"];
        assert!(phases.contains(&phase), "{phase}");
    }
    assert!(event["eta_s"].is_null() || event["eta_s"].as_f64().unwrap() >= 0.0);
}

/// Numbers grow by one, progress never falls, the last event is the end.
#[track_caller]
pub fn check_events(events: &[Value]) {
    assert!(events.len() > 2, "{events:?}");
    events.iter().for_each(check_event);
    for pair in events.windows(2) {
        assert_eq!(pair[0]["seq"].as_u64().unwrap() + 1, pair[1]["seq"].as_u64().unwrap());
        assert!(pair[0]["progress"].as_f64().unwrap() <= pair[1]["progress"].as_f64().unwrap());
        assert!(pair[0]["at"].as_str().unwrap() <= pair[1]["at"].as_str().unwrap());
    }
    let last = events.last().unwrap();
    assert_eq!(last["kind"], "finished");
    assert_eq!(events.iter().filter(|e| e["kind"] == "finished").count(), 1);
}

/// An absolute path of a file that exists.
#[track_caller]
pub fn there(value: &Value) -> &Path {
    let path = Path::new(value.as_str().unwrap());
    assert!(path.is_absolute() && path.is_file(), "{}", path.display());
    path
}

#[track_caller]
fn check_take(take: &Value, seconds: f64) {
    fields(
        take,
        &[
            "take_id",
            "audio",
            "stems",
            "midi",
            "seed",
            "duration_s",
            "seconds_spent",
            "brief",
            "plan",
            "grains",
            "verdict",
        ],
    );
    let reader = hound::WavReader::open(there(&take["audio"])).unwrap();
    let (spec, frames) = (reader.spec(), reader.duration());
    assert_eq!((spec.channels, spec.bits_per_sample), (2, 24));
    let length = f64::from(frames) / f64::from(spec.sample_rate);
    assert!((length - seconds).abs() < 0.1, "{length} s of {seconds}");
    within(&take["duration_s"], length - 0.01, length + 0.01);
    let samples: Vec<i32> = reader.into_samples().map(Result::unwrap).collect();
    let peak = samples.iter().map(|s| s.abs()).max().unwrap();
    assert!(peak > 1 << 16, "it can be heard");
    within(&take["true_peak_dbtp"], -60.0, -0.9);
    for stem in take["stems"].as_object().unwrap().values() {
        hound::WavReader::open(there(stem)).unwrap();
    }
    if !take["midi"].is_null() {
        assert!(std::fs::read(there(&take["midi"])).unwrap().starts_with(b"MThd"));
    }
    check_plan(&take["plan"], seconds);
}

#[track_caller]
fn check_plan(plan: &Value, seconds: f64) {
    fields(plan, &["brief", "sections"]);
    fields(
        &plan["brief"],
        &[
            "genre",
            "tempo_bpm",
            "key",
            "meter",
            "moods",
            "instruments",
            "avoid",
            "vocals",
            "language",
            "seconds",
            "unknown_words",
            "unsupported",
        ],
    );
    let mut end = 0.0;
    for section in list(plan, "sections") {
        fields(
            section,
            &["name", "start_s", "duration_s", "bars", "chords", "energy", "styles", "lyrics"],
        );
        fields(&section["styles"], &["include", "exclude"]);
        within(&section["energy"], 0.0, 1.0);
        within(&section["start_s"], end - 1e-6, end + 1e-6);
        end += section["duration_s"].as_f64().unwrap();
        for chord in list(section, "chords") {
            fields(chord, &["bar", "beat", "chord"]);
            assert!(chord["bar"].as_u64().unwrap() < section["bars"].as_u64().unwrap());
        }
    }
    assert!(end <= seconds + 0.1, "sections of {end} s in {seconds} s");
}

#[test]
fn import_and_what_is_known_of_a_dataset() {
    let home = Home::empty();
    let files = home.file("in");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::copy(track(0), files.join("good.wav")).unwrap();
    std::fs::write(files.join("bad.wav"), b"RIFFnonsense").unwrap();
    std::fs::write(files.join("cover.jpg"), b"x").unwrap();
    let report = home
        .json(["import", "in", "--dataset", "d", "--rights", "open:CC-BY-4.0=https://example.org"])
        .ok();
    fields(&report, &["dataset", "tracks", "ignored"]);
    assert_eq!(report["dataset"], "d");
    let all = list(&report, "tracks");
    assert_eq!(all.len(), 2, "one verdict a file: {report}");
    for file in all {
        fields(file, &["path", "status", "reason", "problems", "parts"]);
        there(&file["path"]);
        list(file, "problems").iter().for_each(check_problem);
    }
    let bad = all.iter().find(|f| f["status"] == "refused").unwrap();
    assert!(bad["path"].as_str().unwrap().ends_with("bad.wav") && !bad["reason"].is_null());
    assert!(list(bad, "parts").is_empty());
    let good = all.iter().find(|f| f["status"] != "refused").unwrap();
    let part = &list(good, "parts")[0];
    fields(part, &["track_id", "start_s", "end_s"]);
    within(&part["end_s"], 13.9, 14.1);
    let id = part["track_id"].as_str().unwrap();
    assert!(id.starts_with("t_") && id.len() == 18, "{id}");

    let listed = home.json(["dataset", "list"]).ok();
    assert_eq!(listed["datasets"][0]["name"], "d");
    let shown = home.json(["dataset", "show", "d"]).ok();
    fields(&shown, &["name", "created_at", "members"]);
    assert_eq!(shown["members"][0]["track_id"], id);
    there(&shown["members"][0]["path"]);

    // The same file again is the same track.
    let again = home.json(["import", "in/good.wav", "--dataset", "d"]).ok();
    assert_eq!(again["tracks"][0]["parts"][0]["track_id"], id);
    assert_eq!(list(&home.json(["dataset", "show", "d"]).ok(), "members").len(), 1);
}

#[test]
fn listening_says_what_it_hears() {
    let home = Home::empty();
    let heard = home.json(["listen", track(0).to_str().unwrap()]).ok();
    fields(
        &heard,
        &[
            "file",
            "duration_s",
            "tempo_bpm",
            "tempo_confidence",
            "beats_s",
            "downbeats_s",
            "meter",
            "key",
            "key_confidence",
            "chords",
            "sections",
            "loudness_lufs",
            "true_peak_dbtp",
            "vocals",
            "notes",
            "problems",
        ],
    );
    within(&heard["duration_s"], 13.9, 14.1);
    within(&heard["tempo_confidence"], 0.0, 1.0);
    within(&heard["key_confidence"], 0.0, 1.0);
    let bpm = heard["tempo_bpm"].as_f64().unwrap();
    let octaves = (bpm / 112.0).log2();
    assert!((octaves - octaves.round()).abs() < 0.03, "{bpm} BPM of 112");
    if !heard["vocals"].is_null() {
        fields(&heard["vocals"], &["present", "confidence", "spans"]);
    }
    for chord in list(&heard, "chords") {
        fields(chord, &["start_s", "end_s", "chord"]);
    }
    for section in list(&heard, "sections") {
        fields(section, &["start_s", "end_s", "label"]);
    }
    // Null until they are heard.
    for note in heard["notes"].as_array().into_iter().flatten() {
        fields(note, &["start_s", "end_s", "midi", "velocity", "part"]);
    }
    list(&heard, "problems").iter().for_each(check_problem);
    let beats: Vec<f64> = list(&heard, "beats_s").iter().map(|b| b.as_f64().unwrap()).collect();
    assert!(beats.windows(2).all(|w| w[0] < w[1]) && beats.len() > 10);
    // A look makes no home.
    assert!(!home.path().exists());

    let silence = home.file("silence.wav");
    music::wav(&silence, &vec![[0.0; 2]; 44_100 * 6]);
    let heard = home.json(["listen", silence.to_str().unwrap()]).ok();
    assert!(heard["tempo_bpm"].is_null() && heard["key"].is_null(), "{heard}");
}

#[test]
fn curation_can_be_taken_back() {
    let home = Home::prepared();
    let members = home.json(["dataset", "show", "mine"]).ok()["members"].clone();
    let ids: Vec<&str> =
        members.as_array().unwrap().iter().map(|m| m["track_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);

    let excluded = home.json(["dataset", "exclude", "mine", ids[0], "--reason", "loud"]).ok();
    assert_eq!(excluded["members"][0]["excluded"], "loud");
    home.json(["dataset", "include", "mine", ids[0]]).ok();
    let undone = home.json(["dataset", "undo", "mine"]).ok();
    fields(&undone, &["dataset", "undone"]);
    let shown = home.json(["dataset", "show", "mine"]).ok();
    assert_eq!(shown["members"][0]["excluded"], "loud", "the reason is back");
    home.json(["dataset", "undo", "mine"]).ok();

    home.json(["dataset", "remove", "mine", ids[1]]).ok();
    assert_eq!(list(&home.json(["dataset", "show", "mine"]).ok(), "members").len(), 3);
    home.json(["dataset", "undo", "mine"]).ok();
    assert_eq!(home.json(["dataset", "show", "mine"]).ok()["members"], members);

    home.json(["dataset", "new", "other"]).ok();
    home.json(["dataset", "new", "other"]).error(2, "usage");
    let added = home.json(["dataset", "add", "other", ids[2]]).ok();
    assert_eq!(added["members"][0]["track_id"], ids[2]);
    home.json(["dataset", "add", "other", "t_0000000000000000"]).error(4, "not_found");
    home.json(["dataset", "exclude", "other", ids[0]]).error(4, "not_found");

    let stated = home.json(["dataset", "rights", "mine", "commissioned", "--by", "Bo"]).ok();
    fields(&stated, &["dataset", "rights", "by", "tracks"]);
    home.json(["dataset", "rights", "mine", "bought", "--by", "Bo"]).error(2, "usage");
    home.json(["dataset", "rights", "mine", "own", "--by", " "]).error(2, "usage");
}

#[test]
fn a_dataset_is_split_and_stays_whole() {
    let home = Home::prepared();
    let whole = home.json(["dataset", "show", "mine"]).ok();
    let id = |n: usize| whole["members"][n]["track_id"].as_str().unwrap().to_owned();
    let made = home.json(["dataset", "split", "mine", "--into", "slow", &id(0), &id(2)]).ok();
    fields(&made, &["dataset", "into"]);
    let ids: Vec<&Value> =
        list(&made["into"][0], "members").iter().map(|m| &m["track_id"]).collect();
    assert_eq!(ids, [&json!(id(0)), &json!(id(2))]);
    assert_eq!(home.json(["dataset", "show", "mine"]).ok(), whole);
    home.json(["dataset", "undo", "slow"]).ok();
    assert!(list(&home.json(["dataset", "show", "slow"]).ok(), "members").is_empty());

    // By what is heard: as many names as groups, every track in one of them.
    let groups = list(&home.json(["check", "mine"]).ok()["variety"], "clusters").len();
    let names: Vec<String> = (0..groups).map(|n| format!("part-{n}")).collect();
    let made = home.json(["dataset", "split", "mine", "--into", &names.join(",")]).ok();
    let all: BTreeSet<String> = list(&made, "into")
        .iter()
        .flat_map(|d| list(d, "members"))
        .map(|m| m["track_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(all.len(), 4);
    let wrong = format!("{},one-more", names.join(","));
    home.json(["dataset", "split", "mine", "--into", &wrong.replace("part", "p")])
        .error(2, "usage");
    home.json(["dataset", "split", "mine", "--into", "part-0", &id(0)]).error(2, "usage");
    home.json(["dataset", "split", "mine", "--into", "x", "t_0000000000000000"])
        .error(4, "not_found");
    home.json(["dataset", "split", "nothing", "--into", "x", &id(0)]).error(4, "not_found");
}

#[test]
fn diagnosis_and_screening() {
    let home = Home::prepared();
    let check = home.json(["check", "mine"]).ok();
    fields(
        &check,
        &["dataset", "tracks", "variety", "duplicates", "outliers", "copy_risk", "advice"],
    );
    assert_eq!(list(&check, "tracks").len(), 4);
    fields(&check["variety"], &["effective_of_12", "clusters", "verdict"]);
    within(&check["variety"]["effective_of_12"], 1.0, 12.0);
    if let Some(verdict) = check["variety"]["verdict"].as_str() {
        assert!(["narrow", "healthy", "broad"].contains(&verdict));
    }
    for advice in list(&check, "advice") {
        fields(advice, &["action", "tracks", "reason", "effect"]);
        let action = advice["action"].as_str().unwrap();
        assert!(
            ["narrow", "widen", "exclude", "add", "split", "trim"].contains(&action),
            "{action}"
        );
    }
    for risk in list(&check, "copy_risk") {
        fields(risk, &["track_id", "risk"]);
    }
    home.json(["check", "nothing"]).error(4, "not_found");

    let screen = home.json(["screen", "mine"]).ok();
    fields(&screen, &["dataset", "result", "compared", "packs", "matches", "missing_rights"]);
    assert_eq!(screen["result"], "pass");
    assert_eq!(screen["compared"], json!({ "packs": 0, "works": 0 }));
    assert!(!screen.to_string().contains("cleared"));
    home.json(["dataset", "rights", "mine", "withdraw"]).ok();
    let ran = home.json(["screen", "mine"]);
    assert_eq!(ran.code, Some(6));
    assert_eq!(ran.value()["result"], "needs_rights");
    assert_eq!(list(&ran.value(), "missing_rights").len(), 4);
    home.json(["dataset", "rights", "mine", "catalogue", "--by", "Ada"]).ok();
    let ran = home.json(["screen", "mine"]);
    assert_eq!((ran.code, ran.value()["result"].as_str()), (Some(6), Some("blocked")));
}

#[test]
fn training_streams_its_events_and_ends_with_the_finetune() {
    let home = Home::prepared();
    let ran = home.json([
        "train",
        "--name",
        "New",
        "--genre",
        "funk",
        "--dataset",
        "mine",
        "--tags",
        "a,b",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines = ran.lines();
    let (last, events) = lines.split_last().unwrap();
    check_events(events);
    assert_eq!(events.last().unwrap()["progress"], 1.0);
    fields(last, &["finetune_id", "status", "reason", "seconds", "report"]);
    assert_eq!(last["status"], "completed");
    let id = last["finetune_id"].as_str().unwrap();
    assert!(id.starts_with("ft_") && id.len() == 29, "{id}");

    let listed = home.json(["finetunes", "list"]).ok();
    assert_eq!(list(&listed, "finetunes").len(), 2);
    let by_id = home.json(["finetunes", "show", id]).ok();
    let by_name = home.json(["finetunes", "show", "New"]).ok();
    assert_eq!(by_id, by_name);
    assert_eq!(by_id["tags"], json!(["a", "b"]));
    let sources = list(&by_id, "sources");
    assert_eq!(sources.iter().filter(|s| s["held_out"] == true).count(), 1, "four to eleven: one");
    for source in sources {
        fields(source, &["track_id", "title", "hash", "rights", "by", "held_out", "kept_s"]);
        assert_eq!((source["rights"].as_str(), source["by"].as_str()), (Some("own"), Some("Ada")));
    }
    // A second of the same name is allowed; the name is then no name any more.
    home.json(["train", "--name", "New", "--genre", "funk", "--dataset", "mine", "--holdout", "0"]);
    home.json(["finetunes", "show", "New"]).error(2, "usage");
    assert_eq!(home.json(["finetunes", "delete", id]).ok(), json!({ "deleted": id }));
    home.json(["finetunes", "delete", id]).error(4, "not_found");
    home.json(["finetunes", "show", "New"]).ok();
    home.json(["train", "--name", "", "--genre", "x", "--dataset", "mine"]).lines();
    let ran =
        home.json(["train", "--name", "X", "--genre", "x", "--dataset", "mine", "--holdout", "4"]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn plans_are_what_generate_reads() {
    let home = Home::prepared();
    let plan = home.json(["plan", "a sad piano waltz in F minor, 20 seconds"]).ok();
    check_plan(&plan, 20.0);
    assert_eq!(plan["brief"]["key"], "F minor");
    let file = home.file("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    let report = home.json(["generate", "--plan", "plan.json", "--seed", "1"]).ok();
    check_take(&report["takes"][0], 20.0);
    assert_eq!(report["takes"][0]["plan"]["sections"], plan["sections"]);
    check_plan(&home.json(["plan", PROMPT, "--finetune", "Mine", "--seconds", "12"]).ok(), 12.0);

    for (name, change) in [
        ("no sections", json!({ "sections": [] })),
        (
            "endless",
            json!({ "sections": [{ "name": "a", "bars": 4_000_000_000u32, "energy": 0.5 }] }),
        ),
        ("no bars", json!({ "sections": [{ "name": "a", "bars": 0, "energy": 0.5 }] })),
        ("loud", json!({ "sections": [{ "name": "a", "bars": 4, "energy": 7 }] })),
        ("slow", json!({ "tempo_bpm": 1e-9, "brief": { "tempo_bpm": null } })),
        (
            "outside",
            json!({ "sections": [{ "name": "a", "bars": 1, "energy": 0.5,
            "chords": [{ "bar": 9, "beat": 0, "chord": "C:maj" }] }] }),
        ),
    ] {
        let mut wrong = plan.clone();
        for (field, value) in change.as_object().unwrap() {
            if field == "brief" {
                wrong["brief"]["tempo_bpm"] = Value::Null;
            } else {
                wrong[field] = value.clone();
            }
        }
        std::fs::write(&file, wrong.to_string()).unwrap();
        let ran = home.json(["generate", "--plan", "plan.json"]);
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        ran.error(2, "usage");
    }
    std::fs::write(&file, "{ nonsense").unwrap();
    let message = home.json(["generate", "--plan", "plan.json"]).error(2, "usage");
    assert!(message.contains("plan.json") && message.contains("line 1"), "{message}");
    home.json(["generate", "--plan", "missing.json"]).error(4, "not_found");
}

#[test]
fn takes_are_made_kept_rated_exported_and_deleted() {
    let home = Home::prepared();
    let ask = ["generate", "an angry piece", "--finetune", "Mine", "--seconds", "9"];
    let report = home
        .json(ask.into_iter().chain(["--variants", "2", "--seed", "5", "--stems", "--midi"]))
        .ok();
    let takes = list(&report, "takes");
    assert_eq!(takes.len(), 2);
    assert_eq!((takes[0]["seed"].as_u64(), takes[1]["seed"].as_u64()), (Some(5), Some(6)));
    for take in takes {
        check_take(take, 9.0);
        check_verdict(&take["verdict"]);
        assert!(!take["midi"].is_null() && !take["stems"].as_object().unwrap().is_empty());
        check_grains(take);
    }
    let id = takes[0]["take_id"].as_str().unwrap();
    assert!(id.starts_with("tk_") && id.len() == 19, "{id}");
    let listed = home.json(["takes", "list"]).ok();
    assert_eq!(list(&listed, "takes").len(), 3);
    let shown = home.json(["takes", "show", id]).ok();
    assert_eq!(shown, takes[0]);

    assert_eq!(home.json(["takes", "rate", id, "4"]).ok(), json!({ "take_id": id, "rating": 4 }));
    home.json(["takes", "rate", id, "6"]).error(2, "usage");
    let exported = home.json(["takes", "export", id, "--out", "gift"]).ok();
    fields(&exported, &["take_id", "files"]);
    for file in list(&exported, "files") {
        assert!(home.file(file.as_str().unwrap()).is_file(), "{file}");
    }
    assert_eq!(home.json(["takes", "delete", id]).ok(), json!({ "deleted": id }));
    home.json(["takes", "show", id]).error(4, "not_found");
    home.json(["takes", "delete", id]).error(4, "not_found");
    home.json(["takes", "show", "tk_nonsense"]).error(2, "usage");
}

/// The bounds that keep a take from copying, in what it says of itself.
#[track_caller]
fn check_grains(take: &Value) {
    let (notes, grains): (Vec<&Value>, Vec<&Value>) =
        list(take, "grains").iter().partition(|g| g["instrument"].is_string());
    for note in notes {
        fields(note, &["track_id", "start_s", "length_s", "at_s", "shift", "instrument"]);
        within(&note["length_s"], 0.0, 4.0 + 1e-3);
    }
    assert!(grains.len() > 5);
    let mut supplied: std::collections::BTreeMap<&str, f64> = std::collections::BTreeMap::new();
    for grain in &grains {
        fields(grain, &["track_id", "start_s", "length_s", "at_s", "shift"]);
        within(&grain["length_s"], 0.0, 0.6 + 1e-6);
        *supplied.entry(grain["track_id"].as_str().unwrap()).or_default() +=
            grain["length_s"].as_f64().unwrap();
    }
    for pair in grains.windows(2) {
        let gap =
            (pair[1]["start_s"].as_f64().unwrap() - pair[0]["start_s"].as_f64().unwrap()).abs();
        assert!(pair[0]["track_id"] != pair[1]["track_id"] || !(1e-6..1.3 - 1e-6).contains(&gap));
    }
    let whole: f64 = supplied.values().sum();
    assert!(supplied.values().all(|s| s / whole <= 0.55 + 1e-9), "{supplied:?}");
}

#[test]
fn more_files_of_the_same_take_can_be_had_later() {
    let home = Home::prepared();
    let ask = ["generate", PROMPT, "--finetune", "Mine", "--seconds", "10", "--seed", "3"];
    let first = home.json(ask).ok()["takes"][0].clone();
    let id = first["take_id"].as_str().unwrap();
    assert_eq!(list(&home.json(["takes", "list"]).ok(), "takes").len(), 1, "the prepared one");
    home.json(["takes", "rate", id, "5"]).ok();
    let bytes = std::fs::read(there(&first["audio"])).unwrap();
    let midi = home.json(ask.into_iter().chain(["--midi"])).ok()["takes"][0].clone();
    assert_eq!(midi["take_id"], id);
    let stems = home.json(ask.into_iter().chain(["--stems"])).ok()["takes"][0].clone();
    check_take(&stems, 10.0);
    let shown = home.json(["takes", "show", id]).ok();
    assert_eq!(shown["rating"], 5, "a rating is a person's");
    there(&shown["midi"]);
    assert!(!shown["stems"].as_object().unwrap().is_empty());
    assert_eq!(std::fs::read(there(&shown["audio"])).unwrap(), bytes);
    // To a folder, in another format.
    let out = home.json(ask.into_iter().chain(["--out", "o", "--format", "flac"])).ok();
    let audio = there(&out["takes"][0]["audio"]);
    assert!(audio.starts_with(home.file("o")) && audio.extension().unwrap() == "flac");
    assert!(std::fs::read(audio).unwrap().starts_with(b"fLaC"));
}

#[test]
fn prompts_from_a_file() {
    let home = Home::empty();
    std::fs::write(
        home.file("p.jsonl"),
        "{\"prompt\": \"a calm piece\"}\n\n{\"prompt\": \"a fast piece\"}\n",
    )
    .unwrap();
    let report = home.json(["generate", "--prompts", "p.jsonl", "--seconds", "4"]).ok();
    assert_eq!(list(&report, "takes").len(), 2);
    for take in list(&report, "takes") {
        check_take(take, 4.0);
        assert!(take["verdict"].is_null(), "the base has nothing to be compared with");
    }
    std::fs::write(home.file("p.jsonl"), "{\"prompt\": \"a\"}\n{\"x\": 1}\n").unwrap();
    let message = home.json(["generate", "--prompts", "p.jsonl"]).error(2, "usage");
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn jobs_and_doctor() {
    let home = Home::prepared();
    let jobs = home.json(["jobs", "list"]).ok();
    assert_eq!(list(&jobs, "jobs").len(), 3);
    for job in list(&jobs, "jobs") {
        fields(
            job,
            &[
                "job_id",
                "kind",
                "what",
                "state",
                "reason",
                "pid",
                "queued_at",
                "started_at",
                "finished_at",
                "request",
                "result",
            ],
        );
        assert_eq!(job["state"], "done");
        let id = job["job_id"].as_str().unwrap();
        assert_eq!(&home.json(["jobs", "show", id]).ok(), job);
        check_events(&home.json(["jobs", "log", id]).lines());
    }
    home.json(["jobs", "show", "j99"]).error(4, "not_found");
    home.json(["jobs", "watch", "j99"]).error(4, "not_found");
    home.json(["jobs", "cancel", "j1"]).error(2, "usage");

    let doctor = home.json(["doctor"]).ok();
    fields(&doctor, &["version", "findings"]);
    for finding in list(&doctor, "findings") {
        fields(finding, &["what", "state", "detail"]);
        assert!(["ok", "note", "problem"].contains(&finding["state"].as_str().unwrap()));
    }
    // A file that is gone is a problem, and the code says so.
    let job = home.path().join("data/datasets/mine.json");
    let text = std::fs::read_to_string(&job).unwrap();
    let gone = text.replace(tracks().to_str().unwrap(), "/nowhere");
    std::fs::write(&job, gone).unwrap();
    let ran = home.json(["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("is gone"), "{}", ran.out);
}
