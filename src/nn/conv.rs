//! A convolution over time and pitch whose taps are listed one by one, so that a layer may look at
//! the overtones of a note and at beats far away without a kernel full of zeros.
//!
//! Sums run in the order of the taps whatever the machine or number of threads, so that the same
//! samples give the same answer everywhere (no fused multiply-add, no reordering).

use super::maps::Maps;

/// Output channels that are computed together.
const LANES: usize = 2;
/// Frames that are computed together.
pub(super) const BLOCK: usize = 8;
/// Frames whose sums are kept together, near the processor.
const STRETCH: usize = 256;

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
        for group in 0..self.shape.outputs.div_ceil(LANES) {
            for row in 0..self.shape.rows {
                self.run_row(input, group * LANES, row, &mut out);
            }
        }
        out
    }

    /// Two outputs of a row, a stretch of frames at a time.
    fn run_row(&self, input: &Maps, first: usize, row: usize, out: &mut Maps) {
        let Shape { inputs, outputs, ref taps, .. } = self.shape;
        let sources = sources(input, taps, row);
        let (values, channel) = (input.values(), input.channel_stride());
        let lanes = LANES.min(outputs - first);
        let mut sums = [[0f32; STRETCH]; LANES];
        for start in (0..input.frames()).step_by(STRETCH) {
            let length = STRETCH.min(input.frames() - start);
            for (lane, sum) in sums.iter_mut().enumerate() {
                sum[..length].fill(self.bias.get(first + lane).copied().unwrap_or(0.0));
            }
            let [one, two] = &mut sums;
            let (one, two) = (&mut one[..length], &mut two[..length]);
            for (tap, source) in sources.iter().enumerate() {
                let Some(source) = source else { continue };
                let from = |i: usize| &values[source + start + i * channel..][..length];
                let weight = |lane: usize, i: usize| {
                    let output = first + lane.min(lanes - 1);
                    self.weights[(output * taps.len() + tap) * inputs + i]
                };
                let mut i = 0;
                while i + 4 <= inputs {
                    let weights = |lane| std::array::from_fn(|k| weight(lane, i + k));
                    add_four(
                        one,
                        two,
                        from(i),
                        from(i + 1),
                        from(i + 2),
                        from(i + 3),
                        weights(0),
                        weights(1),
                    );
                    i += 4;
                }
                while i < inputs {
                    add_one(one, two, from(i), weight(0, i), weight(1, i));
                    i += 1;
                }
            }
            for (lane, sum) in sums.iter().enumerate().take(lanes) {
                out.row_mut(first + lane, row)[start..start + length]
                    .copy_from_slice(&sum[..length]);
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

/// Adds four inputs to two sums. Plain multiply and add, one input after the other: the compiler
/// makes vectors along time, and every width of vector rounds alike.
#[inline(never)]
#[allow(clippy::too_many_arguments)]
fn add_four(
    one: &mut [f32],
    two: &mut [f32],
    a: &[f32],
    b: &[f32],
    c: &[f32],
    d: &[f32],
    v: [f32; 4],
    w: [f32; 4],
) {
    let n = one.len();
    let (two, a, b, c, d) = (&mut two[..n], &a[..n], &b[..n], &c[..n], &d[..n]);
    for t in 0..n {
        let (a, b, c, d) = (a[t], b[t], c[t], d[t]);
        one[t] = one[t] + v[0] * a + v[1] * b + v[2] * c + v[3] * d;
        two[t] = two[t] + w[0] * a + w[1] * b + w[2] * c + w[3] * d;
    }
}

#[inline(never)]
fn add_one(one: &mut [f32], two: &mut [f32], a: &[f32], v: f32, w: f32) {
    for ((x, y), a) in one.iter_mut().zip(two.iter_mut()).zip(a) {
        *x += v * a;
        *y += w * a;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula of [`Conv`], a number at a time in the order of the taps.
    fn plainly(conv: &Conv, input: &Maps, output: usize, row: usize, frame: usize) -> f32 {
        let Shape { inputs, ref taps, .. } = conv.shape;
        let mut sum = conv.bias[output];
        for (k, tap) in taps.iter().enumerate() {
            for i in 0..inputs {
                let weight = conv.weights[(output * taps.len() + k) * inputs + i];
                let Some(row) = row.checked_add_signed(tap.rows).filter(|r| *r < input.rows())
                else {
                    continue;
                };
                let at = frame.checked_add_signed(tap.frames).filter(|t| *t < input.frames());
                sum += weight * at.map_or(0.0, |t| input.row(i, row)[t]);
            }
        }
        sum
    }

    #[test]
    fn sums_are_those_of_the_formula_to_the_bit() {
        let mut state = 7u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        // Odd numbers of channels, and more frames than one stretch.
        for (inputs, outputs, frames) in [(1, 1, 3), (5, 3, 300), (4, 2, 256), (7, 5, 513)] {
            let taps = [(-2, 0), (0, 1), (3, -1)].map(|(frames, rows)| Tap { frames, rows });
            let shape = Shape { inputs, outputs, rows: 2, taps: taps.to_vec() };
            let weights = (0..shape.weights()).map(|_| draw()).collect();
            let conv = Conv { shape, weights, bias: (0..outputs).map(|_| draw()).collect() };
            let mut input = Maps::new(inputs, 3, frames, 3);
            for (channel, row) in (0..inputs).flat_map(|c| (0..3).map(move |r| (c, r))) {
                input.row_mut(channel, row).iter_mut().for_each(|x| *x = draw());
            }
            let out = conv.run(&input, 3);
            for (output, row) in (0..outputs).flat_map(|o| (0..2).map(move |r| (o, r))) {
                for frame in 0..frames {
                    let told = plainly(&conv, &input, output, row, frame);
                    assert_eq!(out.row(output, row)[frame], told, "{inputs} {output} {frame}");
                }
            }
        }
    }
}
