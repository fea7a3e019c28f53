//! A world that Python steps.
//!
//! # Arrays
//! | what | shape | type |
//! |---|---|---|
//! | actions, to Python | lanes × numbers of an action, or lanes × 1 for choices | `float32`, C order, new each step |
//! | observations | lanes × numbers of an observation | `float32`, C order |
//! | rewards | lanes | `float32` |
//! | ends | lanes: 0 goes on, 1 terminated, 2 cut off, 3 begun (no action was taken) | `uint8` |
//! | final observations | as observations, or `None` in a step in which no episode ended | `float32`, C order |
//!
//! Anything else is refused with what was found and what is expected; an exception inside goes on to the caller as it was.

use std::sync::{Arc, Mutex};

use learn::{End, LearnError, Moment, World};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What Python raised inside a world; it goes on to the caller as it was.
pub(crate) type Raised = Arc<Mutex<Option<PyErr>>>;

/// Arrays of a step: observations, rewards, ends, and final observations where an episode has ended.
type Arrays<'py> = (
    PyReadonlyArray2<'py, f32>,
    PyReadonlyArray1<'py, f32>,
    PyReadonlyArray1<'py, u8>,
    Option<PyReadonlyArray2<'py, f32>>,
);

/// Lanes of `lunar_habitat_rl.lanes`, one call a step; the interpreter lock is held inside of the call alone.
///
/// Actions are a new array for every step, since environments keep them: Pendulum draws its last one.
pub(crate) struct PythonWorld {
    lanes: Py<PyAny>,
    count: usize,
    observations: usize,
    actions: usize,
    discount: f32,
    raised: Raised,
}

impl PythonWorld {
    /// The world below `lanes`, an object with `num_envs`, `width`, `actions.width`, `begin` and `step`.
    pub(crate) fn new(
        lanes: &Bound<'_, PyAny>,
        discount: f32,
        raised: &Raised,
    ) -> PyResult<PythonWorld> {
        Ok(PythonWorld {
            count: lanes.getattr("num_envs")?.extract()?,
            observations: lanes.getattr("width")?.extract()?,
            actions: lanes.getattr("actions")?.getattr("width")?.extract()?,
            lanes: lanes.clone().unbind(),
            discount,
            raised: Arc::clone(raised),
        })
    }

    /// Keep what was raised for the caller.
    fn kept(&self, error: PyErr) -> LearnError {
        let words = error.to_string();
        if let Ok(mut raised) = self.raised.lock() {
            *raised = Some(error);
        }
        LearnError::World(words)
    }

    /// The first observations of all lanes.
    fn begin(&self, py: Python<'_>, observations: &mut [f32]) -> PyResult<()> {
        let seen: PyReadonlyArray2<'_, f32> =
            self.lanes.bind(py).call_method0("begin")?.extract()?;
        table(&seen, observations)
    }

    /// One step of all lanes, into `moment`; there are no costs, and one discount for all decisions.
    fn take(&self, py: Python<'_>, actions: &[f32], moment: &mut Moment) -> PyResult<()> {
        let given = PyArray1::from_slice(py, actions).reshape([self.count, self.actions])?;
        let found = self.lanes.bind(py).call_method1("step", (given,))?;
        let (observations, rewards, ends, finals): Arrays<'_> = found.extract()?;
        table(&observations, &mut moment.observations)?;
        row(&rewards, &mut moment.rewards)?;
        if let Some(finals) = &finals {
            table(finals, &mut moment.finals)?;
        }
        let codes = ends.as_slice()?;
        if codes.len() != self.count {
            return Err(other_size(codes.len(), self.count));
        }
        for (to, code) in moment.ends.iter_mut().zip(codes) {
            *to = match code {
                0 => End::Running,
                1 => End::Terminated,
                2 => End::Truncated,
                _ => End::Begun,
            };
        }
        moment.discounts.fill(self.discount);
        Ok(())
    }
}

/// A step that returned another number of numbers than there are.
fn other_size(found: usize, expected: usize) -> PyErr {
    PyValueError::new_err(format!("a step returned {found} numbers: expected are {expected}"))
}

/// Copy a table in C order.
fn table(from: &PyReadonlyArray2<'_, f32>, to: &mut [f32]) -> PyResult<()> {
    if from.len() != to.len() || !from.is_c_contiguous() {
        return Err(other_size(from.len(), to.len()));
    }
    to.copy_from_slice(from.as_slice()?);
    Ok(())
}

/// Copy one number a lane.
fn row(from: &PyReadonlyArray1<'_, f32>, to: &mut [f32]) -> PyResult<()> {
    if from.len() != to.len() {
        return Err(other_size(from.len(), to.len()));
    }
    to.copy_from_slice(from.as_slice()?);
    Ok(())
}

impl World for PythonWorld {
    fn lanes(&self) -> usize {
        self.count
    }

    fn observations(&self) -> usize {
        self.observations
    }

    fn actions(&self) -> usize {
        self.actions
    }

    fn costs(&self) -> usize {
        0
    }

    /// Begins new episodes.
    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        Python::attach(|py| self.begin(py, observations)).map_err(|error| self.kept(error))
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        Python::attach(|py| self.take(py, actions, moment)).map_err(|error| self.kept(error))
    }

    fn snapshot(&self, _: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(None)
    }

    fn restore(&mut self, _: usize, _: &[u8]) -> Result<(), LearnError> {
        Err(LearnError::Bytes("an environment of Python", "cannot be put back where it was"))
    }
}
