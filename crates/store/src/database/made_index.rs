//! Indexes that are made beside those of the schema, judged by what they bring, and undone where that is nothing.
//!
//! On SQLite an index and its record are made in one transaction; whoever writes waits as long. On PostgreSQL others go on
//! writing while it is built (`CONCURRENTLY`), which no transaction can hold: the record is written first, and what a crash
//! leaves of the rest is removed before the next one is made. One process at a time makes or drops.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::link::{Dialect, Link, Row, Value};
use super::plan::explain;
use super::replay::heard;
use super::statement::Columns;
use super::{Database, census, now_us, schema};
use crate::StoreError;
use crate::advice::Proposal;

/// An index pays when its statements take at most this part of the time they took before.
const PAYS: f64 = 0.9;
/// Number of the lock of a server that those hold who make or drop.
const LOCK: i64 = 4_825_720;
/// Pause between two looks whether that lock is free. Nobody may wait within a statement: the server would wait for that
/// statement before it finishes an index.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest name of ours, bytes; a server cuts off what is longer than 63.
const LONGEST_NAME: usize = 50;

/// An index that was made here.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeIndex {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its columns, the leading one first.
    pub columns: Vec<String>,
    /// Statements it was made for.
    pub statements: Vec<String>,
    /// Time that was hoped to be saved, s.
    pub saved_s: f64,
    /// When it was made, µs since 1970.
    pub made_us: i64,
    /// Mean time of a call of its statements before it was made, µs; none where no statement could be asked again.
    pub before_us: Option<f64>,
    /// The same afterwards; none until it is judged.
    pub after_us: Option<f64>,
    /// It did not pay and is gone again.
    pub undone: bool,
}

/// What came of [`Database::make_index`].
#[derive(Debug, Clone, PartialEq)]
pub struct Making {
    /// The index.
    pub index: MadeIndex,
    /// Somebody made it before.
    pub was_there: bool,
    /// How long the building took, its commit included. On SQLite whoever writes waited as long.
    pub took: Duration,
    /// Its size, bytes.
    pub bytes: u64,
}

/// What came of [`Database::judge_index`].
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The index.
    pub index: MadeIndex,
    /// The plan of at least one of its statements uses it.
    pub is_used: bool,
    /// It pays and was kept.
    pub is_kept: bool,
}

/// Whether an index pays: a plan uses it and, where its statements were timed before and after, they are the quicker for it.
fn pays(before_us: Option<f64>, after_us: Option<f64>, is_used: bool) -> bool {
    let is_quicker = match (before_us, after_us) {
        (Some(before_us), Some(after_us)) => after_us <= PAYS * before_us,
        _ => true,
    };
    is_used && is_quicker
}

/// The name of an index of these columns, the same in every process.
fn name_of(table: &str, columns: &[String]) -> String {
    let words: String = std::iter::once(table)
        .chain(columns.iter().map(String::as_str))
        .flat_map(|word| ['_'].into_iter().chain(word.chars()))
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    // Names that look alike after this are told apart by the digest.
    let digest = Sha256::digest(json!([table, columns]).to_string().as_bytes());
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("made{}_{digest}", &words[..words.len().min(LONGEST_NAME)])
}

fn statement_of(name: &str, table: &str, columns: &[String], way: &str) -> String {
    let (name, table) = (census::quoted(name), census::quoted(table));
    format!("CREATE INDEX {way}{name} ON {table} ({})", census::listed(columns))
}

const COLUMNS: &str = "name, reason, made_us, before_us, after_us";

