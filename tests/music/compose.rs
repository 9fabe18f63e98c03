//! Pieces written to be heard: any meter, tempo, swing, key and form, with every truth known.
//!
//! Not the product's composer, on purpose: ears that were trained on its habits would hear them
//! everywhere. Choices are wide rather than beautiful.

use super::parts::{self, Played};
use super::{Event, Piece, Truth, play};
use leitmotif::domain::listening::{ChordSpan, Meter, SectionSpan};
use leitmotif::domain::pitch::{Chord, Key, Mode, PitchClass, Quality};
use leitmotif::engine::resident::dice::Dice;

/// What a piece is like.
pub struct Manner {
    pub key: Key,
    pub meter: Meter,
    /// Beats to a bar as they are felt: two in 6/8.
    pub per_bar: usize,
    /// Equal parts of a beat that rhythms use: 2, 3 or 4.
    pub parts: usize,
    pub tempo_bpm: f64,
    /// Where the second eighth of a beat falls, 0.5 straight.
    pub swing: f64,
}

/// A section's own material.
pub struct Section {
    pub label: String,
    pub bars: usize,
    /// First beat in the piece.
    pub beat: usize,
    /// Chord of each half bar, repeating.
    pub chords: Vec<Chord>,
    /// 0 quiet .. 1 loud.
    pub energy: f64,
    /// Seed of its patterns: the same label plays the same.
    pub seed: u64,
}

/// Where beats fall.
pub struct Clock {
    beats_s: Vec<f64>,
    swing: f64,
}

impl Clock {
    fn new(manner: &Manner, beats: usize, dice: &mut Dice) -> Self {
        let drift = if dice.chance(0.25) { 0.004 + 0.012 * dice.unit() } else { 0.0 };
        let mut at = 0.05 + 0.6 * dice.unit();
        let mut bend: f64 = 0.0;
        let mut beats_s = vec![at];
        for _ in 0..beats {
            bend = 0.97 * bend + drift * dice.normal();
            at += 60.0 / manner.tempo_bpm * (1.0 + bend.clamp(-0.08, 0.08));
            beats_s.push(at);
        }
        Self { beats_s, swing: manner.swing }
    }

    /// Seconds of a place in beats.
    pub fn seconds(&self, beat: f64) -> f64 {
        let last = self.beats_s.len() - 2;
        let whole = (beat.floor().max(0.0) as usize).min(last);
        let part = beat - whole as f64;
        let warped = if part < 0.5 {
            part * 2.0 * self.swing
        } else {
            self.swing + (part - 0.5) * 2.0 * (1.0 - self.swing)
        };
        let (from, to) = (self.beats_s[whole], self.beats_s[whole + 1]);
        from + warped * (to - from)
    }
}

/// The piece of a seed, `seconds` long or a little longer.
pub fn compose(seed: u64, seconds: f64) -> Piece {
    write(seed, seconds, false)
}

/// As [`compose`], with drums of all kinds, sometimes alone.
pub fn compose_drums(seed: u64, seconds: f64) -> Piece {
    write(seed, seconds, true)
}

fn write(seed: u64, seconds: f64, drums: bool) -> Piece {
    let mut dice = Dice::new(seed, if drums { "drums" } else { "hearing" });
    let manner = manner(&mut dice);
    let sections = form(seed, &manner, seconds, &mut dice);
    let bars: usize = sections.iter().map(|s| s.bars).sum();
    let beats = bars * manner.per_bar;
    let clock = Clock::new(&manner, beats, &mut dice);
    let mut band = play::Band::new(&mut dice);
    if drums {
        band.drum(&mut dice);
    }
    let mut events = band.setup();
    let mut chords: Vec<ChordSpan> = Vec::new();
    for section in &sections {
        let harmonic = play::section(&band, &manner, section, &clock, &mut dice, &mut events);
        if harmonic {
            tell(section, &manner, &clock, &mut chords);
        }
    }
    events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(rank(a).cmp(&rank(b))));
    let Played { notes, hits, end_s } = parts::played(&events);
    let notes = band.name(notes);
    let beats_s: Vec<f64> = (0..beats).map(|b| clock.seconds(b as f64)).collect();
    let at = |beat: usize| clock.seconds(beat as f64);
    let spans = sections.iter().map(|s| SectionSpan {
        start_s: at(s.beat),
        end_s: at(s.beat + s.bars * manner.per_bar),
        label: s.label.clone(),
        energy: s.energy,
        families: Vec::new(),
    });
    Piece {
        truth: Truth {
            duration_s: end_s.max(at(beats)),
            tempo_bpm: manner.tempo_bpm,
            downbeats_s: beats_s.iter().copied().step_by(manner.per_bar).collect(),
            beats_s,
            meter: Some(manner.meter),
            key: Some(manner.key),
            chords,
            sections: spans.collect(),
            notes,
            hits,
        },
        events,
    }
}

/// Programs first, then ends of notes, then starts.
fn rank(event: &Event) -> u8 {
    match event.command {
        0xC0 | 0xB0 => 0,
        0x80 => 1,
        _ => 2,
    }
}

