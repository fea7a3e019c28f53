//! The sub-verb `score`: faults and quiet days, and what alarms and anomalies find of them.
//!
//! # JSON
//! `settings`: a list of [`super::tally::Tally`], one for the limits as declared and one for `--alarms`; `not_shown`: kinds of
//! faults that no instrument showed in any try, with the number of tries; `kinds`: all kinds with tries and how often shown.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use habitat::scenario::Difficulty;
use serde::Serialize;
use watch::alarm::Overrides;
use watch::report::Table;

use super::campaign::{self, Campaign, Extent};
use super::flight;
use super::tally::{Case, Tally, median_or_nan};
use crate::error::CliError;
use crate::mission::cores;
use crate::profile::Profiling;
use crate::table::fixed;
use crate::{output, table};

/// Arguments of `watch score`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat watch score --scenario artemis-30d --held-out --alarms tuned")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = "artemis-30d")]
    scenario: String,
    /// Faults that are flown, each in a mission of its own; those that no instrument shows are not counted
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    faults: u32,
    /// Days in which nothing fails, at least; missions of 30 days are flown
    #[arg(long, value_name = "N", default_value_t = 200.0, value_parser = super::days, allow_negative_numbers = true)]
    days: f64,
    /// Which faults, times and missions
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Fly environments that training and tuning never see
    #[arg(long)]
    held_out: bool,
    /// File of overrides, or `tuned` for those that come with the program, scored beside the limits as declared
    #[arg(long, value_name = "FILE")]
    alarms: Option<PathBuf>,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print tables in Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    #[command(flatten)]
    profiling: Profiling,
}

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Scores<'a> {
    scenario: &'a str,
    seed: u64,
    held_out: bool,
    settings: &'a [Tally],
    kinds: &'a [(String, usize, usize)],
    not_shown: Vec<(&'a str, usize)>,
}

