//! Near pairs: tracks of the dataset that come nearest to each other, why, and what can be done.

use super::Finding;
use crate::domain::ids::TrackId;
use crate::domain::listening::Severity;
use crate::domain::verdict::{CopyClass, Layer};
use crate::judge::near::NearPair;
use crate::studio::checking::CheckReport;
use crate::studio::nearness::Nearness;
use crate::tui::facts::Facts;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::evidence::{Evidence, Passage};
use crate::tui::theme::Role;
use crate::tui::words::place;

/// Pairs with nothing in common that are shown: the nearest.
const HARMLESS: usize = 2;

/// A line for each pair with a passage in common, and for the nearest of the others. Pairs that the
/// diagnosis lists as one recording are not listed twice.
pub fn findings(near: &Nearness, report: &CheckReport) -> Vec<Finding> {
    let title = |id: &TrackId| {
        let known = report.tracks.iter().find(|t| t.track_id == *id);
        known.map_or_else(|| id.to_string(), |t| t.title.clone())
    };
    let listed = |pair: &NearPair| {
        let mut groups = report.diagnosis.duplicates.iter();
        groups.any(|g| g.contains(&pair.first) && g.contains(&pair.second))
    };
    let (alike, apart): (Vec<&NearPair>, Vec<&NearPair>) =
        near.pairs.iter().filter(|p| !listed(p)).partition(|p| serious(p));
    let alike = alike.into_iter().map(|p| {
        let kind = if same_recording(p) { "recording" } else { "tune" };
        Finding {
            severity: Severity::Warn,
            words: format!(
                "near pair: {} and {}: {}",
                title(&p.first),
                title(&p.second),
                shared(p)
            ),
            reason: format!("the same {kind} as {}", title(&p.first)),
            effect: "a take near one of them is near both; enter hears them side by side"
                .to_owned(),
            tracks: vec![p.second.clone(), p.first.clone()],
            drops: vec![p.second.clone()],
            pair: Some(Box::new(p.clone())),
        }
    });
    let apart = apart.into_iter().take(HARMLESS).map(|p| Finding {
        severity: Severity::Info,
        words: format!("near pair: {} and {}: {}", title(&p.first), title(&p.second), figures(p)),
        reason: "near another track".to_owned(),
        effect: "nothing to do: this is how alike the tracks are".to_owned(),
        tracks: vec![p.first.clone(), p.second.clone()],
        drops: Vec::new(),
        pair: Some(Box::new(p.clone())),
    });
    alike.chain(apart).collect()
}

fn serious(pair: &NearPair) -> bool {
    pair.class.is_some_and(|c| c <= CopyClass::C)
}

fn same_recording(pair: &NearPair) -> bool {
    pair.evidence.first().is_some_and(|e| e.layer == Layer::Audio)
}

/// Why a pair is near: its strongest passage.
fn shared(pair: &NearPair) -> String {
    let Some(e) = pair.evidence.first() else { return figures(pair) };
    let what = if same_recording(pair) { "one recording" } else { "one tune" };
    let change = Some(e.change()).filter(|c| !c.is_empty());
    let change = change.map_or_else(String::new, |c| format!(" ({c})"));
    let (from, to, there) = (place(e.start_s), place(e.end_s), place(e.track_start_s));
    format!("{what}{change}, {from} to {to} of the first and from {there} of the second")
}

/// How near a pair without a passage in common is.
fn figures(pair: &NearPair) -> String {
    let bits = pair.bits.map(|b| format!("recordings {b:.1} wrong bits of 32 apart"));
    let tune = pair.eighths.map(|e| format!("tunes share {e:.0} eighths"));
    let known: Vec<String> = bits.into_iter().chain(tune).collect();
    if known.is_empty() {
        return "too short to be compared".to_owned();
    }
    format!("no passage in common; {}", known.join(", "))
}

/// The passages of a pair, to see and to hear; `None` where they have none, or a track is gone.
pub fn side_by_side(pair: &NearPair, facts: &Facts) -> Option<Overlay> {
    let (_, member) = facts.track(&pair.first)?;
    let passages: Vec<Passage> = pair.evidence.iter().map(|e| Passage::of(e, facts)).collect();
    if passages.is_empty() {
        return None;
    }
    let lines = vec![
        (format!("{} and {}", member.track.title, facts.title(&pair.second)), Role::Text),
        (figures_only(pair), Role::Dim),
    ];
    let first = facts.sound_of(&member.track);
    let evidence = Evidence::new("Why the two are near", first, None, passages, lines);
    Some(Overlay::Evidence(Box::new(evidence.of_track(pair.first.clone()))))
}

fn figures_only(pair: &NearPair) -> String {
    let bits = pair.bits.map_or_else(|| "-".to_owned(), |b| format!("{b:.1}"));
    let eighths = pair.eighths.map_or_else(|| "-".to_owned(), |e| format!("{e:.0}"));
    format!("recordings: {bits} wrong bits of 32; tunes: {eighths} matching eighths")
}
