//! Chords and keys: `mir_eval.chord.majmin` weighted by time, `mir_eval.key.weighted_score`.

use crate::domain::listening::ChordSpan;
use crate::domain::pitch::{Chord, Key, PitchClass, Quality};

/// What `majmin` sees of a chord: its first eight semitones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triad {
    /// No chord.
    None,
    /// A major third under a perfect fifth; sevenths above are not seen.
    Major(PitchClass),
    /// A minor third under a perfect fifth.
    Minor(PitchClass),
    /// Anything else: never right, and as a truth not asked.
    Other,
}

impl Triad {
    /// Of a chord in Harte's way, inversions apart.
    pub fn parse(text: &str) -> Self {
        let text = text.split('/').next().unwrap_or_default().trim();
        if text == "N" {
            return Self::None;
        }
        let (root, kind) = text.split_once(':').unwrap_or((text, "maj"));
        let Some(root) = PitchClass::parse(root) else { return Self::Other };
        match kind {
            "maj" | "maj7" | "7" | "maj6" | "6" | "9" | "maj9" | "" => Self::Major(root),
            "min" | "min7" | "minmaj7" | "min6" | "min9" => Self::Minor(root),
            _ => Self::Other,
        }
    }

    /// Of a chord that was heard.
    pub fn of(chord: Option<Chord>) -> Self {
        match chord {
            None => Self::None,
            Some(chord) => match chord.quality {
                Quality::Maj | Quality::Maj7 | Quality::Dom7 => Self::Major(chord.root),
                Quality::Min | Quality::Min7 => Self::Minor(chord.root),
                Quality::Dim | Quality::Aug | Quality::Sus2 | Quality::Sus4 => Self::Other,
            },
        }
    }
}

/// Share of the time in which the answer's triad is the true one. Time whose truth is neither major
/// nor minor nor "no chord" is left out; time that the answer leaves out is "no chord".
pub fn majmin(truth: &[ChordSpan], answer: &[(f64, f64, Triad)]) -> Option<f64> {
    let (mut right, mut all) = (0.0, 0.0);
    for span in truth {
        let is = Triad::of(span.chord);
        if is == Triad::Other || span.end_s <= span.start_s {
            continue;
        }
        all += span.end_s - span.start_s;
        let mut said = 0.0;
        for (start_s, end_s, triad) in answer {
            let shared = (end_s.min(span.end_s) - start_s.max(span.start_s)).max(0.0);
            said += shared;
            if *triad == is {
                right += shared;
            }
        }
        if is == Triad::None {
            right += (span.end_s - span.start_s - said).max(0.0);
        }
    }
    (all > 0.0).then(|| right / all)
}

/// 1 the key, 0.5 a fifth above it in its mode, 0.3 its relative, 0.2 its parallel. A fifth below is
/// nothing, as in `mir_eval` by default.
pub fn key(truth: Key, answer: Key) -> f64 {
    let (is, said) = (truth.mode.is_minor(), answer.mode.is_minor());
    match (is == said, answer.tonic.above(truth.tonic)) {
        (true, 0) => 1.0,
        (true, 7) => 0.5,
        (false, 0) => 0.2,
        (false, 9) if !is => 0.3,
        (false, 3) if is => 0.3,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_s: f64, end_s: f64, chord: &str) -> ChordSpan {
        ChordSpan { start_s, end_s, chord: chord.parse().ok() }
    }

    fn said(spans: &[(f64, f64, &str)]) -> Vec<(f64, f64, Triad)> {
        spans.iter().map(|s| (s.0, s.1, Triad::parse(s.2))).collect()
    }

    #[test]
    fn sevenths_are_their_triads_and_the_rest_is_left_out() {
        let truth = [
            span(0.0, 2.0, "C:maj7"),
            span(2.0, 3.0, "A:min"),
            span(3.0, 5.0, "B:dim"),
            span(5.0, 6.0, "N"),
        ];
        let answer = said(&[(0.0, 2.0, "C:maj"), (2.0, 5.0, "C:maj")]);
        // Right for 2 s of C and 1 s of nothing; wrong for 1 s of A minor; the diminished is left out.
        assert!((majmin(&truth, &answer).unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(majmin(&truth[2..3], &answer), None);
        let sus = said(&[(0.0, 2.0, "C:sus4")]);
        assert_eq!(majmin(&truth[..1], &sus), Some(0.0));
    }

    #[test]
    fn names() {
        let pc = PitchClass::new;
        assert_eq!(Triad::parse("Bb:min7"), Triad::Minor(pc(10)));
        assert_eq!(Triad::parse("G"), Triad::Major(pc(7)));
        assert_eq!(Triad::parse("C:maj/3"), Triad::Major(pc(0)));
        assert_eq!(Triad::parse("C:5"), Triad::Other);
        assert_eq!(Triad::parse("N"), Triad::None);
        assert_eq!(Triad::parse("X"), Triad::Other);
    }

    #[test]
    fn keys() {
        let is = |text: &str| text.parse::<Key>().unwrap();
        let c = is("C major");
        for (name, weight) in [
            ("C major", 1.0),
            ("G major", 0.5),
            ("F major", 0.0),
            ("A minor", 0.3),
            ("C minor", 0.2),
            ("E minor", 0.0),
        ] {
            assert_eq!(key(c, is(name)), weight, "{name}");
        }
        assert_eq!(key(is("A minor"), c), 0.3);
        assert_eq!(key(is("A minor"), is("E minor")), 0.5);
    }
}
