//! Excerpts that are clean because they were made so.

use crate::files;
use leitmotif::audio::Audio;
use leitmotif::audio::decode::{Decoder, read_part};
use leitmotif::audio::loudness::measure as level;
use leitmotif::audio::resample::resample;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::quality::Figures;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

/// Rate of all excerpts, Hz.
const RATE_HZ: u32 = 44_100;

/// A clean sound with its figures.
pub struct Excerpt {
    /// Where it is from.
    pub name: String,
    /// The sound.
    pub audio: Audio,
    /// What the checks measure in it.
    pub figures: Figures,
}

/// The last two parts of a path.
pub fn name(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .rev()
        .take(2)
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Excerpts of real tracks, in turn from each folder.
pub fn real(folder: &Path, count: usize, seconds: f64) -> Vec<Excerpt> {
    let mut artists: Vec<Vec<PathBuf>> = Vec::new();
    for file in files::below(folder, files::AUDIO) {
        match artists.last_mut().filter(|a| a[0].parent() == file.parent()) {
            Some(artist) => artist.push(file),
            None => artists.push(vec![file]),
        }
    }
    let most = artists.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..most).flat_map(|n| artists.iter().filter_map(move |a| a.get(n)));
    in_turn.filter_map(|file| cleaned(file, seconds)).take(count).collect()
}

/// An excerpt of a file made clean; `None` where that cannot be done.
fn cleaned(file: &Path, seconds: f64) -> Option<Excerpt> {
    let limits = Limits::default();
    let decoder = Decoder::open(file, &limits).ok()?;
    let info = decoder.info().clone();
    let length = info.frames? as f64 / f64::from(info.rate_hz);
    if info.channels != 2 || info.rate_hz < RATE_HZ || length < 3.0 * seconds {
        return None;
    }
    let start = length * 0.35;
    let raw = read_part(file, start, start + seconds * 1.8, &limits).ok()?;
    let wall = super::measure(&raw).wall?;
    // Up to its wall the spectrum is full: played so fast, the wall is gone.
    let top = if wall.fall_db > 12.0 { wall.edge_hz } else { f64::from(RATE_HZ) / 2.0 };
    let faster = (f64::from(RATE_HZ) / 2.0 / (top - 400.0)).max(1.07);
    // A round number keeps the converter's transforms short.
    let played = (f64::from(info.rate_hz) * faster / 900.0).ceil() as u32 * 900;
    if faster > 1.7 {
        return None;
    }
    let mut audio = resample(&Audio::new(played, raw.planes().to_vec()), RATE_HZ).ok()?;
    let frames = ((seconds * f64::from(RATE_HZ)) as usize).min(audio.frames());
    audio = Audio::new(RATE_HZ, audio.planes().iter().map(|p| p[..frames].to_vec()).collect());
    finish(name(file), audio)
}

/// Frees from offset, fades, sets the level; refuses mono and the like.
fn finish(name: String, mut audio: Audio) -> Option<Excerpt> {
    let pole = (TAU * 10.0 / f64::from(RATE_HZ)) as f32;
    let fade = (0.05 * f64::from(RATE_HZ)) as usize;
    for plane in audio.planes_mut() {
        for _ in 0..2 {
            let mut slow = plane.iter().take(4410).sum::<f32>() / 4410.0;
            for x in plane.iter_mut() {
                slow += pole * (*x - slow);
                *x -= slow;
            }
        }
        let frames = plane.len();
        for i in 0..fade.min(frames) {
            let gain = i as f32 / fade as f32;
            plane[i] *= gain;
            plane[frames - 1 - i] *= gain;
        }
    }
    let read = level(&audio);
    let gain = (-16.0 - read.integrated_lufs?).min(-1.5 - read.true_peak_dbtp?);
    audio.scale(10f64.powf(gain / 20.0) as f32);
    let figures = super::measure(&audio);
    let stereo = figures.stereo.as_ref()?;
    let good = stereo.side_db > -30.0
        && stereo.balance_db.abs() < 6.0
        && stereo.correlation.is_some_and(|c| c > 0.0)
        && figures.reading.integrated_lufs.is_some_and(|l| l > -28.0);
    good.then_some(Excerpt { name, audio, figures })
}

/// A piece of chords, bass, drums and hats made by code, with pauses between its phrases.
pub fn made(n: usize, seconds: f64) -> Excerpt {
    let mut dice = Dice::new(n as u64, "clean");
    let rate = f64::from(RATE_HZ);
    let beat = 60.0 / (80.0 + 80.0 * dice.unit());
    let root = 110.0 * 2f64.powf(dice.below(12) as f64 / 12.0);
    let bright = 2 + dice.below(30);
    let frames = (seconds * rate) as usize;
    let mut planes = vec![vec![0f32; frames]; 2];
    let notes = (seconds / beat * 4.0) as usize;
    for note in 0..notes {
        let start = note as f64 * beat / 4.0;
        let (hz, length, level, noisy) = match note % 4 {
            0 => (root / 2.0 * [1.0, 1.335, 1.498][note / 16 % 3], beat, 0.25, note % 8 == 4),
            2 => (root * [2.0, 2.378, 2.997][dice.below(3)], beat * 0.6, 0.12, false),
            _ => (8_000.0, 0.05, 0.05, true),
        };
        let pan = 0.2 + 0.6 * dice.unit();
        let mut slow = 0.0;
        let from = (start * rate) as usize;
        let samples = ((length * rate) as usize).min(frames.saturating_sub(from));
        for i in 0..samples {
            let t = i as f64 / rate;
            let envelope = (t / 0.004).min(1.0)
                * (-3.0 * t / length).exp()
                * (1.0 - i as f64 / samples as f64);
            let wave = if noisy {
                let white = dice.normal();
                slow += 0.3 * (white - slow);
                white - slow
            } else {
                (1..=bright)
                    .filter(|h| hz * (*h as f64) < 21_000.0)
                    .map(|h| (TAU * hz * h as f64 * t).sin() / h as f64)
                    .sum()
            };
            let x = level * envelope * wave;
            planes[0][from + i] += (x * (1.0 - pan)) as f32;
            planes[1][from + i] += (x * pan) as f32;
        }
    }
    finish(format!("made {n}"), Audio::new(RATE_HZ, planes)).expect("what is made is clean")
}
