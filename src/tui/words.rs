//! Figures as words: times, counts, sizes, sentences.
//!
//! A figure that was not measured is a dash. Must never round something into sounding certain.

use crate::domain::pitch::Key;

pub use crate::domain::time::clock;

/// "0:07.2", for places in a sound.
pub fn place(seconds: f64) -> String {
    let tenths = (seconds.max(0.0) * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// "2 h 51 min", "12 min", "38 s": how long, for people.
pub fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min", whole / 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// A figure with a number of decimals, or a dash.
pub fn figure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}"))
}

/// "Am", "C#", "D dor": a key in few cells.
pub fn short_key(key: Key) -> String {
    let name = key.to_string();
    match name.split_once(' ') {
        Some((tonic, "major")) => tonic.to_owned(),
        Some((tonic, "minor")) => format!("{tonic}m"),
        Some((tonic, mode)) => format!("{tonic} {}", mode.get(..3).unwrap_or(mode)),
        None => name,
    }
}

/// "1 track", "18 tracks".
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// "just now", "4 min ago", "3 h ago", "2 days ago".
pub fn ago(seconds: f64) -> String {
    match seconds.max(0.0) as u64 {
        0..60 => "just now".to_owned(),
        s @ 60..3600 => format!("{} min ago", s / 60),
        s @ 3600..86_400 => format!("{} h ago", s / 3600),
        s => count(s as usize / 86_400, "day ago", "days ago"),
    }
}

/// "18.2 MB".
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// Milliseconds since 1970 of an RFC 3339 time in UTC, as this program writes them.
pub fn unix_ms(at: &str) -> Option<u64> {
    let number = |from: usize, to: usize| at.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let millis = at.get(20..23).and_then(|m| m.parse::<u64>().ok()).unwrap_or(0);
    if !(1..=12).contains(&month) || year < 1970 {
        return None;
    }
    // Days since 1970, counting years from March so that the leap day comes last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis)
}

/// Seconds from one time to another.
pub fn between_s(from: &str, to: &str) -> Option<f64> {
    Some((unix_ms(to)? as f64 - unix_ms(from)? as f64) / 1000.0)
}

/// A list in words: "a, b and c".
pub fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(clock(187.4), "3:07");
        assert_eq!(clock(7201.0), "2:00:01");
        assert_eq!(place(67.25), "1:07.3");
        assert_eq!(span(10_260.0), "2 h 51 min");
        assert_eq!(figure(None, 1), "-");
        assert_eq!(figure(Some(-14.04), 1), "-14.0");
        let key = |text: &str| short_key(text.parse().unwrap());
        assert_eq!((key("A minor"), key("C# major")), ("Am".to_owned(), "C#".to_owned()));
        assert_eq!(count(1, "track", "tracks"), "1 track");
        assert_eq!(ago(250_000.0), "2 days ago");
        assert_eq!(bytes(18_200_000), "18.2 MB");
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(unix_ms("1970-01-01T00:00:00.000Z"), Some(0));
        let at = jiff::Timestamp::from_millisecond(1_795_000_123_456).unwrap();
        assert_eq!(unix_ms(&format!("{at:.3}")), Some(1_795_000_123_456));
        assert_eq!(between_s("2026-02-28T23:59:59.500Z", "2026-03-01T00:00:01.000Z"), Some(1.5));
        assert_eq!(unix_ms("yesterday"), None);
        assert_eq!(unix_ms(""), None);
    }
}
