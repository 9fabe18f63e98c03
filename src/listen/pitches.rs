//! Log-frequency spectra of the harmonic part, tuning, chroma and predominant pitch.
//!
//! Frames are 1024 samples apart (46 ms) and 8192 long, so that semitones are told apart from E1
//! up. A median over time in each band keeps what is held and drops drums (Fitzgerald 2010).

use super::RATE_HZ;
use super::partials::{Meter, Partials};
use crate::audio::stft::Stft;
use std::f64::consts::TAU;

/// Samples between frames.
pub const HOP: usize = 1024;
const SIZE: usize = 8192;
/// Bands to a semitone.
const PER_SEMITONE: usize = 3;
/// Lowest and one past the highest MIDI note.
pub const LOWEST: usize = 24;
/// One past the highest note.
pub const HIGHEST: usize = 108;
const NOTES: usize = HIGHEST - LOWEST;
const BANDS: usize = NOTES * PER_SEMITONE;
/// Frames of the median in time, 0.42 s.
const MEDIAN_FRAMES: usize = 9;

/// Frames a second.
pub fn frame_rate() -> f64 {
    f64::from(RATE_HZ) / HOP as f64
}

/// The pitch content of a track.
#[derive(Clone, Debug, Default)]
pub struct PitchFrames {
    /// Amplitude of each semitone from [`LOWEST`], tuned, drums taken out; one row a frame.
    notes: Vec<[f32; NOTES]>,
    /// Chroma of each frame, not normalised.
    chromas: Vec<[f32; 12]>,
    /// Cents the music is tuned above A = 440 Hz.
    pub tuning_cents: f64,
    /// Share of the spectrum's energy that is held rather than struck, 0..1.
    pub harmonicity: f64,
    /// How much of it is tone.
    pub partials: Partials,
}

