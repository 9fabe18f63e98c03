//! Defects put into clean sound at a strength, and where they were put.
//!
//! Each says its unit and three strengths; the second is the one the recall is promised at, so that
//! the first shows where a check gives out.

use leitmotif::audio::Audio;
use leitmotif::audio::loudness::measure;
use leitmotif::domain::listening::ProblemKind;
use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::quality::Figures;
use std::f64::consts::TAU;

/// Where a defect lies, seconds; `None` for the whole sound.
pub type Place = Option<(f64, f64)>;

/// A kind of defect.
pub struct Defect {
    /// What the check calls it.
    pub kind: ProblemKind,
    /// What the strengths are.
    pub unit: &'static str,
    /// Weak, promised, strong.
    pub strengths: [f64; 3],
    /// Puts it in.
    pub inject: fn(&mut Audio, f64, &mut Dice) -> Place,
    /// The figure that its check decides by, for tuning.
    pub value: fn(&Figures) -> Option<f64>,
}

/// All of them.
pub const DEFECTS: [Defect; 16] = [
    Defect {
        kind: ProblemKind::Clipping,
        unit: "ms a minute over a ceiling at -3 dBFS",
        strengths: [3.0, 20.0, 100.0],
        inject: clipping,
        value: |f| Some(f.clipping.ms_per_minute),
    },
    Defect {
        kind: ProblemKind::TruePeak,
        unit: "dBTP",
        strengths: [0.1, 0.5, 1.5],
        inject: |audio, db, _| {
            let peak = measure(audio).true_peak_dbtp.unwrap_or(0.0);
            audio.scale(10f64.powf((db - peak) / 20.0) as f32);
            None
        },
        value: |f| f.reading.true_peak_dbtp,
    },
    Defect {
        kind: ProblemKind::Silence,
        unit: "s at an end",
        strengths: [2.1, 3.0, 6.0],
        inject: silence,
        value: |f| f.silence.spans.iter().map(|s| s.1 - s.0).reduce(f64::max),
    },
    Defect {
        kind: ProblemKind::Dropout,
        unit: "ms, twice, in loud passages",
        strengths: [12.0, 25.0, 200.0],
        inject: dropout,
        value: |f| Some(f.gaps.spans.len() as f64),
    },
    Defect {
        kind: ProblemKind::Cut,
        unit: "ms of fade left at the end",
        strengths: [1.0, 0.3, 0.0],
        inject: cut,
        value: |f| f.cuts.stop.map(f64::from),
    },
    Defect {
        kind: ProblemKind::Mono,
        unit: "dB, side over middle",
        strengths: [-42.0, -50.0, -90.0],
        inject: |audio, db, _| {
            let (mid, side) = sides(audio);
            let gain = 10f64.powf(db / 20.0) as f32 * (rms(&mid) / rms(&side).max(1e-9));
            mix(audio, &mid, &side, gain);
            None
        },
        value: |f| f.stereo.as_ref().map(|s| -s.side_db),
    },
    Defect {
        kind: ProblemKind::Lopsided,
        unit: "dB taken from a channel",
        strengths: [10.0, 20.0, 200.0],
        inject: |audio, db, dice| {
            let quiet = dice.below(2);
            let gain = 10f64.powf(-db / 20.0) as f32;
            if let Some(plane) = audio.planes_mut().nth(quiet) {
                plane.iter_mut().for_each(|x| *x *= gain);
            }
            None
        },
        value: |f| f.stereo.as_ref().map(|s| s.balance_db.abs()),
    },
    Defect {
        kind: ProblemKind::OutOfPhase,
        unit: "dB taken from the sides, then one channel turned over",
        strengths: [0.0, 6.0, 12.0],
        inject: |audio, db, _| {
            let (mid, side) = sides(audio);
            mix(audio, &mid, &side, 10f64.powf(-db / 20.0) as f32);
            if let Some(plane) = audio.planes_mut().nth(1) {
                plane.iter_mut().for_each(|x| *x = -*x);
            }
            None
        },
        value: |f| f.stereo.as_ref().and_then(|s| s.correlation).map(|c| -c),
    },
    Defect {
        kind: ProblemKind::DcOffset,
        unit: "of full scale, throughout",
        strengths: [0.006, 0.01, 0.03],
        inject: |audio, mean, _| {
            audio.planes_mut().for_each(|p| p.iter_mut().for_each(|x| *x += mean as f32));
            None
        },
        value: |f| Some(f.offset.means.iter().fold(0f64, |m, x| m.max(x.abs()))),
    },
    Defect {
        kind: ProblemKind::DcOffset,
        unit: "of full scale, 5 s of it",
        strengths: [0.022, 0.03, 0.06],
        inject: |audio, mean, dice| {
            let rate = f64::from(audio.rate_hz());
            let start = 1.0 + dice.below(10) as f64;
            let span = (start * rate) as usize..((start + 5.0) * rate) as usize;
            audio
                .planes_mut()
                .for_each(|p| p[span.clone()].iter_mut().for_each(|x| *x += mean as f32));
            None
        },
        value: |f| f.offset.stretch.map(|s| s.2.abs()),
    },
    Defect {
        kind: ProblemKind::Quiet,
        unit: "LUFS",
        strengths: [-31.0, -35.0, -45.0],
        inject: |audio, lufs, _| {
            let now = measure(audio).integrated_lufs.unwrap_or(lufs);
            audio.scale(10f64.powf((lufs - now) / 20.0) as f32);
            None
        },
        value: |f| f.reading.integrated_lufs.map(|l| -l),
    },
    Defect {
        kind: ProblemKind::Crushed,
        unit: "dB from loudness to peak",
        strengths: [5.5, 5.0, 4.0],
        inject: crushed,
        value: |f| Some(f.reading.integrated_lufs? - f.reading.true_peak_dbtp?),
    },
    Defect {
        kind: ProblemKind::Noise,
        unit: "dBFS of white noise, music with a pause of 2 s",
        strengths: [-57.0, -52.0, -44.0],
        inject: noise,
        value: |f| f.noise.map(|n| n.flatness),
    },
    Defect {
        kind: ProblemKind::Hum,
        unit: "dBFS of mains and three multiples",
        strengths: [-40.0, -32.0, -26.0],
        inject: hum,
        value: |f| f.hum.map(|h| h.over_db),
    },
    Defect {
        kind: ProblemKind::Clicks,
        unit: "dBFS, 12 clicks of one to three samples",
        strengths: [-18.0, -12.0, -6.0],
        inject: clicks,
        value: |f| Some(f.clicks.at_s.len() as f64),
    },
    Defect {
        kind: ProblemKind::LikelyLossy,
        unit: "kHz, low-pass",
        strengths: [18.8, 17.4, 16.0],
        inject: |audio, khz, _| {
            low_pass(audio, khz * 1000.0);
            None
        },
        value: |f| f.wall.map(|w| w.fall_db),
    },
];

