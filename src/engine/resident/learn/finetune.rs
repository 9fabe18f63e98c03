//! A finetune's learned files: written by training, read by generation.
//!
//! Must never trust what it reads: every number that leads to memory or audio is checked on the
//! way in.

use super::super::EngineError;
use super::super::compose::manner::{CHORDS, Manner, Strokes};
use super::super::perform::RATE_HZ;
use super::excerpts::Excerpt;
use super::instruments::{self, Sample};
use super::pulse::PARTS;
use crate::domain::ids::TrackId;
use crate::domain::listening::PRODUCTION_BANDS;
use crate::domain::pitch::Chord;
use crate::listen::slices::{Slice, TIMBRE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

/// How far a grain may be shifted, in semitones.
pub const SHIFT_MAX: i32 = 3;
/// Largest description file that is read.
const SOUND_MAX_BYTES: u64 = 256 << 20;

/// One learned track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundTrack {
    /// The track.
    pub track_id: TrackId,
    /// Rate of its passages.
    pub rate_hz: u32,
    /// Its passages, in file order.
    pub excerpts: Vec<Excerpt>,
    /// How its onsets stand on the beats.
    pub contrast: f32,
    /// Its tempo.
    pub tempo_bpm: Option<f64>,
    /// How far it is tuned from A = 440 Hz, in cents; 0 where no key is heard.
    pub tuning_cents: f64,
    /// Length of the whole track.
    pub music_s: f64,
}

/// One cut that can be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedSlice {
    /// Number of its track.
    pub track: u16,
    /// Number of its passage.
    pub excerpt: u16,
    /// The slice a beat later in the same passage.
    pub next: Option<u32>,
    /// What it holds.
    pub slice: Slice,
    /// Share of it that is sung over, 0..1.
    pub sung: f32,
    /// Kinds of drums struck at its start and half a beat on, a bit each in the order of
    /// [`crate::listen::strokes::KEYS`].
    pub struck: [u8; 2],
    /// When things start within its beat.
    pub rhythm: [f32; PARTS],
}

/// Mean and deviation of each timbre figure over all slices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimbreScale {
    /// Means.
    pub mean: [f32; TIMBRE],
    /// Deviations, never 0.
    pub deviation: [f32; TIMBRE],
}

impl TimbreScale {
    /// Measures slices.
    pub fn of(slices: &[LearnedSlice]) -> Self {
        let n = slices.len().max(1) as f32;
        let mean: [f32; TIMBRE] =
            std::array::from_fn(|i| slices.iter().map(|s| s.slice.timbre[i]).sum::<f32>() / n);
        let deviation = std::array::from_fn(|i| {
            let variance =
                slices.iter().map(|s| (s.slice.timbre[i] - mean[i]).powi(2)).sum::<f32>() / n;
            variance.sqrt().max(1e-3)
        });
        Self { mean, deviation }
    }

    /// A timbre in deviations from the mean.
    pub fn apply(&self, timbre: &[f32; TIMBRE]) -> [f32; TIMBRE] {
        std::array::from_fn(|i| (timbre[i] - self.mean[i]) / self.deviation[i])
    }
}

/// The sound half of a finetune.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// Its tracks.
    pub tracks: Vec<SoundTrack>,
    /// Its cuts.
    pub slices: Vec<LearnedSlice>,
    /// Scale of their timbre.
    pub scale: TimbreScale,
    /// Notes and strokes taken out of the tracks, in the order of `audio/instruments.flac`.
    pub samples: Vec<Sample>,
    /// Rate of that file.
    pub samples_hz: u32,
}

impl Sound {
    /// Finds for each slice the one a beat later: two eighths on in the same passage.
    pub fn link(&mut self) {
        for i in 0..self.slices.len() {
            let here = &self.slices[i];
            self.slices[i].next = self
                .slices
                .get(i + 2)
                .filter(|later| later.track == here.track && later.excerpt == here.excerpt)
                .map(|_| (i + 2) as u32);
        }
    }

