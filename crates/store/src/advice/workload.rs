//! What a database counted: queries, tables, indexes.

/// How a query uses a column of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Use {
    /// Compared with one value, or with a few (`=`, `in`, `is null`).
    Equal,
    /// Compared with an interval (`<`, `between`).
    Range,
    /// Sorted by, the smallest first. Columns stand in the order of the clause.
    Order,
}

/// A query that was asked, all its calls together.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowQuery {
    /// Its text, with places for parameters.
    pub text: String,
    /// The table whose columns are listed. A query over several tables is one of these for each.
    pub table: String,
    /// Columns in conditions and order, in the order of the text.
    pub columns: Vec<(String, Use)>,
    /// How often it was asked.
    pub calls: u64,
    /// Time of all calls, s.
    pub total_s: f64,
    /// Rows of the table that were looked at in all calls.
    pub rows_examined: u64,
    /// Rows of the table that were used in all calls; at most those examined.
    pub rows_used: u64,
}

/// A table as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Rows written since the log of queries began, inserted, changed or deleted.
    pub rows_written: u64,
    /// Mean size of the columns that an index might take, bytes.
    pub columns: Vec<(String, f64)>,
}

/// An index there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its columns, the leading one first.
    pub columns: Vec<String>,
    /// Two rows may not have the same values, or it is the primary key: it is there for what it forbids.
    pub is_constraint: bool,
    /// How often queries used it since the log began.
    pub uses: u64,
    /// Its size, bytes.
    pub bytes: u64,
}

/// Everything that advice is drawn from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workload {
    /// For how long queries and writes were counted, s.
    pub seconds: f64,
    /// Queries that took long, alone or together.
    pub queries: Vec<SlowQuery>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// Tables and columns of indexes that were tried and did not pay: they are not proposed.
    pub declined: Vec<(String, Vec<String>)>,
}

impl Workload {
    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}
