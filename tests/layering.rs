//! The layers of the program, read from its sources: a file may name only its own layer and those
//! to its left, and what is to be named in one place is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// Layers in order, with those that a layer may not name although they lie to its left.
const LAYERS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("audio", &[]),
    ("nn", &[]),
    ("listen", &[]),
    ("engine", &[]),
    ("judge", &["engine"]),
    ("store", &[]),
    ("studio", &[]),
    ("cli", &[]),
    ("api", &["cli"]),
    ("tui", &["cli", "api"]),
];

/// Names and where alone they may appear.
const ONLY_IN: [(&str, &[&str]); 8] = [
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("sled::", &["store"]),
    ("rodio", &["studio/preview.rs"]),
    ("clap::", &["cli"]),
    ("axum", &["api"]),
    ("burn::", &["nn"]),
    ("tokio", &["tui", "api", "studio/remote"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "the sources were found");
    found
}

/// Lines of code: comments may speak of anything.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| {
        let line = line.split("//").next().unwrap_or("");
        (i + 1, line)
    })
}

fn layer_of(path: &Path) -> Option<usize> {
    let first = path.components().next()?.as_os_str().to_str()?;
    LAYERS.iter().position(|(name, _)| *name == first)
}

#[test]
fn nobody_names_a_layer_to_the_right() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = layer_of(&path) else { continue };
        for (number, line) in code(&text) {
            for (other, (name, _)) in LAYERS.iter().enumerate() {
                let forbidden = other > own || LAYERS[own].1.contains(name);
                let used = line.contains(&format!("crate::{name}::"))
                    || line.contains(&format!("crate::{name};"))
                    || line.contains(&format!("crate::{{{name}"));
                if forbidden && used {
                    wrong.push(format!("{}:{number} names {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_has_one_place_is_named_there_alone() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let place = path.to_str().unwrap();
        for (number, line) in code(&text) {
            for (name, places) in ONLY_IN {
                if line.contains(name) && !places.iter().any(|p| place.starts_with(p)) {
                    wrong.push(format!("{place}:{number} names {name}"));
                }
            }
            let environment = line.contains("std::env") || line.contains("env::var");
            let asks = environment && !line.contains("env!(");
            // The program's own arguments come in at the very top.
            let top = place == "main.rs" && line.contains("env::args_os");
            if asks && !top && place != "studio/config.rs" {
                wrong.push(format!("{place}:{number} reads the environment"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for_and_stays_small() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{} has no head", path.display()));
        }
        let lines = text.lines().count();
        if lines > 800 {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        for (number, line) in text.lines().enumerate() {
            if line.contains("TODO") || line.contains("FIXME") {
                wrong.push(format!("{}:{} leaves something to do", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
