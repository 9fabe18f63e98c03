//! The waveform of the track under the cursor: its time cursor, its loop, what is heard of it.

use super::Library;
use crate::domain::listening::Listening;
use crate::tui::actions::Act;
use crate::tui::ask::Ask;
use crate::tui::cx::{Cx, Do};
use crate::tui::player::Sound;
use crate::tui::screens::generate::compare_with;

impl Library {
    pub(super) fn listening(&self) -> Option<&Listening> {
        let (id, record) = self.heard.as_ref()?;
        let here = self.asked.as_ref() == Some(id);
        record.as_ref().filter(|_| here).map(|r| &r.hearing.listening)
    }

    pub(super) fn move_time(&mut self, by: f64, cx: &mut Cx<'_>) {
        if let Some(duration) = self.listening().map(|l| l.duration_s) {
            let stand = self.stand_s(cx);
            self.time.follow(stand);
            self.time.step(by, duration);
            if stand.is_some() {
                self.hear_cursor(cx);
            }
        }
    }

    /// Where the playing of the track under the cursor stands, from its start.
    fn stand_s(&self, cx: &Cx<'_>) -> Option<f64> {
        let sound = self.sound(cx)?;
        Some(cx.player.stand_s(&sound.path, cx.now)? - sound.start_s)
    }

    /// What is heard goes where the cursor went; what rests begins there when it goes on.
    fn hear_cursor(&self, cx: &mut Cx<'_>) {
        let wish = if cx.player.sounds() {
            self.sound(cx).map(Do::HearFrom)
        } else {
            Some(Do::Ask(None, Ask::Silence))
        };
        cx.todo.extend(wish);
    }

    pub(super) fn hear(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        match act {
            Act::Play => {
                if let Some(sound) = self.sound(cx) {
                    cx.todo.push(Do::Hear(sound));
                }
                true
            }
            Act::Switch | Act::With => {
                let Some(first) = self.sound(cx) else { return true };
                let pair = cx.player.pair.clone();
                // The track that is heard as B is still the one under comparison.
                let known = pair.filter(|p| p.a.path == first.path && act == Act::Switch);
                match known {
                    Some(pair) => cx.todo.push(Do::Compare(Box::new(pair))),
                    None => cx.open(compare_with(first, cx)),
                }
                true
            }
            Act::Excerpt => {
                self.excerpt(cx);
                true
            }
            _ => self.act_on_wave(act, cx),
        }
    }

    fn act_on_wave(&mut self, act: Act, cx: &mut Cx<'_>) -> bool {
        let heard = self.listening();
        let sections: Vec<(f64, f64)> = heard
            .map(|l| l.sections.iter().map(|s| (s.start_s, s.end_s)).collect())
            .unwrap_or_default();
        let duration = heard.map_or(0.0, |l| l.duration_s);
        let stand = self.stand_s(cx);
        if act.is_of_time() {
            self.time.follow(stand);
        }
        let before = self.time;
        match self.time.act(act, &sections, duration) {
            None => return false,
            Some(Err(why)) => cx.complain(why),
            Some(Ok(())) => {}
        }
        let moved = before.at_s != self.time.at_s || before.looped() != self.time.looped();
        if moved && stand.is_some() {
            self.hear_cursor(cx);
        }
        true
    }

    fn excerpt(&self, cx: &mut Cx<'_>) {
        let (Some(member), Some(heard)) = (self.track(cx), self.listening()) else {
            cx.complain("the track has not been read yet");
            return;
        };
        let (from, to) = self.time.excerpt(heard.duration_s);
        let start = member.track.start_s;
        let path = cx.facts.file_of(&member.track);
        cx.ask(Ask::Excerpt(path, (start + from, start + to), cx.setup.folder.clone()));
    }

    /// What plays from here.
    pub fn sound(&self, cx: &Cx<'_>) -> Option<Sound> {
        let member = self.track(cx)?;
        let track = &member.track;
        Some(Sound {
            path: cx.facts.file_of(track),
            title: track.title.clone(),
            start_s: track.start_s,
            at_s: self.time.at_s,
            length_s: track.duration_s(),
            looped_s: self.time.looped(),
            lufs: cx.facts.sketch(&track.track_id).and_then(|s| s.loudness_lufs),
        })
    }
}
