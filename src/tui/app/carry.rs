//! Carrying out what screens wish for and what overlays hand on.

use super::{App, Effect, Leave};
use crate::domain::ids::DatasetName;
use crate::domain::rights::Rights;
use crate::studio::Work;
use crate::studio::work::{ImportWork, TrainWork};
use crate::tui::actions::Act;
use crate::tui::ask::{Ask, Edit, Slot};
use crate::tui::cx::{Do, Tab};
use crate::tui::overlay::browser::Browser;
use crate::tui::overlay::form::seconds;
use crate::tui::overlay::{Outcome, Overlay, Purpose, dropped_paths};
use crate::tui::player::Pair;
use std::path::{Path, PathBuf};

impl App {
    pub(super) fn carry_out(&mut self, wish: Do) {
        match wish {
            Do::Ask(slot, ask) => self.ask(slot, ask),
            Do::Say(words) => self.say(words),
            Do::Complain(words, hints) => self.messages.say(words, hints, true, self.now),
            Do::Open(overlay) => self.overlays.push(*overlay),
            Do::Goto(tab) => self.screens.tab = tab,
            Do::ShowTrack(id) => {
                self.screens.tab = Tab::Library;
                self.with_cx(|screens, cx| screens.library.show(&id, cx));
            }
            Do::ShowJob(id) => {
                self.screens.tab = Tab::Jobs;
                self.with_cx(|screens, cx| screens.jobs.show(id, cx));
            }
            Do::ShowTake(id) => {
                self.screens.tab = Tab::Generate;
                self.with_cx(|screens, cx| screens.generate.show(&id, cx));
            }
            Do::Copy(text) => {
                self.say(format!("copied: {text}"));
                self.effects.push(Effect::Copy(text));
            }
            Do::Hear(sound) => self.hear(sound),
            Do::HearFrom(sound) => {
                let gain = self.player.gain_db(&sound.path);
                self.hear_from(sound, gain);
            }
            Do::Compare(pair) => self.compare(*pair),
            Do::Browse(folder) => {
                self.overlays.push(Overlay::Browser(Browser::new(&folder)));
                self.ask(Some(Slot::Folder), Ask::Folder(folder));
            }
            Do::Run(act, arg) => self.act(act, arg),
            Do::Editor(text) => self.effects.push(Effect::Editor(text)),
        }
    }

