//! What the bench of hearing is made of: pieces with their truth, programs that hear them, and the
//! board on which their figures are written.

pub mod answer;
pub mod board;
pub mod calibrate;
pub mod cases;
pub mod doubt;
pub mod figures;
pub mod peers;
pub mod spectra;
