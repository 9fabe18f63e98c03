//! Small trained models: figures in, probabilities out, with weights that this repository made.
//!
//! [`stack`] runs convolutions over spectra and [`teach`] trains them. Every model has a folder with its weights and a
//! card that says what they were made from, by which command, and how well they do. This layer must
//! never decide anything, and never load weights whose origin is not on their card.

pub mod bars;
pub mod chords;
pub mod conv;
pub mod keys;
pub mod maps;
pub mod notes;
pub mod stack;
pub mod strokes;
pub mod teach;
pub mod timbres;
pub mod weights;

/// The logistic curve: a chance from log odds.
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
