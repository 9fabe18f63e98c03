//! What a screen is fed by others: titles, prompts, pastes, files of settings.

use crate::fake::{Fake, track};
use crate::session::{Session, plain};
use leitmotif::domain::dataset::Dataset;
use leitmotif::domain::ids::DatasetName;
use leitmotif::tui::event::Event;
use leitmotif::tui::keymap::Keymap;
use leitmotif::tui::theme::{Depth, Theme};

const TITLES: [&str; 10] = [
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "日本語の曲名がとても長い場合でも崩れない",
    "e\u{301}tu\u{301}de a\u{300}\u{301}\u{302}\u{303}",
    "שלום עולם \u{202e}gnp.exe",
    "مرحبا بالعالم",
    "👩‍👩‍👧‍👦 family 🇵🇱",
    "tab\tnew\nline\r\u{0}\u{8}",
    "\u{200b}\u{200d}\u{feff}zero",
    "\u{9b}31m C1 \u{85}",
    "",
];

fn hostile() -> Fake {
    let fake = Fake::default();
    let mut set = Dataset::new(DatasetName::slug("hostile"), String::new());
    set.members = TITLES.iter().enumerate().map(|(n, t)| track(n, t)).collect();
    fake.state.lock().unwrap().datasets.push(set);
    fake
}

/// Nothing on the screen may be a sign that a terminal acts upon, or turn the line round.
fn inert(session: &Session) {
    for cell in &session.buffer().content {
        for c in cell.symbol().chars() {
            let acts = c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!acts && !('\u{2066}'..='\u{2069}').contains(&c), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn titles_are_shown_inert_and_in_their_columns() {
    let mut s = Session::new(hostile(), (120, 36));
    for size in [(120, 36), (100, 28), (80, 24), (60, 16)] {
        s.resize(size.0, size.1);
        for _ in 0..TITLES.len() {
            s.keys("j");
            inert(&s);
            for line in s.screen().lines() {
                let cells = leitmotif::tui::text::cells(line);
                assert!(cells <= usize::from(size.0), "{cells} cells: {line}");
            }
        }
        s.keys("g g 2");
        inert(&s);
        s.keys("1");
    }
}

#[test]
fn ten_thousand_lines_are_pasted() {
    let mut s = Session::new(Fake::with_music(), (120, 36));
    let text = "a line with \u{1b}[2J an escape\r\n".repeat(10_000);
    s.keys("4 i").event(Event::Paste(text.clone()));
    s.wait(200).shows("at most").shows("4100 of 4100");
    inert(&s);
    s.keys("esc 1").event(Event::Paste(text.clone()));
    s.keys("i").event(Event::Paste(text.clone()));
    inert(&s);
    s.keys("esc /").event(Event::Paste(text));
    inert(&s);
}

#[test]
fn broken_files_of_settings_say_where_and_what_was_expected() {
    let (keymap, faults) =
        Keymap::with("[library]\nexclude = \"hyper-x\"\ntrain = \"B\"\nrun = 1\n");
    let places: Vec<(usize, usize)> = faults.iter().map(|f| (f.line, f.column)).collect();
    assert_eq!(places, [(2, 1), (4, 1)], "{faults:?}");
    let mut s = Session::with(Fake::with_music(), (120, 36), plain(), keymap);
    s.keys("B").shows("Train");
    let (theme, faults) =
        Theme::read("mine", "text = \"blurple\"\nok = \"green\"\nnope = 3\n", Depth::Ansi);
    assert_eq!(faults.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 3], "{faults:?}");
    assert!(faults[0].words.len() > 10, "{faults:?}");
    let _ = theme;
}
