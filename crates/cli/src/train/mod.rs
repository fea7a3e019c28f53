//! The verb `train`: from a task to a policy file.
//!
//! Collects experience from lanes of missions and learns from it (crate `learn`), until the time or the decisions that
//! were asked for are over. Held-out environments are never seen.
//!
//! # Files
//! In the output directory, or in `seed-N` of it where several seeds are trained:
//!
//! | file | what |
//! |---|---|
//! | `policy.safetensors` | the policy as it is now, see `learn::Policy` |
//! | `curve.csv` | a line for each update |
//! | `report.html` | the same as pictures, at the end |
//! | `events.out.tfevents.*` | the same for TensorBoard |
//! | `checkpoint.bin`, `checkpoint-1.bin` | everything the next update depends on; the last two |
//! | `black-box-LANE.bin` | where a number ceased to be one; see the verb `replay` |
//! | `settings.json` | what was asked for, and what it has taken so far |
//!
//! `batch.json` in the output directory keeps the lanes, segment and minibatch that were chosen for all seeds, and what was
//! tried for it.
//!
//! The same command goes on from the last good checkpoint, to the bits of a training that was never stopped; other settings
//! are refused.
//!
//! # JSON
//! With `--json`, a list of one object a seed: `{seed, dir, updates, decisions, wall_s, cpu_s, peak_mb, return_mean,
//! success_rate}`; the last two are over the episodes that ended in the last fifth of the updates.

mod batch;
mod curve;
mod metrics;
mod plan;
mod recipe;
pub mod report;
mod session;
mod supervisor;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use env::Acts;
use learn::{Activation, Head};
use serde::Serialize;

use self::batch::Batch;
use self::plan::Asked;
pub use self::plan::task_of;
use self::session::{POLICY, Session};
use crate::error::CliError;
use crate::keep::Keep;
use crate::mission::{Changes, cores};
use crate::output;
use crate::profile::Profiling;
use crate::table::fixed;

/// Arguments of `train`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat train --scenario polar-darkness --difficulty hard --minutes 8\n\n\
    The same command goes on where it was stopped.")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE")]
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// What the policy sets: `thresholds` of the controller `rules` every six hours, or `dials`
    #[arg(long, value_name = "NAME", default_value_t = Acts::Thresholds)]
    acts: Acts,
    /// Reward preset: `survival`, `efficiency` or `balanced`
    #[arg(long, default_value = "survival", value_name = "NAME")]
    reward: String,
    /// Time constant of the discount, days [default: 20 for thresholds, 10 for dials]
    #[arg(long, value_name = "D")]
    tau_d: Option<f64>,
    /// Limits on the mean of costs, as `name=limit,…`; kept by multipliers
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    limits: Vec<String>,
    /// Wall time of each seed, minutes; the number of updates is set once from the first of them
    #[arg(long, value_name = "MIN", default_value_t = 8.0, conflicts_with = "decisions")]
    minutes: f64,
    /// Decisions of each seed, instead of a time
    #[arg(long, value_name = "N")]
    decisions: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// How many seeds, one after the other
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Missions side by side [default: what is fastest of some that are tried at the start]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    lanes: Option<u32>,
    /// Fewest and most lanes that are tried [default: 64,256 for thresholds, 32,128 for dials]
    #[arg(long, value_name = "N,N", value_delimiter = ',', conflicts_with = "lanes")]
    lanes_between: Option<Vec<usize>>,
    /// Most memory of the lanes that are taken, MB [default: half of what is free]
    #[arg(long, value_name = "MB", conflicts_with = "lanes")]
    memory_mb: Option<f64>,
    /// Decisions of a lane in an update [default: all lanes together 5120 for thresholds, 8192 for dials]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    segment: Option<u32>,
    /// Decisions of a minibatch [default: 1024 for thresholds, 512 for dials]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16777216))]
    minibatch: Option<u32>,
    /// Times that every decision is used
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    epochs: u16,
    /// Learning rate; falls linearly to nothing [default: 5e-4 for thresholds, 3e-4 for dials]
    #[arg(long, value_name = "X")]
    rate: Option<f32>,
    /// Weight of the entropy
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    entropy: f32,
    /// λ of the advantages [default: 0.98 for thresholds, 0.95 for dials]
    #[arg(long, value_name = "X")]
    lambda: Option<f32>,
    /// Logarithm of the deviations of actions at the start
    #[arg(long, value_name = "X", default_value_t = -0.7, allow_negative_numbers = true)]
    log_std: f32,
    /// Decisions over which the noise of actions stays [default: 28, a week, for thresholds, 1 for dials]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    hold: Option<u64>,
    /// Begin as a network that has learned to do what a controller does: `rules`
    #[arg(long, value_name = "NAME")]
    clone: Option<String>,
    /// Hours between two decisions [default: 6 for thresholds, that of the scenario for dials]
    #[arg(long, value_name = "H")]
    every_h: Option<f64>,
    /// Observations that the policy sees side by side, the last ones: where one alone does not tell what changes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    stack: u8,
    /// Widths of the hidden layers
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [64_usize, 64])]
    hidden: Vec<usize>,
    /// Activation: `tanh`, `relu`, `silu`
    #[arg(long, value_name = "NAME", default_value = "tanh")]
    activation: String,
    /// Outputs: `clipped` or `squashed`
    #[arg(long, value_name = "NAME", default_value = "clipped")]
    head: String,
    /// Actor and critic share the hidden layers
    #[arg(long)]
    shared: bool,
    /// Worker threads; the policy never depends on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Seconds between two checkpoints
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    checkpoint_s: f64,
    /// Train in a process of its own, which is started again from its last good checkpoint when it ends badly
    #[arg(long)]
    supervise: bool,
    /// How often it may be started again
    #[arg(long, value_name = "N", default_value_t = 3, requires = "supervise")]
    retries: u32,
    /// Fail on purpose once, to see the supervision work: `kill`, `crash` or `diverge`, and at which update, as `kill:3`
    #[arg(long, value_name = "HOW:UPDATE")]
    drill: Option<session::Drill>,
    /// Where lanes, segment and minibatch are kept, instead of in the directory
    #[arg(long, value_name = "FILE", hide = true)]
    batch_file: Option<PathBuf>,
    /// Directory for the files [default: out/train-SCENARIO and what is changed]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print a JSON list instead of a summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    profiling: Profiling,
}

