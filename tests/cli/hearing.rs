//! What is no music, or hardly: no beat, key, chord or note is invented, and what is not heard is
//! null with a reason. The real binary on sounds made here.

use super::house::Home;
use super::music::{piece, wav_as};
use serde_json::Value;
use std::f64::consts::TAU;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const RATE_HZ: u32 = 22_050;
const SECONDS: f64 = 24.0;

/// Listens to a sound that a function of time makes.
fn hear(mut sound: impl FnMut(f64) -> f64) -> Value {
    let home = Home::empty();
    let count = (SECONDS * f64::from(RATE_HZ)) as usize;
    let frames: Vec<[f32; 2]> =
        (0..count).map(|i| [sound(i as f64 / f64::from(RATE_HZ)) as f32; 2]).collect();
    let file = home.file("sound.wav");
    wav_as(&file, &frames, RATE_HZ, 1, 16);
    heard(&home, &file)
}

fn heard(home: &Home, file: &Path) -> Value {
    home.json(["listen", file.to_str().unwrap()]).ok()
}

/// Even noise between -1 and 1, the same every time.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Whether a problem is silence or says something of this.
fn says(value: &Value, word: &str) -> bool {
    let problems = value["problems"].as_array().unwrap();
    problems.iter().any(|p| p["kind"] == "silent" || p["detail"].as_str().unwrap().contains(word))
}

#[track_caller]
fn no_beat(value: &Value) {
    assert!(value["tempo_bpm"].is_null(), "a tempo was invented: {value}");
    assert_eq!(value["beats_s"].as_array().unwrap().len(), 0);
    assert_eq!(value["downbeats_s"].as_array().unwrap().len(), 0);
    assert!(value["meter"].is_null(), "a meter was invented: {value}");
    assert!(says(value, "beat"), "no reason is given: {value}");
}

#[track_caller]
fn no_key(value: &Value) {
    assert!(value["key"].is_null(), "a key was invented: {value}");
    assert_eq!(value["key_confidence"].as_f64(), Some(0.0));
    assert!(says(value, "key"), "no reason is given: {value}");
}

/// No pitched notes but these, and drums only if allowed.
#[track_caller]
fn no_notes_but(value: &Value, allowed: &[u64], drums: bool) {
    for note in value["notes"].as_array().into_iter().flatten() {
        let drum = note["part"] == "drums";
        let midi = note["midi"].as_u64().unwrap();
        assert!(if drum { drums } else { allowed.contains(&midi) }, "{note} was invented");
    }
}

#[track_caller]
fn no_chords(value: &Value) {
    let chords = value["chords"].as_array().unwrap();
    let invented: Vec<&Value> = chords.iter().filter(|c| c["chord"] != "N").collect();
    assert!(invented.is_empty(), "chords were invented: {invented:?}");
}

#[test]
fn silence() {
    let value = hear(|_| 0.0);
    no_beat(&value);
    no_key(&value);
    no_chords(&value);
    no_notes_but(&value, &[], false);
    assert!(value["loudness_lufs"].is_null());
}

#[test]
fn white_noise() {
    let mut next = noise(1);
    let value = hear(|_| 0.3 * next());
    no_beat(&value);
    no_key(&value);
    no_chords(&value);
    no_notes_but(&value, &[], false);
}

#[test]
fn a_click_track() {
    let mut next = noise(2);
    let value = hear(|t| {
        let since = t % 0.5;
        0.6 * next() * (-since * 300.0).exp()
    });
    // It has a beat, and nothing else.
    if let Some(bpm) = value["tempo_bpm"].as_f64() {
        assert!([60.0, 120.0, 240.0].iter().any(|b| (bpm / b - 1.0).abs() < 0.02), "{bpm}");
    }
    no_key(&value);
    no_chords(&value);
    no_notes_but(&value, &[], true);
}

#[test]
fn a_sine() {
    let value = hear(|t| 0.4 * (TAU * 440.0 * t).sin());
    no_beat(&value);
    no_key(&value);
    // It is one note, and may be heard as that.
    no_notes_but(&value, &[69], false);
}

#[test]
fn a_drone() {
    // A fifth that swells slowly.
    let value = hear(|t| {
        let swell = 0.7 + 0.3 * (TAU * 0.07 * t).sin();
        let tone =
            |hz: f64| (1..8).map(move |h| (TAU * hz * f64::from(h) * t).sin() / f64::from(h * h));
        0.15 * swell * tone(55.0).chain(tone(82.5)).sum::<f64>()
    });
    no_beat(&value);
    no_key(&value);
}

