//! The verbs `data …`: runs in databases, what comes from elsewhere and goes elsewhere, and files of episodes for learning.
//!
//! [`mod@runs`], [`mod@query`], [`mod@export`], [`mod@import`], [`mod@upkeep`], [`mod@index`] and [`mod@tend`] work on a database; [`rollout`] makes files of episodes, [`show`] says what is in them, [`import_config`] reads the predecessor's
//! configurations. The JSON of each is documented in its module.

mod advice;
mod export;
mod import;
mod import_config;
mod index;
mod query;
pub mod returns;
pub mod rollout;
mod runs;
pub mod show;
mod tend;
mod upkeep;

use std::process::ExitCode;

use crate::error::CliError;

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Turn a configuration of the predecessor into a scenario
    ImportConfig(import_config::Args),
    /// Play episodes under a controller and write what was seen, done and got as Parquet
    Rollout(rollout::Args),
    /// Say what is in a Parquet file: rows, episodes, returns, columns, facts
    Show(show::Args),
    /// List the runs in a database, or tell one with its streams and files
    Runs(runs::Args),
    /// Print rows of a run as CSV
    Query(query::QueryArgs),
    /// Write rows of a run, its episodes or its proposals as Parquet, Arrow or CSV
    Export(export::ExportArgs),
    /// Bring a file of telemetry into a database
    Import(import::Args),
    /// Take a database to the schema of this release
    Migrate(upkeep::MigrateArgs),
    /// Hold everything in a database against its checksums
    Verify(upkeep::VerifyArgs),
    /// Copy a database while it is used, once or again and again
    Backup(upkeep::BackupArgs),
    /// Bring a backup back
    Restore(upkeep::RestoreArgs),
    /// Give room that nothing uses back to the file system
    Vacuum(upkeep::VacuumArgs),
    /// Replace old rows by the lowest, mean and highest value of each interval
    Thin(upkeep::ThinArgs),
    /// Remove old runs
    Prune(upkeep::PruneArgs),
    /// Say which indexes would pay, and make them
    Index(index::Args),
    /// Do all of this by a policy, once or again and again
    Tend(tend::Args),
}

/// Run the verb that is asked for.
///
/// # Errors
/// [`CliError`]; bad input is refused before anything is written.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.verb {
        Verb::ImportConfig(args) => import_config::run(args),
        Verb::Rollout(args) => rollout::run(args),
        Verb::Show(args) => show::run(args),
        Verb::Runs(args) => runs::run(args),
        Verb::Query(args) => query::query(args),
        Verb::Export(args) => export::run(args),
        Verb::Import(args) => import::run(args),
        Verb::Migrate(args) => upkeep::migrate(args),
        Verb::Verify(args) => upkeep::verify(args),
        Verb::Backup(args) => upkeep::backup(args),
        Verb::Restore(args) => upkeep::restore(args),
        Verb::Vacuum(args) => upkeep::vacuum(args),
        Verb::Thin(args) => upkeep::thin(args),
        Verb::Prune(args) => upkeep::prune(args),
        Verb::Index(args) => index::run(args),
        Verb::Tend(args) => tend::run(args),
    }
}
