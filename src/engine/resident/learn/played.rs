//! What is played, read from a track's notes: the drum groove on the grid of the bar, register and
//! density of bass and lead.
//!
//! Low orders only: how often each drum is struck at each place of a bar and how hard, not which bar
//! followed which. Must never make a groove of a few stray strokes: `None` is an answer.

use super::super::compose::manner::{Groove, Strokes, Voice};
use crate::domain::listening::{Listening, Meter, NoteSpan};
use crate::domain::pitch::note_name;
use crate::listen::strokes::PART as DRUMS;

/// Places of the grid to a simple and to a compound beat.
const SIMPLE: usize = 4;
const COMPOUND: usize = 6;
/// Fewest bars with drums, and least share of a track's bars.
const FEWEST_BARS: usize = 8;
const LEAST_PLAYED: f64 = 0.2;
/// A kind struck in fewer bars than this at its usual place is no part of the groove.
const LEAST_SHARE: f64 = 0.12;
/// Fewest notes of a voice that say something about it.
const FEWEST_NOTES: usize = 24;

/// The groove of a track; `None` without notes, bars or drums.
pub fn groove(heard: &Listening) -> Option<Groove> {
    let meter = heard.meter?;
    let bars = Bars::of(heard, meter)?;
    let drums = heard.notes.iter().flatten().filter(|n| n.part == DRUMS);
    let mut struck: Vec<(usize, usize, &NoteSpan)> =
        drums.filter_map(|n| bars.place(n.start_s).map(|(bar, place)| (bar, place, n))).collect();
    // Two strokes of a kind at one place of a bar are one.
    struck.sort_by_key(|(bar, place, note)| (note.midi, *bar, *place));
    struck.dedup_by_key(|(bar, place, note)| (note.midi, *bar, *place));
    let mut with_drums: Vec<usize> = struck.iter().map(|s| s.0).collect();
    with_drums.sort_unstable();
    with_drums.dedup();
    let (drummed, all) = (with_drums.len(), bars.count());
    let played = drummed as f64 / all.max(1) as f64;
    if drummed < FEWEST_BARS || played < LEAST_PLAYED {
        return None;
    }
    let mut kinds: Vec<Strokes> = Vec::new();
    for (_, place, note) in struck {
        if kinds.last().is_none_or(|k| k.midi != note.midi) {
            let (shares, levels) = (vec![0.0; bars.places], vec![0.0; bars.places]);
            kinds.push(Strokes { midi: note.midi, shares, levels });
        }
        if let Some(kind) = kinds.last_mut() {
            kind.shares[place] += 1.0;
            kind.levels[place] += f64::from(note.velocity);
        }
    }
    for kind in &mut kinds {
        for (share, level) in kind.shares.iter_mut().zip(&mut kind.levels) {
            *level = if *share > 0.0 { *level / *share } else { 0.0 };
            *share /= drummed as f64;
        }
    }
    kinds.retain(|k| k.shares.iter().any(|s| *s >= LEAST_SHARE));
    let (beats, places) = (meter.pulses(), bars.places);
    (!kinds.is_empty()).then_some(Groove { beats, places, played, kinds })
}

/// The bars of a track and the grid on them.
struct Bars<'a> {
    downbeats_s: &'a [f64],
    beats: f64,
    places: usize,
    /// Share of a beat that its first half takes.
    first_half: f64,
}

impl<'a> Bars<'a> {
    fn of(heard: &'a Listening, meter: Meter) -> Option<Self> {
        let beats = usize::from(meter.pulses());
        let simple = meter.pulses() == meter.beats;
        let per_beat = if simple { SIMPLE } else { COMPOUND };
        let swing = heard.swing.unwrap_or(1.0).clamp(1.0, 3.0);
        (heard.downbeats_s.len() > FEWEST_BARS).then_some(Self {
            downbeats_s: &heard.downbeats_s,
            beats: beats as f64,
            places: beats * per_beat,
            first_half: swing / (1.0 + swing),
        })
    }

    fn count(&self) -> usize {
        self.downbeats_s.len() - 1
    }

