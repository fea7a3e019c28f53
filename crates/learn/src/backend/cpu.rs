//! Networks on the processor, at one of its levels of vectors.

use std::mem;

use super::{BLOCK, Backend, Prepared, Tape};
use crate::kernel::{self, Begin, Left};
use crate::network::{Activation, Layer, Network};
use crate::simd::Level;

/// The processor, in `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu {
    level: Level,
}

impl Cpu {
    /// The highest level of this machine.
    #[must_use]
    pub fn new() -> Cpu {
        Cpu { level: Level::best() }
    }

    /// At `level`, or `None` where the machine does not have it.
    #[must_use]
    pub fn at(level: Level) -> Option<Cpu> {
        level.is_here().then_some(Cpu { level })
    }

    /// The level, which the machine has.
    #[must_use]
    pub fn level(self) -> Level {
        self.level
    }

    /// `y = activation(x · W + b)` of one layer.
    fn layer(
        self,
        layer: &Layer,
        parameters: &[f32],
        x: &[f32],
        x_row: usize,
        rows: usize,
        y: &mut [f32],
        sums: &mut [f32],
    ) {
        let weights = &parameters[layer.weights..layer.weights + layer.inputs * layer.outputs];
        let bias = &parameters[layer.bias..layer.bias + layer.outputs];
        assert!(rows == 0 || x.len() >= (rows - 1) * x_row + layer.inputs);
        let count = rows * layer.outputs;
        let y = &mut y[..count];
        // SAFETY: the slices above hold every entry that the product touches; the level is one of this machine.
        unsafe {
            let left = Left { at: x.as_ptr(), row: x_row, column: 1 };
            let begin = Begin::Bias(bias.as_ptr());
            let (n, k) = (layer.outputs, layer.inputs);
            kernel::product(
                self.level,
                rows,
                n,
                k,
                left,
                weights.as_ptr(),
                n,
                y.as_mut_ptr(),
                n,
                begin,
            );
        }
        let Some(activation) = layer.activation else {
            return;
        };
        // SAFETY: `y` holds `count` numbers, a whole number of rows.
        unsafe {
            match activation {
                Activation::Tanh => kernel::tanh(self.level, y.as_mut_ptr(), count),
                Activation::Relu => kernel::relu(self.level, y.as_mut_ptr(), count),
                Activation::Silu => {
                    let sums = &mut sums[..count];
                    kernel::silu(self.level, y.as_mut_ptr(), sums.as_mut_ptr(), count);
                }
            }
        }
    }

    /// Add the gradient of one layer's weights and biases, from that of its sums.
    fn weights(
        self,
        layer: &Layer,
        x: &[f32],
        x_row: usize,
        rows: usize,
        dy: &[f32],
        gradient: &mut [f32],
    ) {
        let (n, k) = (layer.outputs, layer.inputs);
        let dy = &dy[..rows * n];
        assert!(rows == 0 || x.len() >= (rows - 1) * x_row + k);
        let dw = &mut gradient[layer.weights..layer.weights + k * n];
        // SAFETY: the slices hold every entry that the product touches; the level is one of this machine.
        unsafe {
            let left = Left { at: x.as_ptr(), row: 1, column: x_row };
            kernel::product(
                self.level,
                k,
                n,
                rows,
                left,
                dy.as_ptr(),
                n,
                dw.as_mut_ptr(),
                n,
                Begin::There,
            );
            let db = &mut gradient[layer.bias..layer.bias + n];
            kernel::add_rows(self.level, dy.as_ptr(), rows, n, n, db.as_mut_ptr());
        }
    }

    /// Turn the gradient of a layer's results into that of its sums, in place.
    fn slope(self, layer: &Layer, results: &[f32], sums: &[f32], rows: usize, dy: &mut [f32]) {
        let count = rows * layer.outputs;
        let (y, dy) = (&results[..count], &mut dy[..count]);
        let Some(activation) = layer.activation else {
            return;
        };
        // SAFETY: both hold `count` numbers, a whole number of rows.
        unsafe {
            match activation {
                Activation::Tanh => {
                    kernel::tanh_back(self.level, y.as_ptr(), dy.as_mut_ptr(), count)
                }
                Activation::Relu => {
                    kernel::relu_back(self.level, y.as_ptr(), dy.as_mut_ptr(), count)
                }
                Activation::Silu => {
                    let sums = &sums[..count];
                    kernel::silu_back(self.level, sums.as_ptr(), dy.as_mut_ptr(), count);
                }
            }
        }
    }