    pub(super) fn came_of(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Stay => {}
            Outcome::Close => {
                self.overlays.pop();
            }
            Outcome::Submit(purpose, values) => {
                let asked = self.overlays.pop();
                if let Err(why) = self.submit(purpose, &values) {
                    match asked {
                        // What was written stays written.
                        Some(Overlay::Form(mut form)) => {
                            form.refuse(why);
                            self.overlays.push(Overlay::Form(form));
                        }
                        _ => self.complain(why),
                    }
                }
            }
            Outcome::Fail if self.setup.debug => self.effects.push(Effect::Panic),
            Outcome::Fail => self.complain("there is no such action".to_owned()),
            Outcome::Folder(path) => self.ask(Some(Slot::Folder), Ask::Folder(path)),
            Outcome::Import(paths) => {
                self.overlays.pop();
                let paths: Vec<String> = paths.iter().map(|p| quoted(p)).collect();
                self.act(Act::Import, Some(paths.join(" ")));
            }
            Outcome::Hear(sound) => self.hear(*sound),
            Outcome::HearFrom(sound) => self.carry_out(Do::HearFrom(*sound)),
            Outcome::HearPair(pair) => self.hear_pair(*pair),
            Outcome::Silence => self.ask(None, Ask::Silence),
            Outcome::Run(act, arg) => {
                self.overlays.pop();
                self.act(act, arg);
            }
        }
    }

    /// Does what was asked for; why not, where it cannot be read.
    fn submit(&mut self, purpose: Purpose, values: &[String]) -> Result<(), String> {
        let value = |n: usize| values.get(n).map_or("", String::as_str);
        match purpose {
            Purpose::Import => {
                let work = self.import(values)?;
                self.ask(None, Ask::Submit(Work::Import(work)));
            }
            Purpose::Train(dataset) => self.train(dataset, values),
            Purpose::Exclude(tracks) => {
                for (name, tracks) in tracks {
                    self.ask(None, Ask::Edit(name, Edit::Exclude(tracks, value(0).to_owned())));
                }
                self.screens.library.clear_marks();
            }
            Purpose::Rights(tracks) => {
                let rights = rights(value(0), value(1))?;
                self.ask(None, Ask::Rights(tracks, rights, value(2).to_owned()));
            }
            Purpose::NewSet(tracks) => {
                self.ask(None, Ask::Edit(DatasetName::slug(value(0)), Edit::New(tracks)));
                self.screens.library.clear_marks();
            }
            Purpose::AddTo(tracks) => {
                if let Ok(name) = value(0).parse() {
                    self.ask(None, Ask::Edit(name, Edit::Add(tracks)));
                }
                self.screens.library.clear_marks();
            }
            Purpose::Trim(name, track, length_s) => {
                let from = seconds(value(0)).unwrap_or(0.0);
                let to = seconds(value(1)).unwrap_or(length_s);
                // The whole track is no stretch of it.
                let whole = from <= 0.0 && to >= length_s - 0.1;
                let only_s = (!whole).then_some((from, to.min(length_s)));
                self.ask(None, Ask::Edit(name, Edit::Trim(track, only_s)));
            }
            Purpose::StopJob(id) => self.ask(None, Ask::Stop(id)),
            Purpose::DeleteTakes(ids) => self.ask(None, Ask::DeleteTakes(ids)),
            Purpose::Forget(ids) => self.ask(None, Ask::Forget(ids)),
            Purpose::CompareWith(a, others) => {
                let other = value(0).parse().ok().and_then(|n: usize| others.get(n).cloned());
                if let Some(b) = other {
                    self.compare(Pair { second: false, a: *a, b, places: None });
                }
            }
            Purpose::Export(id) => {
                let folder = self.written(Path::new(value(0)));
                self.ask(None, Ask::Export(id, folder));
            }
            Purpose::ChooseDataset => {
                let name = value(0).parse().ok();
                self.with_cx(|screens, cx| screens.diagnostics.open(name, cx));
            }
            Purpose::ChooseJob => {
                if let Ok(id) = value(0).parse() {
                    self.carry_out(Do::ShowJob(id));
                }
            }
            Purpose::ChooseFinetune => {
                self.with_cx(|screens, cx| screens.generate.use_finetune(value(0), cx));
            }
            Purpose::ChooseTheme => self.use_theme(value(0)),
            Purpose::ChoosePrompt => {
                self.with_cx(|screens, cx| screens.generate.set_prompt(value(0), cx));
            }
            Purpose::Setting(at) => {
                self.with_cx(|screens, cx| screens.generate.set(at, value(0), cx));
            }
            Purpose::Leave => {
                let leave = if value(0) == "follow" { Leave::Follow } else { Leave::Stop };
                self.effects.push(Effect::Quit(leave));
            }
        }
        Ok(())
    }

    /// A path as it was written: `~` is the person's own folder, others begin where the program was
    /// started.
    fn written(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.setup.own_folder) {
            (Ok(rest), Some(own)) => own.join(rest),
            _ => self.setup.folder.join(path),
        }
    }

    /// The work of an import from what its form holds.
    fn import(&self, values: &[String]) -> Result<ImportWork, String> {
        let value = |n: usize| values.get(n).map_or("", String::as_str);
        let paths: Vec<PathBuf> = dropped_paths(value(0)).iter().map(|p| self.written(p)).collect();
        let Some(first) = paths.first() else { return Err("no path was written".to_owned()) };
        let dataset = match value(1) {
            "" => {
                // A file goes into the set of its folder's name, a folder into that of its own.
                let folder = match first.extension() {
                    Some(_) => first.parent().unwrap_or(first),
                    None => first.as_path(),
                };
                let name = folder.file_name().map(|n| n.to_string_lossy().into_owned());
                DatasetName::slug(&name.unwrap_or_default())
            }
            name => DatasetName::slug(name),
        };
        let rights = rights(value(2), value(3))?;
        Ok(ImportWork {
            paths,
            dataset,
            rights,
            by: value(4).to_owned(),
            rights_by_file: Vec::new(),
            copy: value(5) == "yes",
            strict: false,
        })
    }

    fn train(&mut self, dataset: DatasetName, values: &[String]) {
        let value = |n: usize| values.get(n).map_or("", String::as_str);
        let tags = value(2).split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let work = TrainWork {
            name: value(0).to_owned(),
            genre: value(1).to_owned(),
            dataset,
            tags: tags.collect(),
            visibility: crate::domain::finetune::Visibility::Private,
            seed: value(3).parse().unwrap_or(1),
            holdout: value(4).parse().ok(),
        };
        self.ask(None, Ask::Submit(Work::Train(work)));
    }
}

/// The ground that a choice and its licence make.
fn rights(choice: &str, licence: &str) -> Result<Option<Rights>, String> {
    let text = match choice {
        "" | "withdraw" => return Ok(None),
        "open" | "licensed" => format!("{choice}:{licence}"),
        other => other.to_owned(),
    };
    text.parse().map(Some).map_err(|e: crate::domain::rights::RightsError| e.to_string())
}

/// A path as it is written in a field that takes several.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains([' ', '\'', '"', '\\']) {
        format!("'{}'", text.replace('\'', "'\\''"))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_paths_are_read_back() {
        for text in ["/a/b.wav", "/a b/c'd.wav", "/x\\y \"z\".wav"] {
            let path = PathBuf::from(text);
            assert_eq!(dropped_paths(&quoted(&path)), [path], "{text}");
        }
    }

    #[test]
    fn grounds_need_their_licence() {
        assert_eq!(rights("", ""), Ok(None));
        assert_eq!(rights("own", ""), Ok(Some(Rights::Own)));
        assert!(rights("open", "").is_err());
        assert!(rights("open", "CC-BY-4.0").unwrap().is_some());
    }
}
