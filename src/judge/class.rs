//! The copy class of a take, A to E, from what the layers found.
//!
//! The strongest evidence decides; nothing is averaged. A, B and C always come with the passages they
//! rest on. D and E are only given where every layer could look at every track; where one could not,
//! there is no class, and the reason is said. Must never call a take a copy of what the artist's own
//! tracks share, nor clear it: E is "nothing found in these tracks", no more.

use super::groove::{self, GrooveLikeness};
use super::notes::{Notes, answers};
use super::own::Own;
use super::recording::{Finding, Passage, Query, RecordingEvidence, Track};
use super::tune::{self, Likeness, NotMeasured, Prepared, TuneSpan, rules};
use super::{Fingerprint, Reference};
use crate::domain::ids::TrackId;
use crate::domain::time::clock;
use crate::domain::verdict::{CopyClass, CopyVerdict, Evidence, Layer};
use rayon::prelude::*;
use std::sync::OnceLock;

/// Tracks over which a tune's likeness may be scattered before one of them must dominate.
const SCATTERED: usize = 3;
/// Share of the matched seconds that the dominant track must hold.
const DOMINANT: f64 = 0.3;
/// Tracks from which a rank among them says something: of fewer, a take is the nearest more than one
/// time in ten by chance alone.
const RANKED_FROM: usize = 9;

/// What was measured between a take and a track, or between two tracks.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The recordings.
    pub recording: RecordingEvidence,
    /// The tunes, or why they could not be compared.
    pub tune: Result<Likeness, NotMeasured>,
    /// The beats; `None` where either has too few bars.
    pub groove: Option<GrooveLikeness>,
}

/// A take made ready to be compared with many tracks.
pub struct Asked<'a> {
    query: Query<'a>,
    tune: Result<Prepared, NotMeasured>,
    notes: &'a Notes,
}

impl<'a> Asked<'a> {
    /// The costly part, once for all tracks.
    pub fn new(print: &'a Fingerprint, notes: &'a Notes) -> Self {
        Self { query: Query::new(print), tune: ready(notes), notes }
    }

    /// Compares with a track.
    pub fn compare(&self, known: &Known<'_>) -> Compared {
        let tune = match (&self.tune, &known.tune) {
            (Ok(take), Ok(track)) => Ok(tune::compare(take, track)),
            // A reason that leaves the question open goes before one that answers it.
            (Err(a), Err(b)) => Err(if answers(*a) { *b } else { *a }),
            (Err(a), _) => Err(*a),
            (_, Err(b)) => Err(*b),
        };
        let groove = match (&self.notes.groove, &known.notes.groove) {
            (Ok(take), Ok(track)) => groove::compare(take, track),
            _ => None,
        };
        Compared { recording: self.query.compare(&known.track), tune, groove }
    }
}

/// A track made ready.
pub struct Known<'a> {
    track: Track<'a>,
    tune: Result<Prepared, NotMeasured>,
    notes: &'a Notes,
}

impl<'a> Known<'a> {
    /// Prepares it.
    pub fn new(print: &'a Fingerprint, notes: &'a Notes) -> Self {
        Self { track: Track::new(print), tune: ready(notes), notes }
    }
}

fn ready(notes: &Notes) -> Result<Prepared, NotMeasured> {
    match &notes.tune {
        Ok(sketch) => Prepared::new(sketch),
        Err(why) => Err(*why),
    }
}

/// What two of several tracks have in common: their numbers, the second the smaller, seconds of the
/// shorter one, and what was compared.
pub type Pair = (usize, usize, f64, Compared);

/// Compares every two tracks.
pub fn pairs(tracks: &[&Reference]) -> Vec<Pair> {
    pairs_beyond(tracks, &|_, _| None)
}

