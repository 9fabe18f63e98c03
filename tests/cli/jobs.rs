//! Jobs seen from a second process: watch, show, cancel, log, and training in the background.

use super::contract::check_events;
use super::house::{Home, Ran, wait_until};
use serde_json::Value;

const LONG: [&str; 6] = ["generate", "a piece", "--variants", "300", "--seconds", "20"];

#[test]
fn a_job_is_watched_and_cancelled_from_outside() {
    let home = Home::prepared();
    let last = home.last_job();
    let owner = home.start(LONG);
    let id = format!("j{}", home.wait_for_job(last));
    let shown = home.json(["jobs", "show", &id]).ok();
    assert_eq!(
        (shown["state"].as_str(), shown["kind"].as_str()),
        (Some("running"), Some("generate"))
    );
    let listed = home.json(["jobs", "list"]).ok();
    assert_eq!(listed["jobs"].as_array().unwrap().last().unwrap()["state"], "running");

    let watch_one = home.start(["jobs", "watch", &id]);
    let watch_all = home.start(["jobs", "watch"]);
    std::thread::sleep(std::time::Duration::from_millis(700));
    let asked = home.json(["jobs", "cancel", &id]).ok();
    assert_eq!(
        (asked["job_id"].as_str(), asked["asked_to_stop"].as_bool()),
        (Some(id.as_str()), Some(true))
    );

    let ran = owner.end();
    ran.error(130, "stopped");
    for watch in [watch_one, watch_all] {
        let ran = watch.end();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let events = ran.lines();
        check_events(&events);
        assert_eq!(events.last().unwrap()["metrics"]["state"], "stopped");
        assert!(events.iter().all(|e| e["job_id"] == id.as_str()));
    }
    let record = home.json(["jobs", "show", &id]).ok();
    assert_eq!(record["state"], "stopped");
    check_events(&home.json(["jobs", "log", &id]).lines());
    home.json(["jobs", "cancel", &id]).error(2, "usage");
    let again = home.run(["jobs", "watch", &id]);
    assert!(again.code == Some(0) && again.err.contains("stopped"), "{again:?}");
    assert!(home.half_done().is_empty(), "{:?}", home.half_done());
}

/// What `jobs list` says of a job.
fn said_of(home: &Home, id: &str) -> String {
    let ran = home.run(["jobs", "list"]);
    ran.out.lines().find(|l| l.starts_with(id)).unwrap_or_default().to_owned()
}

#[test]
fn a_job_is_paused_and_goes_on_from_outside() {
    let home = Home::prepared();
    let last = home.last_job();
    let owner = home.start(LONG);
    let id = format!("j{}", home.wait_for_job(last));
    let asked = home.json(["jobs", "pause", &id]).ok();
    assert_eq!(asked, serde_json::json!({ "job_id": id, "asked_to_pause": true }));
    wait_until("it rests", || said_of(&home, &id).contains("paused").then_some(()));
    // A step that had begun may still end; after it nothing is done.
    let done = || home.json(["jobs", "log", &id]).lines().len();
    let mut before = done();
    wait_until("nothing is done any more", || {
        std::thread::sleep(std::time::Duration::from_millis(400));
        let now = done();
        (std::mem::replace(&mut before, now) == now).then_some(())
    });
    let asked = home.json(["jobs", "resume", &id]).ok();
    assert_eq!(asked, serde_json::json!({ "job_id": id, "asked_to_resume": true }));
    wait_until("it goes on", || (done() > before + 1).then_some(()));
    assert!(said_of(&home, &id).contains("running"));

    // One that rests still hears that it should stop.
    assert!(home.run(["jobs", "pause", &id]).err.contains("was asked to rest"));
    wait_until("it rests again", || said_of(&home, &id).contains("paused").then_some(()));
    home.json(["jobs", "cancel", &id]).ok();
    owner.end().error(130, "stopped");
    check_events(&home.json(["jobs", "log", &id]).lines());
    home.json(["jobs", "pause", &id]).error(2, "usage");
    for word in ["pause", "resume"] {
        home.json(["jobs", word, "j999"]).error(4, "not_found");
    }
}

