//! Copies of a whole database, and their way back.
//!
//! A backup is a file of SQLite, whatever it was taken from, so that every release opens it and `verify` reads it. It is
//! taken while others write: it holds one state of the database, appears under its name when it is whole and on the disk,
//! and nothing is left of one that failed. What one leaves that was killed, the next one into its directory removes
//! ([`Schedule`](super::Schedule)).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::link::{Access, Dialect, Link, Row, Value};
use super::{Database, DatabaseSettings, Location, schema, sqlite};
use crate::StoreError;
use crate::draft::{directory_of, sync_directory_of};

/// Tables, their keys and their columns, those first to which others refer.
const TABLES: &[(&str, &[&str], &[&str])] = &[
    (
        "run",
        &["id"],
        &[
            "id",
            "name",
            "kind",
            "code",
            "config",
            "seeds",
            "status",
            "results",
            "started_us",
            "ended_us",
        ],
    ),
    ("stream", &["id"], &["id", "run", "name", "count", "removed", "first_us", "last_us"]),
    ("channel", &["stream", "position"], &["stream", "position", "name", "unit"]),
    (
        "packet",
        &["id"],
        &["id", "stream", "arrival", "first_us", "last_us", "count", "crc", "bytes"],
    ),
    (
        "segment",
        &["id"],
        &["id", "stream", "arrival", "first_us", "last_us", "count", "crc", "times"],
    ),
    ("chunk", &["segment", "position"], &["segment", "position", "low", "high", "crc", "bytes"]),
    ("event", &["id"], &["id", "run", "time_us", "kind", "severity", "source", "text", "detail"]),
    ("artifact", &["id"], &["id", "run", "kind", "name", "detail", "sha256", "bytes"]),
    (
        "audit",
        &["number"],
        &["number", "time_us", "who", "action", "target", "detail", "previous", "hash"],
    ),
];

/// Rows that are copied at a time.
const BATCH: i64 = 256;

/// What was copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Copied {
    /// The file or the place.
    pub place: String,
    /// Bytes of the file; 0 for a server.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

impl Database {
    /// Copy the database into the file `target`, which must not be there.
    ///
    /// # Errors
    /// [`StoreError::Io`] where there is such a file; [`StoreError::DatabaseFull`] and the like; nothing is left then.
    pub fn backup(&self, target: &Path) -> Result<Copied, StoreError> {
        let start = Instant::now();
        if target.exists() {
            let source = std::io::ErrorKind::AlreadyExists.into();
            return Err(StoreError::io("replace", target, source));
        }
        let partial = partial_name(target);
        remove_all(&partial);
        let copied = self.copy_into(&partial).and_then(|()| publish(&partial, target));
        if copied.is_err() {
            remove_all(&partial);
        }
        copied?;
        let bytes = std::fs::metadata(target).map_or(0, |found| found.len());
        Ok(Copied { place: target.display().to_string(), bytes, took: start.elapsed() })
    }

    fn copy_into(&self, partial: &Path) -> Result<(), StoreError> {
        if let Location::Postgres(_) = self.location() {
            let copy = Database::open(&partial.into(), &unlogged(self.settings()))?;
            self.copy_rows(&copy)?;
            drop(copy);
            return without_log(partial);
        }
        let fault = |error: rusqlite::Error| sqlite::fault(partial, "write a backup to", &error);
        self.look(|link| {
            // The first thing seen settles which state is copied. Without it every write of others would begin the copy again.
            schema::number(link)?;
            let Some(from) = link.sqlite() else {
                return Err(self.missing("connection", "sqlite"));
            };
            let mut to = rusqlite::Connection::open(partial).map_err(fault)?;
            {
                let backup = rusqlite::backup::Backup::new(from, &mut to).map_err(fault)?;
                backup.run_to_completion(4_096, Duration::ZERO, None).map_err(fault)?;
            }
            to.execute_batch("PRAGMA journal_mode = DELETE").map_err(fault)
        })
    }

