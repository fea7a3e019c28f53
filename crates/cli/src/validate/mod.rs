//! The verb `validate`: the simulator against published measurements and exact arithmetic.
//!
//! References and tolerances stand in `data/reference`, one file for each source or group; the code
//! here only finds our value for each. A tolerance is never widened: a miss is shown as a miss, with
//! its explanation, and the process ends with 0 all the same; it ends with 1 only when a case cannot
//! be run.
//!
//! # JSON
//! With `--json` a list of cases, each with exactly these keys:
//!
//! | key | meaning |
//! |---|---|
//! | `id` | name; the letter is that of section 8 of the life-support reference, `R` other figures, `L` ledger |
//! | `source` | publication or law |
//! | `quantity`, `unit` | what is compared; `1` for a pure number |
//! | `reference`, `value` | published and ours |
//! | `error` | ours less the reference, in the unit |
//! | `tolerance` | largest absolute error that passes, in the unit |
//! | `tuned` | some number of the model was chosen with the help of this reference |
//! | `pass` | the error is within the tolerance |
//!
//! With `--predictions --json` a list of `id`, `quantity`, `unit`, `value`, `note`: predictions whose
//! measurement is kept back, and numbers that are no gate. With `--not-modelled --json` a list of
//! `id`, `item`, `reason`.

mod case;
mod chamber;
mod closure;
mod coil;
mod dilution;
mod figures;
mod leak;
mod ledger;
mod lmlstp;
mod mission;
mod not_modelled;
mod points;
mod show;

use std::process::ExitCode;

use runtime::parallel_map;

use self::case::{Case, Found, Group, Reference, Remark};
use self::not_modelled::NOT_MODELLED;
use crate::error::CliError;
use crate::{output, table};

/// All groups, in the order in which they are shown.
const GROUPS: &[Group] = &[
    chamber::GROUP,
    coil::GROUP,
    closure::GROUP,
    lmlstp::GROUP,
    dilution::GROUP,
    leak::GROUP,
    points::GROUP,
    figures::GROUP,
    ledger::GROUP,
];

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lunar-habitat validate\n  lunar-habitat validate --json --only B C-9\n\n\
    Exit code 0 also when a case is missed: read `pass`."
)]
pub struct Args {
    /// Only these cases: an id, the beginning of one up to a dash, or a letter
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Write Markdown, for the page of the book
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Show predictions whose measurement is kept back, and numbers that are no gate, alone
    #[arg(long, conflicts_with_all = ["markdown", "not_modelled"])]
    predictions: bool,
    /// Show what is not modelled yet alone, and run nothing
    #[arg(long, conflicts_with = "markdown")]
    not_modelled: bool,
}

/// Whether a case is meant by an argument of `--only`.
fn is_meant(id: &str, wanted: &str) -> bool {
    id.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The references that are asked for.
fn selected(only: &[String]) -> Result<Vec<Reference>, CliError> {
    let mut all = Vec::new();
    for group in GROUPS {
        all.extend(group.read()?);
    }
    for wanted in only {
        if !all.iter().any(|of| is_meant(&of.id, wanted)) {
            let letters: Vec<&str> = GROUPS.iter().map(|group| group.letter).collect();
            return Err(CliError::flag(
                format!("--only {wanted}"),
                format!(
                    "found no case `{wanted}`; allowed are ids as `validate` lists them, or letters {}",
                    letters.join(", ")
                ),
            ));
        }
    }
    if !only.is_empty() {
        all.retain(|of| only.iter().any(|wanted| is_meant(&of.id, wanted)));
    }
    Ok(all)
}

/// Run the work of the groups that hold `references`.
fn work(references: &[Reference]) -> Result<Found, CliError> {
    let needed = |group: &&Group| references.iter().any(|of| show::letter(&of.id) == group.letter);
    let pieces: Vec<fn() -> Result<Found, CliError>> =
        GROUPS.iter().filter(needed).flat_map(|group| group.work).copied().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Found::default();
    for found in parallel_map(threads, pieces, |piece| piece())? {
        let found = found?;
        all.values.extend(found.values);
        all.remarks.extend(found.remarks);
    }
    Ok(all)
}

/// Hold every reference against its value.
fn judge(references: &[Reference], found: &Found) -> Result<Vec<Case>, CliError> {
    references
        .iter()
        .map(|of| {
            let value = found.values.iter().find(|(id, _)| *id == of.id).map(|(_, value)| *value);
            match value {
                Some(value) if value.is_finite() => Ok(Case::judge(of, value)),
                Some(value) => {
                    Err(CliError::Failed(format!("case {} gave {value}, no number", of.id)))
                }
                None => Err(CliError::Failed(format!("case {} gave no value", of.id))),
            }
        })
        .collect()
}

/// Run the verb.
///
/// # Errors
/// [`CliError::Flag`] for an id that no case has; anything else when a case cannot be run.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    if args.not_modelled {
        if args.json {
            output::json(&NOT_MODELLED)?;
        } else {
            output::text(&table::render(&show::not_modelled_table()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let references = selected(&args.only)?;
    let found = work(&references)?;
    let cases = judge(&references, &found)?;
    let remarks: Vec<Remark> = if args.only.is_empty() {
        found.remarks
    } else {
        let letters: Vec<&str> = cases.iter().map(|case| show::letter(&case.id)).collect();
        found.remarks.into_iter().filter(|r| letters.contains(&show::letter(r.id))).collect()
    };
    let groups: Vec<&Group> = GROUPS.iter().collect();
    if args.predictions && args.json {
        output::json(&remarks)?;
    } else if args.predictions {
        output::text(&table::render(&show::remark_table(&remarks)))?;
    } else if args.json {
        output::json(&cases)?;
    } else if args.markdown {
        output::text(&show::markdown(&groups, &cases, &remarks))?;
    } else {
        output::text(&show::terminal(&groups, &cases, &remarks))?;
    }
    Ok(ExitCode::SUCCESS)
}
