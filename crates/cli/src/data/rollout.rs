//! `data rollout`: episodes under a controller as a Parquet file, and with `--store` in a database too, from which
//! `data export RUN --episodes` gives the same file.
//!
//! Episode i is episode 0 of environment `--first-env` + i, with the seed of the run `--seed`: what
//! `HabitatEnv(env_id=…)` plays in Python for that seed. The controller plays through the dials, so that the actions in the
//! file give the episodes again; with `--acts thresholds` it sets the thresholds of the rules every six hours, which
//! `random`, `hold` and `rules` can. With `--shield` it plays through the shield ([`env::Shield`]), and what that did is in the
//! columns `shield.*` and `asked.*`. Columns and facts are those of the crate `env` ([`env::Rollout`]); `difficulty`,
//! `controller`, `seed`, `first_env` and `episodes` are added to the facts. The file does not depend on the number of threads.
//!
//! # JSON
//! With `--json`, one object: `file`, `rows`, `bytes`, and what [`super::returns`] counts: `episodes`, `terminated`,
//! `truncated`, `running`, and `mean`, `min`, `max` of the returns; with `--shield` also `interventions`, the decisions that
//! were handed over to the rules.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use env::{
    Acts, Episode, HELD_OUT_FROM, Pilot, RewardWeights, Rollout, Shield, Task, TaskError,
    TaskOptions, Use,
};
use habitat::scenario;
use habitat::{Plan, StreamKey};
use runtime::parallel_flow;
use serde::Serialize;
use store::FrameWriter;

use super::returns::Returns;
use tracing::info_span;

use crate::error::CliError;
use crate::keep::Keep;
use crate::mission::{Changes, bar, cores};
use crate::output;
use crate::profile::Profiling;
use crate::table::fixed;
use crate::trajectory;

/// Episodes for each thread that are played or wait to be written: few, since they wait in memory.
const AHEAD_PER_THREAD: usize = 2;

/// Arguments of `data rollout`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat data rollout --scenario artemis-30d --controller rules --episodes 16 --out rules.parquet\n\n\
    A row for each decision and one for the end of each episode; `data show FILE` lists the columns.")]
pub struct Args {
    /// Name of a shipped scenario, or a file
    #[arg(long, value_name = "NAME|FILE")]
    scenario: String,
    /// Who plays: `random`, `hold`, `rules` or `mpc`
    #[arg(long, value_name = "NAME")]
    controller: String,
    /// How many episodes, each of an environment of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    episodes: u32,
    /// Environment of the first episode; the others follow one by one
    #[arg(long, default_value_t = 0, value_name = "N")]
    first_env: u64,
    /// Seed of the run
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// What is set: `dials`, or the `thresholds` of the controller `rules` every six hours
    #[arg(long, default_value_t, value_name = "NAME")]
    acts: Acts,
    /// Play through the shield: where an action would break a hard limit, the rules take the decision
    #[arg(long)]
    shield: bool,
    /// Reward preset: `survival`, `efficiency` or `balanced`
    #[arg(long, default_value = "survival", value_name = "NAME")]
    reward: String,
    /// For evaluation: environments from 2147483648 on, which are kept from training, are allowed
    #[arg(long)]
    evaluation: bool,
    #[command(flatten)]
    changes: Changes,
    /// Worker threads; the file never depends on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print a JSON object instead of a summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    profiling: Profiling,
}

