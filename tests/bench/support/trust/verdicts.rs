//! Whole verdicts on whole tracks: every track of an artist judged as if it were a take, against the
//! others. Nobody copied there; what is called a copy is a false alarm, or real reuse.

use leitmotif::domain::ids::TrackId;
use leitmotif::domain::limits::Limits;
use leitmotif::domain::listening::Pass;
use leitmotif::domain::verdict::{CopyClass, CopyVerdict};
use leitmotif::domain::work::StopToken;
use leitmotif::judge::class::{Asked, Compared, Known, verdict};
use leitmotif::judge::verdict::Candidate;
use leitmotif::judge::{self, Fingerprint, Judge, Notes, Own, Reference};
use leitmotif::listen::file::listen;
use leitmotif::listen::profile::SoundProfile;
use leitmotif::studio::clock::{Clock, SystemClock};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Seconds of a track that are looked at.
const MOST_S: f64 = 180.0;

/// A track as an import keeps it.
struct Whole {
    artist: String,
    title: String,
    id: TrackId,
    print: Fingerprint,
    notes: Notes,
}

fn heard(path: &Path, cache: &Path) -> Option<Whole> {
    let artist = path.parent()?.file_name()?.to_string_lossy().into_owned();
    let title = path.file_stem()?.to_string_lossy().into_owned();
    let id = TrackId::from_hash(blake3::hash(format!("{artist}/{title}").as_bytes()).as_bytes(), 1);
    let place = cache.join(format!("{artist}+{title}.heard"));
    let version = judge::VERSION.to_le_bytes();
    let kept = fs::read(&place).ok().and_then(|bytes| {
        postcard::from_bytes::<(Fingerprint, Notes)>(bytes.strip_prefix(&version)?).ok()
    });
    let (print, notes) = match kept {
        Some(kept) => kept,
        None => {
            let limits = Limits { track_max_s: MOST_S, ..Limits::default() };
            let stop = StopToken::default();
            let mut found = None;
            let _ = listen(path, &limits, Pass::Quick, &stop, |part, mono| {
                if found.is_none() {
                    let notes = Notes::new(&mono, &part.hearing.listening);
                    found = Fingerprint::new(&mono).ok().map(|print| (print, notes));
                }
                stop.stop();
            });
            let found = found?;
            let mut bytes = version.to_vec();
            bytes.extend(postcard::to_stdvec(&found).expect("it can be written"));
            fs::write(&place, bytes).expect("the cache can be written");
            found
        }
    };
    Some(Whole { artist, title, id, print, notes })
}

type Pairs = BTreeMap<(usize, usize), Compared>;

/// Judges at most `limit` tracks of each artist, and compares some of different artists.
pub fn verdicts(files: &[PathBuf], limit: usize, strangers: usize, cache: &Path) {
    let mut count: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let chosen: Vec<&PathBuf> = files
        .iter()
        .filter(|f| {
            let n = count.entry(f.parent().unwrap_or(f).to_owned()).or_default();
            *n += 1;
            *n <= limit
        })
        .collect();
    let tracks: Vec<Whole> = chosen.par_iter().filter_map(|f| heard(f, cache)).collect();
    let artists: BTreeMap<&str, Vec<usize>> =
        tracks.iter().enumerate().fold(BTreeMap::new(), |mut map, (i, t)| {
            map.entry(t.artist.as_str()).or_insert_with(Vec::new).push(i);
            map
        });
    println!("{} tracks of {} artists", tracks.len(), artists.len());
    let all: Vec<(usize, usize)> =
        (0..tracks.len()).flat_map(|i| (0..i).map(move |j| (i, j))).collect();
    let same = |p: &(usize, usize)| tracks[p.0].artist == tracks[p.1].artist;
    let others: Vec<(usize, usize)> = all.iter().copied().filter(|p| !same(p)).collect();
    let step = (others.len() / strangers.max(1)).max(1);
    let mut wanted: Vec<(usize, usize)> = all.iter().copied().filter(same).collect();
    wanted.extend(others.iter().copied().step_by(step).take(strangers));
    let clock = SystemClock::new();
    let begun = clock.cpu_s();
    let known: Vec<Known<'_>> = tracks.par_iter().map(|t| Known::new(&t.print, &t.notes)).collect();
    let rows: Vec<Vec<((usize, usize), Compared)>> = (0..tracks.len())
        .into_par_iter()
        .map(|i| {
            let mine: Vec<(usize, usize)> = wanted.iter().copied().filter(|p| p.0 == i).collect();
            if mine.is_empty() {
                return Vec::new();
            }
            let asked = Asked::new(&tracks[i].print, &tracks[i].notes);
            mine.into_iter().map(|p| (p, asked.compare(&known[p.1]))).collect()
        })
        .collect();
    println!("{} pairs: {:.0} CPU seconds", wanted.len(), clock.cpu_s() - begun);
    let pairs: Pairs = rows.into_iter().flatten().collect();
    spread("one artist", pairs.iter().filter(|(p, _)| same(p)));
    spread("different artists", pairs.iter().filter(|(p, _)| !same(p)));
    let mut classes: BTreeMap<Option<CopyClass>, usize> = BTreeMap::new();
    for (artist, own) in artists.iter().filter(|(_, own)| own.len() > 3) {
        for take in own {
            let copy = unseen(&tracks, own, *take, &pairs);
            *classes.entry(copy.class).or_default() += 1;
            println!("{artist}/{}: {:?} {}", tracks[*take].title, copy.class, copy.words);
        }
    }
    println!("classes of unseen tracks: {classes:?}");
    cost(&tracks);
}

