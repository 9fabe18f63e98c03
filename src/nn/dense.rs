//! A network with one hidden layer, for a handful of figures.
//!
//! Plain loops: its few hundred products take less time than a tensor would take to set up, and
//! their order is fixed, so the answer is the same on every machine that follows IEEE 754.

use safetensors::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Weights that cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum WeightsError {
    /// The container is damaged.
    #[error("the weights cannot be read: {0}")]
    Container(String),
    /// A tensor is missing or has another shape.
    #[error("the weights have no {name} of shape {shape:?}")]
    Tensor {
        /// Its name.
        name: &'static str,
        /// What was expected.
        shape: Vec<usize>,
    },
}

/// Inputs `N`, scaled; `hidden` units with tanh; one logistic output.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense<const N: usize> {
    /// What is taken from each input, `[N]`.
    pub mean: [f32; N],
    /// What each input is then divided by, `[N]`.
    pub spread: [f32; N],
    /// Weights of each hidden unit, `[hidden][N]`.
    pub inner: Vec<[f32; N]>,
    /// Bias of each hidden unit, `[hidden]`.
    pub bias: Vec<f32>,
    /// Weights of the output, `[hidden]`.
    pub outer: Vec<f32>,
    /// Bias of the output.
    pub rest: f32,
}

impl<const N: usize> Dense<N> {
    /// Inputs in deviations from the mean, at most five of them: what was never seen in training
    /// should not be believed more the stranger it is.
    pub fn scaled(&self, inputs: &[f32; N]) -> [f32; N] {
        std::array::from_fn(|i| ((inputs[i] - self.mean[i]) / self.spread[i]).clamp(-5.0, 5.0))
    }

    /// Activations of the hidden layer for scaled inputs, `[hidden]`.
    pub fn hidden(&self, scaled: &[f32; N]) -> Vec<f32> {
        let unit = |(weights, bias): (&[f32; N], &f32)| {
            let sum: f32 = weights.iter().zip(scaled).map(|(w, x)| w * x).sum();
            (sum + bias).tanh()
        };
        self.inner.iter().zip(&self.bias).map(unit).collect()
    }

    /// The probability of what the network was trained to tell, 0..1.
    pub fn probability(&self, inputs: &[f32; N]) -> f32 {
        logistic(self.output(&self.hidden(&self.scaled(inputs))))
    }

    /// The output before the logistic curve.
    pub(super) fn output(&self, hidden: &[f32]) -> f32 {
        self.rest + self.outer.iter().zip(hidden).map(|(w, h)| w * h).sum::<f32>()
    }

    /// Reads weights from a safetensors container.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let container =
            SafeTensors::deserialize(bytes).map_err(|e| WeightsError::Container(e.to_string()))?;
        let hidden = container
            .tensor("outer")
            .map_err(|e| WeightsError::Container(e.to_string()))?
            .shape()
            .first()
            .copied()
            .unwrap_or(0);
        let inner = read(&container, "inner", &[hidden, N])?;
        let row = |values: &[f32]| std::array::from_fn(|i| values[i]);
        Ok(Self {
            mean: row(&read(&container, "mean", &[N])?),
            spread: row(&read(&container, "spread", &[N])?),
            inner: inner.chunks_exact(N).map(row).collect(),
            bias: read(&container, "bias", &[hidden])?,
            outer: read(&container, "outer", &[hidden])?,
            rest: read(&container, "rest", &[1])?[0],
        })
    }

    /// Writes weights as a safetensors container.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let hidden = self.outer.len();
        let inner: Vec<f32> = self.inner.iter().flatten().copied().collect();
        let tensors = BTreeMap::from([
            ("mean", Tensor::new(&self.mean, &[N])),
            ("spread", Tensor::new(&self.spread, &[N])),
            ("inner", Tensor::new(&inner, &[hidden, N])),
            ("bias", Tensor::new(&self.bias, &[hidden])),
            ("outer", Tensor::new(&self.outer, &[hidden])),
            ("rest", Tensor::new(&[self.rest], &[1])),
        ]);
        safetensors::serialize(tensors, None).map_err(|e| WeightsError::Container(e.to_string()))
    }
}

/// The logistic curve.
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn read(
    container: &SafeTensors<'_>,
    name: &'static str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightsError> {
    let missing = || WeightsError::Tensor { name, shape: shape.to_vec() };
    let tensor = container.tensor(name).map_err(|_| missing())?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        return Err(missing());
    }
    let values = tensor.data().chunks_exact(4);
    Ok(values.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// A tensor on its way into a container.
struct Tensor {
    bytes: Vec<u8>,
    shape: Vec<usize>,
}

impl Tensor {
    fn new(values: &[f32], shape: &[usize]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { bytes, shape: shape.to_vec() }
    }
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Dense<2> {
        Dense {
            mean: [1.0, 0.0],
            spread: [2.0, 1.0],
            inner: vec![[1.0, -1.0], [0.5, 0.25]],
            bias: vec![0.0, 0.1],
            outer: vec![1.0, -2.0],
            rest: 0.3,
        }
    }

    #[test]
    fn the_forward_pass_is_the_formula() {
        let hidden = [(1.0f32 - 2.0).tanh(), (0.5f32 + 0.5 + 0.1).tanh()];
        let expected = logistic(0.3 + hidden[0] - 2.0 * hidden[1]);
        assert!((small().probability(&[3.0, 2.0]) - expected).abs() < 1e-6);
    }

    #[test]
    fn weights_survive_their_container() {
        let bytes = small().to_bytes().unwrap();
        assert_eq!(Dense::<2>::from_bytes(&bytes).unwrap(), small());
        let wrong = Dense::<3>::from_bytes(&bytes).unwrap_err();
        assert!(matches!(wrong, WeightsError::Tensor { name: "inner", .. }), "{wrong}");
        assert!(matches!(Dense::<2>::from_bytes(&bytes[..20]), Err(WeightsError::Container(_))));
    }

    #[test]
    fn strange_inputs_are_not_believed_more() {
        assert_eq!(small().probability(&[1e9, 0.0]), small().probability(&[11.0, 0.0]));
    }
}
