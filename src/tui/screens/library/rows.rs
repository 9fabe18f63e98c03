//! Which tracks are listed, and in which order.

use crate::domain::dataset::Member;
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::listening::{Problem, Severity};
use crate::tui::facts::Facts;
use crate::tui::filter::{Filter, Subject};
use std::collections::BTreeSet;

/// A line of the list of datasets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Set {
    /// All tracks.
    #[default]
    All,
    /// A dataset.
    Dataset(DatasetName),
    /// Tracks with something to look at.
    Problems,
    /// Tracks nobody stated rights for.
    NoRights,
    /// Tracks left out of training.
    LeftOut,
}

impl Set {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::All => "all tracks",
            Self::Dataset(name) => name.as_str(),
            Self::Problems => "problems",
            Self::NoRights => "no rights",
            Self::LeftOut => "left out",
        }
    }
}

/// What the tracks are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// When they came in.
    #[default]
    Added,
    /// Title.
    Name,
    /// Length.
    Length,
    /// Tempo.
    Tempo,
    /// Key.
    Key,
    /// Loudness.
    Loudness,
    /// State, problems first.
    State,
}

impl Sort {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Name => "name",
            Self::Length => "length",
            Self::Tempo => "tempo",
            Self::Key => "key",
            Self::Loudness => "loudness",
            Self::State => "state",
        }
    }
}

/// Where a row's track is in the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowAt {
    /// Number of the dataset.
    pub dataset: usize,
    /// Number of the member.
    pub member: usize,
}

/// The lines of the list of datasets.
pub fn sets(facts: &Facts) -> Vec<Set> {
    let mut sets = vec![Set::All];
    sets.extend(facts.datasets.iter().map(|d| Set::Dataset(d.name.clone())));
    sets.extend([Set::Problems, Set::NoRights, Set::LeftOut]);
    sets
}

/// Problems of a track that a person should decide about.
pub fn serious<'a>(facts: &'a Facts, member: &Member) -> Vec<&'a Problem> {
    let sketch = facts.sketch(&member.track.track_id);
    let all = sketch.map_or(&[] as &[Problem], |s| s.problems.as_slice());
    all.iter().filter(|p| p.severity >= Severity::Warn).collect()
}

/// How many tracks a set has.
pub fn count(facts: &Facts, set: &Set) -> usize {
    match set {
        Set::Dataset(name) => facts.dataset(name).map_or(0, |d| d.members.len()),
        _ => {
            let members = facts.datasets.iter().flat_map(|d| &d.members);
            members.filter(|m| in_set(facts, m, set)).count()
        }
    }
}

fn in_set(facts: &Facts, member: &Member, set: &Set) -> bool {
    match set {
        Set::All | Set::Dataset(_) => true,
        Set::Problems => {
            member.excluded.is_none() && !member.accepted && !serious(facts, member).is_empty()
        }
        Set::NoRights => {
            let stated = facts.statements.get(&member.track.track_id);
            stated.is_none_or(|s| s.rights.is_none())
        }
        Set::LeftOut => member.excluded.is_some(),
    }
}

/// The rows of a set that pass a filter, in an order.
pub fn rows(
    facts: &Facts,
    set: &Set,
    filter: &Filter,
    sort: Sort,
    reverse: bool,
    marks: &BTreeSet<TrackId>,
) -> Vec<RowAt> {
    let mut rows = Vec::new();
    for (d, dataset) in facts.datasets.iter().enumerate() {
        if matches!(set, Set::Dataset(name) if *name != dataset.name) {
            continue;
        }
        for (m, member) in dataset.members.iter().enumerate() {
            let fits = in_set(facts, member, set)
                && (filter.is_empty()
                    || filter.passes(&subject(facts, dataset.name.as_str(), member, marks)));
            if fits {
                rows.push(RowAt { dataset: d, member: m });
            }
        }
    }
    order(facts, &mut rows, sort);
    if reverse {
        rows.reverse();
    }
    rows
}

fn subject<'a>(
    facts: &'a Facts,
    dataset: &'a str,
    member: &'a Member,
    marks: &BTreeSet<TrackId>,
) -> Subject<'a> {
    let sketch = facts.sketch(&member.track.track_id);
    Subject {
        title: &member.track.title,
        dataset,
        length_s: member.track.duration_s(),
        bpm: sketch.and_then(|s| s.tempo_bpm),
        lufs: sketch.and_then(|s| s.loudness_lufs),
        key: sketch.and_then(|s| s.key).map(|k| k.to_string()),
        rights: facts.rights(&member.track.track_id),
        state: if member.excluded.is_some() { "out" } else { "in" },
        problems: serious(facts, member).iter().map(|p| p.kind.word()).collect(),
        marked: marks.contains(&member.track.track_id),
    }
}

fn order(facts: &Facts, rows: &mut [RowAt], sort: Sort) {
    let member = |row: &RowAt| &facts.datasets[row.dataset].members[row.member];
    let sketch = |row: &RowAt| facts.sketch(&member(row).track.track_id);
    // What is not known comes last.
    let figure = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
    match sort {
        Sort::Added => {
            rows.sort_by(|a, b| member(a).track.imported_at.cmp(&member(b).track.imported_at));
        }
        Sort::Name => rows.sort_by_cached_key(|r| member(r).track.title.to_lowercase()),
        Sort::Length => {
            rows.sort_by(|a, b| {
                member(a).track.duration_s().total_cmp(&member(b).track.duration_s())
            });
        }
        Sort::Tempo => {
            let key = |r: &RowAt| figure(sketch(r).and_then(|s| s.tempo_bpm));
            rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
        }
        Sort::Loudness => {
            let key = |r: &RowAt| figure(sketch(r).and_then(|s| s.loudness_lufs));
            rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
        }
        Sort::Key => rows.sort_by_cached_key(|r| {
            let key = sketch(r).and_then(|s| s.key);
            (key.is_none(), key.map(|k| k.to_string()))
        }),
        Sort::State => rows.sort_by_cached_key(|r| {
            let m = member(r);
            let worst = serious(facts, m).iter().map(|p| p.severity).max();
            (m.excluded.is_some(), std::cmp::Reverse(worst))
        }),
    }
}
