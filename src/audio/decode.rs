//! Streaming decode of wav, aiff, flac, mp3, ogg/vorbis, m4a (aac, alac) and opus.
//!
//! Blocks come out planar, at the file's own rate, mixed down to at most two channels. Must never
//! hold more of a file than a block, never decode past its limits, and never pass on a sample that
//! is not a number: such samples become silence and are counted.

use super::buffer::Audio;
use crate::domain::limits::Limits;
use ropus::DecodeMode;
use std::fs::File;
use std::path::{Path, PathBuf};
use symphonia::core::audio::sample::SampleFormat;
use symphonia::core::audio::{Channels, Position};
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as CodecError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::Time;

/// Why a file gives no sound.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is a folder, a device or the like.
    #[error("{0} is not a file")]
    NotAFile(PathBuf),
    /// It has no bytes.
    #[error("{0} is empty")]
    Empty(PathBuf),
    /// No known kind of audio file.
    #[error("{0} is not an audio file this program knows (wav, aiff, flac, mp3, ogg, opus, m4a)")]
    NotAudio(PathBuf),
    /// A known container with a codec that is not decoded.
    #[error("{path} holds {codec}, which is not decoded")]
    Codec {
        /// The file.
        path: PathBuf,
        /// The codec.
        codec: String,
    },
    /// Outside a limit.
    #[error("{path} has {what}; the limit is {limit}")]
    Limit {
        /// The file.
        path: PathBuf,
        /// What it has.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The file is damaged so that nothing can be decoded.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        why: String,
    },
}

/// What a file says about its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Samples a second and channel.
    pub rate_hz: u32,
    /// Channels in the file.
    pub channels: usize,
    /// Bits of a sample, where the codec has such a thing.
    pub bits: Option<u32>,
    /// Announced length in samples a channel.
    pub frames: Option<u64>,
    /// Codec, in a word.
    pub codec: String,
}

/// What went wrong on the way without ending it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Packets that could not be decoded; their sound is missing.
    pub packets_lost: u64,
    /// Samples that were not numbers.
    pub not_numbers: u64,
    /// The file ended before its announced length.
    pub truncated: bool,
}

enum Codec {
    Library(Box<dyn AudioDecoder>),
    Opus { decoder: Box<ropus::Decoder>, layout: ropus::Channels, gain: f32 },
}

/// Float files can hold anything; what is louder than this (+120 dBFS) is no sound, and its square
/// would not fit into the sums of the analyses.
const SAMPLE_MAX: f32 = 1e6;

/// A file being decoded.
pub struct Decoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    codec: Codec,
    track: u32,
    info: StreamInfo,
    weights: Vec<[f32; 2]>,
    most_frames: u64,
    frames_out: u64,
    bytes_in: u64,
    damage: Damage,
    interleaved: Vec<f32>,
    out: [Vec<f32>; 2],
    ended: bool,
    sought: bool,
}

