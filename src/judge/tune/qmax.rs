//! Cross-recurrence and Qmax: the longest passage that two sequences go through together.
//!
//! Serrà, Serra & Andrzejak, "Cross recurrence quantification for cover song identification" (New
//! Journal of Physics 2009): cells where embedded windows are alike are joined along diagonals that
//! may bend and have holes. All that a row needs lies in the two rows before it, so a row is one loop
//! without dependence, and memory is three rows. Must never know what its vectors are of.

/// How windows are compared and joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Steps of a window.
    pub window: usize,
    /// When two windows are alike.
    pub alike: Alike,
    /// What it costs to leave a matching cell for one that does not match.
    pub open: f32,
    /// What each further cell that does not match costs.
    pub go_on: f32,
}

/// When two windows are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alike {
    /// Their distance is among this share of the smallest both of the row and of the column.
    Mutual(f32),
    /// Their squared distance, of windows of unit length (0 alike .. 2 nothing in common), is under
    /// this.
    Under(f32),
}

/// A passage that both sequences go through, in steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Passage {
    /// Value of Q at its end: nearly the number of matching steps.
    pub q: f32,
    /// First and one past the last step in the first sequence.
    pub a: (usize, usize),
    /// The same in the second.
    pub b: (usize, usize),
}

/// Similarities of all windows of two sequences.
pub struct Field {
    /// Cosine of window i of the first and window j of the second, row by row; -1 where a side says
    /// too little.
    cosines: Vec<f32>,
    rows: usize,
    columns: usize,
    window: usize,
}

/// Share of a window's steps that must say something.
const LEAST_SAID: f32 = 0.5;

impl Field {
    /// All windows of `window` steps against each other; the second sequence is moved up by
    /// `semitones`. Steps are vectors of at most unit length, zero where nothing is known.
    pub fn new(a: &[[f32; 12]], b: &[[f32; 12]], semitones: usize, window: usize) -> Self {
        let window = window.max(1);
        if a.len() < window || b.len() < window {
            return Self { cosines: Vec::new(), rows: 0, columns: 0, window };
        }
        let (rows, columns) = (a.len() - window + 1, b.len() - window + 1);
        let moved: Vec<[f32; 12]> =
            b.iter().map(|v| std::array::from_fn(|c| v[(c + 12 - semitones % 12) % 12])).collect();
        // By class, so that a row of products is twelve loops over whole slices.
        let classes: Vec<Vec<f32>> =
            (0..12).map(|c| moved.iter().map(|v| v[c]).collect()).collect();
        let (scale_a, scale_b) = (scales(a, window), scales(&moved, window));
        let mut products: Vec<Vec<f32>> = vec![vec![0.0; b.len()]; window + 1];
        let mut sums = vec![0f32; columns];
        let mut next = vec![0f32; columns];
        let mut cosines = vec![0f32; rows * columns];
        for i in 0..a.len() {
            product(&a[i], &classes, &mut products[i % (window + 1)]);
            if i + 1 < window {
                continue;
            }
            let row = i + 1 - window;
            if row == 0 {
                for (j, sum) in next.iter_mut().enumerate() {
                    *sum = (0..window).map(|k| products[k][j + k]).sum();
                }
            } else {
                // A window's sum is its upper left neighbour's less one product plus another.
                let (old, new) = (&products[(row - 1) % (window + 1)], &products[i % (window + 1)]);
                next[0] = (0..window).map(|k| products[(row + k) % (window + 1)][k]).sum();
                for j in 1..columns {
                    next[j] = sums[j - 1] - old[j - 1] + new[j + window - 1];
                }
            }
            std::mem::swap(&mut sums, &mut next);
            let out = &mut cosines[row * columns..(row + 1) * columns];
            for ((out, sum), scale) in out.iter_mut().zip(&sums).zip(&scale_b) {
                let both = scale_a[row] * scale;
                *out = if both > 0.0 { sum * both } else { -1.0 };
            }
        }
        Self { cosines, rows, columns, window }
    }

    /// The marks of cells that are alike.
    fn marks(&self, alike: Alike) -> Vec<bool> {
        match alike {
            Alike::Under(distance) => {
                let least = 1.0 - 0.5 * distance;
                self.cosines.iter().map(|c| *c > least).collect()
            }
            Alike::Mutual(share) => self.mutual(share),
        }
    }

