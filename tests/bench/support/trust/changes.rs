//! What is done to a recording before it is looked for: real codecs and real stretchers.

use leitmotif::audio::decode::read_all;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::RATE_HZ;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seconds of a track that are changed; the whole where it is shorter.
pub const PART_S: f64 = 30.0;
/// Seconds of the other track before a splice.
pub const BEFORE_S: f64 = 11.0;

/// How a change is made.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// `ffmpeg` arguments of an encoder and its container, decoded again.
    Codec(&'static str, &'static [&'static str]),
    /// `sox` effects.
    Sox(&'static str),
    /// `rubberband`: times as fast, semitones.
    Stretch(f64, f64),
    /// Decibels.
    Gain(f64),
    /// Noise, decibels under the music.
    Noise(f64),
    /// Seconds, and which of three places.
    Excerpt(f64, usize),
    /// So many seconds in the middle of another artist's track.
    Splice(f64),
}

/// A named change and the group whose gate it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Group in the table.
    pub group: &'static str,
    /// Name of its file and row.
    pub name: &'static str,
    /// How it is made.
    pub how: How,
}

const fn change(group: &'static str, name: &'static str, how: How) -> Change {
    Change { group, name, how }
}

/// All changes, in the order they are made.
pub const CHANGES: [Change; 41] = [
    change("re-encoded", "mp3-128", How::Codec("mp3", &["-c:a", "libmp3lame", "-b:a", "128k"])),
    change("re-encoded", "mp3-64", How::Codec("mp3", &["-c:a", "libmp3lame", "-b:a", "64k"])),
    change("re-encoded", "mp3-32", How::Codec("mp3", &["-c:a", "libmp3lame", "-b:a", "32k"])),
    change("re-encoded", "aac-96", How::Codec("adts", &["-c:a", "aac", "-b:a", "96k"])),
    change("re-encoded", "opus-24", How::Codec("ogg", &["-c:a", "libopus", "-b:a", "24k"])),
    change("gain", "gain-6", How::Gain(-6.0)),
    change("gain", "gain+6", How::Gain(6.0)),
    change("equalised", "eq-dark", How::Sox("gain -8 bass +8 200 treble -8 3000")),
    change("equalised", "eq-bright", How::Sox("gain -8 bass -8 200 treble +8 3000")),
    change("processed", "compressed", How::Sox("compand 0.01,0.2 6:-60,-30,-12 -4 -90 0.05")),
    change("processed", "noise-20", How::Noise(20.0)),
    change("processed", "reverb", How::Sox("gain -6 reverb 60 50 80 100 10 0")),
    change("excerpt 15 s", "excerpt-1", How::Excerpt(15.0, 0)),
    change("excerpt 15 s", "excerpt-2", How::Excerpt(15.0, 1)),
    change("excerpt 15 s", "excerpt-3", How::Excerpt(15.0, 2)),
    change("splice", "splice-8", How::Splice(8.0)),
    change("splice", "splice-10", How::Splice(10.0)),
    change("tempo", "tempo-8", How::Stretch(0.92, 0.0)),
    change("tempo", "tempo-3", How::Stretch(0.97, 0.0)),
    change("tempo", "tempo+3", How::Stretch(1.03, 0.0)),
    change("tempo", "tempo+8", How::Stretch(1.08, 0.0)),
    change("pitch", "pitch-5", How::Stretch(1.0, -5.0)),
    change("pitch", "pitch-2", How::Stretch(1.0, -2.0)),
    change("pitch", "pitch-1", How::Stretch(1.0, -1.0)),
    change("pitch", "pitch+1", How::Stretch(1.0, 1.0)),
    change("pitch", "pitch+2", How::Stretch(1.0, 2.0)),
    change("pitch", "pitch+5", How::Stretch(1.0, 5.0)),
    change("speed", "speed-5", How::Sox("speed 0.95")),
    change("speed", "speed-2", How::Sox("speed 0.98")),
    change("speed", "speed+2", How::Sox("speed 1.02")),
    change("speed", "speed+5", How::Sox("speed 1.05")),
    change("both", "both-3", How::Stretch(1.05, -3.0)),
    change("both", "both-2", How::Stretch(0.94, -2.0)),
    change("both", "both-1", How::Stretch(1.07, -1.0)),
    change("both", "both+1", How::Stretch(0.93, 1.0)),
    change("both", "both+2", How::Stretch(1.06, 2.0)),
    change("both", "both+3", How::Stretch(0.95, 3.0)),
    // Beyond what is promised, to see where it ends.
    change("beyond", "splice-5", How::Splice(5.0)),
    change("beyond", "tempo+15", How::Stretch(1.15, 0.0)),
    change("beyond", "speed+8", How::Sox("speed 1.08")),
    change("beyond", "both+6", How::Stretch(1.12, 6.0)),
];

/// A part of a track, ready to be changed.
pub struct Part {
    /// 44.1 kHz stereo, for codecs.
    pub wide: PathBuf,
    /// At the analysis rate, mono.
    pub narrow: PathBuf,
    /// The samples of `narrow`.
    pub mono: Vec<f32>,
}

/// Cuts the part out of a track into `folder`.
pub fn part(track: &Path, seconds: f64, folder: &Path) -> Option<Part> {
    let start = ((seconds - PART_S) * 0.4).max(0.0);
    let (wide, narrow) = (folder.join("wide.wav"), folder.join("narrow.wav"));
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "quiet", "-y", "-ss", &start.to_string(), "-t", &PART_S.to_string(), "-i"]);
    command.arg(track).args(["-ac", "2", "-ar", "44100"]).arg(&wide);
    command.args(["-ac", "1", "-ar", &RATE_HZ.to_string()]).arg(&narrow);
    command.status().ok().filter(std::process::ExitStatus::success)?;
    let mono = read(&narrow)?;
    Some(Part { wide, narrow, mono })
}

