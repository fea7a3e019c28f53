//! Steps per second of the vector environment, beside those of the habitats in it alone.
//!
//! Both take the same steps from the start of the mission with every mode on: the habitats alone one after the other,
//! the lanes of the vector a decision at a time, with observation, reward terms and costs. The share therefore
//! counts what the environment does, and what a thousand habitats cost that do not fit the cache together.
//! `HabitatVectorEnv` of the Python package takes the same decisions, on one thread too; its share is that of the
//! vector. The figures are the medians of repetitions that alternate.

use std::sync::Arc;
use std::time::Instant;

use env::{Autoreset, Task, TaskError, TaskOptions, VectorEnv, VectorOptions};
use habitat::Plan;
use serde::Serialize;

use super::interpreter::{self, Interpreter};
use super::rate::{self, Rate};
use crate::error::CliError;

/// Least share of the bare simulator.
pub const BAR: f64 = 0.85;
/// Share of the vector that Python is to reach with many lanes; shown, and no bar.
pub const PYTHON_GOAL: f64 = 0.95;
/// Lanes that are measured.
const LANES: [usize; 2] = [64, 1_024];
/// Decisions of all lanes together in a repetition.
const DECISIONS: usize = 40_960;
/// Repetitions.
const REPETITIONS: usize = 5;

/// A number of lanes.
#[derive(Debug, Clone, Serialize)]
pub struct VectorPoint {
    /// How many.
    pub lanes: usize,
    /// Steps of all lanes a second.
    pub steps_s: f64,
    /// Those over the steps of the same habitats alone.
    pub share: f64,
    /// Steps of all lanes a second from Python, and those over the steps of the vector.
    pub python: Option<PythonPoint>,
    /// Why Python was not measured.
    pub python_missing: Option<String>,
}

/// The same lanes from Python.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PythonPoint {
    /// Steps of all lanes a second.
    pub steps_s: f64,
    /// Those over the steps of the vector.
    pub share: f64,
}

fn failed(error: TaskError) -> CliError {
    CliError::Failed(error.to_string())
}

/// The figures of `plan` by number of lanes.
///
/// # Errors
/// [`CliError`] when the plan makes no task, or a step is refused.
pub fn points(plan: &Arc<Plan>) -> Result<Vec<VectorPoint>, CliError> {
    let options = TaskOptions { dt_s: Some(rate::DT_S), ..TaskOptions::default() };
    let task = Task::new(Arc::clone(plan), options).map_err(failed)?;
    let python = interpreter::program();
    LANES
        .into_iter()
        .map(|lanes| point(&task, lanes, DECISIONS / lanes, REPETITIONS, &python))
        .collect()
}

/// The figures of one number of lanes, each of which takes `decisions`.
fn point(
    task: &Arc<Task>,
    lanes: usize,
    decisions: usize,
    repetitions: usize,
    python: &str,
) -> Result<VectorPoint, CliError> {
    let steps = decisions as u64 * (task.decision_s() / task.dt_s()).round() as u64;
    let (mut rates, mut shares) = (Vec::new(), Vec::new());
    let (mut python_rates, mut python_shares) = (Vec::new(), Vec::new());
    let mut interpreter = Interpreter::start(python, task, lanes, decisions);
    for _ in 0..repetitions {
        let bare = alone(task.plan(), lanes, steps)?;
        let vector = together(task, lanes, decisions)?;
        rates.push(vector);
        shares.push(vector / bare);
        match interpreter.as_mut().map(Interpreter::repetition) {
            Ok(Ok(simulated_s)) => {
                python_rates.push(simulated_s / task.dt_s());
                python_shares.push(simulated_s / task.dt_s() / vector);
            }
            Ok(Err(reason)) => interpreter = Err(reason),
            Err(_) => {}
        }
    }
    let [steps_s, share] = [rates, shares].map(|all| Rate::of(all).median);
    let python = interpreter.as_ref().ok().map(|_| {
        let [steps_s, share] = [python_rates, python_shares].map(|all| Rate::of(all).median);
        PythonPoint { steps_s, share }
    });
    Ok(VectorPoint { lanes, steps_s, share, python, python_missing: interpreter.err() })
}

/// Steps a second of `lanes` habitats alone, one after the other.
fn alone(plan: &Arc<Plan>, lanes: usize, steps: u64) -> Result<f64, CliError> {
    let mut time_s = 0.0;
    for _ in 0..lanes {
        time_s += steps as f64 / rate::timed(&mut rate::everything_on(plan)?, steps)?;
    }
    Ok(lanes as f64 * steps as f64 / time_s)
}

/// Steps a second of a vector of `lanes`, on one thread.
fn together(task: &Arc<Task>, lanes: usize, decisions: usize) -> Result<f64, CliError> {
    let options =
        VectorOptions { lanes, autoreset: Autoreset::SameStep, ..VectorOptions::default() };
    let mut vector = VectorEnv::new(task, options).map_err(failed)?;
    let width = task.actions().len();
    let mut actions = vec![0.0; lanes * width];
    vector.hold(&mut actions).map_err(failed)?;
    // Every mode of a unit on, as in the habitats alone.
    for row in actions.chunks_mut(width.max(1)) {
        for (value, dial) in row.iter_mut().zip(task.actions().dials()) {
            if dial.is_mode && !dial.name.starts_with("instruments.") {
                *value = 1.0;
            }
        }
    }
    let (mut time_s, mut simulated_s) = (0.0, 0.0);
    for _ in 0..decisions {
        let start = Instant::now();
        let batch = vector.step(&actions).map_err(failed)?;
        time_s += start.elapsed().as_secs_f64();
        simulated_s += batch.durations_s().iter().sum::<f64>();
    }
    Ok(simulated_s / task.dt_s() / time_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_a_rate_and_a_share() {
        let plan = rate::shipped("artemis-30d").unwrap();
        let task = Task::new(plan, TaskOptions::default()).unwrap();
        let point = point(&task, 2, 3, 1, "no-such-python").unwrap();
        assert!(point.steps_s > 0.0 && point.share > 0.0);
        assert!(point.python.is_none());
        assert!(point.python_missing.unwrap().contains("no-such-python"));
    }
}
