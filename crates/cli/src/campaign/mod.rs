//! The verb `campaign`: one scenario, many seeds, and how often each controller brings the crew home.
//!
//! Each pair of controller and seed is one mission, flown until its end or until an abort rule is broken. All cores
//! fly missions; the results depend neither on their number nor on the order.
//!
//! A seed is the run of environment 0; with `--held-out` it is the number of an environment that training never sees,
//! counted from 2^31, of run 0.
//!
//! # Files
//! `missions.csv` in the output directory: the settings as comments (`# key: value`), then a line for
//! each mission with `controller`, `seed`, `success`, `abort_reason`, `abort_s`, `crew_alive`, `end_s`,
//! the largest residuals of the ledger and the mean of each cost. Missions that are in it are not flown again, so a campaign
//! that was killed goes on where it was, and more seeds or controllers may be asked for later. Other
//! settings are refused. Of each controller the first stored mission is flown once more; if it ends
//! otherwise, the program has changed under the same version, and the file is refused too.
//!
//! # Database
//! With `--store` settings and result are kept, so that `report` shows the campaign and compares it with another one.
//!
//! # JSON
//! With `--json`, a list of one object a controller, in the order asked for:
//!
//! | key | meaning |
//! |---|---|
//! | `controller`, `seeds` | as asked for |
//! | `success_rate` | share of missions in which all live and no abort rule was broken, 0 to 1 |
//! | `low`, `high` | its 95 % interval ([`learn::wilson`]) |
//! | `causes` | how many missions each abort rule ended first: `crew_lost`, `carbon_dioxide`, `oxygen`, `pressure`, `temperature` or `potable_water` by name; rules that ended none are left out |

pub mod interventions;
pub mod logbook;
pub mod record;
mod settings;
mod suite;
mod summary;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use env::{CostMeter, HELD_OUT_FROM, Observer, Task, Timing};
use habitat::scenario;
use habitat::{AbortReason, Habitat, Plan, StreamKey};
use learn::Policy;
use runtime::{parallel_flow, parallel_map};
use serde_json::json;
use tracing::info_span;

use self::logbook::Logbook;
use self::record::Record;
use self::settings::Settings;
use self::summary::Summary;
pub use self::summary::median;
use crate::error::CliError;
use crate::keep::{Keep, Kept};
use crate::mission::{Changes, bar, cores};
use crate::profile::Profiling;
use crate::table::fixed;
use crate::trajectory::{self, Trajectory};
use crate::{output, table};

/// Missions for each thread that are flown or wait to be written: enough that a long one keeps nobody waiting, few enough
/// that a kill costs seconds.
const AHEAD_PER_THREAD: usize = 4;

