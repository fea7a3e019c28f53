//! What is kept of every run: its settings and results, telemetry and metrics, events, files, and who commanded what.
//!
//! ```text
//! run ─┬─ stream ─┬─ channel          what is measured
//!      │          ├─ packet           rows as they came, until there are enough of them
//!      │          └─ segment ── chunk rows by column, compressed
//!      ├─ event                       what happened
//!      └─ artifact                    policies, reports, trajectories
//! audit                               who commanded what, each entry sealed with the one before
//! ```
//! A database is a file of SQLite, or PostgreSQL by URL; [`Location`] tells them apart and nothing else does. One
//! connection writes at a time, many read; a reader sees one state of the database however long it looks.
//!
//! # Durability
//! What a call that writes has returned is on the disk (`synchronous = FULL`, one commit a call or a group of rows).
//! What a crash cuts off is gone as a whole.
//!
//! # Damage
//! Packets, times and columns are sealed together with the numbers that stand beside them, files and commands by SHA-256: who
//! reads one gets what was written, or an error. Names, settings, results and events carry no checksum; of these `verify`
//! tells what breaks a page or an index, not a letter that became another.
//!
//! # Slow statements
//! Every statement is timed, and the database remembers which were slow, by their text without values (`slow_log`). From that
//! and from its own plans (`plan`, `statement`, `estimate`) it tells which indexes would pay (`index_advice`). Those that are
//! made are asked for what they bring and undone where that is nothing (`made_index`, `replay`).
//!
//! # One file, one process, several connections
//! While a process has a file of SQLite open it must not open and close it in any other way: that would end its locks.

mod artifact;
mod audit;
mod backup;
mod batch;
mod cached;
mod census;
mod claim;
mod codec;
mod encryption;
mod estimate;
mod event;
mod index_advice;
mod ingest;
mod link;
mod location;
mod made_index;
mod plan;
mod pool;
mod postgres;
mod read;
mod replay;
mod retention;
mod rows;
mod run;
mod schedule;
mod schema;
mod slow_log;
mod sqlite;
mod statement;
mod stream;
mod timed;
mod verify;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::artifact::{Artifact, ArtifactInfo};
pub use self::audit::{AuditEntry, Command};
pub use self::backup::Copied;
pub use self::batch::Batch;
pub use self::claim::Claim;
pub use self::event::{Event, Severity};
pub use self::index_advice::{IndexAdvice, Owner, Unused};
pub use self::ingest::{Ingest, IngestSettings, IngestSummary};
pub use self::location::Location;
pub use self::made_index::{Judged, MadeIndex, Making};
pub use self::read::{Gap, Span};
pub use self::retention::Thinned;
pub use self::rows::Rows;
pub use self::run::{NewRun, Run, RunFilter, RunStatus};
pub use self::schedule::{Drill, Schedule};
pub use self::stream::{Signal, Stream};
pub use self::verify::Verified;

use self::link::{Access, Link};
use self::pool::{Loan, Pool};
use self::slow_log::SlowLog;
use crate::StoreError;
use crate::cache::{CacheSettings, Query, QueryCache};

/// How a database is used.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseSettings {
    /// Connections that read at a time; at least 1.
    pub readers: usize,
    /// Longest wait for a connection or for another writer.
    pub wait: Duration,
    /// How rows that were read are remembered, see [`Database::recall`].
    pub cache: CacheSettings,
    /// Statements that take at least so long are counted with their time, see [`Database::advise_indexes`]; zero counts all,
    /// [`Duration::MAX`] logs nothing.
    pub slow: Duration,
}

impl Default for DatabaseSettings {
    /// Eight readers, thirty seconds, 32 MiB of rows remembered, 5 ms.
    fn default() -> DatabaseSettings {
        let cache = CacheSettings { usual_bytes: 64 << 10, ..CacheSettings::default() };
        let (wait, slow) = (Duration::from_secs(30), Duration::from_millis(5));
        DatabaseSettings { readers: 8, wait, cache, slow }
    }
}

