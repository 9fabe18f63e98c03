//! Drum patterns: backbeats, four on the floor, waltzes, shuffles in six, and looser ones.

use super::play::Pen;
use leitmotif::engine::resident::dice::Dice;

const KICK: u8 = 36;
const SNARE: u8 = 38;
const STICK: u8 = 37;
const CLAP: u8 = 39;
const CLOSED: u8 = 42;
const OPEN: u8 = 46;
const CRASH: u8 = 49;
const RIDE: u8 = 51;
const TOMS: [u8; 4] = [50, 47, 45, 41];
const OTHERS: [u8; 8] = [54, 56, 60, 62, 64, 69, 70, 75];

/// Strokes of a bar: place in beats, key, how hard.
type Bar = Vec<(f64, u8, f64)>;

/// Writes the drums of a section.
pub fn drums(pen: &mut Pen<'_>, dice: &mut Dice) {
    let bars = [1, 2][dice.below(2)];
    let pattern = pattern(pen, bars, dice);
    let per_bar = pen.manner.per_bar;
    let phrase = [4, 8][dice.below(2)];
    let fills = dice.chance(0.6);
    let crash = dice.chance(0.6);
    for bar in 0..pen.section.bars {
        let first = (bar * per_bar) as f64;
        let fill = fills && bar % phrase == phrase - 1;
        let from = if fill { (per_bar as f64 / 2.0).floor() } else { per_bar as f64 };
        for (at, key, hard) in pattern[bar % bars].iter().filter(|s| s.0 < from) {
            pen.hit(first + at, *key, *hard);
        }
        if fill {
            roll(pen, first + from, first + per_bar as f64, dice);
        }
        if crash && bar % phrase == 0 {
            pen.hit(first, CRASH, 0.85);
        }
    }
}

fn pattern(pen: &Pen<'_>, bars: usize, dice: &mut Dice) -> Vec<Bar> {
    let (per_bar, parts) = (pen.manner.per_bar, pen.manner.parts);
    let kind = dice.below(4);
    let back = [SNARE, SNARE, SNARE, STICK, CLAP][dice.below(5)];
    let (loose, ghosts) = (0.5 * dice.unit(), 0.25 * dice.unit());
    let cymbal = [CLOSED, CLOSED, CLOSED, RIDE, OTHERS[dice.below(8)]][dice.below(5)];
    let hats = dice.below(4);
    let opens = 0.2 * dice.unit();
    let other = dice.chance(0.2).then(|| OTHERS[dice.below(8)]);
    (0..bars)
        .map(|_| {
            let mut bar = Bar::new();
            for step in 0..per_bar * parts {
                let (beat, part) = (step / parts, step % parts);
                let at = step as f64 / parts as f64;
                let kick = match (kind, part) {
                    (0, 0) => 1.0,
                    (_, 0) if beat == 0 => 0.98,
                    (1, 0) if per_bar == 4 && beat == 2 => 0.9,
                    (_, 0) => 0.15,
                    (3, _) => 0.45 * loose,
                    _ => 0.3 * loose,
                };
                if dice.chance(kick) {
                    bar.push((at, KICK, if part == 0 { 0.9 } else { 0.72 }));
                }
                let snare = part == 0
                    && match per_bar {
                        4 if kind == 2 => beat == 2,
                        4 => beat % 2 == 1,
                        3 => beat > 0 && (kind != 2 || beat == 2),
                        _ => beat == 1,
                    };
                if snare {
                    bar.push((at, back, 0.85));
                } else if dice.chance(ghosts * 0.5) {
                    bar.push((at, back, 0.35));
                }
                let ticks = match hats {
                    0 => part == 0,
                    1 => part == 0 || part * 2 == parts || parts == 3,
                    2 => true,
                    _ => dice.chance(0.6),
                };
                if ticks {
                    let open = cymbal == CLOSED && part != 0 && dice.chance(opens);
                    let key = if open { OPEN } else { cymbal };
                    bar.push((at, key, if part == 0 { 0.65 } else { 0.45 }));
                }
                if let Some(key) = other.filter(|_| dice.chance(0.3)) {
                    bar.push((at, key, 0.55));
                }
            }
            bar
        })
        .collect()
}

/// A fill that runs down the toms and snare.
fn roll(pen: &mut Pen<'_>, from: f64, to: f64, dice: &mut Dice) {
    let step = 1.0 / [2, 4][dice.below(2)].max(pen.manner.parts) as f64;
    let count = ((to - from) / step).round() as usize;
    for i in 0..count {
        let key = if dice.chance(0.35) { SNARE } else { TOMS[(4 * i / count.max(1)).min(3)] };
        if dice.chance(0.85) {
            pen.hit(from + i as f64 * step, key, 0.6 + 0.3 * i as f64 / count as f64);
        }
    }
    if dice.chance(0.5) {
        pen.hit(from, KICK, 0.8);
    }
}
