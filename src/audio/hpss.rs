//! What is held and what is struck in a sound: median masks (Fitzgerald 2010).
//!
//! A held tone is a ridge along time, a stroke a ridge along frequency: the median along either
//! direction keeps the one and drops the other. The mask is soft: held² / (held² + struck²). Must
//! never allocate by the bin: it runs over whole takes.

/// Share of each bin that is held, frame after frame: 0 struck .. 1 held.
///
/// `magnitudes` holds frames of `bins` values; the medians look at `time` frames and `pitch` bins,
/// both odd.
pub fn held(magnitudes: &[f32], bins: usize, time: usize, pitch: usize) -> Vec<f32> {
    let frames = magnitudes.len() / bins.max(1);
    let mut mask = vec![0f32; frames * bins];
    let mut line = vec![0f32; frames];
    let mut smooth = vec![0f32; frames];
    for bin in 0..bins {
        for (t, value) in line.iter_mut().enumerate() {
            *value = magnitudes[t * bins + bin];
        }
        sliding_median(&line, time, &mut smooth);
        for (t, value) in smooth.iter().enumerate() {
            mask[t * bins + bin] = *value;
        }
    }
    let mut struck = vec![0f32; bins];
    for t in 0..frames {
        sliding_median(&magnitudes[t * bins..(t + 1) * bins], pitch, &mut struck);
        for (held, struck) in mask[t * bins..(t + 1) * bins].iter_mut().zip(&struck) {
            let (h, p) = (*held * *held, struck * struck);
            *held = if h + p > 0.0 { h / (h + p) } else { 0.5 };
        }
    }
    mask
}

/// Median over `width` values around each (fewer at the ends).
fn sliding_median(values: &[f32], width: usize, out: &mut [f32]) {
    let half = width / 2;
    let mut sorted: Vec<f32> = Vec::with_capacity(width + 1);
    let insert = |sorted: &mut Vec<f32>, v: f32| {
        let at = sorted.partition_point(|s| *s < v);
        sorted.insert(at, v);
    };
    for v in values.iter().take(half) {
        insert(&mut sorted, *v);
    }
    for i in 0..values.len() {
        if let Some(v) = values.get(i + half) {
            insert(&mut sorted, *v);
        }
        if i > half {
            let gone = values[i - half - 1];
            let at = sorted.partition_point(|s| *s < gone);
            sorted.remove(at.min(sorted.len() - 1));
        }
        out[i] = sorted[sorted.len() / 2];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_median_is_that_of_a_sorted_window(
            values in proptest::collection::vec(0f32..1.0, 1..60), half in 0usize..6
        ) {
            let mut out = vec![0.0; values.len()];
            sliding_median(&values, 2 * half + 1, &mut out);
            for i in 0..values.len() {
                let from = i.saturating_sub(half);
                let to = (i + half + 1).min(values.len());
                let mut window = values[from..to].to_vec();
                window.sort_by(f32::total_cmp);
                prop_assert_eq!(out[i], window[window.len() / 2]);
            }
        }
    }

    #[test]
    fn a_line_is_held_and_a_column_is_struck() {
        let (frames, bins) = (40, 64);
        let mut magnitudes = vec![0.01f32; frames * bins];
        for t in 0..frames {
            magnitudes[t * bins + 20] = 1.0;
        }
        for bin in 0..bins {
            magnitudes[25 * bins + bin] = 1.0;
        }
        let mask = held(&magnitudes, bins, 11, 11);
        assert!(mask[10 * bins + 20] > 0.99);
        assert!(mask[25 * bins + 50] < 0.01);
    }
}
