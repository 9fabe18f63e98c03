//! Tempo from the periodicity of onsets.
//!
//! Autocorrelation of the onset strength in windows of twelve seconds, read at the multiples of
//! every candidate period, weighted towards tempi people tap (van Noorden & Moelants 1999). Must
//! never report a tempo when the best candidate stands out no more than chance.

use super::onsets::frame_rate;

/// A tempo candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tempo {
    /// Beats a minute.
    pub bpm: f64,
    /// How plainly it is heard, 0..1: the autocorrelation at its period.
    pub strength: f64,
}

const SLOWEST_BPM: f64 = 48.0;
const FASTEST_BPM: f64 = 210.0;
const WINDOW_S: f64 = 12.0;
/// Preferred tempo and the width of the preference in octaves.
const PREFERRED_BPM: f64 = 118.0;
const PREFERENCE_OCTAVES: f64 = 0.75;

/// How onsets repeat: their correlation with themselves by lag.
pub struct Periodicity {
    correlation: Vec<f64>,
}

impl Periodicity {
    /// Of flattened onset strength.
    pub fn new(flat: &[f32]) -> Self {
        Self { correlation: mean_autocorrelation(flat) }
    }

    /// The correlation at a lag in frames, -1..1; 0 beyond what was measured.
    pub fn at(&self, lag: f64) -> f64 {
        if lag.round() as usize + 1 < self.correlation.len() {
            read(&self.correlation, lag)
        } else {
            0.0
        }
    }

    /// Tempi from the most likely down, at most five.
    pub fn candidates(&self) -> Vec<Tempo> {
        let correlation = &self.correlation;
        if correlation.is_empty() {
            return Vec::new();
        }
        let mut scored = Vec::new();
        let mut bpm = SLOWEST_BPM;
        while bpm <= FASTEST_BPM {
            let period = 60.0 / bpm * frame_rate();
            scored.push((score(correlation, period), bpm));
            bpm *= 1.01;
        }
        let mut peaks: Vec<(f64, f64)> = (1..scored.len() - 1)
            .filter(|i| scored[*i].0 > scored[i - 1].0 && scored[*i].0 >= scored[i + 1].0)
            .map(|i| scored[i])
            .collect();
        peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
        peaks.truncate(5);
        peaks
            .into_iter()
            .map(|(_, bpm)| {
                let bpm = refine(correlation, bpm);
                let period = 60.0 / bpm * frame_rate();
                Tempo { bpm, strength: read(correlation, period).max(0.0) }
            })
            .collect()
    }
}

/// Local mean taken out, negative values cut, unit variance.
pub fn flatten(strength: &[f32]) -> Vec<f32> {
    let half = (0.4 * frame_rate()) as usize;
    let mut sums = Vec::with_capacity(strength.len() + 1);
    sums.push(0f64);
    for value in strength {
        sums.push(sums[sums.len() - 1] + f64::from(*value));
    }
    let mut flat: Vec<f32> = (0..strength.len())
        .map(|i| {
            let (from, to) = (i.saturating_sub(half), (i + half + 1).min(strength.len()));
            let mean = (sums[to] - sums[from]) / (to - from) as f64;
            (f64::from(strength[i]) - mean).max(0.0) as f32
        })
        .collect();
    let power: f64 = flat.iter().map(|v| f64::from(*v).powi(2)).sum();
    let scale = (power / flat.len().max(1) as f64).sqrt();
    if scale > 1e-6 {
        flat.iter_mut().for_each(|v| *v /= scale as f32);
    }
    flat
}

/// Normalised autocorrelation, averaged over windows so that tempo drift does not smear it.
fn mean_autocorrelation(flat: &[f32]) -> Vec<f64> {
    let window = ((WINDOW_S * frame_rate()) as usize).min(flat.len());
    let lags = (4.2 * 60.0 / SLOWEST_BPM * frame_rate()) as usize;
    if window < (4.0 * frame_rate()) as usize {
        return Vec::new();
    }
    let lags = lags.min(window - 1);
    let mut total = vec![0.0; lags];
    let mut windows = 0;
    let mut start = 0;
    while start + window <= flat.len() {
        let part = &flat[start..start + window];
        let mean = part.iter().sum::<f32>() / window as f32;
        let centred: Vec<f32> = part.iter().map(|v| v - mean).collect();
        let power: f32 = centred.iter().map(|v| v * v).sum();
        if power > 1e-3 {
            for (lag, sum) in total.iter_mut().enumerate() {
                let product: f32 =
                    centred[..window - lag].iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
                // Unbiased, so that long lags are not pulled to zero.
                let fill = window as f64 / (window - lag) as f64;
                *sum += f64::from(product / power) * fill;
            }
            windows += 1;
        }
        start += window / 2;
    }
    if windows == 0 {
        return Vec::new();
    }
    total.iter_mut().for_each(|v| *v /= f64::from(windows));
    total
}

