//! Prompt to brief: a lexicon, a few number patterns and the scope of negations.
//!
//! Reads left to right; the longest phrase wins; a later mention wins over an earlier one and the
//! loss is reported. Must never guess: words that say something and are not known are listed.

use super::lexicon::{Lexicon, Meaning};
use crate::domain::brief::{Brief, SectionWish, Understood, VocalsWish};
use crate::domain::listening::Meter;
use crate::domain::pitch::{Key, Mode, PitchClass};
use crate::domain::score::Role;

/// Tempi that can be played.
pub const TEMPO_RANGE_BPM: (f64, f64) = (30.0, 300.0);

struct Token {
    text: String,
    raw: String,
    start: usize,
    end: usize,
    /// Whether a comma, full stop or the like stands before it.
    after_break: bool,
}

/// Reads a prompt.
pub fn parse(prompt: &str) -> Brief {
    let tokens = tokenise(prompt);
    let mut reader = Reader {
        tokens: &tokens,
        lexicon: Lexicon::get(),
        brief: Brief::default(),
        negated: false,
        vocal_words: Vec::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        at += reader.read(at);
    }
    reader.finish()
}

fn tokenise(prompt: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut after_break = false;
    let mut chars = prompt.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !is_word(c) {
            after_break |= matches!(c, ',' | ';' | '.' | ':' | '!' | '?' | '\n' | '(' | ')');
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut last = c;
        while let Some(&(at, next)) = chars.peek() {
            let digits_follow =
                prompt[at + next.len_utf8()..].starts_with(|d: char| d.is_ascii_digit());
            let inside_number = matches!(next, '.' | ':') && last.is_ascii_digit() && digits_follow;
            if !is_word(next) && !inside_number {
                break;
            }
            last = next;
            end = at + next.len_utf8();
            chars.next();
        }
        for (from, to) in split_unit(&prompt[start..end]) {
            let raw = prompt[start + from..start + to].to_owned();
            let text = raw.to_lowercase();
            let text = text.strip_suffix("'s").unwrap_or(&text).trim_matches('\'').to_owned();
            tokens.push(Token { text, raw, start: start + from, end: start + to, after_break });
            after_break = false;
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '#' | '♯' | '♭' | '&' | '\'' | '/')
}

/// "120bpm" is two words, "80s" is one.
fn split_unit(word: &str) -> Vec<(usize, usize)> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let era = unit == "s" && number.len() == 2 && number.ends_with('0') && number >= "50";
    let units = ["bpm", "s", "sec", "secs", "min", "mins", "bit", "bars", "m"];
    if digits > 0 && !era && units.contains(&unit.to_lowercase().as_str()) {
        return vec![(0, digits), (digits, word.len())];
    }
    vec![(0, word.len())]
}

