//! Progressions: from a genre's table or from a dataset's chord moves.
//!
//! Bars are lists of chords, usually one. Must start where the ear can find home: on the tonic for
//! learned progressions, where the table says for genres.

use super::super::dice::Dice;
use super::genre::Genre;
use super::manner::{CHORDS, Manner, relative};
use super::phrase;
use super::roman;
use crate::domain::pitch::{Chord, Key};

/// The chords of one bar.
pub type Bar = Vec<Chord>;

/// Where chords come from.
pub struct Source<'a> {
    /// The genre's table.
    pub genre: &'a Genre,
    /// What was learned, with how well each of the 24 triads can be played (0..1).
    pub manner: Option<(&'a Manner, &'a [f32; CHORDS])>,
    /// What the prompt asks for, as Roman numerals.
    pub asked: &'a [String],
    /// The key.
    pub key: Key,
}

/// A progression of `bars` bars for a theme, four bars that repeat with another end. A theme that
/// comes after another one, whose progression is given, contrasts with it where it was learned.
pub fn progression(
    source: &Source<'_>,
    bars: u32,
    before: Option<&[Bar]>,
    dice: &mut Dice,
) -> Vec<Bar> {
    let mut phrase = match source.manner {
        _ if !source.asked.is_empty() => chords(source.asked, source.key),
        Some((manner, playable)) => {
            let material = phrase::Material { manner, playable, key: source.key };
            phrase::write(&material, before.map(|b| &b[..b.len().min(4)]), dice)
        }
        None => from_table(source, dice),
    };
    if phrase.is_empty() {
        phrase.push(vec![source.key.tonic_chord()]);
    }
    let mut out: Vec<Bar> = Vec::with_capacity(bars as usize);
    while out.len() < bars as usize {
        out.extend(phrase.iter().cloned());
    }
    out.truncate(bars as usize);
    // The second time round the last bar leans forward: a chord that wants to go home.
    if bars >= 8 && phrase.len() <= 4 && source.asked.is_empty() {
        let lean = leaning(source, &out[bars as usize - 1], dice);
        for at in (7..bars as usize).step_by(8) {
            out[at] = vec![lean];
        }
    }
    out
}

/// A dominant or subdominant that the genre or dataset uses.
fn leaning(source: &Source<'_>, last: &Bar, dice: &mut Dice) -> Chord {
    let key = source.key;
    let options = [
        Chord::triad(key.tonic.transpose(7), key.mode.is_minor() && dice.chance(0.5)),
        Chord::triad(key.tonic.transpose(5), key.mode.is_minor()),
        Chord::triad(key.tonic.transpose(10), false),
    ];
    let weights: Vec<f64> = options
        .iter()
        .enumerate()
        .map(|(i, chord)| {
            let habit = match source.manner {
                Some((manner, playable)) => {
                    let home = relative(key.tonic_chord(), key);
                    let back =
                        manner.moves_from(relative(*chord, key)).map_or(0.0, |row| row[home]);
                    let inside = if phrase::inside(*chord, key) { 1.0 } else { 0.05 };
                    inside * (0.05 + back) * (6.0 * f64::from(playable[chord.triad_index()])).exp()
                }
                None => [0.6, 0.25, if key.mode.is_minor() { 0.3 } else { 0.05 }][i],
            };
            if last.last() == Some(chord) { habit * 0.5 } else { habit }
        })
        .collect();
    options[dice.weighted(&weights)]
}

/// One of the genre's progressions that fits the mode.
fn from_table(source: &Source<'_>, dice: &mut Dice) -> Vec<Bar> {
    let key = source.key;
    let readable: Vec<Vec<Bar>> =
        source.genre.progressions.iter().map(|cells| read(cells, key)).collect();
    let weights: Vec<f64> = readable.iter().map(|bars| fit(bars, key)).collect();
    let chosen = dice.weighted(&weights);
    let fits = weights.get(chosen).is_some_and(|w| *w >= FOREIGN);
    let bars = readable.into_iter().nth(chosen).unwrap_or_default();
    if fits {
        bars
    } else {
        bars.iter().map(|bar| bar.iter().map(|c| into_mode(*c, key)).collect()).collect()
    }
}

/// Below this fit a progression belongs to the other mode and is moved into this one.
const FOREIGN: f64 = 0.2;

