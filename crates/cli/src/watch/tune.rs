//! The sub-verb `tune`.
use crate::error::CliError;
use std::process::ExitCode;
/// Arguments of `watch tune`.
#[derive(Debug, clap::Args)]
pub struct Args {}
/// Run.
pub fn run(_: &Args) -> Result<ExitCode, CliError> {
    Ok(ExitCode::SUCCESS)
}
