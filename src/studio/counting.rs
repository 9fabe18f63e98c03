//! The octave at which the tempi of a dataset's tracks are counted together, applied and said.
//!
//! Must never change a track's record: what it says of itself stays as it was heard.

use super::StudioError;
use super::importing::locate;
use super::local::Inner;
use crate::audio::decode::read_part;
use crate::audio::resample::resample_mono;
use crate::domain::finetune::Recount;
use crate::domain::track::Track;
use crate::listen::octaves::{Count, HeardTempo, counted, decide};
use crate::listen::{Hearing, RATE_HZ};
use crate::store::hearings::Record;
use std::sync::Arc;

/// How each track of a dataset is counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counting {
    titles: Vec<String>,
    tempi: Vec<Option<HeardTempo>>,
    counts: Vec<Count>,
}

impl Counting {
    /// Decides over tracks with their records.
    pub fn of<'a>(heard: impl Iterator<Item = (&'a Track, Arc<Record>)>) -> Self {
        let mut counting = Self::default();
        for (track, record) in heard {
            counting.titles.push(track.title.clone());
            counting.tempi.push(HeardTempo::of(&record.hearing.listening));
        }
        counting.counts = decide(&counting.tempi);
        counting
    }

    /// The decision in words, a line for each way of counting; nothing where all stay as heard.
    pub fn words(&self) -> Vec<String> {
        [Count::Half, Count::Twice]
            .into_iter()
            .filter_map(|count| {
                let titles: Vec<&str> = (0..self.counts.len())
                    .filter(|i| self.counts[*i] == count)
                    .map(|i| self.titles[i].as_str())
                    .collect();
                let (few, are) = match titles.len() {
                    0 => return None,
                    1 => ("one track".to_owned(), "is"),
                    n => (format!("{n} tracks"), "are"),
                };
                let its = if titles.len() == 1 { "its" } else { "their" };
                let how = count.words().replacen("its", its, 1);
                Some(format!(
                    "{few} {are} counted at {how}, nearer to the others: {}",
                    titles.join(", ")
                ))
            })
            .collect()
    }

    /// The decision track by track, those only that are counted otherwise.
    pub fn counted(&self, tracks: &[&Track]) -> Vec<Recount> {
        let each = tracks.iter().zip(&self.tempi).zip(&self.counts);
        each.filter(|(_, count)| **count != Count::AsHeard)
            .filter_map(|((track, tempo), count)| {
                tempo.map(|tempo| Recount {
                    track_id: track.track_id.clone(),
                    heard_bpm: tempo.bpm,
                    counted_bpm: tempo.bpm * count.factor(),
                    confidence: tempo.confidence,
                })
            })
            .collect()
    }

    /// What is learned from a track, the `index`th of those that were decided over.
    pub fn apply(
        &self,
        inner: &Inner,
        index: usize,
        track: &Track,
        record: &Record,
    ) -> Result<Hearing, StudioError> {
        let count = self.counts.get(index).copied().unwrap_or_default();
        if count == Count::AsHeard {
            return Ok(record.hearing.clone());
        }
        let limits = &inner.config.settings.limits;
        let audio = read_part(&locate(inner, track), track.start_s, track.end_s, limits)
            .map_err(|e| StudioError::Listen(e.into()))?;
        let samples = resample_mono(&audio.mono(), audio.rate_hz(), RATE_HZ)
            .map_err(|e| StudioError::Listen(e.into()))?;
        Ok(counted(&record.hearing, count, &samples))
    }
}
