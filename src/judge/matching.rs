//! Where two fingerprints are alike: the smallest mean bit error over any offset and any window of
//! eight seconds, and the spans where it is small.

use super::fingerprint::{SILENT_WORD, words_per_s};

/// Words of a window, 8 s.
pub const WINDOW: usize = 65;
/// Windows with fewer different words than this share say nothing.
const LEAST_VARIETY: f64 = 0.3;
/// Windows with more silence than this share say nothing.
const MOST_SILENCE: f64 = 0.2;
/// The first look reads every fourth word.
const STRIDE: usize = 4;
/// Bits by which the first look may be worse than the exact error.
const SLACK_BITS: f64 = 1.6;

/// A passage of the query that is like a passage of the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Where it starts in the query.
    pub start_s: f64,
    /// Where it ends in the query.
    pub end_s: f64,
    /// Where it starts in the reference.
    pub reference_start_s: f64,
    /// Mean wrong bits of 32 in its best window.
    pub bits: f64,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Smallest mean wrong bits of 32 of any window; `None` when one side is shorter than a window
    /// or says nothing.
    pub nearest_bits: Option<f64>,
    /// Passages at or under the threshold, best first.
    pub spans: Vec<Span>,
}

/// Whether a window of words says anything: not mostly silence, and not the same few words again.
pub(super) fn speaks(window: &[u32]) -> bool {
    let silent = window.iter().filter(|w| **w == SILENT_WORD).count();
    if silent as f64 > MOST_SILENCE * WINDOW as f64 {
        return false;
    }
    let mut sorted = [0; WINDOW];
    let length = window.len().min(WINDOW);
    sorted[..length].copy_from_slice(&window[..length]);
    sorted[..length].sort_unstable();
    let changes = sorted[..length].windows(2).filter(|w| w[0] != w[1]).count();
    (changes + 1) as f64 >= LEAST_VARIETY * WINDOW as f64
}

/// Windows of words that can be compared, by the number of their first word.
pub(super) fn usable(words: &[u32]) -> Vec<bool> {
    words.windows(WINDOW).map(speaks).collect()
}

/// A fingerprint ready to be compared many times.
pub struct Prepared<'a> {
    words: &'a [u32],
    usable: Vec<bool>,
}

impl<'a> Prepared<'a> {
    /// Finds its usable windows.
    pub fn new(words: &'a [u32]) -> Self {
        Self { words, usable: usable(words) }
    }
}

/// Compares; spans at or under `threshold_bits` are listed.
pub fn compare(query: &Prepared<'_>, reference: &Prepared<'_>, threshold_bits: f64) -> Comparison {
    let mut nearest: Option<f64> = None;
    let mut spans: Vec<Span> = Vec::new();
    if query.usable.is_empty() || reference.usable.is_empty() {
        return Comparison::default();
    }
    let (n, m) = (query.usable.len() as isize, reference.usable.len() as isize);
    let mut errors: Vec<u32> = Vec::new();
    for offset in -(n - 1)..m {
        // Query window i against reference window i + offset.
        let first = (-offset).max(0);
        let last = (n - 1).min(m - 1 - offset);
        if first > last {
            continue;
        }
        let best = nearest.unwrap_or(f64::MAX);
        let look = coarse(query, reference, offset, first as usize, last as usize);
        if look > best.max(threshold_bits) + SLACK_BITS {
            continue;
        }
        let from = first as usize;
        let count = (last - first) as usize + WINDOW;
        let there = (first + offset) as usize;
        errors.clear();
        errors.extend(
            query.words[from..from + count]
                .iter()
                .zip(&reference.words[there..there + count])
                .map(|(a, b)| (a ^ b).count_ones()),
        );
        let means = windows(&errors);
        let comparable = |i: usize| query.usable[from + i] && reference.usable[there + i];
        for (i, bits) in means.iter().enumerate() {
            if comparable(i) && nearest.is_none_or(|b| *bits < b) {
                nearest = Some(*bits);
            }
        }
        runs(&means, comparable, threshold_bits, |start, end, bits| {
            let second = |word: usize| word as f64 / words_per_s();
            let (start, end) = trim(&errors, start, end + WINDOW, threshold_bits);
            spans.push(Span {
                start_s: second(from + start),
                end_s: second(from + end),
                reference_start_s: second(there + start),
                bits,
            });
        });
    }
    spans.sort_by(|a, b| a.bits.total_cmp(&b.bits).then(a.start_s.total_cmp(&b.start_s)));
    Comparison { nearest_bits: nearest, spans: without_overlap(spans) }
}

/// Smallest mean error of any window on a diagonal, reading every fourth word.
fn coarse(
    query: &Prepared<'_>,
    reference: &Prepared<'_>,
    offset: isize,
    first: usize,
    last: usize,
) -> f64 {
    let there = (first as isize + offset) as usize;
    let count = last - first + WINDOW;
    let per_window = WINDOW / STRIDE;
    let mut sum = 0u32;
    let mut least = u32::MAX;
    let error = |k: usize| {
        let at = k * STRIDE;
        (query.words[first + at] ^ reference.words[there + at]).count_ones()
    };
    for k in 0..count / STRIDE {
        sum += error(k);
        if k >= per_window {
            sum -= error(k - per_window);
        }
        if k + 1 >= per_window {
            least = least.min(sum);
        }
    }
    f64::from(least) / per_window as f64
}

