//! The shape of an actor with a critic, and where each number of it lies in one vector.
//!
//! ```text
//! apart:   observation ─► hidden … ─► means or logits        shared:  observation ─► hidden … ─┬► means or logits
//!          observation ─► hidden … ─► values                                                   └► values
//! ```
//! All parameters are one slice of `f32`, layer after layer: weights `[input][output]`, then biases. Outputs are filled
//! up to whole [`ROW`](crate::simd::ROW)s with numbers that are zero and stay zero, so that kernels have no remainders.
//! Diagonal Gaussians have one logarithm of a standard deviation for each action, which no observation moves; they are
//! the last row.

use env::habitat::StreamKey;
use env::habitat::stream::Purpose;

use crate::LearnError;
use crate::simd::padded;

/// What a hidden layer does with its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// Hyperbolic tangent.
    #[default]
    Tanh,
    /// `max(0, x)`.
    Relu,
    /// `x/(1 + e^−x)`.
    Silu,
}

impl Activation {
    /// Name: `tanh`, `relu`, `silu`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Silu => "silu",
        }
    }

    /// The activation called `name`.
    ///
    /// # Errors
    /// [`LearnError::Unknown`], which lists the names.
    pub fn of(name: &str) -> Result<Activation, LearnError> {
        [Activation::Tanh, Activation::Relu, Activation::Silu]
            .into_iter()
            .find(|one| one.name() == name)
            .ok_or_else(|| LearnError::Unknown {
                what: "activation",
                found: name.to_owned(),
                allowed: "`tanh`, `relu`, `silu`",
            })
    }
}

/// What the outputs of the actor mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Means of a diagonal Gaussian; an action outside of −1 to 1 counts as the nearest end.
    Clipped,
    /// Means of a diagonal Gaussian whose draw goes through tanh.
    Squashed,
    /// Logits of one choice among as many as there are outputs.
    Categorical,
}

impl Head {
    /// Name: `clipped`, `squashed`, `categorical`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Head::Clipped => "clipped",
            Head::Squashed => "squashed",
            Head::Categorical => "categorical",
        }
    }

    /// The head called `name`.
    ///
    /// # Errors
    /// [`LearnError::Unknown`], which lists the names.
    pub fn of(name: &str) -> Result<Head, LearnError> {
        [Head::Clipped, Head::Squashed, Head::Categorical]
            .into_iter()
            .find(|one| one.name() == name)
            .ok_or_else(|| LearnError::Unknown {
                what: "head",
                found: name.to_owned(),
                allowed: "`clipped`, `squashed`, `categorical`",
            })
    }

    /// Whether actions are vectors of real numbers.
    #[must_use]
    pub fn is_gaussian(self) -> bool {
        self != Head::Categorical
    }
}

/// What a network is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Numbers of an observation.
    pub observations: usize,
    /// Widths of the hidden layers, of the actor and of the critic alike.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// Whether actor and critic share the hidden layers.
    pub is_shared: bool,
    /// What the actor's outputs mean.
    pub head: Head,
    /// Numbers of an action, or choices.
    pub outputs: usize,
    /// Values of the critic: that of the reward, then one for each constraint.
    pub values: usize,
}

/// One layer: `y = activation(x · W + b)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Numbers of an input that count; of a hidden layer before it a whole number of rows.
    pub(crate) inputs: usize,
    /// Outputs, a whole number of rows.
    pub(crate) outputs: usize,
    /// Outputs that count.
    pub(crate) real: usize,
    /// Inputs that count.
    pub(crate) real_inputs: usize,
    /// Where its weights begin.
    pub(crate) weights: usize,
    /// Where its biases begin.
    pub(crate) bias: usize,
    /// Where its weights begin among the transposed ones; a layer that sees the observation needs none.
    pub(crate) transposed: Option<usize>,
    pub(crate) activation: Option<Activation>,
}

/// Where the parameters of a [`Shape`] lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    shape: Shape,
    /// Shared ones, then the actor's, then the critic's.
    pub(crate) layers: Vec<Layer>,
    /// How many layers are shared.
    pub(crate) trunk: usize,
    /// How many layers are the actor's alone.
    pub(crate) actor: usize,
    /// How many transposed weights there are.
    pub(crate) transposed: usize,
    /// Where the logarithms of the standard deviations begin; Gaussians alone.
    pub(crate) log_std: Option<usize>,
    count: usize,
}

/// Largest width of a layer, and of what is seen and done.
const WIDTH_MAX: usize = 4_096;
/// Most hidden layers.
const LAYERS_MAX: usize = 8;