fn rms(x: &[f32]) -> f32 {
    (x.iter().map(|x| f64::from(x * x)).sum::<f64>() / x.len().max(1) as f64).sqrt() as f32
}

fn sides(audio: &Audio) -> (Vec<f32>, Vec<f32>) {
    let pairs = audio.channel(0).iter().zip(audio.channel(1));
    pairs.map(|(l, r)| (0.5 * (l + r), 0.5 * (l - r))).unzip()
}

fn mix(audio: &mut Audio, mid: &[f32], side: &[f32], gain: f32) {
    for (sign, plane) in [1.0, -1.0].into_iter().zip(audio.planes_mut()) {
        for (x, (m, s)) in plane.iter_mut().zip(mid.iter().zip(side)) {
            *x = m + sign * gain * s;
        }
    }
}

/// Lowers the ceiling until so many milliseconds a minute of the louder channel lie over it, and
/// brings the ceiling to -3 dBFS.
fn clipping(audio: &mut Audio, ms: f64, _: &mut Dice) -> Place {
    let over = (ms / 60_000.0 * audio.frames() as f64) as usize;
    let ceilings = audio.planes().iter().map(|plane| {
        let mut sorted: Vec<f32> = plane.iter().map(|x| x.abs()).collect();
        sorted.sort_by(f32::total_cmp);
        sorted[sorted.len() - 1 - over]
    });
    let ceiling = ceilings.fold(0.0, f32::max);
    audio.scale(0.708 / ceiling);
    audio.planes_mut().for_each(|p| p.iter_mut().for_each(|x| *x = x.clamp(-0.708, 0.708)));
    None
}

