//! A training for Python.
//!
//! # Threads
//! An update runs without the interpreter lock. A world of Python takes it inside of each step, on the thread that
//! called `update`; habitats never do. Calls on one learner take turns, and wait for their turn without the lock.

use std::sync::{Arc, Mutex};

use learn::{
    Activation, Cpu, HabitatWorld, Head, LearnError, PpoSettings, Progress, Training,
    TrainingSettings, World,
};
use numpy::{PyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::policy::{Policy, cut_off, learn_refused};
use crate::vector::Vector;
use crate::world::{PythonWorld, Raised};

/// A training, and whether an update of it has failed.
struct State {
    training: Training,
    is_broken: bool,
}

/// A training on lanes.
#[pyclass(frozen, module = "lunar_habitat_rl._native")]
pub(crate) struct Learner {
    state: Mutex<State>,
    /// The policy after the last update: acting does not wait for an update under way, which may ask for it.
    policy: Mutex<Arc<learn::Policy>>,
    raised: Raised,
}

impl Learner {
    /// What Python raised inside, or the words of `error`.
    fn raise(raised: &Raised, error: &LearnError) -> PyErr {
        let kept = raised.lock().ok().and_then(|mut raised| raised.take());
        kept.unwrap_or_else(|| learn_refused(error))
    }

    /// Work on the training without the interpreter lock.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut State) -> Result<T, LearnError> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| Ok::<_, ()>(work(&mut *self.state.lock().map_err(|_| ())?)));
        done.map_err(cut_off)?.map_err(|error| Learner::raise(&self.raised, &error))
    }

    /// Show the policy of `training` to those who act.
    fn publish(&self, training: &Training) -> Result<(), LearnError> {
        let policy = Arc::new(training.policy()?);
        if let Ok(mut shown) = self.policy.lock() {
            *shown = policy;
        }
        Ok(())
    }
}

