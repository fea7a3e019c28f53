//! What there is, for people and for the Python side: scenarios, rewards, costs, fields and dials.

use env::habitat::scenario::SHIPPED;
use env::{COST_TABLE, REWARD_PRESETS, TASKS, TERM_NAMES, TERM_UNITS, Task};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Names and sentences of the scenarios inside the program.
#[pyfunction]
pub(crate) fn scenarios() -> Vec<(&'static str, &'static str)> {
    SHIPPED.iter().map(|shipped| (shipped.name, shipped.title)).collect()
}

/// Ids, scenarios and goals of the registered tasks.
#[pyfunction]
pub(crate) fn tasks() -> Vec<(String, &'static str, &'static str)> {
    TASKS.iter().map(|task| (task.id(), task.name, task.goal)).collect()
}

/// Names and sentences of the reward presets.
#[pyfunction]
pub(crate) fn reward_presets() -> Vec<(&'static str, &'static str)> {
    REWARD_PRESETS.to_vec()
}

/// Names and units of the reward terms, in their order.
#[pyfunction]
pub(crate) fn reward_terms() -> Vec<(&'static str, &'static str)> {
    TERM_NAMES.into_iter().zip(TERM_UNITS).collect()
}

/// Discount of a decision that took `duration_s`, for a time constant `tau_s`, both s: exp(-duration/tau).
#[pyfunction]
#[pyo3(signature = (duration_s, tau_s = env::DISCOUNT_TIME_S))]
pub(crate) fn discount(duration_s: f64, tau_s: f64) -> f64 {
    env::discount(duration_s, tau_s)
}

/// The constraints in the order of every cost vector: name, words, unit, low, high, scale, source.
#[pyfunction]
pub(crate) fn cost_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let row = |cost: &env::Cost| {
        let row = PyDict::new(py);
        row.set_item("name", cost.name)?;
        row.set_item("words", cost.words)?;
        row.set_item("unit", cost.unit.symbol())?;
        row.set_item("low", cost.low)?;
        row.set_item("high", cost.high)?;
        row.set_item("scale", cost.scale)?;
        row.set_item("source", cost.source)?;
        Ok(row)
    };
    COST_TABLE.iter().map(row).collect()
}

/// Fields of the observation: name, words, unit, and the values in that unit that -1 and +1 stand for.
pub(crate) fn fields<'py>(py: Python<'py>, task: &Task) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let row = |field: &env::Field| {
        let row = PyDict::new(py);
        row.set_item("name", &field.name)?;
        row.set_item("words", &field.words)?;
        row.set_item("unit", field.unit.symbol())?;
        row.set_item("low", field.low)?;
        row.set_item("high", field.high)?;
        Ok(row)
    };
    task.observations().fields().iter().map(row).collect()
}

/// Dials of the action, or thresholds: as [`fields`], the value that 0 stands for, and whether the dial is a mode.
pub(crate) fn dials<'py>(py: Python<'py>, task: &Task) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let row = |dial: &env::Dial| {
        let row = PyDict::new(py);
        row.set_item("name", &dial.name)?;
        row.set_item("words", &dial.words)?;
        row.set_item("unit", dial.unit.symbol())?;
        row.set_item("low", dial.low)?;
        row.set_item("high", dial.high)?;
        row.set_item("middle", dial.middle)?;
        row.set_item("is_mode", dial.is_mode)?;
        Ok(row)
    };
    task.actions().dials().iter().map(row).collect()
}
