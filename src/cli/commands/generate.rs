//! `plan` and `generate`: prompt to plan, prompt to takes.

use crate::cli::args::{Generate, Plan as PlanArgs};
use crate::cli::follow::{Show, result, run as follow};
use crate::cli::out::{Out, clock, one_decimal};
use crate::domain::aspects;
use crate::domain::plan::Plan;
use crate::domain::take::{Take, TakeRequest};
use crate::domain::verdict::CopyClass;
use crate::studio::config::absolute;
use crate::studio::evaluation::words;
use crate::studio::work::{GenerateReport, GenerateWork};
use crate::studio::{ErrorKind, LocalStudio, Studio, StudioError, Work};
use serde::Deserialize;
use std::path::Path;

/// Runs `plan`.
pub fn plan(studio: &LocalStudio, args: &PlanArgs, out: &Out) -> Result<u8, StudioError> {
    let finetune = args.finetune.as_ref().map(|f| studio.finetune(f)).transpose()?;
    let request = TakeRequest {
        finetune: finetune.map(|m| m.finetune_id),
        seconds: args.seconds,
        ..TakeRequest::of(&args.prompt, 0.0, args.seed)
    };
    let plan = studio.plan(&request)?;
    if out.is_json() {
        out.value(&plan);
    } else {
        print_plan(&plan, out);
    }
    Ok(0)
}

fn print_plan(plan: &Plan, out: &Out) {
    let key = plan.key.map_or_else(|| "-".to_owned(), |k| k.to_string());
    let meter = plan.meter.map_or_else(|| "-".to_owned(), |m| m.to_string());
    out.line(&format!(
        "{:.1} BPM  {key}  {meter}  {}  {} bars",
        plan.tempo_bpm,
        clock(plan.seconds),
        plan.bars()
    ));
    let rows: Vec<Vec<String>> = plan
        .sections
        .iter()
        .map(|s| {
            let chords: Vec<String> = s
                .chords
                .iter()
                .map(|c| c.chord.map_or_else(|| "N".to_owned(), |c| c.to_string()))
                .collect();
            vec![
                clock(s.start_s),
                format!("{}{}", s.theme, "'".repeat(s.variation as usize)),
                s.name.clone(),
                s.bars.to_string(),
                format!("{:.2}", s.energy),
                chords.join(" "),
            ]
        })
        .collect();
    out.table(&["at", "theme", "section", "bars", "energy", "chords"], &rows);
    print_notes(plan, out);
}

/// What was not understood and what cannot be done is said with every plan and take.
fn print_notes(plan: &Plan, out: &Out) {
    let brief = &plan.brief;
    if !brief.unknown_words.is_empty() {
        out.say(&format!("not understood: {}", brief.unknown_words.join(", ")));
    }
    for what in &brief.unsupported {
        out.say(&format!("not done: {what}"));
    }
}

#[derive(Deserialize)]
struct PromptLine {
    prompt: String,
}

/// Runs `generate`.
pub fn run(studio: &LocalStudio, args: &Generate, out: &Out) -> Result<u8, StudioError> {
    let work = GenerateWork {
        prompts: prompts(args)?,
        finetune: args.finetune.clone(),
        seconds: args.seconds,
        variants: args.variants,
        seed: args.seed,
        plan: args.plan.as_deref().map(read_plan).transpose()?,
        out: args.out.as_deref().map(absolute).transpose()?,
        format: args.format.into(),
        loudness_lufs: checked_loudness(args.loudness)?,
        stems: args.stems,
        midi: args.midi,
        without: checked_parts(&args.without)?,
        no_vocals: args.no_vocals,
        strength: checked_strength(args.strength)?,
        aspects: args.aspects.unwrap_or_default(),
        max_copy: args.max_copy,
    };
    let end = follow(studio, Work::Generate(Box::new(work)), out, Show::Words)?;
    let report: GenerateReport = match result(end, out)? {
        Ok(report) => report,
        Err(code) => return Ok(code),
    };
    if out.is_json() {
        out.value(&report);
    } else {
        for take in &report.takes {
            print_take(take, out);
        }
    }
    Ok(args.max_copy.map_or(0, |worst| within(worst, &report.takes, out)))
}

/// Holds takes against the worst copy class that is accepted. Where no class can be given, that is
/// said and nothing else: an unknown class is no bad one.
fn within(worst: CopyClass, takes: &[Take], out: &Out) -> u8 {
    let mut code = 0;
    for take in takes {
        let copy = take.verdict.as_ref().map(|v| &v.copy);
        match copy.and_then(|c| c.class) {
            Some(class) if class < worst => {
                out.say(&format!(
                    "{} is of copy class {class:?}, worse than {worst:?}; it is kept. Widen the dataset, or try other seeds",
                    take.take_id
                ));
                code = ErrorKind::Verdict.exit_code();
            }
            Some(_) => {}
            None => out.say(&format!(
                "{}: --max-copy {worst:?} could not be applied: {}",
                take.take_id,
                match copy {
                    Some(copy) => copy
                        .reason
                        .as_deref()
                        .unwrap_or("not every layer of the copy check could run"),
                    None => "a take of the base has no dataset to be compared with",
                }
            )),
        }
    }
    code
}

