//! A control without a composer: grains of one second drawn at random from the same tracks.
//!
//! It has the artist's sound by construction, so that whatever it lacks is what writing adds.

use leitmotif::audio::Audio;
use leitmotif::audio::decode::read_all;
use leitmotif::audio::encode::{Format, write};
use leitmotif::audio::resample::resample;
use leitmotif::domain::limits::Limits;
use leitmotif::engine::resident::dice::Dice;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

const RATE_HZ: u32 = 44_100;
const GRAIN_S: f64 = 1.0;
const FADE_S: f64 = 0.02;

/// Writes a control take of a length from tracks.
pub fn random_grains(tracks: &[PathBuf], seconds: f64, seed: u64, to: &Path) {
    let limits = Limits::default();
    let sources: Vec<Audio> = tracks
        .iter()
        .filter_map(|t| read_all(t, &limits).ok())
        .filter_map(|a| resample(&a.stereo(), RATE_HZ).ok())
        .collect();
    assert!(!sources.is_empty(), "no track can be read");
    let rate = f64::from(RATE_HZ);
    let mut planes = vec![vec![0f32; (seconds * rate) as usize]; 2];
    let mut dice = Dice::new(seed, "control");
    let (grain, fade) = ((GRAIN_S * rate) as usize, (FADE_S * rate) as usize);
    for start in (0..planes[0].len()).step_by(grain) {
        let source = &sources[dice.below(sources.len())];
        let room = source.frames().saturating_sub(grain + fade).max(1);
        let from = dice.below(room);
        for i in 0..grain + fade {
            let (rise, left) = (i as f32 / fade as f32, (grain + fade - i) as f32 / fade as f32);
            let gain = rise.min(left).min(1.0);
            for (plane, channel) in planes.iter_mut().zip(source.planes()) {
                if let (Some(out), Some(sample)) = (plane.get_mut(start + i), channel.get(from + i))
                {
                    *out += gain * sample;
                }
            }
        }
    }
    let audio = Audio::new(RATE_HZ, planes);
    let file = BufWriter::new(File::create(to).expect("a file can be made"));
    write(&audio, Format::Wav, file).expect("a take can be written");
}
