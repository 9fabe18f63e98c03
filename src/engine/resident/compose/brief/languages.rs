//! Which language a prompt is in, by its small words.
//!
//! Must never decide on nothing: a prompt without such words, or with as many of two languages, has
//! no language of its own.

use crate::engine::resident::compose::lexicon::{Lexicon, SPOKEN};

/// The language most of whose small words a prompt has. Words of several languages count a share
/// for each.
pub(super) fn spoken(words: &[&str], lexicon: &Lexicon) -> Option<&'static str> {
    let mut votes = [0.0_f64; SPOKEN.len()];
    for word in words {
        let languages = lexicon.spoken_in(word);
        let share = 1.0 / f64::from(languages.count_ones().max(1));
        for (place, vote) in votes.iter_mut().enumerate() {
            if languages & (1 << place) != 0 {
                *vote += share;
            }
        }
    }
    let most = votes.iter().copied().fold(0.0, f64::max);
    let mut leaders = votes.iter().zip(SPOKEN).filter(|(vote, _)| **vote > most - 1e-9);
    match (leaders.next(), leaders.next()) {
        (Some((vote, language)), None) if *vote > 0.0 => Some(language),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::resident::compose::brief::tokens::tokenise;

    #[test]
    fn small_words_tell() {
        for (prompt, language) in [
            ("a song for the rain", Some("english")),
            ("una canción para la lluvia con voz", Some("spanish")),
            ("une chanson pour la pluie avec du piano", Some("french")),
            ("ein Lied für den Regen mit Klavier", Some("german")),
            ("una canzone per la pioggia con il pianoforte", Some("italian")),
            ("uma canção para a chuva com piano", Some("portuguese")),
            ("techno 130", None),
            ("", None),
        ] {
            let tokens = tokenise(prompt);
            let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
            assert_eq!(spoken(&words, Lexicon::get()), language, "{prompt}");
        }
    }
}
