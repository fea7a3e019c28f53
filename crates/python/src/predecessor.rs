//! Configurations, names and the layout of the predecessor, for Python.

use env::predecessor::{
    Config, ConfigError, Format, KEYS, MISSION_NAMES, PRESET_NAMES, REWARD_NAMES, V0Layout, Value,
    convert,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What Python sees of a configuration that is refused.
fn refused(error: &ConfigError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The configuration of that name or in that file, or the JSON in `text`.
fn read(config: &str, text: Option<&str>) -> PyResult<Config> {
    let read = match text {
        Some(text) => Config::read(text, Format::Json),
        None => Config::load(config),
    };
    read.map_err(|error| refused(&error))
}

/// Names of missions: that of the predecessor, the scenario that is flown for it, a note that may be empty.
#[pyfunction]
pub(crate) fn predecessor_missions() -> Vec<(&'static str, &'static str, &'static str)> {
    MISSION_NAMES.iter().map(|mission| (mission.name, mission.scenario, mission.note)).collect()
}

/// Names of rewards: that of the predecessor, the preset that is used for it, a note that may be empty.
#[pyfunction]
pub(crate) fn predecessor_rewards() -> Vec<(&'static str, &'static str, &'static str)> {
    REWARD_NAMES.iter().map(|reward| (reward.name, reward.preset, reward.note)).collect()
}

/// Names of the predecessor's presets.
#[pyfunction]
pub(crate) fn predecessor_presets() -> Vec<&'static str> {
    PRESET_NAMES.to_vec()
}

/// What a configuration says itself, by key: numbers, truth values and texts.
///
/// `config` is a preset or a file; `text` is JSON that stands for it. `ValueError` for what is refused.
#[pyfunction]
#[pyo3(signature = (config, text = None))]
pub(crate) fn read_config<'py>(
    py: Python<'py>,
    config: &str,
    text: Option<&str>,
) -> PyResult<Bound<'py, PyDict>> {
    let config = read(config, text)?;
    let given = PyDict::new(py);
    for key in KEYS.iter().filter(|key| config.is_given(key.path)) {
        match config.value(key.path) {
            Some(Value::Number(value)) => given.set_item(key.path, *value)?,
            Some(Value::Flag(flag)) => given.set_item(key.path, *flag)?,
            Some(Value::Text(text)) => given.set_item(key.path, text)?,
            None => {}
        }
    }
    Ok(given)
}

/// A configuration as the text of a scenario, and a row about every key and event.
///
/// Arguments as [`read_config`]; `scenario`, `difficulty` and `crew_size` stand instead of what the configuration says.
#[pyfunction]
#[pyo3(signature = (config, text = None, *, scenario = None, difficulty = None, crew_size = None))]
pub(crate) fn convert_config<'py>(
    py: Python<'py>,
    config: &str,
    text: Option<&str>,
    scenario: Option<&str>,
    difficulty: Option<&str>,
    crew_size: Option<usize>,
) -> PyResult<(String, Vec<Bound<'py, PyDict>>)> {
    let converted = py.detach(|| {
        let mut config = match text {
            Some(text) => Config::read(text, Format::Json)?,
            None => Config::load(config)?,
        };
        if let Some(name) = scenario {
            config = config.with_mission(name)?;
        }
        if let Some(name) = difficulty {
            config = config.with_difficulty(name)?;
        }
        if let Some(people) = crew_size {
            config = config.with_people(people)?;
        }
        convert(&config)
    });
    let converted = converted.map_err(|error| refused(&error))?;
    let row = |line: &env::predecessor::Line| {
        let row = PyDict::new(py);
        row.set_item("key", &line.key)?;
        row.set_item("value", &line.value)?;
        row.set_item("unit", line.unit)?;
        row.set_item("given", line.is_given)?;
        row.set_item("outcome", line.outcome.name())?;
        row.set_item("to", &line.to)?;
        row.set_item("reason", &line.reason)?;
        Ok(row)
    };
    let rows = converted.lines.iter().map(row).collect::<PyResult<Vec<_>>>()?;
    Ok((converted.toml, rows))
}

/// Actions of the predecessor's layout: name, low, high, words, whether it turns a dial.
#[pyfunction]
pub(crate) fn v0_actions(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let row = |action: &env::predecessor::V0Action| {
        let row = PyDict::new(py);
        row.set_item("name", action.name)?;
        row.set_item("low", action.low)?;
        row.set_item("high", action.high)?;
        row.set_item("words", action.words)?;
        row.set_item("acts", action.acts)?;
        Ok(row)
    };
    V0Layout::actions().iter().map(row).collect()
}

/// Numbers of its observation: name, unit, the constant where nothing measures it, whether it is only ever that.
pub(crate) fn v0_fields<'py>(
    py: Python<'py>,
    layout: &V0Layout,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let row = |field: &env::predecessor::V0Field| {
        let row = PyDict::new(py);
        row.set_item("name", &field.name)?;
        row.set_item("unit", field.unit)?;
        row.set_item("absent", field.absent)?;
        row.set_item("is_constant", field.is_constant)?;
        Ok(row)
    };
    layout.fields().iter().map(row).collect()
}
