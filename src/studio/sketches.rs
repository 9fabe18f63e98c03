//! Sketches: what lists show of a track, without the bulk of what was heard.

use super::local::Inner;
use crate::domain::ids::TrackId;
use crate::domain::listening::{Listening, Meter, Problem};
use crate::domain::pitch::Key;
use rayon::prelude::*;

/// What a list shows of a track that was listened to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// Sample rate of the file.
    pub rate_hz: u32,
    /// Channels of the file.
    pub channels: u16,
    /// Beats a minute; `None` without a beat.
    pub tempo_bpm: Option<f64>,
    /// Beats to a bar.
    pub meter: Option<Meter>,
    /// Key; `None` where there is none.
    pub key: Option<Key>,
    /// Integrated loudness; `None` for silence.
    pub loudness_lufs: Option<f64>,
    /// What a person should know.
    pub problems: Vec<Problem>,
}

impl From<&Listening> for Sketch {
    fn from(heard: &Listening) -> Self {
        Self {
            rate_hz: heard.rate_hz,
            channels: heard.channels,
            tempo_bpm: heard.tempo_bpm,
            meter: heard.meter,
            key: heard.key,
            loudness_lufs: heard.loudness_lufs,
            problems: heard.problems.clone(),
        }
    }
}

/// The sketches of tracks, in their order; `None` where a track was not listened to.
pub fn sketches(inner: &Inner, tracks: &[TrackId]) -> Vec<Option<Sketch>> {
    inner.aside.install(|| {
        tracks.par_iter().map(|id| inner.store.listening(id).as_ref().map(Sketch::from)).collect()
    })
}
