//! Small trained models: figures in, probabilities out, with weights that this repository made.
//!
//! [`dense`] runs a network for a handful of figures and [`fit`] trains it; [`stack`] runs
//! convolutions over spectra and [`teach`] trains them. Every model has a folder with its weights and a
//! card that says what they were made from, by which command, and how well they do. This layer must
//! never decide anything, and never load weights whose origin is not on their card.

pub mod bars;
pub mod conv;
pub mod dense;
pub mod fit;
pub mod maps;
pub mod notes;
pub mod pulse;
pub mod stack;
pub mod strokes;
pub mod teach;
pub mod weights;