    /// `dx = begin + dy · Wᵀ` of a layer behind another one.
    fn inputs(
        self,
        layer: &Layer,
        transposed: &[f32],
        rows: usize,
        dy: &[f32],
        dx: &mut [f32],
        begin: Begin,
    ) {
        let (n, k) = (layer.inputs, layer.real);
        let transposed = &transposed[..k * n];
        let dx = &mut dx[..rows * n];
        assert!(dy.len() >= rows * layer.outputs);
        // SAFETY: the slices hold every entry that the product touches; `n` is the width of the layer before, whole rows.
        unsafe {
            let left = Left { at: dy.as_ptr(), row: layer.outputs, column: 1 };
            kernel::product(
                self.level,
                rows,
                n,
                k,
                left,
                transposed.as_ptr(),
                n,
                dx.as_mut_ptr(),
                n,
                begin,
            );
        }
    }
}

impl Default for Cpu {
    fn default() -> Cpu {
        Cpu::new()
    }
}

impl Backend for Cpu {
    fn name(&self) -> String {
        format!("cpu-{}", self.level)
    }

    fn prepare(&self, network: &Network, parameters: &[f32], prepared: &mut Prepared) {
        prepared.parameters.clear();
        prepared.parameters.extend_from_slice(&parameters[..network.count()]);
        prepared.transposed.resize(network.transposed, 0.0);
        for layer in &network.layers {
            let Some(at) = layer.transposed else {
                continue;
            };
            let to = &mut prepared.transposed[at..at + layer.real * layer.inputs];
            let from = &parameters[layer.weights..layer.weights + layer.inputs * layer.outputs];
            for (o, row) in to.chunks_exact_mut(layer.inputs).enumerate() {
                for (entry, weights) in row.iter_mut().zip(from.chunks_exact(layer.outputs)) {
                    *entry = weights[o];
                }
            }
        }
    }

    fn forward(
        &self,
        network: &Network,
        prepared: &Prepared,
        observations: &[f32],
        rows: usize,
        tape: &mut Tape,
    ) {
        let rows = rows.min(BLOCK);
        let parameters = &prepared.parameters;
        for (index, layer) in network.layers.iter().enumerate() {
            let (before, after) = tape.results.split_at_mut(index);
            let (x, x_row) = source(network, index, observations, before);
            self.layer(layer, parameters, x, x_row, rows, &mut after[0], &mut tape.sums[index]);
        }
    }

    fn backward(
        &self,
        network: &Network,
        prepared: &Prepared,
        observations: &[f32],
        rows: usize,
        tape: &mut Tape,
        gradient: &mut [f32],
    ) {
        let rows = rows.min(BLOCK);
        let Tape { results, sums, spare, shared, slopes, .. } = tape;
        let (trunk, heads) = (network.trunk, network.trunk + network.actor);
        let mut dy;
        // The actor's layers from its head down, the critic's, then what they share.
        for (tower, first, last) in
            [(0, trunk, heads), (1, heads, network.layers.len()), (2, 0, trunk)]
        {
            if first == last {
                continue;
            }
            dy = if tower == 2 { mem::take(shared) } else { mem::take(&mut slopes[tower]) };
            for index in (first..last).rev() {
                let layer = &network.layers[index];
                self.slope(layer, &results[index], &sums[index], rows, &mut dy);
                let (x, x_row) = source(network, index, observations, results);
                self.weights(layer, x, x_row, rows, &dy, gradient);
                if let Some(at) = layer.transposed {
                    let leaves = index == first && tower != 2;
                    let mut dx =
                        if leaves { mem::take(shared) } else { spare.pop().unwrap_or_default() };
                    let begin = if leaves && tower == 1 { Begin::There } else { Begin::Zero };
                    self.inputs(layer, &prepared.transposed[at..], rows, &dy, &mut dx, begin);
                    mem::swap(&mut dy, &mut dx);
                    // What was used up goes back to where it came from.
                    if index + 1 < last {
                        spare.push(dx);
                    } else if tower == 2 {
                        *shared = dx;
                    } else {
                        slopes[tower] = dx;
                    }
                    if leaves {
                        *shared = mem::take(&mut dy);
                    }
                } else if index + 1 < last {
                    spare.push(mem::take(&mut dy));
                } else if tower == 2 {
                    *shared = mem::take(&mut dy);
                } else {
                    slopes[tower] = mem::take(&mut dy);
                }
            }
        }
    }
}

/// What a layer sees: results of the layer before, which the critic's first shares with the actor's, or observations.
fn source<'a>(
    network: &Network,
    index: usize,
    observations: &'a [f32],
    results: &'a [Vec<f32>],
) -> (&'a [f32], usize) {
    let before = if index == network.trunk + network.actor { network.trunk } else { index };
    match before.checked_sub(1) {
        Some(last) if network.layers[index].transposed.is_some() => {
            (&results[last], network.layers[last].outputs)
        }
        _ => (observations, network.shape().observations),
    }
}
