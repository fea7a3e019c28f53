//! What a training leaves behind: a network with everything that it needs to act, in one file.
//!
//! # File
//! [safetensors](https://github.com/huggingface/safetensors): tensors of `f32` by name, and facts as text.
//!
//! | tensor | shape | meaning |
//! |---|---|---|
//! | `trunk.I.weight`, `actor.I.weight`, `critic.I.weight` | inputs × outputs | of layer I: `y = x · W + b` |
//! | `….bias` | outputs | |
//! | `log_std` | actions | logarithms of the deviations; Gaussians alone |
//! | `normaliser.mean`, `normaliser.inverse` | observations | `(x − mean)·inverse`, cut at ±10; absent where nothing is done |
//!
//! | fact | meaning |
//! |---|---|
//! | `format`, `version` | `lunar-habitat-policy`, `1` |
//! | `stack` | how many observations are seen side by side, the oldest first; one where it is missing |
//! | `head`, `activation`, `shared`, `hidden` | see [`Shape`] |
//! | `task_hash` | what it sees and sets ([`env::Task::hash`]); empty for a world of somebody else |
//! | others | of the training: scenario, difficulty, reward, seed, decisions |

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors};

use crate::LearnError;
use crate::backend::{BLOCK, Backend, Cpu, Prepared, Tape};
use crate::density::Density;
use crate::file;
use crate::network::{Activation, Head, Layer, Network, Shape};
use crate::noise::{self, Stream};
use crate::normaliser::Normaliser;
use crate::simd::padded;

/// Value of the fact `format`.
const FORMAT: &str = "lunar-habitat-policy";
/// Version that is written.
const VERSION: &str = "1";

/// A network with what its observations go through.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    network: Network,
    parameters: Vec<f32>,
    normaliser: Normaliser,
    /// Facts beside those that the network tells.
    pub facts: BTreeMap<String, String>,
}

/// Names of layers in the order of the parameters.
fn names(network: &Network) -> impl Iterator<Item = (String, &Layer)> {
    let (trunk, heads) = (network.trunk, network.trunk + network.actor);
    network.layers.iter().enumerate().map(move |(index, layer)| {
        let name = if index < trunk {
            format!("trunk.{index}")
        } else if index < heads {
            format!("actor.{}", index - trunk)
        } else {
            format!("critic.{}", index - heads)
        };
        (name, layer)
    })
}

fn to_bytes(numbers: impl Iterator<Item = f32>) -> Vec<u8> {
    numbers.flat_map(f32::to_le_bytes).collect()
}

