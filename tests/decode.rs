//! Decoding real files of every kind, and refusing what is none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use leitmotif::audio::decode::{DecodeError, Decoder, read_all, read_part};
use leitmotif::audio::encode::{Format, flac16, write};
use leitmotif::audio::{Audio, buffer};
use leitmotif::domain::limits::Limits;
use std::f64::consts::TAU;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

fn tone(rate_hz: u32, seconds: f64) -> Audio {
    let frames = (f64::from(rate_hz) * seconds) as usize;
    let sine = |hz: f64, level: f64| -> Vec<f32> {
        let step = TAU * hz / f64::from(rate_hz);
        (0..frames).map(|i| (level * (step * i as f64).sin()) as f32).collect()
    };
    Audio::new(rate_hz, vec![sine(440.0, 0.4), sine(660.0, 0.2)])
}

/// Amplitude of one frequency in a signal.
fn amplitude(samples: &[f32], rate_hz: u32, hz: f64) -> f64 {
    let step = TAU * hz / f64::from(rate_hz);
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        re += f64::from(*sample) * (step * i as f64).cos();
        im += f64::from(*sample) * (step * i as f64).sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

fn assert_is_the_tone(path: &Path, tolerance: f64) {
    let audio = read_all(path, &Limits::default()).unwrap();
    assert_eq!(audio.channels(), 2, "{}", path.display());
    assert!((audio.duration_s() - 1.5).abs() < 0.06, "{} {}", path.display(), audio.duration_s());
    let rate = audio.rate_hz();
    let inside = rate as usize / 4..rate as usize * 5 / 4;
    for (channel, hz, level) in [(0, 440.0, 0.4), (1, 660.0, 0.2)] {
        let got = amplitude(&audio.channel(channel)[inside.clone()], rate, hz);
        assert!((got - level).abs() < tolerance, "{} {hz} Hz: {got}", path.display());
    }
}

fn scratch() -> (tempfile::TempDir, impl Fn(&str, &[u8]) -> PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    (dir, move |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        fs::write(&path, bytes).unwrap();
        path
    })
}

fn wav_bytes(audio: &Audio) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    write(audio, Format::Wav, &mut bytes).unwrap();
    bytes.into_inner()
}

#[test]
fn every_kind_of_file_gives_the_tone() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in ["tone.mp3", "tone.ogg", "tone.m4a", "tone.opus"] {
        assert_is_the_tone(&fixtures.join(name), 0.02);
    }
    let (_dir, put) = scratch();
    let audio = tone(44_100, 1.5);
    assert_is_the_tone(&put("a.wav", &wav_bytes(&audio)), 1e-4);
    assert_is_the_tone(&put("a.flac", &flac16(&audio).unwrap()), 1e-3);
    let mut bytes = Cursor::new(Vec::new());
    write(&tone(48_000, 1.5), Format::Flac, &mut bytes).unwrap();
    assert_is_the_tone(&put("b.flac", &bytes.into_inner()), 1e-4);
    // The name says nothing: content decides.
    assert_is_the_tone(&put("wrong.mp3", &wav_bytes(&audio)), 1e-4);
}

#[test]
fn a_part_is_the_same_samples_as_the_whole() {
    let (_dir, put) = scratch();
    let audio = tone(44_100, 6.0);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (path, start) in [
        (put("a.wav", &wav_bytes(&audio)), 3.25),
        (put("a.flac", &flac16(&audio).unwrap()), 3.25),
        (fixtures.join("tone.ogg"), 0.5),
        (fixtures.join("tone.mp3"), 0.5),
    ] {
        let limits = Limits::default();
        let whole = read_all(&path, &limits).unwrap();
        let part = read_part(&path, start, start + 0.5, &limits).unwrap();
        let from = (start * f64::from(whole.rate_hz())).round() as usize;
        assert_eq!(part.frames(), (whole.rate_hz() / 2) as usize, "{}", path.display());
        assert_eq!(part.channel(0), &whole.channel(0)[from..from + part.frames()]);
    }
}

#[test]
fn what_is_no_audio_is_refused_by_name() {
    let (dir, put) = scratch();
    let limits = Limits::default();
    let refuse = |path: &Path| Decoder::open(path, &limits).err().unwrap();
    assert!(matches!(refuse(&put("empty.wav", b"")), DecodeError::Empty(_)));
    assert!(matches!(
        refuse(&put("text.wav", b"These are words. ".repeat(500).as_slice())),
        DecodeError::NotAudio(_)
    ));
    assert!(matches!(refuse(dir.path()), DecodeError::NotAFile(_)));
    assert!(matches!(refuse(&dir.path().join("missing.wav")), DecodeError::Io { .. }));
    let message = refuse(&put("t.ogg", &[0x4f, 0x67, 0x67, 0x53, 0, 0, 0])).to_string();
    assert!(message.contains("t.ogg"), "{message}");
}

#[test]
fn a_file_that_breaks_off_gives_what_it_has_and_says_so() {
    let (_dir, put) = scratch();
    for (name, bytes) in
        [("t.wav", wav_bytes(&tone(44_100, 3.0))), ("t.flac", flac16(&tone(44_100, 3.0)).unwrap())]
    {
        let path = put(name, &bytes[..bytes.len() / 2]);
        let mut decoder = Decoder::open(&path, &Limits::default()).unwrap();
        let mut frames = 0;
        while let Some(block) = decoder.next_block().unwrap() {
            frames += block[0].len();
        }
        assert!((44_100..88_200).contains(&frames), "{name} {frames}");
        assert!(decoder.damage().truncated, "{name}");
    }
}

#[test]
fn samples_that_are_no_numbers_become_silence() {
    let (_dir, put) = scratch();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for i in 0..44_100 {
        let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        writer.write_sample(if i < 3 { bad[i] } else { 0.5 }).unwrap();
    }
    writer.finalize().unwrap();
    let path = put("nan.wav", bytes.get_ref());
    let mut decoder = Decoder::open(&path, &Limits::default()).unwrap();
    let mut all = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        all.extend_from_slice(block[0]);
    }
    assert_eq!(decoder.damage().not_numbers, 3);
    assert_eq!(all[..4], [0.0, 0.0, 0.0, 0.5]);
}

#[test]
fn six_channels_and_odd_rates_are_mixed_down() {
    let (_dir, put) = scratch();
    let planes: Vec<Vec<f32>> = (0..6).map(|c| vec![0.1 * (c as f32 + 1.0); 2000]).collect();
    let path = put("six.wav", &wav_bytes(&Audio::new(192_000, planes)));
    let audio = read_all(&path, &Limits::default()).unwrap();
    assert_eq!((audio.channels(), audio.rate_hz()), (2, 192_000));
    assert!(audio.peak() > 0.05 && audio.peak() <= 1.0);

    let limits = Limits { decode_channels_max: 4, ..Limits::default() };
    let refused = Decoder::open(&path, &limits).err().unwrap();
    assert!(refused.to_string().contains("6 channels"), "{refused}");
    let limits = Limits { decode_max_s: 0.005, ..Limits::default() };
    assert!(matches!(Decoder::open(&path, &limits).err().unwrap(), DecodeError::Limit { .. }));
}

#[test]
fn levels_survive_24_bits() {
    let (_dir, put) = scratch();
    let mut audio = tone(44_100, 0.5);
    audio.scale(buffer::db_amplitude(-60.0) as f32);
    let back = read_all(&put("quiet.wav", &wav_bytes(&audio)), &Limits::default()).unwrap();
    assert!((back.rms() / audio.rms() - 1.0).abs() < 1e-3);
}
