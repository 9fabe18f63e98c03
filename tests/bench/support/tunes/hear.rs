//! From notes or a file to what the judge compares.

use crate::groove::Groove;
use crate::music::{Part, TrueNote, render};
use crate::tune::{Line, NotMeasured, Prepared, Sketch};
use leitmotif::audio::decode::{Damage, StreamInfo};
use leitmotif::domain::limits::Limits;
use leitmotif::domain::listening::{Listening, NoteSpan, Pass};
use leitmotif::domain::work::StopToken;

use leitmotif::listen::{Ear, RATE_HZ, file::listen};
use rustysynth::SoundFont;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::plan::Plan;

/// What is known of a sound.
pub struct Heard {
    pub sketch: Result<Prepared, NotMeasured>,
    pub groove: Option<Groove>,
    /// Tunes of its score, where there is one.
    pub score: Vec<Line>,
    /// Tunes of what was transcribed, where it was.
    pub transcribed: Vec<Line>,
    pub seconds: f64,
    pub sketch_s: f64,
    pub bytes: usize,
}

/// What is kept of a sound that was played.
#[derive(Serialize, Deserialize)]
struct Kept {
    sketch: Result<Sketch, NotMeasured>,
    groove: Option<Groove>,
    transcribed: Vec<Line>,
    seconds: f64,
    sketch_s: f64,
}

impl Kept {
    fn new(mono: &[f32], listening: &Listening) -> Self {
        let start = cpu_s();
        let sketch = Sketch::new(mono, listening);
        Self {
            sketch_s: cpu_s() - start,
            sketch,
            groove: Groove::new(mono, listening).ok(),
            transcribed: listening.notes.as_deref().map_or_else(Vec::new, Line::of_notes),
            seconds: mono.len() as f64 / f64::from(RATE_HZ),
        }
    }

    fn heard(self) -> Heard {
        Heard {
            bytes: self.sketch.as_ref().map_or(0, Sketch::bytes),
            sketch: self.sketch.and_then(|s| Prepared::new(&s)),
            groove: self.groove,
            score: Vec::new(),
            transcribed: self.transcribed,
            seconds: self.seconds,
            sketch_s: self.sketch_s,
        }
    }
}

/// Processor seconds of this thread.
pub fn cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Plays a plan through the bank of this name and listens.
pub fn played(
    plan: &Plan,
    (name, bank): (&str, &Arc<SoundFont>),
    pass: Pass,
    cache: Option<&Path>,
) -> Heard {
    let key = format!(
        "{name} {pass:?} {} {} {:?} {:?} {}",
        leitmotif::listen::VERSION,
        crate::tune::sketch::VERSION,
        plan.notes,
        plan.hits,
        plan.duration_s
    );
    let hash = blake3::hash(key.as_bytes()).to_hex();
    let path = cache.map(|c| c.join(format!("{}.kept", &hash[..24])));
    let known = path.as_ref().and_then(|p| fs::read(p).ok());
    let known = known.and_then(|bytes| postcard::from_bytes::<Kept>(&bytes).ok());
    let kept = known.unwrap_or_else(|| {
        let mono = render::render(bank, &plan.piece(), RATE_HZ);
        let kept = Kept::new(&mono, &listening(&mono, pass));
        if let Some(path) = path {
            fs::write(path, postcard::to_stdvec(&kept).unwrap()).expect("the cache");
        }
        kept
    });
    let mut heard = kept.heard();
    heard.score = Line::of_notes(&spans(&plan.notes));
    heard
}

/// Listens to a mono signal at the analysis rate.
pub fn of_samples(mono: &[f32], pass: Pass) -> Heard {
    Kept::new(mono, &listening(mono, pass)).heard()
}

/// What is heard in a mono signal at the analysis rate.
pub fn listening(mono: &[f32], pass: Pass) -> Listening {
    let info = StreamInfo {
        rate_hz: RATE_HZ,
        channels: 1,
        bits: None,
        frames: None,
        codec: "memory".into(),
    };
    let mut ear = Ear::new(&info, pass).expect("a usual rate");
    ear.push(&[mono]).expect("a usual rate");
    let (hearing, _) = ear.finish(Damage::default(), None).expect("the networks are whole");
    hearing.listening
}

/// Listens to the first `seconds` of a file.
pub fn of_file(path: &Path, seconds: f64, cache: Option<&Path>) -> Option<Heard> {
    let version = (leitmotif::listen::VERSION, crate::tune::sketch::VERSION);
    let key = format!("{} {seconds} {version:?}", path.display());
    let name = blake3::hash(key.as_bytes()).to_hex();
    let place = cache.map(|c| c.join(format!("{}.kept", &name[..24])));
    let known = place.as_ref().and_then(|p| fs::read(p).ok());
    if let Some(kept) = known.and_then(|bytes| postcard::from_bytes::<Kept>(&bytes).ok()) {
        return Some(kept.heard());
    }
    let limits = Limits { track_max_s: seconds, ..Limits::default() };
    let mut first = None;
    let stop = StopToken::default();
    let done = listen(path, &limits, Pass::Quick, &stop, |part, mono| {
        if first.is_none() {
            first = Some((mono, part.hearing.listening));
        }
        // The rest is not wanted.
        stop.stop();
    });
    if first.is_none() {
        println!("{} is left out: {:?}", path.display(), done.err());
    }
    let (mono, listening) = first?;
    let kept = Kept::new(&mono, &listening);
    if let Some(place) = place {
        fs::write(place, postcard::to_stdvec(&kept).unwrap()).expect("the cache");
    }
    Some(kept.heard())
}

/// True notes as the judge reads notes.
pub fn spans(notes: &[TrueNote]) -> Vec<NoteSpan> {
    let span = |n: &TrueNote| NoteSpan {
        start_s: n.start_s,
        end_s: n.end_s,
        midi: n.midi,
        velocity: n.velocity,
        part: match n.part {
            Part::Bass => "bass",
            Part::Lead => "lead",
            Part::Harmony => "harmony",
        }
        .to_owned(),
    };
    notes.iter().map(span).collect()
}
