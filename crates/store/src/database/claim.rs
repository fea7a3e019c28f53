use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::PathBuf;

use super::Database;
use super::link::{Access, Link};
use super::location::Location;
use super::postgres::PostgresLink;
use crate::StoreError;

/// A claim on a database: while it lives, nobody else gets the same one.
///
/// It goes with the program, however that ends. For a file it is a lock on a file beside, which stays and is empty; for a
/// server it is an advisory lock of a connection of its own, which is lost with that connection.
pub struct Claim {
    _file: Option<File>,
    _link: Option<Box<dyn Link>>,
}

impl Database {
    /// Claim the database for one purpose, as `serve`.
    ///
    /// A file system without locks gives the claim to everybody.
    ///
    /// # Errors
    /// [`StoreError::DatabaseClaimed`] where somebody else has it; what the database or the file system reports.
    ///
    /// # Examples
    /// ```
    /// # use lunar_habitat_store::{Database, DatabaseSettings, Location, StoreError};
    /// let dir = tempfile::tempdir()?;
    /// let place = Location::Sqlite(dir.path().join("runs.db"));
    /// let database = Database::open(&place, &DatabaseSettings::default())?;
    /// let claim = database.claim("serve")?;
    /// assert!(matches!(database.claim("serve"), Err(StoreError::DatabaseClaimed { .. })));
    /// drop(claim);
    /// database.claim("serve")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn claim(&self, purpose: &'static str) -> Result<Claim, StoreError> {
        let claimed = || StoreError::DatabaseClaimed { place: self.place(), purpose };
        match self.location() {
            Location::Sqlite(path) => {
                // By its own name: another way to the same file is no other database.
                let path = std::fs::canonicalize(path)
                    .map_err(|source| StoreError::io("read", path, source))?;
                let mut name = path.into_os_string();
                name.push(format!(".{purpose}"));
                let path = PathBuf::from(name);
                let io = |source| StoreError::io("create a file in", &path, source);
                let mut options = File::options();
                let file =
                    options.create(true).truncate(false).write(true).open(&path).map_err(io)?;
                match file.try_lock() {
                    Ok(()) => Ok(Claim { _file: Some(file), _link: None }),
                    Err(TryLockError::WouldBlock) => Err(claimed()),
                    Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                        Ok(Claim { _file: None, _link: None })
                    }
                    Err(TryLockError::Error(error)) => Err(io(error)),
                }
            }
            Location::Postgres(url) => {
                let (url, wait) = (url.clone(), self.settings().wait);
                // The driver runs a loop of its own, which a thread with another one cannot.
                let taken = std::thread::spawn(move || {
                    let mut link = PostgresLink::open(&url, Access::Write, wait)?;
                    let sql =
                        format!("SELECT pg_try_advisory_lock(hashtext('lunar-habitat {purpose}'))");
                    let found = link.one(&sql, &[])?;
                    let has_it = found.is_some_and(|mut row| row.int(0) != 0);
                    let link: Box<dyn Link> = Box::new(link);
                    Ok::<_, StoreError>(has_it.then_some(link))
                });
                let away = |_| StoreError::DatabaseAway {
                    place: self.place(),
                    reason: "the driver panicked while it connected".to_owned(),
                };
                let link = taken.join().map_err(away)??.ok_or_else(claimed)?;
                Ok(Claim { _file: None, _link: Some(link) })
            }
        }
    }
}
