//! The bank: one fingerprint asked for as it would be in other keys, at other tempi and other speeds.
//!
//! A first look compares every eighth word of every member of the bank with every second place of the
//! reference, eight seconds at a time, and proposes places; each proposal is then measured exactly,
//! with key and tempo moved until it fits best. What comes out is the smallest mean of wrong bits over
//! any eight seconds, and where. Silence and passages of few different words propose nothing.

use super::fingerprint::{Fingerprint, STEPS, words_per_s};
use super::matching::{WINDOW, speaks, usable};

/// The first look reads every so manieth word of the query ...
const STRIDE: usize = 8;
/// ... and of the places in the reference.
const PLACES: usize = 2;
/// Words of a window that the first look reads.
const READ: usize = WINDOW / STRIDE;
/// Places that a diagonal moves on a row.
const DRIFT: usize = STRIDE / PLACES;
/// Where a window of the reference says nothing: more than any sum of errors.
const MUTE: u16 = 4096;
/// Tempi that whole semitones are combined with, the query's over the reference's.
const TEMPI: [f64; 7] = [0.904, 0.934, 0.966, 1.0, 1.035, 1.07, 1.106];
/// Changes of speed, which move pitch and tempo together.
const SPEEDS: [f64; 10] = [0.94, 0.95, 0.96, 0.97, 0.985, 1.015, 1.03, 1.04, 1.05, 1.06];
/// Words of the query, as it is, that share their best proposals.
const BLOCK: usize = 64;
/// Proposals kept of each block.
const KEPT: usize = 2;
/// Proposals of at most this many bits are measured; the best two always are.
const GATE_BITS: f64 = 9.0;

/// How the query differs from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Thirds of a semitone that the query is higher.
    pub steps: i32,
    /// The query's tempo over the reference's.
    pub ratio: f64,
}

/// Wrong bits that a change must save to be believed before none: where music repeats itself, a repeat
/// that happens to lie better on the grid of words looks like a copy played one percent faster.
const SIMPLER_BITS: f64 = 0.75;

impl Change {
    /// Semitones that the query is higher.
    pub fn semitones(&self) -> f64 {
        f64::from(self.steps) / f64::from(STEPS)
    }
}

/// A place where query and reference are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Mean wrong bits of 32 over the window.
    pub bits: f64,
    /// How they differ.
    pub change: Change,
    /// First word of the window in the query, with the change undone.
    pub word: usize,
    /// First word of the window in the reference.
    pub there: usize,
}

impl Place {
    /// Wrong bits, and what a change costs.
    fn cost(&self) -> f64 {
        let plain = self.change.steps == 0 && (self.change.ratio - 1.0).abs() < 1e-9;
        self.bits + if plain { 0.0 } else { SIMPLER_BITS }
    }
}

struct Member {
    change: Change,
    words: Vec<u32>,
    /// Whether the window that begins at each read word says anything.
    speaks: Vec<bool>,
}

/// A fingerprint in all its changes, to be compared with many references.
pub struct Bank<'a> {
    print: &'a Fingerprint,
    members: Vec<Member>,
}

/// A fingerprint to compare with.
pub struct Known<'a> {
    pub(super) words: &'a [u32],
    pub(super) usable: Vec<bool>,
    /// Every second word.
    sparse: Vec<u32>,
    /// [`MUTE`] for windows that say nothing, by their first sparse word.
    mute: Vec<u16>,
}

impl<'a> Known<'a> {
    /// Finds out which of its windows say anything.
    pub fn new(words: &'a [u32]) -> Self {
        let usable = usable(words);
        let sparse: Vec<u32> = words.iter().step_by(PLACES).copied().collect();
        let mute = (0..sparse.len())
            .map(|j| if usable.get(j * PLACES).is_some_and(|u| *u) { 0 } else { MUTE })
            .collect();
        Self { words, usable, sparse, mute }
    }
}

