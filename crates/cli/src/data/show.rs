//! `data show`: what is in a Parquet file.
//!
//! Any file of flat columns can be shown: rollouts, telemetry, rows chosen with another program. It is read a row group at
//! a time and checked on the way; a damaged one is refused.
//!
//! # JSON
//! With `--json`, one object:
//!
//! | key | meaning |
//! |---|---|
//! | `file`, `rows` | name and length |
//! | `returns` | in rollouts, what [`super::returns`] counts; else null |
//! | `columns` | a list of `name`, `type` (`f32`, `f64`, `u64`, `bool`, `text`), `unit`, `words`, `low`, `high` (what -1 and 1 stand for), `min` and `max` of the finite values, `not_finite` (how many are none), `texts` (the first different ones) |
//! | `facts` | everything else that the file says about itself |

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use catalogue::{Frame, Values};
use serde::Serialize;
use store::FrameReader;
use watch::report::Table;

use super::returns::Returns;
use crate::error::CliError;
use crate::table::short;
use crate::{output, table};

/// Different texts that are listed of a column.
const TEXTS_MAX: usize = 16;
/// Facts about a column start with these.
const ABOUT_COLUMNS: [&str; 4] = ["unit:", "words:", "low:", "high:"];

/// Arguments of `data show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data show rules.parquet")]
pub struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print a JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// A column, as in JSON.
#[derive(Debug, Serialize)]
struct Column {
    name: String,
    r#type: &'static str,
    unit: Option<String>,
    words: Option<String>,
    low: Option<f64>,
    high: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    not_finite: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    texts: Vec<String>,
}

impl Column {
    fn new(shape: &Frame, name: &str, values: &Values) -> Column {
        let about = |what: &str| shape.fact(&format!("{what}:{name}")).map(str::to_owned);
        let number = |what: &str| about(what).and_then(|text| text.parse().ok());
        Column {
            name: name.to_owned(),
            r#type: values.kind().name(),
            unit: about("unit"),
            words: about("words"),
            low: number("low"),
            high: number("high"),
            min: None,
            max: None,
            not_finite: 0,
            texts: Vec::new(),
        }
    }

    /// Take the next values.
    fn take(&mut self, values: &Values) {
        if let Values::Words(words) = values {
            for word in words.words() {
                if self.texts.len() < TEXTS_MAX && !self.texts.contains(word) {
                    self.texts.push(word.clone());
                }
            }
        }
        for value in (0..values.len()).filter_map(|row| values.number(row)) {
            if value.is_finite() {
                self.min = Some(self.min.map_or(value, |min| min.min(value)));
                self.max = Some(self.max.map_or(value, |max| max.max(value)));
            } else {
                self.not_finite += 1;
            }
        }
    }

    /// The row for people.
    fn cells(&self) -> Vec<String> {
        let number = |value: Option<f64>| value.map_or(String::new(), short);
        vec![
            self.name.clone(),
            self.r#type.to_owned(),
            self.unit.clone().unwrap_or_default(),
            number(self.low),
            number(self.high),
            number(self.min),
            number(self.max),
        ]
    }
}

/// What is in a file, as in JSON.
#[derive(Debug, Serialize)]
struct Contents {
    file: String,
    rows: u64,
    returns: Option<Returns>,
    columns: Vec<Column>,
    facts: BTreeMap<String, String>,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let contents = read(&args)?;
    if args.json {
        output::json(&contents)?
    } else {
        output::text(&text(&contents))?
    }
    Ok(ExitCode::SUCCESS)
}

fn read(args: &Args) -> Result<Contents, CliError> {
    let mut reader = FrameReader::open(&args.file)?;
    let shape = reader.shape().clone();
    let named = shape.names().iter().zip(shape.columns());
    let mut columns: Vec<Column> =
        named.map(|(name, values)| Column::new(&shape, name, values)).collect();
    let mut returns = Returns::default();
    let is_rollout = returns.take(&shape);
    let mut rows = 0;
    while let Some(frame) = reader.next_rows()? {
        rows += frame.rows() as u64;
        returns.take(&frame);
        for (column, values) in columns.iter_mut().zip(frame.columns()) {
            column.take(values);
        }
    }
    let about_column = |key: &str| ABOUT_COLUMNS.iter().any(|start| key.starts_with(start));
    Ok(Contents {
        file: args.file.display().to_string(),
        rows,
        returns: is_rollout.then_some(returns),
        columns,
        facts: shape.facts.into_iter().filter(|(key, _)| !about_column(key)).collect(),
    })
}

/// The tables for people.
fn text(contents: &Contents) -> String {
    let mut out = format!("{}\n\n", contents.file);
    let mut say = |label: &str, value: &str| out.push_str(&format!("{label:14}  {value}\n"));
    say("rows", &contents.rows.to_string());
    if let Some(returns) = &contents.returns {
        say("episodes", &returns.words());
        say("return", &returns.span());
    }
    for (key, value) in &contents.facts {
        // Facts of other programs may be long, as the schema of pandas is.
        let end = value.char_indices().nth(100).map_or(value.len(), |(at, _)| at);
        say(key, &value[..end]);
    }
    let headings = ["column", "type", "unit", "at -1", "at 1", "min", "max"];
    let columns = Table {
        title: String::new(),
        columns: headings.map(String::from).to_vec(),
        rows: contents.columns.iter().map(Column::cells).collect(),
    };
    out.push_str(&table::render(&columns));
    out.trim_end().to_owned()
}
