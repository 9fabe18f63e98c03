//! The engine in this program: unit selection of a dataset's own grains, steered by a composer; a
//! General-MIDI bank or built-in synthesis for the base.
//!
//! `learn` turns hearings into files, `compose` a prompt into a score, `perform` a score into
//! sound. Must never read a clock, the environment or a random source: everything that decides a
//! sample is in the request, the finetune's files, the bank and the processor's features.

pub mod compose;
pub mod dice;
pub mod learn;
pub mod perform;

use super::{Engine, EngineError, EngineInfo, Learned, Performance, TrainRequest};
use crate::domain::job::Phase;
use crate::domain::limits::Limits;
use crate::domain::plan::Plan;
use crate::domain::score::Score;
use crate::domain::take::TakeRequest;
use crate::domain::work::{Observer, StopToken};
use compose::brief::parse;
use compose::form;
use compose::manner::Manner;
use compose::plan::{self as planning, Planned};
use compose::score::{Piece, write};
use learn::finetune::Finetune;
use perform::bank::Bank;
use perform::performance::{self, Stage};
use perform::{master, midi, wishes};
use std::path::{Path, PathBuf};

/// Name and version of the base. A finetune made for another one must be made again.
pub const BASE: &str = "resident-2";
/// Format of learned files.
pub const FORMAT: u32 = 2;

/// The embedded engine.
pub struct Resident {
    limits: Limits,
    bank: Option<Bank>,
    notes: Vec<String>,
}

impl Resident {
    /// An engine that plays the first of these banks that can be read.
    pub fn new(limits: Limits, banks: &[PathBuf]) -> Self {
        let (bank, notes) = Bank::first(banks);
        Self { limits, bank, notes }
    }

    fn planned(
        &self,
        request: &TakeRequest,
        finetune: Option<&Finetune>,
    ) -> Result<Planned, EngineError> {
        let mut brief = parse(&request.prompt);
        if request.no_vocals {
            brief.unsupported.retain(|u| !u.starts_with("vocals"));
        }
        if let Some(finetune) = finetune {
            wishes::note_limits(&mut brief, finetune);
        }
        // Before anything is laid out: a plan grows with its length.
        self.check_length(request.seconds.or(brief.seconds).unwrap_or(planning::DEFAULT_SECONDS))?;
        let learned =
            finetune.map(|f| planning::Learned { manner: &f.manner, playable: &f.playable });
        let made = planning::make(&brief, learned.as_ref(), request.seconds, request.seed);
        self.check_length(made.plan.seconds)?;
        let Some(asked) = &request.plan else { return Ok(made) };
        let limits = &self.limits;
        let plan = planning::adopt(
            asked.clone(),
            &made.plan,
            limits.plan_sections_max,
            limits.section_max_s,
        )
        .map_err(EngineError::Request)?;
        self.check_length(plan.seconds)?;
        Ok(Planned { plan, home: made.home })
    }

    fn check_length(&self, seconds: f64) -> Result<(), EngineError> {
        let (least, most) = (self.limits.take_min_s, self.limits.take_max_s);
        if (least..=most).contains(&seconds) {
            return Ok(());
        }
        Err(EngineError::Request(format!(
            "a take of {seconds} s was asked for; {least:.0} to {most:.0} s can be made"
        )))
    }

    fn check_prompt(&self, prompt: &str) -> Result<(), EngineError> {
        let length = prompt.chars().count();
        if length > self.limits.prompt_max_chars {
            return Err(EngineError::Request(format!(
                "the prompt has {length} characters; the limit is {}",
                self.limits.prompt_max_chars
            )));
        }
        Ok(())
    }

    fn score(
        plan: &Plan,
        manner: Option<&Manner>,
        request: &TakeRequest,
    ) -> Result<Score, EngineError> {
        let genre = planning::genre_of(&plan.brief, manner)
            .ok_or_else(|| EngineError::Request("no genre grammar could be read".to_owned()))?;
        Ok(write(&Piece::new(plan, genre, manner, request.seed), &request.without))
    }
}

impl Engine for Resident {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            base: BASE.to_owned(),
            format: FORMAT,
            host: processor(),
            notes: self.notes.clone(),
        }
    }

    fn sound(&self) -> Result<String, EngineError> {
        let host = processor();
        Ok(match &self.bank {
            Some(bank) => format!("bank {} {} on {host}", bank.name(), bank.hash()?),
            None => format!("built-in synthesis on {host}"),
        })
    }

    fn train(
        &self,
        request: &TrainRequest,
        observer: &dyn Observer,
        stop: &StopToken,
    ) -> Result<Learned, EngineError> {
        learn::train(request, &self.limits, observer, stop)
    }

    fn plan(&self, request: &TakeRequest, finetune: Option<&Path>) -> Result<Plan, EngineError> {
        self.check_prompt(&request.prompt)?;
        let finetune = finetune.map(Finetune::open).transpose()?;
        Ok(self.planned(request, finetune.as_ref())?.plan)
    }

    fn generate(
        &self,
        request: &TakeRequest,
        folder: Option<&Path>,
        observer: &dyn Observer,
        stop: &StopToken,
    ) -> Result<Performance, EngineError> {
        self.check_prompt(&request.prompt)?;
        observer.progress(Phase::Writing, 0.0, 1.0);
        let finetune = folder.map(Finetune::open).transpose()?;
        let Planned { plan, home } = self.planned(request, finetune.as_ref())?;
        let manner = finetune.as_ref().map(|f| &f.manner);
        let score = Self::score(&plan, manner, request)?;
        observer.progress(Phase::Writing, 1.0, 1.0);
        stop.check()?;
        let played = match &finetune {
            Some(finetune) => {
                let (plan, score, bank) = (&plan, &score, self.bank.as_ref());
                let stage = Stage { finetune, home, bank, plan, score, request };
                performance::perform(&stage, observer, stop)?
            }
            None => perform::base(self.bank.as_ref(), &plan, &score, observer, stop)?,
        };
        let target = request.loudness_lufs.unwrap_or_else(|| {
            manner.map_or(master::BASE_LUFS, |m| m.loudness_lufs.clamp(-40.0, -5.0))
        });
        let mastered = master::master(&played.stems, target, plan.seconds);
        observer.progress(Phase::Render, 1.0, 1.0);
        Ok(Performance {
            brief: plan.brief.clone(),
            plan,
            score,
            audio: mastered.audio,
            stems: played.stems,
            grains: played.grains,
            sound: played.sound,
            loudness_lufs: mastered.reading.integrated_lufs,
            true_peak_dbtp: mastered.reading.true_peak_dbtp,
        })
    }

    fn midi(&self, score: &Score) -> Vec<u8> {
        midi::write(score)
    }
}

/// The processor features that transforms choose their code by: the same on two machines, the same
/// samples on both.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let avx = std::is_x86_feature_detected!("avx") && std::is_x86_feature_detected!("fma");
        let sse = std::is_x86_feature_detected!("sse4.1");
        match (avx, sse) {
            (true, _) => "x86_64-avx-fma".to_owned(),
            (false, true) => "x86_64-sse4.1".to_owned(),
            (false, false) => "x86_64".to_owned(),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        if cfg!(target_arch = "aarch64") { "aarch64".to_owned() } else { "other".to_owned() }
    }
}

/// Names of theme letters, for faces that draw plans.
pub use form::Shape;
