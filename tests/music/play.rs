//! What the band plays in a section: drums, bass, chords, a held background, a lead, arpeggios.

use super::compose::{Clock, Manner, Section};
use super::{Event, Part, TrueNote};
use leitmotif::domain::pitch::Chord;
use leitmotif::engine::resident::dice::Dice;

const BASS: usize = 0;
const COMP: usize = 1;
const PAD: usize = 2;
const LEAD: usize = 3;
const ARPEGGIO: usize = 4;
const DRUMS: usize = 9;

/// Who plays, on what, how loud and how exactly.
pub struct Band {
    /// Program of each channel; `None` where nobody plays.
    programs: [Option<u8>; 5],
    kit: Option<u8>,
    volumes: [u8; 16],
    /// Deviation of onsets, seconds.
    loose_s: f64,
    /// How much of a strum there is between the notes of a chord, seconds.
    strum_s: f64,
    /// Whether drums are those of [`super::groove`].
    grooves: bool,
}

impl Band {
    /// Drums for certain, on any kit, now and then alone.
    pub fn drum(&mut self, dice: &mut Dice) {
        let kits = [0, 0, 8, 16, 24, 25, 32, 40, 48];
        self.kit = Some(kits[dice.below(9)]);
        self.grooves = true;
        self.volumes[DRUMS] = 70 + dice.below(57) as u8;
        if dice.chance(0.1) {
            self.programs = [None; 5];
        }
    }

    pub fn new(dice: &mut Dice) -> Self {
        let chance = [0.88, 0.8, 0.35, 0.7, 0.25];
        let mut programs: [Option<u8>; 5] = std::array::from_fn(|i| {
            let program = program(i, dice);
            dice.chance(chance[i]).then_some(program)
        });
        if programs.iter().all(Option::is_none) {
            programs[COMP] = Some(0);
        }
        let kits = [0, 8, 16, 24, 25, 32, 40];
        Self {
            programs,
            kit: dice
                .chance(0.78)
                .then(|| kits[dice.weighted(&[4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5])]),
            volumes: std::array::from_fn(|_| 60 + dice.below(60) as u8),
            loose_s: if dice.chance(0.5) { 0.0 } else { 0.012 * dice.unit() },
            strum_s: if dice.chance(0.6) { 0.0 } else { 0.015 * dice.unit() },
            grooves: false,
        }
    }

    /// Programs and volumes.
    pub fn setup(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let seats = self.programs.iter().enumerate().map(|(i, p)| (i, *p));
        for (channel, program) in seats.chain([(DRUMS, self.kit)]) {
            let Some(program) = program else { continue };
            let channel = channel as u8;
            let event = |command, data| Event { at_s: 0.0, channel, command, data };
            events.push(event(0xC0, [program, 0]));
            events.push(event(0xB0, [7, self.volumes[usize::from(channel)]]));
        }
        events
    }

    /// Notes with the parts they were written for. A program may sit on two channels, so the part
    /// that was guessed from register stands where the program does not settle it.
    pub fn name(&self, mut notes: Vec<TrueNote>) -> Vec<TrueNote> {
        for note in &mut notes {
            let seats: Vec<usize> =
                (0..5).filter(|i| self.programs[*i] == Some(note.program)).collect();
            if let [seat] = seats[..] {
                note.part = match seat {
                    BASS => Part::Bass,
                    LEAD => Part::Lead,
                    _ => Part::Harmony,
                };
            }
        }
        notes
    }
}

fn program(channel: usize, dice: &mut Dice) -> u8 {
    let from = |list: &[u8], dice: &mut Dice| list[dice.below(list.len())];
    match channel {
        BASS => from(&[32, 33, 33, 34, 35, 36, 37, 38, 38, 39, 39, 43, 58, 87, 87], dice),
        COMP => from(
            &[
                0, 0, 1, 2, 3, 4, 5, 6, 7, 11, 16, 17, 18, 19, 21, 24, 25, 26, 27, 28, 29, 30, 30,
                29, 46, 48, 61, 62, 63, 80, 81, 90,
            ],
            dice,
        ),
        PAD => from(&[48, 49, 50, 51, 52, 54, 19, 88, 89, 90, 91, 92, 94, 95], dice),
        LEAD => from(
            &[
                0, 4, 11, 12, 13, 21, 22, 24, 26, 27, 29, 30, 40, 41, 42, 53, 54, 56, 57, 59, 60,
                64, 65, 66, 68, 69, 71, 72, 73, 74, 75, 78, 79, 80, 80, 81, 81, 82, 84, 85, 86,
                104, 105,
            ],
            dice,
        ),
        _ => from(&[0, 4, 5, 6, 8, 9, 10, 11, 12, 24, 25, 46, 80, 81, 84, 88, 98, 107], dice),
    }
}

