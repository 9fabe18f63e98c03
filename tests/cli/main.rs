//! The program as its users meet it: the real binary on real files, in homes of its own, with real
//! signals. Must never look at anything but arguments, output, exit codes and files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(clippy::expect_used, reason = "a test that cannot go on should stop")]
#![allow(clippy::panic, reason = "a test that cannot go on should stop")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says why")]

mod bounds;
mod contract;
mod disks;
mod exits;
mod hearing;
mod hostile;
mod house;
mod jobs;
mod killing;
mod learning;
mod music;
mod same;
mod settings;
#[path = "../support/small_disk.rs"]
mod small_disk;
mod socket;
mod stopping;
mod trust;
mod verdicts;
