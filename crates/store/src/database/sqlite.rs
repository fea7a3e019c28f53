//! A connection to a file of SQLite.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, ffi, params_from_iter};

use super::link::{Access, Dialect, Link, Row, Value};
use super::schema;
use crate::StoreError;

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 64;
/// Bytes of the smallest page, and so of the smallest file.
const SMALLEST: u64 = 512;

/// Pause before a file that was in use is opened again.
const AGAIN: Duration = Duration::from_millis(5);

/// A connection in write-ahead mode: one writer and any number of readers at a time, in this process and others.
pub(crate) struct SqliteLink {
    connection: Connection,
    path: PathBuf,
}

impl SqliteLink {
    /// Open the file, making it where it is missing and `access` is to write.
    ///
    /// SQLite does not wait for others who turn a new file to its log at the same moment: then it is tried again.
    pub(crate) fn open(path: &Path, access: Access, wait: Duration) -> Result<Self, StoreError> {
        let start = Instant::now();
        loop {
            match Self::open_once(path, access, wait) {
                Err(StoreError::DatabaseBusy { .. }) if start.elapsed() < wait => {
                    std::thread::sleep(AGAIN);
                }
                other => return other,
            }
        }
    }

    fn open_once(path: &Path, access: Access, wait: Duration) -> Result<Self, StoreError> {
        let flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            // A reader of a write-ahead log takes part in its shared memory, so it opens for writing too.
            Access::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Look => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        };
        // SQLite takes a file of one byte for an empty one and would write over it.
        if std::fs::metadata(path).is_ok_and(|found| (1..SMALLEST).contains(&found.len())) {
            let reason = "it is too short for a database".to_owned();
            return Err(StoreError::DatabaseDamaged { place: path.display().to_string(), reason });
        }
        let fault = |error| fault(path, "open", &error);
        let name = if access == Access::Look { still_name(path)? } else { path.to_path_buf() };
        let connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(fault)?;
        connection.busy_timeout(wait).map_err(fault)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        known(&connection, path).map_err(fault)??;
        if access == Access::Look {
            let settings =
                "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";
            connection.execute_batch(settings).map_err(fault)?;
            return Ok(SqliteLink { connection, path: path.to_path_buf() });
        }
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(fault)? {
            return Err(StoreError::DatabaseReadOnly { place: path.display().to_string() });
        }
        // Full: what is committed has reached the disk, also when the power fails. The page size counts in a new file.
        connection
            .execute_batch(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;
                 PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON;",
            )
            .map_err(fault)?;
        if access == Access::Read {
            connection.execute_batch("PRAGMA query_only = ON").map_err(fault)?;
        }
        Ok(SqliteLink { connection, path: path.to_path_buf() })
    }

    fn fault(&self, action: &'static str, error: &rusqlite::Error) -> StoreError {
        fault(&self.path, action, error)
    }
}

/// Whether a file lies on a disk that nobody can write as it is mounted.
fn is_still(path: &Path) -> bool {
    #[cfg(unix)]
    return rustix::fs::statvfs(path)
        .is_ok_and(|disk| disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    #[cfg(not(unix))]
    {
        // Not asked there: such a disk is refused.
        let _ = path;
        false
    }
}

/// The name by which a file is opened that is only looked at.
///
/// On a disk that nobody can write, SQLite is told so: it needs its shared memory otherwise, which cannot be made there. What
/// a log beside the file holds would then not be seen, so such a file is refused.
fn still_name(path: &Path) -> Result<PathBuf, StoreError> {
    use std::fmt::Write;
    let is_still = is_still(path);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|found| found.len() > 0);
    if is_still && has_log {
        return Err(StoreError::DatabaseReadOnly { place: path.display().to_string() });
    }
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                name.push(char::from(*byte))
            }
            // A string takes everything that is written to it.
            _ => drop(write!(name, "%{byte:02X}")),
        }
    }
    if is_still {
        name.push_str("?immutable=1");
    }
    Ok(PathBuf::from(name))
}

