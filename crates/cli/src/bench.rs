//! The verb `bench`: measure speed and hold it against its bars.
//!
//! # JSON
//! With `--json`, a list of one object a row:
//!
//! | key | meaning |
//! |---|---|
//! | `row` | key of the row, as for `--only` |
//! | `value`, `unit` | what was measured |
//! | `predecessor` | figure of the Python predecessor, `null` where it has none |
//! | `pass` | the row meets its own bar |
//!
//! # Rows
//! `simulator`: steps per second of one habitat on one core: `cabin-30d` at a step of 60 s, every
//! unit on (the backups too), the ledger on, nothing recorded; the median of the repetitions. Its bar
//! is 300 000.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use habitat::counters::{STAGE_NAMES, StageCounters};
use habitat::scenario;
use habitat::{Habitat, Plan, StreamKey};
use runtime::{Budget, StageCost};
use serde::Serialize;

use crate::error::CliError;
use crate::output;
use crate::table::fixed;

/// The rows there are.
const ROWS: [&str; 1] = ["simulator"];
/// Least steps per second of the simulator.
const SIMULATOR_BAR: f64 = 300_000.0;
/// Missions that are timed.
const REPETITIONS: usize = 9;
/// Step, s.
const DT_S: f64 = 60.0;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat bench --only simulator")]
pub struct Args {
    /// Rows to measure, separated by commas [default: every row there is]
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    only: Vec<String>,
    /// Print a JSON list instead of a table
    #[arg(long)]
    json: bool,
}

/// A measured row.
#[derive(Debug, Serialize)]
struct Row {
    row: &'static str,
    value: f64,
    unit: &'static str,
    predecessor: Option<f64>,
    pass: bool,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; a row that does not exist is bad input.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    if let Some(row) = args.only.iter().find(|row| !ROWS.contains(&row.as_str())) {
        return Err(CliError::flag(
            format!("--only {row}"),
            format!("no such row in this release; the rows are {}", ROWS.join(", ")),
        ));
    }
    let (row, budget, spread) = simulator()?;
    if args.json {
        // The budget is talk beside the data.
        let _ = writeln!(std::io::stderr(), "{budget}");
        output::json(&[&row])?;
    } else {
        let verdict = if row.pass { "pass" } else { "MISS" };
        output::text(&format!(
            "simulator  {} {}  (lowest {}, highest {}; bar {})  {verdict}\n\n\
             Where the time of a step goes; a timer at every stage makes it slower\n{budget}",
            fixed(row.value, 0),
            row.unit,
            fixed(spread.0, 0),
            fixed(spread.1, 0),
            fixed(SIMULATOR_BAR, 0),
        ))?;
    }
    Ok(if row.pass { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Steps per second: the row, the budget of its stages, lowest and highest repetition.
fn simulator() -> Result<(Row, Budget, (f64, f64)), CliError> {
    let loaded = scenario::load("cabin-30d")?;
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    let steps = (plan.duration_s() / DT_S).round() as u64;
    let mut rates = Vec::with_capacity(REPETITIONS);
    // The first mission warms caches and clocks and is not counted.
    for repetition in 0..=REPETITIONS {
        let mut habitat = everything_on(&plan)?;
        let start = Instant::now();
        for _ in 0..steps {
            habitat.step(DT_S).map_err(env::EnvError::from)?;
        }
        if repetition > 0 {
            rates.push(steps as f64 / start.elapsed().as_secs_f64());
        }
    }
    rates.sort_by(f64::total_cmp);
    let value = rates[rates.len() / 2];
    let row = Row {
        row: "simulator",
        value,
        unit: "steps/s",
        predecessor: None,
        pass: value >= SIMULATOR_BAR,
    };
    let spread = (rates[0], rates[rates.len() - 1]);
    Ok((row, budget(everything_on(&plan)?, steps)?, spread))
}

/// A habitat at its start with every mode on.
fn everything_on(plan: &Arc<Plan>) -> Result<Habitat, CliError> {
    let mut habitat = Habitat::new(Arc::clone(plan), StreamKey::default());
    for index in 0..habitat.actuators().len() {
        if habitat.actuators()[index].is_mode {
            habitat.command(index, 1.0).map_err(|error| CliError::Failed(error.to_string()))?;
        }
    }
    Ok(habitat)
}

fn budget(mut habitat: Habitat, steps: u64) -> Result<Budget, CliError> {
    let mut counters = StageCounters::default();
    for _ in 0..steps {
        habitat.step_observed(DT_S, &mut counters).map_err(env::EnvError::from)?;
    }
    let stages = STAGE_NAMES.iter().zip(counters.seconds).map(|(name, seconds)| StageCost {
        name: (*name).to_owned(),
        calls: counters.steps,
        seconds,
    });
    Ok(Budget { stages: stages.collect() })
}