impl Network {
    /// A network of this shape.
    ///
    /// # Errors
    /// [`LearnError::Range`] for a width of nothing or above 4 096, or more than 8 hidden layers.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_learn::{Activation, Head, Network, Shape};
    /// let network = Network::new(Shape {
    ///     observations: 48,
    ///     hidden: vec![64, 64],
    ///     activation: Activation::Tanh,
    ///     is_shared: false,
    ///     head: Head::Clipped,
    ///     outputs: 16,
    ///     values: 1,
    /// })?;
    /// // Two towers of 48-64-64, heads of 16 and of 1 in a row of 16, and 16 deviations.
    /// assert_eq!(network.count(), 2 * (48 * 64 + 64 + 64 * 64 + 64 + 64 * 16 + 16) + 16);
    /// # Ok::<(), lunar_habitat_learn::LearnError>(())
    /// ```
    pub fn new(shape: Shape) -> Result<Network, LearnError> {
        let widths = [shape.observations, shape.outputs, shape.values];
        for width in widths.into_iter().chain(shape.hidden.iter().copied()) {
            if !(1..=WIDTH_MAX).contains(&width) {
                return Err(LearnError::Range {
                    what: "width of a layer",
                    found: width as f64,
                    low: 1.0,
                    high: WIDTH_MAX as f64,
                });
            }
        }
        if shape.hidden.len() > LAYERS_MAX {
            return Err(LearnError::Range {
                what: "number of hidden layers",
                found: shape.hidden.len() as f64,
                low: 0.0,
                high: LAYERS_MAX as f64,
            });
        }
        let (mut count, mut transposed, mut layers) = (0, 0, Vec::new());
        let seen = (shape.observations, shape.observations);
        let mut tower = |from: Option<(usize, usize)>, head: Option<usize>, hidden: &[usize]| {
            let mut from = from;
            let hidden = hidden.iter().map(|width| (*width, Some(shape.activation)));
            for (real, activation) in hidden.chain(head.map(|head| (head, None))) {
                let (inputs, real_inputs) = from.unwrap_or(seen);
                let outputs = padded(real);
                let place = from.is_some().then_some(transposed);
                transposed += if from.is_some() { real * inputs } else { 0 };
                let (weights, bias) = (count, count + inputs * outputs);
                count = bias + outputs;
                layers.push(Layer {
                    inputs,
                    outputs,
                    real,
                    real_inputs,
                    weights,
                    bias,
                    transposed: place,
                    activation,
                });
                from = Some((outputs, real));
            }
            (from, layers.len())
        };
        let (trunk, actor);
        if shape.is_shared {
            let (from, shared) = tower(None, None, &shape.hidden);
            trunk = shared;
            actor = tower(from, Some(shape.outputs), &[]).1 - trunk;
            tower(from, Some(shape.values), &[]);
        } else {
            trunk = 0;
            actor = tower(None, Some(shape.outputs), &shape.hidden).1;
            tower(None, Some(shape.values), &shape.hidden);
        }
        let log_std = shape.head.is_gaussian().then_some(count);
        if log_std.is_some() {
            count += padded(shape.outputs);
        }
        Ok(Network { shape, layers, trunk, actor, transposed, log_std, count })
    }

    /// What it was asked to be.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many parameters there are, those that fill rows included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The logarithms of the standard deviations; empty for choices.
    #[must_use]
    pub fn log_std<'a>(&self, parameters: &'a [f32]) -> &'a [f32] {
        self.log_std.map_or(&[], |at| &parameters[at..at + self.shape.outputs])
    }

    /// Orthogonal weights, biases of zero, deviations of `e^log_std`.
    ///
    /// The columns of a layer are orthonormal, or its rows where it has fewer of them, times a gain: √2 for hidden layers,
    /// 0.01 for the actor's outputs, so that all actions start near the middle, and 1 for the critic's. The draws are a
    /// function of `seed` alone.
    ///
    /// # Source
    /// Saxe, McClelland & Ganguli (2014), "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    /// networks", ICLR; the gains are usual in PPO (Huang et al. 2022, "The 37 implementation details of PPO", detail 2).
    #[must_use]
    pub fn initial(&self, seed: u64, log_std: f32) -> Vec<f32> {
        let mut parameters = vec![0.0; self.count];
        for (index, layer) in self.layers.iter().enumerate() {
            let gain = if index + 1 == self.trunk + self.actor {
                0.01
            } else if index + 1 == self.layers.len() {
                1.0
            } else {
                std::f64::consts::SQRT_2
            };
            let key = StreamKey { run: seed, env: index as u64, ..StreamKey::default() };
            let weights = orthogonal(layer.real_inputs, layer.real, key);
            for i in 0..layer.real_inputs {
                for o in 0..layer.real {
                    let at = layer.weights + i * layer.outputs + o;
                    parameters[at] = (gain * weights[i * layer.real + o]) as f32;
                }
            }
        }
        if let Some(at) = self.log_std {
            parameters[at..at + self.shape.outputs].fill(log_std);
        }
        parameters
    }
}

/// A matrix of `rows` × `columns` whose shorter side is orthonormal: modified Gram–Schmidt, twice, of normal draws.
pub(crate) fn orthogonal(rows: usize, columns: usize, key: StreamKey) -> Vec<f64> {
    let (many, long) = if rows < columns { (rows, columns) } else { (columns, rows) };
    let mut vectors: Vec<Vec<f64>> = (0..many)
        .map(|v| {
            let draw = |i: usize| {
                let index = (v * long + i) as u64;
                let words = key.words(Purpose::Network, index);
                env::habitat::sensor::normal_and_uniform(words).0
            };
            (0..long).map(draw).collect()
        })
        .collect();
    for v in 0..many {
        let (done, rest) = vectors.split_at_mut(v);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = vector.iter().map(|a| a * a).sum::<f64>().sqrt().max(1e-12);
        vector.iter_mut().for_each(|a| *a /= norm);
    }
    let entry = |i: usize, o: usize| if rows < columns { vectors[i][o] } else { vectors[o][i] };
    (0..rows * columns).map(|at| entry(at / columns, at % columns)).collect()
}
