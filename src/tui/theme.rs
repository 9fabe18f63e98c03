//! Themes: what each role looks like.
//!
//! Drawing names roles, never colours. A theme is a TOML file; the ones that ship are in `themes/`
//! and compiled in, a person's own are in `config/themes/`. A broken line costs its role, not the
//! theme. Must never be the only bearer of a meaning: words and signs carry every state.

use super::place::Fault;
use ratatui::style::{Color, Modifier, Style};
use toml::de::{DeTable, DeValue};

macro_rules! roles {
    ($($role:ident $name:literal $doc:literal;)*) => {
        /// What a piece of the screen is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Role { $(#[doc = $doc] $role,)* }

        impl Role {
            /// All roles.
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

roles! {
    Ground "ground" "The empty screen.";
    Text "text" "Ordinary text.";
    Dim "dim" "What can be passed over.";
    Faint "faint" "Placeholders and rulers.";
    Border "border" "A pane's border.";
    BorderFocus "border-focus" "The border of the pane that has the keys.";
    Title "title" "A pane's title.";
    TitleFocus "title-focus" "The title of the pane that has the keys.";
    Tab "tab" "A screen's tab.";
    TabHere "tab-here" "The tab of this screen.";
    Head "head" "Heads of columns.";
    Cursor "cursor" "The line the cursor is on.";
    CursorIdle "cursor-idle" "The same in a pane that does not have the keys.";
    Mark "mark" "A marked line's sign.";
    Ok "ok" "Fine.";
    Warn "warn" "Worth a look.";
    Bad "bad" "Wrong, failed, blocked.";
    Info "info" "Good to know.";
    Accent "accent" "Figures and names that matter.";
    Key "key" "Keys in hints and help.";
    Hint "hint" "Words in hints.";
    Disabled "disabled" "What cannot be done now.";
    Status "status" "The status line.";
    Mode "mode" "The mode in the status line.";
    Toast "toast" "A short message.";
    ToastBad "toast-bad" "A short message about a fault.";
    Input "input" "Text being written.";
    Caret "caret" "Where typed text goes.";
    Understood "understood" "Words of a prompt that were understood.";
    Unknown "unknown" "Words of a prompt that were not.";
    Wave "wave" "A waveform.";
    WavePlayed "wave-played" "The part that was heard.";
    WaveProblem "wave-problem" "The part with a problem.";
    WaveLoop "wave-loop" "A loop.";
    Stand "stand" "Where the playing or the time cursor stands.";
    BarFull "bar-full" "The full part of a bar.";
    BarRest "bar-rest" "The rest of a bar.";
    PartA "part-a" "Sections of the first kind.";
    PartB "part-b" "Sections of the second kind.";
    PartC "part-c" "Sections of the third kind.";
    PartD "part-d" "Sections of the fourth kind.";
    PartE "part-e" "Sections of the fifth kind.";
    PartF "part-f" "Sections of further kinds.";
    Point "point" "A track on a map.";
    PointTake "point-take" "A take on a map.";
    Curve "curve" "A curve.";
}

impl Role {
    /// The role of the n-th kind of section.
    pub fn part(n: usize) -> Self {
        [Self::PartA, Self::PartB, Self::PartC, Self::PartD, Self::PartE, Self::PartF][n % 6]
    }
}

/// A role's look with 24-bit colours and without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    full: Style,
    ansi: Style,
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, dim, underline and reverse.
    None,
    /// Sixteen, named.
    #[default]
    Ansi,
    /// 24 bits.
    Full,
}

/// A theme at a depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: Vec<Style>,
}

/// Themes that ship: name and text.
pub const SHIPPED: [(&str, &str); 6] = [
    ("default", include_str!("../../themes/default.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("nocturne", include_str!("../../themes/nocturne.toml")),
    ("vellum", include_str!("../../themes/vellum.toml")),
];

impl Theme {
    /// A theme that ships; the default where there is none of this name.
    pub fn shipped(name: &str, depth: Depth) -> Self {
        let found = SHIPPED.iter().find(|(n, _)| *n == name).unwrap_or(&SHIPPED[0]);
        Self::read(found.0, found.1, depth).0
    }

    /// Reads a theme; roles that are missing or broken look as in the default theme.
    pub fn read(name: &str, text: &str, depth: Depth) -> (Self, Vec<Fault>) {
        // Without colours only the theme that was made for it says everything.
        let (name, text) = match depth {
            Depth::None => ("mono", SHIPPED[2].1),
            _ => (name, text),
        };
        let mut looks = vec![None; Role::ALL.len()];
        let mut faults = Vec::new();
        fill(&mut looks, text, &mut faults);
        if name != SHIPPED[0].0 {
            let mut fallback = vec![None; Role::ALL.len()];
            fill(&mut fallback, SHIPPED[0].1, &mut Vec::new());
            for (look, other) in looks.iter_mut().zip(fallback) {
                *look = look.or(other);
            }
        }
        let styles: Vec<Style> = looks
            .into_iter()
            .map(|look| {
                let look = look.unwrap_or_default();
                if depth == Depth::Full { look.full } else { look.ansi }
            })
            .collect();
        let ground = styles[Role::Ground as usize];
        let styles = styles.into_iter().map(|s| ground.patch(s)).collect();
        (Self { name: name.to_owned(), styles }, faults)
    }

    /// A theme whose colours are the numbers of the roles: what a test reads back from a screen.
    pub fn of_roles() -> Self {
        let styles = (0..Role::ALL.len()).map(|n| Style::new().fg(Color::Indexed(n as u8)));
        Self { name: "roles".to_owned(), styles: styles.collect() }
    }

    /// What a role looks like.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

fn fill(looks: &mut [Option<Look>], text: &str, faults: &mut Vec<Fault>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    faults.extend(errors.iter().map(|e| Fault::of(text, e)));
    for (name, value) in table.get_ref() {
        let start = name.span().start;
        if name.get_ref() == "about" {
            continue;
        }
        let Some(role) = Role::ALL.iter().find(|r| r.name() == name.get_ref()) else {
            let near = nearest(name.get_ref());
            let words = format!("\"{}\" is no role; did you mean \"{near}\"?", name.get_ref());
            faults.push(Fault::at(text, start, words));
            continue;
        };
        match look(value.get_ref()) {
            Ok(look) => looks[*role as usize] = Some(look),
            Err(words) => faults.push(Fault::at(text, value.span().start, words)),
        }
    }
    faults.sort_by_key(|f| (f.line, f.column));
}

/// The role whose name shares the most letters with a wrong one.
fn nearest(name: &str) -> &'static str {
    let shared = |role: &&Role| {
        let common = role.name().chars().filter(|c| name.contains(*c)).count() as isize;
        common - role.name().len().abs_diff(name.len()) as isize
    };
    Role::ALL.iter().max_by_key(shared).map_or("text", |r| r.name())
}

fn look(value: &DeValue<'_>) -> Result<Look, String> {
    const EXPECTED: &str =
        "expected a look like \"cyan bold\", or { full = \"#88c0d0\", ansi = \"cyan\" }";
    match value {
        DeValue::String(text) => {
            let style = style(text)?;
            if has_rgb(style) {
                return Err(
                    "a 24-bit colour needs a name beside it: { full = \"#88c0d0\", ansi = \"cyan\" }"
                        .to_owned(),
                );
            }
            Ok(Look { full: style, ansi: style })
        }
        DeValue::Table(table) => {
            let get = |key: &str| {
                let found = table.iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v);
                match found.map(toml::Spanned::get_ref) {
                    Some(DeValue::String(text)) => style(text),
                    _ => Err(EXPECTED.to_owned()),
                }
            };
            let ansi = get("ansi")?;
            if has_rgb(ansi) {
                return Err("\"ansi\" takes names: red, bright-blue ..".to_owned());
            }
            Ok(Look { full: get("full")?, ansi })
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

fn has_rgb(style: Style) -> bool {
    [style.fg, style.bg].iter().any(|c| matches!(c, Some(Color::Rgb(..))))
}

/// Reads "cyan on black bold".
fn style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            "on" => {
                let ground = words.next().ok_or("a colour was expected after \"on\"")?;
                style = style.bg(colour(ground)?);
                continue;
            }
            _ => {
                style = style.fg(colour(word)?);
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

const NAMES: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

fn colour(word: &str) -> Result<Color, String> {
    if let Some((_, colour)) = NAMES.iter().find(|(name, _)| *name == word) {
        return Ok(*colour);
    }
    let hex = word.strip_prefix('#').filter(|h| h.len() == 6).and_then(|h| {
        let channel = |at: usize| h.get(at..at + 2).and_then(|p| u8::from_str_radix(p, 16).ok());
        Some(Color::Rgb(channel(0)?, channel(2)?, channel(4)?))
    });
    hex.ok_or_else(|| {
        format!(
            "\"{word}\" is no colour and no attribute; use red, bright-blue .. or #rrggbb, and bold, dim, italic, underline, reverse"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_themes_that_ship_are_whole() {
        for (name, text) in SHIPPED {
            for depth in [Depth::Ansi, Depth::Full] {
                let (theme, faults) = Theme::read(name, text, depth);
                assert!(faults.is_empty(), "{name}: {faults:?}");
                assert_eq!(theme.name, name);
            }
            for role in Role::ALL {
                let line = format!("\n{} = ", role.name());
                assert!(format!("\n{text}").contains(&line), "{name} lacks {}", role.name());
            }
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        let theme = Theme::shipped("nocturne", Depth::None);
        for role in Role::ALL {
            let style = theme.style(*role);
            assert!(style.fg.is_none() && style.bg.is_none(), "{role:?}");
        }
        let ansi = Theme::shipped("nocturne", Depth::Ansi);
        assert!(Role::ALL.iter().all(|r| !has_rgb(ansi.style(*r))));
        let full = Theme::shipped("nocturne", Depth::Full);
        assert!(Role::ALL.iter().any(|r| has_rgb(full.style(*r))));
    }

    #[test]
    fn broken_lines_are_named_and_cost_their_role_only() {
        let text =
            "title = \"mauve\"\nborder = \"red\"\nboarder = \"red\"\nwave = \"#ff0000\"\nok = 3\n";
        let (theme, faults) = Theme::read("mine", text, Depth::Ansi);
        let lines: Vec<usize> = faults.iter().map(|f| f.line).collect();
        assert_eq!(faults.len(), 4, "{faults:?}");
        for line in [1, 3, 4, 5] {
            assert!(lines.contains(&line), "{faults:?}");
        }
        assert_eq!(theme.style(Role::Border).fg, Some(Color::Red));
        let default = Theme::shipped("default", Depth::Ansi);
        assert_eq!(theme.style(Role::Title), default.style(Role::Title));
        assert!(faults.iter().any(|f| f.words.contains("did you mean \"border\"")), "{faults:?}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = Theme::read("x", &text, Depth::Full);
            let _ = Theme::read("x", &format!("title = {text}"), Depth::Full);
        }
    }
}
