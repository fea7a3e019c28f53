//! The verb `watch`: the alarms of a scenario, how good they are, and how they could be better; and the machine.
//!
//! | sub-verb | what it does |
//! |---|---|
//! | `alarms` | lists every alarm that is compiled from the catalogue, and the channels without limits |
//! | `score` | flies faults and quiet days, and counts what alarms and anomalies find ([`tally`] says how) |
//! | `tune` | proposes limits from quiet days, and shows what they would change on days that they have not seen |
//! | `system` | shows what the machine does: processors, memory, pressure, disks, network, graphics processors |
//!
//! # JSON
//! `alarms --json`: the plan ([`watch::alarm::AlarmPlan`]). `score --json` and `tune --json`: see [`score`] and [`tune`]. `system --json`: see [`system`].

pub mod campaign;
pub mod draw;
pub mod flight;
pub mod limits;
mod list;
mod proposal;
mod recording;
pub mod score;
mod system;
pub mod tally;
pub mod tune;
pub mod visibility;
pub mod watcher;

use std::process::ExitCode;

use clap::Subcommand;

use crate::error::CliError;

/// Arguments of `watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat watch score --scenario artemis-30d --faults 60 --days 200")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the alarms of a scenario, and the channels without limits
    Alarms(list::Args),
    /// Fly faults and quiet days, and count what alarms and anomalies find
    Score(score::Args),
    /// Propose limits from quiet days; nothing changes unless --approve says so
    Tune(tune::Args),
    /// Show what the machine does: processors, memory, pressure, disks, network, graphics processors
    System(system::Args),
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is flown.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.verb {
        Verb::Alarms(args) => list::run(&args),
        Verb::Score(args) => score::run(&args),
        Verb::Tune(args) => tune::run(&args),
        Verb::System(args) => system::run(&args),
    }
}

/// Most days that are flown in one call.
const DAYS_MOST: f64 = 1e6;

/// Days that are flown: a number above 0.
fn days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(days) if days > 0.0 && days <= DAYS_MOST => Ok(days),
        _ => Err(format!("allowed: more than 0 and up to {DAYS_MOST}")),
    }
}