    /// Bar and place of a time: the nearest place of the grid, straightened where eighths swing.
    fn place(&self, at_s: f64) -> Option<(usize, usize)> {
        let bar = self.downbeats_s.partition_point(|d| *d <= at_s).checked_sub(1);
        let Some(bar) = bar else {
            // Just before the first bar line is on it.
            let first = self.downbeats_s[0];
            let place_s = (self.downbeats_s[1] - first) / self.places as f64;
            return (first - at_s < 0.5 * place_s).then_some((0, 0));
        };
        let (from, to) = (self.downbeats_s[bar], *self.downbeats_s.get(bar + 1)?);
        let at = (at_s - from) / (to - from) * self.beats;
        let (beat, within) = (at.floor(), at.fract());
        let straight = if within < self.first_half {
            0.5 * within / self.first_half
        } else {
            0.5 + 0.5 * (within - self.first_half) / (1.0 - self.first_half)
        };
        let place = ((beat + straight) * self.places as f64 / self.beats).round() as usize;
        if place < self.places {
            return Some((bar, place));
        }
        (bar + 1 < self.count()).then_some((bar + 1, 0))
    }
}

/// Register and density of a voice over tracks; `None` where it is hardly heard.
pub fn voice(heard: &[&Listening], part: &str) -> Option<Voice> {
    let mut pitches: Vec<u8> = Vec::new();
    let (mut bars, mut counted) = (0usize, 0usize);
    for track in heard {
        let notes = || track.notes.iter().flatten().filter(|n| n.part == part);
        pitches.extend(notes().map(|n| n.midi));
        for bar in track.downbeats_s.windows(2) {
            let here = notes().filter(|n| n.start_s >= bar[0] && n.start_s < bar[1]).count();
            // Where a voice rests it has no density.
            bars += usize::from(here > 0);
            counted += here;
        }
    }
    if pitches.len() < FEWEST_NOTES || bars < FEWEST_BARS {
        return None;
    }
    pitches.sort_unstable();
    let at = |share: f64| pitches[((pitches.len() - 1) as f64 * share).round() as usize];
    Some(Voice {
        low: at(0.05),
        centre: at(0.5),
        high: at(0.95),
        per_bar: counted as f64 / bars as f64,
    })
}

/// What was learned, a line each.
pub fn words(
    grooves: &[Groove],
    swing: Option<f64>,
    bass: Option<&Voice>,
    lead: Option<&Voice>,
) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(groove) = grooves.iter().max_by(|a, b| a.played.total_cmp(&b.played)) {
        let feel = match swing {
            Some(s) if s > 1.15 => format!("; eighths swing {s:.1} to 1"),
            Some(_) => "; eighths are straight".to_owned(),
            None => String::new(),
        };
        lines.push(format!("drums: {}{feel}", drum_words(groove)));
    }
    for (name, voice) in [("bass", bass), ("lead", lead)] {
        if let Some(v) = voice {
            let (low, high) = (note_name(v.low), note_name(v.high));
            lines.push(format!("{name}: {low} to {high}, {:.0} notes a bar", v.per_bar.max(1.0)));
        }
    }
    lines
}

/// Where each kind is usually struck: "kick on 1 and 3, snare on 2 and 4, hat on every eighth".
fn drum_words(groove: &Groove) -> String {
    const NAMES: [(u8, &str); 8] = [
        (36, "kick"),
        (38, "snare"),
        (39, "clap"),
        (42, "hat"),
        (46, "open hat"),
        (45, "tom"),
        (49, "cymbal"),
        (56, "other"),
    ];
    let said: Vec<String> = NAMES
        .iter()
        .filter_map(|(midi, name)| {
            let kind = groove.kinds.iter().find(|k| k.midi == *midi)?;
            let per_beat = groove.places / usize::from(groove.beats.max(1));
            let usual: Vec<usize> = (0..groove.places).filter(|p| kind.shares[*p] >= 0.5).collect();
            let every = |step: usize| {
                step > 0
                    && usual.len() == groove.places / step
                    && usual.iter().enumerate().all(|(i, p)| *p == i * step)
            };
            if usual.is_empty() {
                return None;
            }
            if per_beat == SIMPLE && every(1) {
                return Some(format!("{name} on every sixteenth"));
            }
            if per_beat == SIMPLE && every(2) {
                return Some(format!("{name} on every eighth"));
            }
            if every(per_beat) {
                return Some(format!("{name} on every beat"));
            }
            let places: Vec<String> = usual.iter().map(|p| place_word(*p, per_beat)).collect();
            Some(format!("{name} on {}", places.join(" ")))
        })
        .collect();
    if said.is_empty() { "no stroke is usual".to_owned() } else { said.join(", ") }
}

