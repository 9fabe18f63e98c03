//! From which chance a stroke of each kind counts, and how plain the plainer ones must be for the kind
//! to be there at all: what does best on pieces held out, counted as the bench counts.

use crate::Ask;
use crate::lessons;
use crate::material::Material;
use leitmotif::judge::accuracy::notes::strokes;
use leitmotif::listen::onsets;
use leitmotif::listen::strokes::{Rule, struck};
use leitmotif::nn::logistic;
use leitmotif::nn::stack::Stack;
use leitmotif::nn::strokes::{KINDS, PAD, plans};
use rayon::prelude::*;
use std::fs;

const NAMES: [&str; KINDS] = ["kick", "snare", "closed", "open", "tom", "cymbal", "clap", "other"];
const LEAST: [f32; 8] = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6];
const PLAIN: [f32; 6] = [0.0, 0.35, 0.5, 0.6, 0.7, 0.8];
const RELATIVE: [f32; 6] = [0.0, 0.4, 0.5, 0.6, 0.7, 0.8];

/// Prints the best rule of each kind, and what the others give.
pub fn report(held: &[&Material], ask: &Ask) {
    let path = ask.out.join("strokes/weights.safetensors");
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let stack = Stack::from_bytes(&plans(), &bytes).expect("strokes are taught first");
    let rate = onsets::frame_rate();
    let chances: Vec<Vec<Vec<f32>>> = held
        .par_iter()
        .map(|m| {
            let frames = (m.seconds * rate) as usize;
            let said = stack.run(lessons::mel(m, 0, frames, PAD));
            let row = |kind| said.row(kind, 0).iter().map(|x| logistic(*x)).collect();
            (0..KINDS).map(row).collect()
        })
        .collect();
    for (kind, name) in NAMES.iter().enumerate() {
        let mean = |rule: Rule| {
            let of =
                |(m, chances): (&&Material, &Vec<Vec<f32>>)| measure(m, kind, &chances[kind], rule);
            let each: Vec<f64> = held.iter().zip(&chances).filter_map(of).collect();
            (each.iter().sum::<f64>() / each.len().max(1) as f64, each.len())
        };
        let mut results: Vec<(f64, usize, Rule)> = Vec::new();
        for rule in rules() {
            let (f, pieces) = mean(rule);
            results.push((f, pieces, rule));
        }
        results.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("  {name}:");
        for (f, n, rule) in &results[..4] {
            println!("    {f:.3} of {n} at {rule:?}");
        }
        println!("    {:.3} at {:?}, as it is", mean(Rule::of(kind)).0, Rule::of(kind));
    }
}

fn rules() -> impl Iterator<Item = Rule> {
    LEAST.into_iter().flat_map(|least| {
        PLAIN.into_iter().flat_map(move |plain| {
            RELATIVE.into_iter().map(move |relative| Rule { least, plain, relative })
        })
    })
}

/// F of one kind in one piece; `None` where it neither is nor is said.
fn measure(m: &Material, kind: usize, chances: &[f32], rule: Rule) -> Option<f64> {
    let rate = onsets::frame_rate();
    let said: Vec<f64> = struck(chances, rule, m.seconds).iter().map(|(_, at)| at / rate).collect();
    let of_kind = |h: &&(f32, u8)| usize::from(h.1) == kind;
    let truth: Vec<f64> = m.hits.iter().filter(of_kind).map(|h| f64::from(h.0)).collect();
    (truth.len() + said.len() > 0).then(|| strokes(&truth, &said).f())
}
