//! The verb `validate`.

use std::process::ExitCode;

use crate::error::CliError;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat validate --json")]
pub struct Args {}

/// Run the verb.
///
/// # Errors
/// [`CliError`].
pub fn run(_: Args) -> Result<ExitCode, CliError> {
    Err(CliError::Failed("`validate` is not there yet".into()))
}
