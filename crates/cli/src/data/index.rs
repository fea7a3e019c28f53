//! `data index`: which indexes the slow statements of a database ask for, and which serve nobody.
//!
//! A database counts the statements that were slow while it was used. Without a flag the verb says what follows from them and
//! changes nothing. `--apply` makes what is proposed and drops what was made here before and serves nobody. `--auto` does the same,
//! asks the statements of each index again, with values out of the tables, and undoes those that do not pay: that are used by no
//! plan, or leave more than nine tenths of the time. It also judges what `--apply` has made.
//!
//! # JSON
//! With `--json`, one object: `seconds` for which statements were counted, `statements` and `slow` (texts), `slow_s`; `proposals`,
//! each with `table`, `columns`, `saved_s`, `write_s`, `bytes`, `replaces` and `evidence` (`text`, `calls`, `total_s`,
//! `examined_per_used`, `saved_s`); `unused`, each with `name`, `table`, `bytes`, `write_s`, `covered_by` and `owner` (`made`,
//! `schema`, `other`); `declined`, the columns that were tried in vain; `made`, each with `name`, `table`, `columns`,
//! `was_there`, `took_s`, `bytes`, `before_us`, `after_us` and `kept`, the last two `null` until it is judged; `dropped`, names.

use std::process::ExitCode;

use serde_json::{Value, json};
use store::advice::{Budget, Evidence, Proposal};
use store::{Database, IndexAdvice, MadeIndex, Making, Owner, Unused};

use crate::error::CliError;
use crate::keep::Place;
use crate::output;
use crate::table::{fixed, short};

/// Longest text of a statement that is shown to people, characters.
const SHOWN: usize = 120;
/// Bytes of a MB.
const MB: f64 = 1e6;

/// Arguments of `data index`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat data index --store runs.db\n  \
    lunar-habitat data index --store runs.db --auto --most-bytes 50000000")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Make what is proposed, and drop what was made before and serves nobody
    #[arg(long)]
    apply: bool,
    /// The same, and undo what does not pay when its statements are asked again
    #[arg(long, conflicts_with = "apply")]
    auto: bool,
    /// Most room of what is proposed, all together, bytes
    #[arg(long, value_name = "N", default_value_t = 256 << 20)]
    most_bytes: u64,
    /// Time that an index may cost the writes, as a part of the time it saves, 0 to 1
    #[arg(long, value_name = "X", default_value_t = 0.5)]
    most_write_share: f64,
    /// Print a JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// An index that was made, or judged, now.
