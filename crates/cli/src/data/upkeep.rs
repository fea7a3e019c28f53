//! `data migrate`, `verify`, `backup`, `restore`, `vacuum`, `thin`, `prune`: what keeps a database well.
//!
//! # JSON
//! With `--json`, one object: of `verify` `sound`, `runs`, `streams`, `rows`, `bytes`, `audit`, `count` and `problems`; of `backup`
//! `place`, `bytes`, `took_s`, and with `--drill` `drill` with `backup`, `restored_s`, `verified_s` and what `verify` gives.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use store::{Copied, Database, Location, Schedule, Verified};

use crate::error::CliError;
use crate::keep::Place;
use crate::output;

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;

/// Arguments of `data migrate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data migrate --store runs.db")]
pub struct MigrateArgs {
    #[command(flatten)]
    place: Place,
}

/// Arguments of `data verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  lunar-habitat data verify --store runs.db\n\nExit code 1 where something is wrong."
)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Print a JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Arguments of `data backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat data backup --to backups --keep 24\n  \
    lunar-habitat data backup --to backups --every 1h --drill")]
pub struct BackupArgs {
    #[command(flatten)]
    place: Place,
    /// Directory of the backups
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Backups that are kept
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// Take one again and again, with this pause: a number and s, m, h or d
    #[arg(long, value_name = "TIME", value_parser = pause)]
    every: Option<Duration>,
    /// Bring the backup back into a scratch place, verify it, and record how long that took
    #[arg(long)]
    drill: bool,
    /// Print a JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Arguments of `data restore`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  lunar-habitat data restore backups/backup-00001764417600000000.db --store runs.db"
)]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    backup: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Replace a file that is there; it is kept with the ending `.before-restore`
    #[arg(long)]
    replace: bool,
}

/// Arguments of `data vacuum`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data vacuum --store runs.db")]
pub struct VacuumArgs {
    #[command(flatten)]
    place: Place,
}

/// Arguments of `data thin`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data thin RUN --every-s 3600 --before-s 2592000")]
pub struct ThinArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    place: Place,
    /// Stream of the run
    #[arg(long, value_name = "NAME", default_value = "telemetry")]
    stream: String,
    /// Interval that keeps its lowest, mean and highest value, s
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..))]
    every_s: u32,
    /// Rows before this time of the run are old, s
    #[arg(long, value_name = "S")]
    before_s: f64,
}

/// Arguments of `data prune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat data prune --older-than-days 365")]
pub struct PruneArgs {
    #[command(flatten)]
    place: Place,
    /// Remove runs that ended longer ago, days
    #[arg(long, value_name = "DAYS")]
    older_than_days: f64,
}

/// A time as it is written: `90s`, `15m` or `15min`, `1h`, `1d`.
///
/// # Errors
/// A sentence on what is allowed.
pub(super) fn pause(text: &str) -> Result<Duration, String> {
    let wanted =
        || "written as a number and s, m or min, h or d, as in 15m; at least 1s".to_owned();
    let end = text.find(char::is_alphabetic).ok_or_else(wanted)?;
    let factor = match &text[end..] {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => DAY_S,
        _ => return Err(wanted()),
    };
    let number: f64 = text[..end].parse().map_err(|_| wanted())?;
    let seconds = number * factor;
    if (1.0..=1e9).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(wanted())
    }
}

/// Who acts, for the audit trail.
fn who() -> String {
    std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned())
}

/// Run `data migrate`.
///
/// # Errors
/// [`CliError`].
pub fn migrate(args: MigrateArgs) -> Result<ExitCode, CliError> {
    let location = args.place.location()?;
    if let Location::Sqlite(path) = &location
        && !path.exists()
    {
        return Err(CliError::flag(format!("--store {location}"), "there is no such file"));
    }
    let (before, after) = Database::migrate(&location)?;
    output::text(&format!("{location}: schema {before} before, {after} now"))?;
    Ok(ExitCode::SUCCESS)
}

/// What was verified, as in JSON.
pub(super) fn found(verified: &Verified) -> Value {
    json!({
        "sound": verified.is_sound(),
        "runs": verified.runs,
        "streams": verified.streams,
        "rows": verified.rows,
        "bytes": verified.bytes,
        "audit": verified.audit,
        "count": verified.count,
        "problems": verified.problems,
    })
}

/// What was verified, in one line without the problems.
pub(super) fn line(verified: &Verified) -> String {
    let Verified { runs, streams, rows, bytes, audit, count, .. } = verified;
    format!(
        "{}: {runs} runs, {streams} streams, {rows} rows, {:.1} MB of them read, {audit} entries of the audit trail",
        if verified.is_sound() { "sound".to_owned() } else { format!("{count} problems") },
        *bytes as f64 / 1e6
    )
}

