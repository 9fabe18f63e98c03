//! A process that is killed at any moment: the next one recovers, nothing half made is listed, and
//! the same command then succeeds.

use super::house::{Home, Running, track};
use std::time::Duration;

/// Moments that differ from run to run of a test but never from day to day.
struct Moments(u64);

impl Moments {
    fn next(&mut self, most_ms: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        Duration::from_micros((self.0 >> 33) % (most_ms * 1000))
    }
}

/// Kills the command at some moments, some of them before its job exists.
fn kill_often(home: &Home, args: &[&str], seed: u64, most_ms: u64, prepare: impl Fn(&Home)) {
    let mut moments = Moments(seed);
    for round in 0..5 {
        prepare(home);
        let finetunes = home.json(["finetunes", "list"]).ok();
        let last = home.last_job();
        let running: Running = home.start(args);
        if round > 0 {
            home.wait_for_job(last);
        }
        std::thread::sleep(moments.next(most_ms));
        let status = running.kill();
        let finished = status.code().is_some();
        // Before anybody owns the store again, those who look see nothing half made.
        let seen = home.json(["finetunes", "list"]).ok();
        if !finished {
            let more = usize::from(args.contains(&"train"));
            let count = |v: &serde_json::Value| v["finetunes"].as_array().unwrap().len();
            assert!(count(&seen) <= count(&finetunes) + more);
        }
        for take in home.json(["takes", "list"]).ok()["takes"].as_array().unwrap() {
            super::contract::there(&take["audio"]);
        }
        let ran = home.run(["takes", "list"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        // The next owner clears up and says what was lost.
        let name = format!("after-{round}");
        let ran = home.run(["dataset", "new", &name]);
        assert_eq!(ran.code, Some(0), "{args:?} round {round}: {ran:?}");
        assert!(home.half_done().is_empty(), "{args:?} round {round}: {:?}", home.half_done());
        if home.last_job() > last {
            let job = home.newest_job().unwrap();
            let state = job["state"].as_str().unwrap();
            assert!(["lost", "done"].contains(&state), "{job}");
            if state == "lost" {
                let reason = job["reason"].as_str().unwrap();
                assert!(reason.contains("jobs resume"), "{reason}");
                assert!(ran.err.contains("was interrupted"), "{ran:?}");
            }
        }
        let doctor = home.json(["doctor"]);
        assert_eq!(doctor.code, Some(0), "{doctor:?}");
    }
    let ran = home.json(args);
    assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
}

#[test]
fn import() {
    let home = Home::prepared();
    let many = home.file("many");
    std::fs::create_dir_all(&many).unwrap();
    for n in 0..12 {
        let mut bytes = std::fs::read(track(n % 4)).unwrap();
        let length = bytes.len();
        bytes[length - 1 - n] ^= 1;
        std::fs::write(many.join(format!("{n}.wav")), bytes).unwrap();
    }
    let args = ["import", "many", "--dataset", "new", "--rights", "own", "--by", "Ada", "--copy"];
    kill_often(&home, &args, 1, 900, |home| {
        let _ = std::fs::remove_dir_all(home.path().join("cache"));
        let _ = std::fs::remove_dir_all(home.path().join("data/blobs"));
        std::fs::create_dir_all(home.path().join("data/blobs")).unwrap();
    });
    let shown = home.json(["dataset", "show", "new"]).ok();
    assert_eq!(shown["members"].as_array().unwrap().len(), 12);
    assert_eq!(home.json(["screen", "new"]).ok()["result"], "pass");
}

#[test]
fn train() {
    let home = Home::prepared();
    let args = ["train", "--name", "X", "--genre", "funk", "--dataset", "mine"];
    kill_often(&home, &args, 2, 500, |home| {
        std::fs::remove_dir_all(home.path().join("cache")).unwrap();
        std::fs::create_dir_all(home.path().join("cache")).unwrap();
    });
    for finetune in home.json(["finetunes", "list"]).ok()["finetunes"].as_array().unwrap() {
        let id = finetune["finetune_id"].as_str().unwrap();
        home.json(["plan", "a piece", "--finetune", id]).ok();
    }
}

#[test]
fn generate() {
    let home = Home::prepared();
    let args = [
        "generate",
        "a piece",
        "--finetune",
        "Mine",
        "--variants",
        "6",
        "--seconds",
        "10",
        "--stems",
        "--midi",
    ];
    kill_often(&home, &args, 3, 900, |_| {});
    let takes = home.json(["takes", "list"]).ok();
    assert_eq!(takes["takes"].as_array().unwrap().len(), 7, "none is lost, none is there twice");
}

#[test]
fn evaluate() {
    let home = Home::prepared();
    let own: Vec<String> = (0..4).map(|n| track(n).to_str().unwrap().to_owned()).collect();
    let mut args = vec!["evaluate", "--finetune", "Mine"];
    args.extend((0..12).map(|n| own[n % 4].as_str()));
    kill_often(&home, &args, 4, 700, |_| {});
}

#[test]
fn curation_edits() {
    let home = Home::prepared();
    let shown = home.json(["dataset", "show", "mine"]).ok();
    let id = shown["members"][0]["track_id"].as_str().unwrap().to_owned();
    let mut moments = Moments(5);
    for _ in 0..12 {
        let running = home.start(["dataset", "exclude", "mine", &id]);
        std::thread::sleep(moments.next(40));
        running.kill();
        let running = home.start(["dataset", "include", "mine", &id]);
        std::thread::sleep(moments.next(40));
        running.kill();
        let shown = home.json(["dataset", "show", "mine"]).ok();
        assert_eq!(shown["members"].as_array().unwrap().len(), 4);
    }
    home.json(["dataset", "exclude", "mine", &id]).ok();
    let ran = home.json(["dataset", "undo", "mine"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(home.half_done().is_empty());
}
