//! `data tend`: a database kept well by a policy, once or, with `--every`, again and again in the foreground.
//!
//! # Steps
//! Those that are asked for, in this order: `verify`, `backup`, `thin`, `prune` (by age), `keep` (by number), `vacuum`. So what is
//! removed is in the backup of the same round. Each says one line. A step that fails does not stop the others; the exit code is 1
//! when one of the last round failed. A database or a directory of backups that others use is waited for, up to `--patience`. After
//! a `verify` that finds damage a backup is taken, too, and no older one is removed: one of them may be the last that is sound.
//!
//! SIGTERM and SIGINT end the work behind the step under way, a second one at once. A backup that is killed leaves nothing that
//! the next one does not remove.
//!
//! # Policy
//! A file of TOML whose keys are the flags: `thin-older-than = "30d"`, `backups-kept = 24`, `verify = true`. A flag on the
//! command line is stronger.
//!
//! # JSON
//! With `--json`, one object a step and line: `step`, `ok`, `took_s`, and `error`, or what the step gives: of `verify` and
//! `backup` as in [`super::upkeep`]; of `thin` `removed`, `kept`; of `prune` and `keep` `runs`, the names of those that are gone;
//! of `vacuum` `before`, `after`, bytes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args as _, FromArgMatches};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use store::{Database, Schedule, StoreError};
use toml_edit::{DocumentMut, Item};

use super::upkeep::{self, pause};
use crate::error::CliError;
use crate::keep::Place;
use crate::output;

/// Pause before a database that is in use is asked again, and between two looks at the signals.
const AGAIN: Duration = Duration::from_millis(100);

/// Arguments of `data tend`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    lunar-habitat data tend --backup-to backups --backups-kept 24 --thin-older-than 30d --thin-to 10min\n  \
    lunar-habitat data tend --policy upkeep.toml --every 6h --json\n\n\
    TIME is a number and s, m or min, h or d, at least 1s: 90s, 15m, 6h, 30d.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// File of TOML with the flags below as keys
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    policy_flags: Policy,
    /// Do it again and again, with this pause after each round
    #[arg(long, value_name = "TIME", value_parser = pause)]
    every: Option<Duration>,
    /// How long a database or a directory of backups that others use is waited for, in each step
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = pause)]
    patience: Duration,
    /// Print a JSON object a step instead of words
    #[arg(long)]
    json: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Default, clap::Args)]
struct Policy {
    /// Hold everything against its checksums; after damage no older backup is removed
    #[arg(long)]
    verify: bool,
    /// Take a backup into this directory
    #[arg(long, value_name = "DIR")]
    backup_to: Option<PathBuf>,
    /// Backups that are kept there, the latest; needs --backup-to [default: 7]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    backups_kept: Option<u16>,
    /// Replace rows that are older by their lowest, mean and highest value; needs --thin-to
    #[arg(long, value_name = "TIME", value_parser = pause)]
    thin_older_than: Option<Duration>,
    /// Interval of these, whole seconds; needs --thin-older-than
    #[arg(long, value_name = "TIME", value_parser = pause)]
    thin_to: Option<Duration>,
    /// Stream that is thinned, in all runs; needs --thin-older-than [default: telemetry]
    #[arg(long, value_name = "NAME")]
    thin_stream: Option<String>,
    /// Remove runs that ended longer ago; runs that go on stay
    #[arg(long, value_name = "TIME", value_parser = pause)]
    prune_older_than: Option<Duration>,
    /// Remove all runs but so many, those that began last; runs that go on stay and do not count
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Give room that nothing uses back to the file system
    #[arg(long)]
    vacuum: bool,
}

