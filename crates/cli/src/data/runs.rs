//! `data runs`: the runs in a database.
//!
//! # JSON
//! With `--json`, a list of one object a run, the latest first: `name`, `kind`, `code` (version of the program), `status` (`running`,
//! `done`, `failed`), `started_us` and `ended_us` (µs since 1970), `config`, `seeds`, `results`; with a name beside these
//! `streams` (each with `name`, `rows`, `first_s`, `last_s`, `channels`: `name` and `unit`) and `files` (`kind`, `name`, `bytes`).

use std::process::ExitCode;

use serde_json::{Value, json};
use store::{Database, Run, RunFilter};
use watch::report::Table;

use crate::error::CliError;
use crate::keep::Place;
use crate::table::fixed;
use crate::{output, table};

/// Arguments of `data runs`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lunar-habitat data runs --kind train\n  lunar-habitat data runs NAME"
)]
pub struct Args {
    /// One run, with its streams and files
    #[arg(value_name = "RUN")]
    run: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Only runs of this verb
    #[arg(long, value_name = "VERB")]
    kind: Option<String>,
    /// At most so many; 0 is all
    #[arg(long, value_name = "N", default_value_t = 50)]
    most: usize,
    /// Print a JSON list instead of a table
    #[arg(long)]
    json: bool,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let database = args.place.open_to_read()?;
    let runs = match &args.run {
        Some(name) => vec![database.run(name)?],
        None => {
            let kind = args.kind.clone();
            database.runs(&RunFilter { kind, most: args.most, ..RunFilter::default() })?
        }
    };
    if args.json {
        let mut all = Vec::with_capacity(runs.len());
        for run in &runs {
            let mut one = object(run);
            if args.run.is_some() {
                (one["streams"], one["files"]) = (streams(&database, run)?, files(&database, run)?);
            }
            all.push(one);
        }
        output::json(&all)?;
    } else if args.run.is_some() {
        for run in &runs {
            output::text(&told(&database, run)?)?;
        }
    } else {
        output::text(&table::render(&listed(&runs)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// JSON that a database keeps as text; a text that is none stays one.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn object(run: &Run) -> Value {
    json!({
        "name": run.told.name,
        "kind": run.told.kind,
        "code": run.told.code,
        "status": run.status.name(),
        "started_us": run.started_us,
        "ended_us": run.ended_us,
        "config": parsed(&run.told.config),
        "seeds": parsed(&run.told.seeds),
        "results": run.results.as_deref().map(parsed),
    })
}

fn streams(database: &Database, run: &Run) -> Result<Value, CliError> {
    let found = database.streams(run.id)?;
    let one = |stream: &store::Stream| {
        let channels: Vec<Value> =
            stream.signals.iter().map(|s| json!({ "name": s.name, "unit": s.unit })).collect();
        json!({
            "name": stream.name,
            "rows": stream.count,
            "first_s": stream.span_us.map(|span| span.0 as f64 / 1e6),
            "last_s": stream.span_us.map(|span| span.1 as f64 / 1e6),
            "channels": channels,
        })
    };
    Ok(Value::Array(found.iter().map(one).collect()))
}

fn files(database: &Database, run: &Run) -> Result<Value, CliError> {
    let found = database.artifacts(run.id)?;
    let one = |file: &store::ArtifactInfo| json!({ "kind": file.kind, "name": file.name, "bytes": file.len });
    Ok(Value::Array(found.iter().map(one).collect()))
}

/// How long a run took, s; empty while it goes on.
fn took(run: &Run) -> String {
    run.ended_us.map_or(String::new(), |end| fixed((end - run.started_us) as f64 / 1e6, 1))
}

fn listed(runs: &[Run]) -> Table {
    Table {
        title: "Runs".to_owned(),
        columns: ["run", "verb", "status", "took, s"].map(str::to_owned).to_vec(),
        rows: runs
            .iter()
            .map(|run| {
                let status = run.status.name().to_owned();
                vec![run.told.name.clone(), run.told.kind.clone(), status, took(run)]
            })
            .collect(),
    }
}

fn told(database: &Database, run: &Run) -> Result<String, CliError> {
    let mut out = table::render(&listed(std::slice::from_ref(run)));
    let streams = Table {
        title: "Streams".to_owned(),
        columns: ["stream", "channels", "rows", "from, s", "to, s"].map(str::to_owned).to_vec(),
        rows: database
            .streams(run.id)?
            .iter()
            .map(|stream| {
                let (first, last) = stream.span_us.unwrap_or_default();
                vec![
                    stream.name.clone(),
                    stream.signals.len().to_string(),
                    stream.count.to_string(),
                    fixed(first as f64 / 1e6, 1),
                    fixed(last as f64 / 1e6, 1),
                ]
            })
            .collect(),
    };
    let files = Table {
        title: "Files".to_owned(),
        columns: ["kind", "name", "bytes"].map(str::to_owned).to_vec(),
        rows: database
            .artifacts(run.id)?
            .iter()
            .map(|file| vec![file.kind.clone(), file.name.clone(), file.len.to_string()])
            .collect(),
    };
    for part in [streams, files].iter().filter(|part| !part.rows.is_empty()) {
        out.push('\n');
        out.push_str(&table::render(part));
    }
    Ok(out)
}
