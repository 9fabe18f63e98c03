//! Training a small network: cross-entropy, all examples at once, Adam (Kingma & Ba 2015).
//!
//! Nothing is drawn here: the first weights come in as an argument, and sums run in order, so that
//! the same examples give the same weights.

use super::dense::{Dense, logistic};

/// An example: inputs, the truth (0 or 1), and how much it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Example<const N: usize> {
    /// Inputs.
    pub inputs: [f32; N],
    /// The truth.
    pub truth: bool,
    /// Weight in the sum.
    pub weight: f32,
}

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Hidden units.
    pub hidden: usize,
    /// Passes over the examples.
    pub steps: usize,
    /// Step size of Adam.
    pub rate: f32,
    /// Weight of the squared weights in the loss.
    pub decay: f32,
}

/// Trains a network. `first` gives numbers around 0 with deviation 1, in a fixed order.
pub fn fit<const N: usize>(
    examples: &[Example<N>],
    settings: Settings,
    mut first: impl FnMut() -> f32,
) -> Dense<N> {
    let (mean, spread) = scales(examples);
    let reach = (1.0 / N as f32).sqrt();
    let mut net = Dense {
        mean,
        spread,
        inner: (0..settings.hidden).map(|_| std::array::from_fn(|_| first() * reach)).collect(),
        bias: vec![0.0; settings.hidden],
        outer: (0..settings.hidden).map(|_| 0.1 * first()).collect(),
        rest: 0.0,
    };
    let scaled: Vec<[f32; N]> = examples.iter().map(|e| net.scaled(&e.inputs)).collect();
    let mut adam = Adam::new(settings.hidden * (N + 2) + 1, settings.rate);
    for _ in 0..settings.steps {
        let gradient = gradient(&net, examples, &scaled, settings.decay);
        adam.step(&mut net, &gradient);
    }
    net
}

/// Mean cross-entropy of a network on examples, in nats.
pub fn loss<const N: usize>(net: &Dense<N>, examples: &[Example<N>]) -> f32 {
    let total: f32 = examples.iter().map(|e| e.weight).sum();
    let sum: f32 = examples
        .iter()
        .map(|e| {
            let p = net.probability(&e.inputs).clamp(1e-6, 1.0 - 1e-6);
            -e.weight * if e.truth { p.ln() } else { (1.0 - p).ln() }
        })
        .sum();
    sum / total.max(1e-6)
}

fn scales<const N: usize>(examples: &[Example<N>]) -> ([f32; N], [f32; N]) {
    let count = examples.len().max(1) as f32;
    let mean: [f32; N] =
        std::array::from_fn(|i| examples.iter().map(|e| e.inputs[i]).sum::<f32>() / count);
    let spread = std::array::from_fn(|i| {
        let power: f32 = examples.iter().map(|e| (e.inputs[i] - mean[i]).powi(2)).sum();
        (power / count).sqrt().max(1e-3)
    });
    (mean, spread)
}

/// Gradient of the loss, laid out as [`parameters`] is: inner, bias, outer, rest.
fn gradient<const N: usize>(
    net: &Dense<N>,
    examples: &[Example<N>],
    scaled: &[[f32; N]],
    decay: f32,
) -> Vec<f32> {
    let units = net.outer.len();
    let mut sums = vec![0f32; units * (N + 2) + 1];
    let total: f32 = examples.iter().map(|e| e.weight).sum::<f32>().max(1e-6);
    for (example, x) in examples.iter().zip(scaled) {
        let hidden = net.hidden(x);
        let truth = if example.truth { 1.0 } else { 0.0 };
        let error = example.weight / total * (logistic(net.output(&hidden)) - truth);
        for unit in 0..units {
            let back = error * net.outer[unit] * (1.0 - hidden[unit] * hidden[unit]);
            for (i, value) in x.iter().enumerate() {
                sums[unit * N + i] += back * value;
            }
            sums[units * N + unit] += back;
            sums[units * (N + 1) + unit] += error * hidden[unit];
        }
        sums[units * (N + 2)] += error;
    }
    for (sum, weight) in sums.iter_mut().zip(net.inner.iter().flatten()) {
        *sum += decay * weight;
    }
    for (sum, weight) in sums[units * (N + 1)..].iter_mut().zip(&net.outer) {
        *sum += decay * weight;
    }
    sums
}

struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    step: i32,
    rate: f32,
}

impl Adam {
    fn new(parameters: usize, rate: f32) -> Self {
        Self { first: vec![0.0; parameters], second: vec![0.0; parameters], step: 0, rate }
    }

    fn step<const N: usize>(&mut self, net: &mut Dense<N>, gradient: &[f32]) {
        const KEEP: (f32, f32) = (0.9, 0.999);
        self.step += 1;
        let (a, b) = (1.0 - KEEP.0.powi(self.step), 1.0 - KEEP.1.powi(self.step));
        for (at, parameter) in parameters(net).enumerate() {
            let g = gradient[at];
            self.first[at] = KEEP.0 * self.first[at] + (1.0 - KEEP.0) * g;
            self.second[at] = KEEP.1 * self.second[at] + (1.0 - KEEP.1) * g * g;
            let step = (self.first[at] / a) / ((self.second[at] / b).sqrt() + 1e-8);
            *parameter -= self.rate * step;
        }
    }
}

/// All parameters: inner, bias, outer, rest.
fn parameters<const N: usize>(net: &mut Dense<N>) -> impl Iterator<Item = &mut f32> {
    net.inner
        .iter_mut()
        .flatten()
        .chain(&mut net.bias)
        .chain(&mut net.outer)
        .chain(std::iter::once(&mut net.rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { hidden: 6, steps: 600, rate: 0.03, decay: 1e-5 };

    fn numbers() -> impl FnMut() -> f32 {
        let mut state = 9u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        }
    }

    /// True where exactly one input is positive: no straight line tells it.
    fn either() -> Vec<Example<2>> {
        let mut next = numbers();
        (0..200)
            .map(|_| {
                let inputs = [next(), next()];
                Example { inputs, truth: (inputs[0] > 0.0) != (inputs[1] > 0.0), weight: 1.0 }
            })
            .collect()
    }

    #[test]
    fn what_no_line_can_tell_is_learned() {
        let examples = either();
        let net = fit(&examples, SETTINGS, numbers());
        let right =
            examples.iter().filter(|e| (net.probability(&e.inputs) > 0.5) == e.truth).count();
        assert!(right > 190, "{right} of 200");
        assert!(loss(&net, &examples) < 0.2);
        assert_eq!(net, fit(&examples, SETTINGS, numbers()));
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let examples = either();
        let net = fit(&examples, Settings { steps: 3, ..SETTINGS }, numbers());
        let scaled: Vec<[f32; 2]> = examples.iter().map(|e| net.scaled(&e.inputs)).collect();
        let slope = gradient(&net, &examples, &scaled, 0.0);
        for (at, expected) in slope.iter().enumerate() {
            let moved = |by: f32| {
                let mut other = net.clone();
                if let Some(p) = parameters(&mut other).nth(at) {
                    *p += by;
                }
                loss(&other, &examples)
            };
            let found = (moved(0.01) - moved(-0.01)) / 0.02;
            assert!((found - expected).abs() < 2e-3, "{at}: {found} against {expected}");
        }
    }
}
