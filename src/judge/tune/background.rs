//! How common intervals and rhythms are in lines of music: counts of neighbours, nothing else.
//!
//! Made by `cargo run --profile train --example train-tunes`. Must never hold a tune.

use super::counts::{INTERVAL_COUNTS, RHYTHM_COUNTS};
use super::line::{INTERVALS, RHYTHMS};

/// Added to every count: what was never seen may happen.
const PRIOR: f32 = 2.0;
/// Most that one interval may weigh, bits: one odd note is no tune.
const MOST_BITS: f32 = 6.0;

/// Information of an interval and a rhythm after those of the note before, bits.
pub(super) fn bits(interval: usize, rhythm: usize, before: Option<(usize, usize)>) -> (f32, f32) {
    let (intervals, rhythms) = match before {
        Some((i, r)) => (share(&INTERVAL_COUNTS[i], interval), share(&RHYTHM_COUNTS[r], rhythm)),
        None => (
            share(&sum::<INTERVALS>(&INTERVAL_COUNTS), interval),
            share(&sum::<RHYTHMS>(&RHYTHM_COUNTS), rhythm),
        ),
    };
    ((-intervals.log2()).min(MOST_BITS), (-rhythms.log2()).min(MOST_BITS))
}

fn share<const N: usize>(counts: &[u32; N], index: usize) -> f32 {
    let total: u32 = counts.iter().sum();
    (counts[index] as f32 + PRIOR) / (total as f32 + PRIOR * N as f32)
}

fn sum<const N: usize>(rows: &[[u32; N]; N]) -> [u32; N] {
    std::array::from_fn(|i| rows.iter().map(|r| r[i]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_steps_weigh_less_than_rare_leaps() {
        let step = bits(14, 3, Some((14, 3))).0;
        let leap = bits(21, 3, Some((14, 3))).0;
        assert!(step < leap && leap <= MOST_BITS, "{step} {leap}");
        // An even rhythm that goes on is the commonest of all.
        assert!(bits(14, 3, Some((14, 3))).1 < 1.0);
        assert!(bits(14, 6, Some((14, 3))).1 > 2.0);
    }

    #[test]
    fn the_table_was_made_from_much_music() {
        assert!(INTERVAL_COUNTS.iter().flatten().sum::<u32>() > 20_000);
        assert!(RHYTHM_COUNTS.iter().flatten().sum::<u32>() > 20_000);
    }
}
