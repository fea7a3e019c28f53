//! A connection to PostgreSQL.

use std::collections::HashMap;
use std::error::Error as _;
use std::io::Write;
use std::num::TryFromIntError;
use std::time::Duration;

use bytes::BytesMut;
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, WrongType, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::encryption::{Encryption, connector};
use super::link::{Access, Dialect, Link, Row, Value};
use super::location::Location;
use crate::StoreError;

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// A connection with its prepared statements.
pub(crate) struct PostgresLink {
    /// Always there until it is dropped.
    client: Option<Client>,
    place: String,
    statements: HashMap<String, Statement>,
    open: bool,
}

impl PostgresLink {
    pub(crate) fn open(url: &str, access: Access, wait: Duration) -> Result<Self, StoreError> {
        let place = Location::Postgres(url.to_owned()).to_string();
        let refused =
            |reason| StoreError::Database { place: place.clone(), action: "open", reason };
        let (encryption, url) = Encryption::of(url).map_err(refused)?;
        let parsed = url.parse::<Config>();
        let mut config = parsed.map_err(|error| refused(words(&error)))?;
        config.application_name("lunar-habitat").connect_timeout(wait).ssl_mode(encryption.mode());
        let connected = match &encryption {
            Encryption::None => config.connect(NoTls),
            Encryption::Full { authorities } => {
                config.connect(connector(authorities.as_deref()).map_err(refused)?)
            }
        };
        let client = connected.map_err(|error| match is_of_a_certificate(&error) {
            true => refused(words(&error)),
            false => fault(&place, "open", &error),
        })?;
        let mut link =
            PostgresLink { client: Some(client), place, statements: HashMap::new(), open: false };
        link.script(&format!("SET lock_timeout = {}", wait.as_millis().max(1)))?;
        if access != Access::Write {
            link.script("SET default_transaction_read_only = on")?;
        }
        Ok(link)
    }

    fn fault(&self, action: &'static str, error: &postgres::Error) -> StoreError {
        fault(&self.place, action, error)
    }

    fn client(&mut self) -> Result<&mut Client, StoreError> {
        let place = &self.place;
        self.client.as_mut().ok_or_else(|| StoreError::DatabaseAway {
            place: place.clone(),
            reason: "the connection is closed".to_owned(),
        })
    }

