//! A prompt cut into words, each with its place in the prompt.
//!
//! Must never lose a character that says something: what is no word and no punctuation, such as an
//! emoji, is a token of its own.

use super::super::lexicon::fold;

/// A word of a prompt.
#[derive(Debug)]
pub struct Token {
    /// In lower case, without accents and without what an apostrophe left out.
    pub text: String,
    /// As it stands in the prompt.
    pub raw: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether a comma, full stop or the like stands before it.
    pub after_break: bool,
    /// Whether a dash joins it to the word before.
    pub after_dash: bool,
    /// Whether it is a sign that is no word.
    pub sign: bool,
}

/// Cuts a text.
pub fn tokenise(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut after_break, mut after_dash) = (false, false);
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if is_sign(c) {
            let end = start + c.len_utf8();
            let raw = c.to_string();
            let text = raw.clone();
            tokens.push(Token { text, raw, start, end, after_break, after_dash, sign: true });
            (after_break, after_dash) = (false, false);
            continue;
        }
        if !is_word(c) {
            after_break |= matches!(
                c,
                ',' | ';' | '.' | ':' | '!' | '?' | '\n' | '(' | ')' | '¿' | '¡' | '、' | '。'
            );
            after_dash |= matches!(c, '-' | '–' | '—' | '‐' | '‑');
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut last = c;
        while let Some(&(at, next)) = chars.peek() {
            let digits_follow =
                text[at + next.len_utf8()..].starts_with(|d: char| d.is_ascii_digit());
            let inside_number =
                matches!(next, '.' | ',' | ':') && last.is_ascii_digit() && digits_follow;
            // "6/8" and "w/o" are words, "rock/metal" is two.
            let slash =
                next == '/' && (last.is_ascii_digit() && digits_follow || &text[start..end] == "w");
            if !(is_word(next) || inside_number || slash) {
                break;
            }
            last = next;
            end = at + next.len_utf8();
            chars.next();
        }
        for (from, to) in parts(&text[start..end]) {
            let raw = text[start + from..start + to].to_owned();
            let folded = fold::fold(&raw);
            let text = folded.strip_suffix("'s").unwrap_or(&folded).trim_matches('\'').to_owned();
            let (start, end) = (start + from, start + to);
            tokens.push(Token { text, raw, start, end, after_break, after_dash, sign: false });
            (after_break, after_dash) = (false, false);
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || fold::is_mark(c)
        || matches!(c, '#' | '♯' | '♭' | '&' | '\'' | '’' | 'ʼ' | '‘')
}

/// Pictures and other signs that may be meant to say something.
fn is_sign(c: char) -> bool {
    let pictures = matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}');
    pictures && !matches!(c, '♭' | '♯')
}

/// Where a word falls apart: numbers before their unit, articles before their apostrophe.
fn parts(word: &str) -> Vec<(usize, usize)> {
    if let Some(cut) = elision(word) {
        return vec![(0, cut), (cut, word.len())];
    }
    let digits = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(0);
    if digits > 0 && is_unit(&word[..digits], &word[digits..]) {
        return vec![(0, digits), (digits, word.len())];
    }
    vec![(0, word.len())]
}

/// "120bpm" is two words, "80s" and "1980s" are one.
fn is_unit(number: &str, unit: &str) -> bool {
    let era = unit == "s"
        && number.ends_with('0')
        && (number.len() == 4 || number.len() == 2 && number >= "50");
    const UNITS: [&str; 11] =
        ["bpm", "ppm", "s", "sec", "secs", "min", "mins", "bit", "bars", "m", "bits"];
    !era && UNITS.contains(&unit.to_lowercase().as_str())
}

/// Where "d'orgue", "l'organo" and "un'arpa" are cut: after the apostrophe.
fn elision(word: &str) -> Option<usize> {
    const CUT: [&str; 17] = [
        "d", "l", "qu", "j", "n", "s", "c", "m", "un", "dell", "all", "nell", "sull", "quell",
        "dall", "jusqu", "lorsqu",
    ];
    let (at, mark) = word.char_indices().find(|(_, c)| matches!(c, '\'' | '’' | 'ʼ' | '‘'))?;
    let rest = &word[at + mark.len_utf8()..];
    let known = CUT.contains(&word[..at].to_lowercase().as_str());
    // "drum'n'bass" and "r'n'b" are names.
    (known && rest.chars().count() > 1 && !rest.starts_with("n'")).then_some(at + mark.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(prompt: &str) -> Vec<String> {
        tokenise(prompt).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn words_numbers_and_signs() {
        assert_eq!(texts("120bpm, 80s Lo-Fi"), ["120", "bpm", "80s", "lo", "fi"]);
        assert_eq!(texts("2,5 min 1:30 6/8"), ["2,5", "min", "1:30", "6/8"]);
        assert_eq!(texts("sans l’orgue d'église"), ["sans", "l", "orgue", "d", "eglise"]);
        assert_eq!(texts("drum'n'bass & r'n'b"), ["drum'n'bass", "&", "r'n'b"]);
        assert_eq!(texts("sad 🎻 piano"), ["sad", "🎻", "piano"]);
        assert!(texts(" ,;.-()").is_empty());
    }

    #[test]
    fn places_are_those_of_the_prompt() {
        let prompt = "Düster, l’été 🎻";
        for token in tokenise(prompt) {
            assert_eq!(prompt[token.start..token.end], token.raw);
        }
        let tokens = tokenise("a, b-c");
        assert!(tokens[1].after_break && tokens[2].after_dash && !tokens[1].after_dash);
    }
}
