//! The verb `data import-config`: a configuration of the predecessor as a scenario, and what became of each key.
//!
//! The scenario goes to the file that `--out` names, which appears whole or not at all, and the report to standard
//! output; without `--out` the scenario goes to standard output and the report to standard error.
//!
//! # JSON
//! With `--json` the report is a list in one line, an object for each key of a configuration in a fixed order and then
//! for each event:
//!
//! | key | meaning |
//! |---|---|
//! | `key`, `value`, `unit` | as the configuration has them; the unit may be empty |
//! | `given` | the configuration says it; else it is the predecessor's default |
//! | `outcome` | `kept`, `mapped` or `dropped` |
//! | `to` | what the scenario says for it; empty for what is dropped |
//! | `reason` | why; may be empty |

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use env::predecessor::{Config, ConfigError, Line, Outcome, convert};
use habitat::scenario::Shipped;
use serde_json::{Value, json};
use watch::report::Table;

use crate::error::CliError;
use crate::{output, table};

/// Arguments of `data import-config`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lunar-habitat data import-config habitat.yaml --out habitat.toml\n  \
    lunar-habitat data import-config mars_analog > mars-analog.toml"
)]
pub struct Args {
    /// Configuration in JSON or YAML, or `nasa_reference`, `apollo_derived` or `mars_analog`
    #[arg(value_name = "FILE")]
    file: String,
    /// Write the scenario to this file
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long)]
    json: bool,
}

/// Convert and report.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let refused = |error: ConfigError| CliError::from(Box::new(error));
    let config = Config::load(&args.file).map_err(refused)?;
    let converted = convert(&config).map_err(refused)?;
    let report = if args.json {
        serde_json::to_string(&Value::from_iter(converted.lines.iter().map(object)))?
    } else {
        shown(&args.file, &converted.lines)
    };
    let Some(out) = &args.out else {
        output::text(converted.toml.trim_end())?;
        // A reader that has gone away leaves the scenario that was asked for.
        let _ = writeln!(std::io::stderr(), "{report}");
        return Ok(ExitCode::SUCCESS);
    };
    if Shipped::find(&out.display().to_string()).is_some() {
        let reason = "that is the name of a scenario inside the program; allowed is any other file";
        return Err(CliError::flag(format!("--out {}", out.display()), reason));
    }
    let is_itself = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if is_itself(out, Path::new(&args.file)) {
        let reason = "that is the configuration itself; allowed is any other file";
        return Err(CliError::flag(format!("--out {}", out.display()), reason));
    }
    store::write_atomic(out, converted.toml.as_bytes())?;
    output::text(&report)?;
    Ok(ExitCode::SUCCESS)
}

fn object(line: &Line) -> Value {
    json!({
        "key": line.key,
        "value": line.value,
        "unit": line.unit,
        "given": line.is_given,
        "outcome": line.outcome.name(),
        "to": line.to,
        "reason": line.reason,
    })
}

/// The report as a table, and how many lines of it are which.
fn shown(file: &str, lines: &[Line]) -> String {
    let row = |line: &Line| {
        let value = format!("{} {}", line.value, line.unit);
        let from = if line.is_given { "" } else { " (default)" };
        let words = match (line.to.is_empty(), line.reason.is_empty()) {
            (true, _) => line.reason.clone(),
            (_, true) => line.to.clone(),
            _ => format!("{}: {}", line.to, line.reason),
        };
        let value = format!("{}{from}", value.trim_end());
        vec![line.key.clone(), value, line.outcome.to_string(), words]
    };
    let table = Table {
        title: file.to_owned(),
        columns: ["key", "value", "", "in the scenario, or why not"].map(String::from).to_vec(),
        rows: lines.iter().map(row).collect(),
    };
    let count = |outcome: Outcome| lines.iter().filter(|line| line.outcome == outcome).count();
    format!(
        "{}{} kept, {} mapped, {} dropped",
        table::render(&table),
        count(Outcome::Kept),
        count(Outcome::Mapped),
        count(Outcome::Dropped)
    )
}