impl PitchFrames {
    /// Analyses a signal at 22.05 kHz.
    pub fn new(samples: &[f32]) -> Self {
        let stft = Stft::new(SIZE, HOP);
        let bank = Bank::new();
        let mut bands: Vec<[f32; BANDS]> = Vec::with_capacity(stft.frames(samples.len()));
        let mut meter = Meter::new(SIZE, 2 * HOP);
        stft.magnitudes(samples, |frame, magnitudes| {
            bands.push(bank.read(magnitudes));
            // Half of the frames say as much about all of the track.
            if frame % 2 == 0 {
                meter.push(magnitudes);
            }
        });
        let raw: f64 = energy(&bands);
        median_in_time(&mut bands);
        let harmonicity = if raw > 0.0 { (energy(&bands) / raw).min(1.0) } else { 0.0 };
        let tuning = tuning(&bands);
        let notes: Vec<[f32; NOTES]> = bands.iter().map(|b| semitones(b, tuning)).collect();
        let chromas = notes.iter().map(chroma_of).collect();
        let partials = meter.finish();
        Self { notes, chromas, tuning_cents: tuning * 100.0, harmonicity, partials }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Amplitudes of the semitones of a frame, from [`LOWEST`].
    pub fn notes(&self, frame: usize) -> &[f32; NOTES] {
        &self.notes[frame]
    }

    /// Unit chroma between two times; zero where nothing sounds. Only frames whose centre lies
    /// inside count, and the one nearest the middle at least.
    pub fn chroma(&self, start_s: f64, end_s: f64) -> [f32; 12] {
        let mut sum = [0f32; 12];
        for frame in self.range(start_s, end_s) {
            for (s, c) in sum.iter_mut().zip(&self.chromas[frame]) {
                *s += c;
            }
        }
        unit(sum)
    }

    /// Chroma above and below E3 between two times, the larger of all 24 values 1: what chords are
    /// heard from. Zero where nothing sounds.
    pub fn registers(&self, start_s: f64, end_s: f64) -> [[f32; 12]; 2] {
        let mut sum = [[0f32; 12]; 2];
        for frame in self.range(start_s, end_s) {
            for (s, f) in sum.as_flattened_mut().iter_mut().zip(self.fold(frame).as_flattened()) {
                *s += f;
            }
        }
        let top = sum.as_flattened().iter().copied().fold(0f32, f32::max);
        if top > 1e-6 {
            sum.as_flattened_mut().iter_mut().for_each(|s| *s /= top);
        }
        sum
    }

    /// Compressed chroma of a frame above and below E3.
    pub fn fold(&self, frame: usize) -> [[f32; 12]; 2] {
        let mut folded = [[0f32; 12]; 2];
        for (i, amplitude) in self.notes[frame].iter().enumerate() {
            let register = usize::from(i + LOWEST < 52);
            folded[register][(i + LOWEST) % 12] += amplitude.powf(0.67);
        }
        folded
    }

    /// Frames whose centre lies between two times.
    pub fn range(&self, start_s: f64, end_s: f64) -> std::ops::Range<usize> {
        if self.is_empty() {
            return 0..0;
        }
        let first = (start_s * frame_rate()).ceil().max(0.0) as usize;
        let last = (end_s * frame_rate()).floor().max(0.0) as usize;
        if first <= last && last < self.len() {
            return first..last + 1;
        }
        let middle = (0.5 * (start_s + end_s) * frame_rate()).round().max(0.0) as usize;
        let middle = middle.min(self.len() - 1);
        middle..middle + 1
    }

    /// The note that stands out among 48..=91 in a stretch, and how far (0..1): harmonic sum with
    /// weights 0.8^i over the first five harmonics, on log amplitudes.
    pub fn predominant(&self, start_s: f64, end_s: f64) -> Option<(u8, f32)> {
        let range = self.range(start_s, end_s);
        let mut votes = [0f32; NOTES];
        let mut total = 0.0;
        for frame in range {
            let compressed = compress(&self.notes[frame]);
            let (note, salience, mean) = strongest(&compressed, 48, 92);
            if salience > 1e-3 {
                votes[note - LOWEST] += salience - mean;
                total += salience;
            }
        }
        let (best, vote) = votes
            .iter()
            .enumerate()
            .fold((0, 0f32), |b, (i, v)| if *v > b.1 { (i, *v) } else { b });
        (vote > 0.0).then(|| ((best + LOWEST) as u8, (vote / total).min(1.0)))
    }

    /// The lowest strong note among 28..=52 in a stretch, with the share of the low band's energy
    /// that its harmonics hold (0..1).
    pub fn bass(&self, start_s: f64, end_s: f64) -> Option<(u8, f32)> {
        let mut sum = [0f32; NOTES];
        for frame in self.range(start_s, end_s) {
            for (s, n) in sum.iter_mut().zip(&self.notes[frame]) {
                *s += n;
            }
        }
        let (note, salience, _) = strongest(&sum, 28, 53);
        let low = &sum[28 - LOWEST..65 - LOWEST];
        let all: f32 = low.iter().map(|a| a * a).sum();
        if salience <= 1e-6 || all <= 1e-12 {
            return None;
        }
        let own: f32 = [0, 12, 19, 24]
            .iter()
            .map(|h| note - LOWEST + h)
            .filter(|i| *i < 65 - LOWEST)
            .map(|i| sum[i] * sum[i])
            .sum();
        Some((note as u8, (own / all).min(1.0)))
    }

    /// Mean chroma of everything, unit length; frames count by their own loudness, compressed.
    pub fn mean_chroma(&self) -> [f32; 12] {
        let mut sum = [0f32; 12];
        for chroma in &self.chromas {
            let norm = chroma.iter().map(|c| c * c).sum::<f32>().sqrt();
            if norm > 1e-6 {
                // Square root: loud passages count more, but do not decide alone.
                for (s, c) in sum.iter_mut().zip(chroma) {
                    *s += c / norm.sqrt();
                }
            }
        }
        unit(sum)
    }
}

fn energy(bands: &[[f32; BANDS]]) -> f64 {
    bands.iter().flatten().map(|b| f64::from(*b).powi(2)).sum()
}

/// Scales to unit length; zero stays zero.
pub fn unit<const N: usize>(mut values: [f32; N]) -> [f32; N] {
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if norm > 1e-9 {
        values.iter_mut().for_each(|v| *v /= norm);
    }
    values
}

fn compress(notes: &[f32; NOTES]) -> [f32; NOTES] {
    notes.map(|n| (1.0 + 300.0 * n).ln())
}

/// The note in `from..to` with the largest harmonic sum, the sum, and the mean of all sums.
fn strongest(values: &[f32; NOTES], from: usize, to: usize) -> (usize, f32, f32) {
    const HARMONICS: [usize; 5] = [0, 12, 19, 24, 28];
    let mut best = (from, f32::MIN);
    let mut total = 0.0;
    for note in from..to {
        let mut sum = 0.0;
        let mut weight = 1.0;
        for harmonic in HARMONICS {
            sum += weight * values.get(note - LOWEST + harmonic).copied().unwrap_or(0.0);
            weight *= 0.8;
        }
        total += sum;
        if sum > best.1 {
            best = (note, sum);
        }
    }
    (best.0, best.1, total / (to - from) as f32)
}

/// Chroma of a frame: low notes fade in over the first octave, high ones out over the last two.
fn chroma_of(notes: &[f32; NOTES]) -> [f32; 12] {
    let mut chroma = [0f32; 12];
    for (i, amplitude) in notes.iter().enumerate() {
        let weight = match i {
            0..12 => 0.5 + 0.5 * i as f32 / 12.0,
            _ if i >= NOTES - 24 => 1.0 - 0.8 * (i + 24 - NOTES) as f32 / 24.0,
            _ => 1.0,
        };
        // Compression keeps one loud partial from hiding the rest of the chord.
        chroma[(i + LOWEST) % 12] += weight * amplitude.powf(0.67);
    }
    chroma
}

/// Sums the three bands of each semitone around its tuned centre.
fn semitones(bands: &[f32; BANDS], tuning: f64) -> [f32; NOTES] {
    // Tuning of a third of a semitone is one band.
    let shift = tuning * PER_SEMITONE as f64;
    std::array::from_fn(|note| {
        let centre = (note * PER_SEMITONE + 1) as f64 + shift;
        let mut sum = 0.0;
        for (offset, weight) in [(-1.0, 0.5), (0.0, 1.0), (1.0, 0.5)] {
            let at = centre + offset;
            let low = at.floor();
            let fraction = (at - low) as f32;
            let read = |i: f64| {
                if i < 0.0 { 0.0 } else { bands.get(i as usize).copied().unwrap_or(0.0) }
            };
            sum += weight * (read(low) * (1.0 - fraction) + read(low + 1.0) * fraction);
        }
        sum
    })
}

/// Tuning in semitones, -0.5..0.5: the circular mean of where partials stand between semitones.
fn tuning(bands: &[[f32; BANDS]]) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for frame in bands {
        for band in 36..BANDS - 36 {
            let (left, peak, right) = (frame[band - 1], frame[band], frame[band + 1]);
            // Only partials that stand out from the next semitones.
            let around = frame[band - 3].max(frame[band + 3]);
            if peak < left || peak <= right || peak < 2.0 * around || peak < 1e-4 {
                continue;
            }
            // The bands are Gaussian: their logarithms lie on a parabola.
            let [l, m, r] = [left, peak, right].map(|x| f64::from(x.max(1e-9)).ln());
            let shift = (0.5 * (l - r) / (l - 2.0 * m + r).min(-1e-9)).clamp(-0.5, 0.5);
            let angle = TAU * (band as f64 + shift - 1.0) / PER_SEMITONE as f64;
            re += f64::from(peak) * angle.cos();
            im += f64::from(peak) * angle.sin();
        }
    }
    if re.hypot(im) < 1e-9 { 0.0 } else { im.atan2(re) / TAU }
}

