//! What plays, as far as the screens know: asked for now and then, extended by the clock between.

use super::event::Moment;
use crate::studio::Playing;
use std::path::{Path, PathBuf};

/// Something to hear.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Its file.
    pub path: PathBuf,
    /// What people call it.
    pub title: String,
    /// Where in the file it begins.
    pub start_s: f64,
    /// Where to begin to play, in the file.
    pub from_s: f64,
    /// Its loudness, where it is known; two that are compared play equally loud.
    pub lufs: Option<f64>,
}

/// What plays.
#[derive(Clone, Debug, Default)]
pub struct Player {
    /// As it was said last.
    pub playing: Option<Playing>,
    /// When that was.
    pub at: Moment,
    /// What people call it.
    pub title: String,
    /// Why nothing can be heard, once that is known.
    pub silent: Option<String>,
}

impl Player {
    /// Takes an answer in.
    pub fn answered(&mut self, playing: Option<Playing>, now: Moment) {
        self.playing = playing;
        self.at = now;
    }

    /// Where the playing of a file stands.
    pub fn stand_s(&self, path: &Path, now: Moment) -> Option<f64> {
        let playing = self.playing.as_ref().filter(|p| p.path == path)?;
        Some(self.place_s(playing, now))
    }

    /// Where the playing stands.
    pub fn place_s(&self, playing: &Playing, now: Moment) -> f64 {
        let since = now.mono_ms.saturating_sub(self.at.mono_ms) as f64 / 1000.0;
        let moved = if playing.paused { 0.0 } else { since };
        (playing.at_s + moved).min(playing.duration_s)
    }

    /// Whether something sounds right now.
    pub fn sounds(&self) -> bool {
        self.playing.as_ref().is_some_and(|p| !p.paused)
    }
}
