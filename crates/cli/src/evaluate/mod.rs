//! The verb `evaluate`: how good a policy is, beside `rules`, with how sure one can be.
//!
//! Every policy flies the held-out environments 0, 1, … of its task, counted from 2^31, which no training saw, taking its
//! likeliest action; `rules` flies the same ones. So missions are paired: the difference is that of two players in the
//! same mission with the same failures.
//!
//! # Figures
//! | figure | of | interval |
//! |---|---|---|
//! | success | share of missions in which all live and no abort rule was broken | Wilson |
//! | difference | mean over missions of success less that of `rules` | bootstrap over pairs |
//! | score | share of the mission that was flown before its loss | |
//! | interquartile mean | of the scores; over training seeds, where several policies are given, of their mean scores | bootstrap |
//! | worst 5 % | mean of the worst twentieth of the scores | bootstrap |
//! | improvement | chance that a mission of the policy has a higher score than one of `rules`, ties by halves | bootstrap |
//! | violation | share of missions in which the limit of a cost was passed at any time | Wilson |
//! | interventions | with `--shield`: how many a mission, and the share of missions with one | Wilson for the share |
//! | survival | share of missions not lost before a tenth, two tenths, … of their length | Wilson |
//!
//! # Files
//! `missions.csv` in the output directory, as of a campaign: what is flown is not flown again. With `--shield` every decision
//! that the rules took over is a line of `interventions.csv` there; missions without a shield are kept beside.
//!
//! # Database
//! With `--store` the result is kept, and of the first `--trajectories` missions of each policy what was seen, done and got:
//! a trajectory by the name of the policy, which `data export RUN --episodes=NAME` gives as a file.
//!
//! # JSON
//! With `--json`, one object: `{scenario, difficulty, episodes, policies, rules, seeds}`. `policies` is a list of
//! `{file, success, difference, iqm, worst, improvement, violations, survival, causes}`, `rules` the same without file and
//! comparison; with a shield also `interventions`, `{each, share}`; a figure with an interval is `{value, low, high}`. `seeds`,
//! with two policies or more, holds `success`, `difference` and `iqm` over them.

mod figures;
mod show;
mod suite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use env::{Acts, HELD_OUT_FROM, Task, TaskOptions, Use};
use habitat::scenario::Difficulty;
use learn::Policy;
use serde_json::json;
use sha2::{Digest, Sha256};

use self::figures::Evaluation;
use crate::campaign::{Campaign, Flyer, interventions};
use crate::error::CliError;
use crate::keep::Keep;
use crate::mission::Changes;
use crate::mission::cores;
use crate::output;
use crate::profile::Profiling;

/// Arguments of `evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat evaluate out/train-polar-darkness-hard/policy.safetensors --episodes 512\n\n\
    Several policies of one task count as training seeds of one method.")]