    /// The tuning of the dataset, in cents from A = 440 Hz: the mean where its tracks agree to a
    /// tenth of a semitone or so, else 0.
    pub fn tuning_cents(&self) -> f64 {
        let angle = |t: &SoundTrack| t.tuning_cents / 100.0 * TAU;
        let x: f64 = self.tracks.iter().map(|t| angle(t).cos()).sum();
        let y: f64 = self.tracks.iter().map(|t| angle(t).sin()).sum();
        let agreement = x.hypot(y) / self.tracks.len().max(1) as f64;
        if agreement > 0.8 { y.atan2(x) / TAU * 100.0 } else { 0.0 }
    }

    /// Cents that bring a track to the tuning of the dataset, -50 to 50.
    pub fn correction_cents(&self, track: usize) -> f64 {
        let off = self.tracks.get(track).map_or(0.0, |t| self.tuning_cents() - t.tuning_cents);
        off - 100.0 * (off / 100.0).round()
    }

    fn check(&self) -> Result<(), String> {
        if self.tracks.is_empty() || self.slices.is_empty() {
            return Err("it holds no sound".to_owned());
        }
        for slice in &self.slices {
            let track = self.tracks.get(usize::from(slice.track)).ok_or("a cut names no track")?;
            let excerpt =
                track.excerpts.get(usize::from(slice.excerpt)).ok_or("a cut names no passage")?;
            let at = f64::from(slice.slice.at_s) - excerpt.start_s;
            if !(0.0..=excerpt.length_s).contains(&at) {
                return Err("a cut lies outside its passage".to_owned());
            }
            if slice.next.is_some_and(|n| n as usize >= self.slices.len()) {
                return Err("a cut's successor does not exist".to_owned());
            }
        }
        if !self.tracks.iter().all(|t| (-50.5..=50.5).contains(&t.tuning_cents)) {
            return Err("a track has an impossible tuning".to_owned());
        }
        for sample in &self.samples {
            instruments::check(sample, self.tracks.len())?;
        }
        if !self.samples.is_empty() && !(4_000..=384_000).contains(&self.samples_hz) {
            return Err("the instruments have an impossible rate".to_owned());
        }
        let rates = self.tracks.iter().all(|t| (4_000..=384_000).contains(&t.rate_hz));
        if rates { Ok(()) } else { Err("a passage has an impossible rate".to_owned()) }
    }
}

/// A finetune ready to plan and play.
pub struct Finetune {
    /// Its folder.
    pub folder: PathBuf,
    /// The sound half.
    pub sound: Sound,
    /// The writing half.
    pub manner: Manner,
    /// How well each triad can be played, 0..1.
    pub playable: [f32; CHORDS],
}

impl Finetune {
    /// Speed at which a track's cut plays when shifted by so many semitones, brought to the tuning
    /// of the dataset.
    pub fn speed(&self, track: usize, shift: i32) -> f64 {
        2f64.powf((f64::from(shift) + self.sound.correction_cents(track) / 100.0) / 12.0)
    }

    /// Reads a folder.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        let damaged = |why: String| EngineError::Damaged { folder: folder.to_owned(), why };
        let path = folder.join("sound.postcard");
        let size = fs::metadata(&path).map_err(EngineError::io(&path))?.len();
        if size > SOUND_MAX_BYTES {
            return Err(damaged(format!("sound.postcard has {size} bytes")));
        }
        let bytes = fs::read(&path).map_err(EngineError::io(&path))?;
        let sound: Sound = postcard::from_bytes(&bytes)
            .map_err(|e| damaged(format!("sound.postcard cannot be read: {e}")))?;
        sound.check().map_err(damaged)?;
        let path = folder.join("manner.json");
        let text = fs::read_to_string(&path).map_err(EngineError::io(&path))?;
        let manner: Manner = serde_json::from_str(&text)
            .map_err(|e| damaged(format!("manner.json cannot be read: {e}")))?;
        let rows = manner.chord_moves.len() == CHORDS
            && manner.chord_moves.iter().all(|r| r.len() == CHORDS)
            && manner.melody.intervals.len() == 25
            && manner.homes.iter().all(|h| h.track < sound.tracks.len() && h.levels_db.len() == 11);
        let grooves = manner.homes.iter().filter_map(|h| h.groove.as_ref()).all(|g| {
            let sized = |k: &Strokes| k.shares.len() == g.places && k.levels.len() == g.places;
            (1..=16).contains(&g.beats)
                && (1..=256).contains(&g.places)
                && g.kinds.iter().all(sized)
        });
        let spectrum = manner.spectrum.as_ref();
        let bands =
            spectrum.is_none_or(|s| s.len() == PRODUCTION_BANDS && s.iter().all(|b| b.is_finite()));
        if !rows || !grooves || !bands {
            return Err(damaged("manner.json has tables of the wrong size".to_owned()));
        }
        let playable = playable(&sound.slices);
        Ok(Self { folder: folder.to_owned(), sound, manner, playable })
    }
}

