//! Another tone for mel levels that were made already: a gain for each band along a smooth curve, so
//! that no drum is known by the tone of the few banks that there are.

use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::spectra::CEILING;
use leitmotif::nn::maps::Maps;
use leitmotif::nn::strokes::MEL;

/// Bands where the curve is drawn; between them it runs straight.
const KNOTS: usize = 6;

/// A gain for each mel band.
pub struct Shade(Option<[f32; MEL]>);

impl Shade {
    /// A curve whose points lie around 0 dB, `nepers` apart (1 neper is 8.7 dB).
    pub fn drawn(nepers: f64, dice: &mut Dice) -> Self {
        if nepers == 0.0 {
            return Self(None);
        }
        let knots: [f64; KNOTS] = std::array::from_fn(|_| nepers * dice.normal());
        let whole = 0.5 * nepers * dice.normal();
        Self(Some(std::array::from_fn(|band| {
            let place = band as f64 * (KNOTS - 1) as f64 / (MEL - 1) as f64;
            let at = (place as usize).min(KNOTS - 2);
            let part = place - at as f64;
            (whole + knots[at] * (1.0 - part) + knots[at + 1] * part).exp() as f32
        })))
    }

    /// Changes levels, which are ln(1 + amplitude).
    pub fn over(&self, maps: &mut Maps) {
        let Some(gains) = &self.0 else { return };
        for (band, gain) in gains.iter().enumerate() {
            for x in maps.row_mut(band, 0) {
                *x = (gain * x.exp_m1()).ln_1p().min(CEILING);
            }
        }
    }
}
