//! What plays, as far as the screens know: asked for now and then, extended by the clock between.

use super::event::Moment;
use crate::studio::{Hear, Playing};
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
    /// Where to begin to play, from its start.
    pub at_s: f64,
    /// Its length.
    pub length_s: f64,
    /// What is repeated, from its start.
    pub looped_s: Option<(f64, f64)>,
    /// Its loudness, where it is known; two that are compared play equally loud.
    pub lufs: Option<f64>,
}

impl Sound {
    /// What the studio is asked to play, so much louder.
    pub fn hear(&self, gain_db: f64) -> Hear {
        // Where a loop was just ended, it is heard from its start.
        let back = self.looped_s.filter(|(_, to)| (self.at_s - to).abs() < 1e-3);
        Hear {
            path: self.path.clone(),
            from_s: self.start_s + back.map_or(self.at_s, |(from, _)| from),
            gain_db,
            looped_s: self.looped_s.map(|(from, to)| (self.start_s + from, self.start_s + to)),
        }
    }
}

/// Places of two sounds that belong together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Places {
    /// A place of the first.
    pub a_s: f64,
    /// The place of the second that is like it.
    pub b_s: f64,
    /// Seconds of the second in one second of the first.
    pub speed: f64,
}

/// Two sounds that are compared: which is heard, and both.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Whether the second is heard.
    pub second: bool,
    /// The first.
    pub a: Sound,
    /// The second.
    pub b: Sound,
    /// What belongs together in them; `None`: the same time in both.
    pub places: Option<Places>,
}

impl Pair {
    /// The one that is heard.
    pub fn now(&self) -> &Sound {
        if self.second { &self.b } else { &self.a }
    }

    /// The place of the one that is heard for a place of one of them, of the second if it is that.
    pub fn place_now(&self, at_s: f64, of_second: bool) -> f64 {
        match &self.places {
            Some(Places { a_s, b_s, speed }) if of_second != self.second => {
                if of_second {
                    a_s + (at_s - b_s) / speed
                } else {
                    b_s + (at_s - a_s) * speed
                }
            }
            _ => at_s,
        }
    }

    /// How much quieter the one that is heard has to be: both are as loud as the quieter.
    pub fn gain_db(&self) -> f64 {
        match (self.a.lufs, self.b.lufs, self.now().lufs) {
            (Some(a), Some(b), Some(now)) => a.min(b) - now,
            _ => 0.0,
        }
    }
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
    /// What is compared.
    pub pair: Option<Pair>,
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

    /// How much louder a file is played: the one of two that is heard keeps its level.
    pub fn gain_db(&self, path: &Path) -> f64 {
        let pair = self.pair.as_ref().filter(|p| p.now().path == path && self.plays(path));
        pair.map_or(0.0, Pair::gain_db)
    }

    /// Whether a file is being played.
    pub fn plays(&self, path: &Path) -> bool {
        self.playing.as_ref().is_some_and(|p| p.path == path)
    }

    /// Whether something sounds right now.
    pub fn sounds(&self) -> bool {
        self.playing.as_ref().is_some_and(|p| !p.paused)
    }
}
