//! Where the time and the memory of a run went, by its profile or by what its results tell.

use std::path::Path;

use serde_json::Value;
use store::Database;
use watch::report::{Part, Section, Table};

use super::subject::Subject;
use crate::error::CliError;
use crate::keep::PROFILE;
use crate::table::fixed;

/// Rows of the table.
const ROWS: usize = 16;

/// Where the time went.
pub struct Stages {
    /// The section of the page.
    pub section: Section,
    /// What could be done about it, by the profile.
    pub advice: Vec<String>,
}

/// The profile of a run: that in `given`, a file or a directory, else the one that was kept.
fn profile(
    database: &Database,
    subject: &Subject,
    given: Option<&Path>,
) -> Result<Option<Value>, CliError> {
    let Some(path) = given else {
        let is_kept =
            subject.files.iter().any(|file| (file.kind.as_str(), file.name.as_str()) == PROFILE);
        if !is_kept {
            return Ok(None);
        }
        let bytes = database.artifact(subject.run.id, PROFILE.0, PROFILE.1)?.bytes;
        let read = serde_json::from_slice(&bytes).map_err(|error| {
            CliError::Failed(format!("the profile of `{}` is no JSON: {error}", subject.name()))
        });
        return read.map(Some);
    };
    let flag = || format!("--profile {}", path.display());
    let file = if path.is_dir() { path.join(PROFILE.1) } else { path.to_owned() };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| CliError::flag(flag(), format!("{}: {error}", file.display())))?;
    let found: Value = serde_json::from_str(&text).map_err(|error| {
        CliError::flag(flag(), format!("{} is no JSON: {error}", file.display()))
    })?;
    if found["stages"].is_array() {
        return Ok(Some(found));
    }
    let reason =
        format!("{} has no `stages`; allowed is what --profile of a verb writes", file.display());
    Err(CliError::flag(flag(), reason))
}

/// Say where the time went.
///
/// # Errors
/// [`CliError::Flag`] for a profile that cannot be read; what the database reports.
pub fn of(
    database: &Database,
    subject: &Subject,
    given: Option<&Path>,
) -> Result<Stages, CliError> {
    let title = "Where time and memory went".to_owned();
    if let Some(profile) = profile(database, subject, given)? {
        let findings: Vec<&Value> = profile["findings"].as_array().into_iter().flatten().collect();
        let words = |key: &str| -> Vec<String> {
            findings.iter().filter_map(|one| one[key].as_str()).map(str::to_owned).collect()
        };
        // What its own page says of it.
        let held = profile["verdict"].as_str().map(|words| format!("What held it back: {words}"));
        let held = held.unwrap_or_default();
        let wall = profile["wall_s"].as_f64().unwrap_or(f64::NAN);
        let note =
            format!("{held} {} s in all, each stage without those inside it.", fixed(wall, 2));
        let parts = vec![Part::Table(table(&profile))];
        return Ok(Stages { section: Section { title, note, parts }, advice: words("advice") });
    }
    let note = "Not recorded: --profile of this verb reads what --profile of another one wrote.";
    let section = Section { title, note: note.to_owned(), parts: Vec::new() };
    Ok(Stages { section, advice: Vec::new() })
}

/// Stages by name, those that took most first.
fn table(profile: &Value) -> Table {
    let mut sums: std::collections::BTreeMap<String, [f64; 5]> = Default::default();
    for stage in profile["stages"].as_array().into_iter().flatten() {
        let path = stage["path"].as_array().and_then(|path| path.last()?.as_str());
        let own = |key: &str| stage["own"][key].as_f64().unwrap_or(0.0);
        let sum = sums.entry(path.unwrap_or("?").to_owned()).or_default();
        let runs = stage["runs"].as_f64().unwrap_or(0.0);
        let joined = stage["joining_s"].as_f64().unwrap_or(0.0);
        let parts = [own("wall_s") - joined, own("cpu_s"), own("bytes"), own("allocations"), runs];
        sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    }
    let mut all: Vec<(String, [f64; 5])> = sums.into_iter().collect();
    all.sort_by(|a, b| b.1[0].total_cmp(&a.1[0]));
    let whole: f64 = all.iter().map(|(_, sum)| sum[0]).sum();
    let row = |(name, [wall, cpu, bytes, allocations, runs]): &(String, [f64; 5])| {
        vec![
            name.clone(),
            fixed(*runs, 0),
            fixed(*wall, 3),
            fixed(100.0 * wall / whole.max(1e-9), 0),
            fixed(*cpu, 3),
            fixed(bytes / 1e6, 1),
            fixed(*allocations, 0),
        ]
    };
    let columns =
        ["stage", "runs", "time, s", "share, %", "processor, s", "allocated, MB", "allocations"];
    Table {
        title: "Stages".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: all.iter().take(ROWS).map(row).collect(),
    }
}
