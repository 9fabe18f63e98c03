//! The screens. Each owns its cursors, scrolls, filters and marks, and nothing else.

pub mod diagnostics;
pub mod generate;
pub mod jobs;
pub mod layout;
pub mod library;
pub mod time;
