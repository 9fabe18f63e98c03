//! Drums from recorded one-shots: every piece gets a kit of its own, each drum at a pitch, a length
//! and a level of its own, so that ears learn drums and not one bank's samples.
//!
//! The sounds are Sonic Pi's (CC0, Debian's `sonic-pi-samples`). For training alone.

use super::{Drum, TrueHit, choked_s};
use leitmotif::audio::decode::read_all;
use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use std::path::Path;

/// Which sounds may be each drum, by their names' beginnings, and how long they may ring, seconds.
const SOUNDS: [(Drum, &[&str], [f64; 2]); 8] = [
    (
        Drum::Kick,
        &["bd_", "drum_bass_", "drum_heavy_kick", "elec_hollow_kick", "elec_soft_kick"],
        [0.15, 0.8],
    ),
    (
        Drum::Snare,
        &[
            "sn_",
            "drum_snare_",
            "elec_filt_snare",
            "elec_hi_snare",
            "elec_lo_snare",
            "elec_mid_snare",
            "elec_snare",
        ],
        [0.1, 0.6],
    ),
    (
        Drum::ClosedHat,
        &[
            "drum_cymbal_closed",
            "drum_cymbal_closed",
            "drum_cymbal_pedal",
            "drum_cymbal_open",
            "elec_cymbal",
        ],
        [0.03, 0.12],
    ),
    (
        Drum::OpenHat,
        &["drum_cymbal_open", "drum_cymbal_open", "drum_cymbal_soft", "drum_splash_soft"],
        [0.25, 0.7],
    ),
    (Drum::Tom, &["drum_tom_", "elec_fuzz_tom"], [0.2, 0.9]),
    (
        Drum::Cymbal,
        &["drum_cymbal_hard", "drum_cymbal_soft", "drum_splash_", "elec_cymbal"],
        [0.8, 3.0],
    ),
    (Drum::Clap, &["perc_snap"], [0.1, 0.4]),
    (
        Drum::Other,
        &[
            "drum_cowbell",
            "elec_b",
            "elec_p",
            "elec_t",
            "elec_wood",
            "elec_chime",
            "perc_bell",
            "tabla_",
        ],
        [0.1, 0.6],
    ),
];

/// A sound.
type Shot = Vec<f32>;

/// All sounds of each drum, in the order of [`SOUNDS`].
pub struct Shots([Vec<Shot>; 8]);

impl Shots {
    /// Reads them at a rate, Hz.
    pub fn open(folder: &Path, rate_hz: u32) -> Self {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let read = |name: &String| {
            let audio = read_all(&folder.join(name), &Limits::default()).expect("a sound");
            begun(&resample_mono(&audio.mono(), audio.rate_hz(), rate_hz).expect("a usual rate"))
        };
        Self(std::array::from_fn(|kind| {
            let fits =
                |start: &&str| names.iter().filter(|n| n.starts_with(*start)).map(read).collect();
            let groups: Vec<Vec<Shot>> = SOUNDS[kind].1.iter().map(fits).collect();
            groups.into_iter().flatten().collect()
        }))
    }

    /// Plays strokes on a kit drawn from the dice.
    pub fn play(&self, hits: &[TrueHit], rate: f64, frames: usize, dice: &mut Dice) -> Vec<f32> {
        let kit: [Option<Played>; 8] = std::array::from_fn(|kind| self.draw(kind, dice));
        let mut out = vec![0f32; frames];
        for (i, hit) in hits.iter().enumerate() {
            let at = SOUNDS.iter().position(|s| s.0 == hit.kind);
            let Some(drum) = at.and_then(|at| kit[at].as_ref()) else { continue };
            drum.strike(hit, choked_s(hits, i), rate, &mut out);
        }
        out
    }

    fn draw(&self, kind: usize, dice: &mut Dice) -> Option<Played> {
        let shot = dice.pick(&self.0[kind])?.clone();
        let [shortest, longest] = SOUNDS[kind].2;
        let power =
            shot.iter().take(4_000).map(|x| x * x).sum::<f32>() / 4_000f32.min(shot.len() as f32);
        let level = if matches!(SOUNDS[kind].0, Drum::Kick | Drum::Snare) { 0.16 } else { 0.07 };
        Some(Played {
            gain: level * 4f32.powf(dice.unit() as f32 - 0.5) / power.sqrt().max(1e-3),
            pitch: 0.75 * (1.35f64 / 0.75).powf(dice.unit()),
            ring_s: shortest * (longest / shortest).powf(dice.unit()),
            shot,
        })
    }
}

/// A drum of a kit.
struct Played {
    shot: Shot,
    gain: f32,
    pitch: f64,
    ring_s: f64,
}

impl Played {
    fn strike(&self, hit: &TrueHit, choked_s: Option<f64>, rate: f64, out: &mut [f32]) {
        let first = (hit.at_s * rate).round() as usize;
        let loud = (f32::from(hit.velocity) / 127.0).powf(1.3) * self.gain;
        for (i, out) in out.iter_mut().skip(first).enumerate() {
            let place = i as f64 * self.pitch;
            let (at, part) = (place as usize, place.fract() as f32);
            let (Some(a), Some(b)) = (self.shot.get(at), self.shot.get(at + 1)) else { break };
            let t = i as f64 / rate;
            let mut fade = (1.0 - t / (3.0 * self.ring_s)) * (-(t / self.ring_s).powi(2)).exp();
            if choked_s.is_some_and(|c| t > c) {
                fade *= 0.02;
            }
            if fade <= 0.0 {
                break;
            }
            *out += loud * (fade as f32) * (a + part * (b - a));
        }
    }
}

/// From where a sound begins.
fn begun(sound: &[f32]) -> Shot {
    let peak = sound.iter().fold(0f32, |m, x| m.max(x.abs()));
    let first = sound.iter().position(|x| x.abs() > 0.05 * peak).unwrap_or(0);
    sound[first.saturating_sub(20)..].to_vec()
}