/// What was written, as in JSON.
#[derive(Debug, Serialize)]
struct Written {
    file: String,
    rows: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interventions: Option<u64>,
    #[serde(flatten)]
    returns: Returns,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written, and a file appears whole or not at all.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let threads = args.threads.map_or_else(cores, usize::from);
    args.profiling.begin("rollout", threads)?;
    let (task, last) = prepare(&args)?;
    let mut shape = blank(&task, args.shield).into_frame();
    shape.facts.extend(trajectory::facts(
        &args.changes.difficulty().to_string(),
        &args.controller,
        args.seed,
        args.first_env,
        u64::from(args.episodes),
    ));
    let told = serde_json::Map::from_iter(
        shape
            .facts
            .iter()
            .filter(|(key, _)| !key.contains(':'))
            .cloned()
            .map(|(k, v)| (k, v.into())),
    );
    let kept =
        args.keep.begin("rollout", &task.plan().scenario.name, &told.into(), &[args.seed])?;
    let mut recorded = kept.as_ref().map(|kept| kept.trajectory(trajectory::NAME, &shape));
    let mut writer = FrameWriter::create(&args.out, &shape)?;
    let envs: Vec<u64> = (args.first_env..=last).collect();
    let bar = bar(envs.len() as u64, "{pos} of {len} episodes, {elapsed} gone, {eta} to go");
    let (mut returns, mut rows, mut interventions) = (Returns::default(), 0, 0);
    let played = |env| {
        let key = StreamKey { run: args.seed, env, ..StreamKey::default() };
        let _stage = info_span!("episode").entered();
        let rollout = play(&task, &args.controller, key, args.shield);
        bar.inc(1);
        rollout
    };
    parallel_flow(threads, AHEAD_PER_THREAD * threads, envs, played, |rollout| {
        let (rollout, handed) = rollout?;
        interventions += handed;
        let frame = rollout.into_frame();
        returns.take(&frame);
        rows += frame.rows() as u64;
        writer.append(&frame)?;
        if let Some(recorded) = &mut recorded {
            recorded.append(&frame)?;
        }
        Ok::<(), CliError>(())
    })?;
    bar.finish_and_clear();
    writer.finish()?;
    let bytes = std::fs::metadata(&args.out).map_or(0, |about| about.len());
    let file = args.out.display().to_string();
    let interventions = args.shield.then_some(interventions);
    let written = Written { file, rows, bytes, interventions, returns };
    if let Some(recorded) = recorded {
        recorded.finish()?;
    }
    if let Some(kept) = kept {
        let mut results = serde_json::to_value(&written)?;
        results["threads"] = threads.into();
        kept.end(&results, &[], &[])?;
    }
    args.profiling.end()?;
    if args.json {
        output::json(&written)?
    } else {
        output::text(&text(&written))?
    }
    Ok(ExitCode::SUCCESS)
}

/// The task and the last environment, all input checked.
fn prepare(args: &Args) -> Result<(Arc<Task>, u64), CliError> {
    let (_, model) = args.changes.load(&args.scenario)?;
    let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
    let used_for = if args.evaluation { Use::Evaluation } else { Use::Training };
    let weights = RewardWeights::preset(&args.reward)?;
    let options = TaskOptions { acts: args.acts, weights, used_for, ..TaskOptions::default() };
    let task = Task::new(plan, options)?;
    let last = args.first_env.checked_add(u64::from(args.episodes) - 1).ok_or_else(|| {
        let allowed = u64::MAX - u64::from(args.episodes) + 1;
        let flag = format!("--first-env {}", args.first_env);
        CliError::flag(flag, format!("allowed up to {allowed} with {} episodes", args.episodes))
    })?;
    if last >= HELD_OUT_FROM && !args.evaluation {
        return Err(TaskError::HeldOut { env: last.max(HELD_OUT_FROM) }.into());
    }
    let key = StreamKey { run: args.seed, env: args.first_env, ..StreamKey::default() };
    Pilot::new(&args.controller, &Episode::new(&task, key, &[])?)?;
    Ok((task, last))
}

/// No rows, with the columns of a shield or without.
fn blank(task: &Arc<Task>, shielded: bool) -> Rollout {
    if shielded {
        Rollout::shielded(task, Shield::usual_horizon_s(task))
    } else {
        Rollout::new(task)
    }
}

/// Play one episode; also how many decisions a shield handed over.
fn play(
    task: &Arc<Task>,
    controller: &str,
    key: StreamKey,
    shielded: bool,
) -> Result<(Rollout, u64), CliError> {
    let mut episode = Episode::new(task, key, &[])?;
    let mut pilot = Pilot::new(controller, &episode)?;
    let mut rollout = blank(task, shielded);
    let policy = |episode: &Episode, _: &[f32], action: &mut [f32]| pilot.act(episode, action);
    if !shielded {
        rollout.play(&mut episode, policy)?;
        return Ok((rollout, 0));
    }
    let mut shield = Shield::new(&episode)?;
    rollout.play_shielded(&mut episode, &mut shield, policy)?;
    Ok((rollout, shield.interventions().len() as u64))
}

/// The summary for people.
fn text(written: &Written) -> String {
    let returns = &written.returns;
    let mut lines = vec![
        ("File", written.file.clone()),
        ("Size", format!("{} kB", fixed(written.bytes as f64 / 1e3, 0))),
        ("Rows", written.rows.to_string()),
        ("Episodes", returns.words()),
        ("Return", returns.span()),
    ];
    lines.extend(written.interventions.map(|n| ("Shield", format!("{n} decisions by the rules"))));
    let lines: Vec<String> =
        lines.into_iter().map(|(label, value)| format!("{label:8}  {value}")).collect();
    lines.join("\n")
}
