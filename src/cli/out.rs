//! Printing: JSON or words, and errors with their hints.
//!
//! A reader that went away is no error: the command ends quietly.

use crate::studio::ErrorReport;
use crate::studio::config::terminal_is_dumb;
use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Where a command prints.
pub struct Out {
    json: bool,
}

impl Out {
    /// JSON or words.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One line of JSON.
    pub fn value<T: Serialize>(&self, value: &T) {
        let line = serde_json::to_string(value).unwrap_or_else(|e| {
            json!({ "error": { "kind": "failed", "message": e.to_string(), "hints": [] } })
                .to_string()
        });
        self.line(&line);
    }

    /// A line of data.
    #[expect(clippy::unused_self, reason = "where a line goes is this type's business")]
    pub fn line(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{}", printable(text));
    }

    /// A line of words.
    #[expect(clippy::unused_self, reason = "where words go is this type's business")]
    pub fn say(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "{}", printable(text));
    }

    /// An error in the form that was asked for; returns its exit code.
    pub fn error(&self, report: &ErrorReport) -> u8 {
        if self.json {
            self.value(&json!({ "error": report }));
        } else {
            self.say(&format!("error: {}", report.message));
            for hint in &report.hints {
                self.say(&format!("  hint: {hint}"));
            }
        }
        report.kind.exit_code()
    }

    /// Rows in columns, the last one as long as it likes.
    pub fn table(&self, head: &[&str], rows: &[Vec<String>]) {
        let columns = head.len();
        let width = |c: usize| {
            let cells = rows.iter().filter_map(|r| r.get(c)).map(|t| cells_of(t));
            cells.chain([cells_of(head[c])]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let print = |cells: &[String]| {
            let mut line = String::new();
            for (c, cell) in cells.iter().enumerate() {
                line.push_str(cell);
                if c + 1 < columns {
                    line.push_str(&" ".repeat(widths[c].saturating_sub(cells_of(cell)) + 2));
                }
            }
            self.line(line.trim_end());
        };
        print(&head.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
        for row in rows {
            print(row);
        }
    }
}

/// Display cells of a text.
fn cells_of(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Control characters in names and tags must not steer the terminal. JSON has none of them raw.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Whether words go to a person's terminal, and a line on it can be written anew.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal() && !terminal_is_dumb()
}

pub use crate::domain::time::clock;

/// A figure with one decimal, or a dash.
pub fn one_decimal(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}");
        assert_eq!(clock(187.4), "3:07");
        assert_eq!(clock(7201.0), "2:00:01");
        assert_eq!(cells_of("日本"), 4);
    }
}