/// Shows a take.
pub fn print_take(take: &Take, out: &Out) {
    out.line(&take.audio.display().to_string());
    for (name, path) in &take.stems {
        out.line(&format!("{name}: {}", path.display()));
    }
    if let Some(midi) = &take.midi {
        out.line(&format!("score: {}", midi.display()));
    }
    let plan = &take.plan;
    out.say(&format!(
        "{}  {}  {:.1} BPM  {}  {} LUFS  {:.1} CPU-seconds  {}",
        take.take_id,
        clock(take.duration_s),
        plan.tempo_bpm,
        plan.key.map_or_else(|| "-".to_owned(), |k| k.to_string()),
        one_decimal(take.loudness_lufs),
        take.seconds_spent,
        take.sound
    ));
    let sections: Vec<String> = plan
        .sections
        .iter()
        .map(|s| format!("{}{} {}", s.theme, "'".repeat(s.variation as usize), s.bars))
        .collect();
    out.say(&format!("form: {}", sections.join(" | ")));
    if let Some(verdict) = &take.verdict {
        out.say(&words(verdict));
    }
    print_notes(plan, out);
}

fn prompts(args: &Generate) -> Result<Vec<String>, StudioError> {
    let Some(file) = &args.prompts else {
        return match (&args.prompt, &args.plan) {
            (Some(prompt), _) => Ok(vec![prompt.clone()]),
            (None, Some(_)) => Ok(vec![String::new()]),
            (None, None) => {
                Err(StudioError::Usage("a prompt, --prompts or --plan is needed".to_owned()))
            }
        };
    };
    let text = read(file)?;
    let mut prompts: Vec<String> = args.prompt.iter().cloned().collect();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let line: PromptLine = serde_json::from_str(line).map_err(|e| {
            StudioError::Usage(format!("{}, line {}: {e}", file.display(), number + 1))
        })?;
        prompts.push(line.prompt);
    }
    Ok(prompts)
}

fn read_plan(path: &Path) -> Result<Plan, StudioError> {
    serde_json::from_str(&read(path)?)
        .map_err(|e| StudioError::Usage(format!("{} is not a plan: {e}", path.display())))
}

fn read(path: &Path) -> Result<String, StudioError> {
    std::fs::read_to_string(path)
        .map_err(|source| StudioError::Io { path: path.to_owned(), source })
}

fn checked_loudness(lufs: Option<f64>) -> Result<Option<f64>, StudioError> {
    match lufs {
        Some(l) if !(-40.0..=-5.0).contains(&l) => {
            Err(StudioError::Usage(format!("{l} LUFS cannot be reached; -40 to -5 can")))
        }
        other => Ok(other),
    }
}

fn checked_strength(strength: f64) -> Result<f64, StudioError> {
    if (0.0..=aspects::MOST).contains(&strength) {
        return Ok(strength);
    }
    Err(StudioError::Usage(format!("a strength of {strength} cannot be had; 0 to 2 can")))
}

fn checked_parts(parts: &[String]) -> Result<Vec<String>, StudioError> {
    use crate::domain::score::Role;
    for part in parts {
        if !Role::ALL.iter().any(|r| r.name() == part) {
            let names: Vec<&str> = Role::ALL.iter().map(|r| r.name()).collect();
            return Err(StudioError::Usage(format!(
                "\"{part}\" is not a part; there are {}",
                names.join(", ")
            )));
        }
    }
    Ok(parts.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::Verdict;

    fn take(class: Option<CopyClass>, judged: bool) -> Take {
        let mut verdict = Verdict::default();
        verdict.copy.class = class;
        let plan: Plan = serde_json::from_value(serde_json::json!({
            "brief": crate::domain::brief::Brief::default(), "sections": [],
        }))
        .unwrap();
        Take {
            take_id: "tk_0123456789abcdef".parse().unwrap(),
            audio: "a.wav".into(),
            stems: std::collections::BTreeMap::new(),
            midi: None,
            seed: 0,
            refused: Vec::new(),
            duration_s: 1.0,
            seconds_spent: 0.0,
            brief: plan.brief.clone(),
            plan,
            grains: Vec::new(),
            verdict: judged.then_some(verdict),
            request: TakeRequest::of("", 1.0, 0),
            engine: String::new(),
            sound: String::new(),
            created_at: String::new(),
            rating: None,
            kept: false,
            loudness_lufs: None,
            true_peak_dbtp: None,
        }
    }

    #[test]
    fn a_take_of_a_worse_class_than_allowed_gives_seven() {
        let out = Out::new(false);
        let code = |class, worst| within(worst, &[take(class, true)], &out);
        assert_eq!(code(Some(CopyClass::A), CopyClass::C), 7);
        assert_eq!(code(Some(CopyClass::C), CopyClass::C), 0);
        assert_eq!(code(Some(CopyClass::E), CopyClass::C), 0);
        assert_eq!(code(None, CopyClass::E), 0);
        assert_eq!(within(CopyClass::E, &[take(None, false)], &out), 0);
    }
}