/// The same where some comparisons are known by the numbers of the two: they are not made again.
pub fn pairs_beyond(
    tracks: &[&Reference],
    known: &(dyn Fn(usize, usize) -> Option<Compared> + Sync),
) -> Vec<Pair> {
    // Making a track ready costs; one whose pairs are all known is not.
    let ready: Vec<OnceLock<Known<'_>>> = tracks.iter().map(|_| OnceLock::new()).collect();
    let rows: Vec<Vec<Pair>> = (0..tracks.len())
        .into_par_iter()
        .map(|i| {
            let asked = OnceLock::new();
            let compare = |j: usize| {
                let asked =
                    asked.get_or_init(|| Asked::new(&tracks[i].fingerprint, &tracks[i].notes));
                let other = &tracks[j];
                asked.compare(ready[j].get_or_init(|| Known::new(&other.fingerprint, &other.notes)))
            };
            let seconds = |n: usize| tracks[n].fingerprint.seconds();
            let shorter_s = |j: usize| seconds(i).min(seconds(j));
            let found = |j: usize| known(i, j).unwrap_or_else(|| compare(j));
            (0..i).map(|j| (i, j, shorter_s(j), found(j))).collect()
        })
        .collect();
    rows.concat()
}

/// Measures a dataset's tracks against one another.
pub fn own(references: &[Reference]) -> Own {
    let chosen: Vec<&Reference> =
        super::own::chosen(references.len()).into_iter().map(|i| &references[i]).collect();
    Own::new(chosen.len(), &pairs(&chosen))
}

/// Fewest wrong bits of 32 of any window, of takes and of tracks that stand for unseen ones: each take
/// against the tracks, and the middle of each track, as long as a take, against all others. Versions of
/// one recording are left out. A whole track has more windows than a take, and one of them comes nearer
/// by chance. Of large datasets an even choice is looked at.
pub fn nearest_bits(
    takes: &[Fingerprint],
    references: &[Reference],
    seconds: f64,
) -> (Vec<f64>, Vec<f64>) {
    let chosen: Vec<&Reference> =
        super::own::chosen(references.len()).into_iter().map(|i| &references[i]).collect();
    let tracks: Vec<Track<'_>> = chosen.par_iter().map(|r| Track::new(&r.fingerprint)).collect();
    // All but one of the tracks, and only those that are no version of what is asked.
    let nearest = |print: &Fingerprint, left_out: Option<usize>| {
        let query = Query::new(print);
        let others = tracks.iter().enumerate().filter(|(n, _)| Some(*n) != left_out);
        let found = others.map(|(_, track)| query.compare(track));
        let strangers = found
            .filter(|found| left_out.is_none() || !super::own::version(found, print.seconds()));
        strangers.filter_map(|found| found.bits).min_by(f64::total_cmp)
    };
    let of_takes: Vec<Option<f64>> = takes.par_iter().map(|take| nearest(take, None)).collect();
    let of_tracks: Vec<Option<f64>> = chosen
        .par_iter()
        .enumerate()
        .map(|(n, track)| nearest(&track.fingerprint.middle(seconds), Some(n)))
        .collect();
    (of_takes.into_iter().flatten().collect(), of_tracks.into_iter().flatten().collect())
}

/// The verdict on a track as if it were a take and another one the only track.
pub fn alone(take: &Reference, track: &Reference, found: &Compared) -> CopyVerdict {
    let found = [(&track.track_id, found.clone())];
    verdict(&found, &take.notes, take.fingerprint.seconds(), &Own::default())
}

/// What the copy check says of a take.
pub fn copy(
    print: &Fingerprint,
    notes: &Notes,
    references: &[Reference],
    own: &Own,
) -> CopyVerdict {
    let asked = Asked::new(print, notes);
    let found: Vec<(&TrackId, Compared)> = references
        .par_iter()
        .map(|r| (&r.track_id, asked.compare(&Known::new(&r.fingerprint, &r.notes))))
        .collect();
    verdict(&found, notes, print.seconds(), own)
}

