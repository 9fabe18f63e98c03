//! What the file itself says: damage, samples that are no numbers, few bits, many channels.
//!
//! Must never guess: everything here was counted by the decoder.

use super::Source;
use super::report::Report;
use crate::domain::listening::{ProblemKind, Severity};

/// Bits of a sample at or under which quantisation is heard as noise: 8 bits leave 48 dB.
const BITS_FEW: u32 = 8;

/// Reports what the decoder counted.
pub fn report(source: &Source<'_>, report: &mut Report) {
    let (info, damage) = (source.info, source.damage);
    if damage.truncated || damage.packets_lost > 0 {
        let detail = match (damage.truncated, damage.packets_lost) {
            (true, 0) => "the file ends before its announced length".to_owned(),
            (true, lost) => format!("the file breaks off and {lost} packets are damaged"),
            (false, lost) => format!("{lost} packets are damaged; their sound is missing"),
        };
        report.whole(ProblemKind::Truncated, Severity::Warn, detail);
    }
    if damage.not_numbers > 0 {
        let detail = format!("{} samples are not numbers; silence stands in", damage.not_numbers);
        report.whole(ProblemKind::NotANumber, Severity::Warn, detail);
    }
    if info.codec.starts_with("pcm")
        && let Some(bits) = info.bits.filter(|b| *b <= BITS_FEW)
    {
        let detail = format!("{bits} bits a sample");
        report.whole(ProblemKind::LowResolution, Severity::Warn, detail);
    }
    if info.channels > 2 {
        let detail = format!("{} channels were mixed down to two", info.channels);
        report.whole(ProblemKind::Surround, Severity::Info, detail);
    }
}
