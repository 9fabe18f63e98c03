//! Form: boundaries by novelty (Foote 2000) on a self-similarity of bars, labels by likeness.
//!
//! Boundaries are soft: they are for showing and for choosing passages, never evidence.

use super::onsets::{BANDS, OnsetFrames, frame_rate};
use super::pitches::PitchFrames;
use crate::domain::listening::SectionSpan;

/// Bars on each side that a boundary compares.
const REACH: usize = 8;
/// Shortest section in bars.
const SHORTEST: usize = 4;
/// Sections at least this alike share a label.
const ALIKE: f64 = 0.93;

/// Sections on a grid of bars (seconds).
pub fn find(bars_s: &[f64], onsets: &OnsetFrames, pitches: &PitchFrames) -> Vec<SectionSpan> {
    if bars_s.len() < 2 {
        return Vec::new();
    }
    let rows: Vec<Vec<f64>> =
        bars_s.windows(2).map(|w| describe(w[0], w[1], onsets, pitches)).collect();
    let rows = standardise(&rows);
    let edges = boundaries(&rows);
    let levels: Vec<f64> = bars_s.windows(2).map(|w| level(w[0], w[1], onsets)).collect();
    label(&rows, &edges, &levels, bars_s)
}

/// Chroma, eight broad log-mel bands and onset strength of a bar.
fn describe(start_s: f64, end_s: f64, onsets: &OnsetFrames, pitches: &PitchFrames) -> Vec<f64> {
    let mut row: Vec<f64> = pitches.chroma(start_s, end_s).iter().map(|c| f64::from(*c)).collect();
    let range = frames(start_s, end_s, onsets);
    let count = range.len().max(1) as f64;
    for group in 0..8 {
        let bands = group * BANDS / 8..(group + 1) * BANDS / 8;
        let sum: f32 = onsets.log_mel[range.clone()].iter().flat_map(|f| &f[bands.clone()]).sum();
        row.push(f64::from(sum) / count / 5.0);
    }
    row.push(onsets.strength[range].iter().map(|s| f64::from(*s)).sum::<f64>() / count);
    row
}

fn frames(start_s: f64, end_s: f64, onsets: &OnsetFrames) -> std::ops::Range<usize> {
    let at = |s: f64| ((s * frame_rate()).round().max(0.0) as usize).min(onsets.len());
    at(start_s)..at(end_s).max(at(start_s))
}

/// Log power of a bar.
fn level(start_s: f64, end_s: f64, onsets: &OnsetFrames) -> f64 {
    let range = frames(start_s, end_s, onsets);
    let count = (range.len().max(1) * BANDS) as f64;
    let power: f64 =
        onsets.log_mel[range].iter().flatten().map(|l| f64::from(*l).exp()).sum::<f64>() / count;
    (power + 1e-10).ln()
}

/// Each column to zero mean and unit spread.
fn standardise(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let columns = rows.first().map_or(0, Vec::len);
    let n = rows.len() as f64;
    let mut out = rows.to_vec();
    for c in 0..columns {
        let mean = rows.iter().map(|r| r[c]).sum::<f64>() / n;
        let spread = (rows.iter().map(|r| (r[c] - mean).powi(2)).sum::<f64>() / n).sqrt();
        for row in &mut out {
            row[c] = if spread > 1e-6 { (row[c] - mean) / spread } else { 0.0 };
        }
    }
    out
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    dot / (norm(a) * norm(b)).max(1e-9)
}

/// Bars where a new section begins, 0 included, the end excluded.
fn boundaries(rows: &[Vec<f64>]) -> Vec<usize> {
    let n = rows.len();
    let reach = REACH.min(n / 3).max(1);
    let mut novelty = vec![0.0; n];
    for (at, value) in novelty.iter_mut().enumerate().take(n).skip(1) {
        let (mut within, mut across, mut counts) = (0.0, 0.0, (0.0, 0.0));
        let (from, to) = (at.saturating_sub(reach), (at + reach).min(n));
        for i in from..to {
            for j in from..i {
                let distance = ((i as f64 - at as f64).abs() + (j as f64 - at as f64).abs())
                    / (2.0 * reach as f64);
                let weight = (-distance * distance).exp();
                let alike = cosine(&rows[i], &rows[j]) * weight;
                if (i < at) == (j < at) {
                    within += alike;
                    counts.0 += weight;
                } else {
                    across += alike;
                    counts.1 += weight;
                }
            }
        }
        *value = within / counts.0.max(1e-9) - across / counts.1.max(1e-9);
    }
    pick(&novelty)
}

