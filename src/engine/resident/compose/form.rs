//! Form: which sections, how many bars each, how full.
//!
//! A piece opens, states a theme, leaves it, returns to it changed, climaxes and ends. Sections
//! share material by their theme letter; how often it was heard before is its variation.

use crate::domain::brief::{Brief, SectionWish};

/// A section before it has chords.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Name shown to people.
    pub name: String,
    /// Bars.
    pub bars: u32,
    /// 0 quietest .. 1 fullest.
    pub energy: f64,
    /// Theme letter.
    pub theme: String,
    /// How often the theme was heard before.
    pub variation: u32,
}

/// Fewest bars of a section that is not the whole piece.
const SHORTEST: u32 = 2;

/// Lays out `bars` bars: the brief's sections, else the genre's form, else a theme form.
pub fn lay_out(brief: &Brief, genre_form: Option<&[(String, u32, f64)]>, bars: u32) -> Vec<Shape> {
    let usual = || genre_form.map_or_else(|| theme_form(bars), <[_]>::to_vec);
    let wanted: Vec<Wanted> = match brief.sections.as_slice() {
        [] => usual().into_iter().map(|(n, b, e)| (n, f64::from(b), e, None)).collect(),
        // One section is no form: it is a wish about one.
        [one] => with_one(&usual(), one),
        several => {
            let form = genre_form.unwrap_or(&[]);
            several.iter().enumerate().map(|(i, s)| wished(s, form, i)).collect()
        }
    };
    let wanted: Vec<_> = wanted.into_iter().filter(|w| !brief.avoid.contains(&w.0)).collect();
    let kept = prune(wanted, bars);
    let lengths = share(&kept, bars);
    name_themes(
        kept.iter()
            .zip(lengths)
            .map(|((name, _, energy, _), bars)| Shape {
                name: name.clone(),
                bars,
                energy: *energy,
                theme: String::new(),
                variation: 0,
            })
            .collect(),
    )
}

/// Weight and energy of a section that a prompt names.
fn wished(wish: &SectionWish, form: &[(String, u32, f64)], place: usize) -> Wanted {
    let (name, bars) = (wish.name.as_str(), wish.bars);
    let (weight, energy) = match name {
        "intro" => (4.0, 0.3),
        "verse" => (8.0, 0.45),
        "pre_chorus" => (4.0, 0.6),
        "chorus" => (8.0, 0.85),
        "bridge" => (8.0, 0.5),
        "breakdown" => (8.0, 0.3),
        "build" => (8.0, 0.65),
        "drop" => (16.0, 0.95),
        "interlude" => (4.0, 0.4),
        "climax" => (8.0, 1.0),
        "outro" => (4.0, 0.35),
        // Sections that only some genres have are as long and full as theirs.
        _ => form
            .iter()
            .find(|(known, ..)| base_name(known) == name)
            .map_or((8.0, 0.5), |(_, bars, energy)| (f64::from(*bars), *energy)),
    };
    let (weight, energy) = adjusted(wish, weight, energy);
    // Later returns are a little fuller.
    let energy = if name == "outro" { energy } else { (energy + 0.015 * place as f64).min(1.0) };
    (name.to_owned(), bars.map_or(weight, f64::from), energy, bars)
}

/// Length and energy of a section with what the prompt says of them.
fn adjusted(wish: &SectionWish, weight: f64, energy: f64) -> (f64, f64) {
    let energy = energy + wish.energy_shift.unwrap_or(0.0);
    (weight * wish.length_factor.unwrap_or(1.0), energy.clamp(0.05, 1.0))
}

/// A usual form with one section changed, or added where such a section belongs.
fn with_one(form: &[(String, u32, f64)], wish: &SectionWish) -> Vec<Wanted> {
    let mut found = false;
    let mut wanted: Vec<Wanted> = form
        .iter()
        .map(|(name, bars, energy)| {
            if base_name(name) != wish.name {
                return (name.clone(), f64::from(*bars), *energy, None);
            }
            found = true;
            let (weight, energy) = adjusted(wish, f64::from(*bars), *energy);
            (name.clone(), wish.bars.map_or(weight, f64::from), energy, wish.bars)
        })
        .collect();
    if !found {
        let place = match wish.name.as_str() {
            "intro" => 0,
            "outro" => wanted.len(),
            "climax" => wanted.len() - wanted.len() / 4,
            _ => wanted.len() / 2,
        };
        wanted.insert(place, wished(wish, &[], 0));
    }
    wanted
}

