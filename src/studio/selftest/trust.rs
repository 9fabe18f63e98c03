//! The copy check, tried on copies that are planted and on music that copied nothing.
//!
//! Pieces are made on the spot; on a dataset, its own tracks are copied from. What is asked is the
//! product's own judge, made as a finetune's is. Two controls must hold: a take without the bounds of
//! a performance is a copy, and the base, which never heard the tracks, copies nothing. Must never
//! write to the store, nor decide anything that [`crate::judge`] decides.

use super::super::checking::{not_heard, references};
use super::super::evaluation::candidate;
use super::super::importing::locate;
use super::super::local::Inner;
use super::super::reseeding::ACCEPTED;
use super::plants::{Change, Source, memorised, mono, plant};
use crate::audio::Audio;
use crate::audio::decode::read_part;
use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::limits::Limits;
use crate::domain::take::TakeRequest;
use crate::domain::track::Track;
use crate::domain::verdict::{CopyClass, CopyVerdict, Evidence, Layer};
use crate::domain::work::{StopToken, Unobserved};
use crate::engine::Engine;
use crate::engine::resident::Resident;
use crate::judge::accuracy::interval::clopper_pearson;
use crate::judge::class::{Pair, alone, pairs};
use crate::judge::own::evenly;
use crate::judge::verdict::Candidate;
use crate::judge::{Judge, Own, Reference};
use crate::studio::StudioError;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Length of each piece, and of what is copied from a track, seconds.
const SECONDS: f64 = 32.0;
/// Tracks of a dataset that are looked at for each that is copied from.
const TRACKS_EACH: usize = 2;
/// Sources that a memorised take is made of.
const MEMORISED: usize = 4;
/// Kinds of pieces, each with its tempo. Every round through them has other tempi and keys.
const KINDS: [(&str, f64); 10] = [
    ("techno", 126.0),
    ("folk", 96.0),
    ("rock", 138.0),
    ("jazz", 112.0),
    ("waltz in 3/4", 150.0),
    ("synthwave", 104.0),
    ("pop", 118.0),
    ("hip hop", 88.0),
    ("film score", 74.0),
    ("drum and bass", 172.0),
];
const KEYS: [&str; 12] = [
    "A minor", "G major", "E minor", "F major", "D minor", "C major", "B minor", "Bb major",
    "F# minor", "D major", "C minor", "Eb major",
];

/// What is to be tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Pieces or tracks to copy from; as many pieces are made that copy nothing.
    pub pieces: u64,
    /// Seed of what is made.
    pub seed: u64,
    /// Whose tracks are copied from; `None` for pieces made here.
    pub dataset: Option<&'a DatasetName>,
}

/// How often something was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// How often.
    pub found: usize,
    /// Of how many.
    pub of: usize,
    /// Lower end of the exact 95 % interval of the share (Clopper & Pearson).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Rate {
    fn new(found: usize, of: usize) -> Self {
        let (low, high) = clopper_pearson(found, of);
        Self { found, of, low, high }
    }
}

/// How often the copy check found something, and each of its layers alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What it was asked about.
    pub what: &'static str,
    /// Classes A to C.
    pub verdict: Rate,
    /// Classes A and B: the recording layer.
    pub recording: Rate,
    /// Class C: the notes layer.
    pub notes: Rate,
}

/// Something that must come out one way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Control {
    /// "memorise" or "base".
    pub name: &'static str,
    /// Whether it came out so.
    pub holds: bool,
    /// Takes that it was tried with.
    pub takes: usize,
    /// Takes that came out otherwise, in words.
    pub against: Vec<String>,
}

/// What came of the trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The dataset; `None` for pieces made here.
    pub dataset: Option<DatasetName>,
    /// Tracks that everything was compared with.
    pub tracks: usize,
    /// Of how many: of large datasets an even choice is looked at.
    pub of_tracks: usize,
    /// Pieces that copied nothing.
    pub strangers: usize,
    /// The seed.
    pub seed: u64,
    /// Planted copies: found are those whose evidence names the track that was copied.
    pub planted: Vec<Line>,
    /// What copied nothing: found is a false alarm, or, in a dataset, real reuse.
    pub false_alarms: Vec<Line>,
    /// What was found where nothing was planted, in words.
    pub named: Vec<String>,
    /// The controls.
    pub controls: Vec<Control>,
    /// Whether both hold.
    pub holds: bool,
}

