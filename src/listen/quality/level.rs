//! Level: true peak, low level, and hardly any dynamics left.
//!
//! Must never blame a lossy file for peaks that only its decoder made: over 0 dBTP is information.

use super::report::Report;
use crate::audio::loudness::Reading;
use crate::domain::listening::{ProblemKind, Severity};

/// True peak over which a converter may clip, dBTP (ITU-R BS.1770-4, annex 2).
const TRUE_PEAK_DBTP: f64 = 0.0;
/// Loudness under which a track is unusually quiet, LUFS.
const QUIET_LUFS: f64 = -30.0;
/// Peak over loudness under which the dynamics are crushed, dB (AES convention: PLR).
const CRUSHED_DB: f64 = 6.0;

/// Reports level problems of a reading after ITU-R BS.1770.
pub fn report(reading: &Reading, report: &mut Report) {
    let Some(peak) = reading.true_peak_dbtp else { return };
    if peak > TRUE_PEAK_DBTP {
        let detail = format!("true peak {peak:+.1} dBTP, over {TRUE_PEAK_DBTP:.0}");
        report.whole(ProblemKind::TruePeak, Severity::Info, detail);
    }
    let Some(lufs) = reading.integrated_lufs else { return };
    if lufs < QUIET_LUFS {
        let detail = format!("{lufs:.1} LUFS, under {QUIET_LUFS:.0}");
        report.whole(ProblemKind::Quiet, Severity::Warn, detail);
    }
    if peak - lufs < CRUSHED_DB {
        let over = peak - lufs;
        let detail = format!("peaks only {over:.1} dB over the loudness, under {CRUSHED_DB:.0}");
        report.whole(ProblemKind::Crushed, Severity::Info, detail);
    }
}