fn words(verified: &Verified) -> String {
    let mut out = line(verified);
    for problem in &verified.problems {
        out.push_str("\n  ");
        out.push_str(problem);
    }
    out
}

/// Run `data verify`.
///
/// # Errors
/// [`CliError`].
pub fn verify(args: VerifyArgs) -> Result<ExitCode, CliError> {
    let verified = args.place.open_to_read()?.verify()?;
    if args.json {
        output::json(&found(&verified))?;
    } else {
        output::text(&words(&verified))?;
    }
    Ok(if verified.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Run `data backup`.
///
/// # Errors
/// [`CliError`]; with `--every` an error is told and the next backup is taken all the same.
pub fn backup(args: BackupArgs) -> Result<ExitCode, CliError> {
    let database = args.place.open()?;
    let schedule = Schedule { directory: args.to.clone(), keep: usize::from(args.keep) };
    loop {
        let taken = take(&args, &database, &schedule);
        let Some(every) = args.every else {
            return taken;
        };
        if let Err(error) = taken {
            error.report();
        }
        std::thread::sleep(every);
    }
}

fn take(args: &BackupArgs, database: &Database, schedule: &Schedule) -> Result<ExitCode, CliError> {
    let copied = database.scheduled_backup(schedule)?;
    let (mut told, mut text) = (copied_object(&copied), copied_line(&copied));
    let mut sound = true;
    if args.drill {
        let drill = database.drill(schedule, &who())?;
        sound = drill.verified.is_sound();
        told["drill"] = found(&drill.verified);
        told["drill"]["backup"] = json!(drill.backup.display().to_string());
        told["drill"]["restored_s"] = json!(drill.restored_in.as_secs_f64());
        told["drill"]["verified_s"] = json!(drill.verified_in.as_secs_f64());
        text.push_str(&format!(
            "\ndrill: back in {:.2} s, verified in {:.2} s, {}",
            drill.restored_in.as_secs_f64(),
            drill.verified_in.as_secs_f64(),
            words(&drill.verified)
        ));
    }
    if args.json {
        output::json(&told)?;
    } else {
        output::text(&text)?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was copied, as in JSON.
pub(super) fn copied_object(copied: &Copied) -> Value {
    json!({
        "place": copied.place,
        "bytes": copied.bytes,
        "took_s": copied.took.as_secs_f64(),
    })
}

/// What was copied, in one line.
pub(super) fn copied_line(copied: &Copied) -> String {
    let Copied { place, bytes, took } = copied;
    format!("{place}: {:.1} MB in {:.2} s", *bytes as f64 / 1e6, took.as_secs_f64())
}

/// Run `data restore`.
///
/// # Errors
/// [`CliError`]; the target is as it was then.
pub fn restore(args: RestoreArgs) -> Result<ExitCode, CliError> {
    let copied = Database::restore(&args.backup, &args.place.location()?, args.replace)?;
    output::text(&format!("{}: back in {:.2} s", copied.place, copied.took.as_secs_f64()))?;
    Ok(ExitCode::SUCCESS)
}

/// Run `data vacuum`.
///
/// # Errors
/// [`CliError`].
pub fn vacuum(args: VacuumArgs) -> Result<ExitCode, CliError> {
    let database = args.place.open()?;
    let (before, after) = database.vacuum()?;
    output::text(&format!(
        "{}: {:.1} MB before, {:.1} MB now",
        database.location(),
        before as f64 / 1e6,
        after as f64 / 1e6
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Run `data thin`.
///
/// # Errors
/// [`CliError`].
pub fn thin(args: ThinArgs) -> Result<ExitCode, CliError> {
    let database = args.place.open()?;
    let stream = database.find_stream(database.run(&args.run)?.id, &args.stream)?;
    let every_us = i64::from(args.every_s) * 1_000_000;
    let thinned = database.thin(&stream, every_us, (args.before_s * 1e6) as i64)?;
    output::text(&format!(
        "{} rows gone; their lowest, mean and highest values stand in {} rows of `{}.{}s`",
        thinned.removed, thinned.kept, args.stream, args.every_s
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The time so many seconds ago, µs since 1970.
pub(super) fn ago_us(seconds: f64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    ((now - seconds) * 1e6) as i64
}

/// Run `data prune`.
///
/// # Errors
/// [`CliError`].
pub fn prune(args: PruneArgs) -> Result<ExitCode, CliError> {
    if !(args.older_than_days >= 0.0 && args.older_than_days < 1e6) {
        let flag = format!("--older-than-days {}", args.older_than_days);
        return Err(CliError::flag(flag, "it has to be from 0 to 1e6"));
    }
    let gone = args.place.open()?.remove_runs_before(ago_us(args.older_than_days * DAY_S))?;
    let mut lines = vec![format!("{} runs gone", gone.len())];
    lines.extend(gone.iter().map(|name| format!("  {name}")));
    output::text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}