/// The verdict on one track against the others of its artist.
fn unseen(tracks: &[Whole], own: &[usize], take: usize, pairs: &Pairs) -> CopyVerdict {
    let rest: Vec<usize> = own.iter().copied().filter(|t| *t != take).collect();
    let mut among = Vec::new();
    for (n, i) in rest.iter().enumerate() {
        for (m, j) in rest[..n].iter().enumerate() {
            let shorter = tracks[*i].print.seconds().min(tracks[*j].print.seconds());
            among.push((n, m, shorter, pairs[&(*i, *j)].clone()));
        }
    }
    let null = Own::new(rest.len(), &among);
    // Which of two is the query matters little.
    let found: Vec<(&TrackId, Compared)> = rest
        .iter()
        .map(|t| (&tracks[*t].id, pairs[&(take.max(*t), take.min(*t))].clone()))
        .collect();
    let track = &tracks[take];
    verdict(&found, &track.notes, track.print.seconds(), &null)
}

/// A figure of a pair, more for more alike.
type Measure = (&'static str, fn(&Compared) -> f64);

/// Quantiles of the figures of pairs.
fn spread<'a>(name: &str, pairs: impl Iterator<Item = (&'a (usize, usize), &'a Compared)>) {
    let all: Vec<&Compared> = pairs.map(|(_, c)| c).collect();
    let measures: [Measure; 4] = [
        ("bits, negative", |c| -c.recording.bits.unwrap_or(32.0)),
        ("eighths", |c| c.tune.as_ref().map_or(0.0, |t| f64::from(t.part))),
        ("progression", |c| c.tune.as_ref().map_or(0.0, |t| f64::from(t.progression))),
        ("groove", |c| c.groove.map_or(-1.0, |g| f64::from(g.score))),
    ];
    println!("{name}: {} pairs; 50, 90, 95, 98, 99, 99.9, 100 %", all.len());
    for (measure, of) in measures {
        let mut values: Vec<f64> = all.iter().map(|c| of(c)).collect();
        values.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let index = (part * values.len() as f64) as usize;
            values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
        };
        let line: Vec<String> =
            [0.5, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0].map(|p| format!("{:.1}", at(p))).to_vec();
        println!("  {measure}: {}", line.join(" "));
    }
}

/// Processor seconds of one verdict against forty tracks.
fn cost(tracks: &[Whole]) {
    let Some(longest) =
        tracks.iter().max_by(|a, b| a.print.seconds().total_cmp(&b.print.seconds()))
    else {
        return;
    };
    let references: Vec<Reference> = tracks
        .iter()
        .filter(|t| t.id != longest.id)
        .take(40)
        .map(|t| Reference {
            track_id: t.id.clone(),
            fingerprint: t.print.clone(),
            notes: t.notes.clone(),
            profile: SoundProfile::default(),
        })
        .collect();
    let seconds: f64 = references.iter().map(|r| r.fingerprint.seconds()).sum();
    let number = references.len();
    let judge = Judge::new(references, 0).knowing(Own::default());
    let take = Candidate {
        fingerprint: longest.print.clone(),
        notes: longest.notes.clone(),
        profile: SoundProfile::default(),
    };
    let clock = SystemClock::new();
    let begun = clock.cpu_s();
    let verdict = judge.judge(&take);
    println!(
        "a take of {:.0} s against {number} tracks of {:.0} s on average: {:.2} CPU seconds, class {:?}",
        longest.print.seconds(),
        seconds / number.max(1) as f64,
        clock.cpu_s() - begun,
        verdict.copy.class
    );
}