/// The verdict on what was found in each track; `notes` and `seconds` are the take's.
pub fn verdict(
    found: &[(&TrackId, Compared)],
    notes: &Notes,
    seconds: f64,
    own: &Own,
) -> CopyVerdict {
    let mut evidence: Vec<Evidence> = Vec::new();
    for (id, compared) in found {
        evidence.extend(recordings(id, &compared.recording, own));
        evidence.extend(tunes(id, compared, own));
        evidence.extend(grooves(id, compared, own));
    }
    without_scatter(&mut evidence);
    evidence.sort_by(|a, b| a.class.cmp(&b.class).then(strength(b).total_cmp(&strength(a))));
    let nearest = found
        .iter()
        .filter_map(|(id, c)| Some((c.recording.bits?, *id)))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let open = open_questions(found, notes);
    let worst = evidence.iter().filter_map(|e| e.class).min();
    let shared = worst.is_some() || found.iter().any(|(_, c)| progression(c, own));
    let copied: Vec<(f64, f64)> = evidence
        .iter()
        .filter(|e| e.class.is_some_and(|c| c <= CopyClass::C))
        .map(|e| (e.start_s, e.end_s))
        .collect();
    let copied_s = union_s(copied);
    let class = match worst {
        Some(class) if class <= CopyClass::C => Some(class),
        _ if open.is_some() => None,
        _ if shared => Some(CopyClass::D),
        _ => Some(CopyClass::E),
    };
    let rank = nearest.map(|(bits, _)| own.rank(bits));
    let mut verdict = CopyVerdict {
        class,
        layers_checked: layers(found, notes),
        reason: if class.is_none() { open } else { None },
        copied_s,
        copied_share: if seconds > 0.0 { (copied_s / seconds).min(1.0) } else { 0.0 },
        nearest_bits: nearest.map(|(bits, _)| bits),
        nearest_track: nearest.map(|(_, id)| id.clone()),
        rank: rank.map(|r| r.0),
        of: rank.map_or(0, |r| r.1),
        evidence,
        own_nearest_bits: own.bits.clone(),
        tracks_compared: found.len(),
        words: String::new(),
    };
    verdict.words = words(&verdict, own);
    verdict
}

/// How strong a piece of evidence is, for the order within a class.
fn strength(evidence: &Evidence) -> f64 {
    match evidence.layer {
        Layer::Audio => 32.0 - evidence.score,
        _ => evidence.score,
    }
}

/// Passages of the same recording, and shared loops.
fn recordings(id: &TrackId, found: &RecordingEvidence, own: &Own) -> Vec<Evidence> {
    if found.loops_only() {
        return found.landmark_spans.iter().take(8).map(|span| looped(id, *span, found)).collect();
    }
    let least = own.altered_bits.unwrap_or(f64::MAX);
    let class = |p: &Passage| match found.finding_of(p) {
        Some(Finding::Copied) => Some(CopyClass::A),
        Some(Finding::Altered) if p.bits < least => Some(CopyClass::B),
        Some(_) => Some(CopyClass::D),
        None => None,
    };
    let of = |p: &Passage| Evidence {
        track_id: id.clone(),
        layer: Layer::Audio,
        start_s: p.start_s,
        end_s: p.end_s,
        track_start_s: p.track_start_s,
        track_end_s: p.track_end_s,
        score: p.bits,
        transposition: p.semitones.round() as i32,
        tempo_ratio: p.tempo_ratio,
        landmarks: p.landmarks,
        class: class(p),
    };
    found.passages.iter().map(of).filter(|e| e.class.is_some()).collect()
}

fn looped(id: &TrackId, (start_s, end_s): (f64, f64), found: &RecordingEvidence) -> Evidence {
    Evidence {
        track_id: id.clone(),
        layer: Layer::Audio,
        start_s,
        end_s: end_s.max(start_s + 0.1),
        track_start_s: (start_s + found.landmark_distance_s).max(0.0),
        track_end_s: (end_s + found.landmark_distance_s).max(0.1),
        score: found.bits.unwrap_or(32.0),
        transposition: 0,
        tempo_ratio: 1.0,
        landmarks: found.landmarks,
        class: Some(CopyClass::D),
    }
}