/// Arguments of `campaign`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat campaign --scenario polar-darkness --seeds 512 --controllers hold,rules\n\n\
    Missions in DIR are not flown again: the same command goes on where it was stopped.\n\
    Exit code 0 also when crews are lost: read `success_rate`.")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "suite")]
    scenario: Option<String>,
    /// All registered tasks instead of one scenario: `book` flies each at nominal and at hard, held out
    #[arg(long, value_name = "NAME", conflicts_with_all = [
        "scenario", "difficulty", "crew", "fault_rate", "days", "dt", "decision_s", "first_seed", "held_out",
    ])]
    suite: Option<suite::Name>,
    /// How many seeds each controller flies [suite: 512]
    #[arg(long, value_name = "N", required_unless_present = "suite",
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    seeds: Option<u32>,
    /// How many seeds `mpc` flies in a suite
    #[arg(long, value_name = "N", default_value_t = 20, requires = "suite",
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    mpc_seeds: u32,
    /// The first seed; the others follow one by one
    #[arg(long, default_value_t = 0, value_name = "N")]
    first_seed: u64,
    /// Controllers, separated by commas: `random`, `hold`, `rules`, `mpc`
    #[arg(long, value_name = "NAMES", value_delimiter = ',', required_unless_present = "suite")]
    controllers: Vec<String>,
    /// Fly held-out environments, which training refuses, instead of runs
    #[arg(long)]
    held_out: bool,
    #[command(flatten)]
    changes: Changes,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Directory for the file [default: out/campaign-SCENARIO and what is changed, or out/suite-NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print a JSON list instead of a table
    #[arg(long)]
    json: bool,
    /// Print a suite as tables in Markdown
    #[arg(long, requires = "suite", conflicts_with = "json")]
    markdown: bool,
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
    args.profiling.begin("campaign", args.threads.map_or_else(cores, usize::from))?;
    if let Some(name) = args.suite {
        args.keep.is_not_for_a_suite()?;
        let code = suite::run(name, &args)?;
        args.profiling.end()?;
        return Ok(code);
    }
    let (Some(scenario), Some(seeds)) = (&args.scenario, args.seeds) else {
        return Err(CliError::flag("--scenario, --seeds", "both are needed without --suite"));
    };
    let campaign = Campaign::prepare(
        args.changes,
        scenario,
        &args.controllers,
        (args.first_seed, seeds),
        args.held_out,
        args.threads,
    )?;
    let name = &campaign.settings.scenario;
    let suffix = args.changes.suffix();
    let held_out = if args.held_out { "-held-out" } else { "" };
    let dir = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("out").join(format!("campaign-{name}{suffix}{held_out}")));
    let mut logbook = Logbook::open(&dir, &campaign.settings)?;
    let kept = args.keep.begin("campaign", name, &campaign.told(), &[])?;
    let start = Instant::now();
    campaign.verify(&logbook)?;
    let flown = campaign.complete(&mut logbook)?;
    let wall_s = start.elapsed().as_secs_f64();
    let summaries = campaign.summaries(&logbook)?;
    if let Some(kept) = kept {
        kept.end(&serde_json::to_value(&summaries)?, &[], &[])?;
    }
    args.profiling.end()?;
    if args.json {
        output::json(&summaries)?;
    } else {
        output::text(&campaign.text(&summaries, flown, wall_s, &dir.display().to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds up costs until the mission is lost.
struct Judge(CostMeter);

impl Observer<CliError> for Judge {
    fn step(&mut self, habitat: &Habitat, dt_s: f64) {
        if habitat.abort_reason() == AbortReason::None {
            self.0.add(habitat, dt_s);
        }
    }

    fn decision(&mut self, _: &Habitat, _: &[f64]) -> Result<(), CliError> {
        Ok(())
    }

    fn goes_on(&self, habitat: &Habitat) -> bool {
        habitat.abort_reason() == AbortReason::None
    }
}

/// A policy that flies beside controllers.
pub struct Flyer {
    /// What it is called in the logbook: `policy-` and the first digits of the hash of its file.
    pub name: String,
    /// The policy.
    pub policy: Policy,
    /// What it sees and sets.
    pub task: Arc<Task>,
    /// Whether it flies behind a shield.
    pub is_shielded: bool,
}

/// What is asked for, known to be sound.
pub struct Campaign {
    plan: Arc<Plan>,
    flyers: Vec<Flyer>,
    timing: Timing,
    settings: Settings,
    controllers: Vec<String>,
    seeds: Range<u64>,
    threads: usize,
}

impl Campaign {
    /// Read and check all input.
    ///
    /// # Errors
    /// [`CliError`] with the flag or the place in the scenario.
    pub fn prepare(
        changes: Changes,
        scenario: &str,
        controllers: &[String],
        (first_seed, seeds): (u64, u32),
        held_out: bool,
        threads: Option<u16>,
    ) -> Result<Campaign, CliError> {
        let (loaded, model) = changes.load(scenario)?;
        let hash = scenario::hash(&model)?;
        let plan = Arc::new(Plan::compile(&model, hash)?);
        let habitat = Habitat::new(Arc::clone(&plan), StreamKey::default());
        for (index, controller) in controllers.iter().enumerate() {
            env::build(controller, &habitat)?;
            if controllers[..index].contains(controller) {
                let flag = format!("--controllers {}", controllers.join(","));
                return Err(CliError::flag(flag, format!("`{controller}` stands there twice")));
            }
        }
        // Environments are counted from the first that is held out.
        let most = u64::MAX - if held_out { HELD_OUT_FROM } else { 0 };
        let end = first_seed.checked_add(u64::from(seeds)).filter(|end| *end <= most);
        let end = end.ok_or_else(|| {
            let allowed = most - u64::from(seeds);
            let flag = format!("--first-seed {first_seed}");
            CliError::flag(flag, format!("allowed up to {allowed} with {seeds} seeds"))
        })?;
        Ok(Campaign {
            timing: Timing::of(&model),
            settings: Settings {
                scenario: model.name.clone(),
                difficulty: loaded.difficulty.name(),
                held_out,
                fault_rate: model.faults.as_ref().map_or(0.0, |faults| faults.rate_factor),
                scenario_hash: scenario::hex(&hash),
                days: model.duration_days,
                dt_s: model.dt_s,
                decision_s: model.decision_s,
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            plan,
            flyers: Vec::new(),
            controllers: controllers.to_vec(),
            seeds: first_seed..end,
            threads: threads.map_or_else(cores, usize::from),
        })
    }

    /// What is recorded of it in a database.
    fn told(&self) -> serde_json::Value {
        let Settings { scenario, difficulty, scenario_hash, days, dt_s, decision_s, .. } =
            &self.settings;
        json!({
            "scenario": scenario,
            "scenario_hash": scenario_hash,
            "difficulty": difficulty,
            "held_out": self.settings.held_out,
            "fault_rate": self.settings.fault_rate,
            "days": days,
            "dt_s": dt_s,
            "decision_s": decision_s,
            "controllers": self.controllers,
            "first_seed": self.seeds.start,
            "missions": self.seeds.end - self.seeds.start,
        })
    }

    /// Let a policy fly, too, behind those that were asked for.
    pub fn add(&mut self, flyer: Flyer) {
        self.controllers.push(flyer.name.clone());
        self.flyers.push(flyer);
    }

    /// What all missions have in common.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The plan, before any number of it is drawn.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Fly everything that the logbook in `dir` lacks, and return what it holds then.
    ///
    /// # Errors
    /// [`CliError`] where the logbook is of something else, or a mission fails.
    pub fn fill(&self, dir: &Path) -> Result<logbook::Missions, CliError> {
        let mut logbook = Logbook::open(dir, &self.settings)?;
        self.verify(&logbook)?;
        self.complete(&mut logbook)?;
        Ok(logbook.missions)
    }

    /// Keep what each policy saw, did and got in the first `missions` of its missions, as a trajectory of its name.
    ///
    /// # Errors
    /// [`CliError`] where a mission fails or the database refuses.
    pub fn keep_trajectories(&self, kept: &Kept, missions: u32) -> Result<(), CliError> {
        let seeds: Vec<u64> = self.seeds.clone().take(missions as usize).collect();
        for flyer in self.flyers.iter().filter(|_| missions > 0) {
            let mut trajectory: Option<Trajectory> = None;
            let fly =
                |seed| learn::record(&flyer.task, &flyer.policy, self.key(seed), flyer.is_shielded);
            let ahead = AHEAD_PER_THREAD * self.threads;
            parallel_flow(self.threads, ahead, seeds.clone(), fly, |rollout| {
                let mut frame = rollout?.into_frame();
                let key = self.key(self.seeds.start);
                let (name, count) = (&flyer.name, u64::from(missions));
                let difficulty = self.settings.difficulty;
                frame.facts.extend(trajectory::facts(difficulty, name, key.run, key.env, count));
                let trajectory =
                    trajectory.get_or_insert_with(|| kept.trajectory(&flyer.name, &frame));
                trajectory.append(&frame)
            })?;
            if let Some(trajectory) = trajectory {
                trajectory.finish()?;
            }
        }
        Ok(())
    }

    /// Which randomness a mission has.
    fn key(&self, seed: u64) -> StreamKey {
        if self.settings.held_out {
            StreamKey { env: HELD_OUT_FROM + seed, ..StreamKey::default() }
        } else {
            StreamKey { run: seed, ..StreamKey::default() }
        }
    }

    /// Fly one mission; with what its shield did, as lines, where it has one.
    fn fly(&self, controller: &str, seed: u64) -> Result<(Record, String), CliError> {
        let _stage = info_span!("campaign mission").entered();
        let key = self.key(seed);
        if let Some(flyer) = self.flyers.iter().find(|flyer| flyer.name == controller) {
            let flight = learn::fly(&flyer.task, &flyer.policy, key, flyer.is_shielded)?;
            let record = Record::new(controller, seed, &flight.outcome, flight.costs);
            return Ok((record, interventions::lines(controller, seed, &flight.interventions)));
        }
        let (plan, _) = self.plan.for_episode(key, &[])?;
        let mut habitat = Habitat::new(plan, key);
        let mut pilot = env::build(controller, &habitat)?;
        let mut judge = Judge(CostMeter::default());
        let outcome = env::run_mission(&mut habitat, pilot.as_mut(), self.timing, &mut judge)?;
        Ok((Record::new(controller, seed, &outcome, judge.0.mean()), String::new()))
    }

    /// What each controller has done, in the order asked for.
    fn summaries(&self, logbook: &Logbook) -> Result<Vec<Summary>, CliError> {
        let summary =
            |controller: &String| Summary::new(controller, self.seeds.clone(), &logbook.missions);
        self.controllers.iter().map(summary).collect()
    }

    /// Fly the first stored mission of each controller again and compare.
    fn verify(&self, logbook: &Logbook) -> Result<(), CliError> {
        let first = |controller: &String| {
            let mut records = logbook.missions.values();
            records.find(|record| record.controller == *controller).cloned()
        };
        let stored: Vec<Record> = self.controllers.iter().filter_map(first).collect();
        let again = parallel_map(self.threads, stored.clone(), |record| {
            self.fly(&record.controller, record.seed)
        })?;
        for (record, again) in stored.iter().zip(again) {
            if again?.0 != *record {
                return Err(logbook.refused(format!(
                    "the mission of `{}` with seed {} there ends otherwise in this program, which \
                     has changed under its version {}; take another directory or remove `{}`",
                    record.controller,
                    record.seed,
                    self.settings.version,
                    logbook::NAME
                )));
            }
        }
        Ok(())
    }

    /// Fly what the logbook does not hold, each mission written in its turn; return how many missions that were. What shields did is kept
    /// beside it.
    fn complete(&self, logbook: &mut Logbook) -> Result<usize, CliError> {
        // Seed by seed, so that a campaign that is stopped has as many of each controller.
        let wanted = self
            .seeds
            .clone()
            .flat_map(|seed| self.controllers.iter().map(move |name| (name.clone(), seed)));
        let missing: Vec<(String, u64)> =
            wanted.filter(|key| !logbook.missions.contains_key(key)).collect();
        if logbook.missions.is_empty() {
            // What lies there is of missions that are not kept any more.
            interventions::clear(logbook.dir())?;
        }
        let words = "{pos} of {len} missions, {elapsed} gone, {eta} to go";
        let bar = bar(missing.len() as u64, words);
        let flown = missing.len();
        let is_shielded = self.flyers.iter().any(|flyer| flyer.is_shielded);
        let fly = |(controller, seed): (String, u64)| {
            let ended = self.fly(&controller, seed);
            bar.inc(1);
            ended
        };
        parallel_flow(self.threads, AHEAD_PER_THREAD * self.threads, missing, fly, |ended| {
            let (record, line) = ended?;
            let _stage = info_span!("campaign record").entered();
            if is_shielded {
                interventions::append(logbook.dir(), &line)?;
            }
            logbook.append(record)
        })?;
        bar.finish_and_clear();
        Ok(flown)
    }

    /// The summary for people.
    fn text(&self, summaries: &[Summary], flown: usize, wall_s: f64, dir: &str) -> String {
        let Settings { scenario, difficulty, scenario_hash, days, dt_s, .. } = &self.settings;
        let Range { start, end } = &self.seeds;
        let what = if self.settings.held_out { "held-out environments" } else { "seeds" };
        let at = if *difficulty == "nominal" { String::new() } else { format!(" · {difficulty}") };
        let title = format!("{scenario}{at} · {what} {start} to {}", end - 1);
        let residual = summaries.iter().map(|one| one.residual_max).fold(0.0, f64::max);
        let missions = summaries.len() as u64 * (end - start);
        let stored = missions - flown as u64;
        let facts = [
            ("Missions", format!("{missions}: {flown} flown now, {stored} stored before")),
            ("Duration", format!("{days} d, time step {dt_s} s")),
            ("Largest residual", format!("{residual:.1e} of what moved")),
            ("Wall time", format!("{} s on {} threads", fixed(wall_s, 1), self.threads)),
            ("Scenario hash", scenario_hash.chars().take(16).collect()),
            ("File", format!("{dir}/{}", logbook::NAME)),
        ];
        let mut out = table::render(&summary::table(title, summaries));
        for (label, value) in facts {
            out.push_str(&format!("\n{label:18}  {value}"));
        }
        out
    }
}
