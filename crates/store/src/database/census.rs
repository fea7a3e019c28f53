//! What tables and indexes there are, and how large they are.

use std::collections::HashMap;

use super::link::{Dialect, Link, Value};
use super::statement::Columns;
use crate::StoreError;
use crate::advice::{Index, Table};

/// Tables of the log and of what was made: nobody asks them for anything but advice.
const OWN: [&str; 4] = ["made_index", "schema_number", "slow_query", "written_rows"];
/// Rows that the size of a column is told by.
const SAMPLE: i64 = 1_000;

/// A name as a part of a statement, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names in quotes, with commas between.
pub(crate) fn listed(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn count(link: &mut dyn Link, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
    Ok(link.one(sql, values)?.map_or(0, |mut row| row.int(0).max(0) as u64))
}

/// Tables with their columns.
pub(crate) fn columns(link: &mut dyn Link) -> Result<Columns, StoreError> {
    let sql = match link.dialect() {
        Dialect::Sqlite => {
            "SELECT tables.name, columns.name
             FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             ORDER BY columns.cid"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
             FROM information_schema.columns
             WHERE table_schema = current_schema() ORDER BY ordinal_position"
        }
    };
    let mut all = Columns::new();
    for mut row in link.query(sql, &[])? {
        let (table, column) = (row.text(0), row.text(1));
        if !OWN.contains(&table.as_str()) {
            all.entry(table).or_default().push(column);
        }
    }
    Ok(all)
}

/// The indexes; how often each was used is told on a server only.
pub(crate) fn indexes(link: &mut dyn Link) -> Result<Vec<Index>, StoreError> {
    let mut all = match link.dialect() {
        Dialect::Sqlite => of_sqlite(link)?,
        Dialect::Postgres => of_postgres(link)?,
    };
    all.retain(|index| !OWN.contains(&index.table.as_str()));
    Ok(all)
}

fn of_sqlite(link: &mut dyn Link) -> Result<Vec<Index>, StoreError> {
    // The number of a row is the first way to it, without being an index.
    let keys = "SELECT tables.name, MAX(columns.name) FROM sqlite_schema AS tables,
             pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND columns.pk > 0
         GROUP BY tables.name HAVING COUNT(*) = 1 AND MAX(UPPER(columns.type)) = 'INTEGER'";
    let key = |mut row: super::link::Row| Index {
        name: String::new(),
        table: row.text(0),
        columns: vec![row.text(1)],
        is_constraint: true,
        uses: 0,
        bytes: 0,
    };
    let mut all: Vec<Index> = link.query(keys, &[])?.into_iter().map(key).collect();
    // Part of a table, or of an expression, is no index that serves whoever names its columns.
    let sql = "SELECT tables.name, indexes.name, indexes.\"unique\" OR indexes.origin <> 'c'
         FROM sqlite_schema AS tables, pragma_index_list(tables.name) AS indexes
         WHERE tables.type = 'table' AND indexes.partial = 0 ORDER BY indexes.name";
    for mut row in link.query(sql, &[])? {
        let (table, name, is_constraint) = (row.text(0), row.text(1), row.int(2) != 0);
        let sql = "SELECT name FROM pragma_index_info(?1) ORDER BY seqno";
        let found = link.query(sql, &[name.as_str().into()])?;
        let columns: Option<Vec<String>> =
            found.into_iter().map(|mut row| row.maybe_text(0)).collect();
        let Some(columns) = columns else { continue };
        let bytes = size(link, &name)?;
        all.push(Index { name, table, columns, is_constraint, uses: 0, bytes });
    }
    Ok(all)
}

fn of_postgres(link: &mut dyn Link) -> Result<Vec<Index>, StoreError> {
    let sql = "SELECT CAST(i.relname AS TEXT), CAST(t.relname AS TEXT), x.indisunique,
             pg_relation_size(i.oid), COALESCE(s.idx_scan, 0), CAST(a.attname AS TEXT)
         FROM pg_index x
         JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_class t ON t.oid = x.indrelid
         JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
         LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.oid
         CROSS JOIN LATERAL unnest(CAST(x.indkey AS SMALLINT[])) WITH ORDINALITY AS k(number, place)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
         WHERE x.indpred IS NULL AND x.indexprs IS NULL AND x.indisvalid
             AND k.place <= x.indnkeyatts
         ORDER BY i.relname, k.place";
    let mut all: Vec<Index> = Vec::new();
    for mut row in link.query(sql, &[])? {
        let (name, column) = (row.text(0), row.text(5));
        match all.last_mut() {
            Some(last) if last.name == name => last.columns.push(column),
            _ => all.push(Index {
                name,
                table: row.text(1),
                columns: vec![column],
                is_constraint: row.int(2) != 0,
                uses: row.int(4) as u64,
                bytes: row.int(3) as u64,
            }),
        }
    }
    Ok(all)
}

/// Size of an index, bytes.
pub(crate) fn size(link: &mut dyn Link, index: &str) -> Result<u64, StoreError> {
    match link.dialect() {
        Dialect::Sqlite => {
            let sql =
                "SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name = ?1 AND aggregate = 1";
            count(link, sql, &[index.into()])
        }
        Dialect::Postgres => {
            let sql = "SELECT COALESCE(MAX(pg_relation_size(oid)), 0) FROM pg_class
                 WHERE relname = ?1 AND relnamespace = to_regnamespace(current_schema())";
            count(link, sql, &[index.into()])
        }
    }
}

/// Rows of a table: counted on SQLite, as last analysed on a server.
pub(crate) fn rows(link: &mut dyn Link, table: &str) -> Result<u64, StoreError> {
    if link.dialect() == Dialect::Postgres {
        let sql = "SELECT CAST(reltuples AS DOUBLE PRECISION) FROM pg_class
             WHERE relname = ?1 AND relnamespace = to_regnamespace(current_schema())";
        let known = link.one(sql, &[table.into()])?.and_then(|mut row| row.maybe_real(0));
        if let Some(rows) = known.filter(|rows| *rows > 0.0) {
            return Ok(rows as u64);
        }
    }
    count(link, &format!("SELECT COUNT(*) FROM {}", quoted(table)), &[])
}

/// The columns of the primary key of a table.
pub(crate) fn key(link: &mut dyn Link, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = match link.dialect() {
        Dialect::Sqlite => "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk",
        Dialect::Postgres => {
            "SELECT CAST(a.attname AS TEXT) FROM pg_index x
             JOIN pg_class t ON t.oid = x.indrelid AND t.relname = ?1
             JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
             CROSS JOIN LATERAL unnest(CAST(x.indkey AS SMALLINT[])) WITH ORDINALITY AS k(number, place)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
             WHERE x.indisprimary ORDER BY k.place"
        }
    };
    Ok(link.query(sql, &[table.into()])?.into_iter().map(|mut row| row.text(0)).collect())
}

/// How many different values some columns have together, at least 1.
pub(crate) fn groups(
    link: &mut dyn Link,
    table: &str,
    columns: &[String],
) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT DISTINCT {} FROM {}) AS found",
        listed(columns),
        quoted(table)
    );
    Ok(count(link, &sql, &[])?.max(1))
}

