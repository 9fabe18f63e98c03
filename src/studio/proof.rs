//! The proof that comes with a finetune: some takes of it, made and measured before it is kept, against
//! what an unseen track of the same artist would be.
//!
//! Must never let a training fail because a take could not be made: then there is no proof, and why is
//! said. Stopping is no such reason.

use super::StudioError;
use super::local::Inner;
use super::progress::Reporter;
use crate::audio::resample::resample_mono;
use crate::domain::ids::FinetuneId;
use crate::domain::job::Phase;
use crate::domain::take::TakeRequest;
use crate::domain::verdict::Heldout;
use crate::domain::work::{Observer, StopToken, Unobserved};
use crate::judge::{Fingerprint, Judge};
use crate::listen::RATE_HZ;
use std::path::Path;

/// Takes that are made.
pub const TAKES: usize = 8;
/// Length of each, seconds.
pub const SECONDS: f64 = 30.0;

/// Makes takes of a finetune that lies in `folder` and holds them against its dataset's own figures.
pub fn prove(
    inner: &Inner,
    (id, folder): (&FinetuneId, &Path),
    (genre, seed): (&str, u64),
    judge: &Judge,
    reporter: &Reporter,
    stop: &StopToken,
) -> Result<Heldout, StudioError> {
    let mut takes = Vec::new();
    for number in 0..TAKES {
        stop.check()?;
        match take(inner, (id, folder), genre, seed.wrapping_add(number as u64), stop) {
            Ok(print) => takes.push(print),
            Err(e) => {
                stop.check()?;
                reporter.log(&format!("no take could be made to test the finetune with: {e}"));
                break;
            }
        }
        reporter.progress(Phase::Evaluate, (number + 2) as f64, (TAKES + 2) as f64);
    }
    let answer = judge.unseen(&takes, SECONDS);
    reporter.log(&format!("{} test takes: {}", answer.takes, answer.words));
    Ok(answer)
}

/// The fingerprint of one take.
fn take(
    inner: &Inner,
    (id, folder): (&FinetuneId, &Path),
    genre: &str,
    seed: u64,
    stop: &StopToken,
) -> Result<Fingerprint, StudioError> {
    let request =
        TakeRequest { finetune: Some(id.clone()), ..TakeRequest::of(genre, SECONDS, seed) };
    let made = inner.engine.generate(&request, Some(folder), &Unobserved, stop)?;
    let mono = resample_mono(&made.audio.mono(), made.audio.rate_hz(), RATE_HZ)
        .map_err(|e| StudioError::Listen(e.into()))?;
    Fingerprint::new(&mono).map_err(|e| StudioError::Listen(e.into()))
}