/// How one seed ended.
#[derive(Debug, Clone, Serialize)]
pub struct Trained {
    seed: u64,
    dir: String,
    updates: u64,
    decisions: u64,
    wall_s: f64,
    cpu_s: f64,
    peak_mb: f64,
    return_mean: f64,
    success_rate: f64,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let asked = Asked::of(&args)?;
    // What is supervised is listened to where it runs.
    let profiling = if args.supervise { Profiling::default() } else { args.profiling.clone() };
    let threads = args.threads.map_or_else(cores, usize::from);
    profiling.begin("train", threads)?;
    let dir = args.out.clone().unwrap_or_else(|| {
        let suffix = args.changes.suffix();
        let acts = if args.acts == Acts::Thresholds { "" } else { "-dials" };
        PathBuf::from("out").join(format!("train-{}{suffix}{acts}", asked.scenario()))
    });
    // Once for all seeds, so that they are draws of one method.
    let batch_file = args.batch_file.clone().unwrap_or_else(|| Batch::path(&dir));
    let batch = tracing::info_span!("batch search")
        .in_scope(|| Batch::open(&batch_file, &asked, threads))?;
    let mut all = Vec::new();
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        if seed > args.seed {
            // The page of a seed is about that seed.
            crate::profile::turn();
        }
        let dir = if args.seeds > 1 { dir.join(format!("seed-{seed}")) } else { dir.clone() };
        if args.supervise {
            supervisor::watch(&dir, &alone(seed, &dir, &batch_file), args.retries)?;
        }
        let drill = args.drill.filter(|_| !args.supervise);
        let session = Session::open(&asked, &batch, seed, &dir, threads)?;
        // A supervised seed is kept by the session that trains it.
        let keep = if args.supervise { Keep::default() } else { args.keep.clone() };
        let kept = keep.begin("train", asked.scenario(), &asked.facts, &[seed])?;
        let trained = session.run(drill, kept.as_ref())?;
        if let Some(kept) = kept {
            let read = |name: &str| {
                let path = dir.join(name);
                std::fs::read(&path)
                    .map_err(|error| CliError::Failed(format!("{}: {error}", path.display())))
            };
            let (policy, page) = (read(POLICY)?, read(report::NAME)?);
            let files = [("policy", POLICY, &policy[..]), ("report", report::NAME, &page[..])];
            let mut results = serde_json::to_value(&trained)?;
            results["threads"] = threads.into();
            kept.end(&results, &[], &files)?;
        }
        all.push(trained);
    }
    profiling.end()?;
    if args.json {
        output::json(&all)?;
    } else {
        output::text(&text(&all))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What this program was told, for one seed in a process of its own.
fn alone(seed: u64, dir: &Path, batch_file: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let (flag, joined) = match argument.split_once('=') {
            Some((flag, _)) => (flag.to_owned(), true),
            None => (argument.clone(), false),
        };
        match flag.as_str() {
            "--supervise" | "--json" => {}
            "--seed" | "--seeds" | "--out" | "--retries" => {
                if !joined {
                    given.next();
                }
            }
            _ => out.push(argument),
        }
    }
    let shown = |path: &Path| path.display().to_string();
    for (flag, value) in
        [("--seed", seed.to_string()), ("--out", shown(dir)), ("--batch-file", shown(batch_file))]
    {
        out.extend([flag.to_owned(), value]);
    }
    out
}

/// The summary for people.
fn text(all: &[Trained]) -> String {
    let one = |trained: &Trained| {
        [
            ("Policy", format!("{}/policy.safetensors", trained.dir)),
            ("Decisions", format!("{} in {} updates", trained.decisions, trained.updates)),
            (
                "Episodes at the end",
                format!(
                    "return {}, {} % come home, exploring",
                    fixed(trained.return_mean, 2),
                    fixed(100.0 * trained.success_rate, 1)
                ),
            ),
            (
                "Time",
                format!(
                    "{} s, {} s of processor, at most {} MB",
                    fixed(trained.wall_s, 1),
                    fixed(trained.cpu_s, 1),
                    fixed(trained.peak_mb, 0)
                ),
            ),
        ]
        .map(|(label, value)| format!("{label:20}  {value}"))
        .join("\n")
    };
    all.iter().map(one).collect::<Vec<String>>().join("\n\n")
}

/// The activation and the head that are asked for.
fn shape(args: &Args) -> Result<(Activation, Head), CliError> {
    let head = Head::of(&args.head)?;
    if !head.is_gaussian() {
        let flag = format!("--head {}", args.head);
        return Err(CliError::flag(
            flag,
            "a habitat is set by real numbers: `clipped` or `squashed`",
        ));
    }
    Ok((Activation::of(&args.activation)?, head))
}
