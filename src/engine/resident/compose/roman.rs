//! Roman numerals to chords.
//!
//! Accidentals lower or raise the major-scale degree of the tonic in every mode; upper case is
//! major, lower case minor; a numeral after a slash tonicises that degree, a figure after a slash
//! is the bass and does not change the chord. Extensions beyond the seventh are heard as sevenths.

use crate::domain::pitch::{Chord, Key, Quality};

/// The chord of a numeral in a key.
pub fn chord(numeral: &str, key: Key) -> Option<Chord> {
    let (body, under) = match numeral.split_once('/') {
        Some((body, under)) => (body, Some(under)),
        None => (numeral, None),
    };
    let base = match under {
        Some(under) if under.contains(['I', 'V', 'i', 'v']) => degree(under)?.0,
        _ => 0,
    };
    let (offset, upper, rest) = degree(body)?;
    Some(Chord::new(key.tonic.transpose(base + offset), quality(rest, upper)))
}

/// Semitones above the tonic, upper case or not, and what follows the numeral.
fn degree(text: &str) -> Option<(i32, bool, &str)> {
    let (accidental, text) = match text.as_bytes().first()? {
        b'b' => (-1, &text[1..]),
        b'#' => (1, &text[1..]),
        _ => (0, text),
    };
    let upper = text.starts_with(['I', 'V']);
    let lowered = text.to_ascii_lowercase();
    const NUMERALS: [(&str, i32); 7] =
        [("vii", 11), ("iii", 4), ("iv", 5), ("vi", 9), ("ii", 2), ("v", 7), ("i", 0)];
    let (name, semitones) = NUMERALS.iter().find(|(name, _)| lowered.starts_with(name))?;
    // Mixed case such as "Iv" is not a numeral but a numeral and more.
    let (head, rest) = text.split_at(name.len());
    let uniform = head.chars().all(|c| c.is_ascii_uppercase() == upper);
    uniform.then_some((semitones + accidental, upper, rest))
}

fn quality(rest: &str, upper: bool) -> Quality {
    let minor = !upper || (rest.starts_with('m') && !rest.starts_with("maj"));
    let rest = rest.strip_prefix('m').filter(|_| !rest.starts_with("maj")).unwrap_or(rest);
    if rest.starts_with("dim") || rest.starts_with('°') || rest.starts_with("7b5") {
        return Quality::Dim;
    }
    if rest.contains("sus2") {
        return Quality::Sus2;
    }
    if rest.contains("sus") {
        return Quality::Sus4;
    }
    if rest.starts_with("maj") {
        return if minor { Quality::Min7 } else { Quality::Maj7 };
    }
    if rest.starts_with('+') || rest.starts_with("aug") {
        return Quality::Aug;
    }
    let seventh = rest.starts_with('7')
        || rest.starts_with('9')
        || rest.starts_with("11")
        || rest.starts_with("13");
    match (minor, seventh) {
        (true, true) => Quality::Min7,
        (true, false) => Quality::Min,
        (false, true) => Quality::Dom7,
        (false, false) => Quality::Maj,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_in_c_and_a_minor() {
        let c: Key = "C major".parse().unwrap();
        for (numeral, chord_name) in [
            ("I", "C:maj"),
            ("ii7", "D:min7"),
            ("V7b9", "G:7"),
            ("V/7", "G:maj"),
            ("vi", "A:min"),
            ("bVII", "A#:maj"),
            ("Imaj9", "C:maj7"),
            ("viim7b5", "B:dim"),
            ("V/V", "D:maj"),
            ("#iv°7", "F#:dim"),
            ("i7sus", "C:sus4"),
            ("IVmaj7#11", "F:maj7"),
            ("V5", "G:maj"),
            ("im(maj7)/7", "C:min"),
        ] {
            assert_eq!(
                chord(numeral, c).map(|c| c.to_string()),
                Some(chord_name.into()),
                "{numeral}"
            );
        }
        let a: Key = "A minor".parse().unwrap();
        assert_eq!(chord("bVI", a).unwrap().to_string(), "F:maj");
        assert_eq!(chord("x", c), None);
        assert_eq!(chord("", c), None);
    }
}