impl Decoder {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, DecodeError> {
        let file = open_file(path, limits)?;
        let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
            hint.with_extension(extension);
        }
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|e| probe_error(path, e))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| DecodeError::NotAudio(path.to_owned()))?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| DecodeError::NotAudio(path.to_owned()))?;
        let (id, frames) = (track.id, track.num_frames);
        let (codec, name) = open_codec(path, params)?;
        let info = StreamInfo {
            rate_hz: params.sample_rate.unwrap_or(0),
            channels: params.channels.as_ref().map_or(0, Channels::count),
            bits: params.bits_per_sample.or_else(|| params.sample_format.map(format_bits)),
            frames,
            codec: name,
        };
        let weights = params.channels.as_ref().map(downmix).unwrap_or_default();
        let mut decoder = Self {
            path: path.to_owned(),
            format,
            codec,
            track: id,
            info,
            weights,
            most_frames: 0,
            frames_out: 0,
            bytes_in: 0,
            damage: Damage::default(),
            interleaved: Vec::new(),
            out: [Vec::new(), Vec::new()],
            ended: false,
            sought: false,
        };
        if decoder.info.rate_hz == 0 || decoder.info.channels == 0 {
            decoder.learn_from_first_packet()?;
        }
        decoder.check_limits(limits)?;
        Ok(decoder)
    }

    /// What the file says about itself.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// Channels of the blocks: 1 or 2.
    pub fn channels_out(&self) -> usize {
        self.info.channels.min(2)
    }

    /// What went wrong so far.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// Rate of the coded sound so far, bit/s: packets alone, for a cover picture is no sound.
    /// `None` before the first block and after a seek.
    pub fn bits_per_second(&self) -> Option<f64> {
        let seconds = self.frames_out as f64 / f64::from(self.info.rate_hz.max(1));
        (seconds > 0.0 && !self.sought).then(|| self.bytes_in as f64 * 8.0 / seconds)
    }

    /// The next block: one plane a channel, all of the same length. `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<Vec<&[f32]>>, DecodeError> {
        loop {
            let Some(packet) = self.next_packet()? else {
                return Ok(None);
            };
            if !self.decode(&packet) {
                continue;
            }
            self.split();
            if self.out[0].is_empty() {
                continue;
            }
            self.frames_out += self.out[0].len() as u64;
            if self.frames_out > self.most_frames {
                return Err(self.too_long());
            }
            let channels = self.channels_out();
            return Ok(Some(self.out.iter().take(channels).map(Vec::as_slice).collect()));
        }
    }

    /// Moves to a time. Returns how many samples must be dropped from the following blocks to be
    /// exactly there; `None` where the file cannot be sought and must be read from its start.
    pub fn seek(&mut self, to_s: f64) -> Option<u64> {
        let time = Time::try_from_secs_f64(to_s)?;
        let to = SeekTo::Time { time, track_id: Some(self.track) };
        let sought = self.format.seek(SeekMode::Accurate, to).ok()?;
        match &mut self.codec {
            Codec::Library(decoder) => decoder.reset(),
            Codec::Opus { decoder, layout, .. } => {
                **decoder = ropus::Decoder::new(48_000, *layout).ok()?;
            }
        }
        self.sought = true;
        let gap = sought.required_ts.get() - sought.actual_ts.get();
        u64::try_from(gap).ok()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, DecodeError> {
        while !self.ended {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => {
                    self.bytes_in += packet.data.len() as u64;
                    return Ok(Some(packet));
                }
                Ok(Some(_)) => {}
                Ok(None) => self.end(),
                Err(CodecError::IoError(e)) if e.kind() != std::io::ErrorKind::UnexpectedEof => {
                    return Err(DecodeError::Io { path: self.path.clone(), source: e });
                }
                // A chained stream or a container that breaks off: what came before is sound.
                Err(_) => {
                    self.damage.truncated = true;
                    self.end();
                }
            }
        }
        Ok(None)
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(announced) = self.info.frames
            && !self.sought
        {
            // A tenth of a second of padding more or less is the container's affair.
            let slack = u64::from(self.info.rate_hz) / 10;
            self.damage.truncated |= self.frames_out + slack < announced;
        }
    }

    /// Decodes a packet into `self.interleaved`. False when it is lost.
    fn decode(&mut self, packet: &Packet) -> bool {
        match &mut self.codec {
            Codec::Library(decoder) => match decoder.decode(packet) {
                Ok(buffer) => {
                    buffer.copy_to_vec_interleaved(&mut self.interleaved);
                    true
                }
                Err(_) => {
                    self.damage.packets_lost += 1;
                    false
                }
            },
            Codec::Opus { decoder, gain, .. } => {
                let channels = self.info.channels;
                self.interleaved.resize(5_760 * channels, 0.0);
                let Ok(frames) =
                    decoder.decode_float(&packet.data, &mut self.interleaved, DecodeMode::Normal)
                else {
                    self.damage.packets_lost += 1;
                    return false;
                };
                let start = (packet.trim_start.get() as usize).min(frames);
                let end = frames - (packet.trim_end.get() as usize).min(frames - start);
                self.interleaved.truncate(end * channels);
                self.interleaved.drain(..start * channels);
                self.interleaved.iter_mut().for_each(|s| *s *= *gain);
                true
            }
        }
    }

    /// Splits `self.interleaved` into planes, mixing down and silencing what is no sample.
    fn split(&mut self) {
        for sample in &mut self.interleaved {
            if sample.is_nan() || sample.abs() > SAMPLE_MAX {
                *sample = 0.0;
                self.damage.not_numbers += 1;
            }
        }
        let channels = self.info.channels;
        let [left, right] = &mut self.out;
        left.clear();
        right.clear();
        match channels {
            1 => left.extend_from_slice(&self.interleaved),
            2 => {
                left.extend(self.interleaved.iter().step_by(2));
                right.extend(self.interleaved.iter().skip(1).step_by(2));
            }
            _ => {
                for frame in self.interleaved.chunks_exact(channels) {
                    let mut mixed = [0f32; 2];
                    for (sample, weight) in frame.iter().zip(&self.weights) {
                        mixed[0] += sample * weight[0];
                        mixed[1] += sample * weight[1];
                    }
                    left.push(mixed[0]);
                    right.push(mixed[1]);
                }
            }
        }
    }

    /// Some files tell their format only with the first sound.
    fn learn_from_first_packet(&mut self) -> Result<(), DecodeError> {
        while let Some(packet) = self.next_packet()? {
            let Codec::Library(decoder) = &mut self.codec else { break };
            if let Ok(buffer) = decoder.decode(&packet) {
                self.info.rate_hz = buffer.spec().rate();
                let channels = buffer.spec().channels();
                self.info.channels = channels.count();
                self.weights = downmix(channels);
                if self.seek(0.0).is_none() {
                    break;
                }
                self.sought = false;
                self.ended = false;
                return Ok(());
            }
        }
        Err(DecodeError::Damaged {
            path: self.path.clone(),
            why: "no packet could be decoded".to_owned(),
        })
    }

    fn check_limits(&mut self, limits: &Limits) -> Result<(), DecodeError> {
        let refuse = |what: String, limit: String| {
            Err(DecodeError::Limit { path: self.path.clone(), what, limit })
        };
        let info = &self.info;
        if info.channels > limits.decode_channels_max {
            return refuse(
                format!("{} channels", info.channels),
                limits.decode_channels_max.to_string(),
            );
        }
        if info.rate_hz > limits.decode_rate_max_hz || info.rate_hz < 4_000 {
            return refuse(
                format!("a sample rate of {} Hz", info.rate_hz),
                format!("4000 to {} Hz", limits.decode_rate_max_hz),
            );
        }
        self.most_frames = (limits.decode_max_s * f64::from(info.rate_hz)) as u64;
        if info.frames.is_some_and(|f| f > self.most_frames) {
            return Err(self.too_long());
        }
        Ok(())
    }

    fn too_long(&self) -> DecodeError {
        let minutes = |frames: u64| frames as f64 / f64::from(self.info.rate_hz) / 60.0;
        let has = self.info.frames.map_or(self.frames_out, |f| f.max(self.frames_out));
        DecodeError::Limit {
            path: self.path.clone(),
            what: format!("{:.0} minutes of sound", minutes(has)),
            limit: format!("{:.0} minutes", minutes(self.most_frames)),
        }
    }
}

