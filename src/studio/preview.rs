//! Hearing a file through the default output, with rodio, behind the feature `playback`.
//!
//! The device is opened with the first sound. libasound writes to standard error by itself; while
//! the device is opened that goes into the log, or the screen would be torn.

use super::{Playing, StudioError};
use crate::audio::peaks::{PeakMeter, Peaks};
use crate::domain::limits::Limits;
use std::path::{Path, PathBuf};

/// Stretches of the overview of a file.
const PEAKS_MAX: usize = 2048;

/// An overview of the waveform of a file.
pub fn peaks(path: &Path, limits: &Limits) -> Result<Peaks, StudioError> {
    let audio =
        crate::audio::decode::read_all(path, limits).map_err(|e| StudioError::Listen(e.into()))?;
    let mut meter = PeakMeter::new(PEAKS_MAX);
    meter.push(&audio.mono());
    Ok(meter.finish())
}

/// What is to be heard, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hear {
    /// The file.
    pub path: PathBuf,
    /// Where to begin.
    pub from_s: f64,
    /// How much louder, in dB: two that are compared play equally loud.
    pub gain_db: f64,
    /// A stretch that is repeated for ever once it is reached.
    pub looped_s: Option<(f64, f64)>,
}

/// Plays one file at a time.
#[derive(Default)]
pub struct Preview {
    #[cfg(feature = "playback")]
    state: std::sync::Mutex<Option<device::Device>>,
    /// The last file as it was decoded: a new place in it is then heard at once.
    #[cfg(feature = "playback")]
    last: std::sync::Mutex<Option<(PathBuf, std::sync::Arc<crate::audio::Audio>)>>,
}

#[cfg(not(feature = "playback"))]
impl Preview {
    /// Says that this build is silent.
    pub fn play(&self, _: &Hear, _: &Limits, _: &Path) -> Result<(), StudioError> {
        Err(StudioError::NoPlayback("this build has no playback (feature \"playback\")".to_owned()))
    }

    /// Does nothing.
    pub fn toggle_pause(&self) {}

    /// Does nothing.
    pub fn stop(&self) {}

    /// Nothing.
    pub fn playing(&self) -> Option<Playing> {
        None
    }
}

#[cfg(feature = "playback")]
impl Preview {
    /// Plays a file.
    pub fn play(&self, hear: &Hear, limits: &Limits, log: &Path) -> Result<(), StudioError> {
        let mut state = super::progress::locked(&self.state);
        if state.is_none() {
            // Before anything is decoded: where there is no device, that is known at once.
            *state = Some(device::Device::open(log)?);
        }
        let audio = self.decoded(&hear.path, limits)?;
        if let Some(device) = state.as_mut() {
            device.play(hear, &audio)?;
        }
        Ok(())
    }

    fn decoded(
        &self,
        path: &Path,
        limits: &Limits,
    ) -> Result<std::sync::Arc<crate::audio::Audio>, StudioError> {
        let mut last = super::progress::locked(&self.last);
        if let Some((_, audio)) = last.as_ref().filter(|(known, _)| known == path) {
            return Ok(std::sync::Arc::clone(audio));
        }
        let audio = crate::audio::decode::read_all(path, limits)
            .map_err(|e| StudioError::Listen(e.into()))?
            .stereo();
        let audio = std::sync::Arc::new(audio);
        *last = Some((path.to_owned(), std::sync::Arc::clone(&audio)));
        Ok(audio)
    }

    /// Pauses or goes on.
    pub fn toggle_pause(&self) {
        if let Some(device) = super::progress::locked(&self.state).as_ref() {
            device.toggle_pause();
        }
    }

    /// Stops.
    pub fn stop(&self) {
        if let Some(device) = super::progress::locked(&self.state).as_mut() {
            device.stop();
        }
    }

    /// What is being played.
    pub fn playing(&self) -> Option<Playing> {
        super::progress::locked(&self.state).as_mut().and_then(device::Device::playing)
    }
}

