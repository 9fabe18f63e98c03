//! The two sets of signs: unicode and ascii, with the same cells.
//!
//! Must never hold a sign wider than one cell: layouts do not depend on the set.

/// Lines of a pane's border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Horizontal.
    pub h: char,
    /// Vertical.
    pub v: char,
    /// Top left corner.
    pub tl: char,
    /// Top right corner.
    pub tr: char,
    /// Bottom left corner.
    pub bl: char,
    /// Bottom right corner.
    pub br: char,
}

/// A set of signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Its name.
    pub name: &'static str,
    /// Whether waveforms and plots are drawn in braille.
    pub braille: bool,
    /// Border of a pane.
    pub pane: Lines,
    /// Border of the pane that has the keys.
    pub focus: Lines,
    /// Before the line the cursor is on.
    pub cursor: char,
    /// Before the title of the pane that has the keys.
    pub here: char,
    /// On a marked line.
    pub mark: char,
    /// After what was cut.
    pub dots: char,
    /// Full part of a bar.
    pub full: char,
    /// Rest of a bar.
    pub rest: char,
    /// Levels from empty to full, for columns one cell wide.
    pub levels: [char; 9],
    /// A given star.
    pub star: char,
    /// A star not given.
    pub no_star: char,
    /// Something plays.
    pub playing: char,
    /// It is paused.
    pub paused: char,
    /// Ended well, fine.
    pub ok: char,
    /// Not fine.
    pub bad: char,
    /// Between two things in a line.
    pub dot: char,
    /// Where the playing stands, or the cursor in time.
    pub stand: char,
    /// Left end of a loop.
    pub loop_from: char,
    /// Right end of a loop.
    pub loop_to: char,
    /// A track on a map.
    pub point: char,
    /// Several at one place.
    pub points: char,
    /// A take on a map.
    pub take: char,
    /// Under something meant.
    pub under: char,
    /// More above.
    pub up: char,
    /// More below.
    pub down: char,
    /// Replaces what must not or cannot be shown.
    pub unknown: char,
}

/// The unicode set.
pub const UNICODE: Glyphs = Glyphs {
    name: "unicode",
    braille: true,
    pane: Lines { h: '─', v: '│', tl: '╭', tr: '╮', bl: '╰', br: '╯' },
    focus: Lines { h: '━', v: '┃', tl: '┏', tr: '┓', bl: '┗', br: '┛' },
    cursor: '▸',
    here: '*',
    mark: '✓',
    dots: '…',
    full: '━',
    rest: '─',
    levels: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    star: '★',
    no_star: '·',
    playing: '▶',
    paused: '‖',
    ok: '✓',
    bad: '✗',
    dot: '·',
    stand: '│',
    loop_from: '├',
    loop_to: '┤',
    point: '•',
    points: '●',
    take: '◆',
    under: '▔',
    up: '↑',
    down: '↓',
    unknown: '\u{fffd}',
};

/// The ascii set.
pub const ASCII: Glyphs = Glyphs {
    name: "ascii",
    braille: false,
    pane: Lines { h: '-', v: '|', tl: '+', tr: '+', bl: '+', br: '+' },
    focus: Lines { h: '=', v: '|', tl: '+', tr: '+', bl: '+', br: '+' },
    cursor: '>',
    here: '*',
    mark: 'x',
    dots: '~',
    full: '#',
    rest: '.',
    levels: [' ', '.', '.', ':', ':', '+', '*', '#', '#'],
    star: '*',
    no_star: '.',
    playing: '>',
    paused: '=',
    ok: '+',
    bad: '!',
    dot: '-',
    stand: '|',
    loop_from: '[',
    loop_to: ']',
    point: '.',
    points: 'o',
    take: 'T',
    under: '^',
    up: '^',
    down: 'v',
    unknown: '?',
};

/// The set with this name.
pub fn named(name: &str) -> Option<Glyphs> {
    [UNICODE, ASCII].into_iter().find(|g| g.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthChar;

    #[test]
    fn every_sign_is_one_cell() {
        for g in [UNICODE, ASCII] {
            let mut all = vec![
                g.cursor,
                g.here,
                g.mark,
                g.dots,
                g.full,
                g.rest,
                g.star,
                g.no_star,
                g.playing,
                g.paused,
                g.ok,
                g.bad,
                g.dot,
                g.stand,
                g.loop_from,
                g.loop_to,
                g.point,
                g.points,
                g.take,
                g.under,
                g.up,
                g.down,
                g.unknown,
            ];
            for l in [g.pane, g.focus] {
                all.extend([l.h, l.v, l.tl, l.tr, l.bl, l.br]);
            }
            all.extend(g.levels);
            for sign in all {
                assert_eq!(sign.width(), Some(1), "{sign:?}");
                assert!(g.name != "ascii" || sign.is_ascii(), "{sign:?}");
            }
        }
    }
}
