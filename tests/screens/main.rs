//! The screens, lived through: snapshots, whole sessions over a studio that is made up, hostile
//! input, and the real program in a real terminal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop, and one that is skipped says why"
)]

mod disks;
mod fake;
mod flows;
mod hostile;
mod playback;
mod readme;
mod session;
#[path = "../support/small_disk.rs"]
mod small_disk;
mod snapshots;
mod terminal;
