//! Teaching a stack: gradients of a loss by going back through the layers, and Adam (Kingma & Ba
//! 2015).
//!
//! Nothing is drawn here, and sums run in order: the same lessons give the same weights, whatever
//! the number of threads.

use super::conv::{BLOCK, Conv, Shape, Tap, sources};
use super::maps::Maps;
use super::stack::{LEAK, Stack};

/// Gradient of a loss by every weight, layer by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// `[layer]`: weights, then biases, in the order of [`Conv`].
    layers: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Gradient {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.layers.iter_mut().zip(&other.layers) {
            own.0.iter_mut().zip(&more.0).for_each(|(a, b)| *a += b);
            own.1.iter_mut().zip(&more.1).for_each(|(a, b)| *a += b);
        }
    }

    fn values(&self) -> impl Iterator<Item = f32> + '_ {
        self.layers.iter().flat_map(|(w, b)| w.iter().chain(b)).copied()
    }
}

/// Runs a stack forwards, lets `judge` turn its outputs into the gradient by them (in place; it
/// returns the loss), and runs back.
pub fn lesson(stack: &Stack, input: Maps, judge: impl FnOnce(&mut Maps) -> f64) -> (f64, Gradient) {
    // What each layer read; the values after a rectifier tell where it bent.
    let mut read = vec![input];
    for layer in &stack.layers {
        let out = layer.run(&read[read.len() - 1]);
        read.push(out);
    }
    let mut back = read.pop().unwrap_or_default();
    let loss = judge(&mut back);
    let mut layers = Vec::with_capacity(stack.layers.len());
    let mut after: Option<Maps> = None;
    for (i, layer) in stack.layers.iter().enumerate().rev() {
        let input = &read[i];
        let carried = layer.carries.then(|| back.clone());
        if layer.bends {
            unbend(&mut back, after.as_ref(), if layer.carries { Some(input) } else { None });
        }
        layers.push(by_weights(&layer.conv, input, &back));
        if i > 0 {
            let mut next = turned(&layer.conv, input.rows()).run(&back, input.pad());
            if let Some(carried) = carried {
                next.values_mut().iter_mut().zip(carried.values()).for_each(|(n, c)| *n += c);
            }
            back = next;
        }
        after = read.pop();
    }
    layers.reverse();
    (loss, Gradient { layers })
}

/// Takes the rectifier's slope into a gradient. `after` is what the layer wrote; what it carried
/// over is taken out again to see on which side it bent.
fn unbend(back: &mut Maps, after: Option<&Maps>, carried: Option<&Maps>) {
    let Some(after) = after else { return };
    match carried {
        None => {
            for (b, a) in back.values_mut().iter_mut().zip(after.values()) {
                *b *= if *a > 0.0 { 1.0 } else { LEAK };
            }
        }
        Some(carried) => {
            let sides = after.values().iter().zip(carried.values());
            for (b, (a, c)) in back.values_mut().iter_mut().zip(sides) {
                *b *= if a - c > 0.0 { 1.0 } else { LEAK };
            }
        }
    }
}

/// The layer that runs a gradient back from what was written to what was read.
fn turned(conv: &Conv, rows: usize) -> Conv {
    let Shape { inputs, outputs, ref taps, .. } = conv.shape;
    let back = |t: &Tap| Tap { frames: -t.frames, rows: -t.rows };
    let mut weights = Vec::with_capacity(conv.weights.len());
    for input in 0..inputs {
        for tap in 0..taps.len() {
            for output in 0..outputs {
                weights.push(conv.weights[(output * taps.len() + tap) * inputs + input]);
            }
        }
    }
    let shape =
        Shape { inputs: outputs, outputs: inputs, rows, taps: taps.iter().map(back).collect() };
    Conv { shape, weights, bias: vec![0.0; inputs] }
}

/// Gradient by weights and biases: correlations of what was read with the gradient by what was
/// written.
fn by_weights(conv: &Conv, input: &Maps, back: &Maps) -> (Vec<f32>, Vec<f32>) {
    let Shape { inputs, outputs, ref taps, rows } = conv.shape;
    let mut weights = vec![0.0; conv.weights.len()];
    let (values, channel) = (input.values(), input.channel_stride());
    let (errors, error_channel) = (back.values(), back.channel_stride());
    let frames = input.frames().div_ceil(BLOCK) * BLOCK;
    let sources: Vec<Vec<Option<usize>>> = (0..rows).map(|r| sources(input, taps, r)).collect();
    for first in (0..outputs).step_by(2) {
        for tap in 0..taps.len() {
            for i in (0..inputs).step_by(2) {
                // Beyond the last, the last again: computed twice and written once.
                let (second, j) = ((first + 1).min(outputs - 1), (i + 1).min(inputs - 1));
                let mut sums = [[0f32; BLOCK]; 4];
                for (row, sources) in sources.iter().enumerate() {
                    let Some(source) = sources[tap] else { continue };
                    let x = |i: usize| &values[source + i * channel..][..frames];
                    let to = row * back.stride() + back.pad();
                    let e = |o: usize| &errors[to + o * error_channel..][..frames];
                    correlate(x(i), x(j), e(first), e(second), &mut sums);
                }
                let mut put = |o: usize, i: usize, sums: &[f32; BLOCK]| {
                    weights[(o * taps.len() + tap) * inputs + i] = sums.iter().sum();
                };
                put(first, i, &sums[0]);
                put(first, j, &sums[1]);
                put(second, i, &sums[2]);
                put(second, j, &sums[3]);
            }
        }
    }
    let sum = |o: usize| (0..rows).map(|r| back.row(o, r).iter().sum::<f32>()).sum();
    (weights, (0..outputs).map(sum).collect())
}