/// A record; whether its index is gone is told by who has looked.
fn record_of(mut row: Row) -> MadeIndex {
    let reason: Json = serde_json::from_str(&row.text(1)).unwrap_or_default();
    let texts = |key: &str| {
        let list = reason[key].as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    MadeIndex {
        name: row.text(0),
        table: reason["table"].as_str().unwrap_or("").to_owned(),
        columns: texts("columns"),
        statements: texts("statements"),
        saved_s: reason["saved_s"].as_f64().unwrap_or(0.0),
        made_us: row.int(2),
        before_us: row.maybe_real(3),
        after_us: row.maybe_real(4),
        undone: false,
    }
}

/// Whether there is an index of a name, and whether it is whole.
fn is_there(link: &mut dyn Link, name: &str) -> Result<Option<bool>, StoreError> {
    let sql = match link.dialect() {
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1",
        Dialect::Postgres => {
            "SELECT x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
             WHERE i.relname = ?1 AND i.relnamespace = to_regnamespace(current_schema())"
        }
    };
    Ok(link.one(sql, &[name.into()])?.map(|mut row| row.int(0) != 0))
}

fn records(link: &mut dyn Link) -> Result<Vec<MadeIndex>, StoreError> {
    let rows =
        link.query(&format!("SELECT {COLUMNS} FROM made_index ORDER BY made_us, name"), &[])?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let mut one = record_of(row);
        one.undone = is_there(link, &one.name)?.is_none();
        all.push(one);
    }
    Ok(all)
}

fn forget(link: &mut dyn Link, name: &str) -> Result<(), StoreError> {
    link.execute("DELETE FROM made_index WHERE name = ?1", &[name.into()]).map(|_| ())
}

/// Drop an index outside of a transaction of a server, or within one of SQLite.
fn drop_now(link: &mut dyn Link, name: &str) -> Result<(), StoreError> {
    let way = match link.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => "CONCURRENTLY ",
    };
    link.script(&format!("DROP INDEX {way}IF EXISTS {}", census::quoted(name)))
}

/// Remove what a crash has left of a server's index: one that is not whole, with its record; a record without an index.
fn clear(link: &mut dyn Link) -> Result<(), StoreError> {
    for one in records(link)? {
        match is_there(link, &one.name)? {
            Some(true) => {}
            Some(false) => {
                drop_now(link, &one.name)?;
                forget(link, &one.name)?;
            }
            // A record with a judgement is that of one that was undone.
            None if one.after_us.is_none() => forget(link, &one.name)?,
            None => {}
        }
    }
    Ok(())
}

impl Database {
    /// Indexes that were made here, the oldest first, with those that were undone.
    ///
    /// # Errors
    /// What the database reports.
    pub fn made_indexes(&self) -> Result<Vec<MadeIndex>, StoreError> {
        self.look(|link| records(link.unlogged()))
    }