/// Refuse what is no database of ours before anything in it or beside it is changed.
///
/// The file is looked at through the connection: to open and close it otherwise would end the locks that this process holds
/// on it (POSIX), and a program that asks those locks whether it is the last would take the log away.
fn known(connection: &Connection, path: &Path) -> rusqlite::Result<Result<(), StoreError>> {
    connection.execute_batch("BEGIN")?;
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let found = number("PRAGMA user_version")?;
    let tables = number("SELECT COUNT(*) FROM sqlite_schema")?;
    connection.execute_batch("COMMIT")?;
    let place = path.display().to_string();
    if found > schema::NEWEST {
        return Ok(Err(StoreError::DatabaseNewer { place, found, known: schema::NEWEST }));
    }
    if found == 0 && tables > 0 {
        let reason = "it is a database of another program".to_owned();
        return Ok(Err(StoreError::Database { place, action: "open", reason }));
    }
    Ok(Ok(()))
}

/// What an error of SQLite means.
pub(super) fn fault(path: &Path, action: &'static str, error: &rusqlite::Error) -> StoreError {
    let place = path.display().to_string();
    let reason = error.to_string();
    let extended = error.sqlite_extended_error_code();
    match error.sqlite_error_code() {
        // The end of a page lies beyond the end of the file.
        _ if extended == Some(ffi::SQLITE_IOERR_SHORT_READ) => {
            StoreError::DatabaseDamaged { place, reason }
        }
        // SQLite does not tell why it cannot make a file beside the database; the file system does.
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => match room_beside(path) {
            Err(error) if is_full(&error) => StoreError::DatabaseFull { place },
            Err(error) if is_refused(&error) => StoreError::DatabaseReadOnly { place },
            _ => StoreError::Database { place, action, reason },
        },
        Some(ErrorCode::DiskFull) => StoreError::DatabaseFull { place },
        Some(ErrorCode::ReadOnly) => StoreError::DatabaseReadOnly { place },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::DatabaseBusy { place }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::DatabaseDamaged { place, reason }
        }
        _ => StoreError::Database { place, action, reason },
    }
}

/// Write a page's worth of bytes into a file without a name in the directory of the database.
fn room_beside(path: &Path) -> std::io::Result<()> {
    use std::io::Write;
    let beside = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let mut file = tempfile::tempfile_in(beside.unwrap_or(Path::new(".")))?;
    file.write_all(&[0; 32_768])
}

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

fn is_refused(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Integer(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn row_of(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let mut values = Vec::with_capacity(columns);
    for column in 0..columns {
        values.push(match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(value) => Value::Int(value),
            ValueRef::Real(value) => Value::Real(value),
            ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
            ValueRef::Blob(value) => Value::Bytes(value.to_vec()),
        });
    }
    Ok(Row(values))
}

impl Link for SqliteLink {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params_from_iter(values)))
            .map(|changed| changed as u64)
            .map_err(|error| self.fault("write to", &error))
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let columns = statement.column_count();
            let rows = statement.query_map(params_from_iter(values), |row| row_of(row, columns))?;
            rows.collect::<rusqlite::Result<Vec<Row>>>()
        };
        read().map_err(|error| self.fault("read", &error))
    }

    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        let sql =
            format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let mut write = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut count = 0;
            for row in &mut *rows {
                count += statement.execute(params_from_iter(&row))? as u64;
            }
            Ok(count)
        };
        write().map_err(|error| self.fault("write to", &error))
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| self.fault("write to", &error))
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        let sql = match access {
            Access::Read | Access::Look => "BEGIN DEFERRED",
            Access::Write => "BEGIN IMMEDIATE",
        };
        self.execute(sql, &[]).map(|_| ())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("COMMIT", &[]).map(|_| ())
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        // A transaction that has failed for good, on a full disk for one, is rolled back already.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.execute("ROLLBACK", &[]).map(|_| ())
    }

    fn is_sound(&mut self, _: Duration) -> bool {
        self.connection.is_autocommit()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn version(&mut self) -> Result<i64, StoreError> {
        Ok(self.one("PRAGMA data_version", &[])?.map_or(0, |mut row| row.int(0)))
    }

    fn unlogged(&mut self) -> &mut dyn Link {
        self
    }

    fn sqlite(&mut self) -> Option<&mut Connection> {
        Some(&mut self.connection)
    }
}