fn silence(audio: &mut Audio, seconds: f64, dice: &mut Dice) -> Place {
    let empty = vec![0f32; (seconds * f64::from(audio.rate_hz())) as usize];
    let at_start = dice.below(2) == 0;
    let length = audio.duration_s();
    let join = |plane: &Vec<f32>| {
        if at_start {
            [empty.as_slice(), plane].concat()
        } else {
            [plane, empty.as_slice()].concat()
        }
    };
    *audio = Audio::new(audio.rate_hz(), audio.planes().iter().map(join).collect());
    Some(if at_start { (0.0, seconds) } else { (length, length + seconds) })
}

/// A place where 60 ms before and after are louder than -26 dBFS.
fn loud_place(audio: &Audio, length: usize, dice: &mut Dice) -> Option<usize> {
    let around = (0.06 * f64::from(audio.rate_hz())) as usize;
    (0..400).find_map(|_| {
        let at = around + dice.below(audio.frames() - 2 * around - length);
        let loud = |from: usize| {
            audio.planes().iter().map(|p| rms(&p[from..from + around])).fold(0.0, f32::max) > 0.05
        };
        (loud(at - around) && loud(at + length)).then_some(at)
    })
}

fn dropout(audio: &mut Audio, ms: f64, dice: &mut Dice) -> Place {
    let length = (ms / 1000.0 * f64::from(audio.rate_hz())) as usize;
    let mut place = None;
    for _ in 0..2 {
        if let Some(at) = loud_place(audio, length, dice) {
            audio.planes_mut().for_each(|p| p[at..at + length].fill(0.0));
            let at_s = at as f64 / f64::from(audio.rate_hz());
            place = Some((at_s, at_s + ms / 1000.0));
        }
    }
    place
}

fn cut(audio: &mut Audio, ms: f64, dice: &mut Dice) -> Place {
    let rate = f64::from(audio.rate_hz());
    let at = loud_place(audio, 0, dice).unwrap_or(audio.frames() / 2).max((8.0 * rate) as usize);
    let fade = (ms / 1000.0 * rate) as usize;
    let planes = audio.planes().iter().map(|p| {
        let mut plane = p[..at].to_vec();
        for i in 0..fade {
            plane[at - 1 - i] *= i as f32 / fade as f32;
        }
        plane
    });
    *audio = Audio::new(audio.rate_hz(), planes.collect());
    let end = audio.duration_s();
    Some((end - 0.01, end))
}

/// Drives the sound into a soft ceiling until its loudness comes near its peak.
fn crushed(audio: &mut Audio, target: f64, _: &mut Dice) -> Place {
    let drive = |audio: &mut Audio, drive: f32| {
        audio.scale(drive / audio.peak().max(1e-6));
        audio.planes_mut().for_each(|p| p.iter_mut().for_each(|x| *x = 0.85 * x.tanh()));
    };
    // A few seconds of it tell how far to go.
    let from = audio.frames() / 3;
    let part = audio.planes().iter().map(|p| p[from..from + p.len() / 4].to_vec()).collect();
    let part = Audio::new(audio.rate_hz(), part);
    let near = |gain: f32| {
        let mut tried = part.clone();
        drive(&mut tried, gain);
        let read = measure(&tried);
        read.integrated_lufs.zip(read.true_peak_dbtp).is_none_or(|(l, p)| p - l <= target)
    };
    let gain = (1..16).map(|n| 1.35f32.powi(n)).find(|g| near(*g)).unwrap_or(100.0);
    drive(audio, gain);
    None
}

