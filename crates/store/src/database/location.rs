//! Where a database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::StoreError;

/// Where a database is: a file of SQLite, or PostgreSQL by URL.
///
/// ```
/// use lunar_habitat_store::Location;
/// let file: Location = "runs.db".parse()?;
/// assert_eq!(file.to_string(), "runs.db");
/// let server: Location = "postgres://habitat:secret@db.example/runs".parse()?;
/// assert_eq!(server.to_string(), "postgres://habitat:***@db.example/runs");
/// assert!("mysql://db/runs".parse::<Location>().is_err());
/// # Ok::<(), lunar_habitat_store::StoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(String),
}

impl Location {
    /// The file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Location::Sqlite(path) => Some(path),
            Location::Postgres(_) => None,
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Location {
        Location::Sqlite(path.to_path_buf())
    }
}

impl FromStr for Location {
    type Err = StoreError;

    /// # Errors
    /// [`StoreError::Location`] for an empty name and for a URL of another kind.
    fn from_str(text: &str) -> Result<Location, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Location::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        if path.is_empty() || path.contains("://") || path.contains('\0') {
            return Err(StoreError::Location { found: text.to_owned() });
        }
        Ok(Location::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for Location {
    /// As it was given; a password is not shown.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Sqlite(path) => write!(out, "{}", path.display()),
            Location::Postgres(url) => {
                let shown = url.split_once("://").and_then(|(scheme, rest)| {
                    let (who, place) = rest.split_once('@')?;
                    let (user, _) = who.split_once(':')?;
                    Some(format!("{scheme}://{user}:***@{place}"))
                });
                out.write_str(shown.as_deref().unwrap_or(url))
            }
        }
    }
}
