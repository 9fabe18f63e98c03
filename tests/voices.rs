//! Singing made by code, over music made here, through the ears: where there is a voice it is heard, in
//! its place and range; a band that plays alone has none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "music/mod.rs"]
mod music;

use leitmotif::audio::resample::resample_mono;
use leitmotif::domain::limits::Limits;
use leitmotif::domain::take::TakeRequest;
use leitmotif::domain::work::{StopToken, Unobserved};
use leitmotif::engine::Engine;
use leitmotif::engine::resident::Resident;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::spectra::pitch_maps;
use leitmotif::listen::{RATE_HZ, notes, timbres};
use music::{Part, compose, sing};

const SECONDS: f64 = 24.0;
/// Where the singer begins, seconds.
const BEGINS_S: f64 = 8.0;

/// A band of the base, by the built-in synthesis.
fn band(prompt: &str, seed: u64) -> Vec<f32> {
    let request = TakeRequest::of(prompt, SECONDS, seed);
    let plain = Resident::new(Limits::default(), &[]);
    let made = plain.generate(&request, None, &Unobserved, &StopToken::default()).unwrap();
    resample_mono(&made.audio.mono(), made.audio.rate_hz(), RATE_HZ).unwrap()
}

fn level(x: &[f32]) -> f32 {
    (x.iter().map(|s| s * s).sum::<f32>() / x.len() as f32).sqrt()
}

/// A song that starts after a while over a band, as loud as the band; also where it is sung.
fn song(band: &[f32], seed: u64) -> (Vec<f32>, Vec<(f64, f64, u8)>) {
    let mut piece = compose::compose(seed, SECONDS);
    let end_s = band.len() as f64 / f64::from(RATE_HZ);
    piece.truth.notes.retain(|n| n.part != Part::Lead || n.start_s > BEGINS_S);
    piece.truth.notes.retain(|n| n.end_s < end_s);
    let voice =
        sing::sing(&mut piece, f64::from(RATE_HZ), band.len(), None, &mut Dice::new(seed, "voice"));
    let gain = level(band) / level(&voice);
    let mixed = band.iter().zip(&voice).map(|(b, v)| b + gain * v).collect();
    let sung = piece.truth.notes.iter().filter(|n| n.program == sing::PROGRAM);
    (mixed, sung.map(|n| (n.start_s, n.end_s, n.midi)).collect())
}

#[test]
fn a_voice_is_heard_where_it_sings_and_nowhere_else() {
    // Seeds whose pieces have a lead.
    let with_lead = |seed: &u64| {
        let piece = compose::compose(*seed, SECONDS);
        piece.truth.notes.iter().filter(|n| n.part == Part::Lead && n.start_s > BEGINS_S).count()
            > 12
    };
    let prompts = ["folk, 96 bpm, G major", "techno, 126 bpm, A minor"];
    for (prompt, seed) in prompts.into_iter().zip((100..).filter(with_lead)) {
        let band = band(prompt, seed);
        let alone = timbres::hear(&pitch_maps(&band, 0.0)).unwrap().vocals(&[]);
        assert!(!alone.present, "{prompt}: {alone:?}");

        let (mixed, sung) = song(&band, seed);
        let pitch = pitch_maps(&mixed, 0.0);
        let heard = timbres::hear(&pitch).unwrap().vocals(&notes::find(&pitch).unwrap());
        assert!(heard.present && heard.confidence > 0.5, "{prompt}: {heard:?}");
        let inside = |at: f64| heard.spans.iter().any(|s| s.0 <= at && at < s.1);
        let found = sung.iter().filter(|n| inside(0.5 * (n.0 + n.1))).count();
        assert!(found * 10 > sung.len() * 7, "{prompt}: {found} of {sung:?} {heard:?}");
        assert!(heard.spans[0].0 > BEGINS_S - 1.0, "{prompt}: {:?}", heard.spans);
        if let Some((low, high)) = heard.range {
            let lowest = sung.iter().map(|n| n.2).min().unwrap();
            let highest = sung.iter().map(|n| n.2).max().unwrap();
            assert!(low + 12 >= lowest && high <= highest + 12, "{prompt}: {low}-{high}");
        }
    }
}
