//! Words of Python for choices of the environment.

use std::sync::Arc;

use env::habitat::Plan;
use env::habitat::scenario::{self, Difficulty, Drawn, Loaded};
use env::{Acts, Autoreset, OnBadAction, RewardWeights, TaskError, TaskOptions, Use};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::refused;

/// The choice that `found` names, or a sentence with the names that exist.
fn choice<T: Copy>(what: &'static str, found: &str, all: &[(&str, T)]) -> Result<T, TaskError> {
    match all.iter().find(|(name, _)| *name == found) {
        Some((_, value)) => Ok(*value),
        None => Err(TaskError::Unknown {
            what,
            found: found.to_owned(),
            allowed: all.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The mode by Gymnasium's name.
pub(crate) fn autoreset(found: &str) -> Result<Autoreset, TaskError> {
    let all = [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled];
    choice("autoreset mode", found, &all.map(|mode| (mode.name(), mode)))
}

/// What becomes of actions with entries that are not finite.
pub(crate) fn on_bad_action(found: &str) -> Result<OnBadAction, TaskError> {
    let all = [("refuse", OnBadAction::Refuse), ("clip", OnBadAction::Clip)];
    choice("on_bad_action", found, &all)
}

/// A preset with some weights changed.
pub(crate) fn weights(preset: &str, changed: &[(String, f64)]) -> Result<RewardWeights, TaskError> {
    let start = RewardWeights::preset(preset)?;
    changed.iter().try_fold(start, |weights, (term, weight)| weights.with(term, *weight))
}

/// The options of a task.
pub(crate) fn task(
    dt_s: Option<f64>,
    decision_s: Option<f64>,
    weights: RewardWeights,
    on_bad_action: OnBadAction,
    evaluation: bool,
    acts: Acts,
) -> TaskOptions {
    let used_for = if evaluation { Use::Evaluation } else { Use::Training };
    TaskOptions { dt_s, decision_s, acts, weights, on_bad_action, used_for }
}

/// Values that stand instead of what is drawn.
pub(crate) fn exact(values: Vec<(String, f64)>) -> Vec<Drawn> {
    values.into_iter().map(|(key, value)| Drawn { key, value }).collect()
}

/// The scenario of that name or in that file, or the one that `text` writes, at a difficulty and with a number of people;
/// those of the scenario where that is `None`.
pub(crate) fn load(
    name: &str,
    text: Option<&str>,
    difficulty: &str,
    crew_size: Option<usize>,
) -> PyResult<(Loaded, Arc<Plan>)> {
    let refused = |error: scenario::ScenarioError| PyValueError::new_err(error.to_string());
    let difficulty = difficulty.parse::<Difficulty>().map_err(PyValueError::new_err)?;
    let loaded = match text {
        Some(text) => scenario::parse_at(name, text, difficulty),
        None => scenario::load_at(name, difficulty),
    };
    let mut loaded = loaded.map_err(refused)?;
    if let Some(people) = crew_size.filter(|people| *people != loaded.scenario.crew.len()) {
        let model = loaded.scenario.with_crew(people);
        loaded.scenario = model
            .map_err(|problem| PyValueError::new_err(format!("crew_size {people}: {problem}")))?;
        loaded.hash = scenario::hash(&loaded.scenario).map_err(refused)?;
    }
    let plan = Plan::compile(&loaded.scenario, loaded.hash)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((loaded, Arc::new(plan)))
}

/// [`refused`] for a result.
pub(crate) fn or_refuse<T>(result: Result<T, TaskError>) -> PyResult<T> {
    result.map_err(|error| refused(&error))
}
