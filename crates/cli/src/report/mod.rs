//! The verb `report`: one page about a recorded run, whatever its kind, and beside another one with intervals.
//!
//! The page is one HTML file that asks for nothing from outside: what ran, how fast and whether that became less, where time and
//! memory went, curves, what alarms and anomalies find in its telemetry, and what to do, the most urgent first. Everything in
//! it comes from the database; what a run has not recorded is said to be not recorded.
//!
//! With `--against` the same page compares: missions that were counted by Newcombe's interval, two missions channel by channel
//! by a bootstrap over blocks, two trainings by one over seeds, or over updates where there are few seeds.
//!
//! # Output
//! The path of the page; with `--json` one object:
//!
//! | key | meaning |
//! |---|---|
//! | `run`, `kind`, `status`, `page` | name, kind, how it stands, path of the page |
//! | `speed` | `value`, `unit`, and `judged`: what became of it ([`watch::regression::Judgement`]); null where none is recorded |
//! | `alarms` | list of `id`, `urgency`, `first_s`, `count`, `lasted_s`, `is_open`, `suspects`, `text` |
//! | `tasks` | list of `urgency`, `action`, `reason`, the most urgent first |
//! | `against` | with `--against`: `run`, and `differences`, a list of `what`, `unit`, `ours`, `theirs`, `difference`, `low`, `high`, `contains_zero` |

mod advice;
mod alarms;
mod compare;
mod mission;
mod page;
mod setting;
mod speed;
mod stages;
mod subject;
mod training;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use store::{Database, write_atomic};
use watch::alarm::Overrides;

use self::compare::Comparison;
use self::mission::Mission;
use self::page::Gathered;
use self::setting::Setting;
use self::speed::History;
use self::subject::{Subject, TELEMETRY};
use self::training::Curves;
use crate::error::CliError;
use crate::keep::Place;
use crate::output;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat report RUN --store runs.db\n  \
    lunar-habitat report RUN --against OTHER --out difference.html\n\n\
    `lunar-habitat data runs` lists the names of runs.")]
pub struct Args {
    /// Name of a recorded run
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    place: Place,
    /// The page [default: out/report-RUN.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Another run of the same database, to compare with
    #[arg(long, value_name = "RUN")]
    against: Option<String>,
    /// The scenario that was flown, where its name is not enough
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
    /// File of overrides of alarms (TOML), or `tuned` for those that come with the program
    #[arg(long, value_name = "FILE")]
    alarms: Option<PathBuf>,
    /// Profile of the run: what --profile of its verb wrote
    #[arg(long, value_name = "FILE|DIR")]
    profile: Option<PathBuf>,
    /// Print a JSON object instead of the path
    #[arg(long)]
    json: bool,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let database = args.place.open_to_read()?;
    let subject = Subject::find(&database, "RUN", &args.run)?;
    let other = match &args.against {
        Some(name) => Some(Subject::find(&database, "--against", name)?),
        None => None,
    };
    let setting = setting_of(&subject, args.scenario.as_deref())?;
    let overrides = match &args.alarms {
        Some(path) => {
            let name = setting.as_ref().and_then(|setting| setting.name.as_deref());
            crate::watch::limits::of(path, name)?
        }
        None => Overrides::default(),
    };
    let mission = match (&setting, subject.stream(TELEMETRY)) {
        (Some(setting), Some(stream)) => {
            Some(Mission::read(&database, stream, setting, &overrides)?)
        }
        _ => None,
    };
    // Of a stream that was thinned as a whole no row is left.
    let mission = mission.filter(|mission| mission.rows > 0);
    let curves = Curves::read(&database, &subject)?;
    let history = History::of(&database, &subject)?;
    let stages = stages::of(&database, &subject, args.profile.as_deref())?;
    let comparison = match &other {
        Some(other) => Some(against(&database, &subject, other, setting.as_ref())?),
        None => None,
    };
    let raised = mission.as_ref().map_or(&[][..], |mission| &mission.raised);
    let tasks = advice::tasks(raised, &subject.events, history.judged.as_ref(), &stages.advice);
    let out = args.out.clone().unwrap_or_else(|| default_path(&args.run));
    let json = json!({
        "run": subject.name(),
        "kind": subject.kind(),
        "status": subject.run.status.name(),
        "page": out.display().to_string(),
        "speed": history.speed.map(|speed| json!({
            "value": speed.value, "unit": speed.unit, "judged": history.judged,
        })),
        "alarms": raised.iter().map(|one| json!({
            "id": one.id, "urgency": one.urgency(), "first_s": one.first_s, "count": one.count,
            "lasted_s": one.lasted_s, "is_open": one.is_open, "suspects": one.suspects,
            "text": one.text(),
        })).collect::<Vec<_>>(),
        "tasks": tasks.iter().map(|one| json!({
            "urgency": one.urgency, "action": one.action, "reason": one.reason,
        })).collect::<Vec<_>>(),
        "against": comparison.as_ref().zip(other.as_ref()).map(|(found, other)| json!({
            "run": other.name(), "differences": found.differences,
        })),
    });
    let report = page::report(Gathered {
        subject: &subject,
        setting: setting.as_ref(),
        mission,
        curves,
        history: &history,
        stages,
        tasks: &tasks,
        comparison,
    });
    if let Some(dir) = out.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).map_err(|error| {
            CliError::flag(
                format!("--out {}", out.display()),
                format!("its directory cannot be made: {error}"),
            )
        })?;
    }
    write_atomic(&out, report.render().as_bytes())?;
    if args.json {
        output::json(&json)?;
    } else {
        output::text(&out.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The habitat behind the telemetry of a run; none where it has none.
fn setting_of(subject: &Subject, given: Option<&str>) -> Result<Option<Setting>, CliError> {
    let stream = subject.stream(TELEMETRY);
    stream.map(|stream| Setting::of(subject, stream, given)).transpose()
}

fn against(
    database: &Database,
    subject: &Subject,
    other: &Subject,
    setting: Option<&Setting>,
) -> Result<Comparison, CliError> {
    let theirs = setting_of(other, None)?;
    compare::compare(database, (subject, other), setting.zip(theirs.as_ref()))
}

/// A file whose name is that of the run, without what a file name cannot have.
fn default_path(run: &str) -> PathBuf {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = run.chars().map(plain).collect();
    PathBuf::from("out").join(format!("report-{name}.html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_called_after_its_run() {
        let path = default_path("simulate-cabin-30d-17");
        assert_eq!(path, PathBuf::from("out/report-simulate-cabin-30d-17.html"));
        assert_eq!(default_path("../a b/c.csv"), PathBuf::from("out/report-..-a-b-c.csv.html"));
    }
}
