//! What was heard in a stretch of a track, as if the track were that stretch alone.
//!
//! Only times move; nothing is measured again, so level, key and profile stay the whole track's.

use crate::listen::Hearing;

/// The hearing of `from_s..to_s`, with times from `from_s`.
pub fn within(hearing: &Hearing, (from_s, to_s): (f64, f64)) -> Hearing {
    let mut cut = hearing.clone();
    let inside = |at: f64| (from_s..to_s).contains(&at);
    let bars_before = cut.listening.downbeats_s.iter().filter(|b| **b < from_s).count();
    let l = &mut cut.listening;
    l.duration_s = (to_s - from_s).min(l.duration_s - from_s).max(0.0);
    for times in [&mut l.beats_s, &mut l.downbeats_s] {
        times.retain(|t| inside(*t));
        times.iter_mut().for_each(|t| *t -= from_s);
    }
    let span = |start: &mut f64, end: &mut f64| {
        let shared = *start < to_s && *end > from_s;
        *start = start.max(from_s) - from_s;
        *end = end.min(to_s) - from_s;
        shared
    };
    l.chords.retain_mut(|c| span(&mut c.start_s, &mut c.end_s));
    l.sections.retain_mut(|s| span(&mut s.start_s, &mut s.end_s));
    l.problems.retain_mut(|p| span(&mut p.start_s, &mut p.end_s));
    cut.slices.retain(|s| inside(f64::from(s.at_s)));
    for slice in &mut cut.slices {
        slice.at_s -= from_s as f32;
        slice.bar = slice.bar.saturating_sub(bars_before as u16);
    }
    cut
}
