//! The spectral front end on like work: a spectrogram of 2048/512 at 22.05 kHz, 128 mel bands and a
//! chroma, on one thread, from samples in memory.

use leitmotif::audio::stft::Stft;
use leitmotif::listen::{RATE_HZ, onsets::OnsetFrames, pitches::PitchFrames};
use std::fs;
use std::hint::black_box;

const SIZE: usize = 2048;
const HOP: usize = 512;
const MELS: usize = 128;
const RUNS: u32 = 10;

/// Processor seconds per second of sound: the like work, and what hearing really does first
/// (frames of onsets and of pitches).
pub fn measure(samples: &[f32]) -> (f64, f64) {
    let seconds = samples.len() as f64 / f64::from(RATE_HZ);
    let bands = bands();
    let classes = classes();
    let like = timed(|| {
        let stft = Stft::new(SIZE, HOP);
        let mut out = Vec::with_capacity(stft.frames(samples.len()) * (MELS + 12));
        stft.magnitudes(samples, |_, magnitudes| {
            let power: Vec<f32> = magnitudes.iter().map(|m| m * m).collect();
            for (first, weights) in &bands {
                let bins = &power[*first..first + weights.len()];
                out.push(bins.iter().zip(weights).map(|(p, w)| p * w).sum());
            }
            let mut chroma = [0f32; 12];
            power.iter().zip(&classes).for_each(|(p, class)| chroma[*class] += p);
            out.extend(chroma);
        });
        black_box(out);
    });
    let own = timed(|| {
        black_box(OnsetFrames::new(samples));
        black_box(PitchFrames::new(samples));
    });
    (like / seconds, own / seconds)
}

fn timed(work: impl Fn()) -> f64 {
    work();
    let before = thread_cpu_s();
    (0..RUNS).for_each(|_| work());
    (thread_cpu_s() - before) / f64::from(RUNS)
}

/// Time that this thread has run, which the kernel counts in nanoseconds.
fn thread_cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn hz(bin: usize) -> f64 {
    bin as f64 * f64::from(RATE_HZ) / SIZE as f64
}

/// First bin and weights of each triangle on the mel scale.
fn bands() -> Vec<(usize, Vec<f32>)> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let back = |mel: f64| 700.0 * (10f64.powf(mel / 2595.0) - 1.0);
    let top = mel(f64::from(RATE_HZ) / 2.0);
    let edge = |n: usize| back(top * n as f64 / (MELS + 1) as f64);
    (0..MELS)
        .map(|n| {
            let (low, middle, high) = (edge(n), edge(n + 1), edge(n + 2));
            let weight = |bin: usize| {
                let at = hz(bin);
                ((at - low) / (middle - low)).min((high - at) / (high - middle)).max(0.0) as f32
            };
            let inside: Vec<usize> =
                (0..=SIZE / 2).filter(|b| hz(*b) > low && hz(*b) < high).collect();
            let first = inside.first().copied().unwrap_or(0);
            (first, inside.into_iter().map(weight).collect())
        })
        .collect()
}

/// Pitch class of each bin.
fn classes() -> Vec<usize> {
    let class = |bin: usize| {
        let midi = 69.0 + 12.0 * (hz(bin.max(1)) / 440.0).log2();
        midi.round().rem_euclid(12.0) as usize % 12
    };
    (0..=SIZE / 2).map(class).collect()
}