impl Policy {
    /// The policy in a file.
    fn read(path: &Path) -> Result<Policy, CliError> {
        let refused =
            |problem: String| CliError::flag(format!("--policy {}", path.display()), problem);
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| refused(error.to_string()))?;
        let command = Policy::augment_args(clap::Command::new("policy").no_binary_name(true));
        let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        let mut words = Vec::new();
        for (key, item) in document.iter() {
            if !known.contains(&key) {
                let allowed = known.join("`, `");
                return Err(refused(format!("unknown key `{key}`; allowed are `{allowed}`")));
            }
            let value = match item {
                Item::Value(toml_edit::Value::String(text)) => Some(text.value().clone()),
                Item::Value(toml_edit::Value::Integer(number)) => Some(number.value().to_string()),
                Item::Value(toml_edit::Value::Boolean(is)) if *is.value() => None,
                Item::Value(toml_edit::Value::Boolean(_)) => continue,
                _ => {
                    return Err(refused(format!(
                        "`{key}`: allowed are a text, a whole number, true and false"
                    )));
                }
            };
            words.push(match value {
                Some(value) => format!("--{key}={value}"),
                None => format!("--{key}"),
            });
        }
        let parsed = command.try_get_matches_from(words);
        parsed.and_then(|found| Policy::from_arg_matches(&found)).map_err(|error| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            refused(line.strip_prefix("error: ").unwrap_or(line).to_owned())
        })
    }

    /// This policy, and `other` where it says nothing.
    fn or(self, other: Policy) -> Policy {
        Policy {
            verify: self.verify || other.verify,
            backup_to: self.backup_to.or(other.backup_to),
            backups_kept: self.backups_kept.or(other.backups_kept),
            thin_older_than: self.thin_older_than.or(other.thin_older_than),
            thin_to: self.thin_to.or(other.thin_to),
            thin_stream: self.thin_stream.or(other.thin_stream),
            prune_older_than: self.prune_older_than.or(other.prune_older_than),
            keep: self.keep.or(other.keep),
            vacuum: self.vacuum || other.vacuum,
        }
    }

    /// The steps that it asks for.
    fn steps(&self) -> Result<Vec<Step>, CliError> {
        let mut steps = Vec::new();
        if self.verify {
            steps.push(Step::Verify);
        }
        match (&self.backup_to, self.backups_kept) {
            (Some(directory), kept) => steps.push(Step::Backup(Schedule {
                directory: directory.clone(),
                keep: usize::from(kept.unwrap_or(7)),
            })),
            (None, Some(_)) => {
                return Err(CliError::flag("--backups-kept", "it needs --backup-to"));
            }
            (None, None) => {}
        }
        match (self.thin_older_than, self.thin_to) {
            (Some(age), Some(every)) if every.subsec_nanos() == 0 => {
                let stream = self.thin_stream.clone().unwrap_or_else(|| "telemetry".to_owned());
                steps.push(Step::Thin { stream, every_us: every.as_micros() as i64, age });
            }
            (Some(_), Some(every)) => {
                let flag = format!("--thin-to {}s", every.as_secs_f64());
                return Err(CliError::flag(flag, "allowed are whole seconds"));
            }
            (None, None) if self.thin_stream.is_none() => {}
            _ => {
                let flag = "--thin-older-than, --thin-to";
                return Err(CliError::flag(flag, "each needs the other"));
            }
        }
        steps.extend(self.prune_older_than.map(Step::Prune));
        steps.extend(self.keep.map(|keep| Step::Keep(keep as usize)));
        if self.vacuum {
            steps.push(Step::Vacuum);
        }
        if steps.is_empty() {
            let problem = "nothing is to be done: give at least one of --verify, --backup-to, --thin-older-than, \
                           --prune-older-than, --keep, --vacuum";
            return Err(CliError::flag("data tend", problem));
        }
        Ok(steps)
    }
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Verify,
    Backup(Schedule),
    Thin { stream: String, every_us: i64, age: Duration },
    Prune(Duration),
    Keep(usize),
    Vacuum,
}

/// What came of a step: a line, what JSON says, and whether all is well.
struct Done {
    line: String,
    told: Value,
    is_well: bool,
}

