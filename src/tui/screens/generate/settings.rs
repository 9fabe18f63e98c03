//! The settings of a request, line by line.

use crate::domain::aspects::{self, Aspects};
use crate::domain::ids::FinetuneId;
use crate::domain::limits::Limits;
use crate::domain::score::Role as Part;
use crate::domain::take::TakeRequest;
use crate::studio::work::{GenerateWork, OutFormat};
use crate::tui::facts::Facts;
use crate::tui::words::clock;

/// What is set.
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as the person sees them")]
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Whose sound; the base where it is absent.
    pub finetune: Option<FinetuneId>,
    /// Length; by the prompt where it is absent.
    pub seconds: Option<f64>,
    /// Takes of the prompt.
    pub takes: u32,
    /// Seed of the first.
    pub seed: u64,
    /// Loudness; the dataset's own where it is absent.
    pub loudness_lufs: Option<f64>,
    /// How much of the finetune's sound.
    pub strength: f64,
    /// The same, aspect by aspect.
    pub aspects: Aspects,
    /// Parts to leave out.
    pub without: Vec<String>,
    /// Write stems.
    pub stems: bool,
    /// Write the score.
    pub midi: bool,
    /// Voices in the prompt may be passed over.
    pub no_vocals: bool,
    /// FLAC instead of WAV.
    pub flac: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            finetune: None,
            seconds: None,
            takes: 1,
            seed: 1,
            loudness_lufs: None,
            strength: 1.0,
            aspects: Aspects::default(),
            without: Vec::new(),
            stems: true,
            midi: true,
            no_vocals: false,
            flac: false,
        }
    }
}

/// A line of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// Whose sound.
    Sound,
    /// Length.
    Length,
    /// How many.
    Takes,
    /// Seed.
    Seed,
    /// Loudness.
    Loudness,
    /// How much of the finetune's sound.
    Strength,
    /// The same, aspect by aspect.
    Aspects,
    /// Parts to leave out.
    Without,
    /// Stems.
    Stems,
    /// Score.
    Score,
    /// Voices.
    Voices,
    /// Kind of file.
    File,
}

impl Setting {
    /// All lines.
    pub const ALL: [Self; 12] = [
        Self::Sound,
        Self::Length,
        Self::Takes,
        Self::Seed,
        Self::Loudness,
        Self::Strength,
        Self::Aspects,
        Self::Without,
        Self::Stems,
        Self::Score,
        Self::Voices,
        Self::File,
    ];

    /// Its label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Length => "length",
            Self::Takes => "takes",
            Self::Seed => "seed",
            Self::Loudness => "loudness",
            Self::Strength => "strength",
            Self::Aspects => "aspects",
            Self::Without => "without",
            Self::Stems => "stems",
            Self::Score => "score",
            Self::Voices => "voices",
            Self::File => "file",
        }
    }
}

impl Settings {
    /// A line's value, in words.
    pub fn value(&self, setting: Setting, facts: &Facts) -> String {
        let switch = |on: bool, words: &str| format!("[{}] {words}", if on { 'x' } else { ' ' });
        match setting {
            Setting::Sound => match &self.finetune {
                None => "the base".to_owned(),
                Some(id) => {
                    let known = facts.finetunes.iter().find(|f| f.finetune_id == *id);
                    known.map_or_else(|| id.to_string(), |f| f.name.clone())
                }
            },
            Setting::Length => self.seconds.map_or_else(|| "as the prompt says".to_owned(), clock),
            Setting::Takes => self.takes.to_string(),
            Setting::Seed if self.takes > 1 => {
                format!("{} to {}", self.seed, self.seed + u64::from(self.takes) - 1)
            }
            Setting::Seed => self.seed.to_string(),
            Setting::Loudness => self
                .loudness_lufs
                .map_or_else(|| "as the music has it".to_owned(), |l| format!("{l:.1} LUFS")),
            Setting::Strength if (self.strength - 1.0).abs() < 1e-9 => "1, as learned".to_owned(),
            Setting::Strength => format!("{}", self.strength),
            Setting::Aspects if self.aspects == Aspects::default() => "all as learned".to_owned(),
            Setting::Aspects => self.aspects.to_string(),
            Setting::Without if self.without.is_empty() => "nothing left out".to_owned(),
            Setting::Without => self.without.join(", "),
            Setting::Stems => switch(self.stems, "a file for each part"),
            Setting::Score => switch(self.midi, "as MIDI"),
            Setting::Voices => switch(self.no_vocals, "pass over a wish for them"),
            Setting::File => if self.flac { "FLAC" } else { "WAV" }.to_owned(),
        }
    }

    /// Changes a line by a step; whether it can be changed so.
    pub fn step(&mut self, setting: Setting, by: i64, limits: &Limits) -> bool {
        match setting {
            Setting::Length => {
                let now = self.seconds.unwrap_or(60.0) + 10.0 * by as f64;
                self.seconds = Some(now.clamp(limits.take_min_s.max(10.0), limits.take_max_s));
            }
            Setting::Takes => {
                self.takes = u32::try_from((i64::from(self.takes) + by).clamp(1, 99)).unwrap_or(1);
            }
            Setting::Seed => self.seed = self.seed.saturating_add_signed(by),
            Setting::Loudness => {
                let now = self.loudness_lufs.unwrap_or(-14.0) + by as f64;
                self.loudness_lufs = Some(now.clamp(-40.0, -5.0));
            }
            Setting::Strength => {
                let tenths = (self.strength * 10.0).round() + by as f64;
                self.strength = (tenths / 10.0).clamp(0.0, aspects::MOST);
            }
            Setting::Stems => self.stems = !self.stems,
            Setting::Score => self.midi = !self.midi,
            Setting::Voices => self.no_vocals = !self.no_vocals,
            Setting::File => self.flac = !self.flac,
            Setting::Sound | Setting::Aspects | Setting::Without => return false,
        }
        true
    }

