//! What jobs say, between the threads that run them and the loop.
//!
//! Of progress only the newest of each job is kept, so a loop that is slow, or a terminal that is
//! stuck, makes nothing grow. Words are kept up to a limit, the newest win.

use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind};
use std::collections::{BTreeMap, VecDeque};

/// Most events with words that wait.
pub const WORDS_MAX: usize = 4_096;

/// Events that wait for the loop.
#[derive(Debug, Default)]
pub struct Inbox {
    progress: BTreeMap<JobId, Event>,
    words: VecDeque<Event>,
}

impl Inbox {
    /// Takes an event in.
    pub fn put(&mut self, event: Event) {
        if event.kind == EventKind::Progress && event.metrics.is_empty() {
            self.progress.insert(event.job_id, event);
            return;
        }
        if self.words.len() >= WORDS_MAX {
            // An end must never be lost, whatever else is.
            let least = self.words.iter().position(|e| e.kind != EventKind::Finished);
            let _ = self.words.remove(least.unwrap_or(0));
        }
        self.words.push_back(event);
    }

    /// All that waits, oldest first.
    pub fn take(&mut self) -> Vec<Event> {
        let mut all: Vec<Event> = self.words.drain(..).collect();
        all.extend(std::mem::take(&mut self.progress).into_values());
        all.sort_by_key(|e| (e.job_id, e.seq));
        all
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.progress.is_empty() && self.words.is_empty()
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.progress.len() + self.words.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(job: u64, seq: u64, kind: EventKind) -> Event {
        Event {
            seq,
            at: String::new(),
            job_id: JobId(job),
            kind,
            phase: None,
            progress: 0.0,
            eta_s: None,
            metrics: serde_json::Map::new(),
        }
    }

    #[test]
    fn progress_is_folded_and_ends_are_kept() {
        let mut inbox = Inbox::default();
        for seq in 0..100_000 {
            inbox.put(event(1 + seq % 3, seq, EventKind::Progress));
            inbox.put(event(7, seq, EventKind::Log));
            if seq == 50 {
                inbox.put(event(8, 0, EventKind::Finished));
            }
        }
        assert_eq!(inbox.len(), WORDS_MAX + 3);
        let all = inbox.take();
        assert!(all.iter().any(|e| e.kind == EventKind::Finished));
        assert!(inbox.is_empty());
        assert!(all.windows(2).all(|w| (w[0].job_id, w[0].seq) <= (w[1].job_id, w[1].seq)));
    }
}
