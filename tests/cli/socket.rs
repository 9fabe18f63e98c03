//! The owner's socket: status and jobs for programs that monitor a headless machine.

use super::contract::check_events;
use super::house::{Home, wait_until};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// Status and body of one request.
fn ask(home: &Home, method: &str, path: &str) -> (u16, String) {
    let mut stream = UnixStream::connect(home.path().join("state/owner.sock")).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: leitmotif\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn value((status, body): (u16, String)) -> Value {
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Chunks of a streamed body put together.
fn unchunked(body: &str) -> String {
    let mut whole = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}

#[test]
fn a_running_job_is_seen_followed_and_stopped_on_the_socket() {
    let home = Home::prepared();
    let last = home.last_job();
    let owner = home.start(["generate", "a piece", "--variants", "300", "--seconds", "20"]);
    let id = format!("j{}", home.wait_for_job(last));
    let socket = home.path().join("state/owner.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);

    let status = value(ask(&home, "GET", "/v1/status"));
    assert_eq!(status["open_jobs"][0]["job_id"], id.as_str());
    assert_eq!(status["owner"], true);
    // The owner's list follows the files a moment later.
    wait_until("both lists say the same", || {
        let listed = value(ask(&home, "GET", "/v1/jobs"));
        (listed == home.json(["jobs", "list"]).ok()).then_some(())
    });
    assert_eq!(ask(&home, "GET", "/v1/jobs/j999").0, 404);
    assert_eq!(ask(&home, "GET", "/v1/jobs/nonsense").0, 400);
    assert_eq!(ask(&home, "GET", "/etc/passwd").0, 404);
    assert_eq!(ask(&home, "DELETE", "/v1/jobs").0, 405);

    let followed = std::thread::scope(|threads| {
        let follower = threads.spawn(|| ask(&home, "GET", &format!("/v1/jobs/{id}/events")));
        std::thread::sleep(std::time::Duration::from_millis(600));
        for (word, key) in [("pause", "asked_to_pause"), ("resume", "asked_to_resume")] {
            assert_eq!(value(ask(&home, "POST", &format!("/v1/jobs/{id}/{word}")))[key], true);
        }
        let asked = value(ask(&home, "POST", &format!("/v1/jobs/{id}/stop")));
        assert_eq!(asked["asked_to_stop"], true);
        follower.join().unwrap()
    });
    assert_eq!(followed.0, 200);
    let events: Vec<Value> = unchunked(&followed.1)
        .lines()
        .filter_map(|l| l.strip_prefix("data: "))
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    check_events(&events);
    owner.end().error(130, "stopped");
    assert!(!socket.exists(), "the socket goes with its owner");
}

#[test]
fn what_a_dead_owner_left_is_no_hindrance() {
    let home = Home::prepared();
    drop(std::os::unix::net::UnixListener::bind(home.path().join("state/owner.sock")).unwrap());
    home.json(["generate", "a piece", "--seconds", "4"]).ok();
    assert!(!home.path().join("state/owner.sock").exists());
}
