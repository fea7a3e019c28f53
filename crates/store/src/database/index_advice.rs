//! Which indexes would serve the statements that were slow, and which serve nobody.

use std::collections::HashMap;

use super::estimate::{examined, without_row_number};
use super::link::Dialect;
use super::made_index::MadeIndex;
use super::plan::{Plan, explain};
use super::replay::heard;
use super::slow_log::{Logged, Seen, logged};
use super::statement::{Columns, Statement};
use super::{Database, census, now_us, schema};
use crate::StoreError;
use crate::advice::{
    Budget, Dropping, Index, Proposal, SlowQuery, Table, Workload, advise, unused,
};

/// A table of fewer rows is read in less than a millisecond: what was slow on it was not for want of an index.
const FEW_ROWS: u64 = 1_000;
/// Age before which an index is not said to be without use: the rarest report comes once a day, s.
const LEAST_AGE_S: f64 = 86_400.0;
/// Time for which an index that did not pay is not proposed again, s.
const DECLINED_S: f64 = 30.0 * 86_400.0;

/// Whose an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Made by [`Database::make_index`]; it may be dropped.
    Made,
    /// Part of the schema; it stays.
    Schema,
    /// Made by somebody else, who may want it.
    Other,
}

/// An index that serves nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Unused {
    /// The index and what it costs.
    pub dropping: Dropping,
    /// Whose it is.
    pub owner: Owner,
}

/// What [`Database::advise_indexes`] has found.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexAdvice {
    /// For how long statements were counted, s.
    pub seconds: f64,
    /// Texts of statements that were slow.
    pub slow: u64,
    /// Texts of all statements that were counted.
    pub statements: u64,
    /// Time of the slow calls, s.
    pub slow_s: f64,
    /// Indexes to create, the best first.
    pub proposals: Vec<Proposal>,
    /// Indexes that serve nobody, the largest first.
    pub unused: Vec<Unused>,
    /// Indexes that were made, did not pay and are not proposed for a month.
    pub declined: Vec<MadeIndex>,
}

/// A statement of the log with what the database says of it.
struct Known {
    text: String,
    seen: Seen,
    statement: Statement,
    plan: Plan,
}

