//! Prompts that no reader should fall over, and what it says to each.

use super::parse;
use crate::domain::brief::{Brief, VocalsWish};
use proptest::prelude::*;

fn says(brief: &Brief, words: &str) -> bool {
    brief.unsupported.iter().any(|u| u.contains(words))
}

#[test]
fn nothing_at_all_asks_for_nothing() {
    for prompt in ["", "   ", ",,,;;;", "\n\t", "- - -", "a the of"] {
        assert_eq!(parse(prompt), Brief::default(), "{prompt:?}");
    }
}

#[test]
fn signs_and_other_scripts_are_listed_as_not_known() {
    for (prompt, unknown) in [
        ("🎵🎶", vec!["🎵", "🎶"]),
        ("sad 🎻 piano", vec!["🎻"]),
        ("日本の音楽", vec!["日本の音楽"]),
        ("грустная песня", vec!["грустная", "песня"]),
        ("موسيقى حزينة", vec!["موسيقى", "حزينة"]),
        ("techno техно 120 bpm", vec!["техно"]),
    ] {
        let brief = parse(prompt);
        assert_eq!(brief.unknown_words, unknown, "{prompt}");
    }
    let mixed = parse("techno техно 120 bpm");
    assert_eq!((mixed.genre.as_deref(), mixed.tempo_bpm), (Some("techno"), Some(120.0)));
}

#[test]
fn a_prompt_of_4101_characters_is_read_like_any_other() {
    let prompt: String = "dark techno, no piano, 130 bpm; ".chars().cycle().take(4_101).collect();
    let brief = parse(&prompt);
    assert_eq!(brief.genre.as_deref(), Some("techno"));
    assert_eq!((brief.tempo_bpm, brief.avoid), (Some(130.0), vec!["piano".to_owned()]));
    let one: String = "a".repeat(4_101);
    assert_eq!(parse(&one).unknown_words, [one]);
}

#[test]
fn only_negations_forbid_and_ask_for_nothing() {
    let brief = parse("no drums, no bass, sans piano, ohne Gitarre");
    assert_eq!(brief.avoid, ["drums", "bass", "piano", "guitar"]);
    assert!(brief.instruments.is_empty() && brief.unsupported.is_empty(), "{brief:?}");
    let none = parse("no drums, no bass, no melody, no chords, no pads");
    assert!(says(&none, "nothing is left to play"), "{none:?}");
    let nothing = parse("no no no without");
    assert_eq!(nothing, Brief::default());
}

#[test]
fn contradictions_are_said_and_the_later_word_is_followed() {
    let brief = parse("slow fast");
    assert_eq!(brief.tempo_factor, Some(1.22));
    assert!(says(&brief, "\"slow\" is passed over for \"fast\""), "{brief:?}");
    let brief = parse("no drums, big drums");
    assert_eq!((brief.instruments, brief.avoid.len()), (vec!["drums".to_owned()], 0));
    let brief = parse("big drums with a groove, no drums");
    assert!(brief.avoid.contains(&"drums".to_owned()));
    let brief = parse("in C major in A minor");
    assert_eq!(brief.key.unwrap().to_string(), "A minor");
    assert!(says(&brief, "two keys"), "{brief:?}");
    let brief = parse("jazz, not jazz");
    assert_eq!((brief.genre.as_deref(), brief.avoid), (None, vec!["jazz_swing".to_owned()]));
    let brief = parse("a waltz in 4/4");
    assert!(says(&brief, "two meters"), "{brief:?}");
    let brief = parse("happy and sad");
    assert!(says(&brief, "opposite moods"), "{brief:?}");
    let brief = parse("with vocals, instrumental");
    assert!(says(&brief, "voices are asked for and forbidden"), "{brief:?}");
    let brief = parse("intro, verse, bridge, no bridge");
    assert!(says(&brief, "bridge is asked for and forbidden"), "{brief:?}");
    assert_eq!(brief.sections.len(), 2);
    // Said twice is no contradiction, nor is a sub-genre said beside its genre.
    for prompt in [
        "120 bpm, 120 bpm",
        "jazz, bebop jazz",
        "house, deep house",
        "in A minor, Am",
        "electronic ambient",
        "ambient electronic music",
        "musica elettronica ambient",
    ] {
        assert!(parse(prompt).unsupported.is_empty(), "{prompt}: {:?}", parse(prompt));
    }
}

