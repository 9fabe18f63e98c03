//! Feature maps: channels of rows of frames, with silence on both sides of time.
//!
//! Rows are pitches, or one row where pitch plays no part; frames lie side by side so that loops run
//! along time. Must never hold anything but zeros in the padding: layers read it as silence.

/// `[channel][row][frame]`, each row with `pad` zeros before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Maps {
    channels: usize,
    rows: usize,
    frames: usize,
    pad: usize,
    data: Vec<f32>,
}

impl Maps {
    /// Zeros.
    pub fn new(channels: usize, rows: usize, frames: usize, pad: usize) -> Self {
        // Loops run in blocks of eight frames; the last block may overlap the padding.
        let data = vec![0.0; channels * rows * stride(frames, pad)];
        Self { channels, rows, frames, pad, data }
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Rows of a channel.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Frames of a row.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Zeros before and after each row.
    pub fn pad(&self) -> usize {
        self.pad
    }

    /// The frames of a row.
    pub fn row(&self, channel: usize, row: usize) -> &[f32] {
        let start = self.start(channel, row) + self.pad;
        &self.data[start..start + self.frames]
    }

    /// The frames of a row, to write.
    pub fn row_mut(&mut self, channel: usize, row: usize) -> &mut [f32] {
        let start = self.start(channel, row) + self.pad;
        &mut self.data[start..start + self.frames]
    }

    /// A copy of the frames `from..to`, with this padding.
    pub fn between(&self, from: usize, to: usize, pad: usize) -> Self {
        let mut part = Self::new(self.channels, self.rows, to - from, pad);
        for channel in 0..self.channels {
            for row in 0..self.rows {
                part.row_mut(channel, row).copy_from_slice(&self.row(channel, row)[from..to]);
            }
        }
        part
    }

    /// Floats from one row to the next.
    pub(super) fn stride(&self) -> usize {
        stride(self.frames, self.pad)
    }

    /// Floats from one channel to the next.
    pub(super) fn channel_stride(&self) -> usize {
        self.rows * self.stride()
    }

    /// All values with their padding.
    pub(super) fn values(&self) -> &[f32] {
        &self.data
    }

    /// All values with their padding, to change each by itself: what is 0 must stay 0.
    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    fn start(&self, channel: usize, row: usize) -> usize {
        (channel * self.rows + row) * self.stride()
    }
}

/// Floats of a row.
fn stride(frames: usize, pad: usize) -> usize {
    frames + 2 * pad + 8
}
