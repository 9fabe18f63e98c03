//! The word lists as a whole: that they can be read, that every id leads somewhere, that there are
//! as many words as are promised.

use super::super::genre;
use super::*;

fn count(meaning: impl Fn(&Meaning) -> Option<String>) -> usize {
    let lexicon = Lexicon::read().unwrap();
    let ids: HashSet<String> =
        lexicon.phrases.exact.values().flatten().filter_map(meaning).collect();
    ids.len()
}

#[test]
fn the_files_are_sound() {
    let lexicon = Lexicon::read().unwrap();
    let mut genres = HashSet::new();
    for meaning in lexicon.phrases.exact.values().flatten() {
        match meaning {
            Meaning::Genre(id) => {
                assert!(genre::all().contains_key(id), "no grammar for {id}");
                genres.insert(id.as_str());
            }
            Meaning::Ensemble(id) => {
                for instrument in lexicon.ensemble(id) {
                    assert!(lexicon.instruments.contains_key(instrument), "{id}: {instrument}");
                }
            }
            _ => {}
        }
    }
    for id in genre::all().keys() {
        assert!(genres.contains(id.as_str()), "{id} has no word");
    }
    for (id, instrument) in &lexicon.instruments {
        for voice in instrument.voices.chars() {
            assert!(super::super::drums::key_of(voice).is_some(), "{id}: no voice {voice}");
        }
    }
}

#[test]
fn every_pattern_of_a_groove_is_in_some_genre() {
    for (id, rhythm) in &Lexicon::get().rhythms {
        let known = |field: &[String], names: fn(&genre::Genre) -> Vec<&str>| {
            field.is_empty()
                || genre::all()
                    .values()
                    .any(|g| names(g).iter().any(|n| field.iter().any(|f| f == n)))
        };
        let somewhere = known(&rhythm.bass, |g| g.bass.iter().map(|p| p.name.as_str()).collect())
            && known(&rhythm.comp, |g| g.comp.iter().map(|p| p.name.as_str()).collect())
            && (rhythm.swing.is_some()
                || known(&rhythm.drums, |g| g.drums.iter().map(|p| p.name.as_str()).collect()));
        assert!(somewhere, "{id}");
    }
}

#[test]
fn there_are_as_many_words_as_are_promised() {
    let genres = count(|m| if let Meaning::Genre(id) = m { Some(id.clone()) } else { None });
    let moods = count(|m| if let Meaning::Mood(id) = m { Some(id.clone()) } else { None });
    let players = count(|m| if let Meaning::Instrument(id) = m { Some(id.clone()) } else { None });
    let tongues = count(|m| if let Meaning::Language(id) = m { Some(id.clone()) } else { None });
    assert!(genres >= 60, "{genres} genres");
    assert!(moods >= 60, "{moods} moods");
    assert!(players >= 120, "{players} instruments");
    assert!(tongues >= 30, "{tongues} languages");
}

#[test]
fn longer_phrases_win_and_plurals_are_found() {
    let lexicon = Lexicon::get();
    let find = |words: &[&str]| lexicon.find(words).map(|(n, m)| (n, m[0].clone()));
    let genre = |id: &str| Meaning::Genre(id.into());
    let instrument = |id: &str| Meaning::Instrument(id.into());
    assert_eq!(find(&["lo", "fi", "hip", "hop", "night"]), Some((4, genre("lofi"))));
    assert_eq!(find(&["electric", "guitars"]), Some((2, instrument("electric_guitar"))));
    assert_eq!(find(&["guitares", "electriques"]), Some((2, instrument("electric_guitar"))));
    assert_eq!(find(&["ballads"]), Some((1, genre("ballad"))));
    assert_eq!(find(&["duesterer"]), Some((1, Meaning::Mood("dark".into()))));
    assert_eq!(find(&["key"]), None, "no singular of keys");
    assert_eq!(lexicon.genre_of("Melodic Deep House"), Some("deep_house"));
    assert_eq!(lexicon.genre_of("polka"), None);
}

#[test]
fn numbers_in_six_languages() {
    let lexicon = Lexicon::get();
    for (word, value) in [
        ("twelve", 12),
        ("zwolf", 12),
        ("centoventiquattro", 124),
        ("novantotto", 98),
        ("hundertzwanzig", 120),
        ("funfundneunzig", 95),
        ("fuenfundneunzig", 95),
        ("zweihundert", 200),
        ("dezesseis", 16),
    ] {
        assert_eq!(lexicon.number(word), Some(value), "{word}");
    }
    for word in ["onward", "tenderness", "seisma", "hundred1", "ventilator"] {
        assert_eq!(lexicon.number(word), None, "{word}");
    }
}