/// "2" for a beat, "2+" for the half after it, "2e" and "2a" for the quarters around that.
fn place_word(place: usize, per_beat: usize) -> String {
    let (beat, part) = (place / per_beat + 1, place % per_beat);
    let mark = match (per_beat, part) {
        (_, 0) => String::new(),
        (SIMPLE, 1) => "e".to_owned(),
        (SIMPLE, 2) => "+".to_owned(),
        (SIMPLE, _) => "a".to_owned(),
        (_, part) => format!(".{part}"),
    };
    format!("{beat}{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Bars of two seconds with these strokes (key, place of sixteen, every so many bars).
    fn played(strokes: &[(u8, usize, usize)], swing: Option<f64>, bars: usize) -> Listening {
        let swung = swing.map_or(0.5, |s| s / (1.0 + s));
        let at = |bar: usize, place: usize| {
            let within = (place % 4) as f64 / 4.0;
            let warped = if within < 0.5 {
                within * 2.0 * swung
            } else {
                swung + (within - 0.5) * 2.0 * (1.0 - swung)
            };
            2.0 * bar as f64 + 0.5 * ((place / 4) as f64 + warped)
        };
        let mut notes = Vec::new();
        for bar in 0..bars {
            for (midi, place, every) in strokes.iter().filter(|s| bar % s.2 == 0) {
                let start_s = at(bar, *place) + 0.004;
                let velocity = if *place == 0 { 120 } else { 80 };
                notes.push(json!({ "start_s": start_s, "end_s": start_s + 0.1, "midi": midi,
                    "velocity": velocity, "part": "drums" }));
                let _ = every;
            }
            for n in 0..4 {
                let start_s = 2.0 * bar as f64 + 0.5 * f64::from(n);
                notes.push(json!({ "start_s": start_s, "end_s": start_s + 0.4,
                    "midi": 33 + 4 * n, "velocity": 90, "part": "bass" }));
            }
        }
        serde_json::from_value(json!({
            "pass": "full", "duration_s": 2.0 * bars as f64, "rate_hz": 44100, "channels": 2,
            "tempo_bpm": 120.0, "tempo_confidence": 0.9,
            "beats_s": (0..=bars * 4).map(|i| 0.5 * i as f64).collect::<Vec<_>>(),
            "downbeats_s": (0..=bars).map(|i| 2.0 * i as f64).collect::<Vec<_>>(),
            "meter": "4/4", "swing": swing, "tuning_cents": 0.0, "key": null,
            "key_confidence": 0.0, "chords": [], "sections": [], "loudness_lufs": -14.0,
            "loudness_range_lu": 5.0, "true_peak_dbtp": -0.5, "vocals": null,
            "notes": notes, "problems": [],
        }))
        .unwrap()
    }

    const ROCK: [(u8, usize, usize); 7] =
        [(36, 0, 1), (36, 8, 1), (38, 4, 1), (38, 12, 1), (36, 10, 2), (42, 2, 1), (42, 7, 40)];

    #[test]
    fn a_groove_is_counted_on_the_bar() {
        for swing in [None, Some(2.0)] {
            let groove = groove(&played(&ROCK, swing, 20)).unwrap();
            let kind = |midi| groove.kinds.iter().find(|k| k.midi == midi).unwrap();
            assert_eq!((groove.beats, groove.places, groove.played), (4, 16, 1.0));
            let kick = &kind(36).shares;
            assert_eq!((kick[0], kick[8], kick[10], kick[4]), (1.0, 1.0, 0.5, 0.0), "{swing:?}");
            assert_eq!(kind(38).shares[4], 1.0);
            assert_eq!(kind(42).shares[2], 1.0, "{swing:?}");
            assert!(kind(36).levels[0] > kind(36).levels[8]);
        }
    }

    #[test]
    fn stray_strokes_are_no_groove() {
        assert_eq!(groove(&played(&[(36, 0, 6)], None, 40)), None);
        assert_eq!(groove(&played(&ROCK, None, 5)), None);
        let mut unheard = played(&ROCK, None, 20);
        unheard.notes = None;
        assert_eq!(groove(&unheard), None);
    }

    #[test]
    fn registers_and_densities() {
        let track = played(&ROCK, None, 20);
        let bass = voice(&[&track], "bass").unwrap();
        assert_eq!((bass.low, bass.high, bass.per_bar), (33, 45, 4.0));
        assert_eq!(voice(&[&track], "lead"), None);
        assert_eq!(voice(&[], "bass"), None);
    }

    #[test]
    fn it_is_said_in_musicians_words() {
        let track = played(&ROCK, None, 20);
        let groove = groove(&track).unwrap();
        let bass = voice(&[&track], "bass");
        let lines = words(&[groove], Some(1.6), bass.as_ref(), None);
        assert_eq!(
            lines[0],
            "drums: kick on 1 3 3+, snare on 2 4, hat on 1+; eighths swing 1.6 to 1"
        );
        assert_eq!(lines[1], "bass: A1 to A2, 4 notes a bar");
    }
}