#[test]
fn speech_or_nearly() {
    let mut dice = noise(3);
    // Syllables of uneven length with pauses; a voice that glides; vowels that change.
    let mut syllables = Vec::new();
    let mut at = 0.3;
    while at < SECONDS {
        let length = 0.13 + 0.06 * (dice() + 1.0);
        let pause =
            if dice() > 0.6 { 0.35 + 0.25 * (dice() + 1.0) } else { 0.03 + 0.03 * (dice() + 1.0) };
        let formants =
            [(500.0 + 220.0 * dice(), 6.0), (1500.0 + 500.0 * dice(), 4.0), (2600.0, 2.0)];
        syllables.push((at, length, 118.0 + 22.0 * dice(), 25.0 * dice(), formants));
        at += length + pause;
    }
    let mut hiss = noise(4);
    let (mut phase, mut index) = (0.0, 0);
    let value = hear(|t| {
        while syllables.get(index + 1).is_some_and(|s| s.0 <= t) {
            index += 1;
        }
        let Some((start, length, hz, glide, formants)) = syllables.get(index).copied() else {
            return 0.0;
        };
        let part = (t - start) / length;
        if !(0.0..1.0).contains(&part) {
            return 0.002 * hiss();
        }
        let pitch = hz + glide * (part - 0.5);
        phase += pitch / f64::from(RATE_HZ);
        let voice: f64 = (1..28)
            .map(|h| {
                let at = pitch * f64::from(h);
                let gain: f64 =
                    formants.iter().map(|f| 1.0 / (1.0 + ((at - f.0) / (f.0 / f.1)).powi(2))).sum();
                gain / f64::from(h).sqrt() * (TAU * phase * f64::from(h)).sin()
            })
            .sum();
        let edge = (part * 8.0).min((1.0 - part) * 5.0).min(1.0);
        let burst = if part < 0.12 { 0.25 * hiss() } else { 0.0 };
        0.09 * edge * voice + burst * edge
    });
    no_beat(&value);
    no_key(&value);
    let notes = value["notes"].as_array().map_or(0, Vec::len);
    assert!(notes as f64 <= 0.5 * SECONDS, "{notes} notes were heard in speech");
}

#[test]
fn ten_seconds_are_enough_to_be_heard() {
    let home = Home::empty();
    let file = home.file("short.wav");
    wav_as(&file, &piece(120.0, 45, true, 10.0, 1), 44_100, 2, 16);
    let value = heard(&home, &file);
    assert!((value["duration_s"].as_f64().unwrap() - 10.0).abs() < 0.01);
    for name in ["beats_s", "downbeats_s"] {
        let times: Vec<f64> =
            value[name].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        assert!(times.windows(2).all(|w| w[0] < w[1]), "{times:?}");
        assert!(times.iter().all(|t| (0.0..10.0).contains(t)), "{times:?}");
    }
    for name in ["chords", "sections", "notes"] {
        for span in value[name].as_array().into_iter().flatten() {
            let (start, end) = (span["start_s"].as_f64().unwrap(), span["end_s"].as_f64().unwrap());
            assert!(0.0 <= start && start < end && end <= 10.01, "{name}: {span}");
        }
    }
}

/// Header of a mono WAV of 16 bits and so many bytes of samples.
fn header(rate_hz: u32, bytes: u32) -> Vec<u8> {
    let mut head = b"RIFF".to_vec();
    head.extend((36 + bytes).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(16u32.to_le_bytes());
    head.extend([1, 0, 1, 0]);
    head.extend(rate_hz.to_le_bytes());
    head.extend((rate_hz * 2).to_le_bytes());
    head.extend([2, 0, 16, 0]);
    head.extend(b"data");
    head.extend(bytes.to_le_bytes());
    head
}

#[test]
fn three_hours_are_refused_in_little_memory() {
    let home = Home::empty();
    let path = home.file("long.wav");
    let (rate_hz, seconds) = (8_000u32, 3 * 3600);
    let bytes = rate_hz * 2 * seconds;
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(&header(rate_hz, bytes)).unwrap();
    // A hole: it takes no room.
    file.set_len(44 + u64::from(bytes)).unwrap();
    drop(file);
    let start = Instant::now();
    let command = home.command(["--json", "listen", path.to_str().unwrap()]);
    // A third of what the samples alone would take.
    let mut bounded = Command::new("sh");
    bounded.args(["-c", "ulimit -v 1000000 && exec \"$@\"", "sh"]).arg(command.get_program());
    bounded.args(command.get_args()).env_clear().env("LANG", "C.UTF-8");
    bounded.current_dir(command.get_current_dir().unwrap());
    let ran = super::house::Ran::of(bounded.output().unwrap());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let error = &ran.value()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("long") || message.contains("limit"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
}
