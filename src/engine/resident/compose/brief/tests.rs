//! Fields of briefs one by one, on short prompts. Prompts of every kind are in [`super::prompts`], bad
//! ones in [`super::bad_input`].

use super::*;

#[test]
fn the_plain_fields() {
    let b = parse("Upbeat funk at 108 bpm in E minor with slap bass and horns, no piano");
    assert_eq!(b.genre.as_deref(), Some("funk"));
    assert_eq!(b.tempo_bpm, Some(108.0));
    assert_eq!(b.key.unwrap().to_string(), "E minor");
    assert_eq!(b.instruments, ["slap_bass", "brass"]);
    assert_eq!(b.avoid, ["piano"]);
    assert_eq!(b.moods, ["energetic"]);
    assert!(b.unknown_words.is_empty() && b.unsupported.is_empty(), "{b:?}");
}

#[test]
fn keys_and_what_only_looks_like_one() {
    for (prompt, key) in [
        ("a waltz in F# major", Some("F# major")),
        ("techno, key of Bb minor", Some("A# minor")),
        ("something in D", Some("D major")),
        ("lofi in C-sharp minor", Some("C# minor")),
        ("rock, Am, fast", Some("A minor")),
        ("jazz in G dorian", Some("G dorian")),
        ("a sad song in a dark mood", None),
        ("A song about rain", None),
    ] {
        let read = parse(prompt).key.map(|k| k.to_string());
        assert_eq!(read.as_deref(), key, "{prompt}");
    }
    assert_eq!(parse("in a minor key").minor, Some(true));
}

#[test]
fn lengths_meters_and_tempi() {
    assert_eq!(parse("ambient, 90 seconds").seconds, Some(90.0));
    assert_eq!(parse("ambient 2.5 minutes").seconds, Some(150.0));
    assert_eq!(parse("house, 1:30").seconds, Some(90.0));
    assert_eq!(parse("120bpm 60s").seconds, Some(60.0));
    assert_eq!(parse("waltz in 3/4").meter.unwrap().beats, 3);
    assert_eq!(parse("allegro con brio").tempo_bpm, Some(132.0));
    assert_eq!(parse("slow blues").tempo_factor, Some(0.8));
    let odd = parse("techno at 400 bpm in 17/16");
    assert_eq!((odd.tempo_bpm, odd.meter), (None, None));
    assert_eq!(odd.unsupported.len(), 2, "{odd:?}");
    // Eras are not lengths.
    assert_eq!(parse("80s pop").seconds, None);
}

#[test]
fn negation_has_an_end() {
    let b = parse("synthwave without saxophone, but with piano and bass");
    assert_eq!(b.avoid, ["saxophone"]);
    assert_eq!(b.instruments, ["piano", "bass"]);
    let b = parse("ambient, no drums or bass. Add strings");
    assert_eq!(b.avoid, ["drums", "bass"]);
    assert_eq!(b.instruments, ["strings"]);
    assert_eq!(parse("drumless jazz").avoid, ["drums"]);
    assert_eq!(parse("not jazz, but rock").genre.as_deref(), Some("rock"));
}

#[test]
fn sections_in_order() {
    let b = parse("intro 4 bars, verse 8 bars, chorus 8 bars, two verses, no bridge, outro");
    let names: Vec<(&str, Option<u32>)> =
        b.sections.iter().map(|s| (s.name.as_str(), s.bars)).collect();
    assert_eq!(
        names,
        [
            ("intro", Some(4)),
            ("verse", Some(8)),
            ("chorus", Some(8)),
            ("verse", None),
            ("verse", None),
            ("outro", None)
        ]
    );
    assert_eq!(b.avoid, ["bridge"]);
}

#[test]
fn vocals_are_never_passed_over_silently() {
    let b = parse("jazz with warm female vocals in Spanish");
    assert_eq!(b.vocals, Some(VocalsWish::Wanted));
    assert_eq!(b.language.as_deref(), Some("spanish"));
    assert!(b.unsupported[0].starts_with("vocals"));
    let b = parse("instrumental pop, no vocals");
    assert_eq!(b.vocals, Some(VocalsWish::None));
    assert!(b.unsupported.is_empty());
}

#[test]
fn what_is_not_known_is_said() {
    let b = parse("a frobnicated polka with zither");
    assert_eq!(b.unknown_words, ["frobnicated", "polka", "zither"]);
    let b = parse("techno then trance at 120 bpm, no, 140 bpm");
    assert_eq!(b.tempo_bpm, Some(140.0));
    assert_eq!(b.unsupported.len(), 2, "{b:?}");
    for prompt in ["", "   ", "🎵🎶", "日本の音楽", ",,,;;;"] {
        let b = parse(prompt);
        assert_eq!(b.genre, None, "{prompt}");
    }
    assert!(!parse("日本の音楽").unknown_words.is_empty());
}

#[test]
fn spans_point_at_the_words() {
    let prompt = "Dark techno, 130 BPM";
    for u in parse(prompt).understood {
        let words = &prompt[u.start..u.end];
        let wanted = match u.field.as_str() {
            "moods" => "Dark",
            "genre" => "techno",
            _ => "130 BPM",
        };
        assert_eq!(words, wanted);
    }
}
