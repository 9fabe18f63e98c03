//! Every screen in five sizes and three modes: unicode, ascii, and without colours; and the roles.

use crate::fake::Fake;
use crate::session::{Session, look, plain, roles_of, text_of};
use leitmotif::tui::glyphs::{ASCII, UNICODE};
use leitmotif::tui::keymap::Keymap;
use leitmotif::tui::theme::{Depth, SHIPPED, Theme};
use std::fmt::Write;

const SIZES: [(u16, u16); 5] = [(120, 36), (100, 28), (80, 24), (60, 16), (1, 1)];

/// The keys that lead to each screen.
const SCREENS: [(&str, &str); 8] = [
    ("library", "1"),
    ("triage", "1 t"),
    ("diagnostics", "2"),
    ("plane", "2 o"),
    ("jobs", "3"),
    ("generate", "4 tab tab tab"),
    ("evidence", "4 tab tab tab j W"),
    ("help", "1 ?"),
];

fn at(look: leitmotif::tui::draw::Look, keys: &str, size: (u16, u16)) -> Session {
    let mut session = Session::with(Fake::with_music(), size, look, Keymap::default());
    session.keys(keys).wait(10_000);
    session
}

#[test]
fn every_screen_in_every_size_and_mode() {
    for (name, keys) in SCREENS {
        for (mode, glyphs) in [("unicode", UNICODE), ("ascii", ASCII)] {
            let mut all = String::new();
            for size in SIZES {
                let theme = Theme::shipped("default", Depth::Ansi);
                let screen = at(look(glyphs, theme), keys, size).screen();
                let _ = writeln!(all, "{}x{}\n{screen}", size.0, size.1);
            }
            if mode == "ascii" {
                assert!(all.is_ascii(), "{name} in ascii");
            }
            insta::assert_snapshot!(format!("{name}-{mode}"), all);
        }
        let roles = at(look(UNICODE, Theme::of_roles()), keys, SIZES[0]).buffer();
        insta::assert_snapshot!(format!("{name}-roles"), roles_of(&roles));
    }
}

#[test]
fn without_colours_everything_is_still_said() {
    for (name, keys) in SCREENS {
        for (theme, _) in SHIPPED {
            let none = Theme::shipped(theme, Depth::None);
            let bare = at(look(UNICODE, none), keys, SIZES[0]).buffer();
            assert_eq!(text_of(&bare), at(plain(), keys, SIZES[0]).screen(), "{name} {theme}");
            let coloured = bare.content.iter().any(|c| {
                let style = c.style();
                let none = |c: Option<ratatui::style::Color>| {
                    c.is_none_or(|c| c == ratatui::style::Color::Reset)
                };
                !none(style.fg) || !none(style.bg)
            });
            assert!(!coloured, "{name} in {theme} has colours");
        }
    }
}

#[test]
fn no_size_breaks_a_screen() {
    for (_, keys) in SCREENS {
        let mut session = at(plain(), keys, (120, 36));
        for width in [0, 1, 2, 7, 30, 59, 60, 79, 80, 99, 100, 115, 200, 300] {
            for height in [0, 1, 2, 3, 5, 15, 16, 23, 24, 27, 28, 35, 70] {
                session.resize(width, height);
                session.buffer();
            }
        }
        session.resize(120, 36);
        for keys in ["?", "esc", ":", "esc", "i", "esc", "esc"] {
            session.keys(keys);
            for size in SIZES {
                session.resize(size.0, size.1).buffer();
            }
        }
    }
}