/// Whom to tell how far it is.
pub type Told<'a> = &'a (dyn Fn(&str) + Sync);

/// Runs the trial.
pub fn trust(
    inner: &Inner,
    trial: Trial<'_>,
    stop: &StopToken,
    told: Told<'_>,
) -> Result<Report, StudioError> {
    inner.pool.install(|| Bench::new(inner, trial, stop, told)?.report())
}

/// Everything that the trial is made with.
struct Bench<'a> {
    trial: Trial<'a>,
    tracks: Vec<Reference>,
    of_tracks: usize,
    judge: Judge,
    /// Which of the tracks each source is.
    sources: Vec<(usize, Source)>,
    strangers: Vec<(Audio, Reference)>,
    /// Pieces of the same wishes as the first of the tracks.
    again: Vec<Reference>,
    titles: Vec<String>,
    stop: &'a StopToken,
    told: Told<'a>,
}

impl<'a> Bench<'a> {
    fn new(
        inner: &Inner,
        trial: Trial<'a>,
        stop: &'a StopToken,
        told: Told<'a>,
    ) -> Result<Self, StudioError> {
        let limits = &inner.config.settings.limits;
        let count = trial.pieces as usize;
        let make = |wishes: Range<usize>, seed: u64, what: &str| {
            pieces(limits, wishes, trial.seed.wrapping_add(seed), (what, stop, told))
        };
        let ((made, of_tracks), again) = match trial.dataset {
            Some(name) => (chosen(inner, name, count, told)?, Vec::new()),
            None => {
                let made = Made::of(make(0..count, 0, "pieces to copy from")?);
                ((made, count), make(0..count.div_ceil(2), 1_000, "the same wishes once more")?)
            }
        };
        let again = again.into_iter().map(|(_, r)| r).collect();
        let others = make(count..2 * count, 2_000, "pieces that copy nothing")?;
        let strangers = others.into_iter().map(|(s, r)| (s.audio, r)).collect();
        told("measuring the tracks against one another");
        let judge = Judge::new(made.tracks.clone(), 0);
        judge.own();
        let Made { tracks, sources, titles } = made;
        Ok(Self { trial, tracks, of_tracks, judge, sources, strangers, again, titles, stop, told })
    }

    fn report(&self) -> Result<Report, StudioError> {
        let mut planted = Vec::new();
        let scores: &[Change] = if self.trial.dataset.is_none() { &Change::OF_SCORES } else { &[] };
        for change in Change::OF_RECORDINGS.iter().chain(scores) {
            planted.push(self.planted(*change)?);
        }
        let (false_alarms, named) = self.false_alarms()?;
        let controls = vec![self.memorise()?, self.base()];
        Ok(Report {
            dataset: self.trial.dataset.cloned(),
            tracks: self.tracks.len(),
            of_tracks: self.of_tracks,
            strangers: self.strangers.len(),
            seed: self.trial.seed,
            planted,
            false_alarms,
            named,
            holds: controls.iter().all(|c| c.holds),
            controls,
        })
    }

    /// Plants one change of every source and asks the judge.
    fn planted(&self, change: Change) -> Result<Line, StudioError> {
        let seen: Vec<Seen> = self
            .sources
            .par_iter()
            .enumerate()
            .map(|(n, (track, source))| {
                self.stop.check()?;
                let other = &self.strangers[n % self.strangers.len()].0;
                let Some(copy) = plant(change, source, n % 2 == 0, other, self.stop)? else {
                    return Ok(None);
                };
                let copy = self.judge.judge(&candidate(&copy)?).copy;
                Ok(Some(Seen::of(&copy, Some(&self.tracks[*track].track_id))))
            })
            .collect::<Result<Vec<_>, StudioError>>()?
            .into_iter()
            .flatten()
            .collect();
        let line = Line::new(change.words(), &seen);
        (self.told)(&format!("{}: {} of {} found", line.what, line.verdict.found, line.verdict.of));
        Ok(line)
    }

