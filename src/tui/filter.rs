//! The filter language: words and conditions that a track must all meet.
//!
//! `pad bpm>120 key:Am not:problem:clipping` and the like. What is not understood is said and
//! passed over; it must never empty the list without a word.

/// What a filter sees of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its dataset.
    pub dataset: &'a str,
    /// Its length.
    pub length_s: f64,
    /// Its tempo; `None` without one, or while it is not known.
    pub bpm: Option<f64>,
    /// Its loudness.
    pub lufs: Option<f64>,
    /// Its key, as it is printed.
    pub key: Option<String>,
    /// Its ground of rights, "none" where nothing was stated.
    pub rights: String,
    /// "in" or "out".
    pub state: &'a str,
    /// Words of its problems.
    pub problems: Vec<&'static str>,
    /// Whether it is marked.
    pub marked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Less,
    More,
    About,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Length,
    Tempo,
    Loudness,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Title(String),
    Figure(Figure, Order, f64),
    NoFigure(Figure),
    Key(String),
    NoKey,
    Rights(String),
    State(String),
    Problem(String),
    AnyProblem,
    Dataset(String),
    Marked,
}

/// A filter as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// As it was written.
    pub text: String,
    tests: Vec<(bool, Test)>,
    /// What was not understood, in words.
    pub faults: Vec<String>,
}

/// The fields, for help.
pub const FIELDS: &str = "words, \"two words\", key:Am, bpm>120, len<90, lufs<-14, rights:none, \
     state:out, problem:clipping, set:NAME, marked; not: before any of them";

impl Filter {
    /// Reads a filter.
    pub fn read(text: &str) -> Self {
        let mut filter = Self { text: text.to_owned(), ..Self::default() };
        for word in split(text) {
            let (wanted, rest) = match word.strip_prefix("not:").or_else(|| word.strip_prefix('-'))
            {
                Some(rest) if !rest.is_empty() => (false, rest),
                _ => (true, word.as_str()),
            };
            match test(rest) {
                Ok(test) => filter.tests.push((wanted, test)),
                Err(fault) => filter.faults.push(fault),
            }
        }
        filter
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether a track passes.
    pub fn passes(&self, subject: &Subject<'_>) -> bool {
        self.tests.iter().all(|(wanted, test)| meets(test, subject) == *wanted)
    }

    /// Whether it asks for something that is only known once a track was listened to.
    pub fn needs_hearing(&self) -> bool {
        self.tests.iter().any(|(_, t)| {
            matches!(
                t,
                Test::Figure(Figure::Tempo | Figure::Loudness, ..)
                    | Test::NoFigure(_)
                    | Test::Key(_)
                    | Test::NoKey
                    | Test::Problem(_)
                    | Test::AnyProblem
            )
        })
    }
}

/// Words at spaces; quotes keep words together.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn test(word: &str) -> Result<Test, String> {
    let place = word.find([':', '<', '>', '=']);
    let Some(place) = place else {
        return Ok(match word {
            "marked" => Test::Marked,
            "dup" => Test::Problem("dup".to_owned()),
            _ => Test::Title(word.to_lowercase()),
        });
    };
    let (name, rest) = word.split_at(place);
    let (sign, value) = rest.split_at(1);
    let value = value.trim().to_lowercase();
    let figure = match name {
        "bpm" | "tempo" => Some(Figure::Tempo),
        "len" | "length" => Some(Figure::Length),
        "lufs" | "loudness" => Some(Figure::Loudness),
        _ => None,
    };
    if let Some(figure) = figure {
        if value == "none" {
            return Ok(Test::NoFigure(figure));
        }
        let order = match sign {
            "<" => Order::Less,
            ">" => Order::More,
            _ => Order::About,
        };
        let number = number(&value)
            .ok_or_else(|| format!("\"{word}\": a number was expected, as in {name}>30"))?;
        return Ok(Test::Figure(figure, order, number));
    }
    match name {
        _ if value.is_empty() => Err(format!("\"{word}\": something was expected after {sign}")),
        "key" if value == "none" => Ok(Test::NoKey),
        "key" => Ok(Test::Key(key_name(&value))),
        "rights" => Ok(Test::Rights(value)),
        "state" if value == "problem" => Ok(Test::AnyProblem),
        "state" if ["in", "out"].contains(&value.as_str()) => Ok(Test::State(value)),
        "state" => Err(format!("\"{word}\": state is in, out or problem")),
        "problem" if value == "any" => Ok(Test::AnyProblem),
        "problem" => Ok(Test::Problem(value)),
        "set" | "dataset" => Ok(Test::Dataset(value)),
        _ => Err(format!("\"{name}\" is no field; there are {FIELDS}")),
    }
}

