//! L: what the ledger cannot explain, over whole missions.

use super::case::{Found, Group};
use super::mission::run_shipped;
use crate::error::CliError;

/// The group.
pub const GROUP: Group = Group {
    letter: "L",
    title: "Ledger over whole missions",
    references: include_str!("../../../../data/reference/ledger.json"),
    work: &[cabin, lmlstp],
};

fn residuals(scenario: &str, name: &str) -> Result<Found, CliError> {
    let outcome = run_shipped(scenario, |_| {})?;
    let mut found = Found::default();
    found.value(format!("L-{name}-mass"), outcome.mass_residual_max);
    found.value(format!("L-{name}-energy"), outcome.energy_residual_max);
    Ok(found)
}

fn cabin() -> Result<Found, CliError> {
    residuals("cabin-30d", "cabin")
}

fn lmlstp() -> Result<Found, CliError> {
    residuals("lmlstp-phase-3", "lmlstp")
}
