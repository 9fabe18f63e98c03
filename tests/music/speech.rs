//! Syllables cut out of synthetic speech (flite, espeak-ng), for singing: how a throat shapes each of
//! their moments, and the consonants before them as they were spoken.
//!
//! Must never be handed recordings of people: the voices that train are those of Debian's `flite`.

use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample_mono;
use leitmotif::audio::stft::Stft;
use leitmotif::domain::limits::Limits;
use realfft::RealFftPlanner;
use std::path::Path;
use std::process::Command;

/// Samples between moments of a syllable.
const HOP: usize = 128;
const WINDOW: usize = 1024;
/// Bins of the smooth spectrum that shape one coefficient of the throat.
pub const STEP_HZ: f64 = 125.0;
/// Gains of a moment, [`STEP_HZ`] apart from 0 Hz.
pub const GAINS: usize = 64;
/// Quefrencies that are kept: what moves faster over frequency than a formant is pitch.
const LIFTER_S: f64 = 0.002;
/// Longest voiced stretch taken for one syllable, in moments.
const LONGEST: usize = 50;
const SHORTEST: usize = 8;
/// Longest consonant kept, seconds.
const CONSONANT_S: f64 = 0.14;

/// What is said; written for this file.
const SENTENCES: [&str; 10] = [
    "Over the river a yellow moon is rising slowly, and nobody knows how far we have to go.",
    "Come back to me tomorrow, bring the summer and the sea, a song about a window and a door.",
    "You and I were never made for winter, leave the lamp alight and follow me down.",
    "Shadows fall on empty fields, the wind is singing low, I hear it calling all night long.",
    "Hold on, hold on, my heart is open wide, the fire in the valley burns again.",
    "Seven ships are sailing home, their silver sails are shining in the sun.",
    "What did you find behind the mountain, was it gold or was it only rain?",
    "Tell me why the children laugh and run, tell me where the old road ends.",
    "Nothing ever stays the same, the clock is turning, days are slipping through our hands.",
    "Love is a garden, give it water, give it time, and let the morning in.",
];

/// One syllable.
pub struct Syllable {
    /// What is spoken before the vowel, at the analysis rate.
    pub consonant: Vec<f32>,
    /// Gain of the throat at each [`STEP_HZ`], moment by moment.
    pub moments: Vec<[f32; GAINS]>,
}

/// A voice's syllables.
pub struct Speech {
    pub syllables: Vec<Syllable>,
}

impl Speech {
    /// Lets a voice speak: `flite:NAME` or `espeak:NAME`.
    pub fn speak(voice: &str, rate_hz: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let mut syllables = Vec::new();
        for (i, text) in SENTENCES.iter().enumerate() {
            let path = folder.path().join(format!("{i}.wav"));
            say(voice, text, &path);
            let audio = read_all(&path, &Limits::default()).expect("speech can be read");
            let samples =
                resample_mono(&audio.mono(), audio.rate_hz(), rate_hz).expect("a usual rate");
            syllables.extend(cut(&samples, f64::from(rate_hz)));
        }
        assert!(syllables.len() > 40, "{voice}: {} syllables", syllables.len());
        Self { syllables }
    }

    /// The same speech out of a throat whose formants lie `factor` times as high.
    pub fn resized(&self, factor: f64) -> Self {
        let moved = |moment: &[f32; GAINS]| -> [f32; GAINS] {
            std::array::from_fn(|i| {
                let place = i as f64 / factor;
                let (at, part) = (place as usize, place.fract() as f32);
                let of = |i: usize| moment.get(i).copied().unwrap_or(0.0);
                of(at) * (1.0 - part) + of(at + 1) * part
            })
        };
        let resized = |s: &Syllable| Syllable {
            consonant: s.consonant.clone(),
            moments: s.moments.iter().map(moved).collect(),
        };
        Self { syllables: self.syllables.iter().map(resized).collect() }
    }
}

fn say(voice: &str, text: &str, path: &Path) {
    let mut command = match voice.split_once(':') {
        Some(("flite", name)) => {
            let mut command = Command::new("flite");
            command.args(["-voice", name, "-t", text, "-o"]).arg(path);
            command
        }
        Some(("espeak", name)) => {
            let mut command = Command::new("espeak-ng");
            command.args(["-v", name, "-s", "140", "-w"]).arg(path).arg(text);
            command
        }
        _ => panic!("{voice}: flite:NAME or espeak:NAME"),
    };
    let done = command.output().unwrap_or_else(|e| panic!("{voice}: {e}"));
    assert!(done.status.success() && path.exists(), "{voice} cannot speak");
}