#[cfg(feature = "playback")]
mod device {
    use super::{Hear, Path, Playing, StudioError};
    use crate::audio::Audio;
    use rodio::buffer::SamplesBuffer;
    use rodio::{DeviceSinkBuilder, MixerDeviceSink, Player, Source};
    use std::fs::OpenOptions;
    use std::num::NonZero;
    use std::os::fd::OwnedFd;

    /// An open output.
    pub struct Device {
        sink: MixerDeviceSink,
        now: Option<Now>,
    }

    struct Now {
        player: Player,
        hear: Hear,
        duration_s: f64,
    }

    impl Device {
        pub fn open(log: &Path) -> Result<Self, StudioError> {
            let opened =
                with_stderr_in(&log.join("audio.log"), DeviceSinkBuilder::open_default_sink);
            match opened {
                Ok(mut sink) => {
                    sink.log_on_drop(false);
                    Ok(Self { sink, now: None })
                }
                Err(_) => Err(StudioError::NoPlayback(
                    "there is no sound device on this machine, or it is in use".to_owned(),
                )),
            }
        }

        pub fn play(&mut self, hear: &Hear, audio: &Audio) -> Result<(), StudioError> {
            let failed = || StudioError::NoPlayback("the file has no sound to play".to_owned());
            let channels = NonZero::new(audio.channels() as u16).ok_or_else(failed)?;
            let rate = NonZero::new(audio.rate_hz()).ok_or_else(failed)?;
            let stretch = |from_s: f64, to_s: f64| {
                let frame = |s: f64| {
                    ((s.max(0.0) * f64::from(audio.rate_hz())) as usize).min(audio.frames())
                };
                let (from, to) = (frame(from_s), frame(to_s));
                let samples = audio.interleaved();
                let samples = &samples[from * audio.channels()..to.max(from) * audio.channels()];
                SamplesBuffer::new(channels, rate, samples.to_vec())
            };
            let player = Player::connect_new(self.sink.mixer());
            player.set_volume(crate::audio::buffer::db_amplitude(hear.gain_db) as f32);
            match hear.looped_s {
                Some((from, to)) if to > from && hear.from_s < to => {
                    player.append(stretch(hear.from_s, to));
                    player.append(stretch(from, to).repeat_infinite());
                }
                _ => player.append(stretch(hear.from_s, audio.duration_s())),
            }
            self.stop();
            self.now = Some(Now { player, hear: hear.clone(), duration_s: audio.duration_s() });
            Ok(())
        }

        pub fn toggle_pause(&self) {
            let Some(now) = &self.now else { return };
            if now.player.is_paused() {
                now.player.play();
            } else {
                now.player.pause();
            }
        }

        pub fn stop(&mut self) {
            if let Some(now) = self.now.take() {
                now.player.stop();
            }
        }

        pub fn playing(&mut self) -> Option<Playing> {
            if self.now.as_ref().is_some_and(|n| n.player.empty()) {
                self.now = None;
            }
            let now = self.now.as_ref()?;
            let since_s = now.player.get_pos().as_secs_f64();
            let looped = now.hear.looped_s.filter(|(from, to)| to > from && now.hear.from_s < *to);
            let at_s = match looped {
                // The player counts anew with the second of its sounds, which is the loop.
                Some((from, to)) if now.player.len() < 2 => from + since_s % (to - from),
                _ => now.hear.from_s + since_s,
            };
            Some(Playing {
                path: now.hear.path.clone(),
                at_s,
                duration_s: now.duration_s,
                paused: now.player.is_paused(),
            })
        }
    }

    /// Runs something with standard error going to a file, and puts it back.
    fn with_stderr_in<T>(path: &Path, act: impl FnOnce() -> T) -> T {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let kept: Option<OwnedFd> = file.ok().and_then(|file| {
            let kept = rustix::io::dup(rustix::stdio::stderr()).ok()?;
            rustix::stdio::dup2_stderr(&file).ok()?;
            Some(kept)
        });
        let result = act();
        if let Some(kept) = kept {
            // Nothing to do if it fails: errors then go to the log.
            let _ = rustix::stdio::dup2_stderr(&kept);
        }
        result
    }
}
