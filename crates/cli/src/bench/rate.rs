//! Steps per second of a habitat on one core, alone or with its telemetry written.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use habitat::counters::{STAGE_NAMES, StageCounters};
use habitat::scenario;
use habitat::{Habitat, Plan, StreamKey};
use runtime::{Budget, OnFull, Pipe, StageCost};
use store::{Column, TelemetryWriter};

use crate::error::CliError;
use crate::simulate::{BLOCK_ROWS, BLOCKS_WAITING};

/// Step, s.
pub const DT_S: f64 = 60.0;
/// Missions that are timed.
const REPETITIONS: usize = 9;
/// Missions that are timed with their files.
const REPETITIONS_WRITTEN: usize = 3;

/// What the repetitions made, steps/s.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// The middle one.
    pub median: f64,
    /// The slowest.
    pub lowest: f64,
    /// The fastest.
    pub highest: f64,
}

impl Rate {
    /// Of at least one repetition.
    pub fn of(mut rates: Vec<f64>) -> Rate {
        rates.sort_by(f64::total_cmp);
        Rate { median: rates[rates.len() / 2], lowest: rates[0], highest: rates[rates.len() - 1] }
    }
}

/// The plan of a shipped scenario.
///
/// # Errors
/// [`CliError`] when it does not load.
pub fn shipped(name: &str) -> Result<Arc<Plan>, CliError> {
    let loaded = scenario::load(name)?;
    Ok(Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?))
}

/// A habitat at its start with every mode on.
///
/// # Errors
/// [`CliError`] when a mode is refused.
pub fn everything_on(plan: &Arc<Plan>) -> Result<Habitat, CliError> {
    let mut habitat = Habitat::new(Arc::clone(plan), StreamKey::default());
    for index in 0..habitat.actuators().len() {
        if habitat.actuators()[index].is_mode {
            habitat.command(index, 1.0).map_err(|error| CliError::Failed(error.to_string()))?;
        }
    }
    Ok(habitat)
}

/// Take `steps`, and return how many a second were made.
///
/// # Errors
/// [`CliError`] when a step is refused.
pub fn timed(habitat: &mut Habitat, steps: u64) -> Result<f64, CliError> {
    let start = Instant::now();
    for _ in 0..steps {
        habitat.step(DT_S).map_err(env::EnvError::from)?;
    }
    Ok(steps as f64 / start.elapsed().as_secs_f64())
}

/// Whole missions with nothing recorded.
///
/// # Errors
/// As [`timed`].
pub fn alone(plan: &Arc<Plan>) -> Result<Rate, CliError> {
    let mut rates = Vec::with_capacity(REPETITIONS);
    // The first mission warms caches and clocks and is not counted.
    for repetition in 0..=REPETITIONS {
        let rate = timed(&mut everything_on(plan)?, steps(plan))?;
        if repetition > 0 {
            rates.push(rate);
        }
    }
    Ok(Rate::of(rates))
}

/// Whole missions with a row of every channel a step, through pipe and writer to both files of
/// telemetry, until the files are closed.
///
/// # Errors
/// As [`timed`]; [`CliError`] when the temporary folder cannot be made or written.
pub fn with_telemetry(plan: &Arc<Plan>) -> Result<Rate, CliError> {
    let mut rates = Vec::with_capacity(REPETITIONS_WRITTEN);
    for _ in 0..REPETITIONS_WRITTEN {
        let dir = tempfile::tempdir()
            .map_err(|error| CliError::Failed(format!("no temporary folder: {error}")))?;
        rates.push(written(everything_on(plan)?, steps(plan), dir.path())?);
    }
    Ok(Rate::of(rates))
}

/// Take `steps` and write every one of them into `dir`; return how many a second were made.
fn written(mut habitat: Habitat, steps: u64, dir: &Path) -> Result<f64, CliError> {
    let channels = habitat.catalogue().len();
    let columns = Column::all_of(habitat.catalogue());
    let mut row = vec![0.0; channels];
    let start = Instant::now();
    let writer = Box::new(TelemetryWriter::create(dir, channels, columns, &[])?);
    let (mut pipe, mut block) =
        Pipe::start(writer, channels, BLOCK_ROWS, BLOCKS_WAITING, OnFull::Wait)?;
    for _ in 0..steps {
        habitat.step(DT_S).map_err(env::EnvError::from)?;
        habitat.read(&mut row);
        block.push(habitat.t_s(), &row)?;
        if block.is_full() {
            block = pipe.send(block)?;
        }
    }
    pipe.send(block)?;
    let rows = pipe.finish()?.rows;
    if rows != steps {
        return Err(CliError::Failed(format!("{rows} of {steps} rows were written")));
    }
    Ok(steps as f64 / start.elapsed().as_secs_f64())
}

/// Where the time of a step goes, over one mission.
///
/// # Errors
/// As [`timed`].
pub fn budget(plan: &Arc<Plan>) -> Result<Budget, CliError> {
    let mut habitat = everything_on(plan)?;
    let mut counters = StageCounters::default();
    for _ in 0..steps(plan) {
        habitat.step_observed(DT_S, &mut counters).map_err(env::EnvError::from)?;
    }
    let stages = STAGE_NAMES.iter().zip(counters.seconds).map(|(name, seconds)| StageCost {
        name: (*name).to_owned(),
        calls: counters.steps,
        seconds,
    });
    Ok(Budget { stages: stages.collect() })
}

/// Steps of a whole mission.
fn steps(plan: &Plan) -> u64 {
    (plan.duration_s() / DT_S).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_in_the_middle_is_the_figure() {
        let rate = Rate::of(vec![3.0, 1.0, 9.0, 2.0, 4.0]);
        assert_eq!((rate.lowest, rate.median, rate.highest), (1.0, 3.0, 9.0));
    }

    #[test]
    fn every_step_is_a_row_of_both_files() {
        let dir = tempfile::tempdir().unwrap();
        let plan = shipped(super::super::simulator::SCENARIO).unwrap();
        written(everything_on(&plan).unwrap(), 50, dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join(store::CSV_NAME)).unwrap();
        assert_eq!(text.lines().count(), 51);
        assert!(dir.path().join(store::PARQUET_NAME).exists());
    }
}
