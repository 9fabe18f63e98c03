//! How long sound lingers: the slope of free decays after offsets.
//!
//! Must never give a figure where nothing decays freely: it is `None`. What is measured is the
//! decay of the room and of the instruments together: of a dry drum it is the drum's own.

/// Length of a step of the envelope, seconds.
const STEP_S: f64 = 0.01;
/// Bass rings by itself; it stays out. Hz.
const HIGH_PASS_HZ: f64 = 500.0;
/// Part of a decay that is fitted, dB under its start (ISO 3382-1 starts at -5 too).
const FIT_FROM_DB: f32 = 5.0;
const FIT_TO_DB: f32 = 25.0;
/// How much a falling envelope may rise between steps, dB: noise is not smooth.
const RIPPLE_DB: f32 = 2.0;
/// How well a line must fit, as the share of variance it explains.
const FIT: f64 = 0.9;
/// Steps of a fit.
const STEPS_MIN: usize = 5;
/// Decays needed.
const DECAYS_MIN: usize = 5;
/// Levels under this are noise, dBFS.
const LOWEST_DB: f32 = -80.0;
/// Every decay is at least as long as the room's; the shortest are hidden by ripple.
const PERCENTILE: f64 = 0.25;

/// Follows the level of a stream.
pub struct DecayMeter {
    step: usize,
    filled: usize,
    power: f32,
    pole: f32,
    state: [f32; 2],
    levels: Vec<f32>,
}

impl DecayMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let rate = f64::from(rate_hz);
        let pole = 1.0 - (-std::f64::consts::TAU * HIGH_PASS_HZ / rate).exp();
        Self {
            step: ((rate * STEP_S) as usize).max(1),
            filled: 0,
            power: 0.0,
            pole: pole as f32,
            state: [0.0; 2],
            levels: Vec::new(),
        }
    }

    /// Takes planes of equal length.
    pub fn push(&mut self, planes: &[&[f32]]) {
        match planes {
            [left, right, ..] => {
                for (l, r) in left.iter().zip(*right) {
                    self.sample(0.5 * (l + r));
                }
            }
            [one] => one.iter().for_each(|x| self.sample(*x)),
            [] => {}
        }
    }

    fn sample(&mut self, x: f32) {
        self.state[0] += self.pole * (x - self.state[0]);
        let once = x - self.state[0];
        self.state[1] += self.pole * (once - self.state[1]);
        let twice = once - self.state[1];
        self.power += twice * twice;
        self.filled += 1;
        if self.filled == self.step {
            self.levels.push(10.0 * (self.power / self.step as f32 + 1e-12).log10());
            self.power = 0.0;
            self.filled = 0;
        }
    }

    /// Seconds for a fall of 60 dB; `None` where fewer than five decays are free.
    pub fn read(&self) -> Option<f64> {
        let mut found: Vec<f64> = self.decays();
        if found.len() < DECAYS_MIN {
            return None;
        }
        found.sort_by(f64::total_cmp);
        Some(found[(found.len() as f64 * PERCENTILE) as usize])
    }

    fn decays(&self) -> Vec<f64> {
        let levels = &self.levels;
        let mut found = Vec::new();
        let mut at = 0;
        while at + 1 < levels.len() {
            // From here on the level falls: how far does it, without rising again?
            let top = levels[at];
            let mut lowest = top;
            let mut end = at;
            while end + 1 < levels.len()
                && levels[end + 1] < lowest + RIPPLE_DB
                && levels[end + 1] < top
            {
                end += 1;
                lowest = lowest.min(levels[end]);
            }
            if top - lowest > FIT_TO_DB && top - FIT_TO_DB > LOWEST_DB {
                found.extend(fit(&levels[at..=end], top));
                at = end;
            }
            at += 1;
        }
        found
    }
}

/// Seconds for 60 dB of a line through a decay.
fn fit(levels: &[f32], top: f32) -> Option<f64> {
    let from = levels.iter().position(|l| *l < top - FIT_FROM_DB)?;
    let to = levels.iter().position(|l| *l < top - FIT_TO_DB)?;
    let part = levels.get(from..to).filter(|p| p.len() >= STEPS_MIN)?;
    let n = part.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = part.iter().map(|l| f64::from(*l)).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (i, level) in part.iter().enumerate() {
        let (x, y) = (i as f64 - middle, f64::from(*level) - mean);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let explained = xy * xy / (xx * yy).max(1e-9);
    let per_second = -xy / xx / STEP_S;
    (explained > FIT && per_second > 1.0).then(|| 60.0 / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f32 {
        let mixed = (i as u32).wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mixed = ((mixed >> ((mixed >> 28) + 4)) ^ mixed).wrapping_mul(277_803_737);
        (mixed >> 8) as f32 / 16_777_216.0 - 0.5
    }

    fn read(wave: impl Fn(usize) -> f32) -> Option<f64> {
        let plane: Vec<f32> = (0..44_100 * 30).map(wave).collect();
        let mut meter = DecayMeter::new(44_100);
        plane.chunks(5_000).for_each(|b| meter.push(&[b]));
        meter.read()
    }

    #[test]
    fn a_known_decay_is_read_within_a_fifth() {
        for seconds in [0.3f32, 0.8, 1.5] {
            // A burst of noise every two seconds that dies as in a room.
            let found = read(|i| {
                let t = (i % 88_200) as f32 / 44_100.0;
                0.5 * noise(i) * 10f32.powf(-3.0 * (t - 0.2).max(0.0) / seconds)
            });
            let found = found.unwrap();
            assert!((found / f64::from(seconds) - 1.0).abs() < 0.2, "{seconds} {found}");
        }
    }

    #[test]
    fn what_does_not_decay_has_none() {
        assert_eq!(read(|_| 0.0), None);
        assert_eq!(read(|i| 0.3 * noise(i)), None);
        assert_eq!(read(|i| (i as f32 * 0.05).sin()), None);
    }
}
