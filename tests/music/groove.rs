//! Drum patterns wider than those of [`super::beat`], for training alone: each drum has its own
//! habit and its own level, from ghost notes to hats louder than the snare.

use super::play::Pen;
use leitmotif::engine::resident::dice::Dice;

const KICKS: [u8; 2] = [36, 35];
const SNARES: [u8; 5] = [38, 40, 38, 37, 39];
const CLOSED: [u8; 3] = [42, 42, 44];
const OPEN: u8 = 46;
const RIDES: [u8; 3] = [51, 59, 53];
const CRASHES: [u8; 4] = [49, 57, 55, 52];
const TOMS: [u8; 6] = [50, 48, 47, 45, 43, 41];
const OTHERS: [u8; 12] = [54, 56, 60, 61, 62, 63, 64, 67, 69, 70, 75, 82];

/// A stroke: place in beats of the bar, key, how hard.
type Stroke = (f64, u8, f64);

/// Levels of kick, snare, hats, cymbals, toms and the rest.
struct Levels([f64; 6]);

/// Writes the drums of a section.
pub fn drums(pen: &mut Pen<'_>, dice: &mut Dice) {
    let levels = Levels(std::array::from_fn(|i| {
        let softest = if i == 0 { 0.65 } else { 0.4 };
        softest + (1.0 - softest) * dice.unit()
    }));
    let bars = [1, 2, 4][dice.below(3)];
    let first = bar(pen, &levels, dice);
    let pattern: Vec<Vec<Stroke>> = (0..bars)
        .map(|i| if i % 2 == 0 { first.clone() } else { bar(pen, &levels, dice) })
        .collect();
    let per_bar = pen.manner.per_bar as f64;
    let phrase = [2, 4, 8][dice.below(3)];
    let (fills, crashes) = (dice.unit(), dice.unit());
    for n in 0..pen.section.bars {
        let at = n as f64 * per_bar;
        let fill = n % phrase == phrase - 1 && dice.chance(fills);
        let until = if fill { (per_bar - [1.0, 2.0][dice.below(2)]).max(0.0) } else { per_bar };
        for (place, key, hard) in pattern[n % bars].iter().filter(|s| s.0 < until) {
            pen.hit(at + place, *key, *hard);
        }
        if fill {
            roll(pen, at + until, at + per_bar, &levels, dice);
        }
        if n % phrase == 0 && dice.chance(crashes) {
            pen.hit(at, CRASHES[dice.below(4)], levels.0[3]);
        }
    }
}

fn bar(pen: &Pen<'_>, levels: &Levels, dice: &mut Dice) -> Vec<Stroke> {
    let (per_bar, parts) = (pen.manner.per_bar, pen.manner.parts);
    let [kick, snare, hat, ride, _, other] = levels.0;
    let (four, loose) = (dice.chance(0.3), 0.5 * dice.unit());
    let back = SNARES[dice.below(5)];
    let ghosts = if dice.chance(0.35) { 0.4 * dice.unit() } else { 0.0 };
    // Where the snare falls: usual back beats, half time, every beat, anywhere.
    let habit = dice.weighted(&[0.6, 0.15, 0.1, 0.15]);
    let timekeeper = dice.weighted(&[0.55, 0.13, 0.12, 0.1, 0.1]);
    let density = dice.weighted(&[0.2, 0.45, 0.25, 0.1]);
    let (closed, bell) = (CLOSED[dice.below(3)], RIDES[dice.below(3)]);
    let opens = if dice.chance(0.5) { 0.5 * dice.unit() } else { 0.0 };
    let off_beats = dice.chance(0.15);
    let extra = dice.chance(0.3).then(|| (OTHERS[dice.below(12)], 0.5 * dice.unit()));
    let mut strokes = Vec::new();
    for step in 0..per_bar * parts {
        let (beat, part) = (step / parts, step % parts);
        let at = step as f64 / parts as f64;
        let kicks = match part {
            0 if beat == 0 => 0.95,
            0 if four => 0.97,
            0 => 0.3,
            _ => 0.7 * loose,
        };
        if dice.chance(kicks) {
            strokes.push((at, KICKS[usize::from(dice.chance(0.1))], kick));
        }
        let backs = match habit {
            0 if per_bar == 3 => part == 0 && beat > 0,
            0 => part == 0 && beat % 2 == 1,
            1 => part == 0 && beat == per_bar / 2,
            2 => part == 0,
            _ => dice.chance(0.2),
        };
        if backs {
            strokes.push((at, back, snare));
        } else if dice.chance(ghosts) {
            strokes.push((at, back, snare * (0.3 + 0.3 * dice.unit())));
        }
        let half = part * 2 == parts || (parts == 3 && part == 2);
        let ticks = match density {
            0 => part == 0,
            1 => part == 0 || half,
            2 => true,
            _ => dice.chance(0.6),
        };
        let hard = if part == 0 { 1.0 } else { 0.6 + 0.3 * dice.unit() };
        match timekeeper {
            0 if ticks && part != 0 && dice.chance(opens) => strokes.push((at, OPEN, hat * hard)),
            0 if ticks => strokes.push((at, closed, hat * hard)),
            1 if ticks => strokes.push((at, bell, ride * hard)),
            2 if half && off_beats => strokes.push((at, OPEN, hat)),
            2 if ticks => {
                strokes.push((at, if half { OPEN } else { closed }, hat * hard));
            }
            3 if ticks => strokes.push((at, OTHERS[beat % 2 * 3], other * hard)),
            _ => {}
        }
        if let Some((key, _)) = extra.filter(|e| dice.chance(e.1)) {
            strokes.push((at, key, other));
        }
    }
    strokes
}

/// A fill over toms and snare.
fn roll(pen: &mut Pen<'_>, from: f64, to: f64, levels: &Levels, dice: &mut Dice) {
    let step = 1.0 / (pen.manner.parts.max([2, 4][dice.below(2)])) as f64;
    let count = ((to - from) / step).round() as usize;
    let snares = dice.unit();
    for i in 0..count {
        if dice.chance(0.85) {
            let tom = TOMS[(6 * i / count.max(1)).min(5)];
            let key = if dice.chance(snares) { 38 } else { tom };
            pen.hit(from + i as f64 * step, key, levels.0[4] * (0.7 + 0.3 * dice.unit()));
        }
    }
}
