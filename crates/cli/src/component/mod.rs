//! The verb `component`.

use std::process::ExitCode;

use crate::error::CliError;

/// Arguments of `component`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Run the verb.
///
/// # Errors
/// [`CliError`].
pub fn run(_: Args) -> Result<ExitCode, CliError> {
    Err(CliError::Failed("`component` is not there yet".into()))
}