/// Run the sub-verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is flown.
pub fn run(args: &Args) -> Result<ExitCode, CliError> {
    let model = flight::quiet(&args.scenario, Difficulty::Nominal)?;
    let mut settings = vec![Overrides::default()];
    let mut names = vec!["as declared".to_owned()];
    if let Some(path) = &args.alarms {
        settings.push(super::limits::of(path, Some(&model.name))?);
        names.push(path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into()));
    }
    let extent = Extent {
        faults: args.faults as usize,
        days: args.days,
        seed: args.seed,
        held_out: args.held_out,
        threads: args.threads.map_or_else(cores, usize::from),
    };
    args.profiling.begin("watch score", extent.threads)?;
    let campaign = campaign::run(&model, extent, &settings)?;
    args.profiling.end()?;
    let tallies: Vec<Tally> =
        names.iter().enumerate().map(|(at, name)| Tally::of(&campaign, at, name)).collect();
    if args.json {
        let not_shown = campaign.kinds.iter().filter(|(_, _, shown)| *shown == 0);
        let scores = Scores {
            scenario: &model.name,
            seed: args.seed,
            held_out: args.held_out,
            settings: &tallies,
            kinds: &campaign.kinds,
            not_shown: not_shown.map(|(kind, flown, _)| (kind.as_str(), *flown)).collect(),
        };
        output::json(&scores)?;
    } else {
        output::text(&text(&model.name, &campaign, &tallies, args.markdown))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The tables for people.
fn text(scenario: &str, campaign: &Campaign, tallies: &[Tally], markdown: bool) -> String {
    let show = |table: &Table| if markdown { table::markdown(table) } else { table::render(table) };
    let mut out = show(&totals(scenario, tallies));
    if let Some(tally) = tallies.last() {
        out.push('\n');
        out.push_str(&show(&by_kind(tally)));
        let missed = missed(tally);
        if !missed.rows.is_empty() {
            out.push('\n');
            out.push_str(&show(&missed));
        }
        let false_alarms = false_alarms(tally);
        if !false_alarms.rows.is_empty() {
            out.push('\n');
            out.push_str(&show(&false_alarms));
        }
    }
    let hidden = campaign.kinds.iter().filter(|(_, _, shown)| *shown == 0);
    let hidden: Vec<String> = hidden.map(|(kind, flown, _)| format!("{kind} ({flown})")).collect();
    if !hidden.is_empty() {
        let words = "No instrument showed these kinds in any try within a day (tries)";
        out.push_str(&format!("\n{words}: {}.", hidden.join(", ")));
    }
    out
}

/// One row a figure, one column a setting.
pub fn totals(title: &str, tallies: &[Tally]) -> Table {
    let mut columns = vec!["".to_owned()];
    columns.extend(tallies.iter().map(|tally| tally.setting.clone()));
    let row = |label: &str, figure: &dyn Fn(&Tally) -> String| {
        let mut row = vec![label.to_owned()];
        row.extend(tallies.iter().map(figure));
        row
    };
    let found = |tally: &Tally| tally.cases.iter().filter(|case| case.alarm.is_some()).count();
    let rows = vec![
        row("faults", &|tally| tally.cases.len().to_string()),
        row("found", &|tally| found(tally).to_string()),
        row("quiet days", &|tally| fixed(tally.quiet_days, 0)),
        row("false alarms in them", &|tally| tally.false_quiet.len().to_string()),
        row("false alarms in ten quiet days", &|tally| fixed(tally.false_per_ten_days, 2)),
        row("false alarms beside faults", &|tally| tally.false_beside.len().to_string()),
        row("precision", &|tally| fixed(tally.precision, 3)),
        row("recall", &|tally| fixed(tally.recall, 3)),
        row("recall by the name of the unit", &|tally| fixed(tally.named, 3)),
        row("median delay of fast faults, min", &|tally| fixed(tally.median_fast_delay_min, 1)),
        row("median delay of all, min", &|tally| fixed(tally.median_delay_min, 1)),
        row("alarms elsewhere that faults caused", &|tally| tally.consequences.to_string()),
    ];
    Table { title: format!("{title} · alarms and anomalies"), columns, rows }
}

fn by_kind(tally: &Tally) -> Table {
    let mut kinds: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &tally.cases {
        kinds.entry(&case.kind).or_default().push(case);
    }
    let rows = kinds.into_iter().map(|(kind, cases)| {
        let found: Vec<&&Case> = cases.iter().filter(|case| case.alarm.is_some()).collect();
        let named = cases.iter().filter(|case| case.names_unit).count();
        let first = found.first().and_then(|case| case.alarm.clone()).unwrap_or_default();
        vec![
            kind.to_owned(),
            cases.len().to_string(),
            found.len().to_string(),
            named.to_string(),
            fixed(median_or_nan(cases.iter().map(|case| case.shown_min)), 0),
            fixed(median_or_nan(found.iter().filter_map(|case| case.delay_min)), 0),
            first.trim_end_matches(":caution_high").to_owned(),
        ]
    });
    let columns = [
        "fault",
        "flown",
        "found",
        "named",
        "shown after, min",
        "found after, min",
        "for example by",
    ];
    Table {
        title: format!("By kind of fault · {}", tally.setting),
        rows: rows.collect(),
        columns: columns.map(str::to_owned).to_vec(),
    }
}

fn missed(tally: &Tally) -> Table {
    let rows = tally.cases.iter().filter(|case| case.alarm.is_none()).map(|case| {
        vec![
            case.kind.clone(),
            case.unit.clone(),
            fixed(case.at_h, 1),
            case.seed.to_string(),
            case.shown_by.clone(),
            fixed(case.shown_min, 0),
        ]
    });
    let columns = ["missed", "unit", "at, h", "seed", "shown by", "after, min"];
    Table {
        title: format!("Missed · {}", tally.setting),
        rows: rows.collect(),
        columns: columns.map(str::to_owned).to_vec(),
    }
}

fn false_alarms(tally: &Tally) -> Table {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in &tally.false_quiet {
        counts.entry(&one.alarm).or_default().0 += 1;
    }
    for one in &tally.false_beside {
        counts.entry(&one.alarm).or_default().1 += 1;
    }
    let rows = counts.into_iter().map(|(alarm, (quiet, beside))| {
        vec![alarm.to_owned(), quiet.to_string(), beside.to_string()]
    });
    Table {
        title: format!("False alarms · {}", tally.setting),
        rows: rows.collect(),
        columns: ["alarm", "quiet days", "beside faults"].map(str::to_owned).to_vec(),
    }
}
