//! How much of a finetune's sound a take has, aspect by aspect.
//!
//! Must never hold how an engine reaches it: only what a person turns.

use serde::{Deserialize, Serialize};

/// Largest value of a strength or an aspect.
pub const MOST: f64 = 2.0;

/// Dials of a take, each 0 (nothing of the finetune) .. 1 (as learned) .. 2 (more than that).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aspects {
    /// From the bank's instruments to the learned ones.
    pub instrumentation: f64,
    /// From an untreated mix to the artist's spectrum, room and width.
    pub production: f64,
    /// From a straight grid to the artist's accents and timing.
    pub groove: f64,
    /// From bank sounds over learned instruments on their bed to pure grains.
    pub timbre: f64,
}

impl Default for Aspects {
    fn default() -> Self {
        Self { instrumentation: 1.0, production: 1.0, groove: 1.0, timbre: 1.0 }
    }
}

impl Aspects {
    /// The names, as they are written after `--aspects`.
    pub const NAMES: [&'static str; 4] = ["instrumentation", "production", "groove", "timbre"];

    /// Sets one by its name.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), AspectError> {
        if !(0.0..=MOST).contains(&value) {
            return Err(AspectError::Range { name: name.to_owned(), value });
        }
        let slot = match name {
            "instrumentation" => &mut self.instrumentation,
            "production" => &mut self.production,
            "groove" => &mut self.groove,
            "timbre" => &mut self.timbre,
            _ => return Err(AspectError::Name(name.to_owned())),
        };
        *slot = value;
        Ok(())
    }

    /// All of them times a strength, none above [`MOST`].
    pub fn at(self, strength: f64) -> Self {
        let scaled = |v: f64| (v * strength).clamp(0.0, MOST);
        Self {
            instrumentation: scaled(self.instrumentation),
            production: scaled(self.production),
            groove: scaled(self.groove),
            timbre: scaled(self.timbre),
        }
    }
}

impl std::fmt::Display for Aspects {
    /// What differs from the sound as learned: "timbre=1.5,groove=0".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values = [self.timbre, self.instrumentation, self.production, self.groove];
        let names = ["timbre", "instrumentation", "production", "groove"];
        let changed = names.iter().zip(values).filter(|(_, v)| (v - 1.0).abs() > 1e-9);
        let words: Vec<String> = changed.map(|(n, v)| format!("{n}={v}")).collect();
        f.write_str(&words.join(","))
    }
}

impl std::str::FromStr for Aspects {
    type Err = AspectError;

    /// Reads "timbre=1.5,groove=0".
    fn from_str(text: &str) -> Result<Self, AspectError> {
        let mut aspects = Self::default();
        for item in text.split(',').map(str::trim).filter(|i| !i.is_empty()) {
            let (name, value) =
                item.split_once('=').ok_or_else(|| AspectError::Form(item.to_owned()))?;
            let number: f64 =
                value.trim().parse().map_err(|_| AspectError::Form(item.to_owned()))?;
            aspects.set(name.trim(), number)?;
        }
        Ok(aspects)
    }
}

/// Why a text names no aspects.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AspectError {
    /// Not "name=number".
    #[error("\"{0}\" is not of the form name=number")]
    Form(String),
    /// No such aspect.
    #[error("there is no aspect \"{0}\"; there are instrumentation, production, groove and timbre")]
    Name(String),
    /// Outside 0..2.
    #[error("{name} cannot be {value}; aspects go from 0 to 2")]
    Range {
        /// The aspect.
        name: String,
        /// What was asked.
        value: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_and_scaled() {
        let read: Aspects = "timbre=1.5, groove=0".parse().unwrap();
        assert_eq!((read.timbre, read.groove, read.production), (1.5, 0.0, 1.0));
        let strong = read.at(2.0);
        assert_eq!((strong.timbre, strong.groove, strong.production), (2.0, 0.0, 2.0));
        assert_eq!("".parse(), Ok(Aspects::default()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| text.parse::<Aspects>().unwrap_err().to_string();
        assert!(wrong("timbre").contains("name=number"));
        assert!(wrong("colour=1").contains("no aspect \"colour\""));
        assert!(wrong("timbre=3").contains("0 to 2"));
        assert!(wrong("timbre=NaN").contains("cannot be NaN"));
    }
}