/// A pause such as music makes: a fade of 80 ms, two seconds, a start.
pub fn pause(audio: &mut Audio) {
    let rate = f64::from(audio.rate_hz());
    let (from, to) = ((9.0 * rate) as usize, (11.0 * rate) as usize);
    let fade = (0.08 * rate) as usize;
    for plane in audio.planes_mut() {
        let end = to.min(plane.len());
        for (i, x) in plane[from.min(end)..end].iter_mut().enumerate() {
            *x *= (1.0 - i as f32 / fade as f32).max(0.0);
        }
    }
}

fn noise(audio: &mut Audio, db: f64, dice: &mut Dice) -> Place {
    pause(audio);
    // Uniform noise has a third of its square's range as power.
    let level = 10f64.powf(db / 20.0) * 3f64.sqrt();
    for plane in audio.planes_mut() {
        plane.iter_mut().for_each(|x| *x += (level * (2.0 * dice.unit() - 1.0)) as f32);
    }
    None
}

fn hum(audio: &mut Audio, db: f64, dice: &mut Dice) -> Place {
    let mains = [50.0, 60.0][dice.below(2)] + 0.1 * (dice.unit() - 0.5);
    let weights = [1.0, 0.6, 0.45, 0.3];
    let power: f64 = weights.iter().map(|w: &f64| w * w / 2.0).sum();
    let level = 10f64.powf(db / 20.0) / power.sqrt();
    let rate = f64::from(audio.rate_hz());
    for plane in audio.planes_mut() {
        for (i, x) in plane.iter_mut().enumerate() {
            let t = i as f64 / rate;
            let sum: f64 = weights
                .iter()
                .enumerate()
                .map(|(n, w)| w * (TAU * mains * (n + 1) as f64 * t + n as f64).sin())
                .sum();
            *x += (level * sum) as f32;
        }
    }
    None
}

fn clicks(audio: &mut Audio, db: f64, dice: &mut Dice) -> Place {
    let level = 10f64.powf(db / 20.0) as f32;
    let frames = audio.frames();
    for n in 0..12 {
        let at = frames / 14 * (n + 1) + dice.below(frames / 30);
        let (length, sign) = (1 + n % 3, if n % 2 == 0 { level } else { -level });
        audio.planes_mut().for_each(|p| p[at..at + length].iter_mut().for_each(|x| *x += sign));
    }
    None
}

/// A windowed sinc of 401 taps: 250 Hz from pass to stop.
pub fn low_pass(audio: &mut Audio, hz: f64) {
    let half = 200i32;
    let share = hz / f64::from(audio.rate_hz());
    let taps: Vec<f32> = (-half..=half)
        .map(|i| {
            let x = f64::from(i);
            let sinc = if i == 0 { 2.0 * share } else { (TAU * share * x).sin() / (TAU / 2.0 * x) };
            let phase = TAU / 2.0 * (x / f64::from(half) + 1.0);
            (sinc * (0.42 - 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())) as f32
        })
        .collect();
    for plane in audio.planes_mut() {
        let padded = [&vec![0.0; half as usize][..], plane, &vec![0.0; half as usize]].concat();
        for (x, around) in plane.iter_mut().zip(padded.windows(taps.len())) {
            *x = around
                .chunks(16)
                .zip(taps.chunks(16))
                .map(|(a, t)| a.iter().zip(t).map(|(a, t)| a * t).sum::<f32>())
                .sum();
        }
    }
}
