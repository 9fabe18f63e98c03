//! Beats, bars and tempo.

use super::Match;
use super::matching::within;
use crate::domain::listening::Meter;

/// How near a beat must be.
pub const WINDOW_S: f64 = 0.07;
/// How near a tempo must be, as a share of the true one.
const TEMPO: f64 = 0.04;

/// Beats (or downbeats) within 70 ms. `mir_eval` leaves the first 5 s out; here they count.
pub fn beats(truth: &[f64], answer: &[f64]) -> Match {
    within(truth, answer, WINDOW_S)
}

/// Tempo within 4 %.
pub fn tempo_exact(truth: f64, answer: f64) -> bool {
    (answer - truth).abs() <= TEMPO * truth
}

/// Tempo within 4 % of the truth, twice, thrice, half or a third of it.
pub fn tempo_octave(truth: f64, answer: f64) -> bool {
    [1.0, 2.0, 3.0, 0.5, 1.0 / 3.0].iter().any(|factor| tempo_exact(truth * factor, answer))
}

/// Beats a bar, and whether a beat falls in three: 6/8 is two beats of three.
pub fn counted(meter: Meter) -> (u8, bool) {
    (meter.pulses(), meter.pulses() != meter.beats)
}

/// Whether a meter is heard as it is. An answer may be a bare count of beats ("3"): that is taken
/// for any meter of so many beats, and a count of six for 6/8.
pub fn meter(truth: Meter, answer: &str) -> bool {
    match (answer.parse::<Meter>(), answer.parse::<u8>()) {
        (Ok(answer), _) => counted(answer) == counted(truth),
        (_, Ok(count)) => count == counted(truth).0 || (counted(truth).1 && count == truth.beats),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempi() {
        assert!(tempo_exact(100.0, 104.0) && !tempo_exact(100.0, 104.1));
        assert!(tempo_octave(100.0, 50.0) && tempo_octave(100.0, 310.0));
        assert!(tempo_octave(120.0, 41.0) && !tempo_octave(120.0, 80.0));
    }

    #[test]
    fn meters() {
        let is = |text: &str| text.parse::<Meter>().unwrap();
        assert!(meter(is("4/4"), "4/4") && meter(is("4/4"), "4") && meter(is("4/4"), "4/8"));
        assert!(!meter(is("4/4"), "2/4") && !meter(is("3/4"), "6/8") && !meter(is("6/8"), "3/4"));
        assert!(meter(is("6/8"), "6/8") && meter(is("6/8"), "2") && meter(is("6/8"), "6"));
        assert!(!meter(is("6/8"), "3") && !meter(is("6/8"), "2/4") && meter(is("3/8"), "3/4"));
        assert!(!meter(is("4/4"), "") && !meter(is("4/4"), "free"));
    }
}
