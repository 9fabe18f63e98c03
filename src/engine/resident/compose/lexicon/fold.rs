//! Letters without their marks, and the forms that a word may be an inflection of.
//!
//! Prompts come with and without accents, in the plural and in the feminine. Must never change what
//! a word means: a form is tried only where the word itself is not known.

/// A word in lower case and without accents; "ß" is "ss". Marks that stand alone are dropped.
pub fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ē' => out.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ī' => out.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' | 'ø' => out.push('o'),
            'ú' | 'ù' | 'û' | 'ü' | 'ū' => out.push('u'),
            'ç' => out.push('c'),
            'ñ' => out.push('n'),
            'ß' => out.push_str("ss"),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            '’' | 'ʼ' | '‘' => out.push('\''),
            c if is_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// The umlauts of a word as they are written where the keys have none: "duester".
pub fn without_umlauts(word: &str) -> Option<String> {
    let lowered = word.to_lowercase();
    lowered
        .contains(['ä', 'ö', 'ü'])
        .then(|| lowered.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue"))
}

/// A combining mark: an accent that follows its letter.
pub fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// A word without the "s" of a plural.
pub fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

/// Endings that are replaced by others to get from an inflected form to the one that is listed.
const ENDINGS: [(&str, &str); 34] = [
    ("s", ""),
    ("es", ""),
    ("as", "o"),
    ("os", "o"),
    ("a", "o"),
    ("i", "o"),
    ("i", "e"),
    ("e", "o"),
    ("e", "a"),
    ("he", "o"),
    ("hi", "o"),
    ("e", ""),
    ("er", ""),
    ("en", ""),
    ("em", ""),
    ("es", "e"),
    ("n", ""),
    ("ere", "er"),
    ("x", ""),
    ("aux", "al"),
    ("euse", "eux"),
    ("euses", "eux"),
    ("ves", "f"),
    ("ve", "f"),
    ("nne", "n"),
    ("lle", "l"),
    ("ora", "or"),
    ("oras", "or"),
    ("oes", "ao"),
    ("ish", ""),
    ("musik", ""),
    ("stuck", ""),
    ("stueck", ""),
    ("lied", ""),
];

/// Forms that a folded word may be an inflection of, likeliest first.
pub fn forms(word: &str) -> impl Iterator<Item = String> + '_ {
    ENDINGS.iter().filter_map(move |(from, to)| {
        let stem = word.strip_suffix(from)?;
        (stem.len() > 2).then(|| format!("{stem}{to}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_go_and_letters_stay() {
        for (word, folded) in [
            ("Düsterer", "dusterer"),
            ("mélancolique", "melancolique"),
            ("me\u{301}lancolique", "melancolique"),
            ("canção", "cancao"),
            ("Größe", "grosse"),
            ("L’été", "l'ete"),
            ("日本", "日本"),
        ] {
            assert_eq!(fold(word), folded);
        }
        assert_eq!(without_umlauts("düster").as_deref(), Some("duester"));
        assert_eq!(without_umlauts("dark"), None);
    }

    #[test]
    fn inflected_words_lead_back() {
        for (word, listed) in [
            ("tristes", "triste"),
            ("lenta", "lento"),
            ("joyeuse", "joyeux"),
            ("romantica", "romantico"),
            ("duesterer", "duester"),
            ("melancholische", "melancholisch"),
            ("violini", "violino"),
            ("darkish", "dark"),
            ("aggressive", "aggressif"),
        ] {
            let found = forms(word).any(|form| form == listed);
            assert!(found, "{word}: {:?}", forms(word).collect::<Vec<_>>());
        }
        assert_eq!(
            (singular("drums"), singular("brass"), singular("bus")),
            ("drum", "brass", "bus")
        );
    }
}