/// Passages with the same tune.
fn tunes(id: &TrackId, compared: &Compared, own: &Own) -> Vec<Evidence> {
    let Ok(like) = &compared.tune else { return Vec::new() };
    let of = |span: &TuneSpan| Evidence {
        track_id: id.clone(),
        layer: Layer::Notes,
        start_s: span.start_s,
        end_s: span.end_s,
        track_start_s: span.track_start_s,
        track_end_s: span.track_end_s,
        score: f64::from(span.eighths),
        transposition: span.transposition,
        tempo_ratio: span.tempo_ratio,
        landmarks: 0,
        class: rules::copied(span.eighths, own.notes()).then_some(CopyClass::C),
    };
    // What stays under every line is no evidence: all music shares short figures.
    like.spans.iter().map(of).filter(|e| e.class.is_some()).collect()
}

/// Four bars of the same beat: information only.
fn grooves(id: &TrackId, compared: &Compared, own: &Own) -> Option<Evidence> {
    let like = compared.groove.filter(|g| rules::same_beat(g.score, own.notes()))?;
    Some(Evidence {
        track_id: id.clone(),
        layer: Layer::Groove,
        start_s: like.start_s,
        end_s: like.end_s,
        track_start_s: like.track_start_s,
        track_end_s: like.track_end_s,
        score: f64::from(like.score),
        transposition: 0,
        tempo_ratio: 1.0,
        landmarks: 0,
        class: Some(CopyClass::D),
    })
}

fn progression(compared: &Compared, own: &Own) -> bool {
    compared.tune.as_ref().is_ok_and(|like| rules::same_progression(like, own.notes()))
}

/// Tunes that are a little like many tracks and like none most are what the artist always writes:
/// one of more than three tracks must hold a good part of the matched seconds.
fn without_scatter(evidence: &mut [Evidence]) {
    let is_tune = |e: &&Evidence| e.class == Some(CopyClass::C);
    let mut tracks: Vec<TrackId> =
        evidence.iter().filter(is_tune).map(|e| e.track_id.clone()).collect();
    tracks.sort();
    tracks.dedup();
    if tracks.len() <= SCATTERED {
        return;
    }
    let seconds = |id: Option<&TrackId>| {
        let of = evidence.iter().filter(is_tune).filter(|e| id.is_none_or(|id| e.track_id == *id));
        union_s(of.map(|e| (e.start_s, e.end_s)).collect())
    };
    let most = tracks.iter().map(|id| seconds(Some(id))).fold(0.0, f64::max);
    if most < DOMINANT * seconds(None) {
        let tunes = evidence.iter_mut().filter(|e| e.class == Some(CopyClass::C));
        tunes.for_each(|e| e.class = Some(CopyClass::D));
    }
}

/// Layers that looked at every track, or found that there is nothing to look at.
fn layers(found: &[(&TrackId, Compared)], notes: &Notes) -> Vec<Layer> {
    let mut layers = Vec::new();
    if !found.is_empty() && found.iter().all(|(_, c)| c.recording.bits.is_some()) {
        layers.push(Layer::Audio);
    }
    if !found.is_empty() && found.iter().all(|(_, c)| answered(&c.tune)) {
        layers.push(Layer::Notes);
    }
    if !found.is_empty() && notes.groove.as_ref().map_or_else(|e| answers(*e), |_| true) {
        layers.push(Layer::Groove);
    }
    layers
}

fn answered(tune: &Result<Likeness, NotMeasured>) -> bool {
    tune.as_ref().map_or_else(|why| answers(*why), |_| true)
}

