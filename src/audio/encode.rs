//! WAV and FLAC out.
//!
//! Must never write a file that is not complete: callers write to a temporary name and rename. WAV
//! is written with `hound`, FLAC with `flacenc`; 16-bit output is dithered (TPDF) from a fixed seed.

use super::buffer::Audio;
use flacenc::component::BitRepr;
use flacenc::error::Verify;
use std::io::{Seek, Write};

/// Kind of audio file written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// RIFF WAVE, 24-bit.
    #[default]
    Wav,
    /// FLAC, 24-bit.
    Flac,
}

impl Format {
    /// File name ending without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "wav" => Ok(Self::Wav),
            "flac" => Ok(Self::Flac),
            _ => Err(format!("\"{text}\" is not a format; use wav or flac")),
        }
    }
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The disk refuses.
    #[error("cannot write audio: {0}")]
    Io(#[from] std::io::Error),
    /// The encoder refuses.
    #[error("cannot encode audio: {0}")]
    Encoder(String),
}

impl From<hound::Error> for EncodeError {
    fn from(error: hound::Error) -> Self {
        match error {
            hound::Error::IoError(e) => Self::Io(e),
            other => Self::Encoder(other.to_string()),
        }
    }
}

/// Writes 24-bit audio in the given format.
pub fn write<W: Write + Seek>(
    audio: &Audio,
    format: Format,
    mut out: W,
) -> Result<(), EncodeError> {
    match format {
        Format::Wav => write_wav24(audio, out),
        Format::Flac => {
            let samples = quantise(audio, 24, None);
            out.write_all(&flac(&samples, audio.channels(), 24, audio.rate_hz())?)?;
            Ok(())
        }
    }
}

/// FLAC bytes of 16-bit, dithered audio.
pub fn flac16(audio: &Audio) -> Result<Vec<u8>, EncodeError> {
    let samples = quantise(audio, 16, Some(0x9e37_79b9));
    flac(&samples, audio.channels(), 16, audio.rate_hz())
}

fn write_wav24<W: Write + Seek>(audio: &Audio, out: W) -> Result<(), EncodeError> {
    let spec = hound::WavSpec {
        channels: audio.channels() as u16,
        sample_rate: audio.rate_hz(),
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::BufWriter::new(out), spec)?;
    for sample in quantise(audio, 24, None) {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    Ok(())
}

/// Interleaved integers of `bits`, dithered where a seed is given.
fn quantise(audio: &Audio, bits: u32, dither: Option<u32>) -> Vec<i32> {
    let full = f64::from(1u32 << (bits - 1));
    let (least, most) = (-full, full - 1.0);
    let mut state = dither.unwrap_or(0);
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24) - 0.5
    };
    let mut out = Vec::with_capacity(audio.frames() * audio.channels());
    for i in 0..audio.frames() {
        for plane in audio.planes() {
            let noise = if dither.is_some() { random() + random() } else { 0.0 };
            let value = f64::from(plane[i]) * full + noise;
            out.push(value.round().clamp(least, most) as i32);
        }
    }
    out
}

fn flac(
    samples: &[i32],
    channels: usize,
    bits: usize,
    rate_hz: u32,
) -> Result<Vec<u8>, EncodeError> {
    let failed = |what: &dyn std::fmt::Debug| EncodeError::Encoder(format!("flac: {what:?}"));
    let mut settings = flacenc::config::Encoder::default();
    settings.block_size = 4096;
    // One thread: the caller already works on several sounds at once.
    settings.multithread = false;
    let settings = settings.into_verified().map_err(|(_, e)| failed(&e))?;
    let block = settings.block_size;
    let source =
        flacenc::source::MemSource::from_samples(samples, channels, bits, rate_hz as usize);
    let mut stream =
        flacenc::encode_with_fixed_block_size(&settings, source, block).map_err(|e| failed(&e))?;
    // The shorter last block does not count (RFC 9639, section 8.2); readers take a smaller minimum
    // for a stream of varying blocks.
    stream.stream_info_mut().set_block_sizes(block, block).map_err(|e| failed(&e))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|e| failed(&e))?;
    Ok(sink.into_inner())
}
