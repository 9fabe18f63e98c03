//! The quality checks against defects of known strength, real codecs, and clean sound.
//!
//! `cargo bench --bench quality -- --music DIR` takes 50 excerpts of the tracks in DIR; without DIR
//! it makes its own. `--speed` measures only what the checks cost, `--whole` only what they say
//! about the files of DIR as they are, `--few` skips the codecs, `--only CHECK,CHECK`
//! all other checks.
//!
//! Real tracks have defects of their own, so clean is made before it is claimed: every excerpt is
//! played faster until the wall of its own lossy coding lies above half the rate (which also moves
//! hum off the mains and rounds off flat tops), freed of what lies under 10 Hz, faded at both ends
//! and set to -16 LUFS with peaks under -1.5 dBTP; tracks that are nearly mono, one-sided or out of
//! phase are not taken. Clicks, noise and dropouts cannot be taken out: a flag for one of those
//! counts as false even if it were true. Thresholds were set on the even excerpts; the odd ones are
//! what is reported.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

#[path = "support/clean.rs"]
mod clean;
#[path = "support/defects.rs"]
mod defects;
#[path = "support/files.rs"]
mod files;

use clean::Excerpt;
use defects::{DEFECTS, Defect, Place};
use leitmotif::audio::Audio;
use leitmotif::audio::decode::{Damage, Decoder, StreamInfo, read_all};
use leitmotif::audio::encode::{Format, write};
use leitmotif::audio::loudness::{LoudnessMeter, Reading};
use leitmotif::domain::limits::Limits;
use leitmotif::domain::listening::{Problem, ProblemKind, Severity};
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::quality::{
    Figures, QualityMeter, Source, clicks, clipping, low, moments, offset, spectra, stereo,
};
use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Excerpts.
const COUNT: usize = 50;
/// Length of each, seconds.
const SECONDS: f64 = 20.0;
/// Excerpts that go through every codec.
const CODED: usize = 20;

fn main() {
    let mut music = None;
    let (mut speed_only, mut whole, mut few) = (false, false, false);
    let mut only = None;
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--music" => music = arguments.next().map(PathBuf::from),
            "--speed" => speed_only = true,
            "--whole" => whole = true,
            "--few" => few = true,
            "--only" => only = arguments.next(),
            // Cargo adds this to every bench.
            "--bench" => {}
            other => panic!("{other}? --music DIR, --speed, --whole, --few, --only CHECK"),
        }
    }
    if whole {
        return as_they_are(&music.expect("--whole needs --music DIR"));
    }
    let clean = match &music {
        Some(folder) => clean::real(folder, if speed_only { 4 } else { COUNT }, SECONDS),
        None => (0..COUNT).map(|n| clean::made(n, SECONDS)).collect(),
    };
    println!("{} clean excerpts of {SECONDS} s", clean.len());
    speed(&clean);
    if speed_only {
        return;
    }
    false_flags(&clean);
    recall(&clean, only.as_deref());
    if !few {
        codecs(&clean);
    }
}

fn measure(audio: &Audio) -> Figures {
    figures_with(audio, leitmotif::audio::loudness::measure(audio))
}

/// With a reading that is known already: it costs more than all checks together.
fn figures_with(audio: &Audio, reading: Reading) -> Figures {
    let mut meter = QualityMeter::new(audio.rate_hz(), audio.channels());
    blocks(audio, |planes| meter.push(planes));
    meter.finish(reading)
}

fn blocks(audio: &Audio, mut each: impl FnMut(&[&[f32]])) {
    for start in (0..audio.frames()).step_by(4096) {
        let end = (start + 4096).min(audio.frames());
        let planes: Vec<&[f32]> = audio.planes().iter().map(|p| &p[start..end]).collect();
        each(&planes);
    }
}

fn problems(audio: &Audio, figures: &Figures) -> Vec<Problem> {
    let info = StreamInfo {
        rate_hz: audio.rate_hz(),
        channels: audio.channels(),
        bits: Some(24),
        frames: Some(audio.frames() as u64),
        codec: "pcm_s24le".to_owned(),
    };
    let damage = Damage::default();
    figures.problems(&Source { info: &info, damage, bits_per_second: None })
}

