//! Short pieces made by code: drums, bass, chords and a tune, so that there is a beat and a key to
//! be heard. The same call gives the same samples.

use std::f64::consts::TAU;
use std::path::Path;

pub const RATE_HZ: u32 = 44_100;

/// A piece in stereo: `key` is the MIDI number of its tonic, `minor` its mode.
pub fn piece(bpm: f64, key: i32, minor: bool, seconds: f64, seed: u64) -> Vec<[f32; 2]> {
    let rate = f64::from(RATE_HZ);
    let mut out = vec![[0f32; 2]; (seconds * rate) as usize];
    let beat = 60.0 / bpm;
    let third = if minor { 3 } else { 4 };
    let degrees: [i32; 4] = [[0, 5, 7, 0], [0, -3, 5, 7], [0, 7, -3, 5]][(seed % 3) as usize];
    let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let beats = (seconds / beat) as usize;
    for n in 0..beats {
        let at = n as f64 * beat;
        let root = key + degrees[n / 4 % 4];
        if n % 2 == 0 {
            add(&mut out, at, 0.25, 0.0, |t| {
                0.5 * (-t * 14.0).exp() * (TAU * (50.0 + 90.0 * (-t * 30.0).exp()) * t).sin()
            });
        } else {
            add(&mut out, at, 0.15, 0.1, |t| 0.25 * (-t * 25.0).exp() * noise.next());
        }
        for half in 0..2 {
            let at = at + f64::from(half) * beat / 2.0;
            add(&mut out, at, 0.05, -0.2, |t| 0.08 * (-t * 80.0).exp() * noise.next());
        }
        add(&mut out, at, beat * 0.9, 0.0, |t| 0.22 * (-t * 2.0).exp() * reed(hz(root - 12), t, 5));
        if n % 2 == 0 {
            for (step, pan) in [(0, -0.4), (third, 0.0), (7, 0.4)] {
                add(&mut out, at, beat * 1.9, pan, |t| {
                    0.07 * (-t * 1.5).exp() * reed(hz(root + 12 + step), t, 4)
                });
            }
        }
        let tune = [0, 7, third, 12, 7, third, 2, 0][(n + seed as usize) % 8];
        let length = beat * 0.8;
        add(&mut out, at, length, 0.15, |t| {
            0.1 * (-t * 3.0).exp() * reed(hz(root + 24 + tune), t, 3)
        });
    }
    out
}

fn hz(midi: i32) -> f64 {
    440.0 * 2f64.powf(f64::from(midi - 69) / 12.0)
}

/// A few harmonics.
fn reed(hz: f64, t: f64, harmonics: u32) -> f64 {
    (1..=harmonics).map(|h| (TAU * hz * f64::from(h) * t).sin() / f64::from(h)).sum()
}

fn add(out: &mut [[f32; 2]], at: f64, length: f64, pan: f64, mut sound: impl FnMut(f64) -> f64) {
    let rate = f64::from(RATE_HZ);
    let from = (at * rate) as usize;
    for i in 0..(length * rate) as usize {
        let Some(frame) = out.get_mut(from + i) else { return };
        let value = sound(i as f64 / rate);
        frame[0] += (value * (1.0 - pan)) as f32;
        frame[1] += (value * (1.0 + pan)) as f32;
    }
}

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Writes a piece as 16-bit WAV.
pub fn wav(path: &Path, frames: &[[f32; 2]]) {
    wav_as(path, frames, RATE_HZ, 2, 16);
}

/// Writes a piece as integer WAV of any kind: channels repeat the two there are.
pub fn wav_as(path: &Path, frames: &[[f32; 2]], rate_hz: u32, channels: u16, bits: u16) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate_hz,
        bits_per_sample: bits,
        sample_format: hound::SampleFormat::Int,
    };
    let full = f64::from((1u32 << (bits - 1)) - 1);
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in frames {
        for channel in 0..channels {
            let value = f64::from(frame[usize::from(channel % 2)]).clamp(-1.0, 1.0);
            writer.write_sample((value * full) as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// Writes float WAV, whatever the samples are.
pub fn wav_float(path: &Path, frames: &[[f32; 2]]) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in frames {
        writer.write_sample(frame[0]).unwrap();
        writer.write_sample(frame[1]).unwrap();
    }
    writer.finalize().unwrap();
}

/// FLAC bytes of a piece.
pub fn flac(frames: &[[f32; 2]]) -> Vec<u8> {
    let planes = (0..2).map(|c| frames.iter().map(|f| f[c]).collect()).collect();
    leitmotif::audio::encode::flac16(&leitmotif::audio::Audio::new(RATE_HZ, planes)).unwrap()
}
