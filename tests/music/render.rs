//! The sound of a piece through a SoundFont.

use super::{Piece, sf3};
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Samples between two looks at the events, under 3 ms at 22.05 kHz.
const BLOCK: usize = 64;
/// What sounds on after the last event.
const TAIL_S: f64 = 1.0;

pub fn load(path: &Path) -> Arc<SoundFont> {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let plain = if sf3::is_packed(&bytes) { sf3::unpack(&bytes) } else { bytes };
    let font = SoundFont::new(&mut plain.as_slice());
    Arc::new(font.unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Both channels of the synthesiser, mixed; peaks are brought below full scale.
pub fn render(font: &Arc<SoundFont>, piece: &Piece, rate_hz: u32) -> Vec<f32> {
    let mut settings = SynthesizerSettings::new(rate_hz as i32);
    settings.block_size = BLOCK;
    settings.maximum_polyphony = 128;
    let mut synth = Synthesizer::new(font, &settings).expect("a usual rate");
    let frames = ((piece.truth.duration_s + TAIL_S) * f64::from(rate_hz)) as usize;
    let (mut left, mut right) = (vec![0f32; frames], vec![0f32; frames]);
    let mut next = 0;
    for at in (0..frames).step_by(BLOCK) {
        while let Some(event) = piece.events.get(next) {
            if (event.at_s * f64::from(rate_hz)).round() as usize > at {
                break;
            }
            let [a, b] = event.data.map(i32::from);
            synth.process_midi_message(event.channel.into(), event.command.into(), a, b);
            next += 1;
        }
        let end = (at + BLOCK).min(frames);
        synth.render(&mut left[at..end], &mut right[at..end]);
    }
    let mut mono: Vec<f32> = left.iter().zip(&right).map(|(l, r)| 0.5 * (l + r)).collect();
    let peak = mono.iter().fold(0f32, |m, x| m.max(x.abs()));
    if peak > 0.0 {
        mono.iter_mut().for_each(|x| *x *= 0.7 / peak);
    }
    mono
}