    /// Pairs that have nothing to do with each other, and the dataset's own tracks, each as if it
    /// were a take of the others.
    fn false_alarms(&self) -> Result<(Vec<Line>, Vec<String>), StudioError> {
        (self.told)("comparing what copied nothing");
        let mut lines = Vec::new();
        let mut named = Vec::new();
        let strangers: Vec<&Reference> = self.strangers.iter().map(|(_, r)| r).collect();
        let own: Vec<&Reference> = self.tracks.iter().collect();
        let all: Vec<&Reference> = own.iter().chain(&strangers).copied().collect();
        let compared = pairs(&all);
        self.stop.check()?;
        // Tracks of a dataset may really share something with one another: only what was made here
        // is known to be unrelated.
        let apart = |pair: &&Pair| self.trial.dataset.is_none() || pair.0 >= own.len();
        let seen = compared
            .iter()
            .filter(apart)
            .map(|(i, j, _, found)| Seen::of(&alone(all[*i], all[*j], found), None));
        lines.push(Line::new("two unrelated pieces", &seen.collect::<Vec<_>>()));
        if !self.again.is_empty() {
            let wishes = self.again.iter().zip(&own);
            let seen = wishes.map(|(take, track)| {
                let found = pairs(&[*track, take]);
                found.first().map_or_else(Seen::default, |(.., found)| {
                    Seen::of(&alone(take, track, found), None)
                })
            });
            lines.push(Line::new("one wish made twice, other seeds", &seen.collect::<Vec<_>>()));
        }
        let among: Vec<Pair> = compared.into_iter().filter(|p| p.0 < own.len()).collect();
        let unseen = (0..own.len()).map(|n| self.unseen(n, &among));
        let verdicts: Vec<CopyVerdict> = unseen.collect();
        for (n, copy) in verdicts.iter().enumerate().filter(|(_, v)| copied(v)) {
            named.push(format!("{}: {}", self.titles[n], self.with_titles(&copy.words)));
        }
        let seen: Vec<Seen> = verdicts.iter().map(|v| Seen::of(v, None)).collect();
        lines.push(Line::new("a track, judged against the others", &seen));
        Ok((lines, named))
    }

    /// The verdict on one of the tracks as if it were a take of the others.
    fn unseen(&self, track: usize, among: &[Pair]) -> CopyVerdict {
        let rest = self.tracks.iter().enumerate().filter(|(n, _)| *n != track);
        let rest: Vec<Reference> = rest.map(|(_, r)| r.clone()).collect();
        let own = Own::without(self.tracks.len(), among, track);
        let Reference { fingerprint, notes, profile, .. } = self.tracks[track].clone();
        let take = Candidate { fingerprint, notes, profile };
        Judge::new(rest, 0).knowing(own).judge(&take).copy
    }

    /// Takes of long stretches of a track: each must be called a copy of it.
    fn memorise(&self) -> Result<Control, StudioError> {
        let tried = &self.sources[..self.sources.len().min(MEMORISED)];
        let mut against = Vec::new();
        for (track, source) in tried {
            self.stop.check()?;
            let copy = self.judge.judge(&candidate(&memorised(&source.audio))?).copy;
            let id = &self.tracks[*track].track_id;
            let named = copy.evidence.first().is_some_and(|e| e.track_id == *id);
            if !(matches!(copy.class, Some(CopyClass::A | CopyClass::C)) && named) {
                against.push(format!("{}: {}", self.titles[*track], self.with_titles(&copy.words)));
            }
        }
        Ok(Control::new("memorise", tried.len(), against))
    }

    /// Pieces of the base, which knows nothing of the tracks: none may be called a copy.
    fn base(&self) -> Control {
        let verdicts: Vec<CopyVerdict> = self
            .strangers
            .par_iter()
            .map(|(_, piece)| {
                let Reference { fingerprint, notes, profile, .. } = piece.clone();
                self.judge.judge(&Candidate { fingerprint, notes, profile }).copy
            })
            .collect();
        let against = verdicts.iter().enumerate().filter(|(_, v)| copied(v));
        let words = |(n, copy): (usize, &CopyVerdict)| {
            format!("piece {} of the base: {}", n + 1, self.with_titles(&copy.words))
        };
        Control::new("base", verdicts.len(), against.map(words).collect())
    }

