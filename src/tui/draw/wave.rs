//! Waveforms: braille or ascii columns, with sections, bars, a cursor and a loop.

use super::Pen;
use crate::audio::peaks::Peaks;
use crate::domain::listening::{Listening, Problem};
use crate::tui::theme::Role;
use crate::tui::words::clock;

/// The part of a sound that is in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Its left end.
    pub from_s: f64,
    /// Its right end.
    pub to_s: f64,
    /// Length of the whole sound.
    pub duration_s: f64,
}

impl Sight {
    /// All of a sound.
    pub fn whole(duration_s: f64) -> Self {
        Self { from_s: 0.0, to_s: duration_s.max(0.001), duration_s: duration_s.max(0.001) }
    }

    /// The time at the left end of a column.
    pub fn time(&self, column: f64, width: u16) -> f64 {
        self.from_s + (self.to_s - self.from_s) * column / f64::from(width.max(1))
    }

    /// The column of a time, if it is in sight.
    pub fn column(&self, time_s: f64, width: u16) -> Option<u16> {
        let share = (time_s - self.from_s) / (self.to_s - self.from_s).max(1e-9);
        // The end itself is drawn in the last column.
        (0.0..=1.0)
            .contains(&share)
            .then(|| ((share * f64::from(width)) as u16).min(width.saturating_sub(1)))
    }

    /// The columns of a stretch of time, if any of it is in sight.
    pub fn columns(&self, from_s: f64, to_s: f64, width: u16) -> Option<(u16, u16)> {
        if to_s < self.from_s || from_s > self.to_s || width == 0 {
            return None;
        }
        let from = self.column(from_s.max(self.from_s), width)?;
        let to = self.column(to_s.min(self.to_s), width)?;
        Some((from, to))
    }
}

/// What is drawn over a waveform.
#[derive(Clone, Copy, Debug, Default)]
pub struct Over<'a> {
    /// Where the playing stands.
    pub playing_s: Option<f64>,
    /// Where the cursor in time stands.
    pub cursor_s: Option<f64>,
    /// The loop.
    pub looped: Option<(f64, f64)>,
    /// Problems that have a place.
    pub problems: &'a [Problem],
}

/// Lowest and highest sample of a column, -1..1.
fn column_peak(peaks: &Peaks, sight: &Sight, from: f64, to: f64) -> (f64, f64) {
    let count = peaks.spans.len();
    if count == 0 {
        return (0.0, 0.0);
    }
    let place = |time: f64| time / sight.duration_s * count as f64;
    let first = (place(from).floor().max(0.0) as usize).min(count - 1);
    let last = (place(to).ceil() as usize).clamp(first + 1, count);
    let spans = &peaks.spans[first..last];
    let low = spans.iter().map(|s| s.0).min().unwrap_or(0);
    let high = spans.iter().map(|s| s.1).max().unwrap_or(0);
    (f64::from(low) / 127.0, f64::from(high) / 127.0)
}

fn role_at(sight: &Sight, over: &Over<'_>, from: f64, to: f64) -> Role {
    let whole = |p: &&Problem| p.end_s - p.start_s > sight.duration_s * 0.95;
    let hit = |p: &&Problem| p.start_s < to && p.end_s.max(p.start_s + 0.01) > from;
    if over.problems.iter().filter(|p| !whole(p)).any(|p| hit(&p)) {
        Role::WaveProblem
    } else if over.looped.is_some_and(|(a, b)| from < b && to > a) {
        Role::WaveLoop
    } else if over.playing_s.is_some_and(|at| from < at) {
        Role::WavePlayed
    } else {
        Role::Wave
    }
}