/// The value at a fractional lag: the largest within a frame of it, for periods fall between.
fn read(correlation: &[f64], lag: f64) -> f64 {
    let middle = lag.round() as usize;
    (middle.saturating_sub(1)..=middle + 1)
        .filter_map(|l| correlation.get(l))
        .copied()
        .fold(f64::MIN, f64::max)
        .max(-1.0)
}

fn score(correlation: &[f64], period: f64) -> f64 {
    let weights = [1.0, 0.8, 0.5, 0.6];
    let mut sum = 0.0;
    let mut norm = 0.0;
    for (k, weight) in weights.iter().enumerate() {
        let lag = period * (k + 1) as f64;
        if (lag as usize) + 1 < correlation.len() {
            sum += weight * read(correlation, lag);
            norm += weight;
        }
    }
    // Half-way between beats a true period is weaker than on them.
    let between = read(correlation, period * 0.5).min(read(correlation, period * 1.5));
    let bpm = 60.0 / period * frame_rate();
    let octaves = (bpm / PREFERRED_BPM).log2() / PREFERENCE_OCTAVES;
    (sum / norm - 0.15 * between.max(0.0)).max(0.0) * (-0.5 * octaves * octaves).exp()
}

/// A finer estimate from the highest multiple that still shows a peak.
fn refine(correlation: &[f64], bpm: f64) -> f64 {
    let mut period = 60.0 / bpm * frame_rate();
    for multiple in [1.0, 2.0, 4.0] {
        let centre = (period * multiple).round() as usize;
        let reach = (period * multiple * 0.02).max(2.0) as usize;
        if centre + reach + 2 >= correlation.len() || centre < reach + 2 {
            break;
        }
        let best = (centre - reach..=centre + reach)
            .max_by(|a, b| correlation[*a].total_cmp(&correlation[*b]));
        let Some(best) = best else { break };
        if best == centre - reach || best == centre + reach {
            break;
        }
        let (left, mid, right) = (correlation[best - 1], correlation[best], correlation[best + 1]);
        let curve = left - 2.0 * mid + right;
        let shift = if curve < 0.0 { 0.5 * (left - right) / curve } else { 0.0 };
        period = (best as f64 + shift) / multiple;
    }
    60.0 / period * frame_rate()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(bpm: f64, seconds: f64, accents: &[f32]) -> Vec<f32> {
        let mut strength = vec![0.1; (seconds * frame_rate()) as usize];
        let mut beat = 0;
        loop {
            let at = (f64::from(beat) * 60.0 / bpm * frame_rate()).round() as usize;
            if at + 1 >= strength.len() {
                return strength;
            }
            strength[at] = 5.0 * accents[beat as usize % accents.len()];
            strength[at + 1] = 2.5 * accents[beat as usize % accents.len()];
            beat += 1;
        }
    }

    fn candidates(strength: &[f32]) -> Vec<Tempo> {
        Periodicity::new(&flatten(strength)).candidates()
    }

    #[test]
    fn steady_pulses_read_their_tempo() {
        for bpm in [72.0, 90.0, 100.0, 120.0, 128.0, 140.0, 160.0] {
            let found = candidates(&pulses(bpm, 30.0, &[1.0, 0.8, 0.9, 0.8]));
            let near = found.iter().take(3).any(|t| (t.bpm / bpm - 1.0).abs() < 0.01);
            assert!(near, "{bpm}: {found:?}");
        }
    }

    #[test]
    fn nothing_periodic_has_no_strength() {
        let mut state = 7u32;
        let noise: Vec<f32> = (0..3000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0
            })
            .collect();
        let found = candidates(&noise);
        assert!(found.iter().all(|t| t.strength < 0.15), "{found:?}");
        assert!(candidates(&[0.0; 3000]).is_empty());
        assert!(candidates(&[]).is_empty());
    }
}