/// A file as mono at the analysis rate.
fn read(path: &Path) -> Option<Vec<f32>> {
    read_all(path, &Limits::default()).ok().map(|a| a.mono())
}

/// Runs a command and reads the raw samples that it prints.
fn raw(command: &mut Command) -> Option<Vec<f32>> {
    let out = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let samples: Vec<f32> =
        out.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    (out.status.success() && !samples.is_empty()).then_some(samples)
}

/// Makes a change; `host` is a part of another artist's track.
pub fn make(how: How, part: &Part, host: &[f32], seed: u64, folder: &Path) -> Option<Vec<f32>> {
    let rate = f64::from(RATE_HZ);
    let rate_text = RATE_HZ.to_string();
    match how {
        How::Codec(container, encoder) => {
            let coded = folder.join("coded");
            let mut encode = Command::new("ffmpeg");
            encode.args(["-v", "quiet", "-y", "-i"]).arg(&part.wide).args(encoder);
            encode.args(["-f", container]).arg(&coded);
            encode.status().ok().filter(std::process::ExitStatus::success)?;
            let mut decode = Command::new("ffmpeg");
            decode.args(["-v", "quiet", "-i"]).arg(&coded);
            raw(decode.args(["-f", "f32le", "-ac", "1", "-ar", &rate_text, "-"]))
        }
        How::Sox(effects) => {
            let mut sox = Command::new("sox");
            sox.arg(&part.narrow).args(["-t", "raw", "-e", "float", "-b", "32", "-"]);
            raw(sox.args(effects.split(' ')).args(["rate", &rate_text]))
        }
        How::Stretch(faster, semitones) => {
            let out = folder.join("stretched.wav");
            let mut stretch = Command::new("rubberband");
            stretch.args(["-q", "-T", &faster.to_string(), "-p", &semitones.to_string()]);
            stretch.arg(&part.narrow).arg(&out).stderr(Stdio::null()).stdout(Stdio::null());
            stretch.status().ok().filter(std::process::ExitStatus::success)?;
            let samples = read(&out);
            let _ = fs::remove_file(&out);
            samples
        }
        How::Gain(db) => {
            let gain = 10f64.powf(db / 20.0) as f32;
            Some(part.mono.iter().map(|s| (s * gain).clamp(-1.0, 1.0)).collect())
        }
        How::Noise(db) => {
            let power = part.mono.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
            let rms = (power / part.mono.len().max(1) as f64).sqrt();
            // An even draw has a variance of a twelfth of its width squared.
            let width = rms * 10f64.powf(-db / 20.0) * 12f64.sqrt();
            let mut dice = Dice::new(seed, "noise");
            Some(part.mono.iter().map(|s| s + ((dice.unit() - 0.5) * width) as f32).collect())
        }
        How::Excerpt(seconds, place) => {
            let length = (seconds * rate) as usize;
            let room = part.mono.len().checked_sub(length)?;
            let start = room * place / 2;
            Some(part.mono[start..start + length].to_vec())
        }
        How::Splice(seconds) => {
            let mut out = host.to_vec();
            let (at, length) = ((BEFORE_S * rate) as usize, (seconds * rate) as usize);
            let from = part.mono.len().checked_sub(length)? / 3;
            out.get_mut(at..at + length)?.copy_from_slice(&part.mono[from..from + length]);
            Some(out)
        }
    }
}
