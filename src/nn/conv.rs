//! A convolution over time and pitch whose taps are listed one by one, so that a layer may look at
//! the overtones of a note and at beats far away without a kernel full of zeros.
//!
//! Sums run in the order of the taps whatever the machine or number of threads, so that the same
//! samples give the same answer everywhere (no fused multiply-add, no reordering).

use super::maps::Maps;

/// Output channels that are computed together.
pub(super) const LANES: usize = 4;
/// Frames that are computed together.
pub(super) const BLOCK: usize = 8;

/// Where a layer looks, relative to what it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    /// Frames later (negative: earlier).
    pub frames: isize,
    /// Rows higher.
    pub rows: isize,
}

/// Shape of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels it reads.
    pub inputs: usize,
    /// Channels it writes.
    pub outputs: usize,
    /// Rows it writes.
    pub rows: usize,
    /// Where it looks; rows beyond the edge are silent.
    pub taps: Vec<Tap>,
}

impl Shape {
    /// Number of weights without biases.
    pub fn weights(&self) -> usize {
        self.inputs * self.outputs * self.taps.len()
    }

    /// Frames it looks ahead or back at most.
    pub fn reach(&self) -> usize {
        self.taps.iter().map(|t| t.frames.unsigned_abs()).max().unwrap_or(0)
    }
}

/// A layer: `out[o][r][t] = bias[o] + sum over taps k and inputs i of
/// weight[o][k][i] * in[i][r + rows(k)][t + frames(k)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Its shape.
    pub shape: Shape,
    /// `[output][tap][input]`.
    pub weights: Vec<f32>,
    /// `[output]`.
    pub bias: Vec<f32>,
}

impl Conv {
    /// Runs the layer; the output has the padding `pad`.
    pub fn run(&self, input: &Maps, pad: usize) -> Maps {
        let mut out = Maps::new(self.shape.outputs, self.shape.rows, input.frames(), pad);
        let packed = self.packed();
        for group in 0..self.shape.outputs.div_ceil(LANES) {
            for row in 0..self.shape.rows {
                self.run_row(input, &packed, group, row, &mut out);
            }
        }
        out
    }

    /// Weights as the loop reads them: `[group][tap][input][lane]`.
    fn packed(&self) -> Vec<[f32; LANES]> {
        let Shape { inputs, outputs, ref taps, .. } = self.shape;
        let per_output = taps.len() * inputs;
        let groups = outputs.div_ceil(LANES);
        (0..groups * per_output)
            .map(|i| {
                let (group, rest) = (i / per_output, i % per_output);
                std::array::from_fn(|lane| {
                    let output = group * LANES + lane;
                    if output < outputs { self.weights[output * per_output + rest] } else { 0.0 }
                })
            })
            .collect()
    }

    fn run_row(
        &self,
        input: &Maps,
        packed: &[[f32; LANES]],
        group: usize,
        row: usize,
        out: &mut Maps,
    ) {
        let Shape { inputs, outputs, ref taps, .. } = self.shape;
        let per_group = taps.len() * inputs;
        let weights = &packed[group * per_group..(group + 1) * per_group];
        let sources = sources(input, taps, row);
        let first = group * LANES;
        let bias: [f32; LANES] =
            std::array::from_fn(|l| self.bias.get(first + l).copied().unwrap_or(0.0));
        let (values, channel) = (input.values(), input.channel_stride());
        for start in (0..input.frames()).step_by(BLOCK) {
            let mut sums = bias.map(|b| [b; BLOCK]);
            for (source, weights) in sources.iter().zip(weights.chunks_exact(inputs)) {
                let Some(source) = source else { continue };
                for (i, weight) in weights.iter().enumerate() {
                    let from = source + start + i * channel;
                    add(&values[from..from + BLOCK], *weight, &mut sums);
                }
            }
            let end = (start + BLOCK).min(input.frames());
            for (lane, sum) in sums.iter().enumerate().take(outputs - first) {
                out.row_mut(first + lane, row)[start..end].copy_from_slice(&sum[..end - start]);
            }
        }
    }
}

/// Where each tap reads channel 0 at frame 0; `None` beyond the edge of pitch.
pub(super) fn sources(input: &Maps, taps: &[Tap], row: usize) -> Vec<Option<usize>> {
    let source = |tap: &Tap| {
        let row = row.checked_add_signed(tap.rows).filter(|r| *r < input.rows())?;
        (row * input.stride() + input.pad()).checked_add_signed(tap.frames)
    };
    taps.iter().map(source).collect()
}

/// Adds a block of one input, times its weight for each lane. Plain multiply and add of fixed
/// length: the compiler makes vectors of it, and every width of vector rounds alike.
#[inline]
fn add(block: &[f32], weights: [f32; LANES], sums: &mut [[f32; BLOCK]; LANES]) {
    let Ok(block) = <&[f32; BLOCK]>::try_from(block) else { return };
    for (sum, weight) in sums.iter_mut().zip(weights) {
        for (s, x) in sum.iter_mut().zip(block) {
            *s += weight * x;
        }
    }
}
