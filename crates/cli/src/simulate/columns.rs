//! The columns of the telemetry files: time, every channel, then the scenario's aliases.

use catalogue::{Alias, Catalogue, Unit};
use habitat::scenario::{Kind, Loaded, Problem};
use store::Column;

use crate::error::CliError;

/// Word in a scenario for the time since the start.
const TIME: &str = "time_s";

/// Resolve the columns before anything is written.
///
/// # Errors
/// [`CliError::Scenario`] with the place of an alias whose name, channel or unit does not fit.
pub fn resolve(loaded: &Loaded, catalogue: &Catalogue) -> Result<Vec<Column>, CliError> {
    let mut columns = Column::all_of(catalogue);
    for (index, alias) in loaded.scenario.telemetry.columns.iter().enumerate() {
        let refuse = |key: &str, kind, what: &str, found: String, allowed: String| {
            let path = format!("telemetry.column[{index}].{key}");
            loaded.refuse(Problem::new(kind, path, what, found, allowed))
        };
        if columns.iter().any(|column| column.name == alias.name) {
            let found = format!("\"{}\"", alias.name);
            let allowed = "a name that no channel and no other column has".to_owned();
            return Err(refuse("name", Kind::Duplicate, "name is taken", found, allowed).into());
        }
        let wrong_unit = |error: catalogue::UnitError| {
            let what = format!("unit does not measure {}", error.quantity);
            let found = format!("\"{}\"", error.found);
            refuse("unit", Kind::WrongUnit, &what, found, error.allowed)
        };
        let mut column = if alias.channel == TIME {
            let shown = Alias::find(Unit::Second, &alias.unit).map_err(wrong_unit)?;
            Column::clock(&alias.name, &shown.symbol, shown.scale, shown.offset)
        } else {
            let channel = catalogue.find(&alias.channel).map_err(|error| {
                let hint = match error {
                    catalogue::CatalogueError::Unknown { hint, .. } => hint,
                    catalogue::CatalogueError::Twice(_) => String::new(),
                };
                let found = format!("\"{}\"", alias.channel);
                let allowed = format!("`time_s` or a channel of this scenario{hint}");
                refuse("channel", Kind::UnknownName, "no such channel", found, allowed)
            })?;
            let unit = catalogue.channels()[channel].unit;
            let shown = Alias::find(unit, &alias.unit).map_err(wrong_unit)?;
            Column::alias(&alias.name, channel, &shown)
        };
        column.offset += alias.offset;
        columns.push(column);
    }
    Ok(columns)
}