/// Mean error of every window.
pub(super) fn windows(errors: &[u32]) -> Vec<f64> {
    let mut sum: u32 = errors[..WINDOW].iter().sum();
    let mut means = Vec::with_capacity(errors.len() - WINDOW + 1);
    means.push(f64::from(sum) / WINDOW as f64);
    for i in WINDOW..errors.len() {
        sum = sum + errors[i] - errors[i - WINDOW];
        means.push(f64::from(sum) / WINDOW as f64);
    }
    means
}

/// Calls `each(first window, last window, best)` for every run of windows under the threshold.
fn runs(
    means: &[f64],
    comparable: impl Fn(usize) -> bool,
    threshold: f64,
    mut each: impl FnMut(usize, usize, f64),
) {
    let mut start: Option<(usize, f64)> = None;
    for (i, bits) in means.iter().enumerate() {
        if *bits <= threshold && comparable(i) {
            start = Some(start.map_or((i, *bits), |(s, b)| (s, b.min(*bits))));
        } else if let Some((s, b)) = start.take() {
            each(s, i - 1, b);
        }
    }
    if let Some((s, b)) = start {
        each(s, means.len() - 1, b);
    }
}

/// Takes off the ends where the words themselves are not alike: windows reach over the edges of
/// what they found.
pub(super) fn trim(errors: &[u32], start: usize, end: usize, threshold: f64) -> (usize, usize) {
    const EDGE: usize = 9;
    let alike = |at: usize| {
        let sum: u32 = errors[at..at + EDGE].iter().sum();
        f64::from(sum) <= threshold * EDGE as f64
    };
    let (mut first, mut last) = (start, end);
    while first + EDGE < last && !alike(first) {
        first += 1;
    }
    while first + EDGE < last && !alike(last - EDGE) {
        last -= 1;
    }
    (first, last)
}

/// Keeps the best of spans that cover the same part of the query.
fn without_overlap(spans: Vec<Span>) -> Vec<Span> {
    let mut kept: Vec<Span> = Vec::new();
    for span in spans {
        let covered = kept.iter().any(|k| {
            let overlap = k.end_s.min(span.end_s) - k.start_s.max(span.start_s);
            overlap > 0.5 * (span.end_s - span.start_s)
        });
        if !covered {
            kept.push(span);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::Fingerprint;
    use super::super::fingerprint::tests::song;
    use super::*;

    fn print(samples: &[f32]) -> Fingerprint {
        Fingerprint::new(samples).unwrap()
    }

    fn against(a: &Fingerprint, b: &Fingerprint) -> Comparison {
        compare(&Prepared::new(&a.words), &Prepared::new(&b.words), 7.5)
    }

    #[test]
    fn a_splice_is_found_in_place() {
        let source = song(1, 60.0, 0.0);
        let mut take = song(2, 60.0, 0.0);
        let (from, to, length) = (22_050 * 30, 22_050 * 15, 22_050 * 15);
        take[to..to + length].copy_from_slice(&source[from..from + length]);
        let found = against(&print(&take), &print(&source));
        let span = found.spans[0];
        assert!(span.bits < 2.0, "{span:?}");
        assert!((span.start_s - 15.0).abs() < 2.0 && (span.end_s - 30.0).abs() < 3.5, "{span:?}");
        assert!((span.reference_start_s - span.start_s - 15.0).abs() < 0.3, "{span:?}");
    }

    #[test]
    fn strangers_are_far_apart() {
        for seed in 0..6 {
            let found =
                against(&print(&song(seed, 40.0, 0.0)), &print(&song(seed + 100, 40.0, 0.0)));
            assert!(found.spans.is_empty());
            assert!(found.nearest_bits.unwrap() > 9.0, "{found:?}");
        }
    }

    #[test]
    fn the_first_look_loses_nothing() {
        // Against an exhaustive search.
        for seed in 0..4 {
            let (a, b) = (print(&song(seed, 30.0, 0.0)), print(&song(seed + 50, 25.0, 0.0)));
            let fast = against(&a, &b).nearest_bits.unwrap();
            let mut slow = f64::MAX;
            for i in 0..=a.words.len() - WINDOW {
                for j in 0..=b.words.len() - WINDOW {
                    let sum: u32 =
                        (0..WINDOW).map(|k| (a.words[i + k] ^ b.words[j + k]).count_ones()).sum();
                    slow = slow.min(f64::from(sum) / WINDOW as f64);
                }
            }
            assert!(fast - slow < 0.25, "{fast} {slow}");
        }
    }

    #[test]
    fn too_short_or_silent_gives_no_figure() {
        let short = print(&song(1, 5.0, 0.0));
        let long = print(&song(1, 30.0, 0.0));
        assert_eq!(against(&short, &long).nearest_bits, None);
        let silent = print(&vec![0.0; 22_050 * 30]);
        assert_eq!(against(&silent, &silent).nearest_bits, None);
    }
}
