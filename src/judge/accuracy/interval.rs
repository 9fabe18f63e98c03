//! How sure a figure is: 95 % intervals.

/// A share of sums, one pair a piece: a mean where every denominator is 1, an F of all pieces'
/// strokes together where they are counts.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pairs: Vec<(f64, f64)>,
}

const RESAMPLES: usize = 2_000;
/// Of a normal distribution, for 95 %.
const Z: f64 = 1.959_963_985;

impl Tally {
    /// A value of a piece.
    pub fn value(&mut self, value: f64) {
        self.pairs.push((value, 1.0));
    }

    /// Yes or no of a piece.
    pub fn yes(&mut self, yes: bool) {
        self.value(if yes { 1.0 } else { 0.0 });
    }

    /// Counts of a piece, for an F over all of them: hits twice, over all that there is and was said.
    pub fn counts(&mut self, m: super::Match) {
        if m.truth + m.answer > 0 {
            self.pairs.push((2.0 * m.hits as f64, (m.truth + m.answer) as f64));
        }
    }

    /// Adds another tally's pieces.
    pub fn add(&mut self, other: &Self) {
        self.pairs.extend(&other.pairs);
    }

    /// Pieces.
    pub fn pieces(&self) -> usize {
        self.pairs.len()
    }

    /// The figure.
    pub fn figure(&self) -> Option<f64> {
        share(self.pairs.iter())
    }

    /// Ends of the 95 % interval: Wilson's where all are yes or no, else a bootstrap over pieces.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let figure = self.figure()?;
        let answers = self.pairs.iter().all(|p| p.1 == 1.0 && (p.0 == 0.0 || p.0 == 1.0));
        if answers {
            return Some(wilson(figure, self.pieces() as f64));
        }
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            &self.pairs[(state >> 11) as usize % self.pairs.len()]
        };
        let mut figures: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let drawn: Vec<&(f64, f64)> = self.pairs.iter().map(|_| draw()).collect();
                share(drawn.into_iter())
            })
            .collect();
        figures.sort_by(f64::total_cmp);
        let at = |share: f64| figures.get((share * figures.len() as f64) as usize).copied();
        Some((at(0.025)?, at(0.975)?))
    }
}

fn share<'a>(pairs: impl Iterator<Item = &'a (f64, f64)>) -> Option<f64> {
    let (top, bottom) = pairs.fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    (bottom > 0.0).then(|| top / bottom)
}

/// Wilson's score interval of a share of `n`.
pub fn wilson(share: f64, n: f64) -> (f64, f64) {
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Exact interval of a share of `of` (Clopper & Pearson 1934): the shares that would give as many hits
/// or more, or as many or fewer, one time in forty.
pub fn clopper_pearson(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    // Where a falling or rising chance crosses a fortieth.
    let solve = |above: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if above(middle) { high = middle } else { low = middle }
        }
        0.5 * (low + high)
    };
    let low = if hits == 0 { 0.0 } else { solve(&|p| 1.0 - at_most(hits - 1, of, p) > 0.025) };
    let high = if hits == of { 1.0 } else { solve(&|p| at_most(hits, of, p) < 0.025) };
    (low, high)
}

/// Chance of at most so many hits.
fn at_most(hits: usize, of: usize, p: f64) -> f64 {
    let mut log_ways = 0.0;
    (0..=hits)
        .map(|k| {
            if k > 0 {
                log_ways += ((of - k + 1) as f64 / k as f64).ln();
            }
            (log_ways + k as f64 * p.ln() + (of - k) as f64 * (1.0 - p).ln()).exp()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::Match;
    use super::*;

    #[test]
    fn wilson_as_in_tables() {
        let (low, high) = wilson(0.5, 10.0);
        assert!((low - 0.2366).abs() < 1e-4 && (high - 0.7634).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(1.0, 20.0);
        assert!((low - 0.8389).abs() < 1e-4 && high == 1.0, "{low} {high}");
    }

    #[test]
    fn clopper_pearson_as_in_tables() {
        let near = |found: (f64, f64), low: f64, high: f64| {
            assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{found:?}");
        };
        near(clopper_pearson(5, 10), 0.1871, 0.8129);
        near(clopper_pearson(0, 3000), 0.0, 0.00123);
        near(clopper_pearson(100, 100), 0.9638, 1.0);
        near(clopper_pearson(0, 0), 0.0, 1.0);
    }

    #[test]
    fn counts_add_up_over_pieces() {
        let mut tally = Tally::default();
        tally.counts(Match { hits: 8, truth: 10, answer: 10 });
        tally.counts(Match { hits: 0, truth: 0, answer: 4 });
        tally.counts(Match::default());
        assert_eq!(tally.pieces(), 2);
        assert!((tally.figure().unwrap() - 16.0 / 24.0).abs() < 1e-12);
    }

    #[test]
    fn a_bootstrap_holds_the_figure() {
        let mut tally = Tally::default();
        (0..40).for_each(|i| tally.value(f64::from(i % 5) / 4.0));
        let (low, high) = tally.interval().unwrap();
        assert!(low < 0.5 && 0.5 < high && high - low < 0.3, "{low} {high}");
        assert_eq!(Tally::default().interval(), None);
    }
}