/// Draws the waveform over the whole pen.
pub fn draw(pen: &mut Pen<'_>, peaks: &Peaks, sight: &Sight, over: &Over<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width == 0 || height == 0 {
        return;
    }
    if height == 1 {
        return line(pen, peaks, sight, over);
    }
    for x in 0..width {
        let (from, to) = (sight.time(f64::from(x), width), sight.time(f64::from(x + 1), width));
        let role = role_at(sight, over, from, to);
        if pen.glyphs().braille {
            let middle = f64::midpoint(from, to);
            let left = column_peak(peaks, sight, from, middle);
            let right = column_peak(peaks, sight, middle, to);
            braille_column(pen, x, left, right, role);
        } else {
            ascii_column(pen, x, column_peak(peaks, sight, from, to), role);
        }
    }
    stands(pen, sight, over);
}

/// Bits of a braille sign: two columns of four dots.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

fn braille_column(pen: &mut Pen<'_>, x: u16, left: (f64, f64), right: (f64, f64), role: Role) {
    let rows = f64::from(pen.height()) * 4.0;
    // From the top: 1 is row 0, -1 the last row. A silent column keeps its middle line.
    let range = |(low, high): (f64, f64)| {
        let middle = rows / 2.0;
        let top = (middle - high * middle).floor().max(0.0);
        let bottom = (middle - low * middle).ceil().max(top + 1.0).min(rows);
        (top as u32, bottom as u32)
    };
    let ranges = [range(left), range(right)];
    for y in 0..pen.height() {
        let mut bits = 0;
        for dot in 0..4u16 {
            let row = u32::from(y * 4 + dot);
            for (side, (top, bottom)) in ranges.iter().enumerate() {
                if (*top..*bottom).contains(&row) {
                    bits |= DOTS[side][usize::from(dot)];
                }
            }
        }
        if bits != 0
            && let Some(sign) = char::from_u32(0x2800 + bits)
        {
            pen.sign(x, y, sign, role);
        }
    }
}

fn ascii_column(pen: &mut Pen<'_>, x: u16, (low, high): (f64, f64), role: Role) {
    let height = pen.height();
    let level = low.abs().max(high.abs()) * f64::from(height) * 8.0;
    for row in 0..height {
        let inside = (level - f64::from(row) * 8.0).clamp(0.0, 8.0) as usize;
        let sign = pen.glyphs().levels[inside];
        if sign != ' ' {
            pen.sign(x, height - 1 - row, sign, role);
        }
    }
}

/// The waveform in one row.
pub fn line(pen: &mut Pen<'_>, peaks: &Peaks, sight: &Sight, over: &Over<'_>) {
    let width = pen.width();
    for x in 0..width {
        let (from, to) = (sight.time(f64::from(x), width), sight.time(f64::from(x + 1), width));
        let (low, high) = column_peak(peaks, sight, from, to);
        let level = (low.abs().max(high.abs()) * 8.0).round().clamp(0.0, 8.0) as usize;
        let role = role_at(sight, over, from, to);
        pen.sign(x, 0, pen.glyphs().levels[level.max(1)], role);
    }
    stands(pen, sight, over);
}

fn stands(pen: &mut Pen<'_>, sight: &Sight, over: &Over<'_>) {
    for time in [over.cursor_s, over.playing_s].into_iter().flatten() {
        if let Some(x) = sight.column(time, pen.width()) {
            for y in 0..pen.height() {
                pen.sign(x, y, pen.glyphs().stand, Role::Stand);
            }
        }
    }
}

/// A ruler of times in the first row of the pen, with the loop.
pub fn ruler(pen: &mut Pen<'_>, sight: &Sight, over: &Over<'_>) {
    const STEPS: [f64; 12] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0];
    let width = pen.width();
    let span = sight.to_s - sight.from_s;
    let most = (f64::from(width) / 10.0).max(1.0);
    let step = STEPS.into_iter().find(|s| span / s <= most).unwrap_or(600.0);
    let mut time = (sight.from_s / step).ceil() * step;
    let mut free = 0;
    while time <= sight.to_s {
        if let Some(x) = sight.column(time, width)
            && x >= free
        {
            let words = if step < 1.0 { format!("{time:.1}") } else { clock(time) };
            if x + words.len() as u16 <= width {
                free = pen.put(x, 0, &words, Role::Faint) + 1;
            }
        }
        time += step;
    }
    if let Some((from, to)) = over.looped.and_then(|(a, b)| sight.columns(a, b, width)) {
        let sign = pen.glyphs().pane.h;
        pen.rule(from, 0, to.saturating_sub(from) + 1, sign, Role::WaveLoop);
        pen.sign(from, 0, pen.glyphs().loop_from, Role::WaveLoop);
        pen.sign(to, 0, pen.glyphs().loop_to, Role::WaveLoop);
    }
}

