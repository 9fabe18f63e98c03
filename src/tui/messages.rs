//! What was said: the newest for a few seconds over the status line, all of it on demand.

use super::event::Moment;
use std::collections::VecDeque;

/// How long a message stands.
const STANDS_MS: u64 = 4_000;
/// How long a message about a fault stands.
const FAULT_STANDS_MS: u64 = 8_000;
/// Most messages that are kept.
const KEPT_MAX: usize = 200;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The words.
    pub words: String,
    /// What to do, if anything.
    pub hints: Vec<String>,
    /// Whether something is wrong.
    pub bad: bool,
    /// When it was said.
    pub at: Moment,
}

/// All messages.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    kept: VecDeque<Message>,
    until: Option<u64>,
}

impl Messages {
    /// Says something.
    pub fn say(&mut self, words: String, hints: Vec<String>, bad: bool, now: Moment) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        let stands = if bad { FAULT_STANDS_MS } else { STANDS_MS };
        self.until = Some(now.mono_ms + stands);
        self.kept.push_back(Message { words, hints, bad, at: now });
    }

    /// The message that stands now.
    pub fn standing(&self, now: Moment) -> Option<&Message> {
        self.until.filter(|until| now.mono_ms < *until)?;
        self.kept.back()
    }

    /// When the standing message goes.
    pub fn wake_at(&self, now: Moment) -> Option<u64> {
        self.until.filter(|until| now.mono_ms < *until)
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Message> {
        self.kept.iter()
    }
}
