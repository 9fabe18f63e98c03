//! The limits of everything that comes from outside, each with its unit in its name.
//!
//! These are the defaults; `config.toml` may change those of [`Limits`]. Must never be consulted
//! by reading a global: they are passed in.

use serde::{Deserialize, Serialize};

/// Limits on what is read, learned and made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Shortest file taken in as material.
    pub material_min_s: f64,
    /// Shortest track used for training on its own.
    pub track_min_s: f64,
    /// Longest track; longer files are split.
    pub track_max_s: f64,
    /// Most tracks in a dataset.
    pub dataset_tracks_max: usize,
    /// Most music in a dataset.
    pub dataset_max_s: f64,
    /// Longest file that is decoded.
    pub decode_max_s: f64,
    /// Most channels that are decoded.
    pub decode_channels_max: usize,
    /// Highest sample rate that is decoded.
    pub decode_rate_max_hz: u32,
    /// Largest file that is opened.
    pub file_max_bytes: u64,
    /// Longest prompt.
    pub prompt_max_chars: usize,
    /// Most sections in a plan.
    pub plan_sections_max: usize,
    /// Longest section.
    pub section_max_s: f64,
    /// Shortest take.
    pub take_min_s: f64,
    /// Longest take.
    pub take_max_s: f64,
    /// Deepest folder an import walks into.
    pub import_depth_max: usize,
    /// Most files one import looks at.
    pub import_files_max: usize,
    /// Audio kept in one finetune, in bytes on disk.
    pub finetune_audio_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            material_min_s: 2.0,
            track_min_s: 10.0,
            track_max_s: 600.0,
            dataset_tracks_max: 200,
            dataset_max_s: 24.0 * 3600.0,
            decode_max_s: 2.0 * 3600.0,
            decode_channels_max: 8,
            decode_rate_max_hz: 384_000,
            file_max_bytes: 4 << 30,
            prompt_max_chars: 4_100,
            plan_sections_max: 30,
            section_max_s: 120.0,
            take_min_s: 2.0,
            take_max_s: 600.0,
            import_depth_max: 16,
            import_files_max: 10_000,
            finetune_audio_max_bytes: 52 << 20,
        }
    }
}