impl Policy {
    /// A policy of these parts.
    ///
    /// # Errors
    /// [`LearnError::Size`] for parameters or a normaliser that do not fit the network.
    pub fn new(
        network: Network,
        parameters: Vec<f32>,
        normaliser: Normaliser,
    ) -> Result<Policy, LearnError> {
        let (found, expected) = (parameters.len(), network.count());
        if found != expected {
            return Err(LearnError::Size { what: "parameters", found, expected });
        }
        let (mean, _) = normaliser.parts();
        let (found, expected) = (mean.len(), network.shape().observations);
        if found != 0 && found != expected {
            return Err(LearnError::Size { what: "numbers of the normaliser", found, expected });
        }
        Ok(Policy { network, parameters, normaliser, facts: BTreeMap::new() })
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its parameters.
    #[must_use]
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// What observations go through.
    #[must_use]
    pub fn normaliser(&self) -> &Normaliser {
        &self.normaliser
    }

    /// One that acts.
    #[must_use]
    pub fn actor(&self) -> Actor<&Policy> {
        Actor::new(self)
    }

    /// How many observations it sees side by side, the oldest first: the fact `stack`, else 1.
    #[must_use]
    pub fn stack(&self) -> usize {
        self.facts.get("stack").and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// Refuse a task whose observations or actions are not those that the policy was trained on.
    ///
    /// # Errors
    /// [`LearnError::Mismatch`] with both hashes, or with both sizes.
    pub fn fits(&self, task: &env::Task) -> Result<(), LearnError> {
        let shape = self.network.shape();
        let sizes = [
            (
                "numbers of an observation",
                shape.observations,
                self.stack().saturating_mul(task.observations().len()),
            ),
            ("numbers of an action", shape.outputs, task.actions().len()),
        ];
        for (what, own, asked) in sizes {
            if own != asked {
                return Err(LearnError::Mismatch(format!(
                    "{what}: it has {own}, the task has {asked}; train it on this task"
                )));
            }
        }
        let asked = env::habitat::scenario::hex(&task.hash());
        match self.facts.get("task_hash") {
            Some(own) if *own == asked => Ok(()),
            own => {
                let own = own.map_or("none", String::as_str);
                let short = |hash: &str| hash.chars().take(12).collect::<String>();
                Err(LearnError::Mismatch(format!(
                    "what it sees and sets has the hash {}, that of the task is {}; train it on this task",
                    short(own),
                    short(&asked)
                )))
            }
        }
    }

    /// The policy as the bytes of its file; equal policies have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let shape = self.network.shape();
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, layer) in names(&self.network) {
            let weights = (0..layer.real_inputs).flat_map(|i| {
                let row = layer.weights + i * layer.outputs;
                self.parameters[row..row + layer.real].iter().copied()
            });
            let size = vec![layer.real_inputs, layer.real];
            tensors.push((format!("{name}.weight"), size, to_bytes(weights)));
            let bias = self.parameters[layer.bias..layer.bias + layer.real].iter().copied();
            tensors.push((format!("{name}.bias"), vec![layer.real], to_bytes(bias)));
        }
        let mut vector = |name: &str, numbers: &[f32]| {
            if !numbers.is_empty() {
                let bytes = to_bytes(numbers.iter().copied());
                tensors.push((name.to_owned(), vec![numbers.len()], bytes));
            }
        };
        vector("log_std", self.network.log_std(&self.parameters));
        let (mean, inverse) = self.normaliser.parts();
        vector("normaliser.mean", mean);
        vector("normaliser.inverse", inverse);
        let mut facts = self.facts.clone();
        let hidden: Vec<String> = shape.hidden.iter().map(ToString::to_string).collect();
        for (key, value) in [
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_owned()),
            ("head", shape.head.name().to_owned()),
            ("activation", shape.activation.name().to_owned()),
            ("shared", shape.is_shared.to_string()),
            ("hidden", hidden.join(",")),
        ] {
            facts.insert(key.to_owned(), value);
        }
        // Written here and not by the library, whose facts come in another order each time: equal policies are equal files.
        let mut head = serde_json::Map::new();
        head.insert("__metadata__".to_owned(), serde_json::json!(facts));
        let mut at = 0;
        for (name, size, bytes) in &tensors {
            let ends = [at, at + bytes.len()];
            let entry = serde_json::json!({ "dtype": "F32", "shape": size, "data_offsets": ends });
            head.insert(name.clone(), entry);
            at += bytes.len();
        }
        let mut head = serde_json::Value::Object(head).to_string().into_bytes();
        // Data begin at a whole number of words.
        head.resize(head.len().next_multiple_of(8), b' ');
        let mut out = (head.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(&head);
        tensors.iter().for_each(|(_, _, bytes)| out.extend_from_slice(bytes));
        out
    }

