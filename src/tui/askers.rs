//! Worker threads that put questions to the studio.
//!
//! One thread a lane; a question with a slot takes the place of the one that waits in it. Queues
//! are bounded: what does not fit is answered as a fault at once, never silently dropped.

use super::ask::{self, Answer, Lane, Question, Reply};
use crate::studio::{ErrorKind, ErrorReport, Studio};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most questions that wait in a lane.
pub const WAITING_MAX: usize = 256;

#[derive(Default)]
struct Waiting {
    questions: VecDeque<Question>,
    closed: bool,
}

#[derive(Default)]
struct Desk {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workers.
pub struct Askers {
    desks: [Arc<Desk>; 5],
    send: Arc<dyn Fn(Reply) + Send + Sync>,
}

impl Askers {
    /// Starts the workers; `send` takes the answers.
    pub fn start(
        studio: &Arc<dyn Studio>,
        send: Arc<dyn Fn(Reply) + Send + Sync>,
    ) -> std::io::Result<Self> {
        let askers = Self { desks: Default::default(), send };
        for (desk, name) in askers.desks.iter().zip(["quick", "slow", "sound", "long", "longest"]) {
            let (desk, studio, send) =
                (Arc::clone(desk), Arc::clone(studio), Arc::clone(&askers.send));
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&desk, &*studio, &*send))?;
        }
        Ok(askers)
    }

    /// Puts a question.
    pub fn put(&self, question: Question) {
        let desk = match question.ask.lane() {
            Lane::Quick => &self.desks[0],
            Lane::Slow => &self.desks[1],
            Lane::Sound => &self.desks[2],
            Lane::Long => &self.desks[3],
            Lane::Longest => &self.desks[4],
        };
        let mut waiting = desk.lock();
        if let Some(slot) = question.slot {
            waiting.questions.retain(|q| q.slot != Some(slot));
        }
        if waiting.questions.len() >= WAITING_MAX {
            let message =
                format!("{WAITING_MAX} questions are waiting already; this one is not asked");
            let answer = Err(ErrorReport { kind: ErrorKind::Failed, message, hints: Vec::new() });
            drop(waiting);
            (self.send)(Reply { number: question.number, slot: question.slot, answer });
            return;
        }
        waiting.questions.push_back(question);
        desk.changed.notify_one();
    }
}

impl Drop for Askers {
    fn drop(&mut self) {
        for desk in &self.desks {
            desk.lock().closed = true;
            desk.changed.notify_all();
        }
    }
}

fn work(desk: &Desk, studio: &dyn Studio, send: &(dyn Fn(Reply) + Send + Sync)) {
    loop {
        let question = {
            let mut waiting = desk.lock();
            loop {
                if waiting.closed {
                    return;
                }
                if let Some(question) = waiting.questions.pop_front() {
                    break question;
                }
                waiting = desk.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let Question { number, slot, ask } = question;
        let answer: Result<Answer, ErrorReport> =
            catch_unwind(AssertUnwindSafe(|| ask::answer(studio, ask)))
                .unwrap_or_else(|_| Err(ask::died()));
        send(Reply { number, slot, answer });
    }
}
