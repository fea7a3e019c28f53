//! The sub-verb `tune`: limits that quiet days ask for, and what they would change.
//!
//! Limits are proposed from one half and judged on the other, which they have not seen. With recorded missions the halves are
//! even and odd days; without, missions are flown: quiet ones for proposals, faults and quiet ones of held-out environments to
//! judge by. Nothing is written unless `--approve` names a file.
//!
//! # JSON
//! `proposals`: a list of `alarm`, `declared`, `proposed`, `worst`, `unit`, `looser`; `safety_kept`: limits of safety that quiet
//! days pass; `before`, `after`: [`super::tally::Tally`]; `approved`: the file, or null.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use habitat::Plan;
use habitat::scenario::{Difficulty, Scenario};
use serde::Serialize;
use server::facts_of;
use watch::alarm::Overrides;
use watch::report::Table;

use super::campaign::{self, Extent};
use super::flight;
use super::proposal::{self, Proposal, Range, merged, proposals};
use super::recording::Recording;
use super::score::totals;
use super::tally::Tally;
use super::watcher::Watcher;
use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;
use crate::{output, table};

/// Arguments of `watch tune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat watch tune out/artemis-30d-rules-0 --approve alarms.toml\n  \
    lunar-habitat watch tune --scenario artemis-30d --days 2100")]
pub struct Args {
    /// Recorded missions: directories with a `telemetry.parquet`, or such files; none to fly missions
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Scenario of the missions: name of a shipped one, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = "artemis-30d")]
    scenario: String,
    /// Faults that are flown to judge by, without RUN
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000), conflicts_with = "runs")]
    faults: u32,
    /// Quiet days of each half, without RUN; each mission draws its own drift of instruments, so that limits need many
    #[arg(long, value_name = "N", default_value_t = 1000.0, value_parser = super::days, allow_negative_numbers = true, conflicts_with = "runs")]
    days: f64,
    /// Which missions, without RUN
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "runs")]
    seed: u64,
    /// Write what is proposed into this file, for `--alarms` of other verbs
    #[arg(long, value_name = "FILE")]
    approve: Option<PathBuf>,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Tuned<'a> {
    proposals: &'a [Proposal],
    safety_kept: &'a [String],
    before: &'a Tally,
    after: &'a Tally,
    approved: Option<&'a Path>,
}