    /// Read what [`Policy::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`LearnError::Mismatch`] for what is no policy, with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Policy, LearnError> {
        let refused = |error: safetensors::SafeTensorError| {
            LearnError::Mismatch(format!("the file is no policy: {error}"))
        };
        let (_, head) = SafeTensors::read_metadata(bytes).map_err(refused)?;
        let mut facts: BTreeMap<String, String> =
            head.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        let mut fact = |name: &str| {
            facts.remove(name).ok_or_else(|| {
                LearnError::Mismatch(format!("the file is no policy: it lacks the fact `{name}`"))
            })
        };
        let (format, version) = (fact("format")?, fact("version")?);
        if format != FORMAT || version != VERSION {
            return Err(LearnError::Mismatch(format!(
                "format `{format}`, version `{version}`; read here is `{FORMAT}`, version `{VERSION}`"
            )));
        }
        let (head, activation) = (Head::of(&fact("head")?)?, Activation::of(&fact("activation")?)?);
        let is_shared = fact("shared")? == "true";
        let hidden = fact("hidden")?;
        let hidden = hidden
            .split(',')
            .filter(|width| !width.is_empty())
            .map(|width| {
                width.parse().map_err(|_| {
                    LearnError::Mismatch(format!("width of a hidden layer: found `{width}`"))
                })
            })
            .collect::<Result<Vec<usize>, LearnError>>()?;
        let tensors = SafeTensors::deserialize(bytes).map_err(refused)?;
        let sizes = |name: &str| {
            tensors
                .tensor(name)
                .map(|tensor| tensor.shape().to_vec())
                .map_err(|_| LearnError::Mismatch(format!("the file lacks the tensor `{name}`")))
        };
        let last = hidden.len();
        let (first, actor, critic) = if is_shared {
            let first = if last > 0 { "trunk.0" } else { "actor.0" };
            (first.to_owned(), "actor.0".to_owned(), "critic.0".to_owned())
        } else {
            ("actor.0".to_owned(), format!("actor.{last}"), format!("critic.{last}"))
        };
        let side = |name: &str, at: usize| -> Result<usize, LearnError> {
            let name = format!("{name}.weight");
            sizes(&name)?
                .get(at)
                .copied()
                .ok_or_else(|| LearnError::Mismatch(format!("the tensor `{name}` is no matrix")))
        };
        let shape = Shape {
            observations: side(&first, 0)?,
            hidden,
            activation,
            is_shared,
            head,
            outputs: side(&actor, 1)?,
            values: side(&critic, 1)?,
        };
        let network = Network::new(shape)?;
        let numbers = |name: &str, size: &[usize]| -> Result<Vec<f32>, LearnError> {
            let found = sizes(name)?;
            if found != size {
                return Err(LearnError::Mismatch(format!(
                    "the tensor `{name}` has the shape {found:?}, not {size:?}"
                )));
            }
            let tensor = tensors.tensor(name).map_err(refused)?;
            if tensor.dtype() != Dtype::F32 {
                return Err(LearnError::Mismatch(format!("the tensor `{name}` is not of f32")));
            }
            let numbers: Vec<f32> =
                tensor.data().as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect();
            if numbers.iter().any(|x| !x.is_finite()) {
                return Err(LearnError::Mismatch(format!(
                    "the tensor `{name}` holds a number that is not finite"
                )));
            }
            Ok(numbers)
        };
        let mut parameters = vec![0.0; network.count()];
        for (name, layer) in names(&network) {
            let weights = numbers(&format!("{name}.weight"), &[layer.real_inputs, layer.real])?;
            for (i, row) in weights.chunks_exact(layer.real).enumerate() {
                let at = layer.weights + i * layer.outputs;
                parameters[at..at + layer.real].copy_from_slice(row);
            }
            let bias = numbers(&format!("{name}.bias"), &[layer.real])?;
            parameters[layer.bias..layer.bias + layer.real].copy_from_slice(&bias);
        }
        if let Some(at) = network.log_std {
            let outputs = network.shape().outputs;
            parameters[at..at + outputs].copy_from_slice(&numbers("log_std", &[outputs])?);
        }
        let width = network.shape().observations;
        let normaliser = if tensors.names().contains(&"normaliser.mean") {
            let part = |name: &str| numbers(name, &[width]);
            Normaliser::from_parts(part("normaliser.mean")?, part("normaliser.inverse")?)?
        } else {
            Normaliser::none()
        };
        let mut policy = Policy::new(network, parameters, normaliser)?;
        policy.facts = facts;
        Ok(policy)
    }

    /// Write the file, whole or not at all.
    ///
    /// # Errors
    /// [`LearnError::File`].
    pub fn write(&self, path: &Path) -> Result<(), LearnError> {
        file::write(path, &self.to_bytes())
    }

    /// Read a file.
    ///
    /// # Errors
    /// [`LearnError::File`]; [`LearnError::Mismatch`] as [`Policy::from_bytes`].
    pub fn read(path: &Path) -> Result<Policy, LearnError> {
        Policy::from_bytes(&file::read(path)?)
    }
}

