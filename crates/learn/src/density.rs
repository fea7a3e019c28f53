//! Densities of actions under the outputs of a network: drawing, judging, and their gradients.

use crate::kernel;
use crate::network::{Head, Network};
use crate::simd::{Level, padded};

/// ½·ln 2π.
const HALF_LN_TAU: f32 = 0.918_938_5;
/// Lowest and highest logarithm of a deviation that counts.
pub(crate) const LOG_STD: (f32, f32) = (-5.0, 2.0);

/// What all rows of a batch share.
#[derive(Debug, Clone)]
pub(crate) struct Density {
    head: Head,
    level: Level,
    outputs: usize,
    width: usize,
    /// Deviations, padded with zeros.
    pub(crate) std: Vec<f32>,
    /// One over each, padded with zeros.
    inverse: Vec<f32>,
    /// What is added to each row: −Σ ln σ − n·½·ln 2π.
    constant: f32,
}

impl Density {
    pub(crate) fn new(network: &Network, parameters: &[f32], level: Level) -> Density {
        let outputs = network.shape().outputs;
        let width = padded(outputs);
        let (mut std, mut inverse) = (vec![0.0; width], vec![0.0; width]);
        let mut constant = 0.0;
        for (at, log_std) in network.log_std(parameters).iter().enumerate() {
            let log_std = log_std.clamp(LOG_STD.0, LOG_STD.1);
            std[at] = log_std.exp();
            inverse[at] = (-log_std).exp();
            constant -= log_std + HALF_LN_TAU;
        }
        Density { head: network.shape().head, level, outputs, width, std, inverse, constant }
    }

    /// Numbers of an action as it is stored; a choice is one.
    pub(crate) fn stored(network: &Network) -> usize {
        if network.shape().head.is_gaussian() { network.shape().outputs } else { 1 }
    }

    /// Draw actions from `outputs` with standard normal numbers, or choices with uniform ones; stored form. Writes the
    /// densities, too.
    pub(crate) fn draw(
        &self,
        rows: usize,
        outputs: &[f32],
        noise: &[f32],
        actions: &mut [f32],
        densities: &mut [f32],
    ) {
        match self.head {
            Head::Clipped | Head::Squashed => {
                for r in 0..rows {
                    let means = &outputs[r * self.width..r * self.width + self.outputs];
                    let noise = &noise[r * self.outputs..(r + 1) * self.outputs];
                    let actions = &mut actions[r * self.width..r * self.width + self.outputs];
                    let mut square = 0.0;
                    for (at, action) in actions.iter_mut().enumerate() {
                        *action = self.std[at].mul_add(noise[at], means[at]);
                        square += noise[at] * noise[at];
                    }
                    densities[r] = self.constant - 0.5 * square;
                }
            }
            Head::Categorical => {
                let stored = padded(1);
                for r in 0..rows {
                    let logits = &outputs[r * self.width..r * self.width + self.outputs];
                    let (chosen, density) = choose(logits, noise[r]);
                    actions[r * stored] = chosen as f32;
                    densities[r] = density;
                }
            }
        }
    }

    /// The likeliest action of each row, stored form.
    pub(crate) fn mode(&self, rows: usize, outputs: &[f32], actions: &mut [f32]) {
        match self.head {
            Head::Clipped | Head::Squashed => {
                actions[..rows * self.width].copy_from_slice(&outputs[..rows * self.width]);
            }
            Head::Categorical => {
                for r in 0..rows {
                    let logits = &outputs[r * self.width..r * self.width + self.outputs];
                    let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
                    actions[r * padded(1)] = best.unwrap_or(0) as f32;
                }
            }
        }
    }

    /// Turn a stored row into what the world is given.
    pub(crate) fn act(&self, stored: &[f32], action: &mut [f32]) {
        match self.head {
            Head::Clipped => {
                for (to, from) in action.iter_mut().zip(stored) {
                    *to = from.clamp(-1.0, 1.0);
                }
            }
            Head::Squashed => {
                for (to, from) in action.iter_mut().zip(stored) {
                    *to = from.tanh();
                }
            }
            Head::Categorical => action[0] = stored[0],
        }
    }

