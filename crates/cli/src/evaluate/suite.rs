//! Policies of all registered tasks: one table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use env::TASKS;
use habitat::scenario::Difficulty;
use serde::Serialize;
use watch::report::Table;

use super::figures::Evaluation;
use super::show::percent;
use super::{Args, evaluate};
use crate::error::CliError;
use crate::mission::Changes;
use crate::{output, table};

/// Which tasks are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// Every registered task at nominal and at hard
    Book,
}

impl Name {
    fn difficulties(self) -> [Difficulty; 2] {
        match self {
            Name::Book => [Difficulty::Hard, Difficulty::Nominal],
        }
    }
}

/// The policies of one task: one file, or one of each training seed.
fn policies(dir: &Path) -> Vec<PathBuf> {
    const NAME: &str = "policy.safetensors";
    let own = dir.join(NAME);
    if own.is_file() {
        return vec![own];
    }
    (0_u32..)
        .map(|seed| dir.join(format!("seed-{seed}")).join(NAME))
        .take_while(|file| file.is_file())
        .collect()
}

/// One line of a table.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    evaluation: Evaluation,
    /// Difficulty that the policies were trained at.
    trained_at: &'static str,
}

/// The policies of a task for a difficulty, and which they were trained at: where nobody trained at this one, those of another
/// one of the suite.
fn trained_for(
    name: Name,
    trained: &Path,
    task: &str,
    difficulty: Difficulty,
) -> Option<(Vec<PathBuf>, Difficulty)> {
    let others = name.difficulties().into_iter().filter(|other| *other != difficulty);
    std::iter::once(difficulty).chain(others).find_map(|at| {
        let files = policies(&trained.join(format!("{task}-{at}")));
        (!files.is_empty()).then_some((files, at))
    })
}

/// Evaluate whatever policies there are.
///
/// # Errors
/// As one evaluation; [`CliError::Flag`] where there is no policy at all.
pub fn run(name: Name, trained: &Path, args: &Args) -> Result<ExitCode, CliError> {
    let dir = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join("evaluate-suite"));
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for difficulty in name.difficulties() {
        for task in &TASKS {
            let Some((files, at)) = trained_for(name, trained, task.name, difficulty) else {
                missing.push(format!("{}-{difficulty}", task.name));
                continue;
            };
            eprintln!("{} · {difficulty}, trained at {at}", task.name);
            let out = dir.join(format!("{}-{difficulty}", task.name));
            let changes = Changes::at(difficulty);
            let (evaluation, _) = evaluate(&files, Some(task.name), changes, args, Some(&out))?;
            all.push(Row { evaluation, trained_at: at.name() });
        }
    }
    if all.is_empty() {
        let problem = "holds no TASK-DIFFICULTY/policy.safetensors of any registered task";
        return Err(CliError::flag(format!("--trained {}", trained.display()), problem));
    }
    if !missing.is_empty() {
        eprintln!("no policy: {}", missing.join(", "));
    }
    if args.json {
        output::json(&all)?;
    } else {
        let render = if args.markdown { table::markdown } else { table::render };
        let tables = name.difficulties().map(|difficulty| of(difficulty, &all));
        let text: Vec<String> =
            tables.iter().filter(|one| !one.rows.is_empty()).map(render).collect();
        output::text(text.join("\n").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The table of one difficulty; of several seeds, the figures over them.
fn of(difficulty: Difficulty, all: &[Row]) -> Table {
    let chosen = all.iter().filter(|one| one.evaluation.difficulty == difficulty.name());
    let row = |Row { evaluation: one, trained_at }: &Row| {
        let first = &one.policies[0];
        let (success, difference) = match &one.seeds {
            Some(seeds) => (seeds.success, Some(seeds.difference)),
            None => (first.success, first.difference),
        };
        let difference = difference.as_ref().map_or_else(|| "–".to_owned(), percent);
        let causes: Vec<String> =
            first.causes.iter().map(|(name, count)| format!("{name} {count}")).collect();
        vec![
            one.scenario.clone(),
            (*trained_at).to_owned(),
            one.policies.len().to_string(),
            percent(&one.rules.success),
            percent(&success),
            difference,
            percent(&first.worst),
            if causes.is_empty() { "–".to_owned() } else { causes.join(", ") },
        ]
    };
    Table {
        title: format!("At {difficulty}, % of held-out missions with 95 % interval"),
        columns: [
            "task",
            "trained at",
            "seeds",
            "rules",
            "policy",
            "policy − rules",
            "worst 5 % of scores",
            "causes of loss",
        ]
        .map(String::from)
        .to_vec(),
        rows: chosen.map(row).collect(),
    }
}