/// A policy that acts, borrowed or shared.
#[derive(Debug)]
pub struct Actor<P> {
    policy: P,
    backend: Cpu,
    prepared: Prepared,
    density: Density,
    tape: Tape,
    seen: Vec<f32>,
    stored: Vec<f32>,
    noise: Vec<f32>,
    densities: Vec<f32>,
}

/// Rows of an [`Actor`] draw as lanes from this number on, which no training has: so a policy does not repeat the draws
/// that it has learned from.
const ROWS_FROM: u64 = 1 << 40;

impl<P: Deref<Target = Policy>> Actor<P> {
    /// The policy, ready to act.
    pub fn new(policy: P) -> Actor<P> {
        let backend = Cpu::new();
        let mut prepared = Prepared::default();
        backend.prepare(&policy.network, &policy.parameters, &mut prepared);
        let shape = policy.network.shape();
        Actor {
            density: Density::new(&policy.network, &policy.parameters, backend.level()),
            tape: Tape::new(&policy.network),
            seen: vec![0.0; BLOCK * shape.observations],
            stored: vec![0.0; BLOCK * padded(shape.outputs)],
            noise: Vec::new(),
            densities: vec![0.0; BLOCK],
            policy,
            backend,
            prepared,
        }
    }

    /// Write the likeliest action of each row of observations: rows × outputs from −1 to 1, or rows × 1 for choices.
    ///
    /// # Errors
    /// [`LearnError::Size`] for slices whose lengths do not belong together.
    pub fn act(&mut self, observations: &[f32], actions: &mut [f32]) -> Result<(), LearnError> {
        self.play(observations, actions, None)
    }

    /// Draw an action for each row of observations, as a training does; the draws are a function of `seed`, the row and
    /// `decision` alone.
    ///
    /// # Errors
    /// As [`Actor::act`].
    pub fn draw(
        &mut self,
        observations: &[f32],
        actions: &mut [f32],
        seed: u64,
        decision: u64,
    ) -> Result<(), LearnError> {
        self.play(observations, actions, Some((seed, decision)))
    }

    fn play(
        &mut self,
        observations: &[f32],
        actions: &mut [f32],
        drawn: Option<(u64, u64)>,
    ) -> Result<(), LearnError> {
        let network = &self.policy.network;
        let shape = network.shape();
        let width = if shape.head.is_gaussian() { shape.outputs } else { 1 };
        let (wide, stored_row) = (shape.observations, padded(width));
        let rows = observations.len() / wide;
        for (what, found, expected) in [
            ("numbers of all observations", observations.len(), rows * wide),
            ("numbers of all actions", actions.len(), rows * width),
        ] {
            if found != expected {
                return Err(LearnError::Size { what, found, expected });
            }
        }
        let stream = if shape.head.is_gaussian() { Stream::Action } else { Stream::Choice };
        let parts = observations.chunks(BLOCK * wide).zip(actions.chunks_mut(BLOCK * width));
        for (block, (seen, actions)) in parts.enumerate() {
            let rows = seen.len() / wide;
            let to = &mut self.seen[..rows * wide];
            self.policy.normaliser.apply(seen, to);
            self.backend.forward(network, &self.prepared, to, rows, &mut self.tape);
            let outputs = self.tape.outputs();
            if let Some((seed, decision)) = drawn {
                let (level, first) = (self.backend.level(), ROWS_FROM + (block * BLOCK) as u64);
                self.noise.resize(rows * width, 0.0);
                noise::draws(
                    level,
                    seed,
                    stream,
                    first,
                    &[decision].repeat(rows),
                    width,
                    &mut self.noise,
                );
                let (stored, densities) = (&mut self.stored, &mut self.densities);
                self.density.draw(rows, outputs, &self.noise, stored, densities);
            } else {
                self.density.mode(rows, outputs, &mut self.stored);
            }
            for (action, stored) in
                actions.chunks_exact_mut(width).zip(self.stored.chunks_exact(stored_row))
            {
                self.density.act(stored, action);
            }
        }
        Ok(())
    }
}