    /// Logarithm of the density of each stored action.
    pub(crate) fn of(&self, rows: usize, outputs: &[f32], actions: &[f32], out: &mut [f32]) {
        match self.head {
            Head::Clipped | Head::Squashed => {
                let count = rows * self.width;
                let (outputs, actions) = (&outputs[..count], &actions[..count]);
                let out = &mut out[..rows];
                // SAFETY: the slices hold `rows` rows of the width, a whole number of vectors, and `rows` results.
                unsafe {
                    kernel::density(
                        self.level,
                        outputs.as_ptr(),
                        actions.as_ptr(),
                        self.inverse.as_ptr(),
                        rows,
                        self.width,
                        out.as_mut_ptr(),
                    );
                }
                out.iter_mut().for_each(|density| *density += self.constant);
            }
            Head::Categorical => {
                for r in 0..rows {
                    let logits = &outputs[r * self.width..r * self.width + self.outputs];
                    let chosen = actions[r * padded(1)] as usize;
                    out[r] = logits[chosen.min(logits.len() - 1)] - log_sum(logits);
                }
            }
        }
    }

    /// Gradient of `Σ slopes · density − entropy · Σ entropy of a row` by the outputs, and added up by the logarithms of
    /// the deviations.
    pub(crate) fn back(
        &self,
        rows: usize,
        outputs: &[f32],
        actions: &[f32],
        slopes: &[f32],
        entropy: f32,
        d_outputs: &mut [f32],
        d_log_std: &mut [f32],
    ) {
        let count = rows * self.width;
        match self.head {
            Head::Clipped | Head::Squashed => {
                let (outputs, actions) = (&outputs[..count], &actions[..count]);
                let (slopes, d_outputs) = (&slopes[..rows], &mut d_outputs[..count]);
                let d_log_std = &mut d_log_std[..self.width];
                // SAFETY: as above.
                unsafe {
                    kernel::density_back(
                        self.level,
                        slopes.as_ptr(),
                        outputs.as_ptr(),
                        actions.as_ptr(),
                        self.inverse.as_ptr(),
                        rows,
                        self.width,
                        d_outputs.as_mut_ptr(),
                        d_log_std.as_mut_ptr(),
                    );
                }
                // The entropy of a Gaussian grows by one with each ln σ.
                d_log_std[..self.outputs].iter_mut().for_each(|d| *d -= entropy * rows as f32);
            }
            Head::Categorical => {
                for r in 0..rows {
                    let row = r * self.width..r * self.width + self.outputs;
                    let logits = &outputs[row.clone()];
                    let chosen = actions[r * padded(1)] as usize;
                    let sum = log_sum(logits);
                    let disorder = entropy_of(logits);
                    for (at, (d, logit)) in d_outputs[row].iter_mut().zip(logits).enumerate() {
                        let log_p = logit - sum;
                        let p = log_p.exp();
                        let taken = if at == chosen { 1.0 } else { 0.0 };
                        *d = slopes[r] * (taken - p) + entropy * p * (log_p + disorder);
                    }
                }
            }
        }
    }

    /// Mean entropy of the rows, nats; of a squashed Gaussian that before squashing.
    pub(crate) fn entropy(&self, rows: usize, outputs: &[f32]) -> f32 {
        match self.head {
            Head::Clipped | Head::Squashed => {
                let constant = HALF_LN_TAU + 0.5;
                self.std[..self.outputs].iter().map(|std| std.ln() + constant).sum()
            }
            Head::Categorical => {
                let of =
                    |r: usize| entropy_of(&outputs[r * self.width..r * self.width + self.outputs]);
                (0..rows).map(of).sum::<f32>() / rows.max(1) as f32
            }
        }
    }
}

fn log_sum(logits: &[f32]) -> f32 {
    let top = logits.iter().fold(f32::NEG_INFINITY, |top, x| top.max(*x));
    top + logits.iter().map(|x| (x - top).exp()).sum::<f32>().ln()
}

fn entropy_of(logits: &[f32]) -> f32 {
    let sum = log_sum(logits);
    -logits.iter().map(|x| (x - sum) * (x - sum).exp()).sum::<f32>()
}

/// A choice by a uniform number, and the logarithm of its chance.
fn choose(logits: &[f32], uniform: f32) -> (usize, f32) {
    let sum = log_sum(logits);
    let mut left = uniform;
    for (at, logit) in logits.iter().enumerate() {
        let p = (logit - sum).exp();
        if left < p || at + 1 == logits.len() {
            return (at, logit - sum);
        }
        left -= p;
    }
    (0, f32::NEG_INFINITY)
}
