//! Weights in safetensors containers.

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
        name: String,
        /// What was expected.
        shape: Vec<usize>,
    },
}

/// Opens a container.
pub(super) fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, WeightsError> {
    SafeTensors::deserialize(bytes).map_err(|e| WeightsError::Container(e.to_string()))
}

/// A tensor of this shape.
pub(super) fn read(
    container: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, WeightsError> {
    let missing = || WeightsError::Tensor { name: name.to_owned(), shape: shape.to_vec() };
    let tensor = container.tensor(name).map_err(|_| missing())?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        return Err(missing());
    }
    let values = tensor.data().chunks_exact(4);
    Ok(values.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// Writes tensors in the order of their names.
pub(super) fn write<'a>(
    tensors: impl Iterator<Item = (String, &'a [f32], Vec<usize>)>,
) -> Result<Vec<u8>, WeightsError> {
    let tensors: BTreeMap<String, Tensor> =
        tensors.map(|(name, values, shape)| (name, Tensor::new(values, shape))).collect();
    safetensors::serialize(tensors, None).map_err(|e| WeightsError::Container(e.to_string()))
}

/// A tensor on its way into a container.
struct Tensor {
    bytes: Vec<u8>,
    shape: Vec<usize>,
}

impl Tensor {
    fn new(values: &[f32], shape: Vec<usize>) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { bytes, shape }
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
