//! Stereo width in three bands, as the style ranks use it.
//!
//! Must never change without a new version of the ranks: what is shown to people is in
//! [`super::super::production`].

/// Mid and side power split at 250 Hz and 4 kHz by one-pole filters.
pub struct WidthMeter {
    coefficients: [f32; 2],
    state: [[f32; 2]; 2],
    power: [[f64; 3]; 2],
}

impl WidthMeter {
    /// For a stream at this rate.
    pub fn new(rate_hz: u32) -> Self {
        let pole =
            |hz: f64| (1.0 - (-std::f64::consts::TAU * hz / f64::from(rate_hz)).exp()) as f32;
        Self {
            coefficients: [pole(250.0), pole(4_000.0)],
            state: [[0.0; 2]; 2],
            power: [[0.0; 3]; 2],
        }
    }

    /// Takes two channels of equal length.
    pub fn push_planes(&mut self, left: &[f32], right: &[f32]) {
        for (l, r) in left.iter().zip(right) {
            self.push(*l, *r);
        }
    }

    fn push(&mut self, left: f32, right: f32) {
        for (which, x) in [0.5 * (left + right), 0.5 * (left - right)].into_iter().enumerate() {
            let state = &mut self.state[which];
            state[0] += self.coefficients[0] * (x - state[0]);
            state[1] += self.coefficients[1] * (x - state[1]);
            let bands = [state[0], state[1] - state[0], x - state[1]];
            for (power, band) in self.power[which].iter_mut().zip(bands) {
                *power += f64::from(band * band);
            }
        }
    }

    /// Side over mid power in three bands, dB, from -60.
    pub fn read(&self) -> [f32; 3] {
        std::array::from_fn(|band| {
            let ratio = self.power[1][band] / self.power[0][band].max(1e-12);
            (10.0 * ratio.max(1e-6).log10()).clamp(-60.0, 20.0) as f32
        })
    }
}
