use std::io;
use std::path::{Path, PathBuf};

use catalogue::FrameError;
use parquet::errors::ParquetError;
use thiserror::Error;

/// What can go wrong between a run and its files.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system has no room left.
    #[error("disk full while writing `{path}`; nothing was left behind and an older file was kept", path = path.display())]
    DiskFull {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The operating system refused something else.
    #[error("cannot {action} `{path}`: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`, `create a file in`, `replace`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is not what its name says.
    #[error("`{path}` cannot be read: {reason}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A field of a CSV file is not a number.
    #[error("`{path}` line {line}, column `{column}`: `{found}` is not a number", path = path.display())]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// What stands there.
        found: String,
    },
    /// Columns that make no frame, or do not follow each other.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The first column is not the time.
    #[error(
        "the first telemetry column is `{found}`; it has to be `time_s`, the unscaled time in s"
    )]
    FirstColumn {
        /// Name of the first column, empty when there is none.
        found: String,
    },
    /// Two columns carry one name.
    #[error("telemetry column `{0}` is declared twice")]
    ColumnTwice(String),
    /// A column reads a channel that does not exist.
    #[error(
        "telemetry column `{name}` reads channel {channel}; there are {channels} channels, numbered from 0"
    )]
    NoSuchChannel {
        /// Name of the column.
        name: String,
        /// What it reads.
        channel: usize,
        /// How many there are.
        channels: usize,
    },
    /// A name that is no place of a database.
    #[error(
        "`{found}` is no place of a database; it has to be a file or postgres://USER@HOST/NAME"
    )]
    Location {
        /// What was given.
        found: String,
    },
    /// The disk of a database has no room left.
    #[error("disk full while writing to `{place}`; what was committed before is kept")]
    DatabaseFull {
        /// The database.
        place: String,
    },
    /// A database that cannot be written.
    #[error("`{place}` can be read only; its file and its directory have to be writable")]
    DatabaseReadOnly {
        /// The database.
        place: String,
    },
    /// Somebody else held a database for too long.
    #[error("`{place}` was in use by others for longer than may be waited; nothing was changed")]
    DatabaseBusy {
        /// The database.
        place: String,
    },
    /// Somebody else has claimed a database.
    #[error("`{place}` is taken by another `{purpose}`; there may be one at a time")]
    DatabaseClaimed {
        /// The database.
        place: String,
        /// For what it was to be claimed.
        purpose: &'static str,
    },
    /// A server that does not answer.
    #[error("`{place}` does not answer: {reason}")]
    DatabaseAway {
        /// The database.
        place: String,
        /// What the driver said.
        reason: String,
    },
    /// A file whose bytes are not those that were written.
    #[error("`{place}` is damaged: {reason}; `lunar-habitat data restore` brings back a backup")]
    DatabaseDamaged {
        /// The database.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A database of a later release.
    #[error("`{place}` has schema {found}; this release knows schemas up to {known}")]
    DatabaseNewer {
        /// The database.
        place: String,
        /// Its schema.
        found: i64,
        /// Last schema of this release.
        known: i64,
    },
    /// A database of an earlier release that may only be read.
    #[error(
        "`{place}` has schema {found} and can be read only; this release reads schema {known}: take it to that on a disk that can be written"
    )]
    DatabaseOlder {
        /// The database.
        place: String,
        /// Its schema.
        found: i64,
        /// The schema of this release.
        known: i64,
    },
    /// A database refused something else.
    #[error("cannot {action} `{place}`: {reason}")]
    Database {
        /// The database.
        place: String,
        /// What was tried.
        action: &'static str,
        /// What it said.
        reason: String,
    },
    /// Something that is not in the database.
    #[error("`{place}` has no {what} `{name}`")]
    Missing {
        /// The database.
        place: String,
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Rows that a stream does not take.
    #[error("stream `{stream}`: {reason}")]
    Rows {
        /// The stream.
        stream: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::DiskFull { path }
            }
            _ => StoreError::Io { action, path, source },
        }
    }

    pub(crate) fn parquet(action: &'static str, path: &Path, error: ParquetError) -> StoreError {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) => StoreError::io(action, path, *source),
                Err(source) => {
                    StoreError::Format { path: path.to_path_buf(), reason: source.to_string() }
                }
            },
            other => StoreError::Format { path: path.to_path_buf(), reason: other.to_string() },
        }
    }

    pub(crate) fn csv(action: &'static str, path: &Path, error: csv::Error) -> StoreError {
        let reason = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(source) => StoreError::io(action, path, source),
            _ => StoreError::Format { path: path.to_path_buf(), reason },
        }
    }
}
