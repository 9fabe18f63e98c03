//! The plan as a bar of sections, and section by section.

use crate::domain::plan::{Plan, Section};
use crate::tui::draw::Pen;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::view::View;
use crate::tui::theme::Role;
use crate::tui::words::{clock, count};

/// A section's name with its theme: "chorus A'".
pub fn name(section: &Section) -> String {
    let marks = "'".repeat(section.variation as usize);
    if section.theme.is_empty() {
        section.name.clone()
    } else {
        format!("{} {}{marks}", section.name, section.theme)
    }
}

/// Chords of a section, as they change.
fn chords(section: &Section) -> String {
    let names =
        section.chords.iter().map(|c| c.chord.map_or_else(|| "N".to_owned(), |c| c.to_string()));
    names.collect::<Vec<_>>().join(" ")
}

/// Tempo, key, meter, length and bars in one line.
pub fn line(plan: &Plan) -> String {
    let mut parts = vec![format!("{:.1} BPM", plan.tempo_bpm)];
    parts.extend(plan.key.map(|k| k.to_string()));
    parts.extend(plan.meter.map(|m| m.to_string()));
    parts.push(clock(plan.seconds));
    parts.push(count(plan.bars() as usize, "bar", "bars"));
    parts.join("  ")
}

/// The kind of a section: those of one theme share it.
fn kinds(plan: &Plan) -> Vec<usize> {
    let mut seen: Vec<&str> = Vec::new();
    plan.sections
        .iter()
        .map(|s| {
            let key = if s.theme.is_empty() { s.name.as_str() } else { s.theme.as_str() };
            seen.iter().position(|k| *k == key).unwrap_or_else(|| {
                seen.push(key);
                seen.len() - 1
            })
        })
        .collect()
}

/// Draws the sections as a bar over the pen's width: names, energy as a height, bars.
pub fn bar(pen: &mut Pen<'_>, plan: &Plan, chosen: Option<usize>) {
    let width = f64::from(pen.width());
    let total = f64::from(plan.bars().max(1));
    let (mut done, kinds) = (0u32, kinds(plan));
    let height = pen.height();
    for (number, section) in plan.sections.iter().enumerate() {
        let from = (f64::from(done) / total * width) as u16;
        done += section.bars;
        let to = (f64::from(done) / total * width) as u16;
        let room = to.saturating_sub(from);
        let role = Role::part(kinds[number]);
        let cell = room.saturating_sub(1);
        pen.cell(from, 0, cell, &name(section), role);
        if chosen == Some(number) {
            pen.wash(from, 0, cell, Role::Cursor);
        }
        if height > 1 {
            let level = (section.energy.clamp(0.0, 1.0) * 8.0).round().max(1.0) as usize;
            let sign = pen.glyphs().levels[level.min(8)];
            pen.rule(from, 1, cell, sign, role);
        }
        if height > 2 {
            pen.cell(from, 2, cell, &section.bars.to_string(), Role::Faint);
        }
    }
}

/// The plan, section by section, to read.
pub fn view(plan: &Plan) -> Overlay {
    let mut lines = vec![(line(plan), Role::Accent), (String::new(), Role::Text)];
    for section in &plan.sections {
        let head = format!(
            "{:>5}  {:<16} {:>3} bars  energy {:.2}",
            clock(section.start_s),
            name(section),
            section.bars,
            section.energy
        );
        lines.push((head, Role::Text));
        let chords = chords(section);
        if !chords.is_empty() {
            lines.push((format!("       {chords}"), Role::Dim));
        }
        for (label, styles) in
            [("with", &section.styles.include), ("without", &section.styles.exclude)]
        {
            if !styles.is_empty() {
                lines.push((format!("       {label} {}", styles.join(", ")), Role::Dim));
            }
        }
    }
    Overlay::View(View::new("Plan", lines))
}

/// The chords of a section in one line, for under the bar.
pub fn about(section: &Section) -> String {
    format!("{}: {}", name(section), chords(section))
}
