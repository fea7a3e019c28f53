//! What a reader of a rollout needs to know about its task and its columns.

use habitat::scenario::hex;

use crate::{COST_TABLE, REWARD_PRESETS, RewardWeights, TERM_NAMES, TERM_UNITS, Task, Use};

/// Name and version of the layout.
const FORMAT: &str = "lunar-habitat rollout 1";

/// Columns that every rollout has, with unit and words.
const COLUMNS: [(&str, &str, &str); 10] = [
    ("run", "1", "seed of the run"),
    ("env_id", "1", "environment"),
    ("episode", "1", "number of the episode in its environment"),
    ("step", "1", "decisions taken before this row"),
    ("is_final", "1", "the end of an episode: seen, nothing done"),
    ("t_s", "s", "mission time"),
    ("duration_s", "s", "time that the decision took"),
    ("reward", "1", "weighted sum of the reward terms"),
    ("status", "1", "running, terminated (lost) or truncated (planned end)"),
    ("reason", "1", "why the mission was lost"),
];

/// Facts of the rollouts of a task.
pub(super) fn of(task: &Task) -> Vec<(String, String)> {
    let plan = task.plan();
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, value: String| facts.push((key.to_owned(), value));
    add("format", FORMAT.to_owned());
    add("version", env!("CARGO_PKG_VERSION").to_owned());
    add("scenario", plan.scenario.name.clone());
    add("scenario_hash", hex(&plan.hash));
    add("task_hash", hex(&task.hash()));
    let used_for = match task.used_for() {
        Use::Training => "training",
        Use::Evaluation => "evaluation",
    };
    add("use", used_for.to_owned());
    add("reward", preset(task.weights()).to_owned());
    add("acts", task.acts().name().to_owned());
    let weights = TERM_NAMES.iter().zip(task.weights().weights());
    let weights: Vec<String> = weights.map(|(term, weight)| format!("{term}={weight}")).collect();
    add("weights", weights.join(" "));
    add("dt_s", task.dt_s().to_string());
    add("decision_s", task.decision_s().to_string());
    add("mission_s", plan.duration_s().to_string());
    let mut describe = |column: &str, unit: &str, words: &str, ends: Option<(f64, f64)>| {
        add(&format!("unit:{column}"), unit.to_owned());
        add(&format!("words:{column}"), words.to_owned());
        if let Some((low, high)) = ends {
            add(&format!("low:{column}"), low.to_string());
            add(&format!("high:{column}"), high.to_string());
        }
    };
    for (column, unit, words) in COLUMNS {
        describe(column, unit, words, None);
    }
    for field in task.observations().fields() {
        let ends = Some((field.low, field.high));
        describe(&format!("obs.{}", field.name), field.unit.symbol(), &field.words, ends);
    }
    for dial in task.actions().dials() {
        let ends = Some((dial.low, dial.high));
        describe(&format!("action.{}", dial.name), dial.unit.symbol(), &dial.words, ends);
    }
    for (name, unit) in TERM_NAMES.iter().zip(TERM_UNITS) {
        describe(&format!("term.{name}"), unit, "reward term", None);
    }
    for cost in &COST_TABLE {
        let words = format!("excess of {} over its limit, as a share of its scale", cost.words);
        describe(&format!("cost.{}", cost.name), "1", &words, None);
    }
    if task.is_supervised() {
        let middles = task.actions().dials().iter();
        facts.extend(middles.map(|d| (format!("middle:action.{}", d.name), d.middle.to_string())));
    }
    facts
}

/// Name of the preset with these weights, or `custom`.
fn preset(weights: &RewardWeights) -> &'static str {
    let same = |name: &str| RewardWeights::preset(name).is_ok_and(|preset| preset == *weights);
    REWARD_PRESETS.iter().map(|(name, _)| *name).find(|name| same(name)).unwrap_or("custom")
}