    /// The prepared form of a statement.
    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let prepared = self.client()?.prepare(&sql.replace('?', "$"));
        let statement = prepared.map_err(|error| self.fault("read", &error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// An error with its causes in one sentence.
fn words(error: &postgres::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}

/// Whether the server could not prove who it is, or does not encrypt: to wait does not help.
fn is_of_a_certificate(error: &postgres::Error) -> bool {
    error.to_string().contains("TLS handshake")
}

/// Whether it is a value that could not be taken or given, which the driver finds before the server does.
fn is_of_a_value(error: &postgres::Error) -> bool {
    let cause = error.source();
    cause.is_some_and(|cause| cause.is::<WrongType>() || cause.is::<TryFromIntError>())
}

/// What an error of PostgreSQL means.
fn fault(place: &str, action: &'static str, error: &postgres::Error) -> StoreError {
    let (place, reason) = (place.to_owned(), words(error));
    match error.code() {
        Some(code) if *code == SqlState::DISK_FULL => StoreError::DatabaseFull { place },
        Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreError::DatabaseReadOnly { place }
        }
        Some(code)
            if *code == SqlState::LOCK_NOT_AVAILABLE
                || *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED =>
        {
            StoreError::DatabaseBusy { place }
        }
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            StoreError::DatabaseDamaged { place, reason }
        }
        // A value that is not of the type that a place has: the connection lives on.
        Some(code) if *code == SqlState::PROTOCOL_VIOLATION => {
            StoreError::Database { place, action, reason }
        }
        Some(code)
            if code.code().starts_with("57P")
                || code.code().starts_with("08")
                || *code == SqlState::TOO_MANY_CONNECTIONS =>
        {
            StoreError::DatabaseAway { place, reason }
        }
        Some(_) => StoreError::Database { place, action, reason },
        None if is_of_a_value(error) => StoreError::Database { place, action, reason },
        // No code: the connection itself failed.
        None => StoreError::DatabaseAway { place, reason },
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) => match *kind {
                Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
                Type::FLOAT8 => (*value as f64).to_sql(kind, out),
                _ => value.to_sql(kind, out),
            },
            Value::Real(value) => value.to_sql(kind, out),
            Value::Text(value) => value.to_sql(kind, out),
            Value::Bytes(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The text of a value of type `json`.
struct Json(String);

impl FromSql<'_> for Json {
    fn from_sql(_: &Type, bytes: &[u8]) -> Result<Json, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Json(std::str::from_utf8(bytes)?.to_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSON
    }
}

fn row_of(row: &postgres::Row) -> Result<Row, postgres::Error> {
    let mut values = Vec::with_capacity(row.len());
    for (at, column) in row.columns().iter().enumerate() {
        values.push(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.into(),
            Type::JSON => row.try_get::<_, Option<Json>>(at)?.map(|Json(text)| text).into(),
            Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(i64::from).into(),
            _ => row.try_get::<_, Option<String>>(at)?.into(),
        });
    }
    Ok(Row(values))
}

/// A value as binary COPY writes it: its length and its bytes.
fn copy_value(out: &mut Vec<u8>, value: &Value) {
    let bytes: &[u8] = match value {
        Value::Null => {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return;
        }
        Value::Int(value) => &value.to_be_bytes(),
        Value::Real(value) => &value.to_be_bytes(),
        Value::Text(value) => value.as_bytes(),
        Value::Bytes(value) => value,
    };
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

impl Drop for PostgresLink {
    /// The driver closes a connection in a loop of its own, which must not run within that of a pool.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // Where no thread can be had the connection closes when the process ends.
            let _ = std::thread::Builder::new().spawn(move || drop(client));
        }
    }
}

impl Link for PostgresLink {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let done = self.client()?.execute(&statement, &values);
        done.map_err(|error| self.fault("write to", &error))
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let found = self.client()?.query(&statement, &values);
        let rows = found.map_err(|error| self.fault("read", &error))?;
        rows.iter().map(row_of).collect::<Result<_, _>>().map_err(|e| self.fault("read", &e))
    }

    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let sql = format!("COPY {table} ({}) FROM STDIN BINARY", columns.join(", "));
        let place = self.place.clone();
        let write = |error: std::io::Error| StoreError::DatabaseAway {
            place: place.clone(),
            reason: error.to_string(),
        };
        let fault = |error: &postgres::Error| fault(&place, "write to", error);
        let mut copy = self.client()?.copy_in(&sql).map_err(|error| fault(&error))?;
        let mut out = b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for row in rows {
            out.extend_from_slice(&(row.len() as i16).to_be_bytes());
            row.iter().for_each(|value| copy_value(&mut out, value));
            if out.len() > 1 << 18 {
                copy.write_all(&out).map_err(write)?;
                out.clear();
            }
        }
        out.extend_from_slice(&(-1_i16).to_be_bytes());
        copy.write_all(&out).map_err(write)?;
        copy.finish().map_err(|error| fault(&error))
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        let done = self.client()?.batch_execute(sql);
        done.map_err(|error| self.fault("write to", &error))
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.script(match access {
            Access::Read | Access::Look => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN",
        })?;
        self.open = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.script("COMMIT")?;
        self.open = false;
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.script("ROLLBACK")?;
        self.open = false;
        Ok(())
    }

    fn is_sound(&mut self, wait: Duration) -> bool {
        let open = self.open;
        self.client.as_mut().is_some_and(|client| !open && client.is_valid(wait).is_ok())
    }

    fn is_closed(&self) -> bool {
        self.open || self.client.as_ref().is_none_or(Client::is_closed)
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn unlogged(&mut self) -> &mut dyn Link {
        self
    }

    fn version(&mut self) -> Result<i64, StoreError> {
        Ok(self.one("SELECT last_value FROM change_number", &[])?.map_or(0, |mut row| row.int(0)))
    }
}
