//! Loudness (EBU R 128) and true peak (ITU-R BS.1770), by the `ebur128` crate.
//!
//! Must never report a figure for silence: it is `None`.

use super::buffer::{Audio, db_amplitude};
use ebur128::{EbuR128, Mode};

/// What a meter read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Integrated loudness, LUFS; `None` below the absolute gate.
    pub integrated_lufs: Option<f64>,
    /// Loudness range, LU (EBU Tech 3342).
    pub range_lu: f64,
    /// True peak over all channels, dBTP; `None` for digital silence.
    pub true_peak_dbtp: Option<f64>,
}

/// A meter for a stream.
pub struct LoudnessMeter {
    inner: Option<EbuR128>,
}

impl LoudnessMeter {
    /// A meter; rates and channel counts the standard does not know measure nothing.
    pub fn new(rate_hz: u32, channels: usize) -> Self {
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK;
        Self { inner: EbuR128::new(channels as u32, rate_hz, mode).ok() }
    }

    /// Takes one block of planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        if let Some(meter) = self.inner.as_mut()
            && meter.add_frames_planar_f32(planes).is_err()
        {
            self.inner = None;
        }
    }

    /// The reading so far.
    pub fn reading(&self) -> Reading {
        let Some(meter) = self.inner.as_ref() else { return Reading::default() };
        let peak =
            (0..meter.channels()).filter_map(|c| meter.true_peak(c).ok()).fold(0.0, f64::max);
        Reading {
            integrated_lufs: meter.loudness_global().ok().filter(|l| l.is_finite()),
            range_lu: meter.loudness_range().ok().filter(|l| l.is_finite()).unwrap_or(0.0),
            true_peak_dbtp: (peak > 0.0).then(|| 20.0 * peak.log10()),
        }
    }
}

/// Measures a whole sound.
pub fn measure(audio: &Audio) -> Reading {
    let mut meter = LoudnessMeter::new(audio.rate_hz(), audio.channels());
    // Blocks keep the meter's own scratch memory small.
    let block = 1 << 16;
    let mut start = 0;
    while start < audio.frames() {
        let end = (start + block).min(audio.frames());
        let planes: Vec<&[f32]> = audio.planes().iter().map(|p| &p[start..end]).collect();
        meter.push(&planes);
        start = end;
    }
    meter.reading()
}

/// The gain that brings a sound from its loudness to another, as a factor.
pub fn gain_to(from_lufs: f64, to_lufs: f64) -> f32 {
    db_amplitude(to_lufs - from_lufs) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(amplitude: f64, hz: f64) -> Audio {
        let rate = 48_000;
        let plane: Vec<f32> = (0..rate * 5)
            .map(|i| (amplitude * (TAU * hz * f64::from(i) / f64::from(rate)).sin()) as f32)
            .collect();
        Audio::new(rate as u32, vec![plane.clone(), plane])
    }

    /// EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS reads -23 LUFS.
    #[test]
    fn the_reference_tone_reads_its_level() {
        let reading = measure(&sine(db_amplitude(-23.0), 1000.0));
        assert!((reading.integrated_lufs.unwrap() + 23.0).abs() < 0.1, "{reading:?}");
        assert!((reading.true_peak_dbtp.unwrap() + 23.0).abs() < 0.2, "{reading:?}");
    }

    #[test]
    fn silence_reads_nothing() {
        let reading = measure(&Audio::silence(44_100, 2, 44_100));
        assert_eq!(reading.integrated_lufs, None);
        assert_eq!(reading.true_peak_dbtp, None);
    }
}