/// Adds the products of two inputs with two errors, frame by frame, each to a block of sums.
#[inline(never)]
fn correlate(x: &[f32], y: &[f32], e: &[f32], f: &[f32], sums: &mut [[f32; BLOCK]; 4]) {
    let [mut xe, mut ye, mut xf, mut yf] = *sums;
    let blocks = |v: &'_ [f32]| v.as_chunks::<BLOCK>().0.len();
    let n = blocks(x);
    let (x, y) = (&x.as_chunks::<BLOCK>().0[..n], &y.as_chunks::<BLOCK>().0[..n]);
    let (e, f) = (&e.as_chunks::<BLOCK>().0[..n], &f.as_chunks::<BLOCK>().0[..n]);
    for t in 0..n {
        for k in 0..BLOCK {
            xe[k] += x[t][k] * e[t][k];
            ye[k] += y[t][k] * e[t][k];
            xf[k] += x[t][k] * f[t][k];
            yf[k] += y[t][k] * f[t][k];
        }
    }
    *sums = [xe, ye, xf, yf];
}

/// Adam's memory of past gradients.
pub struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl Adam {
    /// For the weights of a stack.
    pub fn new(stack: &Stack) -> Self {
        let count = stack.layers.iter().map(|l| l.conv.weights.len() + l.conv.bias.len()).sum();
        Self { first: vec![0.0; count], second: vec![0.0; count], steps: 0 }
    }

    /// One step of size `rate`; `decay` draws weights (not biases) towards 0 (Loshchilov & Hutter
    /// 2019).
    pub fn step(&mut self, stack: &mut Stack, gradient: &Gradient, rate: f32, decay: f32) {
        const MOMENTUM: f32 = 0.9;
        const MEMORY: f32 = 0.999;
        self.steps += 1;
        let (lift, spread) = (1.0 - MOMENTUM.powi(self.steps), 1.0 - MEMORY.powi(self.steps));
        let mut gradients = gradient.values();
        let mut at = 0;
        for layer in &mut stack.layers {
            let weights = layer.conv.weights.iter_mut().map(|w| (w, decay));
            let biases = layer.conv.bias.iter_mut().map(|b| (b, 0.0));
            for ((weight, decay), g) in weights.chain(biases).zip(&mut gradients) {
                let (m, v) = (&mut self.first[at], &mut self.second[at]);
                *m = MOMENTUM * *m + (1.0 - MOMENTUM) * g;
                *v = MEMORY * *v + (1.0 - MEMORY) * g * g;
                let step = (*m / lift) / ((*v / spread).sqrt() + 1e-8);
                *weight -= rate * (step + decay * *weight);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::stack::Plan;

    /// Numbers around 0 from a fixed sequence.
    fn noise() -> impl FnMut() -> f32 {
        let mut state = 7u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        }
    }

    fn taps(list: &[(isize, isize)]) -> Vec<Tap> {
        list.iter().map(|(frames, rows)| Tap { frames: *frames, rows: *rows }).collect()
    }

    fn plans() -> Vec<Plan> {
        let plan = |inputs, outputs, list: &[(isize, isize)], bends, carries| Plan {
            shape: Shape { inputs, outputs, rows: 5, taps: taps(list) },
            bends,
            carries,
        };
        vec![
            plan(2, 5, &[(0, 0), (-1, 2), (1, 3)], true, false),
            plan(5, 5, &[(-3, 0), (0, -1), (2, 1)], true, true),
            plan(5, 3, &[(0, 0)], false, false),
        ]
    }

    fn input(stack: &Stack) -> Maps {
        let mut maps = Maps::new(2, 8, 13, stack.pad());
        let mut draw = noise();
        for channel in 0..2 {
            for row in 0..8 {
                maps.row_mut(channel, row).iter_mut().for_each(|x| *x = draw());
            }
        }
        maps
    }

    /// Half the sum of squares, weighted so that every output counts differently.
    fn squares(maps: &mut Maps) -> f64 {
        let mut loss = 0.0;
        for channel in 0..maps.channels() {
            for row in 0..maps.rows() {
                let weight = 1.0 + 0.1 * (channel + 2 * row) as f32;
                for x in maps.row_mut(channel, row) {
                    loss += f64::from(0.5 * weight * *x * *x);
                    *x *= weight;
                }
            }
        }
        loss
    }

    #[test]
    fn gradients_are_those_of_small_differences() {
        let stack = Stack::drawn(&plans(), noise());
        let (_, gradient) = lesson(&stack, input(&stack), squares);
        let loss = |stack: &Stack| squares(&mut stack.run(input(stack)));
        for layer in 0..3 {
            for at in [0, 7, stack.layers[layer].conv.weights.len() - 1] {
                let (mut up, mut down) = (stack.clone(), stack.clone());
                up.layers[layer].conv.weights[at] += 1e-2;
                down.layers[layer].conv.weights[at] -= 1e-2;
                let measured = (loss(&up) - loss(&down)) / 2e-2;
                let told = f64::from(gradient.layers[layer].0[at]);
                assert!(
                    (measured - told).abs() < 0.02 * told.abs().max(1.0),
                    "{layer} {at}: {measured} {told}"
                );
            }
            let (mut up, mut down) = (stack.clone(), stack.clone());
            up.layers[layer].conv.bias[1] += 1e-2;
            down.layers[layer].conv.bias[1] -= 1e-2;
            let measured = (loss(&up) - loss(&down)) / 2e-2;
            let told = f64::from(gradient.layers[layer].1[1]);
            assert!(
                (measured - told).abs() < 0.02 * told.abs().max(1.0),
                "{layer}: {measured} {told}"
            );
        }
    }

    #[test]
    fn a_stack_learns_what_it_is_taught() {
        let truth = Stack::drawn(&plans(), noise());
        let mut stack = Stack::drawn(&plans(), || 0.1);
        let mut draw = noise();
        stack.layers.iter_mut().flat_map(|l| &mut l.conv.weights).for_each(|w| *w += 0.3 * draw());
        let mut adam = Adam::new(&stack);
        let mut losses = Vec::new();
        for _ in 0..400 {
            let wanted = truth.run(input(&truth));
            let (loss, gradient) = lesson(&stack, input(&stack), |maps| {
                let mut loss = 0.0;
                for channel in 0..maps.channels() {
                    for row in 0..maps.rows() {
                        let wanted = wanted.row(channel, row);
                        for (x, w) in maps.row_mut(channel, row).iter_mut().zip(wanted) {
                            *x -= w;
                            loss += f64::from(*x * *x);
                        }
                    }
                }
                loss
            });
            adam.step(&mut stack, &gradient, 0.01, 0.0);
            losses.push(loss);
        }
        assert!(losses[399] < 0.05 * losses[0], "{} {}", losses[0], losses[399]);
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        let stack = Stack::drawn(&plans(), noise());
        let whole = stack.run(input(&stack));
        for part in [1, 4, 5, 13, 100] {
            let parts = stack.run_in_parts(&input(&stack), part);
            for channel in 0..3 {
                for row in 0..5 {
                    assert_eq!(parts.row(channel, row), whole.row(channel, row), "{part}");
                }
            }
        }
    }

    #[test]
    fn weights_survive_their_container() {
        let stack = Stack::drawn(&plans(), noise());
        let bytes = stack.to_bytes().unwrap();
        assert_eq!(Stack::from_bytes(&plans(), &bytes).unwrap(), stack);
        assert!(Stack::from_bytes(&plans()[1..], &bytes).is_err());
    }

    /// Prints how fast layers run; not a test of anything.
    #[test]
    #[ignore = "a measurement"]
    #[allow(clippy::print_stderr)]
    fn speed() {
        let plan = |inputs, outputs, rows, list: &[(isize, isize)]| Plan {
            shape: Shape { inputs, outputs, rows, taps: taps(list) },
            bends: true,
            carries: false,
        };
        let list: Vec<(isize, isize)> = (-3..4).map(|i| (0, i)).collect();
        let stack = Stack::drawn(&[plan(24, 24, 88, &list)], noise());
        let maps = Maps::new(24, 88, 256, 8);
        let work = (24 * 24 * 7 * 88 * 256 * 2) as f64;
        let start = std::time::Instant::now();
        for _ in 0..10 {
            stack.run(maps.clone());
        }
        eprintln!("forward {:.2} GFLOP/s", 10.0 * work / start.elapsed().as_secs_f64() / 1e9);
        let start = std::time::Instant::now();
        for _ in 0..10 {
            lesson(&stack, maps.clone(), squares);
        }
        eprintln!("lesson {:.2} GFLOP/s", 20.0 * work / start.elapsed().as_secs_f64() / 1e9);
    }
}