/// Changes that are asked for: all thirds of a semitone at the same tempo, whole semitones at others,
/// and changes of speed.
fn changes() -> Vec<Change> {
    let octave = 12 * STEPS;
    let mut all: Vec<Change> =
        (-octave / 2..octave / 2).map(|steps| Change { steps, ratio: 1.0 }).collect();
    for ratio in TEMPI.into_iter().filter(|r| *r != 1.0) {
        all.extend((-6..6).map(|k| Change { steps: k * STEPS, ratio }));
    }
    all.extend(SPEEDS.map(|ratio| {
        let steps = (f64::from(octave) * ratio.log2()).round() as i32;
        Change { steps, ratio }
    }));
    all
}

#[derive(Clone, Copy)]
struct Proposal {
    sum: u16,
    member: usize,
    row: usize,
    sparse: usize,
}

/// What the first look writes to, made once and used for every member.
#[derive(Default)]
struct Board {
    sums: Vec<u16>,
    ring: Vec<u16>,
}

impl<'a> Bank<'a> {
    /// Makes the changed words.
    pub fn new(print: &'a Fingerprint) -> Self {
        let members = changes()
            .into_iter()
            .map(|change| {
                let words = print.changed(-change.steps, 1.0 / change.ratio);
                let speaks = words.windows(WINDOW).step_by(STRIDE).map(speaks).collect();
                Member { change, words, speaks }
            })
            .collect();
        Self { print, members }
    }

    /// Places where the fingerprint is most like a reference, best first: at least one where both
    /// have a window that says anything.
    pub fn places(&self, known: &Known<'_>) -> Vec<Place> {
        let blocks = self.print.words.len() / BLOCK + 2;
        let mut kept: Vec<[Option<Proposal>; KEPT]> = vec![[None; KEPT]; blocks];
        let mut board = Board::default();
        for (number, member) in self.members.iter().enumerate() {
            look(number, member, known, &mut board, &mut kept);
        }
        let mut proposals: Vec<Proposal> = kept.into_iter().flatten().flatten().collect();
        proposals.sort_by_key(|p| (p.sum, p.member, p.row, p.sparse));
        let gate = (GATE_BITS * READ as f64) as u16;
        let mut places: Vec<Place> = proposals
            .iter()
            .enumerate()
            .filter(|(rank, p)| *rank < 2 || p.sum <= gate)
            .filter_map(|(_, p)| self.measure(p, known))
            .collect();
        places.sort_by(|a, b| a.cost().total_cmp(&b.cost()).then(a.word.cmp(&b.word)));
        places
    }

    /// Moves tempo and key around a proposal until it fits best.
    fn measure(&self, proposal: &Proposal, known: &Known<'_>) -> Option<Place> {
        let start = self.members[proposal.member].change;
        // The middle of the window, in words of the query as it is.
        let middle = (proposal.row * STRIDE + WINDOW / 2) as f64 / start.ratio;
        let there = proposal.sparse * PLACES;
        let mut best: Option<Place> = None;
        let mut attempt = |change: Change| {
            let found = self.exact(change, middle, there, known);
            if let Some(place) = found.filter(|f| best.is_none_or(|b| f.cost() < b.cost())) {
                best = Some(place);
            }
            best.map_or(start, |b| b.change)
        };
        for part in [0.0, -0.02, -0.01, 0.01, 0.02] {
            attempt(Change { ratio: start.ratio * (1.0 + part), ..start });
        }
        let mut now = attempt(start);
        for steps in [now.steps - 1, now.steps + 1] {
            attempt(Change { steps, ..now });
        }
        now = attempt(now);
        for part in [-0.005, 0.005] {
            attempt(Change { ratio: now.ratio * (1.0 + part), ..now });
        }
        best
    }

