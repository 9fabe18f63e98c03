//! Everything that can wake the screens, in one closed list, and the time at which it came.
//!
//! If it is not here it cannot happen. Must never hold a handle to anything: an event is data, so
//! that a test can make any of them.

use super::ask::Reply;
use super::keys::Key;
use crate::domain::job;

/// When something happened, told from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since the program started; never goes back.
    pub mono_ms: u64,
    /// Milliseconds since 1970.
    pub unix_ms: u64,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted, or files were dropped onto the terminal.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Jobs said something; progress is folded, the newest of each job.
    Jobs(Vec<job::Event>),
    /// A worker answers.
    Reply(Box<Reply>),
    /// A moment the app asked to be woken at has come.
    Wake,
    /// The program came back from being suspended, or from an editor.
    Resumed,
    /// The user's editor ended, with the text as it was saved; `None` if it failed.
    Edited(Option<String>),
    /// The system asks the program to end.
    Terminate,
    /// The terminal is gone.
    HangUp,
}
