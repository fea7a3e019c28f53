//! Who commanded what, in a chain.
//!
//! ```text
//! hash = SHA-256( previous hash ‖ number ‖ time ‖ every field with its length )
//! ```
//! An entry that is changed, removed or put between two others breaks the chain there; `verify` names the first entry that
//! does not follow. Whoever keeps the last hash elsewhere also sees when the end was cut off.

use sha2::{Digest, Sha256};

use super::link::{Link, Row};
use super::{Database, now_us};
use crate::StoreError;

/// What was commanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Person or program.
    pub who: String,
    /// Verb.
    pub action: String,
    /// What it was done to: a run, a set-point.
    pub target: String,
    /// More, as JSON.
    pub detail: String,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Number, from 1.
    pub number: i64,
    /// When, µs since 1970 by the clock of whoever wrote it.
    pub time_us: i64,
    /// What was commanded.
    pub command: Command,
    /// Hash of the entry before; zeros for the first.
    pub previous: [u8; 32],
    /// Hash of this one.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// The hash that the entry ought to have.
    fn sealed(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.previous);
        hasher.update(self.number.to_le_bytes());
        hasher.update(self.time_us.to_le_bytes());
        let Command { who, action, target, detail } = &self.command;
        for field in [who, action, target, detail] {
            hasher.update((field.len() as u64).to_le_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.finalize().into()
    }
}

const COLUMNS: &str = "number, time_us, who, action, target, detail, previous, hash";

fn entry_of(mut row: Row) -> AuditEntry {
    AuditEntry {
        number: row.int(0),
        time_us: row.int(1),
        command: Command {
            who: row.text(2),
            action: row.text(3),
            target: row.text(4),
            detail: row.text(5),
        },
        previous: row.bytes(6).try_into().unwrap_or([0; 32]),
        hash: row.bytes(7).try_into().unwrap_or([0; 32]),
    }
}

/// The first entry that does not follow from the one before, if there is one, and how many do.
pub(super) fn broken(link: &mut dyn Link) -> Result<(u64, Option<i64>), StoreError> {
    let (mut previous, mut number) = ([0; 32], 0);
    let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY number");
    for row in link.query(&sql, &[])? {
        let entry = entry_of(row);
        let follows = entry.number == number + 1 && entry.previous == previous;
        if !follows || entry.sealed() != entry.hash {
            return Ok((number as u64, Some(entry.number)));
        }
        (previous, number) = (entry.hash, entry.number);
    }
    Ok((number as u64, None))
}

impl Database {
    /// Record a command; returns the entry with its seal.
    ///
    /// # Errors
    /// What the database reports; whoever commands does not act then.
    pub fn record_command(&self, command: &Command) -> Result<AuditEntry, StoreError> {
        self.change(|link| {
            if link.dialect() == super::link::Dialect::Postgres {
                link.script("LOCK TABLE audit IN EXCLUSIVE MODE")?;
            }
            let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY number DESC LIMIT 1");
            let last = link.one(&sql, &[])?.map(entry_of);
            let mut entry = AuditEntry {
                number: last.as_ref().map_or(0, |last| last.number) + 1,
                time_us: now_us(),
                command: command.clone(),
                previous: last.map_or([0; 32], |last| last.hash),
                hash: [0; 32],
            };
            entry.hash = entry.sealed();
            let Command { who, action, target, detail } = command;
            link.execute(
                "INSERT INTO audit (number, time_us, who, action, target, detail, previous, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                &[
                    entry.number.into(),
                    entry.time_us.into(),
                    who.as_str().into(),
                    action.as_str().into(),
                    target.as_str().into(),
                    detail.as_str().into(),
                    entry.previous.to_vec().into(),
                    entry.hash.to_vec().into(),
                ],
            )?;
            Ok(entry)
        })
    }

    /// The last `most` entries, the oldest of them first.
    ///
    /// # Errors
    /// What the database reports.
    pub fn audit(&self, most: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY number DESC LIMIT ?1");
        let found = self.look(|link| link.query(&sql, &[(most as i64).into()]))?;
        let mut entries: Vec<AuditEntry> = found.into_iter().map(entry_of).collect();
        entries.reverse();
        Ok(entries)
    }
}