    /// The best window within eight seconds around a place, three diagonals wide.
    fn exact(&self, change: Change, middle: f64, there: usize, known: &Known<'_>) -> Option<Place> {
        const AROUND: usize = WINDOW / 2;
        const ASIDE: usize = 2;
        let begin = (middle * change.ratio).round() as isize - (WINDOW / 2) as isize;
        let from = (begin - AROUND as isize).max(0);
        let end = (begin + (WINDOW + AROUND) as isize).max(0) as usize;
        let part = from as usize..end;
        let words = self.print.changed_part(-change.steps, 1.0 / change.ratio, part);
        let mut best: Option<Place> = None;
        for aside in 0..=2 * ASIDE {
            let offset = there as isize - begin + aside as isize - ASIDE as isize;
            // Word `from + i` of the query lies on word `from + i + offset` of the reference.
            let skip = (-(from + offset)).max(0) as usize;
            let first = (from + offset).max(0) as usize;
            let errors = |i: usize| (words[skip + i] ^ known.words[first + i]).count_ones();
            let count = words.len().saturating_sub(skip);
            let count = count.min(known.words.len().saturating_sub(first));
            let mut sum = 0;
            for i in 0..count {
                sum += errors(i);
                if i >= WINDOW {
                    sum -= errors(i - WINDOW);
                }
                if i + 1 < WINDOW {
                    continue;
                }
                let (at, bits) = (i + 1 - WINDOW, f64::from(sum) / WINDOW as f64);
                if best.is_none_or(|b| bits < b.bits)
                    && known.usable[first + at]
                    && speaks(&words[skip + at..skip + at + WINDOW])
                {
                    let word = from as usize + skip + at;
                    best = Some(Place { bits, change, word, there: first + at });
                }
            }
        }
        best
    }
}

/// The first look at one member: keeps the best proposals of each block of the query.
fn look(
    number: usize,
    member: &Member,
    known: &Known<'_>,
    board: &mut Board,
    kept: &mut [[Option<Proposal>; KEPT]],
) {
    let (rows, width) = (member.words.len().div_ceil(STRIDE), known.sparse.len());
    if rows < READ || width <= (READ - 1) * DRIFT {
        return;
    }
    // Diagonals keep their place; each row lies `DRIFT` before the one above it.
    let base = |row: usize| (rows - 1 - row) * DRIFT;
    board.sums.clear();
    board.sums.resize(base(0) + width, 0);
    board.ring.clear();
    board.ring.resize(READ * width, 0);
    for row in 0..rows {
        let slot = row % READ;
        let line = &mut board.ring[slot * width..(slot + 1) * width];
        if row >= READ {
            let at = base(row - READ);
            board.sums[at..at + width].iter_mut().zip(line.iter()).for_each(|(s, e)| *s -= e);
        }
        let word = member.words[row * STRIDE];
        let at = base(row);
        for ((error, sum), other) in
            line.iter_mut().zip(&mut board.sums[at..at + width]).zip(&known.sparse)
        {
            *error = (word ^ other).count_ones() as u16;
            *sum += *error;
        }
        let Some(first) = (row + 1).checked_sub(READ) else { continue };
        if !member.speaks.get(first).is_some_and(|s| *s) {
            continue;
        }
        // Diagonals that lie in the reference from the window's first row to its last.
        let sums = &board.sums[base(first)..at + width];
        let least = sums.iter().zip(&known.mute).map(|(s, m)| s + m).min().unwrap_or(MUTE);
        let block = (first * STRIDE) as f64 / member.change.ratio / BLOCK as f64;
        if let Some(block) = kept.get_mut(block as usize)
            && least < MUTE
            && block.iter().any(|k| k.is_none_or(|p| least < p.sum))
            && let Some(sparse) = sums.iter().zip(&known.mute).position(|(s, m)| s + m == least)
        {
            keep(block, Proposal { sum: least, member: number, row: first, sparse });
        }
    }
}

/// Keeps the best of a block, one of each member.
fn keep(block: &mut [Option<Proposal>; KEPT], new: Proposal) {
    let same = block.iter().position(|k| k.is_some_and(|p| p.member == new.member));
    let at = same.unwrap_or(KEPT - 1);
    if block[at].is_none_or(|p| new.sum < p.sum) {
        block[at] = Some(new);
        block.sort_by_key(|k| k.map_or(u16::MAX, |p| p.sum));
    }
}

/// Seconds into the query, as it is, of a word with a change undone.
pub fn query_s(word: usize, change: Change) -> f64 {
    word as f64 / change.ratio / words_per_s()
}
