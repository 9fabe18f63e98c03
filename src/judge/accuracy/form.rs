//! Boundaries of sections: `mir_eval.segment.detection`.

use super::Match;
use super::matching::within;

/// Boundaries of sections that follow each other.
pub fn boundaries(spans: &[(f64, f64)]) -> Vec<f64> {
    let mut marks: Vec<f64> = spans.iter().flat_map(|s| [s.0, s.1]).collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
    marks
}

/// Boundaries within a window. With `inner`, the piece's start and end, which everybody knows, are
/// left out (`trim=True`).
pub fn sections(
    truth: &[(f64, f64)],
    answer: &[(f64, f64)],
    window_s: f64,
    inner: bool,
) -> Option<Match> {
    let marks = |spans: &[(f64, f64)]| {
        let mut marks = boundaries(spans);
        if inner {
            marks.pop();
            marks.drain(..marks.len().min(1));
        }
        marks
    };
    let (truth, answer) = (marks(truth), marks(answer));
    (!truth.is_empty()).then(|| within(&truth, &answer, window_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_ends() {
        let truth = [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0)];
        let answer = [(0.0, 12.0), (12.0, 30.0)];
        let f = |window, inner| sections(&truth, &answer, window, inner).unwrap().f();
        // 0, 12, 30 against 0, 10, 20, 30.
        assert!((f(3.0, false) - 6.0 / 7.0).abs() < 1e-12);
        assert!((f(0.5, false) - 4.0 / 7.0).abs() < 1e-12);
        assert!((f(3.0, true) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(f(0.5, true), 0.0);
        assert_eq!(sections(&[(0.0, 30.0)], &answer, 3.0, true), None);
    }
}
