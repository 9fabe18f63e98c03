//! Small trained models: figures in, probabilities out, with weights that this repository made.
//!
//! [`dense`] runs a network, [`fit`] trains one, and every model has a folder with its weights and a
//! card that says what they were made from, by which command, and how well they do. This layer must
//! never decide anything, and never load weights whose origin is not on their card.

pub mod dense;
pub mod fit;
pub mod pulse;
