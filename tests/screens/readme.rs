//! The table of keys in README is the table of actions.

use leitmotif::tui::actions::markdown;
use std::path::Path;

const FROM: &str = "<!-- keys -->";
const TO: &str = "<!-- /keys -->";

#[test]
fn the_readme_lists_the_keys_as_they_are() {
    if let Ok(place) = std::env::var("LEITMOTIF_WRITE_KEYS") {
        std::fs::write(place, markdown()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = text.split_once(FROM).expect("the README has a table of keys");
    let (table, _) = rest.split_once(TO).expect("the table of keys has an end");
    assert!(
        table.trim() == markdown().trim(),
        "the keys between {FROM} and {TO} differ from the table of actions; \
         LEITMOTIF_WRITE_KEYS=FILE writes the right ones"
    );
}
