//! A suite: every registered task at some difficulties under every controller, as one table.
//!
//! A logbook a task and difficulty lies in a folder of its own, `TASK-DIFFICULTY`, so that a suite that was stopped
//! goes on where it was. All missions are held out.
//!
//! # JSON
//! A list of one object a task, difficulty and controller: `{task, difficulty, controller, seeds, success_rate, low, high,
//! causes, costs}`, the first as in the JSON of a campaign, `costs` the mean of each cost by name.

use std::path::PathBuf;
use std::process::ExitCode;

use ::env::{CONTROLLERS, COST_TABLE, RegisteredTask, TASKS};
use habitat::scenario::Difficulty;
use serde_json::{Value, json};
use watch::report::Table;

use super::logbook::Logbook;
use super::summary::{Summary, percent};
use super::{Args, Campaign};
use crate::error::CliError;
use crate::mission::Changes;
use crate::output;
use crate::table::{self, fixed};

/// Seeds of every controller but the planner unless told otherwise.
const SEEDS: u32 = 512;
/// Controller that flies fewer missions, as it takes a hundred times as long.
const SLOW: &str = "mpc";

/// Which suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// Every registered task at nominal and at hard.
    Book,
    /// Every registered task at all four difficulties.
    All,
}

impl Name {
    fn word(self) -> &'static str {
        match self {
            Name::Book => "book",
            Name::All => "all",
        }
    }

    fn difficulties(self) -> &'static [Difficulty] {
        match self {
            Name::Book => &[Difficulty::Nominal, Difficulty::Hard],
            Name::All => &Difficulty::ALL,
        }
    }
}

/// What was flown of one task at one difficulty.
struct Flown {
    task: &'static RegisteredTask,
    difficulty: Difficulty,
    summaries: Vec<Summary>,
}

/// Fly what is missing and print everything.
///
/// # Errors
/// As a campaign.
pub(super) fn run(name: Name, args: &Args) -> Result<ExitCode, CliError> {
    let dir = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("out").join(format!("suite-{}", name.word())));
    let mut controllers = args.controllers.clone();
    if controllers.is_empty() {
        controllers = CONTROLLERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    }
    let mut all = Vec::new();
    for difficulty in name.difficulties() {
        for task in &TASKS {
            eprintln!("{} · {difficulty}", task.name);
            let folder = dir.join(format!("{}-{difficulty}", task.name));
            let mut summaries = Vec::new();
            let (slow, quick): (Vec<String>, Vec<String>) =
                controllers.iter().cloned().partition(|name| name == SLOW);
            let counts = [(quick, args.seeds.unwrap_or(SEEDS)), (slow, args.mpc_seeds)];
            for (some, seeds) in counts.iter().filter(|(some, _)| !some.is_empty()) {
                let campaign = Campaign::prepare(
                    Changes::at(*difficulty),
                    task.name,
                    some,
                    (0, *seeds),
                    true,
                    args.threads,
                )?;
                let mut logbook = Logbook::open(&folder, &campaign.settings)?;
                campaign.verify(&logbook)?;
                campaign.complete(&mut logbook)?;
                summaries.extend(campaign.summaries(&logbook)?);
            }
            all.push(Flown { task, difficulty: *difficulty, summaries });
        }
    }
    if args.json {
        output::json(&list(&all)?)?;
    } else {
        let tables = tables(&all);
        let render = if args.markdown { table::markdown } else { table::render };
        let text: Vec<String> = tables.iter().map(render).collect();
        output::text(text.join("\n").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(all: &[Flown]) -> Result<Vec<Value>, CliError> {
    let mut list = Vec::new();
    for flown in all {
        for summary in &flown.summaries {
            let mut object = serde_json::to_value(summary)?;
            object["task"] = json!(flown.task.name);
            object["difficulty"] = json!(flown.difficulty.name());
            let costs = COST_TABLE.iter().zip(summary.costs);
            object["costs"] =
                costs.map(|(cost, mean)| (cost.name.to_owned(), json!(mean))).collect();
            list.push(object);
        }
    }
    Ok(list)
}

/// Success, causes and costs, each at every difficulty.
fn tables(all: &[Flown]) -> Vec<Table> {
    let mut difficulties: Vec<Difficulty> = all.iter().map(|flown| flown.difficulty).collect();
    difficulties.dedup();
    let of =
        |difficulty: Difficulty| all.iter().filter(move |flown| flown.difficulty == difficulty);
    let mut tables = Vec::new();
    for difficulty in &difficulties {
        let first = of(*difficulty).next();
        let heads = first.into_iter().flat_map(|flown| &flown.summaries);
        let heads = heads.map(|one| format!("{} ({})", one.controller, one.seeds));
        tables.push(Table {
            title: format!("Success at {difficulty}, % of held-out missions with 95 % interval"),
            columns: std::iter::once("task".to_owned()).chain(heads).collect(),
            rows: of(*difficulty)
                .map(|flown| {
                    let cells = flown.summaries.iter().map(success);
                    std::iter::once(flown.task.name.to_owned()).chain(cells).collect()
                })
                .collect(),
        });
    }
    for difficulty in &difficulties {
        tables.push(Table {
            title: format!("Causes of loss at {difficulty}"),
            columns: ["task", "controller", "causes"].map(String::from).to_vec(),
            rows: rows(of(*difficulty), |summary| vec![summary.causes()]),
        });
    }
    for difficulty in &difficulties {
        let names = COST_TABLE.iter().map(|cost| cost.name.to_owned());
        let head = ["task", "controller"].map(String::from).into_iter();
        tables.push(Table {
            title: format!(
                "Costs at {difficulty}, mean over the missions, thousandths of the scale"
            ),
            columns: head.chain(names).collect(),
            rows: rows(of(*difficulty), |summary| {
                summary.costs.iter().map(|cost| fixed(1e3 * cost, 1)).collect()
            }),
        });
    }
    tables
}

/// A row a task and controller.
fn rows<'a>(
    flown: impl Iterator<Item = &'a Flown>,
    cells: impl Fn(&Summary) -> Vec<String>,
) -> Vec<Vec<String>> {
    let of = |flown: &'a Flown| flown.summaries.iter().map(move |one| (flown.task.name, one));
    flown
        .flat_map(of)
        .map(|(task, summary)| {
            [vec![task.to_owned(), summary.controller.clone()], cells(summary)].concat()
        })
        .collect()
}

fn success(summary: &Summary) -> String {
    let share = |value: f64| fixed(percent(value), 1);
    format!("{} ({}–{})", share(summary.success_rate), share(summary.low), share(summary.high))
}
