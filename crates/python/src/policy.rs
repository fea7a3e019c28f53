//! Policies for Python: they act, and are written and read.

use std::sync::{Arc, Mutex};

use learn::{Actor, LearnError};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::refused;
use crate::vector::Vector;

/// What Python sees of an error of learning.
pub(crate) fn learn_refused(error: &LearnError) -> PyErr {
    match error {
        LearnError::Task(error) => refused(error),
        LearnError::File { .. } => PyOSError::new_err(error.to_string()),
        LearnError::Threads { .. } | LearnError::Diverged { .. } | LearnError::World(_) => {
            PyRuntimeError::new_err(error.to_string())
        }
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// What a call says whose lock was lost to an earlier one.
pub(crate) fn cut_off<T>(_: T) -> PyErr {
    PyRuntimeError::new_err("an earlier call was cut off inside: make a new one")
}

/// A network with what its observations go through. It never changes.
#[pyclass(frozen, module = "lunar_habitat_rl._native")]
pub(crate) struct Policy {
    pub(crate) inner: Arc<learn::Policy>,
    actor: Mutex<Actor<Arc<learn::Policy>>>,
}

impl Policy {
    pub(crate) fn of(inner: Arc<learn::Policy>) -> Policy {
        Policy { actor: Mutex::new(Actor::new(Arc::clone(&inner))), inner }
    }

    /// A copy with more facts.
    fn with(&self, facts: Vec<(String, String)>) -> learn::Policy {
        let mut policy = self.inner.as_ref().clone();
        policy.facts.extend(facts);
        policy
    }
}

#[pymethods]
impl Policy {
    /// What `to_bytes` wrote; `ValueError` for anything else.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Policy> {
        let policy = learn::Policy::from_bytes(bytes).map_err(|error| learn_refused(&error))?;
        Ok(Policy::of(Arc::new(policy)))
    }

    /// Bytes of its file (safetensors), with more facts.
    fn to_bytes<'py>(
        &self,
        py: Python<'py>,
        facts: Vec<(String, String)>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(facts).to_bytes();
        Ok(PyBytes::new(py, &bytes))
    }

    /// Bytes of an ONNX file, with more facts, and actions from `low` to `high`.
    fn to_onnx<'py>(
        &self,
        py: Python<'py>,
        low: Vec<f32>,
        high: Vec<f32>,
        facts: Vec<(String, String)>,
    ) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.with(facts).to_onnx_within(&low, &high))
    }

    /// Actions of rows of observations, float32 (rows, numbers): from -1 to 1, or one number that counts a choice.
    ///
    /// The likeliest ones; with `drawn`, a seed and the number of the decision, drawn ones.
    #[pyo3(signature = (observations, drawn = None))]
    fn act<'py>(
        &self,
        py: Python<'py>,
        observations: PyReadonlyArray2<'py, f32>,
        drawn: Option<(u64, u64)>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let shape = self.inner.network().shape();
        let [rows, width] = [observations.shape()[0], observations.shape()[1]];
        if width != shape.observations || !observations.is_c_contiguous() {
            return Err(PyValueError::new_err(format!(
                "observations of {width} numbers: allowed are {} in C order",
                shape.observations
            )));
        }
        let seen = observations.as_slice()?.to_vec();
        let numbers = if shape.head.is_gaussian() { shape.outputs } else { 1 };
        let mut actions = vec![0.0; rows * numbers];
        let done = py.detach(|| {
            let mut actor = self.actor.lock().map_err(|_| ())?;
            Ok::<_, ()>(match drawn {
                None => actor.act(&seen, &mut actions),
                Some((seed, decision)) => actor.draw(&seen, &mut actions, seed, decision),
            })
        });
        done.map_err(cut_off)?.map_err(|error| learn_refused(&error))?;
        PyArray1::from_vec(py, actions).reshape([rows, numbers])
    }

    /// Refuse lanes of another task; `ValueError` says what differs.
    fn fits(&self, vector: &Vector) -> PyResult<()> {
        self.inner.fits(vector.task()).map_err(|error| learn_refused(&error))
    }

    /// Facts beside those that the network tells.
    fn facts(&self) -> Vec<(String, String)> {
        self.inner.facts.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// What the network looks like: `observations`, `outputs`, `hidden`, `activation`, `shared`, `head`.
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shape = self.inner.network().shape();
        let dict = PyDict::new(py);
        dict.set_item("observations", shape.observations)?;
        dict.set_item("outputs", shape.outputs)?;
        dict.set_item("hidden", shape.hidden.clone())?;
        dict.set_item("activation", shape.activation.name())?;
        dict.set_item("shared", shape.is_shared)?;
        dict.set_item("head", shape.head.name())?;
        Ok(dict)
    }
}