fn pick(novelty: &[f64]) -> Vec<usize> {
    let mut sorted = novelty.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let mut off: Vec<f64> = novelty.iter().map(|v| (v - median).abs()).collect();
    off.sort_by(f64::total_cmp);
    let threshold = median + off.get(off.len() / 2).copied().unwrap_or(0.0);
    let mut order: Vec<usize> = (1..novelty.len()).filter(|i| novelty[*i] > threshold).collect();
    order.sort_by(|a, b| novelty[*b].total_cmp(&novelty[*a]).then(a.cmp(b)));
    let mut edges = vec![0];
    for at in order {
        let far = edges.iter().all(|e| at.abs_diff(*e) >= SHORTEST);
        if far && at + SHORTEST <= novelty.len() {
            edges.push(at);
        }
    }
    edges.sort_unstable();
    edges
}

fn label(rows: &[Vec<f64>], edges: &[usize], levels: &[f64], bars_s: &[f64]) -> Vec<SectionSpan> {
    let ends: Vec<usize> = edges.iter().skip(1).copied().chain([rows.len()]).collect();
    let means: Vec<Vec<f64>> = edges
        .iter()
        .zip(&ends)
        .map(|(from, to)| {
            let count = (to - from) as f64;
            (0..rows[0].len())
                .map(|c| rows[*from..*to].iter().map(|r| r[c]).sum::<f64>() / count)
                .collect()
        })
        .collect();
    let section_levels: Vec<f64> = edges
        .iter()
        .zip(&ends)
        .map(|(from, to)| levels[*from..*to].iter().sum::<f64>() / (to - from) as f64)
        .collect();
    let quietest = section_levels.iter().copied().fold(f64::MAX, f64::min);
    let loudest = section_levels.iter().copied().fold(f64::MIN, f64::max);
    // Half an octave of power (3 dB) is the least spread that counts as dynamics.
    let spread = (loudest - quietest).max(0.7);
    let mut first_of: Vec<usize> = Vec::new();
    (0..edges.len())
        .map(|i| {
            let known = first_of.iter().position(|j| cosine(&means[*j], &means[i]) >= ALIKE);
            let letter = known.unwrap_or_else(|| {
                first_of.push(i);
                first_of.len() - 1
            });
            SectionSpan {
                start_s: bars_s[edges[i]],
                end_s: bars_s[ends[i]],
                label: letter_name(letter),
                energy: (1.0 - (loudest - section_levels[i]) / spread).clamp(0.0, 1.0),
                families: Vec::new(),
            }
        })
        .collect()
}

/// A, B .. Z, A2, B2 ..
fn letter_name(n: usize) -> String {
    let letter = char::from(b'A' + (n % 26) as u8);
    if n < 26 { letter.to_string() } else { format!("{letter}{}", n / 26 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_material_is_a_boundary() {
        let rows: Vec<Vec<f64>> = (0..32)
            .map(|bar| {
                let which = f64::from(u8::from((8..24).contains(&bar)));
                let ripple = f64::from(bar % 3) * 0.05;
                vec![which + ripple, 1.0 - which, ripple, which * 0.5]
            })
            .collect();
        assert_eq!(boundaries(&standardise(&rows)), [0, 8, 24]);
    }

    #[test]
    fn labels_return() {
        let rows: Vec<Vec<f64>> = (0..24)
            .map(|bar| if (8..16).contains(&bar) { vec![-1.0, 1.0] } else { vec![1.0, -1.0] })
            .collect();
        let bars: Vec<f64> = (0..=24).map(|i| f64::from(i) * 2.0).collect();
        let levels: Vec<f64> =
            (0..24).map(|bar| if (8..16).contains(&bar) { -2.0 } else { 0.0 }).collect();
        let spans = label(&rows, &[0, 8, 16], &levels, &bars);
        let labels: Vec<&str> = spans.iter().map(|s| s.label.as_str()).collect();
        assert_eq!(labels, ["A", "B", "A"]);
        assert!(spans[0].energy > spans[1].energy);
        assert_eq!(spans[2].end_s, 48.0);
    }
}
