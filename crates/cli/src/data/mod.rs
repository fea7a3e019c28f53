//! The verbs `data …`: what comes from elsewhere and what goes elsewhere.
//!
//! The JSON of each is documented in its module: [`import_config`].

mod import_config;

use std::process::ExitCode;

use clap::Subcommand;

use crate::error::CliError;

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Turn a configuration of the predecessor into a scenario
    ImportConfig(import_config::Args),
}

/// Run the verb that is asked for.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.verb {
        Verb::ImportConfig(args) => import_config::run(args),
    }
}
