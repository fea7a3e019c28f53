//! `data export`: what leaves a database as a file.
//!
//! Rows of a stream as Parquet, Arrow or CSV: `time_s`, then the channels that were asked for in SI, with their units among
//! the facts. Or, with `--episodes[=NAME]`, what was seen, done and got in a run, with the columns and facts of `data rollout`:
//! a set of data for learning, without conversion. Or, with `--advice`, the proposals of a session ([`super::advice`]).
//!
//! # Episodes of `simulate`
//! A controller commands actuators. In the rows stands the action of dials that comes nearest, and the facts say how often it
//! commands the same: `actions` is `nearest`, `actions_exact` of `decisions` lead to what follows. `data rollout` lets the
//! controller play through the dials instead.

use std::path::PathBuf;
use std::process::ExitCode;

use catalogue::{Frame, Values};
use store::{FrameFormat, FrameWriter, ROW_GROUP_ROWS, Rows, Stream};

use super::advice;
use super::query::{Which, csv};
use crate::error::CliError;
use crate::trajectory::Recorded;

/// Arguments of `data export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat data export RUN --out mission.parquet\n  \
    lunar-habitat data export --episodes RUN --out episodes.parquet\n  \
    lunar-habitat data export RUN --episodes=NAME --out episodes.parquet\n  \
    lunar-habitat data export RUN --advice --out advice.parquet\n\n\
    A file ending in .arrow or .feather is Arrow IPC (Feather 2), which others map into memory.")]
pub struct ExportArgs {
    #[command(flatten)]
    which: Which,
    /// Instead of channels: what was seen, done and got, with the columns of `data rollout`; =NAME where the run has several
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "",
        conflicts_with_all = ["stream", "channel", "from_s", "to_s"])]
    episodes: Option<String>,
    /// Instead of channels: what a controller proposed in a session, what operators made of it, and what was known then
    #[arg(long, conflicts_with_all = ["stream", "channel", "from_s", "to_s", "episodes"])]
    advice: bool,
    /// File, ending in `.parquet`, `.arrow`, `.feather` or, of channels, `.csv`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; an older file of that name is kept then.
pub fn run(args: ExportArgs) -> Result<ExitCode, CliError> {
    let format = FrameFormat::of(&args.out);
    let is_csv = args.out.extension().is_some_and(|ending| ending == "csv");
    if format.is_none() && (!is_csv || args.episodes.is_some() || args.advice) {
        let csv = if args.episodes.is_some() || args.advice { "" } else { ", .csv" };
        let flag = format!("--out {}", args.out.display());
        let problem = format!("its name has to end in one of .parquet, .arrow, .feather{csv}");
        return Err(CliError::flag(flag, problem));
    }
    if let (Some(name), Some(format)) = (&args.episodes, format) {
        let (database, run) = args.which.open()?;
        let recorded = Recorded::find(&database, &run, name)?;
        let (rows, episodes) = recorded.export(&database, &run, &args.out, format)?;
        eprintln!("{rows} rows of {episodes} episodes in {}", args.out.display());
        return Ok(ExitCode::SUCCESS);
    }
    if let (true, Some(format)) = (args.advice, format) {
        let (database, run) = args.which.open()?;
        let count = advice::export(&database, &run, &args.out, format)?;
        eprintln!("{count} proposals in {}", args.out.display());
        return Ok(ExitCode::SUCCESS);
    }
    let (stream, names, rows) = args.which.read()?;
    match format {
        Some(format) => frames(&args, format, &stream, &names, &rows)?,
        None => {
            let mut bytes = Vec::new();
            csv(&names, &rows, &mut bytes).map_err(CliError::Output)?;
            store::write_atomic(&args.out, &bytes)?;
        }
    }
    eprintln!("{} rows of {} channels in {}", rows.len(), names.len(), args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Write rows as a frame, with the units among its facts.
fn frames(
    args: &ExportArgs,
    format: FrameFormat,
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
        frame.facts.push(("run".to_owned(), args.which.run().to_owned()));
        frame.facts.push(("stream".to_owned(), stream.name.clone()));
        frame.facts.push(("unit:time_s".to_owned(), "s".to_owned()));
        for signal in &stream.signals {
            frame.facts.push((format!("unit:{}", signal.name), signal.unit.clone()));
        }
        Ok(frame)
    };
    let mut writer = FrameWriter::create_as(&args.out, format, &frame(0, 0)?)?;
    for from in (0..rows.len()).step_by(ROW_GROUP_ROWS) {
        writer.append(&frame(from, (from + ROW_GROUP_ROWS).min(rows.len()))?)?;
    }
    writer.finish()?;
    Ok(())
}
