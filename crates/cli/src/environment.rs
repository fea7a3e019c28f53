//! The verb `env`: the tasks that a policy is asked to fly, their spaces, and the contract of all.
//!
//! # JSON
//! `list --json`: a list of `{id, name, version, scenario_hash, days, difficulties, goal}`.
//!
//! `show --json`: `{scenario, difficulty, acts, decision_s, fields, dials, costs, terms}`; a field has `{name, words, unit,
//! low, high}`, a dial also `mode` and `middle` (the value at 0), a cost `{name, words, unit, low, high, scale, source}`, a term `{name, unit}`.
//!
//! `check --json`: a list of one object a difficulty, `{scenario, difficulty, acts, ok, checks}` with `checks` a list of
//! `{name, ok, detail}`. Exit code 1 when a check is not ok.

use std::process::ExitCode;
use std::sync::Arc;

use ::env::{Acts, COST_TABLE, TASKS, TERM_NAMES, TERM_UNITS, Task, TaskOptions, contract};
use habitat::Plan;
use habitat::scenario::{self, Difficulty, Loaded};
use serde::Serialize;
use serde_json::{Value, json};
use watch::report::Table;

use crate::error::CliError;
use crate::table::short;
use crate::{output, table};

/// Arguments of `env`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the registered tasks
    List {
        /// Print a JSON list instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show what a policy sees and sets in a scenario
    Show {
        /// Name of a shipped scenario, or a file
        scenario: String,
        /// Difficulty that the scenario declares
        #[arg(long, value_name = "NAME", default_value_t)]
        difficulty: Difficulty,
        /// What a policy sets: `dials`, or the `thresholds` of the controller `rules`
        #[arg(long, value_name = "NAME", default_value_t)]
        acts: Acts,
        /// Print one JSON object instead of tables
        #[arg(long)]
        json: bool,
    },
    /// Hold a scenario against what every task promises, at each difficulty that it declares
    #[command(after_help = "Examples:\n  \
        lunar-habitat env check mine.toml\n  lunar-habitat env check cascade --difficulty hard\n  \
        lunar-habitat env check cascade --acts thresholds\n\n\
        Exit code 1 when a check is not ok.")]
    Check {
        /// Name of a shipped scenario, or a file
        scenario: String,
        /// This difficulty alone
        #[arg(long, value_name = "NAME")]
        difficulty: Option<Difficulty>,
        /// What a policy sets: `dials`, or the `thresholds` of the controller `rules`
        #[arg(long, value_name = "NAME", default_value_t)]
        acts: Acts,
        /// Print a JSON list instead of sentences
        #[arg(long)]
        json: bool,
    },
}

/// Run the verb.
///
/// # Errors
/// [`CliError`] for a scenario that does not load or compile.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.verb {
        Verb::List { json } => list(json),
        Verb::Show { scenario, difficulty, acts, json } => show(&scenario, difficulty, acts, json),
        Verb::Check { scenario, difficulty, acts, json } => {
            check(&scenario, difficulty, acts, json)
        }
    }
}

fn task_of(loaded: &Loaded, acts: Acts) -> Result<Arc<Task>, CliError> {
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    Task::new(plan, TaskOptions { acts, ..TaskOptions::default() })
        .map_err(|error| CliError::Failed(format!("no task on this scenario: {error}")))
}

