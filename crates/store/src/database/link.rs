//! One connection to a database, whichever it is.
//!
//! Statements are written once, in the part of SQL that SQLite and PostgreSQL share, with places `?1`, `?2`, … for
//! values. Values never become part of a statement, so a hostile name stays a name.

use std::time::Duration;

use crate::StoreError;

/// A value in a row or of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Bytes(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// One row of an answer; columns are taken from the left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Take the value of `column` out of the row.
    fn take(&mut self, column: usize) -> Value {
        self.0.get_mut(column).map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
    }

    pub(crate) fn int(&mut self, column: usize) -> i64 {
        match self.take(column) {
            Value::Int(value) => value,
            Value::Real(value) => value as i64,
            _ => 0,
        }
    }

    pub(crate) fn maybe_int(&mut self, column: usize) -> Option<i64> {
        match self.take(column) {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn maybe_real(&mut self, column: usize) -> Option<f64> {
        match self.take(column) {
            Value::Real(value) => Some(value),
            Value::Int(value) => Some(value as f64),
            _ => None,
        }
    }

    pub(crate) fn text(&mut self, column: usize) -> String {
        match self.take(column) {
            Value::Text(value) => value,
            _ => String::new(),
        }
    }

    pub(crate) fn maybe_text(&mut self, column: usize) -> Option<String> {
        match self.take(column) {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn bytes(&mut self, column: usize) -> Vec<u8> {
        match self.take(column) {
            Value::Bytes(value) => value,
            _ => Vec::new(),
        }
    }
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// See one state of the database from the first statement to the last.
    Read,
    /// As `Read`, of a database that cannot be written: of a file that only reading is allowed of, or on a disk of that kind.
    Look,
    /// Change it; one at a time.
    Write,
}

/// A connection.
pub(crate) trait Link: Send {
    /// Run one statement; returns how many rows changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError>;

    /// Run one query.
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Insert rows of one table at once, the fastest way there is.
    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError>;

    /// Run several statements without values, separated by semicolons.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;

    fn begin(&mut self, access: Access) -> Result<(), StoreError>;
    fn commit(&mut self) -> Result<(), StoreError>;
    fn roll_back(&mut self) -> Result<(), StoreError>;

    /// Whether it can still be used; asks the server, where there is one, and waits so long for the answer.
    fn is_sound(&mut self, wait: Duration) -> bool;

    /// Whether it is known to be lost, without asking anybody.
    fn is_closed(&self) -> bool {
        false
    }

    /// What this kind of database calls things.
    fn dialect(&self) -> Dialect;

    /// Number that another process's write changes; what this connection wrote does not count on SQLite.
    fn version(&mut self) -> Result<i64, StoreError>;

    /// The same connection without the log of slow statements: for statements about the log and about plans.
    fn unlogged(&mut self) -> &mut dyn Link;

    /// The SQLite connection, where it is one.
    fn sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        None
    }

    /// The one row that a query gives.
    fn one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }
}

/// Kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}
