//! The sub-verb `alarms`: what is watched.

use std::path::PathBuf;
use std::process::ExitCode;

use habitat::Plan;
use habitat::scenario;
use server::facts_of;
use watch::alarm::{Bound, Overrides};
use watch::anomaly::{Lookout, rules_of};
use watch::report::Table;

use crate::error::CliError;
use crate::table::fixed;
use crate::{output, table};

/// Arguments of `watch alarms`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat watch alarms --scenario artemis-30d")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = "artemis-30d")]
    scenario: String,
    /// File of overrides (TOML), or `tuned` for those that come with the program
    #[arg(long, value_name = "FILE")]
    alarms: Option<PathBuf>,
    /// Print the plan as JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Run the sub-verb.
///
/// # Errors
/// [`CliError`] for a scenario or a file that is refused.
pub fn run(args: &Args) -> Result<ExitCode, CliError> {
    let loaded = scenario::load(&args.scenario)?;
    let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    let overrides = match &args.alarms {
        Some(path) => super::limits::of(path, Some(&loaded.scenario.name))?,
        None => Overrides::default(),
    };
    let lookout =
        Lookout::new(&plan.catalogue, rules_of(&plan.catalogue, &facts_of(&plan)), &overrides)?;
    let alarms = lookout.alarms().plan();
    if args.json {
        output::json(alarms)?;
        return Ok(ExitCode::SUCCESS);
    }
    let columns = ["alarm", "limit", "unit", "hysteresis", "on, s", "off, s", "priority", "safety"];
    let rows = alarms.alarms.iter().filter(|alarm| alarm.bound != Bound::Silent).map(|alarm| {
        vec![
            alarm.id.clone(),
            fixed(alarm.limit, 4),
            alarms.channels[alarm.channel].unit.clone(),
            fixed(alarm.deadband, 4),
            fixed(alarm.on_delay_s, 0),
            fixed(alarm.off_delay_s, 0),
            format!("{:?}", alarm.priority).to_lowercase(),
            if alarm.is_safety { "yes" } else { "" }.to_owned(),
        ]
    });
    let listed = Table {
        title: format!("{} · alarms", loaded.scenario.name),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    let mut text = table::render(&listed);
    let silent = alarms.alarms.iter().filter(|alarm| alarm.bound == Bound::Silent).count();
    text.push_str(&format!("\nand {silent} alarms of silent instruments\n\nNo limits: "));
    let without: Vec<&str> = alarms.without_limits().map(|one| one.id.as_str()).collect();
    text.push_str(&without.join(", "));
    output::text(&text)?;
    Ok(ExitCode::SUCCESS)
}
