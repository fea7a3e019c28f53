//! The verb `simulate`: run a mission, write its telemetry and its report.
//!
//! # Files
//! In the output directory: `telemetry.parquet` and `telemetry.csv` (one row at the start and one at
//! each decision; first column `time_s`, then every channel in SI, then the aliases of the scenario),
//! `report.html` and `result.json`. A row holds the state before the decision of that moment.
//!
//! # Database
//! With `--store` telemetry, events, result and report are kept, and what was seen, done and got as a trajectory, which
//! `data export RUN --episodes` gives as a file of episodes.
//!
//! # JSON
//! With `--json`, and in `result.json`, one object:
//!
//! | key | meaning |
//! |---|---|
//! | `scenario`, `scenario_hash` | name, and SHA-256 of its canonical form with the overrides |
//! | `controller`, `seed` | as asked for |
//! | `days`, `dt_s`, `decision_s` | length of mission, step and decision interval |
//! | `crew_size`, `crew_alive` | people at the start and alive at the end |
//! | `success` | all live and no abort rule was broken |
//! | `abort_reason`, `abort_s` | `crew_lost`, `carbon_dioxide`, `oxygen`, `pressure`, `temperature` or `potable_water`, and when; `null` if none |
//! | `end_s` | mission time at the end, s |
//! | `mass_residual_max`, `energy_residual_max` | largest residual of the ledger in any step, share of what moved in it |
//! | `steps`, `decisions` | how many were taken |
//! | `wall_s`, `steps_per_s` | wall time of the mission with controller and sampling, without the writing of files that comes after it, s |
//! | `zones` | by zone `name` and quantity (SI): `min`, `mean`, `max` over the rows |
//! | `stores` | by `channel`: `unit`, `start`, `end` |
//! | `totals` | flows added up over all steps, kg |
//! | `power` | `mean_w`, `max_w`, `electric_j`, `coolant_j`; with a power system also the lowest reading of battery and store, `battery_usable_min` and `store_fraction_min`, and the time without sun and with loads shed, `dark_s` and `shed_s`; else `null` |
//! | `margins` | what is left to each limit and in each store, the tightest first: `key`, `name`, `unit`; `limit`; `end`, `end_margin`, `end_share`; the worst moment with `worst`, `worst_margin`, `worst_share`, `worst_s` and `worst_at`, a zone or unit or empty. A margin is the way from value to limit, negative beyond it; a share is that of the margin at the start, `null` when there was none |
//! | `events` | how many the report lists or leaves out |
//! | `event_kinds` | how many by kind: `light`, `loads`, `failure`, `response`, `backup`, `limit`, `crew`, `abort`; a kind without events is absent |
//! | `files` | `dir` and the names of the files in it |

mod columns;
mod draft;
mod episodes;
mod figures;
mod flown;
mod limits;
mod margins;
mod page;
pub mod plots;
mod responses;
mod summary;
mod timeline;
mod trace;
pub mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use env::{Command, Controller, Observer, Outcome, Timing};
use habitat::scenario;
use habitat::{Habitat, Plan, StreamKey};
use indicatif::ProgressBar;
use runtime::{Block, OnFull, Pipe, Sink, parallel_map};
use serde_json::{Value, json};
use store::{Column, Signal, TelemetryWriter};
use tracing::info_span;
use watch::bottleneck::QueueLooks;
use watch::report::{Report, Table};

use self::figures::Figures;
use self::flown::Logged;
use self::margins::Margins;
use self::page::Gathered;
use self::plots::Plots;
use self::summary::{Files, Head, MissionResult};
use self::timeline::Timeline;
use crate::error::CliError;
use crate::keep::{Keep, Kept};
use crate::mission::{Changes, bar, cores};
use crate::profile::{self, Profiling};
use crate::{output, table};