/// Share with Wilson's interval of 95 %.
fn share(hits: usize, of: usize) -> String {
    let (n, z) = (of.max(1) as f64, 1.96f64);
    let p = hits as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
    format!("{p:.2} ({:.2}-{:.2})", (middle - half).max(0.0), (middle + half).min(1.0))
}

fn false_flags(clean: &[Excerpt]) {
    println!("\nfalse flags: even half | odd half (target: at most 1 in 50)");
    let mut counts: BTreeMap<ProblemKind, [usize; 2]> = BTreeMap::new();
    let mut named = Vec::new();
    for (n, excerpt) in clean.iter().enumerate() {
        let mut paused = excerpt.audio.clone();
        defects::pause(&mut paused);
        let mut kinds = Vec::new();
        for audio in [&excerpt.audio, &paused] {
            let figures = figures_with(audio, excerpt.figures.reading);
            kinds.extend(problems(audio, &figures).iter().map(|p| (p.kind, p.detail.clone())));
        }
        kinds.sort();
        kinds.dedup_by_key(|k| k.0);
        for (kind, detail) in kinds {
            counts.entry(kind).or_default()[n % 2] += 1;
            named.push(format!("  {} {}: {detail}", excerpt.name, kind.word()));
        }
    }
    let kinds: Vec<ProblemKind> = DEFECTS.iter().map(|d| d.kind).collect();
    for kind in kinds.iter().chain(counts.keys().filter(|k| !kinds.contains(k))) {
        let [even, odd] = counts.get(kind).copied().unwrap_or_default();
        println!("  {:<14} {even:>3} | {odd:>3}", kind.word());
    }
    println!("{}", named.join("\n"));
}