/// Run the sub-verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is flown.
pub fn run(args: &Args) -> Result<ExitCode, CliError> {
    let model = flight::quiet(&args.scenario, Difficulty::Nominal)?;
    let plan = flight::plan(&model, None)?;
    let (moved, kept, tallies) =
        if args.runs.is_empty() { flown(args, &model, &plan)? } else { recorded(args, &plan)? };
    let (Some(before), Some(after)) = (tallies.first(), tallies.last()) else {
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(path) = &args.approve {
        let scenario = Some(model.name.clone());
        let overrides = Overrides { scenario, ..proposal::overrides(&moved) };
        let text = format!("{}{}", head(args, path), overrides.text()?);
        store::write_atomic(path, text.as_bytes())?;
    }
    if args.json {
        let approved = args.approve.as_deref();
        output::json(&Tuned { proposals: &moved, safety_kept: &kept, before, after, approved })?;
    } else {
        output::text(&text(&model.name, &moved, &kept, &tallies, args.approve.as_deref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The comment above what is written: the command that writes it again.
///
/// The file is handed on to others, so of a path that begins at the root it says the name alone.
fn head(args: &Args, path: &Path) -> String {
    let told = |path: &Path| match path.file_name() {
        Some(name) if path.is_absolute() => name.display().to_string(),
        _ => path.display().to_string(),
    };
    let scenario = told(Path::new(&args.scenario));
    let mut command = format!("lunar-habitat watch tune --scenario {scenario}");
    let mut on = format!("{} quiet days or more of seed {}", args.days, args.seed);
    if args.runs.is_empty() {
        command.push_str(&format!(" --days {} --seed {}", args.days, args.seed));
    } else {
        on = "the even days of recorded missions".to_owned();
        args.runs.iter().for_each(|run| command.push_str(&format!(" {}", told(run))));
    }
    command.push_str(&format!(" --approve {}", told(path)));
    // A name with a break in it stays in its comment.
    let command = command.replace(['\n', '\r'], " ");
    format!("# Limits after {on}. Written by\n#   {command}\n")
}

type Found = (Vec<Proposal>, Vec<String>, Vec<Tally>);

/// Proposals from quiet missions, judged on held-out ones.
fn flown(args: &Args, model: &Scenario, plan: &Plan) -> Result<Found, CliError> {
    let threads = args.threads.map_or_else(cores, usize::from);
    let declared = Overrides::default();
    let extent = Extent { faults: 0, days: args.days, seed: args.seed, held_out: false, threads };
    let quiet = campaign::run(model, extent, std::slice::from_ref(&declared))?;
    let ranges = merged(quiet.quiet.iter().map(|one| one.extremes.as_slice()));
    let (moved, kept) = proposed(plan, &ranges)?;
    let settings = [declared, proposal::overrides(&moved)];
    let extent = Extent { faults: args.faults as usize, held_out: true, ..extent };
    let judged = campaign::run(model, extent, &settings)?;
    let tallies = ["as declared", "as proposed"].iter().enumerate();
    let tallies = tallies.map(|(at, name)| Tally::of(&judged, at, name)).collect();
    Ok((moved, kept, tallies))
}

/// Proposals from even days of recorded missions, judged on odd ones.
fn recorded(args: &Args, plan: &Plan) -> Result<Found, CliError> {
    let recordings = args.runs.iter().map(|path| Recording::read(path, plan));
    let recordings = recordings.collect::<Result<Vec<Recording>, CliError>>()?;
    let (facts, declared) = (facts_of(plan), Overrides::default());
    let mut ranges: Vec<Vec<Range>> = Vec::new();
    for recording in &recordings {
        let watcher = Watcher::new(&plan.catalogue, &facts, &declared)?;
        ranges.push(recording.ranges(watcher));
    }
    let (moved, kept) = proposed(plan, &merged(ranges.iter().map(Vec::as_slice)))?;
    let mut tallies = Vec::new();
    for (name, overrides) in
        [("as declared", declared), ("as proposed", proposal::overrides(&moved))]
    {
        let mut tally = Tally::empty(name);
        for recording in &recordings {
            let watcher = Watcher::new(&plan.catalogue, &facts, &overrides)?;
            recording.judge(watcher, &mut tally);
        }
        tally.sum_up();
        tallies.push(tally);
    }
    Ok((moved, kept, tallies))
}

fn proposed(plan: &Plan, ranges: &[Range]) -> Result<(Vec<Proposal>, Vec<String>), CliError> {
    let watcher = Watcher::new(&plan.catalogue, &facts_of(plan), &Overrides::default())?;
    Ok(proposals(watcher.lookout().alarms().plan(), ranges))
}

/// The tables for people.
fn text(
    scenario: &str,
    moved: &[Proposal],
    kept: &[String],
    tallies: &[Tally],
    approved: Option<&Path>,
) -> String {
    let rows = moved.iter().map(|one| {
        vec![
            one.alarm.clone(),
            fixed(one.declared, 4),
            fixed(one.worst, 4),
            fixed(one.proposed, 4),
            one.unit.clone(),
            if one.looser { "looser" } else { "tighter" }.to_owned(),
        ]
    });
    let columns = ["alarm", "declared", "worst in quiet days", "proposed", "unit", ""];
    let list = Table {
        title: format!("{scenario} · proposed limits"),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    let mut out = table::render(&list);
    out.push('\n');
    out.push_str(&table::render(&totals(scenario, tallies)));
    if !kept.is_empty() {
        let kept = kept.join(", ");
        out.push_str(&format!("\nLimits of safety that quiet days pass stay as they are: {kept}."));
    }
    match approved {
        Some(path) => out.push_str(&format!("\nWritten: {}", path.display())),
        None => out.push_str("\nNothing is changed; --approve FILE writes the proposals."),
    }
    out
}