struct Reader<'a> {
    tokens: &'a [Token],
    lexicon: &'a Lexicon,
    brief: Brief,
    negated: bool,
    vocal_words: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| t.text.as_str())
    }

    /// Reads what starts at a token; returns how many tokens it took.
    fn read(&mut self, at: usize) -> usize {
        if self.tokens[at].after_break {
            self.negated = false;
        }
        if let Some(count) = self.scope(at) {
            return count;
        }
        let taken = self
            .number(at)
            .or_else(|| self.key(at))
            .or_else(|| self.phrase(at))
            .or_else(|| self.suffix(at));
        if let Some(count) = taken {
            return count;
        }
        let word = self.text(at);
        let silent = self.lexicon.is_stop_word(word) || word.chars().all(|c| !c.is_alphanumeric());
        if !silent && !self.brief.unknown_words.contains(&self.tokens[at].raw) {
            self.brief.unknown_words.push(self.tokens[at].raw.clone());
        }
        1
    }

    /// Words that open or close the scope of a negation.
    fn scope(&mut self, at: usize) -> Option<usize> {
        match self.text(at) {
            "no" | "not" | "without" | "avoid" | "minus" | "never" | "except" | "w/o" => {
                self.negated = true;
                // "not too fast", "no need for": weakens, does not forbid.
                if self.text(at) == "not"
                    && matches!(self.text(at + 1), "too" | "very" | "only" | "just")
                {
                    self.negated = false;
                    return Some(2);
                }
                Some(1)
            }
            "but" | "with" | "just" | "only" | "featuring" | "plus" | "then" => {
                self.negated = false;
                Some(1)
            }
            _ => None,
        }
    }

    fn understood(&mut self, at: usize, count: usize, field: &str, value: String) {
        let (start, end) = (self.tokens[at].start, self.tokens[at + count - 1].end);
        self.brief.understood.push(Understood { start, end, field: field.to_owned(), value });
    }

    fn overruled(&mut self, what: &str, old: &str, new: &str) {
        // Said twice it is still one.
        if old != new {
            self.brief.unsupported.push(format!("two {what}s: {old} is passed over for {new}"));
        }
    }

    fn number(&mut self, at: usize) -> Option<usize> {
        let text = self.text(at);
        if let Some((beats, unit)) = text.split_once('/')
            && beats.parse::<u8>().is_ok()
            && unit.parse::<u8>().is_ok()
        {
            return Some(self.meter(at));
        }
        if let Some((minutes, seconds)) = text.split_once(':') {
            let (m, s): (f64, f64) = (minutes.parse().ok()?, seconds.parse().ok()?);
            return Some(self.length(at, 1, m * 60.0 + s));
        }
        if let Some(decade) = text.strip_suffix('s').and_then(|d| d.parse::<f64>().ok()) {
            // "60s" before a word is an era, elsewhere a length.
            let alone = self.tokens.get(at + 1).is_none_or(|t| t.after_break);
            return alone.then(|| self.length(at, 1, decade));
        }
        let value: f64 = text.parse().ok()?;
        let next = self.text(at + 1);
        match next {
            "bpm" => return Some(self.tempo(at, 2, value)),
            "beats" if self.text(at + 2) == "per" => return Some(self.tempo(at, 4, value)),
            "s" | "sec" | "secs" | "second" | "seconds" => {
                return Some(self.length(at, 2, value));
            }
            "min" | "mins" | "minute" | "minutes" | "m" => {
                return Some(self.length(at, 2, value * 60.0));
            }
            "bar" | "bars" => return self.section_bars(at, value as u32),
            _ => {}
        }
        let before = if at > 0 { self.text(at - 1) } else { "" };
        if (40.0..=240.0).contains(&value) && matches!(before, "at" | "tempo" | "bpm") {
            return Some(self.tempo(at, 1, value));
        }
        None
    }

    fn tempo(&mut self, at: usize, count: usize, bpm: f64) -> usize {
        let count = count.min(self.tokens.len() - at);
        if !(TEMPO_RANGE_BPM.0..=TEMPO_RANGE_BPM.1).contains(&bpm) {
            self.brief.unsupported.push(format!(
                "{bpm} BPM: tempi from {:.0} to {:.0} can be played",
                TEMPO_RANGE_BPM.0, TEMPO_RANGE_BPM.1
            ));
            return count;
        }
        if let Some(old) = self.brief.tempo_bpm.replace(bpm) {
            self.overruled("tempo", &format!("{old} BPM"), &format!("{bpm} BPM"));
        }
        self.understood(at, count, "tempo_bpm", bpm.to_string());
        count
    }

    fn length(&mut self, at: usize, count: usize, seconds: f64) -> usize {
        if let Some(old) = self.brief.seconds.replace(seconds) {
            self.overruled("length", &format!("{old} s"), &format!("{seconds} s"));
        }
        self.understood(at, count, "seconds", seconds.to_string());
        count
    }

    fn meter(&mut self, at: usize) -> usize {
        let text = self.text(at).to_owned();
        match text.parse::<Meter>() {
            Ok(meter) if meter.unit == 4 && (2..=7).contains(&meter.beats) => {
                self.brief.meter = Some(meter);
                self.understood(at, 1, "meter", meter.to_string());
            }
            _ => self
                .brief
                .unsupported
                .push(format!("meter {text}: quarters from 2/4 to 7/4 can be played")),
        }
        1
    }

    /// "verse 8 bars" gives the section before it its length.
    fn section_bars(&mut self, at: usize, bars: u32) -> Option<usize> {
        let section = self.brief.sections.last_mut()?;
        section.bars = Some(bars.clamp(1, 128));
        let value = format!("{} {bars}", section.name);
        self.understood(at, 2, "sections", value);
        Some(2)
    }

    /// "A minor", "F# major", "Bb", "in D", "minor key".
    fn key(&mut self, at: usize) -> Option<usize> {
        let word = self.text(at).to_owned();
        if matches!(word.as_str(), "minor" | "major") {
            self.brief.minor = Some(word == "minor");
            self.understood(at, 1, "mode", word);
            return Some(1);
        }
        let raw = self.tokens[at].raw.clone();
        let mut tonic = note_name(&raw)?;
        let mut count = 1;
        match self.text(at + 1) {
            "sharp" => (tonic, count) = (tonic.transpose(1), 2),
            "flat" => (tonic, count) = (tonic.transpose(-1), 2),
            _ => {}
        }
        let named = match self.text(at + count) {
            "minor" | "min" | "moll" => Some(Mode::Minor),
            "major" | "maj" | "dur" => Some(Mode::Major),
            other => Mode::ALL.into_iter().find(|m| m.name() == other),
        };
        let before = if at > 0 { self.text(at - 1) } else { "" };
        let mode = match named {
            Some(mode) => {
                count += 1;
                mode
            }
            // "Am" says minor by itself; a bare capital is a key only after "in" or "key of".
            None if raw.len() > 1 && raw.ends_with('m') => Mode::Minor,
            None if matches!(before, "in" | "of")
                && raw.starts_with(|c: char| c.is_uppercase()) =>
            {
                self.brief.minor.map_or(Mode::Major, |m| if m { Mode::Minor } else { Mode::Major })
            }
            None => return None,
        };
        let key = Key::new(tonic, mode);
        if let Some(old) = self.brief.key.replace(key) {
            self.overruled("key", &old.to_string(), &key.to_string());
        }
        self.understood(at, count, "key", key.to_string());
        Some(count)
    }

    fn phrase(&mut self, at: usize) -> Option<usize> {
        // A phrase does not reach over a comma.
        let mut words: Vec<&str> = Vec::new();
        for (i, token) in self.tokens[at..].iter().enumerate() {
            if i > 0 && token.after_break || words.len() == 6 {
                break;
            }
            words.push(&token.text);
        }
        let lexicon = self.lexicon;
        let (count, meaning) = lexicon.longest_match(&words).or_else(|| {
            // Plurals: "ballads", "drones".
            let single = words[0].strip_suffix('s').filter(|w| w.len() > 3)?;
            lexicon.longest_match(&[single])
        })?;
        self.apply(at, count, &meaning.clone());
        Some(count)
    }

    fn apply(&mut self, at: usize, count: usize, meaning: &Meaning) {
        match meaning {
            Meaning::Genre(id) | Meaning::Instrument(id) if self.negated => {
                self.understood(at, count, "avoid", id.clone());
                push_new(&mut self.brief.avoid, id);
            }
            Meaning::Mood(id) if self.negated => {
                self.understood(at, count, "avoid", id.clone());
                push_new(&mut self.brief.avoid, id);
            }
            Meaning::Genre(id) => {
                if let Some(old) = self.brief.genre.replace(id.clone())
                    && old != *id
                {
                    self.overruled("genre", &old, id);
                }
                self.understood(at, count, "genre", id.clone());
            }
            Meaning::Instrument(id) => {
                self.understood(at, count, "instruments", id.clone());
                push_new(&mut self.brief.instruments, id);
            }
            Meaning::Mood(id) => {
                self.understood(at, count, "moods", id.clone());
                push_new(&mut self.brief.moods, id);
            }
            Meaning::TempoBpm(bpm) => {
                self.tempo(at, count, *bpm);
            }
            Meaning::TempoFactor(factor) if !self.negated => {
                self.brief.tempo_factor = Some(*factor);
                self.understood(at, count, "tempo_factor", factor.to_string());
            }
            Meaning::TempoFactor(_) => {}
            Meaning::Section(name) => self.section(at, count, name),
            Meaning::Vocals | Meaning::NoVocals => {
                let none = self.negated || *meaning == Meaning::NoVocals;
                let wish = if none { VocalsWish::None } else { VocalsWish::Wanted };
                self.brief.vocals = Some(wish);
                let value = if none { "none" } else { "wanted" };
                self.understood(at, count, "vocals", value.to_owned());
            }
            Meaning::VocalQuality => self.vocal_words.push(self.tokens[at].raw.clone()),
            Meaning::Language(language) => {
                self.brief.language = Some(language.clone());
                self.understood(at, count, "language", language.clone());
            }
        }
    }

    fn section(&mut self, at: usize, count: usize, name: &str) {
        self.understood(at, count, "sections", name.to_owned());
        if self.negated {
            push_new(&mut self.brief.avoid, name);
            return;
        }
        let times = match if at > 0 { self.text(at - 1) } else { "" } {
            "two" | "2" => 2,
            "three" | "3" => 3,
            "four" | "4" => 4,
            _ => 1,
        };
        // "intro 4 bars" and "4 bar intro" are both said.
        let before = at.checked_sub(2).map(|i| self.text(i).to_owned()).unwrap_or_default();
        let bars = match if at > 0 { self.text(at - 1) } else { "" } {
            "bar" | "bars" => before.parse().ok(),
            _ => self.text(at + count).parse().ok().filter(|n: &u32| *n <= 64),
        };
        for _ in 0..times {
            self.brief.sections.push(SectionWish { name: name.to_owned(), bars });
        }
    }

    /// "drumless", "bass-free".
    fn suffix(&mut self, at: usize) -> Option<usize> {
        let word = self.text(at).to_owned();
        let (stem, count) = match word.strip_suffix("less") {
            Some(stem) => (stem.to_owned(), 1),
            None if self.text(at + 1) == "free" => (word, 2),
            None => return None,
        };
        let plural = format!("{stem}s");
        for candidate in [stem.as_str(), plural.as_str()] {
            if let Some((_, Meaning::Instrument(id))) = self.lexicon.longest_match(&[candidate]) {
                let id = id.clone();
                self.understood(at, count, "avoid", id.clone());
                push_new(&mut self.brief.avoid, &id);
                return Some(count);
            }
        }
        None
    }

    fn finish(mut self) -> Brief {
        // A note length alone is no wish; neither are "male" and "female" without voices.
        if self.brief.vocals.is_none() && !self.vocal_words.is_empty() {
            self.brief.unknown_words.append(&mut self.vocal_words);
        }
        if self.brief.vocals == Some(VocalsWish::Wanted) {
            self.brief
                .unsupported
                .push("vocals: this version writes instrumental music only".to_owned());
        } else if self.brief.language.is_some() {
            self.brief.unsupported.push("a language matters only with vocals".to_owned());
        }
        let avoided = self.brief.avoid.clone();
        self.brief.instruments.retain(|i| !avoided.contains(i));
        self.brief
    }
}