    /// Cells whose cosine is among the largest `share` of their row and of their column.
    fn mutual(&self, share: f32) -> Vec<bool> {
        // By distance, which is finer where it matters; cells that say nothing are never marked.
        let level = |c: f32| 255.0 * (1.0 - (1.0 - c.clamp(0.0, 1.0)).sqrt());
        let level = |c: f32| level(c) as u8;
        let levels: Vec<u8> = self.cosines.iter().map(|c| level(*c)).collect();
        let mut of_columns = vec![[0u16; 256]; self.columns];
        let mut least_of_rows = Vec::with_capacity(self.rows);
        for row in levels.chunks_exact(self.columns) {
            let mut counts = [0u16; 256];
            for (level, column) in row.iter().zip(&mut of_columns) {
                counts[usize::from(*level)] += 1;
                column[usize::from(*level)] += 1;
            }
            least_of_rows.push(least(&counts, share * self.columns as f32));
        }
        let least_of_columns: Vec<u8> =
            of_columns.iter().map(|c| least(c, share * self.rows as f32)).collect();
        let mut marks = Vec::with_capacity(levels.len());
        for (row, least) in levels.chunks_exact(self.columns).zip(least_of_rows) {
            marks.extend(
                row.iter().zip(&least_of_columns).map(|(l, c)| *l > 0 && *l >= least && l >= c),
            );
        }
        marks
    }

    /// The largest Q.
    pub fn q_max(&self, rule: &Rule) -> f32 {
        if self.rows == 0 {
            return 0.0;
        }
        let marks = self.marks(rule.alike);
        // Two columns of nothing before the first, so that no cell is an exception.
        let blank = vec![0f32; self.columns + 2];
        let (mut one, mut two) = ((blank.clone(), blank.clone()), (blank.clone(), blank.clone()));
        let mut now = (blank.clone(), blank);
        let mut best = 0f32;
        for marks in marks.chunks_exact(self.columns) {
            let n = self.columns;
            let (q11, q12, q21) = (&one.0[1..=n], &one.0[..n], &two.0[1..=n]);
            let (p11, p12, p21) = (&one.1[1..=n], &one.1[..n], &two.1[1..=n]);
            let (q, p) = (&mut now.0[2..], &mut now.1[2..]);
            for j in 0..n {
                let on = 1.0 + q11[j].max(q21[j]).max(q12[j]);
                let off = p11[j].max(p21[j]).max(p12[j]).max(0.0);
                let value = if marks[j] { on } else { off };
                q[j] = value;
                p[j] = value - if marks[j] { rule.open } else { rule.go_on };
                best = best.max(value);
            }
            std::mem::swap(&mut two, &mut one);
            std::mem::swap(&mut one, &mut now);
        }
        best
    }

    /// Passages whose Q reaches `least`, best first; none shares a step of the first sequence with a
    /// better one.
    pub fn passages(&self, rule: &Rule, least: f32) -> Vec<Passage> {
        let mut found: Vec<Passage> = Vec::new();
        if self.rows == 0 {
            return found;
        }
        let marks = self.marks(rule.alike);
        // Q, Q less its penalty, and the cell where the path began.
        let blank = vec![(0f32, 0f32, (0u32, 0u32)); self.columns + 2];
        let (mut one, mut two, mut now) = (blank.clone(), blank.clone(), blank);
        for (i, marks) in marks.chunks_exact(self.columns).enumerate() {
            for j in 0..self.columns {
                let ways = [one[j + 1], two[j + 1], one[j]];
                let on = marks[j];
                let better = |x: f32, y: f32| x > y;
                let mut way = ways[0];
                for other in &ways[1..] {
                    let (x, y) = if on { (other.0, way.0) } else { (other.1, way.1) };
                    if better(x, y) {
                        way = *other;
                    }
                }
                now[j + 2] = if on {
                    let start = if way.0 > 0.0 { way.2 } else { (i as u32, j as u32) };
                    let q = 1.0 + way.0;
                    if q >= least {
                        note(&mut found, q, start, (i, j), self.window);
                    }
                    (q, q - rule.open, start)
                } else {
                    let q = way.1.max(0.0);
                    (q, q - rule.go_on, way.2)
                };
            }
            std::mem::swap(&mut two, &mut one);
            std::mem::swap(&mut one, &mut now);
        }
        found.sort_by(|x, y| y.q.total_cmp(&x.q).then(x.a.cmp(&y.a)).then(x.b.cmp(&y.b)));
        let mut kept: Vec<Passage> = Vec::new();
        for passage in found {
            if kept.iter().all(|k| passage.a.1 <= k.a.0 || passage.a.0 >= k.a.1) {
                kept.push(passage);
            }
        }
        kept
    }
}

/// Keeps the best end of each path.
fn note(found: &mut Vec<Passage>, q: f32, start: (u32, u32), end: (usize, usize), window: usize) {
    let (a, b) = (start.0 as usize, start.1 as usize);
    let passage = Passage { q, a: (a, end.0 + window), b: (b, end.1 + window) };
    match found.iter_mut().rev().find(|p| p.a.0 == a && p.b.0 == b) {
        Some(known) if known.q < q => *known = passage,
        Some(_) => {}
        None => found.push(passage),
    }
}