#[test]
fn a_watch_without_a_terminal_writes_plain_lines() {
    let home = Home::prepared();
    let last = home.last_job();
    let owner = home.start(["generate", "a piece", "--variants", "20", "--seconds", "20"]);
    let id = format!("j{}", home.wait_for_job(last));
    let mut watch = home.command(["jobs", "watch", &id]);
    let ran = Ran::of(watch.env("TERM", "dumb").output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains(&format!("{id} render")) && ran.err.contains("is done"), "{ran:?}");
    assert!(ran.err.chars().all(|c| c == '\n' || !c.is_control()), "{ran:?}");
    assert!(ran.out.is_empty(), "{ran:?}");
    owner.end().ok();
}

#[test]
fn a_job_that_says_nothing_for_long_hears_a_cancel() {
    // One long file is one step of an import: no event comes while it is listened to.
    let home = Home::empty();
    let piece = super::music::piece(110.0, 45, true, 20.0, 1);
    let long: Vec<[f32; 2]> = piece.iter().copied().cycle().take(44_100 * 550).collect();
    super::music::wav(&home.file("long.wav"), &long);
    let owner = home.start(["--threads", "1", "import", "long.wav"]);
    let id = format!("j{}", home.wait_for_job(0));
    home.json(["jobs", "cancel", &id]).ok();
    let ran = owner.end();
    ran.error(130, "stopped");
    assert!(home.json(["dataset", "list"]).ok()["datasets"].as_array().unwrap().is_empty());
}

#[test]
fn training_in_the_background_goes_on_and_is_seen_to_end() {
    let home = Home::prepared();
    // Without what was heard the training takes long enough to be watched.
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let started = home
        .json([
            "--threads",
            "1",
            "train",
            "--name",
            "Far",
            "--genre",
            "funk",
            "--dataset",
            "mine",
            "--detach",
        ])
        .ok();
    let id = started["job_id"].as_str().unwrap();
    assert!(started["pid"].as_u64().unwrap() > 1);
    let ran = home.run(["jobs", "watch", id]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("is done"), "{ran:?}");
    let job = home.json(["jobs", "show", id]).ok();
    assert_eq!(
        (job["state"].as_str(), job["pid"].as_u64()),
        (Some("done"), started["pid"].as_u64())
    );
    check_events(&home.json(["jobs", "log", id]).lines());
    home.json(["finetunes", "show", "Far"]).ok();
    wait_until("the owner is gone", || {
        (home.run(["dataset", "undo", "mine"]).code == Some(0)).then_some(())
    });
}

#[test]
fn what_ran_in_a_dead_process_is_interrupted_at_once_to_those_who_look() {
    let home = Home::prepared();
    let last = home.last_job();
    let owner = home.start(LONG);
    let id = format!("j{}", home.wait_for_job(last));
    let watch = home.start(["jobs", "watch", &id]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    owner.kill();
    let ran = watch.end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("is interrupted"), "{ran:?}");
    let job = home.json(["jobs", "show", &id]).ok();
    assert_eq!(job["state"], "lost");
    assert!(job["reason"].as_str().unwrap().contains("jobs resume"), "{job}");
    let listed = home.json(["jobs", "list"]).ok();
    assert_eq!(listed["jobs"].as_array().unwrap().last().unwrap(), &job);
    home.json(["jobs", "cancel", &id]).error(2, "usage");
    let none: Ran = home.run(["jobs", "watch"]);
    assert!(none.code == Some(0) && none.err.contains("no job is running"), "{none:?}");
    // The next owner writes it down.
    let ran = home.run(["dataset", "new", "x"]);
    assert!(ran.err.contains(&id) && ran.err.contains("interrupted"), "{ran:?}");
    let events: Vec<Value> = home.json(["jobs", "log", &id]).lines();
    check_events(&events);
}