impl Database {
    /// Say which indexes would pay, and which serve nobody, from what the log of slow statements holds.
    ///
    /// The plan of each statement is asked for; no statement is run. Rows that a statement looks at are estimated from its
    /// plan: all of a table that is scanned; the rows of a table by the number of different values of the columns that an
    /// index finds; a third of them where it finds an interval beside. How often an index was used is counted by the server;
    /// on SQLite it is the calls of the statements whose plan takes it.
    ///
    /// # Errors
    /// What the database reports.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_store::advice::Budget;
    /// use lunar_habitat_store::{Database, DatabaseSettings, RunFilter};
    /// let dir = tempfile::tempdir()?;
    /// let place = dir.path().join("runs.db");
    /// let database = Database::open(&place.as_path().into(), &DatabaseSettings::default())?;
    /// database.runs(&RunFilter::default())?;
    /// // A table of no rows is read in a moment, so nothing is proposed.
    /// assert!(database.advise_indexes(&Budget::default())?.proposals.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advise_indexes(&self, budget: &Budget) -> Result<IndexAdvice, StoreError> {
        self.0.keep_log();
        self.clear_leftovers()?;
        let made = self.made_indexes()?;
        let (logged, columns, mut indexes) = self.look(|link| {
            let link = link.unlogged();
            Ok((logged(link)?, census::columns(link)?, census::indexes(link)?))
        })?;
        let known = self.known(&logged, &columns)?;
        let is_server = self.0.location.path().is_none();
        if !is_server {
            for index in &mut indexes {
                let users = known.iter().filter(|one| one.plan.uses(&index.name));
                index.uses = users.map(|one| one.seen.calls + one.seen.quick).sum();
            }
        }
        let seconds = (now_us() - logged.since_us).max(0) as f64 / 1e6;
        let mut workload = self.workload(&logged, &columns, known, indexes, seconds)?;
        let declined: Vec<MadeIndex> =
            made.iter().filter(|one| one.undone && age_s(one) < DECLINED_S).cloned().collect();
        workload.declined =
            declined.iter().map(|one| (one.table.clone(), one.columns.clone())).collect();
        let mut advice = IndexAdvice {
            seconds,
            slow: logged.texts.iter().filter(|(_, seen)| seen.calls > 0).count() as u64,
            statements: logged.texts.len() as u64,
            slow_s: logged.texts.iter().map(|(_, seen)| seen.total_us / 1e6).sum(),
            proposals: advise(&workload, budget),
            unused: Vec::new(),
            declined,
        };
        for dropping in unused(&workload, LEAST_AGE_S, budget) {
            let of_name = made.iter().find(|made| made.name == dropping.name);
            let owner = match of_name {
                Some(_) => Owner::Made,
                None if schema::makes_index(&dropping.name) => Owner::Schema,
                None => Owner::Other,
            };
            let is_young = of_name.is_some_and(|made| age_s(made) < LEAST_AGE_S);
            if !(is_young && dropping.covered_by.is_none()) {
                advice.unused.push(Unused { dropping, owner });
            }
        }
        Ok(advice)
    }

    /// The statements of the log that can be read and planned. One whose table is gone is of no interest any more.
    fn known(&self, logged: &Logged, columns: &Columns) -> Result<Vec<Known>, StoreError> {
        let mut all = Vec::new();
        for (text, seen) in &logged.texts {
            // Each in a transaction of its own, which an error ends.
            let plan = heard(self.look(|link| explain(link.unlogged(), text)))?;
            let Some(plan) = plan else { continue };
            if let Some(statement) = Statement::read(text, columns) {
                all.push(Known { text: text.clone(), seen: seen.clone(), statement, plan });
            }
        }
        Ok(all)
    }

    fn workload(
        &self,
        logged: &Logged,
        columns: &Columns,
        known: Vec<Known>,
        indexes: Vec<Index>,
        seconds: f64,
    ) -> Result<Workload, StoreError> {
        let mut workload = Workload { seconds, indexes, ..Workload::default() };
        let mut counted: HashMap<(String, Vec<String>), u64> = HashMap::new();
        self.look(|link| {
            let is_sqlite = link.dialect() == Dialect::Sqlite;
            let link = link.unlogged();
            let mut tables: Vec<&String> = columns.keys().collect();
            tables.sort();
            for name in tables {
                let is_slow = |one: &Known| {
                    one.seen.calls > 0 && one.statement.parts.iter().any(|part| part.table == *name)
                };
                workload.tables.push(if known.iter().any(is_slow) {
                    census::table(link, name, &columns[name], &logged.written)?
                } else {
                    let rows_written = logged.written.get(name).copied().unwrap_or(0);
                    Table { name: name.clone(), rows: 0, rows_written, columns: Vec::new() }
                });
            }
            for one in known.iter().filter(|one| one.seen.calls > 0) {
                for part in &one.statement.parts {
                    let rows = workload.table(&part.table).map_or(0, |table| table.rows);
                    let part = without_row_number(part, &workload.indexes, is_sqlite);
                    if rows < FEW_ROWS || part.columns.is_empty() {
                        continue;
                    }
                    let used = (one.seen.rows / one.seen.calls).clamp(1, rows);
                    let mut groups = |columns: &[String]| {
                        let key = (part.table.clone(), columns.to_vec());
                        if let Some(known) = counted.get(&key) {
                            return Ok(*known);
                        }
                        let found = census::groups(link, &part.table, columns)?;
                        counted.insert(key, found);
                        Ok(found)
                    };
                    let indexes = &workload.indexes;
                    let Some(examined) =
                        examined(&one.plan, &part, indexes, (rows, used), &mut groups)?
                    else {
                        continue;
                    };
                    workload.queries.push(SlowQuery {
                        text: one.text.clone(),
                        table: part.table.clone(),
                        columns: part.columns.clone(),
                        calls: one.seen.calls,
                        total_s: one.seen.total_us / 1e6,
                        rows_examined: examined.max(used).saturating_mul(one.seen.calls),
                        rows_used: used.saturating_mul(one.seen.calls),
                    });
                }
            }
            Ok(())
        })?;
        Ok(workload)
    }
}

fn age_s(made: &MadeIndex) -> f64 {
    (now_us() - made.made_us) as f64 / 1e6
}
