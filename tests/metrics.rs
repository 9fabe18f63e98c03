//! What benches measure hearing with, on cases whose figures are known: the metrics, the doubts about
//! MIDI files, and the reading of music from files.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

#[path = "bench/support/hearing/doubt.rs"]
mod doubt;
#[path = "bench/support/metrics/mod.rs"]
mod metrics;
#[path = "music/mod.rs"]
mod music;
