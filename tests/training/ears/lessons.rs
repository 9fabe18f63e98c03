//! Teaching: excerpts drawn at random, cross-entropy against the truth, Adam with a falling rate.

use crate::material::Material;
use crate::shade::Shade;
use crate::{Ask, after, timbres as sounds};
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::{onsets, spectra};
use leitmotif::nn::logistic;
use leitmotif::nn::maps::Maps;
use leitmotif::nn::stack::{Plan, Stack};
use leitmotif::nn::teach::{Adam, Gradient, lesson};
use leitmotif::nn::{bars, notes, strokes, timbres};
use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// How a network is taught.
struct Course {
    plans: Vec<Plan>,
    pad: usize,
    /// Frames of an excerpt that count, and those on either side that do not.
    frames: usize,
    margin: usize,
    excerpts: usize,
    steps: usize,
    rate: f64,
    frame_rate: f64,
    input: fn(&Material, isize, usize, usize) -> Maps,
    /// Bands of levels, and how far they are shaded, nepers; 0 for maps that are no levels.
    bands: usize,
    shade: f64,
    /// Answer and weight of each output, row and frame of an excerpt that starts here.
    answers: fn(&Material, isize, usize) -> Vec<Answer>,
    /// Outputs that are asked everywhere; those beyond them only where an answer says so.
    outputs: &'static [&'static str],
    /// How many of those can be asked of a piece.
    asked: fn(&Material) -> usize,
}

/// A frame that should say something else than 0 with weight 1.
pub struct Answer {
    pub output: usize,
    pub row: usize,
    pub frame: isize,
    pub answer: f32,
    pub weight: f32,
}

fn course(net: &str) -> Course {
    match net {
        "strokes" => Course {
            plans: strokes::plans(),
            pad: strokes::PAD,
            frames: 512,
            margin: 128,
            excerpts: 16,
            steps: 3_000,
            rate: 3e-3,
            frame_rate: onsets::frame_rate(),
            input: mel,
            answers: stroke_answers,
            bands: strokes::MEL,
            shade: 0.5,
            outputs: &["kick", "snare", "closed", "open", "tom", "cymbal", "clap", "other"],
            asked: |_| strokes::KINDS,
        },
        "bars" => Course {
            plans: bars::plans(),
            pad: bars::PAD,
            frames: 1_400,
            margin: 200,
            excerpts: 8,
            steps: 3_000,
            rate: 3e-3,
            frame_rate: onsets::frame_rate(),
            input: |m, from, frames, pad| m.mel.excerpt(from, frames, pad),
            answers: bar_answers,
            bands: strokes::MEL,
            shade: 0.35,
            outputs: &["beat", "bar"],
            asked: |_| 2,
        },
        "timbres" => Course {
            plans: timbres::plans(),
            pad: timbres::PAD,
            frames: 128,
            margin: 24,
            excerpts: 16,
            steps: 6_000,
            rate: 3e-3,
            frame_rate: spectra::timbre_rate(),
            input: |m, from, frames, pad| m.pitch.excerpt(from, frames, pad),
            answers: sounds::answers,
            bands: timbres::ROWS_READ,
            shade: 0.5,
            outputs: &timbres::NAMES,
            asked: sounds::asked,
        },
        _ => Course {
            plans: notes::plans(),
            pad: notes::PAD,
            frames: 128,
            margin: 16,
            excerpts: 8,
            steps: 3_000,
            rate: 3e-3,
            frame_rate: spectra::frame_rate(),
            input: |m, from, frames, pad| m.pitch.excerpt(from, frames, pad),
            answers: note_answers,
            bands: notes::ROWS_READ,
            shade: 0.0,
            outputs: &["start", "sound"],
            asked: |_| 2,
        },
    }
}

/// The mel levels of a stretch of a piece.
pub fn mel(m: &Material, from: isize, frames: usize, pad: usize) -> Maps {
    first(&m.mel.excerpt(from, frames, pad), strokes::MEL)
}