/// Syllables of a stretch of speech.
fn cut(samples: &[f32], rate: f64) -> Vec<Syllable> {
    let moments = moments(samples, rate);
    let voiced = voiced(samples, moments.len(), rate);
    let mut found = Vec::new();
    let mut from = 0;
    while from < voiced.len() {
        let length = voiced[from..].iter().take_while(|v| **v).count();
        if length < SHORTEST {
            from += length.max(1);
            continue;
        }
        // A long stretch is several syllables: cut where it is softest.
        let end = if length > LONGEST {
            let soft = |t: &usize| moments[*t].iter().map(|g| g * g).sum::<f32>();
            (from + LONGEST / 2..from + LONGEST)
                .min_by(|a, b| soft(a).total_cmp(&soft(b)))
                .unwrap_or(from + LONGEST)
        } else {
            from + length
        };
        let quiet = voiced[..from].iter().rev().take_while(|v| !**v).count();
        let before = (quiet * HOP).min((CONSONANT_S * rate) as usize);
        let start = (from * HOP).min(samples.len());
        found.push(Syllable {
            consonant: samples[start.saturating_sub(before)..start].to_vec(),
            moments: moments[from..end].to_vec(),
        });
        from = end;
    }
    found
}

/// The spectrum of each moment without its pitch, by cepstral smoothing (Oppenheim & Schafer 1968).
fn moments(samples: &[f32], rate: f64) -> Vec<[f32; GAINS]> {
    let stft = Stft::new(WINDOW, HOP);
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, back) = (planner.plan_fft_forward(WINDOW), planner.plan_fft_inverse(WINDOW));
    let keep = (LIFTER_S * rate) as usize;
    let mut moments = Vec::new();
    stft.magnitudes(samples, |_, magnitudes| {
        let mut spectrum = back.make_input_vec();
        spectrum.iter_mut().zip(magnitudes).for_each(|(s, m)| s.re = m.max(1e-5).ln());
        let mut cepstrum = back.make_output_vec();
        back.process(&mut spectrum, &mut cepstrum).expect("sizes of one plan");
        for (i, c) in cepstrum.iter_mut().enumerate() {
            let quefrency = i.min(WINDOW - i);
            let fade = (1.0 - quefrency as f32 / keep as f32).max(0.0).sqrt();
            *c *= fade / WINDOW as f32;
        }
        let mut smooth = forward.make_output_vec();
        forward.process(&mut cepstrum, &mut smooth).expect("sizes of one plan");
        let bin_hz = rate / WINDOW as f64;
        moments.push(std::array::from_fn(|i| {
            let bin = (i as f64 * STEP_HZ / bin_hz).round() as usize;
            smooth.get(bin).map_or(0.0, |s| s.re.exp())
        }));
    });
    moments
}

/// Whether each moment has a pitch: the autocorrelation has a peak between 60 and 400 Hz.
fn voiced(samples: &[f32], count: usize, rate: f64) -> Vec<bool> {
    let loud = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
    let (short, long) = ((rate / 400.0) as usize, (rate / 60.0) as usize);
    (0..count)
        .map(|t| {
            let from = (t * HOP).saturating_sub(long);
            let part = &samples[from.min(samples.len())..(from + 3 * long).min(samples.len())];
            if part.len() < 2 * long + 1 {
                return false;
            }
            let body = part.len() - long;
            let power = part[..body].iter().map(|s| s * s).sum::<f32>().max(1e-9);
            let best = (short..long)
                .map(|lag| {
                    let shifted = &part[lag..lag + body];
                    let own = shifted.iter().map(|s| s * s).sum::<f32>().max(1e-9);
                    let dot = part[..body].iter().zip(shifted).map(|(a, b)| a * b).sum::<f32>();
                    dot / (own * power).sqrt()
                })
                .fold(0.0, f32::max);
            best > 0.6 && power / body as f32 > 0.1 * loud
        })
        .collect()
}