    /// Copy every row into an empty database, of whatever kind.
    ///
    /// # Errors
    /// [`StoreError::Database`] where the other one is not empty; nothing is copied then, or after any other error.
    pub fn copy_rows(&self, target: &Database) -> Result<(), StoreError> {
        self.look(|from| {
            // Nobody wants to know how long a copy takes, and it is no work of the database that is copied.
            let from = from.unlogged();
            target.change(|to| {
                let to = to.unlogged();
                for (table, ..) in TABLES {
                    let sql = format!("SELECT COUNT(*) FROM {table}");
                    if to.one(&sql, &[])?.map_or(0, |mut row| row.int(0)) > 0 {
                        return Err(StoreError::Database {
                            place: target.place(),
                            action: "copy into",
                            reason: format!("its table {table} is not empty"),
                        });
                    }
                }
                for (table, keys, columns) in TABLES {
                    copy_table(from, to, table, keys, columns)?;
                }
                Ok(())
            })
        })
    }

    /// Bring a backup back as the database at `location`.
    ///
    /// The backup is verified first. A file that is there is replaced only where `replace` says so, and is kept beside it
    /// with the ending `.before-restore`; a server has to be empty.
    ///
    /// # Errors
    /// [`StoreError::DatabaseDamaged`] for a backup that is not whole; the target stays as it is.
    pub fn restore(
        backup: &Path,
        location: &Location,
        replace: bool,
    ) -> Result<Copied, StoreError> {
        let start = Instant::now();
        let Location::Sqlite(target) = location else {
            let scratch = scratch_beside(backup, ".restore-")?;
            let from = sound_copy(backup, &scratch.path().join("backup.db"))?;
            let to = Database::open(location, from.settings())?;
            from.copy_rows(&to)?;
            to.alone(count_on)?;
            return Ok(Copied { place: to.place(), bytes: 0, took: start.elapsed() });
        };
        if target.exists() && !replace {
            let source = std::io::ErrorKind::AlreadyExists.into();
            return Err(StoreError::io("replace", target, source));
        }
        let partial = partial_name(target);
        remove_all(&partial);
        let copied = sound_copy(backup, &partial)
            .and_then(|copy| {
                drop(copy);
                without_log(&partial)
            })
            .and_then(|()| set_aside(target))
            .and_then(|()| publish(&partial, target));
        if copied.is_err() {
            remove_all(&partial);
        }
        copied?;
        let bytes = std::fs::metadata(target).map_or(0, |found| found.len());
        Ok(Copied { place: target.display().to_string(), bytes, took: start.elapsed() })
    }

    /// Take the database to today's schema; returns the schema before and after. Opening does the same.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn migrate(location: &Location) -> Result<(i64, i64), StoreError> {
        let DatabaseSettings { wait, slow, .. } = DatabaseSettings::default();
        let log = std::sync::Arc::new(super::SlowLog::new(slow));
        let pool = super::Pool::new(location, Access::Write, 1, wait, &log)?;
        let before = schema::migrate(&mut **pool.get()?, &location.to_string())?;
        Ok((before, schema::NEWEST))
    }

    /// Give room that nothing uses back to the file system; returns the bytes of the file before and after (0 for a server).
    ///
    /// # Errors
    /// [`StoreError::DatabaseBusy`] while others use it; [`StoreError::DatabaseFull`]: it needs as much room again for a moment.
    pub fn vacuum(&self) -> Result<(u64, u64), StoreError> {
        let bytes = || {
            let path = self.location().path();
            path.and_then(|path| std::fs::metadata(path).ok()).map_or(0, |found| found.len())
        };
        self.alone(|link| {
            if link.dialect() == Dialect::Postgres {
                link.script("VACUUM ANALYZE")?;
                return Ok((0, 0));
            }
            // What stands in the log counts, too.
            link.query("PRAGMA wal_checkpoint(TRUNCATE)", &[])?;
            let before = bytes();
            link.script("VACUUM")?;
            link.query("PRAGMA wal_checkpoint(TRUNCATE)", &[])?;
            Ok((before, bytes()))
        })
    }
}

/// Copy the rows of a table in the order of their key.
fn copy_table(
    from: &mut dyn Link,
    to: &mut dyn Link,
    table: &str,
    keys: &[&str],
    columns: &[&str],
) -> Result<(), StoreError> {
    let places: Vec<String> = (1..=keys.len()).map(|place| format!("?{place}")).collect();
    let sql = format!(
        "SELECT {} FROM {table} WHERE ({}) > ({}) ORDER BY {} LIMIT {BATCH}",
        columns.join(", "),
        keys.join(", "),
        places.join(", "),
        keys.join(", "),
    );
    let mut last = vec![Value::Int(i64::MIN); keys.len()];
    loop {
        let rows = from.query(&sql, &last)?;
        let Some(Row(end)) = rows.last() else {
            return Ok(());
        };
        // The key columns stand first in every table of more than one key, and alone in the others.
        last = end[..keys.len()].to_vec();
        to.insert(table, columns, &mut rows.into_iter().map(|Row(values)| values))?;
    }
}