/// Replaces each band by its median over [`MEDIAN_FRAMES`] frames.
fn median_in_time(bands: &mut [[f32; BANDS]]) {
    let frames = bands.len();
    let half = MEDIAN_FRAMES / 2;
    let source = bands.to_vec();
    let mut window = [0f32; MEDIAN_FRAMES];
    for t in 0..frames {
        let (from, to) = (t.saturating_sub(half), (t + half + 1).min(frames));
        for band in 0..BANDS {
            let count = to - from;
            for (slot, frame) in window.iter_mut().zip(&source[from..to]) {
                *slot = frame[band];
            }
            let part = &mut window[..count];
            let (_, middle, _) = part.select_nth_unstable_by(count / 2, f32::total_cmp);
            bands[t][band] = *middle;
        }
    }
}

/// Gaussian filters on a log-frequency axis, a third of a semitone apart.
struct Bank {
    filters: Vec<(usize, Vec<f32>)>,
}

impl Bank {
    fn new() -> Self {
        let bin_hz = f64::from(RATE_HZ) / SIZE as f64;
        let filters = (0..BANDS)
            .map(|band| {
                let midi = LOWEST as f64 + (band as f64 - 1.0) / PER_SEMITONE as f64;
                let centre = 440.0 * 2f64.powf((midi - 69.0) / 12.0);
                // A third of a semitone wide, but never narrower than the window resolves.
                let width = (centre * (2f64.powf(1.0 / 36.0) - 1.0)).max(0.6 * bin_hz);
                let first = ((centre - 3.0 * width) / bin_hz).ceil().max(1.0) as usize;
                let last = (((centre + 3.0 * width) / bin_hz) as usize).min(SIZE / 2);
                let weights = (first..=last)
                    .map(|bin| {
                        let off = (bin as f64 * bin_hz - centre) / width;
                        (-0.5 * off * off).exp() as f32
                    })
                    .collect();
                (first, weights)
            })
            .collect();
        Self { filters }
    }