/// The rate most of a finetune's sound has.
pub fn output_rate<'a>(tracks: impl Iterator<Item = &'a SoundTrack>) -> u32 {
    let mut seconds: BTreeMap<u32, f64> = BTreeMap::new();
    for track in tracks {
        let kept: f64 = track.excerpts.iter().map(|e| e.length_s).sum();
        *seconds.entry(track.rate_hz).or_default() += kept;
    }
    let most = seconds.into_iter().fold((RATE_HZ, 0.0), |b, n| if n.1 > b.1 { n } else { b });
    // Rates that players refuse, and those under which music sounds dull, are brought to a usual one.
    if (22_050..=96_000).contains(&most.0) { most.0.max(RATE_HZ) } else { RATE_HZ }
}

/// Writes both halves; returns their size in bytes.
pub fn save(folder: &Path, sound: &Sound, manner: &Manner) -> Result<u64, EngineError> {
    let damaged = |why: String| EngineError::Damaged { folder: folder.to_owned(), why };
    let bytes = postcard::to_stdvec(sound).map_err(|e| damaged(e.to_string()))?;
    let path = folder.join("sound.postcard");
    fs::write(&path, &bytes).map_err(EngineError::io(&path))?;
    let text = serde_json::to_vec(manner).map_err(|e| damaged(e.to_string()))?;
    // JSON has no infinite numbers: better found now than with the first take.
    serde_json::from_slice::<Manner>(&text)
        .map_err(|e| damaged(format!("what was learned cannot be read back: {e}")))?;
    let path = folder.join("manner.json");
    fs::write(&path, &text).map_err(EngineError::io(&path))?;
    Ok((bytes.len() + text.len()) as u64)
}

/// Unit chroma of each of the 24 triads.
pub fn triads() -> [[f32; 12]; CHORDS] {
    std::array::from_fn(|index| {
        let tones = Chord::from_triad_index(index).tones();
        std::array::from_fn(|pc| if tones[pc] { 1.0 / 3f32.sqrt() } else { 0.0 })
    })
}

/// For each triad the mean match of the best fortieth of all cuts and shifts.
fn playable(slices: &[LearnedSlice]) -> [f32; CHORDS] {
    let triads = triads();
    let matches: Vec<[f32; CHORDS]> = slices
        .iter()
        .map(|s| {
            std::array::from_fn(|t| s.slice.chroma.iter().zip(&triads[t]).map(|(a, b)| a * b).sum())
        })
        .collect();
    std::array::from_fn(|asked| {
        let chord = Chord::from_triad_index(asked);
        let mut all: Vec<f32> = Vec::with_capacity(matches.len() * 7);
        for shift in -SHIFT_MAX..=SHIFT_MAX {
            let unshifted = chord.transpose(-shift).triad_index();
            all.extend(matches.iter().map(|m| m[unshifted]));
        }
        let best = (all.len() / 40).max(1);
        all.sort_by(|a, b| b.total_cmp(a));
        all[..best].iter().sum::<f32>() / best as f32
    })
}
