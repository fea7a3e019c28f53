//! The verb `replay`: what happened in a lane in which a number ceased to be one.
//!
//! A training that meets a number that is not finite writes a black box (`learn::BlackBox`). This verb restores its lane,
//! takes the same actions again and stops at the first number that is none, or at the last action.
//!
//! # JSON
//! With `--json`, one object: `{file, scenario, difficulty, lane, seed, decisions, reproduced, found, t_s, rewards}`;
//! `found` names the number, or is `null`, `reproduced` says whether that is what the box tells of.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use env::{COST_TABLE, COSTS, Episode, StepSlices, TERMS, Task, TaskError};
use learn::BlackBox;
use serde::Serialize;
use serde_json::Value;

use crate::error::CliError;
use crate::output;
use crate::table::fixed;
use crate::train::task_of;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    lunar-habitat replay out/train-cascade-hard/black-box-17.bin")]
pub struct Args {
    /// The black box
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print a JSON object instead of a text
    #[arg(long)]
    json: bool,
}

/// What was seen.
#[derive(Debug, Serialize)]
struct Replayed {
    file: String,
    scenario: String,
    difficulty: String,
    lane: u64,
    seed: u64,
    decisions: usize,
    reproduced: bool,
    found: Option<String>,
    t_s: f64,
    rewards: Vec<f32>,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`] for a file that is no black box, or one of a scenario that is not to be had.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let file = args.file.display().to_string();
    let refused = |problem: String| CliError::flag(file.clone(), problem);
    let kept = BlackBox::read(&args.file).map_err(|error| refused(error.to_string()))?;
    let facts: Value = serde_json::from_str(&kept.facts)
        .map_err(|error| refused(format!("its facts are no JSON: {error}")))?;
    let task = task_of(&facts)?;
    let episode =
        Episode::restore(&task, &kept.start).map_err(|error| refused(error.to_string()))?;
    let (width, asked) = (kept.width, task.actions().len());
    if width != asked {
        return Err(refused(format!(
            "its actions have {width} numbers, those of the task {asked}"
        )));
    }
    let text = |key: &str| facts[key].as_str().unwrap_or("?").to_owned();
    let (scenario, difficulty) = (text("scenario"), text("difficulty"));
    let (lane, seed, what) = (kept.lane, kept.seed, kept.what.clone());
    let seen = again(&task, episode, &kept)?;
    let replayed = Replayed {
        file: file.clone(),
        scenario,
        difficulty,
        lane,
        seed,
        decisions: seen.rewards.len(),
        reproduced: seen.found.is_some(),
        found: seen.found,
        t_s: seen.t_s,
        rewards: seen.rewards,
    };
    if args.json {
        output::json(&replayed)?;
    } else {
        output::text(&words(&replayed, &what))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What taking the actions again showed.
struct Seen {
    rewards: Vec<f32>,
    found: Option<String>,
    t_s: f64,
}

/// Take the actions again, until a number is none.
fn again(task: &Arc<Task>, mut episode: Episode, kept: &BlackBox) -> Result<Seen, CliError> {
    let mut observation = vec![0.0; task.observations().len()];
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    let mut seen = Seen { rewards: Vec::new(), found: None, t_s: episode.habitat().t_s() };
    for action in kept.actions.chunks_exact(kept.width) {
        if !episode.status().is_running() {
            // The lane went on with its next episode here, which is not that of the box.
            break;
        }
        let slices =
            StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
        let transition = match episode.step(action, slices) {
            Ok(transition) => transition,
            Err(TaskError::Action { dial, .. }) => {
                seen.found = Some(format!("action {dial}"));
                break;
            }
            Err(error) => return Err(error.into()),
        };
        seen.rewards.push(transition.reward);
        seen.t_s = episode.habitat().t_s();
        let fields = task.observations().fields();
        let number = observation.iter().position(|x| !x.is_finite());
        let cost = costs.iter().position(|x| !x.is_finite());
        seen.found = if let Some(at) = number {
            Some(format!("observation {}", fields[at].name))
        } else if let Some(at) = cost {
            Some(format!("cost {}", COST_TABLE[at].name))
        } else {
            (!transition.reward.is_finite()).then(|| "reward".to_owned())
        };
        if seen.found.is_some() {
            break;
        }
    }
    Ok(seen)
}

fn words(replayed: &Replayed, what: &str) -> String {
    let Replayed { scenario, difficulty, lane, seed, decisions, t_s, .. } = replayed;
    let when =
        format!("after {decisions} decisions, {} d into the mission", fixed(t_s / 86_400.0, 3));
    let end = match &replayed.found {
        Some(found) => format!("{found} is not finite {when}"),
        None => format!("everything is finite {when}"),
    };
    format!(
        "{scenario} · {difficulty} · lane {lane} · seed {seed}\nThe training met {what} that was not finite\nReplayed: {end}"
    )
}