/// Rows in a block of telemetry: a month of decisions every ten minutes, so that files are written
/// after such a mission and not beside it on the same core. No power of two, so that the columns of a
/// row do not share a cache set.
pub(crate) const BLOCK_ROWS: usize = 4_400;
/// Blocks that may wait for the writer.
pub(crate) const BLOCKS_WAITING: usize = 2;

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat simulate --scenario cabin-30d\n  \
    lunar-habitat simulate --scenario my-cabin.toml --controller hold --days 7 --seed 3 --json\n\n\
    Exit code 0 also when the crew is lost: read `success`.")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE")]
    scenario: String,
    /// Controller: `random`, `hold`, `rules` or `mpc`
    #[arg(long, default_value = "rules", value_name = "NAME")]
    controller: String,
    #[command(flatten)]
    changes: Changes,
    /// Seed of every random draw
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Directory for the files [default: out/SCENARIO-CONTROLLER-SEED, with -DIFFICULTY, -crew-N and -faults-FACTOR where they are given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    profiling: Profiling,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    // Threads that write wait for the one that computes.
    args.profiling.begin("simulate", 1)?;
    let mission = prepare(&args)?;
    let threads = args.threads.map_or_else(cores, usize::from);
    let dir = args.out.clone().unwrap_or_else(|| {
        let name = &mission.habitat.plan().scenario.name;
        let Args { controller, seed, changes, .. } = &args;
        PathBuf::from("out").join(format!("{name}-{controller}-{seed}{}", changes.suffix()))
    });
    // From here on files are written.
    let name = &mission.habitat.plan().scenario.name;
    let kept = args.keep.begin("simulate", name, &told(&args, &mission), &[args.seed])?;
    let recorder = Recorder::start(&mission, &dir, kept.as_ref())?;
    let ended = parallel_map(threads, vec![(mission, recorder)], |(mission, recorder)| {
        fly(mission, recorder)
    })?;
    let Some(ended) = ended.into_iter().next() else {
        return Err(CliError::Failed("the mission gave no result".to_owned()));
    };
    let ended = ended?;
    let files = Files {
        dir: dir.display().to_string(),
        telemetry_parquet: store::PARQUET_NAME,
        telemetry_csv: store::CSV_NAME,
        report: "report.html",
        result: "result.json",
    };
    finish(ended, &dir, files, &args, kept)?;
    args.profiling.end()?;
    Ok(ExitCode::SUCCESS)
}

/// What is recorded of a mission in a database: its facts, and what was asked for beside them.
fn told(args: &Args, mission: &Mission) -> Value {
    let facts = mission.facts.iter().map(|(key, value)| (key.clone(), json!(value)));
    let mut told: serde_json::Map<String, Value> = facts.collect();
    told.insert("difficulty".to_owned(), json!(args.changes.difficulty().name()));
    let changes = args.changes.facts().into_iter();
    told.extend(changes.map(|(key, value)| (key.to_owned(), json!(value))));
    Value::Object(told)
}

/// Everything a mission needs, known to be sound.
struct Mission {
    /// The plan before any number of it was drawn.
    undrawn: Arc<Plan>,
    habitat: Habitat,
    controller: Box<dyn Controller>,
    timing: Timing,
    columns: Vec<Column>,
    facts: Vec<(String, String)>,
}