/// The first channels of maps.
fn first(maps: &Maps, channels: usize) -> Maps {
    let mut out = Maps::new(channels, maps.rows(), maps.frames(), maps.pad());
    for channel in 0..channels {
        for row in 0..maps.rows() {
            out.row_mut(channel, row).copy_from_slice(maps.row(channel, row));
        }
    }
    out
}

pub fn teach(net: &str, taught: &[&Material], held: &[&Material], ask: &Ask) {
    let course = course(net);
    // Music without a beat has notes that nobody wrote down.
    let written = |m: &&&Material| net != "notes" || !m.notes.is_empty();
    let taught: Vec<&Material> = taught.iter().filter(written).copied().collect();
    let held: Vec<&Material> = held.iter().filter(written).copied().collect();
    let steps = ask.steps.unwrap_or(course.steps);
    let mut dice = Dice::new(1, net);
    let mut stack = Stack::drawn(&course.plans, || dice.normal() as f32);
    if ask.go_on {
        let bytes = fs::read(weights(net, ask)).expect("weights to go on from");
        stack = Stack::from_bytes(&course.plans, &bytes).expect("weights of this shape");
    }
    // Going on refines: smaller steps, and tones nearer to those that banks have.
    let less = if ask.go_on { 0.4 } else { 1.0 };
    let (top_rate, shade) = (course.rate * less, course.shade * less);
    let count: usize = stack.layers.iter().map(|l| l.conv.weights.len() + l.conv.bias.len()).sum();
    println!("{net}: {count} weights, reach {} frames", stack.reach());
    let mut adam = Adam::new(&stack);
    let start = Instant::now();
    let mut mean = 0.0;
    for step in 0..steps {
        let drawn: Vec<(&Material, isize, Shade)> = (0..course.excerpts)
            .map(|_| {
                let piece = taught[dice.below(taught.len())];
                let room = (piece.seconds * course.frame_rate - course.frames as f64).max(0.0);
                let from = (dice.unit() * room) as isize;
                (piece, from, Shade::drawn(course.bands, shade, &mut dice))
            })
            .collect();
        let lessons: Vec<(f64, Gradient)> = drawn
            .par_iter()
            .map(|(piece, from, shade)| excerpt(&course, &stack, piece, *from, shade))
            .collect();
        let mut lessons = lessons.into_iter();
        let (mut loss, mut gradient) = lessons.next().expect("an excerpt");
        for (more, other) in lessons {
            loss += more;
            gradient.add(&other);
        }
        let progress = step as f64 / steps as f64;
        let warm = ((step + 1) as f64 / 50.0).min(1.0);
        let rate = top_rate * warm * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        adam.step(&mut stack, &gradient, rate as f32, 1e-3);
        mean = if step == 0 { loss } else { 0.98 * mean + 0.02 * loss };
        if step % 250 == 249 {
            println!(
                "  step {:5}, loss {mean:.4}, {:.0} s",
                step + 1,
                start.elapsed().as_secs_f64()
            );
            save(net, &stack, ask);
        }
    }
    save(net, &stack, ask);
    if net == "timbres" {
        return sounds::report(&stack, &held);
    }
    report(&course, &stack, &held);
    if net == "bars" {
        after::report(&stack, &held);
    }
}

fn save(net: &str, stack: &Stack, ask: &Ask) {
    let bytes = stack.to_bytes().expect("weights can be written");
    fs::write(weights(net, ask), bytes).expect("the folder exists");
}

fn weights(net: &str, ask: &Ask) -> PathBuf {
    ask.out.join(net).join("weights.safetensors")
}

fn excerpt(
    course: &Course,
    stack: &Stack,
    piece: &Material,
    from: isize,
    shade: &Shade,
) -> (f64, Gradient) {
    let frames = course.frames + 2 * course.margin;
    let begin = from - course.margin as isize;
    let mut input = (course.input)(piece, begin, frames, course.pad);
    shade.over(&mut input);
    lesson(stack, input, |maps| judge(course, maps, piece, begin))
}

