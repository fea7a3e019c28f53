//! Which numbers stand in which column of a telemetry file.

use std::collections::BTreeSet;

use catalogue::{Alias, Catalogue};

use crate::StoreError;

/// Where a column takes its values from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnSource {
    /// The time stamp of the row, s.
    Time,
    /// The channel at this position of the row.
    Channel(usize),
}

/// One column of a telemetry file: `shown = source * scale + offset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the header: `time_s`, a channel id or an alias.
    pub name: String,
    /// Symbol of the unit the values are shown in.
    pub unit_symbol: String,
    /// Where the values come from.
    pub source: ColumnSource,
    /// Factor from the source's SI value.
    pub scale: f64,
    /// Shift after the factor.
    pub offset: f64,
}

impl Column {
    /// The time column that every telemetry file starts with.
    #[must_use]
    pub fn time() -> Column {
        Column {
            name: "time_s".to_owned(),
            unit_symbol: "s".to_owned(),
            source: ColumnSource::Time,
            scale: 1.0,
            offset: 0.0,
        }
    }

    /// A further time column in another unit or from another origin, for example test hours.
    #[must_use]
    pub fn clock(name: &str, unit_symbol: &str, scale: f64, offset: f64) -> Column {
        Column {
            name: name.to_owned(),
            unit_symbol: unit_symbol.to_owned(),
            source: ColumnSource::Time,
            scale,
            offset,
        }
    }

    /// The channel at position `index` in its SI unit.
    #[must_use]
    pub fn channel(index: usize, id: &str, unit_symbol: &str) -> Column {
        Column {
            name: id.to_owned(),
            unit_symbol: unit_symbol.to_owned(),
            source: ColumnSource::Channel(index),
            scale: 1.0,
            offset: 0.0,
        }
    }

    /// The channel at position `index` under another name and in a display unit.
    #[must_use]
    pub fn alias(name: &str, index: usize, alias: &Alias) -> Column {
        Column {
            name: name.to_owned(),
            unit_symbol: alias.symbol.clone(),
            source: ColumnSource::Channel(index),
            scale: alias.scale,
            offset: alias.offset,
        }
    }

    /// The time followed by every channel of `catalogue` in its order; aliases may be appended.
    #[must_use]
    pub fn all_of(catalogue: &Catalogue) -> Vec<Column> {
        let channels = catalogue
            .channels()
            .iter()
            .enumerate()
            .map(|(index, channel)| Column::channel(index, &channel.id, channel.unit.symbol()));
        std::iter::once(Column::time()).chain(channels).collect()
    }

    /// Convert a value of the source to what the column shows.
    #[inline]
    #[must_use]
    pub fn show(&self, si: f64) -> f64 {
        si * self.scale + self.offset
    }
}

/// Refuse columns that no file can hold.
pub(crate) fn check(columns: &[Column], channels: usize) -> Result<(), StoreError> {
    let first = columns.first();
    if first != Some(&Column::time()) {
        let found = first.map_or(String::new(), |column| column.name.clone());
        return Err(StoreError::FirstColumn { found });
    }
    let mut names = BTreeSet::new();
    for column in columns {
        if !names.insert(column.name.as_str()) {
            return Err(StoreError::ColumnTwice(column.name.clone()));
        }
        match column.source {
            ColumnSource::Channel(channel) if channel >= channels => {
                let name = column.name.clone();
                return Err(StoreError::NoSuchChannel { name, channel, channels });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use catalogue::{Channel, Unit, ValueKind};

    use super::*;

    #[test]
    fn columns_follow_the_catalogue() {
        let channel = Channel {
            id: "living.air.pp_co2_pa".into(),
            quantity: "CO2 partial pressure".into(),
            unit: Unit::Pascal,
            kind: ValueKind::True,
            limits: None,
            owner: "living.air".into(),
            source: "ours".into(),
        };
        let catalogue = Catalogue::new(vec![channel]).unwrap();
        let mut columns = Column::all_of(&catalogue);
        let torr = Alias::find(Unit::Pascal, "torr").unwrap();
        columns.push(Column::alias("pp_co2_torr", 0, &torr));
        assert_eq!(columns[1].unit_symbol, "Pa");
        assert!((columns[2].show(399.966) - 3.0).abs() < 1e-12);
        assert!(check(&columns, 1).is_ok());
    }

    #[test]
    fn impossible_columns_are_refused() {
        let message =
            |columns: &[Column], channels| check(columns, channels).unwrap_err().to_string();
        assert!(message(&[], 0).contains("`time_s`"));
        assert!(message(&[Column::channel(0, "a", "Pa")], 1).contains("`a`"));
        let twice = [Column::time(), Column::channel(0, "a", "Pa"), Column::channel(1, "a", "Pa")];
        assert!(message(&twice, 2).contains("`a` is declared twice"));
        let absent = [Column::time(), Column::channel(3, "a", "Pa")];
        assert!(message(&absent, 2).contains("reads channel 3; there are 2 channels"));
    }
}
