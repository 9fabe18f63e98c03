//! Text on a grid of cells: its width, cutting it, breaking it into lines, and making it harmless.
//!
//! Names, tags and messages come from outside. Whatever they hold, what is drawn from them must
//! never steer the terminal or run out of its place.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Display cells of a text.
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Characters that steer terminals or turn the direction of what follows.
fn harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// The text with what could do harm replaced by a visible sign. With `ascii` everything that the
/// terminal's encoding may not have is replaced as well, cell by cell.
pub fn inert(text: &str, ascii: bool) -> Cow<'_, str> {
    if text.is_ascii() {
        if !text.bytes().any(|b| b.is_ascii_control()) {
            return Cow::Borrowed(text);
        }
    } else if !ascii && !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        if ascii && !cluster.is_ascii() {
            let width = cluster.width().max(1);
            out.extend(std::iter::repeat_n('?', width));
            continue;
        }
        for c in cluster.chars() {
            match c {
                '\t' => out.push(' '),
                c if harmful(c) => out.push(if ascii { '?' } else { '\u{fffd}' }),
                c => out.push(c),
            }
        }
    }
    Cow::Owned(out)
}

/// The text, cut to a width; what was cut leaves `dots`.
pub fn cut(text: &str, width: usize, dots: char) -> Cow<'_, str> {
    if text.len() <= width || cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let wide = cluster.width();
        if used + wide + 1 > width {
            break;
        }
        out.push_str(cluster);
        used += wide;
    }
    if width > 0 {
        out.push(dots);
    }
    Cow::Owned(out)
}

/// The text with its middle cut out: the ends of a path say the most.
pub fn cut_middle(text: &str, width: usize, dots: char) -> Cow<'_, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let room = width.saturating_sub(1);
    let head_room = room / 3;
    let (mut head, mut used) = (String::new(), 0);
    for cluster in &clusters {
        if used + cluster.width() > head_room {
            break;
        }
        head.push_str(cluster);
        used += cluster.width();
    }
    let mut tail: Vec<&str> = Vec::new();
    for cluster in clusters.iter().rev() {
        if used + cluster.width() > room {
            break;
        }
        tail.push(cluster);
        used += cluster.width();
    }
    if width > 0 {
        head.push(dots);
    }
    head.extend(tail.into_iter().rev());
    Cow::Owned(head)
}

/// Breaks a text into lines at spaces; words that are too long are broken where they must.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in words_and_gaps(paragraph) {
            let wide = cells(word);
            if used + wide <= width {
                line.push_str(word);
                used += wide;
            } else if wide > width {
                for cluster in word.graphemes(true) {
                    if used + cluster.width() > width {
                        lines.push(std::mem::take(&mut line));
                        used = 0;
                    }
                    line.push_str(cluster);
                    used += cluster.width();
                }
            } else {
                lines.push(line.trim_end().to_owned());
                line.clear();
                used = 0;
                if !word.trim().is_empty() {
                    line.push_str(word);
                    used = wide;
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Runs of spaces and of anything else: a sign stays with its number, a hyphen with its date.
fn words_and_gaps(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let gap = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != gap).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// A text filled up with spaces to a width, or cut to it.
pub fn fit(text: &str, width: usize, dots: char) -> String {
    let mut out = cut(text, width, dots).into_owned();
    let used = cells(&out);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cutting_goes_by_cells() {
        assert_eq!(cut("glass pad", 9, '…'), "glass pad");
        assert_eq!(cut("glass pad", 6, '…'), "glass…");
        assert_eq!(cut("日本語の歌", 5, '…'), "日本…");
        assert_eq!(cut("日本語の歌", 6, '…'), "日本…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, '…'), "e\u{301}…");
        assert_eq!(cut("abc", 0, '…'), "");
        assert_eq!(cut_middle("/music/field/2024/glass.wav", 14, '~'), "/mus~glass.wav");
        assert_eq!(cells(&fit("日本語", 5, '…')), 5);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(inert("a\u{1b}[2J\u{202e}b", false), "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(inert("a\tb\r\n", true), "a b??");
        assert_eq!(inert("日本", true), "????");
        assert!(matches!(inert("plain", true), Cow::Borrowed(_)));
        assert!(matches!(inert("עברית", false), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_break_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("mean is -0.014", 9), ["mean is", "-0.014"]);
    }

    proptest! {
        #[test]
        fn every_text_fits(text in ".{0,60}", width in 0usize..40) {
            let plain = inert(&text, false);
            prop_assert!(cells(&cut(&plain, width, '…')) <= width);
            prop_assert!(cells(&cut_middle(&plain, width, '…')) <= width);
            prop_assert_eq!(cells(&fit(&plain, width, '…')), width);
            prop_assert!(!plain.chars().any(harmful));
            prop_assert!(inert(&text, true).is_ascii());
            for line in wrap(&plain, width.max(2)) {
                prop_assert!(cells(&line) <= width.max(2), "{:?}", line);
            }
        }
    }
}
