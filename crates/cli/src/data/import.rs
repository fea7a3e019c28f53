//! `data import`: a recorded mission into a database.
//!
//! A file of telemetry as `simulate` and `data export` write it: the first column is `time_s`, the others are channels. Columns
//! of a Parquet file keep their units. Rows that are there already are left out, so an import that was cut off is given again.

use std::path::PathBuf;
use std::process::ExitCode;

use store::{
    Database, Ingest, IngestSettings, NewRun, Rows, RunStatus, Signal, StoreError, Table, read_csv,
    read_parquet,
};

use crate::error::CliError;
use crate::keep::Place;

/// Rows that are handed over at a time.
const ROWS: usize = 8_192;

/// Arguments of `data import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  lunar-habitat data import out/artemis-30d-rules-0/telemetry.parquet --run mission-1"
)]
pub struct Args {
    /// File of telemetry: `.parquet` or `.csv`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the run [default: the name of the file]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Stream of the run
    #[arg(long, value_name = "NAME", default_value = "telemetry")]
    stream: String,
    #[command(flatten)]
    place: Place,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let is_csv = args.file.extension().is_some_and(|ending| ending == "csv");
    let table = if is_csv { read_csv(&args.file)? } else { read_parquet(&args.file)? };
    let format = |reason: &str| {
        let (path, reason) = (args.file.clone(), reason.to_owned());
        CliError::Store(StoreError::Format { path, reason })
    };
    let times = table.column("time_s").ok_or_else(|| format("it has no column `time_s`"))?;
    let columns: Vec<&String> = table.names.iter().filter(|name| *name != "time_s").collect();
    let signals: Vec<Signal> =
        columns.iter().map(|name| Signal::new(name, table.unit(name).unwrap_or(""))).collect();
    let database = args.place.open_or_make()?;
    let name = args.run.clone().unwrap_or_else(|| args.file.display().to_string());
    let run = match database.run(&name) {
        Ok(run) => run.id,
        Err(StoreError::Missing { .. }) => begin(&database, &name, &table)?,
        Err(error) => return Err(error.into()),
    };
    let stream = database.stream(run, &args.stream, &signals)?;
    let mut ingest = Ingest::new(&database, &stream, &IngestSettings::default());
    let values: Vec<&[f64]> = columns.iter().filter_map(|name| table.column(name)).collect();
    for from in (0..times.len()).step_by(ROWS) {
        let mut rows = Rows::new(values.len());
        let mut row = vec![0.0; values.len()];
        for at in from..(from + ROWS).min(times.len()) {
            if !times[at].is_finite() || times[at].abs() > 9.2e12 {
                return Err(format(&format!("row {}: time {} is no time", at + 1, times[at])));
            }
            row.iter_mut().zip(&values).for_each(|(value, column)| *value = column[at]);
            rows.push((times[at] * 1e6).round() as i64, &row);
        }
        ingest.append_rows(&mut rows)?;
    }
    let summary = ingest.finish()?;
    database.end_run(run, RunStatus::Done, None)?;
    eprintln!(
        "run `{name}`: {} rows of {} channels; {} were there already",
        summary.rows,
        signals.len(),
        summary.repeated
    );
    Ok(ExitCode::SUCCESS)
}

fn begin(database: &Database, name: &str, table: &Table) -> Result<i64, CliError> {
    let facts: serde_json::Map<String, serde_json::Value> =
        table.metadata.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
    Ok(database.begin_run(&NewRun {
        kind: "import".to_owned(),
        config: serde_json::Value::Object(facts).to_string(),
        ..NewRun::named(name)
    })?)
}
