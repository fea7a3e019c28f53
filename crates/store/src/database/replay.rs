//! Statements of the log asked again, with values out of the tables.

use std::collections::HashMap;
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

/// What an attempt has found; none where the statement itself is refused, which says nothing about the database.
pub(super) fn heard<T>(attempt: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match attempt {
        Ok(found) => Ok(Some(found)),
        Err(
            error @ (StoreError::DatabaseAway { .. }
            | StoreError::DatabaseBusy { .. }
            | StoreError::DatabaseDamaged { .. }),
        ) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Database {
    /// Mean time of one call of a statement, µs, over values taken from rows that lie evenly in its tables. None for one that
    /// writes, for one with a place of which it is not known what belongs there, and for one that does not take these values.
    pub(super) fn replayed(
        &self,
        text: &str,
        columns: &Columns,
    ) -> Result<Option<f64>, StoreError> {
        if heard(self.look(|link| explain(link.unlogged(), text)))?.is_none() {
            return Ok(None);
        }
        let Some(statement) = Statement::read(text, columns) else { return Ok(None) };
        if !statement.reads {
            return Ok(None);
        }
        let Some(places) = statement.known_places() else { return Ok(None) };
        // A reader, so that nothing can be changed whatever the text says. An error ends its transaction on a server, so it
        // ends this, too.
        heard(self.look(|link| {
            let link = link.unlogged();
            let mut tables = HashMap::new();
            for place in &places {
                if let Place::Columns(table, _) = place
                    && !tables.contains_key(table)
                {
                    tables.insert(table, Sampled::new(link, table)?);
                }
            }
            let samples = if tables.is_empty() { 1 } else { SAMPLES };
            let (mut total_us, mut asked) = (0.0, 0);
            for sample in 0..samples {
                let mut values = Vec::with_capacity(places.len());
                for place in &places {
                    values.push(match place {
                        Place::Columns(table, columns) => {
                            tables[table].value(link, columns, sample)?
                        }
                        Place::Count => COUNT.into(),
                    });
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
            Ok(total_us / f64::from(asked))
        }))
    }
}

/// A table out of which values are taken.
struct Sampled<'a> {
    table: &'a str,
    rows: u64,
    /// In the order of the key, so that a new index does not change which rows are taken.
    order: String,
}

impl Sampled<'_> {
    fn new<'a>(link: &mut dyn Link, table: &'a str) -> Result<Sampled<'a>, StoreError> {
        let (rows, key) = (census::rows(link, table)?, census::key(link, table)?);
        let order = match key.is_empty() {
            true => String::new(),
            false => format!("ORDER BY {}", census::listed(&key)),
        };
        Ok(Sampled { table, rows, order })
    }

    /// A value of one of these columns, out of row number `sample` of those that lie evenly in the table.
    fn value(
        &self,
        link: &mut dyn Link,
        columns: &[String],
        sample: u64,
    ) -> Result<Value, StoreError> {
        let offset = (self.rows * (2 * sample + 1) / (2 * SAMPLES)) as i64;
        let sql = format!(
            "SELECT {} FROM {} {} LIMIT 1 OFFSET ?1",
            census::listed(columns),
            census::quoted(self.table),
            self.order
        );
        let row = link.one(&sql, &[offset.into()])?;
        let found = row.and_then(|row| row.0.into_iter().find(|value| *value != Value::Null));
        Ok(found.unwrap_or(Value::Null))
    }
}