fn found(problems: &[Problem], kind: ProblemKind, place: Place) -> bool {
    problems.iter().any(|p| {
        p.kind == kind
            && place.is_none_or(|(from, to)| p.start_s < to + 0.02 && p.end_s > from - 0.02)
    })
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn recall(clean: &[Excerpt], only: Option<&str>) {
    println!(
        "\nrecall on the odd half, 95 % intervals; even half; value: clean max, 5th percentile injected"
    );
    for defect in
        DEFECTS.iter().filter(|d| only.is_none_or(|o| o.split(',').any(|o| o == d.kind.word())))
    {
        let mut usual: Vec<f64> = clean.iter().filter_map(|e| (defect.value)(&e.figures)).collect();
        println!(
            "{} ({}), clean 95th percentile {:.3}, max {:.3}",
            defect.kind.word(),
            defect.unit,
            percentile(&mut usual, 0.95),
            percentile(&mut usual, 1.0)
        );
        for (which, strength) in defect.strengths.into_iter().enumerate() {
            let (hits, counts, mut values) = at_strength(clean, defect, strength);
            let promised = if which == 1 { "  <- promised, target 0.95" } else { "" };
            println!(
                "  {strength:>7} {:<18} even {:>2}/{:<2} value {:.3}{promised}",
                share(hits[1], counts[1]),
                hits[0],
                counts[0],
                percentile(&mut values, 0.05)
            );
        }
    }
}

fn at_strength(
    clean: &[Excerpt],
    defect: &Defect,
    strength: f64,
) -> ([usize; 2], [usize; 2], Vec<f64>) {
    let (mut hits, mut counts, mut values) = ([0; 2], [0; 2], Vec::new());
    for (n, excerpt) in clean.iter().enumerate() {
        let mut audio = excerpt.audio.clone();
        let mut dice = Dice::new(n as u64, defect.kind.word());
        let place = (defect.inject)(&mut audio, strength, &mut dice);
        // Only these three look at the reading.
        let by_level = [ProblemKind::TruePeak, ProblemKind::Quiet, ProblemKind::Crushed];
        let figures = if by_level.contains(&defect.kind) {
            measure(&audio)
        } else {
            figures_with(&audio, excerpt.figures.reading)
        };
        counts[n % 2] += 1;
        hits[n % 2] += usize::from(found(&problems(&audio, &figures), defect.kind, place));
        values.extend((defect.value)(&figures));
    }
    (hits, counts, values)
}

/// Codecs with what ffmpeg is told; the file's ending.
const CODECS: [(&str, &[&str], &str); 16] = [
    ("mp3 96", &["-c:a", "libmp3lame", "-b:a", "96k"], "mp3"),
    ("mp3 128", &["-c:a", "libmp3lame", "-b:a", "128k"], "mp3"),
    ("mp3 160", &["-c:a", "libmp3lame", "-b:a", "160k"], "mp3"),
    ("mp3 192", &["-c:a", "libmp3lame", "-b:a", "192k"], "mp3"),
    ("mp3 256", &["-c:a", "libmp3lame", "-b:a", "256k"], "mp3"),
    ("mp3 320", &["-c:a", "libmp3lame", "-b:a", "320k"], "mp3"),
    ("mp3 V0", &["-c:a", "libmp3lame", "-q:a", "0"], "mp3"),
    ("mp3 V2", &["-c:a", "libmp3lame", "-q:a", "2"], "mp3"),
    ("mp3 V4", &["-c:a", "libmp3lame", "-q:a", "4"], "mp3"),
    ("aac 96", &["-c:a", "aac", "-b:a", "96k"], "m4a"),
    ("aac 128", &["-c:a", "aac", "-b:a", "128k"], "m4a"),
    ("aac 256", &["-c:a", "aac", "-b:a", "256k"], "m4a"),
    ("opus 96", &["-c:a", "libopus", "-b:a", "96k"], "opus"),
    ("opus 160", &["-c:a", "libopus", "-b:a", "160k"], "opus"),
    ("vorbis q3", &["-c:a", "libvorbis", "-q:a", "3"], "ogg"),
    ("vorbis q6", &["-c:a", "libvorbis", "-q:a", "6"], "ogg"),
];

fn ffmpeg(arguments: &[&str]) -> bool {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y"]).args(arguments);
    command.status().is_ok_and(|s| s.success())
}

fn codecs(clean: &[Excerpt]) {
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("\nffmpeg is not here: no codecs");
        return;
    }
    println!(
        "\nre-wrapped as wav: likely_lossy found | edge kHz, median (10th-90th) | fall dB | as itself"
    );
    let scratch = tempfile::tempdir().expect("a folder for scratch");
    let at = |name: &str| scratch.path().join(name);
    for (name, arguments, ending) in CODECS {
        let (mut hits, mut own, mut count) = (0, 0, 0);
        let (mut edges, mut falls) = (Vec::new(), Vec::new());
        for excerpt in clean.iter().skip(1).step_by(2).take(CODED) {
            let (from, coded, back) =
                (at("from.wav"), at(&format!("coded.{ending}")), at("back.wav"));
            let file = BufWriter::new(File::create(&from).expect("a file can be made"));
            write(&excerpt.audio, Format::Wav, file).expect("a file can be written");
            let mut encode = vec!["-i", path(&from)];
            encode.extend(arguments);
            encode.push(path(&coded));
            let good = ffmpeg(&encode)
                && ffmpeg(&["-i", path(&coded), "-ar", "44100", "-c:a", "pcm_s16le", path(&back)]);
            if !good {
                continue;
            }
            count += 1;
            let audio = read_all(&back, &Limits::default()).expect("a wav can be read");
            let figures = figures_with(&audio, excerpt.figures.reading);
            hits += usize::from(found(&problems(&audio, &figures), ProblemKind::LikelyLossy, None));
            edges.extend(figures.wall.map(|w| w.edge_hz / 1000.0));
            falls.extend(figures.wall.map(|w| w.fall_db));
            own += usize::from(flagged_as_itself(&coded));
        }
        println!(
            "  {name:<10} {hits:>2}/{count:<2} | {:.1} ({:.1}-{:.1}) | {:.0} | {own}/{count}",
            percentile(&mut edges, 0.5),
            percentile(&mut edges, 0.1),
            percentile(&mut edges, 0.9),
            percentile(&mut falls, 0.5)
        );
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Whether a lossy file is blamed although it says what it is.
fn flagged_as_itself(file: &Path) -> bool {
    heard(file).is_some_and(|(_, p)| found(&p, ProblemKind::LikelyLossy, None))
}

/// The checks on a file as it is.
fn heard(file: &Path) -> Option<(f64, Vec<Problem>)> {
    let mut decoder = Decoder::open(file, &Limits::default()).ok()?;
    let info = decoder.info().clone();
    let channels = decoder.channels_out();
    let mut meter = QualityMeter::new(info.rate_hz, channels);
    let mut loudness = LoudnessMeter::new(info.rate_hz, channels);
    while let Some(block) = decoder.next_block().ok()? {
        meter.push(&block);
        loudness.push(&block);
    }
    let damage = decoder.damage();
    let bits_per_second = decoder.bits_per_second();
    let figures = meter.finish(loudness.reading());
    let source = Source { info: &info, damage, bits_per_second };
    Some((figures.duration_s, figures.problems(&source)))
}

/// What the checks say about real files; nobody knows what is true of them.
fn as_they_are(folder: &Path) {
    let mut counts: BTreeMap<(ProblemKind, Severity), usize> = BTreeMap::new();
    let files = files::below(folder, files::AUDIO);
    for file in &files {
        let Some((_, found)) = heard(file) else { continue };
        let name = clean::name(file);
        let mut kinds: Vec<(ProblemKind, Severity)> =
            found.iter().map(|p| (p.kind, p.severity)).collect();
        kinds.dedup();
        for kind in kinds {
            *counts.entry(kind).or_default() += 1;
        }
        for problem in &found {
            println!(
                "{name} {} {:.2}-{:.2}: {}",
                problem.kind.word(),
                problem.start_s,
                problem.end_s,
                problem.detail
            );
        }
    }
    println!("\nof {} files", files.len());
    for ((kind, severity), count) in counts {
        println!("  {:<14} {severity:?} {count}", kind.word());
    }
}

/// Processor seconds of this thread.
fn cpu_s() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn speed(clean: &[Excerpt]) {
    println!("\ncost: times real time on one core; share of a second of sound, ms");
    let sounds: Vec<&Audio> = clean.iter().take(4).map(|e| &e.audio).collect();
    let seconds: f64 = 3.0 * sounds.iter().map(|a| a.duration_s()).sum::<f64>();
    let time = |name: &str, each: &dyn Fn(&Audio)| {
        sounds.iter().for_each(|a| each(a));
        let start = cpu_s();
        for _ in 0..3 {
            sounds.iter().for_each(|a| each(a));
        }
        let spent = cpu_s() - start;
        println!("  {name:<12} {:>7.0} x {:>6.3} ms", seconds / spent, 1000.0 * spent / seconds);
    };
    time("all checks", &|a| {
        let mut meter = QualityMeter::new(a.rate_hz(), a.channels());
        blocks(a, |p| meter.push(p));
        let _ = meter.finish(Reading::default());
    });
    time("loudness", &|a| {
        let mut meter = LoudnessMeter::new(a.rate_hz(), a.channels());
        blocks(a, |p| meter.push(p));
    });
    macro_rules! part {
        ($name:literal, $meter:expr) => {
            time($name, &|a| {
                let mut meter = $meter(a.rate_hz());
                blocks(a, |p| meter.push(p));
            })
        };
    }
    part!("clipping", clipping::ClippingMeter::new);
    part!("offset", offset::OffsetMeter::new);
    part!("spectra", spectra::SpectraMeter::new);
    part!("bass", low::LowMeter::new);
    part!("clicks", clicks::ClickMeter::new);
    part!("decay", leitmotif::listen::decay::DecayMeter::new);
    time("moments", &|a| {
        let mut meter = moments::Moments::new(a.rate_hz());
        let mut loudest = 0f32;
        blocks(a, |p| meter.push(p, |m| loudest = loudest.max(m.peak)));
        std::hint::black_box(loudest);
    });
    time("stereo", &|a| {
        let mut meter = stereo::StereoMeter::new(a.rate_hz());
        blocks(a, |p| meter.push(p[0], p[1]));
    });
    time("width", &|a| {
        let mut meter = leitmotif::listen::quality::width::WidthMeter::new(a.rate_hz());
        blocks(a, |p| meter.push_planes(p[0], p[1]));
    });
}
