//! Performing: a score becomes stems, stems become a master.

pub mod bank;
pub mod bed;
pub mod bounds;
pub mod collage;
pub mod grains;
pub mod master;
pub mod midi;
pub mod performance;
pub mod production;
pub mod rack;
pub mod sampler;
pub mod slots;
pub mod synth;
pub mod wishes;

use super::EngineError;
use crate::audio::Audio;
use crate::domain::job::Phase;
use crate::domain::plan::Plan;
use crate::domain::score::{Part, Role, Score};
use crate::domain::take::GrainUse;
use crate::domain::work::{Observer, StopToken};
use bank::Bank;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rate of everything that is not cut from tracks.
pub const RATE_HZ: u32 = 44_100;

/// Stems and what they are made of.
pub struct Played {
    /// Stereo, all of one rate and length; they sum to the mix.
    pub stems: BTreeMap<String, Audio>,
    /// Every cut that sounds.
    pub grains: Vec<GrainUse>,
    /// What played, in words.
    pub sound: String,
}

/// Plays a score without a finetune: by a bank, or by built-in synthesis where there is none.
pub fn base(
    bank: Option<&Bank>,
    plan: &Plan,
    score: &Score,
    observer: &dyn Observer,
    stop: &StopToken,
) -> Result<Played, EngineError> {
    let done = AtomicU64::new(0);
    let total = score.parts.len().max(1) as f64;
    let font = bank.map(Bank::load).transpose()?;
    let rendered: Vec<(Role, Audio)> = score
        .parts
        .par_iter()
        .map(|part| {
            stop.check()?;
            let mut audio = match &font {
                Some(font) => bank::render(font, score, part, plan.seconds)?,
                None => synth::render(score, part, plan.seconds),
            };
            audio.scale(balance(part));
            let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
            observer.progress(Phase::Render, finished as f64 * 0.9, total);
            Ok((part.role, audio))
        })
        .collect::<Result<_, EngineError>>()?;
    let mut stems = BTreeMap::new();
    for (role, audio) in rendered {
        stems.insert(role.name().to_owned(), audio);
    }
    if stems.is_empty() {
        let frames = (plan.seconds * f64::from(RATE_HZ)).round() as usize;
        stems.insert("silence".to_owned(), Audio::silence(RATE_HZ, 2, frames));
    }
    let sound = match bank {
        Some(bank) => format!("General-MIDI bank {} ({})", bank.name(), bank.hash()?),
        None => "built-in synthesis (no General-MIDI bank was found)".to_owned(),
    };
    Ok(Played { stems, grains: Vec::new(), sound })
}

/// Level of a part in the mix: the melody leads, pads stay behind.
fn balance(part: &Part) -> f32 {
    match part.role {
        Role::Drums => 0.9,
        Role::Bass => 0.95,
        Role::Harmony => 0.62,
        Role::Lead => 1.0,
        Role::Pad => 0.45,
    }
}
