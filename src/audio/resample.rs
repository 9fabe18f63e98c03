//! Sample rate conversion between two fixed rates, in blocks or at once (rubato's FFT resampler).
//!
//! Output is aligned with input to half a sample: the converter's own delay is taken out. For small, changing ratios
//! see [`super::varispeed`].

use super::buffer::Audio;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

/// Why a conversion failed. The converter itself refuses only impossible rates.
#[derive(Debug, thiserror::Error)]
#[error("cannot convert from {from_hz} Hz to {to_hz} Hz: {why}")]
pub struct ResampleError {
    /// Rate in.
    pub from_hz: u32,
    /// Rate out.
    pub to_hz: u32,
    /// What the converter says.
    pub why: String,
}

const CHUNK_FRAMES: usize = 4096;

/// Converts a stream of blocks.
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    channels: usize,
    converter: Option<Fft<f32>>,
    pending: Vec<Vec<f32>>,
    scratch: Vec<Vec<f32>>,
    to_trim: usize,
    frames_in: u64,
    frames_out: u64,
}

impl Resampler {
    /// A converter for `channels` channels. Equal rates pass through untouched.
    pub fn new(from_hz: u32, to_hz: u32, channels: usize) -> Result<Self, ResampleError> {
        let converter = if from_hz == to_hz {
            None
        } else {
            let (from, to) = (from_hz as usize, to_hz as usize);
            let made = Fft::new(from, to, CHUNK_FRAMES, channels, FixedSync::Input);
            Some(made.map_err(|e| ResampleError { from_hz, to_hz, why: e.to_string() })?)
        };
        let to_trim = converter.as_ref().map_or(0, rubato::Resampler::output_delay);
        let most = converter.as_ref().map_or(0, rubato::Resampler::output_frames_max);
        Ok(Self {
            from_hz,
            to_hz,
            channels,
            converter,
            pending: vec![Vec::new(); channels],
            scratch: vec![vec![0.0; most]; channels],
            to_trim,
            frames_in: 0,
            frames_out: 0,
        })
    }

    /// Takes planes of input and appends what is ready to `out`.
    pub fn push(&mut self, planes: &[&[f32]], out: &mut [Vec<f32>]) -> Result<(), ResampleError> {
        self.frames_in += planes.first().map_or(0, |p| p.len()) as u64;
        if self.converter.is_none() {
            for (out, plane) in out.iter_mut().zip(planes) {
                out.extend_from_slice(plane);
            }
            return Ok(());
        }
        // A chunk at a time: taking chunks off the front of a whole track would move the rest of it
        // thousands of times.
        let frames = planes.first().map_or(0, |p| p.len());
        for start in (0..frames).step_by(CHUNK_FRAMES) {
            for (pending, plane) in self.pending.iter_mut().zip(planes) {
                let plane = plane.get(start..).unwrap_or_default();
                pending.extend_from_slice(&plane[..plane.len().min(CHUNK_FRAMES)]);
            }
            while self.pending[0].len() >= CHUNK_FRAMES {
                self.convert(CHUNK_FRAMES, out)?;
            }
        }
        Ok(())
    }

    /// Appends the rest. The output is then as long as the input, in seconds.
    pub fn finish(mut self, out: &mut [Vec<f32>]) -> Result<(), ResampleError> {
        if self.converter.is_none() {
            return Ok(());
        }
        let expected = (self.frames_in as f64 * f64::from(self.to_hz) / f64::from(self.from_hz))
            .round() as u64;
        while self.frames_out < expected {
            let rest = self.pending[0].len().min(CHUNK_FRAMES);
            self.convert(rest, out)?;
        }
        let extra = (self.frames_out - expected) as usize;
        for channel in out.iter_mut() {
            channel.truncate(channel.len() - extra.min(channel.len()));
        }
        Ok(())
    }