/// Sections as labelled stretches in the first row of the pen.
pub fn sections(pen: &mut Pen<'_>, heard: &Listening, sight: &Sight) {
    let width = pen.width();
    let mut labels: Vec<&str> = heard.sections.iter().map(|s| s.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    for section in &heard.sections {
        let Some((from, to)) = sight.columns(section.start_s, section.end_s, width) else {
            continue;
        };
        let kind = labels.iter().position(|l| *l == section.label).unwrap_or(0);
        let role = Role::part(kind);
        let room = to.saturating_sub(from);
        pen.rule(from, 0, room, pen.glyphs().pane.h, role);
        pen.sign(from, 0, pen.glyphs().loop_from, role);
        pen.cell(from + 1, 0, room.saturating_sub(1).min(3), &section.label, role);
    }
}

/// Bars, or beats where they are far enough apart, as ticks in the first row of the pen.
pub fn ticks(pen: &mut Pen<'_>, heard: &Listening, sight: &Sight) {
    let width = pen.width();
    let in_sight =
        |times: &[f64]| times.iter().filter(|t| (sight.from_s..sight.to_s).contains(*t)).count();
    let room = usize::from(width) / 2;
    if in_sight(&heard.downbeats_s) > room {
        return;
    }
    if in_sight(&heard.beats_s) <= room {
        for beat in &heard.beats_s {
            if let Some(x) = sight.column(*beat, width) {
                pen.sign(x, 0, pen.glyphs().no_star, Role::Faint);
            }
        }
    }
    for bar in &heard.downbeats_s {
        if let Some(x) = sight.column(*bar, width) {
            pen.sign(x, 0, '\'', Role::Dim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pen::tests::{lines, look};
    use super::*;
    use crate::tui::draw::Look;
    use crate::tui::glyphs::ASCII;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn ramp() -> Peaks {
        Peaks { spans: (0..100).map(|i| (-(i as i8), i as i8)).collect() }
    }

    #[test]
    fn loud_is_high() {
        let look = Look { glyphs: ASCII, ..look() };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 4));
        let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, 10, 4), &look);
        draw(&mut pen, &ramp(), &Sight::whole(10.0), &Over::default());
        let drawn = lines(&buffer);
        assert!(drawn[0].trim_start().len() < drawn[3].trim_start().len(), "{drawn:?}");
        assert!(drawn[3].ends_with('#'));
    }

    #[test]
    fn times_and_columns_agree() {
        let sight = Sight { from_s: 10.0, to_s: 20.0, duration_s: 60.0 };
        assert_eq!(sight.column(15.0, 100), Some(50));
        assert_eq!(sight.column(20.0, 100), Some(99));
        assert_eq!(sight.column(9.9, 100), None);
        assert_eq!(sight.columns(0.0, 12.0, 100), Some((0, 20)));
        assert_eq!(sight.columns(0.0, 5.0, 100), None);
    }

    proptest! {
        #[test]
        fn no_size_and_no_sound_breaks_it(
            w in 0u16..40, h in 0u16..6, n in 0usize..50, from in 0.0f64..50.0, span in 0.0f64..50.0
        ) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, w, h));
            let look = look();
            let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, w, h), &look);
            let peaks = Peaks { spans: vec![(-128, 127); n] };
            let sight = Sight { from_s: from, to_s: from + span, duration_s: 60.0 };
            let over = Over {
                playing_s: Some(3.0), cursor_s: Some(from), looped: Some((1.0, from)), problems: &[]
            };
            draw(&mut pen, &peaks, &sight, &over);
            ruler(&mut pen, &sight, &over);
        }
    }
}