    /// Words with the names of tracks in place of their ids.
    fn with_titles(&self, words: &str) -> String {
        let ids = self.tracks.iter().map(|t| t.track_id.as_str());
        ids.zip(&self.titles).fold(words.to_owned(), |words, (id, title)| words.replace(id, title))
    }
}

impl Control {
    fn new(name: &'static str, takes: usize, against: Vec<String>) -> Self {
        Self { name, holds: takes > 0 && against.is_empty(), takes, against }
    }
}

/// Whether a verdict says that a take is a copy: what the product would not hand out.
fn copied(copy: &CopyVerdict) -> bool {
    copy.class.is_some_and(|c| c < ACCEPTED)
}

/// What was seen in one take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Seen {
    recording: bool,
    notes: bool,
}

impl Seen {
    /// In a verdict; of one track where it is named.
    fn of(copy: &CopyVerdict, source: Option<&TrackId>) -> Self {
        let found = |layer: Layer| {
            let counts = |e: &Evidence| {
                e.layer == layer
                    && e.class.is_some_and(|c| c < ACCEPTED)
                    && source.is_none_or(|s| e.track_id == *s)
            };
            copy.evidence.iter().any(counts)
        };
        Self { recording: found(Layer::Audio), notes: found(Layer::Notes) }
    }
}

impl Line {
    fn new(what: &'static str, seen: &[Seen]) -> Self {
        let rate =
            |of: fn(&Seen) -> bool| Rate::new(seen.iter().filter(|s| of(s)).count(), seen.len());
        Self {
            what,
            verdict: rate(|s| s.recording || s.notes),
            recording: rate(|s| s.recording),
            notes: rate(|s| s.notes),
        }
    }
}

/// Tracks as judging needs them, those that are copied from, and their names.
struct Made {
    tracks: Vec<Reference>,
    sources: Vec<(usize, Source)>,
    titles: Vec<String>,
}

impl Made {
    fn of(pieces: Vec<(Source, Reference)>) -> Self {
        let titles = (0..pieces.len()).map(|n| format!("piece {}", n + 1)).collect();
        let (sources, tracks): (Vec<Source>, Vec<Reference>) = pieces.into_iter().unzip();
        Self { tracks, sources: sources.into_iter().enumerate().collect(), titles }
    }
}

/// What a piece is to be: no two numbers wish for the same kind, tempo and key.
fn wish(number: usize) -> String {
    let (kind, bpm) = KINDS[number % KINDS.len()];
    let round = number / KINDS.len();
    let away = 0.07 * round.div_ceil(2) as f64;
    let bpm = bpm * if round.is_multiple_of(2) { 1.0 - away } else { 1.0 + away };
    format!("{kind}, {bpm:.0} bpm, {}", KEYS[(number + 5 * round) % KEYS.len()])
}

