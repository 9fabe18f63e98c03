//! Another tone for levels that were made already: a gain for each band along a smooth curve, so that
//! no drum and no instrument is known by the tone of the few banks that there are.

use leitmotif::engine::resident::dice::Dice;
use leitmotif::listen::spectra::CEILING;
use leitmotif::nn::maps::Maps;

/// Bands where the curve is drawn; between them it runs straight.
const KNOTS: usize = 6;

/// A gain for each band.
pub struct Shade(Vec<f32>);

impl Shade {
    /// A curve whose points lie around 0 dB, `nepers` apart (1 neper is 8.7 dB).
    pub fn drawn(bands: usize, nepers: f64, dice: &mut Dice) -> Self {
        if nepers == 0.0 {
            return Self(Vec::new());
        }
        let knots: [f64; KNOTS] = std::array::from_fn(|_| nepers * dice.normal());
        let whole = 0.5 * nepers * dice.normal();
        let gain = |band: usize| {
            let place = band as f64 * (KNOTS - 1) as f64 / (bands - 1) as f64;
            let at = (place as usize).min(KNOTS - 2);
            let part = place - at as f64;
            (whole + knots[at] * (1.0 - part) + knots[at + 1] * part).exp() as f32
        };
        Self((0..bands).map(gain).collect())
    }

    /// Changes levels, which are ln(1 + amplitude): bands are rows, or channels of one row.
    pub fn over(&self, maps: &mut Maps) {
        for (band, gain) in self.0.iter().enumerate() {
            let rows = if maps.rows() == 1 { vec![(band, 0)] } else { pitches(maps, band) };
            for (channel, row) in rows {
                for x in maps.row_mut(channel, row) {
                    *x = (gain * x.exp_m1()).ln_1p().min(CEILING);
                }
            }
        }
    }
}

/// A pitch in every channel.
fn pitches(maps: &Maps, row: usize) -> Vec<(usize, usize)> {
    (0..maps.channels()).map(|channel| (channel, row)).collect()
}