struct Made {
    making: Making,
    /// Whether it was kept; none where it was not judged.
    kept: Option<bool>,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`]; what was made before an error stays and is judged by the next `--auto`.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    if !(0.0..=1.0).contains(&args.most_write_share) {
        let flag = format!("--most-write-share {}", args.most_write_share);
        return Err(CliError::flag(flag, "it has to be from 0 to 1"));
    }
    let database = args.place.open()?;
    let budget =
        Budget { bytes: args.most_bytes, write_share: args.most_write_share, ..Budget::default() };
    let advice = database.advise_indexes(&budget)?;
    let (mut made, mut dropped) = (Vec::new(), Vec::new());
    if args.auto {
        for index in unjudged(&database)? {
            made.push(judged(&database, index)?);
        }
    }
    if args.apply || args.auto {
        for proposal in &advice.proposals {
            let making = database.make_index(proposal)?;
            made.push(match args.auto {
                true => judged(&database, making)?,
                false => Made { making, kept: None },
            });
        }
        for unused in advice.unused.iter().filter(|unused| unused.owner == Owner::Made) {
            // An index that was judged just now may be gone already.
            let is_gone = made.iter().any(|one| {
                one.kept == Some(false) && one.making.index.name == unused.dropping.name
            });
            if !is_gone {
                database.drop_index(&unused.dropping.name)?;
                dropped.push(unused.dropping.name.clone());
            }
        }
    }
    if args.json {
        output::json(&object(&advice, &made, &dropped))?;
    } else {
        output::text(&words(&database, &advice, &made, &dropped))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Indexes that were made earlier and not judged.
fn unjudged(database: &Database) -> Result<Vec<Making>, CliError> {
    let made = database.made_indexes()?.into_iter();
    let open = made.filter(|index| !index.undone && index.after_us.is_none());
    let making = |index: MadeIndex| Making {
        index,
        was_there: true,
        took: std::time::Duration::ZERO,
        bytes: 0,
    };
    Ok(open.map(making).collect())
}

fn judged(database: &Database, making: Making) -> Result<Made, CliError> {
    let judged = database.judge_index(&making.index.name)?;
    let making = Making { index: judged.index, ..making };
    Ok(Made { making, kept: Some(judged.is_kept) })
}

fn object(advice: &IndexAdvice, made: &[Made], dropped: &[String]) -> Value {
    let evidence = |one: &Evidence| {
        json!({
            "text": one.text,
            "calls": one.calls,
            "total_s": one.total_s,
            "examined_per_used": one.examined_per_used,
            "saved_s": one.saved_s,
        })
    };
    let proposal = |one: &Proposal| {
        json!({
            "table": one.table,
            "columns": one.columns,
            "saved_s": one.saved_s,
            "write_s": one.write_s,
            "bytes": one.bytes,
            "replaces": one.replaces,
            "evidence": one.evidence.iter().map(evidence).collect::<Vec<_>>(),
        })
    };
    let unused = |one: &Unused| {
        json!({
            "name": one.dropping.name,
            "table": one.dropping.table,
            "bytes": one.dropping.bytes,
            "write_s": one.dropping.write_s,
            "covered_by": one.dropping.covered_by,
            "owner": match one.owner {
                Owner::Made => "made",
                Owner::Schema => "schema",
                Owner::Other => "other",
            },
        })
    };
    let one_made = |one: &Made| {
        let Making { index, was_there, took, bytes } = &one.making;
        json!({
            "name": index.name,
            "table": index.table,
            "columns": index.columns,
            "was_there": was_there,
            "took_s": took.as_secs_f64(),
            "bytes": bytes,
            "before_us": index.before_us,
            "after_us": index.after_us,
            "kept": one.kept,
        })
    };
    json!({
        "seconds": advice.seconds,
        "statements": advice.statements,
        "slow": advice.slow,
        "slow_s": advice.slow_s,
        "proposals": advice.proposals.iter().map(proposal).collect::<Vec<_>>(),
        "unused": advice.unused.iter().map(unused).collect::<Vec<_>>(),
        "declined": advice.declined.iter().map(columns_of).collect::<Vec<_>>(),
        "made": made.iter().map(one_made).collect::<Vec<_>>(),
        "dropped": dropped,
    })
}

fn columns_of(index: &MadeIndex) -> String {
    format!("{} ({})", index.table, index.columns.join(", "))
}

/// A statement in one line of bounded length. What it asks for is told by its conditions, not by the columns it gives.
fn shortened(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let (true, Some(from)) = (line.starts_with("SELECT "), line.find(" FROM ")) {
        line = format!("SELECT …{}", &line[from..]);
    }
    if line.chars().count() <= SHOWN {
        return line;
    }
    format!("{} …", line.chars().take(SHOWN).collect::<String>())
}

fn words(database: &Database, advice: &IndexAdvice, made: &[Made], dropped: &[String]) -> String {
    let mut lines = vec![format!(
        "{}: {} of {} statements were slow, {} s in all, within {} h",
        database.location(),
        advice.slow,
        advice.statements,
        fixed(advice.slow_s, 3),
        fixed(advice.seconds / 3_600.0, 1)
    )];
    if advice.proposals.is_empty() {
        lines.push("no index is missing".to_owned());
    }
    for one in &advice.proposals {
        lines.push(format!(
            "an index on {} ({}) would save {} s and cost the writes {} s and {} MB",
            one.table,
            one.columns.join(", "),
            fixed(one.saved_s, 3),
            fixed(one.write_s, 3),
            fixed(one.bytes as f64 / MB, 2)
        ));
        for evidence in &one.evidence {
            lines.push(format!(
                "  {} calls, {} s, {} rows looked at for each used: {}",
                evidence.calls,
                fixed(evidence.total_s, 3),
                short(evidence.examined_per_used.round()),
                shortened(&evidence.text)
            ));
        }
        if !one.replaces.is_empty() {
            lines.push(format!("  it would make needless: {}", one.replaces.join(", ")));
        }
    }
    for index in &advice.declined {
        lines.push(format!(
            "an index on {} was tried and did not pay; it is not proposed for a month",
            columns_of(index)
        ));
    }
    for Unused { dropping, owner } in &advice.unused {
        let why = match &dropping.covered_by {
            Some(other) => format!("its columns begin those of {other}"),
            None => "no statement that was counted uses it".to_owned(),
        };
        let whose = match owner {
            Owner::Made => "it was made here and may go",
            Owner::Schema => "it belongs to the schema and stays",
            Owner::Other => "somebody else made it, so it stays",
        };
        lines.push(format!(
            "{} on {}, {} MB: {why}; {whose}",
            dropping.name,
            dropping.table,
            fixed(dropping.bytes as f64 / MB, 2)
        ));
    }
    lines.extend(made.iter().map(told));
    lines.extend(dropped.iter().map(|name| format!("dropped {name}")));
    lines.join("\n")
}

/// What became of an index that was made or judged.
fn told(one: &Made) -> String {
    let Making { index, was_there, took, bytes } = &one.making;
    let mut line = match was_there {
        true => format!("{} was there", index.name),
        false => format!(
            "made {} in {} s, {} MB",
            index.name,
            fixed(took.as_secs_f64(), 3),
            fixed(*bytes as f64 / MB, 2)
        ),
    };
    if let (Some(before_us), Some(after_us)) = (index.before_us, index.after_us) {
        line.push_str(&format!(
            ": {} ms a call before, {} ms now",
            fixed(before_us / 1e3, 3),
            fixed(after_us / 1e3, 3)
        ));
    }
    match one.kept {
        Some(true) => line.push_str("; kept"),
        Some(false) => line.push_str("; it does not pay and is undone"),
        None => {}
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_shown_by_what_it_asks_for() {
        let long = format!("SELECT {} FROM run\n  WHERE name = ?1", "column, ".repeat(50));
        assert_eq!(shortened(&long), "SELECT … FROM run WHERE name = ?1");
        let long =
            shortened(&format!("DELETE FROM run WHERE name = '{}'", "\u{1F680}".repeat(500)));
        assert_eq!(long.chars().count(), SHOWN + 2);
    }
}
