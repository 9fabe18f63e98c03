//! Who plays and where somebody sings, from what the network of [`crate::nn::timbres`] says.
//!
//! Must never call a track sung because of one syllable that a horn or a guitar happens to form: a
//! voice that is not plain somewhere, or only for a moment, is none.

use super::spectra::{timbre_maps, timbre_rate};
use super::strokes::PART as DRUMS;
use crate::domain::listening::{FamilyShare, NoteSpan, Vocals};
use crate::nn::logistic;
use crate::nn::maps::Maps;
use crate::nn::timbres::{self, VOICE};
use crate::nn::weights::WeightsError;

/// Seconds over which the chance of a voice is averaged: consonants and breaths belong to a phrase.
const SMOOTH_S: f64 = 0.4;
/// Chance at which a passage is sung, and down to which it goes on on either side: over and under 0.4,
/// where single frames of pieces held out from training are told best.
const SUNG: f32 = 0.6;
const GOES_ON: f32 = 0.3;
/// Rests shorter than this lie within a passage, and passages shorter than this are none.
const REST_S: f64 = 0.6;
const SHORTEST_S: f64 = 0.7;
/// What all passages of a track have together, or there is no voice in it: seconds, and share of it.
const LEAST_S: f64 = 2.0;
const LEAST_SHARE: f64 = 0.03;
/// What is sung by anybody: C2 to C6.
const SINGERS: std::ops::RangeInclusive<u8> = 36..=84;
/// A sung note's place may stand this far outside a passage.
const NEAR_S: f64 = 0.1;
/// What is said of who plays, and the outputs of the network behind it. Through a bank that training
/// never heard, guitars, strings and winds are mostly taken for one another: of them only how their
/// sound is made is said, struck and plucked or held. The card has the figures.
pub const FAMILIES: [(&str, &[usize]); 4] =
    [("drums", &[10]), ("bass", &[5]), ("struck", &[1, 2, 4]), ("held", &[3, 6, 7, 8, 9])];
/// Chance from which a family is heard in a frame.
const HEARD: f32 = 0.5;
/// A family is named if it is heard in this share of a section.
const NAMED: f64 = 0.2;
/// Frames that the network runs over at a time, 48 s.
const PART: usize = 1_024;

/// Chances of a voice and of each family, frame by frame.
pub struct Timbres {
    chances: Vec<Vec<f32>>,
}

/// Listens to pitch spectra.
pub fn hear(pitch: &Maps) -> Result<Timbres, WeightsError> {
    Ok(Timbres::read(&timbres::network()?.run_in_parts(&timbre_maps(pitch), PART)))
}

impl Timbres {
    /// Reads the log odds that a network says.
    pub fn read(said: &Maps) -> Self {
        let chances = |output| said.row(output, 0).iter().map(|x| logistic(*x)).collect();
        Self { chances: (0..said.channels()).map(chances).collect() }
    }

    /// Where somebody sings, and from which note to which.
    pub fn vocals(&self, notes: &[NoteSpan]) -> Vocals {
        let smooth = smooth(&self.chances[VOICE], (SMOOTH_S * timbre_rate()) as usize);
        let spans = passages(&smooth);
        let second = |frame: usize| frame as f64 / timbre_rate();
        let sung: f64 = spans.iter().map(|s| second(s.1 - s.0)).sum();
        let whole = second(smooth.len());
        let plainness =
            |s: &(usize, usize)| smooth[s.0..s.1].iter().sum::<f32>() / (s.1 - s.0) as f32;
        // That of the plainest: a doubtful passage does not make the others so.
        let confidence = spans.iter().map(plainness).fold(0.0, f32::max);
        let enough = sung >= LEAST_S.min(0.5 * whole) && sung >= LEAST_SHARE * whole;
        let present = enough && !spans.is_empty();
        if !present {
            return Vocals {
                present: false,
                confidence: f64::from(1.0 - smooth.iter().copied().fold(0.0, f32::max)),
                spans: Vec::new(),
                range: None,
            };
        }
        let spans: Vec<(f64, f64)> = spans.iter().map(|s| (second(s.0), second(s.1))).collect();
        let range = range(notes, &spans);
        Vocals { present, confidence: f64::from(confidence), spans, range }
    }

    /// The families that play in a stretch, the one heard longest first.
    pub fn families(&self, start_s: f64, end_s: f64) -> Vec<FamilyShare> {
        let frames = self.chances.first().map_or(0, Vec::len);
        let frame = |s: f64| ((s * timbre_rate()).round() as usize).min(frames);
        let (from, to) = (frame(start_s), frame(end_s));
        if from >= to {
            return Vec::new();
        }
        let mut found: Vec<FamilyShare> = FAMILIES
            .iter()
            .filter_map(|(family, outputs)| {
                let sounds = |t: &usize| outputs.iter().any(|o| self.chances[*o][*t] >= HEARD);
                let share = (from..to).filter(sounds).count() as f64 / (to - from) as f64;
                (share >= NAMED).then(|| FamilyShare { family: (*family).to_owned(), share })
            })
            .collect();
        found.sort_by(|a, b| b.share.total_cmp(&a.share));
        found
    }
}

