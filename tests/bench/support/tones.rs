//! Tones that are heard as music, in WAV files of 16 bits.

use std::path::{Path, PathBuf};

/// 16 tracks of one minute.
pub fn some(home: &Path) -> PathBuf {
    let folder = home.join("tones");
    std::fs::create_dir_all(&folder).unwrap();
    for song in 0..16 {
        tone(&folder.join(format!("tone {song}.wav")), song, 60, 44_100);
    }
    folder
}

/// 2,000 tracks of 10 to 12 seconds.
pub fn many_short(home: &Path) -> PathBuf {
    let folder = home.join("short");
    std::fs::create_dir_all(&folder).unwrap();
    for song in 0..2_000 {
        tone(&folder.join(format!("short {song:04}.wav")), song, 10 + song % 3, 11_025);
    }
    folder
}

fn tone(path: &Path, song: u32, seconds: u32, rate: u32) {
    let frames = rate * seconds;
    let mut bytes = Vec::with_capacity(frames as usize * 2 + 44);
    bytes.extend(b"RIFF");
    bytes.extend((36 + frames * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((frames * 2).to_le_bytes());
    // No two songs are the same, however many there are.
    let tuning = 110.0 * 2f64.powf(f64::from(song / 12) / 2_400.0);
    for n in 0..frames {
        let t = f64::from(n) / f64::from(rate);
        let note = tuning * 2f64.powf(f64::from((t * 2.0) as u32 * (3 + song) % 12) / 12.0);
        let beat = (1.0 - (t * 2.0).fract() * 1.6).max(0.0);
        let value = (t * note * std::f64::consts::TAU).sin() * beat * 12_000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}
