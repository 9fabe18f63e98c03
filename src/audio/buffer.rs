//! Sound in memory: planar 32-bit samples with their rate.
//!
//! Must never lose its rate: every length in seconds is asked from the buffer itself.

/// Planar audio. All channels have the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    rate_hz: u32,
    channels: Vec<Vec<f32>>,
}

impl Audio {
    /// Silence of `frames` samples a channel.
    pub fn silence(rate_hz: u32, channels: usize, frames: usize) -> Self {
        Self { rate_hz, channels: vec![vec![0.0; frames]; channels] }
    }

    /// From channels; shorter ones are filled with silence to the longest.
    pub fn new(rate_hz: u32, mut channels: Vec<Vec<f32>>) -> Self {
        let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
        for channel in &mut channels {
            channel.resize(frames, 0.0);
        }
        Self { rate_hz, channels }
    }

    /// Samples a second and channel.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Samples a channel.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Length in seconds.
    pub fn duration_s(&self) -> f64 {
        self.frames() as f64 / f64::from(self.rate_hz)
    }

    /// One channel's samples; empty when there is no such channel.
    pub fn channel(&self, index: usize) -> &[f32] {
        self.channels.get(index).map_or(&[], Vec::as_slice)
    }

    /// All channels.
    pub fn planes(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// All channels, to change in place. Their number and lengths stay.
    pub fn planes_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.channels.iter_mut().map(Vec::as_mut_slice)
    }

    /// Mean of all channels.
    pub fn mono(&self) -> Vec<f32> {
        match self.channels.as_slice() {
            [] => Vec::new(),
            [one] => one.clone(),
            many => {
                let scale = 1.0 / many.len() as f32;
                (0..self.frames()).map(|i| many.iter().map(|c| c[i]).sum::<f32>() * scale).collect()
            }
        }
    }

    /// Two channels of it: a mono sound twice, the first two of more.
    pub fn stereo(mut self) -> Self {
        if self.channels.len() == 1 {
            self.channels.push(self.channels[0].clone());
        }
        self.channels.truncate(2);
        self
    }

    /// Multiplies every sample.
    pub fn scale(&mut self, gain: f32) {
        for channel in &mut self.channels {
            for sample in channel {
                *sample *= gain;
            }
        }
    }

    /// Largest magnitude of any sample.
    pub fn peak(&self) -> f32 {
        self.channels.iter().flatten().fold(0.0, |peak, s| peak.max(s.abs()))
    }

    /// Root mean square over all channels.
    pub fn rms(&self) -> f64 {
        let count = (self.frames() * self.channels()).max(1) as f64;
        let power: f64 = self.channels.iter().flatten().map(|s| f64::from(*s).powi(2)).sum();
        (power / count).sqrt()
    }

    /// Samples in the order left, right, left ..
    pub fn interleaved(&self) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.frames() * self.channels());
        for i in 0..self.frames() {
            out.extend(self.channels.iter().map(|c| c[i]));
        }
        out
    }
}

/// Decibels of an amplitude; very small ones end at -120.
pub fn amplitude_db(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-6).log10()
}

/// Amplitude of a level in decibels.
pub fn db_amplitude(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_filled_and_mixed() {
        let audio = Audio::new(8_000, vec![vec![1.0, 0.5], vec![0.0]]);
        assert_eq!(audio.frames(), 2);
        assert_eq!(audio.mono(), vec![0.5, 0.25]);
        assert_eq!(audio.interleaved(), vec![1.0, 0.0, 0.5, 0.0]);
        assert!((audio.duration_s() - 0.000_25).abs() < 1e-12);
        assert_eq!(Audio::new(1, vec![vec![0.25]]).stereo().channels(), 2);
    }

    #[test]
    fn decibels() {
        assert!((amplitude_db(0.5) + 6.020_6).abs() < 1e-3);
        assert!((db_amplitude(-6.020_6) - 0.5).abs() < 1e-5);
        assert!((amplitude_db(0.0) + 120.0).abs() < 1e-9);
    }
}
