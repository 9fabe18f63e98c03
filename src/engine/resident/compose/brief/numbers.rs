//! Numbers and what they count: beats a minute, seconds, bars, sections, meters.
//!
//! Digits and number words of six languages. Must never take a number without a unit for a tempo
//! unless it stands where only a tempo can stand.

use super::scope::Class;
use super::{Reader, TEMPO_RANGE_BPM};
use crate::domain::listening::Meter;
use crate::engine::resident::compose::lexicon::{Meaning, Unit};

/// A number and how many tokens it takes.
type Found = (usize, f64);

/// Tempi that a bare number can mean.
const BARE_BPM: std::ops::RangeInclusive<f64> = 40.0..=240.0;
/// Most sections of one kind that a number asks for.
const SECTIONS_MAX: u32 = 8;
/// Bars that a number after a section can mean.
const SECTION_BARS_MAX: f64 = 128.0;

impl Reader<'_> {
    /// What a number at a token says; `None` if there is none or nothing about it is known.
    pub(super) fn number(&mut self, at: usize) -> Option<usize> {
        let text = self.text(at);
        if let Some((beats, unit)) = text.split_once('/')
            && let (Ok(beats), Ok(unit)) = (beats.parse(), unit.parse())
        {
            return Some(self.meter_in_figures(at, beats, unit));
        }
        if let Some((minutes, seconds)) = text.split_once(':') {
            let (m, s): (f64, f64) = (minutes.parse().ok()?, seconds.parse().ok()?);
            return Some(self.length(at, 1, m * 60.0 + s));
        }
        if matches!(text, "60s" | "90s") {
            // Before a word a decade, alone a length.
            let seconds: f64 = text.trim_end_matches('s').parse().ok()?;
            let alone = self.starts_clause(at + 1) && self.starts_clause(at);
            let after_unit = at > 0 && self.starts_clause(at + 1) && self.before(at) == "bpm";
            return (alone || after_unit).then(|| self.length(at, 1, seconds));
        }
        let (count, value) = self.value(at)?;
        self.measured(at, count, value)
            .or_else(|| self.counted(at, count, value))
            .or_else(|| self.bare_tempo(at, count, value))
            .or_else(|| self.passed_over(at, count, value))
    }

    /// A number with a unit.
    fn measured(&mut self, at: usize, count: usize, value: f64) -> Option<usize> {
        if let Some(taken) = self.range(at, count, value) {
            return Some(taken);
        }
        let (words, unit) = self.unit(at + count)?;
        let end = count + words;
        match unit {
            Unit::Bpm => Some(self.tempo(at, end, value)),
            Unit::Bars => Some(self.bars(at, end, value)),
            Unit::Seconds | Unit::Minutes => {
                let (count, seconds) = self.duration(at, end, value, unit);
                Some(self.length(at, count, seconds))
            }
        }
    }

    /// Minutes with what follows: "and a half", "30 seconds".
    fn duration(&self, at: usize, count: usize, value: f64, unit: Unit) -> (usize, f64) {
        if unit == Unit::Seconds {
            return (count, value);
        }
        let next = at + count;
        if !self.starts_clause(next)
            && let Some(words) = self.lexicon.half_after(self.clause(next))
        {
            return (count + words, (value + 0.5) * 60.0);
        }
        let from =
            next + usize::from(self.lexicon.is_to(self.text(next)) || self.text(next) == "and");
        if !self.starts_clause(next)
            && let Some((more, seconds)) = self.value(from)
            && let Some((words, Unit::Seconds)) = self.unit(from + more)
        {
            return (from + more + words - at, value * 60.0 + seconds);
        }
        (count, value * 60.0)
    }

    /// "130-136 BPM", "between 130 and 136 BPM".
    fn range(&mut self, at: usize, count: usize, low: f64) -> Option<usize> {
        let next = at + count;
        let joined = self.tokens.get(next).is_some_and(|t| t.after_dash);
        let to = usize::from(!joined);
        if !joined && !self.lexicon.is_to(self.text(next)) || self.starts_clause(next) {
            return None;
        }
        let (more, high) = self.value(next + to)?;
        let (words, Unit::Bpm) = self.unit(next + to + more)? else { return None };
        let count = next + to + more + words - at;
        let (low, high) = (low.min(high), low.max(high));
        if self.negation.is_open() {
            self.cannot_forbid(at, count);
            return Some(count);
        }
        let known = self.brief.tempo_bpm;
        self.tempo(at, count, f64::midpoint(low, high));
        if self.brief.tempo_bpm != known {
            self.brief.tempo_range_bpm = Some((low, high));
        }
        Some(count)
    }

    fn unit(&self, at: usize) -> Option<(usize, Unit)> {
        if self.starts_clause(at) {
            return None;
        }
        self.lexicon.unit(self.clause(at))
    }

    /// The number that starts at a token: digits, or number words put together.
    fn value(&self, at: usize) -> Option<Found> {
        let clause = self.clause(at);
        let first = clause.first()?;
        let whole = if first.starts_with(|c: char| c.is_ascii_digit()) {
            (1, first.replace(',', ".").parse().ok()?)
        } else if let Some(half) = self.lexicon.half(clause) {
            // "Half a minute" is a number only before a unit.
            return self.unit(at + half.0).map(|_| half);
        } else {
            self.spelled(clause)?
        };
        // "Two and a half minutes".
        match self.lexicon.half_after(clause.get(whole.0..)?) {
            Some(words) if self.unit(at + whole.0 + words).is_some() => {
                Some((whole.0 + words, whole.1 + 0.5))
            }
            _ => Some(whole),
        }
    }

    /// Number words that add up: "cento e trinta", "quatre-vingt-dix", "one hundred and twenty".
    fn spelled(&self, clause: &[&str]) -> Option<Found> {
        let mut sum = self.lexicon.number(clause.first()?)?;
        let mut count = 1;
        loop {
            let joint = usize::from(matches!(
                clause.get(count).copied(),
                Some("and" | "y" | "e" | "et" | "und")
            ));
            let Some(next) = clause.get(count + joint).and_then(|w| self.lexicon.number(w)) else {
                break;
            };
            let Some(together) = joined(sum, next, joint == 1) else { break };
            sum = together;
            count += 1 + joint;
        }
        Some((count, f64::from(sum)))
    }

    /// A number before or after a section.
    fn counted(&mut self, at: usize, count: usize, value: f64) -> Option<usize> {
        let next = at + count;
        let section_ahead = (0..2).any(|skip| {
            let words = self.meanings(next + skip);
            let adjective = skip == 0 || self.lexicon.section_word(self.text(next)).is_some();
            let section =
                words.is_some_and(|(_, m)| m.iter().any(|m| matches!(m, Meaning::Section(_))));
            adjective && section
        });
        if section_ahead && (1.0..=f64::from(SECTIONS_MAX)).contains(&value) {
            self.pending.count = Some(value as u32);
            return Some(count);
        }
        let figures = self.text(at).starts_with(|c: char| c.is_ascii_digit());
        let bars = (1.0..=SECTION_BARS_MAX).contains(&value) && value.fract() == 0.0;
        if figures && bars && self.after_section(at) {
            self.section_bars(at, count, value as u32);
            return Some(count);
        }
        None
    }

    /// A number of bars: of the section before or after it, else of the piece.
    fn bars(&mut self, at: usize, count: usize, value: f64) -> usize {
        let bars = value.round().clamp(1.0, 1000.0) as u32;
        let ahead = self.meanings(at + count);
        if ahead.is_some_and(|(_, m)| m.iter().any(|m| matches!(m, Meaning::Section(_)))) {
            self.pending.bars = Some(bars);
        } else if self.after_section(at) {
            self.section_bars(at, count, bars);
        } else if self.negation.is_open() {
            self.cannot_forbid(at, count);
        } else {
            let old = self.brief.bars.replace(bars);
            self.settle("length", at, count, old.is_some_and(|old| old != bars));
            self.understood(at, count, "bars", bars.to_string());
        }
        count
    }

    /// A number that can be nothing but a tempo: after "at", after a genre or a key, or alone.
    fn bare_tempo(&mut self, at: usize, count: usize, value: f64) -> Option<usize> {
        if !BARE_BPM.contains(&value) || !self.text(at).starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let next = at + count;
        let ends = self.starts_clause(next);
        let small = self.lexicon.is_stop_word(self.text(next)) || self.is_small(next);
        let announced =
            matches!(self.before(at), "at" | "tempo" | "bpm") && !self.starts_clause(at);
        let known = matches!(self.last, (Class::Genre | Class::Key, end) if end == at);
        let alone = self.starts_clause(at) && ends;
        (announced || alone || known && (ends || small)).then(|| self.tempo(at, count, value))
    }

    fn is_small(&self, at: usize) -> bool {
        self.meanings(at).is_some_and(|(_, m)| m.iter().any(|m| matches!(m, Meaning::Scope(_))))
    }

    /// A number word that counts nothing known: an article, or players of an instrument.
    fn passed_over(&self, at: usize, count: usize, value: f64) -> Option<usize> {
        let players = self
            .meanings(at + count)
            .is_some_and(|(_, m)| m.iter().any(|m| matches!(m, Meaning::Instrument(_))));
        let word = self.text(at).starts_with(char::is_alphabetic);
        let article = word && count == 1 && (value - 1.0).abs() < 1e-9;
        (article || players && value < 13.0).then_some(count)
    }

    pub(super) fn tempo(&mut self, at: usize, count: usize, bpm: f64) -> usize {
        let (low, high) = TEMPO_RANGE_BPM;
        let figures = self.text(at).starts_with(|c: char| c.is_ascii_digit());
        if self.negation.is_open() {
            self.cannot_forbid(at, count);
        } else if !(low..=high).contains(&bpm) && figures {
            self.brief
                .unsupported
                .push(format!("{bpm} BPM: tempi from {low:.0} to {high:.0} can be played"));
        } else {
            let bpm = bpm.clamp(low, high);
            let old = self.brief.tempo_bpm.replace(bpm);
            self.brief.tempo_range_bpm = None;
            self.settle("tempo", at, count, old.is_some_and(|old| (old - bpm).abs() > 1e-9));
            self.understood(at, count, "tempo_bpm", bpm.to_string());
        }
        count
    }

    pub(super) fn tempo_factor(&mut self, at: usize, count: usize, factor: f64) {
        let old = self.brief.tempo_factor.replace(factor);
        let changed = old.is_some_and(|old| (old - factor).abs() > 1e-9);
        self.settle("speed", at, count, changed);
        self.understood(at, count, "tempo_factor", factor.to_string());
    }

    pub(super) fn length(&mut self, at: usize, count: usize, seconds: f64) -> usize {
        if self.negation.is_open() {
            self.cannot_forbid(at, count);
            return count;
        }
        let old = self.brief.seconds.replace(seconds);
        self.settle("length", at, count, old.is_some_and(|old| (old - seconds).abs() > 1e-9));
        self.understood(at, count, "seconds", seconds.to_string());
        count
    }

    fn meter_in_figures(&mut self, at: usize, beats: u32, unit: u32) -> usize {
        let asked = format!("{beats}/{unit}");
        let meter: Option<Meter> = asked.parse().ok();
        match meter.filter(|m| super::super::plan::written(*m).is_some()) {
            Some(_) if self.negation.is_open() => self.cannot_forbid(at, 1),
            Some(meter) => self.meter(at, 1, meter),
            None => self.brief.unsupported.push(format!(
                "meter {asked}: quarters from 2/4 to 7/4 and eighths from 3/8 to 12/8 can be played"
            )),
        }
        1
    }
}

