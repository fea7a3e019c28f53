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
//! | `detail` | what else the row measured, by row |
//! | `against` | with `--against`: how it stands against earlier measurements ([`watch::regression::Judgement`]) |
//!
//! A row that became slower than its earlier measurements fails as one that misses its bar does; [`mod@baseline`] says how they
//! are kept.
//!
//! # Rows
//! | `--only` | rows | in |
//! |---|---|---|
//! | `simulator` | `simulator` | [`mod@simulator`] |
//! | `memory` | `memory` | [`mod@memory`] |
//! | `pool` | `pool` | [`mod@pool`] |
//! | `training` | `training-f32`, `training-f32-1024`, `training-habitat` | [`mod@training`] |
//! | `parallel` | `parallel` | [`mod@parallel`] |
//! | `database` | `database` | [`mod@database`] |
//! | `caching` | `caching` | [`mod@caching`] |
//! | `concurrent` | `concurrent` | [`mod@concurrent`] |
//! | `scalability` | `scalability` | [`mod@scalability`] |
//! | `advice` | `advice` | [`mod@advice`] |

mod advice;
mod baseline;
mod caching;
mod concurrent;
mod curve;
mod database;
mod interpreter;
mod memory;
mod parallel;
mod pool;
mod rate;
mod scalability;
mod simulator;
mod training;
mod vector;

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use self::baseline::Baseline;
use crate::error::CliError;
use crate::output;

/// The rows that can be asked for.
const ROWS: [&str; 10] = [
    "simulator",
    "training",
    "parallel",
    "database",
    "memory",
    "pool",
    "concurrent",
    "caching",
    "scalability",
    "advice",
];

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat bench --only simulator\n  \
    lunar-habitat bench --json >> rows.jsonl\n  lunar-habitat bench --against rows.jsonl")]
pub struct Args {
    /// Rows to measure, separated by commas [default: every row there is]
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    only: Vec<String>,
    /// Hold the rows against earlier ones of this machine: a file with what --json printed, once or more often
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print a JSON list instead of a table
    #[arg(long)]
    json: bool,
}

/// A measured row.
#[derive(Debug, Serialize)]
struct Row<T> {
    row: &'static str,
    value: f64,
    unit: &'static str,
    predecessor: Option<f64>,
    pass: bool,
    detail: T,
}

/// A measured row, as JSON and as text.
struct Measured {
    json: Value,
    text: String,
    pass: bool,
}

impl Measured {
    fn new<T: Serialize>(row: &Row<T>, text: String) -> Result<Measured, CliError> {
        Ok(Measured { json: serde_json::to_value(row)?, text, pass: row.pass })
    }
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
    let baseline = args.against.as_deref().map(Baseline::read).transpose()?;
    let asked = |row: &str| args.only.is_empty() || args.only.iter().any(|one| one == row);
    let mut all = Vec::new();
    if asked("simulator") {
        all.push(simulator::measure()?);
    }
    if asked("memory") {
        all.push(memory::measure()?);
    }
    if asked("pool") {
        all.push(pool::measure()?);
    }
    if asked("training") {
        all.extend(training::measure()?);
    }
    if asked("parallel") {
        all.push(parallel::measure()?);
    }
    if asked("database") {
        all.push(database::measure()?);
    }
    if asked("caching") {
        all.push(caching::measure()?);
    }
    if asked("concurrent") {
        all.push(concurrent::measure()?);
    }
    if asked("scalability") {
        all.push(scalability::measure()?);
    }
    if asked("advice") {
        all.push(advice::measure()?);
    }
    let mut became_slower = false;
    if let Some(baseline) = &baseline {
        for measured in &mut all {
            became_slower |= baseline.hold(measured);
        }
    }
    if args.json {
        output::json(&all.iter().map(|one| &one.json).collect::<Vec<_>>())?;
    } else {
        let text: Vec<&str> = all.iter().map(|one| one.text.trim_end()).collect();
        output::text(&text.join("\n\n"))?;
    }
    let pass = all.iter().all(|one| one.pass) && !became_slower;
    Ok(if pass { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is said of a row that met its bar, or did not.
fn verdict(pass: bool) -> &'static str {
    if pass { "pass" } else { "MISS" }
}