#[pymethods]
impl Learner {
    /// A training at its start on `lanes`: a `Vector`, of whose task lanes of its own are made, or an object of
    /// `lunar_habitat_rl.lanes`. `ValueError` for settings that make no sense, with what is allowed.
    #[new]
    #[pyo3(signature = (
        lanes, *, seed, segment, threads, hidden, activation, rate, epochs, minibatches, gamma, gae_lambda, clip,
        entropy, value_weight, norm_max, normalise, scale_rewards, log_std, shared, head, value_clip, anneal, kl_max
    ))]
    fn new(
        py: Python<'_>,
        lanes: &Bound<'_, PyAny>,
        seed: u64,
        segment: usize,
        threads: usize,
        hidden: Vec<usize>,
        activation: &str,
        rate: f32,
        epochs: usize,
        minibatches: usize,
        gamma: f64,
        gae_lambda: f32,
        clip: f32,
        entropy: f32,
        value_weight: f32,
        norm_max: f32,
        normalise: bool,
        scale_rewards: bool,
        log_std: f32,
        shared: bool,
        head: &str,
        value_clip: Option<f32>,
        anneal: bool,
        kl_max: Option<f32>,
    ) -> PyResult<Learner> {
        let words = |error: LearnError| learn_refused(&error);
        if !(0.0..=1.0).contains(&gamma) {
            return Err(words(LearnError::Range {
                what: "gamma",
                found: gamma,
                low: 0.0,
                high: 1.0,
            }));
        }
        let vector = lanes.cast::<Vector>().ok();
        let count = match vector {
            Some(vector) => vector.get().lanes(),
            None => lanes.getattr("num_envs")?.extract()?,
        };
        let settings = TrainingSettings {
            seed,
            lanes: count,
            segment,
            threads,
            ppo: PpoSettings {
                epochs,
                minibatches,
                rate,
                anneal,
                clip,
                value_clip,
                value_weight,
                entropy,
                norm_max,
                lambda: gae_lambda,
                kl_max,
            },
            hidden,
            activation: Activation::of(activation).map_err(words)?,
            is_shared: shared,
            head: Head::of(head).map_err(words)?,
            log_std,
            normalise,
            scale_rewards,
            ..TrainingSettings::default()
        };
        let (raised, cpu) = (Raised::default(), Cpu::new());
        let backend = Box::new(cpu);
        let made = match vector {
            Some(vector) => {
                let (task, base) = (Arc::clone(vector.get().task()), vector.get().base_env());
                // γ of a decision as long as the task says, as a time constant: γ = exp(−Δt/τ).
                let tau_s = -task.decision_s() / gamma.ln();
                let world = |first: u64, lanes: usize| {
                    let world = HabitatWorld::new(&task, seed, base + first, lanes, Some(tau_s))?;
                    Ok(Box::new(world) as Box<dyn World>)
                };
                py.detach(|| Training::new(settings, backend, cpu.level(), &world))
            }
            None => {
                let outputs: usize = lanes.getattr("actions")?.getattr("outputs")?.extract()?;
                let world = Box::new(PythonWorld::new(lanes, gamma as f32, &raised)?);
                py.detach(|| Training::alone(settings, backend, cpu.level(), world, outputs))
            }
        };
        let training = made.map_err(|error| Learner::raise(&raised, &error))?;
        let policy = Arc::new(training.policy().map_err(words)?);
        let state = Mutex::new(State { training, is_broken: false });
        Ok(Learner { state, policy: Mutex::new(policy), raised })
    }

    /// Collect a segment from every lane and learn from them; what it brought, by name.
    ///
    /// What the environment raises comes through as it is. `RuntimeError` where the training has diverged, and after an
    /// update that failed.
    fn update<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let progress = self.with(py, |state| {
            if state.is_broken {
                return Ok(None);
            }
            state.is_broken = true;
            let progress = state.training.update()?;
            self.publish(&state.training)?;
            state.is_broken = false;
            Ok(Some(progress))
        })?;
        match progress {
            Some(progress) => figures(py, &progress),
            None => Err(PyRuntimeError::new_err(
                "an update of this training has failed: begin a new one, or restore a checkpoint",
            )),
        }
    }

    /// How many updates there are in all, which the fall of the learning rate knows.
    fn set_updates(&self, py: Python<'_>, updates: u64) -> PyResult<()> {
        self.with(py, |state| {
            state.training.set_updates(updates);
            Ok(())
        })
    }

    /// Updates since it began.
    fn updates(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |state| Ok(state.training.updates()))
    }

    /// Steps of all lanes since it began.
    fn steps(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |state| Ok(state.training.decisions()))
    }

    /// Begin new episodes on all lanes of an environment of Python.
    fn restart(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |state| state.training.restart())
    }

    /// Go on from the weights, the normaliser and the scale of rewards of a policy.
    fn begin_from(&self, py: Python<'_>, policy: &Policy) -> PyResult<()> {
        let policy = Arc::clone(&policy.inner);
        self.with(py, |state| {
            state.training.begin_from(&policy)?;
            self.publish(&state.training)
        })
    }

    /// The policy after the last update.
    fn policy(&self) -> PyResult<Policy> {
        let policy = self.policy.lock().map_err(cut_off)?;
        Ok(Policy::of(Arc::clone(&policy)))
    }

    /// Values of rows of observations, float32 (rows,), in the unit of scaled rewards.
    fn values<'py>(
        &self,
        py: Python<'py>,
        observations: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let width = observations.shape()[1];
        if !observations.is_c_contiguous() {
            return Err(PyValueError::new_err("observations are not in C order without gaps"));
        }
        let seen = observations.as_slice()?.to_vec();
        let values = self.with(py, |state| {
            let rows = seen.chunks_exact(width.max(1));
            rows.map(|row| state.training.value(row).map(|values| values[0])).collect()
        })?;
        let values: Vec<f32> = values;
        Ok(PyArray1::from_vec(py, values))
    }

    /// Everything that the next update depends on; None where the environment cannot tell its state.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let bytes = self.with(py, |state| state.training.checkpoint())?;
        Ok(bytes.map(|bytes| PyBytes::new(py, &bytes)))
    }

    /// Go on from a checkpoint of a training with the same settings; `ValueError` for any other bytes.
    fn resume(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        self.with(py, |state| {
            // What was taken over before an error is half of something.
            state.is_broken = true;
            state.training.resume(bytes)?;
            self.publish(&state.training)?;
            state.is_broken = false;
            Ok(())
        })
    }
}

/// What an update brought, by name.
fn figures<'py>(py: Python<'py>, progress: &Progress) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("update", progress.update)?;
    dict.set_item("steps", progress.decisions)?;
    let finished = &progress.finished;
    let returns: Vec<f64> = finished.iter().map(|episode| episode.total).collect();
    let lengths: Vec<u64> = finished.iter().map(|episode| episode.decisions).collect();
    let ended: Vec<bool> = finished.iter().map(|episode| episode.is_terminated).collect();
    let mean = |sum: f64| (!finished.is_empty()).then(|| sum / finished.len() as f64);
    dict.set_item("return_mean", mean(returns.iter().sum()))?;
    dict.set_item("length_mean", mean(lengths.iter().sum::<u64>() as f64))?;
    dict.set_item("returns", PyArray1::from_vec(py, returns))?;
    dict.set_item("lengths", PyArray1::from_vec(py, lengths))?;
    dict.set_item("terminated", PyArray1::from_vec(py, ended))?;
    let of = &progress.figures;
    for (name, figure) in [
        ("policy_loss", of.policy_loss),
        ("value_loss", of.value_loss),
        ("entropy", of.entropy),
        ("approx_kl", of.approx_kl),
        ("clip_fraction", of.clip_fraction),
        ("explained_variance", of.explained_variance),
        ("gradient_norm", of.norm),
        ("wall_s", progress.spent.wall.as_secs_f64()),
        ("environment_s", progress.spent.environment.as_secs_f64()),
        ("learning_s", (progress.spent.learning + progress.spent.copying).as_secs_f64()),
    ] {
        dict.set_item(name, figure)?;
    }
    Ok(dict)
}
