//! Fingerprints of tracks and of their changed parts, kept in a folder so that a bench that was
//! stopped goes on where it was.

use super::changes::{self, CHANGES, Change};
use leitmotif::audio::decode::Decoder;
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::judge::{self, Fingerprint};
use leitmotif::listen::RATE_HZ;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shorter tracks are left out: there is no excerpt of 15 s in them.
const SHORTEST_S: f64 = 20.0;

/// A track, its artist and its fingerprint.
pub struct Work {
    /// The folder it lies in.
    pub artist: String,
    /// Its file name without ending.
    pub title: String,
    /// Where it is.
    pub path: PathBuf,
    /// Of the whole track.
    pub print: Fingerprint,
}

/// A changed part of a track.
pub struct Changed {
    /// Number of the track.
    pub work: usize,
    /// What was done.
    pub change: Change,
    /// What came out.
    pub print: Fingerprint,
}

/// Decodes as an import does and mixes to mono at the analysis rate.
pub fn mono(path: &Path) -> Option<Vec<f32>> {
    let mut decoder = Decoder::open(path, &Limits::default()).ok()?;
    let rate = decoder.info().rate_hz;
    let mut samples = Vec::new();
    while let Ok(Some(block)) = decoder.next_block() {
        let share = 1.0 / block.len() as f32;
        samples
            .extend((0..block[0].len()).map(|i| block.iter().map(|p| p[i]).sum::<f32>() * share));
    }
    resample_mono(&samples, rate, RATE_HZ).ok()
}

fn load(path: &Path) -> Option<Fingerprint> {
    let bytes = fs::read(path).ok()?;
    postcard::from_bytes(bytes.strip_prefix(&judge::VERSION.to_le_bytes())?).ok()
}

fn save(path: &Path, print: &Fingerprint) {
    let mut bytes = judge::VERSION.to_le_bytes().to_vec();
    bytes.extend(postcard::to_stdvec(print).expect("a fingerprint can be written"));
    let half = path.with_extension("half");
    fs::write(&half, bytes)
        .and_then(|()| fs::rename(&half, path))
        .expect("the cache can be written");
}

fn kept(cache: &Path, work: (&str, &str), change: &str) -> PathBuf {
    cache.join(format!("{}+{}+{change}.print", work.0, work.1))
}

/// Tracks in turn from each artist, with their fingerprints.
pub fn works(files: &[PathBuf], limit: usize, cache: &Path) -> Vec<Work> {
    let artist =
        |f: &Path| f.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    let mut artists: Vec<Vec<&PathBuf>> = Vec::new();
    for file in files {
        match artists.last_mut().filter(|a| a[0].parent() == file.parent()) {
            Some(of_one) => of_one.push(file),
            None => artists.push(vec![file]),
        }
    }
    let most = artists.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn: Vec<&PathBuf> =
        (0..most).flat_map(|n| artists.iter().filter_map(move |a| a.get(n).copied())).collect();
    let found: Vec<Work> = in_turn
        .par_iter()
        .filter_map(|path| {
            let artist = artist(path)?;
            let title = path.file_stem()?.to_string_lossy().into_owned();
            let file = kept(cache, (&artist, &title), "whole");
            let print = load(&file).or_else(|| {
                let print = Fingerprint::new(&mono(path)?).ok()?;
                save(&file, &print);
                Some(print)
            })?;
            Some(Work { artist, title, path: (*path).clone(), print })
        })
        .collect();
    found.into_iter().filter(|w| w.print.seconds() >= SHORTEST_S).take(limit).collect()
}

/// Makes the changed parts that are not there yet.
pub fn make_all(works: &[Work], cache: &Path) {
    let done = AtomicUsize::new(0);
    works.par_iter().enumerate().for_each(|(number, work)| {
        let missing: Vec<&Change> = CHANGES
            .iter()
            .filter(|c| load(&kept(cache, (&work.artist, &work.title), c.name)).is_none())
            .collect();
        if !missing.is_empty() {
            make(works, number, &missing, cache);
        }
        let count = done.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("{count} of {}: {}/{}", works.len(), work.artist, work.title);
    });
}

fn make(works: &[Work], number: usize, missing: &[&Change], cache: &Path) {
    let work = &works[number];
    let folder = tempfile::tempdir().expect("a folder can be made");
    let Some(part) = changes::part(&work.path, work.print.seconds(), folder.path()) else {
        eprintln!("{} cannot be cut", work.path.display());
        return;
    };
    // Another artist's track carries the splices.
    let host = works[number + 1..].iter().chain(works).find(|w| w.artist != work.artist);
    let host_folder = tempfile::tempdir().expect("a folder can be made");
    let host = host
        .and_then(|h| changes::part(&h.path, h.print.seconds(), host_folder.path()))
        .map_or_else(Vec::new, |p| p.mono);
    for change in missing {
        match changes::make(change.how, &part, &host, number as u64, folder.path()) {
            Some(sound) => {
                let print = Fingerprint::new(&sound).expect("the rate is fixed");
                save(&kept(cache, (&work.artist, &work.title), change.name), &print);
            }
            None => eprintln!("{}: {} was not made", work.path.display(), change.name),
        }
    }
}

/// All changed parts that are there.
pub fn changed(works: &[Work], cache: &Path) -> Vec<Changed> {
    let all: Vec<(usize, Change)> =
        (0..works.len()).flat_map(|w| CHANGES.iter().map(move |c| (w, *c))).collect();
    all.par_iter()
        .filter_map(|(number, change)| {
            let work = &works[*number];
            let print = load(&kept(cache, (&work.artist, &work.title), change.name))?;
            Some(Changed { work: *number, change: *change, print })
        })
        .collect()
}