impl Step {
    fn name(&self) -> &'static str {
        match self {
            Step::Verify => "verify",
            Step::Backup(_) => "backup",
            Step::Thin { .. } => "thin",
            Step::Prune(_) => "prune",
            Step::Keep(_) => "keep",
            Step::Vacuum => "vacuum",
        }
    }

    /// Do it; `is_sound` is whether no damage was found before.
    fn run(&self, database: &Database, is_sound: bool) -> Result<Done, StoreError> {
        let well = |line: String, told: Value| Done { line, told, is_well: true };
        Ok(match self {
            Step::Verify => {
                let verified = database.verify()?;
                let problems: String =
                    verified.problems.iter().map(|problem| format!("; {problem}")).collect();
                let line = format!("{}{}", upkeep::line(&verified), problems.replace('\n', " "));
                Done { line, told: upkeep::found(&verified), is_well: verified.is_sound() }
            }
            Step::Backup(schedule) => {
                let keep = if is_sound { schedule.keep } else { usize::MAX };
                let copied = database.scheduled_backup(&Schedule { keep, ..schedule.clone() })?;
                well(upkeep::copied_line(&copied), upkeep::copied_object(&copied))
            }
            Step::Thin { stream, every_us, age } => {
                let thinned = database.thin_older(stream, *every_us, *age)?;
                let line =
                    format!("{} rows gone, {} in their place", thinned.removed, thinned.kept);
                well(line, json!({ "removed": thinned.removed, "kept": thinned.kept }))
            }
            Step::Prune(age) => {
                gone(database.remove_runs_before(upkeep::ago_us(age.as_secs_f64()))?)
            }
            Step::Keep(keep) => gone(database.remove_runs_beyond(*keep)?),
            Step::Vacuum => {
                let (before, after) = database.vacuum()?;
                let mb = |bytes: u64| bytes as f64 / 1e6;
                let line = format!("{:.1} MB before, {:.1} MB now", mb(before), mb(after));
                well(line, json!({ "before": before, "after": after }))
            }
        })
    }
}

/// Runs that are gone.
fn gone(names: Vec<String>) -> Done {
    let list: String = names.iter().map(|name| format!(" {name}")).collect();
    let line =
        format!("{} runs gone{}{list}", names.len(), if names.is_empty() { "" } else { ":" });
    Done { line, told: json!({ "runs": names }), is_well: true }
}

/// Run the verb.
///
/// # Errors
/// [`CliError`] for flags and a policy that are refused before anything is done; errors of steps are told in their lines.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let policy = match &args.policy {
        Some(path) => args.policy_flags.clone().or(Policy::read(path)?),
        None => args.policy_flags.clone(),
    };
    let (steps, location) = (policy.steps()?, args.place.location()?);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        // The first one sets the flag; one that finds it set ends the program.
        flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| CliError::Failed(format!("cannot listen for signals: {error}")))?;
    }
    let is_over = || stop.load(Ordering::Relaxed);
    loop {
        let is_well = round(&args, &steps, &is_over)?;
        let Some(every) = args.every.filter(|_| !is_over()) else {
            return Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        };
        let start = Instant::now();
        while start.elapsed() < every {
            if is_over() {
                let code = if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE };
                eprintln!("{location}: ended by a signal");
                return Ok(code);
            }
            std::thread::sleep(AGAIN.min(every.saturating_sub(start.elapsed())));
        }
    }
}

/// Do all steps once, until `is_over`; whether all went well.
fn round(args: &Args, steps: &[Step], is_over: &dyn Fn() -> bool) -> Result<bool, CliError> {
    // Opened anew: the file may be another one by now.
    let start = Instant::now();
    let opened = patiently(args.patience, is_over, || args.place.open());
    let database = match opened {
        Ok(database) => database,
        Err(error) => {
            tell(args, "open", start, Err(error))?;
            return Ok(false);
        }
    };
    let (mut is_well, mut is_sound) = (true, true);
    for step in steps {
        if is_over() {
            break;
        }
        let start = Instant::now();
        let done = patiently(args.patience, is_over, || {
            step.run(&database, is_sound).map_err(CliError::from)
        });
        let step_is_well = done.as_ref().is_ok_and(|done| done.is_well);
        is_sound &= step_is_well || *step != Step::Verify;
        is_well &= step_is_well;
        tell(args, step.name(), start, done)?;
    }
    Ok(is_well)
}

/// Try again while others use what is needed.
fn patiently<T>(
    patience: Duration,
    is_over: &dyn Fn() -> bool,
    work: impl Fn() -> Result<T, CliError>,
) -> Result<T, CliError> {
    let start = Instant::now();
    loop {
        match work() {
            Err(CliError::Store(StoreError::DatabaseBusy { .. }))
                if start.elapsed() < patience && !is_over() =>
            {
                std::thread::sleep(AGAIN);
            }
            other => return other,
        }
    }
}