fn base_name(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The form of a piece whose genre says nothing, by length.
fn theme_form(bars: u32) -> Vec<(String, u32, f64)> {
    let form: &[(&str, u32, f64)] = match bars {
        0..=5 => &[("theme", 4, 0.6)],
        6..=7 => &[("theme", 2, 0.45), ("theme", 2, 0.8), ("outro", 2, 0.35)],
        8..=11 => {
            &[("theme", 3, 0.4), ("contrast", 2, 0.7), ("theme", 3, 0.85), ("outro", 2, 0.35)]
        }
        12..=19 => &[
            ("intro", 2, 0.25),
            ("theme", 4, 0.5),
            ("contrast", 4, 0.75),
            ("theme", 4, 0.85),
            ("outro", 2, 0.35),
        ],
        20..=47 => &[
            ("intro", 4, 0.2),
            ("theme", 8, 0.5),
            ("contrast", 6, 0.75),
            ("theme", 8, 0.6),
            ("climax", 6, 0.95),
            ("outro", 4, 0.3),
        ],
        _ => &[
            ("intro", 4, 0.15),
            ("theme", 8, 0.45),
            ("contrast", 8, 0.65),
            ("theme", 8, 0.55),
            ("bridge", 6, 0.3),
            ("contrast", 8, 0.8),
            ("climax", 8, 1.0),
            ("outro", 4, 0.25),
        ],
    };
    form.iter().map(|(n, b, e)| ((*n).to_owned(), *b, *e)).collect()
}

type Wanted = (String, f64, f64, Option<u32>);

/// Leaves out sections until each of the rest can have its shortest length. First and last stay,
/// and the fullest.
fn prune(mut wanted: Vec<Wanted>, bars: u32) -> Vec<Wanted> {
    if wanted.is_empty() {
        wanted.push(("theme".to_owned(), 8.0, 0.6, None));
    }
    loop {
        let total: f64 = wanted.iter().map(|w| w.1).sum();
        let least = if bars >= 24 { 2.0 * f64::from(SHORTEST) } else { f64::from(SHORTEST) };
        let last = wanted.len() - 1;
        // An opening or an ending may be short.
        let needs = |i: usize| if i == 0 || i == last { f64::from(SHORTEST) } else { least };
        let fits =
            (0..wanted.len()).all(|i| wanted[i].1 / total * f64::from(bars) >= needs(i) * 0.75);
        if fits || wanted.len() == 1 {
            return wanted;
        }
        let fullest =
            (0..wanted.len()).fold(0, |b, i| if wanted[i].2 > wanted[b].2 { i } else { b });
        let inner = |i: &usize| *i != fullest && *i != 0 && *i + 1 != wanted.len();
        let weakest = (0..wanted.len())
            .filter(inner)
            .min_by(|a, b| wanted[*a].1.total_cmp(&wanted[*b].1).then(b.cmp(a)))
            .or_else(|| (0..wanted.len()).find(|i| *i != fullest));
        match weakest {
            Some(i) => drop(wanted.remove(i)),
            None => return wanted,
        }
    }
}

/// Bars of each section: in proportion, in fours where there is room, exactly `bars` in all.
fn share(wanted: &[Wanted], bars: u32) -> Vec<u32> {
    let total: f64 = wanted.iter().map(|w| w.1).sum();
    let unit: u32 = if bars >= 32 { 4 } else { 2 };
    let mut lengths: Vec<u32> = wanted
        .iter()
        .map(|w| {
            let fair = w.1 / total * f64::from(bars);
            let units = (fair / f64::from(unit)).round() as u32 * unit;
            units.max(if bars < SHORTEST { 1 } else { SHORTEST.min(bars) })
        })
        .collect();
    // What is over or missing goes to the sections that are furthest from their fair share.
    loop {
        let sum: u32 = lengths.iter().sum();
        if sum == bars {
            return lengths;
        }
        let gap = |i: usize| f64::from(lengths[i]) - wanted[i].1 / total * f64::from(bars);
        let step = unit.min(sum.abs_diff(bars));
        if sum > bars {
            let most = (0..lengths.len())
                .filter(|i| lengths[*i] > step)
                .max_by(|a, b| gap(*a).total_cmp(&gap(*b)));
            match most {
                Some(i) => lengths[i] -= step,
                None => {
                    lengths.pop();
                }
            }
        } else {
            let least = (0..lengths.len()).min_by(|a, b| gap(*a).total_cmp(&gap(*b))).unwrap_or(0);
            lengths[least] += step;
        }
        if lengths.is_empty() {
            return vec![bars];
        }
    }
}

/// Letters by name: sections of the same family share a theme.
fn name_themes(mut shapes: Vec<Shape>) -> Vec<Shape> {
    let mut letters: Vec<(&'static str, String)> = Vec::new();
    let mut heard: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    let last = shapes.len().saturating_sub(1);
    for (i, shape) in shapes.iter_mut().enumerate() {
        let family = family(&shape.name, i == last && i > 0);
        shape.theme = match family {
            "intro" => "I".to_owned(),
            "outro" => "O".to_owned(),
            family => match letters.iter().find(|(f, _)| *f == family) {
                Some((_, letter)) => letter.clone(),
                None => {
                    let letter = char::from(b'A' + letters.len().min(7) as u8).to_string();
                    letters.push((family, letter.clone()));
                    letter
                }
            },
        };
        let times = heard.entry(shape.theme.clone()).or_default();
        shape.variation = *times;
        *times += 1;
    }
    shapes
}

fn family(name: &str, last: bool) -> &'static str {
    match base_name(name) {
        "intro" | "fadein" | "fxintro" | "taqsim" => "intro",
        "outro" | "out" | "tag" | "coda" | "fadeout" | "qafla" | "cierre" => "outro",
        "vamp" | "remate" | "release" if last => "outro",
        "chorus" | "hook" | "refrain" | "drop" | "contrast" | "B" | "coro" | "S" | "post"
        | "mambo" | "moña" | "tune2B" | "C" | "escobilla" => "second",
        "bridge" | "break" | "breakdown" | "interlude" | "dubbreak" | "drift" | "dev" | "stop"
        | "paradinha" => "third",
        "build" | "pre" | "pre_chorus" | "trans" | "closing" => "fourth",
        _ => "first",
    }
}

#[cfg(test)]
mod tests {
    use super::super::genre;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_layout_has_exactly_its_bars(bars in 1u32..400, which in 0usize..40) {
            let form = genre::all().values().nth(which).map(|g| g.form.as_slice());
            let shapes = lay_out(&Brief::default(), form, bars);
            prop_assert_eq!(shapes.iter().map(|s| s.bars).sum::<u32>(), bars);
            prop_assert!(shapes.iter().all(|s| s.bars > 0 && !s.theme.is_empty()));
            prop_assert!(shapes.len() <= 30);
        }
    }

    #[test]
    fn a_minute_has_a_theme_that_returns_and_a_climax() {
        for bars in [6, 8, 11, 16, 24, 30, 32, 60, 90, 120] {
            let shapes = lay_out(&Brief::default(), None, bars);
            assert!(shapes.iter().any(|s| s.variation > 0), "{bars}: {shapes:?}");
            assert!(bars < 8 || shapes.iter().any(|s| s.theme == "B"), "{bars}: {shapes:?}");
            assert_eq!(shapes[0].name, if bars < 12 { "theme" } else { "intro" });
            assert_eq!(shapes[shapes.len() - 1].theme, "O");
            let loudest = shapes.iter().fold(0, |b, s| {
                if s.energy > shapes[b].energy {
                    shapes.iter().position(|x| x == s).unwrap()
                } else {
                    b
                }
            });
            assert!(loudest >= shapes.len() / 2, "{bars}");
        }
    }

    #[test]
    fn one_named_section_changes_the_usual_form() {
        let pop = genre::get(Some("pop")).map(|g| g.form.as_slice());
        let lay = |wish: SectionWish| {
            lay_out(&Brief { sections: vec![wish], ..Brief::default() }, pop, 96)
        };
        let plain = lay_out(&Brief::default(), pop, 96);
        let solo = lay(SectionWish::named("solo"));
        assert_eq!(solo.iter().filter(|s| s.name == "solo").count(), 1, "{solo:?}");
        assert!(solo.len() >= plain.len() && solo[0].name == "intro", "{solo:?}");
        let big = lay(SectionWish { energy_shift: Some(0.1), ..SectionWish::named("chorus") });
        let energy = |shapes: &[Shape]| shapes.iter().find(|s| s.name == "chorus").unwrap().energy;
        assert!(energy(&big) > energy(&plain) + 0.05);
        let short = lay(SectionWish { length_factor: Some(0.5), ..SectionWish::named("chorus") });
        let bars = |shapes: &[Shape]| -> u32 {
            shapes.iter().filter(|s| s.name == "chorus").map(|s| s.bars).sum()
        };
        assert!(bars(&short) < bars(&plain), "{short:?}");
    }

    #[test]
    fn named_sections_keep_their_order_and_bars() {
        let wish = |name: &str, bars| SectionWish { bars, ..SectionWish::named(name) };
        let brief = Brief {
            sections: vec![
                wish("intro", Some(4)),
                wish("verse", Some(8)),
                wish("chorus", Some(8)),
                wish("verse", Some(8)),
                wish("outro", Some(4)),
            ],
            ..Brief::default()
        };
        let shapes = lay_out(&brief, None, 32);
        let all: Vec<(&str, u32, &str, u32)> = shapes
            .iter()
            .map(|s| (s.name.as_str(), s.bars, s.theme.as_str(), s.variation))
            .collect();
        assert_eq!(
            all,
            [
                ("intro", 4, "I", 0),
                ("verse", 8, "A", 0),
                ("chorus", 8, "B", 0),
                ("verse", 8, "A", 1),
                ("outro", 4, "O", 0)
            ]
        );
    }
}
