//! What a verb keeps of its run in a database.
//!
//! `--store PLACE`, or the variable `LUNAR_HABITAT_STORE`, names a file of SQLite or PostgreSQL by URL. A run is recorded when it
//! begins and when it ends; one that ends with an error is recorded as failed.

use std::time::{SystemTime, UNIX_EPOCH};

use catalogue::Frame;
use serde_json::Value;
use store::{
    Database, DatabaseSettings, Ingest, IngestSettings, Location, NewRun, RunStatus, Signal,
    StoreError,
};

use crate::error::CliError;
use crate::profile;
use crate::trajectory::Trajectory;
use crate::usage::machine;

/// Variable that names a database where no flag does.
const VARIABLE: &str = "LUNAR_HABITAT_STORE";
/// Setting that tells on which machine a run was started: speeds of one machine are compared with each other.
pub const MACHINE: &str = "machine";
/// Database of `data` where nothing else is named.
const FILE: &str = "lunar-habitat.db";

/// The flag.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Keep {
    /// Keep the run in a database too: a file, or postgres://USER@HOST/NAME [default: the variable LUNAR_HABITAT_STORE, if it is
    /// set]
    #[arg(long, value_name = "PLACE")]
    store: Option<String>,
}

/// Kind and name of the file that says where the time and the memory of a run went.
pub const PROFILE: (&str, &str) = ("profile", "profile.json");

/// The flag of a verb that needs a database.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Database: a file, or postgres://USER@HOST/NAME [default: the variable LUNAR_HABITAT_STORE, else lunar-habitat.db]
    #[arg(long, value_name = "PLACE")]
    store: Option<String>,
}

impl Place {
    /// Where it is.
    ///
    /// # Errors
    /// [`CliError`] for a name that is no place.
    pub fn location(&self) -> Result<Location, CliError> {
        let named = self.store.clone().or_else(|| std::env::var(VARIABLE).ok());
        Ok(named.unwrap_or_else(|| FILE.to_owned()).parse()?)
    }

    /// Open the database, which has to exist.
    ///
    /// # Errors
    /// [`CliError`] when it cannot be opened.
    pub fn open(&self) -> Result<Database, CliError> {
        Ok(Database::open_existing(&self.location()?, &DatabaseSettings::default())?)
    }

    /// Open the database, which has to exist, to read: also one that cannot be written.
    ///
    /// # Errors
    /// [`CliError`] when it cannot be opened.
    pub fn open_to_read(&self) -> Result<Database, CliError> {
        let (location, settings) = (self.location()?, DatabaseSettings::default());
        match Database::open_existing(&location, &settings) {
            Err(StoreError::DatabaseReadOnly { .. }) => {
                Ok(Database::open_to_read(&location, &settings)?)
            }
            other => Ok(other?),
        }
    }

    /// Open the database, making it where there is none.
    ///
    /// # Errors
    /// [`CliError`] when it cannot be opened.
    pub fn open_or_make(&self) -> Result<Database, CliError> {
        Ok(Database::open(&self.location()?, &DatabaseSettings::default())?)
    }
}

impl Keep {
    /// Nothing is recorded of a suite: say so to whoever asked for it everywhere.
    ///
    /// # Errors
    /// [`CliError`] where it was asked for here.
    pub fn is_not_for_a_suite(&self) -> Result<(), CliError> {
        if self.store.is_some() {
            return Err(CliError::flag("--store", "a suite is kept in its logbooks alone"));
        }
        if std::env::var_os(VARIABLE).is_some() {
            eprintln!("a suite is kept in its logbooks alone, whatever {VARIABLE} says");
        }
        Ok(())
    }

    /// Record that a run begins, where that is asked for.
    ///
    /// # Errors
    /// [`CliError`] when the database cannot be opened or written.
    pub fn begin(
        &self,
        kind: &str,
        name: &str,
        config: &Value,
        seeds: &[u64],
    ) -> Result<Option<Kept>, CliError> {
        let Some(place) = self.store.clone().or_else(|| std::env::var(VARIABLE).ok()) else {
            return Ok(None);
        };
        let database = Database::open(&place.parse()?, &DatabaseSettings::default())?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let name = format!("{kind}-{name}-{now}");
        let run = database.begin_run(&NewRun {
            name: name.clone(),
            kind: kind.to_owned(),
            code: env!("CARGO_PKG_VERSION").to_owned(),
            config: with_machine(config).to_string(),
            seeds: serde_json::to_string(seeds)?,
        })?;
        Ok(Some(Kept { database, run, name, ended: false }))
    }
}

/// Settings with the machine beside them.
fn with_machine(config: &Value) -> Value {
    let mut config = config.clone();
    if let Some(object) = config.as_object_mut() {
        object.insert(MACHINE.to_owned(), machine().into());
    }
    config
}

/// A run under way in a database.
#[derive(Debug)]
pub struct Kept {
    database: Database,
    run: i64,
    name: String,
    ended: bool,
}

impl Kept {
    /// A writer into a stream of the run.
    ///
    /// # Errors
    /// [`CliError`] when the stream cannot be made.
    pub fn ingest(&self, stream: &str, signals: &[Signal]) -> Result<Ingest, CliError> {
        let stream = self.database.stream(self.run, stream, signals)?;
        Ok(Ingest::new(&self.database, &stream, &IngestSettings::default()))
    }

    /// A trajectory of the run: `name`, with the columns and facts of `shape`.
    pub fn trajectory(&self, name: &str, shape: &Frame) -> Trajectory {
        Trajectory::begin(&self.database, self.run, name, shape)
    }

    /// Record that it came to its end: its results, what happened, where its time went, and its files by kind and name. All of it is there then, or
    /// nothing.
    ///
    /// # Errors
    /// [`CliError`] when it cannot be written.
    pub fn end(
        mut self,
        results: &Value,
        events: &[store::Event],
        files: &[(&str, &str, &[u8])],
    ) -> Result<(), CliError> {
        let (run, results) = (self.run, results.to_string());
        let profile = profile::json_of_run()?;
        self.database.batch(|batch| {
            for event in events {
                batch.record_event(run, event)?;
            }
            for (kind, name, bytes) in files {
                batch.keep_artifact(run, kind, name, "{}", bytes)?;
            }
            if let Some(text) = &profile {
                batch.keep_artifact(run, PROFILE.0, PROFILE.1, "{}", text.as_bytes())?;
            }
            batch.end_run(run, RunStatus::Done, Some(&results))
        })?;
        self.ended = true;
        eprintln!("kept as `{}` in {}", self.name, self.database.location());
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.ended {
            // The error that leads here is told; a second one would hide it.
            let _ = self.database.end_run(self.run, RunStatus::Failed, None);
        }
    }
}