    /// The record of an index.
    fn made(&self, name: &str) -> Result<MadeIndex, StoreError> {
        let found = self.made_indexes()?.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| self.missing("index", name))
    }

    /// Make the index of a proposal, after its statements were timed; one that is there already stays.
    ///
    /// What the log says of those statements is forgotten: it is of the time before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a table or a column that is not there; [`StoreError::DatabaseBusy`] where another
    /// process makes one for longer than may be waited; [`StoreError::DatabaseFull`] and the like. Nothing is left then.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_store::advice::Proposal;
    /// use lunar_habitat_store::{Database, DatabaseSettings};
    /// let dir = tempfile::tempdir()?;
    /// let place = dir.path().join("runs.db");
    /// let database = Database::open(&place.as_path().into(), &DatabaseSettings::default())?;
    /// let made = database.make_index(&Proposal {
    ///     table: "run".into(),
    ///     columns: vec!["started_us".into()],
    ///     evidence: vec![],
    ///     saved_s: 0.0,
    ///     write_s: 0.0,
    ///     bytes: 0,
    ///     replaces: vec![],
    /// })?;
    /// // Made for no statement, it does not pay.
    /// assert!(!database.judge_index(&made.index.name)?.is_kept);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn make_index(&self, proposal: &Proposal) -> Result<Making, StoreError> {
        let known = self.look(|link| census::columns(link.unlogged()))?;
        let columns = known.get(&proposal.table);
        let columns = columns.ok_or_else(|| self.missing("table", &proposal.table))?;
        if let Some(other) = proposal.columns.iter().find(|column| !columns.contains(column)) {
            return Err(self.missing("column", &format!("{}.{other}", proposal.table)));
        }
        if proposal.columns.is_empty() {
            return Err(self.missing("column", &format!("{}.", proposal.table)));
        }
        let statements: Vec<String> =
            proposal.evidence.iter().map(|evidence| evidence.text.clone()).collect();
        let before_us = self.timed(&statements, &known)?;
        let index = MadeIndex {
            name: name_of(&proposal.table, &proposal.columns),
            table: proposal.table.clone(),
            columns: proposal.columns.clone(),
            statements,
            saved_s: proposal.saved_s,
            made_us: now_us(),
            before_us,
            after_us: None,
            undone: false,
        };
        let mut start = Instant::now();
        let was_there = match self.location().path() {
            Some(_) => self.change(|link| {
                // From here to the end of the commit nobody else writes.
                start = Instant::now();
                let link = link.unlogged();
                if is_there(link, &index.name)?.is_some() {
                    return Ok(true);
                }
                record(link, &index)?;
                link.script(&statement_of(&index.name, &index.table, &index.columns, ""))?;
                Ok(false)
            })?,
            None => self.alone_locked(|link| {
                clear(link)?;
                if is_there(link, &index.name)?.is_some() {
                    return Ok(true);
                }
                record(link, &index)?;
                start = Instant::now();
                let way = "CONCURRENTLY ";
                let sql = statement_of(&index.name, &index.table, &index.columns, way);
                if let Err(error) = link.script(&sql) {
                    // What was begun is of no use; where it cannot be removed now, the next one who comes does it.
                    let _ = clear(link);
                    return Err(error);
                }
                Ok(false)
            })?,
        };
        let took = if was_there { Duration::ZERO } else { start.elapsed() };
        let bytes = self.look(|link| census::size(link.unlogged(), &index.name))?;
        let index = if was_there { self.made(&index.name).unwrap_or(index) } else { index };
        Ok(Making { index, was_there, took, bytes })
    }

    /// Ask the statements of an index again and undo it where it does not pay: where no plan uses it, or where they take
    /// more than nine tenths of the time they took before.
    ///
    /// Only statements that read are asked again. Where there is none, the plans alone decide.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where no such index was made here.
    pub fn judge_index(&self, name: &str) -> Result<Judged, StoreError> {
        let mut index = self.made(name)?;
        if index.undone {
            return Ok(Judged { index, is_used: false, is_kept: false });
        }
        let known = self.look(|link| census::columns(link.unlogged()))?;
        let mut is_used = false;
        for text in &index.statements {
            // A database that is away says nothing about an index.
            let plan = heard(self.look(|link| explain(link.unlogged(), text)))?;
            is_used |= plan.is_some_and(|plan| plan.uses(name));
        }
        index.after_us = self.timed(&index.statements, &known)?;
        let is_kept = pays(index.before_us, index.after_us, is_used);
        // Without a time there is a judgement all the same.
        let after_us = Value::Real(index.after_us.or(index.before_us).unwrap_or(0.0));
        let store = |link: &mut dyn Link| {
            let sql = "UPDATE made_index SET after_us = ?2 WHERE name = ?1";
            link.execute(sql, &[name.into(), after_us.clone()]).map(|_| ())
        };
        if is_kept {
            self.change(|link| store(link.unlogged()))?;
        } else if self.location().path().is_some() {
            self.change(|link| {
                let link = link.unlogged();
                store(link)?;
                drop_now(link, name)
            })?;
        } else {
            // Dropped first: a crash between the two leaves a record without an index and without a judgement, which is removed.
            self.alone_locked(|link| {
                drop_now(link, name)?;
                store(link)
            })?;
        }
        index.undone = !is_kept;
        Ok(Judged { index, is_used, is_kept })
    }

    /// Drop an index that was made here, or one of somebody else that forbids nothing.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none; [`StoreError::Database`] for an index of the schema and for one that
    /// forbids two equal rows, which stay.
    pub fn drop_index(&self, name: &str) -> Result<(), StoreError> {
        let indexes = self.look(|link| census::indexes(link.unlogged()))?;
        let is_made = self.made_indexes()?.iter().any(|one| one.name == name && !one.undone);
        let found = indexes.iter().find(|index| index.name == name && !name.is_empty());
        let refused = |reason: String| StoreError::Database {
            place: self.place(),
            action: "drop an index of",
            reason,
        };
        match found {
            _ if schema::makes_index(name) => {
                return Err(refused(format!("`{name}` belongs to the schema")));
            }
            Some(index) if index.is_constraint => {
                return Err(refused(format!("`{name}` forbids two equal rows")));
            }
            None if !is_made => return Err(self.missing("index", name)),
            _ => {}
        }
        if self.location().path().is_some() {
            return self.change(|link| {
                let link = link.unlogged();
                drop_now(link, name)?;
                forget(link, name)
            });
        }
        self.alone_locked(|link| {
            drop_now(link, name)?;
            forget(link, name)
        })
    }

    /// Remove what a crash has left of indexes, unless somebody is just making one.
    pub(super) fn clear_leftovers(&self) -> Result<(), StoreError> {
        if self.location().path().is_some() {
            return Ok(());
        }
        self.alone(|link| {
            let link = link.unlogged();
            if !try_lock(link)? {
                return Ok(());
            }
            let cleared = clear(link);
            unlock(link)?;
            cleared
        })
    }

    /// The writing connection of a server outside of a transaction, while no other process makes or drops.
    fn alone_locked<T>(
        &self,
        work: impl FnOnce(&mut dyn Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.alone(|link| {
            let link = link.unlogged();
            let start = Instant::now();
            while !try_lock(link)? {
                if start.elapsed() >= self.settings().wait {
                    return Err(StoreError::DatabaseBusy { place: self.place() });
                }
                std::thread::sleep(PAUSE);
            }
            let done = work(link);
            // A connection that is lost has lost its lock, too; then the first error is the one to tell.
            let unlocked = unlock(link);
            done.and_then(|done| unlocked.map(|()| done))
        })
    }

    /// Mean time of a call over statements, µs; none where none can be asked again.
    fn timed(&self, statements: &[String], known: &Columns) -> Result<Option<f64>, StoreError> {
        let (mut total_us, mut asked) = (0.0, 0);
        for text in statements {
            if let Some(mean_us) = self.replayed(text, known)? {
                total_us += mean_us;
                asked += 1;
            }
        }
        Ok((asked > 0).then(|| total_us / f64::from(asked)))
    }
}

