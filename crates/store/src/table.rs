//! Telemetry files read back.

use std::path::Path;

use catalogue::Values;

use crate::{StoreError, read_frame};

/// Metadata keys of a Parquet file that carry the unit of a column start with this.
pub(crate) const UNIT_KEY: &str = "unit:";

/// Named columns of numbers, all of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Names in file order.
    pub names: Vec<String>,
    /// Values of the columns in the order of `names`.
    pub columns: Vec<Vec<f64>>,
    /// Metadata of the file: units under `unit:NAME` and the facts of the run. CSV has none.
    pub metadata: Vec<(String, String)>,
}

impl Table {
    /// Values of the column `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let index = self.names.iter().position(|known| known == name)?;
        self.columns.get(index).map(Vec::as_slice)
    }

    /// Symbol of the unit of the column `name`, when the file says so.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<&str> {
        self.fact(&format!("{UNIT_KEY}{name}"))
    }

    /// Value of the metadata key `key`.
    #[must_use]
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// Read a CSV file whose first line is a header and whose fields are numbers.
///
/// # Errors
/// [`StoreError::Io`] when it cannot be read, [`StoreError::NotANumber`] with line and column,
/// [`StoreError::Format`] when its lines differ in length.
pub fn read_csv(path: &Path) -> Result<Table, StoreError> {
    let failed = |error| StoreError::csv("read", path, error);
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let names: Vec<String> = reader.headers().map_err(failed)?.iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    let mut record = csv::StringRecord::new();
    let mut line = 1;
    while reader.read_record(&mut record).map_err(failed)? {
        line += 1;
        for ((field, column), name) in record.iter().zip(&mut columns).zip(&names) {
            let value = field.parse().map_err(|_| StoreError::NotANumber {
                path: path.to_path_buf(),
                // The reader counts a line early after CRLF; a row of numbers is one line.
                line,
                column: name.clone(),
                found: field.to_owned(),
            })?;
            column.push(value);
        }
    }
    Ok(Table { names, columns, metadata: Vec::new() })
}

/// Read a Parquet file whose columns are doubles, as [`TelemetryWriter`] writes them.
///
/// [`TelemetryWriter`]: crate::TelemetryWriter
///
/// # Errors
/// [`StoreError::Io`] when it cannot be read, [`StoreError::Format`] when it is no Parquet file or
/// has columns of another type.
pub fn read_parquet(path: &Path) -> Result<Table, StoreError> {
    let frame = read_frame(path)?;
    let mut names = Vec::new();
    let metadata = frame.facts.clone();
    let mut columns = Vec::new();
    for (name, values) in frame.names().to_vec().into_iter().zip(frame.into_columns()) {
        let Values::F64(values) = values else {
            let reason = format!("column `{name}` is {}: allowed is f64", values.kind().name());
            return Err(StoreError::Format { path: path.to_path_buf(), reason });
        };
        names.push(name);
        columns.push(values);
    }
    Ok(Table { names, columns, metadata })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_field_that_is_no_number_is_named_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        fs::write(&path, "time_s,a\r\n0,1\r\n60,high\r\n").unwrap();
        let message = read_csv(&path).unwrap_err().to_string();
        assert!(message.ends_with("line 3, column `a`: `high` is not a number"), "{message}");
    }

    #[test]
    fn broken_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "time_s,a\n0\n").unwrap();
        assert!(matches!(read_csv(&path), Err(StoreError::Format { .. })));
        assert!(matches!(read_parquet(&path), Err(StoreError::Format { .. })));
        let absent = dir.path().join("absent");
        assert!(matches!(read_csv(&absent), Err(StoreError::Io { .. })));
        assert!(matches!(read_parquet(&absent), Err(StoreError::Io { .. })));
    }
}
