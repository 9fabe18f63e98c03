//! What comes from outside and is not as it should be: a verdict or an error that says what, where
//! and what to do, with the code of the contract.

use super::house::{Home, Ran, fields, is_root, program, track};
use super::music::{flac, piece, wav, wav_as, wav_float};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A user who owns nothing.
const NOBODY: u32 = 65_534;

fn short() -> Vec<[f32; 2]> {
    piece(112.0, 45, true, 12.0, 0)
}

/// Imports a folder and returns status and reason of each file by its name.
fn verdicts(home: &Home, folder: &str) -> Vec<(String, String, String)> {
    let ran = home.json(["import", folder, "--dataset", "d"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let report = ran.value();
    let mut all: Vec<(String, String, String)> = report["tracks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            fields(t, &["path", "status", "reason", "problems", "parts"]);
            let name = Path::new(t["path"].as_str().unwrap()).file_name().unwrap();
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let problems = t["problems"].to_string();
            (name.to_str().unwrap().to_owned(), text(&t["status"]), text(&t["reason"]) + &problems)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn files_that_are_not_what_they_seem() {
    let home = Home::empty();
    let dir = home.file("in");
    fs::create_dir_all(&dir).unwrap();
    let sound = short();
    fs::write(dir.join("a-text.wav"), "this is not audio at all, whatever its name says").unwrap();
    fs::write(dir.join("b-empty.wav"), b"").unwrap();
    wav(&dir.join("whole.wav"), &sound);
    let bytes = fs::read(dir.join("whole.wav")).unwrap();
    fs::write(dir.join("c-cut.wav"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(dir.join("d-header-only.wav"), &bytes[..44]).unwrap();
    let packed = flac(&sound);
    fs::write(dir.join("e-cut.flac"), &packed[..packed.len() / 2]).unwrap();
    fs::write(dir.join("f-few.flac"), &packed[..60]).unwrap();
    let mp3 =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tone.mp3")).unwrap();
    let many: Vec<u8> = mp3.iter().copied().cycle().take(mp3.len() * 8 + 777).collect();
    fs::write(dir.join("g-cut.mp3"), many).unwrap();
    wav(&dir.join("h-silence.wav"), &vec![[0.0; 2]; 44_100 * 12]);
    wav(&dir.join("i-short.wav"), &sound[..44_100]);
    wav_as(&dir.join("j-8bit.wav"), &sound, 44_100, 1, 8);
    wav_as(&dir.join("k-192k.wav"), &piece(112.0, 45, true, 12.0, 0), 192_000, 2, 24);
    wav_as(&dir.join("l-six.wav"), &sound, 44_100, 6, 16);
    let mut wild = sound.clone();
    for n in 0..500 {
        wild[n * 700] = [[f32::NAN, f32::INFINITY], [f32::NEG_INFINITY, 1e30]][n % 2];
    }
    wav_float(&dir.join("m-wild.wav"), &wild);
    wav_float(&dir.join("n-all-nan.wav"), &vec![[f32::NAN; 2]; 44_100 * 12]);
    wav_as(&dir.join("o-nine.wav"), &sound, 44_100, 9, 16);
    let mut lies = bytes.clone();
    lies[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(dir.join("p-lying-rate.wav"), lies).unwrap();
    let mut noise = vec![0u8; 300_000];
    let mut state = 7u32;
    for byte in &mut noise {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    fs::write(dir.join("q-noise.mp3"), &noise).unwrap();
    let mut crowned = packed[..1000].to_vec();
    crowned.extend(&noise);
    fs::write(dir.join("r-noise.flac"), crowned).unwrap();

    wav_as(&dir.join("s-8k.wav"), &piece(112.0, 45, true, 12.0, 0)[..96_000], 8_000, 1, 16);

    let all = verdicts(&home, "in");
    assert_eq!(all.len(), 20, "one verdict a file: {all:#?}");
    let status = |name: &str| {
        let found = all.iter().find(|v| v.0.starts_with(name)).unwrap_or_else(|| panic!("{name}"));
        (found.1.as_str(), found.2.as_str())
    };
    for (name, words) in [
        ("a-", "not an audio file"),
        ("b-", "empty"),
        ("d-", ""),
        ("f-", ""),
        ("h-", "silent"),
        ("i-", "at least 2 s"),
        ("n-", ""),
        ("o-", "limit"),
        ("p-", ""),
    ] {
        let (status, reason) = status(name);
        assert_eq!(status, "refused", "{name}: {reason}");
        assert!(reason.contains(words) && reason.len() > 10, "{name}: {reason}");
    }
    for (name, words) in [("c-", "truncated"), ("e-", "truncated"), ("m-", "numbers")] {
        let (status, reason) = status(name);
        assert_ne!(status, "ok", "{name}: {reason}");
        assert!(reason.contains(words), "{name}: {reason}");
    }
    for name in ["j-", "k-", "l-", "s-", "whole"] {
        assert_ne!(status(name).0, "refused", "{name}: {:?}", status(name));
    }
    for name in ["g-", "q-", "r-"] {
        assert!(!status(name).0.is_empty());
    }
    // What came in can be learned from and played, whatever it was.
    home.json(["dataset", "rights", "d", "own", "--by", "Ada"]).ok();
    let ran = home.json(["train", "--name", "Odd", "--genre", "odd", "--dataset", "d"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = home.json(["generate", "a piece", "--finetune", "Odd", "--seconds", "8"]).ok();
    super::contract::there(&report["takes"][0]["audio"]);
    // Strict imports refuse what has only warnings.
    let ran = home.json(["import", "in/m-wild.wav", "--dataset", "strict", "--strict"]);
    assert_eq!((ran.code, ran.value()["tracks"][0]["status"].as_str()), (Some(1), Some("refused")));
    // Listening to one says what is wrong with it.
    for (file, code, kind) in [
        ("in/a-text.wav", 1, "failed"),
        ("in/b-empty.wav", 1, "failed"),
        ("in", 1, "failed"),
        ("in/missing.wav", 4, "not_found"),
    ] {
        let message = home.json(["listen", file]).error(code, kind);
        assert!(message.contains(file.rsplit('/').next().unwrap()), "{message}");
    }
}

#[test]
fn folders_that_are_odd() {
    let home = Home::empty();
    let dir = home.file("in");
    fs::create_dir_all(dir.join("deep")).unwrap();
    symlink("..", dir.join("deep/loop")).unwrap();
    symlink("missing.wav", dir.join("dangling.wav")).unwrap();
    let odd = OsStr::from_bytes(b"odd-\xff\xfe.wav");
    wav(&dir.join(odd), &short());
    fs::copy(track(0), dir.join("deep/a.wav")).unwrap();
    fs::copy(track(0), dir.join("deep/same.wav")).unwrap();
    fs::copy(track(1), dir.join("-starts with a dash \u{1b}[31m.wav")).unwrap();
    let report = home.json(["import", "in", "--dataset", "d", "--copy", "--rights", "own"]).ok();
    let tracks = report["tracks"].as_array().unwrap();
    assert_eq!(tracks.len(), 5, "{report}");
    let dangling: Vec<&Value> = tracks.iter().filter(|t| t["status"] == "refused").collect();
    assert_eq!(dangling.len(), 1);
    assert!(dangling[0]["reason"].as_str().unwrap().contains("no such file"), "{dangling:?}");
    let shown = home.json(["dataset", "show", "d"]).ok();
    assert_eq!(shown["members"].as_array().unwrap().len(), 3, "the same bytes are one track");
    let words = home.run(["dataset", "show", "d"]);
    assert!(!words.out.contains('\u{1b}'), "names cannot steer the terminal");
    // The one whose name is no text can be listened to, learned from and judged.
    let odd_path = dir.join(odd);
    home.json([OsStr::new("listen"), odd_path.as_os_str()]).ok();
    let ran = home.json(["train", "--name", "X", "--genre", "y", "--dataset", "d"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = home
        .json([
            OsStr::new("evaluate"),
            OsStr::new("--finetune"),
            OsStr::new("X"),
            odd_path.as_os_str(),
        ])
        .ok();
    super::verdicts::check_verdict(&report["verdicts"][0]["verdict"]);
    let out = OsStr::from_bytes(b"out-\xff");
    let report = home
        .json([
            OsStr::new("generate"),
            OsStr::new("a piece"),
            OsStr::new("--seconds"),
            OsStr::new("4"),
            OsStr::new("--out"),
            out,
        ])
        .ok();
    assert!(report["takes"][0]["audio"].as_str().unwrap().starts_with("bytes:"), "{report}");
    assert_eq!(fs::read_dir(home.file(out)).unwrap().count(), 1);
}

#[test]
fn a_home_whose_name_is_no_text() {
    let home = Home::empty();
    let odd = home.file(OsStr::from_bytes(b"home-\xff"));
    let run = |args: &[&str]| {
        Ran::of(program().arg("--json").arg("--home").arg(&odd).args(args).output().unwrap())
    };
    let made = run(&["generate", "a piece", "--seconds", "4", "--stems", "--midi"]).ok();
    let id = made["takes"][0]["take_id"].as_str().unwrap();
    assert_eq!(run(&["takes", "show", id]).ok(), made["takes"][0]);
}

#[test]
fn paths_that_are_not_there() {
    let home = Home::empty();
    let message = home.json(["import", "missing"]).error(4, "not_found");
    assert!(message.contains("missing"), "{message}");
    // One of two is a verdict; the other comes in.
    let report = home.json(["import", "missing.wav", track(0).to_str().unwrap()]).ok();
    assert_eq!(report["tracks"][0]["status"], "refused");
    assert_ne!(report["tracks"][1]["status"], "refused");
    home.json(["import", track(0).to_str().unwrap(), "--rights-file", "missing.csv"])
        .error(4, "not_found");
    fs::write(home.file("r.csv"), "file,rights\ntrack-0.wav,stolen\n").unwrap();
    let message = home
        .json(["import", track(0).to_str().unwrap(), "--rights-file", "r.csv"])
        .error(2, "usage");
    assert!(message.contains("line 2"), "{message}");
    fs::write(home.file("r.csv"), "file,rights,by\ntrack-0.wav,own,Ada\n").unwrap();
    home.json(["import", track(0).to_str().unwrap(), "--rights-file", "r.csv"]).ok();
    assert_eq!(home.json(["screen", "inbox"]).ok()["result"], "pass");
}

#[test]
fn requests_out_of_bounds() {
    let home = Home::empty();
    let long = "a".repeat(4_101);
    for (args, words) in [
        (&["generate", &long][..], "4101 characters"),
        (&["plan", &long], "4101 characters"),
        (&["generate", ""], "empty"),
        (&["generate", "  \t "], "empty"),
        (&["plan", " "], "empty"),
        (&["generate"], "prompt"),
        (&["generate", "a piece", "--seconds", "0"], "2 to 600"),
        (&["generate", "a piece", "--seconds", "1e9"], "2 to 600"),
        (&["plan", "a piece", "--seconds", "1e18"], "2 to 600"),
        (&["plan", "a piece", "--seconds", "inf"], "2 to 600"),
        (&["generate", "a piece", "--seconds", "NaN"], "2 to 600"),
        (&["generate", "a piece", "--seconds=-4"], "2 to 600"),
        (&["plan", "a piece of 90000 minutes"], "2 to 600"),
        (&["generate", "a piece", "--variants", "0"], "1 to 1000"),
        (&["generate", "a piece", "--variants", "4000000000"], "1 to 1000"),
    ] {
        let message = home.json(args).error(2, "usage");
        assert!(
            message.contains(words),
            "{}: {message}",
            args.join(" ").chars().take(60).collect::<String>()
        );
    }
    // At the limit it works, whatever the text is.
    let odd: String = "🎹 ❄ \u{202e}música ".chars().cycle().take(4_100).collect();
    home.json(["plan", &odd]).ok();
    home.json(["plan", &"very ".repeat(820)]).ok();
}

#[test]
fn one_track_is_little_but_enough_and_too_little_is_said() {
    let home = Home::empty();
    let one = track(0);
    home.json(["import", one.to_str().unwrap(), "--dataset", "one", "--rights", "own"]).ok();
    let check = home.json(["check", "one"]).ok();
    assert!(check["variety"]["verdict"].is_null());
    let ran = home.json(["train", "--name", "One", "--genre", "funk", "--dataset", "one"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let manifest = home.json(["finetunes", "show", "One"]).ok();
    assert!(manifest["report"]["notes"].to_string().contains("one track"), "{manifest}");
    let take = home.json(["generate", "a piece", "--finetune", "One", "--seconds", "10"]).ok();
    let verdict = &take["takes"][0]["verdict"];
    super::verdicts::check_verdict(verdict);
    assert_eq!(verdict["heldout"]["n"], 0);

    wav(&home.file("bit.wav"), &piece(112.0, 45, true, 2.5, 0));
    home.json(["import", "bit.wav", "--dataset", "bit", "--rights", "own"]).ok();
    let ran = home.json(["train", "--name", "Bit", "--genre", "funk", "--dataset", "bit"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let last = ran.lines().pop().unwrap();
    assert!(last["reason"].as_str().unwrap().contains("too little"), "{last}");
    assert!(home.half_done().is_empty());
    home.json(["dataset", "new", "none"]).ok();
    home.json(["check", "none"]).ok();
    let ran = home.json(["train", "--name", "None", "--genre", "funk", "--dataset", "none"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn a_track_that_changed_or_is_gone() {
    let home = Home::empty();
    let file = home.file("a.wav");
    wav(&file, &short());
    home.json(["import", "a.wav", "--dataset", "d", "--rights", "own"]).ok();
    let train = ["train", "--name", "X", "--genre", "y", "--dataset", "d"];
    let last = |ran: &Ran| ran.lines().pop().unwrap()["reason"].as_str().unwrap().to_owned();
    let mut bytes = fs::read(&file).unwrap();
    bytes[90_000] ^= 0x55;
    fs::write(&file, &bytes).unwrap();
    let ran = home.json(train);
    assert_eq!(ran.code, Some(1));
    assert!(last(&ran).contains("has changed since it was imported"), "{ran:?}");
    fs::remove_file(&file).unwrap();
    let ran = home.json(train);
    assert!(last(&ran).contains("is gone"), "{ran:?}");
    assert!(home.half_done().is_empty());
    assert!(home.json(["finetunes", "list"]).ok()["finetunes"].as_array().unwrap().is_empty());
}

/// A command that permissions bind.
fn as_nobody(home: &Home, args: &[&str]) -> Command {
    let mut command = program();
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.arg("--json").args(args).current_dir(home.file("."));
    command
}

/// Whether another user can reach the program and a home at all.
fn reachable(home: &Home) -> bool {
    fs::set_permissions(home.file("."), fs::Permissions::from_mode(0o777)).unwrap();
    as_nobody(home, &["--version"]).output().is_ok_and(|o| o.status.success())
}

#[test]
fn what_may_not_be_read_or_written() {
    let home = Home::empty();
    if !reachable(&home) {
        eprintln!("skipped: another user cannot reach the program here");
        return;
    }
    let dir = home.file("in");
    fs::create_dir_all(dir.join("locked")).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    wav(&dir.join("secret.wav"), &short());
    wav(&dir.join("open.wav"), &short());
    fs::set_permissions(dir.join("secret.wav"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(dir.join("open.wav"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(dir.join("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    let run = |args: &[&str]| Ran::of(as_nobody(&home, args).output().unwrap());
    let report = run(&["--home", "h", "import", "in", "--dataset", "d"]).ok();
    let tracks = report["tracks"].as_array().unwrap();
    assert_eq!(tracks.len(), 3, "{report}");
    for track in tracks {
        let name = track["path"].as_str().unwrap();
        if name.ends_with("open.wav") {
            assert_ne!(track["status"], "refused");
        } else {
            assert_eq!(track["status"], "refused", "{name}");
            assert!(track["reason"].as_str().unwrap().contains("permissions"), "{track}");
        }
    }
    run(&["listen", "in/secret.wav"]).error(1, "failed");

    // A home that may not be written.
    fs::create_dir_all(home.file("shut")).unwrap();
    fs::set_permissions(home.file("shut"), fs::Permissions::from_mode(0o555)).unwrap();
    let ran = run(&["--home", "shut", "dataset", "new", "d"]);
    let message = ran.error(1, "failed");
    assert!(message.contains("shut") && ran.out.contains("--home DIR"), "{ran:?}");
    run(&["--home", "shut", "dataset", "list"]).ok();
    run(&["--home", "shut", "doctor"]).ok();
    // An output folder that may not be written: the take is kept, and found by the next request.
    let ran = run(&["--home", "h", "generate", "a piece", "--seconds", "4", "--out", "shut/o"]);
    assert!(ran.error(1, "failed").contains("shut"), "{ran:?}");
    assert_eq!(run(&["--home", "h", "takes", "list"]).ok()["takes"].as_array().unwrap().len(), 1);
    fs::set_permissions(dir.join("locked"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_home_below_a_file() {
    let home = Home::empty();
    fs::write(home.file("file"), b"x").unwrap();
    let below = home.file("file/home");
    let ran = Ran::of(
        program()
            .arg("--json")
            .arg("--home")
            .arg(&below)
            .args(["dataset", "new", "d"])
            .output()
            .unwrap(),
    );
    let message = ran.error(1, "failed");
    assert!(message.contains("file/home"), "{message}");
    assert!(ran.out.contains("--home DIR"), "{ran:?}");
}