    fn read(&self, magnitudes: &[f32]) -> [f32; BANDS] {
        std::array::from_fn(|band| {
            let (first, weights) = &self.filters[band];
            let bins = &magnitudes[*first..*first + weights.len()];
            weights.iter().zip(bins).map(|(w, m)| w * m).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(notes: &[f64], seconds: f64, cents: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        (0..(seconds * rate) as usize)
            .map(|i| {
                let t = i as f64 / rate;
                notes
                    .iter()
                    .map(|midi| {
                        let hz = 440.0 * 2f64.powf((midi - 69.0 + cents / 100.0) / 12.0);
                        (1..5)
                            .map(|h| (TAU * hz * f64::from(h) * t).sin() / f64::from(h))
                            .sum::<f64>()
                    })
                    .sum::<f64>() as f32
                    * 0.08
            })
            .collect()
    }

    #[test]
    fn a_chord_shows_its_tones() {
        let frames = PitchFrames::new(&chord(&[48.0, 64.0, 67.0], 3.0, 0.0));
        let chroma = frames.chroma(0.5, 2.5);
        let mut order: Vec<usize> = (0..12).collect();
        order.sort_by(|a, b| chroma[*b].total_cmp(&chroma[*a]));
        let mut top = order[..3].to_vec();
        top.sort_unstable();
        assert_eq!(top, [0, 4, 7], "{chroma:?}");
        assert!(frames.harmonicity > 0.8, "{}", frames.harmonicity);
    }

    #[test]
    fn tuning_is_measured() {
        for cents in [-30.0, -10.0, 0.0, 15.0, 35.0] {
            let frames = PitchFrames::new(&chord(&[57.0, 64.0, 69.0], 2.0, cents));
            assert!((frames.tuning_cents - cents).abs() < 8.0, "{cents}: {}", frames.tuning_cents);
        }
    }

    #[test]
    fn bass_and_melody_are_told() {
        for (bass, lead) in [(33.0, 76.0), (40.0, 69.0), (45.0, 81.0)] {
            let mut samples = chord(&[bass], 2.0, 0.0);
            for (s, l) in samples.iter_mut().zip(chord(&[lead], 2.0, 0.0)) {
                *s = *s * 0.5 + l;
            }
            let frames = PitchFrames::new(&samples);
            assert_eq!(frames.bass(0.5, 1.5).map(|b| b.0), Some(bass as u8));
            assert_eq!(frames.predominant(0.5, 1.5).map(|p| p.0), Some(lead as u8));
        }
    }

    #[test]
    fn silence_has_no_pitch() {
        let frames = PitchFrames::new(&vec![0.0; 22_050]);
        assert_eq!(frames.predominant(0.0, 1.0), None);
        assert_eq!(frames.bass(0.0, 1.0), None);
        assert_eq!(frames.mean_chroma(), [0.0; 12]);
        assert_eq!(PitchFrames::new(&[]).chroma(0.0, 1.0), [0.0; 12]);
    }
}