/// What keeps the check from being whole, if anything.
fn open_questions(found: &[(&TrackId, Compared)], notes: &Notes) -> Option<String> {
    if found.is_empty() {
        return Some("there is no track to compare with".to_owned());
    }
    let dumb: Vec<&TrackId> =
        found.iter().filter(|(_, c)| c.recording.bits.is_none()).map(|(id, _)| *id).collect();
    if dumb.len() == found.len() {
        return Some(
            "recordings are compared in windows of eight seconds, and either the take or every \
             track is shorter than one (about 11 s), or silent"
                .to_owned(),
        );
    }
    if !dumb.is_empty() {
        return Some(format!(
            "of {} tracks these are too short or too silent to be compared: {}",
            found.len(),
            list(&dumb)
        ));
    }
    if let Err(why) = notes.tune.as_ref().map_err(|why| *why)
        && !answers(why)
    {
        return Some(format!("the take's tune could not be looked at: {why}"));
    }
    let open = found.iter().filter_map(|(id, c)| match &c.tune {
        Err(why) if !answers(*why) => Some((*id, *why)),
        _ => None,
    });
    let open: Vec<(&TrackId, NotMeasured)> = open.collect();
    if let Some((_, why)) = open.first() {
        let ids: Vec<&TrackId> = open.iter().map(|(id, _)| *id).collect();
        return Some(format!("the tune of {} could not be looked at: {why}", list(&ids)));
    }
    match &notes.groove {
        Err(why) if !answers(*why) => {
            Some(format!("the take's beat could not be looked at: {why}"))
        }
        _ => None,
    }
}

fn list(ids: &[&TrackId]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(|id| id.as_str()).collect();
    match ids.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", shown.join(", ")),
        None => shown.join(", "),
    }
}

/// One sentence for people; tracks are named by whoever shows it.
fn words(verdict: &CopyVerdict, own: &Own) -> String {
    let best = verdict.evidence.first();
    let span = best.map_or_else(String::new, |e| {
        format!(
            "{}-{} of it and {}-{} of {}",
            clock(e.start_s),
            clock(e.end_s),
            clock(e.track_start_s),
            clock(e.track_end_s),
            e.track_id
        )
    });
    let change = best.map(Evidence::change).filter(|c| !c.is_empty());
    let change = change.map_or_else(String::new, |c| format!(" ({c})"));
    match verdict.class {
        Some(CopyClass::A) => format!("contains a recording: {span} are the same"),
        Some(CopyClass::B) => format!("contains an altered recording{change}: {span} are the same"),
        Some(CopyClass::C) => format!("follows a tune{change}: {span} go together"),
        Some(CopyClass::D) => {
            "shares a loop, a beat or a run of chords with the tracks, and no passage is copied"
                .to_owned()
        }
        Some(CopyClass::E) if own.bits.is_empty() => {
            "no copied passage; with so few tracks it cannot be said how alike they are themselves"
                .to_owned()
        }
        Some(CopyClass::E) => {
            let (rank, of) = (verdict.rank.unwrap_or(verdict.of), verdict.of);
            let few =
                if own.bits.len() < RANKED_FROM { "; of so few that says little" } else { "" };
            if rank == 1 {
                format!(
                    "no copied passage, though it comes nearer to a track than the tracks come to \
                     one another (rank 1 of {of}{few})"
                )
            } else {
                format!(
                    "no copied passage; no nearer to any track than the tracks are to one another \
                     (rank {rank} of {of}{few})"
                )
            }
        }
        None => format!(
            "no class: {}",
            verdict.reason.as_deref().unwrap_or("not every layer could look at every track")
        ),
    }
}

/// Seconds that spans cover together.
pub fn union_s(mut spans: Vec<(f64, f64)>) -> f64 {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut sum, mut reached) = (0.0, f64::MIN);
    for (start, end) in spans {
        sum += (end - start.max(reached)).max(0.0);
        reached = reached.max(end);
    }
    sum
}

#[cfg(test)]
mod tests;
