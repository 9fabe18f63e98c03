//! Jobs that are asked for on the screens while the disk is full or may only be read: each says why
//! and what to do, and the screens go on.

use crate::small_disk::SmallDisk;
use crate::terminal::{Terminal, folder_of_tones};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The jobs that [`fill`] leaves, one of each kind.
const JOBS: [(&str, &str); 4] =
    [("j1", "import"), ("j2", "train"), ("j3", "generate"), ("j4", "evaluate")];

/// Runs one job of each kind in a home.
fn fill(home: &Path, songs: &Path) {
    let song = songs.join("song 0.wav");
    let (songs, song) = (songs.to_str().unwrap(), song.to_str().unwrap());
    for args in [
        vec!["import", songs, "--dataset", "songs", "--rights", "own"],
        vec!["train", "--name", "Songs", "--genre", "x", "--dataset", "songs"],
        vec!["generate", "a calm piece", "--finetune", "Songs", "--seconds", "6"],
        vec!["evaluate", "--finetune", "Songs", song],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leitmotif"));
        let ran = command.arg("--home").arg(home).args(&args).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {ran:?}");
    }
}

/// Asks for a job's work again.
fn again(t: &Terminal, job: &str, kind: &str) {
    t.keys(&[":"]);
    t.until("INSERT");
    t.type_in(&format!("jobs {job}"));
    t.until(&format!("{job} {kind}"));
    t.keys(&["r"]);
}

/// Lets the terminal go while its disk is still there.
fn leave(t: &Terminal) {
    t.tmux(&["kill-server"]);
    std::thread::sleep(Duration::from_millis(300));
}

fn files_in(home: &Path, place: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.join("data").join(place)).into_iter().flatten().flatten();
    entries.map(|e| e.path()).collect()
}

#[test]
fn a_full_disk_refuses_every_kind_of_job_and_says_what_to_do() {
    let Some(t) = Terminal::new("full") else { return };
    let home = t.home.path().join("home");
    let Some(disk) = SmallDisk::mount(&home, 48) else { return };
    fill(&home, &folder_of_tones(t.home.path(), 2, 30));
    let made = [files_in(&home, "takes"), files_in(&home, "finetunes")];
    t.open("");
    t.until("1 Library");
    let filler = disk.use_up();
    for (job, kind) in JOBS {
        again(&t, job, kind);
        t.until("No space");
        // What was said stands for some seconds; the next must be the next job's.
        t.keys(&["1"]);
        t.gone("No space");
        t.keys(&["g", "m"]);
        let said = t.until("free some space");
        assert!(said.contains("No space"), "{job} {kind}: {said}");
        t.keys(&["Escape"]);
        t.gone("free some space");
    }
    let refused = !home.join("state/jobs/j5").join("job.json").exists();
    // With room again the same job is done from the same screens.
    fs::remove_file(&filler).unwrap();
    again(&t, "j4", "evaluate");
    t.until("done");
    t.until("j5 evaluate");
    let kept = [files_in(&home, "takes"), files_in(&home, "finetunes")];
    leave(&t);
    assert!(refused);
    assert_eq!(kept, made);
}

#[test]
fn a_disk_that_fills_up_under_a_job_is_said_in_jobs() {
    let Some(t) = Terminal::new("filled") else { return };
    let home = t.home.path().join("home");
    let Some(disk) = SmallDisk::mount(&home, 48) else { return };
    let songs = folder_of_tones(t.home.path(), 3, 30);
    let last = t.home.path().join("more.wav");
    fs::rename(songs.join("song 2.wav"), &last).unwrap();
    fill(&home, &songs);
    t.open("");
    t.until("1 Library");
    // Room for the job's own file, not for what it makes.
    let filler = disk.use_up();
    let file = fs::OpenOptions::new().write(true).open(&filler).unwrap();
    file.set_len(file.metadata().unwrap().len() - (32 << 10)).unwrap();
    again(&t, "j2", "train");
    let said = t.until("failed!");
    t.keys(&["1"]);
    t.until("i import");
    t.keys(&["i"]);
    t.until("paths");
    t.type_in(&last.display().to_string());
    t.until("j6");
    t.keys(&["4", "i"]);
    t.until("INSERT");
    t.tmux(&["send-keys", "-l", "another piece"]);
    t.keys(&["M-Enter"]);
    t.until("j7");
    let mut shown = vec![said];
    for (job, kind) in [("j5", "train"), ("j6", "import"), ("j7", "generate")] {
        t.keys(&[":"]);
        t.until("INSERT");
        t.type_in(&format!("jobs {job}"));
        t.until(&format!("─ {job} {kind}"));
        shown.push(t.until("free some space"));
    }
    leave(&t);
    for screen in &shown[1..] {
        assert!(screen.contains("failed!") && screen.contains("No space"), "{screen}");
    }
}

#[test]
fn a_home_that_may_only_be_read_is_looked_at() {
    let Some(t) = Terminal::new("read") else { return };
    let home = t.home.path().join("home");
    let Some(disk) = SmallDisk::mount(&home, 48) else { return };
    fill(&home, &folder_of_tones(t.home.path(), 2, 30));
    if !disk.read_only() {
        return;
    }
    t.open("");
    t.until("looking on");
    t.until("song 1");
    t.keys(&["g", "m"]);
    let said = t.until("Read-only");
    assert!(said.contains("--home DIR"), "{said}");
    t.keys(&["Escape"]);
    t.gone("Read-only");
    for key in ["i", "T"] {
        t.keys(&[key]);
        t.until("only looks on");
        t.keys(&["2", "1"]);
    }
    for (job, kind) in JOBS {
        again(&t, job, kind);
        t.until("only looks on");
    }
    t.keys(&["4", "i"]);
    t.until("INSERT");
    t.tmux(&["send-keys", "-l", "another piece"]);
    t.until("understood");
    t.keys(&["M-Enter"]);
    t.until("only looks on");
    t.until("a calm piece");
    leave(&t);
}
