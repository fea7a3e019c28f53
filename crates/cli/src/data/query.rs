//! `data query`: rows of a run, as CSV on standard output.
//!
//! The first column is `time_s`; the others are the channels that were asked for, in SI, in that order. Numbers in CSV come back to
//! the bit when they are read. Without `--channel` all channels are given.

use std::io::Write;
use std::process::ExitCode;

use store::{Database, Rows, Run, Span, Stream};

use crate::error::CliError;
use crate::keep::Place;

/// Which rows.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// The run; `data runs` lists them
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    place: Place,
    /// Stream of the run
    #[arg(long, value_name = "NAME", default_value = "telemetry")]
    stream: String,
    /// Channel, given once or several times [default: all]
    #[arg(long, value_name = "ID")]
    channel: Vec<String>,
    /// From this time on, s
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    from_s: Option<f64>,
    /// To this time, s
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    to_s: Option<f64>,
}

/// Arguments of `data query`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  lunar-habitat data query RUN --channel living.air.pp_co2_pa --to-s 86400"
)]
pub struct QueryArgs {
    #[command(flatten)]
    which: Which,
}

impl Which {
    /// Name of the run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The database and the run.
    ///
    /// # Errors
    /// [`CliError`] where there is none.
    pub fn open(&self) -> Result<(Database, Run), CliError> {
        let database = self.place.open_to_read()?;
        let run = database.run(&self.run)?;
        Ok((database, run))
    }

    /// The stream, the channels and their rows.
    ///
    /// # Errors
    /// [`CliError`] where there is no such run, stream or channel.
    pub fn read(&self) -> Result<(Stream, Vec<String>, Rows), CliError> {
        let (database, run) = self.open()?;
        let stream = database.find_stream(run.id, &self.stream)?;
        let names = if self.channel.is_empty() {
            stream.signals.iter().map(|signal| signal.name.clone()).collect()
        } else {
            self.channel.clone()
        };
        let micros = |flag: &str, time_s: Option<f64>, otherwise: i64| match time_s {
            None => Ok(otherwise),
            Some(time_s) if time_s.abs() < 9.2e12 => Ok((time_s * 1e6).round() as i64),
            Some(time_s) => {
                let problem = "it has to be finite and within 9.2e12 s".to_owned();
                Err(CliError::flag(format!("--{flag} {time_s}"), problem))
            }
        };
        let span = Span::Time(
            micros("from-s", self.from_s, i64::MIN)?,
            micros("to-s", self.to_s, i64::MAX)?,
        );
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = database.read(&stream, &wanted, span)?;
        Ok((stream, names, rows))
    }
}

/// Write rows as CSV.
///
/// # Errors
/// What `out` refuses.
pub fn csv(names: &[String], rows: &Rows, out: &mut dyn Write) -> std::io::Result<()> {
    let quoted = |name: &str| {
        if name.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", name.replace('"', "\"\""))
        } else {
            name.to_owned()
        }
    };
    let head: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    writeln!(out, "time_s,{}", head.join(","))?;
    for (row, time_us) in rows.time_us().iter().enumerate() {
        write!(out, "{}", *time_us as f64 / 1e6)?;
        for at in 0..rows.channels() {
            write!(out, ",{}", rows.column(at)[row])?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// Run `data query`.
///
/// # Errors
/// [`CliError`].
pub fn query(args: QueryArgs) -> Result<ExitCode, CliError> {
    let (_, names, rows) = args.which.read()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match csv(&names, &rows, &mut out) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(CliError::Output(error)),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}