/// "90", "1:30", "30s".
fn number(text: &str) -> Option<f64> {
    let text = text.strip_suffix('s').unwrap_or(text);
    match text.split_once(':') {
        Some((minutes, seconds)) => {
            Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
        }
        None => text.parse().ok().filter(|n: &f64| n.is_finite()),
    }
}

/// "am" and "a minor" are one name; "minor" alone is any of them.
fn key_name(text: &str) -> String {
    let text = text.trim();
    if text.contains(' ') || matches!(text, "minor" | "major") {
        return text.to_owned();
    }
    match text.strip_suffix('m') {
        Some(tonic) if !tonic.is_empty() => format!("{tonic} minor"),
        _ => format!("{text} major"),
    }
}

fn meets(test: &Test, subject: &Subject<'_>) -> bool {
    let value = |figure: &Figure| match figure {
        Figure::Length => Some(subject.length_s),
        Figure::Tempo => subject.bpm,
        Figure::Loudness => subject.lufs,
    };
    match test {
        Test::Title(word) => subject.title.to_lowercase().contains(word),
        Test::Figure(figure, order, wanted) => value(figure).is_some_and(|v| match order {
            Order::Less => v < *wanted,
            Order::More => v > *wanted,
            Order::About => (v - wanted).abs() <= 0.5,
        }),
        Test::NoFigure(figure) => value(figure).is_none(),
        Test::Key(wanted) => subject.key.as_ref().is_some_and(|k| {
            let key = k.to_lowercase();
            key == *wanted || key.split(' ').nth(1) == Some(wanted)
        }),
        Test::NoKey => subject.key.is_none(),
        Test::Rights(wanted) => subject.rights.to_lowercase().starts_with(wanted),
        Test::State(wanted) => subject.state == wanted,
        Test::Problem(wanted) => subject.problems.iter().any(|p| p.starts_with(wanted.as_str())),
        Test::AnyProblem => !subject.problems.is_empty(),
        Test::Dataset(wanted) => subject.dataset.contains(wanted),
        Test::Marked => subject.marked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pad() -> Subject<'static> {
        Subject {
            title: "Glass Pad 03",
            dataset: "ambient",
            length_s: 31.0,
            bpm: Some(92.3),
            lufs: Some(-18.7),
            key: Some("D minor".into()),
            rights: "open:CC-BY-4.0".into(),
            state: "in",
            problems: vec!["clipping", "quiet"],
            marked: false,
        }
    }

    #[test]
    fn every_word_must_fit() {
        for yes in [
            "",
            "glass",
            "\"glass pad\"",
            "pad bpm>90",
            "bpm<100 len>30s",
            "len<0:45",
            "key:Dm",
            "key:minor",
            "\"key:D minor\"",
            "lufs<-14",
            "rights:open",
            "state:in",
            "problem:clip",
            "state:problem",
            "set:amb",
            "not:marked",
            "-rights:none",
            "bpm:92",
        ] {
            assert!(Filter::read(yes).passes(&pad()), "{yes}");
            assert!(Filter::read(yes).faults.is_empty(), "{yes}");
        }
        for no in [
            "drum",
            "bpm>120",
            "key:D",
            "key:major",
            "bpm:none",
            "state:out",
            "not:glass",
            "marked",
        ] {
            assert!(!Filter::read(no).passes(&pad()), "{no}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_passed_over() {
        for fault in ["bpn>120", "bpm>fast", "state:maybe", "key:"] {
            let filter = Filter::read(&format!("glass {fault}"));
            assert_eq!(filter.faults.len(), 1, "{fault}");
            assert!(filter.passes(&pad()), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,60}") {
            let _ = Filter::read(&text).passes(&pad());
        }
    }
}
