//! Hearing a file through the default output, with rodio, behind the feature `playback`.
//!
//! The device is opened with the first sound. libasound writes to standard error by itself; while
//! the device is opened that goes into the log, or the screen would be torn.

use super::{Playing, StudioError};
use crate::audio::peaks::{PeakMeter, Peaks};
use crate::domain::limits::Limits;
use std::path::Path;

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

/// Plays one file at a time.
#[derive(Default)]
pub struct Preview {
    #[cfg(feature = "playback")]
    state: std::sync::Mutex<Option<device::Device>>,
}

#[cfg(not(feature = "playback"))]
impl Preview {
    /// Says that this build is silent.
    pub fn play(&self, _: &Path, _: f64, _: &Limits, _: &Path) -> Result<(), StudioError> {
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
    /// Plays a file from a time on.
    pub fn play(
        &self,
        path: &Path,
        from_s: f64,
        limits: &Limits,
        log: &Path,
    ) -> Result<(), StudioError> {
        let audio = crate::audio::decode::read_all(path, limits)
            .map_err(|e| StudioError::Listen(e.into()))?
            .stereo();
        let mut state = super::progress::locked(&self.state);
        if state.is_none() {
            *state = Some(device::Device::open(log)?);
        }
        if let Some(device) = state.as_mut() {
            device.play(path, &audio, from_s)?;
        }
        Ok(())
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
    use super::{Path, Playing, StudioError};
    use crate::audio::Audio;
    use rodio::buffer::SamplesBuffer;
    use rodio::{DeviceSinkBuilder, MixerDeviceSink, Player};
    use std::fs::OpenOptions;
    use std::num::NonZero;
    use std::os::fd::OwnedFd;
    use std::path::PathBuf;

    /// An open output.
    pub struct Device {
        sink: MixerDeviceSink,
        now: Option<Now>,
    }

    struct Now {
        player: Player,
        path: PathBuf,
        from_s: f64,
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

        pub fn play(&mut self, path: &Path, audio: &Audio, from_s: f64) -> Result<(), StudioError> {
            let failed = || StudioError::NoPlayback("the file has no sound to play".to_owned());
            let channels = NonZero::new(audio.channels() as u16).ok_or_else(failed)?;
            let rate = NonZero::new(audio.rate_hz()).ok_or_else(failed)?;
            let skip =
                ((from_s.max(0.0) * f64::from(audio.rate_hz())) as usize).min(audio.frames());
            let samples = audio.interleaved()[skip * audio.channels()..].to_vec();
            let player = Player::connect_new(self.sink.mixer());
            player.append(SamplesBuffer::new(channels, rate, samples));
            self.stop();
            self.now =
                Some(Now { player, path: path.to_owned(), from_s, duration_s: audio.duration_s() });
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
            Some(Playing {
                path: now.path.clone(),
                at_s: now.from_s + now.player.get_pos().as_secs_f64(),
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