pub struct Args {
    /// Files of policies, all of one task
    #[arg(value_name = "FILE", required_unless_present = "suite")]
    policies: Vec<PathBuf>,
    /// Scenario instead of the one they were trained on; it must show and take the same
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "suite")]
    scenario: Option<String>,
    /// Changes to the scenario beside those of the training
    #[command(flatten)]
    changes: Changes,
    /// All registered tasks: policies are DIR/TASK-DIFFICULTY/policy.safetensors, or seed-N/policy.safetensors there; where
    /// there are none of a difficulty, those of the other one fly
    #[arg(long, value_name = "NAME", requires = "trained", conflicts_with_all = [
        "policies", "difficulty", "crew", "fault_rate", "days", "dt", "decision_s",
    ])]
    suite: Option<suite::Name>,
    /// Directory with the policies of a suite
    #[arg(long, value_name = "DIR", requires = "suite")]
    trained: Option<PathBuf>,
    /// Fly through the shield, which hands over to the rules where an action would break a hard limit
    #[arg(long)]
    shield: bool,
    /// How many held-out missions each flies
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    episodes: u32,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Directory for the file [default: out/evaluate-SCENARIO-DIFFICULTY, or out/evaluate-suite]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print a JSON object instead of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    profiling: Profiling,
    /// With a database: missions of each policy whose trajectories are kept in it
    #[arg(long, value_name = "N", default_value_t = 8, conflicts_with = "suite")]
    trajectories: u32,
    /// Print a suite as tables in Markdown
    #[arg(long, requires = "suite", conflicts_with = "json")]
    markdown: bool,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    args.profiling.begin("evaluate", args.threads.map_or_else(cores, usize::from))?;
    if let (Some(name), Some(trained)) = (args.suite, &args.trained) {
        args.keep.is_not_for_a_suite()?;
        let code = suite::run(name, trained, &args)?;
        args.profiling.end()?;
        return Ok(code);
    }
    let scenario = args.scenario.as_deref();
    let files: Vec<String> = args.policies.iter().map(|path| path.display().to_string()).collect();
    let config = json!({ "policies": files, "scenario": scenario, "episodes": args.episodes });
    let kept = args.keep.begin("evaluate", scenario.unwrap_or("policy"), &config, &[])?;
    let (evaluation, campaign) =
        evaluate(&args.policies, scenario, args.changes, &args, args.out.as_deref())?;
    if let Some(kept) = kept {
        campaign.keep_trajectories(&kept, args.trajectories.min(args.episodes))?;
        kept.end(&serde_json::to_value(&evaluation)?, &[], &[])?;
    }
    args.profiling.end()?;
    if args.json {
        output::json(&evaluation)?;
    } else {
        output::text(&show::text(&evaluation))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Fly and sum up policies of one task.
fn evaluate(
    files: &[PathBuf],
    scenario: Option<&str>,
    changes: Changes,
    args: &Args,
    out: Option<&Path>,
) -> Result<(Evaluation, Campaign), CliError> {
    let mut policies = Vec::new();
    for file in files {
        let policy = Policy::read(file).map_err(|error| flag_of(file, &error.to_string()))?;
        policies.push((file, policy));
    }
    let Some((first, policy)) = policies.first() else {
        return Err(CliError::flag("FILE", "at least one policy is needed"));
    };
    let fact = |key: &str| {
        policy.facts.get(key).cloned().ok_or_else(|| {
            flag_of(
                first,
                &format!("it does not say its `{key}`: give --scenario and --difficulty"),
            )
        })
    };
    let name = match scenario {
        Some(name) => name.to_owned(),
        None => fact("scenario")?,
    };
    let trained_at = |text: String| {
        text.parse::<Difficulty>()
            .map_err(|problem| flag_of(first, &format!("difficulty: {problem}")))
    };
    let changes = if changes.has_difficulty() {
        changes
    } else {
        changes.usually_at(trained_at(fact("difficulty")?)?)
    };
    let changes = changes.or(|name| policy.facts.get(name)?.parse().ok());
    let difficulty = changes.difficulty();
    let rules = vec!["rules".to_owned()];
    let mut campaign =
        Campaign::prepare(changes, &name, &rules, (0, args.episodes), true, args.threads)?;
    let mut names = Vec::new();
    for (file, policy) in policies {
        let acts = policy.facts.get("acts").map_or(Ok(Acts::Dials), |acts| acts.parse::<Acts>())?;
        let decision_s = policy.facts.get("decision_s").and_then(|text| text.parse().ok());
        let options =
            TaskOptions { acts, decision_s, used_for: Use::Evaluation, ..TaskOptions::default() };
        let task = Task::new(Arc::clone(campaign.plan()), options)?;
        policy.fits(&task).map_err(|error| flag_of(file, &error.to_string()))?;
        let digest = Sha256::digest(policy.to_bytes());
        let behind = if args.shield { "-shielded" } else { "" };
        let name = format!("policy-{}{behind}", &habitat::scenario::hex(&digest)[..16]);
        if names.iter().any(|(_, known)| *known == name) {
            return Err(flag_of(file, "the same policy stands there twice"));
        }
        names.push((file.display().to_string(), name.clone()));
        campaign.add(Flyer { name, policy, task, is_shielded: args.shield });
    }
    let dir = out.map_or_else(
        || {
            let scenario = &campaign.settings().scenario;
            PathBuf::from("out").join(format!("evaluate-{scenario}-{difficulty}"))
        },
        Path::to_path_buf,
    );
    let missions = campaign.fill(&dir)?;
    let settings = campaign.settings();
    let interventions = if args.shield { Some(interventions::count(&dir)?) } else { None };
    let evaluation = Evaluation::new(
        (settings.scenario.clone(), difficulty.name()),
        settings.days,
        u64::from(args.episodes),
        &names,
        &missions,
        interventions.as_ref(),
    )?;
    Ok((evaluation, campaign))
}

fn flag_of(file: &Path, problem: &str) -> CliError {
    CliError::flag(file.display().to_string(), problem)
}

/// Environments that are flown, in words.
fn environments(episodes: u64) -> String {
    format!("held-out environments {HELD_OUT_FROM} to {}", HELD_OUT_FROM + episodes - 1)
}
