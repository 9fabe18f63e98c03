//! What a prompt asks of a genre's patterns: grooves by name, a feel, an era's instruments.
//!
//! Must never leave a part without a pattern: where the genre has none of those asked for, all of
//! its own stay, and the brief says so.

use super::lexicon::{Era, Lexicon, Rhythm};
use crate::domain::brief::Brief;
use crate::domain::score::Role;

/// Long over short of two eighths of a meter whose beats fall in three.
const COMPOUND: f64 = 2.0;

fn rhythms(brief: &Brief) -> impl Iterator<Item = &'static Rhythm> {
    brief.rhythms.iter().filter_map(|id| Lexicon::get().rhythms.get(id))
}

/// The patterns that the named grooves choose, else all.
pub fn asked<'a, P>(
    brief: &Brief,
    patterns: &'a [P],
    name: impl Fn(&P) -> &String,
    names: impl Fn(&Rhythm) -> &[String],
) -> Vec<&'a P> {
    let wanted: Vec<&String> = rhythms(brief).flat_map(&names).collect();
    let chosen: Vec<&P> = patterns.iter().filter(|p| wanted.contains(&name(p))).collect();
    if chosen.is_empty() { patterns.iter().collect() } else { chosen }
}

/// The feel that a prompt asks for by a groove's name or by its meter: ratio and unit.
pub fn feel(brief: &Brief) -> Option<(f64, u32)> {
    let compound = brief.meter.is_some_and(|m| m.pulses() != m.beats);
    let named = rhythms(brief).filter_map(|r| r.swing).last();
    named.or(compound.then_some(COMPOUND)).map(|ratio| (ratio, 8))
}

/// The program that the prompt's decade would have for a part.
pub fn of_its_time(brief: &Brief, role: Role) -> Option<u8> {
    let era: &Era = Lexicon::get().eras.get(brief.era.as_deref()?)?;
    Some(match role {
        Role::Drums => era.kit,
        Role::Bass => era.bass,
        Role::Harmony => era.harmony,
        Role::Pad => era.pad,
        Role::Lead => era.lead,
    })
}

#[cfg(test)]
mod tests {
    use super::super::brief::parse;
    use super::super::genre;
    use super::*;

    #[test]
    fn a_groove_by_name_chooses_patterns() {
        let reggae = genre::get(Some("reggae")).unwrap();
        let names = |prompt: &str| -> Vec<String> {
            asked(&parse(prompt), &reggae.drums, |p| &p.name, |r| &r.drums)
                .iter()
                .map(|p| p.name.clone())
                .collect()
        };
        assert_eq!(names("reggae one drop"), ["onedrop"]);
        assert_eq!(names("reggae steppers"), ["steppers"]);
        assert_eq!(names("reggae").len(), reggae.drums.len());
        let foreign = parse("reggae with blast beats");
        assert!(foreign.unsupported[0].starts_with("rhythm blast beat"), "{foreign:?}");
        assert_eq!(names("reggae with blast beats").len(), reggae.drums.len());
    }

    #[test]
    fn a_feel_by_name_or_meter() {
        assert_eq!(feel(&parse("rock shuffle")), Some((2.0, 8)));
        assert_eq!(feel(&parse("rock in 12/8")), Some((2.0, 8)));
        assert_eq!(feel(&parse("rock in 3/4")), None);
        assert_eq!(of_its_time(&parse("80s pop"), Role::Bass), Some(38));
        assert_eq!(of_its_time(&parse("pop"), Role::Bass), None);
    }
}