/// Cross-entropy per counted frame and row, weighted; turns log odds into its gradient.
fn judge(course: &Course, maps: &mut Maps, piece: &Material, begin: isize) -> f64 {
    let (rows, frames) = (maps.rows(), maps.frames());
    let counted = course.margin..course.margin + course.frames;
    let size = rows * frames;
    // Outputs that are always asked count 1 everywhere; the others only where an answer says so.
    let mut answers = vec![0f32; maps.channels() * size];
    let mut weights = vec![0f32; maps.channels() * size];
    let asked = (course.asked)(piece);
    weights[..asked * size].fill(1.0);
    for a in (course.answers)(piece, begin, frames) {
        let Some(frame) = usize::try_from(a.frame).ok().filter(|f| *f < frames) else { continue };
        let at = a.output * size + a.row * frames + frame;
        if a.answer >= answers[at] {
            answers[at] = a.answer;
            weights[at] = a.weight;
        }
    }
    let scale = 1.0 / (course.frames * course.excerpts * rows.min(16)) as f32;
    let mut loss = 0.0;
    for channel in 0..maps.channels() {
        for row in 0..rows {
            let at = channel * size + row * frames;
            for (t, x) in maps.row_mut(channel, row).iter_mut().enumerate() {
                let (y, w) = (answers[at + t], weights[at + t] * scale);
                if !counted.contains(&t) || w == 0.0 {
                    *x = 0.0;
                    continue;
                }
                let p = logistic(*x).clamp(1e-6, 1.0 - 1e-6);
                loss -= f64::from(w * (y * p.ln() + (1.0 - y) * (1.0 - p).ln()));
                *x = w * (p - y);
            }
        }
    }
    loss
}

/// Answers of one event: 1 on its frame, less on the next ones.
fn peak(
    output: usize,
    row: usize,
    at: f64,
    width: f64,
    weight: f32,
) -> impl Iterator<Item = Answer> {
    let middle = at.round() as isize;
    (middle - 3..=middle + 3).filter_map(move |frame| {
        let answer = (1.0 - (frame as f64 - at).abs() / width) as f32;
        (answer > 0.05).then_some(Answer {
            output,
            row,
            frame,
            answer,
            weight: 1.0 + (weight - 1.0) * answer,
        })
    })
}

fn stroke_answers(piece: &Material, begin: isize, _: usize) -> Vec<Answer> {
    let place = |s: f32| f64::from(s) * onsets::frame_rate() - begin as f64;
    // What is struck seldom counts more, or it would pay to never say it.
    let weight = |kind: u8| [2.0, 2.0, 2.0, 4.0, 4.0, 3.0, 4.0, 3.0][usize::from(kind)];
    let answers = |(at, kind): &(f32, u8)| peak((*kind).into(), 0, place(*at), 1.6, weight(*kind));
    piece.hits.iter().flat_map(answers).collect()
}

fn bar_answers(piece: &Material, begin: isize, _: usize) -> Vec<Answer> {
    let place = |s: f32| f64::from(s) * onsets::frame_rate() - begin as f64;
    let beats = piece.beats.iter().flat_map(|at| peak(0, 0, place(*at), 2.5, 3.0));
    let bars = piece.downbeats.iter().flat_map(|at| peak(1, 0, place(*at), 2.5, 6.0));
    let meter = piece.beats.iter().filter(|_| piece.meter.0 > 0).flat_map(|at| {
        let frame = place(*at).round() as isize;
        let (compound, triple) = (piece.meter == (6, 8), piece.meter == (3, 4));
        let say = move |output, yes: bool| {
            (-2..=2).map(move |off| Answer {
                output,
                row: 0,
                frame: frame + off,
                answer: f32::from(yes),
                weight: 0.3,
            })
        };
        say(2, compound).chain(say(3, triple))
    });
    beats.chain(bars).chain(meter).collect()
}

