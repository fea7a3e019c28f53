//! What a training is asked to be, known to be sound.

use std::sync::Arc;

use env::habitat::scenario;
use env::habitat::{Plan, constants::DAY_S};
use env::{COST_TABLE, RewardWeights, Task, TaskOptions, Use};
use learn::{
    Constraint, HabitatWorld, LearnError, PpoSettings, StackedWorld, TrainingSettings, World,
};
use serde_json::{Value, json};

use super::batch::Wishes;
use super::recipe::Recipe;
use super::{Args, shape};
use crate::error::CliError;
use crate::mission::Changes;

/// What is asked for.
pub struct Asked {
    /// The task.
    pub task: Arc<Task>,
    /// Everything but seed, threads and the batch.
    pub settings: TrainingSettings,
    /// What is known of the batch.
    pub wishes: Wishes,
    /// What is done where nothing else is asked for.
    pub recipe: &'static Recipe,
    /// Observations side by side.
    pub stack: usize,
    /// The controller whose actions are learned first.
    pub clone: Option<String>,
    /// Time constant of the discount, s.
    pub tau_s: f64,
    /// Decisions of a seed, where they are counted.
    pub decisions: Option<u64>,
    /// Wall time of a seed, s; none where decisions are counted.
    pub wall_s: Option<f64>,
    /// Seconds between two checkpoints.
    pub checkpoint_s: f64,
    /// All of it as it is kept beside the policy.
    pub facts: Value,
    scenario: String,
}

impl Asked {
    /// Read and check all input.
    ///
    /// # Errors
    /// [`CliError`] with the flag or the place in the scenario.
    pub fn of(args: &Args) -> Result<Asked, CliError> {
        let (_, model) = args.changes.load(&args.scenario)?;
        let hash = scenario::hash(&model)?;
        let plan = Arc::new(Plan::compile(&model, hash)?);
        let weights = RewardWeights::preset(&args.reward)?;
        let options = TaskOptions {
            acts: args.acts,
            decision_s: args.every_h.map(|hours| hours * 3_600.0),
            weights,
            used_for: Use::Training,
            ..TaskOptions::default()
        };
        let task = Task::new(plan, options)?;
        let recipe = Recipe::of(args.acts);
        let positive = |flag: &str, value: f64, most: f64| {
            if value > 0.0 && value <= most {
                Ok(value)
            } else {
                Err(CliError::flag(
                    format!("{flag} {value}"),
                    format!("allowed is above 0 to {most}"),
                ))
            }
        };
        let tau_s = positive("--tau-d", args.tau_d.unwrap_or(recipe.tau_d), 1e6)? * DAY_S;
        let minutes = positive("--minutes", args.minutes, 1e6)?;
        let checkpoint_s = positive("--checkpoint-s", args.checkpoint_s, 1e6)?;
        let (activation, head) = shape(args)?;
        let constraints =
            args.limits.iter().map(|limit| constraint(limit)).collect::<Result<Vec<_>, _>>()?;
        let wishes = Wishes::of(args, recipe)?;
        let rate = args.rate.unwrap_or(recipe.rate);
        let lambda = args.lambda.unwrap_or(recipe.lambda);
        let hold = args.hold.unwrap_or(recipe.hold);
        let settings = TrainingSettings {
            updates: u64::MAX,
            ppo: PpoSettings {
                epochs: usize::from(args.epochs),
                rate,
                anneal: true,
                value_clip: None,
                entropy: args.entropy,
                lambda,
                ..PpoSettings::default()
            },
            hidden: args.hidden.clone(),
            activation,
            is_shared: args.shared,
            head,
            log_std: args.log_std,
            hold,
            normalise: true,
            scale_rewards: true,
            black_box: true,
            constraints,
            ..TrainingSettings::default()
        };
        settings.check()?;
        settings.ppo.check()?;
        if args.clone.is_some() && args.stack > 1 {
            let flag = format!("--clone, --stack {}", args.stack);
            return Err(CliError::flag(
                flag,
                "what is cloned is seen one by one: allowed is one of them",
            ));
        }
        if let Some(name) = args.clone.as_deref().filter(|name| *name != "rules") {
            return Err(CliError::flag(format!("--clone {name}"), "allowed is `rules`"));
        }
        let mut facts = json!({
            "scenario": model.name,
            "scenario_hash": scenario::hex(&hash),
            "difficulty": args.changes.difficulty().name(),
            "acts": args.acts.name(),
            "reward": args.reward,
            "dt_s": task.dt_s(),
            "decision_s": task.decision_s(),
            "tau_s": tau_s,
            "limits": args.limits,
            "minutes": args.decisions.is_none().then_some(minutes),
            "decisions": args.decisions,
            "epochs": args.epochs,
            "rate": decimal(rate),
            "entropy": decimal(args.entropy),
            "lambda": decimal(lambda),
            "log_std": decimal(args.log_std),
            "hold": hold,
            "clone": args.clone,
            "stack": args.stack,
            "hidden": args.hidden,
            "activation": args.activation,
            "head": args.head,
            "shared": args.shared,
            "version": env!("CARGO_PKG_VERSION"),
        });
        for (name, value) in args.changes.facts() {
            facts[name] = json!(value);
        }
        Ok(Asked {
            wall_s: args.decisions.is_none().then_some(60.0 * minutes),
            scenario: model.name.clone(),
            task,
            settings,
            wishes,
            recipe,
            stack: usize::from(args.stack),
            clone: args.clone.clone(),
            decisions: args.decisions,
            tau_s,
            checkpoint_s,
            facts,
        })
    }