/// A table as it is now.
pub(crate) fn table(
    link: &mut dyn Link,
    name: &str,
    columns: &[String],
    written: &HashMap<String, u64>,
) -> Result<Table, StoreError> {
    let dialect = link.dialect();
    let mean = |at| format!("CAST(AVG(width_{at}) AS DOUBLE PRECISION)");
    let means: Vec<String> = (0..columns.len()).map(mean).collect();
    // Widths, not values, come out of the rows: a value may be a whole file.
    let one = |(at, column): (usize, &String)| {
        format!("{} AS width_{at}", width(&quoted(column), dialect))
    };
    let widths: Vec<String> = columns.iter().enumerate().map(one).collect();
    let sql = format!(
        "SELECT {} FROM (SELECT {} FROM {} LIMIT {SAMPLE}) AS found",
        means.join(", "),
        widths.join(", "),
        quoted(name)
    );
    let mut found = link.one(&sql, &[])?;
    let mut bytes = |at| found.as_mut().and_then(|row| row.maybe_real(at)).unwrap_or(8.0);
    let columns = columns.iter().enumerate().map(|(at, name)| (name.clone(), bytes(at))).collect();
    let rows_written = written.get(name).copied().unwrap_or(0);
    Ok(Table { name: name.to_owned(), rows: rows(link, name)?, rows_written, columns })
}

/// Bytes of a value of a column, as an expression.
fn width(column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "CASE typeof({column}) WHEN 'text' THEN OCTET_LENGTH({column})
             WHEN 'blob' THEN OCTET_LENGTH({column}) WHEN 'null' THEN 0 ELSE 8 END"
        ),
        Dialect::Postgres => format!("pg_column_size({column})"),
    }
}
