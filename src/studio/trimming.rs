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
    l.keys.retain_mut(|k| span(&mut k.start_s, &mut k.end_s));
    if let Some(notes) = &mut l.notes {
        notes.retain_mut(|n| span(&mut n.start_s, &mut n.end_s));
    }
    cut.slices.retain(|s| inside(f64::from(s.at_s)));
    for slice in &mut cut.slices {
        slice.at_s -= from_s as f32;
        slice.bar = slice.bar.saturating_sub(bars_before as u16);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::peaks::Peaks;
    use crate::listen::profile::SoundProfile;
    use serde_json::json;

    #[test]
    fn a_stretch_is_heard_as_if_it_were_the_track() {
        let listening = serde_json::from_value(json!({
            "pass": "quick", "duration_s": 60.0, "rate_hz": 44100, "channels": 2,
            "tempo_bpm": 60.0, "tempo_confidence": 0.9,
            "beats_s": (0..60).collect::<Vec<_>>(), "downbeats_s": [0, 4, 8, 12, 16, 20, 24, 28],
            "meter": "4/4", "tuning_cents": 0.0, "key": null, "key_confidence": 0.0,
            "chords": [{ "start_s": 0.0, "end_s": 15.0, "chord": "N" },
                       { "start_s": 15.0, "end_s": 60.0, "chord": "A:min" }],
            "sections": [{ "start_s": 0.0, "end_s": 9.0, "label": "A", "energy": 0.4 },
                         { "start_s": 9.0, "end_s": 60.0, "label": "B", "energy": 0.9 }],
            "loudness_lufs": -14.0, "loudness_range_lu": 5.0, "true_peak_dbtp": -0.5,
            "vocals": null, "notes": [
                { "start_s": 9.5, "end_s": 10.5, "midi": 40, "velocity": 90, "part": "bass" },
                { "start_s": 31.0, "end_s": 32.0, "midi": 45, "velocity": 90, "part": "bass" }],
            "problems": [],
        }));
        let hearing = Hearing {
            listening: listening.unwrap(),
            beat_contrast: 1.0,
            slices: Vec::new(),
            profile: SoundProfile::default(),
            peaks: Peaks { spans: Vec::new() },
        };
        let cut = within(&hearing, (10.0, 30.0)).listening;
        assert_eq!((cut.duration_s, cut.beats_s.len()), (20.0, 20));
        assert_eq!(cut.downbeats_s, [2.0, 6.0, 10.0, 14.0, 18.0]);
        assert_eq!(cut.sections.len(), 1);
        let spans: Vec<(f64, f64)> = cut.chords.iter().map(|c| (c.start_s, c.end_s)).collect();
        assert_eq!(spans, [(0.0, 5.0), (5.0, 20.0)]);
        let notes = cut.notes.unwrap_or_default();
        assert_eq!(notes.len(), 1);
        assert_eq!((notes[0].start_s, notes[0].end_s), (0.0, 0.5));
        assert_eq!(within(&hearing, (0.0, 60.0)), hearing);
    }
}