/// Two number words that are one number. French counts on from sixty and eighty.
fn joined(sum: u32, next: u32, joint: bool) -> Option<u32> {
    match (sum, next) {
        (4, 20) => Some(80),
        (1..=9, 100) => Some(sum * 100),
        _ if sum >= 100 && sum.is_multiple_of(100) && next < 100 => Some(sum + next),
        _ if matches!(sum % 100, 60 | 80) && next < 20 => Some(sum + next),
        // "Dix-huit", "twenty four", "treinta y dos".
        _ if sum % 100 >= 10 && sum.is_multiple_of(10) && next < 10 => Some(sum + next),
        // "Fünf und neunzig".
        _ if sum < 10 && joint && (20..100).contains(&next) => Some(sum + next),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn numbers_in_words_are_numbers() {
        for (prompt, bpm) in [
            ("techno at one hundred and twenty bpm", 120.0),
            ("techno, ciento cuarenta y dos pulsaciones por minuto", 142.0),
            ("techno, cent dix-huit battements par minute", 118.0),
            ("techno, quatre-vingt-dix-huit bpm", 98.0),
            ("techno, hundertfünfundzwanzig Schläge pro Minute", 125.0),
            ("techno, fuenfundneunzig bpm", 95.0),
            ("techno, centotrentotto battiti al minuto", 138.0),
            ("techno, cento e trinta e dois batimentos por minuto", 132.0),
            ("techno a 120 pulsaciones", 120.0),
        ] {
            let brief = parse(prompt);
            assert_eq!(brief.tempo_bpm, Some(bpm), "{prompt}: {brief:?}");
            assert!(brief.unknown_words.is_empty(), "{prompt}: {brief:?}");
        }
    }

    #[test]
    fn lengths_in_words() {
        for (prompt, seconds) in [
            ("ambient, 2 minutes and 30 seconds", 150.0),
            ("ambient, two and a half minutes", 150.0),
            ("ambient, a minute and a half", 90.0),
            ("ambient, zweieinhalb Minuten", 150.0),
            ("ambient, une demi-minute", 30.0),
            ("ambient, 2,5 minuti", 150.0),
            ("ambient, um minuto e meio", 90.0),
            ("ambient, un minuto y veinte segundos", 80.0),
            ("ambient, quarante-cinq secondes", 45.0),
        ] {
            assert_eq!(parse(prompt).seconds, Some(seconds), "{prompt}: {:?}", parse(prompt));
        }
    }

    #[test]
    fn a_number_is_a_tempo_only_where_it_can_be_nothing_else() {
        assert_eq!(parse("techno at 128").tempo_bpm, Some(128.0));
        assert_eq!(parse("techno, 128, dark").tempo_bpm, Some(128.0));
        assert_eq!(parse("techno 128").tempo_bpm, Some(128.0));
        let brief = parse("music for 100 friends");
        assert_eq!(brief.tempo_bpm, None);
        assert_eq!(brief.unknown_words, ["100", "friends"]);
        assert_eq!(parse("not 120 bpm, techno").tempo_bpm, None);
        assert!(parse("not 120 bpm").unsupported[0].contains("120 bpm"));
    }
}
