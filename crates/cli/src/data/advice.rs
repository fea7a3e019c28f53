//! `data export --advice`: what a controller proposed in a session and what operators made of it, as a table to learn from.
//!
//! A row is a proposal, the oldest first.
//!
//! | column | type | unit | what |
//! |---|---|---|---|
//! | `number` | u64 | 1 | number of the proposal in its session |
//! | `t_s`, `decided_s` | f64 | s | mission time of the proposal, and of the decision |
//! | `decision` | text | – | `accepted`, `overridden`, `expired` |
//! | `by`, `why` | text | – | who decided, and why; empty where nobody did or said |
//! | channel | f64 | SI | what was known when it was proposed: sensed and commanded channels by their ids |
//! | `proposed:`channel | f64 | SI | the set-point that was proposed; not a number where none was |
//! | `set:`channel | f64 | SI | the set-point that came into force; not a number where none did |
//!
//! Facts: `run`, and what each decision stands for. Set-points stand in columns of their own, so that a policy can be taught what
//! people did (`set:`) or where they did not agree (`overridden`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use catalogue::{Frame, Values, Words};
use server::kept_decisions;
use server::session::advice::{Decided, SetPoint};
use store::{Database, FrameFormat, FrameWriter, Run};

use crate::error::CliError;

/// Write the proposals of `run` to `out`; how many there are.
///
/// # Errors
/// [`CliError`] for a run that has none, and for a file that cannot be written; an older one is kept then.
pub fn export(
    database: &Database,
    run: &Run,
    out: &Path,
    format: FrameFormat,
) -> Result<usize, CliError> {
    let decided = kept_decisions(database, run.id, usize::MAX)?;
    if decided.is_empty() {
        let problem =
            "nothing was ever proposed in it; sessions with \"advisory\": true have proposals";
        return Err(CliError::flag(format!("--advice {}", run.told.name), problem));
    }
    let frame = frame(&run.told.name, &decided)?;
    let mut writer = FrameWriter::create_as(out, format, &frame.shape())?;
    writer.append(&frame)?;
    writer.finish()?;
    Ok(decided.len())
}

fn frame(run: &str, decided: &[Decided]) -> Result<Frame, CliError> {
    let mut frame = Frame::default();
    let mut push = |name: &str, values: Values| {
        frame.push(name, values).map_err(|error| CliError::from(store::StoreError::from(error)))
    };
    push("number", Values::U64(decided.iter().map(|one| one.number).collect()))?;
    push("t_s", Values::F64(decided.iter().map(|one| one.t_s).collect()))?;
    push("decided_s", Values::F64(decided.iter().map(|one| one.decided_s).collect()))?;
    let words =
        |of: &dyn Fn(&Decided) -> &str| Values::Words(decided.iter().map(of).collect::<Words>());
    push("decision", words(&|one| one.decision.name()))?;
    push("by", words(&|one| one.by.as_deref().unwrap_or_default()))?;
    push("why", words(&|one| one.why.as_deref().unwrap_or_default()))?;
    let seen: BTreeSet<&str> =
        decided.iter().flat_map(|one| one.seen.keys().map(String::as_str)).collect();
    for channel in seen {
        let value = |one: &Decided| one.seen.get(channel).copied().unwrap_or(f64::NAN);
        push(channel, Values::F64(decided.iter().map(value).collect()))?;
    }
    for is_proposed in [true, false] {
        let label = if is_proposed { "proposed" } else { "set" };
        let points = |one: &Decided| -> BTreeMap<String, f64> {
            let points = if is_proposed { &one.proposed } else { &one.commands };
            points.iter().map(|SetPoint { channel, value, .. }| (channel.clone(), *value)).collect()
        };
        let by_channel: Vec<BTreeMap<String, f64>> = decided.iter().map(points).collect();
        let channels: BTreeSet<&String> = by_channel.iter().flat_map(BTreeMap::keys).collect();
        for channel in channels {
            let values = by_channel.iter().map(|row| row.get(channel).copied().unwrap_or(f64::NAN));
            push(&format!("{label}:{channel}"), Values::F64(values.collect()))?;
        }
    }
    frame.facts.extend([
        ("run".to_owned(), run.to_owned()),
        ("accepted".to_owned(), "what was proposed came into force".to_owned()),
        ("overridden".to_owned(), "an operator set something else, or nothing".to_owned()),
        ("expired".to_owned(), "nobody decided in time; nothing came into force".to_owned()),
    ]);
    Ok(frame)
}