/// Read and check all input.
fn prepare(args: &Args) -> Result<Mission, CliError> {
    let (loaded, model) = args.changes.load(&args.scenario)?;
    let hash = scenario::hash(&model)?;
    let plan = Arc::new(Plan::compile(&model, hash)?);
    let columns = columns::resolve(&loaded, &plan.catalogue)?;
    let key = StreamKey { run: args.seed, ..StreamKey::default() };
    let (drawn_plan, drawn) = plan.for_episode(key, &[])?;
    let habitat = Habitat::new(drawn_plan, key);
    let controller = env::build(&args.controller, &habitat)?;
    let facts = [
        ("scenario", model.name.clone()),
        ("scenario_hash", scenario::hex(&hash)),
        ("controller", args.controller.clone()),
        ("seed", args.seed.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let draws = drawn.iter().map(|one| (format!("drawn {}", one.key), one.value.to_string()));
    Ok(Mission {
        undrawn: plan,
        habitat,
        controller,
        timing: Timing::of(&model),
        columns,
        facts: facts.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(draws).collect(),
    })
}

/// Looks on while the mission flies.
struct Recorder {
    /// `None` between two sends only.
    block: Option<Block>,
    pipe: Pipe,
    /// How full the pipe was whenever a block was ready for it.
    looks: QueueLooks,
    figures: Figures,
    margins: Margins,
    timeline: Timeline,
    plots: Plots,
    bar: ProgressBar,
    /// Whether commands are written down.
    is_logged: bool,
}

impl Recorder {
    fn start(mission: &Mission, dir: &Path, kept: Option<&Kept>) -> Result<Recorder, CliError> {
        let catalogue = mission.habitat.catalogue();
        let channels = catalogue.len();
        let columns = mission.columns.clone();
        let writer = TelemetryWriter::create(dir, channels, columns, &mission.facts)?;
        let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(writer)];
        if let Some(kept) = kept {
            let signal =
                |channel: &catalogue::Channel| Signal::new(&channel.id, channel.unit.symbol());
            let signals: Vec<Signal> = catalogue.channels().iter().map(signal).collect();
            sinks.push(Box::new(kept.ingest("telemetry", &signals)?));
        }
        let sink = Box::new(sinks);
        let (pipe, block) = Pipe::start(sink, channels, BLOCK_ROWS, BLOCKS_WAITING, OnFull::Wait)?;
        let words = "{percent:>3} % of the mission, {elapsed} gone, {eta} to go";
        let bar = bar(mission.timing.decisions(), words);
        Ok(Recorder {
            block: Some(block),
            pipe,
            looks: QueueLooks::new("telemetry", BLOCKS_WAITING, "telemetry rows", "mission"),
            figures: Figures::new(catalogue),
            margins: Margins::new(mission.habitat.plan(), catalogue),
            timeline: Timeline::new(&mission.habitat),
            plots: Plots::new(catalogue),
            bar,
            is_logged: kept.is_some(),
        })
    }

    fn send(&mut self) -> Result<(), CliError> {
        if let Some(block) = self.block.take() {
            self.looks.see(self.pipe.waiting());
            self.block = Some(self.pipe.send(block)?);
        }
        Ok(())
    }
}

impl Observer<CliError> for Recorder {
    #[inline]
    fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        self.figures.step(habitat, dt_s);
        self.margins.step(habitat, dt_s);
        self.timeline.step(habitat, dt_s);
    }

    fn decision(&mut self, habitat: &Habitat, readings: &[f64]) -> Result<(), CliError> {
        self.figures.decision(readings);
        self.margins.decision(readings, habitat.t_s());
        self.timeline.decision(readings, habitat.t_s());
        self.plots.decision(habitat, readings);
        self.bar.inc(1);
        if let Some(block) = &mut self.block {
            block.push(habitat.t_s(), readings)?;
            if block.is_full() {
                self.send()?;
            }
        }
        Ok(())
    }
}

/// A mission that has ended.
struct Ended {
    undrawn: Arc<Plan>,
    timing: Timing,
    habitat: Habitat,
    outcome: Outcome,
    figures: Figures,
    margins: Margins,
    timeline: Timeline,
    plots: Plots,
    wall_s: f64,
    /// Commands of each decision, where they were written down.
    commands: Vec<Vec<Command>>,
}

fn fly(mission: Mission, mut recorder: Recorder) -> Result<Ended, CliError> {
    let Mission { undrawn, mut habitat, mut controller, timing, .. } = mission;
    let stage = info_span!("mission").entered();
    let start = Instant::now();
    let mut commands = Vec::new();
    let outcome = if recorder.is_logged {
        let mut logged = Logged::new(controller.as_mut(), &mut commands);
        env::run_mission(&mut habitat, &mut logged, timing, &mut recorder)?
    } else {
        env::run_mission(&mut habitat, controller.as_mut(), timing, &mut recorder)?
    };
    let wall_s = start.elapsed().as_secs_f64();
    stage.exit();
    recorder.bar.finish_and_clear();
    recorder.send()?;
    recorder.pipe.finish()?;
    recorder.timeline.close();
    let Recorder { figures, margins, timeline, plots, looks, .. } = recorder;
    profile::saw(looks);
    Ok(Ended {
        undrawn,
        timing,
        habitat,
        outcome,
        figures,
        margins,
        timeline,
        plots,
        wall_s,
        commands,
    })
}