/// Say what came of a step in one line.
fn tell(
    args: &Args,
    step: &str,
    start: Instant,
    done: Result<Done, CliError>,
) -> Result<(), CliError> {
    let took_s = start.elapsed().as_secs_f64();
    if !args.json {
        return output::text(&match done {
            Ok(done) => format!("{step}: {}", done.line),
            Err(error) => format!("{step}: failed: {error}"),
        });
    }
    let mut told = json!({});
    let is_well = match done {
        Ok(done) => {
            told = done.told;
            done.is_well
        }
        Err(error) => {
            told["error"] = json!(error.to_string());
            false
        }
    };
    (told["step"], told["ok"], told["took_s"]) = (json!(step), json!(is_well), json!(took_s));
    output::json(&told)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_policy_says_what_flags_say_and_flags_are_stronger() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("upkeep.toml");
        let text = "verify = true\nvacuum = false\nbackup-to = \"b\"\nbackups-kept = 24\n\
                    thin-older-than = \"30d\"\nthin-to = \"10min\"\nkeep = 5\n";
        std::fs::write(&path, text).unwrap();
        let policy = Policy::read(&path).unwrap();
        let flags = Policy { keep: Some(9), ..Policy::default() };
        let steps = flags.or(policy).steps().unwrap();
        let backup = Step::Backup(Schedule { directory: "b".into(), keep: 24 });
        let age = Duration::from_secs(30 * 86_400);
        let thin = Step::Thin { stream: "telemetry".to_owned(), every_us: 600_000_000, age };
        assert_eq!(steps, [Step::Verify, backup, thin, Step::Keep(9)]);
    }

    fn busy() -> Result<u32, CliError> {
        Err(StoreError::DatabaseBusy { place: "x.db".into() }.into())
    }

    #[test]
    fn what_others_use_is_asked_for_again_until_it_is_free() {
        let calls = Cell::new(0);
        let work = || {
            calls.set(calls.get() + 1);
            if calls.get() < 4 { busy() } else { Ok(7) }
        };
        let found = patiently(Duration::from_secs(3_600), &|| false, work);
        assert_eq!((found.unwrap(), calls.get()), (7, 4));
    }

    #[test]
    fn patience_ends() {
        let tries = |patience: Duration, most: u32| {
            let calls = Cell::new(0);
            let found = patiently(patience, &|| calls.get() == most, || {
                calls.set(calls.get() + 1);
                busy()
            });
            assert!(matches!(found, Err(CliError::Store(StoreError::DatabaseBusy { .. }))));
            calls.get()
        };
        assert_eq!(tries(Duration::ZERO, 9), 1);
        // Or a signal ends it.
        assert_eq!(
            (tries(Duration::from_secs(3_600), 1), tries(Duration::from_secs(3_600), 3)),
            (1, 3)
        );
    }

    #[test]
    fn what_is_not_a_matter_of_time_is_told_at_once() {
        let calls = Cell::new(0);
        let found: Result<(), CliError> = patiently(Duration::from_secs(3_600), &|| false, || {
            calls.set(calls.get() + 1);
            Err(CliError::Failed("broken".into()))
        });
        assert!(matches!(found, Err(CliError::Failed(_))) && calls.get() == 1);
    }

    #[test]
    fn what_a_policy_cannot_mean_is_told_in_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("upkeep.toml");
        for (text, told) in [
            ("kepp = 5", "unknown key `kepp`; allowed are `verify`"),
            ("keep = 0", "'0'"),
            ("keep = [1]", "a whole number"),
            ("thin-older-than = \"soon\"", "15m"),
            ("thin-older-than = \"30d\"", "each needs the other"),
            ("thin-older-than = \"30d\"\nthin-to = \"1.5s\"", "whole seconds"),
            ("backups-kept = 3", "it needs --backup-to"),
            ("verify = false", "nothing is to be done"),
            ("verify = ", "TOML"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Policy::read(&path).and_then(|policy| policy.steps()).unwrap_err();
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
    }
}