    /// Lanes `first` to `first + lanes` of the training with `seed`.
    ///
    /// # Errors
    /// What the world refuses.
    pub fn world(&self, seed: u64, first: u64, lanes: usize) -> Result<Box<dyn World>, LearnError> {
        let world = HabitatWorld::new(&self.task, seed, first, lanes, Some(self.tau_s))?;
        if self.stack == 1 {
            return Ok(Box::new(world));
        }
        Ok(Box::new(StackedWorld::new(Box::new(world), self.stack)?))
    }

    /// Name of the scenario.
    pub fn scenario(&self) -> &str {
        &self.scenario
    }
}

/// The task that the facts of a training tell of.
///
/// # Errors
/// [`CliError`] where a fact is missing or the scenario is not to be had.
pub fn task_of(facts: &Value) -> Result<Arc<Task>, CliError> {
    let text = |key: &str| {
        facts[key].as_str().ok_or_else(|| CliError::flag("facts", format!("`{key}` is missing")))
    };
    let difficulty = text("difficulty")?
        .parse()
        .map_err(|problem| CliError::flag("facts", format!("difficulty: {problem}")))?;
    let number = |key: &str| facts[key].as_f64();
    let (_, model) = Changes::at(difficulty).or(number).load(text("scenario")?)?;
    let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
    let options = TaskOptions {
        acts: text("acts")?.parse()?,
        dt_s: number("dt_s"),
        decision_s: number("decision_s"),
        weights: RewardWeights::preset(text("reward")?)?,
        used_for: Use::Training,
        ..TaskOptions::default()
    };
    Ok(Task::new(plan, options)?)
}

/// The number that was written, and not what is left of it in 32 bits.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// A constraint from `name=limit`.
fn constraint(text: &str) -> Result<Constraint, CliError> {
    let flag = || format!("--limits {text}");
    let names = || COST_TABLE.iter().map(|cost| cost.name).collect::<Vec<_>>().join(", ");
    let (name, limit) = text
        .split_once('=')
        .ok_or_else(|| CliError::flag(flag(), "written as name=limit, as in co2_1h_mean=0.01"))?;
    let cost = COST_TABLE
        .iter()
        .position(|cost| cost.name == name)
        .ok_or_else(|| CliError::flag(flag(), format!("the costs are {}", names())))?;
    let limit: f64 = limit
        .parse()
        .ok()
        .filter(|limit| (0.0..=1e6).contains(limit))
        .ok_or_else(|| CliError::flag(flag(), "the limit is a number from 0 to 1000000"))?;
    Ok(Constraint { name: name.to_owned(), cost, limit })
}
