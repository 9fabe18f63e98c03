//! A stack of convolutions: the networks that hear.
//!
//! Between layers stands a leaky rectifier; a layer that writes as many channels and rows as it reads may
//! add its input to its output (He et al. 2016). The last layer's outputs are log odds.

use super::conv::{Conv, Shape};
use super::maps::Maps;
use super::weights::{self, WeightsError};
use rayon::prelude::*;

/// What is left of a negative value.
pub(super) const LEAK: f32 = 0.1;

/// One layer of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its convolution.
    pub conv: Conv,
    /// Whether a rectifier follows.
    pub bends: bool,
    /// Whether the input is added to the output.
    pub carries: bool,
}

/// What a layer looks like without its weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Shape of its convolution.
    pub shape: Shape,
    /// Whether a rectifier follows.
    pub bends: bool,
    /// Whether the input is added to the output.
    pub carries: bool,
}

/// Layers in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The layers.
    pub layers: Vec<Layer>,
}

impl Stack {
    /// A stack with weights drawn at random: `draw` gives numbers around 0 with deviation 1.
    pub fn drawn(plans: &[Plan], mut draw: impl FnMut() -> f32) -> Self {
        let last = plans.len().saturating_sub(1);
        let layer = |(i, plan): (usize, &Plan)| {
            let fan = (plan.shape.inputs * plan.shape.taps.len()) as f32;
            // Deviation of He et al. (2015) for rectifiers; small last and added layers start gently.
            let gain = if i == last || plan.carries { 0.3 } else { 1.0 };
            let scale = gain * (2.0 / fan).sqrt();
            let weights = (0..plan.shape.weights()).map(|_| scale * draw()).collect();
            let bias = vec![0.0; plan.shape.outputs];
            let conv = Conv { shape: plan.shape.clone(), weights, bias };
            Layer { conv, bends: plan.bends, carries: plan.carries }
        };
        Self { layers: plans.iter().enumerate().map(layer).collect() }
    }

    /// Frames on either side that an output depends on.
    pub fn reach(&self) -> usize {
        self.layers.iter().map(|l| l.conv.shape.reach()).sum()
    }

    /// Zeros that maps need on either side of time.
    pub fn pad(&self) -> usize {
        self.layers.iter().map(|l| l.conv.shape.reach()).max().unwrap_or(0)
    }

    /// Runs all layers.
    pub fn run(&self, input: Maps) -> Maps {
        let narrow = input.pad() < self.pad();
        let mut maps = if narrow { input.between(0, input.frames(), self.pad()) } else { input };
        for layer in &self.layers {
            maps = layer.run(&maps);
        }
        maps
    }

    /// As [`Stack::run`], in stretches of `part` frames side by side, so that long music needs little
    /// memory and all cores; the answer is the same.
    pub fn run_in_parts(&self, input: &Maps, part: usize) -> Maps {
        let (reach, frames) = (self.reach(), input.frames());
        let starts: Vec<usize> = (0..frames).step_by(part.max(1)).collect();
        let parts: Vec<Maps> = starts
            .par_iter()
            .map(|start| {
                let from = start.saturating_sub(reach);
                let to = (start + part + reach).min(frames);
                self.run(input.between(from, to, self.pad()))
            })
            .collect();
        let (channels, rows) = parts.first().map_or((0, 0), |p| (p.channels(), p.rows()));
        let mut out = Maps::new(channels, rows, frames, 0);
        for (start, done) in starts.iter().zip(&parts) {
            let skip = start - start.saturating_sub(reach);
            let length = part.min(frames - start);
            for channel in 0..channels {
                for row in 0..rows {
                    out.row_mut(channel, row)[*start..start + length]
                        .copy_from_slice(&done.row(channel, row)[skip..skip + length]);
                }
            }
        }
        out
    }

    /// Reads the weights of these plans from a safetensors container.
    pub fn from_bytes(plans: &[Plan], bytes: &[u8]) -> Result<Self, WeightsError> {
        let file = weights::open(bytes)?;
        let mut stack = Self::drawn(plans, || 0.0);
        for (i, layer) in stack.layers.iter_mut().enumerate() {
            let shape = &layer.conv.shape;
            let size = [shape.outputs, shape.taps.len(), shape.inputs];
            layer.conv.weights = weights::read(&file, &format!("{i}.weights"), &size)?;
            layer.conv.bias = weights::read(&file, &format!("{i}.bias"), &size[..1])?;
        }
        Ok(stack)
    }

    /// Writes the weights as a safetensors container.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let tensors = self.layers.iter().enumerate().flat_map(|(i, layer)| {
            let shape = &layer.conv.shape;
            let size = [shape.outputs, shape.taps.len(), shape.inputs];
            [
                (format!("{i}.weights"), layer.conv.weights.as_slice(), size.to_vec()),
                (format!("{i}.bias"), layer.conv.bias.as_slice(), size[..1].to_vec()),
            ]
        });
        weights::write(tensors)
    }
}

impl Layer {
    /// Runs the layer.
    pub fn run(&self, input: &Maps) -> Maps {
        let mut out = self.conv.run(input, input.pad());
        if self.bends {
            out.values_mut().iter_mut().for_each(|x| *x = bend(*x));
        }
        if self.carries {
            for (o, i) in out.values_mut().iter_mut().zip(input.values()) {
                *o += i;
            }
        }
        out
    }
}

/// Leaky rectifier.
pub(super) fn bend(x: f32) -> f32 {
    if x > 0.0 { x } else { LEAK * x }
}
