//! Statements of the log asked again, with values out of the tables.

use std::time::{Duration, Instant};

use super::link::{Link, Value};
use super::plan::explain;
use super::statement::{Columns, Place, Statement};
use super::{Database, census};
use crate::StoreError;

/// Rows out of which values are taken.
const SAMPLES: u64 = 8;
/// How often each is asked; the quickest counts, the others were disturbed by whatever else ran.
const ROUNDS: usize = 5;
/// A statement that takes longer is asked once a row: it is hardly disturbed.
const LONG: Duration = Duration::from_millis(500);
/// Value of a place that limits the number of rows.
const COUNT: i64 = 50;

impl Database {
    /// Mean time of one call of a statement, µs, over values taken from rows that lie evenly in its tables. None for one that
    /// writes, and for one with a place of which it is not known what belongs there.
    pub(super) fn replayed(
        &self,
        text: &str,
        columns: &Columns,
    ) -> Result<Option<f64>, StoreError> {
        if self.look(|link| explain(link.unlogged(), text)).is_err() {
            return Ok(None);
        }
        let Some(statement) = Statement::read(text, columns) else { return Ok(None) };
        if !statement.reads || text.ends_with(" UPDATE") {
            return Ok(None);
        }
        let Some(places) = statement.known_places() else { return Ok(None) };
        // A reader, so that nothing can be changed whatever the text says.
        self.look(|link| {
            let link = link.unlogged();
            let asks = places.iter().any(|place| matches!(place, Place::Columns(..)));
            let samples = if asks { SAMPLES } else { 1 };
            let (mut total_us, mut asked) = (0.0, 0);
            for sample in 0..samples {
                let mut values = Vec::with_capacity(places.len());
                for place in &places {
                    values.push(value(link, place, sample)?);
                }
                let mut least = f64::INFINITY;
                for _ in 0..ROUNDS {
                    let start = Instant::now();
                    link.query(text, &values)?;
                    let took = start.elapsed();
                    least = least.min(took.as_secs_f64() * 1e6);
                    if took >= LONG {
                        break;
                    }
                }
                total_us += least;
                asked += 1;
            }
            Ok(Some(total_us / f64::from(asked)))
        })
    }
}

/// A value for a place, out of row number `sample` of those that lie evenly in a table.
fn value(link: &mut dyn Link, place: &Place, sample: u64) -> Result<Value, StoreError> {
    let Place::Columns(table, columns) = place else { return Ok(COUNT.into()) };
    let rows = census::rows(link, table)?;
    let offset = (rows * (2 * sample + 1) / (2 * SAMPLES)) as i64;
    let key = census::key(link, table)?;
    // In the order of the key, so that a new index does not change which rows are taken.
    let order = match key.is_empty() {
        true => String::new(),
        false => format!("ORDER BY {}", census::listed(&key)),
    };
    let sql = format!(
        "SELECT {} FROM {} {order} LIMIT 1 OFFSET ?1",
        census::listed(columns),
        census::quoted(table)
    );
    let row = link.one(&sql, &[offset.into()])?;
    let found = row.and_then(|row| row.0.into_iter().find(|value| *value != Value::Null));
    Ok(found.unwrap_or(Value::Null))
}