/// Means over `width` frames around each.
fn smooth(chances: &[f32], width: usize) -> Vec<f32> {
    let half = width / 2;
    let mut sums = Vec::with_capacity(chances.len() + 1);
    sums.push(0f64);
    for (i, chance) in chances.iter().enumerate() {
        sums.push(sums[i] + f64::from(*chance));
    }
    (0..chances.len())
        .map(|t| {
            let (from, to) = (t.saturating_sub(half), (t + half + 1).min(chances.len()));
            ((sums[to] - sums[from]) / (to - from) as f64) as f32
        })
        .collect()
}

/// Passages: where the chance stays over [`GOES_ON`] and comes over [`SUNG`], rests included.
fn passages(chances: &[f32]) -> Vec<(usize, usize)> {
    let rate = timbre_rate();
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    while from < chances.len() {
        let length = chances[from..].iter().take_while(|c| **c >= GOES_ON).count();
        let plain = chances[from..from + length].iter().any(|c| *c >= SUNG);
        if plain {
            match found.last_mut() {
                Some(last) if ((from - last.1) as f64) < REST_S * rate => last.1 = from + length,
                _ => found.push((from, from + length)),
            }
        }
        from += length.max(1);
    }
    found.retain(|s| (s.1 - s.0) as f64 >= SHORTEST_S * rate);
    found
}

/// Lowest and highest of the notes that stand out within passages, but for one in ten at either
/// end: an octave heard wrong is no part of a singer's range. Which of several notes is sung is not
/// known; a voice is mostly the loudest.
fn range(notes: &[NoteSpan], spans: &[(f64, f64)]) -> Option<(u8, u8)> {
    let sung = |n: &&NoteSpan| {
        let within = |s: &(f64, f64)| n.start_s >= s.0 - NEAR_S && n.end_s <= s.1 + NEAR_S;
        n.part != DRUMS && SINGERS.contains(&n.midi) && spans.iter().any(within)
    };
    let sung: Vec<&NoteSpan> = notes.iter().filter(sung).collect();
    let loudest = |n: &&&NoteSpan| {
        let middle = 0.5 * (n.start_s + n.end_s);
        let sounds = |o: &&&NoteSpan| o.start_s <= middle && middle < o.end_s;
        sung.iter().filter(sounds).all(|o| o.velocity <= n.velocity)
    };
    let mut midi: Vec<u8> = sung.iter().filter(loudest).map(|n| n.midi).collect();
    midi.sort_unstable();
    let off = midi.len() / 10;
    Some((*midi.get(off)?, *midi.get(midi.len() - 1 - off)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(seconds: f64) -> usize {
        (seconds * timbre_rate()) as usize
    }

    fn timbres(voice: &[(f64, f32)]) -> Timbres {
        let row: Vec<f32> =
            voice.iter().flat_map(|(s, chance)| std::iter::repeat_n(*chance, frames(*s))).collect();
        let mut chances = vec![vec![0.0; row.len()]; timbres::OUTPUTS];
        chances[VOICE] = row;
        Timbres { chances }
    }

    fn lead(start_s: f64, midi: u8) -> NoteSpan {
        NoteSpan { start_s, end_s: start_s + 0.3, midi, velocity: 90, part: "lead".to_owned() }
    }

    #[test]
    fn passages_bridge_breaths_and_end_at_rests() {
        let sung =
            timbres(&[(3.0, 0.0), (4.0, 0.9), (0.3, 0.1), (3.0, 0.9), (4.0, 0.0), (2.0, 0.9)]);
        let heard = sung.vocals(&[lead(4.0, 62), lead(5.0, 69), lead(12.0, 40)]);
        assert!(heard.present && heard.confidence > 0.8);
        assert_eq!(heard.spans.len(), 2, "{:?}", heard.spans);
        assert!((heard.spans[0].0 - 3.0).abs() < 0.3 && (heard.spans[0].1 - 10.3).abs() < 0.3);
        assert_eq!(heard.range, Some((62, 69)), "the note between passages is nobody's");
    }

    #[test]
    fn a_moment_or_a_doubt_is_no_voice() {
        for voice in [[(30.0, 0.0), (1.2, 0.95)], [(30.0, 0.55), (1.0, 0.3)]] {
            let heard = timbres(&voice).vocals(&[]);
            assert!(!heard.present && heard.spans.is_empty() && heard.range.is_none());
        }
        assert!(!timbres(&[]).vocals(&[]).present);
    }

    #[test]
    fn families_are_named_where_they_are_heard_for_a_while() {
        let mut band = timbres(&[(10.0, 0.0)]);
        let output = |name| timbres::NAMES.iter().position(|n| *n == name).unwrap();
        band.chances[output("strings")][..frames(2.0)].fill(0.9);
        band.chances[output("brass")][frames(2.0)..frames(4.0)].fill(0.9);
        band.chances[output("drums")].fill(0.9);
        let named = |from, to| -> Vec<String> {
            band.families(from, to).into_iter().map(|f| f.family).collect()
        };
        assert_eq!(named(0.0, 5.0), ["drums", "held"]);
        assert_eq!(named(5.0, 10.0), ["drums"]);
        assert!(named(3.0, 3.0).is_empty() && named(20.0, 30.0).is_empty());
    }
}