/// The chord on the same degree of the key's own scale.
fn into_mode(chord: Chord, key: Key) -> Chord {
    const MAJOR: [i32; 12] = [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6];
    let degrees = key.mode.degrees();
    let degree = MAJOR[chord.root.above(key.tonic) as usize] as usize;
    let at = |n: usize| degrees[n % 7] + 12 * (n / 7) as i32;
    let root = key.tonic.transpose(degrees[degree]);
    Chord::triad(root, at(degree + 2) - at(degree) == 3)
}

fn chords(cells: &[String], key: Key) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for cell in cells {
        let bar: Bar = if cell == "%" {
            bars.last().cloned().unwrap_or_default()
        } else {
            cell.split_whitespace().filter_map(|n| roman::chord(n, key)).collect()
        };
        if !bar.is_empty() {
            bars.push(bar);
        }
    }
    bars
}

fn read(cells: &[String], key: Key) -> Vec<Bar> {
    let mut bars = chords(cells, key);
    // Lengths that do not divide the phrase would drift against it.
    let even = match bars.len() {
        0..=2 => bars.len(),
        3 => 2,
        4..=7 => 4,
        8..=11 => 8,
        n => n / 4 * 4,
    };
    bars.truncate(even);
    bars
}

/// How well a progression fits the key: its tonic must be there in the right mode, and chords
/// outside the scale count against it.
fn fit(bars: &[Bar], key: Key) -> f64 {
    if bars.is_empty() {
        return 0.0;
    }
    let chords: Vec<&Chord> = bars.iter().flatten().collect();
    let tonic = key.tonic_chord();
    let home = |c: &&&Chord| c.root == tonic.root;
    let right = chords
        .iter()
        .filter(home)
        .filter(|c| c.quality.is_minor() == tonic.quality.is_minor())
        .count();
    let wrong = chords.iter().filter(home).count() - right;
    let scale = key.scale();
    let outside: usize = chords
        .iter()
        .map(|c| c.tones().iter().zip(&scale).filter(|(tone, inside)| **tone && !**inside).count())
        .sum();
    let share = outside as f64 / chords.len() as f64;
    let presence = if right > 0 { 1.0 } else { 0.25 };
    presence * (-1.5 * share).exp() * 0.1f64.powi(wrong.min(3) as i32)
}

#[cfg(test)]
mod tests {
    use super::super::genre;
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn tables_follow_the_mode() {
        for (id, genre) in genre::all() {
            for key in [key("C major"), key("A minor")] {
                let mut inside = 0;
                let mut all = 0;
                for seed in 0..20 {
                    let source = Source { genre, manner: None, asked: &[], key };
                    let bars = progression(&source, 8, None, &mut Dice::new(seed, "test"));
                    assert_eq!(bars.len(), 8, "{id}");
                    let scale = key.scale();
                    for chord in bars.iter().flatten() {
                        inside +=
                            chord.tones().iter().zip(&scale).filter(|(t, s)| **t && **s).count();
                        all += chord.tones().iter().filter(|t| **t).count();
                    }
                }
                let share = f64::from(inside as u32) / f64::from(all as u32);
                assert!(share > 0.72, "{id} in {key}: {share}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_played_as_it_is() {
        let asked: Vec<String> = ["i", "bVII", "bVI", "V", "iv"].map(str::to_owned).to_vec();
        let genre = genre::get(None).unwrap();
        let source = Source { genre, manner: None, asked: &asked, key: key("A minor") };
        let bars = progression(&source, 10, None, &mut Dice::new(1, "test"));
        let names: Vec<String> = bars.iter().map(|b| b[0].to_string()).collect();
        assert_eq!(names[..5], ["A:min", "G:maj", "F:maj", "E:maj", "D:min"]);
        assert_eq!(names[..5], names[5..]);
    }

    #[test]
    fn learned_moves_decide() {
        // A dataset that goes i -> bVI -> bVII -> i.
        let mut manner = Manner::learn(&[], None);
        for (from, to) in [(12, 8), (8, 10), (10, 12)] {
            manner.chord_moves[from].fill(0.0001);
            manner.chord_moves[from][to] = 1.0;
        }
        let source = Source {
            genre: genre::get(None).unwrap(),
            manner: Some((&manner, &[0.9; CHORDS])),
            asked: &[],
            key: key("A minor"),
        };
        let bars = progression(&source, 4, None, &mut Dice::new(4, "test"));
        let names: Vec<String> = bars.iter().take(3).map(|b| b[0].to_string()).collect();
        assert_eq!(names, ["A:min", "F:maj", "G:maj"]);
    }
}