/// Makes pieces of the base by built-in synthesis, the same on every machine.
fn pieces(
    limits: &Limits,
    wishes: Range<usize>,
    seed: u64,
    (what, stop, told): (&str, &StopToken, Told<'_>),
) -> Result<Vec<(Source, Reference)>, StudioError> {
    let engine = Resident::new(limits.clone(), &[]);
    let (done, count) = (AtomicUsize::new(0), wishes.len());
    wishes
        .into_par_iter()
        .map(|number| {
            stop.check()?;
            let seed = seed.wrapping_add(number as u64);
            let request = TakeRequest::of(&wish(number), SECONDS, seed);
            let made = engine.generate(&request, None, &Unobserved, stop)?;
            let audio = mono(&made.audio);
            let hash = blake3::hash(format!("a piece of the trial with seed {seed}").as_bytes());
            let track_id = TrackId::from_hash(hash.as_bytes(), 1);
            let Candidate { fingerprint, notes, profile } = candidate(&audio)?;
            let reference = Reference { track_id, fingerprint, notes, profile };
            told(&format!("{what}: {} of {count}", done.fetch_add(1, Ordering::Relaxed) + 1));
            Ok((Source { audio, written: Some((made.plan, made.score)) }, reference))
        })
        .collect()
}

/// An even choice of a dataset's tracks, and stretches of some of them to copy from.
fn chosen(
    inner: &Inner,
    name: &DatasetName,
    count: usize,
    told: Told<'_>,
) -> Result<(Made, usize), StudioError> {
    let dataset = inner.store.dataset(name)?;
    let (all, _) = references(inner, &dataset)?;
    let included: Vec<&Track> = dataset.included().collect();
    let numbers = evenly(all.len(), count * TRACKS_EACH);
    let few = || StudioError::Usage(format!("{name} needs two tracks that take part in it"));
    if numbers.len() < 2 {
        return Err(few());
    }
    told(&format!("{} of {} tracks of {name} are looked at", numbers.len(), all.len()));
    let mut sources = Vec::new();
    for at in evenly(numbers.len(), count) {
        let track = included.get(numbers[at]).ok_or_else(few)?;
        sources.push((at, Source { audio: part(inner, track)?, written: None }));
    }
    let titles = numbers.iter().map(|n| included[*n].title.clone()).collect();
    let tracks = numbers.iter().map(|n| all[*n].clone()).collect();
    Ok((Made { tracks, sources, titles }, all.len()))
}

/// The middle of a track, or all of a short one.
fn part(inner: &Inner, track: &Track) -> Result<Audio, StudioError> {
    let spare_s = (track.duration_s() - SECONDS).max(0.0);
    let from_s = track.start_s + 0.5 * spare_s;
    let to_s = (from_s + SECONDS).min(track.end_s);
    let path = locate(inner, track);
    let read = read_part(&path, from_s, to_s, &inner.config.settings.limits)
        .map_err(|e| StudioError::Listen(e.into()))?;
    if read.frames() == 0 {
        return Err(not_heard(track));
    }
    Ok(mono(&read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn evidence(id: &TrackId, layer: Layer, class: CopyClass) -> Evidence {
        Evidence {
            track_id: id.clone(),
            layer,
            start_s: 0.0,
            end_s: 9.0,
            track_start_s: 0.0,
            track_end_s: 9.0,
            score: 1.0,
            transposition: 0,
            tempo_ratio: 1.0,
            landmarks: 30,
            class: Some(class),
        }
    }

    #[test]
    fn a_hit_names_the_track_that_was_copied() {
        let (source, other) = (TrackId::from_hash(&[1; 32], 1), TrackId::from_hash(&[2; 32], 1));
        let copy = CopyVerdict {
            evidence: vec![
                evidence(&source, Layer::Audio, CopyClass::B),
                evidence(&other, Layer::Notes, CopyClass::C),
                evidence(&source, Layer::Notes, CopyClass::D),
            ],
            ..CopyVerdict::default()
        };
        assert_eq!(Seen::of(&copy, Some(&source)), Seen { recording: true, notes: false });
        assert_eq!(Seen::of(&copy, Some(&other)), Seen { recording: false, notes: true });
        assert_eq!(Seen::of(&copy, None), Seen { recording: true, notes: true });
        let line = Line::new("both", &[Seen::of(&copy, Some(&source)), Seen::default()]);
        assert_eq!((line.verdict.found, line.verdict.of, line.notes.found), (1, 2, 0));
        assert!(line.verdict.low > 0.0 && line.verdict.high < 1.0);
    }

    #[test]
    fn no_two_pieces_are_of_one_wish() {
        let wishes: BTreeSet<String> = (0..80).map(wish).collect();
        assert_eq!(wishes.len(), 80);
    }

    #[test]
    fn a_control_that_was_never_tried_does_not_hold() {
        assert!(!Control::new("base", 0, Vec::new()).holds);
        assert!(Control::new("base", 1, Vec::new()).holds);
        assert!(!Control::new("base", 3, vec!["one is a copy".to_owned()]).holds);
    }
}