/// Let the keys of a server that was filled from a backup count on from there.
fn count_on(link: &mut dyn Link) -> Result<(), StoreError> {
    for (table, keys, _) in TABLES.iter().filter(|table| table.1 == ["id"]) {
        link.query(
            &format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{}'), COALESCE(MAX(id), 0) + 1, false) FROM {table}",
                keys[0]
            ),
            &[],
        )?;
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

pub(super) fn partial_name(target: &Path) -> PathBuf {
    with_ending(target, ".partial")
}

/// Remove a database file with its log; what is not there is gone already.
pub(super) fn remove_all(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(with_ending(path, ending));
    }
}

/// The settings of a copy, which logs nothing: it is to hold what the database held.
fn unlogged(settings: &DatabaseSettings) -> DatabaseSettings {
    DatabaseSettings { slow: Duration::MAX, ..settings.clone() }
}

/// Open a copy of a backup at `place`; errors name the backup.
pub(super) fn opened_copy(backup: &Path, place: &Path) -> Result<Database, StoreError> {
    let name = backup.display().to_string();
    let found = std::fs::metadata(backup).map_err(|e| StoreError::io("read", backup, e))?;
    if found.len() == 0 {
        // Opened, it would be a database without anything in it, and sound.
        let reason = "it is empty".to_owned();
        return Err(StoreError::DatabaseDamaged { place: name, reason });
    }
    std::fs::copy(backup, place).map_err(|e| match StoreError::io("write", place, e) {
        StoreError::Io { source, .. } => StoreError::io("read", backup, source),
        full => full,
    })?;
    let settings = DatabaseSettings { readers: 1, ..DatabaseSettings::default() };
    Database::open_existing(&place.into(), &unlogged(&settings)).map_err(|error| match error {
        StoreError::DatabaseDamaged { reason, .. } => {
            StoreError::DatabaseDamaged { place: name, reason }
        }
        StoreError::DatabaseNewer { found, known, .. } => {
            StoreError::DatabaseNewer { place: name, found, known }
        }
        error => error,
    })
}

/// Open a copy of a backup at `place` and refuse it where it is not whole.
fn sound_copy(backup: &Path, place: &Path) -> Result<Database, StoreError> {
    let copy = opened_copy(backup, place)?;
    let verified = copy.verify()?;
    if verified.is_sound() {
        return Ok(copy);
    }
    let (place, reason) = (backup.display().to_string(), verified.problems.join("; "));
    Err(StoreError::DatabaseDamaged { place, reason })
}

/// Let a file that nobody uses be whole without its log.
fn without_log(path: &Path) -> Result<(), StoreError> {
    let fault = |error: rusqlite::Error| sqlite::fault(path, "write to", &error);
    let connection = rusqlite::Connection::open(path).map_err(fault)?;
    connection.execute_batch("PRAGMA journal_mode = DELETE").map_err(fault)
}

/// Keep a database, where there is one, beside its place, with what its log holds; also the log of one that was set aside
/// when the power failed, which must not be taken for that of the next.
fn set_aside(target: &Path) -> Result<(), StoreError> {
    let kept = with_ending(target, ".before-restore");
    if target.exists() {
        remove_all(&kept);
    }
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(target, ending);
        if from.exists() {
            let to = with_ending(&kept, ending);
            std::fs::rename(&from, to).map_err(|e| StoreError::io("replace", &from, e))?;
        }
    }
    Ok(())
}

/// Sync a file and give it its name.
fn publish(partial: &Path, target: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::io("replace", target, source);
    std::fs::File::open(partial).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(partial, target).map_err(io)?;
    sync_directory_of(target);
    Ok(())
}

/// A directory that is gone when dropped, on the disk of a file.
pub(super) fn scratch_beside(path: &Path, prefix: &str) -> Result<tempfile::TempDir, StoreError> {
    let beside = directory_of(path);
    tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(beside)
        .map_err(|source| StoreError::io("create a file in", beside, source))
}
