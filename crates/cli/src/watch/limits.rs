//! Limits of alarms that somebody has approved: from a file, or those that come with the program.

use std::path::Path;

use watch::alarm::Overrides;

use crate::error::CliError;

/// What stands for the limits that come with the program where a file could stand.
const TUNED: &str = "tuned";
/// These limits, by the scenario on whose quiet days they were tuned.
const OWN: [(&str, &str); 1] =
    [("artemis-30d", include_str!("../../../../data/alarms/artemis-30d.toml"))];

fn refused(path: &Path, problem: impl std::fmt::Display) -> CliError {
    CliError::flag(format!("--alarms {}", path.display()), problem.to_string())
}

/// Every set of limits that `path` stands for.
///
/// # Errors
/// [`CliError::Flag`] for a file that cannot be read or is refused.
pub fn all(path: &Path) -> Result<Vec<Overrides>, CliError> {
    let parsed = |text: &str| Overrides::parse(text).map_err(|error| refused(path, error));
    if path == Path::new(TUNED) {
        return OWN.iter().map(|(_, text)| parsed(text)).collect();
    }
    let text = std::fs::read_to_string(path).map_err(|error| refused(path, error))?;
    Ok(vec![parsed(&text)?])
}

/// The limits that `path` stands for in the scenario with this name, or in one whose name is not known.
///
/// # Errors
/// As [`all`]; for limits of another scenario.
pub fn of(path: &Path, scenario: Option<&str>) -> Result<Overrides, CliError> {
    let fitting = |one: Overrides| match scenario.map_or(Ok(()), |name| one.fits(name)) {
        Ok(()) => Ok(one),
        Err(error) => Err(refused(path, error)),
    };
    let first_that_fits = all(path)?.into_iter().map(fitting).reduce(Result::or);
    first_that_fits.unwrap_or_else(|| Err(refused(path, "there are no limits in it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_with_the_program_for_the_scenarios_they_were_tuned_on() {
        let path = Path::new(TUNED);
        for (name, _) in OWN {
            assert!(!of(path, Some(name)).unwrap().alarms.is_empty());
        }
        let error = of(path, Some("cabin-30d")).unwrap_err().to_string();
        assert!(error.contains("--alarms tuned") && error.contains("artemis-30d"), "{error}");
    }
}