fn note_answers(piece: &Material, begin: isize, frames: usize) -> Vec<Answer> {
    let place = |s: f32| f64::from(s) * spectra::frame_rate() - begin as f64;
    let mut answers = Vec::new();
    for note in &piece.notes {
        let (from, to) = (place(note.start_s), place(note.end_s));
        let row = usize::from(note.midi).wrapping_sub(notes::LOWEST);
        if row >= notes::ROWS || to < 0.0 || from > frames as f64 {
            continue;
        }
        answers.extend(peak(0, row, from, 1.5, 3.0));
        for frame in from.round() as isize..(to.round() as isize).max(from.round() as isize + 1) {
            let mut say = |output: usize, answer: f32, weight: f32| {
                answers.push(Answer { output, row, frame, answer, weight });
            };
            say(1, 1.0, 1.0);
            say(2, f32::from(note.part == 1), 0.3);
            say(3, f32::from(note.part == 2), 0.3);
            if frame - (from.round() as isize) < 2 {
                say(4, f32::from(note.velocity) / 127.0, 0.5);
            }
        }
    }
    answers
}

/// Peaks of each output against the truth within 50 ms, at the threshold that does best.
fn report(course: &Course, stack: &Stack, held: &[&Material]) {
    // Whether a note sounds is no event.
    for (output, name) in course.outputs.iter().enumerate().filter(|o| *o.1 != "sound") {
        let thresholds: Vec<f32> = (2..19).map(|i| i as f32 * 0.05).collect();
        let counts: Vec<Vec<[usize; 3]>> =
            held.par_iter().map(|m| count(course, stack, m, output, &thresholds)).collect();
        let mut best = (0.0, 0.0, 0.0, 0.0);
        for (i, threshold) in thresholds.iter().enumerate() {
            let [hit, said, true_] =
                counts.iter().fold([0; 3], |sum, c| std::array::from_fn(|k| sum[k] + c[i][k]));
            let (p, r) = (hit as f64 / said.max(1) as f64, hit as f64 / true_.max(1) as f64);
            let f = 2.0 * p * r / (p + r).max(1e-9);
            if f > best.0 {
                best = (f, p, r, *threshold);
            }
        }
        println!(
            "  {name}: F {:.3} (precision {:.3}, recall {:.3}) at {}",
            best.0, best.1, best.2, best.3
        );
    }
}

/// Hits, peaks and truths at each threshold.
fn count(
    course: &Course,
    stack: &Stack,
    m: &Material,
    output: usize,
    thresholds: &[f32],
) -> Vec<[usize; 3]> {
    let frames = (m.seconds * course.frame_rate) as usize;
    let maps = stack.run((course.input)(m, 0, frames, course.pad));
    let mut counts = vec![[0; 3]; thresholds.len()];
    let near = 0.05 * course.frame_rate;
    for row in 0..maps.rows() {
        let truth: Vec<isize> = (course.answers)(m, 0, frames)
            .iter()
            .filter(|a| a.output == output && a.row == row && a.answer > 0.69)
            .map(|a| a.frame)
            .collect();
        // Neighbouring frames of one event count once.
        let mut events: Vec<isize> = Vec::new();
        let mut sorted = truth.clone();
        sorted.sort_unstable();
        for frame in sorted {
            if events.last().is_none_or(|l| frame - l > 1) {
                events.push(frame);
            }
        }
        let p: Vec<f32> = maps.row(output, row).iter().map(|x| logistic(*x)).collect();
        for (i, threshold) in thresholds.iter().enumerate() {
            let peaks: Vec<usize> = (1..frames.saturating_sub(1))
                .filter(|t| p[*t] > *threshold && p[*t] >= p[t - 1] && p[*t] > p[t + 1])
                .collect();
            let mut free = events.clone();
            for peak in &peaks {
                if let Some(k) = free.iter().position(|e| (*e as f64 - *peak as f64).abs() <= near)
                {
                    free.remove(k);
                    counts[i][0] += 1;
                }
            }
            counts[i][1] += peaks.len();
            counts[i][2] += events.len();
        }
    }
    counts
}
