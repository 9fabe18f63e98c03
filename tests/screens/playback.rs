//! What is really sent to a sound device: the program plays into a file, and the samples say where
//! it played, how long its loop is and how loud either of two is.
//!
//! The device is made of ALSA's own parts and takes sound no faster than a listener would. Where it
//! cannot be opened (a build without playback, no ALSA) the test says so and does nothing.

use crate::terminal::Terminal;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Frames a second of the device.
const RATE: f64 = 48_000.0;
/// Seconds of each of the two sounds.
const SECONDS: f64 = 30.0;
/// Their pitch begins here, in Hz, and goes up, or down to here, by so much a second: the pitch of a
/// moment says which moment it is.
const LOW: f64 = 400.0;
const SLOPE: f64 = 40.0;

/// A rising or falling tone as a WAV file of 16 bits.
fn sweep(path: &Path, rising: bool, level: f64) {
    const FILE_RATE: u32 = 44_100;
    let frames = (f64::from(FILE_RATE) * SECONDS) as u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + frames * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(FILE_RATE.to_le_bytes());
    bytes.extend((FILE_RATE * 2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((frames * 2).to_le_bytes());
    for n in 0..frames {
        let t = f64::from(n) / f64::from(FILE_RATE);
        let t = if rising { t } else { SECONDS - t };
        let value = (TAU * (LOW * t + SLOPE * t * t / 2.0)).sin() * level;
        bytes.extend(((value * 32_767.0) as i16).to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}

/// What is needed to play into a file: the settings of ALSA.
fn device(folder: &Path, heard: &Path) -> PathBuf {
    let pace = folder.join("pace.sh");
    // A twentieth of a second at a time; more is never asked for than a listener would hear.
    let script = "while [ \"$(dd bs=9600 count=1 iflag=fullblock 2>/dev/null | tee -a \"$1\" | wc -c)\" \
                  = 9600 ]; do sleep 0.045; done\n";
    std::fs::write(&pace, script).unwrap();
    let settings = format!(
        "pcm.!default {{ type plug slave {{ format S16_LE rate 48000 channels 2 pcm {{ type file \
         file \"| sh {} {}\" format \"raw\" slave.pcm {{ type null }} }} }} }}\n\
         ctl.!default {{ type null }}\n",
        pace.display(),
        heard.display()
    );
    let path = folder.join("alsa.conf");
    std::fs::write(&path, settings).unwrap();
    path
}

/// What sounds in a short stretch.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Where in the rising tone it is, in seconds.
    place_s: f64,
    level: f64,
}

/// Fortieths of a second, one after another; `None` where it is silent.
fn moments(heard: &Path) -> Vec<Option<Moment>> {
    let bytes = std::fs::read(heard).unwrap_or_default();
    let left =
        bytes.chunks_exact(4).map(|f| f64::from(i16::from_le_bytes([f[0], f[1]])) / 32_768.0);
    let left: Vec<f64> = left.collect();
    left.chunks_exact(1_200).map(moment).collect()
}

fn moment(samples: &[f64]) -> Option<Moment> {
    let level = (samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64).sqrt();
    let crossings: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[0] < 0.0 && w[1] >= 0.0)
        .map(|(n, w)| n as f64 + w[0] / (w[0] - w[1]))
        .collect();
    let (first, last) = (crossings.first()?, crossings.last()?);
    if level < 0.01 || last - first < 600.0 {
        return None;
    }
    let pitch = (crossings.len() - 1) as f64 * RATE / (last - first);
    Some(Moment { place_s: (pitch - LOW) / SLOPE, level })
}

/// The newest stretch that sounds.
fn newest(heard: &Path) -> Option<Moment> {
    moments(heard).iter().rev().find_map(|m| *m)
}

fn pass(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

#[test]
#[ignore = "a busy machine moves its times: run it alone, with --ignored"]
fn what_is_played_is_what_the_screen_says() {
    let Some(t) = Terminal::new("playback") else { return };
    let folder = t.home.path().join("sweeps");
    std::fs::create_dir_all(&folder).unwrap();
    sweep(&folder.join("a-up.wav"), true, 0.1);
    sweep(&folder.join("b-down.wav"), false, 0.4);
    let heard = t.home.path().join("heard.raw");
    let settings = device(t.home.path(), &heard);
    t.open(&format!("ALSA_CONFIG_PATH={}", settings.display()));
    t.until("Nothing here yet");
    t.keys(&["i"]);
    t.until("paths");
    t.type_in(&folder.display().to_string());
    t.until("b-down");
    t.keys(&["s", "n", "g", "g"]);
    pass(1.0);
    t.keys(&["p"]);
    pass(4.0);
    if t.screen().contains("Nothing to hear with") || newest(&heard).is_none() {
        eprintln!("skipped: no sound device could be made here\n{}", t.screen());
        return;
    }
    // It begins at the start and moves on without a gap.
    let sounding: Vec<f64> = moments(&heard).iter().flatten().map(|m| m.place_s).collect();
    // The first stretch is silent in part.
    let sounding = &sounding[1..];
    assert!(sounding[0] < 0.3, "{sounding:?}");
    assert!(sounding.windows(2).all(|w| (w[1] - w[0] - 0.025).abs() < 0.02), "{sounding:?}");

    // A pause is silence, and it goes on where it stood.
    t.keys(&["p"]);
    pass(2.0);
    let stood = newest(&heard).unwrap().place_s;
    assert!(moments(&heard).last().unwrap().is_none(), "a pause is silent");
    t.keys(&["p"]);
    pass(1.5);
    let all = moments(&heard);
    let again = all.iter().rposition(Option::is_none).unwrap();
    let first = all[again + 1..].iter().flatten().next().unwrap().place_s;
    assert!((first - stood).abs() < 0.2, "{stood} {first}");

    // Five seconds on are five seconds on from where it plays.
    t.keys(&["."]);
    pass(1.5);
    let places: Vec<f64> =
        moments(&heard)[again + 2..].iter().flatten().map(|m| m.place_s).collect();
    let jump = places.windows(6).map(|w| w[5] - w[0] - 0.125).fold(0.0, f64::max);
    assert!((jump - 5.0).abs() < 1.5, "{jump} {places:?}");

    // A loop comes back to its start, and always after the same time.
    let before = moments(&heard).len();
    t.keys(&["["]);
    pass(2.0);
    t.keys(&["]"]);
    pass(8.0);
    let places: Vec<f64> = moments(&heard)[before..].iter().flatten().map(|m| m.place_s).collect();
    let back = |w: &[f64]| w[1] < w[0] - 0.5;
    let mut turns: Vec<usize> =
        places.windows(2).enumerate().filter(|(_, w)| back(w)).map(|(n, _)| n).collect();
    // The stretch that holds the turn itself may look like a place between.
    turns.dedup_by(|next, turn| *next - *turn < 5);
    assert!(turns.len() >= 3, "{turns:?} {places:?}");
    let rounds: Vec<usize> = turns.windows(2).map(|w| w[1] - w[0]).collect();
    let (least, most) = (rounds.iter().min().unwrap(), rounds.iter().max().unwrap());
    assert!(most - least <= 2 && *least > 20, "{rounds:?}");

    // The other of two goes on at the same place, and is as loud.
    t.keys(&["\\"]);
    pass(1.0);
    t.keys(&["b"]);
    t.until("Compare a-up with");
    t.keys(&["Enter"]);
    t.until("A: a-up");
    pass(1.0);
    let a = newest(&heard).unwrap();
    let before = moments(&heard).len();
    t.keys(&["a"]);
    t.until("quieter");
    pass(2.0);
    let b: Vec<Moment> = moments(&heard)[before..].iter().flatten().copied().collect();
    let falls = |w: &[Moment]| w[1].place_s < w[0].place_s;
    let start = b.windows(2).position(falls).expect("the falling tone is heard") + 1;
    let db = 20.0 * (b[start + 20].level / a.level).log10();
    assert!(db.abs() < 0.5, "{db} dB");
    let (left, came) = (b[start - 1].place_s, SECONDS - b[start + 1].place_s);
    assert!((came - left).abs() < 1.0, "{left} {came}");
}