/// Products of one step with all steps of the other sequence.
fn product(a: &[f32; 12], classes: &[Vec<f32>], out: &mut [f32]) {
    out.fill(0.0);
    for (weight, values) in a.iter().zip(classes) {
        if *weight != 0.0 {
            out.iter_mut().zip(values).for_each(|(o, v)| *o += weight * v);
        }
    }
}

/// One over the length of each window; 0 where too few of its steps say anything.
fn scales(steps: &[[f32; 12]], window: usize) -> Vec<f32> {
    let powers: Vec<f32> = steps.iter().map(|v| v.iter().map(|x| x * x).sum()).collect();
    powers
        .windows(window)
        .map(|w| {
            let power: f32 = w.iter().sum();
            if power >= LEAST_SAID * window as f32 { 1.0 / power.sqrt() } else { 0.0 }
        })
        .collect()
}

/// The level that at most `count` of the counted reach, and at least one.
fn least(counts: &[u16; 256], count: f32) -> u8 {
    let mut sum = 0.0;
    for level in (1..256).rev() {
        sum += f32::from(counts[level]);
        if sum >= count.max(1.0) {
            return level as u8;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A made-up tune: one class a step, from a little generator of its own.
    fn steps(seed: u32, count: usize) -> Vec<[f32; 12]> {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let class = (state >> 20) as usize % 12;
                std::array::from_fn(|c| f32::from(u8::from(c == class)))
            })
            .collect()
    }

    fn up(steps: &[[f32; 12]], semitones: usize) -> Vec<[f32; 12]> {
        steps.iter().map(|v| std::array::from_fn(|c| v[(c + 12 - semitones) % 12])).collect()
    }

    const PART: Rule = Rule { window: 8, alike: Alike::Under(0.55), open: 5.0, go_on: 0.5 };
    const WHOLE: Rule = Rule { window: 8, alike: Alike::Mutual(0.05), open: 5.0, go_on: 0.5 };

    #[test]
    fn a_sequence_goes_with_itself_all_the_way() {
        let a = steps(1, 100);
        let field = Field::new(&a, &a, 0, 8);
        assert_eq!(field.q_max(&PART), 93.0);
        assert_eq!(field.q_max(&WHOLE), 93.0);
        let passage = field.passages(&PART, 20.0)[0];
        assert_eq!((passage.a, passage.b, passage.q), ((0, 100), (0, 100), 93.0));
    }

    #[test]
    fn a_passage_is_found_where_it_is_and_in_its_key() {
        let (mut a, b) = (steps(2, 120), steps(3, 150));
        a.splice(40..80, up(&b[100..140], 5));
        let field = Field::new(&a, &b, 5, 8);
        let passages = field.passages(&PART, 20.0);
        assert_eq!(passages.len(), 1, "{passages:?}");
        let near = |x: usize, y: usize| x.abs_diff(y) <= 2;
        let p = passages[0];
        assert!(
            near(p.a.0, 40) && near(p.a.1, 80) && near(p.b.0, 100) && near(p.b.1, 140),
            "{p:?}"
        );
        assert!(Field::new(&a, &b, 4, 8).q_max(&PART) < 10.0);
    }

    #[test]
    fn a_hole_costs_but_does_not_end_a_passage() {
        let a = steps(4, 100);
        let mut b = a.clone();
        b.splice(50..51, steps(9, 1));
        let q = Field::new(&a, &b, 0, 8).q_max(&PART);
        assert!((80.0..=93.0).contains(&q), "{q}");
    }

    #[test]
    fn silence_is_like_nothing() {
        let silence = vec![[0f32; 12]; 60];
        assert_eq!(Field::new(&silence, &silence, 0, 8).q_max(&PART), 0.0);
        assert_eq!(Field::new(&silence, &silence, 0, 8).q_max(&WHOLE), 0.0);
        assert_eq!(Field::new(&[], &silence, 0, 8).q_max(&PART), 0.0);
        assert!(Field::new(&steps(1, 5), &steps(1, 5), 0, 8).passages(&PART, 1.0).is_empty());
    }

    proptest! {
        #[test]
        fn passages_are_as_long_as_q_says(seed in 0u32..500, other in 500u32..1000, n in 8usize..60) {
            let (a, b) = (steps(seed, n), steps(other, 50));
            let field = Field::new(&a, &b, 0, 8);
            let q = field.q_max(&PART);
            prop_assert!(q <= n.min(50) as f32);
            let best = field.passages(&PART, 1.0).first().map_or(0.0, |p| p.q);
            prop_assert!((best - q).abs() < 1e-3, "{} {}", best, q);
        }
    }
}