fn try_lock(link: &mut dyn Link) -> Result<bool, StoreError> {
    let found = link.one(&format!("SELECT pg_try_advisory_lock({LOCK})"), &[])?;
    Ok(found.is_some_and(|mut row| row.int(0) != 0))
}

fn unlock(link: &mut dyn Link) -> Result<(), StoreError> {
    link.query(&format!("SELECT pg_advisory_unlock({LOCK})"), &[]).map(|_| ())
}

/// Record an index that is about to be made, and forget what was logged of its statements before.
fn record(link: &mut dyn Link, index: &MadeIndex) -> Result<(), StoreError> {
    let reason = json!({
        "table": index.table,
        "columns": index.columns,
        "statements": index.statements,
        "saved_s": index.saved_s,
    });
    // One that was undone long ago may be tried again.
    forget(link, &index.name)?;
    link.execute(
        "INSERT INTO made_index (name, statement, reason, made_us, before_us) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            index.name.as_str().into(),
            statement_of(&index.name, &index.table, &index.columns, "").into(),
            reason.to_string().into(),
            index.made_us.into(),
            index.before_us.into(),
        ],
    )?;
    for text in &index.statements {
        link.execute("DELETE FROM slow_query WHERE text = ?1", &[text.as_str().into()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_pays_that_is_used_and_saves_a_tenth_of_the_time() {
        assert!(pays(Some(100.0), Some(90.0), true) && pays(Some(100.0), Some(0.5), true));
        assert!(!pays(Some(100.0), Some(90.1), true) && !pays(Some(100.0), Some(500.0), true));
        assert!(!pays(Some(100.0), Some(0.5), false));
        // Where no statement could be timed, or only on one side, the plan alone decides.
        for (before_us, after_us) in [(None, None), (Some(100.0), None), (None, Some(100.0))] {
            assert!(pays(before_us, after_us, true) && !pays(before_us, after_us, false));
        }
    }

    #[test]
    fn names_are_plain_bounded_and_told_apart() {
        let one = name_of("run", &["started_us".into()]);
        assert!(one.starts_with("made_run_started_us_"), "{one}");
        assert_ne!(name_of("run", &["a_b".into()]), name_of("run", &["a".into(), "b".into()]));
        let long = name_of("r\u{1F680}\"; DROP TABLE run; --", &vec!["c".repeat(40); 4]);
        assert!(long.len() <= 63 && long.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }
}