    fn convert(&mut self, frames: usize, out: &mut [Vec<f32>]) -> Result<(), ResampleError> {
        let (from_hz, to_hz) = (self.from_hz, self.to_hz);
        let failed = |why: String| ResampleError { from_hz, to_hz, why };
        let Some(converter) = self.converter.as_mut() else { return Ok(()) };
        let input = SequentialSliceOfVecs::new(&self.pending, self.channels, frames)
            .map_err(|e| failed(e.to_string()))?;
        let most = self.scratch[0].len();
        let mut output = SequentialSliceOfVecs::new_mut(&mut self.scratch, self.channels, most)
            .map_err(|e| failed(e.to_string()))?;
        let indexing = (frames < CHUNK_FRAMES).then(|| Indexing::new().partial_len(frames));
        let (_, made) = converter
            .process_into_buffer(&input, &mut output, indexing.as_ref())
            .map_err(|e| failed(e.to_string()))?;
        let skip = self.to_trim.min(made);
        self.to_trim -= skip;
        for (out, made_plane) in out.iter_mut().zip(&self.scratch) {
            out.extend_from_slice(&made_plane[skip..made]);
        }
        self.frames_out += (made - skip) as u64;
        for pending in &mut self.pending {
            pending.drain(..frames);
        }
        Ok(())
    }
}

/// Converts a whole sound.
pub fn resample(audio: &Audio, to_hz: u32) -> Result<Audio, ResampleError> {
    if audio.rate_hz() == to_hz {
        return Ok(audio.clone());
    }
    let mut out = vec![Vec::new(); audio.channels()];
    let mut converter = Resampler::new(audio.rate_hz(), to_hz, audio.channels())?;
    let planes: Vec<&[f32]> = audio.planes().iter().map(Vec::as_slice).collect();
    converter.push(&planes, &mut out)?;
    converter.finish(&mut out)?;
    Ok(Audio::new(to_hz, out))
}

/// Converts one channel.
pub fn resample_mono(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, ResampleError> {
    let mut out = vec![Vec::new()];
    let mut converter = Resampler::new(from_hz, to_hz, 1)?;
    converter.push(&[samples], &mut out)?;
    converter.finish(&mut out)?;
    Ok(out.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(rate_hz: u32, hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|i| (TAU * hz * i as f64 / f64::from(rate_hz)).sin() as f32).collect()
    }

    #[test]
    fn a_sine_stays_in_place_and_at_level() {
        for (from, to) in [(44_100, 22_050), (48_000, 22_050), (8_000, 44_100), (44_100, 48_000)] {
            let input = sine(from, 440.0, from as usize);
            let output = resample_mono(&input, from, to).unwrap();
            assert_eq!(output.len(), to as usize, "{from} to {to}");
            let wanted = sine(to, 440.0, to as usize);
            let inside = to as usize / 10..to as usize * 9 / 10;
            let error = inside.clone().map(|i| (output[i] - wanted[i]).abs()).fold(0f32, f32::max);
            // Half a sample of the lower rate at 440 Hz.
            let half = (TAU * 440.0 * 0.5 / f64::from(from.min(to))) as f32;
            assert!(error < half + 2e-3, "{from} to {to}: {error}");
        }
    }

    #[test]
    fn blocks_and_whole_agree() {
        let input = sine(44_100, 1000.0, 30_001);
        let whole = resample_mono(&input, 44_100, 22_050).unwrap();
        let mut out = vec![Vec::new()];
        let mut converter = Resampler::new(44_100, 22_050, 1).unwrap();
        for block in input.chunks(777) {
            converter.push(&[block], &mut out).unwrap();
        }
        converter.finish(&mut out).unwrap();
        assert_eq!(out[0], whole);
        assert_eq!(whole.len(), 15_001);
    }

    #[test]
    fn short_and_empty_input() {
        assert_eq!(resample_mono(&[], 44_100, 22_050).unwrap().len(), 0);
        assert_eq!(resample_mono(&[0.5; 10], 44_100, 22_050).unwrap().len(), 5);
    }
}
