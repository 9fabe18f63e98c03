//! An interrupt during each kind of job: it stops, says so, and leaves nothing half made.

use super::house::{Home, track, tracks};
use rustix::process::Signal;
use serde_json::Value;
use std::time::Duration;

/// Interrupts a job some time after it began, and looks at what is left.
fn interrupt(home: &Home, args: &[&str], after: Duration, signal: Signal) {
    let lists = [["finetunes", "list"], ["takes", "list"], ["dataset", "list"]];
    let look = |home: &Home| lists.map(|args| home.json(args).ok());
    let before = look(home);
    let last = home.last_job();
    let running = home.start(args);
    home.wait_for_job(last);
    std::thread::sleep(after);
    running.signal(signal);
    let ran = running.end();
    assert_eq!(ran.code, Some(130), "{args:?}: {ran:?}");
    assert!(ran.err.contains("stopping"), "{ran:?}");
    let last_line: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    if args.contains(&"train") {
        assert_eq!(last_line["status"], "stopped");
    } else {
        assert_eq!(last_line["error"]["kind"], "stopped");
    }
    let job = home.newest_job().unwrap();
    assert_eq!(job["state"], "stopped", "{job}");
    assert!(home.half_done().is_empty(), "{:?}", home.half_done());
    let after = look(home);
    if args.contains(&"generate") {
        // Takes that were finished are kept.
        assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
        for take in after[1]["takes"].as_array().unwrap() {
            super::contract::there(&take["audio"]);
        }
    } else {
        assert_eq!(after, before);
    }
    // The store can be used at once.
    let ran = home.run(["generate", "a short piece", "--seconds", "3"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn import() {
    let home = Home::prepared();
    // Many names of four files would be heard once each: other bytes at the end make them others.
    let many = home.file("many");
    std::fs::create_dir_all(&many).unwrap();
    for n in 0..60 {
        let mut bytes = std::fs::read(track(n % 4)).unwrap();
        let length = bytes.len();
        bytes[length - 1 - n] ^= 1;
        std::fs::write(many.join(format!("{n}.wav")), bytes).unwrap();
    }
    let args = ["--threads", "1", "import", "many", "--dataset", "new"];
    interrupt(&home, &args, Duration::from_millis(150), Signal::INT);
    interrupt(&home, &args, Duration::ZERO, Signal::TERM);
    // What was heard before the stop is not heard again.
    let report = home.json(["import", "many", "--dataset", "new"]).ok();
    assert_eq!(report["tracks"].as_array().unwrap().len(), 60);
}

#[test]
fn train() {
    let home = Home::prepared();
    let args = ["--threads", "1", "train", "--name", "X", "--genre", "funk", "--dataset", "mine"];
    for millis in [0, 60, 150] {
        // Hearing again makes it long enough to be interrupted.
        std::fs::remove_dir_all(home.path().join("cache")).unwrap();
        interrupt(&home, &args, Duration::from_millis(millis), Signal::INT);
    }
    home.json(args.into_iter().filter(|a| *a != "--threads" && *a != "1")).lines();
    home.json(["finetunes", "show", "X"]).ok();
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
        "300",
        "--seconds",
        "12",
        "--stems",
    ];
    for millis in [0, 100, 400] {
        interrupt(&home, &args, Duration::from_millis(millis), Signal::INT);
    }
    let args = ["generate", "a piece", "--variants", "300", "--out", "gift", "--midi"];
    interrupt(&home, &args, Duration::from_millis(300), Signal::TERM);
    for entry in std::fs::read_dir(home.file("gift")).into_iter().flatten().flatten() {
        assert!(!entry.file_name().to_string_lossy().starts_with('.'), "{entry:?}");
    }
}

#[test]
fn evaluate() {
    let home = Home::prepared();
    let own: Vec<String> = (0..4).map(|n| track(n).to_str().unwrap().to_owned()).collect();
    let mut args = vec!["evaluate", "--finetune", "Mine"];
    args.extend((0..200).map(|n| own[n % 4].as_str()));
    for millis in [0, 200] {
        interrupt(&home, &args, Duration::from_millis(millis), Signal::INT);
    }
    let folder = tracks();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 4, "tracks are only read");
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let home = Home::prepared();
    let last = home.last_job();
    let running = home.start(["generate", "a piece", "--variants", "300", "--seconds", "600"]);
    home.wait_for_job(last);
    running.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(30));
    running.signal(Signal::INT);
    assert_eq!(running.end().code, Some(130));
    let ran = home.run(["dataset", "new", "x"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(home.half_done().is_empty(), "{:?}", home.half_done());
}

#[test]
fn a_hang_up_does_not_stop_work() {
    let home = Home::prepared();
    let last = home.last_job();
    let running = home.start(["generate", "a piece", "--variants", "8", "--seconds", "12"]);
    home.wait_for_job(last);
    running.signal(Signal::HUP);
    let ran = running.end();
    assert_eq!(ran.ok()["takes"].as_array().unwrap().len(), 8);
}
