//! What computes networks, behind one trait.

mod cpu;

use std::fmt;

pub use cpu::Cpu;

use crate::network::{Layer, Network};
use crate::simd::padded;

/// Most rows of a [`Tape`].
pub const BLOCK: usize = 96;

/// Computes networks.
///
/// A back end is correct when it passes `tests/backends.rs`, which runs over all of them: results against plain
/// loops, gradients against finite differences, rows that do not depend on their neighbours.
pub trait Backend: fmt::Debug + Send + Sync {
    /// Name, with the level where there are several: `cpu-avx512`.
    fn name(&self) -> String;

    /// Take over parameters that have changed: what [`Backend::forward`] and [`Backend::backward`] use from now on.
    fn prepare(&self, network: &Network, parameters: &[f32], prepared: &mut Prepared);

    /// Outputs and values of the first `rows` observations, and everything on the way that [`Backend::backward`] needs.
    ///
    /// `observations` is `rows` × [`crate::Shape::observations`], at most [`BLOCK`] rows.
    fn forward(
        &self,
        network: &Network,
        prepared: &Prepared,
        observations: &[f32],
        rows: usize,
        tape: &mut Tape,
    );

    /// Add the gradient of a loss to `gradient`, from that of the outputs and values that was written into the tape
    /// ([`Tape::slopes`]) after [`Backend::forward`] of the same rows.
    fn backward(
        &self,
        network: &Network,
        prepared: &Prepared,
        observations: &[f32],
        rows: usize,
        tape: &mut Tape,
        gradient: &mut [f32],
    );
}

/// Parameters as a back end wants them.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    pub(crate) parameters: Vec<f32>,
    /// Weights of layers behind the first, `[output][input]`, one after the other.
    pub(crate) transposed: Vec<f32>,
}

impl Prepared {
    /// The parameters as they are in the network.
    #[must_use]
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }
}

/// What a forward pass of up to [`BLOCK`] rows leaves behind.
#[derive(Debug, Clone)]
pub struct Tape {
    /// Results of each layer, in the order of the parameters.
    pub(crate) results: Vec<Vec<f32>>,
    /// Sums before the activation, where the slope needs them.
    pub(crate) sums: Vec<Vec<f32>>,
    /// Buffers of the widest layer, for the gradient on its way back.
    pub(crate) spare: Vec<Vec<f32>>,
    /// Gradient of what is shared.
    pub(crate) shared: Vec<f32>,
    /// Gradient of the actor's outputs and of the values.
    pub(crate) slopes: [Vec<f32>; 2],
    actor: usize,
    critic: usize,
    outputs: usize,
    values: usize,
}

impl Tape {
    /// Room for [`BLOCK`] rows of `network`.
    #[must_use]
    pub fn new(network: &Network) -> Tape {
        let room = |layer: &Layer| vec![0.0; BLOCK * layer.outputs];
        let needs_sums = network.shape().activation == crate::Activation::Silu;
        let sums = |layer: &Layer| match layer.activation {
            Some(_) if needs_sums => room(layer),
            _ => Vec::new(),
        };
        let widest = network.layers.iter().map(|layer| layer.outputs).max().unwrap_or(0);
        let (outputs, values) = (padded(network.shape().outputs), padded(network.shape().values));
        Tape {
            results: network.layers.iter().map(room).collect(),
            sums: network.layers.iter().map(sums).collect(),
            spare: vec![vec![0.0; BLOCK * widest]; 2],
            shared: vec![0.0; BLOCK * widest],
            slopes: [vec![0.0; BLOCK * outputs], vec![0.0; BLOCK * values]],
            actor: network.trunk + network.actor - 1,
            critic: network.layers.len() - 1,
            outputs,
            values,
        }
    }

    /// The actor's outputs: rows of [`padded`](crate::padded) width.
    #[must_use]
    pub fn outputs(&self) -> &[f32] {
        &self.results[self.actor]
    }

    /// The values: rows of padded width.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.results[self.critic]
    }

    /// Width of a row of outputs, and of a row of values.
    #[must_use]
    pub fn widths(&self) -> (usize, usize) {
        (self.outputs, self.values)
    }

    /// Where the gradient of outputs and of values is written, rows of the same widths. What fills rows up must stay zero.
    pub fn slopes(&mut self) -> (&mut [f32], &mut [f32]) {
        let [outputs, values] = &mut self.slopes;
        (outputs, values)
    }

    /// Outputs, values and where their gradients go, all at once.
    pub(crate) fn heads(&mut self) -> (&[f32], &[f32], &mut [f32], &mut [f32]) {
        let [outputs, values] = &mut self.slopes;
        (&self.results[self.actor], &self.results[self.critic], outputs, values)
    }
}