/// Writes a section; says whether its chords can be heard.
pub fn section(
    band: &Band,
    manner: &Manner,
    section: &Section,
    clock: &Clock,
    chance: &mut Dice,
    events: &mut Vec<Event>,
) -> bool {
    // The same label plays the same patterns, whatever was played before it.
    let mut dice = Dice::new(section.seed, "patterns");
    let mut pen = Pen { band, manner, section, clock, chance, events };
    let plays = |dice: &mut Dice| dice.chance(0.6 + 0.4 * section.energy);
    if band.kit.is_some() && plays(&mut dice) {
        if band.grooves {
            super::groove::drums(&mut pen, &mut dice);
        } else {
            super::beat::drums(&mut pen, &mut dice);
        }
    }
    let mut tones = [false; 5];
    for channel in 0..5 {
        let (here, mut own) = (plays(&mut dice), Dice::new(section.seed, SEATS[channel]));
        tones[channel] = here && band.programs[channel].is_some();
        if tones[channel] {
            match channel {
                BASS => bass(&mut pen, &mut own),
                COMP => comp(&mut pen, &mut own),
                PAD => pad(&mut pen, &mut own),
                LEAD => lead(&mut pen, &mut own),
                _ => arpeggio(&mut pen, &mut own),
            }
        }
    }
    tones[COMP] || tones[PAD] || tones[ARPEGGIO]
}

const SEATS: [&str; 5] = ["bass", "comp", "pad", "lead", "arpeggio"];

/// Puts notes on the time line.
pub struct Pen<'a> {
    band: &'a Band,
    pub manner: &'a Manner,
    pub section: &'a Section,
    clock: &'a Clock,
    chance: &'a mut Dice,
    events: &'a mut Vec<Event>,
}

impl Pen<'_> {
    /// Beats of the section.
    pub fn beats(&self) -> usize {
        self.section.bars * self.manner.per_bar
    }

    /// The chord at a beat of the section.
    pub fn chord(&self, beat: f64) -> Chord {
        let half = (beat * 2.0 / self.manner.per_bar as f64 + 1e-6) as usize;
        self.section.chords[half % self.section.chords.len()]
    }

    /// A stroke of the kit.
    pub fn hit(&mut self, beat: f64, midi: u8, velocity: f64) {
        self.note(DRUMS, beat, 0.2, i32::from(midi), velocity);
    }

    /// A note at a beat of the section, with a length in beats and a velocity of 0..1.
    pub fn note(&mut self, channel: usize, beat: f64, length: f64, midi: i32, velocity: f64) {
        let at = self.section.beat as f64 + beat;
        let loose = self.band.loose_s * self.chance.normal();
        let start = (self.clock.seconds(at) + loose).max(0.0);
        let end = (self.clock.seconds(at + length) + loose).max(start + 0.04);
        let loud = velocity * (0.75 + 0.25 * self.section.energy) + 0.04 * self.chance.normal();
        let velocity = (127.0 * loud).clamp(12.0, 127.0) as u8;
        let (channel, midi) = (channel as u8, midi.clamp(12, 120) as u8);
        self.events.push(Event { at_s: start, channel, command: 0x90, data: [midi, velocity] });
        self.events.push(Event { at_s: end, channel, command: 0x80, data: [midi, 0] });
    }
}

/// Places in a bar where something falls, in beats, with how hard; drawn anew for each use.
fn rhythm(manner: &Manner, density: f64, dice: &mut Dice) -> Vec<(f64, f64)> {
    let parts = manner.parts;
    let mut places = Vec::new();
    for step in 0..manner.per_bar * parts {
        let weight = match step % parts {
            0 if step == 0 => 1.0,
            0 => 0.8,
            p if p * 2 == parts => 0.5,
            _ => 0.25,
        };
        if dice.chance((weight * 1.6 * density).min(0.97)) {
            places.push((step as f64 / parts as f64, 0.45 + 0.35 * weight));
        }
    }
    if places.is_empty() {
        places.push((0.0, 0.8));
    }
    places
}

/// Each place of a rhythm with how long until the next, over all bars of the section.
fn unroll(pen: &Pen<'_>, bars: &[Vec<(f64, f64)>]) -> Vec<(f64, f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for bar in 0..pen.section.bars {
        let first = (bar * pen.manner.per_bar) as f64;
        all.extend(bars[bar % bars.len()].iter().map(|(at, hard)| (first + at, *hard)));
    }
    let end = pen.beats() as f64;
    (0..all.len())
        .map(|i| (all[i].0, all.get(i + 1).map_or(end, |n| n.0) - all[i].0, all[i].1))
        .collect()
}

fn bass(pen: &mut Pen<'_>, dice: &mut Dice) {
    let density = 0.25 + 0.75 * dice.unit();
    let bars: Vec<_> = (0..=dice.below(2)).map(|_| rhythm(pen.manner, density, dice)).collect();
    let low = 26 + dice.below(10) as i32;
    let (walks, octaves, held) = (0.5 * dice.unit(), 0.3 * dice.unit(), dice.chance(0.6));
    for (at, room, hard) in unroll(pen, &bars) {
        let chord = pen.chord(at);
        let mut midi = low + (chord.root.index() as i32 - low).rem_euclid(12);
        if at.fract() != 0.0 || dice.chance(0.3) {
            let intervals = chord.quality.intervals();
            if dice.chance(walks) {
                midi += intervals[dice.below(intervals.len())];
            } else if dice.chance(octaves) {
                midi += 12;
            }
        }
        let length = if held { 0.95 * room.min(2.0) } else { (0.5 * room).min(0.5) };
        pen.note(BASS, at, length, midi, 0.25 + 0.65 * hard);
    }
}