#[test]
fn what_cannot_be_is_said() {
    let brief = parse("techno at 400 BPM");
    assert_eq!(brief.tempo_bpm, None);
    assert!(says(&brief, "400 BPM: tempi from 30 to 300"), "{brief:?}");
    let brief = parse("folk in 17/16");
    assert_eq!(brief.meter, None);
    assert!(says(&brief, "meter 17/16"), "{brief:?}");
    let brief = parse("2 s of symphony");
    assert_eq!((brief.genre.as_deref(), brief.seconds), (Some("classical"), Some(2.0)));
    assert!(says(&brief, "2 s: too short"), "{brief:?}");
    let brief = parse("0/0 99999999999999999999/4 1e400 bpm");
    assert_eq!((brief.meter, brief.tempo_bpm), (None, None), "{brief:?}");
}

#[test]
fn lyrics_need_a_voice() {
    let brief = parse("instrumental jazz with lyrics");
    assert_eq!(brief.vocals, Some(VocalsWish::None));
    assert!(says(&brief, "lyrics without vocals"), "{brief:?}");
    let brief = parse("jazz with lyrics");
    assert_eq!(brief.vocals, Some(VocalsWish::Wanted));
    assert_eq!(brief.language.as_deref(), Some("english"));
}

#[test]
fn the_language_is_the_one_named_else_the_prompts_own_else_english() {
    for (prompt, language) in [
        ("pop with vocals in Japanese", Some("japanese")),
        ("una canción pop con voz en francés", Some("french")),
        ("una canción pop con voz", Some("spanish")),
        ("eine Ballade mit Gesang", Some("german")),
        ("ballata con voce e pianoforte per la sera", Some("italian")),
        ("techno vocals", Some("english")),
        ("techno", None),
    ] {
        assert_eq!(parse(prompt).language.as_deref(), language, "{prompt}");
    }
    assert!(says(&parse("techno in French"), "a language matters only with vocals"));
    // A name that is a genre's too.
    assert_eq!(parse("Arabic groove").genre.as_deref(), Some("arabic"));
    let sung = parse("pop with Arabic vocals");
    assert_eq!((sung.genre.as_deref(), sung.language.as_deref()), (Some("pop"), Some("arabic")));
}

#[test]
fn reading_takes_far_less_than_a_millisecond() {
    let prompt = "Upbeat jazz with warm female vocals at 124 BPM in Spanish, short intro, two \
                  verses, big chorus, no saxophone";
    parse(prompt);
    // The fastest of several, so that what else the machine does is not measured.
    let fastest = (0..20)
        .map(|_| {
            let start = std::time::Instant::now();
            parse(prompt);
            start.elapsed()
        })
        .min();
    assert!(fastest.unwrap() < std::time::Duration::from_millis(1), "{fastest:?}");
    println!("{fastest:?}");
}

/// Pieces of which prompts are made that come near to what people write.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "no",
            "sin",
            "ohne",
            "pas de",
            "not too",
            "only",
            "solo",
            "and",
            "with",
            "but",
            "in",
            "A",
            "a",
            "minor",
            "la",
            "si bémol",
            "fis",
            "Moll",
            "6/8",
            "17/16",
            "120",
            "bpm",
            "-",
            "140",
            "two",
            "cent",
            "quatre-vingt",
            "hundertzwanzig",
            "minutes",
            "and a half",
            "verse",
            "big",
            "chorus",
            "8",
            "bars",
            "voz",
            "warm",
            "beat",
            "techno",
            "less",
            "drumless",
            "piano",
            "i",
            "bVII",
            "V",
            "60s",
            "1:30",
            "d'orgue",
            "🎻",
            "е́",
            "é",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
        "[ ,.;:'’/#♭-]{1,3}",
    ]
}

proptest! {
    #[test]
    fn no_prompt_breaks_it(prompt in "\\PC{0,200}") {
        check(&prompt)?;
    }

    #[test]
    fn no_mixture_of_words_breaks_it(pieces in prop::collection::vec(piece(), 0..24)) {
        check(&pieces.join(" "))?;
        check(&pieces.concat())?;
    }
}

fn check(prompt: &str) -> Result<(), TestCaseError> {
    let brief = parse(prompt);
    for u in &brief.understood {
        prop_assert!(u.start < u.end, "{:?}", u);
        prop_assert!(prompt.get(u.start..u.end).is_some(), "{:?} of {:?}", u, prompt);
    }
    for word in &brief.unknown_words {
        prop_assert!(prompt.contains(word.as_str()) || word.contains(' '), "{word}");
    }
    if let Some(bpm) = brief.tempo_bpm {
        prop_assert!((super::TEMPO_RANGE_BPM.0..=super::TEMPO_RANGE_BPM.1).contains(&bpm));
    }
    let listed = [&brief.instruments, &brief.moods];
    prop_assert!(listed.iter().all(|l| l.iter().all(|id| !brief.avoid.contains(id))));
    Ok(())
}