fn manner(dice: &mut Dice) -> Manner {
    let (beats, unit) = [(4, 4), (3, 4), (6, 8)][dice.weighted(&[0.68, 0.16, 0.16])];
    let meter = Meter { beats, unit };
    let slow_fast: (f64, f64) = match (beats, unit) {
        (4, _) => (62.0, 190.0),
        (3, _) => (75.0, 200.0),
        _ => (42.0, 115.0),
    };
    let mode = match dice.unit() {
        x if x < 0.45 => Mode::Major,
        x if x < 0.85 => Mode::Minor,
        x if x < 0.93 => Mode::Dorian,
        _ => Mode::Mixolydian,
    };
    let compound = meter.pulses() != meter.beats;
    let swings = !compound && dice.chance(0.22);
    Manner {
        key: Key::new(PitchClass::new(dice.below(12) as i32), mode),
        meter,
        per_bar: usize::from(meter.pulses()),
        parts: if compound { 3 } else { [2, 4][dice.weighted(&[0.6, 0.4])] },
        tempo_bpm: slow_fast.0 * (slow_fast.1 / slow_fast.0).powf(dice.unit()),
        swing: if swings { 0.56 + 0.12 * dice.unit() } else { 0.5 },
    }
}

/// Sections until the time is full: two to four kinds, each with its own chords and density.
fn form(seed: u64, manner: &Manner, seconds: f64, dice: &mut Dice) -> Vec<Section> {
    let kinds = 2 + dice.below(3);
    let bar_s = manner.per_bar as f64 * 60.0 / manner.tempo_bpm;
    let lengths: Vec<usize> =
        (0..kinds).map(|_| if bar_s > 3.0 { 4 } else { [4, 8, 8, 16][dice.below(4)] }).collect();
    let chords: Vec<Vec<Chord>> = (0..kinds).map(|_| progression(manner, dice)).collect();
    let energies: Vec<f64> = (0..kinds).map(|_| dice.unit()).collect();
    let mut sections: Vec<Section> = Vec::new();
    let (mut bars, mut last) = (0, usize::MAX);
    while (bars as f64) * bar_s < seconds {
        let kind = loop {
            let kind = dice.below(kinds);
            if kind != last {
                break kind;
            }
        };
        last = kind;
        sections.push(Section {
            label: char::from(b'A' + kind as u8).to_string(),
            bars: lengths[kind],
            beat: bars * manner.per_bar,
            chords: chords[kind].clone(),
            energy: energies[kind],
            seed: seed.wrapping_mul(31).wrapping_add(kind as u64),
        });
        bars += lengths[kind];
    }
    sections
}

/// Chords of half bars: one, two or four bars of harmony that repeat.
fn progression(manner: &Manner, dice: &mut Dice) -> Vec<Chord> {
    let bars = [2, 4, 4, 8][dice.below(4)];
    let rich = dice.unit();
    let per_bar = dice.weighted(&[0.15, 0.6, 0.25]);
    let mut chords = Vec::new();
    let mut chord = on_degree(manner.key, 0, rich, dice);
    for half in 0..2 * bars {
        let moves = match per_bar {
            0 => half % 4 == 0,
            1 => half % 2 == 0,
            _ => true,
        };
        if moves {
            let weights = [3.0, 1.2, 0.8, 2.4, 2.2, 2.0, 0.5];
            let degree = if half == 0 && dice.chance(0.7) { 0 } else { dice.weighted(&weights) };
            chord = on_degree(manner.key, degree, rich, dice);
        }
        chords.push(chord);
    }
    chords
}

/// The chord on a degree of the scale; `rich` is how often it is more than a triad.
fn on_degree(key: Key, degree: usize, rich: f64, dice: &mut Dice) -> Chord {
    let scale = key.mode.degrees();
    let above = |steps: usize| {
        let index = degree + steps;
        scale[index % 7] + 12 * (index / 7) as i32 - scale[degree]
    };
    let quality = match (above(2), above(4)) {
        (4, 7) => Quality::Maj,
        (3, 7) => Quality::Min,
        (3, _) => Quality::Dim,
        _ => Quality::Aug,
    };
    let root = key.tonic.transpose(scale[degree]);
    // A minor key's dominant usually has its leading note.
    let quality = if key.mode == Mode::Minor && degree == 4 && dice.chance(0.5) {
        Quality::Maj
    } else {
        quality
    };
    if dice.chance(0.06) {
        return Chord::new(root, Quality::ALL[dice.below(9)]);
    }
    if !dice.chance(0.6 * rich) {
        return Chord::new(root, quality);
    }
    let quality = match quality {
        Quality::Maj if above(6) == 11 && degree != 4 => {
            [Quality::Maj7, Quality::Sus2, Quality::Sus4][dice.weighted(&[0.6, 0.2, 0.2])]
        }
        Quality::Maj => [Quality::Dom7, Quality::Sus4][dice.weighted(&[0.8, 0.2])],
        Quality::Min => {
            [Quality::Min7, Quality::Sus2, Quality::Sus4][dice.weighted(&[0.7, 0.15, 0.15])]
        }
        other => other,
    };
    Chord::new(root, quality)
}

/// Adds the section's chords to what is true.
fn tell(section: &Section, manner: &Manner, clock: &Clock, chords: &mut Vec<ChordSpan>) {
    let half = manner.per_bar as f64 / 2.0;
    for i in 0..2 * section.bars {
        let chord = Some(section.chords[i % section.chords.len()]);
        let start_s = clock.seconds(section.beat as f64 + i as f64 * half);
        let end_s = clock.seconds(section.beat as f64 + (i + 1) as f64 * half);
        match chords.last_mut() {
            Some(last) if last.chord == chord && start_s - last.end_s < 1e-6 => last.end_s = end_s,
            _ => chords.push(ChordSpan { start_s, end_s, chord }),
        }
    }
}
