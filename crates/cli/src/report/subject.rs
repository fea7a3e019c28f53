//! The run that a page is about, as the database has it.

use serde_json::Value;
use store::{ArtifactInfo, Database, Event, Run, RunFilter, Stream};

use crate::error::CliError;

/// Runs that are looked through for names near a wrong one.
const SEARCHED: usize = 10_000;
/// Near names that are told.
const NEAR: usize = 3;
/// Stream of missions.
pub const TELEMETRY: &str = "telemetry";
/// Stream of trainings.
pub const METRICS: &str = "metrics";

/// A run with all that is told of it.
pub struct Subject {
    /// The run.
    pub run: Run,
    /// Its settings; null where they are no JSON.
    pub config: Value,
    /// Its results; null where there are none.
    pub results: Value,
    /// Its streams.
    pub streams: Vec<Stream>,
    /// What happened.
    pub events: Vec<Event>,
    /// Its files.
    pub files: Vec<ArtifactInfo>,
}

impl Subject {
    /// The run called `name`.
    ///
    /// # Errors
    /// [`CliError::Flag`] with near names where there is none; what the database reports.
    pub fn find(database: &Database, flag: &str, name: &str) -> Result<Subject, CliError> {
        let run = match database.run(name) {
            Ok(run) => run,
            Err(store::StoreError::Missing { .. }) => {
                let runs = database.runs(&RunFilter { most: SEARCHED, ..RunFilter::default() })?;
                let names: Vec<&str> = runs.iter().map(|run| run.told.name.as_str()).collect();
                let problem = missing(database, name, &names);
                return Err(CliError::flag(format!("{flag} {name}"), problem));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Subject {
            config: parsed(&run.told.config),
            results: run.results.as_deref().map_or(Value::Null, parsed),
            streams: database.streams(run.id)?,
            events: database.events(run.id, (i64::MIN, i64::MAX))?,
            files: database.artifacts(run.id)?,
            run,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.run.told.name
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        &self.run.told.kind
    }

    /// The stream of a name, if it has rows.
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name && stream.count > 0)
    }

    /// How long it took, s; none where it has not ended.
    pub fn took_s(&self) -> Option<f64> {
        let us = self.run.ended_us? - self.run.started_us;
        (us >= 0).then_some(us as f64 / 1e6)
    }

    /// A setting, as text.
    pub fn setting(&self, key: &str) -> Option<String> {
        setting(&self.config, key)
    }

    /// A number of the results.
    pub fn result(&self, key: &str) -> Option<f64> {
        self.results[key].as_f64()
    }
}

/// A setting, as text; none where it is not there.
pub fn setting(config: &Value, key: &str) -> Option<String> {
    match &config[key] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// JSON that is kept as text; null where it is none.
pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// That there is no such run, with the names nearest to it.
fn missing(database: &Database, name: &str, names: &[&str]) -> String {
    let place = database.location();
    let mut near: Vec<(usize, &str)> = names.iter().map(|one| (alike(one, name), *one)).collect();
    let best = near.iter().map(|(shared, _)| *shared).max().unwrap_or(0);
    let least = name.chars().count().div_ceil(2).max(4 * best / 5).max(1);
    near.retain(|(shared, _)| *shared >= least);
    // The latest stand first, and stay so among equals.
    near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    let near: Vec<String> = near.iter().take(NEAR).map(|(_, one)| format!("`{one}`")).collect();
    match (near.is_empty(), names.first()) {
        (false, _) => format!("there is no such run in {place}; near it: {}", near.join(", ")),
        (true, Some(latest)) => {
            format!("there is no such run in {place}; the latest is `{latest}`")
        }
        (true, None) => format!("there is no run at all in {place}"),
    }
}

/// Letters that two names share at head and tail, or the whole of one that the other contains.
fn alike(a: &str, b: &str) -> usize {
    if a.contains(b) || b.contains(a) {
        return a.chars().count().min(b.chars().count());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - head;
    let pairs = a.iter().rev().zip(b.iter().rev()).take(rest);
    head + pairs.take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_head_tail_and_part() {
        assert_eq!(alike("simulate-cabin-1", "simulate-cabin-2"), 15);
        assert_eq!(alike("simulate-cabin-17", "cabin"), 5);
        assert_eq!(alike("abc", "xyz"), 0);
        assert_eq!(alike("aa", "aaa"), 2);
    }
}