/// Notes of a chord near a register.
fn voicing(chord: Chord, centre: i32, open: bool) -> Vec<i32> {
    let mut notes: Vec<i32> = chord
        .quality
        .intervals()
        .iter()
        .map(|i| {
            let class = chord.root.index() as i32 + i;
            centre - 6 + (class - centre + 6).rem_euclid(12)
        })
        .collect();
    notes.sort_unstable();
    if open && notes.len() > 2 {
        notes[1] += 12;
    }
    notes
}

fn comp(pen: &mut Pen<'_>, dice: &mut Dice) {
    let density = 0.15 + 0.7 * dice.unit();
    let bars: Vec<_> = (0..=dice.below(2)).map(|_| rhythm(pen.manner, density, dice)).collect();
    let (centre, open) = (54 + dice.below(16) as i32, dice.chance(0.3));
    let (held, strum) = (dice.chance(0.5), pen.band.strum_s * pen.manner.tempo_bpm / 60.0);
    for (at, room, hard) in unroll(pen, &bars) {
        let length = if held { 0.95 * room.min(4.0) } else { (0.6 * room).min(0.4) };
        for (i, midi) in voicing(pen.chord(at), centre, open).into_iter().enumerate() {
            pen.note(COMP, at + i as f64 * strum, length, midi, 0.2 + 0.6 * hard);
        }
        // A held chord is struck again where the harmony moves under it.
        let half = pen.manner.per_bar as f64 / 2.0;
        let next = ((at / half + 1e-6).floor() + 1.0) * half;
        if held && next < at + room - 0.1 && pen.chord(next) != pen.chord(at) {
            for midi in voicing(pen.chord(next), centre, open) {
                pen.note(COMP, next, 0.95 * (at + room - next).min(4.0), midi, 0.2 + 0.5 * hard);
            }
        }
    }
}

fn pad(pen: &mut Pen<'_>, dice: &mut Dice) {
    let centre = 52 + dice.below(20) as i32;
    let half = pen.manner.per_bar as f64 / 2.0;
    let mut at = 0.0;
    while at < pen.beats() as f64 - 1e-6 {
        let chord = pen.chord(at);
        let mut length = half;
        while at + length < pen.beats() as f64 - 1e-6
            && length < 4.0 * half
            && pen.chord(at + length) == chord
        {
            length += half;
        }
        for midi in voicing(chord, centre, true) {
            pen.note(PAD, at, 0.98 * length, midi, 0.5);
        }
        at += length;
    }
}

fn arpeggio(pen: &mut Pen<'_>, dice: &mut Dice) {
    let (centre, step) = (60 + dice.below(18) as i32, 1.0 / pen.manner.parts as f64);
    let order: Vec<usize> = (0..8).map(|_| dice.below(5)).collect();
    let mut at = 0.0;
    let mut count = 0;
    while at < pen.beats() as f64 - 1e-6 {
        let notes = voicing(pen.chord(at), centre, false);
        let index = order[count % order.len()];
        let midi = notes[index % notes.len()] + 12 * (index / notes.len()) as i32;
        pen.note(ARPEGGIO, at, 0.9 * step, midi, if at.fract() < 1e-6 { 0.7 } else { 0.55 });
        count += 1;
        at += step;
    }
}

/// A motif of one or two bars that returns, moved to the chord it meets.
fn lead(pen: &mut Pen<'_>, dice: &mut Dice) {
    let density = 0.2 + 0.6 * dice.unit();
    let bars: Vec<_> = (0..2 + dice.below(3)).map(|_| rhythm(pen.manner, density, dice)).collect();
    let (low, rests) = (58 + dice.below(18) as i32, 0.15 * dice.unit());
    let scale: Vec<i32> =
        (low..low + 20).filter(|m| pen.manner.key.scale()[(m.rem_euclid(12)) as usize]).collect();
    let mut index = scale.len() / 2;
    for (at, room, hard) in unroll(pen, &bars) {
        let step = [-3i32, -2, -1, -1, 0, 1, 1, 2, 3][dice.below(9)];
        index = (index as i32 + step).clamp(0, scale.len() as i32 - 1) as usize;
        let tones = pen.chord(at).tones();
        // Strong places meet the chord.
        if at.fract() < 1e-6 {
            let near = |i: &usize| (*i as i32 - index as i32).abs();
            let fits = |i: &usize| tones[scale[*i] as usize % 12];
            index = (0..scale.len()).filter(fits).min_by_key(near).unwrap_or(index);
        }
        if !dice.chance(rests) {
            let length = (0.92 * room).min(3.0);
            pen.note(LEAD, at, length, scale[index], 0.4 + 0.5 * hard);
        }
    }
}
