//! Hearing: play and pause, two sounds in turn at one place and level, and what to do in silence.

use super::App;
use crate::studio::ErrorReport;
use crate::tui::ask::{Ask, Slot};
use crate::tui::overlay::Overlay;
use crate::tui::overlay::view::View;
use crate::tui::player::{Pair, Sound};
use crate::tui::theme::Role;
use crate::tui::words::place;

impl App {
    pub(super) fn hear(&mut self, sound: Sound) {
        if self.player.plays(&sound.path) {
            self.ask(Some(Slot::Sound), Ask::Pause);
            return;
        }
        self.hear_from(sound, 0.0);
    }

    pub(super) fn hear_from(&mut self, sound: Sound, gain_db: f64) {
        let ask = Ask::Play(sound.hear(gain_db));
        self.player.title.clone_from(&sound.title);
        self.wanted = Some(sound);
        self.ask(Some(Slot::Sound), ask);
    }

    /// Hears the other of two, where the first stands, both as loud as the quieter.
    pub(super) fn compare(&mut self, mut pair: Pair) {
        let same = self
            .player
            .pair
            .as_ref()
            .is_some_and(|old| old.a.path == pair.a.path && old.b.path == pair.b.path);
        pair.second = same && self.player.pair.as_ref().is_some_and(|old| !old.second);
        self.hear_pair(pair);
    }

    /// Hears the one of two that is meant, at the place where either stands.
    pub(super) fn hear_pair(&mut self, pair: Pair) {
        let stands = self.player.playing.as_ref().and_then(|playing| {
            let sides = [(false, &pair.a), (true, &pair.b)];
            let (second, heard) = sides.into_iter().find(|(_, s)| s.path == playing.path)?;
            let at_s = self.player.place_s(playing, self.now) - heard.start_s;
            Some(pair.place_now(at_s, second))
        });
        let mut sound = pair.now().clone();
        if let Some(at) = stands {
            sound.at_s = at.clamp(0.0, (sound.length_s - 0.5).max(0.0));
        }
        let gain = pair.gain_db();
        let letter = if pair.second { "B" } else { "A" };
        let level = if gain < -0.05 { format!(", {:.1} dB quieter", -gain) } else { String::new() };
        self.say(format!(
            "{letter}: {} at {}{level}; a hears the other",
            sound.title,
            place(sound.at_s)
        ));
        self.player.pair = Some(pair);
        self.hear_from(sound, gain);
    }

    /// Nothing can be heard here: says so once in full, with the ways that are left.
    pub(super) fn silent(&mut self, error: ErrorReport) {
        let first = self.player.silent.is_none();
        self.player.silent = Some(error.message.clone());
        let Some(sound) = self.wanted.take() else { return };
        if !first && self.player.pair.is_none() {
            self.messages.say(
                format!("silent: {} at {}", sound.title, place(sound.at_s)),
                vec!["y copies the path, w writes what the cursor is on as WAV".to_owned()],
                false,
                self.now,
            );
            return;
        }
        if !first {
            return;
        }
        let path = sound.path.display();
        let mut lines = vec![
            (error.message, Role::Warn),
            (String::new(), Role::Text),
            (format!("{} at {}", sound.title, place(sound.start_s + sound.at_s)), Role::Accent),
            (format!("{path}"), Role::Text),
            (String::new(), Role::Text),
            ("Ways to hear it:".to_owned(), Role::Text),
            ("  y   copies the path, over SSH too".to_owned(), Role::Text),
            (
                "  w   writes the loop, or ten seconds from the cursor, as WAV".to_owned(),
                Role::Text,
            ),
        ];
        if self.setup.ssh {
            lines.push(("  from the machine you sit at:".to_owned(), Role::Text));
            lines.push((format!("      scp THIS-MACHINE:'{path}' ."), Role::Dim));
        }
        let more = "Everything else works: cursor, sections, loops and A/B go on in silence.";
        lines.push((String::new(), Role::Text));
        lines.push((more.to_owned(), Role::Dim));
        self.overlays.push(Overlay::View(View::new("Nothing to hear with", lines)));
    }
}
