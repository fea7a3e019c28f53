//! Runs: what was started, with which settings, and what came of it.

use super::link::{Link, Row, Value};
use super::{Database, now_us};
use crate::StoreError;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// It goes on, or was killed.
    Running,
    /// It came to its end.
    Done,
    /// It ended with an error.
    Failed,
}

impl RunStatus {
    /// Name: `running`, `done`, `failed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Done => "done",
            RunStatus::Failed => "failed",
        }
    }

    fn of(name: &str) -> RunStatus {
        match name {
            "done" => RunStatus::Done,
            "failed" => RunStatus::Failed,
            _ => RunStatus::Running,
        }
    }
}

/// A run to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// Its name, unlike every other.
    pub name: String,
    /// The verb: `simulate`, `train`, `evaluate`, …
    pub kind: String,
    /// Version of the program.
    pub code: String,
    /// Settings, as JSON.
    pub config: String,
    /// Seeds, as JSON.
    pub seeds: String,
}

impl NewRun {
    /// A run of a name, with nothing else told of it.
    #[must_use]
    pub fn named(name: &str) -> NewRun {
        NewRun {
            name: name.to_owned(),
            kind: "other".to_owned(),
            code: env!("CARGO_PKG_VERSION").to_owned(),
            config: "{}".to_owned(),
            seeds: "[]".to_owned(),
        }
    }
}

/// A recorded run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Number within the database.
    pub id: i64,
    /// What was told at its start.
    pub told: NewRun,
    /// How it stands.
    pub status: RunStatus,
    /// Results, as JSON.
    pub results: Option<String>,
    /// When it was started, µs since 1970.
    pub started_us: i64,
    /// When it ended, µs since 1970.
    pub ended_us: Option<i64>,
}

/// Which runs; an empty filter lets all pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only those that end before, µs since 1970.
    pub ended_before_us: Option<i64>,
    /// At most so many, the latest first; 0 is all.
    pub most: usize,
}

pub(super) const COLUMNS: &str =
    "id, name, kind, code, config, seeds, status, results, started_us, ended_us";

pub(super) fn run_of(mut row: Row) -> Run {
    Run {
        id: row.int(0),
        told: NewRun {
            name: row.text(1),
            kind: row.text(2),
            code: row.text(3),
            config: row.text(4),
            seeds: row.text(5),
        },
        status: RunStatus::of(&row.text(6)),
        results: row.maybe_text(7),
        started_us: row.int(8),
        ended_us: row.maybe_int(9),
    }
}

/// Record that a run has ended; `false` where there is no such run.
pub(super) fn end(
    link: &mut dyn Link,
    id: i64,
    status: RunStatus,
    results: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE run SET status = ?2, results = ?3, ended_us = ?4 WHERE id = ?1";
    let values = [id.into(), status.name().into(), results.into(), now_us().into()];
    Ok(link.execute(sql, &values)? > 0)
}

impl Database {
    /// Record that a run begins; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Database`] where there is a run of that name.
    pub fn begin_run(&self, run: &NewRun) -> Result<i64, StoreError> {
        let values = [
            run.name.as_str().into(),
            run.kind.as_str().into(),
            run.code.as_str().into(),
            run.config.as_str().into(),
            run.seeds.as_str().into(),
            RunStatus::Running.name().into(),
            now_us().into(),
        ];
        self.change(|link| {
            let known = link.one("SELECT id FROM run WHERE name = ?1", &values[..1])?;
            if known.is_some() {
                return Err(StoreError::Database {
                    place: self.place(),
                    action: "begin a run in",
                    reason: format!("there is a run `{}` already", run.name),
                });
            }
            let made = link.one(
                "INSERT INTO run (name, kind, code, config, seeds, status, started_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
                &values,
            )?;
            Ok(made.map_or(0, |mut row| row.int(0)))
        })
    }

    /// Record that run number `id` has ended, with its results as JSON.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is no such run.
    pub fn end_run(
        &self,
        id: i64,
        status: RunStatus,
        results: Option<&str>,
    ) -> Result<(), StoreError> {
        let is_known = self.change(|link| end(link, id, status, results))?;
        if is_known { Ok(()) } else { Err(self.missing("run", &id.to_string())) }
    }

    /// The run of a name.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub fn run(&self, name: &str) -> Result<Run, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM run WHERE name = ?1");
        let found = self.look(|link| link.one(&sql, &[name.into()]))?;
        found.map(run_of).ok_or_else(|| self.missing("run", name))
    }

    /// The runs that pass a filter, the latest first.
    ///
    /// # Errors
    /// What the database reports.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        // Only what is asked for is spelt out, so that each form finds its index.
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        if let Some(kind) = &filter.kind {
            values.push(Value::from(kind.as_str()));
            conditions.push(format!("kind = ?{}", values.len()));
        }
        if let Some(before_us) = filter.ended_before_us {
            values.push(before_us.into());
            conditions.push(format!("COALESCE(ended_us, started_us) < ?{}", values.len()));
        }
        let mut sql = format!("SELECT {COLUMNS} FROM run");
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        sql.push_str(" ORDER BY started_us DESC, id DESC");
        if filter.most > 0 {
            values.push((filter.most as i64).into());
            sql.push_str(&format!(" LIMIT ?{}", values.len()));
        }
        Ok(self.look(|link| link.query(&sql, &values))?.into_iter().map(run_of).collect())
    }

    /// Remove a run with everything that belongs to it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is no such run.
    pub fn remove_run(&self, name: &str) -> Result<(), StoreError> {
        let _writing = self.writing_all();
        let changed =
            self.change(|link| link.execute("DELETE FROM run WHERE name = ?1", &[name.into()]))?;
        if changed == 0 { Err(self.missing("run", name)) } else { Ok(()) }
    }
}