fn push_new(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|known| known == id) {
        list.push(id.to_owned());
    }
}

/// "A", "Bb", "F#", "Am", "C#m"; lower-case letters are words, not notes.
fn note_name(raw: &str) -> Option<PitchClass> {
    let body = raw.strip_suffix('m').filter(|b| !b.is_empty()).unwrap_or(raw);
    if body.chars().count() > 2 || !body.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    PitchClass::parse(body)
}

/// Whether a brief forbids a part, by its own name or by an instrument that plays it.
pub fn forbids(brief: &Brief, role: Role) -> bool {
    brief.avoid.iter().any(|id| {
        matches!(
            (id.as_str(), role),
            ("drums", Role::Drums)
                | ("bass", Role::Bass)
                | ("melody", Role::Lead)
                | ("chords", Role::Harmony)
                | ("pad", Role::Pad)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_fields() {
        let b = parse("Upbeat funk at 108 bpm in E minor with slap bass and horns, no piano");
        assert_eq!(b.genre.as_deref(), Some("funk"));
        assert_eq!(b.tempo_bpm, Some(108.0));
        assert_eq!(b.key.unwrap().to_string(), "E minor");
        assert_eq!(b.instruments, ["slap_bass", "brass"]);
        assert_eq!(b.avoid, ["piano"]);
        assert_eq!(b.moods, ["energetic"]);
        assert!(b.unknown_words.is_empty() && b.unsupported.is_empty(), "{b:?}");
    }

    #[test]
    fn keys_and_what_only_looks_like_one() {
        for (prompt, key) in [
            ("a waltz in F# major", Some("F# major")),
            ("techno, key of Bb minor", Some("A# minor")),
            ("something in D", Some("D major")),
            ("lofi in C-sharp minor", Some("C# minor")),
            ("rock, Am, fast", Some("A minor")),
            ("jazz in G dorian", Some("G dorian")),
            ("a sad song in a dark mood", None),
            ("A song about rain", None),
        ] {
            let read = parse(prompt).key.map(|k| k.to_string());
            assert_eq!(read.as_deref(), key, "{prompt}");
        }
        assert_eq!(parse("in a minor key").minor, Some(true));
    }

    #[test]
    fn lengths_meters_and_tempi() {
        assert_eq!(parse("ambient, 90 seconds").seconds, Some(90.0));
        assert_eq!(parse("ambient 2.5 minutes").seconds, Some(150.0));
        assert_eq!(parse("house, 1:30").seconds, Some(90.0));
        assert_eq!(parse("120bpm 60s").seconds, Some(60.0));
        assert_eq!(parse("waltz in 3/4").meter.unwrap().beats, 3);
        assert_eq!(parse("allegro con brio").tempo_bpm, Some(132.0));
        assert_eq!(parse("slow blues").tempo_factor, Some(0.8));
        let odd = parse("techno at 400 bpm in 17/16");
        assert_eq!((odd.tempo_bpm, odd.meter), (None, None));
        assert_eq!(odd.unsupported.len(), 2, "{odd:?}");
        // Eras are not lengths.
        assert_eq!(parse("80s pop").seconds, None);
    }

    #[test]
    fn negation_has_an_end() {
        let b = parse("synthwave without saxophone, but with piano and bass");
        assert_eq!(b.avoid, ["saxophone"]);
        assert_eq!(b.instruments, ["piano", "bass"]);
        let b = parse("ambient, no drums or bass. Add strings");
        assert_eq!(b.avoid, ["drums", "bass"]);
        assert_eq!(b.instruments, ["strings"]);
        assert_eq!(parse("drumless jazz").avoid, ["drums"]);
        assert_eq!(parse("not jazz, but rock").genre.as_deref(), Some("rock"));
    }

    #[test]
    fn sections_in_order() {
        let b = parse("intro 4 bars, verse 8 bars, chorus 8 bars, two verses, no bridge, outro");
        let names: Vec<(&str, Option<u32>)> =
            b.sections.iter().map(|s| (s.name.as_str(), s.bars)).collect();
        assert_eq!(
            names,
            [
                ("intro", Some(4)),
                ("verse", Some(8)),
                ("chorus", Some(8)),
                ("verse", None),
                ("verse", None),
                ("outro", None)
            ]
        );
        assert_eq!(b.avoid, ["bridge"]);
    }

    #[test]
    fn vocals_are_never_passed_over_silently() {
        let b = parse("jazz with warm female vocals in Spanish");
        assert_eq!(b.vocals, Some(VocalsWish::Wanted));
        assert_eq!(b.language.as_deref(), Some("spanish"));
        assert!(b.unsupported[0].starts_with("vocals"));
        let b = parse("instrumental pop, no vocals");
        assert_eq!(b.vocals, Some(VocalsWish::None));
        assert!(b.unsupported.is_empty());
    }

    #[test]
    fn what_is_not_known_is_said() {
        let b = parse("a frobnicated polka with zither");
        assert_eq!(b.unknown_words, ["frobnicated", "polka", "zither"]);
        let b = parse("techno then trance at 120 bpm, no, 140 bpm");
        assert_eq!(b.tempo_bpm, Some(140.0));
        assert_eq!(b.unsupported.len(), 2, "{b:?}");
        for prompt in ["", "   ", "🎵🎶", "日本の音楽", ",,,;;;"] {
            let b = parse(prompt);
            assert_eq!(b.genre, None, "{prompt}");
        }
        assert!(!parse("日本の音楽").unknown_words.is_empty());
    }

    #[test]
    fn spans_point_at_the_words() {
        let prompt = "Dark techno, 130 BPM";
        for u in parse(prompt).understood {
            let words = &prompt[u.start..u.end];
            let wanted = match u.field.as_str() {
                "moods" => "Dark",
                "genre" => "techno",
                _ => "130 BPM",
            };
            assert_eq!(words, wanted);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_prompt_breaks_it(prompt in ".{0,200}") {
            parse(&prompt);
        }
    }
}