/// Write the report and the result, and say how it went.
fn finish(
    ended: Ended,
    dir: &Path,
    files: Files,
    args: &Args,
    kept: Option<Kept>,
) -> Result<(), CliError> {
    let Ended { undrawn, timing, habitat, outcome, figures, margins, timeline, plots, .. } = ended;
    let (wall_s, commands) = (ended.wall_s, ended.commands);
    let (events, event_kinds) = timeline.events(&habitat);
    let listed = events.list.len() as u64;
    let happened: Vec<store::Event> = events.list.iter().map(recorded).collect();
    let head = Head {
        controller: args.controller.clone(),
        seed: args.seed,
        wall_s,
        margins: margins.finish(&habitat),
        event_kinds,
        files,
    };
    let result = summary::result(&habitat, &figures, &outcome, head);
    let stage = info_span!("report").entered();
    let mut report = page::report(Gathered {
        habitat: &habitat,
        figures: &figures,
        timeline: &timeline,
        outcome: &outcome,
        result: &result,
        events,
        plots: plots.finish(&habitat, &timeline),
    });
    stage.exit();
    // All but the writing of the page itself.
    report.sections.extend(profile::section());
    let page = report.render();
    store::write_atomic(&dir.join(result.files.report), page.as_bytes())?;
    let json = serde_json::to_string_pretty(&result)? + "\n";
    store::write_atomic(&dir.join(result.files.result), json.as_bytes())?;
    if let Some(kept) = kept {
        if let Some(frame) = flown::episode(&undrawn, timing, &habitat, &commands, args)? {
            let mut trajectory = kept.trajectory(crate::trajectory::NAME, &frame);
            trajectory.append(&frame)?;
            trajectory.finish()?;
        }
        let file = ("report", result.files.report, page.as_bytes());
        kept.end(&serde_json::to_value(&result)?, &happened, &[file])?;
    }
    if args.json {
        output::json(&result)
    } else {
        let catalogue = habitat.catalogue();
        let mut tables = vec![
            summary::atmosphere(catalogue, &figures),
            summary::stores(catalogue, &figures),
            summary::flows(&figures, &outcome),
        ];
        tables.extend(summary::power(&result.power));
        output::text(&summary_text(&report, &tables, &result, listed))
    }
}

/// An event of the report as a database keeps it.
fn recorded(event: &watch::report::Event) -> store::Event {
    store::Event {
        time_us: (event.time_s * 1e6).round() as i64,
        kind: event.kind.clone(),
        severity: match event.severity {
            watch::report::Severity::Nominal => store::Severity::Advisory,
            watch::report::Severity::Caution => store::Severity::Caution,
            watch::report::Severity::Warning => store::Severity::Warning,
        },
        source: "simulate".to_owned(),
        text: event.text.clone(),
        detail: json!({ "lasted_s": event.lasted_s }).to_string(),
    }
}

fn summary_text(report: &Report, tables: &[Table], result: &MissionResult, listed: u64) -> String {
    let mut out = format!(
        "{} · {} · controller {} · seed {}\n{}\n\n",
        result.scenario, report.title, result.controller, result.seed, report.verdict.text
    );
    for part in tables {
        out.push_str(&table::render(part));
        out.push('\n');
    }
    for (label, value) in &report.facts {
        out.push_str(&format!("{label:18}  {value}\n"));
    }
    let left_out = result.events - listed;
    let more = if left_out > 0 { format!(", and {left_out} more") } else { String::new() };
    out.push_str(&format!("{:18}  {listed} in the report{more}\n", "Events"));
    out.push_str(&format!(
        "{:18}  {}: {}, {}, {}, {}",
        "Files",
        result.files.dir,
        result.files.report,
        result.files.telemetry_csv,
        result.files.telemetry_parquet,
        result.files.result
    ));
    out
}
