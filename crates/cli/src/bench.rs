//! The verb `bench`.
use crate::error::CliError;
use std::process::ExitCode;
#[derive(Debug, clap::Args)]
pub struct Args {}
pub fn run(_: Args) -> Result<ExitCode, CliError> {
    Ok(ExitCode::SUCCESS)
}