/// A database. Clones share its connections.
///
/// Its calls wait for the disk or the server; within asynchronous code they belong on a thread that may block.
///
/// # Examples
/// ```
/// use lunar_habitat_store::{Database, DatabaseSettings, NewRun, RunStatus};
/// let dir = tempfile::tempdir()?;
/// let place = dir.path().join("runs.db");
/// let database = Database::open(&place.as_path().into(), &DatabaseSettings::default())?;
/// let run = database.begin_run(&NewRun { kind: "simulate".into(), ..NewRun::named("first") })?;
/// database.end_run(run, RunStatus::Done, Some("{\"success\": true}"))?;
/// assert_eq!(database.run("first")?.status, RunStatus::Done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    location: Location,
    place: String,
    settings: DatabaseSettings,
    readers: Pool,
    writer: Arc<Pool>,
    cache: QueryCache<Query, Rows>,
    log: Arc<SlowLog>,
}

impl Inner {
    /// Add what the log holds to that of the database, where nobody has to wait for it.
    fn keep_log(&self) {
        if let Some(mut link) = self.writer.idle()
            && self.log.keep(&mut **link, self.settings.wait).is_err()
        {
            // It would write without waiting for the disk.
            drop(Loan::take(link));
        }
    }

    /// Whether indexes were made whose use is to be told.
    fn has_made(&self) -> bool {
        let made = "SELECT COUNT(*) FROM made_index";
        let found = self.writer.idle().and_then(|mut link| link.unlogged().one(made, &[]).ok());
        found.flatten().is_some_and(|mut row| row.int(0) > 0)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Asynchronous code must not wait for a connection.
        let may_wait = tokio::runtime::Handle::try_current().is_err();
        if may_wait && self.log.is_owed(|| self.has_made()) {
            self.keep_log();
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Database").field(&self.0.place).finish()
    }
}

/// Connections of a database now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open ones.
    pub open: usize,
    /// Of these, at rest.
    pub idle: usize,
}

impl Database {
    /// Open a database, making it where there is none, and take it to today's schema.
    ///
    /// # Errors
    /// [`StoreError::DatabaseNewer`] for one of a later release and [`StoreError::Database`] for one of another program, which
    /// stay as they are; [`StoreError::DatabaseDamaged`] for a file that is none; [`StoreError::DatabaseReadOnly`],
    /// [`StoreError::DatabaseAway`] and the like.
    pub fn open(location: &Location, settings: &DatabaseSettings) -> Result<Database, StoreError> {
        let database = Database::on(location, settings, Access::Write)?;
        schema::migrate(&mut **database.0.writer.get()?, &database.0.place)?;
        Ok(database)
    }

    /// The connections of a database, none of them open yet: those that change it, and those that read.
    fn on(
        location: &Location,
        settings: &DatabaseSettings,
        access: Access,
    ) -> Result<Database, StoreError> {
        // Where nothing can be written the log cannot, either.
        let (reads, slow) = match access {
            Access::Write => (Access::Read, settings.slow),
            other => (other, Duration::MAX),
        };
        let log = Arc::new(SlowLog::new(slow));
        let pool = |access, most| Pool::new(location, access, most, settings.wait, &log);
        let writer = Arc::new(pool(access, 1)?);
        Ok(Database(Arc::new(Inner {
            location: location.clone(),
            place: location.to_string(),
            settings: settings.clone(),
            readers: pool(reads, settings.readers)?,
            cache: QueryCache::new(settings.cache, cached::Probe(Arc::clone(&writer))),
            writer,
            log: Arc::clone(&log),
        })))
    }

    /// Open a database that exists.
    ///
    /// # Errors
    /// As [`Database::open`], and [`StoreError::Io`] where there is no such file.
    pub fn open_existing(
        location: &Location,
        settings: &DatabaseSettings,
    ) -> Result<Database, StoreError> {
        if let Some(path) = location.path() {
            std::fs::metadata(path).map_err(|source| StoreError::io("read", path, source))?;
        }
        Database::open(location, settings)
    }