/// Decodes `start_s..end_s` of a file as it is, one or two channels.
pub fn read_part(
    path: &Path,
    start_s: f64,
    end_s: f64,
    limits: &Limits,
) -> Result<Audio, DecodeError> {
    let mut decoder = Decoder::open(path, limits)?;
    let rate = f64::from(decoder.info().rate_hz);
    let mut skip = (start_s * rate).round() as u64;
    if start_s > 2.0 {
        match decoder.seek(start_s) {
            Some(gap) => skip = gap,
            None => decoder = Decoder::open(path, limits)?,
        }
    }
    let wanted = ((end_s - start_s).max(0.0) * rate).round() as usize;
    let mut planes = vec![Vec::with_capacity(wanted.min(1 << 26)); decoder.channels_out()];
    while planes[0].len() < wanted {
        let Some(block) = decoder.next_block()? else { break };
        let drop = skip.min(block[0].len() as u64) as usize;
        skip -= drop as u64;
        let take = (block[0].len() - drop).min(wanted - planes[0].len());
        for (plane, samples) in planes.iter_mut().zip(&block) {
            plane.extend_from_slice(&samples[drop..drop + take]);
        }
    }
    Ok(Audio::new(decoder.info().rate_hz, planes))
}

/// Decodes a whole file as it is, one or two channels.
pub fn read_all(path: &Path, limits: &Limits) -> Result<Audio, DecodeError> {
    read_part(path, 0.0, limits.decode_max_s, limits)
}

fn open_file(path: &Path, limits: &Limits) -> Result<File, DecodeError> {
    let io = |source| DecodeError::Io { path: path.to_owned(), source };
    let meta = std::fs::metadata(path).map_err(io)?;
    if !meta.is_file() {
        return Err(DecodeError::NotAFile(path.to_owned()));
    }
    if meta.len() == 0 {
        return Err(DecodeError::Empty(path.to_owned()));
    }
    if meta.len() > limits.file_max_bytes {
        return Err(DecodeError::Limit {
            path: path.to_owned(),
            what: format!("{} bytes", meta.len()),
            limit: format!("{} bytes", limits.file_max_bytes),
        });
    }
    File::open(path).map_err(io)
}

