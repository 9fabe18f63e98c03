//! The balance of a dataset: how its tracks spread over tempo, key, loudness and length.

use crate::studio::checking::{CheckReport, CheckedTrack};

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Beats a minute.
    #[default]
    Tempo,
    /// Key.
    Key,
    /// Integrated loudness.
    Loudness,
    /// Length.
    Length,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tempo, Self::Key, Self::Loudness, Self::Length];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tempo => "tempo",
            Self::Key => "key",
            Self::Loudness => "loudness",
            Self::Length => "length",
        }
    }
}

/// Edges between steps, with the words for each step.
fn steps(measure: Measure) -> (&'static [f64], &'static [&'static str]) {
    match measure {
        Measure::Tempo => (
            &[70.0, 90.0, 110.0, 130.0, 150.0, 170.0],
            &["<70", "70-90", "90-110", "110-130", "130-150", "150-170", ">170"],
        ),
        Measure::Loudness => (
            &[-24.0, -18.0, -14.0, -11.0, -8.0],
            &["<-24", "-24-18", "-18-14", "-14-11", "-11-8", ">-8"],
        ),
        _ => (
            &[10.0, 30.0, 60.0, 120.0, 240.0, 600.0],
            &["<10s", "10-30s", "30-60s", "1-2m", "2-4m", "4-10m", ">10m"],
        ),
    }
}

fn value(track: &CheckedTrack, measure: Measure) -> Option<f64> {
    match measure {
        Measure::Tempo => track.tempo_bpm,
        Measure::Loudness => track.loudness_lufs,
        _ => Some(track.duration_s),
    }
}

/// The lines of a histogram of the tracks that take part: label and count; what has no value last.
pub fn lines(report: &CheckReport, measure: Measure) -> Vec<(String, usize)> {
    let tracks = report.tracks.iter().filter(|t| t.excluded.is_none());
    if measure == Measure::Key {
        let mut keys: Vec<(String, usize)> = Vec::new();
        for track in tracks {
            let key = track.key.clone().unwrap_or_else(|| "none".to_owned());
            match keys.iter_mut().find(|(k, _)| *k == key) {
                Some((_, n)) => *n += 1,
                None => keys.push((key, 1)),
            }
        }
        keys.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        return keys;
    }
    let (edges, names) = steps(measure);
    let mut counts = vec![0; names.len()];
    let mut none = 0;
    for track in tracks {
        match value(track, measure) {
            Some(value) => counts[edges.iter().filter(|e| value >= **e).count()] += 1,
            None => none += 1,
        }
    }
    let mut lines: Vec<(String, usize)> =
        names.iter().map(|n| (*n).to_owned()).zip(counts).collect();
    if none > 0 {
        lines.push(("none".to_owned(), none));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{DatasetName, TrackId};

    #[test]
    fn every_track_is_counted_once() {
        let track = |n: u8, tempo_bpm: Option<f64>, excluded: Option<String>| CheckedTrack {
            track_id: TrackId::from_hash(&[n; 32], 1),
            title: String::new(),
            duration_s: 30.0 * f64::from(n),
            tempo_bpm,
            key: (n > 1).then(|| "A minor".to_owned()),
            loudness_lufs: None,
            excluded,
            problems: Vec::new(),
        };
        let report = CheckReport {
            dataset: DatasetName::slug("d"),
            tracks: vec![
                track(1, Some(70.0), None),
                track(2, None, None),
                track(3, Some(250.0), None),
                track(4, Some(100.0), Some("no".into())),
            ],
            counted: Vec::new(),
            counting: Vec::new(),
            diagnosis: crate::judge::dataset::Diagnosis::default(),
        };
        for measure in Measure::ALL {
            let lines = lines(&report, measure);
            assert_eq!(lines.iter().map(|(_, n)| n).sum::<usize>(), 3, "{measure:?} {lines:?}");
        }
        let tempo = lines(&report, Measure::Tempo);
        assert_eq!((tempo[1].1, tempo[6].1, tempo[7].1), (1, 1, 1));
        assert_eq!(lines(&report, Measure::Key)[0], ("A minor".to_owned(), 2));
    }
}
