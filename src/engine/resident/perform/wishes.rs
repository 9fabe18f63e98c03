//! What a prompt's instruments mean for a finetune's sound: who plays each part, and what must leave
//! the bed.
//!
//! Must never promise what cannot be done: whatever is only partly met is said in the brief.

use super::super::compose::brief::forbids;
use super::super::compose::lexicon::Lexicon;
use super::super::learn::finetune::Finetune;
use super::bed::Leaving;
use crate::domain::brief::Brief;
use crate::domain::score::Role;

/// Words that mean whatever a dataset has for a part.
const ANY: [&str; 6] = ["bass", "drums", "percussion", "melody", "chords", "pad"];

/// Whether a prompt names an instrument for a part that the dataset's own cannot stand for.
pub fn asked(brief: &Brief, role: Role) -> bool {
    let instruments = &Lexicon::get().instruments;
    brief
        .instruments
        .iter()
        .filter(|id| !ANY.contains(&id.as_str()))
        .filter_map(|id| instruments.get(id))
        .any(|i| i.role == role && i.program.is_some() || brief.only && role != Role::Drums)
}

/// Whether a prompt wants tonal instruments away that nobody can point out in a mix.
fn unknown_away(brief: &Brief) -> bool {
    let instruments = &Lexicon::get().instruments;
    let tonal = |role: Role| matches!(role, Role::Harmony | Role::Lead | Role::Pad);
    brief.avoid.iter().filter_map(|id| instruments.get(id)).any(|i| tonal(i.role)) || brief.only
}

/// Whether a part may be played by learned instruments.
pub fn learned(brief: &Brief, role: Role) -> bool {
    let tonal = !matches!(role, Role::Drums | Role::Bass);
    !(asked(brief, role) || tonal && unknown_away(brief))
}

/// What must leave the bed.
pub fn leaving(brief: &Brief, without: &[String]) -> Leaving {
    let away = |role: Role| without.iter().any(|w| w == role.name()) || forbids(brief, role);
    let unknown = unknown_away(brief);
    let everything = away(Role::Harmony) && away(Role::Pad);
    Leaving {
        drums: away(Role::Drums),
        // A bass that was asked for takes the place of the old one, whatever it was.
        bass: away(Role::Bass) || asked(brief, Role::Bass),
        lead: away(Role::Lead) || unknown,
        harmony: everything || unknown,
    }
}

/// Says in the brief what a finetune cannot do.
pub fn note_limits(brief: &mut Brief, finetune: &Finetune) {
    if unknown_away(brief) && !brief.avoid.is_empty() {
        let named: Vec<String> = brief.avoid.iter().map(|id| id.replace('_', " ")).collect();
        brief.unsupported.push(format!(
            "no {}: nobody can tell it apart in the finetune's mixes, so all held sounds leave them and other instruments play",
            named.join(", no ")
        ));
    }
    let voices = brief.avoid.iter().any(|a| a == "vocals");
    if voices && finetune.sound.slices.iter().all(|s| s.sung > 0.1) {
        brief.unsupported.push("no vocals: voices are heard in all of the finetune".to_owned());
    }
    if let Some(era) = &brief.era {
        brief.unsupported.push(format!("{era}: the sounds are those of the finetune's own tracks"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::compose::brief::parse;
    use super::*;

    #[test]
    fn a_named_instrument_is_the_banks_and_a_part_the_datasets() {
        let brief = parse("a piece with saxophone and drums");
        assert!(asked(&brief, Role::Lead) && !learned(&brief, Role::Lead));
        assert!(!asked(&brief, Role::Drums) && learned(&brief, Role::Drums));
        assert!(learned(&brief, Role::Bass));
        assert_eq!(leaving(&brief, &[]), Leaving::default());
    }

    #[test]
    fn what_is_asked_away_leaves_the_bed() {
        let drums = leaving(&parse("a piece, no drums"), &[]);
        assert_eq!(drums, Leaving { drums: true, ..Leaving::default() });
        let bass = leaving(&parse("a piece"), &["bass".to_owned()]);
        assert_eq!(bass, Leaving { bass: true, ..Leaving::default() });
        let guitar = parse("a piece without guitar");
        assert!(leaving(&guitar, &[]).harmony && leaving(&guitar, &[]).lead);
        assert!(!learned(&guitar, Role::Harmony) && learned(&guitar, Role::Drums));
    }

    #[test]
    fn only_instruments_play_alone() {
        let brief = parse("solo piano");
        assert!(!learned(&brief, Role::Lead) && leaving(&brief, &[]).drums);
    }
}
