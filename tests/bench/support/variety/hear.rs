//! Tracks as a diagnosis sees them, heard once and kept in a folder.

use leitmotif::domain::ids::TrackId;
use leitmotif::domain::limits::Limits;
use leitmotif::domain::listening::Pass;
use leitmotif::domain::work::StopToken;
use leitmotif::judge::{self, Fingerprint, Notes, Reference};
use leitmotif::listen::file::listen;
use leitmotif::listen::profile::SoundProfile;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Seconds of a track that are looked at.
const MOST_S: f64 = 180.0;

/// The tracks of each artist that have at least `least`.
pub fn artists(files: &[PathBuf], cache: &Path, least: usize) -> BTreeMap<String, Vec<Reference>> {
    let heard: Vec<(String, Reference)> =
        files.par_iter().filter_map(|path| heard(path, cache)).collect();
    let mut artists: BTreeMap<String, Vec<Reference>> = BTreeMap::new();
    for (artist, track) in heard {
        artists.entry(artist).or_default().push(track);
    }
    artists.retain(|_, tracks| tracks.len() >= least);
    artists
}

fn heard(path: &Path, cache: &Path) -> Option<(String, Reference)> {
    let artist = path.parent()?.file_name()?.to_string_lossy().into_owned();
    let title = path.file_stem()?.to_string_lossy().into_owned();
    let hash = blake3::hash(format!("{artist}/{title}").as_bytes());
    let place = cache.join(format!("{artist}+{title}.profile"));
    let version = judge::VERSION.to_le_bytes();
    let kept = fs::read(&place).ok().and_then(|bytes| {
        postcard::from_bytes::<(Fingerprint, SoundProfile)>(bytes.strip_prefix(&version)?).ok()
    });
    let (fingerprint, profile) = match kept {
        Some(kept) => kept,
        None => {
            let limits = Limits { track_max_s: MOST_S, ..Limits::default() };
            let stop = StopToken::default();
            let mut found = None;
            let _ = listen(path, &limits, Pass::Quick, &stop, |part, mono| {
                if found.is_none() {
                    let print = Fingerprint::new(&mono).ok();
                    found = print.map(|print| (print, part.hearing.profile.clone()));
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
    let track_id = TrackId::from_hash(hash.as_bytes(), 1);
    Some((artist, Reference { track_id, fingerprint, notes: Notes::default(), profile }))
}