    /// Open a database that exists and may only be read: nothing is written to it.
    ///
    /// Beside a file whose directory can be written, SQLite leaves an empty log and its shared memory (`-wal`, `-shm`); on a disk
    /// that nobody can write it makes nothing.
    ///
    /// Whatever writes is refused with [`StoreError::DatabaseReadOnly`].
    ///
    /// # Errors
    /// As [`Database::open_existing`]; [`StoreError::DatabaseOlder`] for a schema of an earlier release, which would have to be
    /// changed; [`StoreError::DatabaseReadOnly`] where a log that was left behind would have to be brought in first.
    pub fn open_to_read(
        location: &Location,
        settings: &DatabaseSettings,
    ) -> Result<Database, StoreError> {
        if let Some(path) = location.path() {
            std::fs::metadata(path).map_err(|source| StoreError::io("read", path, source))?;
        }
        let database = Database::on(location, settings, Access::Look)?;
        let (place, found, known) = (database.place(), database.schema()?, schema::NEWEST);
        match found {
            _ if found > known => Err(StoreError::DatabaseNewer { place, found, known }),
            _ if found < known => Err(StoreError::DatabaseOlder { place, found, known }),
            _ => Ok(database),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &DatabaseSettings {
        &self.0.settings
    }

    /// Number of its schema.
    ///
    /// # Errors
    /// What the database reports.
    pub fn schema(&self) -> Result<i64, StoreError> {
        schema::number(&mut **self.0.readers.get()?)
    }

    /// Number of the last schema that this release knows.
    #[must_use]
    pub fn newest_schema() -> i64 {
        schema::NEWEST
    }

    /// Connections that read.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let (open, idle) = self.0.readers.figures();
        Connections { open, idle }
    }

    /// Whether the other one is this or a clone of it.
    fn is_same(&self, other: &Database) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn place(&self) -> String {
        self.0.place.clone()
    }

    /// Look at one state of the database.
    fn look<T>(
        &self,
        look: impl FnOnce(&mut dyn Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut link = begun(&self.0.readers, Access::Read)?;
        let found = look(&mut **link);
        // A reader changes nothing: how its transaction ends does not matter, so its own error comes first.
        let ended = link.roll_back();
        drop(link);
        self.rest();
        found.and_then(|found| ended.map(|()| found))
    }

    /// Change the database, wholly or not at all.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut dyn Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut link = begun(&self.0.writer, Access::Write)?;
        let changed = match change(&mut **link) {
            Ok(done) => {
                if link.dialect() == link::Dialect::Postgres {
                    link.unlogged().query("SELECT nextval('change_number')", &[])?;
                }
                match link.commit() {
                    Ok(()) => Ok(done),
                    Err(error) => {
                        let _ = link.roll_back();
                        Err(error)
                    }
                }
            }
            Err(error) => {
                let _ = link.roll_back();
                Err(error)
            }
        };
        drop(link);
        self.rest();
        changed
    }

    /// Between two transactions.
    fn rest(&self) {
        if self.0.log.is_due() {
            self.0.keep_log();
        }
    }

    /// The writing connection outside of a transaction.
    fn alone<T>(
        &self,
        work: impl FnOnce(&mut dyn Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut **self.0.writer.get()?)
    }

    fn missing(&self, what: &'static str, name: &str) -> StoreError {
        StoreError::Missing { place: self.place(), what, name: name.to_owned() }
    }

    fn damaged(&self, reason: String) -> StoreError {
        StoreError::DatabaseDamaged { place: self.place(), reason }
    }
}

/// A connection within a transaction. One that was lost while it rested has done nothing yet: another takes its place.
fn begun(pool: &Pool, access: Access) -> Result<Loan, StoreError> {
    for _ in 0..pool.most() {
        let mut link = pool.get()?;
        match link.begin(access) {
            // Out of the pool with it, whether it knows already that it is closed or not.
            Err(StoreError::DatabaseAway { .. }) => drop(Loan::take(link)),
            begun => return begun.map(|()| link),
        }
    }
    let mut link = pool.get()?;
    link.begin(access).map(|()| link)
}

/// Time of the clock, µs since 1970; only ever shown and compared, never used to order rows.
fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}
