//! Drawing: a pen that cannot leave its area, panes, tables, waveforms, plots.
//!
//! Everything here reads and writes cells, nothing else. Must never change state or panic on any
//! size, down to none at all.

pub mod pen;
pub mod plot;
pub mod table;
pub mod wave;

pub use pen::{Look, Pen};
