//! Generate, judge, refuse, try another seed: a take that copies a track is not handed out while
//! another seed may do better.
//!
//! The seeds that follow come from the first one, so the same request still is the same take. After a
//! few tries the best of them is kept with its verdict: nothing is hidden, and whoever asked decides.

use super::StudioError;
use super::evaluation::{Nulls, candidate};
use super::local::Inner;
use crate::domain::job::Phase;
use crate::domain::take::{Refusal, TakeRequest};
use crate::domain::verdict::{CopyClass, CopyVerdict, Verdict};
use crate::domain::work::{Observer, StopToken};
use crate::engine::Performance;
use std::path::Path;

/// Most performances of one request.
pub const TRIES: u32 = 4;
/// Worst class that is handed out without more ado.
pub const ACCEPTED: CopyClass = CopyClass::D;

/// A performance that was judged, and those that were refused before it.
pub struct Judged {
    /// What is kept.
    pub performed: Performance,
    /// What was measured; `None` without a dataset to compare with.
    pub verdict: Option<Verdict>,
    /// The seed that made it.
    pub seed: u64,
    /// What was refused.
    pub refused: Vec<Refusal>,
}

/// Performs a request until its class is `worst` or better, at most [`TRIES`] times.
pub fn perform(
    inner: &Inner,
    request: &TakeRequest,
    (folder, nulls): (Option<&Path>, Option<&Nulls>),
    worst: CopyClass,
    step: &dyn Observer,
    stop: &StopToken,
) -> Result<Judged, StudioError> {
    let mut best: Option<Judged> = None;
    let mut refused: Vec<Refusal> = Vec::new();
    for attempt in 0..TRIES {
        stop.check()?;
        let seed = seed_of(request.seed, attempt);
        let asked = TakeRequest { seed, ..request.clone() };
        let performed = inner.engine.generate(&asked, folder, step, stop)?;
        step.progress(Phase::Evaluate, 0.0, 1.0);
        let verdict = match nulls {
            Some(nulls) => Some(nulls.judge(&candidate(&performed.audio)?)),
            None => None,
        };
        step.progress(Phase::Evaluate, 1.0, 1.0);
        let refusal = verdict.as_ref().and_then(|v| refusal(&v.copy, seed, worst));
        let judged = Judged { performed, verdict, seed, refused: Vec::new() };
        let Some(refusal) = refusal else {
            return Ok(Judged { refused, ..judged });
        };
        step.log(&format!("seed {seed} is refused, class {:?}: {}", refusal.class, refusal.words));
        refused.push(refusal);
        if best.as_ref().is_none_or(|b| harm(&judged) < harm(b)) {
            best = Some(judged);
        }
    }
    let Some(best) = best else {
        return Err(StudioError::Internal("no performance was made".to_owned()));
    };
    step.log(&format!(
        "none of {TRIES} seeds is of class {worst:?} or better; the least copied one is kept"
    ));
    refused.retain(|r| r.seed != best.seed);
    Ok(Judged { refused, ..best })
}

/// The seed of an attempt: the first is the one that was asked for.
fn seed_of(seed: u64, attempt: u32) -> u64 {
    if attempt == 0 {
        return seed;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"another seed").update(&seed.to_le_bytes()).update(&attempt.to_le_bytes());
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    // 52 bits go through any JSON reader unharmed.
    u64::from_le_bytes(bytes) >> 12
}

/// Why a take is refused, if it is. A take without a class is not: nothing was found in it.
fn refusal(copy: &CopyVerdict, seed: u64, worst: CopyClass) -> Option<Refusal> {
    let class = copy.class.filter(|c| *c < worst)?;
    Some(Refusal {
        seed,
        class,
        track_id: copy.evidence.first().map(|e| e.track_id.clone()),
        copied_s: copy.copied_s,
        words: copy.words.clone(),
    })
}

/// How bad a take is: its class, then its copied seconds.
fn harm(judged: &Judged) -> (u8, u64) {
    let copy = judged.verdict.as_ref().map(|v| &v.copy);
    let class = copy.and_then(|c| c.class).unwrap_or(CopyClass::E);
    (CopyClass::E as u8 - class as u8, copy.map_or(0, |c| (c.copied_s * 1000.0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_repeat_and_fit_json() {
        let all: Vec<u64> = (0..TRIES).map(|n| seed_of(7, n)).collect();
        assert_eq!(all[0], 7);
        assert_eq!(all, (0..TRIES).map(|n| seed_of(7, n)).collect::<Vec<_>>());
        let mut different = all.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), all.len());
        assert!(all[1..].iter().all(|s| *s < 1 << 52));
        assert_ne!(seed_of(8, 1), all[1]);
    }

    #[test]
    fn only_classes_under_the_line_are_refused() {
        let copy = |class| CopyVerdict { class, ..CopyVerdict::default() };
        assert!(refusal(&copy(Some(CopyClass::C)), 1, ACCEPTED).is_some());
        assert!(refusal(&copy(Some(CopyClass::D)), 1, ACCEPTED).is_none());
        assert!(refusal(&copy(Some(CopyClass::D)), 1, CopyClass::E).is_some());
        assert!(refusal(&copy(Some(CopyClass::A)), 1, CopyClass::A).is_none());
        assert!(refusal(&copy(None), 1, CopyClass::E).is_none());
    }
}
