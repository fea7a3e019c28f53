//! `data query` and `data export`: rows of a run, as CSV on standard output or as a file of Parquet or CSV.
//!
//! The first column is `time_s`; the others are the channels that were asked for, in SI, in that order. Numbers in CSV come back to
//! the bit when they are read. Without `--channel` all channels are given.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use catalogue::{Frame, Values};
use store::{FrameWriter, ROW_GROUP_ROWS, Rows, Span, Stream};

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

/// Arguments of `data export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data export RUN --out mission.parquet")]
pub struct ExportArgs {
    #[command(flatten)]
    which: Which,
    /// File, ending in `.parquet` or `.csv`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Which {
    /// The stream, the channels and their rows.
    fn read(&self) -> Result<(Stream, Vec<String>, Rows), CliError> {
        let database = self.place.open()?;
        let run = database.run(&self.run)?;
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
fn csv(names: &[String], rows: &Rows, out: &mut dyn Write) -> std::io::Result<()> {
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

/// Run `data export`.
///
/// # Errors
/// [`CliError`]; an older file of that name is kept then.
pub fn export(args: ExportArgs) -> Result<ExitCode, CliError> {
    let ending = args.out.extension().unwrap_or_default().to_string_lossy().into_owned();
    if !["parquet", "csv"].contains(&ending.as_str()) {
        let flag = format!("--out {}", args.out.display());
        return Err(CliError::flag(flag, "its name has to end in .parquet or .csv"));
    }
    let (stream, names, rows) = args.which.read()?;
    if ending == "csv" {
        let mut bytes = Vec::new();
        csv(&names, &rows, &mut bytes).map_err(CliError::Output)?;
        store::write_atomic(&args.out, &bytes)?;
    } else {
        parquet(&args, &stream, &names, &rows)?;
    }
    eprintln!("{} rows of {} channels in {}", rows.len(), names.len(), args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Write rows as Parquet, with the units among its facts.
fn parquet(
    args: &ExportArgs,
    stream: &Stream,
    names: &[String],
    rows: &Rows,
) -> Result<(), CliError> {
    let frame = |from: usize, to: usize| -> Result<Frame, CliError> {
        let mut frame = Frame::default();
        let push = |frame: &mut Frame, name: &str, values: Vec<f64>| {
            frame.push(name, Values::F64(values)).map_err(store::StoreError::from)
        };
        let times = rows.time_us()[from..to].iter().map(|time_us| *time_us as f64 / 1e6).collect();
        push(&mut frame, "time_s", times)?;
        for (at, name) in names.iter().enumerate() {
            push(&mut frame, name, rows.column(at)[from..to].to_vec())?;
        }
        frame.facts.push(("run".to_owned(), args.which.run.clone()));
        frame.facts.push(("stream".to_owned(), stream.name.clone()));
        frame.facts.push(("unit:time_s".to_owned(), "s".to_owned()));
        for signal in &stream.signals {
            frame.facts.push((format!("unit:{}", signal.name), signal.unit.clone()));
        }
        Ok(frame)
    };
    let mut writer = FrameWriter::create(&args.out, &frame(0, 0)?)?;
    for from in (0..rows.len()).step_by(ROW_GROUP_ROWS) {
        writer.append(&frame(from, (from + ROW_GROUP_ROWS).min(rows.len()))?)?;
    }
    writer.finish()?;
    Ok(())
}
