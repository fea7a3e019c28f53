//! The verbs `data …`: what comes from elsewhere, what goes elsewhere, and files of episodes for learning.
//!
//! [`rollout`] makes such files, [`show`] says what is in them, [`import_config`] reads the predecessor's
//! configurations. The JSON of each is documented in its module.

mod import_config;
pub mod returns;
pub mod rollout;
pub mod show;

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
    }
}