fn list(json: bool) -> Result<ExitCode, CliError> {
    let mut rows = Vec::new();
    let mut list = Vec::new();
    for task in &TASKS {
        let loaded = scenario::load(task.name)?;
        let names: Vec<&str> = loaded.difficulties.iter().map(|one| one.name()).collect();
        let days = loaded.scenario.duration_days;
        rows.push(vec![task.id(), days.to_string(), names.join(" "), task.goal.to_owned()]);
        list.push(json!({
            "id": task.id(),
            "name": task.name,
            "version": task.version,
            "scenario_hash": loaded.hash_hex(),
            "days": days,
            "difficulties": names,
            "goal": task.goal,
        }));
    }
    if json {
        output::json(&list)?;
    } else {
        let columns = ["task", "days", "difficulties", "goal"].map(String::from).to_vec();
        let title =
            "Twelve tasks: everybody lives to the end, and no abort rule is broken".to_owned();
        output::text(&table::render(&Table { title, columns, rows }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(name: &str, difficulty: Difficulty, acts: Acts, json: bool) -> Result<ExitCode, CliError> {
    let loaded = scenario::load_at(name, difficulty)?;
    let task = task_of(&loaded, acts)?;
    let (fields, dials) = (task.observations().fields(), task.actions().dials());
    if json {
        let fields: Vec<Value> = fields
            .iter()
            .map(|f| json!({ "name": f.name, "words": f.words, "unit": f.unit.symbol(), "low": f.low, "high": f.high }))
            .collect();
        let dials: Vec<Value> = dials
            .iter()
            .map(|d| {
                json!({ "name": d.name, "words": d.words, "unit": d.unit.symbol(), "low": d.low,
                        "middle": d.middle, "high": d.high, "mode": d.is_mode })
            })
            .collect();
        let costs: Vec<Value> = COST_TABLE
            .iter()
            .map(|c| {
                json!({ "name": c.name, "words": c.words, "unit": c.unit.symbol(), "low": c.low, "high": c.high,
                        "scale": c.scale, "source": c.source })
            })
            .collect();
        let terms: Vec<Value> = TERM_NAMES
            .iter()
            .zip(TERM_UNITS)
            .map(|(name, unit)| json!({ "name": name, "unit": unit }))
            .collect();
        output::json(&json!({
            "scenario": loaded.scenario.name,
            "difficulty": difficulty.name(),
            "acts": acts.name(),
            "decision_s": task.decision_s(),
            "fields": fields,
            "dials": dials,
            "costs": costs,
            "terms": terms,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let end = |value: Option<f64>| value.map_or("–".to_owned(), short);
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let what = format!("{} · {difficulty}", loaded.scenario.name);
    let observation = Table {
        title: format!("{what}: an observation has {} fields, each from -1 to 1", fields.len()),
        columns: columns(&["field", "at -1", "at 1", "unit", "what it shows"]),
        rows: fields
            .iter()
            .map(|f| {
                let unit = f.unit.symbol().to_owned();
                vec![f.name.clone(), short(f.low), short(f.high), unit, f.words.clone()]
            })
            .collect(),
    };
    // A threshold has a slope on either side of 0.
    let is_bent = acts == Acts::Thresholds;
    let ends: &[&str] = if is_bent { &["at -1", "at 0", "at 1"] } else { &["at -1", "at 1"] };
    let action = Table {
        title: format!("An action has {} {acts}, each from -1 to 1", dials.len()),
        columns: columns(&[&["dial"], ends, &["unit", "what it sets"]].concat()),
        rows: dials
            .iter()
            .map(|d| {
                let (low, high) = if d.is_mode {
                    ("off".to_owned(), "on".to_owned())
                } else {
                    (short(d.low), short(d.high))
                };
                let middle = is_bent.then(|| short(d.middle));
                let tail = [high, d.unit.symbol().to_owned(), d.words.clone()];
                [d.name.clone(), low].into_iter().chain(middle).chain(tail).collect()
            })
            .collect(),
    };
    let costs = Table {
        title: "A cost is the excess over a limit, as a share of the scale".to_owned(),
        columns: columns(&[
            "cost",
            "from",
            "to",
            "scale",
            "unit",
            "what is held against the limits",
        ]),
        rows: COST_TABLE
            .iter()
            .map(|c| {
                let unit = c.unit.symbol().to_owned();
                vec![c.name.into(), end(c.low), end(c.high), short(c.scale), unit, c.words.into()]
            })
            .collect(),
    };
    let tables = [&observation, &action, &costs].map(table::render);
    output::text(&tables.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Serialize)]
struct Checked {
    scenario: String,
    difficulty: &'static str,
    acts: &'static str,
    ok: bool,
    checks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    ok: bool,
    detail: String,
}

fn check(
    name: &str,
    only: Option<Difficulty>,
    acts: Acts,
    json: bool,
) -> Result<ExitCode, CliError> {
    let difficulties = match only {
        Some(one) => vec![one],
        None => scenario::load(name)?.difficulties,
    };
    let mut all = Vec::new();
    for difficulty in difficulties {
        let loaded = scenario::load_at(name, difficulty)?;
        let checks = contract::check(&task_of(&loaded, acts)?);
        let lines = checks.into_iter().map(|c| Line { name: c.name, ok: c.ok, detail: c.detail });
        let checks: Vec<Line> = lines.collect();
        let checked = Checked {
            scenario: loaded.scenario.name,
            difficulty: difficulty.name(),
            acts: acts.name(),
            ok: checks.iter().all(|line| line.ok),
            checks,
        };
        if !json {
            output::text(&sentences(&checked))?;
        }
        all.push(checked);
    }
    if json {
        output::json(&all)?;
    }
    let ok = all.iter().all(|checked| checked.ok);
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sentences(checked: &Checked) -> String {
    let mut out = format!("{} · {} · {}\n", checked.scenario, checked.difficulty, checked.acts);
    for line in &checked.checks {
        let word = if line.ok { "ok" } else { "FAILED" };
        out.push_str(&format!("  {word:7} {:12} {}\n", line.name, line.detail));
    }
    out.trim_end().to_owned()
}
