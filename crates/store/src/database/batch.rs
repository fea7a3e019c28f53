//! Several calls in one transaction.

use tracing::info_span;

use super::link::Link;
use super::{Database, artifact, event, run};
use crate::{Event, RunStatus, StoreError};

/// Calls that become durable together, or not at all.
///
/// A commit waits for the disk; a batch waits once for all its calls. Nobody else writes until it is over, so it should be short.
pub struct Batch<'a> {
    link: &'a mut dyn Link,
}

impl<'a> Batch<'a> {
    pub(super) fn on(link: &'a mut dyn Link) -> Batch<'a> {
        Batch { link }
    }

    /// Record an event of run number `run`.
    ///
    /// # Errors
    /// What the database reports.
    pub fn record_event(&mut self, run: i64, event: &Event) -> Result<(), StoreError> {
        self.link.execute(event::INSERT, &event::values_of(run, event)).map(|_| ())
    }

    /// Events of run number `run` from the first time to the second, those of this batch among them.
    ///
    /// # Errors
    /// What the database reports.
    pub fn events(&mut self, run: i64, span_us: (i64, i64)) -> Result<Vec<Event>, StoreError> {
        let values = [run.into(), span_us.0.into(), span_us.1.into()];
        Ok(self.link.query(event::FIND, &values)?.into_iter().map(event::event_of).collect())
    }

    /// Keep a file of run number `run`; one of that kind and name is replaced.
    ///
    /// # Errors
    /// What the database reports.
    pub fn keep_artifact(
        &mut self,
        run: i64,
        kind: &str,
        name: &str,
        detail: &str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        artifact::keep(self.link, run, (kind, name), detail, bytes)
    }

    /// Record that run number `run` has ended, with its results as JSON; `false` where there is no such run.
    ///
    /// # Errors
    /// What the database reports.
    pub fn end_run(
        &mut self,
        run: i64,
        status: RunStatus,
        results: Option<&str>,
    ) -> Result<bool, StoreError> {
        run::end(self.link, run, status, results)
    }

    /// Set the results of run number `run`, as JSON, while it goes on.
    ///
    /// # Errors
    /// What the database reports.
    pub fn set_results(&mut self, run: i64, results: &str) -> Result<(), StoreError> {
        let sql = "UPDATE run SET results = ?2 WHERE id = ?1";
        self.link.execute(sql, &[run.into(), results.into()]).map(|_| ())
    }
}

impl Database {
    /// Make several calls in one transaction; an error undoes them all.
    ///
    /// # Errors
    /// What `calls` returns, and what the database reports.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_store::{Database, DatabaseSettings, NewRun};
    /// let dir = tempfile::tempdir()?;
    /// let place = dir.path().join("runs.db");
    /// let database = Database::open(&place.as_path().into(), &DatabaseSettings::default())?;
    /// let run = database.begin_run(&NewRun::named("first"))?;
    /// database.batch(|batch| {
    ///     batch.set_results(run, "{\"updates\": 10}")?;
    ///     batch.set_results(run, "{\"updates\": 11}")
    /// })?;
    /// assert_eq!(database.run("first")?.results.as_deref(), Some("{\"updates\": 11}"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch<T>(
        &self,
        calls: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _stage = info_span!("database change").entered();
        self.change(|link| calls(&mut Batch::on(link)))
    }
}