    /// Takes a line's value from what was written; or says what was expected.
    pub fn write(&mut self, setting: Setting, text: &str, limits: &Limits) -> Result<(), String> {
        let text = text.trim();
        match setting {
            Setting::Length if text.is_empty() => self.seconds = None,
            Setting::Length => {
                let seconds = crate::tui::overlay::form::seconds(text)
                    .filter(|s| (limits.take_min_s..=limits.take_max_s).contains(s));
                let expected = format!(
                    "a length from {:.0} s to {}",
                    limits.take_min_s,
                    clock(limits.take_max_s)
                );
                self.seconds = Some(seconds.ok_or(expected)?);
            }
            Setting::Takes => {
                let takes = text.parse().ok().filter(|n| (1..=99).contains(n));
                self.takes = takes.ok_or("a number from 1 to 99")?;
            }
            Setting::Seed => self.seed = text.parse().map_err(|_| "a whole number")?,
            Setting::Loudness if text.is_empty() => self.loudness_lufs = None,
            Setting::Loudness => {
                let lufs = text.parse().ok().filter(|l| (-40.0..=-5.0).contains(l));
                self.loudness_lufs = Some(lufs.ok_or("a loudness from -40 to -5 LUFS")?);
            }
            Setting::Strength => {
                let strength = text.parse().ok().filter(|s| (0.0..=aspects::MOST).contains(s));
                self.strength = strength.ok_or("a strength from 0 to 2")?;
            }
            Setting::Aspects => {
                self.aspects = text.parse().map_err(|e: aspects::AspectError| e.to_string())?;
            }
            Setting::Without => {
                let parts: Vec<String> = text
                    .split([',', ' '])
                    .filter(|p| !p.is_empty())
                    .map(str::to_lowercase)
                    .collect();
                let names: Vec<&str> = Part::ALL.iter().map(|r| r.name()).collect();
                if parts.iter().any(|p| !names.contains(&p.as_str())) {
                    return Err(format!("parts among {}", names.join(", ")));
                }
                self.without = parts;
            }
            _ => {}
        }
        Ok(())
    }

    /// A line's value as it is written in a field.
    pub fn written(&self, setting: Setting) -> String {
        match setting {
            Setting::Length => self.seconds.map_or_else(String::new, |s| format!("{s}")),
            Setting::Takes => self.takes.to_string(),
            Setting::Seed => self.seed.to_string(),
            Setting::Loudness => self.loudness_lufs.map_or_else(String::new, |l| format!("{l}")),
            Setting::Strength => format!("{}", self.strength),
            Setting::Aspects if self.aspects == Aspects::default() => String::new(),
            Setting::Aspects => self.aspects.to_string(),
            Setting::Without => self.without.join(", "),
            _ => String::new(),
        }
    }

    /// The request of the first take.
    pub fn request(&self, prompt: &str) -> TakeRequest {
        TakeRequest {
            prompt: prompt.to_owned(),
            finetune: self.finetune.clone(),
            seconds: self.seconds,
            seed: self.seed,
            plan: None,
            loudness_lufs: self.loudness_lufs,
            without: self.without.clone(),
            no_vocals: self.no_vocals,
            strength: self.strength,
            aspects: self.aspects,
        }
    }

    /// The work for the queue.
    pub fn work(&self, prompt: &str) -> GenerateWork {
        GenerateWork {
            prompts: vec![prompt.to_owned()],
            finetune: self.finetune.as_ref().map(ToString::to_string),
            seconds: self.seconds,
            variants: self.takes,
            seed: self.seed,
            plan: None,
            out: None,
            format: if self.flac { OutFormat::Flac } else { OutFormat::Wav },
            loudness_lufs: self.loudness_lufs,
            stems: self.stems,
            midi: self.midi,
            without: self.without.clone(),
            no_vocals: self.no_vocals,
            strength: self.strength,
            aspects: self.aspects,
            max_copy: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_and_read_back() {
        let limits = Limits::default();
        let mut s = Settings::default();
        for (setting, text) in [
            (Setting::Length, "95"),
            (Setting::Takes, "3"),
            (Setting::Seed, "12"),
            (Setting::Loudness, "-16.5"),
            (Setting::Strength, "0.5"),
            (Setting::Aspects, "timbre=1.5,groove=0"),
            (Setting::Without, "drums, bass"),
        ] {
            s.write(setting, text, &limits).unwrap();
            assert_eq!(s.written(setting), text);
        }
        assert_eq!(s.value(Setting::Seed, &Facts::default()), "12 to 14");
        for (setting, text) in [
            (Setting::Length, "1"),
            (Setting::Takes, "0"),
            (Setting::Seed, "x"),
            (Setting::Loudness, "3"),
            (Setting::Strength, "2.1"),
            (Setting::Aspects, "taste=1"),
            (Setting::Without, "kazoo"),
        ] {
            assert!(s.write(setting, text, &limits).is_err(), "{text}");
        }
        s.write(Setting::Length, "", &limits).unwrap();
        assert_eq!(s.seconds, None);
        assert!(s.step(Setting::Length, 1, &limits));
        assert_eq!(s.seconds, Some(70.0));
    }
}
