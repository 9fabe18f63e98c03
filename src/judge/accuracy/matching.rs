//! Pairs of true and answered events, each used once, as many as there can be.

use super::Match;

/// Most pairs that the edges of a bipartite graph allow: `edges[t]` lists answers that truth `t` may
/// have (Kuhn's augmenting paths).
pub fn most_pairs(edges: &[Vec<usize>], answers: usize) -> usize {
    let mut owner: Vec<Option<usize>> = vec![None; answers];
    (0..edges.len()).filter(|t| augment(*t, edges, &mut owner, &mut vec![false; answers])).count()
}

fn augment(
    truth: usize,
    edges: &[Vec<usize>],
    owner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for &answer in &edges[truth] {
        if std::mem::replace(&mut seen[answer], true) {
            continue;
        }
        let free = match owner[answer] {
            None => true,
            Some(other) => augment(other, edges, owner, seen),
        };
        if free {
            owner[answer] = Some(truth);
            return true;
        }
    }
    false
}

/// Times that lie within `window_s` of each other. On a line, taking the earliest that fits is best.
pub fn within(truth: &[f64], answer: &[f64], window_s: f64) -> Match {
    let sorted = |times: &[f64]| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times
    };
    let (t, a) = (sorted(truth), sorted(answer));
    let (mut i, mut j, mut hits) = (0, 0, 0);
    while i < t.len() && j < a.len() {
        // A hair more, for what subtraction loses.
        if (t[i] - a[j]).abs() <= window_s + 1e-9 {
            hits += 1;
            i += 1;
            j += 1;
        } else if t[i] < a[j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    Match { hits, truth: t.len(), answer: a.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_augmented() {
        // Truth 0 could take either answer; only by taking the second can truth 1 have the first.
        assert_eq!(most_pairs(&[vec![0, 1], vec![0]], 2), 2);
        assert_eq!(most_pairs(&[vec![0], vec![0]], 1), 1);
        assert_eq!(most_pairs(&[vec![], vec![0]], 1), 1);
        assert_eq!(most_pairs(&[], 3), 0);
    }

    #[test]
    fn times_are_paired_once() {
        let m = within(&[1.0, 2.0, 3.0], &[1.05, 1.06, 2.2, 3.07], 0.07);
        assert_eq!(m, Match { hits: 2, truth: 3, answer: 4 });
        assert!((m.f() - 4.0 / 7.0).abs() < 1e-12);
        // The window's edge counts, as in mir_eval.
        assert_eq!(within(&[0.5], &[0.57], 0.07).hits, 1);
        assert_eq!(within(&[0.5], &[0.5701], 0.07).hits, 0);
        assert_eq!(within(&[], &[1.0], 0.07).f(), 0.0);
    }
}