fn open_codec(path: &Path, params: &AudioCodecParameters) -> Result<(Codec, String), DecodeError> {
    if params.codec == CODEC_ID_OPUS {
        return open_opus(path, params).map(|codec| (codec, "opus".to_owned()));
    }
    let registry = symphonia::default::get_codecs();
    let name = registry
        .get_audio_decoder(params.codec)
        .map_or_else(|| "an unknown codec".to_owned(), |d| d.codec.info.short_name.to_owned());
    registry
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map(|decoder| (Codec::Library(decoder), name.clone()))
        .map_err(|e| match e {
            CodecError::Unsupported(_) => DecodeError::Codec { path: path.to_owned(), codec: name },
            other => DecodeError::Damaged { path: path.to_owned(), why: other.to_string() },
        })
}

/// Opus head, RFC 7845 section 5.1: byte 9 channels, bytes 16-17 output gain, byte 18 mapping family.
fn open_opus(path: &Path, params: &AudioCodecParameters) -> Result<Codec, DecodeError> {
    let codec = |what: &str| DecodeError::Codec { path: path.to_owned(), codec: what.to_owned() };
    let head = params.extra_data.as_deref().filter(|h| h.len() >= 19);
    let head = head.ok_or_else(|| codec("Opus without a header"))?;
    let channels = head[9];
    let layout = match (head[18], channels) {
        (0, 1) => ropus::Channels::Mono,
        (0, 2) => ropus::Channels::Stereo,
        _ => return Err(codec("Opus with more than two channels")),
    };
    let decoder = ropus::Decoder::new(48_000, layout).map_err(|e| codec(&format!("Opus ({e})")))?;
    let gain_db = f64::from(i16::from_le_bytes([head[16], head[17]])) / 256.0;
    let gain = super::buffer::db_amplitude(gain_db) as f32;
    Ok(Codec::Opus { decoder: Box::new(decoder), layout, gain })
}

fn probe_error(path: &Path, error: CodecError) -> DecodeError {
    match error {
        CodecError::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Io { path: path.to_owned(), source }
        }
        CodecError::DecodeError(why) => {
            DecodeError::Damaged { path: path.to_owned(), why: why.to_owned() }
        }
        _ => DecodeError::NotAudio(path.to_owned()),
    }
}

fn format_bits(format: SampleFormat) -> u32 {
    match format {
        SampleFormat::U8 | SampleFormat::S8 => 8,
        SampleFormat::U16 | SampleFormat::S16 => 16,
        SampleFormat::U24 | SampleFormat::S24 => 24,
        SampleFormat::U32 | SampleFormat::S32 | SampleFormat::F32 => 32,
        SampleFormat::F64 => 64,
    }
}

/// Weights of each channel in left and right, after ITU-R BS.775: centre and surrounds at -3 dB,
/// the effects channel left out. Channels without a position alternate.
fn downmix(channels: &Channels) -> Vec<[f32; 2]> {
    const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let left = Position::FRONT_LEFT | Position::FRONT_LEFT_CENTER;
    let right = Position::FRONT_RIGHT | Position::FRONT_RIGHT_CENTER;
    let rear_left = Position::REAR_LEFT | Position::SIDE_LEFT;
    let rear_right = Position::REAR_RIGHT | Position::SIDE_RIGHT;
    let centre = Position::FRONT_CENTER | Position::REAR_CENTER;
    let effects = Position::LFE1 | Position::LFE2;
    let positions = match channels {
        Channels::Positioned(positions) => *positions,
        _ => Position::empty(),
    };
    let count = channels.count();
    let mut weights: Vec<[f32; 2]> = positions
        .iter()
        .map(|p| {
            if left.contains(p) {
                [1.0, 0.0]
            } else if right.contains(p) {
                [0.0, 1.0]
            } else if rear_left.contains(p) {
                [HALF_POWER, 0.0]
            } else if rear_right.contains(p) {
                [0.0, HALF_POWER]
            } else if centre.contains(p) {
                [HALF_POWER, HALF_POWER]
            } else if effects.contains(p) {
                [0.0, 0.0]
            } else {
                [HALF_POWER, HALF_POWER]
            }
        })
        .collect();
    if weights.len() != count {
        weights = (0..count).map(|c| if c % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
    }
    // Full scale in every channel must not overflow.
    let most = (0..2).map(|s| weights.iter().map(|w| w[s]).sum::<f32>()).fold(1.0, f32::max);
    weights.iter_mut().flatten().for_each(|w| *w /= most);
    weights
}
