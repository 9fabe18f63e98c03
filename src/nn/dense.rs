//! A network with one hidden layer, for a handful of figures.
//!
//! Plain loops: its few hundred products take less time than a tensor would take to set up, and
//! their order is fixed, so the answer is the same on every machine that follows IEEE 754.

use super::weights::{self, WeightsError};

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
        let container = weights::open(bytes)?;
        let hidden = container
            .tensor("outer")
            .map_err(|e| WeightsError::Container(e.to_string()))?
            .shape()
            .first()
            .copied()
            .unwrap_or(0);
        let read = |name: &str, shape: &[usize]| weights::read(&container, name, shape);
        let row = |values: &[f32]| std::array::from_fn(|i| values[i]);
        Ok(Self {
            mean: row(&read("mean", &[N])?),
            spread: row(&read("spread", &[N])?),
            inner: read("inner", &[hidden, N])?.chunks_exact(N).map(row).collect(),
            bias: read("bias", &[hidden])?,
            outer: read("outer", &[hidden])?,
            rest: read("rest", &[1])?[0],
        })
    }

    /// Writes weights as a safetensors container.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let hidden = self.outer.len();
        let inner: Vec<f32> = self.inner.iter().flatten().copied().collect();
        let tensors: [(&str, &[f32], &[usize]); 6] = [
            ("mean", &self.mean, &[N]),
            ("spread", &self.spread, &[N]),
            ("inner", &inner, &[hidden, N]),
            ("bias", &self.bias, &[hidden]),
            ("outer", &self.outer, &[hidden]),
            ("rest", &[self.rest], &[1]),
        ];
        weights::write(tensors.into_iter().map(|(n, v, s)| (n.to_owned(), v, s.to_vec())))
    }
}

/// The logistic curve.
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
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
        assert!(
            matches!(wrong, WeightsError::Tensor { ref name, .. } if name == "inner"),
            "{wrong}"
        );
        assert!(matches!(Dense::<2>::from_bytes(&bytes[..20]), Err(WeightsError::Container(_))));
    }

    #[test]
    fn strange_inputs_are_not_believed_more() {
        assert_eq!(small().probability(&[1e9, 0.0]), small().probability(&[11.0, 0.0]));
    }
}
