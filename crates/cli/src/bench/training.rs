//! The rows `training-…`: decisions learned per second of one core, full PPO from the world to the new weights.
//!
//! `training-f32` and `training-f32-1024` are the task and the recipe on which other trainers are timed
//! ([`learn::LinearWorld`]; 64 and 1 024 lanes, 128 decisions a rollout, 4 epochs of 4 minibatches, two towers of 64 × 64
//! tanh, nothing normalised). `training-habitat` is `artemis-30d` with its dials, ten steps of physics a decision, 64
//! lanes, the same network. Each is the median of repetitions behind a warm-up, in decisions per second of processor time,
//! so that other work on the machine does not enter.
//!
//! # Bars
//! 198 000 for the linear task: 1.5 times a whole loop in JAX on the slowest machine on which both were timed, 132 000. The
//! ratio itself is to be taken in one sitting (`python/peers/jax_ppo.py`; book, "Beside other trainers"). 20 000 for the
//! habitat.
//!
//! # JSON
//! `detail`: `lanes`, `lowest`, `highest`, `peak_mb`, and `share`, where the time of the last repetition went: `world`,
//! `acting`, `learning`.

use std::sync::Arc;

use env::{Task, TaskOptions};
use learn::{Cpu, HabitatWorld, LinearWorld, Progress, Training, TrainingSettings, World};
use serde::Serialize;

use super::rate::{self, Rate};
use super::simulator::SCENARIO;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::table::fixed;
use crate::usage;

/// Least decisions per second on the linear task.
const LINEAR_BAR: f64 = 198_000.0;
/// Least decisions per second on the habitat.
const HABITAT_BAR: f64 = 20_000.0;
/// Figure of the predecessor: episodes of one step per second.
const PREDECESSOR: f64 = 14_956.2;
/// Repetitions.
const REPETITIONS: usize = 5;
/// Least processor time of a repetition, s: its clock ticks a hundred times a second.
const LEAST_S: f64 = 2.0;

/// What a row measured beside its figure.
#[derive(Debug, Serialize)]
struct Detail {
    lanes: usize,
    lowest: f64,
    highest: f64,
    peak_mb: f64,
    share: Share,
}

/// Where the time went.
#[derive(Debug, Clone, Copy, Serialize)]
struct Share {
    world: f64,
    acting: f64,
    learning: f64,
}

impl Share {
    fn of(progress: &Progress) -> Share {
        let spent = &progress.spent;
        let [world, acting, learning] =
            [spent.environment, spent.forward, spent.learning + spent.copying]
                .map(|part| part.as_secs_f64());
        let all = world + acting + learning;
        Share { world: world / all, acting: acting / all, learning: learning / all }
    }
}

/// A training on the linear task with the recipe of the comparison.
pub fn linear(lanes: usize, threads: usize) -> Result<Training, CliError> {
    let settings = TrainingSettings { lanes, threads, ..TrainingSettings::default() };
    let world = |first: u64, lanes: usize| {
        Ok(Box::new(LinearWorld::new(first, lanes, 0.99)) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    Ok(Training::new(settings, Box::new(cpu), cpu.level(), &world)?)
}

fn habitat(lanes: usize) -> Result<Training, CliError> {
    let task = Task::new(rate::shipped(SCENARIO)?, TaskOptions::default())?;
    let settings = TrainingSettings { lanes, ..TrainingSettings::default() };
    let world = |first: u64, lanes: usize| {
        let world = HabitatWorld::new(&Arc::clone(&task), 0, first, lanes, None)?;
        Ok(Box::new(world) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    Ok(Training::new(settings, Box::new(cpu), cpu.level(), &world)?)
}

/// Measure the rows.
///
/// # Errors
/// [`CliError`] when a training fails.
pub fn measure() -> Result<Vec<Measured>, CliError> {
    Ok(vec![
        row("training-f32", 64, LINEAR_BAR, linear(64, 1)?)?,
        row("training-f32-1024", 1_024, LINEAR_BAR, linear(1_024, 1)?)?,
        row("training-habitat", 64, HABITAT_BAR, habitat(64)?)?,
    ])
}

fn row(
    name: &'static str,
    lanes: usize,
    bar: f64,
    mut training: Training,
) -> Result<Measured, CliError> {
    let mut last = training.update()?;
    let mut rates = Vec::new();
    for _ in 0..REPETITIONS {
        let (start_s, before) = (usage::cpu_s(), training.decisions());
        while usage::cpu_s() - start_s < LEAST_S {
            last = training.update()?;
        }
        rates.push((training.decisions() - before) as f64 / (usage::cpu_s() - start_s));
    }
    let rate = Rate::of(rates);
    let share = Share::of(&last);
    let pass = rate.median >= bar;
    let (lowest, highest, peak_mb) = (rate.lowest, rate.highest, usage::peak_mb());
    let text = format!(
        "{name}  {} decisions/s of one core  (lowest {}, highest {}; bar {})  {}\n\
         {:17}  {lanes} lanes; world {} %, acting {} %, learning {} %; at most {} MB so far\n\
         {:17}  predecessor: {} episodes of one step a second, not comparable",
        fixed(rate.median, 0),
        fixed(lowest, 0),
        fixed(highest, 0),
        fixed(bar, 0),
        verdict(pass),
        "",
        fixed(100.0 * share.world, 0),
        fixed(100.0 * share.acting, 0),
        fixed(100.0 * share.learning, 0),
        fixed(peak_mb, 0),
        "",
        fixed(PREDECESSOR, 1),
    );
    let row = Row {
        row: name,
        value: rate.median,
        unit: "decisions/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail { lanes, lowest, highest, peak_mb, share },
    };
    Measured::new(&row, text)
}
